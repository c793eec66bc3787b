"""The index as tools of language models' agents, by the Model Context Protocol.

Answers are short texts (``searcher.output.agents``). What goes wrong is text as well, so that the
model can read what to do about it.
"""

import asyncio
import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from mcp.server.mcpserver import Context, MCPServer, ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from mcp.types import Tool as ListedTool
from pydantic import ValidationError

from index.errors import SearchError
from index.fields import FACETS, USUAL_FACETS
from searcher import __version__
from searcher.current import CurrentCollection
from searcher.errors import BadRequestError, UnknownPaperError, shown
from searcher.output.agents import (
    RESOURCE,
    facets_text,
    holdings_text,
    page_text,
    paper_text,
    resource_address,
    similar_text,
    suggestions_text,
    within,
)
from searcher.request import FILTERS, FilterOptions, MatchMode, Ranking, Sort

MOST_HITS = 25
"""How many hits an answer has at most, so that it keeps within its budget of tokens."""

MOST_VALUES = 100
"""How many values of a facet, or suggestions, an answer has at most."""

SECONDS = 10.0
"""After how long a search answers with what it has found."""

Texts = str | list[str]
Years = int | str | list[int | str]
Kinds = Literal["", "phrase", "author", "institution", "venue", "category", "title", "id"]

_SEARCH = """Search {holdings}: titles, abstracts, authors, venues; the best match first.
Besides words: "a phrase"; a OR b; -excluded; word*; title:word; author:"Family, Given"; \
venue:word; cat:CODE; an identifier such as doi:10.5555/12.
Each hit begins with its rank and id; give the id to paper or similar."""

_DESCRIPTIONS = {
    "search": _SEARCH,
    "paper": "Show one paper whole, with abstract, identifiers, links and how to cite it.",
    "facets": "Count the papers that match, by category, year, author and the like; `*` is all.",
    "similar": "Find the papers most like one or several, or like a text of several words.",
    "suggest": "Complete the beginning of a name, title or phrase of this index; each has a query.",
}

_ARGUMENTS = {
    "query": "The query; * is every paper.",
    "year": "Only of these years: 2024, 2020..2023, >=2020, or a list.",
    "category": "Only of these: codes or names.",
    "author": "Only by these authors.",
    "institution": "Only of these institutions.",
    "venue": "Only of these journals or conferences, by whole name.",
    "type": "Only of these: article, thesis and the like.",
    "has_code": "Only with code.",
    "match": "auto: all the words must match, or any of them where few papers have all.",
    "sort": "date puts the newest first, score is what the source gave.",
    "limit": "How many.",
    "cursor": "The cursor that the answer before gave, to go on; all else stays the same.",
    "paper_id": "Its id, or an identifier such as doi:10.5555/12 or arxiv:2001.00001.",
    "facet": f"What to count by, category and year unless given: {', '.join(FACETS)}.",
    "like": "Ids, or a text.",
    "text": "What was typed: words in any order, the last may be a beginning.",
    "kind": "Only these.",
}
_MOST = {"search": MOST_HITS, "similar": MOST_HITS, "facets": MOST_VALUES, "suggest": MOST_VALUES}
# What models send for an argument that they leave out.
_BLANK: tuple[object, ...] = ("", [], [""], False)
_CURSOR = re.compile(r"([0-9]{1,4})x([0-9]{1,6})-([0-9a-f]{8})")


def create_server(
    directory: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    ranking: Ranking | None = None,
) -> MCPServer:
    """Return the server of one index or several; its ``run()`` answers on standard input.

    The tools *search*, *paper*, *facets*, *similar* and *suggest* only read. A new commit of the
    index is seen within a second, and its description with it. ``ranking`` is that of every search.
    Raises BadRequestError if ``directory`` is no path.
    """
    return _Server(CurrentCollection(directory, ranking=ranking))


class _Tools:
    """The tools; their arguments are what the model sees of them."""

    def __init__(self, current: CurrentCollection) -> None:
        self._current = current

    def search(
        self,
        query: str = "*",
        year: Years = "",
        category: Texts = "",
        author: Texts = "",
        institution: Texts = "",
        venue: Texts = "",
        type: Texts = "",
        has_code: bool = False,
        match: MatchMode = "auto",
        sort: Sort = "relevance",
        limit: int = 10,
        cursor: str = "",
    ) -> str:
        filters = _filters(locals())
        with self._current.use() as (papers, mark):
            now = f"{zlib.crc32(mark.encode()):08x}"
            limit, number, before = _read_cursor(cursor) if cursor else (limit, 1, now)
            page = papers.search(
                query or "*",
                match=match,
                sort=sort,
                limit=_at_most(limit, MOST_HITS),
                page=number,
                timeout=SECONDS,
                **filters,
            )
            if not page.total and not page.partial:
                page = replace(page, diagnosis=papers.diagnose(page.request))
            more = f"{limit}x{number + 1}-{now}" if (page.total or 0) > number * limit else ""
            text = page_text(page, len(papers), more)
        changed = "note: the index has changed since the page before\n" if before != now else ""
        return within(changed + text)

    def paper(self, paper_id: str) -> str:
        with self._current.use() as (papers, _):
            paper = papers.paper(paper_id)
        return paper_text(paper, resource_address(paper.id))

    def facets(
        self,
        query: str = "*",
        facet: Texts = "",
        year: Years = "",
        category: Texts = "",
        author: Texts = "",
        institution: Texts = "",
        venue: Texts = "",
        type: Texts = "",
        has_code: bool = False,
        limit: int = 20,
    ) -> str:
        filters = _filters(locals())
        with self._current.use() as (papers, _):
            page = papers.search(
                query or "*",
                facets=facet or USUAL_FACETS,
                facets_within_filters=True,
                facet_values=_at_most(limit, MOST_VALUES) + 1,
                limit=0,
                timeout=SECONDS,
                **filters,
            )
        return facets_text(page, limit)

    def similar(
        self,
        like: Texts,
        year: Years = "",
        category: Texts = "",
        author: Texts = "",
        institution: Texts = "",
        venue: Texts = "",
        type: Texts = "",
        has_code: bool = False,
        limit: int = 10,
    ) -> str:
        filters = _filters(locals())
        with self._current.use() as (papers, _):
            page = papers.similar(
                like[0] if len(like) == 1 else like,
                limit=_at_most(limit, MOST_HITS),
                timeout=SECONDS,
                **filters,
            )
        return similar_text(page)

    def suggest(self, text: str, kind: Kinds = "", limit: int = 10) -> str:
        with self._current.use() as (papers, _):
            found = papers.suggest(
                text, limit=_at_most(limit, MOST_VALUES), kinds=[kind] if kind else None
            )
            lacking = "" if found else papers.why_no_phrases
        return suggestions_text(found, lacking)

    def holdings(self) -> str:
        """Return in a sentence what the indexes hold, or why they cannot be read."""
        try:
            with self._current.use() as (papers, _):
                return holdings_text(papers.search(limit=0, facets=USUAL_FACETS))
        except SearchError as error:
            return f"an index that cannot be read now ({error})"


class _Server(MCPServer):
    """A server that says what is wrong with a call, and what its index holds at the moment."""

    def __init__(self, current: CurrentCollection) -> None:
        self._reads = _Tools(current)
        self._own = {
            name: _tool(getattr(self._reads, name), description)
            for name, description in _DESCRIPTIONS.items()
        }
        super().__init__(
            "paper-searcher",
            title="Papers",
            instructions="Find papers with search, read their abstracts with paper.",
            version=__version__,
            tools=[*self._own.values()],
            resource_security=ResourceSecurity(exempt_params={"paper_id"}),
            log_level="ERROR",
        )
        self.resource(RESOURCE, name="paper", description="A paper, by its id, percent-encoded.")(
            self._paper
        )

    async def list_tools(self) -> list[ListedTool]:
        holdings = await asyncio.to_thread(self._reads.holdings)
        return [
            tool.model_copy(
                update={"description": _DESCRIPTIONS[tool.name].replace("{holdings}", holdings)}
            )
            for tool in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        if name in self._own:
            arguments = _given(name, arguments, self._own[name].parameters["properties"])
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            # Of other errors than its own the library tells nothing but their tool.
            cause = error.__cause__
            if isinstance(cause, SearchError):
                raise ToolError(str(cause)) from cause
            if isinstance(cause, ValidationError):
                raise ToolError(_faults(name, cause)) from cause
            raise

    def _paper(self, paper_id: str) -> str:
        try:
            return self._reads.paper(paper_id)
        except UnknownPaperError as error:
            raise ResourceNotFoundError(str(error)) from error
        except SearchError as error:
            raise ResourceError(str(error)) from error


def _tool(function: Callable[..., str], description: str) -> Tool:
    """Return a tool that only reads, with its arguments described, and no others allowed."""
    tool = Tool.from_function(
        function,
        description=description,
        annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
        structured_output=False,
    )
    for name, schema in tool.parameters["properties"].items():
        schema["description"] = _ARGUMENTS[name]
        # What says nothing costs tokens, too.
        schema.pop("title", None)
        if schema.get("default") in _BLANK:
            del schema["default"]
        if name == "limit":
            schema |= {"minimum": 1, "maximum": _MOST[tool.name]}
    tool.parameters.pop("title", None)
    tool.parameters["additionalProperties"] = False
    return tool


def _given(
    name: str, arguments: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the arguments of a call that have a value, as they are meant.

    ``known`` are the schemas of the arguments. Raises ToolError for an unknown one, which the
    library would drop.
    """
    unknown = [shown(argument) for argument in arguments if argument not in known]
    if unknown:
        raise ToolError(
            f"{name} has no argument {', '.join(unknown)}; its arguments are {', '.join(known)}"
        )
    return {
        argument: _meant(value, known[argument])
        for argument, value in arguments.items()
        if value is not None
    }


def _meant(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return an argument as it is meant, where the library would read or refuse it otherwise."""
    if isinstance(value, str) and "anyOf" in schema and not value.lstrip().startswith("["):
        return [value]  # else an author called null would be read as JSON
    if type(value) is int and schema.get("type") == "string":
        return str(value)  # such as a PMID
    return value


def _faults(name: str, error: ValidationError) -> str:
    """Return what is wrong with the arguments of a call, a line for each."""
    faults: dict[str, str] = {}
    for one in error.errors():
        argument = str(one["loc"][0])
        value = "missing" if one["type"] == "missing" else shown(one["input"])
        # Of an argument of several types each has an error of its own.
        says = "" if argument in faults or len(one["loc"]) > 1 else f" ({one['msg']})"
        faults.setdefault(argument, f"{name}: {argument} is {value}{says}: {_ARGUMENTS[argument]}")
    return "\n".join(faults.values())


def _filters(arguments: Mapping[str, Any]) -> FilterOptions:
    """Return the filters among the arguments of a tool; what is blank narrows nothing."""
    given = {name: arguments[name] for name in FILTERS if arguments[name] not in _BLANK}
    return cast(FilterOptions, given)


def _at_most(limit: int, most: int) -> int:
    if not 1 <= limit <= most:
        raise BadRequestError(f"limit is {limit}; it must be from 1 to {most}")
    return limit


def _read_cursor(cursor: str) -> tuple[int, int, str]:
    """Return how many hits a page has, which page it is, and of which commit the one before was."""
    match = _CURSOR.fullmatch(cursor.strip())
    if not match:
        raise BadRequestError(
            f"cursor is {shown(cursor)}; give one that an answer ended with, or none"
        )
    return int(match[1]), int(match[2]), match[3]
