"""The exceptions of the read side; each message names the input, the place and the next step.

::

    SearchError (index.errors)
    ├── ClosedError            the collection was closed
    ├── BadRequestError        an option of the search has no meaning
    ├── StrictQueryError       strict search: the query was not understood as written
    └── UnknownPaperError      no paper has the id asked for
"""

from index.errors import SearchError
from searcher.query.tree import Diagnostic


class ClosedError(SearchError):
    """The collection was closed; open the index again."""


class BadRequestError(SearchError):
    """An option of the search has no meaning, such as a page below 1."""


class StrictQueryError(SearchError):
    """A strict search had diagnostics; they are in ``diagnostics``."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics


class UnknownPaperError(SearchError):
    """No paper of the index has the id asked for."""
