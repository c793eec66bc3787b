"""Nodes of a query side by side: which are words that count, and which only narrow the search."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from index.fields import TEXT_QUERY_FIELDS
from searcher.query.clauses import Alternative
from searcher.query.tree import (
    And,
    Boost,
    Every,
    Group,
    Leaf,
    Must,
    Node,
    Not,
    Or,
    Range,
    Unread,
    Word,
    leaves,
)
from searcher.query.words import (
    LONG_QUERY_WORDS,
    WordMeaning,
    Words,
    asking_share,
    is_in_capitals,
    is_year,
)

TEXT_FIELDS = frozenset(("", *TEXT_QUERY_FIELDS))
"""The fields of a query whose values are text; none stands for all that are searched."""

MOST_LITERAL = 3
"""In a query of so many words, not counting stop words, they are meant as they are typed."""

TITLE_WORDS = range(3, 6)
"""A query of so many plain words, not counting stop words, may be a title; see TITLE_RANKING."""


class Operand(NamedTuple):
    """One of several nodes side by side, and what it means if it is a word of text.

    ``share`` is how much of its score counts. In a query of more than MOST_LITERAL words
    the forms of a stem count alike: it is not ``is_literal``.
    """

    node: Node
    meaning: WordMeaning | None
    share: float = 1.0
    is_literal: bool = True


def without_stop_words(
    children: Sequence[Node], meanings: Sequence[WordMeaning | None]
) -> Sequence[Operand]:
    """Return the nodes without stop words and *et al.*, or all if nothing else is text.

    Beside words in small letters, a stop word in capitals is a name: ``US elections``. In a long
    query words that only ask count less.
    """
    chosen = list(map(Operand, children, meanings))
    forms = [meaning.form if meaning else None for meaning in meanings]
    # Stop words have no form. Without one, and without *al*, nothing is left out.
    if None in forms or "al" in forms:
        et_al = {at for at, pair in enumerate(pairwise(forms)) if pair == ("et", "al")}
        others = [
            one
            for at, one in enumerate(chosen)
            if not (one.meaning and one.meaning.is_stop_word and _is_plain(one.node, children))
            and not (at in et_al or at - 1 in et_al)
        ]
        if any(
            one.meaning or not (isinstance(one.node, Not) or is_condition(one.node))
            for one in others
        ):
            chosen = others
    if len(chosen) <= MOST_LITERAL:
        return chosen
    word_count = sum([one.meaning is not None for one in chosen])
    if word_count <= MOST_LITERAL:
        return chosen
    is_long = word_count >= LONG_QUERY_WORDS
    return [
        Operand(node, meaning, asking_share(meaning.form) if is_long else 1.0, False)
        if meaning
        else Operand(node, None)
        for node, meaning, _, _ in chosen
    ]


def _is_plain(node: Node, children: Sequence[Node]) -> bool:
    """Tell whether a stop word stands for itself, and is no name in capitals."""
    if not isinstance(node, Word):
        return False
    return not is_in_capitals(node.text) or not any(
        isinstance(child, Word) and any(map(str.islower, child.text)) for child in children
    )


def add_joined(
    joined: dict[int, list[Alternative]],
    children: Sequence[Node],
    meanings: Sequence[WordMeaning | None],
    words: Words,
) -> None:
    """Add, by the id of a node, the words that it makes with a plain word beside it."""
    for at, (left, right) in enumerate(pairwise(meanings)):
        if not (left and right and left.form and right.form and left.fields == right.fields):
            continue
        if form := words.joined(left.form, right.form, left.fields):
            alternatives = words.alternatives([(form,)], left.fields, stemmed=True)
            for node in children[at : at + 2]:
                joined.setdefault(id(node), []).extend(alternatives)


def may_be_title(operands: Sequence[Operand]) -> bool:
    """Tell whether a query is a few plain words, as people remember of a title."""
    return len(operands) in TITLE_WORDS and all(map(_is_title_word, operands))


def can_relax(tree: Node) -> bool:
    """Tell whether more papers could match any of the words than match all of them."""
    if isinstance(tree, Group):
        words = [
            child
            for child in tree.children
            if not (isinstance(child, Not) or is_must(child) or is_condition(child))
        ]
        if len(words) > 1 or (words and any(map(is_must, tree.children))):
            return True
    if isinstance(tree, Group | And | Or):
        return any(can_relax(child) for child in tree.children)
    return isinstance(tree, Must | Boost) and can_relax(tree.child)


def is_condition(node: Node) -> bool:
    """Tell whether a clause only narrows the search: none of its leaves is text."""
    if isinstance(node, Word):
        return node.field not in TEXT_FIELDS
    return all(map(_only_narrows, leaves(node)))


def _only_narrows(leaf: Leaf) -> bool:
    if isinstance(leaf, Range | Unread):
        return True
    return not isinstance(leaf, Every) and leaf.field not in TEXT_FIELDS


def is_must(node: Node) -> bool:
    """Tell whether a clause is required in every search."""
    return isinstance(node, Must) or (isinstance(node, Boost) and is_must(node.child))


def _is_title_word(operand: Operand) -> bool:
    return (
        isinstance(operand.node, Word)
        and not operand.node.field
        and operand.meaning is not None
        and not is_year(operand.meaning.form)
    )
