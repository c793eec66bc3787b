"""What a request finds in an index: taken as written, or corrected, taken apart and relaxed.

A search asks for all the words first. Each other reading is tried only where that finds nothing, or
too little, and is told in a diagnostic.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.port import Answer, Engine, Plan
from searcher.errors import StrictQueryError
from searcher.filters import filter_trees
from searcher.query.clauses import NO_PAPER, AnyTerm, Bool, Clause, Filter, Listed, Match, Tiers
from searcher.query.compounds import apart
from searcher.query.operands import can_relax
from searcher.query.rewriting import Record, Rewriter, Rewritten
from searcher.query.titles import FIRST, excludes, read, with_title
from searcher.query.tree import AddedWord, Diagnostic, Node, Query, Word
from searcher.request import Ranking, Request

if TYPE_CHECKING:
    from searcher.query.echo import Echo
    from searcher.query.telling import Texts
    from searcher.query.vocabulary import Vocabulary
    from searcher.similar import Likeness

FEW_PAPERS = 10
"""If fewer papers match all the words of a query, those that match any of them are ranked too."""

# Some other word is wrong where papers have so many words, all but that one.
_TELLING_WORDS = 3
_NOT_REWRITTEN = Rewritten(NO_PAPER, ())
# Ten abstracts have about as many words as an expanded search reads.
_READ_AT_ONCE = 10
_BY_WORD = Ranking(near=0.0)
# Longer queries are hardly ever asked again, and one with a wildcard or an initial may stand for
# thousands of terms.
_MOST_KEPT_CHARS, _MOST_KEPT_TERMS = 300, 1_000


class Found(NamedTuple):
    """What was found for a request: the plan that was answered, and what to tell about it.

    ``whole`` are the papers that match all the words, None if the search was not relaxed. ``own``
    is the clause of the query itself, without the words in ``added``.
    """

    plan: Plan
    answer: Answer
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    whole: frozenset[str] | None
    own: Clause
    added: tuple[AddedWord, ...] = ()
    partial: bool = False
    echo: "Echo | None" = None

    def in_time(self, request: Request) -> "Found":
        """Return the same; if the time of the request was over, it says so."""
        deadline = self.plan.deadline
        if deadline is None or not (deadline.passed or self.answer.partial):
            return self
        reason = f"the time of {request.timeout:g} s was over; this is what had been found"
        late = Diagnostic("timeout", f"{reason} by then")
        return self._replace(diagnostics=(*self.diagnostics, late), partial=True)


def find(
    engine: Engine,
    rewriter: Rewriter,
    request: Request,
    *,
    lists: bool,
    similar: "Likeness | None" = None,
) -> Found:
    """Return what an engine finds for a request, relaxed where few papers match all words.

    Where papers are only counted, and not listed, it is relaxed where none matches all words.
    The same holds for names that may be meant, also where every paper is listed.
    With ``similar`` that is searched for instead of the words of the request.

    Raises StrictQueryError if ``strict`` and the query was not understood as written.
    """
    if request.expand and lists:
        return _expanded(engine, rewriter, request)
    deadline = None if request.timeout is None else Deadline(request.timeout)
    takes_others = lists and _takes_others(request)
    only_sure = not (takes_others and request.limit)
    meaning = _Meaning(rewriter, request, deadline, similar, only_sure)
    enough = FEW_PAPERS if takes_others else 1
    relaxable = request.match == "auto" and can_relax(meaning.query.tree)
    plan = meaning.plan(match_any=request.match == "any", fewest=enough if relaxable else 0)
    # A plan that asks for nothing, as that of ``all`` may, is not put to the engine.
    asks = plan.limit or plan.count or plan.facets
    answer = engine.answer(plan) if asks else Answer((), (), ())
    if request.match == "auto" and not (answer.total or answer.ids) and meaning.apart(engine):
        relaxable = can_relax(meaning.query.tree)
        plan = meaning.plan(match_any=False, fewest=enough if relaxable else 0)
        answer = engine.answer(plan)
    if relaxable and not answer.total and not request.strict:
        plan, answer = meaning.doubted(engine, plan, answer, fewest=enough)
    strict_total = answer.total or 0
    whole: frozenset[str] | None = None
    if relaxable and strict_total < enough and not (deadline and deadline.is_over()):
        # Any of the words may do, if that matches something more.
        strict, strict_plan, strict_ids = meaning.rewritten, plan, answer.ids
        wider_plan = meaning.plan(match_any=True, fewest=strict_total + 1)
        wider = engine.answer(wider_plan)
        if (wider.total or 0) > strict_total:
            plan, answer, whole = wider_plan, wider, frozenset()
        else:
            meaning.rewritten = strict
        if whole is not None and strict_total:
            # Which they are is wanted, and not their order.
            ids_plan = Plan(
                strict_plan.clause,
                strict_plan.filters,
                limit=strict_total,
                ranking=_BY_WORD,
                deadline=deadline,
            )
            is_known = len(strict_ids) == strict_total
            whole = frozenset(strict_ids if is_known else engine.answer(ids_plan).ids)
    fewest, plan = plan.fewest, plan._replace(fewest=0)
    if whole is None and strict_total < fewest and not answer.partial:
        # They were only counted so far.
        answer = engine.answer(plan)
    diagnostics = meaning.diagnostics(None if whole is None else strict_total) + answer.notes
    if request.strict and diagnostics:
        raise StrictQueryError(request.query, diagnostics)
    found = Found(plan, answer, meaning.parsed, diagnostics, whole, plan.clause)
    if request.echo:
        found = found._replace(echo=meaning.echo(engine.vocabulary, is_relaxed=whole is not None))
    return found.in_time(request)


def _expanded(engine: Engine, rewriter: Rewriter, request: Request) -> Found:
    """Return what is found for a request, ranked by words that the best papers share, too."""
    from searcher.query.expansion import added_words, told, with_words, word_count

    best = replace(request.bare(), limit=1, count=False, echo=request.echo)
    found: Found | None = rewriter.recent.get(best)
    if found is None:
        found = find(engine, rewriter, best, lists=True)
        words: tuple[AddedWord, ...] = ()
        if word_count(found.own):
            words = added_words(_best(found.plan, engine), engine.vocabulary, engine.paper_count)
        clause = with_words(found.own, words, engine.vocabulary)
        found = found._replace(plan=found.plan._replace(clause=clause), added=words)
        if request.timeout is None:
            rewriter.recent.put(best, found)
    plan = found.plan._replace(
        start=(request.page - 1) * request.limit,
        limit=request.limit,
        facets=request.facets,
        count=request.count,
        explain=request.explain,
        papers=request.paper,
        abstracts=request.snippets,
    )
    said = [one for one in found.diagnostics if one.code != "timeout"]
    answer = engine.answer(plan)
    return found._replace(
        plan=plan,
        answer=answer,
        diagnostics=(*said, *answer.notes, told(found.added)),
        partial=False,
    ).in_time(request)


def _best(plan: Plan, engine: Engine) -> Iterator[tuple["Texts", float]]:
    """Yield the texts of the papers of a plan with their scores, best first, read when asked for.

    Deadlines end this like any search.
    """
    from searcher.query.telling import Texts

    bare = plan._replace(
        limit=_READ_AT_ONCE, facets=(), count=False, explain=False, papers=False, abstracts=True
    )
    for start in count(0, _READ_AT_ONCE):
        answer = engine.answer(bare._replace(start=start))
        texts = map(Texts, answer.titles, answer.abstracts or ())
        yield from zip(texts, answer.scores, strict=True)
        if len(answer.ids) < _READ_AT_ONCE:
            return


class _Known(NamedTuple):
    """What the text of a query means in one index, as far as it was asked for.

    It is kept because a query is asked again when somebody turns a page or ticks a facet.
    """

    query: Query
    parsed: str
    title: Match | None
    rewritten: dict[Hashable, Rewritten]


def _known(rewriter: Rewriter, text: str) -> _Known:
    known: _Known | None = rewriter.recent.get(text)
    if known is None:
        rewriter.expect(text)
        query = read(text, rewriter.is_identifier)
        known = _Known(query, str(query.tree), rewriter.title(text, query.tree), {})
        if len(text) <= _MOST_KEPT_CHARS:
            rewriter.recent.put(text, known)
    return known


def _size(rewritten: Rewritten) -> int:
    """Return how many terms a rewritten query has, about."""
    clauses, size = [rewritten.clause, *chain.from_iterable(rewritten.named)], 0
    while clauses:
        match clauses.pop():
            case Match(alternatives=alternatives):
                size += sum(len(one.runs) + len(one.distant) for one in alternatives)
            case AnyTerm(terms=terms):
                size += len(terms)
            case Bool(required, optional, excluded):
                clauses += [*required, *optional, *excluded]
    return size


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
        self._favours_titles = request.ranking.favours_titles
        self._known: _Known | None = None
        self._title: Match | None
        if similar:
            self.query, self._title = similar.query, similar.same
        else:
            self._known = known = _known(rewriter, request.query)
            self.query = known.query
            self._title = known.title if self._favours_titles else None
        self.rewritten = _NOT_REWRITTEN
        self._similar = similar
        self._only_sure = only_sure
        self._rewrite = partial(rewriter.rewrite, only_sure=only_sure, deadline=deadline)
        if request.echo:
            from searcher.query.echo import RecordingRewriting

            self._rewrite = partial(self._rewrite, kind=RecordingRewriting)
        self._doubting = False
        self._request = request
        self._deadline = deadline
        self._filter_diagnostics: list[Diagnostic] = []
        self._filter_named: list[Tiers] = []
        self._filters_read: dict[str, tuple[Node, Mapping[int, Record] | None]] = {}
        self._filters: dict[str, Filter] | None = {}
        try:
            for facet, tree in filter_trees(request):
                self._filters[facet] = self._filter(facet, tree)
        except OutOfTimeError:
            self._filters = None

    @property
    def parsed(self) -> str:
        """The query as it was understood."""
        return self._known.parsed if self._known else str(self.query.tree)

    def plan(self, *, match_any: bool, fewest: int = 0) -> Plan:
        """Return the plan for an engine: with all words of the query wanted, or any of them.

        Where fewer than ``fewest`` papers match they are to be counted, and no more.
        """
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
            request.facet_values,
            ranking,
            request.count or fewest > 0,
            request.explain,
            request.paper,
            request.snippets,
            self._deadline,
            self._similar is not None,
            (*self.rewritten.named, *self._filter_named),
            fewest,
        )

    def _clause(self, match_any: bool) -> tuple[Clause, Ranking]:
        """Return the clause of the query, and what to rank by.

        No paper matches it unless all is known in time.
        """
        ranking = self._request.ranking
        if self._filters is None:
            return NO_PAPER, ranking
        try:
            rewritten = self._rewritten(match_any)
        except OutOfTimeError:
            return NO_PAPER, ranking
        self.rewritten, clause = rewritten, rewritten.clause
        if self._title:
            clause = with_title(clause, self._title, self.query.tree)
        if rewritten.may_be_title and self._favours_titles:
            ranking = ranking.for_title()
        return clause, ranking

    def _rewritten(self, match_any: bool) -> Rewritten:
        """Return the query rewritten, which is remembered unless it was taken apart."""
        acronyms = self._request.acronyms and not self._request.strict
        kept = self._known.rewritten if self._known else {}
        key = (match_any, self._only_sure, self._doubting, acronyms, self._request.echo)
        rewritten = kept.get(key)
        if rewritten is None:
            rewritten = self._rewrite(
                self.query.tree, match_any=match_any, doubting=self._doubting, acronyms=acronyms
            )
            if _size(rewritten) <= _MOST_KEPT_TERMS:
                kept[key] = rewritten
        return rewritten

    def apart(self, engine: Engine) -> bool:
        """Read compounds that stand nowhere in a row as their parts; tell whether there are any."""
        before = self.query
        if self._filters is not None:
            self.query = apart(before, lambda word: self._is_nowhere(word, engine))
        if self.query is before:
            return False
        self._known = None
        return True

    def doubted(
        self, engine: Engine, plan: Plan, answer: Answer, *, fewest: int
    ) -> tuple[Plan, Answer]:
        """Read words of few papers as misspelt, too, if some papers then match all the words.

        ``answer`` is that of ``plan``, which finds none; both are returned if that stays so. Of the
        other plan, fewer papers than ``fewest`` are only counted.
        """
        before, self._doubting = self.rewritten, True
        other = self.plan(match_any=False, fewest=fewest)
        if other.clause != plan.clause:
            found = engine.answer(other)
            if found.total and not _has_wrong_word(engine, plan, other):
                return other, found
        self.rewritten, self._doubting = before, False
        return plan, answer

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
        own = (*self.query.diagnostics, *self.rewritten.diagnostics)
        diagnostics = (*own, *self._filter_diagnostics)
        if self._title and excludes(self.query.tree):
            diagnostics += (FIRST,)
        if strict_total is not None:
            diagnostics += (_relaxed(strict_total),)
        return tuple(dict.fromkeys(diagnostics)) if diagnostics else ()

    def echo(self, vocabulary: "Vocabulary", *, is_relaxed: bool) -> "Echo":
        """Return what was searched for each part of the request, and for each of its filters."""
        from searcher.query.echo import Echo, EchoPart, parts_of_filter, parts_of_query

        request, tree, records = self._request, self.query.tree, self.rewritten.records
        parts = parts_of_query(request.query, tree, records, vocabulary, is_relaxed=is_relaxed)
        filters: list[EchoPart] = []
        for facet, wanted in filter_trees(request):
            if isinstance(wanted, Listed):
                filters += [EchoPart(one, (one,), filter=facet) for one in wanted.values]
            elif isinstance(wanted, Clause):
                asked = request.has_code
                changes = () if asked else ("excluded",)
                filters.append(EchoPart(str(asked), ("code",), changes, filter="has_code"))
            else:
                read = self._filters_read.get(facet, (wanted, None))
                filters += parts_of_filter(facet, getattr(request, facet), *read, vocabulary)
        titled = self._title.alternatives if self._title else ()
        return Echo(parts, tuple(filters), tuple([one.runs[0].terms[0] for one in titled]))

    def _filter(self, facet: str, tree: Node | Filter) -> Filter:
        """Return the clause of a filter, read as the query would read it."""
        if isinstance(tree, Filter):
            return tree
        rewritten = self._rewrite(tree)
        self._filter_diagnostics += rewritten.diagnostics
        self._filter_named += rewritten.named
        self._filters_read[facet] = tree, rewritten.records
        return rewritten.clause


def _has_wrong_word(engine: Engine, plan: Plan, doubted: Plan) -> bool:
    """Tell whether papers have all the words but one, the rare words as they are typed.

    Then that one word is wrong, and the rare words are not misspelt.
    """
    if not (isinstance(plan.clause, Bool) and isinstance(doubted.clause, Bool)):
        return False
    required, others = plan.clause.required, doubted.clause.required
    words = [at for at, part in enumerate(required) if isinstance(part, Match)]
    if len(words) <= _TELLING_WORDS:
        return False
    return any(
        engine.answer(
            plan._replace(
                clause=Bool((*required[:at], *required[at + 1 :])), limit=0, facets=(), fewest=0
            )
        ).total
        for at in words
        if required[at] == others[at]
    )


def _takes_others(request: Request) -> bool:
    """Tell whether papers that match some of the words can stand behind those that match all.

    In another order than by relevance they would stand between them.
    """
    return request.sort == "relevance" and not request.strict


def _relaxed(strict_total: int) -> Diagnostic:
    if not strict_total:
        return Diagnostic("relaxed", "no paper matches all the words; these match any of them")
    papers = "1 paper matches" if strict_total == 1 else f"{strict_total} papers match"
    reason = f"{papers} all the words (--all for only those); the others match some of them"
    return Diagnostic("relaxed", reason)
