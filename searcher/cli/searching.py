"""The verbs that ask an index: search, explain, facets and stats."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from index.fields import USUAL_FACETS
from searcher.cli.options import (
    QueryCommand,
    Typed,
    color_option,
    completes,
    expand_option,
    format_option,
    indexes_option,
    open_indexes,
    receipt_option,
    search_options,
    selection_options,
    sort_option,
    values_option,
)
from searcher.cli.streams import (
    FOUND,
    NOTHING,
    fail,
    is_terminal,
    print_chunks,
    print_lines,
    print_utf8,
    say,
    tell,
    text_style,
    told,
)
from searcher.output.formats import REFERENCES, written

if TYPE_CHECKING:
    from searcher import Collection, Explanation, Page, Relaxation, Request
    from searcher.output.terminal import NextCommand
    from searcher.saved.receipts import Command

USUAL_LIMIT = 10
"""How many hits a page has."""
_PAGING = ("--limit", "--page")
_RECEIPT = "--receipt"
PROMPT_ROWS = 2
"""The rows of a terminal that the command and the next prompt take."""


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@indexes_option
@search_options
@sort_option
@expand_option
@click.option(
    "--limit",
    type=click.IntRange(0),
    help="Hits a page (default: 10; on a terminal as many of them as it has room for).",
)
@click.option("--page", "number", type=click.IntRange(1), default=1, help="Which page of hits.")
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@click.option("--echo", is_flag=True, help="Say what was searched for each word of the query.")
@receipt_option
@format_option("json", "jsonl", "csv", *REFERENCES)
@color_option
def search(
    query: tuple[str, ...],
    places: tuple[str, ...],
    limit: int | None,
    number: int,
    receipt: str | None,
    form: str,
    color: str,
    **options: Any,
) -> int:
    """Search the index; several words are one query.

    A word that begins with - is excluded; if it is the first one, write -- before it. Fields are
    title: abstract: venue: kw: author: owner: inst: cat: type: lang: year: date: cited: has: id:
    and doi:, each before a word, a "phrase" or a (group).

    Example: searcher search mixture of experts --year 2023..2025
    """
    usual_facets = USUAL_FACETS if form in ("text", "json") else ()
    asks_facets = bool(options["facets"])
    options["facets"] = options["facets"] or usual_facets
    options |= {"limit": USUAL_LIMIT if limit is None else limit, "page": number}
    options["echo"] = options["echo"] or form == "json"
    if receipt and options["timeout"] is not None:
        raise click.UsageError("--receipt lists every paper; leave out --timeout")
    searched = _searched(
        query, places, options, is_quiet=form == "json", diagnoses=True, receipt=receipt
    )
    page = searched.page
    advice = _advice(page) if form != "json" else []
    echo: list[str] = []
    if page.echo and form != "json":
        from searcher.output.terminal import echo_text

        echo = list(echo_text(page, text_style("never", sys.stderr)))
        for line in echo:
            say(line)
    if form != "text":
        print_table(page, form, of_several=len(searched.places) > 1)
    elif page.hits or (page.total and not page.request.limit):
        from searcher.output.terminal import page_text

        if page.facets and not asks_facets:
            # Papers of reference managers have no categories, and nobody asked for these.
            page = replace(page, facets={name: one for name, one in page.facets.items() if one})
        style, rows = text_style(color), None
        if limit is None and number == 1 and is_terminal(sys.stdout):
            notes = [line for one in page.diagnostics for line in told("note", one.message)]
            rows = _free_rows([*notes, *echo, *advice])
        lines = page_text(page, searched.place, style, _next_command(), rows)
        print_lines(lines, color)
    code = exit_code(searched)
    for line in advice:
        say(line)
    return code


@click.command(cls=QueryCommand)
@click.argument("query", nargs=-1)
@indexes_option
@search_options
@values_option
@format_option("json", "csv")
@color_option
def facets(
    query: tuple[str, ...],
    places: tuple[str, ...],
    limit: int | None,
    form: str,
    color: str,
    **options: Any,
) -> int:
    """Count matching papers by category and year, or by each --facet.

    All filters hold for every facet: with --author, the author facet counts co-authors.

    Example: searcher facets "label noise" --facet author --limit 5
    """
    options["facets"] = options["facets"] or USUAL_FACETS
    return _show_facets(query, places, limit, form, color, facets_within_filters=True, **options)


@click.command(cls=QueryCommand)
@click.argument("paper_id", metavar="ID", shell_complete=completes("id"))
@click.argument("query", nargs=-1, required=True)
@indexes_option
@selection_options
@expand_option
@format_option("json")
@color_option
def explain(
    paper_id: str,
    query: tuple[str, ...],
    places: tuple[str, ...],
    form: str,
    color: str,
    **options: Any,
) -> int:
    """Explain a paper's score for a query, or why it is not found.

    Each word's part of the score is split by field, with the forms that the word stands for there.

    Example: searcher explain "$(searcher search moe --format jsonl --limit 1 | jq -r .id)" moe
    """
    import json

    import searcher
    from searcher.output.terminal import explanation_text

    options["match"] = options["match"] or "auto"
    with open_indexes(places) as papers:
        try:
            explanation = papers.explain(paper_id, " ".join(query), **options)
        except searcher.UnknownPaperError as error:
            fail(error)
            return NOTHING
    if form == "json":
        print_lines([json.dumps(explanation.to_dict(), indent=2)])
    else:
        tell_diagnostics(explanation)
        print_lines(explanation_text(explanation, text_style(color)), color)
    return NOTHING if explanation.score is None else FOUND


@click.command()
@click.argument("text", nargs=-1, required=True)
@indexes_option
@format_option("json", "csv")
def acronyms(text: tuple[str, ...], places: tuple[str, ...], form: str) -> int:
    """Show what an acronym stands for, or the acronyms of a text.

    Each line begins with the number of papers that define it so, of the newest 500 that have it.

    Example: searcher acronyms moe
    """
    import searcher
    from searcher.output import tables
    from searcher.output.layout import safe
    from searcher.output.terminal import acronyms_text

    asked = " ".join(text)
    with searcher.open(places) as papers:
        found = papers.acronyms(asked)
        place = " and ".join(papers.directories)
    if form == "json":
        print_lines([tables.acronyms_json(found)])
    elif form == "csv":
        print_utf8(tables.acronyms_csv(found))
    else:
        print_lines(acronyms_text(found))
    if not found:
        tell("", f"no paper in {place} defines {safe(asked)!r}, nor an acronym of it")
    return FOUND if found else NOTHING


@click.command()
@indexes_option
@values_option
@format_option("json", "csv")
@color_option
def stats(places: tuple[str, ...], limit: int | None, form: str, color: str) -> int:
    """Show how many papers the index holds, by category and year.

    Example: searcher stats
    """
    return _show_facets((), places, limit, form, color, facets=USUAL_FACETS)


class Searched(NamedTuple):
    """Indexes that were searched: the page, where they are, and how many papers they hold."""

    page: "Page"
    places: tuple[str, ...]
    paper_count: int

    @property
    def place(self) -> str:
        """Where they are, in words."""
        return " and ".join(self.places)


def _searched(
    query: tuple[str, ...],
    places: tuple[str, ...],
    options: dict[str, Any],
    *,
    is_quiet: bool,
    diagnoses: bool = False,
    receipt: str | None = None,
) -> Searched:
    """Search the index; the diagnostics go to stderr, unless ``is_quiet``.

    If it ``diagnoses``, a page of too few papers says why. The receipt is written to its file.
    """
    if options.get("match") is None:
        options = {**options, "match": "auto"}
    with open_indexes(places) as papers:
        page = papers.search(" ".join(query) if query else "*", **options)
        if diagnoses:
            page = papers.diagnosed(page)
        if receipt:
            keep_receipt(receipt, papers, page.request)
        searched = Searched(page, papers.directories, len(papers))
    if not is_quiet:
        tell_diagnostics(page)
    return searched


def keep_receipt(
    file: str, papers: "Collection", request: "Request", command: "Command" = "search"
) -> None:
    """Write the receipt of a search to a file."""
    from datetime import UTC, datetime

    from searcher.saved.receipts import take_receipt, write_receipt

    write_receipt(file, take_receipt(papers, request, datetime.now(UTC), command=command))


def tell_diagnostics(page: "Page | Explanation") -> None:
    """Say on stderr what of a query was not taken as written."""
    for diagnostic in page.diagnostics:
        tell("note", diagnostic.message)


def exit_code(searched: Searched) -> int:
    """Return the exit code of a search; say on stderr why there is no hit."""
    from searcher.output.layout import counted, safe

    page, request, place = searched.page, searched.page.request, safe(searched.place)
    if page.hits or (page.total and not request.limit):
        return FOUND
    if page.total:
        last = -(-page.total // request.limit)
        tell(
            "searcher",
            f"there is no page {request.page}: {counted(page.total, 'paper')} in {place} are "
            f"{counted(last, 'page')} of {request.limit}",
        )
    elif page.partial:
        tell("", f"no paper found in time in {place}")
    else:
        verb = "holds" if len(searched.places) == 1 else "hold"
        tell(
            "",
            f"no paper matches in {place}, which {verb} {counted(searched.paper_count, 'paper')}",
        )
    return NOTHING


def print_table(page: "Page", form: str, *, of_several: bool = False) -> bool:
    """Print a page, maybe of several indexes, in another form than text.

    It tells whether all of it was printed.
    """
    from searcher.output import tables

    if form == "json":
        return print_lines([tables.page_json(page)])
    if form == "jsonl":
        return print_lines(tables.page_jsonl(page))
    if form == "csv":
        return print_utf8(tables.page_csv(page, of_several=of_several))
    return print_chunks(written(form, [hit.paper for hit in page.hits if hit.paper]))


def _show_facets(
    query: tuple[str, ...],
    places: tuple[str, ...],
    limit: int | None,
    form: str,
    color: str,
    **options: Any,
) -> int:
    """Print the facets of a search, ``limit`` values of each, and return the exit code."""
    from searcher.output import tables, terminal

    options = {"limit": 0, "echo": form == "json", **options}
    searched = _searched(query, places, options, is_quiet=form == "json")
    page = searched.page
    if form == "json":
        print_lines([tables.facets_json(page, limit)])
    elif form == "csv":
        print_utf8(tables.facets_csv(page, limit))
    else:
        lines = terminal.facets_text(page.facets or {}, text_style(color), limit)
        print_lines([*lines, terminal.total_text(page, searched.place)], color)
    return FOUND if page.total else NOTHING


def _next_command() -> "NextCommand":
    """Return what makes the command that was typed into one for another page."""
    typed = Typed.in_context(click.get_current_context())
    names = {option[0].partition("=")[0] for option in typed.options}

    def command(limit: int, number: int) -> str:
        options = _options_but(typed, (*_PAGING, _RECEIPT))
        if "--limit" in names or limit != USUAL_LIMIT:
            options.append(["--limit", str(limit)])
        options.append(["--page", str(number)])
        line = _command(typed.words, options)
        return line if line.isprintable() else f"the same with --page {number}"

    return command


def _advice(page: "Page") -> list[str]:
    """Return the lines that say why too little is found, and the commands that find more."""
    if page.diagnosis is None:
        return []
    from shlex import quote

    from searcher.output.terminal import diagnosis_text

    typed = Typed.in_context(click.get_current_context())
    asked = page.request

    def command(relaxation: "Relaxation") -> str:
        wanted = relaxation.request
        changed = [part.filter for part in relaxation.dropped if part.filter]
        if relaxation.by and wanted.author != asked.author:
            changed.append("author")
        left_out = [f"--{name.replace('_', '-')}" for name in changed]
        if wanted.match != asked.match:
            left_out.append("--all")
        options = _options_but(typed, ["--page", _RECEIPT, *left_out])
        if "author" in changed:
            options += [["--author", name] for name in wanted.author]
        words = typed.words
        if wanted.query != asked.query:
            words = wanted.query.split()
            if any(quote(word) != word for word in words):
                words = [wanted.query]
        line = _command(words, options)
        return line if line.isprintable() else "the same with this change"

    return list(diagnosis_text(page.diagnosis, text_style("never", sys.stderr), command))


def _options_but(typed: Typed, names: Sequence[str]) -> list[list[str]]:
    """Return the options that were typed, but for some."""
    return [option for option in typed.options if option[0].partition("=")[0] not in names]


def _command(words: Sequence[str], options: Sequence[Sequence[str]]) -> str:
    """Return the command line of a search."""
    from shlex import join

    arguments = list(chain.from_iterable(options))
    # A word that begins with - is none of an option's only after --.
    if any(word.startswith("-") for word in words):
        arguments += ["--", *words]
    else:
        arguments = [*words, *arguments]
    return join(["searcher", "search", *arguments])


def _free_rows(notes: Sequence[str]) -> int:
    """Return how many rows of the terminal the notes and the prompt leave free."""
    from shutil import get_terminal_size

    from searcher.output.layout import row_count

    size = get_terminal_size()
    return size.lines - PROMPT_ROWS - row_count(notes, size.columns)
