"""Facets of an index on a cluster: what is asked, and what the answer says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from index.fields import FACETS
from index.opensearch.layout import FACET_FIELDS, folded_value
from searcher.engines.opensearch.counts import MOST_LISTED
from searcher.engines.opensearch.dsl import NOTHING, Query, any_of
from searcher.page import FacetCount
from searcher.query.clauses import Listed

# So many more values are asked for than are shown, since values of one count come by their names.
_MORE = 200
_LABELS_AT_ONCE = 500
# So that no part has more than an answer holds, though their sizes differ.
_VALUES_OF_A_PART = MOST_LISTED // 2
# A name of few papers may be spelled in so many ways, or stand beside so many others.
_SPELLINGS = 50


def counting(facet: str, most: int | None) -> Query:
    """Return the aggregation that counts a facet's values, ``most`` of them or all."""
    size = MOST_LISTED if most is None or facet == "year" else most + _MORE
    return {"terms": {"field": FACET_FIELDS[facet], "size": size, "shard_size": 5 * size}}


def is_cut(answer: Mapping[str, Any], most: int | None) -> bool:
    """Tell whether all values of a facet are wanted, and an answer does not hold all."""
    return most is None and bool(answer.get("sum_other_doc_count"))


def part_of(facet: str, part: int, part_count: int) -> dict[str, Any]:
    """Return the aggregations that count one part of a facet's values, and how many there are."""
    field = FACET_FIELDS[facet]
    rule: dict[str, Any] = {"field": field, "size": MOST_LISTED}
    if part_count > 1:
        rule["include"] = {"partition": part, "num_partitions": part_count}
    return {"v": {"terms": rule}, "n": {"cardinality": {"field": field}}}


def part_count(answer: Mapping[str, Any]) -> int:
    """Return in how many parts the values of a facet are to be counted, given about how many."""
    return 1 + int(answer["n"]["value"]) // _VALUES_OF_A_PART


def listed(wanted: Listed, values_of: Callable[[str], Sequence[str]]) -> Query:
    """Return the query for the papers of which a facet has any of the values.

    ``values_of`` returns every value of a field.
    """
    field = FACETS[wanted.facet]
    name = FACET_FIELDS[wanted.facet]
    if field.kind == "list":
        return {"terms": {name: sorted({folded_value(value) for value in wanted.values})}}
    labels = {label: value for value, label in field.facet_labels}
    named = [labels.get(value, value) for value in wanted.values]
    known = values_of(field.name)
    if not set(named) <= {*known, ""}:
        keys = set(map(folded_value, named))
        named = [value for value in known if value in named or folded_value(value) in keys]
    return any_of([{"terms": {name: named}}] if named else [NOTHING])


def counts(
    facet: str,
    answer: Mapping[str, Any],
    most: int | None,
    labels_of: Callable[[str, Sequence[str]], Mapping[str, str]],
) -> tuple[tuple[FacetCount, ...], bool]:
    """Return the counts of a facet's values as the server gave them, and whether they are exact.

    ``labels_of`` returns for keys of a facet what readers see. Years come latest first; other
    values by count, the highest first, then by value.
    """
    field = FACETS[facet]
    found = [(one["key"], int(one["doc_count"])) for one in answer["buckets"]]
    is_exact = not answer.get("doc_count_error_upper_bound") and not (
        most is None and answer.get("sum_other_doc_count")
    )
    if field.kind == "number":
        years = sorted(((int(key), count) for key, count in found if key), reverse=True)
        return tuple(FacetCount(year, count) for year, count in years), is_exact
    if field.kind == "list":
        if most is not None and len(found) > most:
            # Those that may be among the first, whatever they are called.
            least = sorted((count for _, count in found), reverse=True)[most - 1] if most else 0
            found = [one for one in found if one[1] >= least]
        labels = labels_of(facet, [key for key, _ in found])
        named = [(labels[key], count) for key, count in found]
    else:
        other = dict(field.facet_labels)
        named = [(other.get(key, key), count) for key, count in found]
        named = [one for one in named if one[0]]
    named.sort(key=lambda one: (-one[1], one[0]))
    return tuple(FacetCount(label, count) for label, count in named[:most]), is_exact


class Labels:
    """What readers see for the keys by which values of lists are counted."""

    def __init__(self, ask: Callable[[Mapping[str, Any]], Any]) -> None:
        """``ask`` answers a search among the papers."""
        self._ask = ask
        self._known: dict[tuple[str, str], str] = {}

    def of(self, facet: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the commonest spelling of each key; of two as common the first by letters."""
        new = [key for key in keys if (facet, key) not in self._known]
        for at in range(0, len(new), _LABELS_AT_ONCE):
            self._look_up(facet, new[at : at + _LABELS_AT_ONCE])
        return {key: self._known[facet, key] for key in keys}

    def _look_up(self, facet: str, keys: Sequence[str], spellings: int = _SPELLINGS) -> None:
        spelled = {"terms": {"field": FACETS[facet].name, "size": spellings}}
        asked = {
            str(at): {
                "filter": {"term": {FACET_FIELDS[facet]: {"value": key}}},
                "aggs": {"spelled": spelled},
            }
            for at, key in enumerate(keys)
        }
        body = {
            "size": 0,
            "track_total_hits": False,
            "query": {"bool": {"filter": {"terms": {FACET_FIELDS[facet]: list(keys)}}}},
            "aggs": asked,
        }
        answer = self._ask(body)["aggregations"]
        for at, key in enumerate(keys):
            found = answer[str(at)]["spelled"]
            own = [
                (-int(one["doc_count"]), str(one["key"]))
                for one in found["buckets"]
                if folded_value(one["key"]) == key
            ]
            if own:
                self._known[facet, key] = min(own)[1]
            elif found["sum_other_doc_count"] and spellings < MOST_LISTED:
                # It stands in papers of many names.
                self._look_up(facet, [key], MOST_LISTED)
            else:
                self._known[facet, key] = key
