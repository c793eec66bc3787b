"""Held papers: grouped by id as a dict of lists would, whether they fit into memory or not.

The papers are invented.
"""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexStorageError
from index.paper import Paper, Source
from index.setaside import HeldPapers

papers = st.builds(
    Paper,
    id=st.sampled_from(["x1", "x2", "x3", "flüsse"]),
    title=st.text(),
    authors=st.lists(st.text(), max_size=2).map(tuple),
    score=st.none() | st.floats(allow_nan=False),
    sources=st.builds(Source, file=st.text(), line=st.integers(1)).map(lambda one: (one,)),
)


@pytest.mark.parametrize("memory_bytes", [1, 1 << 20], ids=["on disk", "in memory"])
@given(listed=st.lists(papers, max_size=8))
def test_papers_come_back_by_id_in_the_order_they_came(
    monkeypatch: pytest.MonkeyPatch, memory_bytes: int, listed: list[Paper]
) -> None:
    monkeypatch.setattr("index.setaside.MEMORY_BYTES", memory_bytes)
    expected: dict[str, list[Paper]] = {}
    held = HeldPapers()
    with held:
        for paper in listed:
            assert (paper.id in held) == (paper.id in expected)
            held.add(paper)
            expected.setdefault(paper.id, []).append(paper)
        assert list(held.in_order()) == listed
        assert list(held.by_id()) == list(expected.values())
    assert all(paper.id in held for paper in listed)
    assert "x4" not in held


def test_papers_held_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.setaside.MEMORY_BYTES", 1 << 20)
    count = 50
    tracemalloc.start()
    try:
        with HeldPapers() as held:
            for number in range(count):
                held.add(Paper(f"x{number}", "Slow Rivers", abstract="Rain. " * 200_000))
            assert sum(len(group) for group in held.by_id()) == count
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_a_temporary_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    monkeypatch.setattr("index.setaside.MEMORY_BYTES", 1)
    paper = Paper("p1", "Slow", sources=(Source("/f", 1),))
    with pytest.raises(IndexStorageError, match=rf"^{tmp_path}/none: .*No such file.*TMPDIR"):
        hold(paper)


def hold(paper: Paper) -> None:
    with HeldPapers() as held:
        held.add(paper)
