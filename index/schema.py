"""The field table as a Whoosh schema: how each field is analysed, stored and sorted."""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Literal

from whoosh import columns, fields
from whoosh.analysis import Analyzer, Token

from index import analysis
from index.fields import FIELDS, Field, exact_twin
from index.names import name_terms

Kind = Literal["stemmed", "exact", "names", "whole_names", "lines"]


class ListColumn(columns.Column):  # type: ignore[misc]
    """A column of lists: a document's value is any number of byte strings, joined by newlines.

    Only array segments hold it, each distinct string once.
    """

    def default_value(self, reverse: bool = False) -> bytes:  # noqa: ARG002
        """Return the value of a document that was given none."""
        return b""


class TermAnalyzer(Analyzer):  # type: ignore[misc]
    """Whoosh's door to ``index.analysis``; ``kind`` says which terms of a text it gives.

    Lists reach it as lines of one string, because Whoosh passes an analyzer a string only.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash(self.kind)

    def __call__(self, value: str, **_options: Any) -> Iterator[Token]:
        """Yield Whoosh tokens, one object used again and again as Whoosh's own analyzers do."""
        token = Token(positions=True)
        token.stopped = False
        token.boost = 1.0
        for token.text, token.pos in _terms(value, self.kind):
            token.original = token.text
            yield token


@cache
def schema() -> fields.Schema:
    """Return the Whoosh schema of an index of papers, which nobody changes.

    To make it takes a twentieth of the time of a small build, which asks for it three times.
    """
    types: dict[str, fields.FieldType] = {}
    for field in FIELDS:
        types[field.name] = _type(field)
        if field.kind == "text":
            types[exact_twin(field.name)] = fields.TEXT(analyzer=TermAnalyzer("exact"))
    # What a segment stores of a paper beside its fields.
    types |= {name: fields.STORED() for name in ("hashes", "shared", "copies")}
    return fields.Schema(**types)


def _type(field: Field) -> fields.FieldType:
    """Return the Whoosh type of a field, a text's exact twin aside."""
    match field.kind:
        case "text":
            return fields.TEXT(analyzer=TermAnalyzer("stemmed"), sortable=bool(field.column))
        case "words":
            return fields.TEXT(analyzer=TermAnalyzer("names"))
        case "names":
            return fields.ID(analyzer=TermAnalyzer("whole_names"))
        case "value" if field.name == "id":
            return fields.ID(unique=True, stored=True, sortable=True)
        case "value" if field.column == "codes":
            return fields.ID(sortable=columns.RefBytesColumn())
        case "value":
            return fields.ID(analyzer=TermAnalyzer("lines"), sortable=field.column == "strings")
        case "number":
            # Whoosh's unsigned numbers match every range, so these are signed; 0 stands for none.
            # One term a number: there are so few that a range needs no coarser ones.
            return fields.NUMERIC(int, signed=True, sortable=True, default=0, shift_step=0)
        case "decimal":
            return fields.COLUMN(columns.NumericColumn("d", default=float("-inf")))
        case "list":
            return fields.COLUMN(ListColumn())


@lru_cache(maxsize=2)
def _tokens(text: str) -> tuple[analysis.Token, ...]:
    """Return the tokens of a text; a stemmed field and its exact twin ask one after the other."""
    return tuple(analysis.tokens(text))


def _terms(value: str, kind: Kind) -> Iterator[tuple[str, int]]:
    """Yield the terms of ``value`` and their positions."""
    if kind in ("stemmed", "exact"):
        for token in _tokens(value):
            for form in token.forms:
                yield analysis.stem(form) if kind == "stemmed" else form, token.position
        return
    start = 0
    for line in value.split("\n"):
        if kind == "lines":
            yield line, start
        elif kind == "whole_names":
            for name in name_terms(line):
                yield name, start
        else:
            position = 0
            for token in analysis.tokens(line):
                position = token.position
                for form in token.forms:
                    yield form, start + position
            start += position + analysis.NAME_GAP
