"""The command line: click verbs that parse, call and print; ``main`` runs them and exits."""

import io
import sys
from importlib import import_module

import click

from index.errors import SearchError
from searcher import __version__
from searcher.cli.streams import FAILED, FOUND, INTERRUPTED, drop, fail, say

# The function of each verb, and the module that has it.
_VERBS = {
    "acronyms": "searching.acronyms",
    "check": "upkeep.check",
    "config": "configuring.show_config",
    "eval": "evaluating.evaluate",
    "explain": "searching.explain",
    "export": "exporting.export",
    "facets": "searching.facets",
    "index": "indexing.index",
    "mcp": "agents.mcp",
    "open": "papers.open_page",
    "remove": "indexing.remove",
    "replay": "saving.replay_receipt",
    "save": "saving.save",
    "saved": "saving.saved",
    "search": "searching.search",
    "serve": "serving.serve",
    "show": "papers.show",
    "similar": "papers.similar",
    "stats": "searching.stats",
    "suggest": "suggesting.suggest",
    "tune": "evaluating.tune",
    "watch": "watching.watch",
}


class Verbs(click.Group):
    """Loads the module of a verb when it runs: to load all of them takes a tenth of a search."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the verbs, in the order of the help."""
        return list(_VERBS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Return a verb, None if there is none of this name."""
        if name not in _VERBS:
            return None
        module, function = _VERBS[name].split(".")
        verb: click.Command = getattr(import_module(f"searcher.cli.{module}"), function)
        return verb


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(__version__)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Search paper abstracts: ranked, faceted, highlighted.

    Example: searcher index seeds/ && searcher search mixture of experts
    """
    if ctx.invoked_subcommand is None:
        # click's own way to show help where no verb is given exits 0 before version 8.2.
        click.echo(ctx.get_help(), err=True)
        ctx.exit(FAILED)


def main() -> None:
    """Run the command line and exit; no traceback reaches the user."""
    # A terminal that cannot show a character shows a stand-in instead of failing.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_exit_code())


def _exit_code() -> int:
    """Run the command line and return its exit code; errors are told on stderr."""
    try:
        code: int = cli.main(prog_name="searcher", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except SystemExit:
        # Only where help meets a closed pipe does click exit by itself.
        return FOUND
    except OSError as error:
        say(f"searcher: cannot write the output ({error.strerror})")
        drop(sys.stdout)
        return FAILED
    except click.ClickException as error:
        _show(error)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except SearchError as error:
        return fail(error)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        from searcher.output.layout import safe

        say(
            f"searcher: a defect of searcher itself: {type(error).__name__}: {safe(str(error))}; "
            "python -X dev -m searcher … shows where"
        )
        return FAILED
    return code


def _show(error: click.ClickException) -> None:
    """Print an error of click's, which quotes what was typed."""
    from searcher.output.layout import safe

    shown = io.StringIO()
    error.show(shown)
    say(safe(shown.getvalue()).removesuffix("\n"))
