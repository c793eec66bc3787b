"""The bytes of seed files and of standard input: counted, and unpacked within bounds."""

import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple, cast

MIN_UNPACKED_BYTES = 1 << 26
MAX_UNPACKED_RATIO = 200
"""How many times its size a packed file may unpack to; MIN_UNPACKED_BYTES are always allowed.

Papers pack to a fifth. A file that packs to far less was made to fill a machine.
"""

_DIGEST_BYTES = 1 << 20

READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading may raise, from a disk or from what is packed."""

# A file may ask for a window of gigabytes. The usual levels of xz take up to 65 MB.
_MAX_WINDOW_BYTES = 1 << 27
# What was unpacked in a step that fails is lost, so steps are short where they cannot be repeated.
_STEP_BYTES = 256
_REPEATABLE_STEP_BYTES = 1 << 14


def open_file(
    path: str,
    size: int,
    buffer_bytes: int,
    on_bytes: Callable[[int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> io.BufferedReader:
    """Open a file of ``size`` bytes, unpacked if its contents begin as a packed file's do.

    ``on_bytes`` is called with the number of stored bytes each time that some are read, and
    ``on_note`` with what is odd about a packed file but loses nothing. Reading raises the
    READ_ERRORS, also for what unpacks to more than it may.
    """
    return unpacked(_CountedFile(path, on_bytes), Allowance(size), buffer_bytes, on_note)


def open_standard_input(
    buffer_bytes: int,
    on_bytes: Callable[[int], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> tuple[io.BufferedReader, int]:
    """Open standard input as ``open_file`` does; also return its size if it is a file, else 0.

    Raises OSError if there is nothing to read.
    """
    source, size = _standard_input()
    stored = _CountedStream(source, on_bytes)
    return unpacked(stored, Allowance(size), buffer_bytes, on_note), size


def digest_of(path: str) -> tuple[str, tuple[int, ...]]:
    """Return a digest of a file's bytes and ``when_written``, both empty if it cannot be read."""
    # Loading OpenSSL, which comes with hashlib, takes longer than a search.
    from hashlib import blake2b

    digest = blake2b(digest_size=16)
    written = when_written(path)
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(_DIGEST_BYTES):
                digest.update(block)
    except OSError:
        return "", ()
    return digest.hexdigest(), written


def when_written(path: str) -> tuple[int, ...]:
    """Return what changes if a file is written to while it is read; empty if nobody can look."""
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def rejoined(head: bytes, rest: io.BufferedReader, buffer_bytes: int) -> io.BufferedReader:
    """Return a stream of ``head``, which was already read, followed by the rest."""
    return io.BufferedReader(_JoinedStream(head, rest), buffer_bytes)


def read_head(stream: io.BufferedReader, most_bytes: int) -> bytes:
    """Return the first bytes of a stream, those before an error if one comes among them.

    Raises the READ_ERRORS if not one byte can be read.
    """
    head = bytearray()
    try:
        while len(head) < most_bytes and (content := stream.read1(most_bytes - len(head))):
            head += content
    except READ_ERRORS:
        if not head:
            raise
    return bytes(head)


class Allowance:
    """How many bytes may still be unpacked from a file of ``size`` bytes, 0 if that is unknown.

    The members of an archive share one.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._unpacked_bytes = 0

    def spend(self, byte_count: int, read_bytes: int = 0) -> None:
        """Count unpacked bytes; if the size is unknown, it is what was read so far.

        Raises EOFError if these are too many.
        """
        self._unpacked_bytes += byte_count
        size = self._size or read_bytes
        if self._unpacked_bytes > max(MIN_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size):
            raise EOFError(f"it unpacks to more than {MAX_UNPACKED_RATIO} times its size")


class CountedStream(io.RawIOBase):
    """A stream that knows how many of its bytes were read."""

    byte_count = 0

    def readable(self) -> bool:
        """Return True."""
        return True


def unpacked(
    stored: CountedStream,
    allowance: Allowance,
    buffer_bytes: int,
    on_note: Callable[[str], None] | None = None,
) -> io.BufferedReader:
    """Return the contents of a file, unpacked if they begin as a packed file's do."""
    buffered: io.BufferedReader = io.BufferedReader(stored, buffer_bytes)
    start = buffered.peek(_MAGIC_BYTES)[:_MAGIC_BYTES]
    packing = _packing_of(start)
    if packing is None:
        return buffered
    stream = _UnpackedStream(packing, buffered, stored, allowance, on_note)
    return io.BufferedReader(stream, buffer_bytes)


class _CountedStream(CountedStream):
    """A stream that counts the bytes read, and calls ``on_bytes`` with the number of each time."""

    def __init__(self, source: BinaryIO, on_bytes: Callable[[int], None] | None = None) -> None:
        self.byte_count = 0
        self._source = source
        self._on_bytes = on_bytes

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


class _Packing(NamedTuple):
    """A way to pack one file: its name, the signs it begins with, and what unpacks one member."""

    name: str
    magic: tuple[bytes, ...]
    unpacker: Callable[[], Any]


def _bzip2_unpacker() -> Any:
    from bz2 import BZ2Decompressor

    return _Stepwise(BZ2Decompressor(), OSError)


def _xz_unpacker() -> Any:
    return _Stepwise(
        lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_WINDOW_BYTES), lzma.LZMAError
    )


def _zstd_unpacker() -> Any:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor, ZstdError
    else:
        from backports.zstd import ZstdDecompressor, ZstdError

    return _Stepwise(ZstdDecompressor(), ZstdError)


class _Stepwise:
    """Unpacks one member in short steps by a decompressor of the standard library's kind."""

    def __init__(self, decompressor: Any, error: type[Exception]) -> None:
        self._decompressor = decompressor
        self._error = error
        self._packed = b""

    def step(self, packed: bytes, most_bytes: int) -> tuple[bytes, bytes]:
        """Return at most so many unpacked bytes, and the packed ones that were not taken."""
        needs_input = self._decompressor.needs_input
        taken = packed[:_STEP_BYTES] if needs_input else b""
        try:
            content = self._decompressor.decompress(taken, most_bytes)
        except self._error as error:
            raise EOFError(f"it is damaged: {error}") from error
        rest = packed[len(taken) :]
        return content, self._decompressor.unused_data + rest if self.has_ended else rest

    @property
    def needs_input(self) -> bool:
        return bool(self._decompressor.needs_input)

    @property
    def has_ended(self) -> bool:
        return bool(self._decompressor.eof)


class _GzipUnpacker:
    """Unpacks one member of a gzip file; of a damaged one every byte that stands before it."""

    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._error: zlib.error | None = None
        self.needs_input = True

    def step(self, packed: bytes, most_bytes: int) -> tuple[bytes, bytes]:
        """Return at most so many unpacked bytes, and the packed ones that were not taken."""
        if self._error:
            raise self._error
        taken, rest = packed[:_REPEATABLE_STEP_BYTES], packed[_REPEATABLE_STEP_BYTES:]
        before = self._decompressor.copy()
        try:
            content = self._decompressor.decompress(taken, most_bytes)
        except zlib.error as error:
            self._error, self.needs_input = error, False
            return _before_damage(before, taken), rest
        left = self._decompressor.unused_data if self.has_ended else b""
        left = left or self._decompressor.unconsumed_tail
        self.needs_input = not left
        return content, left + rest

    @property
    def has_ended(self) -> bool:
        return self._decompressor.eof


def _before_damage(decompressor: Any, packed: bytes) -> bytes:
    """Return what can be unpacked byte by byte."""
    content = bytearray()
    try:
        for at in range(len(packed)):
            content += decompressor.decompress(packed[at : at + 1])
    except zlib.error:
        pass
    return bytes(content)


_PACKINGS = (
    _Packing("gzip", (b"\x1f\x8b",), _GzipUnpacker),
    _Packing("bzip2", (b"BZh",), _bzip2_unpacker),
    _Packing("xz", (b"\xfd7zXZ\x00",), _xz_unpacker),
    _Packing(
        "Zstandard",
        # RFC 8878: a frame, and frames to be skipped (section 3.1.2).
        (b"\x28\xb5\x2f\xfd", *(bytes([sign]) + b"\x2a\x4d\x18" for sign in range(0x50, 0x60))),
        _zstd_unpacker,
    ),
)
_MAGIC_BYTES = max(len(sign) for packing in _PACKINGS for sign in packing.magic)


def _packing_of(start: bytes) -> _Packing | None:
    return next((one for one in _PACKINGS if start.startswith(one.magic)), None)


class _UnpackedStream(io.RawIOBase):
    """The contents of a packed stream, member after member, as far as the allowance goes.

    What stands behind the last member is left out and told, unless it is filled up with zeros.
    """

    def __init__(
        self,
        packing: _Packing,
        stored: io.BufferedReader,
        counted: CountedStream,
        allowance: Allowance,
        on_note: Callable[[str], None] | None,
    ) -> None:
        self._packing = packing
        self._stored = stored
        self._counted = counted
        self._allowance = allowance
        self._on_note = on_note
        self._packed = b""
        self._unpacker: Any = packing.unpacker()
        self._unpacked = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._unpacked and self._unpacker:
            # One step, so that what was unpacked before an error is not lost with it.
            self._step(len(buffer))
        content, self._unpacked = self._unpacked[: len(buffer)], self._unpacked[len(buffer) :]
        buffer[: len(content)] = content
        return len(content)

    def _step(self, most_bytes: int) -> None:
        if not self._packed and self._unpacker.needs_input:
            self._packed = self._stored.read1(_REPEATABLE_STEP_BYTES)
            if not self._packed:
                raise EOFError(f"it is cut off: the {self._packing.name} data have no end")
        content, self._packed = self._unpacker.step(self._packed, most_bytes)
        self._allowance.spend(len(content), self._counted.byte_count)
        self._unpacked = content
        if self._unpacker.has_ended:
            self._begin_member()

    def _begin_member(self) -> None:
        """Go on to the next member, if what follows begins as one."""
        while len(self._packed) < _MAGIC_BYTES and (more := self._stored.read1(_STEP_BYTES)):
            self._packed += more
        self._unpacker = None
        if self._packed.startswith(self._packing.magic):
            self._unpacker = self._packing.unpacker()
        elif self._packed.strip(b"\x00") and self._on_note:
            self._on_note(
                f"what stands behind the end of the {self._packing.name} data is left out"
            )

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
