"""Which of the lists in an object count: the longest list of records, and those like it beside it.

What stands in an object waits until that is known: at the object's end, once so much waits that no
more can be kept, or at once where the list is known to be that of a service's answer.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

Kind = TypeVar("Kind")


class Found(NamedTuple, Generic[Kind]):
    """A record, the line where it begins, its kind, and its key where each key has a record.

    ``year`` is that of the list that it stands in.
    """

    line: int
    value: dict[str, Any]
    kind: Kind
    key: str = ""
    year: str = ""


class Other(NamedTuple):
    """A value that is no record, and what it is, in the plural."""

    line: int
    what: str


class Fault(NamedTuple):
    """Why something that begins at a line cannot be read."""

    line: int
    reason: str


Place = tuple[tuple[str, str], ...]
"""The bracket and key of each open list and object; lists of one place are one list."""


def place(bracket: str, key: str) -> tuple[str, str]:
    """Return what lists of one place have in common; keys that are no words are data."""
    return bracket, key if key.replace("_", "").isalpha() else "*" if key else ""


def plain_year(value: object) -> str:
    """Return a plain year as text, nothing for another value."""
    return str(value) if isinstance(value, str | int) and _YEAR.fullmatch(str(value)) else ""


class Choice(Generic[Kind]):
    """What waits in an object, and the list that counts once it is chosen."""

    def __init__(self, worth: Callable[[Found[Kind]], int]) -> None:
        self._worth = worth
        self.waiting: list[tuple[Place, Found[Kind] | Other]] = []
        self._chosen: Place | None = None
        self._has_authors = False  # of the records of the chosen list

    @property
    def is_made(self) -> bool:
        """Whether a list is chosen."""
        return self._chosen is not None

    @property
    def has_records(self) -> bool:
        """Whether a record waits, or a list was chosen."""
        return self.is_made or any(isinstance(item, Found) for _, item in self.waiting)

    def chosen(self, place: Place, item: Found[Kind] | Other) -> Found[Kind] | Other:
        """Return an item if its list counts, else what is told of it."""
        return item if self._is_chosen(place, item) else Other(item.line, BESIDE)

    def choose(self) -> Iterator[Found[Kind] | Other]:
        """Choose the list that has most records, and yield what waited."""
        found = [(place, item) for place, item in self.waiting if isinstance(item, Found)]
        counts = Counter(place for place, _ in found)
        if len(counts) > 1:
            counts = Counter(place for place, item in found if self._worth(item)) or counts
        if counts:
            self._chosen = chosen = max(counts, key=lambda place: counts[place])
            self._has_authors = any(self._worth(one) > 1 for at, one in found if at == chosen)
        for place, item in self.waiting:
            told = self.chosen(place, item)
            if isinstance(told, Found) and counts[place] == 1 and not re.search(r"\d", told.key):
                told = told._replace(key="")
            if not (isinstance(item, Other) and self._chosen is None):
                yield told
        self.waiting.clear()

    def end(self) -> Iterator[Found[Kind] | Other]:
        """Yield what waited until the end of the object."""
        yield from self.choose()
        self._chosen = None

    def _is_chosen(self, place: Place, item: Found[Kind] | Other) -> bool:
        """Tell whether the list at a place counts: the chosen one, or one like it at its side."""
        chosen = self._chosen
        if place == chosen or not (chosen and self._has_authors and isinstance(item, Found)):
            return place == chosen
        is_beside = place[:-2] == chosen[:-2] and place[-1] == chosen[-1]
        return is_beside and not _OTHERS.search(place[-2][1]) and self._worth(item) > 1


BESIDE = "objects beside the longest list of papers"
# Keys of works that a paper or a list cites, or that are like it.
_OTHERS = re.compile(r"(?i)refer|cit[ei]|relat|similar|recommend|bibliogr|suggest|reject")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d", re.ASCII)
