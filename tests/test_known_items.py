"""Known items: who can be asked for, what is asked, and what counts as found."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.bench.engines import Searcher
from tests.bench.known_items import (
    KINDS,
    WRONG_WORDS,
    ask,
    counts_of,
    population,
    same_title,
    table,
    title_words,
)
from tests.conftest import write_jsonl


def paper(title: str, **values: Any) -> dict[str, Any]:
    made = {"id": title[:9], "title": title, "authors": ["Tom de Barrow", "Ada Quill"]}
    return {**made, "abstract": "", "year": 2011, **values}


PAPERS = [
    paper("Ferries Between small Islands: a Study of Ferries, storms"),
    paper("Harbour-wide timetables under 40 winter storms"),
    paper("Baking bread with wild yeast"),
    paper("Names of old apples"),
    paper("Letters that sailors wrote in winter harbours", authors=[]),
    paper("Counting steps over mountain paths", year=None),
]


def test_words_of_a_title() -> None:
    assert title_words(PAPERS[0]) == ["ferries", "small", "islands", "study", "storms"]
    assert title_words(PAPERS[1]) == ["harbour", "wide", "timetables", "winter", "storms"]


def test_who_can_be_asked_for() -> None:
    assert population(PAPERS) == PAPERS[:3]


def test_what_is_asked() -> None:
    random_ = random.Random(1)
    for _ in range(200):
        for one in PAPERS[:3]:
            words = title_words(one)
            asked = {kind: query_of(one, random_) for kind, query_of in KINDS.items()}
            wrong, misspelt, surname, more, whole = (query.split() for query in asked.values())
            assert len(wrong) == 4
            assert {*wrong} - {*words} <= {*WRONG_WORDS}
            kept = [word for word in words if word in wrong]
            assert len(kept) == 3
            assert [word for word in wrong if word in words] == kept
            assert len(misspelt) == 3
            (short,) = (word for word in misspelt if word not in words)
            inside = [(word, at) for word in words for at in range(1, len(word) - 1)]
            assert short in [word[:at] + word[at + 1 :] for word, at in inside]
            assert surname == ["Barrow", "2011"]
            assert more[:2] == surname
            assert len({*more[2:]} & {*words}) == 2
            assert whole == one["title"].split()


def test_the_same_seed_asks_the_same() -> None:
    assert ask(PAPERS[:3], 2, 7) == ask(PAPERS[:3], 2, 7) != ask(PAPERS[:3], 2, 8)
    assert {len(queries) for queries in ask(PAPERS[:3], 600, 7).values()} == {3}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("A  Title!", "a title", True), ("Part 1", "Part 2", False), ("Part", "", False)],
)
def test_what_counts_as_the_same_title(one: str, other: str, same: bool) -> None:
    assert same_title(one, other) is same


def test_first_hits_are_counted(tmp_path: Path) -> None:
    corpus = write_jsonl(tmp_path / "papers.jsonl", *PAPERS[:3])
    rounds = [ask(PAPERS[:3], 3, seed) for seed in (1, 2)]
    rounds[1]["the title itself"] = [("bread", PAPERS[0]["title"]), ("zeppelin", "Zeppelin")]
    counts = counts_of(Searcher, tmp_path / "index", corpus, rounds)
    assert [set(one) for one in counts] == [set(KINDS)] * 2
    assert counts[0]["the title itself"] == 3
    assert counts[1]["the title itself"] == 0
    lines = table({"searcher": counts}, 3).splitlines()
    assert lines[-1] == "| the title itself | 1.5 (3, 0) |"
    assert not [line for line in lines if not re.fullmatch(r"\|.*\|", line)]
