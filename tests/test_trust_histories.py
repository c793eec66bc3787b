"""Histories of seed files: a paper lives while a file holds it, and a mistake is seen."""

from pathlib import Path

import pytest

from tests.trust import connections
from tests.trust.broken import BROKEN_COMPARISONS, BROKEN_CONNECTIONS
from tests.trust.lifetimes import HISTORIES, live, trials

SEEN_IN = {
    "a paper goes with its first copy": 60,
    "a second file is not noted": 8,
    "a title is one paper": 17,
    "the first record has the id": 8,
    "files are pruned that are not named": 8,
    "a missing folder is pruned": 8,
    "damaged text is taken": 7,
    "damaged text is another paper": 85,
    "a page cut short is pruned": 41,
    "a file with a problem is pruned": 47,
    "what was written at once is not settled": 13,
    "a strict run writes": 4,
    "a dry run writes": 1,
}
"""The history of seed 1 in which each mistake is seen, found by trying one after the other."""


def test_papers_live_while_files_hold_them() -> None:
    (outcome,) = trials(seed=1, share=24 / HISTORIES)
    assert (outcome.failures, outcome.failed, outcome.lost) == ((), 0, 0)
    assert outcome.tried == 24


@pytest.mark.parametrize("mistake", BROKEN_COMPARISONS)
def test_a_mistake_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    target, replacement = BROKEN_COMPARISONS[mistake]
    with monkeypatch.context() as patch:
        patch.setattr(target, replacement)
        (tmp_path / "broken").mkdir()
        assert live(tmp_path / "broken", 1, SEEN_IN[mistake]).wrong
    (tmp_path / "right").mkdir()
    assert live(tmp_path / "right", 1, SEEN_IN[mistake]).wrong == ""


# Records that share identifiers

CONNECTIONS_SEEN_IN = {
    "an identifier is forgotten": 1,
    "what joined the records of a file is forgotten": 4,
    "a skipped file keeps its year": 2,
    "records at odds are one paper": 4,
    "two papers have one id": 6,
    "a changed id is not written": 6,
    "a removed paper comes back": 9,
    "records without identifiers are told apart by nothing": 4,
}
"""The history of seed 1 in which each of these mistakes is first seen."""


def test_records_that_share_an_identifier_are_one_paper() -> None:
    (outcome,) = connections.trials(seed=1, share=10 / connections.HISTORIES)
    assert (outcome.failures, outcome.failed, outcome.lost) == ((), 0, 0)
    assert outcome.tried == 10


@pytest.mark.parametrize("mistake", BROKEN_CONNECTIONS)
def test_a_mistake_about_identifiers_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    monkeypatch.setattr(*BROKEN_CONNECTIONS[mistake])
    assert connections.History(tmp_path, 1, CONNECTIONS_SEEN_IN[mistake]).live()
