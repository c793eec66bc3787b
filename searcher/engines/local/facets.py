"""Matching papers → how many of them have each value of a facet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.names import name_terms
from index.segments.arrays import ranges, running_sums
from searcher.page import FacetCount

# What a label takes in memory, by measure.
_LABEL_BYTES = 80


@dataclass(frozen=True, eq=False, repr=False)
class Column:
    """The values of one facet, for each paper number.

    Paper number i has the value ``labels[codes[i]]``, or the values of all codes in the row
    ``codes[i]``; with ``starts`` those of the codes from ``starts[i]`` to ``starts[i + 1]``. The
    label None stands for no value; no other comes twice.
    """

    labels: Sequence[str | int | None]
    codes: NDArray[np.integer[Any]]
    starts: NDArray[np.int64] | None = None

    def codes_of(self, papers: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
        """Return the codes of all values of ``papers``, one after the other."""
        if self.starts is None:
            return self.codes.take(papers, axis=0).ravel()
        paper_count = len(self.starts) - 1
        if len(papers) == paper_count:
            return self.codes
        if len(papers) > paper_count // 4:
            is_asked = np.zeros(paper_count, np.bool_)
            is_asked[papers] = True
            return self.codes[np.repeat(is_asked, np.diff(self.starts))]
        starts = self.starts.take(papers)
        return self.codes.take(ranges(starts, self.starts.take(papers + 1) - starts))

    @cached_property
    def code_of_none(self) -> int:
        """The code of the label None, -1 if there is none."""
        return self.labels.index(None) if None in self.labels else -1

    @property
    def nbytes(self) -> int:
        """About how many bytes it takes."""
        starts = 0 if self.starts is None else self.starts.nbytes
        return self.codes.nbytes + starts + _LABEL_BYTES * len(self.labels)

    def labels_of(self, codes: NDArray[np.integer[Any]]) -> list[str | int | None]:
        """Return the labels of some codes."""
        return list(map(self.labels.__getitem__, codes.tolist()))

    def ranks_of(self, codes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return numbers that sort codes as their labels do."""
        return self.ranks.take(codes)

    def papers_with(self, values: Iterable[str | int]) -> NDArray[np.bool_]:
        """Return for each paper whether it has any of some values, however they are spelled."""
        wanted = set(values)
        codes = [code for code, label in enumerate(self.labels) if label in wanted]
        if len(codes) < len(wanted):
            # Some are spelled otherwise, if they are there at all.
            keys = {name_key(str(value)) for value in wanted}
            labels = enumerate(self.labels)
            codes = [
                code for code, label in labels if label is not None and name_key(str(label)) in keys
            ]
        return self.papers_with_any(codes)

    def papers_with_any(self, codes: Sequence[int]) -> NDArray[np.bool_]:
        """Return for each paper whether it has any of some codes."""
        has_any = np.isin(self.codes, codes)
        if self.starts is None:
            listed_in_any: NDArray[np.bool_] = np.logical_or.reduce(np.atleast_2d(has_any.T))
            return listed_in_any
        sums = running_sums(has_any)
        return sums[self.starts[1:]] > sums[self.starts[:-1]]

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The place of each label among all: numbers ascending, or text in order."""
        # A column of numbers has no text.
        none = 0 if any(isinstance(one, int) for one in self.labels) else ""
        keys: list[Any] = [none if one is None else one for one in self.labels]
        ranks = np.empty(len(keys), np.int64)
        ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return ranks


def name_key(name: str) -> str:
    """Return what spellings of one name share."""
    return (name_terms(name) or (name,))[0]


class Counted(Protocol):
    """A column as ``count`` needs it."""

    @property
    def code_of_none(self) -> int:
        """The code of no value, -1 if there is none."""

    def codes_of(self, papers: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
        """Return the codes of all values of ``papers``, one after the other."""

    def labels_of(self, codes: NDArray[np.integer[Any]]) -> Sequence[str | int | None]:
        """Return the labels of some codes."""

    def ranks_of(self, codes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return numbers that sort codes as their labels do."""


def count(
    facet: str, column: Counted, papers: NDArray[np.integer], most: int | None = None
) -> tuple[FacetCount, ...]:
    """Return the count of each value among ``papers``, values without any left out.

    Only the first ``most`` are returned, unless that is None.

    Years come latest first; other values by count, the highest first, then by value.
    """
    counts = np.bincount(column.codes_of(papers))
    codes = np.flatnonzero(counts)
    codes = codes[codes != column.code_of_none]
    is_year = facet == "year"
    if most is not None and most < len(codes) and not is_year:
        # All would take a hundred times as long to sort and to return.
        own = counts[codes]
        codes = codes[own >= np.partition(own, len(own) - max(most, 1))[len(own) - max(most, 1)]]
    ranks = column.ranks_of(codes)
    # Of one number each: sorting by two takes twice as long.
    keys = -ranks if is_year else ranks - counts[codes] * (int(ranks.max(initial=0)) + 1)
    codes = codes[np.argsort(keys)][:most]
    return tuple(map(FacetCount, column.labels_of(codes), counts[codes].tolist()))  # type: ignore[arg-type]
