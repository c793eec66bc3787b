"""Papers to measure with: those of a file, or any number of new ones that read like them.

The new ones are learned at run time and copied from nowhere. Each has a source paper, whose
lengths, year and category it takes, and draws its words from a chain: the next word is one that
followed the last one somewhere in the corpus, or now and then a word of the source or of two other
papers, so that words keep company as in real text. Words of the title recur in the abstract as
often as the corpus says. New words are coined at the rate that keeps the vocabulary on the
corpus's own Heaps' law (Heaps, "Information Retrieval", 1978): V(n) = K n^beta distinct words
among n; a coined word comes back by Simon's process ("On a class of skew distribution functions",
1955), which gives coined words a Zipf distribution too.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = dict[str, Any]
"""A paper as a line of JSON holds it."""
Ids = NDArray[np.int64]

THEME_PAPERS = 3
# How often the chain leaves its last word for a word of the theme; at 0 papers have no subject.
JUMP_RATE = 0.15
# How often it goes back to a word of the text's own; at 0 words recur too little in a text.
BACK_RATE = 0.12
PAPERS_AT_ONCE = 10_000
# Words of the title among these many most frequent ones are no sign of its subject.
FUNCTION_WORDS = 100
_END = 0

_SYLLABLES = [onset + vowel for onset in "bdfgklmnprstvzhjwcqx" for vowel in "aeiou"]
_SYLLABLE_COUNT = 4
_COINABLE = len(_SYLLABLES) ** _SYLLABLE_COUNT
# Without a common factor with _COINABLE, so that each number gives another word.
_SCATTER = 38_196_601


def read_records(source: Path) -> list[Record]:
    """Return the papers of a JSON lines file (.gz too) that have a title."""
    opener: Callable[..., Any] = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rt", encoding="utf-8") as lines:
        return [paper for paper in map(json.loads, lines) if paper["title"].split()]


def read_papers(source: Path) -> list[Record]:
    """Return those papers of a JSON lines file (.gz too) that have a title and an abstract."""
    return [paper for paper in read_records(source) if paper["abstract"].split()]


def write_papers(papers: Iterable[Record], target: Path) -> None:
    """Write ``papers`` as JSON lines."""
    with target.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(paper) + "\n" for paper in papers)


def sample_papers(corpus: Path, paper_count: int, sample_count: int, seed: int) -> list[Record]:
    """Return random papers of a JSON lines file of ``paper_count``, in the file's order."""
    rng = np.random.default_rng(seed)
    chosen = set(rng.permutation(paper_count)[:sample_count].tolist())
    with corpus.open(encoding="utf-8") as lines:
        return [json.loads(line) for number, line in enumerate(lines) if number in chosen]


def coin(number: int) -> str:
    """Return the coined word of a number below a hundred million; no two have the same."""
    scattered = number * _SCATTER % _COINABLE
    word = ""
    for _ in range(_SYLLABLE_COUNT):
        scattered, syllable = divmod(scattered, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word


@dataclass(frozen=True, slots=True)
class _Chain:
    """Texts end to end as word ids, each closed by _END, and where each word stands in them.

    Text i is ``stream[starts[i]:starts[i] + lengths[i]]``; word w stands at
    ``places[first[w]:first[w] + counts[w]]``.
    """

    stream: Ids
    starts: Ids
    lengths: Ids
    places: Ids
    first: Ids
    counts: Ids

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]], word_count: int) -> "_Chain":
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        closed = chain.from_iterable((*text, _END) for text in texts)
        stream = np.fromiter(closed, dtype=np.int64, count=int(lengths.sum()) + len(texts))
        counts = np.bincount(stream, minlength=word_count)
        return cls(
            stream=stream,
            starts=np.cumsum(lengths + 1) - lengths - 1,
            lengths=lengths,
            places=np.argsort(stream, kind="stable"),
            first=np.cumsum(counts) - counts,
            counts=counts,
        )

    def a_place_of(self, words: Ids, rng: np.random.Generator) -> Ids:
        """Return a random place of each word; of one that stands nowhere, any place."""
        offset = rng.random(len(words)) * self.counts[words]
        return self.places[
            np.minimum(self.first[words] + offset.astype(np.int64), len(self.places) - 1)
        ]

    def a_place_in(self, texts: Ids, rng: np.random.Generator) -> Ids:
        """Return a random place in each text."""
        return self.starts[texts] + (rng.random(len(texts)) * self.lengths[texts]).astype(np.int64)

    def walk(
        self,
        themes: Ids,
        lengths: Ids,
        rng: np.random.Generator,
        interjected: tuple[Ids, Ids, float] | None = None,
    ) -> Ids:
        """Return one new text a row of ``themes``, padded with _END.

        ``lengths`` must not increase. ``interjected`` is a padded row of words for each text, how
        many the row has, and how often one of them takes the place of the next word.
        """
        texts = np.zeros((len(themes), int(lengths[0])), dtype=np.int64)
        written = np.zeros_like(texts)  # the same but for coined words, which the chain lacks
        place = self.starts[themes[:, 0]]
        for step in range(texts.shape[1]):
            active = int(np.searchsorted(-lengths, -step, side="left"))
            place = place[:active]
            words = self.stream[place]
            texts[:active, step] = words
            if interjected is not None:
                choices, choice_counts, rate = interjected
                chosen = np.flatnonzero((rng.random(active) < rate) & (choice_counts[:active] > 0))
                choice = (rng.random(len(chosen)) * choice_counts[chosen]).astype(np.int64)
                texts[chosen, step] = choices[chosen, choice]
                known = chosen[texts[chosen, step] < len(self.counts)]
                known = known[self.counts[texts[known, step]] > 0]
                words[known] = texts[known, step]
            written[:active, step] = words
            place = self.a_place_of(words, rng) + 1
            jumps = np.flatnonzero((rng.random(active) < JUMP_RATE) | (self.stream[place] == _END))
            theme = rng.integers(themes.shape[1], size=len(jumps))
            place[jumps] = self.a_place_in(themes[jumps, theme], rng)
            backs = np.flatnonzero(rng.random(active) < BACK_RATE)
            place[backs] = self.a_place_of(
                written[backs, rng.integers(step + 1, size=len(backs))], rng
            )
        return texts


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned of a corpus.

    ``words`` are cut at blanks, with their case and punctuation; ``plain`` gives each one's id
    without them. ``title_rate`` is the share of an abstract's words that its title holds.
    ``uses`` is how often a coined word is used: Simon's process makes the share of words used once
    1 / (2 - 1 / uses), and the corpus gives that share.
    """

    words: list[str]
    plain: Ids
    titles: _Chain
    abstracts: _Chain
    papers: list[Record]
    author_names: list[str]
    function_words: Ids
    title_rate: float
    uses: float
    heaps_k: float
    heaps_beta: float
    word_counts: Ids

    def vocabulary(self, word_count: float) -> float:
        """Return the number of distinct words among ``word_count`` by Heaps' law."""
        return float(self.heaps_k * word_count**self.heaps_beta)

    def coined(self, word_count: float) -> float:
        """Return how many of the distinct words among ``word_count`` must be coined.

        The rest are those that as many draws from the corpus's own words are expected to show.
        """
        shares = self.word_counts / self.word_counts.sum()
        shown = float(-np.expm1(-word_count * shares).sum())
        return max(0.0, self.vocabulary(word_count) - shown)


def learn(papers: list[Record], seed: int) -> Model:
    """Learn from papers that have a title and an abstract."""
    ids: dict[str, int] = {"": _END}

    def texts(field: str) -> list[list[int]]:
        return [
            [ids.setdefault(word, len(ids)) for word in paper[field].split()] for paper in papers
        ]

    title_texts, abstract_texts = texts("title"), texts("abstract")
    stripped = [re.sub(r"^\W+|\W+$", "", word).lower() for word in list(ids)]
    plain = [ids.setdefault(word, len(ids)) for word in stripped]
    # A word that is there only as the plain form of another is its own plain form.
    plain_ids = np.array([*plain, *range(len(plain), len(ids))], dtype=np.int64)
    titles = _Chain.of(title_texts, len(ids))
    abstracts = _Chain.of(abstract_texts, len(ids))

    counts = np.bincount(plain_ids[abstracts.stream], minlength=len(ids))
    counts[_END] = 0
    function_words = np.argsort(-counts, kind="stable")[:FUNCTION_WORDS]
    is_function_word = np.zeros(len(ids), dtype=np.bool_)
    is_function_word[[_END, *function_words]] = True
    recurring = 0
    for title, abstract in zip(title_texts, abstract_texts, strict=True):
        wanted = {plain[word] for word in title if not is_function_word[plain[word]]}
        recurring += sum(plain[word] in wanted for word in abstract)

    order = np.random.default_rng(seed).permutation(len(papers))
    shuffled = [title_texts[i] + abstract_texts[i] for i in order]
    stream = plain_ids[np.fromiter(chain.from_iterable(shuffled), dtype=np.int64)]
    stream = stream[stream != _END]
    first = np.sort(np.unique(stream, return_index=True)[1])
    lengths = np.geomspace(len(stream) / 16, len(stream), 20)
    vocabulary = np.searchsorted(first, lengths)
    beta, log_k = np.polyfit(np.log(lengths), np.log(vocabulary), 1)
    word_counts = np.bincount(stream)
    word_counts = word_counts[word_counts > 0]
    once = min(max(float(np.mean(word_counts == 1)), 0.55), 1.0)
    return Model(
        words=list(ids),
        plain=plain_ids,
        titles=titles,
        abstracts=abstracts,
        papers=papers,
        author_names=[name for paper in papers for name in paper["authors"]],
        function_words=np.flatnonzero(is_function_word),
        title_rate=recurring / int(abstracts.lengths.sum()),
        uses=1 / (2 - 1 / once),
        heaps_k=float(np.exp(log_k)),
        heaps_beta=float(beta),
        word_counts=word_counts,
    )


def generate(
    model: Model,
    count: int,
    seed: int,
    prefix: str = "new",
    lengths_of: Callable[[int, np.random.Generator], Ids] | None = None,
) -> Iterable[Record]:
    """Yield ``count`` papers, the same for the same seed; their ids begin with ``prefix``.

    ``lengths_of`` gives so many abstracts their numbers of words; without it they are the sources'.
    """
    rng = np.random.default_rng(seed)
    words = list(model.words)
    coined_places = np.zeros(0, dtype=np.int64)  # the id of each coined word, once a place
    words_written = 0
    for start in range(0, count, PAPERS_AT_ONCE):
        sources = rng.integers(len(model.papers), size=min(PAPERS_AT_ONCE, count - start))
        sources = sources[np.argsort(-model.titles.lengths[sources], kind="stable")]
        others = rng.integers(len(model.papers), size=(len(sources), THEME_PAPERS - 1))
        themes = np.column_stack([sources, others])
        lengths = model.abstracts.lengths[sources]
        if lengths_of is not None:
            lengths = lengths_of(len(sources), rng)
        title_lengths = model.titles.lengths[sources]

        batch_words = int(lengths.sum() + title_lengths.sum())
        words_written += batch_words
        wanted = round(model.coined(words_written)) - (len(words) - len(model.words))
        slots = max(0, round(wanted * model.uses))
        fresh = np.arange(len(words), len(words) + max(0, wanted))
        words.extend(coin(number - len(model.words)) for number in fresh.tolist())
        pool = np.concatenate([coined_places, fresh])
        again = (
            pool[rng.integers(len(pool), size=slots - len(fresh))]
            if slots > len(fresh)
            else fresh[:0]
        )
        placed = rng.permutation(np.concatenate([fresh, again]).astype(np.int64))
        coined_places = np.concatenate([coined_places, placed])
        in_titles = rng.random(len(placed)) < title_lengths.sum() / batch_words

        titles = model.titles.walk(themes, title_lengths, rng)
        _scatter(titles, title_lengths, placed[in_titles], rng)
        subjects, subject_counts = _subjects(model, titles)
        by_length = np.argsort(-lengths, kind="stable")
        abstracts = model.abstracts.walk(
            themes[by_length],
            lengths[by_length],
            rng,
            (subjects[by_length], subject_counts[by_length], model.title_rate),
        )
        _scatter(abstracts, lengths[by_length], placed[~in_titles], rng)

        rows = np.empty(len(by_length), dtype=np.int64)
        rows[by_length] = np.arange(len(by_length))
        for number, row in enumerate(rng.permutation(len(sources)).tolist(), start):
            source = model.papers[int(sources[row])]
            text = abstracts[rows[row], : lengths[row]].tolist()
            yield {
                "id": f"{prefix}-{number}",
                "title": " ".join([words[i] for i in titles[row, : title_lengths[row]].tolist()]),
                "abstract": " ".join([words[i] for i in text]).rstrip(".,;: ") + ".",
                "authors": _authors(model.author_names, len(source["authors"]), rng),
                "year": source["year"],
                "category": source["category"],
            }


def _subjects(model: Model, titles: Ids) -> tuple[Ids, Ids]:
    """Return the plain words of each title that tell its subject, moved to the left; how many."""
    known = titles < len(model.plain)
    plain = np.where(known, model.plain[np.where(known, titles, _END)], titles)
    plain[np.isin(plain, model.function_words)] = _END
    order = np.argsort(plain == _END, axis=1, kind="stable")
    return np.take_along_axis(plain, order, axis=1), np.count_nonzero(plain, axis=1)


def _scatter(texts: Ids, lengths: Ids, words: Ids, rng: np.random.Generator) -> None:
    """Put ``words`` at random places of ``texts``, in the place of those that stand there."""
    ends = np.cumsum(lengths)
    place = rng.integers(ends[-1], size=len(words))
    row = np.searchsorted(ends, place, side="right")
    texts[row, place - (ends[row] - lengths[row])] = words


def _authors(names: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return names of the corpus, half of them with another's last name."""
    authors = []
    for first, last, mixed in rng.integers(len(names), size=(count, 3)).tolist():
        family = names[last].rpartition(" ")[2]
        authors.append(
            f"{names[first].rpartition(' ')[0]} {family}".strip() if mixed % 2 else names[first]
        )
    return list(dict.fromkeys(authors))
