"""MEDLINE text: records of tagged lines, from PubMed and from ERIC."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paper import Paper
from index.readers import nbib
from index.readers.base import Head
from tests.seed_files import read_text

read_all = partial(read_text, nbib)


def read_one(*lines: str) -> Paper:
    papers, told = read_all("\n".join(("PMID- 71", "TI  - Elms of the north", *lines)))
    assert told == []
    (paper,) = papers
    return paper


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        ("PMID- 71\nOWN - NLM", True),
        ("PMID-71", True),
        ("\ufeff\n\nPMID- 71\r\nTI  - Elms", True),
        ("<pre>\nPMID- 71", True),
        ("OWN - ERIC\nTI  - Elms", True),
        ("\nPMC - PMC7\nPMID- 71", True),
        ("TY  - JOUR\nTI  - Elms\nER  - ", False),
        ("TI  - Elms\nAU  - Holm A", False),
        ("PMID-\n", False),
        ("PMID: 71", False),
        ("@article{PMID- 71}", False),
        ("", False),
    ],
)
def test_the_first_tag_tells_the_format(content: str, is_ours: bool) -> None:
    assert nbib.recognises(Head(content.encode())) is is_ours


RECORDS = [
    pytest.param("PMID- 1\nTI  - One\n\nPMID- 2\nTI  - Two", [1, 4], id="blank line"),
    pytest.param("PMID- 1\nTI  - One\nPMID- 2\nTI  - Two", [1, 3], id="no blank line"),
    pytest.param("\n\nPMID- 1\r\nTI  - One\r\n\r\nPMID- 2\r\nTI  - Two\r\n", [3, 6], id="CRLF"),
    pytest.param("OWN - ERIC\nTI  - One\nOWN - ERIC\nTI  - Two", [1, 3], id="ERIC"),
    pytest.param("OWN - ERIC\nTI  - One\n\nPMID- 2\nTI  - Two", [1, 4], id="ERIC and PubMed"),
    pytest.param(
        "<pre>\nPMID- 1\nTI  - One\n</pre>\n<pre>\nPMID- 2\nTI  - Two\n</pre>",
        [2, 6],
        id="on a web page",
    ),
    pytest.param("PMID- 1\n\nTI  - One\n\nPMID- 2\n\n\nTI  - Two\n\n", [1, 5], id="blank within"),
    pytest.param("PMC - PMC7\nPMID- 1\nTI  - One\n\nPMC - PMC8\nTI  - Two", [1, 5], id="PMC"),
    pytest.param("PMID- 1\nOWN - NLM\nTI  - One\nPMID- 2\nOWN - NLM\nTI  - Two", [1, 4], id="both"),
]


@pytest.mark.parametrize(("content", "lines"), RECORDS)
def test_where_a_record_begins(content: str, lines: list[int]) -> None:
    papers, told = read_all(content)
    assert [(paper.title, paper.sources[0].line) for paper in papers] == list(
        zip(["One", "Two"], lines, strict=True)
    )
    assert told == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["AB  - Elms grow ", "      in the  ", "      north. "], "Elms grow in the north."),
        (
            ["AB  - Elms", "      AU - and TI  - are no tags here."],
            "Elms AU - and TI  - are no tags here.",
        ),
        (["AB  - Elms", "grow unindented."], "Elms grow unindented."),
        (["AB  - Elms", "", "      grow on."], "Elms grow on."),
        (["AB  - AIM: To grow.", "AB  - END: Grown."], "AIM: To grow.\nEND: Grown."),
        (["AB  - 5 &lt; 6", "CI  - (c) Elm Press", "COIS- None."], "5 < 6"),
        (["AB  - "], ""),
    ],
)
def test_text_goes_on_in_the_next_line(lines: list[str], expected: str) -> None:
    assert read_one(*lines).abstract == " ".join(expected.split(" ")).replace("  ", " ")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["FAU - Holm, Ada B", "AU  - Holm AB", "FAU - Vik, Per", "AU  - Vik P"],
         ["Ada B Holm", "Per Vik"]),
        (["AU  - Holm AB", "AU  - van den Vik P"], ["AB Holm", "P van den Vik"]),
        (["FAU - Holm, Ada B Jr", "AU  - Holm AB Jr"], ["Ada B Holm, Jr"]),
        (["FAU - Holm, Ada", "AU  - Holm A", "AD  - Oslo.", "CN  - Elm Group", "FAU - Vik, Per",
          "AU  - Vik P"], ["Ada Holm", "Elm Group", "Per Vik"]),
        (["FAU - Elmwatch", "AU  - Elmwatch"], ["Elmwatch"]),
        (["AU  - Holm, Ada", "AU  - Vik, Per"], ["Ada Holm", "Per Vik"]),
        (["FAU - Holm, Ada", "AU  - Holm A", "IR  - Ek S", "FIR - Ek, Siv"], ["Ada Holm"]),
    ],
)  # fmt: skip
def test_authors(lines: list[str], names: list[str]) -> None:
    paper = read_one(*lines)
    assert list(paper.authors) == names
    assert not paper.et_al


def test_who_is_left_out_and_who_edits() -> None:
    paper = read_one(
        "FAU - Holm, Ada", "AU  - Holm A", "AU  - et al.", "FED - Vik, Per", "ED  - Vik P"
    )
    assert (paper.authors, paper.et_al, paper.editors) == (("Ada Holm",), True, ("Per Vik",))


def test_parts_of_names_are_kept_apart() -> None:
    (parts,) = read_one("FAU - Holm, Ada B", "AU  - Holm AB").author_parts
    assert (parts.family, parts.given) == ("Holm", "Ada B")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["LID - 10.5072/Elm [doi]", "LID - S1 [pii]", "AID - 10.5072/elm [doi]"],
         {"doi": ["10.5072/elm"]}),
        (["AID - S1 [pii]", "AID - 10.5072/elm [doi]"], {"doi": ["10.5072/elm"]}),
        (["LID - doi:10.5072/elm"], {"doi": ["10.5072/elm"]}),
        (["AID - http://dx.doi.org/10.5072/elm"], {"doi": ["10.5072/elm"]}),
        (["PMC - PMC77", "PMCR- 2011/01/01"], {"pmcid": ["PMC77"]}),
        (["IS  - 0378-5955 (Print)", "IS  - 1476-4687 (Electronic)", "IS  - 0378-5955 (Linking)"],
         {"issn": ["0378-5955", "1476-4687"]}),
        (["ISSN - EISSN-1476-4687"], {"issn": ["1476-4687"]}),
        (["ISSN - ", "ISBN- 978-3-16-148410-0"], {"isbn": ["9783161484100"]}),
        (["ISSN - ISSN-1476-4687", "ISBN - ISBN-978-3-16-148410-0"],
         {"issn": ["1476-4687"], "isbn": ["9783161484100"]}),
        (["OID - EJ123"], {"accession": ["EJ123"]}),
    ],
)  # fmt: skip
def test_identifiers(lines: list[str], expected: dict[str, Any]) -> None:
    assert read_one(*lines).to_dict()["identifiers"] == {"pmid": ["71"], **expected}


def test_an_address_that_is_no_doi_is_kept_as_one() -> None:
    paper = read_one("AID - www.elm.example/a.pdf", "LID - https://elm.example/a")
    assert [tuple(link) for link in paper.urls] == [
        ("page", "https://elm.example/a"),
        ("pdf", "http://www.elm.example/a.pdf"),
    ]


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["DP  - 2012"], "2012"),
        (["DP  - 2012 Oct"], "2012-10"),
        (["DP  - 2012 Oct 3"], "2012-10-03"),
        (["DP  - 2012 Jul-Sep"], "2012-07"),
        (["DP  - Oct 2012"], "2012-10"),
        (["DP  - 2012   06"], "2012-06"),
        (["DP  - Article 3 2012"], "2012"),
        (["DP  - 2012", "DEP - 20120611"], "2012-06-11"),
        (["DP  - 2012 Oct", "DEP - 20120611"], "2012-10"),
        (["DEP - 20120611"], "2012-06-11"),
    ],
)
def test_dates(lines: list[str], date: str) -> None:
    paper = read_one(*lines)
    assert (paper.date or str(paper.year)) == date


@pytest.mark.parametrize(
    ("lines", "name", "expected"),
    [
        (["OT  - *elm", "OT  - sap", "MH  - *Ulmus/*growth"], "keywords", ("elm", "sap")),
        (["MH  - *Ulmus/*growth", "MH  - Ulmus/blood", "MH  - Trees"], "keywords",
         ("Ulmus", "Trees")),
        (["PG  - 31-9"], "pages", "31-9"),
        (["JT  - Elm and oak", "TA  - Elm Oak"], "venue", "Elm and oak"),
        (["TA  - Elm Oak"], "venue", "Elm Oak"),
        (["VI  - 7", "IP  - 3"], "volume", "7"),
        (["PT  - Journal Article", "PT  - Review"], "type", "review"),
        (["PT  - Retracted Publication"], "status", "retracted"),
        (["RIN - Elm. 2012;1:2"], "status", "retracted"),
        (["ROF - Elm. 2012;1:2"], "type", "notice"),
        (["PT  - Reports - Research", "PT  - Journal Articles"], "type", "article"),
        (["PT  - Reports - Research"], "type", "report"),
        (["PT  - Reports - Research", "OID - EJ123"], "type", "article"),
        (["PT  - Reports - Research", "OID - ED123"], "type", "report"),
        (["JT  - Elm Press", "OID - ED123"], "publisher", "Elm Press"),
        (["JT  - Elm Press", "OID - ED123"], "venue", ""),
        (["JT  - Elm Letters", "OID - EJ123"], "venue", "Elm Letters"),
        (["PT  - Dissertations/Theses - Doctoral Dissertations"], "type", "thesis"),
        (["AD  - Elm Institute, Oslo. ada@elm.example"], "institutions", ("Elm Institute, Oslo",)),
    ],
)  # fmt: skip
def test_other_fields(lines: list[str], name: str, expected: object) -> None:
    assert getattr(read_one(*lines), name) == expected


def test_titles_and_abstracts_in_two_languages() -> None:
    papers, _ = read_all(
        "PMID- 71\nTI  - [Elms in\n      spring].\nTT  - Ulmen im Lenz\nLA  - ger\n"
        "OAB - Publisher: Abstract available from the publisher.\nOABL- fre\n"
        "PMID- 72\nTI  - Elms\nOAB - Des ormes.\nOABL- fre\n",
    )
    assert papers[0].title == "Elms in spring"
    assert [other.text for other in papers[0].other_titles] == ["Ulmen im Lenz"]
    assert papers[0].other_abstracts == ()
    assert [tuple(other) for other in papers[1].other_abstracts] == [("fr", "Des ormes.")]


def test_books_chapters_and_theses() -> None:
    papers, told = read_all(
        "PMID- 71\nTI  - Leaves\nBTI - The elm book\nPB  - Elm Press\n\n"
        "PMID- 72\nBTI - The elm book\n\n"
        "OWN - ERIC\nTI  - Elms at school\nPT  - Dissertations/Theses - Doctoral Dissertations\n"
        "JT  - ElmQuest LLC\nSO  - Ph.D. Dissertation, University of Elm\nOID - ED5\n",
    )
    chapter, book, thesis = papers
    assert (chapter.type, chapter.venue, chapter.publisher) == (
        "chapter",
        "The elm book",
        "Elm Press",
    )
    assert (book.type, book.title, book.venue) == ("book", "The elm book", "")
    assert (thesis.type, thesis.venue, thesis.publisher) == ("thesis", "", "ElmQuest LLC")
    assert thesis.institutions == ("University of Elm",)
    assert told == []


LINES = st.sampled_from(
    [
        *("PMID- 7", "OWN - ERIC", "TI  - Elms", "AB  - Elms.", "      grow", "AU  - Holm A"),
        *("FAU - Holm, A", "AID - 10.5072/e [doi]", "DP  - 9", "ISSN - x", "</pre>", "BTI - B", ""),
        *("AU  -", "grow"),
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_any_lines_are_read_and_each_record_says_its_line(lines: list[str], end: str) -> None:
    papers, told = read_all(end.join(lines))
    for line in (*(paper.sources[0].line for paper in papers), *(one.line for one in told)):
        assert lines[line - 1][:1].isupper()
    assert len(papers) <= max(
        lines.count("TI  - Elms") + lines.count("AB  - Elms.") + lines.count("BTI - B"), 0
    )


@given(st.text(max_size=60))
def test_no_text_raises(content: str) -> None:
    read_all(content)
    read_all(f"PMID- 1\n{content}")
    nbib.recognises(Head(content.encode("utf-8", "replace")))


WHOLE = "PMID- 1\nTI  - One\nAB  - Long.\n\nPMID- 2\nTI  - Two\n\nPMID- 3\nTI  - Three\n"


@given(st.integers(0, len(WHOLE)))
def test_a_cut_file_keeps_the_records_before_the_cut(length: int) -> None:
    papers, _ = read_all(WHOLE[:length])
    whole, _ = read_all(WHOLE)
    count = max(WHOLE[:length].count("PMID- ") - 1, 0)
    assert papers[:count] == whole[:count]
