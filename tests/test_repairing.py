"""The repair: what is sound stays, what can be read comes back, and what is lost is told."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import searcher
from index import remove
from index.paper import to_stored
from index.segments.arrayfile import ArrayFile
from tests.conftest import SEEDS, write_jsonl

WORDS = "rivers lakes seas storms maps models deep quiet slow running".split()


def record(number: int, **more: Any) -> dict[str, Any]:
    rng = random.Random(number)
    return {
        "id": f"p{number:03}",
        "title": f"Paper {number} on {rng.choice(WORDS)}",
        "abstract": " ".join(rng.choices([*WORDS, *map(str, range(1000))], k=60)),
        "authors": [f"Ann Author{number % 7}", "Bo Han"],
        "year": 2000 + number % 20,
        **more,
    }


def built(folder: Path, *counts: int) -> Path:
    """Return an index with a segment, and a seed file, of each count of papers."""
    directory, number = folder / "index", 0
    for at, count in enumerate(counts):
        path = write_jsonl(folder / f"{at}.jsonl", *map(record, range(number, number + count)))
        searcher.build(directory, [path])
        number += count
    return directory


def papers(directory: Path) -> dict[str, Any]:
    """Return every paper of an index by its id."""
    with searcher.open(directory) as collection:
        return {paper.id: to_stored(paper) for paper in collection.all()}


def answers(directory: Path) -> list[Any]:
    with searcher.open(directory) as collection:
        pages = [
            collection.search(query, limit=50, facets=["year", "author"])
            for query in ("rivers lakes", '"deep seas"', "author:han", "mod*", "strms~", "*")
        ]
        return [
            ([(hit.id, hit.score) for hit in page.hits], page.total, page.facets) for page in pages
        ]


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if "LOCK" not in path.name}


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def flip_array(path: Path, name: str) -> None:
    """Flip a bit in the middle of an array."""
    file = ArrayFile(path.read_bytes(), path.name)
    flip(path, file._offsets[name] + file.unchecked(name).nbytes // 2)


def segment(directory: Path, number: int, extension: str) -> Path:
    return sorted(directory.glob(f"*.{extension}"))[number]


def table(directory: Path) -> Path:
    (path,) = directory.glob("*.toc")
    return path


def test_a_sound_index_is_left_as_it_is(tmp_path: Path) -> None:
    directory = built(tmp_path, 5, 3)
    before = files(directory)
    done = searcher.repair(directory, on_files=lambda _: pytest.fail("reads files"))
    assert files(directory) == before
    assert done.is_complete
    assert done.before.is_sound


def lose_postings(directory: Path) -> None:
    segment(directory, 1, "postings").unlink()


def flip_postings(directory: Path) -> None:
    path = segment(directory, 1, "postings")
    flip(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [lose_postings, flip_postings])
def test_what_a_damaged_segment_stores_needs_no_file(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    directory = built(tmp_path, 40, 30, 20)
    searcher.build(
        directory, [write_jsonl(tmp_path / "1.jsonl", record(45, title="New"))], prune=True
    )
    whole, given = papers(directory), answers(directory)
    kept = {name: content for name, content in files(directory).items() if "0000000" in name}
    damage(directory)
    for path in tmp_path.glob("*.jsonl"):
        path.unlink()
    done = searcher.repair(directory, on_files=lambda _: pytest.fail("reads files"))
    assert done.is_complete
    assert not done.before.is_sound
    assert done.after.is_sound
    assert (done.unreadable, done.read, done.gone, done.lost) == (0, (), (), ())
    assert done.kept + done.rescued == len(whole)
    assert papers(directory) == whole
    assert answers(directory) == given
    assert len(kept.items() & files(directory).items()) >= 4  # two segments of three


def test_papers_that_cannot_be_read_come_from_their_files(tmp_path: Path) -> None:
    directory = built(tmp_path, 300, 200, 20)
    whole, given = papers(directory), answers(directory)
    flip_array(segment(directory, 1, "documents"), "stored/bytes")
    named: list[str] = []
    done = searcher.repair(directory, on_files=named.extend)
    assert named == list(done.read) == [str(tmp_path / "1.jsonl")]
    assert (done.kept, done.intact_segments, done.dropped_segments) == (320, 2, 1)
    assert done.rescued + done.unreadable == 200
    assert done.unreadable == done.new > 0
    assert done.is_complete
    assert papers(directory) == whole
    assert answers(directory) == given


def test_what_no_file_holds_any_more_is_lost_and_named(tmp_path: Path) -> None:
    directory = built(tmp_path, 20, 200)
    whole = papers(directory)
    path = segment(directory, 1, "documents")
    flip_array(path, "stored/bytes")
    (tmp_path / "1.jsonl").unlink()
    done = searcher.repair(directory)
    assert not done.is_complete
    assert done.after.is_sound
    assert done.gone == (str(tmp_path / "1.jsonl"),)
    assert done.lost
    assert len(done.lost) == done.unreadable
    left = papers(directory)
    assert set(left) == set(whole) - set(done.lost)
    assert left == {one: of for one, of in whole.items() if one in left}
    assert searcher.check(directory).is_sound


def test_a_file_that_has_changed_since_brings_what_it_holds_now(tmp_path: Path) -> None:
    directory = built(tmp_path, 20, 200)
    whole = papers(directory)
    flip_array(segment(directory, 1, "documents"), "stored/bytes")
    left = [record(number) for number in range(20, 220, 2)]
    write_jsonl(tmp_path / "1.jsonl", *left, record(500))
    done = searcher.repair(directory)
    now = papers(directory)
    assert done.lost
    assert set(done.lost) == set(whole) - set(now)
    assert "p500" in now
    assert len(done.lost) < done.unreadable


def test_a_segment_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    directory = built(tmp_path, 20, 30)
    whole = papers(directory)
    for extension in ("postings", "documents"):
        segment(directory, 1, extension).write_bytes(b"")
    (tmp_path / "1.jsonl").rename(tmp_path / "elsewhere.jsonl")
    done = searcher.repair(directory)
    # Nobody knows its files: those known of the others are read, in vain.
    assert done.read == (str(tmp_path / "0.jsonl"),)
    assert (done.kept, done.rescued, done.unreadable, done.lost_unnamed) == (20, 0, 30, 30)
    assert not done.is_complete
    assert papers(directory).keys() == {one for one in whole if one < "p020"}


@pytest.mark.parametrize("has_postings", [True, False])
def test_posting_lists_tell_what_the_documents_cannot(tmp_path: Path, has_postings: bool) -> None:
    directory = built(tmp_path, 20, 300)
    whole = papers(directory)
    segment(directory, 1, "documents").unlink()
    if not has_postings:
        flip_array(segment(directory, 1, "postings"), "source/term_bytes")
    done = searcher.repair(directory)
    assert done.unreadable == 300
    if has_postings:
        assert done.read == (str(tmp_path / "1.jsonl"),)
        assert done.is_complete
        assert papers(directory) == whole
    else:
        # Where the file of a paper is unknown, only those of the others can be tried.
        assert done.read == (str(tmp_path / "0.jsonl"),)
        assert not done.is_complete
        assert len(done.lost) + done.lost_unnamed == 300


def test_a_paper_of_two_pages_is_not_whole_with_one(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    page = SEEDS / "zhiyu-wu.txt"
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_bytes(page.read_bytes())
    searcher.build(directory, sorted(tmp_path.glob("*.txt")))
    whole = papers(directory)
    assert all(len(paper["sources"]) == 2 for paper in whole.values())
    segment(directory, 0, "documents").unlink()
    (tmp_path / "one.txt").unlink()
    done = searcher.repair(directory)
    assert papers(directory).keys() == whole.keys()
    assert done.lost == ()
    assert done.gone == (str(tmp_path / "one.txt"),)
    assert not done.is_complete


# The table of contents


@pytest.mark.parametrize("kind", ["flipped", "cut", "missing", "empty"])
def test_without_a_table_of_contents_the_newest_of_each_paper_counts(
    tmp_path: Path, kind: str
) -> None:
    directory = built(tmp_path, 40, 30)
    for title in ("Changed", "Changed again"):
        changed = [record(number, title=title) for number in range(5, 9)]
        rest = [record(number) for number in range(9, 40)]
        searcher.build(directory, [write_jsonl(tmp_path / "0.jsonl", *changed, *rest)])
    whole, given = papers(directory), answers(directory)
    toc = table(directory)
    content = toc.read_bytes()
    flip(toc, 200)
    if kind != "flipped":
        toc.write_bytes({"cut": content[:-30]}.get(kind, b""))
    if kind == "missing":
        toc.unlink()
    done = searcher.repair(directory)
    assert done.after.is_sound
    assert not done.knows_deletions
    assert not done.is_complete
    now = papers(directory)
    assert now == whole
    assert answers(directory) == given
    assert sum(paper["title"] == "Changed again" for paper in now.values()) == 4
    assert table(directory).name == "_MAIN_5.toc"


def test_papers_deleted_before_are_back_and_counted(tmp_path: Path) -> None:
    directory = built(tmp_path, 40)
    searcher.build(
        directory,
        [write_jsonl(tmp_path / "0.jsonl", *map(record, range(35)))],
        prune=True,
    )
    assert len(papers(directory)) == 35
    table(directory).unlink()
    done = searcher.repair(directory)
    assert (done.rescued, done.missing) == (40, 5)
    searcher.build(directory, [tmp_path / "0.jsonl"], prune=True)
    assert len(papers(directory)) == 35


def test_papers_whose_files_are_gone_are_counted_without_a_table_of_contents(
    tmp_path: Path,
) -> None:
    directory = built(tmp_path, 7, 5)
    whole = papers(directory)
    table(directory).unlink()
    for path in tmp_path.glob("*.jsonl"):
        path.unlink()
    done = searcher.repair(directory)
    assert (done.rescued, done.missing, done.read, len(done.gone)) == (12, 12, (), 2)
    assert papers(directory) == whole


def test_nothing_is_repaired_that_is_no_index_of_ours(tmp_path: Path) -> None:
    from whoosh import fields
    from whoosh import index as whoosh_index

    schema = fields.Schema(body=fields.TEXT)
    with whoosh_index.create_in(tmp_path, schema).writer() as writer:
        writer.add_document(body="words")
    before = files(tmp_path)
    for verb in (searcher.check, searcher.repair):
        with pytest.raises(searcher.NotAnIndexError):
            verb(tmp_path)
    assert files(tmp_path) == before


def test_an_index_of_another_version_is_not_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = built(tmp_path, 5)
    monkeypatch.setattr("index.segments.contents.FORMAT_VERSION", 99)
    before = files(directory)
    for verb in (searcher.check, searcher.repair):
        with pytest.raises(searcher.NotAnIndexError, match="another version"):
            verb(directory)
    assert files(directory) == before


# Dates without a year


@pytest.mark.parametrize("years", [(2019, 2019), (2017, 2021)])
def test_the_year_given_to_dates_without_one_is_kept(
    tmp_path: Path, years: tuple[int, int]
) -> None:
    pages = SEEDS
    directory = tmp_path / "index"
    for page, year in zip(("bo-han.txt", "zhiyu-wu.txt"), years, strict=True):
        copied = tmp_path / page
        copied.write_bytes((pages / page).read_bytes())
        searcher.build(directory, [copied], page_year=year)
    whole = papers(directory)
    assert {paper["year"] for paper in whole.values()} >= set(years)
    for documents in directory.glob("*.documents"):
        flip_array(documents, "stored/bytes")
    done = searcher.repair(directory)
    assert done.unreadable
    assert done.is_complete
    assert done.assumed_count == 0
    assert papers(directory) == whole


# Whose files


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a folder"])
def test_only_plain_files_are_read_again(tmp_path: Path, kind: str) -> None:
    directory = built(tmp_path, 300)
    flip_array(segment(directory, 0, "documents"), "stored/bytes")
    source = tmp_path / "0.jsonl"
    source.unlink()
    inner = tmp_path / "inner"
    inner.mkdir()
    write_jsonl(inner / "secret.jsonl", record(999))
    if kind == "folder":
        inner.rename(source)
    elif kind == "pipe":
        os.mkfifo(source)
    else:
        source.symlink_to(inner)
    done = searcher.repair(directory, on_files=lambda _: pytest.fail("reads files"))
    assert (done.read, done.gone) == ((), (str(source),))
    assert "p999" not in papers(directory)


# Failures


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(24, "Many")])
def test_what_the_system_refuses_to_open_is_not_taken_for_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    directory = built(tmp_path, 5)
    before = files(directory)

    def refuse(_path: str) -> bytes:
        raise error

    monkeypatch.setattr("index.segments.opening.map_file", refuse)
    for verb in (searcher.check, searcher.repair):
        with pytest.raises(searcher.IndexStorageError, match=str(error.strerror)):
            verb(directory)
    assert files(directory) == before


def test_too_little_memory_loses_no_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = built(tmp_path, 5, 4)
    lose_postings(directory)
    before = files(directory)

    def refuse(*_arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as short:
        short.setattr("index.upkeep.stored_papers.decode_stored", refuse)
        with pytest.raises(MemoryError):
            searcher.repair(directory)
    assert files(directory) == before


@pytest.mark.parametrize(
    "step", ["index.writers.local.write_contents", "index.building.process.os.fsync"]
)
@pytest.mark.parametrize("kind", ["segment", "table"])
def test_until_the_commit_the_index_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, kind: str
) -> None:
    directory = built(tmp_path, 40, 30)
    whole = papers(directory)
    flip_postings(directory)
    if kind == "table":
        flip(table(directory), 200)
    before = files(directory)

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(step, fail)
        with pytest.raises(searcher.IndexStorageError, match="No space left"):
            searcher.repair(directory)
    assert before.items() <= files(directory).items()
    if kind == "segment":
        assert files(directory) == before
    assert searcher.repair(directory).after.is_sound
    assert papers(directory) == whole


def test_a_collection_that_is_open_answers_on(tmp_path: Path) -> None:
    directory = built(tmp_path, 40, 30)
    given = answers(directory)
    with searcher.open(directory) as collection:
        before = [hit.id for hit in collection.search("rivers", limit=50).hits]
        lose_postings(directory)
        searcher.repair(directory)
        assert [hit.id for hit in collection.search("rivers", limit=50).hits] == before
    assert answers(directory) == given


def test_what_is_rescued_keeps_its_identifiers_and_removed_papers_stay_out(tmp_path: Path) -> None:
    doi, pmid = {"doi": "10.5555/r"}, {"pmid": "77"}
    for name, records in {
        "a": [record(0, id="", **doi), record(1), record(2)],
        "b": [record(0, id="", **pmid, **doi)],
        "c": [record(0, id="", **pmid)],
    }.items():
        write_jsonl(tmp_path / f"{name}.jsonl", *records)
    directory = tmp_path / "index"
    searcher.build(directory, [tmp_path])
    remove(directory, ["p001"])
    before = papers(directory)
    assert set(before) == {"10.5555/r", "p002"}
    for path in directory.glob("*.postings"):
        path.unlink()
    assert searcher.repair(directory).rescued == 2
    assert papers(directory) == before
    # Of a paper that cannot be read all files are read again, but no removed paper comes back.
    flip_array(segment(directory, 0, "documents"), "stored/bytes")
    repaired = searcher.repair(directory)
    assert repaired.after.is_sound
    assert papers(directory) == before
    # The record between the two others goes.
    (tmp_path / "b.jsonl").unlink()
    searcher.build(directory, [tmp_path], prune=True)
    assert set(papers(directory)) == {"10.5555/r", "pmid:77", "p002"}


def test_a_repair_waits_for_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = built(tmp_path, 5)
    lose = segment(directory, 0, "postings")
    monkeypatch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0.2)
    with searcher_writer(directory):
        lose.unlink()
        with pytest.raises(searcher.IndexLockedError):
            searcher.repair(directory)


def searcher_writer(directory: Path) -> Any:
    from index import open_writer

    return open_writer(str(directory))
