"""The Writer port (add, delete, commit) and the writer of a Whoosh index."""

import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from index.errors import IndexLockedError, IndexStorageError, NotAnIndexError
from index.paper import Copy, Paper, from_dict, merge, to_dict
from index.schema import document, schema

LOCK_TIMEOUT_SECONDS = 10.0


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
        """Make all changes visible at once."""


@contextmanager
def open_writer(directory: str) -> Iterator[Writer]:
    """Open the index in ``directory`` for writing, and create it where there is none.

    What is not committed when the block ends is dropped, and so is an index created for a block
    that fails. Raises NotAnIndexError if the directory holds something else, IndexLockedError if
    another process keeps writing for more than LOCK_TIMEOUT_SECONDS, and IndexStorageError if the
    operating system refuses.
    """
    from whoosh.index import LockError

    created = False
    try:
        index, created = _open_or_create(directory)
        writer = _WhooshWriter(index)
    except LockError as error:
        raise IndexLockedError(
            f"{directory}: another process has been writing to this index for "
            f"{LOCK_TIMEOUT_SECONDS:.0f} s; wait until it ends, then run again"
        ) from error
    except OSError as error:
        raise _storage_error(directory, error) from error
    try:
        yield writer
    except BaseException as error:
        writer.close()
        if created and not writer.committed:
            _remove_index(directory)
        if isinstance(error, OSError):
            raise _storage_error(directory, error) from error
        raise
    writer.close()


def _storage_error(directory: str, error: OSError) -> IndexStorageError:
    return IndexStorageError(
        f"{directory}: cannot write the index ({error.strerror or error}); "
        "check the folder's rights and the free space"
    )


def _open_or_create(directory: str) -> tuple[Any, bool]:
    """Return the index in ``directory`` and whether it was created just now."""
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
        return index, False
    if os.path.isdir(directory) and os.listdir(directory):
        raise NotAnIndexError(
            f"{directory}: holds files but no index; name an empty or a new folder"
        )
    os.makedirs(directory, exist_ok=True)
    return whoosh_index.create_in(directory, schema()), True


def _remove_index(directory: str) -> None:
    """Remove an index that was created but never committed to."""
    for name in os.listdir(directory):
        os.remove(os.path.join(directory, name))
    os.rmdir(directory)


class _WhooshWriter:
    """The Writer of a Whoosh index: one segment writer, which holds Whoosh's lock."""

    def __init__(self, index: Any) -> None:
        self._writer = index.writer(timeout=LOCK_TIMEOUT_SECONDS, limitmb=256)
        self.committed = False
        try:
            # Opened under the lock, so that no other writer can have come between.
            self._reader = index.reader()
        except BaseException:
            self._writer.cancel()
            raise
        self._entries: dict[str, Entry] = {}
        self._ids_by_file: defaultdict[str, list[str]] = defaultdict(list)
        for number, stored in self._reader.iter_docs():
            self._entries[stored["id"]] = Entry(number, **stored["contents"])
            for file in stored["contents"]["hashes"]:
                self._ids_by_file[file].append(stored["id"])

    @property
    def paper_count(self) -> int:
        return len(self._entries)

    def entry(self, paper_id: str) -> Entry | None:
        return self._entries.get(paper_id)

    def files(self) -> Sequence[str]:
        return sorted(self._ids_by_file)

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        for paper_id in self._ids_by_file.get(file, ()):
            yield paper_id, self._entries[paper_id]

    def copies(self, entry: Entry) -> list[Paper]:
        stored = self._reader.stored_fields(entry.number)
        return [from_dict(values) for values in json.loads(stored["copies"])]

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        if replaces:
            self.delete(replaces)
        hashes = {copy.file: copy.hash for copy in sorted(copies, key=lambda copy: copy.file)}
        papers = sorted((copy.paper for copy in copies), key=lambda paper: paper.sources)
        self._writer.add_document(
            **document(merge(papers)),
            contents={"hashes": hashes, "shared": frozenset(hashes) & frozenset(shared)},
            copies=json.dumps([to_dict(paper) for paper in papers], ensure_ascii=False),
        )

    def delete(self, entry: Entry) -> None:
        self._writer.delete_document(entry.number)

    def commit(self) -> None:
        self._writer.commit()
        self.committed = True

    def close(self) -> None:
        self._reader.close()
        if self.committed:
            return
        self._writer.cancel()
        # Whoosh leaves the files of a cancelled segment behind.
        storage, segment = self._writer.storage, self._writer.newsegment.segment_id()
        for name in storage.list():
            if segment in name:
                storage.delete_file(name)
