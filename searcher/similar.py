"""Papers × an index → a query of their telling words, which finds papers like them.

A word tells much of a paper if it comes often there and in few others. The query weighs each word
by how often it comes; how rare it is, the engine weighs.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from index.analysis import is_stop_word, tokens
from index.fields import FIELD_WEIGHTS, STEMMED_FIELDS, exact_twin
from searcher.engines.port import Engine
from searcher.query.clauses import Alternative, Match, Run
from searcher.query.titles import placed_forms
from searcher.query.tree import Boost, Diagnostic, Or, Query, Unread, Word
from searcher.query.vocabulary import Vocabulary

MOST_WORDS = 40
"""How many telling words are searched for.

By measure on Cranfield, where papers are alike that answer one question, the average precision is
0.298 with 25 words, and 0.305 with 40 as with 100.
"""

SAME_TEXT = "the same text"
"""What a paper shares that has the title and the abstract of one of those given."""

MOST_CHARS = 100_000
"""How much of a text is read."""

# A word that comes so often has half of the greatest weight; in a title it counts as in a search.
_HALF = 2.0
# What is longer is a formula or an address.
_MOST_WORD_CHARS = 100
# More than all the telling words together can score: see ``titles``.
_SAME_TEXT_BOOST = 100.0 * MOST_WORDS
_TOO_LONG = Diagnostic("long-text", f"only the first {MOST_CHARS:,} characters of a text are read")
_NOTHING_TELLS = Diagnostic("no-telling-word", "there is no word that another paper has, too")


class Texts(NamedTuple):
    """The title and the abstract of a paper; either may be empty."""

    title: str
    abstract: str


class Likeness(NamedTuple):
    """What finds papers like some: any of their telling words, and the papers with the same text.

    ``same`` is None where no other paper has the title and the abstract of one of them.
    """

    query: Query
    same: Match | None


def likeness(seeds: Sequence[Texts], ids: Collection[str], engine: Engine) -> Likeness:
    """Return what finds papers like ``seeds``, of which those of the index have ``ids``."""
    read = [Texts(*(text[:MOST_CHARS] for text in seed)) for seed in seeds]
    words = telling_words(read, engine.vocabulary, engine.paper_count)
    too_long = () if read == seeds else (_TOO_LONG,)
    query = Query(Or(words), too_long) if words else Query(Unread(), (*too_long, _NOTHING_TELLS))
    titled = {paper_id for seed in seeds for paper_id in _titled(seed.title, engine.vocabulary)}
    others = engine.papers(sorted(titled.difference(ids)))
    texts = set(map(_plain, seeds))
    same = [
        Alternative((Run("id", (paper.id,)),))
        for paper in others
        if paper and _plain(Texts(paper.title, paper.abstract)) in texts
    ]
    return Likeness(query, Match(SAME_TEXT, tuple(same), _SAME_TEXT_BOOST) if same else None)


def telling_words(
    seeds: Iterable[Texts], vocabulary: Vocabulary, paper_count: int
) -> tuple[Boost, ...]:
    """Return the telling words of some papers with their weights, the most telling first.

    ``paper_count`` is how many papers the index has. A word is as the papers have it most often.
    """
    frequencies: defaultdict[str, float] = defaultdict(float)
    seed_counts: Counter[str] = Counter()
    for seed in seeds:
        own = _frequencies(seed)
        for form, frequency in own.items():
            frequencies[form] += frequency
        seed_counts.update({vocabulary.stem(form) for form in own})
    forms: dict[str, list[str]] = {}
    for form in sorted(frequencies, key=lambda form: (-frequencies[form], form)):
        forms.setdefault(vocabulary.stem(form), []).append(form)
    telling = []
    for stem, own_forms in forms.items():
        count = _paper_count(stem, vocabulary)
        if count > seed_counts[stem]:
            frequency = sum(frequencies[form] for form in own_forms)
            weight = frequency / (frequency + _HALF)
            telling.append((-weight * math.log1p(paper_count / count), own_forms[0], weight))
    return tuple(Boost(Word(form), round(own, 3)) for _, form, own in sorted(telling)[:MOST_WORDS])


def _frequencies(texts: Texts) -> Mapping[str, float]:
    """Return how often each form comes that may tell something; in the title it counts more."""
    frequencies: defaultdict[str, float] = defaultdict(float)
    for text, field in zip(texts, Texts._fields, strict=True):
        for token in tokens(text):
            form = token.forms[0]
            # What a joined word tells, its parts tell.
            if token.part_count == 1 and _may_tell(form):
                frequencies[form] += FIELD_WEIGHTS[field]
    return frequencies


def _may_tell(form: str) -> bool:
    is_letter = len(form) == 1 and form.isascii()
    is_word = any(map(str.isalpha, form)) and len(form) <= _MOST_WORD_CHARS
    return is_word and not is_letter and not is_stop_word(form)


def _paper_count(stem: str, vocabulary: Vocabulary) -> int:
    """Return an upper bound on how many papers have a stem: those with each form in each field."""
    return sum(
        vocabulary.paper_count(exact_twin(field), form)
        for form in vocabulary.forms_of(stem)
        for field in STEMMED_FIELDS
    )


def _titled(title: str, vocabulary: Vocabulary) -> list[str]:
    forms = placed_forms(title)
    return [paper_id for paper_id, _ in vocabulary.titled(forms)] if forms else []


def _plain(texts: Texts) -> Texts:
    return Texts(*(" ".join(text.casefold().split()) for text in texts))
