"""What readers share: the shape of a reader, the contents of a file, problems, clean text."""

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from index.analysis import MAX_WORD_CHARS, long_word_count
from index.names import MAX_NAME_CHARS
from index.paper import Paper

MAX_LINE_BYTES = 1 << 20
"""A longer line is reported and left out, so that no file can fill the memory."""

MAX_RECORD_CHARS = 2 * MAX_LINE_BYTES
"""A longer paper is reported and left out. For readers of bytes this is a number of bytes."""

if TYPE_CHECKING:
    from index.readers.record import Record

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a reader left out or changed.

    ``line`` counts from 1; 0 means the file as a whole. A ``note`` is worth knowing but no error.
    """

    file: str
    line: int
    reason: str
    kind: Literal["problem", "note"] = "problem"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
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
        """Whether the content may be text in UTF-8."""
        return b"\x00" not in self.content

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines, the last of which may be cut off; none if the content is not text."""
        if not self.is_text:
            return ()
        text = self.content.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")
        return text.splitlines()


class Contents:
    """The contents of one file, unpacked, which a reader takes as lines, as one text or as bytes.

    It may be taken once. Whatever a reader takes, no record can fill the memory: a line, a text, or
    the bytes between two items that the reader yields are bounded.
    """

    def __init__(self, file: str, stream: BinaryIO, report: Callable[[Problem], None]) -> None:
        self.file = file
        self._stream = stream
        self._report_problem = report
        self._bounded: _BoundedStream | None = None

    def lines(self) -> Iterator[Line]:
        """Yield the lines, those longer than MAX_LINE_BYTES left out and reported."""
        number = 0
        while raw := self._stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
                self._skip_line()
                self._report(number, f"the line is longer than {MAX_LINE_BYTES:,} bytes; left out")
                continue
            if number == 1:
                raw = raw.removeprefix(_BYTE_ORDER_MARK)
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                self._report(
                    number,
                    f"not UTF-8 at byte {error.start + 1}; what cannot be read stands as \ufffd",
                )
                text = raw.decode("utf-8", errors="replace")
            yield Line(number, text.rstrip("\r\n"))

    def text(self) -> str:
        """Return the whole text, for a format that has one record in a file.

        Raises EOFError, which is reported, if it is longer than MAX_RECORD_CHARS bytes.
        """
        content = self.stream().read().removeprefix(_BYTE_ORDER_MARK)
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start)
            self._report(line + 1, "not UTF-8; what cannot be read stands as \ufffd")
            return content.decode("utf-8", errors="replace")

    def stream(self) -> BinaryIO:
        """Return the bytes as a stream, for a reader that parses as it goes.

        The stream raises EOFError, which is reported, once more than MAX_RECORD_CHARS bytes were
        read since the reader yielded its last item.
        """
        self._bounded = _BoundedStream(self._stream)
        return io.BufferedReader(self._bounded)

    def record_ended(self) -> None:
        """Let the next record begin; this is for the run, each time a reader yields an item."""
        if self._bounded:
            self._bounded.left = MAX_RECORD_CHARS

    def _skip_line(self) -> None:
        while (rest := self._stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass

    def _report(self, line: int, reason: str) -> None:
        self._report_problem(Problem(self.file, line, reason))


class _BoundedStream(io.RawIOBase):
    """A stream that ends with an error once its bound is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.left = MAX_RECORD_CHARS
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._stream.read(min(len(buffer), self.left + 1))
        self.left -= len(content)
        if self.left < 0:
            raise EOFError(f"a record is longer than {MAX_RECORD_CHARS:,} bytes")
        buffer[: len(content)] = content
        return len(content)


def long_words_note(paper: Paper) -> Problem | None:
    """Return a note if words or names are so long that only their beginnings are indexed."""
    names = paper.authors + paper.institutions + paper.owners
    if max(map(len, (paper.title, *names))) < MAX_WORD_CHARS and not long_word_count(
        paper.abstract
    ):
        return None  # as for nearly all papers, in two microseconds
    names = tuple(dict.fromkeys(names))
    counts = (
        ("word", sum(map(long_word_count, (paper.title, paper.abstract, *names))), MAX_WORD_CHARS),
        ("name", sum(len(name) >= MAX_NAME_CHARS for name in names), MAX_NAME_CHARS),
    )
    told = [
        f"{count:,} {kind}{'' if count == 1 else 's'} of {most:,} characters or more"
        for kind, count, most in counts
        if count
    ]
    if not told:
        return None
    source = paper.sources[0]
    reason = f"{' and '.join(told)}: searches see only the beginning"
    return Problem(source.file, source.line, reason, "note")


class Reader(Protocol):
    """What a module of this package must define to be a reader."""

    @property
    def OVERLAPS(self) -> bool:
        """Whether several files may list the same paper, and all it says is merged."""

    def recognises(self, head: Head) -> bool:
        """Tell from the beginning of a file whether this reader reads it."""

    def read(self, contents: Contents) -> "Iterator[Record | Paper | Problem]":
        """Yield the records of one file, and a problem for everything that is left out.

        A reader that has cleaned and checked a record itself yields a paper instead.
        """


def clean(text: str) -> str:
    """Return ``text`` in NFC, with one space for each run of white space and control characters.

    A lone surrogate, which JSON can write but UTF-8 cannot store, becomes ``?``. A letter with
    absurdly many marks loses all but the first of them.
    """
    # Most text is clean, and this test takes half the time of cleaning. The space is the only
    # printable white space.
    if not text.isascii():
        text = _MANY_MARKS.sub(_first_marks, text)
    if (
        text.isprintable()
        and "  " not in text
        and text[:1] != " " != text[-1:]
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
    ):
        return text
    text = _CONTROL.sub(" ", text.encode("utf-8", errors="replace").decode())
    return " ".join(unicodedata.normalize("NFC", text).split())


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
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
