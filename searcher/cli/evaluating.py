"""The verbs for queries with judged answers: eval measures a ranking, and tune looks for one."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import click

from searcher.cli.options import (
    configuration,
    expand_option,
    format_option,
    indexes_option,
    open_indexes,
)
from searcher.cli.streams import FOUND, NOTHING, is_terminal, print_lines, print_utf8, tell


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


def _collection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is asked, and how."""
    options: list[Callable[..., Any]] = [
        click.option(
            "--queries", type=_FILE, required=True, help="The queries: BEIR, TREC or TSV."
        ),
        click.option("--qrels", type=_FILE, required=True, help="The judgements: BEIR or TREC."),
        indexes_option,
        click.option(
            "--match",
            type=click.Choice(["auto", "all", "any"]),
            default="auto",
            help="Which words must match (default: auto: all, and any where few match all).",
        ),
        expand_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command("eval")
@_collection_options
@click.option(
    "--depth",
    type=click.IntRange(1),
    default=1_000,
    help="How many papers of each query are measured (default: 1000).",
)
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
    from searcher import evaluation as evaluating
    from searcher.output.evaluations import evaluation_json, evaluation_text

    other = None if against is None else evaluating.read_run(against)
    asked, judged = evaluating.read_queries(queries), evaluating.read_judgements(qrels)
    with open_indexes(places) as papers:
        evaluation = evaluating.evaluate(papers, asked, judged, against=other, **options)
    config = configuration(click.get_current_context())
    if ranking := str(config.ranking or ""):
        note = f"ranked with {ranking}, as {config.file} says"
        evaluation = replace(evaluation, notes=(note, *evaluation.notes))
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


@click.command()
@_collection_options
@click.option(
    "--measure",
    type=click.Choice(["nDCG@10", "AP"]),
    default="nDCG@10",
    help="What shall be high (default: nDCG@10).",
)
@click.option(
    "--folds",
    type=click.IntRange(2),
    default=5,
    help="Hold out so many parts of the queries, one after the other (default: 5).",
)
@click.option("--seed", default=0, help="How the queries are dealt to the parts (default: 0).")
@format_option("json")
def tune(queries: str, qrels: str, places: tuple[str, ...], form: str, **options: Any) -> int:
    """Look for the ranking that answers a test collection best.

    Prints it as TOML, for the configuration file, and what queries held out gain by it. The exit
    code is 1 if that may be chance. Needs the extra eval, and some 60 runs over all queries.

    Example: searcher tune --queries queries.jsonl --qrels qrels.tsv --measure AP
    """
    from searcher import evaluation as evaluating
    from searcher.output.evaluations import tuning_json, tuning_text, verdict

    asked, judged = evaluating.read_queries(queries), evaluating.read_judgements(qrels)
    shows = is_terminal(sys.stderr)
    with open_indexes(places) as papers:
        tuning = evaluating.tune(
            papers, asked, judged, on_tried=_show_tried if shows else None, **options
        )
    if shows:
        click.echo(err=True)
    if form == "json":
        print_lines([tuning_json(tuning)])
    else:
        for note in tuning.notes:
            tell("note", note)
        print_utf8("\n".join(tuning_text(tuning, " and ".join(papers.directories))))
        if not is_terminal(sys.stdout):
            tell("note", verdict(tuning))
    return FOUND if tuning.is_real else NOTHING


def _show_tried(count: int) -> None:
    click.echo(f"\rrankings tried: {count}", nl=False, err=True)
