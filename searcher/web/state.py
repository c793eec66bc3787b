"""What a page of results shows, as a value: the address it has, and the request it makes.

One state has one address, the shortest that means it. Forms send longer ones, with blank fields and
with the ends of a range of years apart; they are read as well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, get_args
from urllib.parse import urlencode

from searcher.errors import BadRequestError, shown
from searcher.query.ranges import parse_range
from searcher.request import FILTERS, MatchMode, Request, Sort

MOST_CHARS = 2_000
"""A longer query is refused."""

MOST_VALUE_CHARS = 1_000
MOST_VALUES = 50
"""How many values of one filter are taken, and how long each may be."""

SIZES = (10, 20, 50, 100)
"""How many hits a page may have."""

MOST_DEPTH = 10_000
"""No page goes further down than to this hit."""

SECONDS = 5.0
"""A search answers after so many seconds with what was found by then."""

FACETS = ("category", "year", "author", "venue", "institution", "type", "code")
VALUES = 20
"""How many values of each facet are shown at most."""

NAMES = {
    "query": "q",
    "category": "cat",
    "year": "year",
    "author": "author",
    "institution": "inst",
    "venue": "venue",
    "type": "type",
    "has_code": "code",
    "match": "match",
    "acronyms": "acronyms",
    "sort": "sort",
    "limit": "n",
    "page": "page",
}
"""The names that the fields of a state have in an address, in its order."""

_FIELDS = {name: field for field, name in NAMES.items()}
LISTS = tuple(name for name in FILTERS if name != "has_code")
"""The fields that are lists of values."""

_CHOICES: dict[str, tuple[str, ...]] = {
    "match": get_args(MatchMode),
    "sort": get_args(Sort),
    "has_code": ("1",),
    "acronyms": ("off",),
}
# What stays as it is in an address, for people to read.
_SAFE = "/:,.*()!"


@dataclass(frozen=True, slots=True)
class State:
    """What is looked for and how it is shown: the options of a Request that readers choose.

    Lists are in order and have no value twice. Make one by ``read`` or ``of``.
    """

    query: str = ""
    category: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    venue: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    has_code: bool = False
    match: MatchMode = "auto"
    acronyms: bool = True
    sort: Sort = "relevance"
    limit: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]]) -> "State":
        """Return the state that the names and values of an address mean.

        Blank values and unknown names mean nothing. Raises BadRequestError for a value that has no
        meaning, or is more than is taken.
        """
        values: dict[str, Any] = {}
        ends = {"from": "", "to": ""}
        for name, given in pairs:
            value = " ".join(given.split())
            if not value:
                continue
            field = _FIELDS.get(name, "")
            if name in ends:
                ends[name] = value
            elif field in LISTS:
                values.setdefault(field, set()).add(value)
            elif field:
                values[field] = _single(field, name, value)
        if any(ends.values()):
            values.setdefault("year", set()).add(f"{ends['from']}..{ends['to']}")
        if "year" in values:
            values["year"] = set(map(_years, values["year"]))
        return cls(**{name: _listed(name, value) for name, value in values.items()})._checked()

    @classmethod
    def of(cls, request: Request) -> "State":
        """Return the state that asks for the same papers, on its first page."""
        names = {field.name for field in fields(cls)} - {"query", "has_code", "limit", "page"}
        values = {name: getattr(request, name) for name in names}
        values |= {name: tuple(sorted(set(values[name]))) for name in LISTS}
        query = "" if request.query == "*" else " ".join(request.query.split())
        return cls(query=query, has_code=bool(request.has_code), limit=request.limit, **values)

    def request(self, **options: Any) -> Request:
        """Return the request for what the page shows; ``options`` are others of a Request."""
        values = {name: getattr(self, name) for name in NAMES if name not in ("query", "has_code")}
        return Request(
            self.query or "*",
            has_code=True if self.has_code else None,
            timeout=SECONDS,
            **{**values, **options},
        )

    def address(self) -> str:
        """Return the address of the page."""
        pairs = [(NAMES[name], value) for name, value in self._parts()]
        return f"/?{urlencode(pairs, safe=_SAFE)}" if pairs else "/"

    def but(self, **changes: Any) -> "State":
        """Return the state with changes, on its first page."""
        return replace(self, **{"page": 1, **changes})

    def without(self, field: str, value: str) -> "State":
        """Return the state without one value of a list."""
        return self.but(**{field: tuple(one for one in getattr(self, field) if one != value)})

    @property
    def has_filters(self) -> bool:
        """Whether anything but the query narrows what is shown."""
        return any(getattr(self, name) for name in FILTERS)

    @property
    def span(self) -> tuple[str, str]:
        """The first range of years among the values, as its two ends; both may be empty."""
        ranges = [one.partition("..") for one in self.year if ".." in one]
        return (ranges[0][0], ranges[0][2]) if ranges else ("", "")

    def _parts(self) -> Iterator[tuple[str, str]]:
        usual = State()
        for name in NAMES:
            value = getattr(self, name)
            if name in LISTS:
                yield from ((name, one) for one in value)
            elif value != getattr(usual, name):
                yield name, {"has_code": "1", "acronyms": "off"}.get(name, str(value))

    def _checked(self) -> "State":
        if len(self.query) > MOST_CHARS:
            raise BadRequestError(
                f"the query has {len(self.query):,} characters; shorten it to {MOST_CHARS:,}"
            )
        for name in LISTS:
            values = getattr(self, name)
            if len(values) > MOST_VALUES or any(len(one) > MOST_VALUE_CHARS for one in values):
                raise BadRequestError(
                    f"{NAMES[name]}: at most {MOST_VALUES} values of {MOST_VALUE_CHARS:,}"
                    " characters are taken; leave some out"
                )
        if self.page * self.limit > MOST_DEPTH:
            raise BadRequestError(
                f"page {self.page}: pages go down to hit {MOST_DEPTH:,}; narrow the search, or"
                " export all"
            )
        return self


def _single(field: str, name: str, value: str) -> Any:
    """Return the value of a field that has one. Raises BadRequestError."""
    if field == "query":
        return "" if value == "*" else value
    if field in ("limit", "page"):
        number = int(value) if value.isdecimal() and len(value) <= len(str(MOST_DEPTH)) else 0
        if not number or (field == "limit" and number not in SIZES):
            known = (
                f"one of {', '.join(map(str, SIZES))}"
                if field == "limit"
                else f"1 to {MOST_DEPTH:,}"
            )
            raise BadRequestError(f"{name} is {shown(value)}; it must be {known}")
        return number
    known_values = _CHOICES[field]
    if value not in known_values:
        raise BadRequestError(
            f"{name} is {shown(value)}; it must be {' or '.join(known_values)}, or left out"
        )
    return {"has_code": True, "acronyms": False}.get(field, value)


def _years(text: str) -> str:
    """Return a year or a range of years as addresses have it. Raises BadRequestError."""
    span = parse_range("year", text)
    if span is None:
        raise BadRequestError(
            f"{shown(text)} is no year and no range such as 2019..2023; years have four digits"
        )
    return str(span).removeprefix("year:")


def _listed(name: str, value: Any) -> Any:
    return tuple(sorted(value)) if name in LISTS else value
