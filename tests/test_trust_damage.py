"""The trials of damage in short: none fails, and a careless reader fails them."""

import random
from pathlib import Path

import pytest

from tests.trust.damage import Damage, build_index, run_apart, trials


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_index(tmp_path_factory.mktemp("sound"))


def test_damage_is_harmless_or_reported(sound: Path) -> None:
    results = list(run_apart(sound, 1, "ask", range(40)))
    assert [result.number for result in results] == list(range(40))
    assert [result for result in results if result.reason] == []
    assert {result.verdict for result in results} <= {"harmless", "opening", "search", "check"}
    assert {result.damage.kind for result in results} == {"bit", "byte", "cut", "insert", "zeros"}
    assert len({result.damage.file for result in results}) > 4


def test_readers_that_compare_no_checksums_are_found_out(sound: Path) -> None:
    results = list(run_apart(sound, 1, "ask", range(40), careless=True))
    assert any(result.reason for result in results)


def test_a_process_that_ends_is_a_failure_of_one_trial(tmp_path: Path) -> None:
    results = list(run_apart(tmp_path / "none", 1, "ask", range(2)))
    assert [result.number for result in results] == [0, 1]
    assert all("the process ended with 1" in result.reason for result in results)


def test_all_of_it_in_little() -> None:
    outcomes = list(trials(seed=2, share=0.002))
    assert [outcome.tried for outcome in outcomes] == [40, 1, 3, 1]
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
