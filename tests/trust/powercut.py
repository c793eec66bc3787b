"""A disk that keeps what was synced, as POSIX promises it, and the rest as chance will have it."""

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.trust.faults import Operation


@dataclass(slots=True, eq=False)
class _File:
    """A file or folder: what a reader sees, and what a power cut leaves of it at least."""

    data: bytes = b""
    synced: bytes = b""
    is_folder: bool = False


@dataclass(slots=True)
class Disk:
    """Names of files as they are seen, and as they are on disk: a folder's after it was synced."""

    seen: dict[str, _File] = field(default_factory=dict)
    synced: dict[str, _File] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> "Disk":
        """Return the disk where all that is below a folder has been synced."""
        disk = cls()
        for path in [root, *root.rglob("*")]:
            data = b"" if path.is_dir() else path.read_bytes()
            disk.seen[str(path)] = _File(data, data, path.is_dir())
        disk.synced = dict(disk.seen)
        return disk

    def do(self, operation: Operation) -> None:
        """Do what an operation did."""
        path = operation.path
        if not operation.done:
            return
        match operation.kind:
            case "make folder":
                self.seen[path] = _File(is_folder=True)
            case "create":
                self.seen.setdefault(path, _File())
            case "write":
                file = self.seen[path]
                start, stop = operation.position, operation.position + len(operation.data)
                file.data = (
                    file.data[:start].ljust(start, b"\0") + operation.data + file.data[stop:]
                )
            case "rename":
                self.seen[operation.target] = self.seen.pop(path)
            case "remove" | "remove folder":
                del self.seen[path]
            case "sync":
                self._sync(path)

    def _sync(self, path: str) -> None:
        file = self.seen[path]
        if file.is_folder:
            for name in {*self.seen, *self.synced}:
                if os.path.dirname(name) == path:
                    _copy(name, self.seen, self.synced)
        else:
            file.synced = file.data

    def left(self, how: "Chance") -> dict[str, bytes | None]:
        """Return what a power cut leaves: the contents of each file, None for a folder."""
        names = dict(self.synced)
        for name in sorted({*self.seen, *self.synced}):
            if self.seen.get(name) is not self.synced.get(name) and how.keeps_name():
                _copy(name, self.seen, names)
        found: dict[str, bytes | None] = {}
        for name in sorted(names):  # a folder before what is in it
            if os.path.dirname(name) in found or not found:
                file = names[name]
                found[name] = None if file.is_folder else how.data(file.data, file.synced)
        return found


def _copy(name: str, source: dict[str, _File], target: dict[str, _File]) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


WAYS = ("nothing", "names alone", "chance", "chance again")
"""What a power cut may leave of that which was not synced."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What of the names and of the data that were not synced a power cut leaves."""

    keeps_name: Callable[[], bool]
    data: Callable[[bytes, bytes], bytes]

    @classmethod
    def of(cls, way: str, rng: random.Random) -> "Chance":
        """Return one of WAYS."""

        def any_data(seen: bytes, synced: bytes) -> bytes:
            if seen == synced:
                return seen
            length = rng.randint(len(synced), len(seen))
            return rng.choice([synced, seen[:length], synced.ljust(length, b"\0")])

        if way.startswith("chance"):
            return cls(lambda: rng.random() < 0.5, any_data)
        return cls(lambda: way == "names alone", lambda _, synced: synced)


def restore(root: Path, left: Mapping[str, bytes | None]) -> None:
    """Write below ``root``, an empty place, what a power cut left."""
    for name, data in left.items():
        assert Path(name).is_relative_to(root)
        if data is None:
            os.makedirs(name, exist_ok=True)
        else:
            Path(name).write_bytes(data)


def unsynced(operations: Iterable[Operation], disk: Disk) -> Iterator[tuple[Operation, list[str]]]:
    """Yield each publication of a table of contents, and what was not as it has to be.

    The table and each file then in the folder are on disk before the table gets its name, segments
    under theirs, and that name and those of all folders above before anything else changes.
    """
    published: Operation | None = None
    wrong: list[str] = []
    for operation in operations:
        if published and operation.done and operation.kind in ("remove", "create", "rename"):
            yield published, wrong + _names(disk, published.target)
            published, wrong = None, []
        if operation.kind == "rename" and operation.target.endswith(".toc"):
            published = operation
            folder = os.path.dirname(operation.path)
            for name, file in disk.seen.items():
                if os.path.dirname(name) == folder and file.data != file.synced:
                    wrong.append(f"{name} was not synced")
                if name.endswith((".postings", ".documents")) and name not in disk.synced:
                    wrong.append(f"{name} has no name on disk")
        disk.do(operation)
    if published:
        yield published, wrong + _names(disk, published.target)


def _names(disk: Disk, path: str) -> list[str]:
    """Return which of a path's own name and its folders' names are not on disk."""
    places = [path, *map(str, Path(path).parents)]
    return [
        f"{place} has no name on disk after it"
        for place in places
        if place in disk.seen and disk.synced.get(place) is not disk.seen[place]
    ]
