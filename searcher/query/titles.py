"""A query that names a paper as a whole, by an identifier or its title.

That paper comes first, whatever the signs of the title mean.
"""

import re
from collections.abc import Callable, Sequence

from index.analysis import as_form, ascii_forms, tokens
from index.fields import exact_twin
from index.identifiers import read_own_identifier
from searcher.query.clauses import Alternative, Bool, Clause, Match, Run
from searcher.query.parser import parse
from searcher.query.tree import (
    And,
    Boost,
    Diagnostic,
    Group,
    Must,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Query,
    Word,
)
from searcher.query.vocabulary import Vocabulary

MAX_TITLE_CHARS = 1_000
"""A longer query is no title; the longest of 61,686 real ones has 819 characters."""

_TITLE = exact_twin("title")
# An address, or a scheme and a value.
_MOST_IDENTIFIER_WORDS = 2
_WORD = re.compile(r"[\w.:/-]+", re.ASCII)
# No word scores more than the title does: it is in all papers with the title, so that its inverse
# document frequency is no higher, and its recurrence hardly ever exceeds 5.
_SHARE_OF_EACH_WORD = 100.0
# Of papers whose titles have the same words, those with the same signs come first.
_SAME_SIGNS, _OTHER_SIGNS = 2.0, 1.0


def read(text: str, is_identifier: Callable[[str], bool]) -> Query:
    """Parse a query; one that is the identifier of a paper as a whole means that paper."""
    if len(text.split()) > _MOST_IDENTIFIER_WORDS or not (found := read_own_identifier(text)):
        return parse(text)
    if is_identifier(text):
        key = str(found)
        is_word = _WORD.fullmatch(key) is not None
        return Query(Word(key, "id") if is_word else Phrase(key, None, "id"))
    query = parse(text)
    is_field = isinstance(query.tree, Word | Pattern) and query.tree.field
    if is_field or not ("/" in text or "." in text):
        return query
    said = f"no paper in this index has the id {str(found)[:60]!r}; it is read as words"
    return Query(query.tree, (*query.diagnostics, Diagnostic("no-such-id", said)))


def titled(vocabulary: Vocabulary, text: str) -> Sequence[tuple[str, str]]:
    """Return the ids and titles of papers whose titles have the words of a text in order."""
    if len(text) > MAX_TITLE_CHARS:
        return []
    # A plain word that no title has settles it for most texts, before they are analysed.
    words = [word for word in text.split() if word.isascii() and word.isalnum()]
    plain = max(words, key=len, default="")
    if plain and not vocabulary.have(_TITLE, [as_form(plain.lower())]):
        return []
    forms = placed_forms(text)
    return vocabulary.titled(forms) if forms else []


def title_match(text: str, tree: Node, found: Sequence[tuple[str, str]]) -> Match | None:
    """Return what matches the papers ``found`` for the title that a query is, if any.

    ``tree`` is the query as understood. If it excludes something, the title must have the same
    signs, too: ``deep -learning`` does not mean a paper named *Deep Learning*.
    """
    if not found:
        return None
    typed = _plain(text)
    same = {paper_id for paper_id, title in found if _plain(title) == typed}
    ids = [paper_id for paper_id, _ in found if paper_id in same or not excludes(tree)]
    alternatives = [
        Alternative((Run("id", (paper_id,)),), _SAME_SIGNS if paper_id in same else _OTHER_SIGNS)
        for paper_id in ids
    ]
    if not ids:
        return None
    return Match(text, tuple(alternatives), _SHARE_OF_EACH_WORD * len(placed_forms(text)))


def placed_forms(text: str) -> list[tuple[str, int]]:
    """Return each form of a text with its place."""
    words = text.split()
    if text.isascii() and "".join(words).isalnum():
        # The usual case, in a quarter of the time that the tokens take.
        return [(form, place) for place, word in enumerate(words) for form in ascii_forms(word)]
    return [(form, token.position) for token in tokens(text) for form in token.forms]


def with_title(clause: Clause, title: Match, tree: Node) -> Clause:
    """Return the clause of a query so that the papers with the title come before all others.

    Plain words match these papers as they match any other, and are then looked up only once.
    """
    words = tree.children if isinstance(tree, Group) else (tree,)
    if not all(isinstance(word, Word) and not word.field for word in words):
        return Bool(optional=(clause, title))
    match clause:
        case Bool(required=(Bool((), optional, ()),)):
            return Bool(optional=(*optional, title))
        case Bool(required=required):
            return Bool(required, (title,))
    return Bool((clause,), (title,))


def excludes(tree: Node) -> bool:
    """Tell whether anything in a tree is excluded."""
    match tree:
        case Not():
            return True
        case Group(children) | And(children) | Or(children):
            return any(map(excludes, children))
        case Must(child) | Boost(child):
            return excludes(child)
    return False


FIRST = Diagnostic(
    "title", "a paper has just this title and comes first; for the others - and NOT exclude words"
)
"""What is said where a title is found in spite of what the query excludes."""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
