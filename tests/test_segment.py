"""Segments: packed lists, term look-ups, stored values, and merging against writing at once."""

import datetime
import math
import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from numpy.typing import NDArray

from index.errors import DamagedIndexError
from index.segments.arrayfile import ArrayFile
from index.segments.arrays import stable_order
from index.segments.contents import SegmentEntry
from index.segments.documents import (
    CodedColumn,
    Documents,
    DocumentsReader,
    code_column,
    code_lists,
    code_strings,
    write_documents,
)
from index.segments.merging import merge_segments
from index.segments.opening import Segment
from index.segments.postings import (
    FieldReader,
    PostingLists,
    PostingsReader,
    StemField,
    StemFieldReader,
    stem_field,
    united,
    write_postings,
)
from index.segments.stored import StoredPacker, decode_stored, encode_stored

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


# Packing

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


@law
@given(many_fields)
def test_posting_lists_come_back(field: Field) -> None:
    lists = posting_lists(field)
    reader = postings_reader({"text": lists}).fields["text"]
    assert field_of(reader) == field
    assert len(reader) == len(field)
    assert reader.document_frequencies() == [len(field[term]) for term in sorted(field)]
    assert_same_lists(reader.lists(), lists)


LARGE = 2**31 - 1


@pytest.mark.parametrize(
    "field",
    [
        {b"one": {0: [0]}},
        {b"one": {LARGE: [LARGE]}},
        {b"one": {0: [0], LARGE: [0, LARGE]}},
        {b"gaps": {255 * at: [at] for at in range(300)}},
        {b"gaps": {256 * at: [at] for at in range(300)}},
        {b"gaps": {65_536 * at: [at] for at in range(300)}},
        {b"rare gap": {at + 100_000 * (at > 250): [at % 256] for at in range(300)}},
        {b"rare gap": {at + 100_000_000 * (at > 250): [at] for at in range(300)}},
        {b"often": {7: list(range(256)), 9: list(range(70_000)), 10: [1]}},
        {b"far": {7: [1, 255, 256, 65_535, 65_536, 2**24, LARGE]}},
        {b"%05d" % at: {at: [at], at + 70_000: [1, 2]} for at in range(3_000)},
    ],
    ids=[
        "one posting",
        "largest numbers",
        "smallest and largest",
        "largest gaps of one byte",
        "smallest gaps of two bytes",
        "smallest gaps of four bytes",
        "an exception of one byte",
        "an exception of two bytes",
        "large frequencies",
        "large positions",
        "thousands of lists",
    ],
)
def test_lists_of_every_width_come_back(field: Field) -> None:
    lists = posting_lists(field)
    reader = postings_reader({"text": lists}).fields["text"]
    assert_same_lists(reader.lists(), lists)
    assert field_of(reader) == field


def test_short_numbers_take_one_byte() -> None:
    field = {b"%04d" % at: {document: [3] for document in range(at, at + 50)} for at in range(99)}
    lists = posting_lists(field)
    file = BytesIO()
    write_postings(file, [("text", lists)], [])
    assert len(file.getvalue()) < 2.6 * len(lists.documents)


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
    reader = postings_reader({"key": lists}).fields["key"]
    assert reader.postings(0).frequencies.tolist() == [1, 1]
    assert reader.positions(0).tolist() == []
    assert_same_lists(reader.lists(), lists)


# Terms

NEAR_TERMS = [
    b"",
    b"\0",
    b"\0" * 8,
    b"\0" * 9,
    b"a",
    b"a\0",
    b"a\0\0\0\0\0\0\0",
    b"a\0\0\0\0\0\0\0\0",
    *(b"prefixed" + b"%03d" % at for at in range(40)),
    b"prefixed",
    b"prefixed\0",
    b"prefixed\xff",
    *(b"q" * length for length in range(1, 30)),
    b"\xff" * 7,
    b"\xff" * 8,
    b"\xff" * 20,
]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 17, len(NEAR_TERMS)])
def test_a_term_is_found_among_its_likes(count: int) -> None:
    terms = sorted(NEAR_TERMS)[:count]
    reader = postings_reader({"text": posting_lists({term: {0: [0]} for term in terms})}).fields[
        "text"
    ]
    assert reader.terms() == terms
    wanted = {*NEAR_TERMS, *(term + b"\0" for term in NEAR_TERMS), *(t[:-1] for t in NEAR_TERMS)}
    for term in sorted(wanted):
        assert reader.lower_bound(term) == bisect_left(terms, term), term
        assert reader.number(term) == (terms.index(term) if term in terms else -1), term


@law
@given(
    st.sets(
        st.text("\0ab\xff", max_size=12).map(lambda text: text.encode("latin-1")),
        min_size=1,
        max_size=80,
    ),
    st.lists(st.text("\0ab\xff", max_size=12).map(lambda text: text.encode("latin-1"))),
    st.data(),
)
def test_a_look_up_is_a_bisection(
    terms: set[bytes], wanted: list[bytes], data: st.DataObject
) -> None:
    ordered = sorted(terms)
    lists = posting_lists({term: {0: [0]} for term in terms})
    reader = postings_reader({"text": lists}).fields["text"]
    for term in [*wanted, *ordered]:
        assert reader.lower_bound(term) == bisect_left(ordered, term)
        assert reader.number(term) == (ordered.index(term) if term in terms else -1)
    assert [reader.term(number) for number in range(len(reader))] == ordered
    start = data.draw(st.integers(0, len(ordered)))
    stop = data.draw(st.integers(start, len(ordered)))
    assert reader.terms(start, stop) == ordered[start:stop]


# Stem fields


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


@pytest.mark.parametrize("seed", range(20))
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
    reader = postings_reader({"text": posting_lists(field)}).fields["text"]
    for size in (1, 2, 3, 10, 60):
        numbers = rng.sample(range(60), size)
        expected: dict[int, int] = {}
        for number in numbers:
            for document, positions in field[b"%03d" % number].items():
                expected[document] = expected.get(document, 0) + len(positions)
        documents, frequencies = united(reader.several(numbers))
        found = dict(zip(documents.tolist(), frequencies.tolist(), strict=True))
        assert list(found.items()) == sorted(expected.items())


@law
@given(st.lists(st.integers(0, 2**31 - 1)), st.integers(0, 2**31 - 1))
def test_the_radix_sort_is_stable(numbers: list[int], largest: int) -> None:
    array = np.array([number % (largest + 1) for number in numbers], np.int32)
    order = stable_order(array)
    assert order.tolist() == sorted(range(len(array)), key=lambda at: array[at])


# Documents


def test_what_belongs_to_documents_comes_back() -> None:
    stored = [b"jx", b"", b"y" * 100_000]
    documents = Documents(
        count=3,
        lengths={"a": np.array([0, 255, 2], np.int32), "b": np.array([70_000, 0, 256], np.int32)},
        numbers={"year": np.array([1, 2**32 - 1, 0], np.uint32), "s": np.array([-math.inf, 1, 2])},
        texts={"id": [b"x", b"", "ü".encode()]},
        coded={
            "one": code_column([b"LG", b"", b"LG"]),
            "many": code_lists([[b"A", b"B"], [], [b"A"]]),
        },
        **packed(stored),
    )
    reader = documents_reader(documents)
    assert reader.count == 3
    assert reader.names == ("a", "b", "id", "many", "one", "s", "year")
    for name, lengths in documents.lengths.items():
        assert reader.lengths(name).tolist() == lengths.tolist()  # type: ignore[union-attr]
    for name, numbers in documents.numbers.items():
        assert reader.numbers(name).tolist() == numbers.tolist()  # type: ignore[union-attr]
    assert list(reader.texts("id") or ()) == documents.texts["id"]
    assert rows(reader.coded("one")) == [[b"LG"], [b""], [b"LG"]]
    assert rows(reader.coded("many")) == [[b"A", b"B"], [], [b"A"]]
    assert [reader.stored(at) for at in (2, 0, 1)] == [stored[2], *stored[:2]]
    for missing in (reader.lengths, reader.numbers, reader.texts, reader.coded):
        assert missing("no such field") is None


def rows(column: CodedColumn | None) -> list[list[bytes]]:
    """Return what each document has in a coded column."""
    assert column is not None
    starts = range(len(column.codes) + 1) if column.starts is None else column.starts.tolist()
    values = [column.values[code] for code in column.codes.tolist()]
    return [values[starts[at] : starts[at + 1]] for at in range(len(starts) - 1)]


def test_a_segment_may_hold_nothing() -> None:
    reader = documents_reader(Documents(0))
    assert (reader.count, reader.names) == (0, ())
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


NUMBER_TYPES = ["<u4", "<i4", "<u8", "<f4", "<f8"]


@law
@given(
    st.sampled_from(NUMBER_TYPES).flatmap(
        lambda dtype: numpy_st.arrays(
            dtype,
            st.integers(0, 20),
            elements=numpy_st.from_dtype(np.dtype(dtype), allow_nan=False),
            fill=st.nothing(),
        )
    ),
    st.integers(0, 20),
)
def test_columns_of_numbers_come_back(numbers: NDArray[Any], count: int) -> None:
    for column in (numbers, np.full(count, numbers[:1].sum(), numbers.dtype)):
        found = documents_reader(Documents(len(column), numbers={"n": column})).numbers("n")
        assert found is not None
        assert found.dtype == column.dtype
        assert found.tolist() == column.tolist()


def test_a_column_of_one_value_is_stored_as_that_value() -> None:
    def size(numbers: NDArray[Any]) -> int:
        file = BytesIO()
        write_documents(file, Documents(len(numbers), numbers={"score": numbers}))
        return len(file.getvalue())

    constant = np.full(10_000, -np.inf)
    assert size(constant) < size(constant[:1]) + 20  # no more than the larger count
    constant[9_999] = 1.0
    assert size(constant) > 80_000


def test_byte_strings_of_every_length_come_back() -> None:
    lengths = [0, 1, 255, 256, 0, 65_535, 65_536, 70_000, 3]
    texts = [bytes([at]) * length for at, length in enumerate(lengths)]
    for chosen in (texts, texts[:3], texts[:5], texts[:1], texts[1:2] * 300):
        document_count = len(chosen)
        documents = Documents(document_count, texts={"t": chosen}, **packed(chosen))
        reader = documents_reader(documents)
        assert list(reader.texts("t") or ()) == chosen
        assert [reader.stored(at) for at in reversed(range(document_count))] == chosen[::-1]
        many = documents_reader(Documents(1, coded={"c": code_lists([chosen])})).coded("c")
        assert rows(many) == [chosen]


@law
@given(st.lists(st.binary(max_size=300), max_size=200))
def test_stored_bytes_come_back(stored: list[bytes]) -> None:
    reader = documents_reader(Documents(len(stored), **packed(stored)))
    assert [reader.stored(at) for at in range(len(stored))] == stored


@law
@given(st.lists(st.binary(max_size=300)), st.lists(st.binary(max_size=300), max_size=20))
def test_any_dictionary_packs_any_values(samples: list[bytes], stored: list[bytes]) -> None:
    packer = StoredPacker(samples)
    packed_values = list(map(packer.pack, stored))
    assert packed_values == [StoredPacker(samples).pack(values) for values in stored]
    reader = documents_reader(
        Documents(len(stored), stored=packed_values, dictionary=packer.dictionary)
    )
    assert [reader.stored(at) for at in range(len(stored))] == stored


def test_a_dictionary_is_worth_its_bytes() -> None:
    rng = random.Random(7)
    words = [b"%06x" % rng.randrange(1 << 24) for _ in range(400)]
    stored = [b" ".join(rng.choices(words, k=40)) for _ in range(1_000)]
    packer = StoredPacker(stored)
    assert len(packer.dictionary) <= 1 << 13
    alone = StoredPacker([])
    assert alone.dictionary == b""
    with_dictionary = sum(len(packer.pack(values)) for values in stored)
    without = sum(len(alone.pack(values)) for values in stored)
    assert with_dictionary < 0.8 * without


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@law
@given(st.dictionaries(st.text() | st.text(st.characters(categories=["Cs"])), json_values))
def test_stored_values_come_back(values: dict[str, Any]) -> None:
    stored = encode_stored(values)
    assert stored[:1] == b"j"
    assert repr(decode_stored(stored)) == repr(values)  # which tells 1 from 1.0 and from True


@pytest.mark.parametrize("value", [b"bytes", {1}, datetime.date(2024, 1, 2), 1j])
def test_what_json_does_not_keep_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_stored({"field": value})


@pytest.mark.parametrize("stored", [b"", b"p\x80\x04K\x01.", b"j", b"j[]", b"j" + b"[" * 50_000])
def test_bytes_that_are_no_stored_values_are_refused(stored: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decode_stored(stored)


# Columns and stems made of values


@law
@given(st.lists(st.lists(st.text(max_size=2), max_size=4), max_size=8))
def test_strings_are_coded_as_their_bytes_are(lists: list[list[str]]) -> None:
    expected = [[value.encode() for value in of] for of in lists]
    column, other = code_strings(lists), code_lists(expected)
    assert rows(column) == rows(other) == expected
    assert list(column.values) == list(other.values)
    assert len(set(column.values)) == len(column.values)


@law
@given(st.sets(few_terms), st.sets(few_terms))
def test_a_stem_field_is_made_of_the_terms_that_are_there(
    terms: set[bytes], others: set[bytes]
) -> None:
    stem_of = {term: term[:2] for term in terms | others}
    made = stem_field("text", sorted(terms), stem_of)
    assert made.exact_field == "text"
    assert list(made.stems) == sorted({term[:2] for term in terms})
    assert [made.stems[number] for number in made.stem_of_term] == [
        term[:2] for term in sorted(terms)
    ]


# Merging


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
@given(st.lists(st.lists(a_marked_document, max_size=6), min_size=1, max_size=4))
def test_a_merge_is_what_survives_written_at_once(
    parts: list[list[tuple[dict[str, Any], bool]]],
) -> None:
    found = merged(
        [a_part([document for document, _ in of], [live for _, live in of]) for of in parts]
    )
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
