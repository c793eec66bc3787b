"""Dates of any precision: reading, completing, comparing, first and last day, neighbours."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import (
    date_number,
    date_of,
    is_before,
    is_date,
    lacks_year,
    next_date,
    previous_date,
    with_year,
    without_day,
)

days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
any_precision = st.builds(lambda day, length: day[:length], days, st.sampled_from([4, 7, 10]))


@pytest.mark.parametrize("text", ["2024", "2024-03", "2024-03-15", "2024-02-29", "0001-01-01"])
def test_dates(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "0000",
        "2024-13",
        "2024-00",
        "2024-3",
        "2023-02-29",
        "2024-03-15T10:00",
        "20240315",
        "2024-03-15 ",
        "--03-15",
        "２０２４",
    ],
)
def test_no_dates(text: str) -> None:
    assert not is_date(text)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((2024, 5, 7), "2024-05-07"),
        ((None, 5, 7), "--05-07"),
        ((None, 2, 29), "--02-29"),
        ((2024, 2, 29), "2024-02-29"),
        ((2023, 2, 29), "2023-02"),
        ((2024, 4, 31), "2024-04"),
        ((None, 4, 31), "--04"),
        ((None, 4, 0), "--04"),
        ((2024, 13, 1), None),
        ((None, 0, 1), None),
        ((0, 5, 7), None),
    ],
)
def test_dates_of_numbers(numbers: tuple[int | None, int, int], expected: str | None) -> None:
    assert date_of(*numbers) == expected


@pytest.mark.parametrize(
    ("text", "year", "expected"),
    [
        ("--05-07", 2024, "2024-05-07"),
        ("--05", 2024, "2024-05"),
        ("--05-07", 7, "0007-05-07"),
        ("--02-29", 2023, "2023-02-29"),
    ],
)
def test_a_date_gets_its_year(text: str, year: int, expected: str) -> None:
    assert lacks_year(text)
    assert with_year(text, year) == expected
    assert not lacks_year(expected)


def test_without_its_day() -> None:
    assert without_day("2023-02-29") == "2023-02"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", 20240000, 20249999),
        ("2024-03", 20240300, 20240399),
        ("2024-03-15", 20240315, 20240315),
    ],
)
def test_first_and_last_day(text: str, first: int, last: int) -> None:
    assert date_number(text) == first
    assert date_number(text, end=True) == last


@given(any_precision, days)
def test_numbers_say_what_a_date_spans(span: str, day: str) -> None:
    is_within = date_number(span) <= date_number(day) <= date_number(span, end=True)
    assert is_within == day.startswith(span)


@given(any_precision, any_precision)
def test_before_means_that_no_day_of_one_is_after_the_other(left: str, right: str) -> None:
    assert is_before(left, right) == (date_number(left, end=True) < date_number(right))


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("2024", "2025"),
        ("2024-12", "2025-01"),
        ("2024-01", "2024-02"),
        ("2023-02", "2023-03"),
        ("2024-02-28", "2024-02-29"),
        ("2024-12-31", "2025-01-01"),
        ("0999", "1000"),
        ("0009-12", "0010-01"),
    ],
)
def test_neighbours(text: str, following: str) -> None:
    assert next_date(text) == following
    assert previous_date(following) == text


@pytest.mark.parametrize("length", [4, 7, 10])
def test_the_calendar_ends(length: int) -> None:
    assert next_date("9999-12-31"[:length]) is None
    assert previous_date("0001-01-01"[:length]) is None


@given(any_precision)
def test_nothing_is_between_a_date_and_the_next(text: str) -> None:
    following = next_date(text)
    if following is not None:
        assert previous_date(following) == text
        assert is_before(text, following)
        assert len(following) == len(text)
