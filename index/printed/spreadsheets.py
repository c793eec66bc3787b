"""Cells of spreadsheets: lists in one, formulas that are run, pages that are taken for dates."""

import re
from collections.abc import Iterable

from index.printed.dates import month_of

# Spreadsheets run a cell as a formula if it begins with one of these signs, some of them in full
# width too, or behind a tab or a line break (OWASP, "CSV Injection"; CWE-1236). A cell may also
# begin inside of ours, where a spreadsheet that parts cells at semicolons or tabs reads the file.
_START = r"(?:^|[;\t\n]) *"
_SIGN = r"(?='*[=+\-@＝＋－＠\t\n])"
_FORMULA = re.compile(_START + _SIGN)
_GUARDED = re.compile(f"({_START})'{_SIGN}")


def without_formulas(text: str) -> str:
    """Return ``text`` with an apostrophe before everything that a spreadsheet may run.

    One more goes before apostrophes that stand there already, so that ``with_formulas`` can give
    the text back.
    """
    return _FORMULA.sub(r"\g<0>'", text)


def with_formulas(text: str) -> str:
    """Undo ``without_formulas``: return the text without its apostrophes before formulas."""
    return _GUARDED.sub(r"\1", text) if "'" in text else text


def cell_of(items: Iterable[str]) -> str:
    """Return a list as the text of a cell, its items between ``; ``.

    An item that holds a semicolon or begins with a quotation mark is put into quotation marks, and
    those in it are doubled, as CSV does with cells.
    """
    return "; ".join(
        '"' + item.replace('"', '""') + '"' if ";" in item or item.startswith('"') else item
        for item in items
    )


def items_of(cell: str) -> list[str]:
    """Undo ``cell_of``: return the items of a cell."""
    if '"' not in cell:
        return [item for part in cell.split("; ") if (item := part.strip())]
    matches = _ITEM.finditer(cell)
    items = (one[1][1:-1].replace('""', '"') if one[1] else one[2] for one in matches)
    return [item for text in items if (item := text.strip())]


_ITEM = re.compile(r'("(?:[^"]|"")*+")(?:; |$)|((?:(?!; ).)*+)(?:; |$)', re.DOTALL)


def pages_of_date(text: str) -> str:
    """Return the pages, such as ``1-5``, that a spreadsheet took for a date and shows as ``5-Jan``.

    Pages from 13 on become the years of a month: 1-37 is shown as ``Jan-37``. Other texts stay.
    """
    match = _DATE.fullmatch(text)
    if not match:
        return text
    word, number = (match[1], match[2]) if match[1].isalpha() else (match[2], match[1])
    month = month_of(word)
    if month is None or not number.isdigit():
        return text
    first, last = sorted((month, int(number)))
    return f"{first}-{last}"


_DATE = re.compile(r"([0-9]{1,2}|[^\W\d_]{3})\.?[- ]([0-9]{1,2}|[^\W\d_]{3})\.?")
