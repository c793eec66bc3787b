"""A proxy before a node: it speaks TLS, asks who is there, and can fail in every way that one sees.

Between the client and a real cluster there usually is something: TLS, a name and password, a load
balancer. It forwards requests and answers as they are, or does what a ``Fault`` says instead.
"""

import json
import socket
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import trustme

HOST = "localhost"
_JSON = "application/json; charset=UTF-8"
_MAX_NODE_S = 60.0


@dataclass(frozen=True)
class Answer:
    """What is sent back: a status, what kind of text it is, and the text."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What is done to a request instead of forwarding it.

    ``refuse`` answers with ``answer``. ``delay`` forwards it ``seconds`` later. ``trickle`` sends
    the node's answer a byte each ``seconds``. ``cut request`` resets the connection when half of
    the request is read, ``cut answer`` when half of the node's answer is sent. ``hang`` never
    answers, and holds the connection open.
    """

    kind: Literal["refuse", "delay", "trickle", "cut request", "cut answer", "hang"]
    answer: Answer | None = None
    seconds: float = 0
    times: int | None = None
    """How many requests it is done to; to all of them if it is None."""
    path: str = ""
    """It is done only to requests whose path has this in it."""


def json_answer(status: int, body: Any, **headers: str) -> Answer:
    """Return an answer as OpenSearch gives it."""
    return Answer(status, _JSON, json.dumps(body).encode(), headers)


def error_answer(status: int, kind: str, reason: str) -> Answer:
    """Return a refusal as OpenSearch says it."""
    cause = {"type": kind, "reason": reason}
    return json_answer(status, {"error": {"root_cause": [cause], **cause}, "status": status})


UNAUTHORISED = Answer(
    401, "text/plain", b"Unauthorized", {"WWW-Authenticate": 'Basic realm="OpenSearch Security"'}
)
FORBIDDEN = error_answer(
    403,
    "security_exception",
    "no permissions for [indices:data/read/search] and User [name=reader, backend_roles=[]]",
)
TOO_BUSY = error_answer(
    429,
    "rejected_execution_exception",
    "rejected execution of coordinating operation [coordinating_and_primary_bytes=53687091]",
)
NOT_READY = Answer(503, "text/html", b"<html><body><h1>503 Service Unavailable</h1></body></html>")

# https://www.elastic.co/guide/en/elasticsearch/reference/8.19/rest-api-root.html
ELASTICSEARCH = json_answer(
    200,
    {
        "name": "instance-0000000000",
        "cluster_name": "my_test_cluster",
        "cluster_uuid": "5QaxoN0pRZuOmWSxstBBwQ",
        "version": {
            "build_date": "2024-02-01T13:07:13.727175297Z",
            "minimum_wire_compatibility_version": "7.17.0",
            "build_hash": "6185ba65d27469afabc9bc951cded6c17c21e3f3",
            "number": "8.12.1",
            "lucene_version": "9.9.2",
            "minimum_index_compatibility_version": "7.0.0",
            "build_flavor": "default",
            "build_snapshot": False,
            "build_type": "docker",
        },
        "tagline": "You Know, for Search",
    },
    **{"X-Elastic-Product": "Elasticsearch"},
)
OLD_OPENSEARCH = json_answer(
    200,
    {
        "name": "n1",
        "cluster_name": "papers",
        "cluster_uuid": "yVVZYbZbQ2-Q2kJ1n9gJtQ",
        "version": {
            "distribution": "opensearch",
            "number": "2.19.3",
            "build_type": "tar",
            "build_hash": "a90f864b8524bc75570a8461ccb569d2a4bfed42",
            "build_date": "2025-07-21T22:34:54.259476497Z",
            "build_snapshot": False,
            "lucene_version": "9.12.2",
            "minimum_wire_compatibility_version": "7.10.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "The OpenSearch Project: https://opensearch.org/",
    },
)


class Certificates:
    """An authority, and the certificates that servers show: good ones and bad ones."""

    def __init__(self, folder: Path) -> None:
        self._authority, self._unknown = trustme.CA(), trustme.CA()
        self.trusted = folder / "trusted.pem"
        self._authority.cert_pem.write_to_path(self.trusted)

    def server(
        self, kind: Literal["good", "expired", "wrong host", "unknown authority"]
    ) -> ssl.SSLContext:
        """Return how a server speaks TLS that shows a certificate of a kind."""
        authority = self._unknown if kind == "unknown authority" else self._authority
        host = "search.example.org" if kind == "wrong host" else HOST
        now = datetime.now(UTC)
        ends = now - timedelta(days=1) if kind == "expired" else now + timedelta(days=365)
        made = authority.issue_cert(host, not_before=now - timedelta(days=30), not_after=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.configure_cert(context)
        return context


class Proxy:
    """A server on a port of its own, before a node or in its place; use it in a ``with``.

    ``node`` is the port of a node on this machine, or the one answer that all requests get. The
    faults are tried in their order, and may be changed at any time.
    """

    def __init__(
        self,
        node: int | Answer,
        *,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        api_key: str = "",
    ) -> None:
        self.node, self.tls = node, tls
        self.allowed = set()
        if login:
            self.allowed.add("Basic " + b64encode(":".join(login).encode()).decode())
        if api_key:
            self.allowed.add(f"ApiKey {api_key}")
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.on_request: Callable[[str], object] = str
        """Called with the path of each request, before anything is done to it."""
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that it listens at."""
        return int(self._server.server_address[1])

    def url(self, index: str, *, login: str = "", host: str = HOST) -> str:
        """Return what a user writes to name an index behind this proxy."""
        scheme = "opensearchs" if self.tls else "opensearch"
        return f"{scheme}://{login and login + '@'}{host}:{self.port}/{index}"

    def fault_for(self, path: str) -> Fault | None:
        """Return what is to be done to a request, which is one less that it will be done to."""
        with self._lock:
            for number, fault in enumerate(self.faults):
                if fault.path in path:
                    if fault.times is not None:
                        left = replace(fault, times=fault.times - 1)
                        self.faults[number : number + 1] = [left] if left.times else []
                    return fault
        return None

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that waits for an answer that never comes is not waited for.
    block_on_close = False
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that breaks off: it was made to."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        # Here and not where connections are accepted, so that one who does not speak TLS, or does
        # not trust the certificate, holds up nobody else.
        if tls := self.server.proxy.tls:
            self.request = tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def forward(self) -> None:
        """Do to a request what the proxy was told to."""
        proxy = self.server.proxy
        proxy.requests.append(f"{self.command} {self.path}")
        proxy.on_request(self.path)
        fault = proxy.fault_for(self.path)
        length = int(self.headers.get("Content-Length", 0))
        if fault and fault.kind == "cut request":
            self.rfile.read(length // 2)
            self._reset()
            return
        body = self.rfile.read(length)
        if fault and fault.kind == "hang":
            proxy.ending.wait()
            self.close_connection = True
            return
        if fault and fault.kind == "delay":
            proxy.ending.wait(fault.seconds)
        if proxy.allowed and self.headers.get("Authorization") not in proxy.allowed:
            self._answer(UNAUTHORISED)
        elif fault and fault.answer:
            self._answer(fault.answer)
        else:
            answer = proxy.node if isinstance(proxy.node, Answer) else self._ask(proxy.node, body)
            self._answer(answer, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward

    def _ask(self, port: int, body: bytes) -> Answer:
        """Return what the node answers, compressed if the client asks for that."""
        names = ("Content-Type", "Content-Encoding", "Accept-Encoding")
        sent = {name: self.headers[name] for name in names if name in self.headers}
        with closing(HTTPConnection("127.0.0.1", port, timeout=_MAX_NODE_S)) as node:
            node.request(self.command, self.path, body, sent)
            answer = node.getresponse()
            kind = answer.headers.get("Content-Type", "")
            encoding = answer.headers.get("Content-Encoding")
            headers = {"Content-Encoding": encoding} if encoding else {}
            return Answer(answer.status, kind, answer.read(), headers)

    def _answer(self, answer: Answer, fault: Fault | None = None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if fault and fault.kind == "cut answer":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self._reset()
        elif fault and fault.kind == "trickle":
            for byte in answer.body:
                self.wfile.write(bytes([byte]))
                if self.server.proxy.ending.wait(fault.seconds):
                    break
        elif self.command != "HEAD":
            self.wfile.write(answer.body)

    def _reset(self) -> None:
        """End the connection as one breaks, without a word of goodbye."""
        self.close_connection = True
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def finish(self) -> None:
        super().finish()
        self.request.close()
