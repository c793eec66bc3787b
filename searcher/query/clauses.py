"""Clauses: what a query asks of an index's terms, the same for every engine.

A clause says which terms, in which fields, at which distance.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Run(NamedTuple):
    """Terms in a row in one field; with ``slop``, in any order and with that many others.

    A tuple, because what is kept of a word is looked up by its runs: hashing a dataclass that holds
    some takes longer than adding up a rare word's scores.
    """

    field: str
    terms: tuple[str, ...]
    slop: int | None = None


Alternative = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One word or phrase of the query. Scores as its best alternative.

    ``label`` is the clause as typed. Each alternative is the same words spelled one way, as a run
    for every field searched; its score is the sum over the fields.
    """

    label: str
    alternatives: tuple[Alternative, ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """A condition without a score: any of ``terms`` in ``field``."""

    field: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A condition without a score: ``field`` is a number from ``low`` to ``high`` inclusive."""

    field: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class EveryPaper:
    """Every paper, with score 0."""


@dataclass(frozen=True, slots=True)
class Bool:
    """All of ``required``, none of ``excluded``; ``optional`` add to the score.

    Without anything required, at least one optional clause must match.
    """

    required: tuple["Clause", ...] = ()
    optional: tuple["Clause", ...] = ()
    excluded: tuple["Clause", ...] = ()


Clause = Match | AnyTerm | Span | EveryPaper | Bool
