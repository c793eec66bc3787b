"""The engine that answers from an index on this machine."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property, reduce
from itertools import chain
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from index.paper import Paper
from index.segments.arrays import is_first
from searcher.deadline import OutOfTimeError
from searcher.engines.local.columns import facet_column, papers_listed
from searcher.engines.local.facets import count
from searcher.engines.local.matching import NO_MATCHES, Matcher, Matches
from searcher.engines.local.nearness import Pairs
from searcher.engines.local.reader import IndexReader
from searcher.engines.local.scoring import Mask
from searcher.engines.local.topk import best, first_by
from searcher.engines.local.vocabulary import LocalVocabulary
from searcher.engines.port import Answer, Completion, Plan, Typed
from searcher.page import FacetCount, ScorePart, SuggestionKind
from searcher.query.clauses import NO_PAPER, Clause, Filter, Listed

# No search needs it.
if TYPE_CHECKING:
    from searcher.engines.local.completion import Completer


_FIRST_OF_EVERY = 1_000


class LocalEngine:
    """One committed state of each of some indexes; later commits do not change what it answers.

    Safe to share by threads, and usable in a process that was forked from this one.
    """

    def __init__(self, *directories: str) -> None:
        self._reader = IndexReader(*directories)
        self.vocabulary = LocalVocabulary(self._reader)
        self.paper_count = self._reader.paper_count
        self.generations = self._reader.generations
        _renew_after_fork(self)

    def answer(self, plan: Plan) -> Answer:
        """Answer a plan."""
        search = _Search(self._reader, plan)
        # With no time left, what was found is all that there will be.
        is_few = plan.fewest and search.count() < plan.fewest
        if is_few and not (plan.deadline and plan.deadline.passed):
            return Answer((), (), (), total=search.count())
        ranked = search.ranked(plan.start + plan.limit)[plan.start :]
        numbers = [number for number, _ in ranked]
        reader = self._reader
        total = search.count() if plan.count else None
        facets = {facet: search.facet(facet) for facet in plan.facets} or None
        papers = abstracts = None
        if plan.papers:
            stored = [reader.stored(number) for number in numbers]
            papers = [one.paper() for one in stored]
            if plan.abstracts:
                abstracts = [paper.abstract for paper in papers]
        elif plan.abstracts:
            abstracts = [reader.stored(number).abstract for number in numbers]
        return Answer(
            reader.ids_of(numbers),
            reader.titles_of(numbers),
            [score for _, score in ranked],
            search.parts(numbers) if plan.explain else None,
            papers,
            abstracts,
            total,
            facets,
            plan.deadline is not None and plan.deadline.passed,
            search.matched(numbers) if plan.matched else None,
            reader.indexes_of(numbers),
        )

    def every(self, plan: Plan) -> Iterator[Paper]:
        """Return every paper that matches a plan, in its order, each read when it is asked for."""
        numbers = _every(_Search(self._reader, plan), plan.deadline is None)
        first = next(numbers, None)
        if first is None:
            return iter(())
        return map(self._reader.paper, chain((first,), numbers))

    def papers(self, ids: Sequence[str]) -> list[Paper | None]:
        """Return the papers with these ids or other identifiers, None where there is none."""
        numbers = [self._reader.number_of(paper_id) for paper_id in ids]
        return [None if number is None else self._reader.paper(number) for number in numbers]

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        """Return the best texts of a kind that have what was typed, ``limit`` at most."""
        return self._completer.completions(kind, typed, limit)

    @property
    def why_no_phrases(self) -> str:
        """Why it completes no phrases, or not those of all indexes; empty if it does."""
        return self._completer.why_no_phrases

    @cached_property
    def _completer(self) -> "Completer":
        from searcher.engines.local.completion import Completer

        return Completer(self._reader, self.vocabulary)

    def close(self) -> None:
        """Free the cache; the files stay open as long as somebody still reads papers of them."""
        self._reader.renew()

    def renew(self) -> None:
        """Take fresh caches, as a process must after it was forked."""
        self._reader.renew()


class _Search:
    """One search: what matches is computed when it is first needed."""

    __slots__ = ("_clause", "_masks", "_matcher", "_matches", "_near", "_plan", "_reader")

    def __init__(self, reader: IndexReader, plan: Plan) -> None:
        self._reader = reader
        self._plan = plan
        self._clause: Clause = plan.clause
        self._matcher = Matcher(reader, plan.ranking, plan.deadline)
        self._matches: Matches | None = None
        self._masks: dict[str, Mask] = {}
        self._near: Pairs | None = None
        try:
            for facet, clause in plan.filters.items():
                self._masks[facet] = self._mask(clause)
        except OutOfTimeError:
            # Without all filters nobody knows which papers match.
            self._masks, self._clause, self._matches = {}, NO_PAPER, NO_MATCHES

    def ranked(self, limit: int | None) -> list[tuple[int, float]]:
        """Return the first ``limit`` paper numbers in the order asked for, each with its score."""
        plan, reader = self._plan, self._reader
        if plan.sort == "relevance":
            if plan.named:
                return self._by_name(limit)
            # Without a use for all matches no more of them are looked at than needed. With little
            # time, they are found while there is some.
            needs_all = plan.count or self._masks or plan.facets or limit is None or plan.deadline
            matches = self._passing() if needs_all else None
            if matches is not None and limit is None:
                limit = len(matches.papers)
            ranked, self._near = best(self._matcher, self._clause, matches, limit or 0)
            return ranked
        papers = self._passing().papers
        count = len(papers) if limit is None else limit
        order = first_by(reader, papers, self._sort_keys(papers), count)
        chosen = papers[order]
        try:
            scores = self._matcher.scores(self._clause, chosen)
        except OutOfTimeError:
            scores = np.zeros(len(chosen))
        return list(zip(chosen.tolist(), scores.tolist(), strict=True))

    def _by_name(self, limit: int | None) -> list[tuple[int, float]]:
        """Return the papers that surely have the names wanted, then the others, with scores."""
        papers, scores = self._passing()
        sureness = np.zeros(len(papers), np.int64)
        with suppress(OutOfTimeError):
            scores = self._matcher.scores(self._clause, papers)
            sureness = self._matcher.sureness(self._plan.named, papers)
        dates = self._reader.numbers("date")[papers]
        keys = (-dates, -scores, sureness)
        order = np.lexsort(keys)
        is_new = reduce(np.logical_or, [is_first(key[order]) for key in keys])
        ranks = np.empty(len(papers), np.int64)
        ranks[order] = np.cumsum(is_new)
        order = first_by(self._reader, papers, ranks, len(papers) if limit is None else limit)
        return list(zip(papers[order].tolist(), scores[order].tolist(), strict=True))

    def _sort_keys(self, papers: NDArray[np.integer]) -> NDArray[Any]:
        """Return a number for each paper, the lower the earlier it comes."""
        keys: NDArray[Any]
        match self._plan.sort:
            case "oldest":
                dates = self._reader.numbers("date")[papers]
                keys = np.where(dates, dates, np.iinfo(dates.dtype).max)
            case "date":
                keys = -self._reader.numbers("date")[papers]
            case "citations":
                keys = -self._reader.numbers("cited_by")[papers]
            case _:
                keys = -self._reader.scores[papers]
        return keys

    def count(self) -> int:
        """Return how many papers match the clause and every filter."""
        return len(self._passing().papers)

    def facet(self, facet: str) -> tuple[FacetCount, ...]:
        """Count a facet's values among the matches, its own filter left out unless asked for."""
        without = "" if self._plan.facets_within_filters else facet
        papers = self._passing(without).papers
        most = None if facet == "year" else self._plan.facet_values
        return count(facet, facet_column(self._reader, facet), papers, most)

    def parts(self, numbers: Sequence[int]) -> list[tuple[ScorePart, ...]]:
        """Return the parts of the scores of some papers; none if the time is over."""
        with suppress(OutOfTimeError):
            return list(map(tuple, self._matcher.explain(self._clause, numbers, self._near)))
        return [()] * len(numbers)

    def matched(self, numbers: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the labels of the words that some papers have; none if the time is over."""
        with suppress(OutOfTimeError):
            return self._matcher.matched(self._clause, numbers)
        return [()] * len(numbers)

    def _passing(self, without: str = "") -> Matches:
        """Return the matches of the clause that pass every filter except one."""
        if self._matches is None:
            try:
                self._matches = self._matcher.find(self._clause)
            except OutOfTimeError:
                self._matches = NO_MATCHES
        masks = [mask for facet, mask in self._masks.items() if facet != without]
        if not masks:
            return self._matches
        is_passing = reduce(np.logical_and, masks)[self._matches.papers]
        return Matches(self._matches.papers[is_passing], self._matches.scores[is_passing])

    def _mask(self, clause: Filter) -> Mask:
        """Return which paper numbers match a filter."""
        if isinstance(clause, Listed):
            return papers_listed(self._reader, clause)
        mask = np.zeros(self._reader.size, np.bool_)
        mask[self._matcher.find(clause).papers] = True
        return mask


def _every(search: _Search, may_go_on: bool) -> Iterator[int]:
    """Yield all matches in order: some first, then ever more of them at a time.

    To order all takes much longer than the first, which may be all that is taken. Unless it
    ``may_go_on``, all are ordered at once.
    """
    start, count = 0, _FIRST_OF_EVERY if may_go_on else None
    while True:
        ranked = search.ranked(count)
        yield from [number for number, _ in ranked[start:]]
        if count is None or len(ranked) < count:
            return
        start, count = count, count * 8


_open_engines: WeakSet[LocalEngine] = WeakSet()
_is_registered = [False]


def _renew_after_fork(engine: LocalEngine) -> None:
    """Let a process that is forked from this one take fresh caches and locks for an engine.

    A thread that holds a lock when another forks does not exist in the child, which would wait for
    it for ever.
    """
    _open_engines.add(engine)
    if not _is_registered[0] and hasattr(os, "register_at_fork"):
        _is_registered[0] = True
        os.register_at_fork(after_in_child=_renew_all)


def _renew_all() -> None:
    for engine in list(_open_engines):
        engine.renew()
    if sys.version_info < (3, 12):
        # There each cached property has a lock, which all objects of its class share.
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in ("index", "searcher"):
                for thing in list(vars(module).values()):
                    if isinstance(thing, type):
                        for member in vars(thing).values():
                            if isinstance(member, cached_property):
                                vars(member)["lock"] = RLock()
