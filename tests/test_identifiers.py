"""Identifiers: what of a text names a paper, a book or a journal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.identifiers import serial_numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("978-0-13-110362-7", ["isbn:9780131103627"]),
        ("978 0 13 110362 7; 0 13 110362 8", ["isbn:9780131103627", "isbn:0131103628"]),
        ("0-8044-2957-X", ["isbn:080442957X"]),
        ("2049-3630", ["issn:2049-3630"]),
        ("20493630 (ISSN)", ["issn:2049-3630"]),
        ("2049-3630(ELECTRONIC),20493649(PRINT)", ["issn:2049-3630", "issn:2049-3649"]),
        ("2049-3630 2049-3649", ["issn:2049-3630", "issn:2049-3649"]),
        ("2049-3630\n2049-3630 (Linking)", ["issn:2049-3630"]),
        ("0317847x", ["issn:0317-847X"]),
        ("2049-3630, 9780131103627", ["issn:2049-3630", "isbn:9780131103627"]),
        ("none", []),
        ("123", []),
        ("1234567890123456789", []),
    ],
)
def test_serial_numbers(text: str, found: list[str]) -> None:
    assert [str(one) for one in serial_numbers(text)] == found


@given(st.text(st.sampled_from("0978-xX ,;()")))
def test_serial_numbers_of_any_text(text: str) -> None:
    serial_numbers(text)
