"""Crash safety in short; ``python -m tests.trust --rooms crash`` tries it in full."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trust import crash
from tests.trust.crash import cut, grounds, orders, recorded
from tests.trust.histories import History, Place, Verdict, histories, prepare, verdict
from tests.trust.powercut import Chance, Disk


def test_nothing_is_lost_when_the_writer_is_killed() -> None:
    outcome = crash.kills(seed=7, share=0.001)
    assert outcome.failures == ()
    assert (outcome.tried, outcome.failed, outcome.lost) == (4, 0, 0)


def test_nothing_is_lost_whatever_happens_at_a_file_operation() -> None:
    for outcome in crash.operations(seed=7, share=0.001):
        assert outcome.failures == ()
        assert outcome.tried >= 4
        assert outcome.failed == outcome.lost == 0


# The trials can fail


@pytest.fixture
def history() -> History:
    """Of updates, the first step of which comes before the trial."""
    (history,) = [one for one in histories(1) if one.kind == "update"]
    return history.begun(2)


@pytest.fixture
def place(tmp_path: Path, history: History) -> Place:
    place = Place(tmp_path)
    prepare(place, history)
    return place


@pytest.mark.parametrize(
    ("committed", "begun", "lost"), [(1, 1, 0), (1, 2, 0), (2, 2, 1), (2, 3, 1), (3, 3, 2)]
)
def test_a_lost_commit_is_told(
    place: Place, history: History, committed: int, begun: int, lost: int
) -> None:
    told = f"committed {committed} of {begun} steps; the index is as it was after 1 steps"
    assert verdict(place, history, committed, begun) == Verdict((told,) if lost else (), lost)


def test_what_is_left_over_is_told(place: Place, history: History) -> None:
    (place.index / "notes.txt").write_text("left", encoding="utf-8")
    assert verdict(place, history, 1, 1).wrong == ("left over: notes.txt",)


def test_damage_is_told(place: Place, history: History) -> None:
    next(place.index.glob("*.documents")).unlink()
    found = verdict(place, history, 1, 1)
    assert "is missing" in found.wrong[0]
    assert found.lost == 1


def test_a_writer_that_has_not_ended_is_told(history: History) -> None:
    with grounds([history.begun(1)]) as (ground,):
        ground.renew()
        with crash._running(ground.place, ground.history) as run:
            assert crash._judged(ground, run).wrong == ("did not end",)
            run.listen(crash._PATIENCE_SECONDS)
            assert crash._judged(ground, run).wrong == ()


def test_a_writer_that_does_not_sync_loses_its_commit_in_a_power_cut(history: History) -> None:
    with grounds([history.begun(1)]) as (ground,):
        whole = recorded(ground)
        end = max(nanoseconds for nanoseconds, _, _ in whole.run.told)
        for kept in ("nothing", "files", "files and folders"):
            operations = [
                one
                for one in whole.operations
                if one.kind != "sync" or ("." in Path(one.path).name and kept == "files")
            ]
            if kept == "files and folders":
                operations = whole.operations
            recording = replace(whole, operations=operations)
            ground.renew()
            disk = Disk.of(ground.place.root)
            for operation in recording.changes:
                disk.do(operation)
            left = disk.left(Chance.of("nothing", random.Random(1)))
            is_lost = kept != "files and folders"
            assert cut(ground, left, whole.run, end).lost == is_lost
            assert orders([recording], seed=3).failed == is_lost
