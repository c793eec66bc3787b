"""The feeds of saved searches, each at an address."""

import os
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from searcher.collection import Collection
from searcher.errors import shown
from searcher.web.site import site_of


async def feed(request: Request) -> Response:
    """Answer with the Atom feed of a saved search, if it searches the indexes that are shown.

    When each paper was found first is kept, as ``searcher saved feed`` keeps it.
    """
    # No other page needs them.
    from searcher.output.atom import atom
    from searcher.saved.feeds import feed_of
    from searcher.saved.searches import SavedSearches

    name, address = request.path_params["name"], str(request.url.replace(query=""))

    def written(papers: Collection) -> str | None:
        searches = SavedSearches()
        if name not in searches.names():
            return None
        search = searches.get(name)
        shown, searched = (
            list(map(os.path.realpath, one)) for one in (papers.directories, search.indexes)
        )
        if shown != searched:
            return None
        made = feed_of(papers, search, searches.seen(name), datetime.now(UTC))
        searches.remember(name, made.seen)
        return atom(made, address)

    text = await site_of(request).ask(written)
    if text is None:
        raise HTTPException(404, f"No saved search of these papers is called {shown(name)}.")
    return Response(text, media_type="application/atom+xml")


routes: list[BaseRoute] = [Route("/feeds/{name}.atom", feed)]
"""What stands at which address."""
