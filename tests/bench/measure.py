"""What is measured of an engine, each measure in a process of its own."""

import gzip
import json
import multiprocessing
import random
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.bench.engines import BenchEngine

SEED = 20_240_501
QUERY_COUNT = 200
PATIENCE_MS = 30_000.0


def prepare(source: Path, target: Path, limit: int | None) -> list[str]:
    """Copy the papers that have an abstract and return their titles."""
    titles = []
    opener: Callable[..., object] = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rt") as lines, target.open("w") as out:  # type: ignore[attr-defined]
        for line in lines:
            paper = json.loads(line)
            if paper["abstract"] and (limit is None or len(titles) < limit):
                titles.append(paper["title"])
                out.write(line)
    return titles


def cut_queries(titles: list[str]) -> list[str]:
    """Return runs of two to five words of random titles."""
    rng = random.Random(SEED)
    queries = []
    while len(queries) < QUERY_COUNT:
        words = [word for word in rng.choice(titles).split() if word.isalpha()]
        if len(words) >= 2:
            count = rng.randint(2, min(5, len(words)))
            start = rng.randint(0, len(words) - count)
            queries.append(" ".join(words[start : start + count]))
    return queries


def build_figures(engine: BenchEngine, folder: Path, corpus: Path) -> dict[str, list[float]]:
    """Build the index and return seconds, megabytes of memory at the peak, megabytes on disk."""
    started = time.perf_counter()
    engine.build(folder, corpus)
    seconds = time.perf_counter() - started
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"build s": [seconds], "peak memory MB": [peak / 1024], "index MB": [size / 1e6]}


def query_figures(engine: BenchEngine, folder: Path, queries: list[str]) -> dict[str, list[float]]:
    """Return percentiles of each kind of search, after one round of all queries to warm up."""
    engine.open(folder)
    kinds: dict[str, Callable[[str], object]] = {
        "top 10 ms": engine.top,
        "top 10 + snippets ms": engine.top_with_snippets,
        "+ category, year facets ms": engine.top_with_facets,
    }
    figures = {}
    for kind, search in kinds.items():
        times = timed(search, queries)
        if sum(times) < PATIENCE_MS:  # too slow a search is not asked twice
            times = timed(search, queries)
        times.sort()
        figures[kind] = [times[int(len(times) * share)] for share in (0.5, 0.95, 0.99)]
    return figures


def timed(search: Callable[[str], object], queries: list[str]) -> list[float]:
    """Return the milliseconds of each query, as many of them as PATIENCE_MS allows."""
    times: list[float] = []
    for query in queries:
        if sum(times) > PATIENCE_MS:
            break
        started = time.perf_counter()
        search(query)
        times.append((time.perf_counter() - started) * 1000)
    return times


def in_process(
    measure: Callable[..., dict[str, list[float]]], engine: type[BenchEngine], *arguments: object
) -> dict[str, list[float]]:
    """Return what ``measure`` finds in a fresh process, so that no engine warms another."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(measure, engine(), *arguments).result()
