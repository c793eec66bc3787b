"""The golden queries over the seeds find what a person reviewed."""

from pathlib import Path

import searcher
from tests.golden import FILE, answers, asked


def test_the_answers_are_those_that_were_reviewed(seeds_index: Path) -> None:
    with searcher.open(seeds_index) as papers:
        today = answers(papers).split("\n\n")
    reviewed = FILE.read_text(encoding="utf-8").split("\n\n")
    assert today == reviewed, "review the diff of `python -m tests.golden`, and commit it"


def test_no_query_is_asked_twice() -> None:
    queries = asked()
    assert len(set(queries)) == len(queries) >= 40
