"""Explanations: parts that sum to the score of a search, and what a paper lacks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searcher
from index import Paper
from index.analysis import stem, tokens
from searcher import BadRequestError, UnknownPaperError
from tests.conftest import write_jsonl

QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("label noise", {}),
    ("noisy labels robustly", {"match": "any"}),
    ("lab* nois~ learning", {"match": "all"}),
    ('"label noise"~3 -graph year:2020..', {}),
    ("title:noise^2 OR abstract:(robust training)", {}),
    ("Bo Han fine-tuning 2022", {"match": "any"}),
    ("fine tuning of =models", {"year": "2021.."}),
    ("+noise learning (deep OR graph) -video", {"match": "any"}),
    ("cat:LG has:code", {}),
    ("*", {}),
    ("label noise learning", {"weights": {"title": 0.5, "authors": 0}, "category": "LG"}),
]


@pytest.fixture(scope="module")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as collection:
        yield collection


@pytest.fixture(scope="module")
def known(papers: searcher.Collection) -> list[Paper]:
    return list(papers.all())


@pytest.mark.parametrize(("query", "options"), QUERIES)
def test_the_parts_sum_to_the_score_that_the_search_gives(
    papers: searcher.Collection, known: list[Paper], query: str, options: dict[str, Any]
) -> None:
    page = papers.search(query, limit=len(known), explain=True, **options)
    hits = {hit.id: hit for hit in page}
    assert hits
    best = [hit.id for hit in page.hits[:10]]
    for paper in [*known[::4], *(paper for paper in known if paper.id in best)]:
        explanation = papers.explain(paper.id, query, **options)
        assert (explanation.id, explanation.title) == (paper.id, paper.title)
        assert explanation.parsed == page.parsed
        assert explanation.diagnostics == page.diagnostics
        if paper.id not in hits:
            assert explanation.score is None
            assert explanation.words == ()
            assert explanation.lacks or explanation.fails
            continue
        hit = hits[paper.id]
        assert explanation.score == pytest.approx(hit.score, rel=1e-5)
        assert sum(word.score for word in explanation.words) == explanation.score
        assert [word.label for word in explanation.words] == [part.label for part in hit.parts]
        for word in explanation.words:
            if " near " not in word.label:
                assert sum(one.score for one in word.fields) == pytest.approx(word.score)


def test_every_title_is_explained(papers: searcher.Collection, known: list[Paper]) -> None:
    for paper in known[::8]:
        (hit, *_) = papers.search(paper.title, explain=True)
        explanation = papers.explain(paper.id, paper.title)
        assert hit.id == paper.id
        assert explanation.score == pytest.approx(hit.score, rel=1e-5)


def test_the_forms_of_a_stem_are_those_of_the_paper(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    for paper in known:
        for word in papers.explain(paper.id, "labels learning", match="any").words:
            for part in word.fields:
                text = "\n".join([getattr(paper, part.field), ""])
                own = {form for token in tokens(text) for form in token.forms}
                assert set(part.forms) == {form for form in own if stem(form) == stem(word.label)}


def test_a_paper_that_matches_all_lacks_nothing(papers: searcher.Collection) -> None:
    hit = papers.search("label noise", match="all").hits[0]
    explanation = papers.explain(hit.id, "label noise", match="all")
    assert (explanation.lacks, explanation.fails) == ((), ())


def test_what_a_paper_lacks_is_named(tmp_path: Path) -> None:
    record = {
        "id": "t1",
        "title": "Slow rivers",
        "abstract": "A river runs by running.",
        "authors": ["Ann Quill"],
        "year": 2020,
    }
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "papers.jsonl", record)])
    with searcher.open(tmp_path / "index") as papers:
        explained = papers.explain("t1", 'slow tides "runs by" -river year:2021', match="all")
        assert explained.score is None
        assert explained.lacks == ("tides", "-river", "year:2021")
        assert explained.fails == ()
        explained = papers.explain("t1", "rivers", year=2019, author="Bo Rook", has_code=True)
        assert explained.lacks == ()
        assert explained.fails == ("year 2019", "author Bo Rook", "has_code True")
        explained = papers.explain("t1", 'rivers "runs by" quill run* 2020', match="any")
        assert [(word.label, [part.field for part in word.fields]) for word in explained.words] == [
            ("rivers", ["title", "abstract"]),
            ('"runs by"', ["abstract"]),
            ("quill", ["authors"]),
            ("run*", ["abstract"]),
            ("2020", ["year"]),
            ("rivers near run*", []),
        ]
        assert [part.forms for word in explained.words for part in word.fields] == [
            ("rivers",),
            ("river",),
            ("runs", "by"),
            ("quill",),
            ("running",),
            ("2020",),
        ]
        values = explained.to_dict()
        assert json.loads(json.dumps(values))["words"][0]["label"] == "rivers"
        assert explained.lacks == ()


def test_of_what_is_no_paper_nothing_is_explained(papers: searcher.Collection) -> None:
    with pytest.raises(UnknownPaperError, match="'nobody'"):
        papers.explain("nobody", "noise")
    with pytest.raises(BadRequestError, match="the id is"):
        papers.explain(5, "noise")  # type: ignore[arg-type]
    with pytest.raises(BadRequestError, match="no option 'facet'"):
        papers.explain("nobody", "noise", facet="year")  # type: ignore[call-arg]
