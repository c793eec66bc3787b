"""Bring an index in line with its seed files: what is new or changed is written, in one commit."""

import os
import struct
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.errors import SeedError, TooLargeError
from index.paper import Copy, Source, id_digest
from index.readers import Problem, Reading
from index.setaside import HeldPapers
from index.writers.local import MEMORY_BYTES, Entry, Writer, open_writer

STAGES = ("reading", "comparing", "writing", "merging", "committing")
"""The stages of a build, in order; one that has nothing to do is left out.

``reading`` counts the bytes of the seed files, ``comparing`` the papers that several files may
hold, and the others count steps of their own.
"""


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
    memory_bytes: int = MEMORY_BYTES,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Sync the index in ``directory`` with the seed files and folders ``paths``.

    ``page_year`` is the year of dates written without one. With ``strict`` any problem raises
    SeedError before anything is committed. With ``prune`` papers whose files have vanished, or were
    read without a problem and no longer hold them, are removed. ``memory_bytes`` bounds, by
    estimate, what building takes. ``on_progress(stage, done, total)`` is called as each of the
    STAGES advances; ``total`` is 0 while nobody knows it. Raises the errors of ``open_writer``
    besides.
    """
    started = time.perf_counter()
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    reading = Reading(paths, page_year)
    progress = on_progress or _no_progress
    total_bytes = sum(file.size for file in reading.files)
    read_bytes = 0

    def advance(byte_count: int) -> None:
        nonlocal read_bytes
        read_bytes += byte_count
        progress("reading", read_bytes, total_bytes)

    progress("reading", 0, total_bytes)
    reading.on_progress = advance
    with open_writer(os.fspath(directory), memory_bytes) as writer:
        sync = Sync(reading, writer)
        papers_before = writer.paper_count
        sync.write_papers(prune)
        sync.drop_missing(prune)
        if strict:
            _check(reading)
        if sync.new or sync.changed or sync.removed:
            progress("writing", 0, 1)
            writer.commit()
            progress("writing", 1, 1)
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


def _no_progress(stage: str, done: int, total: int) -> None:
    """Take no notice of progress."""


def _check(reading: Reading) -> None:
    """Raise SeedError if anything was a problem."""
    problems = [str(problem) for problem in reading.problems if problem.kind == "problem"]
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise SeedError(f"{count}, nothing written:\n" + "\n".join(problems))


class Sync:
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
        self._claims = _Claims()
        self._held = HeldPapers()
        self._read_whole: set[str] = set()
        self._exists: dict[str, bool] = {}

    def write_papers(self, prune: bool) -> None:
        """Write what is new or changed.

        A paper that may have copies elsewhere waits until every file has been read.
        """
        with self._held as held:
            for paper in self._reading:
                entry = self._writer.entry(paper.id)
                if (
                    self._reading.overlaps(paper)
                    or paper.id in held
                    or paper.id in self._reading.waiting
                    or (entry and entry.hashes.keys() != {paper.sources[0].file})
                ):
                    held.add(paper)
                elif self._is_first(copy := Copy.of(paper)):
                    self._write([copy], entry)
            self._read_whole = self._reading.read_whole
            for papers in held.by_id():
                self._write_held([Copy.of(paper) for paper in papers], prune)

    def _write_held(self, copies: Sequence[Copy], prune: bool) -> None:
        """Write the paper that ``copies``, all those read of one id, describe."""
        entry = self._writer.entry(copies[0].paper.id)
        known = entry.hashes if entry else {}
        # A file that the index already knows the paper from has the older claim to its id.
        claims = sorted(copies, key=lambda copy: copy.file not in known)
        kept = [
            copy for copy in claims if self._reading.overlaps(copy.paper) or self._is_first(copy)
        ]
        if kept and entry:
            kept = self._with_old_copies(kept, entry, {copy.file for copy in copies}, prune)
        if kept:
            self._write(kept, entry)

    def drop_missing(self, prune: bool) -> None:
        """Count, and with ``prune`` delete, the papers that no file holds any more.

        The price is one look at each file that the index knows, and at the papers of those that
        have vanished or were read.
        """
        stale = [file for file in self._writer.files() if self._is_stale(file)]
        for file in stale:
            for paper_id, entry in self._writer.papers_from(file):
                if paper_id in self._held or paper_id in self._claims:
                    continue
                stale_files = [other for other in entry.hashes if self._is_stale(other)]
                if file == min(stale_files):  # else it had its turn with another file
                    self._drop(entry, stale_files, prune)

    def _drop(self, entry: Entry, stale_files: Collection[str], prune: bool) -> None:
        kept_count = len(entry.hashes) - len(stale_files)
        if not prune:
            self.missing += not kept_count
        elif kept_count:
            copies = [copy for copy in self._old_copies(entry) if copy.file not in stale_files]
            self._writer.add(copies, entry.shared, replaces=entry)
            self.changed += 1
        else:
            self._writer.delete(entry)
            self.removed += 1

    def _is_first(self, copy: Copy) -> bool:
        """Tell whether no record before had this id; report the second of two."""
        first = self._claims.claim(copy)
        if first is None:
            return True
        if first.same_content:
            reason = f"the paper of {first.source.file}:{first.source.line} again"
            self._report(copy, reason, "note")
        else:
            self._report_taken(copy, first.source)
        return False

    def _with_old_copies(
        self, new: Sequence[Copy], entry: Entry, files: Collection[str], prune: bool
    ) -> list[Copy]:
        """Return the copies to keep of a paper: the new ones and those of other, living files.

        ``files``: those that this run read the paper in. None is kept if no new one is.
        """
        kept, kept_old = list(new), []
        new_files = {copy.file for copy in new}
        new_owners = {copy.paper.owners for copy in new}
        for old in self._old_copies(entry):
            if old.file in new_files:
                continue
            if old.file not in files and self._is_stale(old.file):
                if not prune and old.paper.owners not in new_owners:
                    kept_old.append(old)
                continue
            kept_old.append(old)
            if old.file in entry.shared:
                continue
            for copy in [one for one in kept if not self._reading.overlaps(one.paper)]:
                kept.remove(copy)
                if copy.hash != old.hash:
                    self._report_taken(copy, old.paper.sources[0])
        return kept + kept_old if kept else []

    def _old_copies(self, entry: Entry) -> list[Copy]:
        return [
            Copy(paper, entry.hashes[paper.sources[0].file]) for paper in self._writer.copies(entry)
        ]

    def _write(self, copies: Sequence[Copy], entry: Entry | None) -> None:
        if entry and entry.hashes == {copy.file: copy.hash for copy in copies}:
            self.unchanged += 1
            return
        shared = {copy.file for copy in copies if self._reading.overlaps(copy.paper)}
        if entry:
            shared |= entry.shared
        try:
            self._writer.add(copies, shared, replaces=entry)
        except TooLargeError as error:
            kept = "the index keeps it as it was" if entry else "left out"
            self._report(copies[0], f"{error}; {kept}")
            return
        if entry:
            self.changed += 1
        else:
            self.new += 1

    def _is_stale(self, file: str) -> bool:
        """Tell whether ``file`` no longer holds a paper that this run did not read in it."""
        return file in self._read_whole or not self._still_exists(file)

    def _still_exists(self, file: str) -> bool:
        # No functools.cache, which would hold this object, and with it the writer's open files.
        if file not in self._exists:
            self._exists[file] = self._look_for(file)
        return self._exists[file]

    def _look_for(self, file: str) -> bool:
        """Tell whether ``file`` exists; one that cannot be looked at is a problem, not gone."""
        try:
            os.stat(file)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # of a name that cannot be
            return False
        except OSError as error:
            reason = f"cannot be looked at ({error.strerror}); its papers are kept"
            self._reading.report(Problem(file, 0, reason))
        return True

    def _report_taken(self, copy: Copy, holder: Source) -> None:
        place = f"{holder.file}:{holder.line}"
        self._report(copy, f"id {copy.paper.id!r} belongs to another paper ({place}); left out")

    def _report(
        self, copy: Copy, reason: str, kind: Literal["problem", "note"] = "problem"
    ) -> None:
        source = copy.paper.sources[0]
        self._reading.report(Problem(source.file, source.line, reason, kind))


@dataclass(frozen=True, slots=True)
class _Claim:
    """Where an earlier record of an id was read, and whether it says the same as the later one."""

    source: Source
    same_content: bool


class _Claims:
    """The first record of each id, in some 150 bytes of memory, however long the id is."""

    def __init__(self) -> None:
        self._first: dict[bytes, bytes] = {}
        self._files: list[str] = []

    def __contains__(self, paper_id: str) -> bool:
        return id_digest(paper_id) in self._first

    def claim(self, copy: Copy) -> _Claim | None:
        """Return the record that had the copy's id before; None, and remember it, if none had."""
        source = copy.paper.sources[0]
        if not self._files or self._files[-1] != source.file:
            self._files.append(source.file)
        packed = _CLAIM.pack(copy.hash, len(self._files) - 1, source.line)
        first = self._first.setdefault(id_digest(copy.paper.id), packed)
        if first is packed:
            return None
        start_of_hash, file_number, line = _CLAIM.unpack(first)
        return _Claim(Source(self._files[file_number], line), copy.hash.startswith(start_of_hash))


# The start of the content hash, the file's number, the line.
_CLAIM = struct.Struct("<8sIQ")
