"""Receipts: what they record, that they are read again, and what a replay says has changed, why."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index import Paper
from index.identifiers import Identifier
from searcher import Ranking, ReceiptError, Request
from searcher.diagnosis import ClauseCount
from searcher.output.prisma import prisma_text
from searcher.saved import replaying
from searcher.saved.receipts import (
    Command,
    Holdings,
    Receipt,
    Software,
    read_receipt,
    take_receipt,
    write_receipt,
)
from searcher.saved.replaying import Replay, compare, replay
from tests.writing import commit, delete, paper

NOON = datetime(2026, 12, 1, 12, 5, 30, tzinfo=UTC)
QUERIES = ("rivers", "lakes seas", "rivres", '"deep quiet"', "storm* -slow", "*", "qqqq", 'rivers"')


def taken(
    directory: Path, query: str = "rivers", command: Command = "search", **more: Any
) -> Receipt:
    with searcher.open(directory) as papers:
        return take_receipt(papers, Request(query, **more), NOON, command=command)


def again(directory: Path, receipt: Receipt) -> Replay:
    with searcher.open(directory, ranking=receipt.request.ranking) as papers:
        return replay(receipt, papers)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 40 papers that no test changes."""
    directory = tmp_path_factory.mktemp("receipts") / "papers.index"
    commit(directory, *map(paper, range(40)))
    return directory


# What is recorded


def test_a_receipt_records_what_was_asked_and_found(seeds_index: Path) -> None:
    receipt = taken(seeds_index, "label nois", year="2022..", match="all")
    assert receipt.made == "2026-12-01T12:05:30Z"
    assert receipt.software.version == searcher.__version__
    assert receipt.software.analysis
    assert receipt.generations == {str(seeds_index): 1}
    assert receipt.request == Request("label nois", year=("2022..",), match="all", limit=1)
    assert (receipt.parsed, receipt.relaxed) == ("label nois", False)
    assert [one.code for one in receipt.diagnostics] == ["corrected"]
    assert [part["searched"][:2] for part in receipt.searched["parts"]] == [
        ["label", "labels"],
        ["noise", "noisy"],
    ]
    label, noise, year = receipt.clauses
    assert (label.text, noise.text) == ("label", "nois")
    assert year == ClauseCount("2022..", 125, "year")
    held = receipt.holdings
    assert (held.papers, held.records, held.first_year, held.last_year) == (159, 159, 2018, 2026)
    with searcher.open(seeds_index) as papers:
        page = papers.search("label nois", year="2022..", match="all", limit=100)
    assert [(one.id, one.title) for one in receipt.papers] == [(hit.id, hit.title) for hit in page]
    assert [one.score for one in receipt.papers] == [round(hit.score, 6) for hit in page]


def test_an_export_s_receipt_has_what_was_exported(seeds_index: Path) -> None:
    receipt = taken(seeds_index, "author:Yao", "export", match="all", sort="oldest")
    with searcher.open(seeds_index) as papers:
        exported = [one.id for one in papers.all("author:Yao", sort="oldest")]
    assert [one.id for one in receipt.papers] == exported
    assert {one.score for one in receipt.papers} == {None}
    assert again(seeds_index, receipt).is_same


def test_an_expanded_search_s_receipt_has_its_words(seeds_index: Path) -> None:
    receipt = taken(seeds_index, "label noise", expand=True)
    with searcher.open(seeds_index) as papers:
        page = papers.search("label noise", expand=True, limit=200)
    assert dict(page.added) == receipt.added != {}
    assert [one.id for one in receipt.papers] == [hit.id for hit in page]
    assert again(seeds_index, receipt).is_same


def test_the_content_of_an_index_depends_on_its_papers_alone(tmp_path: Path) -> None:
    papers = list(map(paper, range(6)))
    for name, order in (("one", papers), ("other", papers[::-1])):
        for some in (order[:3], order[3:]):
            commit(tmp_path / name, *(replace(one, sources=(one.sources[0],)) for one in some))
    one, other = (taken(tmp_path / name).holdings.content for name in ("one", "other"))
    assert one == other
    commit(tmp_path / "other", replace(papers[0], title="Another title"))
    assert taken(tmp_path / "other").holdings.content != one


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("command", ["search", "export"])
def test_a_receipt_is_read_as_it_was_written(
    shared: Path, query: str, command: Command, tmp_path: Path
) -> None:
    receipt = taken(shared, query, command, year="2001..", ranking=Ranking(k1=2))
    write_receipt(str(tmp_path / "file"), receipt)
    assert read_receipt(str(tmp_path / "file")) == receipt
    text = (tmp_path / "file").read_text()
    assert text.isascii()
    for one in receipt.papers:
        assert text.count(f'"id": "{one.id}", "title": ') == 1


def test_an_option_that_a_receipt_lacks_is_as_usual(shared: Path, tmp_path: Path) -> None:
    receipt = taken(shared)
    write_receipt(str(tmp_path / "file"), receipt)
    values = json.loads((tmp_path / "file").read_text())
    values["options"] = {}
    (tmp_path / "file").write_text(json.dumps(values))
    assert read_receipt(str(tmp_path / "file")) == receipt


def changed(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda receipt: {**receipt, **values}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: [], "this is no receipt; searcher search QUERY --receipt FILE makes one"),
        (lambda _: {}, "this is no receipt; searcher search QUERY --receipt FILE makes one"),
        (changed(receipt=2), "written by another version, in format 2; this one reads 1"),
        (changed(query=3), "the receipt was changed: the query is 3; it must be text"),
        (changed(options=[]), "the receipt was changed: "),
        (changed(options={"colour": 1}), "the receipt was changed: there is no option colour"),
        (changed(options={"sort": "best"}), "the receipt was changed: sort is 'best'; it must be"),
        (changed(ranking={"k1": -1}), "the receipt was changed: k1 is -1; it must be a number"),
        (changed(ranking={"k7": 1}), "the receipt was changed: "),
        (changed(made="yesterday"), "the receipt was changed: Invalid isoformat string"),
        (changed(made="9999-12-31T23:59:59-14:00"), "the receipt was changed: date value out of"),
        (changed(papers=[{"id": "p1"}]), "the receipt lacks the key 'keys'"),
        (changed(papers=[]), "the receipt was changed: it lists 0 papers, and its total is "),
        (changed(papers=7), "the receipt was changed: "),
        (changed(holdings={}), "the receipt lacks the key 'papers'"),
        (changed(holdings={"papers": "many"}), "the receipt was changed: "),
        (changed(holdings={"papers": float("inf")}), "the receipt was changed: cannot convert"),
        (changed(indexes=None), "the receipt was changed: "),
        (changed(diagnostics=[None]), "the receipt was changed: "),
        (lambda receipt: {k: v for k, v in receipt.items() if k != "parsed"},
         "the receipt lacks the key 'parsed'"),
    ],
)  # fmt: skip
def test_what_is_no_receipt(
    usual: Receipt, tmp_path: Path, change: Callable[[Any], Any], said: str
) -> None:
    file = tmp_path / "file"
    write_receipt(str(file), usual)
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(ReceiptError) as refused:
        read_receipt(str(file))
    assert str(refused.value).startswith(f"{file}: {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory); check the path"),
        (b"", "this is no receipt, for it is no JSON: Expecting value"),
        (b"\xff", "cannot be read ("),
        (b"[" * 100_000, "this is no receipt, for it is no JSON: "),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReceiptError) as refused:
        read_receipt(str(file))
    assert str(refused.value).startswith(f"{file}: {said}")


def test_a_receipt_that_cannot_be_written(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReceiptError, match=r"file/receipt: cannot be written \("):
        write_receipt(str(tmp_path / "file" / "receipt"), taken(shared))


# What a replay says


@settings(max_examples=20)
@given(
    query=st.sampled_from(QUERIES),
    command=st.sampled_from(["search", "export"]),
    options=st.fixed_dictionaries(
        {},
        optional={
            "match": st.sampled_from(["auto", "all", "any"]),
            "sort": st.sampled_from(["relevance", "date", "citations"]),
            "year": st.sampled_from(["2001..2010", "2015"]),
            "author": st.just("Bo Han"),
            "acronyms": st.booleans(),
            "ranking": st.sampled_from([Ranking(k1=2), Ranking(near=0), Ranking()]),
        },
    ),
)
def test_a_replay_of_an_unchanged_index_says_the_same(
    query: str, command: Command, options: Mapping[str, Any], shared: Path
) -> None:
    done = again(shared, taken(shared, query, command, **options))
    assert done.is_same
    assert done.causes == ()
    assert done.then == done.now


@settings(max_examples=10)
@given(
    added=st.sets(st.integers(100, 105), max_size=3),
    removed=st.sets(st.integers(0, 5), max_size=3),
    query=st.sampled_from(["rivers", "rivers lakes storms", "*"]),
)
def test_what_is_added_is_new_and_what_is_removed_is_gone(
    added: set[int], removed: set[int], query: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    index = tmp_path_factory.mktemp("replay") / "index"
    commit(index, *map(paper, range(6)))
    receipt = taken(index, query, match="any")
    commit(index, paper(99), *map(paper, sorted(added)))
    delete(index, "p99", *(f"p{number}" for number in sorted(removed)))
    done = again(index, receipt)
    before, after = ({one.id for one in found.papers} for found in (done.then, done.now))
    assert {one.id for one in done.new} == after - before <= {f"p{number}" for number in added}
    assert {one.id for one in done.gone} == before - after == before & {f"p{n}" for n in removed}
    assert {one.reason for one in done.new} <= {replaying.ADDED}
    assert {one.reason for one in done.gone} <= {replaying.GONE}
    assert {one.reason for one in done.moved} <= {replaying.STATISTICS}
    ranks = {one.id: rank for rank, one in enumerate(done.now.papers, 1)}
    assert all(one.now == ranks[one.id] for one in (*done.new, *done.moved))


@pytest.fixture(scope="module")
def opened(shared: Path) -> Iterator[searcher.Collection]:
    """The same index, open."""
    with searcher.open(shared) as papers:
        yield papers


@pytest.fixture(scope="module")
def usual(opened: searcher.Collection) -> Receipt:
    """The receipt of a search of it."""
    return take_receipt(opened, Request("rivers"), NOON)


@given(order=st.permutations(range(6)))
def test_as_few_papers_as_can_be_have_moved(
    opened: searcher.Collection, usual: Receipt, order: list[int]
) -> None:
    papers = usual.papers[:6]
    then = replace(usual, papers=papers)
    now = replace(usual, papers=tuple(papers[number] for number in order))
    moved = {one.id for one in compare(then, now, opened).moved}
    stay = [number for number in order if papers[number].id not in moved]
    assert stay == sorted(stay)
    most = max(
        size
        for size in range(7)
        for some in itertools.combinations(order, size)
        if list(some) == sorted(some)
    )
    assert len(stay) == most


def other_software(receipt: Receipt) -> Receipt:
    return replace(receipt, software=Software("0.0.1", "words 1"))


def other_ranking(receipt: Receipt) -> Receipt:
    return replace(receipt, request=replace(receipt.request, ranking=Ranking(k1=3)))


def other_reading(receipt: Receipt) -> Receipt:
    return replace(receipt, parsed="brooks")


def other_papers(receipt: Receipt) -> Receipt:
    held = replace(receipt.holdings, content="0", papers=3)
    return replace(receipt, holdings=held)


@pytest.mark.parametrize(
    ("change", "reason", "cause"),
    [
        (other_software, replaying.VERSION, "searcher: 0.0.1 (words 1) then, "),
        (other_ranking, replaying.RANKING, "ranking: k1 = 3.0 then, as usual now"),
        (other_reading, replaying.READING, "the query is read otherwise: brooks then, rivers now"),
        (other_papers, replaying.STATISTICS, "the index: 3 papers then, 40 now"),
        (lambda receipt: receipt, replaying.UNKNOWN, ""),
        # What is told first.
        (lambda receipt: other_software(other_ranking(receipt)), replaying.VERSION, "searcher: "),
        (lambda receipt: other_papers(other_reading(receipt)), replaying.READING, "the query "),
    ],
)
def test_why_papers_that_have_not_changed_are_found_otherwise(
    opened: searcher.Collection,
    usual: Receipt,
    change: Callable[[Receipt], Receipt],
    reason: str,
    cause: str,
) -> None:
    now = usual
    first, second, *others = now.papers
    then = change(replace(now, papers=(second, first, *others[1:])))
    done = compare(then, now, opened)
    (moved,) = done.moved
    assert moved.reason == reason
    assert {moved.then, moved.now} == {1, 2}
    (new,) = done.new
    is_other_index = then.holdings != now.holdings
    assert (new.id, new.reason) == (others[0].id, replaying.ADDED if is_other_index else reason)
    assert "".join(done.causes[:1]).startswith(cause)
    (gone,) = compare(now, then, opened).gone
    assert (gone.id, gone.then, gone.now) == (others[0].id, 3, None)


def test_a_paper_that_has_changed_is_told(index: Path) -> None:
    commit(index, *map(paper, range(12)))
    receipt = taken(index, "rivers", match="all")
    first, second, *_, last = receipt.papers
    commit(
        index,
        replace(paper(int(last.id[1:])), title="Rivers, rivers and rivers"),
        replace(paper(int(second.id[1:])), title="Lakes", abstract="Lakes."),
    )
    done = again(index, receipt)
    assert [(one.id, one.reason) for one in done.gone] == [(second.id, replaying.CHANGED)]
    assert (last.id, replaying.CHANGED) in [(one.id, one.reason) for one in done.moved]
    assert done.causes == (
        "the index: 12 papers then, 12 now",
        "papers found that have changed: 1",
    )
    assert first.id not in {one.id for one in (*done.gone, *done.new)}


def test_a_paper_that_is_called_otherwise_is_the_same(index: Path) -> None:
    doi, arxiv = Identifier("doi", "10.5555/12"), Identifier("arxiv", "2401.00001")
    one = replace(paper(1), id=doi.value, identifiers=(doi,))
    commit(index, one, paper(2))
    receipt = taken(index, "*")
    delete(index, one.id)
    commit(index, replace(one, id=arxiv.value, identifiers=(doi, arxiv)))
    done = again(index, receipt)
    assert not done.new
    assert not done.gone


def test_an_index_that_was_written_with_the_same_papers_is_the_same(index: Path) -> None:
    commit(index, paper(1))
    receipt = taken(index, "*")
    commit(index, paper(2))
    delete(index, "p2")
    done = again(index, receipt)
    assert done.is_same
    assert done.causes == ("the index was written since then, and holds the same papers",)


def test_a_replay_as_json(index: Path) -> None:
    commit(index, paper(1), paper(2))
    receipt = taken(index, "*", sort="oldest")
    delete(index, "p1")
    values = again(index, receipt).to_dict()
    assert json.loads(json.dumps(values)) == {
        "same": False,
        "made": "2026-12-01T12:05:30Z",
        "total_then": 2,
        "total_now": 1,
        "new": [],
        "gone": [
            {"id": "p1", "title": paper(1).title, "then": 1, "now": None,
             "reason": "gone from the index"}
        ],
        "moved": [],
        "causes": ["the index: 2 papers then, 1 now"],
    }  # fmt: skip


# The paragraph for a review


@pytest.fixture
def made(shared: Path) -> Receipt:
    """A receipt whose numbers are known."""
    held = Holdings(1234, 1300, 3, 1987, 2024, "ab12")
    receipt = taken(shared, 'rivers  "quiet"', match="all")
    software = Software("1.2", "words 3")
    return replace(
        receipt, holdings=held, software=software, clauses=(), generations={"/data/mine.index": 7}
    )


def paragraph(receipt: Receipt) -> str:
    return "\n".join(prisma_text(receipt))


def test_the_paragraph_says_what_prisma_s_asks(made: Receipt) -> None:
    copies = tuple(replace(one, records=2) for one in made.papers[:3])
    receipt = replace(
        made,
        papers=copies,
        request=replace(made.request, year=("2001..",), category=("LG", "CL"), has_code=True),
        clauses=(ClauseCount("rivers", 20), ClauseCount("2001..", 30, "year")),
    )
    assert paragraph(receipt) == (
        'On 1 December 2026 (12:05 UTC) we searched the index "mine.index" on the platform searcher'
        " 1.2 (analysis: words 3). It held 1,234 papers of the years 1987 to 2024, made of 1,300"
        " records in 3 files (generation 7, content ab12). The strategy, exactly as it was run:\n"
        "\n"
        '    rivers  "quiet"\n'
        "\n"
        'It was understood as: rivers "quiet". All its words had to match. Words also match in'
        " other endings and spellings, unless they are quoted. Limits: category"
        ' "LG" or "CL"; year "2001.."; with code. No published search filter was used. The search'
        " found 3 papers, made of 6 records: records that share a DOI or another identifier, or"
        " title, authors and abstract, became one paper when the index was built. Papers of each"
        " part by itself: rivers: 20; year 2001..: 30."
    )


@pytest.mark.parametrize(
    ("query", "options", "said"),
    [
        ("rivers", {"match": "any"}, "Any of its words had to match."),
        ("rivers qqqq", {"match": "auto"}, "Few papers or none matched all its words, so any of"),
        ("rivers", {}, "No limits were set. No published search filter was used."),
        ("rivres", {}, "The platform noted: no paper has 'rivres'; read as rivers. No"),
        ("rivers", {"has_code": False}, "Limits: without code."),
        ("rivers", {"author": ["Bo Han", "Ann"]}, 'Limits: author "Bo Han" or "Ann".'),
    ],
)
def test_the_paragraph_says_how_the_search_was_read(
    shared: Path, query: str, options: Mapping[str, Any], said: str
) -> None:
    assert said in paragraph(taken(shared, query, **options))


def test_several_indexes_and_no_years(made: Receipt) -> None:
    held = replace(made.holdings, first_year=None, last_year=None, papers=1, records=1, files=1)
    text = paragraph(replace(made, generations={"/a": 1, "b/": 22}, holdings=held))
    assert 'the indexes "a" and "b" on' in text
    assert "They held 1 paper, made of 1 record in 1 file (generation 1 and 22, " in text


def test_nothing_in_the_paragraph_steers_a_terminal(made: Receipt) -> None:
    request = replace(made.request, query="a\x1b[31m\u202e", author=("b\x1b",))
    text = paragraph(replace(made, request=request))
    assert not {"\x1b", "\u202e"} & set(text)


def test_a_receipt_has_the_whole_path_of_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path / "here", paper(1))
    monkeypatch.chdir(tmp_path)
    assert taken(Path("here")).generations == {str(tmp_path / "here"): 1}


def test_receipts_of_several_indexes(tmp_path: Path) -> None:
    rng = random.Random(3)
    papers: list[Paper] = list(map(paper, range(20)))
    rng.shuffle(papers)
    for name, own in (("a", papers[:12]), ("b", papers[8:])):
        commit(tmp_path / name, *own)
    with searcher.open([tmp_path / "a", tmp_path / "b"]) as opened:
        receipt = take_receipt(opened, Request("rivers"), NOON)
        assert receipt.generations == {str(tmp_path / "a"): 1, str(tmp_path / "b"): 1}
        assert receipt.holdings.papers == 20
        assert replay(receipt, opened).is_same
