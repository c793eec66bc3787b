"""``python -m tests.bench.web CORPUS``: the web application under load, beside Datasette on FTS5.

CORPUS is a JSON lines file of papers (.gz too); papers without an abstract are left out. Both serve
the same papers with as many processes. This process asks them the same texts, in turns of a few
seconds: over several connections at once, each of which asks again as soon as it is answered, and
over one, as a single reader does. Some texts are asked again and again, as several readers ask them
and as one does who goes back; others are never asked twice. Needs the extras ``bench`` and ``web``.
Exits 1 if an answer is an error, or a goal is missed.
"""

import argparse
import asyncio
import datetime
import gc
import http.client
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import psutil

import searcher
from tests.bench.corpus import read_papers, write_papers
from tests.bench.engines import Fts5
from tests.bench.load import HOST, Asked
from tests.bench.measure import cut_phrases, cut_queries
from tests.bench.report import number, table
from tests.bench.work import SEED

USUAL_PAPERS = 23_258
START_SECONDS = 60.0
END_SECONDS = 20.0
TYPED_QUERIES = 20
TEXTS_OF_A_KIND = 100
FEWEST_LETTERS = 2
PAGE_ROUNDS = 5
WARM_ROUNDS, WARM_CONNECTIONS = 8, 16
STARTS = 5
# Whoever has asked as many texts, none of them twice, asks no more.
MOST_NEW = 50_000

# Datasette's own search of a table, without what else its pages show.
_TABLE = "/papers/papers.json?_shape=objects&_nocount=1&_nofacet=1&_size=10&"
# The same by relevance, with what this project shows of a hit, as its handbook says to do it.
_RANKED = "/papers/ranked.json?_shape=objects&"
_RANKED_SQL = """
    SELECT id, papers.title, papers.authors, year, category,
        snippet(words, 2, '<mark>', '</mark>', '…', 30)
    FROM words JOIN papers ON number = words.rowid
    WHERE words MATCH escape_fts(:q) ORDER BY words.rank LIMIT 10
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: the processes that answer, and the ports they answer at."""

    processes: list[psutil.Process]
    ports: list[int]

    def cpu_seconds(self) -> float:
        """Return the time that its processes have taken of the processors."""
        times = [one.cpu_times() for one in self.processes]
        return float(sum(one.user + one.system for one in times))

    def memory(self) -> list[tuple[float, float]]:
        """Return for each process the MB that are its own alone, and those that are resident."""
        infos = [one.memory_full_info() for one in self.processes]
        return [(one.uss / 1e6, one.rss / 1e6) for one in infos]


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for(port: int, address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
            connection.request("GET", address)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"{process.args!r} does not answer at {address}")
        time.sleep(0.005)


@contextmanager
def running(*commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run programs, and end them."""
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(END_SECONDS)


@contextmanager
def our_server(index: Path, workers: int) -> Iterator[Server]:
    """Serve an index with ``searcher serve``."""
    port = free_port()
    command = [sys.executable, "-m", "searcher", "serve", "--index", str(index)]
    with running([*command, "--port", str(port), "--workers", str(workers)]) as (process,):
        wait_for(port, "/api/v1/openapi.json", process)
        started = psutil.Process(process.pid)
        children = [one for one in started.children() if "spawn_main" in " ".join(one.cmdline())]
        yield Server(children or [started], [port])


@contextmanager
def datasette(database: Path, count: int) -> Iterator[Server]:
    """Serve a database with Datasette: a read-only file, counted before, and no suggested facets.

    It has one process, so some are started, each at a port of its own.
    """
    folder = database.parent
    tables = {"papers": {"fts_table": "words", "fts_pk": "number"}}
    about = {"databases": {"papers": {"tables": tables, "queries": {"ranked": _RANKED_SQL}}}}
    (folder / "metadata.json").write_text(json.dumps(about))
    program = [sys.executable, "-m", "datasette"]
    counts = str(folder / "counts.json")
    inspect = [*program, "inspect", str(database), "--inspect-file", counts]
    subprocess.run(inspect, check=True, stdout=subprocess.DEVNULL)
    ports = [free_port() for _ in range(count)]
    command = [*program, "serve", "--immutable", str(database), "--inspect-file", counts]
    command += ["--metadata", str(folder / "metadata.json"), "--setting", "suggest_facets", "off"]
    # On a busy machine a search may take longer than the second that it has else.
    command += ["--setting", "sql_time_limit_ms", "10000"]
    with running(*[[*command, "--host", HOST, "--port", str(one)] for one in ports]) as processes:
        for port, process in zip(ports, processes, strict=True):
            wait_for(port, f"{_TABLE}_search=a", process)
        yield Server([psutil.Process(one.pid) for one in processes], ports)


def first_page_seconds(index: Path) -> tuple[float, float]:
    """Return after how long a server that is started gives its first page, and what CPU it took."""
    port = free_port()
    started = time.perf_counter()
    command = [sys.executable, "-m", "searcher", "serve", "--index", str(index)]
    with running([*command, "--port", str(port)]) as (process,):
        wait_for(port, "/", process)
        seconds = time.perf_counter() - started
        times = psutil.Process(process.pid).cpu_times()
    return seconds, times.user + times.system


def new_texts(papers: Sequence[dict[str, Any]], asked: Sequence[str]) -> Iterator[str]:
    """Yield texts of titles and abstracts, none of them twice, and none of those ``asked``."""
    seen = set(asked)
    for seed in count(SEED + 1):
        sample = random.Random(seed).sample(papers, min(TEXTS_OF_A_KIND, len(papers)))
        texts = cut_queries([paper["title"] for paper in sample], seed)
        texts += cut_phrases([paper["abstract"] for paper in sample], seed)
        random.Random(seed).shuffle(texts)
        for text in texts:
            if text not in seen:
                seen.add(text)
                yield text


def new_beginnings(texts: Iterator[str]) -> Iterator[str]:
    """Yield what a search box holds while somebody types some texts, nothing twice."""
    seen: set[str] = set()
    for text in texts:
        for typed in beginnings([text]):
            if typed not in seen:
                seen.add(typed)
                yield typed


def beginnings(queries: Sequence[str]) -> list[str]:
    """Return what a search box holds while somebody types some queries."""
    return [
        query[:length]
        for query in queries[:TYPED_QUERIES]
        for length in range(FEWEST_LETTERS, len(query) + 1)
        if not query[:length].endswith(" ")
    ]


# A search on the page, and the same in Python


async def _asked(app: Any, address: str) -> int:
    """Ask an application in this process; return how many bytes it answers."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", HOST.encode())],
        "server": (HOST, 80),
        "client": (HOST, 1),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 200, (address, sent[0])
    return sum(len(message.get("body", b"")) for message in sent)


def page_times(index: Path, queries: Sequence[str], address: str) -> tuple[float, float]:
    """Return what a search costs in Python, and the same at an address of the page: CPU, in ms.

    Both are the median over the queries of the median over rounds, which take turns, after a first
    one. Within a round the same is done again and again, as a server does it. No answer is kept.
    """
    from searcher.web.app import create_app
    from searcher.web.state import FACETS, VALUES, State

    with mock.patch("searcher.web.site.KEPT_BYTES", 0):
        app = create_app([str(index)])
    in_python: list[list[float]] = []
    on_page: list[list[float]] = []

    async def measure() -> None:
        for _ in range(1 + PAGE_ROUNDS):
            in_python.append([])
            on_page.append([])
            for query in queries:
                started = time.process_time()
                papers.answer(State(query).request(facets=FACETS, facet_values=VALUES))
                in_python[-1].append(time.process_time() - started)
            for query in queries:
                started = time.process_time()
                await _asked(app, address + urlencode({"q": query}))
                on_page[-1].append(time.process_time() - started)

    # The papers that the run holds are nothing that a server's garbage collector would look at.
    gc.collect()
    gc.freeze()
    with searcher.open(index) as papers:
        asyncio.run(measure())

    def typical(rounds: list[list[float]]) -> float:
        medians = [statistics.median(times) for times in zip(*rounds[1:], strict=True)]
        return float(1000 * statistics.median(medians))

    return typical(in_python), typical(on_page)


# The run


def main() -> None:
    """Measure, print the report, and record it if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--papers", type=int, default=USUAL_PAPERS)
    parser.add_argument("--seconds", type=float, default=300.0, help="of load on each server")
    parser.add_argument("--turn", type=float, default=10.0, help="seconds before the other's turn")
    parser.add_argument("--workers", type=int, default=2, help="processes of each server")
    parser.add_argument("--connections", type=int, default=8, help="that ask at once")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        text, is_met = measured(options, Path(name), load_before)
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    sys.exit(0 if is_met else 1)


def measured(options: argparse.Namespace, folder: Path, load_before: float) -> tuple[str, bool]:
    """Return the report of a run, and whether it met its goals."""
    papers = read_papers(options.corpus)[: options.papers]
    write_papers(papers, folder / "papers.jsonl")
    searcher.build(folder / "index", [folder / "papers.jsonl"])
    Fts5().build(folder / "fts5", folder / "papers.jsonl")
    sample = random.Random(SEED).sample(papers, min(2_000, len(papers)))
    queries = cut_queries([paper["title"] for paper in sample], SEED)[:TEXTS_OF_A_KIND]
    phrases = cut_phrases([paper["abstract"] for paper in sample], SEED)[:TEXTS_OF_A_KIND]
    texts = [*queries, *phrases]
    random.Random(SEED).shuffle(texts)
    typed = beginnings(queries)

    def rows(name: str, server: Server, start: str, key: str, of: list[str], at_once: int) -> Asked:
        addresses = [start + urlencode({key: text}) for text in of]
        passes = cycle(addresses[at_once:] + addresses[:at_once])
        Asked(name, server, islice(passes, WARM_ROUNDS * len(addresses)), WARM_CONNECTIONS).turn(
            START_SECONDS
        )
        return Asked(name, server, passes, at_once)

    # To cut them while they are asked would be measured, too.
    unasked = list(islice(new_texts(papers, texts), MOST_NEW))
    untyped = list(islice(new_beginnings(new_texts(papers, texts)), MOST_NEW))

    def new(name: str, server: Server, start: str, key: str, of: list[str], at_once: int) -> Asked:
        return Asked(name, server, (start + urlencode({key: one}) for one in of), at_once)

    with (
        our_server(folder / "index", options.workers) as ours,
        datasette(folder / "fts5" / "papers.db", options.workers) as theirs,
    ):
        many = options.connections
        api, page, suggest = "/api/v1/search?", "/results?typing=1&", "/api/v1/suggest?"
        loads = [
            rows("search", ours, api, "query", texts, many),
            new("search, texts new", ours, api, "query", unasked, many),
            rows("Datasette, its search", theirs, _TABLE, "_search", texts, many),
            new("Datasette, its search, texts new", theirs, _TABLE, "_search", unasked, many),
            rows("Datasette, ranked", theirs, _RANKED, "q", texts, many),
        ]
        single = [
            rows("search, one reader", ours, api, "query", texts, 1),
            rows("page while typing, one reader", ours, page, "q", typed, 1),
            new("page while typing, one reader, texts new", ours, page, "q", untyped, 1),
            rows("suggestions, one reader", ours, suggest, "prefix", typed, 1),
            rows("Datasette, its search, one reader", theirs, _TABLE, "_search", texts, 1),
        ]
        everything = loads + single
        turns = max(1, round(options.seconds / options.turn))
        memory = [ours.memory()]
        for turn in range(turns):
            for one in loads:
                one.turn(options.turn)
            if turn % 5 == 0:
                for one in single:
                    one.turn(options.turn / 2)
            if turn + 1 in (turns // 2, turns):
                memory.append(ours.memory())
    starts = sorted(first_page_seconds(folder / "index") for _ in range(STARTS))
    first_page, first_page_cpu = starts[STARTS // 2]
    in_python, on_page = page_times(folder / "index", queries, "/results?")
    typing, typing_new, datasette_alone = single[1], single[2], single[4]
    goals = [
        *_load_goals("", loads[0], loads[2]),
        *_load_goals(", texts new", loads[1], loads[3]),
        _typing_goal("", typing, datasette_alone),
        _typing_goal(", texts new", typing_new, datasette_alone),
        ("search on the page / in Python", 1.5, on_page / in_python),
        ("first page after the start, s", 0.6, first_page),
    ]
    lines = [
        f"# The web application, {len(papers):,} papers, {datetime.date.today()}",
        "",
        f"Each server has {options.workers} processes and was asked for {loads[0].seconds:,.0f} s"
        f" over {many} connections at once, in turns of {options.turn:g} s: {len(texts)} texts,"
        f" {len(queries)} of them words of titles, the others phrases of abstracts, each asked"
        " before, or else, as texts new, such texts of which none was asked before. One reader has"
        " one connection; what it types is every beginning of some queries.",
        f"Machine: {os.cpu_count()} cores, which this load shares, load {load_before:.1f} at the"
        f" start; Python {platform.python_version()}; uvicorn {version('uvicorn')}, Starlette"
        f" {version('starlette')}, Datasette {version('datasette')}.",
        "Datasette's search gives whole rows in no order; ranked, it is SQL of its user, and gives"
        " hits by relevance with a snippet, as ours always are.",
        "",
        *table(
            [
                [
                    *("", "answers/s", "CPU, ms", "CPU of the client, ms"),
                    *("p50, ms", "p95, ms", "p99, ms", "answers", "errors"),
                ]
            ]
            + [
                [
                    one.name,
                    number(one.throughput),
                    number(one.cpu_milliseconds),
                    number(one.own_cpu_milliseconds),
                    *map(number, one.milliseconds),
                    f"{len(one.times):,}",
                    f"{len(one.errors):,}",
                ]
                for one in everything
            ]
        ),
        "",
        f"What the page asks, facets too, costs {number(in_python)} ms of a processor in Python,"
        f" and as a part of the page {number(on_page)} ms, if no answer is kept.",
        f"The first page of a server comes {number(first_page)} s after its start, of which"
        f" {number(first_page_cpu)} s are its own work (the median of {STARTS}).",
        "Memory of our processes, MB of their own / resident, before, in the middle and after: "
        + "; ".join(
            ", ".join(f"{own:,.0f} / {resident:,.0f}" for own, resident in process)
            for process in zip(*memory, strict=True)
        )
        + ".",
        *dict.fromkeys(error for one in everything for error in one.errors[:5]),
        "",
        *table(
            [["goal", "at most", "measured", "met"]]
            + [
                [name, number(limit), number(value), "yes" if value <= limit else "NO"]
                for name, limit, value in goals
            ]
        ),
    ]
    is_met = all(value <= limit for _, limit, value in goals)
    return "\n".join(lines) + "\n", is_met and not any(one.errors for one in everything)


Measured = tuple[str, float, float]
"""A goal, the most that is wanted, and what was measured."""


def _load_goals(which: str, ours: Asked, theirs: Asked) -> list[Measured]:
    return [
        (f"Datasette's answers/s / ours{which}", 0.2, theirs.throughput / ours.throughput),
        (f"p99 / Datasette's{which}", 1.0, ours.milliseconds[2] / theirs.milliseconds[2]),
    ]


def _typing_goal(which: str, typing: Asked, theirs: Asked) -> Measured:
    """Return the slowest 20th of what is asked while typing, as a share of Datasette's median."""
    share = typing.milliseconds[1] / theirs.milliseconds[0]
    return f"typing, p95 / Datasette's p50, of one reader{which}", 0.5, share


if __name__ == "__main__":
    main()
