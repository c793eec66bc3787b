"""Segments made one posting at a time, and read back, for the tests of index.segments."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from index.segments.arrayfile import ArrayFile
from index.segments.documents import (
    CodedColumn,
    Documents,
    DocumentsReader,
    write_documents,
)
from index.segments.postings import (
    FieldReader,
    PostingLists,
    PostingsReader,
    StemField,
    StemFieldReader,
    write_postings,
)
from index.segments.stored import StoredPacker

law = settings(max_examples=50)


Field = dict[bytes, dict[int, list[int]]]
"""A field to be inverted: for each term the positions in each document that has it."""


def posting_lists(field: Field) -> PostingLists:
    """Return a field's posting lists, made one posting at a time."""
    terms = sorted(field)
    postings = [sorted(field[term].items()) for term in terms]
    flat = [posting for of in postings for posting in of]
    return PostingLists(
        terms,
        np.cumsum([0, *map(len, postings)]),
        np.array([document for document, _ in flat], np.int32),
        np.array([len(places) for _, places in flat], np.int32),
        np.array([place for _, places in flat for place in places], np.int32),
    )


def postings_reader(
    fields: Mapping[str, PostingLists], stems: Mapping[str, StemField] | None = None
) -> PostingsReader:
    file = BytesIO()
    write_postings(file, fields.items(), (stems or {}).items())
    return PostingsReader(ArrayFile(file.getvalue(), "postings"))


def field_reader(lists: PostingLists) -> FieldReader:
    """Return the reader of a field written by itself."""
    reader = postings_reader({"text": lists}).fields["text"]
    assert isinstance(reader, FieldReader)
    return reader


def documents_reader(documents: Documents) -> DocumentsReader:
    file = BytesIO()
    write_documents(file, documents)
    return DocumentsReader(ArrayFile(file.getvalue(), "documents"))


def packed(values: Sequence[bytes]) -> dict[str, Any]:
    """Return stored values as Documents take them."""
    packer = StoredPacker(values)
    return {"stored": list(map(packer.pack, values)), "dictionary": packer.dictionary}


def field_of(reader: FieldReader | StemFieldReader) -> Field:
    """Return a field as it was before inversion, asked term by term."""
    field: Field = {}
    for number, term in enumerate(reader.terms()):
        documents, frequencies = reader.postings(number)
        places = reader.positions(number).tolist()
        field[term] = {}
        for document, frequency in zip(documents.tolist(), frequencies.tolist(), strict=True):
            field[term][document] = places[:frequency]
            places = places[frequency:]
        assert not places
        assert reader.document_frequency(number) == len(documents)
    return field


def assert_same_lists(found: PostingLists, expected: PostingLists) -> None:
    assert list(found.terms) == list(expected.terms)
    for part in ("starts", "documents", "frequencies", "positions"):
        one, other = getattr(found, part), getattr(expected, part)
        assert (one is None) == (other is None), part
        assert one is None or one.tolist() == other.tolist(), part


numbers_of_any_size = (
    st.integers(0, 300) | st.sampled_from([255, 256, 65_535, 65_536]) | st.integers(0, 2**31 - 1)
)


many_fields: st.SearchStrategy[Field] = st.dictionaries(
    st.binary(max_size=12),
    st.dictionaries(
        numbers_of_any_size,
        st.sets(numbers_of_any_size, min_size=1, max_size=5).map(sorted),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=12,
)


def stems_of(exact: Field) -> Field:
    """Return the field whose terms are the first two bytes of those of ``exact``."""
    stems: Field = {}
    for term, postings in sorted(exact.items()):
        for document, places in postings.items():
            of_document = stems.setdefault(term[:2], {}).setdefault(document, [])
            of_document[:] = sorted([*of_document, *places])
    return stems


def two_bytes_each(exact: Field) -> StemField:
    stems = sorted({term[:2] for term in exact})
    numbers = [stems.index(term[:2]) for term in sorted(exact)]
    return StemField("text", stems, np.array(numbers, np.int32))


few_terms = st.text("abc", min_size=1, max_size=4).map(str.encode)


def rows(column: CodedColumn | None) -> list[list[bytes]]:
    """Return what each document has in a coded column."""
    assert column is not None
    starts = range(len(column.codes) + 1) if column.starts is None else column.starts.tolist()
    values = [column.values[code] for code in column.codes.tolist()]
    return [values[starts[at] : starts[at + 1]] for at in range(len(starts) - 1)]
