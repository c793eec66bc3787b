"""Keywords that sources print as one text."""

import pytest

from index.printed.keywords import split_keywords


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("rivers", ["rivers"]),
        ("rivers, lakes", ["rivers", "lakes"]),
        ("rivers,3D lakes,ponds,", ["rivers", "3D lakes", "ponds"]),
        ("1,2-dioxane, rivers", ["1,2-dioxane", "rivers"]),
        ("rivers; lakes, ponds", ["rivers", "lakes, ponds"]),
        ("rivers, lakes, ponds; still, seas", ["rivers", "lakes", "ponds; still", "seas"]),
        ("Law, rivers;", ["Law, rivers"]),
        ("rivers\nlakes, deep\n", ["rivers", "lakes, deep"]),
        ("rivers, lakes,\nponds, seas", ["rivers", "lakes", "ponds", "seas"]),
        ("oil &amp; gas; rivers", ["oil & gas", "rivers"]),
        ("['lakes, deep', 'rivers; still']", ["lakes, deep", "rivers; still"]),
        ("Law / International", ["Law / International"]),
        (" , *, ", []),
        ("", []),
    ],
)
def test_keywords(text: str, keywords: list[str]) -> None:
    assert split_keywords(text) == keywords


def test_where_semicolons_part_commas_do_not() -> None:
    assert split_keywords("Lakes, deep", by_comma=False) == ["Lakes, deep"]
    assert split_keywords("A, b, c, d; e", by_comma=False) == ["A, b, c, d", "e"]


def test_bars_part_where_a_source_has_them() -> None:
    assert split_keywords("P|NP, rivers") == ["P|NP", "rivers"]
    assert split_keywords("rivers | lakes, deep", signs=";|") == ["rivers", "lakes, deep"]
