"""Texts → the phrases that a field of research uses, to be suggested to readers.

A phrase is words in a row that stand together far more often than by chance, by the likelihood
ratio of NLTK (Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", 1993).
It also stands in titles: *experimental results show* never does, and names no subject.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import is_stop_word, plain_forms, stem
from index.errors import MissingExtraError
from index.segments.arrays import ranges, running_sums, sorted_distinct

MOST_PAPERS = 100_000
"""Of more papers so many are read, evenly spread: what is frequent is frequent there, too."""

MOST_PHRASES = 20_000
MOST_WORDS = 5
LEAST_PAPERS = 5
"""A phrase is in so many papers at least."""

LEAST_TITLES = 2
LEAST_SHARE = 0.04
"""So many papers, and such a share of the papers with a phrase, have it in their titles."""

LEAST_CLOSED = 0.15
"""At such a share of its places no word follows a phrase that may belong to it."""

LEAST_RATIO = 30.0
"""How strongly the parts of a phrase hold together; 10.8 is a chance of one in a thousand."""

# At such a share of its places a phrase is not a part of a longer one.
_LEAST_ALONE = 0.25
# How a phrase is printed is decided by so many of its places.
_MOST_LOOKED_AT = 50
_OPENING, _CLOSING = "([{\"'`“‘«", ")]}\"'`”’»,.;:!?"
_END = 0
# What only leads from one subject to another, or praises it.
_NEVER_ENDS = frozenset("across based new novel toward towards used using via".split())

Numbers = NDArray[np.int64]


class Phrase(NamedTuple):
    """A phrase: its words as the index has them, and as most abstracts print it."""

    forms: tuple[str, ...]
    text: str


def choose_phrases(papers: Iterable[tuple[str, str]], count: int) -> list[Phrase]:
    """Return the phrases of papers, each given as title and abstract, the most frequent first.

    Of ``count`` papers at most MOST_PAPERS are read. Of phrases with the same stems the most
    frequent stands for all. Raises MissingExtraError if NLTK is not installed.
    """
    likelihood_ratio = _likelihood_ratio()
    texts = _Texts(islice(papers, 0, None, -(-count // MOST_PAPERS) or 1))
    words, *levels = _levels(texts)
    chosen: dict[str, tuple[int, Phrase]] = {}
    # How often each row of words stands in longer phrases, as their beginning and as their end.
    within: tuple[Counter[int], Counter[int]] = Counter(), Counter()
    for shorter, level in reversed(list(zip([words, *levels], levels, strict=False))):
        longer, within = within, (Counter[int](), Counter[int]())
        named = set(texts.named(level))
        for row in named | longer[0].keys() | longer[1].keys():
            first, count = int(level.places[level.starts[row]]), level.count(row)
            inner = max(longer[0][row], longer[1][row])
            if (
                row in named
                and count - inner >= _LEAST_ALONE * count
                and all(
                    count * len(texts.words) > left * right
                    and likelihood_ratio(count, (left, right), len(texts.words)) >= LEAST_RATIO
                    for left, right in _parts(words, shorter, first, level.length)
                )
            ):
                inner = count
                one = -int(level.papers[row]), texts.phrase(level, row)
                # *Multitask learning* and *multi-task learning* are one as well.
                key = "".join(map(stem, one[1].forms))
                chosen[key] = min(one, chosen.get(key, one))
            for counts, part in zip(within, shorter.rows[first : first + 2].tolist(), strict=True):
                counts[part] += inner
    return [phrase for _, phrase in sorted(chosen.values())[:MOST_PHRASES]]


def _likelihood_ratio() -> Callable[..., float]:
    """Return what says how sure it is that two words belong together, by their counts."""
    try:
        from nltk.metrics.association import BigramAssocMeasures
    except ImportError as error:
        raise MissingExtraError.naming("to choose phrases", "NLTK", "suggest") from error
    ratio: Callable[..., float] = BigramAssocMeasures.likelihood_ratio
    return ratio


def _parts(words: "_Level", shorter: "_Level", first: int, length: int) -> list[tuple[int, int]]:
    """Return how often both parts of a row stand in the texts, for each way to part one word."""
    head, tail = shorter.rows[first : first + 2].tolist()
    begins, ends = words.rows[[first, first + length - 1]].tolist()
    return [
        (shorter.count(head), words.count(ends)),
        (words.count(begins), shorter.count(tail)),
    ]


class _Level(NamedTuple):
    """The frequent rows of so many words, numbered from 1.

    ``rows`` has the number of the row that begins at each place, 0 for none. The ``places`` of row
    i are those from ``starts[i]`` to ``starts[i + 1]``; ``papers`` and ``titles`` count those of
    each row.
    """

    length: int
    rows: NDArray[np.int32]
    places: Numbers
    starts: Numbers
    papers: Numbers
    titles: Numbers

    def count(self, row: int) -> int:
        """Return how often a row stands in the texts."""
        return int(self.starts[row + 1] - self.starts[row])


class _Pieces(dict[str, int]):
    """The pieces that blanks part, numbered, and the numbers of the words of each.

    No phrase goes beyond an _END, which stands where there is punctuation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: list[tuple[int, ...]] = []
        self.forms: dict[str, int] = {"": _END}

    def __missing__(self, piece: str) -> int:
        forms = self.forms
        words = [forms.setdefault(form, len(forms)) for form in plain_forms(piece)]
        begins = [_END] if piece[:1] in _OPENING or not words else []
        ends = [_END] if piece[-1:] in _CLOSING else []
        self.words.append((*begins, *words, *ends))
        return self.setdefault(piece, len(self))


class _Texts:
    """The words of many texts as numbers, one after the other."""

    def __init__(self, papers: Iterable[tuple[str, str]]) -> None:
        pieces = _Pieces()
        sequence, lengths = array("i"), array("i")
        for texts in papers:
            if not _is_english(" ".join(texts)):
                continue
            for text in texts:
                before = len(sequence)
                sequence.extend(map(pieces.__getitem__, text.split()))
                sequence.append(pieces[""])
                lengths.append(len(sequence) - before)
        self._pieces = list(pieces)
        self._sequence = np.frombuffer(sequence, np.int32)
        piece_lengths = np.array(list(map(len, pieces.words)), np.int64)
        counts = piece_lengths[self._sequence]
        every = np.fromiter(chain.from_iterable(pieces.words), np.int32)
        self.words = every[ranges(running_sums(piece_lengths)[self._sequence], counts)]
        self._piece_at = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        text_of_piece = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        text_at = np.repeat(text_of_piece, counts)
        is_word = self.words != _END
        is_new = np.append(True, self._piece_at[1:] != self._piece_at[:-1])
        self._begins = is_word & (is_new | np.append(True, ~is_word[:-1]))
        self._ends = is_word & np.append(is_new[1:] | ~is_word[1:], True)
        self.paper_at, self.in_title = text_at >> 1, text_at & 1 == 0
        self._forms = list(pieces.forms)
        self._may_end = np.array(list(map(_may_end, self._forms)), np.bool_)

    def named(self, level: _Level) -> list[int]:
        """Return the rows of a level that may name something: whole words, also of titles.

        What is hardly ever followed by a stop word, a number or nothing lacks a word, as *support
        vector* does.
        """
        at = level.places
        names = [self._may_end[self.words[at + step]] for step in (0, level.length - 1)]
        is_named = names[0] & names[1] & self._are_whole(level)
        closes = is_named & ~self._may_end[self.words[at + level.length]]
        named, closed = (np.diff(running_sums(one)[level.starts]) for one in (is_named, closes))
        is_frequent = (2 * named > np.diff(level.starts)) & (closed >= LEAST_CLOSED * named)
        is_frequent &= level.titles >= np.maximum(LEAST_TITLES, LEAST_SHARE * level.papers)
        return [int(row) for row in np.flatnonzero(is_frequent)]

    def phrase(self, level: _Level, row: int) -> Phrase:
        """Return a phrase as most abstracts print it; titles have capitals of their own."""
        places = level.places[level.starts[row] : level.starts[row + 1]]
        first = places[0]
        forms = [self._forms[word] for word in self.words[first : first + level.length]]
        abstracts = places[~self.in_title[places]]
        printed = Counter(
            self._printed(place, level.length)
            for place in (abstracts if len(abstracts) else places)[:_MOST_LOOKED_AT].tolist()
        )
        # Of several as frequent the first in order, whatever the order of the papers.
        return Phrase(tuple(forms), min(printed, key=lambda text: (-printed[text], text)))

    def _are_whole(self, level: _Level) -> NDArray[np.bool_]:
        """Tell of each place of a level whether it begins and ends where pieces do, of several."""
        last = level.places + level.length - 1
        is_whole: NDArray[np.bool_] = self._begins[level.places] & self._ends[last]
        return is_whole & (self._piece_at[level.places] < self._piece_at[last])

    def _printed(self, place: int, length: int) -> str:
        """Return the words at a place as they are printed."""
        first, last = self._piece_at[[place, place + length - 1]].tolist()
        pieces = [self._pieces[number] for number in self._sequence[first : last + 1]]
        pieces[0], pieces[-1] = pieces[0].lstrip(_OPENING), pieces[-1].rstrip(_CLOSING)
        return " ".join(pieces)


def _is_english(text: str) -> bool:
    """Tell whether a text is short, or has as many stop words as English has."""
    words = text.lower().split()
    return len(words) < 20 or 6 * sum(map(is_stop_word, words)) > len(words)


def _may_end(form: str) -> bool:
    """Tell whether a phrase may begin or end with a word."""
    return any(map(str.isalpha, form)) and not is_stop_word(form) and form not in _NEVER_ENDS


def _levels(texts: _Texts) -> Iterator[_Level]:
    """Yield the frequent rows of one word, of two, and so on."""
    places = np.flatnonzero(texts.words != _END)
    words = level = _level(texts, 1, places, texts.words[places])
    yield words
    while len(level.papers) > 1 and level.length < MOST_WORDS:
        length = level.length
        # A row is frequent only if both rows in it are that have a word less.
        count = max(len(texts.words) - length, 0)
        before, after = level.rows[:count], level.rows[1 : count + 1]
        word = words.rows[length:]
        places = np.flatnonzero((before > 0) & (after > 0) & (word > 0))
        codes = before[places].astype(np.int64) * len(words.papers) + word[places]
        level = _level(texts, length + 1, places, codes)
        yield level


def _level(texts: _Texts, length: int, places: Numbers, codes: NDArray[Any]) -> _Level:
    """Return the frequent ones of the rows with these codes at these places."""
    found, rows = np.unique(codes, return_inverse=True)
    papers = _paper_counts(rows, texts.paper_at[places], len(found))
    is_frequent = papers >= LEAST_PAPERS
    numbers = np.cumsum(is_frequent) * is_frequent
    kept = numbers[rows]
    places, kept = places[kept > 0], kept[kept > 0]
    at = np.zeros(len(texts.words), np.int32)
    at[places] = kept
    count = int(numbers.max(initial=0)) + 1
    is_title = texts.in_title[places]
    return _Level(
        length,
        at,
        places[np.argsort(kept, kind="stable")],
        running_sums(np.bincount(kept, minlength=count)),
        np.append(0, papers[is_frequent]),
        _paper_counts(kept[is_title], texts.paper_at[places[is_title]], count),
    )


def _paper_counts(rows: Numbers, papers: NDArray[np.int32], row_count: int) -> Numbers:
    """Return in how many papers each row is."""
    most = int(papers.max(initial=0)) + 1
    return np.bincount(sorted_distinct(rows * most + papers) // most, minlength=row_count)
