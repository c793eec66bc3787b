"""Matching papers → how many of them have each value of a facet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACETS = ("category", "year", "author", "institution", "code")


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value of a facet and the number of matching papers that have it."""

    value: str | int
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one facet, for each paper number.

    Paper number i has the value ``labels[codes[i]]``; with ``starts`` any number of values, those
    of the codes from ``starts[i]`` to ``starts[i + 1]``, none of them twice. The label None stands
    for no value.
    """

    labels: Sequence[str | int | None]
    codes: NDArray[np.int64]
    starts: NDArray[np.int64] | None = None

    def codes_of(self, papers: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the codes of all values of ``papers``, one after the other."""
        if self.starts is None:
            codes: NDArray[np.int64] = self.codes[papers]
            return codes
        counts = self.starts[papers + 1] - self.starts[papers]
        before = np.cumsum(counts) - counts
        places = np.repeat(self.starts[papers] - before, counts) + np.arange(counts.sum())
        listed: NDArray[np.int64] = self.codes[places]
        return listed

    def papers_with(self, wanted: Callable[[str | int], bool]) -> NDArray[np.bool_]:
        """Return, per paper number, whether it has a value whose label is ``wanted``."""
        chosen = np.array(
            [label is not None and wanted(label) for label in self.labels], dtype=np.bool_
        )
        if self.starts is None:
            return chosen[self.codes]
        found = np.zeros(len(self.starts) - 1, dtype=np.bool_)
        found[np.repeat(np.arange(len(found)), np.diff(self.starts))[chosen[self.codes]]] = True
        return found


def count(facet: str, column: Column, papers: NDArray[np.integer]) -> tuple[FacetCount, ...]:
    """Return the count of each value among ``papers``, values without any left out.

    Years come latest first; other values by count, the highest first, then by value.
    """
    counts = np.bincount(column.codes_of(papers))
    codes = np.flatnonzero(counts)
    found = [
        FacetCount(label, number)
        for code, number in zip(codes.tolist(), counts[codes].tolist(), strict=True)
        if (label := column.labels[code]) is not None
    ]
    if facet == "year":
        return tuple(sorted(found, key=lambda entry: -int(entry.value)))
    return tuple(sorted(found, key=lambda entry: (-entry.count, str(entry.value))))
