"""Several segments written as one, without their deleted documents.

A field is merged a block of terms at a time, and documents some hundred at a time, so that memory
bounds no segment.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import decoding
from index.segments.arrays import Integers, Offsets, is_first, ranges, running_sums
from index.segments.documents import CodedColumn, Documents, write_documents
from index.segments.opening import Segment
from index.segments.packing import ByteStrings
from index.segments.postings import (
    FieldReader,
    PostingLists,
    StemField,
    StemFieldReader,
    write_postings,
)
from index.segments.spooling import SpooledField, SpooledStrings
from index.segments.stored import StoredPacker

# How many postings, or positions where there are any, are taken from each segment at once.
_BLOCK_ELEMENTS = 1 << 18
_SAMPLES = 500
_STEP_PAPERS = 1_000
_EMPTY = np.zeros(0, np.int32)


def merge_segments(
    segments: Sequence[Segment],
    postings_file: BinaryIO,
    documents_file: BinaryIO,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Write one segment with the documents of all segments in their order, deleted ones left out.

    All segments are stemmed alike. A segment without a column of byte strings counts as having
    empty ones. ``on_step`` is called several times a second, and may end the merge by what it
    raises. Raises DamagedIndexError if a segment cannot be read, or lacks a column of numbers or
    positions that another has, and IndexStorageError if temporary files cannot be written.
    """
    _merge_postings(segments, postings_file, on_step)
    _merge_documents(segments, documents_file, on_step)


# Postings


class _Part(NamedTuple):
    """One field of one segment; document i becomes ``renumbered[i]``, where it is not deleted."""

    segment: Segment
    reader: FieldReader
    live: NDArray[np.bool_]
    renumbered: Integers


class _Block(NamedTuple):
    """Sorted terms, and of each part the lists of those it has: where among them they stand.

    ``ranges`` are the numbers in each part of its first term and the one behind its last.
    """

    terms: list[bytes]
    ranges: list[tuple[int, int]]
    places: list[Integers]
    lists: list[PostingLists]


def _merge_postings(
    segments: Sequence[Segment], file: BinaryIO, on_step: Callable[[], None]
) -> None:
    names = sorted({name for segment in segments for name in segment.postings.fields})
    stem_names: dict[str, str] = {}
    for segment in segments:
        stem_names |= segment.postings.stem_fields
    stems: dict[str, _Stems] = {}

    def fields() -> Iterator[tuple[str, SpooledField]]:
        for name in names:
            if name in stem_names:
                continue
            parts = _parts(segments, name)
            own = [
                stems.setdefault(stem_name, _Stems(parts, stem_name))
                for stem_name, exact in stem_names.items()
                if exact == name
            ]
            yield name, _merged_field(parts, own, on_step)

    def stem_fields() -> Iterator[tuple[str, StemField]]:
        for name in sorted(stems):
            yield name, stems[name].field(stem_names[name])

    stemming = segments[0].postings.stemming if segments else ""
    write_postings(file, fields(), stem_fields(), stemming)


def _parts(segments: Sequence[Segment], name: str) -> list[_Part]:
    parts = []
    first_document = 0
    for segment in segments:
        live = segment.entry.live
        renumbered = (np.cumsum(live) - 1 + first_document).astype(np.int32)
        reader = segment.postings.fields.get(name)
        if isinstance(reader, FieldReader):
            parts.append(_Part(segment, reader, live, renumbered))
        first_document += int(np.count_nonzero(live))
    return parts


def _merged_field(
    parts: Sequence[_Part], stems: Sequence["_Stems"], on_step: Callable[[], None]
) -> SpooledField:
    """Return one exact field over all segments."""
    field = SpooledField()
    has_frequencies = any(part.reader.has_frequencies for part in parts)
    for block in _blocks(parts):
        on_step()
        lists, present = _merged_block(parts, block, has_frequencies=has_frequencies)
        field.append(lists)
        for one in stems:
            one.add(block, present)
    return field


def _blocks(parts: Sequence[_Part]) -> Iterator[_Block]:
    """Yield the terms of a field in blocks, in order."""
    firsts = [0] * len(parts)
    while any(first < len(part.reader) for first, part in zip(firsts, parts, strict=True)):
        bounds = []
        for first, (_, reader, _, _) in zip(firsts, parts, strict=True):
            stop = reader.stop_of(first, _BLOCK_ELEMENTS) if first < len(reader) else len(reader)
            if stop < len(reader):
                bounds.append(reader.term(stop))
        bound = min(bounds, default=None)
        stops = [
            len(part.reader) if bound is None else part.reader.lower_bound(bound) for part in parts
        ]
        lists = [
            part.reader.lists(first, stop)
            for part, first, stop in zip(parts, firsts, stops, strict=True)
        ]
        terms = sorted({term for given in lists for term in given.terms})
        numbers = {term: number for number, term in enumerate(terms)}
        places = [
            np.fromiter(map(numbers.__getitem__, given.terms), np.int32, len(given.terms))
            for given in lists
        ]
        yield _Block(terms, list(zip(firsts, stops, strict=True)), places, lists)
        firsts = stops


def _merged_block(
    parts: Sequence[_Part], block: _Block, *, has_frequencies: bool
) -> tuple[PostingLists, NDArray[np.intp]]:
    """Return the lists of a block's terms, and the places of the terms that still have any."""
    has_positions = any(part.reader.has_positions for part in parts)
    kept = [
        _live_lists(part, places, given, len(block.terms), has_positions=has_positions)
        for part, places, given in zip(parts, block.places, block.lists, strict=True)
    ]
    # The lists of a term stand in the order of the parts, and so do their documents.
    documents = _interleaved([(one.counts, one.documents) for one in kept])
    frequencies = positions = None
    if has_frequencies:
        frequencies = _interleaved([(one.counts, one.frequencies) for one in kept])
    if has_positions:
        positions = _interleaved([(one.position_counts, one.positions) for one in kept])
    counts = sum((one.counts for one in kept), np.zeros(len(block.terms), np.int64))
    present = np.flatnonzero(counts)
    lists = PostingLists(
        [block.terms[place] for place in present.tolist()],
        running_sums(counts[present]),
        documents,
        frequencies,
        positions,
    )
    return lists, present


class _LiveLists(NamedTuple):
    """The lists of a part without deleted documents: how many elements each term of a block has."""

    counts: Offsets
    documents: Integers
    frequencies: Integers
    position_counts: Offsets
    positions: Integers


def _live_lists(
    part: _Part, places: Integers, lists: PostingLists, term_count: int, *, has_positions: bool
) -> _LiveLists:
    """Return a part's lists for a block of so many terms. Raises DamagedIndexError."""
    with decoding(part.segment.postings.file):
        frequencies = _frequencies(lists, part.segment.entry.document_count)
        positions = lists.positions
        if positions is None:
            if has_positions:
                raise ValueError("no positions, which other segments have")
            positions = _EMPTY
        elif len(positions) != frequencies.sum():
            raise ValueError("not as many positions as the frequencies say")
        documents, starts = lists.documents, lists.starts
        is_live = part.live[documents]
        if not is_live.all():
            if has_positions:
                positions = positions[np.repeat(is_live, frequencies)]
            documents, frequencies = documents[is_live], frequencies[is_live]
            starts = running_sums(is_live)[starts]
        counts, position_counts = (np.zeros(term_count, np.int64) for _ in range(2))
        counts[places] = np.diff(starts)
        if has_positions:
            position_counts[places] = np.diff(running_sums(frequencies)[starts])
        renumbered = part.renumbered[documents]
    return _LiveLists(counts, renumbered, frequencies, position_counts, positions)


def _interleaved(parts: Sequence[tuple[Offsets, Integers]]) -> Integers:
    """Return the elements of parts list by list, given how many elements each list has of each."""
    ends = running_sums(sum((counts for counts, _ in parts), np.zeros(len(parts[0][0]), np.int64)))
    joined = np.empty(ends[-1], np.int32)
    starts = ends[:-1].copy()
    for counts, elements in parts:
        joined[ranges(starts, counts)] = elements
        starts += counts
    return joined


def _frequencies(lists: PostingLists, document_count: int) -> Integers:
    """Return the frequencies of lists; a segment in which all are 1 does not store them.

    Raises ValueError if a posting is in no document or has no frequency.
    """
    frequencies = lists.frequencies
    if frequencies is None:
        frequencies = np.ones(len(lists.documents), np.int32)
    if (
        len(frequencies) != len(lists.documents)
        or lists.documents.min(initial=0) < 0
        or lists.documents.max(initial=-1) >= document_count
        or frequencies.min(initial=1) < 1
    ):
        raise ValueError("postings in no document")
    return frequencies


class _Stems:
    """The stems of the terms of an exact field, as these are merged."""

    def __init__(self, parts: Sequence[_Part], name: str) -> None:
        readers = [part.segment.postings.fields.get(name) for part in parts]
        fields = [
            reader.stem_field(part.reader.name) if isinstance(reader, StemFieldReader) else None
            for part, reader in zip(parts, readers, strict=True)
        ]
        self._stems = sorted({stem for field in fields if field for stem in field.stems})
        numbers = {stem: number for number, stem in enumerate(self._stems)}
        # Of each part, the number of each term's stem.
        self._stem_of_term: list[Integers] = []
        for part, field in zip(parts, fields, strict=True):
            with decoding(part.segment.postings.file):
                if field is None or len(field.stem_of_term) != len(part.reader):
                    raise ValueError(f"{name}: not as many stems as terms")
                own = np.array([numbers[stem] for stem in field.stems], np.int32)
                self._stem_of_term.append(own[field.stem_of_term])
        self._merged: list[Integers] = []

    def add(self, block: _Block, present: NDArray[np.intp]) -> None:
        """Note the stems of the terms of a block that are still there."""
        stem_of_term = np.zeros(len(block.terms), np.int32)
        for own, (first, stop), places in zip(
            self._stem_of_term, block.ranges, block.places, strict=True
        ):
            stem_of_term[places] = own[first:stop]
        self._merged.append(stem_of_term[present])

    def field(self, exact_field: str) -> StemField:
        """Return the stem field of all terms."""
        stem_of_term = np.concatenate([_EMPTY, *self._merged])
        used = np.bincount(stem_of_term, minlength=len(self._stems)) > 0
        numbers = (np.cumsum(used) - 1).astype(np.int32)
        stems = [self._stems[number] for number in np.flatnonzero(used).tolist()]
        return StemField(exact_field, stems, numbers[stem_of_term])


# Documents


def _merge_documents(
    segments: Sequence[Segment], file: BinaryIO, on_step: Callable[[], None]
) -> None:
    live = [np.flatnonzero(segment.entry.live) for segment in segments]
    lengths, numbers, texts, coded = {}, {}, {}, {}
    for name in sorted({name for segment in segments for name in segment.documents.names}):
        on_step()
        if (merged_lengths := _merged_lengths(segments, live, name)) is not None:
            lengths[name] = merged_lengths
        if (merged_numbers := _merged_numbers(segments, live, name)) is not None:
            numbers[name] = merged_numbers
        if (merged_texts := _merged_texts(segments, live, name)) is not None:
            texts[name] = merged_texts
        if (merged_codes := _merged_codes(segments, live, name)) is not None:
            coded[name] = merged_codes
    stored, dictionary = _merged_stored(segments, live, on_step)
    count = sum(map(len, live))
    write_documents(
        file, Documents(count, lengths, numbers, texts, coded, stored, dictionary=dictionary)
    )


LiveDocuments = Sequence[NDArray[np.int64]]
"""The numbers of each segment's documents that are not deleted."""


def _merged_stored(
    segments: Sequence[Segment], live: LiveDocuments, on_step: Callable[[], None]
) -> tuple[SpooledStrings, bytes]:
    """Return the stored values of all documents, packed anew, and their dictionary."""
    places = [
        (segment.documents, number)
        for segment, numbers in zip(segments, live, strict=True)
        for number in numbers[:: max(sum(map(len, live)) // _SAMPLES, 1)].tolist()
    ]
    packer = StoredPacker([documents.stored(number) for documents, number in places[:_SAMPLES]])
    strings = SpooledStrings()
    for segment, numbers in zip(segments, live, strict=True):
        stored, pack = segment.documents.stored, packer.pack
        for start in range(0, len(numbers), _STEP_PAPERS):
            on_step()
            some = [pack(stored(number)) for number in numbers[start:][:_STEP_PAPERS].tolist()]
            strings.append(*_joined(some))
    return strings, packer.dictionary


def _joined(strings: Sequence[bytes]) -> tuple[NDArray[np.uint8], Offsets]:
    """Return the bytes of strings, one after the other, and the length of each."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    return np.frombuffer(b"".join(strings), np.uint8), lengths


def _merged_lengths(
    segments: Sequence[Segment], live: LiveDocuments, name: str
) -> NDArray[Any] | None:
    columns = [segment.documents.lengths(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    merged = np.concatenate(
        [
            np.zeros(len(documents), np.int32) if column is None else column[documents]
            for column, documents in zip(columns, live, strict=True)
        ]
    )
    return merged if merged.any() else None


def _merged_numbers(
    segments: Sequence[Segment], live: LiveDocuments, name: str
) -> NDArray[Any] | None:
    columns = [segment.documents.numbers(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    parts = []
    for segment, column, documents in zip(segments, columns, live, strict=True):
        if column is not None:
            parts.append(column[documents])
        elif len(documents):
            raise segment.documents.file.damage(f"{name}: no such column, other segments have it")
    return np.concatenate(parts)


def _merged_texts(
    segments: Sequence[Segment], live: LiveDocuments, name: str
) -> SpooledStrings | None:
    columns = [segment.documents.texts(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    strings = SpooledStrings()
    for column, documents in zip(columns, live, strict=True):
        if column is None:
            strings.append(np.zeros(0, np.uint8), np.zeros(len(documents), np.int64))
            continue
        for first, stop in _runs(documents):
            strings.append(*column.between(first, stop))
    return strings


def _runs(numbers: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield the first number and the one behind the last of each run of consecutive numbers."""
    if len(numbers):
        first = np.flatnonzero(is_first(numbers - np.arange(len(numbers))))
        ends = numbers[np.append(first[1:] - 1, len(numbers) - 1)] + 1
        yield from zip(numbers[first].tolist(), ends.tolist(), strict=True)


def _merged_codes(
    segments: Sequence[Segment], live: LiveDocuments, name: str
) -> CodedColumn | None:
    columns = [segment.documents.coded(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    has_one_value = all(column is None or column.starts is None for column in columns)
    numbers: dict[bytes, int] = {}
    codes, counts = [_EMPTY], [np.zeros(0, np.int64)]
    for column, documents in zip(columns, live, strict=True):
        own_counts = np.full(len(documents), int(has_one_value))
        values: Sequence[bytes] = (b"",)
        own = np.zeros(own_counts.sum(), np.int32)
        if column is not None:
            values, own = column.values, column.codes
            own_starts = np.arange(len(own) + 1) if column.starts is None else column.starts
            own_counts = np.diff(own_starts)[documents]
            own = own[ranges(own_starts[documents], own_counts)]
        counts.append(own_counts)
        codes.append(_renumbered(own, values, numbers))
    starts = None if has_one_value else running_sums(np.concatenate(counts))
    return CodedColumn(list(numbers), np.concatenate(codes), starts)


def _renumbered(codes: Integers, values: Sequence[bytes], numbers: dict[bytes, int]) -> Integers:
    """Return codes as the numbers of their values, to which new ones are added in their order."""
    firsts = np.full(len(values), -1, np.int64)
    # Of several equal codes the last that is written counts, which is the first of all.
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    used = np.flatnonzero(firsts >= 0)
    used = used[np.argsort(firsts[used])]
    listed = list(values) if isinstance(values, ByteStrings) else values
    new = np.zeros(len(values), np.int32)
    new[used] = [numbers.setdefault(listed[code], len(numbers)) for code in used.tolist()]
    return new[codes]
