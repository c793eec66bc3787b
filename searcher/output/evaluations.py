"""What an evaluation measured and a tuning found, as lines of text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from searcher.output.layout import columns, counted, safe
from searcher.toml_file import as_toml

if TYPE_CHECKING:
    from searcher.evaluation import Difference, Evaluation, Tuning

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
    yield from _aligned(rows)
    yield (
        f"{_queries(len(evaluation.queries))}, at most {counted(evaluation.depth, 'paper')} of"
        f" each, in {safe(place)}"
    )


def evaluation_json(evaluation: "Evaluation") -> str:
    """Return an evaluation as one JSON object."""
    return json.dumps(evaluation.to_dict())


def tuning_text(tuning: "Tuning", place: str) -> Iterator[str]:
    """Yield a ranking as TOML, below comments that say what queries held out gain by it."""
    count = sum(len(fold.queries) for fold in tuning.folds)
    measure = tuning.held_out.measure
    yield (f"# {measure} of {_queries(count)} in {safe(place)}; {tuning.tried:,} rankings tried")
    rows = [["held out", "queries", "usual", "tuned", "difference", "p"]]
    for number, fold in enumerate(tuning.folds, 1):
        rows.append([str(number), str(len(fold.queries)), *_compared(fold.held_out)])
    rows.append(["all", str(count), *_compared(tuning.held_out)])
    rows.append(["(found on)", str(count), *_compared(tuning.found_on)[:-1], ""])
    chosen = ["with", *(str(fold.ranking) or "the usual" for fold in tuning.folds), "", ""]
    for line, ranking in zip(_aligned(rows), chosen, strict=True):
        yield f"# {line}  {ranking}".rstrip()
    yield f"# {verdict(tuning)}"
    settings = tuning.ranking.settings().items()
    for _, line in as_toml({f"ranking.{name}": number for name, number in settings}):
        yield line


def verdict(tuning: "Tuning") -> str:
    """Return whether a tuned ranking is better for queries that it was not tuned for."""
    held_out = tuning.held_out
    gain = f"{held_out.difference:+.{_DIGITS}f}, p {_p(held_out.p)}"
    if not str(tuning.ranking):
        return "no ranking does better for these queries than the usual one"
    if tuning.is_real:
        return f"queries held out gain by it ({gain}); other collections may not"
    if held_out.difference > 0:
        return f"what queries held out gain may be chance ({gain}): the usual ranking is as good"
    return f"queries held out gain nothing ({gain}): keep the usual ranking"


def tuning_json(tuning: "Tuning") -> str:
    """Return a tuning as one JSON object."""
    return json.dumps(tuning.to_dict())


def _compared(difference: "Difference") -> list[str]:
    here, there = _number(difference.here), _number(difference.there)
    return [there, here, f"{difference.difference:+.{_DIGITS}f}", _p(difference.p)]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table whose first column is text and whose other columns are numbers."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join([name + " " * (widths[0] - columns(name)), *aligned])


def _queries(count: int) -> str:
    return f"{count:,} {'query' if count == 1 else 'queries'}"


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}f}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return _number(value) if value >= _LEAST else f"<{_LEAST}"
