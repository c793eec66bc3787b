"""What the shell completes that only an index knows: authors, institutions, categories and ids.

The shell takes what it gets as typed, so what is said to bash is quoted as it must be there; zsh
and fish quote by themselves.
"""

import os
import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from index.errors import SearchError

MOST = 30
"""How many completions are offered."""


def completions(kind: Any, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Return what completes a value; nothing where there is no index, as nobody reads an error."""
    import searcher
    from searcher.output.layout import counted, safe

    try:
        with searcher.open(ctx.params.get("places") or ctx.params["place"]) as papers:
            found = papers.suggest(incomplete, limit=MOST, kinds=[kind])
    except (KeyError, SearchError):
        return []
    return [
        CompletionItem(_as_typed(safe(one.text)), help=counted(one.papers, "paper"))
        for one in found
    ]


def _as_typed(text: str) -> str:
    """Return a value as it is typed at the shell that asks, behind the quote that is open there."""
    if not os.environ.get("_SEARCHER_COMPLETE", "").startswith("bash"):
        return text
    words = os.environ.get("COMP_WORDS", "").split("\n")
    number = int(os.environ.get("COMP_CWORD", "0"))
    quote = words[number][:1] if number < len(words) else ""
    if quote == "'":
        typed = text.replace("'", "'\\''")
    elif quote == '"':
        typed = re.sub(r'(["$`\\])', r"\\\1", text)
    else:
        typed = re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
    # The script reads what it gets with each backslash before what it quotes.
    return typed.replace("\\", "\\\\")
