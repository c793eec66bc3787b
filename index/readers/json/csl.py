"""CSL JSON: the items of citation processors, as Zotero, pandoc, Mendeley and doi.org write them.

Format: the CSL 1.0.2 schema, https://github.com/citation-style-language/schema. Crossref's answers
are made after it; ``crossref`` reads what they have beyond it.
"""

import re
from collections.abc import Iterator
from typing import Any

from index.identifiers import read_identifier
from index.names import Name, NameParts, is_suffix, whole_name
from index.paper import STATUSES
from index.printed.keywords import split_keywords
from index.printed.names import read_name, split_authors
from index.printed.vocabularies import document_type
from index.readers.json.values import Values, arxiv_id, listed, table
from index.readers.links import address_kind
from index.readers.notes import Note, arxiv_categories, read_note
from index.readers.record import Record

NAME = "CSL JSON"


def recognises(value: dict[str, Any]) -> bool:
    """An item has dates, names or a container as CSL writes them, or one of its telling types."""
    kind = value.get("type")
    if "itemType" in value:
        return False
    if (
        "container-title" in value
        or "citation-key" in value
        or _is_object_with(value.get("issued"), _DATE_KEYS)
    ):
        return True
    if kind is not None and not (isinstance(kind, str) and kind in TYPES):
        return False
    if any(_is_object_with(value.get(key), _NAME_KEYS) for key in ("author", "editor")):
        return True
    return kind is not None and "-" in kind and "title" in value


def record(value: dict[str, Any], line: int) -> Record:
    """Return what an item says of a paper."""
    item = Values(value)
    note = read_note("\n".join([*item.texts("note"), *item.texts("extra")]))
    kind = (note.values.get("type", "") or item.text("type")).lower()
    said = note.values
    venue = item.text("container-title", "event-title") or _event(item)
    arxiv = list(_arxiv_ids(item, venue))
    if venue.lower().startswith("arxiv:"):
        venue = "arXiv"
    pages = item.text("page", "article-number")
    if not pages and kind == "article-journal" and not arxiv:
        pages = item.text("number")
    cited_by = item.number("is-referenced-by-count")
    return Record(
        line,
        title=item.text("title", "title-short"),
        abstract=item.text("abstract"),
        authors=next(filter(None, (names(item, key) for key in _AUTHORS)), []),
        editors=names(item, "editor"),
        institutions=list(_affiliations(item)),
        venue=venue or said.get("container title", "") or said.get("publication title", ""),
        volume=item.text("volume") or said.get("volume", ""),
        issue=item.text("issue") or said.get("issue", ""),
        pages=pages or said.get("pages", said.get("page", "")),
        publisher=item.text("publisher") or said.get("publisher", ""),
        date=date(item, "issued", "published", "available-date", "submitted", "event-date")
        or said.get("issued", ""),
        type=_type(
            kind, item.text("genre"), venue, bool(arxiv) or "arxiv" in dict(note.identifiers)
        ),
        status=_status(item.text("status") or said.get("status", "")),
        language=item.text("language") or said.get("language", ""),
        cited_by=note.cited_by if cited_by is None else cited_by,
        keywords=_keywords(item),
        categories=[*note.categories, *arxiv_categories(item.text("container-title"))],
        identifiers=list(_identifiers(item, arxiv, note)),
        urls=[(address_kind(url), url) for url in item.texts("url")],
        other_titles=[("", text) for text in item.texts("original-title")],
        comments=said.get("comment", ""),
        lost=item.lost,
    )


def names(item: Values, key: str) -> list[Name]:
    """Return the names of a key. One that is empty is lost."""
    if isinstance(item.given(key), str):
        listed = split_authors(item.text(key))
        return [*listed.names, *(["et al."] if listed.et_al else ())]
    found: list[Name] = []
    for name in item.objects(key):
        person = whole_name(name.text("literal", "name").strip()) or name.text("raw").strip()
        if not person:
            particles = (name.text("dropping-particle"), name.text("non-dropping-particle"))
            person = person_of(
                name.text("family"),
                name.text("given"),
                " ".join(filter(None, map(str.strip, particles))),
                name.text("suffix"),
            )
        if person:
            found.append(person)
        else:
            item.lost.append((key, "a name is empty"))
    return found


def person_of(family: str, given: str = "", particle: str = "", suffix: str = "") -> Name:
    """Return the name of these parts, an empty text if all are empty.

    A family name without a given name may hold the whole name, inverted; and a suffix may stand
    behind the family name.
    """
    # Quotes say that the words within belong together.
    family, given = family.strip().strip('"“”'), given.strip()
    if not (family and given) and not particle and not suffix:
        if not family and not given:
            return ""
        name = read_name(family or given)
        return whole_name(name) if family and isinstance(name, str) else name
    head, _, tail = family.rpartition(",")
    if head and not suffix and is_suffix(tail.strip()):
        family, suffix = head.strip(), tail.strip()
    return NameParts(family, given, particle, suffix)


def _affiliations(item: Values) -> Iterator[str]:
    """Yield the institutions of the authors."""
    for author in listed(item.given("author")):
        for affiliation in listed(author.get("affiliation")) if isinstance(author, dict) else ():
            if isinstance(affiliation, dict):
                yield Values(affiliation).text("name")
            elif isinstance(affiliation, str):
                yield affiliation


def date(item: Values, *keys: str) -> str:
    """Return the first date that there is, as a text: ``2020-3-5``, ``Spring 2004``."""
    return next((text for key in keys if (text := _date(item, key))), "")


def _date(item: Values, key: str) -> str:
    if not any(isinstance(one, dict) for one in listed(item.given(key))):
        return item.text(key)
    variable = item.inner(key)
    listing = listed(variable.given("date-parts") or variable.given("date_parts"))
    if listing and not isinstance(listing[0], list):
        listing = [listing]  # one list where two belong
    days = [_day(parts) for parts in listing]
    text = "/".join(day or ".." for day in days) if days and days[0] else ""
    if not text and (year := variable.text("year")):
        text = _day([year, variable.text("month"), variable.text("day")])
    if not text:
        return variable.text("literal", "raw")
    season = variable.text("season")
    if season and "-" not in text:
        text = f"{_SEASONS.get(season, season)} {text}"
    return f"circa {text}" if variable.given("circa") else text


def _day(parts: list[Any]) -> str:
    """Return year, month and day as a text, empty if there is no year."""
    texts = [str(part).strip() for part in parts if isinstance(part, str | int | float)]
    year, *rest = [text.removesuffix(".0") for text in texts if text] or [""]
    if year.startswith("-"):
        return f"{year[1:]} BC"
    if not year.strip("0"):
        return ""
    if rest and (season := _SEASON_MONTHS.get(rest[0])):
        return f"{season} {year}"
    return "-".join([year, *[part.zfill(2) for part in rest]])


def _event(item: Values) -> str:
    """Return the name of a conference, which CSL writes as a text and Crossref as an object."""
    if isinstance(item.given("event"), dict):
        return item.inner("event").text("name")
    return item.text("event")


def _arxiv_ids(item: Values, venue: str) -> Iterator[str]:
    """Yield the arXiv ids that stand in fields for other things."""
    is_arxiv = "arxiv" in f"{venue} {item.text('publisher', 'archive')}".lower()
    for key in ("arxiv", "arxivid", "number", "archive_location", "container-title", "url"):
        for text in item.texts(key):
            sure = is_arxiv or key.startswith("arxiv")
            if found := arxiv_id(text) or (arxiv_id(f"arXiv:{text}") if sure else ""):
                yield found


def _type(kind: str, genre: str, venue: str, is_arxiv: bool) -> str:
    if kind in ("article", "article-journal", "report") and (said := document_type(genre)):
        return said
    is_preprint = _PREPRINTS.search(venue) if venue else is_arxiv or kind == "article"
    if is_preprint and TYPES.get(kind, "") in ("article", "report", "other", ""):
        return "preprint"
    return TYPES.get(kind, "other" if kind else "")


def _status(text: str) -> str:
    text = text.lower()
    return next((word for word in STATUSES if word in text), "")


def _keywords(item: Values) -> list[str]:
    """Return the keywords, which are one text or, against the format, a list."""
    found: list[str] = []
    for key in ("keyword", "keywords"):
        if isinstance(item.given(key), list):
            found += item.texts(key)
        else:
            found += split_keywords(item.text(key))
    return found


def _identifiers(item: Values, arxiv: list[str], note: Note) -> Iterator[tuple[str, str]]:
    own = item.text("id")
    if (":" in own or "/" in own) and (found := read_identifier(own)):
        yield found
    elif own and not isinstance(item.given("id"), int) and "://" not in own:
        yield "citation_key", own
    for key, scheme in _SCHEMES.items():
        for text in item.texts(key):
            yield scheme, text
    for text in arxiv:
        yield "arxiv", text
    for url in item.texts("url"):
        if "aclanthology.org/" in url:
            yield "acl", url
    yield from note.identifiers


def _is_object_with(value: Any, keys: set[str]) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and not keys.isdisjoint(first)


# Who makes what has no authors.
_AUTHORS = ("author", "director", "composer", "performer")
_DATE_KEYS = {"date-parts", "date_parts", "raw", "literal", "season"}
_NAME_KEYS = {"family", "given", "literal", "non-dropping-particle"}
_SCHEMES = table(
    doi="doi", pmid="pmid", pmcid="pmcid", isbn="isbn", issn="issn", citation_key="citation-key"
)
_SEASONS = {"1": "Spring", "2": "Summer", "3": "Autumn", "4": "Winter"}
# Seasons as months: from 13 on in older CSL, from 21 on in EDTF.
_SEASON_MONTHS = {
    str(start + int(number)): season for start in (12, 20) for number, season in _SEASONS.items()
}
_PREPRINTS = re.compile(
    r"rxiv|preprint|\bSSRN\b|research square|\bOSF\b|\bHAL\b|zenodo|\bCoRR\b", re.IGNORECASE
)
TYPES = table(
    article="article article-journal article-magazine article-newspaper",
    inproceedings="paper-conference",
    chapter="chapter entry entry-dictionary entry-encyclopedia",
    book="book classic collection",
    thesis="thesis",
    report="report standard regulation",
    dataset="dataset",
    paratext="periodical",
    other="bill broadcast document event figure graphic hearing interview legal_case legislation "
    "manuscript map motion_picture musical_score pamphlet patent performance "
    "personal_communication post post-weblog review review-book software song speech treaty "
    "webpage",
)
"""The types of CSL, and ours."""
