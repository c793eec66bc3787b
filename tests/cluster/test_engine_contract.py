"""The two engines answer alike: what matches, the totals and the counts always, and the best ten.

Where papers are sorted by something they have, the order is the same, too. By relevance it may
differ behind the papers that a cluster puts in order together.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import searcher
from searcher import Collection, Page, Ranking
from searcher.engines.opensearch.search import CANDIDATES, ROUGH_CANDIDATES
from tests.bench.arxiv import arxiv_papers
from tests.bench.corpus import learn, write_papers
from tests.cluster.server import Cluster
from tests.conftest import SEEDS
from tests.golden import asked
from tests.test_retrieval_oracle import queries

MADE_PAPERS = 1_500
SEED = 7
FACETS = ["category", "year", "author", "venue", "type", "code", "institution", "keyword"]

ROUGH = {"*tion", "mod*"}

Both = tuple[Collection, Collection]


@pytest.fixture(scope="module")
def both(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The seeds and some papers made of them: on this machine, and on the cluster."""
    folder = tmp_path_factory.mktemp("contract")
    seeds = folder / "seeds.index"
    searcher.build(seeds, [SEEDS])
    with searcher.open(seeds) as papers:
        records = [
            {
                "title": one.title,
                "abstract": one.abstract,
                "authors": list(one.authors),
                "year": one.year,
                "category": "",
            }
            for one in papers.all()
            if len(one.abstract.split()) > 20
        ]
    write_papers(arxiv_papers(learn(records, SEED), MADE_PAPERS, SEED), folder / "made.jsonl")
    where = cluster.url(cluster.unique_name("contract"))
    for place in (folder / "papers.index", where):
        searcher.build(place, [SEEDS, folder / "made.jsonl"])
    with searcher.open(folder / "papers.index") as local, searcher.open(where) as remote:
        assert len(local) == len(remote) > MADE_PAPERS
        yield local, remote


def compared(both: Both, query: str, **options: Any) -> tuple[Page, Page]:
    """Return what both engines answer, which is alike in all that must be."""
    local, remote = (papers.search(query, **options) for papers in both)
    assert remote.total == local.total, query
    assert remote.facets == local.facets, query
    assert (remote.parsed, remote.relaxed) == (local.parsed, local.relaxed), query
    said = [one for one in remote.diagnostics if one.code != "order-about"]
    assert tuple(said) == local.diagnostics, query
    return local, remote


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page.hits]


def words_of(papers: Collection) -> list[list[str]]:
    """Return the words of some titles, the same in each run."""
    titles = [one.title for one in papers.all("*", sort="date")]
    chosen = random.Random(SEED).sample(titles, 60)
    return [words for title in chosen if len(words := title.split()) > 3]


def test_titles_words_and_phrases(both: Both) -> None:
    rng = random.Random(SEED)
    same = asked_count = 0
    for words in words_of(both[0]):
        some = rng.sample(words, 3)
        for query in (
            " ".join(words),
            " ".join(some[:2]),
            " ".join(some),
            f'"{words[1]} {words[2]}"',
            f'"{words[0]} {words[3]}"~4',
            f"+{some[0]} {some[1]} -{some[2]}",
            f"title:{some[0]} OR abstract:{some[1]}",
        ):
            for match in ("auto", "any"):
                local, remote = compared(both, query, match=match)
                asked_count += 1
                same += ids(remote) == ids(local)
    # In hundreds of questions a tie of rounded scores may turn two papers.
    assert asked_count > 500
    assert same >= 0.99 * asked_count


@pytest.mark.parametrize(
    "query",
    [
        "*",
        "-learning",
        "neur*",
        "*tion",
        "mo?el",
        "lerning~1",
        "tranlsation~2",
        '"deep learn*"',
        "author:Han",
        'author:"B. Han"',
        "author:^Han",
        'author:="Bo Han"',
        "author:M*",
        "year:2015..2019 model",
        "year:2016",
        "date:2015-03.. learning",
        "cat:cs.LG",
        "cat:cs model",
        "cat:cs.* -cat:cs.LG",
        "has:code",
        "id:1503.*",
        "learning^3 model",
        "(deep OR neural) learning",
        "zzyzx",
        "neurl netwrok",
        "U.S. policy",
        "et al.",
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "date", "oldest", "citations", "score"])
def test_constructs_of_the_language(both: Both, query: str, sort: Any) -> None:
    local, remote = compared(both, query, sort=sort, facets=FACETS, facet_values=8, limit=30)
    if query in ROUGH and sort == "relevance":
        # Of more papers than are scored anew, the cluster looks at some.
        assert (local.total or 0) > ROUGH_CANDIDATES
        return
    assert ids(remote) == ids(local)
    assert [hit.paper for hit in remote.hits] == [hit.paper for hit in local.hits]
    assert [hit.snippets for hit in remote.hits] == [hit.snippets for hit in local.hits]
    assert [hit.score for hit in remote.hits] == pytest.approx([hit.score for hit in local.hits])


@pytest.mark.parametrize(
    "filters",
    [
        {"category": ["cs"]},
        {"category": ["cs.LG", "stat"]},
        {"year": ["2015..2018"], "category": ["math"]},
        {"author": ["Han"]},
        {"author": ["=Bo Han"]},
        {"has_code": True},
        {"year": ["2016"], "author": ["Li"], "category": ["cs"]},
    ],
)
@pytest.mark.parametrize("within", [False, True])
def test_facets_are_disjunctive(both: Both, filters: dict[str, Any], within: bool) -> None:
    local, remote = compared(
        both, "model", facets=FACETS, facets_within_filters=within, limit=50, **filters
    )
    assert ids(remote) == ids(local)


@pytest.mark.parametrize("question", asked(), ids=str)
def test_golden_queries(both: Both, question: Any) -> None:
    options = {name: value for name, value in question.options if name in ("match", "sort")}
    local, remote = compared(both, question.query, **options)
    assert ids(remote) == ids(local)


def test_pages_are_parts_of_one_order(both: Both) -> None:
    whole = ids(both[1].search("model", limit=400))
    pages = [ids(both[1].search("model", limit=40, page=page)) for page in range(1, 11)]
    assert [one for page in pages for one in page] == whole
    assert len(set(whole)) == 400
    walked = [paper.id for paper in both[1].all("model")]
    assert walked[:400] == whole
    assert set(walked) == {paper.id for paper in both[0].all("model")}


def test_every_paper_is_walked_over_once(both: Both) -> None:
    for sort in ("date", "oldest", "citations", "score"):
        local, remote = ([paper.id for paper in papers.all("*", sort=sort)] for papers in both)
        assert remote == local
        assert len(set(remote)) == len(both[0])


def test_what_else_is_asked_of_papers(both: Both) -> None:
    (hit,) = both[0].search("learning model", limit=1).hits
    local, remote = both
    assert remote.paper(hit.id) == local.paper(hit.id)
    assert remote.explain(hit.id, "learning model") == local.explain(hit.id, "learning model")
    assert remote.diagnose("zzyzx learning author:nobody") == local.diagnose(
        "zzyzx learning author:nobody"
    )
    for like in (hit.id, f"{hit.title} and what it is about"):
        found = [[(one.id, one.shared) for one in papers.similar(like).hits] for papers in both]
        assert found[0] == found[1]
    echoes = [papers.search("neurl model", echo=True).echo for papers in both]
    assert echoes[0] == echoes[1]
    expanded = [papers.search("deep model", expand=True) for papers in both]
    assert ids(expanded[0]) == ids(expanded[1])
    assert expanded[0].added == expanded[1].added


@pytest.mark.parametrize("kind", ["author", "category", "title", "id", "venue"])
@pytest.mark.parametrize("start", ["han", "lea", "cs", "15", "bo h", "deep l", "zzyzx"])
def test_completions(both: Both, kind: Any, start: str) -> None:
    local, remote = (papers.suggest(start, kinds=[kind]) for papers in both)
    if kind == "title":
        # Of many titles, those that begin so are looked for among the most cited alone.
        assert len(remote) == len(local)
    else:
        assert remote == local


def test_other_rankings(both: Both) -> None:
    for ranking in (
        Ranking(near=0),
        Ranking.with_weights({"title": 1, "abstract": 5, "authors": 0}),
        Ranking(k1=0.6),
    ):
        local, remote = compared(both, "learning model", ranking=ranking)
        assert ids(remote) == ids(local)


def test_a_page_behind_the_papers_that_are_put_in_order_together_says_so(both: Both) -> None:
    page = both[1].search("learning model", match="any", limit=CANDIDATES + 1)
    assert "order-about" in [one.code for one in page.diagnostics]
    page = both[1].search("learning model", match="any", limit=CANDIDATES)
    assert "order-about" not in [one.code for one in page.diagnostics]


WORDS = "learning model deep neural of the network data 2016 graph".split()
leaves = st.one_of(
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda row: f'"{" ".join(row)}"'),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), st.integers(0, 3)).map(
        lambda parts: f'"{parts[0]} {parts[1]}"~{parts[2]}'
    ),
    st.sampled_from(WORDS).map(lambda word: f"title:{word}"),
    st.sampled_from(["author:Han", "year:2016..", "cat:cs", "mod*", "lerning~", "=data", "*"]),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries(leaves))
def test_any_query_matches_the_same_papers(both: Both, query: str) -> None:
    local, remote = (
        papers.search(query, sort="date", limit=50, facets=["year"]) for papers in both
    )
    assert remote.total == local.total
    assert ids(remote) == ids(local)
    assert remote.facets == local.facets
