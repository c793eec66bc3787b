"""A paper is found by every identifier it has, however that is spelled. The papers are invented."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import searcher
from index import Paper, Source, check, open_writer
from index.identifiers import Identifier
from index.paper import Copy, OtherText
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
        https://arxiv.org/abs/2001.00001v1 http://arxiv.org/pdf/2001.00001.pdf
        arxiv.org/abs/2001.00001
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


FURTHER = [
    Paper(
        "a", "Rivers", categories=("cs.CV", "math.CV"), type="article", language="de", cited_by=0
    ),
    Paper("b", "Rivers", categories=("CV",), type="thesis", language="en", cited_by=12),
    Paper("c", "Rivers", categories=("math.CV",), venue="River Letters", keywords=("Deep Moss",)),
    Paper("d", "Rivers", categories=("stat.ML",), venue="Moss", keywords=("moss",), cited_by=3),
]


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> Iterator[searcher.Collection]:
    directory = tmp_path_factory.mktemp("further") / "index"
    with open_writer(str(directory)) as writer:
        for paper in FURTHER:
            writer.add([Copy.of(replace(paper, sources=(Source("/papers.jsonl", 1),)))], ())
        writer.commit()
    with searcher.open(directory) as collection:
        yield collection


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("cat:CV", "ab"),
        ("cat:cs.CV", "ab"),
        ("cat:math.CV", "ac"),
        ("cat:cs", "ab"),
        ("cat:math", "ac"),
        ("cat:stat", "d"),
        ('cat:"Complex Variables"', "ac"),
        ("type:Article", "a"),
        ("type:(article OR thesis)", "ab"),
        ("type:phdthesis", "b"),
        ('type:"Journal Article"', "a"),
        ("-type:journal type:dissertation", "b"),
        ("lang:de", "a"),
        ("lang:German", "a"),
        ("lang:anglais", "b"),
        ("cited:0", "a"),
        ("cited:>0", "bd"),
        ("cited:0..3", "ad"),
        ("cited:<4", "ad"),
        ("-cited:>=0", "c"),
        ("venue:letters", "c"),
        ('venue:"river letters"', "c"),
        ("kw:moss", "cd"),
        ('kw:"deep moss"', "c"),
    ],
)
def test_fields(further: searcher.Collection, query: str, ids: str) -> None:
    page = further.search(query, sort="oldest")
    assert ("".join(hit.id for hit in page), page.diagnostics) == (ids, ())


@pytest.mark.parametrize(
    ("query", "code", "told"),
    [
        ("type:thesi", "no-such-type", "'thesi' (did you mean thesis?); it has article, thesis"),
        ("type:dataset", "no-such-type", "the type 'dataset'; it has article, thesis"),
        ("lang:Polish", "no-such-language", "the language 'Polish'; it has de, en"),
        ("lang:x*", "no-such-language", "the language 'x*'; it has de, en"),
        ("cat:stat.MM", "no-such-category", "(did you mean stat.ML?); it has CV, cs, cs.CV"),
    ],
)
def test_a_value_of_no_paper_is_told_with_those_there_are(
    further: searcher.Collection, query: str, code: str, told: str
) -> None:
    page = further.search(query)
    (diagnostic,) = page.diagnostics
    assert (page.total, diagnostic.code) == (0, code)
    assert told in diagnostic.message


def test_facets(further: searcher.Collection) -> None:
    page = further.search("*", facets=["category", "venue", "keyword", "type", "language"])
    assert page.facets is not None
    counts = {name: {c.value: c.count for c in found} for name, found in page.facets.items()}
    assert counts == {
        "category": {
            "math": 2,
            "math.CV": 2,
            "CV": 1,
            "cs": 1,
            "cs.CV": 1,
            "stat": 1,
            "stat.ML": 1,
        },
        "venue": {"River Letters": 1, "Moss": 1},
        "keyword": {"Deep Moss": 1, "moss": 1},
        "type": {"article": 1, "thesis": 1},
        "language": {"de": 1, "en": 1},
    }


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("Ströme", True),
        ("langsame ströme", True),
        ('"langsame ströme"', True),
        ("abstract:langsame", True),
        ("title:langsame", False),
        ("ruhig", True),
        ("rivers langsame ruhig", True),
        ("schnelle", False),
    ],
)
def test_texts_in_other_languages_find_a_paper(tmp_path: Path, query: str, is_found: bool) -> None:
    paper = Paper(
        "1",
        "Slow Rivers",
        "They run.",
        other_titles=(OtherText("de", "Langsame Ströme"),),
        other_abstracts=(OtherText("de", "Sie fließen ruhig."),),
        sources=(Source("/papers.jsonl", 1),),
    )
    with open_writer(str(tmp_path)) as writer:
        writer.add([Copy.of(paper)], ())
        writer.commit()
    with searcher.open(tmp_path) as collection:
        page = collection.search(query, match="all")
        snippets = [hit.snippets.abstract for hit in page.hits if hit.snippets]
        texts = ["".join(piece.text for piece in pieces) for pieces in snippets]
        assert texts == (["They run."] if is_found else [])
    assert check(tmp_path).is_sound
