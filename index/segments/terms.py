"""The terms of a field: sorted byte strings, looked up by bisection in every eighth one's key."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import UNREADABLE, ArrayFile, check_number, decodes
from index.segments.arrays import Offsets, Starts
from index.segments.packing import (
    NamedArrays,
    check_starts,
    pack_starts,
    read_starts,
    string_starts,
)

KEY_STEP = 8
"""One of so many terms has its key in an array."""

_KEY_BYTES = 8
# Of more terms that begin alike, the place is looked up first.
_MOST_BLOCKS = 16


def term_arrays(name: str, terms: Sequence[bytes]) -> NamedArrays:
    """Yield the arrays that hold the sorted terms of a field."""
    yield f"{name}/term_bytes", np.frombuffer(b"".join(terms), np.uint8)
    yield f"{name}/term_keys", term_keys(terms[::KEY_STEP])
    yield from pack_starts(f"{name}/term_starts", string_starts(terms))


def term_keys(terms: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return the keys of terms, which sort as their first bytes do."""
    return np.array([_key(term) for term in terms], dtype=np.uint64)


def _key(term: bytes) -> int:
    """Return the first bytes of a term as a number that sorts as they do."""
    return int.from_bytes(term[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0"), "big")


def term_key(term: str) -> bytes:
    """Return a term as the index holds it."""
    # A lone surrogate (a byte that was no UTF-8) is in no index, and not an error.
    return term.encode("utf-8", "surrogatepass")


class TermReader:
    """The sorted terms of one field of a segment; a term's number is its place among them."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self.file = file
        self.name = name
        self._terms = f"{name}/term_bytes"

    def __len__(self) -> int:
        """Return how many terms the field has."""
        return len(self._term_starts) - 1

    def number(self, term: bytes) -> int:
        """Return the number of a term, -1 if the field does not have it."""
        starts = self._term_starts.data
        if not term:
            return 0 if len(starts) > 1 and not starts[1] else -1
        key = _key(term)
        try:
            low = bisect_left(self._keys, key)
            high = bisect_right(self._keys, key, low)
            first, stop = max(low - 1, 0) * KEY_STEP, min(high * KEY_STEP, len(starts) - 1)
            if high - low > _MOST_BLOCKS:
                first = self.lower_bound(term)
                stop = min(first + 1, stop)
            # Most words that are looked up are in no index: one look at the bytes says so.
            block = self.file.piece(self._terms, starts[first], starts[stop])
            place = block.find(term)
            while place >= 0:
                start = starts[first] + place
                number = bisect_right(starts, start, first, stop + 1) - 1
                if starts[number] == start and starts[number + 1] == start + len(term):
                    return number
                place = block.find(term, place + 1)
        except UNREADABLE as error:
            raise self.file.unreadable(error) from error
        return -1

    def lower_bound(self, term: bytes) -> int:
        """Return the number of the first term that is not less than ``term``."""
        key = _key(term)
        try:
            low = bisect_left(self._keys, key)
            # Keys are cut after 8 bytes, so all terms with the same key have to be searched.
            high = bisect_right(self._keys, key, low)
            start, stop = max(low - 1, 0) * KEY_STEP, min(high * KEY_STEP + 1, len(self))
            return bisect_left(range(len(self)), term, start, stop, key=self.term)
        except UNREADABLE as error:
            raise self.file.unreadable(error) from error

    def term(self, number: int) -> bytes:
        """Return a term."""
        starts = self._term_starts.data
        return self.file.piece(self._terms, starts[number], starts[number + 1])

    @decodes
    def text(self, number: int) -> str:
        """Return a term as text."""
        check_number(number, len(self))
        return self.term(number).decode("utf-8", "surrogatepass")

    @decodes
    def terms(self, start: int = 0, stop: int | None = None) -> list[bytes]:
        """Return the terms ``start`` to ``stop``, sorted."""
        starts = self._term_starts[start : len(self) + 1 if stop is None else stop + 1]
        joined = self.file.part(self._terms, int(starts[0]), int(starts[-1])).tobytes()
        starts = (starts - starts[0]).tolist()
        return [joined[low:high] for low, high in pairwise(starts)]

    @decodes
    def some_terms(self, numbers: Offsets) -> list[bytes]:
        """Return the terms with some numbers, ascending."""
        if not len(numbers):
            return []
        first = int(self._term_starts[numbers[0]])
        joined = self.file.part(
            self._terms, first, int(self._term_starts[numbers[-1] + 1])
        ).tobytes()
        lows = (self._term_starts[numbers] - first).tolist()
        highs = (self._term_starts[numbers + 1] - first).tolist()
        return [joined[low:high] for low, high in zip(lows, highs, strict=True)]

    @decodes
    def joined_terms(self) -> tuple[NDArray[np.uint8], Starts]:
        """Return the bytes of all terms, one after the other, and where each begins."""
        return self.file.array(self._terms), self._term_starts

    @decodes
    def texts(self) -> list[str]:
        """Return all terms as text, sorted as their bytes are."""
        return [term.decode("utf-8", "surrogatepass") for term in self.terms()]

    def _check_terms(self) -> None:
        check_starts(self.file, f"{self.name}/term_starts", len(self))
        self.file.array(self._terms)
        if [_key(term) for term in self.terms()[::KEY_STEP]] != list(self._keys):
            raise self.file.damage("the keys are not those of the terms")

    @cached_property
    @decodes
    def _term_starts(self) -> Starts:
        starts = read_starts(self.file, f"{self.name}/term_starts")
        if starts[-1] != len(self.file.unchecked(self._terms)):
            raise self.file.damage(f"{self.name}: terms of other lengths than stored")
        return starts

    @cached_property
    def _keys(self) -> memoryview:
        # Elements of a memoryview are Python's integers: bisecting them is several times faster
        # than searching the array for one value.
        return self.file.array(f"{self.name}/term_keys").data

    @cached_property
    @decodes
    def _starts(self) -> Starts:
        starts = read_starts(self.file, f"{self.name}/starts")
        if len(starts) != len(self) + 1:
            raise self.file.damage(f"{self.name}: not as many lists as terms")
        return starts
