"""The files of an index on disk: mapped into memory, replaced at once, synced."""

import errno
import os
import stat
from contextlib import suppress
from mmap import ACCESS_READ, mmap

from index.errors import DamagedIndexError, mending


def map_file(path: str) -> "mmap | bytes":
    """Return the contents of a file, memory-mapped.

    Raises DamagedIndexError for a link, which may lead out of the index, and for anything else
    that is no plain file, which may never end; OSError if it cannot be read.
    """
    # Without O_NONBLOCK a pipe would be waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedIndexError(
                f"{path}: a link, which no file of an index is; {mending(os.path.dirname(path))}"
            ) from error
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedIndexError(
                f"{path}: no plain file, as every file of an index is; "
                f"{mending(os.path.dirname(path))}"
            )
        if not status.st_size:
            return b""  # which cannot be mapped
        return mmap(descriptor, 0, access=ACCESS_READ)
    finally:
        os.close(descriptor)


def publish(path: str, data: bytes) -> None:
    """Write a file so that its name stands for all of ``data``, on disk, or for nothing new.

    Raises OSError; then a file of that name with ``.new`` behind may be left.
    """
    unfinished = f"{path}.new"
    # What a writer left that was stopped; not written over, for a link leads out of the folder.
    with suppress(FileNotFoundError):
        os.remove(unfinished)
    with open(unfinished, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    sync_folder(os.path.dirname(path))


def sync_folder(path: str) -> None:
    """Wait until the names in a folder are on disk. Raises OSError."""
    descriptor = os.open(path or os.curdir, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
