"""Pages, papers and lists for other programs, as JSON, JSON lines and CSV; nothing here prints.

JSON is in ASCII, so that no stream's encoding can damage it and nothing in it steers a terminal;
it alone keeps every character. CSV goes through ``safe``, and no cell of text is a formula unless
raw cells are asked for.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

from index.fields import EXPORTED
from index.identifiers import SCHEMES
from index.paper import Paper
from index.printed.spreadsheets import cell_of, without_formulas
from searcher.output.layout import safe
from searcher.page import Page, Suggestion
from searcher.query.tree import Acronym

_HIT_COLUMNS = ("rank", *EXPORTED, "score")
_SUGGESTION_COLUMNS = tuple(field.name for field in fields(Suggestion))

JSON_KEYS = (*[field.name for field in fields(Paper)], "category")
"""The keys of a paper as JSON."""


def _identifiers(scheme: str) -> Callable[[Paper], Any]:
    return lambda paper: paper.identifiers_of(scheme)


def _links(kind: str) -> Callable[[Paper], Any]:
    return lambda paper: [link.url for link in paper.urls if link.kind == kind]


COLUMNS: Mapping[str, Callable[[Paper], Any]] = {
    name: attrgetter(name)
    for name in (
        *("id", "title", "abstract", "authors", "et_al", "other_names", "editors", "categories"),
        *("year", "date", "updated", "date_text", "venue", "volume", "issue", "pages"),
        *("publisher", "type", "status", "language", "keywords", "cited_by", "score"),
        *("has_code", "institutions", "owners", "comments"),
    )
} | {
    **{scheme: _identifiers(scheme) for scheme in SCHEMES},
    "url": _links("page"),
    "pdf_url": _links("pdf"),
    "code_url": _links("code"),
}
"""The columns of papers as CSV, each with what stands in it: a value, or a list of texts."""


def papers_jsonl(papers: Iterable[Paper], keys: Sequence[str] = ()) -> Iterator[str]:
    """Yield a line for each paper, a JSON object with all keys or these; empty values are left out.

    ``keys`` are some of JSON_KEYS.
    """
    for paper in papers:
        values = paper.to_dict()
        if keys:
            values = {key: values[key] for key in keys if key in values}
        yield json.dumps(values) + "\n"


def papers_csv(
    papers: Iterable[Paper], columns: Sequence[str] = (), *, raw_cells: bool = False
) -> Iterator[str]:
    """Yield a header, then a line for each paper, with all columns or these of COLUMNS.

    Lists are written by ``spreadsheets.cell_of``. With ``raw_cells`` no apostrophe keeps a
    spreadsheet from running a cell as a formula.
    """
    names = tuple(columns) or tuple(COLUMNS)
    rows = ([COLUMNS[name](paper) for name in names] for paper in papers)
    return _csv_lines(names, rows, raw_cells)


def page_json(page: Page) -> str:
    """Return the page as one JSON object; its keys are a contract other programs rely on."""
    return json.dumps(page.to_dict(), indent=2)


def page_jsonl(page: Page) -> Iterator[str]:
    """Yield one JSON object a line, a hit each."""
    for hit in page.hits:
        yield json.dumps(hit.to_dict())


def page_csv(page: Page, *, of_several: bool = False) -> str:
    """Return the hits as CSV with a header, a line each; lists are joined by ``; ``.

    Where several indexes were searched, the last column says which one a hit is from. A page
    without hits does not know it, but its caller does.
    """
    of_several = of_several or any(hit.index is not None for hit in page.hits[:1])
    names = [*_HIT_COLUMNS, *(["index"] if of_several else [])]
    rows = (list(map(hit.to_dict().get, names)) for hit in page.hits)
    return _csv(names, rows)


def facets_json(page: Page, limit: int | None = None) -> str:
    """Return the page as ``page_json`` does, with the first ``limit`` values of each facet."""
    values = page.to_dict()
    values["facets"] = {name: counts[:limit] for name, counts in values["facets"].items()}
    return json.dumps(values, indent=2)


def facets_csv(page: Page, limit: int | None = None) -> str:
    """Return the facets as CSV with a header: a line for each of the first ``limit`` values."""
    facets = (page.facets or {}).items()
    rows = ([name, *entry] for name, counts in facets for entry in counts[:limit])
    return _csv(("facet", "value", "count"), rows)


def acronyms_json(acronyms: Sequence[Acronym]) -> str:
    """Return acronyms as one JSON array."""
    return json.dumps([one._asdict() for one in acronyms], indent=2)


def acronyms_csv(acronyms: Sequence[Acronym]) -> str:
    """Return acronyms as CSV with a header, a line each."""
    return _csv(Acronym._fields, acronyms)


def suggestions_json(suggestions: Sequence[Suggestion]) -> str:
    """Return suggestions as one JSON array of objects."""
    return json.dumps([asdict(one) for one in suggestions], indent=2)


def suggestions_csv(suggestions: Sequence[Suggestion]) -> str:
    """Return suggestions as CSV with a header, a line each."""
    return _csv(_SUGGESTION_COLUMNS, map(attrgetter(*_SUGGESTION_COLUMNS), suggestions))


def paper_json(paper: Paper) -> str:
    """Return one paper as a JSON object; fields that are empty are left out."""
    return json.dumps(paper.to_dict(), indent=2)


def papers_json(papers: Sequence[Paper]) -> str:
    """Return papers as one JSON array."""
    return json.dumps([paper.to_dict() for paper in papers], indent=2)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return "".join(_csv_lines(header, rows)).rstrip("\n")


def _csv_lines(
    header: Sequence[str], rows: Iterable[Sequence[Any]], raw_cells: bool = False
) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        yield out.getvalue()
        out.seek(0)
        out.truncate()
        writer.writerow([_cell(value, raw_cells) for value in row])
    yield out.getvalue()


def _cell(value: Any, is_raw: bool) -> Any:
    """Return a value as it stands in a cell; numbers stay numbers."""
    if isinstance(value, list | tuple):
        value = cell_of(value)
    if not isinstance(value, str):
        return value
    return safe(value) if is_raw else without_formulas(safe(value))
