"""What language models read: whatever papers hold, answers keep within their budget of tokens."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paper import Paper
from searcher.output.agents import (
    ANSWER_TOKENS,
    HIT_TOKENS,
    facets_text,
    hit_text,
    page_text,
    paper_text,
    resource_address,
    similar_text,
    suggestions_text,
    tokens,
)
from searcher.page import FacetCount, Hit, Page, Piece, Snippets, Suggestion
from searcher.query.tree import Diagnostic
from searcher.request import Request
from tests.papers import FULL

LONG = "Tides turn the harbour’s boats about. " * 400

# Blanks, letters of one to four bytes, and what steers a terminal.
TEXTS = st.one_of(
    st.just(""),
    st.text(max_size=60),
    st.text("a b\né中\U0001f600\x1b", max_size=2_000),
    st.just("word " * 500),
    st.just("中" * 1_000),
)
PIECES = st.lists(st.tuples(TEXTS, st.booleans()), max_size=5).map(
    lambda pieces: tuple(Piece(*piece) for piece in pieces)
)
HITS = st.builds(
    lambda id, title, author, venue, pieces, shared, index: Hit(
        7,
        id,
        title,
        1.5,
        paper=Paper(id=id, title=title, authors=(author,) * 9, venue=venue, year=2020),
        snippets=Snippets((Piece(title, False),), pieces),
        shared=shared,
        index=index,
    ),
    st.text("ab/:%é中", min_size=1, max_size=200),
    TEXTS,
    TEXTS,
    TEXTS,
    PIECES,
    st.tuples(TEXTS, TEXTS),
    st.one_of(st.none(), TEXTS),
)


def page_of(*hits: Hit, **more: Any) -> Page:
    page = Page(Request("tides"), "tides", (), False, False, len(hits), hits, None, 1.0)
    return replace(page, **more)


@given(HITS)
def test_a_hit_keeps_its_id_and_takes_no_more_than_it_may(hit: Hit) -> None:
    text = hit_text(hit)
    name = text.partition("\n")[0]
    assert name == f"7. {hit.id}"
    assert tokens(text) <= max(HIT_TOKENS, tokens(name))
    assert "\x1b" not in text


def test_a_hit_says_who_and_when_and_why() -> None:
    snippets = Snippets((), (Piece("A second ", False), Piece("thought", True), Piece(".", False)))
    hit = Hit(1, FULL.id, FULL.title, 2.0, paper=FULL, snippets=snippets)
    assert hit_text(hit).splitlines() == [
        "1. 2103.01234",
        "Tides & currents: how BERT reads $O(n^2)$ harbours at 5% cost",
        "Ann van der Quill, Jr., José Ångström, Barnes and Noble et al. · 2021-03-09 · "
        f"{FULL.category} · {FULL.venue}",
        "A second thought.",
    ]


def test_what_matches_is_in_the_part_that_is_shown() -> None:
    pieces = (Piece(LONG, False), Piece("anchors", True), Piece(f" are heavy. {LONG}", False))
    text = hit_text(Hit(1, "one", "Tides", 1.0, snippets=Snippets((), pieces)))
    assert "anchors are heavy" in text
    assert text.splitlines()[2].startswith("…")
    assert text.endswith("…")


@pytest.mark.parametrize(
    "paper",
    [
        Paper(id="long", title="Tides", abstract=LONG * 9),
        Paper(id="many", title="Tides", authors=("Ann Poe", "Li Na") * 3_000, abstract="At last."),
        Paper(id="wide", title="中" * 9_000, abstract="中" * 99_000),
        FULL,
    ],
    ids=lambda paper: paper.id,
)
def test_a_paper_whole_keeps_within_its_budget_and_ends_with_its_address(paper: Paper) -> None:
    text = paper_text(paper, resource_address(paper.id))
    assert tokens(text) <= ANSWER_TOKENS
    assert text.endswith(f"\nresource: papers://paper/{paper.id}")
    assert "At last." in text or paper.id != "many"
    assert "file" not in text  # where it was read from tells a model nothing


def test_lists_without_end_keep_within_the_budget() -> None:
    notes = tuple(Diagnostic("odd", f"'{number}' {LONG}") for number in range(99))
    values = tuple(FacetCount(f"value {number} {'x' * 900}", 1) for number in range(5_000))
    long = Hit(1, "i" * 1_000, LONG, 1.0)
    answers = [
        page_text(page_of(*[long] * 25, diagnostics=notes), 1, "1x2-00000000"),
        page_text(page_of(diagnostics=notes), 1, ""),
        similar_text(page_of(*[long] * 25, diagnostics=notes)),
        facets_text(page_of(facets={"author": values}), 5_000),
        suggestions_text([Suggestion("title", LONG, 1, LONG)] * 100, ""),
    ]
    assert [tokens(answer) <= ANSWER_TOKENS for answer in answers] == [True] * len(answers)


def test_twenty_five_ordinary_hits_are_never_cut() -> None:
    hit = Hit(1, "i" * 60, LONG, 1.0, paper=FULL, snippets=Snippets((), (Piece(LONG, True),)))
    text = page_text(page_of(*[hit] * 25, total=99), 99, "25x2-00000000")
    assert text.endswith('next: the same with cursor="25x2-00000000"')


@pytest.mark.parametrize(
    ("paper_id", "address"),
    [
        ("2103.01234", "papers://paper/2103.01234"),
        ("10.5555/12", "papers://paper/10.5555%2F12"),
        ("a b?c#d%2F", "papers://paper/a%20b%3Fc%23d%252F"),
        ("Ångström", "papers://paper/%C3%85ngstr%C3%B6m"),
    ],
)
def test_an_id_is_one_part_of_an_address(paper_id: str, address: str) -> None:
    assert resource_address(paper_id) == address
