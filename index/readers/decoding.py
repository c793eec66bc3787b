"""From the bytes of a seed file to its lines, whatever encoding it is in."""

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

BYTE_ORDER_MARK = "\ufeff"

_BLOCK_BYTES = 1 << 18
_MAX_CHARACTER_BYTES = 4
_BAD = re.compile("[\udc80-\udcff]")
_BAD_LETTER = re.compile("(?<=[A-Za-z])[\udce0-\udcfe](?=[a-z])")
_BAD_SPACE = "\udca0"
_HALF = re.compile(r"(?<=[a-z])[\udcc2-\udcde]|[\udcc2-\udcf4]\Z")
# Damage and byte-order marks leave 0xff; the others mean nothing in Windows-1252.
_NO_EVIDENCE = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d\udcff]")
_WIDE_MARKS = (
    # That of UTF-32 begins as that of UTF-16 does.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class RawLine(NamedTuple):
    """A line with its line end, as bytes of UTF-8 or of what stands for it; empty if too long."""

    number: int
    content: bytes


class Decoded(NamedTuple):
    """A decoded line, and how it was read.

    ``western``: some of its bytes were read as Windows-1252. ``damaged_at``: the first byte that
    could not be read and stands as U+FFFD, from 1; 0 if there is none.
    """

    text: str
    western: bool = False
    damaged_at: int = 0


class Decoder:
    """Decodes the lines of one file: UTF-8, and Windows-1252 where a file is meant to be that.

    Bytes that are not UTF-8 are either damage, and stand as U+FFFD, or letters of Windows-1252.
    What tells is the file up to the end of the block that the line is in. They are letters

    - if there are ten times as many as there are characters of UTF-8 beyond ASCII: such a file was
      written in Windows-1252. One alone in a file of ASCII must not look like damage: a byte that
      means nothing, or half a character of UTF-8, which is a capital behind a small letter or the
      last byte of a file that is cut off;
    - if there are at least two, and all are no-break spaces (0xA0), which some programs write into
      files that are UTF-8 elsewhere;
    - in a line without characters of UTF-8 beyond ASCII, if there are at least three in the file,
      and all are small letters within a word: files were joined.

    So a file of UTF-8 in which a few bytes were damaged is read as UTF-8, and its damage is told.
    The five bytes that mean nothing in Windows-1252 stand as U+FFFD too. Byte-order marks are left
    out wherever they stand, since joined files have them in the middle.
    """

    def __init__(self) -> None:
        self._characters = self._bad = self._letters = self._spaces = self._damaged = 0

    def look_at(self, lines: bytes) -> None:
        """Count what tells the encoding, before the lines are decoded."""
        if lines.isascii():
            return
        text = lines.decode("utf-8", "surrogateescape")
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        if not _BAD.search(text):
            self._characters += beyond_ascii
            return
        bad = len(_BAD.findall(text))
        self._characters += beyond_ascii - bad
        meaningless = len(_NO_EVIDENCE.findall(text))
        self._bad += bad - meaningless
        self._letters += len(_BAD_LETTER.findall(text))
        self._spaces += text.count(_BAD_SPACE)
        self._damaged += meaningless + len(_HALF.findall(text))

    def decode(self, line: bytes) -> Decoded:
        """Return a line as text."""
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            return self._decode_bad(line, error.start + 1)
        return Decoded(_unmarked(text))

    def _decode_bad(self, line: bytes, place: int) -> Decoded:
        text = line.decode("utf-8", "surrogateescape")
        bad_count = len(_BAD.findall(text))
        has_characters = len(text) - len(text.encode("ascii", "ignore")) > bad_count
        if not self._is_western(has_characters):
            return Decoded(_unmarked(line.decode("utf-8", "replace")), damaged_at=place)
        text = _BAD.sub(_western, text)
        damage = text.find("\ufffd")
        damaged_at = len(text[:damage].encode()) + 1 if damage >= 0 else 0
        return Decoded(_unmarked(text), western=True, damaged_at=damaged_at)

    def _is_western(self, has_characters: bool) -> bool:
        if self._bad < 2:
            return self._bad == 1 and not self._characters and not self._damaged
        if self._bad > 10 * self._characters or self._bad == self._spaces:
            return True
        return self._bad >= 3 and self._letters == self._bad and not has_characters


def wide_encoding(start: bytes) -> str | None:
    """Return the encoding of a file that begins so, if it takes two or four bytes a character.

    Without a byte-order mark it is known by the zeros: text of UTF-16 is half ASCII at the least.
    """
    for mark, name in _WIDE_MARKS:
        if start.startswith(mark):
            return name
    start = start[:1024]
    high, low = start[::2].count(0), start[1::2].count(0)
    most = len(start) // 2
    if most >= 4 and low > most // 2 and not high:
        return "utf-16-le"
    if most >= 4 and high > most // 2 and not low:
        return "utf-16-be"
    return None


def raw_lines(stream: BinaryIO, decoder: Decoder, most_bytes: int) -> Iterator[RawLine]:
    """Yield the lines of a stream, which end with LF, CR or CRLF and with nothing else.

    The decoder has looked at each line before it comes. If the stream raises an error, all lines
    that stand whole before it come first.
    """
    number, is_open = 0, False
    for block in _whole_lines(stream, decoder, most_bytes):
        for line in block.splitlines(keepends=True):
            ends_here = line.endswith((b"\n", b"\r"))
            if is_open:
                is_open = not ends_here
                continue
            number += 1
            is_long = len(line.rstrip(b"\r\n")) > most_bytes
            is_open = is_long and not ends_here
            yield RawLine(number, b"" if is_long else line)


def raw_blocks(stream: BinaryIO, decoder: Decoder) -> Iterator[RawLine]:
    """Yield the contents of a stream in blocks of many lines, each with its first line's number.

    A block that is not UTF-8 comes line by line. Of a line longer than a block comes each part.
    """
    number = 1
    for block in _whole_lines(stream, decoder, _BLOCK_BYTES):
        pieces = [block] if _is_utf_8(block) else block.splitlines(keepends=True)
        for piece in pieces:
            yield RawLine(number, piece)
            number += piece.count(b"\n")
            if b"\r" in piece:
                number += len(re.findall(rb"\r(?!\n)", piece))


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _whole_lines(stream: BinaryIO, decoder: Decoder, most_bytes: int) -> Iterator[bytes]:
    """Yield the contents in blocks of whole lines, at which the decoder has looked.

    A line of more than ``most_bytes`` is cut where a character ends; the last part has its end.
    """
    rest, most = b"", most_bytes
    for block in chain(_narrow(_blocks(stream)), (b"",)):
        rest += block
        # A CR at the very end may be half of a CRLF.
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, -1)) + 1 if block else len(rest)
        if end:
            most = most_bytes
        if len(rest) - end > most + _MAX_CHARACTER_BYTES:
            # Its end must be known as such, so the last bytes stay; the other parts may be short.
            end, most = len(rest) - 1, min(most, _BLOCK_BYTES)
            while rest[end] & 0xC0 == 0x80 and len(rest) - end < _MAX_CHARACTER_BYTES:
                end -= 1
        lines, rest = rest[:end], rest[end:]
        if lines:
            decoder.look_at(lines)
            yield lines


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the contents in blocks of one size, and what stands before an error before it."""
    read = getattr(stream, "read1", stream.read)
    while True:
        block = bytearray()
        failure = None
        try:
            while len(block) < _BLOCK_BYTES and (content := read(_BLOCK_BYTES - len(block))):
                block += content
        except Exception as error:
            failure = error
        if block:
            yield bytes(block)
        if failure:
            raise failure
        if not block:
            return


def _narrow(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks in UTF-8 if they are in UTF-16 or UTF-32, else as they are."""
    first = next(blocks, b"")
    encoding = wide_encoding(first)
    if encoding is None:
        if first:
            yield first
            yield from blocks
        return
    mark = next((mark for mark, name in _WIDE_MARKS if name == encoding), b"")
    first, rest = first.removeprefix(mark), b""
    while first:
        content, rest = _recoded(rest + first, encoding, is_last=False)
        if content:
            yield content
        first = next(blocks, b"")
    content, _ = _recoded(rest, encoding, is_last=True)
    if content:
        yield content


def _recoded(content: bytes, encoding: str, *, is_last: bool) -> tuple[bytes, bytes]:
    """Return content in UTF-8, and what is left of it for the next block.

    What cannot be decoded becomes a byte that is no UTF-8, so that it is reported with its line.
    """
    done = bytearray()
    while True:
        try:
            decoder = codecs.getincrementaldecoder(encoding)()
            text = decoder.decode(content, is_last)
            pending = decoder.getstate()[0]
            return bytes(done) + text.encode(), pending
        except UnicodeDecodeError as error:
            done += content[: error.start].decode(encoding).encode() + b"\xff"
            content = content[error.end :]


def _western(bad: re.Match[str]) -> str:
    return bytes([ord(bad[0]) - 0xDC00]).decode("cp1252", "replace")


def _unmarked(text: str) -> str:
    return text.replace(BYTE_ORDER_MARK, "") if BYTE_ORDER_MARK in text else text
