"""Placeholders: what stands for no value, and what only looks as if it did."""

import pytest

from index.printed.names import split_authors
from index.printed.placeholders import is_placeholder
from index.readers.json.values import flag_of


@pytest.mark.parametrize(
    "text",
    [
        *("none", "None", "NULL", "nan", "NaN", "NaT", "<NA>", "undefined", "Unknown"),
        *("NA", "na", "N/A", "n/a", "n.a.", "-", "--", "?", "…", "*", "[]"),
        *("[Not Available].", "[In Process Citation].", "[No title available]"),
        *("No abstract", "[No abstract available]", "No abstract was provided.", "no keywords"),
        *("[No author name available]", "no authors listed", "Abstract not available."),
        *("No Terms Assigned", "No Journal Info"),
    ],
)
def test_no_value(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "Na", "NAT", "nat", "A", "no", "None of the rivers", "Unknown rivers"),
        *("No authors, no rivers", "Nanjing", "Nature", "?7", "Not available light"),
    ],
)
def test_values(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Na; Poe, Ann", ("Na", "Ann Poe")),
        ("NA; Poe, Ann", ("Ann Poe",)),
        ("n.a.; undefined; Poe, Ann", ("Ann Poe",)),
        ("[Anonymous]", ()),
        ("Unknown authors", ()),
        ("No authors provided", ()),
    ],
)
def test_authors(text: str, names: tuple[str, ...]) -> None:
    assert split_authors(text).displayed == names


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("yes", True), ("x", True), ("https://elm.example/code", True), ("7", True)),
        *(("no", False), ("N", False), ("0.0", False), ("", False)),
        *(("N/A", False), ("unknown", False), ("?", False), ("NaN", False)),
    ],
)
def test_flags(value: str, expected: bool) -> None:
    assert flag_of(value) is expected
