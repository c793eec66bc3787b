"""Open indexes as programs use them: search, one paper, every match, counts."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from index.arguments import folder_paths, text, texts
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
from searcher.filters import filter_trees
from searcher.page import Diagnosis, Explanation, Hit, Page, Snippets
from searcher.query.clauses import NO_PAPER, AnyTerm, Bool, Clause, Tiers
from searcher.query.compounds import apart
from searcher.query.operands import can_relax
from searcher.query.rewriting import Rewriter
from searcher.query.titles import FIRST, excludes, read, with_title
from searcher.query.tree import Diagnostic, Node, Word
from searcher.request import (
    DEFAULT_RANKING,
    TITLE_RANKING,
    Ranking,
    Request,
    SearchOptions,
    SelectionOptions,
    SimilarOptions,
)
from searcher.snippets.marking import needles
from searcher.snippets.window import highlight, snippet

# A search needs none of them.
if TYPE_CHECKING:
    from searcher.doctor import Totals
    from searcher.similar import Likeness, Texts

FEW_PAPERS = 10
"""If fewer papers match all the words of a query, those that match any of them are ranked too."""


class Collection:
    """Open indexes of papers, as they were committed when opened. Safe to share by threads.

    Of papers with one id in several indexes, only that of the index named first is there.
    ``directories`` say where they are. Use it in a ``with`` block, or call ``close``.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        engine: Engine | None = None,
    ) -> None:
        """Open the index in ``directory``, or those in several, or answer from an ``engine``."""
        self.directories = tuple(folder_paths(directory))
        self._directory = " and ".join(self.directories)
        if engine is None:
            engine = LocalEngine(*self.directories)
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
        found = self._found(request, lists=request.limit > 0)
        return _page(request, found, _hits(found, self._index[0]), started)

    def similar(self, like: str | Sequence[str], **options: Unpack[SimilarOptions]) -> Page:
        """Return the papers most like some papers, which are left out, or most like a text.

        ``like`` is an id, a list of ids, or a text of several words that is no id. Papers are alike
        by the words that tell most of them: each hit says which of them it shares, and the page's
        query is all of them. See Request for the options.

        Raises UnknownPaperError, which names the ids that no paper has, and BadRequestError.
        """
        unknown = sorted(options.keys() - SimilarOptions.__annotations__.keys())
        if unknown:
            known = ", ".join(SimilarOptions.__annotations__)
            raise BadRequestError(f"similar() has no option {unknown[0]}; its options are {known}")
        from searcher.similar import SAME_TEXT, likeness

        started = time.perf_counter()
        seeds, ids = self._seeds(like)
        similar = likeness(seeds, ids, self._index[0])
        query = str(similar.query.tree)
        request = Request.from_options(query, match="any", count=False, **options)
        # The papers themselves match best of all.
        limit = request.limit + len(ids) if request.limit else 0
        found = self._found(replace(request, limit=limit), lists=limit > 0, similar=similar)
        hits = [
            replace(hit, shared=tuple([label for label in matched if label != SAME_TEXT]))
            for hit, matched in zip(
                _hits(found, self._index[0]), found.answer.matched or (), strict=True
            )
            if hit.id not in ids
        ]
        ranked = tuple(replace(hit, rank=at + 1) for at, hit in enumerate(hits[: request.limit]))
        return _page(request, found, ranked, started)

    def _seeds(self, like: str | Sequence[str]) -> tuple[list["Texts"], set[str]]:
        """Return the texts of what papers shall be like, and the ids of those in the index."""
        from searcher.similar import Texts

        one = text(like)
        given = texts("like", like if one is None else [one])
        if not given or not all(map(str.strip, given)):
            raise BadRequestError(
                f"like is {shown(like)}; it must be an id, a list of ids or a text"
            )
        papers = self._index[0].papers(given)
        if one is not None and papers == [None] and len(one.split()) > 1:
            return [Texts("", one)], set()
        missing = [paper_id for paper_id, paper in zip(given, papers, strict=True) if not paper]
        if missing:
            raise UnknownPaperError.of(self._directory, missing)
        found = {paper.id: Texts(paper.title, paper.abstract) for paper in papers if paper}
        return list(found.values()), set(found)

    def diagnose(self, query: str | Request = "*", **options: Unpack[SearchOptions]) -> Diagnosis:
        """Say why a query or request finds nothing, or too little: see Diagnosis.

        Each part of it is counted by itself, and so is what is offered instead: a search for that
        finds as many papers. It takes some dozen counts, and as long as ``timeout`` at most, which
        is two seconds unless it is given. Raises BadRequestError for an option without meaning.
        """
        if not isinstance(query, Request):
            query = Request.from_options(query, **options)
        elif options:
            raise BadRequestError("options belong to a query; a request has them already")
        from searcher.doctor import Doctor

        return Doctor(query, self._totals, self._index[0].vocabulary).diagnosis()

    def explain(
        self, paper_id: str, query: str = "*", **options: Unpack[SearchOptions]
    ) -> Explanation:
        """Return why a paper matches a query, with the parts of its score, or what it lacks.

        Raises what ``search`` and ``paper`` raise.
        """
        from searcher.explaining import score_of, shortcomings

        request = replace(Request.from_options(query, **options), limit=1, page=1, facets=())
        paper, engine = self.paper(paper_id), self._index[0]
        found = self._found(request, lists=True)
        relaxed = found.whole is not None
        score, words = score_of(paper, found.plan, engine) or (None, ())
        lacks: tuple[str, ...] = ()
        fails: tuple[str, ...] = ()
        if score is None or relaxed or request.match == "any":
            lacks, fails = shortcomings(
                paper, request, lambda asked: self._found(asked, lists=False).plan, engine
            )
        facts = (paper.id, paper.title, found.parsed, found.diagnostics, relaxed)
        return Explanation(*facts, score, words, lacks, fails)

    def _totals(self, request: Request) -> "Totals | None":
        """Return how many papers a search finds, None if it does not end in time."""
        from searcher.doctor import Totals

        found = self._found(
            replace(
                request, limit=0, facets=(), count=True, explain=False, paper=False, snippets=False
            ),
            lists=request.limit > 0,
        )
        if found.partial:
            return None
        total = found.answer.total or 0
        corrected = any(one.code == "corrected" for one in found.diagnostics)
        return Totals(total, total if found.whole is None else len(found.whole), corrected)

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
        return self._index[0].every(self._found(request, lists=True).plan)

    def _found(
        self, request: Request, *, lists: bool, similar: "Likeness | None" = None
    ) -> "_Found":
        """Return what the engine finds for a request, relaxed where few papers match all words.

        Where papers are only counted, and not listed, it is relaxed where none matches all words.
        The same holds for names that may be meant, also where every paper is listed.
        With ``similar`` that is searched for instead of the words of the request.

        Raises StrictQueryError if ``strict`` and the query was not understood as written.
        """
        engine, rewriter = self._index
        deadline = None if request.timeout is None else Deadline(request.timeout)
        takes_others = lists and _takes_others(request)
        only_sure = not (takes_others and request.limit)
        meaning = _Meaning(rewriter, request, deadline, similar, only_sure)
        relaxable = request.match == "auto" and can_relax(meaning.query.tree)
        plan = meaning.plan(match_any=request.match == "any", count=request.count or relaxable)
        # A plan that asks for nothing, as that of ``all`` may, is not put to the engine.
        asks = plan.limit or plan.count or plan.facets
        answer = engine.answer(plan) if asks else Answer((), (), ())
        if request.match == "auto" and not (answer.total or answer.ids) and meaning.apart(engine):
            relaxable = can_relax(meaning.query.tree)
            plan = meaning.plan(match_any=False, count=request.count or relaxable)
            answer = engine.answer(plan)
        strict_total = answer.total or 0
        whole: frozenset[str] | None = None
        if (
            relaxable
            and strict_total < (FEW_PAPERS if takes_others else 1)
            and not (deadline and deadline.is_over())
        ):
            # Any of the words may do, if that matches something more.
            strict_diagnostics, strict_plan = meaning.clause_diagnostics, plan
            wider_plan = meaning.plan(match_any=True, count=True)
            wider = engine.answer(wider_plan)
            if (wider.total or 0) > strict_total:
                plan, answer, whole = wider_plan, wider, frozenset()
            else:
                meaning.clause_diagnostics = strict_diagnostics
            if whole is not None and strict_total:
                ids_plan = Plan(
                    strict_plan.clause, strict_plan.filters, limit=strict_total, deadline=deadline
                )
                whole = frozenset(engine.answer(ids_plan).ids)
        diagnostics = meaning.diagnostics(None if whole is None else strict_total)
        if request.strict and diagnostics:
            raise StrictQueryError(request.query, diagnostics)
        partial = deadline is not None and (deadline.passed or answer.partial)
        if partial:
            reason = f"the time of {request.timeout:g} s was over; this is what had been found"
            diagnostics += (Diagnostic("timeout", f"{reason} by then"),)
        return _Found(plan, answer, str(meaning.query.tree), diagnostics, whole, partial)

    def paper(self, paper_id: str) -> Paper:
        """Return the paper with this id. Raises UnknownPaperError if there is none."""
        plain_id = text(paper_id)
        if plain_id is None:
            raise BadRequestError(f"the id is {shown(paper_id)}; it must be text, as a hit's id is")
        (paper,) = self._index[0].papers([plain_id])
        if paper is None:
            raise UnknownPaperError.of(self._directory, [plain_id])
        return paper


class _Found(NamedTuple):
    """What was found for a request: the plan that was answered, and what to tell about it.

    ``whole`` are the papers that match all the words, None if the search was not relaxed.
    """

    plan: Plan
    answer: Answer
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    whole: frozenset[str] | None
    partial: bool


def _takes_others(request: Request) -> bool:
    """Tell whether papers that match some of the words can stand behind those that match all.

    In another order than by relevance they would stand between them.
    """
    return request.sort == "relevance" and not request.strict


def _is_engine(engine: object) -> bool:
    """Tell whether an object has what is asked of an engine first."""
    try:
        return all(hasattr(engine, name) for name in ("answer", "vocabulary", "close"))
    except Exception:  # an object of the caller's may raise anything
        return False


class _Meaning:
    """What a request means in one index, and what to tell its author."""

    def __init__(
        self,
        rewriter: Rewriter,
        request: Request,
        deadline: Deadline | None,
        similar: "Likeness | None",
        only_sure: bool,
    ) -> None:
        self.query = similar.query if similar else read(request.query, rewriter.is_identifier)
        self.clause_diagnostics: tuple[Diagnostic, ...] = ()
        self._similar = similar
        self._rewrite = partial(rewriter.rewrite, only_sure=only_sure, deadline=deadline)
        self._request = request
        self._deadline = deadline
        self._title = similar.same if similar else None
        if not similar and request.ranking == DEFAULT_RANKING:
            self._title = rewriter.title(request.query, self.query.tree)
        self._filter_diagnostics: list[Diagnostic] = []
        self._named: tuple[Tiers, ...] = ()
        self._filter_named: list[Tiers] = []
        self._filters: dict[str, Clause] | None = {}
        try:
            for facet, tree in filter_trees(request):
                self._filters[facet] = self._filter(tree)
        except OutOfTimeError:
            self._filters = None

    def plan(self, *, match_any: bool, count: bool) -> Plan:
        """Return the plan for an engine: with all words of the query wanted, or any of them."""
        request = self._request
        clause, ranking = self._clause(match_any)
        return Plan(
            clause,
            self._filters or {},
            request.sort,
            (request.page - 1) * request.limit,
            request.limit,
            request.facets,
            request.facets_within_filters,
            ranking,
            count,
            request.explain,
            request.paper,
            request.snippets,
            self._deadline,
            self._similar is not None,
            (*self._named, *self._filter_named),
        )

    def _clause(self, match_any: bool) -> tuple[Clause, Ranking]:
        """Return the clause of the query, and what to rank by.

        No paper matches it unless all is known in time.
        """
        ranking = self._request.ranking
        if self._filters is None:
            return NO_PAPER, ranking
        try:
            rewritten = self._rewrite(self.query.tree, match_any=match_any)
            clause, self.clause_diagnostics, may_be_title, self._named = rewritten
        except OutOfTimeError:
            return NO_PAPER, ranking
        if self._title:
            clause = with_title(clause, self._title, self.query.tree)
        return clause, TITLE_RANKING if may_be_title and ranking == DEFAULT_RANKING else ranking

    def apart(self, engine: Engine) -> bool:
        """Read compounds that stand nowhere in a row as their parts; tell whether there are any."""
        before = self.query
        if self._filters is not None:
            self.query = apart(before, lambda word: self._is_nowhere(word, engine))
        return self.query is not before

    def _is_nowhere(self, word: Word, engine: Engine) -> bool:
        try:
            clause = self._rewrite(word).clause
        except OutOfTimeError:
            return False
        return not engine.answer(Plan(clause, limit=0, deadline=self._deadline)).total

    def diagnostics(self, strict_total: int | None) -> tuple[Diagnostic, ...]:
        """Return everything that was not taken as written, each once.

        If the search was relaxed, ``strict_total`` papers match all the words.
        """
        diagnostics = (*self.query.diagnostics, *self.clause_diagnostics, *self._filter_diagnostics)
        if self._title and excludes(self.query.tree):
            diagnostics += (FIRST,)
        if strict_total is not None:
            diagnostics += (_relaxed(strict_total),)
        return tuple(dict.fromkeys(diagnostics)) if diagnostics else ()

    def _filter(self, tree: Node | Clause) -> Clause:
        """Return the clause of a filter, read as the query would read it."""
        if isinstance(tree, AnyTerm | Bool):
            return tree
        rewritten = self._rewrite(tree)  # type: ignore[arg-type]
        self._filter_diagnostics += rewritten.diagnostics
        self._filter_named += rewritten.named
        return rewritten.clause


def _page(request: Request, found: _Found, hits: tuple[Hit, ...], started: float) -> Page:
    """Return the page of what was found for a request since ``started``."""
    answer = found.answer
    return Page(
        request,
        found.parsed,
        found.diagnostics,
        found.whole is not None,
        found.partial,
        answer.total if request.count else None,
        hits,
        answer.facets,
        (time.perf_counter() - started) * 1000.0,
    )


def _hits(found: _Found, engine: Engine) -> tuple[Hit, ...]:
    """Return the hits of an answer."""
    plan, answer = found.plan, found.answer
    count = len(answer.ids)
    ranks = range(plan.start + 1, plan.start + 1 + count)
    values: list[Sequence[Any]] = [ranks, answer.ids, answer.titles, answer.scores]
    if plan.papers or plan.abstracts or plan.explain or found.whole is not None or answer.indexes:
        values += [
            answer.papers or [None] * count,
            _snippets(plan, answer, engine) if answer.abstracts else [None] * count,
            answer.parts or [()] * count,
        ]
    if found.whole is not None:
        values.append(list(map(found.whole.__contains__, answer.ids)))
    if answer.indexes:
        values += [[None] * count] if found.whole is None else []
        values += [[()] * count, answer.indexes]
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


def _relaxed(strict_total: int) -> Diagnostic:
    if not strict_total:
        return Diagnostic("relaxed", "no paper matches all the words; these match any of them")
    papers = "1 paper matches" if strict_total == 1 else f"{strict_total} papers match"
    reason = f"{papers} all the words (--all for only those); the others match some of them"
    return Diagnostic("relaxed", reason)
