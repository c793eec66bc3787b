"""The best papers of those that match: in order, and with no more looked at than needed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searcher.deadline import OutOfTimeError
from searcher.engines.local.matching import NO_MATCHES, Matcher, Matches
from searcher.engines.local.nearness import Pairs
from searcher.engines.local.ranking import Floats
from searcher.engines.local.scoring import Papers, PostingSource, WordScores
from searcher.query.clauses import Bool, Clause
from searcher.request import NEAR_PAPERS

# Below this many papers, adding everything costs less than deciding what to leave out.
_SMALL_INDEX = 1 << 16
_SMALLEST = float(np.finfo(np.float32).tiny)
# Methods of arrays are called here where numpy's functions of the same name take 1 µs more.


class Best(NamedTuple):
    """The best papers, each with its score, best first, and what words near each other score."""

    ranked: list[tuple[int, float]]
    near: Pairs | None = None


def best(matcher: Matcher, clause: Clause, matches: Matches | None, count: int) -> Best:
    """Return the best ``count`` papers; ties by paper id.

    They are taken from ``matches``; if it is None from all that match ``clause``, of which then
    no more are looked at than needed. If the time is over, the scores of ``matches`` stand.
    """
    if not count:
        return Best([])
    near: Pairs | None = None
    words: list[tuple[WordScores, float]] = []
    try:
        words = matcher.word_list(clause)
    except OutOfTimeError:
        if matches is None:
            raise
    placed = matcher.placed_words(clause)
    wanted = max(count, NEAR_PAPERS) if placed else count
    if matches is None:
        matches = promising(matcher.index, words, wanted) if words else matcher.find(clause)
    papers, so_far = matches.papers, matches.scores
    if len(papers) > 4 * wanted:
        chosen = _at_least(so_far, wanted, _tolerance(_word_count(clause)))
        papers, so_far = papers[chosen], so_far[chosen]
    try:
        summed = words or matcher.sum_list(clause)
        scores = _summed(summed, papers) if summed else matcher.scores(clause, papers)
        if placed:
            chosen = _first(scores, NEAR_PAPERS)
            near = matcher.near(placed, papers[chosen])
            if near:
                scores[chosen] += near.gains()
            if len(papers) > 4 * count:
                chosen = _at_least(scores, count, 0.0)
                papers, scores = papers[chosen], scores[chosen]
    except OutOfTimeError:
        scores = so_far.astype(np.float64)
    if len(papers) > 200:
        order = first_by(matcher.index, papers, -scores, count)
        return Best(list(zip(papers[order].tolist(), scores[order].tolist(), strict=True)), near)
    losses = (-scores).tolist()
    ranked = sorted(zip(losses, papers.tolist(), strict=True))
    if len(set(losses)) < len(losses):
        last = ranked[min(count, len(ranked)) - 1][0]
        ranked = [pair for pair in ranked if pair[0] <= last]
        ids = matcher.index.ids_of([paper for _, paper in ranked])
        order_of = dict(zip(ranked, ids, strict=True))
        ranked.sort(key=lambda pair: (pair[0], order_of[pair]))
    return Best([(paper, -loss) for loss, paper in ranked[:count]], near)


def first_by(
    index: PostingSource, papers: Papers, keys: NDArray[Any], count: int
) -> NDArray[np.intp]:
    """Return where the first ``count`` of ``papers``, ascending, stand.

    They come by their ``keys``, the lowest first; ties by paper id. Only the ids of ties are read.
    """
    places = np.arange(len(papers) if count else 0)
    if 0 < count < len(papers):
        last = _partitioned(-keys, count)[len(keys) - count]
        places = (-keys > last).nonzero()[0]
        ties = (-keys == last).nonzero()[0]
        left = count - len(places)
        if left < len(ties):
            ties = papers.searchsorted(index.first_by_id(papers[ties], left))
        places = np.concatenate([places, ties])
    places = places[np.argsort(keys[places], kind="stable")]
    ordered = keys[places]
    is_tied = np.zeros(len(places), np.bool_)
    is_tied[1:] = ordered[1:] == ordered[:-1]
    is_tied[:-1] |= is_tied[1:]
    tied = is_tied.nonzero()[0]
    if len(tied):
        ids = index.ids_of(papers[places[tied]].tolist())
        by_id = np.array(sorted(range(len(tied)), key=ids.__getitem__))
        # Stable, so that ties stand by id; all else stays where it is.
        by_id = by_id[np.argsort(ordered[tied[by_id]], kind="stable")]
        places[tied] = places[tied[by_id]]
    return places


def promising(
    index: PostingSource, words: Sequence[tuple[WordScores, float]], count: int
) -> Matches:
    """Return papers among which are the best ``count`` of those with any of ``words``.

    MaxScore (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995) a list
    at a time: once ``count`` papers score more than all remaining lists together can give, no
    paper can enter that has not been seen, and those lists are only looked up.
    """
    words = sorted((pair for pair in words if pair[0].count), key=lambda pair: pair[0].count)
    if len(words) < 2:
        return _best_of_word(words[0][0], count) if words else NO_MATCHES
    tolerance = _tolerance(len(words))
    total = index.accumulators.take()
    seen: list[Papers] = []
    rest = sum(word.highest * boost for word, boost in words)
    threshold = 0.0
    at = 0
    if index.size > _SMALL_INDEX:
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
            taken = [_take(total, own, needed) for own in seen]
            papers, scores = map(np.concatenate, zip(*taken, strict=True))
            found = _looked_up(Matches(papers, scores), words[at:], count, rest, tolerance)
            if len(found.papers) >= count and _kth(found.scores, count) * (1 - tolerance) > rest:
                index.accumulators.give_back(total, seen)
                return found
            for papers, scores in taken:
                total[papers] = scores
    for word, boost in words[at:]:
        word.add_to(total, boost)
    papers = (total >= max(_kth(total, count) * (1 - tolerance), _SMALLEST)).nonzero()[0]
    scores = total[papers]
    index.accumulators.give_back(total, [*seen, *(word.papers for word, _ in words[at:])])
    return Matches(papers, scores)


def _take(total: NDArray[np.float32], papers: Papers, least: float) -> Matches:
    """Return those of ``papers`` that have a sum of ``least``, and take their sums away.

    So no paper is taken for two lists, and none has to be sorted.
    """
    scores = total[papers]
    is_enough = scores >= max(least, _SMALLEST)
    papers, scores = papers[is_enough], scores[is_enough]
    total[papers] = 0.0
    return Matches(papers, scores)


def _looked_up(
    matches: Matches,
    words: Sequence[tuple[WordScores, float]],
    count: int,
    rest: float,
    tolerance: float,
) -> Matches:
    """Return the best ``count`` of some papers, or more, with what further words score in them.

    These words score ``rest`` at most. After each, papers are left out that those to come cannot
    bring among the best.
    """
    papers, scores = matches
    for word, boost in words:
        scores = scores + word.at(papers) * np.float32(boost)
        rest = max(rest - word.highest * boost, 0.0)
        if len(papers) > 4 * count:
            is_left = scores >= _kth(scores, count) * (1 - tolerance) - rest * (1 + tolerance)
            papers, scores = papers[is_left], scores[is_left]
    order = papers.argsort()
    return Matches(papers[order], scores[order])


def _best_of_word(word: WordScores, count: int) -> Matches:
    """Return papers among which are the best ``count`` that match a word."""
    if word.papers is not None and word.count <= count:
        return Matches(word.papers, word.values)
    threshold = _kth(word.values, count) * (1 - _tolerance(1))
    places = (word.values >= max(threshold, _SMALLEST)).nonzero()[0]
    papers = places if word.papers is None else word.papers[places]
    return Matches(papers, word.values[places])


def _summed(words: Sequence[tuple[WordScores, float]], papers: Papers) -> NDArray[np.float64]:
    """Return what the words, each times its boost, score in each of ``papers``."""
    scores = np.zeros(len(papers))
    for word, boost in words:
        # Most words have no boost; the sum is the same without the product.
        scores += word.at(papers) if boost == 1.0 else boost * word.at(papers).astype(np.float64)
    return scores


def _first(scores: Floats, count: int) -> NDArray[np.int64]:
    """Return where the best ``count`` scores stand, and those that equal the last of them.

    If these make it more than twice as many, all equals of the last are left out instead: which
    papers are chosen never depends on their order.
    """
    if len(scores) <= count:
        return np.arange(len(scores))
    last = _partitioned(scores, count)[len(scores) - count]
    places: NDArray[np.int64] = (scores >= last).nonzero()[0]
    if len(places) > 2 * count:
        places = (scores > last).nonzero()[0]
    return places


def _kth(values: NDArray[np.float32], count: int) -> float:
    """Return a lower bound, close to the ``count``-th highest value; 0 if there are too few."""
    if len(values) < count:
        return 0.0
    row_count = min(64, len(values) // (4 * count))
    if row_count > 1:
        # The best of each column, of which there are more than ``count``, stand for all.
        rows = values[: len(values) // row_count * row_count].reshape(row_count, -1)
        values = np.maximum.reduce(rows)
    return float(_partitioned(values, count)[len(values) - count])


def _partitioned(values: Floats, count: int) -> Floats:
    """Return the values with the best ``count`` at the end."""
    values = values.copy()
    values.partition(len(values) - count)
    return values


def _tolerance(word_count: int) -> float:
    """Return the share by which two sums of so many words may differ and still be equal.

    Each addition, and the product with a boost, rounds by a share of 2^-24 (Higham, "Accuracy and
    Stability of Numerical Algorithms", 2002, section 4.2), in either of the two sums.
    """
    return (word_count + 2) * 2.0**-23


def _word_count(clause: Clause) -> int:
    if isinstance(clause, Bool):
        return sum(map(_word_count, (*clause.required, *clause.optional)))
    return 1


def _at_least(scores: Floats, count: int, tolerance: float) -> NDArray[np.int64]:
    """Return where the best ``count`` scores stand, and those too close to them to tell."""
    threshold = _kth(scores, count)
    places = (scores >= threshold * (1 - tolerance)).nonzero()[0]
    if len(places) > 2 * count:
        best = scores[places]
        exact = _partitioned(best, count)[len(best) - count]
        places = places[best >= exact * (1 - tolerance)]
    return places
