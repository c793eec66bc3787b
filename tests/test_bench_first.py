"""The table of first questions: papers like arXiv's, what is asked, and each row in a process."""

import json
from pathlib import Path

import pytest

import searcher
from tests.bench import rows
from tests.bench.arxiv import CATEGORIES, FEWEST_WORDS, MOST_WORDS, arxiv_papers
from tests.bench.corpus import learn, write_papers
from tests.bench.first import questions
from tests.test_bench import hand_written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("arxiv") / "papers.jsonl"
    write_papers(arxiv_papers(learn(hand_written(), seed=1), 400, seed=2), file)
    return file


def test_papers_are_like_those_of_arxiv(made: Path) -> None:
    papers = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
    assert len({paper["id"] for paper in papers}) == len(papers) == 400
    assert len(set(CATEGORIES)) == 73
    assert len({category.partition(".")[0] for category in CATEGORIES}) == 10
    counts = sorted(len(paper["abstract"].split()) for paper in papers)
    assert FEWEST_WORDS <= counts[0] <= counts[-1] <= MOST_WORDS
    assert 125 <= counts[200] <= 155
    for paper in papers:
        assert paper["category"] in CATEGORIES
        assert paper["date"].startswith(f"{paper['year']}-{paper['id'][2:4]}-")
    again = arxiv_papers(learn(hand_written(), seed=1), 400, seed=2)
    assert list(again) == papers


def test_every_row_is_measured(made: Path, tmp_path: Path) -> None:
    searcher.build(tmp_path / "index", [made])
    with searcher.open(tmp_path / "index") as papers:
        asked = questions(rows.ROWS["sample"](papers, {}))
        for name in set(rows.ROWS) - {"sample"}:
            figures = rows.ROWS[name](papers, asked)
            assert figures
            assert all(value >= 0 for value in figures.values()), name
