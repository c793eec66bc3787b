"""Papers set aside: grouped by id as a dict of lists would, in memory or in a file.

The papers are invented.
"""

import resource
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexStorageError
from index.paper import Paper, Source, id_digest
from index.reading.setaside import SetAsidePapers

papers = st.builds(
    Paper,
    id=st.sampled_from(["x1", "x2", "x3", "flüsse"]),
    title=st.text(),
    date=st.sampled_from([None, "2024-05", "--05-07"]),
    authors=st.lists(st.text(), max_size=2).map(tuple),
    score=st.none() | st.floats(allow_nan=False),
    sources=st.builds(Source, file=st.text(), line=st.integers(1)).map(lambda one: (one,)),
)


@pytest.mark.parametrize("memory_bytes", [1, 1 << 20], ids=["on disk", "in memory"])
@given(added=st.lists(papers, max_size=8))
def test_papers_come_back_in_order_and_by_id(
    monkeypatch: pytest.MonkeyPatch, memory_bytes: int, added: list[Paper]
) -> None:
    monkeypatch.setattr("index.reading.setaside.MEMORY_BYTES", memory_bytes)
    # As a run yields them: those without a year come last.
    ids = dict.fromkeys(paper.id for paper in sorted(added, key=lambda paper: paper.lacks_year))
    set_aside = SetAsidePapers()
    with set_aside:
        for number, paper in enumerate(added):
            assert (id_digest(paper.id) in set_aside) == (
                paper.id in {one.id for one in added[:number]}
            )
            set_aside.add(paper)
        assert list(set_aside.in_order()) == added
        assert list(set_aside.by_group()) == [
            [paper for paper in added if paper.id == paper_id] for paper_id in ids
        ]
        for paper_id in ("x1", "x2", "x4"):
            assert set_aside.of(id_digest(paper_id)) == [
                paper for paper in added if paper.id == paper_id
            ]
    assert len(set_aside) == len(ids)
    assert all(id_digest(paper_id) in set_aside for paper_id in ids)
    assert id_digest("x4") not in set_aside


def test_what_is_taken_by_a_key_is_in_no_group_that_follows() -> None:
    ids = ("x1", "x2", "x3")
    one, two, three = (Paper(paper_id, "Slow Rivers") for paper_id in ids)
    with SetAsidePapers() as set_aside:
        for paper, keys in ((one, (b"a", b"b")), (two, (b"c",)), (three, (b"b", b"d"))):
            set_aside.add(paper, keys)
        groups = set_aside.by_group()
        assert next(groups) == [one, three]
        assert set_aside.take([b"d", b"c", b"e"]) == [two]
        assert set_aside.take([b"c"]) == []
        assert list(groups) == []


def test_papers_set_aside_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.setaside.MEMORY_BYTES", 1 << 20)
    count = 50
    tracemalloc.start()
    try:
        with SetAsidePapers() as set_aside:
            for number in range(count):
                set_aside.add(Paper(f"x{number}", "Slow Rivers", abstract="Rain. " * 200_000))
            assert sum(len(group) for group in set_aside.by_group()) == count
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_a_temporary_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    monkeypatch.setattr("index.reading.setaside.MEMORY_BYTES", 1)
    paper = Paper("p1", "Slow", sources=(Source("/f", 1),))
    with pytest.raises(IndexStorageError, match=rf"^{tmp_path}/none: .*No such file.*TMPDIR"):
        _set_aside(paper)


def _set_aside(*papers: Paper) -> None:
    with SetAsidePapers() as set_aside:
        for paper in papers:
            set_aside.add(paper)


def test_a_file_that_cannot_grow_is_told_with_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.setaside.MEMORY_BYTES", 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(IndexStorageError) as told:
            _set_aside(*(Paper(f"p{number}", "Rivers") for number in range(1_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(told.value).startswith(f"{tempfile.gettempdir()}: cannot write papers")
