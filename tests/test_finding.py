"""What is found beside the papers, readers of other packages, and the reader of standard input.

The papers and people are invented.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from index import BadRequestError, Paper, Problem, SeedRun, Source, Summary, build
from index.readers.base import Contents, Head
from tests.seed_files import PAGE, PAGE_TITLES, RECORD, read_reports, write

NOTEBOOK = '{"cells": [{"cell_type": "code", "source": []}], "nbformat": 4}'


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\n", "a PDF; left out"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "an image; left out"),
        ("a.db", b"SQLite format 3\x00\x10\x00", "an SQLite database; left out"),
        ("a.rtf", b"{\\rtf1 Rain}", "a rich text file (.rtf): save it as text; left out"),
        ("a.html", "<!DOCTYPE html>\n<title>Rain</title>", "an HTML page; left out"),
        ("a.tex", "% Rain\n\\documentclass{book}\n", "a TeX text; left out"),
        ("a.ipynb", NOTEBOOK, "a Python notebook; left out"),
        ("a.txt", "<top>\n<num> 7\n<title> rain\n</top>\n", "the queries of a test collection"),
        ("a.jsonl", "version https://git-lfs.github.com/spec/v1\noid 9\n", "Git LFS"),
        ("a.enl", b"\x00\x01\x02\x03\x00\x00", "an EndNote library"),
        ("a.txt", "RT Journal Article\nSR 1\nA1 Poe,Ann\nT1 Rain\n", "a RefWorks file"),
        ("b.txt", "%0 Journal Article\n%A Poe, Ann\n%T Rain\n", "an EndNote tagged file"),
        ("a.xml", "<mods:modsCollection xmlns:mods='x'/>", "a MODS file: export its references as"),
        ("a.rdf", '<rdf:RDF\n xmlns:z="z">', "an RDF file, such as Zotero writes: export"),
        ("a.xml", "<b:Sources xmlns:b='x/bibliography'/>", "a list of sources of Word: export"),
        ("a.cff", "# How to cite\ncff-version: 1.2.0\n", "a citation file (CFF): export"),
        ("a.yaml", "---\nreferences:\n- id: poe2020\n", "a CSL YAML file: export"),
        ("a.xml", "<xml><records><record/></records></xml>", "an EndNote file"),
        ("a.xml", '<?xml version="1.0"?>\n<feed><title>Rain</title></feed>', "a feed (Atom)"),
        ("a.xml", "<!DOCTYPE dblp SYSTEM 'dblp.dtd'>\n<dblp>\n<article/></dblp>", "XML of DBLP"),
        ("a.xml", '<article xmlns:xlink="x"><front/></article>', "the text of articles (JATS)"),
        ("a.xml", "<rain><title>Rain</title></rain>", "no reader knows this format; left out"),
        ("a.md", "# Rain\n", "no reader knows this format; left out"),
        ("a.bin", b"\x00\x01\x02\x03\x00\x00", "not text (a binary file); left out"),
        ("a.txt", "", "the file is empty"),
        ("a.txt", b"\xef\xbb\xbf\r\n", "the file is empty"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_papers_is_named(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    write(tmp_path / "sound.jsonl", [RECORD])
    path = write(tmp_path / name if name != "sound.jsonl" else tmp_path / "other", content)
    for paths, kind in [((tmp_path,), "note"), ((path, tmp_path), "problem")]:
        papers, reports = read_reports(*paths)
        assert [paper.title for paper in papers] == ["Deep Seas"]
        ((file, found_kind, found),) = [(one.file, one.kind, one.reason) for one in reports]
        assert (file, found_kind) == (str(path), kind)
        assert reason in found


def test_a_folder_without_any_list_of_papers_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "README.md", "# Rain\n")
    _, reports = read_reports(tmp_path)
    assert [(one.file, one.kind) for one in reports] == [
        (str(tmp_path / "README.md"), "note"),
        (str(tmp_path), "problem"),
    ]


EMPTY = [
    ("a.json", "[]", "json"),
    ("a.bib", "@string{sea = {Sea}}\n", "bibtex"),
    ("a.csv", "title,year,authors\n", "table"),
    ("a.xml", "<PubmedArticleSet></PubmedArticleSet>", "pubmed"),
]


@pytest.mark.parametrize(("name", "content", "reader"), EMPTY)
def test_a_list_without_papers_is_told(
    tmp_path: Path, name: str, content: str, reader: str
) -> None:
    folder, index = tmp_path / "papers", tmp_path / "index"
    folder.mkdir()
    write(folder / "b.jsonl", [RECORD])
    path = write(folder / name, content)
    for paths, kind in [((folder,), "note"), ((path, folder), "problem"), ((folder,), "note")]:
        summary = build(index, paths)
        ((place, found_kind, reason),) = [
            (one.file, one.kind, one.reason) for one in (*summary.problems, *summary.notes)
        ]
        assert (place, found_kind) == (str(path), kind)
        assert reason == f"no paper found in it, read as {reader}"


def test_a_list_that_becomes_empty_can_be_pruned(tmp_path: Path) -> None:
    path, index = write(tmp_path / "a.json", [RECORD]), tmp_path / "index"
    assert build(index, [path]).total == 1
    write(path, "[]")
    assert build(index, [path]).missing == 1
    summary = build(index, [path], prune=True)
    assert (summary.removed, len(summary.problems)) == (1, 1)


def test_a_named_reader_that_finds_nothing_prunes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(content: str, reader: str | None = None) -> Summary:
        with write(tmp_path / "sent", content).open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            return build(tmp_path / "index", ["-"], reader=reader, source="shelf", prune=True)

    assert send(json.dumps(RECORD)).new == 1
    summary = send("hello", reader="ris")
    assert (summary.total, summary.removed) == (1, 0)
    assert [one.reason for one in summary.problems] == ["no paper found in it, read as ris"]
    assert send("[]").removed == 1


# Readers of other packages


class Tides:
    """A reader of files that begin with the word."""

    NAME = "tides"
    OVERLAPS = False

    def recognises(self, head: Head) -> bool:
        return head.content.startswith(b"tides")

    def read(self, contents: Contents) -> Iterator[Paper | Problem]:
        for line in contents.lines():
            yield Paper(f"t{line.number}", line.text, sources=(Source(contents.file, line.number),))


class CannotRecognise(Tides):
    def recognises(self, _head: Head) -> bool:
        raise ZeroDivisionError("no head")


class CannotRead(Tides):
    def read(self, contents: Contents) -> Iterator[Paper | Problem]:
        yield from list(super().read(contents))[:1]
        raise KeyError("tide")


class ElsewhereRead(Tides):
    def read(self, _contents: Contents) -> Iterator[Paper | Problem]:
        yield Paper("t1", "tides", sources=(Source("/elsewhere", 1),))


class YieldsAnything(Tides):
    def read(self, _contents: Contents) -> Iterator[Any]:
        yield 7


def install(monkeypatch: pytest.MonkeyPatch, reader: object) -> None:
    def load() -> object:
        if isinstance(reader, Exception):
            raise reader
        return reader

    entry = SimpleNamespace(name="tides", value="tides:reader", load=load)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [entry])


@pytest.mark.parametrize(
    ("reader", "titles", "reason"),
    [
        (Tides(), ["tides", "ebb"], None),
        (ImportError("no module"), [], "the reader tides (tides:reader) cannot be loaded: ImportE"),
        (object(), [], "cannot be loaded: AttributeError"),
        (CannotRecognise(), [], "the reader tides fails: ZeroDivisionError: no head"),
        (CannotRead(), ["tides"], "the reader tides fails: KeyError: 'tide'"),
        (ElsewhereRead(), [], "the reader tides fails: ValueError: a paper must have one source"),
        (YieldsAnything(), [], "the reader tides fails: TypeError: it yields int"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_reader_of_another_package(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: object,
    titles: list[str],
    reason: str | None,
) -> None:
    install(monkeypatch, reader)
    path = write(tmp_path / "a", "tides\nebb\n")
    papers, reports = read_reports(path, write(tmp_path / "page", PAGE))
    assert [paper.title for paper in papers] == [*PAGE_TITLES, *titles]
    problems = [one.reason for one in reports if one.kind == "problem"]
    assert bool(problems) == (reason is not None)
    assert reason is None or any(reason in one for one in problems)


def test_our_own_readers_ask_for_no_other_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Tides())
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: 1 / 0)
    papers, reports = read_reports(write(tmp_path / "page", PAGE))
    assert (len(papers), reports) == (2, [])


# The reader of standard input


def test_the_reader_of_standard_input_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing in the first lines tells that this is an author page.
    content = "Ann Poe\n" * 9_000 + PAGE
    with write(tmp_path / "sent", content).open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        run = SeedRun(["-"], reader="author-page")
        assert [paper.title for paper in run] == PAGE_TITLES
    with (tmp_path / "sent").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert build(tmp_path / "index", ["-"], reader="author-page").new == 2


@pytest.mark.parametrize("name", ["", "page", 7, ["author-page"]])
def test_a_reader_that_is_unknown(tmp_path: Path, name: Any) -> None:
    path = write(tmp_path / "page", PAGE)
    with pytest.raises(BadRequestError, match="must be one of acl, author-page, bibtex, "):
        SeedRun([path], reader=name)


def test_a_named_reader_is_for_standard_input_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.jsonl", [RECORD])
    with write(tmp_path / "sent", PAGE).open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        titles = [paper.title for paper in SeedRun(["-", path], reader="author-page")]
    assert titles == [*PAGE_TITLES, "Deep Seas"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            {"reader": "ris"},
            "reader is 'ris', but standard input (-) is not among the paths;"
            " the format of a file is told by its content",
        ),
        (
            {"source": "shelf"},
            "source is 'shelf', but standard input (-) is not among the paths;"
            " a file is a source of its own",
        ),
        ({"reader": "ris", "papers": []}, "reader is 'ris', but"),
    ],
    ids=str,
)
def test_what_is_for_standard_input_has_no_meaning_without_it(
    tmp_path: Path, options: dict[str, Any], reason: str
) -> None:
    path = write(tmp_path / "a.jsonl", [RECORD])
    with pytest.raises(BadRequestError, match=re.escape(reason)):
        build(tmp_path / "index", [path], **options)


def test_the_command_names_the_readers(tmp_path: Path) -> None:
    arguments = ["index", "-", "--reader", "tides", "--index", str(tmp_path / "index")]
    command = [sys.executable, "-m", "searcher", *arguments]
    done = subprocess.run(command, input=PAGE, capture_output=True, text=True)
    assert done.returncode == 2
    assert "it must be one of acl, author-page, bibtex, " in done.stderr
    assert done.stderr.endswith(", web-of-science\n")
