"""What an index remembers: files that need not be read again, papers removed, papers given.

The papers and people are invented.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest

import searcher
from index import BadRequestError, NotAnIndexError, Paper, SeedError, Summary, build, check, remove
from index.identifiers import Identifier
from index.paper import Source
from index.readers.base import Problem
from index.readers.json import read as read_json
from index.reading import remembered as remembering
from index.reading.remembered import FileState, FileStates, Remembered

COUNTS = ("new", "changed", "unchanged", "removed", "missing")


def counts(summary: Summary) -> dict[str, int]:
    """Return the counts that are not 0."""
    return {name: count for name in COUNTS if (count := getattr(summary, name))}


def write(path: Path, *records: dict[str, Any], damage: str = "") -> Path:
    """Write records as JSON lines, and what is damaged after them."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    path.write_text(lines + damage, encoding="utf-8")
    return path


def titles(index: Path) -> set[str]:
    """Return the titles of all papers."""
    with searcher.open(index) as papers:
        return {paper.title for paper in papers.all("*")}


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the JSON files that were read so far."""
    names: list[str] = []

    def noted(contents: Any) -> Iterator[Any]:
        names.append(Path(contents.file).name)
        return read_json(contents)

    monkeypatch.setattr("index.readers.json.read", noted)
    return names


# Files that are as they were.


def test_a_file_is_read_again_only_if_its_bytes_have_changed(
    index: Path, seeds: Path, read_files: list[str]
) -> None:
    one = write(seeds / "a.jsonl", {"title": "Slow Rivers"}, {"title": "Deep Lakes"})
    write(seeds / "b.jsonl", {"title": "Hot Springs"})
    assert counts(build(index, [seeds])) == {"new": 3}
    read_files.clear()
    summary = build(index, [seeds])
    assert (counts(summary), summary.skipped, read_files) == ({"unchanged": 3}, 2, [])
    one.touch()
    assert build(index, [seeds]).skipped == 2
    write(one, {"title": "Slow Rivers", "abstract": "They run."}, {"title": "Deep Lakes"})
    summary = build(index, [seeds])
    assert (counts(summary), summary.skipped) == ({"changed": 1, "unchanged": 2}, 1)
    assert read_files == ["a.jsonl"]


def test_a_skipped_file_tells_its_problems_again(index: Path, seeds: Path) -> None:
    write(seeds / "a.jsonl", {"title": "Slow Rivers", "colour": "blue"}, damage="{cut\n")
    first, second = build(index, [seeds]), build(index, [seeds])
    assert first.problems
    assert (second.skipped, second.problems, second.notes) == (1, first.problems, first.notes)


def test_strict_reads_a_file_with_problems_again(
    index: Path, seeds: Path, read_files: list[str]
) -> None:
    write(seeds / "a.jsonl", {"title": "Slow Rivers"}, damage="{cut\n")
    write(seeds / "b.jsonl", {"title": "Deep Lakes"})
    build(index, [seeds])
    read_files.clear()
    with pytest.raises(SeedError):
        build(index, [seeds], strict=True)
    assert read_files == ["a.jsonl"]


def test_a_file_that_was_gone_is_read_when_it_is_back(index: Path, seeds: Path) -> None:
    write(seeds / "a.jsonl", {"title": "Slow Rivers"})
    other = write(seeds / "b.jsonl", {"title": "Deep Lakes"})
    build(index, [seeds])
    content = other.read_bytes()
    other.unlink()
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1, "removed": 1}
    other.write_bytes(content)
    assert counts(build(index, [seeds])) == {"new": 1, "unchanged": 1}


def test_a_file_whose_papers_are_missing_is_read_until_they_are_pruned(
    index: Path, seeds: Path
) -> None:
    path = write(seeds / "a.jsonl", {"title": "Slow Rivers"}, {"title": "Deep Lakes"})
    build(index, [seeds])
    write(path, {"title": "Slow Rivers"})
    for _ in range(2):
        assert counts(build(index, [seeds])) == {"unchanged": 1, "missing": 1}
    assert counts(build(index, [seeds], prune=True)) == {"unchanged": 1, "removed": 1}
    assert build(index, [seeds]).skipped == 1


def test_the_latest_year_of_a_skipped_file_counts_for_pages(index: Path, seeds: Path) -> None:
    years = write(seeds / "a.jsonl", {"title": "Slow Rivers", "year": 2019})
    (seeds / "p.txt").write_text(
        "Ann Poe\n\n1 Papers\n\nLGMay 7\nDeep Lakes\n\nAnn Poe\n\nThey rest.\n\n", encoding="utf-8"
    )

    def year_of_page() -> int | None:
        with searcher.open(index) as papers:
            return next(paper.year for paper in papers.all("lakes"))

    assert build(index, [seeds]).assumed_year == 2020
    again = build(index, [seeds])
    assert (again.skipped, again.assumed_year, again.assumed_count) == (2, 2020, 1)
    # Only the page is read again, for another year.
    write(years, {"title": "Slow Rivers", "year": 2021})
    summary = build(index, [seeds])
    assert (summary.skipped, summary.assumed_year, year_of_page()) == (0, 2022, 2022)
    write(seeds / "b.jsonl", {"title": "Hot Springs", "year": 2020})
    summary = build(index, [seeds])
    assert (summary.skipped, summary.assumed_year, year_of_page()) == (2, 2022, 2022)
    assert build(index, [seeds], page_year=2015).skipped == 2
    assert year_of_page() == 2015


def test_a_dry_run_remembers_nothing(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.jsonl", {"title": "Slow Rivers"})
    build(index, [seeds])
    write(path, {"title": "Slow Rivers", "abstract": "They run."})
    for _ in range(2):
        assert counts(build(index, [seeds], dry_run=True)) == {"changed": 1}
    assert counts(build(index, [seeds])) == {"changed": 1}


def test_what_is_remembered_reads_back_as_it_is() -> None:
    problem = Problem("/f", 3, "cut", what="lines", count=4)
    state = FileState("ab", "json", 2020, 2021, 2, 1, (problem, replace(problem, kind="note")))
    states = FileStates.of({"/f": state, "/g": FileState("cd", "ris")})
    remembered = Remembered(states, frozenset({("x", "y")}))
    assert Remembered.of(json.loads(json.dumps(remembered.to_values()))) == remembered


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"version": 0, "files": {"/f": {"digest": "a", "reader": "json"}}},
        {"version": 1, "files": {"/f": {"colour": "red"}}},
        {"version": 1, "files": {"/f": 3}},
        {"version": 1, "removed": 5},
    ],
    ids=str,
)
def test_files_of_which_nothing_is_known_are_read(values: dict[str, Any]) -> None:
    assert Remembered.of(values) == Remembered()


def test_a_copy_in_a_skipped_file_takes_the_place_of_one_that_is_gone(
    index: Path, seeds: Path
) -> None:
    first = write(seeds / "a.jsonl", {"id": "r1", "title": "Slow Rivers"})
    write(seeds / "b.jsonl", {"id": "r1", "title": "Slow Rivers"})
    build(index, [seeds])
    first.unlink()
    summary = build(index, [seeds])
    assert (summary.skipped, counts(summary)) == (1, {"changed": 1})
    with searcher.open(index) as papers:
        assert [Path(one.file).name for one in papers.paper("r1").sources] == ["b.jsonl"]


def test_a_file_of_which_more_is_kept_than_was_read_is_read_again(index: Path, seeds: Path) -> None:
    path = write(seeds / "a.jsonl", {"title": "Slow Rivers"}, {"title": "Deep Lakes"})
    build(index, [seeds])
    write(path, {"title": "Slow Rivers"}, damage="{cut\n")
    for _ in range(2):
        summary = build(index, [seeds])
        assert (summary.skipped, counts(summary), summary.total) == (0, {"unchanged": 1}, 2)


@pytest.mark.parametrize(
    "records",
    [
        [{"abstract": "On rain."}, {"abstract": "On snow."}],
        [
            {"doi": "10.5555/x", "pmid": 4},
            {"doi": "10.5555/x", "title": "Tides", "authors": ["Sam Roe"]},
        ],
    ],
    ids=["of one title", "at odds"],
)
def test_a_file_is_read_again_if_what_is_kept_of_it_was_compared_with_what_was_read(
    index: Path, seeds: Path, records: list[dict[str, Any]]
) -> None:
    """The second paper shares its key with the first one, which the file still holds."""
    first, second = ({"title": "Editorial", "authors": ["Ann Poe"], **one} for one in records)
    path = write(seeds / "a.jsonl", first, second)
    build(index, [seeds])
    write(path, first, damage="{cut\n")
    for _ in range(2):
        summary = build(index, [seeds])
        assert (summary.skipped, counts(summary), summary.total) == (0, {"unchanged": 1}, 2)
    write(path, first)
    assert build(index, [seeds], prune=True).removed == 1
    assert build(index, [seeds]).skipped == 1


def test_a_skipped_file_tells_its_notes_in_the_same_words(index: Path, seeds: Path) -> None:
    write(seeds / "a.jsonl", *[{"id": "r1", "title": "Slow Rivers"}] * 4)
    first, second = build(index, [seeds]), build(index, [seeds])
    assert (first.notes[0].count, second.skipped, second.notes) == (3, 1, first.notes)


def test_papers_that_skipped_files_hold_are_counted_beside_those_read(
    index: Path, seeds: Path
) -> None:
    """The first two share a DOI by mistake, so that they are compared together."""
    river = {"title": "Slow Rivers", "authors": ["Ann Poe"], "doi": "10.5555/x"}
    spring = {"title": "Hot Springs", "authors": ["Sam Roe"], "doi": "10.5555/x"}
    path = write(seeds / "a.jsonl", {**river, "pmid": 4})
    write(seeds / "b.jsonl", {**spring, "pmid": 5})
    build(index, [seeds])
    write(path, {**river, "pmid": 4, "abstract": "They run."})
    summary = build(index, [seeds])
    assert (summary.skipped, counts(summary)) == (1, {"changed": 1, "unchanged": 1})


# Removed papers.


def test_what_is_remembered_of_files_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = Problem("/long", 1, "x" * 500)
    files = {f"/{number}": FileState("ab", "ris") for number in range(9)}
    remembered = Remembered(
        FileStates.of({"/long": FileState("ab", "ris", problems=(loss,)), **files})
    )
    monkeypatch.setattr(remembering, "MOST_BYTES", 500)
    assert Remembered.of(remembered.to_values()) == Remembered(FileStates.of(files))
    monkeypatch.setattr(remembering, "MOST_BYTES", 100)
    assert Remembered.of(remembered.to_values()).files.keys() < files.keys()


def test_a_removed_paper_stays_out_until_it_is_restored(index: Path, seeds: Path) -> None:
    write(seeds / "a.jsonl", {"title": "Slow Rivers", "doi": "10.5555/r1"}, {"title": "Deep Lakes"})
    build(index, [seeds])
    removal = remove(index, ["https://doi.org/10.5555/R1", "no-such-paper"])
    assert (removal.removed, removal.unknown, removal.total) == (
        ("10.5555/r1",),
        ("no-such-paper",),
        1,
    )
    write(seeds / "b.jsonl", {"title": "Slow Rivers again", "doi": "10.5555/R1"})
    summary = build(index, [seeds])
    assert (summary.total, summary.left_out, titles(index)) == (1, 2, {"Deep Lakes"})
    assert build(index, [seeds]).left_out == 2
    summary = build(index, [seeds], restore=["doi:10.5555/r1"])
    assert (counts(summary), summary.left_out) == ({"new": 1, "unchanged": 1}, 0)
    assert titles(index) == {"Deep Lakes", "Slow Rivers again"}
    told = build(index, [seeds], restore=["doi:10.5555/r1"]).notes
    assert [one.reason for one in told] == ["no removed paper has the id doi:10.5555/r1"]


def test_all_identifiers_of_a_removed_paper_are_known(index: Path, seeds: Path) -> None:
    write(seeds / "a.jsonl", {"title": "Tides", "doi": "10.5555/t", "arxiv_id": "2101.00001"})
    write(seeds / "b.jsonl", {"title": "Rain", "abstract": "It rains."})
    build(index, [seeds])
    remove(index, ["2101.00001v3"])
    write(seeds / "c.jsonl", {"title": "Tides, printed", "doi": "10.5555/t"})
    assert (build(index, [seeds]).left_out, titles(index)) == (2, {"Rain"})


def test_of_papers_of_one_title_one_is_removed(index: Path, seeds: Path) -> None:
    texts = ("On rain.", "On snow.")
    records = [{"title": "Editorial", "authors": ["Ann Poe"], "abstract": one} for one in texts]
    write(seeds / "a.jsonl", *records)
    build(index, [seeds])
    with searcher.open(index) as papers:
        (rain,) = [paper.id for paper in papers.all("*") if paper.abstract == "On rain."]
    assert remove(index, [rain]).removed == (rain,)
    write(seeds / "b.jsonl", *records)
    summary = build(index, [seeds])
    assert summary.left_out
    with searcher.open(index) as papers:
        assert [paper.abstract for paper in papers.all("*")] == ["On snow."]
    assert check(index).is_sound


def test_of_papers_at_odds_one_is_removed(index: Path, seeds: Path) -> None:
    """The identifier of both bars the removed one only."""
    river = {"title": "Slow Rivers", "authors": ["Ann Poe"], "doi": "10.5555/x", "pmid": 4}
    spring = {"title": "Hot Springs", "authors": ["Sam Roe"], "doi": "10.5555/x"}
    write(seeds / "a.jsonl", river)
    other = write(seeds / "b.jsonl", spring)
    build(index, [seeds])
    assert remove(index, ["pmid:4"]).removed == ("pmid:4",)
    with searcher.open(index) as papers:
        assert papers.paper("10.5555/x").title == "Hot Springs"
    write(other, {**spring, "abstract": "They are hot."})
    write(seeds / "c.jsonl", {**river, "pmid": 6})
    summary = build(index, [seeds])
    assert (summary.left_out, titles(index)) == (2, {"Hot Springs"})
    build(index, [seeds], restore=["10.5555/X"])
    assert titles(index) == {"Hot Springs", "Slow Rivers"}


def test_one_of_several_papers_of_a_title_stays_out_when_the_others_have_gone(
    index: Path, seeds: Path
) -> None:
    record = {"title": "Editorial", "authors": ["Ann Poe"]}
    write(seeds / "a.jsonl", {**record, "abstract": "On rain."})
    other = write(seeds / "b.jsonl", {**record, "abstract": "On snow."})
    build(index, [seeds])
    with searcher.open(index) as papers:
        (rain,) = [paper.id for paper in papers.all("*") if paper.abstract == "On rain."]
    assert remove(index, [rain]).removed == (rain,)
    with searcher.open(index) as papers:
        (snow,) = papers.all("*")
    assert rain.startswith(f"{snow.id}-")
    other.unlink()
    write(seeds / "c.jsonl", {"title": "Deep Lakes"})
    summary = build(index, [seeds], prune=True)
    assert (summary.left_out, titles(index)) == (1, {"Deep Lakes"})
    build(index, [seeds], restore=[rain])
    assert titles(index) == {"Deep Lakes", "Editorial"}


def test_removing_needs_an_index_and_ids(index: Path) -> None:
    with pytest.raises(NotAnIndexError):
        remove(index, ["x"])
    assert not index.exists()
    with pytest.raises(BadRequestError, match="ids"):
        remove(index, "x")


# Papers that a program gives.


def test_papers_are_given_as_papers_or_dicts(index: Path) -> None:
    given = [
        Paper("p1", "Slow Rivers", year=2020, date="2020-05-07"),
        {"title": "Deep Lakes", "authors": ["Ann Poe"], "doi": "10.5555/l"},
        "Hot Springs",
        Paper("p2", "Two\nlines"),
        {"colour": "red"},
    ]
    summary = build(index, papers=iter(given))  # type: ignore[arg-type]
    assert (counts(summary), summary.files) == ({"new": 2}, 0)
    assert [(one.file, one.line) for one in summary.problems] == [
        ("source:python", number) for number in (3, 4, 5)
    ]
    with searcher.open(index) as papers:
        assert papers.paper("p1").sources == (Source("source:python", 1),)
        assert papers.paper("10.5555/l").authors == ("Ann Poe",)


class Row(NamedTuple):
    title: str
    doi: str | None


def test_rows_and_values_are_taken_as_programs_have_them(index: Path) -> None:
    """A database gives dates, decimals, tuples and rows; numpy its own; an API what it answers."""
    seen = datetime(2020, 5, 7, 12, 30, tzinfo=UTC)
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    given: list[Any] = [
        {"title": "Tides", "date": date(2020, 5, 7), "authors": ("Ann Poe", "Sam Roe")},
        {"title": "Ebbs", "published": seen, "year": Decimal(2020), "keywords": {"sea", "moon"}},
        {"title": "Rain", "year": numpy.int64(2021), "authors": numpy.array(["Ann Poe"])},
        {"title": "Snow", "year": float("nan"), "citations": Decimal("NaN"), "doi": None},
        Row("Hail", "10.5555/hail"),
        database.execute("SELECT 'Fog' AS title, 2019 AS year").fetchone(),
        {"id": "https://openalex.org/W12345", "display_name": "Dew", "publication_year": 2018,
         "abstract_inverted_index": {"wet": [1], "Grass": [0]}, "authorships": []},
    ]  # fmt: skip
    database.close()
    summary = build(index, papers=given)
    assert (counts(summary), summary.problems) == ({"new": 7}, ())
    with searcher.open(index) as papers:
        found = {paper.title: paper for paper in papers.all("*")}
    assert (found["Tides"].date, found["Tides"].authors) == ("2020-05-07", ("Ann Poe", "Sam Roe"))
    assert (found["Ebbs"].date, found["Ebbs"].keywords) == ("2020-05-07", ("moon", "sea"))
    assert (found["Rain"].year, found["Rain"].authors) == (2021, ("Ann Poe",))
    assert (found["Snow"].year, found["Snow"].cited_by, found["Hail"].id) == (
        None,
        None,
        "10.5555/hail",
    )
    assert (found["Fog"].year, found["Dew"].id, found["Dew"].abstract) == (
        2019,
        "W12345",
        "Grass wet",
    )


def test_a_paper_with_identifiers_has_the_same_id_whoever_gives_it(index: Path) -> None:
    given = Paper("p1", "Slow Rivers", identifiers=(Identifier("doi", "10.5555/r"),))
    for source in ("db", "feed"):
        build(index, papers=[given], source=source)
        with searcher.open(index) as papers:
            assert [paper.id for paper in papers.all("*")] == ["10.5555/r"]
            assert papers.paper("p1") == papers.paper("10.5555/r")
    assert counts(build(index, papers=[given], source="db")) == {"unchanged": 1}


def test_a_later_run_of_a_source_updates_it(index: Path) -> None:
    build(index, papers=[{"id": "a", "title": "Tides"}, {"id": "b", "title": "Rain"}], source="db")
    build(index, papers=[{"id": "c", "title": "Snow"}], source="other")
    assert counts(build(index, papers=[{"id": "a", "title": "High Tides"}], source="db")) == {
        "changed": 1
    }
    summary = build(index, papers=[{"id": "a", "title": "High Tides"}], source="db", prune=True)
    assert counts(summary) == {"unchanged": 1, "removed": 1}
    assert titles(index) == {"High Tides", "Snow"}


def test_what_raises_while_papers_are_given_ends_the_build(index: Path) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield {"title": "Tides"}
        raise OSError("the database has gone")

    with pytest.raises(OSError, match="the database has gone"):
        build(index, papers=broken())
    assert not index.exists()


@pytest.mark.parametrize("papers", ["Tides", {"title": "Tides"}, 3], ids=repr)
def test_papers_that_are_none_are_refused(index: Path, papers: Any) -> None:
    with pytest.raises(BadRequestError, match="papers is"):
        build(index, papers=papers)


@pytest.mark.parametrize("source", ["", "two\nlines", 3, "x" * 300], ids=repr)
def test_a_source_has_a_name(index: Path, source: Any) -> None:
    with pytest.raises(BadRequestError, match="source is"):
        build(index, papers=[], source=source)
