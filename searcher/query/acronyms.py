"""An index → which words are acronyms there, and of what, by the definitions in its papers.

Nothing of this is in the index: the papers that have a word are read when it is first asked for.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice, product
from typing import NamedTuple

from index.analysis import is_stop_word, tokens
from index.fields import STEMMED_FIELDS
from searcher.deadline import Deadline
from searcher.query.clauses import Alternative, Clause, Match
from searcher.query.definitions import SHORT_CHARS, definitions, long_key, short_key
from searcher.query.tree import Acronym, Diagnostic, Node, Word
from searcher.query.vocabulary import Vocabulary
from searcher.query.words import MAX_CACHED_WORDS, Words

MOST_READ = 500
"""How many papers with a word are read to list its definitions, the newest ones."""

FEWEST_PAPERS = 3
"""How many papers must define an acronym alike before a query is read by it."""

CLEAR_SHARE = 0.8
"""What share of all papers that define an acronym must agree on what it means."""

MAX_WORDS = 64
"""How many words of a query are looked at."""

WEIGHT = 0.5
"""How much an acronym counts that stands for what was typed, or what it stands for."""

# Half of the papers must write a word in capitals, or it is an ordinary word; if it was typed in
# small letters, nearly all must. The first fifteen tell.
_SAMPLE = 15
_CAPITALS, _NEARLY_ALL = 0.5, 0.9
# To read a query, that many papers are read, or as many as it takes until so many define the word:
# of 303 acronyms that 23,258 abstracts are clear about, 301 stay clear, and none is read otherwise.
_MOST_READ_BY_QUERY, _ENOUGH_DEFINING = 200, 16
# In small letters, longer words are hardly ever acronyms: two of a hundred definitions have one.
_MOST_SMALL_LETTERS = 5
# A definition is at a bracket, so far away at most.
_NEAR = 40
_MOST_LISTED = 100
# A search reads its words twice, for all of them and for any, which takes a fifth of it otherwise.
# Each entry of a long query takes a few KB.
_MOST_CACHED_QUERIES = 1 << 10
_MOST_PARTS = 8
_MOST_SHORTS = 32
_SIGNS = {"to": ("2",), "for": ("4",)}
_MOST_SPELLINGS = 4
_TOO_MANY = Diagnostic("too-many-acronyms", f"acronyms are looked for in {MAX_WORDS} words at most")


class Usage(NamedTuple):
    """How papers use a word as an acronym; ``found`` has what most papers mean first.

    ``in_capitals`` is the share of the papers read that write it so, and ``defining`` how many of
    them define it. ``has_plural``: with an s it is its plural, as LMs and unlike GPS. ``has_more``:
    other papers may define it, which were not read.
    """

    in_capitals: float
    has_plural: bool
    defining: int
    found: tuple[Acronym, ...]
    has_more: bool = False

    @property
    def clear(self) -> Acronym | None:
        """What nearly all papers mean by it."""
        if not self.found or self.found[0].papers < FEWEST_PAPERS:
            return None
        return self.found[0] if self.found[0].papers >= CLEAR_SHARE * self.defining else None


UsageOf = Callable[[str, float], Usage]
"""Returns how papers use a word; see ``_usage``."""


class Reading(NamedTuple):
    """What the words of a query from ``first`` to ``last`` also mean."""

    first: int
    last: int
    alternatives: tuple[Alternative, ...]
    said: Diagnostic


class Acronyms:
    """The acronyms of one index. Safe to share by threads if its vocabulary is."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._usage = lru_cache(MAX_CACHED_WORDS)(
            partial(
                _usage,
                words.vocabulary,
                most_read=_MOST_READ_BY_QUERY,
                enough_defining=_ENOUGH_DEFINING,
            )
        )
        self._readings = lru_cache(_MOST_CACHED_QUERIES)(partial(_readings, words, self._usage))

    def of_query(
        self, diagnostics: dict[Diagnostic, None], deadline: Deadline | None
    ) -> "AcronymsOfQuery":
        """Return the acronyms of a query, which are told in ``diagnostics``.

        They raise OutOfTimeError if the deadline passes before papers are read.
        """
        if deadline is None:
            return AcronymsOfQuery(self._readings, diagnostics)

        def usage_of(short: str, least: float) -> Usage:
            deadline.check()
            return self._usage(short, least)

        return AcronymsOfQuery(partial(_readings, self._words, usage_of), diagnostics)

    def of(self, text: str) -> tuple[Acronym, ...]:
        """Return what an acronym stands for, or else the acronyms of a text, by their papers."""

        def usage_of(short: str) -> Usage:
            vocabulary = self._words.vocabulary
            return _usage(vocabulary, short, 0.0, most_read=MOST_READ, enough_defining=MOST_READ)

        for usage in _usages(text, usage_of):
            if usage.found:
                return usage.found
        wanted = long_key(text)
        found = [
            one
            for short in _short_forms(_parts(text))
            for one in usage_of(short).found
            if long_key(one.long) == wanted
        ]
        return tuple(sorted(found, key=lambda one: (-one.papers, one.short)))


Readings = Callable[[tuple[str, ...]], tuple[Reading, ...]]
"""Return what words side by side also mean; an empty text is something else than a word."""


class AcronymsOfQuery:
    """The acronyms of one query, which are told in ``diagnostics``; none without ``readings``.

    ``found`` is what nodes also mean, by their ids.
    """

    __slots__ = ("_diagnostics", "_readings", "_words_left", "found")

    def __init__(self, readings: Readings | None, diagnostics: dict[Diagnostic, None]) -> None:
        self._readings = readings
        self._diagnostics = diagnostics
        self._words_left = MAX_WORDS
        self.found: dict[int, tuple[Alternative, ...]] = {}

    def of_row(self, children: Sequence[Node]) -> dict[int, list[Alternative]]:
        """Return, by the id of a node, what it means as an acronym or as part of a long form."""
        also: dict[int, list[Alternative]] = {}
        if self._readings is None:
            return also
        texts = tuple([one.text if type(one) is Word and not one.field else "" for one in children])
        self._words_left -= len(texts)
        if self._words_left < 0:
            self._diagnostics[_TOO_MANY] = None
            return also
        for first, last, alternatives, said in self._readings(texts):
            self._diagnostics[said] = None
            for child in children[first : last + 1]:
                also[id(child)] = list(alternatives)
                self.found[id(child)] = alternatives
        return also

    def of_each(self, children: Sequence[Node]) -> dict[int, list[Alternative]]:
        """Return the same of nodes that are not side by side."""
        return {at: more for one in children for at, more in self.of_row([one]).items()}


NO_ACRONYMS = AcronymsOfQuery(None, {})
"""What reads each word as it stands."""


def with_more(clause: Clause, alternatives: Sequence[Alternative]) -> Clause:
    """Return the clause of a word with more ways to spell it."""
    if not isinstance(clause, Match):
        return clause
    more = (*clause.alternatives, *alternatives)
    return clause._replace(alternatives=tuple(dict.fromkeys(more)))


class _Part(NamedTuple):
    """A word of a long form, and what a short form may have of it."""

    form: str
    initials: tuple[str, ...]


class _Place(NamedTuple):
    """A short form as a text has it."""

    text: str
    is_near_bracket: bool


def _usage(
    vocabulary: Vocabulary, short: str, least: float, *, most_read: int, enough_defining: int
) -> Usage:
    """Return how the newest papers use a word, given by its key.

    Where it is plain that fewer than the share ``least`` write it in capitals, or where
    ``enough_defining`` define it, no more are read.
    """
    seen = read = capitals = plurals = other_ends = defining = 0
    papers: Counter[str] = Counter()
    shorts: Counter[str] = Counter()
    longs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for texts in vocabulary.texts_with(_singular_and_plural(short), most_read):
        seen += 1
        found = [place for text in texts for place in _places(text, short)]
        if not found:
            continue
        read += 1
        names = [place.text for place in found if sum(map(str.isupper, place.text)) > 1]
        capitals += bool(names)
        plurals += any(name[-1] == "s" for name in names)
        other_ends += any(len(name) > len(short) and name[-1] == "S" for name in names)
        if read <= _SAMPLE and read - capitals > (1 - least) * _SAMPLE:
            return Usage(capitals / read, False, 0, ())
        if any(place.is_near_bracket for place in found):
            defined = [one for text in texts for one in definitions(text, short)]
            defining += bool(defined)
            papers.update({long_key(one.long) for one in defined})
            shorts.update(one.short for one in defined)
            for one in defined:
                longs[long_key(one.long)][one.long] += 1
            if defining == enough_defining:
                break
    name = _usual(shorts)
    listed = sorted(papers, key=lambda key: (-papers[key], key))[:_MOST_LISTED]
    meant = tuple([Acronym(name, _usual(longs[key]), papers[key]) for key in listed])
    has_more = seen == most_read or defining == enough_defining
    return Usage(capitals / max(read, 1), plurals > other_ends, defining, meant, has_more)


def _readings(words: Words, usage_of: UsageOf, texts: tuple[str, ...]) -> tuple[Reading, ...]:
    """Return what words side by side also mean, each of them in one way at most.

    A text that is empty is something else than a word. Long forms count before what is within them.
    """
    parts = [_parts(text) for text in texts]
    runs = _runs(parts)
    words.vocabulary.expect(
        short
        for first, last in runs
        for short in _short_forms([part for own in parts[first : last + 1] for part in own])
    )
    found: list[Reading] = []
    taken: set[int] = set()
    for first, last in runs:
        own = range(first, last + 1)
        if taken.isdisjoint(own):
            text = " ".join(texts[first : last + 1])
            run = [part for at in own for part in parts[at]]
            if as_short := _as_short(words, usage_of, run, text):
                found.append(Reading(first, last, *as_short))
                taken.update(own)
    for at, text in enumerate(texts):
        if at not in taken and (as_long := _as_long(words, usage_of, text)):
            found.append(Reading(at, at, *as_long))
    return tuple(found)


def _as_long(
    words: Words, usage_of: UsageOf, text: str
) -> tuple[tuple[Alternative, ...], Diagnostic] | None:
    """Return what a word means as an acronym, None if it is none or means several things."""
    in_capitals, key = sum(map(str.isupper, text)) > 1, short_key(text)
    is_ordinary = is_stop_word(key) or not key.isalpha() or len(key) > _MOST_SMALL_LETTERS
    if is_ordinary and not in_capitals:
        return None
    least = _CAPITALS if in_capitals else _NEARLY_ALL
    for usage in _usages(text, lambda short: usage_of(short, least)):
        if (meant := usage.clear) and usage.in_capitals >= least:
            spellings = words.spellings(list(tokens(meant.long)))[:_MOST_SPELLINGS]
            alternatives = words.alternatives(spellings, STEMMED_FIELDS, stemmed=True)
            return _weighed(alternatives), _said(text, f'"{meant.long}"', meant, usage)
    return None


def _as_short(
    words: Words,
    usage_of: UsageOf,
    run: Sequence[_Part],
    text: str,
) -> tuple[tuple[Alternative, ...], Diagnostic] | None:
    """Return the acronym that stands for a text alone, None if there is none."""
    vocabulary = words.vocabulary
    known = [short for short in _short_forms(run) if words.is_word(short, STEMMED_FIELDS)]
    stems = [vocabulary.stem(part.form) for part in run] if known else []
    for short in known:
        # Papers that define it have all the words: to look for those takes less than to read it.
        if not vocabulary.together(_singular_and_plural(short), stems, FEWEST_PAPERS):
            continue
        usage = usage_of(short, _NEARLY_ALL)
        meant = usage.clear
        is_usual = meant and usage.in_capitals >= _NEARLY_ALL
        # Keys need the stemmer, which takes time to load.
        if meant and is_usual and long_key(meant.long) == long_key(text):
            forms = _singular_and_plural(short) if usage.has_plural else (short,)
            alternatives = words.alternatives(
                [(one,) for one in forms], STEMMED_FIELDS, stemmed=False
            )
            return _weighed(alternatives), _said(f'"{text}"', meant.short, meant, usage)
    return None


def _runs(parts: Sequence[Sequence[_Part]]) -> list[tuple[int, int]]:
    """Return the first and the last of words in a row that may be a long form, longest first."""
    found: list[tuple[int, int, int]] = []
    for first in range(len(parts)):
        run: list[_Part] = []
        for last in range(first, len(parts)):
            run += parts[last]
            if not parts[last] or len(run) > _MOST_PARTS:
                break
            ends = [part for own in (parts[first], parts[last]) if len(own) == 1 for part in own]
            if len(run) > 1 and not any(is_stop_word(part.form) for part in ends):
                found.append((-len(run), first, last))
    return [(first, last) for _, first, last in sorted(found)]


def _parts(text: str) -> list[_Part]:
    found: list[_Part] = []
    end = -2
    for token in tokens(text):
        if token.part_count == 1:
            form = token.forms[0]
            is_joined = token.start == end + 1 and text[end] != " "
            more = ("", *_SIGNS.get(form, ())) if is_joined or is_stop_word(form) else ()
            found.append(_Part(form, (form[0], *more)))
            end = token.end
    return found


def _short_forms(run: Sequence[_Part]) -> list[str]:
    """Return the short forms that a long form may have by the initials of its words."""
    if len(run) > _MOST_PARTS:
        return []
    chosen = map("".join, islice(product(*[part.initials for part in run]), _MOST_SHORTS))
    return [short for short in dict.fromkeys(chosen) if len(short) in SHORT_CHARS]


def _singular_and_plural(short: str) -> tuple[str, str]:
    """Return a short form in the singular and in the plural."""
    return short, short + "s"


def _usages(text: str, usage_of: Callable[[str], Usage]) -> Iterator[Usage]:
    """Yield how papers use a word, that of what it is the plural of first."""
    key = short_key(text)
    may_be_plural = key[-1:] == "s" and len(key) > SHORT_CHARS.start and text[-1] != "S"
    if may_be_plural and (singular := usage_of(key[:-1])).has_plural:
        yield singular
    if len(key) in SHORT_CHARS:
        yield usage_of(key)


def _places(text: str, short: str) -> Iterator[_Place]:
    """Yield where a text has a short form, or with an s."""
    small = text.lower()
    if len(small) != len(text):
        return  # of a few capitals the small letter is two characters
    for match in _written(short, short in small).finditer(small):
        start, end = match.span()
        around = text[max(start - _NEAR, 0) : end + _NEAR]
        yield _Place(text[start:end], "(" in around or "[" in around)


@lru_cache(maxsize=1 << 6)
def _written(short: str, is_plain: bool) -> re.Pattern[str]:
    """Return the pattern of a short form; it takes longer to find with joints."""
    text = re.escape(short) if is_plain else "-?".join(map(re.escape, short))
    return re.compile(rf"(?<![^\W_]){text}s?(?![^\W_])")


def _weighed(alternatives: tuple[Alternative, ...]) -> tuple[Alternative, ...]:
    return tuple([one._replace(weight=WEIGHT) for one in alternatives])


def _said(typed: str, other: str, meant: Acronym, usage: Usage) -> Diagnostic:
    papers = f"{meant.papers} papers" + (" or more" if usage.has_more else "")
    return Diagnostic("acronym", f"{typed} also read as {other} ({papers})")


def _usual(counts: Counter[str]) -> str:
    """Return how a text is written most often; among equals short and in small letters."""
    spelled: Counter[str] = Counter()
    for text, count in counts.items():
        spelled[text.lower()] += count
    usual = min(spelled, key=lambda text: (-spelled[text], len(text), text), default="")
    cased = [text for text in counts if text.lower() == usual]
    return min(cased, key=lambda text: (-counts[text], text.swapcase()), default="")
