"""Words in a row of which one stands for many: with wildcards, or a misspelt part of a compound.

``fine-tun*`` is ``finetuning``, and also ``fine`` before ``tuning``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise, product

from index.analysis import tokens
from index.fields import exact_twin
from searcher.query.signs import is_prefix, is_starred
from searcher.query.words import Spelling, Words, by_frequency, term_pattern

MAX_ROWS = 200
"""How many rows of words one compound or phrase stands for; each is looked up in every field."""

_MAX_PARTS = 6
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
        choices = (_spellings(piece, words, fields) for piece in pieces)
        yield from (tuple(chain.from_iterable(row)) for row in product(*choices))
    elif _INNER_STAR.search(text):
        # TF*IDF is the name of something where an index has both words in a row.
        row = tuple(token.forms[0] for token in tokens(text.replace("*", " ")))
        if len(row) > 1 and any(_stands(row, words, field) for field in fields):
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


def _spellings(piece: str, words: Words, fields: Sequence[str]) -> list[Spelling]:
    """Return what a part stands for: its spellings, or the terms that its wildcards match."""
    if is_starred(piece) or not ("*" in piece or "?" in piece):
        return words.spellings(list(tokens(piece)))
    pattern, prefix = term_pattern(piece)
    matches = (words.vocabulary.matching(exact_twin(name), pattern, prefix) for name in fields)
    return [(term,) for term in by_frequency(chain.from_iterable(matches))]


def _stands(row: Spelling, words: Words, field: str) -> bool:
    exact = exact_twin(field)
    return all(words.vocabulary.has_in_a_row(exact, *pair) for pair in pairwise(row))
