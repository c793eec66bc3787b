"""What is measured of an engine, each measure in a process of its own, and checked there.

An answer that is not what was asked for raises BenchError: a time is worth nothing without it.
"""

import multiprocessing
import os
import random
import re
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from tests.bench.engines import FACETS, HITS, Bm25s, Engine

QUERY_COUNT = 200
WARM_ROUNDS = 3
PAPERS_NEW = "top 10, snippets, facets, papers new"
BUILDS = 3
# A build that takes longer is not repeated.
SHORT_BUILD_SECONDS = 10.0
COMMANDS = 11
# Sampling memory takes time from what it watches: at most this share of it.
SAMPLING_SHARE = 0.05
# A process that has answered may take this long to end; the measures are taken by then.
GRACE_SECONDS = 10.0
BASE_IMPORT = "import numpy, whoosh.index"

# Every word that one of the engines leaves out of queries, and other words without a subject.
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    may me more most my myself no nor not of off on once only or other our ours ourselves out over
    own same shall she should so some such than that the their theirs them themselves then there
    these they this those through to too toward towards under until up upon us using very via was
    we were what when where whether which while who whom whose why will with within without would
    yet you your yours yourself yourselves
    """.split()
)


class BenchError(Exception):
    """An engine did not answer what was asked."""


class PatienceError(Exception):
    """A measure took longer than was allowed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The values of one measure, and what is to be said of them."""

    values: tuple[float, ...]
    note: str = ""


Figures = dict[str, Figure]


def cut_queries(titles: Sequence[str], seed: int) -> list[str]:
    """Return runs of two to five words of random titles, without stop words.

    Runs of stop words alone are dropped, so that there may be fewer than QUERY_COUNT.
    """
    rng = random.Random(seed)
    queries = []
    for title in rng.sample(titles, min(QUERY_COUNT, len(titles))):
        words = re.findall(r"[^\W\d_]{2,}", title.lower())
        count = rng.randint(2, 5)
        start = rng.randint(0, max(0, len(words) - count))
        kept = [word for word in words[start : start + count] if word not in STOP_WORDS]
        queries.append(" ".join(kept))
    return [query for query in queries if query]


def cut_phrases(abstracts: Sequence[str], seed: int) -> list[str]:
    """Return a run of two or three plain words of each abstract that has one.

    The first and the last word are no stop words; a run goes over no punctuation.
    """
    rng = random.Random(seed)
    phrases = []
    for abstract in abstracts:
        words = abstract.split()
        count = rng.randint(2, 3)
        runs = [words[start : start + count] for start in range(len(words) - count + 1)]
        whole = [
            " ".join(run)
            for run in runs
            if all(re.fullmatch(r"[a-z]{2,}", word) for word in run)
            and not {run[0], run[-1]} & STOP_WORDS
        ]
        if whole:
            phrases.append(rng.choice(whole))
    return phrases[:QUERY_COUNT]


def percentiles(times: Sequence[float], shares: Sequence[float]) -> tuple[float, ...]:
    """Return the values below which the given shares of ``times`` lie."""
    ordered = sorted(times)
    return tuple(ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in shares)


# In the process measured


def build_seconds(engine: type[Engine], folder: Path, corpus: Path) -> float:
    """Build the index and return the seconds it took."""
    started = time.perf_counter()
    engine().build(folder, corpus)
    return time.perf_counter() - started


def search_figures(
    engine: type[Engine], kind: str, name: str, folder: Path, queries: list[str], patience: float
) -> Figures:
    """Return the percentiles of one kind of search: its first round, and once it is warm.

    The warm time of a query is the median of WARM_ROUNDS, each of the same queries; under the name
    PAPERS_NEW no paper is kept from one to the next. A round ends after ``patience`` seconds.
    """
    opened = engine()
    opened.open(folder)
    search = getattr(opened, kind)
    with opened.keeping_no_papers() if name == PAPERS_NEW else nullcontext():
        cold, answers = _round(search, queries, patience)
        asked = queries[: len(cold)]
        rounds = [cold]
        if sum(cold) < patience * 1000 / 2:
            rounds = [_round(search, asked, patience)[0] for _ in range(WARM_ROUNDS)]
    warm = [statistics.median(times) for times in zip(*rounds, strict=False)]
    _check(opened, kind, asked, answers)
    note = "" if len(asked) == len(queries) else f"{len(asked)} of {len(queries)} asked"
    return {
        f"{name}, ms": Figure(percentiles(warm, (0.5, 0.95, 0.99)), note),
        f"{name}, first round, ms": Figure(percentiles(cold, (0.5, 0.95)), note),
    }


def _round(
    search: Callable[[str], Any], queries: list[str], patience: float
) -> tuple[list[float], list[Any]]:
    times: list[float] = []
    answers = []
    for query in queries:
        started = time.perf_counter()
        answers.append(search(query))
        times.append((time.perf_counter() - started) * 1000)
        if sum(times) > patience * 1000:
            break
    return times, answers


def _check(engine: Engine, kind: str, queries: list[str], answers: list[Any]) -> None:
    """Raise BenchError unless the answers are what was asked for."""
    full = shown = hit_count = 0
    for query, answer in zip(queries, answers, strict=True):
        if kind == "count":
            if not answer:
                raise BenchError(f"{query!r}: no paper is counted")
            continue
        hits = answer[0] if kind == "facets" else answer
        titles = [hit if isinstance(hit, str) else hit[0] for hit in hits]
        if not titles or not all(isinstance(title, str) and title for title in titles):
            raise BenchError(f"{query!r}: no hits, or hits without titles: {titles}")
        if len(titles) > HITS:
            raise BenchError(f"{query!r}: {len(titles)} hits, {HITS} were asked for")
        full += len(titles) == HITS
        if kind == "phrase":
            continue
        matches = engine.count(query)
        if len(titles) != min(HITS, matches):
            raise BenchError(f"{query!r}: {len(titles)} hits of {matches} matches")
        if kind in ("snippets", "facets"):
            hit_count += len(hits)
            shown += sum(bool(snippet) for _, snippet in hits)
        if kind == "facets":
            sums = {facet: sum(answer[1][facet].values()) for facet in FACETS}
            if set(sums.values()) != {matches}:
                raise BenchError(f"{query!r}: facets sum to {sums}, {matches} papers match")
    if kind not in ("phrase", "count") and full < 0.5 * len(queries):
        raise BenchError(f"only {full} of {len(queries)} queries find {HITS} papers")
    # A paper that matches in its title alone may have an empty snippet; most match in both.
    if shown < 0.5 * hit_count:
        raise BenchError(f"only {shown} of {hit_count} hits have a snippet")


def best_titles(engine: type[Engine], folder: Path, queries: Sequence[str]) -> list[str]:
    """Return the title of the best paper of each query."""
    opened = engine()
    opened.open(folder)
    return [opened.top(query)[0] for query in queries]


def add_seconds(engine: type[Engine], folder: Path, papers: Path, word: str) -> float:
    """Add papers, open the index anew and find the one whose title begins with ``word``.

    Returns the seconds that all of it took.
    """
    started = time.perf_counter()
    engine().add(folder, papers)
    reader = engine()
    reader.open(folder)
    found = reader.top(word)
    seconds = time.perf_counter() - started
    if len(found) != 1 or not found[0].startswith(word):
        raise BenchError(f"{word!r} was added once and finds {found}")
    return seconds


# In the process that measures


def build_figures(engine: type[Engine], folder: Path, corpus: Path, patience: float) -> Figures:
    """Build the index in ``folder``, more than once if that is quick, each in a new process."""
    seconds: list[float] = []
    peaks = []
    while not seconds or (len(seconds) < BUILDS and seconds[0] < SHORT_BUILD_SECONDS):
        target = folder / "index" if not seconds else folder / f"again-{len(seconds)}"
        taken, peak = in_process(patience, build_seconds, engine, target, corpus)
        seconds.append(taken)
        peaks.append(peak)
    size = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    return {
        "build, s": Figure((statistics.median(seconds),)),
        "build, peak memory, MB": Figure((statistics.median(peaks) / 1e6,)),
        "index, MB": Figure((size / 1e6,)),
    }


def add_figures(
    engine: type[Engine], folder: Path, batches: Sequence[tuple[Path, str]], patience: float
) -> Figures:
    """Add each batch, papers and the first word of one's title, to the index in ``folder``."""
    seconds = [
        in_process(patience, add_seconds, engine, folder / "index", papers, word)[0]
        for papers, word in batches
    ]
    return {"100 papers added and found, s": Figure((statistics.median(seconds), max(seconds)))}


def command_figures(
    engine: type[Engine], folder: Path, queries: Sequence[str], patience: float
) -> Figures:
    """Run ``searcher search`` and the base import in turn; return the times of both in ms.

    The first run of each is left out: it reads the files that all later ones find in memory.
    """
    titles, _ = in_process(patience, best_titles, engine, folder / "index", queries[:COMMANDS])
    # Not by the script: it runs the modules that are installed, whichever checkout is measured.
    script = [sys.executable, "-P", "-m", "searcher"]
    variables = {**os.environ, "PYTHONPATH": str(engine.root())}
    times: dict[str, list[float]] = {"command": [], "base": []}
    for query, title in zip(queries, titles, strict=False):
        search = [*script, "search", "--any", "--index", str(folder / "index"), *query.split()]
        for name, command in (("command", search), ("base", [sys.executable, "-c", BASE_IMPORT])):
            started = time.perf_counter()
            ended = subprocess.run(
                command, capture_output=True, text=True, check=False, env=variables
            )
            times[name].append((time.perf_counter() - started) * 1000)
            if ended.returncode != 0:
                raise BenchError(f"{name} of {query!r} exits {ended.returncode}: {ended.stderr}")
            if name == "command" and " ".join(title.split()) not in " ".join(ended.stdout.split()):
                raise BenchError(f"{name} of {query!r} does not print {title!r}")
    return {
        "whole command, ms": Figure(percentiles(times["command"][1:], (0.5, 0.95))),
        "base import, ms": Figure(percentiles(times["base"][1:], (0.5, 0.95))),
    }


def in_process(patience: float, measure: Callable[..., Any], *arguments: object) -> tuple[Any, int]:
    """Return what ``measure`` returns in a fresh process, and its memory in bytes at the peak.

    The memory is that of the process alone, its resident set at the peak; of a build the
    proportional set size of the process and its children together, sampled, if that is more.
    Raises PatienceError after ``patience`` seconds, BenchError if the process fails.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, measure, arguments))
    process.start()
    sender.close()
    watched = psutil.Process(process.pid)
    deadline = time.perf_counter() + patience
    peak, pause = 0, 0.01
    try:
        while not receiver.poll(pause):
            started = time.perf_counter()
            if started > deadline:
                raise PatienceError(f"more than {patience:,.0f} s")
            if measure is not build_seconds:
                continue  # a search would be slowed by the asking
            peak = max(peak, _memory(watched))
            pause = max(0.01, (time.perf_counter() - started) / SAMPLING_SHARE)
        error, result, own_peak = receiver.recv()
        process.join(GRACE_SECONDS)
    except EOFError:
        raise BenchError("the process ended without an answer") from None
    finally:
        _end(watched)
        process.join()
        receiver.close()
    if error:
        raise BenchError(error)
    return result, max(peak, own_peak)


def _send(sender: Connection, measure: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Run ``measure`` and send its error or what it returns, and the peak of this process alone."""
    error, result = "", None
    if Bm25s not in arguments:
        # Only bm25s has it installed, and nltk imports it wherever it is, which takes a second.
        sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        result = measure(*arguments)
    except BenchError as failure:
        error = str(failure)
    except Exception:
        error = traceback.format_exc()
    sender.send((error, result, _own_peak()))


def _own_peak() -> int:
    """Return the peak in bytes of this process's resident set where the system tells it, else 0.

    It is exact where sampling may miss a peak. The figure of ``getrusage`` would not do: it goes on
    counting from the process that started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _memory(process: psutil.Process) -> int:
    total = 0
    for each in _tree(process):
        with suppress(psutil.Error):
            # Only Linux tells the proportional size.
            total += getattr(each.memory_full_info(), "pss", 0) or each.memory_info().rss
    return total


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _end(process: psutil.Process) -> None:
    """End what is left of a measured process and those it started."""
    for each in _tree(process):
        with suppress(psutil.Error):
            each.kill()
