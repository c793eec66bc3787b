"""The trials of damage in short: none fails, and a careless reader fails them."""

import os
import random
import shutil
from itertools import count
from pathlib import Path

import pytest

import searcher
from index import open_writer
from tests.trust.damage import Damage, RepairTrials, StrayTrials, build_index, run_apart, trials


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("sound"))


def test_damage_is_harmless_or_reported(sound: Path) -> None:
    results = list(run_apart(sound, 1, "ask", range(30)))
    assert [result.number for result in results] == list(range(30))
    assert [result for result in results if result.reason] == []
    assert {result.verdict for result in results} <= {"harmless", "opening", "search", "check"}
    assert {result.damage.kind for result in results} == {"bit", "byte", "cut", "insert", "zeros"}
    assert len({result.damage.file for result in results}) > 4


def test_readers_that_compare_no_checksums_are_found_out(sound: Path) -> None:
    # Which of them is, depends on where the index stands: the names of its files are in it.
    results = run_apart(sound, 1, "ask", range(40), careless=True)
    assert any("is answered otherwise" in result.reason for result in results)


def test_what_the_check_calls_sound_is_searched_without_an_error(sound: Path) -> None:
    results = list(run_apart(sound, 1, "check", range(6)))
    assert [result for result in results if result.reason] == []
    assert {result.verdict for result in results} == {"damaged", "sound", "unwritten"}
    assert {result.damage.kind for result in results} == {"arrays", "paper"}


def test_a_check_that_takes_any_values_is_found_out(sound: Path) -> None:
    (result,) = run_apart(sound, 1, "check", range(35, 36), careless=True)
    assert "Infinity is no JSON" in result.reason


def test_a_repair_that_loses_papers_is_found_out(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(sound, tmp_path / "index")  # without the files that its papers came from
    tried = RepairTrials(tmp_path / "index", tmp_path, 1)
    tables = (
        number
        for number in count()
        if tried._damage(random.Random(f"1-{number}")).file.endswith(".toc")
    )
    number = next(tables)
    assert tried.run(number).reason == ""
    repair = searcher.repair

    def careless(directory: Path) -> searcher.Repair:
        done = repair(directory)
        with searcher.open(directory) as papers:
            _, *lost = [paper.id for paper in papers.all()]
        with open_writer(str(directory)) as writer:
            for paper_id in lost:
                entry = writer.entries([paper_id]).get(paper_id)
                assert entry
                writer.delete(entry)
            writer.commit()
        return done

    monkeypatch.setattr(searcher, "repair", careless)
    assert tried.run(number).reason == "papers are gone"


def test_an_index_that_takes_links_and_folders_for_its_own_is_found_out(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = StrayTrials(sound, tmp_path, 1)
    number = 2  # among its strays is one that the careless index opens
    assert tried.run(number).reason == ""
    monkeypatch.setattr("index.segments.names.is_plain", os.path.lexists)
    assert tried.run(number).reason != ""


def test_a_process_that_ends_is_a_failure_of_one_trial(tmp_path: Path) -> None:
    results = list(run_apart(tmp_path / "none", 1, "ask", range(2)))
    assert [result.number for result in results] == [0, 1]
    assert all("the process ended with 1" in result.reason for result in results)


def test_all_of_it_in_little() -> None:
    outcomes = list(trials(seed=2, share=0.0001))
    assert [outcome.tried for outcome in outcomes] == [2, 1, 1, 1, 1, 1]
    for outcome in outcomes:
        assert (outcome.failed, outcome.lost, outcome.failures) == (0, 0, ())


@pytest.mark.parametrize("kind", ["bit", "byte", "cut", "insert", "zeros"])
def test_every_damage_changes_the_file(kind: str) -> None:
    content = bytes(range(1, 200))
    rng = random.Random(kind)
    for place in range(len(content)):
        changed = Damage("file", kind, place).of(content, rng)
        assert changed != content
        assert changed[:place] == content[:place]
        assert len(changed) == {"cut": place, "insert": 200}.get(kind, 199)
