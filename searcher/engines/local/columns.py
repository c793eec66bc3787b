"""The columns of an index that facets count, each made from the field table's row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.fields import FACETS
from index.segments.arrays import smallest
from searcher.engines.local.facets import Column
from searcher.engines.local.names import NameColumn, name_column
from searcher.engines.local.reader import IndexReader
from searcher.query.clauses import Listed

_LAST_YEAR = 9999


def facet_column(reader: IndexReader, facet: str) -> Column | NameColumn:
    """Return the values of a facet, each paper's or all of them."""
    key = ("facet", facet)
    column: Column | NameColumn | None = reader.cache.get(key)
    if column is None:
        field = FACETS[facet]
        if field.kind == "number":
            column = _number_column(reader, field.name)
        elif field.kind == "list":
            with reader.reading_values(field.name):
                column = name_column(reader.coded(field.name), reader.live)
        else:
            labels = {"": None, **dict(field.facet_labels)}
            column = _value_column(reader, field.name, labels)
        reader.cache.put(key, column)
    return column


def papers_listed(reader: IndexReader, listed: Listed) -> NDArray[np.bool_]:
    """Return for each paper number whether a facet of the paper has any of the values."""
    return facet_column(reader, listed.facet).papers_with(listed.values)


def _number_column(reader: IndexReader, field: str) -> Column:
    numbers = reader.numbers(field)
    highest = int(numbers.max(initial=0))
    if not 0 <= numbers.min(initial=0) <= highest <= _LAST_YEAR:
        wrong = np.flatnonzero((numbers < 0) | (numbers > _LAST_YEAR))
        raise reader.damage(int(wrong[0]), f"{field}: a year that is none")
    return Column((None, *range(1, highest + 1)), smallest(numbers))


def _value_column(reader: IndexReader, field: str, labels: Mapping[str, str | None]) -> Column:
    """Return a column of one value a paper; ``labels`` are those that are not the values."""
    numbers: dict[str, int] = {}
    codes: list[NDArray[np.unsignedinteger[Any]]] = [np.zeros(0, np.uint8)]
    first_paper = 0
    with reader.reading_values(field):
        for column in reader.coded(field):
            if (
                column.starts is not None
                and (wrong := np.flatnonzero(np.diff(column.starts) != 1)).size
            ):
                raise reader.damage(
                    first_paper + int(wrong[0]), f"{field}: no value for each paper"
                )
            own = [numbers.setdefault(one.decode(), len(numbers)) for one in column.values]
            codes.append(smallest(np.array(own, np.int64))[column.codes])
            first_paper += len(column.codes)
    named = [labels.get(value, value) for value in numbers]
    return Column(tuple(named), np.concatenate(codes))
