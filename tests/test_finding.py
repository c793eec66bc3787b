"""What a search reads otherwise before it relaxes: words of few papers, which may be misspelt."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from searcher import Collection, Page
from searcher.query.rewriting import MAX_DOUBTED
from searcher.query.words import DOUBTED_PAPERS, TIMES_MORE, is_within
from tests.conftest import write_jsonl

law = settings(max_examples=50)

# Title words of papers; what is misspelt in some of them stands in the last ones.
TITLES = [
    *[f"Glacier melt of valley {number}" for number in range(40)],
    *[f"Harbour tides of valley {number}" for number in range(20)],
    *[f"Glacier tides of coast {number}" for number in range(12)],
    "Glacer melt and its odours",
    "Harbor melt in autumn",
    "Haber and glacies of autumn",
    "Meld of odours in spring",
    "Tidez of odours",
    "Tidex of odours",
]
WORDS = sorted({word.lower() for title in TITLES for word in title.split() if word.isalpha()})


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    place = tmp_path_factory.mktemp("finding")
    records = [{"id": f"p{at}", "title": title, "year": 2001} for at, title in enumerate(TITLES)]
    write_jsonl(place / "papers.jsonl", *records)
    searcher.build(place / "index", [place / "papers.jsonl"])
    with searcher.open(place / "index") as opened:
        yield opened


def doubts(page: Page) -> dict[str, list[str]]:
    """Return the words that were doubted, and what each was also read as."""
    messages = [one.message for one in page.diagnostics if one.code == "doubtful"]
    found = [re.fullmatch("few papers have '(.+)'; also read as (.+)", one) for one in messages]
    return {one[1]: one[2].split(", ") for one in found if one}


def test_a_word_of_few_papers_is_also_read_as_a_near_one_of_many(papers: Collection) -> None:
    page = papers.search("glacer tides coast")
    assert doubts(page) == {"glacer": ["glacier"]}
    assert (page.total, page.relaxed) == (12, False)
    assert {hit.title[:21] for hit in page} == {"Glacier tides of coas"}
    assert page.parsed == "glacer tides coast"


@pytest.mark.parametrize(
    "query", ["valey glacier melt", "valey glacier melt 7", "of valey glacier melt 7 2001"]
)
def test_a_misspelt_word_of_a_long_query_is_corrected_too(papers: Collection, query: str) -> None:
    page = papers.search(query)
    assert page.hits[0].title == f"Glacier melt of valley {7 if '7' in query else 0}"
    assert page.hits[0].all_words or not page.relaxed
    assert papers.search("glacer tides coast 3 2001").hits[0].title == "Glacier tides of coast 3"


def test_a_word_stays_where_none_near_it_has_far_more_papers(papers: Collection) -> None:
    page = papers.search("tidez glacier coast autumn")
    assert page.relaxed
    assert doubts(papers.search("haber tidez glacier")) == {}


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("glacer melt", {}),  # a paper has both
        ("glacier odours", {}),  # many papers have each
        ("glacer tides coast", {"match": "all"}),
        ("glacer tides coast", {"match": "any"}),
        ("=glacer tides coast", {}),
        ('"glacer" tides coast', {}),
        ("glacer* tides coast", {}),
        ("GLACER tides coast", {}),  # a name
        ("glacier tides -glacer coast valley", {}),
        ("glacier AND meld AND coast", {}),
        ("mel tides coast", {}),  # of three letters
        ("2003 tides coast", {}),
        ("tidez2 glacier coast", {}),
        ("author:glacer tides coast", {}),
    ],
)
def test_what_is_meant_as_it_is_stays(
    papers: Collection, query: str, options: dict[str, Any]
) -> None:
    assert doubts(papers.search(query, **options)) == {}


def test_a_strict_search_and_an_export_doubt_nothing(papers: Collection) -> None:
    with pytest.raises(searcher.StrictQueryError) as raised:
        papers.search("glacer tides coast", strict=True)
    assert [one.code for one in raised.value.diagnostics] == ["relaxed"]
    assert list(papers.all("glacer tides coast")) == []


def test_a_count_is_that_of_the_list(papers: Collection) -> None:
    listed = papers.search("glacer tides coast", limit=50)
    counted = papers.search("glacer tides coast", limit=0, facets=["year"])
    assert counted.total == listed.total == len(listed.hits) == 12
    assert counted.facets
    assert [(one.value, one.count) for one in counted.facets["year"]] == [(2001, 12)]
    assert doubts(counted) == doubts(listed)


def test_another_word_is_wrong_where_papers_have_all_the_others(papers: Collection) -> None:
    # One paper has the word as it stands, with two others.
    page = papers.search("glacer melt odours coast")
    assert doubts(page) == {}
    assert page.hits[0].title == "Glacer melt and its odours"


def test_a_few_words_of_a_query_are_doubted(papers: Collection) -> None:
    rare = ["glacer", "meld", "tidez", "tidex", "haber", "glacies", "odours"]
    assert len(rare) > MAX_DOUBTED
    assert len(doubts(papers.search(" ".join([*rare, "valley"])))) <= MAX_DOUBTED


def test_without_time_nothing_is_doubted(papers: Collection) -> None:
    page = papers.search("glacer tides coast", timeout=0)
    assert (page.partial, doubts(page)) == (True, {})


def counts(word: str) -> int:
    return sum(word in title.lower().split() for title in TITLES)


@law
@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True))
def test_words_that_some_paper_has_are_never_read_otherwise(
    papers: Collection, words: list[str]
) -> None:
    query = " ".join(words)
    page = papers.search(query, limit=100)
    whole = papers.search(query, match="all", limit=100)
    if whole.total:
        assert doubts(page) == {}
        best = {hit.id for hit in page if not page.relaxed or hit.all_words}
        assert best == {hit.id for hit in whole}


@law
@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4, unique=True))
def test_what_is_found_is_what_each_reading_finds(papers: Collection, words: list[str]) -> None:
    page = papers.search(" ".join(words), limit=100)
    read = doubts(page)
    for word, others in read.items():
        assert counts(word) < DOUBTED_PAPERS
        for other in others:
            assert is_within(word, other, 1)
            assert counts(other) >= TIMES_MORE * max(counts(word), 1)
    if read:
        clauses = [f"({' OR '.join([word, *read.get(word, [])])})" for word in words]
        plain = [clause for clause in clauses if clause != "(and)"]
        wanted = papers.search(" AND ".join(plain), limit=100)
        assert {hit.id for hit in page if not page.relaxed or hit.all_words} == {
            hit.id for hit in wanted
        }
