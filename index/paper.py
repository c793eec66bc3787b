"""Paper: the frozen record that all parts exchange; ids and hashes that tell papers apart."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass, replace
from functools import cache
from itertools import compress
from operator import attrgetter, ne
from typing import Any, NamedTuple

from index.dates import lacks_year
from index.identifiers import Identifier, read_identifier
from index.letters import fold
from index.names import NameParts, surname

MAX_VALUE_CHARS = 1_000
"""An id and a category have at most so many characters, for each is one term, never cut."""

MOST_CITATIONS = 99_999_999
"""A paper has at most so many citations."""

TYPES = (
    "article",
    "inproceedings",
    "chapter",
    "book",
    "thesis",
    "report",
    "dataset",
    "review",
    "editorial",
    "erratum",
    "notice",
    "paratext",
    "preprint",
    "other",
)
"""The types of papers. Where copies disagree, the one that is listed first here counts."""

STATUSES = ("retracted", "removed", "withdrawn")
"""What may have become of a paper. Where copies disagree, the one listed first here counts."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a paper was read: the file's absolute path, and the line where it begins, from 1.

    The file of a stream begins with ``source:``, as in ``source:stdin``.
    """

    file: str
    line: int


class Link(NamedTuple):
    """An address where a paper is found; ``kind`` is ``page``, ``pdf`` or ``code``."""

    kind: str
    url: str


class OtherText(NamedTuple):
    """A title or an abstract in another language, or as another source words it.

    ``language`` is an ISO 639-1 code, empty if unknown.
    """

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. Text is plain Unicode as the source printed it, TeX included.

    ``authors`` are in printed order, followed by owners that the source does not print;
    ``author_parts`` has the parts of each name, or is empty; ``et_al`` says that the source leaves
    authors out. ``other_names`` are names by which the source knows authors that it prints
    otherwise; they find the paper too. ``categories`` are codes such as ``cs.LG``, the primary one
    first. ``date`` is an ISO date of any precision (``2024``, ``2024-03``, ``2024-03-15``), or
    ``--03-15`` until the year is known; ``updated`` is such a date of a later version, and
    ``date_text`` the date as printed where that says more. ``type`` is one of TYPES or empty,
    ``status`` one of STATUSES or empty, ``language`` an ISO 639-1 code where it is known.
    ``score`` is the figure that the source gives the paper, not a search score; ``cited_by`` is the
    number of citations that the source counts. ``owners`` are the authors whose pages list the
    paper.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    et_al: bool = False
    categories: tuple[str, ...] = ()
    year: int | None = None
    date: str | None = None
    has_code: bool = False
    institutions: tuple[str, ...] = ()
    score: float | None = None
    owners: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    author_parts: tuple[NameParts, ...] = ()
    other_names: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    venue: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    type: str = ""
    status: str = ""
    language: str = ""
    cited_by: int | None = None
    updated: str = ""
    date_text: str = ""
    urls: tuple[Link, ...] = ()
    other_titles: tuple[OtherText, ...] = ()
    other_abstracts: tuple[OtherText, ...] = ()
    comments: str = ""
    sources: tuple[Source, ...] = ()

    @property
    def category(self) -> str:
        """The primary category, empty if there is none."""
        return self.categories[0] if self.categories else ""

    @property
    def lacks_year(self) -> bool:
        """Whether there is a date whose year is not known yet."""
        return self.date is not None and lacks_year(self.date)

    def identifiers_of(self, scheme: str) -> tuple[str, ...]:
        """Return the values of a scheme, such as ``doi``.

        The id of a paper without identifiers may be one by itself.
        """
        own = None if self.identifiers else read_identifier(self.id)
        found = (own,) if own else self.identifiers
        return tuple([value for its_scheme, value in found if its_scheme == scheme])

    def to_dict(self) -> dict[str, Any]:
        """Return the paper as values for JSON, without what is empty.

        The keys are the fields' names and ``category``, which is the primary category.
        ``identifiers`` is a dict of lists by scheme, and what has parts is a dict of them.
        """
        values = to_stored(self)
        if self.categories:
            values["category"] = self.category
        return values


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


def paper_with(values: Mapping[str, Any]) -> Paper:
    """Return ``Paper(**values)``, in a quarter of the time."""
    paper: Paper = _paper_class()(**values)
    object.__setattr__(paper, "__class__", Paper)
    return paper


@cache
def _paper_class() -> Any:
    """Return a class with the slots of Paper, whose values can be set without a call for each."""
    named = [
        (own.name, own.type)
        if own.default is MISSING
        else (own.name, own.type, field(default=own.default))
        for own in fields(Paper)
    ]
    return make_dataclass(Paper.__name__, named, slots=True)


def paper_id(title: str, first_author: str) -> str:
    """Return a readable id, such as ``qin-bert-erc-fine-tuning-bert-6c9d1e0f``.

    It depends on the title and the first author alone: the surname, the first five words of the
    title, and 32 bits of a hash of both in full, which tell papers apart that begin alike. Of a
    longer word only the first 80 characters are in it, and of a surname five words.
    """
    surname_words = _WORD.findall(fold(surname(first_author)))[:5]
    folded_title = fold(title)
    # C++ and C# are titles of their own.
    title_identity = "".join(_WORD_OR_LANGUAGE.findall(folded_title))
    identity = f"{title_identity}|{' '.join(_WORD.findall(fold(first_author)))}"
    digest = _digest(identity.encode(), 4).hex()
    words = [word[:_ID_WORD_CHARS] for word in (*surname_words, *_WORD.findall(folded_title)[:5])]
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


def content_hash(paper: Paper) -> bytes:
    """Return a hash, 16 bytes, of everything in a paper except where it was read."""
    # The abstract, most of the bytes, needs no escaping: the printed tuples before it end where
    # their brackets close.
    content = ascii(_usual_but_abstract(paper))
    if (further := _further_values(paper)) != _NOTHING_FURTHER:
        content += ascii(further)
    content += paper.abstract
    return _digest(content.encode("utf-8", "surrogatepass"), 16)


def _digest(data: bytes, size: int) -> bytes:
    digest: bytes = _blake2b()(data, digest_size=size).digest()
    return digest


@cache
def _blake2b() -> Callable[..., Any]:
    # Loading OpenSSL, which comes with hashlib, takes longer than a search.
    from hashlib import blake2b

    return blake2b


def usual_values(paper: Paper) -> tuple[Any, ...] | None:
    """Return the values of the fields before ``identifiers``, in order.

    None if the paper has any other, except for where it was read.
    """
    return _usual_values(paper) if _further_values(paper) == _NOTHING_FURTHER else None


def unusual(paper: Paper) -> list[tuple[str, Any]]:
    """Return the names and values of the fields that do not have their default."""
    values = _usual_values(paper)
    if (further := _further_values(paper)) != _NOTHING_FURTHER:
        values += further
    named = list(compress(zip(_NAMES, values, strict=False), map(ne, values, _DEFAULTS)))
    if paper.sources:
        named.append(("sources", paper.sources))
    return named


def to_stored(paper: Paper) -> dict[str, Any]:
    """Return the paper as values for JSON, without the fields that have their default."""
    values = dict(unusual(paper))
    if paper.sources:
        values["sources"] = [{"file": one.file, "line": one.line} for one in paper.sources]
    for name in _WITH_PARTS:
        if name in values:
            values[name] = [one._asdict() for one in values[name]]
    if paper.identifiers:
        by_scheme: dict[str, list[str]] = {}
        for scheme, value in paper.identifiers:
            by_scheme.setdefault(scheme, []).append(value)
        values["identifiers"] = by_scheme
    return values


def from_dict(values: Mapping[str, Any]) -> Paper:
    """Return the paper that ``values`` stand for, as ``to_stored`` or ``Paper.to_dict`` made them.

    Raises TypeError, ValueError, AttributeError or KeyError if ``values`` are from neither.
    """
    own = {**values}
    own.pop("category", None)
    for name, value in own.items():
        if name in _TEXT_LISTS and set(map(type, value)) == _TEXTS and type(value) is not str:
            own[name] = tuple(value)  # as nearly all lists are
            continue
        default = _DEFAULT_OF[name]
        if default == ():
            own[name] = _tuple_of(name, value)
        elif default is not None and type(value) is not type(default):
            raise TypeError(f"{name} is {value!r}")
    if not isinstance(own["id"], str) or not isinstance(own["title"], str):
        raise TypeError("the id or the title is no text")
    for name, kind in _OPTIONAL.items():
        if name in own and not isinstance(own[name], kind):
            raise TypeError(f"{name} is {own[name]!r}")
    return paper_with(own)


def _tuple_of(name: str, value: Any) -> tuple[Any, ...]:
    """Return the value of a field as a tuple, from what ``to_stored`` made of it."""
    if kind := _WITH_PARTS.get(name):
        made = tuple([kind(**parts) for parts in value])
        texts: Iterable[Any] = (part for parts in made for part in parts)
    elif name == "identifiers":
        made = tuple([Identifier(scheme, one) for scheme, texts in value.items() for one in texts])
        texts = (part for parts in made for part in parts)
    elif name == "sources":
        made = tuple([Source(**source) for source in value])
        texts = (source.file for source in made)
        if not all(isinstance(one.line, int) for one in made):
            raise TypeError("a line is not a number")
    else:
        made = texts = tuple(value)
    if isinstance(value, str) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{name} is {value!r}")
    return made


def as_plain(paper: Paper) -> tuple[Any, ...]:
    """Return the paper as nested tuples of plain values, faster than ``to_stored``."""
    further = _further_values(paper)
    sources = tuple([(one.file, one.line) for one in paper.sources])
    values = [*_usual_values(paper), *further]
    for place in _PLAIN if further != _NOTHING_FURTHER else ():
        values[place] = tuple(map(tuple, values[place]))
    return *values, sources


def from_plain(plain: tuple[Any, ...]) -> Paper:
    """Undo ``as_plain``: return the paper of its tuples."""
    values = list(plain)
    for place, kind in _PLAIN.items():
        if values[place]:
            values[place] = tuple([kind(*parts) for parts in values[place]])
    values[-1] = tuple([Source(file, line) for file, line in values[-1]])
    return Paper(*values)


# With ten words of them and the hash, an id has fewer than MAX_VALUE_CHARS.
_ID_WORD_CHARS = 80
_WORD = re.compile(r"[^\W_]+")
_WORD_OR_LANGUAGE = re.compile(r"[^\W_]+[+#]*")
_WITH_PARTS: Mapping[str, Callable[..., Any]] = {
    "author_parts": NameParts,
    "urls": Link,
    "other_titles": OtherText,
    "other_abstracts": OtherText,
}
"""The fields whose values have parts, each with the class of a value."""

_NAMES = tuple(one.name for one in fields(Paper))
_DEFAULTS = tuple(one.default for one in fields(Paper))
_DEFAULT_OF = dict(zip(_NAMES, _DEFAULTS, strict=True)) | {"id": None, "title": None}
_TEXT_LISTS = {name for name, default in _DEFAULT_OF.items() if default == ()} - {
    *_WITH_PARTS,
    *("identifiers", "sources"),
}
_TEXTS = {str}
_OPTIONAL: Mapping[str, Any] = {"year": int, "date": str, "score": (int, float), "cited_by": int}
_PLAIN = {
    _NAMES.index(name): kind for name, kind in {**_WITH_PARTS, "identifiers": Identifier}.items()
}
# Many papers have no more than the fields before this one, and then the others, which are compared
# with their defaults at once, cost next to nothing.
_USUAL = _NAMES.index("identifiers")
_usual_values = attrgetter(*_NAMES[:_USUAL])
_usual_but_abstract = attrgetter(*[name for name in _NAMES[:_USUAL] if name != "abstract"])
_further_values = attrgetter(*_NAMES[_USUAL:-1])
_NOTHING_FURTHER = _DEFAULTS[_USUAL:-1]
