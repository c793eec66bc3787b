"""An open index as programs use it: search, one paper, every match, counts."""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import reduce
from itertools import count as count_from
from itertools import repeat
from typing import Unpack

import numpy as np

from index.paper import Paper
from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.local.engine import LocalEngine
from searcher.engines.local.facets import count
from searcher.engines.local.matching import Found, Mask, Retriever
from searcher.errors import BadRequestError, ClosedError, StrictQueryError, UnknownPaperError
from searcher.page import FacetCount, Hit, Page, ScorePart, Snippets
from searcher.query.clauses import AnyTerm
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
from searcher.request import Request, SearchOptions, SelectionOptions
from searcher.snippets.marking import needles
from searcher.snippets.window import highlight, snippet


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

    def search(self, query: str = "*", **options: Unpack[SearchOptions]) -> Page:
        """Return one page of the papers that match ``query``; see Request for the options.

        Raises BadRequestError for an option without meaning, StrictQueryError if ``strict`` and
        the query was not understood as written.
        """
        return self.answer(Request.from_options(query, **options))

    def answer(self, request: Request) -> Page:
        """Return the page that a request asks for.

        Raises StrictQueryError if ``strict`` and the query was not understood as written.
        """
        if not isinstance(request, Request):
            raise BadRequestError(f"{request!r} is no Request; search() takes the query itself")
        started = time.perf_counter()
        index = self._index
        deadline = None if request.timeout is None else Deadline(request.timeout)
        with index.lock:
            index.retriever.deadline = deadline
            try:
                search = _Search(index, request, deadline)
                hits = search.hits()
                facets = {facet: search.facet(facet) for facet in request.facets} or None
                total = search.count() if request.count else None
            finally:
                index.retriever.deadline = None
        diagnostics, partial = search.diagnostics, deadline is not None and deadline.passed
        if partial:
            reason = f"the time of {request.timeout:g} s was over; this is what had been found"
            diagnostics += (Diagnostic("timeout", f"{reason} by then"),)
        return Page(
            request=request,
            parsed=str(search.query.tree),
            diagnostics=diagnostics,
            relaxed=search.relaxed,
            partial=partial,
            total=total,
            hits=hits,
            facets=facets,
            took_ms=(time.perf_counter() - started) * 1000.0,
        )

    def all(self, query: str = "*", **options: Unpack[SelectionOptions]) -> Iterator[Paper]:
        """Return every paper that matches ``query``, in order, each read when it is asked for.

        The options are those of ``search``; only here all words must match unless ``match`` says
        otherwise, because there is no page to say that the search was relaxed. Raises what
        ``search`` raises.
        """
        unknown = sorted(options.keys() - SelectionOptions.__annotations__.keys())
        if unknown:
            raise BadRequestError(f"all() has no option {unknown[0]}; it returns every paper")
        selection: SelectionOptions = {"match": "all", **options}
        request = Request.from_options(query, **selection)
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
                f"{self._directory}: no paper has the id {paper_id!r}; "
                "search prints the id of each hit"
            )
        return engine.paper(number)


class _OpenIndex:
    """An engine, and what searches of it share; the lock lets one search in at a time."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.rewriter = Rewriter(engine)
        self.retriever = Retriever(engine)
        self.lock = threading.RLock()


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
                clause, weights = self._rewritten.clause, self._request.ranking.weights_by_field
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
        """Count a facet's values among the matches, its own filter left out unless asked for."""
        left_out = "" if self._request.facets_within_filters else facet
        return count(facet, self._index.engine.column(facet), self._passing(left_out).papers)

    def ranked(self, limit: int | None) -> list[tuple[int, float]]:
        """Return the first ``limit`` paper numbers in the order asked for, each with its score."""
        request, index = self._request, self._index
        clause, weights = self._rewritten.clause, request.ranking.weights_by_field
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
        start = (request.page - 1) * request.limit
        ranked = self.ranked(start + request.limit)[start:]
        numbers = [number for number, _ in ranked]
        parts: Iterable[Sequence[ScorePart]] = repeat((), len(ranked))
        if request.explain:
            with suppress(OutOfTimeError):
                parts = self._index.retriever.explain(
                    clause, request.ranking.weights_by_field, numbers
                )
        wanted_title = wanted_abstract = None
        if request.snippets and ranked:
            wanted_title = needles(clause, "title", engine.forms_of)
            wanted_abstract = needles(clause, "abstract", engine.forms_of)
        hits = []
        for rank, (number, score), title, own_parts in zip(
            count_from(start + 1), ranked, engine.titles_of(numbers), parts, strict=False
        ):
            paper = engine.stored(number).paper() if request.paper else None
            snippets = None
            if wanted_title and wanted_abstract:
                abstract = paper.abstract if paper else engine.stored(number).abstract
                snippets = Snippets(
                    highlight(title, wanted_title), snippet(abstract, wanted_abstract)
                )
            hits.append(
                Hit(rank, engine.id_of(number), title, score, paper, snippets, tuple(own_parts))
            )
        return tuple(hits)

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
        weights = self._request.ranking.weights_by_field
        mask[self._index.retriever.find(rewritten.clause, weights).papers] = True
        return mask

    def _say(self, code: str, message: str) -> None:
        self._filter_diagnostics.append(Diagnostic(code, message))


_NO_PAPER = AnyTerm("id", ())
_NOTHING_FOUND = Found(np.zeros(0, np.int32), np.zeros(0, np.float32))
