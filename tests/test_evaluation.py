"""Evaluations: measures against a naive oracle, files of every form, notes, errors, the verb."""

import json
import math
import pickle
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from searcher import BadRequestError, EvaluationError
from searcher.cli import evaluating
from searcher.cli.main import cli
from searcher.evaluation import (
    DEPTH,
    MEASURES,
    MOST_GRADE,
    Evaluation,
    evaluate,
    read_judgements,
    read_queries,
    read_run,
    write_run,
)
from tests.conftest import write_jsonl

# Twenty papers alike, so that their order is that of their ids, and one that no word finds.
ALIKE = [{"id": f"d{number:02}", "title": "tides of the sea"} for number in range(20)]
PAPERS = [
    *ALIKE,
    {"id": "moss", "title": "Moss on old walls", "doi": "10.5555/moss"},
    {"id": "wall", "title": "Walls of stone and moss, moss, moss"},
]
QUERIES = {"1": "tides", "2": "moss walls", "3": "zeppelin"}
QRELS = {"1": {"d01": 2, "d03": 1, "d05": 0}, "2": {"wall": 1}, "3": {"d01": 1}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *PAPERS)])
    return folder / "index"


@pytest.fixture(scope="module")
def papers(place: Path) -> Any:
    with searcher.open(place) as papers:
        yield papers


# Measures


def naive(ranked: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    """Return the measures as their definitions say them, of one query."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    hits = [rank for rank, document in enumerate(ranked, 1) if document in relevant]

    def gained(order: Sequence[int]) -> float:
        return sum(max(0, gain) / math.log2(rank + 1) for rank, gain in enumerate(order[:10], 1))

    ideal = gained(sorted(grades.values(), reverse=True))
    precisions = [(number + 1) / rank for number, rank in enumerate(hits)]
    return {
        "nDCG@10": gained([grades.get(one, 0) for one in ranked]) / ideal if ideal else 0.0,
        "AP": sum(precisions) / len(relevant) if relevant else 0.0,
        "P@10": sum(rank <= 10 for rank in hits) / 10,
        "R@100": sum(rank <= 100 for rank in hits) / len(relevant) if relevant else 0.0,
        "MRR": 1 / hits[0] if hits else 0.0,
    }


DOCUMENTS = [*(paper["id"] for paper in PAPERS), *(f"x{number}" for number in range(120))]
GRADES = st.dictionaries(
    st.sampled_from(DOCUMENTS), st.integers(-9, 4) | st.just(MOST_GRADE), min_size=1, max_size=30
).map(lambda grades: {"d01": 0, **grades})
RANKED = st.lists(st.sampled_from(DOCUMENTS), unique=True)


def measured_run(
    papers: searcher.Collection, qrels: Mapping[str, Mapping[str, int]], run: dict[str, list[str]]
) -> dict[str, float]:
    """Return the means of a run of other tools' making."""
    evaluation = evaluate(papers, dict.fromkeys(qrels, "tides"), qrels, against=run)
    return {one.measure: one.there for one in evaluation.differences}


@given(qrels=st.dictionaries(st.sampled_from("abc"), GRADES, min_size=1), data=st.data())
def test_measures_are_those_of_their_definitions(
    papers: searcher.Collection, qrels: dict[str, dict[str, int]], data: st.DataObject
) -> None:
    run = {query_id: data.draw(RANKED) for query_id in qrels if data.draw(st.booleans())}
    found = measured_run(papers, qrels, run)
    each = [naive(run.get(query_id, ()), grades) for query_id, grades in qrels.items()]
    for name in MEASURES:
        assert found[name] == pytest.approx(sum(one[name] for one in each) / len(each))


@given(grades=GRADES, ranked=RANKED, data=st.data())
def test_laws_of_measures(
    papers: searcher.Collection, grades: dict[str, int], ranked: list[str], data: st.DataObject
) -> None:
    found = measured_run(papers, {"q": grades}, {"q": ranked})
    assert all(0 <= value <= 1 for value in found.values())
    others = [one for one in DOCUMENTS if grades.get(one, 0) < 1 and one not in ranked]
    longer = [*ranked, *data.draw(st.permutations(others))]
    assert measured_run(papers, {"q": grades}, {"q": longer}) == pytest.approx(found)
    if max(grades.values()) > 0:
        best = sorted(grades, key=grades.__getitem__, reverse=True)
        perfect = measured_run(papers, {"q": grades}, {"q": best})
        assert [perfect[name] for name in ("nDCG@10", "AP", "R@100", "MRR")] == [1.0] * 4


def test_an_evaluation_by_hand(papers: searcher.Collection) -> None:
    evaluation = evaluate(papers, QUERIES, QRELS, match="any")
    first, second, third = evaluation.queries
    # d01 is second and d03 fourth of twenty: gains 2 and 1.
    gain = 2 / math.log2(3) + 1 / math.log2(5)
    assert first.found == 20
    assert first.measures == pytest.approx(
        {
            "nDCG@10": gain / (2 + 1 / math.log2(3)),
            "AP": (1 / 2 + 2 / 4) / 2,
            "P@10": 0.2,
            "R@100": 1.0,
            "MRR": 0.5,
        }
    )
    assert second.found == 2
    assert (third.found, set(third.measures.values())) == (0, {0.0})
    assert evaluation.measures["P@10"] == pytest.approx((0.2 + 0.1 + 0) / 3)
    assert evaluation.depth == DEPTH
    assert evaluation.notes == ("1 query ('3') without any result count 0",)


def test_equal_scores_are_measured_in_our_order(papers: searcher.Collection) -> None:
    # trec_eval would put d19 first among papers of one score.
    evaluation = evaluate(papers, {"1": "tides"}, {"1": {"d00": 1}})
    assert evaluation.measures["MRR"] == 1.0
    (ranked,) = evaluation.rankings.values()
    assert len({score for _, score in ranked}) == 1


def test_depth_is_how_many_papers_are_measured(papers: searcher.Collection) -> None:
    qrels = {"1": {"d01": 1, "d12": 1}}
    assert evaluate(papers, {"1": "tides"}, qrels, depth=12).measures["R@100"] == 0.5
    assert evaluate(papers, {"1": "tides"}, qrels, depth=13).measures["R@100"] == 1.0


def test_options_are_those_of_a_search(papers: searcher.Collection) -> None:
    judged = {"2": {"wall": 1}}
    for match, found in (("any", 2), ("all", 0)):
        options: Any = {"match": match}
        evaluation = evaluate(papers, {"2": "moss zeppelin"}, judged, **options)
        assert evaluation.queries[0].found == found
    for name in ("limit", "page", "snippets"):
        with pytest.raises(BadRequestError, match=f"no option {name}; depth"):
            evaluate(papers, QUERIES, QRELS, **{name: 1})  # type: ignore[arg-type]


def test_any_text_may_be_an_id(papers: searcher.Collection) -> None:
    for odd in ("", "\0", "\ud800", "a b\n", "é"):
        evaluation = evaluate(
            papers, {odd: "tides"}, {odd: {odd: 1, "d01": 1}}, against={odd: [odd, "d01"]}
        )
        assert evaluation.measures["AP"] == 0.25
        assert {one.measure: one.there for one in evaluation.differences}["AP"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"depth": 0}, "depth is 0; it must be a whole number of 1 or more"),
        ({"queries": ["tides"]}, "queries is ['tides']; it must be a mapping by query id"),
        ({"queries": {1: "tides"}}, "queries is {1: 'tides'}; it must be a mapping by query id"),
        ({"queries": {"1": 7}}, "the query is 7; it must be text"),
        ({"qrels": {"1": ["d01"]}}, "qrels of '1' is ['d01']; it must map documents to grades"),
        ({"qrels": {"1": {"d01": 0.5}}}, "'d01' of the query '1' has the grade 0.5; it must be"),
        ({"qrels": {"1": {"d01": 1e9}}}, "it must be a whole number of at most 1,000"),
        ({"against": []}, "against is []; it must be a mapping by query id"),
        ({"against": {"1": "d01", 2: ()}}, "it must be a mapping by query id"),
        ({"papers": None}, "papers is None; it must be an open index"),
    ],
)
def test_arguments_without_meaning_are_named(
    papers: searcher.Collection, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequestError) as raised:
        evaluate(**{"papers": papers, "queries": QUERIES, "qrels": QRELS, **arguments})
    assert said in str(raised.value)


def test_an_evaluation_is_plain_values(papers: searcher.Collection) -> None:
    evaluation = evaluate(papers, QUERIES, QRELS, against={"1": ["d01"]})
    assert pickle.loads(pickle.dumps(evaluation)) == evaluation
    values = evaluation.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["query_count"] == len(values["queries"]) == 3
    for one in values["differences"]:
        assert one["difference"] == one["here"] - one["there"]


# What is told


def test_what_cannot_be_used_is_counted_and_told(papers: searcher.Collection) -> None:
    queries = {**QUERIES, "4": "sea", "5": "walls"}
    qrels = {
        "1": {"d01": 1, "gone": 2, "lost": 0},
        "2": {"wall": 1, "10.5555/moss": 1, "https://doi.org/10.5555/moss": 2},
        "3": {"d01": 1},
        "4": {"d02": 0},
        "9": {"d02": 1},
    }
    evaluation = evaluate(papers, queries, qrels, against={"1": ["d01"], "2": ["moss"]})
    assert evaluation.notes == (
        "2 judged documents ('gone', 'lost') of 7 not in the index, so that no search finds them",
        "1 paper ('10.5555/moss') judged under several ids; the highest grade counts",
        "1 query ('5') without judgements left out",
        "1 query ('9') judged but not asked",
        "1 query ('3') without any result count 0",
        "1 query ('4') without relevant documents count 0",
        "the other run lacks 2 queries ('3', '4'), which count 0 there",
    )
    assert [one.id for one in evaluation.queries] == ["1", "2", "3", "4"]
    # A document that no search can find still counts as one to find.
    assert evaluation.queries[0].measures["R@100"] == 0.5


def test_any_identifier_of_a_paper_may_be_judged(papers: searcher.Collection) -> None:
    spelled = "https://doi.org/10.5555/MOSS"
    evaluation = evaluate(
        papers, {"2": "moss walls"}, {"2": {spelled: 1}}, against={"2": ["wall", spelled]}
    )
    assert evaluation.measures["R@100"] == 1.0
    assert {one.measure: one.there for one in evaluation.differences}["MRR"] == 0.5
    assert spelled in dict(evaluation.rankings["2"])


@pytest.mark.parametrize(
    ("qrels", "said"),
    [
        (
            {"q1": {"d01": 1}, "q2": {"d02": 1}},
            "no query is judged: the queries have ids such as '1', '2', '3', the judgements such as"
            " 'q1', 'q2'; take the two files of one collection",
        ),
        (
            {"1": {"MED-1": 1}, "2": {"MED-2": 1}},
            "none of the judged documents is in the index: they have ids such as 'MED-1', 'MED-2',"
            " its papers such as '10.5555/moss', 'd00', 'd01'; index the documents of this"
            " collection, with the ids that are judged",
        ),
    ],
)
def test_files_that_do_not_belong_together(
    papers: searcher.Collection, qrels: dict[str, dict[str, int]], said: str
) -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluate(papers, QUERIES, qrels)
    assert str(raised.value) == said


def test_a_missing_library_names_the_extra(
    papers: searcher.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(EvaluationError, match=r"pip install '\.\[eval\]'"):
        evaluate(papers, QUERIES, QRELS)


def test_an_index_without_papers(tmp_path: Path) -> None:
    searcher.build(tmp_path / "index", papers=[{"id": "x", "title": "Rye"}])
    searcher.remove(tmp_path / "index", ["x"])
    with searcher.open(tmp_path / "index") as empty, pytest.raises(EvaluationError) as raised:
        evaluate(empty, QUERIES, QRELS)
    assert "its papers such as none; index the documents" in str(raised.value)


# Another run


def t_test(differences: Sequence[float]) -> float:
    """Return p on two sides, by adding up the density of Student's t."""
    count = len(differences)
    mean = sum(differences) / count
    deviation = math.sqrt(sum((one - mean) ** 2 for one in differences) / (count - 1))
    t, freedom = abs(mean) / deviation * math.sqrt(count), count - 1
    scale = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))
    steps = 20_000
    width = t / steps
    middle = [(number + 0.5) * width for number in range(steps)]
    return 1 - 2 * width * math.fsum(
        scale * math.pow(1 + x * x / freedom, -(freedom + 1) / 2) for x in middle
    )


def test_the_test_is_paired(papers: searcher.Collection) -> None:
    ranks = {"a": 1, "b": 2, "c": 4, "d": 9}
    qrels = {query_id: {"d00": 1} for query_id in ranks}
    run = {
        name: [f"d{19 - n:02}" for n in range(rank - 1)] + ["d00"] for name, rank in ranks.items()
    }
    evaluation = evaluate(papers, dict.fromkeys(ranks, "tides"), qrels, against=run)
    (mrr,) = (one for one in evaluation.differences if one.measure == "MRR")
    assert mrr.difference == pytest.approx(sum(1 - 1 / rank for rank in ranks.values()) / 4)
    assert mrr.p == pytest.approx(t_test([1 - 1 / rank for rank in ranks.values()]), abs=1e-6)


def test_a_test_that_says_nothing_says_so(papers: searcher.Collection) -> None:
    def p(queries: str, run: Sequence[str]) -> float | None:
        evaluation = evaluate(
            papers,
            dict.fromkeys(queries, "tides"),
            {query_id: {"d00": 1} for query_id in queries},
            against={query_id: list(run) for query_id in queries},
        )
        return {one.measure: one.p for one in evaluation.differences}["MRR"]

    assert p("abc", ["d00"]) == 1.0
    assert p("abc", ["d01", "d00"]) is None
    assert p("a", ["d01", "d00"]) is None


def as_32_bits(score: float) -> float:
    (rounded,) = struct.unpack("f", struct.pack("f", score))
    return float(rounded)


SCORES = st.lists(st.floats(-1e5, 1e5) | st.sampled_from([0.0, 1.0, 12.5]), max_size=40)


@given(scores=SCORES)
def test_scores_of_a_run_fall_strictly_and_keep_the_order(
    tmp_path: Path, scores: list[float]
) -> None:
    ranked = tuple((f"d{number}", score) for number, score in enumerate(scores))
    evaluation = Evaluation({}, (), DEPTH, (), (), {"q": ranked, "r": (("d1", 1.0),)})
    write_run(evaluation, tmp_path / "run")
    lines = [line.split() for line in (tmp_path / "run").read_text().splitlines()]
    written = [as_32_bits(float(line[4])) for line in lines if line[0] == "q"]
    assert all(one > other for one, other in pairwise(written))
    assert read_run(tmp_path / "run").get("q", []) == [document for document, _ in ranked]


def test_falling_scores_are_written_as_they_are(tmp_path: Path) -> None:
    ranked = (("d1", 10.5), ("d2", 3.25), ("d3", 3.25))
    write_run(Evaluation({}, (), DEPTH, (), (), {"q": ranked}), tmp_path / "run")
    assert (tmp_path / "run").read_text() == (
        "q Q0 d1 1 10.500000 searcher\nq Q0 d2 2 3.250000 searcher\nq Q0 d3 3 3.249993 searcher\n"
    )


def test_trec_eval_gives_a_run_the_measures_printed(
    papers: searcher.Collection, tmp_path: Path
) -> None:
    import ir_measures
    from ir_measures import AP, RR, P, R, nDCG

    evaluation = evaluate(papers, QUERIES, QRELS, match="any")
    write_run(evaluation, tmp_path / "run")
    lines = [f"{q} 0 {d} {g}\n" for q, grades in QRELS.items() for d, g in grades.items()]
    (tmp_path / "qrels").write_text("".join(lines))
    found = ir_measures.calc_aggregate(
        [nDCG @ 10, AP, P @ 10, R @ 100, RR],
        ir_measures.read_trec_qrels(str(tmp_path / "qrels")),
        ir_measures.read_trec_run(str(tmp_path / "run")),
    )
    by_name = {str(measure): value for measure, value in found.items()}
    for ours, theirs in MEASURES.items():
        assert by_name[theirs] == pytest.approx(evaluation.measures[ours])


@pytest.mark.parametrize("ids", [("q 1", "d1"), ("q1", "d\t1")])
def test_an_id_with_a_blank_is_none_of_a_run(tmp_path: Path, ids: tuple[str, str]) -> None:
    evaluation = Evaluation({}, (), DEPTH, (), (), {ids[0]: ((ids[1], 1.0),)})
    with pytest.raises(EvaluationError, match="has a blank, which ends an id in a TREC run"):
        write_run(evaluation, tmp_path / "run")


# Files

WANTED = {"1": "label noise", "PLAIN-2": "what is a <tag> & why?"}
QUERY_FILES = {
    "beir": '{"_id": "1", "text": "label noise", "metadata": {}}\n\n'
    '{"text": " what is a <tag> & why? ", "_id": "PLAIN-2"}',
    "beir with numbers": '\ufeff{"_id": 1, "text": "label noise"}\r\n'
    '{"_id": "PLAIN-2", "text": "what is a <tag> & why?"}\r\n',
    "tsv": "1\tlabel noise\r\nPLAIN-2\twhat is a <tag> & why?\n",
    "trec": "<top>\n\n<num> Number: 1\n<title> label\n noise\n\n<desc> Description:\nMore.\n\n"
    "</top>\n<top>\n<num> Number: PLAIN-2\n<title> Topic: what is a &lt;tag&gt; &amp; why?\n</top>",
    "trec, xml": '<?xml version="1.0"?>\n<topics task="x">\n <topic number="1">\n'
    "  <query>label\nnoise</query><question>Who knows?</question>\n </topic>\n"
    " <topic type='x' number='PLAIN-2'><query>what is a &lt;tag&gt; &amp; why?</query></topic>\n"
    "</topics>\n",
    "trec, closed": "<top><num>1</num><title>label noise</title></top>\n"
    "<top><num>PLAIN-2</num><title>what is a &lt;tag&gt; &amp; why?</title></top>\n",
}
QREL_FILES = {
    "beir": "query-id\tcorpus-id\tscore\n1\td 1\t2\nPLAIN-2\td2\t0\n",
    "beir without header": "1\td 1\t2\nPLAIN-2\td2\t0",
    "trec": "1\t0\td 1\t2\r\n\r\nPLAIN-2 0 d2 0\r\n",
    "trec, doubled": "1\tQ0\td 1\t2\n1\t0\td 1\t2\nPLAIN-2  0  d2   0\n",
}
RUN_FILE = (
    "1 Q0 d3 1 2.5 bm25\n1 Q0 d1 2 7e-1 bm25\n2 Q0 d9 3 1 x\n2 Q0 d8 2 1.0 x\n1 Q0 d2 9 9 a\n"
)


@pytest.mark.parametrize("form", QUERY_FILES)
def test_queries_of_every_form(tmp_path: Path, form: str) -> None:
    (tmp_path / "queries").write_bytes(QUERY_FILES[form].encode())
    assert read_queries(tmp_path / "queries") == WANTED


@pytest.mark.parametrize("form", QREL_FILES)
def test_judgements_of_every_form(tmp_path: Path, form: str) -> None:
    (tmp_path / "qrels").write_bytes(QREL_FILES[form].encode())
    assert read_judgements(str(tmp_path / "qrels")) == {"1": {"d 1": 2}, "PLAIN-2": {"d2": 0}}


def test_a_run_is_in_the_order_of_its_scores_and_then_of_its_ranks(tmp_path: Path) -> None:
    (tmp_path / "run").write_text(RUN_FILE)
    assert read_run(tmp_path / "run") == {"1": ["d2", "d3", "d1"], "2": ["d8", "d9"]}


Reader = Callable[[Path], object]


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (read_queries, b"", ": holds no queries; check the path"),
        (read_queries, b"\n[1]\n", ":2: '[1]' is no query; write id<TAB>text, JSON lines with"),
        (read_queries, b"1\tx\n\n2\t \n", ":3: the query '2' has no text; add it, or leave"),
        (read_queries, b"\tx\n", ":1: a query has no id; add it, or leave the line out"),
        (read_queries, b"1\tx\n1\ty\n", ":2: the query '1' is there twice; leave one out"),
        (read_queries, b"1\tx\n2\t\xff\n", ":2: not UTF-8; unpack the file, or convert it"),
        (read_queries, b'{"_id": "1"}\n', ':1: a query is an object with "_id" and "text"'),
        (read_queries, b'{"_id": "1", "text": "x"}\n[]', ':2: a query is an object with "_id"'),
        (read_queries, b'{"_id": "1"\n', ":1: no JSON (Expecting"),
        (read_queries, b'{"_id": ' + b"[" * 100_000, ":1: no JSON (maximum recursion depth"),
        (
            read_queries,
            b"<topics>\n",
            ":1: no topic of TREC, which begins with <top> or <topic>; of queries in other XML",
        ),
        (read_queries, b"<top>\n<num> 1\n</top>\n<top>", ":1: a topic has no <num> and no number"),
        (
            read_queries,
            b"<topics>\n<topic><query>x</query></topic>",
            ":2: a topic has no <num> and no number",
        ),
        (read_queries, b"<top><num> 1\n<title>\n</top>", ":1: the query '1' has no text"),
        (read_judgements, b"query-id\tcorpus-id\tscore\n", ": holds no judgements; check"),
        (read_judgements, b"1 0 d1 2\n1 0 d2\tx\n", ":2: '1 0 d2\\tx' is no judgement; write"),
        (read_judgements, b'{"_id": "1"}\n', ":1: "),
        (
            read_judgements,
            b"1 0 d1 2\n1 0 d2 x\n",
            ":2: the grade 'x' is no whole number of",
        ),
        (
            read_judgements,
            b"1 0 d1 0.5\n",
            ":1: the grade '0.5' is no whole number of",
        ),
        (
            read_judgements,
            b"1 0 d1 nan\n",
            ":1: the grade 'nan' is no whole number of",
        ),
        (read_judgements, b"1 0 d1 1e9\n", ":1: the grade '1e9' is no whole number of at most"),
        (
            read_judgements,
            b"1 0 d1 2\n1 0 d1 1\n",
            ":2: 'd1' is judged twice for the query '1', as 2 and 1; leave one out",
        ),
        (read_run, b"", ": holds no results; check the path"),
        (read_run, b"1 Q0 d1 1 nan x\n", ":1: '1 Q0 d1 1 nan x' is no line of a TREC run; write"),
        (read_run, b"1 0 d1 2\n", ":1: '1 0 d1 2' is no line of a TREC run; write query Q0"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, read: Reader, content: bytes, said: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(EvaluationError) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}{said}")


@pytest.mark.parametrize("read", [read_queries, read_judgements, read_run])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, read: Reader) -> None:
    for file in (tmp_path / "none", tmp_path):
        with pytest.raises(EvaluationError, match=r"cannot be read \(.+\); check the path"):
            read(file)


@given(
    content=st.binary(max_size=60) | st.text("<top>num\t{}\"'1 0\n", max_size=60).map(str.encode)
)
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    for read in (read_queries, read_judgements, read_run):
        with suppress(EvaluationError):
            assert read(tmp_path / "file")


# The verb

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verb(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verb:
    """The verb on the small collection; the files of queries and judgements are in tmp_path."""
    queries = ({"_id": query_id, "text": text} for query_id, text in QUERIES.items())
    write_jsonl(tmp_path / "queries.jsonl", *queries)
    lines = [f"{q}\t{d}\t{g}\n" for q, grades in QRELS.items() for d, g in grades.items()]
    (tmp_path / "qrels.tsv").write_text("".join(lines))

    def run(*options: object) -> tuple[int, str, str]:
        files = ["--queries", tmp_path / "queries.jsonl", "--qrels", tmp_path / "qrels.tsv"]
        words = ["eval", *map(str, [*files, "--index", place, *options])]
        code = cli.main(words, prog_name="searcher", standalone_mode=False)
        return (code, *capsys.readouterr())

    return run


def test_the_verb_prints_the_means(verb: Verb, place: Path) -> None:
    code, out, err = verb("--match", "any")
    assert code == 0
    assert out.splitlines() == [
        "      nDCG@10      AP    P@10   R@100     MRR",
        "mean   0.5478  0.5000  0.1000  0.6667  0.5000",
        f"3 queries, at most 1,000 papers of each, in {place}",
    ]
    assert err == "note: 1 query ('3') without any result count 0\n"


def test_the_verb_prints_each_query(verb: Verb) -> None:
    lines = verb("--per-query")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["nDCG@10", "1", "2", "3", "mean", "3"]
    assert lines[3].split() == ["3", *["0.0000"] * 5]


def test_the_verb_as_json(verb: Verb, papers: searcher.Collection) -> None:
    code, out, err = verb("--format", "json", "--depth", "2")
    assert (code, err) == (0, "")
    assert json.loads(out) == evaluate(papers, QUERIES, QRELS, depth=2).to_dict()


def test_a_run_is_written_and_compared_with(verb: Verb, tmp_path: Path) -> None:
    assert verb("--run", tmp_path / "run", "--match", "all")[0] == 0
    assert "1 Q0 d00 1 " in (tmp_path / "run").read_text()
    code, out, err = verb("--against", tmp_path / "run", "--match", "any")
    rows = {line[:11].strip(): line.split()[-5:] for line in out.splitlines()}
    assert code == 0
    assert str(tmp_path / "run") in out
    assert rows["difference"] == ["+0.0000"] * 5
    assert rows["p"] == ["1.0000"] * 5
    assert "note: the other run lacks 1 query ('3'), which count 0 there\n" in err


def test_a_run_that_cannot_be_written(verb: Verb, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"run: cannot be written \(.+\); check the path"):
        verb("--run", tmp_path / "none" / "run")


@pytest.mark.parametrize(
    ("gates", "code", "said"),
    [
        (["AP>=0.5"], 0, ""),
        (["ap >= .4", "MRR>=0.5", "nDCG@10>=0", "P@10>=0", "R@100>=0"], 0, ""),
        (["AP>=0.51"], 1, "searcher: gate AP>=0.51 not met: AP is 0.500000\n"),
        (
            ["MRR>=1", "P@10>=0.1", "R@100>=1.0"],
            1,
            "searcher: gate MRR>=1 not met: MRR is 0.500000\n"
            "searcher: gate R@100>=1.0 not met: R@100 is 0.666667\n",
        ),
    ],
)
def test_a_gate_that_is_not_met_makes_the_exit_code_1(
    verb: Verb, gates: list[str], code: int, said: str
) -> None:
    options = [word for gate in gates for word in ("--gate", gate)]
    ended, out, err = verb(*options, "--match", "any")
    assert ended == code
    assert "mean" in out
    assert err.partition("count 0\n")[2] == said


@pytest.mark.parametrize("gate", ["AP", "AP>0.4", "MAP>=0.4", "AP>=43", "AP>=-1", "AP>=x", ""])
def test_a_gate_without_meaning_is_an_error(verb: Verb, gate: str) -> None:
    import click

    with pytest.raises(click.UsageError, match="write a measure, >= and a number from 0 to 1"):
        verb("--gate", gate)


def test_the_usual_depth_is_that_of_the_library() -> None:
    (option,) = [one for one in evaluating.evaluate.params if one.name == "depth"]
    assert option.default == DEPTH


def test_no_id_steers_the_terminal(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "queries.jsonl").write_text('{"_id": "\\u001b[31m1", "text": "tides"}')
    (tmp_path / "qrels.tsv").write_text("\x1b[31m1\td01\t1\n")
    assert "\x1b" not in "".join(verb("--per-query")[1:])
