"""The root of all exceptions, those of the write side, and what both sides raise.

Each message names the input, the place and the next step.

::

    SearchError             everything that index and searcher raise
    ├── BadRequestError     an argument or an option has no meaning
    ├── NotAnIndexError     the directory holds no index, or one this version cannot read
    ├── IndexLockedError    another process is writing to the index
    ├── DamagedIndexError   a file of the index is not as it was written
    ├── IndexStorageError   the operating system refused to read or write the index
    ├── ClusterError        a cluster cannot be reached, refuses, fails or is too slow
    ├── ClosedError         a collection or a writer is used after its end
    ├── TooLargeError       a paper's copies are more than a segment stores of one document
    ├── MissingExtraError   a library of an optional extra is not installed
    └── SeedError           strict reading found problems; nothing was written
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

MOST_SHOWN = 200
"""How many characters of a value or a query a message shows."""


class SearchError(Exception):
    """Root of all errors that index and searcher raise."""


class BadRequestError(SearchError):
    """An argument or an option has no meaning, such as a page below 1."""


class NotAnIndexError(SearchError):
    """The directory holds no index of papers, or one that this version cannot read."""


class DamagedIndexError(SearchError):
    """A file of the index is not as it was written, or has another format version."""


class IndexLockedError(SearchError):
    """Another process is writing to the index."""


class IndexStorageError(SearchError):
    """The operating system refused to read or write the index directory."""


class ClusterError(SearchError):
    """A cluster cannot be reached, refuses, fails, or does not answer in time."""


class ClosedError(SearchError):
    """The collection was closed, or the writer has committed; open the index again."""


class TooLargeError(SearchError):
    """A paper's copies are more than a segment stores of one document."""


class MissingExtraError(SearchError):
    """A library is not installed that only an optional extra of this project brings."""

    @classmethod
    def naming(cls, purpose: str, library: str, extra: str) -> "MissingExtraError":
        """Return the error that says what needs a library, and which extra brings it."""
        return cls(
            f"{purpose} needs {library}, which is not installed; install this project's extra"
            f" {extra}: pip install '.[{extra}]'"
        )


class SeedError(SearchError):
    """Strict reading found problems in the seed files; nothing was written."""


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, cut where it is too long."""
    try:
        text = repr(value)
    except Exception:  # objects of a caller may raise anything, and so do integers of many digits
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


@contextmanager
def temporary_file_errors(what: str) -> Iterator[None]:
    """Raise IndexStorageError for what the system refuses in a block that uses a temporary file.

    ``what`` is what cannot be written, as the message says it.
    """
    try:
        yield
    except OSError as error:
        import tempfile  # few runs need it

        raise IndexStorageError(
            f"{tempfile.gettempdir()}: cannot write {what} ({error.strerror or error}); free space"
            " there, or name another folder in TMPDIR"
        ) from error


def mending(directory: str) -> str:
    """Return the next step for an index that is damaged, to end a message with."""
    return f"run: searcher check --repair --index {_quoted(directory)}"


def refreshing(directory: str) -> str:
    """Return the next step where suggestions cannot be read or written, to end a message with."""
    return f"run: searcher suggest --refresh --index {_quoted(directory)}"


def building(directory: str) -> str:
    """Return the next step where no index is, to end a message with."""
    return f"build one with: searcher index PATH --index {_quoted(directory)}"


def _quoted(directory: str) -> str:
    import shlex  # loads modules that nothing else here needs

    return shlex.quote(directory or os.curdir)
