"""Ranges of years, dates and other numbers: what a text says, and which numbers that are."""

import re
from collections.abc import Callable

from index.dates import date_number, is_before, is_date, next_date, previous_date
from index.fields import QUERY_FIELDS
from searcher.query.clauses import Span
from searcher.query.tree import Range

_YEAR = r"\d{4}"
_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_NUMBER = r"\d{1,8}"
_BRACKETS = re.compile(r"\[\s*(\S+)\s+TO\s+(\S+?)\s*\]")
_YEARS = re.compile(r"(\d{4})[-\u2013](\d{4})", re.ASCII)
_DECADE = re.compile(r"(\d{2,3})\*", re.ASCII)
_LAST_YEAR = 9999
_LAST_DATE = date_number("9999-12", end=True)
_LAST_NUMBER = 99_999_999


def read_range(field: str, text: str) -> Range | None:
    """Read a range as other programs write it too; None for the rest.

    These are ``[2019 TO 2020]``, ``2019-2020``, ``2019*``, ``201*`` and ``2019/05``.
    """
    if match := _BRACKETS.fullmatch(text):
        text = f"{match[1].replace('*', '')}..{match[2].replace('*', '')}"
    if field in ("year", "date"):
        if match := _YEARS.fullmatch(text):
            text = f"{match[1]}..{match[2]}"
        elif match := _DECADE.fullmatch(text):
            text = f"{match[1]:0<4}..{match[1]:9<4}"
        text = text.removesuffix("-*").removesuffix("/*")
    if field == "date":
        text = text.replace("/", "-")
    if re.fullmatch(rf"{_DATE}\*", text):
        text = text[:-1]
    return parse_range(field, text)


def parse_range(field: str, text: str) -> Range | None:
    """Parse ``2024``, ``2023..2025``, ``2024..``, ``>=2024`` or ``<2024``; None for the rest.

    Years have four digits; dates are ISO dates of any precision. Ends in the wrong order are
    swapped.
    """
    is_calendar = field in ("year", "date")
    point = {"year": _YEAR, "date": _DATE}.get(field, _NUMBER)
    match = re.fullmatch(
        rf"(?P<low>{point})?\.\.(?P<high>{point})?|(?P<op>>=|<=|>|<)?(?P<point>{point})",
        text,
        re.ASCII,
    )
    if not match or not any(match[name] for name in ("low", "high", "point")):
        return None
    low, high, point, op = match["low"], match["high"], match["point"], match["op"]
    if is_calendar and any(end and not is_date(end) for end in (low, high, point)):
        return None
    if point:
        low = high = point
    if op:
        after, before = (next_date, previous_date) if is_calendar else (_next, _previous)
        shift: dict[str, Callable[[str], str | None]] = {">": after, "<": before}
        end = shift[op](point) if op in shift else point
        if end is None:
            return None
        low, high = (end, None) if op[0] == ">" else (None, end)
    if low and high and (is_before(high, low) if is_calendar else int(high) < int(low)):
        low, high = high, low
    return Range(field, low, high)


def span_of(field: str, low: str | None, high: str | None) -> Span:
    """Return a range of the numbers that the index holds, 1 and above.

    Where an end is open it reaches to the lowest number, or to the highest.
    """
    row = QUERY_FIELDS[field]
    if field == "date":
        last_date = date_number(high, end=True) if high else _LAST_DATE
        return Span(row.name, _first_date(low, last_date) if low else 1, last_date)
    last = _LAST_YEAR if field == "year" else _LAST_NUMBER
    added = 1 - row.lowest
    return Span(row.name, int(low or row.lowest) + added, int(high or last) + added)


def no_range(field: str, text: str) -> str:
    """Say that a text is no range of a field, and what one looks like."""
    example = _EXAMPLES.get(field, "3, 3..5 or >=3")
    return f"{field}:{text} is not a {field} such as {example}"


_EXAMPLES = {"year": "2024, 2023..2025 or >=2024", "date": "2024-03 or 2024-03..2024-09"}


def _first_date(low: str, last_date: int) -> int:
    """Return the lowest number of a date whose whole span lies between ``low`` and the last one.

    A paper of 2019 lies within 2019-01-01..2019-12-31, and not within 2019-01-01..2019-06-30.
    """
    for end in ("-01", "-01"):
        coarser = low.removesuffix(end)
        if coarser == low or date_number(coarser, end=True) > _whole(last_date):
            break
        low = coarser
    return date_number(low)


def _whole(last_date: int) -> int:
    """Return the last number of a span, to the end of its month and year if these end there."""
    month, day = last_date // 100 % 100, last_date % 100
    if day < 99:
        text = f"{last_date // 10_000:04}-{month:02}-{day:02}"
        following = next_date(text)
        if following is None or following.endswith("-01"):
            last_date += 99 - day
    if last_date % 10_000 == 1299:
        last_date += 8_700
    return last_date


def _next(number: str) -> str:
    return str(int(number) + 1)


def _previous(number: str) -> str | None:
    return str(int(number) - 1) if int(number) else None
