"""Searching by author: which papers are found, in which order, and what is said of it."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import searcher
from index.names import WantedName, name_terms
from searcher.errors import StrictQueryError
from tests.conftest import write_jsonl

PAPERS: Sequence[dict[str, Any]] = [
    {"id": "full-old", "title": "Slow rivers", "authors": ["Zeno Quill", "Ann Roe"], "year": 2001},
    {"id": "full-new", "title": "Deltas", "authors": ["Ann Roe", "Quill, Zeno"], "year": 2009},
    {"id": "middle", "title": "Rivers", "authors": ["Zeno P. Quill"], "year": 2015},
    {"id": "initials-a", "title": "Rivers", "authors": ["Z. P. Quill", "Li Oak"], "year": 2020},
    {"id": "initials-b", "title": "Wells", "authors": ["ZP Quill"], "year": 2020},
    {"id": "both", "title": "Lakes", "authors": ["Z. Quill", "Zeno Quill"], "year": 1999},
    {"id": "other", "title": "Rivers", "authors": ["Ines Quill", "Zeno Roe"], "year": 2021},
    {"id": "elm", "title": "Springs", "authors": ["Pat O'Elm", "Ludwig van der Ash"]},
]
SURE = ["full-new", "full-old", "both", "middle"]
POSSIBLE = ["initials-a", "initials-b"]


@pytest.fixture(scope="module", params=["one segment", "several, and removed papers"])
def papers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("authors")
    if request.param == "one segment":
        searcher.build(directory / "index", [write_jsonl(directory / "papers.jsonl", *PAPERS)])
    else:
        gone = {"id": "gone", "title": "Gone", "authors": ["Zed Quill", "Zeno A. Quill"]}
        for number, record in enumerate([gone, *PAPERS]):
            file = write_jsonl(directory / f"{number}.jsonl", record)
            searcher.build(directory / "index", [file])
        searcher.remove(directory / "index", ["gone"])
    with searcher.open(directory / "index") as opened:
        yield opened


def ids(page: searcher.Page) -> list[str]:
    return [hit.id for hit in page]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('author:"Quill, Zeno"', [*SURE[:3], "middle", *POSSIBLE]),
        ('author:"Zeno P. Quill"', ["middle", "full-new", "full-old", "both", *POSSIBLE]),
        (
            'author:"ZP Quill"',
            ["initials-a", "initials-b", "middle", "full-new", "full-old", "both"],
        ),
        (
            'author:"Quill ZP"',
            ["initials-a", "initials-b", "middle", "full-new", "full-old", "both"],
        ),
        (
            'author:"Z. Quill"',
            ["both", "initials-a", "initials-b", "middle", "full-new", "full-old"],
        ),
        ("author:quill", ["other", *POSSIBLE, "middle", "full-new", "full-old", "both"]),
        ('author:="Zeno Quill"', ["full-new", "full-old", "both"]),
        ("author:=zp", ["initials-b"]),
        ("author:^quill", ["other", *POSSIBLE, "middle", "full-old", "both"]),
        ('author:^"Quill, Zeno"', ["full-old", "middle", *POSSIBLE, "both"]),
        ('author:^="Zeno Quill"', ["full-old"]),
        ("author:^qui*", ["other", *POSSIBLE, "middle", "full-old", "both"]),
        ("author:^(zeno quill)", ["middle", "full-old"]),
        ("author:^roe", ["full-new"]),
        ("author:OElm", ["elm"]),
        ('author:"O\'Elm, P."', ["elm"]),
        ('author:"van der Ash, Ludwig"', ["elm"]),
        ('author:"Ash, L."', ["elm"]),
        ('author:"Zeno Quill" rivers', ["full-old", "middle", "initials-a"]),
        ('author:"Zeno Quill" year:2020', POSSIBLE),
        ('author:"Zeno Quill" author:"Ann Roe"', ["full-new", "full-old"]),
        ('author:"Zeno Quill" OR author:"Ines Quill"', ["other", *SURE, *POSSIBLE]),
        ('rivers -author:"Zeno Quill"', ["initials-a", "other"]),
        ('author:"Ines Roe"', []),
    ],
)
def test_what_is_found_in_which_order(
    papers: searcher.Collection, query: str, expected: list[str]
) -> None:
    page = papers.search(query, match="all", limit=100)
    assert (ids(page), page.total) == (expected, len(expected))
    for limit in (1, 2):
        assert ids(papers.search(query, match="all", limit=limit)) == expected[:limit]
        assert ids(papers.search(query, match="all", limit=1, page=2)) == expected[1:2]


@pytest.mark.parametrize("name", ["Quill, Zeno", "Z. Quill", "^Quill, Zeno", "quill"])
def test_a_filter_is_read_as_the_query_is(papers: searcher.Collection, name: str) -> None:
    page = papers.search(author=name, limit=100)
    asked = papers.search(f'author:"{name}"', limit=100)
    assert (ids(page), page.total, page.diagnostics) == (ids(asked), asked.total, asked.diagnostics)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (
            'author:"Quill, Zeno"',
            ["Quill, Zeno", "Z. P. Quill", "Z. Quill", 'author:="Quill, Zeno"'],
        ),
        ('author:^"Zeno Quill"', ["Z. P. Quill", 'author:="^Zeno Quill"']),
        ('author:"L. van der Ash"', []),
        ('author:"Zeno P. Quill"', ["Z. P. Quill"]),
        ("author:quill", []),
        ('author:="Zeno Quill"', []),
    ],
)
def test_what_may_be_meant_is_told(
    papers: searcher.Collection, query: str, shown: list[str]
) -> None:
    told = papers.search(query).diagnostics
    assert [one.code for one in told] == ["possible-name"] * bool(shown)
    assert all(text in told[0].message for text in shown)


def test_a_name_of_many_is_told_in_short(tmp_path: Path) -> None:
    names = [f"Z. {letter}. Quill" for letter in "ABCDE"]
    file = write_jsonl(tmp_path / "papers.jsonl", {"title": "Rivers", "authors": names})
    searcher.build(tmp_path / "index", [file])
    with searcher.open(tmp_path / "index") as papers:
        (told,) = papers.search('author:"Zeno Quill"').diagnostics
    assert "Z. A. Quill, Z. B. Quill, Z. C. Quill and 2 more" in told.message


def test_where_they_would_stand_between_the_others_none_is_only_possible(
    papers: searcher.Collection,
) -> None:
    query = 'author:"Zeno Quill"'
    by_date = papers.search(query, sort="date")
    assert (ids(by_date), by_date.diagnostics) == (["middle", "full-new", "full-old", "both"], ())
    assert ids(papers.search(query, strict=True)) == [*SURE[:3], "middle"]
    assert [paper.id for paper in papers.all(query)] == [*SURE[:3], "middle"]
    assert papers.search(query, limit=0, facets="year").total == 4
    # Without any that is sure they are all there is.
    query = 'author:"Zora Quill"'
    assert set(ids(papers.search(query, sort="date"))) == {*POSSIBLE, "both"}
    with pytest.raises(StrictQueryError, match=r"Z\. P\. Quill"):
        papers.search(query, strict=True)


def test_a_name_never_means_two_people(papers: searcher.Collection) -> None:
    for query in ('author:"Ines Roe"', 'author:"Li Quill"', 'author:"Ludwig O\'Elm"'):
        page = papers.search(query)
        assert (ids(page), [one.code for one in page.diagnostics]) == ([], ["no-such-name"])


def test_a_late_search_by_name_is_partial(papers: searcher.Collection) -> None:
    page = papers.search('author:"Zeno Quill"', timeout=1e-9)
    assert (page.partial, ids(page)) == (True, [])


GIVEN = ["Zeno", "Li-Hua", "Lihua", "Z.", "L.", "L. H.", "LH", "Zeno P.", "Ines Zeno", "Z. P."]
FAMILY = ["Quill", "O'Elm", "van der Ash", "Poe-Roe", "Quill, Jr."]


def test_every_name_of_every_paper_counts(tmp_path: Path) -> None:
    rng = random.Random(5)
    names = [f"{given} {family}" for given in GIVEN for family in FAMILY]
    records: list[dict[str, Any]] = [
        {
            "id": f"p{number:03}",
            "title": "Rivers",
            "authors": rng.sample(names, rng.randrange(4)),
            "year": rng.randrange(2000, 2004),
        }
        for number in range(150)
    ]
    file = write_jsonl(tmp_path / "papers.jsonl", *records)
    searcher.build(tmp_path / "index", [file])
    typed = [*names, *(f"{family}, {given}" for given in GIVEN for family in FAMILY), *GIVEN]
    with searcher.open(tmp_path / "index") as papers:
        for name in typed:
            found = [hit.id for hit in papers.search(f'author:"{name}"', limit=400)]
            assert found == expected_order(records, name), name
            first = [{**record, "authors": record["authors"][:1]} for record in records]
            found = [hit.id for hit in papers.search(f'author:^"{name}"', limit=400)]
            assert found == expected_order(first, name), name


def expected_order(records: Sequence[dict[str, Any]], name: str) -> list[str]:
    """Return the ids of the papers of a name: the surest first, then the newest, then by id."""
    wanted = WantedName(name)
    keys = []
    for record in records:
        terms = [term for author in record["authors"] for term in name_terms(author)]
        found = [one for term in terms if (one := wanted.likeness(term)) is not None]
        if found:
            keys.append((min(found), -record["year"], record["id"]))
    return [key[2] for key in sorted(keys)]
