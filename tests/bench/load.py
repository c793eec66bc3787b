"""Load on a web server from one thread: closed loops over some connections, cheap beside it."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from tests.bench.measure import percentiles

HOST = "127.0.0.1"
TIMEOUT = 30.0

_END_OF_HEAD = b"\r\n\r\n"
_END_OF_CHUNKS = b"0\r\n\r\n"


class Loaded(Protocol):
    """A server as load is put on it."""

    @property
    def ports(self) -> list[int]:
        """The ports that it answers at."""

    def cpu_seconds(self) -> float:
        """Return the time that its processes have taken of the processors."""


@dataclass
class Asked:
    """What was asked at some addresses: the seconds of each answer, and what went wrong."""

    name: str
    server: Loaded
    addresses: Iterator[str]
    connections: int
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    own_cpu_seconds: float = 0.0

    def turn(self, seconds: float) -> None:
        """Ask for some seconds more, over connections of its own; each asks when it is answered."""
        started, used, own = time.perf_counter(), self.server.cpu_seconds(), time.process_time()
        ports = self.server.ports
        with selectors.DefaultSelector() as selector:
            for number, address in enumerate(islice(self.addresses, self.connections)):
                connection = _Connection(ports[number % len(ports)], address)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while selector.get_map():
                ready = selector.select(TIMEOUT)
                if not ready:
                    self.errors.append(f"no answer for {TIMEOUT:g} s")
                for key, _ in ready or [(key, 0) for key in list(selector.get_map().values())]:
                    if not ready or self._is_done(key.data, started + seconds):
                        selector.unregister(key.fileobj)
                        key.data.socket.close()
        self.seconds += time.perf_counter() - started
        self.cpu_seconds += self.server.cpu_seconds() - used
        self.own_cpu_seconds += time.process_time() - own

    def _is_done(self, connection: "_Connection", end: float) -> bool:
        """Read what came over a connection; ask again if it was all; tell whether it is done."""
        status = connection.read()
        if status is None:
            return False
        now = time.perf_counter()
        self.times.append(now - connection.started)
        if status != 200:
            self.errors.append(f"{connection.address}: {status or 'cut off'}")
        address = next(self.addresses, None) if status and now < end else None
        if address is not None:
            connection.ask(address)
        return address is None

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    @property
    def cpu_milliseconds(self) -> float:
        """What an answer costs the server."""
        return 1000 * self.cpu_seconds / len(self.times)

    @property
    def own_cpu_milliseconds(self) -> float:
        """What an answer costs whoever asks."""
        return 1000 * self.own_cpu_seconds / len(self.times)

    @property
    def milliseconds(self) -> tuple[float, ...]:
        """The time of an answer: p50, p95 and p99."""
        return tuple(1000 * one for one in percentiles(self.times, (0.5, 0.95, 0.99)))


class _Connection:
    """A connection that stays open, and the answer that is read from it."""

    def __init__(self, port: int, address: str) -> None:
        self.socket: Any = socket.create_connection((HOST, port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask(address)

    def ask(self, address: str) -> None:
        """Send a request."""
        self.address = address
        self._read = b""
        self._length: int | None = None
        self.started = time.perf_counter()
        self.socket.sendall(f"GET {address} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def read(self) -> int | None:
        """Read what is there; return the status of a whole answer, 0 of one cut off, else None."""
        came = self.socket.recv(1 << 18)
        if not came:
            return 0
        self._read += came
        if self._length is None:
            head, found, _ = self._read.partition(_END_OF_HEAD)
            if not found:
                return None
            _, length, rest = head.lower().partition(b"content-length: ")
            self._length = (
                len(head) + len(_END_OF_HEAD) + int(rest.split(b"\r\n", 1)[0]) if length else -1
            )
        is_whole = (
            len(self._read) >= self._length
            if self._length >= 0
            else self._read.endswith(_END_OF_CHUNKS)
        )
        return int(self._read[9:12]) if is_whole else None
