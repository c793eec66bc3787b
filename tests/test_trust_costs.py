"""What hostile papers cost, in short: memory for each byte, and a measure that sees too much."""

import re
from mmap import PAGESIZE, mmap

import pytest

from tests.conftest import ROOT
from tests.trust.costs import BOUNDS, KINDS, LEAST_BYTES, Cost, _measured, costs


def test_hostile_papers_take_no_more_than_the_stated_memory() -> None:
    kinds = ["one long word", "many distinct words", "many suffixes"]
    measured = costs(kinds, LEAST_BYTES)
    assert [(cost.kind, cost.step) for cost in measured] == [
        (kind, step) for kind in kinds for step in BOUNDS
    ]
    # The time is for the trial, on a machine that does nothing else.
    faults = [fault for cost in measured for fault in cost._replace(seconds=0.0).faults()]
    assert faults == []


def test_a_long_word_costs_hardly_more_than_its_text() -> None:
    measured = costs(["one long word"], 4_000_000)
    assert all(cost.peak_bytes < 16 * cost.byte_count for cost in measured), measured


def _held(byte_count: int) -> mmap:
    """Return memory in use, new pages of it: the heap may give what earlier tests have left."""
    held = mmap(-1, byte_count)
    for place in range(0, byte_count, PAGESIZE):
        held[place] = 1
    return held


def test_the_peak_of_a_step_is_seen() -> None:
    _measured(lambda: _held(80_000_000).close())
    large, _ = _measured(lambda: _held(40_000_000).close())
    small, _ = _measured(lambda: _held(4_000_000).close())
    assert 39_000_000 < large < 60_000_000
    assert small < 10_000_000


@pytest.mark.parametrize("step", BOUNDS)
def test_what_is_above_a_bound_is_told(step: str) -> None:
    bound = BOUNDS[step]
    most = bound.fixed_bytes + 1_000_000 * bound.bytes_each
    within = Cost("x", step, 1_000_000, most, 1.0)
    assert list(within.faults()) == []
    assert list(within._replace(peak_bytes=most + 1).faults())
    assert list(within._replace(seconds=2 + 1e6 * bound.seconds_each).faults())


def test_the_readme_states_the_bounds() -> None:
    readme = (ROOT / "index" / "README.md").read_text(encoding="utf-8")
    for step, bound in BOUNDS.items():
        (row,) = re.findall(rf"(?m)^\| {step}\b.*$", readme)
        stated = [int(number) for number in re.findall(r"\d+", row)]
        fixed, each, seconds = bound.fixed_bytes, bound.bytes_each, bound.seconds_each
        assert stated == [fixed // 1_000_000, each, round(seconds * 1e6)]


def test_every_kind_makes_papers_that_a_line_holds() -> None:
    for kind, paper in KINDS.items():
        assert len(str(paper(1)).encode()) < 1_000_000, kind
