"""Tunings: what is found and what it says of queries held out, the verb, and what it prints."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import searcher
from searcher import BadRequestError, EvaluationError, Ranking, read_config
from searcher.cli.main import cli
from searcher.evaluation import Difference, Fold, Tuning, evaluate, tune
from searcher.evaluation.tuning import LEAST_GAIN, STEPS
from searcher.output.evaluations import tuning_text, verdict
from searcher.request import DEFAULT_RANKING
from tests.conftest import write_jsonl

QUERY_COUNT = 24
FILLING = "lakes and rivers of the northern plain where cranes rest".split()


def papers_of(number: int) -> list[dict[str, str]]:
    """Return papers on one plant: a long one says most of it, and short ones only name it."""
    plant = f"plant{number}"
    filling = Random(number)
    long = [plant, *filling.choices(FILLING, k=60), plant]
    short = [plant, *filling.choices(FILLING, k=8)]
    return [
        {"id": f"long{number}", "title": "Survey", "abstract": " ".join(long)},
        *(
            {"id": f"short{number}.{copy}", "title": "Note", "abstract": " ".join(short)}
            for copy in range(1 + number % 3)
        ),
    ]


QUERIES = {str(number): f"plant{number}" for number in range(QUERY_COUNT)}
# The long papers are meant: then the length of an abstract counts for nothing.
LONG = {str(number): {f"long{number}": 1} for number in range(QUERY_COUNT)}
# Nothing tells the papers meant from the others.
BY_CHANCE = {
    str(number): {Random(number).choice(papers_of(number))["id"]: 1}
    for number in range(QUERY_COUNT)
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuning")
    made = [paper for number in range(QUERY_COUNT) for paper in papers_of(number)]
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *made)])
    return folder / "index"


@pytest.fixture(scope="module")
def papers(place: Path) -> Any:
    with searcher.open(place) as papers:
        yield papers


@pytest.fixture(scope="module")
def tuning(papers: searcher.Collection) -> Tuning:
    return tune(papers, QUERIES, LONG, folds=4)


# What is found


def test_a_ranking_is_found_that_holds_for_queries_held_out(tuning: Tuning) -> None:
    assert tuning.ranking.length_normalisation("abstract") < 0.5
    assert tuning.is_real
    assert tuning.held_out.here == tuning.found_on.here == 1.0
    assert tuning.held_out.there == tuning.found_on.there < 0.8
    assert tuning.notes == ()


def test_what_is_held_out_is_measured_by_an_evaluation(
    papers: searcher.Collection, tuning: Tuning
) -> None:
    dealt = [query_id for fold in tuning.folds for query_id in fold.queries]
    assert sorted(dealt) == sorted(QUERIES)
    assert [len(fold.queries) for fold in tuning.folds] == [6] * 4
    for fold in tuning.folds:
        queries = {query_id: QUERIES[query_id] for query_id in fold.queries}
        here = evaluate(papers, queries, LONG, ranking=fold.ranking).measures["nDCG@10"]
        there = evaluate(papers, queries, LONG).measures["nDCG@10"]
        assert (fold.held_out.here, fold.held_out.there) == pytest.approx((here, there))
    assert tuning.held_out.there == pytest.approx(
        evaluate(papers, QUERIES, LONG).measures["nDCG@10"]
    )


def test_no_step_from_the_ranking_found_goes_up(papers: searcher.Collection) -> None:
    for qrels, measure in ((LONG, "nDCG@10"), (BY_CHANCE, "AP")):
        tuning = tune(papers, QUERIES, qrels, measure=measure, folds=2)

        def measured(ranking: Ranking) -> float:
            return evaluate(papers, QUERIES, qrels, ranking=ranking).measures[measure]  # noqa: B023

        highest = measured(tuning.ranking)
        assert highest == pytest.approx(tuning.found_on.here)
        assert highest >= measured(DEFAULT_RANKING) - 1e-9
        settings = tuning.ranking.settings()
        for name, steps in STEPS.items():
            at = steps.index(settings[name])
            for step in steps[max(0, at - 1) : at + 2]:
                other = tuning.ranking.with_setting(name, step)
                if other.favours_titles:
                    assert measured(other) < highest + LEAST_GAIN, (name, step)


def test_a_gain_by_chance_is_told_as_one(papers: searcher.Collection) -> None:
    tuning = tune(papers, QUERIES, BY_CHANCE)
    assert not tuning.is_real
    assert tuning.held_out.difference < tuning.found_on.difference


def test_the_same_queries_in_another_order_are_tuned_alike(
    papers: searcher.Collection, tuning: Tuning
) -> None:
    other = dict(reversed(QUERIES.items()))
    assert tune(papers, other, LONG, folds=4) == tuning
    assert tune(papers, other, LONG, folds=4, seed=7).folds != tuning.folds
    with searcher.open(papers.directories[0], ranking=Ranking(k1=9.0)) as again:
        assert tune(again, QUERIES, LONG, folds=4) == tuning


def test_the_usual_ranking_is_a_step_of_every_setting() -> None:
    settings = DEFAULT_RANKING.settings()
    assert settings.keys() - STEPS.keys() == {"weights.abstract", "b.authors", "near"}
    for name, steps in STEPS.items():
        assert settings[name] in steps
        assert list(steps) == sorted(set(steps))


def test_unjudged_queries_do_not_count_and_are_told(papers: searcher.Collection) -> None:
    some = {query_id: LONG[query_id] for query_id in list(LONG)[:9]}
    tuning = tune(papers, QUERIES, some, folds=3)
    assert sum(len(fold.queries) for fold in tuning.folds) == 9
    assert "15 queries ('9', '10', '11', …) without judgements left out" in tuning.notes


def test_each_ranking_tried_is_told_once(papers: searcher.Collection, tuning: Tuning) -> None:
    told: list[int] = []
    assert tune(papers, QUERIES, LONG, folds=4, on_tried=told.append) == tuning
    assert told == list(range(1, tuning.tried + 1))


def test_a_tuning_is_plain_values(tuning: Tuning) -> None:
    assert pickle.loads(pickle.dumps(tuning)) == tuning
    values = tuning.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert Ranking(**values["ranking"]) == tuning.ranking
    assert values["held_out"]["difference"] == tuning.held_out.difference
    assert [len(one["queries"]) for one in values["folds"]] == [6] * 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"measure": "MAP"}, "measure is 'MAP'; it must be one of nDCG@10, AP, P@10, R@100, MRR"),
        ({"measure": None}, "measure is None; it must be one of"),
        ({"folds": 1}, "folds 1, seed 0: both are whole numbers, folds 2 or more"),
        ({"folds": "5"}, "folds '5', seed 0: both are whole numbers"),
        ({"seed": 0.5}, "folds 5, seed 0.5: both are whole numbers"),
        ({"ranking": Ranking()}, "tune() has no option ranking, which is what it searches for"),
        ({"weights": {}}, "tune() has no option weights"),
        ({"limit": 5}, "evaluate() has no option limit"),
        ({"papers": None}, "papers is None; it must be an open index"),
    ],
)
def test_arguments_without_meaning_are_named(
    papers: searcher.Collection, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequestError) as raised:
        tune(**{"papers": papers, "queries": QUERIES, "qrels": LONG, **arguments})
    assert str(raised.value).startswith(said)


def test_fewer_queries_than_folds(papers: searcher.Collection) -> None:
    with pytest.raises(EvaluationError, match=r"queries \(1\) than folds \(5\); give fewer"):
        tune(papers, {"1": "plant1"}, LONG)


# What is printed

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verb(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verb:
    """The verb; the files of queries and judgements are in tmp_path."""

    def run(qrels: dict[str, dict[str, int]], *options: object) -> tuple[int, str, str]:
        asked = ({"_id": query_id, "text": text} for query_id, text in QUERIES.items())
        write_jsonl(tmp_path / "queries.jsonl", *asked)
        lines = [f"{q}\t{d}\t{g}\n" for q, grades in qrels.items() for d, g in grades.items()]
        (tmp_path / "qrels.tsv").write_text("".join(lines))
        files = ["--queries", tmp_path / "queries.jsonl", "--qrels", tmp_path / "qrels.tsv"]
        words = ["tune", *map(str, [*files, "--index", place, *options])]
        code = cli.main(words, prog_name="searcher", standalone_mode=False)
        return (code, *capsys.readouterr())

    return run


def test_the_verb_prints_a_configuration(
    verb: Verb, place: Path, tmp_path: Path, tuning: Tuning
) -> None:
    code, out, err = verb(LONG, "--folds", "4")
    assert code == 0
    assert err == f"note: {verdict(tuning)}\n"
    lines = out.splitlines()
    assert lines[0] == f"# nDCG@10 of 24 queries in {place}; {tuning.tried} rankings tried"
    assert [line.split()[1] for line in lines[1:8]] == [*"held 1 2 3 4 all (found".split()]
    assert lines[8].startswith("# queries held out gain by it (+0.")
    (tmp_path / "tuned.toml").write_text(out, encoding="utf-8")
    assert read_config(tmp_path / "tuned.toml").ranking == tuning.ranking
    assert str(tuning.ranking) in out


def test_the_verb_says_plainly_what_chance_may_have_brought(verb: Verb, tmp_path: Path) -> None:
    code, out, err = verb(BY_CHANCE, "--measure", "AP", "--match", "any", "--seed", "3")
    assert code == 1
    assert out.startswith("# AP of 24 queries in ")
    (said,) = [line for line in err.splitlines() if line.startswith("note: ")]
    assert "may be chance" in said or "gain nothing" in said
    assert f"# {said.removeprefix('note: ')}\n" in out
    (tmp_path / "tuned.toml").write_text(out, encoding="utf-8")
    assert read_config(tmp_path / "tuned.toml").ranking is not None


def test_the_verb_as_json(verb: Verb, tuning: Tuning) -> None:
    code, out, err = verb(LONG, "--folds", "4", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == tuning.to_dict()


def tuned(ranking: Ranking, held_out: Difference) -> Tuning:
    return Tuning(ranking, held_out, held_out, (Fold(("1",), ranking, held_out),), 9, ())


BETTER = Ranking(k1=2.0)


@pytest.mark.parametrize(
    ("ranking", "here", "p", "said"),
    [
        (BETTER, 0.6, 0.01, "queries held out gain by it (+0.1000, p 0.0100); other collections"),
        (BETTER, 0.6, 0.2, "what queries held out gain may be chance (+0.1000, p 0.2000): the us"),
        (BETTER, 0.6, None, "what queries held out gain may be chance (+0.1000, p -): the usual r"),
        (BETTER, 0.4, 0.01, "queries held out gain nothing (-0.1000, p 0.0100): keep the usual r"),
        (BETTER, 0.5, 1.0, "queries held out gain nothing (+0.0000, p 1.0000): keep the usual"),
        (DEFAULT_RANKING, 0.5, 1.0, "no ranking does better for these queries than the usual one"),
    ],
)
def test_the_verdict(ranking: Ranking, here: float, p: float | None, said: str) -> None:
    tuning = tuned(ranking, Difference("AP", here, 0.5, p))
    assert verdict(tuning).startswith(said)
    assert tuning.is_real == said.startswith("queries held out gain by it")
    lines = list(tuning_text(tuning, "papers.index"))
    assert lines[0] == "# AP of 1 query in papers.index; 9 rankings tried"
    assert f"# {verdict(tuning)}" in lines
    assert lines[2].endswith("k1 = 2.0" if ranking == BETTER else "the usual")


# An evaluation under a configuration


def test_an_evaluation_says_that_its_ranking_is_not_the_usual(
    verb: Verb, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = verb(LONG, "--folds", "4")[1]
    (tmp_path / "tuned.toml").write_text(out)
    files = ["--queries", tmp_path / "queries.jsonl", "--qrels", tmp_path / "qrels.tsv"]
    words = ["eval", *files, "--index", place, "--config", tmp_path / "tuned.toml"]
    for form in ("text", "json"):
        cli.main([*map(str, words), "--format", form], "searcher", standalone_mode=False)
        out, err = capsys.readouterr()
        said = f"ranked with {read_config(tmp_path / 'tuned.toml').ranking}, as "
        if form == "json":
            assert json.loads(out)["notes"][0].startswith(said)
            assert json.loads(out)["measures"]["nDCG@10"] == 1.0
        else:
            assert err.startswith(f"note: {said}")
