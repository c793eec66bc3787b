"""``python -m tests.bench.formats``: how fast each format is read, and how much memory that takes.

The same made papers are written in every format that is read, and each file is read by this project
and, where there is one, by the library that programs usually read the format with. Then files in
the form of arXiv's snapshot are read, whose memory should not grow with them. Needs the ``bench``
extra for all libraries. Exits 1 if a program does not find all records.
"""

import argparse
import csv
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.bench.measure import BenchError, in_process
from tests.bench.report import number, table

OURS = "searcher"
ROUNDS = 3
PATIENCE_SECONDS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What it takes to read a file: seconds of a processor and megabytes at the peak."""

    count: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.count / self.seconds


def main() -> None:
    """Measure, print the report, and record it if asked."""
    options = _options()
    load_before = os.getloadavg()[0]
    rows, snapshots, has_failed = [], [], False
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        try:
            rows = _format_rows(Path(name), options.papers, options.formats)
            snapshots = [_snapshot_row(Path(name), count) for count in options.snapshots]
        except BenchError as error:
            _say(f"FAILED: {error}")
            has_failed = True
    text = _report(rows, snapshots, papers=options.papers, load_before=load_before)
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    sys.exit(1 if has_failed else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.formats", description=__doc__)
    parser.add_argument(
        "--papers", type=int, default=10_000, help="how many in each format (default: 10000)"
    )
    parser.add_argument(
        "--formats", type=lambda text: text.split(","), help="some of the formats (default: all)"
    )
    parser.add_argument(
        "--snapshots",
        type=lambda text: [int(count) for count in text.split(",") if count],
        default=[100_000, 1_000_000],
        metavar="N,M",
        help="how many lines the snapshots have (default: 100000,1000000; 1.5 kB each)",
    )
    parser.add_argument("--folder", type=Path, help="where the files are written meanwhile")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the report here too")
    return parser.parse_args()


# In the process measured


def read_all(program: str, path: Path) -> tuple[int, float]:
    """Return how many records a program reads of a file, and the seconds of a processor it takes.

    Nothing of a record is kept, unless the program itself keeps all.
    """
    read = PROGRAMS[program]
    started = time.process_time()
    count = sum(1 for _ in read(path))
    return count, time.process_time() - started


def nothing() -> None:
    """Read nothing: what the process itself takes."""


def _ours(path: Path) -> Iterable[Any]:
    from index import SeedRun

    return SeedRun([path])


def _bibtexparser(path: Path) -> Iterable[Any]:
    from bibtexparser.entrypoint import parse_file

    return parse_file(str(path)).entries


def _rispy(path: Path) -> Iterable[Any]:
    import rispy

    return rispy.load(path, encoding="utf-8")  # type: ignore[no-any-return]


def _pubmed_parser(path: Path) -> Iterable[Any]:
    import pubmed_parser

    return pubmed_parser.parse_medline_xml(str(path))  # type: ignore[no-any-return]


def _nbib(path: Path) -> Iterable[Any]:
    import nbib

    return nbib.read_file(str(path))  # type: ignore[no-any-return]


def _csv(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t" if path.suffix == ".txt" else ",")


def _json(path: Path) -> Iterable[Any]:
    with path.open("rb") as file:
        value = json.load(file)
    return value if isinstance(value, list) else value["message"]["items"]


def _json_lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        yield from map(json.loads, file)


def _element_tree(path: Path) -> Iterator[Any]:
    for _, element in ElementTree.iterparse(path):
        if element.tag == "paper":
            yield {child.tag: "".join(child.itertext()) for child in element}
            element.clear()


PROGRAMS: dict[str, Callable[[Path], Iterable[Any]]] = {
    OURS: _ours,
    "bibtexparser": _bibtexparser,
    "rispy": _rispy,
    "pubmed_parser": _pubmed_parser,
    "nbib": _nbib,
    "csv": _csv,
    "json": _json,
    "json, by line": _json_lines,
    "ElementTree": _element_tree,
}
"""Who reads a file: this project, and libraries by the names of ``made_files.Format.peer``."""


# In the process that measures


def measured(programs: Iterable[str], path: Path, count: int, rounds: int) -> dict[str, Reading]:
    """Return what each program takes to read ``count`` records of a file: medians, taken in turn.

    Each reading is in a process of its own. Raises BenchError if one finds another number.
    """
    taken: dict[str, list[tuple[float, int]]] = {program: [] for program in programs}
    for _ in range(rounds):
        for program, readings in taken.items():
            (found, seconds), peak = in_process(PATIENCE_SECONDS, read_all, program, path)
            if found != count:
                raise BenchError(f"{program} reads {found:,} of {count:,} records of {path.name}")
            readings.append((seconds, peak))
    return {
        program: Reading(
            count,
            statistics.median(seconds for seconds, _ in readings),
            statistics.median(peak for _, peak in readings) / 1e6,
        )
        for program, readings in taken.items()
    }


def _format_rows(folder: Path, paper_count: int, wanted: list[str] | None) -> list[list[str]]:
    # Imported by those alone that make papers: the memory of the others is measured.
    from tests.bench.made import made_papers
    from tests.bench.made_files import FORMATS, write_file

    rows = []
    for form in FORMATS:
        if form.name not in (wanted or [form.name]):
            continue
        path = write_file(form, made_papers(paper_count), folder)
        peers = [form.peer] if form.peer and _is_installed(form.peer) else []
        readings = measured([OURS, *peers], path, paper_count, ROUNDS)
        own = readings[OURS]
        row = [form.name, number(path.stat().st_size / 1e6), number(own.rate), number(own.peak_mb)]
        for peer in peers:
            other = readings[peer]
            row += [peer, number(other.rate), number(other.peak_mb), f"{own.rate / other.rate:.2f}"]
        rows.append(row + [""] * (8 - len(row)))
        _say(" | ".join(rows[-1]))
        path.unlink()
    return rows


def _is_installed(program: str) -> bool:
    module = program.partition(",")[0]
    return module == "ElementTree" or find_spec(module) is not None


def _snapshot_row(folder: Path, line_count: int) -> list[str]:
    from tests.bench.snapshot import lost_count, snapshot

    path = folder / "snapshot.jsonl"
    with path.open("wb") as out:
        out.writelines(snapshot(line_count))
    size = path.stat().st_size
    count = line_count - lost_count(line_count)
    reading = measured([OURS], path, count, 1)[OURS]
    path.unlink()
    row = [f"{line_count:,}", number(size / 1e6), f"{count:,}", number(reading.rate)]
    row.append(f"{reading.peak_mb:.1f}")
    _say(" | ".join(row))
    return row


def _report(
    rows: list[list[str]], snapshots: list[list[str]], *, papers: int, load_before: float
) -> str:
    _, base = in_process(60.0, nothing)
    lines = [
        f"# Formats, {datetime.date.today()}",
        "",
        f"`python -m tests.bench.formats`, commit {_commit()}. Machine: {os.cpu_count()} cores,"
        f" load {load_before:.1f} at the start and {os.getloadavg()[0]:.1f} at the end; Python"
        f" {platform.python_version()}.",
        f"A file of {papers:,} made papers in each format is read whole, each time by a new"
        f" process: medians of {ROUNDS} readings, in turn with the library's. Seconds are of a"
        " processor, imports among them. Memory is the process's resident set at its peak, of which"
        f" {base / 1e6:.0f} MB are its own before it reads; 1 MB is 1,000,000 bytes.",
        "What is read here are papers: cleaned texts, names, dates and identifiers. Libraries give"
        " the fields as they are printed, but for pubmed_parser and nbib, which tell some apart:"
        f" {', '.join(_versions())}.",
        "",
    ]
    if rows:
        heading = ["format", "MB", "papers/s", "peak, MB", "library", "records/s", "peak, MB"]
        lines += [*table([[*heading, f"{OURS} / library"], *rows]), ""]
    if snapshots:
        lines += [
            "Lines in the form of arXiv's snapshot, of which one in a thousand is lost in each of"
            " four ways, and others are odd:",
            "",
            *table([["lines", "MB", "papers", "papers/s", "peak, MB"], *snapshots]),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _versions() -> Iterator[str]:
    for module in ("bibtexparser", "rispy", "pubmed_parser", "nbib"):
        if find_spec(module):
            yield f"{module} {version(module)}"


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
