"""Notes: what programs write into a free field (``note``, ``extra``, N1) for want of another.

A statement is a line, or a part of one, such as ``PMID: 314``. Zotero documents those of its field
*Extra* at https://www.zotero.org/support/kb/item_types_and_fields; Scopus, Web of Science and
reference managers write others into the notes of BibTeX and RIS.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from index.identifiers import identifiers


class Note(NamedTuple):
    """What a note says of its paper.

    ``identifiers`` are pairs of a scheme and a text that has its shape. ``values`` are statements
    about other fields by their names in small letters, such as ``publisher``. ``rest`` is the
    remaining text, line by line.
    """

    identifiers: tuple[tuple[str, str], ...] = ()
    categories: tuple[str, ...] = ()
    cited_by: int | None = None
    values: Mapping[str, str] = MappingProxyType({})
    rest: str = ""


def read_note(text: str) -> Note:
    """Return what a note says; a statement must be whole, so that no cited work is taken for it.

    Of several numbers of citations the first counts, as Web of Science prints its own before the
    total.
    """
    found: list[tuple[str, str]] = []
    categories: list[str] = []
    cited_by: int | None = None
    values: dict[str, str] = {}
    rest: list[str] = []
    for line in _ZOTERO_VARIABLE.sub(r"\n\1: \2\n", text).split("\n"):
        if _OF_ANOTHER.match(line):
            rest.append(line.strip())
            continue
        others: list[str] = []
        for statement in _statements(line):
            if match := _CITED.fullmatch(statement):
                if cited_by is None and match[1]:
                    cited_by = int(match[1])
            elif own := _identifier(statement):
                found.append(own)
                if own[0] == "arxiv":
                    categories += arxiv_categories(statement)
            elif match := _VALUE.fullmatch(statement):
                values.setdefault(match[1].lower().replace("-", " "), match[2])
            elif not _TEX_VARIABLE.match(statement):
                others.append(statement)
        if others:
            rest.append("; ".join(others))
    return Note(tuple(found), tuple(categories), cited_by, values, "\n".join(rest))


def arxiv_categories(text: str) -> list[str]:
    """Return the categories in brackets behind an arXiv id: ``2001.00001 [cs.LG, stat.ML]``."""
    match = _BRACKETS.search(text)
    names = re.split(r"[\s,;]+", match[1]) if match else []
    return names if all(_CATEGORY.fullmatch(name) for name in names) else []


def _statements(line: str) -> Iterator[str]:
    for part in _NEXT_STATEMENT.split(line):
        if statement := part.strip(" \t\r;"):
            yield statement


def _identifier(statement: str) -> tuple[str, str] | None:
    """Return the scheme and the text of a statement that gives an identifier."""
    match = _IDENTIFIER.fullmatch(statement)
    if not match:
        return ("doi", statement) if _DOI_ADDRESS.fullmatch(statement) else None
    name, text = match[1].lower(), match[2].strip()
    if name == "standard_id":  # Manubot's; the scheme stands in the value
        name, _, text = text.partition(":")
    scheme = _SCHEME_OF.get(re.sub(r"[\s_-]+", " ", name.lower()))
    return (scheme, text) if scheme and any(identifiers(scheme, text)) else None


_SCHEME_OF = {
    "doi": "doi",
    "arxiv": "arxiv",
    "arxiv id": "arxiv",
    "arxiv preprint arxiv": "arxiv",
    "eprint": "arxiv",
    "pmid": "pmid",
    "pubmed": "pmid",
    "pubmed id": "pmid",
    "pmcid": "pmcid",
    "pmc": "pmcid",
    "isbn": "isbn",
    "issn": "issn",
    "corpusid": "corpusid",
    "s2cid": "corpusid",
    "citation key": "citation_key",
    "citekey": "citation_key",
    "standard id": "",
}
_NAMES = "|".join(re.sub(" ", r"[\\s_-]+", name) for name in sorted(_SCHEME_OF, key=len)[::-1])
_IDENTIFIER = re.compile(rf"\W{{0,3}}(?:tex\.)?({_NAMES})(?:\s*[:=][\s}}]*|\s+(?=10\.))(.+)", re.I)
_DOI_ADDRESS = re.compile(r"https?://(?:dx\.)?doi\.org/10\.\S+", re.I)
_CITED = re.compile(
    r"(?:(?:total )?times cited(?: in [^:]{1,80})?|cited[ -]by(?: \(since \d{4}\))?"
    r"|citations?|zscc)"
    r"[:\s]\s*:?\s*(?:\[s\d\]\s*)?(?:(\d{1,8})\b[^\n]{0,40}|NoCitationData.*)",
    re.I | re.A,
)
_VALUE = re.compile(
    r"(type|publisher|publication[ -]title|container[ -]title|issue|volume|pages?|issued|language"
    r"|event|original[ -]date|comment)\s*:\s*(\S.*)",
    re.I,
)
_NEXT_STATEMENT = re.compile(
    rf"[;,|]\s*(?=(?:{_NAMES})\s*:)|;\s+|(?<!\s)\s{{2,}}+(?=(?:{_NAMES})\s*:)", re.I
)
# What Zotero understood before it read plain lines: {:issued: 2014}
_ZOTERO_VARIABLE = re.compile(r"\{:([\w-]+):\s*+([^{}\n]+)\}")
# What follows is named after another paper, in all of the line.
_OF_ANOTHER = re.compile(
    r"\W{0,3}(?:erratum|corrigend(?:um|a)|correction|retract(?:ion|ed)|comment(?:ary)?|reply|"
    r"response|update|addendum|republished|reprint(?:ed)?|translation|supplement)\s+"
    r"(?:in|on|of|to|for|from|and)\b",
    re.I,
)
# What Better BibTeX hands on to BibTeX, such as tex.ids=rook2014
_TEX_VARIABLE = re.compile(r"(?:tex|bibtex)\.[\w.]+\s*[:=]", re.I)
_BRACKETS = re.compile(r"\[([^\[\]]+)\]")
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?", re.A)
