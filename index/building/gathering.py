"""The columns of a segment and the terms of their values, gathered as papers come.

A segment is written in one go when all papers are there, and until then the process that writes it
mostly waits for the one that reads. So each distinct value is numbered and analysed at once.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import TypeVar

import numpy as np

from index.segments.arrays import Integers, is_first, ranges, running_sums, stable_order
from index.segments.documents import CodedColumn
from index.segments.postings import PostingLists

Key = TypeVar("Key")


class Numbers(dict[Key, int]):
    """The numbers of distinct keys, in the order in which they are first asked for."""

    def __missing__(self, key: Key) -> int:
        """Give a new key the next number."""
        number = self[key] = len(self)
        return number

    def add(self, keys: Iterable[Key]) -> list[Key]:
        """Number those of the keys that are new, and return these, in order."""
        new = [key for key in dict.fromkeys(keys) if key not in self]
        self.update(zip(new, range(len(self), len(self) + len(new)), strict=True))
        return new

    def since(self, count: int) -> list[Key]:
        """Return the keys that came after the first ``count``, in order."""
        return [*islice(reversed(self), len(self) - count)][::-1]


def ranked(numbers: Mapping[bytes, int]) -> tuple[list[bytes], Integers]:
    """Return the terms that have the numbers from 0 on, sorted, and each number's place there."""
    vocabulary = sorted(numbers)
    ranks = np.empty(len(vocabulary), np.int32)
    ranks[list(map(numbers.__getitem__, vocabulary))] = np.arange(len(vocabulary))
    return vocabulary, ranks


class StringColumn:
    """A column in which each document has any number of strings."""

    def __init__(self) -> None:
        self._numbers: Numbers[str] = Numbers()
        self._codes = array("i")
        self._counts = array("i")

    def add(self, values: Sequence[str] | Sequence[Sequence[str]]) -> list[str]:
        """Add one document or more, each with its string or strings; return the new strings."""
        if isinstance(values[0], str):
            flat: Sequence[str] = values  # type: ignore[assignment]
            self._counts.extend(repeat(1, len(values)))
        else:
            flat = [*chain.from_iterable(values)]
            self._counts.extend(map(len, values))
        new = self._numbers.add(flat)
        self._codes.extend(map(self._numbers.__getitem__, flat))
        return new

    def coded(self) -> CodedColumn:
        """Return the column as a segment holds it."""
        values = [value.encode() for value in self._numbers]
        return CodedColumn(
            values, np.array(self._codes, np.int32), running_sums(np.array(self._counts, np.int32))
        )


class Keywords:
    """The terms of the values of a column, of which each stands for the whole value or a name."""

    def __init__(self, terms_of: Callable[[str], Iterable[bytes]]) -> None:
        """``terms_of`` returns the terms of a value, which no other value need have."""
        self._terms_of = terms_of
        self._numbers: Numbers[bytes] = Numbers()
        self._terms = array("i")
        self._counts = array("i")

    def add(self, values: Iterable[str]) -> None:
        """Add the new values of the column."""
        terms = [*map(tuple, map(self._terms_of, values))]
        flat = [*chain.from_iterable(terms)]
        self._numbers.add(flat)
        self._terms.extend(map(self._numbers.__getitem__, flat))
        self._counts.extend(map(len, terms))

    def lists(self, column: CodedColumn) -> PostingLists:
        """Return the posting lists of the terms; ``column`` has the values that were added."""
        if not self._numbers:  # as in most fields of few papers
            return PostingLists([], np.zeros(1, np.int64), np.zeros(0, np.int32))
        vocabulary, ranks = ranked(self._numbers)
        counts = np.array(self._counts, np.int32)
        assert column.starts is not None
        documents = np.arange(len(column.starts) - 1, dtype=np.int32)
        documents = np.repeat(documents, np.diff(column.starts))
        term_counts = counts[column.codes]
        places = ranges(running_sums(counts)[column.codes], term_counts)
        terms = ranks[np.array(self._terms, np.int32)][places]
        documents = np.repeat(documents, term_counts)
        order = stable_order(terms)
        terms, documents = terms[order], documents[order]
        # Two spellings of a name in one paper may give the same term.
        first = is_first(terms) | is_first(documents)
        terms, documents = terms[first], documents[first]
        starts = running_sums(np.bincount(terms, minlength=len(vocabulary)))
        return PostingLists(vocabulary, starts, documents)


def lists_of_values(values: Sequence[bytes]) -> PostingLists:
    """Return the posting lists of values, of which each document has one; empty ones have none."""
    order = sorted([at for at, value in enumerate(values) if value], key=values.__getitem__)
    ordered = [values[at] for at in order]
    firsts = [at for at, value in enumerate(ordered) if not at or value != ordered[at - 1]]
    starts = np.array([*firsts, len(ordered)], np.int64)
    return PostingLists([ordered[at] for at in firsts], starts, np.array(order, np.int32))
