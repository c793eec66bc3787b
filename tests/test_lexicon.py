"""All terms of a field at once = each term by itself: patterns by ``re``, distances by a matrix."""

import re
from collections.abc import Collection

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.segments.packing import string_starts
from searcher.engines.local.termlist import TermList
from searcher.query.parser import parse
from searcher.query.rewriting import rewrite
from tests.vocabulary import Terms, distance, has_word_end

law = settings(max_examples=300)

# Few letters, so that terms are often near each other, or the beginning of each other.
words = st.text(st.sampled_from("aab.+éß漢𝔸\ud800"), max_size=6)
term_sets = st.lists(words, max_size=30, unique=True)
patterns = st.text(st.sampled_from("aab.+é漢𝔸***?"), min_size=1, max_size=7)


def term_list(terms: Collection[str]) -> tuple[TermList, list[tuple[str, int]]]:
    """Return terms as a field has them, and each with the number of its papers."""
    ordered = sorted(terms, key=lambda term: term.encode("utf-8", "surrogatepass"))
    counted = [(term, 1 + 7 * at) for at, term in enumerate(ordered)]
    encoded = [term.encode("utf-8", "surrogatepass") for term in ordered]
    joined = np.frombuffer(b"".join(encoded), np.uint8)
    return TermList(joined, string_starts(encoded), [count for _, count in counted]), counted


class Asked(Terms):
    """A vocabulary that notes which patterns rewriting asks for, and knows no words."""

    def __init__(self) -> None:
        super().__init__({})
        self.patterns: list[tuple[re.Pattern[str], str]] = []

    def matching(self, field: str, pattern: re.Pattern[str], prefix: str) -> list[tuple[str, int]]:
        self.patterns.append((pattern, prefix))
        return super().matching(field, pattern, prefix)


def asked_for(query: str) -> list[tuple[re.Pattern[str], str]]:
    asked = Asked()
    rewrite(parse(query).tree, asked)
    return asked.patterns


@law
@given(term_sets, patterns)
@example([], "a*")
@example(["a"], "a*")
@example(["a"], "b*")
@example([""], "*a")
@example(["", "a", "aa", "aaa", "aab", "ab"], "aa*")
@example(["a", "aa", "aaa"], "a?")
@example(["c", "c+", "c++", "cc", "c.c"], "c+*")
@example(["c.c", "cxc"], "c.?")
@example(["𝔸", "𝔸b", "漢字", "漢"], "漢?")
@example(["b", "ba", "c"], "ba*")
def test_matching_is_matching_each_term(terms: list[str], pattern: str) -> None:
    found, counted = term_list(terms)
    for regex, prefix in asked_for(f"title:{pattern} id:{pattern}"):
        expected = [
            (term, count)
            for term, count in counted
            if term.startswith(prefix) and regex.fullmatch(term)
        ]
        assert found.matching(regex, prefix) == expected, (regex, prefix)


def test_a_pattern_of_a_query_is_asked_for() -> None:
    assert asked_for("title:a*b?") == [(re.compile("a.*b.", re.DOTALL), "a")]
    # An id is looked for among the papers' own and among all identifiers.
    assert asked_for("id:A*") == [(re.compile("A.*", re.DOTALL), "A")] * 2


@law
@given(term_sets, words, st.integers(0, 3), st.integers(0, 4))
@example([], "a", 2, 0)
@example([""], "", 0, 0)
@example(["", "a", "ab"], "ab", 2, 0)
@example(["", "a", "ab"], "ab", 2, 2)
@example(["ab", "ba"], "ab", 1, 1)
@example(["漢字", "漢"], "字", 1, 0)
@example(["aaaaaaaa"], "aaaaa", 3, 9)
def test_within_is_the_distance_of_each_term(
    terms: list[str], word: str, edits: int, least: int
) -> None:
    found, counted = term_list(terms)
    assert found.within(word, edits, least) == [
        (term, count) for term, count in counted if distance(word, term) <= edits and count >= least
    ]


@given(
    st.lists(st.text("abo \u0142\U00010348", min_size=1, max_size=8), unique=True, max_size=12),
    st.text("abo\u0142\U00010348", min_size=1, max_size=4),
)
def test_terms_of_which_a_word_ends_in_letters(terms: list[str], letters: str) -> None:
    found, counted = term_list([" ".join(term.split()) for term in terms if term.strip()])
    expected = [term for term, _ in counted if has_word_end(term, letters)]
    assert found.with_word_end(letters) == expected
