"""All matches of a request as hits, read some hundred at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, groupby

from searcher.collection import Collection
from searcher.page import Hit
from searcher.request import Request

# The whole papers of so many hits are in memory at once.
_AT_ONCE = 500


def every_hit(papers: Collection, request: Request) -> Iterator[Hit]:
    """Yield all hits of a request on all its pages, with their papers and without snippets."""
    for number in count(1):
        hits = _page(papers, request, number, snippets=False)
        yield from hits
        if len(hits) < _AT_ONCE:
            return


def hits_at(papers: Collection, request: Request, ranks: Iterable[int]) -> Iterator[Hit]:
    """Yield the hits of some ranks, which ascend, with papers and snippets."""
    for number, wanted in groupby(ranks, key=lambda rank: (rank - 1) // _AT_ONCE + 1):
        hits = _page(papers, request, number, snippets=True)
        yield from (hits[(rank - 1) % _AT_ONCE] for rank in wanted)


def _page(papers: Collection, request: Request, number: int, *, snippets: bool) -> tuple[Hit, ...]:
    asked = replace(
        request,
        limit=_AT_ONCE,
        page=number,
        paper=True,
        snippets=snippets,
        facets=(),
        explain=False,
        echo=False,
        timeout=None,
    )
    return papers.answer(asked).hits
