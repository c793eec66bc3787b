"""The newest commit, for programs that run on: opened anew, and closed when nobody uses it."""

from pathlib import Path

import pytest

import index as write_side
import searcher
from searcher.current import CurrentCollection
from tests.conftest import write_jsonl


def commit(index: Path, title: str) -> None:
    searcher.build(index, [write_jsonl(index.with_name(f"{title}.jsonl"), {"title": title})])


@pytest.fixture
def current(index: Path, monkeypatch: pytest.MonkeyPatch) -> CurrentCollection:
    """Looks for a new commit at each use."""
    monkeypatch.setattr("searcher.current.SECONDS", 0.0)
    return CurrentCollection(index)


def test_whoever_uses_a_commit_keeps_it(index: Path, current: CurrentCollection) -> None:
    commit(index, "Oaks")
    with current.use() as (old, old_mark):
        with current.use() as (same, mark):
            assert (same, mark) == (old, old_mark)
        commit(index, "Elms")
        with current.use() as (new, mark):
            assert mark != old_mark
            assert (len(new), len(old)) == (2, 1)
        assert old.search("oaks").total == 1
    with pytest.raises(searcher.ClosedError):
        old.search("oaks")
    assert new.search("oaks").total == 1
    current.close()
    with pytest.raises(searcher.ClosedError), current.use():
        pass


def test_between_two_looks_nothing_is_opened(index: Path) -> None:
    commit(index, "Oaks")
    current = CurrentCollection(index)
    with current.use() as (papers, _):
        commit(index, "Elms")
        with current.use() as (same, _):
            assert same is papers


def test_an_index_that_comes_goes_and_comes_again(index: Path, current: CurrentCollection) -> None:
    for _ in range(2):
        with pytest.raises(searcher.NotAnIndexError, match="searcher index PATH"), current.use():
            pass
    commit(index, "Oaks")
    with current.use() as (papers, first):
        assert len(papers) == 1
    away = index.rename(index.with_name("away"))
    with pytest.raises(searcher.NotAnIndexError), current.use():
        pass
    # Another index in the same place has the same number of commits.
    commit(index, "Elms")
    with current.use() as (papers, mark):
        assert papers.search("elms").total == 1
        assert mark != first
    assert away.exists()


def test_damage_that_is_found_in_use_is_looked_at_again(
    index: Path, current: CurrentCollection
) -> None:
    commit(index, "Oaks")
    with pytest.raises(searcher.DamagedIndexError), current.use():
        raise searcher.DamagedIndexError("found in use")
    with current.use() as (papers, _):
        assert papers.search("oaks").total == 1


def test_the_mark_of_a_commit(index: Path) -> None:
    assert write_side.commit_mark(str(index)) == ""
    commit(index, "Oaks")
    first = write_side.commit_mark(str(index))
    assert first
    assert write_side.commit_mark(str(index)) == first
    searcher.build(index, [index.with_name("Oaks.jsonl")])
    assert write_side.commit_mark(str(index)) == first, "nothing had changed"
    commit(index, "Elms")
    assert write_side.commit_mark(str(index)) != first
