"""How the list of a service's answer is known before the answer is read whole."""

import json
import re
from collections.abc import Callable
from typing import Any

scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder(strict=False))["scan_once"]
"""Return the value at a place of a text, and where it ends. Strings may hold line ends."""

MOST_KEYS = 4
"""How many objects and lists an answer may have around its records."""


def open_list(text: str, at: int) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """Return the keys from the object at a place to a list in it, and that list's first object.

    Both the object and the list are still open where the text ends. None if there is no such list,
    or its first object is not complete.
    """
    keys: list[str] = []
    while len(keys) < MOST_KEYS and text.startswith("{", at):
        key, at = _open_member(text, at + 1)
        if not key:
            return None
        keys.append(key)
    if not text.startswith("[", at):
        return None
    value, _ = _scanned(text, _GAP.match(text, at + 1).end())  # type: ignore[union-attr]
    return (tuple(keys), value) if isinstance(value, dict) else None


def _open_member(text: str, at: int) -> tuple[str, int]:
    """Return key and place of the member that the text ends in; no key if there is none."""
    while key := _KEY.match(text, at):
        _, end = _scanned(text, key.end())
        if end < 0:
            return key[1], key.end()
        comma = _COMMA.match(text, end)
        if not comma:
            break
        at = comma.end()
    return "", at


def _scanned(text: str, at: int) -> tuple[Any, int]:
    """Return the value at a place and its end, which is -1 if it is not complete."""
    try:
        return scan(text, at)
    except (StopIteration, ValueError, RecursionError):
        return None, -1


_GAP = re.compile(r"\s*")
_COMMA = re.compile(r"\s*,")
_KEY = re.compile(r'\s*"([^"\\]*)"\s*:\s*')
