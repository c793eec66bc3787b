"""The lock of an index on a cluster: one writer at a time, whatever machine it runs on."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, RLock, Thread
from typing import Any
from uuid import uuid4

from index.errors import ClusterError, IndexLockedError, SearchError
from index.opensearch.client import Client, Refusal

LEASE_SECONDS = 30.0
"""How long a silent writer keeps the lock, for example one that was killed."""

_RENEW_SECONDS = LEASE_SECONDS / 4
_LOOK_SECONDS = 0.2


class ClusterLock:
    """A lock: a document that names its holder, and the time until which the lock is held.

    It is changed only as it was last seen, so that of two writers one is refused. ``unfinished`` is
    the version that its last holder began to change, and did not finish; empty if there is none.
    """

    def __init__(self, client: Client) -> None:
        self.unfinished = ""
        self._client = client
        self._index = f"{client.address.name}-lock"
        self._holder = uuid4().hex
        self._seen: dict[str, int] = {}
        self._until = 0.0
        self._process = os.getpid()
        self._guard = RLock()
        self._released = Event()

    def acquire(self, seconds: float) -> None:
        """Take the lock. Raises IndexLockedError if another writer keeps it for some seconds."""
        ends = time.monotonic() + seconds
        while (other := self._take()) is not None:
            if time.monotonic() >= ends:
                raise IndexLockedError(
                    f"{self._client.address}: {other['host']}, process {other['process']}, has been"
                    f" writing to this index for {seconds:g} s; wait until it ends, then run again"
                    f" (if it was killed, {LEASE_SECONDS:g} s later)"
                )
            time.sleep(_LOOK_SECONDS)
        Thread(target=self._keep, daemon=True).start()

    def check(self) -> None:
        """Make sure that the lock is held for a while. Raises IndexLockedError and ClusterError."""
        with self._guard:
            if self._until - time.time() < LEASE_SECONDS / 2:
                self._renew()

    def begin(self, version: str) -> None:
        """Note that a version is changed from now on."""
        with self._guard:
            self.unfinished = version
            self._renew()

    def finish(self) -> None:
        """Note that what was begun is done."""
        self.begin("")

    def remove(self) -> None:
        """Remove the lock together with an index that is not there."""
        self._released.set()
        with self._guard, suppress(ClusterError):
            self._client.ask("DELETE", f"/{self._index}", ignore_unavailable=True)

    def release(self) -> None:
        """Let the next writer take the lock. In a forked child this does nothing."""
        if self._released.is_set() or self._process != os.getpid():
            return
        self._released.set()
        with self._guard, suppress(ClusterError, IndexLockedError):
            self._until = 0.0
            self._renew(0.0)

    def _create_index(self) -> None:
        body = {
            "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
            "mappings": {"dynamic": False},
        }
        if not self._client.ask("HEAD", f"/{self._index}"):
            with suppress(Refusal):  # another writer has just made it
                self._client.ask("PUT", f"/{self._index}", body, allowed=[400])

    def _take(self) -> dict[str, Any] | None:
        """Take the lock if it is free, or return who has it."""
        self._create_index()
        other = self._seen_now()
        if other and other["holder"] != self._holder and other["until"] > time.time():
            return other
        self.unfinished = other["unfinished"] if other else ""
        with suppress(Refusal):
            self._write(LEASE_SECONDS)
            return None
        return self._take()

    def _seen_now(self) -> dict[str, Any] | None:
        try:
            found = self._client.ask("GET", f"/{self._index}/_doc/writer", allowed=[404])
        except Refusal:
            self._seen = {}
            return None
        self._seen = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
        source: dict[str, Any] = found["_source"]
        return source

    def _write(self, seconds: float) -> None:
        """Write the document as it was last seen. Raises Refusal if it was changed since."""
        until = time.time() + seconds
        body = {
            "holder": self._holder,
            "host": socket.gethostname(),
            "process": os.getpid(),
            "until": until,
            "unfinished": self.unfinished,
        }
        params: dict[str, Any] = self._seen or {"op_type": "create"}
        path = f"/{self._index}/_doc/writer"
        told = self._client.ask("PUT", path, body, allowed=[409], **params)
        self._seen = {"if_seq_no": told["_seq_no"], "if_primary_term": told["_primary_term"]}
        self._until = until

    def _renew(self, seconds: float = LEASE_SECONDS) -> None:
        with self._guard:
            try:
                self._write(seconds)
                return
            except Refusal:
                other = self._seen_now()
            # A request that was made twice finds its own document.
            if other and other["holder"] == self._holder:
                with suppress(Refusal):
                    self._write(seconds)
                    return
            raise IndexLockedError(
                f"{self._client.address}: another writer has taken over the lock of this index,"
                " since this one did not answer for too long; nothing more is written"
            )

    def _keep(self) -> None:
        """Renew the lock until it is released."""
        while not self._released.wait(_RENEW_SECONDS):
            with self._guard:
                if self._released.is_set():
                    return
                with suppress(SearchError):  # ``check`` raises what still fails then
                    self._renew()


@contextmanager
def locked(client: Client, seconds: float) -> Iterator[ClusterLock]:
    """Hold the lock of an index in a block. Raises IndexLockedError and ClusterError."""
    lock = ClusterLock(client)
    lock.acquire(seconds)
    try:
        yield lock
    finally:
        lock.release()
