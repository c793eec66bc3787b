"""The entries of a BibTeX file: its syntax and its macros.

bibtexparser cuts a text into entries and fields. It is given a piece at a time, since it holds all
that it reads, and what it cannot read is mended here. Strings are joined as BibTeX joins them, so
values come out as LaTeX without the quotes or braces around.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from index.readers.base import MAX_RECORD_BYTES, Contents, Line, Problem
from index.readers.blocks import blocks

if TYPE_CHECKING:
    from bibtexparser import model

MAX_MACROS = 20_000
MAX_MACRO_CHARS = 2_000
"""So many macros, each so long, are remembered, so that no file can fill the memory."""
_MOST_MACRO_CHARS, _MOST_MACRO_SHARE = 1 << 20, 4
"""So much text macros stand for in all; and so many times that of the values they stand in."""

ENTRY_START = re.compile(r"[ \t]*+(%?)[% \t]*+@[ \t]*(\w+)[ \t]*([{(]|$)")
MAX_KEY_CHARS = 100


@dataclass(slots=True)
class Entry:
    """An entry that begins at ``line``: its type in small letters, its key, and its fields.

    ``fields`` are the values by name that are not blank, those of one name in a list. Names are in
    small letters, with a hyphen for each blank or underscore.
    """

    line: int
    type: str
    key: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *names: str) -> str:
        """Return the first value of the first of the names that has one, else nothing."""
        for name in names:
            if values := self.fields.get(name):
                return values[0]
        return ""

    def all(self, *names: str) -> list[str]:
        """Return all values of these names."""
        return [value for name in names for value in self.fields.get(name, ())]


def entries(contents: Contents) -> Iterator[Entry | Problem]:
    """Yield the entries of a file, and a problem for what is lost of them."""
    macros = _Macros(contents.file)
    for piece in _pieces(contents):
        if isinstance(piece, Problem):
            yield piece
        else:
            yield from _read(piece, macros)
    yield from macros.notes()


# Pieces: the text from the beginning of an entry to that of the next.


@dataclass(frozen=True, slots=True)
class _Piece:
    file: str
    line: int
    text: str
    open_braces: int


def _pieces(contents: Contents) -> Iterator[_Piece | Problem]:
    held: _Piece | None = None
    try:
        for block in blocks(contents.file, contents.lines(), _starts_entry):
            piece = block if isinstance(block, Problem) else _piece(contents.file, block)
            if held and isinstance(piece, _Piece) and 0 < held.open_braces == -piece.open_braces:
                # The line that looks like an entry stands inside a value. bibtexparser would end
                # the entry there, too, if it still began a line.
                held = replace(held, text=f"{held.text} {piece.text}", open_braces=0)
                continue
            if held:
                yield held
            held = piece if isinstance(piece, _Piece) else None
            if isinstance(piece, Problem):
                yield piece
    except Exception:
        if held:
            yield held
        raise
    if held:
        yield held


def _starts_entry(text: str) -> bool:
    return "@" in text and ENTRY_START.match(text) is not None


def _piece(file: str, block: list[Line]) -> _Piece:
    text = "\n".join([line.text for line in block])
    opened = text.count("{") - text.count("\\{")
    closed = text.count("}") - text.count("\\}")
    # BibTeX allows white space in front of an entry's type, and behind it.
    text = _ENTRY_SPACE.sub(r"\1@\2", text, count=1)
    return _Piece(file, block[0].number, text, opened - closed)


_ENTRY_SPACE = re.compile(r"\A([% \t]*+)@[ \t]*(\w+)\s*(?=[{(])")


# Entries.


def _read(piece: _Piece, macros: "_Macros") -> Iterator[Entry | Problem]:
    """Yield the entries of a piece, and define its macros."""
    from bibtexparser import model

    found = _blocks(piece.text)
    starts: list[int] = []
    counted = newlines = 0
    for number, block in enumerate(found):
        # A key or a field that stands twice is no reason to lose the entry.
        block = getattr(block, "ignore_error_block", None) or block
        if isinstance(block, model.String):
            macros.define(block.key, str(block.value))
        elif isinstance(block, model.Entry):
            line = max(block.start_line or 0, 0)
            entry = Entry(piece.line + line, block.entry_type.lower(), block.key.strip())
            is_comment = "%" in piece.text and _is_commented_out(piece.text, line)
            _add_fields(entry, block, macros, is_comment)
            yield entry
        elif isinstance(block, model.ParsingFailedBlock):
            # Where the failed entry is cut off tells nothing; its text goes on to the next entry.
            starts = starts or _starts(piece.text, found)
            later = range(number + 1, len(found))
            ends = (starts[one] for one in later if not _is_comment(found[one]))
            start, end = starts[number], next(ends, len(piece.text))
            newlines += piece.text.count("\n", counted, start)
            counted = start
            yield from _mended(piece, start, end, piece.line + newlines, macros)


def _starts(text: str, found: "list[model.Block]") -> list[int]:
    """Return where each of the blocks of a text begins."""
    starts, place = [], 0
    for block in found:
        place = max(text.find(block.raw or "", place), place)
        starts.append(place)
        place += 1
    return starts


def _is_comment(block: "model.Block") -> bool:
    from bibtexparser import model

    return isinstance(block, model.ImplicitComment)


def _is_commented_out(text: str, line: int) -> bool:
    """Tell whether a percent sign stands before the entry that begins in a line of a text."""
    match = ENTRY_START.match(text.split("\n", line + 1)[line])
    return bool(match and match[1])


def _add_fields(
    entry: Entry, block: "model.Entry", macros: "_Macros", is_comment: bool = False
) -> None:
    for one in block.fields:
        # Words behind a value, without an equals sign, run into the next name.
        name = one.key.rpartition("\n")[2]
        if "%" not in name or is_comment:
            _add(entry, name.strip("% \t"), str(one.value), macros)


def _add(entry: Entry, name: str, raw: str, macros: "_Macros") -> None:
    """Add a field; where the comma behind it is missing, its value holds further ones."""
    for _ in range(_MOST_FIELDS):
        name = _BLANKS.sub("-", name.strip().lower())
        value, rest = macros.value(raw, name)
        if value and not value.isspace():
            entry.fields.setdefault(name, []).append(value)
        if not (match := _NEXT_FIELD.match(rest)):
            break
        name, raw = match[1], match[2]


def _mended(
    piece: _Piece, start: int, end: int, line: int, macros: "_Macros"
) -> Iterator[Entry | Problem]:
    """Yield what can be read of an entry that bibtexparser refuses, and a problem if some is lost.

    The key may be missing, or hold signs that no key holds, or a comma may be one too many.
    Otherwise a brace, a quotation mark or a comma is missing, and each line that begins as a field
    does begins one.
    """
    from bibtexparser import model

    head = _HEAD.match(piece.text, start, end)
    if not head:
        return
    line += piece.text.count("\n", start, head.start(1))
    kind, key = head[1].lower(), (head[3] or "").strip()
    body = piece.text[head.end() : end]
    entry = Entry(line, kind, key)
    for text in dict.fromkeys((body, _COMMAS.sub(",", body)) if "=" in body else ()):
        block = next(iter(_blocks(f"@{kind}{head[2]},{text}")), None)
        block = getattr(block, "ignore_error_block", None) or block
        if isinstance(block, model.Entry) and block.fields:
            _add_fields(entry, block, macros)
            yield entry
            return
    starts = list(_FIELD_START.finditer(body))
    for number, match in enumerate(starts, 1):
        field_end = starts[number].start() if number < len(starts) else len(body)
        if not match["comment"]:
            _add(entry, match["name"], _closed(body[match.end() : field_end]), macros)
    name = f"the entry {key!r}" if key else f"an @{kind}"
    reason = f"{name} has no end" if piece.open_braces > 0 else f"{name} is not well formed"
    if kind in ("comment", "preamble", "string"):
        yield Problem(piece.file, line, f"{reason}; left out", what="entry without an end")
    elif entry.fields:
        reason = f"{reason}; what can be read of it is kept"
        yield Problem(piece.file, line, reason, what="entry without an end")
        yield entry


_MOST_FIELDS = 200
_BLANKS = re.compile(r"[\s_]+")
_COMMAS = re.compile(r",(?:\s*,)+")
_NAME = r"[A-Za-z][\w:+./-]{0,60}(?:\ [\w:+./-]{1,60}){0,2}"
_NEXT_FIELD = re.compile(rf"[\s,]*({_NAME})\s*=\s*(\S.*)", re.S)
_HEAD = re.compile(
    rf"""
    [\s%]*+ @ \s* (\w+) \s* ([{{(])
    (?: (?= \s* {_NAME} \s* = \s* [{{"\w] ) | ([^,\n]*+) ,? )
    """,
    re.VERBOSE,
)
# A field where those before it may not be closed.
_FIELD_START = re.compile(
    rf"""
    (?: ^ | , | \n ) [ \t]*+ ,?+ [ \t]*+ (?P<comment>%?) [%\ \t]*+ (?P<name>{_NAME}) [ \t]* = \s*+
    (?= [{{"] | [\w:]+ [ \t]* (?: [,#}}] | \n | $ ) )
    """,
    re.VERBOSE,
)


def _closed(raw: str) -> str:
    """Return a value with its own braces or quotation marks closed, and without those behind it."""
    body = raw.rstrip("}, \t\n")
    depth = len(_OPENED.findall(body)) - len(_CLOSED.findall(body))
    if depth > raw.count("}", len(body)):
        return "{" + re.sub(r"[{}]", "", body).strip('"') + "}"
    if body.startswith('"') and (len(body) == 1 or not body.endswith('"')):
        return f'{body}"'
    return body + "}" * depth


_OPENED, _CLOSED = re.compile(r"(?<!\\)\{"), re.compile(r"(?<!\\)\}")


def _blocks(text: str) -> "list[model.Block]":
    """Return what bibtexparser makes of a text; one failed block if it fails as a whole."""
    from bibtexparser import model
    from bibtexparser.splitter import Splitter

    _silence()
    try:
        return Splitter(text).split().blocks
    except Exception as error:
        # It raises whatever comes up in a state that it does not expect.
        return [model.ParsingFailedBlock(error=error, start_line=0, raw=text)]


@cache
def _silence() -> None:
    """Let bibtexparser log nothing: what it cannot read is mended or reported here."""
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL + 1)


# Values.


class _Macros:
    """The macros that a file defines so far, and the values that they are part of."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values: dict[str, str] = {}
        self._unknown: dict[str, None] = {}
        self._raw_chars = self._macro_chars = 0
        self._has_withheld = False

    def define(self, name: str, raw: str) -> None:
        name = name.strip().lower()
        if len(self._values) < MAX_MACROS or name in self._values:
            self._values[name] = self.value(raw, "")[0][:MAX_MACRO_CHARS]

    def value(self, raw: str, name: str) -> tuple[str, str]:
        """Return the value of a field as LaTeX, and what stands behind it for want of a comma."""
        raw = raw.strip()
        self._raw_chars += len(raw)
        inner = raw[1:-1]
        if raw[:1] == "{" and raw[-1:] == "}" and "{" not in inner and "}" not in inner:
            return inner, ""
        parts: list[str] = []
        unknown: list[str] = []
        place = length = 0
        while place < len(raw) and length <= MAX_RECORD_BYTES:
            match = _PART_START.match(raw, place)
            if match is None:
                break
            place = match.end()
            if word := match["word"]:
                part = self._values.get(word.lower()) or _STANDARD_MACROS.get(word.lower(), "")
                self._macro_chars += len(part)
                most_chars = _MOST_MACRO_CHARS + _MOST_MACRO_SHARE * self._raw_chars
                if part and self._macro_chars > most_chars:
                    part, self._has_withheld = word, True
                elif not part:
                    part = word
                    if not word[0].isdigit() and name != "month":
                        unknown.append(word[:MAX_KEY_CHARS])
            else:
                end = _end_of_part(raw, place, match["sign"])
                part, place = raw[place:end], end + 1
            parts.append(part)
            length += len(part)
            if not (match := _JOIN.match(raw, place)):
                break
            place = match.end()
        rest = raw[place:].strip()
        if not rest or _NEXT_FIELD.match(rest):
            if len(self._unknown) < MAX_MACROS:
                self._unknown |= dict.fromkeys(unknown)
            return "".join(parts), rest
        # Words without quotation marks around, or marks within marks.
        return (inner if raw[0] == raw[-1] == '"' else raw), ""

    def notes(self) -> Iterator[Problem]:
        """Yield a note if macros are used that are not defined before, or stand for too much."""
        if self._unknown:
            names = ", ".join(list(self._unknown)[:3])
            count = len(self._unknown)
            stand = "1 macro stands" if count == 1 else f"{count:,} macros stand"
            reason = f"{stand} by name, without a @string before: {names}"
            yield Problem(self._file, 0, reason, kind="note")
        if self._has_withheld:
            reason = "macros stand for far more text than the file holds; further ones stay names"
            yield Problem(self._file, 0, reason)


_PART_START = re.compile(r"\s*(?:(?P<sign>[{\"])|(?P<word>[^\s{}\",=#]+))")
_JOIN = re.compile(r"\s*#\s*")
_BRACE = re.compile(r"(?<!\\)[{}]")
_BRACE_OR_QUOTE = re.compile(r"(?<!\\)[{}\"]")


def _end_of_part(raw: str, place: int, sign: str) -> int:
    """Return where the part ends of which the content begins at ``place``, behind ``sign``."""
    depth = 0
    for match in (_BRACE if sign == "{" else _BRACE_OR_QUOTE).finditer(raw, place):
        if match[0] == "{":
            depth += 1
        elif depth == 0:
            return match.start()
        elif match[0] == "}":
            depth -= 1
    return len(raw)


# Those of the styles that come with BibTeX (plain.bst).
_STANDARD_MACROS = {
    "acmcs": "ACM Computing Surveys",
    "acta": "Acta Informatica",
    "cacm": "Communications of the ACM",
    "ibmjrd": "IBM Journal of Research and Development",
    "ibmsj": "IBM Systems Journal",
    "ieeese": "IEEE Transactions on Software Engineering",
    "ieeetc": "IEEE Transactions on Computers",
    "ieeetcad": "IEEE Transactions on Computer-Aided Design of Integrated Circuits",
    "ipl": "Information Processing Letters",
    "jacm": "Journal of the ACM",
    "jcss": "Journal of Computer and System Sciences",
    "scp": "Science of Computer Programming",
    "sicomp": "SIAM Journal on Computing",
    "tcs": "Theoretical Computer Science",
    "tocs": "ACM Transactions on Computer Systems",
    "tods": "ACM Transactions on Database Systems",
    "tog": "ACM Transactions on Graphics",
    "toms": "ACM Transactions on Mathematical Software",
    "toois": "ACM Transactions on Office Information Systems",
    "toplas": "ACM Transactions on Programming Languages and Systems",
}
