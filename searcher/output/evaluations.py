"""What an evaluation measured, as lines of text and as JSON."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from searcher.output.layout import columns, counted, safe

if TYPE_CHECKING:
    from searcher.evaluation import Evaluation

_DIGITS = 4
_LEAST = 0.0001


def evaluation_text(
    evaluation: "Evaluation", place: str, *, per_query: bool = False, against: str = ""
) -> Iterator[str]:
    """Yield a table of the measures, with a row of each query if asked, and what was measured.

    ``against`` names the run that the evaluation was compared with.
    """
    names = list(evaluation.measures)
    rows = [["", *names]]
    if per_query:
        for query in evaluation.queries:
            rows.append([safe(query.id), *(_number(query.measures[name]) for name in names)])
    rows.append(["mean", *(_number(evaluation.measures[name]) for name in names)])
    differences = evaluation.differences
    if differences:
        rows.append([safe(against), *(_number(one.there) for one in differences)])
        rows.append(["difference", *(f"{one.difference:+.{_DIGITS}f}" for one in differences)])
        rows.append(["p", *(_p(one.p) for one in differences)])
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join([name + " " * (widths[0] - columns(name)), *aligned])
    queries = len(evaluation.queries)
    yield (
        f"{queries:,} {'query' if queries == 1 else 'queries'}, at most"
        f" {counted(evaluation.depth, 'paper')} of each, in {safe(place)}"
    )


def evaluation_json(evaluation: "Evaluation") -> str:
    """Return an evaluation as one JSON object."""
    return json.dumps(evaluation.to_dict())


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}f}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return _number(value) if value >= _LEAST else f"<{_LEAST}"
