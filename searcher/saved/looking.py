"""What a saved search finds now, and which of that is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from index.errors import NotAnIndexError
from searcher.collection import Collection
from searcher.errors import SavedSearchError
from searcher.page import Page
from searcher.request import Ranking
from searcher.saved.files import stamp
from searcher.saved.identity import Identity, identity_of
from searcher.saved.matches import every_hit, hits_at
from searcher.saved.searches import SavedSearch, SavedSearches
from searcher.saved.seen import Seen, SeenPaper


@dataclass(frozen=True, slots=True)
class Look:
    """What a saved search finds at one moment.

    ``page`` has the hits, all or only those that were not told before. ``seen`` is what is to be
    remembered once they are told. ``notes`` say what is not as it was when it was told last.
    """

    page: Page
    seen: Seen
    notes: tuple[str, ...] = ()


def open_saved(
    searches: SavedSearches, search: SavedSearch, *, ranking: Ranking | None = None
) -> Collection:
    """Open the indexes of a saved search.

    Raises what ``searcher.open`` raises. Where there is no index any more, SavedSearchError names
    the line that says where it is.
    """
    try:
        return Collection(search.indexes, ranking=ranking)
    except NotAnIndexError as error:
        raise SavedSearchError(
            f"{error}; if it was moved, correct {searches.index_line(search.name)}"
        ) from error


def look_at_all(papers: Collection, search: SavedSearch) -> Page:
    """Return all hits of a saved search. Raises what ``search`` raises."""
    page = first_page(papers, search)
    ranks = range(1, (page.total or 0) + 1)
    return replace(page, hits=tuple(hits_at(papers, page.request, ranks)))


def look_for_new(papers: Collection, search: SavedSearch, before: Seen, now: datetime) -> Look:
    """Return the hits of a saved search that were not told before, in their order.

    Raises what ``search`` raises.
    """
    page = first_page(papers, search)
    met, known = met_papers(papers, page, before, now)
    ranks = [rank for rank, one in enumerate(known, 1) if one is None or not one.told]
    seen = Seen(
        stamp(now),
        stamp(now),
        search.asked,
        dict(zip(papers.directories, papers.generations, strict=True)),
        tuple([replace(one, told=True) for one in met]),
    )
    hits = tuple(hits_at(papers, page.request, ranks))
    return Look(replace(page, hits=hits), seen, tuple(_notes(before, seen)))


def met_papers(
    papers: Collection, page: Page, before: Seen, now: datetime
) -> tuple[list[SeenPaper], list[SeenPaper | None]]:
    """Return all that a search finds as seen now, and what was seen of each before."""
    identities = [identity_of(hit.paper) for hit in every_hit(papers, page.request) if hit.paper]
    known = before.recognise(identities)
    return list(_seen_now(identities, known, now)), known


def _seen_now(
    identities: Sequence[Identity], known: Sequence[SeenPaper | None], now: datetime
) -> Iterator[SeenPaper]:
    for identity, one in zip(identities, known, strict=True):
        if one is None:
            yield SeenPaper(identity, stamp(now), told=False)
        else:
            yield replace(one, identity=one.identity.with_keys_of(identity))


def first_page(papers: Collection, search: SavedSearch) -> Page:
    """Return the page of a saved search without its hits, by the ranking of the collection."""
    page = papers.search(
        search.request.query, limit=1, paper=False, snippets=False, **search.options
    )
    return replace(page, hits=())


def _notes(before: Seen, now: Seen) -> Iterator[str]:
    """Yield what has changed, beside papers, since a search was told last."""
    if before.asked is not None and before.asked != now.asked:
        yield "the search was edited since the last time; what was told then is not told again"
    former, generations = before.generations or {}, now.generations or {}
    for directory, generation in generations.items():
        if before.told and directory not in former:
            yield f"{directory}: not searched the last time; papers told then are known from there"
        elif generation < former.get(directory, 0):
            yield f"{directory}: built anew since the last time; papers told then stay known"
