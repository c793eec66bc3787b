"""Dates of any precision: reading, completing, comparing, first and last day, neighbours."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import (
    date_number,
    is_before,
    is_date,
    lacks_year,
    next_date,
    previous_date,
    with_year,
    without_day,
)
from index.printed.dates import (
    date_of,
    date_without_year,
    finest,
    month_of,
    printed_date,
    read_date,
    with_month,
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
    ("parts", "expected"),
    [
        ((2024,), "2024"),
        ((2024, 5), "2024-05"),
        ((2024, 5, 7), "2024-05-07"),
        (("2024", "05", "7"), "2024-05-07"),
        ((" 2024 ", "May", "7"), "2024-05-07"),
        ((2024.0, 5.0, 7.0), "2024-05-07"),
        (("2024.0", "5.0"), "2024-05"),
        ((2024, 2, 29), "2024-02-29"),
        ((2023, 2, 29), "2023-02"),
        ((2024, 4, 31), "2024-04"),
        ((2024, 4, 0), "2024-04"),
        ((2024, 0, 3), "2024"),
        ((2024, None, 3), "2024"),
        ((2024, 13, 1), "2024"),
        ((2024, "21"), "2024"),
        ((2024, "Spring"), "2024"),
        ((2024, -1), "2024"),
        ((2024, 5.5), "2024"),
        ((0, 5, 7), None),
        ((99,), None),
        ((-44, 3, 15), None),
        (("0999",), "0999"),
        (("999",), None),
        (("0000",), None),
        ((10000,), None),
        (("MMXX", 1), None),
        ((None, 5, 7), None),
        ((True, True), None),
        ((float("nan"),), None),
        ((float("inf"),), None),
    ],
)
def test_dates_of_parts(parts: tuple[int | str | None, ...], expected: str | None) -> None:
    assert date_of(*parts) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((5, 7), "--05-07"),
        ((2, 29), "--02-29"),
        ((4, 31), "--04"),
        ((4, 0), "--04"),
        ((4,), "--04"),
        ((0, 1), None),
        ((13, 1), None),
    ],
)
def test_dates_without_a_year(parts: tuple[int, ...], expected: str | None) -> None:
    assert date_without_year(*parts) == expected


# Printed dates.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("3", 3), ("03", 3), ("12", 12), ("0", None), ("13", None), ("", None), ("x", None)),
        *(("March", 3), ("mar", 3), ("Mar.", 3), ("SEPT", 9), ("Sept.", 9), ("ma", None)),
        *(("Mai", 5), ("Dezember", 12), ("März", 3), ("Maerz", 3), ("Jänner", 1)),
        *(("août", 8), ("Aout", 8), ("févr.", 2), ("jui", None), ("juil.", 7), ("juin", 6)),
        *(("enero", 1), ("dic", 12), ("gennaio", 1), ("março", 3), ("maart", 3), ("Spring", None)),
        *(("Marchy", None), ("Jan/Feb", None)),
    ],
)
def test_months(text: str, expected: int | None) -> None:
    assert month_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Figures alone.
        ("2017", "2017"),
        ("2017.0", "2017"),
        ("2017/06/09", "2017-06-09"),
        ("2017-6-9", "2017-06-09"),
        ("20170609", "2017-06-09"),
        ("20170600", "2017-06"),
        ("2017-06-09T08:15:30Z", "2017-06-09"),
        ("2017-06-09 08:15:30.25+02:00", "2017-06-09"),
        ("2017-00-00", "2017"),
        ("2017-06-00", "2017-06"),
        ("2017 06 09", "2017-06-09"),
        ("2017   06", "2017-06"),
        ("06/2017", "2017-06"),
        ("6 2017", "2017-06"),
        ("29/06/2017", "2017-06-29"),
        ("06/29/2017", "2017-06-29"),
        ("6/6/2017", "2017-06-06"),
        ("06 29 2017", "2017-06-29"),
        ("9.6.2017", "2017-06-09"),
        ("2017年6月9日", "2017-06-09"),
        ("２０１７年６月", "2017-06"),
        # With words.
        ("June 2017", "2017-06"),
        ("Jun. 2017", "2017-06"),
        ("Jun 9, 2017", "2017-06-09"),
        ("June 9th, 2017", "2017-06-09"),
        ("9 June 2017", "2017-06-09"),
        ("9th of June, 2017", "2017-06-09"),
        ("9-Jun-2017", "2017-06-09"),
        ("2017 Jun", "2017-06"),
        ("2017-JUN-09", "2017-06-09"),
        ("Fri, 9 Jun 2017 08:15:30 GMT", "2017-06-09"),
        ("Fri Jun  9 08:15:30 UTC 2017", "2017-06-09"),
        ("9. Juni 2017", "2017-06-09"),
        ("9 de junio de 2017", "2017-06-09"),
        ("1 août 2017", "2017-08-01"),
        ("{JUN 9} 2017", "2017-06-09"),
        ("9~jun 2017", "2017-06-09"),
        # With slashes, as RIS writes them.
        ("2017/06/09/", "2017-06-09"),
        ("2017///", "2017"),
        ("2017/06//undefined", "2017-06"),
        # In brackets.
        ("[2017]", "2017"),
        ("(June 2017)", "2017-06"),
        ("0987", "0987"),
    ],
)
def test_printed_dates_that_say_no_more(text: str, expected: str) -> None:
    assert read_date(text) == expected
    assert printed_date(text) == (expected, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Ranges: the first counts.
        ("2017 Jun-Jul", "2017-06"),
        ("Jun/Jul 2017", "2017-06"),
        ("2017 Jun 9-14", "2017-06-09"),
        ("9--14 June 2017", "2017-06-09"),
        ("June 9 - 14, 2017", "2017-06-09"),
        ("30 May - 2 Jun 2017", "2017-05-30"),
        ("May 30-June 2, 2017", "2017-05-30"),
        ("December 30, 2016 - January 2, 2017", "2016-12-30"),
        ("2016 Nov-2017 Feb", "2016-11"),
        ("2016-2017", "2016"),
        ("2016--2017", "2016"),
        ("2017-06-09/2017-07-01", "2017-06-09"),
        ("2017/..", "2017"),
        ("2017-06-09/..", "2017-06-09"),
        # Seasons.
        ("2017 Autumn", "2017"),
        ("Autumn 2017", "2017"),
        ("2016-2017 Winter", "2016"),
        ("Winter 2016-17", "2016"),
        ("Winter 2008-09", "2008"),
        ("2017-22", "2017"),
        ("2017-13", "2017"),
        ("2017///Autumn", "2017"),
        # Doubt.
        ("1689~", "1689"),
        ("2017?", "2017"),
        ("ca. 1689", "1689"),
        ("c2017", "2017"),
        ("2017 [1952]", "2017"),
        ("[1952] 2017", "2017"),
        # What cannot be said for certain, and what does not exist.
        ("06/09/2017", "2017"),
        ("06/09/2017 11:40", "2017"),
        ("2017-02-30", "2017-02"),
        ("Article 7 2017", "2017"),
        ("2017 1st Quarter", "2017"),
        # More words.
        ("2017 Jun 9 [Epub ahead of print]", "2017-06-09"),
        ("Published: 20170609", "2017-06-09"),
        ("June 2017 2017-09-01", "2017-06"),
        ("2017/06//Jun2017:Part 2", "2017-06"),
        ("六月 2017", "2017"),
        # Numbers that are no years.
        ("vol. 31, 2104-2119, 2017", "2017"),
        ("Vol 1998, Jun 2017", "2017-06"),
        ("Lakes 31(2): 1804-1819 (2017)", "2017"),
        ("Lakes 31, 1804-19. 9 June 2017", "2017-06-09"),
        ("998-1012, 2017", "2017"),
        ("pp. 1804-1819, 2017", "2017"),
        ("p. 1804, 2017", "2017"),
        ("doi:10.5555/elm.1999.04 June 2017", "2017-06"),
        ("arXiv:1804.01234, 2017", "2017"),
        ("Report 4711, 2017", "2017"),
        ("10.2016/11.2016", "2016-10"),
        ("Elm Days 5, 2016-2017", "2016"),
    ],
)
def test_printed_dates_that_say_more(text: str, expected: str) -> None:
    assert read_date(text) == expected
    assert printed_date(text) == (expected, text)


@pytest.mark.parametrize(
    "text",
    [
        "JUN 9",
        "JUN-JUL",
        "Aut",
        "to appear",
        "17",
        "44 BC",
        "-0044",
        "201u",
        "42895",
        "6 9",
        "10.5555/elm",
        "https://doi.org/10.1234/2017.06",
        "vol. 1998",
        "pp. 1804-1819",
        "2104-2119",
    ],
)
def test_prints_without_a_year_are_kept_as_text(text: str) -> None:
    assert printed_date(text) == (None, text)


@pytest.mark.parametrize(
    "text", ["", " ", "0000", "0000-00-00", "n.d.", "NaN", "None", "N/A", "-", "YEAR/MONTH/DAY/"]
)
def test_prints_that_say_nothing(text: str) -> None:
    assert printed_date(text) == (None, "")


def test_the_text_of_a_date_has_single_blanks() -> None:
    assert printed_date(" 2017\n  Autumn ").text == "2017 Autumn"


@pytest.mark.parametrize(
    ("year", "text", "expected"),
    [
        ("2017", "SEP", "2017-09"),
        ("2017", "Sep 4", "2017-09-04"),
        ("2017", "SEP-OCT", "2017-09"),
        ("2017", "4~sep", "2017-09-04"),
        ("2017", "9", "2017-09"),
        ("2017", "Autumn", "2017"),
        ("2017", "21", "2017"),
        ("2017", "", "2017"),
        ("2017", "2017/09", "2017-09"),
        ("2017", "2016/09", "2017"),
        ("2017-03", "SEP", "2017-03"),
        (None, "SEP", None),
        (None, "2017 SEP", "2017-09"),
    ],
)
def test_a_month_printed_elsewhere(year: str | None, text: str, expected: str | None) -> None:
    assert with_month(year, text) == expected


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("2017", "2017-09", "2017-09-04"), "2017-09-04"),
        (("2017", "2016-09"), "2017"),
        (("2017-03", "2017-09-04"), "2017-03"),
        (("2017-09", "2017"), "2017-09"),
        ((None, "2017", None, "2017-09"), "2017-09"),
        ((None,), None),
        ((), None),
    ],
)
def test_the_finest_date(dates: tuple[str | None, ...], expected: str | None) -> None:
    assert finest(*dates) == expected


certain_forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%b %d, %Y", "%Y %b %d", "%d.%m.%Y"]
printed_days = st.dates(date(1000, 1, 1), date(9999, 12, 31))


@given(printed_days, st.sampled_from([*certain_forms, "%Y %B", "%m/%Y", "%Y"]))
def test_a_date_is_read_from_every_form(day: date, form: str) -> None:
    precision = 10 if form in certain_forms else 4 if form == "%Y" else 7
    if form == "%Y%m%d" and day.year > 2999:
        return
    assert printed_date(day.strftime(form)) == (day.isoformat()[:precision], "")


@given(
    printed_days.map(lambda day: day.year),
    *[st.sampled_from(["", "Summer ", "(in press) ", "Q2 ", "Nr. 7, ", "~"])] * 2,
)
def test_a_plain_year_is_never_lost(year: int, before: str, after: str) -> None:
    found = read_date(f"{before}{year} {after}")
    assert found is not None
    assert found.startswith(str(year))


pieces_of_dates = st.sampled_from([*"0123456789-/.~?, []()年:tT", "2017", "Jun", "st", "Winter"])


@given(st.text() | st.lists(pieces_of_dates).map("".join))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found, rest = printed_date(text)
    assert found is None or is_date(found)
    assert found == read_date(text)
    assert rest in ("", " ".join(text.split()))
    assert month_of(text) is None or 1 <= (month_of(text) or 0) <= 12


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
