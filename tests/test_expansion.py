"""Expanded searches: which words are added, that the same papers are found, and what is told."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from index import Paper
from index.analysis import plain_forms, stem, tokens
from searcher import AddedWord, BadRequestError, Page
from searcher.cli.main import cli
from searcher.engines.local import matching
from searcher.engines.local.matching import Matcher
from searcher.engines.local.reader import IndexReader
from searcher.finding import find
from searcher.query.clauses import Alternative, Bool, Clause, Match, Run
from searcher.query.expansion import (
    MOST_ADDED,
    MOST_PAPERS,
    MOST_TEXT_WORDS,
    added_words,
    with_words,
    word_count,
)
from searcher.query.parser import parse
from searcher.query.telling import Texts
from tests.conftest import SEEDS, write_jsonl
from tests.vocabulary import Terms

WORDS = "river rivers delta tide tidal harbour boat boats sand salt wind map x2 the papers".split()
texts = st.builds(
    Texts,
    st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
)
QUERIES = (
    "label noise",
    "noise",
    "learning with noisy labels from the crowd",
    "transition matrix -attack",
    "+label noise robust",
    '"label noise" learning year:2021..',
    "author:bo learning",
    "causal OR (graph discovery)",
    "lab* nois~1 ^2",
    "title:learning",
)


@pytest.fixture(scope="module")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as collection:
        yield collection


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page]


def stems_of(hit: searcher.Hit) -> set[str]:
    assert hit.paper
    read = tokens(f"{hit.title}\n{hit.paper.abstract}")
    return {stem(form) for token in read for form in token.forms}


def terms_of(corpus: Sequence[Texts]) -> Terms:
    fields: dict[str, Counter[str]] = {"title_exact": Counter(), "abstract_exact": Counter()}
    for paper in corpus:
        for text, counts in zip(paper, fields.values(), strict=True):
            counts.update(set(text.split()))
    return Terms({field: dict(counts) for field, counts in fields.items()})


# Which words


@given(st.lists(texts, min_size=2, max_size=12), st.data())
def test_the_added_words_are_those_of_the_definition(
    corpus: list[Texts], data: st.DataObject
) -> None:
    scores = sorted(data.draw(st.lists(st.floats(0, 40), max_size=len(corpus))), reverse=True)
    best = list(zip(corpus, scores, strict=False))
    weights: dict[str, float] = {}
    for one in {stem(word) for word in WORDS} - {"the", "x2", "paper"}:
        having = 0
        weight = 0.0
        for paper, score in best:
            count = sum(
                share * sum(stem(word) == one for word in text.split())
                for text, share in ((paper.title, 3), (paper.abstract, 1))
            )
            having += count > 0
            weight += math.exp(score - scores[0]) * count / (count + 2)
        bound = sum(
            len({word for word in text.split() if stem(word) == one})
            for paper in corpus
            for text in paper
        )
        if having >= 2 and bound <= len(corpus) / 2:
            weights[one] = weight * math.log(1 + len(corpus) / bound)
    whole = sum(weights.values())
    expected = {one: weight / whole for one, weight in weights.items() if whole}
    found = added_words(best, terms_of(corpus), len(corpus))
    assert len(found) == len({stem(one.word) for one in found})
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    told = {stem(one.word): one.weight for one in found}
    for one in expected.keys() | told.keys():
        assert told.get(one, 0.0) == pytest.approx(expected.get(one, 0.0), abs=1e-4)


def test_so_many_papers_are_read_and_no_more() -> None:
    def reading(length: int, taken: list[int]) -> Iterator[tuple[Texts, float]]:
        for number in range(100):
            taken.append(number)
            yield Texts("", "tide " * length), 1.0

    for length, count in ((1, MOST_PAPERS), (MOST_TEXT_WORDS, 2), (MOST_TEXT_WORDS // 5, 5)):
        taken: list[int] = []
        added_words(reading(length, taken), Terms({}), 9)
        assert len(taken) == count + 1


def test_there_are_so_many_words_and_they_weigh_one_together() -> None:
    paper = Texts("", " ".join(f"{one}{other}q" for one in "abcdefgh" for other in "klmnop"))
    terms = Terms({"abstract_exact": dict.fromkeys(paper.abstract.split(), 2)})
    found = added_words([(paper, 3.0), (paper, 2.0)], terms, 90)
    assert len(found) == MOST_ADDED
    assert sum(one.weight for one in found) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("gap", [0.0, 900.0, -900.0, math.inf])
def test_scores_may_lie_as_far_apart_as_they_like(gap: float) -> None:
    terms = Terms({"title_exact": {"tide": 2, "sand": 2}})
    best = [(Texts("tide", ""), gap), (Texts("tide", ""), 0.0), (Texts("sand", ""), -gap)]
    assert [one.word for one in added_words(best[:3], terms, 90)] in (["tide"], [])


@given(st.text("aBzéüß½-'’. ,\\{}\"12Σ深\N{COMBINING ACUTE ACCENT}\n", max_size=30))
def test_plain_forms_are_those_of_the_tokens(text: str) -> None:
    expected = [token.forms[0] for token in tokens(text) if token.part_count == 1]
    assert list(plain_forms(text)) == expected


# What is found


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("match", ["auto", "all", "any"])
def test_the_same_papers_are_found_and_counted(
    papers: searcher.Collection, query: str, match: str
) -> None:
    def page(**options: object) -> Page:
        return papers.search(query, match=match, facets=["year", "author"], **options)  # type: ignore[arg-type]

    plain, expanded = page(limit=500), page(limit=500, expand=True)
    assert sorted(ids(expanded)) == sorted(ids(plain))
    assert (expanded.total, expanded.facets) == (plain.total, plain.facets)
    assert expanded.relaxed == plain.relaxed
    marks = {hit.id: (hit.snippets, hit.all_words) for hit in plain}
    assert {hit.id: (hit.snippets, hit.all_words) for hit in expanded} == marks
    # Pages are cut from one order.
    pages = [page(limit=7, page=number, expand=True) for number in (1, 2, 3)]
    assert [one for own in pages for one in ids(own)] == ids(expanded)[:21]
    assert {own.added for own in pages} == {expanded.added}
    assert page(limit=500, expand=True) == expanded
    assert page(limit=500) == plain


@pytest.mark.parametrize("query", QUERIES)
def test_the_order_is_that_of_the_query_and_the_added_words(
    papers: searcher.Collection, query: str
) -> None:
    def page(expand: bool) -> Page:
        ranking = searcher.Ranking(near=0)
        return papers.search(
            query, match="any", limit=500, explain=True, expand=expand, ranking=ranking
        )

    plain, expanded = page(expand=False), page(expand=True)
    assert expanded.added
    length = word_count(find(*papers._index, plain.request, lists=True).plan.clause)
    own = {hit.id: hit.score for hit in plain}
    for hit in expanded:
        assert sum(part.score for part in hit.parts) == pytest.approx(hit.score)
        added = {part.label: part.score for part in hit.parts if "(added)" in part.label}
        assert hit.score == pytest.approx(own[hit.id] + sum(added.values()))
        stems = stems_of(hit)
        having = {one.word for one in expanded.added if stem(one.word) in stems}
        assert added.keys() == {f"{word} (added)" for word in having}
        for part in hit.parts:
            if part.label in added:
                weight = next(w for one, w in expanded.added if part.label == f"{one} (added)")
                highest = weight * length * part.idf * part.recurrence
                assert part.score == pytest.approx(
                    highest * part.frequency / (1.2 + part.frequency), rel=1e-4
                )


@pytest.mark.parametrize("query", QUERIES)
def test_words_added_to_all_papers_at_once_score_what_they_score_in_each(
    seeds_index: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with searcher.open(seeds_index) as collection:
        engine, rewriter = collection._index
        clause = rewriter.rewrite(parse(query).tree, match_any=True).clause
        words = [AddedWord(word, 0.2) for word in ("noise", "model", "deep", "zzqa")]
        expanded = with_words(clause, words, engine.vocabulary)
        matcher = Matcher(IndexReader(str(seeds_index)))
        found = matcher.find(expanded)
        slow = matcher.scores(expanded, found.papers)
        np.testing.assert_allclose(found.scores, slow, rtol=1e-5)
        np.testing.assert_array_equal(found.papers, matcher.find(clause).papers)
        page = collection.search(query, match="any", expand=True, limit=500)
        monkeypatch.setattr(matching, "adds_words", lambda _: False)
        assert collection.search(query, match="any", expand=True, limit=500) == page


def test_only_words_that_add_to_one_clause_take_the_fast_path() -> None:
    word = Match("tide", ())
    assert matching.adds_words(Bool((word,), (word, word)))
    for other in (
        Bool((word,)),
        Bool((word, word), (word,)),
        Bool((word,), (word,), (word,)),
        Bool((), (word,)),
        Bool((word,), (Bool((word,)),)),
        Bool((word,), (word._replace(boost=0.0),)),
    ):
        assert not matching.adds_words(other)


@pytest.mark.parametrize("query", ["learning", "snowballing"])
def test_a_clause_in_many_others_is_found_once(seeds_index: Path, query: str) -> None:
    """Twice at each level would be for ever."""
    matcher = Matcher(IndexReader(str(seeds_index)))
    clause: Clause = Match(query, (Alternative((Run("abstract_exact", (query,)),)),))
    expected = matcher.find(clause).papers
    assert len(expected)
    for words in ((clause,), ()) * 60:
        clause = Bool((clause,), words)
    np.testing.assert_array_equal(matcher.find(clause).papers, expected)


def test_a_title_finds_its_paper_first(papers: searcher.Collection) -> None:
    for paper in list(papers.all())[::6]:
        assert papers.search(paper.title, expand=True, limit=1).hits[0].title == paper.title


def test_deleted_papers_add_nothing(tmp_path: Path, seeds_index: Path) -> None:
    records = ({"title": f"Label noise and causal graphs {n}"} for n in range(40))
    extra = write_jsonl(tmp_path / "extra.jsonl", *records)
    searcher.build(tmp_path / "pruned", [extra, SEEDS])
    extra.unlink()
    searcher.build(tmp_path / "pruned", [extra, SEEDS], prune=True)
    with searcher.open(tmp_path / "pruned") as pruned, searcher.open(seeds_index) as plain:
        for query in QUERIES:
            ours, theirs = (one.search(query, expand=True) for one in (pruned, plain))
            assert (ours.added, ours.hits) == (theirs.added, theirs.hits)


# What is told


def test_a_page_tells_the_words_and_their_weights(papers: searcher.Collection) -> None:
    page = papers.search("learning", expand=True)
    assert page.diagnostics[-1].code == "expanded"
    said = ", ".join(word.word for word in page.added)
    assert page.diagnostics[-1].message == f"expanded with: {said}"
    told = page.to_dict()["added"]
    assert told == [{"word": one.word, "weight": one.weight} for one in page.added]
    assert json.loads(json.dumps(told)) == told
    plain = papers.search("learning")
    assert (plain.added, plain.diagnostics) == ((), ())
    assert "added" not in plain.to_dict()


@pytest.mark.parametrize("query", ["*", "year:2021", "author:bo", "zzqaqz", "id:none", "😀", ""])
def test_where_nothing_can_be_added_the_page_says_so(
    papers: searcher.Collection, query: str
) -> None:
    page, plain = papers.search(query, expand=True), papers.search(query)
    assert page.added == ()
    assert page.to_dict()["added"] == []
    assert [one.code for one in page.diagnostics if one not in plain.diagnostics] == [
        "not-expanded"
    ]
    assert page.hits == plain.hits


def test_a_strict_search_may_be_expanded(papers: searcher.Collection) -> None:
    assert papers.search("label noise", expand=True, strict=True).added
    with pytest.raises(searcher.StrictQueryError):
        papers.search("year:x", expand=True, strict=True)


@pytest.mark.parametrize("sort", ["date", "oldest", "citations", "score"])
def test_other_orders_cannot_be_expanded(papers: searcher.Collection, sort: str) -> None:
    with pytest.raises(BadRequestError, match="expand ranks papers by relevance"):
        papers.search("label", sort=sort, expand=True)  # type: ignore[arg-type]


def test_without_time_nothing_is_added_and_the_page_says_it_once(
    papers: searcher.Collection,
) -> None:
    page = papers.search("label noise", expand=True, timeout=0)
    assert page.partial
    assert [one.code for one in page.diagnostics] == ["not-expanded", "timeout"]


def test_a_search_without_hits_is_not_expanded(papers: searcher.Collection) -> None:
    page = papers.search("label noise", expand=True, limit=0)
    assert page == papers.search("label noise", expand=True, limit=0)
    assert (page.added, page.total) == ((), papers.search("label noise", limit=0).total)


def test_a_paper_is_explained_with_the_words_that_were_added(papers: searcher.Collection) -> None:
    hit = papers.search("label noise", expand=True).hits[0]
    explained = papers.explain(hit.id, "label noise", expand=True)
    assert explained.score == pytest.approx(hit.score)
    labels = [word.label for word in explained.words]
    assert any(label.endswith("(added)") for label in labels)
    assert explained.diagnostics[-1].code == "expanded"


def test_a_diagnosis_counts_the_same(papers: searcher.Collection) -> None:
    for query in ("label zzqa noise", "label noise year:1901"):
        ours, theirs = papers.diagnose(query, expand=True), papers.diagnose(query)
        assert (ours.total, ours.clauses, ours.killers) == (
            *(theirs.total, theirs.clauses, theirs.killers),
        )


# The command line


@pytest.fixture
def verb(seeds_index: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    def run(*words: object) -> tuple[str, str]:
        given = [*map(str, words), "--index", str(seeds_index)]
        assert cli.main(given, prog_name="searcher", standalone_mode=False) == 0
        return capsys.readouterr()

    return run


def test_the_words_are_one_line_beside_the_hits(
    verb: Callable[..., tuple[str, str]], papers: searcher.Collection
) -> None:
    out, err = verb("search", "learning", "--expand")
    added = papers.search("learning", expand=True, facets=["category", "year"]).added
    assert err == f"note: expanded with: {', '.join(one.word for one in added)}\n"
    assert "searcher search learning --expand --index" in out
    told = json.loads(verb("search", "learning", "--expand", "--format", "json")[0])["added"]
    assert told == [{"word": one.word, "weight": one.weight} for one in added]
    assert "(added)" in verb("search", "learning", "--expand", "--explain")[0]


def test_an_evaluation_may_be_expanded(
    verb: Callable[..., tuple[str, str]], papers: searcher.Collection, tmp_path: Path
) -> None:
    (tmp_path / "queries.tsv").write_text("1\tlabel noise\n2\tgraph\n")
    (tmp_path / "qrels").write_text(f"1 0 {papers.search('label noise').hits[3].id} 1\n")
    files = ["--queries", tmp_path / "queries.tsv", "--qrels", tmp_path / "qrels"]
    for options in ([], ["--expand"]):
        verb("eval", *files, "--run", tmp_path / "run", *options)
        lines = (tmp_path / "run").read_text().splitlines()
        ranked = [line.split()[2] for line in lines if line.startswith("1 ")]
        page = papers.search("label noise", expand=bool(options), limit=1000)
        assert ranked == ids(page)


def test_an_expanded_paper_is_explained(
    verb: Callable[..., tuple[str, str]], papers: searcher.Collection
) -> None:
    paper: Paper = next(papers.all("label noise"))
    out, err = verb("explain", paper.id, "label", "noise", "--expand")
    assert "(added): " in out
    assert "\nnote: expanded with: " in err
