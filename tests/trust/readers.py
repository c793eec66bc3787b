"""Readers and one writer: eight readers while 200 commits pass, and two who want to write at once.

Promises: no exception, every answer of one whole commit, none older than the last; a reader that
opens again and again holds no more memory and no more files; a second writer waits, is told why,
and is not held up by the dead; what two writers commit in turn is all there; threads that share a
collection are answered as one alone.
"""

import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any
from unittest import mock

from whoosh.util.filelock import try_for

import searcher
from index import IndexLockedError, open_writer
from index.paper import Copy
from tests.bench.engines import keeping_no_texts
from tests.trust.history import (
    BEACON,
    FACETS,
    PHRASE,
    WORDS,
    History,
    State,
    commit_of,
    differences,
    paper,
)
from tests.trust.process import SERVER, growth, index_file_count, own_bytes
from tests.trust.trial import MOST_EXAMPLES, Outcome

COMMITS = 200
PAPERS = 200
PROCESSES = 4
THREADS = 2
"""In each process; both share one collection besides their own."""
QUICK_OPENS = 3
"""How often a reader opens the index only to see which commit it is of, for each full look."""
HELD_COMMITS = 20
"""How long a reader stays with an old commit, whose files are gone by then."""
GROWTH_BYTES = 4 << 20
"""How much more memory a process may hold in its last quarter than in its second.

Some 5 kB for each time that it opens the index. Threads that happen to need most at once make the C
library take a few MB more, once.
"""

LOCK_ROUNDS = 40
TURNS = 50
"""Commits of each of four writers."""
SHARED_ROUNDS = 20

_START_SECONDS = 120.0
_LONGEST_SECONDS = 3_600.0

Write = Callable[[History, str, int], None]


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Try every promise of the room."""
    paper_count = PAPERS if share >= 0.1 else PAPERS // 4
    yield from read_while_writing(seed, max(int(COMMITS * share), 8), paper_count)
    yield wait_for_the_lock(seed, 10.0 if share >= 1 else 0.3)
    yield survive_the_dead(seed, max(int(LOCK_ROUNDS * share), 2))
    yield write_in_turns(seed, max(int(TURNS * share), 3))
    yield share_a_collection(seed, max(int(SHARED_ROUNDS * share), 2))


# Eight readers and one writer


@dataclass
class Sight:
    """What a reading process saw: how often it looked, what was wrong, how it grew."""

    looks: int = 0
    opens: int = 0
    commits: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    lost: int = 0
    memory: list[int] = field(default_factory=list)
    """The bytes that the process has written to, in the order of time."""
    files_left: int = 0
    most_files: int = 0


@dataclass(frozen=True)
class _Progress:
    """How far the writer is, for all to see: a commit is begun, then it is committed."""

    begun: "Synchronized[int]"
    committed: "Synchronized[int]"
    ended: "Synchronized[int]"


def read_while_writing(
    seed: int, commit_count: int, paper_count: int, write: Write = History.write
) -> Iterator[Outcome]:
    """Let readers open, search and close while ``write`` makes every commit of a history."""
    history = History(seed, paper_count, commit_count)
    progress = _Progress(*(SERVER.Value("q", start) for start in (0, 0, 0)))
    results: Any = SERVER.Queue()
    with tempfile.TemporaryDirectory() as directory:
        write(history, directory, 0)
        readers = [
            SERVER.Process(
                target=_read,
                args=(directory, seed, commit_count, paper_count, number, progress, results),
            )
            for number in range(PROCESSES)
        ]
        for reader in readers:
            reader.start()
        failures = []
        try:
            for _ in readers:
                results.get(timeout=_START_SECONDS)
            for commit in range(1, commit_count + 1):
                progress.begun.value = commit
                write(history, directory, commit)
                progress.committed.value = commit
        except Exception:
            failures.append(f"the writer: {traceback.format_exc(limit=-2)}")
        finally:
            progress.ended.value = 1
        sights: list[Sight] = [results.get(timeout=_LONGEST_SECONDS) for _ in readers]
        for reader in readers:
            reader.join()
    failures += [line for sight in sights for line in sight.failures]
    opens = sum(sight.opens for sight in sights)
    seen = set[int]().union(*(sight.commits for sight in sights))
    again = f" (readers, seed {seed}, {commit_count} commits)"
    yield Outcome(
        "readers beside one writer see whole commits",
        tried=sum(sight.looks for sight in sights),
        failed=len(failures),
        lost=sum(sight.lost for sight in sights),
        failures=tuple(line + again for line in failures[:MOST_EXAMPLES]),
        measured=f"{PROCESSES * THREADS} readers, {commit_count} commits, {len(seen)} of them seen,"
        f" {opens:,} opens",
    )
    growths = [growth(sight.memory) for sight in sights]
    faults = [
        f"process {number} grew by {grown:,} bytes and kept {sight.files_left} files"
        for number, (grown, sight) in enumerate(zip(growths, sights, strict=True))
        if grown > GROWTH_BYTES or sight.files_left
    ]
    yield Outcome(
        "readers that re-open hold no more memory or files",
        tried=len(sights),
        failed=len(faults),
        lost=0,
        failures=tuple(line + again for line in faults),
        measured=f"{min(len(sight.memory) for sight in sights)} samples of memory or more, growth"
        f" {max(growths) / 1e6:.1f} of {GROWTH_BYTES / 1e6:.1f} MB allowed; at most"
        f" {max(sight.most_files for sight in sights)} files open or mapped, none once closed",
    )


def _read(
    directory: str,
    seed: int,
    commit_count: int,
    paper_count: int,
    number: int,
    progress: _Progress,
    results: Any,
) -> None:
    """Be a reading process: threads with collections of their own and one that they share."""
    history = History(seed, paper_count, commit_count)
    sight = Sight()
    failed = threading.Lock()
    shared = _Shared(searcher.open(directory), threading.Lock())

    def look(collection: searcher.Collection, state: State, rng: random.Random, kind: str) -> None:
        found = list(differences(collection, state, rng))
        with failed:
            sight.looks += 1
            if found:
                sight.failures.append(f"{kind}, commit {state.commit}: {'; '.join(found[:3])}")

    def read(thread: int) -> None:
        rng = random.Random(f"{seed}/{number}/{thread}")
        held: searcher.Collection | None = None
        held_commit = last = 0
        is_last_round = False
        while not is_last_round:
            is_last_round = bool(progress.ended.value)
            for quick in (*[True] * QUICK_OPENS, False):
                least = max(last, progress.committed.value)
                collection = searcher.open(directory)
                commit = commit_of(collection)
                most = progress.begun.value
                if commit != (last := max(commit, least)) or commit > most:
                    with failed:
                        sight.lost += commit < least
                        sight.failures.append(f"commit {commit}, not {least} to {most}")
                with failed:
                    sight.opens += 1
                    sight.commits.add(commit)
                if quick:
                    collection.close()
            look(collection, history.states[commit], rng, "its own")
            if held is None:
                held, held_commit = collection, commit
            else:
                collection.close()
                if last >= held_commit + HELD_COMMITS or is_last_round:
                    look(held, history.states[held_commit], rng, "held")
                    held.close()
                    held = None
            del collection
            if thread == 0:
                shared.replace(searcher.open(directory))
            # The other thread may close it at any moment; what was begun is answered all the same.
            for _ in range(2):
                try:
                    common = shared.collection
                    look(common, history.states[commit_of(common)], rng, "shared")
                    break
                except searcher.ClosedError:
                    continue
            del common
            if thread == 0:
                sight.memory.append(own_bytes())
                sight.most_files = max(sight.most_files, index_file_count(directory))
        if held:
            held.close()

    def guarded(thread: int) -> None:
        try:
            read(thread)
        except Exception:
            with failed:
                sight.failures.append(f"thread {thread}: {traceback.format_exc(limit=-3)}")

    list(differences(shared.collection, history.states[0], random.Random(0)))
    results.put("ready")
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(guarded, range(THREADS)))
    shared.collection.close()
    sight.files_left = index_file_count(directory)
    results.put(sight)


@dataclass
class _Shared:
    """A collection that threads share, and that one of them replaces."""

    collection: searcher.Collection
    lock: threading.Lock

    def replace(self, new: searcher.Collection) -> None:
        """Put a new collection in the place of the old, which is closed."""
        old, self.collection = self.collection, new
        old.close()


# Two who want to write


def wait_for_the_lock(seed: int, seconds: float) -> Outcome:
    """Let a second writer wait in vain, and then for one that ends; from a process and a thread."""
    failures: list[str] = []
    lost = tried = 0
    waits = []
    with tempfile.TemporaryDirectory() as directory:
        history = History(seed, 20, 4)
        history.write(directory, 0)
        commit = 0
        for holder, worker, event in _HOLDERS:
            with _holding(directory, worker, event) as let_go, mock.patch(_TIMEOUT, seconds):
                started = time.monotonic()
                told = _told(lambda: _write_number(directory, 1_000))
                waits.append(time.monotonic() - started)
                tried += 1
                wanted = (
                    f"{directory}:",
                    os.path.join(directory, "MAIN_WRITELOCK"),
                    f"{seconds:g} s",
                )
                if told is None or not all(part in told for part in wanted):
                    failures.append(f"{holder}: a second writer was told {told}")
                if waits[-1] < seconds:
                    failures.append(f"{holder}: a second writer waited {waits[-1]:.2f} s")
                if told is None:
                    let_go()
                    break
                with searcher.open(directory) as papers:
                    rng = random.Random(seed)
                    failures += differences(papers, history.states[commit], rng)
                let_go()
            with (
                _holding(directory, worker, event) as let_go,
                ThreadPoolExecutor(1) as pool,
                _waits_seen() as is_waiting,
            ):
                commit += 1
                second = pool.submit(history.write, directory, commit)
                tried += 1
                if not is_waiting.wait(_START_SECONDS):
                    failures.append(f"{holder}: a second writer did not wait")
                let_go()
                told = _told(second.result)
                if told:
                    failures.append(f"{holder}: a writer that waited was told {told}")
            with searcher.open(directory) as papers:
                found = list(differences(papers, history.states[commit], random.Random(seed)))
                failures += found
                lost += bool(found)
    return Outcome(
        "a second writer waits, then is told why",
        tried=tried,
        failed=len(failures),
        lost=lost,
        failures=tuple(f"{line} (readers, seed {seed})" for line in failures[:MOST_EXAMPLES]),
        measured=f"told after {max(waits):.1f} s at most where {seconds:g} s are allowed",
    )


_TIMEOUT = "index.writers.lock.LOCK_TIMEOUT_SECONDS"
_HOLDERS = (
    ("a process", SERVER.Process, SERVER.Event),
    ("a thread", threading.Thread, threading.Event),
)


@contextmanager
def _waits_seen() -> Iterator[threading.Event]:
    """Yield what is set once a writer of this process has not got the lock at first."""
    seen = threading.Event()

    def watched(acquire: Callable[[], bool], **limits: float) -> bool:
        def attempt() -> bool:
            is_held = acquire()
            if not is_held:
                seen.set()
            return is_held

        return bool(try_for(attempt, **limits))

    with mock.patch("index.writers.lock.try_for", watched):
        yield seen


def _told(action: Callable[[], object]) -> str | None:
    """Return what a writer is told that does not get the lock; None if it gets it."""
    try:
        action()
    except IndexLockedError as error:
        return str(error)
    return None


def _write_number(directory: str, number: int, count: int = 1) -> None:
    """Commit some papers, by number."""
    with open_writer(directory) as writer:
        for one in range(number, number + count):
            writer.add([Copy.of(paper(one, 0))], ())
        writer.commit()


def _hold(directory: str, count: int, holds: Any, let_go: Any) -> None:
    """Hold the lock, with papers that are never committed, until told to let go."""
    with open_writer(directory) as writer:
        for number in range(10_000, 10_000 + count):
            writer.add([Copy.of(paper(number, 0))], ())
        holds.set()
        let_go.wait()


@contextmanager
def _holding(
    directory: str, worker: Callable[..., Any], event: Callable[[], Any]
) -> Iterator[Callable[[], None]]:
    """Let a worker, a process or a thread, hold the lock; yields what makes it let go."""
    holds, let_go = event(), event()
    holder = worker(target=_hold, args=(directory, 3, holds, let_go))
    holder.start()
    holds.wait(_START_SECONDS)
    yield let_go.set
    holder.join()


def survive_the_dead(seed: int, round_count: int, seconds: float = 10.0) -> Outcome:
    """Kill writers that hold the lock, and write at once.

    Every other one has so many papers that a process of its own is building their segments; that
    one sees that its writer is dead when it has done with the papers it was sent, and is waited
    for.
    """
    history = History(seed, 30, round_count)
    failures: list[str] = []
    lost = tried = 0
    longest = 0.0
    with tempfile.TemporaryDirectory() as directory:
        history.write(directory, 0)
        for commit in range(1, round_count + 1):
            holds, let_go = SERVER.Event(), SERVER.Event()
            count = (1, 600)[commit % 2]
            holder = SERVER.Process(target=_hold, args=(directory, count, holds, let_go))
            holder.start()
            holds.wait(_START_SECONDS)
            assert holder.pid
            os.kill(holder.pid, signal.SIGKILL)
            holder.join()
            started = time.monotonic()
            with mock.patch(_TIMEOUT, 0.0 if count == 1 else seconds):
                told = _told(partial(history.write, directory, commit))
            longest = max(longest, time.monotonic() - started)
            tried += 1
            if told:
                failures.append(f"after kill {commit} of a writer of {count} papers: {told}")
                break
            with searcher.open(directory) as papers:
                found = list(differences(papers, history.states[commit], random.Random(seed)))
            if found:
                lost += 1
                failures.append(f"after kill {commit} of a writer of {count} papers: {found[:3]}")
    return Outcome(
        "a lock left by a dead process does not block",
        tried=tried,
        failed=len(failures),
        lost=lost,
        failures=tuple(f"{line} (readers, seed {seed})" for line in failures[:MOST_EXAMPLES]),
        measured=f"the next writer gets it at its first attempt, or where a process of the dead one"
        f" was building, once that has ended: commits after {longest:.1f} s at most",
    )


def write_in_turns(
    seed: int, turn_count: int, take_turns: Callable[[str, int, int, Any], None] | None = None
) -> Outcome:
    """Let two processes of two writing threads commit, each a paper of its own and a sum of all."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        _write_number(directory, BEACON)
        results: Any = SERVER.Queue()
        writers = [
            SERVER.Process(
                target=take_turns or add_in_turns, args=(directory, number, turn_count, results)
            )
            for number in range(2)
        ]
        for writer in writers:
            writer.start()
        for _ in writers:
            failures += results.get(timeout=_LONGEST_SECONDS)
        for writer in writers:
            writer.join()
        with searcher.open(directory) as papers:
            found = {one.id for one in papers.all("*")}
            total = commit_of(papers)
    wanted = {f"p{number}" for number in range(4 * turn_count + 1)}
    if found != wanted:
        failures.append(f"papers lost or made up: {sorted(found ^ wanted)[:10]}")
    if total != 4 * turn_count:
        failures.append(f"{4 * turn_count} commits added up to {total}")
    return Outcome(
        "writers taking turns lose nothing",
        tried=4 * turn_count,
        failed=len(failures),
        lost=max(len(wanted - found), 4 * turn_count - total),
        failures=tuple(f"{line} (readers, seed {seed})" for line in failures[:MOST_EXAMPLES]),
        measured="2 processes of 2 threads, every commit reads what the one before wrote",
    )


def add_in_turns(directory: str, process: int, turn_count: int, results: Any) -> None:
    """Be a process whose two threads commit, each as often as ``turn_count`` says."""
    failures: list[str] = []

    def commit(thread: int) -> None:
        first = 1 + (2 * process + thread) * turn_count
        for number in range(first, first + turn_count):
            try:
                with open_writer(directory) as writer:
                    before = writer.entries([f"p{BEACON}"]).get(f"p{BEACON}")
                    assert before
                    total = int(writer.copies(before)[0].title.rpartition(" ")[2]) + 1
                    writer.add([Copy.of(paper(BEACON, total))], (), replaces=before)
                    writer.add([Copy.of(paper(number, 0))], ())
                    writer.commit()
            except Exception:
                failures.append(f"commit of p{number}: {traceback.format_exc(limit=-2)}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(commit, range(2)))
    results.put(failures)


# One collection, eight threads


def share_a_collection(seed: int, round_count: int) -> Outcome:
    """Let eight threads ask a new collection the same at once, each in an order of its own.

    The threads change as often as can be, and in every other round the caches hold next to nothing.
    Before some questions they ask one whose time is soon over, which must leave nothing behind.
    """
    rng = random.Random(seed)
    history = History(seed, 60, 12)
    failures: list[str] = []
    tried = 0
    interval = sys.getswitchinterval()
    with tempfile.TemporaryDirectory() as directory:
        for commit in range(13):
            history.write(directory, commit)
        queries = _queries(rng)
        with searcher.open(directory) as alone:
            expected = [_answer(alone, query) for query in queries]
        sys.setswitchinterval(1e-5)
        try:
            for number in range(round_count):
                with searcher.open(directory) as shared, _small_caches(number % 2 == 1):
                    answers = _asked_at_once(shared, queries, rng)
                for at, answer in answers:
                    tried += 1
                    if answer != expected[at]:
                        failures.append(f"round {number}, {queries[at]!r}: {answer}")
        finally:
            sys.setswitchinterval(interval)
    return Outcome(
        "threads that share a collection are answered as one alone",
        tried=tried,
        failed=len(failures),
        lost=0,
        failures=tuple(f"{line[:500]} (readers, seed {seed})" for line in failures[:MOST_EXAMPLES]),
        measured=f"8 threads, {round_count} new collections, half of them with caches of no size",
    )


def _queries(rng: random.Random) -> list[str]:
    pairs = [" ".join(rng.sample(WORDS, 2)) for _ in range(8)]
    return [
        *WORDS[:6],
        *pairs,
        *(f'"{pair}"' for pair in pairs[:3]),
        f'"{" ".join(PHRASE)}"~3',
        "author:author1 river",
        "year:2003 -lake",
        "mod* stor*",
        "rivr~ oceann~",
        "category:LG OR category:CV",
        f"{WORDS[0]} OR {WORDS[1]} OR author:author1",
        "written12",
        "*",
    ]


def _answer(papers: searcher.Collection, query: str) -> object:
    """Return all that a collection answers to a query."""
    try:
        page = papers.search(query, facets=FACETS, limit=6, explain=True)
        hits = [(hit.id, hit.score, hit.parts, hit.title, hit.snippets) for hit in page.hits]
        exported = list(papers.all(query, sort="date"))
        found = [papers.paper(hit.id) for hit in page.hits]
        facets = page.facets
        return page.total, page.parsed, page.diagnostics, hits, facets, exported, found
    except Exception:
        return traceback.format_exc(limit=-3)


def _asked_at_once(
    shared: searcher.Collection, queries: Sequence[str], rng: random.Random
) -> list[tuple[int, object]]:
    """Return the number of each query and its answer, to each of eight threads."""
    together = threading.Barrier(8)
    orders = [rng.sample(range(len(queries)), len(queries)) for _ in range(8)]
    timeouts = [rng.choice([None, 0.0, 1e-4, 3e-4, 1e-3]) for _ in queries]

    def ask(order: Sequence[int]) -> list[tuple[int, object]]:
        together.wait()
        answers = []
        for at, timeout in zip(order, timeouts, strict=True):
            if timeout is not None:
                shared.search(queries[at], facets=FACETS, timeout=timeout)
            answers.append((at, _answer(shared, queries[at])))
        return answers

    with ThreadPoolExecutor(8) as pool:
        return [answer for answers in pool.map(ask, orders) for answer in answers]


@contextmanager
def _small_caches(small: bool) -> Iterator[None]:
    if not small:
        yield
        return
    with (
        mock.patch("searcher.engines.local.reader.CACHE_BYTES", 1),
        mock.patch("searcher.engines.local.reader.CACHE_BYTES_PER_PAPER", 0),
        mock.patch("searcher.query.words.MAX_CACHED_WORDS", 1),
        mock.patch("searcher.query.rewriting.MAX_CACHED_WORDS", 1),
        mock.patch("searcher.snippets.marking._MAX_CACHED_WORDS", 1),
        keeping_no_texts(),
    ):
        yield
