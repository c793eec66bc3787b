"""JSON: lines, arrays and answers of web services, whose objects are told apart by their keys.

A format is a module with the names of ``Format``, and an entry in FORMATS. Each object is read by
the first format that recognises it.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

from index.readers.base import Contents, Head, Problem
from index.readers.json import (
    arxiv,
    beir,
    crossref,
    csl,
    generic,
    openalex,
    scanning,
    semantic_scholar,
    zotero,
)
from index.readers.json.choosing import Fault, Found, Other
from index.readers.record import Record

NAME = "json"
OVERLAPS = False


class Format(Protocol):
    """What a module of this package must define to be a format of objects."""

    @property
    def NAME(self) -> str:
        """The format's name, as reports write it."""

    def recognises(self, value: dict[str, Any]) -> bool:
        """Tell by the keys whether an object is of this format."""

    def record(self, value: dict[str, Any], line: int) -> Record | str:
        """Return what an object says of a paper.

        For one that is no paper, return what it is in the plural, such as ``authors``. A file's
        objects of one such name are counted in one note.
        """


FORMATS: tuple[Format, ...] = (
    arxiv,  # by the list of parsed names
    openalex,  # by ids of its own
    semantic_scholar,  # by ids of its own
    crossref,  # by a DOI and keys of its own
    zotero,  # by ``itemType``
    csl,  # by types, names and dates as only CSL writes them
    beir,  # by the id's key and a text
    generic,  # by a title, an abstract or any two keys that papers have
)
"""The formats from the most telling keys to the most general."""


def recognises(head: Head) -> bool:
    """The file begins with an object, or with an array of objects or arrays."""
    start = "\n".join(head.lines[:_HEAD_LINES]).lstrip("\ufeff \t\n,")
    if start.startswith("{"):
        return start[1:2] != "\\"  # as rich text and TeX begin
    return start.startswith("[") and start[1:].lstrip()[:1] in ("{", "[", "]", "n", "")


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield the record of each object that is a paper's, wherever in the file it stands."""
    file, others = contents.file, Counter[str]()
    unread = generic.UnreadKeys()
    queries: tuple[Format, ...] = (beir.QUERIES,) if beir.holds_queries(file) else ()
    formats, usual_formats = (*queries, *FORMATS), (*queries, *_USUAL_FORMATS)

    def format_of(value: dict[str, Any]) -> Format | None:
        for format in usual_formats if value.keys() <= generic.USUAL_KEYS else formats:
            if format.recognises(value):
                return format
        return None

    # Beside papers, an object without a text is a paper that has lost it.
    without_text, has_papers = array("Q"), False
    for item in scanning.records(contents.blocks(), format_of, _worth, _is_answer):
        if isinstance(item, Fault):
            # The reasons of these name a place.
            what = "not JSON" if item.reason.startswith("not JSON") else ""
            yield Problem(file, item.line, item.reason, what=what)
        elif isinstance(item, Other):
            if item.what == scanning.NO_RECORDS:
                without_text.append(item.line)
            else:
                others[item.what] += 1
        else:
            record = item.kind.record(item.value, item.line)
            if isinstance(record, str):
                others[record] += 1
                continue
            if item.key and not record.id:
                record.id = item.key
            if item.year and not record.date and record.year in ("", None):
                record.year = item.year
            if item.kind in (generic, beir):
                unread.add(item.value)
            has_papers = True
            yield record
        if has_papers and without_text:
            for line in without_text:
                yield Problem(file, line, "neither title nor abstract; left out")
            del without_text[:]
    if without_text:
        others[scanning.NO_RECORDS] = len(without_text)
    for what, count in sorted(others.items()):
        yield Problem(file, 0, f"{what} are not read ({count:,})", kind="note")
    yield from unread.notes(file)


def _worth(found: Found[Format]) -> int:
    record = found.kind.record(found.value, found.line)
    return 0 if isinstance(record, str) else 2 if record.authors and found.kind is generic else 1


def _is_answer(keys: tuple[str, ...], kind: Format) -> bool:
    return _ANSWERS.get(keys) is kind


# The lists of answers, by their keys from the outermost object on.
_ANSWERS: dict[tuple[str, ...], Format] = {
    ("message", "items"): crossref,
    ("results",): openalex,
    ("data",): semantic_scholar,
    ("resultList", "result"): generic,  # Europe PMC
    ("result", "hits", "hit"): generic,  # DBLP
    ("response", "docs"): generic,  # HAL, and others that have Solr
    ("hits", "hits"): generic,  # INSPIRE, Zenodo, and others that have Elasticsearch
}
# What an object can be that has only the usual keys: all other formats have a key of their own.
_USUAL_FORMATS: tuple[Format, ...] = (openalex, generic)
_HEAD_LINES = 200
