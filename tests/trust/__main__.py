"""``python -m tests.trust``: every promise about the index tried in full, with one seed.

Takes hours if --share is not below 1. Exits 1 if a promise was broken, or none of the full number
of its trials could be made.
"""

import argparse
import datetime
import os
import platform
import sys
import time
from pathlib import Path

from tests.bench.report import table
from tests.trust.rooms import ROOMS
from tests.trust.trial import Outcome


def main() -> None:
    """Run the trials, print what each came to, and record it if asked."""
    options = _options()
    rows = [["promise", "tried", "failed", "lost", "measured", "minutes"]]
    outcomes: list[Outcome] = []
    for room in options.rooms or ROOMS:
        started = time.monotonic()
        for outcome in ROOMS[room](options.seed, options.share):
            outcomes.append(outcome)
            counts = [f"{count:,}" for count in (outcome.tried, outcome.failed, outcome.lost)]
            minutes = f"{(time.monotonic() - started) / 60:.1f}"
            measured = outcome.measured if outcome.tried else f"NOT TRIED; {outcome.measured}"
            rows.append([outcome.promise, *counts, measured, minutes])
            print(f"{room}: {' | '.join(rows[-1])}", *outcome.failures, sep="\n  ", file=sys.stderr)
            started = time.monotonic()
    failures = [line for outcome in outcomes for line in outcome.failures]
    lines = [
        f"# Trust, {datetime.date.today()}",
        "",
        f"`python -m tests.trust --seed {options.seed} --share {options.share:g}`,"
        f" {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
        *table(rows),
        *(["", "Failures:", "", *(f"- {line}" for line in failures)] if failures else []),
    ]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if options.record:
        options.record.write_text(text, encoding="utf-8")
    # A small share of a promise with few trials may be none.
    is_untried = options.share >= 1 and not all(outcome.tried for outcome in outcomes)
    sys.exit(is_untried or any(outcome.failed or outcome.lost for outcome in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of the full number of trials")
    parser.add_argument(
        "--rooms", type=lambda text: text.split(","), help=f"some of {','.join(ROOMS)}"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write the report here too")
    options = parser.parse_args()
    if set(options.rooms or []) - set(ROOMS):
        parser.error(f"--rooms: they are {', '.join(ROOMS)}")
    return options


if __name__ == "__main__":
    main()
