"""Matching papers → how many of them have each value of a facet."""

from collections.abc import Callable, Iterable, Sequence
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
    """The values of one facet: any number of them for each paper number.

    Paper number i has the values ``labels[v] for v in values[offsets[i]:offsets[i + 1]]``; no
    value stands twice with a paper.
    """

    labels: tuple[str | int, ...]
    offsets: NDArray[np.int64]
    values: NDArray[np.int64]

    def papers_with(self, wanted: Callable[[str | int], bool]) -> NDArray[np.bool_]:
        """Return, per paper number, whether it has a value whose label is ``wanted``."""
        chosen = np.array([wanted(label) for label in self.labels], dtype=np.bool_)
        found = np.zeros(len(self.offsets) - 1, dtype=np.bool_)
        papers = np.repeat(np.arange(len(found)), np.diff(self.offsets))
        found[papers[chosen[self.values]] if len(self.values) else papers] = True
        return found


def make_column(rows: Iterable[Sequence[str | int]]) -> Column:
    """Return the column whose row i holds the values of paper number i."""
    numbers: dict[str | int, int] = {}
    values: list[int] = []
    offsets = [0]
    for row in rows:
        values += [numbers.setdefault(value, len(numbers)) for value in dict.fromkeys(row)]
        offsets.append(len(values))
    return Column(tuple(numbers), np.array(offsets, np.int64), np.array(values, np.int64))


def count(facet: str, column: Column, mask: NDArray[np.bool_]) -> tuple[FacetCount, ...]:
    """Return the count of each value among the papers of ``mask``, values without any left out.

    Years come latest first; other values by count, the highest first, then by value.
    """
    papers = np.repeat(np.arange(len(mask)), np.diff(column.offsets))
    counts = np.bincount(column.values[mask[papers]], minlength=len(column.labels))
    found = [
        FacetCount(label, number)
        for label, number in zip(column.labels, counts.tolist(), strict=True)
        if number
    ]
    if facet == "year":
        return tuple(sorted(found, key=lambda entry: -int(entry.value)))
    return tuple(sorted(found, key=lambda entry: (-entry.count, str(entry.value))))
