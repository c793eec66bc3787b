"""BibTeX entries that BibTeX, biblatex and reference managers read, and that we read back.

Fields are those of "BibTeXing" (Patashnik 1988) where they suffice, else those of the biblatex
manual (section 2.2.2). Texts are UTF-8, with LaTeX's own signs escaped.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from index.names import Name, NameParts
from index.paper import Paper
from index.printed.latex import from_latex, to_latex
from index.printed.names import split_bibtex_names
from searcher.output.layout import safe
from searcher.output.links import given_address, page_of
from searcher.output.references import (
    IN_JOURNALS,
    SAID,
    CitationKeys,
    authors,
    date_parts,
    identifier,
    is_on_server,
    joined,
    kind,
    kind_in_print,
    other_keys,
    person,
    publisher,
    venue,
)

_ENTRY_TYPES = {
    **dict.fromkeys(IN_JOURNALS, "article"),
    "inproceedings": "inproceedings",
    "chapter": "incollection",
    "book": "book",
    "thesis": "phdthesis",
    "report": "techreport",
}
_SAID = SAID | {"dataset": "dataset"}
_PUBLISHERS = {"thesis": "school", "report": "institution"}
# A number of these is not that of an issue, nor is that of a preprint that is in no journal.
_WITHOUT_ISSUES = ("book", "thesis", "report")
# biblatex and babelbib print these names in the language of the document, and any code as it is.
_LANGUAGES = dict(
    pair.split(":")
    for pair in (
        "bg:bulgarian ca:catalan hr:croatian cs:czech da:danish nl:dutch en:english et:estonian"
        " fi:finnish fr:french gl:galician de:german el:greek hu:hungarian it:italian ja:japanese"
        " la:latin lv:latvian lt:lithuanian no:norwegian pl:polish pt:portuguese ru:russian"
        " sr:serbian sk:slovak sl:slovene es:spanish sv:swedish tr:turkish uk:ukrainian"
    ).split()
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield an entry for each paper, with a blank line between two."""
    keys = CitationKeys()
    for number, paper in enumerate(papers):
        yield ("\n" if number else "") + _entry(paper, keys.key(paper))


def _entry(paper: Paper, key: str) -> str:
    cited_as = kind_in_print(paper)
    lines = [f"@{_ENTRY_TYPES.get(cited_as, 'misc')}{{{key},\n"]
    for name, value in _fields(paper, cited_as):
        if value:
            # The names of months are macros, which each style spells in its own way.
            shown = value if name == "month" else f"{{{safe(value)}}}"
            lines.append(f"  {name} = {shown},\n")
    return "".join(lines) + "}\n"


def _fields(paper: Paper, cited_as: str) -> Iterator[tuple[str, str]]:
    yield "title", _title(paper)
    others = ["others"] if paper.et_al else []
    yield "author", " and ".join([*map(_name, authors(paper)), *others])
    yield "editor", " and ".join(map(_name, map(person, paper.editors)))
    yield "journal" if cited_as in IN_JOURNALS else "booktitle", to_latex(venue(paper))
    yield "volume", to_latex(paper.volume)
    has_issue = cited_as not in _WITHOUT_ISSUES and (venue(paper) or not is_on_server(paper))
    yield "number", to_latex(paper.issue) if has_issue else ""
    yield "pages", to_latex(paper.pages).replace("-{}", "-").replace("-", "--")
    yield _PUBLISHERS.get(cited_as, "publisher"), to_latex(publisher(paper))
    yield from _dates(paper)
    yield from _identifiers(paper)
    yield "language", _LANGUAGES.get(paper.language, to_latex(paper.language))
    yield "keywords", to_latex(joined(paper.keywords))
    yield "type", _SAID.get(kind(paper), "")
    yield "pubstate", paper.status
    yield "note", to_latex(paper.comments)
    yield "ids", ", ".join(other_keys(paper))
    yield "abstract", to_latex(paper.abstract)


def _title(paper: Paper) -> str:
    """Return the title with braces around what no style may print in small letters.

    Double braces would keep all capitals, also those that a style for English rightly drops, and
    programs would show them. In other languages, whose nouns have capitals, all are kept.
    """
    if paper.language in ("", "en"):
        return to_latex(paper.title, keeps_capitals=True)
    return f"{{{to_latex(paper.title)}}}"


@lru_cache(maxsize=1 << 12)
def _name(name: Name) -> str:
    """Return a name as BibTeX parts it; a group in braces.

    Whatever would be read as another name goes into braces whole.
    """
    shown, others = (name, []) if isinstance(name, str) else (name.displayed, [name.displayed])
    if isinstance(name, NameParts) and not name.given:
        return f"{{{to_latex(shown)}}}"
    # A source may have told the parts of a name otherwise than they are read again.
    for one in (name, *map(person, others)):
        written = _parts(one) if isinstance(one, NameParts) else "" if " " in one else to_latex(one)
        read = split_bibtex_names(written, from_latex)
        if read.displayed == (shown,) and isinstance(read.names[0], type(one)):
            return written
    return f"{{{to_latex(shown)}}}"


def _parts(name: NameParts) -> str:
    before = " ".join(map(_part, filter(None, [name.particle, name.family])))
    return ", ".join(filter(None, [before, _part(name.suffix), _part(name.given)]))


def _part(text: str) -> str:
    latex = to_latex(text)
    return f"{{{latex}}}" if "," in text or _AND.search(text) else latex


_AND = re.compile(r"(?<!\S)and(?!\S)", re.IGNORECASE)


def _dates(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield year and month, which all programs read, and ``date`` where there is a day.

    biblatex prefers ``date``, BibTeX knows the others only, and a day stands in none of these.
    """
    parts = date_parts(paper)
    yield "year", f"{parts[0]:04}" if parts else to_latex(paper.date_text)
    yield "month", _MONTHS[parts[1] - 1] if len(parts) > 1 else ""
    yield "date", "{:04}-{:02}-{:02}".format(*parts) if len(parts) > 2 else ""


def _identifiers(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield the fields of identifiers and addresses, in which nothing is escaped."""
    doi = identifier(paper, "doi")
    is_whole = _NO_DOI.search(doi) is None
    yield "doi", doi if is_whole else ""
    if arxiv := identifier(paper, "arxiv"):
        yield "eprint", arxiv
        # biblatex and Zotero read the first, BibTeX styles and arXiv's own export the second.
        yield "eprinttype", "arxiv"
        yield "archiveprefix", "arXiv"
        yield "primaryclass", paper.category if _CLASS.fullmatch(paper.category) else ""
    for scheme in ("pmid", "pmcid"):
        yield scheme, identifier(paper, scheme)
    for scheme in ("isbn", "issn"):
        yield scheme, ", ".join(paper.identifiers_of(scheme))
    yield "url", given_address(paper) if is_whole else page_of("doi", doi)


_NO_DOI = re.compile(r"[{}\\]")
# A class of arXiv, such as hep-th or cs.LG.
_CLASS = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?", re.ASCII)
