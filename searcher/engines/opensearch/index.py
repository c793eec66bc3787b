"""One version of an index on a cluster: its searches, and what was learnt of it."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from index.opensearch.address import read_address
from index.opensearch.client import Client
from index.opensearch.reading import walk
from index.opensearch.versions import readable_version, require_analysis
from searcher.engines.opensearch import facets
from searcher.engines.opensearch.counts import Counts
from searcher.engines.opensearch.dsl import Query, matching
from searcher.engines.opensearch.vocabulary import ClusterVocabulary
from searcher.query.clauses import Filter, Listed
from searcher.query.recent import Recent
from searcher.request import Ranking

READ_AT_ONCE = 512
"""How many papers a walk reads at once."""

_MOST_REMEMBERED = 1 << 12


class ClusterIndex:
    """An index on a cluster as it was opened. Safe to share by threads."""

    def __init__(self, address: str) -> None:
        """Raises NotAnIndexError if there is none that this version reads, and ClusterError."""
        self._client = Client(read_address(address))
        self._client.check_server()
        version = self._version = readable_version(self._client)
        require_analysis(self._client, version)
        self.paper_count = version.meta.papers
        self.generation = version.meta.generation
        self.counts = Counts(self._client, version.papers, version.terms)
        self.vocabulary = ClusterVocabulary(self._client, version.papers, self.counts)
        self._labels = facets.Labels(self.search)
        self._remembered: Recent[int] = Recent(_MOST_REMEMBERED)

    def close(self) -> None:
        """Close the connections; whoever asks again makes new ones."""
        self._client.close()

    @property
    def address(self) -> str:
        """Where the index is."""
        return str(self._client.address)

    @property
    def means(self) -> Mapping[str, float]:
        """The mean number of words of each field over all papers."""
        return self._version.meta.means

    def search(self, body: Mapping[str, Any], timeout: float | None = None) -> Any:
        """Return what the cluster answers to a search among the papers.

        It is of all papers, unless the search itself says how long it may take.
        """
        return self._client.search(self._version.papers, body, timeout=timeout)

    def walk(self, body: Mapping[str, Any]) -> Iterator[list[Any]]:
        """Yield the hits of a search, some at a time, all of them as they are at its beginning."""
        yield from walk(self._client, self._version.papers, {**body, "size": READ_AT_ONCE})

    def filter(self, clause: Filter, ranking: Ranking) -> Query:
        """Return the query for the papers that pass a filter."""
        if isinstance(clause, Listed):
            return facets.listed(clause, self.vocabulary.values)
        return matching(clause, ranking)

    def remembered(self, key: Hashable, ask: Callable[[], int]) -> int:
        """Return a number that is asked for once."""
        known = self._remembered.get(key)
        if known is None:
            known = ask()
            self._remembered.put(key, known)
        return known

    def label_facets(self, facet: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return what readers see for the keys by which values of a facet are counted."""
        return self._labels.of(facet, keys)
