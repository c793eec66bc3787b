"""Opens the engine for where an index is: a folder on this machine, or a cluster."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from searcher.errors import BadRequestError

if TYPE_CHECKING:
    from searcher.engines.port import Engine


def open_engine(places: Sequence[str]) -> "Engine":
    """Return the engine for an index, or for several folders that are searched as one.

    Raises BadRequestError for several of which one is on a cluster, and what opening raises.
    """
    if not any(_is_on_cluster(place) for place in places):
        from searcher.engines.local.engine import LocalEngine

        return LocalEngine(*places)
    if len(places) > 1:
        raise BadRequestError(
            f"{' and '.join(places)}: an index on a cluster is searched alone; index all the"
            " papers there"
        )
    from searcher.engines.opensearch.engine import ClusterEngine

    return ClusterEngine(places[0])


def _is_on_cluster(place: str) -> bool:
    if "://" not in place:
        return False
    from index.opensearch.address import is_address

    return is_address(place)
