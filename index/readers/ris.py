"""RIS, as databases, publishers and reference managers write it.

The format is that of Research Information Systems (RefMan), a line per value: ``TI  - A title``.
Tags mean different things in different types and from different producers; the tables here follow
what Web of Science, Scopus, EBSCO, Ovid, ProQuest, Embase, EndNote, Zotero, Lens, Dimensions and
others write.

rispy is not used: it loses records without TY or ER in silence, keeps one of two abstracts, DOIs or
years, joins the ISSNs of several lines, parts the authors of two tags, and splits addresses at
semicolons, so each of its values would have to be read again from the lines.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from index.identifiers import identifier, serial_numbers
from index.names import Name, is_suffix
from index.paper import STATUSES
from index.printed.dates import date_of, finest, month_of, printed_date, read_date, with_month
from index.printed.keywords import split_keywords
from index.printed.names import is_medical_list, read_medical, read_name, split_authors
from index.printed.vocabularies import document_type, is_preprint_server
from index.readers.base import Contents, Head, Line, Problem, is_other_text
from index.readers.bibtex_entries import ENTRY_START
from index.readers.blocks import blocks
from index.readers.links import address_kind
from index.readers.notes import read_note
from index.readers.record import Record

NAME = "ris"
OVERLAPS = False

_TAG = re.compile(r"[^\S\n]*([A-Z][A-Z0-9]{1,3})([ \t]{0,3})-(?:[ \t]+|(?=[^\s-])|$)(.*)", re.S)
_TAGS = frozenset(
    "TY A1 A2 A3 A4 A5 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CN CP CT CY DA DB DI DO DP ED "
    "EP ER ET ID IS J1 J2 JA JF JO K1 KW L1 L2 L3 L4 LA LB LK M1 M2 M3 N1 N2 NV OP PB PMID PP PY "
    "RI RN RP SE SN SO SP ST SV T1 T2 T3 TA TI TT U1 U2 U3 U4 U5 UR UT VL VO Y1 Y2".split()
)
_BEGIN = re.compile(r"\s*TY[ \t]{0,3}-\s*\S")
_END = re.compile(r"\s*ER(?:[ \t]{0,3}-|\s*$)")
_FEWEST_TAGS = 3


def recognises(head: Head) -> bool:
    """A record begins with TY; or several tags stand before an ER."""
    tags: set[str] = set()
    for line in head.lines:
        if _BEGIN.match(line):
            return True
        if tag := _tag(line, is_strict=True):
            if tag[0] == "ER" and len(tags) >= _FEWEST_TAGS:
                return True
            tags.add(tag[0])
        elif not tags and is_other_text(line):
            return False
    return False


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield a record for each TY, and for each run of tags before an ER without a TY."""
    lines = contents.lines()
    for block in blocks(contents.file, lines, _begins, _ends):
        if isinstance(block, Problem):
            yield block
        elif entry := _entry(block):
            yield _record(entry)
        else:
            for line in block:
                if ENTRY_START.match(line.text):
                    reason = "an entry of BibTeX in a file of RIS; left out"
                    yield Problem(contents.file, line.number, reason, what="BibTeX")


def _begins(text: str) -> bool:
    return "TY" in text[:20] and _BEGIN.match(text) is not None


def _ends(text: str) -> bool:
    return "ER" in text[:20] and _END.match(text) is not None


def _tag(text: str, is_strict: bool) -> tuple[str, str] | None:
    """Return the tag and the value of a line, None if it goes on with the value before.

    Two blanks before the dash make any tag one. Where the record is written so elsewhere, other
    lines must not look like the words of a text, such as ``T2 - weighted images``.
    """
    match = _TAG.match(text)
    if not match:
        return None
    tag, blanks, value = match.groups()
    if blanks != "  " and (tag not in _TAGS or (is_strict and value[:1].islower())):
        return None
    return tag, value.strip()


class _Entry:
    """The values of a record in their order: each a tag and the lines of its value."""

    def __init__(self, line: int, values: Sequence[tuple[str, list[str]]]) -> None:
        self.line = line
        self.values = values
        self._texts = [(tag, text) for tag, lines in values if (text := _joined(lines))]
        self._by_tag: dict[str, list[str]] = {}
        for tag, text in self._texts:
            self._by_tag.setdefault(tag, []).append(text)

    def all(self, *tags: str) -> list[str]:
        """Return the values of these tags in the order of the tags."""
        return [text for tag in tags for text in self._by_tag.get(tag, ())]

    def in_order(self, *tags: str) -> list[str]:
        """Return the values of these tags in the order of the record."""
        return [text for tag, text in self._texts if tag in tags]

    def first(self, *tags: str) -> str:
        """Return the first value of the first of these tags that has one, else nothing."""
        return next((self._by_tag[tag][0] for tag in tags if tag in self._by_tag), "")


def _joined(lines: Sequence[str]) -> str:
    """Return the lines of a value as one, without what is left of LaTeX: ``Oak \\& Elm``."""
    text = lines[0].strip() if len(lines) == 1 else " ".join(map(str.strip, lines)).strip()
    return _ESCAPED.sub(r"\1\2", text) if "\\" in text or "{" in text else text


_ESCAPED = re.compile(r"\\([&%_#$])|\{([&%])\}")


def _entry(block: list[Line]) -> _Entry | None:
    """Return the values of a block of lines, None if it is no record.

    What stands between records may hold a line that looks like a tag.
    """
    is_strict = not (match := _TAG.match(block[0].text)) or match[2] == "  "
    values: list[tuple[str, list[str]]] = []
    start, has_end = 0, False
    for line in block:
        if _ends(line.text):
            has_end = True
        elif tag := _tag(line.text, is_strict):
            start = start or line.number
            values.append((tag[0], [tag[1]]))
        elif values:
            own, lines = values[-1]
            if own == "KW" and line.text.strip() and not line.text[0].isspace():
                # EndNote and Rayyan write a keyword a line.
                values.append((own, [line.text]))
            else:
                lines.append(line.text)
    tags = {tag for tag, _ in values} & _TAGS
    if not values or (not has_end and len(tags) < (2 if "TY" in tags else _FEWEST_TAGS)):
        return None
    return _Entry(start, values)


_TYPES = {
    **dict.fromkeys(("JOUR", "JFULL", "EJOUR", "MGZN", "NEWS", "INPR", "ABST"), "article"),
    **dict.fromkeys(("CONF", "CPAPER"), "inproceedings"),
    **dict.fromkeys(("CHAP", "ECHAP", "ENCYC", "DICT"), "chapter"),
    **dict.fromkeys(("BOOK", "EBOOK", "EDBOOK", "SER", "CLSWK"), "book"),
    "THES": "thesis",
    **dict.fromkeys(("RPRT", "GOVDOC", "STAND"), "report"),
    **dict.fromkeys(("DATA", "DBASE", "AGGR"), "dataset"),
}
# Types that another word of the record may make clearer.
_OPEN_TYPES = ("article", "other", "")


def _record(entry: _Entry) -> Record:
    kind, venue = _type_and_venue(entry)
    notes = [read_note("\n".join(lines)) for tag, lines in entry.values if tag == "N1"]
    authors, et_al = _names(entry.in_order("A1", "AU"))
    editor_tags = ["ED"]
    editor_tags += ["A2"] if kind in ("chapter", "inproceedings") else []
    editor_tags += ["A3"] if kind == "book" else []
    editors, _ = _names(entry.in_order(*editor_tags))
    if entry.first("TY").upper() == "EDBOOK":
        authors, editors = [], [*authors, *editors]
    date, date_text = _date(entry)
    abstract, *others = _abstracts(entry)
    volume, issue = _volume(entry)
    return Record(
        line=entry.line,
        title=_title(entry, kind),
        abstract=abstract,
        authors=authors,
        et_al=et_al,
        categories=[one for note in notes for one in note.categories],
        date=date,
        date_text=date_text,
        # Web of Science puts the authors of an address in brackets before it.
        institutions=[one for text in entry.all("AD") for one in re.split(r"\[[^][]*\]", text)],
        identifiers=[*_identifiers(entry), *(one for note in notes for one in note.identifiers)],
        editors=editors,
        keywords=_keywords(entry),
        venue=venue,
        volume=volume,
        issue=issue,
        pages=_pages(entry, kind),
        publisher=entry.first("PB"),
        type=kind,
        status=next((word for word in STATUSES if word in entry.first("M3").lower()), ""),
        language=entry.first("LA"),
        cited_by=next((one.cited_by for one in notes if one.cited_by is not None), None),
        urls=_urls(entry),
        other_titles=[("", text) for text in entry.all("TT")],
        other_abstracts=[("", text) for text in others],
    )


def _type_and_venue(entry: _Entry) -> tuple[str, str]:
    """Return what a paper is, and what it stands in."""
    word = entry.first("TY")
    kind = _TYPES.get(word.upper()) or document_type(word) or ("other" if word else "")
    words = _STATUS.sub("", entry.first("M3"))
    said = document_type(words) if kind in _OPEN_TYPES else ""
    kind = said or kind
    tags = ["T2", "JF", "JO", "JA", "J2", "J1", "BT", "SO", "T3"]
    if kind == "book":
        tags = ["JF", "JO"]  # T2 and T3 are series
    elif kind == "inproceedings":
        # Of Web of Science C3 is the institution, and T2 is there.
        tags = ["T2", "BT", "C3", *tags[1:]]
    venue = _unquoted(entry.first(*tags))
    if not kind and venue:
        kind = "article"
    if kind in _OPEN_TYPES and any(map(is_preprint_server, (venue, entry.first("PB")))):
        return "preprint", "" if is_preprint_server(venue) else venue
    if kind in ("other", "") and word.upper() in ("UNPB", "UNPD"):
        places = " ".join(entry.all(*_TAGS_OF_PLACES)).lower()
        kind = "preprint" if "arxiv" in places else kind
    return kind, venue


# The tags of databases, publishers, numbers and addresses.
_TAGS_OF_PLACES = tuple("DB DP PB AN M1 M3 DO DI UR LK L1 L2 L3 L4".split())
_STATUS = re.compile(rf"\b(?:{'|'.join(STATUSES)})\b", re.IGNORECASE)


def _unquoted(text: str) -> str:
    """Return a text without one pair of quotation marks around all of it."""
    return text.strip('"') if text.count('"') == 2 and text[0] == text[-1] == '"' else text


def _title(entry: _Entry, kind: str) -> str:
    title = next(iter(entry.in_order("TI", "T1")), "") or entry.first("CT")
    if not title and kind == "book":
        title = entry.first("BT", "T2")
    # In brackets stands the translation of a title.
    return _unbracketed(title)


def _unbracketed(text: str) -> str:
    """Return a text without brackets around all of it."""
    match = _BRACKETED.fullmatch(text)
    return match[1] if match else text


_BRACKETED = re.compile(r"\s*\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\.?\s*")


def _abstracts(entry: _Entry) -> list[str]:
    """Return the abstracts, the longest first; EBSCO has a notice in a field of its own."""
    texts = [
        _unbracketed(text)
        for tag, lines in entry.values
        if tag in ("AB", "N2") and (text := _paragraphs(lines)) and not _NOTICE.match(text)
    ]
    if "<AbstractText" in entry.first("AB", "N2"):
        texts = [_PUBMED_TAG.sub("", _PUBMED_LABEL.sub(r"\n\n\1: ", text)) for text in texts]
    longest_first = sorted(dict.fromkeys(texts), key=len, reverse=True)
    return longest_first or [""]


_NOTICE = re.compile(r"\s*\[?\s*(?:Copyright of .{3,300}? is the property of|ABSTRACT FROM)", re.S)
# Some programs copy PubMed's XML.
_PUBMED_LABEL = re.compile(r"<AbstractText\s+Label=\"([^\"]*)\"[^>]*>")
_PUBMED_TAG = re.compile(r"</?AbstractText[^>]*>")
_SHORTEST_PARAGRAPH = 100


def _paragraphs(lines: Sequence[str]) -> str:
    """Return a text in which a blank line parts paragraphs.

    Lens leaves a line blank between them; Web of Science and Dimensions write one a line, which
    ends a sentence and is longer than lines are wrapped at.
    """
    parts: list[str] = []
    before = ""
    for line in map(str.strip, lines):
        if parts and line:
            is_end = len(before) > _SHORTEST_PARAGRAPH and before.endswith((".", "!", "?", ")"))
            parts.append("\n\n" if not before or is_end else " ")
        if line or parts:
            parts.append(line)
        before = line
    return "".join(parts).strip()


def _names(printed: Sequence[str]) -> tuple[list[Name], bool]:
    """Return the names of a record's lines, and whether they say that there are more."""
    names: list[str] = []
    et_al = False
    for text in printed:
        parted = split_authors(text) if ";" in text else None
        for one in map(_inverted, parted.names) if parted else (text,):
            name = _without_end(_ET_AL, one)
            et_al = et_al or name != one or bool(parted and parted.et_al)
            name = _without_end(_NO_NAME, name.strip(" ,")).removeprefix("and ").strip(" ,")
            # A comma behind it marks a whole name, such as that of a group.
            is_whole = " " in name and "," not in name and one.rstrip().endswith(",")
            if names and is_suffix(name):
                names[-1] += f", {name}"
            elif name:
                names.append(f"{name}," if is_whole else name)
    # Some programs write each author under A1 and AU.
    names = list(dict.fromkeys(names))
    read = read_medical if is_medical_list(names) else read_name
    return [read(name) for name in names], et_al


def _inverted(name: Name) -> str:
    """Return a name as a line of RIS has it."""
    if isinstance(name, str):
        return name
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(filter(None, (family, name.given, name.suffix)))


def _without_end(pattern: re.Pattern[str], text: str) -> str:
    """Return a text without the few words at its end that a pattern matches."""
    match = pattern.search(text, max(len(text) - _LONGEST_END, 0))
    return text[: match.start()] if match else text


_LONGEST_END = 20
_ET_AL = re.compile(r"(?:^|[\s,]{1,3})(?:and )?(?:et\.? al\.?|others)\s?$", re.I)
# What is left of a list that some program has cut at its commas, or of an empty given name.
_NO_NAME = re.compile(r"(?:\s(?:and|\(?eds?\.?\)?)|,\s?null)$")


def _date(entry: _Entry) -> tuple[str, str]:
    """Return the date, and as it is printed where that says more.

    The date of publication is DA if it has a year, else the year PY with the month or day of DA.
    Y2 is the day of access, but a month in Citavi's files.
    """
    days = [one for text in entry.all("DA") if (one := _slashed(text))[0]]
    years = [one for text in entry.in_order("PY", "Y1") if (one := _slashed(text))[0]]
    first, behind = next(iter((*days, *years)), ("", ""))
    if first and not behind and len(first) == len("2024-05-07"):
        return first, ""
    date = finest(*(date for date, _ in (*days, *years)))
    if date:
        months = [text for text in entry.all("DA", "Y2") if not read_date(text)]
        months += [text for text in entry.all("IS") if not text.isdigit() and month_of(text)]
        months += [text for text in entry.all("C1") if text.startswith(_JSTOR_DATE)]
        for text in months:
            date = with_month(date, text.removeprefix(_JSTOR_DATE)) or date
        behind = next((text for _, text in (*days, *years) if text), "")
        return date, behind or ("" if days else _season(date, entry))
    for text in entry.all("C6", "ET"):
        if found := read_date(text):
            return found, ""
    return next(iter(entry.in_order("PY", "Y1", "DA")), ""), ""


_JSTOR_DATE = "Full publication date:"


def _season(date: str, entry: _Entry) -> str:
    """Return the season or the months that DA prints without a year."""
    text = entry.first("DA")
    return printed_date(f"{text} {date[:4]}").text if text else ""


def _slashed(text: str) -> tuple[str | None, str]:
    """Return the date of a value such as ``2019/05/03/Spring``, and what is printed behind."""
    match = _SLASHED.fullmatch(text)
    if not match:
        found = printed_date(text)
        return found.date, found.text if found.date else ""
    year, month, day, rest = match.groups()
    date = date_of(year, month, day)
    # A season stands without its year.
    behind = printed_date(rest) if read_date(rest) else printed_date(f"{rest} {year}")
    return finest(date, behind.date), behind.text if rest.strip() else ""


_SLASHED = re.compile(r"\s*(\d{4})/(\d{0,2})/(\d{0,2})/?(.*)", re.A)


def _volume(entry: _Entry) -> tuple[str, str]:
    """Return volume and issue, which may stand in one value: ``50(2)``."""
    volume, issue = entry.first("VL", "VO"), entry.first("IS", "CP")
    match = re.fullmatch(r"([^\s()]+)\s*\(([^()]+)\)", volume)
    if month_of(issue) and not issue.isdigit():
        issue = ""
    return (match[1], issue or match[2]) if match else (volume, issue)


def _pages(entry: _Entry, kind: str) -> str:
    first, last = entry.first("SP"), entry.first("EP")
    if kind in ("book", "thesis") and not last and not re.search(r"\d[-–]+\d", first):
        return ""  # how many there are
    if not first and not last:
        return entry.first("C7")
    is_whole = not last or re.search(r"\w\s*[-–]+\s*\w", first) is not None
    return first if is_whole else f"{first}-{last}" if first else last


def _keywords(entry: _Entry) -> list[str]:
    values = entry.in_order("KW", "K1")
    if len(values) == 1:
        values = split_keywords(values[0], signs=";", by_comma=False)
    found: dict[str, str] = {}
    for value in values:
        # A star marks what a paper is mainly about, a number a class of ProQuest.
        keyword = re.sub(r"^(?:\*|\d{4}:(?=\D))\s*", "", value.strip()).strip()
        if keyword:
            found.setdefault(keyword.casefold(), keyword)
    return list(found.values())


# Identifiers and addresses.


def _identifiers(entry: _Entry) -> list[tuple[str, str]]:
    found = [("doi", text) for text in entry.all("DO", "DI") if _has_doi(text)]
    if not found:
        others = (text for text in entry.all("M3", "L3", "L2", "LK", "UR") if _has_doi(text))
        found += [("doi", text) for text in others][:1]
    for scheme, tag, pattern in _BY_TAG:
        for text in entry.all(tag):
            if match := pattern.search(text):
                found.append((scheme, match[1]))
    source = " ".join(entry.all("DB", "DP")).lower()
    if any(name in source for name in ("pubmed", "medline", "nlm")):
        found += [("pmid", text) for text in entry.all("AN", "C2") if _PMID.fullmatch(text)]
    if "embase" in source:
        found += [("pmid", text) for text in entry.all("C5") if _PMID.fullmatch(text)]
    for url in entry.all("UR", "LK", "L1", "L2"):
        if re.search(r"pubmed(?:\.ncbi[\w.]*)?/\d+/?$", url) and identifier("pmid", url):
            found.append(("pmid", url))
        if "arxiv.org/" in url and identifier("arxiv", url):
            found.append(("arxiv", url))
        if "aclanthology.org/" in url and identifier("acl", url):
            found.append(("acl", url))
    for text in entry.all("AN", "M1", "C7", "SP", "JO", "T2"):
        if text.lower().startswith("arxiv") and identifier("arxiv", text):
            found.append(("arxiv", text))
    for tag, lines in entry.values:
        if tag == "SN":
            found += serial_numbers("\n".join(lines))
    found += [("accession", text) for text in entry.all("AN", "UT")]
    found += [("citation_key", text) for text in entry.all("ID") if re.search("[A-Za-z]", text)]
    return list(dict.fromkeys(found))


_PMID = re.compile(r"\d{7,8}")
_BY_TAG = (
    ("pmid", "PMID", re.compile(r"(\d+)")),
    ("pmid", "U1", re.compile(r"(\d+)\s*\[pmid\]", re.I)),
    ("pmid", "U2", re.compile(r"(\d+)\s*\[pmid\]", re.I)),
    ("pmcid", "U1", re.compile(r"(PMC\d+)\s*\[pmcid\]", re.I)),
    ("pmcid", "U2", re.compile(r"(PMC\d+)\s*\[pmcid\]", re.I)),
    ("pmcid", "C2", re.compile(r"^(PMC\d+)$", re.I)),
)


def _has_doi(text: str) -> bool:
    """Tell whether a text is a DOI, or the address of one; not an address that holds one."""
    is_address = text.startswith("http") and "doi.org/" not in text
    return "10." in text and not is_address and identifier("doi", text) is not None


def _urls(entry: _Entry) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for tag, lines in entry.values:
        if tag not in ("UR", "L1", "L2", "LK"):
            continue
        # A line that does not begin an address goes on with the one before.
        text = re.sub(r"\n\s*(?!https?:|ftp:|www\.)", "", "\n".join(map(str.strip, lines)))
        for url in re.split(r"\s+|(?:[;,]\s*|\\n)(?=https?://)", text):
            if match := _PROXY.match(url):
                url = unquote(match[1])
            url = url.strip(";, ")
            found.append(("pdf" if tag == "L1" else address_kind(url), url))
    return found


# A library's proxy has the address proper as its parameter.
_PROXY = re.compile(r"https?://[^\s?]*/login\?q?url=(https?.+)", re.I)
