"""RIS, the format of lines such as ``TI  - A title`` that all reference managers read.

Tags are those of the description of 2011 by Research Information Systems, as far as Zotero and
EndNote read them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from index.names import Name, NameParts
from index.paper import Paper
from index.printed.names import read_name
from searcher.output.layout import safe
from searcher.output.links import given_links
from searcher.output.references import (
    IN_JOURNALS,
    SAID,
    CitationKeys,
    arxiv_note,
    authors,
    date_parts,
    identifier,
    kind,
    kind_in_print,
    person,
    publisher,
    venue,
)

_TYPES = {
    **dict.fromkeys(IN_JOURNALS, "JOUR"),
    "preprint": "UNPB",
    "inproceedings": "CONF",
    "chapter": "CHAP",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
    "other": "GEN",
}
# The pages of these are how many there are.
_OF_MANY_PAGES = ("book", "thesis")


def ris(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield a record for each paper, with a blank line between two."""
    keys = CitationKeys()
    for number, paper in enumerate(papers):
        yield ("\n" if number else "") + _record(paper, keys.key(paper))


def _record(paper: Paper, key: str) -> str:
    lines = [f"{tag}  - {safe(_plain(tag, text))}\n" for tag, text in _lines(paper, key) if text]
    return "".join(lines) + "ER  - \n"


def _lines(paper: Paper, key: str) -> Iterator[tuple[str, str]]:
    own_kind = kind(paper)
    yield "TY", _TYPES[kind_in_print(paper)]
    said = (SAID.get(own_kind, ""), paper.status)
    yield "M3", "; ".join(text.capitalize() for text in said if text)
    yield "TI", paper.title
    for title in paper.other_titles:
        yield "TT", title.text
    for name in authors(paper):
        yield "AU", _name(name)
    for name in paper.editors:
        yield "A2" if own_kind in ("chapter", "inproceedings") else "ED", _name(person(name))
    yield "JF" if own_kind == "book" else "T2", venue(paper)
    # Before the issue: JabRef takes the last of both for the number.
    for value in paper.identifiers_of("accession"):
        yield "AN", value
    yield "VL", paper.volume
    yield "IS", paper.issue
    yield from _pages(paper, own_kind)
    yield "PB", publisher(paper)
    parts = date_parts(paper)
    yield "PY", f"{parts[0]:04}" if parts else paper.date_text
    if len(parts) > 1:
        day = f"{parts[2]:02}" if len(parts) > 2 else ""
        yield "DA", f"{parts[0]:04}/{parts[1]:02}/{day}"
    yield "DO", identifier(paper, "doi")
    # Many programs take the first number alone.
    serials = ("isbn", "issn") if own_kind in _OF_MANY_PAGES else ("issn", "isbn")
    for scheme in serials:
        for value in paper.identifiers_of(scheme):
            yield "SN", value
    pmid = identifier(paper, "pmid")
    yield "U1", f"{pmid} [pmid]" if pmid else ""
    yield "C2", identifier(paper, "pmcid")
    yield "N1", arxiv_note(paper)
    for tag, wanted in (("UR", "page"), ("L1", "pdf")):
        yield tag, next((link.url for link in given_links(paper) if link.kind == wanted), "")
    yield "LA", paper.language
    for keyword in paper.keywords:
        yield "KW", keyword.replace(";", ",")
    for institution in paper.institutions:
        yield "AD", institution
    yield "ID", key
    # JabRef takes the first letters of a second line for a tag, and pandoc refuses the whole file.
    yield "AB", paper.abstract.replace("\n", " ")


def _plain(tag: str, text: str) -> str:
    r"""Return a text without what is LaTeX only: ``Oak \& Elm``. An abstract stays as it is."""
    return text if tag == "AB" or "\\" not in text else _ESCAPED.sub(r"\1", text)


_ESCAPED = re.compile(r"\\([&%_#$])")


@lru_cache(maxsize=1 << 12)
def _name(name: Name) -> str:
    """Return a person with the family name in front, and a suffix at the end; a group as it is.

    A comma behind a whole name keeps programs from turning it.
    """
    shown, others = (name, []) if isinstance(name, str) else (name.displayed, [name.displayed])
    if isinstance(name, NameParts) and not name.given:
        read = read_name(f"{shown},")
        return f"{shown}," if isinstance(read, NameParts) and read.displayed == shown else shown
    # A source may have told the parts of a name otherwise than they are read again.
    for one in (name, *map(person, others)):
        if isinstance(one, NameParts):
            family = " ".join(filter(None, [one.particle, one.family]))
            written = ", ".join(filter(None, [family, one.given, one.suffix]))
            read = read_name(written)
            if isinstance(read, NameParts) and read.displayed == shown:
                return written
    return shown


def _pages(paper: Paper, own_kind: str) -> Iterator[tuple[str, str]]:
    first, dash, last = paper.pages.partition("-")
    if dash or own_kind not in _OF_MANY_PAGES:
        yield "SP", first
        yield "EP", last
