"""Requests to a cluster and their answers as plain values, every failure as an error of ours.

It is the only module that uses opensearch-py, whose own representation shows the password.
"""

import gzip
import json
import logging
import os
import random
import ssl
import time
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from index.errors import (
    BadRequestError,
    ClusterError,
    IndexStorageError,
    MissingExtraError,
    NotAnIndexError,
    building,
)
from index.opensearch.address import API_KEY, CA_FILE, PASSWORD, USER, Address, Credentials

TIMEOUT_SECONDS = 30.0
"""How long a request may take in all, unless the caller says otherwise: tries and pauses too."""

LEAST_VERSION = (3, 0)
"""The oldest version of OpenSearch that answers every request made here."""

# A node that does not answer within this is left for another one.
_TRY_SECONDS = 10.0
# What is sent in bulk takes a busy node longer, and sending it again makes it no less busy.
_LONG_TRY_SECONDS = 60.0
# Shorter requests are sent as they are. The fastest level saves nearly as much as the best.
_LEAST_PACKED_BYTES = 1 << 12
_PACKING_LEVEL = 1
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
# Too busy, or not there for a moment.
_PASSING = frozenset({429, 502, 503, 504})
# A full disk is told with the status of a busy server. It does not pass.
_FULL = "flood-stage"
BLOCKED = "cluster_block_exception"
"""The server's word for an index that takes nothing."""
_PIECE_BYTES = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
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
            try_seconds=_LONG_TRY_SECONDS,
        )

    def check_server(self) -> None:
        """Raise ClusterError unless an OpenSearch answers that is new enough."""
        answer = self.ask("GET", "/")
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
        headers = {"content-type": kind} if data is not None else {}
        if data is not None and len(data) > _LEAST_PACKED_BYTES:
            data = gzip.compress(data, _PACKING_LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
        pause = _FIRST_PAUSE
        while True:
            left = max(ends - time.monotonic(), 0.001)
            try:
                return transport.perform_request(
                    method,
                    path,
                    params={name: _parameter(value) for name, value in params.items()},
                    body=data,
                    timeout=min(left, try_seconds) if len(self.address.nodes) > 1 else left,
                    headers=headers,
                )
            except TransportError as error:
                failure = error
            except (ValueError, TypeError, SerializationError) as error:
                # What a proxy answers may be no JSON.
                raise ClusterError(
                    f"{self.address}: the answer to {method} {path} cannot be read; does OpenSearch"
                    " answer there?"
                ) from _bare(error)
            refusal = _refusal(failure)
            if refusal and refusal.status in allowed:
                raise refusal from None
            left = ends - time.monotonic() - pause
            if left <= 0 or not _may_pass(failure, refusal):
                self._fail(failure, refusal, seconds)
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _connected(self) -> Any:
        """Return the transport; a process that was forked makes one of its own."""
        if self._transport is None or self._process != os.getpid():
            self._transport, self._process = self._connect(), os.getpid()
        return self._transport

    def _connect(self) -> Any:
        # It logs each failed try, with what was sent.
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        try:
            return _transport(self.address)
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
        elif status == 404 and refusal.kind == "index_not_found_exception":
            raise NotAnIndexError(f"{where}: no index of this name; {building(where)}") from None
        elif refusal.kind == BLOCKED:
            raise blocked(self.address, reason) from None
        elif status == 429:
            said = f"the server was too busy for {seconds:g} s (429); try again later: {reason}"
        elif status in _PASSING:
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


def encoded(value: Mapping[str, Any]) -> bytes:
    """Return a value as JSON in UTF-8, in which a lone surrogate is a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _transport(address: Address) -> Any:
    """Return the transport of opensearch-py for the nodes of an address."""
    import opensearchpy

    class Connection(opensearchpy.Urllib3HttpConnection):
        """A connection whose answers are read in time."""

        def _create_urllib3_pool(self) -> None:
            super()._create_urllib3_pool()
            self.pool: Any = _TimedPool(self.pool)

    options: dict[str, Any] = {}
    if address.is_secure:
        trusted = os.environ.get(CA_FILE) or None
        options = {"use_ssl": True, "ssl_context": ssl.create_default_context(cafile=trusted)}
    return opensearchpy.OpenSearch(
        [{"host": host.strip("[]"), "port": port} for host, port in address.nodes],
        connection_class=Connection,
        # What is sent is packed before: the library would take the slowest level.
        headers={"accept-encoding": "gzip", **_authorization(address.credentials)},
        max_retries=len(address.nodes) - 1,
        retry_on_timeout=True,
        retry_on_status=(502, 503, 504),
        **options,
    ).transport


def _authorization(credentials: Credentials) -> dict[str, str]:
    """Return the header that says who asks.

    The server reads names and passwords as UTF-8, which opensearch-py's own header is not.
    """
    if credentials.user:
        login = f"{credentials.user}:{credentials.password}".encode()
        return {"authorization": f"Basic {b64encode(login).decode()}"}
    if credentials.api_key:
        return {"authorization": f"ApiKey {credentials.api_key}"}
    return {}


class _Answer(NamedTuple):
    """What opensearch-py asks of an answer."""

    status: int
    headers: Any
    data: bytes


class _TimedPool:
    """The connections to a node. The timeout of a request holds for the whole of its answer.

    For urllib3 it holds for each piece of it, and an answer that trickles in would never end.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.close = pool.close

    def urlopen(self, *args: Any, timeout: float, **options: Any) -> _Answer:
        """Return the answer to a request. Raises TimeoutError for one that takes too long."""
        ends = time.monotonic() + timeout
        answer = self._pool.urlopen(*args, timeout=timeout, preload_content=False, **options)
        pieces = []
        try:
            # Decoded it would come in larger pieces.
            while piece := answer.read1(_PIECE_BYTES, decode_content=False):
                pieces.append(piece)
                if time.monotonic() > ends:
                    raise TimeoutError
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        data = b"".join(pieces)
        if data and answer.headers.get("content-encoding"):
            data = zlib.decompress(data, wbits=_GZIP_OR_ZLIB)
        return _Answer(answer.status, answer.headers, data)


def _parameter(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(failure: Any) -> Refusal | None:
    """Return what the server answered, None if it did not."""
    if not isinstance(failure.status_code, int):
        return None
    told = failure.info if isinstance(failure.info, dict) else {}
    error = told.get("error")
    if isinstance(error, dict):
        causes = error.get("root_cause") or [error]
        first = causes[0] if isinstance(causes[0], dict) else error
        deepest = error.get("caused_by") or first
        kind = str(error.get("type", ""))
        reason = str(deepest.get("reason") or first.get("reason") or kind)
    else:
        kind, reason = "", str(error or "it gave no reason")
    return Refusal(failure.status_code, kind, " ".join(reason.split())[:300])


def _may_pass(failure: Any, refusal: Refusal | None) -> bool:
    """Tell whether what failed may succeed later."""
    if refusal is None:
        from opensearchpy.exceptions import SSLError

        return not isinstance(failure, SSLError)
    return refusal.status in _PASSING and refusal.kind != BLOCKED


def _bare(error: Exception) -> Exception:
    """Return an error without what it quotes, which may be the request."""
    return type(error)(type(error).__name__)
