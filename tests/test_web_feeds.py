"""The feeds of saved searches as the web page has them: whose, at which address, and when."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest
from starlette.testclient import TestClient

from searcher import Request
from searcher.saved.files import write_whole
from searcher.saved.searches import SavedSearch, SavedSearches
from searcher.web.app import create_app
from tests.test_feeds import check
from tests.writing import commit, paper


@pytest.fixture
def searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Path) -> SavedSearches:
    """Saved searches of an index of two papers, and of another index."""
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    commit(index, *(replace(paper(number), title=f"Rivers {number}") for number in range(2)))
    searches = SavedSearches()
    request = Request("title:rivers", match="all")
    searches.save(SavedSearch("rivers", (str(index),), request))
    searches.save(SavedSearch("both", (str(index), "/other.index"), request))
    return searches


@pytest.fixture
def client(index: Path) -> Iterator[TestClient]:
    """A client of the page that shows the index."""
    with TestClient(create_app([str(index)]), "http://127.0.0.1:8000") as client:
        yield client


def test_a_saved_search_has_a_feed(searches: SavedSearches, client: TestClient) -> None:
    answer = client.get("/feeds/rivers.atom")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    check(answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    read = feedparser.parse(answer.content)
    assert {entry.title for entry in read.entries} == {"Rivers 0", "Rivers 1"}
    assert read.feed.links[0].href == "http://127.0.0.1:8000/feeds/rivers.atom"
    seen = searches.seen("rivers")
    assert [one.told for one in seen.papers] == [False, False]
    assert client.get("/feeds/rivers.atom").content == answer.content
    assert client.head("/feeds/rivers.atom").status_code == 200
    assert client.post("/feeds/rivers.atom").status_code == 405


@pytest.mark.usefixtures("searches")
@pytest.mark.parametrize("name", ["both", "lakes", "Rivers", "..%2frivers", "%00", "rivers%0a"])
def test_other_searches_have_none(client: TestClient, name: str) -> None:
    answer = client.get(f"/feeds/{name}.atom")
    assert answer.status_code == 404
    assert "Rivers 0" not in answer.text


@pytest.mark.usefixtures("searches")
def test_a_name_of_no_saved_search_is_told(client: TestClient) -> None:
    assert "No saved search of these papers is called" in client.get("/feeds/lakes.atom").text


def test_a_definition_with_a_mistake_says_so(searches: SavedSearches, client: TestClient) -> None:
    write_whole(searches.file_of("rivers"), "query = 3\n")
    answer = client.get("/feeds/rivers.atom")
    assert answer.status_code == 503
    assert "the query is 3; it must be text" in answer.text
    assert "The saved search cannot be read" in answer.text
