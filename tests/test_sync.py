"""Sync: what a build writes, keeps, drops, reports and refuses, read back from the index itself.

The papers and people are invented.
"""

import errno
import io
import json
import os
import random
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from whoosh import fields
from whoosh import index as whoosh_index

from index import (
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    Paper,
    SeedError,
    Source,
    Summary,
    build,
    open_writer,
)
from index.merging import merge
from index.paper import Copy
from index.sync.run import STAGES
from index.writers.port import Entry, Writer
from tests.conftest import write_jsonl

law = settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),  # an example takes too long for hundreds to shrink it
)


def block(
    title: str = "Slow Rivers",
    authors: str = "Ann Poe, Sam Roe",
    abstract: str = "We map slow rivers.",
    tag: str = "LGMay 7, 2020",
) -> str:
    return f"{tag}\n{title}\n\n{authors}\n\n{abstract}\n\n"


def page(owner: str, *blocks: str) -> str:
    return f"{owner}\n\n{''.join(blocks)}"


RIVERS = block()
LAKES = block("Quiet Lakes", "Sam Roe, Ann Poe", "Lakes are quiet.")
SEAS = block("Deep Seas", "Li Na, Ann Poe", "Seas are deep.")


def write(path: Path, content: str | Iterable[dict[str, Any]]) -> Path:
    """Write text, or records as JSON lines."""
    if not isinstance(content, str):
        return write_jsonl(path, *content)
    path.write_text(content, encoding="utf-8")
    return path


def papers_by_id(directory: Path) -> dict[str, Paper]:
    """Return the papers that the index holds, each merged from its copies, by id."""
    with open_writer(str(directory)) as writer:
        return {
            paper_id: merge(writer.copies(entry))
            for file in writer.files()
            for paper_id, entry in writer.papers_from(file)
        }


def papers_by_title(directory: Path) -> dict[str, Paper]:
    """Return the papers that the index holds, by title; each must have its own."""
    papers = papers_by_id(directory)
    by_title = {paper.title: paper for paper in papers.values()}
    assert len(by_title) == len(papers)
    return by_title


def without_lines(papers: dict[str, Paper]) -> dict[str, Paper]:
    """Return ``papers`` with all lines 0; a move within its file does not change a paper."""
    return {
        paper_id: replace(paper, sources=tuple(replace(source, line=0) for source in paper.sources))
        for paper_id, paper in papers.items()
    }


def counts(summary: Summary) -> dict[str, int]:
    """Return the counts that are not 0, but for ``files`` and ``total``."""
    names = ("new", "changed", "unchanged", "removed", "missing")
    return {name: getattr(summary, name) for name in names if getattr(summary, name)}


def contents(directory: Path) -> dict[str, bytes]:
    """Return all files of a directory; equal before and after if no generation was written."""
    return {path.name: path.read_bytes() for path in directory.glob("*")}


# Counts.


def test_a_first_build(index: Path, seeds: Path) -> None:
    write(seeds / "page.txt", page("Ann Poe", RIVERS, LAKES))
    write(seeds / "papers.jsonl", [{"title": "Deep Seas", "year": 2019, "colour": "elm"}])
    write(seeds / "notes.md", "Rain again.\n")
    summary = build(index, [seeds])
    assert summary.files == 2
    assert counts(summary) == {"new": 3}
    assert summary.total == 3
    assert summary.problems == ()
    assert [Path(one.file).name for one in summary.notes] == ["notes.md", "papers.jsonl"]
    assert (summary.assumed_year, summary.assumed_count) == (None, 0)
    papers = papers_by_title(index)
    assert set(papers) == {"Slow Rivers", "Quiet Lakes", "Deep Seas"}
    assert papers["Slow Rivers"].abstract == "We map slow rivers."
    assert papers["Slow Rivers"].sources[0].file == str(seeds / "page.txt")


def test_a_second_build_writes_nothing(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS, LAKES, block("New Rivers", tag="LGMay 9")))
    write(seeds / "b.txt", page("Sam Roe", LAKES, SEAS))
    write(seeds / "c.jsonl", [{"id": "x1", "title": "Cold Springs"}, {"title": "Hot Springs"}])
    build(index, [seeds])
    before = contents(index)
    summary = build(index, [seeds])
    assert counts(summary) == {"unchanged": 6}
    assert summary.total == 6
    assert contents(index) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RIVERS, block(abstract="We map slow rivers again.")),
        (RIVERS, block("SLOW RIVERS")),
        (RIVERS, block(authors="Ann Poe, Li Na")),
        (RIVERS, block(tag="LGMay 7, 2020Code")),
        (RIVERS, block(tag="CVMay 7, 2020")),
        (RIVERS, block(tag="3.5LGMay 7, 2020")),
        (RIVERS, block(tag="LGMay 8, 2020")),
    ],
    ids=["abstract", "title", "authors", "code", "category", "score", "date"],
)
def test_a_change_is_one_changed_paper(index: Path, seeds: Path, old: str, new: str) -> None:
    path = write(seeds / "page.txt", page("Ann Poe", old, LAKES))
    build(index, [seeds])
    write(path, page("Ann Poe", new, LAKES))
    summary = build(index, [seeds])
    assert counts(summary) == {"changed": 1, "unchanged": 1}
    assert summary.total == 2
    build(index.with_name("anew"), [seeds])
    assert papers_by_title(index) == papers_by_title(index.with_name("anew"))


def test_a_changed_record_is_one_changed_paper(index: Path, seeds: Path) -> None:
    records = [{"id": "x1", "title": "Slow Rivers"}, {"id": "x2", "title": "Quiet Lakes"}]
    path = write(seeds / "papers.jsonl", records)
    build(index, [seeds])
    write(path, [records[0], {**records[1], "title": "Still Lakes"}, {"title": "Deep Seas"}])
    summary = build(index, [seeds])
    assert counts(summary) == {"new": 1, "changed": 1, "unchanged": 1}
    assert set(papers_by_title(index)) == {"Slow Rivers", "Still Lakes", "Deep Seas"}


def test_a_moved_paper_is_unchanged(index: Path, seeds: Path) -> None:
    path = write(seeds / "page.txt", page("Ann Poe", RIVERS, LAKES))
    build(index, [seeds])
    before = papers_by_id(index)
    write(path, page("Ann Poe", LAKES, RIVERS))
    assert counts(build(index, [seeds])) == {"unchanged": 2}
    assert papers_by_id(index) == before
    # Only that the file was read is new.
    after = contents(index)
    assert counts(build(index, [seeds])) == {"unchanged": 2}
    assert contents(index) == after


def test_another_page_year_changes_what_it_dates(index: Path, seeds: Path) -> None:
    write(seeds / "page.txt", page("Ann Poe", RIVERS, block("New Rivers", tag="LGMay 9")))
    first = build(index, [seeds])
    assert (first.assumed_year, first.assumed_count) == (2021, 1)
    assert papers_by_title(index)["New Rivers"].date == "2021-05-09"
    second = build(index, [seeds], page_year=2024)
    assert counts(second) == {"changed": 1, "unchanged": 1}
    assert (second.assumed_year, second.assumed_count) == (2024, 1)
    assert papers_by_title(index)["New Rivers"].date == "2024-05-09"
    assert papers_by_title(index)["Slow Rivers"].date == "2020-05-07"


def test_a_build_of_other_files_adds_to_the_index(index: Path, seeds: Path) -> None:
    one = write(seeds / "a.txt", page("Ann Poe", RIVERS))
    other = write(seeds / "b.txt", page("Sam Roe", LAKES))
    build(index, [one])
    summary = build(index, [other])
    assert counts(summary) == {"new": 1}
    assert summary.total == 2
    assert set(papers_by_title(index)) == {"Slow Rivers", "Quiet Lakes"}


@pytest.mark.parametrize("as_text", [False, True])
def test_one_path_may_stand_alone(index: Path, seeds: Path, as_text: bool) -> None:
    path = write(seeds / "page.txt", page("Ann Poe", RIVERS))
    summary = build(str(index), str(path) if as_text else path)  # type: ignore[arg-type]
    assert counts(summary) == {"new": 1}


@pytest.mark.parametrize("content", [None, "Rain again.\n", "{}\n"])
def test_without_any_paper_no_index_is_left(index: Path, seeds: Path, content: str | None) -> None:
    if content:
        write(seeds / "papers", content)
    summary = build(index, [seeds])
    assert (counts(summary), summary.total) == ({}, 0)
    assert summary.problems or summary.notes
    assert not index.exists()


def test_an_empty_index_stays(index: Path, seeds: Path) -> None:
    with open_writer(str(index)) as writer:
        writer.commit()
    before = contents(index)
    assert build(index, [seeds]).total == 0
    assert contents(index) == before


def test_progress_is_reported_by_stage(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    write(seeds / "b.jsonl", [{"title": "Deep Seas"}])
    for number in range(7):  # with as many segments the next commit merges
        write(seeds / "c.jsonl", [{"id": f"x{number}", "title": "Tides"}])
        build(index, [seeds / "c.jsonl"])
    (seeds / "c.jsonl").unlink()
    steps: list[tuple[str, int, int]] = []
    build(index, [seeds], on_progress=lambda *step: steps.append(step))
    page_bytes, record_bytes = (path.stat().st_size for path in sorted(seeds.iterdir()))
    total_bytes = page_bytes + record_bytes
    reading = [step for step in steps if step[0] == "reading"]
    assert reading == [
        ("reading", 0, total_bytes),
        ("reading", page_bytes, total_bytes),
        ("reading", total_bytes, total_bytes),
    ]
    _check_progress(steps)
    assert {stage for stage, _, _ in steps} == set(STAGES)


def _check_progress(steps: list[tuple[str, int, int]]) -> None:
    """Check that the stages come in order, and that each begins at nothing and ends complete."""
    stages = list(dict.fromkeys(stage for stage, _, _ in steps))
    assert stages == sorted(stages, key=STAGES.index)
    assert [stage for stage, _, _ in steps] == sorted(
        (stage for stage, _, _ in steps), key=STAGES.index
    )
    for stage in stages:
        amounts = [(done, total) for name, done, total in steps if name == stage]
        assert amounts == sorted(amounts)
        assert amounts[0][0] == 0
        assert amounts[-1][0] == amounts[-1][1]


# Standard input.


@contextmanager
def piped(content: str | Iterable[dict[str, Any]]) -> Iterator[None]:
    """Have standard input yield a text, or records as JSON lines."""
    if not isinstance(content, str):
        content = "".join(json.dumps(record) + "\n" for record in content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        yield


def test_what_came_by_standard_input_stays(index: Path, seeds: Path) -> None:
    write(seeds / "page.txt", page("Ann Poe", RIVERS))
    with piped([{"id": "a", "title": "Deep Seas"}, {"id": "b", "title": "Tides"}]):
        assert counts(build(index, ["-", seeds])) == {"new": 3}
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1}
    with piped([{"id": "b", "title": "Tides"}, {"id": "c", "title": "Rain"}]):
        assert counts(build(index, ["-"], prune=True)) == {"new": 1, "unchanged": 1}
    assert set(papers_by_title(index)) == {"Slow Rivers", "Deep Seas", "Tides", "Rain"}


def test_what_a_named_source_sends_no_more_goes_where_it_is_pruned(index: Path) -> None:
    with piped([{"id": "a", "title": "Deep Seas"}, {"id": "b", "title": "Tides"}]):
        assert counts(build(index, ["-"], source="shelf")) == {"new": 2}
    with piped([{"id": "c", "title": "Rain"}]):
        assert counts(build(index, ["-"], source="desk", prune=True)) == {"new": 1}
    with piped([{"id": "b", "title": "Tides"}]):
        assert counts(build(index, ["-"], source="shelf")) == {"unchanged": 1}
    with piped("{broken\n" + json.dumps({"id": "b", "title": "Tides"})):
        assert counts(build(index, ["-"], source="shelf", prune=True)) == {"unchanged": 1}
    with piped([{"id": "b", "title": "High Tides"}]):
        summary = build(index, ["-"], source="shelf", prune=True)
    assert counts(summary) == {"changed": 1, "removed": 1}
    assert [(one.file, one.papers) for one in summary.gone] == [("source:shelf", 1)]
    assert {title: paper.sources for title, paper in papers_by_title(index).items()} == {
        "High Tides": (Source("source:shelf", 1),),
        "Rain": (Source("source:desk", 1),),
    }


def test_a_record_in_a_file_and_one_from_standard_input_are_one_paper(
    index: Path, seeds: Path
) -> None:
    with piped([{"id": "a", "title": "Deep Seas"}, {"id": "b", "title": "Tides"}]):
        build(index, ["-"])
    with piped([{"id": "a", "title": "Deeper Seas"}]):
        assert counts(build(index, ["-"])) == {"changed": 1}
    assert set(papers_by_title(index)) == {"Deeper Seas", "Tides"}
    path = write(seeds / "b.jsonl", [{"id": "b", "title": "High Tides"}])
    summary = build(index, [seeds])
    assert (counts(summary), summary.problems) == ({"changed": 1}, ())
    papers = papers_by_id(index)
    assert {paper.title for paper in papers.values()} == {"Deeper Seas", "High Tides"}
    assert papers["b"].sources == (Source(str(path), 1), Source("source:stdin", 2))


def test_a_page_from_standard_input_is_merged_with_pages_in_files(index: Path, seeds: Path) -> None:
    write(seeds / "sam.txt", page("Sam Roe", RIVERS))
    with piped(page("Ann Poe", RIVERS)):
        build(index, ["-"])
    assert counts(build(index, [seeds])) == {"changed": 1}
    assert papers_by_title(index)["Slow Rivers"].owners == ("Ann Poe", "Sam Roe")
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1}


def test_two_records_in_one_run_are_one_paper(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.jsonl", [{"id": "a", "title": "Seas"}])
    with piped([{"id": "a", "title": "Deep Seas"}]):
        assert counts(build(index, ["-", seeds])) == {"new": 1}
    sources = papers_by_title(index)["Deep Seas"].sources
    assert sources == (Source(str(path), 1), Source("source:stdin", 1))
    assert counts(build(index, [seeds])) == {"unchanged": 1}


# What an update costs.


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ("a new file", []),
        ("a file read again", []),
        ("a file read again without a paper", ["b.jsonl"]),
        ("a file gone", ["a.txt"]),
        ("a file gone that is not named", []),
        ("a file read with a problem", ["b.jsonl"]),
    ],
)
def test_an_update_asks_for_the_papers_of_the_files_concerned_only(
    index: Path,
    seeds: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    asked: list[str],
    prune: bool,
) -> None:
    page_path = write(seeds / "a.txt", page("Ann Poe", RIVERS, LAKES))
    records = write(seeds / "b.jsonl", [{"title": "Deep Seas"}, {"title": "Cold Springs"}])
    write(seeds / "c.jsonl", [{"title": "Hot Springs"}])
    build(index, [seeds])
    read = records
    if change == "a file read again":
        write(records, records.read_text() + "\n")
    if change == "a file read again without a paper":
        write(records, [{"title": "Cold Springs"}])
    if change == "a new file":
        read = write(seeds / "d.jsonl", [{"title": "New Rivers"}])
    elif change.startswith("a file gone"):
        page_path.unlink()
        read = write(seeds / "d.jsonl", [{"title": "New Rivers"}])
    elif change == "a file read with a problem":
        write(records, "{broken\n" + records.read_text())
    found: list[str] = []
    with open_writer(str(index)) as writer:
        writer_class = type(writer)
    papers_from = writer_class.papers_from

    def noted(writer: Writer, file: str) -> Iterator[tuple[str, Entry]]:
        found.append(Path(file).name)
        return papers_from(writer, file)

    monkeypatch.setattr(writer_class, "papers_from", noted)
    build(index, [read, *([page_path] if change == "a file gone" else [])], prune=prune)
    assert found == asked


def test_a_paper_gone_from_two_files_is_counted_once(index: Path, seeds: Path) -> None:
    one = write(seeds / "a.txt", page("Ann Poe", RIVERS))
    other = write(seeds / "b.txt", page("Sam Roe", RIVERS))
    write(seeds / "c.txt", page("Li Na", SEAS))
    build(index, [seeds])
    one.unlink()
    write(other, page("Sam Roe", LAKES))
    assert counts(build(index, [seeds])) == {"new": 1, "missing": 1, "unchanged": 1}
    assert counts(build(index, [seeds], prune=True)) == {"removed": 1, "unchanged": 2}


# Papers that have gone from their files.


def test_a_file_that_cannot_be_looked_at_has_not_vanished(
    index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write(seeds / "a.txt", page("Ann Poe", RIVERS))
    write(seeds / "b.txt", page("Li Na", SEAS))
    build(index, [seeds])
    one.unlink()
    stat = os.stat

    def failing(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if path == str(one):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return stat(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("os.stat", failing)
        summary = build(index, [seeds], prune=True)
        assert counts(summary) == {"unchanged": 1}
        (problem,) = summary.problems
        assert str(problem) == (
            f"{one}: cannot be looked at (Input/output error); its papers are kept"
        )
    assert counts(build(index, [seeds], prune=True)) == {"removed": 1, "unchanged": 1}


@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize("vanished", [False, True], ids=["left out", "file vanished"])
@pytest.mark.parametrize("form", ["page", "records"])
def test_gone_papers_are_kept_unless_pruned(
    index: Path, seeds: Path, prune: bool, vanished: bool, form: str
) -> None:
    lakes = write(seeds / "b.txt", page("Sam Roe", LAKES))
    if form == "page":
        both, one = page("Ann Poe", RIVERS, SEAS), page("Ann Poe", SEAS)
    else:
        both = '{"title": "Slow Rivers"}\n{"title": "Deep Seas"}\n'
        one = '{"title": "Deep Seas"}\n'
    path = write(seeds / "a.txt", both)
    build(index, [seeds])
    if vanished:
        path.unlink()
        gone, stays = {"Slow Rivers", "Deep Seas"}, {"Quiet Lakes"}
    else:
        write(path, one)
        gone, stays = {"Slow Rivers"}, {"Deep Seas", "Quiet Lakes"}
    assert lakes.exists()
    summary = build(index, [seeds], prune=prune)
    name = "removed" if prune else "missing"
    assert counts(summary) == {name: len(gone), "unchanged": len(stays)}
    assert summary.total == (len(stays) if prune else 3)
    assert set(papers_by_title(index)) == (stays if prune else stays | gone)


def test_missing_papers_are_counted_again_and_again(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.txt", page("Ann Poe", RIVERS, LAKES))
    write(seeds / "b.txt", page("Li Na", SEAS))
    build(index, [seeds])
    path.unlink()
    for _ in range(2):
        assert counts(build(index, [seeds])) == {"missing": 2, "unchanged": 1}
    assert counts(build(index, [seeds], prune=True)) == {"removed": 2, "unchanged": 1}
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1}


def test_a_file_that_was_not_asked_for_loses_nothing(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    other = write(seeds / "b.txt", page("Sam Roe", LAKES))
    build(index, [seeds])
    summary = build(index, [other], prune=True)
    assert counts(summary) == {"unchanged": 1}
    assert set(papers_by_title(index)) == {"Slow Rivers", "Quiet Lakes"}


def test_a_file_read_with_a_problem_loses_nothing(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.txt", page("Ann Poe", RIVERS, LAKES))
    build(index, [seeds])
    write(path, page("Ann Poe", RIVERS, LAKES.replace("May 7, 2020", "May 7 2020")))
    summary = build(index, [seeds], prune=True)
    assert counts(summary) == {"unchanged": 1}
    assert len(summary.problems) == 1
    assert set(papers_by_title(index)) == {"Slow Rivers", "Quiet Lakes"}


def test_a_damaged_first_tag_line_loses_nothing(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.txt", page("Ann Poe", RIVERS, LAKES))
    build(index, [seeds])
    write(path, page("Ann Poe", RIVERS.replace("May 7, 2020", "May 7 2020"), LAKES))
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1}
    assert set(papers_by_title(index)) == {"Slow Rivers", "Quiet Lakes"}


def test_a_renamed_file_is_followed(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.txt", page("Ann Poe", RIVERS))
    records = write(seeds / "b.jsonl", [{"title": "Deep Seas"}])
    build(index, [seeds])
    path.rename(seeds / "c.txt")
    records.rename(seeds / "d.jsonl")
    summary = build(index, [seeds])
    assert counts(summary) == {"changed": 2}
    files = {title: paper.sources[0].file for title, paper in papers_by_title(index).items()}
    assert files == {"Slow Rivers": str(seeds / "c.txt"), "Deep Seas": str(seeds / "d.jsonl")}
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 2}


# The same paper on two pages.

SHORT = block(authors="Ann Poe et al. · elm", abstract="We map.")
LONG = block(authors="Ann Poe, Sam Roe · oak", tag="LGMay 7, 2020Code")


@pytest.mark.parametrize(
    ("ann", "li"), [(SHORT, LONG), (LONG, SHORT)], ids=["longer later", "longer first"]
)
@pytest.mark.parametrize(
    "runs",
    [["ab"], ["ba"], ["a", "b"], ["b", "a"], ["a", "ab"], ["b", "ba"], ["ab", "a", "b"]],
    ids="-".join,
)
def test_a_paper_on_two_pages_is_one_paper(
    index: Path, seeds: Path, runs: list[str], ann: str, li: str
) -> None:
    paths = {
        "a": write(seeds / "a.txt", page("Ann Poe", ann)),
        "b": write(seeds / "b.txt", page("Li Na", li)),
    }
    summaries = [build(index, [paths[name] for name in run]) for run in runs]
    assert sum(summary.new for summary in summaries) == 1
    assert [summary.total for summary in summaries] == [1] * len(runs)
    assert not any(summary.problems or summary.notes for summary in summaries)
    (paper,) = papers_by_title(index).values()
    assert paper.owners == ("Ann Poe", "Li Na")
    assert paper.authors == ("Ann Poe", "Sam Roe", "Li Na")
    assert paper.abstract == "We map slow rivers."
    assert paper.has_code
    assert sorted(paper.institutions) == ["elm", "oak"]
    assert [source.file for source in paper.sources] == [str(paths["a"]), str(paths["b"])]
    assert counts(build(index, [seeds])) == {"unchanged": 1}


@pytest.mark.parametrize("prune", [False, True])
def test_copies_too_large_for_one_paper_are_left_out_and_reported(
    index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch, prune: bool
) -> None:
    long = block(abstract="We map slow rivers. " * 40)
    one = write(seeds / "a.txt", page("Ann Poe", long, LAKES))
    build(index, [one])
    before = papers_by_title(index)
    monkeypatch.setattr("index.segments.stored.MOST_STORED_BYTES", 1_500)
    write(seeds / "b.txt", page("Li Na", long, SEAS))
    write(seeds / "c.txt", page("Wu Xi", block("Wide Bays", abstract="Bays are wide. " * 200)))
    write(seeds / "d.jsonl", [{"title": "Long Fjords", "abstract": "Fjords are long. " * 200}])
    summary = build(index, [seeds], prune=prune)
    assert counts(summary) == {"new": 1, "unchanged": 1}
    assert [
        (Path(problem.file).name, problem.reason.partition("of which ")[2])
        for problem in summary.problems
    ] == [
        ("a.txt", "1,500 fit; the index keeps it as it was"),
        ("c.txt", "1,500 fit; left out"),
        ("d.jsonl", "1,500 fit; left out"),
    ]
    assert papers_by_title(index) == {**before, "Deep Seas": papers_by_title(index)["Deep Seas"]}


@pytest.mark.parametrize(
    ("prune", "expected", "owners"),
    [
        (False, {"unchanged": 1}, ("Ann Poe", "Sam Roe")),
        (True, {"changed": 1}, ("Sam Roe",)),
    ],
)
@pytest.mark.parametrize(
    "read_again", [True, False], ids=["other page read", "other page not read"]
)
def test_one_of_two_pages_vanishes(
    index: Path,
    seeds: Path,
    prune: bool,
    expected: dict[str, int],
    owners: tuple[str, ...],
    read_again: bool,
) -> None:
    gone = write(seeds / "a.txt", page("Ann Poe", RIVERS))
    write(seeds / "b.txt", page("Sam Roe", RIVERS))
    third = write(seeds / "c.txt", page("Li Na", SEAS))
    build(index, [seeds])
    gone.unlink()
    summary = build(index, [seeds] if read_again else [third, gone], prune=prune)
    if read_again:
        assert counts(summary) == {**expected, "unchanged": expected.get("unchanged", 0) + 1}
    else:
        assert counts(summary) == {"unchanged": 1, **({"changed": 1} if prune else {})}
    assert papers_by_title(index)["Slow Rivers"].owners == owners


def test_a_page_and_a_record_of_one_paper_are_merged(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    record = {"title": "Slow Rivers", "authors": ["Ann Poe"], "abstract": "Longer. " * 9}
    write(seeds / "b.jsonl", [record])
    assert build(index, [seeds]).total == 1
    (paper,) = papers_by_title(index).values()
    assert paper.owners == ("Ann Poe",)
    assert paper.abstract.startswith("Longer.")
    assert len(paper.sources) == 2
    assert counts(build(index, [seeds])) == {"unchanged": 1}


def test_a_page_without_the_year_and_a_record_of_one_paper_are_merged(
    index: Path, seeds: Path
) -> None:
    write(seeds / "a.txt", page("Ann Poe", block(tag="LGMay 7")))
    write(seeds / "b.jsonl", [{"title": "Slow Rivers", "authors": ["Ann Poe"], "year": 2019}])
    assert build(index, [seeds]).total == 1
    (paper,) = papers_by_title(index).values()
    assert paper.owners == ("Ann Poe",)
    assert len(paper.sources) == 2
    assert counts(build(index, [seeds])) == {"unchanged": 1}


# Records of one id.


@pytest.mark.parametrize("files", [1, 2], ids=["one file", "two files"])
def test_records_of_one_id_are_one_paper(index: Path, seeds: Path, files: int) -> None:
    first = {"id": "x1", "title": "Slow Rivers", "year": 2020}
    second = {"id": "x1", "title": "Slow Rivers of Asia", "abstract": "We map them."}
    if files == 1:
        write(seeds / "a.jsonl", [first, second])
    else:
        write(seeds / "a.jsonl", [first])
        write(seeds / "b.jsonl", [second])
    for expected in ({"new": 1}, {"unchanged": 1}):
        summary = build(index, [seeds])
        assert (counts(summary), summary.problems) == (expected, ())
        assert summary.in_several_files == files - 1
        assert len(summary.notes) == 2 - files
    (paper,) = papers_by_id(index).values()
    assert (paper.title, paper.abstract, paper.year) == (
        "Slow Rivers of Asia",
        "We map them.",
        2020,
    )


@pytest.mark.parametrize("files", [1, 2, 3], ids=["one file", "two files", "two runs"])
def test_records_of_one_id_with_titles_of_their_own_are_reported(
    index: Path, seeds: Path, files: int
) -> None:
    first, second = {"id": "x1", "title": "Slow Rivers"}, {"id": "x1", "title": "Quiet Lakes"}
    one = write(seeds / "a.jsonl", [first, second] if files == 1 else [first])
    other = one if files == 1 else write(seeds / "b.jsonl", [second])
    if files == 3:
        build(index, [one])
    for _ in range(2):
        (problem,) = build(index, [seeds]).problems
        assert str(problem) == (
            f"{other}:{2 if files == 1 else 1}: id 'x1' has another title at {one}:1;"
            " read as one paper"
        )
    assert len(papers_by_id(index)) == 1


def test_the_same_record_twice_is_a_note(index: Path, seeds: Path) -> None:
    record = {"id": "x1", "title": "Slow Rivers"}
    path = write(seeds / "a.jsonl", [record, {"title": "Deep Seas"}, record])
    summary = build(index, [seeds])
    assert counts(summary) == {"new": 2}
    assert summary.problems == ()
    ((file, line),) = [(one.file, one.line) for one in summary.notes]
    assert (file, line) == (str(path), 3)


# Refusals; each leaves everything as it was.


@pytest.mark.parametrize(
    ("records", "line"),
    [
        ('{"title": "Slow Rivers"}\n{"title": \n', 2),
        ('{"title": "Slow Rivers", "year": "soon"}\n', 1),
        ('{"id": "x1", "title": "Slow Rivers"}\n{"id": "x1", "title": "Quiet Lakes"}\n', 2),
    ],
    ids=["not JSON", "bad value", "an id twice"],
)
def test_strict_reading_writes_nothing(index: Path, seeds: Path, records: str, line: int) -> None:
    path = write(seeds / "papers.jsonl", records)
    with pytest.raises(SeedError, match=re.escape(f"{path}:{line}: ")):
        build(index, [seeds], strict=True)
    assert not index.exists()
    assert build(index, [seeds]).new == 1


def test_strict_reading_leaves_the_old_index(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    build(index, [seeds], strict=True)
    before = contents(index)
    write(seeds / "b.txt", page("Sam Roe", LAKES, "LGMay 1, 2020\n"))
    (seeds / "c.txt").symlink_to(seeds / "nowhere")
    with pytest.raises(SeedError) as caught:
        build(index, [seeds], strict=True)
    assert "2 problems" in str(caught.value)
    assert f"{seeds / 'b.txt'}:10: a tag line with no title" in str(caught.value)
    assert f"{seeds / 'c.txt'}: not a regular file" in str(caught.value)
    assert contents(index) == before


def test_notes_pass_strict_reading(index: Path, seeds: Path) -> None:
    write(seeds / "papers.jsonl", [{"title": "Slow Rivers", "colour": "blue"}])
    summary = build(index, [seeds], strict=True)
    assert counts(summary) == {"new": 1}
    assert len(summary.notes) == 1


@pytest.mark.parametrize("name", ["thesis.tex", ".hidden", "MAIN_x.seg"])
def test_a_folder_with_other_files_is_no_index(index: Path, seeds: Path, name: str) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    index.mkdir()
    write(index / name, "mine")
    with pytest.raises(NotAnIndexError, match="holds files but no index") as caught:
        build(index, [seeds])
    assert str(caught.value).startswith(f"{index}: ")
    assert contents(index) == {name: b"mine"}


def test_an_empty_folder_becomes_an_index(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    index.mkdir()
    assert counts(build(index, [seeds])) == {"new": 1}


def test_an_index_of_something_else_is_refused(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    index.mkdir()
    whoosh_index.create_in(str(index), fields.Schema(recipe=fields.TEXT)).close()
    before = contents(index)
    with pytest.raises(NotAnIndexError, match="written by another version"):
        build(index, [seeds])
    assert contents(index) == before


@pytest.mark.parametrize("below", [False, True], ids=["a file", "below a file"])
def test_a_file_is_no_folder(tmp_path: Path, seeds: Path, below: bool) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    path = write(tmp_path / "thesis.tex", "mine")
    with pytest.raises(IndexStorageError, match="cannot write the index") as caught:
        build(path / "index" if below else path, [seeds])
    assert str(caught.value).startswith(str(path))
    assert path.read_text() == "mine"


def test_a_second_writer_is_told_to_wait(
    index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0)
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    build(index, [seeds])
    write(seeds / "b.txt", page("Sam Roe", LAKES))
    with open_writer(str(index)):
        with pytest.raises(IndexLockedError, match="another process") as caught:
            build(index, [seeds])
        assert str(caught.value).startswith(f"{index}: ")
    assert set(papers_by_title(index)) == {"Slow Rivers"}
    assert counts(build(index, [seeds])) == {"new": 1, "unchanged": 1}


def test_what_is_not_committed_is_dropped(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    build(index, [seeds])
    with open_writer(str(index)) as writer:
        paper = Paper(id="x1", title="Quiet Lakes", sources=(Source("/a", 1),))
        writer.add([Copy.of(paper)], ())
        for file in writer.files():
            for _, entry in writer.papers_from(file):
                writer.delete(entry)
    assert set(papers_by_title(index)) == {"Slow Rivers"}


def test_a_build_cut_short_changes_nothing(index: Path, seeds: Path) -> None:
    write(seeds / "a.txt", page("Ann Poe", RIVERS))
    build(index, [seeds])
    write(seeds / "b.txt", page("Sam Roe", LAKES))
    write(seeds / "c.txt", page("Li Na", SEAS))

    steps: list[str] = []

    def on_progress(stage: str, _done: int, _total: int) -> None:
        steps.append(stage)
        if steps == ["reading"] * 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(index, [seeds], on_progress=on_progress)
    assert set(papers_by_title(index)) == {"Slow Rivers"}
    assert counts(build(index, [seeds])) == {"new": 2, "unchanged": 1}


# Awkward content all the way into the index.


@pytest.mark.parametrize(
    "record",
    [
        {"title": "\ud800 Slow Rivers"},
        {"title": "\uff9e \ufe70 \u037a"},
        {"title": "River\u0000s\u0007"},
        {"title": "Slow Rivers", "abstract": "x" * 200_000},
        {"title": "y" * 100_000},
        {"id": "z" * 100_000, "title": "Slow Rivers"},
        {"id": "a/b c\nd", "title": "Slow Rivers"},
        {"title": "Slow Rivers", "category": "c" * 100_000, "score": -0.5},
        {"title": "Slow Rivers", "authors": ["A\nB", "Ann Poe " * 1000]},
        {"title": "深河", "authors": ["李娜"], "date": "9999-12-31"},
        {"abstract": "No title."},
        {"title": "..."},
    ],
    ids=lambda record: ascii(record)[:40],
)
def test_awkward_records_are_written_and_found_again(
    index: Path, seeds: Path, record: dict[str, Any]
) -> None:
    write(seeds / "papers.jsonl", [record, {"title": "Deep Seas"}])
    assert counts(build(index, [seeds])) == {"new": 2}
    assert len(papers_by_title(index)) == 2
    assert counts(build(index, [seeds])) == {"unchanged": 2}


@pytest.mark.parametrize("name", [b"two words.txt", "fl\u00fcsse.txt".encode()])
def test_any_file_name_will_do(index: Path, seeds: Path, name: bytes) -> None:
    path = seeds / os.fsdecode(name)
    try:
        write(path, page("Ann Poe", RIVERS))
    except OSError:
        pytest.skip("this file system takes no such name")
    assert counts(build(index, [seeds])) == {"new": 1}
    assert papers_by_title(index)["Slow Rivers"].sources[0].file == str(path)
    assert counts(build(index, [seeds])) == {"unchanged": 1}


def test_a_file_name_that_is_not_unicode_is_reported(index: Path, seeds: Path) -> None:
    write(seeds / "lakes.txt", page("Ann Poe", LAKES))
    try:
        write(seeds / os.fsdecode(b"caf\xe9.txt"), page("Ann Poe", RIVERS))
    except OSError:
        pytest.skip("this file system takes no such name")
    summary = build(index, [seeds])
    assert summary.new == 1
    (problem,) = summary.problems
    assert str(problem).endswith("caf\\xe9.txt: the name is not UTF-8; rename it. Left out")


# Laws.

OWNERS = ("Ann Poe", "Sam Roe", "Li Na")
blocks = st.builds(
    block,
    title=st.sampled_from(["Slow Rivers", "Quiet Lakes", "Deep Seas"]),
    authors=st.sampled_from(["Ann Poe, Sam Roe", "Ann Poe et al. · elm"]),
    abstract=st.sampled_from(["We map.", "We map it all."]),
    tag=st.sampled_from(["LGMay 7, 2020", "LGMay 7, 2021Code", "LGMay 7"]),
)
pages = st.lists(blocks, min_size=1, max_size=3)
records = st.fixed_dictionaries(
    {"title": st.sampled_from(["Cold Springs", "Slow Rivers"]), "authors": st.just("Ann Poe")},
    optional={
        "id": st.sampled_from(["x1", "x2"]),
        "abstract": st.sampled_from(["We dig.", "We dig deep."]),
        "year": st.sampled_from([2018, 2019]),
    },
)
# The state of a folder: what stands on the page of each owner, and in files of records.
State = tuple[dict[str, list[str]], list[list[dict[str, Any]]]]
states = st.tuples(
    st.dictionaries(st.sampled_from(OWNERS), pages, max_size=3),
    st.lists(st.lists(records, min_size=1, max_size=3), max_size=2),
)


def put(folder: Path, state: State) -> None:
    """Make ``folder`` hold exactly ``state``."""
    for path in folder.iterdir():
        path.unlink()
    owned_blocks, listed = state
    for owner, on_page in owned_blocks.items():
        write(folder / f"{owner}.txt", page(owner, *on_page))
    for number, on_list in enumerate(listed):
        write(folder / f"{number}.jsonl", on_list)


@law
@given(st.lists(states, min_size=2, max_size=3))
def test_syncing_with_prune_is_building_anew(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[State],
) -> None:
    root = tmp_path_factory.mktemp("law")
    folder = root / "seeds"
    folder.mkdir()
    for state in history:
        put(folder, state)
        synced = build(root / "synced", [folder], prune_missing_folders=True, page_year=2022)
        assert synced.new + synced.changed + synced.unchanged == synced.total
    anew = build(root / "anew", [folder], page_year=2022)
    papers = papers_by_id(root / "anew")
    assert without_lines(papers_by_id(root / "synced")) == without_lines(papers)
    assert synced.total == anew.total == len(papers)
    before = contents(root / "synced")
    again = build(root / "synced", [folder], prune_missing_folders=True, page_year=2022)
    assert again.unchanged == again.total == anew.total
    assert contents(root / "synced") == before


@law
@given(states, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, state: State, rng: random.Random
) -> None:
    root = tmp_path_factory.mktemp("law")
    folder = root / "seeds"
    folder.mkdir()
    put(folder, state)
    files = sorted(folder.iterdir())
    rng.shuffle(files)
    for file in files:
        build(root / "stepwise", [file], page_year=2022)
    build(root / "at_once", [folder], page_year=2022)
    assert papers_by_id(root / "stepwise") == papers_by_id(root / "at_once")
