"""Repair an index: keep sound segments, rewrite readable papers, re-read files for the rest."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from index.arguments import byte_count, callback_of, folder_path
from index.dates import date_number, with_year
from index.fields import SORTABLE_ZERO
from index.opensearch.address import is_address, read_address
from index.paper import Copy, Paper, id_digest
from index.readers.base import Problem
from index.reading.paths import file_on_disk, is_stream, system_path
from index.reading.remembered import FileStates, Remembered
from index.reading.run import SeedRun
from index.schema import schema
from index.segments.contents import Contents
from index.segments.names import SUGGESTIONS_NAME, generation_of, segments_in
from index.segments.opening import map_index
from index.sync.comparing import Comparison
from index.sync.identity import keys_of
from index.sync.whereabouts import Whereabouts
from index.upkeep.checking import Checked, check_segments
from index.upkeep.report import Report
from index.upkeep.segment_check import CheckedSegment
from index.upkeep.stored_papers import stored_copies
from index.writers.local import MEMORY_BYTES, open_rescuer, remove_suggestions
from index.writers.port import Writer

_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did. Counts are of papers unless their name says otherwise.

    - ``before`` and ``after`` are the reports of a check before and after the repair.
    - ``kept`` papers stayed in ``intact_segments`` as they were. ``converted`` papers were
      rewritten from sound segments of an earlier version, ``rescued`` ones from what the other
      ``dropped_segments`` store; the records of ``unreadable`` papers there could not be read.
    - ``read`` are the files that were read again for unreadable papers; they brought ``new`` and
      ``changed`` papers. ``gone`` are the recorded files that could not be read.
    - ``lost`` are the ids of unreadable papers that no file brought back. ``lost_unnamed`` counts
      unreadable papers of unknown id; some of them may be among the new ones.
    - ``knows_deletions`` is whether the table of contents was sound. Without it, papers that were
      deleted or vanished from their files may be back, and nothing is known of the papers of
      segments that are missing.
    - ``missing`` papers are now in no file. ``problems`` are those of the files that were read.
    - ``assumed_year`` was given to the dates of ``assumed_count`` papers, because nothing says
      which year had been given before.
    - ``removed_suggestions`` is whether the suggestions were damaged, and are gone.
    - ``notes`` say what is worth knowing of how papers were written, but no fault.
    """

    before: Report
    after: Report
    kept: int = 0
    intact_segments: int = 0
    converted: int = 0
    rescued: int = 0
    dropped_segments: int = 0
    unreadable: int = 0
    read: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    new: int = 0
    changed: int = 0
    missing: int = 0
    lost: tuple[str, ...] = ()
    lost_unnamed: int = 0
    knows_deletions: bool = True
    problems: tuple[Problem, ...] = ()
    assumed_year: int | None = None
    assumed_count: int = 0
    removed_suggestions: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the index is sound and certainly holds every paper that it held."""
        # With a file gone, a paper of several files may have come back with fewer copies.
        known = self.knows_deletions and not self.lost_unnamed and not self.gone
        return self.after.is_sound and known and not self.lost


def repair(
    directory: str | os.PathLike[str],
    *,
    memory_bytes: int = MEMORY_BYTES,
    on_files: Callable[[Sequence[str]], None] | None = None,
) -> Repair:
    """Make the index in ``directory`` sound again, in one commit; a sound one is left as it is.

    Sound segments stay, but for those of an earlier version, which are converted: they are sound
    for its words only. The papers in the others are rewritten as far as they can be read. The
    recorded seed files are read again only if some papers cannot be read, or if the table of
    contents cannot be read, so that nobody knows what is missing. ``on_files`` is called with their
    paths first, since the paths come from the index, whoever made it. The index stays as it was
    until the commit; damaged files are removed after it. Damaged suggestions are removed: they are
    made anew by ``searcher.refresh_suggestions``.

    An index on a cluster is loaded anew from what it stores of each paper.

    Raises BadRequestError for an argument without meaning, NotAnIndexError if there is no index,
    and the errors of ``open_writer`` besides.
    """
    tell_files = callback_of("on_files", on_files)
    directory, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    if is_address(directory):
        from index.upkeep.cluster import reload_cluster

        return Repair(**reload_cluster(read_address(directory)))
    map_index(directory)  # so that no lock is written in a folder without an index
    checks: list[Checked] = []

    def choose() -> tuple[Contents, int]:
        checks.append(check_segments(directory))
        return _intact(directory, checks[0]), checks[0].generation

    with open_rescuer(directory, choose, memory_bytes) as writer:
        (before,) = checks
        report = before.report
        if report.is_sound:
            return Repair(report, report)
        rescue = _Rescue(writer, before)
        if report.is_earlier or not report.has_sound_papers:
            rescue.write_papers()
            rescue.read_files(tell_files)
            writer.commit()
            writer.merge()
        if _has_damaged_suggestions(report):
            remove_suggestions(directory)
    after = check_segments(directory)
    return rescue.result(after)


def _intact(directory: str, checked: Checked) -> Contents:
    """Return the commit without the segments that are damaged, or an earlier version's."""
    names = segments_in(directory)
    contents = checked.contents
    if contents:
        segments = tuple(one.entry for one in checked.segments if not _is_dropped(one, contents))
        kept = contents.remembered_json
        if any(one.damage for one in checked.segments):
            # Which papers were removed is still known; the files are to be read again.
            remembered = Remembered.of(contents.remembered)
            kept = json.dumps(replace(remembered, files=FileStates({})).to_values()).encode()
        return contents._replace(segments=segments, remembered_json=kept, is_earlier=False)
    # Nobody knows which segments belong together, nor what was deleted from them.
    return Contents(max(checked.generation, 0, *map(generation_of, names)), ())


def _has_damaged_suggestions(report: Report) -> bool:
    return any(one.file == SUGGESTIONS_NAME for one in report.damage)


def _is_dropped(segment: CheckedSegment, contents: Contents | None) -> bool:
    return contents is None or contents.is_earlier or bool(segment.damage)


class _Rescue:
    """One repair: a writer of the intact segments, and what the check found in the others."""

    def __init__(self, writer: Writer, checked: Checked) -> None:
        self._writer = writer
        self._checked = checked
        self._dropped = [one for one in checked.segments if _is_dropped(one, checked.contents)]
        self._intact_papers = writer.paper_count
        self._converted = 0
        self._rescued = 0
        self._unreadable: list[_Unreadable] = []
        self._files_read: list[str] = []
        self._files_unreadable: list[str] = []
        self._run: SeedRun | None = None
        self._comparison: Comparison | None = None

    def write_papers(self) -> None:
        """Rewrite every paper that a dropped segment stores and that can be read."""
        for segment, copies, shared in self._papers():
            self._writer.add(copies, shared)
            if self._checked.report.is_earlier and not segment.damage:
                self._converted += 1
            else:
                self._rescued += 1
        self._writer.settle()

    def _papers(self) -> Iterator[tuple[CheckedSegment, list[Copy], list[str]]]:
        """Yield the papers of the dropped segments, and of which; of one id, the newest."""
        seen: set[bytes] = set()
        for segment in reversed(self._dropped):
            unreadable = []
            live = segment.entry.live if self._checked.contents else segment.live
            # Without documents and a table of contents only the posting lists say how many.
            for number in np.flatnonzero(live)[::-1].tolist() or sorted(_terms_of(segment, "id")):
                copies_and_shared = _stored(segment, number)
                if copies_and_shared is None:
                    unreadable.append(number)
                    continue
                papers, shared = copies_and_shared
                key = id_digest(papers[0].id)
                if key not in seen and not self._writer.entries([papers[0].id]):
                    seen.add(key)
                    yield segment, [Copy.of(paper) for paper in papers], shared
            if unreadable:
                self._unreadable += _describe(segment, unreadable)

    def read_files(self, on_files: Callable[[Sequence[str]], None] | None) -> None:
        """Read again the files of the papers that cannot be read from the index."""
        wanted = {file for one in self._unreadable for file in one.files}
        if not self._checked.contents or not all(one.files for one in self._unreadable):
            wanted.update(self._writer.files(), self._checked.report.sources)
        # Files only: a folder would be read with everything in it.
        on_disk = {file_on_disk(file) for file in wanted if not is_stream(file)}
        present = [file for file in sorted(on_disk) if os.path.isfile(system_path(file))]
        if present and on_files:
            on_files(present)
        # Without a table of contents the user should know which papers are in no file.
        if present or not self._checked.contents:
            dates = {one.id: one.date for one in self._unreadable if one.id is not None}
            votes = _page_years(present, self._writer, dates)
            years = {file: _winner(counts) for file, counts in votes.items()}
            # Pages saved together were most likely read together.
            self._run = SeedRun(present, max(years.values(), default=None), page_years=years)
            anywhere = Whereabouts(None, self._writer.files(), self._run.report)
            bars = Remembered.of(self._writer.remembered).bars
            self._comparison = Comparison(self._run, self._writer, anywhere, removed=bars)
            self._comparison.run()
            self._files_read = sorted(file.path for file in self._run.files)
        self._files_unreadable = sorted(wanted.difference(self._files_read))

    def result(self, after: Checked) -> Repair:
        """Return what was done, given a check of the index as it is now."""
        named = {one.id for one in self._unreadable if one.id is not None}
        lost = sorted(paper_id for paper_id in named if paper_id not in after.ids)
        problems = self._run.problems if self._run else []
        comparison, run = self._comparison, self._run
        return Repair(
            before=self._checked.report,
            after=after.report,
            kept=self._intact_papers,
            intact_segments=len(self._checked.segments) - len(self._dropped),
            converted=self._converted,
            rescued=self._rescued,
            dropped_segments=len(self._dropped),
            unreadable=len(self._unreadable),
            read=tuple(self._files_read),
            gone=tuple(self._files_unreadable),
            new=comparison.new if comparison else 0,
            changed=comparison.changed if comparison else 0,
            missing=comparison.missing if comparison else 0,
            lost=tuple(lost),
            lost_unnamed=sum(one.id is None for one in self._unreadable),
            knows_deletions=self._checked.contents is not None,
            problems=tuple(one for one in problems if one.kind == "problem"),
            assumed_year=run.assumed_year if run and run.assumed_count else None,
            assumed_count=run.assumed_count if run else 0,
            removed_suggestions=_has_damaged_suggestions(self._checked.report)
            and not _has_damaged_suggestions(after.report),
            notes=tuple(self._writer.notes),
        )


def _stored(segment: CheckedSegment, number: int) -> tuple[list[Paper], list[str]] | None:
    """Return the copies of a stored paper and its shared files, None if it cannot be read."""
    if segment.documents is None:
        return None
    try:
        return stored_copies(segment.documents.stored(number))
    except MemoryError:  # says nothing about the paper
        raise
    except Exception:  # damaged bytes may raise anything
        return None


def _winner(votes: Mapping[int, int]) -> int:
    """Return the year with the most votes, the latest of several."""
    return max(votes, key=lambda year: (votes[year], year))


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """What is known of a paper whose record cannot be read; ``date`` is a number, 0 if unknown."""

    id: str | None
    files: Sequence[str]
    date: int


def _describe(segment: CheckedSegment, numbers: Sequence[int]) -> list[_Unreadable]:
    """Return what columns and posting lists say about documents that cannot be read."""
    ids = {number: terms[0] for number, terms in _terms_of(segment, "id").items()}
    files = _terms_of(segment, "source")
    to_number = schema()["date"].from_bytes
    dates = {number: terms[0] for number, terms in _terms_of(segment, "date", to_number).items()}
    if segment.documents:
        with suppress(Exception):  # as above
            if (texts := segment.documents.texts("id")) is not None:
                for number in numbers:
                    with suppress(Exception):
                        ids[number] = texts[number].decode()
        with suppress(Exception):
            column = segment.documents.numbers("date")
            if column is not None:
                dates |= enumerate((column.astype(np.int64) - SORTABLE_ZERO).tolist())
    return [
        _Unreadable(ids.get(number), files.get(number, ()), dates.get(number, 0))
        for number in numbers
    ]


def _terms_of(
    segment: CheckedSegment, field: str, decode: Callable[[bytes], Any] = bytes.decode
) -> dict[int, list[Any]]:
    """Return which terms of a field each document has, as far as that can be read."""
    found: dict[int, list[Any]] = {}
    reader = segment.postings.fields.get(field) if segment.postings else None
    if reader is None:
        return found
    with suppress(Exception):  # as above
        for number in range(len(reader)):
            with suppress(Exception):
                term = decode(reader.term(number))
                for document in reader.postings(number).documents.tolist():
                    found.setdefault(document, []).append(term)
    return found


def _page_years(
    files: Sequence[str], writer: Writer, dates: Mapping[str, int]
) -> dict[str, Counter[int]]:
    """Return the years given before to each file's dates without one, and to how many papers.

    They are read off the papers of ``writer``, and off ``dates``: those of other papers, as numbers
    by id.
    """
    years: dict[str, Counter[int]] = {}
    for paper in SeedRun(files).as_printed():
        if not paper.date or not paper.lacks_year:
            continue
        month_and_day = date_number(with_year(paper.date, _LEAP_YEAR)) % 10_000
        file = paper.sources[0].file
        given = [dates[paper.id]] if paper.id in dates else []
        for entries in writer.named(keys_of(paper)).values():
            for copy in chain.from_iterable(map(writer.copies, entries.values())):
                if copy.sources[0].file == file and copy.date:
                    given.append(date_number(copy.date))
        for date in given:
            year, day = divmod(date, 10_000)
            if year and day == month_and_day:
                years.setdefault(file, Counter())[year] += 1
    return years
