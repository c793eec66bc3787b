"""The first papers in an order = the first of all papers sorted, and so are those behind them."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import searcher
from searcher.engines.local import engine, reader
from searcher.engines.local.reader import IndexReader
from searcher.engines.local.topk import first_by
from searcher.request import Sort
from tests.writing import commit, delete, paper

KEPT = 60
"""At least so many papers are left."""


@pytest.fixture(scope="module")
def in_segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three segments, of which the first has deleted papers."""
    directory = tmp_path_factory.mktemp("segments") / "index"
    for first in (0, 25, 43):
        commit(directory, *map(paper, range(first, first + 25)))
    delete(directory, "p0", "p7")
    return directory


@settings(max_examples=100)
@given(
    st.dictionaries(st.integers(0, KEPT - 1), st.integers(-2, 2), max_size=40), st.integers(0, 45)
)
@example({1: 1, 2: 1, 3: 1}, 2)
@pytest.mark.parametrize("few", [0, 1_000])
def test_the_first_by_key_and_id(
    few: int, in_segments: Path, keys: dict[int, int], count: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "FEW_IDS", few)
        opened = IndexReader(str(in_segments))
        papers = np.flatnonzero(opened.live)[sorted(keys)]
        own = [keys[place] for place in sorted(keys)]
        places = first_by(opened, papers, np.array(own, np.int64), count).tolist()
    ids = opened.ids_of(papers.tolist())
    expected = sorted(range(len(own)), key=lambda place: (own[place], ids[place]))
    assert places == expected[:count]


def test_every_paper_comes_in_one_order_however_many_are_ordered_at_a_time(
    in_segments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: tuple[Sort, ...] = ("relevance", "date", "oldest")
    asked = list(product(("*", "rivers", "rivers OR lakes", "by:x"), orders))
    found = []
    for first in (1, 3, 1_000):
        monkeypatch.setattr(engine, "_FIRST_OF_EVERY", first)
        with searcher.open(in_segments) as papers:
            found.append([[one.id for one in papers.all(q, sort=sort)] for q, sort in asked])
    assert found[0] == found[1] == found[2]
    with searcher.open(in_segments) as papers:
        paged = [
            [hit.id for hit in papers.search(q, sort=sort, match="all", limit=99)]
            for q, sort in asked
        ]
    assert found[0] == paged


def test_ids_and_titles_come_as_they_were_asked_for(in_segments: Path) -> None:
    opened = IndexReader(str(in_segments))
    numbers = [50, 3, 51, 3, 0, 30]
    titles = [opened.titles_of([number])[0] for number in numbers]
    assert opened.titles_of(numbers) == titles
    assert [title.split()[1] for title in titles] == [one[1:] for one in opened.ids_of(numbers)]
