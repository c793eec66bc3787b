"""The write side: papers in, an index out. It never imports ``searcher``.

Each public name is imported when it is first asked for, so that a search does not wait for what
reads seed files and writes indexes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.errors import (
        BadRequestError,
        ClosedError,
        DamagedIndexError,
        IndexLockedError,
        IndexStorageError,
        MissingExtraError,
        NotAnIndexError,
        SearchError,
        SeedError,
    )
    from index.marks import commit_mark
    from index.paper import Paper, Source
    from index.phrases import choose_phrases
    from index.readers.base import Problem
    from index.reading.run import SeedRun
    from index.segments.suggestions import ReadyTexts
    from index.sync.comparing import Gone
    from index.sync.copying import copy
    from index.sync.run import Removal, Summary, build, remove
    from index.upkeep.checking import check
    from index.upkeep.repairing import Repair, repair
    from index.upkeep.report import Finding, Report
    from index.watching import watch
    from index.writers.local import keep_suggestions
    from index.writers.opening import open_writer
    from index.writers.port import Writer

__all__ = [
    "BadRequestError",
    "ClosedError",
    "DamagedIndexError",
    "Finding",
    "Gone",
    "IndexLockedError",
    "IndexStorageError",
    "MissingExtraError",
    "NotAnIndexError",
    "Paper",
    "Problem",
    "ReadyTexts",
    "Removal",
    "Repair",
    "Report",
    "SearchError",
    "SeedError",
    "SeedRun",
    "Source",
    "Summary",
    "Writer",
    "build",
    "check",
    "choose_phrases",
    "commit_mark",
    "copy",
    "keep_suggestions",
    "open_writer",
    "remove",
    "repair",
    "watch",
]

_HOMES = {
    "BadRequestError": "index.errors",
    "ClosedError": "index.errors",
    "DamagedIndexError": "index.errors",
    "Finding": "index.upkeep.report",
    "Gone": "index.sync.comparing",
    "IndexLockedError": "index.errors",
    "IndexStorageError": "index.errors",
    "MissingExtraError": "index.errors",
    "NotAnIndexError": "index.errors",
    "Paper": "index.paper",
    "Problem": "index.readers.base",
    "ReadyTexts": "index.segments.suggestions",
    "Removal": "index.sync.run",
    "Repair": "index.upkeep.repairing",
    "Report": "index.upkeep.report",
    "SearchError": "index.errors",
    "SeedError": "index.errors",
    "SeedRun": "index.reading.run",
    "Source": "index.paper",
    "Summary": "index.sync.run",
    "Writer": "index.writers.port",
    "build": "index.sync.run",
    "check": "index.upkeep.checking",
    "choose_phrases": "index.phrases",
    "commit_mark": "index.marks",
    "copy": "index.sync.copying",
    "keep_suggestions": "index.writers.local",
    "open_writer": "index.writers.opening",
    "remove": "index.sync.run",
    "repair": "index.upkeep.repairing",
    "watch": "index.watching",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
