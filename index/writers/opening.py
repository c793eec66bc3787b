"""Open an index for writing, wherever it is: in a folder, or on a cluster."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager

from index.arguments import byte_count, callers_block, folder_path
from index.opensearch.address import is_address, read_address
from index.segments.opening import map_index
from index.writers.committed import open_dry_writer
from index.writers.local import MEMORY_BYTES, open_for_build, open_local_writer
from index.writers.port import Writer


@contextmanager
def open_writer(directory: str, memory_bytes: int = MEMORY_BYTES) -> Iterator[Writer]:
    """Open the index in ``directory``, or at an address, for writing; create it if there is none.

    ``memory_bytes`` bounds, by estimate, the memory that building takes: less memory makes more and
    smaller segments. Changes that are not committed when the block ends are dropped, and what the
    block itself raises is passed on. After a commit the end of the block merges segments. An index
    that was created for the block and committed nothing is removed, together with the folders made
    for it.

    In a child that is forked within the block the writer raises BadRequestError, and the end of the
    block does nothing.

    On a cluster, what was sent before it failed, or before an interrupt, stays there unseen: the
    next writer of an index that was never committed goes on from there.

    Raises BadRequestError for an argument without meaning, NotAnIndexError if the directory holds
    something else, IndexLockedError if another process keeps writing for more than
    LOCK_TIMEOUT_SECONDS, DamagedIndexError if a file of the index is missing or not as it was
    written, ClusterError if a cluster fails, and IndexStorageError if the operating system refuses
    or a cluster takes no more.
    """
    place, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    if not is_address(place):
        with open_local_writer(place, memory_bytes) as writer:
            yield writer
        return
    with open_for_changes(place, memory_bytes) as writer, callers_block():
        yield writer


def open_for_changes(place: str, memory_bytes: int) -> AbstractContextManager[Writer]:
    """Open an index as ``open_writer`` does, for a block of this package's own code."""
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
