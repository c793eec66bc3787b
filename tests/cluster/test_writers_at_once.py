"""A writer that was taken for dead, and is not, leaves alone what another has gone on with."""

from contextlib import ExitStack

import pytest

import index
import searcher
from index.errors import IndexLockedError
from tests.cluster.server import Cluster
from tests.writing import add, paper


def test_a_load_whose_lock_was_taken_over_removes_nothing(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = cluster.url(cluster.unique_name("turns"))
    with ExitStack() as first, ExitStack() as second:
        slow = first.enter_context(index.open_writer(place))
        add(slow, paper(1))
        # As if this writer had said nothing for too long.
        monkeypatch.setattr("index.opensearch.lock.LEASE_SECONDS", -1.0)
        slow._lock._renew(-1.0)  # type: ignore[attr-defined]
        monkeypatch.undo()
        other = second.enter_context(index.open_writer(place))
        add(other, paper(2))
        with pytest.raises(IndexLockedError, match="taken over the lock"), first.pop_all():
            slow.commit()
        other.commit()
    with searcher.open(place) as papers:
        assert [one.id for one in papers.all()] == [paper(2).id]
