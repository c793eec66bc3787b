"""The lock of an index: one writer at a time, on this machine."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from whoosh.util.filelock import FileLock, try_for

from index.building.forks import fork_count, no_fork
from index.errors import IndexLockedError, NotAnIndexError
from index.segments.contents import LOCK_NAME

LOCK_TIMEOUT_SECONDS = 10.0


class Lock(NamedTuple):
    """A lock that is held: its file, the folders made for it, innermost first, and whose it is."""

    descriptor: int
    new_folders: Sequence[str]
    fork_count: int

    @property
    def is_ours(self) -> bool:
        """Whether this process has taken the lock, not one that it was forked from."""
        return self.fork_count == fork_count()


@contextmanager
def locked(directory: str) -> Iterator[Lock]:
    """Hold Whoosh's lock of an index; it makes the folder if there is none.

    It is the system's own lock, and the file is empty: nothing in it can be out of date. The system
    unlocks it when this process has ended, however it ends, and the building process with it. No
    child made by fork shares it.

    Raises IndexLockedError if another writer keeps it for more than LOCK_TIMEOUT_SECONDS,
    NotAnIndexError if its file is no plain one, and OSError.
    """
    path = os.path.join(directory, LOCK_NAME)
    # Whoosh would follow a link, and would wait for the other end of a pipe.
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise NotAnIndexError(f"{path}: no plain file, as an index's lock is; remove it")
    lock = FileLock(path)
    new_folders: list[str] = []

    def acquire() -> bool:
        missing = _missing_folders(directory)
        try:
            os.makedirs(directory)
            new_folders[:] = missing
        except FileExistsError:
            if not os.path.isdir(directory):
                raise
        with no_fork() as own:
            try:
                if not lock.acquire():
                    return False
                if os.fstat(lock.fd).st_nlink:
                    own.add(lock.fd)
                    return True
            except FileNotFoundError:
                return False  # the folder was removed meanwhile
            except OSError:
                if lock.fd is not None:
                    _release(lock)
                raise
            # The writer before this one has removed it, together with an index it had created.
            _release(lock)
            return False

    if not try_for(acquire, timeout=LOCK_TIMEOUT_SECONDS, delay=0.01):
        raise IndexLockedError(
            f"{directory}: another process has been writing to this index for "
            f"{LOCK_TIMEOUT_SECONDS:g} s and holds its lock {os.path.join(directory, LOCK_NAME)}; "
            "wait until it ends, then run again"
        )
    held = Lock(lock.fd, new_folders, fork_count())
    try:
        yield held
    finally:
        if held.is_ours:
            with no_fork() as own:
                own.discard(held.descriptor)
                _release(lock)


def _missing_folders(directory: str) -> list[str]:
    """Return the folders that making ``directory`` would make, innermost first."""
    folder = os.path.abspath(directory)
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _release(lock: Any) -> None:
    """Release a lock; if it cannot be unlocked, closing its file unlocks it."""
    try:
        lock.release()
    except OSError:
        descriptor, lock.fd = lock.fd, None
        with suppress(OSError):
            os.close(descriptor)
