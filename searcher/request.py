"""What is asked of a collection: every option once, checked when the request is made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from numbers import Real
from operator import attrgetter
from typing import Any, Literal, TypedDict, Unpack, get_args

from index.arguments import check_flags, integer, text
from index.fields import FACETS, FIELD_WEIGHTS, LENGTH_NORMALISATION
from searcher.errors import BadRequestError, shown
from searcher.query.ranges import parse_range

MatchMode = Literal["auto", "all", "any"]
Sort = Literal["relevance", "date", "oldest", "citations", "score"]

_CHOICES = (("sort", get_args(Sort)), ("match", get_args(MatchMode)))
FILTERS = ("category", "year", "author", "institution", "venue", "type", "has_code")
"""The options that only narrow a search."""

_LISTS = ("category", "year", "author", "institution", "venue", "type", "facets")
_ALL_TUPLES = (tuple,) * len(_LISTS)
_lists = attrgetter(*_LISTS)
_MOST_VALUES = 1_000
# To Python these are sequences of letters or numbers; callers mean one text, or bytes.
_NO_LISTS = (str, bytes, bytearray, memoryview)
_FLAGS = (
    "strict",
    "expand",
    "echo",
    "facets_within_filters",
    "explain",
    "paper",
    "snippets",
    "count",
    "acronyms",
)
_ALL_FLAGS = (bool,) * len(_FLAGS)
_flags = attrgetter(*_FLAGS)
_MOST_RANKINGS = 64
_MOST_WEIGHT = 1e6


def _number(value: object) -> float:
    """Return a number of any library as one of Python; NaN if it is something else."""
    try:
        if isinstance(value, Real) and not isinstance(value, bool):
            return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
    except Exception:  # an object of the caller's may raise anything
        pass
    return math.nan


def _field_numbers(name: str, given: Any, most: float) -> tuple[tuple[str, float], ...]:
    """Return numbers of fields as pairs: each from 0 to ``most``, for a field that is searched."""
    try:
        pairs = tuple(dict(given).items())
    except Exception as error:  # an object of the caller's may raise anything
        raise BadRequestError(f"{name} is {shown(given)}; it must map fields to numbers") from error
    numbers = [(text(field), _number(number)) for field, number in pairs]
    for (field, number), given_pair in zip(numbers, pairs, strict=True):
        if field not in FIELD_WEIGHTS or not 0 <= number <= most:
            raise BadRequestError(
                f"{name} {'='.join(map(shown, given_pair))}: {name} is of"
                f" {', '.join(FIELD_WEIGHTS)}, each from 0 to {most:,.0f}"
            )
    return tuple([(str(field), number) for field, number in numbers])


def _of_field(numbers: tuple[tuple[str, float], ...], field: str, usual: float) -> float:
    wanted = text(field)
    if wanted is None:
        raise BadRequestError(f"field is {shown(field)}; it must be the name of a field")
    return next((number for name, number in numbers if name == wanted), usual)


_USUAL_WEIGHTS = tuple(FIELD_WEIGHTS.items())
_USUAL_B = tuple(LENGTH_NORMALISATION.items())
_USUAL_K1 = 1.2


@dataclass(frozen=True, slots=True)
class Ranking:
    """The parameters of BM25F; see ``searcher.engines.local.ranking`` for the formulas.

    ``weights`` multiply a word's frequency in each field; a field of weight 0 is not searched, and
    a field that is left out has the weight 1. ``b`` normalises by the length of a field, from 0
    (not at all) to 1 (in full). ``k1`` is the weighted frequency that gives half of the best score.
    If no field weighs more than the title, the title counts twice where a query may be words of
    one, and papers whose title is the query come first. ``near`` multiplies what two words near
    each other score, in the best NEAR_PAPERS by the words alone; 0 leaves that out, and a search
    then takes less than half of the time.

    ``weights`` and ``b`` may be given as mappings. Raises BadRequestError for what is no ranking.
    """

    weights: tuple[tuple[str, float], ...] = _USUAL_WEIGHTS
    k1: float = _USUAL_K1
    b: tuple[tuple[str, float], ...] = _USUAL_B
    near: float = 0.5

    def __post_init__(self) -> None:
        k1 = _number(self.k1)
        if not 0 < k1 <= _MOST_WEIGHT:
            raise BadRequestError(
                f"k1 is {shown(self.k1)}; it must be a number above 0, at most {_MOST_WEIGHT:,.0f}"
            )
        object.__setattr__(self, "k1", k1)
        near = _number(self.near)
        if not 0 <= near <= _MOST_WEIGHT:
            raise BadRequestError(
                f"near is {shown(self.near)}; it must be a number from 0 to {_MOST_WEIGHT:,.0f}"
            )
        object.__setattr__(self, "near", near)
        for name, most in (("weights", _MOST_WEIGHT), ("b", 1.0)):
            numbers = getattr(self, name)
            if numbers is not _USUAL_WEIGHTS and numbers is not _USUAL_B:
                object.__setattr__(self, name, _field_numbers(name, numbers, most))

    @classmethod
    def with_weights(cls, weights: Mapping[str, float]) -> "Ranking":
        """Return the usual ranking with these field weights.

        Raises BadRequestError unless they are numbers of 0 or more for fields that are searched.
        """
        if not isinstance(weights, Mapping):
            raise BadRequestError(f"weights is {shown(weights)}; it must map fields to numbers")
        return _ranking(_field_numbers("weights", weights, _MOST_WEIGHT))

    def weight(self, field: str) -> float:
        """Return the weight of a field. Raises BadRequestError unless ``field`` is text."""
        return _of_field(self.weights, field, 1.0)

    def length_normalisation(self, field: str) -> float:
        """Return b of a field. Raises BadRequestError unless ``field`` is text."""
        return _of_field(self.b, field, 0.0)

    @property
    def words_are_usual(self) -> bool:
        """Whether a word scores as by default; how near words count may differ."""
        return self is DEFAULT_RANKING or (
            self.k1 == _USUAL_K1 and self.weights == _USUAL_WEIGHTS and self.b == _USUAL_B
        )

    @property
    def favours_titles(self) -> bool:
        """Whether no field weighs more than the title."""
        return (
            self.words_are_usual or max(map(self.weight, FIELD_WEIGHTS)) == self.weight("title") > 0
        )

    def for_title(self) -> "Ranking":
        """Return this ranking for a query that may be words of a title.

        Titles count twice as much, and words near each other half as much.
        """
        return TITLE_RANKING if self is DEFAULT_RANKING else _for_title(self)

    @property
    def of_words(self) -> tuple[object, ...]:
        """What the score of a single word depends on."""
        return self.weights, self.k1, self.b

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, for every field that is searched, as values that make it again."""
        return {
            "weights": {field: self.weight(field) for field in FIELD_WEIGHTS},
            "k1": self.k1,
            "b": {field: self.length_normalisation(field) for field in FIELD_WEIGHTS},
            "near": self.near,
        }

    def settings(self) -> dict[str, float]:
        """Return the parameters by names such as ``k1`` and ``weights.title``, as in a file."""
        values = self.to_dict()
        numbers = {
            f"{name}.{field}": number
            for name in ("weights", "b")
            for field, number in values[name].items()
        }
        return {"k1": self.k1, "near": self.near, **numbers}

    def with_setting(self, name: str, number: float) -> "Ranking":
        """Return this ranking with another number for one setting. Raises BadRequestError."""
        plain = text(name)
        if plain is None or plain not in self.settings():
            raise BadRequestError(
                f"name is {shown(name)}; it must be one of {', '.join(self.settings())}"
            )
        values = self.to_dict()
        parameter, _, field = plain.partition(".")
        if field:
            values[parameter][field] = number
        else:
            values[parameter] = number
        return Ranking(**values)

    def __str__(self) -> str:
        """Return what differs from the usual ranking, if anything: ``k1 = 2.0, b.title = 0.3``."""
        usual = DEFAULT_RANKING.settings()
        settings = self.settings().items()
        return ", ".join(f"{name} = {one}" for name, one in settings if one != usual[name])


NEAR_PAPERS = 64
"""How many of the best papers, ranked by their words alone, may gain by words near each other."""


@lru_cache(maxsize=_MOST_RANKINGS)
def _for_title(ranking: Ranking) -> Ranking:
    weight = min(2 * ranking.weight("title"), _MOST_WEIGHT)
    weights = {**dict(ranking.weights), "title": weight}
    return replace(ranking, weights=tuple(weights.items()), near=ranking.near / 2)


DEFAULT_RANKING = Ranking()
TITLE_RANKING = _for_title(DEFAULT_RANKING)


class FilterOptions(TypedDict, total=False):
    """The options that narrow a search; see Request."""

    category: str | Sequence[str]
    year: str | int | Sequence[str | int]
    author: str | Sequence[str]
    institution: str | Sequence[str]
    venue: str | Sequence[str]
    type: str | Sequence[str]
    has_code: bool | None


class SimilarOptions(FilterOptions, total=False):
    """The options of a search for similar papers; see Request."""

    limit: int
    explain: bool
    timeout: float | None
    paper: bool
    snippets: bool


class SelectionOptions(FilterOptions, total=False):
    """The options that say which papers are wanted and in which order; see Request."""

    sort: Sort
    match: MatchMode
    strict: bool
    acronyms: bool


class SearchOptions(SelectionOptions, total=False):
    """All options of a search; see Request. ``weights`` is short for a ``ranking``."""

    expand: bool
    echo: bool
    facets: str | Sequence[str]
    facets_within_filters: bool
    facet_values: int | None
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

    ``category``, ``year``, ``author``, ``institution``, ``venue`` and ``type`` are filters: a paper
    passes each that is not empty with any of its values. ``year`` takes what ``year:`` takes, such
    as ``2023..2025``, ``venue`` a whole name, as the facet has it, in any case and accents. Names
    of authors and institutions are meant in any spelling, after ``=`` as they are.
    ``match``: ``all`` words must match, ``any`` of them, or ``auto``: all, and any where few papers
    match all; only where none does if ``strict``, sorted otherwise than by relevance, or without
    hits. ``sort`` by ``date`` puts the newest first, ``oldest`` the oldest; ``citations`` are those
    that the source counts, and ``score`` is the paper's own, as its source gives it; the highest
    come first. Papers without the value come last, and ties go by id. ``limit`` and ``page`` count
    hits and pages, from 1. ``strict`` raises StrictQueryError on any diagnostic of the query.
    ``expand`` ranks by words that the best papers share, too: the same papers are found.
    ``acronyms`` reads an acronym also as what it stands for by the index's papers, and the other
    way round, unless ``strict``.
    ``timeout`` is the number of seconds after which the search answers with what it has by then;
    None for no end.

    A facet is counted with every filter except its own, so that it shows what else could be chosen;
    with ``facets_within_filters`` its own filter holds too: the author facet counts co-authors.
    ``facet_values`` is the number of values that are listed of each facet, the first ones: all
    years are, and None is all.

    What costs time can be asked for or left out: ``facets`` names the facets to count, ``explain``
    adds the parts of each score, ``paper`` the whole paper of each hit, ``snippets`` its title and
    abstract with the matches marked, ``count`` the number of all matches, ``echo`` what was
    searched for each word of the query.

    A single value may stand for a list of one, and an integer of numpy for one of Python; the
    request holds tuples and integers of Python. Raises BadRequestError for an option without
    meaning.
    """

    query: str = "*"
    category: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    venue: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    has_code: bool | None = None
    facets: tuple[str, ...] = ()
    facets_within_filters: bool = False
    facet_values: int | None = None
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
    expand: bool = False
    echo: bool = False
    acronyms: bool = True

    def bare(self) -> "Request":
        """Return a request for the same papers that asks for nothing but how many they are."""
        return replace(
            self,
            limit=0,
            page=1,
            facets=(),
            count=True,
            explain=False,
            paper=False,
            snippets=False,
            expand=False,
            echo=False,
        )

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
        if type(self.query) is not str:
            query = text(self.query)
            if query is None:
                raise BadRequestError(f"the query is {shown(self.query)}; it must be text")
            self._set("query", query)
        lists = _lists(self)
        if tuple(map(type, lists)) != _ALL_TUPLES or any(lists):
            for name, values in zip(_LISTS, lists, strict=True):
                if type(values) is not tuple or values:
                    self._normalise_texts(name, values)
        if type(self.limit) is not int or type(self.page) is not int:
            self._set("limit", self._integer("limit"))
            self._set("page", self._integer("page"))
        if self.limit < 0 or self.page < 1:
            raise BadRequestError(
                f"limit {shown(self.limit)}, page {shown(self.page)}: limit is 0 or more, page 1"
                " or more"
            )
        if self.facet_values is not None:
            number = integer(self.facet_values)
            if number is None or number < 0:
                raise BadRequestError(
                    f"facet_values is {shown(self.facet_values)}; it must be a whole number, 0 or"
                    " more, or None"
                )
            self._set("facet_values", number)
        if not isinstance(self.has_code, bool | None):
            raise BadRequestError(
                f"has_code is {shown(self.has_code)}; it must be True, False or None"
            )
        for name, allowed in _CHOICES:
            value = getattr(self, name)
            if type(value) is not str or value not in allowed:
                self._choose(name, value, allowed)
        flags = _flags(self)
        if tuple(map(type, flags)) != _ALL_FLAGS:
            check_flags(**dict(zip(_FLAGS, flags, strict=True)))
        if self.expand and self.sort != "relevance":
            raise BadRequestError(f"expand ranks papers by relevance, sort {self.sort!r} does not")
        for facet in self.facets:
            if facet not in FACETS:
                raise BadRequestError(f"no facet {shown(facet)}; facets are {', '.join(FACETS)}")
        for year in self.year:
            if parse_range("year", year) is None:
                raise BadRequestError(
                    f"year {shown(year)} is not a year such as 2024, 2023..2025, 2024.. or >=2024"
                )
        if self.timeout is not None:
            seconds = _number(self.timeout)
            if not seconds >= 0:
                raise BadRequestError(
                    f"timeout {shown(self.timeout)}: it is a number of seconds, 0 or more"
                )
            self._set("timeout", seconds)  # infinity is longer than any search
        if not isinstance(self.ranking, Ranking):
            raise BadRequestError(f"ranking is {shown(self.ranking)}; it must be a Ranking")

    def _choose(self, name: str, value: object, allowed: Sequence[str]) -> None:
        """Make an option's text, such as a member of an enumeration, a plain string."""
        plain = text(value)
        if plain not in allowed:
            raise BadRequestError(
                f"{name} is {shown(value)}; it must be one of {', '.join(allowed)}"
            )
        self._set(name, plain)

    def _normalise_texts(self, name: str, values: object) -> None:
        """Make an option's value or values a tuple of plain strings, none of them blank."""
        listed: Sequence[object] = (values,)
        if isinstance(values, Sequence) and not isinstance(values, _NO_LISTS):
            try:
                listed = list(islice(values, _MOST_VALUES + 1))
            except Exception as error:  # an object of the caller's may raise anything
                raise BadRequestError(
                    f"{name} is {shown(values)}; it raises {type(error).__name__} when it is"
                    " listed; give a tuple or a list"
                ) from error
        if len(listed) > _MOST_VALUES:
            raise BadRequestError(
                f"{name} is {shown(values)}; it lists more than {_MOST_VALUES:,} values"
            )
        texts = tuple([_value_text(value) for value in listed])
        if None in texts:
            raise BadRequestError(
                f"{name} is {shown(values)}; it must be text, a whole number or a list"
            )
        if not all(map(str.strip, texts)):  # type: ignore[arg-type]
            raise BadRequestError(
                f"{name} is {shown(values)}; a blank text is no {name}; leave the option out to"
                " search without it"
            )
        self._set(name, texts)

    def _integer(self, name: str) -> int:
        """Return an option's whole number, of any library, as one of Python."""
        number = integer(getattr(self, name))
        if number is None:
            raise BadRequestError(
                f"limit {shown(self.limit)}, page {shown(self.page)}: both are whole numbers"
            )
        return number

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


@lru_cache(maxsize=_MOST_RANKINGS)
def _ranking(weights: tuple[tuple[str, float], ...]) -> Ranking:
    return Ranking(weights)


def _value_text(value: object) -> str | None:
    """Return text or a whole number as plain text; None if it is neither."""
    plain = text(value)
    if plain is None and (number := integer(value)) is not None:
        plain = shown(number)  # which may have more digits than Python writes
    return plain
