"""The verb that answers language models' agents."""

import gc
import os
import signal

import click

from searcher.cli.options import configuration, indexes_option
from searcher.cli.streams import FOUND, INTERRUPTED, say


@click.command()
@indexes_option
@click.pass_context
def mcp(ctx: click.Context, places: tuple[str, ...]) -> int:
    """Answer language models' agents (Model Context Protocol).

    Talks on standard input and output with the agent's program, which starts this command. Needs
    the extra mcp.

    Example: searcher mcp --index papers.index
    """
    from searcher.programs import create_server

    gc.enable()  # it runs as long as its client
    signal.signal(signal.SIGINT, _end)
    create_server(places, ranking=configuration(ctx).ranking).run()
    return FOUND


def _end(_number: int, _frame: object) -> None:
    """End at once: the library would wait for another line of its client."""
    say("interrupted")
    os._exit(INTERRUPTED)
