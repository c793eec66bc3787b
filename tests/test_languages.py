"""Languages: what codes, locales and names in several languages mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.languages import language_code


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["en", "EN", "eng", "English", "englisch", "Anglais", "inglés", "ingles", "en-US"]),
        ("en", ["en_GB", "English (US)", "USenglish", "american", "English language", "[eng]"]),
        (
            "de",
            ["de", "deu", "ger", "GER", "Deutsch", "Allemand", "alemán", "ngerman"],
        ),
        ("de", ["de-CH-1996", "nswissgerman", "naustrian", " German. "]),
        ("fr", ["fr", "fra", "fre", "French", "Französisch", "Franzo\u0308sisch", "français"]),
        ("es", ["es", "spa", "Spanish", "Castilian", "Español", "es_MX", "mexicanspanish"]),
        ("pt", ["por", "pt-BR", "brazilian", "Português"]),
        ("zh", ["zh", "zho", "chi", "cmn", "Chinese", "zh-Hans-CN", "中文", "Chinois"]),
        ("el", ["gre", "ell", "Greek", "Modern Greek", "Ελληνικά"]),
        ("no", ["no", "nor", "Norwegian", "Norsk"]),
        ("nb", ["nob", "Norwegian Bokmål", "Bokmål"]),
        ("nl", ["dut", "nld", "Flemish", "Nederlands"]),
        ("sr", ["srp", "scc", "Serbian", "sr-Latn"]),
        (
            "fr",
            ["fre;eng", "French, English", "French and English", "und; fre"],
        ),
        ("zh", ["Chinese (Simplified)", "zh-Hans"]),
        ("el", ["Greek, Modern (1453-)"]),
        ("es", ["Spanish; Castilian"]),
        ("en", ["eng and fre", "English; French"]),
        ("sh", ["Serbo-Croatian"]),
        ("haw", ["haw", "HAW"]),
        ("", ["", " ", "und", "undefined", "mul", "zxx", "mis", "unknown", "x", "42", "N/A", "??"]),
    ],
)
def test_a_language_is_known_by_codes_and_names(code: str, texts: list[str]) -> None:
    assert {text: language_code(text) for text in texts} == dict.fromkeys(texts, code)


@given(st.text())
def test_a_code_is_its_own_code(text: str) -> None:
    code = language_code(text)
    assert language_code(code) == code
    assert code == "" or (len(code) in (2, 3) and code.islower())
