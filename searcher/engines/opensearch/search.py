"""One search on a cluster: what is asked, and what the answers are made into.

The cluster says which papers match and which are the best, about. The best CANDIDATES are scored
anew, from their terms, by the local engine's own functions; those after them stay in the order in
which the cluster has them, but for blocks of a few, which are put in order in the same way.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from index.errors import ClusterError
from index.opensearch.layout import STORED
from index.paper import Paper
from searcher.engines.local.matching import Matcher
from searcher.engines.local.nearness import Pairs
from searcher.engines.local.ranking import inverse_document_frequency, recurrence
from searcher.engines.local.topk import best
from searcher.engines.opensearch import facets
from searcher.engines.opensearch.candidates import Candidates, Source, Wanted
from searcher.engines.opensearch.counts import MOST_LISTED
from searcher.engines.opensearch.dsl import (
    Query,
    by_name,
    check_size,
    is_rough,
    matching,
    scoring,
    within,
)
from searcher.engines.opensearch.index import ClusterIndex
from searcher.engines.opensearch.vocabulary import paper_of
from searcher.engines.port import Answer, Plan
from searcher.page import FacetCount, ScorePart
from searcher.query.clauses import Match, matches_of
from searcher.query.tree import Diagnostic
from searcher.request import NEAR_PAPERS

CANDIDATES = NEAR_PAPERS + 56
"""How many papers are scored anew: some more than can gain by words near each other.

The cluster rounds, so that the last of those may be among the next few for it.
"""

ROUGH_CANDIDATES = 1_024
"""The same where the cluster scores a word roughly, so that the best may be further behind."""

# Those behind them, and those of a single word, are put in order so many at a time.
_BLOCK = 512
# Among so many papers it is counted how often words are near each other.
_SAMPLE = 2_000
# What an answer may take longer than the cluster was given.
_GRACE_SECONDS = 5.0
# How often a search is made anew because of a commit.
_MOST_TIMES = 10

# Papers without a date come last, whichever way the others are sorted.
_DATE_OR_LAST = "doc['date'].value == 0 ? 2147483647 : doc['date'].value"
_ORDERS: Mapping[str, list[Any]] = {
    "relevance": [{"_score": "desc"}, {"date": "desc"}, {"id": "asc"}],
    "date": [{"date": "desc"}, {"id": "asc"}],
    "oldest": [{"_script": {"type": "number", "script": _DATE_OR_LAST}}, {"id": "asc"}],
    "citations": [{"cited_by": "desc"}, {"id": "asc"}],
    "score": [{"score": "desc"}, {"id": "asc"}],
}


class _Ranked(NamedTuple):
    """The papers of a page, best first; parts and words that they have only where asked for."""

    ids: list[str]
    scores: list[float]
    parts: list[tuple[ScorePart, ...]]
    matched: list[tuple[str, ...]]


class _Block(NamedTuple):
    """Some papers that were put in order together: their numbers, scores, and what scored them."""

    order: list[int]
    scores: list[float]
    matcher: Matcher
    near: Pairs | None


class Search:
    """One search on a cluster."""

    def __init__(self, index: ClusterIndex, plan: Plan) -> None:
        self._index = index
        self._plan = plan
        self._filters = {
            facet: index.filter(one, plan.ranking) for facet, one in plan.filters.items()
        }
        self._wanted = Wanted(index.vocabulary.forms_of)

    def every(self) -> Iterator[Paper]:
        """Yield every paper that matches, the best first or as they are sorted."""
        body = self._body(1)
        is_ranked = self._plan.sort == "relevance"
        body["_source"] = [*body["_source"], STORED] if is_ranked else [STORED]
        left: list[Source] = []
        at = 0
        for hits in self._index.walk(body):
            left += [hit["_source"] for hit in hits]
            if not is_ranked:
                yield from map(paper_of, left)
                left = []
            while len(left) >= (size := self._block_size(at)):
                yield from self._papers_of_block(left[:size], at)
                left, at = left[size:], at + size
        if left:
            yield from self._papers_of_block(left, at)

    def _papers_of_block(self, sources: Sequence[Source], at: int) -> Iterator[Paper]:
        block = self._block(sources, at)
        return map(paper_of, [sources[number] for number in block.order])

    def answer(self) -> Answer:
        """Return the answer to the plan. Raises ClusterError."""
        for _ in range(_MOST_TIMES):
            if answer := self._answer():
                return answer
        raise ClusterError(
            f"{self._index.address}: commits follow each other too fast to be searched; try again"
            " later"
        )

    def _answer(self) -> Answer | None:
        """Return the answer, None if a commit came before all of it was there."""
        plan = self._plan
        if plan.deadline is not None and plan.deadline.is_over():
            return Answer((), (), (), total=0 if plan.count else None, partial=True)
        start, stop = self._window()
        asked = self._body(stop - start)
        found, hits = self._hits(asked, start, stop)
        total = int(found["hits"]["total"]["value"]) if "total" in found["hits"] else None
        if (total or 0) < plan.fewest:
            ids = [str(hit["_source"]["id"]) for hit in hits]
            return Answer(ids, (), (), total=total, partial=_is_partial(found))
        ranked = self._ranked([hit["_source"] for hit in hits], start)
        counted, notes = self._facets(found.get("aggregations"), asked)
        papers = self._papers(ranked.ids)
        if papers is None:
            return None
        return Answer(
            ranked.ids,
            [paper.title for paper in papers],
            ranked.scores,
            ranked.parts if plan.explain else None,
            papers if plan.papers else None,
            [paper.abstract for paper in papers] if plan.abstracts else None,
            total if plan.count else None,
            counted,
            _is_partial(found),
            ranked.matched if plan.matched else None,
            notes=(*notes, *self._order_notes()),
        )

    def _block_size(self, at: int) -> int:
        """Return how many papers from ``at`` on are put in order together."""
        plan = self._plan
        if at:
            return _BLOCK
        if any(map(is_rough, matches_of(plan.clause))):
            return ROUGH_CANDIDATES
        has_near = plan.ranking.near and len(list(islice(matches_of(plan.clause), 2))) > 1
        return CANDIDATES if has_near else _BLOCK

    def _window(self) -> tuple[int, int]:
        """Return from which to which place papers are needed for the page that is wanted."""
        plan = self._plan
        end = plan.start + plan.limit
        if not plan.limit or plan.sort != "relevance":
            return plan.start, end
        start, stop = 0, self._block_size(0)
        while stop < end:
            if stop <= plan.start:
                start = stop
            stop += _BLOCK
        return (start, stop) if plan.start < stop else (stop, stop)

    def _hits(
        self, asked: Mapping[str, Any], start: int, stop: int
    ) -> tuple[Mapping[str, Any], Sequence[Any]]:
        """Return the answer to a search, and its hits from ``start`` to ``stop``."""
        if stop <= MOST_LISTED:
            found = self._index.search({**asked, "from": start}, self._seconds)
            return found, found["hits"]["hits"]
        # One answer does not reach so far.
        found = self._index.search({**asked, "size": 0}, self._seconds)
        walked = chain.from_iterable(self._index.walk(asked))
        return found, list(islice(walked, start, stop))

    @property
    def _seconds(self) -> float | None:
        deadline = self._plan.deadline
        return None if deadline is None else deadline.left() + _GRACE_SECONDS

    def _body(self, size: int) -> dict[str, Any]:
        plan = self._plan
        query = self._query() if size else matching(plan.clause, plan.ranking)
        names = [facet for facet in self._filters if facet in plan.facets]
        if plan.facets_within_filters:
            names = []
        others = [one for facet, one in self._filters.items() if facet not in names]
        query = within(query, others) if size else {"bool": {"filter": [query, *others]}}
        check_size(query)
        body: dict[str, Any] = {
            "query": query,
            "size": size,
            "track_total_hits": plan.count or plan.fewest > 0,
        }
        if size:
            self._want()
            body["sort"] = self._order()
            body["_source"] = self._wanted.source_fields
            body["track_scores"] = plan.sort == "relevance"
        if names:
            body["post_filter"] = {"bool": {"filter": [self._filters[one] for one in names]}}
        if plan.facets:
            body["aggs"] = {
                facet: {
                    "filter": {
                        "bool": {"filter": [self._filters[one] for one in names if one != facet]}
                    },
                    "aggs": {"v": facets.counting(facet, plan.facet_values)},
                }
                for facet in plan.facets
            }
        if plan.deadline is not None and math.isfinite(left := plan.deadline.left()):
            body["timeout"] = f"{max(round(left * 1000), 1)}ms"
        return body

    def _order(self) -> list[Any]:
        plan = self._plan
        if plan.sort == "relevance" and not plan.named:
            return [{"_score": "desc"}, {"id": "asc"}]
        return _ORDERS[plan.sort]

    def _want(self) -> None:
        plan = self._plan
        self._wanted.add(plan.clause)
        self._wanted.add_tiers(plan.named)
        if plan.named:
            self._wanted.numbers.add("date")

    def _query(self) -> Query:
        plan, counts = self._plan, self._index.counts
        words = list(matches_of(plan.clause))
        papers = counts.words(words, plan.ranking)
        paper_count = self._index.paper_count

        def weight_of(word: Match) -> float:
            own = papers[word]
            if not own:
                return 0.0
            idf = float(inverse_document_frequency(own, paper_count))
            return idf * float(recurrence(self._occurrences(word, own), own))

        query = scoring(plan.clause, plan.ranking, weight_of, counts.close_forms)
        return by_name(query, plan.named, plan.ranking)

    def _occurrences(self, word: Match, papers: int) -> int:
        """Return how often a word stands in the ``papers`` that have it."""
        index, ranking = self._index, self._plan.ranking
        known = index.counts.occurrences(word, ranking)
        if known is None:
            known = index.remembered(
                ("near", word.alternatives, ranking.weights),
                lambda: self._sampled(word, papers),
            )
        return known

    def _sampled(self, word: Match, papers: int) -> int:
        """Return about how often words are near each other, exactly where few papers have them.

        They are counted in the papers with the first ids, which have nothing to do with it.
        """
        wanted = Wanted(self._index.vocabulary.forms_of)
        wanted.add(word)
        body = {
            "query": {"bool": {"filter": matching(word, self._plan.ranking)}},
            "size": _SAMPLE,
            "sort": [{"id": "asc"}],
            "_source": wanted.source_fields,
            "track_total_hits": False,
        }
        hits = self._index.search(body)["hits"]["hits"]
        counted: list[tuple[int, int]] = []

        def keep(_word: Match, own: int, occurrences: int) -> tuple[int, int]:
            counted.append((own, occurrences))
            return own, occurrences

        sources = [hit["_source"] for hit in hits]
        sample = Candidates(sources, wanted, papers, self._index.means, keep)
        Matcher(sample, self._plan.ranking).words.scores(word)
        own, occurrences = counted[0]
        return round(occurrences * papers / own) if own else papers

    # The best papers, scored anew

    def _ranked(self, sources: Sequence[Source], start: int) -> _Ranked:
        """Return the papers of the page, of which some ``sources`` from a place on are the best."""
        plan = self._plan
        ranked = _Ranked([], [], [], [])
        at = start
        while at - start < len(sources):
            size = self._block_size(at) if plan.sort == "relevance" else len(sources)
            own = sources[at - start : at - start + size]
            block = self._block(own, at)
            low, high = max(plan.start - at, 0), plan.start + plan.limit - at
            order = block.order[low:high]
            ranked.ids.extend(str(own[number]["id"]) for number in order)
            ranked.scores.extend(block.scores[low:high])
            if plan.explain:
                parts = block.matcher.explain(plan.clause, order, block.near)
                ranked.parts.extend(map(tuple, parts))
            if plan.matched:
                ranked.matched.extend(block.matcher.matched(plan.clause, order))
            at += size
        return ranked

    def _block(self, sources: Sequence[Source], at: int) -> _Block:
        """Return some papers in their order; words near each other count among the first."""
        plan = self._plan
        candidates = self._candidates(sources)
        matcher = Matcher(candidates, plan.ranking)
        numbers = np.arange(len(sources))
        if plan.sort != "relevance":
            scores = matcher.scores(plan.clause, numbers)
            return _Block(numbers.tolist(), scores.tolist(), matcher, None)
        if not at and not plan.named:
            ranked, near = best(matcher, plan.clause, None, len(sources))
            order = [number for number, _ in ranked]
            return _Block(order, [score for _, score in ranked], matcher, near)
        scores = matcher.scores(plan.clause, numbers)
        keys = [candidates.id_rank, -scores]
        if plan.named:
            sureness = matcher.sureness(plan.named, numbers)
            keys = [candidates.id_rank, -candidates.numbers("date"), -scores, sureness]
        by_rank = np.lexsort(keys)
        return _Block(by_rank.tolist(), scores[by_rank].tolist(), matcher, None)

    def _candidates(self, sources: Sequence[Source]) -> Candidates:
        index, plan = self._index, self._plan
        counts = index.counts

        def counts_in_all(word: Match, papers: int, occurrences: int) -> tuple[int, int]:  # noqa: ARG001
            in_all = counts.words([word], plan.ranking)[word]
            return in_all, self._occurrences(word, in_all)

        return Candidates(sources, self._wanted, index.paper_count, index.means, counts_in_all)

    # What else an answer holds

    def _facets(
        self, answer: Mapping[str, Any] | None, asked: Mapping[str, Any]
    ) -> tuple[dict[str, tuple[FacetCount, ...]] | None, tuple[Diagnostic, ...]]:
        """Return the counts of all facets, and what to say of those that are not exact."""
        if not answer:
            return None, ()
        counted, notes = {}, []
        most = self._plan.facet_values
        for facet in self._plan.facets:
            found = answer[facet]["v"]
            if facets.is_cut(found, most):
                found = self._whole(facet, asked)
            counted[facet], is_exact = facets.counts(facet, found, most, self._index.label_facets)
            if not is_exact:
                said = f"the cluster counts the values of {facet} about: some may be missing"
                notes.append(Diagnostic("facet-about", said))
        return counted, tuple(notes)

    def _whole(self, facet: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all values of a facet, of which one answer does not hold enough."""
        body = {name: value for name, value in asked.items() if name in ("query", "aggs")}
        body |= {"size": 0, "track_total_hits": False}
        buckets: list[Any] = []
        part, part_count = 0, 1
        while part < part_count:
            one = {**asked["aggs"][facet], "aggs": facets.part_of(facet, part, part_count)}
            found = self._index.search({**body, "aggs": {facet: one}})["aggregations"][facet]
            part_count = max(part_count, facets.part_count(found))
            if part_count > 1 and part == 0 and not buckets and found["v"]["sum_other_doc_count"]:
                one = {**one, "aggs": facets.part_of(facet, 0, part_count)}
                found = self._index.search({**body, "aggs": {facet: one}})["aggregations"][facet]
            buckets += found["v"]["buckets"]
            part += 1
        return {"buckets": buckets}

    def _order_notes(self) -> tuple[Diagnostic, ...]:
        """Return what to say of a page behind those among which words near each other count."""
        plan = self._plan
        first = self._block_size(0)
        if plan.sort != "relevance" or first == _BLOCK or plan.start + plan.limit <= first:
            return ()
        said = f"papers after the first {first} are put in order {_BLOCK} at a time"
        return (Diagnostic("order-about", said),)

    def _papers(self, ids: Sequence[str]) -> list[Paper] | None:
        """Return papers by their ids, None if one of them is not there any more."""
        if not ids:
            return []
        body = {
            "query": {"bool": {"filter": {"terms": {"id": list(ids)}}}},
            "size": len(ids),
            "_source": [STORED],
            "track_total_hits": False,
        }
        hits = self._index.search(body)["hits"]["hits"]
        found = {paper.id: paper for paper in (paper_of(hit["_source"]) for hit in hits)}
        return [found[one] for one in ids] if found.keys() >= set(ids) else None


def _is_partial(found: Mapping[str, Any]) -> bool:
    """Tell whether an answer is of some papers only, as its time was over or a node is missing."""
    shards = found["_shards"]
    return bool(found["timed_out"] or shards["successful"] < shards["total"])
