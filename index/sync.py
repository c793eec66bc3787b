"""Bring an index in line with its seed files: write what is new or changed, in one commit."""

import os
import struct
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Literal, TypeVar

from index.arguments import (
    byte_count,
    check_callback,
    check_flags,
    folder_path,
    optional_year,
    seed_paths,
)
from index.errors import BadRequestError, SeedError, TooLargeError
from index.paper import Copy, Paper, Source, id_digest
from index.readers.base import Problem
from index.reading import STANDARD_INPUT, SeedRun
from index.setaside import SetAsidePapers
from index.writers.local import MEMORY_BYTES, open_writer
from index.writers.port import Entry, Writer

STAGES = ("reading", "comparing", "writing", "merging", "committing")
"""The stages of a build, in order; a stage with nothing to do is left out.

``reading`` counts the bytes of the seed files, ``comparing`` the papers that several files may
list, and the others count steps of their own.
"""

# How many papers are looked up in the index at once.
_BATCH_PAPERS = 500

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sync did. All counts are of papers, except ``files``: the seed files read.

    ``missing`` papers are in the index but no longer in the files they came from. They stay unless
    pruned; pruned papers count as ``removed``. ``assumed_year`` is the year given to the dates of
    ``assumed_count`` papers that lack one. ``seconds`` is wall time.
    """

    files: int
    new: int
    changed: int
    unchanged: int
    removed: int
    missing: int
    total: int
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    assumed_year: int | None
    assumed_count: int
    seconds: float


def build(
    directory: str | os.PathLike[str],
    paths: Iterable[str | os.PathLike[str]],
    *,
    page_year: int | None = None,
    strict: bool = False,
    prune: bool = False,
    memory_bytes: int = MEMORY_BYTES,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Sync the index in ``directory`` with the seed files and folders ``paths``.

    The path ``-`` is standard input. ``page_year`` is the year of dates written without one. With
    ``strict`` any problem raises SeedError before anything is committed. With ``prune`` papers are
    removed if their files have vanished, or were read without a problem and no longer list them.
    ``memory_bytes`` bounds, by estimate, the memory that building takes.

    ``on_progress(stage, done, total)`` is called as each of the STAGES advances; ``total`` is 0
    while it is unknown. Without any paper no index is created. Raises BadRequestError for an
    argument without meaning, and the errors of ``open_writer`` besides.
    """
    started = time.perf_counter()
    check_flags(strict=strict, prune=prune)
    check_callback("on_progress", on_progress)
    directory, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    page_year = optional_year(page_year)
    progress = on_progress or _ignore_progress
    run = SeedRun(seed_paths(paths), page_year, on_progress=partial(progress, "reading"))
    with open_writer(directory, memory_bytes) as writer:
        sync = Sync(run, writer, progress)
        papers_before = writer.paper_count
        sync.write_papers(prune)
        sync.drop_missing(prune)
        if strict:
            _refuse_problems(run)
        if sync.new or sync.changed or sync.removed:
            writer.commit(progress)
        for note in writer.notes:
            run.report(Problem(directory, 0, note, "note"))
    return Summary(
        files=len(run.files),
        new=sync.new,
        changed=sync.changed,
        unchanged=sync.unchanged,
        removed=sync.removed,
        missing=sync.missing,
        total=papers_before + sync.new - sync.removed,
        problems=tuple(problem for problem in run.problems if problem.kind == "problem"),
        notes=tuple(problem for problem in run.problems if problem.kind == "note"),
        assumed_year=run.assumed_year if run.assumed_count else None,
        assumed_count=run.assumed_count,
        seconds=time.perf_counter() - started,
    )


def _ignore_progress(stage: str, done: int, total: int) -> None:
    """Do nothing about progress."""


def _refuse_problems(run: SeedRun) -> None:
    """Raise SeedError if there was any problem."""
    problems = [str(problem) for problem in run.problems if problem.kind == "problem"]
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise SeedError(f"{count}, nothing written:\n" + "\n".join(problems))


class Sync:
    """One sync: compares each paper read with the entry of the same id in the index.

    The rules:

    - Copies of a paper in files that may overlap (author pages) are one paper.
    - Any other record is a paper of its own. An id belongs to the file from which the index has it,
      else to the first file of this run; a second record with other contents is reported and left
      out.
    - A copy in the index goes when its file is read again; when its file has vanished and a new
      copy has the same owners; or, with ``prune``, when its file no longer lists the paper.
    - Standard input is no file that can vanish or be read again. Its papers stay until a record of
      the same id comes, from there or from a file.
    """

    def __init__(
        self,
        run: SeedRun,
        writer: Writer,
        on_progress: Callable[[str, int, int], None] = _ignore_progress,
    ) -> None:
        self.new = self.changed = self.unchanged = self.removed = self.missing = 0
        self._run = run
        self._writer = writer
        self._on_progress = on_progress
        self._first_records = _FirstRecords()
        self._set_aside = SetAsidePapers()
        self._read_whole: set[str] = set()
        self._file_exists: dict[str, bool] = {}

    def write_papers(self, prune: bool) -> None:
        """Write what is new or changed.

        A paper that may have other copies waits until all files are read.
        """
        with self._set_aside as set_aside:
            for papers in _batches(self._run.as_printed()):
                ids = [paper.id for paper in papers if not self._waits(paper)]
                entries = self._writer.entries(ids)
                for paper in papers:
                    entry = entries.get(paper.id)
                    if (
                        self._waits(paper)
                        or paper.id in set_aside
                        or (entry and entry.hashes.keys() != {paper.sources[0].file})
                    ):
                        set_aside.add(paper)
                    elif self._is_first(copy := Copy.of(paper)):
                        self._write([copy], entry)
            self._read_whole = self._run.read_whole
            self._write_set_aside(prune)

    def _waits(self, paper: Paper) -> bool:
        return paper.lacks_year or self._run.overlaps(paper)

    def _write_set_aside(self, prune: bool) -> None:
        done, total = 0, len(self._set_aside)
        if total:
            self._on_progress("comparing", 0, total)
        for groups in _batches(self._set_aside.by_id()):
            entries = self._writer.entries([papers[0].id for papers in groups])
            for papers in groups:
                copies = [Copy.of(self._run.with_year(paper)) for paper in papers]
                self._write_copies(copies, entries.get(papers[0].id), prune)
            done += len(groups)
            self._on_progress("comparing", done, total)

    def _write_copies(self, copies: Sequence[Copy], entry: Entry | None, prune: bool) -> None:
        """Write the paper of ``copies``, which are all those read of one id."""
        known_files = entry.hashes if entry else {}
        # A file from which the index has the paper has the older claim to its id.
        by_claim = sorted(copies, key=lambda copy: copy.file not in known_files)
        accepted = [
            copy for copy in by_claim if self._run.overlaps(copy.paper) or self._is_first(copy)
        ]
        if accepted and entry:
            accepted = self._with_old_copies(accepted, entry, {copy.file for copy in copies}, prune)
        if accepted:
            self._write(accepted, entry)

    def drop_missing(self, prune: bool) -> None:
        """Count, and with ``prune`` delete, the papers that no file lists any more.

        This costs one look at each file in the index, and at the papers of those files that have
        vanished or were read.
        """
        stale = [file for file in self._writer.files() if self._is_stale(file)]
        for file in stale:
            for paper_id, entry in self._writer.papers_from(file):
                if paper_id in self._set_aside or paper_id in self._first_records:
                    continue
                stale_files = [other for other in entry.hashes if self._is_stale(other)]
                if file == min(stale_files):  # else it had its turn with another file
                    self._drop(entry, stale_files, prune)

    def _drop(self, entry: Entry, stale_files: Collection[str], prune: bool) -> None:
        """Remove the copies of stale files from a paper, and the paper if none remain."""
        has_others = len(entry.hashes) > len(stale_files)
        if not prune:
            self.missing += not has_others
        elif has_others:
            copies = [copy for copy in self._old_copies(entry) if copy.file not in stale_files]
            self._writer.add(copies, entry.shared, replaces=entry)
            self.changed += 1
        else:
            self._writer.delete(entry)
            self.removed += 1

    def _is_first(self, copy: Copy) -> bool:
        """Tell whether no earlier record of this run had this id; report the copy if one had."""
        first = self._first_records.add(copy)
        if first is None:
            return True
        if first.same_content:
            reason = f"the paper of {first.source.file}:{first.source.line} again"
            self._report(copy, reason, "note")
        else:
            self._report_taken(copy, first.source)
        return False

    def _with_old_copies(
        self, new: Sequence[Copy], entry: Entry, files_read: Collection[str], prune: bool
    ) -> list[Copy]:
        """Return the copies that a paper has now: the new ones, and those of other files that stay.

        ``files_read``: the files in which this run read the paper. If no new copy is accepted there
        are none.
        """
        accepted, old_copies = list(new), []
        new_files = {copy.file for copy in new}
        new_owners = {copy.paper.owners for copy in new}
        for old in self._old_copies(entry):
            if old.file in new_files:
                continue
            if old.file not in files_read and self._is_stale(old.file):
                if not prune and old.paper.owners not in new_owners:
                    old_copies.append(old)
                continue
            rivals = []
            if old.file not in entry.shared:
                rivals = [copy for copy in accepted if not self._run.overlaps(copy.paper)]
            if rivals and old.file == STANDARD_INPUT and old.file not in files_read:
                continue
            old_copies.append(old)
            for copy in rivals:
                accepted.remove(copy)
                if copy.hash != old.hash:
                    self._report_taken(copy, old.paper.sources[0])
        return accepted + old_copies if accepted else []

    def _old_copies(self, entry: Entry) -> list[Copy]:
        return [
            Copy(paper, entry.hashes[paper.sources[0].file]) for paper in self._writer.copies(entry)
        ]

    def _write(self, copies: Sequence[Copy], entry: Entry | None) -> None:
        """Write a paper if it is new or changed, and count it."""
        if entry and entry.hashes == {copy.file: copy.hash for copy in copies}:
            self.unchanged += 1
            return
        shared = {copy.file for copy in copies if self._run.overlaps(copy.paper)}
        if entry:
            shared |= entry.shared
        try:
            self._writer.add(copies, shared, replaces=entry)
        except (BadRequestError, TooLargeError) as error:
            consequence = "the index keeps it as it was" if entry else "left out"
            self._report(copies[0], f"{error}; {consequence}")
            return
        if entry:
            self.changed += 1
        else:
            self.new += 1

    def _is_stale(self, file: str) -> bool:
        """Tell whether ``file`` does not list the papers that this run did not read in it."""
        if file == STANDARD_INPUT:
            return False
        return file in self._read_whole or not self._exists(file)

    def _exists(self, file: str) -> bool:
        # Not functools.cache: it would keep this object, and the writer's open files with it.
        if file not in self._file_exists:
            self._file_exists[file] = self._look_for(file)
        return self._file_exists[file]

    def _look_for(self, file: str) -> bool:
        """Tell whether ``file`` exists; one whose folder cannot be read is a problem, not gone."""
        try:
            os.stat(file)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: not a valid name
            return False
        except OSError as error:
            reason = f"cannot be looked at ({error.strerror}); its papers are kept"
            self._run.report(Problem(file, 0, reason))
        return True

    def _report_taken(self, copy: Copy, holder: Source) -> None:
        place = f"{holder.file}:{holder.line}"
        self._report(copy, f"id {copy.paper.id!r} belongs to another paper ({place}); left out")

    def _report(
        self, copy: Copy, reason: str, kind: Literal["problem", "note"] = "problem"
    ) -> None:
        source = copy.paper.sources[0]
        self._run.report(Problem(source.file, source.line, reason, kind))


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, _BATCH_PAPERS)):
        yield batch


@dataclass(frozen=True, slots=True)
class _FirstRecord:
    """Where the first record of an id was read, and whether a later one has the same content."""

    source: Source
    same_content: bool


class _FirstRecords:
    """The first record of each id, in some 150 bytes of memory, however long the id is."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        self._files: list[str] = []

    def __contains__(self, paper_id: str) -> bool:
        return id_digest(paper_id) in self._packed

    def add(self, copy: Copy) -> _FirstRecord | None:
        """Return the first record of the copy's id; None if this is the first."""
        source = copy.paper.sources[0]
        if not self._files or self._files[-1] != source.file:
            self._files.append(source.file)
        packed = _FIRST_RECORD.pack(copy.hash, len(self._files) - 1, source.line)
        first = self._packed.setdefault(id_digest(copy.paper.id), packed)
        if first is packed:
            return None
        hash_start, file_number, line = _FIRST_RECORD.unpack(first)
        source = Source(self._files[file_number], line)
        return _FirstRecord(source, copy.hash.startswith(hash_start))


# The start of the content hash, the number of the file, and the line.
_FIRST_RECORD = struct.Struct("<8sIQ")
