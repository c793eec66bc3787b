"""The Python API: pages, orders, facets, explanations, streams, errors, threads and commits."""

import contextlib
import dataclasses
import gc
import multiprocessing
import pickle
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import fields
from whoosh import index as whoosh_index

import searcher
from index import open_writer
from index.paper import Copy
from index.segments.arrayfile import BLOCK_BYTES, ArrayFile
from index.segments.files import map_file
from searcher.cli.main import main
from searcher.request import SearchOptions, Sort
from tests.conftest import ROOT, SEEDS, write_jsonl
from tests.trust.process import index_file_count

FACETS = ("category", "year", "author", "institution", "code")
QUERIES = [
    "learning",
    "label noise",
    '"label noise" OR "federated learning"',
    "title:adversarial^3 training -attack",
    "diffus* OR reasonin~",
    'author:"Bo Han" year:2023..',
    "federated snowballing",
    "qqqqqq",
    "*",
]
law = settings(max_examples=50)


@pytest.fixture(scope="session")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as opened:
        yield opened


def build(directory: Path, *records: dict[str, Any]) -> searcher.Summary:
    """Sync an index with one file of records, so that what they leave out is pruned."""
    file = write_jsonl(directory.parent / f"{directory.name}.jsonl", *records)
    return searcher.build(directory, [file], prune=True)


def timeless(page: searcher.Page) -> dict[str, Any]:
    """Return all that a page says, except the request it answers and the time it took."""
    values = dataclasses.asdict(page)
    del values["request"], values["took_ms"]
    return values


def paper_of(hit: searcher.Hit) -> searcher.Paper:
    assert hit.paper
    return hit.paper


def whole(papers: searcher.Collection, query: str, **options: Any) -> tuple[searcher.Hit, ...]:
    return papers.search(query, limit=1000, **options).hits


def date_key(date: str | None) -> str:
    """Return a date that compares as it is sorted: what it does not say comes first."""
    return f"{date or '0000'}-00-00"[:10]


def test_as_the_readme_has_it(tmp_path: Path) -> None:
    summary = searcher.build(tmp_path / "papers.index", [SEEDS])
    assert (summary.new, summary.total) == (159, 159)
    with searcher.open(tmp_path / "papers.index") as papers:
        page = papers.search(
            "mixture of experts",
            category=["CL"],
            year="2023..2026",
            facets=["category", "year"],
            limit=10,
            match="any",
        )
        assert page.total == len(page.hits) > 0
        hit = page.hits[0]
        assert "DeepSeek" in hit.title
        assert hit.snippets
        assert "<mark>" in hit.snippets.html("abstract")
        assert page.facets
        assert sum(entry.count for entry in page.facets["year"]) == page.total
        assert papers.paper(hit.id).title == hit.title
        found = list(papers.all('author:"Bo Han"'))
        assert len(found) == 50
        assert all("Bo Han" in paper.authors for paper in found)


def test_length_is_the_number_of_papers(papers: searcher.Collection) -> None:
    assert len(papers) == papers.search("*").total == 159


def test_places_may_be_text_or_path(seeds_index: Path, papers: searcher.Collection) -> None:
    with searcher.open(str(seeds_index)) as same:
        assert timeless(same.search("noise")) == timeless(papers.search("noise"))


# Pages


@law
@given(query=st.sampled_from(QUERIES), limit=st.integers(1, 60))
def test_pages_partition_the_hits(papers: searcher.Collection, query: str, limit: int) -> None:
    everything = whole(papers, query)
    joined: list[searcher.Hit] = []
    pages = -(-len(everything) // limit)
    for number in range(1, pages + 2):
        page = papers.search(query, limit=limit, page=number)
        assert page.total == len(everything)
        assert len(page.hits) == (limit if number < pages else len(everything) - len(joined))
        joined += page.hits
    assert tuple(joined) == everything
    assert [hit.rank for hit in joined] == list(range(1, len(joined) + 1))
    assert len({hit.id for hit in joined}) == len(joined)


@pytest.mark.parametrize("number", [17, 18, 1000, 10**30])
def test_past_the_end_is_empty(papers: searcher.Collection, number: int) -> None:
    page = papers.search("*", page=number, facets=["year"])
    assert (page.total, page.hits) == (159, ())
    assert page.facets
    assert sum(entry.count for entry in page.facets["year"]) == 159


def test_limit_zero_counts_only(papers: searcher.Collection) -> None:
    page = papers.search("label noise", limit=0, facets=["category"])
    assert (page.total, page.hits) == (7, ())
    assert page.facets
    assert sum(entry.count for entry in page.facets["category"]) == 7


def test_page_says_how_the_query_was_read(papers: searcher.Collection) -> None:
    page = papers.search("  label   NOISE  (", match="all")
    assert page.request.query == "  label   NOISE  ("
    assert page.parsed == "label NOISE"
    assert [diagnostic.code for diagnostic in page.diagnostics] == [
        "unbalanced-parenthesis",
        "empty-parentheses",
    ]
    assert page.took_ms > 0


def test_hits_say_what_the_papers_say(papers: searcher.Collection) -> None:
    for hit in whole(papers, "*"):
        paper = papers.paper(hit.id)
        assert (hit.paper, hit.title) == (paper, paper.title)
        assert hit.snippets
        assert "".join(piece.text for piece in hit.snippets.title) == paper.title
        assert "".join(piece.text for piece in hit.snippets.abstract) in paper.abstract


# Orders


@pytest.mark.parametrize("query", QUERIES)
def test_relevance_order(papers: searcher.Collection, query: str) -> None:
    found = list(whole(papers, query))
    expected = sorted(found, key=lambda hit: hit.id)
    if query.startswith("author:"):
        expected.sort(key=lambda hit: date_key(paper_of(hit).date), reverse=True)
    assert found == sorted(expected, key=lambda hit: -hit.score)


@pytest.mark.parametrize("query", QUERIES)
def test_date_order(papers: searcher.Collection, query: str) -> None:
    found = [hit.id for hit in whole(papers, query, sort="date", match="all")]
    dates = {hit.id: date_key(paper_of(hit).date) for hit in whole(papers, query, match="all")}
    assert found == sorted(sorted(dates), key=dates.__getitem__, reverse=True)


@pytest.mark.parametrize("query", QUERIES)
def test_order_by_the_paper_s_own_score(papers: searcher.Collection, query: str) -> None:
    def key(hit: searcher.Hit) -> tuple[float, str]:
        score = papers.paper(hit.id).score
        return (float("inf") if score is None else -score, hit.id)

    found = [key(hit) for hit in whole(papers, query, sort="score")]
    assert found == sorted(found)


def test_oldest_and_most_cited_first_and_the_unknown_last(tmp_path: Path) -> None:
    values: list[dict[str, Any]] = [
        {"id": "a"},
        {"id": "b", "year": 2020},
        {"id": "c", "year": 2020, "date": "2020-05"},
        {"id": "d", "date": "1999-12-31"},
        {"id": "e"},
    ]
    cited = {"b": 0, "c": 12, "d": 3, "e": 12}
    with open_writer(str(tmp_path / "index")) as writer:
        for line, one in enumerate(values, 1):
            paper = searcher.Paper(
                one["id"],
                "Same",
                year=one.get("year") or (1999 if "date" in one else None),
                date=one.get("date"),
                cited_by=cited.get(one["id"]),
                sources=(searcher.Source("/papers.jsonl", line),),
            )
            writer.add([Copy.of(paper)], ())
        writer.commit()
    with searcher.open(tmp_path / "index") as papers:

        def order(**options: Any) -> str:
            return "".join(hit.id for hit in papers.search("same", **options))

        assert order(sort="oldest") == "dbcae"
        assert order(sort="date") == "cbdae"
        assert order(sort="citations") == "cedba"
        assert "".join(one.id for one in papers.all(sort="citations")) == "cedba"
        assert order(sort="oldest", limit=2, page=2) == "ca"


def test_ties_are_broken_by_id(tmp_path: Path) -> None:
    names = "m b z a k".split()
    build(tmp_path / "ties", *({"id": name, "title": "Same", "year": 2020} for name in names))
    with searcher.open(tmp_path / "ties") as papers:
        for sort in get_args(Sort):
            for query in ("same", "*"):
                found = papers.search(query, sort=sort)
                assert [hit.id for hit in found.hits] == sorted(names), (sort, query)
        assert [paper.id for paper in papers.all()] == sorted(names)


def test_a_commit_leaves_the_order_of_ties(tmp_path: Path) -> None:
    names = "m b z a k".split()
    for count, name in enumerate((*names, "other"), start=1):
        title = "Other" if name == "other" else "Same"
        file = write_jsonl(tmp_path / f"{name}.jsonl", {"id": name, "title": title})
        searcher.build(tmp_path / "ties", [file])
        with searcher.open(tmp_path / "ties") as papers:
            found = [hit.id for hit in papers.search("same").hits]
        assert found == sorted(names[:count])


def test_dates_of_every_precision_are_ordered(tmp_path: Path) -> None:
    dates = {"d": "2024-03-15", "m": "2024-03", "y": "2024", "later": "2024-04", "undated": None}
    build(tmp_path / "dates", *({"id": i, "title": "Same", "date": d} for i, d in dates.items()))
    with searcher.open(tmp_path / "dates") as papers:
        found = [hit.id for hit in papers.search("same", sort="date").hits]
    assert found == ["later", "d", "m", "y", "undated"]


def test_an_order_changes_neither_total_nor_hits(papers: searcher.Collection) -> None:
    found = {hit.id for hit in whole(papers, "noise")}
    for sort in ("date", "score"):
        assert {hit.id for hit in whole(papers, "noise", sort=sort)} == found


# Match modes


def test_any_finds_what_each_word_finds(papers: searcher.Collection) -> None:
    words = ["poisoning", "snowballing", "federated"]
    each = [{hit.id for hit in whole(papers, word)} for word in words]
    assert all(each)
    some = whole(papers, " ".join(words), match="any")
    every = whole(papers, " ".join(words), match="all")
    assert {hit.id for hit in some} == set.union(*each)
    assert {hit.id for hit in every} == set.intersection(*each)


def test_a_search_relaxes_and_says_so(papers: searcher.Collection) -> None:
    page = papers.search("federated snowballing", facets=["year"])
    assert page.relaxed
    assert [diagnostic.code for diagnostic in page.diagnostics] == ["relaxed"]
    assert "any of them" in page.diagnostics[0].message
    wanted = papers.search("federated snowballing", match="any", facets=["year"])
    assert (page.total, page.facets) == (wanted.total, wanted.facets)
    assert page.hits == tuple(dataclasses.replace(hit, all_words=False) for hit in wanted.hits)
    assert not wanted.relaxed
    assert wanted.diagnostics == ()


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("label learning", {}),  # many papers match all the words
        ("label noise", {"strict": True}),
        ("label noise", {"sort": "date"}),
        ("federated snowballing", {"match": "all"}),
        ("federated snowballing", {"match": "any"}),
        ("qqqqqq zzzzzz", {}),  # nothing to gain
        ("snowballing", {}),
        ("+federated +snowballing", {}),
        ("federated AND snowballing", {}),
        ('"federated snowballing"', {}),
        ("snowballing year:1950", {}),
        ("federated snowballing", {"year": 1950}),
    ],
)
def test_a_search_does_not_relax(
    papers: searcher.Collection, query: str, options: dict[str, Any]
) -> None:
    page = papers.search(query, **options)
    assert not page.relaxed
    assert "relaxed" not in [diagnostic.code for diagnostic in page.diagnostics]


def test_a_search_relaxed_in_vain_counts_what_all_words_match(papers: searcher.Collection) -> None:
    options: dict[str, Any] = {"author": "Nobody", "facets": ["author", "year"]}
    some = papers.search("noise qqqqqq", match="any", **options)
    every = papers.search("noise qqqqqq", match="all", **options)
    page = papers.search("noise qqqqqq", **options)
    assert not page.relaxed
    assert (page.total, page.hits, page.facets) == (0, (), every.facets)
    assert page.facets != some.facets


def test_a_filter_may_make_a_search_relax(papers: searcher.Collection) -> None:
    (found,) = papers.search("title:snowballing").hits
    year = paper_of(found).year
    assert year
    narrowed = papers.search("snowballing federated", year=year)
    assert narrowed.relaxed
    assert found.id in {hit.id for hit in narrowed.hits}
    assert {paper_of(hit).year for hit in narrowed.hits} == {year}


def test_strict_raises_what_it_would_have_noted(papers: searcher.Collection) -> None:
    noted = papers.search('titel:noise "label')
    with pytest.raises(searcher.StrictQueryError, match="titel") as raised:
        papers.search('titel:noise "label', strict=True)
    assert raised.value.diagnostics == noted.diagnostics
    codes = [diagnostic.code for diagnostic in noted.diagnostics]
    assert codes[:2] == ["unknown-field", "unclosed-quote"]
    assert papers.search("label noise", strict=True).total == 7
    with pytest.raises(searcher.StrictQueryError, match="any of them"):
        papers.search("federated snowballing", strict=True)
    with pytest.raises(searcher.StrictQueryError, match="Nobody"):
        papers.search("noise", author="Nobody", strict=True)


# Filters and facets


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({"category": "LG"}, {"category": ["LG"]}),
        ({"category": "LG"}, {"category": ("lg", "Machine Learning")}),
        ({"year": 2023}, {"year": "2023"}),
        ({"year": 2023}, {"year": ["2023..2023"]}),
        ({"year": [2023, 2024]}, {"year": "2023..2024"}),
        ({"year": ">2023"}, {"year": "2024.."}),
        ({"year": "<=2020"}, {"year": "..2020"}),
        ({"author": "Bo Han"}, {"author": ["han, bo"]}),
        ({"institution": "tsinghua"}, {"institution": ["Tsinghua"]}),
        ({"author": "=Bo Han"}, {"author": ["=bo han"]}),
        ({}, {"category": [], "year": [], "author": (), "institution": (), "has_code": None}),
    ],
)
def test_ways_to_write_a_filter(
    papers: searcher.Collection, one: dict[str, Any], same: dict[str, Any]
) -> None:
    assert timeless(papers.search("*", **one)) == timeless(papers.search("*", **same))
    assert papers.search("*", **one).total


def test_has_code_both_ways(papers: searcher.Collection) -> None:
    assert papers.search("*", has_code=True).total == 38
    assert papers.search("*", has_code=False).total == 159 - 38


def test_values_of_one_filter_add_and_filters_narrow(papers: searcher.Collection) -> None:
    everything = [paper_of(hit) for hit in whole(papers, "*")]
    options: SearchOptions = {"category": ["LG", "CV"], "year": [2023, "2025.."], "has_code": True}
    expected = [
        paper.id
        for paper in everything
        if paper.category in ("LG", "CV") and paper.year in (2023, 2025, 2026) and paper.has_code
    ]
    assert 0 < len(expected) < 38
    assert [hit.id for hit in whole(papers, "*", **options)] == expected


def test_facets_are_counted_where_asked_for(papers: searcher.Collection) -> None:
    assert papers.search("noise").facets is None
    for facets in (["code", "author"], list(FACETS)):
        assert list(papers.search("noise", facets=facets).facets or ()) == facets


def test_facets_count_all_matches_not_the_page(papers: searcher.Collection) -> None:
    found = [paper_of(hit) for hit in whole(papers, "learning")]
    page = papers.search("learning", limit=1, page=3, facets=["category", "year", "code"])
    assert page.facets
    expected: dict[str, Counter[str | int | None]] = {
        "category": Counter(paper.category for paper in found),
        "year": Counter(paper.year for paper in found),
        "code": Counter("yes" if paper.has_code else "no" for paper in found),
    }
    for facet, counts in expected.items():
        assert {entry.value: entry.count for entry in page.facets[facet]} == counts


def test_order_of_facet_values(papers: searcher.Collection) -> None:
    facets = papers.search("*", facets=FACETS).facets
    assert facets
    years = [entry.value for entry in facets["year"]]
    assert years == sorted(years, reverse=True)
    for name in ("category", "author", "institution", "code"):
        order = [(-entry.count, str(entry.value)) for entry in facets[name]]
        assert order == sorted(order), name


def test_a_facet_leaves_its_own_filter_out(papers: searcher.Collection) -> None:
    filters: dict[str, dict[str, Any]] = {
        "category": {"category": "LG"},
        "year": {"year": "2022..2023"},
        "author": {"author": "Bo Han"},
        "institution": {"institution": "tsinghua"},
        "code": {"has_code": True},
    }
    together = {key: value for option in filters.values() for key, value in option.items()}
    page = papers.search("*", facets=FACETS, **together)
    assert page.facets
    for facet, own in filters.items():
        others = {key: value for key, value in together.items() if key not in own}
        alone = papers.search("*", facets=[facet], **others).facets
        assert alone == {facet: page.facets[facet]}
    assert page.total is not None
    assert page.total <= min(
        sum(entry.count for entry in page.facets[name]) for name in ("category", "year", "code")
    )


VENUES = ("Rivers", "Rivers and Lakes", "rivers", "Phys. Rev. B", "Revista Geológica", "")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"venue": "Rivers"}, [0, 2]),
        ({"venue": "RIVERS"}, [0, 2]),
        ({"venue": "rivers and lakes"}, [1]),
        ({"venue": ["Phys Rev B", "Revista Geologica"]}, [3, 4]),
        ({"venue": "Lakes"}, []),
        ({"venue": "None"}, []),
        ({"type": "thesis"}, [1, 3, 5]),
        ({"type": ["phdthesis", "article"]}, [0, 1, 2, 3, 4, 5]),
        ({"type": "thesis", "venue": "Rivers and Lakes"}, [1]),
    ],
)
def test_a_venue_or_type_that_is_chosen(
    tmp_path: Path, filters: dict[str, Any], found: list[int]
) -> None:
    records = [
        {"id": str(at), "title": f"Title {at}", "venue": venue, "type": kind}
        for at, (venue, kind) in enumerate(zip(VENUES, ("article", "thesis") * 3, strict=True))
    ]
    build(tmp_path / "venues", *records)
    with searcher.open(tmp_path / "venues") as papers:
        page = papers.search("title", facets=["venue", "type"], **filters)
        assert sorted(int(hit.id) for hit in page) == found
        assert page.facets
        for facet in filters:
            for value, count in page.facets[facet]:
                chosen: dict[str, Any] = {**filters, facet: value}
                assert papers.search("title", **chosen).total == count


def test_a_name_after_the_sign_of_equality_is_meant_as_it_is_spelled(tmp_path: Path) -> None:
    names = ("Ida Fir", "Ida M. Fir", "I. Fir", "Ida Fir")
    records = [
        {"id": str(at), "title": "Title", "authors": [{"fullname": name, "institution": name}]}
        for at, name in enumerate(names)
    ]
    build(tmp_path / "names", *records)
    with searcher.open(tmp_path / "names") as papers:
        counts = papers.search("title", facets=["author"]).facets
        assert counts == {"author": (("Ida Fir", 2), ("I. Fir", 1), ("Ida M. Fir", 1))}
        for name, count in counts["author"]:
            assert papers.search("title", author=f"={name}").total == count
            assert papers.search("title", institution=f"={name}").total == count
        assert papers.search("title", author="Ida Fir").total == 4


# Scores


def test_weights_change_the_order(tmp_path: Path) -> None:
    build(
        tmp_path / "weights",
        {"id": "in-title", "title": "Rivers", "abstract": "Water.", "authors": ["Ann Poe"]},
        {"id": "in-abstract", "title": "Water", "abstract": "Rivers.", "authors": ["Ann Poe"]},
        {"id": "in-name", "title": "Water", "abstract": "Water.", "authors": ["Ann Rivers"]},
    )
    orders = {
        "in-title": {"title": 9.0, "authors": 1.0, "abstract": 1.0},
        "in-abstract": {"title": 1.0, "authors": 1.0, "abstract": 9.0},
        "in-name": {"title": 1.0, "authors": 9.0, "abstract": 1.0},
    }
    with searcher.open(tmp_path / "weights") as papers:
        for first, weights in orders.items():
            page = papers.search("rivers", weights=weights)
            assert page.total == 3
            assert page.hits[0].id == first
        usual = [hit.id for hit in papers.search("rivers").hits]
        assert usual == ["in-title", "in-name", "in-abstract"]


def test_weights_are_not_changed_by_a_search(papers: searcher.Collection) -> None:
    weights = {"title": 2.0, "abstract": 1.0}
    papers.search("noise", weights=weights)
    assert weights == {"title": 2.0, "abstract": 1.0}


def test_a_boost_multiplies_a_part(papers: searcher.Collection) -> None:
    plain = whole(papers, "federated noise", match="any", explain=True)
    boosted = whole(papers, "federated^3 noise", match="any", explain=True)
    parts = {hit.id: {part.label: part.score for part in hit.parts} for hit in plain}
    for hit in boosted:
        for part in hit.parts:
            factor = 3.0 if part.label.startswith("federated") else 1.0
            assert part.score == pytest.approx(factor * parts[hit.id][part.label.split("^")[0]])


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("match", ["auto", "any"])
def test_the_parts_of_a_score_sum_to_it(
    papers: searcher.Collection, query: str, match: Any
) -> None:
    for hit in whole(papers, query, match=match, explain=True):
        assert sum(part.score for part in hit.parts) == pytest.approx(hit.score, abs=1e-12)
        assert all(part.score > 0 and part.frequency > 0 and part.label for part in hit.parts)


def test_parts_are_given_where_asked_for(papers: searcher.Collection) -> None:
    explained = whole(papers, "label noise", match="all", explain=True)
    assert all([part.label for part in hit.parts][:2] == ["label", "noise"] for hit in explained)
    assert {part.label for hit in explained for part in hit.parts[2:]} == {"label near noise"}
    plain = whole(papers, "label noise", match="all")
    assert all(hit.parts == () for hit in plain)
    assert tuple(dataclasses.replace(hit, parts=()) for hit in explained) == plain


# Every match, and one paper


@pytest.mark.parametrize("query", QUERIES)
def test_all_streams_what_the_pages_hold(papers: searcher.Collection, query: str) -> None:
    streamed = [paper.id for paper in papers.all(query, match="auto")]
    assert streamed == [hit.id for hit in whole(papers, query)]


def test_all_wants_all_words_unless_told_otherwise(papers: searcher.Collection) -> None:
    assert list(papers.all("federated snowballing")) == []


def test_all_takes_the_filters_and_the_order_of_search(papers: searcher.Collection) -> None:
    streamed = papers.all("learning", category="LG", year="2022..2023", has_code=True, sort="date")
    page = papers.search(
        "learning", category="LG", year="2022..2023", has_code=True, sort="date", limit=200
    )
    assert len(page) > 1
    assert [paper.id for paper in streamed] == [hit.id for hit in page.hits]


@pytest.mark.parametrize(
    "query",
    ['"' + "the " * 9 + '"~50', '"' + "a " * 50 + '"~50', '"' + "a " * 400 + '"', "a* " * 300],
    ids=["nine near words", "fifty near words", "a long phrase", "many wildcards"],
)
def test_a_hostile_query_ends(papers: searcher.Collection, query: str) -> None:
    assert papers.search(query).total in range(len(papers) + 1)


def test_all_takes_a_match_mode(papers: searcher.Collection) -> None:
    assert list(papers.all("federated snowballing", match="all")) == []
    assert len(list(papers.all("federated snowballing", match="any"))) > 1


def test_all_is_every_paper_without_a_query(papers: searcher.Collection) -> None:
    found = list(papers.all())
    assert len({paper.id for paper in found}) == 159
    assert all(isinstance(paper, searcher.Paper) for paper in found)


def test_searches_may_come_between_the_papers_of_a_stream(papers: searcher.Collection) -> None:
    expected = [paper.id for paper in papers.all("noise")]
    stream = papers.all("noise")
    other = papers.all("federated")
    found = []
    for paper in stream:
        found.append(paper.id)
        assert papers.search(f"id:{paper.id}").total == 1
        next(other, None)
    assert found == expected


def test_paper_is_the_whole_record(tmp_path: Path) -> None:
    record = {
        "id": "x1",
        "title": "Slow Rivers",
        "abstract": "We map them.",
        "authors": ["Ann Poe", "Sam Roe"],
        "date": "2020-05-07",
        "category": "cs.LG",
        "code": True,
        "institutions": ["delta"],
        "score": 4.5,
        "owners": ["Sam Roe"],
    }
    build(tmp_path / "one", record)
    with searcher.open(tmp_path / "one") as papers:
        paper = papers.paper("x1")
    assert paper == searcher.Paper(
        id="x1",
        title="Slow Rivers",
        abstract="We map them.",
        authors=("Ann Poe", "Sam Roe"),
        categories=("cs.LG",),
        year=2020,
        date="2020-05-07",
        has_code=True,
        institutions=("delta",),
        score=4.5,
        owners=("Sam Roe",),
        sources=(searcher.Source(str(tmp_path / "one.jsonl"), 1),),
    )


@pytest.mark.parametrize("unknown", ["no-such-id", "", "*", "\x00", "\udcff", "x" * 100_000])
def test_an_unknown_paper(papers: searcher.Collection, unknown: str) -> None:
    with pytest.raises(searcher.UnknownPaperError) as raised:
        papers.paper(unknown)
    assert repr(unknown)[:50] in str(raised.value)
    assert "search" in str(raised.value)


# Errors


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"sort": "size"}, ["sort", "'size'", "relevance, date, oldest, citations, score"]),
        ({"sort": ""}, ["sort", "''"]),
        ({"match": "most"}, ["match", "'most'", "auto, all, any"]),
        ({"facets": ["colour"]}, ["'colour'", "category, year, code, author, institution"]),
        ({"facets": ["year", ""]}, ["''"]),
        ({"year": "soon"}, ["year", "'soon'", "2023..2025"]),
        ({"year": ""}, ["year", "''"]),
        ({"year": 24}, ["year", "'24'"]),
        ({"year": 12345}, ["year", "'12345'"]),
        ({"year": -2024}, ["year", "'-2024'"]),
        ({"year": 0}, ["year", "'0'"]),
        ({"year": [2024, "2024-05"]}, ["year", "'2024-05'"]),
        ({"year": "2023,2024"}, ["year", "'2023,2024'"]),
        ({"limit": -1}, ["limit", "-1"]),
        ({"page": 0}, ["page", "0"]),
        ({"page": -1}, ["page", "-1"]),
        ({"weights": {"titel": 1.0}}, ["weight", "titel", "title, authors, abstract"]),
        ({"weights": {"title": -1.0}}, ["weight", "title", "-1.0"]),
        ({"weights": {"title": float("nan")}}, ["weight", "title", "nan"]),
        ({"weights": {"title": float("inf")}}, ["weight", "title", "inf"]),
        ({"weights": {"title": "2"}}, ["weight", "title", "2"]),
        ({"weights": {1: 1.0}}, ["weight", "1", "title, authors, abstract"]),
        ({"weights": ["title"]}, ["weights", "['title']"]),
        ({"weights": None}, ["weights", "None"]),
        ({"has_code": "no"}, ["has_code", "'no'", "True, False"]),
        ({"category": None}, ["category", "None"]),
        ({"category": ["LG", None]}, ["category", "['LG', None]"]),
        ({"author": b"Bo Han"}, ["author", "b'Bo Han'"]),
        ({"institution": [["MIT"]]}, ["institution", "[['MIT']]"]),
        ({"year": 2024.5}, ["year", "2024.5"]),
        ({"facets": {"year": 1}}, ["facets", "{'year': 1}"]),
    ],
)
def test_an_option_without_meaning(
    papers: searcher.Collection, options: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(searcher.BadRequestError) as raised:
        papers.search("noise", **options)
    for words in named:
        assert words in str(raised.value)


def test_numbers_of_numpy_are_numbers(papers: searcher.Collection) -> None:
    weights = {"title": np.float32(2.0)}
    page = papers.search("noise", year=[np.int64(2020), 2021], weights=weights)  # type: ignore[arg-type,list-item]
    same = papers.search("noise", year=["2020", "2021"], weights={"title": 2.0})
    assert timeless(page) == timeless(same)


def test_a_bad_match_mode_of_all(papers: searcher.Collection) -> None:
    with pytest.raises(searcher.BadRequestError, match="'most'"):
        next(papers.all("noise", match="most"))  # type: ignore[arg-type]


def _missing(directory: Path) -> None:
    directory.rmdir()


def _empty(directory: Path) -> None:
    assert not list(directory.iterdir())


def _file(directory: Path) -> None:
    directory.rmdir()
    directory.write_text("a file")


def _foreign(directory: Path) -> None:
    whoosh_index.create_in(directory, fields.Schema(body=fields.TEXT)).close()


def _text(directory: Path) -> None:
    (directory / "_MAIN_1.toc").write_text("this is no table of contents\n" * 9)


def _nothing(directory: Path) -> None:
    (directory / "_MAIN_1.toc").touch()


def _damage(suffix: str, change: Callable[[bytes], bytes] | None) -> Callable[[Path], None]:
    """Return what builds an index, and then changes or removes its file of this suffix."""

    def damage(directory: Path) -> None:
        build(directory, {"id": "x1", "title": "Slow Rivers", "abstract": "Rivers."})
        (file,) = directory.glob(f"*.{suffix}")
        if change:
            file.write_bytes(change(file.read_bytes()))
        else:
            file.unlink()

    return damage


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_missing, id="missing"),
        pytest.param(_empty, id="empty"),
        pytest.param(_file, id="a file"),
        pytest.param(_foreign, id="foreign"),
        pytest.param(_text, id="text"),
        pytest.param(_nothing, id="empty contents"),
        pytest.param(_damage("toc", lambda data: data[:200]), id="contents cut"),
        pytest.param(_damage("toc", lambda data: data[:8] + b"?" * 99), id="contents garbled"),
    ],
)
def test_what_cannot_be_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    directory = tmp_path / "papers.index"
    directory.mkdir()
    make(directory)
    with pytest.raises(searcher.NotAnIndexError) as raised:
        searcher.open(directory)
    assert str(raised.value).startswith(f"{directory}: ")
    assert "build" in str(raised.value)


def use(directory: Path) -> list[object]:
    """Open an index and read all there is of it."""
    with searcher.open(directory) as papers:
        queries = ("rivers", '"slow rivers"', "riv*", "rivvers~", "author:Poe", "*")
        return [
            *(timeless(papers.search(query, facets=FACETS, sort="date")) for query in queries),
            (papers.paper("x1"),),
        ]


@pytest.mark.parametrize("suffix", ["postings", "documents"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(None, id="gone"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:-1], id="a byte short"),
        pytest.param(lambda data: b"?" * len(data), id="garbage"),
        pytest.param(lambda data: data[:8] + b"?" * (len(data) - 16) + data[-8:], id="garbled"),
    ],
)
def test_a_damaged_segment(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    suffix: str,
    change: Callable[[bytes], bytes] | None,
) -> None:
    directory = tmp_path / "papers.index"
    _damage(suffix, change)(directory)
    with pytest.raises(searcher.DamagedIndexError, match=rf"{suffix}.*check --repair") as raised:
        searcher.open(directory)
    arguments = ["searcher", "search", "rivers", "--index", str(directory)]
    monkeypatch.setattr(sys, "argv", arguments)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", f"searcher: {raised.value}\n")


@pytest.mark.parametrize("suffix", ["postings", "documents"])
def test_no_byte_of_a_segment_changes_unseen(tmp_path: Path, suffix: str) -> None:
    directory = tmp_path / "papers.index"
    build(directory, {"id": "x1", "title": "Slow Rivers", "abstract": "Rivers.", "year": 2020})
    expected = use(directory)
    (file,) = directory.glob(f"*.{suffix}")
    data = file.read_bytes()
    for at in range(0, len(data), 37):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        file.write_bytes(changed)
        with contextlib.suppress(searcher.SearchError):
            assert use(directory) == expected, at
    file.write_bytes(data)
    assert use(directory) == expected


def test_damage_that_is_met_late(tmp_path: Path) -> None:
    """What is read of a paper when it is asked for is checked only then."""
    directory = tmp_path / "papers.index"
    build(directory, *({"id": f"p{n:04}", "title": f"Rivers {n}"} for n in range(3_000)))
    (file,) = directory.glob("*.documents")
    data = file.read_bytes()
    stored = ArrayFile(data, "").array("stored/bytes").tobytes()
    # Its ends share their blocks with other arrays.
    middle = stored[BLOCK_BYTES:-BLOCK_BYTES]
    file.write_bytes(data.replace(middle, b"\0" * len(middle)))
    with searcher.open(directory) as papers:
        page = papers.search(
            "rivers 1500", match="all", facets=FACETS, paper=False, snippets=False, count=False
        )
        assert [(hit.id, hit.title) for hit in page.hits] == [("p1500", "Rivers 1500")]
        for paper, snippets in ((True, False), (False, True)):
            with pytest.raises(searcher.DamagedIndexError, match=re.escape(f"{file}: ")):
                papers.search(
                    "rivers 1500", match="all", paper=paper, snippets=snippets, count=False
                )
        with pytest.raises(searcher.DamagedIndexError, match="check --repair"):
            papers.paper("p1500")
        with pytest.raises(searcher.DamagedIndexError, match="check --repair"):
            list(papers.all())


def test_a_page_outlives_its_collection(seeds_index: Path) -> None:
    with searcher.open(seeds_index) as papers:
        expected = [timeless(papers.search(query, limit=30)) for query in QUERIES]
        pages = [papers.search(query, limit=30) for query in QUERIES]
    assert [timeless(page) for page in pages] == expected


LATE = """
import sys, searcher
with searcher.open(sys.argv[1]) as papers:
    page = papers.search("noise labels learning", limit=10)
    print(*(hit.title for hit in page.hits), sep="\\n")
    assert page.hits
assert not {"Stemmer", "whoosh"} & sys.modules.keys()
"""


def test_titles_of_known_words_need_no_stemmer(seeds_index: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", LATE, str(seeds_index)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Latent Class-Conditional Noise Model" in ended.stdout


def test_every_error_has_one_root() -> None:
    errors = [getattr(searcher, name) for name in searcher.__all__ if name.endswith("Error")]
    assert len(errors) > 5
    assert all(issubclass(error, searcher.SearchError) for error in errors)
    assert not issubclass(searcher.SearchError, OSError | ValueError)


def test_a_closed_collection_says_so(seeds_index: Path) -> None:
    uses: list[Callable[[searcher.Collection], object]] = [
        lambda papers: papers.search("noise"),
        lambda papers: papers.paper("x"),
        lambda papers: list(papers.all()),
    ]
    for used in (True, False):
        for use in uses:
            with searcher.open(seeds_index) as papers:
                if used:
                    papers.search("noise")
            with pytest.raises(searcher.SearchError, match="closed"):
                use(papers)


def test_an_open_index_is_not_passed_to_a_child_that_does_not_share_memory(
    papers: searcher.Collection,
) -> None:
    child = multiprocessing.get_context("spawn").Process(target=len, args=(papers,))
    with pytest.raises(searcher.BadRequestError, match="another process; open it there"):
        child.start()
    with pytest.raises(searcher.BadRequestError, match="pickled"):
        pickle.dumps(papers)


def test_papers_asked_for_before_closing_come_after_it(seeds_index: Path) -> None:
    with searcher.open(seeds_index) as papers:
        expected = list(papers.all("noise"))
        begun = papers.all("noise")
        first = next(begun)
    assert [first, *begun] == expected


def test_closing_twice_is_closing_once(seeds_index: Path) -> None:
    with searcher.open(seeds_index) as papers:
        papers.close()
        papers.close()


def test_an_index_without_papers(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "seeds.jsonl", {"title": "Rivers"})
    searcher.build(tmp_path / "none", [file])
    file.unlink()
    searcher.build(tmp_path / "none", [file], prune=True)
    with searcher.open(tmp_path / "none") as papers:
        assert len(papers) == 0
        for query in QUERIES:
            for sort in ("relevance", "date", "score"):
                options: dict[str, Any] = {"sort": sort, "year": 2020, "category": "LG"}
                page = papers.search(query, facets=FACETS, author="Bo Han", **options)
                assert (page.total, page.hits) == (0, ())
                assert page.facets == dict.fromkeys(FACETS, ())
            assert list(papers.all(query)) == []


# Threads and commits


def test_threads_get_the_answers_of_one(seeds_index: Path) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [
        (query, {"sort": sort, "facets": facets, "explain": True, "limit": 5, "page": page})
        for query in QUERIES
        for sort in ("relevance", "date")
        for facets in ((), FACETS)
        for page in (1, 2)
    ]
    with searcher.open(seeds_index) as alone:
        expected = [timeless(alone.search(query, **options)) for query, options in requests]
        streamed = [[paper.id for paper in alone.all(query)] for query in QUERIES]
    with searcher.open(seeds_index) as shared, ThreadPoolExecutor(8) as pool:
        together = threading.Barrier(8)

        def work(worker: int) -> tuple[list[Any], list[list[str]]]:
            together.wait()
            order = [(place + worker * 7) % len(requests) for place in range(len(requests))]
            pages = {
                at: timeless(shared.search(requests[at][0], **requests[at][1])) for at in order
            }
            lists = [[paper.id for paper in shared.all(query)] for query in QUERIES]
            return [pages[at] for at in range(len(requests))], lists

        for pages, lists in pool.map(work, range(8)):
            assert pages == expected
            assert lists == streamed


def test_an_open_collection_keeps_to_its_commit(tmp_path: Path) -> None:
    directory = tmp_path / "papers.index"
    first = [{"id": f"p{n}", "title": f"Rivers {n}", "year": 2020 + n} for n in range(5)]
    build(directory, *first)
    with (
        searcher.open(directory) as used,
        searcher.open(directory) as fresh,
        searcher.open(directory) as reading,
    ):
        expected = timeless(used.search("rivers", facets=FACETS, sort="date"))
        stream = reading.all("rivers")
        streamed = [next(stream).id]
        for run in range(4):  # each adds a segment, deletes one paper and changes another
            changed = [{**record, "abstract": f"Run {run}."} for record in first[run + 1 :]]
            new = {"id": f"new{run}", "title": "Rivers new"}
            assert build(directory, *changed, new).removed > 0
        for papers in (used, fresh):
            assert timeless(papers.search("rivers", facets=FACETS, sort="date")) == expected
            assert len(papers) == len(list(papers.all())) == 5
            assert papers.paper("p0").title == "Rivers 0"
            assert papers.search("new", match="all").total == 0
            assert papers.search("rivers", explain=True, sort="score").hits[0].parts
        streamed += [paper.id for paper in stream]
        assert streamed == [f"p{n}" for n in range(5)]
    with searcher.open(directory) as now:
        assert {paper.id for paper in now.all()} == {"p4", "new3"}


def test_building_and_searching_at_once(tmp_path: Path) -> None:
    """A reader opened at any moment sees one commit whole: as many papers as titles agree on."""
    directory = tmp_path / "papers.index"
    generations = range(1, 9)

    def records(generation: int) -> list[dict[str, Any]]:
        return [{"id": f"p{n}", "title": f"Generation{generation}"} for n in range(generation)]

    build(directory, *records(1))
    done = threading.Event()
    seen: list[tuple[int, set[str]]] = []

    def read() -> None:
        last = False
        while not last:
            last = done.is_set()
            with searcher.open(directory) as papers:
                seen.append((len(papers), {paper.title for paper in papers.all()}))

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for generation in generations:
                build(directory, *records(generation))
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert seen[-1] == (8, {"Generation8"})
    assert all(titles == {f"Generation{count}"} for count, titles in seen)


def test_an_opening_that_a_commit_interrupts_leaves_no_files_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "papers.index"
    for run in range(7):
        build(directory, *({"id": f"p{n}", "title": f"Rivers {n}"} for n in range(run + 1)))
    opened: list[str] = []

    def map_after_a_commit(path: str) -> Any:
        opened.append(path)
        if len(opened) == 3:  # and merges all segments in another one
            build(directory, *({"id": f"p{n}", "title": f"Rivers {n}"} for n in range(8)))
        return map_file(path)

    monkeypatch.setattr("index.segments.opening.map_file", map_after_a_commit)
    # What goes only with a collection of garbage may stay for long.
    gc.disable()
    try:
        with searcher.open(directory) as papers:
            assert len(papers) == 8
            assert papers.generations == (9,)  # that of the merge
        assert len(opened) > 3
        assert index_file_count(str(directory)) == 0
    finally:
        gc.enable()


# Results, silence, sameness


@pytest.mark.parametrize("max_bytes", [0, 5_000, 50_000])
def test_answers_do_not_depend_on_the_size_of_the_cache(
    seeds_index: Path,
    papers: searcher.Collection,
    monkeypatch: pytest.MonkeyPatch,
    max_bytes: int,
) -> None:
    options: dict[str, Any] = {"limit": 20, "facets": FACETS, "explain": True}
    expected = [timeless(papers.search(query, **options)) for query in QUERIES]
    monkeypatch.setattr("searcher.engines.local.reader.CACHE_BYTES", max_bytes)
    monkeypatch.setattr("searcher.engines.local.reader.CACHE_BYTES_PER_PAPER", 0)
    with searcher.open(seeds_index) as fresh:
        for _ in range(2):
            assert [timeless(fresh.search(query, **options)) for query in QUERIES] == expected


def test_results_are_frozen(papers: searcher.Collection, tmp_path: Path) -> None:
    page = papers.search('label noise "', facets=["year"], explain=True)
    (tmp_path / "empty.txt").touch()
    summary = searcher.build(tmp_path / "own", [tmp_path / "empty.txt"])
    hit = page.hits[0]
    paper = papers.paper(hit.id)
    results: list[Any] = [
        page,
        page.diagnostics[0],
        hit,
        hit.parts[0],
        paper,
        paper.sources[0],
        summary,
        summary.problems[0],
        searcher.Request(),
    ]
    for result in results:
        name = dataclasses.fields(result)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, name, None)
        with pytest.raises((AttributeError, TypeError)):
            result.an_attribute_of_my_own = 1
    assert hit.snippets
    with pytest.raises(AttributeError):
        hit.snippets.title[0].text = ""  # type: ignore[misc]
    assert page.facets
    with pytest.raises(AttributeError):
        page.facets["year"][0].count = 0  # type: ignore[misc]
    assert isinstance(page.hits, tuple)
    assert isinstance(paper.authors, tuple)
    assert all(isinstance(counts, tuple) for counts in page.facets.values())


QUIET = """
import logging, sys
class Heard(logging.Handler):
    records = []
    def emit(self, record):
        self.records.append(record)
root = logging.getLogger()
root.addHandler(Heard())
root.setLevel(0)
import index, searcher
seeds, directory = sys.argv[1:]
searcher.build(directory, [seeds, seeds + "/none"])
with searcher.open(directory) as papers:
    page = papers.search('titel:noise "label', facets=["year", "author"], explain=True)
    assert page.diagnostics and page.total
    assert list(papers.all("noise"))
    papers.paper(page.hits[0].id)
    try:
        papers.paper("none")
    except searcher.UnknownPaperError:
        pass
assert Heard.records == [], Heard.records
assert [type(handler) for handler in root.handlers] == [Heard]
assert root.level == 0
assert "click" not in sys.modules
"""


def test_nothing_is_printed_or_logged(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUIET, str(SEEDS), str(tmp_path / "own")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def answers(directory: Path) -> list[dict[str, Any]]:
    with searcher.open(directory) as papers:
        return [
            timeless(papers.search(query, facets=FACETS, sort=sort, explain=True, limit=200))
            for query in QUERIES
            for sort in ("relevance", "date", "score")
        ]


def test_the_order_of_files_changes_nothing(tmp_path: Path, seeds_index: Path) -> None:
    files = sorted(SEEDS.glob("*.txt"))
    assert len(files) == 5
    searcher.build(tmp_path / "backwards", reversed(files))
    assert answers(tmp_path / "backwards") == answers(seeds_index)


def test_one_run_or_many_change_nothing(tmp_path: Path, seeds_index: Path) -> None:
    for file in sorted(SEEDS.glob("*.txt"), reverse=True):
        searcher.build(tmp_path / "steps", [file], page_year=2026)
    assert answers(tmp_path / "steps") == answers(seeds_index)


def test_deleted_papers_leave_no_trace(tmp_path: Path, seeds_index: Path) -> None:
    extra = write_jsonl(
        tmp_path / "extra.jsonl", *({"title": f"Label noise {n}"} for n in range(40))
    )
    searcher.build(tmp_path / "pruned", [extra, SEEDS])
    extra.unlink()
    summary = searcher.build(tmp_path / "pruned", [extra, SEEDS], prune=True)
    assert (summary.removed, summary.total) == (40, 159)
    assert answers(tmp_path / "pruned") == answers(seeds_index)


def test_the_same_search_twice(papers: searcher.Collection) -> None:
    for query in QUERIES:
        again = [timeless(papers.search(query, facets=FACETS, explain=True)) for _ in range(2)]
        assert again[0] == again[1]


def test_snippets_do_not_depend_on_who_asked_for_the_paper(seeds_index: Path) -> None:
    with searcher.open(seeds_index) as fresh:
        for query in QUERIES:
            asked = [False, True, False, True]
            pages = [fresh.search(query, paper=paper) for paper in asked]
            assert len({tuple(hit.snippets for hit in page) for page in pages}) == 1
            assert pages[1].hits == pages[3].hits


def test_papers_without_an_abstract_change_no_order_by_when_they_come(tmp_path: Path) -> None:
    abstracts = [
        {
            "id": f"a{n}",
            "title": "On rivers",
            "abstract": "river stone " * n + "moss " * (40 - n * 7),
        }
        for n in range(1, 6)
    ]
    bare = [{"id": f"b{n}", "title": f"Stone {n}"} for n in range(60)]
    pages = []
    for name, batches in {
        "first": [[*bare, *abstracts]],
        "last": [[*abstracts, *bare]],
        "among": [[*bare[:20], *abstracts[:2]], [*bare[20:], *abstracts[2:]]],
    }.items():
        for number, batch in enumerate(batches):
            seeds = write_jsonl(tmp_path / f"{name}-{number}.jsonl", *batch)
            searcher.build(tmp_path / name, [seeds])
        with searcher.open(tmp_path / name) as papers:
            pages.append([(hit.id, hit.score) for hit in papers.search("river moss", limit=100)])
    assert pages[0] == pages[1] == pages[2]
    assert len(pages[0]) == 5


def test_a_word_counts_more_the_more_often_a_text_of_one_length_has_it(tmp_path: Path) -> None:
    records = [
        {"id": f"p{n}", "title": "On moss", "abstract": "stone " * n + "moss " * (12 - n)}
        for n in range(13)
    ]
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "seeds.jsonl", *records)])
    with searcher.open(tmp_path / "index") as papers:
        hits = papers.search("stone", limit=100).hits
    # A paper without the word is no hit, so that nothing can be added to its score.
    assert [hit.id for hit in hits] == [f"p{n}" for n in range(12, 0, -1)]
    assert len({hit.score for hit in hits}) == 12


def test_a_search_after_updates_changes_no_later_one(tmp_path: Path) -> None:
    records = [
        {"id": f"p{n:02}", "title": f"Stone {n}", "abstract": "river stone " * (n % 4)}
        for n in range(40)
    ]
    seeds = tmp_path / "seeds.jsonl"
    for changed in (range(40), range(0, 40, 3), range(0, 40, 7)):
        texts = [
            {**record, "title": f"{record['title']} of {len(changed)}"} if n in changed else record
            for n, record in enumerate(records)
        ]
        searcher.build(tmp_path / "updated", [write_jsonl(seeds, *texts)])
    searcher.build(tmp_path / "fresh", [seeds])

    def hits(papers: searcher.Collection) -> list[tuple[str, float]]:
        return [(hit.id, hit.score) for hit in papers.search("river stone", limit=100)]

    with searcher.open(tmp_path / "updated") as updated, searcher.open(tmp_path / "fresh") as fresh:
        expected = hits(fresh)
        assert len(expected) == 30
        assert [hits(updated) for _ in range(3)] == [expected] * 3
