"""What readers share: the contents of a file, problems, clean text."""

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, Literal

from index.readers.decoding import Decoder, RawLine, raw_blocks, raw_lines, wide_encoding

MAX_RECORD_BYTES = 8 << 20
"""A longer record, or line, is reported and left out, so that no file can fill the memory."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a reader left out or changed.

    ``line`` counts from 1; 0 means the file as a whole. A ``note`` is worth knowing but no error.
    ``what`` names the kind of loss in a few words, such as a field: a run reports those of one file
    that have the same once. ``count`` says how many such records there are; ``line`` is the first.
    """

    file: str
    line: int
    reason: str
    kind: Literal["problem", "note"] = "problem"
    what: str = ""
    count: int = 1

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line and self.count == 1 else self.file
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Shortfall(Problem):
    """A note that a file promises more papers than the ``held`` ones that it holds."""

    held: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a seed file, without its line end; ``number`` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Head:
    """The beginning of a file, unpacked."""

    content: bytes

    @property
    def is_text(self) -> bool:
        """Whether the content may be text."""
        return b"\x00" not in self.content or wide_encoding(self.content) is not None

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines, the last of which may be cut off; none if the content is not text."""
        if not self.is_text:
            return ()
        decoder = Decoder()
        lines = raw_lines(io.BytesIO(self.content), decoder, len(self.content))
        return [decoder.decode(line.content).text.rstrip("\r\n") for line in lines]


class Contents:
    """The contents of one file, unpacked, which a reader takes as lines, as one text or as bytes.

    It may be taken once. Whatever a reader takes, no record can fill the memory: a line, a text, or
    the bytes between two items that the reader yields are bounded by MAX_RECORD_BYTES. Lines and
    text are decoded as a ``Decoder`` does, and end with LF, CR or CRLF.
    """

    def __init__(self, file: str, stream: BinaryIO, report: Callable[[Problem], None]) -> None:
        self.file = file
        self._stream = stream
        self._report_problem = report
        self._bounded: _BoundedStream | None = None

    def lines(self) -> Iterator[Line]:
        """Yield the lines, those longer than MAX_RECORD_BYTES left out and reported."""
        for number, text in self._decoded_lines():
            if text is not None:
                yield Line(number, text.rstrip("\r\n"))

    def chars(self) -> Iterator[str]:
        """Yield the text line by line, each with its line end, as ``csv.reader`` takes it.

        Of a line that is left out the line end stays, so that lines can be counted.
        """
        for _, text in self._decoded_lines():
            yield "\n" if text is None else text

    def blocks(self) -> Iterator[str]:
        """Yield the text in blocks of many lines, for a format whose records are no lines.

        All line ends are LF. A line that is longer than a block is cut.
        """
        decoder = Decoder()
        for _, text in self._decoded(raw_blocks(self._stream, decoder), decoder):
            if text:
                yield _LINE_END.sub("\n", text) if "\r" in text else text

    def text(self) -> str:
        """Return the whole text, for a format that has one record in a file.

        Raises EOFError, which is reported, if it is longer than MAX_RECORD_BYTES.
        """
        self._stream = self.stream()
        return "".join(self.chars())

    def stream(self) -> BinaryIO:
        """Return the bytes as they are, for a parser that decodes them as it goes.

        The stream raises EOFError, which is reported, once more than MAX_RECORD_BYTES were read
        since the reader yielded its last item.
        """
        self._bounded = _BoundedStream(self._stream)
        return io.BufferedReader(self._bounded)

    def record_ended(self) -> None:
        """Let the next record begin; this is for the run, each time a reader yields an item."""
        if self._bounded:
            self._bounded.left = MAX_RECORD_BYTES

    def _decoded_lines(self) -> Iterator[tuple[int, str | None]]:
        """Yield each line's number and its text with its end, None if it is too long."""
        decoder = Decoder()
        yield from self._decoded(raw_lines(self._stream, decoder, MAX_RECORD_BYTES), decoder)

    def _decoded(
        self, lines: Iterable[RawLine], decoder: Decoder
    ) -> Iterator[tuple[int, str | None]]:
        western_count = first_western = 0
        try:
            for number, content in lines:
                if not content:
                    what = f"the line is longer than {MAX_RECORD_BYTES:,} bytes; left out"
                    self._report(number, what, what="line too long")
                    yield number, None
                    continue
                text, is_western, damaged_at = decoder.decode(content)
                if damaged_at:
                    reason = f"not UTF-8 at byte {damaged_at}; what cannot be read stands as \ufffd"
                    self._report(number, reason, what="not UTF-8; \ufffd stands for it")
                if is_western:
                    western_count += 1
                    first_western = first_western or number
                yield number, text
        finally:
            if western_count:
                told = "1 line is" if western_count == 1 else f"{western_count:,} lines are"
                reason = f"{told} not UTF-8 and read as Windows-1252, from line {first_western} on"
                self._report_problem(Problem(self.file, first_western, reason, "note"))

    def _report(self, line: int, reason: str, what: str) -> None:
        self._report_problem(Problem(self.file, line, reason, what=what))


class _BoundedStream(io.RawIOBase):
    """A stream that ends with an error once its bound is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.left = MAX_RECORD_BYTES
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = getattr(self._stream, "read1", self._stream.read)
        content = read(min(len(buffer), self.left + 1))
        self.left -= len(content)
        if self.left < 0:
            raise EOFError(f"a record is longer than {MAX_RECORD_BYTES:,} bytes")
        buffer[: len(content)] = content
        return len(content)


def is_other_text(line: str) -> bool:
    """Tell whether a line is of a README, a page, a program, TeX or JSON, not of references."""
    return _OTHER_TEXT.match(line) is not None


_OTHER_TEXT = re.compile(
    r"\s*(?:```|~~~|<[!?\w]|\\\w|[\[{]|import \w|from \w+ import|def \w|\"\"\")"
)


def clean(text: str) -> str:
    """Return ``text`` in NFC, with one space for each run of white space and control characters.

    A lone surrogate, which JSON can write but UTF-8 cannot store, becomes ``?``. The controls from
    U+0080 on are read as the letters of Windows-1252 that they were made of, such as ``’``. A
    letter with absurdly many marks loses all but the first of them.
    """
    if has_many_marks(text):
        text = _MANY_MARKS.sub(_first_marks, text)
    # Most text is clean, and this test takes half the time of cleaning. The space is the only
    # printable white space.
    if (
        text.isprintable()
        and "  " not in text
        and text[:1] != " " != text[-1:]
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
    ):
        return text
    text = text.encode("utf-8", errors="replace").decode()
    # A table for ``translate`` would take twenty times as long.
    text = _CONTROL.sub(lambda control: _WESTERN.get(control[0], " "), text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def has_many_marks(text: str) -> bool:
    """Tell whether a letter of a text has so many marks that NFC would take long."""
    if text.isascii():
        return False
    # Few texts have so many characters beyond ASCII, and the pattern is slow.
    is_possible = len(text.encode("utf-8", "replace")) - len(text) > _MAX_MARKS
    return is_possible and _MANY_MARKS.search(text) is not None


_LINE_END = re.compile("\r\n?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# Files of Windows-1252 that were taken for ISO 8859-1: of 25,000 papers of the ACL Anthology, 100
# have such controls. U+0085 is white space in Unicode, and five mean nothing.
_WESTERN = {
    chr(code): character
    for code in range(0x80, 0xA0)
    if code != 0x85 and (character := bytes([code]).decode("cp1252", "ignore"))
}
# NFC sorts the marks of a letter, in time quadratic in their number. Unicode's stream-safe text has
# at most 30 (UAX 15, section 13).
_MAX_MARKS = 30
_MANY_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}")


def _first_marks(run: re.Match[str]) -> str:
    """Return a run of signs and marks with only the first marks of each letter."""
    characters, mark_count = [], 0
    for character in run[0]:
        mark_count = mark_count + 1 if unicodedata.combining(character) else 0
        if mark_count <= _MAX_MARKS:
            characters.append(character)
    return "".join(characters)
