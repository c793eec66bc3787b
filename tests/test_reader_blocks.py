"""Blocks: lines grouped into records, and the bound of each."""

import pytest

from index.readers import blocks as blocks_module
from index.readers.base import Line, Problem
from index.readers.blocks import blocks


def grouped(texts: list[str], ends: str = "<none>") -> list[list[str] | int]:
    """Return the texts of each block, which a line ``#`` begins, and the line of each problem."""
    lines = (Line(number, text) for number, text in enumerate(texts, 1))
    return [
        one.line if isinstance(one, Problem) else [line.text for line in one]
        for one in blocks("a.txt", lines, lambda text: text == "#", lambda text: text == ends)
    ]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], []),
        (["a"], [["a"]]),
        (["#", "a", "#", "b"], [["#", "a"], ["#", "b"]]),
        (["a", "#", "#"], [["a"], ["#"], ["#"]]),
    ],
)
def test_a_block_begins_at_its_sign(texts: list[str], expected: list[list[str]]) -> None:
    assert grouped(texts) == expected


def test_a_block_may_end_at_a_sign() -> None:
    assert grouped(["a", ".", "b", ".", "#", "c"], ends=".") == [["a", "."], ["b", "."], ["#", "c"]]


def test_a_block_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "MAX_RECORD_BYTES", 1_000)
    texts = ["#", "a", "#", *["b" * 100] * 10, "#", "c"]
    assert grouped(texts) == [["#", "a"], 3, ["#", "c"]]
