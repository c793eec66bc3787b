"""Clauses × postings → which papers match, how they score, and the best of them.

Everything works on arrays, a whole posting list at a time. What a word scores in every paper is
computed once and kept, so that a search adds up arrays: a frequent word's as one number for each
paper of the index, a rare word's as one for each paper that has it.
"""

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.fields import LENGTH_NORMALISATION
from index.segments.arrays import is_first, looked_up, once
from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.local.ranking import (
    Floats,
    bm25,
    inverse_document_frequency,
    length_factors,
)
from searcher.page import ScorePart
from searcher.query.clauses import Alternative, AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span

Papers = NDArray[np.integer[Any]]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

CACHE_BYTES = 1 << 26
CACHE_BYTES_PER_PAPER = 2_000
"""How much memory may keep the scores of words and the places of words in phrases.

The larger of the two: some 500 frequent words, at 4 bytes for each paper.
"""

# A word that more than one paper in 24 has is kept for all papers: adding two whole arrays costs
# 0.1 to 0.3 ns a paper, adding at chosen places 5 to 8 ns a posting, by measure.
_DENSE_SHARE = 24
_MOST_PHRASES = 8
# Below this many papers, adding everything costs less than deciding what to leave out.
_SMALL_INDEX = 1 << 16


class PostingSource(Protocol):
    """What retrieval needs of an index. Paper numbers run from 0, deleted papers included."""

    size: int
    paper_count: int
    place_bits: int
    """A place is a paper number shifted left by as many bits, plus a position."""

    @property
    def live(self) -> Mask:
        """Which paper numbers are papers; False where one was deleted."""

    def postings(self, field: str, term: str) -> tuple[Papers, Papers]:
        """Return the papers, ascending, that have a term, and its frequency in each."""

    def places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending."""

    def lengths(self, field: str) -> Papers:
        """Return each paper's number of words in ``field``."""

    def mean_length(self, field: str) -> float:
        """Return the papers' mean number of words in ``field``."""

    def numbers(self, field: str) -> Numbers:
        """Return each paper's number in the column ``field``, 0 where it has none."""

    def id_of(self, number: int) -> str:
        """Return a paper's id."""

    @property
    def id_rank(self) -> Numbers:
        """The place of each paper number's id among all ids, sorted."""


@dataclass(frozen=True, slots=True)
class Found:
    """The papers that match, ascending, and the score of each, a sum of 32-bit floats."""

    papers: Papers
    scores: Floats


@dataclass(frozen=True, slots=True)
class _WordScores:
    """What a word or phrase scores, before its boost.

    ``values[i]`` is the score of ``papers[i]``, or where ``papers`` is None that of paper i, 0
    where it does not match. ``count`` papers match, the best with the score ``highest``.
    """

    count: int
    idf: float
    highest: float
    values: NDArray[np.float32]
    papers: Papers | None

    def found(self) -> Papers:
        return np.flatnonzero(self.values > 0) if self.papers is None else self.papers

    def at(self, papers: Papers) -> NDArray[np.float32]:
        """Return the scores of ``papers``, 0 where they do not match."""
        if self.papers is None:
            return self.values[papers]
        if not self.count:
            return np.zeros(len(papers), np.float32)
        places, is_there = looked_up(papers, self.papers)
        return np.where(is_there, self.values.take(places, mode="clip"), np.float32(0))

    def best(self, count: int) -> Found:
        """Return papers among which are the best ``count`` that match."""
        if self.papers is not None and self.count <= count:
            return Found(self.papers, self.values)
        threshold = _kth(self.values, count) * (1 - _tolerance(1))
        places = np.flatnonzero(self.values >= max(threshold, _SMALLEST))
        papers = places if self.papers is None else self.papers[places]
        return Found(papers, self.values[places])

    def add_to(self, total: NDArray[np.float32], boost: float) -> None:
        """Add the scores to those of all papers, in place."""
        values = self.values if boost == 1.0 else self.values * np.float32(boost)
        if self.papers is None:
            total += values
        else:
            total[self.papers] += values


class Retriever:
    """Finds and scores papers of one committed state of an index. Not safe for threads.

    After its ``deadline`` a method raises OutOfTimeError, but for ``find`` of a clause that matches
    any of several: it returns the papers found so far, and their scores so far.
    """

    def __init__(self, source: PostingSource) -> None:
        self.deadline: Deadline | None = None
        self._source = source
        self._factors: dict[str, NDArray[np.float32]] = {}
        self._kept: OrderedDict[object, Any] = OrderedDict()
        self._sizes: dict[object, int] = {}
        self._phrases: dict[object, _WordScores] = {}
        self._kept_bytes = 0
        # A running total for every paper, all zero; None while a search adds to it, so that one
        # that is interrupted leaves no half of a sum behind.
        self._zeros: NDArray[np.float32] | None = None

    def find(self, clause: Clause, weights: Mapping[str, float]) -> Found:
        """Return every paper that matches ``clause``, scored with the field weights ``weights``."""
        self._check_time()
        match clause:
            case Match(boost=boost):
                word = self._word(clause, weights)
                papers = word.found()
                values = word.values[papers] if word.papers is None else word.values
                return Found(papers, values * np.float32(boost))
            case AnyTerm():
                papers = self._papers_with_any(clause)
            case Span(field, low, high):
                numbers = self._source.numbers(field)
                papers = np.flatnonzero(self._source.live & (numbers >= low) & (numbers <= high))
            case EveryPaper():
                papers = np.flatnonzero(self._source.live)
            case Bool():
                words = _any_of(clause)
                if words:
                    return self._any(words, weights)
                papers = self._candidates(clause, weights)
                if not clause.required and not clause.excluded:
                    return self._sum(clause.optional, weights, papers)
                for child in clause.excluded:
                    papers = papers[~self._at(child, weights, papers)[0]]
                try:
                    return Found(papers, self._at(clause, weights, papers)[1])
                except OutOfTimeError:
                    pass
        return Found(papers, np.zeros(len(papers), np.float32))

    def best(
        self, clause: Clause, weights: Mapping[str, float], found: Found | None, count: int
    ) -> list[tuple[int, float]]:
        """Return the best ``count`` papers, each with its score, best first; ties by paper id.

        They are taken from ``found``; if it is None from all that match ``clause``, of which then
        no more are looked at than needed. If the time is over, the scores of ``found`` stand.
        """
        if not count:
            return []
        words: list[tuple[_WordScores, float]] = []
        try:
            words = self._words(clause, weights)
        except OutOfTimeError:
            if found is None:
                raise
        if found is None:
            found = self._promising(words, count) if words else self.find(clause, weights)
        papers, so_far = found.papers, found.scores
        if len(papers) > 4 * count:
            best = _at_least(so_far, count, _tolerance(_word_count(clause)))
            papers, so_far = papers[best], so_far[best]
        try:
            scores = _summed(words, papers) if words else self._at(clause, weights, papers)[1]
        except OutOfTimeError:
            scores = so_far.astype(np.float64)
        source = self._source
        if len(papers) > max(count, 100) * 2:
            ranks = source.id_rank[papers]
            order = np.lexsort((ranks, -scores))[:count]
            return list(zip(papers[order].tolist(), scores[order].tolist(), strict=True))
        losses = (-scores).tolist()
        ranked = sorted(zip(losses, papers.tolist(), strict=True))
        if len(set(losses)) < len(losses):
            ranked.sort(key=lambda pair: (pair[0], source.id_of(pair[1])))
        return [(paper, -loss) for loss, paper in ranked[:count]]

    def scores(
        self, clause: Clause, weights: Mapping[str, float], papers: Papers
    ) -> NDArray[np.float64]:
        """Return the score of each of ``papers``, 0 where it does not match."""
        return self._at(clause, weights, papers)[1]

    def explain(
        self, clause: Clause, weights: Mapping[str, float], papers: Sequence[int]
    ) -> list[list[ScorePart]]:
        """Return the parts of each paper's score, in the order of the query."""
        found: list[list[ScorePart]] = [[] for _ in papers]
        wanted = np.array(papers, np.int64)
        if isinstance(clause, Bool):
            mask = self._at(clause, weights, wanted)[0].tolist()
            for child in (*clause.required, *clause.optional):
                parts = self.explain(child, weights, papers)
                for own, more, matches in zip(found, parts, mask, strict=True):
                    own += more if matches else []
        elif isinstance(clause, Match):
            word = self._word(clause, weights)
            frequencies = self._weighted_frequencies(clause, weights, wanted).tolist()
            for own, value, frequency in zip(
                found, word.at(wanted).tolist(), frequencies, strict=True
            ):
                if value:
                    own.append(ScorePart(clause.label, clause.boost * value, word.idf, frequency))
        return found

    # Matching

    def _candidates(self, clause: Bool, weights: Mapping[str, float]) -> Papers:
        """Return the papers that match what is required, or else any of what is optional."""
        if not clause.required:
            lists = []
            for child in clause.optional:
                try:
                    lists.append(self.find(child, weights).papers)
                except OutOfTimeError:
                    break
            return _union(lists, self._source.size)
        # From the rarest on: the others are only looked up in what is left.
        rarest, *others = sorted(clause.required, key=lambda child: self._most(child, weights))
        papers = self.find(rarest, weights).papers
        for child in others:
            papers = papers[self._at(child, weights, papers)[0]]
        return papers

    def _most(self, clause: Clause, weights: Mapping[str, float]) -> int:
        """Return a number of papers that no fewer than match ``clause``."""
        match clause:
            case Match():
                return self._word(clause, weights).count
            case AnyTerm():
                return len(self._papers_with_any(clause))
            case Bool(required=(), optional=optional):
                return sum(self._most(child, weights) for child in optional)
            case Bool(required=required):
                return min(self._most(child, weights) for child in required)
        return self._source.size

    def _at(
        self, clause: Clause, weights: Mapping[str, float], papers: Papers
    ) -> tuple[Mask, NDArray[np.float64]]:
        """Return which of ``papers``, ascending or not, match ``clause``, and the score of each."""
        self._check_time()
        scores = np.zeros(len(papers))
        match clause:
            case Match(boost=boost):
                values = self._word(clause, weights).at(papers)
                return values > 0, boost * values.astype(np.float64)
            case Bool(required, optional, excluded):
                mask = np.full(len(papers), bool(required))
                for child in required:
                    own, more = self._at(child, weights, papers)
                    mask &= own
                    scores += more
                for child in optional:
                    own, more = self._at(child, weights, papers)
                    if not required:
                        mask |= own
                    scores += more
                for child in excluded:
                    mask &= ~self._at(child, weights, papers)[0]
                scores[~mask] = 0.0
                return mask, scores
            case Span(field, low, high):
                numbers = self._source.numbers(field)[papers]
                return (numbers >= low) & (numbers <= high), scores
            case AnyTerm():
                return _among(papers, self.find(clause, weights).papers), scores
            case EveryPaper():
                return np.ones(len(papers), np.bool_), scores

    def _papers_with_any(self, clause: AnyTerm) -> Papers:
        """Return the papers with any of the terms: kept, for an initial stands for many names."""
        papers: Papers | None = self._kept.get(clause)
        if papers is None:
            lists: list[Papers] = [_NONE]
            for term in clause.terms:
                self._check_time()
                lists.append(self._source.postings(clause.field, term)[0])
            papers = _distinct(np.concatenate(lists))
            self._keep(clause, papers, papers.nbytes + _RUN_BYTES * len(lists))
        else:
            self._kept.move_to_end(clause)
        return papers

    def _check_time(self) -> None:
        if self.deadline is not None:
            self.deadline.check()

    # Any of several words

    def _words(
        self, clause: Clause, weights: Mapping[str, float]
    ) -> list[tuple[_WordScores, float]]:
        """Return the words of a clause that matches any of them, else none, with their boosts."""
        matches = _any_of(clause) or ()
        return [(self._word(match, weights), match.boost) for match in matches]

    def _any(self, matches: Sequence[Match], weights: Mapping[str, float]) -> Found:
        """Return the papers that match any of ``matches``, with the sum of their scores."""
        total = self._new_total()
        lists = []
        for match in matches:
            try:
                self._check_time()
                word = self._word(match, weights)
            except OutOfTimeError:
                break
            word.add_to(total, match.boost)
            lists.append(word.papers)
        papers = np.flatnonzero(total > 0)
        scores = total.take(papers)
        self._clear(total, *lists)
        return Found(papers, scores)

    def _sum(
        self, clauses: Sequence[Clause], weights: Mapping[str, float], papers: Papers
    ) -> Found:
        """Return ``papers``, which match any of ``clauses``, with the sum of their scores."""
        scores = np.zeros(len(papers), np.float32)
        total = self._new_total()
        # Not ``papers``: where the time was over, they are not all that the words are in.
        lists = []
        for clause in clauses:
            try:
                if isinstance(clause, Match):
                    word = self._word(clause, weights)
                    word.add_to(total, clause.boost)
                    lists.append(word.papers)
                else:
                    scores += self._at(clause, weights, papers)[1]
            except OutOfTimeError:
                break
        scores += total[papers]
        self._clear(total, *lists)
        return Found(papers, scores)

    def _promising(self, words: Sequence[tuple[_WordScores, float]], count: int) -> Found:
        """Return papers among which are the best ``count`` of those with any of ``words``.

        MaxScore (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995) a list
        at a time: once ``count`` papers score more than all remaining lists together can give, no
        paper can enter that has not been seen, and those lists are only looked up.
        """
        words = sorted((pair for pair in words if pair[0].count), key=lambda pair: pair[0].count)
        if len(words) < 2:
            return words[0][0].best(count) if words else Found(_NONE, np.zeros(0, np.float32))
        tolerance = _tolerance(len(words))
        total = self._new_total()
        seen: list[Papers] = []
        rest = sum(word.highest * boost for word, boost in words)
        threshold = 0.0
        at = 0
        if self._source.size > _SMALL_INDEX:
            for word, boost in words:
                if word.papers is None:
                    break
                word.add_to(total, boost)
                seen.append(word.papers)
                rest -= word.highest * boost
                at += 1
                if word.count >= count:
                    threshold = max(threshold, _kth(total[word.papers], count))
                if threshold * (1 - tolerance) > rest:
                    break
            if seen and threshold > 0:
                needed = threshold * (1 - tolerance) - rest
                papers = _distinct(np.concatenate([own[total[own] >= needed] for own in seen]))
                scores = total[papers]
                for word, boost in words[at:]:
                    scores += word.at(papers) * np.float32(boost)
                if len(papers) >= count and _kth(scores, count) * (1 - tolerance) > rest:
                    self._clear(total, *seen)
                    return Found(papers, scores)
        for word, boost in words[at:]:
            word.add_to(total, boost)
        papers = np.flatnonzero(total >= max(_kth(total, count) * (1 - tolerance), _SMALLEST))
        scores = total[papers]
        self._clear(total, *seen, *(word.papers for word, _ in words[at:]))
        return Found(papers, scores)

    def _new_total(self) -> NDArray[np.float32]:
        total, self._zeros = self._zeros, None
        return np.zeros(self._source.size, np.float32) if total is None else total

    def _clear(self, total: NDArray[np.float32], *lists: Papers | None) -> None:
        """Set the total back to zero where it was added to; None means everywhere."""
        sizes = [self._source.size if papers is None else len(papers) for papers in lists]
        if sum(sizes) * 8 > self._source.size:
            total.fill(0.0)
        else:
            for papers in lists:
                total[papers] = 0.0
        self._zeros = total

    # What one word scores

    def _word(self, match: Match, weights: Mapping[str, float]) -> _WordScores:
        key = (match.alternatives, *weights.items())
        known: _WordScores | None = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        if key in self._phrases:
            return self._phrases[key]
        known = self._scores(match, weights)
        runs = [run for alternative in match.alternatives for run in alternative.runs]
        if any(len(run.terms) == 1 for run in runs):
            paper_bytes = 0 if known.papers is None else known.papers.nbytes
            own_bytes = known.values.nbytes + paper_bytes
            self._keep(key, known, own_bytes + _RUN_BYTES * len(runs))
        else:
            # The words of a phrase are kept; phrases seldom come twice, but in one search.
            self._phrases[key] = known
            if len(self._phrases) > _MOST_PHRASES:
                del self._phrases[next(iter(self._phrases))]
        return known

    def _scores(self, match: Match, weights: Mapping[str, float]) -> _WordScores:
        """Score a word spelled several ways as one word.

        Its frequency is that of the paper's main spelling, and its document frequency counts the
        papers with any.
        """
        size = self._source.size
        spelled = [self._weighted(alternative, weights) for alternative in match.alternatives]
        spelled = [pieces for pieces in spelled if pieces]
        posting_count = sum(len(papers) for pieces in spelled for papers, _ in pieces)
        papers: Papers | None
        if posting_count * _DENSE_SHARE > size:
            values = reduce(np.maximum, (_added(pieces, size) for pieces in spelled))
            papers = None
            count = int(np.count_nonzero(values))
        else:
            lists = [_merged(pieces, np.add) for pieces in spelled]
            papers, values = _merged(lists, np.maximum)
            count = len(papers)
        idf = inverse_document_frequency(count, self._source.paper_count)
        values = bm25(values, idf).astype(np.float32)
        if papers is None and count * _DENSE_SHARE <= size:
            papers = np.flatnonzero(values)
            values = values[papers]
        return _WordScores(count, idf, float(values.max(initial=0.0)), values, papers)

    def _weighted(
        self, alternative: Alternative, weights: Mapping[str, float]
    ) -> list[tuple[Papers, NDArray[np.float32]]]:
        """Return for each run the papers that hold it and its weighted, normalised frequency."""
        pieces = []
        for run in alternative.runs:
            field = run.field.removesuffix("_exact")
            weight = np.float32(weights.get(field, 1.0) * alternative.weight)
            papers, frequencies = self._frequencies(run) if weight > 0 else (_NONE, _NONE)
            if len(papers):
                factors = self._length_factors(field)[papers]
                pieces.append((papers, frequencies.astype(np.float32) * factors * weight))
        return pieces

    def _weighted_frequencies(
        self, match: Match, weights: Mapping[str, float], papers: Papers
    ) -> NDArray[np.float64]:
        """Return the weighted frequency of a word in each of ``papers``."""
        best = np.zeros(len(papers))
        for alternative in match.alternatives:
            total = np.zeros(len(papers))
            for own, values in self._weighted(alternative, weights):
                places, is_there = looked_up(papers, own)
                total += np.where(is_there, values.take(places, mode="clip"), 0.0)
            np.maximum(best, total, out=best)
        return best

    def _length_factors(self, field: str) -> NDArray[np.float32]:
        if field not in self._factors:
            lengths, mean = self._source.lengths(field), self._source.mean_length(field)
            b = LENGTH_NORMALISATION.get(field, 0.0)
            self._factors[field] = length_factors(lengths, mean, b)
        return self._factors[field]

    # Phrases

    def _frequencies(self, run: Run) -> tuple[Papers, Papers]:
        """Return the papers that hold a run, ascending, and how often each holds it."""
        self._check_time()
        if len(run.terms) == 1:
            return self._source.postings(run.field, run.terms[0])
        lists = [self._places(run.field, term) for term in run.terms]
        if not all(map(len, lists)):
            return _NONE, _NONE
        if run.slop is not None:
            return _near(lists, run.slop, self._source.place_bits, self._check_time)
        # A phrase starts wherever every term, moved back by its place, stands at the same place.
        rarest, *others = sorted(enumerate(lists), key=lambda pair: len(pair[1]))
        starts = rarest[1] - rarest[0]
        for offset, places in others:
            starts = starts[looked_up(starts + offset, places)[1]]
            if not len(starts):
                return _NONE, _NONE
        papers = starts >> self._source.place_bits
        first = np.flatnonzero(is_first(papers))
        return papers[first], _gaps(first, len(papers))

    def _places(self, field: str, term: str) -> Numbers:
        """Return every place of a term, ascending, each once."""
        key = (field, term)
        known: Numbers | None = self._kept.get(key)
        if known is None:
            known = once(self._source.places(field, term))
            self._keep(key, known, known.nbytes + _RUN_BYTES)
        else:
            self._kept.move_to_end(key)
        return known

    def _keep(self, key: object, kept: object, byte_count: int) -> None:
        """Keep what was computed, and let go what was used longest ago."""
        self._kept[key] = kept
        self._sizes[key] = byte_count
        self._kept_bytes += byte_count
        most = max(CACHE_BYTES, CACHE_BYTES_PER_PAPER * self._source.size)
        while self._kept_bytes > most and len(self._kept) > 1:
            oldest, _ = self._kept.popitem(last=False)
            self._kept_bytes -= self._sizes.pop(oldest)


_NONE: Papers = np.zeros(0, np.int32)
# What a run takes in the key of something kept, with its share of the entry: most of it where a
# word is in few papers or none.
_RUN_BYTES = 400
_SMALLEST = float(np.finfo(np.float32).tiny)


def _any_of(clause: Clause) -> tuple[Match, ...] | None:
    """Return the words of a clause that matches any of them; None if it is no such clause."""
    match clause:
        case Match(boost=boost):
            return (clause,) if boost > 0 else None
        case Bool(required=(child,), optional=(), excluded=()):
            return _any_of(child)
        case Bool(required=(), optional=children, excluded=()):
            words = tuple(child for child in children if isinstance(child, Match))
            return words if all(word.boost > 0 for word in words) and words == children else None
    return None


def _summed(words: Sequence[tuple[_WordScores, float]], papers: Papers) -> NDArray[np.float64]:
    """Return what the words, each times its boost, score in each of ``papers``."""
    scores = np.zeros(len(papers))
    for word, boost in words:
        scores += boost * word.at(papers).astype(np.float64)
    return scores


def _kth(values: NDArray[np.float32], count: int) -> float:
    """Return a number that at least ``count`` values reach, near the highest such; 0 if too few."""
    if len(values) < count:
        return 0.0
    row_count = min(64, len(values) // (4 * count))
    if row_count > 1:
        # The best of each column, of which there are more than ``count``, stand for all.
        values = values[: len(values) // row_count * row_count].reshape(row_count, -1).max(axis=0)
    return float(np.partition(values, len(values) - count)[len(values) - count])


def _tolerance(word_count: int) -> float:
    """Return by what share of itself a sum of so many words may be less than another and be equal.

    Each addition, and the product with a boost, rounds by a share of 2^-24 (Higham, "Accuracy and
    Stability of Numerical Algorithms", 2002, section 4.2), in either of the two sums.
    """
    return (word_count + 2) * 2.0**-23


def _word_count(clause: Clause) -> int:
    if isinstance(clause, Bool):
        return sum(map(_word_count, (*clause.required, *clause.optional)))
    return 1


def _at_least(scores: Floats, count: int, tolerance: float) -> NDArray[np.int64]:
    """Return the places of the best ``count`` scores, and of those too near to tell."""
    threshold = _kth(scores, count)
    places = np.flatnonzero(scores >= threshold * (1 - tolerance))
    if len(places) > 2 * count:
        best = scores[places]
        exact = np.partition(best, len(best) - count)[len(best) - count]
        places = places[best >= exact * (1 - tolerance)]
    return places


def _union(lists: Sequence[Papers], size: int) -> Papers:
    """Return the papers of any list, ascending."""
    if sum(map(len, lists)) * _DENSE_SHARE > size:
        mask = np.zeros(size, np.bool_)
        for papers in lists:
            mask[papers] = True
        return np.flatnonzero(mask)
    return _distinct(np.concatenate(lists)) if lists else _NONE


def _distinct(numbers: Papers) -> Papers:
    """Return each number once, ascending. (Importing what numpy's own needs takes 15 ms.)"""
    return once(np.sort(numbers))


def _among(papers: Papers, found: Papers) -> Mask:
    """Tell which of ``papers`` are among those found, which are ascending."""
    if not len(found):
        return np.zeros(len(papers), np.bool_)
    return looked_up(papers, found)[1]


def _gaps(starts: Numbers, end: int) -> Numbers:
    """Return how far it is from each of ``starts``, of at least one, to the next, or to the end."""
    gaps = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=gaps[:-1])
    gaps[-1] = end - starts[-1]
    return gaps


def _added(pieces: Sequence[tuple[Papers, NDArray[np.float32]]], size: int) -> NDArray[np.float32]:
    """Return the sum of the pieces' values for every paper of the index."""
    total = np.zeros(size, np.float32)
    for papers, values in pieces:
        total[papers] += values
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


def _near(
    lists: Sequence[Numbers], slop: int, place_bits: int, check_time: Callable[[], None]
) -> tuple[Papers, Papers]:
    """Return the papers where all lists meet in a window of their count plus ``slop`` positions."""
    papers, *others = [once(places >> place_bits) for places in lists]
    for other in others:
        papers = papers[_among(papers, other)]
    found = []
    for paper in papers.tolist():
        span = (paper << place_bits, (paper + 1) << place_bits)
        bounds = [np.searchsorted(places, span) for places in lists]
        count = _windows(
            [places[low:high].tolist() for places, (low, high) in zip(lists, bounds, strict=True)],
            len(lists) + slop,
            check_time,
        )
        if count:
            found.append((paper, count))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _windows(places: Sequence[Sequence[int]], width: int, check_time: Callable[[], None]) -> int:
    """Count the positions from which ``width`` positions hold one place of every list.

    Each list takes a place of its own, so that ``"a a"~3`` needs two.
    """
    needs = Counter(map(tuple, places))
    every = sorted({position for positions in needs for position in positions})
    is_shared = len(every) < sum(map(len, needs))
    count = 0
    for start in every:
        check_time()
        within = {
            positions: positions[
                bisect_left(positions, start) : bisect_left(positions, start + width)
            ]
            for positions in needs
        }
        if all(len(within[positions]) >= need for positions, need in needs.items()) and (
            not is_shared or _can_choose([within[tuple(positions)] for positions in places])
        ):
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
