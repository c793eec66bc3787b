"""The Writer port (add, delete, commit) and the writer of a Whoosh index."""

import math
import os
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from index.building import Builder, ProcessBuilder, SegmentBuilder, write_segment
from index.codec import ArraySegment, documents_reader, postings_reader
from index.errors import DamagedIndexError, IndexLockedError, IndexStorageError, NotAnIndexError
from index.paper import Copy, Paper, from_dict, merge, to_dict
from index.schema import schema
from index.segment import (
    DOCUMENTS_EXTENSION,
    POSTINGS_EXTENSION,
    DocumentsReader,
    PostingsReader,
    SegmentPart,
    decode_stored,
    encode_stored,
    merge_segments,
)

LOCK_TIMEOUT_SECONDS = 10.0
MEMORY_BYTES = 800 << 20
"""How much memory building may take at its peak, by estimate, unless told otherwise."""

# As Whoosh names them in an index of its default name.
_LOCK = "MAIN_WRITELOCK"
_TABLE_START = "_MAIN_"

_BATCH_PAPERS = 500
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
    from whoosh.index import create_in

    try:
        if not os.path.exists(os.path.join(directory, _LOCK)):
            _open(directory)  # so that a folder of something else is refused as it is
        with _locked(directory) as folder_is_new:
            index = _open(directory)
            writer = None
            try:
                writer = _WhooshWriter(index or create_in(directory, schema()), memory_bytes)
                yield writer
            except BaseException:
                if writer:
                    writer.close()
                if index is None and not (writer and writer.committed):
                    _remove_index(directory, folder_is_new)
                raise
            writer.close()
    except OSError as error:
        raise IndexStorageError(
            f"{directory}: cannot write the index ({error.strerror or error}); "
            "check the folder's rights and the free space"
        ) from error


@contextmanager
def _locked(directory: str) -> Iterator[bool]:
    """Hold Whoosh's lock of an index. Yields whether its folder had to be made for it."""
    from whoosh.filedb.filestore import FileStorage
    from whoosh.util.filelock import try_for

    lock = FileStorage(directory).lock(_LOCK)
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
        except FileNotFoundError:
            return False  # the folder was removed meanwhile
        if os.fstat(lock.fd).st_nlink:
            return True
        # The writer before has removed the lock with an index that it had created.
        lock.release()
        return False

    if not try_for(acquire, timeout=LOCK_TIMEOUT_SECONDS, delay=0.1):
        raise IndexLockedError(
            f"{directory}: another process has been writing to this index for "
            f"{LOCK_TIMEOUT_SECONDS:.0f} s; wait until it ends, then run again"
        )
    try:
        yield folder_is_new
    finally:
        lock.release()


def _open(directory: str) -> Any:
    """Return Whoosh's index in ``directory``, None if there is none yet."""
    from whoosh import index as whoosh_index

    rebuild = "build a new index in an empty folder"
    try:
        index = whoosh_index.open_dir(directory)
    except (whoosh_index.EmptyIndexError, OSError):
        pass  # none yet, or the folder cannot be read, which writing will tell
    except Exception as error:  # Whoosh reads a damaged file into any exception
        reason = f"{type(error).__name__}: {error}"
        raise NotAnIndexError(f"{directory}: damaged ({reason}); {rebuild}") from error
    else:
        if index.schema.names() != schema().names():
            raise NotAnIndexError(f"{directory}: written by another version; {rebuild}")
        return index
    # A writer that was killed may have left its lock and the beginning of an index.
    names = os.listdir(directory) if os.path.isdir(directory) else []
    if not all(name == _LOCK or name.startswith(_TABLE_START) for name in names):
        raise NotAnIndexError(
            f"{directory}: holds files but no index; name an empty or a new folder"
        )
    return None


def _remove_index(directory: str, folder_is_new: bool) -> None:
    """Remove an index that was created but never committed to, and its folder if it is new."""
    tables = [name for name in os.listdir(directory) if name.startswith(_TABLE_START)]
    # The lock goes last: once it is gone another writer may begin an index of its own.
    for name in (*tables, _LOCK):
        os.remove(os.path.join(directory, name))
    if folder_is_new:
        with suppress(OSError):  # which another writer may already use
            os.rmdir(directory)


class _WhooshWriter:
    """The Writer of a Whoosh index under lock: writes segments, then a new table of them.

    Segments are numbered on: paper number n of the index is a paper of the segment in whose range
    n falls.
    """

    def __init__(self, index: Any, memory_bytes: int) -> None:
        from whoosh.index import TOC

        self.committed = False
        self._ended = False
        self._index = index
        self._folder: str = index.storage.folder
        self._memory_bytes = memory_bytes
        table = TOC.read(index.storage, index.indexname)
        self._generation: int = table.generation + 1
        self._parts = [_open_part(index.storage, segment) for segment in table.segments]
        counts = [segment.doc_count_all() for segment, _, _ in self._parts]
        self._first_numbers = [0, *accumulate(counts)]
        self._deleted: list[int] = []
        self._waiting: list[tuple[Paper, bytes]] = []
        self._builder: Builder | None = None

    @property
    def paper_count(self) -> int:
        return sum(segment.doc_count() for segment, _, _ in self._parts)

    def entry(self, paper_id: str) -> Entry | None:
        found = next(self._numbers("id", paper_id), None)
        return None if found is None else self._stored_entry(found)[1]

    def files(self) -> Sequence[str]:
        files = {
            term.decode()
            for _, postings, _ in self._parts
            if "source" in postings.fields
            for term in postings.fields["source"].terms()
        }
        return sorted(
            file for file in files if next(self._numbers("source", file), None) is not None
        )

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        for number in self._numbers("source", file):
            yield self._stored_entry(number)

    def copies(self, entry: Entry) -> list[Paper]:
        return [from_dict(values) for values in self._stored(entry.number)["copies"]]

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        self._refuse_if_ended()
        if replaces:
            self.delete(replaces)
        papers = sorted((copy.paper for copy in copies), key=lambda paper: paper.sources)
        paper = merge(papers)
        hashes = {copy.file: copy.hash.hex() for copy in sorted(copies, key=lambda copy: copy.file)}
        stored = {
            "id": paper.id,
            "hashes": hashes,
            "shared": sorted(hashes.keys() & set(shared)),
            "copies": [to_dict(one) for one in papers],
        }
        self._waiting.append((paper, encode_stored(stored)))
        if len(self._waiting) >= _BATCH_PAPERS:
            self._build(ProcessBuilder)

    def delete(self, entry: Entry) -> None:
        self._refuse_if_ended()
        self._deleted.append(entry.number)

    def commit(self) -> None:
        from whoosh.index import TOC, clean_files

        self._refuse_if_ended()
        self._ended = True
        new = self._build(SegmentBuilder).finish()
        for number in sorted(self._deleted):
            part, own_number = self._place(number)
            self._parts[part][0].delete_document(own_number)
        storage = self._index.storage
        segments = [segment for segment, _, _ in self._parts if segment.doc_count()] + new
        segments = self._merged(segments)
        table = TOC(schema(), segments, self._generation)
        table.write(_synced_storage(self._folder), self._index.indexname)
        self.committed = True
        clean_files(storage, self._index.indexname, self._generation, segments)
        self._remove_unfinished_tables()

    def _refuse_if_ended(self) -> None:
        if self._ended:
            raise RuntimeError("this writer has committed; open another for further changes")

    def _build(self, kind: type[ProcessBuilder] | type[SegmentBuilder]) -> Builder:
        """Hand the papers that wait to the builder, of that kind if there is none yet."""
        if self._builder is None:
            self._builder = kind(self._folder, self._index.indexname, self._memory_bytes)
        papers, stored = zip(*self._waiting, strict=True) if self._waiting else ((), ())
        self._builder.add(papers, stored)
        self._waiting = []
        return self._builder

    def close(self) -> None:
        """If nothing was committed, remove what was written."""
        from whoosh.index import TOC

        if not self.committed:
            if self._builder:
                self._builder.cancel()
            # Asked again: an interrupt may have come when the new table was there already.
            table = TOC.read(self._index.storage, self._index.indexname)
            kept = {segment.segment_id() for segment in table.segments}
            for name in self._index.storage.list():
                root, extension = os.path.splitext(name)
                if extension in (POSTINGS_EXTENSION, DOCUMENTS_EXTENSION) and root not in kept:
                    self._index.storage.delete_file(name)
            self._remove_unfinished_tables()

    def _remove_unfinished_tables(self) -> None:
        """Remove the tables of contents of writers that were stopped, this one or others before.

        Whoosh writes a table under a longer name, then renames it; its own cleaning leaves those.
        """
        for name in self._index.storage.list():
            if name.startswith(_TABLE_START) and ".toc." in name:
                self._index.storage.delete_file(name)

    def _merged(self, segments: list[ArraySegment]) -> list[ArraySegment]:
        """Return the segments after merging small ones, so that there are few of every size."""
        while chosen := _to_merge(segments, self._memory_bytes):
            parts = []
            for segment in chosen:
                _, postings, documents = _open_part(self._index.storage, segment)
                live = np.ones(segment.doc_count_all(), np.bool_)
                live[np.array(segment.deleted_docs(), np.int64)] = False
                parts.append(SegmentPart(postings, documents, live))
            count = sum(segment.doc_count() for segment in chosen)
            merged = ArraySegment(self._index.indexname, document_count=count)
            write_segment(self._folder, merged, partial(merge_segments, parts))
            at = segments.index(chosen[0])
            kept = [segment for segment in segments if segment not in chosen]
            segments = [*kept[:at], merged, *kept[at:]]
        return segments

    def _numbers(self, field: str, term: str) -> Iterator[int]:
        """Yield the numbers of the committed papers that have a term."""
        for (segment, postings, _), first in zip(self._parts, self._first_numbers, strict=False):
            reader = postings.fields.get(field)
            number = reader.number(term.encode()) if reader else -1
            if reader and number >= 0:
                for document in reader.postings(number).documents.tolist():
                    if not segment.is_deleted(document):
                        yield first + document

    def _place(self, number: int) -> tuple[int, int]:
        part = bisect_right(self._first_numbers, number) - 1
        return part, number - self._first_numbers[part]

    def _stored(self, number: int) -> dict[str, Any]:
        part, own_number = self._place(number)
        return decode_stored(self._parts[part][2].stored(own_number))

    def _stored_entry(self, number: int) -> tuple[str, Entry]:
        stored = self._stored(number)
        hashes = {file: bytes.fromhex(found) for file, found in stored["hashes"].items()}
        return stored["id"], Entry(number, hashes, frozenset(stored["shared"]))


def _open_part(storage: Any, segment: Any) -> tuple[Any, PostingsReader, DocumentsReader]:
    if not isinstance(segment, ArraySegment):
        raise NotAnIndexError(
            f"{storage.folder}: another program has written to this index; "
            "build a new index in an empty folder"
        )
    try:
        return segment, postings_reader(storage, segment), documents_reader(storage, segment)
    except FileNotFoundError as error:
        raise DamagedIndexError(
            f"{error.filename}: a file of the index is missing; build a new one in an empty folder"
        ) from error


def _synced_storage(folder: str) -> Any:
    """Return Whoosh's storage of a folder, where a file is on disk before it gets its name."""
    from whoosh.filedb.filestore import FileStorage

    class SyncedStorage(FileStorage):  # type: ignore[misc]
        def rename_file(self, name: str, newname: str, safe: bool = False) -> None:
            _wait_for_disk(os.path.join(folder, name))
            super().rename_file(name, newname, safe)
            _wait_for_disk(folder)

    return SyncedStorage(folder)


def _wait_for_disk(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_merge(segments: Sequence[ArraySegment], memory_bytes: int) -> list[ArraySegment]:
    """Return the segments to merge next: _MERGE_COUNT of like size, or one mostly deleted.

    Sizes are alike within a factor of _MERGE_COUNT, so a paper is rewritten once a level: the
    logarithmic method of Bentley and Saxe, "Decomposable Searching Problems" (1980). Segments whose
    merging would take more than ``memory_bytes`` stay as they are.
    """
    levels: dict[int, list[ArraySegment]] = {}
    for segment in segments:
        if segment.deleted_count() > segment.doc_count_all() / 2:
            return [segment]
        if segment.doc_count() * _MERGE_BYTES_PER_PAPER * _MERGE_COUNT < memory_bytes:
            level = int(math.log(max(segment.doc_count(), 1), _MERGE_COUNT))
            levels.setdefault(level, []).append(segment)
    return next((of for _, of in sorted(levels.items()) if len(of) >= _MERGE_COUNT), [])
