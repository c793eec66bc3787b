"""The verb that keeps an index in step with folders."""

import gc
import signal
import threading
import time
from types import FrameType

import click

from index.arguments import FIRST_PAGE_YEAR, LAST_PAGE_YEAR
from searcher.cli.options import index_option
from searcher.cli.streams import FOUND, print_lines, say, tell


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@index_option
@click.option(
    "--page-year",
    type=click.IntRange(FIRST_PAGE_YEAR, LAST_PAGE_YEAR),
    help="The year of dates without one (default: one more than the latest year in the files).",
)
def watch(paths: tuple[str, ...], place: str, page_year: int | None) -> int:
    """Keep the index in step with files and folders.

    Runs until you stop it. Does what index --prune does, first at once, and then each time that
    files have changed and stayed as they are for a second. Papers of a whole folder that is gone
    are kept. Needs the extra watch.

    Ctrl-C ends it at once, and a build that is under way changes nothing. SIGTERM ends it after
    that, with exit code 0.

    Example: searcher watch ~/papers
    """
    from index import watch as watch_paths
    from searcher.output.reports import lost_text, synced_text, told_text

    gc.enable()  # it may run for days
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())

    def interrupt(number: int, frame: FrameType | None) -> None:
        # If Python drops the exception, as in a callback of a library, the next look ends it.
        stop.set()
        interrupted.append(number)
        signal.default_int_handler(number, frame)

    interrupted: list[int] = []
    signal.signal(signal.SIGINT, interrupt)
    told: set[tuple[str, str]] = set()
    for summary in watch_paths(
        place, paths, page_year=page_year, stop=stop, on_note=lambda note: tell("note", note)
    ):
        said = {
            **dict.fromkeys(("note", line) for line in told_text(summary.notes)),
            **dict.fromkeys(("problem", line) for line in told_text(summary.problems)),
            **dict.fromkeys(("note", line) for line in lost_text(summary)),
        }
        for kind, line in said:
            if (kind, line) not in told:  # what stays as it was is said once
                tell(kind, line)
        told = {*said}
        print_lines([f"{time.strftime('%H:%M:%S')} {synced_text(summary, place)}"])
    if interrupted:
        raise KeyboardInterrupt
    say("stopped")
    return FOUND
