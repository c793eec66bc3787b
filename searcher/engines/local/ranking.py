"""BM25F: the score of one word in many papers, as pure functions of arrays.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section
3.5: the frequencies of a word in all fields, weighted and normalised by field length, are added up
before one saturation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def length_factors(lengths: NDArray[Any], mean_length: float, b: float) -> NDArray[np.float32]:
    """Return what a frequency is multiplied by: ``1 / (1 - b + b * length / mean_length)``.

    Equation 3.19; ``lengths`` count words.
    """
    return (1.0 / (1.0 - b + b * lengths / max(mean_length, 1.0))).astype(np.float32)


def inverse_document_frequency(document_frequency: int, document_count: int) -> float:
    """Return ``ln(1 + (N - n + 0.5) / (n + 0.5))``, the form that is never negative."""
    ratio = (document_count - document_frequency + 0.5) / (document_frequency + 0.5)
    return float(np.log1p(ratio))


def bm25(weighted_frequencies: Floats, idf: float, k1: float) -> Floats:
    """Return ``idf * f / (k1 + f)`` for each weighted frequency f (equation 3.20)."""
    return idf * weighted_frequencies / (k1 + weighted_frequencies)
