"""Names of persons and institutions: their parts, their spellings, whether one means another.

A name is in the order in which it is read, ``Ludwig van der Berg``, with a suffix after a comma,
``Neal Quill, Jr.``. What is said of persons here holds for institutions too. How files print
names, one by one or in lists, is the matter of ``index.printed.names``.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from index.analysis import as_form, tokens

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
    if name.isascii() and "".join(words).isalnum():
        return (_as_term(" ".join(map(as_form, words)).lower()),)  # as most names are
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


def matching_names(wanted: str, terms: Iterable[str]) -> list[str]:
    """Return those of the whole-name ``terms`` that ``wanted`` may mean.

    Each part of ``wanted`` must be a part of the name, in any order; a single letter stands for
    any part that begins with it. ``Han, Bo``, ``Bo Han`` and ``B. Han`` all mean ``bo han``.
    """
    wanted_parts = [set(token.forms) for token in tokens(wanted) if token.part_count == 1]
    if not wanted_parts:
        return []
    candidates = terms
    for forms in wanted_parts:
        # Few names contain the letters of a part, and this test is ten times faster.
        (form, *others) = forms
        if not others:
            candidates = [term for term in candidates if form in term]
    return [
        term
        for term in candidates
        if all(_has_part(term.split(" "), forms) for forms in wanted_parts)
    ]


def _has_part(name_parts: Sequence[str], forms: set[str]) -> bool:
    return any(
        part in forms or any(len(form) == 1 and part.startswith(form) for form in forms)
        for part in name_parts
    )


def _spellings(name: str) -> frozenset[str]:
    return _cached_spellings(name) if len(name) < _MAX_CACHED_CHARS else frozenset(name_terms(name))


# The authors of a page come again and again.
@lru_cache(maxsize=1 << 14)
def _cached_spellings(name: str) -> frozenset[str]:
    return frozenset(name_terms(name))
