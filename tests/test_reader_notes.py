"""Notes: identifiers, citations and values among free text.

The papers and people are invented.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.notes import arxiv_categories, read_note
from tests.growth import grows_with_length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PMID: 314159", [("pmid", "314159")]),
        ("{PMID:} 314159", [("pmid", "314159")]),
        ("PMID: 314159; PMCID: PMC2718", [("pmid", "314159"), ("pmcid", "PMC2718")]),
        ("PMID: 314159, PMCID: PMC2718", [("pmid", "314159"), ("pmcid", "PMC2718")]),
        ("doi:10.5555/elm.1", [("doi", "10.5555/elm.1")]),
        ("DOI 10.5555/elm.1", [("doi", "10.5555/elm.1")]),
        ("https://doi.org/10.5555/elm.1", [("doi", "https://doi.org/10.5555/elm.1")]),
        ("arXiv:1706.12345", [("arxiv", "1706.12345")]),
        ("arXiv preprint arXiv:1706.12345", [("arxiv", "1706.12345")]),
        ("standard_id: arxiv:1706.12345", [("arxiv", "1706.12345")]),
        ("Citation Key: poe2019\nOCLC: 5", [("citation_key", "poe2019")]),
        ("tex.eprint: 1706.12345\ntex.pmid= 314", [("arxiv", "1706.12345"), ("pmid", "314")]),
        ("ISBN: 978-0-13-110362-7", [("isbn", "978-0-13-110362-7")]),
        # What is cited, and what has not the shape, is none of its own.
        ("A reply to the paper doi:10.5555/elm.1", []),
        ("Erratum in: Elm Letters 4; doi: 10.5555/elm.2; PMID: 271", []),
        ("Retraction of: Poe A. Elm Letters. DOI: 10.5555/elm.2; PMID: 271", []),
        ("PMID: to follow", []),
        ("arXiv: soon", []),
        ("", []),
    ],
)
def test_identifiers(text: str, found: list[tuple[str, str]]) -> None:
    assert list(read_note(text).identifiers) == found


@pytest.mark.parametrize(
    ("text", "cited_by"),
    [
        ("cited By 4", 4),
        ("Cited By :17", 17),
        ("Cited by: 3; All Open Access, Gold Open Access", 3),
        ("Cited By (since 1996):2", 2),
        ("Times Cited in Web of Science Core Collection:  12\nTotal Times Cited:  14", 12),
        ("ZSCC: 0000021", 21),
        ("ZSCC: NoCitationData[s0]", None),
        ("Cited Reference Count: 40", None),
        ("A paper cited by 12 committees of the town of Elm, which took years to answer it", None),
        ("Export Date: 3 May 2016", None),
    ],
)
def test_citations(text: str, cited_by: int | None) -> None:
    assert read_note(text).cited_by == cited_by


def test_categories_values_and_the_rest() -> None:
    note = read_note(
        "arXiv: 1706.12345 [cs.LG, stat]\nPublication Title: Elm Letters\n{:issued: 2014}\n"
        "tex.ids=poe\nComment: 9 pages\nSeen in spring; twice\n"
    )
    assert note.identifiers == (("arxiv", "1706.12345 [cs.LG, stat]"),)
    assert note.categories == ("cs.LG", "stat")
    assert note.values == {
        "publication title": "Elm Letters",
        "issued": "2014",
        "comment": "9 pages",
    }
    assert note.rest == "Seen in spring; twice"


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("1706.12345 [cs]", ["cs"]),
        ("hep-th/9901001 [hep-th, math.AG]", ["hep-th", "math.AG"]),
        ("1706.12345", []),
        ("1706.12345 [in German]", []),
    ],
)
def test_arxiv_categories(text: str, categories: list[str]) -> None:
    assert arxiv_categories(text) == categories


@given(st.text(st.sampled_from("PMIDdoi:10./5 \n;,{}[]arXv\u00e9")))
def test_any_text_is_read(text: str) -> None:
    read_note(text)


@pytest.mark.parametrize("part", [" ", "{:a: ", "doi ", "; ", "cited by: "])
def test_time_grows_with_the_length_alone(part: str) -> None:
    assert grows_with_length(read_note, part, "{:issued:", "2014")
