"""Papers × an index → a query of their telling words, which finds papers like them.

A word tells much of a paper if it comes often there and in few others. The query weighs each word
by how often it comes; how rare it is, the engine weighs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from searcher.engines.port import Engine
from searcher.query.clauses import Alternative, Match, Run
from searcher.query.telling import (
    MOST_CHARS,
    Texts,
    frequencies,
    rarity,
    saturated,
)
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

# More than all the telling words together can score: see ``titles``.
_SAME_TEXT_BOOST = 100.0 * MOST_WORDS
_TOO_LONG = Diagnostic("long-text", f"only the first {MOST_CHARS:,} characters of a text are read")
_NOTHING_TELLS = Diagnostic("no-telling-word", "there is no word that another paper has, too")


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
    total: defaultdict[str, float] = defaultdict(float)
    seed_counts: Counter[str] = Counter()
    for seed in seeds:
        own = frequencies(seed)
        for form, frequency in own.items():
            total[form] += frequency
        seed_counts.update({vocabulary.stem(form) for form in own})
    forms_of: defaultdict[str, list[str]] = defaultdict(list)
    for form in sorted(total, key=lambda form: (-total[form], form)):
        forms_of[vocabulary.stem(form)].append(form)
    telling = []
    for stem, forms in forms_of.items():
        count = vocabulary.stem_paper_count(stem)
        if count > seed_counts[stem]:
            weight = saturated(sum(total[form] for form in forms))
            telling.append((-weight * rarity(count, paper_count), forms[0], weight))
    return tuple(Boost(Word(form), round(own, 3)) for _, form, own in sorted(telling)[:MOST_WORDS])


def _titled(title: str, vocabulary: Vocabulary) -> list[str]:
    forms = placed_forms(title)
    return [paper_id for paper_id, _ in vocabulary.titled(forms)] if forms else []


def _plain(texts: Texts) -> Texts:
    return Texts(*(" ".join(text.casefold().split()) for text in texts))
