"""What formats for reference managers need of a paper: type, persons, date, citation key."""

import re
import unicodedata
from functools import lru_cache

from index.dates import is_date
from index.names import Name, NameParts, is_suffix, surname, whole_name
from index.paper import Paper
from index.printed.names import split_bibtex_names
from index.printed.vocabularies import is_preprint_server
from searcher.output.links import best_address, page_of

IN_JOURNALS = ("article", "review", "editorial", "erratum", "notice", "paratext")
"""The types of what stands in a journal."""

SAID = {name: name for name in (*IN_JOURNALS, "preprint") if name != "article"} | {
    "notice": "retraction notice"
}
"""What the types of entries do not say of a paper, in the words of publishers."""

_ARTICLES = {"a", "an", "the"}
# What BibTeX, biber and LaTeX allow in a key.
_NO_KEY = re.compile(r"[\s\"#%'(),={}\\~@&$^]+")
_LETTERS = re.compile("[a-z0-9]+")


def kind(paper: Paper) -> str:
    """Return the type of a paper; where it is not known, what its venue and identifiers say.

    What is in no journal but on arXiv is a preprint, as readers of these formats take it.
    """
    if paper.type not in ("", "article", "other"):
        return paper.type
    if venue(paper):
        return paper.type or "article"
    return "preprint" if is_on_server(paper) else paper.type or "other"


def kind_in_print(paper: Paper) -> str:
    """Return the type that a paper is cited as: a preprint that has appeared is an article."""
    own_kind = kind(paper)
    return "article" if own_kind == "preprint" and venue(paper) else own_kind


def is_on_server(paper: Paper) -> bool:
    """Tell whether a paper is on arXiv or another server of preprints."""
    return is_preprint_server(publisher(paper)) or bool(paper.identifiers_of("arxiv"))


def venue(paper: Paper) -> str:
    """Return what a paper stands in; a book does not stand in itself.

    A server of preprints is no journal: it publishes them.
    """
    is_one = paper.venue != paper.title and not is_preprint_server(paper.venue)
    return paper.venue if is_one else ""


def publisher(paper: Paper) -> str:
    """Return the publisher of a paper, or the server of preprints that it is on."""
    return paper.publisher or (paper.venue if is_preprint_server(paper.venue) else "")


def authors(paper: Paper) -> list[Name]:
    """Return the authors: persons by their parts, all others as they are displayed.

    Where a source tells the parts of most names, the rest are no persons. Otherwise it may have
    turned some names only, and the parts of the rest are told here. A name of words that has a
    family name but no given name is whole, a family name alone.
    """
    known: dict[str, Name] = {}
    persons = 0
    for name, parts in zip(paper.authors, paper.author_parts, strict=False):
        if not parts.family or parts.displayed != name:
            continue
        if parts.given:
            known[name] = parts
            persons += 1
        elif not parts.suffix:
            known[name] = whole_name(name)
    tells = persons > len(paper.authors) / 2
    return [known.get(name) or (name if tells else person(name)) for name in paper.authors]


# The same names come again and again.
@lru_cache(maxsize=1 << 12)
def person(name: str) -> Name:
    """Return the parts of a name, told as BibTeX tells them; the name itself if it is a group's.

    A word alone may be either, and stays as it is.
    """
    base, _, suffix = name.rpartition(", ")
    if not base or not is_suffix(suffix):
        base, suffix = name, ""
    if " " not in base or re.search(r"[{}\\~;,&]|\band\b", base, re.IGNORECASE):
        return name
    listed = split_bibtex_names(base, str)
    if len(listed.names) != 1 or listed.et_al or isinstance(listed.names[0], str):
        return name
    parts = listed.names[0]._replace(suffix=suffix or listed.names[0].suffix)
    # The suffix may be printed without a comma.
    is_whole = parts.displayed.replace(",", "") == name.replace(",", "")
    return parts if parts.given and is_whole else name


def date_parts(paper: Paper) -> list[int]:
    """Return year, month and day, as far as they are known; empty without a year."""
    if paper.date and is_date(paper.date):
        return [int(part) for part in paper.date.split("-")]
    return [] if paper.year is None else [paper.year]


def identifier(paper: Paper, scheme: str) -> str:
    """Return the first identifier of a scheme, empty if there is none."""
    return next(iter(paper.identifiers_of(scheme)), "")


def volume_and_issue(paper: Paper) -> str:
    """Return the volume, and the issue in parentheses: ``7(2)``."""
    return f"{paper.volume}({paper.issue})" if paper.issue else paper.volume


def arxiv_note(paper: Paper) -> str:
    """Return the arXiv id and the categories in the words that programs look for in a note."""
    arxiv = identifier(paper, "arxiv")
    if not arxiv:
        return ""
    categories = f" [{', '.join(paper.categories)}]" if paper.categories else ""
    return f"arXiv: {arxiv}{categories}"


def joined(items: tuple[str, ...]) -> str:
    """Return keywords as one text, between commas; between semicolons if one holds a comma.

    A semicolon in a keyword becomes a comma. A semicolon at the end tells what parts them.
    """
    items = tuple([item.replace(";", ",") for item in items])
    return "; ".join(items) + ";" if any("," in item for item in items) else ", ".join(items)


class CitationKeys:
    """Gives every paper of an export a key of its own."""

    def __init__(self) -> None:
        # Programs that compare keys without case take keys of one spelling for the same.
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # of the letters that a key was given last

    def key(self, paper: Paper) -> str:
        """Return the key that the paper's source gives, else surname, year and first word.

        A letter goes behind a key that is taken: ``quill2020rivers`` and ``quill2020riversa``.
        """
        given = [_NO_KEY.sub("", key) for key in paper.identifiers_of("citation_key")]
        wanted = next(filter(None, given), "") or _made_key(paper)
        key, folded = wanted, wanted.casefold()
        while key.casefold() in self._taken:
            number = self._numbers.get(folded, 0)
            key = wanted + _suffix(number)
            self._numbers[folded] = number + 1
        self._taken.add(key.casefold())
        return key


def other_keys(paper: Paper) -> list[str]:
    """Return the keys that a paper is cited by besides its first."""
    keys = dict.fromkeys(_NO_KEY.sub("", key) for key in paper.identifiers_of("citation_key"))
    return [key for key in keys if key][1:]


def citation(paper: Paper) -> str:
    """Return a paper as a bibliography prints it: names, year, title, where it stands, address.

    Its DOI is the address, which stays; else the best one. Empty for a paper with neither authors
    nor date.
    """
    names = [_short(name) for name in authors(paper)]
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], "…", names[-1]]
    who = ", ".join(names) + (" et al." if paper.et_al and names else "")
    parts = date_parts(paper)
    if not names and not parts:
        return ""
    year = f"({parts[0]})" if parts else f"({paper.date_text or 'n.d.'})"
    place = venue(paper) or paper.publisher
    where = ", ".join(filter(None, [place, volume_and_issue(paper), paper.pages]))
    title = paper.title if paper.title.endswith((".", "?", "!")) else f"{paper.title}."
    head = f"{who} {year}." if who else f"{year}."
    doi = identifier(paper, "doi")
    address = page_of("doi", doi) if doi else best_address(paper)
    return " ".join(filter(None, [head, title, f"{where}." if where else "", address]))


_NAMED = 20


def _short(name: Name) -> str:
    """Return a name with initials behind: ``van der Berg, L.``."""
    if isinstance(name, str):
        return name
    words = re.split(r"[\s.]+", name.given)
    initials = [
        "-".join(f"{part[0]}." for part in word.split("-") if part) for word in words if word
    ]
    family = " ".join(filter(None, [name.particle, name.family]))
    return ", ".join(filter(None, [family, " ".join(initials), name.suffix]))


def _made_key(paper: Paper) -> str:
    first = authors(paper)[0] if paper.authors else ""
    if isinstance(first, NameParts):
        family = first.family if first.given else surname(first.family)
    else:
        family = surname(first)
    words = _ascii(paper.title)
    word = next((one for one in words if one not in _ARTICLES), "")
    year = str(paper.year) if paper.year is not None else ""
    made = "".join(_ascii(family))[:_LONGEST_PART] + year + word[:_LONGEST_PART]
    return made or "paper"


# Of a family name and of a word in a key.
_LONGEST_PART = 80


def _ascii(text: str) -> list[str]:
    """Return the words of a text in small letters of ASCII; others are left out."""
    text = text.casefold().translate(_SPELLED).replace("'", "").replace("’", "")
    return _LETTERS.findall(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode())


_SPELLED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})


def _suffix(number: int) -> str:
    """Return a, b, …, z, then aa, ab and so on."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters
