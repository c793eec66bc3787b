"""Readers: seed files to papers, and a report with file, line and reason for all that is not one.

The papers, people and places are invented.
"""

import gzip
import json
import math
import re
import sys
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index import Paper, Problem, Source
from index.dates import is_date
from index.readers.base import MAX_RECORD_BYTES, clean
from tests.seed_files import (
    HEADER,
    LAKES,
    PAGE,
    PAGE_TITLES,
    PIXEL,
    RECORD,
    RIVERS,
    SOUND_GZIP,
    block,
    read,
    read_block,
    read_record,
    read_reports,
    write,
)

# Clean text.


def cleaned(text: str) -> str:
    """Return what ``clean`` should, without its short cut."""
    text = text.encode("utf-8", errors="replace").decode()
    text = re.sub("[\x80-\x84\x86-\x9f]", western, text)
    text = re.sub("[\x00-\x1f\x7f-\x9f]", " ", text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def western(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "ignore") or " "


def test_controls_that_are_letters_of_windows_1252_are_read_as_such() -> None:
    assert clean("the elm\x92s \x93leaf\x94\x81 and\x85more") == "the elm’s “leaf” and more"


def test_every_character_is_cleaned() -> None:
    # Beyond the characters that are written are private ones and, by far the most, none at all.
    written = 0x20000
    wrong = [
        hex(code) for code in range(written) if clean(text := f"a{chr(code)}b") != cleaned(text)
    ]
    assert wrong == []
    for first in range(written, sys.maxunicode + 1, 256):
        text = "".join(f"a{chr(code)}b" for code in range(first, first + 256))
        assert clean(text) == cleaned(text), hex(first)


@given(
    st.text(st.sampled_from("a o\u0308\u00f6\u1100\u1161\u00a0\u2003\u200b\n\t\x85\ud800\u3000"))
)
@example("")
@example(" ")
@example("a  b")
@example(" a")
@example("a ")
def test_clean_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == cleaned(text)
    assert clean(cleaned(text)) == cleaned(text)


# Author pages.


def test_an_author_page(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", PAGE)
    papers, reports = read(path)
    assert reports == []
    rivers, lakes = papers
    assert rivers == Paper(
        id=rivers.id,
        title="Slow Rivers",
        abstract="We map slow rivers.",
        authors=("Ann Poe", "Sam Roe"),
        categories=("LG",),
        year=2020,
        date="2020-05-07",
        owners=("Ann Poe",),
        sources=(Source(str(path), 12),),
    )
    assert rivers.id.startswith("poe-slow-rivers-")
    assert (lakes.title, lakes.has_code, lakes.sources[0].line) == ("Quiet Lakes", True, 19)


@pytest.mark.parametrize(
    ("tag", "category", "date", "score", "has_code"),
    [
        ("CLJan 17, 2023", "CL", "2023-01-17", None, False),
        ("LGSep 8, 2024Code", "LG", "2024-09-08", None, True),
        ("CVFeb 24", "CV", "2031-02-24", None, False),
        ("AIDec 31Code", "AI", "2031-12-31", None, True),
        ("87.8LGMay 7Code", "LG", "2031-05-07", 87.8, True),
        ("4.1IRApr 1", "IR", "2031-04-01", 4.1, False),
        ("100CVOct 10, 2019", "CV", "2019-10-10", 100.0, False),
        ("0ROJul 4, 2022", "RO", "2022-07-04", 0.0, False),
        ("MMMar 3, 2021", "MM", "2021-03-03", None, False),
        ("MMMay 3, 2021", "MM", "2021-05-03", None, False),
        ("MAMar 3", "MA", "2031-03-03", None, False),
        ("MAMay 3Code", "MA", "2031-05-03", None, True),
        ("9.5MAMay 3", "MA", "2031-05-03", 9.5, False),
        ("cs.LGNov 2, 2020", "cs.LG", "2020-11-02", None, False),
        ("hep-thAug 12, 2018", "hep-th", "2018-08-12", None, False),
        ("LGFeb 29, 2024", "LG", "2024-02-29", None, False),
        ("  LGJun 1, 2020  ", "LG", "2020-06-01", None, False),
    ],
)
def test_tag_lines(
    tmp_path: Path, tag: str, category: str, date: str, score: float | None, has_code: bool
) -> None:
    paper = read_block(tmp_path, block(tag), page_year=2031)
    assert (paper.category, paper.date, paper.score) == (category, date, score)
    assert paper.year == int(date[:4])
    assert paper.has_code is has_code


@pytest.mark.parametrize(
    "line",
    [
        "LGMay 7 2020",
        "LGMay, 2020",
        "LGMai 7, 2020",
        "LG May 7, 2020",
        "LGMay 7, 20",
        "May 7, 2020",
        "LGMay 7, 2020code",
        "On LGMay 7, 2020",
    ],
)
def test_other_lines_are_no_tag_lines(tmp_path: Path, line: str) -> None:
    paper = read_block(tmp_path, block(abstract=f"We map\n{line}\nslow rivers."))
    assert paper.abstract == f"We map {line} slow rivers."


@pytest.mark.parametrize(
    ("line", "authors", "et_al", "institutions"),
    [
        ("Ann Poe", ["Ann Poe"], False, []),
        ("Ann Poe, Sam Roe", ["Ann Poe", "Sam Roe"], False, []),
        ("Sam Roe,Ann Poe,", ["Sam Roe", "Ann Poe"], False, []),
        ("Sam Roe, Li Na", ["Sam Roe", "Li Na", "Ann Poe"], False, []),
        ("Ann Poe, Sam Roe et al.", ["Ann Poe", "Sam Roe"], True, []),
        ("Sam Roe et al", ["Sam Roe", "Ann Poe"], True, []),
        ("Ann Poe, et al.", ["Ann Poe"], True, []),
        ("Ann Poe, Sam Etal", ["Ann Poe", "Sam Etal"], False, []),
        ("Ann Poe, Bea Roet al.", ["Ann Poe", "Bea Roet al."], False, []),
        ("Ann Poe · elm", ["Ann Poe"], False, ["elm"]),
        (
            "Ann Poe, Sam Roe et al. · elm, oak tree",
            ["Ann Poe", "Sam Roe"],
            True,
            ["elm", "oak tree"],
        ),
        ("Ann Poe · elm · oak", ["Ann Poe"], False, ["elm", "oak"]),
        ("Sam Roe, Jr., Ann Poe", ["Sam Roe, Jr.", "Ann Poe"], False, []),
        ("Sam Roe, III, Ann Poe", ["Sam Roe, III", "Ann Poe"], False, []),
        ("Ann Poe, Sam Roe Jr.", ["Ann Poe", "Sam Roe Jr."], False, []),
        ("RiverLab, Ann Poe", ["RiverLab", "Ann Poe"], False, []),
        ("ann poe, Sam Roe", ["ann poe", "Sam Roe"], False, []),
        ("Ann\tPoe,  Sam\u00a0 Roe", ["Ann Poe", "Sam Roe"], False, []),
        ("Ann Poe,\nSam Roe et al.", ["Ann Poe", "Sam Roe"], True, []),
    ],
)
def test_author_lines(
    tmp_path: Path, line: str, authors: list[str], et_al: bool, institutions: list[str]
) -> None:
    paper = read_block(tmp_path, block(authors=line))
    assert list(paper.authors) == authors
    assert paper.et_al is et_al
    assert list(paper.institutions) == institutions
    assert paper.owners == ("Ann Poe",)


def test_an_abstract_of_several_lines_is_one_text(tmp_path: Path) -> None:
    paper = read_block(tmp_path, block(abstract="We map\nslow  rivers\tand\nquiet lakes."))
    assert paper.abstract == "We map slow rivers and quiet lakes."


def test_text_is_composed_and_kept_as_printed(tmp_path: Path) -> None:
    text = block(title=r"Ko\u0308ln, K{\"o}ln and <b>\emph{Köln}</b>".replace(r"\u0308", "\u0308"))
    assert read_block(tmp_path, text).title == r"Köln, K{\"o}ln and <b>\emph{Köln}</b>"


@pytest.mark.parametrize(
    "header",
    [
        "Ann Poe\n\n",
        "\n\n  Ann  Poe \n",
        "Ann Poe\n\nLG\nh-index7\n2 Papers\n\n",
        HEADER,
    ],
)
def test_the_owner_heads_the_page(tmp_path: Path, header: str) -> None:
    papers, reports = read(write(tmp_path / "page.txt", header + RIVERS + LAKES))
    assert reports == []
    assert [paper.owners for paper in papers] == [("Ann Poe",), ("Ann Poe",)]


@pytest.mark.parametrize(
    "header", ["", "\n\n", "h-index7\n2 Papers\n\n", HEADER.removeprefix("Ann Poe\n\n")]
)
def test_a_page_without_a_name_has_no_owner(tmp_path: Path, header: str) -> None:
    papers, reports = read(write(tmp_path / "page.txt", header + RIVERS + LAKES))
    assert [paper.owners for paper in papers] == [(), ()]
    assert papers[0].authors == ("Ann Poe", "Sam Roe")
    ((file, line, reason),) = reports
    assert (file, line) == ("page.txt", 1)
    assert "owner unknown" in reason


@pytest.mark.parametrize(
    ("header", "promised"),
    [
        ("Ann Poe\n3 Papers\n", "promises 3 papers, the file holds 2"),
        ("Ann Poe\n3papers\n", "promises 3 papers, the file holds 2"),
        ("Ann Poe\n1 Paper\n", "promises 1 papers, the file holds 2"),
        ("Ann Poe\n1,002 Papers\n", "promises 1002 papers, the file holds 2"),
        ("Ann Poe\n0 Papers\n", "promises 0 papers, the file holds 2"),
    ],
)
def test_a_broken_promise_is_a_note(tmp_path: Path, header: str, promised: str) -> None:
    path = write(tmp_path / "page.txt", header + RIVERS + LAKES)
    papers, reports = read_reports(path)
    assert [paper.title for paper in papers] == PAGE_TITLES
    ((file, line, reason, kind),) = [(one.file, one.line, one.reason, one.kind) for one in reports]
    assert (file, line, reason, kind) == (str(path), 0, f"the header {promised}", "note")


def test_pages_one_behind_the_other_have_owners_of_their_own(tmp_path: Path) -> None:
    other = "Zed Quill\n\nCV\nh-index3\n2papers\n9citations\n\n2 Papers\n\n"
    text = PAGE + other + RIVERS + block("CVMay 9, 2021", "High Hills", "Zed Quill", "Hills rise.")
    papers, problems = read(write(tmp_path / "pages.txt", text))
    assert problems == []
    assert [(paper.title, paper.owners) for paper in papers] == [
        ("Slow Rivers", ("Ann Poe",)),
        ("Quiet Lakes", ("Ann Poe",)),
        ("Slow Rivers", ("Zed Quill",)),
        ("High Hills", ("Zed Quill",)),
    ]
    assert [paper.abstract for paper in papers[1::2]] == ["Lakes are quiet.", "Hills rise."]


def test_a_paper_twice_on_a_page_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", f"Ann Poe\n\n{RIVERS}{LAKES}{block(abstract='Again.')}")
    papers, (report,) = read_reports(path)
    assert [paper.title for paper in papers] == PAGE_TITLES
    assert papers[0].abstract == "We map slow rivers."
    assert (report.file, report.line, report.kind) == (str(path), 17, "note")
    assert "the paper of line 3 again" in report.reason


def test_an_unknown_mark_is_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", "Ann Poe\n\n" + block("LGMay 7, 2020Video"))
    (paper,), (report,) = read_reports(path)
    assert not paper.has_code
    assert (report.line, report.kind) == (3, "note")
    assert "'Video' is unknown" in report.reason


def test_an_id_depends_on_neither_year_nor_place_nor_owner(tmp_path: Path) -> None:
    pages = [
        "Ann Poe\n\n" + RIVERS,
        "Sam Roe\n\n" + LAKES + block("CVFeb 24Code", abstract="Another text."),
        json.dumps({"title": "Slow rivers", "authors": "Ann Poe; Sam Roe", "year": 2001}),
    ]
    ids = set()
    for number, text in enumerate(pages):
        papers, _ = read(write(tmp_path / f"{number}.txt", text))
        ids.add(papers[-1].id)
    assert len(ids) == 1


# JSON lines.


def test_a_full_record(tmp_path: Path) -> None:
    record = {
        "id": "2020.map-1",
        "title": "Slow Rivers",
        "abstract": "We map slow rivers.",
        "authors": ["Ann Poe", "Sam Roe"],
        "date": "2020-05-07",
        "category": "cs.LG",
        "has_code": True,
        "institutions": ["elm"],
        "owners": ["Li Na"],
        "score": 4,
    }
    paper, reasons = read_record(tmp_path, record)
    assert reasons == []
    assert paper == Paper(
        id="2020.map-1",
        title="Slow Rivers",
        abstract="We map slow rivers.",
        authors=("Ann Poe", "Sam Roe", "Li Na"),
        categories=("cs.LG",),
        year=2020,
        date="2020-05-07",
        has_code=True,
        institutions=("elm",),
        owners=("Li Na",),
        score=4.0,
        sources=(Source(str(tmp_path / "papers.jsonl"), 1),),
    )


@pytest.mark.parametrize(
    ("record", "field", "expected"),
    [
        ({"title": "T", "_id": "x1"}, "id", "x1"),
        ({"title": "T", "id": "x1", "_id": "x2"}, "id", "x1"),
        ({"title": "T", "id": 17}, "id", "17"),
        ({"title": "T", "id": "", "_id": "x2"}, "id", "x2"),
        ({"text": "We map."}, "abstract", "We map."),
        ({"abstract": "We map.", "text": "Other."}, "abstract", "We map."),
        ({"abstract": None, "text": "We map."}, "abstract", "We map."),
        ({"title": "T", "abstract": "", "text": "We map."}, "abstract", "We map."),
        ({"title": " Slow\n\tRivers\u0000 "}, "title", "Slow Rivers"),
        ({"title": "T", "authors": ["Ann Poe", "Sam Roe"]}, "authors", ("Ann Poe", "Sam Roe")),
        ({"title": "T", "authors": [{"name": "Ann Poe"}]}, "authors", ("Ann Poe",)),
        ({"title": "T", "authors": [{"name": "Ann Poe", "id": 3}]}, "authors", ("Ann Poe",)),
        ({"title": "T", "authors": "Ann Poe; Sam Roe"}, "authors", ("Ann Poe", "Sam Roe")),
        ({"title": "T", "authors": "Ann Poe and Sam Roe"}, "authors", ("Ann Poe", "Sam Roe")),
        (
            {"title": "T", "authors": "Ann Poe, Sam Roe and Li Na"},
            "authors",
            ("Ann Poe", "Sam Roe", "Li Na"),
        ),
        ({"title": "T", "authors": "Poe, Ann and Roe, Sam"}, "authors", ("Ann Poe", "Sam Roe")),
        ({"title": "T", "authors": "Ann Poe\nSam Roe"}, "authors", ("Ann Poe", "Sam Roe")),
        ({"title": "T", "authors": "Ann Poe et al."}, "et_al", True),
        ({"title": "T", "authors": "Bea Anderson"}, "authors", ("Bea Anderson",)),
        ({"title": "T", "authors": ["", " ", "Ann  Poe"]}, "authors", ("Ann Poe",)),
        ({"title": "T", "authors": ""}, "authors", ()),
        ({"title": "T", "authors": None}, "authors", ()),
        ({"title": "T", "owners": "Ann Poe"}, "authors", ("Ann Poe",)),
        ({"title": "T", "year": 2020}, "year", 2020),
        ({"title": "T", "year": "2020"}, "year", 2020),
        ({"title": "T", "date": "2020-05"}, "date", "2020-05"),
        ({"title": "T", "date": "2020-05"}, "year", 2020),
        ({"title": "T", "date": 2020}, "year", 2020),
        ({"title": "T", "date": "7 May 2020"}, "date", "2020-05-07"),
        ({"title": "T", "date": "2020-05-07T10:20:30Z"}, "date", "2020-05-07"),
        ({"title": "T", "category": ["LG"]}, "category", "LG"),
        ({"title": "T", "code": "https://example.org/code"}, "has_code", True),
        ({"title": "T", "code": ""}, "has_code", False),
        ({"title": "T", "has_code": False}, "has_code", False),
        ({"title": "T", "score": 2.5}, "score", 2.5),
        ({"title": "T", "score": 0}, "score", 0.0),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_spellings_of_records(
    tmp_path: Path, record: dict[str, Any], field: str, expected: object
) -> None:
    paper, reasons = read_record(tmp_path, record)
    assert reasons == []
    assert getattr(paper, field) == expected


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("id", {"a": 1}, "expected text, found an object"),
        ("id", True, "expected text, found true"),
        ("title", ["Slow", {"a": 1}], "expected text, found an object"),
        ("authors", 7, "expected a list of names, found a number"),
        ("authors", {"rank": "Ann Poe"}, "expected a list of names, found an object"),
        ("authors", [["Ann Poe", "Sam Roe"]], "expected text, found a list"),
        ("year", True, "expected text, found true"),
        ("category", [{"rank": 1}], "expected text, found an object"),
        ("has_code", [1], "expected true or false, found a list"),
        ("score", "high", "expected a number, found 'high'"),
        ("score", True, "expected a number, found true"),
    ],
)
def test_a_value_of_a_bad_type_is_left_out(
    tmp_path: Path, key: str, value: object, words: str
) -> None:
    without = {name: kept for name, kept in RECORD.items() if name != key}
    clean, _ = read_record(tmp_path, without)
    paper, reasons = read_record(tmp_path, {**without, key: value})
    assert paper == clean
    (reason,) = reasons
    assert reason.startswith(f"{key}: {words}")
    assert reason.endswith("; the paper is kept without it")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("authors", [False]),
        ("score", math.inf),
        ("score", 1e300),
    ],
)
def test_a_report_says_what_it_found(tmp_path: Path, key: str, value: object) -> None:
    _, (reason,) = read_record(tmp_path, {**RECORD, key: value})
    expected, found = re.findall(r"(?:expected|found) ([^;,]+)", reason)
    assert expected != found
    assert isinstance(value, float) or found != "a number"


def test_year_and_date_that_disagree_are_reported(tmp_path: Path) -> None:
    paper, (reason,) = read_record(tmp_path, {"title": "T", "year": 2019, "date": "2020-05-07"})
    assert (paper.year, paper.date) == (2020, "2020-05-07")
    assert "year: 2019 disagrees with the date 2020-05-07" in reason


def test_unknown_keys_are_one_note_each(tmp_path: Path) -> None:
    records = [{**RECORD, "shelf": "elm"}, {"title": "T", "shelf": None, "row": 1}]
    path = write(tmp_path / "papers.jsonl", records)
    papers, reports = read_reports(path)
    assert len(papers) == 2
    assert reports == [
        Problem(str(path), 0, "key 'row' is not read (in 1 records)", "note"),
        Problem(str(path), 0, "key 'shelf' is not read (in 2 records)", "note"),
    ]


def test_blank_lines_count_but_say_nothing(tmp_path: Path) -> None:
    text = f"\n\n{json.dumps(RECORD)}\n \t\n{json.dumps({'title': 'T'})}"
    papers, reports = read(write(tmp_path / "papers.jsonl", text))
    assert reports == []
    assert [(paper.title, paper.sources[0].line) for paper in papers] == [
        ("Deep Seas", 3),
        ("T", 5),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "x"]), values, max_size=2)
    ),
    max_leaves=5,
)
json_keys = st.sampled_from(
    "id _id title abstract text authors year date category has_code code institutions owners score"
    .split()
)  # fmt: skip


@given(st.dictionaries(json_keys, json_values))
@example({"title": "\ud800"})
@example({"title": "T", "date": "0000-01-01"})
def test_any_record_gives_a_sound_paper_or_a_report(tmp_path: Path, record: dict[str, Any]) -> None:
    papers, reports = read_reports(write(tmp_path / "papers.jsonl", [record]))
    assert papers or reports
    for paper in papers:
        assert paper.id
        assert paper.title or paper.abstract
        assert all(name.strip() for name in (*paper.authors, *paper.institutions))
        assert paper.date is None or is_date(paper.date)
        assert paper.score is None or math.isfinite(paper.score)
        assert repr(paper).encode()


# Hostile input. Beside each file lies a sound one, which must be read in full.

DAMAGED = "text after the abstract belongs to no paper; is a tag line damaged?"
LONG = b"x" * (MAX_RECORD_BYTES + 1)


@pytest.mark.parametrize(
    ("content", "titles", "expected"),
    [
        pytest.param(PAGE, PAGE_TITLES, [], id="sound"),
        pytest.param("\ufeff" + PAGE, PAGE_TITLES, [], id="byte order mark"),
        pytest.param(PAGE.replace("\n", "\r\n"), PAGE_TITLES, [], id="CRLF"),
        pytest.param(PAGE.rstrip(), PAGE_TITLES, [], id="no line end at the end"),
        pytest.param(b"", [], [(0, "the file is empty")], id="empty"),
        pytest.param(b" \r\n\n\t", [], [(0, "the file is empty")], id="blank"),
        pytest.param(gzip.compress(b""), [], [(0, "the file is empty")], id="empty gzip"),
        pytest.param(PIXEL, [], [(0, "an image; left out")], id="an image"),
        pytest.param(b"\x00\x01\x02\x00\x00" * 9, [], [(0, "not text")], id="binary"),
        pytest.param(PAGE.encode("utf-16"), PAGE_TITLES, [], id="UTF-16"),
        pytest.param(PAGE.replace("\n", "\r"), PAGE_TITLES, [], id="CR"),
        pytest.param("Dear diary,\nit rains.\n", [], [(0, "no reader knows")], id="prose"),
        pytest.param("[1, 2]\n", [], [(0, "no reader knows")], id="JSON, but no lines of it"),
        pytest.param(HEADER, [], [(0, "without a paper")], id="a page of no papers"),
        pytest.param(
            PAGE.encode().replace(b"map slow", b"map \xff\xfeslow"),
            PAGE_TITLES,
            [(17, "not UTF-8 at byte 8")],
            id="one line not UTF-8",
        ),
        pytest.param(
            PAGE.encode().replace(b"Sam Roe, Ann", "Jürgen, Ann".encode("latin-1")),
            PAGE_TITLES,
            [],
            id="one letter of Latin-1",
        ),
        pytest.param(
            HEADER + "LGMay 1, 2020\n\n\nAnn Poe\n\nLost text.\n\n" + RIVERS + LAKES,
            PAGE_TITLES,
            [(12, "a tag line with no title under it; left out")],
            id="no title",
        ),
        pytest.param(
            HEADER + "LGMay 1, 2020\n" + RIVERS + LAKES,
            PAGE_TITLES,
            [(12, "a tag line with no title under it; left out")],
            id="tag line after tag line",
        ),
        pytest.param(
            PAGE + "LGMay 1, 2020",
            PAGE_TITLES,
            [(26, "a tag line with no title under it; left out")],
            id="tag line at the end",
        ),
        pytest.param(
            HEADER + "LGMay 7, 2020\nSlow Rivers\n\nAnn Poe, Sam Roe\n\n\n" + LAKES,
            PAGE_TITLES,
            [(12, "abstract missing; the paper is kept")],
            id="no abstract",
        ),
        pytest.param(
            HEADER + "LGMay 7, 2020\nSlow Rivers\n\nAnn Poe, Sam Roe et al. · elm\n\n" + LAKES,
            PAGE_TITLES,
            [(12, "abstract missing; the paper is kept")],
            id="no abstract after et al.",
        ),
        pytest.param(
            HEADER + "LGMay 7, 2020\nSlow Rivers\n\nWe map slow rivers.\n\n" + LAKES,
            PAGE_TITLES,
            [(12, "author line missing; the paper is kept")],
            id="no authors",
        ),
        pytest.param(
            HEADER + "LGMay 7, 2020\nSlow Rivers\n" + LAKES,
            PAGE_TITLES,
            [(12, "author line and abstract missing; the paper is kept")],
            id="a title alone",
        ),
        pytest.param(
            PAGE.replace("CVJun 8, 2021Code", "CVJun 8 2021Code"),
            ["Slow Rivers"],
            [(19, DAMAGED)],
            id="damaged tag line",
        ),
        pytest.param(
            PAGE.replace("LGMay 7, 2020", "LGMay 7 2020"),
            ["Quiet Lakes"],
            [(12, "tag line damaged?")],
            id="damaged first tag line",
        ),
        pytest.param(
            PAGE.replace("LGMay 7, 2020", "LGFeb 30, 2020"),
            PAGE_TITLES,
            [(12, "no such day: Feb 30")],
            id="a day that does not exist",
        ),
        pytest.param(
            PAGE.encode().replace(b"We map slow rivers.", LONG),
            PAGE_TITLES,
            [(17, "longer than 8,388,608 bytes; left out"), (12, "abstract missing")],
            id="a line too long",
        ),
        pytest.param(
            PAGE.encode().replace(b"We map slow rivers.", LONG[:-2000]),
            PAGE_TITLES,
            [],
            id="a paper as long as may be",
        ),
        pytest.param(
            '{"title": "Slow Rivers"}\n{"title": "Slow\n{"title": "Quiet Lakes"}\n',
            PAGE_TITLES,
            [(2, "not JSON")],
            id="a record cut off",
        ),
        pytest.param(
            '{"title": "Slow Rivers"}\n["title"]\n"title"\nnull\n{"title": "Quiet Lakes"}',
            PAGE_TITLES,
            [(2, "not a JSON object; left out: 3 records, at lines 2, 3, 4")],
            id="JSON but no record",
        ),
        pytest.param(
            '{"title": "Slow Rivers"}\n{}\n{"id": "x", "title": " "}\n{"title": "Quiet Lakes"}',
            PAGE_TITLES,
            [(2, "neither title nor abstract; left out: 2 records, at lines 2, 3")],
            id="a record without text",
        ),
        pytest.param(
            '{"title": "Slow Rivers"}\n' + "[" * 100_000 + '\n{"title": "Quiet Lakes"}\n',
            PAGE_TITLES,
            [(2, "not JSON")],
            id="JSON nested without end",
        ),
        pytest.param(
            '{"title": "Slow Rivers", "year": ' + "9" * 5000 + '}\n{"title": "Quiet Lakes"}\n',
            ["Quiet Lakes"],
            [(1, "not JSON")],
            id="a number of 5,000 digits",
        ),
        pytest.param(
            b'\xef\xbb\xbf{"title": "Slow Rivers"}\r\n{"title": "Quiet Lakes"}\r\n',
            PAGE_TITLES,
            [],
            id="JSON lines with byte order mark and CRLF",
        ),
        pytest.param(
            b'{"title": "Slow Rivers"}\n{"title": "Quiet Lakes", "text": "\xff"}\n',
            PAGE_TITLES,
            [(2, "not UTF-8 at byte 35")],
            id="a record not UTF-8",
        ),
        pytest.param(b"\x1f\x8b", [], [(0, "cannot be read")], id="two bytes of a gzip"),
        pytest.param(
            SOUND_GZIP[:10] + b"\xff" * 40, [], [(0, "cannot be read")], id="gzip of nonsense"
        ),
        pytest.param(SOUND_GZIP[:15], [], [(0, "cannot be read")], id="gzip cut off at the start"),
    ],
)
def test_hostile_files(
    tmp_path: Path,
    content: str | bytes,
    titles: list[str] | None,
    expected: list[tuple[int, str]],
) -> None:
    hostile = write(tmp_path / "hostile", content)
    papers, reports = read_reports(hostile, write(tmp_path / "sound", [RECORD]))
    assert papers[-1].title == "Deep Seas"
    if titles is not None:
        assert [paper.title for paper in papers[:-1]] == titles
    problems = [report for report in reports if report.kind == "problem"]
    assert {report.file for report in problems} <= {str(hostile)}
    assert [report.line for report in problems] == [line for line, _ in expected]
    for report, (_, words) in zip(problems, expected, strict=True):
        assert words in report.reason


def test_what_is_not_utf_8_is_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", PAGE.encode().replace(b"map slow", b"map \xffslow"))
    papers, _ = read_reports(path)
    assert papers[0].abstract == "We map \ufffdslow rivers."


def test_the_text_after_a_damaged_tag_line_is_in_no_paper(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", PAGE.replace("Jun 8, 2021", "Jun 8 2021"))
    papers, reports = read_reports(path)
    assert [paper.abstract for paper in papers] == ["We map slow rivers."]
    assert [(report.line, report.kind) for report in reports] == [(19, "problem"), (0, "note")]


def test_a_promise_without_end_is_no_crash(tmp_path: Path) -> None:
    path = write(tmp_path / "page.txt", f"Ann Poe\n{'9' * 5000} Papers\n\n{RIVERS}{LAKES}")
    papers, _ = read_reports(path)
    assert [paper.title for paper in papers] == PAGE_TITLES


def test_a_score_is_finite(tmp_path: Path) -> None:
    page = f"Ann Poe\n\n{block('9' * 400 + 'LGMay 7, 2020')}"
    (paper,), _ = read_reports(write(tmp_path / "page.txt", page))
    assert paper.score is None or math.isfinite(paper.score)


@pytest.mark.parametrize("pack", [False, True], ids=["plain", "gzip"])
def test_a_line_of_50_megabytes_does_not_fill_the_memory(tmp_path: Path, pack: bool) -> None:
    path = tmp_path / "page.txt"
    with gzip.open(path, "wb", compresslevel=1) if pack else path.open("wb") as file:
        file.write((HEADER + RIVERS).encode())
        for _ in range(50):
            file.write(b"x" * 1_000_000)
        file.write(b"\n\n" + LAKES.encode())
    tracemalloc.start()
    try:
        papers, reports = read_reports(path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        path.unlink()
    assert [paper.title for paper in papers] == PAGE_TITLES
    ((line, reason),) = [(report.line, report.reason) for report in reports]
    assert line == 19
    assert "longer than" in reason
    assert peak_bytes < 3 * MAX_RECORD_BYTES


def test_a_paper_of_too_many_lines_is_left_out(tmp_path: Path) -> None:
    endless = block("LGMay 8, 2020", title="Endless") + ("word " * 99 + "\n") * (
        MAX_RECORD_BYTES // 400
    )
    papers, reports = read_reports(write(tmp_path / "page.txt", HEADER + RIVERS + endless + LAKES))
    assert [paper.title for paper in papers] == PAGE_TITLES
    (problem,) = [report for report in reports if report.kind == "problem"]
    assert "the paper takes more than 8,388,608 characters" in problem.reason


def test_a_header_of_too_many_lines_is_cut(tmp_path: Path) -> None:
    page = HEADER + "LG\n" * (MAX_RECORD_BYTES // 50) + RIVERS + LAKES
    papers, reports = read_reports(write(tmp_path / "page.txt", page))
    assert [paper.title for paper in papers] == PAGE_TITLES
    assert "the header goes on" in reports[0].reason


def test_keys_without_end_are_not_all_named(tmp_path: Path) -> None:
    records = [RECORD | {f"key{line}-{number}": 1 for number in range(90)} for line in range(5)]
    papers, reports = read_reports(write(tmp_path / "a.jsonl", records))
    assert len(papers) == 5
    assert len(reports) == 102
    assert reports[-1].reason == "no record has a year"
    assert reports[0].reason == "more than 100 other keys are not read; the rest are not named"
    assert reports[1].reason == "key 'key0-0' is not read (in 1 records)"


def test_owners_without_end_are_read(tmp_path: Path) -> None:
    names = [f"Poe{number}" for number in range(40_000)]
    paper, reports = read_record(tmp_path, {"title": "x", "authors": names[:9], "owners": names})
    assert reports == []
    assert paper.authors == tuple(names)


def test_marks_without_end_are_read(tmp_path: Path) -> None:
    paper, _ = read_record(tmp_path, {"title": "x" + "\u0301\u0323" * 80_000 + " y"})
    assert paper.title.startswith("x")
    assert paper.title.endswith(" y")
    assert len(paper.title) < 40


# Any bytes at all.

PIECES = [
    *(line.encode() + b"\n" for line in dict.fromkeys(PAGE.splitlines())),
    *(b"LGMay 7\n", b"LGFeb 30\n", b"h-index\n", b"9 Papers\n", b",Papers\n", b"et al. \xc2\xb7\n"),
    *(b'{"title": "T"}\n', b'{"title": 1e999}\n', b'"authors"', b"null", b"\\ud800"),
    *(b"{", b"}", b"[", b":", b" ", b"\n", b"\r", b"\x00", b"\x0c", b"\xff"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\x1f\x8b", SOUND_GZIP, SOUND_GZIP[:40]),
]
any_bytes = st.binary(max_size=200)
pieced_bytes = st.lists(st.sampled_from(PIECES) | any_bytes, max_size=12).map(b"".join)
packed_bytes = (any_bytes | pieced_bytes).map(gzip.compress)


@st.composite
def damaged_pages(draw: st.DrawFn) -> bytes:
    """Draw a sound page, plain or packed, with a run of its bytes put out for others."""
    sound = draw(st.sampled_from([PAGE.encode(), SOUND_GZIP, json.dumps(RECORD).encode()]))
    start = draw(st.integers(0, len(sound)))
    end = draw(st.integers(start, min(start + 40, len(sound))))
    return sound[:start] + draw(st.binary(max_size=5)) + sound[end:]


@settings(max_examples=100)
@given(
    st.sampled_from(["seed.txt", "seed.jsonl"]),
    any_bytes | pieced_bytes | packed_bytes | damaged_pages(),
)
def test_no_bytes_are_too_hostile(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path / name, content)
    papers, reports = read_reports(path)
    assert papers or reports
    for report in reports:
        assert report.file == str(path)
        assert report.line >= 0
        assert report.reason
    for paper in papers:
        assert paper.title or paper.abstract
        assert paper.sources[0].file == str(path)
