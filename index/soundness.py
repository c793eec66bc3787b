"""What an index can hold of a paper: of each field, which values are found, sorted and shown."""

import re
import sys
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from index.dates import is_date
from index.errors import shown
from index.identifiers import SCHEMES, Identifier
from index.names import NameParts
from index.paper import (
    MAX_VALUE_CHARS,
    MOST_CITATIONS,
    STATUSES,
    TYPES,
    Link,
    OtherText,
    Paper,
    Source,
    from_dict,
    unusual,
    usual_values,
)

NO_OTHERS = [None, False, (), None, ()]
"""The last of the ``usual_values`` of a paper without date, code, institutions, score and owners.
"""


def fault_of(paper: Paper) -> str:
    """Return why an index cannot hold a paper as it is, such as ``year is 10000; …``, else ``""``.

    A paper without a fault is found, counted, sorted, shown and exported without an error. Where it
    was read is known, and if its date has a year it is the paper's.
    """
    if _is_plainly_sound(paper):
        return ""
    for name, value in unusual(paper):
        is_sound, must = _SOUND[name]
        if not is_sound(value):
            return f"{name} is {shown(value)}; it must be {must}"
    # A default of another type, as 0 is for False, is equal to it.
    for name, value in zip(_FLAG_NAMES, _flags_of(paper), strict=True):
        if type(value) is not bool:
            return f"{name} is {shown(value)}; it must be {_FLAG[1]}"
    if not paper.sources:
        return f"sources is (); it must be {_SOUND['sources'][1]}"
    if paper.author_parts and len(paper.author_parts) != len(paper.authors):
        return f"author_parts has {len(paper.author_parts)} names, authors {len(paper.authors)}"
    if paper.date is not None and (paper.year is None or int(paper.date[:4]) != paper.year):
        return f"year is {paper.year}, but date is {paper.date}; the year must be that of the date"
    return ""


def _is_plainly_sound(paper: Paper) -> bool:
    """Tell whether a paper with only the usual fields is sound; False for every other paper.

    This takes a third of the time of looking at one field after the other.
    """
    if (values := usual_values(paper)) is None:
        return False
    own_id, title, abstract, authors, et_al, categories, year, *others = values
    if et_al is not False or others != NO_OTHERS or others[1] is not False:
        return False
    try:
        line = "".join((own_id, title, *authors, *categories))
    except TypeError:
        return False
    return (
        set(map(type, (own_id, title, *authors, *categories))) == _TEXTS
        and type(authors) is type(categories) is tuple
        and line.isprintable()
        and 0 < len(own_id) <= MAX_VALUE_CHARS
        and all(authors)
        and all(categories)
        and len("".join(categories)) <= MAX_VALUE_CHARS
        and (year is None or (type(year) is int and 0 < year <= _LAST_YEAR))
        and _is_text(abstract)
        and _are_sources(paper.sources)
    )


def sound_paper(values: dict[str, Any]) -> Paper:
    """Return the paper that ``to_stored`` turned into ``values``, if a writer would write it.

    Raises TypeError, ValueError, AttributeError or KeyError.
    """
    paper = from_dict(values)
    if fault := fault_of(paper):
        raise ValueError(fault)
    return paper


_TEXTS = {str}
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LAST_YEAR = 9999
_LAST_LINE = 1 << 62


def _is_line(value: Any) -> bool:
    # Nearly all lines are printable, and this test is the faster one.
    return type(value) is str and (value.isprintable() or not _UNFIT.search(value))


def _is_value(value: Any) -> bool:
    return _is_line(value) and len(value) <= MAX_VALUE_CHARS


def _is_text(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _are_names(value: Any) -> bool:
    # Joined, the names are looked at once.
    return type(value) is tuple and (
        not value or (set(map(type, value)) == {str} and all(value) and _is_line("".join(value)))
    )


def _are_sources(value: Any) -> bool:
    return type(value) is tuple and bool(value) and all(map(_is_source, value))


def _is_source(value: Any) -> bool:
    if type(value) is not Source:
        return False
    file, line = value.file, value.line
    is_file = _is_text(file) and file and "\0" not in file
    return bool(is_file) and type(line) is int and 0 <= line < _LAST_LINE


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _are_values(value: Any) -> bool:
    return _are_names(value) and (not value or max(map(len, value)) <= MAX_VALUE_CHARS)


def _have_parts(kind: Any) -> Callable[[Any], bool]:
    """Return what tells a tuple of values of a class all of whose parts are lines."""

    def are(value: Any) -> bool:
        return type(value) is tuple and all(
            type(one) is kind and all(map(_is_line, one)) for one in value
        )

    return are


def _are_identifiers(value: Any) -> bool:
    return _have_parts(Identifier)(value) and all(
        one.scheme in SCHEMES and 0 < len(one.value) <= MAX_VALUE_CHARS for one in value
    )


def _are_other_texts(value: Any) -> bool:
    return type(value) is tuple and all(
        type(one) is OtherText and _is_line(one.language) and _is_text(one.text) and bool(one.text)
        for one in value
    )


def _is_date(value: Any) -> bool:
    return type(value) is str and is_date(value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def _one_of(names: tuple[str, ...]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: type(value) is str and value in ("", *names), f"one of {', '.join(names)}"


_VALUE_CHARS = f"of at most {MAX_VALUE_CHARS:,} characters"
_LINE = _is_line, "text on one line, without control characters and lone surrogates"
_VALUE = _is_value, f"{_LINE[1]}, {_VALUE_CHARS}"
_TEXT = _is_text, "text without lone surrogates"
_NAME_LIST = _are_names, "a tuple of names, each of them text on one line, none empty"
_VALUE_LIST = _are_values, f"a tuple of texts on one line, none empty, each {_VALUE_CHARS}"
_FLAG = _is_flag, "True or False"
_DATE = _is_date, "a date such as 2024-03-15, 2024-03 or 2024"
_OTHER_TEXTS = _are_other_texts, "a tuple of OtherText, each a language code and a text"
_SOUND: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "id": (lambda value: bool(value) and _is_value(value), f"{_VALUE[1]}, not empty"),
    "title": _LINE,
    "abstract": _TEXT,
    "authors": _NAME_LIST,
    "et_al": _FLAG,
    "categories": _VALUE_LIST,
    "year": (
        lambda value: type(value) is int and 0 < value <= _LAST_YEAR,
        f"a year from 1 to {_LAST_YEAR}, or None",
    ),
    "date": (_is_date, f"{_DATE[1]}, or None"),
    "has_code": _FLAG,
    "institutions": _NAME_LIST,
    "score": (_is_number, "a finite number, or None"),
    "owners": _NAME_LIST,
    "identifiers": (_are_identifiers, f"a tuple of Identifier, schemes {', '.join(SCHEMES)}"),
    "author_parts": (_have_parts(NameParts), "a tuple of NameParts, as many as authors"),
    "other_names": _NAME_LIST,
    "editors": _NAME_LIST,
    "keywords": _VALUE_LIST,
    "venue": _VALUE,
    "volume": _VALUE,
    "issue": _VALUE,
    "pages": _VALUE,
    "publisher": _VALUE,
    "type": _one_of(TYPES),
    "status": _one_of(STATUSES),
    "language": _VALUE,
    "cited_by": (
        lambda value: type(value) is int and 0 <= value <= MOST_CITATIONS,
        f"a whole number from 0 to {MOST_CITATIONS:,}, or None",
    ),
    "updated": _DATE,
    "date_text": _LINE,
    "urls": (_have_parts(Link), "a tuple of Link, each a kind and an address"),
    "other_titles": _OTHER_TEXTS,
    "other_abstracts": _OTHER_TEXTS,
    "comments": _LINE,
    "sources": (_are_sources, "a tuple of sources, at least one, each a file's path and a line"),
}
"""Of each field, in order: what tells a value that an index can hold, and what it must be."""

_FLAG_NAMES = tuple(name for name, sound in _SOUND.items() if sound is _FLAG)
_flags_of = attrgetter(*_FLAG_NAMES)
