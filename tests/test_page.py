"""A page: a plain value, its JSON, and how it looks in a shell and in a notebook."""

import copy
import dataclasses
import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from index import Paper
from searcher import (
    BadRequestError,
    Diagnostic,
    FacetCount,
    Hit,
    Page,
    Piece,
    Request,
    ScorePart,
    Snippets,
    StrictQueryError,
)

PAPER = Paper(
    "x1", "A < B", authors=("Ann Poe", "B & C"), et_al=True, categories=("LG",), year=2020
)
HIT = Hit(
    rank=11,
    id="x1",
    title="A < B",
    score=1.5,
    paper=PAPER,
    snippets=Snippets((Piece("A < ", False), Piece("B", True)), (Piece("<script>", True),)),
    parts=(ScorePart("b", 1.5, 0.5, 2.0),),
)
PAGE = Page(
    request=Request("b", facets=("year",), page=2),
    parsed="b",
    diagnostics=(Diagnostic("relaxed", "any of them"),),
    relaxed=True,
    partial=False,
    total=1571,
    hits=(HIT, replace(HIT, rank=12, id="x<2", paper=None, snippets=None, parts=())),
    facets={"year": (FacetCount(2020, 3),)},
    took_ms=1.23456,
)


def test_a_page_is_a_value() -> None:
    for same in (copy.copy(PAGE), copy.deepcopy(PAGE), pickle.loads(pickle.dumps(PAGE))):
        assert same == PAGE
    assert replace(PAGE, took_ms=99.0) == PAGE
    assert hash(replace(PAGE, took_ms=99.0)) == hash(PAGE)
    assert replace(PAGE, total=3) != PAGE
    values = dataclasses.asdict(PAGE)
    assert values["hits"][0]["paper"]["authors"] == ("Ann Poe", "B & C")
    assert values["request"]["query"] == "b"


def test_a_page_is_a_list_of_hits() -> None:
    assert len(PAGE) == 2
    assert list(PAGE) == list(PAGE.hits)
    assert not replace(PAGE, hits=())


def test_json_holds_all_that_was_asked_for() -> None:
    values = PAGE.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert list(values) == (
        "query parsed relaxed partial diagnostics total took_ms hits facets".split()
    )
    assert values["took_ms"] == 1.235
    assert values["facets"] == {"year": [{"value": 2020, "count": 3}]}
    assert values["hits"][0] == {
        "rank": 11,
        "id": "x1",
        "title": "A < B",
        "authors": ["Ann Poe", "B & C"],
        "et_al": True,
        "category": "LG",
        "year": 2020,
        "date": None,
        "has_code": False,
        "institutions": [],
        "owners": [],
        "score": 1.5,
        "explanation": [
            {"label": "b", "score": 1.5, "idf": 0.5, "frequency": 2.0, "recurrence": 1.0}
        ],
        "snippets": {
            "title": "A &lt; <mark>B</mark>",
            "abstract": "<mark>&lt;script&gt;</mark>",
        },
    }


def test_json_says_what_a_similar_paper_shares() -> None:
    similar = replace(HIT, shared=("tide", "delta"), parts=(), snippets=None, paper=None)
    assert similar.to_dict()["shared"] == ["tide", "delta"]
    assert "shared" not in HIT.to_dict()


def test_json_leaves_out_what_was_not_asked_for() -> None:
    bare = replace(PAGE, total=None, facets=None).to_dict()
    assert {"total", "facets"}.isdisjoint(bare)
    assert bare["hits"][1] == {"rank": 12, "id": "x<2", "title": "A < B", "score": 1.5}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "<Page of 'b': 11–12 of 1,571 papers: x1 (2020), x<2>"),
        ({"total": None}, "<Page of 'b': 11–12: x1 (2020), x<2>"),
        ({"total": 1}, "<Page of 'b': 11–12 of 1 paper: x1 (2020), x<2>"),
        ({"hits": (), "total": 0}, "<Page of 'b': no hits of 0 papers>"),
        ({"hits": (HIT,) * 11}, f"<Page of 'b': 11–11 of 1,571 papers: {'x1 (2020), ' * 10}…>"),
    ],
)
def test_a_shell_shows_ids_years_and_the_total(changes: dict[str, Any], shown: str) -> None:
    assert repr(replace(PAGE, **changes)) == shown


def test_a_notebook_shows_hits_with_their_matches_marked() -> None:
    shown = PAGE._repr_html_()
    assert "11–12 of 1,571 papers" in shown
    assert '<li value="11"><b>A &lt; <mark>B</mark></b><br>' in shown
    assert "Ann Poe, B &amp; C et al. · 2020 · LG · x1" in shown
    assert "<script>" not in shown
    assert "x&lt;2" in shown


def test_the_error_of_a_strict_search_goes_through_pickle() -> None:
    error = StrictQueryError("(ant", (Diagnostic("unclosed", "a '(' is not closed"),))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.query) == (str(error), "(ant")
    assert again.diagnostics == error.diagnostics


def test_the_error_of_a_strict_search_names_the_query_and_the_next_step() -> None:
    notes = (Diagnostic("unclosed", "a '(' is not closed"), Diagnostic("odd", "it is odd"))
    assert str(StrictQueryError("(ant", notes)) == (
        "(ant: a '(' is not closed\nit is odd\n"
        "rewrite the query, or leave out --strict (strict=True)"
    )
    assert len(str(StrictQueryError("ant " * 1000, notes))) < 400


def test_a_snippet_of_another_field_is_refused() -> None:
    assert HIT.snippets
    with pytest.raises(BadRequestError, match=r"authors.*title and abstract"):
        HIT.snippets.html("authors")
