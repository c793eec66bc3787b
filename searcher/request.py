"""What is asked of a collection: every option once, checked when the request is made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from operator import index as as_integer
from typing import Any, Literal, TypedDict, Unpack, get_args

from index.fields import FACETS, FIELD_WEIGHTS, LENGTH_NORMALISATION
from searcher.errors import BadRequestError
from searcher.query.ranges import parse_range

MatchMode = Literal["auto", "all", "any"]
Sort = Literal["relevance", "date", "score"]

_MODES = get_args(MatchMode)
_SORTS = get_args(Sort)
_LISTS = ("category", "year", "author", "institution", "facets")
_FLAGS = ("strict", "facets_within_filters", "explain", "paper", "snippets", "count")
_ALL_FLAGS = (bool,) * len(_FLAGS)
_MOST_RANKINGS = 64
_MOST_WEIGHT = 1e6


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _field_numbers(name: str, given: Any, most: float) -> tuple[tuple[str, float], ...]:
    """Return numbers of fields as pairs: each from 0 to ``most``, for a field that is searched."""
    try:
        pairs = tuple(dict(given).items())
    except (TypeError, ValueError):
        raise BadRequestError(f"{name} is {given!r}; it must map fields to numbers") from None
    for field, number in pairs:
        if field not in FIELD_WEIGHTS or not _is_number(number) or not 0 <= number <= most:
            raise BadRequestError(
                f"{name} {field}={number}: {name} is of {', '.join(FIELD_WEIGHTS)}, each from 0 to"
                f" {most:,.0f}"
            )
    return tuple([(field, float(number)) for field, number in pairs])


@dataclass(frozen=True, slots=True)
class Ranking:
    """The parameters of BM25F; see ``searcher.engines.local.ranking`` for the formulas.

    ``weights`` multiply a word's frequency in each field; a field of weight 0 is not searched, and
    a field that is left out has the weight 1. ``b`` normalises by the length of a field, from 0
    (not at all) to 1 (in full). ``k1`` is the weighted frequency that gives half of the best score.

    ``weights`` and ``b`` may be given as mappings. Raises BadRequestError for what is no ranking.
    """

    weights: tuple[tuple[str, float], ...] = tuple(FIELD_WEIGHTS.items())
    k1: float = 1.2
    b: tuple[tuple[str, float], ...] = tuple(LENGTH_NORMALISATION.items())

    def __post_init__(self) -> None:
        k1: Any = self.k1
        if not _is_number(k1) or not 0 < k1 <= _MOST_WEIGHT:
            raise BadRequestError(
                f"k1 is {k1!r}; it must be a number above 0, at most {_MOST_WEIGHT:,.0f}"
            )
        object.__setattr__(self, "k1", float(k1))
        for name, most in (("weights", _MOST_WEIGHT), ("b", 1.0)):
            numbers = _field_numbers(name, getattr(self, name), most)
            object.__setattr__(self, name, numbers)

    @classmethod
    def with_weights(cls, weights: Mapping[str, float]) -> "Ranking":
        """Return the usual ranking with these field weights.

        Raises BadRequestError unless they are numbers of 0 or more for fields that are searched.
        """
        if not isinstance(weights, Mapping):
            raise BadRequestError(f"weights is {weights!r}; it must map fields to numbers")
        return _ranking(_field_numbers("weights", weights, _MOST_WEIGHT))

    def weight(self, field: str) -> float:
        """Return the weight of a field."""
        return next((weight for name, weight in self.weights if name == field), 1.0)

    def length_normalisation(self, field: str) -> float:
        """Return b of a field."""
        return next((b for name, b in self.b if name == field), 0.0)


DEFAULT_RANKING = Ranking()


class SelectionOptions(TypedDict, total=False):
    """The options that say which papers are wanted and in which order; see Request."""

    category: str | Sequence[str]
    year: str | int | Sequence[str | int]
    author: str | Sequence[str]
    institution: str | Sequence[str]
    has_code: bool | None
    sort: Sort
    match: MatchMode
    strict: bool


class SearchOptions(SelectionOptions, total=False):
    """All options of a search; see Request. ``weights`` is short for a ``ranking``."""

    facets: str | Sequence[str]
    facets_within_filters: bool
    limit: int
    page: int
    explain: bool
    timeout: float | None
    ranking: Ranking
    weights: Mapping[str, float]
    paper: bool
    snippets: bool
    count: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    ``category``, ``year``, ``author`` and ``institution`` are filters: a paper passes each that is
    not empty with any of its values. ``year`` takes what ``year:`` takes, such as ``2023..2025``.
    ``match``: ``all`` words must match, ``any`` of them, or ``auto``: all, and any where all match
    nothing. ``sort`` by ``score`` means the paper's own, as its source gives it. ``limit`` and
    ``page`` count hits and pages, from 1. ``strict`` raises StrictQueryError on any diagnostic of
    the query. ``timeout`` is the number of seconds after which the search answers with what it has
    by then; None for no end.

    A facet is counted with every filter except its own, so that it shows what else could be chosen;
    with ``facets_within_filters`` its own filter holds too: the author facet counts co-authors.

    What costs time can be asked for or left out: ``facets`` names the facets to count, ``explain``
    adds the parts of each score, ``paper`` the whole paper of each hit, ``snippets`` its title and
    abstract with the matches marked, ``count`` the number of all matches.

    A single value may stand for a list of one, and an integer of numpy for one of Python; the
    request holds tuples and integers of Python. Raises BadRequestError for an option without
    meaning.
    """

    query: str = "*"
    category: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    has_code: bool | None = None
    facets: tuple[str, ...] = ()
    facets_within_filters: bool = False
    sort: Sort = "relevance"
    limit: int = 10
    page: int = 1
    match: MatchMode = "auto"
    strict: bool = False
    explain: bool = False
    timeout: float | None = None
    ranking: Ranking = DEFAULT_RANKING
    paper: bool = True
    snippets: bool = True
    count: bool = True

    @classmethod
    def from_options(cls, query: str, **options: Unpack[SearchOptions]) -> "Request":
        """Return the request of a search with these options. Raises BadRequestError."""
        known = SearchOptions.__annotations__.keys()
        if not options.keys() <= known:
            unknown = min(options.keys() - known)
            raise BadRequestError(
                f"a search has no option {unknown!r}; its options are {', '.join(known)}"
            )
        values: dict[str, Any] = dict(options)
        if "weights" in values:
            if "ranking" in values:
                raise BadRequestError("give either a ranking or weights, which stand for one")
            values["ranking"] = Ranking.with_weights(values.pop("weights"))
        return cls(query, **values)

    def __post_init__(self) -> None:
        if not isinstance(self.query, str):
            raise BadRequestError(f"the query is {self.query!r}; it must be text")
        for name in _LISTS:
            values = getattr(self, name)
            if type(values) is not tuple or values:
                self._normalise_texts(name, values)
        if type(self.limit) is not int or type(self.page) is not int:
            self._set("limit", _integer(self.limit, self))
            self._set("page", _integer(self.page, self))
        if self.limit < 0 or self.page < 1:
            raise BadRequestError(
                f"limit {self.limit}, page {self.page}: limit is 0 or more, page 1 or more"
            )
        if not isinstance(self.has_code, bool | None):
            raise BadRequestError(f"has_code is {self.has_code!r}; it must be True, False or None")
        if self.sort not in _SORTS:
            raise _not_one_of("sort", self.sort, _SORTS)
        if self.match not in _MODES:
            raise _not_one_of("match", self.match, _MODES)
        flags = (
            type(self.strict),
            type(self.facets_within_filters),
            type(self.explain),
            type(self.paper),
            type(self.snippets),
            type(self.count),
        )
        if flags != _ALL_FLAGS:
            self._check_flags()
        for facet in self.facets:
            if facet not in FACETS:
                raise BadRequestError(f"no facet {facet!r}; facets are {', '.join(FACETS)}")
        for text in self.year:
            if parse_range("year", text) is None:
                raise BadRequestError(
                    f"year {text!r} is not a year such as 2024, 2023..2025, 2024.. or >=2024"
                )
        if self.timeout is not None:
            self._set("timeout", _seconds(self.timeout))
        if not isinstance(self.ranking, Ranking):
            raise BadRequestError(f"ranking is {self.ranking!r}; it must be a Ranking")

    def _normalise_texts(self, name: str, values: object) -> None:
        """Turn an option's value or values into a tuple of text."""
        listed = values if isinstance(values, Sequence) else (values,)
        listed = (values,) if isinstance(values, str | bytes) else listed
        texts = [value if isinstance(value, str) else _number_text(value) for value in listed]
        if None in texts:
            raise BadRequestError(
                f"{name} is {values!r}; it must be text, a whole number or a list"
            )
        self._set(name, tuple(texts))

    def _check_flags(self) -> None:
        for name in _FLAGS:
            flag = getattr(self, name)
            if not isinstance(flag, bool):
                raise BadRequestError(f"{name} is {flag!r}; it must be True or False")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


@lru_cache(maxsize=_MOST_RANKINGS)
def _ranking(weights: tuple[tuple[str, float], ...]) -> Ranking:
    return Ranking(weights)


def _seconds(timeout: Any) -> float:
    """Return a time limit as a number of Python."""
    if _is_number(timeout) and timeout >= 0:
        try:
            return float(timeout)
        except OverflowError:  # longer than any search
            return math.inf
    raise BadRequestError(f"timeout {timeout!r}: it is a number of seconds, 0 or more")


def _number_text(value: Any) -> str | None:
    """Return a whole number as text; None if it is none."""
    try:
        return None if isinstance(value, bool) else str(as_integer(value))
    except TypeError:
        return None


def _integer(value: Any, request: Request) -> int:
    """Return a whole number of any library as one of Python."""
    try:
        if not isinstance(value, bool):
            return as_integer(value)
    except TypeError:
        pass
    raise BadRequestError(f"limit {request.limit!r}, page {request.page!r}: both are whole numbers")


def _not_one_of(name: str, chosen: object, allowed: Sequence[str]) -> BadRequestError:
    return BadRequestError(f"{name} is {chosen!r}; it must be one of {', '.join(allowed)}")
