"""JSON lines: one paper per line, under the usual keys such as id, title, abstract, authors."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from index.dates import is_date
from index.names import split_names, with_owners
from index.paper import MAX_VALUE_CHARS, Paper, Source, paper_id
from index.printed_names import split_authors
from index.readers.base import Contents, Head, Problem, clean

OVERLAPS = False
MAX_KEYS_REPORTED = 100
"""How many different keys are reported as not read."""


def recognises(head: Head) -> bool:
    """The first line that is not blank begins a JSON object."""
    return next((line.lstrip() for line in head.lines if line.strip()), "").startswith("{")


def read(contents: Contents) -> Iterator[Paper | Problem]:
    """Yield a paper for each line that is a JSON object with a title or an abstract."""
    file = contents.file
    ignored: Counter[str] = Counter()
    for line in contents.lines():
        if not line.text.strip():
            continue
        try:
            record = json.loads(line.text)
        except (ValueError, RecursionError) as error:
            yield Problem(file, line.number, f"not JSON ({error}); left out")
            continue
        if not isinstance(record, dict):
            yield Problem(file, line.number, "not a JSON object; left out")
            continue
        if not _KNOWN_KEYS.issuperset(record):
            for key in record:
                if key not in _KNOWN_KEYS and (key in ignored or len(ignored) <= MAX_KEYS_REPORTED):
                    ignored[key] += 1
        reasons: list[str] = []
        paper = _paper(file, line.number, record, reasons)
        for reason in reasons:
            yield Problem(file, line.number, reason)
        if paper:
            yield paper
    if len(ignored) > MAX_KEYS_REPORTED:
        reason = f"more than {MAX_KEYS_REPORTED} other keys are not read; the rest are not named"
        yield Problem(file, 0, reason, kind="note")
    for key, count in sorted(list(ignored.items())[:MAX_KEYS_REPORTED]):
        yield Problem(file, 0, f"key {key!r} is not read (in {count:,} records)", kind="note")


_YEAR = re.compile(r"[1-9]\d{3}", re.ASCII)


class _BadValueError(Exception):
    pass


def _paper(file: str, number: int, record: dict[str, Any], reasons: list[str]) -> Paper | None:
    """Return the paper of a record, None if it is none; add to ``reasons`` what was left out."""
    values: dict[str, Any] = {}
    for key, name, convert in _CONVERSIONS:
        value = record.get(key)
        if value is None or value == "":
            continue
        try:
            values.setdefault(name, convert(value))
        except _BadValueError as error:
            reasons.append(f"{key}: {error}; the paper is kept without it")
    title, abstract = values.get("title", ""), values.get("abstract", "")
    if not title and not abstract:
        reasons.append("neither title nor abstract; left out")
        return None
    values["title"] = title
    if date := values.get("date"):
        date_year, year = int(date[:4]), values.get("year")
        if year and year != date_year:
            reasons.append(f"year {year} disagrees with date {date}; the date is kept")
        values["year"] = date_year
    if "authors" in values:
        values["authors"], values["et_al"] = values["authors"]
    if "owners" in values:
        values["authors"] = with_owners(values.get("authors", ()), values["owners"])
    if not values.get("id"):
        authors = values.get("authors")
        values["id"] = paper_id(title or abstract, authors[0] if authors else "")
    return Paper(**values, sources=(Source(file, number),))


def _text(value: object) -> str:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _BadValueError(f"expected text, found {_kind(value)}")
    return str(value)


def _value(value: object) -> str:
    text = _text(value)
    if len(text) > MAX_VALUE_CHARS:
        raise _BadValueError(f"more than {MAX_VALUE_CHARS:,} characters")
    return text


def _authors(value: object) -> tuple[tuple[str, ...], bool]:
    """Return the names, and whether the print leaves some out."""
    if not isinstance(value, str):
        return _listed_names(value), False
    printed = split_authors("\n".join(map(clean, value.split("\n"))))
    return printed.displayed, printed.et_al


def _owners(value: object) -> tuple[str, ...]:
    return _authors(value)[0]


def _institutions(value: object) -> tuple[str, ...]:
    """Return institutions, of which commas part only those of several words."""
    if not isinstance(value, str):
        return _listed_names(value)
    text = _text(value)
    has_commas = ";" not in text and all(" " in part.strip() for part in text.split(","))
    return split_names(text, "," if has_commas else ";")


def _listed_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _BadValueError(f"expected a list of names, found {_kind(value)}")
    listed = [_text(item.get("name") if isinstance(item, dict) else item) for item in value]
    return tuple([name for name in listed if name])


def _categories(value: object) -> tuple[str, ...]:
    return (_value(value[0] if isinstance(value, list) and len(value) == 1 else value),)


def _year(value: object) -> int:
    text = _text(value)
    if not _YEAR.fullmatch(text):
        raise _BadValueError(f"{text!r} is not a year")
    return int(text)


def _date(value: object) -> str:
    text = _text(value).partition("T")[0]
    if not is_date(text):
        raise _BadValueError(f"{text!r} is not a date such as 2024-03-15")
    return text


def _flag(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())  # a link to the code
    if not isinstance(value, bool):
        raise _BadValueError(f"expected true or false, found {_kind(value)}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BadValueError(f"expected a number, found {_kind(value)}")
    if not abs(value) < 1e15:
        raise _BadValueError(f"expected a number below 1e15, found {value}")
    return float(value)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", str: "text"}
    return "null" if value is None else names.get(type(value), "a number")


# In order of preference: of two keys for one field, the first with a valid value counts.
_CONVERSIONS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("id", "id", _value),
    ("_id", "id", _value),
    ("title", "title", _text),
    ("abstract", "abstract", _text),
    ("text", "abstract", _text),
    ("authors", "authors", _authors),
    ("year", "year", _year),
    ("date", "date", _date),
    ("category", "categories", _categories),
    ("has_code", "has_code", _flag),
    ("code", "has_code", _flag),
    ("institutions", "institutions", _institutions),
    ("owners", "owners", _owners),
    ("score", "score", _number),
)
_KNOWN_KEYS = {key for key, _, _ in _CONVERSIONS}
