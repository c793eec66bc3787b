"""How results look: lines, wrapping, marks, bars, plurals, CSV and JSON, and text made safe."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import Paper, Problem, Source, Summary
from searcher import (
    Diagnostic,
    FacetCount,
    Hit,
    Page,
    Piece,
    Request,
    ScorePart,
    Snippets,
)
from searcher.output.terminal import (
    BAR_CELLS,
    FACET_LINES,
    Style,
    facets_text,
    page_csv,
    page_json,
    page_jsonl,
    page_text,
    paper_json,
    paper_text,
    safe,
    summary_text,
)

PLAIN = Style(colour=False, width=None)
COLOUR = Style(colour=True, width=None)
RED, BOLD, DIM, OFF = "\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


PAPER = Paper(
    id="poe-slow-rivers-0badcafe",
    title="Slow Rivers",
    abstract="We map rivers. They are slow.",
    authors=("Ann Poe", "Sam Roe"),
    et_al=True,
    category="LG",
    year=2020,
    date="2020-05-07",
    has_code=True,
    institutions=("delta", "ford"),
    score=95.5,
    owners=("Sam Roe",),
    sources=(Source("/seeds/sam-roe.txt", 12), Source("/seeds/ann-poe.txt", 40)),
)
HIT = Hit(
    rank=1,
    id=PAPER.id,
    title=PAPER.title,
    score=2.34567,
    paper=replace(PAPER, et_al=False, institutions=("delta",)),
    snippets=Snippets(
        title=(Piece("Slow ", False), Piece("Rivers", True)),
        abstract=(Piece("We map ", False), Piece("rivers", True), Piece(".", False)),
    ),
)
PAGE = Page(
    request=Request("river"),
    parsed="river",
    diagnostics=(),
    relaxed=False,
    partial=False,
    total=1,
    hits=(HIT,),
    facets={},
    took_ms=1.23456,
)
SUMMARY = Summary(
    files=5,
    new=159,
    changed=0,
    unchanged=0,
    removed=0,
    missing=0,
    total=159,
    problems=(),
    notes=(),
    assumed_year=None,
    assumed_count=0,
    seconds=0.84,
)

characters = st.one_of(
    st.sampled_from(' \n\r\t-ab,;"$\x1b\x07\x9b\u202e\u061c\u2028\ue000\ue001é漢'),
    st.characters(codec="utf-8"),
)
texts = st.lists(characters, max_size=40).map("".join)
words = st.text(st.sampled_from("abcde-é漢"), min_size=1, max_size=30)
sentences = st.lists(words, min_size=1, max_size=40).map(" ".join)


def of(*values: Any) -> tuple[FacetCount, ...]:
    """Return facet counts from values and counts in turn."""
    return tuple(FacetCount(*pair) for pair in zip(values[::2], values[1::2], strict=True))


def changed(hit: Hit, **changes: Any) -> Hit:
    """Return a hit with other values of its own or of its paper."""
    own = {name: changes.pop(name) for name in list(changes) if name in vars(Hit)}
    return replace(hit, **own, paper=replace(hit.paper, **changes) if hit.paper else None)


def shown(hit: Hit, style: Style = PLAIN) -> list[str]:
    return list(page_text(replace(PAGE, hits=(hit,)), style))[:-2]


def without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def red(text: str) -> list[tuple[str, bool]]:
    """Return each character that is not white space, and whether the terminal shows it red."""
    state, found = OFF, []
    for part in re.split(r"(\x1b\[[\d;]*m)", text):
        if part.startswith("\x1b["):
            state = part
        else:
            found += [(char, state == RED) for char in part if not char.isspace()]
    return found


# A hit


def test_a_hit_as_text() -> None:
    assert shown(HIT) == [
        "  1 Slow Rivers",
        "    Ann Poe, Sam Roe",
        "    LG Machine Learning · 2020-05-07 · code · score 2.346 · poe-slow-rivers-0badcafe",
        "    We map rivers.",
    ]


def test_a_hit_in_colour() -> None:
    title, names, facts, abstract = shown(HIT, COLOUR)
    assert title == f"  1 {BOLD}Slow {RED}Rivers{OFF}{BOLD}{OFF}"
    assert names == "    Ann Poe, Sam Roe"
    assert facts.startswith(f"    {DIM}LG Machine Learning")
    assert facts.endswith(f"poe-slow-rivers-0badcafe{OFF}")
    assert abstract == f"    We map {RED}rivers{OFF}."


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"rank": 1234}, "1234 Slow Rivers"),
        ({"et_al": True}, "    Ann Poe, Sam Roe et al."),
        ({"category": "QQ"}, "    QQ · 2020-05-07 · code · score 2.346 · x1"),
        (
            {"category": "cs.LG"},
            "    cs.LG Machine Learning · 2020-05-07 · code · score 2.346 · x1",
        ),
        ({"category": ""}, "    2020-05-07 · code · score 2.346 · x1"),
        ({"date": None}, "    LG Machine Learning · 2020 · code · score 2.346 · x1"),
        ({"date": None, "year": None}, "    LG Machine Learning · code · score 2.346 · x1"),
        ({"has_code": False}, "    LG Machine Learning · 2020-05-07 · score 2.346 · x1"),
        ({"score": 0.0}, "    LG Machine Learning · 2020-05-07 · code · score 0.000 · x1"),
    ],
)
def test_what_a_hit_lacks_leaves_no_gap(changes: dict[str, Any], line: str) -> None:
    assert line in shown(changed(HIT, **{"id": "x1", **changes}))


def test_a_hit_without_abstract_has_no_line_for_it() -> None:
    assert HIT.snippets
    snippets = replace(HIT.snippets, abstract=())
    assert len(shown(replace(HIT, snippets=snippets))) == 3


def test_the_parts_of_a_score_follow_the_hit() -> None:
    parts = (ScorePart("river", 2.1, 1.5, 3.25), ScorePart("slow", 0.24567, 0.5, 1.0))
    assert shown(replace(HIT, parts=parts))[4:] == [
        "       2.100  river  (idf 1.500, weighted frequency 3.250)",
        "       0.246  slow  (idf 0.500, weighted frequency 1.000)",
    ]


def test_a_page_is_hits_facets_and_total() -> None:
    page = replace(PAGE, hits=(HIT, replace(HIT, rank=2)), total=2, facets={"year": of(2020, 2)})
    lines = list(page_text(page, PLAIN))
    assert [lines.index(line) for line in ("  1 Slow Rivers", "  2 Slow Rivers", "year")] == [
        0,
        5,
        10,
    ]
    assert lines[4] == lines[9] == ""
    assert lines[-2:] == ["", "2 papers"]


# Plurals


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (0, "0 papers"),
        (1, "1 paper"),
        (2, "2 papers"),
        (1000, "1,000 papers"),
        (1234567, "1,234,567 papers"),
    ],
)
def test_total_line(total: int, line: str) -> None:
    page = replace(PAGE, hits=(), total=total)
    assert list(page_text(page, PLAIN)) == [line]
    assert list(page_text(replace(page, partial=True), PLAIN)) == [f"{line} found in time"]


# Wrapping


def test_lines_are_filled_to_the_width() -> None:
    pieces = (Piece("one two three four five six seven", False),)
    hit = replace(HIT, snippets=Snippets((), pieces))
    assert shown(hit, Style(colour=False, width=24))[3:] == [
        "    one two three four",
        "    five six seven",
    ]


def test_a_mark_over_a_line_end_is_closed_and_opened_again() -> None:
    pieces = (Piece("one two ", False), Piece("three four five", True), Piece(" six", False))
    hit = replace(HIT, snippets=Snippets((), pieces))
    assert shown(hit, Style(colour=True, width=20))[3:] == [
        f"    one two {RED}three{OFF}",
        f"    {RED}four five{OFF} six",
    ]


def test_a_mark_over_three_lines() -> None:
    pieces = (Piece("aaaaaaaaaa bbbbbbbbbb cccccccccc", True), Piece(" dddd", False))
    hit = replace(HIT, snippets=Snippets((), pieces))
    assert shown(hit, Style(colour=True, width=20))[3:] == [
        f"    {RED}aaaaaaaaaa{OFF}",
        f"    {RED}bbbbbbbbbb{OFF}",
        f"    {RED}cccccccccc{OFF} dddd",
    ]


def test_hyphens_are_no_place_to_break() -> None:
    pieces = (Piece("aaaaa fine-tuning-free", False),)
    hit = replace(HIT, snippets=Snippets((), pieces))
    assert shown(hit, Style(colour=False, width=22))[3:] == ["    aaaaa", "    fine-tuning-free"]


@given(
    parts=st.lists(st.tuples(sentences, st.booleans()), min_size=1, max_size=5),
    width=st.one_of(st.none(), st.integers(1, 90)),
    colour=st.booleans(),
)
def test_wrapping_keeps_text_marks_and_width(
    parts: list[tuple[str, bool]], width: int | None, colour: bool
) -> None:
    pieces = tuple(Piece(f"{text} ", marked) for text, marked in parts)
    hit = replace(HIT, snippets=Snippets(pieces, pieces))
    title, _, _, *lines = shown(hit, Style(colour=colour, width=width))
    text = "".join(piece.text for piece in pieces)
    wanted = [(c, p.marked and colour) for p in pieces for c in p.text if not c.isspace()]
    assert red(title.removeprefix("  1 ")) == wanted
    assert red("\n".join(lines)) == wanted
    assert without_colour(title).removeprefix("  1 ") == text
    for line in lines:
        assert without_colour(line).startswith("    ")
        # Whoever shows one line alone shows no other line's colour.
        assert not colour or RED not in line or line.rindex(OFF) > line.rindex(RED)
    if width is None:
        assert len(lines) == 1
        assert without_colour(lines[0]) == f"    {text}"
    else:
        assert all(len(without_colour(line)) <= max(width, 20) for line in lines)


def test_colour_does_not_change_where_lines_break() -> None:
    pieces = [Piece(f"word{n} ", n % 2 == 1) for n in range(40)]
    hit = replace(HIT, snippets=Snippets((), tuple(pieces)))
    plain = shown(hit, Style(colour=False, width=40))
    coloured = shown(hit, Style(colour=True, width=40))
    assert [without_colour(line) for line in coloured] == plain


# Facets and their bars


def test_facets_as_text() -> None:
    facets = {"category": of("LG", 30, "CV", 10, "QQ", 1), "year": of(2024, 2, 2023, 1)}
    assert list(facets_text(facets, PLAIN)) == [
        "category",
        f"  LG Machine Learning                         {'█' * 30} 30",
        f"  CV Computer Vision and Pattern Recognition  {'█' * 10} 10",
        "  QQ                                          █ 1",
        "",
        "year",
        f"  2024  {'█' * 30} 2",
        f"  2023  {'█' * 15} 1",
        "",
    ]


def test_facets_in_colour() -> None:
    name, line, _ = facets_text({"year": of(2024, 1)}, COLOUR)
    assert name == f"{BOLD}year{OFF}"
    assert line == f"  2024  {DIM}{'█' * 30}{OFF} 1"


def test_a_facet_of_nothing() -> None:
    assert list(facets_text({"author": ()}, PLAIN)) == ["author", "  none", ""]
    assert list(facets_text({}, PLAIN)) == []


@pytest.mark.parametrize(
    ("values", "last"),
    [
        (FACET_LINES, None),
        (FACET_LINES + 1, "  and 1 more"),
        (FACET_LINES + 1500, "  and 1,500 more"),
    ],
)
def test_a_long_facet_is_cut(values: int, last: str | None) -> None:
    counts = tuple(FacetCount(f"Author {n:05}", 1) for n in range(values))
    lines = list(facets_text({"author": counts}, PLAIN, FACET_LINES))
    assert sum("█" in line for line in lines) == FACET_LINES
    assert [line for line in lines if "more" in line] == ([last] if last else [])


@given(counts=st.lists(st.integers(1, 10**6), min_size=1, max_size=FACET_LINES))
@example(counts=[1, 1000])
def test_bars_are_to_scale(counts: list[int]) -> None:
    facet = tuple(FacetCount(f"v{n}", count) for n, count in enumerate(counts))
    _, *lines, _ = facets_text({"code": facet}, PLAIN)
    assert [int(line.split()[-1].replace(",", "")) for line in lines] == counts
    bars = [line.count("█") for line in lines]
    assert max(bars) == BAR_CELLS
    for bar, count in zip(bars, counts, strict=True):
        assert bar >= 1
        assert bar == 1 or abs(bar - BAR_CELLS * count / max(counts)) <= 0.5


def test_counts_stand_in_one_column_after_the_names() -> None:
    facet = of("A. B.", 3, "A Very Long Name of Somebody", 3)
    _, short, long, _ = facets_text({"author": facet}, PLAIN)
    assert short.index("█") == long.index("█")


# Text made safe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, ü, 漢字, 😀", "plain text, ü, 漢字, 😀"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x9b31mred", "\ufffd31mred"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("over\rwritten", "over\ufffdwritten"),
        ("a\x08b\x00c\x7fd", "a\ufffdb\ufffdc\ufffdd"),
        ("\u202egnirts\u202c", "\ufffdgnirts\ufffd"),
        ("\u2066isolate\u2069", "\ufffdisolate\ufffd"),
        ("\u200emark\u200f", "\ufffdmark\ufffd"),
        ("\u061carabic", "\ufffdarabic"),
        ("line\u2028paragraph\u2029", "line\ufffdparagraph\ufffd"),
        ("zero\u200bwidth\u200djoiner", "zero\u200bwidth\u200djoiner"),
        ("", ""),
    ],
)
def test_safe(text: str, expected: str) -> None:
    assert safe(text) == expected


@given(text=texts)
def test_safe_changes_nothing_but_what_steers(text: str) -> None:
    result = safe(text)
    assert not STEERING.search(result)
    assert len(result) == len(text)
    assert all(a == b or STEERING.match(b) for a, b in zip(result, text, strict=True))
    assert safe(result) == result


@given(text=texts)
def test_no_text_of_a_paper_steers_the_terminal(text: str) -> None:
    pieces = (Piece(text, False), Piece(text or "x", True))
    hit = changed(
        HIT,
        id=text,
        authors=(text,),
        category=text,
        date=text,
        snippets=Snippets(pieces, pieces),
        parts=(ScorePart(text, 1.0, 1.0, 1.0),),
    )
    page = replace(PAGE, hits=(hit,), facets={"author": of(text, 1), "category": of(text, 1)})
    paper = replace(
        PAPER,
        id=text,
        title=text,
        abstract=text,
        authors=(text,),
        category=text,
        date=text,
        institutions=(text,),
        owners=(text,),
        sources=(Source(text, 1),),
    )
    for style in (PLAIN, COLOUR, Style(colour=True, width=30)):
        lines = [*page_text(page, style), *paper_text(paper, style), *summary_text(SUMMARY, text)]
        for line in lines:
            assert not STEERING.search(without_colour(line)), ascii(line)
            assert style.colour or "\x1b" not in line


@given(text=texts)
@example(text="private \ue000use\ue001 characters")
def test_marks_are_where_they_are_for_any_text(text: str) -> None:
    pieces = (Piece(text, False), Piece("marked", True), Piece(text, False))
    hit = replace(HIT, snippets=Snippets(pieces, pieces))
    wanted = [(c, piece.marked) for piece in pieces for c in safe(piece.text) if not c.isspace()]
    lines = shown(hit, COLOUR)
    title = "\n".join(lines)[: -len("\n".join(lines[-1:]))]
    start, end = title.index("  1 ") + 4, title.index("\n    Ann Poe, Sam Roe\n")
    assert red(title[start:end]) == wanted
    assert red(lines[-1])[-len(wanted) :] == wanted


# Data


def test_csv() -> None:
    out = page_csv(PAGE)
    assert out == (
        "rank,id,title,authors,et_al,category,year,date,has_code,institutions,owners,score\n"
        "1,poe-slow-rivers-0badcafe,Slow Rivers,Ann Poe; Sam Roe,False,LG,2020,2020-05-07,"
        "True,delta,Sam Roe,2.34567"
    )


def test_csv_of_nothing_is_its_header() -> None:
    assert page_csv(replace(PAGE, hits=())).count("\n") == 0


def test_csv_leaves_empty_what_is_unknown() -> None:
    hit = changed(HIT, authors=(), category="", year=None, date=None, institutions=(), owners=())
    (row,) = csv.DictReader(io.StringIO(page_csv(replace(PAGE, hits=(hit,)))))
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
    assert f",{quoted},Ann Poe" in page_csv(replace(PAGE, hits=(replace(HIT, title=title),)))


# Readers make a lone carriage return a space, so none is tried.
values = texts.map(lambda text: text.replace("\r", " "))


@given(title=values, name=values)
def test_csv_reads_back(title: str, name: str) -> None:
    hits = [changed(HIT, title=title, authors=(name,), rank=rank) for rank in (1, 2)]
    out = page_csv(replace(PAGE, hits=tuple(hits)))
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert [len(row) for row in rows] == [12, 12, 12]
    for rank, row in enumerate(rows[1:], 1):
        shown = (str(rank), safe(title), safe(name), "2.34567")
        assert (row[0], row[2], row[3], row[11]) == shown


def test_json_of_a_page() -> None:
    page = replace(
        PAGE,
        diagnostics=(Diagnostic("relaxed", "any of them"),),
        facets={"year": of(2020, 1), "code": ()},
    )
    assert json.loads(page_json(page)) == {
        "query": "river",
        "parsed": "river",
        "relaxed": False,
        "partial": False,
        "diagnostics": [{"code": "relaxed", "message": "any of them"}],
        "total": 1,
        "took_ms": 1.235,
        "hits": [
            {
                "rank": 1,
                "id": "poe-slow-rivers-0badcafe",
                "title": "Slow Rivers",
                "authors": ["Ann Poe", "Sam Roe"],
                "et_al": False,
                "category": "LG",
                "year": 2020,
                "date": "2020-05-07",
                "has_code": True,
                "institutions": ["delta"],
                "owners": ["Sam Roe"],
                "score": 2.34567,
                "snippets": {
                    "title": "Slow <mark>Rivers</mark>",
                    "abstract": "We map <mark>rivers</mark>.",
                },
            }
        ],
        "facets": {"year": [{"value": 2020, "count": 1}], "code": []},
    }


def test_explanation_is_in_the_json_where_there_is_one() -> None:
    part = {"label": "river", "score": 2.34567, "idf": 1.5, "frequency": 3.25}
    page = replace(PAGE, hits=(replace(HIT, parts=(ScorePart(**part),)),))  # type: ignore[arg-type]
    assert json.loads(page_json(page))["hits"][0]["explanation"] == [part]
    assert "explanation" not in page_json(PAGE)


@given(title=texts)
def test_jsonl_is_one_line_a_hit(title: str) -> None:
    hits = tuple(replace(HIT, title=title, rank=rank) for rank in (1, 2, 3))
    lines = list(page_jsonl(replace(PAGE, hits=hits)))
    assert [json.loads(line)["rank"] for line in lines] == [1, 2, 3]
    assert all("\n" not in line and "\r" not in line for line in lines)
    whole = json.loads(page_json(replace(PAGE, hits=hits)))
    assert [json.loads(line) for line in lines] == whole["hits"]
    assert whole["hits"][0]["title"] == title


# A paper


def test_a_paper_as_text() -> None:
    assert list(paper_text(PAPER, PLAIN)) == [
        "Slow Rivers",
        "Ann Poe, Sam Roe et al.",
        "",
        "We map rivers. They are slow.",
        "",
        "id:           poe-slow-rivers-0badcafe",
        "category:     LG Machine Learning",
        "date:         2020-05-07",
        "code:         yes",
        "institutions: delta, ford",
        "score:        95.5",
        "pages of:     Sam Roe",
        "read from:    /seeds/sam-roe.txt:12, /seeds/ann-poe.txt:40",
    ]


def test_a_paper_that_has_little() -> None:
    lines = list(paper_text(Paper(id="x1", title="Bare"), PLAIN))
    assert lines == ["Bare", "", "", "id:           x1"]


@pytest.mark.parametrize(("score", "line"), [(0.0, "0"), (4.1, "4.1"), (87.8, "87.8"), (90, "90")])
def test_a_score_of_a_paper(score: float, line: str) -> None:
    assert f"score:        {line}" in list(paper_text(replace(PAPER, score=score), PLAIN))


def test_a_year_stands_in_for_a_date() -> None:
    assert "date:         2020" in list(paper_text(replace(PAPER, date=None), PLAIN))


def test_a_paper_is_wrapped_and_bold_on_a_terminal() -> None:
    abstract = "one two three four five six seven"
    lines = list(paper_text(replace(PAPER, abstract=abstract), Style(colour=True, width=20)))
    assert lines[0] == f"{BOLD}Slow Rivers{OFF}"
    assert lines[3:5] == ["one two three four", "five six seven"]


def test_a_paper_as_json() -> None:
    values = json.loads(paper_json(PAPER))
    assert values["id"] == PAPER.id
    assert values["authors"] == ["Ann Poe", "Sam Roe"]
    assert values["sources"][0] == {"file": "/seeds/sam-roe.txt", "line": 12}
    assert json.loads(paper_json(Paper(id="x1", title="Bare"))) == {"id": "x1", "title": "Bare"}


# A summary

PROBLEM = Problem("/seeds/a.txt", 3, "no title")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {"files": 1, "problems": (PROBLEM,), "new": 1, "total": 1, "seconds": 61.26},
            [
                "1 file, 1 problem; papers: 1 new, 0 changed, 0 unchanged, 0 removed",
                "1 paper in own (61.3 s)",
            ],
        ),
        (
            {"assumed_year": 2026, "assumed_count": 17},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "assumed the year 2026 for 17 dates without one (--page-year sets it)",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {"assumed_year": 2026, "assumed_count": 1, "missing": 1},
            [
                "5 files, 0 problems; papers: 159 new, 0 changed, 0 unchanged, 0 removed",
                "assumed the year 2026 for 1 date without one (--page-year sets it)",
                "1 paper no longer in the files; kept (--prune removes them)",
                "159 papers in own (0.8 s)",
            ],
        ),
        (
            {
                "files": 0,
                "problems": (PROBLEM, PROBLEM),
                "new": 12345,
                "changed": 1000,
                "unchanged": 2000,
                "removed": 3000,
                "missing": 4000,
                "total": 15345,
            },
            [
                "0 files, 2 problems; papers: 12,345 new, 1,000 changed, 2,000 unchanged, "
                "3,000 removed",
                "4,000 papers no longer in the files; kept (--prune removes them)",
                "15,345 papers in own (0.8 s)",
            ],
        ),
    ],
)
def test_summary_lines(changes: dict[str, Any], lines: Sequence[str]) -> None:
    assert list(summary_text(replace(SUMMARY, **changes), "own")) == lines
