"""Acronyms in an index of a few papers: each way is read as the other where papers are clear."""

import csv
import io
import json
from collections.abc import Collection as Some
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from searcher.cli.main import cli
from searcher.deadline import Deadline, OutOfTimeError
from searcher.query import acronyms
from searcher.query.parser import parse
from searcher.query.rewriting import Rewriter
from searcher.request import MatchMode
from tests.conftest import write_jsonl
from tests.vocabulary import Terms, vocabulary_of
from tests.writing import commit, delete, paper

TEXTS = {
    # Three papers agree, and two more use one form only.
    "t1": "A tidal flow model (TFM) of the bay.",
    "t2": "Tidal flow models (TFMs) are slow.",
    "t3": "The TFM (tidal-flow model) of the coast.",
    "short": "Fast TFMs for a coast.",
    "long": "Tidal flow modelling of a bay.",
    # Two agree.
    "w1": "Wave height buoys (WHB).",
    "w2": "A wave height buoy (WHB).",
    "w3": "The WHB drifts.",
    # Half mean the one, half the other.
    **{f"s{number}": "A salt marsh area (SMA) at the coast." for number in range(3)},
    **{f"m{number}": "A small motor array (SMA) at the coast." for number in range(3)},
    # A word that is hardly ever written in capitals.
    **{f"c{number}": "The coastal area tracker (CAT)." for number in range(3)},
    **{f"a{number}": "A cat sleeps." for number in range(40)},
    # With an s it is another word, and yet another is a plural.
    **{f"g{number}": "A gale probe (GP) beside the GPS." for number in range(3)},
    **{f"l{number}": "All lagoon maps (LMs)." for number in range(3)},
    # Of one with a stop word and a compound, its name in capitals is another thing.
    **{f"r{number}": "The rate-of-rise gauge (RORG)." for number in range(3)},
    "gauge": "A gauge of the rise.",
}


def opened(folder: Path, texts: dict[str, str]) -> searcher.Collection:
    """Return an open index of papers with these abstracts, by id."""
    records = [{"id": name, "title": "t", "abstract": text} for name, text in texts.items()]
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *records)])
    return searcher.open(folder / "index")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> searcher.Collection:
    return opened(tmp_path_factory.mktemp("acronyms"), TEXTS)


MODES: tuple[MatchMode, ...] = ("all", "any", "auto")


def ids(papers: searcher.Collection, query: str, **options: Any) -> list[str]:
    return sorted(hit.id for hit in papers.search(query, limit=100, **options))


def said(papers: searcher.Collection, query: str, **options: Any) -> list[str]:
    return [one.message for one in papers.search(query, **options).diagnostics]


FLOW = ["long", "short", "t1", "t2", "t3"]
TFM_READ = ['TFM also read as "tidal flow model" (3 papers)']
LONG_READ = ['"tidal flow models" also read as TFM (3 papers)']


@pytest.mark.parametrize("match", MODES)
def test_an_acronym_finds_what_it_stands_for(papers: searcher.Collection, match: MatchMode) -> None:
    assert ids(papers, "TFM", match=match) == FLOW
    assert said(papers, "TFM", match=match) == TFM_READ
    assert papers.search("TFM", match=match).total == len(FLOW)


@pytest.mark.parametrize("match", MODES)
def test_a_long_form_finds_its_acronym(papers: searcher.Collection, match: MatchMode) -> None:
    assert "short" in ids(papers, "tidal flow models", match=match)
    assert ids(papers, "tidal flow models", match="all") == FLOW
    assert LONG_READ[0] in said(papers, "tidal flow models", match=match)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("TFM bay", ["long", "t1"]),
        ("tfms bay", ["long", "t1"]),
        ("fast tidal-flow model", ["short"]),
        ("fast Tidal Flow Models coast", ["short"]),
        ("coast AND TFM", ["short", "t3"]),
        ("+TFM bay", ["long", "t1"]),
        ("TFM^2 bay", ["long", "t1"]),
        ("(TFM) -coast", ["long", "t1", "t2"]),
        ("gauge rate of rise", ["r0", "r1", "r2"]),
        ("gp", ["g0", "g1", "g2"]),
        ("lms", ["l0", "l1", "l2"]),
    ],
)
def test_it_is_one_word_among_others(
    papers: searcher.Collection, query: str, found: list[str]
) -> None:
    assert ids(papers, query, match="all") == found


@pytest.mark.parametrize(
    "query",
    [
        '"TFM"',
        "=TFM",
        "TFM~",
        "TF*",
        "title:TFM",
        "abstract:TFM",
        "author:TFM",
        "bay -TFM",
        "bay -(tidal flow model)",
        "TFM OR bay",
        '"tidal flow model"',
        "flow tidal model",
        "tidal model",
        "tidal -flow model",
        "tidal OR flow model",
        "WHB",
        "wave height buoy",
        "SMA",
        "salt marsh area",
        "cat",
        "CAT",
        "coastal area tracker",
        "area",
        "gps",
        "GPS",
        "us",
        "xyz",
        "*",
    ],
)
def test_what_is_read_as_it_stands(papers: searcher.Collection, query: str) -> None:
    page = papers.search(query, match="all")
    plain = papers.search(query, match="all", acronyms=False)
    assert "acronym" not in {one.code for one in page.diagnostics}
    assert (page.total, page.hits) == (plain.total, plain.hits)


def test_it_can_be_switched_off(papers: searcher.Collection) -> None:
    assert ids(papers, "TFM", acronyms=False) == ["short", "t1", "t2", "t3"]
    assert said(papers, "TFM", acronyms=False) == []
    # A strict search reads nothing but what is written.
    assert ids(papers, "TFM", strict=True) == ["short", "t1", "t2", "t3"]


def test_what_was_typed_comes_first(papers: searcher.Collection) -> None:
    hits = papers.search("TFM").hits
    assert hits[-1].id == "long"
    assert papers.search("tidal flow modelling bay", match="any").hits[0].id == "long"


def test_both_forms_are_marked(papers: searcher.Collection) -> None:
    hits = {hit.id: hit for hit in papers.search("TFM").hits}
    marked = {name: hit.snippets.html("abstract") for name, hit in hits.items() if hit.snippets}
    assert "<mark>TFMs</mark>" in marked["short"]
    assert "<mark>Tidal flow modelling</mark>" in marked["long"]
    (short,) = [hit for hit in papers.search("tidal flow models") if hit.id == "short"]
    assert short.snippets
    assert "<mark>TFMs</mark>" in short.snippets.html("abstract")


def test_a_long_query_is_told_where_no_more_is_looked_at(papers: searcher.Collection) -> None:
    words = " ".join(["bay"] * acronyms.MAX_WORDS)
    assert said(papers, words, match="any") == []
    (message,) = said(papers, f"{words} TFM", match="any")
    assert message == "acronyms are looked for in 64 words at most"


def test_no_more_papers_are_read_when_the_time_is_over() -> None:
    read: list[tuple[str, ...]] = []

    class Texts(Terms):
        def texts_with(self, forms: Some[str], most: int) -> Iterator[tuple[str, str]]:
            read.append(tuple(forms))
            return super().texts_with(forms, most)

    class Clock(Deadline):
        def check(self) -> None:
            if len(read) > 1:
                raise OutOfTimeError

    words = vocabulary_of("TFM WHB SMA")
    rewriter = Rewriter(Texts(words.fields, words.in_a_row))
    with pytest.raises(OutOfTimeError):
        rewriter.rewrite(parse("TFM WHB SMA").tree, acronyms=True, deadline=Clock(60))
    assert read == [("tfm", "tfms"), ("whb", "whbs")]


def test_the_echo_says_what_is_meant(papers: searcher.Collection) -> None:
    def echo(query: str, **options: Any) -> dict[str, searcher.EchoPart]:
        told = papers.search(query, echo=True, **options).echo
        assert told
        return {part.typed: part for part in told.parts}

    (part,) = echo("TFM").values()
    assert part.searched == ("tfm", "tfms", '"tidal flow model"')
    assert part.changes[-1] == "acronym"
    parts = echo("slow tidal-flow models", match="any")
    assert "acronym" not in parts["slow"].changes
    for typed in ("tidal-flow", "models"):
        assert parts[typed].changes[-1] == "acronym"
        assert {"tfm", "tfms"} <= set(parts[typed].searched)
    assert echo("TFM", acronyms=False)["TFM"].searched == ("tfm", "tfms")


def test_an_export_finds_the_same(papers: searcher.Collection) -> None:
    assert sorted(one.id for one in papers.all("TFM")) == FLOW
    assert len(list(papers.all("TFM", acronyms=False))) == len(FLOW) - 1


def test_why_a_paper_is_found(papers: searcher.Collection) -> None:
    explanation = papers.explain("short", "tidal flow model")
    assert explanation.score
    assert {form for word in explanation.words for part in word.fields for form in part.forms} == {
        "tfms"
    }


# What the papers say


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TFM", [("TFM", "tidal flow model", 3)]),
        ("tfms", [("TFM", "tidal flow model", 3)]),
        ("tidal flow modelling", [("TFM", "tidal flow model", 3)]),
        ("flow model", []),
        ("tidal  flow MODELS", [("TFM", "tidal flow model", 3)]),
        ("whb", [("WHB", "wave height buoy", 2)]),
        ("SMA", [("SMA", "salt marsh area", 3), ("SMA", "small motor array", 3)]),
        ("salt-marsh areas", [("SMA", "salt marsh area", 3)]),
        ("cat", [("CAT", "coastal area tracker", 3)]),
        ("rate of rise gauge", [("RORG", "rate-of-rise gauge", 3)]),
        ("gp", [("GP", "gale probe", 3)]),
        ("gps", []),
        ("lms", [("LM", "lagoon maps", 3)]),
        ("bay", []),
        ("ßß", []),
    ],
)
def test_what_papers_define(
    papers: searcher.Collection, text: str, expected: list[tuple[str, str, int]]
) -> None:
    assert list(papers.acronyms(text)) == expected


def test_the_verb_prints_what_a_search_counts(
    papers: searcher.Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = ("TFM", "tidal flow model", 3)
    for arguments in (["tfm"], ["tidal", "flow", "model"]):
        where = [*arguments, "--index", papers.directories[0]]
        assert cli.main(["acronyms", *where], standalone_mode=False) == 0
        assert capsys.readouterr().out == "3  TFM  tidal flow model\n"
        cli.main(["acronyms", *where, "--format", "json"], standalone_mode=False)
        assert [tuple(one.values()) for one in json.loads(capsys.readouterr().out)] == [expected]
        cli.main(["acronyms", *where, "--format", "csv"], standalone_mode=False)
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        assert rows == [["short", "long", "papers"], list(map(str, expected))]
    assert cli.main(["acronyms", "bay", *where[-2:]], standalone_mode=False) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("defines 'bay', nor an acronym of it\n")
    (said_by_search,) = said(papers, "TFM")
    assert said_by_search == 'TFM also read as "tidal flow model" (3 papers)'


# Laws of any few papers

WORDS = "tidal flow model wave height buoy salt marsh of".split()
LONG_FORMS = ("tidal flow model", "wave height buoy", "tidal-flow models", "salt marsh")
PIECES = [*WORDS, *LONG_FORMS, "TFM", "TFMs", "WHB", "whb", "SM", "sm", "GPS"]
DEFINED = [f"{long} ({short})" for long in LONG_FORMS for short in ("TFM", "WHB", "SMs")]
texts = st.lists(st.sampled_from([*PIECES, *DEFINED]), max_size=8).map(" ".join)
corpora = st.lists(texts, min_size=1, max_size=12)
queries = st.lists(st.sampled_from([*PIECES, "-tidal", '"wave"', "+TFM", "mar*"]), min_size=1)
laws = settings(max_examples=40)


def searchable(folder: Path, corpus: list[str]) -> searcher.Collection:
    return opened(folder, {f"p{number}": text for number, text in enumerate(corpus)})


@laws
@given(
    corpora.map(lambda corpus: [*corpus, *DEFINED[:3] * 3]),
    st.lists(queries.map(" ".join), min_size=4, max_size=4),
)
def test_the_option_never_loses_a_paper(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[str], asked: list[str]
) -> None:
    with searchable(tmp_path_factory.mktemp("law"), corpus) as papers:
        for query in asked:
            for match in MODES[:2]:
                with_them, without = (
                    papers.search(query, match=match, limit=100, acronyms=on)
                    for on in (True, False)
                )
                found = {hit.id for hit in with_them}
                assert found >= {hit.id for hit in without}
                assert with_them.total == len(found)
                if not any(one.code == "acronym" for one in with_them.diagnostics):
                    assert with_them.hits == without.hits


@laws
@given(corpora.map(lambda corpus: corpus * 3))
def test_what_a_search_tells_is_what_the_papers_say(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[str]
) -> None:
    with searchable(tmp_path_factory.mktemp("law"), corpus) as papers:
        for query in ("TFM", "whbs", "SM", "tidal flow models", "wave-height buoy"):
            listed = papers.acronyms(query)
            for message in said(papers, query, match="any"):
                typed, other = message.split(" also read as ")
                name, papers_said = other.removesuffix(")").rsplit(" (", 1)
                count = papers_said.removesuffix(" or more").removesuffix(" papers")
                assert typed.strip('"') == query
                one = listed[0]
                assert name in (one.short, f'"{one.long}"')
                assert acronyms.FEWEST_PAPERS <= int(count) <= one.papers
                assert papers_said.endswith("or more") or int(count) == one.papers


# The papers that are read


@given(
    st.lists(st.tuples(st.sampled_from(["tfm", "TFMs", "tide"]), st.integers(0, 3)), max_size=9),
    st.sets(st.integers(0, 8)),
    st.integers(1, 6),
)
@laws
def test_the_newest_papers_with_a_word_are_read(
    tmp_path_factory: pytest.TempPathFactory,
    dated: list[tuple[str, int]],
    gone: Some[int],
    most: int,
) -> None:
    folder = tmp_path_factory.mktemp("newest")
    made = [
        replace(paper(number), title=f"{word} {number}", abstract="", year=2000 + year)
        for number, (word, year) in enumerate(dated)
    ]
    for one in made or [paper(0)]:
        commit(folder, one)
    delete(folder, *[one.id for number, one in enumerate(made) if number in gone])
    with searcher.open(folder) as papers:
        read = list(papers._index[0].vocabulary.texts_with(("tfm", "tfms"), most))
    having = [
        one for number, one in enumerate(made) if number not in gone and "tf" in one.title.lower()
    ]
    assert len(read) == min(most, len(having))
    newest = sorted([one.year or 0 for one in having], reverse=True)[: len(read)]
    years = {one.title: one.year for one in having}
    assert [years[title] for title, _ in read] == newest


def test_whether_papers_have_an_acronym_and_all_words_of_a_long_form(tmp_path: Path) -> None:
    texts = (
        "Tidal flow maps (TFM).",
        "TFMs of tides flow. Maps.",
        "A TFM of flow.",
        "Tidal flow map.",
    )
    records = [
        {"id": f"t{number}", "title": text if number % 2 else "T", "abstract": text}
        for number, text in enumerate(texts)
    ]
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "papers.jsonl", *records)])
    with searcher.open(tmp_path / "index") as papers:
        together = papers._index[0].vocabulary.together
        forms = ("tfm", "tfms")
        for stems, count in (
            (["flow"], 3),
            (["flow", "map"], 2),
            (["tidal", "map"], 1),
            (["x"], 0),
        ):
            assert [together(forms, stems, enough) for enough in (count, count + 1)] == [
                True,
                False,
            ]
        assert not together(("absent",), ["flow"], 1)
