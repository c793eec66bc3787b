"""What single programs write into the cells of their tables, put as others write it.

Each function changes the texts of a row's fields in place, and returns what a row is that is no
paper, such as ``patents``.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from index.names import NameParts
from index.printed.dates import month_of
from index.printed.names import split_authors
from index.readers.notes import read_note

Cells = dict[str, list[str]]
"""The texts of a row by the names of their fields, none of them empty."""


def first(found: Cells, field: str) -> str:
    """Return the first text of a field, empty if it has none."""
    return found[field][0] if field in found else ""


def _put(found: Cells, field: str, text: str | None) -> None:
    """Give a field one text; without one it has none."""
    if text:
        found[field] = [text]
    else:
        found.pop(field, None)


def _scopus(found: Cells) -> str:
    full = first(found, "full_names")
    if full:
        full = re.sub(r"\s?\(\d[\d, ]*\)", "", full)
        # For some weeks of 2025 the initials stood in front: A.B., Quill, Ann B.
        full = re.sub(r"(?:^|(?<=; ))(?:[A-Z]\.-?)+, (?=[^;,]+,)", "", full)
        _put(found, "full_names", _with_suffixes(full, first(found, "authors")))
    month = next(filter(None, map(month_of, _WORDS.findall(first(found, "issue")))), None)
    if month:
        found.setdefault("month", [str(month)])
    if editors := first(found, "editors"):
        # Names are glued, and stand between the institutions of the persons.
        parts = re.split(r";|(?<=\.)(?=[^\W\d_][^\s.]+ )", editors)
        persons = [part.strip() for part in parts if _SCOPUS_NAME.fullmatch(part.strip())]
        _put(found, "editors", "; ".join(persons))
    return ""


_WORDS = re.compile(r"[^\W\d_]{3,}")
_SCOPUS_NAME = re.compile(r"[^,;\d]{2,40}(?:, | )(?:[^\W\d_]{1,2}\.-?){1,5}(?:, \w{1,3}\.?)?")


def _with_suffixes(full: str, short: str) -> str:
    """Return full names with the suffixes that only the short ones have."""
    if not re.search(r"\b(?:[JS]r\b|[IV]{2,3}\b|[23](?:nd|rd)\b)", short):
        return full
    names = [name.strip() for name in full.split(";") if name.strip()]
    known = split_authors(short).names
    if len(known) != len(names):
        return full
    for at, name in enumerate(known):
        suffix = name.suffix if isinstance(name, NameParts) else ""
        if suffix and suffix not in names[at]:
            names[at] += f", {suffix}"
    return "; ".join(names)


def _web_of_science(found: Cells) -> str:
    kind = first(found, "kind")
    if kind.startswith("P"):  # P in short; in long headings J, B, S and C stand likewise
        return "patents"
    if "type" not in found:
        _put(found, "type", _KINDS.get(kind))
    year, date = first(found, "year"), first(found, "date")
    if date and not re.search(r"\d{4}", date):
        # A number alone is a month. SciELO has such.
        _put(found, "date", f"{year}-{date:0>2}" if date.isdecimal() else f"{date} {year}")
    elif date and year and year not in date:
        found.pop("date")
    if not year and not first(found, "date"):
        _put(found, "date", first(found, "early_date"))
    if "institutions" not in found:
        addresses = re.sub(r"\[[^\[\]]*\]\s?", "", "; ".join(found.get("addresses", ())))
        _put(found, "institutions", addresses)
    _put(found, "article_number", first(found, "article_number").removeprefix("UNSP "))
    return ""


# What the kinds of publication mean where nothing says more.
_KINDS = {"J": "article", "B": "book", "S": "chapter", "C": "inproceedings"}


def _ieee(found: Cells) -> str:
    if first(found, "year") not in first(found, "date"):
        found.pop("date", None)  # of going online, which may be years later
    if first(found, "volume") == "PP":
        found.pop("volume")  # of early access
    _put(found, "type", first(found, "type").rpartition(" ")[2])  # IEEE Conferences
    for address in found.get("pdf", ()):
        if match := re.search(r"stamp\.jsp\?.{0,200}?arnumber=(\d+)", address):
            page = f"https://ieeexplore.ieee.org/document/{match[1]}"
            found["url"] = [page, *found.get("url", ())]
    return ""


def _springer(found: Cells) -> str:
    """Names are glued to one another: ``Ann QuillBo Rook``."""
    text = re.sub(r"(?:Prof|Dr)\.(?:-Ing\.)?\s?", "", first(found, "authors"))
    if len(text) > _MOST_GLUED_CHARS:
        return ""
    names: list[str] = []
    waiting = ""
    for piece in re.split(r"(?<=[^\W\d_A-Z])(?=[A-ZÀ-ÞŁŚŠŽ])|(?<=[.)])(?=[A-Z][a-z])", text):
        waiting += piece
        # A capital within a name: DeRook, McRook, A.Rook, KyungHyun Han
        if " " in waiting.strip() and not _GOES_ON.search(waiting):
            names.append(waiting.strip())
            waiting = ""
    if waiting and names and " " not in waiting:
        names[-1] += waiting
    elif waiting:
        names.append(waiting)
    _put(found, "authors", "; ".join(names))
    return ""


_MOST_GLUED_CHARS = 20_000
_GOES_ON = re.compile(
    r"(?:^|[\s-])(?:De|Di|Da|Du|Del|La|Le|Mc|Mac|Van|Von|Fitz|El|Al|Abd|[A-Z]\.)$"
)


def _pubmed(found: Cells) -> str:
    if authors := first(found, "authors"):
        _put(found, "authors", re.sub(r"\.?\s?Electronic address:[^;,]*\.?", "", authors))
    if match := _CITATION.search(first(found, "citation")):
        for field, text in match.groupdict().items():
            if text and text.strip():
                found.setdefault(field, [text.strip()])
    title = first(found, "title")
    if re.fullmatch(r"\[[^\[\]]*\]\.?", title):
        found["title"] = [title.rstrip(".")[1:-1]]  # of a translated one
    return ""


# J Gas. 2017 Mar 1;24(2):398-402. doi: 10.5555/12. Epub 2016 Feb 17.
_CITATION = re.compile(
    r"\. (?P<date>\d{4}(?: [A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?)?(?: \d{1,2})?)"
    r"(?:;(?P<volume>[^(:.;]*)(?:\((?P<issue>[^)]*)\))?)?(?::(?P<pages>[^.:;]*))?(?:\.|$)"
)


def _embase(found: Cells) -> str:
    source = first(found, "citation")
    if match := _SOURCE.match(source):
        for field, text in match.groupdict().items():
            if text and text.strip():
                found.setdefault(field, [text.strip()])
    if match := re.search(r"Date of Publication: ([^.;]{4,30})", source):
        found["date"] = [match[1]]
    if (text := first(found, "keywords")) and ";" not in text:
        # A comma within brackets parts nothing.
        found["keywords"] = [
            re.sub(r"\([^()]*\)|, ", lambda sign: "; " if sign[0] == ", " else sign[0], text)
        ]
    for address in found.pop("url", ()):
        if match := re.search(r"[?&]id=doi:([^&]+)", address):
            found["doi"] = [unquote(match[1])]
    return ""


# Letters on Gas (2014) 3:2 (152-160). Date of Publication: March 2014
_SOURCE = re.compile(
    r"(?P<venue>.+?) \((?P<year>\d{4})\) (?:(?P<volume>[^\s:()]+)(?::(?P<issue>[^()]+?))?)?"
    r"(?: ?\((?P<pages>[^)]*)\))?\."
)


def _publish_or_perish(found: Cells) -> str:
    for field in ("title", "venue", "abstract"):
        if text := first(found, field):
            _put(found, field, text.strip("… ").removeprefix("...").removesuffix("...").strip())
    doi = unquote(first(found, "doi"))  # guessed from an address
    _put(found, "doi", re.sub(r"\.(?:short|abstract|full|pdf|long)(?:\.\w+)?$", "", doi))
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,12}", first(found, "publisher")):
        found.pop("publisher")  # the name of a server
    return ""


def _dimensions(found: Cells) -> str:
    if first(found, "type").lower() == "proceeding":
        found["type"] = ["proceedings paper"]
    # Quill, Ann (University of Gas, Norway); Rook, Bo (...)
    texts = found.get("institutions", ())
    within = [
        one for text in texts for one in re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text)
    ]
    _put(found, "institutions", "; ".join(within))
    return ""


def _lens(found: Cells) -> str:
    if first(found, "type").lower() == "conference proceedings":
        found["type"] = ["book"]
    return ""


def _zotero(found: Cells) -> str:
    note = read_note(first(found, "extra"))
    for scheme, text in note.identifiers:
        found.setdefault(scheme, []).append(text)
    if note.cited_by is not None:
        found.setdefault("cited_by", [str(note.cited_by)])
    if note.categories:
        found["categories"] = ["; ".join(note.categories)]
    if venue := note.values.get("conference name") or note.values.get("container title"):
        found.setdefault("venue", [venue])
    if first(found, "type").lower() in ("attachment", "note", "annotation"):
        return "attachments and notes of Zotero"
    if first(found, "type").lower() == "patent":
        return "patents"
    if "authors" in found:
        found["authors"] = [re.sub(r";(?=\S)", "; ", text) for text in found["authors"]]
    return ""


def _openalex(found: Cells) -> str:
    if first(found, "retracted").lower() in ("true", "1"):
        found["status"] = ["retracted"]
    for field in ("url", "pdf", "pmid", "pmcid", "issn", "venue", "publisher", "openalex"):
        # A value for each of several places.
        if texts := [one for text in found.get(field, ()) for one in text.split("|") if one]:
            found[field] = list(dict.fromkeys(texts))
    return ""


PREPARE: Mapping[str, Callable[[Cells], str]] = {
    "Scopus": _scopus,
    "Web of Science": _web_of_science,
    "IEEE Xplore": _ieee,
    "Springer": _springer,
    "PubMed": _pubmed,
    "Embase": _embase,
    "Publish or Perish": _publish_or_perish,
    "Dimensions": _dimensions,
    "Lens": _lens,
    "Zotero": _zotero,
    "OpenAlex": _openalex,
}
"""What is done to the rows of each program that needs it."""
