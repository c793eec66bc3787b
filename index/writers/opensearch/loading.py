"""The writer of a new version of an index on a cluster, from its first paper to its aliases."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from index.building.forks import fork_count
from index.errors import ClusterError, IndexLockedError, IndexStorageError
from index.opensearch.bulk import BulkSender, Item
from index.opensearch.client import Client
from index.opensearch.layout import HASH
from index.opensearch.lock import ClusterLock
from index.opensearch.reading import count, matching, named
from index.opensearch.terms import write_counts, write_remembered
from index.opensearch.versions import (
    COMPLETE,
    Version,
    create_terms,
    create_version,
    current_version,
    lead_to,
    remove_older,
    remove_version,
    replicate,
    resumable_version,
    set_means,
    set_meta,
    versions_of,
)
from index.paper import Source, id_digest
from index.writers.opensearch.base import ClusterWriter
from index.writers.port import Progress

_COMPARED_AT_ONCE = 500
_ALL: Mapping[str, Any] = {"match_all": {}}


class Loader(ClusterWriter):
    """The Writer of a new version. Papers are sent as they come, and seen once all are there.

    A load that was not finished is gone on with: what it has sent is not sent again.
    """

    def __init__(self, client: Client, lock: ClusterLock, generation: int = 0) -> None:
        super().__init__(client, lock, None)
        self._generation = generation
        self._version: Version | None = None
        self._sender: BulkSender | None = None
        self._is_resumed = False
        self._added: set[bytes] = set()
        self._waiting: dict[str, Item] = {}
        self._committed = False

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Keep at the end of the block what was sent, if the next load can go on with it."""
        try:
            yield
        except (ClusterError, IndexLockedError, IndexStorageError, KeyboardInterrupt):
            self._close()
            raise
        except BaseException:
            self._close()
            self._remove()
            raise
        self._close()
        if not self._committed:
            self._remove()

    def _close(self) -> None:
        if self._sender and self._forks == fork_count():
            self._sender.close()
        self._counts.close()

    def _remove(self) -> None:
        """Remove what was not committed, and the lock of an index that is not there."""
        if self._forks != fork_count():
            return
        if self._version:
            remove_version(self._client, self._version.papers)
        if not versions_of(self._client):
            self._lock.remove()

    def settle(self) -> None:
        """Answer from now on for what was added, too."""
        self._refuse_if_ended()
        if self._version:
            self._uncount(self._version.papers)
            self._send_all(self._version)
            self._index = self._version.papers

    def commit(self, on_progress: Progress | None = None) -> None:
        """Let the index's name lead to the new version, once all is there."""
        progress = self._progress(on_progress)
        progress("writing", 0, 0)
        version, _ = self._open()
        self._uncount(version.papers)
        self._send_all(version)
        self._check_count(version)
        version = set_means(self._client, version, self._counts.means)
        version = create_terms(self._client, version)
        write_counts(
            self._client,
            version.terms,
            self._counts.changes(),
            lambda done: progress("writing", done, 0),
        )
        write_remembered(self._client, version.terms, self.remembered)
        self._client.ask("POST", f"/{version.papers},{version.terms}/_refresh")
        progress("committing", 0, 2)
        if not replicate(self._client, version.papers, version.terms):
            self.notes = (
                *self.notes,
                "the cluster has not made a second copy of the index yet; see its disks and nodes",
            )
        progress("committing", 1, 2)
        version = set_meta(
            self._client,
            version,
            state=COMPLETE,
            papers=self._counts.papers,
            generation=self._generation + 1,
        )
        before = current_version(self._client)
        lead_to(self._client, version)
        self._committed = True
        # Who has it open goes on reading it until the next commit.
        remove_older(self._client, version, kept=before)
        progress("committing", 2, 2)

    def _has(self, name: str) -> bool:
        return id_digest(name) in self._added

    def _write(self, name: str, made: Mapping[str, Any], body: bytes, source: Source) -> None:
        _, sender = self._open()
        self._added.add(id_digest(name))
        if not self._is_resumed:
            sender.index(name, body, source)
            return
        self._waiting[name] = Item((made[HASH].encode(), body), source)
        if len(self._waiting) >= _COMPARED_AT_ONCE:
            self._send_waiting()

    def _open(self) -> tuple[Version, BulkSender]:
        """Return the version that is written, and what sends to it."""
        if self._version is None or self._sender is None:
            version = resumable_version(self._client)
            self._is_resumed = version is not None
            if version is None:
                version = create_version(self._client)
            self._version = version
            self._sender = BulkSender(self._client, version.papers, self._refuse)
        return self._version, self._sender

    def _refuse(self, item: Item, reason: str) -> None:
        super()._refuse(item, reason)
        self._counts.add(json.loads(item.lines[-1]), -1)

    def _send_waiting(self) -> None:
        """Send those of the papers waiting that the unfinished load has not sent."""
        version, sender = self._open()
        waiting, self._waiting = self._waiting, {}
        known = dict(named(self._client, version.papers, waiting, [HASH]))
        for name, (lines, source) in waiting.items():
            if known.get(name, {}).get(HASH) != lines[0].decode():
                sender.index(name, lines[1], source)

    def _send_all(self, version: Version) -> None:
        """Send everything, and let it be found; what an unfinished load had more is removed."""
        _, sender = self._open()
        self._send_waiting()
        for name in self._deleted:
            sender.delete(name)
            self._added.discard(id_digest(name))
        self._deleted = set()
        sender.flush()
        self._client.ask("POST", f"/{version.papers}/_refresh")
        if self._is_resumed:
            for name, _ in matching(self._client, version.papers, _ALL, []):
                if id_digest(name) not in self._added:
                    sender.delete(name)
            sender.flush()
            self._client.ask("POST", f"/{version.papers}/_refresh")

    def _check_count(self, version: Version) -> None:
        """Raise ClusterError unless all papers are there."""
        found = count(self._client, version.papers, _ALL)
        if found != self._counts.papers:
            raise ClusterError(
                f"{self._client.address}: {found:,} of {self._counts.papers:,} papers arrived; run"
                " the same again, it goes on from there"
            )
