"""Pages: ranges, article numbers, and what only stands where pages would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.pages import read_pages, read_volume


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("11--19", "11-19"),
        ("11 \u2013 19", "11-19"),
        ("11~--~19", "11-19"),
        ("11----19", "11-19"),
        ("pp 37-64", "37-64"),
        ("p. 8", "8"),
        ("S12-S15", "S12-S15"),
        ("7-9, 12-15", "7-9, 12-15"),
        ("465:1--465:20", "465:1-465:20"),
        ("045602 (10pp)", "045602"),
        ("e1234-e1234", "e1234"),
        ("64", "64"),
        ("64-", "64"),
        ("476-81", "476-81"),
        ("11-NA", "11-NA"),
        ("515-+", "515"),
        ("1828 LP-1832", "1828-1832"),
        # No pages.
        ("n/a-n/a", ""),
        ("n.p.-undefined", ""),
        ("No Pagination Specified-No Pagination Specified", ""),
        ("No-Specified", ""),
        ("N.PAG-N.PAG", ""),
        ("--", ""),
        ("0-0", ""),
        ("To appear", ""),
        ("ASAP", ""),
        ("arXiv:1907.03329", ""),
        ("arXiv--2004", ""),
        ("DOI: 10.5555/elm", ""),
        # How many there are.
        ("146p", ""),
        ("72p.-72p.", ""),
        ("XII, 207 S.", ""),
        ("xii, 250", ""),
        ("1 online resource (444 S.)", ""),
        ("300 pages", ""),
        ("", ""),
    ],
)
def test_pages(text: str, pages: str) -> None:
    assert read_pages(text) == pages


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("Vol. 12", "12"),
        ("v. 40", "40"),
        ("No. 28", "28"),
        ("XXXIX", "XXXIX"),
        ("E77-D", "E77-D"),
        ("171-172", "171-172"),
        ("SPEC. ISSUE", "SPEC. ISSUE"),
        ("In Press,", ""),
        ("ahead-of-print", ""),
        ("ASAP", ""),
        ("n/a", ""),
        ("--", ""),
        ("", ""),
    ],
)
def test_volumes_and_issues(text: str, number: str) -> None:
    assert read_volume(text) == number


@given(st.text(st.sampled_from("19-\u2013 ~pP.nNaA/,(")))
def test_pages_read_twice_stay(text: str) -> None:
    assert read_pages(read_pages(text)) == read_pages(text)
    assert read_volume(read_volume(text)) == read_volume(text)
