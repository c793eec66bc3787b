"""All matches of a request as hits, read some hundred or thousand at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from searcher.collection import Collection
from searcher.page import Hit
from searcher.request import Request

# The first page of so many hits is followed by others, each as long as all before it, until whole
# papers would take too much memory. To put the matches in order takes longer than to read 500.
_AT_ONCE, _MOST_AT_ONCE = 500, 8_000


def every_hit(papers: Collection, request: Request) -> Iterator[Hit]:
    """Yield all hits of a request on all its pages, with their papers and without snippets."""
    for number, limit in _pages():
        hits = _page(papers, request, number, limit, snippets=False)
        yield from hits
        if len(hits) < limit:
            return


def hits_at(papers: Collection, request: Request, ranks: Iterable[int]) -> Iterator[Hit]:
    """Yield the hits of some ranks, which ascend, with papers and snippets."""
    left = iter(ranks)
    rank = next(left, None)
    for number, limit in _pages():
        if rank is None:
            return
        start, stop = (number - 1) * limit, number * limit
        if rank <= stop:
            hits = _page(papers, request, number, limit, snippets=True)
            while rank is not None and rank <= stop:
                yield hits[rank - 1 - start]
                rank = next(left, None)


def _pages() -> Iterator[tuple[int, int]]:
    """Yield the numbers of pages that together have all hits in order, and how many each has."""
    limit = _AT_ONCE
    yield 1, limit
    while limit < _MOST_AT_ONCE:
        yield 2, limit
        limit *= 2
    yield from ((number, limit) for number in count(2))


def _page(
    papers: Collection, request: Request, number: int, limit: int, *, snippets: bool
) -> tuple[Hit, ...]:
    asked = replace(
        request,
        limit=limit,
        page=number,
        paper=True,
        snippets=snippets,
        facets=(),
        explain=False,
        echo=False,
        timeout=None,
    )
    return papers.answer(asked).hits
