"""Paper: the frozen record that all parts exchange, and how copies of one paper merge."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple

from index.analysis import fold
from index.dates import is_date, lacks_year
from index.errors import shown
from index.names import surname, with_owners

MAX_VALUE_CHARS = 1_000
"""An id and a category have at most so many characters, for each is one term, never cut."""


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
    title, and 32 bits of a hash of both in full, which tell papers apart that begin alike. Of a
    longer word only the first 80 characters are in it, and of a surname five words.
    """
    surname_words = _WORD.findall(fold(surname(first_author)))[:5]
    folded_title = fold(title)
    title_words = _WORD.findall(folded_title)
    # C++ and C# are titles of their own.
    title_identity = "".join(_WORD_OR_LANGUAGE.findall(folded_title))
    identity = f"{title_identity}|{' '.join(_WORD.findall(fold(first_author)))}"
    digest = _digest(identity.encode(), 4).hex()
    words = [word[:_ID_WORD_CHARS] for word in (*surname_words, *title_words[:5])]
    return "-".join([*words, digest])


def readable_id(paper: Paper) -> str:
    """Return the readable id that a paper has if its source gives none."""
    return paper_id(paper.title or paper.abstract, paper.authors[0] if paper.authors else "")


def mark(paper: Paper) -> str:
    """Return what tells apart papers of one readable id: 32 bits of a hash of more of the paper.

    It is the same for two papers if all authors and the abstracts are equal after folding.
    """
    texts = [
        " ".join(_WORD_OR_LANGUAGE.findall(fold(text))) for text in (*paper.authors, paper.abstract)
    ]
    return _digest("|".join(texts).encode(), 4).hex()


def same_abstract(one: Paper, other: Paper) -> bool:
    """Tell whether the abstracts of two papers are equal after folding."""
    return mark(replace(one, authors=())) == mark(replace(other, authors=()))


def title_words(paper: Paper) -> set[str]:
    """Return the words of a paper's title, folded."""
    return set(_WORD_OR_LANGUAGE.findall(fold(paper.title)))


def id_digest(paper_id: str) -> bytes:
    """Return 12 bytes that identify an id in sets of millions."""
    # Two of a million ids almost surely differ in 96 bits. A bytes object takes 48 bytes of memory
    # up to a length of 15.
    return _digest(paper_id.encode(), 12)


def merge(copies: Sequence[Paper]) -> Paper:
    """Return the one paper that all ``copies`` of an id describe, in whatever order they come.

    The longest text wins, unless another could be decoded better, and lists are united. Where
    copies disagree, the values decide which one wins, never the order.
    """
    if len(copies) == 1:
        return copies[0]
    ordered = sorted(copies, key=lambda paper: json.dumps(to_dict(paper), sort_keys=True))
    owners = sorted({owner for paper in ordered for owner in paper.owners})
    authors = max((paper.authors for paper in ordered), key=_name_fullness)
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


def fault_of(paper: Paper) -> str:
    """Return why an index cannot hold a paper as it is, such as ``year is 10000; …``, else ``""``.

    A paper without a fault is found, counted, sorted, shown and exported without an error. Where it
    was read is known, and if its date has a year it is the paper's.
    """
    for name, is_sound, value in zip(_NAMES, _TESTS, _values(paper), strict=True):
        if not is_sound(value):
            return f"{name} is {shown(value)}; it must be {_SOUND[name][1]}"
    if paper.date is not None and (paper.year is None or int(paper.date[:4]) != paper.year):
        return f"year is {paper.year}, but date is {paper.date}; the year must be that of the date"
    return ""


def sound_paper(values: dict[str, Any]) -> Paper:
    """Return the paper of which ``to_dict`` made ``values``, if a writer would have written it.

    Raises TypeError, ValueError or KeyError.
    """
    paper = from_dict(values)
    if fault := fault_of(paper):
        raise ValueError(fault)
    return paper


def as_plain(paper: Paper) -> tuple[Any, ...]:
    """Return the paper as nested tuples of plain values, faster than ``to_dict``."""
    return *_values(paper)[:-1], tuple([(one.file, one.line) for one in paper.sources])


def from_plain(plain: tuple[Any, ...]) -> Paper:
    """Return the paper of which ``as_plain`` made the tuples."""
    values = list(plain)
    values[-1] = tuple([Source(file, line) for file, line in values[-1]])
    return Paper(*values)


# With ten words of them and the hash, an id has fewer than MAX_VALUE_CHARS.
_ID_WORD_CHARS = 80
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
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LAST_YEAR = 9999
_LAST_LINE = 1 << 62


def _is_line(value: Any) -> bool:
    # Nearly all lines are printable, and this test is the faster one.
    return type(value) is str and (value.isprintable() or not _UNFIT.search(value))


def _is_value(value: Any) -> bool:
    return _is_line(value) and len(value) <= MAX_VALUE_CHARS


def _is_text(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _are_names(value: Any) -> bool:
    # Joined, the names are looked at once.
    return type(value) is tuple and (
        not value or (set(map(type, value)) == {str} and all(value) and _is_line("".join(value)))
    )


def _are_sources(value: Any) -> bool:
    return (
        type(value) is tuple
        and bool(value)
        and all(type(one) is Source and _is_source(one) for one in value)
    )


def _is_source(source: Source) -> bool:
    file, line = source.file, source.line
    is_file = _is_text(file) and file and "\0" not in file
    return bool(is_file) and type(line) is int and 0 <= line < _LAST_LINE


def _is_flag(value: Any) -> bool:
    return type(value) is bool


_LINE = _is_line, "text on one line, without control characters and lone surrogates"
_VALUE_CHARS = f"of at most {MAX_VALUE_CHARS:,} characters"
_NAME_LIST = _are_names, "a tuple of names, each of them text on one line, none empty"
_FLAG = _is_flag, "True or False"
_SOUND: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "id": (
        lambda value: bool(value) and _is_value(value),
        f"{_LINE[1]}, {_VALUE_CHARS}, not empty",
    ),
    "title": _LINE,
    "abstract": (_is_text, "text without lone surrogates"),
    "authors": _NAME_LIST,
    "et_al": _FLAG,
    "category": (_is_value, f"{_LINE[1]}, {_VALUE_CHARS}"),
    "year": (
        lambda value: value is None or (type(value) is int and 0 < value <= _LAST_YEAR),
        f"a year from 1 to {_LAST_YEAR}, or None",
    ),
    "date": (
        lambda value: value is None or (type(value) is str and is_date(value)),
        "a date such as 2024-03-15, 2024-03 or 2024, or None",
    ),
    "has_code": _FLAG,
    "institutions": _NAME_LIST,
    "score": (
        lambda value: (
            value is None or (type(value) in (int, float) and abs(value) <= sys.float_info.max)
        ),
        "a finite number, or None",
    ),
    "owners": _NAME_LIST,
    "sources": (_are_sources, "a tuple of sources, at least one, each a file's path and a line"),
}
"""Of each field, in order: what tells a value that an index can hold, and what it must be."""

_TESTS = tuple(is_sound for is_sound, _ in _SOUND.values())

_NAMES = tuple(field.name for field in fields(Paper))
_DEFAULTS = tuple(field.default for field in fields(Paper))
_values = attrgetter(*_NAMES)
_values_but_abstract = attrgetter(*(name for name in _NAMES if name not in ("abstract", "sources")))


REPLACEMENT = "\ufffd"
"""What stands for bytes that could not be decoded, here or in the program that wrote a file."""


def _fullness(text: str) -> tuple[bool, int, int, str]:
    """Return what sorts texts: the longest of those of which most could be decoded comes last."""
    return bool(text), -text.count(REPLACEMENT), len(text), text


def _name_fullness(names: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return len(names), -sum(name.count(REPLACEMENT) for name in names), names


def _union(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for items in lists for item in items))
