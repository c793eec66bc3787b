"""Clauses: what a query asks of an index's terms, the same for every engine.

A clause says which terms, in which fields, at which distance. Clauses are tuples because engines
look up scores by them, and hashing dataclasses would take longer than adding up the scores of a
rare word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Run(NamedTuple):
    """Terms in a row in one field; with ``slop``, in any order and with up to that many others."""

    field: str
    terms: tuple[str, ...]
    slop: int | None = None


class Alternative(NamedTuple):
    """One way to spell a word or phrase: a run for every field searched.

    It counts ``weight`` times as often as it occurs. ``distant`` are forms of its stem that count
    less, because they are other words than the one typed.
    """

    runs: tuple[Run, ...]
    weight: float = 1.0
    distant: tuple[str, ...] = ()


class Match(NamedTuple):
    """One word or phrase of the query; a paper scores as its best alternative there.

    ``label`` is the clause as typed. The score of an alternative is the sum over its runs.
    """

    label: str
    alternatives: tuple[Alternative, ...]
    boost: float = 1.0


class AnyTerm(NamedTuple):
    """A condition without a score: any of ``terms`` in ``field``.

    With ``is_first`` it is that of the first of the field's values, as the first author is.
    """

    field: str
    terms: tuple[str, ...]
    is_first: bool = False


NO_PAPER = AnyTerm("id", ())
"""What no paper matches."""


class Span(NamedTuple):
    """A condition without a score: ``field`` is a number from ``low`` to ``high`` inclusive."""

    field: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class EveryPaper:
    """Every paper, with score 0."""


class Bool(NamedTuple):
    """All of ``required``, none of ``excluded``; ``optional`` add to the score.

    Without anything required, at least one optional clause must match.
    """

    required: tuple["Clause", ...] = ()
    optional: tuple["Clause", ...] = ()
    excluded: tuple["Clause", ...] = ()


Tiers = tuple[AnyTerm, ...]
"""The names that one name of a query may mean, by how surely it does, the surest first."""

Clause = Match | AnyTerm | Span | EveryPaper | Bool


class Listed(NamedTuple):
    """A filter that is no clause: a facet of the paper has any of ``values``.

    They are whole values, in any case and accents.
    """

    facet: str
    values: tuple[str, ...]


Filter = Clause | Listed


def matches_of(clause: Clause) -> Iterator[Match]:
    """Yield the words and phrases of a clause that add to the score, in their order."""
    if isinstance(clause, Match):
        yield clause
    elif isinstance(clause, Bool):
        for child in (*clause.required, *clause.optional):
            yield from matches_of(child)
