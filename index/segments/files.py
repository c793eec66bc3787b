"""The files of an index on disk: mapped into memory, replaced at once, synced."""

import errno
import os
import stat
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from typing import BinaryIO

from index.errors import DamagedIndexError, mending

Buffer = mmap | bytes
"""The contents of a file, mapped or read."""


def map_file(path: str) -> Buffer:
    """Return the contents of a file, memory-mapped.

    Raises DamagedIndexError for a link, which may lead out of the index, and for anything else
    that is no plain file, which may never end. Raises OSError if the file cannot be read.
    """
    # Without O_NONBLOCK opening a pipe would wait for its other end.
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
            return b""  # an empty file cannot be mapped
        return mmap(descriptor, 0, access=ACCESS_READ)
    finally:
        os.close(descriptor)


def create(path: str) -> BinaryIO:
    """Create a file to write, for all who may use its folder.

    What the folder lets its group and others read or write, the file does too, whatever the umask:
    several users may share an index, and none can close it to the others. Where the system lets it,
    the file gets the folder's owner and group, so that root closes it to nobody.

    Raises FileExistsError, and OSError if the operating system refuses.
    """
    folder = os.stat(os.path.dirname(path) or os.curdir)
    file = open(path, "xb")  # noqa: SIM115
    try:
        follow_folder(file.fileno(), folder)
    except BaseException:
        file.close()
        raise
    return file


def follow_folder(descriptor: int, folder: os.stat_result) -> None:
    """Give an open file the owner, group and rights of its folder, where the system lets it."""
    for owner in (folder.st_uid, -1):
        with suppress(PermissionError):
            os.fchown(descriptor, owner, folder.st_gid)
            break
    mode = folder.st_mode & 0o066 | 0o600
    if os.fstat(descriptor).st_gid != folder.st_gid:
        # To the folder, the file's group are others.
        mode = mode & 0o606 | (mode & 0o006) << 3
    with suppress(OSError):  # some file systems have no modes
        os.fchmod(descriptor, mode)


def publish(path: str, data: bytes) -> None:
    """Write a file so that its name stands either for all of ``data``, on disk, or for nothing new.

    Raises OSError; then a file with ``.new`` after its name may be left.
    """
    unfinished = f"{path}.new"
    # A stopped writer may have left it. It is removed, since overwriting a link would follow it.
    with suppress(FileNotFoundError):
        os.remove(unfinished)
    with create(unfinished) as file:
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
