"""One run over seed files: find them, recognise their format, unpack, read, report problems."""

import io
import os
import re
import stat
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal

from index.arguments import callback_of, is_callers, optional_year, seed_paths, years_by_file
from index.dates import LEAP_DAY, is_date, with_year, without_day
from index.paper import Paper
from index.readers import READERS
from index.readers.base import (
    Contents,
    Head,
    Problem,
    Reader,
    Shortfall,
    long_words_note,
)
from index.readers.record import Record, paper_of
from index.setaside import SetAsidePapers
from index.streams import READ_ERRORS, open_file, open_standard_input, rejoined

STANDARD_INPUT = "-"
"""The path that stands for standard input, and the file that its papers name as their source."""

MAX_YEAR = 9999
MAX_REPORTS = 1_000
"""How many problems of a file, and how many notes, are listed; the others are counted."""
MAX_REASON_CHARS = 500

_HEAD_BYTES = 1 << 16
_BUFFER_BYTES = 1 << 18
_TABLE_OF_CONTENTS = re.compile(r"_MAIN_\d+\.toc")


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file that a reader recognised; ``size`` in bytes as stored, 0 if unknown."""

    path: str
    size: int
    reader: Reader


class SeedRun:
    """One run over seed files, folders and standard input.

    Iterate it once for the papers; then ask it for ``problems`` and the other results. Papers whose
    date lacks the year come last. They get the year of ``page_years`` for their file, else
    ``page_year``, else one more than the latest year in any of the files.

    ``paths``: the absolute paths given, without standard input. ``files``: the files to read, those
    whose papers may overlap first. ``assumed_year`` and ``assumed_count``: the year given to dates
    without one that ``page_years`` does not name, and how many papers got it. ``on_progress`` is
    called with the number of bytes read so far and of all bytes, 0 while that is unknown.

    Raises BadRequestError for an argument without meaning.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        page_year: int | None = None,
        page_years: Mapping[str, int] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        listed, page_year = seed_paths(paths), optional_year(page_year, 1, MAX_YEAR)
        self._page_years = years_by_file(page_years)
        self._problems: list[Problem] = []
        self._report_counts: Counter[tuple[str, Literal["problem", "note"]]] = Counter()
        self.assumed_year: int | None = page_year
        self.assumed_count = 0
        self._doubtful: set[tuple[str, int]] = set()
        self._cut_off: set[str] = set()
        self._held_if_short: dict[str, int] = {}
        self._standard_input: io.BufferedReader | None = None
        self._progress = _Progress(callback_of("on_progress", on_progress))
        self.paths = [printable(os.path.abspath(path)) for path in listed if path != STANDARD_INPUT]
        self.files = self._recognised(listed)
        self._overlapping = {file.path for file in self.files if file.reader.OVERLAPS}
        self._without_year: dict[str, _LinesWithoutYear] = {}

    @property
    def problems(self) -> list[Problem]:
        """All problems and notes so far; of each file at most MAX_REPORTS of each kind."""
        more = [
            Problem(file, 0, f"and {count - MAX_REPORTS:,} more {kind}s, not listed", kind)
            for (file, kind), count in self._report_counts.items()
            if count > MAX_REPORTS
        ]
        return [*self._problems, *more]

    def report(self, problem: Problem) -> None:
        """Add a problem or a note to ``problems``."""
        if len(problem.reason) > MAX_REASON_CHARS:
            problem = replace(problem, reason=f"{problem.reason[:MAX_REASON_CHARS]}…")
        self._report_counts[problem.file, problem.kind] += 1
        if self._report_counts[problem.file, problem.kind] <= MAX_REPORTS:
            self._problems.append(problem)
            if problem.kind == "problem":
                self._doubtful.add((problem.file, problem.line))

    def overlaps(self, paper: Paper) -> bool:
        """Tell whether other files may list ``paper`` too, to be merged with it."""
        return paper.sources[0].file in self._overlapping

    @property
    def read_whole(self) -> set[str]:
        """The paths of the files that were read without a problem; notes do not count."""
        faulty = {file for file, kind in self._report_counts if kind == "problem"}
        return {file.path for file in self.files} - faulty

    def is_doubtful(self, paper: Paper) -> bool:
        """Tell whether what was read of ``paper`` may be less than its file once held."""
        source = paper.sources[0]
        return (
            (source.file, source.line) in self._doubtful
            or source.file in self._held_if_short
            or self._report_counts[source.file, "problem"] > MAX_REPORTS
        )

    @property
    def cut_off(self) -> Set[str]:
        """The paths of the files that could not be read to their end, or are damaged there."""
        return self._cut_off

    @property
    def held_if_short(self) -> Mapping[str, int]:
        """How many papers there are in each file that promises more."""
        return self._held_if_short

    def __iter__(self) -> Iterator[Paper]:
        with SetAsidePapers() as without_year:
            for paper in self.as_printed():
                if paper.lacks_year:
                    without_year.add(paper)
                else:
                    yield paper
            for paper in without_year.in_order():
                yield self.with_year(paper)

    def as_printed(self) -> Iterator[Paper]:
        """Yield the papers as they are read, some without a year.

        This takes the place of iterating the run, for a caller that keeps such papers itself until
        the end and then completes them by ``with_year``.
        """
        latest_year = 0
        self._progress.begin([file.size for file in self.files])
        for file in self.files:
            for paper in self._papers(file):
                if paper.year and paper.year > latest_year:
                    latest_year = paper.year
                if paper.lacks_year:
                    lines = self._without_year.setdefault(file.path, _LinesWithoutYear())
                    lines.add(paper)
                    self.assumed_count += file.path not in self._page_years
                yield paper
        if self.assumed_year is None and 0 < latest_year < MAX_YEAR:
            self.assumed_year = latest_year + 1
        self._progress.end()
        self._report_dates()

    def with_year(self, paper: Paper) -> Paper:
        """Return a paper with the year that its date lacks, once all files are read."""
        if paper.date is None or not paper.lacks_year:
            return paper
        year = self._year_of(paper.sources[0].file)
        if year is None:
            return replace(paper, date=None)
        date = with_year(paper.date, year)
        return replace(paper, date=date if is_date(date) else without_day(date), year=year)

    def _year_of(self, file: str) -> int | None:
        """Return the year that dates without one have in a file, None if nothing tells it."""
        return self._page_years.get(file, self.assumed_year)

    def _report_dates(self) -> None:
        """Report the dates whose missing year cannot be known, and the days that do not exist."""
        for file, lines in self._without_year.items():
            year = self._year_of(file)
            if year is None:
                reason = "the date has no year, and no file writes one to go by; give --page-year"
                for line in lines.all:
                    self.report(Problem(file, line, reason))
            elif not is_date(leap_day := with_year(LEAP_DAY, year)):
                for line in lines.leap_days:
                    self.report(Problem(file, line, f"no such day: {leap_day}; day left out"))

    def _papers(self, file: SeedFile) -> Iterator[Paper]:
        line_number = 0
        try:
            with self._opened(file) as stream:
                contents = Contents(file.path, stream, self.report)
                for item in file.reader.read(contents):
                    contents.record_ended()
                    made = paper_of(item, file.path) if isinstance(item, Record) else (item,)
                    for one in made:
                        if isinstance(one, Problem):
                            if isinstance(one, Shortfall):
                                self._held_if_short[file.path] = one.held
                            self.report(one)
                        else:
                            line_number = one.sources[0].line
                            if note := long_words_note(one):
                                self.report(note)
                            yield one
        except READ_ERRORS as error:
            if is_callers(error):
                raise
            self._cut_off.add(file.path)
            reason = f"cannot be read further ({_cause(error)})"
            self.report(Problem(file.path, line_number, reason))
        self._progress.file_ended(file.size)

    def _opened(self, file: SeedFile) -> io.BufferedReader:
        if self._standard_input and file.path == STANDARD_INPUT:
            return self._standard_input
        path = system_path(file.path)
        return open_file(path, file.size, _BUFFER_BYTES, self._progress.advance)

    def _recognised(self, paths: Iterable[str]) -> list[SeedFile]:
        files = []
        for path in self._walk(paths):
            try:
                head, size = self._head(path)
            except READ_ERRORS as error:
                self._refuse(path, f"cannot be read ({_cause(error)})")
                continue
            reader = next((reader for reader in READERS if reader.recognises(head)), None)
            if reader:
                files.append(SeedFile(path, size, reader))
            elif not head.content.strip():
                self._refuse(path, "the file is empty")
            elif not head.is_text:
                self._refuse(path, "not text (a binary file, or text that is not UTF-8)")
            else:
                self._refuse(path, "no reader knows this format; left out")
        return sorted(files, key=lambda file: (not file.reader.OVERLAPS, file.path))

    def _head(self, path: str) -> tuple[Head, int]:
        """Return the beginning of a file, and the file's size as stored."""
        if path == STANDARD_INPUT:
            stream, size = open_standard_input(_BUFFER_BYTES, self._progress.advance)
            content = stream.read(_HEAD_BYTES)
            # It can be read only once, so what was read stays with the rest.
            self._standard_input = rejoined(content, stream, _BUFFER_BYTES)
            return Head(content), size
        size = os.path.getsize(system_path(path))
        with open_file(system_path(path), size, _HEAD_BYTES) as stream:
            return Head(stream.read(_HEAD_BYTES)), size

    def _walk(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield each regular file that the paths name or hold once, and standard input."""
        seen: set[str] = set()
        for given in paths:
            if given == STANDARD_INPUT:
                files = [STANDARD_INPUT]
            else:
                files = self._files_at(os.path.abspath(given))
            for file in files:
                if file in seen:
                    continue
                seen.add(file)
                text = path_text(file)
                if text is None:
                    self._refuse(printable(file), "the name is not UTF-8; rename it. Left out")
                elif file == STANDARD_INPUT or os.path.isfile(file):
                    yield text
                else:
                    self._refuse(text, "not a regular file; left out")

    def _files_at(self, path: str) -> list[str]:
        """Return the file itself or the files in a folder; report if there are none."""
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            self._refuse(printable(path), f"cannot be read ({_cause(error)})")
            return []
        if not stat.S_ISDIR(mode):
            return [path]
        files = self._files_below(path)
        if not files:
            self._refuse(printable(path), "the folder holds no files")
        return files

    def _files_below(self, folder: str) -> list[str]:
        """Return the files below a folder, sorted.

        Names that begin with a dot are left out, and so are folders that hold an index.
        """
        files: list[str] = []

        def report_unreadable(error: OSError) -> None:
            self._refuse(printable(str(error.filename)), f"cannot be read ({_cause(error)})")

        for parent, folders, names in os.walk(folder, onerror=report_unreadable):
            if any(_TABLE_OF_CONTENTS.fullmatch(name) for name in names):
                folders.clear()
                continue
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += [os.path.join(parent, name) for name in names if not name.startswith(".")]
        return sorted(files)

    def _refuse(self, path: str, reason: str) -> None:
        self.report(Problem(path, 0, reason))


class _LinesWithoutYear:
    """The lines of one file's papers whose date lacks the year; ``leap_days`` those on 29 Feb."""

    def __init__(self) -> None:
        # Arrays, because a run may have millions of them.
        self.all = array("Q")
        self.leap_days = array("Q")

    def add(self, paper: Paper) -> None:
        line = paper.sources[0].line
        self.all.append(line)
        if paper.date == LEAP_DAY:
            self.leap_days.append(line)


class _Progress:
    """How many bytes are read, as ``on_progress`` of a run is told."""

    def __init__(self, on_progress: Callable[[int, int], None] | None) -> None:
        self._on_progress = on_progress
        self._has_begun = False
        self._read_bytes = 0
        self._ended_bytes = 0
        self._total_bytes = 0

    def begin(self, sizes: Collection[int]) -> None:
        # Of a stream nobody knows the size.
        self._total_bytes = sum(sizes) if all(sizes) else 0
        self._has_begun = True
        if self._on_progress and sizes:
            self._on_progress(0, self._total_bytes)
        self.advance(0)

    def advance(self, byte_count: int) -> None:
        """Add bytes just read."""
        self._read_bytes += byte_count
        if self._on_progress and self._has_begun and self._read_bytes:
            # A file may have grown.
            total_bytes = self._total_bytes and max(self._total_bytes, self._read_bytes)
            self._on_progress(self._read_bytes, total_bytes)

    def file_ended(self, size: int) -> None:
        """Count what was not read of a file as read."""
        self._ended_bytes += size
        if self._read_bytes < self._ended_bytes:
            self.advance(self._ended_bytes - self._read_bytes)

    def end(self) -> None:
        if not self._total_bytes:
            self._total_bytes = self._read_bytes
            self.advance(0)


def printable(path: str) -> str:
    """Return a path with the bytes that are not UTF-8 written as escapes, such as ``caf\\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def path_text(path: str) -> str | None:
    """Return a path as text, as an index keeps it; None if its bytes are not UTF-8.

    Python gives paths in the locale's encoding, and in some of them the text cannot be written.
    """
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        return None


def system_path(text: str) -> str:
    """Return the path of which ``path_text`` made the text, as Python gives it to the system."""
    return os.fsdecode(text.encode("utf-8", "surrogatepass"))


def _cause(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
