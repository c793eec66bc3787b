"""Record: what a file says of a paper, as a reader found it, and the paper that it makes."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol, cast

from index.identifiers import (
    Identifier,
    best_id,
    identifiers,
    normalised,
    own_id,
    read_own_identifier,
)
from index.names import Name, NameParts, name_terms, with_owners
from index.paper import (
    MAX_VALUE_CHARS,
    MOST_CITATIONS,
    Link,
    OtherText,
    Paper,
    Source,
    paper_id,
    paper_with,
)
from index.printed.dates import date_of, printed_date, read_date
from index.printed.languages import language_code
from index.printed.markup import plain
from index.printed.names import read_name, without_others
from index.printed.notices import without_copyright, without_label
from index.printed.pages import read_pages, read_volume
from index.printed.placeholders import is_placeholder, without_placeholders
from index.readers.base import Contents, Head, Problem, clean, has_many_marks


@dataclass(slots=True)
class Record:
    """What a file says of one paper, which begins at ``line``.

    The fields are those of ``Paper``, with texts as they are printed; they are cleaned and checked
    when the paper is made. ``id`` is the record's own id. A ``subtitle`` is joined to the title;
    ``other_names`` are those of ``Paper``, given for all authors. ``date`` is a text such as
    ``5 March 2020`` or ``2020 Mar-Apr``; ``year`` counts where the date says none. Each of
    ``identifiers`` is a scheme and a text, which may name several. ``urls`` are pairs of kind and
    address, ``other_titles`` and ``other_abstracts`` of language and text. ``type`` is a word of
    ``index.paper.TYPES``, ``status`` one of STATUSES.

    ``is_plain`` says that the texts are plain, as this program exports them. Then nothing in them
    is taken for mark-up, a label or a notice. ``lost`` are the names of fields whose values could
    not be used, each with the reason.
    """

    line: int
    id: str = ""
    title: str = ""
    subtitle: str = ""
    abstract: str = ""
    authors: Sequence[Name] = ()
    other_names: Sequence[Name] = ()
    et_al: bool = False
    categories: Sequence[str] = ()
    year: str | int = ""
    date: str = ""
    has_code: bool = False
    institutions: Sequence[str] = ()
    score: float | None = None
    owners: Sequence[str] = ()
    identifiers: Sequence[tuple[str, str]] = ()
    editors: Sequence[Name] = ()
    keywords: Sequence[str] = ()
    venue: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    type: str = ""
    status: str = ""
    language: str = ""
    cited_by: int | None = None
    updated: str = ""
    date_text: str = ""
    urls: Sequence[tuple[str, str]] = ()
    other_titles: Sequence[tuple[str, str]] = ()
    other_abstracts: Sequence[tuple[str, str]] = ()
    comments: str = ""
    is_plain: bool = False
    lost: list[tuple[str, str]] = field(default_factory=list)


class Reader(Protocol):
    """What a module of this package, or of another one, must define to be a reader."""

    @property
    def NAME(self) -> str:
        """The format's short name, as ``--reader`` takes it."""

    @property
    def OVERLAPS(self) -> bool:
        """Whether several files may list the same paper, and all it says is merged."""

    def recognises(self, head: Head) -> bool:
        """Tell from the beginning of a file whether this reader reads it."""

    def read(self, contents: Contents) -> Iterator[Record | Paper | Problem]:
        """Yield the records of one file, and a problem for everything that is left out.

        A reader that has cleaned and checked a record itself yields a paper instead.
        """


def paper_of(record: Record, file: str) -> Iterator[Paper | Problem]:
    """Yield what could not be used of a record, and then its paper.

    A record with neither title nor abstract is no paper, and that is a problem.
    """
    lost = list(record.lost)
    if not record.is_plain:
        _leave_out_others(record)
    # Most texts are clean, and one test of all takes less time than one of each.
    is_clean = _is_clean(record)
    line = str if is_clean else partial(_line, record)
    title = line(record.title)
    if record.subtitle:
        title = with_subtitle(title, _line(record, record.subtitle))
    abstract = _abstract(record, line)
    if not title and not abstract:
        yield Problem(file, record.line, "neither title nor abstract; left out")
        return
    if is_clean:
        parts: list[NameParts] = []
        authors = without_placeholders(cast("Sequence[str]", record.authors))
    else:
        printed = _names(line, record.authors)
        authors = tuple([name for name, _ in printed])
        parts = [own for _, own in printed] if any(any(own) for _, own in printed) else []
    owners = _lines(line, record.owners)
    if owners:
        authors = with_owners(authors, owners)
    date, year, date_text = _date(record, lost)
    given = _value("id", line, record.id, lost)
    found = _identifiers(record, given, lost)
    # Most records have none of these, and reading them all takes longer than all the rest.
    further = {} if _further_of(record) == _NOTHING_FURTHER else _further(record, lost)
    if parts:
        further["author_parts"] = (*parts, *[_NO_PARTS] * (len(authors) - len(parts)))
    paper = paper_with(
        {
            "id": (best_id(found) if found else "")
            or given
            or paper_id(title or abstract, authors[0] if authors else ""),
            "title": title,
            "abstract": abstract,
            "authors": authors,
            "et_al": record.et_al,
            "categories": _values("categories", line, record.categories, lost),
            "year": year,
            "date": date,
            "has_code": record.has_code,
            "institutions": _lines(line, record.institutions),
            "score": record.score,
            "owners": owners,
            "identifiers": found,
            "date_text": date_text,
            "sources": (Source(file, record.line),),
            **further,
        }
    )
    if date_text and year is None and not _IS_NO_YEAR.search(date_text):
        lost.append(("date", f"{date_text!r} names no year; kept as printed"))
    for name, reason in lost:
        yield Problem(file, record.line, f"{name}: {reason}", what=name)
    yield paper


def _further(record: Record, lost: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the values of the fields that many records lack."""
    cited_by = record.cited_by
    if cited_by is not None and not 0 <= cited_by <= MOST_CITATIONS:
        lost.append(("cited_by", f"{cited_by} is no number of citations"))
        cited_by = None
    line = partial(_line, record)
    return {
        "other_names": _other_names(line, record),
        "editors": tuple([name for name, _ in _names(line, record.editors)]),
        "keywords": _values("keywords", line, record.keywords, lost),
        **{name: _value(name, line, getattr(record, name), lost) for name in _VALUES},
        "volume": _value("volume", line, read_volume(record.volume), lost),
        "issue": _value("issue", line, read_volume(record.issue), lost),
        "pages": _value("pages", line, read_pages(record.pages), lost),
        "type": record.type,
        "status": record.status,
        "language": language_code(record.language),
        "cited_by": cited_by,
        "updated": read_date(record.updated) or "",
        "urls": tuple(dict.fromkeys(_links(record))),
        "other_titles": _other_texts(record, record.other_titles, _line),
        "other_abstracts": _other_texts(record, record.other_abstracts, _paragraphs),
        "comments": line(record.comments),
    }


_Line = Callable[[str], str]
"""What cleans a text and puts it on one line."""


def _is_clean(record: Record) -> bool:
    """Tell whether the texts that nearly all records have are clean already."""
    lists = chain(record.authors, record.categories, record.institutions, record.owners)
    abstract = record.abstract
    try:
        short = "|".join(["", record.title, record.id, *lists, ""])  # type: ignore[list-item]
    except TypeError:
        return False  # parts of names are cleaned one by one
    if "  " in short or "  " in abstract or " |" in short or "| " in short:
        return False
    if abstract[:1] == " " or abstract[-1:] == " ":
        return False
    texts = short + abstract
    if texts.isascii():
        # This takes half the time of ``isprintable``.
        return not texts.encode().translate(None, _PLAIN_BYTES)
    return texts.isprintable() and "<" not in texts and "&" not in texts and _is_normal(texts)


_PLAIN_BYTES = bytes(code for code in range(0x20, 0x7F) if code not in b"<&")


def _line(record: Record, text: str) -> str:
    """Return a text on one line."""
    # Most texts are short and clean, and this takes a tenth of the time of cleaning.
    if not text or (
        text.isascii()
        and text.isprintable()
        and "<" not in text
        and "&" not in text
        and "  " not in text
        and text[0] != " " != text[-1]
    ):
        return text
    return clean(text if record.is_plain else plain(text))


def _paragraphs(record: Record, text: str) -> str:
    """Return a text with one line for each paragraph."""
    if not record.is_plain:
        text = plain(text)
    return "\n".join([line for part in text.split("\n") if (line := clean(part))])


def _is_normal(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not has_many_marks(text)


def _abstract(record: Record, line: _Line) -> str:
    text = record.abstract if line is str else _paragraphs(record, record.abstract)
    if record.is_plain or not text:
        return text
    text = without_copyright(without_label(text))
    return "" if is_placeholder(text) else text


def with_subtitle(title: str, subtitle: str) -> str:
    """Return a title with its subtitle behind it, unless the title has all of its words.

    What repeats words of the title is a running head, or the title has its subtitle already.
    """
    words = set(_WORD.findall(title.casefold()))
    if not title or words.issuperset(_WORD.findall(subtitle.casefold())):
        return title or subtitle
    return f"{title}{' ' if title.endswith(_ENDS) else ': '}{subtitle}"


def _lines(line_of: _Line, texts: Sequence[str]) -> tuple[str, ...]:
    """Return texts, each on one line, without repeats and those that stand for none."""
    if not texts:
        return ()
    return tuple(dict.fromkeys(without_placeholders(map(line_of, texts))))


def _leave_out_others(record: Record) -> None:
    """Remove words such as *others* that stand as the last author or editor.

    Formats that have no sign for *et al.* hold them as a person or group of that name.
    """
    authors = _without_others(record.authors)
    if authors is not record.authors:
        record.authors, record.et_al = authors, True
    if record.editors:
        record.editors = _without_others(record.editors)


def _without_others(names: Sequence[Name]) -> Sequence[Name]:
    """Return names without a last one, or the end of it, that stands for others.

    ``Brothers and Others`` may be a group.
    """
    if not names:
        return names
    last = names[-1] if isinstance(names[-1], str) else names[-1].displayed
    text = last.strip()
    kept = without_others(text)
    if kept == text or (kept and not _ET_AL.search(text)):
        return names
    return [*names[:-1], read_name(kept)] if kept else names[:-1]


_ET_AL = re.compile(r"\bet\s+al\.?$", re.IGNORECASE)


def _names(line: _Line, names: Sequence[Name]) -> list[tuple[str, NameParts]]:
    """Return names as they are displayed, each with its parts, which may be unknown.

    Two authors of one paper may have one name.
    """
    found: list[tuple[str, NameParts]] = []
    for name in names:
        parts = _NO_PARTS
        if isinstance(name, NameParts):
            parts = NameParts(*map(line, name))
            name = parts.displayed
        if (name := line(name)) and not is_placeholder(name):
            found.append((name, parts))
    return found


def _other_names(line: _Line, record: Record) -> tuple[str, ...]:
    """Return the names by which authors are known, without those that find what is printed."""
    if not record.other_names:
        return ()
    printed = {term for name, _ in _names(line, record.authors) for term in name_terms(name)}
    others = dict.fromkeys(name for name, _ in _names(line, record.other_names))
    return tuple([name for name in others if not printed.issuperset(name_terms(name))])


def _value(name: str, line_of: _Line, text: str, lost: list[tuple[str, str]]) -> str:
    """Return a text on one line that is one term of the index, empty if it is too long for one."""
    line = line_of(text)
    if len(line) > MAX_VALUE_CHARS:
        lost.append((name, f"more than {MAX_VALUE_CHARS:,} characters"))
        return ""
    return "" if is_placeholder(line) else line


def _values(
    name: str, line: _Line, texts: Sequence[str], lost: list[tuple[str, str]]
) -> tuple[str, ...]:
    if not texts:
        return ()
    values = [_value(name, line, text, lost) for text in texts]
    return tuple(dict.fromkeys([value for value in values if value]))


def _date(record: Record, lost: list[tuple[str, str]]) -> tuple[str | None, int | None, str]:
    """Return the date, the year, and the date as printed where that says more."""
    if not record.date and type(record.year) is int and 1000 <= record.year <= 9999:
        return None, record.year, clean(record.date_text)  # as in most records
    date, text = printed_date(clean(record.date)) if record.date else (None, "")
    year = date_of(record.year) if record.year != "" else None
    if date is None and year is None and record.year != "":
        date, text = printed_date(clean(str(record.year)))  # which may hold more than a year
    elif date is None and year and record.date:
        whole = printed_date(clean(f"{record.date} {year}"))
        if whole.date and len(whole.date) > len(year):
            date, text = whole
    if year and date and not date.startswith(year):
        lost.append(("year", f"{year} disagrees with the date {date}, which is kept"))
    date = date or year
    if not date:
        if record.year != "" and not is_placeholder(str(record.year)):
            text = text or clean(str(record.year))
        return None, None, clean(record.date_text) or text
    # A plain year says no more as a date.
    return date if len(date) > len("2024") else None, int(date[:4]), clean(record.date_text) or text


def _identifiers(record: Record, given: str, lost: list[tuple[str, str]]) -> tuple[Identifier, ...]:
    """Return the identifiers of a record, and what its own id, ``given``, identifies."""
    found: list[Identifier] = []
    for scheme, text in record.identifiers:
        own = list(identifiers(scheme, clean(text)))
        if not own and (other := read_own_identifier(clean(text))):
            own = [other]  # such as a PMC id among PMIDs
        if any(len(one.value) > MAX_VALUE_CHARS for one in own):
            lost.append((scheme, f"more than {MAX_VALUE_CHARS:,} characters"))
            continue
        if (
            not own
            and text.strip()
            and not (
                is_placeholder(text.strip())
                or (scheme == "doi" and _SHORT_DOI.fullmatch(text.strip()))
            )
        ):
            lost.append((scheme, "not of the shape of one"))
        found += own
    if record.venue and not record.is_plain and (match := _ARXIV_VENUE.search(record.venue)):
        found += identifiers("arxiv", match[1])
    if given and (read := read_own_identifier(given)):
        # What is the paper's id by itself need not be kept twice.
        if found or own_id(read) != given:
            found.append(read)
    elif given and found and not record.is_plain:
        found.append(Identifier("accession", given))
    return normalised(found) if found else ()


def _links(record: Record) -> Iterator[Link]:
    for kind, text in (*record.urls, *_short_dois(record)):
        url = clean(text)
        if url.startswith("www."):
            url = f"http://{url}"
        if _ADDRESS.fullmatch(url):
            yield Link(kind, url)


def _short_dois(record: Record) -> Iterator[tuple[str, str]]:
    """Yield links of DOIs in short form, which only doi.org can resolve."""
    for scheme, text in record.identifiers:
        if scheme == "doi" and (match := _SHORT_DOI.fullmatch(text.strip())):
            yield "page", f"https://doi.org/{match[1]}"


def _other_texts(
    record: Record, texts: Sequence[tuple[str, str]], read: Callable[[Record, str], str]
) -> tuple[OtherText, ...]:
    found = (OtherText(language_code(language), read(record, text)) for language, text in texts)
    return tuple(dict.fromkeys([one for one in found if one.text]))


_VALUES = ("venue", "publisher")
_NUMBERS = ("volume", "issue", "pages")
_FURTHER = (
    *("other_names", "editors", "keywords", *_VALUES, *_NUMBERS, "type", "status", "language"),
    *("cited_by", "updated", "urls", "other_titles", "other_abstracts", "comments"),
)
_NO_PARTS = NameParts()
_further_of = attrgetter(*_FURTHER)
_NOTHING_FURTHER = _further_of(Record(0))
# arXiv preprint arXiv:2001.00001, as Google Scholar prints it; CoRR abs/2001.00001, as DBLP does.
_ARXIV_VENUE = re.compile(
    r"\b(?:arxiv|corr)[\s,:]{0,3}(?:abs/)?((?:\d{4}\.\d{4,5}|[a-z-]{2,9}(?:\.[a-z]{2})?/\d{7})(?:v\d+)?)",
    re.IGNORECASE,
)
_SHORT_DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10/[a-z0-9]{2,12})", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_ENDS = (":", "?", "!", ";", "—", "–", "-", "…")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>\"]+", re.IGNORECASE)
# What is printed for a year that nobody knows yet or never will, or that is before our era.
_IS_NO_YEAR = re.compile(
    r"(?i)\b(?:forthcoming|(?:in|im) (?:press|print|druck)|to appear|submitted|accepted"
    r"|ahead of print|online first|early access|under review|in preparation|unpublished"
    r"|n\.? ?d\.?|b\.?c\.?(?:e\.?)?)(?!\w)"
)
