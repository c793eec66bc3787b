"""The verb that completes what somebody begins to type."""

from typing import Any

import click

from searcher.cli.options import format_option, indexes_option
from searcher.cli.searching import USUAL_LIMIT
from searcher.cli.streams import FOUND, NOTHING, print_lines, print_utf8, tell, text_style


@click.command()
@click.argument("prefix", nargs=-1)
@indexes_option
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(["phrase", "author", "institution", "venue", "category", "title", "id"]),
    help="Only suggestions of this kind; may be repeated (default: all but ids).",
)
@click.option("--limit", type=click.IntRange(1), default=USUAL_LIMIT, help="How many suggestions.")
@click.option(
    "--refresh",
    is_flag=True,
    help="First choose the phrases of the papers anew; until then there are none, and later papers "
    "bring no new ones. Needs the extra suggest.",
)
@format_option("json", "csv")
def suggest(
    prefix: tuple[str, ...],
    places: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: int,
    refresh: bool,
    form: str,
) -> int:
    """Complete what you begin to type: a name, a title, a phrase.

    Words may stand in any order, and the last need only be begun. Each suggestion says how many
    papers a search for it finds.

    Example: searcher suggest neural ma
    """
    import searcher
    from searcher.output import tables
    from searcher.output.layout import counted
    from searcher.output.terminal import suggestions_text

    if not prefix and not refresh:
        raise click.UsageError("Missing argument 'PREFIX...', or --refresh.")
    for place in places if refresh else ():
        chosen = searcher.refresh_suggestions(place)
        tell("note", f"chose {counted(chosen, 'phrase')} of the papers in {place}")
    if not prefix:
        return FOUND
    chosen_kinds: Any = kinds or None
    with searcher.open(places) as papers:
        found = papers.suggest(" ".join(prefix), limit=limit, kinds=chosen_kinds)
        lacking = papers.why_no_phrases if not kinds or "phrase" in kinds else ""
    if lacking:
        tell("note", f"{lacking}; searcher suggest --refresh chooses them")
    if form == "json":
        print_lines([tables.suggestions_json(found)])
    elif form == "csv":
        print_utf8(tables.suggestions_csv(found))
    else:
        print_lines(suggestions_text(found, text_style("never")))
    if not found:
        tell("", f"nothing in {' and '.join(papers.directories)} has that")
    return FOUND if found else NOTHING
