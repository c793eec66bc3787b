"""What a collection answers: plain frozen values, which compare, copy, pickle and turn into JSON.

Nothing here runs a search. What a request did not ask for is None, and is left out of JSON.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from index.arguments import text
from index.fields import EXPORTED
from index.paper import Paper
from searcher.errors import BadRequestError, shown
from searcher.query.tree import AddedWord, Diagnostic
from searcher.request import DEFAULT_RANKING, Request

if TYPE_CHECKING:
    from searcher.diagnosis import Diagnosis
    from searcher.query.echo import Echo

_REPR_HITS = 10
# The ampersand comes first, since it is in the others.
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;"))
# What the JSON of a hit says of its paper.
_PAPER_KEYS = tuple(name for name in EXPORTED if name not in ("id", "title"))


class Piece(NamedTuple):
    """A stretch of a text, and whether it matched."""

    text: str
    marked: bool


class FacetCount(NamedTuple):
    """One value of a facet and the number of matching papers that have it.

    A tuple, because a page of facets has hundreds, and dataclasses take longer than counting them.
    """

    value: str | int
    count: int  # type: ignore[assignment]  # a tuple's own count is of no use here


SuggestionKind = Literal["phrase", "author", "institution", "venue", "category", "title", "id"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may mean who begins to type: ``query`` finds it, in so many ``papers``."""

    kind: SuggestionKind
    text: str
    papers: int
    query: str


@dataclass(frozen=True, slots=True)
class ScorePart:
    """A clause's part of a score: ``boost * idf * recurrence * frequency / (k1 + frequency)``.

    ``frequency`` is weighted and length-normalised. ``recurrence`` is higher for a word that comes
    again and again in the papers that have it. The parts of a paper sum to its score.
    """

    label: str
    score: float
    idf: float
    frequency: float
    recurrence: float = 1.0


@dataclass(frozen=True, slots=True)
class Snippets:
    """The whole title and the best part of the abstract, as pieces with the matches marked."""

    title: tuple[Piece, ...]
    abstract: tuple[Piece, ...]

    def html(self, field: str) -> str:
        """Return ``title`` or ``abstract`` as HTML: text escaped, matches in ``<mark>``."""
        name = text(field)
        if name not in ("title", "abstract"):
            raise BadRequestError(f"no snippet of {shown(field)}; there are title and abstract")
        return to_html(self.title if name == "title" else self.abstract)


@dataclass(frozen=True, init=False)
class Hit:
    """One paper of a page.

    ``rank`` counts from 1 over all pages; ``score`` is the search score, and ``parts`` explain it
    where that was asked for. ``paper`` and ``snippets`` are None where they were not asked for.
    On a relaxed page ``all_words`` tells whether the paper matches all the words. ``shared`` are
    the telling words that a similar paper shares, those that count most first. ``index`` is where
    the paper is from, None if only one index was searched.
    """

    rank: int
    id: str
    title: str
    score: float
    paper: Paper | None = None
    snippets: Snippets | None = None
    parts: tuple[ScorePart, ...] = ()
    all_words: bool | None = None
    shared: tuple[str, ...] = ()
    index: str | None = None

    # The one that a frozen dataclass makes takes three times as long: a tenth of a search.
    def __init__(
        self,
        rank: int,
        id: str,
        title: str,
        score: float,
        paper: Paper | None = None,
        snippets: Snippets | None = None,
        parts: tuple[ScorePart, ...] = (),
        all_words: bool | None = None,
        shared: tuple[str, ...] = (),
        index: str | None = None,
    ) -> None:
        values = self.__dict__
        values["rank"] = rank
        values["id"] = id
        values["title"] = title
        values["score"] = score
        values["paper"] = paper
        values["snippets"] = snippets
        values["parts"] = parts
        values["all_words"] = all_words
        values["shared"] = shared
        values["index"] = index

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as JSON-ready values; what was not asked for is left out."""
        values: dict[str, Any] = {"rank": self.rank, "id": self.id, "title": self.title}
        if self.paper is not None:
            for key in _PAPER_KEYS:
                value = getattr(self.paper, key)
                values[key] = list(value) if isinstance(value, tuple) else value
        values["score"] = self.score
        if self.index is not None:
            values["index"] = self.index
        if self.all_words is not None:
            values["all_words"] = self.all_words
        if self.shared:
            values["shared"] = list(self.shared)
        if self.parts:
            values["explanation"] = [asdict(part) for part in self.parts]
        if self.snippets is not None:
            values["snippets"] = {
                "title": self.snippets.html("title"),
                "abstract": self.snippets.html("abstract"),
            }
        return values


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """One page of hits, and what holds for all matches.

    ``parsed`` is the query as understood, ``relaxed`` says that any word was let match because few
    papers or none have them all, ``took_ms`` is in milliseconds. ``total`` is the number of all
    matches, and ``facets`` counts, for each facet asked for, the papers that match the query and
    every filter except the facet's own; both are None where they were not asked for.

    ``partial``: the time was over before all was looked at. Every hit matches, but others may be
    missing, and so may parts of the scores; ``total`` and ``facets`` count what was met by then.

    ``diagnosis`` is what ``Collection.diagnose`` said; no search asks for it. ``added`` are the
    words that an expanded search is ranked by beside its own, those that weigh most first. ``echo``
    says what was searched for each word typed, if that was asked for.
    """

    request: Request
    parsed: str
    diagnostics: tuple[Diagnostic, ...]
    relaxed: bool
    partial: bool
    total: int | None
    hits: tuple[Hit, ...]
    # Left out of the hash, since a dict has none; equal pages still have equal hashes.
    facets: dict[str, tuple[FacetCount, ...]] | None = field(hash=False)
    took_ms: float = field(compare=False)
    diagnosis: "Diagnosis | None" = None
    added: tuple[AddedWord, ...] = ()
    echo: "Echo | None" = None

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __repr__(self) -> str:
        shown = ", ".join(_named(hit) for hit in self.hits[:_REPR_HITS])
        more = ", …" if len(self.hits) > _REPR_HITS else ""
        hits = f": {shown}{more}" if shown else ""
        return f"<Page of {self.request.query!r}: {self._extent()}{hits}>"

    def _repr_html_(self) -> str:
        """Return the page as HTML, which notebooks show."""
        items = "".join(f'<li value="{hit.rank}">{_item(hit)}</li>' for hit in self.hits)
        return f"<div><p>{_escaped(self._extent())}</p><ol>{items}</ol></div>"

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON-ready values; what was not asked for is left out.

        The keys are a contract: command line, web and programs all write this.
        """
        values: dict[str, Any] = {
            "query": self.request.query,
            "parsed": self.parsed,
            "relaxed": self.relaxed,
            "partial": self.partial,
            "diagnostics": [asdict(diagnostic) for diagnostic in self.diagnostics],
        }
        if self.echo is not None:
            values["echo"] = self.echo.to_dict()
        if self.request.ranking != DEFAULT_RANKING:
            values["ranking"] = self.request.ranking.to_dict()
        if self.request.expand:
            values["added"] = [word._asdict() for word in self.added]
        if self.total is not None:
            values["total"] = self.total
        values["took_ms"] = round(self.took_ms, 3)
        values["hits"] = [hit.to_dict() for hit in self.hits]
        if self.facets is not None:
            values["facets"] = {
                name: [entry._asdict() for entry in counts] for name, counts in self.facets.items()
            }
        if self.diagnosis is not None:
            values["diagnosis"] = self.diagnosis.to_dict()
        return values

    def _extent(self) -> str:
        """Return which hits these are, and of how many."""
        shown = f"{self.hits[0].rank}–{self.hits[-1].rank}" if self.hits else "no hits"
        if self.total is None:
            return shown
        return f"{shown} of {self.total:,} paper{'' if self.total == 1 else 's'}"


def to_html(pieces: Iterable[Piece]) -> str:
    """Return pieces of text as HTML: text escaped, matches in ``<mark>``."""
    pieces = tuple(pieces)
    text = "".join([piece.text for piece in pieces])
    if _escaped(text) != text:
        pieces = tuple(Piece(_escaped(text), marked) for text, marked in pieces)
    return "".join([f"<mark>{text}</mark>" if marked else text for text, marked in pieces])


def _escaped(text: str) -> str:
    # As html.escape; with that module come the names of HTML's entities, which take long to load.
    for sign, entity in _ENTITIES:
        text = text.replace(sign, entity)
    return text


def _named(hit: Hit) -> str:
    year = hit.paper.year if hit.paper else None
    return hit.id if year is None else f"{hit.id} ({year})"


def _item(hit: Hit) -> str:
    lines = [f"<b>{hit.snippets.html('title') if hit.snippets else _escaped(hit.title)}</b>"]
    if hit.paper:
        names = ", ".join(hit.paper.authors) + (" et al." if hit.paper.et_al else "")
        facts = [names, hit.paper.date or hit.paper.year or "", hit.paper.category]
        facts += [hit.index or "", hit.id]
        lines.append(_escaped(" · ".join(str(fact) for fact in facts if fact)))
    else:
        lines.append(_escaped(hit.id))
    if hit.snippets and hit.snippets.abstract:
        lines.append(hit.snippets.html("abstract"))
    return "<br>".join(lines)
