"""How lists of integers and of byte strings are packed into arrays, and read one at a time."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import ArrayFile, InParts
from index.segments.arrays import Integers, Offsets, Starts, running_sums, short_sums

_WIDTHS = (1, 2, 4)
_TYPES = {width: np.dtype(f"<u{width}") for width in _WIDTHS}
_EXCEPTION_BYTES = 8
_NO_EXCEPTIONS = np.zeros(0, np.uint32)

_ARRAYS_OF_BYTES = {"bytes", "term_bytes", "first_positions", "widths"}
_LARGE_NUMBERS = {"numbers", "term_keys"}

NamedArrays = Iterator[tuple[str, NDArray[Any]]]
"""Arrays with the names under which an array file holds them."""

ArraysInParts = Iterator[tuple[str, NDArray[Any] | InParts]]
"""The same, some of them in parts."""


def check_types(file: ArrayFile) -> None:
    """Raise DamagedIndexError if an array is of a type that no segment has it in."""
    for name, kind in file.types.items():
        own_name = name.rpartition("/")[2]
        if kind[1] == "b" or (kind[1] == "f" and own_name != "numbers"):
            raise file.damage(f"{name}: numbers that are not whole")
        # Beside signed numbers they would become numbers with a point.
        if kind == "<u8" and own_name not in _LARGE_NUMBERS:
            raise file.damage(f"{name}: numbers larger than any")
        if own_name in _ARRAYS_OF_BYTES and kind != "|u1":
            raise file.damage(f"{name}: not an array of bytes")


def pack_lists(name: str, values: NDArray[Any], starts: Offsets) -> NamedArrays:
    """Yield the arrays that hold lists of non-negative integers in few bytes.

    List i is ``values[starts[i]:starts[i + 1]]``. Each list takes 1, 2 or 4 bytes an element,
    whichever is shortest if the excess of elements that are too large is stored apart (patched
    coding; Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", 2006, section 3). The arrays
    are the ``widths`` of the lists, the low ``bytes`` of their elements and, for elements that need
    more bytes, their places among all elements (``exceptions``) and their upper bits (``excess``).
    """
    if values.max(initial=0) < 1 << 8:
        # Most arrays of a small segment: one byte an element, and no exceptions.
        yield f"{name}/widths", np.ones(len(starts) - 1, np.uint8)
        yield f"{name}/bytes", values.astype(np.uint8)
        yield f"{name}/exceptions", _NO_EXCEPTIONS
        yield f"{name}/excess", _NO_EXCEPTIONS
        return
    counts = np.diff(starts)
    sizes = [counts * width for width in _WIDTHS]
    for size, width in zip(sizes[:-1], _WIDTHS, strict=False):
        large = np.flatnonzero(values >= 1 << (8 * width))
        size += np.diff(np.searchsorted(large, starts)) * _EXCEPTION_BYTES
    widths = np.array(_WIDTHS, np.uint8)[np.argmin(np.stack(sizes), axis=0)]
    yield f"{name}/widths", widths
    byte_starts = running_sums(widths * counts)
    stored = np.empty(byte_starts[-1], np.uint8)
    for width, chosen, places in _by_width(widths, byte_starts, counts):
        chosen_values = values[chosen]
        stored[places] = chosen_values.astype(np.uint8)
        for byte in range(1, width):
            stored[places + byte] = (chosen_values >> (8 * byte)).astype(np.uint8)
    yield f"{name}/bytes", stored
    exceptions = np.flatnonzero(values >= 256)
    shifts = 8 * np.repeat(widths, counts)[exceptions].astype(np.int64)
    excess = values[exceptions].astype(np.int64) >> shifts
    yield f"{name}/exceptions", exceptions[excess > 0].astype(np.uint32)
    yield f"{name}/excess", excess[excess > 0].astype(np.uint32)


class PackedLists:
    """Lists of integers that ``pack_lists`` packed; ``starts`` are those it was given."""

    def __init__(self, file: ArrayFile, name: str, starts: Starts) -> None:
        self._file = file
        self._bytes = f"{name}/bytes"
        self._starts = starts
        self._widths = file.array(f"{name}/widths")
        counts = starts[1:] - starts[:-1]
        self._byte_starts = short_sums(self._widths * counts)
        # From here on no list leads out of the file, nor to more numbers than it has bytes.
        if (
            len(self._widths) != len(counts)
            or not _are_widths(self._widths)
            or self._byte_starts[-1] != len(file.unchecked(self._bytes))
        ):
            raise file.damage(f"{name}: lists of other lengths than stored")
        self._exceptions = file.array(f"{name}/exceptions")
        self._excess = file.array(f"{name}/excess")

    def check(self) -> None:
        """Check the bytes, and that the exceptions fit the lists. Raises DamagedIndexError."""
        self._file.array(self._bytes)
        if not len(self._exceptions) and not len(self._excess):
            return
        exceptions = self._exceptions.astype(np.int64)
        ends = np.concatenate(([-1], exceptions, self._starts[-1:]))
        if (np.diff(ends) <= 0).any() or len(self._excess) != len(exceptions):
            raise self._file.damage(f"{self._bytes}: the exceptions are none of these lists")
        shifts = 8 * np.repeat(self._widths, np.diff(self._starts))[exceptions].astype(np.int64)
        if ((self._excess.astype(np.int64) << shifts) >= 1 << 31).any():
            raise self._file.damage(f"{self._bytes}: an exception is too large")

    def one(self, number: int, start: int, stop: int) -> Integers:
        """Return list ``number``, whose elements are ``start`` to ``stop`` among all elements."""
        width = int(self._widths[number])
        low = int(self._byte_starts[number])
        stored = self._file.part(self._bytes, low, low + width * (stop - start))
        values = stored.view(_TYPES[width]).astype(np.int32)
        if len(self._exceptions):
            # Elements of a memoryview are Python's integers, which bisecting compares faster.
            first = bisect_left(self._exceptions.data, start)
            last = bisect_left(self._exceptions.data, stop, first)
            if first < last:
                places = self._exceptions[first:last] - np.uint32(start)
                values[places] += self._excess[first:last].astype(np.int32) << (8 * width)
        return values

    def several(self, numbers: Offsets, starts: Starts, counts: Starts) -> Integers:
        """Return the elements of several lists, one list after the other.

        ``starts`` are the places of the lists' first elements among all, ``counts`` their lengths.
        """
        ends = np.cumsum(counts)
        values = np.empty(int(ends[-1]) if len(ends) else 0, np.int32)
        lengths, widths = counts.tolist(), self._widths[numbers].tolist()
        lows = self._byte_starts[numbers].tolist()
        at = 0
        # A view and a copy of each list take 1 µs; to gather all elements takes 30 ns of each.
        for low, count, width in zip(lows, lengths, widths, strict=True):
            stored = self._file.part(self._bytes, low, low + width * count)
            values[at : at + count] = stored if width == 1 else stored.view(_TYPES[width])
            at += count
        if len(self._exceptions):
            firsts = self._exceptions.searchsorted(starts.astype(np.uint32))
            lasts = self._exceptions.searchsorted((starts + counts).astype(np.uint32))
            for list_number in (firsts < lasts).nonzero()[0].tolist():
                own = slice(int(firsts[list_number]), int(lasts[list_number]))
                base = ends[list_number] - counts[list_number] - starts[list_number]
                places = self._exceptions[own].astype(np.int64) + base
                shift = 8 * widths[list_number]
                values[places] += self._excess[own].astype(np.int32) << shift
        return values

    def between(self, first: int, stop: int) -> Integers:
        """Return the elements of the lists ``first`` to ``stop`` in one array."""
        byte_starts = self._byte_starts[first : stop + 1]
        stored = self._file.part(self._bytes, int(byte_starts[0]), int(byte_starts[-1]))
        starts, widths = self._starts[first : stop + 1], self._widths[first:stop]
        counts = starts[1:] - starts[:-1]
        values = np.empty(starts[-1] - starts[0], np.int32)
        for width, chosen, places in _by_width(widths, byte_starts - byte_starts[0], counts):
            chosen_values = stored[places].astype(np.int32)
            for byte in range(1, width):
                chosen_values |= stored[places + byte].astype(np.int32) << (8 * byte)
            values[chosen] = chosen_values
        low, high = np.searchsorted(self._exceptions, (starts[0], starts[-1])).tolist()
        if low < high:
            exceptions = self._exceptions[low:high].astype(np.int64) - starts[0]
            shifts = 8 * np.repeat(widths, counts)[exceptions].astype(np.int32)
            values[exceptions] += self._excess[low:high].astype(np.int32) << shifts
        return values


def _are_widths(numbers: NDArray[np.uint8]) -> bool:
    """Tell whether all numbers are widths; most are 1."""
    if (numbers == 1).all():
        return True
    return bool(reduce(or_, (numbers == width for width in _WIDTHS)).all())


def _by_width(
    widths: NDArray[np.uint8], byte_starts: Starts, counts: Starts
) -> Iterator[tuple[int, Any, Any]]:
    """Yield each width of packed lists, the elements of that width and where their bytes start."""
    if (widths == 1).all():
        yield 1, slice(None), slice(None)
        return
    element_widths = np.repeat(widths, counts)
    place_type = np.int32 if byte_starts[-1] < 1 << 31 else np.int64
    # Not by numpy's unique, of which the first use loads a module for 15 ms.
    for width in _WIDTHS:
        has_width = widths == width
        if not has_width.any():
            continue
        chosen = np.flatnonzero(element_widths == width)
        lengths = counts[has_width]
        # Where each list starts, less the bytes of the lists of this width that stand before it.
        bases = byte_starts[:-1][has_width] - width * (np.cumsum(lengths) - lengths)
        places = np.repeat(bases.astype(place_type), lengths)
        places += np.arange(0, width * len(places), width, dtype=place_type)
        yield width, chosen, places


def pack_starts(name: str, starts: Offsets) -> NamedArrays:
    """Yield the arrays that hold the starts of lists: the lists' lengths, as one packed list."""
    lengths = starts[1:] - starts[:-1]
    return pack_lists(name, lengths, np.array([0, len(lengths)]))


def read_starts(file: ArrayFile, name: str) -> Starts:
    """Return the starts that ``pack_starts`` packed. Raises DamagedIndexError."""
    widths = file.array(f"{name}/widths")
    if len(widths) != 1:
        raise file.damage(f"{name}: {len(widths):,} lists of starts")
    width = int(widths[0])
    stored = file.array(f"{name}/bytes")
    if width == 1 and not len(file.array(f"{name}/exceptions")):
        return short_sums(stored)  # as most are, in a third of the time
    count = len(stored) // max(width, 1)
    lengths = PackedLists(file, name, np.array([0, count])).one(0, 0, count)
    if count and lengths.min() < 0:
        raise file.damage(f"{name}: a list of less than nothing")
    return short_sums(lengths)


def check_starts(file: ArrayFile, name: str, count: int) -> None:
    """Check that packed starts are those of ``count`` lists. Raises DamagedIndexError."""
    if len(read_starts(file, name)) != count + 1:
        raise file.damage(f"{name} are not as many as the lists")
    if len(file.array(f"{name}/exceptions")) or len(file.array(f"{name}/excess")):
        PackedLists(file, name, np.array([0, count])).check()


def string_starts(strings: Sequence[Sequence[Any]]) -> Offsets:
    """Return where each string starts if all are joined, and where the last one ends."""
    return running_sums(np.fromiter(map(len, strings), np.int64, len(strings)))


def pack_strings(name: str, strings: Sequence[bytes]) -> NamedArrays:
    """Yield the arrays that hold byte strings."""
    yield f"{name}/bytes", np.frombuffer(b"".join(strings), np.uint8)
    yield from pack_starts(f"{name}/starts", string_starts(strings))


class ByteStrings(Sequence[bytes]):
    """Byte strings that ``pack_strings`` packed; each is read when it is asked for."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name
        self._bytes = f"{name}/bytes"
        starts = read_starts(file, f"{name}/starts")
        if starts[-1] != len(file.unchecked(self._bytes)):
            raise file.damage(f"{name}: strings of other lengths than stored")
        self._starts = starts.data

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        starts = self._starts
        return self._file.piece(self._bytes, starts[number], starts[number + 1])

    def __iter__(self) -> Iterator[bytes]:
        """Yield all strings, in a fifth of the time of asking one by one."""
        joined = self._file.array(self._bytes).tobytes()
        return (joined[start:stop] for start, stop in pairwise(self._starts))

    def text(self, number: int) -> str:
        """Return a string as text. Raises DamagedIndexError if it is not UTF-8."""
        try:
            return str(self[number], "utf-8")
        except UnicodeDecodeError as error:
            raise self._file.unreadable(error) from error

    def some_texts(self, numbers: Sequence[int]) -> list[str]:
        """Return some strings as ``text`` does, in half the time of asking one by one."""
        try:
            return self._file.texts(self._bytes, self._starts, numbers)
        except UnicodeDecodeError as error:
            raise self._file.unreadable(error) from error

    def texts(self) -> "Texts":
        """Return all strings as texts. Raises DamagedIndexError unless each is UTF-8."""
        joined = self._file.array(self._bytes)
        try:
            joined.tobytes().decode()
        except UnicodeDecodeError as error:
            raise self._file.unreadable(error) from error
        starts = np.asarray(self._starts)
        # The first byte of a character is none of 10xxxxxx, nor is that of a string.
        if np.any(joined[starts[starts < len(joined)]] & 0xC0 == 0x80):
            raise self._file.damage(f"{self._name}: a string that begins within a character")
        return Texts(self, joined, starts)

    def between(self, first: int, stop: int) -> tuple[NDArray[np.uint8], Starts]:
        """Return the strings ``first`` to ``stop``: their bytes, joined, and their lengths."""
        starts = np.asarray(self._starts[first : stop + 1])
        joined = self._file.part(self._bytes, int(starts[0]), int(starts[-1]))
        return joined, np.diff(starts)

    def check(self, count: int) -> None:
        """Check all bytes, and that there are ``count`` strings. Raises DamagedIndexError."""
        check_starts(self._file, f"{self._name}/starts", count)
        self._file.array(self._bytes)


class Texts(Sequence[str]):
    """Byte strings as texts, each decoded when it is asked for.

    ``joined`` are the bytes of all, and text i begins at ``starts[i]`` of them.
    """

    def __init__(self, strings: ByteStrings, joined: NDArray[np.uint8], starts: Offsets) -> None:
        self._strings = strings
        self.joined = joined
        self.starts = starts

    def __len__(self) -> int:
        return len(self._strings)

    def __getitem__(self, number: Any) -> Any:
        strings = self._strings[number]
        return [one.decode() for one in strings] if isinstance(number, slice) else strings.decode()

    def __iter__(self) -> Iterator[str]:
        return (one.decode() for one in self._strings)
