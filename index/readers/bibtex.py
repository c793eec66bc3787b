"""BibTeX and BibLaTeX, as reference managers, publishers and people write them.

Fields are those of the BibLaTeX manual (section 2.2.2) and of the programs that add their own:
Mendeley, JabRef, Zotero, Scopus, Web of Science, ADS, INSPIRE, ACM, DBLP, Semantic Scholar.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from index.categories import ARCHIVE_NAMES
from index.identifiers import identifier, serial_numbers
from index.paper import STATUSES
from index.printed.dates import date_of, finest, month_of, printed_date, read_date, with_month
from index.printed.keywords import split_keywords
from index.printed.latex import accents, from_latex
from index.printed.names import NameList, split_bibtex_names
from index.printed.vocabularies import document_type, is_preprint_server
from index.readers.base import Contents, Head, Problem, is_other_text
from index.readers.bibtex_entries import ENTRY_START, Entry, entries
from index.readers.bibtex_inheritance import inherited
from index.readers.links import address_kind
from index.readers.notes import Note, arxiv_categories, read_note
from index.readers.record import Record, with_subtitle

NAME = "bibtex"
OVERLAPS = False

_FIELD = re.compile(r"[\s,%]*[A-Za-z][\w:+-]*\s*=\s*[{\"\w]")
_NO_FIELDS = ("comment", "preamble")


def recognises(head: Head) -> bool:
    """An entry begins a line and has a field; text of no other format stands before it."""
    lines = head.lines
    for number, line in enumerate(lines):
        match = ENTRY_START.match(line)
        if not match:
            if is_other_text(line):
                return False
            continue
        kind, is_round = match[2].lower(), match[3] == "("
        if kind in _NO_FIELDS:
            return True
        if is_round and kind not in _TYPES and kind != "string":
            continue  # a decorator
        _, *fields = line[match.end() :].split(",", 3)
        if kind == "string" or any(map(_FIELD.match, (*fields, *lines[number + 1 : number + 4]))):
            return True
    return False


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield a record for each entry but those that only serve others."""
    no_papers: Counter[str] = Counter()
    for item in inherited(contents.file, entries(contents)):
        if isinstance(item, Problem):
            yield item
        elif item.type in _NO_PAPERS:
            no_papers[item.type] += 1
        elif item.fields or item.type in _TYPES:
            yield _record(item)
    for kind, kind_count in sorted(no_papers.items()):
        reason = f"{kind_count:,} @{kind}: no paper of its own"
        yield Problem(contents.file, 0, reason, kind="note")


# What holds entries together, and what holds data for other entries.
_NO_PAPERS = frozenset(("set", "xdata", "nameonly", "bibnote", "control"))
_TYPES = {
    **dict.fromkeys(("article", "suppperiodical", "periodical", "magazine", "news"), "article"),
    **dict.fromkeys(("inproceedings", "conference", "conference_proceedings"), "inproceedings"),
    **dict.fromkeys(
        ("inbook", "incollection", "bookinbook", "suppbook", "suppcollection", "inreference"),
        "chapter",
    ),
    "book_section": "chapter",
    **dict.fromkeys(("book", "mvbook", "booklet", "collection", "mvcollection"), "book"),
    **dict.fromkeys(("proceedings", "mvproceedings", "reference", "mvreference"), "book"),
    **dict.fromkeys(("thesis", "phdthesis", "mastersthesis", "masterthesis"), "thesis"),
    **dict.fromkeys(("report", "techreport", "standard"), "report"),
    "dataset": "dataset",
    "review": "review",
    "preprint": "preprint",
    **dict.fromkeys(("misc", "online", "electronic", "www", "web_page", "unpublished"), "other"),
    **dict.fromkeys(("manual", "patent", "software", "softwareversion", "generic"), "other"),
}


def _record(entry: Entry) -> Record:
    note = read_note("\n".join(map(_text, entry.all("note", "annotation-1", "addendum"))))
    preprint = _Preprint(entry)
    names = _names(entry.all("author", "authors")[:1])
    editors = _names(entry.all("editor")[:1])
    date, date_text = _date(entry)
    kind = _type(entry, preprint)
    issue, is_month = _issue(entry, preprint)
    title = _title(entry)
    return Record(
        line=entry.line,
        title=title,
        abstract=_abstract(_text(entry.first("abstract", "abstracts"))),
        authors=[*names.names, *map(_text, entry.all("collaboration"))],
        et_al=names.et_al,
        categories=[*preprint.categories, *note.categories],
        date=with_month(date, issue) or "" if is_month and date else date,
        date_text=date_text,
        institutions=_semicolons(_text(entry.first("affiliations"))),
        identifiers=_identifiers(entry, preprint, note),
        editors=editors.names,
        keywords=_keywords(entry),
        venue="" if preprint.is_venue else _venue(entry, kind, title),
        volume="" if preprint.is_volume or _is_web_page(entry) else _text(entry.first("volume")),
        issue="" if is_month or _is_web_page(entry) else issue,
        pages="" if preprint.is_volume else _text(entry.first(*_PAGES)),
        publisher=_text(entry.first("publisher", "school", "institution")),
        type=kind,
        status=next((word for word in STATUSES if _says(entry, word)), ""),
        language=_text(entry.first("language", "languages", "langid")),
        cited_by=_cited_by(entry, note),
        urls=_urls(entry),
        other_titles=[(_text(entry.first("origlanguage")), _text(entry.first("origtitle")))],
        comments="; ".join(filter(None, (_text(entry.first("adscomment")), note.rest))),
    )


_PAGES = ("pages", "page", "eid", "articleno", "art-number", "article-number", "articlenumber")


def _text(latex: str) -> str:
    r"""Return a value as plain text.

    What some managers escaped twice, such as ``{\textbackslash}'ia``, is read twice; what Better
    BibTeX puts around words to keep their capitals is dropped.
    """
    if not latex:
        return ""
    if "vphantom" in latex:
        latex = _CAPITALS_GUARD.sub("", latex)
    if "mbox" in latex:
        latex = _RAISED.sub(lambda match: match[1] or f"^{match[2]}", latex)
    text = from_latex(latex)
    if "{\\textbackslash}" in latex:
        text = re.sub(r"\\([&%_#$])", r"\1", accents(text))
    return text


# How DBLP writes what is raised outside a formula.
_RAISED = re.compile(r"\\\(\{\}\^\{\\mbox\{(?:(st|nd|rd|th)|(\w+))\}\}\\\)")
_CAPITALS_GUARD = re.compile(r"\\\{\\vphantom\\\}|\\vphantom\\\{\\\}")


def _names(values: Sequence[str]) -> NameList:
    if not values:
        return NameList()
    return split_bibtex_names(_NAMESAKE.sub("", values[0]), _text)


# DBLP tells persons of one name apart by numbers.
_NAMESAKE = re.compile(r"(?<=[^\W\d_])\s+0\d{3}(?=\s+and\s|\s*$)")


def _title(entry: Entry) -> str:
    title = _titled(entry, "title", "subtitle")
    if not title and _TYPES.get(entry.type) in ("book", "chapter"):
        title = _titled(entry, "booktitle", "booksubtitle")
    return title or _titled(entry, "maintitle", "mainsubtitle")


def _titled(entry: Entry, title_name: str, subtitle_name: str) -> str:
    """Return a title and its subtitle; nothing if there is no title."""
    title, subtitle = (_text(entry.first(name)).strip() for name in (title_name, subtitle_name))
    return with_subtitle(title, subtitle) if title else ""


def _abstract(text: str) -> str:
    """Return an abstract in which no hyphen at a line's end parts a word."""
    return _HYPHENATED.sub("-", text)


_HYPHENATED = re.compile(r"(?<=[^\W\d_])-[ \t]*\n[ \t]*(?=[^\W\d_])")


def _venue(entry: Entry, kind: str, title: str) -> str:
    """Return what the paper stands in, by its full name where a short one stands beside it."""
    journal = entry.first("fjournal", "journal", "journaltitle")
    book = _titled(entry, "booktitle", "booksubtitle")
    venue = _text(journal) or book if kind in ("article", "review") else book or _text(journal)
    venue = venue or ("" if kind == "book" else _text(entry.first("maintitle")))
    venue = venue or ("" if kind == "book" else _text(entry.first("eventtitle")))
    return "" if venue == title else venue.strip().lstrip("\\")


def _type(entry: Entry, preprint: "_Preprint") -> str:
    kind = _TYPES.get(entry.type) or document_type(entry.type.replace("_", " ")) or "other"
    words = entry.first("document-type", "documenttype", "type", "entrysubtype")
    said = document_type(_text(words)) if words else ""
    if said and (kind in ("article", "other") or said == kind):
        kind = said
    if kind in ("article", "other") and preprint.is_all(entry):
        return "preprint"
    return kind


def _says(entry: Entry, word: str) -> bool:
    values = entry.all("pubstate", "document-type", "type")
    return any(word in value.lower() for value in values)


# Preprints.


class _Preprint:
    """What an entry says of arXiv and its like, and which fields hold nothing else.

    ``archive`` is the one that ``eprint`` is a number of, in small letters.
    """

    def __init__(self, entry: Entry) -> None:
        self.ids: list[str] = []
        self.categories: list[str] = []
        self.archive = entry.first("eprinttype", "archiveprefix", "archive").strip(" {}").lower()
        journal = _text(entry.first("journal", "journaltitle")).strip()
        volume = entry.first("volume").strip()
        self.is_venue = is_preprint_server(journal)
        self.is_volume = self.is_venue
        is_of_arxiv = self.archive in ("", "arxiv") or self.archive in ARCHIVE_NAMES
        for text in entry.all(*(["eprint"] if is_of_arxiv else []), "arxivid", "arxiv"):
            self._take(text)
        for text in filter(is_preprint_server, entry.all("pages", "eid", "number")):
            self._take(text)
        if self.is_venue:
            self._take_from_journal(journal, volume, entry.first("pages").strip())
        for url in entry.all("url", "link", "howpublished"):
            if "arxiv.org/" in url.lower() and (match := _ARXIV_ADDRESS.search(url)):
                self._take(match[1])
        classes = _text(entry.first("primaryclass", "arxivprimaryclass", "eprintclass"))
        written_out = re.findall(r"\bid='([^']+)'", classes)
        names = written_out or re.split(r"[\s,;]+", classes)
        self.categories[:0] = [name.rpartition(":")[2] for name in names if _CLASS.fullmatch(name)]
        # Before 2007 numbers were those of an archive, which may stand elsewhere.
        archives = (self.archive, *(name.partition(".")[0] for name in self.categories))
        if archive := next((name for name in archives if name in ARCHIVE_NAMES), ""):
            for number in map(_OLD_NUMBER.fullmatch, entry.all("eprint")):
                self._take(f"{archive}/{number[1]}" if number else "")

    def is_all(self, entry: Entry) -> bool:
        """Whether the entry is a preprint only, in no journal and no book."""
        if self.is_venue:
            return True
        if entry.first("journal", "journaltitle", "booktitle", "fjournal"):
            return False
        publishers = _text(entry.first("publisher", "institution", "school"))
        return bool(self.ids) or is_preprint_server(publishers)

    def _take(self, text: str) -> None:
        text = text.strip().strip("{}")
        if (found := identifier("arxiv", text)) and found.value not in self.ids:
            self.ids.append(found.value)
            self.categories += arxiv_categories(text)

    def _take_from_journal(self, journal: str, volume: str, pages: str) -> None:
        self._take(volume.removeprefix("abs/"))
        if match := _ARXIV_IN_TEXT.search(journal):
            self._take(match[1] or f"{match[2]}.{match[3]}")
            self.categories += [
                one for one in arxiv_categories(journal) if one not in self.categories
            ]
        elif re.fullmatch(r"\d{4}", volume) and re.fullmatch(r"\d{4,5}", pages):
            self._take(f"{volume}.{pages}")


_ARXIV_IN_TEXT = re.compile(
    r"((?<![\d.])\d{4}\.\d{4,5}(?:v\d+)?|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)"
    r"|arxiv(\d{4})(\d{4,5})\b",
    re.I | re.A,
)
_OLD_NUMBER = re.compile(r"\W*(?:arxiv:)?(\d{7}(?:v\d+)?)\W*", re.I)
_ARXIV_ADDRESS = re.compile(r"(arxiv\.org/(?:abs|pdf|html)/[^\s{}?#,;]+)", re.I)
_CLASS = re.compile(r"(?:[a-z]+:)?[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?", re.A)


# Identifiers and addresses.


def _identifiers(entry: Entry, preprint: _Preprint, note: Note) -> list[tuple[str, str]]:
    found = [("doi", _bare(text)) for text in entry.all("doi", "di", "refid") if _is_doi(text)]
    addresses = entry.all("doi", "url", "link", "howpublished", "ee", *_BDSK_URLS)
    found += [
        ("doi", _bare(text)) for text in ([] if found else addresses) if "doi.org/10." in text
    ]
    found += [
        ("doi", _bare(text))
        for text in ([] if found else entry.all("eprint"))
        if _is_doi(text) and re.match(r"10\.|(?:https?://)?(?:dx\.)?doi\.org/", _bare(text))
    ]
    if not found and _is_doi(entry.key):
        found.append(("doi", entry.key))
    found += note.identifiers
    # Mendeley gave this id to papers of all kinds; of those with a DOI it is none.
    found += [("arxiv", one) for one in preprint.ids if one != _MENDELEYS_STRAY or not found]
    found += [
        ("doi", text)
        for text in map(_bare, entry.all("doi"))
        if not _is_doi(text) and "://" not in text
    ]
    if preprint.archive in ("pubmed", "pmid"):
        found += [("pmid", text) for text in entry.all("eprint")]
    for scheme, names in _ID_FIELDS.items():
        found += [(scheme, text) for text in map(_bare, entry.all(*names))]
    if entry.key.lower().startswith("pmid:"):
        found.append(("pmid", entry.key))
    for text in entry.all("isbn", "issn", "eissn", "sn", "issn-online"):
        found += serial_numbers(text)
    for url in addresses:
        if match := re.search(r"CorpusI[Dd]:\s*(\d+)", url):
            found.append(("corpusid", match[1]))
        if "acl" in url and (acl := identifier("acl", _bare(url))):
            found.append(acl)
    for text in (*entry.all("unique-id", "ut"), entry.key):
        if match := _WOS.fullmatch(text.strip("{} ")):
            found.append(("accession", match[1].upper()))
    keys = [entry.key, *re.split(r"[,\s]+", entry.first("ids"))]
    return [*dict.fromkeys(found), *[("citation_key", key) for key in keys if key]]


_ID_FIELDS = {"pmid": ("pmid", "pubmedid", "pubmed-id"), "pmcid": ("pmcid", "pmc"), "acl": ("acl",)}
_BDSK_URLS = tuple(f"bdsk-url-{number}" for number in range(1, 5))
_MENDELEYS_STRAY = "1011.1669"
_WOS = re.compile(r"((?:WOS|ISI):[A-Z0-9]+)", re.I)


def _is_doi(text: str) -> bool:
    return "10." in text and identifier("doi", _bare(text)) is not None


def _bare(text: str) -> str:
    """Return an address or a DOI without the signs that LaTeX needs."""
    text = _LATEX_TILDE.sub("~", text.strip())
    text = re.sub(r"^\\(?:url|href|path)\s*\{([^{}]*)\}.*$", r"\1", text, flags=re.S)
    return re.sub(r"\\([_%#&~$^])|[{}\\]", r"\1", text).strip()


_LATEX_TILDE = re.compile(r"\{?\\textasciitilde\s*(?:\{\})?\}?|\$\\sim\$|\\~\{\}")


def _urls(entry: Entry) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for text in entry.all(
        "url", "urls", "link", "ee", "pdf", "howpublished", "eprint", "doi", *_BDSK_URLS
    ):
        for url in re.split(r"\s+|[;,]\s*(?=https?://)", _bare(text)):
            if url.startswith(("http://", "https://", "ftp://", "www.")):
                found.append((address_kind(url), url))
    return found


# The other fields.


def _date(entry: Entry) -> tuple[str, str]:
    """Return the date, and as it is printed where that says more.

    BibLaTeX's ``date`` counts more than ``year``, which may be that of the issue.
    """
    if date := _text(entry.first("date")):
        printed = printed_date(date)
        if printed.date:
            return printed.date, printed.text
    year = _text(entry.first("year"))
    if not year:
        later = _text(entry.first("issue-date", "earlyaccessdate"))
        if _is_web_page(entry) and not later:
            later = f"{entry.first('issue')} {entry.first('volume')}"
        return _text(entry.first("date")) or later, ""
    month, day = _text(entry.first("month")), _text(entry.first("day"))
    if len(year) == 4 and year.isdecimal() and (not month or month_of(month)):
        whole = date_of(year, month, day)
        return finest(whole, read_date(_text(entry.first("issue-date")))) or year, ""
    printed_year = read_date(year)
    if printed_year is None or not month:
        found = with_month(printed_year, _text(entry.first("issue-date")))
        return found or year, printed_date(year).text if found else ""
    if day and not any(char.isdigit() for char in month):
        month = f"{day} {month}"
    elif day and month_of(month):
        return with_month(printed_year, f"{printed_year[:4]}-{int(month):02}-{day:0>2}") or "", ""
    if several := _MONTHS.fullmatch(month):
        found = date_of(printed_year[:4], several[1]) or printed_year
    else:
        found = with_month(printed_year, month) or ""
    says_more = printed_date(f"{month} {printed_year[:4]}").text
    return found, says_more


# 7-8, both of them months
_MONTHS = re.compile(r"(0?[1-9]|1[0-2])\s*[-–/]\s*(?:0?[1-9]|1[0-2])")


def _is_web_page(entry: Entry) -> bool:
    return entry.type == "web_page"


def _issue(entry: Entry, preprint: _Preprint) -> tuple[str, bool]:
    """Return the number of the issue, and whether it is a month instead."""
    if _TYPES.get(entry.type) in ("book", "thesis", "report", "dataset"):
        return "", False
    values = [_text(value) for value in entry.all("number", "issue")]
    if entry.first("number") and preprint.is_all(entry):
        return "", False
    numbers = [value for value in values if value.isdigit() or not _has_month(value)]
    return (numbers[0], False) if numbers else (values[0], True) if values else ("", False)


def _has_month(text: str) -> bool:
    """Tell whether a text is a month, or a month and a year."""
    return month_of(text) is not None or (re.fullmatch(r"[^\W\d_]+\.? \d{4}", text) is not None)


def _keywords(entry: Entry) -> list[str]:
    values = entry.all("keywords", "keyword", "author-keywords", "keywords-plus", "de")
    return [
        keyword
        for value in values or entry.all("tags")
        for keyword in split_keywords(_lines(_text(value)))
        # ADS puts the numbers of its subject headings beside them.
        if not re.fullmatch(r"\d+|UAT:\d+", keyword)
    ]


def _lines(text: str) -> str:
    """Return a text in which only blank lines are line ends: they part what stands in a field."""
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))


def _semicolons(text: str) -> list[str]:
    return [part.strip() for part in text.split(";")]


def _cited_by(entry: Entry, note: Note) -> int | None:
    for text in entry.all("times-cited", "tc", "cited-by", "citedby", "citations"):
        if match := re.match(r"\s*(\d{1,8})\b", text):
            return int(match[1])
    return note.cited_by
