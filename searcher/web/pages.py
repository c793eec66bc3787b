"""The pages: what is shown at which address."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from index.errors import BadRequestError, SearchError
from searcher.errors import UnknownPaperError
from searcher.web.maths import to_html
from searcher.web.site import site_of


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["html"] = lambda pieces: Markup(to_html(pieces))
    return environment


def _rendered(template: str, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_templates().get_template(template).render(values), status)


async def home(request: Request) -> Response:
    """Show the hits of a search."""
    query = request.query_params.get("q", "")
    page = await site_of(request).ask(
        lambda papers, _: papers.search(query or "*", facets=["category", "year"])
    )
    return _rendered("search.html", page=page, query=query)


async def paper(request: Request) -> Response:
    """Show a paper."""
    paper_id = request.path_params["paper_id"]
    found = await site_of(request).ask(lambda papers, _: papers.paper(paper_id))
    return _rendered("paper.html", paper=found, query="")


def _failed(_request: Request, error: Exception) -> Response:
    """Say what went wrong, where, and what to do."""
    status = 500
    message = str(error)
    if isinstance(error, HTTPException):
        status, message = error.status_code, error.detail
    elif isinstance(error, UnknownPaperError):
        status = 404
    elif isinstance(error, BadRequestError):
        status = 400
    elif isinstance(error, SearchError):
        status = 503
    return _rendered("error.html", status, message=message, query="")


routes: list[BaseRoute] = [
    Route("/", home),
    Route("/paper/{paper_id:path}", paper),
]
"""What stands at which address."""

exception_handlers: Mapping[Any, Any] = {SearchError: _failed, HTTPException: _failed}
"""How failures are shown."""
