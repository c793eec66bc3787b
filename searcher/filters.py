"""The filters of a request as conditions of the query language."""

from collections.abc import Iterator

from searcher.query.clauses import AnyTerm, Bool, EveryPaper, Filter, Listed
from searcher.query.ranges import parse_range
from searcher.query.tree import Exact, Node, Or, Phrase, Word
from searcher.request import Request

_HAS_CODE = AnyTerm("has", ("code",))
_HAS_NO_CODE = Bool(required=(EveryPaper(),), excluded=(_HAS_CODE,))


def filter_trees(request: Request) -> Iterator[tuple[str, Node | Filter]]:
    """Yield the filters of a request by their facets, in the query language where it has them."""
    if request.category:
        yield "category", Or(tuple(Word(value, "cat") for value in request.category))
    spans = [span for text in request.year if (span := parse_range("year", text))]
    if spans:
        yield "year", Or(tuple(spans))
    if request.author:
        yield "author", Or(tuple(_name(name, "author") for name in request.author))
    if request.institution:
        yield "institution", Or(tuple(_name(name, "inst") for name in request.institution))
    if request.venue:
        yield "venue", Listed("venue", request.venue)
    if request.type:
        yield "type", Or(tuple(Word(value, "type") for value in request.type))
    if request.has_code is not None:
        yield "code", _HAS_CODE if request.has_code else _HAS_NO_CODE


def _name(name: str, field: str) -> Exact | Phrase:
    """Return a name as the query would have it: after ``=`` it is meant as it is spelled."""
    exact = name.removeprefix("=").strip()
    return Exact(exact, field) if exact and name.startswith("=") else Phrase(name, None, field)
