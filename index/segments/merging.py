"""Several segments written as one, without their deleted documents."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import decoding
from index.segments.arrays import Integers, running_sums, stable_order
from index.segments.documents import (
    CodedColumn,
    Documents,
    code_column,
    code_lists,
    write_documents,
)
from index.segments.opening import Segment
from index.segments.postings import (
    FieldReader,
    PostingLists,
    StemField,
    StemFieldReader,
    stem_field,
    write_postings,
)
from index.segments.stored import StoredPacker


def merge_segments(
    segments: Sequence[Segment], postings_file: BinaryIO, documents_file: BinaryIO
) -> None:
    """Write one segment with the documents of all segments in their order, deleted ones left out.

    All segments are stemmed alike. A segment without a column of byte strings counts as having
    empty ones. Raises DamagedIndexError if a segment cannot be read, or lacks a column of numbers
    that another has.
    """
    _merge_postings(segments, postings_file)
    _merge_documents(segments, documents_file)


# Postings


def _merge_postings(segments: Sequence[Segment], file: BinaryIO) -> None:
    names = sorted({name for segment in segments for name in segment.postings.fields})
    stem_fields = {
        name: exact_field
        for segment in segments
        for name, exact_field in segment.postings.stem_fields.items()
    }
    terms: dict[str, Sequence[bytes]] = {}

    def fields() -> Iterator[tuple[str, PostingLists]]:
        for name in names:
            if name not in stem_fields:
                lists = _merged_lists(segments, name)
                terms[name] = lists.terms
                yield name, lists

    stemming = segments[0].postings.stemming if segments else ""
    write_postings(file, fields(), _merged_stems(segments, stem_fields, terms), stemming)


def _merged_stems(
    segments: Sequence[Segment],
    stem_fields: Mapping[str, str],
    terms: Mapping[str, Sequence[bytes]],
) -> Iterator[tuple[str, StemField]]:
    """Yield the stem fields of all segments for the ``terms`` left in their exact fields."""
    for name, exact_field in sorted(stem_fields.items()):
        stem_of: dict[bytes, bytes] = {}
        for segment in segments:
            reader = segment.postings.fields.get(name)
            if isinstance(reader, StemFieldReader):
                stems = reader.stem_field(exact_field)
                numbers = zip(reader.exact.terms(), stems.stem_of_term.tolist(), strict=True)
                stem_of.update((term, stems.stems[number]) for term, number in numbers)
        yield name, stem_field(exact_field, terms[exact_field], stem_of)


def _merged_lists(segments: Sequence[Segment], name: str) -> PostingLists:
    """Return the posting lists of one exact field over all segments, deleted documents left out."""
    readers = [segment.postings.fields.get(name) for segment in segments]
    lists = [reader.lists() if isinstance(reader, FieldReader) else None for reader in readers]
    terms = sorted({term for given in lists if given for term in given.terms})
    numbers = {term: number for number, term in enumerate(terms)}
    has_frequencies = any(given and given.frequencies is not None for given in lists)
    columns: dict[str, list[NDArray[Any]]] = {}
    first_document = 0
    for segment, given in zip(segments, lists, strict=True):
        live = segment.entry.live
        if given:
            with decoding(segment.postings.file):
                new_terms = np.array([numbers[term] for term in given.terms], np.int32)
                frequencies = _frequencies(given, segment.entry.document_count)
                is_live = live[given.documents]
                new_documents = (np.cumsum(live) - 1 + first_document).astype(np.int32)
                term_of_each = np.repeat(new_terms, np.diff(given.starts))
                columns.setdefault("terms", []).append(term_of_each[is_live])
                columns.setdefault("documents", []).append(new_documents[given.documents[is_live]])
                if has_frequencies:
                    columns.setdefault("frequencies", []).append(frequencies[is_live])
                if given.positions is not None:
                    live_positions = given.positions[np.repeat(is_live, frequencies)]
                    columns.setdefault("positions", []).append(live_positions)
        first_document += int(np.count_nonzero(live))
    arrays = {key: np.concatenate(parts) for key, parts in columns.items()}
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
    )


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


# Documents


def _merge_documents(segments: Sequence[Segment], file: BinaryIO) -> None:
    live = [np.flatnonzero(segment.entry.live) for segment in segments]
    lengths, numbers, texts, coded = {}, {}, {}, {}
    for name in sorted({name for segment in segments for name in segment.documents.names}):
        if (merged_lengths := _merged_lengths(segments, live, name)) is not None:
            lengths[name] = merged_lengths
        if (merged_numbers := _merged_numbers(segments, live, name)) is not None:
            numbers[name] = merged_numbers
        if (merged_texts := _merged_texts(segments, live, name)) is not None:
            texts[name] = merged_texts
        if (merged_codes := _merged_codes(segments, live, name)) is not None:
            coded[name] = merged_codes
    stored = [
        segment.documents.stored(document)
        for segment, documents in zip(segments, live, strict=True)
        for document in documents.tolist()
    ]
    packer = StoredPacker(stored)
    write_documents(
        file,
        Documents(
            len(stored),
            lengths,
            numbers,
            texts,
            coded,
            stored=list(map(packer.pack, stored)),
            dictionary=packer.dictionary,
        ),
    )


LiveDocuments = Sequence[NDArray[np.int64]]
"""The numbers of each segment's documents that are not deleted."""


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
) -> list[bytes] | None:
    columns = [segment.documents.texts(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    return [
        column[document] if column else b""
        for column, documents in zip(columns, live, strict=True)
        for document in documents.tolist()
    ]


def _merged_codes(
    segments: Sequence[Segment], live: LiveDocuments, name: str
) -> CodedColumn | None:
    columns = [segment.documents.coded(name) for segment in segments]
    if all(column is None for column in columns):
        return None
    has_one_value = all(column is None or column.starts is None for column in columns)
    nothing: list[bytes] = [b""] if has_one_value else []
    lists = [
        values
        for column, documents in zip(columns, live, strict=True)
        for values in (_values(column, documents) if column else [nothing] * len(documents))
    ]
    return code_column([values[0] for values in lists]) if has_one_value else code_lists(lists)


def _values(column: CodedColumn, documents: NDArray[np.int64]) -> Iterator[list[bytes]]:
    """Yield the values of each of some documents."""
    values, codes = list(column.values), column.codes.tolist()
    starts = range(len(codes) + 1) if column.starts is None else column.starts.tolist()
    for document in documents.tolist():
        yield [values[code] for code in codes[starts[document] : starts[document + 1]]]
