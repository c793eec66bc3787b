"""The tree of a query: its nodes, how they are printed, and diagnostics for the author."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from index.fields import NAME_FIELDS


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What the author of a query should know: a stable code, and a message to read."""

    code: str
    message: str


class AddedWord(NamedTuple):
    """A word that the best papers of a query share, and its part of all that they add to it."""

    word: str
    weight: float


class Acronym(NamedTuple):
    """An acronym and what it stands for, and how many papers say so, of the newest that have it."""

    short: str
    long: str
    papers: int


@dataclass(frozen=True, slots=True)
class Every:
    """``*``: every paper."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as typed, matched by stem; ``field`` is empty for the default fields."""

    text: str
    field: str = ""

    def __str__(self) -> str:
        return _in_field(self.field, self.text)


@dataclass(frozen=True, slots=True)
class Exact:
    """``=word``: matched unstemmed; of a name, the same words."""

    text: str
    field: str = ""

    def __str__(self) -> str:
        is_name = self.field in NAME_FIELDS
        return _in_field(self.field, f'="{self.text}"' if is_name else f"={self.text}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Quoted words, matched unstemmed and in a row.

    With ``slop`` they may be in any order, with up to that many other words among them.
    """

    text: str
    slop: int | None = None
    field: str = ""

    def __str__(self) -> str:
        slop = "" if self.slop is None else f"~{self.slop}"
        return _in_field(self.field, f'"{self.text}"{slop}')


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word with ``*`` (any characters) or ``?`` (one character), matched unstemmed."""

    text: str
    field: str = ""

    def __str__(self) -> str:
        return _in_field(self.field, self.text)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """``word~2``: words at most ``edits`` single-character edits (Levenshtein) away, unstemmed."""

    text: str
    edits: int = 1
    field: str = ""

    def __str__(self) -> str:
        return _in_field(self.field, f"{self.text}~{'' if self.edits == 1 else self.edits}")


@dataclass(frozen=True, slots=True)
class Range:
    """``year:low..high`` or ``date:low..high``, both ends included; None leaves an end open."""

    field: str
    low: str | None
    high: str | None

    def __str__(self) -> str:
        if self.low == self.high:
            return _in_field(self.field, self.low or "")
        return _in_field(self.field, f"{self.low or ''}..{self.high or ''}")


@dataclass(frozen=True, slots=True)
class Not:
    """``-clause``: papers that do not match it."""

    child: "Node"

    def __str__(self) -> str:
        if isinstance(self.child, Word) and str(self.child).rstrip(",.;") in SUFFIXES:
            return f"-({self.child})"
        return f"-{_enclosed(self.child, (*_CHAINS, Not, Must))}"


@dataclass(frozen=True, slots=True)
class Must:
    """``+clause``: required even when any word of a group would do."""

    child: "Node"

    def __str__(self) -> str:
        return f"+{_enclosed(self.child, (*_CHAINS, Not, Must))}"


@dataclass(frozen=True, slots=True)
class Boost:
    """``clause^2``: the clause's score is multiplied by ``factor``."""

    child: "Node"
    factor: float

    def __str__(self) -> str:
        # R^2 is a name.
        name = (Word,) if isinstance(self.child, Word) and len(self.child.text) == 1 else ()
        child = _enclosed(self.child, (*_CHAINS, Not, Must, Boost, *name))
        return f"{child}^{boost_text(self.factor)}"


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses in a row: all must match, or any of them if the search is relaxed."""

    children: tuple["Node", ...]

    def __str__(self) -> str:
        # Nearly all children are plain words, and each search writes its query.
        return " ".join(
            [
                child.text
                if type(child) is Word and not child.field
                else _enclosed(child, (Group, Or))
                for child in self.children
            ]
        )


@dataclass(frozen=True, slots=True)
class And:
    """Clauses joined by AND: all must match, in every search."""

    children: tuple["Node", ...]

    def __str__(self) -> str:
        return " AND ".join(_enclosed(child, _CHAINS) for child in self.children)


@dataclass(frozen=True, slots=True)
class Or:
    """Clauses joined by OR: at least one must match."""

    children: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(_enclosed(child, (Or,)) for child in self.children)


@dataclass(frozen=True, slots=True)
class Unread:
    """What cannot be read as anything to search for: no paper matches it."""

    field: str = ""

    def __str__(self) -> str:
        return _in_field(self.field, '""')


SUFFIXES = frozenset(
    """
    able al ation ed er est ful ible ic ing ion ise ish ism ist ity ive ize less ly ment ness ous s
    tion
    """.split()
)
"""What ``-`` does not exclude: a query such as *adjectives in -ed* means the suffix."""
FIRST = "^"
"""What stands before the name of a leaf that means the first author."""

TextLeaf = Word | Exact | Phrase | Pattern | Fuzzy
Leaf = Every | TextLeaf | Range | Unread
Node = Leaf | Not | Must | Boost | Group | And | Or
_CHAINS = (Group, And, Or)


class Query(NamedTuple):
    """A parsed query: the tree, and what its author should know."""

    tree: Node
    diagnostics: tuple[Diagnostic, ...] = ()


class Place(NamedTuple):
    """Where something that may be a leaf stands in the text of a query, with its field.

    It ``is_read`` if it became a leaf of the tree. ``codes`` are those of its diagnostics.
    """

    start: int
    end: int
    is_read: bool
    codes: tuple[str, ...] = ()


class Located(NamedTuple):
    """A parsed query, the text that was parsed, and the places in it, in order.

    Quotes of all kinds are plain in the text, and letters in TeX as they print. The places that
    are read are those of the leaves of the tree, if there is anything to search for.
    """

    query: Query
    text: str
    places: tuple[Place, ...]


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a tree, left to right."""
    if isinstance(node, Group | And | Or):
        for child in node.children:
            yield from leaves(child)
    elif isinstance(node, Not | Must | Boost):
        yield from leaves(node.child)
    else:
        yield node


def of_first(node: Node) -> Node:
    """Return conditions on authors as conditions on the first author."""
    if isinstance(node, Group | And | Or):
        return replace(node, children=tuple(map(of_first, node.children)))
    if isinstance(node, Not | Must | Boost):
        return replace(node, child=of_first(node.child))
    if isinstance(node, TextLeaf) and node.field == "author":
        return replace(node, text=FIRST + node.text)
    return node


def boost_text(factor: float) -> str:
    """Return a boost as a query spells it, with three decimals at most."""
    return f"{factor:.3f}".rstrip("0").rstrip(".")


def signed(node: Node, negative: bool, must: bool) -> Node:
    """Return ``node`` under its signs; a negated clause needs no plus.

    To exclude what cannot be read would exclude nothing: it stays what no paper matches.
    """
    if isinstance(node, Unread):
        return node
    if negative:
        return Not(node)
    return Must(node) if must and not isinstance(node, Not) else node


def _in_field(field: str, text: str) -> str:
    return f"{field}:{text}" if field else text


def _enclosed(node: Node, kinds: tuple[type, ...]) -> str:
    return f"({node})" if isinstance(node, kinds) else str(node)
