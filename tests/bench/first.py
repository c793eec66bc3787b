"""``python -m tests.bench.first INDEX``: what the first question costs after an index was opened.

Each row is measured in processes of their own, in milliseconds of CPU time: the first time it is
asked, and again. ``--before CHECKOUT INDEX`` measures another checkout beside it, on its own index
of the same papers and with the Python of its ``.venv``. What is asked is cut from the newest and
the oldest papers. Needs Linux for the memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import rows
from tests.bench.engines import ROOT
from tests.bench.measure import STOP_WORDS, cut_phrases, cut_queries, percentiles
from tests.bench.work import SEED

TIMES = {
    "words": "any of 2 to 5 words, ten titles, p50 / p95",
    "usual": "the same as it comes, p50 / p95",
    "phrases": "phrases, p50 / p95",
    "author": 'author:"Name"',
    "facet": "facet by author over all papers, its first dozen",
    "prefix": "a*",
    "ending": "*tion",
    "edits": "lerning~2",
    "date": "* sorted by date",
    "id": "id look-up",
    "suggest": 'suggest("deep l")',
    "all": "all(): first paper; each further paper",
}
COMMANDS = {
    "command": ("search", "--index", "{index}", "--any", "{query}"),
    "check": ("check", "--index", "{index}"),
}


def main() -> None:
    """Print the table."""
    options = _options()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sides = [(sys.executable, ROOT, options.index)]
    if options.before:
        checkout, index = map(Path, options.before)
        sides.append((str(checkout / ".venv" / "bin" / "python"), checkout, index))
    asked = questions(_row(sides[0], "sample", {}))
    names = [name for name in (*TIMES, "memory", *COMMANDS) if name in (options.rows or [name])]
    print("| row | " + " | ".join(["first / again", "before"][: len(sides)]) + " |")
    print("|---" * (len(sides) + 1) + "|")
    for name in names:
        rounds = 1 if name in ("memory", "check") else options.rounds
        found: list[list[dict[str, float]]] = [[] for _ in sides]
        for _ in range(rounds):  # in turn, as the machine may be used by others
            for own, side in zip(found, sides, strict=True):
                own.append(
                    _command(side, COMMANDS[name], asked)
                    if name in COMMANDS
                    else _row(side, name, asked)
                )
        print(f"| {_label(name)} | " + " | ".join(_told(name, own) for own in found) + " |")
        sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first", description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--before", nargs=2, metavar=("CHECKOUT", "INDEX"))
    parser.add_argument("--rounds", type=int, default=3, help="processes a row is measured in")
    parser.add_argument("--rows", type=lambda text: text.split(","), help="some rows only")
    return parser.parse_args()


def questions(sample: dict[str, list[str]]) -> dict[str, Any]:
    """Return what is asked, cut from titles, abstracts, names and ids of papers."""
    titles, abstracts = sample["titles"], sample["abstracts"]
    words = Counter(word for text in abstracts for word in text.lower().split() if word.isalpha())
    plain = [word for word, _ in words.most_common() if word not in STOP_WORDS]
    return {
        "queries": cut_queries(titles, SEED),
        "more": cut_queries(titles, SEED + 1),
        "phrases": [f'"{phrase}"' for phrase in cut_phrases(abstracts, SEED)],
        "frequent": plain[0],
        "name": sample["names"][len(sample["names"]) // 2],
        "id": sample["ids"][len(sample["ids"]) // 3],
    }


def _row(side: tuple[str, Path, Path], name: str, asked: dict[str, Any]) -> Any:
    python, checkout, index = side
    return json.loads(
        _run([python, "-P", rows.__file__, name, str(index)], checkout, json.dumps(asked))
    )


def _command(
    side: tuple[str, Path, Path], words: Sequence[str], asked: dict[str, Any]
) -> dict[str, float]:
    """Return the CPU milliseconds and the peak memory in MB of one command."""
    python, checkout, index = side
    line = [word.format(index=index, query=asked["queries"][0]) for word in words]
    # A small process of its own asks for the figures: they are of its only child.
    measured = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))"
    )
    command = [sys.executable, "-c", measured, python, "-P", "-m", "searcher", *line]
    seconds, kilobytes = json.loads(_run(command, checkout, ""))
    return {"first": seconds * 1000, "again": kilobytes / 1024}


def _run(command: Sequence[str], checkout: Path, given: str) -> str:
    variables = {**os.environ, "PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, env=variables, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command[-3:])}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def _label(name: str) -> str:
    if name == "memory":
        return "memory after a mixed hour, own / mapped, MB"
    if name in COMMANDS:
        return f"whole `searcher {COMMANDS[name][0]}` command, CPU ms / peak MB"
    return f"{TIMES[name]}, ms"


def _told(name: str, rounds: Sequence[dict[str, float]]) -> str:
    if name in ("words", "usual", "phrases"):
        told = []
        for which in ("first", "again"):
            times = [
                statistics.median(one[key] for one in rounds)
                for key in rounds[0]
                if key.startswith(which)
            ]
            told.append(" / ".join(f"{value:,.2f}" for value in percentiles(times, (0.5, 0.95))))
        return "; again ".join(told)
    values = [statistics.median(one[which] for one in rounds) for which in ("first", "again")]
    return " / ".join(f"{value:,.2f}" for value in values)


if __name__ == "__main__":
    main()
