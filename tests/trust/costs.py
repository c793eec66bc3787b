"""What hostile papers cost: memory and processor time for each byte of a seed file.

Promise: building, checking and searching take no more than BOUNDS, whatever the papers are; a paper
of fewer bytes counts as LEAST_PAPER_BYTES. Each
kind of paper is tried in a process of its own, whose peak, as Linux tells it, is set back before
each step.
"""

import itertools
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import searcher
from searcher.output.tables import page_csv, page_json
from tests.trust.trial import MOST_EXAMPLES, Outcome

ROOT = Path(__file__).resolve().parents[2]
FULL_BYTES = 24_000_000
LEAST_BYTES = 500_000
LEAST_PAPER_BYTES = 20

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONG = 900_000
"""How many bytes the longest papers have: a line of JSON may have 1 MB."""


class Bound(NamedTuple):
    """What a step may take: bytes of memory and seconds of a processor."""

    fixed_bytes: int
    bytes_each: int
    seconds_each: float


BOUNDS: Mapping[str, Bound] = {
    "build": Bound(100_000_000, 150, 6e-6),
    "check": Bound(50_000_000, 80, 4e-6),
    "search": Bound(200_000_000, 130, 3e-6),
}
"""What each step may take. The fixed part is for the largest paper read, and the largest shown."""

QUERIES = ("a*", "ab~", '"a b"', "author:a*", "t1", "*")


def word(number: int) -> str:
    """Return the word of a number; every number has its own."""
    letters = ""
    while True:
        number, place = divmod(number, 26)
        letters = LETTERS[place] + letters
        if not number:
            return letters


def _words(first: int, count: int) -> str:
    return " ".join(map(word, range(first, first + count)))


def _with(**values: Callable[[int], Any]) -> Callable[[int], dict[str, Any]]:
    """Return what makes papers: of each number n the title tn and other values."""
    return lambda n: {"title": f"t{n}", **{name: value(n) for name, value in values.items()}}


def _table(headings: str, row: str) -> Callable[[int], str]:
    """Return what makes the lines of a table: headings, a row without quotation marks, the rest."""
    return lambda n: (row if n > 1 else row.replace('"', "")).format(word(n)) if n else headings


KINDS: Mapping[str, Callable[[int], dict[str, Any] | str]] = {
    "ordinary": _with(abstract=lambda n: _words(n * n % 9973, 150), year=lambda _: 2000),
    "tiny": lambda n: {"title": word(n)},
    "tiny rows of a table": _table("title,year", "{},1"),
    "rows with a quotation mark within a cell": _table("title,authors,year", '{},"x"y,1'),
    "rows with a cell that seems open": _table("title,year", '{}","1'),
    "rows with a cell that seems open, and tabs": _table("title\tyear", '{}"\t"1'),
    "one long word": _with(abstract=lambda n: "a" + word(n) + "b" * LONG),
    "one long word with accents": _with(abstract=lambda n: "é" * (LONG // 2) + word(n)),
    "a long word as title": _with(title=lambda n: word(n) + "b" * LONG),
    "a word of many hyphens": _with(abstract=lambda n: word(n) + "-a" * (LONG // 2)),
    "many distinct words": _with(abstract=lambda n: _words(475_254 + n * 150_000, 150_000)),
    "one word again and again": _with(abstract=lambda _: "a " * (LONG // 2)),
    "a very long title": _with(title=lambda n: _words(n * 999, LONG // 5)),
    "many authors": _with(
        authors=lambda n: [f"{word(at + n * 30_000)} {word(at * 7)}" for at in range(60_000)]
    ),
    "one author again and again": _with(authors=lambda _: ["A B"] * (LONG // 7)),
    "many suffixes": _with(authors=lambda n: f"A B{n}" + ", Jr" * (LONG // 4)),
    "many institutions": _with(
        institutions=lambda n: [word(at + n * 30_000) for at in range(90_000)]
    ),
    "one long name": _with(authors=lambda n: ["Ü" * (LONG // 2) + word(n)]),
    "a name of many words": _with(authors=lambda n: [word(n) + " ab" * (LONG // 3)]),
    "a long id": _with(id=lambda n: word(n) + "b" * LONG),
    "a long category": _with(category=lambda n: word(n) + "b" * LONG),
    "deep brackets": _with(abstract=lambda _: "(" * (LONG // 2) + ")" * (LONG // 2)),
    "deep braces": _with(abstract=lambda _: "\\" + "{" * (LONG // 2) + "}" * (LONG // 2)),
    "a long command": _with(abstract=lambda _: "\\" + "a" * LONG),
    "TeX accents": _with(abstract=lambda _: '{\\"u}' * (LONG // 8)),
    "many marks on a letter": _with(abstract=lambda _: "a" + "\u0323\u0301" * (LONG // 4)),
    "marks on every letter": _with(abstract=lambda _: ("a" + "\u0323" * 29) * (LONG // 60)),
    "signs that are many letters": _with(abstract=lambda _: "\ufdfa" * (LONG // 3)),
    "Chinese": _with(abstract=lambda _: "漢" * (LONG // 3)),
    "numbers": _with(abstract=lambda _: "1,234" * (LONG // 5)),
}
"""The kinds of papers, each by number: what is written as JSON, or a line."""


class Cost(NamedTuple):
    """What a step took; ``byte_count`` is the size of the seed file as BOUNDS count it."""

    kind: str
    step: str
    byte_count: int
    peak_bytes: int
    seconds: float

    def faults(self) -> Iterator[str]:
        """Yield what is above its bound."""
        bound = BOUNDS[self.step]
        if self.peak_bytes > bound.fixed_bytes + bound.bytes_each * self.byte_count:
            yield f"{self.step} of {self.kind}: {self.peak_bytes:,} bytes for {self.byte_count:,}"
        if self.seconds > 1 + bound.seconds_each * self.byte_count:
            yield f"{self.step} of {self.kind}: {self.seconds:.1f} s for {self.byte_count:,} bytes"


def costs(kinds: Sequence[str], byte_count: int) -> list[Cost]:
    """Return what seed files of some kinds cost, measured in another process, one by one."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.trust.costs", str(byte_count), *kinds],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{', '.join(kinds)}: {ended.stderr[-1000:]}")
    return [Cost(*line) for line in json.loads(ended.stdout)]


def trials(seed: int, share: float) -> Iterator[Outcome]:  # noqa: ARG001
    """Try every kind with that share of the full size."""
    measured = []
    for kind in KINDS:
        measured += costs([kind], max(int(FULL_BYTES * share), LEAST_BYTES))
    faults = [fault for cost in measured for fault in cost.faults()]
    most = []
    for step in BOUNDS:
        own = [cost for cost in measured if cost.step == step]
        largest = max(own, key=lambda cost: cost.peak_bytes / cost.byte_count)
        slowest = max(own, key=lambda cost: cost.seconds / cost.byte_count)
        most.append(
            f"{step}: {largest.peak_bytes / largest.byte_count:.0f} bytes a byte ({largest.kind}),"
            f" {slowest.seconds / slowest.byte_count * 1e6:.1f} s a MB ({slowest.kind})"
        )
    yield Outcome(
        "hostile papers cost no more than the stated memory and time for each byte",
        tried=len(measured),
        failed=len(faults),
        lost=0,
        failures=tuple(faults[:MOST_EXAMPLES]),
        measured="; ".join(most),
    )


# One process


def write(file: Path, kind: str, byte_count: int) -> int:
    """Write papers of a kind until there are so many bytes; return how many BOUNDS count."""
    with file.open("w", encoding="utf-8") as out:
        for number in itertools.count():
            paper = KINDS[kind](number)
            line = paper if isinstance(paper, str) else json.dumps(paper, ensure_ascii=False)
            out.write(line + "\n")
            if out.tell() >= byte_count:
                break
        return max(out.tell(), number * LEAST_PAPER_BYTES)


def _memory(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        (line,) = [line for line in file if line.startswith(name)]
    return int(line.split()[1]) << 10


def _measured(step: Callable[[], object]) -> tuple[int, float]:
    """Return the most memory that a step took above what was held, and the processor's time.

    What a process took that the step has waited for is added to both.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # sets the peak back
    held_bytes, started = _memory("VmRSS"), _used()
    step()
    own, others = (now - before for now, before in zip(_used(), started, strict=True))
    peak_bytes = _memory("VmHWM") - held_bytes
    if others:
        peak_bytes += resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    return peak_bytes, own + others


def _used() -> tuple[float, float]:
    """Return the processor's time that this process used, and those that it has waited for."""
    own, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime


def _search(directory: Path) -> None:
    with searcher.open(directory) as papers:
        for query in QUERIES:
            page = papers.search(query, facets=["author", "institution", "category", "year"])
            page_csv(page)
            page_json(page)


def _steps(folder: Path, kind: str, byte_count: int) -> Iterator[Cost]:
    file, directory = folder / f"{kind}.jsonl", folder / kind
    counted_bytes = write(file, kind, byte_count)
    steps: dict[str, Callable[[], object]] = {
        "build": lambda: searcher.build(directory, [file]),
        "check": lambda: searcher.check(directory),
        "search": lambda: _search(directory),
    }
    for step, run in steps.items():
        yield Cost(kind, step, counted_bytes, *_measured(run))


def main() -> None:
    """Print what each kind costs, as JSON."""
    byte_count, *kinds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        # What is loaded and made once is no cost of these papers.
        list(_steps(Path(folder), "ordinary", 10_000))
    measured: list[Cost] = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            measured += _steps(Path(folder), kind, int(byte_count))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
