"""Papers with only the usual fields take faster ways, which give what the general ones give."""

from typing import Any
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from index.paper import Copy, Paper, Source, unusual, usual_values
from index.segments.stored import encode_stored
from index.soundness import fault_of
from index.writers.committed import merged_and_stored, merged_and_values

OWN = Source("/a.json", 7)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
lists = st.lists(texts, max_size=3).map(tuple)
odd_texts = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["", "a\nb", "\x85", "\ud800", "\u2028", "x" * 1000, "x" * 1001]),
    st.sampled_from([None, 5, b"x", ()]),
)
odd_lists = st.one_of(
    st.lists(odd_texts, max_size=3).map(tuple), st.sampled_from([[], ["a"], "ab", None, ("x",)])
)
usual = st.builds(
    Paper,
    id=texts,
    title=texts,
    abstract=texts,
    authors=lists,
    et_al=st.sampled_from([False, False, False, True]),
    categories=lists,
    year=st.none() | st.integers(1, 9999),
    score=st.sampled_from([None, None, None, 0.0]),
    sources=st.sampled_from([(OWN,), (OWN,), (), (OWN, Source('/"b"', 1))]),
)
odd = st.builds(
    Paper,
    id=odd_texts,
    title=odd_texts,
    abstract=odd_texts,
    authors=odd_lists,
    et_al=st.sampled_from([False, 0, None]),
    categories=odd_lists,
    year=st.sampled_from([None, 0, 1, 9999, 10_000, True, 2020.0, "2020"]),
    has_code=st.sampled_from([False, 0, ""]),
    sources=st.sampled_from([(OWN,), (), [OWN], (("/a", 1),), (Source("/a", -1),)]),
)


@given(usual)
def test_what_is_stored_of_a_usual_paper_is_what_is_stored_of_any(paper: Paper) -> None:
    if paper.sources:
        copy = Copy(paper, b"sixteen bytes of")
        for shared in ((), [paper.sources[0].file]):
            one, values = merged_and_values([copy], shared)
            assert merged_and_stored([copy], shared) == (one, encode_stored(values))


@given(usual | odd)
@example(Paper("a", "b", "c", ("",), sources=(OWN,)))
@example(Paper("a", "b", "c", categories=("x" * 600, "y" * 600), sources=(OWN,)))
def test_a_usual_paper_is_sound_if_each_field_is(paper: Paper) -> None:
    def fault() -> Any:
        try:
            return fault_of(paper)
        except (TypeError, AttributeError) as error:
            return type(error)

    found = fault()
    with patch("index.soundness._is_plainly_sound", lambda _: False):
        assert found == fault()


@given(usual)
def test_usual_values_are_all_that_a_usual_paper_has(paper: Paper) -> None:
    assert usual_values(paper) is not None
    assert {name for name, _ in unusual(paper)} <= {
        *("id", "title", "abstract", "authors", "et_al", "categories", "year", "score", "sources")
    }
