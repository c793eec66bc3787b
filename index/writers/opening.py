"""Open an index for writing, wherever it is: in a folder, or on a cluster."""

from contextlib import AbstractContextManager, closing

from index.opensearch.address import is_address, read_address
from index.segments.opening import map_index
from index.writers.committed import open_dry_writer
from index.writers.local import open_for_build
from index.writers.port import Writer


def open_for_changes(place: str, memory_bytes: int) -> AbstractContextManager[Writer]:
    """Open an index for writing, and create it if there is none (see ``open_writer``)."""
    if is_address(place):
        from index.writers.opensearch.opening import open_cluster_writer

        return open_cluster_writer(read_address(place))
    return open_for_build(place, memory_bytes)


def open_dry(place: str) -> AbstractContextManager[Writer]:
    """Open an index for changes that are not made; no lock is taken."""
    if is_address(place):
        from index.writers.opensearch.opening import open_dry_cluster_writer

        return open_dry_cluster_writer(read_address(place))
    return open_dry_writer(place)


def require_index(place: str) -> None:
    """Raise NotAnIndexError if there is no index in a place, or one that is not to be read."""
    if not is_address(place):
        map_index(place)
        return
    from index.opensearch.client import Client
    from index.opensearch.versions import readable_version

    with closing(Client(read_address(place))) as client:
        readable_version(client)
