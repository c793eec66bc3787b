"""What every verb does with stdout and stderr, and the exit codes.

Like grep: stdout is data and stderr the rest; exit 0 found, 1 nothing found, 2 error.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from index.errors import SearchError

if TYPE_CHECKING:
    from searcher.output.layout import Style

FOUND, NOTHING, FAILED, INTERRUPTED = 0, 1, 2, 130

WIDEST = 100
"""How many columns of a wider terminal a line takes at most, so that it can be read."""


def print_lines(lines: Iterable[str], color: str = "never") -> bool:
    """Print lines to stdout, until nobody reads it any more; tell whether all were printed."""
    with _until_closed(sys.stdout):
        for line in lines:
            # click would strip the codes that --color always asks for in a pipe.
            click.echo(line, color=color != "never")
        return True
    return False


def print_utf8(text: str) -> bool:
    """Print a line to stdout in UTF-8, whatever the stream's own encoding is; see print_lines."""
    return print_chunks([f"{text}\n"])


def print_chunks(chunks: Iterable[str]) -> bool:
    """Print parts of a text to stdout in UTF-8, each when it comes; line ends stay as they are.

    Tell whether all were printed.
    """
    with _until_closed(sys.stdout):
        for chunk in chunks:
            click.echo(chunk.encode("utf-8", "replace"), nl=False)
        return True
    return False


def say(line: str) -> None:
    """Print a line to stderr."""
    with _until_closed(sys.stderr):
        click.echo(line, err=True)


def tell(kind: str, message: object) -> None:
    """Print a note such as ``note: …`` to stderr, on a terminal in lines below each other."""
    for line in told(kind, message):
        say(line)


def told(kind: str, message: object) -> list[str]:
    """Return the lines in which ``tell`` prints a note; without a kind it is a plain sentence."""
    from searcher.output.layout import safe, wrap_note

    first = f"{kind}: " if kind else ""
    if not is_terminal(sys.stderr):
        return [f"{first}{safe(str(message))}"]
    return list(wrap_note(safe(str(message)), text_style("never", sys.stderr), first))


def fail(error: SearchError) -> int:
    """Print an error to stderr and return the exit code."""
    tell("searcher", error)
    return FAILED


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether someone looks at ``stream``."""
    return stream is not None and stream.isatty()


def text_style(color: str, stream: TextIO | None = None) -> "Style":
    """Return how text is laid out on stdout, or on another stream."""
    from searcher.output.layout import Style

    on_terminal = is_terminal(stream or sys.stdout)
    has_colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = None
    if on_terminal:
        from shutil import get_terminal_size  # which loads compression that a pipe does not need

        width = min(get_terminal_size().columns, WIDEST)
    is_coloured = color == "always" or (color == "auto" and on_terminal and has_colour)
    shows_links = is_coloured and on_terminal and has_colour and _shows_links()
    return Style(colour=is_coloured, width=width, links=shows_links)


def _shows_links() -> bool:
    """Tell whether the terminal is one that is known to show hyperlinks.

    Others may print the codes. Inside tmux and screen nobody knows.
    """
    kind = os.environ.get("TERM", "")
    if kind.startswith(("screen", "tmux")) or os.environ.get("TMUX"):
        return False
    version = os.environ.get("VTE_VERSION", "")
    return (
        (version.isdecimal() and int(version) >= _VTE_WITH_LINKS)
        or os.environ.get("TERM_PROGRAM", "") in _PROGRAMS_WITH_LINKS
        or kind in _TERMS_WITH_LINKS
        or any(os.environ.get(name) for name in _SIGNS_OF_LINKS)
    )


# Release 0.50, GNOME Terminal and its like.
_VTE_WITH_LINKS = 5000
_PROGRAMS_WITH_LINKS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
_TERMS_WITH_LINKS = ("xterm-kitty", "alacritty", "foot", "foot-extra", "xterm-ghostty", "contour")
_SIGNS_OF_LINKS = ("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM")


@contextmanager
def _until_closed(stream: TextIO) -> Iterator[None]:
    """End the block where nobody reads ``stream`` any more, as behind ``| head``.

    The verb goes on: what it does, and its exit code, do not depend on who reads what it prints.
    """
    try:
        yield
    except BrokenPipeError:
        drop(stream)


def drop(stream: TextIO) -> None:
    """Let what is left in a buffer go nowhere: Python would flush it at exit, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
