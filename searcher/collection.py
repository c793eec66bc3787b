"""An open index as programs use it: search, one paper, every match, counts."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial, reduce
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from index.paper import Paper
from searcher.engines.whoosh_engine import WhooshEngine
from searcher.errors import BadRequestError, ClosedError, StrictQueryError, UnknownPaperError
from searcher.facets import FACETS, FacetCount, count
from searcher.query import Diagnostic, Node, Or, Phrase, Query, parse, parse_range
from searcher.ranking import FIELD_WEIGHTS, Floats
from searcher.retrieval import Mask, Numbers, Scored, ScorePart, evaluate, explain, top
from searcher.rewrite import (
    Rewritten,
    can_relax,
    matching_categories,
    no_such_category,
    rewrite,
)
from searcher.snippets import Needles, Piece, highlight, needles, snippet, to_html

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
    diagnostic.
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
    weights: Mapping[str, float] = field(default_factory=lambda: dict(FIELD_WEIGHTS))


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper of a page. ``rank`` counts from 1 over all pages; ``score`` is the search score.

    ``parts`` explain the score where that was asked for. Snippets are cut when they are read.
    """

    rank: int
    id: str
    title: str
    authors: tuple[str, ...]
    et_al: bool
    category: str
    year: int | None
    date: str | None
    has_code: bool
    institutions: tuple[str, ...]
    owners: tuple[str, ...]
    score: float
    parts: tuple[ScorePart, ...]
    _abstract: str = field(repr=False)
    # Shared by the hits of a page, because gathering them walks the whole query.
    _needles: Callable[[str], Needles] = field(repr=False, compare=False)

    @property
    def fragments(self) -> dict[str, tuple[Piece, ...]]:
        """The title and the abstract's snippet as pieces, for those who render them."""
        return {
            "title": highlight(self.title, self._needles("title")),
            "abstract": snippet(self._abstract, self._needles("abstract")),
        }

    @property
    def snippets(self) -> dict[str, str]:
        """Title and abstract snippet as HTML: text escaped, matches in ``<mark>``."""
        return {name: to_html(pieces) for name, pieces in self.fragments.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered: one page of hits, and what holds for all matches.

    ``parsed`` is the query as understood, ``relaxed`` whether any word was let do, ``total`` the
    number of matches, ``took_ms`` milliseconds. ``facets`` counts, for each facet asked for, the
    papers that match the query and every filter but the facet's own.
    """

    query: str
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    relaxed: bool
    total: int
    took_ms: float
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]


class Collection:
    """An open index of papers, as it was committed when it was opened. Safe to share by threads.

    Use it in a ``with`` block, or call ``close``.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = os.fspath(directory)
        self._open_engine: WhooshEngine | None = WhooshEngine(self._directory)
        # Whoosh's readers seek in files they share, so one search runs at a time.
        self._lock = threading.RLock()

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files; a closed collection raises ClosedError."""
        with self._lock:
            if self._open_engine:
                self._open_engine.close()
            self._open_engine = None

    @property
    def _engine(self) -> WhooshEngine:
        if self._open_engine is None:
            raise ClosedError(f"{self._directory}: this collection was closed; open it again")
        return self._open_engine

    def __len__(self) -> int:
        with self._lock:
            return int(np.count_nonzero(self._engine.live))

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
        weights: Mapping[str, float] = FIELD_WEIGHTS,
    ) -> Page:
        """Return one page of the papers that match ``query``; see Request for the options.

        Raises BadRequestError for an option without meaning, StrictQueryError if ``strict`` and
        the query was not understood as written.
        """
        started = time.perf_counter()
        request = Request(
            query=query,
            category=_strings(category),
            year=_strings(year),
            author=_strings(author),
            institution=_strings(institution),
            has_code=has_code,
            facets=_strings(facets),
            sort=sort,
            limit=limit,
            page=page,
            match=match,
            strict=strict,
            explain=explain,
            weights=dict(weights),
        )
        _check(request)
        with self._lock:
            found = _Search(self._engine, request)
            hits = tuple(found.hits())
            counts = {facet: found.facet(facet) for facet in request.facets}
        return Page(
            query=query,
            parsed=str(found.query.tree),
            diagnostics=found.diagnostics,
            relaxed=found.relaxed,
            total=found.total,
            took_ms=(time.perf_counter() - started) * 1000.0,
            hits=hits,
            facets=MappingProxyType(counts),
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
        """Yield every paper that matches ``query``, in order, each read when it is asked for.

        The options are those of ``search``; only here all words must match unless told otherwise,
        because there is no page to say that the search was relaxed.
        """
        request = Request(
            query=query,
            category=_strings(category),
            year=_strings(year),
            author=_strings(author),
            institution=_strings(institution),
            has_code=has_code,
            sort=sort,
            match=match,
            strict=strict,
        )
        _check(request)
        with self._lock:
            numbers = _Search(self._engine, request).numbers(0, None)
        for number in numbers:
            with self._lock:
                paper = self._engine.paper(int(number))
            yield paper

    def paper(self, paper_id: str) -> Paper:
        """Return the paper with this id. Raises UnknownPaperError if there is none."""
        with self._lock:
            number = self._engine.number_of(paper_id)
            if number is None:
                raise UnknownPaperError(
                    f"no paper has the id {paper_id!r}; search prints the id of each hit"
                )
            return self._engine.paper(number)


class _Search:
    """One search: the query rewritten and evaluated, the filters as masks."""

    def __init__(self, engine: WhooshEngine, request: Request) -> None:
        self.query: Query = parse(request.query)
        self.relaxed = False
        self._engine = engine
        self._request = request
        self._filter_diagnostics: list[Diagnostic] = []
        self._filters = self._filter_masks()
        passing = self._passing()
        self._rewritten, self._scored = self._evaluated(request.match == "any")
        self._matching = self._scored.mask & passing
        if request.match == "auto" and not self.total and can_relax(self.query.tree):
            rewritten, scored = self._evaluated(True)
            matching = scored.mask & passing
            if matching.any():
                self._rewritten, self._scored, self.relaxed = rewritten, scored, True
                self._matching = matching
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
    def total(self) -> int:
        """How many papers match the query and pass every filter."""
        return int(np.count_nonzero(self._matching))

    def facet(self, facet: str) -> tuple[FacetCount, ...]:
        """Count a facet's values among the matches, its own filter left out."""
        return count(facet, self._engine.column(facet), self._scored.mask & self._passing(facet))

    def numbers(self, start: int, limit: int | None) -> Sequence[int]:
        """Return paper numbers in the order asked for; ties are broken by paper id."""
        key: Floats | Numbers = self._scored.scores
        if self._request.sort == "date":
            key = self._engine.numbers("date")
        elif self._request.sort == "score":
            key = self._engine.scores
        count = len(self._matching) if limit is None else limit
        found: list[int] = top(self._matching, (-key, self._engine.id_rank), start, count).tolist()
        return found

    def hits(self) -> Iterator[Hit]:
        """Yield the hits of the page asked for."""
        request, clause = self._request, self._rewritten.clause
        page_needles = cache(partial(needles, clause))
        start = (request.page - 1) * request.limit
        numbers = self.numbers(start, request.limit)
        parts: list[list[ScorePart]] = [[] for _ in numbers]
        if request.explain:
            parts = explain(clause, self._engine, request.weights, numbers)
        for rank, (number, own_parts) in enumerate(zip(numbers, parts, strict=True), start + 1):
            paper = self._engine.paper(number)
            yield Hit(
                rank=rank,
                id=paper.id,
                title=paper.title,
                authors=paper.authors,
                et_al=paper.et_al,
                category=paper.category,
                year=paper.year,
                date=paper.date,
                has_code=paper.has_code,
                institutions=paper.institutions,
                owners=paper.owners,
                score=float(self._scored.scores[number]),
                parts=tuple(own_parts),
                _abstract=paper.abstract,
                _needles=page_needles,
            )

    def _evaluated(self, match_any: bool) -> tuple[Rewritten, Scored]:
        rewritten = rewrite(self.query.tree, self._engine, match_any=match_any)
        return rewritten, evaluate(rewritten.clause, self._engine, self._request.weights)

    def _passing(self, left_out: str = "") -> Mask:
        masks = [mask for facet, mask in self._filters.items() if facet != left_out]
        return reduce(np.logical_and, masks, self._engine.live)

    def _filter_masks(self) -> dict[str, Mask]:
        request, engine = self._request, self._engine
        masks: dict[str, Mask] = {}
        if request.category:
            column = engine.column("category")
            codes = [str(label) for label in column.labels]
            wanted: set[str | int] = set()
            for value in request.category:
                found = matching_categories(value, codes)
                if not found:
                    self._say("no-such-category", no_such_category(value, codes))
                wanted.update(found)
            masks["category"] = column.papers_with(wanted.__contains__)
        conditions: dict[str, list[Node]] = {
            "year": [span for text in request.year if (span := parse_range("year", text))],
            "author": [Phrase(name, None, "author") for name in request.author],
            "institution": [Phrase(name, None, "inst") for name in request.institution],
        }
        for facet, nodes in conditions.items():
            if nodes:
                masks[facet] = self._condition_mask(Or(tuple(nodes)))
        if request.has_code is not None:
            label = "yes" if request.has_code else "no"
            masks["code"] = engine.column("code").papers_with(label.__eq__)
        return masks

    def _condition_mask(self, tree: Node) -> Mask:
        """Return the papers that a filter lets pass, read as the query would read it."""
        rewritten = rewrite(tree, self._engine)
        self._filter_diagnostics += rewritten.diagnostics
        return evaluate(rewritten.clause, self._engine, self._request.weights).mask

    def _say(self, code: str, message: str) -> None:
        self._filter_diagnostics.append(Diagnostic(code, message))


def _strings(values: str | int | Sequence[str | int]) -> tuple[str, ...]:
    if isinstance(values, str | int):
        return (str(values),)
    return tuple(str(value) for value in values)


def _check(request: Request) -> None:
    """Raise BadRequestError for the first option without meaning."""
    if not isinstance(request.query, str):
        raise BadRequestError(f"the query is {request.query!r}; it must be text")
    if not isinstance(request.limit, int) or not isinstance(request.page, int):
        raise BadRequestError(f"limit {request.limit!r}, page {request.page!r}: both are numbers")
    choices = {"sort": get_args(Sort), "match": get_args(MatchMode)}
    for name, allowed in choices.items():
        if getattr(request, name) not in allowed:
            raise BadRequestError(
                f"{name} is {getattr(request, name)!r}; it must be one of {', '.join(allowed)}"
            )
    for facet in request.facets:
        if facet not in FACETS:
            raise BadRequestError(f"no facet {facet!r}; facets are {', '.join(FACETS)}")
    for text in request.year:
        if parse_range("year", text) is None:
            raise BadRequestError(
                f"year {text!r} is not a year such as 2024, 2023..2025, 2024.. or >=2024"
            )
    if request.limit < 0 or request.page < 1:
        raise BadRequestError(
            f"limit {request.limit}, page {request.page}: limit is 0 or more, page 1 or more"
        )
    for name, weight in request.weights.items():
        if name not in FIELD_WEIGHTS or not 0 <= weight < 1e6:
            raise BadRequestError(
                f"weight {name}={weight}: weights are of {', '.join(FIELD_WEIGHTS)}, each 0 or more"
            )
