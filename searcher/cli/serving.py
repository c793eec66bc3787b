"""The verb that shows indexes as a web page."""

import click

from searcher.cli.options import configuration, indexes_option
from searcher.cli.streams import FOUND, say


@click.command()
@indexes_option
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="NAME",
    help="The address to listen at; the usual one is reached from this machine only.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, help="Its port (default: 8000)."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, help="How many processes (default: 1)."
)
def serve(places: tuple[str, ...], host: str, port: int, workers: int) -> int:
    """Show the index as a web page, and answer programs in JSON.

    Everybody who can reach the address can search. Needs the extra web.

    Example: searcher serve --port 8080
    """
    from searcher.web.server import address_of, listen
    from searcher.web.server import serve as serve_until_ended

    ranking = configuration(click.get_current_context()).ranking
    with listen(host, port) as listening:
        say(f"serving {' and '.join(places)} at {address_of(listening, host)} (Ctrl-C ends it)")
        serve_until_ended(places, listening, host=host, workers=workers, ranking=ranking)
    say("ended")
    return FOUND
