"""Pages for other programs: the JSON contract, JSON lines and CSV, which read back."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Paper, Source
from index.printed.spreadsheets import cell_of, without_formulas
from searcher import Diagnostic, FacetCount, Hit, Page, Request, ScorePart
from searcher.output.layout import safe
from searcher.output.tables import (
    facets_csv,
    facets_json,
    page_csv,
    page_json,
    page_jsonl,
    paper_json,
)
from searcher.page import Piece, Snippets
from tests.conftest import ROOT

COLUMNS = "rank,id,title,authors,et_al,category,year,date,has_code,institutions,owners,score"
PAPER = Paper(
    id="poe-slow-rivers-0badcafe",
    title="Slow Rivers",
    abstract="We map rivers. They are slow.",
    authors=("Ann Poe", "Sam Roe"),
    et_al=True,
    categories=("LG",),
    year=2020,
    date="2020-05-07",
    has_code=True,
    institutions=("delta",),
    owners=("Sam Roe",),
    sources=(Source("/seeds/sam-roe.txt", 12),),
)
HIT = Hit(
    rank=1,
    id=PAPER.id,
    title=PAPER.title,
    score=2.34567,
    paper=PAPER,
    snippets=Snippets(
        title=(Piece("Slow ", False), Piece("Rivers", True)),
        abstract=(Piece("We map ", False), Piece("rivers", True), Piece(".", False)),
    ),
)
PAGE = Page(
    request=Request("river"),
    parsed="river",
    diagnostics=(Diagnostic("relaxed", "any of them"),),
    relaxed=True,
    partial=False,
    total=1,
    hits=(HIT,),
    facets={
        "year": (FacetCount(2020, 3), FacetCount(2019, 1)),
        "author": (FacetCount("Poe; Ann", 3),),
        "code": (),
    },
    took_ms=1.23456,
)

# What reading a CSV back drops, and what no cell begins with, be it parted at commas or semicolons.
APOSTROPHE = re.compile(r"((?:^|[;\t\n]) *)'(?='*[=+\-@＝＋－＠\t\n])")
FORMULA = re.compile(r"(?:^|[;\t\n])[ ]*[=+\-@＝＋－＠]|^[\t\n]")

texts = st.lists(
    st.one_of(
        st.sampled_from(" \n\t-ab,;\"'=@+＝$\x1b\x07\x9b\u202e\u061c\u2028\ue000\ue001é漢"),
        st.characters(codec="utf-8").filter("\r".__ne__),  # which readers of files make a space
    ),
    max_size=40,
).map("".join)


def with_paper(**changes: Any) -> Page:
    return replace(PAGE, hits=(replace(HIT, paper=replace(PAPER, **changes)),))


# JSON


def test_the_page_s_own_dictionary_is_the_json() -> None:
    assert json.loads(page_json(PAGE)) == PAGE.to_dict()
    assert page_json(PAGE).isascii()


def test_explanation_is_in_the_json_where_there_is_one() -> None:
    part = ScorePart("river", 2.34567, 1.5, 3.25, 1.25)
    page = replace(PAGE, hits=(replace(HIT, parts=(part,)),))
    assert json.loads(page_json(page))["hits"][0]["explanation"] == [
        {"label": "river", "score": 2.34567, "idf": 1.5, "frequency": 3.25, "recurrence": 1.25}
    ]
    assert "explanation" not in page_json(PAGE)


@given(title=texts)
def test_jsonl_is_one_line_a_hit(title: str) -> None:
    page = replace(PAGE, hits=tuple(replace(HIT, title=title, rank=rank) for rank in (1, 2, 3)))
    lines = list(page_jsonl(page))
    assert [json.loads(line)["rank"] for line in lines] == [1, 2, 3]
    assert all("\n" not in line and "\r" not in line for line in lines)
    whole = json.loads(page_json(page))
    assert [json.loads(line) for line in lines] == whole["hits"]
    assert whole["hits"][0]["title"] == title


def test_a_paper_as_json() -> None:
    values = json.loads(paper_json(PAPER))
    assert values["id"] == PAPER.id
    assert values["authors"] == ["Ann Poe", "Sam Roe"]
    assert values["sources"][0] == {"file": "/seeds/sam-roe.txt", "line": 12}
    assert json.loads(paper_json(Paper(id="x1", title="Bare"))) == {"id": "x1", "title": "Bare"}


# CSV


def test_csv() -> None:
    assert page_csv(PAGE) == (
        f"{COLUMNS}\n"
        "1,poe-slow-rivers-0badcafe,Slow Rivers,Ann Poe; Sam Roe,True,LG,2020,2020-05-07,True,"
        "delta,Sam Roe,2.34567"
    )


def test_csv_of_nothing_is_its_header() -> None:
    assert page_csv(replace(PAGE, hits=())) == COLUMNS
    of_several = page_csv(replace(PAGE, hits=()), of_several=True)
    assert of_several.rstrip() == f"{COLUMNS.rstrip()},index"


def test_csv_leaves_empty_what_is_unknown() -> None:
    page = with_paper(authors=(), categories=(), year=None, date=None, institutions=(), owners=())
    (row,) = csv.DictReader(io.StringIO(page_csv(page)))
    empty = [name for name, value in row.items() if value == ""]
    assert empty == ["authors", "category", "year", "date", "institutions", "owners"]


@pytest.mark.parametrize(
    ("title", "quoted"),
    [
        ("Plain", "Plain"),
        ("One, Two", '"One, Two"'),
        ('A "Quoted" Title', '"A ""Quoted"" Title"'),
        ("Two\nLines", '"Two\nLines"'),
        ("semi; colon", "semi; colon"),
        (" spaces ", " spaces "),
    ],
)
def test_csv_quoting(title: str, quoted: str) -> None:
    page = replace(PAGE, hits=(replace(HIT, title=title),))
    assert f",{quoted},Ann Poe" in page_csv(page)


@given(title=texts, name=texts)
def test_csv_reads_back(title: str, name: str) -> None:
    paper = replace(PAPER, authors=(name,))
    hits = tuple(replace(HIT, title=title, paper=paper, rank=rank) for rank in (1, 2))
    rows = list(csv.reader(io.StringIO(page_csv(replace(PAGE, hits=hits)), newline="")))
    assert [len(row) for row in rows] == [12, 12, 12]
    for rank, row in enumerate(rows[1:], 1):
        shown = (str(rank), safe(title), cell_of([safe(name)]), "2.34567")
        read = (row[0], APOSTROPHE.sub(r"\1", row[2]), APOSTROPHE.sub(r"\1", row[3]), row[11])
        assert read == shown
        assert not FORMULA.search(row[2])
        assert not FORMULA.search(row[3])


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ('=HYPERLINK("http://a.example","b")', '\'=HYPERLINK("http://a.example","b")'),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("- a title", "'- a title"),
        ("@SUM(1)", "'@SUM(1)"),
        (" =1+1", " '=1+1"),
        ("\t=1+1", "'\t'=1+1"),
        ("\trivers", "'\trivers"),
        ("\n=1+1", "'\n'=1+1"),
        ("\r=1+1", "\ufffd=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(1)", "'＠SUM(1)"),
        ("'=1+1", "''=1+1"),
        # What stands behind a semicolon is a cell where cells are parted at semicolons.
        ("rivers;=1+1", "rivers;'=1+1"),
        ("rivers; -1; lakes", "rivers; '-1; lakes"),
        ("rivers\n=1+1", "rivers\n'=1+1"),
        # No formulas.
        ("a = b", "a = b"),
        ("GPT-4, C++ and a@b", "GPT-4, C++ and a@b"),
        ("rivers; lakes", "rivers; lakes"),
        ("'tis so", "'tis so"),
        ("|1", "|1"),
        ("", ""),
    ],
)
def test_no_cell_of_text_is_a_formula(title: str, cell: str) -> None:
    paper = replace(PAPER, authors=("Ann Poe", title), institutions=(title,))
    page = replace(PAGE, hits=(replace(HIT, title=title, paper=paper),))
    (row,) = csv.DictReader(io.StringIO(page_csv(page), newline=""))
    assert row["title"] == cell
    assert row["institutions"] == without_formulas(cell_of([safe(title)]))
    assert row["authors"] == without_formulas(cell_of(["Ann Poe", safe(title)]))
    assert json.loads(page_json(page))["hits"][0]["title"] == title
    facets = replace(PAGE, facets={"author": (FacetCount(title, 3),)})
    rows = list(csv.reader(io.StringIO(facets_csv(facets), newline="")))
    assert rows[1] == ["author", cell, "3"]


def test_the_readme_says_how_to_have_the_text_back() -> None:
    assert f'r"{APOSTROPHE.pattern}"' in (ROOT / "searcher" / "README.md").read_text("utf-8")


def test_numbers_are_no_text() -> None:
    page = replace(PAGE, hits=(replace(HIT, score=-1.5, rank=-1),))
    (row,) = csv.DictReader(io.StringIO(page_csv(page)))
    assert (row["rank"], row["score"]) == ("-1", "-1.5")


# Facets


@pytest.mark.parametrize(
    ("limit", "rows"),
    [
        (None, ["year,2020,3", "year,2019,1", "author,Poe; Ann,3"]),
        (1, ["year,2020,3", "author,Poe; Ann,3"]),
        (0, []),
    ],
)
def test_facets_as_csv(limit: int | None, rows: list[str]) -> None:
    assert facets_csv(PAGE, limit).split("\n") == ["facet,value,count", *rows]


def test_facets_as_json_are_the_page_with_fewer_values() -> None:
    assert json.loads(facets_json(PAGE)) == PAGE.to_dict()
    cut = json.loads(facets_json(PAGE, 1))
    assert cut["facets"] == {
        "year": [{"value": 2020, "count": 3}],
        "author": [{"value": "Poe; Ann", "count": 3}],
        "code": [],
    }
    assert {**cut, "facets": None} == {**PAGE.to_dict(), "facets": None}
