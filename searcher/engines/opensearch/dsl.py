"""Clauses → queries of OpenSearch: which papers match, and about what they score.

The server adds up the weighted frequencies of a word in all fields, takes the best spelling, and
saturates the sum: BM25F, but for lengths rounded to one byte, and for papers with both close and
distant forms. The best papers are scored anew from their terms: this decides only which they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import permutations
from typing import Any

from index.fields import (
    NUMBER_FIELDS,
    QUERY_FIELDS,
    SEARCHED_FIELDS,
    STEMMED_FIELDS,
    TEXT_QUERY_FIELDS,
    exact_twin,
)
from index.opensearch.encoding import json_text
from index.opensearch.layout import first_of
from searcher.engines.local.ranking import DISTANT_LOSS
from searcher.engines.opensearch.errors import too_many_words
from searcher.query.clauses import (
    Alternative,
    AnyTerm,
    Bool,
    Clause,
    EveryPaper,
    Match,
    Run,
    Span,
    Tiers,
)
from searcher.request import Ranking

Query = dict[str, Any]
CloseForms = Callable[[str, Sequence[str]], Sequence[str]]

NOTHING: Query = {"match_none": {}}
EVERYTHING: Query = {"match_all": {}}

MOST_CLAUSES = 1_000
"""How many clauses a query may have; a cluster refuses more than 1,024 unless it is set so."""

# What a terms query may list.
_MOST_TERMS = 60_000
# The spellings of a word with more of them, as one with a wildcard, are not scored one by one.
_MOST_SPELLINGS = 32
_SATURATED = "params.weight * _score / (params.k1 + _score)"
# How much more sureness counts than any score.
_TIER = 4096.0

_TEXT_FIELDS = frozenset(
    {QUERY_FIELDS[name].name for name in TEXT_QUERY_FIELDS} | set(SEARCHED_FIELDS)
)
TERM_FIELDS = _TEXT_FIELDS | frozenset(map(exact_twin, _TEXT_FIELDS))
"""The fields of text, whose terms have frequencies and places."""


def matching(clause: Clause, ranking: Ranking) -> Query:
    """Return the query for the papers that match a clause, without scores."""
    match clause:
        case Match(alternatives=alternatives):
            listed: dict[str, list[str]] = {}
            queries = []
            for run in (run for one in alternatives for run in one.runs):
                if ranking.weight(run.field.removesuffix("_exact")) <= 0:
                    continue
                if len(run.terms) == 1:
                    listed.setdefault(run.field, []).append(run.terms[0])
                else:
                    queries.append(_run(run, 1.0))
            return any_of([*_terms(listed), *queries])
        case AnyTerm(field, terms, is_first):
            return any_of(_terms({first_of(field) if is_first else field: terms}))
        case Span(field, low, high):
            return {"range": {field: {"gte": low, "lte": high}}}
        case EveryPaper():
            return EVERYTHING
        case Bool(required, optional, excluded):
            if not required and not optional:
                return NOTHING
            query: Query = {}
            if required:
                query["filter"] = [matching(child, ranking) for child in required]
            else:
                query["should"] = [matching(child, ranking) for child in optional]
                query["minimum_should_match"] = 1
            if excluded:
                query["must_not"] = [matching(child, ranking) for child in excluded]
            return {"bool": query}


def scoring(
    clause: Clause,
    ranking: Ranking,
    weight_of: Callable[[Match], float],
    close_forms: CloseForms,
) -> Query:
    """Return the query for the papers that match a clause, with about the scores they have.

    ``weight_of`` returns what a word weighs: its inverse document frequency times its recurrence.
    ``close_forms`` returns the forms of a stem but those that are distant.
    """
    match clause:
        case Match():
            return _word(clause, ranking, weight_of(clause), close_forms)
        case Bool(required, optional, excluded) if required or optional:
            query: Query = {"must": [], "filter": [], "should": []}
            for child in required:
                if isinstance(child, Match | Bool):
                    query["must"].append(scoring(child, ranking, weight_of, close_forms))
                else:
                    query["filter"].append(matching(child, ranking))
            for child in optional:
                if isinstance(child, Match | Bool):
                    query["should"].append(scoring(child, ranking, weight_of, close_forms))
                elif not required:
                    unscored = {"filter": matching(child, ranking), "boost": 0.0}
                    query["should"].append({"constant_score": unscored})
            if not required:
                query["minimum_should_match"] = 1
            if excluded:
                query["must_not"] = [matching(child, ranking) for child in excluded]
            return {"bool": {name: value for name, value in query.items() if value != []}}
        case _:
            return {"constant_score": {"filter": matching(clause, ranking), "boost": 0.0}}


def is_rough(word: Match) -> bool:
    """Tell whether a word is scored without regard to how long fields are, or how often it comes.

    Words near each other are, and those of many spellings, as one with a wildcard.
    """
    runs = (run for one in word.alternatives for run in one.runs)
    return len(word.alternatives) > _MOST_SPELLINGS or any(run.slop is not None for run in runs)


def by_name(query: Query, named: Sequence[Tiers], ranking: Ranking) -> Query:
    """Return a query with the papers first that surely have the names wanted."""
    surest = [
        {
            "dis_max": {
                "queries": [
                    {
                        "constant_score": {
                            "filter": matching(names, ranking),
                            "boost": _TIER * (len(tiers) - place),
                        }
                    }
                    for place, names in enumerate(tiers)
                ]
            }
        }
        for tiers in named
        if tiers
    ]
    return {"bool": {"must": [query], "should": surest}} if surest else query


def within(query: Query, filters: Iterable[Query]) -> Query:
    """Return a query for those of its papers that pass every filter."""
    listed = list(filters)
    return {"bool": {"must": [query], "filter": listed}} if listed else query


def any_of(queries: Sequence[Query]) -> Query:
    """Return a query, without scores, for the papers of any of some queries."""
    if not queries:
        return NOTHING
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


def check_size(query: Query) -> None:
    """Raise BadRequestError if a query has more clauses than a cluster takes."""
    text = json_text(query)
    count = sum(map(text.count, _LEAVES))
    if count > MOST_CLAUSES:
        raise too_many_words(count, MOST_CLAUSES)


# As they stand in JSON, where a quotation mark within a term has a backslash before it.
_LEAVES = tuple(
    f'"{name}":' for name in ("term", "terms", "match_phrase", "range", "intervals", "match_all")
)


def _terms(listed: Mapping[str, Sequence[str]]) -> list[Query]:
    """Return queries for the papers that have any of some terms, by field."""
    queries: list[Query] = []
    for field, terms in listed.items():
        distinct = list(dict.fromkeys(terms))
        if len(distinct) == 1:
            queries.append({"term": {field: {"value": _value(field, distinct[0])}}})
            continue
        for at in range(0, len(distinct), _MOST_TERMS):
            some = distinct[at : at + _MOST_TERMS]
            queries.append({"terms": {field: [_value(field, term) for term in some]}})
    return queries


def _value(field: str, term: str) -> str | int:
    return int(term) if field in NUMBER_FIELDS else term


def _word(word: Match, ranking: Ranking, weight: float, close_forms: CloseForms) -> Query:
    """Return the query of a word: its best spelling, saturated, times what the word weighs.

    Of a word with distant forms, the loss of those is a share that only close forms score.
    """
    if not weight:
        return NOTHING
    alternatives = word.alternatives[:_MOST_SPELLINGS]
    query = _saturated(_best(alternatives, word, ranking), weight, ranking.k1)
    if any(one.distant for one in alternatives):
        close = [_close(one, close_forms) for one in alternatives]
        own = _saturated(_best(close, word, ranking), weight * DISTANT_LOSS, ranking.k1)
        query = _saturated(
            _best(alternatives, word, ranking), weight * (1 - DISTANT_LOSS), ranking.k1
        )
        query = {"bool": {"must": [query], "should": [own]}}
    if word.boost == 1.0:
        return query
    return {"function_score": {"query": query, "boost": word.boost}}


def _saturated(query: Query, weight: float, k1: float) -> Query:
    script = {"source": _SATURATED, "params": {"weight": weight, "k1": k1}}
    return {"script_score": {"query": query, "script": script}}


def _close(alternative: Alternative, close_forms: CloseForms) -> Alternative:
    """Return a spelling by its forms that count in full."""
    runs: list[Run] = []
    for run in alternative.runs:
        if alternative.distant and run.field in STEMMED_FIELDS and len(run.terms) == 1:
            forms = close_forms(run.terms[0], alternative.distant)
            runs += [Run(exact_twin(run.field), (form,)) for form in forms]
        else:
            runs.append(run)
    return alternative._replace(runs=tuple(runs))


def _best(alternatives: Sequence[Alternative], word: Match, ranking: Ranking) -> Query:
    """Return the query of a word's frequency in its best spelling."""
    spelled = [
        [
            _run(run, own)
            for run in one.runs
            if (own := ranking.weight(run.field.removesuffix("_exact")) * one.weight) > 0
        ]
        for one in alternatives
    ]
    queries: list[Query] = [
        runs[0] if len(runs) == 1 else {"bool": {"should": runs, "minimum_should_match": 1}}
        for runs in spelled
        if runs
    ]
    others = word.alternatives[_MOST_SPELLINGS:]
    if others:
        rest = matching(word._replace(alternatives=others), ranking)
        queries.append({"constant_score": {"filter": rest, "boost": 1.0}})
    if not queries:
        return NOTHING
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries}}


def _run(run: Run, weight: float) -> Query:
    """Return the query of a run: its frequency over the length of the field, times ``weight``."""
    field, terms = run.field, run.terms
    if field not in TERM_FIELDS:
        term = {"term": {field: {"value": _value(field, terms[0])}}}
        return {"constant_score": {"filter": term, "boost": weight}}
    if len(terms) == 1:
        return {"term": {field: {"value": terms[0], "boost": weight}}}
    if run.slop is not None:
        return {"intervals": {field: {"all_of": _near(terms, run.slop), "boost": weight}}}
    # The server adds the scores of a phrase's terms, each of which is that of the phrase here.
    return {"match_phrase": {field: {"query": " ".join(terms), "boost": weight / len(terms)}}}


def _near(terms: Sequence[str], slop: int) -> Query:
    """Return the rule for places of some terms with up to ``slop`` others between them.

    Intervals, not spans, which take one word for two.
    """
    words = [{"match": {"query": term}} for term in terms]
    rule: Query = {"mode": "unordered", "intervals": words}
    # A word that comes again is one interval, whose own gaps are not counted; and two forms of one
    # word stand at one place, where two places are wanted.
    if len(set(terms)) == len(terms) and not any(
        other.startswith(one) for one, other in permutations(terms, 2)
    ):
        return {**rule, "max_gaps": slop}
    width, least, most = "interval.end - interval.start", len(terms) - 1, len(terms) - 1 + slop
    source = f"{width} >= {least} && {width} <= {most}"
    return {**rule, "filter": {"script": {"source": source}}}
