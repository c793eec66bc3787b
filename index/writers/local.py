"""The Writer port (add, delete, commit) and the writer of a Whoosh index."""

import math
import os
import stat
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from whoosh.util.filelock import FileLock, try_for

from index.building.process import Builder, ProcessBuilder, SegmentBuilder, write_segment
from index.codec import whoosh_table
from index.errors import (
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    SearchError,
    damage_told,
    mending,
)
from index.paper import Copy, Paper, from_dict, merge, to_dict
from index.segments.contents import (
    LOCK_NAME,
    Contents,
    SegmentEntry,
    is_table,
    latest_generation,
    read_contents,
    remove_segments_of,
    remove_unnamed,
    segments_in,
    write_contents,
)
from index.segments.files import sync_folder
from index.segments.merging import merge_segments
from index.segments.opening import Segment, open_segments
from index.segments.stored import encode_stored

LOCK_TIMEOUT_SECONDS = 10.0
MEMORY_BYTES = 800 << 20
"""How much memory building may take at its peak, by estimate, unless told otherwise."""

_BATCH_PAPERS = 500
_BATCH_BYTES = 8 << 20
_MERGE_COUNT = 8
# By measure, for an abstract of 130 words: merging holds every posting in several arrays.
_MERGE_BYTES_PER_PAPER = 8_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper as the index holds it: its number there, and the content hash of each file's copy.

    ``shared``: those of the files whose papers may stand in other files too.
    """

    number: int
    hashes: Mapping[str, bytes]
    shared: frozenset[str]


class Writer(Protocol):
    """Adds and deletes papers; nothing is seen by readers before ``commit``.

    What is asked of it is answered from what was committed before it was opened, whatever has been
    added and deleted since. Opening costs nothing, and a question what its answer costs, whatever
    else the index holds.
    """

    @property
    def paper_count(self) -> int:
        """How many papers are committed."""

    def entry(self, paper_id: str) -> Entry | None:
        """Return the entry of a committed paper, None if there is none."""

    def files(self) -> Sequence[str]:
        """Return the files that some committed paper has a copy from, sorted."""

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each committed paper that has a copy from ``file``."""

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        """Add the paper that ``copies``, one per file, describe, in the place of ``replaces``.

        ``shared``: the files whose papers may stand in other files too. No id is added twice, and
        one that is committed only in its entry's place.

        Raises TooLargeError, and changes nothing, if the copies are more than can be stored.
        """

    def delete(self, entry: Entry) -> None:
        """Delete a committed paper."""

    def commit(self) -> None:
        """Make all changes visible at once. A writer commits once.

        Changes after it, whether it succeeded or failed, raise RuntimeError.
        """


@contextmanager
def open_writer(directory: str, memory_bytes: int = MEMORY_BYTES) -> Iterator[Writer]:
    """Open the index in ``directory`` for writing, and create it where there is none.

    ``memory_bytes`` bounds, by estimate, what building takes: less makes more, smaller segments.
    What is not committed when the block ends is dropped, and so is an index created for a block
    that fails. Raises NotAnIndexError if the directory holds something else, IndexLockedError if
    another process keeps writing for more than LOCK_TIMEOUT_SECONDS, DamagedIndexError if a file of
    the index is missing or not as it was written, and IndexStorageError if the operating system
    refuses.
    """
    with _told(directory):
        if not os.path.exists(os.path.join(directory, LOCK_NAME)):
            _read(directory)  # so that a folder of something else is refused as it is
        with _locked(directory) as (lock, folder_is_new):
            contents = _read(directory)
            writer = None
            try:
                writer = _WhooshWriter(
                    directory, contents or _created(directory), memory_bytes, lock
                )
                yield writer
            except BaseException:
                if writer:
                    writer.close()
                if contents is None and latest_generation(directory) < 1:
                    _remove_index(directory, folder_is_new)
                raise
            writer.close()


class Rescuer(Writer, Protocol):
    """A Writer that also takes over what segments hold that are to go."""

    def rescue(self, papers: Iterable[tuple[Sequence[Copy], Collection[str]]]) -> int:
        """Write papers of such segments, and answer for them from now on as if committed.

        ``papers``: the copies of each, and those of their files that may hold others' papers too.
        Returns how many there were. This comes before all other changes.
        """


@contextmanager
def open_rescuer(
    directory: str, choose: Callable[[], Contents], memory_bytes: int = MEMORY_BYTES
) -> Iterator[Rescuer]:
    """Open an index for writing as if only what ``choose`` returns had been committed.

    It is called under the lock. Raises the errors of ``open_writer``.
    """
    with _told(directory), _locked(directory) as (lock, _):
        writer = _WhooshWriter(directory, choose(), memory_bytes, lock)
        try:
            yield writer
        finally:
            writer.close()


@contextmanager
def _told(directory: str) -> Iterator[None]:
    """Raise IndexStorageError if the operating system refuses."""
    try:
        yield
    except OSError as error:
        raise IndexStorageError(
            f"{directory}: cannot write the index ({error.strerror or error}); "
            "check the folder's rights and the free space"
        ) from error


@contextmanager
def _locked(directory: str) -> Iterator[tuple[int, bool]]:
    """Hold Whoosh's lock of an index.

    Yields its file's descriptor, and whether the index's folder had to be made for it.
    """
    path = os.path.join(directory, LOCK_NAME)
    # Whoosh would follow a link, and wait for a pipe.
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise NotAnIndexError(f"{path}: no plain file, as an index's lock is; remove it")
    lock = FileLock(path)
    folder_is_new = False

    def acquire() -> bool:
        nonlocal folder_is_new
        try:
            os.makedirs(directory)
            folder_is_new = True
        except FileExistsError:
            if not os.path.isdir(directory):
                raise
        try:
            if not lock.acquire():
                return False
            if os.fstat(lock.fd).st_nlink:
                return True
        except FileNotFoundError:
            return False  # the folder was removed meanwhile
        except OSError:
            if lock.fd is not None:
                _release(lock)
            raise
        # The writer before has removed the lock with an index that it had created.
        _release(lock)
        return False

    if not try_for(acquire, timeout=LOCK_TIMEOUT_SECONDS, delay=0.01):
        raise IndexLockedError(
            f"{directory}: another process has been writing to this index for "
            f"{LOCK_TIMEOUT_SECONDS:g} s and holds its lock {os.path.join(directory, LOCK_NAME)}; "
            "wait until it ends, then run again"
        )
    try:
        yield lock.fd, folder_is_new
    finally:
        _release(lock)


def _release(lock: Any) -> None:
    """Release a lock; where it cannot be unlocked, closing its file unlocks it."""
    try:
        lock.release()
    except OSError:
        descriptor, lock.fd = lock.fd, None
        with suppress(OSError):
            os.close(descriptor)


def _read(directory: str) -> Contents | None:
    """Return what the index in ``directory`` has, None if there is none yet."""
    contents = read_contents(directory)
    # A writer that was killed may have left its lock and the beginning of an index.
    names: list[str] = []
    if contents is None:
        with suppress(FileNotFoundError, NotADirectoryError):  # which making the folder will tell
            names = os.listdir(directory)
    if not all(name == LOCK_NAME or is_table(name) for name in names):
        step = "name an empty or a new folder"
        if segments_in(directory):
            step = mending(directory)
        raise NotAnIndexError(f"{directory}: holds files but no index; {step}")
    return contents


def _created(directory: str) -> Contents:
    """Create an index of no papers."""
    # Not only above a folder just made: a writer may have been stopped after it made them.
    for folder in Path(directory).resolve().parents:
        with suppress(PermissionError):  # which is above what such a writer can have made
            sync_folder(str(folder))
    contents = Contents(0, ())
    write_contents(directory, contents, whoosh_table(contents))
    return contents


def _remove_index(directory: str, folder_is_new: bool) -> None:
    """Remove an index that was created but never committed to, and its folder if it is new."""
    # Segments that came back without a table, after a power cut, would be refused.
    sync_folder(directory)
    tables = [name for name in os.listdir(directory) if is_table(name)]
    # The lock goes last: once it is gone another writer may begin an index of its own.
    for name in (*tables, LOCK_NAME):
        os.remove(os.path.join(directory, name))
    if folder_is_new:
        with suppress(OSError):  # which another writer may already use
            os.rmdir(directory)


class _WhooshWriter:
    """The Writer of a Whoosh index under lock: writes segments, then a new table of them.

    Segments are numbered on: paper number n of the index is a paper of the segment in whose range
    n falls.
    """

    def __init__(self, directory: str, contents: Contents, memory_bytes: int, lock: int) -> None:
        self.committed = False
        self._ended = False
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._lock = lock
        self._generation = contents.generation + 1
        self._segments: list[Segment] = []
        self._first_numbers = [0]
        self._hold(contents.segments)
        self._deleted: list[int] = []
        self._waiting: list[tuple[Paper, bytes]] = []
        self._waiting_bytes = 0
        self._builder: Builder | None = None

    @property
    def paper_count(self) -> int:
        return sum(segment.entry.live_count for segment in self._segments)

    def entry(self, paper_id: str) -> Entry | None:
        found = next(self._numbers("id", paper_id), None)
        return None if found is None else self._stored_entry(found)[1]

    def files(self) -> Sequence[str]:
        files = {
            file
            for segment in self._segments
            if "source" in segment.postings.fields
            for file in segment.postings.fields["source"].texts()
        }
        return sorted(
            file for file in files if next(self._numbers("source", file), None) is not None
        )

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        for number in self._numbers("source", file):
            yield self._stored_entry(number)

    def copies(self, entry: Entry) -> list[Paper]:
        with damage_told(self._directory):
            return [from_dict(values) for values in self._stored(entry.number)["copies"]]

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        self._refuse_if_ended()
        papers = sorted((copy.paper for copy in copies), key=lambda paper: paper.sources)
        paper = merge(papers)
        hashes = {copy.file: copy.hash.hex() for copy in sorted(copies, key=lambda copy: copy.file)}
        stored = {
            "id": paper.id,
            "hashes": hashes,
            "shared": sorted(hashes.keys() & set(shared)),
            "copies": [to_dict(one) for one in papers],
        }
        encoded = encode_stored(stored)
        if replaces:
            self.delete(replaces)
        self._waiting.append((paper, encoded))
        self._waiting_bytes += len(encoded)
        if len(self._waiting) >= _BATCH_PAPERS or self._waiting_bytes >= _BATCH_BYTES:
            self._build(partial(ProcessBuilder, kept_open=[self._lock]))

    def delete(self, entry: Entry) -> None:
        self._refuse_if_ended()
        self._deleted.append(entry.number)

    def rescue(self, papers: Iterable[tuple[Sequence[Copy], Collection[str]]]) -> int:
        count = 0
        for copies, shared in papers:
            self.add(copies, shared)
            count += 1
        segments = self._build(SegmentBuilder).finish()
        self._builder = None
        self._hold(segments)
        return count

    def _hold(self, entries: Iterable[SegmentEntry]) -> None:
        self._segments += open_segments(self._directory, entries, self._first_numbers[-1])
        counts = [segment.entry.document_count for segment in self._segments]
        self._first_numbers = [0, *accumulate(counts)]

    def commit(self) -> None:
        self._refuse_if_ended()
        self._ended = True
        new = self._build(SegmentBuilder).finish()
        segments = [*self._left(), *new]
        contents = Contents(self._generation, tuple(self._merged(segments)))
        write_contents(self._directory, contents, whoosh_table(contents))
        self.committed = True
        remove_unnamed(self._directory, contents)

    def _left(self) -> Iterator[SegmentEntry]:
        """Yield the committed segments with this writer's deletions, except those now empty."""
        deleted = np.unique(np.array(self._deleted, np.int64))
        bounds = np.searchsorted(deleted, self._first_numbers)
        for segment, (low, high) in zip(self._segments, pairwise(bounds.tolist()), strict=True):
            entry = segment.entry
            newly_deleted = deleted[low:high] - segment.first_document
            all_deleted = np.union1d(entry.deleted, newly_deleted).astype(np.int32)
            if len(all_deleted) < entry.document_count:
                yield replace(entry, deleted=all_deleted)

    def _refuse_if_ended(self) -> None:
        if self._ended:
            raise RuntimeError("this writer has committed; open another for further changes")

    def _build(self, begin: Callable[[str, int, int], Builder]) -> Builder:
        """Hand the papers that wait to the builder, which ``begin`` makes if there is none yet."""
        if self._builder is None:
            self._builder = begin(self._directory, self._generation, self._memory_bytes)
        papers, stored = zip(*self._waiting, strict=True) if self._waiting else ((), ())
        self._builder.add(papers, stored)
        self._waiting = []
        self._waiting_bytes = 0
        return self._builder

    def close(self) -> None:
        """If nothing was committed, remove what was written."""
        if not self.committed:
            if self._builder:
                self._builder.cancel()
            # The new table may be there, after an interrupt or a sync that failed; whether it will
            # last nobody knows, so the files of both stay until a commit succeeds. By a table that
            # cannot be read no other's files may be removed.
            if latest_generation(self._directory) >= self._generation:
                return
            remove_segments_of(self._directory, self._generation)
            with suppress(SearchError):
                if contents := read_contents(self._directory):
                    remove_unnamed(self._directory, contents)

    def _merged(self, entries: list[SegmentEntry]) -> list[SegmentEntry]:
        """Return the segments after merging small ones, so that there are few of every size."""
        while chosen := _to_merge(entries, self._memory_bytes):
            segments = open_segments(self._directory, chosen)
            count = sum(entry.live_count for entry in chosen)
            merged = write_segment(
                self._directory, self._generation, count, partial(merge_segments, segments)
            )
            place = entries.index(chosen[0])
            others = [entry for entry in entries if entry not in chosen]
            entries = [*others[:place], merged, *others[place:]]
        return entries

    def _numbers(self, field: str, term: str) -> Iterator[int]:
        """Yield the numbers of the committed papers that have a term."""
        key = term.encode("utf-8", "surrogatepass")
        for segment in self._segments:
            reader = segment.postings.fields.get(field)
            number = reader.number(key) if reader else -1
            if reader and number >= 0:
                for document in reader.postings(number).documents.tolist():
                    if not segment.entry.is_deleted(document):
                        yield segment.first_document + document

    def _stored(self, number: int) -> dict[str, Any]:
        segment = self._segments[bisect_right(self._first_numbers, number) - 1]
        return segment.documents.stored_values(number - segment.first_document)

    def _stored_entry(self, number: int) -> tuple[str, Entry]:
        stored = self._stored(number)
        with damage_told(self._directory):
            hashes = {file: bytes.fromhex(found) for file, found in stored["hashes"].items()}
            return stored["id"], Entry(number, hashes, frozenset(stored["shared"]))


def _to_merge(segments: Sequence[SegmentEntry], memory_bytes: int) -> list[SegmentEntry]:
    """Return the segments to merge next: _MERGE_COUNT of like size, or one mostly deleted.

    Sizes are alike within a factor of _MERGE_COUNT, so a paper is rewritten once a level: the
    logarithmic method of Bentley and Saxe, "Decomposable Searching Problems" (1980). Segments whose
    merging would take more than ``memory_bytes`` stay as they are.
    """
    levels: dict[int, list[SegmentEntry]] = {}
    for segment in segments:
        if len(segment.deleted) > segment.document_count / 2:
            return [segment]
        if segment.live_count * _MERGE_BYTES_PER_PAPER * _MERGE_COUNT < memory_bytes:
            level = int(math.log(max(segment.live_count, 1), _MERGE_COUNT))
            levels.setdefault(level, []).append(segment)
    return next((of for _, of in sorted(levels.items()) if len(of) >= _MERGE_COUNT), [])
