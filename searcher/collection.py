"""An open index as programs use it: search, one paper, every match, counts."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from itertools import count as count_from
from itertools import repeat
from numbers import Integral, Real
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

import numpy as np

from index.paper import Paper
from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.local.engine import LocalEngine
from searcher.engines.local.facets import FACETS, FacetCount, count
from searcher.engines.local.matching import Found, Mask, Retriever, ScorePart
from searcher.engines.local.ranking import FIELD_WEIGHTS
from searcher.errors import BadRequestError, ClosedError, StrictQueryError, UnknownPaperError
from searcher.query.clauses import AnyTerm, Clause
from searcher.query.parser import parse
from searcher.query.ranges import parse_range
from searcher.query.rewriting import (
    Rewriter,
    Rewritten,
    can_relax,
    matching_categories,
    no_such_category,
)
from searcher.query.tree import Diagnostic, Node, Or, Phrase, Query
from searcher.snippets.marking import Needles, Piece, highlight, needles, snippet, to_html

Value = TypeVar("Value")
MatchMode = Literal["auto", "all", "any"]
Sort = Literal["relevance", "date", "score"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    ``category``, ``year``, ``author`` and ``institution`` are filters: a paper passes each that is
    not empty with any of its values. ``year`` takes what ``year:`` takes, such as ``2023..2025``.
    ``match``: ``all`` words must match, ``any`` of them, or ``auto``: all, and any where all find
    nothing. ``sort`` by ``score`` means the paper's own, as its source gives it. ``limit`` and
    ``page`` count hits and pages, from 1. ``weights`` are those of the fields title, authors and
    abstract; a field of weight 0 is not searched. ``strict`` raises StrictQueryError on any
    diagnostic of the query. ``timeout`` is the seconds after which the search answers with what it
    has found so far; None for no end.
    """

    query: str = "*"
    category: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    institution: tuple[str, ...] = ()
    has_code: bool | None = None
    facets: tuple[str, ...] = ()
    sort: Sort = "relevance"
    limit: int = 10
    page: int = 1
    match: MatchMode = "auto"
    strict: bool = False
    explain: bool = False
    timeout: float | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: dict(FIELD_WEIGHTS))


_MODES = get_args(MatchMode)
_SORTS = get_args(Sort)


class _Shown(Mapping[str, Value]):
    """What is shown of a hit, cut and rendered when it is read."""

    __slots__ = ("_hit", "_render")

    def __init__(self, hit: "Hit", render: Callable[[tuple[Piece, ...]], Value]) -> None:
        self._hit = hit
        self._render = render

    def __getitem__(self, name: str) -> Value:
        return self._render(_PIECES_OF[name](self._hit))

    def __iter__(self) -> Iterator[str]:
        return iter(_PIECES_OF)

    def __len__(self) -> int:
        return len(_PIECES_OF)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper of a page. ``rank`` counts from 1 over all pages; ``score`` is the search score.

    ``parts`` explain the score where that was asked for. The rest of the paper is read, and its
    snippets are cut, when they are asked for, which they may be after the collection is closed.
    """

    rank: int
    title: str
    score: float
    parts: tuple[ScorePart, ...]
    _read: "_Reading" = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """The paper's id."""
        return self._read.id

    @property
    def authors(self) -> tuple[str, ...]:
        """The authors in printed order."""
        return self._read().authors

    @property
    def et_al(self) -> bool:
        """Whether the source leaves authors out."""
        return self._read().et_al

    @property
    def category(self) -> str:
        """The category's code, empty if there is none."""
        return self._read().category

    @property
    def year(self) -> int | None:
        """The year, None if unknown."""
        return self._read().year

    @property
    def date(self) -> str | None:
        """The ISO date of any precision, None if unknown."""
        return self._read().date

    @property
    def has_code(self) -> bool:
        """Whether the paper's code is published."""
        return self._read().has_code

    @property
    def institutions(self) -> tuple[str, ...]:
        """The authors' institutions."""
        return self._read().institutions

    @property
    def owners(self) -> tuple[str, ...]:
        """The authors whose pages list the paper."""
        return self._read().owners

    @property
    def fragments(self) -> Mapping[str, tuple[Piece, ...]]:
        """The ``title`` and the ``abstract``'s snippet as pieces, for those who render them."""
        return _Shown(self, tuple)

    @property
    def snippets(self) -> Mapping[str, str]:
        """``title`` and ``abstract`` snippet as HTML: text escaped, matches in ``<mark>``."""
        return _Shown(self, to_html)


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered: one page of hits, and what holds for all matches.

    ``parsed`` is the query as understood, ``relaxed`` whether any word was let do, ``took_ms``
    milliseconds. ``facets`` counts, for each facet asked for, the papers that match the query and
    every filter but the facet's own.

    ``partial``: the time was over before all was looked at. Every hit matches, but others may be
    missing, and so may parts of the scores; ``total`` and ``facets`` count what was found.
    """

    query: str
    diagnostics: tuple[Diagnostic, ...]
    relaxed: bool
    partial: bool
    took_ms: float
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]
    _tree: Node = field(repr=False)
    _count: Callable[[], int] = field(repr=False, compare=False)

    @property
    def parsed(self) -> str:
        """The query as understood, in the query language."""
        return str(self._tree)

    @property
    def total(self) -> int:
        """The number of matches; they are counted when this is first read."""
        return self._count()


class Collection:
    """An open index of papers, as it was committed when it was opened. Safe to share by threads.

    Use it in a ``with`` block, or call ``close``.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = os.fspath(directory)
        self._open_index: _OpenIndex | None = _OpenIndex(LocalEngine(self._directory))

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files; a closed collection raises ClosedError."""
        self._open_index = None

    @property
    def _index(self) -> "_OpenIndex":
        index = self._open_index
        if index is None:
            raise ClosedError(f"{self._directory}: this collection was closed; open it again")
        return index

    def __len__(self) -> int:
        return self._index.engine.paper_count

    def search(
        self,
        query: str = "*",
        *,
        category: str | Sequence[str] = (),
        year: str | int | Sequence[str | int] = (),
        author: str | Sequence[str] = (),
        institution: str | Sequence[str] = (),
        has_code: bool | None = None,
        facets: str | Sequence[str] = (),
        sort: Sort = "relevance",
        limit: int = 10,
        page: int = 1,
        match: MatchMode = "auto",
        strict: bool = False,
        explain: bool = False,
        timeout: float | None = None,
        weights: Mapping[str, float] = FIELD_WEIGHTS,
    ) -> Page:
        """Return one page of the papers that match ``query``; see Request for the options.

        Raises BadRequestError for an option without meaning, StrictQueryError if ``strict`` and
        the query was not understood as written.
        """
        started = time.perf_counter()
        request = Request(
            query=query,
            category=_strings("category", category),
            year=_strings("year", year),
            author=_strings("author", author),
            institution=_strings("institution", institution),
            has_code=has_code,
            facets=_strings("facets", facets),
            sort=sort,
            limit=limit,
            page=page,
            match=match,
            strict=strict,
            explain=explain,
            timeout=timeout,
            weights=_weights(weights),
        )
        _check(request)
        index = self._index
        deadline = None if timeout is None else Deadline(timeout)
        with index.lock:
            index.retriever.deadline = deadline
            try:
                found = _Search(index, request, deadline)
                hits = found.hits()
                counts = {facet: found.facet(facet) for facet in request.facets}
            finally:
                index.retriever.deadline = None
        diagnostics, partial = found.diagnostics, deadline is not None and deadline.passed
        if partial:
            reason = f"the time of {timeout:g} s was over; this is what had been found by then"
            diagnostics += (Diagnostic("timeout", reason),)
        return Page(
            query=query,
            diagnostics=diagnostics,
            relaxed=found.relaxed,
            partial=partial,
            took_ms=(time.perf_counter() - started) * 1000.0,
            hits=hits,
            facets=MappingProxyType(counts),
            _tree=found.query.tree,
            _count=found.count,
        )

    def all(
        self,
        query: str = "*",
        *,
        category: str | Sequence[str] = (),
        year: str | int | Sequence[str | int] = (),
        author: str | Sequence[str] = (),
        institution: str | Sequence[str] = (),
        has_code: bool | None = None,
        sort: Sort = "relevance",
        match: MatchMode = "all",
        strict: bool = False,
    ) -> Iterator[Paper]:
        """Return every paper that matches ``query``, in order, each read when it is asked for.

        The options are those of ``search``; only here all words must match unless told otherwise,
        because there is no page to say that the search was relaxed. Raises what ``search`` raises.
        """
        request = Request(
            query=query,
            category=_strings("category", category),
            year=_strings("year", year),
            author=_strings("author", author),
            institution=_strings("institution", institution),
            has_code=has_code,
            sort=sort,
            match=match,
            strict=strict,
        )
        _check(request)
        index = self._index
        with index.lock:
            papers = [number for number, _ in _Search(index, request).ranked(None)]
        return map(index.engine.paper, papers)

    def paper(self, paper_id: str) -> Paper:
        """Return the paper with this id. Raises UnknownPaperError if there is none."""
        engine = self._index.engine
        number = engine.number_of(paper_id)
        if number is None:
            raise UnknownPaperError(
                f"no paper has the id {paper_id!r}; search prints the id of each hit"
            )
        return engine.paper(number)


class _OpenIndex:
    """An engine, and what searches of it share; the lock lets one search in at a time."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.rewriter = Rewriter(engine)
        self.retriever = Retriever(engine)
        self.lock = threading.RLock()


class _PageNeedles:
    """What to mark in the papers of a page, by field: gathering it walks the whole query."""

    def __init__(self, clause: Clause, engine: LocalEngine) -> None:
        self._clause = clause
        self._engine = engine
        self._found: dict[str, Needles] = {}

    def __call__(self, field: str) -> Needles:
        if field not in self._found:
            self._found[field] = needles(self._clause, field, self._engine.forms_of)
        return self._found[field]


class _Reading:
    """A paper that is read when it is first asked for, and what a search looked for in it."""

    __slots__ = ("_engine", "_number", "_paper", "needles")

    def __init__(self, engine: LocalEngine, number: int, needles: _PageNeedles) -> None:
        self.needles = needles
        self._engine = engine
        self._number = number
        self._paper: Paper | None = None

    @property
    def id(self) -> str:
        return self._engine.id_of(self._number)

    @property
    def abstract(self) -> str:
        if self._paper is None:
            return self._engine.stored(self._number).abstract
        return self._paper.abstract

    def __call__(self) -> Paper:
        if self._paper is None:
            self._paper = self._engine.stored(self._number).paper()
        return self._paper


class _Search:
    """One search: query rewritten, filters as masks; what matches is found when it is needed."""

    def __init__(
        self, index: _OpenIndex, request: Request, deadline: Deadline | None = None
    ) -> None:
        self.query: Query = parse(request.query)
        self.relaxed = False
        self._index = index
        self._request = request
        self._deadline = deadline
        self._found: Found | None = None
        self._count: int | None = None
        self._filter_diagnostics: list[Diagnostic] = []
        self._filters: dict[str, Mask] = {}
        # What stands unless all clauses and filters are read in time: no paper matches.
        self._rewritten = Rewritten(_NO_PAPER, ())
        try:
            self._filters = self._filter_masks()
            self._rewritten = self._read(match_any=request.match == "any")
            if request.match == "auto" and can_relax(self.query.tree) and not self.count():
                self._relax()
        except OutOfTimeError:
            pass
        if request.strict and self.diagnostics:
            raise StrictQueryError(self.diagnostics)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that was not taken as written, each once."""
        found = [
            *self.query.diagnostics,
            *self._rewritten.diagnostics,
            *self._filter_diagnostics,
        ]
        if self.relaxed:
            found.append(
                Diagnostic("relaxed", "no paper matches all the words; these match any of them")
            )
        return tuple(dict.fromkeys(found))

    @property
    def found(self) -> Found:
        """All papers that match the query, or those found in time; filters left aside."""
        # No cached_property: before Python 3.12 it has a lock of its own, which a page's total
        # would take before the index's, and a search after it: a deadlock.
        with self._index.lock:
            if self._found is None:
                clause, weights = self._rewritten.clause, self._request.weights
                try:
                    self._found = self._index.retriever.find(clause, weights)
                except OutOfTimeError:
                    self._found = _NOTHING_FOUND
            return self._found

    def count(self) -> int:
        """Return how many papers match the query and pass every filter."""
        if self._count is None:
            self._count = len(self._passing().papers)
        return self._count

    def facet(self, facet: str) -> tuple[FacetCount, ...]:
        """Count a facet's values among the matches, its own filter left out."""
        return count(facet, self._index.engine.column(facet), self._passing(facet).papers)

    def ranked(self, limit: int | None) -> list[tuple[int, float]]:
        """Return the first ``limit`` paper numbers in the order asked for, each with its score."""
        request, index = self._request, self._index
        clause, weights = self._rewritten.clause, request.weights
        if request.sort == "relevance":
            # Without a use for all matches no more of them are looked at than needed. With little
            # time, they are found while there is some.
            needs_all = (
                self._filters or request.facets or limit is None or self._found or self._deadline
            )
            found = self._passing() if needs_all else None
            if found is not None and limit is None:
                limit = len(found.papers)
            return index.retriever.best(clause, weights, found, limit or 0)
        engine, papers = index.engine, self._passing().papers
        keys = engine.numbers("date") if request.sort == "date" else engine.scores
        order = np.lexsort((engine.id_rank[papers], -keys[papers]))[:limit]
        chosen = papers[order]
        try:
            scores = index.retriever.scores(clause, weights, chosen)
        except OutOfTimeError:
            scores = np.zeros(len(chosen))
        return list(zip(chosen.tolist(), scores.tolist(), strict=True))

    def hits(self) -> tuple[Hit, ...]:
        """Return the hits of the page asked for."""
        request, engine = self._request, self._index.engine
        clause = self._rewritten.clause
        page_needles = _PageNeedles(clause, engine)
        start = (request.page - 1) * request.limit
        ranked = self.ranked(start + request.limit)[start:]
        numbers = [number for number, _ in ranked]
        parts: Iterable[Sequence[ScorePart]] = repeat((), len(ranked))
        if request.explain:
            with suppress(OutOfTimeError):
                parts = self._index.retriever.explain(clause, request.weights, numbers)
        return tuple(
            [
                Hit(
                    rank,
                    title,
                    score,
                    tuple(own_parts),
                    _Reading(engine, number, page_needles),
                )
                for rank, (number, score), title, own_parts in zip(
                    count_from(start + 1), ranked, engine.titles_of(numbers), parts, strict=False
                )
            ]
        )

    def _relax(self) -> None:
        """Let any of the words do, if that finds something and there was time to try them all."""
        if self._deadline and self._deadline.is_over():
            return
        strict, found = self._rewritten, self._found
        self._rewritten = self._read(match_any=True)
        self._found = self._count = None
        self.relaxed = bool(self.count())
        if not self.relaxed:
            self._rewritten, self._found = strict, found

    def _read(self, *, match_any: bool) -> Rewritten:
        return self._index.rewriter.rewrite(
            self.query.tree, match_any=match_any, deadline=self._deadline
        )

    def _passing(self, left_out: str = "") -> Found:
        """Return the matches that pass every filter but the one left out."""
        found = self.found
        masks = [mask for facet, mask in self._filters.items() if facet != left_out]
        if not masks:
            return found
        kept = reduce(np.logical_and, masks)[found.papers]
        return Found(found.papers[kept], found.scores[kept])

    def _filter_masks(self) -> dict[str, Mask]:
        request, engine = self._request, self._index.engine
        masks: dict[str, Mask] = {}
        if request.category:
            column = engine.column("category")
            codes = [str(label) for label in column.labels if label is not None]
            wanted: set[str | int] = set()
            for value in request.category:
                found = matching_categories(value, codes)
                if not found:
                    self._say("no-such-category", no_such_category(value, codes))
                wanted.update(found)
            masks["category"] = column.papers_with(wanted.__contains__)
        spans = [span for text in request.year if (span := parse_range("year", text))]
        names = [Phrase(name, None, "author") for name in request.author]
        places = [Phrase(name, None, "inst") for name in request.institution]
        conditions = (("year", spans), ("author", names), ("institution", places))
        for facet, nodes in conditions:
            if nodes:
                masks[facet] = self._condition_mask(Or(tuple(nodes)))
        if request.has_code is not None:
            label = "yes" if request.has_code else "no"
            masks["code"] = engine.column("code").papers_with(label.__eq__)
        return masks

    def _condition_mask(self, tree: Node) -> Mask:
        """Return the papers that a filter lets pass, read as the query would read it."""
        rewritten = self._index.rewriter.rewrite(tree, deadline=self._deadline)
        self._filter_diagnostics += rewritten.diagnostics
        mask = np.zeros(self._index.engine.size, np.bool_)
        mask[self._index.retriever.find(rewritten.clause, self._request.weights).papers] = True
        return mask

    def _say(self, code: str, message: str) -> None:
        self._filter_diagnostics.append(Diagnostic(code, message))


_PIECES_OF: Mapping[str, Callable[[Hit], tuple[Piece, ...]]] = {
    "title": lambda hit: highlight(hit.title, hit._read.needles("title")),
    "abstract": lambda hit: snippet(hit._read.abstract, hit._read.needles("abstract")),
}
_NO_PAPER = AnyTerm("id", ())
_NOTHING_FOUND = Found(np.zeros(0, np.int32), np.zeros(0, np.float32))


def _strings(name: str, values: object) -> tuple[str, ...]:
    """Return an option's values as text. Raises BadRequestError if they are none."""
    if isinstance(values, tuple) and not values:  # as most are; what follows takes longer
        return ()
    listed = values if isinstance(values, Sequence) else (values,)
    listed = (values,) if isinstance(values, str | bytes) else listed
    # numpy's numbers are such too.
    if not all(isinstance(value, str | Integral) for value in listed):
        raise BadRequestError(f"{name} is {values!r}; it must be text, a whole number or a list")
    return tuple(map(str, listed))


def _weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights. Raises BadRequestError if they are none."""
    if not isinstance(weights, Mapping):
        raise BadRequestError(f"weights is {weights!r}; it must map fields to numbers")
    for name, weight in weights.items():
        if name not in FIELD_WEIGHTS or not isinstance(weight, Real) or not 0 <= weight < 1e6:
            raise BadRequestError(
                f"weight {name}={weight}: weights are of {', '.join(FIELD_WEIGHTS)}, each 0 or more"
            )
    return dict(weights)


def _check(request: Request) -> None:
    """Raise BadRequestError for the first option without meaning."""
    if not isinstance(request.query, str):
        raise BadRequestError(f"the query is {request.query!r}; it must be text")
    if not isinstance(request.limit, int) or not isinstance(request.page, int):
        raise BadRequestError(f"limit {request.limit!r}, page {request.page!r}: both are numbers")
    if not isinstance(request.has_code, bool | None):
        raise BadRequestError(f"has_code is {request.has_code!r}; it must be True, False or None")
    for name, chosen, allowed in (("sort", request.sort, _SORTS), ("match", request.match, _MODES)):
        if chosen not in allowed:
            raise BadRequestError(f"{name} is {chosen!r}; it must be one of {', '.join(allowed)}")
    for facet in request.facets:
        if facet not in FACETS:
            raise BadRequestError(f"no facet {facet!r}; facets are {', '.join(FACETS)}")
    for text in request.year:
        if parse_range("year", text) is None:
            raise BadRequestError(
                f"year {text!r} is not a year such as 2024, 2023..2025, 2024.. or >=2024"
            )
    if request.timeout is not None and not (
        isinstance(request.timeout, int | float) and request.timeout >= 0
    ):
        raise BadRequestError(f"timeout {request.timeout!r}: it is a number of seconds, 0 or more")
    if request.limit < 0 or request.page < 1:
        raise BadRequestError(
            f"limit {request.limit}, page {request.page}: limit is 0 or more, page 1 or more"
        )
