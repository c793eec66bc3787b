"""The verb that writes all papers of a query for other programs."""

from typing import Any

import click

from searcher.cli.options import (
    QueryCommand,
    indexes_option,
    open_indexes,
    receipt_option,
    selection_options,
    sort_option,
)
from searcher.cli.searching import Searched, exit_code, keep_receipt, tell_diagnostics
from searcher.cli.streams import print_chunks
from searcher.output.formats import REFERENCES, TABLES, fields_of, written


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1, required=True)
@indexes_option
@selection_options
@sort_option
@click.option(
    "--format",
    "form",
    type=click.Choice([*REFERENCES, *TABLES]),
    required=True,
    help="The format: for reference managers, for spreadsheets, or with everything (jsonl).",
)
@click.option("--fields", metavar="NAME,...", help="Only these columns of csv, or keys of jsonl.")
@receipt_option
@click.option(
    "--raw-cells",
    is_flag=True,
    help="Write cells of csv as they are, even if a spreadsheet may run them as formulas.",
)
def export(
    query: tuple[str, ...],
    places: tuple[str, ...],
    form: str,
    fields: str | None,
    raw_cells: bool,
    receipt: str | None,
    **options: Any,
) -> int:
    """Write all matching papers, best first; '*' matches every paper.

    All words of the query must match, unless --any is given.

    Example: searcher export mixture of experts --format bibtex > experts.bib
    """
    names = _names(fields, form)
    if raw_cells and form != "csv":
        raise click.UsageError(f"--raw-cells is for csv; {form} has no cells")
    text = " ".join(query)
    options["match"] = options["match"] or "all"
    with open_indexes(places) as papers:
        page = papers.search(text, limit=0, paper=False, snippets=False, **options)
        tell_diagnostics(page)
        if page.total:
            matches = papers.all(text, **options)
            print_chunks(written(form, matches, names, raw_cells=raw_cells))
        if receipt:
            keep_receipt(receipt, papers, page.request, "export")
        return exit_code(Searched(page, papers.directories, len(papers)))


def _names(fields: str | None, form: str) -> list[str]:
    """Return the names of the fields that are asked for. Raises UsageError for an unknown one."""
    if fields is None:
        return []
    if form not in TABLES:
        raise click.UsageError(f"--fields is for {' and '.join(TABLES)}; {form} has fixed fields")
    known = fields_of(form)
    names = [name.strip() for name in fields.split(",")]
    for name in names:
        if name not in known:
            raise click.UsageError(
                f"--fields: {form} has no field {name!r}; its fields are {', '.join(known)}"
            )
    return list(dict.fromkeys(names))
