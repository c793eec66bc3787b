"""The JSON API: the command line's answers at addresses, its problems, and what it promises."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from starlette.testclient import TestClient

import searcher
from index.segments.names import table_path, tables_in
from searcher.cli.main import main
from searcher.page import Page
from searcher.request import Request, SearchOptions
from searcher.web.api import ENDPOINTS
from searcher.web.app import create_app
from tests.conftest import write_jsonl

AT = "/api/v1"
HOST = "127.0.0.1"
PAPER = "yao-latent-class-conditional-noise-model-36cfec22"
EXAMPLES = 3
"""How many requests of each kind are made of each endpoint; a longer run takes thousands."""
PROBLEM = "application/problem+json"

# What is typed, and the address that answers the same.
SAME = [
    (
        "search noise",
        "search?query=noise&facets=category&facets=year&echo=true&diagnosis=true",
    ),
    (
        "search noise --author 'Bo Han' --year 2020.. --sort date --limit 3 --page 2 --explain",
        "search?query=noise&author=Bo Han&year=2020..&sort=date&limit=3&page=2&explain=true"
        "&facets=category&facets=year&echo=true&diagnosis=true",
    ),
    (
        "search mixture of experst --any --expand --facet author --facet venue --no-acronyms",
        "search?query=mixture of experst&match=any&expand=true&facets=author&facets=venue"
        "&acronyms=false&echo=true&diagnosis=true",
    ),
    (
        "search label noise --year 1998 --category LG --has-code",
        "search?query=label noise&year=1998&category=LG&has_code=true"
        "&facets=category&facets=year&echo=true&diagnosis=true",
    ),
    (
        "facets noise --author 'Bo Han' --facet author --facet type --limit 3",
        "facets?query=noise&author=Bo Han&facets=author&facets=type&facet_values=3&echo=true",
    ),
    ("stats", "facets?echo=true"),
    (f"show {PAPER}", f"paper?id={PAPER}"),
    (f"similar {PAPER} --year 2020.. --limit 4", f"similar?like={PAPER}&year=2020..&limit=4"),
    (f"explain {PAPER} noisy labels", f"explain?id={PAPER}&query=noisy labels"),
    (f"explain {PAPER} noise bread", f"explain?id={PAPER}&query=noise bread&category="),
    ("suggest yao --limit 3", "suggest?prefix=yao&limit=3"),
    ("suggest qua --kind author --kind title", "suggest?prefix=qua&kinds=author&kinds=title"),
    ("acronyms moe", "acronyms?text=moe"),
]

# Addresses that are refused: the status, and what the detail must name.
REFUSED = [
    ("search?quary=noise", 400, "'quary'"),
    ("search?query=noise&query=label", 400, "query is given 2 times"),
    ("search?limit=101", 400, "limit is '101'; it is a whole number from 0 to 100"),
    ("search?limit=1.5", 400, "limit is '1.5'"),
    ("search?limit=1_0", 400, "limit is '1_0'"),
    ("search?page=0", 400, "page is '0'; it is a whole number from 1 to 1,000"),
    ("search?timeout=nan", 400, "timeout is 'nan'; it is a number from 0 to 10"),
    ("search?timeout=Infinity", 400, "timeout is 'Infinity'"),
    ("search?timeout=60", 400, "timeout is '60'"),
    ("search?has_code=on", 400, "has_code is 'on'; it is true or false"),
    ("search?strict=1", 400, "strict is '1'"),
    ("search?sort=best", 400, "sort is 'best'; it is one of citations, date"),
    ("search?facets=colour", 400, "facets is 'colour'; it is a list of at most"),
    ("search?query=" + "x" * 2_001, 400, "a text of at most 2,000 characters"),
    ("search?" + "category=LG&" * 51, 400, "category is ['LG', 'LG'"),
    ("search?" + "category=&" * 51, 400, "it is a list of at most 50 values"),
    ("paper", 400, "id is missing"),
    ("paper?id=%20", 400, "id is missing"),
    ("suggest?prefix=a&limit=0", 400, "limit is '0'; it is a whole number from 1"),
    ("paper?id=10.5555/12", 404, "'10.5555/12'"),
    ("similar?like=nobody", 404, "'nobody'"),
    ("nothing", 404, f"there is no {AT}/nothing"),
    ("search?category=" + "x" * 40_000, 414, "40,009 bytes"),
    ("search?year=20x9", 422, "'20x9'"),
    ("search?expand=true&sort=date", 422, "'date'"),
    ('search?query="noise&strict=true', 422, "a quote is not closed"),
]


@pytest.fixture(scope="module")
def client(seeds_index: Path) -> Iterator[TestClient]:
    with TestClient(create_app([str(seeds_index)]), base_url=f"http://{HOST}") as client:
        yield client


def timeless(text: str) -> str:
    """Return a JSON text without the time that a search took."""
    return re.sub(r'"took_ms": [\d.]+', '"took_ms": 0', text)


@pytest.mark.parametrize(("typed", "address"), SAME, ids=[typed for typed, _ in SAME])
def test_an_answer_is_what_the_command_line_prints(
    client: TestClient,
    seeds_index: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    address: str,
) -> None:
    words = shlex.split(typed)
    arguments = ["searcher", *words, "--format", "json", "--index", str(seeds_index)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    answer = client.get(f"{AT}/{address}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    # The same in fewer bytes: the keys in their order, the numbers and the escapes.
    assert timeless(json.dumps(answer.json(), indent=2) + "\n") == timeless(printed)
    assert answer.text == json.dumps(answer.json()) + "\n"
    assert answer.content.isascii()


def test_an_answer_is_what_python_gives(client: TestClient, seeds_index: Path) -> None:
    with searcher.open(seeds_index) as papers:
        page = papers.search("noise", facets=["author"], snippets=False, limit=5)
    answer = client.get(f"{AT}/search?query=noise&facets=author&snippets=false&limit=5")
    assert timeless(answer.text) == timeless(json.dumps(page.to_dict()) + "\n")


@pytest.mark.parametrize(("address", "status", "detail"), REFUSED)
def test_a_refusal_is_a_problem(client: TestClient, address: str, status: int, detail: str) -> None:
    answer = client.get(f"{AT}/{address}")
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    assert detail in problem["detail"]
    assert "Traceback" not in answer.text
    # The type says where the description explains it.
    place, _, pointer = problem["type"].partition("#/")
    described = client.get(place).json()
    for key in pointer.split("/"):
        described = described[key]
    assert described["description"] == f"{problem['title']}."


def test_a_strict_search_lists_its_diagnostics(client: TestClient) -> None:
    problem = client.get(f'{AT}/search?query="noise&strict=true').json()
    assert [one["code"] for one in problem["diagnostics"]] == ["unclosed-quote"]


@pytest.mark.parametrize("endpoint", [*[one.path for one in ENDPOINTS], "/openapi.json"])
def test_the_api_is_only_read(client: TestClient, endpoint: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = client.request(method, f"{AT}{endpoint}")
        assert answer.status_code == 405
        assert answer.headers["allow"] in ("GET, HEAD", "HEAD, GET")
        assert answer.headers["content-type"] == PROBLEM


def test_head_has_the_headers_of_get(client: TestClient) -> None:
    address = f"{AT}/paper?id={PAPER}"
    assert client.head(address).headers == client.get(address).headers


def test_blank_parameters_are_none(client: TestClient) -> None:
    blank = "&".join(f"{one.name}=%20" for one in ENDPOINTS[0].parameters if one.name != "query")
    answer = client.get(f"{AT}/search?query=noise&{blank}&{blank}")
    assert timeless(answer.text) == timeless(client.get(f"{AT}/search?query=noise").text)


def test_every_option_of_a_search_is_a_parameter() -> None:
    names = {one.name for one in ENDPOINTS[0].parameters}
    assert names == {"query", "diagnosis"} | (
        SearchOptions.__annotations__.keys() - {"ranking", "weights"}
    )


def test_what_is_left_out_is_as_usual() -> None:
    request = Request()
    for one in ENDPOINTS[0].parameters:
        if one.name not in ("timeout", "facet_values", "diagnosis"):
            assert one.default == getattr(request, one.name), one.name


def test_any_identifier_and_any_text_names_a_paper(tmp_path: Path) -> None:
    doi = "10.1000/a?b#c/d%20é"
    file = write_jsonl(
        tmp_path / "papers.jsonl",
        {"id": "one", "title": "Ferries & storms", "abstract": "Storms.", "doi": doi},
        {"id": "two", "title": "Ferries in storms", "abstract": "Ferries wait for storms."},
    )
    searcher.build(tmp_path / "index", [file])
    with TestClient(create_app([str(tmp_path / "index")]), base_url=f"http://{HOST}") as client:
        for named in (doi, f"https://doi.org/{quote(doi)}", f"doi:{doi.upper()}"):
            answer = client.get(f"{AT}/paper", params={"id": named})
            assert answer.json()["title"] == "Ferries & storms", named
        texts: list[list[str]] = [["one"], ["one", "two"], ["how ferries fare in storms"]]
        found = [client.get(f"{AT}/similar", params={"like": like}).json() for like in texts]
        ids = [[hit["id"] for hit in page["hits"]] for page in found]
        assert [len(one) for one in ids] == [1, 0, 2]


def test_a_page_of_facets_is_bounded(client: TestClient) -> None:
    page = client.get(f"{AT}/search?facets=author&facet_values=2&limit=0").json()
    assert len(page["facets"]["author"]) == 2
    assert page["hits"] == []


def test_all_matches_come_from_the_export(client: TestClient) -> None:
    total = client.get(f"{AT}/search?query=noise&limit=0").json()["total"]
    lines = client.get("/export?q=noise&format=jsonl").text.splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == total


# What the description promises

# Values that find something, where a parameter takes any text.
KNOWN: dict[str, list[str]] = {
    "id": [PAPER],
    "like": [PAPER, "learning with noisy labels"],
    "query": ["noise", "mixture of experst", "*", "bo han 2023", '"label noise" -model'],
    "prefix": ["yao", "noi"],
    "text": ["moe", "large language model"],
}


def described(client: TestClient, known: Mapping[str, list[str]]) -> Any:
    """Return the description as it is tried: closed, and some parameters take known values only."""
    document = client.get(f"{AT}/openapi.json").json()
    for schema in document["components"]["schemas"].values():
        # Any answer may say more in a later version; here what is not described is a fault.
        schema["additionalProperties"] = schema.get("additionalProperties", False)
    for path in document["paths"].values():
        for parameter in path["get"]["parameters"]:
            if values := known.get(parameter["name"]):
                schema = parameter["schema"]
                schema.get("items", schema)["enum"] = values
    return document


@pytest.mark.parametrize(
    ("mode", "known"), [("positive", {}), ("positive", KNOWN), ("negative", {})]
)
def test_answers_are_as_described(
    client: TestClient, mode: str, known: Mapping[str, list[str]]
) -> None:
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.core.result import Ok

    # No schema says how long an address may be (414), that a query is not clear, or that two
    # options exclude each other (422).
    checks = {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "404", "414", "422"]},
        "negative_data_rejection": {"expected-statuses": ["400", "404", "414", "422"]},
    }
    tried = schemathesis.openapi.from_dict(
        described(client, known), config=SchemathesisConfig.from_dict({"checks": checks})
    )
    operations = [one.ok() for one in tried.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) == len(ENDPOINTS)
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        @settings(max_examples=EXAMPLES)
        def check(case: Any) -> None:
            # Its own client would start and end the application with each request.
            sent = case.as_transport_kwargs(base_url=f"http://{HOST}{AT}")
            sent.pop("cookies", None)
            case.validate_response(client.request(**sent))

        check()


# What a client keeps


def test_a_tag_stands_for_an_answer_until_the_index_changes(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    one = {"id": "one", "title": "Ferries", "abstract": "Ferries wait."}
    searcher.build(directory, [write_jsonl(tmp_path / "a.jsonl", one)])
    app = create_app([str(directory)])
    address = f"{AT}/search?query=ferries"
    with TestClient(app, base_url=f"http://{HOST}") as client:
        first = client.get(address)
        tag = first.headers["etag"]
        assert client.get(address).headers["etag"] == tag
        assert client.get(f"{address}&limit=1").headers["etag"] != tag
        assert client.get(f"{AT}/facets?query=ferries").headers["etag"] != tag
        for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = client.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), known
            assert again.headers["etag"] == tag
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
        missing = client.get(f"{AT}/paper?id=two", headers={"If-None-Match": "*"})
        assert missing.status_code == 404
    searcher.build(directory, [write_jsonl(tmp_path / "b.jsonl", one | {"id": "two"})])
    with TestClient(create_app([str(directory)]), base_url=f"http://{HOST}") as client:
        newer = client.get(address, headers={"If-None-Match": tag})
        assert newer.json()["total"] == 2


def test_a_late_answer_has_no_tag(client: TestClient) -> None:
    answer = client.get(f"{AT}/search?query=noise&timeout=0")
    assert answer.json()["partial"]
    assert "etag" not in answer.headers


# What may be wrong with an index


def test_a_missing_index_is_a_problem_until_it_is_built(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    with TestClient(create_app([str(directory)]), base_url=f"http://{HOST}") as client:
        answer = client.get(f"{AT}/search")
        assert answer.status_code == 503
        assert f"searcher index PATH --index {directory}" in answer.json()["detail"]


def test_a_damaged_index_is_a_problem_that_says_how_to_repair_it(
    seeds_index: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "index"
    shutil.copytree(seeds_index, directory)
    (generation,) = tables_in(str(directory))
    table = Path(table_path(str(directory), generation))
    table.write_bytes(b"?" + table.read_bytes()[1:])
    with TestClient(create_app([str(directory)]), base_url=f"http://{HOST}") as client:
        answer = client.get(f"{AT}/paper?id={PAPER}")
        assert answer.status_code == 503
        assert f"searcher check --repair --index {directory}" in answer.json()["detail"]


def test_a_defect_is_told_as_one(seeds_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_page: Page) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Page, "to_dict", fail)
    app = create_app([str(seeds_index)])
    with TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False) as client:
        answer = client.get(f"{AT}/search")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert "ZeroDivisionError" in answer.json()["detail"]
