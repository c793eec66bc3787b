"""The engine that answers from an index on an OpenSearch cluster."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from index.identifiers import places
from index.paper import Paper
from searcher.engines.opensearch.index import ClusterIndex
from searcher.engines.opensearch.search import Search
from searcher.engines.port import Answer, Completion, Plan, Typed
from searcher.page import SuggestionKind

# No search needs it.
if TYPE_CHECKING:
    from searcher.engines.opensearch.completion import Completer


class ClusterEngine:
    """An index on a cluster, whose later commits are seen at once. Safe to share by threads."""

    why_no_phrases = "an index on a cluster has no phrases"

    def __init__(self, address: str) -> None:
        """Raises NotAnIndexError if there is none that this version reads, and ClusterError."""
        self._index = ClusterIndex(address)
        self.vocabulary = self._index.vocabulary
        self.paper_count = self._index.paper_count
        self.generations = (self._index.generation,)

    def answer(self, plan: Plan) -> Answer:
        """Answer a plan."""
        return Search(self._index, plan).answer()

    def every(self, plan: Plan) -> Iterator[Paper]:
        """Return every paper that matches a plan, in its order, each read when it is asked for."""
        return Search(self._index, plan).every()

    def papers(self, ids: Sequence[str]) -> list[Paper | None]:
        """Return the papers with these ids or other identifiers, None where there is none."""
        return [self._paper(paper_id) for paper_id in ids]

    def _paper(self, paper_id: str) -> Paper | None:
        own, others = places(paper_id)
        for field, terms in (("id", (paper_id,)), ("id", own), ("identifier", others)):
            query = {"terms": {field: list(terms)}}
            found = list(self.vocabulary.papers(query, 2)) if terms else []
            if len(found) == 1:
                return found[0]
        return None

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        """Return the best texts of a kind that have what was typed, ``limit`` at most."""
        return self._completer.completions(kind, typed, limit)

    @cached_property
    def _completer(self) -> "Completer":
        from searcher.engines.opensearch.completion import Completer

        return Completer(self._index)

    def close(self) -> None:
        """Close the connections; papers that somebody still takes come over new ones."""
        self._index.close()

    # What a search asks.
