"""The server for agents: what a model is told of the index, of its papers, and of its own errors.

The client is the library's own; all but one of its servers run in this process.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple, TypeVar

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent, Tool

import searcher
from searcher.output.agents import ANSWER_TOKENS, resource_address, tokens
from searcher.programs import create_server
from tests.conftest import ROOT, write_jsonl

Result = TypeVar("Result")
# What is waited for comes sooner, or the process is ended and the test fails.
MOST_WAITED = 60.0

TOOLS = ["search", "paper", "facets", "similar", "suggest"]


class Answer(NamedTuple):
    """What a model reads."""

    text: str
    is_error: bool


def asked(place: Path, talk: Callable[[Client], Coroutine[Any, Any, Result]]) -> Result:
    """Return what a talk with a server in this process comes to."""

    async def connected() -> Result:
        async with Client(create_server(place)) as client:
            return await talk(client)

    return asyncio.run(connected())


async def called(client: Client, name: str, arguments: dict[str, Any]) -> Answer:
    result = await client.call_tool(name, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert result.structured_content is None  # clients that show both would show all twice
    assert tokens(content.text) <= ANSWER_TOKENS
    return Answer(content.text, bool(result.is_error))


def call(place: Path, name: str, **arguments: Any) -> Answer:
    return asked(place, lambda client: called(client, name, arguments))


def tools(place: Path) -> dict[str, Tool]:
    async def listed(client: Client) -> list[Tool]:
        return (await client.list_tools()).tools

    return {tool.name: tool for tool in asked(place, listed)}


def ids(text: str) -> list[str]:
    """Return the ids of the hits in an answer."""
    return re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of five papers."""
    folder = tmp_path_factory.mktemp("agents")
    papers = [
        {"id": f"p{n}", "title": f"Tide {n}", "abstract": "A tide.", "year": 2020 + n}
        for n in range(1, 4)
    ]
    papers.append({"id": "p4", "title": "Ebb", "authors": ["Null, Ann"], "year": 2024})
    papers.append({"id": "a/b%2F c", "title": "Flood and ebb", "abstract": "A flood."})
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *papers)])
    return folder / "index"


# What is told before anything is asked


def test_the_tools_say_what_the_index_holds_and_that_they_only_read(seeds_index: Path) -> None:
    listed = tools(seeds_index)
    assert list(listed) == TOOLS
    description = listed["search"].description or ""
    assert "159 papers of 2018–2026, most in LG 73, CV 43" in description
    assert '"a phrase"' in description
    for tool in listed.values():
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert tool.input_schema["additionalProperties"] is False
        assert all(one["description"] for one in tool.input_schema["properties"].values())


def test_what_is_told_before_takes_few_tokens(seeds_index: Path) -> None:
    told = "".join(tool.model_dump_json(exclude_none=True) for tool in tools(seeds_index).values())
    assert tokens(told) < 2_000


def test_a_new_commit_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searcher.current.SECONDS", 0.0)
    place = tmp_path / "index"

    async def talk(client: Client) -> None:
        found = await called(client, "search", {"query": "tide"})
        assert found.is_error
        assert "searcher index" in found.text  # says how to build one
        (tool, *_) = (await client.list_tools()).tools
        assert "cannot be read" in (tool.description or "")
        for year in (2021, 2022):
            record = {"id": f"tide-{year}", "title": "Tide", "year": year}
            searcher.build(place, [write_jsonl(tmp_path / f"{year}.jsonl", record)])
            found = await called(client, "search", {"query": "tide", "year": year})
            assert ids(found.text) == [f"tide-{year}"]
        (tool, *_) = (await client.list_tools(cache_mode="bypass")).tools
        assert "2 papers of 2021–2022" in (tool.description or "")

    asked(place, talk)


# Answers


def test_a_search_gives_ids_that_paper_and_similar_take(seeds_index: Path) -> None:
    async def talk(client: Client) -> None:
        found = await called(client, "search", {"query": "label noise", "limit": 3})
        (first, *_) = ids(found.text)
        whole = await called(client, "paper", {"paper_id": first})
        assert f"\nid:           {first}\n" in whole.text
        alike = await called(client, "similar", {"like": first, "limit": 2})
        assert len(ids(alike.text)) == 2
        assert first not in ids(alike.text)
        assert alike.text.count("shares: ") == 2

    asked(seeds_index, talk)


@pytest.mark.parametrize("year", [2022, "2022", [2022], ["2022"], "[2022]", "2022..2022"])
def test_a_year_is_a_number_or_a_text(place: Path, year: Any) -> None:
    assert call(place, "search", query="tide", year=year).text.startswith("1–1 of 1 that match")


@pytest.mark.parametrize("nothing", [None, "", [], [""]])
@pytest.mark.parametrize("argument", ["year", "category", "author", "institution", "query"])
def test_what_is_blank_is_left_out(place: Path, argument: str, nothing: Any) -> None:
    if argument == "query" and isinstance(nothing, list):
        nothing = ""
    assert "of 5 that match" in call(place, "search", **{argument: nothing}).text


def test_a_text_is_no_json(place: Path) -> None:
    """The library would make None of an author who is called null."""
    assert ids(call(place, "search", author="null").text) == ["p4"]
    assert not call(place, "search", query="null").is_error
    assert ids(call(place, "search", author='["Ann Null"]').text) == ["p4"]


def test_nothing_found_is_an_answer_with_what_to_ask_instead(seeds_index: Path) -> None:
    asked_for = {"query": "label noise", "year": 1998, "author": "Bo Han"}
    answer = call(seeds_index, "search", **asked_for)
    assert not answer.is_error
    assert answer.text.splitlines() == [
        "no paper matches, of 159 papers",
        "each by itself: label 24 · noise 12 · year=1998 0 · author=Bo Han 50",
        "in the way: year=1998",
        '15 papers (6 with all the words): search(query="label noise", author=["Bo Han"])',
    ]


def test_what_was_read_otherwise_is_told(seeds_index: Path) -> None:
    answer = call(seeds_index, "search", query="athor:han reasoning", limit=1)
    assert "note: there is no field 'athor' (did you mean author:?)" in answer.text
    relaxed = call(seeds_index, "search", query="label noise", year=2023, limit=1)
    assert 'match="all" for only those' in relaxed.text
    strict = call(seeds_index, "search", query="label noise", year=2023, limit=1, match="all")
    assert strict.text.startswith("1–1 of 4 that match")


def test_facets_and_suggestions(seeds_index: Path) -> None:
    counts = call(seeds_index, "facets", query='"label noise"', facet="author", year=2022, limit=1)
    assert counts.text.startswith("2 papers match\nauthor: Bo Han 2 · ")
    usual = call(seeds_index, "facets")
    assert re.search("^category: LG 73 · CV 43", usual.text, re.MULTILINE)
    assert re.search("^year: ", usual.text, re.MULTILINE)
    suggested = call(seeds_index, "suggest", text="jiangchao", kind="author")
    assert suggested.text == 'author Jiangchao Yao: 11 papers, query author:"Jiangchao Yao"'
    assert "nothing begins like that" in call(seeds_index, "suggest", text="xyzzyq").text


def test_pages_show_each_paper_once_in_order(place: Path) -> None:
    async def talk(client: Client) -> list[str]:
        seen, cursor = [], ""
        while True:
            arguments = {"query": "tide OR flood", "limit": 3, "cursor": cursor}
            text = (await called(client, "search", arguments)).text
            seen += ids(text)
            more = re.search('cursor="(.*)"$', text)
            if not more:
                return seen
            cursor = more[1]

    whole = ids(call(place, "search", query="tide OR flood").text)
    assert len(whole) == 4
    assert asked(place, talk) == whole


def test_a_page_of_another_commit_says_so(place: Path) -> None:
    answer = call(place, "search", query="tide", cursor="1x2-00000000")
    assert answer.text.startswith("note: the index has changed since the page before\n2–2 of 3")
    beyond = call(place, "search", query="tide", cursor="10x9-00000000")
    assert "3 papers, and no further page" in beyond.text


# Errors


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        # The library drops what it does not know.
        ("search", {"query": "tide", "years": 2022}, ["no argument 'years'", "year, category"]),
        ("suggest", {"text": "ti", "limits": 3, "kinds": 1}, ["'limits', 'kinds'"]),
        ("search", {"limit": "many"}, ["limit is 'many'", "integer"]),
        ("search", {"limit": 26}, ["limit is 26", "1 to 25"]),
        ("facets", {"limit": 0}, ["limit is 0", "1 to 100"]),
        ("search", {"year": {"from": 2020}}, ["year is {'from': 2020}", "2020..2023"]),
        ("search", {"year": "last week"}, ["'last week'", "2023..2025"]),
        ("search", {"sort": "newest"}, ["sort is 'newest'", "'date'"]),
        ("search", {"cursor": "two"}, ["cursor is 'two'"]),
        ("facets", {"facet": "mood"}, ["no facet 'mood'", "category, year"]),
        ("paper", {}, ["paper_id is missing", "doi:"]),
        ("paper", {"paper_id": "p9"}, ["no paper has the id 'p9'"]),
        ("paper", {"paper_id": 12}, ["no paper has the id '12'"]),
        ("similar", {"like": ["p1", "p9"]}, ["'p9'"]),
        ("similar", {"like": ""}, ["like"]),
        ("dance", {}, ["dance"]),
    ],
)
def test_an_error_is_text_that_says_what_to_do(
    place: Path, name: str, arguments: dict[str, Any], says: list[str]
) -> None:
    answer = call(place, name, **arguments)
    assert answer.is_error
    assert [one for one in says if one not in answer.text] == []
    assert "pydantic" not in answer.text


def test_damage_is_told_with_what_mends_it(tmp_path: Path) -> None:
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "a.jsonl", {"title": "Tide"})])
    for file in (tmp_path / "index").glob("*.documents"):
        file.write_bytes(b"torn")
    answer = call(tmp_path / "index", "search", query="tide")
    assert answer.is_error
    assert "searcher check --repair" in answer.text


# Resources


def test_a_paper_is_a_resource_whatever_its_id(place: Path) -> None:
    async def talk(client: Client) -> None:
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "papers://paper/{paper_id}"
        for name in ("p1", "a/b%2F c"):
            whole = await called(client, "paper", {"paper_id": name})
            address = whole.text.rpartition("resource: ")[2]
            assert address == resource_address(name)
            (read,) = (await client.read_resource(address)).contents
            assert getattr(read, "text", "") == whole.text
        for name in ("p9", "../../etc/passwd", "/etc/passwd"):
            with pytest.raises(MCPError, match=re.escape(f"no paper has the id '{name}'")):
                await client.read_resource(resource_address(name))

    asked(place, talk)


# A process of its own


def test_the_command_talks_over_standard_input_and_output(
    seeds_index: Path, tmp_path: Path
) -> None:
    """As a program starts it that was told what the page for developers says."""
    (told,) = re.findall(
        r"```json\n(.*?)```", (ROOT / "searcher" / "README.md").read_text("utf-8"), re.DOTALL
    )
    (papers,) = json.loads(told)["mcpServers"].values()
    assert papers["command"] == "searcher"
    (tmp_path / "papers.index").symlink_to(seeds_index)

    async def talk() -> Answer:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "searcher", *papers["args"]],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
        )
        async with Client(stdio_client(server)) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
            wrong = await called(client, "search", {"query": "noise", "frob": 1})
            assert wrong.is_error
            return await called(client, "search", {"query": "label noise", "limit": 2})

    assert len(ids(asyncio.run(talk()).text)) == 2


def test_an_interrupt_ends_the_command(seeds_index: Path, tmp_path: Path) -> None:
    """Also while nobody has asked anything."""
    with subprocess.Popen(
        [sys.executable, "-m", "searcher", "mcp", "--index", str(seeds_index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    ) as process:
        timer = Timer(MOST_WAITED, process.kill)
        timer.start()
        assert process.stdin is not None
        assert process.stdout is not None
        print('{"jsonrpc": "2.0", "id": 1, "method": "ping"}', file=process.stdin, flush=True)
        assert '"id":1' in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        timer.cancel()
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1] == "interrupted"
