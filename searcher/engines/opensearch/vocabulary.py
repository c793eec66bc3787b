"""The terms of an index on a cluster, as the meaning of a query asks for them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from index.analysis import stem
from index.fields import FIELDS, SEARCHED_FIELDS, STEMMED_FIELDS, VALUES, exact_twin
from index.merging import merge
from index.names import name_terms
from index.opensearch.client import Client
from index.opensearch.layout import (
    COUNTED,
    STORED,
    TITLE_KEY,
    WITHOUT_COLUMN,
    stored_values,
    title_key,
)
from index.opensearch.reading import pages
from index.paper import Paper, from_dict
from searcher.engines.opensearch.counts import MOST_LISTED, Counts
from searcher.engines.opensearch.dsl import Query, any_of
from searcher.query.recent import Recent
from searcher.query.wildcards import wildcard
from searcher.query.words import is_within

_EXACT = tuple(map(exact_twin, STEMMED_FIELDS))
_SEARCHED = tuple(map(exact_twin, SEARCHED_FIELDS))
_MOST_EXPECTED = 1_000
# How many papers with one title are told apart from others; no page shows more.
_MOST_TITLED = 100
_READ_AT_ONCE = 20
_MOST_REMEMBERED = 1 << 12
# What an automaton of the server tells.
_MOST_EDITS = 2


class ClusterVocabulary:
    """The terms of an index on a cluster. What was asked once is remembered. Safe for threads."""

    def __init__(self, client: Client, papers: str, counts: Counts) -> None:
        self._client = client
        self._papers = papers
        self._counts = counts
        self._known: Recent[Any] = Recent(_MOST_REMEMBERED)

    def expect(self, forms: Iterable[str]) -> None:
        """Ask at once for words that will be asked for one by one: each takes a request."""
        expected = list(dict.fromkeys(islice(forms, _MOST_EXPECTED)))
        self._counts.look_up([(field, form) for form in expected for field in _SEARCHED], ())
        known = [form for form in expected if any(self._papers_with(form))]
        self._counts.look_up((), map(stem, known))

    def _papers_with(self, form: str) -> Iterator[int]:
        return (self._counts.term(field, form).papers for field in _SEARCHED)

    def have(self, field: str, terms: Collection[str]) -> set[str]:
        """Return those of ``terms`` that any paper has in ``field``."""
        if field in STEMMED_FIELDS:
            exact = exact_twin(field)
            return {
                term
                for term in terms
                if any(own == exact and count.papers for own, _, count in self._counts.forms(term))
            }
        counted = self._counts.terms(field, terms)
        return {term for term in terms if counted[term].papers}

    def paper_count(self, field: str, term: str) -> int:
        """Return how many papers have a term in ``field``."""
        return self._counts.term(field, term).papers

    def has_in_a_row(self, field: str, first: str, second: str) -> bool:
        """Tell whether any paper has two terms of ``field``, one right after the other."""
        query = {"match_phrase": {field: f"{first} {second}"}}
        key = ("row", field, first, second)
        return bool(self._once(key, lambda: self._counts.any_of(query) > 0))

    def stem(self, form: str) -> str:
        """Return the stem under which the index files ``form``."""
        return stem(form)

    def forms_of(self, stem: str) -> tuple[str, ...]:
        """Return every form in the index whose stem it is."""
        forms = {form for _, form, count in self._counts.forms(stem) if count.papers}
        return tuple(sorted(forms))

    def stem_paper_count(self, stem: str) -> int:
        """Return an upper bound on how many papers have a stem: the sum over its forms."""
        return sum(count.papers for _, _, count in self._counts.forms(stem))

    def matching(self, field: str, text: str) -> list[tuple[str, int]]:
        """Return the terms of ``field`` that match a text with wildcards, with their counts."""
        key = ("matching", field, text)
        if field not in COUNTED:
            return list(self._once(key, lambda: self._values(field, text)))
        query = {"bool": {"filter": [{"term": {"field": field}}, _like("term", text)]}}
        return list(self._once(key, lambda: self._listed(query)))

    def within(self, field: str, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        """Return the terms of ``field`` at most ``edits`` edits away, with their counts.

        Those of fewer than ``least`` papers are left out.
        """
        rule = {
            "value": term,
            "fuzziness": min(edits, _MOST_EDITS),
            "prefix_length": 0,
            "transpositions": True,
            "rewrite": "constant_score",
        }
        query = {
            "bool": {
                "filter": [
                    {"term": {"field": field}},
                    {"range": {"papers": {"gte": max(least, 1)}}},
                    {"fuzzy": {"term": rule}},
                ]
            }
        }
        found = self._once(("within", field, term, edits, least), lambda: self._listed(query))
        return [(own, count) for own, count in found if is_within(term, own, edits)]

    def with_word_end(self, field: str, letters: str) -> list[str]:
        """Return the terms of ``field`` of which a word ends in ``letters``, blanks left out."""
        query = {
            "bool": {
                "filter": [{"term": {"field": field}}, {"prefix": {"ends": letters[::-1]}}],
            }
        }
        found = self._once(("end", field, letters), lambda: self._listed(query))
        return [term for term, _ in found]

    def printed(self, field: str, term: str) -> str:
        """Return a name as a paper prints it; ``term`` is the whole-name term of it."""
        values = next(VALUES[row.value] for row in FIELDS if row.name == field)

        def look() -> str:
            for paper in self.papers({"term": {field: {"value": term}}}, 1):
                for name in values(paper):
                    if term in name_terms(name):
                        return str(name)
            return term

        return str(self._once(("printed", field, term), look))

    def values(self, field: str) -> Sequence[str]:
        """Return every term of ``field``, sorted."""
        if field not in COUNTED:
            found = self._once(("values", field), lambda: self._values(field, "*"))
        else:
            query = {"term": {"field": field}}
            found = self._once(("values", field), lambda: self._listed(query))
        return [term for term, _ in found]

    def titled(self, forms: Sequence[tuple[str, int]]) -> Sequence[tuple[str, str]]:
        """Return the ids and titles of papers whose title is these forms at these places, no more.

        Of many papers with one title only the first are returned.
        """
        key = title_key(forms)

        def look() -> list[tuple[str, str]]:
            papers = self.papers({"term": {TITLE_KEY: key}}, _MOST_TITLED)
            return [(paper.id, paper.title) for paper in papers]

        found: list[tuple[str, str]] = self._once(("titled", key), look)
        return found

    def together(self, forms: Collection[str], stems: Collection[str], enough: int) -> bool:
        """Tell whether ``enough`` papers have any of these forms, and all the stems, in a text."""
        with_stems = [any_of([{"term": {field: one}} for field in STEMMED_FIELDS]) for one in stems]
        query = {"bool": {"filter": [_with_any(forms), *with_stems]}}
        key = ("together", tuple(forms), tuple(stems), enough)
        return bool(self._once(key, lambda: self._counts.any_of(query, enough) >= enough))

    def texts_with(self, forms: Collection[str], most: int) -> Iterator[tuple[str, str]]:
        """Yield the titles and abstracts of papers that have any of ``forms`` there.

        Of more than ``most`` papers the newest are read, some at a time as they are asked for.
        """
        for paper in self.papers(_with_any(forms), most, newest=True):
            yield paper.title, paper.abstract

    def papers(self, query: Query, most: int, *, newest: bool = False) -> Iterator[Paper]:
        """Yield papers that match a query, by id or the newest first, ``most`` at most."""
        order: list[Any] = [{"id": "asc"}]
        body: dict[str, Any] = {
            "query": {"bool": {"filter": query}},
            "sort": [{"date": "desc"}, *order] if newest else order,
            "size": min(most, _READ_AT_ONCE),
            "_source": [STORED],
            "track_total_hits": False,
        }
        hits = chain.from_iterable(pages(self._client, self._papers, body))
        for hit in islice(hits, most):
            yield paper_of(hit["_source"])

    def _listed(self, query: Query) -> list[tuple[str, int]]:
        """Return the terms, sorted, of the documents of terms that match, with their counts."""
        found = self._counts.listed(query)
        return sorted((one["term"], int(one["papers"])) for one in found if one["papers"])

    def _values(self, field: str, text: str) -> list[tuple[str, int]]:
        """Return the values of a field, sorted, that match a text with wildcards, counted."""
        if field in WITHOUT_COLUMN:
            return self._values_read(field, text)
        rule = {
            "field": field,
            "size": MOST_LISTED,
            "order": {"_key": "asc"},
            "include": _expression(text),
        }
        body = {"size": 0, "track_total_hits": False, "aggs": {"v": {"terms": rule}}}
        answer = self._client.search(self._papers, body)
        buckets = answer["aggregations"]["v"]["buckets"]
        return [(one["key"], int(one["doc_count"])) for one in buckets if one["key"]]

    def _values_read(self, field: str, text: str) -> list[tuple[str, int]]:
        """Return the same for a field that has no column: they are read from the papers."""
        pattern = wildcard(text)
        body = {
            "query": {"bool": {"filter": _like(field, text)}},
            "size": MOST_LISTED,
            "sort": [{"id": "asc"}],
            "_source": [field],
            "track_total_hits": False,
        }
        counts: Counter[str] = Counter()
        for hit in chain.from_iterable(pages(self._client, self._papers, body)):
            counts.update(filter(pattern.fullmatch, hit["_source"][field]))
        return sorted(counts.items())

    def _once(self, key: tuple[Any, ...], ask: Callable[[], Any]) -> Any:
        known = self._known.get(key)
        if known is None:
            known = ask()
            self._known.put(key, known)
        return known


def paper_of(source: Any) -> Paper:
    """Return the paper of a document."""
    copies = stored_values(source[STORED])["copies"]
    return merge([from_dict(one) for one in copies])


def _like(field: str, text: str) -> Query:
    """Return the query for what matches a text with wildcards."""
    rule = {"value": text.replace("\\", "\\\\"), "rewrite": "constant_score"}
    return {"wildcard": {field: rule}}


def _expression(text: str) -> str:
    """Return a text with wildcards as one of Lucene's regular expressions."""
    signs = {"*": ".*", "?": "."}
    return "".join(signs.get(one) or (one if one.isalnum() else f"\\{one}") for one in text)


def _with_any(forms: Collection[str]) -> Query:
    return any_of([{"terms": {field: list(forms)}} for field in _EXACT])
