"""Readers that other packages bring: entry points of the group ``searcher.readers``.

What such a reader raises is a problem that names it, never an error of the run.
"""

from collections.abc import Callable, Iterator
from typing import Any

from index.arguments import is_callers
from index.paper import Paper
from index.readers.base import Contents, Head, Problem
from index.readers.record import Reader, Record, paper_of

GROUP = "searcher.readers"


def installed_readers(report: Callable[[str], None]) -> tuple[Reader, ...]:
    """Return the readers of other packages, by name; ``report`` is told why one cannot be had."""
    from importlib.metadata import entry_points  # takes 20 ms

    readers = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            reader = entry.load()
            for name in ("NAME", "OVERLAPS", "recognises", "read"):
                getattr(reader, name)
            readers.append(_Guarded(reader, str(reader.NAME)))
        except Exception as error:
            report(f"the reader {entry.name} ({entry.value}) cannot be loaded: {_told(error)}")
    return tuple(readers)


class _Guarded:
    """A reader of another package, whose errors are problems."""

    def __init__(self, reader: Any, name: str) -> None:
        self.NAME = name
        self.OVERLAPS = bool(reader.OVERLAPS)
        self._reader = reader

    def recognises(self, head: Head) -> bool:
        """Ask the reader. Raises ReaderError."""
        try:
            return bool(self._reader.recognises(head))
        except Exception as error:
            raise ReaderError(f"the reader {self.NAME} fails: {_told(error)}") from error

    def read(self, contents: Contents) -> Iterator[Paper | Problem]:
        """Yield what the reader yields, records as papers. Raises ReaderError."""
        try:
            for item in self._reader.read(contents):
                made = paper_of(item, contents.file) if isinstance(item, Record) else (item,)
                for one in made:
                    _check(one, contents.file)
                    yield one
        except Exception as error:
            if isinstance(error, OSError | EOFError) or is_callers(error):
                raise
            raise ReaderError(f"the reader {self.NAME} fails: {_told(error)}") from error


def _check(item: object, file: str) -> None:
    if not isinstance(item, Paper | Problem):
        raise TypeError(f"it yields {type(item).__name__}, not Record, Paper or Problem")
    if isinstance(item, Paper) and [source.file for source in item.sources] != [file]:
        raise ValueError(f"a paper must have one source, in {file}")


class ReaderError(EOFError):
    """A reader of another package failed."""


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
