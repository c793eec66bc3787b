"""How often terms stand in documents: one bit for each position, set on the first of a posting."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import ArrayFile
from index.segments.arrays import Integers, Offsets, Starts

_NO_BYTES = np.zeros(0, np.uint8)


def packed_frequencies(places: Offsets) -> NDArray[np.uint8]:
    """Return the bits of postings; ``places`` are where their positions start, and all end."""
    firsts = np.zeros(places[-1], np.bool_)
    firsts[places[:-1]] = True
    return np.packbits(firsts)


class PackedFrequencies:
    """The frequencies of all postings of a field, as ``packed_frequencies`` packed them."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name

    def firsts(self) -> NDArray[Any]:
        """Return the places of the first positions of all postings."""
        return np.flatnonzero(_bits(self._file.array(self._name)))

    def between(self, start: int, stop: int) -> Integers:
        """Return the frequencies of the postings that have the positions ``start`` to ``stop``."""
        stored = self._file.part(self._name, start // 8, -(-stop // 8))
        bits = _bits(stored)[start % 8 : start % 8 + stop - start]
        return np.diff(bits.nonzero()[0], append=stop - start).astype(np.int32)

    def several(self, starts: Starts, stops: Starts, last: Offsets) -> Integers:
        """Return the frequencies in several lists, one list after the other.

        ``starts`` and ``stops`` are the positions of each list, ``last`` is the place of its last
        posting among those of all these lists. Raises ValueError if there are more, or fewer.
        """
        pieces = []
        # Where the bits of each list begin and end among those of the bytes that hold them.
        begins, ends = [], []
        bit = 0
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            low, high = start >> 3, (stop + 7) >> 3
            pieces.append(self._file.part(self._name, low, high))
            begins.append(bit + start - (low << 3))
            ends.append(bit + stop - (low << 3))
            bit += (high - low) << 3
        bits = _bits(np.concatenate(pieces) if pieces else _NO_BYTES)
        at = 0
        # The bits between are those of other lists.
        for begin, end in zip(begins, ends, strict=True):
            bits[at:begin] = False
            at = end
        bits[at:] = False
        first = bits.nonzero()[0]
        if len(first) != (int(last[-1]) + 1 if len(last) else 0):
            raise ValueError("not as many first positions as postings")
        following = np.empty(len(first), np.int64)
        following[:-1] = first[1:]
        following[last] = ends
        return (following - first).astype(np.int32)


def _bits(stored: NDArray[np.uint8]) -> NDArray[np.bool_]:
    # Where truths are is found in a fifth of the time that numbers take.
    return np.unpackbits(stored).view(np.bool_)
