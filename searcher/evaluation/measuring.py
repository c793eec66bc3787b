"""Searches with judged answers, measured by ir_measures, and compared with another run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum
from typing import Any, Unpack

from index.arguments import integer
from searcher.collection import Collection
from searcher.errors import BadRequestError, EvaluationError, UnknownPaperError, shown
from searcher.request import SearchOptions

DEPTH = 1_000
"""How many papers of each query are measured, as is usual for AP."""

MEASURES = {"nDCG@10": "nDCG@10", "AP": "AP", "P@10": "P@10", "R@100": "R@100", "MRR": "RR"}
"""The measures by the names they have here, as ir_measures calls them."""

MOST_GRADE = 1_000
"""The highest grade: trec_eval keeps a number for each below it."""

Judgements = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What is measured of one query: how many papers it found, and each measure."""

    id: str
    found: int
    measures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure here and in another run; ``p`` is that of a paired t-test over the queries.

    ``p`` is None where the test says nothing: of a single query, and of queries that all differ
    alike. The p of each measure stands alone; nothing is corrected for their number.
    """

    measure: str
    here: float
    there: float
    p: float | None

    @classmethod
    def between(cls, measure: str, here: Sequence[float], there: Sequence[float]) -> "Difference":
        """Return the difference of a measure's values for the same queries."""
        return cls(measure, mean(here), mean(there), _p(here, there))

    @property
    def difference(self) -> float:
        """How much better the measure is here than in the other run."""
        return self.here - self.there


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well queries with judged answers are answered.

    ``measures`` are means over ``queries``, those that are asked and judged; one that finds nothing
    counts 0. ``rankings`` are the papers of each with their scores, best first, at most ``depth``,
    named as the judgements name them; also of queries that nobody judged. ``notes`` tell what makes
    the measures say less than they seem to. ``differences`` are there if there was a run to compare
    with.
    """

    measures: dict[str, float]
    queries: tuple[QueryResult, ...]
    depth: int
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]
    rankings: dict[str, tuple[tuple[str, float], ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it but the rankings as plain values, for JSON."""
        return {
            "measures": self.measures,
            "depth": self.depth,
            "query_count": len(self.queries),
            "notes": list(self.notes),
            "differences": [
                {**asdict(one), "difference": one.difference} for one in self.differences
            ],
            "queries": [asdict(one) for one in self.queries],
        }


def evaluate(
    papers: Collection,
    queries: Mapping[str, str],
    qrels: Judgements,
    *,
    against: Mapping[str, Sequence[str]] | None = None,
    depth: int = DEPTH,
    **options: Unpack[SearchOptions],
) -> Evaluation:
    """Search for each query and measure what is found against the judged documents.

    ``queries`` are texts by id, ``qrels`` grades of documents by query; a grade above 0 is
    relevant. ``against`` is another run over the same queries: the documents of each, best first.
    The options are those of ``papers.search``.

    Raises EvaluationError if ir_measures is not installed, or if the queries, the judgements and
    the index have nothing in common, BadRequestError for an option without meaning.
    """
    count = integer(depth)
    if count is None or count < 1:
        raise BadRequestError(f"depth is {shown(depth)}; it must be a whole number of 1 or more")
    _check_mappings(queries=queries, qrels=qrels, against={} if against is None else against)
    if not isinstance(papers, Collection):
        raise BadRequestError(f"papers is {shown(papers)}; it must be an open index")
    if refused := sorted(options.keys() & BARE.keys()):
        raise BadRequestError(f"evaluate() has no option {refused[0]}; depth says how many papers")
    judge = Judge(papers, queries, qrels)
    asked: SearchOptions = {**options, **BARE, "limit": count}
    rankings = {
        query_id: tuple((hit.id, hit.score) for hit in papers.search(text, **asked))
        for query_id, text in queries.items()
    }
    here = judge.measure({query_id: _ids(ranked) for query_id, ranked in rankings.items()})
    differences: tuple[Difference, ...] = ()
    notes = judge.notes(rankings)
    if against is not None:
        differences = tuple(_differences(here, judge.measure(against)))
        if missing := [query_id for query_id in judge.queries if query_id not in against]:
            lacked = _some(missing, "query", "queries")
            notes.append(f"the other run lacks {lacked}, which count 0 there")
    return Evaluation(
        {name: mean(result[name] for result in here.values()) for name in MEASURES},
        tuple(QueryResult(one, len(rankings[one]), result) for one, result in here.items()),
        count,
        tuple(notes),
        differences,
        {
            query_id: tuple((judge.spelling.get(one, one), score) for one, score in ranked)
            for query_id, ranked in rankings.items()
        },
    )


class Judge:
    """Judgements of the queries that are asked, by the ids that papers have in the index.

    Any identifier of a paper may stand in the judgements. ``spelling`` gives the one that does.
    """

    def __init__(self, papers: Collection, queries: Mapping[str, str], qrels: Judgements) -> None:
        self._library = _library()
        self.queries = [query_id for query_id in queries if qrels.get(query_id)]
        self._unjudged = [query_id for query_id in queries if not qrels.get(query_id)]
        self._unasked = [query_id for query_id in qrels if query_id not in queries]
        if not self.queries:
            raise EvaluationError(
                f"no query is judged: the queries have ids such as {_some(list(queries))}, the"
                f" judgements such as {_some(list(qrels))}; take the two files of one collection"
            )
        self._ids: dict[str, str] = {}
        self._missing: list[str] = []
        for document in dict.fromkeys(one for query_id in self.queries for one in qrels[query_id]):
            try:
                self._ids[document] = papers.paper(document).id
            except UnknownPaperError:
                self._missing.append(document)
        if not self._ids:
            page = papers.search(limit=3, paper=False, snippets=False, count=False)
            raise EvaluationError(
                f"none of the judged documents is in the index: they have ids such as"
                f" {_some(self._missing)}, its papers such as {_some([hit.id for hit in page])};"
                " index the documents of this collection, with the ids that are judged"
            )
        self.spelling = {paper_id: document for document, paper_id in reversed(self._ids.items())}
        self._numbers: dict[str, str] = {}
        self._grades: dict[str, dict[str, int]] = {}
        for query_id in self.queries:
            grades = self._grades[self._number(query_id)] = {}
            for document, grade in qrels[query_id].items():
                plain = integer(grade)
                if plain is None or plain > MOST_GRADE:
                    raise BadRequestError(
                        f"{shown(document)} of the query {shown(query_id)} has the grade"
                        f" {shown(grade)}; it must be a whole number of at most {MOST_GRADE:,}"
                    )
                number = self._number(document)
                grades[number] = max(plain, grades.get(number, 0))

    def _number(self, own_id: str) -> str:
        """Return what stands for an id where C reads it, which not every text can be passed to."""
        paper_id = self._ids.get(own_id, own_id)
        return self._numbers.setdefault(paper_id, str(len(self._numbers)))

    def measure(
        self, run: Mapping[str, Iterable[str]], names: Iterable[str] = MEASURES
    ) -> dict[str, dict[str, float]]:
        """Return measures of each query for a run: the documents of queries, best first."""
        # One tool for all measures, since each breaks ties in its own way, and numbers that fall by
        # one, because that tool keeps 32 bits of a score: more do not tell close scores apart.
        scores = {}
        for query_id in self.queries:
            ranked = dict.fromkeys(map(self._number, run.get(query_id, ())))
            number = self._number(query_id)
            scores[number] = {one: float(-rank) for rank, one in enumerate(ranked)}
        measures = {_measure(self._library, MEASURES[name]): name for name in names}
        results = {one: dict.fromkeys(measures.values(), 0.0) for one in self.queries}
        query_ids = {self._number(query_id): query_id for query_id in self.queries}
        evaluator = self._library.pytrec_eval.evaluator(list(measures), self._grades)
        for metric in evaluator.iter_calc(scores):
            results[query_ids[metric.query_id]][measures[metric.measure]] = float(metric.value)
        return results

    def notes(self, rankings: Mapping[str, Sequence[object]]) -> list[str]:
        """Return what of the queries and judgements could not be used, and what counts 0."""
        notes = []
        if self._missing:
            judged = len(self._missing) + len(self._ids)
            notes.append(
                f"{_some(self._missing, 'judged document')} of {judged:,} not in the index, so that"
                " no search finds them"
            )
        counts = Counter(self._ids.values())
        if several := [paper_id for paper_id, count in counts.items() if count > 1]:
            notes.append(
                f"{_some(several, 'paper')} judged under several ids; the highest grade counts"
            )
        if self._unjudged:
            notes.append(f"{_some(self._unjudged, 'query', 'queries')} without judgements left out")
        if self._unasked:
            notes.append(f"{_some(self._unasked, 'query', 'queries')} judged but not asked")
        empty = [query_id for query_id in self.queries if not rankings[query_id]]
        if empty:
            notes.append(f"{_some(empty, 'query', 'queries')} without any result count 0")
        hopeless = [
            query_id
            for query_id in self.queries
            if not any(self._grades[self._number(query_id)].values())
        ]
        if hopeless:
            notes.append(
                f"{_some(hopeless, 'query', 'queries')} without relevant documents count 0"
            )
        return notes


def _differences(
    here: Mapping[str, Mapping[str, float]], there: Mapping[str, Mapping[str, float]]
) -> Iterator[Difference]:
    for name in MEASURES:
        ours = [result[name] for result in here.values()]
        yield Difference.between(name, ours, [there[query_id][name] for query_id in here])


def _p(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Return the p of a paired t-test on two sides."""
    # Beyond the twelfth digit, differences are those of rounding.
    differences = {round(one - other, 12) for one, other in zip(ours, theirs, strict=True)}
    if differences == {0.0}:
        return 1.0
    if len(differences) == 1:
        return None
    from scipy.stats import ttest_rel  # which pytrec_eval needs; it takes most of a second to load

    return float(ttest_rel(ours, theirs).pvalue)


def _check_mappings(**given: object) -> None:
    for name, value in given.items():
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise BadRequestError(f"{name} is {shown(value)}; it must be a mapping by query id")
    for query_id, grades in given["qrels"].items():  # type: ignore[attr-defined]
        if not isinstance(grades, Mapping) or not all(isinstance(one, str) for one in grades):
            raise BadRequestError(
                f"qrels of {shown(query_id)} is {shown(grades)}; it must map documents to grades"
            )


def _library() -> Any:
    """Return ir_measures. Raises EvaluationError if it, or the tool it asks, is not installed."""
    try:
        import ir_measures
    except ImportError:
        ir_measures = None
    if ir_measures is None or not ir_measures.pytrec_eval.is_available():
        raise EvaluationError(
            "an evaluation needs ir-measures with pytrec-eval-terrier, which is not installed;"
            " install this project's extra eval: pip install '.[eval]'"
        )
    return ir_measures


def _measure(library: Any, name: str) -> Any:
    """Return a measure such as ``nDCG@10``: the library's own parser fails in Python 3.14."""
    base, _, cutoff = name.partition("@")
    measure = getattr(library, base)
    return measure @ int(cutoff) if cutoff else measure


def _ids(ranked: Iterable[tuple[str, float]]) -> list[str]:
    return [paper_id for paper_id, _ in ranked]


def mean(values: Iterable[float]) -> float:
    """Return the mean of some values."""
    listed = list(values)
    return fsum(listed) / len(listed)


def _some(ids: Sequence[str], noun: str = "", plural: str = "") -> str:
    """Return how many ids there are, of what, and the first three of them."""
    examples = ", ".join(map(shown, ids[:3])) or "none"
    if not noun:
        return examples
    named = noun if len(ids) == 1 else plural or f"{noun}s"
    return f"{len(ids):,} {named} ({examples}{', …' if len(ids) > 3 else ''})"


BARE: SearchOptions = {
    "paper": False,
    "snippets": False,
    "count": False,
    "facets": (),
    "explain": False,
    "page": 1,
    "limit": DEPTH,
}
"""What an evaluation needs of a hit is its id and its score."""
