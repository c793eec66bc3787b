"""Values: one JSON object of a file, whose values may be of any kind, read as the kind expected."""

import re
from collections.abc import Mapping
from typing import Any

from index.identifiers import identifier

Losses = list[tuple[str, str]]
"""Values that could not be used, each as the name of a field and why; see ``Record.lost``."""


class Values:
    """The values of a JSON object by their keys, which are found in any case.

    What is null, empty or missing is an empty value. What is of another kind than the one asked for
    is added to ``lost``, once for each key; objects within share that list. Numbers as MongoDB
    writes them, ``{"$numberLong": "7"}``, are numbers.
    """

    def __init__(
        self, values: Mapping[str, Any], lost: Losses | None = None, inside: str = ""
    ) -> None:
        self.lost: Losses = [] if lost is None else lost
        self._inside = inside
        # Of two spellings of a key the first with a value counts.
        self._values: dict[str, Any] = {}
        for key, value in values.items():
            if value is not None and value != "" and value != []:
                self._values.setdefault(key.lower(), value)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, *keys: str) -> str:
        """Return the text or number of the first key that has one; of a list, its first."""
        return next((text for key in keys for text in self.texts(key) if text.strip()), "")

    def texts(self, key: str) -> list[str]:
        """Return the texts and numbers of a list, or the only one."""
        texts = []
        for item in listed(self._values.get(key)):
            text = _text(item)
            if text is not None:
                texts.append(text)
            elif item is not None:
                self._lose(key, "text", item)
        return texts

    def objects(self, key: str) -> list["Values"]:
        """Return the objects of a list, or the only one."""
        objects = []
        for item in listed(self._values.get(key)):
            if isinstance(item, dict):
                objects.append(Values(item, self.lost, f"{self._inside}{key}."))
            elif item is not None:
                self._lose(key, "an object", item)
        return objects

    def inner(self, key: str) -> "Values":
        """Return the object of a key, the first one of a list; an empty one if there is none."""
        return next(iter(self.objects(key)), Values({}, self.lost))

    def number(self, *keys: str) -> int | None:
        """Return the whole number of the first key that has one."""
        for key in keys:
            if text := self.text(key):
                digits = text.strip().removesuffix(".0")
                if digits.isascii() and digits.isdecimal() and len(digits) < _MOST_DIGITS:
                    return int(digits)
                self._lose(key, "a whole number", self._values[key])
        return None

    def is_true(self, key: str) -> bool:
        """Tell whether a key is true, or 1 as some programs write it."""
        value = self._values.get(key)
        return value is True or value == 1

    def given(self, key: str) -> Any:
        """Return the value of a key as it is, None if it is empty."""
        return self._values.get(key)

    def _lose(self, key: str, expected: str, value: object) -> None:
        loss = (f"{self._inside}{key}", f"expected {expected}, found {_kind(value)}")
        if loss not in self.lost:
            self.lost.append(loss)


def listed(value: Any) -> list[Any]:
    """Return a list as it is, another value as the only one of a list, None as no value."""
    return value if isinstance(value, list) else [] if value is None else [value]


def table(**words: str) -> dict[str, str]:
    """Return which of our words, the keys, stands for each of a format's words."""
    return {word: ours for ours, theirs in words.items() for word in theirs.split()}


def _text(value: Any) -> str | None:
    """Return a text or a number as text, None if a value is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if key in _MONGO_KINDS and isinstance(inner, str | int):
            return str(inner)
    return None


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"{value!r:.40}"
    names: dict[type, str] = {dict: "an object", list: "a list"}
    return names.get(type(value), "a number")


def arxiv_id(text: str) -> str:
    """Return the arXiv id of a text that begins with arXiv's name or address, else nothing."""
    found = identifier("arxiv", text) if _ARXIV.match(text) else None
    return found.value if found else ""


_ARXIV = re.compile(r"\s*(?:arxiv\s*:|https?://(?:www\.|export\.)?arxiv\.org/)", re.IGNORECASE)
_MOST_DIGITS = 19
# MongoDB's extended JSON.
_MONGO_KINDS = {"$numberLong", "$numberInt", "$numberDouble", "$oid", "$date"}
