"""Objects of any program: keys and values in the shapes that are found in files; test collections.

The papers and people are invented.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Paper
from index.identifiers import Identifier
from index.names import NameParts
from index.paper import Link, OtherText, Source
from tests.json_objects import assert_says, objects_like, read_all
from tests.seed_files import read_reports, write


def says(**expected: Any) -> dict[str, Any]:
    return expected


PEOPLE = says(authors=["Ida Fir", "Per Yew"])
SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # Names of keys.
    ({"TITLE": "Oaks", "Summary": "Oaks grow."}, says(title="Oaks", abstract="Oaks grow.")),
    ({"paperTitle": "Oaks", "paper_abstract": "Grow."}, says(title="Oaks", abstract="Grow.")),
    ({"title": "", "abstract": "", "text": "Grow."}, says(abstract="Grow.")),
    ({"title": "Oaks", "description": "Grow.", "abstract": "Stand."}, says(abstract="Stand.")),
    ({"title": "Oaks", "Publication Year": "1999"}, says(year=1999)),
    ({"title": "Oaks", "publication_date": "2001-03-04"}, says(date="2001-03-04", year=2001)),
    ({"title": "Oaks", "published": "2001-03-04T05:06:07Z"}, says(date="2001-03-04")),
    ({"title": "Oaks", "journal": "Trees", "booktitle": ""}, says(venue="Trees")),
    ({"title": "Oaks", "DOI": "doi:10.5555/OAK"}, says(identifiers={"doi": ["10.5555/oak"]})),
    ({"title": "Oaks", "PMID": 123, "x": 1}, says(identifiers={"pmid": ["123"]}, id="pmid:123")),
    ({"title": "Oaks", "arxiv_id": "2101.00001v2"}, says(identifiers={"arxiv": ["2101.00001"]})),
    (
        {"title": "Oaks", "externalIds": {"DOI": "10.5555/oak", "pubmed": 7}},
        says(identifiers={"doi": ["10.5555/oak"], "pmid": ["7"]}),
    ),
    ({"title": "Oaks", "details": {"abstract": "Grow.", "year": 2000}}, says(abstract="Grow.")),
    ({"id": "o1", "content": {"title": {"value": "Oaks"}}}, says(title="Oaks", id="o1")),
    # Ids.
    ({"title": "Oaks", "id": 17.0}, says(id="17")),
    ({"title": "Oaks", "paper_id": "openalex:W17"}, says(id="W17")),
    ({"title": "Oaks", "_id": {"$oid": "a7"}}, says(id="a7")),
    ({"title": "Oaks", "docno": "T-1"}, says(id="T-1")),
    # Texts.
    ({"title": ["Oaks"], "abstract": ["They grow.", "They stand."]},
     says(title="Oaks", abstract="They grow. They stand.")),
    ({"title": {"#text": "Oaks"}}, says(title="Oaks")),
    ({"title": "Oaks", "abstract": "N/A"}, says(abstract=None)),
    ({"title": "Oaks", "abstract": None, "contents": "Grow."}, says(abstract="Grow.")),
    # Years, flags and numbers.
    ({"title": "Oaks", "year": 1999.0}, says(year=1999)),
    ({"title": "Oaks", "year": "1999.0"}, says(year=1999)),
    ({"title": "Oaks", "year": float("nan")}, says(year=None)),
    ({"title": "Oaks", "year": ["1999"]}, says(year=1999)),
    ({"title": "Oaks", "has_code": "Yes"}, says(has_code=True)),
    ({"title": "Oaks", "has_code": "False"}, says(has_code=None)),
    ({"title": "Oaks", "code": 0}, says(has_code=None)),
    ({"title": "Oaks", "code": "http://a.example/c"},
     says(has_code=True, urls=[{"kind": "code", "url": "http://a.example/c"}])),
    ({"title": "Oaks", "score": "2.5"}, says(score=2.5)),
    ({"title": "Oaks", "score": "nan"}, says(score=None)),
    ({"title": "Oaks", "citations": "1,234"}, says(cited_by=1234)),
    ({"title": "Oaks", "citations": ["a", "b"]}, says(cited_by=None)),
    # Addresses.
    ({"title": "Oaks", "url": "http://a.example/o.pdf"},
     says(urls=[{"kind": "pdf", "url": "http://a.example/o.pdf"}])),
    ({"title": "Oaks", "url": "https://arxiv.org/abs/2101.00001v1"},
     says(identifiers={"arxiv": ["2101.00001"]})),
    ({"title": "Oaks", "links": 1, "pdf_url": "http://a.example/o"},
     says(urls=[{"kind": "pdf", "url": "http://a.example/o"}])),
    # Lists.
    ({"title": "Oaks", "keywords": "bark, leaf litter\nroot, dry"},
     says(keywords=["bark, leaf litter", "root, dry"])),
    ({"title": "Oaks", "tags": [{"name": "bark"}, "root"]}, says(keywords=["bark", "root"])),
    ({"title": "Oaks", "keywords": "['bark', 'root']"}, says(keywords=["bark", "root"])),
    ({"title": "Oaks", "categories": "cs.LG, math.ST"}, says(categories=["cs.LG", "math.ST"])),
    ({"title": "Oaks", "category": "Plant Science"}, says(categories=["Plant Science"])),
    ({"title": "Oaks", "category": []}, says(categories=None)),
    ({"title": "Oaks", "category": "b", "categories": ["a", "b"]}, says(categories=["b", "a"])),
    # Names.
    ({"title": "Oaks", "authors": ["Ida Fir", "Per Yew"]}, PEOPLE),
    ({"title": "Oaks", "authors": ["Fir, Ida", "Yew, Per"]}, PEOPLE),
    ({"title": "Oaks", "authors": "Ida Fir; Per Yew"}, PEOPLE),
    ({"title": "Oaks", "authors": "['Ida Fir', 'Per Yew']"}, PEOPLE),
    ({"title": "Oaks", "creators": [{"name": "Ida Fir"}, {"fullName": "Per Yew"}]}, PEOPLE),
    ({"title": "Oaks", "author": [{"firstName": "Ida", "lastName": "Fir"},
                                  {"given": "Per", "family": "Yew"}]}, PEOPLE),
    ({"title": "Oaks", "authors": {"author": [{"name": "Ida Fir"}, {"name": "Per Yew"}]}}, PEOPLE),
    ({"title": "Oaks", "authors": [{"author": {"display_name": "Ida Fir"}}, {"name": "Per Yew"}]},
     PEOPLE),
    ({"title": "Oaks", "authors": ["Ida Fir", "Per Yew", "et al."]}, PEOPLE | says(et_al=True)),
    ({"title": "Oaks", "authors": ["Ida Fir", "Per Yew", "others"]}, PEOPLE | says(et_al=True)),
    ({"title": "Oaks", "authors": [{"first": "Ida", "middle": ["M."], "last": "Fir"}]},
     says(authors=["Ida M. Fir"])),
    ({"title": "Oaks", "authors": {"name": "Ida Fir"}}, says(authors=["Ida Fir"])),
    ({"title": "Oaks", "authors": [None, {}, "Ida Fir"]}, says(authors=["Ida Fir"])),
    ({"title": "Oaks", "authors": [{"author": "Ida Fir"}, {"value": "Per Yew"}]}, PEOPLE),
    # A year that is more, or less, than four digits.
    ({"title": "Oaks", "year": "2020-03"}, says(year=2020, date="2020-03")),
    ({"title": "Oaks", "year": 20200305}, says(year=2020, date="2020-03-05")),
    ({"title": "Oaks", "year": "c2020"}, says(year=2020, date_text="c2020")),
    ({"title": "Oaks", "year": 2020, "date": "5 March"}, says(year=2020, date="2020-03-05")),
    ({"title": "Oaks", "year": 2020, "month": "mar", "day": 5}, says(year=2020, date="2020-03-05")),
    ({"title": "Oaks", "month": 3, "year": "2020"}, says(year=2020, date="2020-03")),
    ({"title": "Oaks", "month": "Mar-Apr", "year": "2020"},
     says(year=2020, date="2020-03", date_text="Mar-Apr 2020")),
    # An identifier in the place of another one.
    ({"title": "Oaks", "pmid": "PMC27", "doi": "arXiv:1706.12345"},
     says(identifiers={"pmcid": ["PMC27"], "arxiv": ["1706.12345"]})),
    # Lists that are cut.
    ({"title": "Oaks", "authors": ["Ida Fir", "Per Yew", "..."]}, PEOPLE | says(et_al=True)),
    ({"title": "Oaks", "year": 1999, "authors": ["Ida Fir", "Per Yew", "…"]},
     PEOPLE | says(et_al=True)),
    ({"title": "Oaks", "authorLine": "Ida Fir and Per Yew"}, PEOPLE),
    ({"title": "Oaks", "authors": float("nan")}, says(authors=None)),
    ({"title": "Oaks", "authors": [{"fullname": "Ida Fir", "institution": "Elm School"},
                                   {"name": "Per Yew", "affiliations": [{"name": "Ash Lab"}]}]},
     PEOPLE | says(institutions=["Elm School", "Ash Lab"])),
    # What a value is wrapped in, and lists of one text in several versions.
    ({"title": "Oaks", "keywordList": {"keyword": ["bark", "root"]}},
     says(keywords=["bark", "root"])),
    ({"content": {"title": {"value": "Oaks"}, "keywords": {"value": ["bark"]}}},
     says(keywords=["bark"])),
    ({"title": "Oaks", "keywords": ["bark; root", "leaf"]},
     says(keywords=["bark", "root", "leaf"])),
    ({"titles": [{"title": "Oaks"}, {"title": "Eichen", "lang": "de"}]},
     says(title="Oaks", other_titles=[{"language": "de", "text": "Eichen"}])),
    ({"title": "Oaks", "descriptions": [{"description": "CC", "descriptionType": "Rights"},
                                        {"description": "Grow.", "descriptionType": "Abstract"}]},
     says(abstract="Grow.", other_abstracts=None)),
    # A name is a title beside authors.
    ({"name": "Oaks", "authors": [{"name": "Ida Fir"}]}, says(title="Oaks")),
    ({"name": "oak.pdf", "title": "Oaks", "authors": ["Ida Fir"]}, says(title="Oaks")),
    # Links.
    ({"title": "Oaks", "links": ["https://doi.org/10.5555/oak"]},
     says(identifiers={"doi": ["10.5555/oak"]})),
    ({"title": "Oaks", "links": {"code": "https://a.example/c", "paper": "http://a.example/p",
                                 "video": "http://a.example/v", "pdf": "#"}},
     says(has_code=True, urls=[{"kind": "code", "url": "https://a.example/c"},
                               {"kind": "page", "url": "http://a.example/p"}])),
    ({"title": "Oaks", "links": [{"type": "slides", "url": "http://a.example/s"},
                                 {"type": "application/pdf", "href": "http://a.example/o"}]},
     says(urls=[{"kind": "pdf", "url": "http://a.example/o"}])),
    ({"title": "Oaks", "doi": "https://arxiv.org/abs/2101.00001v1"},
     says(identifiers={"arxiv": ["2101.00001"]})),
    ({"title": "Oaks", "identifiers": ["10.5555/oak", "oai:a:1"]},
     says(identifiers={"doi": ["10.5555/oak"], "accession": ["oai:a:1"]})),
    ({"title": "Oaks", "identifiers": [{"type": "PMID", "value": "17"}]},
     says(identifiers={"pmid": ["17"]})),
    ({"title": "Oaks", "identifiers": []}, says(identifiers=None)),
    # Dates.
    ({"title": "Oaks", "date": "vol. 7, 2239-2255, 2020", "year": 2020},
     says(year=2020, date=None, date_text="vol. 7, 2239-2255, 2020")),
    ({"title": "Oaks", "published": 1577836800000}, says(date="2020-01-01")),
    ({"title": "Oaks", "published": "10.5555/oak", "date": "2020-01-02", "doi": "10.1101/7"},
     says(date="2020-01-02", identifiers={"doi": ["10.1101/7", "10.5555/oak"]})),
    ({"title": "Oaks", "server": "bioRxiv"}, says(type="preprint", publisher="bioRxiv")),
    ({"title": "Oaks", "gs_citation": -1}, says(cited_by=None)),
    # The journal's own object.
    ({"title": "Oaks", "journal": {"title": "Trees", "volume": "3", "issn": "2049-3630"}},
     says(venue="Trees", volume="3", identifiers={"issn": ["2049-3630"]})),
    ({"title": "Oaks", "container": {"title": "Trees", "firstPage": "7", "lastPage": "9"}},
     says(title="Oaks", venue="Trees", pages="7-9")),
    ({"title": "Oaks", "volume": 3, "number": 2}, says(volume="3", issue="2")),
    ({"title": "Oaks", "number": 2}, says(issue=None)),
    # Whole records of services and programs.
    ({"title_s": ["Oaks"], "authFullName_s": ["Ida Fir", "Per Yew"], "producedDateY_i": 2020,
      "journalTitle_s": "Trees", "doiId_s": "10.5555/oak"},
     PEOPLE | says(title="Oaks", year=2020, venue="Trees", id="10.5555/oak")),
    ({"authors": {"author": [{"@pid": "1/2", "text": "Ida Fir 0001"}, {"text": "Per Yew"}]},
      "title": "Oaks", "ee": "https://doi.org/10.5555/oak"}, PEOPLE | says(id="10.5555/oak")),
    ({"metadata": {"titles": [{"title": "Oaks"}], "abstracts": [{"value": "Grow."}],
                   "arxiv_eprints": [{"value": "2101.00001", "categories": ["hep-ex"]}],
                   "publication_info": [{"journal_title": "Trees", "year": 2021}]}},
     says(title="Oaks", abstract="Grow.", categories=["hep-ex"], venue="Trees", year=2021)),
    ({"paper": {"id": "2101.00001", "publishedAt": "2021-01-01"}, "title": "Oaks",
      "publishedAt": "2021-01-03"}, says(id="2101.00001", date="2021-01-01")),
    ({"title": "Oaks", "tags": [{"term": "cs.LG", "scheme": "http://arxiv.org/schemas/atom"}]},
     says(categories=["cs.LG"], keywords=None)),
    ({"_id": "o7", "_source": {"title": "Oaks"}}, says(id="o7", title="Oaks")),
    ({"bib": {"title": "Oaks", "author": ["Ida Fir", "Per Yew"]}, "num_citations": 4},
     PEOPLE | says(cited_by=4)),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES, ids=lambda value: json.dumps(value))
def test_shapes_of_values(value: dict[str, Any], expected: dict[str, Any]) -> None:
    (paper,), reasons = read_all(json.dumps(value))
    assert_says(paper, expected)
    assert [reason for reason in reasons if not reason.startswith("key ")] == []


@given(st.lists(objects_like(*[value for value, _ in SHAPES]), max_size=4))
def test_any_object_is_read(listed: list[dict[str, Any]]) -> None:
    papers, reasons = read_all(json.dumps(listed))
    assert papers or reasons or not listed


@pytest.mark.parametrize(
    "value",
    [
        {"title": "Reading list", "papers": [{"title": "Oaks"}, {"title": "Elms"}]},
        {"description": "Feed", "items": [{"title": "Oaks"}, {"title": "Elms"}]},
    ],
)
def test_an_object_around_papers_is_none(value: dict[str, Any]) -> None:
    papers, _ = read_all(json.dumps(value))
    assert [paper.title for paper in papers] == ["Oaks", "Elms"]


def test_what_is_too_long_to_identify_a_paper_costs_no_paper() -> None:
    record = {"title": "Oaks", "doi": "10.5555/" + "o" * 2_000, "citation_key": "k" * 2_000}
    (paper,), reasons = read_all(json.dumps(record))
    assert paper.identifiers == ()
    assert reasons == [f"{name}: more than 1,000 characters" for name in ("doi", "citation_key")]


def test_a_paper_with_references_is_one() -> None:
    value = {"title": "Oaks", "authors": ["Ida Fir"], "references": [{"title": "Elms"}]}
    papers, _ = read_all(json.dumps(value))
    assert [paper.title for paper in papers] == ["Oaks"]


@pytest.mark.parametrize(
    ("value", "titles"),
    [
        ({"journals": ["Oaks", "Elms"], "talks": ["Firs"]}, ["Oaks", "Elms", "Firs"]),
        ({"2019": ["Oaks"], "2020": ["Elms"], "Preprints": ["Firs"]}, ["Oaks", "Elms", "Firs"]),
        ({"papers": ["Oaks", "Elms"], "references": ["Firs"]}, ["Oaks", "Elms"]),
        ({"papers": ["Oaks", "Elms"], "similar": ["Firs"]}, ["Oaks", "Elms"]),
    ],
)
def test_lists_of_papers_side_by_side(value: dict[str, list[str]], titles: list[str]) -> None:
    lists: dict[str, list[dict[str, Any]]] = {
        key: [{"title": title, "authors": ["Ida Fir"]} for title in listed]
        for key, listed in value.items()
    }
    news = {"news": [{"title": "We moved", "date": "2020-01-01"}]}
    papers, _ = read_all(json.dumps(lists | news))
    assert [paper.title for paper in papers] == titles


def test_a_month_that_is_a_list_costs_the_month_alone() -> None:
    (paper,), reasons = read_all(json.dumps({"title": "Oaks", "year": 2020, "month": [3, 4]}))
    assert (paper.year, paper.date) == (2020, None)
    assert reasons == ["month: expected text, found a list; the paper is kept without it"]


def test_journals_are_no_papers() -> None:
    papers, reasons = read_all(json.dumps([{"title": "Trees", "issn": "2049-3630", "id": "t"}]))
    assert (papers, reasons) == ([], ["journals are not read (1)"])


# What this program exports.

FULL = Paper(
    id="10.5555/oak",
    title="Oaks &amp; <i>elms</i>",
    abstract="Abstract: they grow.\nThey stand. © 2020 Trees",
    authors=("Ida van Fir, Jr.", "Tree Group"),
    author_parts=(NameParts("Fir", "Ida", "van", "Jr."), NameParts()),
    et_al=True,
    categories=("cs.LG", "Plant Science"),
    year=2020,
    date="2020-05",
    has_code=True,
    institutions=("Elm, Ash; and Oak",),
    score=2.5,
    owners=("Ida van Fir, Jr.",),
    identifiers=(Identifier("doi", "10.5555/oak"), Identifier("accession", "T:1")),
    editors=("Yew, Per",),
    keywords=("bark, dry", "root"),
    venue="Trees",
    volume="3",
    issue="2",
    pages="11-19",
    publisher="Wood",
    type="article",
    status="retracted",
    language="en",
    cited_by=7,
    updated="2021-06-07",
    date_text="May-June 2020",
    urls=(Link("page", "http://a.example/p"), Link("code", "http://a.example/c")),
    other_titles=(OtherText("de", "Eichen"),),
    other_abstracts=(OtherText("de", "Sie wachsen."),),
    comments="3 pages",
    sources=(Source("/old.jsonl", 3),),
)


@pytest.mark.parametrize(
    "paper",
    [
        FULL,
        Paper("a", "Oaks", sources=(Source("/old.jsonl", 1),)),
        Paper("fir-oaks-1f", "Oaks", authors=("Fir AB", "Ida Fir"), sources=FULL.sources),
        replace(FULL, id="2101.00001", identifiers=(Identifier("arxiv", "2101.00001"),)),
    ],
    ids=["full", "bare", "readable id", "arXiv"],
)
def test_what_is_exported_is_read_back(paper: Paper) -> None:
    (read,), reasons = read_all(json.dumps(paper.to_dict()))
    assert reasons == []
    assert replace(read, sources=()) == replace(paper, sources=())


# Test collections.

DOCUMENT = {"_id": "T-1", "title": "Oaks", "text": "Grow.", "metadata": {"url": "http://a.example"}}
QUERY = {"_id": "q1", "text": "do oaks grow", "metadata": {}}


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (("corpus.jsonl", "queries.jsonl"), ["Oaks"]),
        (("corpus.jsonl", "test.jsonl"), ["Oaks"]),
        (("corpus.jsonl", "queries.train.jsonl"), ["Oaks"]),
        (("a.jsonl", "topics.json"), ["Oaks"]),
        (("a.jsonl", "b.jsonl"), ["Oaks", ""]),
    ],
)
def test_queries_are_no_papers(tmp_path: Path, names: tuple[str, str], titles: list[str]) -> None:
    documents, queries = names
    write(tmp_path / documents, [DOCUMENT])
    write(tmp_path / queries, [QUERY])
    papers, reports = read_reports(tmp_path)
    assert [paper.title for paper in papers] == titles
    assert [report.kind for report in reports] == ["note"] * (2 - len(titles))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"url": "https://www.ncbi.nlm.nih.gov/pubmed/20435%20"}, {"pmid": ["20435"]}),
        ({"pubmed_id": "20435"}, {"pmid": ["20435"]}),
        ({"authors": ["1741101", "2053"], "year": 2015, "cited_by": ["a1" * 20]}, None),
    ],
)
def test_metadata_of_documents(metadata: dict[str, Any], expected: dict[str, Any] | None) -> None:
    (paper,), reasons = read_all(json.dumps(DOCUMENT | {"metadata": metadata}))
    assert reasons == []
    assert paper.authors == ()
    if expected:
        assert_says(paper, {"identifiers": {**expected, "accession": ["T-1"]}})
    else:
        assert (paper.id, paper.year, paper.cited_by) == ("T-1", 2015, None)
