"""Open an index on a cluster for writing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from index.opensearch.address import Address
from index.opensearch.client import Client
from index.opensearch.lock import ClusterLock, locked
from index.opensearch.terms import read_remembered, recount
from index.opensearch.versions import (
    Version,
    current_version,
    present_version,
    require_ours,
)
from index.writers.committed import DroppedChanges
from index.writers.lock import LOCK_TIMEOUT_SECONDS
from index.writers.opensearch.base import ClusterWriter
from index.writers.opensearch.changing import Changer
from index.writers.opensearch.loading import Loader
from index.writers.opensearch.papers import ClusteredPapers
from index.writers.port import Writer


@contextmanager
def open_cluster_writer(address: Address) -> Iterator[Writer]:
    """Open the index at an address for writing; without one, the first commit makes it.

    Changes that are not committed when the block ends are dropped. But what a load has sent before
    a failure of the cluster, or an interrupt, stays there unseen, and the next load goes on from
    there.

    Raises IndexLockedError if another writer keeps writing for more than LOCK_TIMEOUT_SECONDS,
    NotAnIndexError if something else has the index's name or another version wrote it, ClusterError
    if the cluster fails, and IndexStorageError if it takes no more.
    """
    client = Client(address)
    try:
        client.check_server()
        with locked(client, LOCK_TIMEOUT_SECONDS) as lock:
            version = current_version(client)
            writer: ClusterWriter
            if version is None:
                writer = Loader(client, lock)
            else:
                writer = Changer(client, lock, _finished(client, lock, version))
            with writer.closing():
                yield writer
    finally:
        client.close()


@contextmanager
def open_reloader(
    address: Address,
) -> Iterator[tuple[Writer, ClusteredPapers, Mapping[str, Any]]]:
    """Open the index at an address to load it anew, whichever version of this program wrote it.

    Beside the writer come the papers that are there, and what is remembered. Raises NotAnIndexError
    if there is no index, and the errors of ``open_cluster_writer``.
    """
    client = Client(address)
    try:
        client.check_server()
        with locked(client, LOCK_TIMEOUT_SECONDS) as lock:
            version = present_version(client)
            client.ask("POST", f"/{version.papers},{version.terms}/_refresh")
            before = ClusteredPapers(client, version.papers)
            writer = Loader(client, lock, version.meta.generation)
            with writer.closing():
                yield writer, before, read_remembered(client, version.terms)
                lock.finish()
    finally:
        client.close()


@contextmanager
def open_dry_cluster_writer(address: Address) -> Iterator[Writer]:
    """Open the index at an address as ``open_cluster_writer`` does, for changes that are not made.

    No lock is taken.
    """
    client = Client(address)
    try:
        client.check_server()
        version = current_version(client)
        if version is None:
            yield _DryWriter(client, None)
        else:
            require_ours(version, address)
            writer = _DryWriter(client, version.papers)
            writer.remembered = read_remembered(client, version.terms)
            yield writer
    finally:
        client.close()


class _DryWriter(DroppedChanges, ClusteredPapers):
    """A Writer that drops every change."""


def _finished(client: Client, lock: ClusterLock, version: Version) -> Version:
    """Return a version of which everything is as its papers say, even after a failed commit."""
    require_ours(version, client.address)
    if lock.unfinished == version.papers:
        client.ask("POST", f"/{version.papers}/_refresh")
        version = recount(client, version)
        lock.finish()
    return version
