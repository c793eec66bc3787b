"""The port to what answers: plans go in, answers come out, both in plain values.

Papers go by their ids. How an engine numbers or stores them is its own affair.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from index.fields import NAME_FIELDS
from index.paper import Paper
from searcher.deadline import Deadline
from searcher.page import FacetCount, ScorePart, SuggestionKind
from searcher.query.clauses import Clause, Filter, Tiers
from searcher.query.tree import Diagnostic
from searcher.query.vocabulary import Vocabulary
from searcher.request import DEFAULT_RANKING, Ranking, Sort


class Plan(NamedTuple):
    """What an engine is to answer.

    ``filters`` are conditions by the facet they belong to: a paper matches if it matches
    ``clause`` and every filter. Each facet of ``facets`` is counted with its own filter left out,
    except with ``facets_within_filters``, and lists ``facet_values`` values, or all. The hits are
    those from ``start`` on, ``limit`` at most. ``count``, ``explain``, ``matched``, ``papers`` and
    ``abstracts`` say what else the answer holds. Where fewer than ``fewest`` papers match, it holds
    their number, and perhaps all their ids in any order. After ``deadline`` the engine answers with
    what it has. Papers in order of relevance come by how surely they have the names of ``named``,
    if there are any; then by score, the newest first.
    """

    clause: Clause
    filters: Mapping[str, Filter] = MappingProxyType({})
    sort: Sort = "relevance"
    start: int = 0
    limit: int = 10
    facets: tuple[str, ...] = ()
    facets_within_filters: bool = False
    facet_values: int | None = None
    ranking: Ranking = DEFAULT_RANKING
    count: bool = True  # type: ignore[assignment]  # a tuple's own count is of no use here
    explain: bool = False
    papers: bool = False
    abstracts: bool = False
    deadline: Deadline | None = None
    matched: bool = False
    named: tuple[Tiers, ...] = ()
    fewest: int = 0


class Answer(NamedTuple):
    """What an engine answers: a value for each hit, best first, and what holds for all matches.

    What the plan did not ask for is None. ``matched`` are the labels of the words that each hit
    has, those that score most first. ``indexes`` are those that the hits are from, None if there is
    only one. ``partial``: the deadline passed before all was looked at. ``notes`` tell what the
    engine answered otherwise than asked.
    """

    ids: Sequence[str]
    titles: Sequence[str]
    scores: Sequence[float]
    parts: Sequence[tuple[ScorePart, ...]] | None = None
    papers: Sequence[Paper] | None = None
    abstracts: Sequence[str] | None = None
    total: int | None = None
    facets: dict[str, tuple[FacetCount, ...]] | None = None
    partial: bool = False
    matched: Sequence[tuple[str, ...]] | None = None
    indexes: Sequence[str] | None = None
    notes: tuple[Diagnostic, ...] = ()


NAME_KINDS: Mapping[SuggestionKind, str] = {
    "author": NAME_FIELDS["author"],
    "institution": NAME_FIELDS["inst"],
}
"""The kinds of completions that are names, each with the field of its whole names."""


class Typed(NamedTuple):
    """What somebody begins to type: the text, the whole words of it and the beginning of one.

    The words are folded; ``start`` is empty if no word is begun.
    """

    text: str
    words: tuple[str, ...] = ()
    start: str = ""


class Completion(NamedTuple):
    """A text of an index that has what was typed.

    ``text`` is as readers see it, and ``folded`` is what it is compared by; of a name that was not
    made ready both are folded. ``papers`` is how many papers a search for it finds, None if that is
    not known. The title of a single paper comes with its id.
    """

    text: str
    folded: str
    papers: int | None = None
    paper_id: str = ""


class Engine(Protocol):
    """Answers plans on one committed state of indexes. Safe to share by threads."""

    @property
    def paper_count(self) -> int:
        """The number of papers."""

    @property
    def generations(self) -> tuple[int, ...]:
        """How many commits each index had when it was opened."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The index's terms."""

    def answer(self, plan: Plan) -> Answer:
        """Answer a plan."""

    def every(self, plan: Plan) -> Iterator[Paper]:
        """Return every paper that matches a plan, in its order, each read when it is asked for."""

    def papers(self, ids: Sequence[str]) -> list[Paper | None]:
        """Return the papers with these ids or other identifiers, None where there is none."""

    def completions(self, kind: SuggestionKind, typed: Typed, limit: int) -> Sequence[Completion]:
        """Return the best texts of a kind that have what was typed, ``limit`` at most.

        Each word typed is one of the text, in any order, and the one begun begins another.
        """

    @property
    def why_no_phrases(self) -> str:
        """Why it completes no phrases, or not those of all indexes; empty if it does."""

    def close(self) -> None:
        """Free what the engine can do without.

        An engine need not refuse to answer afterwards: the collection does, and asks it no more.
        Papers that somebody still takes from ``every`` must come.
        """
