"""Send many documents: in requests of some megabytes, of which a few are under way at a time."""

import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple

from index.errors import ClusterError
from index.opensearch.client import BLOCKED, PASSING, Client, blocked, reason_of
from index.opensearch.encoding import encoded_action

REQUEST_BYTES = 4 << 20
"""How large a request grows before it is sent."""

MOST_SECONDS = 600.0
"""How long the server may be too busy for a document before that is an error."""

# One is on its way while the server works on another.
_MOST_UNDER_WAY = 2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_ANSWERED = "errors,items.*.status,items.*.error"


class Item(NamedTuple):
    """A document that is sent, or one to delete: its lines, and what it is of to its sender."""

    lines: tuple[bytes, ...]
    place: Any


class BulkSender:
    """Sends documents to an index; at the end of its block all are there, or an error is raised.

    Whatever is sent twice, as after a time-out, is there once: each document has a name. What the
    server is too busy for is sent again, after pauses that grow. ``on_refused`` is called with
    what the server refuses for good, and its reason.
    """

    def __init__(
        self, client: Client, index: str, on_refused: Callable[["Item", str], None]
    ) -> None:
        self._client = client
        self._index = index
        self._on_refused = on_refused
        self._items: list[Item] = []
        self._bytes = 0
        self._under_way: deque[Future[list[tuple[Item, str]]]] = deque()
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> "BulkSender":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self.close()

    def index(self, name: str, body: bytes, place: Any = None) -> None:
        """Send a document, in place of the one that has its name."""
        self._add(Item((encoded_action("index", name), body), place))

    def delete(self, name: str) -> None:
        """Delete a document, if it is there."""
        self._add(Item((encoded_action("delete", name),), None))

    def flush(self) -> None:
        """Wait until everything is there. Raises ClusterError and IndexStorageError."""
        self._send()
        while self._under_way:
            self._receive()

    def close(self) -> None:
        """Give up what is not sent, and wait for what is under way."""
        self._items = []
        self._under_way.clear()
        if self._threads:
            self._threads.shutdown(wait=True, cancel_futures=True)
            self._threads = None

    def _add(self, item: Item) -> None:
        self._items.append(item)
        self._bytes += sum(map(len, item.lines))
        if self._bytes >= REQUEST_BYTES:
            self._send()

    def _send(self) -> None:
        if not self._items:
            return
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_MOST_UNDER_WAY)
        while len(self._under_way) >= _MOST_UNDER_WAY:
            self._receive()
        items, self._items, self._bytes = self._items, [], 0
        self._under_way.append(self._threads.submit(self._sent, items))

    def _receive(self) -> None:
        for item, reason in self._under_way.popleft().result():
            self._on_refused(item, reason)

    def _sent(self, items: list[Item]) -> list[tuple[Item, str]]:
        """Send items until each is there or refused, and return those refused."""
        refused: list[tuple[Item, str]] = []
        ends = time.monotonic() + MOST_SECONDS
        pause = _FIRST_PAUSE
        while True:
            lines = [line for item in items for line in item.lines]
            answer = self._client.send_lines(
                f"/{self._index}/_bulk",
                lines,
                timeout=max(ends - time.monotonic(), 1.0),
                filter_path=_ANSWERED,
            )
            if not answer["errors"]:
                return refused
            again = []
            reason = ""
            for item, answered in zip(items, answer["items"], strict=True):
                ((action, told),) = answered.items()
                status, error = told["status"], told.get("error")
                if status < 300 or (action == "delete" and status == 404 and not error):
                    continue
                kind, reason = error.get("type", ""), reason_of(error)
                if kind == BLOCKED:
                    raise blocked(self._client.address, reason)
                if status in PASSING:
                    again.append(item)
                elif status == 400:
                    refused.append((item, reason))
                else:
                    where = self._client.address
                    raise ClusterError(f"{where}: the server refused a paper ({status}): {reason}")
            if not again:
                return refused
            items = again
            if time.monotonic() + pause > ends:
                raise ClusterError(
                    f"{self._client.address}: the server was too busy for {MOST_SECONDS:g} s; run"
                    f" the same again later, it goes on from there: {reason}"
                )
            time.sleep(random.uniform(0, pause))
            pause = min(2 * pause, _LONGEST_PAUSE)
