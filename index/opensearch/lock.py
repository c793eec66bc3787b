"""The lock of an index on a cluster: one writer at a time, whatever machine it runs on."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
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


# It runs where the lock is, whose clock alone says whether it is held: those of two writers may
# differ. A writer that is not answered asks again, and finds its own name.
_CHANGE = """
def now = ctx._now / 1000.0;
def holder = ctx._source.holder;
if (holder == params.holder || (params.takes && (holder == null || ctx._source.until <= now))) {
  ctx._source.putAll(params.own);
  ctx._source.until = now + params.seconds;
} else {
  ctx.op = 'noop';
}
"""


class ClusterLock:
    """A lock: a document that names its holder, and the time until which the lock is held.

    ``unfinished`` is the version that its last holder began to change, and did not finish; empty if
    there is none.
    """

    def __init__(self, client: Client) -> None:
        self.unfinished = ""
        self._client = client
        self._index = f"{client.address.name}-lock"
        self._holder = uuid4().hex
        # By the clock of this process: it tells only when to renew.
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
            if self._until - time.monotonic() < LEASE_SECONDS / 2:
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
        found = self._change(LEASE_SECONDS, {}, takes=True)
        if found["holder"] != self._holder:
            return found
        self.unfinished = found.get("unfinished", "")
        return None

    def _renew(self, seconds: float = LEASE_SECONDS) -> None:
        with self._guard:
            found = self._change(seconds, {"unfinished": self.unfinished}, takes=False)
        if found.get("holder") != self._holder:
            raise IndexLockedError(
                f"{self._client.address}: another writer has taken over the lock of this index,"
                " since this one did not answer for too long; nothing more is written"
            )

    def _change(self, seconds: float, own: Mapping[str, Any], *, takes: bool) -> dict[str, Any]:
        """Hold the lock from now on for some seconds if it is this writer's, or is free to take.

        Returns what it says then; nothing if there is no lock.
        """
        own = {
            **own,
            "holder": self._holder,
            "host": socket.gethostname(),
            "process": os.getpid(),
        }
        params = {"holder": self._holder, "takes": takes, "seconds": seconds, "own": own}
        body: dict[str, Any] = {"script": {"source": _CHANGE, "params": params}}
        if takes:
            body |= {"scripted_upsert": True, "upsert": {}}
        path = f"/{self._index}/_update/writer"
        started = time.monotonic()
        while True:
            try:
                told = self._client.ask("POST", path, body, allowed=[404, 409], _source="true")
            except Refusal as refusal:
                if refusal.status == 409:  # another writer has changed it at the same time
                    continue
                return {}
            found: dict[str, Any] = told["get"]["_source"]
            if found["holder"] == self._holder:
                self._until = started + seconds
            return found

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
