"""What an index remembers beside its papers: files as they were last read, and removed papers."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from index.readers.base import Problem

READING_VERSION = 1
"""Raised with every change of what is read of a file, so that unchanged files are read again."""

MOST_BYTES = 32 << 20
"""How much is remembered of files: some 150,000 without problems. The others are read again.

The table of contents holds it, which every search reads and which may not grow without bounds.
"""


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file was when it was last read, and what was read of it.

    ``digest`` is of its bytes, ``reader`` the name of its reader. ``latest_year`` is the latest
    year that it writes, 0 if none. ``assumed_year`` was given to the dates of ``assumed_count``
    papers. ``problems`` were told of it, and ``left_out`` records of removed papers.
    """

    digest: str
    reader: str
    latest_year: int = 0
    assumed_year: int | None = None
    assumed_count: int = 0
    left_out: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """The states of files by path, and what bars each removed paper.

    See ``index.sync.identity.bars_of``.
    """

    files: Mapping[str, FileState] = field(default_factory=dict)
    removed: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Remembered":
        """Return what ``to_values`` made values of; nothing of the files of another version.

        What cannot be read is not remembered: then files are read again.
        """
        files: dict[str, FileState] = {}
        removed: frozenset[tuple[str, ...]] = frozenset()
        try:
            removed = frozenset(tuple(map(str, keys)) for keys in values.get("removed", ()))
            if values.get("version") == READING_VERSION:
                for path, state in values.get("files", {}).items():
                    problems = tuple([Problem(**one) for one in state.get("problems", ())])
                    files[path] = FileState(**{**state, "problems": problems})
        except (TypeError, AttributeError):
            files = {}
        return cls(files, removed)

    def to_values(self) -> dict[str, Any]:
        """Return values for JSON, without those that are defaults.

        Of more than MOST_BYTES the files of which most is to be said are left out.
        """
        values: dict[str, Any] = {"version": READING_VERSION}
        if files := _within_bounds({path: _values_of(self.files[path]) for path in self.files}):
            values["files"] = files
        if self.removed:
            values["removed"] = [list(keys) for keys in sorted(self.removed)]
        return values

    @property
    def bars(self) -> frozenset[str]:
        """What bars the removed papers."""
        return frozenset(key for keys in self.removed for key in keys)

    @property
    def names(self) -> frozenset[str]:
        """The ids and identifiers that name the removed papers."""
        return frozenset(map(_name_in, self.bars))

    def restored(self, keys: Collection[str]) -> "Remembered":
        """Return this without the removed papers that any of the keys names.

        The files that hold records of removed papers are to be read again.
        """
        left = frozenset(own for own in self.removed if {*map(_name_in, own)}.isdisjoint(keys))
        if left == self.removed:
            return self
        files = {path: state for path, state in self.files.items() if not state.left_out}
        return Remembered(files, left)


def _name_in(bar: str) -> str:
    """Return the id or identifier in what bars a removed paper."""
    return bar.partition("\n")[0]


def _within_bounds(files: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {path: len(json.dumps((path, state))) for path, state in files.items()}
    kept, used = [], 0
    for path in sorted(files, key=lambda path: (sizes[path], path)):
        used += sizes[path]
        if used > MOST_BYTES:
            break
        kept.append(path)
    return {path: files[path] for path in sorted(kept)}


def _values_of(state: FileState) -> dict[str, Any]:
    values = {
        name: value for name, value in asdict(state).items() if value != getattr(_NOTHING, name)
    }
    if state.problems:
        values["problems"] = [_fields_of(problem) for problem in state.problems]
    return values


def _fields_of(problem: Problem) -> dict[str, Any]:
    return {name: value for name, value in asdict(problem).items() if value not in ("", 1)} | {
        "line": problem.line
    }


_NOTHING = FileState("", "")
