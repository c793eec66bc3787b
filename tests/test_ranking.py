"""The formulas of ranking: figures computed by hand, and what they promise."""

from pathlib import Path

import pytest

import searcher
from searcher.engines.local.ranking import recurrence
from tests.conftest import write_jsonl


@pytest.mark.parametrize(
    ("occurrences", "papers", "expected"),
    [
        (0, 0, 1.0),
        (1, 1, 1.0),
        (700, 700, 1.0),
        (6, 2, 2**0.5),  # three times in each of two papers
        (2_998, 748, 2.0),
        (30, 2, 8**0.5),
    ],
)
def test_recurrence(occurrences: int, papers: int, expected: float) -> None:
    assert recurrence(occurrences, papers) == pytest.approx(expected)


def test_a_word_that_its_papers_use_again_tells_more_than_one_said_in_passing(
    tmp_path: Path,
) -> None:
    """Both words are in three papers, and once in each of the two that are compared."""
    texts = {
        "subject": "Rivers of the north were measured.",
        "passing": "Lately those of the north were measured.",
        "other-1": "Rivers meet rivers where rivers end, and more rivers begin.",
        "other-2": "Old rivers and young rivers, wide rivers and deep rivers.",
        "other-3": "Lately it rained in the south.",
        "other-4": "Lately nothing has grown there.",
    }
    records = [{"id": name, "title": "t", "abstract": text} for name, text in texts.items()]
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "seeds.jsonl", *records)])
    with searcher.open(tmp_path / "index") as papers:
        page = papers.search("rivers lately", match="any", explain=True)
    scores = {hit.id: hit.parts[0] for hit in page.hits}
    subject, passing = scores["subject"], scores["passing"]
    assert subject.idf == passing.idf
    assert subject.recurrence > passing.recurrence == 1.0
    assert subject.score > passing.score
