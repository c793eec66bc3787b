"""Crash safety in short; ``python -m tests.trust --rooms crash`` tries it in full."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trust import crash
from tests.trust.crash import Recording
from tests.trust.histories import History, Place, histories, prepare, verdict


def test_nothing_is_lost_whatever_happens_to_the_writer() -> None:
    outcomes = list(crash.trials(seed=7, share=0.001))
    assert [outcome.failures for outcome in outcomes] == [()] * len(outcomes)
    assert sum(outcome.failed + outcome.lost for outcome in outcomes) == 0
    assert all(outcome.tried >= 4 for outcome in outcomes)


# The trials can fail


@pytest.fixture
def history() -> History:
    """Of merges, of which 14 steps come before the trial."""
    (history,) = [one for one in histories(1) if one.kind == "merge"]
    assert history.steps_before == 14
    return replace(history, steps=history.steps[:16])


@pytest.fixture
def place(tmp_path: Path, history: History) -> Place:
    place = Place(tmp_path)
    prepare(place, history)
    return place


def test_an_index_is_as_it_was_committed(place: Place, history: History) -> None:
    assert verdict(place, history, 14, 14) == verdict(place, history, 16, 16)
    assert verdict(place, history, 16, 16).wrong == ()


@pytest.mark.parametrize(("committed", "lost"), [(15, 1), (16, 2)])
def test_a_lost_commit_is_told(place: Place, history: History, committed: int, lost: int) -> None:
    found = verdict(place, history, committed, committed)
    assert found.lost == lost
    assert "the index is as it was after 14 steps" in found.wrong[0]
