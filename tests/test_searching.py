"""The verbs that search, in front of an engine of a few papers: what they ask and what they print.

``test_cli`` runs the same verbs, and all others, on a real index.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import searcher
from index import Paper
from searcher.cli.main import cli
from searcher.collection import Collection
from searcher.engines.port import Plan
from tests.fake_engine import FakeEngine

PAPERS = [
    Paper(f"p{number:02}", f"Rivers of land {number}", year=2000 + number, categories=("LG",))
    for number in range(1, 13)
]


class Result(NamedTuple):
    """How a verb ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(*PAPERS)


@pytest.fixture
def run(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The command line, whose index called ``atlas`` is the fake engine."""

    def opened(place: Any, *, ranking: Any = None) -> Collection:
        return Collection(place, engine=engine, ranking=ranking)

    monkeypatch.setattr(searcher, "open", opened)

    def run(*arguments: str) -> Result:
        words = [*arguments, "--index", "atlas"]
        code = cli.main(words, prog_name="searcher", standalone_mode=False)
        return Result(code, *capsys.readouterr())

    return run


def test_a_page_in_text(run: Run) -> None:
    result = run("search", "rivers", "--limit", "2", "--page", "2", "--facet", "code")
    assert result.code == 0
    assert result.out.splitlines() == [
        "  3 Rivers of land 3",
        "    LG Machine Learning · 2003 · p03",
        "",
        "  4 Rivers of land 4",
        "    LG Machine Learning · 2004 · p04",
        "",
        "code  no 12",
        "3–4 of 12 papers in atlas",
        "next: searcher search rivers --facet code --index atlas --limit 2 --page 3",
    ]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["search", "rivers"], {"limit": 10, "start": 0, "facets": ("category", "year")}),
        (["search", "rivers", "--page", "3"], {"limit": 10, "start": 20}),
        (["search", "rivers", "--format", "csv"], {"facets": (), "papers": True}),
        (["search", "rivers", "--explain", "--sort", "date"], {"explain": True, "sort": "date"}),
        (["search", "rivers", "--facet", "code"], {"facets_within_filters": False}),
        (["facets", "rivers"], {"facets_within_filters": True, "limit": 0}),
        (["stats"], {"facets": ("category", "year"), "limit": 0}),
    ],
)
def test_what_an_engine_is_asked(
    run: Run, engine: FakeEngine, arguments: list[str], asked: dict[str, Any]
) -> None:
    run(*arguments)
    plan: Plan = engine.plans[-1]
    assert {name: getattr(plan, name) for name in asked} == asked


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["search", "rivers"], 0, ""),
        (["search", "lakes"], 1, "no paper matches in atlas, which holds 12 papers\n"),
        (
            ["search", "rivers", "--page", "3"],
            1,
            "searcher: there is no page 3: 12 papers in atlas are 2 pages of 10\n",
        ),
        (["search", "rivers", "--limit", "0"], 0, ""),
        (["facets", "lakes"], 1, ""),
        (["show", "p01"], 0, ""),
        (["show", "p99"], 1, "searcher: atlas: no paper has the id 'p99'; search prints the id"),
    ],
)
def test_exit_codes_and_what_stderr_says(
    run: Run, arguments: list[str], code: int, said: str
) -> None:
    result = run(*arguments)
    assert result.code == code
    assert result.err.startswith(said)
    assert bool(result.err) is bool(said)


def test_the_json_is_the_page_s_own(run: Run) -> None:
    printed = json.loads(run("search", "rivers", "--format", "json").out)
    papers = Collection("atlas", engine=FakeEngine(*PAPERS))
    page = papers.search("rivers", facets=["category", "year"], echo=True)
    assert {**printed, "took_ms": 0} == {**page.to_dict(), "took_ms": 0}


@pytest.mark.parametrize("form", ["text", "csv", "bibtex", "json"])
@pytest.mark.parametrize("query", ["rivers of x", "lakes of x"])
def test_the_echo_is_on_stderr_also_where_nothing_is_found(run: Run, query: str, form: str) -> None:
    result = run("search", query, "--echo", "--format", form)
    echo = [f"{query.split()[0]} → {query.split()[0]}", "of → left out, since it tells nothing"]
    lines = [" ".join(line.split()) for line in result.err.splitlines()]
    assert [line for line in lines if "→" in line][:2] == (echo if form != "json" else [])
    assert form == "json" or "→" not in result.out


def test_the_values_of_facets_are_limited(run: Run) -> None:
    result = run("facets", "rivers", "--facet", "code", "--limit", "0", "--format", "csv")
    assert result.out == "facet,value,count\n"
