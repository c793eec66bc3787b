"""Wildcards and edits over hyphens and in phrases, compared with a look at every text."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import searcher
from searcher.query.compounds import MAX_ROWS, compounds, taken_apart
from searcher.query.parser import parse
from searcher.query.rewriting import rewrite
from searcher.query.tree import And
from tests.conftest import write_jsonl
from tests.vocabulary import vocabulary_of

WORDS = "moss mossy mosses fern ferns grow growing growth slow-growing moss-grown slow"
NAMES = "GF*RT C*-moss"
SIGNS = (" ", " ", " ", "-", " – ", ", ")


def texts() -> list[str]:
    source = random.Random(3)
    words = [*WORDS.split(), *NAMES.split()]
    return [
        "".join(source.choice(words) + source.choice(SIGNS) for _ in range(source.randint(1, 7)))
        for _ in range(300)
    ]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Collection]:
    folder = tmp_path_factory.mktemp("compounds")
    records = [{"id": str(number), "title": text} for number, text in enumerate(texts())]
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *records)])
    with searcher.open(folder / "index") as collection:
        yield collection


# A hyphen or other signs between two words, or nothing: then they are one word.
JOINT = r"(?:[^\w]+|-?)"


@pytest.mark.parametrize(
    ("query", "pattern"),
    [
        ("slow-grow*", rf"slow{JOINT}grow\w*"),
        ("slow-g*-moss*", r"slow\W+g\w*\W+moss\w*|slow-?g\w*-?moss\w*"),
        ("moss/fern*", r"moss\W+fern\w*"),
        ('"slow grow*"', r"slow\W+grow\w*"),
        ('"fern* slow-grow* moss"', r"fern\w*\W+slow\W+grow\w*\W+moss\b"),
        ("GF*RT", r"gf\W+rt"),
        ("C*-moss", r"c\W+moss"),
        ("slow-growng~", r"slow\W+growing"),
        ("slw-growing~", r"slow\W+growing"),
        ("moss-gro~2", r"moss\W+grow\b"),
    ],
)
def test_rows_of_words_are_found_where_they_stand(
    papers: searcher.Collection, query: str, pattern: str
) -> None:
    found = {hit.id for hit in papers.search(query, match="all", limit=1000)}
    wanted = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
    missing = {
        str(at) for at, text in enumerate(texts()) if wanted.search(text) and str(at) not in found
    }
    assert found
    assert missing == set()


@pytest.mark.parametrize(
    ("query", "more"),
    [('"slow grow*"', "slow growing grow growth"), ('"moss fern*"', "moss fern ferns")],
)
def test_nothing_else_is_found(papers: searcher.Collection, query: str, more: str) -> None:
    first, *others = more.split()
    either = " OR ".join(f'"{first} {other}"' for other in others)
    found = {hit.id for hit in papers.search(query, match="all", limit=1000)}
    assert found == {hit.id for hit in papers.search(either, limit=1000)}


def test_near_words_take_wildcards(papers: searcher.Collection) -> None:
    near = papers.search("fern NEAR/2 grow*", limit=1000)
    either = '"fern grow"~2 OR "fern growing"~2 OR "fern growth"~2'
    assert {hit.id for hit in near} >= {hit.id for hit in papers.search(either, limit=1000)}
    # The others have a word that begins so and is joined to the next one.
    joined = [hit.title for hit in near if not re.search(r"(?i)gro\w+-|\bgrow", hit.title)]
    assert joined == []
    assert near.diagnostics == ()


def test_a_name_with_a_star_is_looked_up_only_where_it_stands() -> None:
    for text, is_name in [("gf rt", True), ("rt gf", False)]:
        clause = rewrite(parse("GF*RT").tree, vocabulary_of(text)).clause
        assert ("('gf', 'rt')" in repr(clause)) == is_name


def test_too_many_rows_are_said() -> None:
    words = " ".join(f"slow grow{number}" for number in range(MAX_ROWS + 1))
    for query in ("slow-grow*", '"slow grow*"'):
        found = rewrite(parse(query).tree, vocabulary_of(words))
        assert [one.code for one in found.diagnostics] == ["too-many-terms"]
        assert f"{MAX_ROWS} are searched" in found.diagnostics[0].message


def test_words_that_are_none_stay_apart() -> None:
    for text in ("ant^2 NEAR/2 bee", "(ant OR bee) NEAR/2 bee", "ant NEAR/2 title:bee"):
        query = parse(text)
        assert isinstance(query.tree, And)
        assert [one.code for one in query.diagnostics] == ["bad-near"]


def test_names_take_no_wildcards_in_quotes(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", {"id": "1", "title": "Moss", "authors": ["Ann Roe"]})
    searcher.build(tmp_path / "index", [path])
    with searcher.open(tmp_path / "index") as collection:
        page = collection.search('author:"ann ro*"')
        assert (page.total, page.diagnostics[0].code) == (0, "wildcard-in-phrase")


# Compounds that stand nowhere


@pytest.mark.parametrize(
    ("query", "understood", "parts"),
    [
        ("growth/ferns", "growth/ferns", None),
        ("mossy-oak", "mossy oak", "mossy, oak"),
        ("moss-grown/oak", "moss-grown oak", "moss-grown, oak"),
        ("slow-moss/oak-growth", "slow-moss oak growth", "slow-moss, oak-growth"),
        ("ferns mossy-oak", "ferns mossy oak", "mossy, oak"),
        ("title:mossy-oak^2", "(title:mossy title:oak)^2", "mossy, oak"),
        ("fern AND mossy-oak", "fern AND (mossy oak)", "mossy, oak"),
        ("mossy/NOT/oak", "mossy not oak", "mossy, not, oak"),
        ("fern -mossy-oak", "fern -mossy-oak", None),
        ('"mossy-oak"', '"mossy-oak"', None),
        ("10.5555/oak", "10.5555/oak", None),
    ],
)
def test_a_compound_that_stands_nowhere_is_its_parts(
    papers: searcher.Collection, query: str, understood: str, parts: str | None
) -> None:
    page = papers.search(query, limit=1000)
    said = [one.message for one in page.diagnostics if one.code == "compound"]
    assert page.parsed == understood
    assert bool(said) == (parts is not None)
    assert parts is None or parts in said[0]
    assert parse(page.parsed).diagnostics == ()
    for match in ("all", "any"):
        assert papers.search(query, match=match).parsed == query


def test_papers_with_all_the_parts_come_first(tmp_path: Path) -> None:
    titles = {"1": "On Moss-12", "2": "Moss-12 beside SFERN-2", "3": "On SFERN-2"}
    records = [{"id": number, "title": title} for number, title in titles.items()]
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "a.jsonl", *records)])
    with searcher.open(tmp_path / "index") as collection:
        page = collection.search("Moss-12/SFERN-2")
        assert (page.hits[0].id, page.total, page.relaxed) == ("2", 3, True)
        assert collection.search("Moss-12/SFERN-2", match="all").total == 0
        assert collection.search("Moss-12/SFERN-2", limit=0, count=False).total is None
        assert collection.search("Moss-12/SFERN-2", timeout=0).total == 0


@given(st.lists(st.sampled_from([*"a1/-.:+( )^~*'é論", "NOT", "AND", "OR", "NEAR/2"])).map("".join))
@example("a/NOT-a")
def test_what_is_taken_apart_is_read_as_it_is_written(text: str) -> None:
    tree = parse(text).tree
    written = str(taken_apart(tree, compounds(tree)))
    assert str(parse(written).tree) == written
