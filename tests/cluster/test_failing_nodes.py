"""A cluster that lost a node or a shard, or that takes nothing: nothing of it is silent."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from index.errors import ClusterError, IndexStorageError, SearchError
from index.opensearch.address import read_address
from index.opensearch.client import Client, Refusal
from index.opensearch.encoding import encoded
from tests.cluster.server import Cluster

COUNT = 60
ALL: dict[str, Any] = {"size": COUNT, "track_total_hits": True, "query": {"match_all": {}}}


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Client]:
    """Asks any of the three nodes."""
    with closing(Client(read_address(cluster.url("papers")))) as opened:
        yield opened


def fill(cluster: Cluster, *, shards: int = 3, replicas: int = 0) -> str:
    """Make an index of documents, a shard on each node, and return its name."""
    index = cluster.unique_name("parts")
    body = {"settings": {"number_of_shards": shards, "number_of_replicas": replicas}}
    cluster.ask("PUT", f"/{index}?wait_for_active_shards=all", body)
    for number in range(COUNT):
        cluster.ask("PUT", f"/{index}/_doc/{number}", {"number": number})
    cluster.ask("POST", f"/{index}/_refresh")
    return index


def test_a_search_that_misses_a_part_of_the_index_is_an_error(
    breakable_cluster: Cluster, client: Client
) -> None:
    index = fill(breakable_cluster)
    assert client.ask("POST", f"/{index}/_search", ALL)["hits"]["total"]["value"] == COUNT
    breakable_cluster.nodes[1].kill()
    names = [str(number) for number in range(COUNT)]
    said = r"a part of the index did not answer within 4 s.*health is not red"
    asked: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = [
        (f"/{index}/_search", ALL, {}),
        (f"/{index}/_count", {}, {}),
        (f"/{index}/_mget", {"ids": names}, {}),
        (f"/{index}/_search/point_in_time", None, {"keep_alive": "1m"}),
    ]
    for path, body, params in asked:
        with pytest.raises(ClusterError, match=said):
            client.ask("POST", path, body, timeout=4, **params)
    with pytest.raises(ClusterError, match=said):
        client.send_lines(f"/{index}/_msearch", [b"{}", encoded(ALL)], timeout=4)


def test_what_a_node_kept_for_a_walk_is_gone_with_it(
    breakable_cluster: Cluster, client: Client
) -> None:
    index = fill(breakable_cluster, replicas=1)
    opened = client.ask("POST", f"/{index}/_search/point_in_time", keep_alive="1m")
    walk = {**ALL, "pit": {"id": opened["pit_id"]}}
    assert client.ask("POST", "/_search", walk)["hits"]["total"]["value"] == COUNT
    breakable_cluster.nodes[1].restart()
    with pytest.raises(Refusal) as raised:
        client.ask("POST", "/_search", walk, allowed=[404])
    assert raised.value.status == 404
    assert client.ask("POST", f"/{index}/_search", ALL)["hits"]["total"]["value"] == COUNT


@pytest.mark.parametrize("node", [0, 1, 2])
@pytest.mark.parametrize("fault", ["kill", "pause"])
def test_the_other_nodes_answer_for_all_where_there_are_copies(
    breakable_cluster: Cluster, client: Client, node: int, fault: str
) -> None:
    index = fill(breakable_cluster, replicas=1)
    getattr(breakable_cluster.nodes[node], fault)()
    for _ in range(4):
        found = client.ask("POST", f"/{index}/_search", ALL)
        assert found["hits"]["total"]["value"] == COUNT
        several = client.send_lines("/_msearch", [encoded({"index": index}), encoded(ALL)])
        assert several["responses"][0]["hits"]["total"]["value"] == COUNT


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"index.blocks.read_only_allow_delete": True}, "a disk of the cluster is full.*free some"),
        ({"index.blocks.read_only": True}, r"lift the block.*FORBIDDEN/5/index read-only"),
        ({"index.blocks.write": True}, r"lift the block.*FORBIDDEN/8/index write"),
    ],
)
def test_an_index_that_takes_nothing(
    cluster: Cluster, client: Client, settings: dict[str, bool], said: str
) -> None:
    index = fill(cluster, shards=1)
    cluster.ask("PUT", f"/{index}/_settings", settings)
    with pytest.raises(IndexStorageError, match=said):
        client.ask("PUT", f"/{index}/_doc/x", {"number": 0})
    lifted = dict.fromkeys(settings)
    cluster.ask("PUT", f"/{index}/_settings", lifted)
    assert client.ask("PUT", f"/{index}/_doc/x", {"number": 0})["result"] == "created"


def test_an_index_that_is_closed(cluster: Cluster, client: Client) -> None:
    index = fill(cluster, shards=1)
    cluster.ask("POST", f"/{index}/_close")
    with pytest.raises(SearchError, match=r"refused \(400\): closed"):
        client.ask("POST", f"/{index}/_search", ALL)
