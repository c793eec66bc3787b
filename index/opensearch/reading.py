"""Read many documents of an index on a cluster: by their names, or all that a query finds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from index.errors import ClusterError, SearchError
from index.opensearch.client import Client, Refusal

_NAMES_A_REQUEST = 1_000
_HITS_A_REQUEST = 2_000
_KEPT = "5m"
# What is answered where a node is not there any more that had kept something of a walk.
_LOST = (404, 500, 503)
# How often in a row a walk is begun anew that nodes lost.
_MOST_LOSSES = 5


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
    for hits in walk(client, index, body):
        yield from map(_named_source, hits)


def walk(client: Client, index: str, body: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield all hits of a search, ``size`` at a time, as they are at its beginning.

    Where a node takes what it had kept of them with it, the walk goes on from the last hit, if the
    search says how its hits are sorted, by something that no two have in common. Otherwise that is
    a ClusterError.
    """
    kept = _keep(client, index)
    losses, most = 0, _MOST_LOSSES if "sort" in body else 0
    asked = {"sort": [{"_shard_doc": "asc"}], **body, "track_total_hits": False}
    try:
        while True:
            asked["pit"] = {"id": kept, "keep_alive": _KEPT}
            try:
                answer = client.ask("POST", "/_search", asked, allowed=_LOST)
            except Refusal as refusal:
                losses += 1
                if losses > most:
                    said = f"nodes come and go; try again later: {refusal.reason}"
                    raise ClusterError(f"{client.address}: {said}") from None
                kept = _keep(client, index)
                continue
            losses = 0
            kept = answer.get("pit_id", kept)
            hits = answer["hits"]["hits"]
            yield hits
            if len(hits) < asked["size"]:
                return
            asked["search_after"] = hits[-1]["sort"]
    finally:
        with suppress(SearchError, Refusal):
            client.ask("DELETE", "/_search/point_in_time", {"pit_id": [kept]}, allowed=[404])


def _keep(client: Client, index: str) -> str:
    path = f"/{index}/_search/point_in_time"
    return str(client.ask("POST", path, keep_alive=_KEPT)["pit_id"])


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
    return list(map(_named_source, told["hits"]["hits"]))


def _named_source(hit: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return hit["_id"], hit.get("_source", {})


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
