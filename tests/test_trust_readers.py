"""The trials of readers and writers: they pass, in short, and they see what is broken."""

import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

import searcher
from index.writers import lock
from tests.trust import readers
from tests.trust.history import Change, History, differences, write
from tests.trust.readers import (
    add_in_turns,
    read_while_writing,
    share_a_collection,
    survive_the_dead,
    trials,
    wait_for_the_lock,
    write_in_turns,
)


def test_nothing_fails_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "PROCESSES", 2)
    outcomes = list(trials(seed=1, share=0.01))
    assert [(one.failures, one.failed, one.lost) for one in outcomes] == [((), 0, 0)] * 6
    assert all(one.tried for one in outcomes)


HALVES = {
    "without what is deleted": Change((0, 5, 6, 100), ()),
    "without what is added": Change((0, 5, 6), (7,)),
    "without a change": Change((0, 5, 100), (7,)),
    "with another change": Change((0, 5, 6, 8, 100), (7,)),
    "of another round": Change((5, 6, 100), (7,)),
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_of_a_commit_is_seen(tmp_path: Path, half: Change) -> None:
    history = History(seed=1, paper_count=20, commit_count=0)
    whole = Change((0, 5, 6, 100), (7,))
    written_by = dict.fromkeys(range(20), 0) | dict.fromkeys(whole.written, 1)
    del written_by[7]
    state = type(history.states[0])(1, written_by)
    for name, change, is_right in (("whole", whole, True), ("half", half, False)):
        directory = str(tmp_path / name)
        history.write(directory, 0)
        write(directory, change, 1)
        with searcher.open(directory) as papers:
            found = list(differences(papers, state, random.Random(1)))
        assert (not found) == is_right, (name, found)


def deletes_nothing(history: History, directory: str, commit: int) -> None:
    write(directory, Change(history.changes[commit].written, ()), commit)


def loses_commits(history: History, directory: str, commit: int) -> None:
    if commit % 4 == 0:
        history.write(directory, commit)


@pytest.mark.parametrize("broken", [deletes_nothing, loses_commits])
def test_a_broken_writer_is_seen(monkeypatch: pytest.MonkeyPatch, broken: readers.Write) -> None:
    monkeypatch.setattr(readers, "PROCESSES", 1)  # each sees it, at the latest when all is written
    outcome, _ = read_while_writing(1, 4, 20, broken)
    assert outcome.failed
    assert "seed 1, 4 commits" in outcome.failures[0]


def test_a_lock_that_locks_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    assert wait_for_the_lock(1, 0.1).failed


def test_a_lock_left_behind_that_blocks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    take = lock._take
    monkeypatch.setattr(
        lock, "_take", lambda path, own: -1 if os.path.exists(path) else take(path, own)
    )
    assert survive_the_dead(1, 1, seconds=0.2).failed == 1


def forgets_its_last(directory: str, process: int, turn_count: int, results: Any) -> None:
    add_in_turns(directory, process, turn_count - process, results)


def test_a_lost_turn_is_seen() -> None:
    outcome = write_in_turns(1, 2, forgets_its_last)
    # Two turns of the other process are lost, and two take ids that are taken.
    assert (outcome.failed, outcome.lost) == (4, 4)


def test_another_answer_in_a_thread_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    search = searcher.Collection.search

    def mixed_up(papers: searcher.Collection, query: str, **options: Any) -> searcher.Page:
        is_main = threading.current_thread() is threading.main_thread()
        return search(papers, query if is_main else "river", **options)

    monkeypatch.setattr(searcher.Collection, "search", mixed_up)
    assert share_a_collection(1, 1).failed
