"""ACL Anthology XML: the papers of a collection, as the Anthology's own repository keeps them.

The format is that of https://github.com/acl-org/acl-anthology/blob/master/data/xml/schema.rnc.
Until 2019 a file was one volume, with everything said in each paper.
"""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from index.names import Name, NameParts, is_suffix
from index.paper import STATUSES
from index.readers.base import Contents, Head, Problem
from index.readers.links import address_kind
from index.readers.record import Record
from index.readers.xml import Part, elements, first_element, inner

NAME = "acl"
OVERLAPS = False

_SITE = "https://aclanthology.org"


def recognises(head: Head) -> bool:
    """The first element is a collection of volumes or events, or a volume with an old id."""
    return bool(_COLLECTION.match(first_element(head)))


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield a record for each paper. Front matter and talks are none, and are counted."""
    meta, place = Element("meta"), ("", "")
    left_out: Counter[str] = Counter()
    for part in elements(contents, _PARTS):
        if isinstance(part, Problem):
            yield part
            continue
        collection, volume = _place(part)
        if (collection, volume) != place:
            meta, place = Element("meta"), (collection, volume)
        element, name = part.element, part.element.tag
        if name == "talk":
            left_out["talks"] += 1
        elif name == "meta":
            if part.around and part.around[-1].name == "volume":
                meta = element
        elif name == "frontmatter" or _is_matter(collection, volume, element):
            left_out["front or back matter"] += 1
        else:
            kind = part.around[-1].attributes.get("type", "") if part.around else ""
            yield _record(part.line, collection, volume, kind, meta, element)
    for what, count in left_out.items():
        yield Problem(contents.file, 0, f"{count:,} × {what}: no papers", "note")


def _record(
    line: int, collection: str, volume: str, kind: str, meta: Element, paper: Element
) -> Record:
    own = _acl_id(collection, volume, paper.get("id", ""))

    def said(name: str) -> str:
        """Return what the paper says, else its volume."""
        return inner(paper.find(name)) or inner(meta.find(name))

    journal = said("journal-title") or inner(paper.find("journal"))
    links = list(_links(own, paper))
    editors = paper.findall("editor") or meta.findall("editor")
    gone = next((one for one in paper if one.tag in STATUSES), None)
    abstract = inner(paper.find("abstract"))
    year = said("year") or _year_of(collection)
    return Record(
        line,
        title=inner(paper.find("title")),
        # A few volumes have one letter for each abstract.
        abstract=abstract if len(abstract.strip()) > 1 else "",
        authors=[name for author in paper.findall("author") if (name := _name(author))],
        editors=[name for editor in editors if (name := _name(editor))],
        year=year,
        date=f"{said('month')} {year}" if said("month") else "",
        has_code=any(kind == "code" for kind, _ in links),
        institutions=[inner(one) for one in paper.iterfind("author/affiliation")],
        identifiers=[
            *([("acl", own)] if own else []),
            # Some are addresses of other registries, which are links.
            *[("doi", inner(one)) for one in paper.findall("doi") if not _is_handle(one)],
            *[(name, inner(one)) for name in ("isbn", "issn") for one in _all(name, paper, meta)],
            *[("citation_key", inner(one)) for one in paper.findall("bibkey")],
        ],
        venue=journal or said("booktitle"),
        volume=said("journal-volume") or inner(paper.find("volume")),
        issue=said("journal-issue") or inner(paper.find("issue")),
        pages=inner(paper.find("pages")),
        publisher=said("publisher"),
        type="article" if journal or kind == "journal" else "inproceedings",
        status=gone.tag if gone is not None else "",
        comments=inner(gone) or inner(paper.find("note")),
        language=inner(paper.find("language")),
        urls=links,
    )


def _all(name: str, paper: Element, meta: Element) -> list[Element]:
    return [*paper.findall(name), *paper.findall(name.upper())] or meta.findall(name)


def _name(author: Element) -> Name:
    """Return a name; in old files it may be plain text, or have its suffix behind the last name.

    The name in another script, which may stand beside it, is not read.
    """
    first, last = inner(author.find("first")).strip(), inner(author.find("last")).strip()
    if not first and not last:
        return (author.text or "").strip()
    suffix = inner(author.find("suffix")).strip()
    family, _, end = last.rpartition(" ")
    if not suffix and family and is_suffix(end):
        last, suffix = family.rstrip(", "), end
    return NameParts(last, first, suffix=suffix)


def _place(part: Part) -> tuple[str, str]:
    """Return the ids of the collection and the volume around a part."""
    ids = {tag.name: tag.attributes.get("id", "") for tag in part.around}
    return ids.get("collection", ids.get("volume", "")), ids.get("volume", "")


def _acl_id(collection: str, volume: str, number: str) -> str:
    """Return a paper's id in the Anthology, empty if what it is made of is not as it should be.

    Until 2019 it is a letter and four digits behind the year: the volume's and the paper's, of
    which the workshops' volumes have two each.
    """
    if "." in collection:
        return f"{collection}-{volume}.{number}"
    if not number.isdecimal() or not number.isascii():
        return ""
    if volume == collection:  # a file of old, whose papers have all four digits
        return f"{collection}-{int(number):04}"
    if not volume.isdecimal() or not volume.isascii():
        return ""
    if _has_short_numbers(collection, int(volume)):
        return f"{collection}-{int(volume):02}{int(number):02}"
    return f"{collection}-{int(volume)}{int(number):03}"


def _has_short_numbers(collection: str, volume: int) -> bool:
    return (
        collection.startswith("W") or collection == "C69" or (collection == "D19" and volume >= 5)
    )


def _is_matter(collection: str, volume: str, paper: Element) -> bool:
    """Tell whether what is listed as a paper is a volume's front or back matter."""
    if paper.get("type") in ("frontmatter", "backmatter"):
        return True
    number = paper.get("id", "")
    if volume != collection:
        return number == "0"
    if not number.isdecimal():
        return False
    is_short = _has_short_numbers(collection, int(number) // 1000 if collection == "D19" else 0)
    return number.endswith("00" if is_short else "000")


def _links(own: str, paper: Element) -> Iterator[tuple[str, str]]:
    if own:
        yield "page", f"{_SITE}/{own}"
    for element in paper:
        text = inner(element).strip()
        if element.tag in ("url", "href") or _is_handle(element):
            address = text or element.get("href", "")
            if not _ADDRESS.match(address):
                # The id of the paper: its full text is kept there.
                if address:
                    yield "pdf", f"{_SITE}/{address}.pdf"
            elif address_kind(address) == "pdf" or not _OLD_PAGE.match(address):
                yield address_kind(address), address
        elif element.tag in ("pwccode", "attachment", "software", "dataset", "video"):
            named = element.get("url") or element.get("href") or element.get("tag")
            address = (named or "") if element.tag in ("pwccode", "video") else named or text
            if address and not _ADDRESS.match(address):
                address = f"{_SITE}/{'' if element.tag == 'video' else 'attachments/'}{address}"
            is_code = element.tag in ("pwccode", "software") or _CODE.search(
                element.get("type", "")
            )
            if address:
                yield "code" if is_code else "page", address


def _is_handle(element: Element) -> bool:
    return (
        element.tag == "doi"
        and "doi.org/" not in inner(element)
        and bool(_ADDRESS.match(inner(element).strip()))
    )


def _year_of(collection: str) -> str:
    """Return the year that a collection's id says: 2022 of ``2022.acl``, 1965 of ``C65``."""
    if match := re.match(r"(\d{4})\.", collection):
        return match[1]
    match = re.fullmatch(r"[A-Z](\d\d)", collection)
    return ("19" if match[1] >= "60" else "20") + match[1] if match else ""


_COLLECTION = re.compile(
    r"""<(?:collection\s(?=[^>]*\bid\s*=\s*["'](?:[A-Z]\d\d|\d{4}\.\w+)["'])"""
    r"""|volume\s(?=[^>]*\bid\s*=\s*["'][A-Z]\d\d["']))"""
)
_PARTS = frozenset({"meta", "frontmatter", "paper", "talk"})
_CODE = re.compile(r"software|code|^source$", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_OLD_PAGE = re.compile(
    r"https?://(?:www\.)?(?:aclweb\.org/anthology|aclanthology\.(?:org|info|coli\.uni-\w+\.de))/",
    re.IGNORECASE,
)
