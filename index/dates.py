"""ISO dates of any precision: compare and complete them, find their first and last day.

A date is the text ``2024``, ``2024-03`` or ``2024-03-15``. While its year is unknown it is
``--03-15`` or ``--03``, as in ISO 8601:2000.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

LEAP_DAY = "--02-29"
"""The one date of which only the year tells whether it exists."""

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
UNKNOWN_YEAR = "-"
"""What stands for the year that is not known yet."""


# The same dates come again and again.
@lru_cache(maxsize=1 << 12)
def is_date(text: str) -> bool:
    """Tell whether ``text`` is an ISO date of day, month or year precision."""
    match = _DATE.fullmatch(text)
    if not match:
        return False
    year, month, day = match.groups("1")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def lacks_year(text: str) -> bool:
    """Tell whether the year of a date is still unknown."""
    return text.startswith(UNKNOWN_YEAR)


def with_year(text: str, year: int) -> str:
    """Return a date that lacks its year in ``year``, where that day may not exist."""
    return f"{year:04}{text.removeprefix(UNKNOWN_YEAR)}"


def without_day(text: str) -> str:
    """Return the month of a date of day precision."""
    return text[: len("2024-05")]


def date_number(text: str, *, end: bool = False) -> int:
    """Return a date as the number yyyymmdd.

    Unknown parts are 00, so that a coarse date comes before the finer ones within it. With ``end``
    they are 99, the end of the span that the date names.
    """
    parts = text.split("-")
    filler = "99" if end else "00"
    return int("".join([*parts, filler, filler][:3]))


def is_before(earlier: str, later: str) -> bool:
    """Tell whether one date is before another, to the coarser precision of the two."""
    return earlier[: len(later)] < later[: len(earlier)]


def next_date(text: str) -> str | None:
    """Return the year, month or day after a date; None after the last one of the calendar."""
    return _shifted(text, 1)


def previous_date(text: str) -> str | None:
    """Return the year, month or day before a date; None before the first one of the calendar."""
    return _shifted(text, -1)


def _shifted(text: str, step: int) -> str | None:
    parts = [int(part) for part in text.split("-")]
    try:
        if len(parts) == 1:
            shifted = date(parts[0] + step, 1, 1)
        elif len(parts) == 2:
            year, month = divmod(parts[0] * 12 + parts[1] - 1 + step, 12)
            shifted = date(year, month + 1, 1)
        else:
            shifted = date(*parts) + timedelta(days=step)
    except (ValueError, OverflowError):
        return None
    return shifted.isoformat()[: len(text)]
