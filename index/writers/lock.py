"""The lock of an index: one writer at a time, on this machine."""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from whoosh.util.filelock import try_for

from index.building.forks import OwnDescriptors, fork_count, no_fork
from index.errors import IndexLockedError, NotAnIndexError
from index.segments.files import create, follow_folder
from index.segments.names import LOCK_NAME

LOCK_TIMEOUT_SECONDS = 10.0
_DELAY_SECONDS = 0.01


class Lock(NamedTuple):
    """A lock that is held: its file, the folders made for it, innermost first, and whose it is."""

    directory: str
    descriptor: int
    new_folders: Sequence[str]
    fork_count: int

    @property
    def is_ours(self) -> bool:
        """Whether this process has taken the lock, not one that it was forked from."""
        return self.fork_count == fork_count()

    def is_awaited(self) -> bool:
        """Tell whether another writer waits for the lock, as far as the system tells."""
        with no_fork():
            descriptor = -1
            try:
                descriptor = os.open(self.directory, os.O_RDONLY)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                return False  # some systems lock no folders
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
        return False

    @property
    def given_up_merges(self) -> int:
        """How many merges in a row were given up for a writer that waited."""
        return os.fstat(self.descriptor).st_size

    def note_given_up_merges(self, count: int) -> None:
        """Have the next writers know how many merges were given up; the lock's file has the size.

        If the system refuses, some more merges give way.
        """
        with suppress(OSError):
            os.ftruncate(self.descriptor, count)


@contextmanager
def locked(directory: str) -> Iterator[Lock]:
    """Hold Whoosh's lock of an index; it makes the folder if there is none.

    It is the system's own lock: what the file holds says nothing about it. The system
    unlocks it when this process has ended, however it ends, and the building process with it. No
    child made by fork shares it. A writer that waits says so by a shared lock of the folder itself.

    Raises IndexLockedError if another writer keeps it for more than LOCK_TIMEOUT_SECONDS,
    NotAnIndexError if its file is no plain one, and OSError.
    """
    path = os.path.join(directory, LOCK_NAME)
    with suppress(FileNotFoundError, NotADirectoryError):
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise NotAnIndexError(f"{path}: no plain file, as an index's lock is; remove it")
    new_folders: list[str] = []
    descriptor = waiting = -1
    refusal: OSError | None = None

    def acquire() -> bool:
        nonlocal descriptor, waiting, refusal
        refusal = None
        missing = _missing_folders(directory)
        try:
            os.makedirs(directory)
            new_folders[:] = missing
        except FileExistsError:
            # A folder that is gone by now was another writer's, which has removed it.
            with suppress(FileNotFoundError):
                mode = os.lstat(directory).st_mode
                if not stat.S_ISDIR(mode) and not os.path.isdir(directory):
                    raise
        except FileNotFoundError as error:
            # The writer that had made a folder above may have removed it, or the system refuses.
            refusal = error
            return False
        with no_fork() as own:
            descriptor = _take(path, own)
            if descriptor < 0 and waiting < 0:
                waiting = _ask_for(directory, own)
        return descriptor >= 0

    try:
        is_taken = try_for(acquire, timeout=LOCK_TIMEOUT_SECONDS, delay=_DELAY_SECONDS)
    finally:
        if waiting >= 0:
            with no_fork() as own:
                own.discard(waiting)
                _release(waiting)
    if not is_taken:
        if refusal:
            raise refusal
        raise IndexLockedError(
            f"{directory}: another process has been writing to this index for "
            f"{LOCK_TIMEOUT_SECONDS:g} s and holds its lock {os.path.join(directory, LOCK_NAME)}; "
            "wait until it ends, then run again"
        )
    held = Lock(directory, descriptor, new_folders, fork_count())
    try:
        yield held
    finally:
        if held.is_ours:
            with no_fork() as own:
                own.discard(descriptor)
                _release(descriptor)


def _missing_folders(directory: str) -> list[str]:
    """Return the folders that making ``directory`` would make, innermost first."""
    folder = os.path.abspath(directory)
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _take(path: str, own: OwnDescriptors) -> int:
    """Lock the lock's file, and return its descriptor; -1 if another writer holds or removed it."""
    try:
        with suppress(FileExistsError):
            create(path).close()
        # What stands there now need not be a plain file any more.
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return -1  # the folder, or the lock, was removed meanwhile
    try:
        # As Whoosh does it, so that no writer of Whoosh's own comes between.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            own.add(descriptor)
            # The file may be older than the decision to share the folder.
            with suppress(OSError):
                follow_folder(descriptor, os.stat(os.path.dirname(path)))
            return descriptor
        # The writer before this one has removed it, together with an index it had created.
    except BlockingIOError:
        pass
    except BaseException:
        _release(descriptor)
        raise
    _release(descriptor)
    return -1


def _ask_for(directory: str, own: OwnDescriptors) -> int:
    """Lock the folder together with all who wait, and return its descriptor; -1 if that fails."""
    descriptor = -1
    try:
        descriptor = os.open(directory, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        own.add(descriptor)
    except OSError:
        if descriptor >= 0:
            _release(descriptor)
        return -1
    return descriptor


def _release(descriptor: int) -> None:
    """Unlock the lock's file or the folder; if that cannot be done, closing it does."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    with suppress(OSError):
        os.close(descriptor)
