"""Lists as programs print them: their texts, and what is no such list."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.lists import printed_list


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[]", []),
        (" ['bark', \"Bo's oak\"] ", ["bark", "Bo's oak"]),
        ("['bark' 'root'\n 'leaf']", ["bark", "root", "leaf"]),
        ("[u'bark', b'root']", ["bark", "root"]),
        ("['bark', None, nan, 3.5, 'root',]", ["bark", "root"]),
        (r"['Ida\xa0Fir', 'B\u00f6 O\'Elm', 'a\\b']", ["Ida\u00a0Fir", "Bö O'Elm", r"a\b"]),
        (r'["B\u00f6", "\ud83c\udf33"]', ["Bö", "🌳"]),
    ],
)
def test_lists(text: str, items: list[str]) -> None:
    assert printed_list(text) == items


@pytest.mark.parametrize(
    "text",
    ["", "[", "bark", "['bark", "[bark, root]", "[Bo's oak and Ida's elm]", "['a'b]", "[1, 2]"],
)
def test_other_texts(text: str) -> None:
    assert printed_list(text) is None


@given(st.lists(st.text(), min_size=1), st.sampled_from([repr, json.dumps]))
def test_a_printed_list_comes_back(items: list[str], printed: Any) -> None:
    assert printed_list(printed(items)) == items
