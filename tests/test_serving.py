"""``searcher serve``: a real process that answers, sees a new commit, and ends when told to."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import searcher
from searcher.web.server import listen
from tests.conftest import ROOT, write_jsonl

BOUND = 30.0
"""So many seconds are waited for what takes a part of one."""


@contextmanager
def serving(index: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a server on a free port; what is still running at the end is killed."""
    command = [sys.executable, "-m", "searcher", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        try:
            assert server.stderr
            line = server.stderr.readline()
            told = re.fullmatch(r"serving (.+) at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C .*\)\n", line)
            assert told, line + server.stderr.read()
            assert told[1] == str(index)
            yield server, int(told[2])
        finally:
            server.kill()


def get(port: int, path: str, host: str = "localhost") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_from_its_start_to_its_end(tmp_path: Path, workers: str) -> None:
    index = tmp_path / "papers.index"
    searcher.build(index, [write_jsonl(tmp_path / "oaks.jsonl", {"title": "Slow Oaks"})])
    with serving(index, "--workers", workers) as (server, port):
        status, page = get(port, "/?q=oaks")
        assert (status, "Oaks</mark>" in page) == (200, True)
        assert get(port, "/", "evil.example")[0] == 421
        assert json.loads(get(port, "/api/v1/search?query=oaks")[1])["total"] == 1

        searcher.build(index, [write_jsonl(tmp_path / "elms.jsonl", {"title": "Quick Elms"})])
        committed = time.monotonic()
        while "of 2 papers" not in get(port, "/?q=oaks")[1]:
            assert time.monotonic() < committed + BOUND

        server.send_signal(signal.SIGTERM)
        out, told = server.communicate(timeout=BOUND)
        assert (server.returncode, out, told) == (0, "", "ended\n")


@pytest.mark.parametrize("library", ["starlette", "uvicorn", "jinja2"])
def test_a_missing_library_names_its_extra(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(searcher.MissingExtraError, match=rf"{library}.*pip install '\.\[web\]'"):
        listen("127.0.0.1", 0)


def test_an_address_that_is_not_here_is_told() -> None:
    with pytest.raises(searcher.BadRequestError, match=r"192\.0\.2\.1, port 0: cannot listen"):
        listen("192.0.2.1", 0)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "searcher", "serve", "--index", str(tmp_path), "--port", port],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    reason = "cannot listen there (Address already in use); choose another with --port"
    assert f"127.0.0.1, port {port}: {reason}" in ended.stderr
    assert "--port 0" in ended.stderr
