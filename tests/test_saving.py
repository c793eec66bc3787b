"""Saved searches, feeds and receipts at the command line: streams, exit codes, what is kept."""

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import feedparser
import pytest

from index import Paper
from searcher.cli.main import main
from tests.writing import commit, delete, paper


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Path) -> Path:
    """The home of a user with an index of four papers, and nothing saved; it is the folder, too."""
    for kind in ("config", "data", "state"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(tmp_path / kind))
    monkeypatch.setenv("SEARCHER_INDEX", str(index))
    monkeypatch.chdir(tmp_path)
    commit(index, *map(river, range(4)))
    return tmp_path


def river(number: int) -> Paper:
    return replace(paper(number), title=f"Rivers {number}")


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line, in this process."""
    assert home

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["searcher", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "a defect of searcher" not in err, err
        return Result(int(ended.value.code or 0), out, err)

    return run


# Saving, listing, removing


def test_a_search_is_saved_listed_run_and_removed(run: Run, home: Path, index: Path) -> None:
    saved = run("save", "rivers", "title:rivers", "--year", "2000..", "--sort", "oldest")
    file = home / "config" / "searcher" / "saved" / "rivers.toml"
    assert saved == (0, f"{file}: 4 papers now\n", "")
    assert 'sort = "oldest"' in file.read_text()
    assert run("saved", "list") == (
        0,
        f"rivers  title:rivers --year 2000.. --sort oldest\n"
        f"        {index} · 0 papers seen, never told\n",
        "",
    )
    ran = run("saved", "run", "rivers")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(f"4 papers in {index}\n")
    assert run("saved", "remove", "rivers") == (0, "", "")
    code, out, err = run("saved", "list")
    assert (code, out) == (1, "")
    assert err == f"no search is saved in {file.parent}; searcher save NAME QUERY saves one\n"


def test_an_index_is_saved_by_its_whole_path(run: Run, home: Path, index: Path) -> None:
    commit(home / "other", river(7))
    assert run("save", "both", "rivers", "--index", "other", "--index", "index").code == 0
    text = (home / "config" / "searcher" / "saved" / "both.toml").read_text()
    assert f'index = ["{home / "other"}", "{index}"]\n' in text
    assert "Rivers 7" in run("saved", "run", "both").out


def test_the_list_as_json_and_a_search_with_a_mistake(run: Run, home: Path, index: Path) -> None:
    run("save", "a", "deep", "quiet", "--any", "--has-code", "--no-acronyms", "--author", "Bo Han")
    run("save", "b", "storms")
    folder = home / "config" / "searcher" / "saved"
    (folder / "b.toml").write_text("query = 3\n")
    code, out, err = run("saved", "list", "--format", "json")
    assert (code, err) == (2, f"searcher: {folder / 'b.toml'}:1: the query is 3; it must be text\n")
    assert json.loads(out) == [
        {
            "name": "a",
            "file": str(folder / "a.toml"),
            "index": [str(index)],
            "query": "deep quiet",
            "author": ["Bo Han"],
            "has_code": True,
            "match": "any",
            "acronyms": False,
            "told": None,
            "seen": 0,
        }
    ]
    listed = run("saved", "list").out.splitlines()[0]
    assert listed == "a  deep quiet --author 'Bo Han' --has-code --any --no-acronyms"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["save", "Big Rivers", "x"], "at most 64 of them, such as big-rivers"),
        (["save", "rivers"], "Error: Missing argument 'QUERY...'"),
        (["save", "rivers", "nofield:x", "--strict"], "there is no field 'nofield'"),
        (["save", "rivers", "x", "--index", "gone"], "gone: no index here"),
        (["save", "rivers", "x", "--year", "soon"], "year 'soon' is not a year"),
        (["saved", "run", "lakes"], "'lakes': there is no saved search of this name"),
        (["saved", "feed", "lakes"], "'lakes': there is no saved search of this name"),
        (["saved", "remove", "lakes"], "'lakes': there is no saved search of this name"),
        (["replay", "gone.json"], "gone.json: cannot be read (No such file or directory)"),
        (["search", "x", "--receipt", "r", "--timeout", "1"], "--receipt lists every paper; lea"),
    ],
)
def test_what_is_refused(run: Run, home: Path, arguments: list[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert not (home / "config").exists()


@pytest.mark.parametrize("verb", ["list", "run", "feed", "remove"])
def test_help_shows_an_example(run: Run, verb: str) -> None:
    code, out, _ = run("saved", verb, "--help")
    assert code == 0
    assert re.search(rf"Example: searcher saved {verb}", out)


def test_names_are_completed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rivers", "rills", "lakes"):
        run("save", name, "x")
    monkeypatch.setenv("_SEARCHER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "searcher saved run ri")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert run().out.split() == ["plain,rills", "plain,rivers"]


# What is new


def test_what_is_new_is_told_once(run: Run, index: Path) -> None:
    run("save", "rivers", "title:rivers")
    first = run("saved", "run", "rivers", "--new", "--format", "jsonl")
    assert (first.code, first.err) == (0, "")
    assert {json.loads(line)["id"] for line in first.out.splitlines()} == {"p0", "p1", "p2", "p3"}
    code, out, err = run("saved", "run", "rivers", "--new")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"nothing new since \S+Z; rivers finds 4 papers\n", err)
    commit(index, river(5))
    code, out, err = run("saved", "run", "rivers", "--new")
    assert (code, err) == (0, "")
    assert "Rivers 5" in out
    assert out.endswith(f"1 new paper in {index}\n")
    assert "5 papers seen, told last " in run("saved", "list").out


@pytest.mark.parametrize("form", ["json", "csv", "bibtex", "ris", "csl-json"])
def test_what_is_new_in_other_forms(run: Run, index: Path, form: str) -> None:
    run("save", "rivers", "title:rivers")
    run("saved", "run", "rivers", "--new")
    commit(index, river(5))
    code, out, _ = run("saved", "run", "rivers", "--new", "--format", form)
    assert code == 0
    assert "Rivers 5" in out.replace("{", "").replace("}", "")
    assert "Rivers 3" not in out.replace("{", "").replace("}", "")


def test_what_was_not_read_stays_new(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("save", "rivers", "title:rivers")
    reader, writer = os.pipe()
    os.close(reader)
    with monkeypatch.context() as here, open(writer, "w", encoding="utf-8") as closed:
        here.setattr(sys, "stdout", closed)
        ended = run("saved", "run", "rivers", "--new")
    assert (ended.code, ended.err) == (0, "note: not all was read; what was new stays new\n")
    assert run("saved", "run", "rivers", "--new").out.count("Rivers") == 4


def test_what_could_not_be_printed_stays_new(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("save", "rivers", "title:rivers")
    with monkeypatch.context() as here, open("/dev/full", "w", encoding="utf-8") as full:
        here.setattr(sys, "stdout", full)
        ended = run("saved", "run", "rivers", "--new")
    assert ended.code == 2
    assert ended.err == "searcher: cannot write the output (No space left on device)\n"
    assert run("saved", "run", "rivers", "--new").out.count("Rivers") == 4


def test_what_cannot_be_remembered_is_told(run: Run, home: Path) -> None:
    run("save", "rivers", "title:rivers")
    folder = home / "state" / "searcher" / "saved"
    (folder / "rivers.json").mkdir()
    code, out, err = run("saved", "run", "rivers", "--new")
    assert (code, out) == (2, "")
    assert err.startswith(f"searcher: {folder / 'rivers.json'}: cannot be read (")


def test_an_edited_search_says_so(run: Run, home: Path) -> None:
    run("save", "rivers", '"rivers 1"')
    run("saved", "run", "rivers", "--new")
    file = home / "config" / "searcher" / "saved" / "rivers.toml"
    file.write_text(file.read_text().replace("rivers 1", "rivers 2"))
    code, out, err = run("saved", "run", "rivers", "--new")
    assert (code, out.count("Rivers")) == (0, 1)
    assert err.startswith("note: the search was edited since the last time; ")


def test_an_index_that_is_gone_is_told(run: Run, home: Path, index: Path) -> None:
    run("save", "rivers", "title:rivers")
    os.rename(index, home / "moved")
    file = home / "config" / "searcher" / "saved" / "rivers.toml"
    code, out, err = run("saved", "run", "rivers", "--new")
    assert (code, out) == (2, "")
    assert err.startswith(f"searcher: {index}: no index here; build one with: searcher index PATH")
    assert err.endswith(f"; if it was moved, correct {file}:2\n")


# Feeds


def test_a_feed_is_written_to_a_file_or_printed(run: Run, index: Path) -> None:
    run("save", "rivers", "title:rivers")
    assert run("saved", "feed", "rivers", "--output", "new/rivers.atom") == (0, "", "")
    text = Path("new/rivers.atom").read_text()
    assert len(feedparser.parse(text).entries) == 4
    assert run("saved", "feed", "rivers") == (0, text, "")
    commit(index, river(5))
    entries = feedparser.parse(run("saved", "feed", "rivers").out).entries
    assert {entry.title for entry in entries} == {f"Rivers {n}" for n in (0, 1, 2, 3, 5)}
    code, out, err = run("saved", "feed", "rivers", "--output", "new/rivers.atom/x")
    assert (code, out) == (2, "")
    assert "new/rivers.atom/x" in err
    run("save", "nothing", "qqqqqq")
    assert run("saved", "feed", "nothing").code == 1


# Receipts


def test_a_receipt_is_replayed(run: Run, index: Path) -> None:
    searched = run("search", "title:rivers", "--limit", "1", "--receipt", "r.json")
    assert searched.code == 0
    assert searched.out.splitlines()[-1] == "next: searcher search title:rivers --limit 1 --page 2"
    code, out, err = run("replay", "r.json")
    assert (code, err) == (0, "")
    same, empty, paragraph = out.splitlines()[:3]
    assert re.fullmatch(r"the same 4 papers in the same order as at \S+Z", same)
    assert empty == ""
    assert re.match(r'On \d+ \w+ 20\d\d \(\d\d:\d\d UTC\) we searched the index "index"', paragraph)
    assert "\n    title:rivers\n" in out
    delete(index, "p2")
    commit(index, river(5))
    code, out, err = run("replay", "r.json")
    assert (code, err) == (1, "")
    assert re.match(r"4 papers at \S+Z, 4 now\nnew    – → \d  p5: Rivers 5 \(added to ", out)
    assert re.search(r"\ngone   \d → –  p2: Rivers 2 \(gone from the index\)\n", out)
    assert "since then: the index: 4 papers then, 4 now\n" in out
    code, out, err = run("replay", "r.json", "--format", "json")
    values = json.loads(out)
    assert (code, values["same"], len(values["new"])) == (1, False, 1)
    assert values["paragraph"].startswith("On ")


def test_an_export_has_a_receipt_too(run: Run, home: Path, index: Path) -> None:
    exported = run("export", "title:rivers", "--format", "ris", "--receipt", "r.json")
    assert exported.out.count("TY  - ") == 4
    assert json.loads((home / "r.json").read_text())["command"] == "export"
    assert run("replay", "r.json").code == 0
    os.rename(index, home / "moved")
    code, _, err = run("replay", "r.json")
    assert code == 2
    assert err.startswith(f"searcher: {index}: no index here; ")
    assert err.endswith("; or say where it is now, with --index\n")
    assert run("replay", "r.json", "--index", home / "moved").code == 0


def test_a_search_that_finds_nothing_has_a_receipt(run: Run) -> None:
    assert run("search", "qqqqqq", "--receipt", "r.json").code == 1
    code, out, _ = run("replay", "r.json")
    assert (code, out.partition(" at ")[0]) == (0, "the same 0 papers in the same order as")


def test_a_replay_ranks_as_the_receipt_says(run: Run, home: Path) -> None:
    (home / "config.toml").write_text("[ranking]\nk1 = 3\n")
    asked = ("search", "rivers lakes seas", "--any", "--receipt", "r.json")
    assert run(*asked, "--config", "config.toml").code == 0
    assert json.loads((home / "r.json").read_text())["ranking"]["k1"] == 3.0
    assert run("replay", "r.json").code == 0
