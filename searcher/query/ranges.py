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
_LAST_YEAR = 9999
_LAST_DATE = date_number("9999-12", end=True)
_LAST_NUMBER = 99_999_999


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
        first = date_number(low) if low else 1
        return Span(row.name, first, date_number(high, end=True) if high else _LAST_DATE)
    last = _LAST_YEAR if field == "year" else _LAST_NUMBER
    added = 1 - row.lowest
    return Span(row.name, int(low or row.lowest) + added, int(high or last) + added)


def _next(number: str) -> str:
    return str(int(number) + 1)


def _previous(number: str) -> str | None:
    return str(int(number) - 1) if int(number) else None
