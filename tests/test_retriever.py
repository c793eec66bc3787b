"""The retriever of LangChain, and searches that nobody waits for: asyncio."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.load import dumps, loads

import searcher
from index.errors import MissingExtraError
from searcher.errors import BadRequestError
from searcher.programs import PaperRetriever
from tests.papers import FULL


@pytest.fixture(scope="module")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as papers:
        yield papers


def test_a_search_gives_documents_of_title_and_abstract(papers: searcher.Collection) -> None:
    retriever = PaperRetriever(papers=papers, limit=3, options={"year": "2022", "match": "all"})
    found = retriever.invoke("label noise")
    page = papers.search("label noise", limit=3, year="2022", match="all")
    assert [document.id for document in found] == [hit.id for hit in page]
    paper = papers.paper(found[0].id or "")
    assert found[0].page_content == f"{paper.title}\n\n{paper.abstract}"
    assert found[0].metadata["authors"] == list(paper.authors)
    assert found[0].metadata["date"] == paper.date
    assert found[0].metadata["relevance"] == page.hits[0].score


@pytest.mark.filterwarnings(
    "ignore:The (function .loads. is in beta|default value of .allowed_obj)"
)
def test_documents_are_the_same_when_they_are_written_and_read(tmp_path: Path) -> None:
    searcher.build(tmp_path / "index", papers=[FULL], source="shelf")
    with searcher.open(tmp_path / "index") as papers:
        (document,) = PaperRetriever(papers=papers).invoke(f"id:{FULL.id}")
    assert document.metadata["date"] == "2021-03-09"
    assert loads(dumps(document)) == document


def test_what_it_asks_for_itself_cannot_be_left_out(papers: searcher.Collection) -> None:
    retriever = PaperRetriever(papers=papers, limit=1, options={"paper": False, "snippets": True})
    assert len(retriever.invoke("noise")) == 1


@pytest.mark.parametrize(
    ("limit", "options", "said"),
    [
        (10, {"years": 2022}, "no option 'years'"),
        (10, {"year": "soon"}, "'soon'"),
        (
            10,
            {"query": "noise"},
            "options has a query; what is searched",
        ),
        (-1, None, "limit -1"),
        (10, {"limit": -1}, "limit -1"),
    ],
)
def test_what_is_wrong_is_told_when_it_is_made(
    papers: searcher.Collection, limit: int, options: dict[str, object] | None, said: str
) -> None:
    with pytest.raises(BadRequestError, match=said):
        PaperRetriever(papers=papers, limit=limit, options=options)


def test_nothing_found_is_no_documents(papers: searcher.Collection) -> None:
    assert PaperRetriever(papers=papers).invoke("xyzzyq") == []


def test_searches_that_nobody_waits_for_do_not_wait_for_what_blocks(
    papers: searcher.Collection,
) -> None:
    """Nor for the usual threads, of which a program may keep all."""
    retriever = PaperRetriever(papers=papers, limit=2)
    end = threading.Event()

    async def talk() -> list[list[Document]]:
        most = min(32, (os.cpu_count() or 1) + 4)
        blocked = [asyncio.create_task(asyncio.to_thread(end.wait)) for _ in range(most)]
        try:
            searches = [retriever.ainvoke(query) for query in ("noise", "label", "noise")]
            return await asyncio.wait_for(asyncio.gather(*searches), 60)
        finally:
            end.set()
            await asyncio.gather(*blocked)

    first, other, again = asyncio.run(talk())
    assert first == again == retriever.invoke("noise")
    assert other == retriever.invoke("label")


def test_a_batch_is_each_search(papers: searcher.Collection) -> None:
    retriever = PaperRetriever(papers=papers, limit=2)
    assert retriever.batch(["noise", "label"]) == list(map(retriever.invoke, ["noise", "label"]))


def test_many_searches_at_once_are_those_of_one(papers: searcher.Collection) -> None:
    queries = ["noise", "label noise", "federated", "noise", "diffusion"]

    async def talk() -> list[searcher.Page]:
        tasks = [asyncio.to_thread(papers.search, query, facets=["year"]) for query in queries]
        return await asyncio.gather(*tasks)

    assert asyncio.run(talk()) == [papers.search(query, facets=["year"]) for query in queries]


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("PaperRetriever", "langchain_core", "langchain"),
        ("create_server", "mcp", "mcp"),
    ],
)
def test_a_missing_extra_names_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    from searcher import programs

    monkeypatch.delitem(vars(programs), name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"extra {extra}: pip install '\.\[{extra}\]'"):
        getattr(programs, name)


def test_other_names_are_none() -> None:
    from searcher import programs

    assert not hasattr(programs, "frobnicate")
