"""Zotero: items of its web API, of Better BibTeX's JSON export and of the translation server.

Format: https://www.zotero.org/support/dev/web_api/v3/types_and_fields. An item of the API has its
values under ``data``.
"""

from collections.abc import Iterator
from typing import Any

from index.identifiers import identifier
from index.names import Name, whole_name
from index.printed.dates import printed_date
from index.readers.json.csl import TYPES as CSL_TYPES
from index.readers.json.csl import person_of
from index.readers.json.values import Values, arxiv_id, listed, table
from index.readers.links import address_kind
from index.readers.notes import arxiv_categories, read_note
from index.readers.record import Record

NAME = "Zotero"


def recognises(value: dict[str, Any]) -> bool:
    """An item has a type of item, on top or under ``data``; collections come from the API too."""
    data = value.get("data")
    if isinstance(data, dict) and "key" in value:
        return "itemType" in data or "library" in value
    return "itemType" in value or (value.keys() >= {"tag", "links", "meta"})


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what an item says of a paper. What belongs to an item, or is in the bin, is none."""
    inner = value.get("data")
    item = Values(inner if isinstance(inner, dict) else value)
    kind = item.text("itemtype")
    if not kind:
        return "collections and tags of Zotero"
    if kind in _NO_PAPER_TYPES:
        return "attachments and notes of Zotero"
    if item.is_true("deleted"):
        return "items in Zotero's bin"
    note = read_note("\n".join(item.texts("extra")))
    said = note.values
    venue = (
        item.text(*_VENUES) or said.get("container title", "") or said.get("publication title", "")
    )
    arxiv = list(dict.fromkeys(_arxiv_ids(item)))
    date = item.text(*_DATES) or said.get("issued", "")
    # Of 3/5/2020 only the program knows the month.
    parsed = Values(_object(value.get("meta"))).text("parseddate")
    is_arxiv = bool(arxiv) or "arxiv" in dict(note.identifiers)
    return Record(
        line,
        title=item.text("title", "casename", "nameofact", "subject"),
        abstract=item.text("abstractnote"),
        authors=list(_people(item, _AUTHORS)),
        editors=list(_people(item, {"editor"})),
        venue="arXiv" if arxiv_id(venue) else venue,
        volume=item.text("volume") or said.get("volume", ""),
        issue=item.text("issue") or said.get("issue", ""),
        pages=item.text("pages") or said.get("pages", said.get("page", "")),
        publisher=item.text(*_PUBLISHERS) or said.get("publisher", ""),
        date=parsed or date,
        date_text=printed_date(date).text if parsed and date else "",
        type=_type(
            kind, said.get("type", ""), is_arxiv and (not venue or "arxiv" in venue.lower())
        ),
        language=item.text("language") or said.get("language", ""),
        cited_by=note.cited_by,
        keywords=list(_tags(item)),
        categories=list(dict.fromkeys([*note.categories, *arxiv_categories(venue)])),
        identifiers=[*_identifiers(item), *[("arxiv", one) for one in arxiv], *note.identifiers],
        urls=list(dict.fromkeys(_links(item))),
        comments=said.get("comment", ""),
        lost=item.lost,
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _people(item: Values, kinds: set[str]) -> Iterator[Name]:
    """Yield the names of the creators of some kinds. A creator without a kind is an author."""
    for creator in item.objects("creators"):
        if creator.text("creatortype") not in kinds and (
            "creatortype" in creator or "author" not in kinds
        ):
            continue
        family, given = creator.text("lastname"), creator.text("firstname")
        # In one field the name is as it is printed.
        whole = creator.text("name") or (family if creator.is_true("fieldmode") else "")
        if name := whole_name(whole.strip()) or person_of(family, given):
            yield name
        else:
            item.lost.append(("creators", "a name is empty"))


def _arxiv_ids(item: Values) -> Iterator[str]:
    """Yield the arXiv ids in fields for other things."""
    for key in (
        "archiveid",
        "archivelocation",
        "publicationtitle",
        "number",
        "reportnumber",
        "url",
    ):
        if found := arxiv_id(item.text(key)):
            yield found


def _type(kind: str, csl_type: str, is_arxiv: bool) -> str:
    found = CSL_TYPES.get(csl_type.lower()) or _TYPES.get(csl_type) or _TYPES.get(kind, "other")
    return "preprint" if is_arxiv and found in ("article", "report", "other") else found


def _tags(item: Values) -> Iterator[str]:
    """Yield the tags. Those with no letter in front are marks for the library's owner."""
    for tag in listed(item.given("tags")):
        text = Values(tag, item.lost).text("tag", "name") if isinstance(tag, dict) else tag
        if isinstance(text, str) and text.strip()[:1].isalnum():
            yield text


def _identifiers(item: Values) -> Iterator[tuple[str, str]]:
    for scheme in ("doi", "pmid", "pmcid", "isbn", "issn"):
        for text in item.texts(scheme):
            yield scheme, text
    address = item.text("url")
    if "doi" not in item and "doi.org/" in address and identifier("doi", address):
        yield "doi", address
    yield "citation_key", item.text("citationkey", "citekey")


def _links(item: Values) -> Iterator[tuple[str, str]]:
    if address := item.text("url"):
        yield address_kind(address), address
    for attachment in listed(item.given("attachments")):
        values = Values(_object(attachment))
        if "pdf" in values.text("mimetype", "contenttype"):
            yield "pdf", values.text("url")


_NO_PAPER_TYPES = {"attachment", "note", "annotation"}
# Who makes what has no authors; a translator or a series editor is none.
_AUTHORS = {
    *("author", "inventor", "programmer", "director", "cartographer", "presenter", "podcaster"),
    *("artist", "performer", "interviewee", "sponsor"),
}
_VENUES = (
    *("publicationtitle", "booktitle", "proceedingstitle", "encyclopediatitle", "dictionarytitle"),
    *("conferencename", "meetingname", "repository", "websitetitle", "blogtitle", "forumtitle"),
    *("programtitle", "journalabbreviation"),
)
_PUBLISHERS = ("publisher", "university", "institution", "company", "studio", "label", "network")
_DATES = ("date", "issuedate", "filingdate", "datedecided", "dateenacted")
_TYPES = table(
    article="journalArticle magazineArticle newspaperArticle",
    inproceedings="conferencePaper",
    preprint="preprint",
    chapter="bookSection encyclopediaArticle dictionaryEntry",
    book="book",
    thesis="thesis",
    report="report standard",
    dataset="dataset",
)
"""The types of items, and ours; all others are ``other``."""
