"""Terms are found by bisection, whatever their keys have in common."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_segments import (
    field_reader,
    law,
    posting_lists,
)

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
    reader = field_reader(posting_lists({term: {0: [0]} for term in terms}))
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
    reader = field_reader(lists)
    for term in [*wanted, *ordered]:
        assert reader.lower_bound(term) == bisect_left(ordered, term)
        assert reader.number(term) == (ordered.index(term) if term in terms else -1)
    assert [reader.term(number) for number in range(len(reader))] == ordered
    start = data.draw(st.integers(0, len(ordered)))
    stop = data.draw(st.integers(start, len(ordered)))
    assert reader.terms(start, stop) == ordered[start:stop]


def test_a_term_that_is_no_bytes_is_a_mistake_of_the_program() -> None:
    reader = field_reader(posting_lists({b"a": {0: [0]}}))
    with pytest.raises(TypeError):
        reader.number(42)  # type: ignore[arg-type]
    assert reader.texts() == [reader.text(0)] == ["a"]
