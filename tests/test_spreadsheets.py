"""What spreadsheets make of cells: formulas, and pages that become dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.spreadsheets import (
    cell_of,
    items_of,
    pages_of_date,
    with_formulas,
    without_formulas,
)


@given(st.text(st.sampled_from("=+-@＝\t\n '; aQ"), max_size=30))
def test_a_guarded_cell_can_be_had_back(text: str) -> None:
    assert with_formulas(without_formulas(text)) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'=SUM(A1)", "=SUM(A1)"),
        ("''=SUM(A1)", "'=SUM(A1)"),
        ("Holm; '@harbour", "Holm; @harbour"),
        ("'t Hooft", "'t Hooft"),
        ("Holm's -law", "Holm's -law"),
    ],
)
def test_only_guards_are_taken_off(cell: str, text: str) -> None:
    assert with_formulas(cell) == text


@pytest.mark.parametrize(
    ("shown", "pages"),
    [
        ("9-Feb", "2-9"),
        ("Mar-41", "3-41"),
        ("12-Nov", "11-12"),
        ("1-Apr", "1-4"),
        ("Mar 41", "3-41"),
        ("09. Feb", "2-9"),
        ("Jan-Feb", "Jan-Feb"),
        ("2-9", "2-9"),
        ("e12-e19", "e12-e19"),
        ("9-Foo", "9-Foo"),
        ("", ""),
    ],
)
def test_pages_that_became_dates(shown: str, pages: str) -> None:
    assert pages_of_date(shown) == pages


@given(st.lists(st.text(st.sampled_from('"; aQ,='), min_size=1).map(str.strip).filter(bool)))
def test_the_list_of_a_cell_can_be_had_back(items: list[str]) -> None:
    assert items_of(cell_of(items)) == items
    assert items_of(with_formulas(without_formulas(cell_of(items)))) == items


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("Holm; Quill & Sons", ["Holm", "Quill & Sons"]),
        ('"Holm; Quill"; Rook', ["Holm; Quill", "Rook"]),
        ('"a ""b"""', ['a "b"']),
        ('Holm "the old"; Rook', ['Holm "the old"', "Rook"]),
        ('"Holm; Rook', ['"Holm', "Rook"]),
        ("", []),
        ("; ", []),
    ],
)
def test_lists_of_cells(cell: str, items: list[str]) -> None:
    assert items_of(cell) == items
