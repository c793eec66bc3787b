"""One segment of an index as arrays: what it holds, how it is packed, read back and merged.

A segment is two array files. The *postings* file holds the terms of every field, sorted, and their
posting lists; the *documents* file what belongs to single documents: field lengths, columns, stored
values. A *stem field* has no posting lists of its own: each of its terms stands for a set of terms
of an exact field, whose lists it unites.
"""

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain, pairwise
from operator import or_
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndexError, TooLargeError
from index.segments.arrayfile import ArrayFile, write_arrays
from index.segments.arrays import Offsets, is_first, ranges, running_sums
from index.segments.files import map_file

Integers = NDArray[np.int32]

POSTINGS_EXTENSION = ".postings"
DOCUMENTS_EXTENSION = ".documents"

PLACE_BITS = 32
"""A place is a document number, shifted by so many bits, plus a position."""

_WIDTHS = (1, 2, 4)
_TYPES = {width: np.dtype(f"<u{width}") for width in _WIDTHS}
_EXCEPTION_BYTES = 8
_KEY_STEP = 8
_RARE_POSTINGS = 64
_DICTIONARY_BYTES = 1 << 13
MOST_STORED_BYTES = 1 << 26
"""How much a segment stores of one document: no file of a few bytes is to unpack into more."""
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_WINDOW_BITS = -14  # raw deflate, whose bytes are already under the file's checksums


@dataclass(frozen=True, slots=True)
class PostingLists:
    """All posting lists of one field, in the order of ``terms`` (sorted, each once).

    List i holds the postings ``starts[i]`` to ``starts[i + 1]``: ``documents`` ascending,
    ``frequencies`` (None: all 1) and, posting after posting, ``positions`` ascending (None: not
    recorded). ``weights`` are given where they are not the frequencies, ``values`` where a field's
    format keeps payloads of another kind.
    """

    terms: Sequence[bytes]
    starts: Offsets
    documents: Integers
    frequencies: Integers | None = None
    positions: Integers | None = None
    weights: NDArray[np.float32] | None = None
    values: Sequence[bytes] | None = None


@dataclass(frozen=True, slots=True)
class StemField:
    """A stem field: ``stems[stem_of_term[i]]`` is the stem of term i of ``exact_field``."""

    exact_field: str
    stems: Sequence[bytes]
    stem_of_term: Integers


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column of byte strings that recur: ``values[codes[i]]`` is that of document i.

    With ``starts`` a document has any number of them: those whose codes stand from ``starts[i]`` to
    ``starts[i + 1]``.
    """

    values: Sequence[bytes]
    codes: Integers
    starts: Offsets | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """What belongs to single documents: arrays and lists with one entry for each.

    ``lengths`` count the words of a field; ``numbers`` are columns of numbers, ``texts`` columns of
    byte strings, ``coded`` columns of byte strings that recur, ``opaque`` columns as their own
    writer wrote them; ``stored`` are the stored values as a StoredPacker of ``dictionary`` packs
    them.
    """

    count: int
    lengths: Mapping[str, Integers] = field(default_factory=dict)
    numbers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    coded: Mapping[str, CodedColumn] = field(default_factory=dict)
    opaque: Mapping[str, bytes] = field(default_factory=dict)
    stored: Sequence[bytes] = ()
    dictionary: bytes = b""


class Postings(NamedTuple):
    """One posting list: document numbers, ascending, and the frequency in each."""

    documents: Integers
    frequencies: Integers


def write_postings(
    file: BinaryIO,
    fields: Iterable[tuple[str, PostingLists]],
    stems: Iterable[tuple[str, StemField]],
) -> None:
    """Write the postings file of a segment; only one field's lists are needed at a time."""
    facts: dict[str, Any] = {"fields": [], "stem_fields": {}}

    def arrays() -> Iterator[tuple[str, NDArray[Any]]]:
        for name, lists in fields:
            if len(lists.terms):
                facts["fields"].append(name)
                yield from _field_arrays(name, lists)
        for name, stem_field in stems:
            if len(stem_field.stems):
                facts["stem_fields"][name] = stem_field.exact_field
                yield from _stem_arrays(name, stem_field)

    write_arrays(file, arrays(), facts)


def _field_arrays(name: str, lists: PostingLists) -> Iterator[tuple[str, NDArray[Any]]]:
    yield from _term_arrays(name, lists.terms)
    yield from _packed_starts(f"{name}/starts", lists.starts)
    gaps = np.diff(lists.documents, prepend=np.int32(0))
    gaps[lists.starts[:-1]] = lists.documents[lists.starts[:-1]]
    yield from _packed(f"{name}/documents", gaps, lists.starts)
    del gaps
    if lists.positions is not None and lists.frequencies is not None:
        places = running_sums(lists.frequencies)
        yield from _packed_starts(f"{name}/position_starts", places[lists.starts])
        # A bit for each position, set on the first of each posting: the frequencies.
        firsts = np.zeros(places[-1], np.bool_)
        firsts[places[:-1]] = True
        yield f"{name}/first_positions", np.packbits(firsts)
        position_starts = places[lists.starts]
        del firsts, places
        yield from _packed(f"{name}/positions", lists.positions, position_starts)
    elif lists.frequencies is not None:
        yield from _packed(f"{name}/frequencies", lists.frequencies, lists.starts)
    if lists.weights is not None:
        yield f"{name}/weights", lists.weights
    if lists.values is not None:
        yield from _byte_strings(f"{name}/values", lists.values)


def _stem_arrays(name: str, stem_field: StemField) -> Iterator[tuple[str, NDArray[Any]]]:
    yield from _term_arrays(name, stem_field.stems)
    counts = np.bincount(stem_field.stem_of_term, minlength=len(stem_field.stems))
    yield f"{name}/stem_of_term", stem_field.stem_of_term.astype(np.uint32)
    order = np.argsort(stem_field.stem_of_term, kind="stable")
    yield f"{name}/terms_by_stem", order.astype(np.uint32)
    yield from _packed_starts(f"{name}/starts", running_sums(counts))


def write_documents(file: BinaryIO, documents: Documents) -> None:
    """Write the documents file of a segment."""
    kinds = (
        documents.lengths,
        documents.numbers,
        documents.texts,
        documents.coded,
        documents.opaque,
    )
    names = sorted({name for kind in kinds for name in kind})
    write_arrays(file, _document_arrays(documents), {"count": documents.count, "names": names})


def _document_arrays(documents: Documents) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, lengths in sorted(documents.lengths.items()):
        yield f"{name}/lengths", smallest(lengths)
    for name, numbers in sorted(documents.numbers.items()):
        # A column of one value throughout is that value.
        yield f"{name}/numbers", numbers[:1] if (numbers == numbers[:1]).all() else numbers
    for name, texts in sorted(documents.texts.items()):
        yield from _byte_strings(f"{name}/texts", texts)
    for name, coded in sorted(documents.coded.items()):
        yield from _byte_strings(f"{name}/values", coded.values)
        yield f"{name}/codes", smallest(coded.codes)
        if coded.starts is not None:
            yield from _packed_starts(f"{name}/code_starts", coded.starts)
    for name, written in sorted(documents.opaque.items()):
        yield f"{name}/opaque", np.frombuffer(written, np.uint8)
    yield "dictionary", np.frombuffer(documents.dictionary, np.uint8)
    yield from _byte_strings("stored", documents.stored)


class FieldReader:
    """The terms and posting lists of one field of a segment."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name
        self._terms = f"{name}/term_bytes"

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self._term_starts) - 1

    def number(self, term: bytes) -> int:
        """Return the number of a term, -1 if the field does not have it."""
        found = self.lower_bound(term)
        return found if found < len(self) and self.term(found) == term else -1

    def lower_bound(self, term: bytes) -> int:
        """Return the number of the first term that is not less than ``term``."""
        key = _key(term)
        low = bisect_left(self._keys, key)
        # Keys are cut after 8 bytes, so a run of equal ones has to be searched as a whole.
        high = bisect_right(self._keys, key, low)
        start, stop = max(low - 1, 0) * _KEY_STEP, min(high * _KEY_STEP + 1, len(self))
        return bisect_left(range(len(self)), term, start, stop, key=self.term)

    def term(self, number: int) -> bytes:
        """Return a term."""
        starts = self._term_starts.data
        return self._file.piece(self._terms, starts[number], starts[number + 1])

    def terms(self, start: int = 0, stop: int | None = None) -> list[bytes]:
        """Return the terms ``start`` to ``stop``, sorted."""
        starts = self._term_starts[start : len(self) + 1 if stop is None else stop + 1].tolist()
        joined = self._file.array(self._terms).tobytes()
        return [joined[low:high] for low, high in pairwise(starts)]

    def document_frequency(self, number: int) -> int:
        """Return in how many documents a term occurs, deleted ones included."""
        start, stop = self._starts[number : number + 2].tolist()
        return int(stop - start)

    def document_frequencies(self) -> list[int]:
        """Return in how many documents each term occurs, deleted ones included."""
        counts: list[int] = np.diff(self._starts).tolist()
        return counts

    def postings(self, number: int) -> Postings:
        """Return a term's posting list, deleted documents included."""
        start, stop = self._starts[number : number + 2].tolist()
        documents = np.cumsum(self._documents.part(number, start, stop), dtype=np.int32)
        if self._positions:
            low, high = self._position_starts[number : number + 2].tolist()
            first = np.flatnonzero(self._first_positions(low, high))
            frequencies = np.empty(stop - start, np.int32)
            np.subtract(first[1:], first[:-1], out=frequencies[:-1], casting="same_kind")
            frequencies[-1] = high - low - first[-1]
            return Postings(documents, frequencies)
        if self._frequencies:
            return Postings(documents, self._frequencies.part(number, start, stop))
        return Postings(documents, np.ones(stop - start, np.int32))

    def several(self, numbers: Sequence[int]) -> list[Postings]:
        """Return the posting lists of several terms; those of the rarer ones as one, not in order.

        Reading a list takes some 25 µs however short it is, and most forms of a stem are rare.
        """
        wanted = np.array(numbers, np.int64)
        counts = self._starts[wanted + 1] - self._starts[wanted]
        rare = counts <= _RARE_POSTINGS
        if np.count_nonzero(rare) < 3 or self._positions is None:
            return [self.postings(number) for number in numbers]
        lists = [self.postings(number) for number in wanted[~rare].tolist()]
        wanted, counts = wanted[rare], counts[rare]
        gaps = self._documents.parts(wanted, counts)
        sums = np.cumsum(gaps, dtype=np.int32)
        ends = np.cumsum(counts)
        before = np.concatenate(([0], sums))[ends - counts].astype(np.int32)
        lows = self._position_starts[wanted]
        lengths = self._position_starts[wanted + 1] - lows
        name = f"{self._name}/first_positions"
        for low, length in zip(lows.tolist(), lengths.tolist(), strict=True):
            self._file.part(name, low // 8, -(-(low + length) // 8))  # under its checksum
        places = ranges(lows, lengths)
        bits = self._file.unchecked(name)[places >> 3] >> (7 - (places & 7)).astype(np.uint8)
        first = np.flatnonzero(bits & 1)
        frequencies = np.diff(first, append=len(places)).astype(np.int32)
        return [*lists, Postings(sums - np.repeat(before, counts), frequencies)]

    def positions(self, number: int) -> Integers:
        """Return a term's positions, those of its first document first; empty if not recorded."""
        if self._positions is None:
            return np.zeros(0, np.int32)
        start, stop = self._position_starts[number : number + 2].tolist()
        return self._positions.part(number, start, stop)

    def places(self, number: int) -> Offsets:
        """Return every place of a term, ascending; see PLACE_BITS."""
        documents, frequencies = self.postings(number)
        places = np.repeat(documents.astype(np.int64) << PLACE_BITS, frequencies)
        places += self.positions(number)
        return places

    def weights(self, number: int) -> NDArray[np.float32]:
        """Return the weight of each posting of a term, as Whoosh counts it."""
        start, stop = self._starts[number : number + 2].tolist()
        if f"{self._name}/weights" in self._file:
            return self._file.part(f"{self._name}/weights", start, stop)
        return self.postings(number).frequencies.astype(np.float32)

    def values(self, number: int) -> list[bytes] | None:
        """Return the payload of each posting of a term; None if the field keeps none."""
        if self._values is None:
            return None
        start, stop = self._starts[number : number + 2].tolist()
        return [self._values[at] for at in range(start, stop)]

    def lists(self) -> PostingLists:
        """Return everything, unpacked."""
        starts = self._starts
        gaps = self._documents.whole()
        # One running sum over all lists, less what had been reached before each list.
        sums = np.cumsum(gaps, dtype=np.int64)
        before = np.concatenate(([0], sums))[starts[:-1]]
        documents = (sums - np.repeat(before, np.diff(starts))).astype(np.int32)
        frequencies = self._frequencies.whole() if self._frequencies else None
        positions = None
        if self._positions:
            positions = self._positions.whole()
            first = np.flatnonzero(self._first_positions(0, len(positions)))
            frequencies = np.diff(first, append=len(positions)).astype(np.int32)
        weights = None
        if f"{self._name}/weights" in self._file:
            weights = self._file.array(f"{self._name}/weights")
        values = list(self._values) if self._values is not None else None
        return PostingLists(
            self.terms(), starts, documents, frequencies, positions, weights, values
        )

    def check(self) -> None:
        """Compare all bytes with their checksums, and see that the arrays fit each other.

        What the numbers in them say is not looked at. Raises DamagedIndexError.
        """
        self._check_terms()
        _check_starts(self._file, f"{self._name}/starts", len(self))
        self._documents.check()
        posting_count = int(self._starts[-1])
        if self._positions:
            _check_starts(self._file, f"{self._name}/position_starts", len(self))
            self._positions.check()
            bits = np.unpackbits(self._file.array(f"{self._name}/first_positions"))
            first = np.flatnonzero(bits)
            if len(first) != posting_count or not np.array_equal(
                first[self._starts[:-1]], self._position_starts[:-1]
            ):
                raise self._damage("the first positions are not those of the postings")
            if first[-1:] >= self._position_starts[-1]:
                raise self._damage("a first position stands behind the last")
        elif self._frequencies:
            self._frequencies.check()
        name = f"{self._name}/weights"
        if name in self._file and len(self._file.array(name)) != posting_count:
            raise self._damage("the weights are not as many as the postings")
        if self._values is not None:
            self._values.check(posting_count)

    def _check_terms(self) -> None:
        _check_starts(self._file, f"{self._name}/term_starts", len(self))
        self._file.array(self._terms)
        if [_key(term) for term in self.terms()[::_KEY_STEP]] != list(self._keys):
            raise self._damage("the keys are not those of the terms")

    def _damage(self, reason: str) -> DamagedIndexError:
        return self._file.damage(reason)

    @cached_property
    def _term_starts(self) -> Offsets:
        starts = _starts(self._file, f"{self._name}/term_starts")
        if starts[-1] != len(self._file.unchecked(self._terms)):
            raise self._file.damage(f"{self._name}: terms of other lengths than stored")
        return starts

    @cached_property
    def _keys(self) -> memoryview:
        # As a memoryview, whose elements are Python's integers: bisecting it is several times
        # faster than searching the array for one value.
        return self._file.array(f"{self._name}/term_keys").data

    @cached_property
    def _starts(self) -> Offsets:
        return _starts(self._file, f"{self._name}/starts")

    @cached_property
    def _documents(self) -> "_PackedReader":
        return _PackedReader(self._file, f"{self._name}/documents", self._starts)

    @cached_property
    def _frequencies(self) -> "_PackedReader | None":
        name = f"{self._name}/frequencies"
        if f"{name}/bytes" not in self._file:
            return None
        return _PackedReader(self._file, name, self._starts)

    @cached_property
    def _position_starts(self) -> Offsets:
        return _starts(self._file, f"{self._name}/position_starts")

    @cached_property
    def _positions(self) -> "_PackedReader | None":
        name = f"{self._name}/positions"
        if f"{name}/bytes" not in self._file:
            return None
        return _PackedReader(self._file, name, self._position_starts)

    def _first_positions(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return for the positions ``start`` to ``stop`` of all lists which begin a posting."""
        stored = self._file.part(f"{self._name}/first_positions", start // 8, -(-stop // 8))
        return np.unpackbits(stored)[start % 8 : start % 8 + stop - start]

    @cached_property
    def _values(self) -> "ByteStrings | None":
        name = f"{self._name}/values"
        return ByteStrings(self._file, name) if f"{name}/bytes" in self._file else None


class StemFieldReader(FieldReader):
    """The terms of a stem field, and their posting lists made of those of the exact field."""

    def __init__(self, file: ArrayFile, name: str, exact: FieldReader) -> None:
        super().__init__(file, name)
        self.exact = exact

    def stem_of(self, exact_number: int) -> bytes:
        """Return the stem of a term of the exact field."""
        return self.term(int(self._stem_of_term[exact_number]))

    def exact_numbers(self, number: int) -> list[int]:
        """Return the numbers in the exact field of the terms that have this stem."""
        start, stop = self._starts[number : number + 2].tolist()
        found: list[int] = self._terms_by_stem[start:stop].tolist()
        return found

    def document_frequency(self, number: int) -> int:
        """Return in how many documents a term occurs, deleted ones included."""
        return len(self.postings(number).documents)

    def document_frequencies(self) -> list[int]:
        """Return in how many documents each term occurs, deleted ones included."""
        return [self.document_frequency(number) for number in range(len(self))]

    def postings(self, number: int) -> Postings:
        """Return a term's posting list, deleted documents included."""
        return united(self.exact_lists(number))

    def exact_lists(self, number: int) -> list[Postings]:
        """Return the posting lists of the terms that have this stem, as ``several`` does."""
        return self.exact.several(self.exact_numbers(number))

    def positions(self, number: int) -> Integers:
        """Return a term's positions, those of its first document first."""
        return (self.places(number) & ((1 << PLACE_BITS) - 1)).astype(np.int32)

    def places(self, number: int) -> Offsets:
        """Return every place of a term, ascending; two forms may stand in one place."""
        return np.sort(np.concatenate([self.exact.places(at) for at in self.exact_numbers(number)]))

    def stem_field(self, exact_field: str) -> StemField:
        """Return everything, unpacked."""
        return StemField(exact_field, self.terms(), self._stem_of_term.astype(np.int32))

    def check(self) -> None:
        """Compare all bytes with their checksums, and see that each term has the stem it is under.

        Raises DamagedIndexError.
        """
        self._check_terms()
        _check_starts(self._file, f"{self._name}/starts", len(self))
        stem_of_term = self._stem_of_term
        if len(stem_of_term) != len(self.exact):
            raise self._damage("the stems are not as many as the terms that they are of")
        if stem_of_term.max(initial=0) >= max(len(self), 1):
            raise self._damage("a term has a stem that there is not")
        counts = np.bincount(stem_of_term, minlength=len(self))
        if not np.array_equal(np.diff(self._starts), counts) or not counts.all():
            raise self._damage("the stems do not have as many terms as they say")
        if not np.array_equal(np.argsort(stem_of_term, kind="stable"), self._terms_by_stem):
            raise self._damage("the terms of the stems are not those that have them")

    @cached_property
    def _stem_of_term(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/stem_of_term")

    @cached_property
    def _terms_by_stem(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/terms_by_stem")


class PostingsReader:
    """A segment's postings file: its fields by name."""

    def __init__(self, file: ArrayFile) -> None:
        """Read which fields there are. Raises DamagedIndexError."""
        _check_types(file)
        try:
            stem_fields: dict[str, str] = dict(file.facts["stem_fields"])
            exact = {
                str(name): FieldReader(file, name)
                for name in file.facts["fields"]
                if name not in stem_fields
            }
            stems = {
                name: StemFieldReader(file, name, exact[exact_field])
                for name, exact_field in stem_fields.items()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise file.damage("the fields are not as they were written") from error
        self.fields: dict[str, FieldReader] = dict(sorted({**exact, **stems}.items()))
        self.stem_fields = stem_fields


def open_segment(path: str) -> "tuple[PostingsReader, DocumentsReader]":
    """Open the segment whose files are called ``path`` but for their extensions.

    Raises DamagedIndexError and OSError.
    """
    postings, documents = path + POSTINGS_EXTENSION, path + DOCUMENTS_EXTENSION
    return (
        PostingsReader(ArrayFile(map_file(postings), postings)),
        DocumentsReader(ArrayFile(map_file(documents), documents)),
    )


class DocumentsReader:
    """A segment's documents file."""

    def __init__(self, file: ArrayFile) -> None:
        """Read what there is of each document. Raises DamagedIndexError."""
        _check_types(file)
        self._file = file
        try:
            self.count: int = file.facts["count"]
            self.names: tuple[str, ...] = tuple(map(str, file.facts["names"]))
            # No document takes less than a byte, so that no count can fill the memory.
            is_sound = 0 <= self.count.__index__() <= file.byte_count
        except (AttributeError, KeyError, TypeError) as error:
            raise file.damage("the columns are not as they were written") from error
        if not is_sound:
            raise file.damage(f"{self.count:,} documents, which it cannot hold")

    def lengths(self, name: str) -> NDArray[np.unsignedinteger[Any]] | None:
        """Return each document's number of words in a field; None if the field has no lengths."""
        key = f"{name}/lengths"
        return self._of_each(self._file.array(key), name) if key in self._file else None

    def numbers(self, name: str) -> NDArray[Any] | None:
        """Return a column of numbers, one for each document; None if there is none."""
        if f"{name}/numbers" not in self._file:
            return None
        numbers = self._file.array(f"{name}/numbers")
        if len(numbers) == 1:
            return np.full(self.count, numbers[0])
        return self._of_each(numbers, name)

    def texts(self, name: str) -> "ByteStrings | None":
        """Return a column of byte strings, one for each document; None if there is none."""
        key = f"{name}/texts"
        return ByteStrings(self._file, key) if f"{key}/bytes" in self._file else None

    def coded(self, name: str) -> CodedColumn | None:
        """Return a column of byte strings that recur; None if there is none."""
        if f"{name}/codes" not in self._file:
            return None
        starts = None
        if f"{name}/code_starts/bytes" in self._file:
            starts = _starts(self._file, f"{name}/code_starts")
        codes = self._file.array(f"{name}/codes").astype(np.int32)
        if starts is None:
            self._of_each(codes, name)
        elif len(self._of_each(starts[1:], name)) and starts[-1] != len(codes):
            raise self._file.damage(
                f"{name}: lists of {starts[-1]:,} values, {len(codes):,} stored"
            )
        return CodedColumn(ByteStrings(self._file, f"{name}/values"), codes, starts)

    def opaque(self, name: str) -> bytes | None:
        """Return a column as its own writer wrote it; None if there is none."""
        key = f"{name}/opaque"
        return self._file.array(key).tobytes() if key in self._file else None

    @property
    def stored_count(self) -> int:
        """How many stored values there are, whatever ``count`` says."""
        return len(self._stored)

    def stored(self, number: int) -> bytes:
        """Return the stored values of a document, as they were given."""
        unpacker = zlib.decompressobj(_WINDOW_BITS, self._dictionary)
        stored = unpacker.decompress(self._stored[number], MOST_STORED_BYTES)
        if not unpacker.eof:
            raise self._file.damage(f"the stored values of document {number} have no end")
        return stored

    def _of_each(self, column: NDArray[Any], name: str) -> NDArray[Any]:
        if len(column) != self.count:
            raise self._file.damage(f"{name}: {len(column):,} values, {self.count:,} documents")
        return column

    def check(self, name: str) -> None:
        """Compare all bytes of what ``name`` has with their checksums, and see that they fit.

        Raises DamagedIndexError.
        """
        self.lengths(name)
        self.numbers(name)
        texts = self.texts(name)
        if texts is not None:
            texts.check(self.count)
        if self.coded(name) is not None:
            values = ByteStrings(self._file, f"{name}/values")
            values.check(len(values))
            if self._file.array(f"{name}/codes").max(initial=0) >= max(len(values), 1):
                raise self._file.damage("a code is none of a value")
            if f"{name}/code_starts/bytes" in self._file:
                _check_starts(self._file, f"{name}/code_starts", self.count)
        self.opaque(name)

    def check_stored(self) -> None:
        """Compare all bytes of the stored values with their checksums, and see that they fit.

        Raises DamagedIndexError.
        """
        self._stored.check(self.count)
        self._file.array("dictionary")

    @cached_property
    def _stored(self) -> "ByteStrings":
        return ByteStrings(self._file, "stored")

    @cached_property
    def _dictionary(self) -> bytes:
        return self._file.array("dictionary").tobytes()


class ByteStrings(Sequence[bytes]):
    """Byte strings of an array file, each read when it is asked for."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name
        self._bytes = f"{name}/bytes"
        starts = _starts(file, f"{name}/starts")
        if starts[-1] != len(file.unchecked(self._bytes)):
            raise file.damage(f"{name}: strings of other lengths than stored")
        self._starts = starts.data

    def __len__(self) -> int:
        return len(self._starts) - 1

    def check(self, count: int) -> None:
        """Compare all bytes with their checksums, and see that there are ``count`` strings.

        Raises DamagedIndexError.
        """
        _check_starts(self._file, f"{self._name}/starts", count)
        self._file.array(self._bytes)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        starts = self._starts
        return self._file.piece(self._bytes, starts[number], starts[number + 1])


def _check_types(file: ArrayFile) -> None:
    """Raise DamagedIndexError if anything but a column or a weight is no whole number."""
    for name, kind in file.types.items():
        if kind[1] in "bf" and not name.endswith(("/numbers", "/weights")):
            raise file.damage(f"{name}: numbers that are not whole")


def united(lists: Sequence[Postings]) -> Postings:
    """Return the union of posting lists, in order or not; frequencies in one document add up."""
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


def code_column(values: Sequence[bytes]) -> CodedColumn:
    """Return the column in which document i has ``values[i]``."""
    numbers: dict[bytes, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return CodedColumn(list(numbers), np.array(codes, np.int32))


def code_lists(lists: Sequence[Sequence[bytes]]) -> CodedColumn:
    """Return the column in which document i has every one of ``lists[i]``."""
    coded = code_column(list(chain.from_iterable(lists)))
    return CodedColumn(coded.values, coded.codes, _string_starts(lists))


def code_strings(lists: Sequence[Sequence[str]]) -> CodedColumn:
    """Return the column in which document i has every one of ``lists[i]``."""
    flat = list(chain.from_iterable(lists))
    numbers = {value: number for number, value in enumerate(dict.fromkeys(flat))}
    codes = np.fromiter(map(numbers.__getitem__, flat), np.int32, len(flat))
    return CodedColumn([value.encode() for value in numbers], codes, _string_starts(lists))


def stem_field(
    exact_field: str, terms: Sequence[bytes], stem_of: Mapping[bytes, bytes]
) -> StemField:
    """Return the stem field of ``terms``, those of an exact field."""
    found = [stem_of[term] for term in terms]
    numbers = {stem: number for number, stem in enumerate(sorted(set(found)))}
    of_terms = np.fromiter(map(numbers.__getitem__, found), np.int32, len(found))
    return StemField(exact_field, list(numbers), of_terms)


class StoredPacker:
    """Packs stored values, each so that it can be read alone.

    Short texts deflate far better against a ``dictionary`` of text like theirs, which is made of
    ``samples``.
    """

    def __init__(self, samples: Sequence[bytes]) -> None:
        step = max(len(samples) // 64, 1)
        self.dictionary = b"".join(samples[::step])[-_DICTIONARY_BYTES:]
        # Copying a state that has read the dictionary spares reading it each time.
        self._primed = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, 8, 0, self.dictionary)

    def pack(self, values: bytes) -> bytes:
        """Return the values, of up to MOST_STORED_BYTES, in fewer bytes."""
        packer = self._primed.copy()
        return packer.compress(values) + packer.flush()


def encode_stored(values: Mapping[str, Any]) -> bytes:
    """Return a document's stored values, of those that JSON keeps, as bytes.

    Raises TooLargeError if they are more than MOST_STORED_BYTES.
    """
    stored = b"j" + _JSON.encode(values).encode("utf-8", "surrogatepass")
    if len(stored) > MOST_STORED_BYTES:
        raise TooLargeError(
            f"{len(stored):,} bytes to store of one paper, of which {MOST_STORED_BYTES:,} fit"
        )
    return stored


def decode_stored(stored: bytes) -> dict[str, Any]:
    """Return the values that ``encode_stored`` was given."""
    if not stored:
        return {}
    loaded: dict[str, Any] = json.loads(stored[1:].decode("utf-8", "surrogatepass"))
    return loaded


class _PackedReader:
    """Lists of integers as ``_packed`` wrote them, which begin at ``starts``."""

    def __init__(self, file: ArrayFile, name: str, starts: Offsets) -> None:
        self._file = file
        self._bytes = f"{name}/bytes"
        self._starts = starts
        self._widths = file.array(f"{name}/widths")
        counts = np.diff(starts)
        self._byte_starts = running_sums(self._widths.astype(np.int64) * counts)
        # From here on no list leads out of the file, nor to more numbers than it has bytes.
        if (
            len(self._widths) != len(counts)
            or not reduce(or_, (self._widths == width for width in _WIDTHS)).all()
            or self._byte_starts[-1] != len(file.unchecked(self._bytes))
        ):
            raise file.damage(f"{name}: lists of other lengths than stored")
        self._exceptions = file.array(f"{name}/exceptions")
        self._excess = file.array(f"{name}/excess")

    def check(self) -> None:
        """See that the bytes are as written and the exceptions fit. Raises DamagedIndexError."""
        self._file.array(self._bytes)
        exceptions = self._exceptions.astype(np.int64)
        ends = np.concatenate(([-1], exceptions, self._starts[-1:]))
        if (np.diff(ends) <= 0).any() or len(self._excess) != len(exceptions):
            raise self._file.damage(f"{self._bytes}: the exceptions are none of these lists")
        shifts = 8 * np.repeat(self._widths, np.diff(self._starts))[exceptions].astype(np.int64)
        if ((self._excess.astype(np.int64) << shifts) >= 1 << 31).any():
            raise self._file.damage(f"{self._bytes}: an exception is too large")

    def part(self, number: int, start: int, stop: int) -> Integers:
        """Return list ``number``, whose elements are ``start`` to ``stop`` of all lists'."""
        width = int(self._widths[number])
        low = int(self._byte_starts[number])
        stored = self._file.part(self._bytes, low, low + width * (stop - start))
        values = stored.view(_TYPES[width]).astype(np.int32)
        if len(self._exceptions):
            # As a memoryview, whose elements are Python's integers, it is bisected faster.
            first = bisect_left(self._exceptions.data, start)
            last = bisect_left(self._exceptions.data, stop, first)
            if first < last:
                places = self._exceptions[first:last] - np.uint32(start)
                values[places] += self._excess[first:last].astype(np.int32) << (8 * width)
        return values

    def parts(self, numbers: Offsets, counts: Offsets) -> Integers:
        """Return several lists, of so many elements each, one after the other."""
        widths = self._widths[numbers]
        lows = self._byte_starts[numbers]
        for low, size in zip(lows.tolist(), (widths * counts).tolist(), strict=True):
            self._file.part(self._bytes, low, low + size)  # under its checksum
        stored = self._file.unchecked(self._bytes)
        inner = ranges(np.zeros(len(counts), np.int64), counts)
        element_widths = np.repeat(widths, counts)
        places = np.repeat(lows, counts) + element_widths * inner
        values: Integers = stored[places].astype(np.int32)
        for byte in range(1, int(widths.max(initial=1))):
            wide = np.flatnonzero(element_widths > byte)
            values[wide] |= stored[places[wide] + byte].astype(np.int32) << (8 * byte)
        if len(self._exceptions):
            elements = np.repeat(self._starts[numbers], counts) + inner
            found = np.searchsorted(self._exceptions, elements.astype(np.uint32))
            found = np.minimum(found, len(self._exceptions) - 1)
            patched = np.flatnonzero(self._exceptions[found] == elements)
            shifts = 8 * element_widths[patched].astype(np.int32)
            values[patched] += self._excess[found[patched]].astype(np.int32) << shifts
        return values

    def whole(self) -> Integers:
        """Return the elements of all lists."""
        stored = self._file.array(self._bytes)
        counts = np.diff(self._starts)
        values = np.empty(self._starts[-1], np.int32)
        for width, chosen, places in _by_width(self._widths, self._byte_starts, counts):
            found = stored[places].astype(np.int32)
            for byte in range(1, width):
                found |= stored[places + byte].astype(np.int32) << (8 * byte)
            values[chosen] = found
        shifts = 8 * np.repeat(self._widths, counts)[self._exceptions].astype(np.int32)
        values[self._exceptions] += self._excess.astype(np.int32) << shifts
        return values


def _packed(name: str, values: NDArray[Any], starts: Offsets) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays that hold lists of non-negative integers in few bytes.

    Each list takes 1, 2 or 4 bytes an element, whichever is shortest if the excess of too large
    elements is kept apart (patched coding; Zukowski et al., "Super-Scalar RAM-CPU Cache
    Compression", 2006, section 3): ``widths`` of the lists, their elements' low ``bytes``, and of
    the elements that need more, their places in all lists (``exceptions``) and what stands above
    their own bytes (``excess``).
    """
    counts = np.diff(starts)
    sizes = [counts * width for width in _WIDTHS]
    for size, width in zip(sizes[:-1], _WIDTHS, strict=False):
        large = np.flatnonzero(values >= 1 << (8 * width))
        size += np.diff(np.searchsorted(large, starts)) * _EXCEPTION_BYTES
    widths = np.array(_WIDTHS, np.uint8)[np.argmin(np.stack(sizes), axis=0)]
    yield f"{name}/widths", widths
    byte_starts = running_sums(widths * counts)
    stored = np.empty(byte_starts[-1], np.uint8)
    for width, chosen, places in _by_width(widths, byte_starts, counts):
        own = values[chosen]
        stored[places] = own.astype(np.uint8)
        for byte in range(1, width):
            stored[places + byte] = (own >> (8 * byte)).astype(np.uint8)
    yield f"{name}/bytes", stored
    exceptions = np.flatnonzero(values >= 256)
    shifts = 8 * np.repeat(widths, counts)[exceptions].astype(np.int64)
    excess = values[exceptions].astype(np.int64) >> shifts
    yield f"{name}/exceptions", exceptions[excess > 0].astype(np.uint32)
    yield f"{name}/excess", excess[excess > 0].astype(np.uint32)


def _by_width(
    widths: NDArray[np.uint8], byte_starts: Offsets, counts: Offsets
) -> Iterator[tuple[int, Any, Any]]:
    """Yield each width of packed lists, the elements that have it and their first bytes' places."""
    found = np.unique(widths).tolist()
    if found == [1]:
        yield 1, slice(None), slice(None)
        return
    element_widths = np.repeat(widths, counts)
    place_type = np.int32 if byte_starts[-1] < 1 << 31 else np.int64
    for width in found:
        chosen = np.flatnonzero(element_widths == width)
        of_width = widths == width
        lengths = counts[of_width]
        # The place of a list's first byte, less what has been counted before it.
        bases = byte_starts[:-1][of_width] - width * (np.cumsum(lengths) - lengths)
        places = np.repeat(bases.astype(place_type), lengths)
        places += np.arange(0, width * len(places), width, dtype=place_type)
        yield width, chosen, places


def _term_arrays(name: str, terms: Sequence[bytes]) -> Iterator[tuple[str, NDArray[Any]]]:
    keys = np.array([_key(term) for term in terms[::_KEY_STEP]], dtype=np.uint64)
    yield f"{name}/term_bytes", np.frombuffer(b"".join(terms), np.uint8)
    yield f"{name}/term_keys", keys
    yield from _packed_starts(f"{name}/term_starts", _string_starts(terms))


def _key(term: bytes) -> int:
    return int.from_bytes(term[:8].ljust(8, b"\0"), "big")


def _byte_strings(name: str, strings: Sequence[bytes]) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}/bytes", np.frombuffer(b"".join(strings), np.uint8)
    yield from _packed_starts(f"{name}/starts", _string_starts(strings))


def _string_starts(strings: Sequence[Sequence[Any]]) -> Offsets:
    return running_sums(np.fromiter(map(len, strings), np.int64, len(strings)))


def _packed_starts(name: str, starts: Offsets) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays that hold the starts of lists: their lengths, as one packed list."""
    lengths = np.diff(starts)
    return _packed(name, lengths, np.array([0, len(lengths)]))


def _starts(file: ArrayFile, name: str) -> Offsets:
    """Return the starts that ``_packed_starts`` was given."""
    widths = file.array(f"{name}/widths")
    if len(widths) != 1:
        raise file.damage(f"{name}: {len(widths):,} lists of starts")
    width = int(widths[0])
    count = len(file.array(f"{name}/bytes")) // max(width, 1)
    lengths = _PackedReader(file, name, np.array([0, count])).part(0, 0, count)
    if count and lengths.min() < 0:
        raise file.damage(f"{name}: a list of less than nothing")
    return running_sums(lengths)


def _check_starts(file: ArrayFile, name: str, count: int) -> None:
    """See that ``_starts`` of ``name`` are those of ``count`` lists. Raises DamagedIndexError."""
    if len(_starts(file, name)) != count + 1:
        raise file.damage(f"{name} are not as many as the lists")
    _PackedReader(file, name, np.array([0, count])).check()


def smallest(values: Integers) -> NDArray[Any]:
    """Return the numbers, none negative, in as few bytes each as the largest needs."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


@dataclass(frozen=True, slots=True)
class SegmentPart:
    """A segment to be merged: its readers, and which of its documents are not deleted."""

    postings: PostingsReader
    documents: DocumentsReader
    live: NDArray[np.bool_]


def merge_segments(
    parts: Sequence[SegmentPart], postings_file: BinaryIO, documents_file: BinaryIO
) -> None:
    """Write one segment with the documents of all parts, deleted ones left out, in a row.

    A part without a column of byte strings counts as one of empty ones. Columns that only their own
    writer can read are not merged: papers have none. Raises ValueError if some parts have a column
    of numbers and others do not.
    """
    _merge_postings(parts, postings_file)
    _merge_documents(parts, documents_file)


def _merge_postings(parts: Sequence[SegmentPart], file: BinaryIO) -> None:
    names = sorted({name for part in parts for name in part.postings.fields})
    stem_fields = {name: of for part in parts for name, of in part.postings.stem_fields.items()}
    terms: dict[str, Sequence[bytes]] = {}

    def fields() -> Iterator[tuple[str, PostingLists]]:
        for name in names:
            if name not in stem_fields:
                lists = _merged_lists(parts, name)
                terms[name] = lists.terms
                yield name, lists

    write_postings(file, fields(), _merged_stems(parts, stem_fields, terms))


def _merged_stems(
    parts: Sequence[SegmentPart],
    stem_fields: Mapping[str, str],
    terms: Mapping[str, Sequence[bytes]],
) -> Iterator[tuple[str, StemField]]:
    """Yield the stem fields of all parts, for the exact fields' ``terms`` that are left."""
    for name, exact in sorted(stem_fields.items()):
        stem_of: dict[bytes, bytes] = {}
        for part in parts:
            reader = part.postings.fields.get(name)
            if isinstance(reader, StemFieldReader):
                own = reader.stem_field(exact)
                of_terms = zip(reader.exact.terms(), own.stem_of_term.tolist(), strict=True)
                stem_of.update((term, own.stems[number]) for term, number in of_terms)
        yield name, stem_field(exact, terms[exact], stem_of)


def _merge_documents(parts: Sequence[SegmentPart], file: BinaryIO) -> None:
    live = [np.flatnonzero(part.live) for part in parts]
    count = sum(map(len, live))
    lengths, numbers, texts, coded = {}, {}, {}, {}
    for name in sorted({name for part in parts for name in part.documents.names}):
        if any(part.documents.lengths(name) is not None for part in parts):
            lengths[name] = np.concatenate(
                [
                    np.zeros(len(kept), np.int32) if found is None else found[kept]
                    for kept, part in zip(live, parts, strict=True)
                    for found in [part.documents.lengths(name)]
                ]
            )
            if not lengths[name].any():
                del lengths[name]
        columns = [part.documents.numbers(name) for part in parts]
        kept_numbers = [of[kept] for of, kept in zip(columns, live, strict=True) if of is not None]
        if kept_numbers:
            numbers[name] = np.concatenate(kept_numbers)
            if len(numbers[name]) != count:
                raise ValueError(f"{name}: some parts have no column of these numbers")
        strings = [part.documents.texts(name) for part in parts]
        if any(of is not None for of in strings):
            texts[name] = [
                of[at] if of else b""
                for of, kept in zip(strings, live, strict=True)
                for at in kept.tolist()
            ]
        codes = [part.documents.coded(name) for part in parts]
        if any(of is not None for of in codes):
            single = all(of is None or of.starts is None for of in codes)
            nothing: list[bytes] = [b""] if single else []
            lists = [
                found
                for of, kept in zip(codes, live, strict=True)
                for found in (_rows(of, kept) if of else [nothing] * len(kept))
            ]
            coded[name] = code_column([of[0] for of in lists]) if single else code_lists(lists)
    stored = [
        part.documents.stored(at)
        for part, kept in zip(parts, live, strict=True)
        for at in kept.tolist()
    ]
    packer = StoredPacker(stored)
    packed = list(map(packer.pack, stored))
    documents = Documents(
        count, lengths, numbers, texts, coded, stored=packed, dictionary=packer.dictionary
    )
    write_documents(file, documents)


def _rows(column: CodedColumn, kept: NDArray[np.int64]) -> Iterator[list[bytes]]:
    values, codes = list(column.values), column.codes.tolist()
    starts = range(len(codes) + 1) if column.starts is None else column.starts.tolist()
    for at in kept.tolist():
        yield [values[code] for code in codes[starts[at] : starts[at + 1]]]


def _merged_lists(parts: Sequence[SegmentPart], name: str) -> PostingLists:
    """Return the posting lists of one field over all parts, deleted documents left out."""
    readers = [part.postings.fields.get(name) for part in parts]
    lists = [reader.lists() if reader else None for reader in readers]
    terms = sorted({term for of in lists if of for term in of.terms})
    numbers = {term: number for number, term in enumerate(terms)}
    given = [of for of in lists if of]
    has_frequencies = any(of.frequencies is not None for of in given)
    has_weights = any(of.weights is not None for of in given)
    has_values = any(of.values is not None for of in given)
    found: dict[str, list[NDArray[Any]]] = {}
    values: list[bytes] = []
    first_document = 0
    for part, of in zip(parts, lists, strict=True):
        if of:
            kept = part.live[of.documents]
            own = np.array([numbers[term] for term in of.terms], np.int32)
            new_numbers = (np.cumsum(part.live) - 1 + first_document).astype(np.int32)
            found.setdefault("terms", []).append(np.repeat(own, np.diff(of.starts))[kept])
            found.setdefault("documents", []).append(new_numbers[of.documents[kept]])
            # What one part keeps, another may have left out as it says nothing.
            frequencies = np.ones(len(kept), np.int32) if of.frequencies is None else of.frequencies
            if has_frequencies:
                found.setdefault("frequencies", []).append(frequencies[kept])
            if of.positions is not None:
                kept_positions = of.positions[np.repeat(kept, frequencies)]
                found.setdefault("positions", []).append(kept_positions)
            if has_weights:
                weights = frequencies.astype(np.float32) if of.weights is None else of.weights
                found.setdefault("weights", []).append(weights[kept])
            if has_values:
                payloads = of.values or [b""] * len(kept)
                values += [payloads[at] for at in np.flatnonzero(kept).tolist()]
        first_document += int(np.count_nonzero(part.live))
    arrays = {key: np.concatenate(columns) for key, columns in found.items()}
    if not arrays:
        arrays = {"terms": np.zeros(0, np.int32), "documents": np.zeros(0, np.int32)}
    order = stable_order(arrays["terms"])
    positions = arrays.get("positions")
    if positions is not None:
        by_token = stable_order(np.repeat(arrays["terms"], arrays["frequencies"]))
        positions = positions[by_token]
    present, counts = np.unique(arrays["terms"], return_counts=True)
    return PostingLists(
        [terms[number] for number in present.tolist()],
        running_sums(counts),
        arrays["documents"][order],
        arrays["frequencies"][order] if has_frequencies else None,
        positions,
        arrays["weights"][order] if has_weights else None,
        [values[at] for at in order.tolist()] if values else None,
    )


def stable_order(numbers: Integers) -> Integers:
    """Return the stable order of non-negative numbers.

    By their lower 16 bits first, for which numpy has a radix sort, then by the rest: a third of
    the time of sorting them at once. Half of them at a time, because that sort takes 16 bytes a
    number.
    """
    lower = numbers.astype(np.uint16)
    parts = []
    for half in (lower < 1 << 15, lower >= 1 << 15):
        places = np.flatnonzero(half).astype(np.int32)
        parts.append(places[np.argsort(lower[places], kind="stable")])
    order = np.concatenate(parts)
    del lower, parts
    if not len(numbers) or numbers.max() < 1 << 16:
        return order
    upper = (numbers >> 16).astype(np.min_scalar_type(int(numbers.max()) >> 16))[order]
    ordered = np.empty_like(order)
    at = 0
    for digit in range(int(upper.max()) + 1):
        chosen = order[upper == digit]
        ordered[at : at + len(chosen)] = chosen
        at += len(chosen)
    return ordered
