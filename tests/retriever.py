"""Searches of clauses that share a cache, as those of one open index do: by the words alone."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from searcher.cache import Cache
from searcher.deadline import Deadline
from searcher.engines.local.accumulators import Accumulators
from searcher.engines.local.matching import Matcher, Matches
from searcher.engines.local.topk import best
from searcher.page import ScorePart
from searcher.query.clauses import Clause
from searcher.request import Ranking

Weights = Mapping[str, float]


class Retriever:
    """Searches of one source; another retriever of it shares nothing with this one."""

    def __init__(self, source: Any, max_bytes: int = 1 << 26) -> None:
        self.source = copy.copy(source)
        self.source.cache = Cache(max_bytes)
        self.source.accumulators = Accumulators(source.size)

    def _search(self, weights: Weights, deadline: Deadline | None = None) -> Matcher:
        return Matcher(self.source, replace(Ranking.with_weights(weights), near=0.0), deadline)

    def find(self, clause: Clause, weights: Weights, deadline: Deadline | None = None) -> Matches:
        return self._search(weights, deadline).find(clause)

    def best(
        self, clause: Clause, weights: Weights, matches: Matches | None, count: int
    ) -> list[tuple[int, float]]:
        return best(self._search(weights), clause, matches, count).ranked

    def scores(self, clause: Clause, weights: Weights, papers: Any) -> Any:
        return self._search(weights).scores(clause, papers)

    def explain(
        self, clause: Clause, weights: Weights, papers: Sequence[int]
    ) -> list[list[ScorePart]]:
        return self._search(weights).explain(clause, papers)
