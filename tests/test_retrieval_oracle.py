"""Retrieval on arrays = brute force over the papers = Whoosh's own Searcher, on random corpora."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from whoosh.index import open_dir

import searcher
from index.analysis import stems, tokens
from index.fields import FIELD_WEIGHTS, LENGTH_NORMALISATION, STEMMED_FIELDS, exact_twin
from index.names import name_terms
from searcher.engines.local.ranking import DISTANT_LOSS
from searcher.engines.local.reader import IndexReader
from searcher.engines.local.vocabulary import LocalVocabulary
from searcher.query.clauses import Alternative, AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span
from searcher.query.parser import parse
from searcher.query.rewriting import rewrite
from searcher.request import DEFAULT_RANKING
from tests.conftest import write_jsonl
from tests.retriever import Retriever
from tests.whoosh_oracle import whoosh_matches

WORDS = (
    "models model fine tuning fine-tuning finetuning gpt-4 gpt4 deep deepness the müller".split()
)
# Each is its own stem.
NEIGHBOURS = ["model", "fine", "deep", "gpt4"]
NAMES = ["Bo Han", "Han Li", "Bo Li", "J. Müller"]

# An example builds an index, so a failing one is shown as found: shrinking it takes minutes.
unshrunk = settings(phases=(Phase.generate,))

texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
paper_values = st.fixed_dictionaries(
    {
        "title": texts,
        "abstract": texts.map(lambda text: text or "word"),
        "authors": st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
        "year": st.sampled_from([None, 2022, 2023, 2024]),
        "category": st.sampled_from(["LG", "CL", ""]),
        "has_code": st.booleans(),
    }
)
leaf = st.one_of(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(
        lambda words: f'"{" ".join(words)}"'
    ),
    st.sampled_from(WORDS).map(lambda word: f"title:{word}"),
    st.sampled_from(NAMES).map(lambda name: f'author:"{name}"'),
    st.sampled_from(
        ["year:2023", "year:2023..", "cat:LG", "has:code", "mod*", "f?ne", "tunin~", "*"]
    ),
    st.sampled_from(WORDS).map(lambda word: f"={word}"),
)
any_weights = st.fixed_dictionaries(
    {
        field: st.sampled_from([weight, 0.0, 0.01, 1.0, 1000.0])
        for field, weight in FIELD_WEIGHTS.items()
    }
)
near = st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), st.integers(0, 3)).map(
    lambda parts: f'"{parts[0]} {parts[1]}"~{parts[2]}'
)


def queries(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
            inner.map(lambda part: f"-{part}"),
            inner.map(lambda part: f"+{part}"),
            st.tuples(inner, st.sampled_from(["2", "0.001", "1000"])).map("^".join),
        ),
        max_leaves=5,
    )


class BruteForce:
    """The meaning of clauses, written as loops over the papers' tokens."""

    def __init__(self, papers: Sequence[dict[str, Any]], weights: Mapping[str, float]) -> None:
        self.papers = papers
        self.weights = weights
        self.fields = [self._fields(paper) for paper in papers]
        self._lengths_of: dict[str, tuple[list[int], float]] = {}
        self._weighted_of: dict[Match, list[float]] = {}

    def _fields(self, paper: dict[str, Any]) -> dict[str, dict[str, list[int]]]:
        """Return, by field and term, the positions in one paper."""
        fields: dict[str, dict[str, list[int]]] = {}
        for name in ("title", "abstract"):
            for token in tokens(paper[name]):
                for field, terms in ((name, stems(token.forms)), (f"{name}_exact", token.forms)):
                    for term in terms:
                        fields.setdefault(field, {}).setdefault(term, []).append(token.position)
        for place, name in enumerate(paper["authors"]):
            for token in tokens(name):
                for term in token.forms:
                    positions = fields.setdefault("authors", {}).setdefault(term, [])
                    positions.append(1_000 * place + token.position)
        fields["author_names"] = {t: [0] for name in paper["authors"] for t in name_terms(name)}
        fields["category"] = {paper["category"]: [0]}
        fields["has"] = {"code": [0]} if paper["has_code"] else {}
        fields["year"] = {str(paper["year"]): [0]}
        return fields

    def frequency(self, run: Run, number: int) -> int:
        positions = [self.fields[number].get(run.field, {}).get(term, []) for term in run.terms]
        if run.slop is None:
            return sum(
                all(start + place in found for place, found in enumerate(positions))
                for start in positions[0]
            )
        width = len(positions) + run.slop
        windows = set()
        for choice in product(*positions):
            if len(set(choice)) == len(choice) and max(choice) - min(choice) < width:
                windows.add(min(choice))
        return len(windows)

    def weighted(self, match: Match, number: int) -> float:
        return max((self._of_spelling(one, number) for one in match.alternatives), default=0.0)

    def _of_spelling(self, alternative: Alternative, number: int) -> float:
        """Return what scores as the spelling does, less its share that distant forms make."""
        total = alternative.weight * sum(self._part(run, number) for run in alternative.runs)
        distant = alternative.weight * sum(
            self._part(Run(exact_twin(run.field), (form,)), number)
            for run in alternative.runs
            if run.field in STEMMED_FIELDS
            for form in alternative.distant
        )
        if not distant:
            return total
        k1 = DEFAULT_RANKING.k1
        share = total / (k1 + total) * (1 - DISTANT_LOSS * distant / total)
        return k1 * share / (1 - share)

    def occurrences(self, match: Match) -> int:
        """Return how often the most frequent spelling stands in the fields that are searched."""
        return max(
            sum(
                self.frequency(run, number)
                for run in alternative.runs
                if self.weights.get(run.field.removesuffix("_exact"), 1.0)
                for number in range(len(self.papers))
            )
            for alternative in match.alternatives
        )

    def _part(self, run: Run, number: int) -> float:
        frequency = self.frequency(run, number)
        if not frequency:
            return 0.0
        field = run.field.removesuffix("_exact")
        lengths, mean = self._lengths(run.field)
        b = LENGTH_NORMALISATION.get(field, 0.0)
        return self.weights.get(field, 1.0) * frequency / (1 - b + b * lengths[number] / mean)

    def _lengths(self, field: str) -> tuple[list[int], float]:
        """Return each paper's number of words in a field, and the mean."""
        if field not in self._lengths_of:
            # A stemmed field is as long as its exact twin: every form of a token counts.
            lengths = [sum(map(len, fields.get(field, {}).values())) for fields in self.fields]
            self._lengths_of[field] = lengths, max(sum(lengths) / len(lengths), 1.0)
        return self._lengths_of[field]

    def score(self, clause: Clause, number: int) -> float | None:
        """Return the paper's score, None if it does not match."""
        paper = self.papers[number]
        match clause:
            case Match():
                if clause not in self._weighted_of:
                    self._weighted_of[clause] = [
                        self.weighted(clause, other) for other in range(len(self.papers))
                    ]
                found = self._weighted_of[clause]
                if not found[number]:
                    return None
                frequency = sum(value > 0 for value in found)
                idf = math.log(1 + (len(found) - frequency + 0.5) / (frequency + 0.5))
                recurrence = math.sqrt((self.occurrences(clause) + 2) / (frequency + 2))
                share = found[number] / (DEFAULT_RANKING.k1 + found[number])
                return clause.boost * idf * recurrence * share
            case AnyTerm(field, terms):
                return 0.0 if set(terms) & set(self.fields[number][field]) else None
            case Span("year", low, high):
                return 0.0 if low <= (paper["year"] or 0) <= high else None
            case EveryPaper():
                return 0.0
            case Bool(required, optional, excluded):
                must = [self.score(child, number) for child in required]
                may = [self.score(child, number) for child in optional]
                if None in must or (not must and all(score is None for score in may)):
                    return None
                if any(self.score(child, number) is not None for child in excluded):
                    return None
                return sum(score for score in must + may if score is not None)
        raise AssertionError(clause)


def build(folder: Path, papers: Sequence[dict[str, Any]], batches: int) -> None:
    """Index ``papers`` in several commits, with a deletion and a change on the way."""
    for batch in range(batches):
        records: list[dict[str, Any]] = [
            {"id": f"p{number:02}", **paper}
            for number, paper in enumerate(papers)
            if number % batches <= batch
        ]
        if batch < batches - 1:
            records = [one for one in records if one["id"] != "p00" or one["title"]]
            records.insert(0, {"id": "p00", "title": "model an older text", "year": 1999})
            records.append({"id": "gone", "title": "model deep", "abstract": "model"})
        seeds = write_jsonl(folder / "seeds.jsonl", *records)
        searcher.build(folder / "index", [seeds], prune=batch == batches - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


def check(
    folder: Path,
    papers: list[dict[str, Any]],
    asked: list[str],
    weights: Mapping[str, float],
    *,
    whoosh: bool,
) -> None:
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    build(place, papers, batches=1 + len(papers) % 3)
    reader = IndexReader(str(place / "index"))
    vocabulary = LocalVocabulary(reader)
    retriever = Retriever(reader)
    brute = BruteForce(papers, weights)
    ids = [reader.paper(n).id if live else "" for n, live in enumerate(reader.live)]
    assert sorted(filter(None, ids)) == [f"p{number:02}" for number in range(len(papers))]
    plain = BruteForce(papers, FIELD_WEIGHTS)
    for field, terms in product(("title_exact", "abstract"), permutations(NEIGHBOURS, 2)):
        run = Match("", (Alternative((Run(field, terms),)),))
        stands = any(plain.score(run, number) is not None for number in range(len(papers)))
        assert vocabulary.has_in_a_row(field, *terms) == stands, (field, terms)
    with open_dir(str(place / "index")).searcher() as whoosh_searcher:
        # Most queries mean the same whether all words are wanted or any.
        clauses = {
            rewrite(parse(query).tree, vocabulary, match_any=match_any).clause: query
            for query, match_any in product(asked, (False, True))
        }
        for clause, query in clauses.items():
            expected = {
                f"p{number:02}": score
                for number in range(len(papers))
                if (score := brute.score(clause, number)) is not None
            }
            found = retriever.find(clause, weights)
            scores = [ids[number] for number in found.papers.tolist()], found.scores.tolist()
            assert dict(zip(*scores, strict=True)) == pytest.approx(expected, rel=1e-5), query
            assert found.papers.tolist() == sorted(set(found.papers.tolist()))
            ranked = retriever.best(clause, weights, found, len(papers) + 2)
            check_order([(ids[number], score) for number, score in ranked], expected, papers)
            for count in range(1, len(papers) + 3):
                assert retriever.best(clause, weights, found, count) == ranked[:count], query
                assert retriever.best(clause, weights, None, count) == ranked[:count], query
            numbers = [number for number, _ in ranked]
            again = retriever.scores(clause, weights, np.array(numbers, np.int64))
            assert again.tolist() == [score for _, score in ranked]
            for parts, (_, score) in zip(
                retriever.explain(clause, weights, numbers), ranked, strict=True
            ):
                assert sum(part.score for part in parts) == pytest.approx(score, rel=1e-9)
            if whoosh:
                assert whoosh_matches(whoosh_searcher, searched(clause, weights)) == set(expected)


def check_order(
    ranked: list[tuple[str, float]], expected: dict[str, float], papers: list[dict[str, Any]]
) -> None:
    """Check that better papers stand first, and equal ones in the order of their ids."""
    assert dict(ranked) == pytest.approx(expected, rel=1e-5)
    for (left, score), (right, next_score) in pairwise(ranked):
        assert (-score, left) < (-next_score, right)
        assert expected[left] >= expected[right] * (1 - 1e-5)
    scores = dict(ranked)
    for left, right in product(scores, scores):
        texts = [
            [papers[int(paper[1:])][field] for field in ("title", "abstract", "authors")]
            for paper in (left, right)
        ]
        if texts[0] == texts[1] and expected[left] == expected[right]:
            assert scores[left] == scores[right]


def searched(clause: Clause, weights: Mapping[str, float]) -> Clause:
    """Return ``clause`` without the fields of weight 0, which are not searched."""
    match clause:
        case Match(label, alternatives, boost):
            kept = tuple(
                Alternative(
                    tuple(
                        run for run in runs if weights.get(run.field.removesuffix("_exact"), 1.0)
                    ),
                    weight,
                    distant,
                )
                for runs, weight, distant in alternatives
            )
            return Match(label, kept, boost)
        case Bool():
            parts = (clause.required, clause.optional, clause.excluded)
            return Bool(*(tuple(searched(child, weights) for child in part) for part in parts))
    return clause


@settings(unshrunk, max_examples=50)
@given(
    st.lists(paper_values, min_size=1, max_size=8),
    st.lists(queries(leaf), min_size=5, max_size=12),
    st.one_of(st.just(FIELD_WEIGHTS), any_weights),
)
def test_arrays_brute_force_and_whoosh_agree(
    folder: Path,
    papers: list[dict[str, Any]],
    asked: list[str],
    weights: Mapping[str, float],
) -> None:
    check(folder, papers, asked, weights, whoosh=True)


@settings(unshrunk, max_examples=50)
@given(
    st.lists(paper_values, min_size=1, max_size=6),
    st.lists(queries(st.one_of(leaf, near)), min_size=5, max_size=12),
)
def test_arrays_and_brute_force_agree_on_near_words(
    folder: Path, papers: list[dict[str, Any]], asked: list[str]
) -> None:
    check(folder, papers, asked, FIELD_WEIGHTS, whoosh=False)


@pytest.mark.parametrize("order", list(permutations(["a b c", "c d", "a d"])), ids=str)
def test_the_answer_does_not_depend_on_the_order_of_papers(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    records = ({"id": text.replace(" ", "-"), "abstract": text} for text in order)
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "seeds.jsonl", *records)])
    with searcher.open(tmp_path / "index") as papers:
        assert [hit.id for hit in papers.search("c OR d").hits] == ["c-d", "a-d", "a-b-c"]


def test_whoosh_counts_a_term_that_is_not_there(tmp_path: Path) -> None:
    seeds = write_jsonl(tmp_path / "seeds.jsonl", {"id": "a", "title": "model"})
    searcher.build(tmp_path / "index", [seeds])
    with open_dir(str(tmp_path / "index")).reader() as reader:
        for field, term, count in [
            ("title", "model", 1),
            ("title", "deep", 0),
            ("abstract", "a", 0),
        ]:
            assert reader.doc_frequency(field, term) == count
            assert reader.frequency(field, term) == count
