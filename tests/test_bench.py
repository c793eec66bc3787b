"""The benchmark measures what it says: papers made in a corpus's likeness, answers checked."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from index.segments import documents
from index.segments.stored import decode_stored
from tests.bench.corpus import (
    PAPERS_AT_ONCE,
    Model,
    coin,
    generate,
    learn,
    read_papers,
    sample_papers,
    write_papers,
)
from tests.bench.engines import CHECKOUT, ENGINES, Before, Engine, Fts5, Searcher
from tests.bench.goals import judge
from tests.bench.measure import (
    PAPERS_NEW,
    STOP_WORDS,
    BenchError,
    Figure,
    PatienceError,
    add_seconds,
    best_titles,
    build_figures,
    build_seconds,
    cut_phrases,
    cut_queries,
    in_process,
    percentiles,
    search_figures,
)

# title, category, year, authors; abstract
CORPUS = """
Ferries between small islands | sea | 2011 | Ada Quill, Tom Barrow
Small islands depend on ferries. We count the ferries between forty islands over one winter and
show that storms, not demand, decide when ferries sail. A timetable that waits for the storms loses
fewer passengers.

Storms and the timetable of a harbour | sea | 2013 | Tom Barrow
A harbour closes when storms come. Our timetable moves the ferries before the harbour closes, so
that passengers wait at home. In three winters the new timetable lost half as many passengers.

Baking bread with wild yeast | bread | 2012 | Ines Marrow, Lou Tarn
Wild yeast makes bread rise slowly. We baked bread with wild yeast from nine orchards and measured
how the dough rises over a night. The yeast of old orchards raises the dough best.

How dough rises in a cold kitchen | bread | 2015 | Lou Tarn
Dough rises slowly in the cold. We measured dough in a cold kitchen over forty nights: a longer
night makes better bread, and wild yeast likes the cold more than bought yeast does.

Orchards of old apples | trees | 2011 | Ines Marrow
Old orchards hold apples that no shop sells. We walked through sixty orchards, drew every tree and
asked who planted it. Most old apples have names that only one village knows.

Names of apples in mountain villages | trees | 2016 | Ada Quill, Ines Marrow, Sol Finch
Every village names its apples. We asked in eighty villages for the names of apples and drew a map
of the names. Names follow the valleys; across a mountain the same apple has another name.

Maps drawn by walking | maps | 2014 | Sol Finch
A map can be drawn by walking alone. We walked every path of a valley with a compass and a counted
step, and compare the map with one drawn from the air. The walked map errs by forty steps.

Counting steps over mountain paths | maps | 2017 | Sol Finch, Tom Barrow
Steps grow shorter on steep mountain paths. We counted steps over ninety paths and give a rule that
turns counted steps into distance. With the rule a walked map errs by nine steps only.

Letters that sailors wrote in winter | sea | 2018 | Ada Quill
Sailors wrote letters when storms held them in a harbour. We read three hundred letters of one
winter: the sailors write of bread, of the cold and of home, and hardly ever of the sea.
"""


def hand_written() -> list[dict[str, Any]]:
    papers = []
    for number, entry in enumerate(CORPUS.strip().split("\n\n")):
        heading, _, abstract = entry.partition("\n")
        title, category, year, authors = heading.split(" | ")
        papers.append(
            {
                "id": f"p{number}",
                "title": title,
                "abstract": " ".join(abstract.split()),
                "authors": authors.split(", "),
                "year": int(year),
                "category": category,
            }
        )
    return papers


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(hand_written(), seed=1)


@pytest.fixture(scope="module")
def made(model: Model) -> list[dict[str, Any]]:
    return list(generate(model, 3000, seed=2))


def words_of(text: str) -> list[str]:
    """Return the words of a text as the model's vocabulary counts them."""
    return re.findall(r"\w(?:\S*\w)?", text.lower())


def text_of(paper: Mapping[str, Any]) -> list[str]:
    return words_of(paper["title"]) + words_of(paper["abstract"])


# The papers made


def test_the_same_seed_makes_the_same_papers(model: Model, made: list[dict[str, Any]]) -> None:
    assert list(generate(model, 3000, seed=2)) == made
    assert list(generate(learn(hand_written(), seed=1), 3000, seed=2)) == made
    assert next(iter(generate(model, 3000, seed=3))) != made[0]


def test_papers_are_whole_and_none_is_a_copy(made: list[dict[str, Any]]) -> None:
    corpus = hand_written()
    assert len({paper["id"] for paper in made}) == len(made) == 3000
    assert {(paper["year"], paper["category"]) for paper in made} == {
        (paper["year"], paper["category"]) for paper in corpus
    }
    assert not {paper["abstract"] for paper in made} & {paper["abstract"] for paper in corpus}
    assert len({paper["abstract"] for paper in made}) == len(made)
    for paper in made:
        assert paper.keys() == corpus[0].keys()
        assert paper["title"].strip()
        assert paper["abstract"].endswith(".")
        assert 1 <= len(paper["authors"]) <= 3
        assert all(paper["authors"])


def test_more_than_a_batch_is_counted_through(model: Model) -> None:
    ids = [paper["id"] for paper in generate(model, PAPERS_AT_ONCE + 5, seed=4, prefix="b")]
    assert ids == [f"b-{number}" for number in range(PAPERS_AT_ONCE + 5)]


def test_lengths_are_those_of_the_corpus(made: list[dict[str, Any]]) -> None:
    for field in ("title", "abstract"):
        known = [len(paper[field].split()) for paper in hand_written()]
        lengths = [len(paper[field].split()) for paper in made]
        assert set(lengths) == set(known)
        assert sum(lengths) / len(lengths) == pytest.approx(sum(known) / len(known), rel=0.03)


def test_new_words_keep_coming_by_heaps_law(model: Model) -> None:
    # Counted over whole batches, because the words of one are coined together.
    seen: set[str] = set()
    word_count = 0
    vocabularies = []
    for number, paper in enumerate(generate(model, 2 * PAPERS_AT_ONCE, seed=5), 1):
        words = text_of(paper)
        word_count += len(words)
        seen.update(words)
        if number % PAPERS_AT_ONCE == 0:
            vocabularies.append(len(seen))
            assert len(seen) == pytest.approx(model.vocabulary(word_count), rel=0.1)
    assert vocabularies == sorted(set(vocabularies))
    assert vocabularies[-1] > 2 * len({word for paper in hand_written() for word in text_of(paper)})


def test_coined_words_differ_and_come_back(made: list[dict[str, Any]]) -> None:
    assert len({coin(number) for number in range(50_000)}) == 50_000
    known = {word for paper in hand_written() for word in text_of(paper)}
    coined = [word for paper in made for word in text_of(paper) if word not in known]
    assert len(coined) > 1.5 * len(set(coined))
    assert set(coined) <= {coin(number) for number in range(len(set(coined)) * 2)}


def test_words_of_a_title_recur_in_its_own_abstract(made: list[dict[str, Any]]) -> None:
    titles = [set(words_of(paper["title"])) - STOP_WORDS for paper in made]
    abstracts = [set(words_of(paper["abstract"])) for paper in made]
    pairs = zip(titles, abstracts, strict=True)
    own = sum(len(title & abstract) for title, abstract in pairs)
    others = zip(titles, abstracts[1:] + abstracts[:1], strict=True)
    assert own > 1.5 * sum(len(title & abstract) for title, abstract in others)


def test_a_file_keeps_its_papers(tmp_path: Path, made: list[dict[str, Any]]) -> None:
    file = tmp_path / "papers.jsonl"
    write_papers([*made[:50], {"title": "No abstract", "abstract": " "}], file)
    assert read_papers(file) == made[:50]
    sample = sample_papers(file, 50, 20, seed=1)
    assert len(sample) == 20
    assert [paper for paper in made[:50] if paper in sample] == sample


# The queries


def test_queries_are_words_of_titles_without_stop_words() -> None:
    titles = ["The Cost of a Ferry", "of the and", "Ice-9: 3 new Models", "À la carte"] * 100
    queries = cut_queries(titles, seed=1)
    assert queries == cut_queries(titles, seed=1)
    words = {word for query in queries for word in query.split()}
    assert words == {"cost", "ferry", "ice", "new", "models", "la", "carte"}
    assert all(1 <= len(query.split()) <= 5 for query in queries)


def test_phrases_occur_as_they_are() -> None:
    abstracts = [paper["abstract"] for paper in hand_written()] * 20
    phrases = cut_phrases(abstracts, seed=1)
    assert len(phrases) == 9 * 20
    assert {len(phrase.split()) for phrase in phrases} == {2, 3}
    for phrase, abstract in zip(phrases, abstracts, strict=True):
        assert f" {phrase}" in f" {abstract}"
        assert not {phrase.split()[0], phrase.split()[-1]} & STOP_WORDS
    assert cut_phrases(["Of it, or by. (No) phrase, here."], seed=1) == []


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles(range(100, 0, -1), (0.5, 0.95, 0.99)) == (51, 96, 100)
    assert percentiles([7.0], (0.5, 0.99)) == (7.0, 7.0)


# The engines


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, made: list[dict[str, Any]]) -> Path:
    file = tmp_path_factory.mktemp("bench") / "corpus.jsonl"
    write_papers(made[:150], file)
    return file


@pytest.fixture(scope="module")
def queries(made: list[dict[str, Any]]) -> list[str]:
    return cut_queries([paper["title"] for paper in made[:150]], seed=1)[:15]


@pytest.mark.parametrize(
    "engine", [each for each in ENGINES if each is not Before], ids=lambda engine: engine.name
)
def test_an_engine_answers_what_is_asked(
    engine: type[Engine],
    tmp_path: Path,
    corpus: Path,
    queries: list[str],
    made: list[dict[str, Any]],
    model: Model,
) -> None:
    if not engine.is_installed() and "CI" not in os.environ:
        pytest.skip(f"{engine.name} comes with the bench extra")
    folder = tmp_path / "index"
    assert build_seconds(engine, folder, corpus) > 0
    phrases = cut_phrases([paper["abstract"] for paper in made[:150]], seed=1)[:15]
    for kind in ("top", "papers_of_hits", "count", "snippets", "facets", "phrase"):
        if getattr(engine, kind):
            asked = phrases if kind == "phrase" else queries
            # The answers are checked in there.
            figures = search_figures(engine, kind, kind, folder, asked, 60.0)
            p50, p95, p99 = figures[f"{kind}, ms"].values
            assert 0 < p50 <= p95 <= p99
    if engine.facets:
        figures = search_figures(engine, "facets", PAPERS_NEW, folder, queries, 60.0)
        assert figures[f"{PAPERS_NEW}, ms"].values[0] > 0
    if engine.add:
        for word in ("zyquax", "zyquay"):
            added = list(generate(model, 5, seed=9, prefix=f"added-{word}"))
            added[2]["title"] = f"{word} {added[2]['title']}"
            write_papers(added, tmp_path / f"{word}.jsonl")
        assert add_seconds(engine, folder, tmp_path / "zyquax.jsonl", "zyquax") > 0
        with pytest.raises(BenchError, match="'zyquaz' was added"):
            add_seconds(engine, folder, tmp_path / "zyquay.jsonl", "zyquaz")


def test_a_paper_shown_anew_is_read_anew(
    tmp_path: Path, corpus: Path, queries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def decode(stored: bytes) -> dict[str, Any]:
        read.append(stored)
        return decode_stored(stored)

    monkeypatch.setattr(documents, "decode_stored", decode)
    engine = Searcher()
    engine.build(tmp_path / "index", corpus)
    engine.open(tmp_path / "index")
    hits = engine.snippets(queries[0])
    assert len(read) == len(hits) == len(engine.snippets(queries[0]))
    with engine.keeping_no_papers():
        engine.open(tmp_path / "index")
        for times in (2, 3):
            assert engine.snippets(queries[0]) == hits
            assert len(read) == times * len(hits)


def test_another_checkout_answers_with_its_own_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = """class Searcher:
    def open(self, folder):
        import searcher
        self.name = searcher.NAME
    def top(self, query):
        return [f"{query} of {self.name}"]
"""
    for name, text in {
        "searcher/__init__.py": "NAME = 'older'",
        "tests/bench/engines.py": adapter,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv(CHECKOUT, str(tmp_path))
    answer, _ = in_process(60.0, best_titles, Before, tmp_path / "index", ["bread"])
    assert answer == ["bread of older"]


class Silent(Fts5):
    def top(self, query: str) -> list[str]:
        return super().top(query)[:0]


class Untitled(Fts5):
    def top(self, query: str) -> list[str]:
        return ["" for _ in super().top(query)]


class Short(Fts5):
    def top(self, query: str) -> list[str]:
        return super().top(query)[:9]


class Blank(Fts5):
    def snippets(self, query: str) -> Any:
        return [(title, "") for title, _ in super().snippets(query)]


class Miscounting(Fts5):
    def facets(self, query: str) -> Any:
        hits, counts = super().facets(query)
        return hits, {**counts, "year": dict(list(counts["year"].items())[1:])}


@pytest.mark.parametrize(
    ("engine", "kind", "reason"),
    [
        (Silent, "top", "no hits"),
        (Untitled, "top", "without titles"),
        (Short, "top", "9 hits of"),
        (Blank, "snippets", "have a snippet"),
        (Miscounting, "facets", "facets sum to"),
    ],
)
def test_an_empty_answer_is_not_measured(
    engine: type[Engine], kind: str, reason: str, tmp_path: Path, corpus: Path, queries: list[str]
) -> None:
    Fts5().build(tmp_path / "index", corpus)
    with pytest.raises(BenchError, match=reason):
        search_figures(engine, kind, kind, tmp_path / "index", queries, 60.0)


def test_a_round_ends_when_patience_does(tmp_path: Path, corpus: Path, queries: list[str]) -> None:
    Fts5().build(tmp_path / "index", corpus)
    figures = search_figures(Fts5, "top", "top", tmp_path / "index", queries, 0.0)
    assert {figure.note for figure in figures.values()} == {f"1 of {len(queries)} asked"}


# What runs them


def test_a_build_is_measured_in_a_process_of_its_own(tmp_path: Path, corpus: Path) -> None:
    figures = build_figures(Fts5, tmp_path, corpus, 60.0)
    index = tmp_path / "index" / "papers.db"
    assert figures["index, MB"].values == (index.stat().st_size / 1e6,)
    assert figures["build, s"].values[0] > 0
    # An interpreter alone takes more.
    assert figures["build, peak memory, MB"].values[0] > 5


def test_a_process_is_not_waited_for_longer_than_patience(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(PatienceError):
        in_process(0.0, build_seconds, Fts5, tmp_path / "index", corpus)


def test_an_error_in_a_process_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="FileNotFoundError"):
        in_process(60.0, build_seconds, Fts5, tmp_path / "index", tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("papers", "own", "other", "met"),
    [
        (23_258, (0.3, 0.7), (0.2, 0.5), {(0, 1.5): True, (1, 1.5): True}),
        (23_258, (0.4, 0.8), (0.2, 0.5), {(0, 1.5): False, (1, 1.5): False}),
        (232_580, (0.4, 5.0), (1.0, 2.0), {(0, 0.5): True, (1, 2.0): False}),
        (1_000_000, (0.6, 4.0), (1.0, 2.0), {(0, 0.5): False, (1, 2.0): True}),
    ],
)
def test_goals_are_ratios_of_one_run(
    papers: int, own: tuple[float, ...], other: tuple[float, ...], met: dict[Any, bool]
) -> None:
    figures = {
        "searcher": {"top 10, ms": Figure(own)},
        "tantivy": {"top 10, ms": Figure(other)},
    }
    verdicts = judge(figures, papers)
    assert {(each.goal.value, each.goal.limit): each.is_met for each in verdicts} == met
    assert judge({"searcher": figures["searcher"]}, papers) == []


def test_a_run_reports_and_records(tmp_path: Path) -> None:
    write_papers(hand_written(), tmp_path / "hand.jsonl")
    options = ["--papers", "150", "--engines", "fts5", "--record", str(tmp_path / "record.md")]
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench", tmp_path / "hand.jsonl", *options],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "record.md").read_text(encoding="utf-8") == run.stdout
    assert run.stdout.startswith("# 150 papers, ")
    assert "made in the likeness" in run.stdout
    for measure in ("build, s", "index, MB", "top 10, ms", "phrases, ms", "100 papers added"):
        (row,) = (line for line in run.stdout.splitlines() if line.startswith(f"| {measure}"))
        assert re.search(r"\d", row.split("|")[2])
    assert json.dumps(str(tmp_path))[1:-1] not in run.stdout
