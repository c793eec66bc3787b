"""Seed files for tests: a small author page, a record, and short ways to write and read them.

The papers, people and places are invented.
"""

import gzip
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, cast

from index import Paper, Problem, SeedRun
from index.readers.base import Contents
from index.readers.record import Reader, Record, paper_of
from tests.conftest import write_jsonl

HEADER = "Ann Poe\n\nLG\nh-index7\n2papers\n1,234citations\nNovelty41%\nAI Score33\n\n2 Papers\n\n"


def block(
    tag: str = "LGMay 7, 2020",
    title: str = "Slow Rivers",
    authors: str = "Ann Poe, Sam Roe",
    abstract: str = "We map slow rivers.",
) -> str:
    return f"{tag}\n{title}\n\n{authors}\n\n{abstract}\n\n"


RIVERS = block()
LAKES = block("CVJun 8, 2021Code", "Quiet Lakes", "Sam Roe, Ann Poe", "Lakes are quiet.")
PAGE = HEADER + RIVERS + LAKES
PAGE_TITLES = ["Slow Rivers", "Quiet Lakes"]
SOUND_GZIP = gzip.compress(PAGE.encode())
PIXEL = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"

RECORD = {"title": "Deep Seas", "abstract": "Seas are deep.", "authors": ["Li Na"]}


def write(path: Path, content: str | bytes | Iterable[Any]) -> Path:
    """Write text, bytes, or an iterable of records as JSON lines."""
    if isinstance(content, str):
        content = content.encode()
    elif not isinstance(content, bytes):
        return write_jsonl(path, *content)
    path.write_bytes(content)
    return path


def read(
    *paths: Path, page_year: int | None = None
) -> tuple[list[Paper], list[tuple[str, int, str]]]:
    """Return the papers, and the name, line and reason of each problem; fail if there is a note."""
    papers, reports = read_reports(*paths, page_year=page_year)
    assert [report for report in reports if report.kind == "note"] == []
    return papers, [(Path(one.file).name, one.line, one.reason) for one in reports]


def read_reports(*paths: Path, page_year: int | None = None) -> tuple[list[Paper], list[Problem]]:
    run = SeedRun(paths, page_year)
    papers = list(run)
    return papers, run.problems


def read_block(tmp_path: Path, text: str, page_year: int | None = None) -> Paper:
    """Return the one paper of a page of Ann Poe, which must be read without a report."""
    (paper,), reports = read(
        write(tmp_path / "page.txt", f"Ann Poe\n\n{text}"), page_year=page_year
    )
    assert reports == []
    return paper


def read_record(tmp_path: Path, record: dict[str, Any]) -> tuple[Paper, list[str]]:
    """Return the one paper of a record and the reasons of the reports about it."""
    (paper,), reports = read_reports(write(tmp_path / "papers.jsonl", [record]))
    return paper, [report.reason for report in reports]


def read_text(reader: Reader, content: str | bytes) -> tuple[list[Paper], list[Problem]]:
    """Return the papers that a reader finds in the file ``f``, and what is told of it."""
    told: list[Problem] = []
    content = content.encode() if isinstance(content, str) else content
    stream = cast(BinaryIO, io.BufferedReader(io.BytesIO(content)))
    papers: list[Paper] = []
    for item in reader.read(Contents("f", stream, told.append)):
        for one in paper_of(item, "f") if isinstance(item, Record) else [item]:
            if isinstance(one, Paper):
                papers.append(one)
            else:
                told.append(one)
    return papers, told
