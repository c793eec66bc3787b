"""Read many documents of an index on a cluster: by their names, or all that a query finds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from index.opensearch.client import Client

_NAMES_A_REQUEST = 1_000
_HITS_A_REQUEST = 2_000
_KEPT = "5m"


def named(
    client: Client, index: str, names: Collection[str], fields: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the documents that have these names, each with its name, as of the last commit.

    Of a document only some ``fields`` are read, one at least.
    """
    rest = iter(names)
    while some := list(islice(rest, _NAMES_A_REQUEST)):
        told = client.ask(
            *("POST", f"/{index}/_mget", {"ids": some}),
            realtime=False,
            _source=",".join(fields),
        )
        for one in told["docs"]:
            if one.get("found"):
                yield one["_id"], one["_source"]


def matching(
    client: Client, index: str, query: Mapping[str, Any], fields: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the documents that a query finds, each with its name, in no order.

    Of a document only some ``fields`` are read, perhaps none. The documents are those of one
    moment, whatever is written meanwhile.
    """
    body: dict[str, Any] = {
        "size": _HITS_A_REQUEST,
        "query": query,
        "_source": list(fields) or False,
        "track_total_hits": False,
    }
    found = _hits(client.search(index, body))
    if len(found) < _HITS_A_REQUEST:
        yield from found
        return
    opened = client.ask("POST", f"/{index}/_search/point_in_time", keep_alive=_KEPT)
    point = opened["pit_id"]
    body["sort"] = [{"_shard_doc": "asc"}]
    try:
        while found:
            body["pit"] = {"id": point, "keep_alive": _KEPT}
            told = client.search("", body)
            point = told.get("pit_id", point)
            found = _hits(told)
            yield from found
            body["search_after"] = found and told["hits"]["hits"][-1]["sort"]
    finally:
        client.ask("DELETE", "/_search/point_in_time", {"pit_id": [point]})


def pages(client: Client, index: str, body: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the hits of a search in its order, ``size`` at a time, as they are when asked for.

    The search says how its hits are sorted, by something that no two have in common.
    """
    asked = dict(body)
    while True:
        hits: list[Any] = client.search(index, asked)["hits"]["hits"]
        yield hits
        if len(hits) < asked["size"]:
            return
        asked["search_after"] = hits[-1]["sort"]


def _hits(told: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(hit["_id"], hit.get("_source", {})) for hit in told["hits"]["hits"]]


def count(client: Client, index: str, query: Mapping[str, Any]) -> int:
    """Return how many documents a query finds."""
    body = {"size": 0, "query": query, "track_total_hits": True}
    total: int = client.search(index, body)["hits"]["total"]["value"]
    return total


def values(client: Client, index: str, field: str) -> Iterator[str]:
    """Yield the terms of a field that some document has, sorted."""
    composite: dict[str, Any] = {
        "size": _HITS_A_REQUEST,
        "sources": [{"value": {"terms": {"field": field}}}],
    }
    body = {"size": 0, "aggs": {"values": {"composite": composite}}}
    while True:
        told = client.search(index, body)["aggregations"]["values"]
        yield from (bucket["key"]["value"] for bucket in told["buckets"])
        if "after_key" not in told:
            return
        composite["after"] = told["after_key"]


def sample(client: Client, index: str, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield some documents of an index, each with its name: always the same of one commit."""
    chance = {"random_score": {"seed": 1, "field": "_seq_no"}}
    query = {"function_score": {"query": {"match_all": {}}, "functions": [chance]}}
    yield from _hits(client.search(index, {"size": most, "query": query}))
