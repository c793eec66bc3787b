"""The pages: what is shown at which address."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from index.categories import category_name
from index.errors import BadRequestError, SearchError
from index.paper import Paper
from searcher.collection import Collection
from searcher.errors import ConfigError, SavedSearchError, UnknownPaperError
from searcher.output.formats import REFERENCES, TABLES, written
from searcher.output.links import page_of
from searcher.page import Piece, Suggestion
from searcher.request import FILTERS, MatchMode
from searcher.request import Request as Wanted
from searcher.web import markup
from searcher.web.maths import to_html
from searcher.web.site import Site, Told, asked_of, site_of
from searcher.web.state import MOST_CHARS, SECONDS, SIZES, State
from searcher.web.view import part_label, results

SUGGESTED = 8
"""How many suggestions are made."""

SIMILAR = 5
"""How many papers like one are shown beside it."""

_TEMPLATES = Path(__file__).with_name("templates")
# What is read of an export at a time, and sent while the next is read.
_PARTS = 50
_EXTENSIONS = {"bibtex": "bib", "ris": "ris", "csl-json": "json", "csv": "csv", "jsonl": "jsonl"}
_MEDIA = {
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
    "csv": "text/csv",
    "jsonl": "application/jsonl",
}


@cache
def templates() -> Environment:
    """Return the templates, read once: a newer version in their folder is for the next start."""
    sources = {file.name: file.read_text(encoding="utf-8") for file in _TEMPLATES.glob("*.html")}
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "maths": lambda text: Markup(to_html([Piece(text, False)])),
        "pieces": lambda pieces: Markup(to_html(pieces)),
    }
    environment.globals |= {
        "category_name": category_name,
        "markup": markup,
        "page_of": page_of,
        "part_label": part_label,
        "sizes": tuple((size, f"{size} a page") for size in SIZES),
        "sorts": markup.SORTS,
    }
    return environment


def _text(template: str, **values: object) -> str:
    return templates().get_template(template).render(values)


def _pairs(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of an address, blank ones too. Raises BadRequestError."""
    given = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(given, keep_blank_values=True, errors="replace", max_num_fields=1_000)
    except ValueError as error:
        raise BadRequestError(
            "the address has more than 1,000 values; tick fewer, or begin a new search"
        ) from error


def _state(request: Request) -> State:
    """Return the state that is asked for. Raises BadRequestError."""
    return State.read(_pairs(request))


async def home(request: Request) -> Response:
    """Show the hits of a search, at the one address that it has."""
    state = _state(request)
    address = state.address()
    # Compared as they are read: browsers write some signs in ways of their own.
    if _pairs(request) != parse_qsl(address.partition("?")[2]):
        return RedirectResponse(address, 303)
    return await _results(request, state, "search.html")


async def fragment(request: Request) -> Response:
    """Return what the script of the page puts in the place of the hits, while typing in a hurry."""
    is_hurried = request.query_params.get("typing") == "1"
    return await _results(request, _state(request), "results.html", is_hurried=is_hurried)


async def _results(
    request: Request, state: State, template: str, *, is_hurried: bool = False
) -> Response:
    site = site_of(request)

    def tell(papers: Collection) -> Told:
        view = results(papers, state, site.ranking, is_hurried=is_hurried)
        return Told(_text(template, view=view), view.is_whole)

    return await _page(request, tell)


async def _page(request: Request, tell: Callable[[Collection], Told]) -> Response:
    """Return the page that an address has, as ``tell`` tells it or told it before."""
    body, _ = await site_of(request).answer(asked_of(request), tell)
    return HTMLResponse(body)


async def suggest(request: Request) -> Response:
    """Return what may be meant by what is typed, as the script of the page shows it."""
    typed = request.query_params.get("q", "")[:MOST_CHARS]

    def tell(papers: Collection) -> Told:
        return Told(_text("suggestions.html", suggestions=list(_suggestions(papers, typed))))

    return await _page(request, tell)


def _suggestions(papers: Collection, typed: str) -> Iterator[tuple[Suggestion, str]]:
    """Yield suggestions with their queries: of all that is typed, or else of its last word."""
    found = papers.suggest(typed, limit=SUGGESTED) if typed.strip() else ()
    head, _, last = typed.rpartition(" ")
    if found or not head.strip() or not last or '"' in last:
        yield from ((one, one.query) for one in found)
        return
    for one in papers.suggest(last, limit=SUGGESTED):
        yield one, f"{head} {one.query}"


async def paper(request: Request) -> Response:
    """Show a paper, and papers like it."""
    paper_id = request.path_params["paper_id"]

    def tell(papers: Collection) -> Told:
        found = papers.paper(paper_id)
        similar = papers.similar(found.id, limit=SIMILAR, timeout=SECONDS, snippets=False)
        text = _text("paper.html", paper=found, similar=similar.hits, copies=_copies(found))
        return Told(text, not similar.partial)

    return await _page(request, tell)


def _copies(paper: Paper) -> list[tuple[str, str, str]]:
    """Return how a paper is cited: an id, a title and the text of each way."""
    from searcher.output.references import citation

    ways = [("citation", "Citation", citation(paper))]
    for form, title in (("bibtex", "BibTeX"), ("ris", "RIS")):
        ways.append((form, title, "".join(written(form, [paper])).strip()))
    return [way for way in ways if way[2]]


async def export(request: Request) -> Response:
    """Write all papers that a page shows hits of, in the format that is asked for."""
    form = request.query_params.get("format", "")
    if form not in _EXTENSIONS:
        known = ", ".join((*REFERENCES, *TABLES))
        raise BadRequestError(f"format is {form!r}; it must be one of {known}")
    site, state = site_of(request), _state(request)
    chosen = state.request(ranking=site.ranking)
    with ExitStack() as use:
        papers, _ = await site.run(lambda: use.enter_context(site.current.use()))
        parts = await site.run(lambda: _written(papers, state, form, chosen))
        keep = use.pop_all()
    headers = {"content-disposition": f'attachment; filename="papers.{_EXTENSIONS[form]}"'}
    if request.method == "HEAD":
        keep.close()
        return Response(None, headers=headers, media_type=_MEDIA[form])
    return StreamingResponse(_streamed(site, parts, keep), headers=headers, media_type=_MEDIA[form])


def _written(papers: Collection, state: State, form: str, chosen: Wanted) -> Iterator[str]:
    """Return the papers of a page in a format, part by part as they are read."""
    page = papers.answer(replace(chosen, limit=1, page=1, paper=False, snippets=False))
    options = {name: getattr(chosen, name) for name in (*FILTERS, "sort", "acronyms")}
    match: MatchMode = "any" if page.relaxed or state.match == "any" else "all"
    return written(form, papers.all(chosen.query, match=match, **options))


async def _streamed(site: Site, parts: Iterator[str], keep: ExitStack) -> AsyncIterator[str]:
    """Yield the parts of a text, some at once, and let go of the index at the end."""
    with keep:
        while chunk := await site.run(lambda: "".join(islice(parts, _PARTS))):
            yield chunk


def _failed(_request: Request, error: Exception) -> Response:
    """Say what went wrong, where, and what to do."""
    status, headers = 503, {"retry-after": "2"}
    message = str(error)
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
        message = _SAID.get(error.detail, error.detail)
    elif isinstance(error, UnknownPaperError):
        status, headers = 404, {}
        message = "No paper of this index has that id. It may have been removed since."
    elif isinstance(error, BadRequestError):
        status, headers = 400, {}
    title = _TITLES.get(status, "That did not work")
    if isinstance(error, ConfigError | SavedSearchError):
        title = "The saved search cannot be read"
    page = _text("error.html", title=title, message=message, recovers=status == 503)
    return HTMLResponse(page, status, headers)


def _defect(_request: Request, _error: Exception) -> Response:
    """Say that something is wrong with the program itself; the log of the server has it whole."""
    return HTMLResponse(
        _text(
            "error.html",
            title="A defect of searcher itself",
            message="What went wrong stands where the server was started.",
            recovers=False,
        ),
        500,
    )


_TITLES = {
    400: "That cannot be searched for",
    404: "Nothing is here",
    405: "That did not work",
    503: "The index cannot be read",
}
# What is said instead of the names that HTTP has for failures.
_SAID = {
    "Not Found": "There is no page at this address.",
    "Method Not Allowed": "This page can only be read.",
}

routes: list[BaseRoute] = [
    Route("/", home),
    Route("/results", fragment),
    Route("/suggest", suggest),
    Route("/paper/{paper_id:path}", paper),
    Route("/export", export),
]
"""What stands at which address."""

exception_handlers: Mapping[Any, Any] = {
    SearchError: _failed,
    HTTPException: _failed,
    Exception: _defect,
}
"""How failures are shown."""
