"""How an index is opened: the newest commit, with all files of its segments mapped.

This is the only way to open one; searching, writing, checking and repairing all come through here.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import numpy as np

from index.errors import (
    DamagedIndexError,
    IndexStorageError,
    NotAnIndexError,
    SearchError,
    building,
    mending,
)
from index.segments.arrayfile import ArrayFile
from index.segments.contents import (
    Contents,
    SegmentEntry,
    current,
    find_table,
)
from index.segments.documents import DocumentsReader
from index.segments.files import Buffer, map_file
from index.segments.names import segments_in, suggestions_path, table_path, tables_in
from index.segments.postings import PostingsReader

UNKNOWN_COUNT = -1
"""The document count of a segment's entry if no table of contents can be read."""

_ATTEMPTS = 20


class Segment(NamedTuple):
    """An opened segment; its documents are numbered from ``first_document`` on in the index."""

    entry: SegmentEntry
    postings: PostingsReader
    documents: DocumentsReader
    first_document: int


class MappedSegment(NamedTuple):
    """A segment with its two files mapped, or with the error that says why one cannot be."""

    entry: SegmentEntry
    postings: Buffer | DamagedIndexError
    documents: Buffer | DamagedIndexError


class MappedIndex(NamedTuple):
    """A commit with all its files mapped, so that no later commit takes them away.

    ``generation`` is that of its table of contents, -1 if there is none. If the table cannot be
    read ``contents`` is None, ``table_error`` says why, and ``segments`` are all those with a file
    in the folder, oldest first, their document counts unknown and no document deleted. ``names``
    are those of all files in the folder.
    """

    generation: int
    contents: Contents | None
    table_error: SearchError | None
    segments: tuple[MappedSegment, ...]
    names: tuple[str, ...]


def map_index(directory: str) -> MappedIndex:
    """Map the newest commit of the index in ``directory``, as far as its files allow.

    Raises NotAnIndexError if there is no index and IndexStorageError if the folder cannot be read.
    A table of contents that is damaged or another program's is raised too if no segment is there.
    """
    # A commit that comes between removes the files that the table before it names, so what was
    # mapped counts only if no newer table has appeared meanwhile.
    for _ in range(_ATTEMPTS):
        try:
            tables = tables_in(directory)
            index = _map_commit(directory)
            if tables_in(directory) == tables and index is not None:
                return index
        except OSError as error:
            raise IndexStorageError(
                f"{directory}: the index cannot be read ({error.strerror or error}); "
                "check its rights"
            ) from error
    raise IndexStorageError(f"{directory}: the index keeps changing; try again")


def commit_mark(directory: str) -> str:
    """Return a text that changes with each commit of an index, and when its phrases are chosen.

    It lists one folder and opens nothing. It is empty if there is no index, or none to be read.
    """
    try:
        tables = tables_in(directory)
        paths = [table_path(directory, one) for one in tables[-1:]] + [suggestions_path(directory)]
        files = [os.stat(path) for path in paths if os.path.exists(path)]
    except OSError:
        return ""
    # An index built anew in the folder of another begins with the same generation.
    facts = [(one.st_ino, one.st_size, one.st_mtime_ns) for one in files]
    return f"{tables[-1]}-{crc32(repr(facts).encode()):08x}" if tables else ""


def open_index(directory: str) -> tuple[Segment, ...]:
    """Open every segment of the newest commit of the index in ``directory``.

    Raises the errors of ``open_commit``.
    """
    _, segments = open_commit(directory)
    return segments


def open_commit(directory: str) -> tuple[Contents, tuple[Segment, ...]]:
    """Open the newest commit of the index in ``directory``: its contents and every segment.

    Raises NotAnIndexError if there is no index or another version's, DamagedIndexError if a file is
    missing or damaged, and IndexStorageError if the folder cannot be read.
    """
    index = map_index(directory)
    if index.table_error:
        raise _copy(index.table_error)
    assert index.contents, "a table that can be read"
    return current(directory, index.contents), _read_segments(directory, index.segments)


def open_segments(
    directory: str, entries: Iterable[SegmentEntry], first_document: int = 0
) -> tuple[Segment, ...]:
    """Open segments that no writer can remove meanwhile, and number on from ``first_document``.

    Raises DamagedIndexError if a file is missing or damaged, and OSError.
    """
    mapped = [_map_segment(directory, entry) for entry in entries]
    return _read_segments(directory, mapped, first_document)


def _map_commit(directory: str) -> MappedIndex | None:
    """Map the newest commit; None if its table has been removed since the folder was listed."""
    try:
        table = find_table(directory)
    except FileNotFoundError:
        return None
    contents, table_error, names = None, None, list[str]()
    if table:
        contents, table_error = table.contents, table.error
    elif tables_in(directory):
        return None
    if contents is None:
        names = segments_in(directory)
        if not names:
            none_here = NotAnIndexError(f"{directory}: no index here; {building(directory)}")
            raise table_error or none_here
        table_error = table_error or DamagedIndexError(
            f"{directory}: the table of contents is missing; {mending(directory)}"
        )
    if contents is not None and contents.generation == 0:
        raise NotAnIndexError(
            f"{directory}: no index here yet, a build has begun and has not ended; wait for it, or"
            f" {building(directory)}"
        )
    nothing_deleted = np.zeros(0, np.int32)
    entries = (
        contents.segments
        if contents
        else [SegmentEntry(name, UNKNOWN_COUNT, nothing_deleted) for name in names]
    )
    return MappedIndex(
        table.generation if table else -1,
        contents,
        table_error,
        tuple([_map_segment(directory, entry) for entry in entries]),
        tuple(os.listdir(directory)),
    )


def _map_segment(directory: str, entry: SegmentEntry) -> MappedSegment:
    postings, documents = (_map_or_error(os.path.join(directory, name)) for name in entry.files)
    return MappedSegment(entry, postings, documents)


def _map_or_error(path: str) -> Buffer | DamagedIndexError:
    try:
        return map_file(path)
    except FileNotFoundError:
        directory = os.path.dirname(path)
        return DamagedIndexError(f"{path}: the file is missing; {mending(directory)}")
    except DamagedIndexError as error:
        return error.with_traceback(None)


def _copy(error: SearchError) -> SearchError:
    """Return a copy of a stored error to raise.

    Raised itself, it would hold the frames of its traceback, which hold it and all mapped files: a
    cycle that keeps the files until a garbage collection.
    """
    return type(error)(*error.args)


def _read_segments(
    directory: str, mapped: Iterable[MappedSegment], first_document: int = 0
) -> tuple[Segment, ...]:
    """Read the segments' directories of arrays. Raises DamagedIndexError."""
    segments = []
    for segment in mapped:
        entry = segment.entry
        files = []
        for buffer, name in zip((segment.postings, segment.documents), entry.files, strict=True):
            if isinstance(buffer, DamagedIndexError):
                raise _copy(buffer)
            files.append(ArrayFile(buffer, os.path.join(directory, name)))
        documents = DocumentsReader(files[1])
        if documents.count != entry.document_count:
            raise files[1].damage(
                f"{documents.count:,} documents, the table of contents promises "
                f"{entry.document_count:,}"
            )
        postings = PostingsReader(files[0], entry.document_count)
        segments.append(Segment(entry, postings, documents, first_document))
        first_document += entry.document_count
    return tuple(segments)
