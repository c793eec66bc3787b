"""Feeds: valid by RFC 4287, the same until something is found, and read by an outside reader."""

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index import Paper, Source
from index.identifiers import Identifier
from searcher import Request
from searcher.output.atom import atom
from searcher.saved import feeds
from searcher.saved.feeds import Feed, feed_of
from searcher.saved.looking import look_for_new
from searcher.saved.searches import SavedSearch
from searcher.saved.seen import Seen
from tests.writing import commit, delete, paper

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
# RFC 3339 with a zone, as RFC 4287, 3.3 asks.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# An IRI with its scheme.
IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


def fed(directory: Path, before: Seen = Seen(), now: datetime = NOON, **options: Any) -> Feed:  # noqa: B008
    query = options.pop("query", "rivers")
    saved = SavedSearch("rivers", (str(directory),), Request(query, **{"match": "all", **options}))
    with searcher.open(directory) as papers:
        return feed_of(papers, saved, before, now)


def check(text: str) -> ET.Element:
    """Check a feed against RFC 4287, and return its root."""
    root = ET.fromstring(text)
    assert root.tag == f"{ATOM}feed"
    _check_one(root, "id", "title", "updated")
    entries = root.findall(f"{ATOM}entry")
    assert root.find(f"{ATOM}author") is not None or all(
        entry.find(f"{ATOM}author") is not None for entry in entries
    )
    ids = [root.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)]
    assert len(ids) == len({*ids})
    for entry in entries:
        _check_one(entry, "id", "title", "updated", "content")
        assert len(entry.findall(f"{ATOM}published")) <= 1
        content = entry.find(f"{ATOM}content")
        assert content is not None
        assert content.get("type") == "xhtml"
        (div,) = content  # a single div, and nothing else (4.1.3.3)
        assert div.tag == f"{XHTML}div"
        assert not (content.text or "").strip()
        assert not (div.tail or "").strip()
        assert {one.tag for one in div.iter()} <= {f"{XHTML}{name}" for name in ("div", "p", "b")}
    for one in root.iter():
        if one.tag in (f"{ATOM}updated", f"{ATOM}published"):
            assert TIME.fullmatch(one.text or ""), one.text
        elif one.tag == f"{ATOM}author":
            (name,) = one.findall(f"{ATOM}name")
            assert (name.text or "").strip()
        elif one.tag == f"{ATOM}link":
            assert IRI.fullmatch(one.get("href") or "")
        elif one.tag == f"{ATOM}category":
            assert one.get("term")
        elif one.tag == f"{ATOM}id":
            assert IRI.fullmatch(one.text or "")
    updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert updated == sorted(updated, reverse=True)
    return root


def _check_one(element: ET.Element, *names: str) -> None:
    for name in names:
        assert len(element.findall(ATOM + name)) == 1, name


def text_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def one(index: Path) -> Path:
    """An index of one paper that has all that an entry tells."""
    commit(
        index,
        Paper(
            "10.5555/12",
            "Rivers & <deltas>",
            "The rivers of the north. They flow.",
            ("Bo Han", "Ann Fern"),
            categories=("cs.LG",),
            date="2024-03-15",
            year=2024,
            venue="Letters",
            identifiers=(Identifier("doi", "10.5555/12"),),
            sources=(Source("/papers.jsonl", 1),),
        ),
    )
    return index


def test_a_feed_says_what_was_found(one: Path) -> None:
    root = check(atom(fed(one), "http://127.0.0.1:8000/feeds/rivers.atom"))
    assert root.findtext(f"{ATOM}title") == "rivers: rivers"
    link = root.find(f"{ATOM}link")
    assert link is not None
    assert (link.get("rel"), link.get("href")) == (
        "self",
        "http://127.0.0.1:8000/feeds/rivers.atom",
    )
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Rivers & <deltas>"
    assert entry.findtext(f"{ATOM}updated") == "2026-12-01T12:00:00Z"
    assert entry.findtext(f"{ATOM}published") == "2024-03-15T00:00:00Z"
    names = [author.findtext(f"{ATOM}name") for author in entry.findall(f"{ATOM}author")]
    assert names == ["Bo Han", "Ann Fern"]
    (category,) = entry.findall(f"{ATOM}category")
    assert (category.get("term"), category.get("label")) == ("cs.LG", "Machine Learning")
    (alternate,) = entry.findall(f"{ATOM}link")
    assert alternate.get("href") == "https://doi.org/10.5555/12"
    facts, abstract = entry.iter(f"{XHTML}p")
    assert text_of(facts) == "Bo Han, Ann Fern · Letters · 2024-03-15 · 10.5555/12"
    assert text_of(abstract) == "The rivers of the north."
    assert [bold.text for bold in abstract.iter(f"{XHTML}b")] == ["rivers"]


def test_an_outside_reader_reads_the_same(one: Path) -> None:
    read = feedparser.parse(atom(fed(one)))
    assert (read.bozo, read.version) == (False, "atom10")
    assert read.feed.title == "rivers: rivers"
    (entry,) = read.entries
    assert entry.id.startswith("urn:uuid:")
    assert entry.title == "Rivers & <deltas>"
    assert entry.updated_parsed[:6] == (2026, 12, 1, 12, 0, 0)
    assert entry.published_parsed[:3] == (2024, 3, 15)
    assert [author.name for author in entry.authors] == ["Bo Han", "Ann Fern"]
    assert entry.link == "https://doi.org/10.5555/12"
    assert "The <b>rivers</b> of the north." in entry.content[0].value


def test_a_feed_of_nothing_is_a_feed(index: Path) -> None:
    commit(index, paper(1))
    feed = fed(index, query="qqqqqq")
    root = check(atom(feed))
    assert root.findtext(f"{ATOM}updated") == "2026-12-01T12:00:00Z"
    assert fed(index, feed.seen, NOON + timedelta(days=1), query="qqqqqq") == feed


@settings(max_examples=40)
@given(
    title=st.text(min_size=1).filter(str.strip),
    names=st.lists(st.text(min_size=1, max_size=9).filter(str.strip), max_size=2),
    date=st.sampled_from([None, "2024", "2024-03", "2024-03-15", "--03-15"]),
    address=st.sampled_from(["", "http://a/?b=1&c=2"]),
)
def test_whatever_a_paper_says_the_feed_is_valid(
    one_feed: Feed, title: str, names: list[str], date: str | None, address: str
) -> None:
    (entry,) = one_feed.entries
    assert entry.hit.paper
    told = replace(entry.hit.paper, title=title, authors=tuple(names), date=date, venue=title)
    hit = searcher.Hit(1, "p1", title, 1.0, told, entry.hit.snippets)
    root = check(atom(replace(one_feed, entries=(replace(entry, hit=hit),)), address))
    assert feedparser.parse(atom(one_feed)).bozo is False
    (found,) = root.findall(f"{ATOM}entry")
    sound = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", title)
    # XML has one line end.
    assert found.findtext(f"{ATOM}title") == sound.replace("\r\n", "\n").replace("\r", "\n")


@pytest.fixture(scope="module")
def one_feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    """The feed of an index of one paper."""
    index = tmp_path_factory.mktemp("feeds") / "index"
    commit(index, replace(paper(1), title="Rivers", abstract="Rivers & <lakes>."))
    return fed(index)


# The times and ids of entries


def times(feed: Feed) -> dict[str, str]:
    return {entry.hit.id: entry.since[:10] for entry in feed.entries}


def river(number: int, **more: Any) -> Paper:
    return replace(paper(number), title=f"Rivers {number}", **more)


def test_an_entry_is_of_the_day_when_it_was_found(index: Path) -> None:
    commit(index, river(1))
    first = fed(index, query="title:rivers")
    commit(index, river(2))
    second = fed(index, first.seen, NOON + timedelta(days=1), query="title:rivers")
    assert times(second) == {"p2": "2026-12-02", "p1": "2026-12-01"}
    assert list(times(second)) == ["p2", "p1"]
    assert second.updated == "2026-12-02T12:00:00Z"
    later = fed(index, second.seen, NOON + timedelta(days=9), query="title:rivers")
    assert atom(later) == atom(second)
    delete(index, "p2")
    assert times(fed(index, second.seen, NOON, query="title:rivers")) == {"p1": "2026-12-01"}


def test_a_feed_leaves_what_is_new_as_it_is(index: Path) -> None:
    commit(index, river(1))
    feed = fed(index)
    saved = feed.search
    with searcher.open(index) as papers:
        found = look_for_new(papers, saved, feed.seen, NOON + timedelta(days=1))
    assert [hit.id for hit in found.page] == ["p1"]
    both = feed.seen.with_met(found.seen)
    assert both.told == "2026-12-02T12:00:00Z"
    assert times(fed(index, both, NOON + timedelta(days=2))) == {"p1": "2026-12-01"}
    assert both.with_met(fed(index, both, NOON + timedelta(days=2)).seen) == both


def test_an_entry_keeps_its_id_when_the_paper_gets_another(index: Path) -> None:
    own = river(1, id="10.5555/12", identifiers=(Identifier("doi", "10.5555/12"),))
    commit(index, own)
    first = fed(index)
    delete(index, "10.5555/12")
    identifiers = (Identifier("arxiv", "2401.00001"), *own.identifiers)
    commit(index, replace(own, id="2401.00001", identifiers=identifiers))
    second = fed(index, first.seen, NOON + timedelta(days=1))
    assert [entry.id for entry in second.entries] == [entry.id for entry in first.entries]
    assert [entry.since for entry in second.entries] == [entry.since for entry in first.entries]
    assert second.id == first.id


def test_a_feed_has_what_was_found_last(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 3)
    monkeypatch.setattr("searcher.saved.matches._AT_ONCE", 2)
    commit(index, *map(river, range(4)))
    first = fed(index)
    assert len(first.entries) == 3
    commit(index, river(7), river(8))
    second = fed(index, first.seen, NOON + timedelta(days=1))
    assert {entry.hit.id for entry in second.entries[:2]} == {"p7", "p8"}
    assert len(second.entries) == 3
    assert all(entry.hit.snippets for entry in second.entries)


@settings(max_examples=6)
@given(days=st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=3), min_size=1, max_size=3))
def test_no_entry_ever_gets_another_time(
    days: list[set[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    index = tmp_path_factory.mktemp("days") / "index"
    commit(index, paper(50))
    seen, known = Seen(), dict[str, str]()
    for day, numbers in enumerate(days):
        order = sorted(numbers)
        random.Random(day).shuffle(order)
        commit(index, *map(river, order))
        feed = fed(index, seen, NOON + timedelta(days=day), query="title:rivers")
        seen = seen.with_met(feed.seen)
        assert _agree(times(feed), known)
        known |= times(feed)


def _agree(now: Mapping[str, str], known: Mapping[str, str]) -> bool:
    return all(now[one] == since for one, since in known.items())
