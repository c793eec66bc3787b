"""The write side: papers in, an index out. It never imports ``searcher``.

What reads seed files and writes indexes is imported when it is first asked for, so that a search,
which needs none of it, does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from index.errors import (
    DamagedIndexError,
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    SearchError,
    SeedError,
)
from index.paper import Paper, Source

if TYPE_CHECKING:
    from index.readers import Problem, Reading
    from index.sync import Summary, build
    from index.upkeep.checking import Finding, Report, check
    from index.upkeep.repairing import Repair, repair
    from index.writers.local import Writer, open_writer

__all__ = [
    "DamagedIndexError",
    "Finding",
    "IndexLockedError",
    "IndexStorageError",
    "NotAnIndexError",
    "Paper",
    "Problem",
    "Reading",
    "Repair",
    "Report",
    "SearchError",
    "SeedError",
    "Source",
    "Summary",
    "Writer",
    "build",
    "check",
    "open_writer",
    "repair",
]

_LATE = {
    "Finding": "index.upkeep.checking",
    "Problem": "index.readers",
    "Reading": "index.readers",
    "Repair": "index.upkeep.repairing",
    "Report": "index.upkeep.checking",
    "Summary": "index.sync",
    "Writer": "index.writers.local",
    "build": "index.sync",
    "check": "index.upkeep.checking",
    "open_writer": "index.writers.local",
    "repair": "index.upkeep.repairing",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
