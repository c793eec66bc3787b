"""The doctor: what stands in the way of a search that finds nothing, and what is offered."""

import json
import pickle
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from searcher import BadRequestError, Collection, Diagnosis, Request
from searcher.cli.main import cli
from searcher.doctor import MOST_PARTS, MOST_RELAXATIONS
from tests.conftest import write_jsonl

law = settings(max_examples=50)

RIVERS: list[dict[str, Any]] = [
    {
        "id": f"river-{number}",
        "title": f"Floods of the river {name}",
        "abstract": "Measured water levels in spring and autumn.",
        "authors": [author],
        "year": 2001 + number % 4,
        "category": "phys.geo",
    }
    for number, (name, author) in enumerate(
        [
            ("Elbe", "Hanna Brandt"),
            ("Oder", "Hanna Brandt"),
            ("Main", "Jonas Keller"),
            ("Isar", "Jonas Keller"),
            ("Saale", "Petra Lorenz"),
            ("Spree", "Petra Lorenz"),
            ("Mosel", "Hanna Brandt"),
            ("Neckar", "Jonas Keller"),
            ("Weser", "Petra Lorenz"),
            ("Havel", "Hanna Brandt"),
            ("Donau", "Jonas Keller"),
            ("Rhein", "Petra Lorenz"),
        ]
    )
]
OTHERS: list[dict[str, Any]] = [
    {
        "id": "bees",
        "title": "Dances of honey bees",
        "abstract": "A floots survey found nothing in spring.",
        "authors": ["Mia Vogel"],
        "year": 2010,
        "category": "q-bio.PE",
    },
    {
        "id": "bread",
        "title": "Sour dough and bread",
        "abstract": "Water and salt in autumn.",
        "authors": ["Mia Vogel", "Ben Ott"],
        "year": 1999,
        "category": "q-bio.PE",
    },
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("doctor")
    write_jsonl(place / "papers.jsonl", *RIVERS, *OTHERS)
    searcher.build(place / "index", [place / "papers.jsonl"])
    return place / "index"


@pytest.fixture(scope="module")
def papers(folder: Path) -> Iterator[Collection]:
    with searcher.open(folder) as opened:
        yield opened


def killers(diagnosis: Diagnosis) -> list[str]:
    return [f"--{one.filter} {one.text}" if one.filter else one.text for one in diagnosis.killers]


# What stands in the way


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        ("river floods", {"year": "1950"}, ["--year 1950"]),
        ("river floods year:1950", {}, ["year:1950"]),
        ("honey bees", {"author": "Hanna Brandt"}, ["--author Hanna Brandt"]),
        ("honey bees", {"category": "phys.geo", "year": "2010"}, ["--category phys.geo"]),
        ("honey bees", {"has_code": True}, ["--has_code True"]),
        ("river bees floods", {"match": "all"}, ["bees"]),
        ("river AND bees AND floods", {}, ["bees"]),
        ("floods AND bread AND brwad", {}, ["floods"]),
        ("river AND doughh", {}, ["doughh"]),
        ("the qqqqqq of the river", {"match": "all"}, ["qqqqqq"]),
        ("bread -dough", {}, ["-dough"]),
        ('"floods of the rivers" year:2002', {}, ['"floods of the rivers"']),
        ("qqqqqq zzzzzz", {"year": "2002"}, ["qqqqqq zzzzzz"]),
        ("qqqqqq zzzzzz", {"year": "1950"}, ["qqqqqq zzzzzz", "--year 1950"]),
        ("qqqqqq", {}, ["qqqqqq"]),
        ("river river year:1950 year:1950", {}, ["year:1950"]),
    ],
)
def test_what_stands_in_the_way_is_named(
    papers: Collection, query: str, options: dict[str, Any], expected: list[str]
) -> None:
    assert killers(papers.diagnose(query, **options)) == expected


def test_every_part_is_counted_by_itself(papers: Collection) -> None:
    diagnosis = papers.diagnose("river bees cat:q-bio", author="Mia Vogel", year=["1950", "1951"])
    counts = [(one.text, one.filter, one.count) for one in diagnosis.clauses]
    assert counts == [
        ("river", "", 12),
        ("bees", "", 1),
        ("cat:q-bio", "", 2),
        ("1950, 1951", "year", 0),
        ("Mia Vogel", "author", 2),
    ]


def test_a_wrong_part_is_not_only_the_one_of_fewest_papers(papers: Collection) -> None:
    # Without the river one paper is left, without its year all twelve.
    diagnosis = papers.diagnose("river spring", match="all", year="2010")
    assert killers(diagnosis) == ["--year 2010"]
    assert [one.count for one in diagnosis.relaxations[:2]] == [12, 1]


def test_a_wrong_filter_is_named_beside_words_of_a_title(seeds_index: Path) -> None:
    rng = random.Random(7)
    named = tried = 0
    with searcher.open(seeds_index) as papers:
        known = list(papers.all())
        while tried < 60:
            paper, other = rng.sample(known, 2)
            words = re.findall(r"\b[A-Za-z]{5,}\b", paper.title)
            name, value = rng.choice(
                [
                    ("year", str(rng.randrange(1960, 2030))),
                    ("author", rng.choice(other.authors)),
                    ("category", other.category or "cs"),
                ]
            )
            if len(words) < 3:
                continue
            query = " ".join(rng.sample(words, 3))
            wrong: dict[str, Any] = {name: value}
            request = replace(Request(query, match="all"), **wrong)
            diagnosis = papers.diagnose(request)
            if not diagnosis.total:
                tried += 1
                named += [one.filter for one in diagnosis.killers] == [name]
                offered = [papers.answer(offer.request) for offer in diagnosis.relaxations]
                assert any(hit.id == paper.id for page in offered for hit in page)
    assert named >= 57


# What is offered instead


def test_as_little_as_possible_is_left_out(papers: Collection) -> None:
    (offer,) = papers.diagnose("river", author="Hanna Brandt", year="1950").relaxations
    assert offer.request == Request("river", author=("Hanna Brandt",))
    assert [one.text for one in offer.dropped] == ["1950"]
    # Both the year and the author have to go.
    two = papers.diagnose("river", author="Nobody", year="1950").relaxations[0]
    assert (two.request, len(two.dropped), two.count) == (Request("river"), 2, 12)
    # None matches nothing by itself, and no two go together.
    pairs = papers.diagnose("bees AND dough AND river").relaxations
    assert {offer.request.query for offer in pairs} == {"bees", "dough", "river"}


def test_what_is_left_still_says_what_it_is_about_where_it_can(papers: Collection) -> None:
    offers = papers.diagnose("qqqqqq", author="Nobody", year="2002").relaxations
    assert [offer.request for offer in offers] == [Request("*", year=("2002",))]
    first, *_ = papers.diagnose('"river floods" year:2002').relaxations
    assert (first.request.query, first.by) == ("river floods year:2002", "river floods")


def test_all_the_words_may_be_any_of_them(papers: Collection) -> None:
    *_, last = papers.diagnose("river bees floods", match="all").relaxations
    assert (last.request.match, last.dropped, last.by, last.all_words) == ("auto", (), "", 0)
    assert last.count == papers.search("river bees floods").total


def test_at_most_a_handful_is_offered(papers: Collection) -> None:
    names = [record["title"].split()[-1] for record in RIVERS]
    diagnosis = papers.diagnose(" ".join(names[:6]), match="all")
    assert len(diagnosis.relaxations) <= MOST_RELAXATIONS
    assert len(papers.diagnose(" ".join(names * 9), year="1950").clauses) <= 2 * MOST_PARTS


# Words that may have been meant


def test_a_word_of_few_papers_may_be_another_one(papers: Collection) -> None:
    page = papers.search("floots")
    assert [hit.id for hit in page] == ["bees"]
    (offer,) = papers.diagnose("floots").relaxations
    assert (offer.replaced, offer.by, offer.count) == ("floots", "floods", 12)
    (offer,) = papers.diagnose("floots river", match="all").relaxations[:1]
    assert (offer.request.query, offer.all_words) == ("floods river", 12)


def test_no_word_is_offered_that_the_search_has_read(papers: Collection) -> None:
    page = papers.search("floots river")
    assert (page.total, page.relaxed) == (12, False)
    assert papers.diagnose("floots river").relaxations == ()


@pytest.mark.parametrize("query", ['"floots"', "=floots", "-floots", "floots*", "honey", "bees"])
def test_what_is_meant_as_it_is_stays(papers: Collection, query: str) -> None:
    assert papers.diagnose(query).relaxations == ()


def test_a_name_of_nobody_may_be_another_one(papers: Collection) -> None:
    first, *_ = papers.diagnose("river", author="Hanna Brant").relaxations
    assert first.request == Request("river", author=("Hanna Brandt",))
    assert (first.replaced, first.by, first.count) == ("Hanna Brant", "Hanna Brandt", 4)
    first, *_ = papers.diagnose('author:"Hanna Brant"').relaxations
    assert (first.request.query, first.count) == ('author:"Hanna Brandt"', 4)
    first, *_ = papers.diagnose("river author:brant").relaxations
    assert (first.request.query, first.count) == ("river author:brandt", 4)


# Laws

PIECES = st.sampled_from(
    """river floods bees qqqqqq the floots "river_floods" +river -bees year:1950 year:2002
    author:brandt author:"Hanna_Brant" (river_OR_bees) title:dough =rivers riv* flods~ AND cat:phys
    (bees_dough)^2 +(river_spring) has:code year:20x9 * 😀 ( " id:bees""".split()
).map(lambda piece: piece.replace("_", " "))
QUERIES = st.lists(PIECES, max_size=6).map(" ".join) | st.text(max_size=30)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "match": st.sampled_from(["all", "any", "auto"]),
        "year": st.sampled_from(["1950", "2002", "2010.."]),
        "author": st.sampled_from(["Hanna Brandt", "Hanna Brant", "Mia Vogel"]),
        "category": st.sampled_from(["phys", "q-bio.PE"]),
        "has_code": st.booleans(),
        "sort": st.sampled_from(["relevance", "date"]),
        "strict": st.booleans(),
        "limit": st.sampled_from([0, 3]),
        "page": st.just(2),
    },
)


@law
@given(QUERIES, OPTIONS)
def test_what_is_offered_is_what_a_search_finds(
    papers: Collection, query: str, options: dict[str, Any]
) -> None:
    diagnosis = papers.diagnose(query, **options)
    assert not diagnosis.partial
    for offer in diagnosis.relaxations:
        found = papers.answer(offer.request)
        assert found.total == offer.count > 0
        assert papers.diagnose(offer.request).total == offer.count
    for clause in diagnosis.clauses:
        assert diagnosis.total == 0
        if not clause.filter:
            asked = {key: options[key] for key in ("match", "sort", "limit") if key in options}
            assert papers.search(clause.text, **asked).total == clause.count
    assert {one.text for one in diagnosis.killers if len(one.text.split()) == 1} <= {
        one.text for one in diagnosis.clauses
    }
    assert pickle.loads(pickle.dumps(diagnosis)) == diagnosis
    json.dumps(diagnosis.to_dict())


@law
@given(QUERIES, OPTIONS)
def test_no_offer_is_made_where_enough_is_found(
    papers: Collection, query: str, options: dict[str, Any]
) -> None:
    diagnosis = papers.diagnose(query, **options)
    if diagnosis.total:
        assert not diagnosis.clauses
        assert all(offer.by for offer in diagnosis.relaxations)
        assert all(offer.all_words > 0 for offer in diagnosis.relaxations)


# Costs and errors


def test_a_search_never_asks_the_doctor(
    papers: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.doctor.Doctor", None)
    assert papers.search("qqqqqq").diagnosis is None
    assert "diagnosis" not in papers.search("river").to_dict()


def test_without_time_nothing_is_said(papers: Collection) -> None:
    assert papers.diagnose("qqqqqq", timeout=0) == Diagnosis(0, partial=True)


def test_options_belong_to_a_query(papers: Collection) -> None:
    request = Request("qqqqqq")
    assert papers.diagnose(request) == papers.diagnose("qqqqqq")
    with pytest.raises(BadRequestError, match="a request has them already"):
        papers.diagnose(request, year="2002")


# The command line


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[str, list[str]]]:
    """Return what ``searcher search`` prints, and the lines on stderr but for the place."""
    monkeypatch.setenv("SEARCHER_INDEX", str(folder))

    def run(*arguments: str) -> tuple[str, list[str]]:
        cli.main(["search", *arguments], standalone_mode=False)
        printed = capsys.readouterr()
        return printed.out, printed.err.replace(str(folder), "rivers").splitlines()

    return run


def test_the_terminal_says_what_to_type(run: Callable[..., tuple[str, list[str]]]) -> None:
    out, lines = run("river", "floods", "--year=1950", "--author", "Hanna Brandt", "--page", "1")
    assert out == ""
    assert lines == [
        "no paper matches in rivers, which holds 14 papers",
        "each by itself: river 12 · floods 12 · --year 1950 0 · --author Hanna Brandt 4",
        "in the way: --year 1950",
        "4 papers without --year 1950: searcher search river floods --author 'Hanna Brandt'",
    ]
    _, lines = run("river", "--author", "Hanna Brant", "--sort", "date")
    assert lines[4:6] == [
        "4 papers with Hanna Brandt for Hanna Brant:"
        " searcher search river --sort date --author 'Hanna Brandt'",
        "12 papers without --author Hanna Brant: searcher search river --sort date",
    ]
    _, lines = run("river", "--has-code")
    assert lines[2:] == [
        "in the way: --has-code",
        "12 papers without --has-code: searcher search river",
    ]
    _, lines = run("--all", "--", "bees", "river", "-dough")
    assert lines[2:] == [
        "in the way: bees",
        "12 papers without bees: searcher search --all -- river -dough",
        "1 paper without river: searcher search --all -- bees -dough",
        "13 papers (with any of the words) without --all: searcher search -- bees river -dough",
    ]


def test_a_search_of_few_papers_names_the_word_that_may_be_meant(
    run: Callable[..., tuple[str, list[str]]],
) -> None:
    out, lines = run("floots")
    assert "Dances of honey bees" in out
    assert lines == ["12 papers with floods for floots: searcher search floods"]
    assert run("honey")[1] == []


def test_programs_get_the_same_object(
    run: Callable[..., tuple[str, list[str]]], papers: Collection
) -> None:
    out, lines = run("river", "--year", "1950", "--format", "json")
    diagnosis = papers.diagnose("river", year="1950").to_dict()
    assert json.loads(out)["diagnosis"] == json.loads(json.dumps(diagnosis))
    assert len(lines) == 1
    assert "diagnosis" not in json.loads(run("honey", "--format", "json")[0])
