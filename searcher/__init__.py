"""Full-text search over paper abstracts: build an index, open it, search it.

::

    searcher.build("papers.index", ["seeds/"])
    with searcher.open("papers.index") as papers:
        page = papers.search("mixture of experts", facets=["category", "year"])

Each public name is imported when it is first asked for, so that the command line can print its
help without loading the engine.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index import (
        BadRequestError,
        ClosedError,
        DamagedIndexError,
        Finding,
        Gone,
        IndexLockedError,
        IndexStorageError,
        MissingExtraError,
        NotAnIndexError,
        Paper,
        Problem,
        Removal,
        Repair,
        Report,
        SearchError,
        SeedError,
        Source,
        Summary,
        build,
        check,
        remove,
        repair,
        watch,
    )
    from searcher.collection import Collection
    from searcher.config import Config, read_config
    from searcher.diagnosis import ClauseCount, Diagnosis, Relaxation
    from searcher.errors import (
        ConfigError,
        EvaluationError,
        ReceiptError,
        SavedSearchError,
        StrictQueryError,
        UnknownPaperError,
    )
    from searcher.explanation import Explanation, FieldPart, WordPart
    from searcher.page import (
        FacetCount,
        Hit,
        Page,
        Piece,
        ScorePart,
        Snippets,
        Suggestion,
    )
    from searcher.query.echo import Echo, EchoPart
    from searcher.query.tree import Acronym, AddedWord, Diagnostic
    from searcher.refreshing import refresh_suggestions
    from searcher.request import Ranking, Request

__all__ = [
    "Acronym",
    "AddedWord",
    "BadRequestError",
    "ClauseCount",
    "ClosedError",
    "Collection",
    "Config",
    "ConfigError",
    "DamagedIndexError",
    "Diagnosis",
    "Diagnostic",
    "Echo",
    "EchoPart",
    "EvaluationError",
    "Explanation",
    "FacetCount",
    "FieldPart",
    "Finding",
    "Gone",
    "Hit",
    "IndexLockedError",
    "IndexStorageError",
    "MissingExtraError",
    "NotAnIndexError",
    "Page",
    "Paper",
    "Piece",
    "Problem",
    "Ranking",
    "ReceiptError",
    "Relaxation",
    "Removal",
    "Repair",
    "Report",
    "Request",
    "SavedSearchError",
    "ScorePart",
    "SearchError",
    "SeedError",
    "Snippets",
    "Source",
    "StrictQueryError",
    "Suggestion",
    "Summary",
    "UnknownPaperError",
    "WordPart",
    "build",
    "check",
    "open",
    "read_config",
    "refresh_suggestions",
    "remove",
    "repair",
    "watch",
]

__version__ = "0.1.0"

_HOMES = {
    "Acronym": "searcher.query.tree",
    "AddedWord": "searcher.query.tree",
    "ClauseCount": "searcher.diagnosis",
    "Collection": "searcher.collection",
    "Config": "searcher.config",
    "ConfigError": "searcher.errors",
    "Diagnosis": "searcher.diagnosis",
    "Diagnostic": "searcher.query.tree",
    "Echo": "searcher.query.echo",
    "EchoPart": "searcher.query.echo",
    "EvaluationError": "searcher.errors",
    "Explanation": "searcher.explanation",
    "FacetCount": "searcher.page",
    "FieldPart": "searcher.explanation",
    "Hit": "searcher.page",
    "Page": "searcher.page",
    "Piece": "searcher.page",
    "Ranking": "searcher.request",
    "ReceiptError": "searcher.errors",
    "Relaxation": "searcher.diagnosis",
    "Request": "searcher.request",
    "SavedSearchError": "searcher.errors",
    "ScorePart": "searcher.page",
    "Snippets": "searcher.page",
    "StrictQueryError": "searcher.errors",
    "Suggestion": "searcher.page",
    "UnknownPaperError": "searcher.errors",
    "WordPart": "searcher.explanation",
    "read_config": "searcher.config",
    "refresh_suggestions": "searcher.refreshing",
}
"""The modules of the public names; those not listed here are public names of ``index``."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "index")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def open(
    directory: "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]",
    *,
    ranking: "Ranking | None" = None,
) -> "Collection":
    """Open the index in ``directory``, or those in several directories, which are searched as one.

    Of papers with one id in several indexes, only that of the index named first is there; hits say
    which ``index`` they are from. ``ranking`` is that of every search that is not given one of its
    own; ``read_config`` reads that of your configuration file.

    Raises NotAnIndexError if there is none, IndexStorageError if the folder cannot be read, and
    DamagedIndexError, here or later, when a file is first read that is not as it was written.
    """
    from searcher.collection import Collection

    return Collection(directory, ranking=ranking)


def _check_index_package() -> None:
    """Raise ImportError if ``import index`` would run somebody else's file; do not run it."""
    spec = find_spec("index")
    origin = spec.origin if spec else None
    ours = os.path.join(os.path.dirname(os.path.dirname(__file__)), "index", "__init__.py")
    if origin and origin != ours and os.path.realpath(origin) != os.path.realpath(ours):
        raise ImportError(
            f"searcher needs its own package 'index', but Python would import {origin} instead; "
            "rename that file, or start Python in another folder",
            name="index",
            path=origin,
        )


_check_index_package()
