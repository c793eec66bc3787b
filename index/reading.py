"""One run over seed files: find them, recognise their format, unpack, read, report problems."""

import io
import os
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import replace

from index.archives import Archives
from index.arguments import callback_of, is_callers, optional_year, seed_paths, years_by_file
from index.dates import LEAP_DAY, is_date, with_year, without_day
from index.finding import BUFFER_BYTES, Finder, SeedFile, cause_of, noting
from index.paper import Paper
from index.paths import STANDARD_INPUT, file_on_disk, member_name, printable, system_path
from index.readers.base import Contents, Problem, Shortfall, long_words_note
from index.readers.record import Record, paper_of
from index.reports import Reports
from index.setaside import SetAsidePapers
from index.streams import READ_ERRORS, open_file

MAX_YEAR = 9999

# Fewer records may well lack a field all by chance.
_MIN_RECORDS_ALIKE = 5


class SeedRun:
    """One run over seed files, folders and standard input.

    Iterate it once for the papers; then ask it for ``problems`` and the other results. Papers whose
    date lacks the year come last. They get the year of ``page_years`` for their file, else
    ``page_year``, else one more than the latest year in any of the files.

    ``paths``: the absolute paths given, without standard input. ``files``: the files to read, those
    whose papers may overlap first. ``assumed_year`` and ``assumed_count``: the year given to dates
    without one that ``page_years`` does not name, and how many papers got it. ``on_progress`` is
    called with the number of bytes read so far and of all bytes, 0 while that is unknown.
    ``reader`` names the reader of standard input, where the content cannot tell.

    A file that holds no list of papers is a problem if it is named, a note if a folder holds it.

    Raises BadRequestError for an argument without meaning.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        page_year: int | None = None,
        page_years: Mapping[str, int] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        reader: str | None = None,
    ) -> None:
        listed, page_year = seed_paths(paths), optional_year(page_year, 1, MAX_YEAR)
        self._page_years = years_by_file(page_years)
        self._reports = Reports()
        self.assumed_year: int | None = page_year
        self.assumed_count = 0
        self._cut_off: set[str] = set()
        self._held_if_short: dict[str, int] = {}
        self._progress = _Progress(callback_of("on_progress", on_progress))
        self.paths = [printable(os.path.abspath(path)) for path in listed if path != STANDARD_INPUT]
        self._archives = Archives()
        self._finder = Finder(self.report, self._progress.advance, reader)
        self.files = self._finder.files(listed)
        self._overlapping = {file.path for file in self.files if file.reader.OVERLAPS}
        self._without_year: dict[str, _LinesWithoutYear] = {}

    @property
    def problems(self) -> list[Problem]:
        """All problems and notes so far, each loss of a file once; see ``Reports``."""
        return self._reports.listed()

    def report(self, problem: Problem) -> None:
        """Add a problem or a note to ``problems``."""
        self._reports.add(problem)

    def overlaps(self, paper: Paper) -> bool:
        """Tell whether other files may list ``paper`` too, to be merged with it."""
        return paper.sources[0].file in self._overlapping

    @property
    def read_whole(self) -> set[str]:
        """The paths of the files that were read without a problem; notes do not count."""
        return {file.path for file in self.files} - self._reports.faulty

    def is_doubtful(self, paper: Paper) -> bool:
        """Tell whether what was read of ``paper`` may be less than its file once held."""
        source = paper.sources[0]
        return source.file in self._held_if_short or self._reports.is_doubtful(
            source.file, source.line
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
        self._archives.close()
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
        fields = _FieldCounts()
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
                            fields.add(one)
                            if note := long_words_note(one):
                                self.report(note)
                            yield one
        except READ_ERRORS as error:
            if is_callers(error):
                raise
            self._cut_off.add(file.path)
            reason = f"cannot be read further ({cause_of(error)})"
            self.report(Problem(file.path, line_number, reason))
        if missing := fields.missing:
            self.report(Problem(file.path, 0, f"no record has {missing}", "note"))
        self._progress.file_ended(file.size)

    def _opened(self, file: SeedFile) -> io.BufferedReader:
        if file.path == STANDARD_INPUT and self._finder.standard_input:
            return self._finder.standard_input
        if member := member_name(file.path):
            archive = self._archives.at(system_path(file_on_disk(file.path)))
            return archive.open(member, BUFFER_BYTES, noting(self.report, file.path))
        path = system_path(file.path)
        return open_file(
            path, file.size, BUFFER_BYTES, self._progress.advance, noting(self.report, file.path)
        )


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


class _FieldCounts:
    """How many records of a file have each of the fields that a paper should have."""

    _NAMES: Mapping[str, str] = {
        "title": "a title",
        "abstract": "an abstract",
        "authors": "authors",
        "year": "a year",
    }

    def __init__(self) -> None:
        self._count = 0
        self._having: Counter[str] = Counter()

    def add(self, paper: Paper) -> None:
        self._count += 1
        self._having["title"] += bool(paper.title)
        self._having["abstract"] += bool(paper.abstract)
        self._having["authors"] += bool(paper.authors)
        self._having["year"] += paper.date is not None or paper.year is not None

    @property
    def missing(self) -> str:
        """The fields that no record has, in words; empty if there are few records."""
        if self._count < _MIN_RECORDS_ALIKE:
            return ""
        names = [words for name, words in self._NAMES.items() if not self._having[name]]
        *first, last = names or [""]
        return f"{', '.join(first)} or {last}" if first else last


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
