"""Web of Science, plain text: tags, wrapped lines, damage."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers import web_of_science
from index.readers.base import Head
from tests.seed_files import read_text

read_all = partial(read_text, web_of_science)

HEAD = "FN Clarivate Analytics Web of Science\nVR 1.0\n"
TIDES = """PT J
AU Holm, A
   Lund, B
AF Holm, Ada, Jr.
   Lund, Bo
CA Tide Collaboration
TI Tides of the north and what the
   moon makes of them
SO SHORES
DE tides; moon;
   harbours
AB They turn.
   They fall.
C1 [Holm, Ada] Inst Tides, Bergen.
   [Lund, Bo] Inst Ebbs, Oslo.
PD MAY-AUG
PY 2020
BP 11
EP 19
DI 10.5555/t
TC 4
Z9 6
UT WOS:0007
ER
"""


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        (HEAD, True),
        ("\ufeffFN Thomson Reuters Web of Science\u2122\nVR 1.0\n", True),
        ("\n\nPT J\nAU Holm, A\n", True),
        ("PT J\nAUHolm, A\n", True),
        ("PT\tAU\tTI\nJ\tHolm\tTides\n", False),
        ("PT  - Journal Article\nTI  - Tides\n", False),
        ("TY  - JOUR\n", False),
        ("FN is a name\n", False),
        ("", False),
    ],
)
def test_the_first_lines_tell_the_format(content: str, is_ours: bool) -> None:
    assert web_of_science.recognises(Head(content.encode())) is is_ours


def test_a_record() -> None:
    (paper,), told = read_all(f"{HEAD}{TIDES}\nEF\n")
    assert told == []
    assert paper.title == "Tides of the north and what the moon makes of them"
    assert paper.authors == ("Ada Holm, Jr.", "Bo Lund", "Tide Collaboration")
    assert paper.abstract == "They turn.\nThey fall."
    assert paper.keywords == ("tides", "moon", "harbours")
    assert (paper.date, paper.date_text) == ("2020-05", "MAY-AUG 2020")
    assert (paper.pages, paper.cited_by, paper.id) == ("11-19", 4, "10.5555/t")
    assert len(paper.institutions) == 2
    assert paper.sources[0].line == 3


RECORDS = [
    pytest.param(f"{HEAD}{TIDES}\n{TIDES}\nEF\n", [3, 28], 0, id="two"),
    pytest.param(f"{HEAD}{TIDES}EF\n\ufeff{HEAD}{TIDES}EF\n", [3, 30], 0, id="joined files"),
    pytest.param(f"{TIDES}{TIDES}", [1, 25], 0, id="no head"),
    pytest.param(TIDES.removesuffix("ER\n") + TIDES, [1, 24], 1, id="no end"),
    pytest.param(TIDES.removesuffix("ER\n"), [1], 1, id="cut off"),
    pytest.param(TIDES.replace("\n", "\r\n"), [1], 0, id="CRLF"),
    pytest.param(TIDES.replace("AU Holm", "AUHolm"), [1], 0, id="tag without a blank"),
    pytest.param("PT P\nTI Tide mill\nER\n" + TIDES, [4], 1, id="a patent"),
]


@pytest.mark.parametrize(("content", "lines", "told_count"), RECORDS)
def test_records_and_their_lines(content: str, lines: list[int], told_count: int) -> None:
    papers, told = read_all(content)
    assert [paper.sources[0].line for paper in papers] == lines
    assert len(told) == told_count


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        ("PD JUN 8\nPY 2020", "2020-06-08"),
        ("PD 10\nPY 2020", "2020-10"),
        ("PD WIN\nPY 2020", None),
        ("PD APR 1 2011\nPY 2020", None),
        ("EA MAR 2025", "2025-03"),
        ("PD 2016-01-14\nPY 2016", "2016-01-14"),
    ],
)
def test_dates(lines: str, date: str | None) -> None:
    (paper,), told = read_all(f"PT J\nTI Tides\n{lines}\nER\n")
    assert paper.date == date
    assert told == []


def test_texts_in_other_languages() -> None:
    (paper,), _ = read_all("PT J\nTI Tides\nX1 Mareas\nAB They turn.\nX4 Giran.\nER\n")
    assert [one.text for one in paper.other_titles] == ["Mareas"]
    assert [one.text for one in paper.other_abstracts] == ["Giran."]


@given(st.binary(max_size=200))
def test_no_bytes_raise(content: bytes) -> None:
    web_of_science.recognises(Head(content))
    read_all(b"PT J\n" + content)


@given(st.integers(0, 3 * len(TIDES)))
def test_a_file_cut_anywhere_gives_the_papers_before_the_cut(place: int) -> None:
    papers, told = read_all((TIDES * 3)[:place])
    assert len(papers) >= place // len(TIDES)
    whole, _ = read_all(TIDES * 3)
    assert papers[: place // len(TIDES)] == whole[: place // len(TIDES)]
    assert told or len(papers) == (place + 1) // len(TIDES) or not place
