"""Semantic Scholar: its interface, data sets, S2ORC and the older corpus; what is no paper."""

import json
from typing import Any

import pytest
from hypothesis import given

from index.readers.json import semantic_scholar
from tests.json_objects import assert_says, notes, objects_like, read_all, read_one

SHA = "ab" * 20
PAPER: dict[str, Any] = {
    "paperId": SHA,
    "corpusId": 4400,
    "externalIds": {
        "DOI": "10.5555/Moss.3",
        "ArXiv": "2003.01234",
        "ACL": "2020.moss-1.3",
        "PubMed": "991",
        "PubMedCentral": "7712",
        "MAG": "5",
        "DBLP": "journals/moss/Fern20",
        "CorpusId": 4400,
    },
    "url": f"https://www.semanticscholar.org/paper/{SHA}",
    "title": "Moss on roofs",
    "abstract": "Moss grows.",
    "venue": "Moss Review",
    "publicationVenue": {"name": "The Moss Review", "type": "journal", "issn": "2049-3630"},
    "year": 2020,
    "publicationDate": "2020-10-01",
    "authors": [
        {"authorId": "1", "name": "Uma Fern", "affiliations": ["Lichen College"]},
        {"authorId": "2", "name": "R. Sedge"},
    ],
    "citationCount": 6,
    "fieldsOfStudy": ["Biology"],
    "s2FieldsOfStudy": [
        {"category": "Biology", "source": "external"},
        {"category": "Biology", "source": "s2-fos-model"},
        {"category": "Art", "source": "s2-fos-model"},
    ],
    "publicationTypes": ["JournalArticle"],
    "journal": {"name": "Moss Rev.", "volume": "14", "pages": "\n      20 - 29\n   "},
    "openAccessPdf": {"url": "https://moss.example/3.pdf", "status": "GREEN"},
    "tldr": {"model": "tldr@v2", "text": "Roofs."},
}
S2ORC: dict[str, Any] = {
    "paper_id": "4400",
    "title": "Moss on roofs",
    "authors": [
        {"first": "Uma", "middle": ["B.", "C."], "last": "Fern", "suffix": "Jr."},
        {"first": "", "middle": [], "last": "이끼", "suffix": ""},
    ],
    "abstract": "Abstract We see moss. ::: ::: It spreads.",
    "year": 2020,
    "doi": "10.5555/Moss.3",
    "arxiv_id": "2003.01234",
    "acl_id": None,
    "pmc_id": "7712",
    "pubmed_id": "991",
    "venue": None,
    "journal": "Moss Review",
    "mag_field_of_study": ["Biology", "Art"],
    "inbound_citations": ["1", "2"],
    "s2_url": "https://api.semanticscholar.org/CorpusID:4400",
}
OLD: dict[str, Any] = {
    "id": SHA,
    "title": "Moss on roofs",
    "paperAbstract": "Moss grows.",
    "authors": [{"name": "Uma  Fern", "ids": ["1"]}],
    "inCitations": ["a", "b", "c"],
    "outCitations": [],
    "year": 2020,
    "s2Url": f"https://semanticscholar.org/paper/{SHA}",
    "pdfUrls": ["https://moss.example/3"],
    "venue": "",
    "journalName": "Moss Review",
    "journalVolume": "92 5",
    "journalPages": "20-29",
    "doi": "",
    "doiUrl": "https://doi.org/10.5555%2Fmoss.3",
    "pmid": "",
    "fieldsOfStudy": ["Biology"],
}


def test_all_that_the_interface_says() -> None:
    assert_says(
        read_one(PAPER),
        {
            "id": "2003.01234",
            "title": "Moss on roofs",
            "abstract": "Moss grows.",
            "authors": ["Uma Fern", "R. Sedge"],
            "institutions": ["Lichen College"],
            "categories": ["Biology", "Art"],
            "year": 2020,
            "date": "2020-10-01",
            "venue": "The Moss Review",
            "volume": "14",
            "pages": "20-29",
            "type": "article",
            "cited_by": 6,
            "identifiers": {
                "doi": ["10.5555/moss.3"],
                "arxiv": ["2003.01234"],
                "pmid": ["991"],
                "pmcid": ["PMC7712"],
                "acl": ["2020.moss-1.3"],
                "s2": [SHA],
                "corpusid": ["4400"],
                "issn": ["2049-3630"],
            },
            "urls": [
                {"kind": "page", "url": f"https://www.semanticscholar.org/paper/{SHA}"},
                {"kind": "pdf", "url": "https://moss.example/3.pdf"},
            ],
        },
    )


def test_all_that_s2orc_says() -> None:
    assert_says(
        read_one(S2ORC),
        {
            "abstract": "We see moss.\nIt spreads.",
            "authors": ["Uma B. C. Fern, Jr.", "이끼"],
            "categories": ["Biology", "Art"],
            "venue": "Moss Review",
            "cited_by": 2,
            "identifiers": {
                "doi": ["10.5555/moss.3"],
                "arxiv": ["2003.01234"],
                "pmid": ["991"],
                "pmcid": ["PMC7712"],
                "corpusid": ["4400"],
            },
        },
    )


def test_all_that_the_older_corpus_says() -> None:
    assert_says(
        read_one(OLD),
        {
            "abstract": "Moss grows.",
            "authors": ["Uma Fern"],
            "venue": "Moss Review",
            "volume": "92",
            "issue": "5",
            "pages": "20-29",
            "cited_by": 3,
            "identifiers": {"doi": ["10.5555/moss.3"], "s2": [SHA]},
        },
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # arXiv's "volume" is its id.
        (
            {
                "externalIds": None,
                "venue": "arXiv.org",
                "publicationVenue": None,
                "journal": {"name": "ArXiv", "volume": "abs/2003.01234"},
            },
            {"volume": None, "venue": "arXiv.org", "type": "preprint", "id": "2003.01234"},
        ),
        ({"publicationTypes": ["JournalArticle", "Review"]}, {"type": "review"}),
        ({"publicationTypes": ["Conference"]}, {"type": "inproceedings"}),
        ({"publicationTypes": ["News"]}, {"type": "other"}),
        ({"publicationTypes": None}, {"type": "article"}),
        ({"publicationTypes": None, "publicationVenue": None}, {"type": None}),
        ({"publicationVenue": None}, {"venue": "Moss Review"}),
        ({"publicationVenue": None, "venue": ""}, {"venue": "Moss Rev."}),
        ({"journal": {"name": "", "pages": None}}, {"pages": None, "volume": None}),
        ({"abstract": None}, {"abstract": None}),
        ({"abstract": ","}, {"abstract": None}),
        ({"abstract": "ABSTRACT"}, {"abstract": None}),
        ({"publicationDate": None}, {"date": None, "year": 2020}),
        ({"year": None, "publicationDate": None}, {"year": None}),
        ({"citationCount": 0}, {"cited_by": 0}),
        ({"openAccessPdf": {"url": ""}}, {}),
        (
            {"openAccessPdf": {"url": "https://doi.org/10.5555/moss.3"}},
            {
                "urls": [
                    {"kind": "page", "url": f"https://www.semanticscholar.org/paper/{SHA}"},
                    {"kind": "page", "url": "https://doi.org/10.5555/moss.3"},
                ]
            },
        ),
        ({"paperId": None}, {"title": "Moss on roofs"}),
    ],
)
def test_other_values(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(PAPER | values), expected)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"total": 1, "data": [PAPER]}),
        json.dumps({"recommendedPapers": [PAPER]}),
        json.dumps({"offset": 0, "data": [{"isInfluential": True, "citingPaper": PAPER}]}),
        json.dumps({"offset": 0, "data": [{"contexts": [], "citedPaper": PAPER}]}),
        json.dumps({"authorId": "1", "name": "Uma Fern", "papers": [PAPER]}),
    ],
)
def test_wrappers(content: str) -> None:
    papers, _ = read_all(content)
    assert [paper.id for paper in papers] == ["2003.01234"]


def test_the_data_sets_of_papers_and_abstracts() -> None:
    paper = {
        "corpusid": 4400,
        "externalids": {"DOI": "10.5555/moss.3", "CorpusId": "4400", "ArXiv": None},
        "url": f"https://www.semanticscholar.org/paper/{SHA}",
        "title": "Moss on roofs",
        "authors": [{"authorId": "1", "name": "Uma Fern"}],
        "citationcount": 6,
        "publicationdate": "2020-10-01",
        "s2fieldsofstudy": [{"category": "Art", "source": "s2-fos-model"}],
    }
    abstract = {
        "corpusid": 4400,
        "openaccessinfo": {"externalids": {"DOI": "10.5555/moss.3"}, "url": None},
        "abstract": "Moss grows.",
    }
    (one, other), reasons = read_all(f"{json.dumps(paper)}\n{json.dumps(abstract)}\n")
    assert reasons == []
    assert_says(one, {"cited_by": 6, "date": "2020-10-01", "categories": ["Art"]})
    assert one.identifiers_of("s2") == (SHA,)
    assert (other.id, other.abstract) == (one.id, "Moss grows.")


@pytest.mark.parametrize("as_text", [True, False])
def test_full_texts_say_it_by_spans(as_text: bool) -> None:
    text = "Moss on roofs\nUma Fern\nMoss grows.\nIt spreads.\nMore of it."

    def spans(*words: str) -> Any:
        found = [{"start": text.index(one), "end": text.index(one) + len(one)} for one in words]
        doubled = found + found
        return json.dumps(doubled) if as_text else doubled

    annotations = {
        "title": spans("Moss on roofs"),
        "abstract": spans("Moss grows.", "It spreads."),
        "author": spans("Uma Fern"),
        "authorfirstname": spans("Uma"),
        "authorlastname": spans("Fern"),
    }
    full = {
        "corpusid": 4400,
        "externalids": {"doi": "10.5555/moss.3"},
        "content": {"source": {}, "text": text, "annotations": annotations},
    }
    assert_says(
        read_one(full),
        {
            "title": "Moss on roofs",
            "abstract": "Moss grows.\nIt spreads.",
            "authors": ["Uma Fern"],
            "identifiers": {"doi": ["10.5555/moss.3"], "corpusid": ["4400"]},
        },
    )


@pytest.mark.parametrize(
    ("values", "identifiers"),
    [
        (
            {"paper_id": "4400", "grobid_parse": {"abstract": [{"text": "Moss."}]}},
            {"corpusid": ["4400"]},
        ),
        ({"paper_id": SHA, "body_text": [], "back_matter": [{"text": "T"}]}, {}),
        ({"paper_id": "PMC7712", "body_text": []}, {"pmcid": ["PMC7712"]}),
    ],
)
def test_values_one_level_below(values: dict[str, Any], identifiers: dict[str, list[str]]) -> None:
    metadata = {"title": "Moss on roofs", "authors": S2ORC["authors"], "year": "2020"}
    paper = read_one(
        {"metadata": metadata, "abstract": [{"text": "Moss."}], "body_text": []} | values
    )
    assert (paper.title, paper.abstract, paper.year) == ("Moss on roofs", "Moss.", 2020)
    assert paper.to_dict().get("identifiers", {}) == identifiers


def test_what_is_no_paper_is_one_note_a_kind() -> None:
    assert notes(
        {"corpusid": 1, "model": "tldr@v2", "text": "Moss."},
        {"corpusid": 1, "model": "specter", "vector": [0.1]},
        {"citationid": 1, "citingcorpusid": 2, "citedcorpusid": 3},
        {"authorid": "1", "name": "Uma Fern", "hindex": 3},
        {"id": "v", "name": "Moss Review", "alternate_names": [], "type": "journal"},
        {"sha": SHA, "corpusid": 1, "primary": True},
    ) == [
        "authors of Semantic Scholar are not read (1)",
        "citations of Semantic Scholar are not read (1)",
        "pairs of ids of Semantic Scholar are not read (1)",
        "summaries and vectors of Semantic Scholar are not read (2)",
        "venues of Semantic Scholar are not read (1)",
    ]


@pytest.mark.parametrize(
    ("value", "is_ours"),
    [
        ({"paperId": SHA, "title": "Moss"}, True),
        ({"paperId": None, "title": "Moss"}, True),
        ({"corpusid": 4, "title": "Moss"}, True),
        # Other programs have ids of these names.
        ({"paperId": "p7", "title": "Moss", "keywords": ["roof"]}, False),
        ({"paper_id": "p7", "title": "Moss", "authors": ["Uma Fern"]}, False),
        ({"id": SHA, "title": "Moss"}, False),
    ],
)
def test_recognition(value: dict[str, Any], is_ours: bool) -> None:
    assert semantic_scholar.recognises(value) == is_ours


def test_an_author_without_a_name_is_told() -> None:
    authors = [{"authorId": None, "name": None}, *PAPER["authors"]]
    papers, reasons = read_all(json.dumps(PAPER | {"authors": authors}))
    assert [paper.authors for paper in papers] == [("Uma Fern", "R. Sedge")]
    assert reasons == ["authors: a name is empty"]


@given(objects_like(PAPER, S2ORC, OLD, {"content": {"text": "", "annotations": {"title": "["}}}))
def test_no_object_raises(value: dict[str, Any]) -> None:
    assert isinstance(semantic_scholar.recognises(value), bool)
    semantic_scholar.record(value, 1)
