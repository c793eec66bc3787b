"""Languages as sources name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.vocabularies import language_code


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("English", "en"),
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("zh-Hans-CN", "zh"),
        ("ger", "de"),
        ("deu", "de"),
        ("Deutsch", "de"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("Français", "fr"),
        ("chi", "zh"),
        ("Chinese (Simplified)", "zh"),
        ("中文", "zh"),
        ("Japanese", "ja"),
        ("jpn", "ja"),
        ("swe", "sv"),
        ("Spanish; Castilian", "es"),
        ("Greek, Modern (1453-)", "el"),
        ("English; French", "en"),
        ("eng and fre", "en"),
        ("[eng]", "en"),
        (" Polish. ", "pl"),
        ("Serbo-Croatian", "sh"),
        ("und", ""),
        ("mul", ""),
        ("und; ger", "de"),
        ("N/A", ""),
        ("", ""),
        ("grc", "grc"),
        ("Klingon", "Klingon"),
    ],
)
def test_a_language_has_one_code(printed: str, code: str) -> None:
    assert language_code(printed) == code


@given(st.text(max_size=60))
def test_a_code_is_short_and_its_own(text: str) -> None:
    code = language_code(text)
    assert len(code) <= 40
    assert language_code(language_code(code)) == language_code(code)
