"""The texts of papers → how often each word comes that may tell something, and how rare it is."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from index.analysis import is_stop_word, plain_forms
from index.fields import FIELD_WEIGHTS

MOST_CHARS = 100_000
"""How much of a text is read."""

# A word that comes so often has half of the greatest weight; in a title it counts as in a search.
_HALF = 2.0
# What is longer is a formula or an address.
_MOST_WORD_CHARS = 100


class Texts(NamedTuple):
    """The title and the abstract of a paper; either may be empty."""

    title: str
    abstract: str


def frequencies(texts: Texts) -> Mapping[str, float]:
    """Return how often each form comes that may tell something; in the title it counts more.

    The parts of a joined word are counted in its place.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for text, field in zip(texts, Texts._fields, strict=True):
        weight = FIELD_WEIGHTS[field]
        for form in plain_forms(text[:MOST_CHARS]):
            found[form] += weight
    return {form: frequency for form, frequency in found.items() if _may_tell(form)}


def saturated(frequency: float) -> float:
    """Return the weight of a word that comes so often in a text, from 0 to 1."""
    return frequency / (frequency + _HALF)


def rarity(having: int, paper_count: int) -> float:
    """Return how much a word tells that ``having`` of all papers have."""
    return math.log1p(paper_count / having)


def _may_tell(form: str) -> bool:
    is_letter = len(form) == 1 and form.isascii()
    is_word = any(map(str.isalpha, form)) and len(form) <= _MOST_WORD_CHARS
    return is_word and not is_letter and not is_stop_word(form)
