"""Counts of the terms of many papers, in bounded memory."""

import heapq
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain, groupby
from typing import Any, NamedTuple

from index.errors import temporary_file_errors
from index.fields import LENGTH_NORMALISATION, exact_twin
from index.opensearch.layout import COUNTED, Means, counted_terms

# Some 200 bytes each.
_MOST_IN_MEMORY = 500_000
# The terms of some 64 papers: counted together they take half of the time.
_MOST_WAITING = 1 << 14


class CountedTerm(NamedTuple):
    """A term of a field: how many more papers have it than before, and how often more."""

    field: str
    term: str
    papers: int
    occurrences: int


class TermCounts:
    """How many papers have each term, and how often; and how long the papers' fields are.

    Counts beyond a number wait in a temporary file.
    """

    def __init__(self, most_in_memory: int = _MOST_IN_MEMORY) -> None:
        """``most_in_memory``: how many terms are counted before they move to a file."""
        self.papers = 0
        self._most_in_memory = most_in_memory
        self._most_waiting = min(_MOST_WAITING, most_in_memory)
        self._lengths: Counter[str] = Counter()
        self._begin()
        self._runs: list[Any] = []
        self._files = ExitStack()

    def _begin(self) -> None:
        self._waiting: dict[str, list[list[str]]] = {name: [] for name in COUNTED}
        # How many terms came since memory was looked at, to be counted or counted no more.
        self._came = 0
        # By field, how many papers have each term, and how often it stands there.
        self._having = {name: Counter[str]() for name in COUNTED}
        self._standing = {name: Counter[str]() for name in COUNTED}

    def add(self, document: Mapping[str, Any], sign: int = 1) -> None:
        """Count a paper, or with a ``sign`` of -1 count it no more."""
        for name, terms in counted_terms(document):
            self._lengths[name] += sign * len(terms)
            self._came += len(terms)
            if sign < 0:
                self._having[name].subtract(set(terms))
                self._standing[name].subtract(terms)
            elif terms:
                self._waiting[name].append(terms)
        self.papers += sign
        if self._came > self._most_waiting:
            self._count()
            if sum(map(len, self._having.values())) > self._most_in_memory:
                self._set_aside()

    def _count(self) -> None:
        self._came = 0
        for name, listed in self._waiting.items():
            self._having[name].update(chain.from_iterable(map(set, listed)))
            self._standing[name].update(chain.from_iterable(listed))
            listed.clear()

    @property
    def means(self) -> Means:
        """The mean lengths of the fields over all papers that were counted."""
        papers = max(self.papers, 1)
        return Means(
            {field: self._lengths[exact_twin(field)] / papers for field in LENGTH_NORMALISATION}
        )

    def changes(self) -> Iterator[CountedTerm]:
        """Yield the counts that are not 0, sorted by field and term."""
        self._count()
        if not self._runs:
            yield from (row for row in self._sorted() if row.papers or row.occurrences)
            return
        rows = heapq.merge(*map(_read, self._runs), self._sorted())
        for (field, term), same in groupby(rows, key=lambda row: row[:2]):
            papers = occurrences = 0
            for row in same:
                papers += row.papers
                occurrences += row.occurrences
            if papers or occurrences:
                yield CountedTerm(field, term, papers, occurrences)

    def close(self) -> None:
        """Remove what waits in temporary files."""
        self._files.close()
        self._runs = []

    def _sorted(self) -> Iterator[CountedTerm]:
        for name in sorted(COUNTED):
            having, standing = self._having[name], self._standing[name]
            for term in sorted(having):
                yield CountedTerm(name, term, having[term], standing[term])

    def _set_aside(self) -> None:
        with temporary_file_errors("counts to a temporary file"):
            run = self._files.enter_context(
                tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
            )
            self._runs.append(run)
            for row in self._sorted():
                run.write("\t".join(map(str, row)) + "\n")
        self._begin()


def _read(run: Any) -> Iterator[CountedTerm]:
    run.seek(0)
    for line in run:
        field, term, papers, occurrences = line.rstrip("\n").split("\t")
        yield CountedTerm(field, term, int(papers), int(occurrences))
