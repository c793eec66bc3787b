"""Suggestions as text, JSON and CSV."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields

from searcher.output.layout import Style, columns, counted, padded, safe, wrap
from searcher.output.tables import csv_text
from searcher.page import Suggestion


def suggestions_text(found: Sequence[Suggestion], style: Style) -> Iterator[str]:
    """Yield lines for each suggestion: its kind, what it is, and how many papers it finds."""
    rows = [(one.kind, safe(one.text), counted(one.papers, "paper")) for one in found]
    widths = [max((columns(row[at]) for row in rows), default=0) for at in range(3)]
    room = style.room - widths[0] - widths[2] - 2 * len(_GAP)
    narrow = style._replace(width=None if style.width is None else room)
    column = min(widths[1], _WIDEST if style.width is None else narrow.room)
    for kind, text, papers in rows:
        first, *others = wrap(text, narrow)
        yield f"{padded(kind, widths[0])}{_GAP}{padded(first, column)}{_GAP}{papers}"
        for line in others:
            yield f"{padded('', widths[0])}{_GAP}{line}"


def suggestions_json(found: Sequence[Suggestion]) -> str:
    """Return suggestions as one JSON array of objects."""
    return json.dumps([asdict(one) for one in found], indent=2)


def suggestions_csv(found: Sequence[Suggestion]) -> str:
    """Return suggestions as CSV with a header, a line each."""
    names = [field.name for field in fields(Suggestion)]
    return csv_text(names, ([getattr(one, name) for name in names] for one in found))


_GAP = "  "
# Of what is longer the counts stand further to the right.
_WIDEST = 60
