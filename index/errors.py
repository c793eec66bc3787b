"""The exceptions of the write side; each message names the input, the place and the next step.

::

    PaperIndexError
    ├── NotAnIndexError     the directory holds no index, or one this version cannot read
    ├── IndexLockedError    another process is writing to the index
    ├── IndexStorageError   the operating system refused to read or write the index
    └── SeedError           strict reading found problems; nothing was written
"""


class PaperIndexError(Exception):
    """Root of all errors that reading papers and writing an index raise."""


class NotAnIndexError(PaperIndexError):
    """The directory holds no index of papers, or one that this version cannot read."""


class IndexLockedError(PaperIndexError):
    """Another process is writing to the index."""


class IndexStorageError(PaperIndexError):
    """The operating system refused to read or write the index directory."""


class SeedError(PaperIndexError):
    """Strict reading found problems in the seed files; nothing was written."""
