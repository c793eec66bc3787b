"""Clauses × postings → which papers match, and what they score together."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.names import name_terms
from index.segments.arrays import sorted_distinct
from searcher.deadline import Deadline, OutOfTimeError
from searcher.engines.local.nearness import (
    MOST_PLACED,
    MOST_WORDS,
    Pairs,
    Placed,
    is_stop,
    may_be_near,
    pairs,
    placed,
)
from searcher.engines.local.phrases import is_among
from searcher.engines.local.ranking import Floats
from searcher.engines.local.scoring import (
    DENSE_SHARE,
    Mask,
    Papers,
    PostingSource,
    WordScorer,
    WordScores,
)
from searcher.page import ScorePart
from searcher.query.clauses import (
    AnyTerm,
    Bool,
    Clause,
    EveryPaper,
    Match,
    Span,
    Tiers,
    matches_of,
)
from searcher.request import DEFAULT_RANKING, Ranking


class Matches(NamedTuple):
    """The papers that match, ascending, and the score of each, a sum of 32-bit floats."""

    papers: Papers
    scores: Floats


NO_MATCHES = Matches(np.zeros(0, np.int32), np.zeros(0, np.float32))


class Matcher:
    """Finds and scores papers for one search.

    After the deadline a method raises OutOfTimeError, except ``find`` of a clause that matches any
    of several: it returns the papers that match so far, and their scores so far.
    """

    __slots__ = ("index", "ranking", "words")

    def __init__(
        self,
        index: PostingSource,
        ranking: Ranking = DEFAULT_RANKING,
        deadline: Deadline | None = None,
    ) -> None:
        self.index = index
        self.ranking = ranking
        self.words = WordScorer(index, ranking, deadline)

    def find(self, clause: Clause) -> Matches:
        """Return every paper that matches ``clause``, scored with the field weights ``weights``."""
        self.words.check_time()
        match clause:
            case Match(boost=boost):
                word = self.words.scores(clause)
                papers = word.matches()
                values = word.values[papers] if word.papers is None else word.values
                return Matches(papers, values * np.float32(boost))
            case AnyTerm():
                papers = self._papers_with_any(clause)
            case Span(field, low, high):
                numbers = self.index.numbers(field)
                papers = np.flatnonzero(self.index.live & (numbers >= low) & (numbers <= high))
            case EveryPaper():
                papers = np.flatnonzero(self.index.live)
            case Bool():
                words = any_of(clause)
                return self._any(words) if words else self._combined(clause)
        return Matches(papers, np.zeros(len(papers), np.float32))

    def scores(self, clause: Clause, papers: Papers) -> NDArray[np.float64]:
        """Return the score of each of ``papers``, 0 where it does not match."""
        return self._at(clause, papers)[1]

    def sureness(self, named: Sequence[Tiers], papers: Papers) -> NDArray[np.int64]:
        """Return how sure each of ``papers`` is to have the names wanted: the lower, the surer."""
        total = np.zeros(len(papers), np.int64)
        for tiers in named:
            own = np.zeros(len(papers), np.int64)
            # The surest last, as a paper may have several of the names.
            for place in reversed(range(len(tiers))):
                own[is_among(papers, self.find(tiers[place]).papers)] = place
            total += own
        return total

    def placed_words(self, clause: Clause) -> list[Match]:
        """Return the words of a clause that gain by standing near each other, if any do.

        A word that is typed n times is returned once, with its boost times the square root of n.
        So a query that is typed twice counts twice: each of its pairs, as each of its words.
        """
        if not self.ranking.near:
            return []
        words = [match for match in matches_of(clause) if may_be_near(match)]
        if self.index.size > MOST_PLACED:
            words = [word for word in words if self.words.scores(word).count <= MOST_PLACED]
        # Stop words stand near everything, which tells only where there is nothing else.
        words = [word for word in words if not is_stop(word)][:MOST_WORDS] or words[:MOST_WORDS]
        times = Counter([word.alternatives for word in words])
        if len(times) < len(words):
            first = {word.alternatives: word for word in reversed(words)}
            words = [
                first[own]._replace(boost=first[own].boost * math.sqrt(count))
                for own, count in times.items()
            ]
        return words if len(words) > 1 else []

    def near(self, words: Sequence[Match], papers: Papers) -> Pairs | None:
        """Return what words near each other score in ``papers``, ascending; None if nothing."""
        where = [(self._placed(word), word.boost) for word in words]
        return pairs(where, papers, self.ranking)

    def _placed(self, word: Match) -> Placed:
        key = ("placed", word.alternatives)
        known: Placed | None = self.index.cache.get(key)
        if known is None:
            self.words.check_time()
            known = placed(word.alternatives, self.index.places, self.index.place_bits)
            self.index.cache.put(key, known, _TERM_BYTES * len(word.alternatives))
        return known

    def explain(
        self, clause: Clause, papers: Sequence[int], near: Pairs | None = None
    ) -> list[list[ScorePart]]:
        """Return the parts of each paper's score, in the order of the query.

        Behind them stand those of words near each other, if these are given.
        """
        found: list[list[ScorePart]] = [[] for _ in papers]
        wanted = np.array(papers, np.int64)
        for match, values in self._by_word(clause, wanted):
            word = self.words.scores(match)
            frequencies = self.words.weighted_frequencies(match, wanted)
            for at in np.flatnonzero(values).tolist():
                score, frequency = match.boost * float(values[at]), float(frequencies[at])
                part = ScorePart(match.label, score, word.idf, frequency, word.recurrence)
                found[at].append(part)
        if near:
            labels = [word.label for word in self.placed_words(clause)]
            for own, paper in zip(found, papers, strict=True):
                own += near.parts(paper, labels)
        return found

    def matched(self, clause: Clause, papers: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the labels of the words that each paper has, those that score most first.

        This takes much less time than to explain: no posting list is read again.
        """
        found: list[list[tuple[float, str]]] = [[] for _ in papers]
        for match, values in self._by_word(clause, np.array(papers, np.int64)):
            for at in np.flatnonzero(values).tolist():
                found[at].append((-match.boost * float(values[at]), match.label))
        return [tuple(label for _, label in sorted(own)) for own in found]

    def _by_word(
        self, clause: Clause, papers: Papers
    ) -> Iterator[tuple[Match, NDArray[np.float32]]]:
        """Yield each word of a clause, and what it scores in each of ``papers`` before its boost.

        It scores nothing in a paper that does not match what the word is a part of.
        """
        if isinstance(clause, Match):
            yield clause, self.words.scores(clause).at(papers)
        elif isinstance(clause, Bool):
            mask = self._at(clause, papers)[0]
            for child in (*clause.required, *clause.optional):
                for match, values in self._by_word(child, papers):
                    yield match, values * mask

    # Matching

    def _combined(self, clause: Bool) -> Matches:
        """Return what matches a clause that combines others: cached.

        The same is asked again for a page, a facet or a filter, and by a search that counts what
        matches all words before it is relaxed.
        """
        key = ("combined", clause, self.words.ranking_key)
        known: Matches | None = self.index.cache.get(key)
        if known is None:
            known = self._combine(clause)
            if self.words.is_in_time:
                self.index.cache.put(key, known, _TERM_BYTES * sum(1 for _ in matches_of(clause)))
        return known

    def _combine(self, clause: Bool) -> Matches:
        if adds_words(clause):
            own = self.find(clause.required[0])
            papers = own.papers
            # Of few papers, the words are looked up in less time.
            if len(papers) * DENSE_SHARE > self.index.size:
                added = self._sum(clause.optional, papers)
                return Matches(papers, own.scores + added.scores)
        else:
            papers = self._candidates(clause)
        if not clause.required and not clause.excluded:
            return self._sum(clause.optional, papers)
        for child in clause.excluded:
            papers = papers[~self._at(child, papers)[0]]
        try:
            return Matches(papers, self._at(clause, papers)[1])
        except OutOfTimeError:
            return Matches(papers, np.zeros(len(papers), np.float32))

    def _candidates(self, clause: Bool) -> Papers:
        """Return the papers that match what is required, or else any of what is optional."""
        if not clause.required:
            lists = []
            for child in clause.optional:
                try:
                    lists.append(self.find(child).papers)
                except OutOfTimeError:
                    break
            return _union(lists, self.index.size)
        # From the rarest on: the others are only looked up in what is left.
        rarest, *others = sorted(clause.required, key=lambda child: self._upper_bound(child))
        papers = self.find(rarest).papers
        for child in others:
            papers = papers[self._at(child, papers)[0]]
        return papers

    def _upper_bound(self, clause: Clause) -> int:
        """Return an upper bound on how many papers match ``clause``."""
        match clause:
            case Match():
                return self.words.scores(clause).count
            case AnyTerm():
                return len(self._papers_with_any(clause))
            case Bool(required=(), optional=optional):
                return sum(self._upper_bound(child) for child in optional)
            case Bool(required=required):
                return min(self._upper_bound(child) for child in required)
        return self.index.size

    def _at(self, clause: Clause, papers: Papers) -> tuple[Mask, NDArray[np.float64]]:
        """Return which of ``papers``, ascending or not, match ``clause``, and the score of each."""
        self.words.check_time()
        scores = np.zeros(len(papers))
        match clause:
            case Match(boost=boost):
                values = self.words.scores(clause).at(papers)
                return values > 0, boost * values.astype(np.float64)
            case Bool(required, optional, excluded):
                mask = np.full(len(papers), bool(required))
                for child in required:
                    own, more = self._at(child, papers)
                    mask &= own
                    scores += more
                for child in optional:
                    own, more = self._at(child, papers)
                    if not required:
                        mask |= own
                    scores += more
                for child in excluded:
                    mask &= ~self._at(child, papers)[0]
                scores[~mask] = 0.0
                return mask, scores
            case Span(field, low, high):
                numbers = self.index.numbers(field)[papers]
                return (numbers >= low) & (numbers <= high), scores
            case AnyTerm():
                return is_among(papers, self.find(clause).papers), scores
            case EveryPaper():
                return np.ones(len(papers), np.bool_), scores

    def _papers_with_any(self, clause: AnyTerm) -> Papers:
        """Return the papers with any of the terms: cached, as an initial means many names."""
        papers: Papers | None = self.index.cache.get(clause)
        if papers is None:
            lists: list[Papers] = [_NONE]
            for term in clause.terms:
                self.words.check_time()
                lists.append(self.index.postings(clause.field, term)[0])
            papers = sorted_distinct(np.concatenate(lists))
            if clause.is_first:
                wanted = frozenset(clause.terms)
                names = self.index.first_names(clause.field, papers)
                is_wanted = [not wanted.isdisjoint(name_terms(name)) for name in names]
                papers = papers[np.array(is_wanted, np.bool_)]
            self.index.cache.put(clause, papers, _TERM_BYTES * len(lists))
        return papers

    # Any of several words

    def word_list(self, clause: Clause) -> list[tuple[WordScores, float]]:
        """Return the words of a clause that matches any of them, else none, with their boosts."""
        return self._listed(any_of(clause) or ())

    def sum_list(self, clause: Clause) -> list[tuple[WordScores, float]]:
        """Return the words that a paper that matches a clause scores the sum of, if it is one."""
        if isinstance(clause, Bool) and adds_words(clause):
            own = any_of(clause.required[0]) or ()
            # ``adds_words`` says that these are words.
            return self._listed((*own, *clause.optional)) if own else []  # type: ignore[arg-type]
        return []

    def _listed(self, matches: Sequence[Match]) -> list[tuple[WordScores, float]]:
        return [(self.words.scores(match), match.boost) for match in matches]

    def _any(self, matches: Sequence[Match]) -> Matches:
        """Return the papers that match any of ``matches``, with the sum of their scores."""
        total = self.index.accumulators.take()
        lists = []
        for match in matches:
            try:
                self.words.check_time()
                word = self.words.scores(match)
            except OutOfTimeError:
                break
            word.add_to(total, match.boost)
            lists.append(word.papers)
        papers = np.flatnonzero(total > 0)
        scores = total.take(papers)
        self.index.accumulators.give_back(total, lists)
        return Matches(papers, scores)

    def _sum(self, clauses: Sequence[Clause], papers: Papers) -> Matches:
        """Return ``papers``, which match any of ``clauses``, with the sum of their scores."""
        scores = np.zeros(len(papers), np.float32)
        total = self.index.accumulators.take()
        # Not ``papers``: where the time was over, they are not all that the words are in.
        lists = []
        for clause in clauses:
            try:
                if isinstance(clause, Match):
                    word = self.words.scores(clause)
                    word.add_to(total, clause.boost)
                    lists.append(word.papers)
                else:
                    scores += self._at(clause, papers)[1]
            except OutOfTimeError:
                break
        scores += total[papers]
        self.index.accumulators.give_back(total, lists)
        return Matches(papers, scores)


_NONE: Papers = np.zeros(0, np.int32)
# What a term takes in the key of the papers with any of several.
_TERM_BYTES = 400


def any_of(clause: Clause) -> tuple[Match, ...] | None:
    """Return the words of a clause that matches any of them; None if it is no such clause."""
    match clause:
        case Match(boost=boost):
            return (clause,) if boost > 0 else None
        case Bool(required=(child,), optional=(), excluded=()):
            return any_of(child)
        case Bool(required=(), optional=children, excluded=()):
            words = tuple(child for child in children if isinstance(child, Match))
            return words if all(word.boost > 0 for word in words) and words == children else None
    return None


def adds_words(clause: Bool) -> bool:
    """Tell whether words only add to the scores of what matches one clause."""
    if len(clause.required) != 1 or not clause.optional or clause.excluded:
        return False
    return all(isinstance(word, Match) and word.boost > 0 for word in clause.optional)


def _union(lists: Sequence[Papers], size: int) -> Papers:
    """Return the papers of any list, ascending."""
    if sum(map(len, lists)) * DENSE_SHARE > size:
        mask = np.zeros(size, np.bool_)
        for papers in lists:
            mask[papers] = True
        return np.flatnonzero(mask)
    return sorted_distinct(np.concatenate(lists)) if lists else _NONE
