"""The writer of an index on this machine: its lock, its segments, its commit, what it merges."""

import json
import math
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from index.arguments import (
    byte_count,
    callback_of,
    callers_block,
    folder_path,
    is_callers,
    texts,
)
from index.building.process import Builder, ProcessBuilder, SegmentBuilder, write_segment
from index.codec import whoosh_table
from index.errors import (
    BadRequestError,
    ClosedError,
    IndexStorageError,
    SearchError,
    shown,
)
from index.identifiers import bare
from index.paper import Copy, Paper, Source
from index.segments.contents import (
    Contents,
    SegmentEntry,
    read_contents,
    remove_segments_of,
    remove_unnamed,
    stemmed_otherwise,
    write_contents,
)
from index.segments.files import sync_folder
from index.segments.merging import merge_segments
from index.segments.names import (
    LOCK_NAME,
    next_generation,
    suggestions_path,
    table_path,
    tables_in,
    unfinished_in,
)
from index.segments.opening import Segment, open_segments
from index.segments.suggestions import ReadyTexts, write_suggestions
from index.writers.committed import CommittedPapers, committed_contents, merged_and_stored
from index.writers.lock import Lock, locked
from index.writers.port import Entry, Progress, Writer, checked_copies

MEMORY_BYTES = 800 << 20
"""How much memory building may take at its peak, by estimate, unless the caller says otherwise."""

_BATCH_PAPERS = 500
_BATCH_BYTES = 8 << 20
_MERGE_COUNT = 8
# A segment numbers the elements of its lists with 32 bits, and of its postings file each takes a
# byte at least.
_MOST_MERGED_BYTES = 1 << 32
# So many merges in a row are given up for a writer that waits; then one is finished, or where
# somebody always waits, none ever were.
_MOST_GIVEN_UP = 8


@contextmanager
def open_local_writer(directory: str, memory_bytes: int) -> Iterator[Writer]:
    """Open the index as ``open_for_build`` does, for a block of a caller's; its end merges."""
    with open_for_build(directory, memory_bytes) as writer:
        with callers_block():
            yield writer
        if writer.committed and writer.is_ours:
            writer.merge()


@contextmanager
def open_for_build(directory: str, memory_bytes: int) -> Iterator["_LocalWriter"]:
    """Open the index as ``index.writers.opening.open_writer`` does, for a block of our own code.

    What the operating system refuses in the block is an IndexStorageError too, except in callbacks.
    """
    directory, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    with _storage_errors(directory):
        if not os.path.exists(os.path.join(directory, LOCK_NAME)):
            # Refuses a folder of other files before a lock is put there.
            committed_contents(directory)
        with locked(directory) as lock:
            contents = committed_contents(directory)
            writer = None
            try:
                writer = _LocalWriter(
                    directory, contents or _create_index(directory), memory_bytes, lock
                )
                yield writer
            finally:
                if writer:
                    writer.close()
                if lock.is_ours and contents is None and not any(tables_in(directory)):
                    _remove_index(directory, lock.new_folders)


@contextmanager
def open_rescuer(
    directory: str, choose: Callable[[], tuple[Contents, int]], memory_bytes: int = MEMORY_BYTES
) -> Iterator[Writer]:
    """Open an index for writing as if what ``choose`` returns were all that has been committed.

    ``choose`` is called under the lock; it also returns the generation of the table of contents
    that is replaced, -1 if there is none. Raises the errors of ``open_writer``.
    """
    with _storage_errors(directory), locked(directory) as lock:
        contents, replaced = choose()
        writer = _LocalWriter(directory, contents, memory_bytes, lock, replaced)
        try:
            yield writer
        finally:
            writer.close()


def keep_suggestions(directory: str, ready: Mapping[str, ReadyTexts], generation: int) -> None:
    """Write suggestions, by kind, over those that the index has.

    They were made of the commit of a ``generation``; if another one has come since, they are known
    to be of an earlier one. Raises IndexLockedError, IndexStorageError if the operating system
    refuses or a folder has the name, and what reading the table of contents raises.
    """
    with _storage_errors(directory), locked(directory):
        contents = read_contents(directory)
        is_last = contents is not None and contents.generation == generation
        write_suggestions(directory, ready, contents.segments if contents and is_last else None)


def remove_suggestions(directory: str) -> None:
    """Remove the suggestions file, if the operating system lets it; a refresh makes it anew."""
    with suppress(OSError):
        os.remove(suggestions_path(directory))


@contextmanager
def _storage_errors(directory: str) -> Iterator[None]:
    """Raise IndexStorageError if the operating system refuses something in the block."""
    try:
        yield
    except OSError as error:
        if is_callers(error):
            raise
        raise IndexStorageError(
            f"{directory}: cannot write the index ({error.strerror or error}); "
            "check the folder's rights and the free space"
        ) from error


def _create_index(directory: str) -> Contents:
    """Create an index of no papers.

    Its table marks the folder as an index's, so that segments in it are not taken for other files
    if the writer is killed.
    """
    # Every folder above, not only those just made: a stopped writer may have made some of them.
    for folder in Path(directory).resolve().parents:
        with suppress(PermissionError):  # nobody without rights can have made a folder in it
            sync_folder(str(folder))
    contents = Contents(0, ())
    write_contents(directory, contents, whoosh_table(contents))
    return contents


def _remove_index(directory: str, new_folders: Iterable[str]) -> None:
    """Remove an index that was created but never committed to, and the folders made for it."""
    # The removal of segments reaches the disk first: if a power cut brought back segments without a
    # table, the folder would be refused.
    sync_folder(directory)
    tables = [table_path(directory, generation) for generation in tables_in(directory)]
    unfinished = [os.path.join(directory, name) for name in unfinished_in(directory)]
    # The lock goes last: once it is gone another writer may create an index of its own.
    for path in (*tables, *unfinished, os.path.join(directory, LOCK_NAME)):
        os.remove(path)
    with suppress(OSError):  # another writer, or anybody, may already use one of the folders
        for folder in new_folders:
            os.rmdir(folder)


class _LocalWriter(CommittedPapers):
    """The Writer of an index under its lock: it writes segments, then a new table of contents."""

    def __init__(
        self,
        directory: str,
        contents: Contents,
        memory_bytes: int,
        lock: Lock,
        replaced: int | None = None,
    ) -> None:
        super().__init__(open_segments(directory, contents.segments))
        # Segments that are dropped as damaged may be those that were stemmed otherwise.
        self._stemming = contents.stemming if contents.segments else ""
        self._entries = list(contents.segments)
        self.committed = False
        self._is_changed = self._is_clean = False
        self._may_give_way, self._has_given_way = True, False
        self.remembered = contents.remembered
        self.notes: tuple[str, ...] = ()
        self.refused: tuple[tuple[Source, str], ...] = ()
        self._ended = False
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._lock = lock
        self._replaced = contents.generation if replaced is None else replaced
        self._generation = next_generation(directory, contents.generation)
        self._deleted: set[int] = set()
        # Ids that were asked for last, and that no committed paper has.
        self._absent: set[str] = set()
        self._waiting: list[tuple[Paper, bytes]] = []
        self._waiting_bytes = 0
        self._builder: Builder | None = None

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        ids = texts("paper_ids", paper_ids)
        entries = super().entries(ids)
        self._absent = set(ids) - entries.keys()
        return entries

    def named(self, keys: Collection[str]) -> dict[str, dict[str, Entry]]:
        listed = texts("keys", keys)
        found = super().named(listed)
        self._absent = set(map(bare, set(listed) - found.keys()))
        return found

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        self._refuse_if_ended()
        replaced = None if replaces is None else self._number_of(replaces)
        copies, shared = checked_copies(copies), texts("shared", shared)
        self._refuse_committed(copies[0].paper.id, replaced)
        paper, encoded = merged_and_stored(copies, shared)
        self._is_changed = True
        if replaces is not None:
            self.delete(replaces)
        self._waiting.append((paper, encoded))
        self._waiting_bytes += len(encoded)
        if len(self._waiting) >= _BATCH_PAPERS or self._waiting_bytes >= _BATCH_BYTES:
            with _storage_errors(self._directory):
                self._build(partial(ProcessBuilder, kept_open=[self._lock.descriptor]))

    def delete(self, entry: Entry) -> None:
        self._refuse_if_ended()
        self._deleted.add(self._number_of(entry))
        self._is_changed = True

    def remember(self, values: Mapping[str, Any]) -> None:
        self._refuse_if_ended()
        self.remembered = values

    def settle(self) -> None:
        self._refuse_if_ended()
        with _storage_errors(self._directory):
            self._open(open_segments(self._directory, self._built(), self._document_count))
        self._absent = set()

    def commit(self, on_progress: Progress | None = None) -> None:
        self._refuse_if_ended()
        progress = self._progress_of(on_progress)
        self._ended = True
        with _storage_errors(self._directory):
            new = self._built(partial(progress, "writing"))
            progress("committing", 0, 1)
            self._publish([*self._remaining(), *new])
            progress("committing", 1, 1)

    def merge(self, on_progress: Progress | None = None) -> None:
        self._refuse_in_child()
        if self._is_changed and not self.committed:
            return
        progress, done = self._progress_of(on_progress), 0
        with _storage_errors(self._directory), self._giving_way():
            while chosen := _choose_merge(self._entries, self._postings_bytes):
                self._give_way()
                progress("merging", done, done + 1)
                merged = self._merged(chosen)
                place = self._entries.index(chosen[0])
                others = [entry for entry in self._entries if entry not in chosen]
                self._publish([*others[:place], merged, *others[place:]])
                done += 1
                progress("merging", done, done)

    def _progress_of(self, on_progress: Progress | None) -> Progress:
        tell = callback_of("on_progress", on_progress)

        def progress(stage: str, done: int, total: int) -> None:
            if tell:
                tell(stage, done, total)
                self._refuse_in_child()  # the callback may have forked

        return progress

    def _publish(self, entries: Sequence[SegmentEntry]) -> None:
        """Make these segments the index."""
        remembered = json.dumps(self.remembered).encode()
        contents = Contents(self._generation, tuple(entries), self._stemming, remembered)
        write_contents(self._directory, contents, whoosh_table(contents))
        replaced, self._replaced = self._replaced, self._generation
        self.committed = True
        self._entries = list(entries)
        remove_unnamed(self._directory, contents, replaced)
        self._is_clean = True

    def _merged(self, chosen: Sequence[SegmentEntry]) -> SegmentEntry:
        """Write several segments as one."""
        self._is_clean = False
        self._generation = next_generation(self._directory, self._replaced)
        segments = open_segments(self._directory, chosen)
        count = sum(entry.live_count for entry in chosen)
        write = partial(merge_segments, segments, on_step=self._give_way)
        return write_segment(self._directory, self._generation, count, write)

    def _postings_bytes(self, entry: SegmentEntry) -> int:
        return os.path.getsize(os.path.join(self._directory, entry.files[0]))

    @contextmanager
    def _giving_way(self) -> Iterator[None]:
        """Count the merges that the block gives up, and forget them when it ends by itself."""
        self._may_give_way = self._lock.given_up_merges < _MOST_GIVEN_UP
        try:
            yield
            self._lock.note_given_up_merges(0)
        except _GivenWayError:
            # A writer that is told to merge twice has waited for nobody in between.
            if not self._has_given_way:
                self._lock.note_given_up_merges(self._lock.given_up_merges + 1)
            self._has_given_way = True

    def _give_way(self) -> None:
        """Raise _GivenWayError if another writer waits, and merges were not given up too often."""
        if self._may_give_way and self._lock.is_awaited():
            raise _GivenWayError

    def _remaining(self) -> Iterator[SegmentEntry]:
        """Yield the committed segments with this writer's deletions, except those now empty."""
        deleted = np.array(sorted(self._deleted), np.int64)
        bounds = np.searchsorted(deleted, self._first_numbers)
        for segment, (low, high) in zip(self._segments, pairwise(bounds.tolist()), strict=True):
            entry = segment.entry
            newly_deleted = deleted[low:high] - segment.first_document
            all_deleted = np.union1d(entry.deleted, newly_deleted).astype(np.int32)
            if len(all_deleted) < entry.document_count:
                yield replace(entry, deleted=all_deleted)

    @property
    def is_ours(self) -> bool:
        """Whether the writer is this process's, not that of one which it was forked from."""
        return self._lock.is_ours

    def _refuse_in_child(self) -> None:
        if not self._lock.is_ours:
            raise BadRequestError(
                f"{self._directory}: this writer is that of the process which opened it, not of its"
                " children; open another"
            )

    def _refuse_if_ended(self) -> None:
        self._refuse_in_child()
        if self._ended:
            raise ClosedError(
                f"{self._directory}: this writer has committed; open another for further changes"
            )

    def _refuse_committed(self, paper_id: str, replaced: int | None) -> None:
        """Raise BadRequestError if a committed paper has the id and stays."""
        if paper_id in self._absent:
            return
        known = next(self._numbers("id", paper_id), None)
        if known is not None and known != replaced and known not in self._deleted:
            raise BadRequestError(
                f"the paper {shown(paper_id)} is in the index; give its entry to replace it"
            )

    def _build(self, begin: Callable[[str, int, int], Builder]) -> Builder:
        """Give the waiting papers to the builder, which ``begin`` makes if there is none yet."""
        if self._builder is None:
            self._builder = begin(self._directory, self._generation, self._memory_bytes)
        papers, stored = zip(*self._waiting, strict=True) if self._waiting else ((), ())
        self._builder.add(papers, stored)
        self._waiting = []
        self._waiting_bytes = 0
        return self._builder

    def _built(self, on_step: Callable[[int, int], None] | None = None) -> list[SegmentEntry]:
        """Write all papers added so far, and return their segments."""
        builder = self._build(SegmentBuilder)
        entries = builder.finish(on_step)
        self._builder = None
        segments = open_segments(self._directory, entries)
        for segment in segments:
            self._stemming = self._stemming or segment.postings.stemming
            if segment.postings.stemming != self._stemming:
                raise stemmed_otherwise(self._directory)
        _refuse_repeated(segments)
        if builder.note:
            self.notes = (*self.notes, builder.note)
        return entries

    def close(self) -> None:
        """Remove what was written, unless it was committed."""
        if self._is_clean or not self._lock.is_ours:
            return
        if self._builder:
            self._builder.cancel()
        # The new table may be there after an interrupt or a failed sync. Nobody knows whether it
        # will last, so the files of both commits stay until the next commit succeeds.
        if self._generation in tables_in(self._directory):
            return
        remove_segments_of(self._directory, self._generation)
        # If the table cannot be read, nobody knows which other files are still needed.
        with suppress(SearchError):
            if contents := read_contents(self._directory):
                remove_unnamed(self._directory, contents)


class _GivenWayError(Exception):
    """A merge was given up because another writer waits."""


def _refuse_repeated(segments: Sequence[Segment]) -> None:
    """Raise BadRequestError if two papers of new segments have one id."""
    seen: set[bytes] = set()
    for segment in segments:
        ids = segment.postings.fields["id"]
        if len(ids) < segment.entry.document_count:
            counts = ids.document_frequencies()
            raise _repeated(ids.term(counts.index(max(counts))))
        if len(segments) > 1:
            terms = ids.terms()
            for paper_id in seen.intersection(terms):
                raise _repeated(paper_id)
            seen.update(terms)


def _repeated(paper_id: bytes) -> BadRequestError:
    return BadRequestError(
        f"the paper {shown(paper_id.decode())} was added twice; nothing is written; add all copies"
        " of a paper at once"
    )


def _choose_merge(
    entries: Sequence[SegmentEntry], postings_bytes: Callable[[SegmentEntry], int]
) -> list[SegmentEntry]:
    """Return the segments to merge next: _MERGE_COUNT of similar size, or one mostly deleted.

    Sizes are similar within a factor of _MERGE_COUNT, so each paper is rewritten once for each
    level of size: the logarithmic method of Bentley and Saxe, "Decomposable Searching Problems"
    (1980). Of the largest, fewer are merged: as many of the smallest as one segment can hold.
    """
    levels: dict[int, list[SegmentEntry]] = {}
    for entry in entries:
        if len(entry.deleted) > entry.document_count / 2:
            return [entry]
        level = int(math.log(max(entry.live_count, 1), _MERGE_COUNT))
        levels.setdefault(level, []).append(entry)
    for _, level_entries in sorted(levels.items()):
        if len(level_entries) >= _MERGE_COUNT:
            sizes = sorted((postings_bytes(entry), entry.name) for entry in level_entries)
            sums = accumulate(size for size, _ in sizes)
            fitting = [
                name
                for (_, name), total in zip(sizes, sums, strict=True)
                if total < _MOST_MERGED_BYTES
            ]
            if len(fitting) > 1:
                return [entry for entry in level_entries if entry.name in fitting]
    return []
