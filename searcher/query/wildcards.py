"""Texts with wildcards: ``*`` stands for any characters, ``?`` for one."""

import re


def wildcard(text: str) -> re.Pattern[str]:
    """Return a text with wildcards as a regular expression that matches in linear time.

    What stands between two ``*`` is matched at its first place and never tried at a later one,
    which would only leave less room for the rest.
    """
    first, *rest = (
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", text)
    )
    steps = [f"(?>.*?{part})" for part in rest[:-1]]
    return re.compile("".join([first, *steps, *(f".*{part}" for part in rest[-1:])]), re.DOTALL)


def literal_prefix(text: str) -> str:
    """Return what stands before the first wildcard."""
    return re.split(r"[*?]", text)[0]


def literals(text: str) -> list[str]:
    """Return what stands between wildcards, before and behind them, but nothing that is empty."""
    return [part for part in re.split(r"[*?]+", text) if part]
