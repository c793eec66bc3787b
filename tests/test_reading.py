"""The run over seed files: finding, recognising, unpacking, bounds, years, and its reports.

The papers, people and places are invented.
"""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import Paper, Problem, SeedRun, Source
from index.dates import is_date
from index.readers import READERS
from index.readers.base import MAX_RECORD_BYTES, Contents, Head
from index.reading.reports import MAX_REPORTS
from tests.seed_files import (
    PAGE,
    PAGE_TITLES,
    PIXEL,
    RECORD,
    RIVERS,
    block,
    read,
    read_reports,
    write,
)

# Recognition.


@pytest.mark.parametrize("name", ["page.txt", "page", "page.jsonl", "page.gz", "PAGE.HTML"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "titles"),
    [
        (PAGE, PAGE_TITLES),
        ("Ann Poe\n" + RIVERS, ["Slow Rivers"]),
        (json.dumps(RECORD), ["Deep Seas"]),
        (f"\n\n  {json.dumps(RECORD)}\n", ["Deep Seas"]),
    ],
    ids=["page", "short page", "record", "blank lines first"],
)
def test_content_tells_the_format_and_the_name_does_not(
    tmp_path: Path, name: str, pack: Any, content: str, titles: list[str]
) -> None:
    papers, reports = read(write(tmp_path / name, pack(content.encode())))
    assert reports == []
    assert [paper.title for paper in papers] == titles


# Years that the page leaves out.


@pytest.mark.parametrize(
    ("years", "page_year", "expected"),
    [
        ([2019], None, 2020),
        ([2019, 2023, 2021], None, 2024),
        ([2019, 2023, 2021], 2022, 2022),
        ([2019], 2019, 2019),
        ([], 2022, 2022),
    ],
)
def test_assumed_years(
    tmp_path: Path, years: list[int], page_year: int | None, expected: int
) -> None:
    dated = [block(f"LGJan 2, {year}", f"Rivers of {year}") for year in years]
    run = SeedRun(
        [write(tmp_path / "page.txt", "Ann Poe\n\n" + block("LGMar 4") + "".join(dated))], page_year
    )
    papers = {paper.title: paper for paper in run}
    assert (papers["Slow Rivers"].year, papers["Slow Rivers"].date) == (
        expected,
        f"{expected}-03-04",
    )
    assert [papers[f"Rivers of {year}"].year for year in years] == years
    assert (run.assumed_year, run.assumed_count) == (expected, 1)
    assert run.problems == []


def test_the_latest_year_of_all_files_counts(tmp_path: Path) -> None:
    page = write(tmp_path / "a.txt", "Ann Poe\n\n" + block("LGMar 4"))
    other = write(tmp_path / "b.txt", "Sam Roe\n\n" + block("LGMar 4, 2017", "Old Rivers"))
    records = write(tmp_path / "c.jsonl", [{"title": "Deep Seas", "year": 2018}])
    papers, reports = read(page, other, records)
    assert reports == []
    assert {paper.title: paper.year for paper in papers} == {
        "Slow Rivers": 2019,
        "Old Rivers": 2017,
        "Deep Seas": 2018,
    }


def test_no_year_anywhere_is_reported(tmp_path: Path) -> None:
    (paper,), reports = read(write(tmp_path / "page.txt", "Ann Poe\n\n" + block("LGMar 4")))
    assert (paper.date, paper.year) == (None, None)
    ((file, line, reason),) = reports
    assert (file, line) == ("page.txt", 3)
    assert "no year" in reason
    assert "--page-year" in reason


@pytest.mark.parametrize(
    ("tag", "page_year", "date", "words"),
    [
        ("LGFeb 29", 2024, "2024-02-29", ""),
        ("LGFeb 29", 2023, "2023-02", "no such day: 2023-02-29"),
        ("LGFeb 30", 2024, "2024-02", "no such day: Feb 30"),
        ("LGFeb 29, 2023", None, "2023-02", "no such day: Feb 29"),
        ("LGJun 31, 2023", None, "2023-06", "no such day: Jun 31"),
        ("LGJun 0, 2023", None, "2023-06", "no such day: Jun 0"),
    ],
)
def test_days_that_do_not_exist(
    tmp_path: Path, tag: str, page_year: int | None, date: str, words: str
) -> None:
    path = write(tmp_path / "page.txt", f"Ann Poe\n\n{block(tag)}")
    (paper,), reports = read(path, page_year=page_year)
    assert (paper.date, paper.year) == (date, int(date[:4]))
    assert [line for _, line, _ in reports] == ([3] if words else [])
    assert all(words in reason for _, _, reason in reports)


@given(
    st.sampled_from(["Jan", "Feb", "Jun"]),
    st.integers(0, 99),
    st.none() | st.integers(0, 9999),
    st.none() | st.integers(1900, 2100),
)
@example("Feb", 29, None, 2023)
@example("Jan", 5, 0, None)
@example("Jan", 5, 9999, None)
def test_every_date_is_a_date(
    tmp_path: Path, month: str, day: int, year: int | None, page_year: int | None
) -> None:
    tag = f"LG{month} {day}" + ("" if year is None else f", {year:04}")
    page = write(tmp_path / "page.txt", "Ann Poe\n\n" + block(tag) + block("LGJan 1", "Other"))
    papers, _ = read(page, page_year=page_year)
    for paper in papers:
        assert paper.date is None or is_date(paper.date)
        assert paper.date is None or paper.year == int(paper.date[:4])
        assert paper.year is None or 1 <= paper.year <= 9999


# Bounds.


# A million bytes that take no time to read.
BLANK_LINES = (b" " * 999 + b"\n") * 1_000


@pytest.mark.parametrize("fill", [BLANK_LINES, b"x" * 1_000_000], ids=["lines", "one line"])
def test_what_unpacks_to_far_more_than_its_size_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fill: bytes
) -> None:
    monkeypatch.setattr("index.reading.streams.MIN_UNPACKED_BYTES", 2_000_000)
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb") as file:
        file.write(PAGE.encode())
        for _ in range(10):
            file.write(fill)
        file.write(RIVERS.encode())
    papers, reports = read_reports(path)
    assert [paper.title for paper in papers] == PAGE_TITLES[:1]
    (reason,) = [report.reason for report in reports if report.kind == "problem"]
    assert "unpacks to more than 200 times its size" in reason


@pytest.mark.parametrize("kind", ["problem", "note"])
def test_the_reports_of_a_file_are_bounded(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(RECORD) + "\n")
    run = SeedRun([path])
    for line in range(MAX_REPORTS + 500):
        run.report(Problem(str(path), line, f"loss {line}", kind))  # type: ignore[arg-type]
    assert len(run.problems) == MAX_REPORTS + 1
    assert run.problems[-1].reason == f"and 500 more {kind}s, not listed"
    assert run.problems[-1].count == 500
    (paper,) = run
    assert run.is_doubtful(paper) == (kind == "problem")


def test_a_problem_among_many_notes_is_known(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "{}\n")
    run = SeedRun([path])
    for _ in range(MAX_REPORTS + 5):
        run.report(Problem(str(path), 1, "said", "note"))
    assert run.read_whole == {str(path)}
    run.report(Problem(str(path), 2, "r" * 10_000))
    assert run.read_whole == set()
    assert len(run.problems[-1].reason) < 1_000


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([7], "a:7: authors: found a number"),
        ([7, 9], "a: authors: 2 records, at lines 7, 9 (found a number)"),
        ([7, 7, 9], "a: authors: 3 records, first at lines 7, 9 (found a number)"),
        ([*range(3, 1_500)], "a: authors: 1,497 records, first at lines 3, 4, 5 (found a number)"),
    ],
)
def test_one_loss_in_many_records_is_told_once(tmp_path: Path, lines: list[int], told: str) -> None:
    run = SeedRun([write(tmp_path / "b.jsonl", [RECORD])])
    for line in lines:
        run.report(Problem("a", line, "authors: found a number", what="authors"))
        run.report(Problem("b", line, "authors: found a number", what="authors"))
    one, other = run.problems
    assert (str(one), one.line, one.count) == (told, lines[0], len(lines))
    assert (other.file, other.count) == ("b", len(lines))
    (paper,) = run
    for line in (lines[0], lines[-1]):
        assert run.is_doubtful(replace(paper, sources=(Source("a", line),)))
    assert not run.is_doubtful(paper)


@pytest.mark.parametrize(
    ("values", "count", "note"),
    [
        ({"abstract": "Seas.", "authors": ["Li Na"], "year": 2020}, 5, None),
        ({"authors": ["Li Na"], "year": 2020}, 4, None),
        ({"authors": ["Li Na"], "year": 2020}, 5, "no record has an abstract"),
        ({"authors": ["Li Na"]}, 9, "no record has an abstract or a year"),
        ({}, 9, "no record has an abstract, authors or a year"),
    ],
)
def test_a_field_that_all_records_lack_is_noted(
    tmp_path: Path, values: dict[str, Any], count: int, note: str | None
) -> None:
    records = [{"title": f"River {number}", **values} for number in range(count)]
    _, reports = read_reports(write(tmp_path / "a.jsonl", records))
    assert [one.reason for one in reports if one.kind == "note"] == [note] * (note is not None)


@pytest.mark.parametrize("form", ["page", "JSON lines"])
def test_a_gzip_cut_off_keeps_what_comes_before(tmp_path: Path, form: str) -> None:
    count = 2000
    if form == "page":
        text = "Ann Poe\n\n" + "".join(block(title=f"River {n}") for n in range(count))
    else:
        text = "".join(
            json.dumps(RECORD | {"title": f"River {n}", "year": 2020}) + "\n"
            for n in range(5 * count)
        )
    path = write(tmp_path / "cut.gz", gzip.compress(text.encode())[:-2000])
    sound = write(tmp_path / "sound.jsonl", [RECORD])
    papers, reports = read(path, sound)
    rivers = [paper.title for paper in papers if paper.title != "Deep Seas"]
    assert rivers == [f"River {n}" for n in range(len(rivers))]
    assert len(rivers) > count / 4
    assert len(papers) == len(rivers) + 1
    ((file, line, reason),) = reports
    assert (file, line) == ("cut.gz", papers[len(rivers) - 1].sources[0].line)
    assert "cannot be read further" in reason


# Folders and paths.


def test_a_folder_with_other_things_in_it(tmp_path: Path) -> None:
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    write(inner / "page", PAGE)
    write(tmp_path / "a.jsonl", [RECORD])
    write(tmp_path / "pixel.png", PIXEL)
    write(tmp_path / "README.md", "# Seeds\n\nMy papers.\n")
    write(tmp_path / "empty.txt", "")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    papers, reports = read_reports(tmp_path)
    assert sorted(paper.title for paper in papers) == ["Deep Seas", "Quiet Lakes", "Slow Rivers"]
    assert sorted((Path(one.file).name, one.kind, one.reason) for one in reports) == [
        ("README.md", "note", "no reader knows this format; left out"),
        ("empty.txt", "note", "the file is empty"),
        ("gone", "problem", "not a regular file; left out"),
        ("pixel.png", "note", "an image; left out"),
    ]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path / ".git" / "page.txt", PAGE)
    write(tmp_path / ".page.txt.swp", PIXEL)
    write(tmp_path / "papers.jsonl", [RECORD])
    papers, reports = read(tmp_path)
    assert reports == []
    assert [paper.title for paper in papers] == ["Deep Seas"]


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    papers, reports = read(write(tmp_path / ".papers", [RECORD]))
    assert reports == []
    assert [paper.title for paper in papers] == ["Deep Seas"]


def test_a_folder_below_a_hidden_one_is_read(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "seeds"
    folder.mkdir(parents=True)
    write(folder / "papers.jsonl", [RECORD])
    papers, reports = read(folder)
    assert reports == []
    assert [paper.title for paper in papers] == ["Deep Seas"]


@pytest.mark.parametrize("hidden", [False, True])
def test_a_folder_without_files_is_reported(tmp_path: Path, hidden: bool) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    if hidden:
        write(folder / ".papers", [RECORD])
    papers, reports = read(folder, write(tmp_path / "papers.jsonl", [RECORD]))
    assert reports == [("seeds", 0, "the folder holds no files")]
    assert [paper.title for paper in papers] == ["Deep Seas"]


def test_a_missing_path_is_reported(tmp_path: Path) -> None:
    papers, reports = read_reports(tmp_path / "nowhere.txt", write(tmp_path / "a", [RECORD]))
    assert [paper.title for paper in papers] == ["Deep Seas"]
    assert reports == [
        Problem(str(tmp_path / "nowhere.txt"), 0, "cannot be read (No such file or directory)")
    ]


def test_what_is_no_file_is_reported(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    papers, reports = read(pipe, write(tmp_path / "papers.jsonl", [RECORD]))
    assert reports == [("pipe", 0, "not a regular file; left out")]
    assert [paper.title for paper in papers] == ["Deep Seas"]


def test_a_file_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "papers.jsonl", [RECORD])
    monkeypatch.chdir(tmp_path)
    papers, reports = read(path, tmp_path, Path("papers.jsonl"), tmp_path / "." / "papers.jsonl")
    assert reports == []
    assert [paper.sources for paper in papers] == [(Source(str(path), 1),)]


def test_nothing_depends_on_the_order_of_paths(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "b.txt", PAGE),
        write(tmp_path / "a.jsonl", [RECORD]),
        write(tmp_path / "c.txt", "Sam Roe\n\n" + block("LGMay 3", "New Rivers")),
        write(tmp_path / "d.txt", "prose"),
    ]
    assert read(*paths) == read(*reversed(paths))


def test_problems_tell_their_place() -> None:
    assert str(Problem("/seeds/page.txt", 7, "no title")) == "/seeds/page.txt:7: no title"
    assert str(Problem("/seeds/page.txt", 0, "is empty")) == "/seeds/page.txt: is empty"


def test_progress_adds_up_to_the_bytes_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", PAGE)
    write(tmp_path / "b.jsonl.gz", gzip.compress(json.dumps(RECORD).encode()))
    write(tmp_path / "c.png", PIXEL)
    steps: list[tuple[int, int]] = []
    run = SeedRun([tmp_path], on_progress=lambda done, total: steps.append((done, total)))
    assert len(list(run)) == 3
    page_bytes, packed_bytes = [
        (tmp_path / name).stat().st_size for name in ("a.txt", "b.jsonl.gz")
    ]
    total_bytes = page_bytes + packed_bytes
    assert sorted(file.size for file in run.files) == sorted([page_bytes, packed_bytes])
    assert steps == [(done, total_bytes) for done in (0, page_bytes, total_bytes)]


# Standard input.


@pytest.fixture
def send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Make standard input a file or, by default, a pipe that yields these bytes."""
    with ExitStack() as opened:

        def send(content: bytes, *, by_file: bool = False) -> None:
            if by_file:
                stream = opened.enter_context((write(tmp_path / "sent", content)).open())
            else:
                read_end, write_end = os.pipe()
                stream = opened.enter_context(os.fdopen(read_end))
                Thread(target=_send, args=(write_end, content)).start()
            monkeypatch.setattr("sys.stdin", stream)

        yield send


def _send(write_end: int, content: bytes) -> None:
    with os.fdopen(write_end, "wb", buffering=0) as pipe:
        # The first bytes alone, so that no part of the format comes in one piece.
        for part in (content[:1], content[1:7], content[7:]):
            pipe.write(part)


MANY_RECORDS = b"".join(
    json.dumps(RECORD | {"id": f"sea-{n}", "year": 2020}).encode() + b"\n" for n in range(5_000)
)


@pytest.mark.parametrize("by_file", [False, True], ids=["pipe", "file"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "count"), [(PAGE.encode(), 2), (MANY_RECORDS, 5_000)], ids=["page", "records"]
)
def test_standard_input_is_read_as_a_file_is(
    tmp_path: Path, send: Any, by_file: bool, pack: Any, content: bytes, count: int
) -> None:
    send(pack(content), by_file=by_file)
    run = SeedRun(["-"])
    piped = list(run)
    assert run.problems == []
    assert len(piped) == count
    papers, _ = read_reports(write(tmp_path / "same", content))
    assert [replace(paper, sources=()) for paper in papers] == [
        replace(paper, sources=()) for paper in piped
    ]
    assert [paper.sources for paper in piped] == [
        (Source("source:stdin", paper.sources[0].line),) for paper in papers
    ]
    assert run.read_whole == {"source:stdin"}


def test_standard_input_and_files_are_one_run(tmp_path: Path, send: Any) -> None:
    send(json.dumps(RECORD).encode())
    papers, reports = read(Path("-"), write(tmp_path / "page", PAGE), Path("-"))
    assert reports == []
    assert [paper.title for paper in papers] == [*PAGE_TITLES, "Deep Seas"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (PIXEL, "an image; left out"),
        (b"Dear diary,\n", "no reader knows this format; left out"),
    ],
)
def test_standard_input_that_nobody_can_read_is_reported(
    send: Any, content: bytes, reason: str
) -> None:
    send(content)
    assert read_reports(Path("-")) == ([], [Problem("-", 0, reason)])


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = os.openpty()
    with os.fdopen(controller), os.fdopen(terminal) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        papers, ((file, _, reason),) = read(Path("-"))
    assert (papers, file) == ([], "-")
    assert "it is a terminal; name a file, or send one in: searcher index - < FILE" in reason


@pytest.mark.parametrize("stream", [None, io.StringIO("{}")], ids=["none", "text"])
def test_without_standard_input_there_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    monkeypatch.setattr("sys.stdin", stream)
    assert read(Path("-")) == ([], [("-", 0, "cannot be read (there is no standard input)")])


def test_what_comes_in_packed_is_bounded(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.streams.MIN_UNPACKED_BYTES", 2_000_000)
    send(gzip.compress(PAGE.encode() + BLANK_LINES * 10))
    papers, reports = read_reports(Path("-"))
    assert [paper.title for paper in papers] == PAGE_TITLES[:1]
    assert "unpacks to more than 200 times its size" in reports[-1].reason


@pytest.mark.parametrize("by_file", [False, True], ids=["pipe", "file"])
def test_the_size_of_a_pipe_is_unknown_until_its_end(send: Any, by_file: bool) -> None:
    send(MANY_RECORDS, by_file=by_file)
    steps: list[tuple[int, int]] = []
    list(SeedRun(["-"], on_progress=lambda done, total: steps.append((done, total))))
    size = len(MANY_RECORDS)
    assert steps[0] == (0, size if by_file else 0)
    assert {total for _, total in steps[:-1]} == {size if by_file else 0}
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (size, size)


# What a reader takes.


class WholeText:
    """A reader of files of one paper, whose first line says so."""

    NAME = "one"
    OVERLAPS = False

    def recognises(self, head: Head) -> bool:
        return head.lines[:1] == ["%ONE"]

    def read(self, contents: Contents) -> Iterator[Paper | Problem]:
        title, _, abstract = contents.text().removeprefix("%ONE\n").partition("\n")
        yield Paper("one", title, abstract, sources=(Source(contents.file, 2),))


class Binary:
    """A reader of records that each begin with their length, after a zero byte."""

    NAME = "binary"
    OVERLAPS = False

    def recognises(self, head: Head) -> bool:
        return head.content.startswith(b"\0REC")

    def read(self, contents: Contents) -> Iterator[Paper | Problem]:
        stream = contents.stream()
        assert stream.read(4) == b"\0REC"
        number = 0
        while size := int.from_bytes(stream.read(4)):
            number += 1
            title = stream.read(size).decode()
            yield Paper(f"r{number}", title[:20], sources=(Source(contents.file, number),))


@pytest.fixture
def more_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.finding.READERS", (*READERS, WholeText(), Binary()))


def records(*titles: str) -> bytes:
    return b"\0REC" + b"".join(len(title.encode()).to_bytes(4) + title.encode() for title in titles)


@pytest.mark.usefixtures("more_readers")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_reader_takes_lines_text_or_bytes(tmp_path: Path, pack: Any) -> None:
    write(tmp_path / "a", pack(json.dumps(RECORD).encode()))
    write(tmp_path / "b", pack("\ufeff%ONE\nTides\nThey turn.\nTwice.".encode()))
    write(tmp_path / "c", pack(records("Rain", "Snow")))
    papers, reports = read(tmp_path)
    assert reports == []
    assert [(paper.title, paper.abstract) for paper in papers] == [
        ("Deep Seas", "Seas are deep."),
        ("Tides", "They turn.\nTwice."),
        ("Rain", ""),
        ("Snow", ""),
    ]


@pytest.mark.usefixtures("more_readers")
def test_a_text_that_is_not_utf_8_is_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"%ONE\nTides\nThey\xffturn.")
    (paper,), reports = read(path)
    assert paper.abstract == "They\ufffdturn."
    assert reports == [("a", 3, "not UTF-8 at byte 5; what cannot be read stands as \ufffd")]


@pytest.mark.usefixtures("more_readers")
def test_no_text_and_no_record_fills_the_memory(tmp_path: Path) -> None:
    size = MAX_RECORD_BYTES
    write(tmp_path / "a", b"%ONE\nTides\n" + b"x" * size)
    write(tmp_path / "b", records(*["x" * (size // 2)] * 4))
    write(tmp_path / "c", records("Rain", "x" * 5 * size, "Snow"))
    write(tmp_path / "d", [RECORD])
    papers, reports = read(tmp_path)
    assert [paper.title for paper in papers] == [*["x" * 20] * 4, "Rain", "Deep Seas"]
    reason = "cannot be read further (a record is longer than 8,388,608 bytes)"
    assert sorted(reports) == [("a", 0, reason), ("c", 1, reason)]


# Years that come later.


def test_papers_as_printed_get_their_year_afterwards(tmp_path: Path) -> None:
    page = "Ann Poe\n\n" + block("LGFeb 29", "Rain") + block("LGMar 4, 2018", "Snow")
    path = write(tmp_path / "page.txt", page + block("LGMay 7", "Hail"))
    run = SeedRun([path])
    printed = list(run.as_printed())
    assert [paper.date for paper in printed] == ["--02-29", "2018-03-04", "--05-07"]
    completed = [run.with_year(paper) for paper in printed]
    assert [paper.date for paper in completed] == ["2019-02", "2018-03-04", "2019-05-07"]
    assert [problem.line for problem in run.problems] == [3]
    again = SeedRun([path])
    assert sorted(again, key=lambda paper: paper.title) == sorted(
        completed, key=lambda paper: paper.title
    )
    assert again.problems == run.problems


def test_the_command_reads_standard_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "searcher", "index", "-", "--index", str(tmp_path / "own")]
    done = subprocess.run(command, input=gzip.compress(PAGE.encode()), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"1 file, 0 problems; papers: 2 new" in done.stdout
