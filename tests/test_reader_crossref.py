"""Crossref: works in any wrapper, dates, titles and containers; what is no paper is a note."""

import json
from typing import Any

import pytest
from hypothesis import given

from index.readers.json import crossref
from tests.json_objects import assert_says, notes, objects_like, read_all, read_one

WORK: dict[str, Any] = {
    "DOI": "10.5555/ELM.7",
    "type": "journal-article",
    "title": ["Leaves of elms"],
    "author": [
        {"given": "Ada", "family": "Birch", "sequence": "first", "affiliation": []},
        {"family": "Ash, Jr.", "given": "Tom", "affiliation": [{"name": "Elm College"}]},
        {"name": "Elm Survey", "sequence": "additional"},
    ],
    "container-title": ["Elm Letters"],
    "publisher": "Grove Press",
    "ISSN": ["2049-3630"],
    "issn-type": [{"type": "print", "value": "2049-3630"}],
    "volume": "9",
    "issue": "4",
    "page": "30-41",
    "language": "en",
    "subject": ["Plant Science", "Ecology, Evolution, Behavior"],
    "is-referenced-by-count": 12,
    "issued": {"date-parts": [[2019, 6, 2]]},
    "created": {"date-parts": [[2021, 1, 1]]},
    "indexed": {"date-parts": [[2023, 1, 1]]},
    "prefix": "10.5555",
    "member": "77",
    "URL": "http://dx.doi.org/10.5555/elm.7",
    "link": [
        {"URL": "https://elm.example/7.pdf", "content-type": "application/pdf"},
        {"URL": "https://elm.example/7.xml", "content-type": "text/xml"},
    ],
    "resource": {"primary": {"URL": "https://elm.example/7"}},
}


def changed(**values: Any) -> dict[str, Any]:
    """Return the work with other values; None takes one away, and ``_`` in a key is ``-``."""
    work = WORK | {key.replace("_", "-"): value for key, value in values.items()}
    return {key: value for key, value in work.items() if value is not None}


def test_all_that_a_work_says() -> None:
    assert_says(
        read_one(WORK),
        {
            "id": "10.5555/elm.7",
            "title": "Leaves of elms",
            "authors": ["Ada Birch", "Tom Ash, Jr.", "Elm Survey"],
            "institutions": ["Elm College"],
            "venue": "Elm Letters",
            "volume": "9",
            "issue": "4",
            "pages": "30-41",
            "publisher": "Grove Press",
            "year": 2019,
            "date": "2019-06-02",
            "type": "article",
            "language": "en",
            "cited_by": 12,
            "categories": ["Plant Science", "Ecology, Evolution, Behavior"],
            "identifiers": {"doi": ["10.5555/elm.7"], "issn": ["2049-3630"]},
            "urls": [
                {"kind": "page", "url": "http://dx.doi.org/10.5555/elm.7"},
                {"kind": "page", "url": "https://elm.example/7"},
                {"kind": "pdf", "url": "https://elm.example/7.pdf"},
            ],
        },
    )


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(WORK),
        json.dumps({"status": "ok", "message-type": "work", "message": WORK}, indent=1),
        json.dumps({"status": "ok", "message-type": "work-list", "message": {"items": [WORK]}}),
        json.dumps({"items": [WORK]}),
        json.dumps([WORK], indent=2),
        # A database's export: ids and long numbers are objects.
        json.dumps(
            {"_id": {"$oid": "5a0"}}
            | WORK
            | {"is-referenced-by-count": {"$numberLong": "12"}, "timestamp": {"$numberLong": "15"}}
        ),
    ],
)
def test_wrappers(content: str) -> None:
    papers, reasons = read_all(content)
    assert reasons == []
    assert [(paper.id, paper.cited_by) for paper in papers] == [("10.5555/elm.7", 12)]


@pytest.mark.parametrize(
    ("titles", "title", "others"),
    [
        ({"subtitle": ["A survey"]}, "Leaves of elms: A survey", []),
        ({"title": ["Why elms?"], "subtitle": ["A survey"]}, "Why elms? A survey", []),
        ({"title": ["Elms &amp; <i>oaks</i>"]}, "Elms & oaks", []),
        ({"title": ["Elm of &lt;scp&gt;two&lt;/scp&gt;\n     lands"]}, "Elm of two lands", []),
        # Half of it again, at the head of each page; and what a reviewed book costs.
        ({"subtitle": ["Of <b>elms</b>"]}, "Leaves of elms", []),
        ({"subtitle": ["Ed. by A. Birch. Price: £20"]}, "Leaves of elms", []),
        ({"subtitle": [""]}, "Leaves of elms", []),
        ({"title": ["Leaves", "Blätter"]}, "Leaves", ["Blätter"]),
        ({"original_title": ["Ulmenblätter"]}, "Leaves of elms", ["Ulmenblätter"]),
        ({"original_title": ["Leaves of elms"]}, "Leaves of elms", []),
        ({"title": [""], "original_title": ["楡の葉"]}, "楡の葉", []),
        ({"title": [], "subtitle": ["楡の葉"]}, "楡の葉", []),
    ],
)
def test_titles(titles: dict[str, Any], title: str, others: list[str]) -> None:
    paper = read_one(changed(**titles))
    assert paper.title == title
    assert [other.text for other in paper.other_titles] == others


@pytest.mark.parametrize(
    ("dates", "date", "year"),
    [
        ({"issued": {"date-parts": [[2017]]}}, None, 2017),
        ({"issued": {"date-parts": [[2017, 11]]}}, "2017-11", 2017),
        ({"issued": {"date-parts": [["2017", "1"]]}}, "2017-01", 2017),
        # The source's own date of issue counts, whichever of print and online it took.
        (
            {
                "issued": {"date-parts": [[2017, 11]]},
                "published_online": {"date-parts": [[2018, 1, 3]]},
            },
            "2017-11",
            2017,
        ),
        (
            {"issued": {"date-parts": [[None]]}, "published_online": {"date-parts": [[2018, 2]]}},
            "2018-02",
            2018,
        ),
        ({"issued": None, "approved": {"date-parts": [[2016, 5]]}}, "2016-05", 2016),
        # The dates of the record are none of the paper.
        ({"issued": {"date-parts": [[0]]}}, None, None),
        ({"issued": {"date-parts": [[None]]}}, None, None),
        ({"issued": None}, None, None),
    ],
)
def test_dates(dates: dict[str, Any], date: str | None, year: int | None) -> None:
    paper = read_one(changed(**dates))
    assert (paper.date, paper.year, paper.date_text) == (date, year, "")


@pytest.mark.parametrize(
    ("kind", "containers", "venue"),
    [
        ("journal-article", ["Elm Lett.", "Letters on Elms"], "Letters on Elms"),
        ("journal-article", ["Elms &amp; Oaks"], "Elms & Oaks"),
        ("book-chapter", ["Trees of Towns", "Garden Library"], "Trees of Towns"),
        ("book-chapter", ["Springs Series in Trees", "Trees of Towns"], "Trees of Towns"),
        ("proceedings-article", ["Lecture Notes in Trees", "Trees and Roots"], "Trees and Roots"),
        (
            "proceedings-article",
            ["Proceedings of the Elm Workshop", "Notes on Trees"],
            "Proceedings of the Elm Workshop",
        ),
        (
            "proceedings-article",
            ["Notes on Trees", "Fifth Conference on Elms"],
            "Fifth Conference on Elms",
        ),
        ("proceedings-article", ["TREE Proceedings", "Roots XX"], "Roots XX"),
    ],
)
def test_containers(kind: str, containers: list[str], venue: str) -> None:
    assert read_one(changed(type=kind, container_title=containers)).venue == venue


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"type": "book-chapter"}, {"type": "chapter"}),
        ({"type": "monograph"}, {"type": "book"}),
        ({"type": "journal-issue"}, {"type": "paratext"}),
        ({"type": "peer-review"}, {"type": "other"}),
        ({"type": "dissertation"}, {"type": "thesis"}),
        ({"type": "of-a-later-year"}, {"type": "other"}),
        (
            {
                "type": "posted-content",
                "subtype": "preprint",
                "container_title": [],
                "institution": [{"name": "elmRxiv"}],
                "group_title": "Botany",
                "subject": None,
            },
            {"type": "preprint", "venue": "elmRxiv", "categories": ["Botany"]},
        ),
        ({"update_to": [{"type": "correction", "DOI": "10.5555/elm.6"}]}, {"type": "erratum"}),
        ({"update_to": [{"type": "retraction", "DOI": "10.5555/elm.6"}]}, {"type": "notice"}),
        ({"update_to": [{"type": "new_version", "DOI": "10.5555/elm.6"}]}, {"type": "article"}),
        ({"updated_by": [{"type": "retraction", "DOI": "10.5555/r"}]}, {"status": "retracted"}),
        ({"updated_by": [{"type": "correction", "DOI": "10.5555/r"}]}, {"status": None}),
        ({"title": ["Retracted: Leaves"]}, {"type": "article", "status": None}),
        ({"page": None, "article_number": "e77"}, {"pages": "e77"}),
        ({"author": None, "editor": [{"family": "Birch", "given": "Ada"}]}, {"authors": None}),
        ({"editor": [{"family": "Birch", "given": "Ada"}]}, {"editors": ["Ada Birch"]}),
        (
            {"ISBN": ["http://id.crossref.org/isbn/9780131103627"], "ISSN": None},
            {
                "identifiers": {
                    "doi": ["10.5555/elm.7"],
                    "isbn": ["9780131103627"],
                    "issn": ["2049-3630"],
                }
            },
        ),
        ({"abstract": "<jats:p />"}, {"abstract": None}),
        (
            {"abstract": "<jats:title>Aims</jats:title><jats:p>To see\n   elms.</jats:p>"},
            {"abstract": "Aims: To see elms."},
        ),
        # As the registry hands it to citation processors, with keys of both.
        (
            {"title": "Leaves of elms", "type": "article-journal", "id": "birch2019"},
            {"title": "Leaves of elms", "type": "article", "cited_by": 12},
        ),
    ],
)
def test_other_values(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(changed(**values)), expected)


def test_an_author_without_a_name_is_told() -> None:
    papers, reasons = read_all(
        json.dumps(changed(author=[{"given": "", "family": ""}, {"family": "Ash"}]))
    )
    assert [paper.authors for paper in papers] == [("Ash",)]
    assert reasons == ["author: a name is empty"]


def test_what_is_no_paper_is_one_note() -> None:
    grant = {"DOI": "10.5555/g.1", "type": "grant", "member": "7", "prefix": "10.5555"}
    part = changed(type="component", title=None)
    funder = {"id": "1", "uri": "http://dx.doi.org/10.5555/1", "alt-names": [], "location": "Elm"}
    assert notes(grant, part, funder, funder) == [
        "grants and components of works of Crossref are not read (2)",
        "journals, funders, members or agencies of Crossref are not read (2)",
    ]


@given(objects_like(WORK, changed(update_to=[{"type": "retraction"}], event={"name": "Elms"})))
def test_no_object_raises(value: dict[str, Any]) -> None:
    assert isinstance(crossref.recognises(value), bool)
    crossref.record(value, 1)
