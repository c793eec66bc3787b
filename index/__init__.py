"""The write side: papers in, an index out. It never imports ``searcher``."""

from index.errors import (
    DamagedIndexError,
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    SearchError,
    SeedError,
)
from index.paper import Paper, Source
from index.readers import Problem, Reading
from index.sync import Summary, build
from index.writer import Writer, open_writer

__all__ = [
    "DamagedIndexError",
    "IndexLockedError",
    "IndexStorageError",
    "NotAnIndexError",
    "Paper",
    "Problem",
    "Reading",
    "SearchError",
    "SeedError",
    "Source",
    "Summary",
    "Writer",
    "build",
    "open_writer",
]
