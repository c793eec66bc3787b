"""How many papers of a cluster have what, and how often: asked in few requests, and remembered."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from index.fields import SEARCHED_FIELDS, STEMMED_FIELDS, exact_twin
from index.opensearch.client import Client
from index.opensearch.encoding import encoded
from index.opensearch.layout import COUNTED, term_id
from index.opensearch.reading import pages
from searcher.engines.opensearch.dsl import TERM_FIELDS, Query, matching
from searcher.query.clauses import Alternative, Match, Run
from searcher.query.recent import Recent
from searcher.request import Ranking

MOST_LISTED = 10_000
"""How many documents one answer of a cluster has at most."""

_MOST_REMEMBERED = 1 << 16
_EXACT = tuple(map(exact_twin, STEMMED_FIELDS))
# Of the score f / (f + 1), which has 24 bits.
_FREQUENCY = "double s = _score.doubleValue(); return Math.rint(s / (1 - s));"
_LISTED_FIELDS = frozenset(COUNTED)
_OF_TEXTS = tuple(map(exact_twin, SEARCHED_FIELDS))


class TermCount(NamedTuple):
    """How many papers have a term in a field, and how often it stands there."""

    papers: int
    occurrences: int


_NONE = TermCount(0, 0)


class Counts:
    """The counts of one index on a cluster, as they were when first asked for. Safe for threads."""

    def __init__(self, client: Client, papers: str, terms: str) -> None:
        self._client = client
        self._papers, self._terms = papers, terms
        self._of_term: Recent[TermCount] = Recent(_MOST_REMEMBERED)
        self._of_stem: Recent[tuple[tuple[str, str, TermCount], ...]] = Recent(_MOST_REMEMBERED)
        self._of_word: Recent[int] = Recent(_MOST_REMEMBERED)
        self._of_phrase: Recent[int] = Recent(_MOST_REMEMBERED)
        self._of_spellings: Recent[int] = Recent(_MOST_REMEMBERED)

    # Terms

    def term(self, field: str, term: str) -> TermCount:
        """Return the counts of a term."""
        return self.terms(field, [term])[term]

    def terms(self, field: str, terms: Collection[str]) -> dict[str, TermCount]:
        """Return the counts of some terms of a field."""
        # What one field of texts is asked for, the others are asked for next.
        fields = _OF_TEXTS if field in _OF_TEXTS else (field,)
        self.look_up([(one, term) for term in terms for one in fields], ())
        return {term: self._of_term.get((field, term)) or _NONE for term in terms}

    def forms(self, stem: str) -> tuple[tuple[str, str, TermCount], ...]:
        """Return the field, form and counts of every form with a stem."""
        self.look_up((), [stem])
        return self._of_stem.get(stem) or ()

    def close_forms(self, stem: str, distant: Collection[str]) -> list[str]:
        """Return the forms of a stem but those that are distant, sorted."""
        return sorted({form for _, form, _ in self.forms(stem)}.difference(distant))

    def look_up(self, terms: Iterable[tuple[str, str]], stems: Iterable[str]) -> None:
        """Ask for the counts of terms, by field and term, and of the forms of stems, at once.

        What is known already is not asked for.
        """
        new_terms = [one for one in dict.fromkeys(terms) if self._of_term.get(one) is None]
        listed = [one for one in new_terms if one[0] in _LISTED_FIELDS]
        for at in range(0, len(listed), MOST_LISTED):
            some = listed[at : at + MOST_LISTED]
            ids = [term_id(*one) for one in some]
            body = {"query": {"ids": {"values": ids}}, "size": len(ids), "track_total_hits": False}
            hits = self._client.search(self._terms, body)["hits"]["hits"]
            found = {hit["_id"]: _count(hit["_source"]) for hit in hits}
            for one, name in zip(some, ids, strict=True):
                self._of_term.put(one, found.get(name, _NONE))
        others = [one for one in new_terms if one[0] not in _LISTED_FIELDS]
        if others:
            filters = [{"term": {field: {"value": term}}} for field, term in others]
            for one, count in zip(others, self.counted(filters), strict=True):
                self._of_term.put(one, TermCount(count, count))
        self._ask_all(self._forms_asked(stems))

    def _forms_asked(self, stems: Iterable[str]) -> "Iterator[_Asked]":
        """Yield what asks for the forms of stems that are not known yet."""
        new = [one for one in dict.fromkeys(stems) if self._of_stem.get(one) is None]
        if not new:
            return
        wanted = [{"terms": {"field": _EXACT}}, {"terms": {"stem": new}}]
        body = {
            "query": {"bool": {"filter": wanted}},
            "size": MOST_LISTED,
            "track_total_hits": False,
        }

        def keep(answer: Mapping[str, Any]) -> None:
            found: dict[str, list[tuple[str, str, TermCount]]] = {stem: [] for stem in new}
            for source in (hit["_source"] for hit in answer["hits"]["hits"]):
                counted = source["field"], source["term"], _count(source)
                found[source["stem"]].append(counted)
                self._of_term.put(counted[:2], counted[2])
            for stem, forms in found.items():
                self._of_stem.put(stem, tuple(sorted(forms)))

        yield _Asked(body, self._terms, keep)

    def listed(self, query: Query, most: int | None = None) -> list[Mapping[str, Any]]:
        """Return the documents of the terms that match a query, those of most papers first.

        All of them are returned, or the first ``most``.
        """
        body: dict[str, Any] = {
            "query": {"bool": {"filter": query}},
            "size": MOST_LISTED if most is None else min(most, MOST_LISTED),
            "sort": [{"papers": "desc"}, {"term": "asc"}, {"field": "asc"}],
            "track_total_hits": False,
        }
        hits = chain.from_iterable(pages(self._client, self._terms, body))
        return [hit["_source"] for hit in islice(hits, most)]

    # Papers

    def counted(self, filters: Sequence[Query]) -> list[int]:
        """Return how many papers match each of some queries."""
        found: list[int] = []
        self._ask_all(self._counts_asked(filters, found))
        return found

    def _counts_asked(self, filters: Sequence[Query], found: list[int]) -> "Iterator[_Asked]":
        """Yield what asks how many papers match each of some queries; ``found`` gets the counts."""
        if not filters:
            return
        named = {str(at): one for at, one in enumerate(filters)}
        body = {
            "size": 0,
            "track_total_hits": False,
            "aggs": {"n": {"filters": {"filters": named}}},
        }

        def keep(answer: Mapping[str, Any]) -> None:
            buckets = answer["aggregations"]["n"]["buckets"]
            found.extend(int(buckets[str(at)]["doc_count"]) for at in range(len(filters)))

        yield _Asked(body, self._papers, keep)

    def _ask_all(self, asked: "Iterable[_Asked]") -> None:
        """Ask several things in one request."""
        listed = list(asked)
        if not listed:
            return
        lines = []
        for one in listed:
            lines += [encoded({"index": one.place}), encoded(one.body)]
        answers = self._client.send_lines("/_msearch", lines)["responses"]
        for one, answer in zip(listed, answers, strict=True):
            if "error" in answer or answer["_shards"]["failed"]:
                # Asked alone, it is tried again, or raises the error that says what is wrong.
                answer = self._client.search(one.place, one.body)
            one.keep(answer)

    def any_of(self, query: Query, enough: int = 1) -> int:
        """Return how many papers match a query, ``enough`` at most."""
        body = {"size": 0, "query": {"bool": {"filter": query}}, "track_total_hits": enough}
        return int(self._client.search(self._papers, body)["hits"]["total"]["value"])

    # Words

    def words(self, words: Iterable[Match], ranking: Ranking) -> dict[Match, int]:
        """Return how many papers have each of some words, in any of their spellings."""
        usual = {one: (one.alternatives, ranking.weights) for one in dict.fromkeys(words)}
        new = [one for one, key in usual.items() if self._of_word.get(key) is None]
        terms, stems, phrases = _looked_up(new)
        self.look_up(terms, ())
        found: list[int] = []
        self._ask_all(
            chain(
                self._forms_asked(stems),
                self._phrases_asked(phrases),
                self._counts_asked([matching(one, ranking) for one in new], found),
            )
        )
        for one, count in zip(new, found, strict=True):
            self._of_word.put(usual[one], count)
        return {one: self._of_word.get(key) or 0 for one, key in usual.items()}

    def occurrences(self, word: Match, ranking: Ranking) -> int | None:
        """Return how often a word stands in all papers, in the spelling that stands most often.

        It is None for words near each other, since nobody counts these.
        """
        key = (word.alternatives, ranking.weights)
        known = self._of_spellings.get(key)
        if known is None:
            counted = [self._occurrences(one, ranking) for one in word.alternatives]
            if None in counted:
                return None
            known = max((of for of in counted if of is not None), default=0)
            self._of_spellings.put(key, known)
        return known

    def _occurrences(self, spelling: Alternative, ranking: Ranking) -> int | None:
        """Return how often a word is spelled in one way; None if nobody counts that."""
        total = 0
        for run in spelling.runs:
            if ranking.weight(run.field.removesuffix("_exact")) <= 0:
                continue
            if run.slop is not None:
                return None
            if len(run.terms) > 1:
                total += self._of_phrase.get(run) or 0
            elif run.field in STEMMED_FIELDS:
                exact = exact_twin(run.field)
                forms = self.forms(run.terms[0])
                total += sum(count.occurrences for field, _, count in forms if field == exact)
            else:
                total += self.term(run.field, run.terms[0]).occurrences
        return total

    def _phrases_asked(self, phrases: Iterable[Run]) -> "Iterator[_Asked]":
        """Yield what asks how often phrases stand that are not known yet.

        An interval without gaps scores f / (f + 1) where it comes f times (Lucene's
        IntervalScoreFunction), so that the server can add up how often it comes.
        """
        for run in dict.fromkeys(phrases):
            if self._of_phrase.get(run) is None:
                words = {"query": " ".join(run.terms), "max_gaps": 0, "mode": "ordered"}
                body = {
                    "size": 0,
                    "track_total_hits": False,
                    "query": {"intervals": {run.field: {"match": words}}},
                    "aggs": {"f": {"sum": {"script": _FREQUENCY}}},
                }
                yield _Asked(body, self._papers, partial(self._keep_phrase, run))

    def _keep_phrase(self, run: Run, answer: Mapping[str, Any]) -> None:
        self._of_phrase.put(run, round(answer["aggregations"]["f"]["value"]))


class _Asked(NamedTuple):
    """A search in an index that is asked together with others, and who is told the answer."""

    body: Mapping[str, Any]
    place: str
    keep: Callable[[Mapping[str, Any]], None]


def _looked_up(
    words: Iterable[Match],
) -> tuple[list[tuple[str, str]], list[str], list[Run]]:
    """Return the terms, stems and phrases of which the occurrences of words are the sum."""
    terms, stems, phrases = [], [], []
    for run in (run for word in words for one in word.alternatives for run in one.runs):
        if len(run.terms) > 1:
            phrases += [run] if run.slop is None else []
        elif run.field in STEMMED_FIELDS:
            stems.append(run.terms[0])
        elif run.field in TERM_FIELDS:
            terms.append((run.field, run.terms[0]))
    return terms, stems, phrases


def _count(source: Mapping[str, Any]) -> TermCount:
    return TermCount(int(source["papers"]), int(source["occurrences"]))
