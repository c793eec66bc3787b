"""What seed readers share: the reader's shape, problem reports, lines read with a bound."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from index.paper import Paper

MAX_LINE_BYTES = 1 << 20
"""A longer line is reported and left out, so that no file can fill the memory."""

MAX_RECORD_CHARS = 2 * MAX_LINE_BYTES
"""A paper that stands on several lines is left out, and reported, if they are longer together."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a reader could not take as it stands.

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
class Line:
    """One line of a seed file, without its line end; ``number`` counts from 1."""

    number: int
    text: str


class Reader(Protocol):
    """What a module of this package must define to be a reader."""

    @property
    def OVERLAPS(self) -> bool:
        """Whether the same paper may stand in several files, to be merged into one."""

    def recognises(self, head: Sequence[str]) -> bool:
        """Tell from the first lines of a file whether this reader reads it."""

    def read(self, file: str, lines: Iterator[Line]) -> Iterator[Paper | Problem]:
        """Yield the papers of one file, and a report for everything that is not one."""


class LineSource:
    """The lines of an open file; what cannot be read as text goes to ``report``."""

    def __init__(self, file: str, stream: BinaryIO, report: Callable[[Problem], None]) -> None:
        self._report_problem = report
        self._file = file
        self._stream = stream

    def __iter__(self) -> Iterator[Line]:
        number = 0
        while raw := self._stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
                self._skip_line()
                self._report(number, f"the line is longer than {MAX_LINE_BYTES:,} bytes; left out")
                continue
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                self._report(
                    number,
                    f"not UTF-8 at byte {error.start + 1}; what cannot be read stands as \ufffd",
                )
                text = raw.decode("utf-8", errors="replace")
            yield Line(number, text.rstrip("\r\n"))

    def _skip_line(self) -> None:
        while (rest := self._stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass

    def _report(self, number: int, reason: str) -> None:
        self._report_problem(Problem(self._file, number, reason))


def clean(text: str) -> str:
    """Return ``text`` in NFC, every run of white space and control characters one space.

    A lone surrogate, which JSON can write but UTF-8 cannot store, becomes ``?``, and of marks
    beyond number on one letter the first stay.
    """
    # The only white space that is printable is the space. Most text is clean, and looking costs
    # half of writing it anew.
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
# Putting marks in order takes time quadratic in their number. 30 are the most that Unicode's
# stream-safe text has (UAX 15, section 13).
_MOST_MARKS = 30
_MANY_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")


def _first_marks(run: re.Match[str]) -> str:
    """Return signs and marks in a row, of marks on one letter only the first."""
    kept, count = [], 0
    for character in run[0]:
        count = count + 1 if unicodedata.combining(character) else 0
        if count <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
