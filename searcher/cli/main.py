"""The command line: click verbs that parse, call and print; ``main`` runs them and exits."""

import io
import sys

import click

from index.errors import SearchError
from searcher import __version__
from searcher.cli.configuring import show_config
from searcher.cli.evaluating import evaluate, tune
from searcher.cli.exporting import export
from searcher.cli.indexing import index, remove
from searcher.cli.papers import open_page, show, similar
from searcher.cli.searching import acronyms, explain, facets, search, stats
from searcher.cli.serving import serve
from searcher.cli.streams import FAILED, FOUND, INTERRUPTED, drop, fail, say
from searcher.cli.suggesting import suggest
from searcher.cli.upkeep import check
from searcher.cli.watching import watch


@click.group(
    commands=[
        index,
        remove,
        watch,
        search,
        explain,
        facets,
        acronyms,
        show,
        open_page,
        similar,
        suggest,
        export,
        serve,
        stats,
        check,
        evaluate,
        tune,
        show_config,
    ],
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
