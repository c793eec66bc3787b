"""Matching papers → how many of them have each value of a facet."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.segments.arrays import ranges
from searcher.page import FacetCount


@dataclass(frozen=True, eq=False, repr=False)
class Column:
    """The values of one facet, for each paper number.

    Paper number i has the value ``labels[codes[i]]``, or the values of all codes in the row
    ``codes[i]``; with ``starts`` those of the codes from ``starts[i]`` to ``starts[i + 1]``. The
    label None stands for no value; no other comes twice.
    """

    labels: Sequence[str | int | None]
    codes: NDArray[np.int64]
    starts: NDArray[np.int64] | None = None

    def codes_of(self, papers: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the codes of all values of ``papers``, one after the other."""
        if self.starts is None:
            return self.codes.take(papers, axis=0).ravel()
        starts = self.starts.take(papers)
        return self.codes.take(ranges(starts, self.starts.take(papers + 1) - starts))

    @cached_property
    def code_of_none(self) -> int:
        """The code of the label None, -1 if there is none."""
        return self.labels.index(None) if None in self.labels else -1

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The place of each label among all: numbers ascending, or text in order."""
        keys = [(one, "") if isinstance(one, int) else (0, one or "") for one in self.labels]
        ranks = np.empty(len(keys), np.int64)
        ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return ranks


def count(
    facet: str, column: Column, papers: NDArray[np.integer], most: int | None = None
) -> tuple[FacetCount, ...]:
    """Return the count of each value among ``papers``, values without any left out.

    Only the first ``most`` are returned, unless that is None.

    Years come latest first; other values by count, the highest first, then by value.
    """
    counts = np.bincount(column.codes_of(papers))
    codes = np.flatnonzero(counts)
    codes = codes[codes != column.code_of_none]
    ranks = column.ranks.take(codes)
    # Of one number each: sorting by two takes twice as long.
    keys = -ranks if facet == "year" else ranks - counts[codes] * len(column.labels)
    if most is not None and most < len(codes):
        # No two keys are equal. All would take a hundred times as long to sort and to return.
        first = np.argpartition(keys, most)[:most]
        codes, keys = codes[first], keys[first]
    codes = codes[np.argsort(keys)]
    labels = map(column.labels.__getitem__, codes.tolist())
    return tuple(map(FacetCount, labels, counts[codes].tolist()))  # type: ignore[arg-type]
