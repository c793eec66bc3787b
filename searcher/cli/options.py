"""Options that several verbs share, and words of a query that look like options."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from index.arguments import folder_path
from index.errors import BadRequestError
from index.fields import FACETS, QUERY_FIELDS

if TYPE_CHECKING:
    from searcher import Collection, Config

_CONFIG = "searcher.config"
"""The key of the configuration in a click context."""

_TYPED = "searcher.typed"
"""The key of what was typed in a click context."""


class Typed(NamedTuple):
    """What was typed after a verb: each option with its value, and the words of the query."""

    options: list[list[str]]
    words: list[str]

    @classmethod
    def in_context(cls, ctx: click.Context) -> "Typed":
        """Return what was typed after the verb of a QueryCommand."""
        typed: Typed = ctx.meta[_TYPED]
        return typed


class QueryCommand(click.Command):
    """A verb whose arguments are a query, in which a word such as ``-bert`` is excluded.

    click would read such a word as options of one letter. Here it is a word of the query if it
    follows another one, and if it is no option.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after the words of the query were moved behind ``--``."""
        if not ctx.resilient_parsing:
            args = self._with_words_last(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            field = _field_called(error.option_name.lstrip("-"))
            if not field:
                raise
            raise click.UsageError(
                f"No such option: {error.option_name}. It is a field of the query, "
                f"as in: {ctx.command_path} … {field}:…",
                ctx,
            ) from None

    def _with_words_last(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {
            name: parameter
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            for name in parameter.opts
        }
        typed = Typed([], [])
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                typed.words.extend(rest)
            elif arg.startswith("--") or arg in options:
                option = options.get(arg)
                takes_value = option is not None and not option.is_flag
                typed.options.append([arg, *islice(rest, 1 if takes_value else 0)])
                if takes_value and len(typed.options[-1]) == 1:
                    return list(chain.from_iterable(typed.options))  # click says what is missing
            else:
                if arg.startswith("-") and arg != "-":
                    self._check_excluded(arg, typed.words, options, ctx)
                typed.words.append(arg)
        ctx.meta[_TYPED] = typed
        return [*chain.from_iterable(typed.options), "--", *typed.words]

    def _check_excluded(
        self, word: str, words: list[str], options: dict[str, click.Option], ctx: click.Context
    ) -> None:
        """Raise UsageError unless ``word``, such as ``-bert``, can only be meant for the query."""
        if f"-{word}".partition("=")[0] in options:
            raise click.UsageError(
                f"{word} is either the option -{word} or a word of the query; "
                f"a word goes after --, as in: {ctx.command_path} … -- {word}",
                ctx,
            )
        if not words:
            raise click.UsageError(
                f"No such option: {word}. A query that begins with - goes after --, "
                f"as in: {ctx.command_path} -- {word}",
                ctx,
            )


def _field_called(name: str) -> str:
    """Return the query field of this name, or the field that the facet of this name counts."""
    fields = {
        facet: query_name
        for facet, counted in FACETS.items()
        for query_name, field in QUERY_FIELDS.items()
        if field.value == counted.value
    }
    return name if name in QUERY_FIELDS else fields.get(name, "")


def completes(kind: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Return what completes a value at the shell: names or ids of an index, by their kind."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[Any]:
        # Only where a value is completed is the engine loaded.
        from searcher.cli.completing import completions

        return completions(kind, ctx, incomplete)

    return complete


def index_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says where the index is; the verb gets its ``place``."""
    return _index_option("place", _place, "The index directory")(command)


def indexes_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says where indexes are; the verb gets their ``places``."""
    return _index_option("places", _places, "An index directory; may be repeated")(command)


def _index_option(
    name: str, callback: Callable[..., Any], text: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    option = click.option(
        "--index",
        name,
        metavar="DIRECTORY",
        multiple=True,
        type=click.Path(file_okay=False),
        callback=callback,
        help=f"{text} (default: $SEARCHER_INDEX, what the configuration names, or your user data"
        " directory).",
    )
    config = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_read_named,
        help="The configuration file (default: $SEARCHER_CONFIG, or that of your user).",
    )
    return lambda command: option(config(command))


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow what is found."""
    options = [
        click.option(
            "--category",
            multiple=True,
            shell_complete=completes("category"),
            help="Only this category, by code or name.",
        ),
        click.option("--year", multiple=True, help="Only 2024, 2023..2025, >=2024 …"),
        click.option(
            "--author",
            multiple=True,
            shell_complete=completes("author"),
            help="Only papers of this author.",
        ),
        click.option(
            "--institution",
            multiple=True,
            shell_complete=completes("institution"),
            help="Only papers of this institution.",
        ),
        click.option(
            "--venue",
            multiple=True,
            shell_complete=completes("venue"),
            help="Only papers in this venue, by its whole name.",
        ),
        click.option(
            "--type", multiple=True, help="Only this type of papers: article, thesis, preprint …"
        ),
        click.option("--has-code", is_flag=True, default=None, help="Only papers with code."),
    ]
    return _with(options, command)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow what is found, and those that say how a query is read."""
    options = [
        click.option("--any", "match", flag_value="any", help="Any word may match."),
        click.option("--all", "match", flag_value="all", help="All words must match."),
        click.option("--strict", is_flag=True, help="Fail if the query is not clear as written."),
        click.option(
            "--no-acronyms",
            "acronyms",
            flag_value=False,
            default=True,
            help="Read no acronym as what it stands for, nor the other way round.",
        ),
    ]
    return filter_options(_with(options, command))


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options, and those that say what a search counts and when it ends."""
    options = [
        click.option(
            "--timeout",
            type=click.FloatRange(0),
            metavar="SECONDS",
            help="Answer after so many seconds with what was found by then.",
        ),
        click.option(
            "--facet",
            "facets",
            multiple=True,
            type=click.Choice(list(FACETS)),
            help="Count matches by this facet (default: category and year).",
        ),
    ]
    return selection_options(_with(options, command))


def _with(options: list[Callable[..., Any]], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def sort_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says in which order papers come."""
    return click.option(
        "--sort",
        type=click.Choice(["relevance", "date", "oldest", "citations", "score"]),
        default="relevance",
        help="Best, newest, oldest or most cited first, or by the score that the papers came with.",
    )(command)


def expand_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that ranks by more words than those of the query."""
    return click.option(
        "--expand", is_flag=True, help="Rank by words that the best papers share, too."
    )(command)


def receipt_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says where the receipt of a search is written."""
    return click.option(
        "--receipt",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Write what was asked and every paper found to FILE, which replay compares.",
    )(command)


def color_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says whether text is in colour."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour the output; auto: on a terminal, unless NO_COLOR is set.",
    )(command)


def format_option(*forms: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds the option that chooses one of the output forms."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", *forms]),
        default="text",
        help="The form of the output.",
    )


def values_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says how many values of each facet are shown."""
    return click.option(
        "--limit", type=click.IntRange(0), help="Values of each facet (default: all)."
    )(command)


def configuration(ctx: click.Context) -> "Config":
    """Return what the configuration file says. Raises ConfigError."""
    if _CONFIG not in ctx.meta:
        from searcher.config import read_config

        ctx.meta[_CONFIG] = read_config()
    config: Config = ctx.meta[_CONFIG]
    return config


def open_indexes(places: tuple[str, ...]) -> "Collection":
    """Open the indexes, to be searched with the ranking of the configuration."""
    import searcher

    config = configuration(click.get_current_context())
    return searcher.open(places, ranking=config.ranking)


def learn_who_asks(places: Iterable[str]) -> None:
    """Learn who asks on a cluster from the addresses that verbs take by default.

    ``places`` are of indexes, as they were stored: no address there says who asks.
    """
    if not any("://" in place for place in places):
        return
    usual = os.environ.get("SEARCHER_INDEX", "")
    for place in (usual, *configuration(click.get_current_context()).indexes):
        if "://" in place:
            with suppress(BadRequestError):  # where it is to be opened, that is told
                folder_path(place)


def _read_named(ctx: click.Context, _parameter: click.Parameter, given: str | None) -> None:
    if given is not None:
        from searcher.config import read_config

        ctx.meta[_CONFIG] = read_config(given)


def _place(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str:
    """Return where the index is. Raises UsageError if several places are given, or an empty one."""
    places = _places(ctx, parameter, given)
    if len(places) > 1:
        named = " and ".join(f"--index {place}" for place in places) if given else ""
        named = named or f"{configuration(ctx).file} names {' and '.join(places)}"
        verb = ctx.command.name
        raise click.UsageError(f"{named}: give one index; {verb} works on a single one", ctx)
    return places[0]


def _places(
    ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """Return where the indexes are. Raises UsageError if a place is empty."""
    if "" in given:
        raise click.UsageError("--index is empty; give the path of a folder, or no --index", ctx)
    usual = os.environ.get("SEARCHER_INDEX")
    places = list(dict.fromkeys(given)) or ([usual] if usual else configuration(ctx).indexes)
    if places:
        converted = [str(parameter.type.convert(place, parameter, ctx)) for place in places]
        # Of an address, who asks there is taken off: what is left may be shown and stored.
        return tuple(folder_path(place) if "://" in place else place for place in converted)
    from platformdirs import user_data_path

    return (str(user_data_path("searcher", appauthor=False) / "index"),)
