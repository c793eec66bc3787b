"""Full-text search over paper abstracts: build an index, open it, search it.

::

    searcher.build("papers.index", ["seeds/"])
    with searcher.open("papers.index") as papers:
        page = papers.search("mixture of experts", facets=["category", "year"])
"""

import os
from typing import TYPE_CHECKING

import index
from index.errors import (
    DamagedIndexError,
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    SearchError,
    SeedError,
)
from index.paper import Paper, Source
from searcher.collection import Collection, Hit, Page, Request
from searcher.engines.local.facets import FacetCount
from searcher.engines.local.matching import ScorePart
from searcher.errors import (
    BadRequestError,
    ClosedError,
    IndexUnreadableError,
    StrictQueryError,
    UnknownPaperError,
)
from searcher.query.tree import Diagnostic

if TYPE_CHECKING:
    from index import Finding, Problem, Repair, Report, Summary, build, check, repair

__all__ = [
    "BadRequestError",
    "ClosedError",
    "Collection",
    "DamagedIndexError",
    "Diagnostic",
    "FacetCount",
    "Finding",
    "Hit",
    "IndexLockedError",
    "IndexStorageError",
    "IndexUnreadableError",
    "NotAnIndexError",
    "Page",
    "Paper",
    "Problem",
    "Repair",
    "Report",
    "Request",
    "ScorePart",
    "SearchError",
    "SeedError",
    "Source",
    "StrictQueryError",
    "Summary",
    "UnknownPaperError",
    "build",
    "check",
    "open",
    "repair",
]

_LATE = ("Finding", "Problem", "Repair", "Report", "Summary", "build", "check", "repair")


def __getattr__(name: str) -> object:
    # What no search needs is imported when it is first asked for.
    if name in _LATE:
        return getattr(index, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def open(directory: str | os.PathLike[str]) -> Collection:
    """Open the index in ``directory``.

    Raises IndexUnreadableError if there is none, DamagedIndexError here or when a file is first
    read that is not as it was written.
    """
    return Collection(directory)
