"""An open index as programs use it: search, one paper, every match, counts."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Unpack

from index.arguments import folder_path, text
from index.identifiers import read_own_identifier
from index.paper import Paper
from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.local.engine import LocalEngine
from searcher.engines.port import Answer, Engine, Plan
from searcher.errors import (
    BadRequestError,
    ClosedError,
    StrictQueryError,
    UnknownPaperError,
    shown,
)
from searcher.page import Hit, Page, Snippets
from searcher.query.clauses import NO_PAPER, AnyTerm, Bool, Clause, EveryPaper
from searcher.query.parser import parse
from searcher.query.ranges import parse_range
from searcher.query.rewriting import Rewriter, can_relax
from searcher.query.tree import Diagnostic, Node, Or, Pattern, Phrase, Query, Word
from searcher.request import Request, SearchOptions, SelectionOptions
from searcher.snippets.marking import needles
from searcher.snippets.window import highlight, snippet


class Collection:
    """An open index of papers, as it was committed when it was opened. Safe to share by threads.

    Use it in a ``with`` block, or call ``close``.
    """

    def __init__(self, directory: str | os.PathLike[str], *, engine: Engine | None = None) -> None:
        """Open the index in ``directory``, or answer from another ``engine``."""
        self._directory = folder_path(directory)
        if engine is None:
            engine = LocalEngine(self._directory)
        elif not _is_engine(engine):
            raise BadRequestError(f"engine is {shown(engine)}; it must be an Engine, or None")
        self._open_index: tuple[Engine, Rewriter] | None = engine, Rewriter(engine.vocabulary)

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index's files; a closed collection raises ClosedError."""
        index, self._open_index = self._open_index, None
        if index is not None:
            index[0].close()

    def __reduce__(self) -> str:
        """Refuse to be pickled, as for a child process: open files cannot be passed on."""
        raise BadRequestError(
            f"{self._directory}: an open index cannot be pickled, copied or passed to another "
            "process; open it there"
        )

    @property
    def _index(self) -> tuple[Engine, Rewriter]:
        index = self._open_index
        if index is None:
            raise ClosedError(f"{self._directory}: this collection was closed; open it again")
        return index

    def __len__(self) -> int:
        return self._index[0].paper_count

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
            raise BadRequestError(
                f"request is {shown(request)}; it must be a Request; search() takes the query"
            )
        started = time.perf_counter()
        found = self._found(request)
        answer = found.answer
        return Page(
            request,
            found.parsed,
            found.diagnostics,
            found.relaxed,
            found.partial,
            answer.total if request.count else None,
            _hits(found.plan, answer, self._index[0]),
            answer.facets,
            (time.perf_counter() - started) * 1000.0,
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
        request = Request.from_options(
            query, limit=0, count=False, paper=False, snippets=False, **selection
        )
        return self._index[0].every(self._found(request).plan)

    def _found(self, request: Request) -> "_Found":
        """Return what the engine finds for a request, relaxed where nothing matches all words.

        Raises StrictQueryError if ``strict`` and the query was not understood as written.
        """
        engine, rewriter = self._index
        deadline = None if request.timeout is None else Deadline(request.timeout)
        meaning = _Meaning(rewriter, request, deadline)
        relaxable = request.match == "auto" and can_relax(meaning.query.tree)
        plan = meaning.plan(match_any=request.match == "any", count=request.count or relaxable)
        # A plan that asks for nothing, as that of ``all`` may, is not put to the engine.
        asks = plan.limit or plan.count or plan.facets
        answer = engine.answer(plan) if asks else Answer((), (), ())
        relaxed = False
        if relaxable and not answer.total and not (deadline and deadline.is_over()):
            # Any of the words may do, if that matches something.
            strict_diagnostics = meaning.clause_diagnostics
            wider_plan = meaning.plan(match_any=True, count=True)
            wider = engine.answer(wider_plan)
            if wider.total:
                plan, answer, relaxed = wider_plan, wider, True
            else:
                meaning.clause_diagnostics = strict_diagnostics
        diagnostics = meaning.diagnostics(relaxed)
        if request.strict and diagnostics:
            raise StrictQueryError(request.query, diagnostics)
        partial = deadline is not None and (deadline.passed or answer.partial)
        if partial:
            reason = f"the time of {request.timeout:g} s was over; this is what had been found"
            diagnostics += (Diagnostic("timeout", f"{reason} by then"),)
        return _Found(plan, answer, str(meaning.query.tree), diagnostics, relaxed, partial)

    def paper(self, paper_id: str) -> Paper:
        """Return the paper with this id. Raises UnknownPaperError if there is none."""
        plain_id = text(paper_id)
        if plain_id is None:
            raise BadRequestError(f"the id is {shown(paper_id)}; it must be text, as a hit's id is")
        (paper,) = self._index[0].papers([plain_id])
        if paper is None:
            raise UnknownPaperError(
                f"{self._directory}: no paper has the id {shown(plain_id)}; "
                "search prints the id of each hit"
            )
        return paper


class _Found(NamedTuple):
    """What was found for a request: the plan that was answered, and what to tell about it."""

    plan: Plan
    answer: Answer
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    relaxed: bool
    partial: bool


def _is_engine(engine: object) -> bool:
    """Tell whether an object has what is asked of an engine first."""
    try:
        return all(hasattr(engine, name) for name in ("answer", "vocabulary", "close"))
    except Exception:  # an object of the caller's may raise anything
        return False


class _Meaning:
    """What a request means in one index, and what to tell its author."""

    def __init__(self, rewriter: Rewriter, request: Request, deadline: Deadline | None) -> None:
        self.query = _parsed(request.query, rewriter)
        self.clause_diagnostics: tuple[Diagnostic, ...] = ()
        self._rewriter = rewriter
        self._request = request
        self._deadline = deadline
        self._filter_diagnostics: list[Diagnostic] = []
        self._filters: dict[str, Clause] | None = {}
        try:
            for facet, tree in _filter_trees(request):
                self._filters[facet] = self._filter(tree)
        except OutOfTimeError:
            self._filters = None

    def plan(self, *, match_any: bool, count: bool) -> Plan:
        """Return the plan for an engine: with all words of the query wanted, or any of them."""
        request = self._request
        return Plan(
            self._clause(match_any),
            self._filters or {},
            request.sort,
            (request.page - 1) * request.limit,
            request.limit,
            request.facets,
            request.facets_within_filters,
            request.ranking,
            count,
            request.explain,
            request.paper,
            request.snippets,
            self._deadline,
        )

    def _clause(self, match_any: bool) -> Clause:
        """Return the clause of the query; no paper matches it unless all is known in time."""
        if self._filters is None:
            return NO_PAPER
        try:
            clause, self.clause_diagnostics = self._rewriter.rewrite(
                self.query.tree, match_any=match_any, deadline=self._deadline
            )
        except OutOfTimeError:
            return NO_PAPER
        return clause

    def diagnostics(self, relaxed: bool) -> tuple[Diagnostic, ...]:
        """Return everything that was not taken as written, each once."""
        diagnostics = (
            *self.query.diagnostics,
            *self.clause_diagnostics,
            *self._filter_diagnostics,
        )
        if relaxed:
            diagnostics += (_RELAXED,)
        return tuple(dict.fromkeys(diagnostics)) if diagnostics else ()

    def _filter(self, tree: Node | Clause) -> Clause:
        """Return the clause of a filter, read as the query would read it."""
        if isinstance(tree, AnyTerm | Bool):
            return tree
        rewritten = self._rewriter.rewrite(tree, deadline=self._deadline)  # type: ignore[arg-type]
        self._filter_diagnostics += rewritten.diagnostics
        return rewritten.clause


def _parsed(text: str, rewriter: Rewriter) -> Query:
    """Parse a query; one that is the identifier of a paper as a whole means that paper."""
    if len(text.split()) > _MOST_IDENTIFIER_WORDS or not (found := read_own_identifier(text)):
        return parse(text)
    if rewriter.is_identifier(text):
        key = str(found)
        is_word = _WORD.fullmatch(key) is not None
        return Query(Word(key, "id") if is_word else Phrase(key, None, "id"))
    query = parse(text)
    is_field = isinstance(query.tree, Word | Pattern) and query.tree.field
    if is_field or not ("/" in text or "." in text):
        return query
    said = f"no paper in this index has the id {str(found)[:60]!r}; it is read as words"
    return Query(query.tree, (*query.diagnostics, Diagnostic("no-such-id", said)))


def _filter_trees(request: Request) -> Iterator[tuple[str, Node | Clause]]:
    """Yield the filters of a request by their facets, in the query language where it has them."""
    if request.category:
        yield "category", Or(tuple(Word(value, "cat") for value in request.category))
    spans = [span for text in request.year if (span := parse_range("year", text))]
    if spans:
        yield "year", Or(tuple(spans))
    if request.author:
        yield "author", Or(tuple(Phrase(name, None, "author") for name in request.author))
    if request.institution:
        yield "institution", Or(tuple(Phrase(name, None, "inst") for name in request.institution))
    if request.has_code is not None:
        yield "code", _HAS_CODE if request.has_code else _HAS_NO_CODE


def _hits(plan: Plan, answer: Answer, engine: Engine) -> tuple[Hit, ...]:
    """Return the hits of an answer."""
    count = len(answer.ids)
    ranks = range(plan.start + 1, plan.start + 1 + count)
    values: list[Sequence[Any]] = [ranks, answer.ids, answer.titles, answer.scores]
    if plan.papers or plan.abstracts or plan.explain:
        values += [
            answer.papers or [None] * count,
            _snippets(plan, answer, engine) if answer.abstracts else [None] * count,
            answer.parts or [()] * count,
        ]
    return tuple(map(Hit, *values))


def _snippets(plan: Plan, answer: Answer, engine: Engine) -> list[Snippets]:
    forms_of = engine.vocabulary.forms_of
    in_title = needles(plan.clause, "title", forms_of)
    in_abstract = needles(plan.clause, "abstract", forms_of)
    if in_abstract == in_title:
        in_abstract = in_title  # which remembers the words that it has met
    return [
        Snippets(highlight(title, in_title), snippet(abstract, in_abstract))
        for title, abstract in zip(answer.titles, answer.abstracts or (), strict=True)
    ]


# An address, or a scheme and a value.
_MOST_IDENTIFIER_WORDS = 2
_WORD = re.compile(r"[\w.:/-]+", re.ASCII)
_HAS_CODE = AnyTerm("has", ("code",))
_HAS_NO_CODE = Bool(required=(EveryPaper(),), excluded=(_HAS_CODE,))
_RELAXED = Diagnostic("relaxed", "no paper matches all the words; these match any of them")
