"""Text for a terminal: made safe, measured in columns, wrapped, in colour or not."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from searcher.page import Piece

NARROWEST = 20
"""No line is wrapped at fewer columns than these."""

NO_BREAK = "\xa0"
"""The space that stands for one at which no line may end."""

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Stand-ins for the colour codes while a line is being wrapped; safe text holds neither.
_ON, _OFF = "\x0e", "\x0f"
_WORDS = re.compile(r"[^ \t\n]+")
_COMMAND = re.compile("(?<=: )searcher .+|searcher [a-z]+(?: --[a-z-]+)+")
_NO_LINE_START = frozenset("、。，．！？；：」』）】》〉〕")


# What joins a part of a text to the part before it on the same line, and the part, which stays
# on one line.
_Chunk = tuple[str, str]


class Style(NamedTuple):
    """How text is laid out: in colour or not, wrapped at ``width`` columns or (None) not at all.

    ``links`` says that the terminal shows hyperlinks.
    """

    colour: bool
    width: int | None
    links: bool = False

    @property
    def room(self) -> int:
        """How many columns a line may take."""
        return NARROWEST if self.width is None else max(self.width, NARROWEST)

    def bold(self, text: str) -> str:
        """Return ``text`` in bold."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """Return ``text`` in faint."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text


def safe(text: str) -> str:
    """Return ``text`` without characters that steer a terminal or reorder its line."""
    return _STEERING.sub("\ufffd", text)


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: wide characters 2, accents 0."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_columns, text))


def row_count(lines: Iterable[str], width: int) -> int:
    """Return how many rows of a terminal some lines take, each of which it wraps by itself.

    Codes of colours and links take no room.
    """
    return sum(max(1, -(-columns(_CODES.sub("", line)) // width)) for line in lines)


_CODES = re.compile(r"\x1b(?:\[[\d;]*m|\]8;[^\x1b\x07]*(?:\x1b\\|\x07))")


def counted(number: int, noun: str) -> str:
    """Return a number and its noun, such as ``1 paper`` and ``1,571 papers``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shortened(text: str, most: int) -> str:
    """Return ``text`` cut, with ``…`` at its end, to at most so many columns."""
    if columns(text) <= most:
        return text
    room, end = most, 0
    for end, char in enumerate(text):  # noqa: B007
        room -= _columns(char)
        if room <= 0:
            break
    return text[:end].rstrip() + "…"


def padded(text: str, column: int) -> str:
    """Return ``text`` with spaces after it, up to so many columns."""
    return text + " " * (column - columns(text))


def wrap(text: str, style: Style, indent: str = "", first: str | None = None) -> Iterator[str]:
    """Yield ``text`` in lines; each starts with ``indent``, the first with ``first`` if given.

    Runs of white space become one space. A line may end at a space and beside a wide character;
    what is longer than a whole line is cut.
    """
    return _fill(_chunks(text), style, indent, indent if first is None else first)


def wrap_note(text: str, style: Style, first: str = "") -> Iterator[str]:
    """Yield ``text`` in lines below each other, the first with ``first`` before it.

    A command in it can be copied, and so can a path: neither has a line end in it, however long it
    is. A command ends with its last option, or after a colon with the text.
    """
    kept = _COMMAND.sub(lambda match: match[0].replace(" ", NO_BREAK), text)
    return _fill(_chunks(kept), style, " " * columns(first), first, cuts=False)


def wrap_command(command: str, style: Style, first: str = "") -> Iterator[str]:
    r"""Yield a command line of a shell, the first line with ``first`` before it.

    A line ends between two words of the command, with ``\``, so that all can be copied as one.
    """
    import shlex

    line = first + command
    if style.width is not None and columns(line) > style.room:
        start, *words = map(shlex.quote, shlex.split(command))
        line = first + start
        for word in words:
            if columns(f"{line} {word} \\") > style.room:
                yield f"{line} \\"
                line = f"  {word}"
            else:
                line += f" {word}"
    yield line


def wrap_items(items: Sequence[str], joiner: str, style: Style, indent: str) -> Iterator[str]:
    """Yield lines of items with ``joiner`` between those of a line.

    An item is kept whole if it fits on a line.
    """
    chunks: list[_Chunk] = []
    for item in items:
        if style.width is None or columns(indent + item) <= style.room:
            chunks.append((joiner, item))
        else:
            (_, start), *rest = _chunks(item)
            chunks += [(joiner, start), *rest]
    return _fill(chunks, style, indent, indent)


def with_marks(pieces: Iterable["Piece"]) -> str:
    """Return pieces as safe text in which stand-ins, which take no column, enclose the matches."""
    return "".join(
        f"{_ON}{safe(piece.text)}{_OFF}" if piece.marked else safe(piece.text) for piece in pieces
    )


def coloured(lines: Iterable[str], style: Style, base: str = "") -> Iterator[str]:
    """Yield lines with colour codes in place of the stand-ins; ``base`` is the code of the rest.

    A mark that runs over a line end is closed there and opened again, so that each line can be
    shown alone.
    """
    is_inside = False
    for line in lines:
        if not style.colour:
            yield line.replace(_ON, "").replace(_OFF, "")
            continue
        margin = len(line) - len(line.lstrip(" "))
        text = (_ON if is_inside else "") + line[margin:]
        is_inside = text.count(_ON) > text.count(_OFF)
        text += _OFF if is_inside else ""
        text = text.replace(_ON, "\x1b[1;31m").replace(_OFF, f"\x1b[0m{base}")
        yield line[:margin] + (f"{base}{text}\x1b[0m" if base else text)


def linked(lines: Iterable[str], address: str, style: Style) -> Iterator[str]:
    """Yield lines, which are wrapped already, as hyperlinks; without an address as they are.

    The codes are OSC 8, as terminals agreed at
    https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda.
    """
    is_linked = style.links and _ADDRESS.fullmatch(address) is not None
    for line in lines:
        margin = len(line) - len(line.lstrip(" "))
        yield (
            f"{line[:margin]}\x1b]8;;{address}\x1b\\{line[margin:]}\x1b]8;;\x1b\\"
            if is_linked
            else line
        )


# Printed ASCII only, so that no address can end the code.
_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")


def _columns(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    # Accents, and what joins or is not shown.
    return 0 if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc") else 1


def _fill(
    chunks: Iterable[_Chunk], style: Style, indent: str, first: str, *, cuts: bool = True
) -> Iterator[str]:
    """Yield lines of chunks, as many on each line as have room; no-break spaces become spaces.

    Unless it ``cuts`` them, chunks that are longer than a line stay whole.
    """
    line, margin = first, columns(indent)
    used, is_empty = columns(first), True
    for joiner, chunk in chunks:
        joined = chunk if is_empty else joiner + chunk
        if style.width is None or used + columns(joined) <= style.room:
            line, used = line + joined, used + columns(joined)
        else:
            if not is_empty:
                yield line.replace(NO_BREAK, " ")
                line, used = indent, margin
            for char in chunk:
                if cuts and used + _columns(char) > style.room:
                    yield line.replace(NO_BREAK, " ")
                    line, used = indent, margin
                line, used = line + char, used + _columns(char)
        is_empty = False
    yield line.replace(NO_BREAK, " ")


def _chunks(text: str) -> Iterator[_Chunk]:
    """Yield the parts of a text that a line end must not divide."""
    for match in _WORDS.finditer(text):
        word = match[0]
        if word.isascii():
            yield " ", word
            continue
        # A line may end before and after a wide character, but not before closing punctuation.
        joiner, chunk, chunk_size, ends_wide = " ", "", 0, False
        for char in word:
            size = _columns(char)
            if size and chunk_size and (size == 2 or ends_wide) and char not in _NO_LINE_START:
                yield joiner, chunk
                joiner, chunk, chunk_size = "", "", 0
            chunk += char
            chunk_size += size
            ends_wide = size == 2 if size else ends_wide
        yield joiner, chunk
