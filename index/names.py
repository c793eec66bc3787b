"""Names of persons and institutions: their parts, their spellings, whether one means another.

A name is in the order in which it is read, ``Ludwig van der Berg``, with a suffix after a comma,
``Neal Quill, Jr.``. What is said of persons here holds for institutions too. How files print
names, one by one or in lists, is the matter of ``index.printed.names``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from enum import IntEnum
from functools import lru_cache
from itertools import islice, pairwise, product
from typing import NamedTuple

from index.analysis import MAX_WORD_CHARS, as_form, tokens

MAX_NAME_CHARS = 1_000
"""A whole-name term has at most so many characters: the words that a longer name begins with.

What is so long is a list of names that nothing parts. Plain words find each of its words.
"""


class NameParts(NamedTuple):
    """The parts of a person's name, where a source tells them apart; all empty where it does not.

    A ``particle`` stands before the family name and does not count when names are sorted, such as
    ``van der``. A family name alone is the whole name, such as that of a group.
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""

    @property
    def displayed(self) -> str:
        """The name in the order in which it is read: ``Ludwig van der Berg, Jr.``."""
        name = " ".join(part for part in (self.given, self.particle, self.family) if part)
        return f"{name}, {self.suffix}" if self.suffix else name


Name = str | NameParts
"""A name in the order in which it is read, as that of a group is, or the parts of a name."""


def whole_name(text: str) -> Name:
    """Return a name that has no parts, as a source says; a family name alone if it has words."""
    return NameParts(text) if len(text.split()) > 1 else text


PARTICLES = frozenset(
    "al af av ben bin d' da das de del della dello dem den der des di do dos du el het ibn in la"
    " las le los op 't ten ter van vom von zu zum zur".split()
)
"""What may stand between given and family name, or behind the given name where both turn."""

_VOWELS = frozenset("aeiouy")
# A family name, and no initials.
_WITHOUT_VOWELS = frozenset({"ng"})
# What is left of a word before an apostrophe: ``O'Connor``.
_ELIDED = frozenset("dglmnot")
_HYPHEN = re.compile(r"[-\u2010\u2011]")
# A syllable of a Chinese name, in either romanisation, and most Korean and Vietnamese ones.
_SYLLABLE = re.compile(r"(?:[cstz]h|[ht]s|ng|[b-df-hj-np-tw-z])?[aeiou]{1,3}(?:ng|[nhr])?")
# A query with more ways to read its names is no name.
_MOST_SPELLINGS = 16
_MOST_FAMILY_WORDS = 4
_MOST_JOINED = 50
# Longer texts are no names; the memory of spellings is not for them.
_MAX_CACHED_CHARS = 100
_SUFFIX = re.compile(r"(?:Jn?r|Sn?r)\.?|II|III|IV|[2-4](?:nd|rd|th)", re.IGNORECASE)


def is_suffix(text: str) -> bool:
    """Tell whether ``text`` is what a family hands on with a name: ``Jr.``, ``III``, ``2nd``."""
    return len(text) < 5 and _SUFFIX.fullmatch(text) is not None


def split_names(text: str, separator: str) -> tuple[str, ...]:
    """Split a list of names where the pattern ``separator`` matches.

    A suffix such as ``Jr.`` stays with the name before it. White space in ``text`` is single
    spaces.
    """
    names: list[list[str]] = []
    for part in re.split(separator, text):
        name = part.strip()
        if names and is_suffix(name):
            names[-1].append(name)
        elif name:
            names.append([name])
    return tuple(map(", ".join, names))


def surname(name: str) -> str:
    """Return the last word of a name, without what follows a comma: a suffix or a given name."""
    words = name.partition(",")[0].split()
    return words[-1] if words else ""


def name_terms(name: str) -> tuple[str, ...]:
    """Return a name as whole-name terms, one per spelling.

    ``Jürgen Müller`` gives ``jurgen muller`` and ``juergen mueller``; the first is the plain one.
    """
    words = name.replace(". ", " ").split()
    if "-" in name:
        words = " ".join(words).replace("-", " ").split(" ")
    if words and name.isascii() and all(map(str.isalnum, words)):
        if len(name) > MAX_WORD_CHARS:
            words = list(map(as_form, words))
        return (_as_term(" ".join(words).lower()),)  # as most names are
    parts = [token.forms for token in tokens(name) if token.part_count == 1]
    if not parts:
        return ()
    plain = _as_term(" ".join(forms[0] for forms in parts))
    spelled_out = _as_term(" ".join(forms[-1] for forms in parts))
    return (plain,) if plain == spelled_out else (plain, spelled_out)


def _as_term(spelling: str) -> str:
    """Return the whole words among the first MAX_NAME_CHARS of a name."""
    if len(spelling) <= MAX_NAME_CHARS:
        return spelling
    return spelling[: MAX_NAME_CHARS + 1].rpartition(" ")[0]


def with_owners(authors: Sequence[str], owners: Sequence[str]) -> tuple[str, ...]:
    """Return ``authors`` and, at the end, those of ``owners`` that they do not include."""
    names = dict.fromkeys(authors)
    missing = [owner for owner in owners if owner and owner not in names]
    known = set[str]().union(*map(_spellings, authors)) if missing else set[str]()
    added = []
    for owner in missing:
        spellings = _spellings(owner)
        if owner not in names and known.isdisjoint(spellings):
            added.append(owner)
            names[owner] = None
            known |= spellings
    return (*authors, *added)


Words = tuple[str, ...]


class Likeness(IntEnum):
    """How surely a name is the one that somebody looks for, the surest first."""

    EXACT = 0
    """The same words, parted or not: ``Xiaoming`` for ``Xiao-Ming``, ``JP`` for ``J. P.``"""
    COMPATIBLE = 1
    """One says more than the other, and they agree: a middle name, a word for an initial typed."""
    POSSIBLE = 2
    """The name has initials where a given name was typed; it may be that of somebody else."""


class WantedName:
    """A name that somebody looks for: ``Huchra, J. P.``, ``JP Huchra``, ``Huchra JP``, ``Huchra``.

    In each name that may be meant a word ends in one of ``word_ends``, blanks left out; or if it is
    nothing but ``initials``, a word begins with each.
    """

    def __init__(self, text: str, *, of_person: bool = True) -> None:
        """Take a name apart. In that of an institution the words may stand in any order."""
        self._of_person = of_person
        self._typed = name_terms(text)
        # A comma turns a name, but for what is no part of it: ``IsoQuest, Inc.``
        self._is_typed = Likeness.COMPATIBLE if "," in text else Likeness.EXACT
        self._suffix = ""
        self._has_given = True
        self._halves: set[str] = set()
        # Capitals behind may be a family name: ``Wei XU``.
        self._doubtful: set[Words] = set()
        self._readings = tuple(dict.fromkeys(self._read(text)))
        words = [word for reading in self._readings for word in reading]
        is_word = not all(map(_is_initial, words))
        self.initials = () if is_word else tuple(dict.fromkeys(words))
        ends = [
            max(reading, key=len) if _is_initial(reading[-1]) else reading[-1]
            for reading in self._readings
        ]
        self.word_ends = tuple(dict.fromkeys(ends)) if is_word else ()
        self._first_letters = tuple({reading[0][0] for reading in self._readings})
        alone = () if self._has_given else self._readings
        self._rows = [f" {' '.join(reading)} " for reading in alone]

    def plausible(self, names: Iterable[str]) -> Iterable[str]:
        """Leave out those of some names that are surely not meant, of many in little time."""
        if self.initials or self._rows:
            return names
        starts, typed = self._first_letters, self._typed
        words = tuple({reading[0] for reading in self._readings})
        return [
            name
            for name in names
            if name.startswith(starts)
            or name[1:2] == " "
            or name in typed
            or any(map(name.replace(" ", "").__contains__, words))
        ]

    def likeness(self, term: str) -> Likeness | None:
        """Return how surely a name, given as a whole-name term, is meant; None if it is not."""
        if term in self._typed and self._is_typed is Likeness.EXACT:
            return Likeness.EXACT
        for row in self._rows:
            if row in f" {term} ":
                return Likeness.EXACT
        name = term.split(" ")
        suffix = _suffix_of(name)
        if suffix and self._suffix and suffix != self._suffix:
            return None
        own = _with_initials(name) if self._of_person and not self.initials else tuple(name)
        found = [
            one
            for words in self._readings
            if (one := self._compared(words, own)) is not None
            and not (one is Likeness.POSSIBLE and words in self._doubtful)
        ]
        if term in self._typed:
            found.append(self._is_typed)
        if not found:
            return None
        says_same = suffix == self._suffix or len(self._readings[0]) == 1
        return min(found) if says_same else max(min(found), Likeness.COMPATIBLE)

    def _compared(self, wanted: Words, name: Words) -> Likeness | None:
        wanted, name = _joined_as(name, wanted), _joined_as(wanted, name)
        if wanted == name or (not self._has_given and _is_within(wanted, name)):
            return Likeness.EXACT
        initial_count = sum(map(_is_initial, wanted))
        if initial_count in (0, len(wanted)) or not self._of_person:
            if _says_more(name, wanted):
                is_half = self._of_person and _is_half(wanted, name)
                return Likeness.POSSIBLE if is_half else Likeness.COMPATIBLE
        elif _says_less(wanted, name):
            return Likeness.COMPATIBLE
        if self._of_person and self._has_given and wanted[-1] == name[-1]:
            return self._agreement(wanted[:-1], name[:-1])
        return None

    def _agreement(self, wanted: Words, name: Words) -> Likeness | None:
        """Return how surely given names, one of which lacks something of the other, are one."""
        wanted = _without(PARTICLES - self._halves, wanted)
        name = _without(PARTICLES, name)
        if not wanted or not name:
            return None
        if wanted[1:] == name and _is_initial(wanted[0]) and not _is_initial(name[0]):
            return Likeness.COMPATIBLE
        shorter, longer = sorted((wanted, name), key=len)
        if not _agree(wanted[0], name[0]) or not _in_order(shorter, longer, _agree):
            return None
        words = [word for word in wanted if not _is_initial(word)]
        lacking = {word for word in words if not any(_agree(word, part) for part in name)}
        if not all(map(_is_initial, name)) and not lacking.isdisjoint(self._halves):
            return None
        is_sure = not lacking and any(word in name for word in words)
        return Likeness.COMPATIBLE if is_sure else Likeness.POSSIBLE

    def _read(self, text: str) -> Iterator[Words]:
        """Yield the ways to read a name: its words, the family name last, in each spelling."""
        parts = [words for part in text.split(",") if (words := _typed_words(part))]
        for number, words in enumerate(parts):
            if number and len(words) == 1 and words[0].is_suffix:
                self._suffix = _suffix_form(parts.pop(number)[0].forms[0])
                break
        if parts and len(parts[0]) > 2 - (len(parts) > 1) and parts[0][-1].is_suffix:
            self._suffix = _suffix_form(parts[0].pop().forms[0])
        behind = parts.pop(0) if len(parts) > 1 else []
        typed = [word for words in parts for word in words]
        if not typed:
            return
        orders = [(typed, behind)]
        if self._of_person and not behind:
            turned = _family_first(typed)
            orders = turned if turned and _is_initial(typed[-1].forms[0]) else orders + turned
        self._has_given = bool(behind) or not all(
            word.is_particle or after.is_bound for word, after in pairwise(typed)
        )
        # In capitals throughout, they say nothing.
        is_told = not all(word.typed.isupper() for word in (*typed, *behind))
        for given, family in orders:
            words = [*given, *family]
            is_turned = bool(family) and not behind
            self._halves.update(_second_halves(words[:-1]))
            choices = [word.whole for word in words]
            if self._of_person:
                choices[:-1] = [word.apart(is_told, is_turned) for word in words[:-1]]
            for spelling in islice(product(*choices), _MOST_SPELLINGS):
                reading = tuple(part for parts in spelling for part in parts)
                if is_turned and typed[-1].is_word:
                    self._doubtful.add(reading)
                yield reading


class _TypedWord(NamedTuple):
    """A word of a name as typed, and its forms: more than one if a letter has two spellings.

    ``is_bound``: a hyphen stands before it.
    """

    typed: str
    forms: tuple[str, ...]
    is_bound: bool = False

    @property
    def is_suffix(self) -> bool:
        return is_suffix(self.forms[0])

    @property
    def is_particle(self) -> bool:
        return self.typed.islower() and self.forms[0] in PARTICLES

    @property
    def is_in_capitals(self) -> bool:
        return 1 < len(self.typed) < 4 and self.typed.isalpha() and self.typed.isupper()

    @property
    def is_word(self) -> bool:
        """Whether it can be the name of somebody."""
        form = self.forms[0]
        return not _is_initial(form) and len(_initials(form)) == 1

    @property
    def is_initials(self) -> bool:
        return self.is_in_capitals or not self.is_word

    @property
    def whole(self) -> Sequence[Words]:
        """The word in each spelling."""
        return [(form,) for form in self.forms]

    def apart(self, is_told: bool, is_turned: bool) -> Sequence[Words]:
        """Return the word in each spelling, and its letters if it is initials that run together.

        Capitals may tell that (``is_told``), but in front they may also be a family name: ``XU
        Wei``. Behind it (``is_turned``) they are initials.
        """
        letters = [tuple(form) for form in self.forms] if is_told and self.is_in_capitals else []
        return letters if letters and is_turned else [*map(_initials, self.forms), *letters]


def _typed_words(text: str) -> list[_TypedWord]:
    """Return the words of a name; one with an apostrophe is one."""
    found: list[_TypedWord] = []
    end = 0
    for token in tokens(text):
        typed = text[token.start : token.end]
        if token.start >= end and (token.part_count == 1 or not _HYPHEN.search(typed)):
            is_bound = _HYPHEN.match(text, token.start - 1) is not None if token.start else False
            found.append(_TypedWord(typed, token.forms, is_bound))
            end = token.end
    return found


def _family_first(
    words: list[_TypedWord],
) -> list[tuple[list[_TypedWord], list[_TypedWord]]]:
    """Return how a name reads if its initials stand last: ``Huchra J. P.``, ``van der Berg LM``."""
    count = len(words)
    while count and words[count - 1].is_initials:
        count -= 1
    if count in (0, len(words)):
        return []
    return [(words[cut:], words[:cut]) for cut in range(1, min(count, _MOST_FAMILY_WORDS) + 1)]


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.upper() != word


def _initials(word: str) -> Words:
    """Return the letters of what can be no name, such as ``jp``, else the word alone."""
    if 1 < len(word) < 4 and word.isascii() and word.isalpha() and word not in _WITHOUT_VOWELS:
        return tuple(word) if _VOWELS.isdisjoint(word) else (word,)
    return (word,)


def _with_initials(name: Sequence[str]) -> Words:
    """Return the words of a name, with initials that run together parted."""
    if not any(1 < len(word) < 4 for word in name[:-1]):
        return tuple(name)
    return (*(part for word in name[:-1] for part in _initials(word)), name[-1])


def _suffix_of(name: list[str]) -> str:
    """Take the suffix off the words of a name, and return it."""
    return _suffix_form(name.pop()) if len(name) > 2 and is_suffix(name[-1]) else ""


def _suffix_form(suffix: str) -> str:
    return suffix.lower().replace("n", "") if suffix[-1:] == "r" else suffix.lower()


def _joined_as(others: Words, words: Words) -> Words:
    """Return words with those in a row put together that are one word among ``others``."""
    wanted = set(others).difference(words)
    longest = max(map(len, wanted), default=0)
    if longest < 3 or not 1 < len(words) < _MOST_JOINED:
        return words
    joined: list[str] = []
    at = 0
    while at < len(words):
        end, text = at + 1, words[at]
        if not _is_initial(text) or (at and text in _ELIDED):
            for until in range(at + 2, len(words) + 1):
                text += words[until - 1]
                if len(text) > longest or _is_initial(words[until - 1]):
                    break
                # All of a name is no single word: ``Wan Gli`` is not *Wangli*.
                if text in wanted and (at or until < len(words)):
                    end = until
        joined.append("".join(words[at:end]))
        at = end
    return tuple(joined)


def _says_more(name: Words, wanted: Words) -> bool:
    """Tell whether all words wanted stand for parts of a name, in any order."""
    return all(
        any(_stands_for(word, part) for part in name)
        and (_is_initial(word) or wanted.count(word) <= name.count(word))
        for word in wanted
    )


def _is_within(wanted: Words, name: Words) -> bool:
    """Tell whether all words wanted stand in a row in a name."""
    count = len(wanted)
    return any(name[at : at + count] == wanted for at in range(len(name) - count + 1))


def _second_halves(words: Sequence[_TypedWord]) -> Iterator[str]:
    """Yield the words that are no names of their own: ``Ming`` of ``Xiao-Ming``, ``Xiao Ming``."""
    for before, word in pairwise(words):
        for form in word.forms:
            if word.is_bound or (_is_syllable(form) and _is_syllable(before.forms[0])):
                yield form


def _is_half(wanted: Words, name: Words) -> bool:
    """Tell whether one of two syllables that make a given name was left out: ``Xiao Zhang``."""
    return any(
        (first in wanted) != (second in wanted) and _is_syllable(first) and _is_syllable(second)
        for first, second in pairwise(name[:-1])
    )


def _is_syllable(word: str) -> bool:
    return 1 < len(word) < 7 and _SYLLABLE.fullmatch(word) is not None


def _stands_for(word: str, part: str) -> bool:
    """Tell whether a word typed stands for a part of a name: the same, or its initial."""
    return word == part or (_is_initial(word) and part.startswith(word))


def _says_less(wanted: Words, name: Words) -> bool:
    """Tell whether all words wanted stand for parts of a name, in its order.

    The first ones stand for each other, but for an initial before: ``R. Daniel Roe``, ``D. Roe``.
    """
    if not _stands_for(wanted[0], name[0]):
        is_before = len(name) > 1 and _is_initial(name[0]) and not _is_initial(name[1])
        name = name[1:] if is_before else ()
    return bool(name) and _stands_for(wanted[0], name[0]) and _in_order(wanted, name, _stands_for)


def _agree(left: str, right: str) -> bool:
    return _stands_for(left, right) or _stands_for(right, left)


def _in_order(shorter: Words, longer: Words, are_like: Callable[[str, str], bool]) -> bool:
    rest = iter(longer)
    return all(any(are_like(word, part) for part in rest) for word in shorter)


def _without(particles: Set[str], given: Words) -> Words:
    return (*given[:1], *(word for word in given[1:] if word not in particles))


def _spellings(name: str) -> frozenset[str]:
    return _cached_spellings(name) if len(name) < _MAX_CACHED_CHARS else frozenset(name_terms(name))


# The authors of a page come again and again.
@lru_cache(maxsize=1 << 14)
def _cached_spellings(name: str) -> frozenset[str]:
    return frozenset(name_terms(name))
