"""The web application: its addresses, who may ask, and the headers that protect the answers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from searcher.request import Ranking
from searcher.web import api, feeds, pages
from searcher.web.hosts import LOOPBACK, host_of, is_allowed
from searcher.web.site import Site

_STATIC = Path(__file__).with_name("static")
_HEADERS = [
    (name, value.encode())
    for name, value in {
        b"cache-control": "no-cache",
        b"content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
        " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'",
        b"cross-origin-opener-policy": "same-origin",
        b"cross-origin-resource-policy": "same-origin",
        b"referrer-policy": "same-origin",
        b"x-content-type-options": "nosniff",
    }.items()
]


def create_app(
    directories: Sequence[str],
    *,
    ranking: Ranking | None = None,
    hosts: Sequence[str] = LOOPBACK,
) -> Starlette:
    """Return the application that shows the indexes in some directories, as ASGI servers run it.

    ``ranking`` is that of every search. ``hosts`` are the names it may be asked by; see
    ``searcher.web.hosts``. An index is opened when it is first needed.
    """
    site = Site(directories, ranking)
    pages.templates()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        site.close()

    programs = Starlette(routes=api.routes, exception_handlers=api.exception_handlers)
    app = Starlette(
        routes=[
            *pages.routes,
            *feeds.routes,
            Mount("/api/v1", programs),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
        ],
        exception_handlers=pages.exception_handlers,
        lifespan=lifespan,
    )
    app.state.site = programs.state.site = site
    app.add_middleware(partial(Guard, hosts=tuple(hosts)))
    return app


class Guard:
    """Refuses requests under a foreign name, and gives each answer the headers that protect it."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                given = {name for name, _ in headers}
                others = [pair for pair in _HEADERS if pair[0] not in given]
                message = {**message, "headers": [*headers, *others]}
            await send(message)

        app = self._app
        name = host_of(scope)
        # A page of somebody else's could reach this server by a name that leads here (DNS
        # rebinding), and read what it answers.
        if not is_allowed(name, self._hosts):
            app = PlainTextResponse(
                f"This server does not answer to the name {name or '(none)'!r}. Ask it by its"
                " address, or start it with: searcher serve --host NAME\n",
                status_code=421,
            )
        await app(scope, receive, protected)
