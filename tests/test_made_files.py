"""The files that readers are measured with, and the measuring: all papers, in bounded memory."""

import re
from pathlib import Path

import pytest

from tests.bench import formats
from tests.bench.formats import OURS, measured
from tests.bench.made import made_papers
from tests.bench.made_files import FORMATS, OWNER, Format, write_file
from tests.bench.measure import BenchError
from tests.bench.snapshot import PERIOD, lost_count, snapshot
from tests.seed_files import read_reports, write

PAPERS = list(made_papers(120))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_file_holds_the_papers(form: Format, tmp_path: Path) -> None:
    papers, reports = read_reports(write_file(form, PAPERS, tmp_path))
    assert [str(one) for one in reports if one.kind == "problem"] == []
    assert len(papers) == len(PAPERS)
    for paper, made in zip(papers, PAPERS, strict=True):
        authors = [name for name in paper.authors if name != OWNER]
        assert (paper.title, paper.abstract) == (made.title, made.abstract)
        assert "authors" in form.unsaid or authors == list(made.authors)
        assert "year" in form.unsaid or paper.year == made.year


def test_the_same_seed_makes_the_same_papers() -> None:
    assert list(made_papers(120)) == PAPERS
    assert next(made_papers(1, seed=7)) != PAPERS[0]
    assert len({paper.id for paper in made_papers(1_000)}) == 1_000


# Snapshots


def test_what_is_damaged_in_a_snapshot_is_told_once(tmp_path: Path) -> None:
    count = 2 * PERIOD
    path = write(tmp_path / "snapshot.jsonl", b"".join(snapshot(count)))
    papers, reports = read_reports(path)
    assert len(papers) == count - lost_count(count) == count - 2 * 4
    assert [re.sub(r" at byte \d+| \(such as .*\)", "", one.reason) for one in reports] == [
        "date: 4 records, first at lines 108, 109, 1108",
        "doi: 2 records, at lines 111, 1111 (not of the shape of one)",
        "not JSON: 6 records, first at lines 501, 502, 505",
        "not UTF-8; what cannot be read stands as \ufffd",
        "neither title nor abstract; left out: 2 records, at lines 504, 1504",
        "1 line is not UTF-8 and read as Windows-1252, from line 1503 on",
    ]


def test_memory_does_not_grow_with_a_file(tmp_path: Path) -> None:
    peaks = []
    for count in (1_000, 2_500):
        path = tmp_path / f"{count}.jsonl"
        with path.open("wb") as out:
            out.writelines(snapshot(count))
        peaks.append(measured([OURS], path, count - lost_count(count), 1)[OURS].peak_mb)
    # The papers that the longer file has more would take 4.5 MB.
    assert peaks[1] - peaks[0] < 2


# The command


def test_a_program_that_finds_fewer_records_is_not_measured(tmp_path: Path) -> None:
    path = write(tmp_path / "papers.jsonl", [{"title": "Slow Rivers"}])
    with pytest.raises(BenchError, match="searcher reads 1 of 2 records of papers"):
        measured([OURS], path, 2, 1)


def test_a_run_reports_and_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--papers", "3", "--formats", "CSV,BEIR", "--snapshots", "100"]
    record = tmp_path / "record.md"
    monkeypatch.setattr("sys.argv", ["formats", *options, "--record", str(record)])
    monkeypatch.setattr(formats, "ROUNDS", 1)  # each is a process
    with pytest.raises(SystemExit) as ended:
        formats.main()
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert record.read_text(encoding="utf-8") == printed
    rows = [line.split("|")[1:-1] for line in printed.splitlines() if line.startswith("| ")]
    assert [row[0].strip() for row in rows] == ["format", "CSV", "BEIR", "lines", "100"]
    assert [row[4].strip() for row in rows[:3]] == ["library", "csv", "json, by line"]
    assert all(re.search(r"\d", row[2]) for row in (rows[1], rows[2], rows[4]))
