"""Hostile input: seed files, queries, texts to cut snippets from, and files of a foreign index.

Promises: no input makes the product raise anything but its own errors, hang, or take memory without
bound; and what comes out is what is promised of it. Each input runs in a process of its own kind,
under a limit of time and one of memory. Half of the inputs are mutated by atheris as new code is
reached, where it is installed, and all others are generated from the seed.
"""

import argparse
import base64
import faulthandler
import importlib
import importlib.util
import json
import mmap
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.trust.trial import MOST_EXAMPLES, Outcome

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = float(os.environ.get("SEARCHER_FUZZ_SECONDS", "20"))
"""What one input may take, on a machine that does other work besides."""
LIMIT_BYTES = 2 << 30
"""What a process may take in addresses, above what it has before the first input."""
LEAST_GUIDED = 1_000
"""With fewer inputs than this, none is guided and one process tries all: a start costs more."""
_PROGRESS = struct.Struct("<qd")

Try = Callable[[bytes], None]
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Target:
    """What is tried: ``prepare`` is given an empty folder and returns what tries one input.

    ``inputs``: the full number. ``seeds`` are sound inputs and ``words`` what they are made of, to
    start from; ``most_bytes`` an input may have.
    """

    promise: str
    inputs: int
    prepare: Callable[[Path], Try]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[bytes]
    most_bytes: int


# Inputs


def generated(target: Target, seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return an input that depends on nothing but its number and the seed."""
    source = random.Random(f"{seed} {target.promise} {number}")
    kind = source.random()
    if kind < 0.15:
        pieces = [source.choice(target.words) for _ in range(source.randrange(1, 40))]
        data = source.choice((b" ", b"", b"\n")).join(pieces)
    elif kind < 0.2:
        data = source.randbytes(source.randrange(200))
    elif kind < 0.3:
        text = [chr(_code_point(source)) for _ in range(source.randrange(60))]
        data = "".join(text).encode("utf-8", "surrogatepass")
    elif kind < 0.5:
        one, other = source.choice(seeds), source.choice(seeds)
        data = one[: source.randrange(len(one) + 1)] + other[source.randrange(len(other) + 1) :]
    else:
        data = source.choice(seeds)
    for _ in range(min(int(source.expovariate(0.5)), 12)):
        data = _mutated(data, target, seeds, source)
    if source.random() < 0.002:  # far more of the same
        part = data[: source.randrange(1, 30)] or b"x"
        at = source.randrange(len(data) + 1)
        data = data[:at] + part * (target.most_bytes // len(part)) + data[at:]
    return data[: target.most_bytes]


def _mutated(data: bytes, target: Target, seeds: Sequence[bytes], source: random.Random) -> bytes:
    at = source.randrange(len(data) + 1)
    end = min(at + source.randrange(1, 12), len(data))
    match source.randrange(8):
        case 0:
            return data[:at] + bytes([source.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:at] + data[at:end] * source.choice((2, 2, 3, 40)) + data[end:]
        case 3 | 4:
            return data[:at] + source.choice(target.words) + data[at:]
        case 5:
            return data[:at] + source.choice(target.words) + data[end:]
        case 6:
            other = source.choice(seeds)
            low = source.randrange(len(other) + 1)
            return data[:at] + other[low : low + source.randrange(1, 200)] + data[at:]
        case _:
            return data[:at] + chr(_code_point(source)).encode("utf-8", "surrogatepass") + data[at:]


_RANGES = (
    (0x00, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0xDFF),
    (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2100, 0x214F), (0x3040, 0x30FF), (0x4E00, 0x4EFF),
    (0xAC00, 0xACFF), (0xD800, 0xDFFF), (0xE000, 0xE0FF), (0xFB00, 0xFEFF), (0xFF00, 0xFFFF),
    (0x1D400, 0x1D7FF), (0x1F300, 0x1F6FF), (0xE0000, 0xE007F), (0x10FF00, 0x10FFFF),
)  # fmt: skip


def _code_point(source: random.Random) -> int:
    return source.randint(*source.choice(_RANGES))


# One process


def _room(place: str) -> Target:
    module, _, name = place.partition(":")
    target: Target = getattr(importlib.import_module(module), name)
    return target


class _Watch:
    """What a process tells of itself: how far it is, and each input that failed."""

    def __init__(self, folder: Path) -> None:
        self._file = open(folder / "failures", "a", encoding="utf-8")  # noqa: SIM115
        with open(folder / "progress", "r+b") as progress:
            self._progress = mmap.mmap(progress.fileno(), _PROGRESS.size)
        self._slowest_input = folder / "slowest"
        self._trace = open(folder / "trace", "w", encoding="utf-8")  # noqa: SIM115
        self._tried, self._slowest = _PROGRESS.unpack(self._progress[:])
        self._armed = 0.0

    def run(self, attempt: Try, data: bytes, number: int) -> None:
        started, cpu_started = time.monotonic(), time.process_time()
        # Arming takes a thread, so it is done once a second: an input has that much more.
        if started - self._armed > 1:
            faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True, file=self._trace)
            self._armed = started
        try:
            attempt(data)
        except Exception:
            self.fail(number, data, traceback.format_exc().strip())
        self._tried += 1
        seconds = time.process_time() - cpu_started
        if seconds > self._slowest:
            self._slowest = seconds
            self._slowest_input.write_bytes(data)
        self._progress[:] = _PROGRESS.pack(self._tried, self._slowest)

    def fail(self, number: int, data: bytes, reason: str) -> None:
        failure = {"number": number, "data": base64.b64encode(data[:3000]).decode()}
        self._file.write(json.dumps({**failure, "reason": reason[-1500:]}) + "\n")
        self._file.flush()


def child(place: str, folder: str, seed: int, start: int, stop: int, *, guided: bool) -> None:
    """Try the inputs ``start`` to ``stop``, or as many that atheris makes."""
    warnings.simplefilter("error")
    target = _room(place)
    work = Path(folder)
    (work / "room").mkdir(exist_ok=True)
    attempt = target.prepare(work / "room")
    seeds = target.seeds()
    watch = _Watch(work)
    with open("/proc/self/statm", encoding="ascii") as file:
        held_bytes = int(file.read().split()[0]) * mmap.PAGESIZE
    limit = held_bytes + LIMIT_BYTES
    if not guided:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for number in range(start, stop):
            watch.run(attempt, generated(target, seeds, seed, number), number)
        faulthandler.cancel_dump_traceback_later()
        return
    import atheris

    corpus = work / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(data)
    words = work / "words"
    listed = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words if word)
    words.write_text("".join(f'"{word}"\n' for word in listed), encoding="ascii")
    options = {
        "seed": seed,
        "runs": stop - start,
        "max_len": target.most_bytes,
        "timeout": int(LIMIT_SECONDS),
        "rss_limit_mb": limit >> 20,
        "dict": words,
        "artifact_prefix": f"{work}/",
        "verbosity": 0,
    }
    counted = iter(range(start, stop))
    atheris.Setup(
        ["fuzz", *(f"-{name}={value}" for name, value in options.items()), str(corpus)],
        lambda data: watch.run(attempt, data, next(counted, -1)),
    )
    atheris.Fuzz()  # which ends the process


# All of them


@dataclass
class Run:
    """What the processes of one target came to."""

    tried: int = 0
    guided: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    failures: tuple[str, ...] = ()


def try_all(
    place: str,
    seed: int,
    counts: Sequence[tuple[int, int, bool]],
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Run:
    """Try the inputs of one target in a process for each of ``counts``: from, to, guided."""

    def started_process(work: Path, start: int, stop: int, guided: bool) -> Process:
        return _start(place, work, seed, start, stop, guided, environment)

    found = Run()
    started = time.monotonic()
    running = []
    for number, (start, stop, guided) in enumerate(counts):
        work = folder / str(number)
        work.mkdir(parents=True)
        (work / "progress").write_bytes(_PROGRESS.pack(0, 0.0))
        running.append((work, start, stop, guided, started_process(work, start, stop, guided)))
    while running:
        work, start, stop, guided, process = running.pop(0)
        code = process.wait()
        tried, slowest = _PROGRESS.unpack((work / "progress").read_bytes())
        found.slowest = max(found.slowest, slowest)
        if tried < stop - start:
            # It died of the input after those it had tried, which counts as tried and failed.
            trace = (work / "trace").read_text() if (work / "trace").exists() else ""
            errors = (work / "errors").read_text(errors="replace")[-600:]
            number = start + tried
            reason = f"the process ended with {code}: {' / '.join((trace or errors).split())[:600]}"
            found.failures += (f"{_again(place, seed, number, guided)}: {reason}",)
            tried += 1
            (work / "progress").write_bytes(_PROGRESS.pack(tried, slowest))
            if tried < stop - start and len(found.failures) < MOST_EXAMPLES:
                rest = started_process(work, start + tried, stop, guided)
                found.tried += tried
                found.guided += tried * guided
                (work / "progress").write_bytes(_PROGRESS.pack(0, slowest))
                running.append((work, start + tried, stop, guided, rest))
                continue
        found.tried += tried
        found.guided += tried * guided
        found.failures += tuple(_failures(place, seed, guided, work / "failures"))
    found.seconds = time.monotonic() - started
    return found


def _start(
    place: str,
    work: Path,
    seed: int,
    start: int,
    stop: int,
    guided: bool,
    environment: Mapping[str, str],
) -> Process:
    call = f"child({place!r}, {str(work)!r}, {seed}, {start}, {stop}, guided={guided})"
    code = f"from tests.trust.fuzz import child\n{call}"
    if guided:
        code = (
            "import atheris\n"
            "with atheris.instrument_imports(['index', 'searcher'], exclude="
            f"{[*_passed_over(PLACES[place])]}):\n"
            f"    import tests.trust.targets\n{code}"
        )
    with open(work / "errors", "wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", **environment},
        )


def _passed_over(packages: Sequence[str]) -> Iterator[str]:
    """Yield the names of the product's modules outside some packages.

    To instrument all modules takes ten times as long as to import them.
    """
    for path in (*ROOT.glob("index/**/*.py"), *ROOT.glob("searcher/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not any(f"{module}.".startswith(f"{package}.") for package in packages):
            yield module


def _again(place: str, seed: int, number: int, guided: bool) -> str:
    if guided:
        return f"{place}, guided, seed {seed}, input {number:,}"
    return f"python -m tests.trust.fuzz {place} --seed {seed} --number {number}"


def _failures(place: str, seed: int, guided: bool, file: Path) -> Iterator[str]:
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            failure = json.loads(line)
            again = _again(place, seed, failure["number"], guided)
            if guided:
                again = f"python -m tests.trust.fuzz {place} --data {failure['data']}"
            yield f"{again}: {' / '.join(failure['reason'].split(chr(10))[-3:])}"


PLACES = {
    "tests.trust.targets:READERS": ("index",),
    "tests.trust.targets:QUERIES": ("index", "searcher"),
    "tests.trust.targets:SNIPPETS": ("index.analysis", "index.letters", "searcher.snippets"),
    "tests.trust.targets:ARRAYS": ("index.segments", "searcher.engines"),
}
"""Each target, and whose code the inputs reach that atheris makes for it."""


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Try every target, in as many processes as there are processors, two at least."""
    can_guide = importlib.util.find_spec("atheris") is not None
    for place in PLACES:
        target = _room(place)
        count = max(int(target.inputs * share), 20)
        guided = count // 2 if can_guide and count >= LEAST_GUIDED else 0
        process_count = max(os.cpu_count() or 2, 2) if count >= LEAST_GUIDED else 1
        halves = [(count - guided, False), (guided, True)] if guided else [(count, False)]
        each = process_count // len(halves)
        counts = [
            (total * number // each, total * (number + 1) // each, is_guided)
            for total, is_guided in halves
            for number in range(each)
        ]
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        try:
            run = try_all(place, seed, counts, folder)
        finally:
            shutil.rmtree(folder)
        how = f"{run.guided:,} guided by coverage" if can_guide else "atheris is not installed"
        yield Outcome(
            target.promise,
            run.tried,
            len(run.failures),
            0,
            run.failures[:MOST_EXAMPLES],
            f"{run.tried - run.guided:,} generated, {how}; {run.tried / run.seconds:,.0f} a second "
            f"in {len(counts)} processes, the slowest took {run.slowest:.2f} s of one",
        )


def main() -> None:
    """Try one input again, and let its error be seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.fuzz", description=main.__doc__)
    parser.add_argument("place")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--data", help="the input itself, in base 64")
    options = parser.parse_args()
    target = _room(options.place)
    data = generated(target, target.seeds(), options.seed, options.number)
    if options.data:
        data = base64.b64decode(options.data)
    print(data)
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        target.prepare(Path(folder))(data)


if __name__ == "__main__":
    main()
