"""What one word or phrase scores in every paper that has it.

The scores are computed once and cached, so that a search adds up arrays: those of a frequent word
as one number for each paper of the index, those of a rare word as one for each paper that has it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.fields import exact_twin
from index.segments.arrays import distinct, find_sorted, is_first
from searcher.cache import Cache
from searcher.deadline import Deadline
from searcher.engines.local.accumulators import Accumulators
from searcher.engines.local.phrases import in_a_row, near
from searcher.engines.local.ranking import (
    bm25,
    inverse_document_frequency,
    length_factors,
    recurrence,
    without_distant,
)
from searcher.query.clauses import Alternative, Match, Run
from searcher.request import TITLE_RANKING, Ranking

Papers = NDArray[np.integer[Any]]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

# The scores of a word that more than one paper in 24 has are held for all papers: adding two whole
# arrays costs 0.1 to 0.3 ns a paper, adding at chosen places 5 to 8 ns a posting, by measure.
DENSE_SHARE = 24


class PostingSource(Protocol):
    """What matching and scoring need of an index.

    Papers are numbered from 0, deleted papers included.
    """

    size: int
    paper_count: int
    place_bits: int
    """A place is a paper number shifted left by as many bits, plus a position."""

    cache: Cache
    accumulators: Accumulators

    @property
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""

    def postings(self, field: str, term: str) -> tuple[Papers, Papers]:
        """Return the papers, ascending, that have a term, and its frequency in each."""

    def lists(self, field: str, terms: Sequence[str]) -> Iterable[tuple[Papers, Papers]]:
        """Return the posting lists of terms as typed, in their order.

        A term may have several lists, each of other papers.
        """

    def places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending."""

    def lengths(self, field: str) -> Papers:
        """Return each paper's number of words in ``field``."""

    def mean_length(self, field: str) -> float:
        """Return the papers' mean number of words in ``field``."""

    def numbers(self, field: str) -> Papers:
        """Return each paper's number in the column ``field``, 0 where it has none."""

    def first_names(self, field: str, papers: Papers) -> list[str]:
        """Return the first name in ``field`` of each of ``papers``, ascending; "" without one."""

    def ids_of(self, numbers: Sequence[int]) -> Sequence[str]:
        """Return the ids of some papers."""

    def counts_in_all(self, match: Match, papers: int, occurrences: int) -> tuple[int, int]:
        """Return how many of all papers have a word, and how often it stands there.

        Given is how many of those numbered here have it, and how often.
        """

    def first_by_id(self, papers: Papers, count: int) -> Papers:
        """Return the ``count`` of ``papers``, which are ascending, that have the first ids."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WordScores:
    """What a word or phrase scores, before its boost.

    ``values[i]`` is the score of ``papers[i]``, or where ``papers`` is None that of paper i, 0
    where it does not match. ``count`` papers match, the best with the score ``highest``.
    """

    count: int
    idf: float
    recurrence: float
    highest: float
    values: NDArray[np.float32]
    papers: Papers | None

    @property
    def nbytes(self) -> int:
        """How many bytes the arrays take."""
        return self.values.nbytes + (0 if self.papers is None else self.papers.nbytes)

    def matches(self) -> Papers:
        """Return the papers that match, ascending."""
        return np.flatnonzero(self.values > 0) if self.papers is None else self.papers

    def at(self, papers: Papers) -> NDArray[np.float32]:
        """Return the scores of ``papers``, 0 where they do not match."""
        if self.papers is None:
            return self.values[papers]
        if not self.count:
            return np.zeros(len(papers), np.float32)
        places, is_there = find_sorted(papers, self.papers)
        return np.where(is_there, self.values.take(places, mode="clip"), np.float32(0))

    def add_to(self, total: NDArray[np.float32], boost: float) -> None:
        """Add the scores to those of all papers, in place."""
        values = self.values if boost == 1.0 else self.values * np.float32(boost)
        if self.papers is None:
            total += values
        else:
            total[self.papers] += values


class WordScorer:
    """Scores the words of one search; what it computes of a word is cached with the index.

    After the deadline its methods raise OutOfTimeError.
    """

    __slots__ = ("_deadline", "_index", "_ranking", "ranking_key")

    def __init__(
        self, index: PostingSource, ranking: Ranking, deadline: Deadline | None = None
    ) -> None:
        self._index = index
        self._ranking = ranking
        # What the scores of a word depend on. The usual ranking is not hashed for every word.
        self.ranking_key: object = False
        if not ranking.words_are_usual:
            is_title = ranking is TITLE_RANKING or ranking.of_words == TITLE_RANKING.of_words
            self.ranking_key = is_title or ranking.of_words
        self._deadline = deadline

    def check_time(self) -> None:
        """Raise OutOfTimeError if the deadline has passed."""
        if self._deadline is not None:
            self._deadline.check()

    @property
    def is_in_time(self) -> bool:
        """Whether the deadline has ended nothing so far."""
        return self._deadline is None or not self._deadline.passed

    def scores(self, match: Match) -> WordScores:
        """Return what a word or phrase scores."""
        key = (match.alternatives, self.ranking_key)
        known: WordScores | None = self._index.cache.get(key)
        if known is not None:
            return known
        scores = self._compute(match)
        run_count = sum(len(alternative.runs) for alternative in match.alternatives)
        self._index.cache.put(key, scores, _RUN_BYTES * run_count)
        return scores

    def _compute(self, match: Match) -> WordScores:
        """Score a word spelled several ways as one word.

        Its frequency is that of the paper's main spelling, and its document frequency counts the
        papers with any. Its occurrences are those of the spelling that has most.
        """
        size = self._index.size
        spelled, occurrences = [], 0
        for alternative in match.alternatives:
            pieces, own = self._weighted(alternative)
            if pieces:
                spelled.append(pieces)
                occurrences = max(occurrences, own)
        posting_count = sum(len(papers) for pieces in spelled for papers, _ in pieces)
        papers: Papers | None
        if posting_count * DENSE_SHARE > size:
            values = reduce(_larger, (_added(pieces, size) for pieces in spelled))
            papers = None
            count = int(np.count_nonzero(values))
            if count * DENSE_SHARE <= size:
                papers = (values > 0).nonzero()[0]
                values = values[papers]
        else:
            lists = [_merged(pieces, np.add) for pieces in spelled]
            papers, values = _merged(lists, np.maximum)
            count = len(papers)
        in_all, occurrences = self._index.counts_in_all(match, count, occurrences)
        idf = float(inverse_document_frequency(in_all, self._index.paper_count))
        recurs = float(recurrence(occurrences, in_all))
        highest = 0.0
        scored = np.empty(len(values), np.float32)
        for start in range(0, len(values), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            scored[part] = bm25(values[part], idf * recurs, self._ranking.k1)
            highest = max(highest, float(scored[part].max()))
        return WordScores(count, idf, recurs, highest, scored, papers)

    def _weighted(
        self, alternative: Alternative
    ) -> tuple[list[tuple[Papers, NDArray[np.float32]]], int]:
        """Return for each run the papers that hold it and its weighted, normalised frequency.

        The number is that of its occurrences in all of them.
        """
        pieces, occurrences = [], 0
        for run in alternative.runs:
            field = run.field.removesuffix("_exact")
            weight = np.float32(self._ranking.weight(field) * alternative.weight)
            papers, frequencies = self._frequencies(run) if weight > 0 else (_NONE, _NONE)
            if len(papers):
                factors = self._length_factors(field, papers)
                pieces.append((papers, frequencies.astype(np.float32) * factors * weight))
                occurrences += int(frequencies.sum())
        if pieces and alternative.distant:
            pieces = [self._literal(pieces, alternative)]
        return pieces, occurrences

    def _literal(
        self, pieces: Sequence[tuple[Papers, NDArray[np.float32]]], alternative: Alternative
    ) -> tuple[Papers, NDArray[np.float32]]:
        """Return the pieces as one, in which the distant forms of the word count less."""
        papers, values = _merged(pieces, np.add)
        distant = np.zeros(len(papers), np.float32)
        for run in alternative.runs:
            exact = exact_twin(run.field)
            weight = np.float32(self._ranking.weight(run.field) * alternative.weight)
            if exact == run.field or weight <= 0:
                continue
            for own, frequencies in self._index.lists(exact, alternative.distant):
                factors = self._length_factors(run.field, own)
                distant[papers.searchsorted(own)] += frequencies * factors * weight
        return papers, without_distant(values, distant, self._ranking.k1).astype(np.float32)

    def weighted_frequencies(self, match: Match, papers: Papers) -> NDArray[np.float64]:
        """Return the weighted frequency of a word in each of ``papers``."""
        best = np.zeros(len(papers))
        for alternative in match.alternatives:
            total = np.zeros(len(papers))
            for own, values in self._weighted(alternative)[0]:
                places, is_there = find_sorted(papers, own)
                total += np.where(is_there, values.take(places, mode="clip"), 0.0)
            np.maximum(best, total, out=best)
        return best

    def _length_factors(self, field: str, papers: Papers) -> NDArray[np.float32]:
        """Return what a frequency in ``field`` of each of ``papers`` is multiplied by."""
        b = self._ranking.length_normalisation(field)
        lengths = self._index.lengths(field)
        if lengths.itemsize > 2:
            return length_factors(lengths[papers], self._index.mean_length(field), b)
        key = ("length factors", field, b)
        factors: NDArray[np.float32] | None = self._index.cache.get(key)
        if factors is None:
            # One for each length that there is: one for each paper would take four bytes a paper.
            every = np.arange(int(lengths.max(initial=0)) + 1)
            factors = length_factors(every, self._index.mean_length(field), b)
            self._index.cache.put(key, factors)
        return factors.take(lengths.take(papers))

    def _frequencies(self, run: Run) -> tuple[Papers, Papers]:
        """Return the papers that hold a run, ascending, and how often each holds it."""
        self.check_time()
        if run.field == "year":
            is_of = self._index.live & (self._index.numbers("year") == int(run.terms[0]))
            papers = np.flatnonzero(is_of).astype(np.int32)
            return papers, np.ones(len(papers), np.int32)
        if len(run.terms) == 1:
            return self._index.postings(run.field, run.terms[0])
        lists = [self._places(run.field, term) for term in run.terms]
        if not all(map(len, lists)):
            return _NONE, _NONE
        if run.slop is not None:
            return near(lists, run.slop, self._index.place_bits, self.check_time)
        return in_a_row(lists, self._index.place_bits)

    def _places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending, each once."""
        key = ("places", field, term)
        places: Numbers | None = self._index.cache.get(key)
        if places is None:
            places = distinct(self._index.places(field, term))
            self._index.cache.put(key, places)
        return places


_NONE: Papers = np.zeros(0, np.int32)
# So many scores are computed at once, in memory that is near to the processor.
_AT_ONCE = 1 << 15
# What a run takes in the key of a word's scores.
_RUN_BYTES = 400


def _larger(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the larger of each two values, in the place of the first."""
    return np.maximum(one, other, out=one)


def _added(pieces: Sequence[tuple[Papers, NDArray[np.float32]]], size: int) -> NDArray[np.float32]:
    """Return the sum of the pieces' values for every paper of the index."""
    total = np.zeros(size, np.float32)
    for at, (papers, values) in enumerate(pieces):
        if at:
            total[papers] += values
        else:
            total[papers] = values
    return total


def _merged(
    pieces: Sequence[tuple[Papers, NDArray[np.float32]]], operation: np.ufunc
) -> tuple[Papers, NDArray[np.float32]]:
    """Return the papers of any piece, ascending, their values joined by ``operation``."""
    if not pieces:
        return _NONE, np.zeros(0, np.float32)
    if len(pieces) == 1:
        return pieces[0]
    papers = np.concatenate([own for own, _ in pieces])
    values = np.concatenate([own for _, own in pieces])
    order = np.argsort(papers, kind="stable")
    papers, values = papers[order], values[order]
    first = is_first(papers)
    # One piece after the other, as ``_added`` does: reduceat adds in another order, and then the
    # last bits of a score would tell how many deleted papers the index still holds.
    joined = np.zeros(np.count_nonzero(first), np.float32)
    operation.at(joined, np.cumsum(first) - 1, values)
    return papers[first], joined
