"""Similar papers: which words tell of a paper, and what is found by them."""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from index import Paper
from index.analysis import is_stop_word, stem, tokens
from searcher import BadRequestError, Page, UnknownPaperError
from searcher.query.parser import parse
from searcher.query.telling import MOST_CHARS, Texts
from searcher.query.tree import Boost, Or, Word
from searcher.similar import MOST_WORDS, likeness, telling_words
from tests.conftest import SEEDS, write_jsonl
from tests.fake_engine import FakeEngine
from tests.vocabulary import Terms

WORDS = (
    "river rivers delta tide tidal harbour boat boats sand salt wind storm map maps of the".split()
)
texts = st.builds(
    Texts,
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
)
laws = st.lists(texts, min_size=1, max_size=8)


@pytest.fixture(scope="module")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as collection:
        yield collection


@pytest.fixture(scope="module")
def known(papers: searcher.Collection) -> list[Paper]:
    return list(papers.all())


def index_of(folder: Path, *records: dict[str, Any]) -> Path:
    searcher.build(folder / "index", [write_jsonl(folder / "papers.jsonl", *records)])
    return folder / "index"


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page]


# Telling words


def vocabulary_of(corpus: Sequence[Texts]) -> Terms:
    fields: dict[str, Counter[str]] = {"title_exact": Counter(), "abstract_exact": Counter()}
    for paper in corpus:
        for text, field in zip(paper, fields, strict=True):
            fields[field].update(set(text.split()))
    return Terms({field: dict(counts) for field, counts in fields.items()})


@given(laws, st.integers(1, 3))
def test_the_telling_words_are_those_of_the_definition(
    corpus: list[Texts], seed_count: int
) -> None:
    seeds, vocabulary = corpus[:seed_count], vocabulary_of(corpus)
    frequency: Counter[str] = Counter()
    for seed in seeds:
        for text, share in ((seed.title, 3), (seed.abstract, 1)):
            for word in text.split():
                frequency[stem(word)] += 0 if is_stop_word(word) else share
    weights = {}
    for one, count in (+frequency).items():
        having = [
            [word for word in text.split() if stem(word) == one] for p in corpus for text in p
        ]
        most = sum(len(set(forms)) for forms in having)
        own = sum(one in map(stem, f"{seed.title} {seed.abstract}".split()) for seed in seeds)
        if most > own:
            weights[one] = (count / (count + 2), math.log(1 + len(corpus) / most))
    told = telling_words(seeds, vocabulary, len(corpus))
    found = {stem(node.child.text): node.factor for node in told if isinstance(node.child, Word)}
    assert found == {one: round(weight, 3) for one, (weight, _) in weights.items()}
    products = [math.prod(weights[one]) for one in found]
    assert products == pytest.approx(sorted(products, reverse=True))


def test_a_word_is_named_as_the_papers_have_it_most_often() -> None:
    vocabulary = Terms({"abstract_exact": {"maps": 5, "map": 5, "mapping": 5}})
    (word,) = telling_words([Texts("", "maps, Maps, map and mapping")], vocabulary, 90)
    assert word == Boost(Word("maps"), 0.667)


@pytest.mark.parametrize("text", ["the of and", "12 1998 3.5", "x y", "q" * 101, ""])
def test_stop_words_numbers_letters_and_formulas_tell_nothing(text: str) -> None:
    vocabulary = Terms({"abstract_exact": {token.forms[0]: 5 for token in tokens(text)}})
    assert telling_words([Texts("", text)], vocabulary, 90) == ()


def test_chinese_characters_tell_something() -> None:
    vocabulary = Terms({"title_exact": {"河": 3, "海": 4}})
    assert len(telling_words([Texts("河海", "")], vocabulary, 90)) == 2


def test_there_are_so_many_words_and_no_more() -> None:
    all_words = " ".join(f"word{n}" for n in range(300))
    vocabulary = Terms({"abstract_exact": dict.fromkeys(all_words.split(), 2)})
    assert len(telling_words([Texts("", all_words)], vocabulary, 90)) == MOST_WORDS


def test_of_a_text_without_end_the_beginning_is_read() -> None:
    engine = FakeEngine(Paper("p1", "deep rivers"))
    long = likeness([Texts("", "rivers " * MOST_CHARS)], (), engine)
    assert [diagnostic.code for diagnostic in long.query.diagnostics] == ["long-text"]
    assert likeness([Texts("", "rivers")], (), engine).query.diagnostics == ()


# Similar papers


def test_similar_papers_share_the_words_that_are_said_to_be_shared(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    for paper in known[::10]:
        page = papers.similar(paper.id, limit=4, explain=True)
        assert page.hits
        assert paper.id not in ids(page)
        assert [hit.rank for hit in page] == list(range(1, len(page) + 1))
        telling = [stem(word) for word in page.parsed.replace("^", " ").split()[::3]]
        own = stems(paper)
        for hit in page:
            assert hit.paper
            assert hit.to_dict()["shared"] == list(hit.shared)
            shared = set(map(stem, hit.shared))
            assert shared <= set(telling) & own
            assert shared >= {one for one in telling if one in stems(hit.paper)}


def stems(paper: Paper) -> set[str]:
    text = f"{paper.title}\n{paper.abstract}\n{paper.authors}"
    return {stem(form) for token in tokens(text) for form in token.forms}


def test_the_shared_words_are_those_that_explain_the_score(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    for paper in known[::20]:
        for hit in papers.similar(paper.id, explain=True):
            parts = sorted(hit.parts, key=lambda part: (-part.score, part.label))
            assert hit.shared == tuple(part.label for part in parts)
            assert sum(part.score for part in parts) == pytest.approx(hit.score)


def test_the_page_tells_the_query_that_finds_the_same(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    for paper in known[::20]:
        page = papers.similar(paper.id, limit=5)
        tree = parse(page.parsed).tree
        assert isinstance(tree, Or)
        assert str(tree) == page.parsed == page.request.query
        assert papers.similar(paper.id, limit=5) == page
        again = papers.search(page.parsed, match="any", limit=6, ranking=page.request.ranking)
        assert [one for one in ids(again) if one != paper.id][:5] == ids(page)


def test_of_several_papers_none_is_its_own_like(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    for count in (2, 5, len(known) - 1, len(known)):
        seeds = [paper.id for paper in random.Random(count).sample(known, count)]
        found = ids(papers.similar(seeds, limit=len(known)))
        assert not set(found) & set(seeds)
        assert len(found) <= len(known) - count
        assert found == ids(papers.similar([*reversed(seeds), seeds[0]], limit=len(known)))


def test_a_text_stands_for_a_paper(papers: searcher.Collection, known: list[Paper]) -> None:
    for paper in known[::20]:
        assert ids(papers.similar(paper.abstract, limit=1)) == [paper.id]
    assert ids(papers.similar("zzqa qqzz")) == []
    (diagnostic,) = papers.similar("zzqa qqzz").diagnostics
    assert diagnostic.code == "no-telling-word"


def test_filters_narrow_what_is_similar(papers: searcher.Collection, known: list[Paper]) -> None:
    every = papers.similar(known[0].id, limit=len(known))
    years = {hit.id for hit in every if hit.paper and hit.paper.year == 2023}
    assert years
    assert set(ids(papers.similar(known[0].id, limit=len(known), year=2023))) == years
    assert papers.similar(known[0].id, limit=0).hits == ()
    bare = papers.similar(known[0].id, paper=False, snippets=False)
    assert bare.total is None
    assert all((hit.paper, hit.snippets) == (None, None) and hit.shared for hit in bare)


def test_with_no_time_nothing_is_found_and_the_page_says_so(
    papers: searcher.Collection, known: list[Paper]
) -> None:
    page = papers.similar(known[0].id, timeout=0)
    assert page.partial
    assert page.diagnostics[-1].code == "timeout"


@pytest.mark.parametrize(
    ("like", "named"),
    [("nobody", ["'nobody'"]), (["p", "q q"], ["'p'", "'q q'"]), (list("abcdef"), ["2 more"])],
)
def test_ids_that_no_paper_has_are_named(
    papers: searcher.Collection, known: list[Paper], like: str | list[str], named: list[str]
) -> None:
    with pytest.raises(UnknownPaperError) as raised:
        papers.similar(like if isinstance(like, str) else [known[0].id, *like])
    assert [name for name in named if name not in str(raised.value)] == []
    assert known[0].id not in str(raised.value)


@pytest.mark.parametrize("like", ["", " \n", [], [""], [None], None, 5, b"p1"])
def test_what_is_no_id_and_no_text_is_refused(papers: searcher.Collection, like: Any) -> None:
    with pytest.raises(BadRequestError, match="like is"):
        papers.similar(like)


# Laws


RECORDS = st.lists(texts.filter(lambda one: any(one)), min_size=1, max_size=8)


@given(st.data(), RECORDS)
def test_a_paper_whose_text_is_repeated_is_first_of_its_like(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, corpus: list[Texts]
) -> None:
    at = data.draw(st.integers(0, len(corpus) - 1))
    repeated = Texts(corpus[at].title or "river tide", corpus[at].abstract)
    records = [{"id": f"p{n}", **one._asdict()} for n, one in enumerate(corpus)]
    records[at] |= repeated._asdict()
    records.append({"id": "again", **repeated._asdict(), "authors": ["Ann Quill"]})
    with searcher.open(index_of(tmp_path_factory.mktemp("law"), *records)) as papers:
        found = ids(papers.similar(f"p{at}", limit=20))
        same = sorted(
            one["id"]
            for one in records
            if (one["title"], one["abstract"]) == repeated and one["id"] != f"p{at}"
        )
        if any(not is_stop_word(word) for text in repeated for word in text.split()):
            assert found[: len(same)] == same


def test_a_shorter_paper_with_all_the_words_comes_after_the_same_text(tmp_path: Path) -> None:
    place = index_of(
        tmp_path,
        {"id": "a", "title": "On the tides of a river, and what comes of them"},
        {"id": "b", "title": "On the tides of a river, and what comes of them", "year": 1999},
        {"id": "c", "title": "River tides: tides, rivers; comes"},
        {"id": "d", "title": "Sand", "abstract": "Salt."},
        {"id": "e", "title": "River tides", "year": 2001},
        {"id": "f", "title": "River tides", "year": 2000},
    )
    with searcher.open(place) as papers:
        assert ids(papers.similar("a"))[0] == "b"
        assert ids(papers.similar("b", explain=True))[0] == "a"
        first = papers.similar("a", explain=True).hits[0]
        assert "the same text" in [part.label for part in first.parts]
        assert "the same text" not in first.shared
        # Equals go by id.
        page = papers.similar("c")
        assert [one for one in ids(page) if one in "ef"] == ["e", "f"]
        assert len({hit.score for hit in page if hit.id in "ef"}) == 1


def test_deleted_papers_tell_nothing(tmp_path: Path, seeds_index: Path, known: list[Paper]) -> None:
    extra = write_jsonl(
        tmp_path / "extra.jsonl",
        *({"title": f"{paper.title} {n}"} for n, paper in enumerate(known)),
    )
    searcher.build(tmp_path / "pruned", [extra, SEEDS])
    extra.unlink()
    searcher.build(tmp_path / "pruned", [extra, SEEDS], prune=True)
    with searcher.open(tmp_path / "pruned") as pruned, searcher.open(seeds_index) as plain:
        for paper in known[::20]:
            assert pruned.similar(paper.id).hits == plain.similar(paper.id).hits


def test_papers_are_counted_by_word(papers: searcher.Collection) -> None:
    vocabulary = papers._index[0].vocabulary
    for word in ("noise", "label", "learning", "zzqa"):
        for field in ("title", "abstract"):
            having = papers.search(f"{field}:={word}", limit=0, match="all").total
            stemmed = papers.search(f"{field}:{word}", limit=0, match="all").total
            assert vocabulary.paper_count(f"{field}_exact", word) == having
            if word != "zzqa":
                assert vocabulary.paper_count(field, stem(word)) == stemmed
