"""The bytes of seed files and of standard input: counted, and unpacked within bounds."""

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

MIN_UNPACKED_BYTES = 1 << 26
MAX_UNPACKED_RATIO = 200
"""How many times its size a packed file may unpack to; MIN_UNPACKED_BYTES are always allowed.

Papers pack to a fifth. A file that packs to far less was made to fill a machine.
"""

READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading may raise, from a disk or from what is packed."""


def open_file(
    path: str, size: int, buffer_bytes: int, on_bytes: Callable[[int], None] | None = None
) -> io.BufferedReader:
    """Open a file of ``size`` bytes, unpacked if its contents begin as those of gzip do.

    ``on_bytes`` is called with the number of stored bytes each time that some are read. Reading
    raises the READ_ERRORS, also for what unpacks to more than it may.
    """
    return _unpacked(_CountedFile(path, on_bytes), size, buffer_bytes)


def open_standard_input(
    buffer_bytes: int, on_bytes: Callable[[int], None] | None = None
) -> tuple[io.BufferedReader, int]:
    """Open standard input as ``open_file`` does; also return its size if it is a file, else 0.

    Raises OSError if there is nothing to read.
    """
    source, size = _standard_input()
    return _unpacked(_CountedStream(source, on_bytes), size, buffer_bytes), size


def rejoined(head: bytes, rest: io.BufferedReader, buffer_bytes: int) -> io.BufferedReader:
    """Return a stream of ``head``, which was already read, followed by the rest."""
    return io.BufferedReader(_JoinedStream(head, rest), buffer_bytes)


class _CountedStream(io.RawIOBase):
    """A stream that counts the bytes read, and calls ``on_bytes`` with the number of each time."""

    def __init__(self, source: BinaryIO, on_bytes: Callable[[int], None] | None = None) -> None:
        self.byte_count = 0
        self._source = source
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        byte_count: int = self._source.readinto(buffer)  # type: ignore[attr-defined]
        self.byte_count += byte_count
        if byte_count and self._on_bytes:
            self._on_bytes(byte_count)
        return byte_count


class _CountedFile(_CountedStream):
    """The same for a file, which is closed with it."""

    def __init__(self, path: str, on_bytes: Callable[[int], None] | None = None) -> None:
        super().__init__(cast(BinaryIO, io.FileIO(path)), on_bytes)

    def close(self) -> None:
        self._source.close()
        super().close()


class _UnpackedStream(io.RawIOBase):
    """The contents of a packed stream, as long as they are in proportion to its size.

    ``size`` is 0 if unknown; what was read so far takes its place.
    """

    def __init__(self, stored: io.BufferedReader, counted: _CountedStream, size: int) -> None:
        self._stored = stored
        self._counted = counted
        self._size = size
        self._gzip = gzip.GzipFile(fileobj=stored)
        self._unpacked_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # One step, so that what was unpacked before an error is not lost with it.
        content = self._gzip.read1(len(buffer))
        self._unpacked_bytes += len(content)
        size = self._size or self._counted.byte_count
        if self._unpacked_bytes > max(MIN_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size):
            raise EOFError(f"it unpacks to more than {MAX_UNPACKED_RATIO} times its size")
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._stored.close()
        super().close()


class _JoinedStream(io.RawIOBase):
    """What was already read of a stream, and then the rest of it."""

    def __init__(self, head: bytes, rest: io.BufferedReader) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        content = content or self._rest.read1(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def _unpacked(stored: _CountedStream, size: int, buffer_bytes: int) -> io.BufferedReader:
    """Return the contents of a seed file, unpacked if they begin as those of gzip do."""
    buffered: io.BufferedReader = io.BufferedReader(stored, buffer_bytes)
    if buffered.peek(2)[:2] != b"\x1f\x8b":
        return buffered
    return io.BufferedReader(_UnpackedStream(buffered, stored, size), buffer_bytes)


def _standard_input() -> tuple[BinaryIO, int]:
    if sys.stdin is None or sys.stdin.closed or not hasattr(sys.stdin, "buffer"):
        raise OSError("there is no standard input")
    if sys.stdin.isatty():
        raise OSError("it is a terminal; name a file, or send one in: searcher index - < FILE")
    try:
        status = os.fstat(sys.stdin.fileno())
    except OSError:  # of a stream that stands in for it
        return sys.stdin.buffer, 0
    return sys.stdin.buffer, status.st_size if stat.S_ISREG(status.st_mode) else 0
