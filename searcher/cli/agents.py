"""The verb that answers language models' agents."""

import gc

import click

from searcher.cli.options import configuration, indexes_option
from searcher.cli.streams import FOUND


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
    create_server(places, ranking=configuration(ctx).ranking).run()
    return FOUND
