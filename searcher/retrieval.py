"""Clauses × postings → which papers match and how they score, an array operation at a time.

Results are dense: one element per paper number of the index, deleted numbers included. This is the
exhaustive pass, which a total and facets need anyway.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from searcher.ranking import (
    LENGTH_NORMALISATION,
    Floats,
    bm25,
    inverse_document_frequency,
    normalised_frequency,
)
from searcher.rewrite import AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_STRIDE = 1 << 32


@dataclass(frozen=True, slots=True)
class Postings:
    """One term's posting list in one field, without deleted papers.

    ``papers``: paper numbers, ascending. ``frequencies``: occurrences in each. The positions of
    ``papers[i]`` are ``positions[offsets[i]:offsets[i + 1]]``, ascending.
    """

    papers: Numbers
    frequencies: Numbers
    offsets: Numbers
    positions: Numbers


class PostingSource(Protocol):
    """What retrieval needs of an index."""

    @property
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""

    def postings(self, field: str, term: str) -> Postings:
        """Return a term's posting list, empty if there is none."""

    def lengths(self, field: str) -> Floats:
        """Return each paper's number of words in ``field``."""

    def mean_length(self, field: str) -> float:
        """Return the papers' mean number of words in ``field``."""

    def numbers(self, field: str) -> Numbers:
        """Return each paper's number in the column ``field``, 0 where it has none."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Which papers match, and the score of each (0 where it does not match)."""

    mask: Mask
    scores: Floats


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One clause's part of a paper's score: ``boost * idf * frequency / (k1 + frequency)``.

    ``frequency`` is weighted and length-normalised; the parts of a paper sum to its score.
    """

    label: str
    score: float
    idf: float
    frequency: float


def evaluate(clause: Clause, source: PostingSource, weights: Mapping[str, float]) -> Scored:
    """Return the papers that match ``clause``, scored with the field weights ``weights``."""
    live = source.live
    match clause:
        case Match():
            frequencies, idf = _weighted_frequencies(clause, source, weights)
            return Scored(frequencies > 0, clause.boost * bm25(frequencies, idf))
        case AnyTerm(field, terms):
            mask = np.zeros(len(live), dtype=np.bool_)
            for term in terms:
                mask[source.postings(field, term).papers] = True
            return Scored(mask, np.zeros(len(live)))
        case Span(field, low, high):
            numbers = source.numbers(field)
            return Scored(live & (numbers >= low) & (numbers <= high), np.zeros(len(live)))
        case EveryPaper():
            return Scored(live, np.zeros(len(live)))
        case Bool(required, optional, excluded):
            return _combined(
                [evaluate(child, source, weights) for child in required],
                [evaluate(child, source, weights) for child in optional],
                [evaluate(child, source, weights) for child in excluded],
                len(live),
            )


def explain(
    clause: Clause, source: PostingSource, weights: Mapping[str, float], papers: Sequence[int]
) -> list[list[ScorePart]]:
    """Return the parts of each paper's score, in the order of the query; they sum to the score."""
    found: list[list[ScorePart]] = [[] for _ in papers]
    if isinstance(clause, Bool):
        mask = evaluate(clause, source, weights).mask
        for child in (*clause.required, *clause.optional):
            for paper, parts, more in zip(
                papers, found, explain(child, source, weights, papers), strict=True
            ):
                parts += more if mask[paper] else []
    elif isinstance(clause, Match):
        frequencies, idf = _weighted_frequencies(clause, source, weights)
        scores = clause.boost * bm25(frequencies, idf)
        for paper, parts in zip(papers, found, strict=True):
            if frequencies[paper]:
                score, frequency = float(scores[paper]), float(frequencies[paper])
                parts.append(ScorePart(clause.label, score, idf, frequency))
    return found


def top(mask: Mask, keys: Sequence[Floats | Numbers], start: int, count: int) -> Numbers:
    """Return the paper numbers of ``mask`` at places ``start`` to ``start + count`` of the order.

    ``keys`` hold one value per paper number each; the first is the most important, ascending.
    """
    papers = np.flatnonzero(mask)
    ranked = papers[np.lexsort([key[papers] for key in reversed(keys)])]
    return ranked[start : start + count]


def run_frequencies(run: Run, source: PostingSource) -> tuple[Numbers, Numbers]:
    """Return the papers that hold a run, ascending, and how often each holds it."""
    lists = [source.postings(run.field, term) for term in run.terms]
    if len(lists) == 1:
        return lists[0].papers, lists[0].frequencies
    if any(not len(postings.papers) for postings in lists):
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    if run.slop is not None:
        return _near(lists, run.slop)
    # A phrase starts wherever every term, moved back by its place, stands at the same position.
    by_count = sorted(enumerate(lists), key=lambda pair: len(pair[1].positions))
    starts = _places(by_count[0][1]) - by_count[0][0]
    for place, postings in by_count[1:]:
        if not len(starts):
            break
        starts = np.intersect1d(starts, _places(postings) - place, assume_unique=True)
    papers, frequencies = np.unique(starts // _STRIDE, return_counts=True)
    return papers, frequencies.astype(np.int64)


def _weighted_frequencies(
    clause: Match, source: PostingSource, weights: Mapping[str, float]
) -> tuple[Floats, float]:
    """Return a clause's weighted frequency in every paper, and its idf.

    A word spelled several ways is one word: its frequency is that of the paper's main spelling,
    and its document frequency counts the papers with any.
    """
    live = source.live
    best = np.zeros(len(live))
    for alternative in clause.alternatives:
        total = np.zeros(len(live))
        for run in alternative:
            papers, frequencies = run_frequencies(run, source)
            if not len(papers):
                continue
            field = run.field.removesuffix("_exact")
            lengths = source.lengths(field)
            total[papers] += weights.get(field, 1.0) * normalised_frequency(
                frequencies.astype(np.float64),
                lengths[papers],
                source.mean_length(field),
                LENGTH_NORMALISATION.get(field, 0.0),
            )
        np.maximum(best, total, out=best)
    document_frequency = int(np.count_nonzero(best))
    return best, inverse_document_frequency(document_frequency, int(np.count_nonzero(live)))


def _combined(
    required: Sequence[Scored], optional: Sequence[Scored], excluded: Sequence[Scored], size: int
) -> Scored:
    if required:
        mask = reduce(np.logical_and, (scored.mask for scored in required))
    else:
        mask = reduce(np.logical_or, (scored.mask for scored in optional), np.zeros(size, np.bool_))
    for scored in excluded:
        mask = mask & ~scored.mask
    scores = _sum((scored.scores for scored in (*required, *optional)), size)
    return Scored(mask, np.where(mask, scores, 0.0))


def _sum(arrays: Iterable[Floats], size: int) -> Floats:
    return reduce(np.add, arrays, np.zeros(size))


def _places(postings: Postings) -> Numbers:
    """Return paper number and position of every occurrence as one ascending number."""
    papers = np.repeat(postings.papers, np.diff(postings.offsets))
    return papers * _STRIDE + postings.positions


def _near(lists: Sequence[Postings], slop: int) -> tuple[Numbers, Numbers]:
    """Return the papers where all lists meet in a window of their count plus ``slop`` positions."""
    papers = reduce(np.intersect1d, (postings.papers for postings in lists))
    found = []
    for paper in papers.tolist():
        places = [_positions_in(postings, paper) for postings in lists]
        count = _windows(places, len(lists) + slop)
        if count:
            found.append((paper, count))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _positions_in(postings: Postings, paper: int) -> list[int]:
    at = int(np.searchsorted(postings.papers, paper))
    found: list[int] = postings.positions[postings.offsets[at] : postings.offsets[at + 1]].tolist()
    return found


def _windows(places: Sequence[Sequence[int]], width: int) -> int:
    """Count the positions from which ``width`` positions hold one place of every list.

    Each list takes a place of its own, so that ``"a a"~3`` needs two.
    """
    count = 0
    for start in sorted({position for positions in places for position in positions}):
        within = [
            [position for position in positions if start <= position < start + width]
            for positions in places
        ]
        if any(positions[:1] == [start] for positions in within) and _can_choose(within):
            count += 1
    return count


def _can_choose(choices: Sequence[Sequence[int]]) -> bool:
    """Tell whether one position can be chosen of each list, all different.

    A matching grown one list at a time (Kuhn 1955): a list whose positions are all taken makes the
    lists that hold them choose again.
    """
    holder: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for position in choices[row]:
            if position not in tried:
                tried.add(position)
                if position not in holder or place(holder[position], tried):
                    holder[position] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(choices)))
