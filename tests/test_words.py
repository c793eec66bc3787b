"""Words: their spellings in an index, wildcards as patterns, and edit distances."""

import gc
import weakref
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysis import tokens
from index.fields import SEARCHED_FIELDS
from searcher.query.parser import parse
from searcher.query.rewriting import Rewriter
from searcher.query.wildcards import literal_prefix, literals, wildcard
from searcher.query.words import (
    MAX_CACHED_CHARS,
    MAX_CACHED_WORDS,
    Words,
    is_within,
    term_pattern,
)
from tests.vocabulary import Terms, distance, vocabulary_of

law = settings(max_examples=100)

PAPERS = vocabulary_of("A data set, datasets and a database of GPT-4, gpt 4 and fine-tuned nets.")


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("nets", ["nets"]),
        ("dataset", ["dataset", "data set"]),
        ("database", ["database"]),
        ("data set", ["data set"]),
        ("data base", ["data base", "database"]),
        ("fine-tuned", ["fine tuned", "finetuned"]),
        ("gpt4", ["gpt4", "gpt 4"]),
        ("Müller", ["muller", "mueller"]),
    ],
)
def test_spellings(text: str, spellings: list[str]) -> None:
    found = Words(PAPERS).spellings(list(tokens(text)), ("title_exact",))
    assert [" ".join(spelling) for spelling in found] == spellings


def test_without_fields_no_word_is_split_or_joined() -> None:
    words = Words(PAPERS)
    for text in ("dataset", "data base"):
        assert words.spellings(list(tokens(text))) == [tuple(text.split())]


@pytest.mark.parametrize(
    ("form", "near"),
    [
        ("lable", ("label", "table")),
        ("labek", ("label",)),
        ("label", ("labels",)),
        ("alebl", ()),
        ("translaiton", ("translation",)),
        ("tranzlatian", ("translation",)),
        ("lab3l", ()),
    ],
)
def test_words_near_another(form: str, near: tuple[str, ...]) -> None:
    papers = vocabulary_of("A label, the label, labels in a table of translation")
    assert Words(papers).corrected(form, SEARCHED_FIELDS) == near


@pytest.mark.parametrize(
    ("text", "is_stop_word", "form"),
    [("Nets", False, "nets"), ("the", True, None), ("fine-tuned", False, None)],
)
def test_what_a_word_means(text: str, is_stop_word: bool, form: str | None) -> None:
    meaning = Words(PAPERS).meaning(text, "")
    assert (meaning.is_stop_word, meaning.form) == (is_stop_word, form)
    assert meaning.fields == SEARCHED_FIELDS
    assert {alternative.weight for alternative in meaning.alternatives} == {1.0}


class CountedTerms(Terms):
    """A vocabulary that counts the stems it is asked for, those that it looks up itself aside."""

    stem_count = 0

    def stem(self, form: str) -> str:
        self.stem_count += 1
        return super().stem(form)

    def forms_of(self, stem: str) -> Sequence[str]:
        before = self.stem_count
        forms = super().forms_of(stem)
        self.stem_count = before
        return forms


def test_a_word_asked_for_again_is_remembered_unless_many_others_came_between() -> None:
    papers = CountedTerms(PAPERS.fields)
    rewriter = Rewriter(papers)

    def stems_asked_for(text: str) -> int:
        before = papers.stem_count
        rewriter.rewrite(parse(text).tree)
        return papers.stem_count - before

    assert stems_asked_for("nets") == 1
    assert stems_asked_for("nets") == 0
    for number in range(MAX_CACHED_WORDS):
        assert stems_asked_for(f"w{number}") == 1
        if number % 1_000 == 0:
            assert stems_asked_for("nets") == 0
    assert stems_asked_for("w0") == 1
    assert stems_asked_for("nets") == 0


def test_long_words_are_not_remembered() -> None:
    papers = CountedTerms(PAPERS.fields)
    rewriter = Rewriter(papers)
    for count in (1, 2):
        rewriter.rewrite(parse("x" * (MAX_CACHED_CHARS + 1)).tree)
        assert papers.stem_count == count


def test_a_rewriter_that_is_let_go_frees_its_index_at_once() -> None:
    gc.disable()
    try:
        papers = Terms(PAPERS.fields)
        rewriter = Rewriter(papers)
        rewriter.rewrite(parse("dataset data base").tree)
        watched = weakref.ref(papers)
        del rewriter, papers
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        ("net*", "net nets network", "ne anet"),
        ("n?t", "net nut", "nt neat"),
        ("*ral*s", "rals neurals", "neural"),
        ("Mül*", "muller mul", "mueller"),
        ("C+*", "c++", "c"),
    ],
)
def test_a_wildcard_is_a_pattern_of_terms(text: str, matching: str, other: str) -> None:
    pattern = wildcard(term_pattern(text))
    assert all(map(pattern.fullmatch, matching.split()))
    assert not any(map(pattern.fullmatch, other.split()))


def test_what_stands_before_the_first_wildcard() -> None:
    assert [literal_prefix(text) for text in ("ab*c", "?a", "ab")] == ["ab", "", "ab"]
    assert [literals(text) for text in ("ab*?c*", "*", "ab")] == [["ab", "c"], [], ["ab"]]


# Edit distance.

short_words = st.text(st.sampled_from("abcé"), max_size=7)


@law
@given(short_words, short_words, st.integers(0, 4))
def test_within_is_the_distance(left: str, right: str, edits: int) -> None:
    assert is_within(left, right, edits) is (distance(left, right) <= edits)


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [
        ("", "", 0),
        ("", "ab", 2),
        ("graph", "graph", 0),
        ("graph", "graphs", 1),
        ("graph", "grape", 1),
        ("graph", "raph", 1),
        ("graph", "garph", 1),
        ("ab", "bca", 3),
        ("model", "omdle", 2),
        ("kitten", "sitting", 3),
        ("", "abc", 3),
    ],
)
def test_distances_by_hand(left: str, right: str, edits: int) -> None:
    assert distance(left, right) == edits
    assert is_within(left, right, edits)
    assert is_within(right, left, edits)
    assert edits == 0 or not is_within(left, right, edits - 1)
