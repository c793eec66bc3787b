"""Crash safety: writers killed at any moment, and every file operation failing in turn."""

import io
import multiprocessing
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import psutil

from index import SearchError, build
from index.reading import setaside as held
from index.writers import local as writer
from searcher.cli.main import main
from tests.trust import faults
from tests.trust.faults import CHANGES, Fault, Layer, Operation
from tests.trust.histories import (
    BATCH_PAPERS,
    Files,
    History,
    Place,
    Verdict,
    histories,
    prepare,
    take_step,
    verdict,
    write_seeds,
)
from tests.trust.powercut import WAYS, Chance, Disk, restore, unsynced
from tests.trust.process import SERVER
from tests.trust.system_calls import Call, Ended, can_trace, index_traced
from tests.trust.trial import MOST_EXAMPLES, Outcome

KILLS = 300
FULL_DISKS = 200
MOUNTING_SHARE = 0.01

_FAULT_STEPS = 2

Item = TypeVar("Item")

_PATIENCE_SECONDS = 120.0


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Kill writers at random moments, then try what may happen at each file operation."""
    yield kills(seed, share)
    yield from operations(seed, share)
    yield system_calls(seed, share)


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
    told: list[tuple[int, str, Any]] = field(default_factory=list)
    refusal: str = ""
    defect: str = ""
    verdict: Verdict | None = None
    ended: bool = False

    def listen(self, seconds: float) -> None:
        """Take in what the process tells until it ends or the time is over."""
        end = time.monotonic() + seconds
        try:
            while self.messages.poll(max(0.0, end - time.monotonic())):
                nanoseconds, name, value = self.messages.recv()
                self.told.append((nanoseconds, name, value))
                setattr(self, name, value)
        except EOFError:
            self.ended = True


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
    ours, theirs = SERVER.Pipe(duplex=False)
    arguments = (theirs, place, history, record, fault, largest_file, by_command)
    process = SERVER.Process(target=_work, args=arguments)
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
    held.MEMORY_BYTES = 1  # so that papers held back go to a file
    # Such a file is on the same disk: what is told of it names a folder of the trial.
    tempfile.tempdir = f"{place.root}/temporary"
    layer = Layer(place.root, record, fault) if record else None
    committed = history.steps_before
    tell("begun", committed)
    try:
        for number in range(history.steps_before, len(history.steps)):
            files = history.steps[number]
            with layer.off() if layer else nullcontext():
                write_seeds(place, files)
            tell("begun", number + 1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
            if by_command:
                _command_step(place, history, files)
            else:
                take_step(place, history, files)
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


def _command_step(place: Place, history: History, files: Files) -> None:
    """Take a step through the command line. Raises SearchError with what it told the user."""
    # The command has no option for it.
    (build.__kwdefaults__ or {})["memory_bytes"] = history.memory_bytes
    sys.argv = ["searcher", "index", str(place.seeds), "--index", str(place.index)]
    sys.argv += ["--prune-missing-folders"]
    sys.argv += ["--strict"] if files else []
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
def grounds(of: Sequence[History]) -> Iterator[list[_Ground]]:
    """Yield the ground of each history."""
    with tempfile.TemporaryDirectory() as folder:
        yield [_Ground(Path(folder) / history.kind, history) for history in of]


# Kills


def kills(seed: int, share: float) -> Outcome:
    """Kill a writer at a random moment of its work."""
    with grounds(histories(seed)) as whole:
        return _killed_on(whole, seed, share)


def _killed_on(grounds: Sequence[_Ground], seed: int, share: float) -> Outcome:
    account = _Account("no commit is lost: killed at a random moment")
    alone_count = 0
    lengths = []
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
    """Return how long the work takes."""
    ground.renew()
    with _running(ground.place, ground.history) as run:
        started = time.monotonic()
        run.listen(_PATIENCE_SECONDS)
        seconds = time.monotonic() - started
    assert run.committed == len(ground.history.steps), run
    return seconds


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
    if not run.ended:
        return Verdict(("did not end",), 0)
    if run.defect:
        return Verdict((run.defect,), 0)
    if run.refusal and (str(ground.place.root) not in run.refusal or "None" in run.refusal):
        return Verdict((f"an unclear message: {run.refusal}",), 0)
    return run.verdict or verdict(ground.place, ground.history, run.committed, run.begun)


# Operations


def operations(seed: int, share: float) -> Iterator[Outcome]:
    """Let each file operation fail, stop the process, come before a power cut; fill the disk."""
    with grounds([history.begun(_FAULT_STEPS) for history in histories(seed)]) as short:
        recordings = [recorded(ground) for ground in short]
        yield _faults(recordings, seed, share)
        yield _disks(recordings, seed, share)
        yield power_cuts(recordings, seed, share)
        yield orders(recordings, seed)


@dataclass(frozen=True, slots=True)
class Recording:
    """Every file operation of a history, in order, and the run that did them."""

    ground: _Ground
    by_command: bool
    operations: list[Operation]
    run: _Run

    @property
    def changes(self) -> list[Operation]:
        """The operations that changed a file, a folder or what of them is on disk."""
        return [one for one in self.operations if one.kind in CHANGES and one.done]


def recorded(ground: _Ground, by_command: bool = False) -> Recording:
    ground.renew()
    with _running(ground.place, ground.history, ground.record, by_command=by_command) as run:
        run.listen(_PATIENCE_SECONDS)
    assert run.committed == len(ground.history.steps), run
    return Recording(ground, by_command, faults.operations_of(ground.record), run)


def _faults(recordings: Sequence[Recording], seed: int, share: float) -> Outcome:
    account = _Account("no commit is lost: a fault at each file operation")
    measured = []
    # The command line does what a program does; one history, the quickest, shows that.
    by_command = [
        recorded(of.ground, by_command=True)
        for of in recordings
        if of.ground.history.kind == "delete"
    ]
    for recording in [*recordings, *by_command]:
        ground, command = recording.ground, " by command" if recording.by_command else ""
        kind = f"{ground.history.kind}{command}"
        measured.append(f"{kind} {len(recording.operations):,}")
        attempts = [(one, action) for one in recording.operations for action in one.actions]
        for operation, action in _sample(attempts, share, random.Random(f"{seed} {kind}")):
            again = (
                f"seed {seed}, {kind}, process {operation.process}, operation {operation.number}"
                f" ({operation.kind} {operation.path}) {action}"
            )
            account.add(again, _faulted(recording, operation, action))
    return account.outcome(f"operations: {', '.join(measured)}")


def _sample(attempts: Sequence[Item], share: float, rng: random.Random) -> list[Item]:
    """Return a share of what may be tried, at least one of it."""
    if share >= 1:
        return list(attempts)
    return rng.sample(attempts, max(1, round(len(attempts) * share)))


def _faulted(recording: Recording, operation: Operation, action: str) -> Verdict:
    """Let an action happen at an operation, and judge what is left."""
    ground = recording.ground
    ground.renew()
    fault = Fault(operation.process, operation.number, action)
    with _running(
        ground.place, ground.history, ground.record, fault, by_command=recording.by_command
    ) as run:
        run.listen(_PATIENCE_SECONDS)
    kinds = [one.kind for one in faults.operations_of(ground.record)]
    if kinds != [operation.kind]:
        return Verdict((f"the run took another course: {kinds}",), 0)
    return _judged(ground, run)


# Disks


def _disks(recordings: Sequence[Recording], seed: int, share: float) -> Outcome:
    """Write where there is not room for all: on a small disk and under a bound on a file's size.

    Where no disk can be mounted, under a bound alone.
    """
    account = _Account("no commit is lost: the disk full, or read-only")
    counts = {"full": 0, "read-only": 0, "bounded": 0}
    # A test suite mounts nothing.
    kinds = list(counts) if share >= MOUNTING_SHARE and _can_mount() else ["bounded"]
    for recording in recordings:
        ground = recording.ground
        rng = random.Random(f"{seed} {ground.history.kind}")
        writes = [one for one in recording.changes if one.kind == "write"]
        tried = 0
        while tried < max(1, round(FULL_DISKS * share / len(recordings))):
            ground.renew()
            kind = rng.choice(kinds)
            if kind == "bounded":
                room = rng.randrange(1, max(one.position + len(one.data) for one in writes))
                with _running(ground.place, ground.history, largest_file=room) as run:
                    run.listen(_PATIENCE_SECONDS)
                found = _judged(ground, run)
            else:
                room = _size(ground.place.index) + rng.randrange(
                    0, sum(len(one.data) for one in writes), 4096
                )
                room = max(room, 4096)  # size 0 means a disk without a limit
                with _mounted(ground.place.index.parent, room) as remount:
                    if kind == "read-only":
                        remount("ro")
                    with _running(ground.place, ground.history) as run:
                        run.listen(_PATIENCE_SECONDS)
                    remount("rw,size=1g")
                    found = _judged(ground, run)
            if run.ended and not run.refusal and not run.defect:
                continue  # there was room for all
            tried += 1
            counts[kind] += 1
            again = f"seed {seed}, {ground.history.kind}, disk {tried}, {kind}, {room:,} bytes"
            account.add(again, found)
    return account.outcome(", ".join(f"{count} {kind}" for kind, count in counts.items()))


def _size(folder: Path) -> int:
    """Return how many bytes the blocks of the files in a folder take."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*"))


def _can_mount() -> bool:
    """Tell whether a disk of our own can be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _mounted(Path(folder), 1 << 20):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


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


def power_cuts(recordings: Sequence[Recording], seed: int, share: float) -> Outcome:
    """Cut the power after each operation, on the disk that the record of a run makes."""
    account = _Account("no commit is lost: power cut after each file operation")
    for recording in recordings:
        ground = recording.ground
        rng = random.Random(f"{seed} {ground.history.kind}")
        cuts = [(number, way) for number in range(len(recording.changes)) for way in WAYS]
        chosen = _sample(cuts, share, rng)
        ground.renew()
        disk = Disk.of(ground.place.root)
        for number, operation in enumerate(recording.changes):
            disk.do(operation)
            for way in WAYS:
                if (number, way) not in chosen:
                    continue
                again = (
                    f"seed {seed}, {ground.history.kind}, power cut {number} after"
                    f" {operation.kind} {operation.path}, {way}"
                )
                left = disk.left(Chance.of(way, random.Random(again)))
                account.add(again, cut(ground, left, recording.run, operation.nanoseconds))
    return account.outcome(f"{len(WAYS)} ways of what is left each")


def orders(recordings: Sequence[Recording], seed: int) -> Outcome:
    """Look at each table of contents published: all that it names was on disk before."""
    account = _Account("no commit is lost: data is synced before it is named")
    for recording in recordings:
        ground = recording.ground
        ground.renew()
        disk = Disk.of(ground.place.root)
        for published, wrong in unsynced(recording.changes, disk):
            again = f"seed {seed}, {ground.history.kind}, {published.target}"
            account.add(again, Verdict(tuple(wrong), 0))
    return account.outcome("tables of contents published")


def cut(ground: _Ground, left: Mapping[str, bytes | None], run: _Run, nanoseconds: int) -> Verdict:
    """Judge what a power cut leaves at a time."""
    shutil.rmtree(ground.place.root)
    restore(ground.place.root, left)
    committed = begun = ground.history.steps_before
    for at, name, value in run.told:
        if at <= nanoseconds and name == "committed":
            committed = int(value)
        elif at <= nanoseconds and name == "begun":
            begun = int(value)
    return verdict(ground.place, ground.history, committed, begun)


# System calls


def system_calls(seed: int, share: float) -> Outcome:
    """Let each system call of the command line on the trial's files fail, or kill it there."""
    account = _Account("no commit is lost: a fault at each system call of the command line")
    if not can_trace():
        return account.outcome("strace is missing, or may not trace")
    measured = []
    missed_count = 0
    short = [history.begun(1) for history in histories(seed) if history.kind in ("build", "merge")]
    with grounds(short) as found_grounds:
        for ground in found_grounds:
            history = ground.history
            rng = random.Random(f"{seed} {history.kind}")

            def run(inject: tuple[Call, str] | None = None, ground: _Ground = ground) -> Ended:
                ground.renew()
                write_seeds(ground.place, ground.history.steps[-1])
                return index_traced(ground.place, inject)

            calls = run().calls
            measured.append(f"{history.kind} {len(calls):,}")
            attempts = [(call, action) for call in calls for action in call.actions]
            for call, action in _sample(attempts, share, rng):
                ended = run((call, action))
                if not ended.is_hit:
                    missed_count += 1  # by a call more or less before it, on files of Python's own
                    continue
                again = f"seed {seed}, {history.kind}, {call.name} {call.number} {action}"
                account.add(again, _traced_verdict(ground, ended))
    return account.outcome(f"calls: {', '.join(measured)}; {missed_count} missed their file")


def _traced_verdict(ground: _Ground, ended: Ended) -> Verdict:
    """Judge what a traced command told and left behind."""
    history = ground.history
    if ended.code not in (0, 2, -signal.SIGKILL) or any(
        sign in ended.told for sign in ("Traceback", "a defect of searcher")
    ):
        return Verdict((f"exit {ended.code}: {ended.told}",), 0)
    if ended.code == 2 and str(ground.place.root) not in ended.told:
        return Verdict((f"an unclear message: {ended.told}",), 0)
    committed = history.steps_before + (ended.code == 0)
    return verdict(ground.place, history, committed, len(history.steps))
