"""The figures of a run as Markdown: who was measured, every figure, the goals."""

import datetime
import os
import platform
from collections.abc import Mapping, Sequence

from tests.bench.goals import P50, Verdict, judge
from tests.bench.measure import BASE_IMPORT, Figure, Figures
from tests.bench.work import Work

# The engines that this project is compared with.
BASES = ("before", "tantivy")


def report(
    figures: Mapping[str, Figures],
    versions: Mapping[str, str],
    *,
    work: Work,
    load_before: float,
    notes: Sequence[str],
) -> str:
    """Return the record of one run.

    ``load_before`` is the machine's load average when it began; ``notes`` say what was left out.
    """
    lines = [
        f"# {work.paper_count:,} papers, {datetime.date.today()}",
        "",
        "Papers: "
        + ("made in the likeness of the corpus." if work.is_made else "the corpus itself."),
        f"Queries: {len(work.queries)} of 2 to 5 words of titles, any of which may match;"
        f" {len(work.phrases)} phrases of 2 or 3 words of abstracts.",
        f"Machine: {os.cpu_count()} cores, load {load_before:.1f} at the start and"
        f" {os.getloadavg()[0]:.1f} at the end; Python {platform.python_version()}.",
        "Engines: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "Milliseconds are p50 / p95 / p99 of a query, from its text to hits with titles; the first"
        " round is the first use of an index newly opened by a new process, its files in memory."
        " The others ask the same again: what an engine keeps of words and of papers shown serves"
        " it, but where papers are new.",
        "Memory is the proportional set size of the process and its children together, sampled, or"
        " the process's own peak resident set if that is more; 1 MB is 1,000,000 bytes.",
        "Builds are the median of up to three; added papers the median / longest of three batches."
        f" The base import is `python -c '{BASE_IMPORT}'`.",
        *notes,
        "",
        *_figure_table(figures),
        "",
        *_goal_table(judge(figures, work.paper_count)),
    ]
    return "\n".join(lines) + "\n"


def written(figure: Figure) -> str:
    """Return the values of a figure, to three digits or so."""
    values = " / ".join(number(value) for value in figure.values)
    return f"{values} ({figure.note})" if figure.note else values


def number(value: float) -> str:
    """Return a number to three digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _figure_table(figures: Mapping[str, Figures]) -> list[str]:
    measures = list(dict.fromkeys(measure for each in figures.values() for measure in each))
    own = figures.get("searcher", {})
    bases = [base for base in BASES if own and figures.get(base)]
    rows = [["", *figures, *(f"searcher / {base}" for base in bases)]]
    for measure in measures:
        row = [measure]
        row += [written(each[measure]) if measure in each else "" for each in figures.values()]
        row += [_ratios(own.get(measure), figures[base].get(measure)) for base in bases]
        rows.append(row)
    return table(rows)


def _ratios(own: Figure | None, base: Figure | None) -> str:
    if own is None or base is None:
        return ""
    pairs = zip(own.values, base.values, strict=True)
    return " / ".join(f"{ours / theirs:.2f}" for ours, theirs in pairs)


def _goal_table(verdicts: list[Verdict]) -> list[str]:
    rows = [["goal", "at most", "measured", "met"]]
    for verdict in verdicts:
        goal = verdict.goal
        values = "p50" if goal.value == P50 else "p95"
        name = goal.measure if "ms" not in goal.measure else f"{goal.measure}, {values}"
        unit = f" x {goal.against}" if goal.against else ""
        limit, measured = f"{number(goal.limit)}{unit}", number(verdict.measured)
        rows.append([name, limit, measured, "yes" if verdict.is_met else "NO"])
    return table(rows) if verdicts else []


def table(rows: list[list[str]]) -> list[str]:
    """Return the first row as heading, the others below, in columns of one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]
