"""BM25F: the score of one word in many papers, as pure functions of arrays.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section
3.5: the frequencies of a word in all fields, weighted and normalised by field length, are added up
before one saturation. A word weighs its inverse document frequency times its recurrence.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Counts = int | Floats
"""A count, or an array of counts."""

DISTANT_LOSS = 0.25
"""The share of a word's score that a paper loses if it has only distant forms of the word."""


def length_factors(lengths: NDArray[Any], mean_length: float, b: float) -> NDArray[np.float32]:
    """Return what a frequency is multiplied by: ``1 / (1 - b + b * length / mean_length)``.

    Equation 3.19; ``lengths`` count words. A length of 0 counts as 1: it has no frequency.
    """
    lengths = np.maximum(lengths, 1)
    return (1.0 / (1.0 - b + b * lengths / max(mean_length, 1.0))).astype(np.float32)


def inverse_document_frequency(document_frequency: Counts, document_count: int) -> Floats:
    """Return ``ln(1 + (N - n + 0.5) / (n + 0.5))``, the form that is never negative."""
    ratio = (document_count - document_frequency + 0.5) / (document_frequency + 0.5)
    idf: Floats = np.log1p(ratio)
    return idf


def recurrence(occurrences: Counts, document_frequency: Counts) -> Floats:
    """Return ``sqrt((occurrences + 2) / (n + 2))``: how often a word comes again where it is.

    A word that its papers use again and again is what they are about; one that comes once in each
    is said in passing (Church and Gale, "Poisson Mixtures", 1995). The two papers added keep a rare
    word from weighing much by chance.
    """
    recurs: Floats = np.sqrt((occurrences + 2) / (document_frequency + 2))
    return recurs


def without_distant(frequencies: Floats, distant: Floats, k1: float) -> Floats:
    """Return the frequencies of a word typed, given how much of them is of distant forms.

    Where all of it is, the score of equation 3.20 falls by DISTANT_LOSS: importance comes behind
    importing for those who typed that.
    """
    lost = DISTANT_LOSS * np.minimum(distant, frequencies)
    kept: Floats = k1 * (frequencies - lost) / (k1 + lost)
    return kept


def bm25(weighted_frequencies: Floats, weight: float, k1: float) -> Floats:
    """Return ``weight * f / (k1 + f)`` for each weighted frequency f (equation 3.20)."""
    return weight * weighted_frequencies / (k1 + weighted_frequencies)
