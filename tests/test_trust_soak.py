"""The soak: it passes, in short, and it sees what grows and what is wrong."""

import mmap
from dataclasses import replace
from pathlib import Path

import pytest

import searcher
from index import Paper
from tests.trust import soak as soak_module
from tests.trust.process import own_bytes
from tests.trust.soak import soak, trials


def test_a_short_life_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_module, "SEARCHES_PER_UPDATE", 4)
    outcomes = list(trials(seed=1, share=0.003))
    assert [(one.failures, one.failed, one.lost) for one in outcomes] == [((), 0, 0)] * 2
    assert all(one.tried for one in outcomes)


@pytest.fixture
def searches_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What grows is seen whatever is asked."""
    monkeypatch.setattr(soak_module, "SEARCHES_PER_UPDATE", 1)


@pytest.mark.usefixtures("searches_are_few")
def test_collections_left_open_are_seen() -> None:
    left: list[searcher.Collection] = []
    _, flat = soak(1, 20, 50, close=left.append)
    assert flat.failed
    assert "left_open" in flat.failures[0]


@pytest.mark.usefixtures("searches_are_few")
def test_segments_never_merged_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.writers.local._choose_merge", lambda *_: [])
    _, flat = soak(1, 25, 200)  # more than the 21 segments that so many papers may have
    assert flat.failed


@pytest.mark.usefixtures("searches_are_few")
def test_papers_that_grow_no_index_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_module, "GROWTH_BYTES", -(1 << 30))
    _, flat = soak(1, 20, 50)
    assert "memory grew" in flat.failures[-1]


def test_an_update_that_is_lost_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    life = soak_module._Life
    put = life._put

    def forget(self: soak_module._Life, one: Paper) -> None:
        put(self, replace(one, categories=("RO",)) if one.score == 3.0 else one)

    monkeypatch.setattr(life, "_put", forget)
    right, _ = soak(1, 12, 50)
    assert right.lost
    assert right.failed


def test_memory_is_what_was_written_to_and_no_mapped_file(tmp_path: Path) -> None:
    size = 16 << 20
    file = tmp_path / "library"
    file.write_bytes(b"x" * size)
    before = own_bytes()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped.find(b"y") < 0
        assert own_bytes() < before + size / 2
    # Not of the heap, where earlier tests may have left as much free.
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"x" * size)
        assert own_bytes() > before + size / 2
