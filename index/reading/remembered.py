"""What an index remembers beside its papers: files as they were last read, and removed papers."""

import json
from collections.abc import Collection, Iterator, Mapping
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


class FileStates(Mapping[str, FileState]):
    """The states of files by path, each read when it is asked for: most runs ask for few.

    ``values`` are those for JSON. A state that cannot be read is none.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_for_json = values

    @classmethod
    def of(cls, states: Mapping[str, FileState]) -> "FileStates":
        """Return some states."""
        return cls({path: _values_of(state) for path, state in states.items()})

    def __getitem__(self, path: str) -> FileState:
        """Return the state of a file. Raises KeyError if there is none."""
        state = self.values_for_json[path]
        try:
            problems = tuple([Problem(**one) for one in state.get("problems", ())])
            return FileState(**{**state, "problems": problems})
        except (TypeError, AttributeError) as error:
            raise KeyError(path) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_for_json)

    def __len__(self) -> int:
        return len(self.values_for_json)

    def changed(self, states: Mapping[str, FileState], gone: Collection[str]) -> "FileStates":
        """Return these states with others in their place, and without those of some files."""
        values = {**self.values_for_json}
        for path in gone:
            values.pop(path, None)
        return FileStates({**values, **FileStates.of(states).values_for_json})


@dataclass(frozen=True, slots=True)
class Remembered:
    """The states of files by path, and what bars each removed paper.

    See ``index.sync.identity.bars_of``.
    """

    files: FileStates = field(default_factory=lambda: FileStates({}))
    removed: frozenset[tuple[str, ...]] = frozenset()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Remembered":
        """Return what ``to_values`` made values of; nothing of the files of another version.

        What cannot be read is not remembered: then files are read again.
        """
        files: Mapping[str, Any] = {}
        removed: frozenset[tuple[str, ...]] = frozenset()
        try:
            removed = frozenset(tuple(map(str, keys)) for keys in values.get("removed", ()))
            if values.get("version") == READING_VERSION:
                listed = values.get("files", {}).items()
                files = {path: one for path, one in listed if one.keys() <= _NAMES}
        except (TypeError, AttributeError):
            files = {}
        return cls(FileStates(files), removed)

    def to_values(self) -> dict[str, Any]:
        """Return values for JSON, without those that are defaults.

        Of more than MOST_BYTES the files of which most is to be said are left out.
        """
        values: dict[str, Any] = {"version": READING_VERSION}
        if files := _within_bounds(self.files.values_for_json):
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
        again = [path for path in self.files if (one := self.files.get(path)) and one.left_out]
        return Remembered(self.files.changed({}, again), left)


def _name_in(bar: str) -> str:
    """Return the id or identifier in what bars a removed paper."""
    return bar.partition("\n")[0]


def _within_bounds(files: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(json.dumps(files)) <= MOST_BYTES:
        return files
    sizes = {path: len(json.dumps((path, state))) for path, state in files.items()}
    kept, used = [], 0
    for path in sorted(files, key=lambda path: (sizes[path], path)):
        used += sizes[path]
        if used > MOST_BYTES:
            break
        kept.append(path)
    return {path: files[path] for path in kept}


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
_NAMES = frozenset(asdict(_NOTHING))
