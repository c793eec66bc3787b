"""Identifiers: what of a text names a paper, a book or a journal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.identifiers import identifier, read_identifier, serial_numbers
from tests.growth import grows_with_length


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10.5555/elm", "10.5555/elm"),
        ("10.5555/elm\u200b", "10.5555/elm"),
        ("\ufeff10.5555/e\u00adlm\u2060", "10.5555/elm"),
        ("https://doi.org/10.5555/elm?utm_source=list&x=1", "10.5555/elm"),
        ("https://doi.org/10.5555/elm#section-2", "10.5555/elm"),
        ("https://www.example.org/doi/full/10.5555/elm?full=1", "10.5555/elm"),
        ("https://doi.org/10.5555/a(1)3:2<4::5>3.0.CO;2-#", "10.5555/a(1)3:2<4::5>3.0.co;2-#"),
        ("10.5555/a%281%293%3A2%3C4%3E5", "10.5555/a(1)3:2<4>5"),
        ("10.5555/a(1)&lt;4::5&gt;3.0", "10.5555/a(1)<4::5>3.0"),
        ("10.5555/a%41", "10.5555/a%41"),
        ("10.5555/who?=1", "10.5555/who?=1"),
    ],
)
def test_dois_as_they_are_copied(text: str, value: str) -> None:
    found = identifier("doi", text)
    assert found is not None
    assert found.value == value
    assert identifier("doi", value) == found
    assert read_identifier(f"doi:{text}") == found


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


def test_a_long_address_takes_time_by_its_length() -> None:
    assert grows_with_length(
        lambda text: identifier("s2", text), "semanticscholar.org/", "https://", ""
    )
