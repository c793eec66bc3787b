"""Other spellings of words: each finds the other, and words that only look alike do not."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from searcher.query.variants import is_inflection, variants
from tests.conftest import write_jsonl

PAIRS = """
    matrix matrices, corpus corpora, criterion criteria, hypothesis hypotheses, embed embeddings,
    sparse sparsity, mouse mice, quantise quantize, quantisation quantization, organiser organizer,
    generalisability generalizability, analyse analyze, analysing analyzing, catalyse catalyze,
    behavioural behavioral, tumours tumors, fibres fibers, kilometre kilometer, centred centered,
    dialogues dialogs, artefact artifact, haemoglobin hemoglobin, anaemia anemia, defence defense,
    paediatric pediatric, sulphate sulfate, lstm lstms, gpu gpus, mrna mrnas
"""


@pytest.mark.parametrize("pair", PAIRS.split(","), ids=str.strip)
def test_each_of_two_spellings_has_the_other(pair: str) -> None:
    one, other = pair.split()
    assert other in variants(one)
    assert one in variants(other)


@pytest.mark.parametrize("word", "four hour size prize noise base thu bu gp dn".split())
def test_words_that_only_look_alike_have_none(word: str) -> None:
    assert variants(word) == ()
    assert word not in variants(word + "s")


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("grow grows growing", True),
        ("plan plans planning planned", True),
        ("base bases based basing", True),
        ("study studies studied studying", True),
        ("embed embedding embeddings embedded", True),
        ("export exportable", False),
        ("organ organic", False),
        ("강물 강물은", True),
    ],
)
def test_inflections_share_what_other_words_do_not(words: str, is_one: bool) -> None:
    assert all(is_inflection(*pair) == is_one for pair in pairwise(words.split()))


def test_the_word_as_typed_comes_before_others_of_its_stem(tmp_path: Path) -> None:
    texts = {
        "typed": "The map is exporting.",
        "inflected": "They exported maps.",
        "other": "The map is exportable.",
    }
    found = opened(tmp_path, **texts)
    for query in ("exporting", "exporting maps"):
        assert {hit.id for hit in found.search(query, match="any").hits[:2]} == {
            "typed",
            "inflected",
        }
    assert found.search("exportable").hits[0].id == "other"
    assert found.search("exporting", match="all").total == 3


@given(st.text(max_size=12))
def test_no_word_is_a_variant_of_itself_and_none_is_empty(word: str) -> None:
    for spelling in variants(word):
        assert spelling not in (word, "")


def opened(folder: Path, **abstracts: str) -> searcher.Collection:
    """Return an open index of papers with these abstracts, by id."""
    records = [{"id": name, "title": "t", "abstract": text} for name, text in abstracts.items()]
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *records)])
    return searcher.open(folder / "index")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> searcher.Collection:
    return opened(
        tmp_path_factory.mktemp("variants"),
        one="The corpus of analyses.",
        two="Two corpora we analyze, with behaviour.",
        three="TNFα and $\\chi^2$ tests.",
        four="TNF-alpha and chi2 tests.",
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("corpora", ["one", "two"]),
        ("analysis", ["one"]),
        ("analysing", ["one", "two"]),  # analyses is a form of analyse, too
        ("behaviors", ["two"]),
        ("TNF-alpha", ["four", "three"]),
        ("TNFα", ["four", "three"]),
        ("chi2", ["four", "three"]),
        ("χ²", ["four", "three"]),
        ('"corpora"', ["two"]),
        ("=corpus", ["one"]),
        ("author:corpora", []),
        ("corpus/zebra", []),  # and not each paper that has the first word in another spelling
    ],
)
def test_a_word_finds_its_other_spellings_unless_it_is_quoted(
    papers: searcher.Collection, query: str, found: list[str]
) -> None:
    assert sorted(hit.id for hit in papers.search(query, match="all")) == found


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> searcher.Collection:
    return opened(
        tmp_path_factory.mktemp("states"),
        pronoun="Elections tell us little on time.",
        capitals="US elections run in O(n) time.",
        points="U.S. elections.",
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("us elections", ["capitals", "points", "pronoun"]),  # a stop word
        ("US elections", ["capitals", "points"]),
        ("US", ["capitals", "points"]),
        ("U.S.", ["capitals", "points"]),  # not each paper that has the pronoun
        ("O(n) time", ["capitals"]),  # not what is on time
        ("US tell", []),
        ("US run", ["capitals"]),
        ("=US", ["capitals", "points"]),
        ("=us", ["capitals", "pronoun"]),  # in small letters it may be either
        ('"US"', ["capitals", "points"]),
        ('"US elections"', ["capitals", "points"]),
        ('"US elect*"', ["capitals", "points"]),
        ('"tell US little"', ["pronoun"]),  # no paper has it in these words
        ('"TELL US LITTLE"', ["pronoun"]),
        ('"US run"~3', ["capitals"]),
        ('"US tell"~3', []),
        ("elections -=US", ["pronoun"]),
    ],
)
def test_a_stop_word_in_capitals_is_a_name(
    states: searcher.Collection, query: str, found: list[str]
) -> None:
    assert sorted(hit.id for hit in states.search(query, match="all")) == found


def test_another_spelling_is_marked(papers: searcher.Collection) -> None:
    hits = papers.search("corpora", match="all").hits
    snippets = {hit.id: hit.snippets.html("abstract") for hit in hits if hit.snippets}
    assert "<mark>corpus</mark>" in snippets["one"]
    assert "<mark>corpora</mark>" in snippets["two"]
