"""One run over seed files: find them, recognise their format, unpack, read, report problems."""

import io
import itertools
import os
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from index.arguments import (
    callback_of,
    callers_block,
    is_callers,
    optional_year,
    papers_given,
    refuse_without_input,
    seed_paths,
    source_name,
    years_by_file,
)
from index.dates import LEAP_DAY, is_date, with_year, without_day
from index.paper import Paper
from index.readers.base import Contents, Problem, Shortfall
from index.readers.from_python import paper_or_record
from index.readers.record import Record, paper_of
from index.reading.archives import Archives
from index.reading.finding import BUFFER_BYTES, Finder, SeedFile, cause_of, noting
from index.reading.paths import (
    STANDARD_INPUT,
    file_on_disk,
    is_stream,
    member_name,
    printable,
    stream_file,
    system_path,
)
from index.reading.remembered import FileState
from index.reading.reports import Reports, long_words_note
from index.reading.setaside import SetAsidePapers
from index.reading.streams import READ_ERRORS, digest_of, open_file, when_written

MAX_YEAR = 9999

# Fewer records may well lack a field all by chance.
_MIN_RECORDS_ALIKE = 5


_END = object()


class SeedRun:
    """One run over seed files, folders and standard input.

    Iterate it once for the papers; then ask it for ``problems`` and the other results. Papers whose
    date lacks the year come last. They get the year of ``page_years`` for their file, else
    ``page_year``, else one more than the latest year in any of the files.

    ``paths``: the absolute paths given, without standard input. ``files``: the files to read, those
    whose papers may overlap first. ``assumed_year`` and ``assumed_count``: the year given to dates
    without one that ``page_years`` does not name, and how many papers got it. ``on_progress`` is
    called with the number of bytes read so far and of all bytes, 0 while that is unknown.
    ``reader`` names the reader of standard input, where the content cannot tell. Without standard
    input it has no meaning, nor has ``source`` without that and ``papers``.

    ``papers`` come from the caller after all files: each a Paper, or a dict with the keys of a JSON
    record. They and what comes by standard input belong to the source named ``source``, or else
    ``python`` and ``stdin``; what they name as their file begins with ``source:``.
    ``names_source``: whether ``source`` was given.

    ``known`` may be set before the papers are read. A file whose state is in it, and whose bytes,
    reader and assumed year are still the same, is not read: it is one of ``skipped``. ``states``
    are those of the files that were read, known once all are.

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
        papers: Iterable[Paper | Mapping[str, Any]] | None = None,
        source: str | None = None,
    ) -> None:
        listed, page_year = seed_paths(paths), optional_year(page_year, 1, MAX_YEAR)
        self._page_years = years_by_file(page_years)
        self._reports = Reports()
        self.assumed_year: int | None = page_year
        self._cut_off: set[str] = set()
        self._empty: set[str] = set()
        self._held_if_short: dict[str, int] = {}
        self._progress = _Progress(callback_of("on_progress", on_progress))
        self.paths = [printable(os.path.abspath(path)) for path in listed if path != STANDARD_INPUT]
        self._archives = Archives()
        named = None if source is None else source_name(source)
        self.names_source = named is not None
        self._input_file = stream_file(named or "stdin")
        self._given_file = stream_file(named or "python")
        self._names_reader = reader is not None
        self._given = None if papers is None else papers_given(papers)
        self.known: Mapping[str, FileState] = {}
        self._digests: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._readings: dict[str, _Reading] = {}
        self.skipped: set[str] = set()
        self.states: dict[str, FileState] = {}
        self._finder = Finder(self._reports.add, self._progress.advance, reader, self._input_file)
        if STANDARD_INPUT not in listed:
            refuse_without_input(reader, None if self._given is not None else source)
        self.files = self._finder.files(listed)
        self._overlapping = {file.path for file in self.files if file.reader.OVERLAPS}

    @property
    def assumed_count(self) -> int:
        """How many papers so far got the assumed year, or will."""
        read = sum(self._assumed_in(reading) for reading in self._readings.values())
        return read + sum(self.known[file].assumed_count for file in self.skipped)

    @property
    def problems(self) -> list[Problem]:
        """All problems and notes so far, each loss of a file once; see ``Reports``.

        They are in the order of the files, whether these were read or skipped, behind those of
        what is not read.
        """
        places = {file.path: place for place, file in enumerate(self.files)}
        return sorted(self._reports.listed(), key=lambda one: places.get(one.file, -1))

    def report(self, problem: Problem) -> None:
        """Add a problem or a note to ``problems``."""
        self._reports.add(problem)

    def overlaps(self, paper: Paper) -> bool:
        """Tell whether other files may list ``paper`` too, to be merged with it."""
        return paper.sources[0].file in self._overlapping

    @property
    def read_whole(self) -> set[str]:
        """The paths of the files that were read without a problem; notes do not count."""
        read = {file.path for file in self.files} - self.skipped
        if self._given is not None:
            read.add(self._given_file)
        return read - (self._reports.faulty - self._empty)

    @property
    def read_in_part(self) -> set[str]:
        """The paths of the files that were read with a problem."""
        read = {file.path for file in self.files} - self.skipped
        return read & (self._reports.faulty - self._empty)

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
        unchanged: list[tuple[SeedFile, FileState]] = []
        self._progress.begin([file.size for file in self.files])
        for file in self.files:
            state = self._state_if_unchanged(file)
            if state and self._has_year_of(state, file, self.assumed_year):
                unchanged.append((file, state))
            else:
                yield from self._papers(file)
        if self._given is not None:
            yield from self._papers_given(self._given)
        if self.assumed_year is None:
            years = [reading.latest_year for reading in self._readings.values()]
            latest = max([*years, *[state.latest_year for _, state in unchanged]], default=0)
            self.assumed_year = latest + 1 if 0 < latest < MAX_YEAR else None
        for file, state in unchanged:
            if self._has_year_of(state, file, self._year_of(file.path)):
                self._skip(file, state)
            else:
                yield from self._papers(file)
        self._archives.close()
        self._progress.end()
        self._report_dates()
        self._note_states()

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

    def _assumed_in(self, reading: "_Reading") -> int:
        """Return how many papers of a file get the assumed year."""
        return 0 if reading.file in self._page_years else len(reading.without_year.all)

    def _report_dates(self) -> None:
        """Report the dates whose missing year cannot be known, and the days that do not exist."""
        for file, reading in self._readings.items():
            lines, year = reading.without_year, self._year_of(file)
            if year is None:
                reason = "the date has no year, and no file writes one to go by; give --page-year"
                for line in lines.all:
                    self.report(Problem(file, line, reason))
            elif not is_date(leap_day := with_year(LEAP_DAY, year)):
                for line in lines.leap_days:
                    self.report(Problem(file, line, f"no such day: {leap_day}; day left out"))

    def _papers(self, file: SeedFile) -> Iterator[Paper]:
        reading = self._reading_of(file.path)
        try:
            with self._opened(file) as stream:
                contents = Contents(file.path, stream, reading.report)
                for item in file.reader.read(contents):
                    contents.record_ended()
                    yield from reading.papers(item)
        except READ_ERRORS as error:
            if is_callers(error):
                raise
            self._cut_off.add(file.path)
            reason = f"cannot be read further ({cause_of(error)})"
            reading.report(Problem(file.path, reading.line, reason))
        if reading.held is not None:
            self._held_if_short[file.path] = reading.held
        reading.report_missing_fields()
        if not reading.line:
            told = {problem.kind for problem in reading.reports.listed()}
            if "problem" not in told:
                self._report_empty(file, is_told=bool(told))
        self._progress.file_ended(file.size)

    def _report_empty(self, file: SeedFile, *, is_told: bool) -> None:
        """Report that a file holds no paper, unless that is a note and its reader has told one.

        A list may have become empty. What a caller says is of some format may be none at all.
        """
        is_input = is_stream(file.path)
        if not (is_input and self._names_reader):
            self._empty.add(file.path)
        reason = f"no paper found in it, read as {file.reader.NAME}"
        if is_input or file.path in self.paths:
            self.report(Problem(file.path, 0, reason))
        elif not is_told:
            self.report(Problem(file.path, 0, reason, "note"))

    def _reading_of(self, file: str) -> "_Reading":
        return self._readings.setdefault(file, _Reading(file, self._reports.add))

    def _papers_given(self, papers: Iterable[Any]) -> Iterator[Paper]:
        """Yield the papers that the caller gives."""
        reading = self._reading_of(self._given_file)
        iterator = iter(papers)
        for number in itertools.count(1):
            with callers_block():
                item = next(iterator, _END)
            if item is _END:
                break
            yield from reading.papers(paper_or_record(item, self._given_file, number))
        reading.report_missing_fields()

    # Files that are as they were

    def _state_if_unchanged(self, file: SeedFile) -> FileState | None:
        """Return the state of a file that has the bytes and the reader it had when it was read."""
        digest, _ = self._digest(file)
        state = self.known.get(file.path)
        is_same = state and state.reader == file.reader.NAME and state.digest == digest
        return state if is_same else None

    def _has_year_of(self, state: FileState, file: SeedFile, assumed_year: int | None) -> bool:
        """Tell whether the dates of a file without a year would be given the year they have."""
        if state.assumed_year is None:
            return True
        return self._page_years.get(file.path, assumed_year) in (None, state.assumed_year)

    def _skip(self, file: SeedFile, state: FileState) -> None:
        self.skipped.add(file.path)
        for problem in state.problems:
            self.report(problem)
        self._progress.file_ended(file.size)

    def _digest(self, file: SeedFile) -> tuple[str, tuple[int, ...]]:
        """Return a digest of the bytes of a file, or of its archive, and when they were written.

        Both are empty for a stream, and if they cannot be read.
        """
        if is_stream(file.path):
            return "", ()
        path = file_on_disk(file.path)
        if path not in self._digests:
            self._digests[path] = digest_of(system_path(path))
        return self._digests[path]

    def _note_states(self) -> None:
        """Note the states of the files that can be skipped as long as they stay as they are."""
        for file in self.files:
            reading = self._readings.get(file.path)
            digest, written = self._digest(file)
            if reading is None or not digest:
                continue
            without_year = reading.without_year
            year = self._year_of(file.path) if without_year.all else None
            if (
                file.path in self._cut_off
                or file.path in self._held_if_short
                or file.path in self._empty  # which is told according to how the file is named
                or (without_year.all and (year is None or without_year.leap_days))
                or when_written(system_path(file_on_disk(file.path))) != written
            ):
                continue
            self.states[file.path] = FileState(
                digest,
                file.reader.NAME,
                reading.latest_year,
                year,
                self._assumed_in(reading),
                problems=tuple(reading.reports.listed()),
            )

    def _opened(self, file: SeedFile) -> io.BufferedReader:
        if is_stream(file.path) and self._finder.standard_input:
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


class _Reading:
    """The reading of one file: it makes papers of records, and keeps what it reports."""

    def __init__(self, file: str, report: Callable[[Problem], None]) -> None:
        self.file = file
        self.line = 0
        self.latest_year = 0
        self.without_year = _LinesWithoutYear()
        self.held: int | None = None
        self.reports = Reports()
        self._report = report
        self._fields = _FieldCounts()

    def report(self, problem: Problem) -> None:
        """Report a problem, and keep it."""
        self.reports.add(problem)
        self._report(problem)

    def papers(self, item: Record | Paper | Problem) -> Iterator[Paper]:
        """Yield the paper that an item is, if it is one, and report what is wrong with it."""
        for one in paper_of(item, self.file) if isinstance(item, Record) else (item,):
            if isinstance(one, Problem):
                if isinstance(one, Shortfall):
                    self.held = one.held
                self.report(one)
                continue
            self.line = one.sources[0].line
            self.latest_year = max(self.latest_year, one.year or 0)
            if one.lacks_year:
                self.without_year.add(one)
            self._fields.add(one)
            if note := long_words_note(one):
                self.report(note)
            yield one

    def report_missing_fields(self) -> None:
        """Report the fields that no record has."""
        if missing := self._fields.missing:
            self.report(Problem(self.file, 0, f"no record has {missing}", "note"))


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
        self._lacking: Counter[str] = Counter()

    def add(self, paper: Paper) -> None:
        self._count += 1
        if not paper.title:
            self._lacking["title"] += 1
        if not paper.abstract:
            self._lacking["abstract"] += 1
        if not paper.authors:
            self._lacking["authors"] += 1
        if paper.date is None and paper.year is None:
            self._lacking["year"] += 1

    @property
    def missing(self) -> str:
        """The fields that no record has, in words; empty if there are few records."""
        if self._count < _MIN_RECORDS_ALIKE:
            return ""
        names = [words for name, words in self._NAMES.items() if self._lacking[name] == self._count]
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
