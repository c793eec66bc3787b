"""Seed files → papers: finds the files, picks a reader by content, and collects every problem.

A reader is a module of this package with ``OVERLAPS``, ``recognises`` and ``read`` (see ``base``);
a file dropped in here is found.
"""

import gzip
import importlib
import io
import os
import pkgutil
import re
import stat
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal, cast

from index.dates import is_date, with_year, without_day
from index.paper import Paper
from index.readers.base import LineSource, Problem, Reader
from index.setaside import HeldPapers

__all__ = ["Problem", "Reading", "SeedFile"]

MAX_YEAR = 9999
MAX_REPORTS = 1_000
"""How many problems of a file, and how many notes, are kept; the others are counted."""
MAX_REASON_CHARS = 500

MIN_UNPACKED_BYTES = 1 << 26
MAX_UNPACKED_RATIO = 200
"""What a packed file may unpack to: so many times its size, and the bytes before in any case.

Papers pack to a fifth; what packs to far less was made to fill a machine.
"""

_HEAD_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 18
_TABLE_OF_CONTENTS = re.compile(r"_MAIN_\d+\.toc")
_READ_ERRORS = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file that a reader recognised; ``size`` in bytes as stored."""

    path: str
    size: int
    reader: Reader


class Reading:
    """One run over seed files and folders: iterate it once for the papers, then read what it found.

    Papers whose date lacks the year come last, in ``page_year`` or in one more than the latest
    year that any of the files writes.

    ``files``: the seed files, those whose papers may overlap first. ``assumed_year`` and
    ``assumed_count``: the year given to dates that lack one, and to how many papers. ``waiting``:
    the papers that will come last, with that year.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        page_year: int | None = None,
        on_progress: Callable[[int], None] | None = None,
        page_years: Mapping[str, int] | None = None,
    ) -> None:
        self._page_years = page_years or {}
        self._problems: list[Problem] = []
        self._report_counts: Counter[tuple[str, Literal["problem", "note"]]] = Counter()
        self.assumed_year: int | None = page_year
        self.assumed_count = 0
        self.waiting = HeldPapers()
        self.on_progress = on_progress
        self.files = self._recognised(paths)
        self._overlapping = {file.path for file in self.files if file.reader.OVERLAPS}

    @property
    def problems(self) -> list[Problem]:
        """All that was reported so far, notes included; of a file no more than MAX_REPORTS each."""
        more = [
            Problem(file, 0, f"and {count - MAX_REPORTS:,} more {kind}s, not listed", kind)
            for (file, kind), count in self._report_counts.items()
            if count > MAX_REPORTS
        ]
        return [*self._problems, *more]

    def report(self, problem: Problem) -> None:
        """Add to ``problems``."""
        if len(problem.reason) > MAX_REASON_CHARS:
            problem = replace(problem, reason=f"{problem.reason[:MAX_REASON_CHARS]}…")
        self._report_counts[problem.file, problem.kind] += 1
        if self._report_counts[problem.file, problem.kind] <= MAX_REPORTS:
            self._problems.append(problem)

    def overlaps(self, paper: Paper) -> bool:
        """Tell whether ``paper`` may stand in other files too, and is to be merged with them."""
        return paper.sources[0].file in self._overlapping

    @property
    def read_whole(self) -> set[str]:
        """Return the paths of the files read without a problem (a note is none)."""
        faulty = {file for file, kind in self._report_counts if kind == "problem"}
        return {file.path for file in self.files} - faulty

    def __iter__(self) -> Iterator[Paper]:
        latest_year = 0
        waiting_count = 0
        with self.waiting:
            for file in self.files:
                for paper in self._papers(file):
                    if paper.year and paper.year > latest_year:
                        latest_year = paper.year
                    if paper.lacks_year:
                        self.waiting.add(paper)
                        waiting_count += file.path not in self._page_years
                    else:
                        yield paper
            if self.assumed_year is None and 0 < latest_year < MAX_YEAR:
                self.assumed_year = latest_year + 1
            self.assumed_count = waiting_count
            for paper in self.waiting.in_order():
                yield self._with_year(paper)

    def _with_year(self, paper: Paper) -> Paper:
        source = paper.sources[0]
        year = self._page_years.get(source.file, self.assumed_year)
        if year is None:
            reason = "the date has no year, and no file writes one to go by; give --page-year"
            self.report(Problem(source.file, source.line, reason))
            return replace(paper, date=None)
        date = with_year(paper.date or "", year)
        if not is_date(date):
            self.report(Problem(source.file, source.line, f"no such day: {date}; day left out"))
            date = without_day(date)
        return replace(paper, date=date, year=year)

    def _papers(self, file: SeedFile) -> Iterator[Paper]:
        line_number, told = 0, 0

        def tell(byte_count: int) -> None:
            nonlocal told
            told += byte_count
            if self.on_progress:
                self.on_progress(byte_count)

        try:
            with io.BufferedReader(_Told(file.path, tell), _BUFFER_BYTES) as stored:
                source = LineSource(file.path, _plain(stored, file.size), self.report)
                for item in file.reader.read(file.path, iter(source)):
                    if isinstance(item, Problem):
                        self.report(item)
                    else:
                        line_number = item.sources[0].line
                        yield item
        except _READ_ERRORS as error:
            reason = f"cannot be read further ({_cause(error)})"
            self.report(Problem(file.path, line_number, reason))
        if file.size > told:
            tell(file.size - told)

    def _recognised(self, paths: Iterable[str | os.PathLike[str]]) -> list[SeedFile]:
        readers = _readers()
        files: dict[str, SeedFile] = {}
        for path in self._walk(paths):
            try:
                size = os.path.getsize(path)
                with open(path, "rb") as stored:
                    head = _plain(stored, size).read(_HEAD_BYTES)
            except _READ_ERRORS as error:
                self._refuse(path, f"cannot be read ({_cause(error)})")
                continue
            if not head.strip():
                self._refuse(path, "the file is empty")
            elif b"\x00" in head:
                self._refuse(path, "not text (a binary file, or text that is not UTF-8)")
            else:
                lines = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()
                reader = next((reader for reader in readers if reader.recognises(lines)), None)
                if reader:
                    files[path] = SeedFile(path, size, reader)
                else:
                    self._refuse(path, "no reader knows this format; left out")
        return sorted(files.values(), key=lambda file: (not file.reader.OVERLAPS, file.path))

    def _walk(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[str]:
        seen: set[str] = set()
        for given in paths:
            path = os.path.abspath(given)
            try:
                mode = os.stat(path).st_mode
            except OSError as error:
                self._refuse(path, f"cannot be read ({_cause(error)})")
                continue
            found = self._files_below(path) if stat.S_ISDIR(mode) else [path]
            if not found:
                self._refuse(path, "the folder holds no files")
            for file in found:
                if file in seen:
                    continue
                seen.add(file)
                if not _is_unicode(file):
                    self._refuse(printable(file), "the name is not UTF-8; rename it. Left out")
                elif os.path.isfile(file):
                    yield file
                else:
                    self._refuse(file, "not a regular file; left out")

    def _files_below(self, folder: str) -> list[str]:
        """Return the files below ``folder``, sorted.

        Names that begin with a dot are passed over, and so are folders that hold an index.
        """
        found: list[str] = []

        def unreadable(error: OSError) -> None:
            self._refuse(printable(str(error.filename)), f"cannot be read ({_cause(error)})")

        for parent, folders, names in os.walk(folder, onerror=unreadable):
            if any(_TABLE_OF_CONTENTS.fullmatch(name) for name in names):
                folders.clear()
                continue
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [os.path.join(parent, name) for name in names if not name.startswith(".")]
        return sorted(found)

    def _refuse(self, path: str, reason: str) -> None:
        self.report(Problem(path, 0, reason))


class _Told(io.FileIO):
    """A file that tells of the bytes read from it."""

    def __init__(self, path: str, tell: Callable[[int], None]) -> None:
        super().__init__(path)
        self._tell = tell

    def readinto(self, buffer: Any) -> int:
        byte_count = super().readinto(buffer)
        if byte_count:
            self._tell(byte_count)
        return byte_count


def printable(path: str) -> str:
    """Return a path with the bytes that are no UTF-8 written out, such as ``caf\\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_unicode(path: str) -> bool:
    return printable(path) == path


class _Unpacked(io.RawIOBase):
    """The contents of a packed file of ``size`` bytes, as far as they are in proportion to it."""

    def __init__(self, stored: BinaryIO, size: int) -> None:
        self._file = gzip.GzipFile(fileobj=stored)
        self._left = max(MIN_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # No more than one step, so that what was unpacked before an error is not lost with it.
        unpacked = self._file.read1(len(buffer))
        self._left -= len(unpacked)
        if self._left < 0:
            raise EOFError(f"it unpacks to more than {MAX_UNPACKED_RATIO} times its size")
        buffer[: len(unpacked)] = unpacked
        return len(unpacked)


def _plain(stored: BinaryIO, size: int) -> BinaryIO:
    """Return the contents of a file, unpacked if they begin as gzip's do."""
    compressed = stored.read(2) == b"\x1f\x8b"
    stored.seek(0)
    if compressed:
        return io.BufferedReader(_Unpacked(stored, size), _BUFFER_BYTES)
    return stored


def _readers() -> list[Reader]:
    """Return the reader modules of this package, in order of name."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name != "base"]
    return [cast(Reader, importlib.import_module(f"{__name__}.{name}")) for name in sorted(names)]


def _cause(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
