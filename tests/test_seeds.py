"""The project's own seeds: the known figures, facts kept, and and titles that find their paper."""

import re
from collections import Counter
from pathlib import Path

import pytest

import searcher
from tests.conftest import SEEDS

OWNERS = {"Zhiyu Wu": 28, "Hongyu Zhu": 29, "Yingwen Wu": 15, "Fuxun Yu": 37, "Bo Han": 50}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeds") / "index"


@pytest.fixture(scope="module")
def summary(place: Path) -> searcher.Summary:
    return searcher.build(place, [SEEDS])


@pytest.fixture(scope="module")
def papers(place: Path, summary: searcher.Summary) -> searcher.Collection:
    assert summary.total
    return searcher.open(place)


def test_every_paper_is_read_and_what_was_assumed_is_told(summary: searcher.Summary) -> None:
    assert (summary.files, summary.new, summary.total) == (5, 159, 159)
    assert (summary.assumed_year, summary.assumed_count) == (2026, 17)
    assert summary.problems == ()
    (note,) = summary.notes
    assert note.reason == "the header promises 263 papers, the file holds 50"


def test_a_second_run_changes_nothing(place: Path, summary: searcher.Summary) -> None:
    before = sorted(path.name for path in place.iterdir())
    again = searcher.build(place, [SEEDS])
    assert (again.new, again.changed, again.unchanged) == (0, 0, summary.new)
    assert sorted(path.name for path in place.iterdir()) == before


def test_facets_have_the_known_counts(papers: searcher.Collection) -> None:
    page = papers.search(facets=["category", "year", "code"], limit=0)
    assert page.facets
    found = {name: {e.value: e.count for e in counts} for name, counts in page.facets.items()}
    categories = dict(list(found["category"].items())[:5])
    assert categories == {"LG": 73, "CV": 43, "CL": 10, "CR": 10, "DC": 7}
    assert len(found["category"]) == 5 + 12
    years = {2026: 17, 2025: 22, 2024: 26, 2023: 29, 2022: 31, 2021: 9, 2020: 8, 2019: 6, 2018: 11}
    assert found["year"] == years
    assert found["code"] == {"no": 121, "yes": 38}
    assert Counter(paper.score for paper in papers.all())[None] == 159 - 4


@pytest.mark.parametrize(("owner", "count"), OWNERS.items())
def test_an_owner_is_found_as_author_of_every_paper_of_the_page(
    papers: searcher.Collection, owner: str, count: int
) -> None:
    assert papers.search(f'owner:"{owner}"').total == count
    assert papers.search(f'author:"{owner}" owner:"{owner}"').total == count


def test_every_title_finds_its_paper(papers: searcher.Collection) -> None:
    lost = []
    for paper in papers.all():
        page = papers.search(paper.title, match="all", limit=3)
        if paper.id not in [hit.id for hit in page.hits]:
            lost.append(paper.title)
    assert lost == []


def test_every_abstract_is_a_short_summary(papers: searcher.Collection) -> None:
    for paper in papers.all():
        sentences = re.findall(r"[.!?](?=\s+[A-Z$]|$)", paper.abstract)
        assert 2 <= len(sentences) <= 5, paper.title  # an abbreviation may look like an end
        assert 40 <= len(paper.abstract.split()) <= 120, paper.title


def test_no_file_order_matters(tmp_path: Path, papers: searcher.Collection) -> None:
    for path in sorted(SEEDS.iterdir(), reverse=True):
        searcher.build(tmp_path / "index", [path], page_year=2026)
    with searcher.open(tmp_path / "index") as others:
        assert {paper.id: paper for paper in others.all()} == {p.id: p for p in papers.all()}
