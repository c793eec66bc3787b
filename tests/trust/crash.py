"""Crash safety: writers killed at any moment, and every file operation failing in turn."""

import io
import multiprocessing
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import psutil

from index import SearchError, build, writer
from searcher.cli import main
from tests.trust import faults
from tests.trust.faults import CHANGES, Fault, Layer, Operation
from tests.trust.histories import (
    BATCH_PAPERS,
    History,
    Place,
    Verdict,
    histories,
    prepare,
    take_step,
    verdict,
    write_seeds,
)
from tests.trust.powercut import Chance, Disk, restore, unsynced
from tests.trust.trial import MOST_EXAMPLES, Outcome

KILLS = 300
FULL_DISKS = 200

_FAULT_STEPS = 2
_COMMAND_SHARE = 0.1
"""Of the faults, in how many the command line is run too."""

Item = TypeVar("Item")

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__])
_PATIENCE_SECONDS = 120.0


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Kill writers at random moments, then let each file operation fail or stop the process."""
    yield _kills(seed, share)
    yield _faults(seed, share)
    yield _disks(seed, share)
    yield from _power_cuts(seed, share)


@dataclass(slots=True)
class _Account:
    """What a promise's trials have come to so far."""

    promise: str
    tried: int = 0
    failed: int = 0
    lost: int = 0
    failures: list[str] | None = None

    def add(self, again: str, found: Verdict) -> None:
        """Count a trial; ``again`` says how to see it again."""
        self.tried += 1
        self.lost += found.lost
        if found.wrong:
            self.failed += 1
            self.failures = [*(self.failures or []), f"{again}: {'; '.join(found.wrong)}"]

    def outcome(self, measured: str) -> Outcome:
        failures = tuple((self.failures or [])[:MOST_EXAMPLES])
        return Outcome(self.promise, self.tried, self.failed, self.lost, failures, measured)


# The process that writes


@dataclass(slots=True)
class _Run:
    """A run of a history in a process of its own: how far it came, as it told itself."""

    process: "multiprocessing.process.BaseProcess"
    messages: Connection
    begun: int
    committed: int
    told: list[tuple[int, str, object]] = field(default_factory=list)
    refusal: str = ""
    defect: str = ""
    verdict: Verdict | None = None

    def listen(self, seconds: float) -> None:
        """Take in what the process tells until it ends or the time is over."""
        end = time.monotonic() + seconds
        with suppress(EOFError):
            while self.messages.poll(max(0.0, end - time.monotonic())):
                nanoseconds, name, value = self.messages.recv()
                self.told.append((nanoseconds, name, value))
                setattr(self, name, value)


@contextmanager
def _running(
    place: Place,
    history: History,
    record: Path | None = None,
    fault: Fault | None = None,
    largest_file: int = resource.RLIM_INFINITY,
    by_command: bool = False,
) -> Iterator[_Run]:
    """Run the steps of a history that are not committed yet; the clock starts with the block."""
    ours, theirs = _SERVER.Pipe(duplex=False)
    arguments = (theirs, place, history, record, fault, largest_file, by_command)
    process = _SERVER.Process(target=_work, args=arguments)
    process.start()
    theirs.close()
    run = _Run(process, ours, history.steps_before, history.steps_before)
    try:
        assert ours.poll(_PATIENCE_SECONDS), "the process did not begin"
        ours.recv()
        yield run
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(
    messages: Connection,
    place: Place,
    history: History,
    record: Path | None,
    fault: Fault | None,
    largest_file: int,
    by_command: bool,
) -> None:
    """Be the process that writes."""

    def tell(name: str, value: object) -> None:
        messages.send((time.monotonic_ns(), name, value))

    usual_batch, writer._BATCH_PAPERS = writer._BATCH_PAPERS, BATCH_PAPERS
    layer = Layer(place.root, record, fault) if record else None
    committed = history.steps_before
    tell("begun", committed)
    try:
        for number in range(history.steps_before, len(history.steps)):
            with layer.off() if layer else nullcontext():
                write_seeds(place, history.steps[number])
            tell("begun", number + 1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
            if by_command:
                _command_step(place, history)
            else:
                take_step(place, history)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            committed = number + 1
            tell("committed", committed)
    except SearchError as error:
        tell("refusal", str(error))
        if not layer:
            return
        layer.end()
        writer._BATCH_PAPERS = usual_batch  # which is quicker
        tell("verdict", verdict(place, history, committed, number + 1))
    except BaseException:
        tell("defect", traceback.format_exc())


def _command_step(place: Place, history: History) -> None:
    """Take a step through the command line. Raises SearchError with what it told the user."""
    # The command has no option for it.
    build.__kwdefaults__["memory_bytes"] = history.memory_bytes
    strict = ["--strict"] if any(place.seeds.iterdir()) else []
    sys.argv = ["searcher", "index", str(place.seeds), "--index", str(place.index), "--prune"]
    sys.argv += strict
    told = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(told), suppress(SystemExit):
        main()
    text = told.getvalue()
    assert not any(sign in text for sign in ("Traceback", "a defect of searcher")), text
    if "searcher: " in text:
        raise SearchError(text)


class _Ground:
    """Where the trials of a history take place, one after the other, all from the same start."""

    def __init__(self, folder: Path, history: History) -> None:
        self.history = history
        self.place = Place(folder / "trial")
        # The paths of seed files are part of an index, so every copy comes to the same place.
        self._kept = folder / "kept"
        self.record = folder / "record"
        for path in (self.place.root / "temporary", self.place.index.parent):
            path.mkdir(parents=True)
        prepare(self.place, history)
        self.place.root.rename(self._kept)

    def renew(self) -> None:
        """Bring back the start."""
        for path in (self.place.root, self.record):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self._kept, self.place.root)
        self.record.mkdir()


@contextmanager
def _grounds(seed: int, step_count: int | None = None) -> Iterator[list[_Ground]]:
    """Yield the ground of each history, with so many of its steps to do, or all."""
    with tempfile.TemporaryDirectory() as folder:
        grounds = []
        for history in histories(seed):
            before = history.steps_before
            steps = history.steps[: before + step_count] if step_count else history.steps
            grounds.append(_Ground(Path(folder) / history.kind, replace(history, steps=steps)))
        yield grounds


# Kills


def _kills(seed: int, share: float) -> Outcome:
    account = _Account("1. Crash safety: killed at a random moment")
    alone_count = 0
    lengths = []
    with _grounds(seed) as grounds:
        for ground in grounds:
            rng = random.Random(f"{seed} {ground.history.kind}")
            seconds = _length(ground)
            lengths.append(f"{ground.history.kind} {seconds:.2f} s")
            count = max(1, round(KILLS * share / len(grounds)))
            tried = 0
            while tried < count:
                moment, is_alone = rng.uniform(0, seconds), rng.random() < 0.5
                run = _killed(ground, moment, is_alone)
                if run is None:
                    continue  # it had ended before
                tried += 1
                alone_count += is_alone
                again = f"seed {seed}, {ground.history.kind}, kill {tried} after {moment:.3f} s"
                account.add(again, _judged(ground, run))
    return account.outcome(f"work of {', '.join(lengths)}; {alone_count} parents alone")


def _length(ground: _Ground) -> float:
    """Return how long the work takes, the median of three."""
    lengths = []
    for _ in range(3):
        ground.renew()
        with _running(ground.place, ground.history) as run:
            started = time.monotonic()
            run.listen(_PATIENCE_SECONDS)
            lengths.append(time.monotonic() - started)
        assert run.committed == len(ground.history.steps), run
    return sorted(lengths)[1]


def _killed(ground: _Ground, moment: float, is_alone: bool) -> _Run | None:
    """Kill the writer after so many seconds, and what it has started unless it dies alone.

    Returns None if it had done all by then.
    """
    ground.renew()
    with _running(ground.place, ground.history) as run:
        run.listen(moment)
        with suppress(psutil.NoSuchProcess):  # where the work has ended meanwhile
            process = psutil.Process(run.process.pid)
            process.suspend()  # so that it starts nothing more
            children = process.children(recursive=True)
            process.kill()
            for child in () if is_alone else children:
                child.kill()
        run.listen(_PATIENCE_SECONDS)
    return None if run.committed == len(ground.history.steps) else run


def _judged(ground: _Ground, run: _Run) -> Verdict:
    """Judge what a run left behind."""
    if run.defect:
        return Verdict((run.defect,), 0)
    if run.refusal and (str(ground.place.root) not in run.refusal or "None" in run.refusal):
        return Verdict((f"an unclear message: {run.refusal}",), 0)
    return run.verdict or verdict(ground.place, ground.history, run.committed, run.begun)


# Faults


def _faults(seed: int, share: float) -> Outcome:
    account = _Account("1. Crash safety: a fault at each file operation")
    measured = []
    command_count = 0
    with _grounds(seed, _FAULT_STEPS) as grounds:
        for ground in grounds:
            rng = random.Random(f"{seed} {ground.history.kind}")
            direct, command = (_attempts(ground, by_command=of) for of in (False, True))
            measured.append(f"{ground.history.kind} {len({one for one, _, _ in direct}):,}")
            attempts = direct + _sample(command, _COMMAND_SHARE, rng)
            for operation, action, by_command in _sample(attempts, share, rng):
                command_count += by_command
                again = (
                    f"seed {seed}, {ground.history.kind}{' by command' if by_command else ''},"
                    f" process {operation.process}, operation {operation.number}"
                    f" ({operation.kind} {operation.path}) {action}"
                )
                account.add(again, _faulted(ground, operation, action, by_command))
    return account.outcome(f"operations: {', '.join(measured)}; {command_count} by command")


def _attempts(ground: _Ground, by_command: bool) -> list[tuple[Operation, str, bool]]:
    """Return all that may happen at each operation of a history."""
    operations = _recorded(ground, by_command)[0]
    return [(one, action, by_command) for one in operations for action in one.actions]


def _sample(attempts: Sequence[Item], share: float, rng: random.Random) -> list[Item]:
    """Return a share of what may be tried, at least one of it."""
    if share >= 1:
        return list(attempts)
    return rng.sample(attempts, max(1, round(len(attempts) * share)))


def _recorded(ground: _Ground, by_command: bool = False) -> tuple[list[Operation], _Run]:
    """Return every file operation of a history, and the run that did them."""
    ground.renew()
    with _running(ground.place, ground.history, ground.record, by_command=by_command) as run:
        run.listen(_PATIENCE_SECONDS)
    assert run.committed == len(ground.history.steps), run
    return faults.recorded(ground.record), run


def _faulted(ground: _Ground, operation: Operation, action: str, by_command: bool) -> Verdict:
    """Let an action happen at an operation, and judge what is left."""
    ground.renew()
    fault = Fault(operation.process, operation.number, action)
    with _running(ground.place, ground.history, ground.record, fault, by_command=by_command) as run:
        run.listen(_PATIENCE_SECONDS)
    kinds = [one.kind for one in faults.recorded(ground.record)]
    if kinds != [operation.kind]:
        return Verdict((f"the run took another course: {kinds}",), 0)
    return _judged(ground, run)


# Disks


def _disks(seed: int, share: float) -> Outcome:
    """Write to disks that get full: to a small one where one can be mounted, and where it cannot,
    and every other time, with a bound on the size of a file.
    """
    account = _Account("1. Crash safety: the disk full, or read-only")
    counts = {"full": 0, "read-only": 0, "bounded": 0}
    with _grounds(seed, _FAULT_STEPS) as grounds, _mountable() as can_mount:
        for ground in grounds:
            rng = random.Random(f"{seed} {ground.history.kind}")
            count, tried = max(2, round(FULL_DISKS * share / len(grounds))), 0
            ground.renew()
            before = _size(ground.place.index)
            with _running(ground.place, ground.history) as run:
                run.listen(_PATIENCE_SECONDS)
            after = _size(ground.place.index)
            while tried < count:
                ground.renew()
                kind = "bounded" if tried % 2 or not can_mount else "full"
                kind = "read-only" if kind == "full" and not tried % 8 else kind
                if kind == "bounded":
                    most = rng.randrange(1_000, _largest(ground.place.index) + 20_000)
                    with _running(ground.place, ground.history, largest_file=most) as run:
                        run.listen(_PATIENCE_SECONDS)
                    found = _judged(ground, run)
                else:
                    most = before + rng.randrange(0, 2 * after, 4096)
                    with _mounted(ground.place.index.parent, most) as remount:
                        if kind == "read-only":
                            remount("ro")
                        with _running(ground.place, ground.history) as run:
                            run.listen(_PATIENCE_SECONDS)
                        remount("rw,size=1g")
                        found = _judged(ground, run)
                if not run.refusal and not run.defect:
                    continue  # there was room for all
                tried += 1
                counts[kind] += 1
                again = f"seed {seed}, {ground.history.kind}, disk {tried}, {kind}, {most:,} bytes"
                account.add(again, found)
    return account.outcome(", ".join(f"{count} {kind}" for kind, count in counts.items()))


def _size(folder: Path) -> int:
    """Return how many bytes the blocks of the files in a folder take."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*"))


def _largest(folder: Path) -> int:
    return max((path.stat().st_size for path in folder.rglob("*")), default=0)


@contextmanager
def _mountable() -> Iterator[bool]:
    """Yield whether a disk of our own can be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _mounted(Path(folder), 1 << 20):
                pass
        except (OSError, subprocess.CalledProcessError):
            yield False
        else:
            yield True


@contextmanager
def _mounted(folder: Path, byte_count: int) -> Iterator[Callable[[str], object]]:
    """Put what is in a folder on a disk of that size; yields what changes its options."""

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    aside = folder.with_name(f"{folder.name} aside")
    shutil.copytree(folder, aside)
    mount(f"size={byte_count}")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield lambda options: mount(f"remount,{options}")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        shutil.rmtree(aside)


# Power cuts


def _power_cuts(seed: int, share: float) -> tuple[Outcome, Outcome]:
    """Cut the power after each operation, on the disk that the record of a run makes."""
    cuts = _Account("1. Crash safety: the power cut after each file operation")
    orders = _Account("1. Crash safety: synced before it is named")
    with _grounds(seed, _FAULT_STEPS) as grounds:
        for ground in grounds:
            operations, run = _recorded(ground)
            changes = [one for one in operations if one.kind in CHANGES and one.done]
            rng = random.Random(f"{seed} {ground.history.kind}")
            ground.renew()
            for published, wrong in unsynced(changes, Disk.of(ground.place.root)):
                again = f"seed {seed}, {ground.history.kind}, {published.target}"
                orders.add(again, Verdict(tuple(wrong), 0))
            chosen = set(_sample(range(len(changes)), share, rng))
            disk = Disk.of(ground.place.root)
            for number, operation in enumerate(changes):
                disk.do(operation)
                for way in Chance.all(rng) if number in chosen else ():
                    again = (
                        f"seed {seed}, {ground.history.kind}, power cut {number} after"
                        f" {operation.kind} {operation.path}, {way.words}"
                    )
                    cuts.add(again, _cut(ground, disk, way, run, operation.nanoseconds))
    return cuts.outcome("four ways of what is left each"), orders.outcome("tables of contents")


def _cut(ground: _Ground, disk: Disk, way: Chance, run: _Run, nanoseconds: int) -> Verdict:
    """Judge what a power cut leaves at a time."""
    shutil.rmtree(ground.place.root)
    restore(ground.place.root, disk.left(way))
    before = ground.history.steps_before
    told = [(name, value) for at, name, value in run.told if at <= nanoseconds]
    counts = [
        max((value for name, value in told if name == kind), default=before)
        for kind in ("committed", "begun")
    ]
    return verdict(ground.place, ground.history, *counts)
