"""Crossref: works as its REST API and its public data files hold them.

Format: https://api.crossref.org/swagger-ui/index.html. It is CSL JSON (``csl``) with lists of
titles and containers, and keys of its own.
"""

import re
from collections.abc import Iterator
from typing import Any

from index.readers.json.csl import date as csl_date
from index.readers.json.csl import record as csl_record
from index.readers.json.values import Values, table
from index.readers.links import address_kind
from index.readers.record import Record

NAME = "Crossref"


def recognises(value: dict[str, Any]) -> bool:
    """A work has a DOI and what only Crossref writes; lists of other things have keys of theirs."""
    if "citation-key" in value:
        return False  # an item of CSL
    if "DOI" not in value:
        return any(keys <= value.keys() for keys in _KEYS_OF_OTHERS)
    # The answer to select=DOI,title has no more than these two.
    is_selection = isinstance(value.get("title"), list) and "type" not in value
    has_own_type = isinstance(value.get("type"), str) and value["type"] in _TYPES
    return is_selection or has_own_type or len(_OWN_KEYS & value.keys()) > 1 or "agency" in value


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what a work says of a paper. Grants and the components of works are none."""
    work = Values(value)
    kind = work.text("type")
    if "doi" not in work or "agency" in work:
        return "journals, funders, members or agencies of Crossref"
    if kind in _NO_PAPER_TYPES:
        return "grants and components of works of Crossref"
    made = csl_record(value, line)
    titles = [title for title in work.texts("title") if title.strip()]
    originals = [title for title in work.texts("original-title") if title.strip()]
    subtitles = [text for text in work.texts("subtitle") if not _REVIEWED_BOOK.search(text)]
    if not titles:
        # Where the title is in one language only, it may stand in the place for that one.
        titles, originals, subtitles = [*originals, *subtitles], [], []
    made.title = titles[0] if titles else ""
    made.subtitle = subtitles[0] if subtitles else ""
    made.other_titles = [("", text) for text in [*titles[1:], *originals] if text != made.title]
    made.venue, made.categories = _venue(work, kind) or made.venue, work.texts("subject")
    made.issue = made.issue or work.inner("journal-issue").text("issue")
    made.date = made.date or csl_date(
        work, "published-print", "published-online", "posted", "approved", "published-other"
    )
    made.type = _notice_type(work) or _TYPES.get(kind, made.type)
    if kind == "posted-content" and work.text("subtype") not in ("", "preprint"):
        made.type = "other"
    if made.type == "preprint" and (group := work.text("group-title")) and group != made.venue:
        made.categories = [*made.categories, group]
    if not made.publisher and kind in ("dissertation", "report"):
        made.publisher = work.inner("institution").text("name")
    made.status = made.status or _status(work)
    made.identifiers = [*made.identifiers, *_serial_numbers(work)]
    made.urls = list(dict.fromkeys([*made.urls, *_links(work)]))
    made.lost = list(dict.fromkeys([*made.lost, *work.lost]))
    return made


def _venue(work: Values, kind: str) -> str:
    """Return the container that a reader would name.

    A chapter stands in a book and then a series, a paper of a conference in a series and its
    proceedings, in either order; a journal may have a short name beside the long one.
    """
    names = [name.strip() for name in work.texts("container-title") if name.strip()]
    if kind == "posted-content" and not names:
        return work.inner("institution").text("name") or work.text("group-title")
    if kind in ("proceedings-article", "book-chapter"):
        names.sort(key=lambda name: (_SERIES.search(name) is not None, not _MEETING.search(name)))
    elif kind == "journal-article":
        names.sort(key=lambda name: _ABBREVIATED.search(name) is not None)
    return names[0] if names else ""


def _notice_type(work: Values) -> str:
    """Return the type of a notice that changes another work, empty for other works."""
    kinds = {update.text("type").lower() for update in work.objects("update-to")}
    if kinds & _RETRACTIONS.keys() or "expression_of_concern" in kinds:
        return "notice"
    return "erratum" if kinds & _CORRECTIONS else ""


def _status(work: Values) -> str:
    """Return what later notices have made of a work."""
    for update in work.objects("updated-by"):
        if status := _RETRACTIONS.get(update.text("type").lower()):
            return status
    return ""


def _serial_numbers(work: Values) -> Iterator[tuple[str, str]]:
    for scheme in ("issn", "isbn"):
        for number in work.objects(f"{scheme}-type"):
            yield scheme, number.text("value")


def _links(work: Values) -> Iterator[tuple[str, str]]:
    if address := work.inner("resource").inner("primary").text("url"):
        yield address_kind(address), address
    for link in work.objects("link"):
        address, kind = link.text("url"), link.text("content-type")
        if kind == "application/pdf" or (kind == "unspecified" and address_kind(address) == "pdf"):
            yield "pdf", address


_OWN_KEYS = {
    *("prefix", "member", "deposited", "indexed", "is-referenced-by-count", "reference-count"),
    *("references-count", "content-domain", "issn-type", "short-container-title", "update-policy"),
}
# Of a journal, a funder, a member, a type of works.
_KEYS_OF_OTHERS = (
    {"title", "ISSN", "counts", "coverage"},
    {"id", "uri", "alt-names", "location"},
    {"id", "primary-name", "prefixes"},
    {"title", "ISSN", "breakdowns"},
)
_NO_PAPER_TYPES = {"component", "grant", "sa-component"}
_TYPES = table(
    article="journal-article",
    inproceedings="proceedings-article",
    preprint="posted-content",
    thesis="dissertation",
    chapter="book-chapter book-section book-part book-track reference-entry",
    book="book monograph edited-book reference-book book-set proceedings",
    report="report standard",
    dataset="dataset database",
    paratext="journal journal-issue journal-volume book-series proceedings-series report-series "
    "standard-series",
    other="other peer-review report-component component sa-component grant",
)
"""The types of Crossref, and ours."""

_RETRACTIONS = {"retraction": "retracted", "withdrawal": "withdrawn", "removal": "removed"}
_CORRECTIONS = {"correction", "erratum", "corrigendum", "addendum", "clarification"}
_MEETING = re.compile(
    r"\b(?:proc(?:eedings|\.)|conference|symposium|workshop|congress|meeting|colloquium|"
    r"(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
_SERIES = re.compile(
    r"\bseries\b|\blecture notes\b|\bcommunications in\b|\bprocedia\b|^(?:\w+ )?proceedings$",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"[^\W\d]\.(?=\s|$)")
# Where a journal prints what a reviewed book costs, in place of a subtitle.
_REVIEWED_BOOK = re.compile(r"\bISBN\b|\bPrice\b|[£$€]\s?\d|\b\d+ ?pp\.|\bPp\.", re.ASCII)
