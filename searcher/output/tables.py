"""Pages and papers for other programs: JSON, JSON lines and CSV; nothing here writes anything.

JSON is in ASCII, so that no stream's encoding can damage it and nothing in it steers a terminal;
it alone keeps every character. CSV goes through ``safe``, and no cell of text is a formula.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from index.fields import EXPORTED
from index.paper import Paper
from index.spreadsheets import without_formulas
from searcher.output.layout import safe
from searcher.page import Page

_HIT_COLUMNS = ("rank", *EXPORTED, "score")


def page_json(page: Page) -> str:
    """Return the page as one JSON object; its keys are a contract other programs rely on."""
    return json.dumps(page.to_dict(), indent=2)


def page_jsonl(page: Page) -> Iterator[str]:
    """Yield one JSON object a line, a hit each."""
    for hit in page.hits:
        yield json.dumps(hit.to_dict())


def page_csv(page: Page) -> str:
    """Return the hits as CSV with a header, a line each; lists are joined by ``; ``."""
    rows = (list(map(hit.to_dict().get, _HIT_COLUMNS)) for hit in page.hits)
    return _csv(_HIT_COLUMNS, rows)


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


def paper_json(paper: Paper) -> str:
    """Return one paper as a JSON object; fields that are empty are left out."""
    return json.dumps(paper.to_dict(), indent=2)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(map(_cell, row))
    return out.getvalue().rstrip("\n")


def _cell(value: Any) -> Any:
    """Return a value as it stands in a cell; numbers stay numbers."""
    if isinstance(value, list):
        value = "; ".join(value)
    return without_formulas(safe(value)) if isinstance(value, str) else value
