"""Pruning: which papers go, which are said to go first, and what keeps them.

The papers and people are invented.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import searcher
from index import Gone, Summary, build, open_writer
from tests.conftest import write_jsonl
from tests.test_sync import contents, counts, page, papers_by_id


def records(path: Path, *ids: str) -> Path:
    """Write a file of records with these ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_jsonl(path, *({"id": one, "title": f"Paper {one}"} for one in ids))


def gone(summary: Summary) -> dict[str, int]:
    """Return how many papers are gone with each file, by name."""
    return {Path(one.file).name: one.papers for one in summary.gone}


# Papers that several files hold


def test_a_paper_stays_while_another_file_holds_it(index: Path, seeds: Path) -> None:
    first = records(seeds / "a.jsonl", "x1", "x2")
    records(seeds / "b.jsonl", "x2", "x3")
    assert build(index, [seeds]).in_several_files == 1
    first.unlink()
    summary = build(index, [seeds], prune=True)
    assert gone(summary) == {"a.jsonl": 1}
    assert set(papers_by_id(index)) == {"x2", "x3"}
    assert summary.in_several_files == 0


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_papers_swapped_between_files_stay_whichever_is_read_first(
    index: Path, seeds: Path, order: str
) -> None:
    paths = {"a": records(seeds / "a.jsonl", "x1"), "b": records(seeds / "b.jsonl", "x2")}
    build(index, [seeds])
    records(paths["a"], "x2")
    records(paths["b"], "x1")
    for name in order:
        build(index, [paths[name]], prune=True)
    papers = papers_by_id(index)
    assert {one: Path(papers[one].sources[0].file).name for one in papers} == {
        "x1": "b.jsonl",
        "x2": "a.jsonl",
    }
    assert {len(paper.sources) for paper in papers.values()} == {1}


def test_a_second_file_that_is_read_alone_is_noted(index: Path, seeds: Path) -> None:
    first = records(seeds / "a.jsonl", "x1")
    build(index, [first])
    second = records(seeds / "b.jsonl", "x1")
    summary = build(index, [second])
    assert (counts(summary), summary.in_several_files) == ({"changed": 1}, 1)
    records(first, "x2")
    assert counts(build(index, [first], prune=True)) == {"new": 1, "changed": 1}
    assert set(papers_by_id(index)) == {"x1", "x2"}


# Only what is named


@pytest.mark.parametrize("named", ["other.jsonl", "seed", "seeds/sub"])
def test_files_that_are_not_named_are_not_pruned(index: Path, seeds: Path, named: str) -> None:
    path = records(seeds / "a.jsonl", "x1")
    others = [seeds / "other.jsonl", seeds.parent / "seed" / "b.jsonl", seeds / "sub" / "c.jsonl"]
    for number, other in enumerate(others):
        records(other, f"y{number}")
    build(index, [seeds, seeds.parent / "seed"])
    path.unlink()
    target = seeds.parent / named if "/" in named or named == "seed" else seeds / named
    summary = build(index, [target], prune=True)
    assert counts(summary) == {"unchanged": 1}
    assert summary.gone == ()
    assert gone(build(index, [seeds], prune=True)) == {"a.jsonl": 1}


def test_a_file_that_is_named_itself_is_pruned(index: Path, seeds: Path) -> None:
    path = records(seeds / "a.jsonl", "x1")
    records(seeds / "b.jsonl", "x2")
    build(index, [seeds])
    path.unlink()
    assert counts(build(index, [path], prune=True)) == {"removed": 1}


# What is said first


def test_what_goes_is_said_before_it_goes(index: Path, seeds: Path) -> None:
    first = records(seeds / "a.jsonl", "x1", "x2", "x3")
    records(seeds / "b.jsonl", "y1")
    build(index, [seeds])
    records(first, "x1")
    before = contents(index)
    told: list[Gone] = []

    def on_prune(pruned: Sequence[Gone]) -> None:
        told.extend(pruned)
        assert {name for name in contents(index) if name.endswith(".toc")} <= set(before)

    summary = build(index, [seeds], prune=True, on_prune=on_prune)
    assert told == [Gone(str(first), 2, None, is_pruned=True)]
    assert summary.gone == tuple(told)
    assert (summary.removed, summary.total) == (2, 2)


@pytest.mark.parametrize("prune", [False, True])
def test_a_dry_run_says_what_a_run_would_do_and_writes_nothing(
    index: Path, seeds: Path, prune: bool
) -> None:
    records(seeds / "a.jsonl", "x1", "x2")
    gone_file = records(seeds / "b.jsonl", "x3")
    build(index, [seeds])
    os.remove(index / "MAIN_WRITELOCK")
    records(seeds / "a.jsonl", "x1", "x4", "x4")
    gone_file.unlink()
    before = contents(index)
    dry = build(index, [seeds], prune=prune, dry_run=True)
    assert contents(index) == before
    real = build(index, [seeds], prune=prune)
    assert (counts(dry), dry.total, dry.gone) == (counts(real), real.total, real.gone)
    assert [one.is_pruned for one in dry.gone] == [prune, prune]


def test_a_dry_run_makes_no_index(index: Path, seeds: Path) -> None:
    records(seeds / "a.jsonl", "x1")
    assert build(index, [seeds], dry_run=True).new == 1
    assert not index.exists()


def test_a_dry_run_does_not_wait_for_a_writer(index: Path, seeds: Path) -> None:
    records(seeds / "a.jsonl", "x1")
    build(index, [seeds])
    with open_writer(str(index)):
        assert counts(build(index, [seeds], dry_run=True)) == {"unchanged": 1}


# Folders that may come back


def unmount(folder: Path) -> None:
    """Leave a folder as a drive that is not mounted does."""
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize("lose", [unmount, shutil.rmtree], ids=["empty", "gone"])
@pytest.mark.parametrize("named", ["seeds", "seeds/sub"])
def test_a_missing_folder_is_not_pruned_unless_told(
    index: Path, seeds: Path, lose: Callable[[Path], None], named: str
) -> None:
    records(seeds / "a.jsonl", "x1")
    inner = records(seeds / "sub" / "deep" / "b.jsonl", "x2")
    records(seeds / "sub" / "c.jsonl", "x3")
    build(index, [seeds])
    lose(seeds / "sub")
    summary = build(index, [seeds.parent / named], prune=True)
    assert (summary.removed, summary.missing, summary.total) == (0, 2, 3)
    assert {one.lost_folder for one in summary.gone} == {str(seeds / "sub")}
    assert set(papers_by_id(index)) == {"x1", "x2", "x3"}
    records(inner, "x2")
    assert build(index, [seeds], prune=True).removed == 1  # the drive is back, with one file
    shutil.rmtree(seeds / "sub")
    summary = build(index, [seeds.parent / named], prune_missing_folders=True)
    assert (summary.removed, [one.is_pruned for one in summary.gone]) == (1, [True])


def test_the_folder_of_a_file_that_is_named_itself_counts_too(index: Path, seeds: Path) -> None:
    path = records(seeds / "sub" / "a.jsonl", "x1")
    build(index, [path])
    unmount(seeds / "sub")
    assert counts(build(index, [path], prune=True)) == {"missing": 1}


def test_a_link_that_leads_elsewhere_is_not_pruned_unless_told(index: Path, seeds: Path) -> None:
    records(seeds / "one" / "a.jsonl", "x1")
    records(seeds / "other" / "b.jsonl", "x2")
    link = seeds / "current"
    link.symlink_to(seeds / "one")
    build(index, [link])
    link.unlink()
    link.symlink_to(seeds / "other")
    summary = build(index, [link], prune=True)
    assert counts(summary) == {"new": 1, "missing": 1}
    assert [one.lost_folder for one in summary.gone] == [str(link)]
    assert counts(build(index, [link], prune_missing_folders=True)) == {
        "removed": 1,
        "unchanged": 1,
    }


def test_a_file_of_this_run_does_not_vouch_for_a_link(index: Path, seeds: Path) -> None:
    records(seeds / "one" / "a.jsonl", "x1")
    records(seeds / "other" / "b.jsonl", "x2", "x3")
    records(seeds / "c.jsonl", "x2")  # so that what was written is looked up again
    link = seeds / "current"
    link.symlink_to(seeds / "one")
    build(index, [link])
    link.unlink()
    link.symlink_to(seeds / "other")
    summary = build(index, [link, seeds / "c.jsonl"], prune=True)
    assert counts(summary) == {"new": 2, "missing": 1}


def test_a_file_gone_through_the_same_link_is_pruned(index: Path, seeds: Path) -> None:
    records(seeds / "one" / "a.jsonl", "x1")
    path = records(seeds / "one" / "b.jsonl", "x2")
    (seeds / "current").symlink_to(seeds / "one")
    build(index, [seeds / "current"])
    path.unlink()
    assert counts(build(index, [seeds / "current"], prune=True)) == {"removed": 1, "unchanged": 1}


def test_a_link_to_a_file_that_is_out_of_reach_is_not_pruned(index: Path, seeds: Path) -> None:
    drive = records(seeds.parent / "drive" / "a.jsonl", "x1")
    records(seeds / "b.jsonl", "x2")
    (seeds / "a.jsonl").symlink_to(drive)
    build(index, [seeds])
    unmount(drive.parent)
    summary = build(index, [seeds], prune=True)
    assert counts(summary) == {"unchanged": 1, "missing": 1}
    assert [one.lost_folder for one in summary.gone] == [str(seeds / "a.jsonl")]


def test_a_copy_on_a_missing_drive_is_kept_beside_another(index: Path, seeds: Path) -> None:
    records(seeds / "drive" / "a.jsonl", "x1")
    other = records(seeds / "b.jsonl", "x2")
    build(index, [seeds])
    unmount(seeds / "drive")
    records(other, "x1", "x2")
    build(index, [seeds], prune=True)
    records(other, "x2")
    build(index, [seeds], prune=True)
    assert set(papers_by_id(index)) == {"x1", "x2"}


# Names that a locale cannot write


@pytest.mark.parametrize("named", [".", "flüsse.jsonl"])
def test_a_locale_that_cannot_write_a_name_loses_nothing(
    index: Path, seeds: Path, named: str
) -> None:
    records(seeds / "flüsse.jsonl", "x1")
    records(seeds / "lakes.jsonl", "x2")
    build(index, [seeds])
    before = papers_by_id(index)
    ended = subprocess.run(
        [sys.executable, "-m", "searcher", "index", named, "--index", index, "--prune"],
        cwd=seeds,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"0 removed" in ended.stdout
    assert b"0 new, 0 changed" in ended.stdout
    assert papers_by_id(index) == before


# Pages


def test_a_page_that_is_cut_short_loses_nothing(index: Path, seeds: Path) -> None:
    blocks = [
        f"LGMay 7, 2020\n{title}\n\nAnn Poe\n\nWe map {title}.\n\n"
        for title in ("Slow Rivers", "Quiet Lakes", "Deep Seas")
    ]
    path = seeds / "a.txt"
    path.write_text(page("Ann Poe\n\n4 Papers", *blocks))
    first = build(index, [seeds])
    assert (first.new, first.problems) == (3, ())  # pages often show a part of what they promise
    before = papers_by_id(index)
    path.write_text(page("Ann Poe\n\n4 Papers", *blocks[:2]))
    summary = build(index, [seeds], prune=True)
    assert counts(summary) == {"unchanged": 2}
    (problem,) = summary.problems
    assert "promises more papers than the 2 it holds, and held 3 before" in problem.reason
    assert papers_by_id(index) == before
    with pytest.raises(searcher.SeedError, match="promises more papers"):
        build(index, [seeds], strict=True)
    path.write_text(page("Ann Poe\n\n2 Papers", *blocks[:2]))
    assert counts(build(index, [seeds], prune=True)) == {"removed": 1, "unchanged": 2}
