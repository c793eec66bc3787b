"""The ranking that answers a test collection best, and whether that holds for other queries.

Field weights, k1 and b are moved step by step while the mean of a measure rises. What that gains
on the queries it was found by says little, so it is done again without each fold of the queries in
turn, and measured on that fold: this is what queries that nobody has seen yet may gain.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any, Unpack

from index.arguments import integer, text
from searcher.collection import Collection
from searcher.errors import BadRequestError, EvaluationError, shown
from searcher.evaluation.measuring import (
    BARE,
    DEPTH,
    MEASURES,
    Difference,
    Judge,
    Judgements,
    evaluate,
    mean,
)
from searcher.request import DEFAULT_RANKING, Ranking, Request, SearchOptions

SURE = 0.05
"""A gain counts as real if chance alone brings one as large less often than this."""

# The weight of abstracts stays: all weights and k1 times a number are the same ranking.
_WEIGHTS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_LENGTHS = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0)
STEPS = {
    "weights.title": _WEIGHTS,
    "k1": (0.5, 0.8, 1.2, 1.6, 2.4, 3.6, 5.0),
    "b.abstract": _LENGTHS,
    "b.title": _LENGTHS,
    "weights.authors": _WEIGHTS,
}
"""The values that are tried of each setting, in the order in which they are.

The b of authors is left alone: their lists are short.
"""

# A step that gains less follows the noise of the queries, and takes as long as one that helps.
LEAST_GAIN = 0.001


@dataclass(frozen=True, slots=True)
class Fold:
    """Queries that were held out, the ranking found without them, and what it does for them."""

    queries: tuple[str, ...]
    ranking: Ranking
    held_out: Difference


@dataclass(frozen=True, slots=True)
class Tuning:
    """The best ranking found for some queries, beside the usual one.

    ``found_on`` compares the two on the queries that ``ranking`` was found by. ``held_out`` does so
    over the folds, each query with the ranking that was found without it.
    """

    ranking: Ranking
    found_on: Difference
    held_out: Difference
    folds: tuple[Fold, ...]
    tried: int
    notes: tuple[str, ...]

    @property
    def is_real(self) -> bool:
        """Whether the gain on queries held out is more than chance."""
        p = self.held_out.p
        return self.held_out.difference > 0 and p is not None and p < SURE

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, for JSON."""
        return {
            "ranking": self.ranking.to_dict(),
            "is_real": self.is_real,
            "held_out": _values(self.held_out),
            "found_on": _values(self.found_on),
            "folds": [
                {
                    "queries": list(fold.queries),
                    "ranking": fold.ranking.to_dict(),
                    "held_out": _values(fold.held_out),
                }
                for fold in self.folds
            ],
            "tried": self.tried,
            "notes": list(self.notes),
        }


def tune(
    papers: Collection,
    queries: Mapping[str, str],
    qrels: Judgements,
    *,
    measure: str = "nDCG@10",
    folds: int = 5,
    seed: int = 0,
    on_tried: Callable[[int], object] | None = None,
    **options: Unpack[SearchOptions],
) -> Tuning:
    """Search for the ranking that answers judged queries best, and try it on queries held out.

    ``measure`` is one of MEASURES; ``seed`` says how queries are dealt to the folds. ``on_tried``
    is called with the number of rankings tried, after each. The options are those of
    ``papers.search``, but for its ranking; the rest is as ``evaluate`` takes it.

    Raises what ``evaluate`` raises, and EvaluationError if there are fewer queries than folds.
    """
    name, number, start = text(measure), integer(folds), integer(seed)
    if name is None or name not in MEASURES:
        raise BadRequestError(
            f"measure is {shown(measure)}; it must be one of {', '.join(MEASURES)}"
        )
    if number is None or number < 2 or start is None:
        raise BadRequestError(
            f"folds {shown(folds)}, seed {shown(seed)}: both are whole numbers, folds 2 or more"
        )
    if refused := sorted(options.keys() & {"ranking", "weights"}):
        raise BadRequestError(f"tune() has no option {refused[0]}, which is what it searches for")
    depth = int(name.partition("@")[2] or DEPTH)
    asked: SearchOptions = {**options, "ranking": DEFAULT_RANKING}
    usual = evaluate(papers, queries, qrels, depth=depth, **asked)
    ids = sorted(one.id for one in usual.queries)
    if len(ids) < number:
        raise EvaluationError(
            f"fewer judged queries ({len(ids):,}) than folds ({number:,}); give fewer folds"
        )
    Random(start).shuffle(ids)
    asked = {**asked, **BARE, "limit": depth}
    requests = {one: Request.from_options(queries[one], **asked) for one in ids}
    judge = Judge(papers, {one: queries[one] for one in ids}, qrels)
    trials = _Trials(papers, requests, judge, name, on_tried)
    dealt = []
    for at in range(number):
        held = ids[at::number]
        dealt.append((held, trials.best_for([one for one in ids if one not in held])))
    ranking = trials.best_for(ids)
    return Tuning(
        ranking,
        trials.difference([(ids, ranking)]),
        trials.difference(dealt),
        tuple(Fold(tuple(held), own, trials.difference([(held, own)])) for held, own in dealt),
        len(trials.known),
        usual.notes,
    )


class _Trials:
    """A measure of each query under every ranking that was tried."""

    def __init__(
        self,
        papers: Collection,
        requests: Mapping[str, Request],
        judge: Judge,
        measure: str,
        on_tried: Callable[[int], object] | None,
    ) -> None:
        self.known: dict[Ranking, dict[str, float]] = {}
        self._papers = papers
        self._requests = requests
        self._judge = judge
        self._measure = measure
        self._on_tried = on_tried

    def values(self, ranking: Ranking, query_ids: Iterable[str]) -> list[float]:
        """Return the measure of some queries under a ranking."""
        if ranking not in self.known:
            found = {
                query_id: [hit.id for hit in self._papers.answer(replace(asked, ranking=ranking))]
                for query_id, asked in self._requests.items()
            }
            results = self._judge.measure(found, [self._measure])
            self.known[ranking] = {one: own[self._measure] for one, own in results.items()}
            if self._on_tried is not None:
                self._on_tried(len(self.known))
        return [self.known[ranking][query_id] for query_id in query_ids]

    def difference(self, parts: Iterable[tuple[Sequence[str], Ranking]]) -> Difference:
        """Return what queries gain over the usual ranking, each part with a ranking of its own."""
        here, there = [], []
        for query_ids, ranking in parts:
            here += self.values(ranking, query_ids)
            there += self.values(DEFAULT_RANKING, query_ids)
        return Difference.between(self._measure, here, there)

    def best_for(self, query_ids: Sequence[str]) -> Ranking:
        """Return a ranking from which no single step gains LEAST_GAIN.

        It is reached from the best one with a single setting that is not usual: these are the same
        for all folds, and one step may be too small to change the order of any papers.
        """

        def score(ranking: Ranking) -> float:
            return mean(self.values(ranking, query_ids))

        best, highest = DEFAULT_RANKING, score(DEFAULT_RANKING)
        other: Ranking | None = max(_others(best, 2), key=score)
        while other and score(other) >= highest + LEAST_GAIN:
            best, highest = other, score(other)
            above = (one for one in _others(best, 1) if score(one) >= highest + LEAST_GAIN)
            other = next(above, None)
        return best


def _others(ranking: Ranking, most: int) -> list[Ranking]:
    """Return the rankings with one setting at most so many steps away.

    Titles stay the field of most weight: other rankings do without what is known of titles, and
    that would be compared, not the weights.
    """
    found = []
    for name, steps in STEPS.items():
        at = steps.index(ranking.settings()[name])
        near = [*steps[max(0, at - most) : at], *steps[at + 1 : at + 1 + most]]
        found += [ranking.with_setting(name, step) for step in near]
    return [other for other in found if other.favours_titles]


def _values(difference: Difference) -> dict[str, Any]:
    return {**asdict(difference), "difference": difference.difference}
