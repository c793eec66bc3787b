"""The search as JSON, for programs: each endpoint is one row of ENDPOINTS."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import lru_cache, partial
from typing import Annotated, Any, Literal, get_args, get_type_hints
from urllib.parse import parse_qs

from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.requests import Request as WebRequest
from starlette.responses import Response
from starlette.routing import Route

import searcher
from index.errors import SearchError
from index.fields import FACETS, USUAL_FACETS
from searcher.collection import Collection
from searcher.errors import BadRequestError, StrictQueryError, UnknownPaperError
from searcher.page import Page, SuggestionKind
from searcher.request import FILTERS, Request
from searcher.web.openapi import (
    ACRONYMS,
    BAD_PARAMETER,
    DEFECT,
    EXPLANATION,
    NOT_ALLOWED,
    NOT_FOUND,
    PAGE,
    PAPER,
    PROBLEM_TYPE,
    REFUSED,
    SUGGESTIONS,
    TOO_LONG,
    UNAVAILABLE,
    Answered,
    Endpoint,
    Parameter,
    Problem,
    document,
)
from searcher.web.site import Told, asked_of, site_of

MOST_ADDRESS_BYTES = 1 << 15
"""How long a query string may be, as it is sent."""

MOST_VALUES = 1_000
"""How many values of a facet an answer lists."""

USUAL_SECONDS = 5.0

# What is no blank to Python.
_SAYS_SOMETHING = r"[^\s\x1c-\x1f\x85]"
_NAME = Annotated[str, Meta(max_length=500)]
_NEEDED = Annotated[str, Meta(max_length=500, pattern=_SAYS_SOMETHING)]
_TEXT = Annotated[str, Meta(max_length=10_000, pattern=_SAYS_SOMETHING)]
_NAMES = Annotated[list[_NAME], Meta(max_length=50)]
_YEARS = r"^(?:(?:[<>]=?)?[0-9]{4}|[0-9]{4}\.\.(?:[0-9]{4})?|\.\.[0-9]{4})$"

# What bounds an option of a search that a Request leaves open.
_BOUNDED: dict[str, Any] = {
    "query": Annotated[str, Meta(max_length=2_000)],
    "category": _NAMES,
    "year": Annotated[
        list[Annotated[str, Meta(max_length=10, extra_json_schema={"pattern": _YEARS})]],
        Meta(max_length=50),
    ],
    "author": _NAMES,
    "institution": _NAMES,
    "venue": _NAMES,
    "type": _NAMES,
    "has_code": bool,
    "facets": Annotated[list[Literal[tuple(FACETS)]], Meta(max_length=len(FACETS))],  # type: ignore[misc]
    "facet_values": Annotated[int, Meta(ge=0, le=MOST_VALUES)],
    "limit": Annotated[int, Meta(ge=0, le=100)],
    "page": Annotated[int, Meta(ge=1, le=1_000)],
    "timeout": Annotated[float, Meta(ge=0, le=10)],
}
_TEXTS = {
    "query": "What to search for; * is every paper.",
    "category": "Only papers of this category, by code or name.",
    "year": "Only papers of these years: 2024, 2023..2025, 2024.. or >=2024.",
    "author": "Only papers of this author.",
    "institution": "Only papers of this institution.",
    "venue": "Only papers in this venue, by its whole name.",
    "type": "Only papers of this type, such as article or thesis.",
    "has_code": "Only papers with code, or only those without.",
    "facets": "Count the matches by this facet.",
    "facets_within_filters": "Count a facet with its own filter, too.",
    "facet_values": "List so many values of a facet, those of most papers first, but all years.",
    "sort": "The order of the papers.",
    "limit": "Hits a page.",
    "page": "Which page of hits.",
    "match": "Whether all words must match, any of them, or any where few papers match all.",
    "strict": "Refuse a query that is not clear as written.",
    "explain": "Add the parts of each score.",
    "timeout": "Answer after so many seconds with what was found by then.",
    "paper": "Say of each hit what is known of its paper.",
    "snippets": "Show title and abstract with the matches marked, as HTML.",
    "count": "Count all matches.",
    "expand": "Rank by words that the best papers share, too.",
    "echo": "Say what was searched for each word of the query.",
    "acronyms": "Read an acronym also as what it stands for, and the other way round.",
}


_USUAL = {"timeout": USUAL_SECONDS, "facet_values": MOST_VALUES}


def _options(*names: str, **defaults: Any) -> tuple[Parameter, ...]:
    """Return options of a Request as parameters, some with another default."""
    types = get_type_hints(Request)
    usual = {field.name: field.default for field in fields(Request)} | _USUAL
    return tuple(
        Parameter(
            name, _BOUNDED.get(name, types[name]), _TEXTS[name], defaults.get(name, usual[name])
        )
        for name in names
    )


def _needed(name: str, kind: Any, text: str) -> Parameter:
    return Parameter(name, kind, text, is_required=True)


_ID = _needed("id", _NEEDED, "The id of a paper, or any of its identifiers in any spelling.")
_DIAGNOSIS = Parameter(
    "diagnosis", bool, "Where few papers are found, say why, and what finds more.", False
)
_SELECTION = (*FILTERS, "match", "strict", "acronyms", "timeout")


def _answered(page: Page) -> Answered:
    return Answered(page.to_dict(), not page.partial)


def _search(papers: Collection, values: dict[str, Any]) -> Answered:
    diagnoses = values.pop("diagnosis")
    page = papers.search(**values)
    return _answered(papers.diagnosed(page) if diagnoses else page)


def _facets(papers: Collection, values: dict[str, Any]) -> Answered:
    return _answered(papers.search(**values, limit=0, facets_within_filters=True))


def _similar(papers: Collection, values: dict[str, Any]) -> Answered:
    like = values.pop("like")
    return _answered(papers.similar(like[0] if len(like) == 1 else like, **values))


def _explain(papers: Collection, values: dict[str, Any]) -> Answered:
    explanation = papers.explain(values.pop("id"), **values)
    is_late = any(one.code == "timeout" for one in explanation.diagnostics)
    return Answered(explanation.to_dict(), not is_late)


_OF_PAPERS = (BAD_PARAMETER, NOT_FOUND, TOO_LONG, REFUSED, UNAVAILABLE)

ENDPOINTS = (
    Endpoint(
        "/search",
        "One page of the papers that match a query.",
        (
            *_options("query", *_SELECTION, "facets", "facets_within_filters", "facet_values"),
            *_options(
                "sort", "limit", "page", "explain", "paper", "snippets", "count", "expand", "echo"
            ),
            _DIAGNOSIS,
        ),
        _search,
        PAGE,
    ),
    Endpoint(
        "/facets",
        "How many papers that match a query have each value of a facet; all filters count.",
        _options("query", *_SELECTION, "facets", "facet_values", "echo", facets=USUAL_FACETS),
        _facets,
        PAGE,
    ),
    Endpoint(
        "/paper",
        "One paper.",
        (_ID,),
        lambda papers, values: Answered(papers.paper(values["id"]).to_dict()),
        PAPER,
        problems=_OF_PAPERS,
    ),
    Endpoint(
        "/similar",
        "The papers most like one or several, or like a text.",
        (
            _needed(
                "like",
                Annotated[list[_TEXT], Meta(min_length=1, max_length=50)],
                "Ids of papers, or a text of several words that is no id.",
            ),
            *_options(*FILTERS, "limit", "explain", "timeout", "paper", "snippets"),
        ),
        _similar,
        PAGE,
        problems=_OF_PAPERS,
    ),
    Endpoint(
        "/explain",
        "Why a paper matches a query, with the parts of its score, or what it lacks.",
        (_ID, *_options("query", *_SELECTION, "expand")),
        _explain,
        EXPLANATION,
        problems=_OF_PAPERS,
    ),
    Endpoint(
        "/suggest",
        "What somebody may mean who begins to type.",
        (
            _needed("prefix", _NEEDED, "What was typed so far."),
            Parameter("limit", Annotated[int, Meta(ge=1, le=100)], "How many suggestions.", 10),
            Parameter(
                "kinds",
                Annotated[list[SuggestionKind], Meta(max_length=len(get_args(SuggestionKind)))],
                "Only suggestions of this kind; usual are all but ids.",
            ),
        ),
        lambda papers, values: Answered([asdict(one) for one in papers.suggest(**values)]),
        SUGGESTIONS,
    ),
    Endpoint(
        "/acronyms",
        "What an acronym stands for by the papers that define it, or the acronyms of a text.",
        (_needed("text", _TEXT, "An acronym, or its long form."),),
        lambda papers, values: Answered([one._asdict() for one in papers.acronyms(values["text"])]),
        ACRONYMS,
    ),
)


async def _answer(endpoint: Endpoint, request: WebRequest) -> Response:
    """Answer what the query string of a request asks of an endpoint."""
    asked: bytes = request.scope["query_string"]
    if len(asked) > MOST_ADDRESS_BYTES:
        detail = (
            f"the query string has {len(asked):,} bytes; at most {MOST_ADDRESS_BYTES:,} are read"
        )
        return _problem(request, TOO_LONG, detail)
    try:
        values = endpoint.values(parse_qs(asked.decode("latin-1"), keep_blank_values=True))
    except BadRequestError as error:
        return _problem(request, BAD_PARAMETER, str(error))

    def tell(papers: Collection) -> Told:
        answered = endpoint.answer(papers, values)
        # In ASCII, as on the command line: nothing in it can steer a terminal.
        return Told(json.dumps(answered.values) + "\n", answered.is_whole)

    body, tag = await site_of(request).answer(asked_of(request), tell, _known_tags(request))
    headers = _HEADERS | {"etag": tag} if tag else _HEADERS
    if body is None:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


# Whoever keeps an answer asks whether it is still the present one; to say so takes no search.
_HEADERS = {"cache-control": "no-cache"}


def _known_tags(request: WebRequest) -> set[str]:
    """Return the tags of the answers that the client has; ``*`` stands for any."""
    listed = request.headers.getlist("if-none-match")
    tags = {tag.strip() for tags in listed for tag in tags.split(",")}
    return {tag if tag == "*" or tag.startswith("W/") else f"W/{tag}" for tag in tags}


async def _document(request: WebRequest) -> Response:
    text = _document_text(_root(request))
    return Response(text, headers=_HEADERS, media_type="application/json")


@lru_cache(maxsize=8)
def _document_text(root: str) -> str:
    return json.dumps(document(ENDPOINTS, searcher.__version__, root)) + "\n"


def _root(request: WebRequest) -> str:
    """Return the path that the API stands at."""
    root: str = request.scope.get("root_path", "")
    return root


# What goes wrong


def _problem(
    request: WebRequest, problem: Problem, detail: str, headers: Any = None, **more: Any
) -> Response:
    """Return a problem as RFC 9457 has it; its type is the place in the document that tells it."""
    values = {
        "type": f"{_root(request)}/openapi.json#/components/responses/{problem.name}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        **more,
    }
    return Response(
        json.dumps(values) + "\n",
        problem.status,
        {"cache-control": "no-store", **(headers or {})},
        PROBLEM_TYPE,
    )


async def _search_problem(request: WebRequest, error: Exception) -> Response:
    match error:
        case StrictQueryError(diagnostics=diagnostics):
            listed = [asdict(one) for one in diagnostics]
            return _problem(request, REFUSED, str(error), diagnostics=listed)
        case BadRequestError():
            return _problem(request, REFUSED, str(error))
        case UnknownPaperError():
            return _problem(request, NOT_FOUND, str(error))
    return _problem(request, UNAVAILABLE, str(error))


async def _http_problem(request: WebRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "what it is registered for"
    path = request.url.path
    if error.status_code == NOT_ALLOWED.status:
        detail = f"{path} is only read: ask with GET, not with {request.method}"
        return _problem(request, NOT_ALLOWED, detail, error.headers)
    paths = ", ".join(endpoint.path for endpoint in ENDPOINTS)
    detail = f"there is no {path}; the API has {paths}, and /openapi.json describes them"
    return _problem(request, NOT_FOUND, detail)


async def _defect(request: WebRequest, error: Exception) -> Response:
    detail = f"{type(error).__name__}: a defect of the program; what the server prints says where"
    return _problem(request, DEFECT, detail)


routes = [
    *[Route(one.path, partial(_answer, one), methods=["GET"]) for one in ENDPOINTS],
    Route("/openapi.json", _document, methods=["GET"]),
]
"""What stands under ``/api/v1``."""

exception_handlers: Mapping[Any, Any] = {
    SearchError: _search_problem,
    HTTPException: _http_problem,
    Exception: _defect,
}
"""How failures are told."""
