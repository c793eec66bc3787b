"""The command line: click verbs that parse, call and print.

Like grep: stdout is data and stderr the rest; exit 0 found, 1 nothing found, 2 error.
"""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

import click

from index.errors import SearchError

FOUND, NOTHING, FAILED, INTERRUPTED = 0, 1, 2, 130

_FACETS = click.Choice(["category", "year", "author", "institution", "code"])


class _PipeClosedError(Exception):
    """Whoever read our output has had enough; click would exit 1 on the original."""


def main() -> None:
    """Run the command line and exit; no traceback reaches the user."""
    # A terminal that cannot show a character shows a stand-in instead of failing.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(prog_name="searcher", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except (_PipeClosedError, BrokenPipeError):
        code = FOUND
        _drop_output()
    except SystemExit:
        # Only where help meets a closed pipe does click exit by itself.
        code = FOUND
    except OSError as error:
        click.echo(f"searcher: cannot write the output ({error.strerror})", err=True)
        code = FAILED
        _drop_output()
    except click.NoSuchOption as error:
        _show(error)
        if not error.option_name.startswith("--"):
            click.echo("A query that begins with - goes after --: search -- -word", err=True)
        code = FAILED
    except click.ClickException as error:
        _show(error)
        code = FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except SearchError as error:
        code = _fail(error)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        from searcher.output.terminal import safe

        click.echo(
            f"searcher: a defect of searcher itself: {type(error).__name__}: {safe(str(error))}; "
            "python -X dev -m searcher … shows where",
            err=True,
        )
        code = FAILED
    sys.exit(code)


def _show(error: click.ClickException) -> None:
    """Print an error of click's, which quotes what was typed."""
    from searcher.output.terminal import safe

    shown = io.StringIO()
    error.show(shown)
    click.echo(safe(shown.getvalue()), err=True, nl=False)


def _drop_output() -> None:
    """Let what is left in the buffer go nowhere: Python would flush it at exit, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--index",
        "directory",
        envvar="SEARCHER_INDEX",
        type=click.Path(file_okay=False),
        help="The index directory (default: $SEARCHER_INDEX, or your user data directory).",
    )(command)


def _search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which papers a query finds."""
    options = [
        click.option("--category", multiple=True, help="Only this category, by code or name."),
        click.option("--year", multiple=True, help="Only 2024, 2023..2025, >=2024 …"),
        click.option("--author", multiple=True, help="Only papers of this author."),
        click.option("--institution", multiple=True, help="Only papers of this institution."),
        click.option("--has-code", is_flag=True, default=None, help="Only papers with code."),
        click.option("--any", "match", flag_value="any", help="Any word may match."),
        click.option("--all", "match", flag_value="all", help="All words must match."),
        click.option("--strict", is_flag=True, help="Fail if the query is not clear as written."),
        click.option(
            "--timeout",
            type=click.FloatRange(0),
            metavar="SECONDS",
            help="Answer after so many seconds with what was found by then.",
        ),
        click.option(
            "--facet", "facets", multiple=True, type=_FACETS, help="Count matches by this facet."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


_color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour the output; auto: on a terminal, unless NO_COLOR is set.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paper-searcher")
def cli() -> None:
    """Search paper abstracts: ranked, faceted, highlighted.

    Example: searcher index seeds/ && searcher search mixture of experts
    """


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@_index_option
@click.option(
    "--page-year",
    type=click.IntRange(1000, 9998),
    help="The year of dates without one (default: one more than the latest year in the files).",
)
@click.option("--strict", is_flag=True, help="Write nothing if any file has a problem.")
@click.option("--prune", is_flag=True, help="Remove papers that are gone from their files.")
def index(
    paths: tuple[str, ...],
    directory: str | None,
    page_year: int | None,
    strict: bool,
    prune: bool,
) -> int:
    """Bring the index in line with seed files and folders.

    Example: searcher index seeds/
    """
    from index import build
    from searcher.output.terminal import safe, summary_text

    place = _place(directory)
    bars: list[Any] = []

    def on_progress(stage: str, done: int, total: int) -> None:
        if not bars or bars[-1].label != stage:
            if bars:
                bars[-1].render_finish()
            hidden = not _is_terminal(sys.stderr)
            bars.append(
                click.progressbar(length=total, label=stage, file=sys.stderr, hidden=hidden)
            )
            bars[-1].render_progress()
        bars[-1].update(done - bars[-1].pos)

    try:
        summary = build(
            place,
            paths,
            page_year=page_year,
            strict=strict,
            prune=prune,
            on_progress=on_progress,
        )
    finally:
        for bar in bars[-1:]:
            bar.render_finish()
    for note in summary.notes:
        click.echo(f"note: {safe(str(note))}", err=True)
    for problem in summary.problems:
        click.echo(f"problem: {safe(str(problem))}", err=True)
    _print(summary_text(summary, place))
    return FAILED if summary.problems else FOUND


@cli.command()
@click.argument("query", nargs=-1)
@_index_option
@_search_options
@click.option("--sort", type=click.Choice(["relevance", "date", "score"]), default="relevance")
@click.option("--limit", type=click.IntRange(0), default=10, help="Hits a page.")
@click.option("--page", type=click.IntRange(1), default=1)
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "jsonl", "csv"]), default="text"
)
@_color_option
def search(
    query: tuple[str, ...], directory: str | None, form: str, color: str, **options: Any
) -> int:
    """Search the index; several words are one query.

    Example: searcher search mixture of experts --year 2023..2025
    """
    from searcher.output import terminal as printing

    options["facets"] = options["facets"] or (
        () if form in ("jsonl", "csv") else ("category", "year")
    )
    page = _searched(query, directory, options, quiet=form == "json")
    if form == "json":
        _print([printing.page_json(page)])
    elif form == "jsonl":
        _print(printing.page_jsonl(page))
    elif form == "csv":
        _print([printing.page_csv(page)])
    elif page.total:
        _print(printing.page_text(page, _style(color)), color)
    else:
        click.echo("no paper found in time" if page.partial else "no paper matches", err=True)
    return FOUND if page.total else NOTHING


@cli.command()
@click.argument("query", nargs=-1)
@_index_option
@_search_options
@_color_option
def facets(query: tuple[str, ...], directory: str | None, color: str, **options: Any) -> int:
    """Count the papers that match by category and year, or by each --facet.

    Example: searcher facets "label noise" --facet author
    """
    from searcher.output.terminal import facets_text

    options["facets"] = options["facets"] or ("category", "year")
    page = _searched(query, directory, {**options, "limit": 0}, quiet=False)
    _print(facets_text(page.facets, _style(color)), color)
    return FOUND if page.total else NOTHING


@cli.command()
@click.argument("paper_id", metavar="ID")
@_index_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@_color_option
def show(paper_id: str, directory: str | None, form: str, color: str) -> int:
    """Show one paper whole; search prints the id of each hit.

    Example: searcher show "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.terminal import paper_json, paper_text

    with searcher.open(_place(directory)) as papers:
        try:
            paper = papers.paper(paper_id)
        except searcher.UnknownPaperError as error:
            _fail(error)
            return NOTHING
    _print([paper_json(paper)] if form == "json" else paper_text(paper, _style(color)), color)
    return FOUND


@cli.command()
@_index_option
@_color_option
def stats(directory: str | None, color: str) -> int:
    """Show how many papers the index holds, by category and year.

    Example: searcher stats
    """
    from searcher.output.terminal import facets_text, total_text

    page = _searched((), directory, {"facets": ("category", "year"), "limit": 0}, quiet=False)
    _print([*facets_text(page.facets, _style(color)), total_text(page)], color)
    return FOUND if page.total else NOTHING


@cli.command()
@_index_option
@click.option(
    "--repair",
    "wants_repair",
    is_flag=True,
    help="Make a damaged index sound: keep what is, write anew what can be read in it, and read "
    "again the files that its other papers were read from.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def check(directory: str | None, wants_repair: bool, form: str) -> int:
    """Look whether the index is sound, to the last byte; exit 1 if it is damaged.

    With --repair, exit 1 if papers are lost, or may be. The files read again are those that the
    index names; look at them first if somebody else made it.

    Example: searcher check
    """
    from index import check as check_index
    from index import repair
    from searcher.output import terminal as printing

    def on_files(files: Sequence[str]) -> None:
        for file in files:
            click.echo(f"reading again: {printing.safe(file)}", err=True)

    place = _place(directory)
    if wants_repair:
        done = repair(place, on_files=on_files)
        for problem in done.problems:
            click.echo(f"problem: {printing.safe(str(problem))}", err=True)
        _print([printing.repair_json(done)] if form == "json" else printing.repair_text(done))
        return FOUND if done.is_complete else NOTHING
    report = check_index(place)
    _print([printing.report_json(report)] if form == "json" else printing.report_text(report))
    return FOUND if report.is_sound else NOTHING


def _searched(
    query: tuple[str, ...], directory: str | None, options: dict[str, Any], *, quiet: bool
) -> Any:
    """Return the page of a search; its diagnostics go to stderr unless ``quiet``."""
    import searcher
    from searcher.output.terminal import safe

    if options.get("match") is None:
        options = {**options, "match": "auto"}
    with searcher.open(_place(directory)) as papers:
        page = papers.search(" ".join(query) if query else "*", **options)
    if not quiet:
        for diagnostic in page.diagnostics:
            click.echo(f"note: {safe(diagnostic.message)}", err=True)
    return page


def _place(directory: str | None) -> str:
    if directory:
        return directory
    from platformdirs import user_data_path

    return str(user_data_path("searcher", appauthor=False) / "index")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _style(color: str) -> Any:
    from searcher.output.terminal import Style

    terminal = _is_terminal(sys.stdout)
    colour = color == "always" or (color == "auto" and terminal and not os.environ.get("NO_COLOR"))
    width = min(shutil.get_terminal_size().columns, 100) if terminal else None
    return Style(colour=colour, width=width)


def _print(lines: Iterable[str], color: str = "never") -> None:
    try:
        for line in lines:
            # click would strip the codes that --color always asks for in a pipe.
            click.echo(line, color=color != "never")
    except BrokenPipeError as error:
        raise _PipeClosedError from error


def _fail(error: SearchError) -> int:
    from searcher.output.terminal import safe

    click.echo(f"searcher: {safe(str(error))}", err=True)
    return FAILED
