"""Running sums: a number for each paper of the index, to which a search adds what words score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_FREE = 2


class Accumulators:
    """Arrays of zeros for searches to add to, used again because making one takes long.

    Safe to share by threads. A search that is interrupted does not return its array, so that no
    half of a sum is left behind.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._free: list[NDArray[np.float32]] = []

    def take(self) -> NDArray[np.float32]:
        """Return an array of zeros."""
        try:
            return self._free.pop()
        except IndexError:
            return np.zeros(self._size, np.float32)

    def give_back(
        self, total: NDArray[np.float32], added_to: Sequence[NDArray[np.integer[Any]] | None]
    ) -> None:
        """Set an array back to zero where it was added to; None means everywhere."""
        sizes = [self._size if papers is None else len(papers) for papers in added_to]
        if sum(sizes) * 8 > self._size:
            total.fill(0.0)
        else:
            for papers in added_to:
                total[papers] = 0.0
        if len(self._free) < _MOST_FREE:
            self._free.append(total)
