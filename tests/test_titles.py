"""A query that is the title of a paper, whatever its signs mean. The papers are invented."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index.analysis import tokens
from searcher.engines.local.engine import LocalEngine
from searcher.engines.port import Plan
from searcher.query.parser import parse
from searcher.query.rewriting import Rewriter
from searcher.query.titles import FIRST, MAX_TITLE_CHARS, placed_forms, titled, with_title
from searcher.request import MatchMode
from tests.conftest import write_jsonl
from tests.vocabulary import vocabulary_of

TITLES = [
    "Moss",
    "Moss Growth",
    "Growth of Moss",
    "The Growth of Moss",
    "Growth of Moss: Growth of Moss",
    "Of the",
    "Slow-Growing Moss",
    "Slow Growing Moss",
    "SlowGrowing Moss",
    "The Suffix -oth and Moss",
    "Greek +moss -(oth) kelo",
    "NOT a Moss",
    "Moss (Grey)-Green Fern: A B*-Tree?!",
    "Müller on Moss",
    "Mueller on Moss",
    "苔 and Moss",
    "Fern or Moss",
    "Fern OR Moss?",
    'The "Moss" OR "Fern" Question',
    "Moss^2 Plots",
    "Lichen: [*] Moss | Fern",
    "title: moss",
]
TEXTS = [
    "Moss moss moss growth growth of moss, the slow growing growth of fern.",
    "Fern and lichen growth: fern questions, trees of moss, plots of moss.",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three segments, a paper deleted from the last of them."""
    folder = tmp_path_factory.mktemp("titles")
    titles = [*TITLES, "Moss Growth", "Moss growth?", "Deleted Moss"]
    records = [
        {"id": f"p{number:02}", "title": title, "abstract": TEXTS[number % 2]}
        for number, title in enumerate(titles)
    ]
    for name, own in [("a", records[:8]), ("b", records[8:15]), ("c", records[15:])]:
        searcher.build(folder / "index", [write_jsonl(folder / f"{name}.jsonl", *own)])
    last = write_jsonl(folder / "c.jsonl", *records[15:-1])
    assert searcher.build(folder / "index", [last], prune=True).removed == 1
    return folder / "index"


@pytest.fixture(scope="module")
def papers(directory: Path) -> Iterator[searcher.Collection]:
    with searcher.open(directory) as collection:
        yield collection


@pytest.fixture(scope="module")
def all_titles(papers: searcher.Collection) -> list[str]:
    return [hit.title for hit in papers.search("*", limit=100)]


@pytest.mark.parametrize("match", ["auto", "all", "any"])
@pytest.mark.parametrize("title", TITLES)
def test_a_title_finds_its_paper_first(
    papers: searcher.Collection, title: str, match: MatchMode
) -> None:
    assert papers.search(title, match=match).hits[0].title == title


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("moss growth", "Moss Growth"),
        ("moss, growth!", "Moss Growth"),
        ("MOSS GROWTH?", "Moss growth?"),
        ("muller on moss", "Müller on Moss"),
        ('"growth of moss"', "Growth of Moss"),
        ("moss grey green fern a b tree", TITLES[12]),
    ],
)
def test_signs_and_case_of_a_title_do_not_count_or_tell_papers_apart(
    papers: searcher.Collection, query: str, first: str
) -> None:
    assert papers.search(query).hits[0].title == first


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("growth -of moss", False), ("moss -growth", False), ("-moss", False), ("NOT moss", False),
     ("the suffix -oth  and MOSS", True), ("the suffix -oth -and moss", False)],
)  # fmt: skip
def test_what_is_excluded_stays_out_unless_the_title_has_the_signs(
    papers: searcher.Collection, query: str, is_found: bool
) -> None:
    page = papers.search(query)
    assert (FIRST in page.diagnostics) == is_found
    plain = [form for form, _ in placed_forms(query.replace("NOT", ""))]
    titles = [[form for form, _ in placed_forms(hit.title)] for hit in page.hits]
    assert (plain in titles) == is_found


def test_a_title_is_first_under_every_ranking_that_favours_titles(
    papers: searcher.Collection,
) -> None:
    own = searcher.Ranking(k1=3.0).with_setting("weights.title", 2.0)
    for query in ("MOSS GROWTH?", "the suffix -oth  and MOSS", "muller on moss"):
        first = papers.search(query).hits[0].id
        assert papers.search(query, ranking=own).hits[0].id == first


def test_a_title_counts_for_nothing_where_titles_do_not(papers: searcher.Collection) -> None:
    page = papers.search("title: moss", weights={"title": 0}, limit=30)
    assert [hit.title for hit in page][:1] != ["title: moss"]


def test_filters_and_counts_hold(papers: searcher.Collection) -> None:
    assert papers.search("Greek +moss -(oth) kelo", match="all").total == 1
    assert papers.search("Greek +moss -(oth) kelo", match="all", has_code=True).total == 0


def test_the_parts_of_a_score_are_its_sum(papers: searcher.Collection) -> None:
    for title in TITLES:
        hit = papers.search(title, explain=True).hits[0]
        assert sum(part.score for part in hit.parts) == pytest.approx(hit.score, rel=1e-5)


def test_a_very_long_query_is_no_title(directory: Path) -> None:
    rewriter = Rewriter(LocalEngine(str(directory)).vocabulary)
    for length, is_title in [(MAX_TITLE_CHARS, True), (MAX_TITLE_CHARS + 1, False)]:
        text = "Moss".ljust(length, ".")
        assert (rewriter.title(text, parse(text).tree) is not None) == is_title


words = st.lists(st.sampled_from("growth of moss the slow-growing grey müller a 1,000 -".split()))


@settings(max_examples=75)
@given(words, st.sampled_from(["", "?", "..."]), st.booleans())
def test_titles_are_those_with_the_same_forms(
    directory: Path, all_titles: list[str], words: list[str], end: str, upper: bool
) -> None:
    text = " ".join(words).upper() + end if upper else " ".join(words) + end
    check_titled(directory, all_titles, text)


@pytest.mark.parametrize("title", TITLES)
def test_papers_of_a_title_are_those_with_its_forms(
    directory: Path, all_titles: list[str], title: str
) -> None:
    check_titled(directory, all_titles, title)


def check_titled(directory: Path, all_titles: list[str], query: str) -> None:
    wanted = [(form, token.position) for token in tokens(query) for form in token.forms]
    assert placed_forms(query) == wanted
    same = sorted(title for title in all_titles if wanted and same_forms(title, query))
    found = engine_of(directory).vocabulary.titled(wanted)
    assert sorted(title for _, title in found) == same


@settings(max_examples=50)
@given(st.sampled_from(TITLES), st.booleans())
def test_a_title_of_plain_words_is_found_as_any_other(
    directory: Path, title: str, match_any: bool
) -> None:
    engine = engine_of(directory)
    rewriter = Rewriter(engine.vocabulary)
    tree = parse(title).tree
    clause = rewriter.rewrite(tree, match_any=match_any).clause
    found = rewriter.title(title, tree)
    assert found is not None
    fast = engine.answer(Plan(with_title(clause, found, tree)))
    slow = engine.answer(Plan(with_title(clause, found, parse('"of"').tree)))
    assert (fast.ids, fast.total) == (slow.ids, slow.total)
    assert fast.scores == pytest.approx(slow.scores, rel=1e-5)


def same_forms(one: str, other: str) -> bool:
    return [token[2:] for token in tokens(one)] == [token[2:] for token in tokens(other)]


_engines: dict[Path, LocalEngine] = {}


def engine_of(directory: Path) -> LocalEngine:
    return _engines.setdefault(directory, LocalEngine(str(directory)))


def test_a_text_with_a_word_that_no_title_has_is_not_analysed() -> None:
    with patch("searcher.query.titles.placed_forms", side_effect=AssertionError):
        assert titled(vocabulary_of("river stones"), "id:p12 OR absentword") == []


def test_more_words_of_a_title_never_lose_its_paper(seeds_index: Path) -> None:
    """From three words on: with fewer, hundreds of papers may have the words as often."""
    with searcher.open(seeds_index) as papers:
        lost = []
        for paper in list(papers.all())[::3]:
            words = paper.title.split()
            was_found = False
            for count in range(3, len(words) + 1):
                text = " ".join(words[:count])
                page = papers.search(text, paper=False, snippets=False, count=False)
                is_found = paper.id in [hit.id for hit in page]
                if was_found and not is_found:
                    lost.append(text)
                was_found = is_found
            assert was_found or not words
        assert lost == []
