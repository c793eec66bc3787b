"""What PubMed writes alike in its XML and in its text: types of papers, titles, headings."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index.printed.dates import finest, printed_date, read_date
from index.printed.placeholders import is_placeholder
from index.printed.vocabularies import document_type


class Titles(NamedTuple):
    """The title of a paper, and that in its own language if it is another."""

    title: str
    vernacular: str


def paper_type(words: Sequence[str]) -> str:
    """Return our type for PubMed's publication types, or ERIC's; a paper may have several."""
    found = document_type(";".join(words))
    if found or not words:
        return found
    given = [word.casefold() for word in words]
    if any(word.startswith("reports - ") for word in given):
        return "report"
    return next((_TYPES[word] for word in given if word in _TYPES), "article")


def is_retracted(words: Iterable[str]) -> bool:
    """Tell whether publication types say that the paper was retracted."""
    return "retracted publication" in {word.casefold() for word in words}


def titles(title: str, vernacular: str) -> Titles:
    """Return the title without the brackets that mark a translation.

    Where there is no translation the vernacular title is the title.
    """
    title, vernacular = " ".join(title.split()), " ".join(vernacular.split())
    if is_placeholder(title):
        title = ""
    if is_translated(title):
        title = _TRANSLATOR.sub("", title.rstrip(". ")[1:-1].strip())
    if not title:
        return Titles(vernacular, "")
    return Titles(title, vernacular if vernacular.casefold() != title.casefold() else "")


def issue_date(printed: str, electronic: str) -> tuple[str, str]:
    """Return the printed date of an issue, or the finer date on the web that lies within it.

    Beside the latter stands the print, if it says more, such as a season.
    """
    date, more = printed_date(printed) if printed else (None, "")
    finer = finest(date, read_date(electronic) if electronic else None)
    return (printed, "") if finer == date else (finer or "", more)


def is_translated(title: str) -> bool:
    """Tell whether brackets stand around a title as a whole: it was translated into English."""
    inside = title.rstrip(". ")
    if not inside.startswith("[") or not inside.endswith("]"):
        return False
    depth = 0
    for place, char in enumerate(inside):
        depth += (char == "[") - (char == "]")
        if not depth:
            return place == len(inside) - 1
    return False


def institution(affiliation: str) -> str:
    """Return an affiliation without the address of mail and the stop at its end.

    The same affiliation is printed with them for one author and without for another.
    """
    words = affiliation.split()
    if "@" in affiliation:
        while words and "@" in words[-1]:
            words.pop()
        while words and words[-1].casefold() in _LABELS_OF_MAIL:
            words.pop()
    return " ".join(words).rstrip(" .;,")


def is_et_al(name: str) -> bool:
    """Tell whether what stands among the names says that others are left out."""
    return _ET_AL.fullmatch(name) is not None


def is_abstract(text: str) -> bool:
    """Tell whether a text is an abstract, not a remark that the publisher has one."""
    return not _NO_ABSTRACT.fullmatch(text.strip())


def subjects(keywords: Sequence[str], headings: Iterable[str]) -> list[str]:
    """Return the keywords of a paper: its authors', else the headings that indexers gave it.

    A star marks the main ones. What follows a slash in a heading narrows it, and is left out.
    """
    if keywords:
        return [keyword.strip().removeprefix("*") for keyword in keywords]
    return [heading.strip().removeprefix("*").partition("/")[0] for heading in headings]


# MeSH's publication types, https://www.nlm.nih.gov/mesh/pubtypes.html, and ERIC's, as far as they
# are not those of other sources too; any other is an article's.
_TYPES = {
    "academic dissertation": "thesis",
    "speeches/meeting papers": "inproceedings",
    "collected works - proceedings": "book",
    "numerical/quantitative data": "dataset",
    "news": "other",
    "biography": "other",
    "interview": "other",
    "portrait": "other",
    "video-audio media": "other",
}
_ET_AL = re.compile(r"\(?et\.? al\.?\)?", re.IGNORECASE)
_LABELS_OF_MAIL = {"electronic", "address:", "email:", "e-mail:", "mail:"}
# Until 1990 a translation said who made it.
_TRANSLATOR = re.compile(r"\s*\(author's transl\)\.?$", re.IGNORECASE)
_NO_ABSTRACT = re.compile(
    r"(?:publisher:? )?abstract (?:is )?available (?:in .{1,60} )?from the publisher\.?", re.I
)
