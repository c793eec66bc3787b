"""Clauses as Whoosh's own queries: the slower path that the fast one is tested against."""

from typing import Any

from whoosh import query as whoosh_query
from whoosh.searching import Searcher

from searcher.query.clauses import AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span


def whoosh_matches(whoosh_searcher: Searcher, clause: Clause) -> set[str]:
    """Return the ids of the papers that Whoosh's Searcher finds for ``clause``."""
    return {hit["id"] for hit in whoosh_searcher.search(to_whoosh(clause), limit=None)}


def to_whoosh(clause: Clause) -> Any:
    """Return the Whoosh query of a clause; near runs are left out, Whoosh counts them its way."""
    match clause:
        case Match(_, alternatives):
            return whoosh_query.Or(
                [_run(run) for alternative in alternatives for run in alternative.runs]
            )
        case AnyTerm(field, terms):
            return whoosh_query.Or([whoosh_query.Term(field, term) for term in terms])
        case Span(field, low, high):
            return whoosh_query.NumericRange(field, low, high)
        case EveryPaper():
            return whoosh_query.Every()
        case Bool(required, optional, excluded):
            if required:
                found = whoosh_query.And([to_whoosh(child) for child in required])
            else:
                found = whoosh_query.Or([to_whoosh(child) for child in optional])
            if excluded:
                # Not AndNot: its matcher loses an exclusion where both sides begin at one paper.
                unwanted = [whoosh_query.Not(to_whoosh(child)) for child in excluded]
                return whoosh_query.And([found, *unwanted])
            return found


def _run(run: Run) -> Any:
    assert run.slop is None
    if run.field == "year":
        return whoosh_query.NumericRange("year", int(run.terms[0]), int(run.terms[0]))
    if len(run.terms) == 1:
        return whoosh_query.Term(run.field, run.terms[0])
    return whoosh_query.Phrase(run.field, list(run.terms))
