"""Pure helpers on arrays of numbers that both sides share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]


def running_sums(values: NDArray[Any]) -> Offsets:
    """Return the running sums of ``values``, from 0 before the first on."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def ranges(starts: NDArray[Any], counts: NDArray[Any]) -> Offsets:
    """Return ``counts[i]`` numbers from ``starts[i]`` on, for each i in a row."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: Offsets = np.repeat(starts - (ends - counts), counts) + np.arange(total)
    return found


def is_first(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell of each number whether it differs from the one before it."""
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first


def once(ordered: NDArray[Any]) -> NDArray[Any]:
    """Return each number once of those that are in order."""
    return ordered[is_first(ordered)]


def looked_up(
    wanted: NDArray[Any], ordered: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each number would stand in ``ordered`` and if it is there.

    One that is greater than all would stand after the last. ``ordered`` has at least one, and a
    type that holds all numbers.
    """
    # Of two types numpy would search a copy of the whole.
    wanted = wanted.astype(ordered.dtype, copy=False)
    places = ordered.searchsorted(wanted)
    return places, np.asarray(ordered.take(places, mode="clip") == wanted)
