"""The exceptions of the read side; each message names the input, the place and the next step.

::

    SearchError (index.errors)
    ├── ClosedError            the collection was closed (index.errors)
    ├── BadRequestError        an argument or an option has no meaning (index.errors)
    ├── ConfigError            a configuration file cannot be read, or says what has no meaning
    ├── EvaluationError        queries, judgements or a run cannot be read, or measured
    ├── ReceiptError           a receipt cannot be read or written
    ├── SavedSearchError       a saved search is unknown, or cannot be read or written
    ├── StrictQueryError       strict search: the query was not understood as written
    └── UnknownPaperError      no paper has the id asked for
"""

from collections.abc import Sequence
from typing import Any

from index.errors import MOST_SHOWN, SearchError
from index.errors import BadRequestError as BadRequestError
from index.errors import ClosedError as ClosedError
from index.errors import shown as shown
from searcher.query.tree import Diagnostic


class ConfigError(SearchError):
    """A configuration file cannot be read, or says what has no meaning."""


class EvaluationError(SearchError):
    """Queries, judgements or a run cannot be read, or what measures them is not installed."""


class ReceiptError(SearchError):
    """A receipt of a search cannot be read or written."""


class SavedSearchError(SearchError):
    """A saved search is unknown, or what it says or what was seen of it is not to be used."""


class StrictQueryError(SearchError):
    """A strict search for ``query`` had diagnostics; they are in ``diagnostics``."""

    def __init__(self, query: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        asked = query if len(query) <= MOST_SHOWN else f"{query[:MOST_SHOWN]}…"
        reasons = "\n".join(diagnostic.message for diagnostic in diagnostics)
        super().__init__(
            f"{asked}: {reasons}\nrewrite the query, or leave out --strict (strict=True)"
        )
        self.query = query
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type["StrictQueryError"], tuple[Any, ...], dict[str, Any]]:
        """Let pickle make it again from what it was made of; it would pass the message."""
        return type(self), (self.query, self.diagnostics), vars(self)


class UnknownPaperError(SearchError):
    """No paper of the index has the id asked for."""

    @classmethod
    def of(cls, directory: str, ids: Sequence[str]) -> "UnknownPaperError":
        """Return the error that names the first of the ids that no paper in ``directory`` has."""
        named = ", ".join(map(shown, ids[:_MOST_NAMED]))
        more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
        return cls(
            f"{directory}: no paper has the id{'' if len(ids) == 1 else 's'} {named}{more};"
            " search prints the id of each hit"
        )


_MOST_NAMED = 4
