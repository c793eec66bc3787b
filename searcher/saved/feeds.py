"""The feed of a saved search: what it finds, what was found last first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from searcher.collection import Collection
from searcher.page import Hit
from searcher.saved.files import stamp
from searcher.saved.looking import first_page, met_papers
from searcher.saved.matches import hits_at
from searcher.saved.searches import SavedSearch
from searcher.saved.seen import Seen

MOST_ENTRIES = 100
"""How many papers a feed has."""

_NAMESPACE = UUID("5b6f0a58-6c0f-4b8c-9d1b-0f6a3f1f7c52")


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper of a feed: its hit, an id that stays when the paper's changes, and since when."""

    hit: Hit
    id: str
    since: str


@dataclass(frozen=True, slots=True)
class Feed:
    """The papers of a saved search that were found last, the newest finds first.

    ``updated`` is a time in UTC: since when the newest is known. ``seen`` is to be remembered, so
    that these times stay.
    """

    search: SavedSearch
    id: str
    updated: str
    entries: tuple[Entry, ...]
    seen: Seen


def feed_of(papers: Collection, search: SavedSearch, before: Seen, now: datetime) -> Feed:
    """Return the feed of a saved search. Raises what ``search`` raises."""
    page = first_page(papers, search)
    met, _ = met_papers(papers, page, before, now)
    ranks = sorted(range(len(met)), key=lambda at: met[at].since, reverse=True)[:MOST_ENTRIES]
    hits = {hit.rank: hit for hit in hits_at(papers, page.request, sorted(at + 1 for at in ranks))}
    since = before.since or stamp(now)
    entries = [
        Entry(hits[at + 1], _id("paper", met[at].identity.keys[0]), met[at].since) for at in ranks
    ]
    return Feed(
        search,
        _id("feed", search.name, *search.indexes),
        max([since, *(entry.since for entry in entries)]),
        tuple(entries),
        Seen(since, papers=tuple(met)),
    )


def _id(*names: str) -> str:
    """Return an IRI that is always the same for some names (RFC 4122, version 5)."""
    return uuid5(_NAMESPACE, "\n".join(names)).urn
