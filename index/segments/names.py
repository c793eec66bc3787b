"""The names of an index's files, and which files in its folder are its own.

Its own are plain files of names that this program writes: numbers without leading zeros and within
bounds, lower case, no link, folder or device. Nothing else is opened or removed, whatever it is
called.
"""

import os
import re
import stat
from collections.abc import Iterator

from index.errors import IndexStorageError

INDEX_NAME = "MAIN"
"""What Whoosh calls an index without a name of its own; every file name has it."""

LOCK_NAME = f"{INDEX_NAME}_WRITELOCK"
SUGGESTIONS_NAME = f"{INDEX_NAME}_SUGGESTIONS"
POSTINGS_EXTENSION = ".postings"
DOCUMENTS_EXTENSION = ".documents"

MOST_GENERATION = 999_999_999
"""One commit a second for thirty years; a higher number is not this program's."""

_TABLE = re.compile(rf"_{INDEX_NAME}_(0|[1-9][0-9]{{0,8}})\.toc")
_UNFINISHED_TABLE = re.compile(rf"{_TABLE.pattern}\.new")
_SEGMENT = re.compile(rf"{INDEX_NAME}_([0-9a-f]{{8}})[0-9a-f]{{16}}")
_SEGMENT_FILE = re.compile(rf"({_SEGMENT.pattern})({POSTINGS_EXTENSION}|{DOCUMENTS_EXTENSION})")


def table_path(directory: str, generation: int) -> str:
    """Return the path of the table of contents of a generation."""
    return os.path.join(directory, f"_{INDEX_NAME}_{generation}.toc")


def segment_name(generation: int, suffix: str) -> str:
    """Return the name of a segment that is written for the commit of a generation."""
    return f"{INDEX_NAME}_{generation:08x}{suffix}"


def generation_of(segment_name: str) -> int:
    """Return the generation that a segment was written for, -1 if no segment is called so."""
    match = _SEGMENT.fullmatch(segment_name)
    generation = int(match[1], 16) if match else -1
    return generation if generation <= MOST_GENERATION else -1


def names_in(directory: str) -> list[str]:
    """Return the names in a folder, none if there is no such folder. Raises OSError."""
    try:
        return os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []


def tables_in(directory: str) -> list[int]:
    """Return the generations of the tables of contents in a folder, ascending. Raises OSError.

    If none of them is a plain file, all are returned: one may have taken the place of the index's.
    """
    found = sorted(_numbers(directory, _TABLE))
    return [one for one in found if is_plain(table_path(directory, one))] or found


def segments_in(directory: str) -> list[str]:
    """Return the names of all segments with a file in the folder, oldest commit first.

    Some of them, or all, may be no part of the newest commit. Raises OSError.
    """
    return sorted({segment for _, segment in _segment_files(directory)})


def unfinished_in(directory: str) -> list[str]:
    """Return the names of tables that a writer was stopped in writing. Raises OSError."""
    return [
        name
        for name in names_in(directory)
        if _UNFINISHED_TABLE.fullmatch(name) and is_plain(os.path.join(directory, name))
    ]


def suggestions_path(directory: str) -> str:
    """Return the path of what was made ready to be suggested."""
    return os.path.join(directory, SUGGESTIONS_NAME)


def next_generation(directory: str, newest: int) -> int:
    """Return the generation of the commit that follows the newest one.

    That is the next number, unless somebody else's files have such names. Then it is the first
    number that is not one of theirs, nor next to one, which would be taken for the commit before or
    after it. Raises OSError, and
    IndexStorageError if no number is left.
    """
    taken = set(_numbers(directory, _TABLE)) - {newest}
    for number in _numbers(directory, _UNFINISHED_TABLE):
        if not is_plain(f"{table_path(directory, number)}.new"):
            taken.add(number)
    generation = newest + 1
    while taken & {generation - 1, generation, generation + 1}:
        generation += 1
    if generation > MOST_GENERATION:
        raise IndexStorageError(
            f"{directory}: no number is left for another commit; build it again in an empty folder:"
            " searcher index PATH --index FOLDER"
        )
    return generation


def leftovers(directory: str, newest: int) -> Iterator[str]:
    """Yield the names of files that commits before the newest, or stopped writers, left behind.

    Among them are the newest commit's own segments. Of the earlier tables it yields those whose
    numbers lead up to the newest without a gap; the others may be somebody else's, which only their
    contents tell. Raises OSError.
    """
    tables = tables_in(directory)
    former = newest - 1
    while former in tables:
        yield os.path.basename(table_path(directory, former))
        former -= 1
    for name in unfinished_in(directory):
        match = _UNFINISHED_TABLE.fullmatch(name)
        if match and int(match[1]) <= newest + 1:
            yield name
    unfinished = f"{SUGGESTIONS_NAME}.new"
    if unfinished in names_in(directory) and is_plain(os.path.join(directory, unfinished)):
        yield unfinished
    for name, segment in _segment_files(directory):
        if generation_of(segment) <= newest + 1:
            yield name


def is_plain(path: str) -> bool:
    """Return whether a plain file is there. Raises OSError other than that nothing is there."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _segment_files(directory: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each file of a segment, and the segment's."""
    for name in names_in(directory):
        match = _SEGMENT_FILE.fullmatch(name)
        if match and generation_of(match[1]) >= 0 and is_plain(os.path.join(directory, name)):
            yield name, match[1]


def _numbers(directory: str, pattern: re.Pattern[str]) -> Iterator[int]:
    matches = map(pattern.fullmatch, names_in(directory))
    return (int(match[1]) for match in matches if match)
