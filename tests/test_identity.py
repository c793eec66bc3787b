"""Identity: which records are one paper, and which ids papers have.

The papers and people are invented.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from index import Paper, Source, build, check
from index.paper import Copy, mark, paper_id
from index.sync.identity import group_of, has_other_title, marked_ids, told_apart
from tests.conftest import write_jsonl
from tests.test_sync import block, counts, page, papers_by_id

EDITORIAL = paper_id("Editorial", "Ann Poe")
ON_PAGE = "/page.txt"


def copy(abstract: str, file: str = "/a.jsonl", **values: Any) -> Copy:
    values = {"id": EDITORIAL, "title": "Editorial", "authors": ("Ann Poe",), **values}
    return Copy.of(Paper(abstract=abstract, sources=(Source(file, 1),), **values))


def partition(copies: Sequence[Copy]) -> tuple[list[list[int]], list[str]]:
    """Return which copies are one paper, by their numbers, and the ids of the papers."""
    ids = told_apart(EDITORIAL, copies, {ON_PAGE})
    papers = [[at for at, one in enumerate(ids) if one == paper] for paper in dict.fromkeys(ids)]
    return papers, list(dict.fromkeys(ids))


ONE, TWO = copy("One."), copy("Two.")


@pytest.mark.parametrize(
    ("copies", "papers"),
    [
        ([ONE], [[0]]),
        ([ONE, copy("One.", "/b.jsonl", year=2020)], [[0, 1]]),
        ([ONE, copy("ONE", "/b.jsonl", title="EDITORIAL!", authors=("Ann Poë",))], [[0, 1]]),
        ([ONE, TWO], [[0], [1]]),
        ([ONE, copy("")], [[0], [1]]),
        ([ONE, copy("One.", authors=("Ann Poe", "Sam Roe"))], [[0], [1]]),
        # On author pages title and first author suffice.
        ([copy("One.", ON_PAGE), copy("Two.", ON_PAGE)], [[0, 1]]),
        ([ONE, copy("Two.", ON_PAGE)], [[0, 1]]),
        ([ONE, TWO, copy("Two.", ON_PAGE, authors=("Ann Poe", "Li Na"))], [[0], [1, 2]]),
        ([ONE, TWO, copy("Three.", ON_PAGE)], [[0], [1], [2]]),
        ([ONE, copy("One.", "/c.jsonl", authors=("Ann Poe", "Li Na")), copy("One.", ON_PAGE)],
         [[0], [1], [2]]),
    ],
)  # fmt: skip
def test_which_records_without_an_id_are_one_paper(
    copies: list[Copy], papers: list[list[int]]
) -> None:
    assert partition(copies)[0] == papers
    ids = dict(zip(map(id, copies), told_apart(EDITORIAL, copies, {ON_PAGE}), strict=True))
    for order in permutations(copies):
        assert told_apart(EDITORIAL, order, {ON_PAGE}) == [ids[id(one)] for one in order]


def test_a_readable_id_has_a_mark_only_where_papers_are_told_apart() -> None:
    assert partition([ONE])[1] == [EDITORIAL]
    assert partition([ONE, TWO])[1] == [f"{EDITORIAL}-{mark(one.paper)}" for one in (ONE, TWO)]
    assert partition([ONE, TWO, copy("Three.", ON_PAGE)])[1][2] == EDITORIAL


def test_the_group_of_an_id() -> None:
    own = f"{EDITORIAL}-{mark(ONE.paper)}"
    marked = copy("One.", id=own).paper
    joined = copy("One.", ON_PAGE, id=own, authors=("Ann Poe", "Li Na")).paper
    assert group_of([ONE.paper]) == EDITORIAL
    assert group_of([marked]) == group_of([joined, marked]) == EDITORIAL
    # Other ids that look like it are as their sources give them.
    for given in (f"{EDITORIAL}-00000000", "x-12345678-12345678", "x1"):
        assert group_of([copy("One.", id=given).paper]) == given


def test_marked_ids_are_looked_up_for_readable_ids_only() -> None:
    ids = [f"{EDITORIAL}-{end}" for end in ("12345678", "1234567", "x", "123456789")]

    def ids_from(start: str) -> Iterator[str]:
        return (one for one in ids if one.startswith(start))

    assert marked_ids(EDITORIAL, ids_from) == ids[:1]
    assert marked_ids("x1", ids_from) == []


@pytest.mark.parametrize(
    ("one", "other", "is_other"),
    [
        ("Slow Rivers", "Quiet Lakes", True),
        ("Slow Rivers", "SLOW RIVERS.", False),
        ("Slow Rivers", "Slow Rivers of Asia: A Survey", False),
        ("Slow Rivers of Asia", "The Rivers", False),
        ("", "Quiet Lakes", False),
    ],
)
def test_titles_that_have_little_to_do_with_each_other(
    one: str, other: str, is_other: bool
) -> None:
    assert has_other_title(Paper("x1", one), Paper("x1", other)) == is_other
    assert has_other_title(Paper("x1", other), Paper("x1", one)) == is_other


# In an index


def editorial(*abstracts: str) -> list[dict[str, Any]]:
    return [{"title": "Editorial", "authors": ["Ann Poe"], "abstract": one} for one in abstracts]


def test_two_editorials_are_two_papers_in_whatever_order_they_are_read(tmp_path: Path) -> None:
    files = [
        write_jsonl(tmp_path / f"{name}.jsonl", *editorial(*abstracts))
        for name, abstracts in {"a": ["One.", "Two."], "b": ["Two."], "c": ["Three."]}.items()
    ]
    expected: dict[str, Paper] = {}
    for number, order in enumerate(permutations(files)):
        index = tmp_path / f"index{number}"
        for file in order:
            build(index, [file])
        found = papers_by_id(index)
        assert {paper.abstract for paper in found.values()} == {"One.", "Two.", "Three."}
        assert found == (expected or found)
        expected = found


def test_an_id_loses_its_mark_when_the_other_paper_goes(tmp_path: Path) -> None:
    index, path = tmp_path / "index", tmp_path / "a.jsonl"
    write_jsonl(path, *editorial("One."))
    build(index, [path])
    assert set(papers_by_id(index)) == {EDITORIAL}
    write_jsonl(path, *editorial("One.", "Two."))
    assert counts(build(index, [path])) == {"new": 1, "changed": 1}
    assert len(papers_by_id(index)) == 2
    assert counts(build(index, [path])) == {"unchanged": 2}
    write_jsonl(path, *editorial("Two."))
    assert counts(build(index, [path])) == {"missing": 1, "unchanged": 1}
    assert counts(build(index, [path], prune=True)) == {"changed": 1, "removed": 1}
    assert {one: paper.abstract for one, paper in papers_by_id(index).items()} == {
        EDITORIAL: "Two."
    }


def test_an_only_record_that_is_edited_stays_one_paper(tmp_path: Path) -> None:
    index, path = tmp_path / "index", tmp_path / "a.jsonl"
    write_jsonl(path, *editorial("One."))
    build(index, [path])
    write_jsonl(path, *editorial("Two."))
    assert counts(build(index, [path])) == {"changed": 1}


def test_papers_with_marks_come_back_as_they_were_exported(tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "a.jsonl", *editorial("One.", "Two."))
    build(tmp_path / "index", [first])
    before = papers_by_id(tmp_path / "index")
    exported = [
        {"id": one.id, "title": one.title, "authors": list(one.authors), "abstract": one.abstract}
        for one in before.values()
    ]
    second = write_jsonl(tmp_path / "b.jsonl", *exported)
    build(tmp_path / "index", [second])
    assert set(papers_by_id(tmp_path / "index")) == set(before)
    # One alone is told apart from no other.
    build(tmp_path / "other", [write_jsonl(tmp_path / "c.jsonl", exported[0])])
    assert set(papers_by_id(tmp_path / "other")) == {EDITORIAL}


def test_a_page_and_two_records_of_its_title(tmp_path: Path) -> None:
    index = tmp_path / "index"
    (tmp_path / "page.txt").write_text(page("Li Na", block("Editorial", "Ann Poe", "Two.")))
    build(index, [tmp_path / "page.txt"])
    assert set(papers_by_id(index)) == {EDITORIAL}
    build(index, [write_jsonl(tmp_path / "a.jsonl", *editorial("One.", "Two."))])
    papers = {one.abstract: one for one in papers_by_id(index).values()}
    assert (len(papers), papers["Two."].owners, papers["One."].owners) == (2, ("Li Na",), ())


def test_many_papers_of_one_title_are_told_apart_in_one_file(tmp_path: Path) -> None:
    texts = [f"Text {number}." for number in range(300)]
    random.Random(1).shuffle(texts)
    path = write_jsonl(tmp_path / "a.jsonl", *editorial(*texts, *texts[:9]))
    summary = build(tmp_path / "index", [path])
    repeats = [note for note in summary.notes if note.reason.endswith("again")]
    assert (counts(summary), len(repeats)) == ({"new": 300}, 9)
    assert counts(build(tmp_path / "index", [path])) == {"unchanged": 300}


# Records that share identifiers


def river(*identifiers: str, abstract: str = "It runs.", **values: Any) -> dict[str, Any]:
    """Return a record of the paper that all are, with identifiers such as ``doi:10.5555/1``."""
    keys = {"doi": "doi", "arxiv": "arxiv_id", "pmid": "pmid"}
    named = (one.partition(":") for one in identifiers)
    own = {keys[scheme]: value for scheme, _, value in named}
    return {"title": "Slow Rivers", "authors": ["Ann Poe"], "abstract": abstract} | own | values


def spring(*identifiers: str) -> dict[str, Any]:
    """Return a record of another title and another author."""
    return river(*identifiers, title="Hot Springs", authors=["Sam Roe"])


def known_by(index: Path) -> dict[str, list[str]]:
    """Return the identifiers of each paper, by its id."""
    return {one: list(map(str, own.identifiers)) for one, own in papers_by_id(index).items()}


def test_an_id_follows_from_all_papers_even_where_no_file_is_read(tmp_path: Path) -> None:
    index, seeds = tmp_path / "index", tmp_path / "seeds"
    seeds.mkdir()
    write_jsonl(seeds / "a.jsonl", *editorial("One."))
    other = write_jsonl(seeds / "b.jsonl", *editorial("Two."))
    build(index, [seeds])
    assert EDITORIAL not in papers_by_id(index)
    other.unlink()
    summary = build(index, [seeds], prune=True)
    assert (counts(summary), summary.skipped) == ({"changed": 1, "removed": 1}, 1)
    assert set(papers_by_id(index)) == {EDITORIAL}
    assert check(index).is_sound


def test_papers_at_odds_about_their_only_identifier_have_ids_of_their_own(tmp_path: Path) -> None:
    readable = paper_id("Hot Springs", "Sam Roe")
    files = [
        write_jsonl(tmp_path / "a.jsonl", river("doi:10.5555/1"), river("pmid:12")),
        write_jsonl(tmp_path / "b.jsonl", spring("doi:10.5555/1"), spring("pmid:12")),
        write_jsonl(tmp_path / "c.jsonl", spring()),
    ]
    expected: dict[str, Paper] = {}
    for number, order in enumerate(permutations(files)):
        index = tmp_path / f"index{number}"
        for file in order:
            build(index, [file])
        found = papers_by_id(index)
        assert (len(found), readable in found) == (5, True)
        assert found == (expected or found)
        expected = found
    # Without the others each identifier names one paper.
    files[0].unlink()
    build(index, [tmp_path], prune=True)
    assert set(papers_by_id(index)) == {"10.5555/1", "pmid:12", readable}


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("漢江의 물", "박서준"),
        ("緩やかな川", "山田太郎"),
        ("Медленные реки", "Анна По"),
        ("أنهار بطيئة", "آن بو"),
    ],
)
def test_titles_in_two_scripts_do_not_part_a_paper(tmp_path: Path, title: str, author: str) -> None:
    other = river("doi:10.5555/1", title=title, authors=[author])
    write_jsonl(tmp_path / "a.jsonl", river("doi:10.5555/1"))
    write_jsonl(tmp_path / "b.jsonl", other)
    build(tmp_path / "index", [tmp_path])
    assert list(papers_by_id(tmp_path / "index")) == ["10.5555/1"]


def test_papers_that_were_at_odds_are_compared_together(tmp_path: Path) -> None:
    index, seeds = tmp_path / "index", tmp_path / "seeds"
    seeds.mkdir()
    write_jsonl(seeds / "a.jsonl", river("doi:10.5555/1", "pmid:12"))
    write_jsonl(seeds / "b.jsonl", spring("doi:10.5555/2", "pmid:12"))
    build(index, [seeds])
    # Only what the index holds connects the two now.
    write_jsonl(seeds / "a.jsonl", river("doi:10.5555/1", abstract="It rests."))
    write_jsonl(seeds / "b.jsonl", spring("doi:10.5555/2"))
    assert counts(build(index, [seeds], prune=True)) == {"changed": 2}
    assert known_by(index) == {"10.5555/1": ["doi:10.5555/1"], "10.5555/2": ["doi:10.5555/2"]}


@pytest.mark.parametrize("first", ["a", "b"])
def test_records_of_one_file_part_again_when_what_joined_them_goes(
    tmp_path: Path, first: str
) -> None:
    index, seeds = tmp_path / "index", tmp_path / "seeds"
    seeds.mkdir()
    two = write_jsonl(seeds / "a.jsonl", river("doi:10.5555/1"), river("pmid:12"))
    bridge = write_jsonl(seeds / "b.jsonl", river("doi:10.5555/1", "pmid:12"))
    build(index, [seeds / f"{first}.jsonl"])
    build(index, [two, bridge])
    assert known_by(index) == {"10.5555/1": ["doi:10.5555/1", "pmid:12"]}
    bridge.unlink()
    summary = build(index, [seeds], prune=True)
    assert (counts(summary), summary.missing) == ({"new": 1, "changed": 1}, 0)
    assert known_by(index) == {"10.5555/1": ["doi:10.5555/1"], "pmid:12": ["pmid:12"]}
    assert build(index, [seeds]).skipped == 1


def test_records_of_a_file_that_become_one_are_not_missing(tmp_path: Path) -> None:
    index, path = tmp_path / "index", tmp_path / "a.jsonl"
    write_jsonl(path, river("doi:10.5555/1"), river("pmid:12", abstract="It runs to the sea."))
    build(index, [path])
    write_jsonl(path, river("doi:10.5555/1", "pmid:12"))
    assert counts(build(index, [path])) == {"changed": 1, "removed": 1}
    assert [one.abstract for one in papers_by_id(index).values()] == ["It runs."]
    assert counts(build(index, [path])) == {"unchanged": 1}


def test_a_paper_written_at_once_keeps_what_joins_it_later_in_the_run(tmp_path: Path) -> None:
    index, seeds = tmp_path / "index", tmp_path / "seeds"
    seeds.mkdir()
    write_jsonl(seeds / "a.jsonl", river("pmid:12"))
    build(index, [seeds])
    write_jsonl(seeds / "a.jsonl", river("doi:10.5555/1", abstract="It rests."))
    assert counts(build(index, [seeds])) == {"new": 1, "missing": 1}
    write_jsonl(seeds / "b.jsonl", river("doi:10.5555/1", "pmid:12"))
    for _ in range(2):
        build(index, [seeds])
        (paper,) = papers_by_id(index).values()
        assert [Path(one.file).name for one in paper.sources] == ["a.jsonl", "b.jsonl"]
    # What the first file held of the paper before is not held twice.
    (seeds / "b.jsonl").unlink()
    build(index, [seeds], prune=True)
    assert known_by(index) == {"10.5555/1": ["doi:10.5555/1"]}


def test_a_notice_is_not_merged_with_the_paper_that_it_is_about(tmp_path: Path) -> None:
    # Publishers print it with the paper's title and authors, and an identifier of its own.
    paper = river("doi:10.5555/elm.1", title="Leaves", authors=["Ada Birch"])
    notices = [
        river("doi:10.5555/elm.2", title="Leaves", authors=["Ada Birch"], type="notice"),
        river(
            "doi:10.5555/elm.3", title="Retraction: Leaves", authors=["Ada Birch"], type="notice"
        ),
    ]
    write_jsonl(tmp_path / "a.jsonl", paper, *notices)
    build(tmp_path / "index", [tmp_path / "a.jsonl"])
    papers = papers_by_id(tmp_path / "index")
    assert {name: one.type for name, one in papers.items()} == {
        "10.5555/elm.1": "",
        "10.5555/elm.2": "notice",
        "10.5555/elm.3": "notice",
    }


@pytest.mark.parametrize("files", [("a.jsonl", "a.jsonl"), ("a.jsonl", "b.jsonl")])
@pytest.mark.parametrize(
    "title",
    [
        *("Retraction: {}", "Retracted: {}", "RETRACTED: {}", "Retraction of: {}"),
        *(
            "Correction to: {}",
            "Correction: {}",
            "Erratum: {}",
            "Corrigendum to: {}",
            "{} (Erratum)",
        ),
    ],
)
def test_a_notice_without_an_identifier_is_another_paper(
    title: str, files: tuple[str, str], tmp_path: Path
) -> None:
    paper = {"title": "Leaves of birches", "authors": ["Ada Birch"], "abstract": "They fall."}
    notice = paper | {"title": title.format(paper["title"])}
    for number, order in enumerate(([paper, notice], [notice, paper])):
        seeds = tmp_path / str(number)
        seeds.mkdir()
        for name in dict.fromkeys(files):
            write_jsonl(
                seeds / name, *[one for one, file in zip(order, files, strict=True) if file == name]
            )
        index = tmp_path / f"index{number}"
        build(index, [seeds])
        titles = {one.title for one in papers_by_id(index).values()}
        assert titles == {paper["title"], notice["title"]}
