"""The postings file: lists come back, stems unite the lists of their terms."""

import random
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.segments.documents import Documents
from index.segments.postings import (
    FieldReader,
    PostingLists,
    StemField,
    StemFieldReader,
    stem_field,
    united,
    write_postings,
)
from tests.made_segments import (
    Field,
    assert_same_lists,
    documents_reader,
    few_terms,
    field_of,
    field_reader,
    law,
    many_fields,
    packed,
    posting_lists,
    postings_reader,
    stems_of,
    two_bytes_each,
)


@law
@given(many_fields)
def test_posting_lists_come_back(field: Field) -> None:
    lists = posting_lists(field)
    reader = field_reader(lists)
    assert field_of(reader) == field
    assert len(reader) == len(field)
    assert reader.document_frequencies() == [len(field[term]) for term in sorted(field)]
    assert_same_lists(reader.lists(), lists)


def test_a_frequency_takes_a_bit_a_position() -> None:
    once = {b"a": {document: [3] for document in range(8_000)}}
    often = {b"a": {document: [3, 5] for document in range(8_000)}}
    sizes = []
    for field in (once, often):
        file = BytesIO()
        write_postings(file, [("text", posting_lists(field))], [])
        sizes.append(len(file.getvalue()))
    assert sizes[0] < 8_000 * (1 + 1 + 1 / 8) + 1_500  # a byte for the document, one a position
    assert sizes[1] - sizes[0] < 8_000 * (1 + 1 / 8) + 16


def test_what_a_field_does_not_keep_is_told() -> None:
    lists = PostingLists([b"a", b"b"], np.array([0, 2, 3]), np.array([1, 4, 0], np.int32))
    reader = field_reader(lists)
    assert reader.postings(0).frequencies.tolist() == [1, 1]
    assert reader.positions(0).tolist() == []
    assert_same_lists(reader.lists(), lists)


@law
@given(
    st.dictionaries(
        few_terms,
        st.dictionaries(
            st.integers(0, 9), st.sets(st.integers(0, 70_000), min_size=1).map(sorted), min_size=1
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_stem_field_unites_the_lists_of_its_terms(exact: Field) -> None:
    fields = postings_reader(
        {"text": posting_lists(exact)}, {"stems": two_bytes_each(exact)}
    ).fields
    reader = fields["stems"]
    assert isinstance(reader, StemFieldReader)
    assert field_of(reader) == stems_of(exact)
    for number, term in enumerate(sorted(exact)):
        assert reader.stem_of(number) == term[:2]
        assert number in reader.exact_numbers(reader.number(term[:2]))
    assert reader.document_frequencies() == [len(of) for _, of in sorted(stems_of(exact).items())]


@law
@given(st.lists(st.dictionaries(st.integers(0, 20), st.integers(1, 300), min_size=1), min_size=1))
def test_frequencies_add_up_in_a_union(lists: list[dict[int, int]]) -> None:
    sums: dict[int, int] = {}
    for one in lists:
        for document, frequency in one.items():
            sums[document] = sums.get(document, 0) + frequency
    reader = postings_reader(
        {
            "text": posting_lists(
                {
                    b"%03d" % at: {document: list(range(of[document])) for document in of}
                    for at, of in enumerate(lists)
                }
            )
        }
    ).fields["text"]
    documents, frequencies = united([reader.postings(at) for at in range(len(lists))])
    assert documents.tolist() == sorted(sums)
    assert frequencies.tolist() == [sums[document] for document in sorted(sums)]


@pytest.mark.parametrize("seed", range(10))
def test_several_lists_are_those_of_each_term(seed: int) -> None:
    """Rare terms are read at once: with gaps, frequencies and positions of every width."""
    rng = random.Random(seed)
    largest = rng.choice([100, 70_000, 20_000_000])
    field: Field = {}
    for number in range(60):
        count = rng.choice([1, 1, 2, 5, 63, 64, 65, 200])
        field[b"%03d" % number] = {
            document: sorted(
                rng.sample(range(rng.choice([300, 70_000])), rng.choice([1, 1, 2, 260]))
            )
            for document in sorted(rng.sample(range(largest), min(count, largest)))
        }
    reader = field_reader(posting_lists(field))
    for size in (1, 2, 3, 10, 60):
        numbers = rng.sample(range(60), size)
        expected: dict[int, int] = {}
        for number in numbers:
            for document, positions in field[b"%03d" % number].items():
                expected[document] = expected.get(document, 0) + len(positions)
        joined, counts = reader.several(numbers)
        assert counts.tolist() == [len(field[b"%03d" % number]) for number in numbers]
        places = reader.several_places(numbers)
        own = np.concatenate([reader.places(number) for number in numbers])
        assert places.tolist() == own.tolist()
        documents, frequencies = united([joined])
        found = dict(zip(documents.tolist(), frequencies.tolist(), strict=True))
        assert list(found.items()) == sorted(expected.items())


def test_a_segment_may_hold_nothing() -> None:
    documents = documents_reader(Documents(0))
    assert (documents.count, documents.names) == (0, ())
    assert postings_reader({}).fields == {}
    nothing = StemField("text", [], np.zeros(0, np.int32))
    reader = postings_reader({"text": posting_lists({})}, {"stems": nothing})
    assert (reader.fields, reader.stem_fields) == ({}, {})


def test_a_field_without_terms_is_left_out() -> None:
    fields = {"a": posting_lists({}), "b": posting_lists({b"x": {1: [2]}})}
    stems = {
        "stems_a": StemField("a", [], np.zeros(0, np.int32)),
        "stems_b": StemField("b", [b"x"], np.zeros(1, np.int32)),
    }
    reader = postings_reader(fields, stems)
    assert list(reader.fields) == ["b", "stems_b"]
    assert reader.stem_fields == {"stems_b": "b"}


@law
@given(st.sets(few_terms), st.sets(few_terms))
def test_a_stem_field_is_made_of_the_terms_that_are_there(
    terms: set[bytes], others: set[bytes]
) -> None:
    stem_of = {term: term[:2] for term in terms | others}
    stems = sorted(set(stem_of.values()) | {b"the stem of no term"})
    places = [stems.index(stem_of[term]) for term in sorted(terms)]
    made = stem_field("text", stems, np.array(places, np.int32))
    assert made.exact_field == "text"
    assert list(made.stems) == sorted({term[:2] for term in terms})
    assert [made.stems[number] for number in made.stem_of_term] == [
        term[:2] for term in sorted(terms)
    ]


@pytest.mark.parametrize("number", [-1, 3, 10**9, -(10**30), np.int64(1 << 40)])
def test_a_wrong_number_of_the_caller_s_is_no_damage(number: Any) -> None:
    words: Field = {b"a": {0: [1]}, b"b": {1: [2]}, b"c": {2: [3]}}
    reader = postings_reader({"text": posting_lists(words)}, {"stem": two_bytes_each(words)})
    field, stems = reader.fields["text"], reader.fields["stem"]
    assert isinstance(field, FieldReader)
    assert isinstance(stems, StemFieldReader)
    asked: list[Callable[[Any], object]] = [
        *(field.document_frequency, field.postings, field.positions, field.places, field.text),
        *(stems.stem_of, stems.exact_numbers, stems.postings, stems.places, stems.text),
        lambda number: field.several([0, number]),
        documents_reader(Documents(3, **packed([b"j{}"] * 3))).stored_values,
    ]
    for ask in asked:
        with pytest.raises(LookupError, match=r"^number .*, of 3"):
            ask(number)
