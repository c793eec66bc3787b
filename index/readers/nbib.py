"""MEDLINE text (.nbib): records of tagged lines as PubMed and ERIC export them.

The tags are those of https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format; ERIC's are in part its
own. A tag is padded to four characters, and what belongs to it goes on in lines that begin with
blanks.
"""

import re
from collections.abc import Iterator
from itertools import chain

from index.identifiers import serial_numbers
from index.names import Name, whole_name
from index.printed.names import read_medical, read_name
from index.readers.base import Contents, Head, Line, Problem
from index.readers.blocks import blocks
from index.readers.links import address_kind
from index.readers.medline import (
    institution,
    is_abstract,
    is_et_al,
    is_retracted,
    issue_date,
    paper_type,
    subjects,
    titles,
)
from index.readers.record import Record

NAME = "nbib"
OVERLAPS = False


def recognises(head: Head) -> bool:
    """The first tag is that of a PMID or of a record's owner, as no other format has it."""
    for line in head.lines[:_MOST_LINES_BEFORE]:
        if match := _TAG.match(line):
            return bool(match["text"]) and match["tag"] in _FIRST_TAGS
    return False


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield a record for each PMID, or for each time that the tag of the first line is back."""
    begins, lines = _Boundary(), contents.lines()
    if first := next(lines, None):
        begins(first.text)
        for block in blocks(contents.file, chain([first], lines), begins):
            if isinstance(block, Problem):
                yield block
            elif (fields := _Fields(block)).items:
                yield _record(fields)


class _Boundary:
    """Tells of one line after the other whether it begins a record."""

    def __init__(self) -> None:
        self._tags: list[str] = []
        self._is_after_blank = False

    def __call__(self, text: str) -> bool:
        match = _TAG.match(text)
        if not match:
            self._is_after_blank = not text.strip()
            return False
        tag = match["tag"]
        is_back = tag in self._tags
        begins = is_back and (
            tag == "PMID"
            or (tag in _FIRST_TAGS and tag == self._tags[0])
            or (self._is_after_blank and tag in _SINGLE)
        )
        begins |= tag in ("PMID", "OWN") and self._is_after_blank and bool(self._tags)
        if begins:
            self._tags.clear()
        if not is_back or begins:
            self._tags.append(tag)
        self._is_after_blank = False
        return begins


class _Fields:
    """The tagged texts of one record, each on one line."""

    def __init__(self, block: list[Line]) -> None:
        fields: list[tuple[str, list[str]]] = []
        self.line = block[0].number
        is_after_blank = False
        for line in block:
            text = line.text.strip()
            if match := _TAG.match(line.text):
                if not fields:
                    self.line = line.number
                fields.append((match["tag"], [match["text"].strip()]))
            elif text and fields and self._goes_on(line.text, is_after_blank):
                fields[-1][1].append(text)
            is_after_blank = not text
        self.items = [(tag, " ".join(texts).strip()) for tag, texts in fields]

    @staticmethod
    def _goes_on(text: str, is_after_blank: bool) -> bool:
        """Tell whether a line without a tag belongs to the one before; tags of HTML may follow."""
        return text[0].isspace() or not (is_after_blank or text.startswith("<"))

    def all(self, *tags: str) -> list[str]:
        """Return the texts of some tags that are not empty, tag by tag."""
        return [text for tag in tags for own, text in self.items if own == tag and text]

    def first(self, *tags: str) -> str:
        """Return the first of them."""
        return next(iter(self.all(*tags)), "")


def _record(fields: _Fields) -> Record:
    words = fields.all("PT")
    kind = paper_type(words)
    own, vernacular = titles(" ".join(fields.all("TI")), " ".join(fields.all("TT")))
    book = fields.first("BTI")
    venue, publisher = fields.first("JT", "TA"), fields.first("PB")
    institutions = [institution(text) for text in fields.all("AD")]
    eric = fields.first("OID")
    if eric.startswith("EJ"):
        # What stands in a journal has such a number, and its types may only say what it is about.
        kind = "article" if kind in ("", "report") else kind
    elif eric or kind == "thesis":
        # Of anything else ERIC names the publisher where a journal stands, and of a thesis the
        # university in the source.
        venue, publisher = "", publisher or venue
        institutions += _THESIS.findall(fields.first("SO"))
    if book:
        kind = "chapter" if own else "book"
        own, venue = own or book, book if own else fields.first("CTI")
    authors, et_al = _names(fields, "FAU", "AU", "CN")
    date, date_text = issue_date(fields.first("DP"), fields.first("DEP"))
    language = fields.first("LA")
    others = [text for text in fields.all("OAB") if is_abstract(text)]
    languages = fields.all("OABL")
    return Record(
        fields.line,
        title=own,
        abstract="\n\n".join(fields.all("AB")),
        authors=authors,
        et_al=et_al,
        editors=_names(fields, "FED", "ED")[0],
        date=date,
        date_text=date_text,
        institutions=institutions,
        identifiers=list(_identifiers(fields)),
        keywords=subjects(fields.all("OT", "KW"), fields.all("MH")),
        venue=venue,
        volume=fields.first("VI"),
        issue=fields.first("IP"),
        pages=fields.first("PG"),
        publisher=publisher,
        type=kind or ("notice" if fields.all("ROF") else ""),
        status="retracted" if is_retracted(words) or fields.all("RIN") else "",
        language=language,
        urls=list(_urls(fields)),
        other_titles=[(language, vernacular)] if vernacular else [],
        other_abstracts=list(zip(languages + [""] * len(others), others, strict=False)),
    )


def _names(fields: _Fields, full: str, short: str, group: str = "") -> tuple[list[Name], bool]:
    """Return the names in their order, and whether some are left out.

    Each full name is followed by the same in short. In old records there are only short ones.
    """
    names: list[Name] = []
    et_al = is_repeated = False
    for tag, text in fields.items:
        if tag not in (full, short, group) or not text:
            continue
        if is_et_al(text):
            et_al = True
        elif tag == group:
            names.append(whole_name(text))
        elif tag == full or not is_repeated:
            is_inverted = "," in text
            names.append(read_name(text) if is_inverted or tag == full else read_medical(text))
        is_repeated = tag == full
    return names, et_al


def _identifiers(fields: _Fields) -> Iterator[tuple[str, str]]:
    for tag, scheme in _SCHEMES.items():
        for text in fields.all(tag):
            yield scheme, text
    located = fields.all("LID", "AID")
    if doi := next(filter(_DOI.match, located), None):
        yield "doi", doi.partition("[")[0] if doi.endswith("[doi]") else doi
    numbers = " ; ".join(fields.all("IS", "ISSN", "ISBN"))
    yield from serial_numbers(re.sub("(?<=IS[SB]N)-", " ", numbers))


def _urls(fields: _Fields) -> Iterator[tuple[str, str]]:
    for text in fields.all("LID", "AID"):
        if _ADDRESS.fullmatch(text) and not _DOI.match(text):
            yield address_kind(text), text


_MOST_LINES_BEFORE = 100
# ERIC writes one blank too many before some of its dashes.
_TAG = re.compile(r"(?:(?=.{4}-)|(?=.{4} -))(?P<tag>[A-Z]{2,4}) {0,2}-(?P<text>.*)")
# What a record begins with, in exports of one kind.
_FIRST_TAGS = {"PMID", "OWN", "STAT", "PMC"}
_SINGLE = {*_FIRST_TAGS, "TI", "DP"}
_SCHEMES = {"PMID": "pmid", "PMC": "pmcid", "OID": "accession"}
_DOI = re.compile(r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/", re.I | re.ASCII)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_THESIS = re.compile(r"(?:Dissertation|Thesis),\s*([^,;]{3,200})", re.IGNORECASE)
