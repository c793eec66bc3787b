"""Crash safety in short; ``python -m tests.trust --rooms crash`` tries it in full."""

from pathlib import Path

import pytest

from tests.trust import crash
from tests.trust.histories import History, Place, histories, prepare, verdict


def test_no_commit_is_lost_whatever_happens_to_the_writer() -> None:
    outcomes = list(crash.trials(seed=7, share=0.003))
    assert [outcome.failures for outcome in outcomes] == [()] * len(outcomes)
    assert sum(outcome.failed + outcome.lost for outcome in outcomes) == 0
    assert all(outcome.tried >= 4 for outcome in outcomes)


# The trials can fail


@pytest.fixture
def merge_history() -> History:
    return histories(1)[3]


@pytest.fixture
def place(tmp_path: Path, merge_history: History) -> Place:
    place = Place(tmp_path)
    prepare(place, merge_history)
    return place


def test_what_was_committed_is_asked_for(place: Place, merge_history: History) -> None:
    before = merge_history.steps_before
    assert verdict(place, merge_history, before, before).wrong == ()


@pytest.mark.parametrize(("committed", "lost"), [(15, 1), (16, 2)])
def test_a_lost_commit_is_told(
    place: Place, merge_history: History, committed: int, lost: int
) -> None:
    found = verdict(place, merge_history, committed, committed)
    assert found.lost == lost
    assert "the index is as it was after 14 steps" in found.wrong[0]
