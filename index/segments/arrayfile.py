"""A file of named arrays: written once, memory-mapped, every byte under a checksum.

Layout, all numbers little-endian::

    magic                8 bytes
    arrays               each from a multiple of 8 bytes on
    directory            JSON: the writer's facts; name, type, count and offset of each array
    checksums            CRC-32 of each BLOCK_BYTES of all that stands before them
    trailer              offsets of directory and checksums, CRC-32 of the checksums, version, magic

A block is compared with its checksum when it is first touched, so opening costs the same for a
large file as for a small one.
"""

import json
import os
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from mmap import mmap
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndexError, mending

FORMAT_VERSION = 1
BLOCK_BYTES = 1 << 14

_MAGIC = b"PAPARRAY"
_ALIGNMENT = 8
_TYPE = re.compile(r"\|[iub]1|<[iu][248]|<f[48]")
_TRAILER = struct.Struct("<QQII8s")


class ArrayFile:
    """A file of arrays, read from ``buffer``; ``name`` is what errors call it.

    Raises DamagedIndexError, here or when an array is read, if a byte is not as it was written or
    the file is of another format version.
    """

    def __init__(self, buffer: "mmap | bytes", name: str) -> None:
        self._name = name
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
            for name_of, dtype, count, offset in listed["arrays"]:
                # numpy reads any type from any place: what lies in the file is checked here.
                if not (
                    _TYPE.fullmatch(dtype)
                    and isinstance(count, int)
                    and isinstance(offset, int)
                    and count >= 0
                    and len(_MAGIC) <= offset <= directory - count * int(dtype[-1])
                    and offset % _ALIGNMENT == 0
                ):
                    raise ValueError(f"array {name_of!r}")
                self._offsets[name_of] = offset
            self._arrays = _Arrays(buffer, listed["arrays"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise self.damage("the trailer is not as it was written") from error

    @property
    def types(self) -> Mapping[str, str]:
        """The type of each array as numpy writes it, by its name."""
        return {str(name): dtype for name, (dtype, _, _) in self._arrays.listed.items()}

    @property
    def byte_count(self) -> int:
        """The size of all arrays, and of what stands between them."""
        return self._end

    def damage(self, reason: str) -> DamagedIndexError:
        """Return the error that says what is wrong with the file."""
        return DamagedIndexError(f"{self._name}: {reason}; {mending(os.path.dirname(self._name))}")

    def __contains__(self, name: str) -> bool:
        return name in self._offsets

    def array(self, name: str) -> NDArray[Any]:
        """Return a whole array. Raises KeyError if there is none of that name."""
        return self.part(name, 0, len(self._arrays[name]))

    def part(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return the elements ``start`` to ``stop`` of an array."""
        found = self._arrays[name][start:stop]
        if len(found):
            offset = self._offsets[name]
            self._verify(offset + start * found.itemsize, offset + stop * found.itemsize)
        return found

    def unchecked(self, name: str) -> NDArray[Any]:
        """Return a whole array, for reading parts of it that ``part`` has compared."""
        return self._arrays[name]

    def piece(self, name: str, start: int, stop: int) -> bytes:
        """Return the bytes ``start`` to ``stop`` of an array of bytes."""
        offset = self._offsets[name]
        start, stop = offset + start, offset + stop
        if self._unread.find(1, start // BLOCK_BYTES, stop // BLOCK_BYTES + 1) >= 0:
            self._verify(start, stop)
        return self._buffer[start:stop]

    def check(self) -> None:
        """Compare every byte with its checksum."""
        self._verify(0, self._end)

    def _verify(self, start: int, stop: int) -> None:
        first, last = start // BLOCK_BYTES, -(-stop // BLOCK_BYTES)
        at = self._unread.find(1, first, last)
        while at >= 0:
            block = self._buffer[at * BLOCK_BYTES : min((at + 1) * BLOCK_BYTES, self._end)]
            if zlib.crc32(block) != self._checksums[at]:
                raise self.damage(f"bytes from {at * BLOCK_BYTES:,} on are not as written")
            self._unread[at] = 0
            at = self._unread.find(1, at, last)


class _Arrays(dict[str, NDArray[Any]]):
    """The arrays by name, each made when it is first asked for.

    To make all of a file's took half the time of opening it, and most are seldom read.
    """

    def __init__(self, buffer: "mmap | bytes", listed: Iterable[tuple[str, str, int, int]]) -> None:
        self._buffer = buffer
        self.listed = {name: (dtype, count, offset) for name, dtype, count, offset in listed}

    def __missing__(self, name: str) -> NDArray[Any]:
        dtype, count, offset = self.listed[name]
        made: NDArray[Any] = np.frombuffer(self._buffer, np.dtype(dtype), count, offset)
        self[name] = made
        return made


def write_arrays(
    file: BinaryIO, arrays: Iterable[tuple[str, NDArray[Any]]], facts: Mapping[str, Any]
) -> None:
    """Write named arrays of one dimension, one after the other, and JSON-ready ``facts``."""
    checked = _CheckedWriter(file)
    checked.write(_MAGIC)
    listed = []
    for name, array in arrays:
        stored = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        checked.write(b"\0" * (-checked.position % _ALIGNMENT))
        listed.append([name, stored.dtype.str, len(stored), checked.position])
        checked.write(stored.data.cast("B") if len(stored) else b"")
    directory = checked.position
    checked.write(json.dumps({"facts": facts, "arrays": listed}, sort_keys=True).encode())
    checksums = np.array(checked.finish(), dtype="<u4").tobytes()
    file.write(checksums)
    file.write(
        _TRAILER.pack(directory, checked.position, zlib.crc32(checksums), FORMAT_VERSION, _MAGIC)
    )


class _CheckedWriter:
    """Passes bytes on to a file and gathers the checksum of every block."""

    def __init__(self, file: BinaryIO) -> None:
        self.position = 0
        self._file = file
        self._checksums: list[int] = []
        self._current = 0

    def write(self, data: "bytes | memoryview") -> None:
        self._file.write(data)
        at = 0
        while at < len(data):
            room = BLOCK_BYTES - self.position % BLOCK_BYTES
            piece = data[at : at + room]
            self._current = zlib.crc32(piece, self._current)
            self.position += len(piece)
            at += len(piece)
            if len(piece) == room:
                self._checksums.append(self._current)
                self._current = 0

    def finish(self) -> list[int]:
        if self.position % BLOCK_BYTES:
            self._checksums.append(self._current)
        return self._checksums
