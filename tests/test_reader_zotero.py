"""Zotero: items of its interface, of exports and of its translators; what is no paper."""

import json
from typing import Any

import pytest
from hypothesis import given

from index.readers.json import zotero
from tests.json_objects import assert_says, notes, objects_like, read_all, read_one

DATA: dict[str, Any] = {
    "key": "KLM23456",
    "itemType": "journalArticle",
    "title": "Herons at <i>dusk</i>",
    "creators": [
        {"creatorType": "editor", "firstName": "Ivo", "lastName": "Stork"},
        {"creatorType": "author", "firstName": "Lea", "lastName": "Crane"},
        {"creatorType": "author", "name": "Heron Society"},
        {"creatorType": "translator", "firstName": "Pia", "lastName": "Gull"},
        {"firstName": "", "lastName": "Coot, Max"},
    ],
    "abstractNote": "Herons wait.",
    "publicationTitle": "Wader Notes",
    "volume": "3",
    "issue": "2",
    "pages": "5-9",
    "date": "04/03/2016",
    "DOI": "10.5555/HERON.5",
    "ISSN": "2049-3630",
    "url": "https://heron.example/5",
    "language": "English",
    "tags": [{"tag": "wading"}, {"tag": "birds", "type": 1}, {"tag": "_read"}, {"tag": "⭐"}],
    "extra": "Citation Key: crane2016\nPMID: 8080\nPublisher: Marsh Press",
    "dateAdded": "2021-01-01T00:00:00Z",
    "accessDate": "2021-01-01",
}
ITEM: dict[str, Any] = {
    "key": "KLM23456",
    "version": 9,
    "library": {"type": "user", "id": 1},
    "links": {},
    "meta": {"parsedDate": "2016-03-04", "creatorSummary": "Crane"},
    "data": DATA,
}


def test_all_that_an_item_says() -> None:
    assert_says(
        read_one(ITEM),
        {
            "id": "10.5555/heron.5",
            "title": "Herons at dusk",
            "abstract": "Herons wait.",
            "authors": ["Lea Crane", "Heron Society", "Max Coot"],
            "editors": ["Ivo Stork"],
            "year": 2016,
            "date": "2016-03-04",
            "venue": "Wader Notes",
            "publisher": "Marsh Press",
            "volume": "3",
            "issue": "2",
            "pages": "5-9",
            "type": "article",
            "language": "en",
            "keywords": ["wading", "birds"],
            "identifiers": {
                "doi": ["10.5555/heron.5"],
                "pmid": ["8080"],
                "issn": ["2049-3630"],
                "citation_key": ["crane2016"],
            },
            "urls": [{"kind": "page", "url": "https://heron.example/5"}],
        },
    )


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([ITEM]),
        json.dumps([DATA], indent=2),
        json.dumps({"config": {"label": "BetterBibTeX JSON"}, "items": [DATA], "collections": {}}),
    ],
)
def test_wrappers(content: str) -> None:
    papers, reasons = read_all(content)
    assert [(paper.id, paper.year) for paper in papers] == [("10.5555/heron.5", 2016)]
    assert reasons == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"date": "2016"}, {"date": None, "year": 2016}),
        ({"date": "March 4, 2016"}, {"date": "2016-03-04"}),
        ({"date": "2016 [1974]"}, {"year": 2016}),
        ({"date": "n.d."}, {"year": None, "date_text": None}),
        ({"date": "Forthcoming"}, {"year": None, "date_text": "Forthcoming"}),
        ({"date": "", "extra": "issued: 2014"}, {"year": 2014}),
        # Only a program knows which of the two is the month.
        ({}, {"date": None, "year": 2016, "date_text": "04/03/2016"}),
        ({"itemType": "bookSection"}, {"type": "chapter"}),
        ({"itemType": "conferencePaper"}, {"type": "inproceedings"}),
        ({"itemType": "forumPost"}, {"type": "other"}),
        ({"extra": "type: dataset"}, {"type": "dataset"}),
        (
            {"itemType": "conferencePaper", "publicationTitle": "", "conferenceName": "Wader Days"},
            {"venue": "Wader Days"},
        ),
        (
            {"itemType": "thesis", "publicationTitle": "", "university": "Heron University"},
            {"type": "thesis", "publisher": "Heron University", "venue": None},
        ),
        (
            {
                "itemType": "patent",
                "creators": [{"creatorType": "inventor", "firstName": "Lea", "lastName": "Crane"}],
            },
            {"authors": ["Lea Crane"], "type": "other"},
        ),
        ({"creators": [{"lastName": "The Herons", "fieldMode": 1}]}, {"authors": ["The Herons"]}),
        ({"tags": ["wading", {"tag": "birds"}]}, {"keywords": ["wading", "birds"]}),
        (
            {"attachments": [{"mimeType": "application/pdf", "url": "https://heron.example/f"}]},
            {
                "urls": [
                    {"kind": "page", "url": "https://heron.example/5"},
                    {"kind": "pdf", "url": "https://heron.example/f"},
                ]
            },
        ),
        ({"DOI": "", "url": "https://doi.org/10.5555/heron.6"}, {"id": "10.5555/heron.6"}),
        ({"extra": ["PMID: 8080"], "DOI": ""}, {"id": "pmid:8080"}),
        (
            {"itemType": "preprint", "repository": "arXiv", "archiveID": "arXiv:1603.12345"},
            {"id": "1603.12345", "type": "preprint"},
        ),
        (
            {"publicationTitle": "arXiv:1603.12345 [cs, stat]"},
            {
                "id": "1603.12345",
                "venue": "arXiv",
                "type": "preprint",
                "categories": ["cs", "stat"],
            },
        ),
        ({"extra": "arXiv: 1603.12345 [cs.CV]"}, {"type": "article", "categories": ["cs.CV"]}),
    ],
)
def test_other_values(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(DATA | values), expected)


def test_what_is_no_paper_is_one_note_a_kind() -> None:
    collection = {"key": "C", "version": 1, "library": {}, "data": {"key": "C", "name": "Birds"}}
    tag = {"tag": "birds", "links": {}, "meta": {"type": 0, "numItems": 4}}
    file = {"itemType": "attachment", "title": "Full Text", "linkMode": "linked_file"}
    note = ITEM | {"data": {"itemType": "note", "note": "<p>Read it.</p>"}}
    assert notes(collection, tag, file, note, DATA | {"deleted": 1}) == [
        "attachments and notes of Zotero are not read (2)",
        "collections and tags of Zotero are not read (2)",
        "items in Zotero's bin are not read (1)",
    ]


def test_a_creator_without_a_name_is_told() -> None:
    creators = [{"creatorType": "author", "firstName": "", "lastName": ""}, *DATA["creators"]]
    papers, reasons = read_all(json.dumps([DATA | {"creators": creators}]))
    assert [len(paper.authors) for paper in papers] == [3]
    assert reasons == ["creators: a name is empty"]


@given(objects_like(ITEM, DATA, {"attachments": [{"url": "u", "mimeType": "application/pdf"}]}))
def test_no_object_raises(value: dict[str, Any]) -> None:
    assert isinstance(zotero.recognises(value), bool)
    zotero.record(value, 1)
