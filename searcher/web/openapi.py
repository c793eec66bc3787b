"""What the API takes and gives: parameters, answers, problems, and the OpenAPI document of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import GenericAlias
from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

from index.fields import EXPORTED
from index.names import NameParts
from index.paper import Link, OtherText, Paper, Source
from searcher.collection import Collection
from searcher.diagnosis import ClauseCount, Diagnosis, Relaxation
from searcher.errors import BadRequestError, shown
from searcher.explanation import Explanation, FieldPart, WordPart
from searcher.page import FacetCount, Hit, Page, ScorePart, Snippets, Suggestion
from searcher.query.echo import Echo, EchoPart
from searcher.query.tree import Acronym, AddedWord, Diagnostic
from searcher.request import MatchMode, Ranking

_SCHEMAS = "#/components/schemas/{name}"
PROBLEM_TYPE = "application/problem+json"


class Problem(NamedTuple):
    """A kind of answer that is none: its name in the document, its status and what it means."""

    name: str
    status: int
    title: str


BAD_PARAMETER = Problem("BadParameter", 400, "A parameter is missing, unknown, or out of bounds")
NOT_FOUND = Problem("NotFound", 404, "There is no such paper or path")
NOT_ALLOWED = Problem("NotAllowed", 405, "The API only reads: GET and HEAD")
TOO_LONG = Problem("TooLong", 414, "The address is too long")
REFUSED = Problem("Refused", 422, "The parameters have no meaning together, or a strict one failed")
DEFECT = Problem("Defect", 500, "A defect of the program")
UNAVAILABLE = Problem("Unavailable", 503, "The index cannot be read")
PROBLEMS = (BAD_PARAMETER, NOT_FOUND, NOT_ALLOWED, TOO_LONG, REFUSED, DEFECT, UNAVAILABLE)


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query string; one of a list type is given once for each value.

    ``type`` is what msgspec reads: of texts, whole numbers, numbers or booleans, with their bounds.
    """

    name: str
    type: Any
    text: str
    default: Any = None
    is_required: bool = False

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its values."""
        schema: dict[str, Any] = msgspec.json.schema(self.type)
        if self.default not in (None, ()):
            schema["default"] = self.default
        return schema

    @property
    def is_list(self) -> bool:
        """Whether it may be given several times."""
        return bool(self.schema.get("type") == "array")

    def value(self, given: Sequence[str]) -> Any:
        """Return the value that the texts given stand for, None if all of them are blank.

        Raises BadRequestError. Blank texts count in the length of a list.
        """
        texts = [text for text in given if text.strip()]
        if len(texts) > 1 and not self.is_list:
            raise BadRequestError(f"{self.name} is given {len(texts):,} times; give it once")
        try:
            if self.is_list and len(given) > self.schema["maxItems"]:
                raise msgspec.ValidationError
            if not texts:
                return None
            if self.is_list:
                return msgspec.convert(texts, self.type)
            if self.schema.get("type", "string") == "string":
                return msgspec.convert(texts[0], self.type)
            # Python reads more as a number than what JSON calls one: nan, 1_000, digits of Thai.
            return msgspec.json.decode(texts[0].encode(), type=self.type)
        except msgspec.MsgspecError:
            wrong = shown(texts[0] if len(texts) == 1 else list(given))
            raise BadRequestError(f"{self.name} is {wrong}; it is {_told(self.schema)}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI describes one."""
        return {
            "name": self.name,
            "in": "query",
            "description": self.text,
            "required": self.is_required,
            "allowEmptyValue": not (self.is_required or self.is_list),
            "schema": self.schema,
        }


def _told(schema: Mapping[str, Any]) -> str:
    """Say what values a schema allows."""
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    match schema["type"]:
        case "array":
            return f"a list of at most {schema['maxItems']} values, each {_told(schema['items'])}"
        case "boolean":
            return "true or false"
        case "string":
            return f"a text of at most {schema['maxLength']:,} characters"
        case kind:
            numbers = "a whole number" if kind == "integer" else "a number"
            return f"{numbers} from {schema['minimum']:,} to {schema['maximum']:,}"


class Answered(NamedTuple):
    """What an endpoint answers, as JSON-ready values, and whether the time was enough for it."""

    values: Any
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of the API, what it takes, and how it answers from a collection."""

    path: str
    text: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Collection, dict[str, Any]], Answered]
    schema: Any
    problems: tuple[Problem, ...] = (BAD_PARAMETER, TOO_LONG, REFUSED, UNAVAILABLE)

    def values(self, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return the values of all parameters; blank ones count as left out.

        Raises BadRequestError.
        """
        values = {one.name: one.default for one in self.parameters if not one.is_required}
        known = {one.name: one for one in self.parameters}
        for name, texts in given.items():
            if name not in known:
                raise BadRequestError(
                    f"no parameter {shown(name)}; those of {self.path} are {', '.join(known)}"
                )
            value = known[name].value(texts)
            if value is not None:
                values[name] = value
        for one in self.parameters:
            if one.is_required and one.name not in values:
                raise BadRequestError(f"{one.name} is missing: {one.text}")
        return values


def document(endpoints: Sequence[Endpoint], version: str, root: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the endpoints below the path ``root``."""
    shapes = [endpoint.schema for endpoint in endpoints]
    answers, schemas = msgspec.json.schema_components([*shapes, _PROBLEM], ref_template=_SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "paper-searcher", "version": version, "description": _ABOUT},
        "servers": [{"url": root}],
        "paths": {
            endpoint.path: {"get": _operation(endpoint, answer)}
            for endpoint, answer in zip(endpoints, answers, strict=False)
        },
        "components": {
            "schemas": schemas,
            "responses": {
                problem.name: {
                    "description": f"{problem.title}.",
                    "content": {PROBLEM_TYPE: {"schema": answers[-1]}},
                }
                for problem in PROBLEMS
            },
        },
    }


_ABOUT = (
    "Search over papers, read-only. Parameters are the options of the same search in Python, and "
    "answers are what the command line prints with --format json."
)


def _operation(endpoint: Endpoint, answer: Any) -> dict[str, Any]:
    tag = {"ETag": {"description": _TAG, "schema": {"type": "string"}}}
    return {
        "operationId": endpoint.path.strip("/"),
        "summary": endpoint.text,
        "parameters": [parameter.to_dict() for parameter in endpoint.parameters],
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": tag,
                "content": {"application/json": {"schema": answer}},
            },
            "304": {"description": "If-None-Match names the present answer.", "headers": tag},
            **{
                str(problem.status): {"$ref": f"#/components/responses/{problem.name}"}
                for problem in sorted(endpoint.problems, key=lambda one: one.status)
            },
        },
    }


_TAG = "Names the answer until the index changes; an answer that ran out of time has none."


# Answers: what ``to_dict`` makes of the values


def _object(value: type, always: Mapping[str, Any], if_any: Mapping[str, Any]) -> Any:
    """Return a JSON object as msgspec describes one; its name and text are those of a value.

    It has the keys of ``always``, and of ``if_any`` those that there is something to say of.
    """
    fields: list[Any] = [(name, kind) for name, kind in always.items()]
    fields += [(name, kind | UnsetType, UNSET) for name, kind in if_any.items()]
    return msgspec.defstruct(value.__name__, fields, namespace={"__doc__": value.__doc__})


def _whole(value: type, **otherwise: Any) -> Any:
    """Return the object of all fields of a value, some of them of another type."""
    return _object(value, {**get_type_hints(value), **otherwise}, {})


def _list(kind: Any) -> Any:
    return GenericAlias(list, kind)


def _map(kind: Any) -> Any:
    return GenericAlias(dict, (str, kind))


_NUMBERS = _map(float)
_RANKING = _object(Ranking, {"weights": _NUMBERS, "k1": float, "b": _NUMBERS, "near": float}, {})
_DIAGNOSTICS = _list(_whole(Diagnostic))

_OTHER_TEXTS = _list(_whole(OtherText))
_PAPER_TYPES = get_type_hints(Paper) | {
    "author_parts": _list(_whole(NameParts)),
    "category": str,
    "identifiers": _map(list[str]),
    "urls": _list(_whole(Link)),
    "other_titles": _OTHER_TEXTS,
    "other_abstracts": _OTHER_TEXTS,
    "sources": _list(_whole(Source)),
}
_IN_EVERY_PAPER = ("id", "title")
PAPER = _object(
    Paper,
    {name: _PAPER_TYPES[name] for name in _IN_EVERY_PAPER},
    {name: kind for name, kind in _PAPER_TYPES.items() if name not in _IN_EVERY_PAPER},
)

_HIT = _object(
    Hit,
    {"rank": int, "id": str, "title": str, "score": float},
    {
        **{name: _PAPER_TYPES[name] for name in EXPORTED if name not in _IN_EVERY_PAPER},
        "index": str,
        "all_words": bool,
        "shared": list[str],
        "explanation": _list(_whole(ScorePart)),
        "snippets": _whole(Snippets, title=str, abstract=str),
    },
)

_ECHO_PARTS = _list(
    _object(
        EchoPart,
        {"typed": str, "searched": list[str], "changes": list[str], "more": int},
        {"filter": str},
    )
)
_CLAUSES = _list(_whole(ClauseCount))
_RELAXATION = _object(
    Relaxation,
    {
        "query": str,
        "filters": _map(list[str] | bool),
        "match": MatchMode,
        "count": int,
        "all_words": int,
        "dropped": _CLAUSES,
        "replaced": str,
        "by": str,
    },
    {},
)

PAGE = _object(
    Page,
    {
        "query": str,
        "parsed": str,
        "relaxed": bool,
        "partial": bool,
        "diagnostics": _DIAGNOSTICS,
        "took_ms": float,
        "hits": _list(_HIT),
    },
    {
        "echo": _whole(Echo, parts=_ECHO_PARTS, filters=_ECHO_PARTS),
        "ranking": _RANKING,
        "added": _list(_whole(AddedWord)),
        "total": int,
        "facets": _map(_list(_whole(FacetCount))),
        "diagnosis": _whole(
            Diagnosis, clauses=_CLAUSES, killers=_CLAUSES, relaxations=_list(_RELAXATION)
        ),
    },
)
SUGGESTIONS = _list(_whole(Suggestion))
ACRONYMS = _list(_whole(Acronym))
EXPLANATION = _object(
    Explanation,
    {
        "id": str,
        "title": str,
        "parsed": str,
        "diagnostics": _DIAGNOSTICS,
        "relaxed": bool,
        "score": float | None,
        "words": _list(_whole(WordPart, fields=_list(_whole(FieldPart)))),
        "lacks": list[str],
        "fails": list[str],
    },
    {"ranking": _RANKING},
)

_PROBLEM = _object(
    Problem,
    {"type": str, "title": str, "status": int, "detail": str},
    {"diagnostics": _DIAGNOSTICS},
)
