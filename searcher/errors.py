"""The exceptions of the read side; each message names the input, the place and the next step.

::

    SearchError (index.errors)
    ├── ClosedError            the collection was closed
    ├── BadRequestError        an argument or an option has no meaning (index.errors)
    ├── StrictQueryError       strict search: the query was not understood as written
    └── UnknownPaperError      no paper has the id asked for
"""

from index.errors import BadRequestError as BadRequestError
from index.errors import SearchError
from searcher.query.tree import Diagnostic


class ClosedError(SearchError):
    """The collection was closed; open the index again."""


class StrictQueryError(SearchError):
    """A strict search had diagnostics; they are in ``diagnostics``."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type["StrictQueryError"], tuple[tuple[Diagnostic, ...]]]:
        """Let pickle make it again from the diagnostics; it would pass the message."""
        return type(self), (self.diagnostics,)


class UnknownPaperError(SearchError):
    """No paper of the index has the id asked for."""
