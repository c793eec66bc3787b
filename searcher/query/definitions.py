"""A text → the acronyms that it defines, as in *large language models (LLMs)*.

As Schwartz and Hearst do it ("A simple algorithm for identifying abbreviation definitions in
biomedical text", PSB 2003), one of two forms is looked for in brackets after the other, and the
long one must have every character of the short one in order. They take the shortest text that does:
of *proximal policy optimization (PPO)* the last two words. Here characters that are no initials,
and words without any, have a price, and the cheapest text is taken.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from index.analysis import is_stop_word, stem
from index.letters import fold
from searcher.query.variants import variants

SHORT_CHARS = range(2, 11)
"""How many letters and digits a short form has."""

# So much is looked at on either side of a bracket.
_MOST_CHARS = 250
_MOST_SHORT_CHARS = 30
# A long form has so many more words than the short one has characters, as in the paper.
_MORE_WORDS = 5

_BRACKET = re.compile(r"[(\[]")
_SHORT = r"[^\W_](?:[-.&/+]?[^\W_])*"
_SHORT_INSIDE = re.compile(
    r"\s*(?:(?:abbreviated|called|known|referred to|hereafter|henceforth|or|abbr\.|aka|a\.k\.a\.|"
    r"i\.?e\.?,?)\s+(?:as\s+)?)?"
    rf"[\"'“‘`]*({_SHORT})(?:['’]s)?[\"'”’`]*(?![^\s)\],;:])"
)
_SHORT_BEFORE = re.compile(rf"({_SHORT})(?:['’]s)?[\"'”’`]*\s*$")
_LONG_INSIDE = re.compile(r"[^()\[\];:]+")
_WORD = re.compile(r"[^\W_]+")
_ENDS = ".;:!?()[]{}|=<>"
_JOINTS = "-‐‑–/'’"

# The price of a character that follows others of its word, that stands elsewhere within its word,
# and within a long word; of a word without any that is a stop word, that is the second part of a
# compound, of another, and of one at the end.
_NEXT, _WITHIN, _WITHIN_LONG = 0.4, 0.9, 0.5
_STOP_WORD, _PART, _WORD_WITHOUT, _LAST_WITHOUT = 0.1, 0.5, 1.3, 1.0
_LONG_WORD = 9
# The price of a definition is at most so much for each character. By eye, 197 of 200 definitions
# in the ACL Anthology are right; 90 % of its short forms in capitals and brackets have one.
_MOST_PRICE = 0.36
_INFINITE = float("inf")
# What a character stands for beside words that begin with it.
_SOUNDS = {
    "x": ("ex", "cross", "trans"), "2": ("to", "two"), "3": ("three",), "4": ("for", "four"),
    "α": ("alpha",), "β": ("beta",), "γ": ("gamma",),
}  # fmt: skip


class Definition(NamedTuple):
    """A short form and its long form, as a text has them; neither is in the plural of acronyms."""

    short: str
    long: str


class _Word(NamedTuple):
    """A word of a long form; ``is_part`` if it is joined to the word before it."""

    start: int
    end: int
    folded: str
    is_part: bool


def definitions(text: str, wanted: str = "") -> Iterator[Definition]:
    """Yield the definitions of a text in order, or those of short forms with the key ``wanted``.

    A line end is as good as a blank, and no bracket need have its other half.
    """
    for bracket in _BRACKET.finditer(text):
        at = bracket.start()
        inside = text[at + 1 : at + 1 + _MOST_CHARS]
        short = _wanted_short(_SHORT_INSIDE.match(inside), wanted)
        long = _long_before(text[max(at - _MOST_CHARS, 0) : at], short) if short else ""
        if not long:
            before = _SHORT_BEFORE.search(text, max(at - _MOST_SHORT_CHARS, 0), at)
            short = _wanted_short(before, wanted)
            content = _LONG_INSIDE.match(inside) if short else None
            long = _long_inside(content[0], short) if content else ""
        if long:
            yield Definition(short, " ".join(long.split()))


def short_key(short: str) -> str:
    """Return what short forms share that differ by case and joints only."""
    return "".join(filter(str.isalnum, fold(short)))


def long_key(long: str) -> str:
    """Return what long forms share that differ by case, joints, spelling and plural only."""
    words = [_spelled(word.folded) for word in _words(long)]
    plain = [word[:-1] if word[-1:] == "s" and word[-2:] != "ss" else word for word in words]
    return "".join([*plain[:-1], *map(stem, words[-1:])])


@lru_cache(maxsize=1 << 12)
def _spelled(word: str) -> str:
    """Return one of the spellings of a word, the same for all of them."""
    return min((word, *variants(word)))


def is_short(text: str) -> bool:
    """Tell whether a text may be a short form: it has two capitals, or one and a number."""
    count = sum(map(str.isalnum, text))
    signs = sum(map(str.isupper, text)) + any(map(str.isdigit, text))
    return count in SHORT_CHARS and signs > 1 and any(map(str.isupper, text))


def _wanted_short(match: re.Match[str] | None, wanted: str) -> str:
    """Return the short form that was matched, in the singular; it is empty if it is not wanted."""
    if match is None:
        return ""
    short = match[1]
    if len(short) > SHORT_CHARS.start and short[-1] == "s" and short[-2].isupper():
        short = short[:-1]
    return short if is_short(short) and wanted in ("", short_key(short)) else ""


def _long_before(text: str, short: str) -> str:
    """Return the long form that a text ends with, at most one word before its end, or nothing."""
    text = text[max(map(text.rfind, _ENDS)) + 1 :]
    words = _words(text)
    key = short_key(short)
    words = words[-min(len(key) + _MORE_WORDS, 2 * len(key)) :]
    long = _cheapest(text, words, key, _MOST_PRICE * len(key))
    if not long and len(key) > SHORT_CHARS.start:
        long = _cheapest(text, words[:-1], key, _MOST_PRICE * len(key) - _LAST_WITHOUT)
    return long


def _long_inside(text: str, short: str) -> str:
    """Return the long form that a text is, as a whole or up to a comma, or nothing."""
    key = short_key(short)
    for part in (text, text.partition(",")[0]):
        words = _words(part)
        if words and len(words) <= len(key) + _MORE_WORDS:
            long = _cheapest(part, words, key, _MOST_PRICE * len(key))
            if long and part.startswith(long, words[0].start):
                return long
    return ""


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        is_part = bool(found) and start == found[-1].end + 1 and text[start - 1] in _JOINTS
        word = match[0]
        found.append(_Word(start, end, word.lower() if word.isascii() else fold(word), is_part))
    return found


def _cheapest(text: str, words: Sequence[_Word], key: str, most: float) -> str:
    """Return the cheapest text to the end of the last word that has all characters of a key.

    The first one is an initial of the first word, and the last word has one. Nothing is returned
    if the price is as high as ``most``, or if the key is one of the words, or
    begins the only one.
    """
    count = len(key)
    best, start = most, -1
    # The price of the characters from each one on, in the words from one on.
    prices = [_INFINITE] * count + [0.0]
    for at in reversed(range(len(words))):
        word = words[at]
        without = _price_without(word) if at < len(words) - 1 else _INFINITE
        own = [without + price for price in prices]
        as_first = _INFINITE
        for place in range(count):
            for end, price in _explained(word.folded, key, place):
                own[place] = min(own[place], price + prices[end])
                if not place:
                    as_first = min(as_first, price + prices[end])
        if as_first < best:
            best, start = as_first, at
        prices = own
    chosen = words[start:] if start >= 0 else ()
    is_longer_name = len(chosen) == 1 and chosen[0].folded.startswith(key)
    if not chosen or is_longer_name or any(word.folded == key for word in chosen):
        return ""
    return text[chosen[0].start : chosen[-1].end]


def _price_without(word: _Word) -> float:
    """Return the price of a word that has none of the characters."""
    if is_stop_word(word.folded):
        return _STOP_WORD
    return _PART if word.is_part else _WORD_WITHOUT


def _explained(word: str, key: str, place: int) -> Iterator[tuple[int, float]]:
    """Yield where the characters of a key from a place on end that a word has, and the price."""
    char = key[place]
    if word[0] != char:
        sounds = _SOUNDS.get(char, ())
        if word.startswith(sounds) if char == "x" else word in sounds:
            yield place + 1, 0.0
        return
    yield place + 1, 0.0
    is_long = len(word) >= _LONG_WORD and len(key) > SHORT_CHARS.start
    price, at, is_next = 0.0, 1, True
    for more in range(place + 1, len(key)):
        found = word.find(key[more], at)
        if found < 0:
            return
        is_next = is_next and found == at
        price += _NEXT if is_next else _WITHIN_LONG if is_long else _WITHIN
        at = found + 1
        yield more + 1, price
