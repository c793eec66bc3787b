"""What answers share: one that was given is given again until the index changes, and is bounded."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import searcher
from searcher.collection import Collection
from searcher.web import site as site_module
from searcher.web.site import Site, Told
from tests.conftest import write_jsonl


def commit(index: Path, title: str) -> None:
    searcher.build(index, [write_jsonl(index.with_name(f"{title}.jsonl"), {"title": title})])


@pytest.fixture
def site(index: Path) -> Iterator[Site]:
    commit(index, "Oaks")
    site = Site([str(index)], None)
    yield site
    site.close()


class Question:
    """Tells how many papers there are, and remembers how often it was asked."""

    def __init__(self, *, is_whole: bool = True) -> None:
        self.is_whole = is_whole
        self.times = 0

    def __call__(self, papers: Collection) -> Told:
        self.times += 1
        return Told(f"{len(papers)} papers", self.is_whole)


def test_an_answer_is_given_again_without_a_search(site: Site) -> None:
    question = Question()
    first, again, other = [
        asyncio.run(site.answer(asked, question)) for asked in ("/?q=a", "/?q=a", "/?q=b")
    ]
    assert question.times == 2
    assert again == first
    assert (other.body, other.tag == first.tag) == (b"1 papers", False)


def test_a_commit_ends_what_was_kept(
    site: Site, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.current.SECONDS", 0.0)
    question = Question()
    before = asyncio.run(site.answer("/", question))
    commit(index, "Elms")
    after = asyncio.run(site.answer("/", question, {before.tag}))
    assert (before.body, after.body) == (b"1 papers", b"2 papers")
    assert asyncio.run(site.answer("/", question, {after.tag})).body is None
    assert question.times == 2


def test_a_late_answer_is_not_kept(site: Site) -> None:
    question = Question(is_whole=False)
    for _ in range(2):
        assert asyncio.run(site.answer("/", question)) == (b"1 papers", "")
    assert question.times == 2


def test_a_failure_is_not_kept(site: Site) -> None:
    def fail(_papers: Collection) -> Told:
        raise searcher.BadRequestError("no")

    for _ in range(2):
        with pytest.raises(searcher.BadRequestError):
            asyncio.run(site.answer("/", fail))


def test_what_is_kept_is_bounded(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "KEPT_BYTES", 2_000)
    commit(index, "Oaks")
    site, question = Site([str(index)], None), Question()
    for number in range(20):
        asyncio.run(site.answer(f"/?q={number}", question))
    asyncio.run(site.answer("/?q=19", question))
    assert question.times == 20
    asyncio.run(site.answer("/?q=0", question))
    assert question.times == 21
    site.close()
