"""The table of contents: which segments a commit has.

It stands behind Whoosh's table in the same file, where Whoosh does not look. Whoosh's is a pickle,
which may run anything when it is read; it is written for Whoosh alone, and nothing here reads it.

Layout, all numbers little-endian::

    Whoosh's table
    ours           JSON: the generation; of each segment the name, the count of documents, and the
                   numbers of those deleted
    trailer        offset of ours, version, CRC-32 of all that stands before it, magic
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
from index.segments.files import map_file, publish, sync_folder
from index.segments.segment import DOCUMENTS_EXTENSION, POSTINGS_EXTENSION

FORMAT_VERSION = 1
"""Raised with every change of the table, the segments, the fields or the analysis of texts."""

INDEX_NAME = "MAIN"
"""What Whoosh calls an index that was given no name; every file name has it."""

LOCK_NAME = f"{INDEX_NAME}_WRITELOCK"

_REBUILD = "build it again in an empty folder: searcher index PATH --index FOLDER"
_MAGIC = b"PAPTABLE"
_START = struct.Struct("<QI")
_END = struct.Struct("<I8s")
_TABLE = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
# Whoosh's own writer, and ours before it wrote tables, put the time behind the name of one unready.
_UNFINISHED_TABLE = re.compile(rf"{_TABLE.pattern}\.(new|[0-9]+\.[0-9]+)")
_SEGMENT = re.compile(rf"{INDEX_NAME}_[0-9a-z]+")
_SEGMENT_FILE = re.compile(rf"({_SEGMENT.pattern})\.(postings|documents)")
_GENERATION = re.compile(rf"{INDEX_NAME}_([0-9a-f]{{8}})[0-9a-f]{{16}}")
# Some 30 million deleted documents.
_MOST_BYTES = 1 << 28


class ForeignTableError(NotAnIndexError):
    """A table does not end as ours do: another program's, an old version's, or one cut short."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A segment as a commit has it.

    ``name``: what its files are called but for their extensions. ``document_count``: deleted
    documents included. ``deleted``: their numbers, ascending.
    """

    name: str
    document_count: int
    deleted: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def live_count(self) -> int:
        """How many documents are not deleted."""
        return self.document_count - len(self.deleted)

    @property
    def live(self) -> NDArray[np.bool_]:
        """Which document numbers are not deleted."""
        mask = np.ones(self.document_count, np.bool_)
        mask[self.deleted] = False
        return mask

    def is_deleted(self, number: int) -> bool:
        """Tell whether a document is deleted."""
        at = int(np.searchsorted(self.deleted, number))
        return at < len(self.deleted) and int(self.deleted[at]) == number

    @property
    def files(self) -> tuple[str, str]:
        """The names of its files: postings, documents."""
        return self.name + POSTINGS_EXTENSION, self.name + DOCUMENTS_EXTENSION


@dataclass(frozen=True, slots=True)
class Contents:
    """What a commit has: ``generation`` counts the commits of the index."""

    generation: int
    segments: tuple[Segment, ...]


def latest_generation(directory: str) -> int:
    """Return the generation of the newest table of contents, -1 without one. Raises OSError."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return -1
    return max((int(found[1]) for found in map(_TABLE.fullmatch, names) if found), default=-1)


def segment_name(generation: int, suffix: str) -> str:
    """Return the name of a segment that the commit of a generation has first."""
    return f"{INDEX_NAME}_{generation:08x}{suffix}"


def segments_in(directory: str) -> list[str]:
    """Return the names of all segments of which a file is there, an earlier commit's first.

    It may be that none or not all belong to the last commit. Raises OSError.
    """
    listed = os.listdir(directory) if os.path.isdir(directory) else ()
    names = {
        root
        for root, extension in map(os.path.splitext, listed)
        if extension in (POSTINGS_EXTENSION, DOCUMENTS_EXTENSION) and _SEGMENT.fullmatch(root)
    }
    return sorted(names, key=lambda name: (generation_of(name), name))


def generation_of(segment_name: str) -> int:
    """Return the generation of the commit that had a segment first, 0 if its name does not tell."""
    found = _GENERATION.fullmatch(segment_name)
    return int(found[1], 16) if found else 0


def table_path(directory: str, generation: int) -> str:
    """Return where the table of contents of a generation stands."""
    return os.path.join(directory, f"_{INDEX_NAME}_{generation}.toc")


def read_contents(directory: str) -> Contents | None:
    """Return the newest table of contents, None if there is none.

    Raises NotAnIndexError if another version or another program wrote it, DamagedIndexError if it
    is not as it was written, and OSError; FileNotFoundError too where a commit has just put a newer
    one in its place.
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
        contents = Contents(listed["generation"], tuple(_segments(listed["segments"])))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise damaged from error
    if contents.generation != generation:
        raise damaged
    return contents


def _segments(listed: Sequence[dict[str, object]]) -> Iterator[Segment]:
    """Yield the segments of a table. Raises ValueError, KeyError, TypeError, OverflowError."""
    for of in listed:
        name, count = of["name"], of["documents"]
        deleted = np.array(of["deleted"], np.int64)
        if not (isinstance(name, str) and _SEGMENT.fullmatch(name)):
            raise ValueError(f"segment {name!r}")  # which might lead out of the folder
        if not (isinstance(count, int) and 0 <= count < 1 << 31 and deleted.ndim == 1):
            raise ValueError(f"{count!r} documents")
        bounds = np.concatenate(([-1], deleted, [count]))
        if (np.diff(bounds) <= 0).any():
            raise ValueError("deleted documents")
        yield Segment(name, count, deleted.astype(np.int32))


def write_contents(directory: str, contents: Contents, whoosh_table: bytes) -> None:
    """Commit: write the table of contents behind Whoosh's, on disk when this returns.

    Raises OSError; the table may be there all the same.
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
    sync_folder(directory)  # the names of the segments, before anything names them
    publish(table_path(directory, contents.generation), data)


def remove_unnamed(directory: str, contents: Contents) -> None:
    """Remove the files of earlier commits, and what writers left that were stopped.

    What cannot be removed, as where the operating system keeps open files, stays for the next time.
    """
    with suppress(OSError):
        _remove(directory, unnamed(os.listdir(directory), contents))


def unnamed(names: Iterable[str], contents: Contents) -> Iterator[str]:
    """Yield those of the names that writers give, but that are no part of a commit."""
    named = {name for segment in contents.segments for name in segment.files}
    named.add(os.path.basename(table_path("", contents.generation)))
    for name in names:
        if name not in named and (is_table(name) or _SEGMENT_FILE.fullmatch(name)):
            yield name


def is_table(name: str) -> bool:
    """Tell whether a file has the name of a table of contents, finished or not."""
    return bool(_TABLE.fullmatch(name) or _UNFINISHED_TABLE.fullmatch(name))


def remove_segments_of(directory: str, generation: int) -> None:
    """Remove the segments of a commit that did not come about, as far as possible."""
    with suppress(OSError):
        for name in segments_in(directory):
            if generation_of(name) == generation:
                _remove(directory, Segment(name, 0).files)


def _remove(directory: str, names: Iterable[str]) -> None:
    for name in names:
        with suppress(OSError):
            os.remove(os.path.join(directory, name))
