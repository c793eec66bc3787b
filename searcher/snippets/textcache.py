"""A cache of what texts are made into, bounded in bytes and shared by all threads."""

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

# A text that takes a larger share of the cache than this is not kept.
_LARGEST_SHARE = 1 / 50


class TextCache(Generic[Value]):
    """What ``make`` returns for the texts that were used last.

    Entries have two generations. A text that is used enters the young one. When that reaches half
    of ``max_bytes`` it becomes the old one, and the texts of the previous old one are forgotten.
    No step needs a lock, so threads can share a cache, and a forked process can go on with it.
    The values must not be changed; ``byte_count`` estimates the memory of a text and its value.

    A cache belongs to the process: closing a collection frees its papers, but not the texts here.
    """

    def __init__(
        self,
        make: Callable[[str], Value],
        byte_count: Callable[[str, Value], int],
        max_bytes: int,
    ) -> None:
        self.max_bytes = max_bytes
        self._make = make
        self._byte_count = byte_count
        self._young: dict[str, Value] = {}
        self._old: dict[str, Value] = {}
        self._young_bytes = 0

    def __call__(self, text: str) -> Value:
        """Return what is made of ``text``."""
        value = self._young.get(text)
        if value is None:
            value = self._old.get(text)
            if value is None:
                value = self._make(text)
            self._add(text, value)
        return value

    def _add(self, text: str, value: Value) -> None:
        added_bytes = self._byte_count(text, value)
        if added_bytes > self.max_bytes * _LARGEST_SHARE:
            return
        if self._young_bytes + added_bytes > self.max_bytes / 2:
            self._old, self._young, self._young_bytes = self._young, {}, 0
        self._young[text] = value
        self._young_bytes += added_bytes
