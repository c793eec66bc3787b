"""The field table as a Whoosh schema: how each field is analysed, stored and sorted."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from whoosh import columns, fields
from whoosh.analysis import Analyzer, Token

from index import analysis
from index.dates import date_number
from index.fields import NAME_FIELDS, STEMMED_FIELDS, exact_twin
from index.names import name_terms
from index.paper import Paper

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


def schema() -> fields.Schema:
    """Return the Whoosh schema of an index of papers."""
    text: dict[str, fields.FieldType] = {}
    for name in STEMMED_FIELDS:
        text[name] = fields.TEXT(analyzer=TermAnalyzer("stemmed"), sortable=name == "title")
        text[exact_twin(name)] = fields.TEXT(analyzer=TermAnalyzer("exact"))
    names = {name: fields.ID(analyzer=TermAnalyzer("whole_names")) for name in NAME_FIELDS.values()}
    return fields.Schema(
        id=fields.ID(unique=True, stored=True, sortable=True),
        **text,
        authors=fields.TEXT(analyzer=TermAnalyzer("names")),
        **names,
        category=fields.ID(sortable=columns.RefBytesColumn()),
        # Whoosh's unsigned numbers match every range, so these are signed; 0 stands for unknown.
        # One term a number: there are so few that a range needs no coarser ones.
        year=fields.NUMERIC(int, signed=True, sortable=True, default=0, shift_step=0),
        date=fields.NUMERIC(int, signed=True, sortable=True, default=0, shift_step=0),
        has=fields.ID(sortable=columns.RefBytesColumn()),
        source=fields.ID(analyzer=TermAnalyzer("lines")),
        score=fields.COLUMN(columns.NumericColumn("d", default=float("-inf"))),
        author_list=fields.COLUMN(ListColumn()),
        institution_list=fields.COLUMN(ListColumn()),
        hashes=fields.STORED(),
        shared=fields.STORED(),
        copies=fields.STORED(),
    )


def document(paper: Paper) -> dict[str, Any]:
    """Return the values of the schema's indexed fields and columns for ``paper``."""
    authors = "\n".join(paper.authors)
    institutions = "\n".join(paper.institutions)
    values: dict[str, Any] = {
        "id": paper.id,
        "title": paper.title,
        "title_exact": paper.title,
        "abstract": paper.abstract,
        "abstract_exact": paper.abstract,
        "authors": authors,
        "author_names": authors,
        "owner_names": "\n".join(paper.owners),
        "institution_names": institutions,
        "category": paper.category,
        "year": paper.year,
        "date": date_number(paper.date) if paper.date else (paper.year or 0) * 10_000 or None,
        "has": "code" if paper.has_code else "",
        "source": "\n".join(source.file for source in paper.sources),
        "score": paper.score,
        "author_list": authors.encode(),
        "institution_list": institutions.encode(),
    }
    return {name: value for name, value in values.items() if value not in (None, "", b"")}


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
