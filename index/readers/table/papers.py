"""What the cells of a row say of a paper."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from index.identifiers import SCHEMES, read_own_identifier, serial_numbers
from index.names import whole_name
from index.paper import STATUSES, TYPES
from index.printed.dates import date_of_cells
from index.printed.keywords import split_keywords
from index.printed.lists import printed_list
from index.printed.names import NameList, split_authors
from index.printed.placeholders import is_placeholder
from index.printed.spreadsheets import items_of, pages_of_date, with_formulas
from index.printed.vocabularies import document_type
from index.readers.links import address_kind
from index.readers.record import Record
from index.readers.table.headings import Producer, columns_of, holds_papers, producer_of
from index.readers.table.producers import PREPARE, Cells, first
from index.readers.table.rows import Heading, Row
from index.readers.table.shifts import realigned


class Table:
    """The columns of a table, and the records of its rows.

    ``short_count`` is the number of rows so far that have fewer cells than there are headings.
    """

    def __init__(self, heading: Heading, short_count: int = 0) -> None:
        self.short_count = short_count
        self._headings = heading.headings
        self._producer = producer_of(heading.headings)
        self._is_own = self._producer.name == "this program"
        columns = columns_of(heading.headings, self._producer)
        self._places = [(field, place) for field, places in columns.items() for place in places]
        self._fields = [""] * len(heading.headings)
        self._named: dict[str, Sequence[tuple[str, str]]] = {}
        for field, place in self._places:
            self._fields[place] = field
        self._title_place = columns.get("title", [0])[0]

    def headings_in(self, row: Row) -> tuple[str, ...] | None:
        """Return the headings that a row holds instead of a paper, without empty ones at its end.

        They are those of a table that somebody put behind this one.
        """
        cell = row.cells[self._title_place : self._title_place + 1]
        if (
            not cell
            or len(cell[0]) > _LONGEST_HEADING
            or "title" not in columns_of(cell, self._producer)
        ):
            return None
        headings = tuple(row.cells)
        while headings and not headings[-1].strip():
            headings = headings[:-1]
        return headings if holds_papers(headings) else None

    def record(self, row: Row) -> Record | str | None:
        """Return what a row says of a paper, None if nothing.

        For a row that is no paper's, return what it is in the plural, such as ``patents``.
        """
        cells, width = row.cells, len(self._headings)
        lost = []
        if len(cells) > width:
            reason = "the row has more cells than there are headings; what is sure is kept"
            lost.append(("cells", reason))
            cells = realigned(cells, self._headings, self._fields, self._producer)
        elif len(cells) < width:
            self.short_count += 1
        found: Cells = {}
        for field, place in self._places:
            if place >= len(cells) or not (text := cells[place].strip()):
                continue
            if not self._is_own:
                if is_placeholder(text):
                    continue
                if text.startswith('="') and text.endswith('"'):
                    text = text[2:-1]  # a text that a spreadsheet would take for a number
            found.setdefault(field, []).append(text)
        if not found:
            return None
        if self._is_own:
            return _own_record(found, row.line)
        made = record_of(found, row.line, self._producer)
        if isinstance(made, Record):
            made.lost += lost
            self._share_identifiers(made)
        return made

    def _share_identifiers(self, made: Record) -> None:
        """Give a record the identifiers of the row before it that has the same id, if it has none.

        CORD-19 lists a paper several times under one id, with identifiers here and there.
        """
        if not made.id:
            return
        if made.identifiers:
            if len(self._named) >= _MOST_NAMED:
                del self._named[next(iter(self._named))]
            self._named[made.id] = made.identifiers
        else:
            made.identifiers = self._named.get(made.id, ())


# Of a column of titles.
_LONGEST_HEADING = 40
# So many rows may lie between two of one paper.
_MOST_NAMED = 10_000


def record_of(found: Cells, line: int, producer: Producer) -> Record | str:
    """Return what the texts of the fields say of a paper, or what it is instead."""
    if (prepare := PREPARE.get(producer.name)) and (other := prepare(found)):
        return other
    # A row may be no more than a title: nothing is done for fields that it does not have.
    values: dict[str, Any] = {name: texts[0] for name, texts in found.items() if name in _PRINTED}
    for fields, read in _READ:
        if not fields.isdisjoint(found):
            values |= read(found, producer)
    return Record(line, **values)


_Read = Callable[[Cells, Producer], dict[str, Any]]


def _texts_read(found: Cells, _: Producer) -> dict[str, Any]:
    """Read titles and abstracts; those in other languages without one that stands for a missing
    one."""
    values: dict[str, Any] = {}
    for field in ("title", "abstract"):
        others = found.get(f"other_{field}s", ())
        if field not in found and others:
            values[field], others = others[0], others[1:]
        if others:
            values[f"other_{field}s"] = [("", text) for text in others]
    return values


def _names_read(found: Cells, producer: Producer) -> dict[str, Any]:
    by_semicolon = producer.by_semicolon
    authors = _names(found.get("full_names", ()), by_semicolon=True)
    if not authors.names:
        authors = _names(found.get("authors", ()), by_semicolon=by_semicolon)
    groups = _names(found.get("groups", ()), by_semicolon=True)
    editors = _names(found.get("editors", ()), by_semicolon=by_semicolon)
    names = (*authors.names, *(whole_name(name) for name in groups.displayed))
    return {"authors": names, "et_al": authors.et_al, "editors": editors.names}


def _date_read(found: Cells, _: Producer) -> dict[str, Any]:
    year, date = _date(*[first(found, field) for field in ("year", "date", "month", "day")])
    return {"year": year, "date": date}


def _place_read(found: Cells, _: Producer) -> dict[str, Any]:
    pages = _pages(*[first(found, field) for field in ("pages", "first_page", "last_page")])
    return {
        "volume": _without_nought(first(found, "volume")),
        "issue": pages_of_date(_without_nought(first(found, "issue"))),
        "pages": pages or _without_nought(first(found, "article_number")),
    }


def _kind_read(found: Cells, _: Producer) -> dict[str, Any]:
    kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", first(found, "type"))
    return {
        "type": kind if kind in TYPES else document_type(kind),
        "status": _status(first(found, "status"), kind),
    }


def _words_read(found: Cells, producer: Producer) -> dict[str, Any]:
    words = _keywords(found.get("keywords", ()), by_semicolon=producer.by_semicolon)
    categories = (
        *_parts(found.get("category", ()), "[;|]"),
        *_parts(found.get("categories", ()), r"[;|]|,?\s(?=[a-z-]{1,20}\.[A-Z]{2}\b)"),
    )
    institutions = tuple(_parts(found.get("institutions", ()), "[;|]"))
    return {"keywords": tuple(words), "categories": categories, "institutions": institutions}


def _links_read(found: Cells, _: Producer) -> dict[str, Any]:
    links = tuple(_links(found))
    return {
        "urls": links,
        "identifiers": tuple(_identifiers(found, links)),
        "has_code": first(found, "has_code").lower() in _YES or "code_link" in found,
    }


def _rest_read(found: Cells, _: Producer) -> dict[str, Any]:
    return {
        "id": _without_nought(first(found, "id")),
        "language": re.split("[;,|]", first(found, "language"))[0],
        "cited_by": _count(found.get("cited_by", ())),
        "score": _number(first(found, "score")),
    }


_PRINTED = frozenset("title abstract date_text updated venue publisher comments".split())
"""The fields whose first text is taken as it is printed."""

_READ: Sequence[tuple[frozenset[str], _Read]] = (
    (frozenset({"other_titles", "other_abstracts"}), _texts_read),
    (frozenset({"authors", "full_names", "groups", "editors"}), _names_read),
    (frozenset({"year", "date", "month", "day"}), _date_read),
    (
        frozenset({"volume", "issue", "pages", "first_page", "last_page", "article_number"}),
        _place_read,
    ),
    (frozenset({"type", "status"}), _kind_read),
    (frozenset({"keywords", "category", "categories", "institutions"}), _words_read),
    (frozenset({*SCHEMES, "url", "pdf", "code_link", "has_code"}), _links_read),
    (frozenset({"id", "language", "cited_by", "score"}), _rest_read),
)
"""Which fields are read together, and how."""


def _own_record(found: Cells, line: int) -> Record:
    """Return the paper that a row of this program's own table is."""
    cells = {field: with_formulas(texts[0]) for field, texts in found.items()}

    def text(field: str) -> str:
        return cells.get(field, "")

    def parts(field: str) -> list[str]:
        return items_of(text(field))

    category, categories = text("category"), parts("categories")
    return Record(
        line,
        id=text("id"),
        title=text("title"),
        abstract=text("abstract"),
        authors=parts("authors"),
        year=text("year"),
        date=text("date"),
        date_text=text("date_text"),
        updated=text("updated"),
        venue=text("venue"),
        volume=text("volume"),
        issue=text("issue"),
        pages=text("pages"),
        publisher=text("publisher"),
        type=text("type"),
        status=text("status"),
        language=text("language"),
        comments=text("comments"),
        other_names=parts("other_names"),
        et_al=text("et_al").lower() in _YES,
        editors=parts("editors"),
        categories=list(dict.fromkeys([*filter(None, [category]), *categories])),
        has_code=text("has_code").lower() in _YES,
        institutions=parts("institutions"),
        owners=parts("owners"),
        keywords=parts("keywords"),
        score=_number(text("score")),
        cited_by=_count([text("cited_by")]),
        identifiers=[(scheme, one) for scheme in SCHEMES for one in parts(scheme)],
        urls=[
            (kind, one)
            for kind, field in (("page", "url"), ("pdf", "pdf"), ("code", "code_link"))
            for one in parts(field)
        ],
        is_plain=True,
    )


_YES = {"1", "1.0", "true", "yes", "y", "wahr", "vrai"}


def _names(texts: Sequence[str], *, by_semicolon: bool) -> NameList:
    """Return the names of the first text that has some."""
    for text in texts:
        if "&" in text and ";" in text:
            text = html.unescape(text)
        if by_semicolon and ";" not in text and "|" not in text:
            text += ";"
        listed = split_authors(text)
        if listed.names:
            return listed
    return NameList()


def _date(year: str, date: str, month: str, day: str) -> tuple[str, str]:
    """Return a year and a date of the cells for them. A year may be a whole date."""
    if year and not _YEAR.fullmatch(year):
        year, date = "", date or year
    if not date and month:
        date = date_of_cells(year, month, day)
    return year, date


_YEAR = re.compile(r"[0-9]{4}(?:\.0*)?")


def _pages(pages: str, first: str, last: str) -> str:
    first, last = _without_nought(first), _without_nought(last)
    pages = pages_of_date(_without_nought(pages))
    if pages and not (first and last and "-" not in pages):
        return pages
    return f"{first}-{last}" if last and last != first else pages_of_date(first) or last


def _without_nought(text: str) -> str:
    """Return a number as programs write it that take all numbers for fractions: 4.0 is 4."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text


def _status(status: str, kind: str) -> str:
    word = status.lower()
    if word in STATUSES:
        return word
    return "retracted" if re.search(r"\bretracted\b", f"{status} {kind}", re.I) else ""


def _count(texts: Sequence[str]) -> int | None:
    numbers = (_number(text) for text in texts)
    return next((int(number) for number in numbers if number is not None), None)


def _number(text: str) -> float | None:
    text = text.replace(",", "")
    return float(text) if _NUMBER.fullmatch(text) else None


_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{0,15})?")


def _parts(texts: Sequence[str], separator: str) -> Iterator[str]:
    for text in texts:
        if "&" in text and ";" in text:
            text = html.unescape(text)
        listed = printed_list(text)
        for part in re.split(separator, text) if listed is None else listed:
            if part := part.strip():
                yield part


def _keywords(texts: Sequence[str], *, by_semicolon: bool) -> Iterator[str]:
    """Yield keywords, each in its first spelling."""
    seen = set[str]()
    for text in texts:
        for word in split_keywords(text, signs=";|\n", by_comma=not by_semicolon):
            if (key := word.casefold()) not in seen:
                seen.add(key)
                yield word


def _links(found: Cells) -> Iterator[tuple[str, str]]:
    """Yield the addresses. Several may stand in a cell, glued even."""
    for field in ("url", "pdf", "code_link"):
        for text in found.get(field, ()):
            for match in _ADDRESS.finditer(text):
                is_page = field == "url" and not match[1]
                kind = address_kind(match[2]) if is_page else "pdf" if field != "code_link" else ""
                yield kind or "code", match[2]


_ADDRESS = re.compile(
    r"(pdf:)?((?:https?://|ftp://|www\.)[^\s|]+?)(?=(?<![/=])https?://|[\s|]|;\s|;?$)", re.I
)


def _identifiers(found: Cells, links: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    schemes = set[str]()
    for scheme in SCHEMES:
        for text in found.get(scheme, ()):
            schemes.add(scheme)
            # Each of ISBN and ISSN often stands in the other's column.
            if scheme in ("isbn", "issn") and (numbers := serial_numbers(text)):
                yield from numbers
            else:
                yield scheme, text
    for kind, address in links:
        own = read_own_identifier(address) if kind != "code" else None
        if own and own.scheme not in schemes:
            yield own
