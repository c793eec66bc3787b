"""The postings file of a segment: the terms of every field, sorted, and their posting lists.

A *stem field* has no posting lists of its own: a stem stands for the terms of an exact field that
share it, and its list is the union of theirs.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import ArrayFile, check_number, decodes, write_arrays
from index.segments.arrays import Integers, Offsets, Starts, is_first, running_sums, steps
from index.segments.frequencies import PackedFrequencies, packed_frequencies
from index.segments.packing import (
    ArraysInParts,
    NamedArrays,
    PackedLists,
    check_starts,
    check_types,
    pack_lists,
    pack_starts,
    read_starts,
)
from index.segments.terms import TermReader, term_arrays

PLACE_BITS = 32
"""A place is a document number, shifted by so many bits, plus a position in that document."""

MOST_DOCUMENTS = 1 << 31

_ZERO = np.zeros(1, np.int32)


class PostingLists(NamedTuple):
    """All posting lists of one field, in the order of ``terms``, which are sorted and distinct.

    List i holds the postings ``starts[i]`` to ``starts[i + 1]``: ``documents`` ascending,
    ``frequencies`` (None: all are 1) and, posting after posting, ``positions`` ascending (None: not
    recorded).
    """

    terms: Sequence[bytes]
    starts: Offsets
    documents: Integers
    frequencies: Integers | None = None
    positions: Integers | None = None

    @property
    def term_count(self) -> int:
        """The number of terms."""
        return len(self.terms)

    def arrays(self, name: str) -> NamedArrays:
        """Yield the arrays that hold the field in a segment."""
        return _field_arrays(name, self)


class WrittenField(Protocol):
    """A field to be written: PostingLists, or what gathers them in parts."""

    @property
    def term_count(self) -> int:
        """The number of terms."""

    def arrays(self, name: str) -> ArraysInParts:
        """Yield the arrays that hold the field in a segment."""


class StemField(NamedTuple):
    """A stem field: ``stems[stem_of_term[i]]`` is the stem of term i of ``exact_field``."""

    exact_field: str
    stems: Sequence[bytes]
    stem_of_term: Integers


class Postings(NamedTuple):
    """One posting list: ascending document numbers, and the frequency in each document."""

    documents: Integers
    frequencies: Integers


def stem_field(exact_field: str, stems: Sequence[bytes], stem_of_term: Integers) -> StemField:
    """Return the stem field of an exact field.

    ``stem_of_term`` has the place of each term's stem among sorted ``stems``, some of which may be
    the stem of no term.
    """
    is_used = np.zeros(len(stems), np.bool_)
    is_used[stem_of_term] = True
    numbers = (np.cumsum(is_used) - 1).astype(np.int32)
    used = [stems[place] for place in np.flatnonzero(is_used).tolist()]
    return StemField(exact_field, used, numbers[stem_of_term])


def united(lists: Sequence[Postings]) -> Postings:
    """Return the union of posting lists, sorted or not; frequencies in one document add up."""
    documents = np.concatenate([postings.documents for postings in lists])
    frequencies = np.concatenate([postings.frequencies for postings in lists])
    if (documents[1:] > documents[:-1]).all():
        return Postings(documents, frequencies)
    order = np.argsort(documents, kind="stable")
    documents, frequencies = documents[order], frequencies[order]
    first = np.flatnonzero(is_first(documents))
    if len(first) == len(documents):
        return Postings(documents, frequencies)
    return Postings(documents[first], np.add.reduceat(frequencies, first))


# Writing


def write_postings(
    file: BinaryIO,
    fields: Iterable[tuple[str, WrittenField]],
    stem_fields: Iterable[tuple[str, StemField]],
    stemming: str = "",
) -> None:
    """Write the postings file of a segment; only one field's lists are needed at a time.

    ``stemming`` tells the rules that made the stems from others.
    """
    facts: dict[str, Any] = {"fields": [], "stem_fields": {}, "stemming": stemming}

    def arrays() -> ArraysInParts:
        for name, field in fields:
            if field.term_count:
                facts["fields"].append(name)
                yield from field.arrays(name)
        for name, stems in stem_fields:
            if len(stems.stems):
                facts["stem_fields"][name] = stems.exact_field
                yield from _stem_arrays(name, stems)

    write_arrays(file, arrays(), facts)


def _field_arrays(name: str, lists: PostingLists) -> NamedArrays:
    yield from term_arrays(name, lists.terms)
    yield from pack_starts(f"{name}/starts", lists.starts)
    yield from pack_lists(f"{name}/documents", gaps_of(lists), lists.starts)
    if lists.positions is not None and lists.frequencies is not None:
        places = running_sums(lists.frequencies)
        yield from pack_starts(f"{name}/position_starts", places[lists.starts])
        yield f"{name}/first_positions", packed_frequencies(places)
        position_starts = places[lists.starts]
        del places
        yield from pack_lists(f"{name}/positions", lists.positions, position_starts)
    elif lists.frequencies is not None:
        yield from pack_lists(f"{name}/frequencies", lists.frequencies, lists.starts)


def gaps_of(lists: PostingLists) -> Integers:
    """Return the documents of lists, each less the one before it in its list."""
    gaps = steps(lists.documents)
    gaps[lists.starts[:-1]] = lists.documents[lists.starts[:-1]]
    return gaps


def _stem_arrays(name: str, stems: StemField) -> NamedArrays:
    yield from term_arrays(name, stems.stems)
    counts = np.bincount(stems.stem_of_term, minlength=len(stems.stems))
    yield f"{name}/stem_of_term", stems.stem_of_term.astype(np.uint32)
    order = np.argsort(stems.stem_of_term, kind="stable")
    yield f"{name}/terms_by_stem", order.astype(np.uint32)
    yield from pack_starts(f"{name}/starts", running_sums(counts))


# Reading


class FieldReader(TermReader):
    """The terms and posting lists of one field of a segment."""

    def __init__(self, file: ArrayFile, name: str, document_count: int = MOST_DOCUMENTS) -> None:
        """``document_count``: how many documents the segment has; no list may name another."""
        super().__init__(file, name)
        self._document_count = document_count

    @decodes
    def document_frequency(self, number: int) -> int:
        """Return how many documents have a term, deleted ones included."""
        check_number(number, len(self))
        start, stop = self._starts[number : number + 2].tolist()
        return int(stop - start)

    def document_frequencies(self) -> list[int]:
        """Return how many documents have each term, deleted ones included."""
        return self.frequencies_of(np.arange(len(self))).tolist()  # type: ignore[no-any-return]

    @decodes
    def frequencies_of(self, numbers: Offsets) -> Starts:
        """Return how many documents have each of some terms, deleted ones included."""
        return self._starts[numbers + 1] - self._starts[numbers]

    @decodes
    def postings(self, number: int) -> Postings:
        """Return a term's posting list, deleted documents included."""
        check_number(number, len(self))
        start, stop = self._starts[number : number + 2].tolist()
        documents = self._documents.one(number, start, stop).cumsum(dtype=np.int32)
        if self._positions:
            low, high = self._position_starts[number : number + 2].tolist()
            frequencies = self._firsts.between(low, high)
            if len(frequencies) != len(documents):
                raise self.file.damage(f"{self.name}: not as many first positions as postings")
        elif self._frequencies:
            frequencies = self._frequencies.one(number, start, stop)
            if frequencies.min(initial=1) < 1:
                raise self.file.damage(f"{self.name}: a posting without a frequency")
        else:
            frequencies = np.ones(stop - start, np.int32)
        self._check_documents(documents)
        return Postings(documents, frequencies)

    @decodes
    def several(self, numbers: Sequence[int]) -> tuple[Postings, Offsets]:
        """Return the posting lists of some terms, one after the other, and their lengths.

        Reading a list by itself takes some 25 µs however short it is, and most forms of a stem are
        rare.
        """
        if numbers:
            check_number(min(numbers), len(self))
            check_number(max(numbers), len(self))
        wanted = np.array(numbers, np.int64)
        starts = self._starts[wanted]
        counts = self._starts[wanted + 1] - starts
        sums = self._documents.several(wanted, starts, counts).cumsum(dtype=np.int32)
        ends = counts.cumsum()
        # One running sum over all lists, less what it had reached before each list.
        before = np.concatenate((_ZERO, sums))[ends - counts]
        documents = sums - before.repeat(counts)
        if self._positions:
            first, stop = self._position_starts[wanted], self._position_starts[wanted + 1]
            frequencies = self._firsts.several(first, stop, ends - 1)
        elif self._frequencies:
            frequencies = self._frequencies.several(wanted, starts, counts)
            if frequencies.min(initial=1) < 1:
                raise self.file.damage(f"{self.name}: a posting without a frequency")
        else:
            frequencies = np.ones(len(documents), np.int32)
        self._check_documents(documents)
        return Postings(documents, frequencies), counts

    @decodes
    def positions(self, number: int) -> Integers:
        """Return a term's positions, those in its first document first; empty if not recorded."""
        check_number(number, len(self))
        if self._positions is None:
            return np.zeros(0, np.int32)
        start, stop = self._position_starts[number : number + 2].tolist()
        return self._positions.one(number, start, stop)

    def places(self, number: int) -> Offsets:
        """Return every place of a term, ascending; see PLACE_BITS."""
        return self.several_places([number])

    @decodes
    def several_places(self, numbers: Sequence[int]) -> Offsets:
        """Return every place of some terms, those of one term after those of the one before."""
        (documents, frequencies), _ = self.several(numbers)
        places = (documents.astype(np.int64) << PLACE_BITS).repeat(frequencies)
        if self._positions:
            wanted = np.array(numbers, np.int64)
            starts = self._position_starts[wanted]
            lengths = self._position_starts[wanted + 1] - starts
            positions = self._positions.several(wanted, starts, lengths)
            if len(positions) and np.minimum.reduce(positions) < 0:
                raise self.file.damage(f"{self.name}: a place in no document")
            places += positions
        elif len(places):
            raise self.file.damage(f"{self.name}: words without places")
        return places

    @decodes
    def lists(self, first: int = 0, stop: int | None = None) -> PostingLists:
        """Return the lists of the terms ``first`` to ``stop``; what they say is not checked."""
        stop = len(self) if stop is None else stop
        starts = self._starts[first : stop + 1].astype(np.int64) - int(self._starts[first])
        documents = self._documents_between(first, stop)
        frequencies = self._frequencies.between(first, stop) if self._frequencies else None
        positions = None
        if self._positions:
            positions = self._positions.between(first, stop)
            low, high = self._position_starts[[first, stop]].tolist()
            frequencies = self._firsts.between(low, high)
        return PostingLists(self.terms(first, stop), starts, documents, frequencies, positions)

    @decodes
    def stop_of(self, first: int, count: int) -> int:
        """Return up to which term the lists from ``first`` on have at most ``count`` elements.

        It is one behind ``first`` at least.
        """
        starts = self._position_starts if self._positions else self._starts
        stop = int(starts.searchsorted(int(starts[first]) + count, "right")) - 1
        return min(max(stop, first + 1), len(self))

    @property
    def has_positions(self) -> bool:
        """Whether positions are recorded."""
        return f"{self.name}/positions/bytes" in self.file

    @property
    def has_frequencies(self) -> bool:
        """Whether frequencies are stored; if not, all are 1."""
        return self.has_positions or f"{self.name}/frequencies/bytes" in self.file

    @decodes
    def documents(self) -> Integers:
        """Return the documents of all posting lists, one list after the other."""
        documents = self._documents_between(0, len(self))
        self._check_documents(documents)
        return documents

    def _documents_between(self, first: int, stop: int) -> Integers:
        gaps = self._documents.between(first, stop)
        starts = self._starts[first : stop + 1] - self._starts[first]
        if len(gaps) == len(starts) - 1:
            return gaps  # as of ids, of which each has a document
        # One running sum over all lists, less what it had reached before each list.
        sums = np.cumsum(gaps, dtype=np.int64)
        before = np.concatenate(([0], sums))[starts[:-1]]
        documents: Integers = (sums - np.repeat(before, np.diff(starts))).astype(np.int32)
        return documents

    @decodes
    def check(self) -> None:
        """Check all bytes, and that the arrays fit each other.

        What the numbers in them say is not checked. Raises DamagedIndexError.
        """
        self._check_terms()
        check_starts(self.file, f"{self.name}/starts", len(self))
        self._documents.check()
        if self._positions:
            check_starts(self.file, f"{self.name}/position_starts", len(self))
            self._positions.check()
            first = self._firsts.firsts()
            if len(first) != self._starts[-1] or not np.array_equal(
                first[self._starts[:-1]], self._position_starts[:-1]
            ):
                raise self.file.damage("the first positions are not those of the postings")
            if first[-1:] >= self._position_starts[-1]:
                raise self.file.damage("a first position stands behind the last")
        elif self._frequencies:
            self._frequencies.check()

    def _check_documents(self, documents: Integers) -> None:
        """Raise DamagedIndexError if a document number is none of the segment's."""
        # As an unsigned number a negative one is larger than any document's. The ufunc itself takes
        # half the time of the array's method.
        if len(documents) and np.maximum.reduce(documents.view(np.uint32)) >= self._document_count:
            raise self.file.damage(f"{self.name}: postings in no document")

    @cached_property
    def _documents(self) -> PackedLists:
        return PackedLists(self.file, f"{self.name}/documents", self._starts)

    @cached_property
    def _frequencies(self) -> PackedLists | None:
        name = f"{self.name}/frequencies"
        return PackedLists(self.file, name, self._starts) if f"{name}/bytes" in self.file else None

    @cached_property
    def _position_starts(self) -> Starts:
        return read_starts(self.file, f"{self.name}/position_starts")

    @cached_property
    def _positions(self) -> PackedLists | None:
        name = f"{self.name}/positions"
        if f"{name}/bytes" not in self.file:
            return None
        return PackedLists(self.file, name, self._position_starts)

    @cached_property
    def _firsts(self) -> PackedFrequencies:
        return PackedFrequencies(self.file, f"{self.name}/first_positions")


class StemFieldReader(TermReader):
    """The stems of a stem field; their posting lists are made of those of the ``exact`` field."""

    def __init__(self, file: ArrayFile, name: str, exact: FieldReader) -> None:
        super().__init__(file, name)
        self.exact = exact

    @decodes
    def stem_of(self, exact_number: int) -> bytes:
        """Return the stem of a term of the exact field."""
        check_number(exact_number, len(self.exact))
        return self.term(int(self._stem_of_term[exact_number]))

    @decodes
    def exact_numbers(self, number: int) -> list[int]:
        """Return the numbers in the exact field of the terms that have this stem."""
        check_number(number, len(self))
        start, stop = self._starts[number : number + 2].tolist()
        numbers: list[int] = self._terms_by_stem[start:stop].tolist()
        if len(numbers) != stop - start or max(numbers, default=0) >= len(self.exact):
            raise self.file.damage(f"{self.name}: a stem of no term")
        return numbers

    def document_frequency(self, number: int) -> int:
        """Return how many documents have a term, deleted ones included."""
        return len(self.postings(number).documents)

    def document_frequencies(self) -> list[int]:
        """Return how many documents have each term, deleted ones included."""
        return [self.document_frequency(number) for number in range(len(self))]

    @decodes
    def postings(self, number: int) -> Postings:
        """Return a term's posting list, deleted documents included."""
        return united([self.exact_lists(number)])

    def exact_lists(self, number: int) -> Postings:
        """Return the posting lists of the terms that have this stem, one after the other."""
        return self.exact.several(self.exact_numbers(number))[0]

    def positions(self, number: int) -> Integers:
        """Return a term's positions, those in its first document first."""
        return (self.places(number) & ((1 << PLACE_BITS) - 1)).astype(np.int32)

    @decodes
    def places(self, number: int) -> Offsets:
        """Return every place of a term, ascending; two forms may stand in one place."""
        places = self.exact.several_places(self.exact_numbers(number))
        places.sort(kind="stable")
        return places

    @decodes
    def stem_field(self, exact_field: str) -> StemField:
        """Return everything the field has, unpacked."""
        return StemField(exact_field, self.terms(), self._stem_of_term.astype(np.int32))

    @decodes
    def check(self) -> None:
        """Check all bytes, and that each term has the stem it stands under.

        Raises DamagedIndexError.
        """
        self._check_terms()
        check_starts(self.file, f"{self.name}/starts", len(self))
        stem_of_term = self._stem_of_term
        if len(stem_of_term) != len(self.exact):
            raise self.file.damage("the stems are not as many as the terms that they are of")
        if stem_of_term.max(initial=0) >= max(len(self), 1):
            raise self.file.damage("a term has a stem that there is not")
        counts = np.bincount(stem_of_term, minlength=len(self))
        if not np.array_equal(np.diff(self._starts), counts) or not counts.all():
            raise self.file.damage("the stems do not have as many terms as they say")
        if not np.array_equal(np.argsort(stem_of_term, kind="stable"), self._terms_by_stem):
            raise self.file.damage("the terms of the stems are not those that have them")

    @cached_property
    def _stem_of_term(self) -> NDArray[np.uint32]:
        return self.file.array(f"{self.name}/stem_of_term")

    @cached_property
    def _terms_by_stem(self) -> NDArray[np.uint32]:
        return self.file.array(f"{self.name}/terms_by_stem")


class PostingsReader:
    """The postings file of a segment: its fields by name, and each stem field's exact field.

    ``stemming`` tells the rules that made the stems from others.
    """

    def __init__(self, file: ArrayFile, document_count: int = MOST_DOCUMENTS) -> None:
        """Read which fields there are. Raises DamagedIndexError."""
        check_types(file)
        self.file = file
        try:
            self.stemming = str(file.facts["stemming"])
            stem_fields: dict[str, str] = dict(file.facts["stem_fields"])
            exact = {
                str(name): FieldReader(file, name, document_count)
                for name in file.facts["fields"]
                if name not in stem_fields
            }
            stems: dict[str, FieldReader | StemFieldReader] = {
                name: StemFieldReader(file, name, exact[exact_field])
                for name, exact_field in stem_fields.items()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise file.damage("the fields are not as they were written") from error
        self.fields: dict[str, FieldReader | StemFieldReader] = dict(
            sorted({**exact, **stems}.items())
        )
        self.stem_fields = stem_fields
