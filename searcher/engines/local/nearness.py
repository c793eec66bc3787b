"""Words of a query that stand near each other in a paper → what the best papers gain by them.

Two words near each other are weighed as one word is: by how few of the best papers have them so,
and by how often they come again there. After proximity in BM25 by pairs (Rasolofo and Savoy, "Term
Proximity Scoring for Keyword-Based Retrieval Systems", 2003): each meeting counts one over the
distance.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import is_stop_word
from index.segments.arrays import distinct, ranges
from searcher.engines.local.ranking import Floats, inverse_document_frequency, recurrence
from searcher.page import ScorePart
from searcher.query.clauses import Alternative, Match, Run
from searcher.request import Ranking

Papers = NDArray[np.integer[Any]]

MOST_WORDS = 32
"""How many words of a query, from its first on, may be near each other."""

MOST_SPELLINGS = 16
"""A word of more spellings, such as one with a wildcard, is near to nothing."""

MOST_PLACED = 1 << 17
"""A word of more papers is near to nothing: to read its places takes longer than they are worth."""

FIELDS = ("title", "abstract")
"""The fields in which places count."""

# Words are near that are at most so far apart, with fewer than so many words of the query between.
_WINDOW = 10
_NEIGHBOURS = 3
# All distances divide it: its parts are whole, so that their sums are exact in any order.
_WHOLE = math.lcm(*range(1, _WINDOW + 1))
# Queries of more words have more pairs.
_USUAL_WORDS = 15

# What a place is made of, from the highest bits down: paper, field, position, word of the query.
# Words behind the first million of a text are near to none.
_POSITION_BITS = 20
_WORD_BITS = (MOST_WORDS - 1).bit_length()
_FIELD_BIT = _POSITION_BITS + _WORD_BITS
_PAPER_BIT = _FIELD_BIT + 1

_NO_PLACES = np.zeros(0, np.int64)


class Placed(NamedTuple):
    """The places of a word, ascending: ``places[i]`` is in the paper ``papers[i]``.

    A place has 0 for the paper and for the word.
    """

    papers: NDArray[np.int32]
    places: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """How many bytes the arrays take."""
        return self.papers.nbytes + self.places.nbytes


class Pairs(NamedTuple):
    """What pairs of words score in some papers; ``frequencies[i, j]`` is that of pair j in paper i.

    ``one[j]`` and ``other[j]`` are the numbers of its two words. The frequency f is the sum of
    ``field weight / distance`` over the places where the two meet, and scores
    ``weights[j] * f / (1 + f)``: the formula of a word with k1 = 1. ``weights`` hold ``near``, idf,
    recurrence and boosts.
    """

    papers: Papers
    one: NDArray[np.intp]
    other: NDArray[np.intp]
    weights: NDArray[np.float64]
    idfs: Floats
    recurrences: Floats
    frequencies: NDArray[np.float64]

    def gains(self) -> NDArray[np.float64]:
        """Return what all pairs together score in each paper."""
        gains: NDArray[np.float64] = np.add.reduce(self._scores(), axis=1)
        return gains

    def parts(self, paper: int, labels: Sequence[str]) -> list[ScorePart]:
        """Return what each pair scores in a paper, if anything; ``labels`` are the words."""
        at = int(self.papers.searchsorted(paper))
        if at == len(self.papers) or self.papers[at] != paper:
            return []
        scores = self._scores()[at]
        return [
            ScorePart(
                f"{labels[self.one[pair]]} near {labels[self.other[pair]]}",
                float(scores[pair]),
                float(self.idfs[pair]),
                float(self.frequencies[at, pair]),
                float(self.recurrences[pair]),
            )
            for pair in scores.nonzero()[0].tolist()
        ]

    def _scores(self) -> NDArray[np.float64]:
        return self.weights * (self.frequencies / (1.0 + self.frequencies))


def may_be_near(word: Match) -> bool:
    """Tell whether a word may gain by standing near others.

    One that counts less than once does not, such as those that an expanded search adds, nor one of
    too many spellings, nor a year, which may be that of the paper.
    """
    return (
        word.boost >= 1
        and 0 < len(word.alternatives) <= MOST_SPELLINGS
        and any(_single(word.alternatives))
        and not any(alternative.runs[0].field == "year" for alternative in word.alternatives)
    )


def is_stop(word: Match) -> bool:
    """Tell whether a word of a clause is a stop word."""
    first, *others = word.alternatives[0].runs[0].terms
    return not others and is_stop_word(first)


def _single(alternatives: Iterable[Alternative]) -> Iterator[tuple[str, Run]]:
    """Yield the runs of one term in a field in which places count, each with that field."""
    for alternative in alternatives:
        for run in alternative.runs:
            field = run.field.removesuffix("_exact")
            if len(run.terms) == 1 and field in FIELDS:
                yield field, run


def placed(
    alternatives: Sequence[Alternative],
    places_of: Callable[[str, str], NDArray[np.int64]],
    place_bits: int,
) -> Placed:
    """Return the places of a word, in any of its spellings as one word.

    ``places_of`` returns those of a term in a field: papers shifted left by ``place_bits``, plus
    positions.
    """
    pieces = [_NO_PLACES]
    for field, run in _single(alternatives):
        own = places_of(run.field, run.terms[0])
        papers, positions = own >> place_bits, own & ((1 << place_bits) - 1)
        places = (papers << _PAPER_BIT) + (positions << _WORD_BITS)
        places += FIELDS.index(field) << _FIELD_BIT
        pieces.append(places[positions < 1 << _POSITION_BITS])
    places = distinct(np.sort(np.concatenate(pieces), kind="stable"))
    within = places & ((1 << _PAPER_BIT) - 1)
    return Placed((places >> _PAPER_BIT).astype(np.int32), within.astype(np.int32))


def pairs(words: Sequence[tuple[Placed, float]], papers: Papers, ranking: Ranking) -> Pairs | None:
    """Return the pairs of words near each other in ``papers``, ascending; None if there are none.

    A word comes with its boost. There are MOST_WORDS of them at most.
    """
    joined = _joined_places([word for word, _ in words], papers)
    places = joined >> _WORD_BITS
    # Each place and those that follow, in rows; behind the last follows nothing near.
    padded = np.full(len(places) + _NEIGHBOURS, np.iinfo(np.int64).max)
    padded[: len(places)] = places
    following = _following(1 << len(places).bit_length())[: len(places)]
    distances = padded[following] - places[:, np.newaxis]
    at = (distances <= _WINDOW).ravel().nonzero()[0]
    numbers = (joined & (MOST_WORDS - 1)).astype(np.intp)
    first = at // _NEIGHBOURS
    key = _pair_numbers(len(words))[numbers[first], numbers[following.ravel()[at]]]
    distance = distances.ravel()[at]
    is_near = ((key >= 0) & (distance > 0)).nonzero()[0]
    if not len(is_near):
        return None
    key, distance, place = key[is_near], distance[is_near], places[first[is_near]]
    weights = [_WHOLE * ranking.weight(field) for field in FIELDS]
    values = np.rint(np.array(weights)[(place >> _POSITION_BITS) & 1] / distance)
    one, other = _pair_words(len(words))
    key += (place >> (_POSITION_BITS + 1)) * len(one)
    sums = np.bincount(key, values, len(papers) * len(one)).reshape(len(papers), len(one))
    frequencies: NDArray[np.float64] = sums / _WHOLE
    totals = np.add.reduce(sums, axis=0) / _WHOLE
    paper_counts: NDArray[np.float64] = np.add.reduce(frequencies > 0, axis=0, dtype=np.float64)
    # Of the papers looked at.
    idfs = inverse_document_frequency(paper_counts, len(papers))
    recurrences = recurrence(totals, paper_counts)
    share = ranking.near * _USUAL_WORDS / max(_USUAL_WORDS, len(words))
    own = share * idfs * recurrences
    if any(boost != 1.0 for _, boost in words):
        boosts = np.array([boost for _, boost in words])
        own *= boosts[one] * boosts[other]
    return Pairs(papers, one, other, own, idfs, recurrences, frequencies)


def _joined_places(words: Sequence[Placed], papers: Papers) -> NDArray[np.int64]:
    """Return all places of words in ``papers``, ascending, with the numbers of the words.

    A paper is told by its place among these.
    """
    wanted = papers.astype(np.int32)
    lows = np.array([word.papers.searchsorted(wanted) for word in words])
    counts = np.array([word.papers.searchsorted(wanted, "right") for word in words]) - lows
    # All words at once, as each call of numpy costs more than what it does here.
    where = ranges(lows.ravel(), counts.ravel())
    rows = np.arange(len(papers)) << _PAPER_BIT
    joined = np.concatenate([rows] * len(words)).repeat(counts.ravel())
    end = 0
    totals = np.add.reduce(counts, axis=1).tolist()
    for number, (word, total) in enumerate(zip(words, totals, strict=True)):
        start, end = end, end + total
        joined[start:end] += word.places[where[start:end]] + number
    joined.sort()
    return joined


@lru_cache(maxsize=4)
def _following(count: int) -> NDArray[np.int64]:
    """Return for each of so many numbers those that follow it, in rows."""
    return np.arange(count)[:, np.newaxis] + np.arange(1, _NEIGHBOURS + 1)


@cache
def _pair_words(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the two words of every pair of so many."""
    return np.triu_indices(count, 1)


@cache
def _pair_numbers(count: int) -> NDArray[np.int64]:
    """Return the number of the pair of two words, in either order; -1 for a word and itself."""
    one, other = _pair_words(count)
    numbers = np.full((count, count), -1)
    numbers[one, other] = numbers[other, one] = np.arange(len(one))
    return numbers
