"""The verbs that change what an index holds: index and remove."""

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from index.arguments import FIRST_PAGE_YEAR, LAST_PAGE_YEAR, folder_path
from searcher.cli.options import completes, index_option
from searcher.cli.streams import FAILED, FOUND, NOTHING, is_terminal, print_lines, tell

if TYPE_CHECKING:
    from index import Gone, Summary

_NEW_OBJECTS = 20_000

BAR_CELLS = 36
"""The longest bar of a stage."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@index_option
@click.option(
    "--page-year",
    type=click.IntRange(FIRST_PAGE_YEAR, LAST_PAGE_YEAR),
    help="The year of dates without one (default: one more than the latest year in the files).",
)
@click.option("--strict", is_flag=True, help="Write nothing if any file has a problem.")
@click.option("--prune", is_flag=True, help="Remove papers that are gone from their files.")
@click.option(
    "--prune-missing-folders",
    is_flag=True,
    help="Remove also those of folders that are gone or empty.",
)
@click.option("--source", metavar="NAME", help="The source that standard input belongs to.")
@click.option(
    "--restore", multiple=True, metavar="ID", help="Take a removed paper in again; may be repeated."
)
@click.option(
    "--reader", metavar="NAME", help="The format of standard input, such as bibtex, table or json."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option(
    "--from",
    "other",
    metavar="PLACE",
    help="Copy another index, in a folder or on a cluster, instead of reading files.",
)
def index(
    paths: tuple[str, ...],
    place: str,
    other: str | None,
    page_year: int | None,
    strict: bool,
    prune: bool,
    prune_missing_folders: bool,
    source: str | None,
    restore: tuple[str, ...],
    reader: str | None,
    dry_run: bool,
) -> int:
    """Read files, folders and - (standard input) into the index.

    What could not be read is a problem, told with its line. All else is indexed, and the exit code
    is 2. A note is no problem.

    Without a path, --restore only lets later runs take a paper in again, and --prune with --source
    removes the papers of that source.

    With --from, all papers of another index are copied to a place where none is, with whatever
    later runs ask for.

    Example: searcher index seeds/
    """
    import searcher
    from index import build, copy
    from searcher.output.reports import copied_text, pruned_text, summary_text, told_text

    gc.enable()  # a build may run for hours, and most of what it makes has no cycles
    gc.set_threshold(_NEW_OBJECTS)
    progress = _Progress()
    if other is not None:
        if paths or restore or source or prune or prune_missing_folders or dry_run:
            raise click.UsageError("--from copies an index as it is; index files afterwards")
        other = folder_path(other)
        try:
            count = copy(other, place, on_progress=progress)
        finally:
            progress.finish()
        print_lines([copied_text(count, other, place)])
        return FOUND
    prunes_source = source is not None and (prune or prune_missing_folders)
    if not paths:
        if not (restore or prunes_source):
            raise click.UsageError("give the paths of files or folders, or - for standard input")
        searcher.open(place).close()  # so that it is an error if there is no index

    def tell_pruned(gone: "Sequence[Gone]") -> None:
        progress.finish()
        print_lines(pruned_text(gone, dry_run=dry_run))

    def tell_summary(summary: "Summary") -> None:
        progress.finish()
        for note in told_text(summary.notes):
            tell("note", note)
        for problem in told_text(summary.problems):
            tell("problem", problem)
        has_index = bool(summary.total) or _has_index(place)
        print_lines(summary_text(summary, place, has_index=has_index, dry_run=dry_run))
        if restore and not paths:
            again = "searcher index PATH takes in again what --restore names, if it was removed"
            print_lines([again])

    try:
        summary = build(
            place,
            paths,
            papers=() if prunes_source and not paths else None,
            page_year=page_year,
            strict=strict,
            prune=prune,
            prune_missing_folders=prune_missing_folders,
            dry_run=dry_run,
            reader=reader,
            source=source,
            restore=restore,
            on_progress=progress,
            on_prune=tell_pruned,
            on_committed=tell_summary,
        )
    finally:
        progress.finish()
    return FAILED if summary.problems else FOUND


@click.command()
@click.argument("ids", nargs=-1, required=True, shell_complete=completes("id"))
@index_option
def remove(ids: tuple[str, ...], place: str) -> int:
    """Remove papers, and leave them out of later runs of index.

    Example: searcher remove doi:10.5555/12
    """
    from index import remove as remove_papers
    from searcher.output.reports import removal_text

    removal = remove_papers(place, ids)
    for one in removal.unknown:
        tell("note", f"no paper in {place} is called {one!r}")
    print_lines(removal_text(removal, place))
    return FOUND if removal.removed else NOTHING


def _has_index(place: str) -> bool:
    """Return whether there is an index, if only one without papers."""
    import searcher
    from index import NotAnIndexError

    try:
        searcher.open(place).close()
    except NotAnIndexError:
        return False
    return True


class _Progress:
    """A bar for each stage of a build, one below the other, on a terminal only."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how much of a stage is done; ``total`` is 0 while nobody knows it."""
        if not is_terminal(sys.stderr):
            return
        if stage != self._stage:
            from shutil import get_terminal_size

            self.finish()
            self._stage = stage
            self._bar = click.progressbar(
                length=1,
                label=f"{stage:<10}",
                file=sys.stderr,
                width=max(1, min(BAR_CELLS, get_terminal_size().columns - 24)),
            )
        self._bar.length = max(total, 1)
        self._bar.update(done - self._bar.pos)
        self._bar.render_progress()

    def finish(self) -> None:
        """End the line of the last stage."""
        if self._bar:
            self._bar.render_finish()
            self._bar = None
