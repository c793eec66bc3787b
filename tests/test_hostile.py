"""Input made to do harm: endless queries, searches out of time, text that steers a terminal."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index.analysis import stem
from index.paper import Copy, Paper, Source
from index.readers.base import clean
from index.writers.opening import open_writer
from searcher import deadline as deadlines
from searcher.cli.main import main
from searcher.deadline import Deadline, OutOfTimeError
from searcher.output.tables import paper_json
from searcher.query.leaves import MAX_FUZZY_CHARS
from searcher.query.parser import MAX_NEAR_WORDS, MAX_QUERY_CHARS, parse
from searcher.query.rewriting import MAX_EXPANSIONS, MAX_SCANS
from searcher.query.words import Words

STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
law = settings(max_examples=50)

WORDS = "river stone moss rain cloud delta flood gravel heron island jetty kelp lagoon".split()


def paper(number: int, **values: Any) -> Paper:
    texts: dict[str, Any] = {
        "title": f"{WORDS[number % 13]} and {WORDS[number * 5 % 13]}",
        "abstract": " ".join(WORDS[number * step % 13] for step in range(1, 12)) + ".",
        "authors": (f"Ann {WORDS[number % 7].title()}", f"Bo Poe{number}"),
    }
    return Paper(
        f"p{number}", **{**texts, "categories": ("LG",), "year": 2000 + number % 9} | values
    )


def write(directory: Path, papers: list[Paper]) -> Path:
    """Write papers as a foreign index would hold them: as they are, by a writer without checks."""
    with patch("index.writers.port.fault_of", lambda _: ""), open_writer(str(directory)) as writer:
        for number, one in enumerate(papers, 1):
            file = one.sources[0].file if one.sources else "/seeds/papers.jsonl"
            placed = Paper(
                **{name: getattr(one, name) for name in one.__slots__}
                | {"sources": (Source(file, number),)}
            )
            writer.add([Copy.of(placed)], set())
        writer.commit()
    return directory


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Collection]:
    directory = tmp_path_factory.mktemp("hostile") / "papers.index"
    many = [paper(number) for number in range(60)]
    every_letter = [
        paper(
            100 + number,
            abstract=" ".join(
                f"{letter}{number}{WORDS[number % 13]}" for letter in "abcdefghijklmnopqrstuvwxyz"
            ),
        )
        for number in range(60)
    ]
    long_word = paper(999, title="long", abstract="a" * 5_000 + " " + "the " * 3_000)
    write(directory, [*many, *every_letter, long_word])
    with searcher.open(directory) as opened:
        yield opened


# Queries without end


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("*", ""),
        ("a* b* c*", ""),
        ("?* *?", ""),
        (" ".join(f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"), "too-many-terms"),
        (" ".join(f"{word}~" for word in WORDS), ""),
        (" ".join(f"{word}~2" for word in WORDS * 50), "too-many-scans"),
        ("*x " * 3_000, "too-many-scans"),
        ("*" + "a*" * 4_000 + "b", ""),
        ("?" * 9_000 + "a", ""),
        ("a" * 9_990 + "~2", "bad-fuzzy"),
        ("author:" + "a" * 9_000 + "~2", "bad-fuzzy"),
        ("(" * 1_000 + "river" + ")" * 1_000, "too-deep"),
        ("(" * 3_300 + "river" + ") a" * 1_800, "too-deep"),
        ("()a(((((((" * 900, "too-deep"),
        ("(" * 5_000, "too-deep unbalanced-parenthesis empty-parentheses empty-query"),
        (")" * 5_000, "unbalanced-parenthesis empty-query"),
        ("-" * 9_000 + "river", ""),
        ("NOT " * 2_000 + "river", ""),
        ("river OR " * 1_000, "dangling-operator"),
        ("river AND " * 900 + "stone", ""),
        ("title:" * 1_500 + "river", ""),
        ("river^2" + "^2" * 4_000, "bad-boost"),
        ("word " * 10_000, "too-long"),
        (" ".join(f"w{number}" for number in range(10_000)), "too-long"),
        ("-".join("a" * 4_900), ""),
        ('"' + "the " * 2_400 + '"', ""),
        ('"' + "the " * 2_400 + '"~50', "bad-slop"),
        ('"' + "the " * MAX_NEAR_WORDS + '"~50', ""),
        ("author:a " * 1_100, ""),
        ("cat:x " * 1_600, "no-such-category"),
        ("a\x00b", ""),
        ("\x00", "empty-query"),
        ("\u202eriver\u202c \u2066stone\u2069", ""),
        ("\\" * 9_000, "empty-query"),
        ("\\'" * 4_500 + "a", ""),
        ("\u0301" * 9_000, "empty-query"),
        ("\ud800 river", ""),
        ("x:" * 4_000, "unknown-field"),
    ],
    ids=lambda value: value[:12] if value else "nothing",
)
def test_any_query_is_answered_and_what_is_cut_is_said(
    papers: searcher.Collection, query: str, codes: str
) -> None:
    page = papers.search(query, facets=["author", "year"])
    assert {found.code for found in page.diagnostics} - {"relaxed", "no-such-name"} >= set(
        codes.split()
    )
    assert not page.partial
    assert page.total is not None
    assert page.total >= len(page.hits)
    assert all(hit.snippets and hit.snippets.abstract for hit in page.hits if hit.title)


def test_a_query_is_cut_where_it_is_too_long() -> None:
    assert parse("a" * MAX_QUERY_CHARS).diagnostics == ()
    (said,) = parse("a" * (MAX_QUERY_CHARS + 1)).diagnostics
    assert said.code == "too-long"
    assert "10,001 characters" in said.message


def test_a_tilde_goes_after_words_up_to_a_length() -> None:
    assert str(parse("a" * MAX_FUZZY_CHARS + "~").tree).endswith("a~")
    assert str(parse("a" * (MAX_FUZZY_CHARS + 1) + "~").tree).endswith("a")


def test_wildcards_stand_for_so_many_words_all_together(papers: searcher.Collection) -> None:
    page = papers.search(" OR ".join(f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"))
    said = [found.message for found in page.diagnostics if found.code == "too-many-terms"]
    assert len(said) > 1
    searched = [int(re.findall(r"the ([\d,]+) most frequent", message)[0]) for message in said]
    assert 0 < searched[0] < MAX_EXPANSIONS
    assert set(searched[1:]) == {0}


def test_the_wildcards_after_the_last_that_is_looked_up_stand_for_nothing(
    papers: searcher.Collection,
) -> None:
    looked_up = papers.search("zz* OR " * (MAX_SCANS - 1) + "riv*")
    assert looked_up.total
    assert looked_up.diagnostics == ()
    left_out = papers.search("zz* OR " * MAX_SCANS + "riv*")
    assert left_out.total == 0
    (said,) = left_out.diagnostics
    assert said.code == "too-many-scans"
    assert "riv*" in said.message


def test_a_word_of_any_length_is_stemmed() -> None:
    assert stem("ay" * 400_000 + "s") == "ay" * 400_000
    assert stem("rivers") == "river"


# Time


class Ticks:
    """A clock on which every look takes a second."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> float:
        self.now += 1
        return float(self.now)


def test_a_deadline_passes_once_and_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "clock", Ticks())
    deadline = Deadline(2.5)
    assert [deadline.is_over() for _ in range(4)] == [False, False, True, True]
    with pytest.raises(OutOfTimeError):
        deadline.check()


SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("river", {}),
    ("river stone moss", {"match": "any"}),
    ("river stone moss", {"match": "all"}),
    ("river qqqqqq", {}),
    ("river OR (stone -moss) OR r*", {}),
    ("rivr~ AND stone", {}),
    ('"river stone"~3 OR "moss rain"', {}),
    ("author:poe1 OR author:b*", {}),
    ("(river OR author:ann) -rain +stone cloud", {"match": "any"}),
    ("*", {"author": ["Ann River", "Bo Poe3"], "year": "2003.."}),
    ("r* s*", {"sort": "date", "explain": True}),
    ("-river", {"category": "LG"}),
]


@pytest.mark.parametrize(("query", "options"), SEARCHES, ids=str)
def test_what_is_found_in_time_is_found_with_more_time(
    papers: searcher.Collection,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    options: dict[str, Any],
) -> None:
    directory = papers._directory
    options = {"facets": ["author", "year", "code"], "limit": 500, **options}
    whole = papers.search(query, **options)
    matching = {hit.id for hit in whole.hits}
    seconds, totals, partial = 0.5, [], True
    while partial:
        monkeypatch.setattr(deadlines, "clock", Ticks())
        with searcher.open(directory) as fresh:  # which keeps nothing of a search before
            page = fresh.search(query, timeout=seconds, **options)
        found = [hit.id for hit in page.hits]
        assert set(found) <= matching
        assert len(found) == len(set(found)) == page.total
        partial = page.partial
        assert [said.code for said in page.diagnostics if said.code == "timeout"] == (
            ["timeout"] if partial else []
        )
        assert page.facets is not None
        assert page.total is not None
        for counts in page.facets.values():
            assert all(entry.count <= page.total for entry in counts)
        assert sum(entry.count for entry in page.facets["code"]) == page.total
        totals.append(page.total)
        seconds = seconds * 1.3 + 1
    assert found == [hit.id for hit in whole.hits]
    assert page.facets == whole.facets
    assert [hit.score for hit in page.hits] == [hit.score for hit in whole.hits]
    assert totals[0] == 0
    assert len(totals) > 1


@pytest.mark.parametrize(
    "joiner", [" ", " OR ", " AND ", "^2 ", "^2 OR ", " +", " -", ") (NOT ", " OR NOT "]
)
def test_words_are_not_read_on_when_the_time_is_over(
    papers: searcher.Collection, monkeypatch: pytest.MonkeyPatch, joiner: str
) -> None:
    read = []
    meaning = Words.meaning

    def counted(words: Words, text: str, field: str) -> Any:
        read.append(text)
        return meaning(words, text, field)

    monkeypatch.setattr(Words, "meaning", counted)
    monkeypatch.setattr(deadlines, "clock", Ticks())
    with searcher.open(papers._directory) as fresh:  # which remembers no word
        words = joiner.join(f"unread{at}" for at in range(300))
        page = fresh.search(f"({words})", timeout=100)
    assert page.partial
    assert 50 < len(read) <= 100


def test_some_words_of_many_are_better_than_none(
    papers: searcher.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = set()
    for seconds in range(1, 40):
        monkeypatch.setattr(deadlines, "clock", Ticks())
        with searcher.open(papers._directory) as fresh:
            counts.add(fresh.search("heron kelp moss gravel", match="any", timeout=seconds).total)
    assert len(counts) > 2


def test_a_search_out_of_time_leaves_the_next_one_whole(papers: searcher.Collection) -> None:
    for query, options in SEARCHES:
        late = papers.search(query, timeout=0, **options)
        assert late.partial
        assert late.total == 0
        assert late.hits == ()
        page = papers.search(query, **options)
        assert page.total
        assert not page.partial


@pytest.mark.parametrize(
    "query",
    [
        "river OR stone OR author:nobody",
        "year:2003 OR river^2 OR stone",
        '"river stone"~3 OR moss OR category:LG',
        "river stone moss",
    ],
)
def test_a_search_stopped_anywhere_leaves_the_next_one_whole(
    papers: searcher.Collection, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    options: dict[str, Any] = {"match": "any", "limit": 500, "explain": True, "facets": "year"}
    others = ["heron kelp", "stone", query]
    monkeypatch.setattr(deadlines, "clock", Ticks())

    def answer(papers: searcher.Collection, query: str) -> tuple[object, ...]:
        page = papers.search(query, **options)
        hits = [(hit.id, hit.score, hit.parts) for hit in page.hits]
        return page.total, page.facets, page.diagnostics, hits

    expected = []
    for other in others:
        with searcher.open(papers._directory) as fresh:
            expected.append(answer(fresh, other))
    with searcher.open(papers._directory) as warm:
        for before in [query for query, _ in SEARCHES] + others:
            answer(warm, before)
        looks, partial = 0, True
        while partial:
            looks += 1
            for other, right in zip(others, expected, strict=True):
                partial = warm.search(query, timeout=looks - 0.5, **options).partial
                assert answer(warm, other) == right, (looks, other)
    assert looks > 3


def test_a_timeout_that_is_not_met_changes_nothing(papers: searcher.Collection) -> None:
    for query, options in SEARCHES:
        page = papers.search(query, timeout=1e6, **options)
        expected = papers.search(query, **options)
        assert (page.hits, page.total, page.diagnostics) == (
            expected.hits,
            expected.total,
            expected.diagnostics,
        )


@pytest.mark.parametrize("timeout", [-1, float("nan"), "soon"])
def test_a_timeout_is_a_number_of_seconds(papers: searcher.Collection, timeout: Any) -> None:
    with pytest.raises(searcher.BadRequestError, match="timeout"):
        papers.search("river", timeout=timeout)


# Text that steers a terminal

STEERING_TEXTS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear": "\x1b[2J\x1b[H",
    "title of the window": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://example.com\x1b\\here\x1b]8;;\x1b\\",
    "device control": "\x1bP+q544e\x1b\\",
    "one character CSI": "\x9b31m",
    "one character OSC": "\x9d0;owned\x9c",
    "backspace": "good\x08\x08\x08\x08evil",
    "carriage return": "good\revil",
    "delete": "a\x7fb",
    "NUL": "a\x00b",
    "bell": "a\x07b",
    "overrides": "\u202eevil\u202c \u202dx\u202c \u202ax\u202c \u202bx",
    "isolates": "\u2066x\u2069 \u2067x\u2069 \u2068x\u2069",
    "marks of direction": "\u200ex\u200fx\u061c",
    "separators": "a\u2028b\u2029c",
}


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["searcher", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "a defect of searcher" not in err, err
        return int(ended.value.code or 0), out, err

    return run


def shown_safely(text: str, *, colour: bool = False) -> bool:
    if colour:
        text = re.sub(r"\x1b\[(?:0|1|2|1;31)m", "", text)
    return not STEERING.search(text)


@pytest.mark.parametrize("text", STEERING_TEXTS.values(), ids=STEERING_TEXTS)
def test_a_foreign_index_steers_no_terminal(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, text: str
) -> None:
    hostile = Paper(
        id=f"id {text}",
        title=f"Rivers {text}",
        abstract=f"Rivers {text} run. <b>{text}</b> & rivers run on.",
        authors=(f"Ann {text}", "Sam Roe"),
        categories=(f"LG{text}",),
        year=2020,
        institutions=(f"Inst {text}",),
        owners=(f"Ann {text}",),
        sources=(Source(f"/seeds/{text}.jsonl", 1),),
    )
    own = write(tmp_path / "own.index", [hostile])
    facets = [
        word for facet in ("author", "institution", "category") for word in ("--facet", facet)
    ]
    for arguments in (
        ["search", "rivers", *facets],
        ["search", "rivers", "--color", "always", "--explain", *facets],
        ["search", "rivers", "--format", "csv"],
        ["search", "rivers", "--format", "json", *facets],
        ["search", "rivers", "--format", "jsonl"],
        ["search", f"{text} rivers~ nofield:{text} cat:{text} year:{text}", "--any"],
        ["search", f'"{text}', f"rivers^{text}", f"author:{text}"],
        ["search", "rivers", "--strict", f"nofield:{text}"],
        ["search", "rivers", "--category", text, "--author", text],
        ["search", "rivers", "--year", text],
        ["search", "rivers", "--sort", text],
        ["search", "rivers", f"--{text}"],
        ["search", "rivers", "--limit", text],
        ["search", "rivers", "--timeout", text],
        [text],
        ["facets", "*", *facets, "--color", "always"],
        ["show", hostile.id],
        ["show", hostile.id, "--color", "always"],
        ["show", hostile.id, "--format", "json"],
        ["show", f"no {text}"],
        ["stats"],
    ):
        _, out, err = run(*arguments, *(["--index", own] if arguments != [text] else []))
        assert shown_safely(out, colour="always" in arguments), (arguments, out)
        assert shown_safely(err), (arguments, err)


@pytest.mark.parametrize("text", STEERING_TEXTS.values(), ids=STEERING_TEXTS)
def test_names_of_files_steer_no_terminal(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, text: str
) -> None:
    name = text.replace("\x00", "").replace("/", ":")
    seed = tmp_path / f"seed {name}.jsonl"
    seed.write_text(json.dumps({"title": f"Rivers {text}", f"key {text}": 1, "year": text}) + "\nx")
    own = tmp_path / f"own {name}.index"
    for arguments in (
        ["index", seed, "--index", own],
        ["index", tmp_path / f"gone {name}", "--index", own],
        ["index", seed, "--index", own, "--strict"],
        ["index", seed, "--index", seed],
        ["show", "x", "--index", tmp_path / f"none {name}"],
        ["search", "x", "--index", seed],
        ["search", "rivers", "--index", own],
    ):
        _, out, err = run(*arguments)
        assert shown_safely(out), (arguments, out)
        assert shown_safely(err), (arguments, err)


@law
@given(text=st.text(max_size=60), title=st.text(min_size=1, max_size=60))
def test_json_loses_nothing_and_steers_nothing(text: str, title: str) -> None:
    whole = Paper("x", title, text, (title,), sources=(Source(text, 1),))
    printed = paper_json(whole)
    assert printed.isascii()
    assert shown_safely(printed)
    read = json.loads(printed)
    assert (read["title"], read["authors"]) == (title, [title])
    assert read.get("abstract", "") == text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b < c > d \" e ' f", "</mark>"])
def test_html_is_escaped_where_html_is_written(tmp_path: Path, text: str) -> None:
    own = write(tmp_path / "own", [Paper("x", f"rivers {text}", f"A rivers {text} river.")])
    with searcher.open(own) as opened:
        (hit,) = opened.search("rivers").hits
    assert hit.snippets
    for snippet in map(hit.snippets.html, ("title", "abstract")):
        assert "<mark>" in snippet
        assert not re.search("[<>\"']", re.sub("</?mark>", "", snippet))
    assert hit.snippets.title[-1].text.endswith(text.removeprefix("rivers "))


def test_what_a_late_search_prints(
    run: Callable[..., tuple[int, str, str]], papers: searcher.Collection
) -> None:
    own = ["--index", papers._directory, "--timeout", "0"]
    code, out, err = run("search", "river", *own)
    assert (code, out) == (1, "")
    assert "note: the time of 0 s was over" in err
    assert "no paper found in time" in err
    code, out, _ = run("search", "river", "--format", "json", *own)
    page = json.load(io.StringIO(out))
    assert (code, page["partial"], page["hits"]) == (1, True, [])
    assert [said["code"] for said in page["diagnostics"]] == ["timeout"]


@pytest.mark.parametrize(
    "text",
    [
        "\u20e6Roe " + "\ufffd" * 120 + "t Lakes",  # a mark in front, signs in a row
        "\u2605" * 40 + " \u00e1",
        "x" + "\u0323" * 30 + "q" + "\u0323" * 30,
    ],
)
def test_signs_in_a_row_are_no_marks(text: str) -> None:
    assert clean(text) == text


def test_of_marks_on_one_letter_the_first_stay() -> None:
    assert clean("x" + "\u0323" * 200 + "\u2605" * 50) == "x" + "\u0323" * 30 + "\u2605" * 50
