"""A paper is found by every identifier it has, however that is spelled. The papers are invented."""

from collections.abc import Iterator

import pytest

import searcher
from index import Paper, Source, open_writer
from index.identifiers import Identifier
from index.paper import Copy
from searcher.query.parser import parse

PAPERS = {
    "2001.00001": [Identifier("doi", "10.5555/moss(1)"), Identifier("pmid", "12")],
    "10.5555/fern": [Identifier("pmcid", "PMC77"), Identifier("openalex", "W99")],
    "P18-1001": [],
    "poe-slow-rivers-0badcafe": [
        Identifier("accession", "ED123"),
        Identifier("citation_key", "poe"),
    ],
}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Collection]:
    directory = tmp_path_factory.mktemp("identifiers") / "index"
    with open_writer(str(directory)) as writer:
        for line, (name, found) in enumerate(PAPERS.items(), 1):
            sources = (Source("/papers.jsonl", line),)
            paper = Paper(name, "Slow 12 rivers", identifiers=tuple(found), sources=sources)
            writer.add([Copy.of(paper)], ())
        writer.commit()
    with searcher.open(directory) as collection:
        yield collection


NAMES = {
    "2001.00001": """
        2001.00001 2001.00001v2 arXiv:2001.00001 arxiv:2001.00001v3 pmid:12 PMID:12
        https://arxiv.org/abs/2001.00001v1 http://arxiv.org/pdf/2001.00001.pdf arxiv.org/abs/2001.00001
        10.5555/moss(1) 10.5555/MOSS(1) doi:10.5555/Moss(1) https://doi.org/10.5555/moss(1)
        https://pubmed.ncbi.nlm.nih.gov/12/
    """,
    "10.5555/fern": """
        10.5555/fern 10.5555/FERN doi:10.5555/Fern https://doi.org/10.5555/fern doi.org/10.5555/fern
        PMC77 pmcid:PMC77 pmc:77 https://openalex.org/W99 W99
    """,
    "P18-1001": "P18-1001 p18-1001 acl:P18-1001 https://aclanthology.org/P18-1001/",
    "poe-slow-rivers-0badcafe": "poe-slow-rivers-0badcafe accession:ED123",
}
CASES = [(name, paper_id) for paper_id, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("name", "paper_id"), CASES)
def test_every_spelling_names_the_paper(
    papers: searcher.Collection, name: str, paper_id: str
) -> None:
    assert papers.paper(name).id == paper_id
    if name != paper_id or "-slow-" not in name:
        page = papers.search(name) if "accession" not in name else papers.search(f"id:{name}")
        assert ([hit.id for hit in page], page.diagnostics) == ([paper_id], ())
        assert parse(page.parsed).diagnostics == ()
        assert [hit.id for hit in papers.search(page.parsed)] == [paper_id]
    assert [hit.id for hit in papers.search(f'id:"{name}"')] == [paper_id]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("id:2001.00001v2", ["2001.00001"]),
        ("id:arXiv:2001.00001", ["2001.00001"]),
        ("id:pmid:12", ["2001.00001"]),
        ("id:ED123", ["poe-slow-rivers-0badcafe"]),
        ("doi:https://doi.org/10.5555/FERN", ["10.5555/fern"]),
        ("doi:10.5555/*", ["10.5555/fern", "2001.00001"]),
        ("id:poe-*", ["poe-slow-rivers-0badcafe"]),
        ("pmid:12 OR acl:P18-1001", ["2001.00001", "P18-1001"]),
        ("rivers -pmid:12 -doi:10.5555/fern -acl:P18-1001", ["poe-slow-rivers-0badcafe"]),
        ("pmid:12 arxiv:2001.00001 slow", ["2001.00001"]),
    ],
)
def test_identifiers_in_queries(papers: searcher.Collection, query: str, ids: list[str]) -> None:
    page = papers.search(query)
    assert (sorted(hit.id for hit in page), page.diagnostics) == (ids, ())


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("10.5555/none", "read as words"),
        ("https://arxiv.org/abs/2102.00002", "read as words"),
        ("doi:10.5555/none", "no paper in this index has the id"),
        ("pmid:13", "no paper in this index has the id"),
    ],
)
def test_an_identifier_of_no_paper_is_told(
    papers: searcher.Collection, query: str, told: str
) -> None:
    (diagnostic, *_) = [one for one in papers.search(query).diagnostics if one.code == "no-such-id"]
    assert told in diagnostic.message


@pytest.mark.parametrize("query", ["slow rivers", "12", "W2020", "slow", "P99-9999"])
def test_words_are_no_identifiers(papers: searcher.Collection, query: str) -> None:
    assert "no-such-id" not in {one.code for one in papers.search(query).diagnostics}
