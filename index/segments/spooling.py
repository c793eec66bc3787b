"""What is written in parts, such as the postings of a field: large arrays wait on the disk."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from index.errors import temporary_file_errors
from index.segments.arrays import Offsets, running_sums
from index.segments.packing import ArraysInParts, pack_lists, pack_starts
from index.segments.postings import PostingLists, gaps_of
from index.segments.terms import KEY_STEP, term_keys

MEMORY_BYTES = 1 << 23
"""How much of an array waits in memory."""

_PIECE_BYTES = 1 << 20

_storage_errors = partial(temporary_file_errors, "a temporary file")


class Spool:
    """An array of one type whose parts are appended, and read again in their order.

    What is more than MEMORY_BYTES goes to a temporary file.
    """

    def __init__(self, kind: Any) -> None:
        self.dtype = np.dtype(kind).newbyteorder("<")
        self._parts: list[NDArray[Any]] = []
        self._waiting_bytes = 0
        self._file: BinaryIO | None = None
        self._count = 0

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._count

    def append(self, part: NDArray[Any]) -> None:
        """Add elements. Raises IndexStorageError if the temporary file cannot be written."""
        part = np.ascontiguousarray(part, self.dtype)
        self._parts.append(part)
        self._count += len(part)
        self._waiting_bytes += part.nbytes
        if self._waiting_bytes > MEMORY_BYTES:
            with _storage_errors():
                if self._file is None:
                    self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
                for waiting in self._parts:
                    self._file.write(waiting.data.cast("B") if len(waiting) else b"")
            self._parts, self._waiting_bytes = [], 0

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yield all elements in arrays of any length; this is done once.

        Raises IndexStorageError if the temporary file cannot be read.
        """
        if self._file is not None:
            with self._file:
                with _storage_errors():
                    self._file.seek(0)
                while True:
                    with _storage_errors():
                        piece = self._file.read(_PIECE_BYTES)
                    if not piece:
                        break
                    yield np.frombuffer(piece, self.dtype)
        yield from self._parts


class SpooledStrings:
    """Byte strings that come in parts."""

    def __init__(self) -> None:
        self._bytes = Spool(np.uint8)
        self._lengths: list[NDArray[Any]] = []

    def append(self, joined: NDArray[np.uint8], lengths: NDArray[Any]) -> None:
        """Add strings: their bytes one after the other, and the length of each."""
        self._bytes.append(joined)
        self._lengths.append(lengths)

    def arrays(self, name: str) -> ArraysInParts:
        """Yield the arrays that ``pack_strings`` makes of all strings."""
        yield f"{name}/bytes", self._bytes
        yield from pack_starts(f"{name}/starts", _joined_sums(self._lengths))


class _SpooledLists:
    """Lists of integers that come in parts."""

    _NAMES = ("widths", "bytes", "exceptions", "excess")

    def __init__(self) -> None:
        kinds = (np.uint8, np.uint8, np.uint32, np.uint32)
        self._spools = dict(zip(self._NAMES, map(Spool, kinds), strict=True))
        self._count = 0

    def append(self, values: NDArray[Any], starts: NDArray[Any]) -> None:
        """Add lists, as ``pack_lists`` takes them."""
        for name, array in pack_lists("", values, starts):
            part = name.lstrip("/")
            self._spools[part].append(array + self._count if part == "exceptions" else array)
        self._count += len(values)

    def arrays(self, name: str) -> ArraysInParts:
        """Yield the arrays that ``pack_lists`` makes of all lists."""
        for part, spool in self._spools.items():
            yield f"{name}/{part}", spool


class SpooledField:
    """The terms of a field and their posting lists, which come in parts with ascending terms."""

    def __init__(self) -> None:
        self.term_count = 0
        self._term_bytes = Spool(np.uint8)
        self._term_keys = Spool(np.uint64)
        self._term_lengths: list[NDArray[Any]] = []
        self._counts: list[NDArray[Any]] = []
        self._documents = _SpooledLists()
        self._frequencies: _SpooledLists | None = None
        self._positions: _SpooledLists | None = None
        self._position_counts: list[NDArray[Any]] = []
        self._first_positions = Spool(np.uint8)
        # Bits that fill no byte yet.
        self._left = np.zeros(0, np.bool_)

    def append(self, lists: PostingLists) -> None:
        """Add the lists of the next terms; all parts have frequencies and positions, or none."""
        terms = lists.terms
        if not terms:
            return
        self._term_bytes.append(np.frombuffer(b"".join(terms), np.uint8))
        self._term_keys.append(term_keys(terms[-self.term_count % KEY_STEP :: KEY_STEP]))
        self._term_lengths.append(np.fromiter(map(len, terms), np.int64, len(terms)))
        self.term_count += len(terms)
        self._counts.append(np.diff(lists.starts))
        self._documents.append(gaps_of(lists), lists.starts)
        if lists.frequencies is None:
            return
        if lists.positions is None:
            self._frequencies = self._frequencies or _SpooledLists()
            self._frequencies.append(lists.frequencies, lists.starts)
            return
        self._positions = self._positions or _SpooledLists()
        places = running_sums(lists.frequencies)
        self._position_counts.append(np.diff(places[lists.starts]))
        self._positions.append(lists.positions, places[lists.starts])
        firsts = np.zeros(places[-1], np.bool_)
        firsts[places[:-1]] = True
        bits = np.concatenate((self._left, firsts))
        whole = len(bits) - len(bits) % 8
        self._first_positions.append(np.packbits(bits[:whole]))
        self._left = bits[whole:]

    def arrays(self, name: str) -> ArraysInParts:
        """Yield the arrays that hold the field in a segment."""
        yield f"{name}/term_bytes", self._term_bytes
        yield f"{name}/term_keys", self._term_keys
        yield from pack_starts(f"{name}/term_starts", _joined_sums(self._term_lengths))
        yield from pack_starts(f"{name}/starts", _joined_sums(self._counts))
        yield from self._documents.arrays(f"{name}/documents")
        if self._positions:
            starts = _joined_sums(self._position_counts)
            yield from pack_starts(f"{name}/position_starts", starts)
            self._first_positions.append(np.packbits(self._left))
            yield f"{name}/first_positions", self._first_positions
            yield from self._positions.arrays(f"{name}/positions")
        elif self._frequencies:
            yield from self._frequencies.arrays(f"{name}/frequencies")


def _joined_sums(parts: Sequence[NDArray[Any]]) -> Offsets:
    """Return the running sums of numbers that came in parts."""
    return running_sums(np.concatenate([np.zeros(0, np.int64), *parts]))
