"""The verb that measures how well queries with judged answers are answered."""

import re
from typing import Any, NamedTuple

import click

from searcher.cli.options import expand_option, format_option, indexes_option
from searcher.cli.streams import FOUND, NOTHING, print_lines, tell


class Gate(NamedTuple):
    """What a measure must reach, and how it was typed."""

    typed: str
    measure: str
    least: float


def _gates(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> list[Gate]:
    return [_gate(typed) for typed in given]


def _gate(typed: str) -> Gate:
    """Return what a gate such as ``AP>=0.43`` asks. Raises UsageError if it is none."""
    from searcher.evaluation import MEASURES

    names = {name.casefold(): name for name in MEASURES}
    match = _GATE.fullmatch(typed)
    measure = names.get(match[1].casefold()) if match else None
    if not match or not measure or not 0 <= float(match[2]) <= 1:
        raise click.UsageError(
            f"--gate {typed!r}: write a measure, >= and a number from 0 to 1, as in 'AP>=0.43'; the"
            f" measures are {', '.join(MEASURES)}"
        )
    return Gate(typed, measure, float(match[2]))


_GATE = re.compile(r"\s*([\w@]+)\s*>=\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*", re.ASCII)
_FILE = click.Path(dir_okay=False)


@click.command("eval")
@click.option("--queries", type=_FILE, required=True, help="The queries: BEIR, TREC or TSV.")
@click.option("--qrels", type=_FILE, required=True, help="The judgements: BEIR or TREC.")
@indexes_option
@click.option(
    "--match",
    type=click.Choice(["auto", "all", "any"]),
    default="auto",
    help="Which words must match (default: auto: all, and any where few match all).",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    default=1_000,
    help="How many papers of each query are measured (default: 1000).",
)
@expand_option
@click.option("--per-query", is_flag=True, help="Show the measures of each query as well.")
@click.option("--run", "run_file", type=_FILE, help="Write what was found as a TREC run.")
@click.option("--against", type=_FILE, help="Compare with this TREC run by a paired t-test.")
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="MEASURE>=NUMBER",
    callback=_gates,
    help="Exit 1 if a measure is lower; may be repeated.",
)
@format_option("json")
def evaluate(
    queries: str,
    qrels: str,
    places: tuple[str, ...],
    per_query: bool,
    run_file: str | None,
    against: str | None,
    gates: list[Gate],
    form: str,
    **options: Any,
) -> int:
    """Measure how well the queries of a test collection are answered.

    Needs the extra eval. JSON always has the measures of each query.

    Example: searcher eval --queries queries.jsonl --qrels qrels.tsv --gate 'AP>=0.43'
    """
    import searcher
    from searcher import evaluation as evaluating
    from searcher.output.evaluations import evaluation_json, evaluation_text

    other = None if against is None else evaluating.read_run(against)
    asked, judged = evaluating.read_queries(queries), evaluating.read_judgements(qrels)
    with searcher.open(places) as papers:
        evaluation = evaluating.evaluate(papers, asked, judged, against=other, **options)
    for note in evaluation.notes if form == "text" else ():
        tell("note", note)
    if run_file is not None:
        evaluating.write_run(evaluation, run_file)
    if form == "json":
        print_lines([evaluation_json(evaluation)])
    else:
        place = " and ".join(papers.directories)
        lines = evaluation_text(evaluation, place, per_query=per_query, against=against or "")
        print_lines(lines)
    unmet = [gate for gate in gates if evaluation.measures[gate.measure] < gate.least]
    for gate in unmet:
        measured = evaluation.measures[gate.measure]
        tell("searcher", f"gate {gate.typed} not met: {gate.measure} is {measured:.6f}")
    return NOTHING if unmet else FOUND
