"""Odd arguments of every public function: answered, or refused by name before anything is done."""

import itertools
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import searcher
from index import Paper, SeedRun, open_writer
from index.arguments import folder_path, folder_paths, local_folder
from searcher import (
    BadRequestError,
    Collection,
    ConfigError,
    IndexStorageError,
    NotAnIndexError,
    Ranking,
    Request,
    SearchError,
    Snippets,
    UnknownPaperError,
)
from searcher.request import SearchOptions, SelectionOptions, SimilarOptions
from tests.conftest import write_jsonl
from tests.users import User, open_folder, open_programs

PAGE = Path(__file__).resolve().parents[1] / "seeds" / "yingwen-wu.txt"
ENDLESS_DIGITS = 10**5_000
"""A number that Python itself refuses to write down."""


class Place(NamedTuple):
    """A path in the folder of the test."""

    name: str


class FieldName(StrEnum):
    TITLE = "title"


class Text(str):
    """Text with manners of its own."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    __hash__ = str.__hash__


class PathOf:
    """What is a path, or says so."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __fspath__(self) -> Any:
        return self.value


class Endless(Sequence[Any]):
    """A list without end."""

    def __getitem__(self, number: Any) -> Any:
        return "2024"

    def __len__(self) -> int:
        return 1 << 60

    def __repr__(self) -> str:
        return "Endless()"


def failing(*names: str) -> Any:
    """Return an object whose methods of these names raise."""

    def fail(*_arguments: object) -> Any:
        raise ZeroDivisionError

    bases = (Sequence,) if "__getitem__" in names else ()
    return type("Failing", bases, dict.fromkeys([*names, *(["__len__"] if bases else [])], fail))()


class Raising:
    """A list that breaks off."""

    def __iter__(self) -> Iterator[str]:
        yield "x"
        raise ZeroDivisionError


FAILING = [
    failing("__repr__"),
    failing("__str__", "__repr__"),
    failing("__eq__"),
    failing("__fspath__"),
    failing("__index__"),
    failing("__iter__"),
    failing("__getitem__"),
    failing("__hash__", "__bool__", "__len__", "__float__", "__getattr__"),
]
"""Objects that raise when they are asked for their text, number, path or items."""

# What is expected: ANSWERED, or an error with words that its message must have.

ANSWERED = None
Expected = tuple[type[SearchError], tuple[str, ...]] | None
Rows = list[tuple[Any, Expected]]


def bad(*words: str) -> Expected:
    return BadRequestError, words


def no_index(*words: str) -> Expected:
    return NotAnIndexError, words


def each(values: Sequence[Any], expected: Expected) -> Rows:
    return [(value, expected) for value in values]


NO_PATH = bad("directory is", "must be the path of a folder")
NO_PATHS = [
    *(None, 42, 1.5, math.nan, True, ENDLESS_DIGITS, np.int64(3), np.array(["x"]), 1j),
    *("", "a\0b", "\ud800", "x/\udfff", b"", b"seeds", bytearray(b"x"), "x" * 5_000),
    *([], ["seeds"], {}, {"seeds"}, object, object(), print, iter("x"), Endless(), ...),
    *(PathOf(None), PathOf(5), PathOf(b"seeds"), PathOf(""), PathOf("a\0b"), *FAILING),
]
REAL: Rows = [
    ("/dev/null", no_index("/dev/null", "searcher index PATH")),
    (Path("/dev/zero"), no_index("/dev/zero", "searcher index PATH")),
    (Place("file"), no_index("file", "searcher index PATH")),
    (Place("file/below"), no_index("below", "searcher index PATH")),
    (Place("gone"), no_index("gone", "searcher index PATH")),
    (Place("empty"), no_index("empty", "searcher index PATH")),
    (Place("loop"), (IndexStorageError, ("loop", "cannot be read", "check its rights"))),
    (Place("x" * 300), (IndexStorageError, ("cannot be read", "check its rights"))),
    (Place("index"), ANSWERED),
    (PathOf(Place("index")), ANSWERED),
]
FOLDERS: Rows = [*each(NO_PATHS, NO_PATH), *REAL]
"""Of every function that opens an index."""

SEVERAL_FOLDERS: Rows = [
    *each([one for one in NO_PATHS if not isinstance(one, list)], NO_PATH),
    *each([[], ()], bad("directory is empty", "must be the path of a folder")),
    (["seeds"], no_index("seeds", "searcher index PATH")),
    *REAL,
]
"""Of what opens one index or several."""

REFUSED_TO_WRITE = (IndexStorageError, ("cannot write the index", "check the folder's rights"))
NEW_FOLDERS: Rows = [
    *each(NO_PATHS, NO_PATH),
    ("/dev/null", REFUSED_TO_WRITE),
    (Place("file"), REFUSED_TO_WRITE),
    (Place("file/below"), REFUSED_TO_WRITE),
    (Place("x" * 300), REFUSED_TO_WRITE),
    (Place("."), no_index("holds files but no index", "name an empty or a new folder")),
    (Place("new/and/new"), ANSWERED),
    (PathOf(Place("newer")), ANSWERED),
]
"""Of every function that makes an index where there is none."""

NO_LIST = bad("paths is", "must list the paths")
NO_FILE = bad("one of the paths is", "must be the path of a file or folder")
PATHS: Rows = [
    *each([None, 42, 1.5, True, ENDLESS_DIGITS, b"seeds", bytearray(b"x"), object, 1j], NO_LIST),
    *each([np.array(3), failing("__iter__"), Raising()], bad("paths is", "when it is listed")),
    (itertools.repeat("x"), bad("paths lists more than 1,000,000")),
    *each(["", "a\0b", PathOf(None), failing("__fspath__")], bad("paths is", "must be the path")),
    *(([value], NO_FILE) for value in NO_PATHS),
    ([], ANSWERED),
    ({}, ANSWERED),
    (Place("gone"), ANSWERED),  # a problem of the file, as the three after it
    ("/dev/null", ANSWERED),
    (Place("file/below"), ANSWERED),
    (Place("loop"), ANSWERED),
    ((path for path in [PAGE, str(PAGE)]), ANSWERED),
    ({str(PAGE): 1}, ANSWERED),
    (np.array([str(PAGE)]), ANSWERED),
    (Text(PAGE), ANSWERED),
]
"""Of every function that reads seed files."""

NO_NUMBERS = [None, "", "2024", b"5", 1.5, math.nan, math.inf, True, np.float64(3), [3], {3}, 1j]
NO_NUMBERS += [*FAILING]
BYTE_COUNTS: Rows = [
    *each([*NO_NUMBERS, -1, -ENDLESS_DIGITS], bad("memory_bytes is", "whole number of bytes")),
    *each([0, 1, np.int64(1 << 28), 10**30, ENDLESS_DIGITS], ANSWERED),
]
NO_FUNCTIONS = [42, "print", b"x", [print], {}, ENDLESS_DIGITS, np.array([1, 2]), *FAILING]
FLAGS: Rows = each(
    [None, 0, 1, "", "no", np.True_, [], math.nan, ENDLESS_DIGITS, np.array([1, 2]), *FAILING],
    bad(" is ", "must be True or False"),
)
YEARS: Rows = [
    *each([*NO_NUMBERS[1:], 0, 999, 9_999, -1, ENDLESS_DIGITS], bad("page_year is", "a year from")),
    *each([None, 1_000, 9_998, np.uint16(2024)], ANSWERED),
]

NO_TEXTS: list[Any] = [None, True, 1.5, math.nan, b"LG", bytearray(b"LG"), memoryview(b"LG")]
NO_TEXTS += [{"LG"}, {}, 1j, object(), iter(["LG"]), np.array(["LG"]), [None], [["LG"]], [b"LG"]]
NO_TEXTS += [[1.5], Request(), *(value for value in FAILING if not isinstance(value, Sequence))]


def values_of(name: str, *, some: Sequence[Any], none: str = "") -> Rows:
    """Return the rows of an option of texts, ``some`` of which are answered."""
    return [
        *each(NO_TEXTS, bad(f"{name} is", "must be text, a whole number or a list")),
        *each(["", " ", "\t", [""], ["2024", ""]], bad(f"{name} is", "leave the option out")),
        *each([Endless(), range(10**18)], bad(f"{name} is", "more than 1,000 values")),
        (failing("__getitem__"), bad(f"{name} is", "give a tuple or a list")),
        *((value, bad(none)) for value in ("\0", "\ud800", "x", ENDLESS_DIGITS, -1) if none),
        *each([(), [], *some], ANSWERED),
    ]


ODD_TEXTS = ["\0", "\ud800", "*", "(", '"', "x" * 20_000, "-", ["a", "b"], 5, ENDLESS_DIGITS]
QUERIES: Rows = [
    *each([None, 7, ENDLESS_DIGITS, b"x", ["x"], {}, 1.5, Request()], bad("the query is", "text")),
    *each(FAILING, bad("the query is", "must be text")),
    *each(["", " ", "\0", "\ud800", "(" * 9_999, "x" * 99_999, Text("x"), np.str_("x")], ANSWERED),
]
CHOICES: Rows = each(
    [None, "", "Date", b"date", ["date"], 1, ENDLESS_DIGITS, np.array(["date"]), *FAILING],
    bad(" is ", "must be one of"),
)
NO_COUNTS = bad("limit", "page", "whole numbers")
OPTIONS: dict[str, Rows] = {
    "category": values_of("category", some=[*ODD_TEXTS, Text("LG")]),
    "year": values_of(
        "year", some=[2024, np.int64(2024), "..2024", range(2020, 2024)], none="is not a year"
    ),
    "author": values_of("author", some=[*ODD_TEXTS, Text("Ann")]),
    "institution": values_of("institution", some=[*ODD_TEXTS, np.str_("MIT")]),
    "venue": values_of("venue", some=[*ODD_TEXTS, np.str_("Rivers")]),
    "type": values_of("type", some=[*ODD_TEXTS, np.str_("article")]),
    "has_code": [
        *each([0, 1, "", "yes", np.True_, [], ENDLESS_DIGITS, *FAILING], bad("has_code", "None")),
        *each([None, True, False], ANSWERED),
    ],
    "sort": [*CHOICES, ("score", ANSWERED), (Text("date"), ANSWERED)],
    "match": [*CHOICES, ("any", ANSWERED), (np.str_("all"), ANSWERED)],
    "strict": [*FLAGS, (True, ANSWERED)],
    "acronyms": [*FLAGS, (False, ANSWERED)],
    "expand": [*FLAGS, (True, ANSWERED)],
    "echo": [*FLAGS, (True, ANSWERED)],
    "facets": values_of("facets", some=["year", ["year", "year"], Text("code")], none="no facet"),
    "facets_within_filters": [*FLAGS, (True, ANSWERED)],
    "facet_values": [
        *each(
            [number for number in NO_NUMBERS if number is not None], bad("facet_values", "whole")
        ),
        *each([-1, -ENDLESS_DIGITS], bad("facet_values", "0 or")),
        *each([None, 0, 10**30, np.uint8(3)], ANSWERED),
    ],
    "limit": [
        *each(NO_NUMBERS, NO_COUNTS),
        *each([-1, -ENDLESS_DIGITS], bad("limit", "0 or more")),
        *each([0, 10**30, ENDLESS_DIGITS, np.uint8(3)], ANSWERED),
    ],
    "page": [
        *each(NO_NUMBERS, NO_COUNTS),
        *each([0, -1], bad("page", "1 or more")),
        *each([10**30, ENDLESS_DIGITS, np.int64(2)], ANSWERED),
    ],
    "explain": [*FLAGS, (True, ANSWERED)],
    "timeout": [
        *each(
            ["", "1", b"1", True, math.nan, -1, -1e-9, [1], 1j, *FAILING], bad("timeout", "second")
        ),
        *each([None, 0, 1e-9, math.inf, 10**400, np.float32(9), Fraction(9, 2)], ANSWERED),
    ],
    "ranking": [
        *each([None, {}, "title", {"title": 2.0}, Ranking, *FAILING], bad("ranking is", "Ranking")),
        (Ranking(), ANSWERED),
    ],
    "weights": [
        *each([None, 42, "title", ["title"], [("title", 1.0)], *FAILING], bad("weights", "map")),
        *each(
            [{"titel": 1}, {"title": None}, {"title": -1}, {5: 1}], bad("weights", "each from 0")
        ),
        *each([{"title": math.nan}, {"title": ENDLESS_DIGITS}, {None: 1}], bad("weights", "title")),
        *each([{}, {"title": 0}, {Text("title"): np.float32(2)}, {FieldName.TITLE: 2}], ANSWERED),
    ],
    "paper": [*FLAGS, (False, ANSWERED)],
    "snippets": [*FLAGS, (False, ANSWERED)],
    "count": [*FLAGS, (False, ANSWERED)],
}
"""Of each option of a search."""

NUMBERS_OF_FIELDS: Rows = [
    *each([None, 42, "title", ["title"], [("title",)], failing("__iter__")], bad("must map")),
    *each([{"titel": 1}, [("title", -1)], [("title", "1")], {"title": math.nan}], bad("title")),
    *each([{}, (), {"title": 1}, [("title", np.float64(1))], {"title": True and 1}], ANSWERED),
]
NAMES_OF_FIELDS: Rows = [
    *each([None, 5, b"title", ["title"], np.array([1, 2]), *FAILING], bad("field is", "the name")),
    *each(["title", "nothing", "", Text("title"), FieldName.TITLE], ANSWERED),
]


class World(NamedTuple):
    folder: Path
    papers: Collection

    def resolved(self, value: Any) -> Any:
        if isinstance(value, PathOf):
            return PathOf(self.resolved(value.value))
        return str(self.folder / value.name) if isinstance(value, Place) else value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("odd")
    seeds = [{"id": f"p{number}", "title": f"Rivers {number}"} for number in range(5)]
    searcher.build(folder / "index", [write_jsonl(folder / "file", *seeds)])
    (folder / "empty").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    with searcher.open(folder / "index") as papers:
        yield World(folder, papers)


def written(directory: Any) -> None:
    with open_writer(directory):
        pass


def read(*arguments: Any, **options: Any) -> None:
    run = SeedRun(*arguments, **options)
    list(run)
    assert all(map(str, run.problems))


def snippets_of(world: World) -> Snippets:
    snippets = world.papers.search("rivers").hits[0].snippets
    assert snippets
    return snippets


def search_with(name: str, world: World, value: Any) -> dict[str, Any]:
    return world.papers.search("rivers", **{name: value}).to_dict()


def similar_with(name: str, world: World, value: Any) -> dict[str, Any]:
    return world.papers.similar("p1", **{name: value}).to_dict()


def all_with(name: str, world: World, value: Any) -> Iterator[Paper]:
    return world.papers.all("rivers", **{name: value})


def first_with(name: str, world: World, value: Any) -> Paper | None:
    return next(all_with(name, world, value), None)


def build(world: World, paths: Any = (PAGE,), **options: Any) -> None:
    searcher.build(world.folder / "built", paths, **options)


CALLS: Mapping[str, tuple[Callable[[World, Any], object], Rows]] = {
    "open(_)": (lambda _, value: searcher.open(value), SEVERAL_FOLDERS),
    "open([_])": (
        lambda _, value: searcher.open([value]),
        [*each(NO_PATHS, bad("one of the directories is", "must be the path of a folder")), *REAL],
    ),
    "open([…, _])": (
        lambda world, value: searcher.open([world.folder / "index", value]),
        [*each(NO_PATHS, bad("one of the directories is", "must be the path of a folder")), *REAL],
    ),
    "open(…, ranking=_)": (
        lambda world, value: searcher.open(world.folder / "index", ranking=value).close(),
        [
            *each([{}, "title", {"title": 2.0}, Ranking, *FAILING], bad("ranking is", "Ranking")),
            *each([None, Ranking()], ANSWERED),
        ],
    ),
    "read_config(_)": (
        lambda _, value: searcher.read_config(value),
        [
            *each([5, "", b"x", ["x"], "a\0b", ENDLESS_DIGITS], bad("file is", "path of a file")),
            *each([Place("none"), "x" * 300], (ConfigError, (": ",))),
            *each([Place("index"), Place("loop")], (ConfigError, ("cannot be read", "path"))),
            *each([None, os.devnull, Path(os.devnull)], ANSWERED),
        ],
    ),
    "check(_)": (lambda _, value: searcher.check(value), FOLDERS),
    "repair(_)": (lambda _, value: searcher.repair(value), FOLDERS),
    "open_writer(_)": (lambda _, value: written(value), NEW_FOLDERS),
    "build(_, …)": (lambda _, value: searcher.build(value, [PAGE]), NEW_FOLDERS),
    "build(…, _)": (build, PATHS),
    "SeedRun(_)": (lambda _, value: read(value), PATHS),
    "build(…, page_year=_)": (lambda world, value: build(world, page_year=value), YEARS),
    "build(…, strict=_)": (lambda world, value: build(world, strict=value), FLAGS),
    "build(…, prune=_)": (lambda world, value: build(world, prune=value), FLAGS),
    "build(…, prune_missing_folders=_)": (
        lambda world, value: build(world, prune_missing_folders=value),
        FLAGS,
    ),
    "build(…, dry_run=_)": (lambda world, value: build(world, dry_run=value), FLAGS),
    "build(…, on_prune=_)": (
        lambda world, value: build(world, on_prune=value),
        each(NO_FUNCTIONS, bad("on_prune is", "must be a function, or None")),
    ),
    "build(…, memory_bytes=_)": (
        lambda world, value: build(world, memory_bytes=value),
        BYTE_COUNTS,
    ),
    "build(…, on_progress=_)": (
        lambda world, value: build(world, on_progress=value),
        each(NO_FUNCTIONS, bad("on_progress is", "must be a function, or None")),
    ),
    "repair(…, memory_bytes=_)": (
        lambda world, value: searcher.repair(world.folder / "index", memory_bytes=value),
        BYTE_COUNTS,
    ),
    "repair(…, on_files=_)": (
        lambda world, value: searcher.repair(world.folder / "index", on_files=value),
        each(NO_FUNCTIONS, bad("on_files is", "must be a function, or None")),
    ),
    "open_writer(…, _)": (
        lambda world, value: open_writer(str(world.folder / "index"), value).__enter__(),
        each([*NO_NUMBERS, -1], bad("memory_bytes is", "whole number of bytes")),
    ),
    "SeedRun(…, _)": (
        lambda _, value: read([PAGE], value),
        [
            *each([*NO_NUMBERS[1:], 0, 10_000, ENDLESS_DIGITS], bad("page_year is", "a year from")),
            *each([None, 1, 9_999], ANSWERED),
        ],
    ),
    "SeedRun(…, page_years=_)": (
        lambda _, value: read([PAGE], page_years=value),
        [
            *each([5, "x", ["x"], {5: 2024}, {"x": "2024"}, {"x": None}], bad("page_years is")),
            *each([{"x": ENDLESS_DIGITS / ENDLESS_DIGITS}, *FAILING], bad("map paths of files")),
            *each([None, {}, {str(PAGE): 2020}], ANSWERED),
        ],
    ),
    "SeedRun(…, on_progress=_)": (
        lambda _, value: read([PAGE], on_progress=value),
        each(NO_FUNCTIONS, bad("on_progress is", "must be a function, or None")),
    ),
    "Collection(…, engine=_)": (
        lambda world, value: Collection(world.folder / "index", engine=value),
        [
            *each(
                [0, "", 5, object(), SimpleNamespace(), [], *FAILING], bad("engine is", "Engine")
            ),
            (None, ANSWERED),
        ],
    ),
    "search(_)": (lambda world, value: world.papers.search(value).to_dict(), QUERIES),
    "all(_)": (lambda world, value: next(world.papers.all(value), None), QUERIES),
    "Request(_)": (lambda _, value: Request(value), QUERIES),
    "answer(_)": (
        lambda world, value: world.papers.answer(value),
        [
            *each([None, "x", 5, {}, Request, ENDLESS_DIGITS, *FAILING], bad("must be a Request")),
            (Request(), ANSWERED),
        ],
    ),
    "paper(_)": (
        lambda world, value: world.papers.paper(value),
        [
            *each([None, 5, b"p1", ["p1"], ENDLESS_DIGITS, *FAILING], bad("the id is", "text")),
            *each(
                ["", "*", "P1", "\0", "\ud800", "x" * 99_999], (UnknownPaperError, ("no paper",))
            ),
            *each(["p1", Text("p1"), np.str_("p2")], ANSWERED),
        ],
    ),
    "acronyms(_)": (
        lambda world, value: list(world.papers.acronyms(value)),
        [
            *each([None, 5, b"NER", [], ["NER"], *FAILING], bad("text is")),
            *each(["", " \n"], bad("the text is blank")),
            *each(["*", "\0", "\ud800s", "NER", Text("ner"), "x" * 99_999], ANSWERED),
            *each(["named entity recognition", "a-b " * 99_999], ANSWERED),
        ],
    ),
    "similar(_)": (
        lambda world, value: world.papers.similar(value).to_dict(),
        [
            *each(
                [None, 5, b"p1", "", " ", [], [""], ["p1", None], ENDLESS_DIGITS, *FAILING],
                bad("like is"),
            ),
            *each(["*", "P1", "\0", "\ud800", "x" * 99_999], (UnknownPaperError, ("no paper",))),
            *each([["p1", "x" * 999, "y" * 999] * 9], (UnknownPaperError, ("no paper", "more"))),
            *each(["p1", ["p1", "p2"], ("p1",), Text("p1"), np.str_("p2")], ANSWERED),
            *each(["rivers and tides", "\ud800 \0", "x " * 99_999], ANSWERED),
        ],
    ),
    "similar(…, no such option)": (
        lambda world, value: similar_with(value, world, 1),
        each(["match", "page", "facets", "", "x"], bad("similar() has no option", "limit")),
    ),
    "suggest(_)": (
        lambda world, value: world.papers.suggest(value),
        [
            *each([None, 5, b"p1", ["p1"], ENDLESS_DIGITS, *FAILING], bad("prefix is", "text")),
            *each(["", " ", "\0", "\ud800", "x" * 99_999, '"', "*", Text("x")], ANSWERED),
        ],
    ),
    "suggest(…, limit=_)": (
        lambda world, value: world.papers.suggest("r", limit=value),
        [
            *each(NO_NUMBERS, bad("limit is", "whole number")),
            *each([-1, -ENDLESS_DIGITS], bad("limit is", "0 or more")),
            *each([0, 10**30, ENDLESS_DIGITS, np.uint8(3)], ANSWERED),
        ],
    ),
    "suggest(…, kinds=_)": (
        lambda world, value: world.papers.suggest("r", kinds=value),
        [
            *each([5, b"title", ENDLESS_DIGITS, *FAILING], bad("kinds is")),
            *each(["", "word", ["title", ""]], bad("no suggestions of", "kinds are")),
            *each([None, [], "title", ["id", "id"], Text("title"), np.str_("id")], ANSWERED),
        ],
    ),
    "refresh_suggestions(_)": (
        lambda _, value: searcher.refresh_suggestions(value),
        each([None, 5, "", ["x"], ENDLESS_DIGITS, *FAILING], bad("directory is", "folder")),
    ),
    "Snippets.html(_)": (
        lambda world, value: snippets_of(world).html(value),
        [
            *each([None, 5, "", "authors", b"title", ENDLESS_DIGITS], bad("title and abstract")),
            *each([np.array(["title", "abstract"]), ["title"], *FAILING], bad("no snippet of")),
            *each(["title", "abstract", Text("title"), FieldName.TITLE], ANSWERED),
        ],
    ),
    "Ranking(_)": (lambda _, value: Ranking(value), NUMBERS_OF_FIELDS),
    "Ranking(…, b=_)": (lambda _, value: Ranking(b=value), NUMBERS_OF_FIELDS),
    "Ranking(…, k1=_)": (
        lambda _, value: Ranking(k1=value),
        [
            *each(
                [None, "", True, 0, -1, math.nan, math.inf, [1], 10**400], bad("k1 is", "above 0")
            ),
            *each([ENDLESS_DIGITS, 1j, np.array([1]), *FAILING], bad("k1 is", "above 0")),
            *each([1, 1e-9, np.float32(1.2), Fraction(6, 5)], ANSWERED),
        ],
    ),
    "Ranking.with_weights(_)": (lambda _, value: Ranking.with_weights(value), OPTIONS["weights"]),
    "Ranking.weight(_)": (lambda _, value: Ranking().weight(value), NAMES_OF_FIELDS),
    "Ranking.length_normalisation(_)": (
        lambda _, value: Ranking().length_normalisation(value),
        NAMES_OF_FIELDS,
    ),
    "Ranking.with_setting(_, 1)": (
        lambda _, value: Ranking().with_setting(value, 1),
        [
            *each([None, 5, b"k1", ["k1"], "", "title", "weights", *FAILING], bad("name is", "k1")),
            *each(["k1", Text("b.title"), "weights.authors"], ANSWERED),
        ],
    ),
    "Ranking.with_setting('k1', _)": (
        lambda _, value: Ranking().with_setting("k1", value),
        [*each([None, "1", 0, {}, *FAILING], bad("k1 is", "above 0")), (1, ANSWERED)],
    ),
    "search(…, no such option)": (
        lambda world, value: search_with(value, world, True),
        each(["facet", "", "Limit", "query_"], bad("a search has no option", "its options are")),
    ),
    "all(…, no such option)": (
        lambda world, value: all_with(value, world, 1),
        each(["limit", "page", "facets", "", "x"], bad("all() has no option", "every paper")),
    ),
    **{
        f"search(…, {name}=_)": (partial(search_with, name), rows) for name, rows in OPTIONS.items()
    },
    **{
        f"all(…, {name}=_)": (partial(first_with, name), OPTIONS[name])
        for name in SelectionOptions.__annotations__
    },
    **{
        f"similar(…, {name}=_)": (partial(similar_with, name), OPTIONS[name])
        for name in SimilarOptions.__annotations__
    },
}
"""Every function with one of its arguments left open, and the rows of that argument."""


def test_the_table_has_every_option() -> None:
    assert list(OPTIONS) == list(SearchOptions.__annotations__)
    assert sum(len(rows) for _, rows in CALLS.values()) > 1_000


@pytest.mark.parametrize("call", CALLS)
def test_an_odd_argument_is_answered_or_refused_by_name(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.chdir(world.folder / "empty")
    ask, rows = CALLS[call]
    before = snapshot(world.folder)
    for number, (value, expected) in enumerate(rows):
        place = f"row {number}: {type(value).__name__}"
        try:
            ask(world, world.resolved(value))
            raised = None
        except SearchError as error:
            raised = error
        except Exception as error:
            raise AssertionError(f"{place} raised {type(error).__name__}") from error
        if expected is ANSWERED:
            assert raised is None, place
            before = snapshot(world.folder)
            continue
        kind, words = expected
        assert type(raised) is kind, place
        said = str(raised)
        assert [word for word in words if word not in said] == [], (place, said)
        assert "--repair" not in said, (place, said)
        assert len(said) < 1_000, place
        assert snapshot(world.folder) == before, place


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the size and the time of each file in a folder."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            status = os.lstat(path)
            found[path] = (status.st_size, status.st_mtime_ns)
    return found


def test_an_address_is_shown_without_who_asks() -> None:
    given = "opensearch://bob:secret@Node1,node2:9201/papers"
    assert folder_path(given) == "opensearch://node1:9200,node2:9201/papers"
    assert folder_paths([given, "opensearch://node1,node2:9201/papers", "x"]) == [
        "opensearch://node1:9200,node2:9201/papers",
        "x",
    ]
    with pytest.raises(BadRequestError, match="phrases are chosen only of an index in a folder"):
        local_folder(given, "phrases are chosen")
    with pytest.raises(BadRequestError) as told:
        folder_path("opensearch://bob:secret@node1/Papers")
    assert "secret" not in str(told.value)


def test_integers_of_numpy_are_taken(tmp_path: Path) -> None:
    year: Any = np.int64(2023)
    summary = searcher.build(tmp_path / "index", [PAGE], page_year=year)
    assert (summary.assumed_year, type(summary.assumed_year)) == (2023, int)


CLOSED_FOLDER = """
from index import SeedRun, open_writer

def write(directory):
    with open_writer(directory):
        pass

closed = DIRECTORY / "closed"
(closed / "index").mkdir(parents=True)
closed.chmod(0)
for ask in (searcher.open, searcher.check, searcher.repair, write):
    for directory in (closed, closed / "index"):
        try:
            ask(directory)
        except searcher.SearchError as error:
            print(type(error).__name__, error)
print(*SeedRun([closed, closed / "index"]).problems)
closed.chmod(0o700)
"""


def test_a_folder_without_permission_is_told() -> None:
    with open_folder() as folder, open_programs() as run_as:
        folder.chmod(0o777)
        (step,) = run_as(folder, (User(54_001, 54_001), CLOSED_FOLDER))
    *lines, problems = step.printed.splitlines()
    assert len(lines) == 8
    for line in lines:
        assert line.startswith(f"IndexStorageError {folder}/closed")
        assert "Permission denied" in line
        assert re.search("check (its|the folder's) rights", line)
    assert problems.count("Permission denied") == 2
