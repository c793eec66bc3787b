"""What an explanation of one paper's score is made of: plain frozen values."""

from dataclasses import asdict, dataclass
from typing import Any

from searcher.query.tree import Diagnostic
from searcher.request import DEFAULT_RANKING, Ranking


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A field's share of what a word scores, and the forms that the word stands for there."""

    field: str
    score: float
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word or phrase of the query and what it scores in the paper, which ``fields`` sum to.

    Two words near each other have no fields.
    """

    label: str
    score: float
    fields: tuple[FieldPart, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper matches a query or does not.

    ``parsed`` is the query as understood, ``relaxed`` says that any of its words was let match.
    ``score`` is the sum of ``words``, None if the paper does not match. ``lacks`` are the clauses
    of the query that it does not match, ``fails`` the filters that it does not pass.
    """

    id: str
    title: str
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    relaxed: bool
    score: float | None
    words: tuple[WordPart, ...]
    lacks: tuple[str, ...]
    fails: tuple[str, ...]
    ranking: Ranking = DEFAULT_RANKING

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-ready values, with the ranking if it is not the usual."""
        values = {**asdict(self), "ranking": self.ranking.to_dict()}
        if self.ranking == DEFAULT_RANKING:
            del values["ranking"]
        return values
