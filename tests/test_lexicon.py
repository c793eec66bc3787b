"""All terms of a field at once = each term by itself: patterns by ``re``, distances by a matrix."""

import re
from collections.abc import Collection

from hypothesis import example, given, settings
from hypothesis import strategies as st

from searcher.cache import Cache
from searcher.engines.local.termlist import TermLists
from searcher.query.parser import parse
from searcher.query.rewriting import rewrite
from tests.made_segments import field_reader, posting_lists
from tests.vocabulary import Terms, distance, has_word_end

law = settings(max_examples=100)

Counted = list[tuple[str, int]]

# Few letters, so that terms are often near each other, or the beginning of each other.
words = st.text(st.sampled_from("aab.+éß漢𝔸\ud800"), max_size=6)
term_sets = st.lists(words, max_size=30, unique=True)
patterns = st.text(st.sampled_from("aab.+é漢𝔸***?"), min_size=1, max_size=7)


def in_segments(terms: Collection[str], segment_count: int) -> tuple[TermLists, Counted]:
    """Return terms, each in some of so many segments, and each with the number of its papers."""
    counts: dict[bytes, int] = {}
    segments: list[dict[bytes, dict[int, list[int]]]] = [{} for _ in range(segment_count)]
    for at, term in enumerate(terms):
        key = term.encode("utf-8", "surrogatepass")
        for number, segment in enumerate(segments):
            if number == at % segment_count or (at + number) % 3 == 0:
                segment[key] = {paper: [0] for paper in range(1 + at % 5)}
                counts[key] = counts.get(key, 0) + len(segment[key])
    readers = [field_reader(posting_lists(segment)) for segment in segments if segment]
    counted = [(key.decode("utf-8", "surrogatepass"), counts[key]) for key in sorted(counts)]
    return TermLists(readers, Cache(1 << 20)), counted


class Asked(Terms):
    """A vocabulary that notes which patterns rewriting asks for, and knows no words."""

    def __init__(self) -> None:
        super().__init__({})
        self.patterns: list[str] = []

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:
        self.patterns.append(text)
        return super().matching(field, text)


def asked_for(query: str) -> list[str]:
    asked = Asked()
    rewrite(parse(query).tree, asked)
    return asked.patterns


@law
@given(term_sets, patterns, st.integers(1, 4))
@example([], "a*", 1)
@example(["a"], "a*", 1)
@example(["a"], "b*", 1)
@example([""], "*a", 1)
@example(["", "a", "aa", "aaa", "aab", "ab"], "aa*", 2)
@example(["a", "aa", "aaa"], "a?", 1)
@example(["c", "c+", "c++", "cc", "c.c"], "c+*", 1)
@example(["c.c", "cxc"], "c.?", 2)
@example(["𝔸", "𝔸b", "漢字", "漢"], "漢?", 1)
@example(["b", "ba", "c"], "ba*", 1)
@example(["ab", "ba", "b", "abab"], "*ab*", 3)
@example(["ab", "aab", "a"], "a*ab", 1)
def test_matching_is_matching_each_term(terms: list[str], pattern: str, segments: int) -> None:
    found, counted = in_segments(terms, segments)
    for text in asked_for(f"title:{pattern} id:{pattern}"):
        parts = [re.escape(char) for char in text]
        regex = "".join({r"\*": ".*", r"\?": "."}.get(part, part) for part in parts)
        expected = [pair for pair in counted if re.fullmatch(regex, pair[0], re.DOTALL)]
        assert found.matching(text) == expected, text


def test_a_pattern_of_a_query_is_asked_for() -> None:
    assert asked_for("title:a*b?") == ["a*b?"]
    # An id is looked for among the papers' own and among all identifiers.
    assert asked_for("id:A*") == ["A*"] * 2


@law
@given(term_sets, words, st.integers(0, 3), st.integers(0, 9), st.integers(1, 4))
@example([], "a", 2, 0, 1)
@example([""], "", 0, 0, 1)
@example(["", "a", "ab"], "ab", 2, 0, 2)
@example(["", "a", "ab"], "ab", 2, 2, 1)
@example(["ab", "ba"], "ab", 1, 1, 1)
@example(["漢字", "漢"], "字", 1, 0, 1)
@example(["aaaaaaaa"], "aaaaa", 3, 9, 1)
@example(["a" * 254, "a" * 255, "a" * 256, "a" * 300], "a" * 255, 1, 0, 2)
def test_within_is_the_distance_of_each_term(
    terms: list[str], word: str, edits: int, least: int, segments: int
) -> None:
    found, counted = in_segments(terms, segments)
    assert found.within(word, edits, least) == [
        (term, count) for term, count in counted if distance(word, term) <= edits and count >= least
    ]


@given(
    st.lists(st.text("abo \u0142\U00010348", min_size=1, max_size=8), unique=True, max_size=12),
    st.text("abo\u0142\U00010348", min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_terms_of_which_a_word_ends_in_letters(
    terms: list[str], letters: str, segments: int
) -> None:
    names = dict.fromkeys(" ".join(term.split()) for term in terms if term.strip())
    found, counted = in_segments(names, segments)
    expected = [term for term, _ in counted if has_word_end(term, letters)]
    assert found.with_word_end(letters) == expected


@given(
    st.lists(st.text("abo \u0142", min_size=1, max_size=8), unique=True, max_size=12),
    st.lists(st.tuples(st.text("abo\u0142", min_size=1, max_size=3), st.booleans()), max_size=3),
    st.integers(1, 3),
)
@example(["aa aa", "a a", "a"], [("a", False), ("a", False)], 2)
@example(["ab", "b a", "ba"], [("a", True)], 1)
def test_terms_that_have_words(
    terms: list[str], wanted: list[tuple[str, bool]], segments: int
) -> None:
    names = dict.fromkeys(" ".join(term.split()) for term in terms if term.strip())
    found, counted = in_segments(names, segments)
    begun = [
        (letters.encode(), is_whole, wanted.count((letters, is_whole)))
        for letters, is_whole in wanted
    ]

    def fits(word: str, letters: str, is_whole: bool) -> bool:
        return word == letters if is_whole else word.startswith(letters)

    expected = [
        (-papers, term.encode())
        for term, papers in counted
        if all(
            sum(fits(word, letters.decode(), is_whole) for word in term.split()) >= count
            for letters, is_whole, count in begun
        )
    ]
    assert list(found.with_words(begun)) == [term.decode() for _, term in sorted(expected)]
