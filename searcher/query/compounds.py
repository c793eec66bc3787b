"""Words in a row of which one stands for many: with wildcards, or a misspelt part of a compound.

``fine-tun*`` is ``finetuning``, and also ``fine`` before ``tuning``. A compound that stands nowhere
is read as its parts.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, product

from index.analysis import Token, tokens
from index.fields import exact_twin
from searcher.query.leaves import OPERATORS
from searcher.query.operands import TEXT_FIELDS
from searcher.query.signs import is_prefix, is_starred
from searcher.query.tree import And, Boost, Diagnostic, Group, Must, Node, Or, Query, Word
from searcher.query.words import Spelling, Words, by_frequency, term_pattern

MAX_ROWS = 200
"""How many rows of words one compound or phrase stands for; each is looked up in every field."""

_MAX_PARTS = 6
# A compound of compounds is taken apart once more.
_MOST_ROUNDS = 2
_JOINT = re.compile(r"[-\u2010\u2011\u2013/]+")
_INNER_STAR = re.compile(r"(?<=\w)\*(?=\w)")


def rows_of(text: str, words: Words, fields: Sequence[str]) -> Iterator[Spelling]:
    """Yield the rows of words that a word with wildcards and joints, or a phrase, stands for."""
    pieces = [
        piece
        for word in text.split()
        for piece in (_JOINT.split(word) if is_prefix(word) or " " not in text else [word])
        if piece
    ]
    if 1 < len(pieces) <= _MAX_PARTS or " " in text:
        choices = (_spellings(text, piece, words, fields) for piece in pieces)
        yield from (tuple(chain.from_iterable(row)) for row in product(*choices))
    elif _INNER_STAR.search(text):
        # TF*IDF is the name of something where an index has both words in a row.
        row = tuple(token.forms[0] for token in tokens(text.replace("*", " ")))
        if len(row) > 1 and words.stands(row, tuple(map(exact_twin, fields))):
            yield row


def misspelt_rows(text: str, edits: int, words: Words, fields: Sequence[str]) -> Iterator[Spelling]:
    """Yield the rows of words of which one is at most ``edits`` edits from a part of a compound."""
    exact = tuple(map(exact_twin, fields))
    parts = [token.forms[0] for token in tokens(text) if token.part_count == 1]
    if 1 < len(parts) <= _MAX_PARTS:
        for at, part in enumerate(parts):
            if not all(words.is_word(other, exact) for other in (*parts[:at], *parts[at + 1 :])):
                continue
            near = (words.vocabulary.within(name, part, edits) for name in exact)
            for form in by_frequency(chain.from_iterable(near)):
                yield (*parts[:at], form, *parts[at + 1 :])


def some_rows(rows: Iterable[Spelling], most: int) -> tuple[list[Spelling], bool]:
    """Return different rows, and whether there are more than are looked up."""
    found = list(dict.fromkeys(islice(rows, 2 * MAX_ROWS)))
    chosen = found[: min(most, MAX_ROWS)]
    return chosen, len(chosen) < len(found)


def apart(query: Query, is_nowhere: Callable[[Word], bool]) -> Query:
    """Return a query whose compounds that stand nowhere in a row are read as their parts.

    What looks like an identifier is no compound.
    """
    if any(one.code == "no-such-id" for one in query.diagnostics):
        return query
    for _ in range(_MOST_ROUNDS):
        nowhere = list(filter(is_nowhere, compounds(query.tree)))
        if not nowhere:
            break
        said = tuple(
            Diagnostic(
                "compound",
                f"no paper has {word.text[:60]!r} in a row;"
                f" read as the words {', '.join(parts_of(word.text))[:200]}",
            )
            for word in nowhere
        )
        query = Query(taken_apart(query.tree, nowhere), (*query.diagnostics, *said))
    return query


def compounds(tree: Node) -> list[Word]:
    """Return the words of a query that consist of several, other than those excluded."""
    match tree:
        case Word(text, field):
            return [tree] if field in TEXT_FIELDS and len(parts_of(text)) > 1 else []
        case Group(children) | And(children) | Or(children):
            return [word for child in children for word in compounds(child)]
        case Must(child) | Boost(child):
            return compounds(child)
    return []


def parts_of(text: str) -> list[str]:
    """Return the words that a compound consists of, hyphenated ones whole if it has others."""
    found = list(tokens(text))
    units: list[Token] = []
    for token in found:
        if not units or token.start >= units[-1].end:
            units.append(token)
    if len(units) == 1:
        units = [token for token in found if token.part_count == 1]
    parts = [text[token.start : token.end] for token in units]
    # NOT within a compound is no operator, nor may it become one.
    return [part.lower() if part in OPERATORS else part for part in parts]


def taken_apart(tree: Node, wanted: Collection[Word]) -> Node:
    """Return a query in which some compounds are their parts."""
    match tree:
        case Word(text, field) if tree in wanted:
            return Group(tuple(Word(part, field) for part in parts_of(text)))
        case Group(children):
            parted = [taken_apart(child, wanted) for child in children]
            flat = [
                part
                for child, own in zip(children, parted, strict=True)
                for part in (own.children if child in wanted and isinstance(own, Group) else [own])
            ]
            return Group(tuple(flat))
        case And(children) | Or(children):
            return replace(tree, children=tuple(taken_apart(child, wanted) for child in children))
        case Must(child) | Boost(child):
            return replace(tree, child=taken_apart(child, wanted))
    return tree


def _spellings(text: str, piece: str, words: Words, fields: Sequence[str]) -> list[Spelling]:
    """Return what a part of a text is: its spellings, or the terms that its wildcards match."""
    exact = tuple(map(exact_twin, fields))
    if is_starred(piece) or not ("*" in piece or "?" in piece):
        return words.typed(text, words.spellings(list(tokens(piece))), exact)
    pattern = term_pattern(piece)
    matches = (words.vocabulary.matching(name, pattern) for name in exact)
    return [(term,) for term in by_frequency(chain.from_iterable(matches))]
