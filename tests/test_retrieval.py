"""Retrieval on an index of random arrays, large enough that most papers are left unread.

The law: the best are the first of all that match, sorted by score and then by id.
"""

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count as count_up
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.fields import FIELD_WEIGHTS
from searcher import deadline as deadlines
from searcher.deadline import Deadline, OutOfTimeError
from searcher.query.clauses import Alternative, AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span
from tests.retriever import Retriever

# More than a small index has, so that the best are found without adding up everything.
SIZE = 70_000
# Above a share of 1/24, here 2,917 papers, a word is kept as one number for every paper.
LIST_SIZES = (1, 3, 40, 700, 2_000, 2_900, 2_950, 6_000, 25_000, 60_000)
COUNTS = (1, 2, 10, 100, 5_000, SIZE + 1)

Arrays = NDArray[Any]


def generator(seed: int, field: str, term: str) -> np.random.Generator:
    return np.random.default_rng([seed, *f"{field}:{term}".encode()])


@lru_cache(maxsize=32)
def drawn(seed: int, size: int, levels: int, field: str, term: str) -> tuple[Arrays, Arrays]:
    """Return the papers with a term and its frequencies, which most tests ask for."""
    random = generator(seed, field, term)
    wanted = min(int(term.partition(".")[0]), size)
    papers = np.sort(random.choice(size, wanted, replace=False)).astype(np.int32)
    return papers, random.integers(1, 1 + levels, len(papers)).astype(np.int32)


class ArraySource:
    """An index whose posting lists are random, and the same for the same seed.

    The term ``700.2`` of a field is in 700 papers; ``levels`` bounds frequencies and lengths, so
    that with one level all papers with a word score the same.
    """

    place_bits = 20

    def __init__(
        self, *, size: int = SIZE, levels: int = 4, deleted_share: float = 0.0, seed: int = 0
    ) -> None:
        self.size = size
        self._seed = seed
        self._levels = levels
        random = np.random.default_rng([seed, 1])
        self.live = random.random(size) >= deleted_share
        self.paper_count = int(self.live.sum())
        self.id_rank = random.permutation(size)
        self._lengths = {
            name: random.integers(1, 1 + 50 * levels, size) if levels > 1 else np.full(size, 9)
            for name in FIELD_WEIGHTS
        }
        self.calls: Iterator[int] = count_up()
        self.failing_call = -1

    def _read(self) -> None:
        if next(self.calls) == self.failing_call:
            raise OSError("unreadable")

    def postings(self, field: str, term: str) -> tuple[Arrays, Arrays]:
        self._read()
        papers, frequencies = drawn(self._seed, self.size, self._levels, field, term)
        live = self.live[papers]
        return papers[live], frequencies[live]

    def lists(self, field: str, terms: Sequence[str]) -> Iterator[tuple[Arrays, Arrays]]:
        return (self.postings(field, term) for term in terms)

    def places(self, field: str, term: str) -> Arrays:
        papers, frequencies = self.postings(field, term)
        # As many of nine positions as the paper has the term.
        self._read()
        random = generator(self._seed, field, term)
        positions = random.random((len(papers), 9)).argsort(axis=1)
        places = (papers.astype(np.int64) << self.place_bits)[:, np.newaxis] + positions
        return np.sort(places[np.arange(9) < frequencies[:, np.newaxis]])

    def lengths(self, field: str) -> Arrays:
        return self._lengths[field]

    def mean_length(self, field: str) -> float:
        return float(self._lengths[field][self.live].mean())

    def numbers(self, field: str) -> Arrays:
        assert field == "year"
        return self.id_rank % 30 + 2000

    def first_by_id(self, papers: Arrays, count: int) -> Arrays:
        return papers[np.argsort(self.id_rank[papers])[:count]]

    def counts_in_all(self, _: Match, papers: int, occurrences: int) -> tuple[int, int]:
        return papers, occurrences

    def ids_of(self, numbers: Sequence[int]) -> list[str]:
        return [f"{rank:06}" for rank in self.id_rank[np.array(numbers, np.int64)].tolist()]


def spelling(term: str, fields: tuple[str, ...], weight: float = 1.0) -> Alternative:
    return Alternative(tuple(Run(field, (term,)) for field in fields), weight)


def word(term: str, boost: float = 1.0, fields: tuple[str, ...] = ("title", "abstract")) -> Match:
    return Match(term, (spelling(term, fields),), boost)


def phrase(*terms: str, slop: int | None = None) -> Match:
    return Match(" ".join(terms), (Alternative((Run("title", terms, slop),)),))


def any_of(*clauses: Clause) -> Bool:
    return Bool(optional=clauses)


def in_order(
    retriever: Retriever, source: ArraySource, clause: Clause, weights: Mapping[str, float]
) -> list[tuple[int, float]]:
    """Return every match with its score, sorted without what ``best`` sorts by."""
    papers = retriever.find(clause, weights).papers
    scores = retriever.scores(clause, weights, papers)
    order = np.lexsort((source.id_rank[papers], -scores))
    return list(zip(papers[order].tolist(), scores[order].tolist(), strict=True))


def check(
    source: ArraySource,
    clause: Clause,
    weights: Mapping[str, float] = FIELD_WEIGHTS,
    retriever: Retriever | None = None,
) -> int:
    """Compare the best with all matches sorted, and return how many these are."""
    retriever = retriever or Retriever(source)
    expected = in_order(retriever, source, clause, weights)
    found = retriever.find(clause, weights)
    assert found.papers.tolist() == sorted(paper for paper, _ in expected)
    assert source.live[found.papers].all()
    for count in COUNTS:
        assert retriever.best(clause, weights, None, count) == expected[:count], count
        assert retriever.best(clause, weights, found, count) == expected[:count], count
    return len(expected)


def random_words(seed: int) -> list[Match]:
    random = np.random.default_rng([seed, 2])
    fields = [("abstract",), ("title", "abstract"), ("title", "authors", "abstract")]
    return [
        word(
            f"{random.choice(LIST_SIZES)}.{random.integers(3)}",
            float(random.choice([1.0, 1.0, 1.0, 0.001, 0.5, 2.0, 1000.0])),
            fields[random.integers(len(fields))],
        )
        for _ in range(random.integers(2, 9))
    ]


@pytest.mark.parametrize("levels", [1, 2, 30])
@pytest.mark.parametrize("deleted_share", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(2))
def test_the_best_are_the_first_of_all(levels: int, deleted_share: float, seed: int) -> None:
    source = ArraySource(levels=levels, deleted_share=deleted_share, seed=seed)
    assert check(source, any_of(*random_words(seed))) > 0


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(["1.1", "1.2"], id="one paper each"),
        pytest.param(["40.1", "700.1", "2900.1"], id="rare words only"),
        pytest.param(["25000.1", "60000.1"], id="frequent words only"),
        pytest.param(["1.1", "60000.1"], id="one paper leads"),
        pytest.param(["2000.1", "2900.1", "2900.2", "60000.1"], id="a frequent word for the rest"),
        pytest.param(["2900.1", "2950.1"], id="either side of frequent"),
        pytest.param(["700.1"] * 5, id="one word again and again"),
        pytest.param(["0.1", "0.2"], id="no word is there"),
        pytest.param(["0.1", "3.1"], id="one word is there"),
    ],
)
def test_words_of_all_sizes(terms: list[str]) -> None:
    check(ArraySource(), any_of(*map(word, terms)))


@pytest.mark.parametrize(
    "weights",
    [
        {"title": 0.0, "authors": 0.0, "abstract": 1.0},
        {"title": 0.0, "authors": 0.0, "abstract": 0.0},
        {"title": 999_999.0, "authors": 0.001, "abstract": 0.1},
    ],
    ids=str,
)
def test_weights_of_fields(weights: dict[str, float]) -> None:
    found = check(ArraySource(), any_of(word("2900.1"), word("700.1"), word("6000.1")), weights)
    assert bool(found) is any(weights.values())


@pytest.mark.parametrize(
    "clause",
    [
        word("2900.1"),
        word("60000.1", 0.0),
        any_of(word("40.1", 0.0), word("6000.1")),
        any_of(word("700.1"), any_of(word("2900.1"), word("25000.1"))),
        any_of(word("40.1"), AnyTerm("title", ("700.1", "40.2")), phrase("2000.1", "2900.1")),
        any_of(phrase("2000.1", "2900.1"), phrase("6000.1", "2900.1", slop=2), word("700.1")),
        any_of(Match("none", ()), word("40.1")),
        any_of(word("40.1"), EveryPaper()),
        Bool((any_of(word("2900.1"), word("6000.1")),)),
        Bool((any_of(word("2900.1"), word("6000.1")),), excluded=(word("25000.1"),)),
        Bool((word("25000.1"), word("6000.1")), (word("700.1"), word("60000.1"))),
        Bool((word("25000.1"), Span("year", 2003, 2010), EveryPaper())),
        Bool((EveryPaper(),), excluded=(Span("year", 2000, 2028),)),
        Bool((), (word("2900.1"), word("700.1")), (Bool((word("6000.1"), word("25000.2"))),)),
        Span("year", 2003, 2003),
        EveryPaper(),
        Bool(),
    ],
    ids=str,
)
def test_clauses_of_all_kinds(clause: Clause) -> None:
    check(ArraySource(deleted_share=0.1), clause)


def test_a_word_is_its_best_spelling() -> None:
    terms = ("700.1", "2900.1", "40.1")
    spelled = Match("any", tuple(spelling(term, ("title",)) for term in terms))
    source = ArraySource()
    assert check(source, any_of(spelled, word("2000.1"))) > 2_000
    found = Retriever(source).find(spelled, FIELD_WEIGHTS)
    lists = [source.postings("title", term)[0] for term in terms]
    assert found.papers.tolist() == np.unique(np.concatenate(lists)).tolist()


def test_a_spelling_counts_as_often_as_its_weight_says() -> None:
    """In title and abstract together, whether one paper in 24 has it or fewer do."""
    retriever = Retriever(ArraySource(levels=30))
    fields = ("title", "abstract")
    for term in ("700.1", "6000.1"):
        papers = retriever.find(word(term), FIELD_WEIGHTS).papers[:50].tolist()
        full, half, none = (
            retriever.explain(Match(term, (spelling(term, fields, weight),)), FIELD_WEIGHTS, papers)
            for weight in (1.0, 0.5, 0.0)
        )
        for (whole,), (part,), nothing in zip(full, half, none, strict=True):
            assert part.frequency == pytest.approx(whole.frequency / 2)
            assert part.score == pytest.approx(
                part.idf * part.recurrence * part.frequency / (1.2 + part.frequency), rel=1e-5
            )
            assert nothing == []


def test_a_paper_with_two_spellings_scores_as_the_one_that_counts_more() -> None:
    source = ArraySource(levels=30)
    retriever = Retriever(source)
    terms = ("2900.1", "2000.1")
    first, second = (source.postings("title", term)[0] for term in terms)
    both = np.intersect1d(first, second).tolist()
    assert both
    alone = [
        retriever.explain(Match(term, (spelling(term, ("title",), weight),)), FIELD_WEIGHTS, both)
        for term, weight in zip(terms, (0.25, 1.0), strict=True)
    ]
    spelled = Match("any", (spelling(terms[0], ("title",), 0.25), spelling(terms[1], ("title",))))
    assert check(source, any_of(spelled, word("40.1"))) > 4_000
    for (one,), (other,), (together,) in zip(
        *alone, retriever.explain(spelled, FIELD_WEIGHTS, both), strict=True
    ):
        assert together.frequency == pytest.approx(max(one.frequency, other.frequency))


def test_two_thousand_words_lose_no_paper() -> None:
    """Sums of so many 32-bit floats are off by more than those of a few."""
    source = ArraySource(levels=200)
    words = [word("25000.1", 0.001, ("abstract",))] * 2_000
    clause = any_of(word("6000.1", 1_000.0, ("abstract",)), *words)
    retriever = Retriever(source)
    expected = in_order(retriever, source, clause, FIELD_WEIGHTS)
    found = retriever.find(clause, FIELD_WEIGHTS)
    for count in range(1, 100, 8):
        assert retriever.best(clause, FIELD_WEIGHTS, None, count) == expected[:count], count
        assert retriever.best(clause, FIELD_WEIGHTS, found, count) == expected[:count], count


# One retriever, many searches

SEARCHES: list[Clause] = [
    any_of(word("700.1"), word("2900.1"), word("60000.1")),
    any_of(word("40.1"), phrase("2000.1", "2900.1"), word("25000.1")),
    any_of(word("40.1"), phrase("2000.1", "2900.1"), AnyTerm("title", ("700.1",))),
    any_of(phrase("2000.1", "2900.1"), phrase("2000.2", "2900.2")),
    word("60000.1"),
    Bool((word("25000.1"), word("6000.1")), (word("700.1"), word("60000.1"))),
    Bool((any_of(word("2900.1"), word("6000.1")),), excluded=(word("25000.1"),)),
    Bool((any_of(word("6000.1"), word("25000.1")),), (word("700.1"), word("60000.1"))),
]
ASK: list[Callable[[Retriever, Clause], object]] = [
    lambda retriever, clause: retriever.best(clause, FIELD_WEIGHTS, None, 10),
    lambda retriever, clause: retriever.find(clause, FIELD_WEIGHTS).scores.tolist(),
]


def test_a_search_leaves_nothing_behind() -> None:
    source = ArraySource()
    shared = Retriever(source)
    alone = [[ask(Retriever(source), clause) for ask in ASK] for clause in SEARCHES]
    for _ in range(3):
        assert [[ask(shared, clause) for ask in ASK] for clause in SEARCHES] == alone


@pytest.mark.parametrize("ask", ASK, ids=["best", "find"])
@pytest.mark.parametrize("clause", SEARCHES, ids=str)
def test_a_search_that_failed_leaves_nothing_behind(
    clause: Clause, ask: Callable[[Retriever, Clause], object]
) -> None:
    source = ArraySource()
    expected = [ask(Retriever(source), other) for other in SEARCHES]
    source.calls = count_up()
    ask(Retriever(source), clause)
    call_count = next(source.calls)
    for source.failing_call in range(call_count):
        source.calls = count_up()
        retriever = Retriever(source)
        with pytest.raises(OSError, match="unreadable"):
            ask(retriever, clause)
    assert [ask(retriever, other) for other in SEARCHES] == expected


@pytest.mark.parametrize("clause", SEARCHES, ids=str)
def test_a_search_out_of_time_leaves_nothing_behind(
    clause: Clause, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = count_up()
    monkeypatch.setattr(deadlines, "clock", lambda: float(next(looks)))
    source = ArraySource()
    expected = ASK[1](Retriever(source), clause)
    for seconds in count_up(1):
        shared, deadline = Retriever(source), Deadline(seconds - 0.5)
        with suppress(OutOfTimeError):
            shared.find(clause, FIELD_WEIGHTS, deadline)
        assert ASK[1](shared, clause) == expected, seconds
        if not deadline.passed:
            break
    assert seconds > 1


@pytest.mark.parametrize(
    "clauses",
    [
        [any_of(word("700.1", boost), word("2900.1")) for boost in (1.0, 7.0)],
        [Bool((word("6000.1", boost), word("25000.1"))) for boost in (1.0, 7.0)],
    ],
    ids=["any", "all"],
)
def test_weights_and_boosts_of_one_search_are_not_those_of_the_next(clauses: list[Clause]) -> None:
    source = ArraySource(levels=30)
    shared = Retriever(source)
    weightings = [FIELD_WEIGHTS, {**FIELD_WEIGHTS, "title": 0.0}]
    answers = []
    for clause in clauses * 2:
        for weights in weightings:
            answers.append(shared.best(clause, weights, None, 10))
            assert answers[-1] == Retriever(source).best(clause, weights, None, 10)
    assert answers[:4] == answers[4:]
    assert len({str(answer) for answer in answers}) == 4


@pytest.mark.parametrize("term", ["0", "1", "5000"])
def test_what_is_kept_of_words_has_a_bound(term: str) -> None:
    """Words that are in few papers or none take memory too."""
    max_bytes = 1 << 17
    source = ArraySource(size=10_000)
    retriever = Retriever(source, max_bytes)
    retriever.find(word(f"{term}.0"), FIELD_WEIGHTS)
    tracemalloc.start()
    for number in range(750 if term != "5000" else 30):
        retriever.find(word(f"{term}.{number}"), FIELD_WEIGHTS)
    drawn.cache_clear()
    gc.collect()
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes < 2 * max_bytes
    assert check(source, any_of(word("700.1"), word(f"{term}.1")), retriever=retriever) > 0
