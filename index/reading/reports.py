"""What a run reports: its problems and notes, each kind of loss in a file told once."""

from collections import Counter
from dataclasses import replace
from typing import Literal

from index.analysis import MAX_WORD_CHARS, long_word_count
from index.names import MAX_NAME_CHARS
from index.paper import Paper
from index.readers.base import Problem

MAX_REPORTS = 1_000
"""How many problems of a file, and how many notes, are listed; the others are counted."""
MAX_REASON_CHARS = 500
MAX_LINES_NAMED = 3

Kind = Literal["problem", "note"]


class Reports:
    """Collects problems and notes, in memory that does not grow with the number of records."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Kind, str], _Group] = {}
        self._counts: Counter[tuple[str, Kind]] = Counter()
        self._group_counts: Counter[tuple[str, Kind]] = Counter()
        self._unlisted: Counter[tuple[str, Kind]] = Counter()
        self._doubtful: set[tuple[str, int]] = set()

    def add(self, problem: Problem) -> None:
        """Add a problem or a note."""
        place = problem.file, problem.kind
        self._counts[place] += 1
        if problem.kind == "problem" and self._counts[place] <= MAX_REPORTS:
            self._doubtful.add((problem.file, problem.line))
        reason = problem.reason
        if len(reason) > MAX_REASON_CHARS:
            problem = replace(problem, reason=f"{reason[:MAX_REASON_CHARS]}…")
        key = (*place, problem.what or problem.reason)
        if key in self._groups:
            self._groups[key].add(problem)
        elif self._group_counts[place] < MAX_REPORTS:
            self._group_counts[place] += 1
            self._groups[key] = _Group(problem)
        else:
            self._unlisted[place] += 1

    def listed(self) -> list[Problem]:
        """Return one entry for each kind of loss in each file; of each file at most MAX_REPORTS."""
        more = [
            Problem(file, 0, f"and {count:,} more {kind}s, not listed", kind, count=count)
            for (file, kind), count in self._unlisted.items()
        ]
        return [*(group.problem for group in self._groups.values()), *more]

    @property
    def faulty(self) -> set[str]:
        """The files with a problem; notes do not count."""
        return {file for file, kind in self._counts if kind == "problem"}

    def is_doubtful(self, file: str, line: int) -> bool:
        """Tell whether a line has a problem; of a file with very many, any line may have one."""
        return (file, line) in self._doubtful or self._counts[file, "problem"] > MAX_REPORTS


class _Group:
    """The reports of one loss in one file."""

    def __init__(self, first: Problem) -> None:
        self._first = first
        self._count = first.count
        self._added = 1
        self._lines = [first.line]
        self._is_one_reason = True

    def add(self, problem: Problem) -> None:
        self._count += problem.count
        self._is_one_reason &= problem.reason == self._first.reason
        self._added += 1
        if len(self._lines) < MAX_LINES_NAMED and problem.line not in self._lines:
            self._lines.append(problem.line)

    @property
    def problem(self) -> Problem:
        if self._added == 1:  # it may stand for several, as it was listed before
            return self._first
        first = "first at" if self._count > len(self._lines) else "at"
        lines = f"line{'' if len(self._lines) == 1 else 's'} {', '.join(map(str, self._lines))}"
        what = self._first.what or self._first.reason
        reason = f"{what}: {self._count:,} records, {first} {lines}"
        detail = self._first.reason.removeprefix(what).removeprefix(": ")
        if detail:
            reason += f" ({'' if self._is_one_reason else 'such as '}{detail})"
        return replace(self._first, reason=reason, count=self._count)


def long_words_note(paper: Paper) -> Problem | None:
    """Return a note if words or names are so long that only their beginnings are indexed."""
    names = paper.authors + paper.institutions + paper.owners
    if max(map(len, (paper.title, *names))) < MAX_WORD_CHARS and not long_word_count(
        paper.abstract
    ):
        return None  # as for nearly all papers, in two microseconds
    names = tuple(dict.fromkeys(names))
    counts = (
        ("word", sum(map(long_word_count, (paper.title, paper.abstract, *names))), MAX_WORD_CHARS),
        ("name", sum(len(name) >= MAX_NAME_CHARS for name in names), MAX_NAME_CHARS),
    )
    told = [
        f"{count:,} {kind}{'' if count == 1 else 's'} of {most:,} characters or more"
        for kind, count, most in counts
        if count
    ]
    if not told:
        return None
    source = paper.sources[0]
    reason = f"{' and '.join(told)}: searches see only the beginning"
    return Problem(source.file, source.line, reason, "note")
