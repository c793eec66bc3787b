"""Requests to a cluster and their answers as plain values, every failure as an error of ours.

No error of opensearch-py gets out, nor anything of it, whose representation shows the password.
"""

import gzip
import json
import logging
import os
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from index.errors import (
    BadRequestError,
    ClusterError,
    IndexStorageError,
    MissingExtraError,
    NotAnIndexError,
    building,
)
from index.opensearch.address import API_KEY, CA_FILE, PASSWORD, USER, Address
from index.opensearch.encoding import encoded
from index.opensearch.transport import make_transport

TIMEOUT_SECONDS = 30.0
"""How long a request may take in all, unless the caller says otherwise: tries and pauses too."""

LEAST_VERSION = (3, 0)
"""The oldest version of OpenSearch that answers every request made here."""

# Nobody waits longer to be told that the server is not there.
_OPENING_SECONDS = 10.0
# What is not answered within this is asked again, at another node where there is one, and gets
# twice the time.
_TRY_SECONDS = 5.0
# What is sent in bulk takes a busy node longer, and sending it again makes it no less busy.
_LONG_TRY_SECONDS = 60.0
# Shorter requests are sent as they are. The fastest level saves nearly as much as the best.
_LEAST_PACKED_BYTES = 1 << 12
_PACKING_LEVEL = 1
# Which nodes answer is asked when one does not, and believed for a while.
_LOOK_SECONDS, _PREFERRED_SECONDS = 1.0, 60.0
_READS = frozenset({"_search", "_msearch", "_count", "_mget", "point_in_time"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
PASSING = frozenset({429, 502, 503, 504})
"""The statuses of a server that is too busy, or not there for a moment."""
# A full disk is told with the status of a busy server. It does not pass.
_FULL = "flood-stage"
BLOCKED = "cluster_block_exception"
"""The server's word for an index that takes nothing."""
_NO_INDEX = "index_not_found_exception"
# What is said where some of the index's shards have no copy that answers.
_NO_SHARD = "no_shard_available_action_exception"
_PARTIAL = frozenset(
    {_NO_SHARD, "search_phase_execution_exception", "unavailable_shards_exception"}
)
_REASON_CHARS = 300
_UNREADABLE = (
    f"the certificates cannot be read; {CA_FILE} must be the path of a file of trusted certificates"
)


@dataclass(eq=False)
class Refusal(Exception):
    """An answer that says no: its HTTP status, the server's word for it, and its reason."""

    status: int
    kind: str
    reason: str


class Client:
    """Asks the cluster of an address. Safe to share by threads, and usable after a fork."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._process = 0
        self._transport: Any = None
        # The nodes that answered when one did not, and the time until which that is believed.
        self._preferred = ""
        self._preferred_until = 0.0

    def __repr__(self) -> str:
        return f"Client({str(self.address)!r})"

    def __reduce__(self) -> str:
        """Refuse to be pickled: connections cannot be passed on, and passwords shall not be."""
        raise BadRequestError(f"{self.address}: an open index cannot be pickled; open it there")

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        allowed: Sequence[int] = (),
        **params: Any,
    ) -> Any:
        """Return the answer to a request, as values of JSON.

        It is tried again, at another node where there is one, while nodes are out of reach or too
        busy and there is time: every request made here may be made twice. An answer of a status in
        ``allowed`` is raised as Refusal. Raises ClusterError, NotAnIndexError where the index is
        not there, and IndexStorageError where it takes no more.
        """
        data = None if body is None else encoded(body)
        return self._ask(method, path, data, params, timeout, allowed)

    def search(self, index: str, body: Mapping[str, Any], *, timeout: float | None = None) -> Any:
        """Return the answer to a search in an index, which is of all its documents.

        Only of a search that says itself how long it may take is the answer of some of them.
        """
        is_partial = "timeout" in body
        return self.ask(
            "POST",
            f"/{index}/_search" if index else "/_search",
            body,
            timeout=timeout,
            allow_partial_search_results=is_partial,
        )

    def send_lines(
        self,
        path: str,
        lines: Iterable[bytes],
        *,
        timeout: float | None = None,
        allowed: Sequence[int] = (),
        **params: Any,
    ) -> Any:
        """Return the answer to a request of several JSON values, each on a line of its own.

        It is made as ``ask`` makes one, but a node may take its time.
        """
        data = b"\n".join([*lines, b""])
        return self._ask(
            *("POST", path, data, params, timeout, allowed),
            kind="application/x-ndjson",
            try_seconds=_LONG_TRY_SECONDS if path.endswith("/_bulk") else _TRY_SECONDS,
        )

    def check_server(self) -> None:
        """Raise ClusterError unless an OpenSearch answers that is new enough."""
        answer = self.ask("GET", "/", timeout=_OPENING_SECONDS)
        try:
            version = answer["version"]
            kind, number = version.get("distribution", ""), str(version["number"])
            numbers = tuple(int(part) for part in number.split(".")[:2])
        except (AttributeError, KeyError, TypeError, ValueError):
            kind, number, numbers = "", "", ()
        if kind != "opensearch":
            what = f"Elasticsearch {number}" if number else "something else"
            raise ClusterError(f"{self.address}: {what} answers there; it must be OpenSearch")
        if numbers < LEAST_VERSION:
            least = ".".join(map(str, LEAST_VERSION))
            raise ClusterError(
                f"{self.address}: OpenSearch {number} answers there; it must be {least} or newer"
            )

    def close(self) -> None:
        """Close the connections."""
        transport, self._transport = self._transport, None
        if transport is not None and self._process == os.getpid():
            transport.close()

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes | None,
        params: Mapping[str, Any],
        timeout: float | None,
        allowed: Sequence[int],
        kind: str = "application/json",
        try_seconds: float = _TRY_SECONDS,
    ) -> Any:
        from opensearchpy.exceptions import SerializationError, TransportError

        transport = self._connected()
        seconds = TIMEOUT_SECONDS if timeout is None else timeout
        ends = time.monotonic() + seconds
        pause = _FIRST_PAUSE
        is_partial = params.get("allow_partial_search_results", False)
        while True:
            body, own_params, headers = self._packed(path, data, params, kind)
            left = max(ends - time.monotonic(), 0.001)
            try:
                answer = transport.perform_request(
                    method,
                    path,
                    params=own_params,
                    body=body,
                    timeout=min(left, try_seconds),
                    headers=headers,
                )
                failure = None
                refusal = None if is_partial else _missing_part(answer)
                if not refusal:
                    return answer
            except TransportError as error:
                failure, refusal = error, _refusal(error)
            except (ValueError, TypeError, SerializationError) as error:
                # What a proxy answers may be no JSON.
                raise ClusterError(
                    f"{self.address}: the answer to {method} {path} cannot be read; does OpenSearch"
                    " answer there?"
                ) from _bare(error)
            if refusal and refusal.status in allowed:
                raise refusal from None
            left = ends - time.monotonic() - pause
            if left <= 0 or not _may_pass(failure, refusal):
                self._fail(failure, refusal, seconds)
            time.sleep(pause * random.uniform(0.5, 1.0))
            try_seconds *= 2
            pause = min(2 * pause, _LONGEST_PAUSE)
            if refusal is None and _may_choose(path):
                self._look_for_nodes(transport)

    def _packed(
        self, path: str, data: bytes | None, params: Mapping[str, Any], kind: str
    ) -> tuple[bytes | None, dict[str, str], dict[str, str]]:
        """Return the body, parameters and headers of a request as they are sent."""
        sent = {name: _parameter(value) for name, value in params.items()}
        headers = {} if data is None else {"content-type": kind}
        if time.monotonic() < self._preferred_until and _may_choose(path):
            if _last_part(path) != "_msearch":
                sent["preference"] = self._preferred
            elif data:
                data = _preferring(data, self._preferred)
        if data is not None and len(data) > _LEAST_PACKED_BYTES:
            data = gzip.compress(data, _PACKING_LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
        return data, sent, headers

    def _look_for_nodes(self, transport: Any) -> None:
        """Prefer for a while the nodes that answer to those that hang.

        The cluster itself goes on asking a node that hangs for a part, and waits for it, until it
        gives it up, which takes half a minute or more.
        """
        from opensearchpy.exceptions import TransportError

        params = {"timeout": f"{_LOOK_SECONDS:g}s", "filter_path": "nodes.*.name"}
        for _ in self.address.nodes:
            try:
                told = transport.perform_request(
                    "GET", "/_nodes/_all/http", params=params, timeout=2 * _LOOK_SECONDS
                )
                self._preferred = f"_prefer_nodes:{','.join(told['nodes'])}"
                self._preferred_until = time.monotonic() + _PREFERRED_SECONDS
                return
            except (TransportError, TypeError, KeyError):
                # Another node may know.
                continue

    def _connected(self) -> Any:
        """Return the transport; a process that was forked makes one of its own."""
        if self._transport is None or self._process != os.getpid():
            self._transport, self._process = self._connect(), os.getpid()
        return self._transport

    def _connect(self) -> Any:
        # It logs each failed try, with what was sent.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        try:
            return make_transport(self.address)
        except ImportError as error:
            raise MissingExtraError.naming(
                f"{self.address}: an index on a cluster", "opensearch-py", "opensearch"
            ) from error
        except OSError as error:
            raise ClusterError(f"{self.address}: {_UNREADABLE}") from _bare(error)

    def _fail(self, failure: Any, refusal: Refusal | None, seconds: float) -> NoReturn:
        """Raise the error that says what happened, and what to do."""
        where = str(self.address)
        if refusal is None:
            raise ClusterError(f"{where}: {self._unreachable(failure, seconds)}") from None
        status, reason = refusal.status, refusal.reason
        if status == 401:
            said = (
                f"the server does not know who asks (401); set {USER} and {PASSWORD}, or {API_KEY}"
            )
        elif status == 403 and refusal.kind != BLOCKED:
            said = f"the server does not allow this (403); ask for the right to it: {reason}"
        elif status == 404 and refusal.kind == _NO_INDEX:
            raise NotAnIndexError(f"{where}: no index of this name; {building(where)}") from None
        elif refusal.kind == BLOCKED:
            raise blocked(self.address, reason) from None
        elif status == 429:
            said = f"the server was too busy for {seconds:g} s (429); try again later: {reason}"
        elif status in (404, 503) and refusal.kind in _PARTIAL:
            said = (
                f"a part of the index did not answer within {seconds:g} s; see that all nodes of"
                f" the cluster run, and that its health is not red: {reason}"
            )
        elif status in PASSING:
            said = (
                f"the server was not ready for {seconds:g} s ({status}); is it starting? {reason}"
            )
        else:
            said = f"the server refused ({status}): {reason}"
        raise ClusterError(f"{where}: {said}") from None

    def _unreachable(self, failure: Any, seconds: float) -> str:
        """Return what to say of a server that did not answer."""
        from opensearchpy.exceptions import ConnectionTimeout, SSLError

        cause = str(failure.error)
        if isinstance(failure, SSLError) or "SSL" in cause or "certificate" in cause:
            if "expired" in cause:
                return "its certificate has expired; have it renewed"
            if "match" in cause or "not valid for" in cause:
                return "its certificate is for another host; use the name that it is for"
            if "self-signed" in cause or "self signed" in cause or "unable to get" in cause:
                return (
                    "nobody trusted signed its certificate; name a file of those trusted in"
                    f" {CA_FILE}"
                )
            return "it does not speak TLS as asked; opensearch:// is without TLS"
        if isinstance(failure, ConnectionTimeout) or isinstance(failure.info, TimeoutError):
            return f"no answer within {seconds:g} s; is the server too slow, or not there?"
        tls = "" if self.address.is_secure else " A server that speaks TLS is opensearchs://"
        return (
            f"no connection within {seconds:g} s; is the server running, and is the address right?"
            + tls
        )


def blocked(address: Address, reason: str) -> IndexStorageError:
    """Return the error of an index that takes nothing, for the reason that the server gives."""
    if _FULL in reason:
        return IndexStorageError(
            f"{address}: a disk of the cluster is full, so the index takes no more; free some space"
            " there and try again"
        )
    return IndexStorageError(
        f"{address}: the index is closed to this; lift the block and try again: {reason}"
    )


def _last_part(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]


def _may_choose(path: str) -> bool:
    """Tell whether a request may say which copies are read: a walk goes on where it began."""
    return _last_part(path) in _READS and path != "/_search"


def _preferring(data: bytes, preference: str) -> bytes:
    """Return several searches, each for the copies that are preferred."""
    lines = data.split(b"\n")
    for at in range(0, len(lines) - 1, 2):
        lines[at] = encoded({**json.loads(lines[at]), "preference": preference})
    return b"\n".join(lines)


def _parameter(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(failure: Any) -> Refusal | None:
    """Return what the server answered, None if it did not."""
    if not isinstance(failure.status_code, int):
        return None
    told = failure.info if isinstance(failure.info, dict) else {}
    error = told.get("error")
    if isinstance(error, dict):
        return Refusal(failure.status_code, str(error.get("type", "")), reason_of(error))
    reason = " ".join(str(error or "it gave no reason").split())[:_REASON_CHARS]
    return Refusal(failure.status_code, "", reason)


def reason_of(error: Mapping[str, Any]) -> str:
    """Return the most telling reason that the server gives for an error."""
    causes = error.get("root_cause") or [error]
    first = causes[0] if isinstance(causes[0], dict) else error
    deepest = error.get("caused_by") or first
    reason = deepest.get("reason") or first.get("reason") or error.get("reason")
    return " ".join(str(reason or error.get("type", "")).split())[:_REASON_CHARS]


def _missing_part(answer: Any) -> Refusal | None:
    """Return what to say of an answer that leaves out a part of the index, None of a whole one.

    The server calls it a success where it has found what the other parts hold. A shard of which no
    copy is there is not even counted among those that failed.
    """
    for one in answer.get("responses", (answer,)) if isinstance(answer, dict) else ():
        shards = one.get("_shards")
        if shards and not one.keys().isdisjoint(("hits", "count", "pit_id")):
            missing = shards["total"] - shards["successful"]
            if missing:
                said = f"{missing} of {shards['total']} shards missing"
                for failed in shards.get("failures", ())[:1]:
                    said += f", {reason_of(failed.get('reason') or {})}"
                # What was kept of a part for a walk does not come back.
                is_walk = "pit_id" in one and "hits" in one
                return Refusal(404 if is_walk else 503, _NO_SHARD, said)
        for document in one.get("docs", ()):
            if error := document.get("error"):
                kind = str(error.get("type", ""))
                return Refusal(404 if kind == _NO_INDEX else 503, kind, reason_of(error))
    return None


def _may_pass(failure: Any, refusal: Refusal | None) -> bool:
    """Tell whether what failed may succeed later."""
    if refusal is None:
        from opensearchpy.exceptions import SSLError

        return not isinstance(failure, SSLError)
    return refusal.status in PASSING and refusal.kind != BLOCKED


def _bare(error: Exception) -> Exception:
    """Return an error without what it quotes, which may be the request."""
    return type(error)(type(error).__name__)
