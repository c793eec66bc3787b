"""The collection before another engine: what is planned, and what becomes of an answer."""

from typing import Any

import pytest

import searcher
from index import Paper
from searcher.query.clauses import AnyTerm, Bool, EveryPaper, Match, Span
from tests.fake_engine import FakeEngine

PAPERS = (
    Paper("p1", "Slow Rivers", "We map rivers.", categories=("LG",), year=2020, has_code=True),
    Paper("p2", "Deep Rivers", "They run.", categories=("CV",), year=2021),
    Paper("p3", "Deep Lakes", "Lakes rest.", categories=("LG",), year=2022),
)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(*PAPERS)


@pytest.fixture
def papers(engine: FakeEngine) -> searcher.Collection:
    return searcher.Collection("nowhere", engine=engine)


def ids(page: searcher.Page) -> list[str]:
    return [hit.id for hit in page]


def test_a_page_of_another_engine(papers: searcher.Collection) -> None:
    assert len(papers) == 3
    page = papers.search("rivers", facets="code")
    assert (ids(page), page.total) == (["p1", "p2"], 2)
    assert page.hits[0].paper == PAPERS[0]
    assert page.hits[0].snippets is not None
    assert page.hits[0].snippets.html("abstract") == "We map <mark>rivers</mark>."
    assert page.facets == {"code": (("yes", 1), ("no", 1))}
    assert papers.paper("p3") == PAPERS[2]
    assert [paper.id for paper in papers.all("deep")] == ["p2", "p3"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"category": "LG"}, ["p1", "p3"]),
        ({"category": ["lg", "CV"]}, ["p1", "p2", "p3"]),
        ({"year": "2021.."}, ["p2", "p3"]),
        ({"year": [2020, 2022]}, ["p1", "p3"]),
        ({"has_code": True}, ["p1"]),
        ({"has_code": False}, ["p2", "p3"]),
        ({"has_code": False, "category": "LG"}, ["p3"]),
        ({"limit": 1, "page": 2}, ["p2"]),
        ({"category": "QQ"}, []),
    ],
)
def test_filters_are_clauses(
    papers: searcher.Collection, options: dict[str, Any], found: list[str]
) -> None:
    assert ids(papers.search("*", **options)) == found


def test_a_plan_says_all_that_was_asked(engine: FakeEngine, papers: searcher.Collection) -> None:
    papers.search(
        "rivers",
        year=2020,
        has_code=False,
        facets=["code"],
        sort="date",
        limit=5,
        page=3,
        match="any",
        explain=True,
        paper=False,
        count=False,
        weights={"title": 2.0},
    )
    (plan,) = engine.plans
    assert isinstance(plan.clause, Match | Bool)
    assert plan.filters == {
        "year": Bool(optional=(Span("year", 2020, 2020),)),
        "code": Bool(required=(EveryPaper(),), excluded=(AnyTerm("has", ("code",)),)),
    }
    assert (plan.sort, plan.start, plan.limit, plan.facets) == ("date", 10, 5, ("code",))
    assert (plan.papers, plan.abstracts, plan.count, plan.explain) == (False, True, False, True)
    assert plan.ranking == searcher.Ranking.with_weights({"title": 2.0})
    assert plan.deadline is None


def test_what_was_not_asked_for_is_none(papers: searcher.Collection) -> None:
    page = papers.search("rivers", paper=False, snippets=False, count=False)
    assert (page.total, page.facets) == (None, None)
    assert [(hit.paper, hit.snippets, hit.parts) for hit in page] == [(None, None, ())] * 2


def test_relaxing_is_a_second_plan(engine: FakeEngine, papers: searcher.Collection) -> None:
    page = papers.search("slow lakes", count=False)
    assert (page.relaxed, ids(page), page.total) == (True, ["p1", "p3"], None)
    assert len(engine.plans) == 2
    engine.plans.clear()
    assert not papers.search("deep lakes", match="all").relaxed
    assert len(engine.plans) == 1
    engine.plans.clear()
    page = papers.search("deep lakes", facets="code")
    assert [(hit.id, hit.all_words) for hit in page] == [("p2", False), ("p3", True)]
    assert [(one.limit, one.count, one.facets) for one in engine.plans] == [
        (10, True, ("code",)),
        (10, True, ("code",)),
        (1, True, ()),
    ]
    assert not papers.search("slow lakes", match="all").relaxed


@pytest.mark.parametrize("wrong", [42, None, b"p1", ["p1"]])
def test_an_id_is_text(papers: searcher.Collection, wrong: Any) -> None:
    with pytest.raises(searcher.BadRequestError, match="must be text"):
        papers.paper(wrong)


@pytest.mark.parametrize("wrong", ["rivers", None, {"query": "rivers"}])
def test_an_answer_is_to_a_request(papers: searcher.Collection, wrong: Any) -> None:
    with pytest.raises(searcher.BadRequestError, match="must be a Request"):
        papers.answer(wrong)


def test_every_paper_has_no_page(papers: searcher.Collection) -> None:
    with pytest.raises(searcher.BadRequestError, match=r"all\(\) has no option limit"):
        papers.all("rivers", limit=3)  # type: ignore[call-arg]


def test_an_engine_says_that_its_answer_is_partial(
    engine: FakeEngine, papers: searcher.Collection
) -> None:
    whole = engine.answer
    engine.answer = lambda plan: whole(plan)._replace(partial=True)  # type: ignore[method-assign]
    page = papers.search("rivers", timeout=60)
    assert (page.partial, [note.code for note in page.diagnostics]) == (True, ["timeout"])


def test_a_defect_is_not_called_damage(engine: FakeEngine, papers: searcher.Collection) -> None:
    def fail(plan: object) -> Any:
        raise TypeError(f"a defect met {plan}")

    engine.answer = fail  # type: ignore[method-assign]
    with pytest.raises(TypeError, match="a defect"):
        papers.search("rivers")


def test_a_closed_collection_asks_its_engine_no_more(
    engine: FakeEngine, papers: searcher.Collection
) -> None:
    begun = papers.all("deep")
    papers.close()
    engine.plans.clear()
    for use in (lambda: papers.search("deep"), lambda: papers.all("deep"), lambda: len(papers)):
        with pytest.raises(searcher.ClosedError):
            use()
    assert engine.plans == []
    assert [paper.id for paper in begun] == ["p2", "p3"]
