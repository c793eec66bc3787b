"""The best papers of a query → words that they share, which say what else it is about.

Feedback as in RM3 (Abdul-Jaleel and others, "UMass at TREC 2004: Novelty and HARD"): a score is a
logarithm of odds, so each paper counts by the power of e that its score is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from index.analysis import stem as stem_of
from index.fields import STEMMED_FIELDS
from searcher.query.clauses import Alternative, Bool, Clause, Match, Run, matches_of
from searcher.query.telling import (
    Texts,
    frequencies,
    rarity,
    saturated,
)
from searcher.query.tree import AddedWord, Diagnostic
from searcher.query.vocabulary import Vocabulary
from searcher.query.words import ASKING_WORDS

MOST_PAPERS = 30
"""How many of the best papers are read at most."""

MOST_TEXT_WORDS = 1_000
"""So many words of text are read, of two papers at least: of short papers, more of them."""

MOST_ADDED = 20
"""How many words are added."""

# A word that more papers have tells too little; those with it in the title count twice.
_MOST_SHARE = 0.5
_FEWEST_PAPERS = 2
# Searches read the same papers again; each entry takes some 10 KB.
_MOST_CACHED_CHARS = 5_000
_cached_frequencies = lru_cache(maxsize=1 << 10)(frequencies)
_NOTHING_ADDED = Diagnostic("not-expanded", "the best papers share no word that tells something")


def added_words(
    best: Iterable[tuple[Texts, float]], vocabulary: Vocabulary, paper_count: int
) -> tuple[AddedWord, ...]:
    """Return the words that the best papers share, the most telling first; the weights sum to 1.

    ``best`` are papers with their scores, best first; no more of them are taken than are read.
    ``paper_count`` is how many papers the index has. A word is as the papers have it most often.
    """
    total: defaultdict[str, float] = defaultdict(float)
    weights: defaultdict[str, float] = defaultdict(float)
    having: Counter[str] = Counter()
    for texts, share in _read(best):
        own: defaultdict[str, float] = defaultdict(float)
        is_short = sum(map(len, texts)) <= _MOST_CACHED_CHARS
        for form, frequency in (_cached_frequencies if is_short else frequencies)(texts).items():
            own[stem_of(form)] += frequency
            total[form] += frequency
        having.update(own.keys())
        for stem, frequency in own.items():
            weights[stem] += share * saturated(frequency)
    # The most frequent form comes last, and stays.
    forms = {stem_of(form): form for form in sorted(total, key=lambda form: (total[form], form))}
    found = []
    for stem, count in having.items():
        if count >= _FEWEST_PAPERS and _may_be_added(forms[stem]):
            papers = vocabulary.stem_paper_count(stem)
            if weights[stem] and _FEWEST_PAPERS <= papers <= _MOST_SHARE * paper_count:
                found.append((-weights[stem] * rarity(papers, paper_count), forms[stem]))
    chosen = sorted(found)[:MOST_ADDED]
    whole = sum(weight for weight, _ in chosen)
    added = [AddedWord(form, round(weight / whole, 4)) for weight, form in chosen]
    return tuple(word for word in added if word.weight)


def _read(best: Iterable[tuple[Texts, float]]) -> Iterator[tuple[Texts, float]]:
    """Yield the papers that are read, each with its share of all that they tell."""
    words_left, highest = MOST_TEXT_WORDS, 0.0
    for number, (texts, score) in enumerate(best):
        words_left -= sum(len(text.split()) for text in texts)
        if number >= MOST_PAPERS or (number >= _FEWEST_PAPERS and words_left < 0):
            break
        highest = highest if number else score
        yield texts, math.exp(min(score - highest, 0.0))


def _may_be_added(form: str) -> bool:
    """Tell whether a word may say what is looked for: it does not only ask, and has no number."""
    return form not in ASKING_WORDS and not any(map(str.isdigit, form))


def word_count(clause: Clause) -> float:
    """Return how many words of text a clause asks for, each as often as its boost says."""
    return sum(
        match.boost
        for match in matches_of(clause)
        if not any(run.field == "id" for one in match.alternatives for run in one.runs)
    )


def with_words(clause: Clause, words: Sequence[AddedWord], vocabulary: Vocabulary) -> Clause:
    """Return a clause that the same papers match, in which the added words score, too.

    Together they count as much as the clause's own words.
    """
    length = word_count(clause)
    added = [
        Match(f"{word} (added)", (_by_stem(vocabulary.stem(word)),), weight * length)
        for word, weight in words
    ]
    return Bool((clause,), tuple(added)) if added else clause


def told(words: Sequence[AddedWord]) -> Diagnostic:
    """Return what the author of a query is told of the words that were added."""
    if not words:
        return _NOTHING_ADDED
    return Diagnostic("expanded", f"expanded with: {', '.join([one.word for one in words])}")


def _by_stem(stem: str) -> Alternative:
    return Alternative(tuple([Run(field, (stem,)) for field in STEMMED_FIELDS]))
