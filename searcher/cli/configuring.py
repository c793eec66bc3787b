"""The verb that shows which configuration is in force, and what each value comes from."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from index.arguments import whole_place
from searcher.cli.options import configuration, format_option, indexes_option
from searcher.cli.streams import FOUND, print_lines, print_utf8

if TYPE_CHECKING:
    from searcher import Config


class Setting(NamedTuple):
    """What is in force for a key; ``line`` is where the configuration file says so."""

    key: str
    value: object
    source: str
    line: int | None = None


@click.command("config")
@indexes_option
@format_option("json")
@click.pass_context
def show_config(ctx: click.Context, places: tuple[str, ...], form: str) -> int:
    """Show the configuration in force, and what each value comes from.

    What is printed is a configuration file in TOML; all of it may be left out.

    Example: searcher config
    """
    import json

    from searcher.config import default_file

    read, is_typed = configuration(ctx), ctx.get_parameter_source("places")
    settings = list(_settings(read, places, is_typed == ParameterSource.COMMANDLINE))
    if form == "json":
        values = [setting._asdict() for setting in settings]
        print_lines([json.dumps({"file": read.file, "settings": values}, indent=2)])
    else:
        missing = f"no configuration file: {default_file()} is not there"
        print_utf8("\n".join(_text(settings, read.file or missing)))
    return FOUND


def _settings(read: "Config", places: tuple[str, ...], is_typed: bool) -> Iterator[Setting]:
    """Yield what is in force: what was typed, else set in the environment, else in the file."""
    from searcher import Ranking

    if is_typed or os.environ.get("SEARCHER_INDEX"):
        source, line = "option" if is_typed else "environment", None
    else:
        source, line = "file" if read.indexes else "default", read.line("index")
    yield Setting("index", list(map(whole_place, places)), source, line)
    for name, number in (read.ranking or Ranking()).settings().items():
        line = read.line(f"ranking.{name}")
        yield Setting(f"ranking.{name}", number, "file" if line else "default", line)


def _text(settings: list[Setting], file: str) -> Iterator[str]:
    from searcher.output.layout import safe
    from searcher.toml_file import as_toml

    yield f"# {safe(file)}"
    sources = {one.key: f"line {one.line}" if one.line else one.source for one in settings}
    for key, line in as_toml({one.key: one.value for one in settings}):
        yield f"{line:<23} # {sources[key]}" if key else line
