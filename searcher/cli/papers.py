"""The verbs for papers that are known by their ids: show, open and similar."""

import sys
from typing import Any

import click

from searcher.cli.options import (
    color_option,
    completes,
    filter_options,
    format_option,
    indexes_option,
    open_indexes,
)
from searcher.cli.searching import USUAL_LIMIT, print_table, tell_diagnostics
from searcher.cli.streams import FOUND, NOTHING, fail, print_lines, tell, text_style
from searcher.output.formats import REFERENCES


@click.command()
@click.argument(
    "paper_ids", metavar="ID...", nargs=-1, required=True, shell_complete=completes("id")
)
@indexes_option
@format_option("json")
@color_option
def show(paper_ids: tuple[str, ...], places: tuple[str, ...], form: str, color: str) -> int:
    """Show papers whole; search prints the id of each hit. Several are one array in JSON.

    Example: searcher show "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.tables import paper_json, papers_json
    from searcher.output.terminal import paper_text

    found = []
    with searcher.open(places) as papers:
        for paper_id in paper_ids:
            try:
                found.append(papers.paper(paper_id))
            except searcher.UnknownPaperError as error:
                fail(error)
    if form == "json" and len(paper_ids) > 1:
        print_lines([papers_json(found)])
    elif form == "json":
        print_lines(map(paper_json, found))
    else:
        style = text_style(color)
        for number, paper in enumerate(found):
            print_lines([""] if number else [])
            print_lines(paper_text(paper, style), color)
    return FOUND if len(found) == len(paper_ids) else NOTHING


@click.command("open")
@click.argument("paper_id", metavar="ID", shell_complete=completes("id"))
@indexes_option
def open_page(paper_id: str, places: tuple[str, ...]) -> int:
    """Open the page of a paper in the browser, and print its address.

    Example: searcher open "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.links import best_address

    with searcher.open(places) as papers:
        try:
            paper = papers.paper(paper_id)
        except searcher.UnknownPaperError as error:
            fail(error)
            return NOTHING
    address = best_address(paper)
    if not address:
        tell("searcher", f"nobody says where {paper.id} is: it has no address and no identifier")
        return NOTHING
    print_lines([address])
    # Its address first: a browser of the terminal takes the screen.
    import webbrowser

    if not webbrowser.open(address):
        tell("note", "no browser was found; set BROWSER to the command of one")
    return FOUND


@click.command()
@click.argument(
    "paper_ids", metavar="ID...", nargs=-1, required=True, shell_complete=completes("id")
)
@indexes_option
@filter_options
@click.option("--limit", type=click.IntRange(0), default=USUAL_LIMIT, help="How many papers.")
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@format_option("json", "jsonl", "csv", *REFERENCES)
@color_option
def similar(
    paper_ids: tuple[str, ...], places: tuple[str, ...], form: str, color: str, **options: Any
) -> int:
    """Show papers like given ones, or like a text on standard input.

    The text is named - in place of an id. Papers are alike by the words that tell most of them;
    each hit shows which of these it shares.

    Example: searcher similar "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.terminal import hits_text

    like: str | list[str] = list(paper_ids)
    if "-" in like:
        if len(like) > 1:
            raise click.UsageError("- stands for standard input; give it alone, or only ids")
        like = _text_read()
    with open_indexes(places) as papers:
        try:
            page = papers.similar(like, **options)
        except searcher.UnknownPaperError as error:
            fail(error)
            return NOTHING
    place = " and ".join(papers.directories)
    if form != "json":
        tell_diagnostics(page)
    if form != "text":
        print_table(page, form, of_several=len(papers.directories) > 1)
    elif page.hits:
        print_lines(hits_text(page, "similar paper", place, text_style(color)), color)
    if page.hits:
        return FOUND
    tell("", f"no paper in {place} is like that")
    return NOTHING


def _text_read() -> str:
    """Return the text on standard input: as much of it as is made use of, and a little more."""
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("nothing comes on standard input: searcher similar - < FILE")
    return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "replace")


_MOST_BYTES = 1 << 19
