"""arXiv's metadata: names by two lists, dates of versions, ids that were taken for numbers.

The papers and people are invented.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.json.arxiv import record
from tests.growth import grows_with_length
from tests.json_objects import assert_says, objects_like, read_all, read_one

PAPER: dict[str, Any] = {
    "id": "1003.0007",
    "submitter": "Ida Fir",
    "authors": "Ida Fir",
    "title": "Slow growth\n  of oaks",
    "comments": None,
    "journal-ref": None,
    "doi": None,
    "report-no": None,
    "categories": "q-bio.PE math.DS",
    "license": None,
    "abstract": "  Oaks grow\nslowly.\n",
    "versions": [{"version": "v1", "created": "Thu, 4 Mar 2010 09:00:00 GMT"}],
    "update_date": "2015-05-13",
    "authors_parsed": [["Fir", "Ida", ""]],
}


def test_a_whole_record() -> None:
    later = {"version": "v2", "created": "Fri, 6 Jan 2012 09:00:00 GMT"}
    value = PAPER | {
        "versions": [*PAPER["versions"], later],
        "comments": "9 pages",
        "journal-ref": "Trees 3 (2011) 7",
        "report-no": "WOOD-11-2",
        "doi": "10.5555/OAK",
    }
    paper = read_one(value)
    assert_says(
        paper,
        {
            "id": "1003.0007",
            "title": "Slow growth of oaks",
            "abstract": "Oaks grow slowly.",
            "authors": ["Ida Fir"],
            "categories": ["q-bio.PE", "math.DS"],
            "year": 2010,
            "date": "2010-03-04",
            "updated": "2012-01-06",
            "venue": "Trees 3 (2011) 7",
            "comments": "9 pages",
            "type": "preprint",
            "identifiers": {
                "doi": ["10.5555/oak"],
                "arxiv": ["1003.0007"],
                "accession": ["WOOD-11-2"],
            },
            "urls": [{"kind": "page", "url": "https://arxiv.org/abs/1003.0007"}],
        },
    )


_WORDS_OF_NAMES = (
    "Ida A. B.-C. van de la Fir Yew-Oak O'Elm Öst III Jr Team Group 李 others et".split()
)

FIR_AND_YEW = ["Ida Fir", "P.-K. Yew"]


@pytest.mark.parametrize(
    ("line", "parsed", "names", "et_al"),
    [
        ("Ida Fir, P.-K. Yew", [["Fir", "Ida", ""], ["Yew", "P. -K.", ""]], FIR_AND_YEW, None),
        (
            "Ida Fir and\n  P.-K. Yew",
            [["Fir", "Ida", ""], ["Yew", "P. -K.", ""]],
            FIR_AND_YEW,
            None,
        ),
        ("Ida Fir, P.-K. Yew", None, FIR_AND_YEW, None),
        ("", [["Fir", "Ida", ""], ["Yew", "P. -K.", ""]], FIR_AND_YEW, None),
        ("Ida Fir (1), P.-K. Yew (1 and 2) ((1) Oslo, (2) Elm Inst.)", None, FIR_AND_YEW, None),
        ("Ida Fir (Oslo, (Norway)), P.-K. Yew (Elm and", None, FIR_AND_YEW, None),
        (r"Ida F\"{\i}r", [["F\u0131r", "Ida", ""]], ["Ida Fïr"], None),
        ("Ida Fir et al.", [["al.", "Ida Fir et", ""]], ["Ida Fir"], True),
        ("Ida Fir, et al", [["Fir", "Ida", ""], ["al", "et", ""]], ["Ida Fir"], True),
        ("A. van der Yew", [["Yew", "A. van der", ""]], ["A. van der Yew"], None),
        ("Per Yew III", [["Yew", "Per", "III"]], ["Per Yew, III"], None),
        (
            "The ELM Collaboration: Ida Fir",
            [["The ELM Collaboration", "", ""], ["Fir", "Ida", ""]],
            ["The ELM Collaboration", "Ida Fir"],
            None,
        ),
        ("Ida Fir (for the ELM Collaboration)", [["Fir", "Ida", ""]], ["Ida Fir"], None),
        (
            "Ida Fir, on behalf of the ELM Collaboration",
            None,
            ["Ida Fir", "ELM Collaboration"],
            None,
        ),
    ],
)
def test_authors(line: str, parsed: Any, names: list[str], et_al: bool | None) -> None:
    paper = read_one(PAPER | {"authors": line, "authors_parsed": parsed})
    assert_says(paper, {"authors": names, "et_al": et_al})


def test_parts_of_names() -> None:
    parsed = [["Yew", "A. van der", ""], ["Fir Elm", "Ida", "Jr."], ["ELM Team", "", ""]]
    line = "A. van der Yew, Ida Fir Elm Jr., ELM Team"
    paper = read_one(PAPER | {"authors": line, "authors_parsed": parsed})
    assert [tuple(parts) for parts in paper.author_parts] == [
        ("Yew", "A.", "van der", ""),
        ("Fir Elm", "Ida", "", "Jr."),
        ("", "", "", ""),
    ]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(_WORDS_OF_NAMES), min_size=1, max_size=3).map(" ".join),
            st.lists(st.sampled_from(_WORDS_OF_NAMES), min_size=1, max_size=2).map(" ".join),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_line_that_prints_the_list_is_read_as_any_other(names: list[tuple[str, str]]) -> None:
    line = ", ".join(f"{given} {family}" for given, family in names)
    parsed = [[family, given, ""] for given, family in names]
    paper = read_one(PAPER | {"authors": line, "authors_parsed": parsed})
    # A line of another shape takes the long way.
    other = read_one(PAPER | {"authors": f"{line} (Oslo)", "authors_parsed": parsed})
    assert (paper.authors, paper.author_parts) == (other.authors, other.author_parts)


@pytest.mark.parametrize(
    ("given_id", "arxiv_id"),
    [
        ("0704.0001", "0704.0001"),
        ("704.0001", "0704.0001"),
        (704.0001, "0704.0001"),
        (704.01, "0704.0100"),
        (1412.1, "1412.1000"),
        (1501.1, "1501.10000"),
        ("2101.00007v3", "2101.00007"),
        ("hep-ph/9912001", "hep-ph/9912001"),
    ],
)
def test_ids(given_id: object, arxiv_id: str) -> None:
    assert_says(read_one(PAPER | {"id": given_id}), {"identifiers": {"arxiv": [arxiv_id]}})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"versions": None}, {"date": "2010-03", "updated": "2015-05-13"}),
        ({"versions": None, "id": "hep-ph/9912001"}, {"date": "1999-12", "year": 1999}),
        ({"versions": None, "id": "math/0001001"}, {"date": "2000-01"}),
        ({"update_date": None}, {"date": "2010-03-04", "updated": None}),
        ({"versions": [{"version": f"v{number}", "created": f"{number} May 2011"}
                       for number in (1, 10, 2)]}, {"date": "2011-05-01", "updated": "2011-05-10"}),
        # Accents, formulas and paragraphs.
        ({"title": r"On Erd\H{o}s' $\alpha$"}, {"title": r"On Erdős' $\alpha$"}),
        ({"abstract": "  One.\nMore.\n  Two.\n"}, {"abstract": "One. More.\nTwo."}),
        # Several DOIs, and one of another paper.
        ({"doi": "10.5555/a 10.5555/b"}, {"identifiers": {"doi": ["10.5555/a", "10.5555/b"],
                                                          "arxiv": ["1003.0007"]}}),
        ({"doi": "10.48550/arXiv.1003.0007"}, {"id": "1003.0007"}),
        # Withdrawn papers.
        ({"comments": "Withdrawn by the author; error in Lemma 3"}, {"status": "withdrawn"}),
        ({"abstract": "This paper has been\nwithdrawn."}, {"status": "withdrawn"}),
        ({"abstract": "This note is temporarily withdrawn."}, {"status": "withdrawn"}),
        ({"abstract": "Water is withdrawn from oaks."}, {"status": None}),
        ({"abstract": "This paper shows how water withdrawn at night is lost."}, {"status": None}),
    ],
)  # fmt: skip
def test_fields(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_says(read_one(PAPER | changes), expected)


def test_the_doi_of_another_paper_is_told() -> None:
    (paper,), reasons = read_all(json.dumps(PAPER | {"doi": "10.48550/arXiv.2101.00007"}))
    assert paper.identifiers_of("doi") == ()
    assert ["another paper of arXiv" in reason for reason in reasons] == [True]


@given(objects_like(PAPER))
def test_any_object_is_read(value: dict[str, Any]) -> None:
    papers, reasons = read_all(json.dumps(PAPER | value))
    assert papers or reasons


@pytest.mark.parametrize("part", ["(", ")", "()", "(a) ", "((a)", ", ", ",", " and "])
def test_time_grows_with_the_length_alone(part: str) -> None:
    def read(text: str) -> None:
        record(PAPER | {"authors": text, "authors_parsed": [[text, "", ""]]}, 1)

    assert grows_with_length(read, part, "Ida Fir", "Per Yew")
    assert grows_with_length(lambda text: read(text + ")" * len(text)), "(")
