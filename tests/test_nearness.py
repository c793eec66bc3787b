"""Words near each other: what the best papers gain by them, beside loops over places."""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from searcher.engines.local.nearness import Pairs, Placed, pairs, placed
from searcher.query.clauses import Alternative, Run
from searcher.request import DEFAULT_RANKING, NEAR_PAPERS, Ranking
from tests.conftest import write_jsonl

PLACE_BITS = 32

Text = dict[str, list[str]]
"""The words of a paper, by field."""


def placed_word(word: str, papers: Sequence[Text]) -> Placed:
    """Return the places of a word in papers."""

    def places_of(field: str, term: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.array(
            [
                (number << PLACE_BITS) + position
                for number, paper in enumerate(papers)
                for position, own in enumerate(paper[field])
                if own == term
            ],
            np.int64,
        )

    alternative = Alternative(tuple(Run(field, (word,)) for field in ("title", "abstract")))
    return placed((alternative,), places_of, PLACE_BITS)


def found(words: Sequence[str], papers: Sequence[Text], chosen: Sequence[int]) -> Pairs | None:
    boosts = [1.0 + number for number in range(len(words))]
    where = [(placed_word(word, papers), own) for word, own in zip(words, boosts, strict=True)]
    return pairs(where, np.array(chosen, np.int64), DEFAULT_RANKING)


def by_loops(
    words: Sequence[str], papers: Sequence[Text], chosen: Sequence[int]
) -> list[dict[tuple[int, int], float]]:
    """Return what each pair of words scores in each chosen paper, by the definition."""
    frequencies: list[defaultdict[tuple[int, int], float]] = []
    for number in chosen:
        own: defaultdict[tuple[int, int], float] = defaultdict(float)
        for field in ("title", "abstract"):
            places = [
                (position, words.index(word))
                for position, word in enumerate(papers[number][field])
                if word in words
            ]
            for at, (start, one) in enumerate(places):
                for end, other in places[at + 1 : at + 4]:
                    if one != other and end - start <= 10:
                        pair = min(one, other), max(one, other)
                        own[pair] += DEFAULT_RANKING.weight(field) / (end - start)
        frequencies.append(own)
    scores: list[dict[tuple[int, int], float]] = [{} for _ in chosen]
    for pair in combinations(range(len(words)), 2):
        having = [own[pair] for own in frequencies if own[pair]]
        idf = math.log1p((len(chosen) - len(having) + 0.5) / (len(having) + 0.5))
        recurrence = math.sqrt((sum(having) + 2) / (len(having) + 2))
        boost = (1.0 + pair[0]) * (1.0 + pair[1])
        share = DEFAULT_RANKING.near * 15 / max(15, len(words))
        for scored, own in zip(scores, frequencies, strict=True):
            if own[pair]:
                scored[pair] = share * boost * idf * recurrence * own[pair] / (1 + own[pair])
    return scores


WORDS = list("abcdefghijklmnopqr")
some_text = st.lists(st.sampled_from([*WORDS[:4], *WORDS, "-", "-", "-"]), max_size=30)
some_papers = st.lists(
    st.fixed_dictionaries({"title": some_text, "abstract": some_text}), min_size=1, max_size=6
)


@settings(max_examples=100)
@given(some_papers, st.integers(2, len(WORDS)), st.data())
def test_a_law_pairs_score_as_loops_over_their_places_do(
    papers: list[Text], count: int, data: st.DataObject
) -> None:
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(papers))), min_size=1)))
    words = WORDS[:count]
    expected = by_loops(words, papers, chosen)
    near = found(words, papers, chosen)
    gains = near.gains().tolist() if near else [0.0] * len(chosen)
    assert gains == pytest.approx([sum(own.values()) for own in expected])
    for number, own in zip(chosen, expected, strict=True):
        parts = near.parts(number, words) if near else []
        named = {f"{words[one]} near {words[other]}": score for (one, other), score in own.items()}
        assert {part.label: part.score for part in parts} == pytest.approx(named)


@given(some_papers, st.randoms(use_true_random=False))
def test_a_law_the_order_of_papers_changes_no_digit(papers: list[Text], rng: Random) -> None:
    order = list(range(len(papers)))
    rng.shuffle(order)
    gains = []
    for own in (papers, [papers[at] for at in order]):
        near = found(WORDS[:5], own, range(len(papers)))
        gains.append(near.gains().tolist() if near else [0.0] * len(papers))
    assert gains[1] == [gains[0][at] for at in order]


# Searches


def build(folder: Path, *records: dict[str, Any]) -> str:
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *records)])
    return str(folder / "index")


def parts(papers: searcher.Collection, query: str) -> dict[str, set[str]]:
    """Return the pairs that score in each paper."""
    page = papers.search(query, match="any", explain=True)
    return {
        hit.id: {part.label for part in hit.parts if " near " in part.label} for hit in page.hits
    }


TEXTS = {
    "together": "Deep rivers run.",
    "reversed": "Rivers, deep and wide.",
    "ten apart": "Deep one two three four five six seven eight nine rivers.",
    "eleven apart": "Deep one two three four five six seven eight nine ten rivers.",
    "one alone": "Deep, deep, deep.",
    "another form": "A deeper thing, a river.",
    "joined": "A deep-river boat.",
}


def test_which_words_are_near(tmp_path: Path) -> None:
    records = [{"id": name, "title": "T", "abstract": text} for name, text in TEXTS.items()]
    split = {"id": "in two fields", "title": "Deep", "abstract": "Rivers."}
    with searcher.open(build(tmp_path, *records, split)) as papers:
        found = parts(papers, "deep rivers")
        assert found.keys() == {*TEXTS, "in two fields"}
        near = {name for name, pairs in found.items() if pairs}
        assert near == {"together", "reversed", "ten apart", "joined"}


def test_the_paper_that_has_the_words_together_comes_first(tmp_path: Path) -> None:
    """Both have each word once, and as many words."""
    apart = "Rivers are long, and what is found at the bottom of them lies deep."
    together = "What is found at the bottom of them are deep rivers and lies long."
    records = [
        {"id": "apart", "title": "T", "abstract": apart},
        {"id": "together", "title": "T", "abstract": together},
    ]
    with searcher.open(build(tmp_path, *records)) as papers:
        first, second = papers.search("deep rivers").hits
        assert (first.id, second.id) == ("together", "apart")
        assert first.score > second.score
        first, second = papers.search("deep rivers", ranking=Ranking(near=0)).hits
        assert (first.id, second.id) == ("apart", "together")
        assert first.score == second.score


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("deep rivers", {"deep near rivers"}),
        ("rivers deep", {"rivers near deep"}),
        ("deep rivers run", {"deep near rivers", "deep near run", "rivers near run"}),
        ("deep deep", set()),
        ("deep river*", {"deep near river*"}),
        ('"deep rivers" run', set()),
        ("title:deep rivers", set()),
        ("abstract:deep rivers", {"abstract:deep near rivers"}),
        ("deep -rivers", set()),
        ("deep year:2020", set()),
        ("deep", set()),
        ("deep 1993 rivers", {"deep near rivers"}),
        ("deep 42 rivers", {"deep near rivers", "deep near 42", "42 near rivers"}),
        ("deep =the rivers", {"deep near rivers"}),
        ('deep "the"', set()),
        ("the of", {"the near of"}),
        ("on-line rivers", {"on-line near rivers"}),
    ],
)
def test_what_of_a_query_may_be_near(query: str, expected: set[str], tmp_path: Path) -> None:
    text = f"{TEXTS['together']} The 42 of 1993. Online."
    record = {"id": "a", "title": "T", "abstract": text, "year": 2020}
    with searcher.open(build(tmp_path, record, {"id": "b", "title": "T"})) as papers:
        assert parts(papers, query).get("a", set()) == expected


@pytest.mark.parametrize("query", ["pool", "tide pool", "tide pool harbour", "tide^2 pool"])
def test_a_query_typed_twice_counts_twice_as_a_whole(query: str, tmp_path: Path) -> None:
    texts = ["tide pool", "pool of the tide", "tide, and far off in the harbour a pool", "harbour"]
    records = [{"id": str(at), "title": "Shore", "abstract": one} for at, one in enumerate(texts)]
    # So that neither is taken for a title.
    weights = {"title": 1, "abstract": 2}
    with searcher.open(build(tmp_path, *records)) as papers:
        once = papers.search(query, match="any", weights=weights).hits
        twice = papers.search(f"{query} {query}", match="any", weights=weights).hits
    assert [hit.id for hit in twice] == [hit.id for hit in once]
    assert [hit.score for hit in twice] == pytest.approx([2 * hit.score for hit in once])


def test_only_the_best_gain_and_the_others_keep_their_order(tmp_path: Path) -> None:
    """The longer a text, the less its words score; in each the two words stand together."""
    count = 2 * NEAR_PAPERS
    records = [
        {"id": f"p{number:03}", "title": "T", "abstract": "Deep rivers." + " more" * number}
        for number in range(count)
    ]
    with searcher.open(build(tmp_path, *records)) as papers:
        page = papers.search("deep rivers", limit=count, explain=True)
        assert [hit.id for hit in page] == [record["id"] for record in records]
        gaining = [len(hit.parts) == 3 for hit in page]
        assert gaining == [True] * NEAR_PAPERS + [False] * (count - NEAR_PAPERS)
        for limit in (1, 10, NEAR_PAPERS, NEAR_PAPERS + 1):
            assert papers.search("deep rivers", limit=limit, explain=True).hits == page.hits[:limit]


def test_of_equals_either_all_gain_or_none(tmp_path: Path) -> None:
    for equals, gain in ((2 * NEAR_PAPERS, True), (2 * NEAR_PAPERS + 1, False)):
        folder = tmp_path / str(equals)
        folder.mkdir()
        records = [
            {"id": f"p{number}", "title": "T", "abstract": "Deep rivers."}
            for number in range(equals)
        ]
        with searcher.open(build(folder, *records)) as papers:
            page = papers.search("deep rivers", limit=equals, explain=True)
            assert {len(hit.parts) for hit in page} == {3 if gain else 2}


def test_a_word_of_very_many_papers_is_near_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        {"id": "a", "title": "T", "abstract": "Deep cold rivers."},
        {"id": "b", "title": "T", "abstract": "Deep sand."},
        {"id": "c", "title": "T", "abstract": "Deep snow."},
    ]
    index = build(tmp_path, *records)
    for most, expected in (
        (3, {"deep near cold", "deep near rivers", "cold near rivers"}),
        (2, {"cold near rivers"}),
    ):
        monkeypatch.setattr("searcher.engines.local.matching.MOST_PLACED", most)
        with searcher.open(index) as papers:
            assert parts(papers, "deep cold rivers")["a"] == expected
