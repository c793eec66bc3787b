"""One segment of an index as arrays: what it holds, how it is packed, read back and merged.

A segment is two array files. The *postings* file holds the terms of every field, sorted, and their
posting lists; the *documents* file what belongs to single documents: field lengths, columns, stored
values. A *stem field* has no posting lists of its own: each of its terms stands for a set of terms
of an exact field, whose lists it unites.
"""

import json
import pickle
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.arrayfile import ArrayFile, write_arrays

Integers = NDArray[np.int32]
Offsets = NDArray[np.int64]

POSTINGS_EXTENSION = ".postings"
DOCUMENTS_EXTENSION = ".documents"

_WIDTHS = (1, 2, 4)
_TYPES = {width: np.dtype(f"<u{width}") for width in _WIDTHS}
_EXCEPTION_BYTES = 8
_KEY_STEP = 8
_DICTIONARY_BYTES = 1 << 13
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
    writer wrote them; ``stored`` are the stored values.
    """

    count: int
    lengths: Mapping[str, Integers] = field(default_factory=dict)
    numbers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    coded: Mapping[str, CodedColumn] = field(default_factory=dict)
    opaque: Mapping[str, bytes] = field(default_factory=dict)
    stored: Sequence[bytes] = ()


class Postings(NamedTuple):
    """One posting list: document numbers, ascending, and the frequency in each."""

    documents: Integers
    frequencies: Integers


def write_postings(
    file: BinaryIO, fields: Mapping[str, PostingLists], stems: Mapping[str, StemField]
) -> None:
    """Write the postings file of a segment."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, lists in sorted(fields.items()):
        arrays |= _term_arrays(name, lists.terms)
        arrays[f"{name}/starts"] = lists.starts.astype(np.uint32)
        gaps = np.diff(lists.documents, prepend=np.int32(0))
        gaps[lists.starts[:-1]] = lists.documents[lists.starts[:-1]]
        arrays |= _packed(f"{name}/documents", gaps, lists.starts)
        if lists.frequencies is not None:
            arrays |= _packed(f"{name}/frequencies", lists.frequencies, lists.starts)
        if lists.positions is not None and lists.frequencies is not None:
            places = _sums(lists.frequencies)[lists.starts]
            arrays[f"{name}/position_starts"] = places.astype(np.uint32)
            arrays |= _packed(f"{name}/positions", lists.positions, places)
        if lists.weights is not None:
            arrays[f"{name}/weights"] = lists.weights
        if lists.values is not None:
            arrays |= _byte_strings(f"{name}/values", lists.values)
    for name, stem_field in sorted(stems.items()):
        arrays |= _term_arrays(name, stem_field.stems)
        order = np.argsort(stem_field.stem_of_term, kind="stable")
        counts = np.bincount(stem_field.stem_of_term, minlength=len(stem_field.stems))
        arrays[f"{name}/stem_of_term"] = stem_field.stem_of_term.astype(np.uint32)
        arrays[f"{name}/terms_by_stem"] = order.astype(np.uint32)
        arrays[f"{name}/starts"] = _sums(counts).astype(np.uint32)
    exact_fields = {name: stem_field.exact_field for name, stem_field in sorted(stems.items())}
    write_arrays(file, arrays, {"fields": sorted({*fields, *stems}), "stem_fields": exact_fields})


def write_documents(file: BinaryIO, documents: Documents) -> None:
    """Write the documents file of a segment."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, lengths in sorted(documents.lengths.items()):
        arrays[f"{name}/lengths"] = _smallest(lengths)
    for name, numbers in sorted(documents.numbers.items()):
        arrays[f"{name}/numbers"] = numbers
    for name, texts in sorted(documents.texts.items()):
        arrays |= _byte_strings(f"{name}/texts", texts)
    for name, coded in sorted(documents.coded.items()):
        arrays |= _byte_strings(f"{name}/values", coded.values)
        arrays[f"{name}/codes"] = _smallest(coded.codes)
        if coded.starts is not None:
            arrays[f"{name}/code_starts"] = coded.starts.astype(np.uint32)
    for name, written in sorted(documents.opaque.items()):
        arrays[f"{name}/opaque"] = np.frombuffer(written, np.uint8)
    dictionary = _dictionary(documents.stored)
    arrays["dictionary"] = np.frombuffer(dictionary, np.uint8)
    arrays |= _byte_strings("stored", _deflated(documents.stored, dictionary))
    kinds = (
        documents.lengths,
        documents.numbers,
        documents.texts,
        documents.coded,
        documents.opaque,
    )
    names = sorted({name for kind in kinds for name in kind})
    write_arrays(file, arrays, {"count": documents.count, "names": names})


class FieldReader:
    """The terms and posting lists of one field of a segment."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._name = name

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self._term_starts) - 1

    def number(self, term: bytes) -> int:
        """Return the number of a term, -1 if the field does not have it."""
        found = self.lower_bound(term)
        return found if found < len(self) and self.term(found) == term else -1

    def lower_bound(self, term: bytes) -> int:
        """Return the number of the first term that is not less than ``term``."""
        low = bisect_left(self._keys, _key(term))
        start = max(low - 1, 0) * _KEY_STEP
        # Keys are cut after 8 bytes, so a run of equal ones has to be searched as a whole.
        high = low
        while high < len(self._keys) and self._keys[high] == _key(term):
            high += 1
        return bisect_left(
            range(len(self)), term, start, min(high * _KEY_STEP + 1, len(self)), key=self.term
        )

    def term(self, number: int) -> bytes:
        """Return a term."""
        starts = self._term_starts
        return self._term_bytes[starts[number] : starts[number + 1]].tobytes()

    def terms(self, start: int = 0, stop: int | None = None) -> list[bytes]:
        """Return the terms ``start`` to ``stop``, sorted."""
        starts = self._term_starts[start : len(self) + 1 if stop is None else stop + 1].tolist()
        joined = self._term_bytes.tobytes()
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
        if self._frequencies is None:
            return Postings(documents, np.ones(stop - start, np.int32))
        return Postings(documents, self._frequencies.part(number, start, stop))

    def positions(self, number: int) -> Integers:
        """Return a term's positions, those of its first document first; empty if not recorded."""
        if self._positions is None:
            return np.zeros(0, np.int32)
        start, stop = self._position_starts[number : number + 2].tolist()
        return self._positions.part(number, start, stop)

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
        starts = self._starts.astype(np.int64)
        gaps = self._documents.whole(starts)
        # One running sum over all lists, less what had been reached before each list.
        sums = np.cumsum(gaps, dtype=np.int64)
        before = np.concatenate(([0], sums))[starts[:-1]]
        documents = (sums - np.repeat(before, np.diff(starts))).astype(np.int32)
        frequencies = self._frequencies.whole(starts) if self._frequencies else None
        positions = None
        if self._positions:
            positions = self._positions.whole(self._position_starts.astype(np.int64))
        weights = None
        if f"{self._name}/weights" in self._file:
            weights = self._file.array(f"{self._name}/weights")
        values = list(self._values) if self._values is not None else None
        return PostingLists(
            self.terms(), starts, documents, frequencies, positions, weights, values
        )

    @cached_property
    def _term_starts(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/term_starts")

    @cached_property
    def _term_bytes(self) -> NDArray[np.uint8]:
        return self._file.array(f"{self._name}/term_bytes")

    @cached_property
    def _keys(self) -> memoryview:
        # As a memoryview, whose elements are Python's integers: bisecting it is several times
        # faster than searching the array for one value.
        return self._file.array(f"{self._name}/term_keys").data

    @cached_property
    def _starts(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/starts")

    @cached_property
    def _documents(self) -> "_PackedReader":
        return _PackedReader(self._file, f"{self._name}/documents")

    @cached_property
    def _frequencies(self) -> "_PackedReader | None":
        name = f"{self._name}/frequencies"
        return _PackedReader(self._file, name) if f"{name}/bytes" in self._file else None

    @cached_property
    def _position_starts(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/position_starts")

    @cached_property
    def _positions(self) -> "_PackedReader | None":
        name = f"{self._name}/positions"
        return _PackedReader(self._file, name) if f"{name}/bytes" in self._file else None

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
        return united([self.exact.postings(at) for at in self.exact_numbers(number)])

    def positions(self, number: int) -> Integers:
        """Return a term's positions, those of its first document first."""
        places = []
        for at in self.exact_numbers(number):
            documents, frequencies = self.exact.postings(at)
            keys = np.repeat(documents.astype(np.int64) << 32, frequencies)
            places.append(keys + self.exact.positions(at))
        merged = np.sort(np.concatenate(places)) & 0xFFFFFFFF
        return merged.astype(np.int32)

    def weights(self, number: int) -> NDArray[np.float32]:
        """Return the weight of each posting of a term, as Whoosh counts it."""
        return self.postings(number).frequencies.astype(np.float32)

    def values(self, number: int) -> None:
        """Return None: a stem field keeps no payloads."""

    def stem_field(self, exact_field: str) -> StemField:
        """Return everything, unpacked."""
        return StemField(exact_field, self.terms(), self._stem_of_term.astype(np.int32))

    @cached_property
    def _stem_of_term(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/stem_of_term")

    @cached_property
    def _terms_by_stem(self) -> NDArray[np.uint32]:
        return self._file.array(f"{self._name}/terms_by_stem")


class PostingsReader:
    """A segment's postings file: its fields by name."""

    def __init__(self, file: ArrayFile) -> None:
        stem_fields: dict[str, str] = file.facts["stem_fields"]
        self.fields: dict[str, FieldReader] = {
            name: FieldReader(file, name)
            for name in file.facts["fields"]
            if name not in stem_fields
        }
        for name, exact_field in stem_fields.items():
            self.fields[name] = StemFieldReader(file, name, self.fields[exact_field])
        self.fields = dict(sorted(self.fields.items()))
        self.stem_fields = stem_fields


class DocumentsReader:
    """A segment's documents file."""

    def __init__(self, file: ArrayFile) -> None:
        self._file = file
        self.count: int = file.facts["count"]
        self.names: tuple[str, ...] = tuple(file.facts["names"])

    def lengths(self, name: str) -> Integers | None:
        """Return each document's number of words in a field; None if the field has no lengths."""
        key = f"{name}/lengths"
        return self._file.array(key).astype(np.int32) if key in self._file else None

    def numbers(self, name: str) -> NDArray[Any] | None:
        """Return a column of numbers, one for each document; None if there is none."""
        key = f"{name}/numbers"
        return self._file.array(key) if key in self._file else None

    def texts(self, name: str) -> "ByteStrings | None":
        """Return a column of byte strings, one for each document; None if there is none."""
        key = f"{name}/texts"
        return ByteStrings(self._file, key) if f"{key}/bytes" in self._file else None

    def coded(self, name: str) -> CodedColumn | None:
        """Return a column of byte strings that recur; None if there is none."""
        if f"{name}/codes" not in self._file:
            return None
        starts = None
        if f"{name}/code_starts" in self._file:
            starts = self._file.array(f"{name}/code_starts").astype(np.int64)
        codes = self._file.array(f"{name}/codes").astype(np.int32)
        return CodedColumn(ByteStrings(self._file, f"{name}/values"), codes, starts)

    def opaque(self, name: str) -> bytes | None:
        """Return a column as its own writer wrote it; None if there is none."""
        key = f"{name}/opaque"
        return self._file.array(key).tobytes() if key in self._file else None

    def stored(self, number: int) -> bytes:
        """Return the stored values of a document, as they were given."""
        return _inflated(self._stored[number], self._dictionary)

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
        self._bytes = f"{name}/bytes"
        self._starts = file.array(f"{name}/starts").data

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        start, stop = self._starts[number], self._starts[number + 1]
        return self._file.part(self._bytes, start, stop).tobytes()


def united(lists: Sequence[Postings]) -> Postings:
    """Return the union of posting lists; frequencies in one document add up."""
    if len(lists) == 1:
        return lists[0]
    documents = np.concatenate([postings.documents for postings in lists])
    frequencies = np.concatenate([postings.frequencies for postings in lists])
    order = np.argsort(documents, kind="stable")
    documents, frequencies = documents[order], frequencies[order]
    first = np.flatnonzero(np.diff(documents, prepend=np.int32(-1)))
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
    coded = code_column([value for values in lists for value in values])
    starts = _sums(np.fromiter(map(len, lists), np.int64, len(lists)))
    return CodedColumn(coded.values, coded.codes, starts)


def encode_stored(values: Mapping[str, Any]) -> bytes:
    """Return a document's stored values as bytes: JSON where it keeps them, else a pickle."""
    try:
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if json.loads(text) == values:
            return b"j" + text.encode("utf-8", "surrogatepass")
    except TypeError:
        pass
    return b"p" + pickle.dumps(dict(values))


def decode_stored(stored: bytes) -> dict[str, Any]:
    """Return the values that ``encode_stored`` was given."""
    if not stored:
        return {}
    if stored[:1] == b"p":
        unpickled: dict[str, Any] = pickle.loads(stored[1:])
        return unpickled
    loaded: dict[str, Any] = json.loads(stored[1:].decode("utf-8", "surrogatepass"))
    return loaded


class _PackedReader:
    """Lists of integers as ``_packed`` wrote them."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file = file
        self._bytes = f"{name}/bytes"
        self._byte_starts = file.array(f"{name}/byte_starts")
        self._exceptions = file.array(f"{name}/exceptions")
        self._excess = file.array(f"{name}/excess")

    def part(self, number: int, start: int, stop: int) -> Integers:
        """Return list ``number``, whose elements are ``start`` to ``stop`` of all lists'."""
        if start == stop:
            return np.zeros(0, np.int32)
        low, high = self._byte_starts[number : number + 2].tolist()
        width = (high - low) // (stop - start)
        stored = self._file.part(self._bytes, low, high)
        values = stored.view(_TYPES[width]).astype(np.int32)
        # Bounds of another type would have the whole array converted for each list.
        bounds = np.array((start, stop), self._exceptions.dtype)
        first, last = np.searchsorted(self._exceptions, bounds).tolist()
        if first < last:
            values[self._exceptions[first:last] - start] += self._excess[first:last].astype(
                np.int32
            ) << (8 * width)
        return values

    def whole(self, starts: Offsets) -> Integers:
        """Return the elements of all lists, which begin at ``starts``."""
        counts = np.diff(starts)
        byte_starts = self._byte_starts.astype(np.int64)
        widths = np.diff(byte_starts) // np.maximum(counts, 1)
        stored = self._file.array(self._bytes)
        values = np.empty(starts[-1], np.int32)
        element_widths = np.repeat(widths.astype(np.uint8), counts)
        at = _byte_places(byte_starts, widths, starts, counts)
        for width in _WIDTHS:
            chosen = element_widths == width
            places = at[chosen]
            found = stored[places].astype(np.int32)
            for byte in range(1, width):
                found |= stored[places + byte].astype(np.int32) << (8 * byte)
            values[chosen] = found
        shifts = 8 * element_widths[self._exceptions].astype(np.int32)
        values[self._exceptions] += self._excess.astype(np.int32) << shifts
        return values


def _packed(name: str, values: Integers, starts: Offsets) -> dict[str, NDArray[Any]]:
    """Return lists of non-negative integers in few bytes.

    Each list takes 1, 2 or 4 bytes an element, whichever is shortest if the excess of too large
    elements is kept apart (patched coding; Zukowski et al., "Super-Scalar RAM-CPU Cache
    Compression", 2006, section 3). List i is in the bytes ``byte_starts[i]`` to
    ``byte_starts[i + 1]``; ``exceptions`` are the places of the elements that need ``excess`` added
    above their own bits.
    """
    counts = np.diff(starts)
    sizes = [counts * width for width in _WIDTHS]
    for size, width in zip(sizes[:-1], _WIDTHS, strict=False):
        large = _sums(values >> (8 * width) > 0)[starts]
        size += np.diff(large) * _EXCEPTION_BYTES
    widths = np.array(_WIDTHS)[np.argmin(np.stack(sizes), axis=0)]
    byte_starts = _sums(widths * counts)
    element_widths = np.repeat(widths.astype(np.uint8), counts)
    stored = np.empty(byte_starts[-1], np.uint8)
    at = _byte_places(byte_starts, widths, starts, counts)
    for byte in range(_WIDTHS[-1]):
        chosen = element_widths > byte
        if chosen.any():
            stored[at[chosen] + byte] = (values[chosen] >> (8 * byte)).astype(np.uint8)
    excess = np.where(element_widths < 4, values >> (8 * element_widths.astype(np.int32)), 0)
    exceptions = np.flatnonzero(excess)
    return {
        f"{name}/bytes": stored,
        f"{name}/byte_starts": byte_starts.astype(np.uint32),
        f"{name}/exceptions": exceptions.astype(np.uint32),
        f"{name}/excess": excess[exceptions].astype(np.uint32),
    }


def _byte_places(
    byte_starts: Offsets, widths: NDArray[Any], starts: Offsets, counts: Offsets
) -> Offsets:
    """Return where each element of packed lists has its first byte."""
    base = np.repeat(byte_starts[:-1] - widths * starts[:-1], counts)
    places: Offsets = base + np.repeat(widths, counts) * np.arange(starts[-1])
    return places


def _term_arrays(name: str, terms: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    strings = _byte_strings("", terms)
    keys = np.array([_key(term) for term in terms[::_KEY_STEP]], dtype=np.uint64)
    return {
        f"{name}/term_bytes": strings["/bytes"],
        f"{name}/term_starts": strings["/starts"],
        f"{name}/term_keys": keys,
    }


def _key(term: bytes) -> int:
    return int.from_bytes(term[:8].ljust(8, b"\0"), "big")


def _byte_strings(name: str, strings: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    starts = _sums(np.fromiter(map(len, strings), np.int64, len(strings)))
    return {
        f"{name}/bytes": np.frombuffer(b"".join(strings), np.uint8),
        f"{name}/starts": starts.astype(np.uint32),
    }


def _sums(values: NDArray[Any]) -> Offsets:
    """Return the running sums of ``values``, from 0 before the first on."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _smallest(values: Integers) -> NDArray[Any]:
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _dictionary(stored: Sequence[bytes]) -> bytes:
    """Return text typical of ``stored``: short texts deflate far better against it."""
    step = max(len(stored) // 64, 1)
    return b"".join(stored[::step])[-_DICTIONARY_BYTES:]


def _deflated(stored: Sequence[bytes], dictionary: bytes) -> list[bytes]:
    # One after the other, so that each can be read alone; a copied state spares the set-up.
    primed = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, 8, 0, dictionary)
    packed = []
    for values in stored:
        packer = primed.copy()
        packed.append(packer.compress(values) + packer.flush())
    return packed


def _inflated(packed: bytes, dictionary: bytes) -> bytes:
    unpacker = zlib.decompressobj(_WINDOW_BITS, dictionary)
    return unpacker.decompress(packed) + unpacker.flush()


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
    fields: dict[str, PostingLists] = {}
    stems: dict[str, StemField] = {}
    for name in names:
        if name not in stem_fields:
            fields[name] = _merged_lists(parts, name)
    for name, exact in stem_fields.items():
        stem_of: dict[bytes, bytes] = {}
        for part in parts:
            reader = part.postings.fields.get(name)
            if isinstance(reader, StemFieldReader):
                own = reader.stem_field(exact)
                terms = zip(reader.exact.terms(), own.stem_of_term.tolist(), strict=True)
                stem_of.update((term, own.stems[number]) for term, number in terms)
        found = [stem_of[term] for term in fields[exact].terms]
        numbers = {stem: number for number, stem in enumerate(sorted(set(found)))}
        of_terms = np.array([numbers[stem] for stem in found], np.int32)
        if len(of_terms):
            stems[name] = StemField(exact, list(numbers), of_terms)
    write_postings(file, {name: of for name, of in fields.items() if len(of.terms)}, stems)


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
    write_documents(file, Documents(count, lengths, numbers, texts, coded, stored=stored))


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
    order = stable_order(arrays["terms"], len(terms))
    positions = arrays.get("positions")
    if positions is not None:
        by_token = stable_order(np.repeat(arrays["terms"], arrays["frequencies"]), len(terms))
        positions = positions[by_token]
    present, counts = np.unique(arrays["terms"], return_counts=True)
    return PostingLists(
        [terms[number] for number in present.tolist()],
        _sums(counts),
        arrays["documents"][order],
        arrays["frequencies"][order] if has_frequencies else None,
        positions,
        arrays["weights"][order] if has_weights else None,
        [values[at] for at in order.tolist()] if values else None,
    )


def stable_order(numbers: Integers, limit: int) -> NDArray[np.int64]:
    """Return the stable order of numbers below ``limit``.

    A radix sort of 16 bits at a time, which numpy has for such short numbers only.
    """
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    for shift in range(16, max(limit - 1, 0).bit_length(), 16):
        digits = (numbers[order] >> shift).astype(np.uint16)
        order = order[np.argsort(digits, kind="stable")]
    return order
