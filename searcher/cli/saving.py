"""The verbs that save searches, run them again, and tell what is new."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from searcher.cli.options import (
    QueryCommand,
    color_option,
    configuration,
    format_option,
    indexes_option,
    learn_who_asks,
    open_indexes,
    selection_options,
    sort_option,
)
from searcher.cli.searching import print_table, tell_diagnostics
from searcher.cli.streams import (
    FOUND,
    NOTHING,
    fail,
    print_chunks,
    print_lines,
    say,
    tell,
    text_style,
)
from searcher.output.formats import REFERENCES

if TYPE_CHECKING:
    from searcher import Collection, Page
    from searcher.saved.searches import SavedSearch, SavedSearches


def _names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of saved searches that begin as typed, to complete them at the shell."""
    from index.errors import SearchError
    from searcher.saved.searches import SavedSearches

    try:
        return [name for name in SavedSearches().names() if name.startswith(incomplete)]
    except SearchError:
        return []


@click.command(cls=QueryCommand)
@click.argument("name")
@click.argument("query", nargs=-1, required=True)
@indexes_option
@selection_options
@sort_option
def save(name: str, query: tuple[str, ...], places: tuple[str, ...], **options: Any) -> int:
    """Save a search under a name, to run it again.

    All words of the query must match, unless --any is given. Nothing counts as told yet: the first
    searcher saved run NAME --new lists all papers.

    Example: searcher save experts mixture of experts --year 2023..
    """
    from searcher import Request
    from searcher.output.layout import counted, safe
    from searcher.saved.searches import USUAL_MATCH, SavedSearch, SavedSearches

    options["match"] = options["match"] or USUAL_MATCH
    search = SavedSearch(name, places, Request(" ".join(query), **options))
    with open_indexes(places) as papers:
        page = papers.search(
            search.request.query, limit=1, paper=False, snippets=False, **search.options
        )
    tell_diagnostics(page)
    file = SavedSearches().save(search)
    print_lines([safe(f"{file}: {counted(page.total or 0, 'paper')} now")])
    return FOUND


@click.group()
def saved() -> None:
    """List, run and remove saved searches, and make feeds of them.

    Each is a file that you may edit, NAME.toml in the folder that save prints.

    Example: searcher saved run experts --new
    """


@saved.command("list")
@format_option("json")
def list_searches(form: str) -> int:
    """List all saved searches: what they ask, and when their new papers were told last.

    Example: searcher saved list
    """
    import json

    from index.errors import SearchError
    from searcher.output.layout import safe
    from searcher.output.saved import searches_text
    from searcher.saved.searches import SavedSearches

    searches, code = SavedSearches(), FOUND
    listed = []
    for name in searches.names():
        try:
            listed.append((searches.get(name), searches.seen(name)))
        except SearchError as error:
            code = fail(error)
    if form == "json":
        values = [
            {
                "name": search.name,
                "file": searches.file_of(search.name),
                "index": list(search.indexes),
                **search.asked,
                "told": seen.told or None,
                "seen": len(seen.papers),
            }
            for search, seen in listed
        ]
        print_lines([json.dumps(values, indent=2)])
    else:
        print_lines(searches_text(listed))
    if not listed and code == FOUND:
        say(f"no search is saved in {safe(searches.folder)}; searcher save NAME QUERY saves one")
        return NOTHING
    return code


@saved.command("run")
@click.argument("name", shell_complete=_names)
@click.option("--new", "only_new", is_flag=True, help="Only papers that this did not tell before.")
@format_option("json", "jsonl", "csv", *REFERENCES)
@color_option
def run(name: str, only_new: bool, form: str, color: str) -> int:
    """Run a saved search: list all that it finds, or only what is new.

    With --new each paper is listed once; the exit code is 1 if nothing is new. What was listed is
    remembered when all of it was printed.

    Example: searcher saved run experts --new
    """
    from searcher.output.layout import counted, safe
    from searcher.saved.looking import look_at_all, look_for_new
    from searcher.saved.searches import SavedSearches

    searches = SavedSearches()
    search = searches.get(name)
    if not only_new:
        with _opened(searches, search) as papers:
            page = look_at_all(papers, search)
        if form != "json":
            tell_diagnostics(page)
        _print(page, "paper", search, form, color)
        if not page.hits:
            say(f"no paper matches in {safe(' and '.join(search.indexes))}")
        return FOUND if page.hits else NOTHING
    before = searches.seen(name)
    with _opened(searches, search) as papers:
        found = look_for_new(papers, search, before, datetime.now(UTC))
    for note in found.notes:
        tell("note", note)
    if form != "json":
        tell_diagnostics(found.page)
    if _print(found.page, "new paper", search, form, color):
        searches.remember(name, found.seen)
    else:
        tell("note", "not all was read; what was new stays new")
    if found.page.hits:
        return FOUND
    since = f" since {before.told}" if before.told else ""
    say(f"nothing new{since}; {name} finds {counted(found.page.total or 0, 'paper')}")
    return NOTHING


@saved.command("feed")
@click.argument("name", shell_complete=_names)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write to FILE, at once (default: standard output).",
)
def write_feed(name: str, output: str | None) -> int:
    """Write the Atom feed of a saved search: what it finds, the newest finds first.

    It leaves what saved run --new tells as it is.

    Example: searcher saved feed experts --output experts.atom
    """
    from searcher.output.atom import atom
    from searcher.saved.feeds import feed_of
    from searcher.saved.files import write_whole
    from searcher.saved.searches import SavedSearches

    searches = SavedSearches()
    search = searches.get(name)
    with _opened(searches, search) as papers:
        feed = feed_of(papers, search, searches.seen(name), datetime.now(UTC))
    searches.remember(name, feed.seen)
    if output is None:
        print_chunks([atom(feed)])
    else:
        try:
            write_whole(output, atom(feed))
        except OSError as error:
            raise click.FileError(output, error.strerror or str(error)) from error
    return FOUND if feed.entries else NOTHING


@saved.command("remove")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=_names)
def remove_searches(names: tuple[str, ...]) -> int:
    """Remove saved searches, and what was seen of them.

    Example: searcher saved remove experts
    """
    from index.errors import SearchError
    from searcher.saved.searches import SavedSearches

    searches, code = SavedSearches(), FOUND
    for name in names:
        try:
            searches.remove(name)
        except SearchError as error:
            code = fail(error)
    return code


@click.command("replay")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--index",
    "places",
    metavar="DIRECTORY",
    multiple=True,
    type=click.Path(file_okay=False),
    help="Where the index is now; may be repeated (default: as the receipt says).",
)
@format_option("json")
@color_option
def replay_receipt(file: str, places: tuple[str, ...], form: str, color: str) -> int:
    """Run the search of a receipt again, and compare.

    What is new, gone or moved is listed, and why. It ranks as the receipt says. The exit code is 0
    if the same papers are found in the same order, 1 if not. Below stands the paragraph on the
    search that PRISMA-S asks of a systematic review.

    Example: searcher replay experts.json
    """
    import json

    import searcher
    from searcher.output.prisma import prisma_text
    from searcher.output.saved import replay_text
    from searcher.saved.receipts import read_receipt
    from searcher.saved.replaying import replay

    receipt = read_receipt(file)
    stored = tuple(receipt.generations)
    learn_who_asks(places or stored)
    try:
        opened = searcher.open(places or stored, ranking=receipt.request.ranking)
    except searcher.NotAnIndexError as error:
        raise searcher.ReceiptError(f"{error}; or say where it is now, with --index") from error
    with opened as papers:
        done = replay(receipt, papers)
    if form == "json":
        values = {**done.to_dict(), "paragraph": "\n".join(prisma_text(receipt))}
        print_lines([json.dumps(values, indent=2)])
    else:
        print_lines(replay_text(done, text_style(color)), color)
    return FOUND if done.is_same else NOTHING


def _opened(searches: "SavedSearches", search: "SavedSearch") -> "Collection":
    from searcher.saved.looking import open_saved

    config = configuration(click.get_current_context())
    learn_who_asks(search.indexes)
    return open_saved(searches, search, ranking=config.ranking)


def _print(page: "Page", what: str, search: "SavedSearch", form: str, color: str) -> bool:
    """Print hits, and tell whether all was printed."""
    from searcher.output.terminal import hits_text

    if form != "text":
        return print_table(page, form, of_several=len(search.indexes) > 1)
    if not page.hits:
        return True
    place = " and ".join(search.indexes)
    return print_lines(hits_text(page, what, place, text_style(color)), color)
