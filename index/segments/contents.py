"""The table of contents: which segments a commit has.

It stands after Whoosh's own table in the same file, where Whoosh does not look. Whoosh's table is a
pickle, which may run anything when it is read. It is written for Whoosh alone and never read here.

Layout, all numbers little-endian::

    Whoosh's table
    remembered     JSON: what the writer remembers; no search reads it
    our table      JSON: the names and versions of the packing and of the analysis, which rules of
                   stemming made the stems, the length of what is remembered, the generation and,
                   for each segment, its name, its number of documents and the numbers of its
                   deleted documents
    trailer        offset of our table, version, CRC-32 of everything before it, magic
"""

import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndexError, IndexStorageError, NotAnIndexError, mending
from index.segments.files import map_file, publish, sync_folder
from index.segments.names import (
    DOCUMENTS_EXTENSION,
    POSTINGS_EXTENSION,
    generation_of,
    is_plain,
    leftovers,
    segments_in,
    table_path,
    tables_in,
)

FORMAT_VERSION = 2
"""Raised with every change of the table of contents."""

PACKING = ("arrays", 2)
"""How segments are packed: a name, and a version that rises with every change of their files."""

# Segments of these are read as they are: each says how its papers are packed.
_READ_PACKINGS = (PACKING, ("arrays", 1))

ANALYSIS = ("fields and words", 3)
"""What a segment holds of a paper: the version rises with the field table or the analysis."""

# A repair converts the segments of these, from the papers that they store.
_EARLIER_ANALYSES = (("fields and words", 2),)

_REBUILD = "build it again in an empty folder: searcher index PATH --index FOLDER"
_MAGIC = b"PAPTABLE"
_START = struct.Struct("<QI")
_END = struct.Struct("<I8s")
# Some 30 million deleted documents.
_MOST_BYTES = 1 << 28


class ForeignTableError(NotAnIndexError):
    """A table does not end as ours do: it is another program's, an old version's, or cut short."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SegmentEntry:
    """A segment as a commit lists it.

    ``name`` is that of its files without their extensions. ``document_count`` includes deleted
    documents; ``deleted`` are their numbers, ascending.
    """

    name: str
    document_count: int
    deleted: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def live_count(self) -> int:
        """The number of documents that are not deleted."""
        return self.document_count - len(self.deleted)

    @property
    def live(self) -> NDArray[np.bool_]:
        """For each document number, whether it is not deleted."""
        mask = np.ones(self.document_count, np.bool_)
        mask[self.deleted] = False
        return mask

    def is_deleted(self, number: int) -> bool:
        """Return whether a document is deleted."""
        place = int(np.searchsorted(self.deleted, number))
        return place < len(self.deleted) and int(self.deleted[place]) == number

    @property
    def files(self) -> tuple[str, str]:
        """The names of its two files: postings, documents."""
        return self.name + POSTINGS_EXTENSION, self.name + DOCUMENTS_EXTENSION


class Contents(NamedTuple):
    """The segments of a commit; ``generation`` counts the commits of the index.

    ``stemming`` tells the rules of stemming from others; it is empty as long as there is no stem.
    ``remembered_json`` is what the writer wants to know again, in JSON. Where ``is_earlier``, the
    segments hold what an earlier version of the analysis made of their papers.
    """

    generation: int
    segments: tuple[SegmentEntry, ...]
    stemming: str = ""
    remembered_json: bytes = b"{}"
    is_earlier: bool = False

    @property
    def remembered(self) -> Mapping[str, Any]:
        """What the writer wants to know again; nothing if another program has written it."""
        try:
            values = json.loads(self.remembered_json)
        except (ValueError, RecursionError):
            return {}
        return values if isinstance(values, dict) else {}


class Table(NamedTuple):
    """The newest table of contents, or the error that says why it cannot be read."""

    generation: int
    contents: Contents | None
    error: DamagedIndexError | ForeignTableError | None = None


def find_table(directory: str) -> Table | None:
    """Return the newest table of contents, None if there is none.

    Commits are numbered one after the other. So a table that cannot be read is damaged if one that
    can be read leads up to it without a gap in the numbers. Any other table that cannot be read is
    not this index's, and is skipped.

    Raises NotAnIndexError if another version wrote it, and OSError: FileNotFoundError if a commit
    has just replaced it.
    """
    newest_of_rows: list[Table] = []
    previous = -1
    for generation in reversed(tables_in(directory)):
        table = _read_table(directory, generation)
        if generation != previous - 1:
            newest_of_rows.append(table)
        if table.contents:
            return newest_of_rows[-1]
        previous = generation
    if not newest_of_rows:
        return None
    # The index's own is at most one commit behind its newest segment.
    newest_segment = max(map(generation_of, segments_in(directory)), default=0)
    late = [table for table in newest_of_rows if table.generation + 1 >= newest_segment]
    return late[-1] if late else newest_of_rows[0]


def read_contents(directory: str) -> Contents | None:
    """Return the newest table of contents, None if there is none.

    Raises NotAnIndexError if another version or another program wrote it, DamagedIndexError if it
    is not as it was written, and OSError: FileNotFoundError if a commit has just replaced it.
    """
    table = find_table(directory)
    if table and table.error:
        raise table.error
    return current(directory, table.contents) if table and table.contents else None


def current(directory: str, contents: Contents) -> Contents:
    """Return the contents. Raises NotAnIndexError if their segments are of an earlier version."""
    if contents.is_earlier:
        raise NotAnIndexError(
            f"{directory}: written by another version, an earlier one; its words would not all be"
            f" found; to convert it {mending(directory)}"
        )
    return contents


def _read_table(directory: str, generation: int) -> Table:
    try:
        return Table(generation, _contents_of(directory, generation))
    except (DamagedIndexError, ForeignTableError) as error:
        # Without its traceback, which would keep whatever its frames have mapped.
        return Table(generation, None, error.with_traceback(None))


def _contents_of(directory: str, generation: int) -> Contents:
    path = table_path(directory, generation)
    data = map_file(path)
    end = len(data) - _END.size
    start = end - _START.size
    if start < 0 or data[-len(_MAGIC) :] != _MAGIC:
        raise ForeignTableError(
            f"{directory}: written by another version or another program, or its table of contents"
            f" is cut short; {_REBUILD}"
        )
    damaged = DamagedIndexError(
        f"{path}: the table of contents is not as it was written; {mending(directory)}"
    )
    if len(data) > _MOST_BYTES or _END.unpack(data[end:])[0] != zlib.crc32(data[:end]):
        raise damaged
    offset, version = _START.unpack(data[start:end])
    if version != FORMAT_VERSION:
        raise NotAnIndexError(
            f"{directory}: written by another version, in format {version}; this one reads"
            f" {FORMAT_VERSION}; {_REBUILD}"
        )
    try:
        listed = json.loads(data[offset:start])
        packing, analysis = tuple(listed["packing"]), tuple(listed["analysis"])
        contents = Contents(
            listed["generation"],
            tuple(_entries(listed["segments"])),
            str(listed["stemming"]),
            data[offset - _checked_length(listed["remembered"], offset) : offset],
            packing in _READ_PACKINGS and analysis in _EARLIER_ANALYSES,
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise damaged from error
    if contents.generation != generation:
        raise damaged
    is_read = packing in _READ_PACKINGS and analysis == ANALYSIS
    if not is_read and not contents.is_earlier:
        raise NotAnIndexError(
            f"{directory}: written by another version, packed as {packing} with the analysis"
            f" {analysis}; this one reads {PACKING} with {ANALYSIS}; {_REBUILD}"
        )
    return contents


def _checked_length(length: object, most: int) -> int:
    """Return a length that a table tells. Raises ValueError if there is no room for it."""
    if not isinstance(length, int) or not 0 <= length <= most:
        raise ValueError(f"{length!r} bytes remembered")
    return length


def stemmed_otherwise(directory: str) -> NotAnIndexError:
    """Return the error that an index has stems of other rules than the stemmer's at hand."""
    return NotAnIndexError(
        f"{directory}: written by another version, of the stemmer; words would be found no more; to"
        f" convert it {mending(directory)}"
    )


def _entries(listed: Sequence[dict[str, object]]) -> Iterator[SegmentEntry]:
    """Yield the segments of a table. Raises ValueError, KeyError, TypeError, OverflowError."""
    for segment in listed:
        name, count = segment["name"], segment["documents"]
        deleted = np.array(segment["deleted"], np.int64)
        if not (isinstance(name, str) and generation_of(name) >= 0):
            raise ValueError(f"segment {name!r}")  # another name might lead out of the folder
        if not (isinstance(count, int) and 0 <= count < 1 << 31 and deleted.ndim == 1):
            raise ValueError(f"{count!r} documents")
        bounds = np.concatenate(([-1], deleted, [count]))
        if (np.diff(bounds) <= 0).any():
            raise ValueError("deleted documents")
        yield SegmentEntry(name, count, deleted.astype(np.int32))


def write_contents(directory: str, contents: Contents, whoosh_table: bytes) -> None:
    """Commit: write the table of contents after Whoosh's; it is on disk when this returns.

    Raises OSError, and even then the new table may be there, and IndexStorageError if the table is
    larger than readers take.
    """
    ours: dict[str, Any] = {
        "packing": PACKING,
        "analysis": ANALYSIS,
        "stemming": contents.stemming,
        "remembered": len(contents.remembered_json),
        "generation": contents.generation,
        "segments": [
            {
                "name": segment.name,
                "documents": segment.document_count,
                "deleted": segment.deleted.tolist(),
            }
            for segment in contents.segments
        ],
    }
    before = whoosh_table + contents.remembered_json
    data = before + json.dumps(ours).encode()
    data += _START.pack(len(before), FORMAT_VERSION)
    data += _END.pack(zlib.crc32(data), _MAGIC)
    if len(data) > _MOST_BYTES:
        raise IndexStorageError(
            f"{directory}: the table of contents would have {len(data):,} bytes, of which"
            f" {_MOST_BYTES:,} can be read; {_REBUILD}"
        )
    sync_folder(directory)  # the segments' names reach the disk before a table that lists them
    publish(table_path(directory, contents.generation), data)


def remove_unnamed(directory: str, contents: Contents, replaced: int = -1) -> None:
    """Remove the files of earlier commits and of writers that were stopped.

    ``replaced`` is the generation of the table that the commit has replaced, which may be damaged.
    Files that cannot be removed, as when the operating system protects open ones, are left for the
    next commit to remove.
    """
    with suppress(OSError):
        named = {name for segment in contents.segments for name in segment.files}
        former = unnamed(directory, contents.generation)
        if replaced >= 0:
            former.add(os.path.basename(table_path(directory, replaced)))
        _remove(directory, former - named)


def unnamed(directory: str, generation: int) -> set[str]:
    """Return the names of all files that this or earlier commits wrote, or stopped writers.

    The table of contents of ``generation``, the newest, is not among them. Raises OSError.
    """
    names = set(leftovers(directory, generation))
    # Where somebody else's file has the number of a commit, there is a gap before the next.
    for former in tables_in(directory):
        name = os.path.basename(table_path(directory, former))
        with suppress(NotAnIndexError):
            if former < generation and name not in names:
                names |= {name} if _read_table(directory, former).contents else set()
    return names


def remove_segments_of(directory: str, generation: int) -> None:
    """Remove the segments of a commit that failed, as far as possible."""
    with suppress(OSError):
        for name in segments_in(directory):
            if generation_of(name) == generation:
                _remove(directory, SegmentEntry(name, 0).files)


def _remove(directory: str, names: Iterable[str]) -> None:
    for name in names:
        path = os.path.join(directory, name)
        with suppress(OSError):
            if is_plain(path):
                os.remove(path)
