"""The verb that checks an index and repairs it."""

import gc
from collections.abc import Sequence

import click

from searcher.cli.options import format_option, index_option
from searcher.cli.streams import FOUND, NOTHING, print_lines, tell


@click.command()
@index_option
@click.option(
    "--repair",
    "wants_repair",
    is_flag=True,
    help="Make a damaged index sound: keep every sound part, save what can be read from damaged "
    "parts, and read your seed files again for the rest. An earlier version's is converted.",
)
@format_option("json")
def check(place: str, wants_repair: bool, form: str) -> int:
    """Check every byte of the index; exit 1 if it is damaged.

    An index of an earlier version is not searched before --repair converts it: exit 1, too.

    With --repair, exit 1 if papers are lost, or may be. The files that are read again are those
    that the index names; look at them first if somebody else made it.

    Example: searcher check
    """
    from index import check as check_index
    from index import repair
    from searcher.output import reports

    gc.enable()  # a repair builds as well

    def on_files(files: Sequence[str]) -> None:
        for file in files:
            tell("reading again", file)

    if wants_repair:
        done = repair(place, on_files=on_files)
        for note in done.notes:
            tell("note", note)
        for problem in done.problems:
            tell("problem", problem)
        print_lines([reports.repair_json(done)] if form == "json" else reports.repair_text(done))
        return FOUND if done.is_complete else NOTHING
    report = check_index(place)
    print_lines([reports.report_json(report)] if form == "json" else reports.report_text(report))
    return FOUND if report.is_sound else NOTHING
