"""Paper: the frozen record that all parts exchange, and how copies of one paper merge."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple

from index.analysis import fold
from index.dates import lacks_year
from index.names import surname, with_owners


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a paper was read: the file's absolute path, and the line where it begins, from 1.

    The file is ``-`` for standard input.
    """

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. Text is plain Unicode as the source printed it, TeX included.

    ``authors`` are in printed order, followed by owners that the source does not print; ``et_al``
    says that the source leaves authors out. ``category`` is a code such as ``LG``. ``date`` is an
    ISO date of any precision (``2024``, ``2024-03``, ``2024-03-15``), or ``--03-15`` until the year
    is known. ``score`` is the figure that the source gives the paper, not a search score.
    ``owners`` are the authors whose pages list the paper.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    et_al: bool = False
    category: str = ""
    year: int | None = None
    date: str | None = None
    has_code: bool = False
    institutions: tuple[str, ...] = ()
    score: float | None = None
    owners: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def lacks_year(self) -> bool:
        """Whether there is a date whose year is not known yet."""
        return self.date is not None and lacks_year(self.date)


class Copy(NamedTuple):
    """A paper as it is in one file, with its ``content_hash``, which is computed once."""

    paper: Paper
    hash: bytes

    @classmethod
    def of(cls, paper: Paper) -> "Copy":
        """Return the copy that a paper just read is."""
        return cls(paper, content_hash(paper))

    @property
    def file(self) -> str:
        """The file that the copy is in."""
        return self.paper.sources[0].file


def paper_id(title: str, first_author: str) -> str:
    """Return a readable id, such as ``qin-bert-erc-fine-tuning-bert-6c9d1e0f``.

    It depends on the title and the first author alone: the surname, the first five words of the
    title, and 32 bits of a hash of both in full, which tell papers apart that begin alike.
    """
    surname_words = _WORD.findall(fold(surname(first_author)))
    folded_title = fold(title)
    title_words = _WORD.findall(folded_title)
    # C++ and C# are titles of their own.
    title_identity = "".join(_WORD_OR_LANGUAGE.findall(folded_title))
    identity = f"{title_identity}|{' '.join(_WORD.findall(fold(first_author)))}"
    digest = _digest(identity.encode(), 4).hex()
    return "-".join([*surname_words, *title_words[:5], digest])


def id_digest(paper_id: str) -> bytes:
    """Return 12 bytes that identify an id in sets of millions."""
    # Two of a million ids almost surely differ in 96 bits. A bytes object takes 48 bytes of memory
    # up to a length of 15.
    return _digest(paper_id.encode(), 12)


def merge(copies: Sequence[Paper]) -> Paper:
    """Return the one paper that all ``copies`` of an id describe, in whatever order they come.

    The longest text wins and lists are united. Where copies disagree, the values decide which one
    wins, never the order.
    """
    if len(copies) == 1:
        return copies[0]
    ordered = sorted(copies, key=lambda paper: json.dumps(to_dict(paper), sort_keys=True))
    owners = sorted({owner for paper in ordered for owner in paper.owners})
    authors = max((paper.authors for paper in ordered), key=lambda names: (len(names), names))
    authors = with_owners(authors, owners)
    latest = max(ordered, key=lambda paper: (paper.date or "", paper.year or 0))
    return replace(
        ordered[0],
        title=max((paper.title for paper in ordered), key=_fullness),
        abstract=max((paper.abstract for paper in ordered), key=_fullness),
        authors=authors,
        et_al=any(paper.et_al for paper in ordered),
        category=min((paper.category for paper in ordered if paper.category), default=""),
        year=latest.year,
        date=latest.date,
        has_code=any(paper.has_code for paper in ordered),
        institutions=_union([paper.institutions for paper in ordered]),
        score=max((paper.score for paper in ordered if paper.score is not None), default=None),
        owners=tuple(owners),
        sources=tuple(sorted({source for paper in ordered for source in paper.sources})),
    )


def content_hash(paper: Paper) -> bytes:
    """Return a hash, 16 bytes, of everything in a paper except where it was read."""
    # The abstract, most of the bytes, needs no escaping: the printed tuple before it ends where its
    # first bracket closes.
    content = ascii(_values_but_abstract(paper)) + paper.abstract
    return _digest(content.encode("utf-8", "surrogatepass"), 16)


def _digest(data: bytes, size: int) -> bytes:
    # Loading OpenSSL, which comes with hashlib, takes longer than a search.
    from hashlib import blake2b

    return blake2b(data, digest_size=size).digest()


def to_dict(paper: Paper) -> dict[str, Any]:
    """Return the paper as values for JSON, without the fields that have their default."""
    values = {
        name: value
        for name, value, default in zip(_NAMES, _values(paper), _DEFAULTS, strict=True)
        if value != default
    }
    if paper.sources:
        values["sources"] = [{"file": one.file, "line": one.line} for one in paper.sources]
    return values


def from_dict(values: dict[str, Any]) -> Paper:
    """Return the paper of which ``to_dict`` made ``values``.

    Raises TypeError, ValueError or KeyError if ``values`` are not from ``to_dict``.
    """
    lists = {name: tuple(values[name]) for name in _LIST_FIELDS if name in values}
    sources = tuple(Source(**source) for source in values.get("sources", ()))
    paper = Paper(**{**values, **lists, "sources": sources})
    for name, kind in _KINDS.items():
        if not isinstance(getattr(paper, name), kind):
            raise TypeError(f"{name} is {getattr(paper, name)!r}")
    names = (*paper.authors, *paper.institutions, *paper.owners, *(one.file for one in sources))
    if not all(isinstance(name, str) for name in names):
        raise TypeError("a name is not text")
    if not all(isinstance(one.line, int) for one in sources):
        raise TypeError("a line is not a number")
    return paper


def as_plain(paper: Paper) -> tuple[Any, ...]:
    """Return the paper as nested tuples of plain values, faster than ``to_dict``."""
    return *_values(paper)[:-1], tuple([(one.file, one.line) for one in paper.sources])


def from_plain(plain: tuple[Any, ...]) -> Paper:
    """Return the paper of which ``as_plain`` made the tuples."""
    values = list(plain)
    values[-1] = tuple([Source(file, line) for file, line in values[-1]])
    return Paper(*values)


_WORD = re.compile(r"[^\W_]+")
_WORD_OR_LANGUAGE = re.compile(r"[^\W_]+[+#]*")
_LIST_FIELDS = ("authors", "institutions", "owners")
_KINDS: dict[str, Any] = {
    "id": str,
    "title": str,
    "abstract": str,
    "et_al": bool,
    "category": str,
    "year": (int, NoneType),
    "date": (str, NoneType),
    "has_code": bool,
    "score": (int, float, NoneType),
}
_NAMES = tuple(field.name for field in fields(Paper))
_DEFAULTS = tuple(field.default for field in fields(Paper))
_values = attrgetter(*_NAMES)
_values_but_abstract = attrgetter(*(name for name in _NAMES if name not in ("abstract", "sources")))


def _fullness(text: str) -> tuple[int, str]:
    return len(text), text


def _union(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for items in lists for item in items))
