"""The load of the web bench: each answer is waited for and counted; what goes wrong is told."""

import http.server
import threading
from collections.abc import Iterator
from itertools import cycle

import pytest

from tests.bench.load import Asked


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers whole, in chunks, with an error or not at all, by the first letter of the path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        kind = self.path[1]
        if kind == "x":
            self.close_connection = True
            return
        self.send_response(404 if kind == "e" else 200)
        if kind == "c":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n")
            self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", "200000")
            self.end_headers()
            self.wfile.write(b"a" * 200_000)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Served:
    """A server of this process."""

    def __init__(self, port: int) -> None:
        self.ports = [port]

    def cpu_seconds(self) -> float:
        return 0.0


@pytest.fixture
def server() -> Iterator[Served]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Served(server.server_address[1])
        server.shutdown()
        thread.join()


def test_all_addresses_are_asked_once(server: Served) -> None:
    asked = Asked("", server, iter([f"/{kind}{at}" for at in range(20) for kind in "wc"]), 3)
    asked.turn(60.0)
    assert (len(asked.times), asked.errors) == (40, [])


def test_a_turn_ends_and_the_next_goes_on(server: Served) -> None:
    asked = Asked("", server, cycle(["/w"]), 2)
    asked.turn(0.0)
    asked.turn(0.0)
    assert len(asked.times) == 4
    assert asked.throughput > 0
    assert len(asked.milliseconds) == 3


def test_what_goes_wrong_is_told(server: Served) -> None:
    asked = Asked("", server, iter(["/w", "/e", "/x", "/w"]), 1)
    asked.turn(60.0)
    assert asked.errors == ["/e: 404", "/x: cut off"]
    assert len(asked.times) == 3
