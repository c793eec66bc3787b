"""Places of words → the papers that hold them in a row, or near each other.

A place is a paper number shifted left by ``place_bits``, plus a position in that paper.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.segments.arrays import distinct, find_sorted, is_first

Papers = NDArray[np.integer[Any]]
Places = NDArray[np.int64]

_NONE: Papers = np.zeros(0, np.int32)


def in_a_row(lists: Sequence[Places], place_bits: int) -> tuple[Papers, Papers]:
    """Return the papers, ascending, that hold all words in a row, and how often each does."""
    # A phrase starts wherever every term, moved back by its place in it, stands at the same place.
    rarest, *others = sorted(enumerate(lists), key=lambda pair: len(pair[1]))
    starts = rarest[1] - rarest[0]
    for offset, places in others:
        starts = starts[find_sorted(starts + offset, places)[1]]
        if not len(starts):
            return _NONE, _NONE
    papers = starts >> place_bits
    first = np.flatnonzero(is_first(papers))
    return papers[first], _gaps(first, len(papers))


def near(
    lists: Sequence[Places], slop: int, place_bits: int, check_time: Callable[[], None]
) -> tuple[Papers, Papers]:
    """Return the papers where all lists meet in a window of their count plus ``slop`` positions."""
    papers, *others = [distinct(places >> place_bits) for places in lists]
    for other in others:
        papers = papers[is_among(papers, other)]
    found = []
    for paper in papers.tolist():
        span = (paper << place_bits, (paper + 1) << place_bits)
        bounds = [np.searchsorted(places, span) for places in lists]
        count = _windows(
            [places[low:high].tolist() for places, (low, high) in zip(lists, bounds, strict=True)],
            len(lists) + slop,
            check_time,
        )
        if count:
            found.append((paper, count))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _windows(places: Sequence[Sequence[int]], width: int, check_time: Callable[[], None]) -> int:
    """Count the positions from which ``width`` positions hold one place of every list.

    Each list takes a place of its own, so that ``"a a"~3`` needs two.
    """
    needs = Counter(map(tuple, places))
    every = sorted({position for positions in needs for position in positions})
    is_shared = len(every) < sum(map(len, needs))
    count = 0
    for start in every:
        check_time()
        within = {
            positions: positions[
                bisect_left(positions, start) : bisect_left(positions, start + width)
            ]
            for positions in needs
        }
        if all(len(within[positions]) >= need for positions, need in needs.items()) and (
            not is_shared or _can_choose([within[tuple(positions)] for positions in places])
        ):
            count += 1
    return count


def _can_choose(choices: Sequence[Sequence[int]]) -> bool:
    """Tell whether one position can be chosen of each list, all different.

    A matching grown one list at a time (Kuhn 1955): a list whose positions are all taken makes the
    lists that hold them choose again.
    """
    holder: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for position in choices[row]:
            if position not in tried:
                tried.add(position)
                if position not in holder or place(holder[position], tried):
                    holder[position] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(choices)))


def is_among(papers: Papers, found: Papers) -> NDArray[np.bool_]:
    """Tell which of ``papers`` are among those found, which are ascending."""
    if not len(found):
        return np.zeros(len(papers), np.bool_)
    return find_sorted(papers, found)[1]


def _gaps(starts: Places, end: int) -> Places:
    """Return how far it is from each of ``starts``, of at least one, to the next, or to the end."""
    gaps = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=gaps[:-1])
    gaps[-1] = end - starts[-1]
    return gaps
