"""OpenAlex: works of all years; abstracts from the places of their words; what is no work."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.json import openalex
from tests.json_objects import assert_says, notes, objects_like, read_all, read_one

WORK: dict[str, Any] = {
    "id": "https://openalex.org/W4001",
    "doi": "https://doi.org/10.5555/PINE.1",
    "title": "Needles of <i>Pinus</i>",
    "display_name": "Needles of <i>Pinus</i>",
    "ids": {
        "openalex": "https://openalex.org/W4001",
        "doi": "https://doi.org/10.5555/PINE.1",
        "pmid": "https://pubmed.ncbi.nlm.nih.gov/8123",
        "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/5123",
        "mag": "77",
    },
    "publication_year": 2021,
    "publication_date": "2021-04-30",
    "language": "en",
    "type": "article",
    "cited_by_count": 8,
    "is_retracted": False,
    "is_paratext": False,
    "biblio": {"volume": "2", "issue": "1", "first_page": "e99", "last_page": "e99"},
    "authorships": [
        {
            "author": {"id": "https://openalex.org/A1", "display_name": "Ida Fir"},
            "raw_author_name": "Fir, Ida",
            "institutions": [{"display_name": "Pine Institute"}],
        },
        {
            "author": {"id": "https://openalex.org/A2", "display_name": "Ольга Сосна"},
            "raw_author_name": "O. Sosna",
            "institutions": [{"display_name": "Pine Institute"}, {"display_name": "Fir Lab"}],
        },
        {"author": {"id": None, "display_name": "Max Spruce"}, "institutions": []},
    ],
    "primary_location": {
        "landing_page_url": "https://pine.example/1",
        "pdf_url": "https://pine.example/1/download",
        "source": {
            "display_name": "Pine Journal",
            "issn_l": "2049-3630",
            "issn": ["2049-3630"],
            "type": "journal",
            "host_organization_name": "Grove Press",
        },
        "raw_source_name": "PINE J",
    },
    "locations": [{"landing_page_url": "https://arxiv.org/abs/2101.12345v2"}],
    "open_access": {"oa_url": "https://pine.example/1.pdf"},
    "primary_topic": {
        "display_name": "Conifers",
        "subfield": {"display_name": "Forestry"},
        "field": {"display_name": "Agricultural Sciences"},
    },
    "keywords": [
        {"display_name": "Needle", "score": 0.8},
        {"display_name": "Sewing", "score": 0.2},
    ],
    "abstract_inverted_index": {"Needles": [0], "of": [3], "fall": [1], "pines.": [4]},
}


def test_all_that_a_work_says() -> None:
    paper = read_one(WORK)
    assert_says(
        paper,
        {
            "id": "2101.12345",
            "title": "Needles of Pinus",
            "abstract": "Needles fall of pines.",
            "authors": ["Ida Fir", "O. Sosna", "Max Spruce"],
            "other_names": ["Ольга Сосна"],
            "institutions": ["Pine Institute", "Fir Lab"],
            "categories": ["Agricultural Sciences", "Forestry"],
            "keywords": ["Needle"],
            "year": 2021,
            "date": "2021-04-30",
            "venue": "Pine Journal",
            "publisher": "Grove Press",
            "volume": "2",
            "issue": "1",
            "pages": "e99",
            "type": "article",
            "status": None,
            "language": "en",
            "cited_by": 8,
            "identifiers": {
                "doi": ["10.5555/pine.1"],
                "arxiv": ["2101.12345"],
                "pmid": ["8123"],
                "pmcid": ["PMC5123"],
                "openalex": ["W4001"],
                "issn": ["2049-3630"],
            },
            "urls": [
                {"kind": "page", "url": "https://pine.example/1"},
                {"kind": "pdf", "url": "https://pine.example/1/download"},
                {"kind": "pdf", "url": "https://pine.example/1.pdf"},
                {"kind": "page", "url": "https://doi.org/10.5555/PINE.1"},
            ],
        },
    )
    assert paper.author_parts[0].family == "Fir"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"abstract_inverted_index": None}, {"abstract": None}),
        ({"abstract_inverted_index": {}}, {"abstract": None}),
        ({"abstract_inverted_index": {"b": [10], "a": [9], "c": [100]}}, {"abstract": "a b c"}),
        ({"abstract_inverted_index": {"<i>Go</i>": [1], "Go": [0]}}, {"abstract": "Go Go"}),
        ({"abstract_inverted_index": None, "abstract": "Pines."}, {"abstract": "Pines."}),
        ({"title": None, "display_name": "Cones"}, {"title": "Cones"}),
        ({"publication_date": "2021"}, {"date": None, "year": 2021}),
        ({"publication_date": None}, {"date": None, "year": 2021}),
        ({"publication_date": "2021-01-01"}, {"date": "2021-01-01"}),
        ({"is_retracted": True}, {"status": "retracted"}),
        ({"is_paratext": True}, {"type": "paratext"}),
        ({"is_authors_truncated": True}, {"et_al": True}),
        ({"authors_count": 230}, {"et_al": True}),
        ({"authors_count": 3}, {"et_al": None}),
        ({"biblio": {"first_page": "11", "last_page": "19"}}, {"pages": "11-19"}),
        ({"primary_location": {"source": None}}, {"venue": None}),
        (
            {"primary_location": {"source": None, "raw_source_name": "Pine Days 2021"}},
            {"venue": "Pine Days 2021"},
        ),
        (
            {
                "primary_location": {
                    "source": {"display_name": "Notes on Pines", "type": "book series"},
                    "raw_source_name": "Proceedings of Pine Days",
                }
            },
            {"venue": "Proceedings of Pine Days"},
        ),
        (
            {"primary_location": None, "host_venue": {"display_name": "P J", "publisher": "Grove"}},
            {"venue": "P J", "publisher": "Grove"},
        ),
        (
            {
                "primary_location": {
                    "source": {
                        "display_name": "Pine Archive",
                        "type": "repository",
                        "host_organization_name": "Fir Lab",
                    }
                }
            },
            {"venue": "Pine Archive", "publisher": None},
        ),
        # The words of three years.
        ({"type": "journal-article"}, {"type": "article"}),
        ({"type_crossref": "proceedings-article"}, {"type": "inproceedings"}),
        ({"type_crossref": "posted-content"}, {"type": "preprint"}),
        ({"type": "posted-content"}, {"type": "preprint"}),
        ({"type": "conference-paper"}, {"type": "inproceedings"}),
        ({"type": "retraction"}, {"type": "notice"}),
        ({"type": "libguides"}, {"type": "other"}),
        ({"type": None}, {"type": None}),
        (
            {"keywords": [{"keyword": "cone", "score": 0.6}, {"keyword": "ice", "score": 0.3}]},
            {"keywords": ["cone"]},
        ),
        ({"keywords": ["cone"]}, {"keywords": ["cone"]}),
        ({"doi": "10.5555/pine.9", "ids": None}, {"id": "2101.12345"}),
        # The answer to a selection of fields has no id.
        ({"id": None, "ids": None, "locations": None}, {"id": "10.5555/pine.1"}),
    ],
)
def test_other_values(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(WORK | values), expected)


def test_an_answer_of_the_interface() -> None:
    answer = {"meta": {"count": 2}, "results": [WORK, WORK | {"id": "https://openalex.org/W2"}]}
    papers, reasons = read_all(json.dumps(answer, indent=1))
    assert len(papers) == 2
    assert reasons == []


def test_a_longer_list_of_other_things_does_not_hide_the_works() -> None:
    count = {"key": "x", "key_display_name": "Conifers", "count": 4}
    papers, reasons = read_all(json.dumps({"results": [WORK], "group_by": [count, count]}))
    assert [paper.venue for paper in papers] == ["Pine Journal"]
    assert reasons == ["objects beside the longest list of papers are not read (2)"]


def test_what_is_exported_is_read_back() -> None:
    paper = read_one(WORK)
    assert read_one(paper.to_dict()) == paper


def test_an_author_without_a_name_and_a_word_without_a_place_are_told() -> None:
    authorships = [{"author": {"display_name": None}}, *WORK["authorships"]]
    index = {"Pines": ["x"], "fall.": [4]}
    values = {"authorships": authorships, "abstract_inverted_index": index}
    papers, reasons = read_all(json.dumps(WORK | values))
    assert [(paper.abstract, len(paper.authors)) for paper in papers] == [("fall.", 3)]
    assert reasons == ["authorships: an author has no name", "abstract: a word has no place"]


def test_what_is_no_work_is_one_note_a_kind() -> None:
    author = {"id": "https://openalex.org/A7", "display_name": "Ida Fir", "cited_by_count": 4}
    source = {"id": "https://openalex.org/S7", "display_name": "Pine Journal", "issn_l": None}
    topic = {"id": "https://openalex.org/subfields/17", "display_name": "Forestry"}
    suggestion = {"id": "https://openalex.org/W5", "display_name": "X", "entity_type": "work"}
    count = {"key": "https://openalex.org/T1", "key_display_name": "Conifers", "count": 4}
    grant = {"id": "https://openalex.org/W6", "type": "grant", "title": None}
    assert notes(author, author, source, topic, suggestion, count, grant) == [
        "authors of OpenAlex are not read (2)",
        "counts, suggestions and lists of files of OpenAlex are not read (2)",
        "grants without a title of OpenAlex are not read (1)",
        "sources of OpenAlex are not read (1)",
        "topics and the like of OpenAlex are not read (1)",
    ]
    manifest = {"entries": [{"url": "s3://openalex/data/works/1.gz", "meta": {}}], "meta": {}}
    assert notes(manifest) == [
        "counts, suggestions and lists of files of OpenAlex are not read (1)"
    ]


@pytest.mark.parametrize(
    ("value", "is_openalex"),
    [
        ({"id": "https://openalex.org/W7", "title": "Cones", "type": "article"}, True),
        ({"title": "Cones", "authorships": []}, True),
        ({"id": "https://openalex.org/A7"}, True),
        # What other programs make of a work.
        (
            {"id": "https://openalex.org/W7", "title": "C", "authors": ["Ida Fir"], "type": "x"},
            False,
        ),
        ({"openalex_id": "https://openalex.org/W7", "title": "Cones", "year": 2021}, False),
        ({"id": "W7", "title": "Cones"}, False),
    ],
)
def test_recognition(value: dict[str, Any], is_openalex: bool) -> None:
    assert openalex.recognises(value) == is_openalex


@given(st.lists(st.text("abc.", min_size=1), max_size=30), st.randoms(use_true_random=False))
def test_an_abstract_is_its_words_in_order(words: list[str], random: Any) -> None:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    keys = list(index)
    random.shuffle(keys)
    made = openalex.record(WORK | {"abstract_inverted_index": {key: index[key] for key in keys}}, 1)
    assert not isinstance(made, str)
    assert made.abstract == " ".join(words)


@given(objects_like(WORK))
def test_no_object_raises(value: dict[str, Any]) -> None:
    assert isinstance(openalex.recognises(value), bool)
    openalex.record(value, 1)
