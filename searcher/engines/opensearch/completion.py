"""What somebody begins to type → the names, venues, titles and ids of a cluster that have it."""

from collections.abc import Sequence

from index.analysis import plain_forms
from index.categories import category_name
from index.fields import exact_twin
from index.opensearch.layout import FACET_FIELDS
from searcher.engines.opensearch.dsl import Query, any_of
from searcher.engines.opensearch.index import ClusterIndex
from searcher.engines.opensearch.vocabulary import paper_of
from searcher.engines.port import NAME_KINDS, Completion, Typed
from searcher.page import SuggestionKind

_TITLE = exact_twin("title")
# Of titles that several papers have, one is shown.
_TITLES_FOR_EACH = 4
_MOST_VENUES = 1_000


class Completer:
    """Completes beginnings of words from an index on a cluster."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        """Return at most ``limit`` texts of a kind, those of most papers first."""
        if not limit or not (typed.words or typed.start or kind == "id"):
            return ()
        match kind:
            case "author" | "institution":
                return self._names(kind, typed, limit)
            case "title":
                return self._titles(typed, limit)
            case "id":
                return self._ids(typed.text, limit)
            case "venue":
                return self._venues(typed, limit)
            case "category":
                return self._categories(typed, limit)
        return ()

    def _names(self, kind: SuggestionKind, typed: Typed, limit: int) -> list[Completion]:
        field = NAME_KINDS[kind]
        words = _having("words", typed, initials=kind == "author")
        query = {"bool": {"filter": [{"term": {"field": field}}, *words]}}
        found = self._index.counts.listed(query, limit)
        return [Completion(one["term"], one["term"], None) for one in found if one["papers"]]

    def _titles(self, typed: Typed, limit: int) -> list[Completion]:
        """Return titles, cited and newer ones first; those that begin as typed before others."""
        body = {
            "query": {"bool": {"filter": _having(_TITLE, typed)}},
            "size": limit * _TITLES_FOR_EACH,
            "sort": [{"cited_by": "desc"}, {"date": "desc"}, {"id": "asc"}],
            "_source": ["stored"],
            "track_total_hits": False,
        }
        hits = self._index.search(body)["hits"]["hits"]
        begun = " ".join([*typed.words, typed.start]).strip()
        ranked = []
        for hit in hits:
            paper, (cited_by, date, _) = paper_of(hit["_source"]), hit["sort"]
            forms = list(plain_forms(paper.title))
            begins = " ".join(forms).startswith(begun)
            ranked.append((not begins, -cited_by, -date, len(forms), paper.id, paper))
        ranked.sort(key=lambda one: one[:-1])
        shown: dict[str, Completion] = {}
        for *_, paper in ranked:
            folded = " ".join(paper.title.casefold().split())
            one = Completion(paper.title, folded, 1, paper.id)
            if folded in shown:  # only a search tells how many papers have it
                one = Completion(shown[folded].text, folded)
            shown[folded] = one
        return list(shown.values())[:limit]

    def _ids(self, start: str, limit: int) -> list[Completion]:
        beginnings = {start, start.lower(), start.upper()}
        body = {
            "query": {
                "bool": {"filter": any_of([{"prefix": {"id": one}} for one in sorted(beginnings)])}
            },
            "size": limit,
            "sort": [{"id": "asc"}],
            "_source": ["id"],
            "track_total_hits": False,
        }
        found = [str(hit["_source"]["id"]) for hit in self._index.search(body)["hits"]["hits"]]
        return [Completion(one, one, 1, one) for one in found]

    def _venues(self, typed: Typed, limit: int) -> list[Completion]:
        body = {
            "query": {"bool": {"filter": _having("venue", typed)}},
            "size": 0,
            "track_total_hits": False,
            "aggs": {"v": {"terms": {"field": FACET_FIELDS["venue"], "size": _MOST_VENUES}}},
        }
        buckets = self._index.search(body)["aggregations"]["v"]["buckets"]
        counts = {str(one["key"]): int(one["doc_count"]) for one in buckets[: limit * 2]}
        labels = self._index.label_facets("venue", list(counts))
        named = [(counts[key], labels[key]) for key in counts]
        named.sort(key=lambda one: (-one[0], one[1]))
        return [Completion(venue, " ".join(plain_forms(venue))) for _, venue in named[:limit]]

    def _categories(self, typed: Typed, limit: int) -> list[Completion]:
        counts = self._index.counts
        found = []
        for code in self._index.vocabulary.values("category"):
            folded = " ".join(plain_forms(f"{code} {category_name(code)}"))
            if _has_all(folded.split(" "), typed):
                # A search for an archive finds more than those that name it.
                found.append((-counts.term("category", code).papers, code, folded))
        return [Completion(code, folded) for _, code, folded in sorted(found)[:limit]]


def _having(field: str, typed: Typed, *, initials: bool = False) -> list[Query]:
    """Return queries for what has each word typed, and one that begins as the last does."""
    queries: list[Query] = [
        {"prefix": {field: word}}
        if initials and len(word) == 1
        else {"term": {field: {"value": word}}}
        for word in typed.words
    ]
    return [*queries, {"prefix": {field: typed.start}}] if typed.start else queries


def _has_all(words: Sequence[str], typed: Typed) -> bool:
    return set(typed.words) <= set(words) and any(one.startswith(typed.start) for one in words)
