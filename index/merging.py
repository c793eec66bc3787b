"""How the copies of a paper become one: the fullest text, the union of lists, a rule a field."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

from index.categories import without_archives
from index.identifiers import normalised
from index.names import NameParts, with_owners
from index.paper import STATUSES, TYPES, Paper, to_stored

REPLACEMENT = "\ufffd"
"""What stands for bytes that could not be decoded, here or in the program that wrote a file."""

_Item = TypeVar("_Item")


def merge(copies: Sequence[Paper]) -> Paper:
    """Return the one paper that all ``copies`` of an id describe, in whatever order they come.

    The longest text wins, unless another could be decoded better, and lists are united. Venue,
    volume, issue, pages and publisher are those of one copy, the one that says most of them. Where
    copies disagree, the values decide which one wins, never the order.
    """
    if len(copies) == 1:
        return copies[0]
    ordered = sorted(copies, key=lambda paper: json.dumps(to_stored(paper), sort_keys=True))

    def each(name: str) -> list[Any]:
        return [value for paper in ordered if (value := getattr(paper, name))]

    owners = sorted(_union(each("owners")))
    named = max(ordered, key=lambda paper: (_name_fullness(paper.authors), paper.author_parts))
    latest = max(ordered, key=lambda paper: (_date_of(paper), paper.date_text))
    venue = max(map(_venue_of, ordered), key=lambda texts: (sum(map(bool, texts)), texts))
    classed = sorted(each("categories"), key=lambda codes: (-len(codes), codes))
    authors = with_owners(named.authors, owners)
    parts = named.author_parts
    return replace(
        ordered[0],
        title=max((paper.title for paper in ordered), key=_fullness),
        abstract=max((paper.abstract for paper in ordered), key=_fullness),
        authors=authors,
        author_parts=(*parts, *[NameParts()] * (len(authors) - len(parts))) if parts else (),
        et_al=any(each("et_al")),
        categories=without_archives(_union(classed)),
        year=latest.year,
        date=latest.date,
        date_text=latest.date_text,
        other_names=_union(each("other_names")),
        has_code=any(each("has_code")),
        institutions=_union(each("institutions")),
        score=max((paper.score for paper in ordered if paper.score is not None), default=None),
        owners=tuple(owners),
        identifiers=normalised(_union(each("identifiers"))),
        editors=max((paper.editors for paper in ordered), key=_name_fullness),
        keywords=_union(each("keywords")),
        type=min(each("type"), key=_rank_in(TYPES), default=""),
        status=min(each("status"), key=_rank_in(STATUSES), default=""),
        language=min(each("language"), default=""),
        cited_by=max((one.cited_by for one in ordered if one.cited_by is not None), default=None),
        updated=max(each("updated"), default=""),
        urls=_union(each("urls")),
        other_titles=_union(each("other_titles")),
        other_abstracts=_union(each("other_abstracts")),
        comments=max((paper.comments for paper in ordered), key=_fullness),
        sources=tuple(sorted(_union(each("sources")))),
        **dict(zip(_VENUE_FIELDS, venue, strict=True)),
    )


_VENUE_FIELDS = ("venue", "volume", "issue", "pages", "publisher")
_venue_of: Callable[[Paper], tuple[str, ...]] = attrgetter(*_VENUE_FIELDS)


def _date_of(paper: Paper) -> str:
    """Return the date of a paper, which is the year alone where no more is known."""
    return paper.date or (f"{paper.year:04}" if paper.year else "")


def _fullness(text: str) -> tuple[bool, int, int, str]:
    """Return what sorts texts: the longest of those of which most could be decoded comes last."""
    return bool(text), -text.count(REPLACEMENT), len(text), text


def _name_fullness(names: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return len(names), -sum(name.count(REPLACEMENT) for name in names), names


def _rank_in(words: Sequence[str]) -> Callable[[str], int]:
    """Return what sorts words as they are listed, others last."""
    return lambda word: words.index(word) if word in words else len(words)


def _union(lists: Iterable[Iterable[_Item]]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(item for items in lists for item in items))
