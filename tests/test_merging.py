"""Merging against writing what survives at once."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DamagedIndexError
from index.segments.arrayfile import ArrayFile
from index.segments.contents import SegmentEntry
from index.segments.documents import (
    Documents,
    DocumentsReader,
    code_column,
    code_lists,
)
from index.segments.merging import merge_segments
from index.segments.opening import Segment
from index.segments.postings import (
    PostingLists,
    PostingsReader,
    StemFieldReader,
)
from tests.made_segments import (
    Field,
    assert_same_lists,
    documents_reader,
    few_terms,
    field_of,
    packed,
    posting_lists,
    postings_reader,
    rows,
    two_bytes_each,
)


def as_segment(
    postings: PostingsReader, documents: DocumentsReader, live: Sequence[bool]
) -> Segment:
    """Return a segment in which those documents are deleted that are not ``live``."""
    deleted = np.flatnonzero(~np.array(live, np.bool_)).astype(np.int32)
    return Segment(SegmentEntry("x", documents.count, deleted), postings, documents, 0)


def a_part(documents: Sequence[dict[str, Any]], live: Sequence[bool]) -> Segment:
    """Write a segment of documents; each has words, a number and values."""
    field: Field = {}
    keys: Field = {}
    for number, document in enumerate(documents):
        for place, word in enumerate(document["words"]):
            field.setdefault(word, {}).setdefault(number, []).append(place)
        for key in document["keys"]:
            keys.setdefault(key, {})[number] = [0]
    key_lists = posting_lists(keys)
    fields = {
        "text": posting_lists(field),
        "key": PostingLists(key_lists.terms, key_lists.starts, key_lists.documents),
    }
    lengths = np.array([len(document["words"]) for document in documents], np.int32)
    postings = postings_reader(
        {name: lists for name, lists in fields.items() if len(lists.terms)},
        {"stems": two_bytes_each(field)} if field else {},
    )
    own = Documents(
        len(documents),
        lengths={"text": lengths} if lengths.any() else {},
        numbers={"year": np.array([document["year"] for document in documents], np.uint32)},
        texts={"id": [b"%d" % document["year"] for document in documents]},
        coded={
            "first": code_column([b"".join(document["keys"][:1]) for document in documents]),
            "list": code_lists([document["keys"] for document in documents]),
        },
        **packed([str(one).encode() if one["words"] else b"" for one in documents]),
    )
    return as_segment(postings, documents_reader(own), live)


def merged(parts: Sequence[Segment]) -> Segment:
    postings, documents = BytesIO(), BytesIO()
    merge_segments(parts, postings, documents)
    reader = DocumentsReader(ArrayFile(documents.getvalue(), "documents"))
    return as_segment(
        PostingsReader(ArrayFile(postings.getvalue(), "postings")), reader, [True] * reader.count
    )


def assert_same_segment(found: Segment, expected: Segment) -> None:
    assert list(found.postings.fields) == list(expected.postings.fields)
    assert found.postings.stem_fields == expected.postings.stem_fields
    for name, reader in found.postings.fields.items():
        other = expected.postings.fields[name]
        if isinstance(other, StemFieldReader) or isinstance(reader, StemFieldReader):
            assert field_of(reader) == field_of(other)
        else:
            assert_same_lists(reader.lists(), other.lists())
    one, same = found.documents, expected.documents
    assert (one.count, one.names) == (same.count, same.names)
    for name in one.names:
        for kind in (DocumentsReader.lengths, DocumentsReader.numbers):
            arrays = [kind(reader, name) for reader in (one, same)]
            assert [None if of is None else of.tolist() for of in arrays[:1]] == [
                None if of is None else of.tolist() for of in arrays[1:]
            ]
        texts = [reader.texts(name) for reader in (one, same)]
        assert [None if of is None else list(of) for of in texts[:1]] == [
            None if of is None else list(of) for of in texts[1:]
        ]
        coded = [reader.coded(name) for reader in (one, same)]
        assert (coded[0] is None) == (coded[1] is None)
        assert coded[0] is None or rows(coded[0]) == rows(coded[1])
    stored = [[reader.stored(at) for at in range(reader.count)] for reader in (one, same)]
    assert stored[0] == stored[1]


a_document = st.fixed_dictionaries(
    {
        "words": st.lists(few_terms, max_size=8),
        "keys": st.lists(few_terms, max_size=3, unique=True),
        "year": st.integers(0, 2**32 - 1),
    }
)


a_marked_document = st.tuples(a_document, st.booleans())


@settings(max_examples=100)
@given(
    st.lists(st.lists(a_marked_document, max_size=6), min_size=1, max_size=4),
    st.sampled_from([1, 3, 1 << 18]),
)
def test_a_merge_is_what_survives_written_at_once(
    parts: list[list[tuple[dict[str, Any], bool]]], block: int
) -> None:
    segments = [a_part([document for document, _ in of], [live for _, live in of]) for of in parts]
    with pytest.MonkeyPatch.context() as small:
        small.setattr("index.segments.merging._BLOCK_ELEMENTS", block)
        small.setattr("index.segments.merging._STEP_PAPERS", block)
        small.setattr("index.segments.spooling.MEMORY_BYTES", block)
        found = merged(segments)
    survivors = [document for of in parts for document, live in of if live]
    expected = a_part(survivors, [True] * len(survivors))
    if survivors:
        assert_same_segment(found, expected)
    else:
        assert (found.documents.count, found.postings.fields) == (0, {})


def test_a_merge_of_a_merge_is_one_merge() -> None:
    documents = [
        {"words": [b"ab", b"abc", b"ab"], "keys": [b"k%d" % at], "year": at} for at in range(9)
    ]
    parts = [a_part(documents[at : at + 3], [True, at != 3, True]) for at in (0, 3, 6)]
    stepwise = merged([merged(parts[:2]), parts[2]])
    assert_same_segment(stepwise, merged(parts))
    assert stepwise.documents.count == 8


def test_a_merge_is_ended_by_what_a_step_raises() -> None:
    part = a_part([{"words": [b"ab"], "keys": [b"k"], "year": 1}], [True])
    steps: list[int] = []

    def stop() -> None:
        steps.append(len(steps))
        if len(steps) == last:
            raise ZeroDivisionError

    merge_segments([part, part], BytesIO(), BytesIO(), lambda: steps.append(0))
    for last in range(1, len(steps) + 1):
        steps = []
        with pytest.raises(ZeroDivisionError):
            merge_segments([part, part], BytesIO(), BytesIO(), stop)
        assert len(steps) == last


def test_positions_of_some_parts_are_not_guessed() -> None:
    full = PostingLists([b"a"], np.array([0, 1]), *(np.array([at], np.int32) for at in (0, 1, 5)))
    parts = [
        as_segment(
            postings_reader({"t": lists}), documents_reader(Documents(1, **packed([b""]))), [True]
        )
        for lists in (full, full._replace(frequencies=None, positions=None))
    ]
    with pytest.raises(DamagedIndexError, match="no positions"):
        merged(parts)


def test_frequencies_of_some_parts_are_merged() -> None:
    def part(frequencies: Any) -> Segment:
        lists = PostingLists([b"a"], np.array([0, 2]), np.array([0, 1], np.int32), frequencies)
        documents = documents_reader(Documents(2, **packed([b"", b""])))
        return as_segment(postings_reader({"t": lists}), documents, [True, True])

    reader = merged([part(None), part(np.array([2, 3], np.int32))]).postings.fields["t"]
    assert reader.postings(0).frequencies.tolist() == [1, 1, 2, 3]


def test_columns_of_some_parts_are_merged() -> None:
    full = Documents(
        2,
        texts={"id": [b"x", b"y"]},
        coded={"one": code_column([b"A", b"B"]), "many": code_lists([[b"A", b"B"], [b"B"]])},
        **packed([b"", b""]),
    )
    bare = Documents(1, **packed([b""]))
    parts = [
        as_segment(postings_reader({}), documents_reader(of), [True] * of.count)
        for of in (bare, full, bare)
    ]
    reader = merged(parts).documents
    assert list(reader.texts("id") or ()) == [b"", b"x", b"y", b""]
    assert rows(reader.coded("one")) == [[b""], [b"A"], [b"B"], [b""]]
    assert rows(reader.coded("many")) == [[], [b"A", b"B"], [b"B"], []]


def test_numbers_of_some_parts_are_not_guessed() -> None:
    full = Documents(1, numbers={"year": np.array([7], np.uint32)}, **packed([b""]))
    parts = [
        as_segment(postings_reader({}), documents_reader(of), [True])
        for of in (full, Documents(1, **packed([b""])))
    ]
    with pytest.raises(DamagedIndexError, match="year: no such column"):
        merged(parts)
    gone = as_segment(parts[1].postings, parts[1].documents, [False])
    assert merged([parts[0], gone]).documents.count == 1
