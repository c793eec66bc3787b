"""CSL JSON: names in parts, dates of every form, identifiers in notes, types and arXiv papers."""

import json
from typing import Any

import pytest
from hypothesis import given

from index.readers.json import csl
from tests.json_objects import assert_says, objects_like, read_all, read_one

ITEM: dict[str, Any] = {
    "id": "reed2014",
    "type": "article-journal",
    "title": "Songs of <i>reeds</i>",
    "author": [{"family": "Reed", "given": "Eva"}, {"literal": "Pond, River and Sons"}],
    "editor": [{"family": "Sedge", "given": "Tim"}],
    "issued": {"date-parts": [[2014, 7, 9]]},
    "accessed": {"date-parts": [[2020, 1, 1]]},
    "container-title": "Pond Notes",
    "publisher": "Marsh Press",
    "volume": 6,
    "issue": "1-2",
    "page": "77–80",
    "abstract": "Reeds sing.",
    "keyword": "wind, reed",
    "language": "en-GB",
    "DOI": "https://doi.org/10.5555/REED.2",
    "PMID": "640",
    "PMCID": "PMC640",
    "ISSN": "2049-3630, 2049-3649",
    "URL": "https://pond.example/2",
    "note": "Citation Key: reedSongs\nISBN: 978-0-13-110362-7\nseen in May",
}


def test_all_that_an_item_says() -> None:
    assert_says(
        read_one(ITEM),
        {
            "id": "10.5555/reed.2",
            "title": "Songs of reeds",
            "abstract": "Reeds sing.",
            "authors": ["Eva Reed", "Pond, River and Sons"],
            "editors": ["Tim Sedge"],
            "year": 2014,
            "date": "2014-07-09",
            "venue": "Pond Notes",
            "publisher": "Marsh Press",
            "volume": "6",
            "issue": "1-2",
            "pages": "77-80",
            "type": "article",
            "keywords": ["wind", "reed"],
            "language": "en",
            "identifiers": {
                "doi": ["10.5555/reed.2"],
                "pmid": ["640"],
                "pmcid": ["PMC640"],
                "issn": ["2049-3630", "2049-3649"],
                "isbn": ["9780131103627"],
                "citation_key": ["reed2014", "reedSongs"],
            },
            "urls": [{"kind": "page", "url": "https://pond.example/2"}],
        },
    )


@pytest.mark.parametrize(
    ("name", "shown", "family"),
    [
        ({"family": "Reed", "given": "Eva", "suffix": "Jr."}, "Eva Reed, Jr.", "Reed"),
        ({"family": "Reed, III", "given": "Eva"}, "Eva Reed, III", "Reed"),
        (
            {"family": "Dijk", "given": "Eva", "non-dropping-particle": "van der"},
            "Eva van der Dijk",
            "Dijk",
        ),
        (
            {
                "family": "Mare",
                "given": "Eva",
                "dropping-particle": "de",
                "non-dropping-particle": "la",
            },
            "Eva de la Mare",
            "Mare",
        ),
        ({"family": '"van Dijk"', "given": "Eva"}, "Eva van Dijk", "van Dijk"),
        ({"family": "Reed, Eva", "given": ""}, "Eva Reed", "Reed"),
        ({"literal": "Reed, Eva"}, "Reed, Eva", "Reed, Eva"),
        ({"name": "The Pond Group"}, "The Pond Group", "The Pond Group"),
        ({"family": "Pond Watch"}, "Pond Watch", "Pond Watch"),
        ({"raw": "Eva Reed"}, "Eva Reed", ""),
        ({"literal": "Plato"}, "Plato", ""),
        ({"family": "葦野"}, "葦野", ""),
    ],
)
def test_names(name: dict[str, str], shown: str, family: str) -> None:
    paper = read_one(ITEM | {"author": [name]})
    assert paper.authors == (shown,)
    assert [parts.family for parts in paper.author_parts] == ([family] if family else [])


def test_names_of_other_shapes() -> None:
    assert read_one(ITEM | {"author": "Reed, Eva and Sedge, Tim"}).authors == (
        "Eva Reed",
        "Tim Sedge",
    )
    assert read_one(ITEM | {"author": {"family": "Reed", "given": "Eva"}}).authors == ("Eva Reed",)
    paper = read_one(ITEM | {"author": "Reed, Eva et al."})
    assert (paper.authors, paper.et_al) == (("Eva Reed",), True)
    papers, reasons = read_all(json.dumps([ITEM | {"author": [{"family": "", "given": ""}]}]))
    assert [paper.authors for paper in papers] == [()]
    assert reasons == ["author: a name is empty"]


@pytest.mark.parametrize(
    ("last", "names"),
    [
        # As pandoc, citation-js and Zotero write BibTeX's "and others" and "et al.".
        ({"literal": "others"}, ["Eva Reed"]),
        ({"family": "others"}, ["Eva Reed"]),
        ({"family": "al.", "given": "et"}, ["Eva Reed"]),
        ({"literal": "et al."}, ["Eva Reed"]),
        ({"literal": "and 12 others"}, ["Eva Reed"]),
        ({"literal": "The Pond Group et al."}, ["Eva Reed", "The Pond Group"]),
        ({"family": "Sedge et al.", "given": "Tim"}, ["Eva Reed", "Tim Sedge"]),
    ],
)
def test_others_are_no_author(last: dict[str, str], names: list[str]) -> None:
    reed = {"family": "Reed", "given": "Eva"}
    paper = read_one(ITEM | {"author": [reed, last], "editor": [reed, last]})
    assert ([*paper.authors], paper.et_al) == (names, True)
    assert [*paper.editors] == names
    assert len(paper.author_parts) == len(names)
    alone = read_one(ITEM | {"author": [{"literal": "others"}]})
    assert (alone.authors, alone.et_al) == ((), True)


@pytest.mark.parametrize(
    "last",
    [
        {"literal": "Sisters and Others"},
        {"family": "Others", "given": "Tim"},
        {"family": "Etal", "given": "Tim"},
    ],
)
def test_names_with_a_word_for_others(last: dict[str, str]) -> None:
    paper = read_one(ITEM | {"author": [last]})
    assert (paper.authors, paper.et_al) == ((" ".join([*last.values()][::-1]),), False)


@pytest.mark.parametrize(
    ("issued", "date", "year", "text"),
    [
        ({"date-parts": [["2014", "7"]]}, "2014-07", 2014, ""),
        ({"date-parts": [[2014]]}, None, 2014, ""),
        ({"date_parts": [[2014, 7, 9]]}, "2014-07-09", 2014, ""),
        ({"date-parts": [2014, 7]}, "2014-07", 2014, ""),
        ({"date-parts": [[2014, 2, 31]]}, "2014-02", 2014, "2014-02-31"),
        ({"date-parts": [[2014, 7, 9], [2014, 8, 1]]}, "2014-07-09", 2014, "2014-07-09/2014-08-01"),
        ({"date-parts": [[2014], [0]]}, None, 2014, "2014/.."),
        ({"date-parts": [[2014, 14]]}, None, 2014, "Summer 2014"),
        ({"date-parts": [[2014, 23]]}, None, 2014, "Autumn 2014"),
        ({"date-parts": [[2014]], "season": "1"}, None, 2014, "Spring 2014"),
        ({"date-parts": [[2014]], "season": "Lent"}, None, 2014, "Lent 2014"),
        ({"date-parts": [[2014]], "circa": True}, None, 2014, "circa 2014"),
        ({"date-parts": [[-44, 3]]}, None, None, "44 BC"),
        ({"date-parts": [["-44"]]}, None, None, "44 BC"),
        ({"date-parts": [[None]]}, None, None, ""),
        ({"date-parts": [[]], "raw": "9 July 2014"}, "2014-07-09", 2014, ""),
        ({"literal": "in press"}, None, None, "in press"),
        ({"year": 2014, "month": "7"}, "2014-07", 2014, ""),
        ("2014-07-09", "2014-07-09", 2014, ""),
        (2014, None, 2014, ""),
        ([{"date-parts": [[2014]]}], None, 2014, ""),
        (None, None, None, ""),
    ],
)
def test_dates(issued: Any, date: str | None, year: int | None, text: str) -> None:
    paper = read_one(ITEM | {"issued": issued})
    assert (paper.date, paper.year, paper.date_text) == (date, year, text)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"title": ["Songs"]}, {"title": "Songs"}),
        ({"type": "paper-conference"}, {"type": "inproceedings"}),
        ({"type": "chapter"}, {"type": "chapter"}),
        ({"type": "thesis"}, {"type": "thesis"}),
        ({"type": "entry-encyclopedia"}, {"type": "chapter"}),
        ({"type": "post-weblog"}, {"type": "other"}),
        ({"type": "periodical"}, {"type": "paratext"}),
        ({"note": "type: dataset"}, {"type": "dataset"}),
        ({"genre": "Review article"}, {"type": "review"}),
        ({"keyword": "wind; reed, tall"}, {"keywords": ["wind", "reed, tall"]}),
        ({"keyword": ["wind", "reed, tall"]}, {"keywords": ["wind", "reed, tall"]}),
        ({"page": "", "number": "e77"}, {"pages": "e77"}),
        ({"is-referenced-by-count": 5}, {"cited_by": 5}),
        ({"note": "cited By 7"}, {"cited_by": 7}),
        ({"status": "retracted"}, {"status": "retracted"}),
        ({"author": None, "director": [{"family": "Reed"}]}, {"authors": ["Reed"]}),
        (
            {"URL": "https://pond.example/2.pdf"},
            {"urls": [{"kind": "pdf", "url": "https://pond.example/2.pdf"}]},
        ),
        ({"container-title": "", "event-title": "Pond Days"}, {"venue": "Pond Days"}),
        ({"publisher": "", "note": "Publisher: Reed & Co"}, {"publisher": "Reed & Co"}),
        # A working paper of a journal's kind is no article of one.
        ({"type": "article", "volume": None, "container-title": "pondRxiv"}, {"type": "preprint"}),
        ({"type": "article", "volume": None, "container-title": None}, {"type": "preprint"}),
        ({"type": "article"}, {"type": "article"}),
    ],
)
def test_other_values(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(ITEM | values), expected)


@pytest.mark.parametrize(
    ("values", "identifiers"),
    [
        ({"id": 7}, {}),
        ({"id": "http://zotero.org/users/2/items/PQ"}, {}),
        ({"id": "https://doi.org/10.5555/reed.4"}, {"doi": ["10.5555/reed.4"]}),
        ({"id": "doi:10.5555/reed.4"}, {"doi": ["10.5555/reed.4"]}),
        ({"id": "arxiv:1407.12345v2"}, {"arxiv": ["1407.12345"]}),
        ({"citation-key": "k"}, {"citation_key": ["k"]}),
        ({"note": "arXiv: 1407.12345 [cs.SD]"}, {"arxiv": ["1407.12345"]}),
        ({"note": "DOI: 10.5555/reed.4; PMID: 9"}, {"doi": ["10.5555/reed.4"], "pmid": ["9"]}),
        ({"note": "A reply to doi:10.5555/reed.4"}, {}),
        ({"ISBN": ["978-0-13-110362-7"]}, {"isbn": ["9780131103627"]}),
        ({"doi": "10.5555/reed.4"}, {"doi": ["10.5555/reed.4"]}),
    ],
)
def test_identifiers(values: dict[str, Any], identifiers: dict[str, list[str]]) -> None:
    bare = {"type": "article-journal", "title": "Songs"}
    assert read_one(bare | values).to_dict().get("identifiers", {}) == identifiers


def test_a_doi_in_short_form_is_a_link() -> None:
    paper = read_one({"type": "article-journal", "title": "Songs", "DOI": "10/abc12"})
    assert_says(paper, {"identifiers": None})
    assert [link.url for link in paper.urls] == ["https://doi.org/10/abc12"]


@pytest.mark.parametrize(
    "values",
    [
        {"type": "report", "publisher": "arXiv", "number": "1407.12345v2"},
        {"type": "article", "container-title": "arXiv:1407.12345 [cs.SD]"},
        {"type": "article", "archive": "arXiv", "archive_location": "1407.12345"},
        {"type": "webpage", "URL": "https://arxiv.org/abs/1407.12345"},
        {"type": "manuscript", "note": "arXiv: 1407.12345"},
    ],
)
def test_papers_of_arxiv(values: dict[str, Any]) -> None:
    paper = read_one({"id": "r", "title": "Songs", "author": [{"family": "Reed"}]} | values)
    assert (paper.id, paper.type) == ("1407.12345", "preprint")
    assert paper.venue in ("", "arXiv")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([ITEM, ITEM]),
        json.dumps([ITEM, ITEM], indent=2),
        json.dumps({"items": [ITEM, ITEM]}),
        json.dumps({"references": [ITEM, ITEM]}, indent=1),
        f"{json.dumps(ITEM)}\n{json.dumps(ITEM)}\n",
    ],
)
def test_wrappers(content: str) -> None:
    papers, reasons = read_all(content)
    assert [paper.title for paper in papers] == ["Songs of reeds"] * 2
    assert reasons == []


@pytest.mark.parametrize(
    ("value", "is_csl"),
    [
        ({"type": "thesis", "title": "S", "author": [{"family": "Reed"}]}, True),
        ({"title": "S", "issued": {"date-parts": [[2014]]}}, True),
        ({"type": "paper-conference", "title": "S"}, True),
        ({"type": "book", "title": "S", "citation-key": "s", "DOI": "10.5555/1"}, True),
        ({"type": "video", "title": "S", "issued": {"date-parts": [["1992"]]}}, True),
        # Other programs have types of these names.
        ({"type": "article", "title": "S", "id": "7", "authors": ["Eva Reed"]}, False),
        ({"type": "ELEC", "title": "S", "year": 2014, "url": "u"}, False),
        ({"itemType": "book", "title": "S"}, False),
        ({"title": "S", "authors": [{"family": "Reed"}]}, False),
    ],
)
def test_recognition(value: dict[str, Any], is_csl: bool) -> None:
    assert csl.recognises(value) == is_csl


@given(objects_like(ITEM, {"issued": {"season": 2, "circa": 1, "literal": "l", "raw": "r"}}))
def test_no_object_raises(value: dict[str, Any]) -> None:
    assert isinstance(csl.recognises(value), bool)
    csl.record(value, 1)
