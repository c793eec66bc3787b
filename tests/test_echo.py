"""What a page says was searched for each word typed: word by word, and as laws."""

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from searcher import Collection, Echo, EchoPart
from searcher.output.layout import Style
from searcher.output.terminal import echo_text
from searcher.query.echo import CHANGES, MOST_SEARCHED
from searcher.query.parser import MAX_QUERY_CHARS, located, parse
from searcher.query.signs import prepared
from searcher.query.tree import Unread, leaves
from tests.conftest import write_jsonl

law = settings(max_examples=75)

TITLES = [
    *[f"Quantised nets of harbour {number}" for number in range(12)],
    "Quantizing a net",
    "Quantized harbor nets",
    "The LSTM of tides",
    "LSTMs for tides, 2019",
    "Fine-tuning a data set",
    "Finetuning of datasets",
    "Fine-tuned glaciers",
    *[f"Glacier tide number {number}" for number in range(20)],
    "Glacer tide",
    "US rivers",
    "Who is WHO",
    "Über Müller and Mueller",
    "Parsing with A* and R^2",
    "LR(k)-Parsing of tides",
    "Parsers",
    "Women of the sea -(ice) days",
]
AUTHORS = [["Bo Stein"], ["B. Stein"], ["Ana Reyes"], ["Bo Stein", "Ana Reyes"]]


def records() -> Iterator[dict[str, Any]]:
    for at, title in enumerate(TITLES):
        authors, year = AUTHORS[at % len(AUTHORS)], 2015 + at % 8
        categories = ["cs.LG"] if at % 2 else ["cs.CV"]
        yield {
            "id": f"p{at}",
            "title": title,
            "authors": authors,
            "year": year,
            "categories": categories,
        }
    yield {"title": "Salt", "doi": "10.5555/salt"}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    place = tmp_path_factory.mktemp("echo")
    write_jsonl(place / "papers.jsonl", *records())
    searcher.build(place / "index", [place / "papers.jsonl"])
    with searcher.open(place / "index") as opened:
        yield opened


def echo_of(papers: Collection, query: str, **options: Any) -> Echo:
    echo = papers.search(query, echo=True, **options).echo
    assert echo is not None
    return echo


def line(part: EchoPart) -> str:
    """Return a part in a line: ``nets → nets, net | stemmed``."""
    more = [f"+{part.more}"] if part.more else []
    searched = ", ".join([*part.searched, *more])
    return f"{part.typed} → {searched} | {' '.join(part.changes)}".replace("→  |", "→ |").strip(
        " |"
    )


TABLE = """
Quantised nets for teh LSTMs
    Quantised → quantised, quantized, quantizing | folded spelling relaxed
    nets → nets, net | stemmed relaxed
    for → | dropped
    teh → | missing relaxed
    LSTMs → lstms, lstm | folded spelling relaxed
quantizd tides
    quantizd → quantized, quantizing | corrected relaxed
    tides → tides, tide | stemmed relaxed
glacer number
    glacer → glacer, glacier, glaciers | doubtful
    number → number |
fine-tuning dataset
    fine-tuning → "fine tuning", finetuning, finetuned | folded spelling stemmed relaxed
    dataset → datasets, "data set" | stemmed spelling relaxed
US WHO us
    US → US | relaxed
    WHO → WHO | relaxed
    us → | dropped
M{\\"u}ller
    Müller → muller, mueller | folded
Stein et al., 2019
    Stein → stein | folded relaxed
    et → | dropped
    al., → | dropped
    2019 → 2019, year:2019 | year relaxed
“Glacier tide” 'tide number'
    “Glacier tide” → "glacier tide" | folded
    'tide number' → "tide number" |
"tide glacier"~2 OR tide NEAR/3 glacier
    "tide glacier"~2 → "tide glacier"~2 |
    OR → | operator
    tide NEAR/3 glacier → "tide glacier"~3 |
=nets quanti* wom?n glasier~
    =nets → nets | relaxed
    quanti* → quantised, quantized, quantizing | expanded relaxed
    wom?n → women | expanded relaxed
    glasier~ → glacier | expanded relaxed
?tide?
    ?tide? → tide, tides | no-such-pattern
A* R^2 -ed
    A* → a | sign-in-name folded relaxed
    R^2 → "r 2", r2 | sign-in-name folded spelling relaxed
    -ed → | sign-in-name missing relaxed
LR(k)-Parsing
    LR → lr | folded relaxed
    ( → | operator
    k → k | relaxed
    ) → | operator
    -Parsing → parsing | sign-in-name folded relaxed
tide AND (glacier^2 OR nets) -harbour
    tide → tide, tides | stemmed
    AND → | operator
    ( → | operator
    glacier^2 → glacier, glaciers | stemmed
    OR → | operator
    nets → nets, net | stemmed
    ) → | operator
    -harbour → harbour, harbor | spelling excluded
+tide nets the &
    +tide → tide, tides | stemmed
    nets → nets, net | stemmed relaxed
    the → | dropped
    & → | punctuation
harbour/glacier
    harbour/glacier → harbour, glacier | compound relaxed
title:(* tide)
    title:( → | operator
    * → | punctuation
    tide → tide, tides | stemmed
    ) → | operator
author:stein author:"Bo Stein" author:="Bo Stein" author:nobody
    author:stein → B. Stein, Bo Stein |
    author:"Bo Stein" → Bo Stein, B. Stein | possible-name
    author:="Bo Stein" → Bo Stein |
    author:nobody → | no-such-name
cat:LG cat:XX has:code id:p3
    cat:LG → cs.LG |
    cat:XX → | no-such-category
    has:code → | missing
    id:p3 → p3 |
year>2019 year:2019* year:20x9 date:2019-05
    year>2019 → 2020.. |
    year:2019* → 2019 | bad-year
    year:20x9 → | bad-year unread
    date:2019-05 → 2019-05 |
athor:stein 😀
    athor: → | unknown-field missing relaxed
    stein → stein | relaxed
    😀 → | nothing-to-search
what papers use glaciers tides nets parsing women
    what → | dropped
    papers → | missing half relaxed
    use → | missing half relaxed
    glaciers → glaciers, glacier | stemmed relaxed
    tides → tides, tide | stemmed relaxed
    nets → nets, net | stemmed relaxed
    parsing → parsing | relaxed
    women → women | relaxed
😀
    😀 → | unread
https://doi.org/10.5555/SALT
    https://doi.org/10.5555/SALT → 10.5555/salt, doi:10.5555/salt | identifier
* year:2016
    * → * |
    year:2016 → 2016 |
"""
"""Queries, and below each what is said of its parts."""


def cases() -> dict[str, list[str]]:
    """Return the lines of the table by their queries."""
    found: dict[str, list[str]] = {}
    told: list[str] = []
    for text in TABLE.strip().splitlines():
        if text.startswith(" "):
            told.append(text.strip(" |"))
        else:
            told = found[text] = []
    return found


@pytest.mark.parametrize("query", cases())
def test_each_word_is_told_as_it_was_searched(papers: Collection, query: str) -> None:
    echo = echo_of(papers, query)
    assert [line(part) for part in echo.parts] == cases()[query]


def test_a_title_and_filters_are_told(papers: Collection) -> None:
    title = "Women of the sea -(ice) days"
    echo = echo_of(papers, title, year=["2016..2022", "2015"], author="bo stein", has_code=False)
    assert echo.title_of == ("p46",)
    assert [(one.filter, line(one)) for one in echo.filters] == [
        ("year", "2016..2022 → 2016..2022"),
        ("year", "2015 → 2015"),
        ("author", "bo stein → Bo Stein, B. Stein | possible-name"),
        ("has_code", "False → code | excluded"),
    ]


def test_a_long_list_is_cut_and_counted(papers: Collection) -> None:
    (part,) = echo_of(papers, "*e*").parts
    assert len(part.searched) == MOST_SEARCHED
    assert part.more > 0
    assert echo_of(papers, "t*").parts[0].more == 0


def test_what_is_too_long_is_one_part(papers: Collection) -> None:
    echo = echo_of(papers, "tide " + "+" * MAX_QUERY_CHARS + " some more")
    assert (echo.parts[-1].typed, echo.parts[-1].changes) == ("+++++ some more", ("too-long",))


def test_what_is_not_read_in_time_is_told(papers: Collection) -> None:
    page = papers.search("tide -(glacier) year:2016", year=2016, echo=True, timeout=0)
    assert page.partial
    assert page.echo is not None
    parts = (*page.echo.parts, *page.echo.filters)
    told = [one.changes for one in parts if "operator" not in one.changes]
    assert told == [("timeout",), ("timeout",), (), ()]


def test_there_is_no_echo_unless_it_is_asked_for(papers: Collection) -> None:
    plain, told = papers.search("teh tide"), papers.search("teh tide", echo=True)
    assert plain.echo is None
    assert "echo" not in plain.to_dict()
    assert [hit.id for hit in told] == [hit.id for hit in plain]
    assert told.to_dict()["echo"] == {
        "parts": [
            {"typed": "teh", "searched": [], "changes": ["missing", "relaxed"], "more": 0},
            {
                "typed": "tide",
                "searched": ["tide", "tides"],
                "changes": ["stemmed", "relaxed"],
                "more": 0,
            },
        ],
        "filters": [],
        "title_of": [],
    }


def test_an_expanded_search_has_the_echo_of_its_own_words(papers: Collection) -> None:
    assert echo_of(papers, "glacier tide", expand=True) == echo_of(papers, "glacier tide")


def test_a_reader_sees_a_line_for_each_word(papers: Collection) -> None:
    page = papers.search("Quantised nets -teh the (tide*) nothing:x", year=2016, echo=True)
    lines = list(echo_text(page, Style(colour=False, width=60)))
    assert lines == [
        "Quantised    → quantised, quantized, quantizing (in other",
        "               spellings)",
        "nets         → nets, net (with other endings)",
        "-teh         → no paper has it; papers with it are left out",
        "the          → left out, since it tells nothing",
        "tide*        → tide, tides",
        "nothing:     → no paper has it",
        "x            → no paper has it",
        "--year 2016  → 2016",
    ]


PIECES = [
    *("tide", "glacier ", "Nets", "the", "teh", "quantised", "fine-tuning", "US", "Müller", "😀"),
    *(" ", " ", "(", ")", '"', "“", "'", "*", "?", "^", "^2", "~", "~2", "-", "+", "=", ":", "&"),
    *(
        "AND ",
        "OR ",
        "NOT ",
        " NEAR/3 ",
        "|",
        "title:",
        "author:",
        "author:^",
        "year:",
        "year>2016",
    ),
    *("cat:LG", "has:code", "id:p3", "kw:", "2016", "[2015 TO 2017]", "..", "-ed", "A*", "R^2"),
    *("LR(k)-Parsing", "harbour/glacier", 'M{\\\\"u}ller', "\\\\v c", "athor:stein", "10.5555/12"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30)


@law
@given(text=TEXTS)
def test_the_parts_of_a_query_are_all_of_it_in_order(papers: Collection, text: str) -> None:
    page = papers.search(text, echo=True, limit=1)
    assert page.echo is not None
    typed = "".join(part.typed for part in page.echo.parts)
    read, _ = prepared(text)
    assert "".join(typed.split()) == "".join((text if len(text) == len(read) else read).split())
    assert pickle.loads(pickle.dumps(page)) == page
    json.dumps(page.to_dict())
    codes = {one.code for one in page.diagnostics} | CHANGES.keys()
    assert {code for part in page.echo.parts for code in part.changes} <= codes


@law
@given(text=TEXTS)
def test_the_places_that_are_read_are_those_of_the_leaves(text: str) -> None:
    query, read, places = located(text)
    assert query == parse(text)
    count = sum(place.is_read for place in places)
    assert count == len(list(leaves(query.tree))) or (not count and query.tree == Unread())
    ends = [0, *[end for place in places for end in (place.start, place.end)], len(read)]
    assert ends == sorted(ends)


WORDS = sorted({word for title in TITLES for word in title.lower().split() if word.isalpha()})


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """Return a word of the papers, some letter of it left out or another one's ending added."""
    word = draw(st.sampled_from(WORDS))
    at = draw(st.integers(0, len(word)))
    return draw(st.sampled_from([word, word.title(), word[:at] + word[at + 1 :], f"{word}s"]))


@law
@given(word=misspelt(), field=st.sampled_from(["", "title:"]))
def test_what_is_told_finds_what_the_word_finds(papers: Collection, word: str, field: str) -> None:
    """The words that were searched for one find the same papers, each taken as it is."""
    page = papers.search(f"{field}{word}", echo=True, match="all", limit=100)
    assert page.echo is not None
    searched = [one for part in page.echo.parts for one in part.searched]
    told = [f"{field}{one}" if one[:1] == '"' else f"{field}={one}" for one in searched]
    again = papers.search(" OR ".join(told) or "zzzz", limit=100)
    assert {hit.id for hit in again} == {hit.id for hit in page}


@law
@given(words=st.lists(misspelt(), max_size=4).map(" ".join))
def test_the_query_of_the_parts_has_the_same_echo(papers: Collection, words: str) -> None:
    page = papers.search(words, echo=True)
    assert page.echo is not None
    again = papers.search(" ".join(part.typed for part in page.echo.parts), echo=True)
    assert again.echo == page.echo
    assert [hit.id for hit in again] == [hit.id for hit in page]
