"""The columns of an index that facets count, each made from the field table's row."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from index.fields import FACETS
from index.names import name_terms
from index.segments.arrays import running_sums, sorted_distinct
from searcher.engines.local.facets import Column
from searcher.engines.local.reader import IndexReader
from searcher.query.clauses import Listed

_LAST_YEAR = 9999
# How many values a paper may have where all have rows of one length.
_WIDEST_ROWS = 8


def facet_column(reader: IndexReader, facet: str) -> Column:
    """Return the values of a facet, each paper's or all of them."""
    key = ("facet", facet)
    column: Column | None = reader.cache.get(key)
    if column is None:
        field = FACETS[facet]
        if field.kind == "number":
            column = _number_column(reader, field.name)
        elif field.kind == "list":
            column = _name_column(reader, field.name)
        else:
            labels = {"": None, **dict(field.facet_labels)}
            column = _value_column(reader, field.name, labels)
        reader.cache.put(key, column)
    return column


def papers_listed(reader: IndexReader, listed: Listed) -> NDArray[np.bool_]:
    """Return for each paper number whether a facet of the paper has any of the values."""
    column = facet_column(reader, listed.facet)
    wanted = set(listed.values)
    codes = [code for code, label in enumerate(column.labels) if label in wanted]
    if len(codes) < len(wanted):
        # Some are spelled otherwise, if they are there at all.
        keys = set(map(_key, wanted))
        labels = enumerate(column.labels)
        codes = [code for code, label in labels if label is not None and _key(str(label)) in keys]
    has_any = np.isin(column.codes, codes)
    if column.starts is None:
        listed_in_any: NDArray[np.bool_] = np.logical_or.reduce(np.atleast_2d(has_any.T))
        return listed_in_any
    sums = running_sums(has_any)
    return sums[column.starts[1:]] > sums[column.starts[:-1]]


def _number_column(reader: IndexReader, field: str) -> Column:
    numbers = reader.numbers(field)
    highest = int(numbers.max(initial=0))
    if not 0 <= numbers.min(initial=0) <= highest <= _LAST_YEAR:
        wrong = np.flatnonzero((numbers < 0) | (numbers > _LAST_YEAR))
        raise reader.damage(int(wrong[0]), f"{field}: a year that is none")
    return Column((None, *range(1, highest + 1)), numbers)


def _value_column(reader: IndexReader, field: str, labels: Mapping[str, str | None]) -> Column:
    """Return a column of one value a paper; ``labels`` are those that are not the values."""
    codes, values, starts = reader.codes(field)
    wrong = np.flatnonzero(np.diff(starts) != 1)
    if len(wrong):
        raise reader.damage(int(wrong[0]), f"{field}: no value for each paper")
    named = [labels.get(value, value) for value in values]
    return Column(tuple(named), codes)


def _name_column(reader: IndexReader, field: str) -> Column:
    """Return a column of names; spellings that fold alike are one value, the commonest one."""
    codes, names, starts = reader.codes(field)
    papers = np.repeat(np.arange(reader.size), np.diff(starts))
    uses = np.bincount(codes[reader.live[papers]], minlength=len(names)).tolist()
    keys = list(map(_key, names))
    chosen: dict[str, int] = {}
    for place in sorted(range(len(names)), key=lambda place: (-uses[place], names[place])):
        chosen.setdefault(keys[place], place)
    codes = np.array([chosen[key] for key in keys], np.int64)[codes]
    # Two spellings of one name in one paper count once.
    pairs = sorted_distinct(papers * (len(names) + 1) + codes)
    papers, codes = pairs // (len(names) + 1), pairs % (len(names) + 1)
    counts = np.bincount(papers, minlength=reader.size)
    starts = running_sums(counts)
    if (most := counts.max(initial=0)) <= _WIDEST_ROWS:
        # Rows of one length are counted in a tenth to three quarters of the time that lists take.
        rows = np.full((reader.size, most), len(names), np.int64)
        rows[papers, np.arange(len(papers)) - starts[papers]] = codes
        return Column((*names, None), rows)
    return Column(tuple(names), codes, starts)


def _key(name: str) -> str:
    """Return what spellings of one name share."""
    return (name_terms(name) or (name,))[0]
