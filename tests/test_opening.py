"""Opening an index: the newest commit, whole, or one error that says why not."""

import gc
import os
import re
import threading
from contextlib import suppress
from pathlib import Path

import pytest

import index
import searcher
from index.errors import DamagedIndexError, IndexStorageError, NotAnIndexError
from index.paper import Copy, Paper, Source
from index.segments import opening
from index.segments.contents import Table, find_table, read_contents
from index.segments.opening import map_index, open_index, open_segments


def commit(directory: Path, *numbers: int) -> None:
    """Commit papers in a segment of their own; each takes the place of the one of its number."""
    with index.open_writer(str(directory)) as writer:
        for number in numbers:
            paper = Paper(
                f"p{number}", "Slow Rivers", sources=(Source("/papers.jsonl", number + 1),)
            )
            entry = writer.entries([paper.id]).get(paper.id)
            writer.add([Copy.of(paper)], (), replaces=entry)
        writer.commit()


def ids(directory: Path) -> list[list[str]]:
    """Return the ids in each segment, deleted papers included."""
    columns = [segment.documents.texts("id") for segment in open_index(str(directory))]
    return [[column.text(number) for number in range(len(column))] for column in columns if column]


def test_segments_are_opened_in_their_order_and_numbered_through(tmp_path: Path) -> None:
    commit(tmp_path, 0, 1, 2)
    commit(tmp_path, 3)
    commit(tmp_path, 1, 4)
    segments = open_index(str(tmp_path))
    assert ids(tmp_path) == [["p0", "p1", "p2"], ["p3"], ["p1", "p4"]]
    assert [segment.first_document for segment in segments] == [0, 3, 4]
    assert [segment.entry.deleted.tolist() for segment in segments] == [[1], [], []]
    contents = read_contents(str(tmp_path))
    assert contents is not None
    some = open_segments(str(tmp_path), contents.segments[1:], 10)
    assert [segment.first_document for segment in some] == [10, 11]


@pytest.mark.parametrize("make", ["nothing", "folder", "file", "folder of notes"])
def test_no_index_is_one_error(tmp_path: Path, make: str) -> None:
    directory = tmp_path / "index"
    if make == "file":
        directory.write_text("notes")
    elif make != "nothing":
        directory.mkdir()
    if make == "folder of notes":
        (directory / "notes.txt").write_text("notes")
    with pytest.raises(NotAnIndexError, match="no index here; build one with: searcher index"):
        open_index(str(directory))


def test_the_command_to_build_an_index_can_be_pasted(tmp_path: Path) -> None:
    directory = tmp_path / "my papers"
    with pytest.raises(NotAnIndexError, match=f"--index '{re.escape(str(directory))}'$"):
        open_index(str(directory))


def test_a_folder_that_cannot_be_read_is_a_storage_error(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    name = str(tmp_path / ("x" * 300))
    with pytest.raises(IndexStorageError, match="the index cannot be read"):
        open_index(name)


@pytest.mark.parametrize("extension", ["postings", "documents"])
@pytest.mark.parametrize("damage", ["missing", "a link", "cut", "of another segment"])
def test_a_damaged_file_is_named_with_the_next_step(
    tmp_path: Path, extension: str, damage: str
) -> None:
    commit(tmp_path, 1)
    (file,) = tmp_path.glob(f"*.{extension}")
    if damage == "of another segment":
        commit(tmp_path / "other", 1, 2)
        (other,) = (tmp_path / "other").glob("*.documents")
        (file,) = tmp_path.glob("*.documents")
        file.write_bytes(other.read_bytes())
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-9])
    else:
        moved = file.rename(tmp_path / "elsewhere")
        if damage == "a link":
            file.symlink_to(moved)
    with pytest.raises(DamagedIndexError, match=r"check --repair --index") as raised:
        open_index(str(tmp_path))
    assert str(raised.value).startswith(f"{file}: ")
    contents = read_contents(str(tmp_path))
    assert contents is not None
    with pytest.raises(DamagedIndexError) as again:
        open_segments(str(tmp_path), contents.segments)
    assert str(again.value) == str(raised.value)


def test_a_damaged_index_is_mapped_as_far_as_its_files_allow(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    commit(tmp_path, 2)
    (table,) = tmp_path.glob("*.toc")
    table.write_bytes(b"?" * 100)
    next(tmp_path.glob("*.postings")).unlink()
    mapped = map_index(str(tmp_path))
    assert mapped.contents is None
    assert mapped.table_error is not None
    assert len(mapped.segments) == 2
    kinds = [isinstance(segment.postings, DamagedIndexError) for segment in mapped.segments]
    assert sorted(kinds) == [False, True]
    assert not any(isinstance(one.documents, DamagedIndexError) for one in mapped.segments)
    assert all(segment.entry.document_count < 0 for segment in mapped.segments)
    with pytest.raises(NotAnIndexError):
        open_index(str(tmp_path))


def test_a_commit_that_comes_between_is_opened_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        commit(tmp_path, number)
    commits = iter([7])  # with it all segments are merged, and the files of the others removed

    def read_before_a_commit(directory: str) -> Table | None:
        table = find_table(directory)
        for number in commits:
            commit(tmp_path, number)
        return table

    monkeypatch.setattr(opening, "find_table", read_before_a_commit)
    assert ids(tmp_path) == [[f"p{number}" for number in range(8)]]


def test_an_index_that_keeps_changing_is_said_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path, 0)
    generations = iter(range(1000))
    monkeypatch.setattr(opening, "tables_in", lambda _: next(generations))
    with pytest.raises(IndexStorageError, match="keeps changing; try again"):
        open_index(str(tmp_path))


def test_opening_while_others_commit_sees_whole_commits(tmp_path: Path) -> None:
    commit(tmp_path, 0)
    ended = threading.Event()

    def write() -> None:
        for number in range(1, 20):
            commit(tmp_path, number)
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    sizes = []
    while not ended.is_set():
        sizes.append(sum(segment.entry.live_count for segment in open_index(str(tmp_path))))
    thread.join()
    assert sizes == sorted(sizes)
    assert sum(segment.entry.live_count for segment in open_index(str(tmp_path))) == 20


@pytest.mark.parametrize("damaged", ["*.documents", "*.toc"])
def test_a_refused_index_holds_no_file_open(tmp_path: Path, damaged: str) -> None:
    commit(tmp_path, 0)
    commit(tmp_path, 1)
    next(tmp_path.glob(damaged)).write_bytes(b"?" * 100)
    gc.disable()
    try:
        with suppress(DamagedIndexError, NotAnIndexError):
            open_index(str(tmp_path))
        maps = Path(f"/proc/{os.getpid()}/maps")  # only Linux has it
        assert not maps.exists() or str(tmp_path) not in maps.read_text()
    finally:
        gc.enable()


def test_there_is_no_index_until_its_first_commit(tmp_path: Path) -> None:
    """Nobody is told that no paper matches while the papers are still being read."""
    directory = str(tmp_path / "index")
    asked = (searcher.open, searcher.check, searcher.repair)
    with index.open_writer(directory) as writer:
        for ask in asked:
            with pytest.raises(NotAnIndexError, match="a build has begun and has not ended; wait"):
                ask(directory)
        writer.add([Copy.of(Paper("p", "Slow Rivers", sources=(Source("/papers", 1),)))], ())
        writer.commit()
        with searcher.open(directory) as papers:
            assert len(papers) == 1
