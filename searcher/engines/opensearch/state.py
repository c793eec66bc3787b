"""What an index on a cluster says of itself: whether it can be read, and what holds for it all."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from index.errors import NotAnIndexError, building, mending
from index.opensearch.client import Client
from index.opensearch.layout import LAYOUT, analysis_mark


class IndexState(NamedTuple):
    """One version of an index: the names of its two indexes, and what holds for all papers.

    ``means`` are the mean numbers of words by field.
    """

    papers: str
    terms: str
    paper_count: int
    generation: int
    means: Mapping[str, float]


def read_state(client: Client) -> IndexState:
    """Return what an index says of itself.

    Raises NotAnIndexError if there is none, or one of another layout or analysis, and ClusterError.
    """
    client.check_server()
    where, name = str(client.address), client.address.name
    found: Mapping[str, Any] = client.ask("GET", f"/{name}/_mapping")
    (papers, told), *others = found.items()
    meta = told["mappings"].get("_meta", {})
    if others or "layout" not in meta:
        raise NotAnIndexError(f"{where}: holds no index of papers; {building(where)}")
    if meta["layout"] != LAYOUT or meta.get("analysis") != analysis_mark():
        raise NotAnIndexError(
            f"{where}: was written by another version of this program; {mending(where)}"
        )
    count = client.ask("GET", f"/{papers}/_count")["count"]
    return IndexState(
        papers, f"{papers}-terms", int(count), int(meta.get("generation", 0)), meta["means"]
    )
