"""The table of contents: which segments a commit has.

It stands after Whoosh's own table in the same file, where Whoosh does not look. Whoosh's table is a
pickle, which may run anything when it is read. It is written for Whoosh alone and never read here.

Layout, all numbers little-endian::

    Whoosh's table
    our table      JSON: the generation and, for each segment, its name, its number of documents
                   and the numbers of its deleted documents
    trailer        offset of our table, version, CRC-32 of everything before it, magic
"""

import json
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndexError, NotAnIndexError, mending
from index.segments.files import (
    DOCUMENTS_EXTENSION,
    POSTINGS_EXTENSION,
    map_file,
    publish,
    sync_folder,
)

FORMAT_VERSION = 1
"""Raised with every change of the table, the segments, the fields or the analysis of text."""

INDEX_NAME = "MAIN"
"""What Whoosh calls an index without a name of its own; every file name has it."""

LOCK_NAME = f"{INDEX_NAME}_WRITELOCK"

_REBUILD = "build it again in an empty folder: searcher index PATH --index FOLDER"
_MAGIC = b"PAPTABLE"
_START = struct.Struct("<QI")
_END = struct.Struct("<I8s")
_TABLE = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
# Whoosh's own writer puts the time after the name of an unfinished table.
_UNFINISHED_TABLE = re.compile(rf"{_TABLE.pattern}\.(new|[0-9]+\.[0-9]+)")
_SEGMENT = re.compile(rf"{INDEX_NAME}_[0-9a-z]+")
_SEGMENT_FILE = re.compile(rf"({_SEGMENT.pattern})\.(postings|documents)")
_GENERATION = re.compile(rf"{INDEX_NAME}_([0-9a-f]{{8}})[0-9a-f]{{16}}")
# Some 30 million deleted documents.
_MOST_BYTES = 1 << 28


class ForeignTableError(NotAnIndexError):
    """A table does not end as ours do: it is another program's, an old version's, or cut short."""


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(frozen=True, slots=True)
class Contents:
    """The segments of a commit; ``generation`` counts the commits of the index."""

    generation: int
    segments: tuple[SegmentEntry, ...]


def latest_generation(directory: str) -> int:
    """Return the generation of the newest table of contents, -1 without one. Raises OSError."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return -1
    matches = map(_TABLE.fullmatch, names)
    return max((int(match[1]) for match in matches if match), default=-1)


def segment_name(generation: int, suffix: str) -> str:
    """Return the name of a segment that is written for the commit of a generation."""
    return f"{INDEX_NAME}_{generation:08x}{suffix}"


def segments_in(directory: str) -> list[str]:
    """Return the names of all segments with a file in the folder, oldest commit first.

    Some of them, or all, may be no part of the newest commit. Raises OSError.
    """
    listed = os.listdir(directory) if os.path.isdir(directory) else ()
    names = {
        root
        for root, extension in map(os.path.splitext, listed)
        if extension in (POSTINGS_EXTENSION, DOCUMENTS_EXTENSION) and _SEGMENT.fullmatch(root)
    }
    return sorted(names, key=lambda name: (generation_of(name), name))


def generation_of(segment_name: str) -> int:
    """Return the generation that a segment was written for, 0 if its name does not say."""
    match = _GENERATION.fullmatch(segment_name)
    return int(match[1], 16) if match else 0


def table_path(directory: str, generation: int) -> str:
    """Return the path of the table of contents of a generation."""
    return os.path.join(directory, f"_{INDEX_NAME}_{generation}.toc")


def read_contents(directory: str) -> Contents | None:
    """Return the newest table of contents, None if there is none.

    Raises NotAnIndexError if another version or another program wrote it, DamagedIndexError if it
    is not as it was written, and OSError: FileNotFoundError if a commit has just replaced it.
    """
    generation = latest_generation(directory)
    if generation < 0:
        return None
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
        contents = Contents(listed["generation"], tuple(_entries(listed["segments"])))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise damaged from error
    if contents.generation != generation:
        raise damaged
    return contents


def _entries(listed: Sequence[dict[str, object]]) -> Iterator[SegmentEntry]:
    """Yield the segments of a table. Raises ValueError, KeyError, TypeError, OverflowError."""
    for segment in listed:
        name, count = segment["name"], segment["documents"]
        deleted = np.array(segment["deleted"], np.int64)
        if not (isinstance(name, str) and _SEGMENT.fullmatch(name)):
            raise ValueError(f"segment {name!r}")  # another name might lead out of the folder
        if not (isinstance(count, int) and 0 <= count < 1 << 31 and deleted.ndim == 1):
            raise ValueError(f"{count!r} documents")
        bounds = np.concatenate(([-1], deleted, [count]))
        if (np.diff(bounds) <= 0).any():
            raise ValueError("deleted documents")
        yield SegmentEntry(name, count, deleted.astype(np.int32))


def write_contents(directory: str, contents: Contents, whoosh_table: bytes) -> None:
    """Commit: write the table of contents after Whoosh's; it is on disk when this returns.

    Raises OSError, and even then the new table may be there.
    """
    ours = {
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
    data = whoosh_table + json.dumps(ours).encode()
    data += _START.pack(len(whoosh_table), FORMAT_VERSION)
    data += _END.pack(zlib.crc32(data), _MAGIC)
    sync_folder(directory)  # the segments' names reach the disk before a table that lists them
    publish(table_path(directory, contents.generation), data)


def remove_unnamed(directory: str, contents: Contents) -> None:
    """Remove the files of earlier commits and of writers that were stopped.

    Files that cannot be removed, as when the operating system protects open ones, are left for the
    next commit to remove.
    """
    with suppress(OSError):
        _remove(directory, unnamed(os.listdir(directory), contents))


def unnamed(names: Iterable[str], contents: Contents) -> Iterator[str]:
    """Yield the names, among those given, of index files that are no part of a commit."""
    named = {name for segment in contents.segments for name in segment.files}
    named.add(os.path.basename(table_path("", contents.generation)))
    for name in names:
        if name not in named and (is_table(name) or _SEGMENT_FILE.fullmatch(name)):
            yield name


def is_table(name: str) -> bool:
    """Return whether a file is called like a table of contents, finished or not."""
    return bool(_TABLE.fullmatch(name) or _UNFINISHED_TABLE.fullmatch(name))


def remove_segments_of(directory: str, generation: int) -> None:
    """Remove the segments of a commit that failed, as far as possible."""
    with suppress(OSError):
        for name in segments_in(directory):
            if generation_of(name) == generation:
                _remove(directory, SegmentEntry(name, 0).files)


def _remove(directory: str, names: Iterable[str]) -> None:
    for name in names:
        with suppress(OSError):
            os.remove(os.path.join(directory, name))
