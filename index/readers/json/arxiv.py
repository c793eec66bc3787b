"""The metadata of arXiv, as in its snapshot: one object a paper, with ``authors_parsed``.

``authors`` is the line as it was submitted, ``authors_parsed`` lists family name, given names,
suffix and affiliations. The parsed list alters spellings, so a name is taken from the line where
both agree, and only its parts from the list. ``update_date`` is that of the last change of the
metadata; a paper's date is that of its first version, else the month in its id.
"""

import re
from collections.abc import Sequence
from typing import Any

from index.identifiers import identifier
from index.letters import fold
from index.names import Name, NameParts, is_suffix
from index.printed.markup import accents
from index.printed.names import split_authors
from index.readers.record import Record

NAME = "arXiv"


def recognises(value: dict[str, Any]) -> bool:
    """There is an id and what only arXiv's metadata has."""
    return "authors_parsed" in value or ("update_date" in value and value.keys() >= _SNAPSHOT)


def record(value: dict[str, Any], line: int) -> Record | str:
    """Return what an object says of a paper."""
    own_id = _restored(_text(value, "id"))
    own = identifier("arxiv", own_id)
    names, et_al = _authors(value)
    dates = _dates(value)
    comments, abstract = accents(_text(value, "comments")), _text(value, "abstract")
    made = Record(
        line,
        id="" if own else own_id,
        title=accents(_text(value, "title")),
        # A line that is indented begins a paragraph.
        abstract=re.sub(r"\n[ \t]+(?=\S)", "\n\n", accents(abstract.strip())),
        authors=names,
        et_al=et_al,
        categories=_text(value, "categories").split(),
        date=dates[0] if dates else _month_of(own_id),
        updated=dates[-1] if len(dates) > 1 else "" if dates else _text(value, "update_date"),
        venue=accents(_text(value, "journal-ref")),
        status="withdrawn" if _is_withdrawn(comments, abstract) else "",
        comments=comments,
        type="preprint",
    )
    if own:
        made.identifiers = [("arxiv", own.value)]
        made.urls = [("page", f"https://arxiv.org/abs/{own.value}")]
    doi = _text(value, "doi")
    other = own and _ARXIV_DOI.search(doi)
    if other and identifier("arxiv", other[1]) != own:
        made.lost.append(("doi", f"{doi} is that of another paper of arXiv"))
    elif doi:
        made.identifiers = [*made.identifiers, ("doi", doi)]
    if report := _text(value, "report-no"):
        made.identifiers = [*made.identifiers, ("accession", report)]
    return made


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    if isinstance(found, list):
        found = " ".join(one for one in found if isinstance(one, str))
    if isinstance(found, bool) or not isinstance(found, str | int | float) or found != found:
        return ""
    return found if isinstance(found, str) else str(found)


def _restored(text: str) -> str:
    """Return an id with the noughts that were lost where a program took it for a number.

    From 2015 on there are five digits behind the point, before that four.
    """
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return text
    month = match[1].zfill(4)
    return f"{month}.{match[2].ljust(5 if month >= '1501' else 4, '0')}{match[3] or ''}"


def _month_of(arxiv_id: str) -> str:
    """Return the month in an id, empty if there is none."""
    match = _ID_MONTH.match(arxiv_id)
    if not match:
        return ""
    year, month = match[1], match[2]
    # The first papers are of 1991.
    return f"{'19' if year >= '91' else '20'}{year}-{month}"


def _dates(value: dict[str, Any]) -> list[str]:
    """Return the dates of the versions, the first version's first."""
    dates: list[tuple[int, str]] = []
    versions = value.get("versions")
    for version in versions if isinstance(versions, list) else ():
        created = version.get("created") if isinstance(version, dict) else None
        if isinstance(created, str) and created.strip():
            # Some programs sort them as texts, v10 before v2.
            number = re.search(r"\d{1,9}", _text(version, "version"))
            dates.append((int(number[0]) if number else 0, created))
    return [created for _, created in sorted(dates, key=lambda one: one[0])]


def _is_withdrawn(comments: str, abstract: str) -> bool:
    return bool(_WITHDRAWN_COMMENT.search(comments) or _WITHDRAWN.match(" ".join(abstract.split())))


# Authors.


def _authors(value: dict[str, Any]) -> tuple[Sequence[Name], bool]:
    """Return the names, and whether the line leaves some out."""
    if alike := _printed_alike(value.get("authors"), value.get("authors_parsed")):
        return alike, False
    listed = split_authors(_without_brackets(accents(_text(value, "authors"))))
    printed = [_without_behalf(name) for name in listed.names]
    parsed, parsed_et_al = _parsed(value.get("authors_parsed"))
    is_equal = len(parsed) == len(printed) and all(map(_agree, printed, parsed))
    if is_equal:
        names: list[Name] = [_joined(*pair) for pair in zip(printed, parsed, strict=True)]
    else:
        # Where the line is told apart otherwise, the list knows better.
        names = [_name(parts) for parts in parsed] or list(printed)
    return names, listed.et_al or parsed_et_al


def _printed_alike(line: Any, listed: Any) -> Sequence[Name]:
    """Return the names of a parsed list that the line prints letter by letter, as most lines do.

    Empty if it does not, or says more: this takes a quarter of the time of telling names apart.
    """
    if (
        not (isinstance(line, str) and isinstance(listed, list))
        or not _PLAIN_LINE.fullmatch(line)
        or _NO_NAME.search(line)
    ):
        return ()
    pieces = line.split(", ")
    if len(pieces) != len(listed):
        return ()
    names = []
    for piece, entry in zip(pieces, listed, strict=True):
        if not isinstance(entry, list) or not all(isinstance(part, str) for part in entry[:3]):
            return ()
        family, given, suffix = (*entry[:3], "", "", "")[:3]
        if suffix or not (family and given) or piece != f"{given} {family}":
            return ()
        if family.endswith(".") or is_suffix(family.rpartition(" ")[2]):
            return ()
        names.append(_name(NameParts(family, given)))
    return names


def _without_brackets(text: str) -> str:
    """Return a line of authors without the affiliations in brackets, which may hold others."""
    pieces, depth = [], 0
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            pieces.append(piece)
    return re.sub(r"(?<!\s)\s++(?=[,;])", "", "".join(pieces))


def _without_behalf(name: Name) -> Name:
    """Return the name of a group without *on behalf of* before it."""
    return _ON_BEHALF.sub("", name) if isinstance(name, str) else name


def _parsed(listed: Any) -> tuple[list[NameParts], bool]:
    """Return the names of a parsed list without words for others, and whether there are any."""
    names, et_al = [], False
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, list):
            continue
        texts = [accents(part).strip() if isinstance(part, str) else "" for part in entry[:3]]
        family, given, suffix = (*texts, "", "", "")[:3]
        whole = f"{given} {family}".strip()
        if _OTHERS.fullmatch(whole):
            et_al = True
        elif match := _AND_OTHERS.search(whole):
            et_al = True
            names.append(NameParts(whole[: match.start()]))
        elif family or given:
            names.append(NameParts(family or given, given if family else "", "", suffix))
    return names, et_al


def _displayed(name: Name) -> str:
    return name if isinstance(name, str) else name.displayed


def _agree(printed: Name, parsed: NameParts) -> bool:
    """Tell whether a printed name has the words of the parsed one, in any order."""
    return _letters(_displayed(printed)) == _letters(" ".join(parsed))


def _letters(text: str) -> list[str]:
    return sorted(filter(str.isalnum, fold(text)))


def _joined(printed: Name, parsed: NameParts) -> Name:
    """Return a printed name with the parts of the parsed one, if they stand in its order."""
    if not parsed.given:
        return printed
    if isinstance(printed, NameParts):
        is_same = _letters(printed.family) == _letters(parsed.family)
        return printed if is_same else _name(parsed)
    name, _, suffix = printed.partition(", ")
    words = name.split()
    count = len(parsed.family.split())
    if not 0 < count < len(words) or _letters(" ".join(words[-count:])) != _letters(parsed.family):
        return printed
    return _name(NameParts(" ".join(words[-count:]), " ".join(words[:-count]), "", suffix))


def _name(parts: NameParts) -> Name:
    """Return a name whose particle, which arXiv takes for a given name, is one."""
    family, given, _, suffix = parts
    if not given:
        return _ON_BEHALF.sub("", family)
    words = re.sub(r"\. -(?=\w)", ".-", given).split()
    count = 0
    while count < len(words) - 1 and words[-1 - count].islower() and words[-1 - count].isalpha():
        count += 1
    start = len(words) - count
    return NameParts(family, " ".join(words[:start]), " ".join(words[start:]), suffix)


_SNAPSHOT = {"id", "categories", "update_date", "abstract"}
_NUMBER = re.compile(r"(\d{3,4})\.(\d{1,5})(v\d+)?", re.ASCII)
_ID_MONTH = re.compile(r"(?:[A-Za-z.-]+/)?(\d\d)(0[1-9]|1[0-2])(?:\d{3}|\.)", re.ASCII)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(\S+)", re.IGNORECASE)
_WITHDRAWN_COMMENT = re.compile(r"\bwithdrawn\b", re.IGNORECASE)
_WITHDRAWN = re.compile(
    r"(?:(?:this|the|our)\s(?:\w+\s)?(?:paper|article|manuscript|submission|work|preprint|note|"
    r"report|version|letter|study)\b[^.]{0,80}?\b(?:has|have|had|is|was)\s(?:now\s|since\s)?(?:been\s)?"
    r"(?:\w+ly\s)?withdrawn\b|(?:paper\s|temporarily\s)?withdrawn\b(?:\sby\b|\sdue\b|[.:;,]|$)"
    r"|has\sbeen\swithdrawn|.*\bwithdrawn\sby\s(?:the\s)?(?:author|arxiv|submitter))",
    re.IGNORECASE,
)
_PLAIN_LINE = re.compile(r"(?:[^\W\d_]|[ .,'-])+")
_NO_NAME = re.compile(r"\b(?:and|et|al|others|for|behalf)\b|(?:^| )[ -]|\.\.", re.IGNORECASE)
_ON_BEHALF = re.compile(
    r"^(?:on behalf of|for)\s+(?:the\s+)?(?=.*\b(?:Collab|Consort|Team|Group))", re.I
)
_OTHERS = re.compile(r"(?:and\s+)?(?:et\.?\s*al\.?|others|\.{3}|…)", re.IGNORECASE)
_AND_OTHERS = re.compile(r"(?<=[^\s,])[\s,]++(?:et\.?\s*al\.?|and others)$", re.IGNORECASE)
