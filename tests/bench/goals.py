"""What the project wants of its figures, as data, and whether a run met it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.measure import PAPERS_NEW, Figures

P50, P95 = 0, 1


@dataclass(frozen=True, slots=True)
class Goal:
    """At most ``limit``: times the figure of ``against``, or, where that is empty, as it is.

    ``against`` is another engine's same measure, or another measure of this project's. The goal
    holds for corpora of ``fewest`` to ``most`` papers.
    """

    measure: str
    limit: float
    against: str = ""
    value: int = P50
    fewest: int = 0
    most: int = 10**9


SMALL = 100_000
LARGE = 230_000
MILLION = 1_000_000

NOT_SLOWER = (
    "build, s",
    "index, MB",
    "top 10, ms",
    "top 10, papers, ms",
    "count, ms",
    "top 10, snippets, ms",
    "top 10, snippets, facets, ms",
    f"{PAPERS_NEW}, ms",
    "phrases, ms",
)
GOALS = (
    Goal("top 10, ms", 1.5, "tantivy", P50, most=SMALL),
    Goal("top 10, ms", 1.5, "tantivy", P95, most=SMALL),
    Goal("top 10, ms", 0.5, "tantivy", P50, fewest=LARGE),
    Goal("top 10, ms", 2.0, "tantivy", P95, fewest=LARGE),
    Goal("top 10, snippets, facets, ms", 1.0, "tantivy", P50),
    Goal("top 10, snippets, facets, ms", 1.0, "tantivy", P95),
    Goal(f"{PAPERS_NEW}, ms", 1.0, "tantivy", P50),
    Goal(f"{PAPERS_NEW}, ms", 1.0, "tantivy", P95),
    Goal("phrases, ms", 1.0, "tantivy", P50),
    Goal("phrases, ms", 1.0, "tantivy", P95),
    Goal("build, s", 1.5, "tantivy"),
    Goal("build, s", 1 / 12, "whoosh"),
    Goal("index, MB", 1.25, "tantivy"),
    Goal("build, peak memory, MB", 300, most=SMALL),
    Goal("build, peak memory, MB", 1_500, fewest=MILLION),
    Goal("whole command, ms", 250, most=SMALL),
    Goal("whole command, ms", 2.0, "base import, ms", most=SMALL),
    Goal("100 papers added and found, s", 1.0, fewest=MILLION),
    # Nothing gets slower: against the checkout that --before names.
    *(Goal(measure, 1.03, "before") for measure in NOT_SLOWER),
    Goal("whole command, ms", 0.9, "before"),
    Goal("top 10, as it comes, ms", 2.5, "before", P50),
    Goal("top 10, as it comes, ms", 2.5, "before", P95),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal beside what was measured of it: times the figure it is against, or as it is."""

    goal: Goal
    measured: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.goal.limit


def judge(figures: Mapping[str, Figures], paper_count: int) -> list[Verdict]:
    """Return the goals for ``paper_count`` papers whose figures were measured."""
    own = figures.get("searcher", {})
    verdicts = []
    for goal in GOALS:
        if not goal.fewest <= paper_count <= goal.most or goal.measure not in own:
            continue
        measured = own[goal.measure].values[goal.value]
        if goal.against:
            other = own.get(goal.against) or figures.get(goal.against, {}).get(goal.measure)
            if other is None:
                continue
            measured /= other.values[goal.value]
        verdicts.append(Verdict(goal, measured))
    return verdicts
