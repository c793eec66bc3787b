"""A file of named arrays: written once, memory-mapped, every byte under a checksum.

Layout, all numbers little-endian::

    magic                8 bytes
    arrays               each starting at a multiple of 8 bytes
    directory            JSON: the writer's facts; name, type, count and offset of each array
    checksums            CRC-32 of each BLOCK_BYTES of everything before them
    trailer              offsets of directory and checksums, CRC-32 of the checksums, version, magic

A block is checked when it is first touched, so opening a large file costs the same as opening a
small one.
"""

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, BinaryIO, Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndexError, mending
from index.segments.files import Buffer

FORMAT_VERSION = 1
BLOCK_BYTES = 1 << 14

_MAGIC = b"PAPARRAY"
_ALIGNMENT = 8
# The types that an array may have, as numpy writes them, and the bytes of an element.
_ITEM_BYTES = {
    **dict.fromkeys(("|i1", "|u1", "|b1"), 1),
    **{f"<{kind}{size}": size for kind in "iu" for size in (2, 4, 8)},
    **{f"<f{size}": size for size in (4, 8)},
}
_TRAILER = struct.Struct("<QQII8s")

UNREADABLE = (IndexError, KeyError, OverflowError, RecursionError, ValueError, zlib.error)
"""What decoding an array raises if its numbers, under right checksums, say what cannot be."""


class ArrayFile:
    """A file of arrays, read from ``buffer``; errors call it ``path``.

    Raises DamagedIndexError, here or when an array is read, if a byte is not as it was written or
    the file has another format version.
    """

    def __init__(self, buffer: Buffer, path: str) -> None:
        self._path = path
        self._buffer = buffer
        trailer_start = len(buffer) - _TRAILER.size
        if trailer_start < len(_MAGIC) or buffer[-8:] != _MAGIC or buffer[:8] != _MAGIC:
            raise self.damage("it is cut short, or no file of arrays")
        directory, checksums, checksum, version, _ = _TRAILER.unpack(buffer[trailer_start:])
        if version != FORMAT_VERSION:
            raise self.damage(f"format version {version}, this program reads {FORMAT_VERSION}")
        stored = buffer[checksums:trailer_start]
        if zlib.crc32(stored) != checksum or not len(_MAGIC) <= directory <= checksums:
            raise self.damage("the trailer is not as it was written")
        self._checksums = memoryview(stored).cast("I")
        if len(self._checksums) != -(-checksums // BLOCK_BYTES):
            raise self.damage("checksums are missing")
        self._end: int = checksums
        self._unread = bytearray(b"\1") * len(self._checksums)
        self._verify(directory, checksums)
        try:
            listed = json.loads(buffer[directory:checksums])
            self.facts: Mapping[str, Any] = dict(listed["facts"])
            self._offsets: dict[str, int] = {}
            for name, dtype, count, offset in listed["arrays"]:
                # numpy would read any type from any place, so both are checked here.
                if not (
                    type(count) is type(offset) is int
                    and count >= 0
                    and len(_MAGIC) <= offset <= directory - count * _ITEM_BYTES[dtype]
                    and offset % _ALIGNMENT == 0
                ):
                    raise ValueError(f"array {name!r}")
                self._offsets[name] = offset
            self._arrays = _Arrays(buffer, listed["arrays"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise self.damage("the trailer is not as it was written") from error

    @property
    def types(self) -> Mapping[str, str]:
        """The type of each array as numpy writes it, by its name."""
        return {str(name): dtype for name, (dtype, _, _) in self._arrays.listed.items()}

    @property
    def byte_count(self) -> int:
        """The size of all arrays and of the bytes between them."""
        return self._end

    def damage(self, reason: str) -> DamagedIndexError:
        """Return the error that says what is wrong with the file."""
        return DamagedIndexError(f"{self._path}: {reason}; {mending(os.path.dirname(self._path))}")

    def unreadable(self, error: Exception) -> DamagedIndexError:
        """Return the error to raise for one of UNREADABLE that decoding an array raised."""
        return self.damage(f"cannot be read ({type(error).__name__}: {error})")

    def __contains__(self, name: str) -> bool:
        return name in self._offsets

    def array(self, name: str) -> NDArray[Any]:
        """Return a whole array. Raises KeyError if there is none of that name."""
        return self.part(name, 0, len(self._arrays[name]))

    def part(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return the elements ``start`` to ``stop`` of an array."""
        elements = self._arrays[name][start:stop]
        if len(elements):
            offset = self._offsets[name]
            self._verify(offset + start * elements.itemsize, offset + stop * elements.itemsize)
        return elements

    def unchecked(self, name: str) -> NDArray[Any]:
        """Return a whole array without checking it, to read parts that ``part`` has checked."""
        return self._arrays[name]

    def piece(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes ``start`` to ``stop`` of an array of bytes."""
        offset = self._offsets[name]
        start, stop = offset + start, offset + stop
        if self._unread.find(1, start // BLOCK_BYTES, stop // BLOCK_BYTES + 1) >= 0:
            self._verify(start, stop)
        return self._buffer[start:stop]

    def texts(self, name: str, starts: Sequence[int], numbers: Sequence[int]) -> list[str]:
        """Return some of the strings in an array of bytes; string i starts at ``starts[i]``.

        Raises UnicodeDecodeError for what is not UTF-8.
        """
        offset, unread, buffer = self._offsets[name], self._unread, self._buffer
        texts = []
        for number in numbers:
            start, stop = offset + starts[number], offset + starts[number + 1]
            # Most strings lie in one block: to look at its byte is quicker than to search for it.
            first, last = start // BLOCK_BYTES, stop // BLOCK_BYTES
            if unread[first] or (first != last and unread.find(1, first, last + 1) >= 0):
                self._verify(start, stop)
            texts.append(buffer[start:stop].decode())
        return texts

    def check(self) -> None:
        """Check every byte. Raises DamagedIndexError."""
        self._verify(0, self._end)

    def _verify(self, start: int, stop: int) -> None:
        first, last = start // BLOCK_BYTES, -(-stop // BLOCK_BYTES)
        number = self._unread.find(1, first, last)
        while number >= 0:
            block_start = number * BLOCK_BYTES
            block = self._buffer[block_start : min(block_start + BLOCK_BYTES, self._end)]
            if zlib.crc32(block) != self._checksums[number]:
                raise self.damage(f"bytes from {block_start:,} on are not as written")
            self._unread[number] = 0
            number = self._unread.find(1, number, last)


@contextmanager
def decoding(file: ArrayFile) -> Iterator[None]:
    """Raise DamagedIndexError if arrays of ``file`` cannot be decoded in the block."""
    try:
        yield
    except UNREADABLE as error:
        raise file.unreadable(error) from error


class _Reader(Protocol):
    """What decodes the arrays of a file."""

    @property
    def file(self) -> ArrayFile: ...


Reader = TypeVar("Reader", bound=_Reader)
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


def decodes(
    method: Callable[Concatenate[Reader, Arguments], Value],
) -> Callable[Concatenate[Reader, Arguments], Value]:
    """Make a method that decodes arrays raise DamagedIndexError if they cannot be decoded.

    A file may be sound to the last checksum and yet be made by somebody to lead anywhere. Checking
    every number first would cost more than the search that needs a few of them.
    """

    @wraps(method)
    def decode(self: Reader, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Value:
        try:
            return method(self, *arguments, **options)
        except UNREADABLE as error:
            raise self.file.unreadable(error) from error

    return decode


def check_number(number: int, count: int) -> None:
    """Raise LookupError unless ``number``, which a caller gave, is below ``count``.

    It is none of UNREADABLE: a wrong number says nothing about the file.
    """
    if not 0 <= number < count:
        raise LookupError(f"number {number:,}, of {count:,}")


class _Arrays(dict[str, NDArray[Any]]):
    """The arrays by name, each made when it is first asked for.

    Making all arrays of a file would double the time of opening it, and most are seldom read.
    """

    def __init__(self, buffer: Buffer, listed: Iterable[tuple[str, str, int, int]]) -> None:
        self._buffer = buffer
        self.listed = {name: (dtype, count, offset) for name, dtype, count, offset in listed}

    def __missing__(self, name: str) -> NDArray[Any]:
        dtype, count, offset = self.listed[name]
        array: NDArray[Any] = np.frombuffer(self._buffer, np.dtype(dtype), count, offset)
        self[name] = array
        return array


class InParts(Protocol):
    """An array that comes in parts, each an array of the same type."""

    @property
    def dtype(self) -> Any:
        """The type of the elements, as numpy's arrays have it."""

    def __len__(self) -> int: ...

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yield all elements in arrays."""


def write_arrays(
    file: BinaryIO, arrays: Iterable[tuple[str, NDArray[Any] | InParts]], facts: Mapping[str, Any]
) -> None:
    """Write named arrays of one dimension, one after the other, and JSON-ready ``facts``."""
    checked = _CheckedWriter(file)
    checked.write(_MAGIC)
    listed = []
    for name, array in arrays:
        kind = array.dtype.newbyteorder("<")
        if padding := -checked.position % _ALIGNMENT:
            checked.write(b"\0" * padding)
        listed.append([name, kind.str, len(array), checked.position])
        for part in (array,) if isinstance(array, np.ndarray) else array.parts():
            stored = np.ascontiguousarray(part, dtype=kind)
            checked.write(stored.data.cast("B") if len(stored) else b"")
    directory = checked.position
    checked.write(json.dumps({"facts": facts, "arrays": listed}, sort_keys=True).encode())
    checksums = np.array(checked.finish(), dtype="<u4").tobytes()
    file.write(checksums)
    file.write(
        _TRAILER.pack(directory, checked.position, zlib.crc32(checksums), FORMAT_VERSION, _MAGIC)
    )


class _CheckedWriter:
    """Passes bytes on to a file and keeps the checksum of every block."""

    def __init__(self, file: BinaryIO) -> None:
        self.position = 0
        self._file = file
        self._checksums: list[int] = []
        self._current = 0

    def write(self, data: "bytes | memoryview") -> None:
        self._file.write(data)
        if len(data) < BLOCK_BYTES - self.position % BLOCK_BYTES:
            self._current = zlib.crc32(data, self._current)
            self.position += len(data)
            return
        start = 0
        while start < len(data):
            room = BLOCK_BYTES - self.position % BLOCK_BYTES
            piece = data[start : start + room]
            self._current = zlib.crc32(piece, self._current)
            self.position += len(piece)
            start += len(piece)
            if len(piece) == room:
                self._checksums.append(self._current)
                self._current = 0

    def finish(self) -> list[int]:
        if self.position % BLOCK_BYTES:
            self._checksums.append(self._current)
        return self._checksums
