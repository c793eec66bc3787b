"""What the columns and posting lists of a paper must hold, by the field table."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any

from index.building.inversion import ROW, Row
from index.fields import FIELDS, STEMMED_FIELDS, Field, exact_twin
from index.schema import schema


def row_value(row: Row, name: str) -> Any:
    """Return a value of a row by its name."""
    return row[ROW.index(name)]


def _column_value(place: int, row: Row) -> Any:
    """Return what stands in a column for a paper: bytes, a list of bytes, or a number."""
    value = row[place]
    if isinstance(value, str):
        return value.encode()
    return [one.encode() for one in value] if isinstance(value, tuple) else value


def _value_terms(place: int, row: Row) -> Iterable[bytes]:
    """Return the terms of a paper in a field that holds values as they are."""
    value = row[place]
    values = (value,) if isinstance(value, str) else value
    return [one.encode() for one in values if one]


def _number_terms(place: int, name: str, row: Row) -> Iterable[bytes]:
    """Return the term of a paper's number, none if it has no number."""
    return (_number_term(name, row[place]),) if row[place] else ()


@cache
def _number_term(name: str, number: int) -> bytes:
    return bytes(schema()[name].to_bytes(number))


def _terms_of(field: Field) -> Callable[[Row], Iterable[bytes]]:
    place = ROW.index(field.value)
    if field.kind == "number":
        return partial(_number_terms, place, field.name)
    return partial(_value_terms, place)


EXPECTED_COLUMNS: Mapping[str, Callable[[Row], Any]] = {
    field.name: partial(_column_value, ROW.index(field.value))
    for field in FIELDS
    if field.has_column
}
"""What a row must have in each column."""

EXPECTED_TERMS: Mapping[str, Callable[[Row], Iterable[bytes]]] = {
    field.name: _terms_of(field) for field in FIELDS if field.kind in ("value", "number")
}
"""What terms a row must have in each field of values and numbers; words are for the analysis."""

EXPECTED_STEMS: Mapping[str, str] = {name: exact_twin(name) for name in STEMMED_FIELDS}
"""The stem fields, each with the field whose words it is of."""

WITH_POSITIONS = {exact_twin(field.name) for field in FIELDS if field.kind in ("text", "words")}
"""The fields that phrases are looked up in."""

NUMBER_TYPES: Mapping[str, str] = {
    field.name: "<u4" if field.kind == "number" else "<f8"
    for field in FIELDS
    if field.kind in ("number", "decimal")
}
"""The types of the columns of numbers; a column of another type is added to others otherwise."""
