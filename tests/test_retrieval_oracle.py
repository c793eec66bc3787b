"""Retrieval on arrays = brute force over the papers = Whoosh's own Searcher, on random corpora."""

import json
import math
from collections.abc import Sequence
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from whoosh.util.numeric import byte_to_length, length_to_byte  # Whoosh rounds lengths

import searcher
from index.analysis import name_terms, stems, tokens
from searcher.engines.whoosh_engine import WhooshEngine
from searcher.query import parse
from searcher.ranking import FIELD_WEIGHTS, K1, LENGTH_NORMALISATION
from searcher.retrieval import evaluate, explain
from searcher.rewrite import AnyTerm, Bool, Clause, EveryPaper, Match, Run, Span, rewrite
from tests.whoosh_oracle import whoosh_matches

WORDS = "model models fine tuning fine-tuning finetuning gpt-4 gpt4 deep the of müller k-nn".split()
NAMES = ["Bo Han", "Han Li", "Bo Li", "J. Müller"]

# An example builds an index, so a failing one is shown as found: shrinking it takes minutes.
SETTINGS: dict[str, Any] = {
    "phases": (Phase.generate,),
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}

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
            inner.map(lambda part: f"{part}^2"),
        ),
        max_leaves=5,
    )


class BruteForce:
    """The meaning of clauses, written as loops over the papers' tokens."""

    def __init__(self, papers: Sequence[dict[str, Any]]) -> None:
        self.papers = papers
        self.fields = [self._fields(paper) for paper in papers]

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
        return max(
            (sum(self._part(run, number) for run in runs) for runs in match.alternatives),
            default=0.0,
        )

    def _part(self, run: Run, number: int) -> float:
        frequency = self.frequency(run, number)
        if not frequency:
            return 0.0
        lengths = [
            byte_to_length(length_to_byte(sum(map(len, fields.get(run.field, {}).values()))))
            for fields in self.fields
        ]
        mean = max(sum(lengths) / len(lengths), 1.0)
        field = run.field.removesuffix("_exact")
        b = LENGTH_NORMALISATION[field]
        return FIELD_WEIGHTS[field] * frequency / (1 - b + b * lengths[number] / mean)

    def score(self, clause: Clause, number: int) -> float | None:
        """Return the paper's score, None if it does not match."""
        paper = self.papers[number]
        match clause:
            case Match():
                found = [self.weighted(clause, other) for other in range(len(self.papers))]
                if not found[number]:
                    return None
                frequency = sum(value > 0 for value in found)
                idf = math.log(1 + (len(found) - frequency + 0.5) / (frequency + 0.5))
                return clause.boost * idf * found[number] / (K1 + found[number])
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
        lines = [
            json.dumps({"id": f"p{number:02}", **paper})
            for number, paper in enumerate(papers)
            if number % batches <= batch
        ]
        if batch < batches - 1:
            lines.append(json.dumps({"id": "p00", "title": "model an older text", "year": 1999}))
            lines.append(json.dumps({"id": "gone", "title": "model deep", "abstract": "model"}))
            lines = [line for line in lines if not line.startswith('{"id": "p00", "title": ""')]
            lines = sorted(lines, key=lambda line: "older" not in line)
        (folder / "seeds.jsonl").write_text("\n".join(lines))
        searcher.build(folder / "index", [folder / "seeds.jsonl"], prune=batch == batches - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


def check(folder: Path, papers: list[dict[str, Any]], asked: list[str], *, whoosh: bool) -> None:
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    build(place, papers, batches=1 + len(papers) % 3)
    engine = WhooshEngine(str(place / "index"))
    brute = BruteForce(papers)
    ids = [engine.paper(n).id if live else "" for n, live in enumerate(engine.live)]
    assert sorted(filter(None, ids)) == [f"p{number:02}" for number in range(len(papers))]
    for query, match_any in product(asked, (False, True)):
        clause = rewrite(parse(query).tree, engine, match_any=match_any).clause
        scored = evaluate(clause, engine, FIELD_WEIGHTS)
        found = {ids[n]: scored.scores[n] for n in scored.mask.nonzero()[0].tolist()}
        expected = {
            f"p{number:02}": score
            for number in range(len(papers))
            if (score := brute.score(clause, number)) is not None
        }
        assert found == pytest.approx(expected, abs=1e-9), query
        for number in scored.mask.nonzero()[0].tolist():
            (parts,) = explain(clause, engine, FIELD_WEIGHTS, [number])
            assert sum(part.score for part in parts) == pytest.approx(scored.scores[number])
        if whoosh:
            assert whoosh_matches(str(place / "index"), clause) == set(expected), query
    engine.close()


@settings(**SETTINGS, max_examples=150)
@given(
    st.lists(paper_values, min_size=1, max_size=8),
    st.lists(queries(leaf), min_size=5, max_size=12),
)
def test_arrays_brute_force_and_whoosh_agree(
    folder: Path, papers: list[dict[str, Any]], asked: list[str]
) -> None:
    check(folder, papers, asked, whoosh=True)


@settings(**SETTINGS, max_examples=100)
@given(
    st.lists(paper_values, min_size=1, max_size=6),
    st.lists(queries(st.one_of(leaf, near)), min_size=5, max_size=12),
)
def test_arrays_and_brute_force_agree_on_near_words(
    folder: Path, papers: list[dict[str, Any]], asked: list[str]
) -> None:
    check(folder, papers, asked, whoosh=False)


@pytest.mark.parametrize("order", list(permutations(["a b c", "c d", "a d"])), ids=str)
def test_the_answer_does_not_depend_on_the_order_of_papers(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    lines = [json.dumps({"id": text.replace(" ", "-"), "abstract": text}) for text in order]
    (tmp_path / "seeds.jsonl").write_text("\n".join(lines))
    searcher.build(tmp_path / "index", [tmp_path / "seeds.jsonl"])
    with searcher.open(tmp_path / "index") as papers:
        assert [hit.id for hit in papers.search("c OR d").hits] == ["c-d", "a-d", "a-b-c"]
