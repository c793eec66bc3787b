"""One real cluster of three nodes for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.server import Cluster, make_cluster, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes of OpenSearch, green. A test that harms them takes ``breakable_cluster``."""
    with running(make_cluster(tmp_path_factory.mktemp("cluster"))) as started:
        yield started


@pytest.fixture
def breakable_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """The same cluster; what a test kills or pauses runs again after it."""
    yield cluster
    cluster.heal()
