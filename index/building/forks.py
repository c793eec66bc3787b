"""What a child made by fork gets of a writer: nothing.

A child shares the open files of its parent. It would hold the lock after the parent's death, and
could unlock it, or write to the parent's segments, while the parent lives. With its end of the pipe
it would keep the building process, which holds the lock too, waiting for papers. So in each child
these descriptors lead nowhere from its first moment.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import BinaryIO

from index.segments.files import create


class OwnDescriptors:
    """The descriptors that are this process's own, and by how many forks it was made."""

    def __init__(self) -> None:
        self.forks = 0
        self._files: dict[int, tuple[int, int]] = {}
        self._no_fork = threading.RLock()

    def add(self, descriptor: int) -> None:
        """Let no child have a descriptor. Raises OSError."""
        self._files[descriptor] = _file_of(descriptor)

    def discard(self, descriptor: int) -> None:
        """Forget a descriptor, which is about to be closed."""
        self._files.pop(descriptor, None)

    def acquire(self) -> None:
        """Let no other thread fork."""
        self._no_fork.acquire()

    def release(self) -> None:
        """Let others fork again."""
        with suppress(RuntimeError):  # this was registered during a fork, after its beginning
            self._no_fork.release()

    def begin_child(self) -> None:
        """Give up the descriptors; this is called in a child before anything else."""
        self.forks += 1
        # A program in C may fork without asking, while a thread that the child lacks has the lock.
        self._no_fork = threading.RLock()
        files, self._files = self._files, {}
        for descriptor, file in files.items():
            with suppress(OSError):
                # After an interrupt the number may be that of another file.
                if _file_of(descriptor) == file:
                    _lead_nowhere(descriptor)


_own = OwnDescriptors()


@cache
def _register() -> None:
    os.register_at_fork(
        before=_own.acquire,
        after_in_parent=_own.release,
        after_in_child=_own.begin_child,
    )


def fork_count() -> int:
    """Return by how many forks this process was made since this module was first used.

    It differs between a process and each that was forked from it, as process ids need not: they are
    used again, and every container counts its own.
    """
    _register()
    return _own.forks


@contextmanager
def no_fork() -> Iterator[OwnDescriptors]:
    """Let no other thread fork in the block, which opens or closes what no child may have."""
    _register()
    _own.acquire()
    try:
        yield _own
    finally:
        _own.release()


@contextmanager
def own_file(path: str) -> Iterator[BinaryIO]:
    """Create a file that only this process writes, and close it at the end. Raises OSError."""
    with no_fork() as own:
        file = create(path)
        own.add(file.fileno())
    try:
        yield file
    finally:
        with no_fork() as own:
            own.discard(file.fileno())
            file.close()


def _file_of(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _lead_nowhere(descriptor: int) -> None:
    """Take a descriptor away from whatever still knows its number."""
    # Were it closed only, the next file would get the number, and be written to or closed.
    with suppress(OSError):
        os.close(descriptor)
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != descriptor:
            os.dup2(nowhere, descriptor, inheritable=False)
            os.close(nowhere)
