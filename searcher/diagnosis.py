"""What a diagnosis of a search that finds nothing is made of: plain frozen values."""

from dataclasses import asdict, dataclass
from typing import Any

from searcher.request import FILTERS, Request


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """A clause of a query, or a filter of a request, and how many papers match it by itself.

    ``filter`` is the name of the option that ``text`` was given to, empty for a clause.
    """

    text: str
    count: int
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A request that finds more than another, and in what they differ.

    ``dropped`` are the clauses and filters left out. ``replaced`` is a clause that was written as
    ``by``. If neither is given, any of the words may match instead of all. A search for ``request``
    finds ``count`` papers, ``all_words`` of which match all the words.
    """

    request: Request
    count: int
    all_words: int
    dropped: tuple[ClauseCount, ...] = ()
    replaced: str = ""
    by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the relaxation as JSON-ready values: what to ask, and what that finds."""
        filters = {name: value for name in FILTERS if (value := getattr(self.request, name))}
        return {
            "query": self.request.query,
            "filters": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in filters.items()
            },
            "match": self.request.match,
            "count": self.count,
            "all_words": self.all_words,
            "dropped": [asdict(one) for one in self.dropped],
            "replaced": self.replaced,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a request finds nothing, and what finds more, the best first.

    ``clauses`` are the parts of the request, each counted by itself, and ``killers`` those that
    stand in the way: as a rule one, and none where no two parts go together. Where ``total`` papers
    match all the words already, ``relaxations`` hold nothing but words that may have been meant.
    ``partial``: the time was over before all was counted.
    """

    total: int
    clauses: tuple[ClauseCount, ...] = ()
    killers: tuple[ClauseCount, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    partial: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as JSON-ready values."""
        return {
            "total": self.total,
            "clauses": [asdict(clause) for clause in self.clauses],
            "killers": [asdict(killer) for killer in self.killers],
            "relaxations": [one.to_dict() for one in self.relaxations],
            "partial": self.partial,
        }
