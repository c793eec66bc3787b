"""CSL JSON, the items of citation processors: pandoc, Zotero and citeproc read them.

Format: the CSL 1.0.2 schema, https://github.com/citation-style-language/schema.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from index.names import Name
from index.paper import Paper
from searcher.output.links import given_address
from searcher.output.references import (
    IN_JOURNALS,
    SAID,
    CitationKeys,
    arxiv_note,
    authors,
    date_parts,
    identifier,
    joined,
    kind,
    kind_in_print,
    person,
    publisher,
    venue,
)

_TYPES = {
    **dict.fromkeys(IN_JOURNALS, "article-journal"),
    "preprint": "article",
    "inproceedings": "paper-conference",
    "chapter": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "dataset": "dataset",
    "other": "document",
}
_GENRES = SAID | {"report": "report"}


def csl_json(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield the parts of one array, an item on each line."""
    keys = CitationKeys()
    yield "["
    for number, paper in enumerate(papers):
        yield (",\n" if number else "\n") + json.dumps(_item(paper, keys.key(paper)))
    yield "\n]\n"


def _item(paper: Paper, key: str) -> dict[str, Any]:
    """Return a paper as an item, without what is empty; its ``id`` is what pandoc cites it by."""
    values = {
        "id": key,
        "citation-key": key,
        "type": _TYPES[kind_in_print(paper)],
        "genre": _GENRES.get(kind(paper)),
        "title": paper.title,
        # pandoc and citation-js make the same of BibTeX's *and others*: CSL has no word for it.
        "author": [_name(name) for name in (*authors(paper), *(["others"] if paper.et_al else ()))],
        "editor": [_name(person(name)) for name in paper.editors],
        "issued": _issued(paper),
        "container-title": venue(paper),
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.pages,
        "publisher": publisher(paper),
        "DOI": identifier(paper, "doi"),
        "PMID": identifier(paper, "pmid"),
        "PMCID": identifier(paper, "pmcid"),
        "ISBN": ", ".join(paper.identifiers_of("isbn")),
        "ISSN": ", ".join(paper.identifiers_of("issn")),
        "URL": given_address(paper),
        "language": paper.language,
        "keyword": joined(paper.keywords),
        "status": paper.status,
        "note": arxiv_note(paper),
        # A line end alone is none to most programs.
        "abstract": paper.abstract.replace("\n", "\n\n"),
    }
    return {name: value for name, value in values.items() if value}


def _name(name: Name) -> dict[str, str]:
    """Return a name by its parts, or as ``literal``, which no program takes apart."""
    if isinstance(name, str) or not (name.given or name.particle or name.suffix):
        return {"literal": name if isinstance(name, str) else name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: text for part, text in parts.items() if text}


def _issued(paper: Paper) -> dict[str, Any]:
    if parts := date_parts(paper):
        return {"date-parts": [parts]}
    return {"literal": paper.date_text} if paper.date_text else {}
