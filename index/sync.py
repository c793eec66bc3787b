"""Bring an index in line with its seed files: what is new or changed is written, in one commit."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from index.errors import SeedError
from index.paper import Paper, Source, content_hash
from index.readers import Problem, Reading
from index.writer import Entry, Writer, open_writer


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sync did; counts are of papers but for ``files`` (seed files read).

    ``missing`` papers stand in the index but no longer in the files they came from; they are kept
    unless pruned, and then counted in ``removed``. ``assumed_year`` was given to the dates of
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
    on_files: Callable[[int], Callable[[int], None]] | None = None,
) -> Summary:
    """Sync the index in ``directory`` with the seed files and folders ``paths``.

    ``page_year`` is the year of dates written without one. With ``strict`` any problem raises
    SeedError before anything is written. With ``prune`` papers whose files have vanished, or were
    read without a problem and no longer hold them, are removed. ``on_files`` is called with the
    bytes to be read and returns a function that is called with each further count of bytes read.
    Raises the errors of ``open_writer`` besides.
    """
    started = time.perf_counter()
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    reading = Reading(paths, page_year)
    if on_files:
        reading.on_progress = on_files(sum(file.size for file in reading.files))
    with open_writer(os.fspath(directory)) as writer:
        sync = _Sync(reading, writer)
        papers_before = writer.paper_count
        sync.write_papers(prune)
        sync.drop_missing(prune)
        if strict:
            _check(reading)
        if sync.new or sync.changed or sync.removed:
            writer.commit()
    return Summary(
        files=len(reading.files),
        new=sync.new,
        changed=sync.changed,
        unchanged=sync.unchanged,
        removed=sync.removed,
        missing=sync.missing,
        total=papers_before + sync.new - sync.removed,
        problems=tuple(problem for problem in reading.problems if problem.kind == "problem"),
        notes=tuple(problem for problem in reading.problems if problem.kind == "note"),
        assumed_year=reading.assumed_year if reading.assumed_count else None,
        assumed_count=reading.assumed_count,
        seconds=time.perf_counter() - started,
    )


def _check(reading: Reading) -> None:
    """Raise SeedError if anything was a problem."""
    problems = [str(problem) for problem in reading.problems if problem.kind == "problem"]
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise SeedError(f"{count}, nothing written:\n" + "\n".join(problems))


class _Sync:
    """One sync: compares each paper read with the entry that the index holds of it.

    The rule of ids: copies from files whose papers overlap (author pages) are one paper. Any other
    record is a paper of its own, and an id belongs to the file that the index knows it from, else
    to the first of this run; a second record with other contents is reported and left out. An old
    copy goes when its file is read again, when its file has vanished and a new copy has the same
    owners, or, with ``prune``, when its file no longer holds it.
    """

    def __init__(self, reading: Reading, writer: Writer) -> None:
        self.new = self.changed = self.unchanged = self.removed = self.missing = 0
        self._reading = reading
        self._writer = writer
        # By id: hash and source of the first copy read in this run, and all files it stands in.
        self._first: dict[str, tuple[str, Source]] = {}
        self._files: dict[str, set[str]] = {}
        self._read_whole: set[str] = set()
        self._exists = cache(os.path.exists)

    def write_papers(self, prune: bool) -> None:
        """Write what is new or changed.

        A paper that may have copies elsewhere waits until every file has been read.
        """
        held: dict[str, list[Paper]] = {}
        for paper in self._reading:
            entry = self._writer.entry(paper.id)
            if (
                self._reading.overlaps(paper)
                or paper.id in held
                or paper.id in self._reading.waiting
                or (entry and set(entry.hashes) != {_file(paper)})
            ):
                held.setdefault(paper.id, []).append(paper)
            elif self._is_first(paper):
                self._write([paper], entry)
        for paper_id, copies in held.items():
            self._files.setdefault(paper_id, set()).update(_file(copy) for copy in copies)
        self._read_whole = self._reading.read_whole
        for paper_id, copies in held.items():
            entry = self._writer.entry(paper_id)
            known = entry.hashes if entry else {}
            # A file that the index already knows the paper from has the older claim to its id.
            claims = sorted(copies, key=lambda copy: _file(copy) not in known)
            kept = [copy for copy in claims if self._reading.overlaps(copy) or self._is_first(copy)]
            if kept and entry:
                kept = self._with_old_copies(kept, entry, prune)
            if any(copy in copies for copy in kept):
                self._write(kept, entry)

    def drop_missing(self, prune: bool) -> None:
        """Count, and with ``prune`` delete, the papers that no file holds any more."""
        for paper_id, entry in self._writer.entries():
            if paper_id in self._first or paper_id in self._files:
                continue
            kept = [file for file in entry.hashes if not self._is_stale(file, paper_id)]
            if len(kept) == len(entry.hashes):
                continue
            if not prune:
                self.missing += not kept
            elif kept:
                copies = [copy for copy in self._writer.copies(entry) if _file(copy) in kept]
                self._writer.add(copies, entry.shared, replaces=entry)
                self.changed += 1
            else:
                self._writer.delete(entry)
                self.removed += 1

    def _is_first(self, paper: Paper) -> bool:
        """Tell whether no paper before had this id; report the second of two."""
        found = content_hash(paper)
        first_hash, source = self._first.setdefault(paper.id, (found, paper.sources[0]))
        if source == paper.sources[0]:
            return True
        if first_hash == found:
            self._report(paper, f"the paper of {source.file}:{source.line} again", "note")
        else:
            self._report_taken(paper, source)
        return False

    def _with_old_copies(self, new: list[Paper], entry: Entry, prune: bool) -> list[Paper]:
        """Return the copies to keep of a paper: the new ones and those of other, living files."""
        new_files = {_file(copy) for copy in new}
        new_owners = {copy.owners for copy in new}
        kept = list(new)
        for old in self._writer.copies(entry):
            if _file(old) in new_files:
                continue
            if self._is_stale(_file(old), old.id):
                if not prune and old.owners not in new_owners:
                    kept.append(old)
                continue
            for copy in [copy for copy in kept if copy in new]:
                if self._reading.overlaps(copy) or _file(old) in entry.shared:
                    continue
                kept.remove(copy)
                if content_hash(copy) != content_hash(old):
                    self._report_taken(copy, old.sources[0])
            kept.append(old)
        return kept

    def _write(self, copies: Sequence[Paper], entry: Entry | None) -> None:
        if entry is None:
            self._writer.add(copies, self._shared(copies, entry))
            self.new += 1
        elif entry.hashes == {_file(copy): content_hash(copy) for copy in copies}:
            self.unchanged += 1
        else:
            self._writer.add(copies, self._shared(copies, entry), replaces=entry)
            self.changed += 1

    def _shared(self, copies: Sequence[Paper], entry: Entry | None) -> set[str]:
        """Return the files whose papers may stand in other files too."""
        shared = {_file(copy) for copy in copies if self._reading.overlaps(copy)}
        return shared | (entry.shared if entry else frozenset())

    def _is_stale(self, file: str, paper_id: str) -> bool:
        """Tell whether ``file`` has vanished, or was read whole in this run without the paper."""
        if file in self._read_whole:
            first = self._first.get(paper_id)
            held_in = self._files.get(paper_id, ())
            return file not in held_in and (first is None or first[1].file != file)
        return not self._exists(file)

    def _report_taken(self, paper: Paper, holder: Source) -> None:
        place = f"{holder.file}:{holder.line}"
        self._report(paper, f"id {paper.id!r} belongs to another paper ({place}); left out")

    def _report(
        self, paper: Paper, reason: str, kind: Literal["problem", "note"] = "problem"
    ) -> None:
        source = paper.sources[0]
        self._reading.problems.append(Problem(source.file, source.line, reason, kind))


def _file(copy: Paper) -> str:
    return copy.sources[0].file
