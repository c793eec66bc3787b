"""Columns and keyword terms gathered in batches are those of all papers at once."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from index.building.gathering import Keywords, StringColumn, lists_of_values, ranked
from index.segments.documents import CodedColumn, code_lists
from tests.made_segments import rows

strings = st.text(max_size=2)
batches_of_lists = st.lists(st.lists(st.lists(strings, max_size=4), min_size=1), max_size=4)


def column_of(batches: Sequence[Sequence[Sequence[str]]]) -> CodedColumn:
    column = StringColumn()
    for batch in batches:
        column.add(batch)
    return column.coded()


@given(batches_of_lists)
def test_strings_are_coded_as_their_bytes_are(batches: list[list[list[str]]]) -> None:
    lists = [[value.encode() for value in of] for batch in batches for of in batch]
    column, expected = column_of(batches), code_lists(lists)
    assert rows(column) == rows(expected) == lists
    assert list(column.values) == list(expected.values)


@given(st.lists(st.lists(strings, min_size=1), max_size=4))
def test_one_string_each_is_a_list_of_one(batches: list[list[str]]) -> None:
    column = StringColumn()
    for batch in batches:
        column.add(batch)
    assert rows(column.coded()) == rows(column_of([[[one] for one in b] for b in batches]))


@given(batches_of_lists)
def test_each_string_is_new_once(batches: list[list[list[str]]]) -> None:
    column = StringColumn()
    new = [value for batch in batches for value in column.add(batch)]
    assert new == list(dict.fromkeys(one for batch in batches for of in batch for one in of))


@given(batches_of_lists)
def test_a_term_lists_each_document_that_has_a_value_of_it_once(
    batches: list[list[list[str]]],
) -> None:
    def terms_of(value: str) -> list[bytes]:
        return [letter.encode() for letter in value]  # "ab" and "bc" have a term in common

    column, keywords = StringColumn(), Keywords(terms_of)
    for batch in batches:
        keywords.add(column.add(batch))
    lists = keywords.lists(column.coded())
    expected: dict[bytes, list[int]] = {}
    for number, of in enumerate(of for batch in batches for of in batch):
        for term in {term for value in of for term in terms_of(value)}:
            expected.setdefault(term, []).append(number)
    assert list(lists.terms) == sorted(expected)
    for place, term in enumerate(lists.terms):
        start, stop = lists.starts[place : place + 2]
        assert lists.documents[start:stop].tolist() == expected[term]


def test_terms_are_ranked_in_their_order() -> None:
    vocabulary, ranks = ranked({b"b": 0, b"c": 1, b"a": 2})
    assert vocabulary == [b"a", b"b", b"c"]
    assert ranks.tolist() == [1, 2, 0]


@given(st.lists(strings))
def test_lists_of_values_are_those_of_keywords(values: list[str]) -> None:
    column, keywords = StringColumn(), Keywords(lambda value: (value.encode(),) if value else ())
    if values:
        keywords.add(column.add(values))
    found, expected = (
        lists_of_values([one.encode() for one in values]),
        keywords.lists(column.coded()),
    )
    assert found.terms == expected.terms
    assert found.starts.tolist() == expected.starts.tolist()
    assert found.documents.tolist() == expected.documents.tolist()
