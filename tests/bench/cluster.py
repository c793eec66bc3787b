"""``python -m tests.bench.cluster INDEX ADDRESS``: searches on a cluster, and what they add to it.

INDEX is an index on this machine and ADDRESS one of the same papers on a cluster. Words of random
titles are searched for in both, and the bare client of OpenSearch sends the very requests again
that a search has made: what a search takes longer is this project's own. All three take turns, so
that what else the machine does slows all. Times are wall clock.
"""

import argparse
import inspect
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import searcher
from index.opensearch.address import read_address
from index.opensearch.client import Client
from searcher import Collection, Request
from tests.bench.work import SEED

ROUNDS = 5
_FEWEST_LETTERS = 4

Sent = tuple[Any, ...]
"""A request: its method, path, parameters and body, and of which kind that is."""


class Times(NamedTuple):
    """The seconds of each query, the median of some rounds."""

    first: list[float]
    again: list[float]
    bare: list[float]
    local: list[float]
    requests: list[int]


@contextmanager
def recording(sent: list[Sent]) -> Iterator[None]:
    """Note each request that clients make meanwhile."""
    ask: Any = Client._ask

    def noted(self: Client, *arguments: Any, **named: Any) -> Any:
        bound = inspect.signature(ask).bind(self, *arguments, **named)
        bound.apply_defaults()
        sent.append(
            tuple(bound.arguments[name] for name in ("method", "path", "params", "data", "kind"))
        )
        return ask(self, *arguments, **named)

    client: Any = Client
    client._ask = noted
    try:
        yield
    finally:
        client._ask = ask


def queries(papers: Collection, count: int) -> list[str]:
    """Return some words of random titles, the same for the same papers."""
    rng = random.Random(SEED)
    titles = [paper.title for paper in papers.all("*", sort="date")]
    found: list[str] = []
    while len(found) < count:
        words = [word for word in rng.choice(titles).split() if _tells(word)]
        if len(words) >= 2:
            found.append(" ".join(rng.sample(words, rng.randint(2, min(4, len(words))))))
    return found


def _tells(word: str) -> bool:
    return word.isalpha() and len(word) >= _FEWEST_LETTERS


def measured(local: Collection, remote: Collection, asked: Sequence[Request], bare: Any) -> Times:
    """Return what each request takes; ``bare`` is the transport of the bare client."""
    times = Times([], [], [], [], [])
    for request in asked:
        first: list[Sent] = []
        with recording(first):
            times.first.append(_seconds(partial(remote.answer, request)))
        times.requests.append(len(first))
        sent: list[Sent] = []
        with recording(sent):
            remote.answer(request)
        local.answer(request)
        turns = (
            partial(remote.answer, request),
            partial(_send, bare, sent),
            partial(local.answer, request),
        )
        rounds = [[_seconds(turn) for turn in turns] for _ in range(ROUNDS)]
        for own, of in zip(times[1:4], zip(*rounds, strict=True), strict=True):
            own.append(statistics.median(of))
    return times


def _send(bare: Any, sent: Sequence[Sent]) -> None:
    for method, path, params, data, kind in sent:
        plain = {name: str(one).lower() for name, one in params.items()}
        headers = {"content-type": kind}
        bare.perform_request(method, path, params=plain, body=data, headers=headers)


def _seconds(do: Callable[[], Any]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _shown(name: str, seconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(seconds, n=20)
    return f"{name:44} {1e3 * statistics.median(seconds):8.1f} {1e3 * cuts[-1]:8.1f}"


def main() -> None:
    """Print the times."""
    import opensearchpy

    parser = argparse.ArgumentParser(prog="python -m tests.bench.cluster", description=__doc__)
    parser.add_argument("index")
    parser.add_argument("address")
    parser.add_argument("--queries", type=int, default=100)
    options = parser.parse_args()
    address = read_address(options.address)
    bare = opensearchpy.OpenSearch(
        [{"host": host, "port": port} for host, port in address.nodes], http_compress=True
    ).transport
    with searcher.open(options.index) as local, searcher.open(options.address) as remote:
        asked = queries(local, options.queries)
        print(f"{len(remote):,} papers, {len(asked)} queries of 2 to 4 words, ten hits")
        print(f"{'milliseconds':44} {'p50':>8} {'p95':>8}")
        for name, made in (
            ("snippets", {}),
            ("snippets and two facets", {"facets": ("category", "year")}),
            ("word by word, titles alone", {"snippets": False, "paper": False}),
        ):
            requests = [Request(query, **made) for query in asked]
            times = measured(local, remote, requests, bare)
            ratios = [one / of for one, of in zip(times.again, times.bare, strict=True)]
            print(_shown(f"{name}: on this machine", times.local))
            print(_shown(f"{name}: cluster, first", times.first))
            print(_shown(f"{name}: cluster, again", times.again))
            print(_shown(f"{name}: the same requests alone", times.bare))
            print(
                f"{name}: {statistics.median(ratios):.2f} x the requests alone;"
                f" {statistics.median(times.requests)} requests the first time"
            )


if __name__ == "__main__":
    main()
