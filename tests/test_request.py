"""A request: each option checked once, values of every allowed kind made plain."""

import copy
import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest

from index.fields import FACETS
from searcher import BadRequestError, Ranking, Request
from searcher.request import (
    DEFAULT_RANKING,
    TITLE_RANKING,
    SearchOptions,
    SelectionOptions,
)


def test_a_request_needs_nothing() -> None:
    request = Request()
    assert (request.query, request.limit, request.page) == ("*", 10, 1)
    assert (request.paper, request.snippets, request.count, request.facets) == (
        True,
        True,
        True,
        (),
    )


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"category": "LG"}, {"category": ("LG",)}),
        ({"category": ["LG", "CV"]}, {"category": ("LG", "CV")}),
        ({"category": []}, {"category": ()}),
        ({"year": 2024}, {"year": ("2024",)}),
        ({"year": (2024, "2019..2021")}, {"year": ("2024", "2019..2021")}),
        ({"year": np.int64(2024)}, {"year": ("2024",)}),
        ({"year": [np.uint16(2024), 2025]}, {"year": ("2024", "2025")}),
        ({"facets": "year"}, {"facets": ("year",)}),
        ({"facets": list(FACETS)}, {"facets": tuple(FACETS)}),
        ({"limit": np.int32(3), "page": np.uint8(2)}, {"limit": 3, "page": 2}),
        ({"timeout": 2}, {"timeout": 2.0}),
        ({"timeout": np.float32(0.5)}, {"timeout": 0.5}),
        ({"timeout": np.int64(2)}, {"timeout": 2.0}),
        ({"timeout": 10**400}, {"timeout": math.inf}),
        ({"has_code": False}, {"has_code": False}),
        ({"weights": {"title": 1}}, {"ranking": Ranking((("title", 1.0),))}),
        ({"weights": {"title": np.float32(2)}}, {"ranking": Ranking((("title", 2.0),))}),
    ],
)
def test_an_option_is_kept_as_a_plain_value(given: Any, plain: dict[str, object]) -> None:
    request = Request.from_options("rivers", **given)
    assert {name: getattr(request, name) for name in plain} == plain
    assert {name: type(getattr(request, name)) for name in plain} == {
        name: type(value) for name, value in plain.items()
    }
    assert request == Request("rivers", **plain)  # type: ignore[arg-type]
    assert hash(request) == hash(Request("rivers", **plain))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"query": None}, ["query", "None", "text"]),
        ({"query": 7}, ["query", "7"]),
        ({"limit": 2.5}, ["limit", "2.5", "whole"]),
        ({"limit": True}, ["limit", "True"]),
        ({"limit": "3"}, ["limit", "'3'"]),
        ({"limit": None}, ["limit", "None"]),
        ({"page": 0}, ["page", "0"]),
        ({"page": np.float64(1.0)}, ["page", "1.0"]),
        ({"limit": np.int64(-1)}, ["limit", "-1"]),
        ({"year": True}, ["year", "True"]),
        ({"year": [2024, False]}, ["year", "False"]),
        ({"year": 2024.0}, ["year", "2024.0"]),
        ({"timeout": -1}, ["timeout", "-1"]),
        ({"timeout": True}, ["timeout", "True"]),
        ({"timeout": float("nan")}, ["timeout", "nan"]),
        ({"timeout": "soon"}, ["timeout", "'soon'"]),
        ({"strict": "no"}, ["strict", "'no'", "True or False"]),
        ({"explain": 1}, ["explain", "1"]),
        ({"paper": None}, ["paper", "None"]),
        ({"snippets": "title"}, ["snippets", "'title'"]),
        ({"count": 0}, ["count", "0"]),
        ({"sort": ["date"]}, ["sort", "['date']", "relevance"]),
        ({"match": {}}, ["match", "{}"]),
        ({"facets": [2024]}, ["'2024'", "category"]),
        ({"ranking": {"title": 2.0}}, ["ranking", "Ranking"]),
        # A blank text, as a form sends it for a field left empty, is no value of any option.
        *(
            ({name: blank}, [name, "leave the option out"])
            for name in ("category", "year", "author", "institution", "facets")
            for blank in ("", "  ", ["2024", "\t"])
        ),
    ],
)
def test_an_option_without_meaning_is_refused(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(BadRequestError) as raised:
        Request(**options)
    assert [word for word in words if word not in str(raised.value)] == []


def test_weights_and_a_ranking_say_the_same_thing_twice() -> None:
    with pytest.raises(BadRequestError, match="either a ranking or weights"):
        Request.from_options("*", weights={"title": 1.0}, ranking=DEFAULT_RANKING)


def test_an_option_that_no_search_has_is_named() -> None:
    options: Any = {"facet": "year"}
    with pytest.raises(BadRequestError, match=r"no option 'facet'; its options are .*facets"):
        Request.from_options("*", **options)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("k1", [None, "", True, 0, -1, math.nan, math.inf, []]),
        ("near", [None, "", True, -0.1, math.nan, math.inf, []]),
        ("weights", [42, None, "title", ["title"], {"titel": 1}, {"title": None}, {"title": -1}]),
        ("weights", [{"title": math.nan}, {"title": math.inf}, {"title": True}, {1: 1}, [[1]]]),
        ("b", [42, None, {"title": 1.5}, {"title": "1"}, {"institutions": 0.5}]),
    ],
)
def test_what_is_no_ranking_is_refused(name: str, wrong: list[Any]) -> None:
    for value in wrong:
        options: Any = {name: value}
        with pytest.raises(BadRequestError, match=rf"^{name} "):
            Ranking(**options)


def test_a_ranking_holds_plain_numbers() -> None:
    weights: Any = {"title": np.float32(2)}
    lengths: Any = [["title", 1]]
    k1: Any = np.int64(2)
    near: Any = np.float32(0.25)
    ranking = Ranking(weights, k1, lengths, near)
    assert repr(ranking) == (
        "Ranking(weights=(('title', 2.0),), k1=2.0, b=(('title', 1.0),), near=0.25)"
    )
    assert hash(ranking) == hash(Ranking((("title", 2.0),), 2.0, (("title", 1.0),), 0.25))


def test_a_ranking_by_its_settings() -> None:
    settings = DEFAULT_RANKING.settings()
    assert settings["k1"] == 1.2
    assert {"weights.title", "b.abstract"} < settings.keys()
    ranking = DEFAULT_RANKING
    for number, name in enumerate(settings, 1):
        ranking = ranking.with_setting(name, number / 10)
    assert list(ranking.settings().values()) == [number / 10 for number in range(1, 9)]
    assert Ranking(**ranking.to_dict()) == ranking
    assert str(DEFAULT_RANKING) == ""
    assert str(DEFAULT_RANKING.with_setting("b.title", 1)) == "b.title = 1.0"


def test_titles_count_twice_where_a_query_may_be_one() -> None:
    assert DEFAULT_RANKING.for_title() is TITLE_RANKING
    assert TITLE_RANKING.weight("title") == 2 * DEFAULT_RANKING.weight("title")
    own = Ranking(weights=(("title", 4.0), ("abstract", 2.0)), k1=2.0, near=0.6)
    weights = (("title", 8.0), ("abstract", 2.0))
    assert own.for_title() == dataclasses.replace(own, weights=weights, near=0.3)
    assert Ranking(weights=()).for_title().weight("title") == 2.0
    assert Ranking.with_weights({"title": 1e6}).for_title().weight("title") == 1e6


@pytest.mark.parametrize(
    ("weights", "favours"),
    [
        (DEFAULT_RANKING.weights, True),
        ((), True),
        ((("title", 0.5),), False),
        ((("title", 2.0), ("authors", 2.0)), True),
        ((("title", 2.0), ("abstract", 2.1)), False),
        ((("title", 0.0), ("authors", 0.0), ("abstract", 0.0)), False),
    ],
)
def test_titles_are_favoured_where_no_field_weighs_more(
    weights: tuple[tuple[str, float], ...], favours: bool
) -> None:
    assert Ranking(weights).favours_titles == favours


def test_a_ranking_knows_every_field() -> None:
    ranking = Ranking.with_weights({"title": 4.0})
    assert (ranking.weight("title"), ranking.weight("abstract")) == (4.0, 1.0)
    assert ranking.length_normalisation("abstract") == 0.75
    assert ranking.length_normalisation("nothing") == 0.0
    assert Ranking.with_weights({"title": 4}) is Ranking.with_weights({"title": 4.0})


def test_a_request_is_a_value() -> None:
    request = Request("rivers", year=("2024",), facets=("year",))
    for same in (
        copy.copy(request),
        copy.deepcopy(request),
        pickle.loads(pickle.dumps(request)),
        dataclasses.replace(request),
    ):
        assert same == request
        assert hash(same) == hash(request)
    assert dataclasses.replace(request, year=2025) == Request(  # type: ignore[arg-type]
        "rivers", year=("2025",), facets=("year",)
    )
    assert dataclasses.asdict(request)["year"] == ("2024",)


def test_the_options_of_a_search_are_those_of_a_request() -> None:
    names = {field.name for field in dataclasses.fields(Request)}
    assert set(SearchOptions.__annotations__) == (names | {"weights"}) - {"query"}
    assert set(SelectionOptions.__annotations__) < names
