"""The writer: what is committed is found, what is not leaves nothing, and segments stay few.

The papers are invented.
"""

import errno
import fcntl
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import permutations
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from whoosh import index as whoosh_index
from whoosh.query import Term

import searcher
from index import (
    ClosedError,
    IndexLockedError,
    IndexStorageError,
    NotAnIndexError,
    Paper,
    Source,
    open_writer,
)
from index.errors import DamagedIndexError
from index.paper import Copy
from index.writers import lock
from index.writers.committed import open_dry_writer
from index.writers.port import Writer
from tests.writing import BATCH, add, commit, delete, entry_of, paper


def segments(directory: Path) -> list[Any]:
    """Return Whoosh's handles of the segments, after looking that their files are all there is."""
    index = whoosh_index.open_dir(str(directory))
    listed: list[Any] = index._segments()
    assert set(os.listdir(directory)) == {
        f"_MAIN_{index.latest_generation()}.toc",
        "MAIN_WRITELOCK",
        *(segment.make_filename(of) for segment in listed for of in (".postings", ".documents")),
    }
    return listed


def found(directory: Path, field: str = "id", term: str | None = None) -> set[str]:
    """Return the ids of the papers that Whoosh's Searcher finds by a term, or by their own ids."""
    with whoosh_index.open_dir(str(directory)).searcher() as whoosh_searcher:
        if term is not None:
            results = whoosh_searcher.search(Term(field, term), limit=None)
            return {hit["id"] for hit in results}
        ids = {fields["id"] for fields in whoosh_searcher.documents()}
        for one in ids:
            (hit,) = whoosh_searcher.search(Term("id", one), limit=None)
            assert hit["id"] == one
        return ids


def answers(directory: Path) -> list[Any]:
    """Return what the search side answers to some queries, scores and all."""
    queries = [
        "rivers",
        "deep lakes",
        '"slow rivers"',
        'author:"Bo Han" models -seas',
        "*",
        "title:p*",
    ]
    with searcher.open(directory) as papers:
        pages = [papers.search(query, limit=30, facets=["category", "year"]) for query in queries]
        return [
            ([(hit.id, hit.score, hit.title) for hit in page.hits], page.total, page.facets)
            for page in pages
        ]


def contents(directory: Path) -> dict[str, bytes]:
    """Return every file of an index but the lock."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if "LOCK" not in path.name}


# Commits


def test_papers_are_found_after_each_step(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1), paper(2))
    assert found(directory) == {"p1", "p2"}
    commit(directory, paper(3))
    assert found(directory) == found(directory, "authors", "bo") == {"p1", "p2", "p3"}
    with open_writer(str(directory)) as writer:
        assert writer.paper_count == 3
        writer.delete(entry_of(writer, "p1"))
        writer.delete(entry_of(writer, "p3"))
        writer.commit()
    assert found(directory) == {"p2"}
    commit(directory, paper(2, extra="corrected"))
    assert found(directory) == found(directory, "title", "correct") == {"p2"}
    delete(directory, "p2")
    assert found(directory) == set()
    assert segments(directory) == []
    commit(directory, paper(1))
    assert found(directory) == {"p1"}
    assert len(segments(directory)) == 1


def test_a_writer_answers_from_what_was_committed(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1, "/a"), paper(2, "/b"))
    commit(directory, paper(3, "/a"))
    with open_writer(str(directory)) as writer:
        add(writer, paper(4, "/c"), paper(1, "/a", "changed"))
        writer.delete(entry_of(writer, "p2"))
        assert writer.paper_count == 3
        assert writer.entries(["p4"]).get("p4") is None
        assert list(writer.files()) == ["/a", "/b"]
        assert [one for one, _ in writer.papers_from("/a")] == ["p1", "p3"]
        assert [one for one, _ in writer.papers_from("/c")] == []
        assert writer.copies(entry_of(writer, "p1")) == [paper(1, "/a")]
        assert entry_of(writer, "p2").hashes == {"/b": Copy.of(paper(2, "/b")).hash}
        writer.commit()
    with open_writer(str(directory)) as writer:
        assert list(writer.files()) == ["/a", "/c"]
        assert writer.copies(entry_of(writer, "p1")) == [paper(1, "/a", "changed")]


@pytest.mark.parametrize("count", [1, BATCH])
def test_changes_after_a_commit_are_refused(tmp_path: Path, count: int) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(10_000))
    with open_writer(str(directory)) as writer:
        entry = entry_of(writer, "p10000")
        add(writer, *map(paper, range(count)))
        writer.commit()
        changes: tuple[Callable[[], object], ...] = (
            writer.commit,
            lambda: add(writer, paper(count)),
            lambda: writer.delete(entry),
        )
        for change in changes:
            with pytest.raises(ClosedError, match=r"has committed.*open another"):
                change()
    assert found(directory) == {"p10000", *(f"p{number}" for number in range(count))}
    assert len(segments(directory)) == 2
    assert not building_processes()


@settings(
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 9), st.text("xyz ", max_size=5), max_size=4),
            st.sets(st.integers(0, 9), max_size=3),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_any_history_leaves_what_a_dict_would(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[dict[int, str], set[int], bool]],
) -> None:
    directory = tmp_path_factory.mktemp("history") / "index"
    model: dict[str, Paper] = {}
    has_index = False
    for added, deleted, is_committed in history:
        with open_writer(str(directory)) as writer:
            assert writer.paper_count == len(model)
            changed = {f"p{number}": paper(number, extra=text) for number, text in added.items()}
            gone = {f"p{number}" for number in deleted} & model.keys() - changed.keys()
            add(writer, *changed.values())
            for one in sorted(gone):
                writer.delete(entry_of(writer, one))
            if is_committed:
                writer.commit()
                model = {one: of for one, of in {**model, **changed}.items() if one not in gone}
            has_index = has_index or is_committed
        assert directory.exists() == has_index
        if has_index:
            segments(directory)
            assert found(directory) == set(model)
    with open_writer(str(directory)) as writer:
        for one, expected in model.items():
            assert writer.copies(entry_of(writer, one)) == [expected]


# Segments


def test_many_small_commits_leave_few_files(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    counts = []
    for number in range(70):
        commit(directory, paper(number))
        counts.append(len(segments(directory)))
    assert max(counts) == 14  # 7 of one paper and 7 of eight
    assert counts[63] == 1  # those of one paper merge, and then those of eight
    assert [segment.doc_count() for segment in segments(directory)] == [64, 1, 1, 1, 1, 1, 1]
    assert found(directory) == {f"p{number}" for number in range(70)}
    at_once = tmp_path / "at once"
    commit(at_once, *map(paper, range(70)))
    assert answers(directory) == answers(at_once)


def test_a_mostly_deleted_segment_is_rewritten(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory, *map(paper, range(20)))
    before = contents(directory)
    delete(directory, *(f"p{number}" for number in range(10)))
    (half,) = segments(directory)
    assert (half.doc_count_all(), half.deleted_count()) == (20, 10)
    assert before.keys() & contents(directory).keys() == before.keys() - {"_MAIN_1.toc"}
    delete(directory, "p10")
    (rewritten,) = segments(directory)
    assert (rewritten.doc_count_all(), rewritten.deleted_count()) == (9, 0)
    assert found(directory) == {f"p{number}" for number in range(11, 20)}
    assert found(directory, "source", "/papers.jsonl") == found(directory)


def test_little_memory_makes_more_segments_and_the_same_answers(tmp_path: Path) -> None:
    papers = [paper(number) for number in range(3 * BATCH)]
    for name, memory_bytes in (("large", 1 << 30), ("small", 1)):
        commit(tmp_path / name, *papers, memory_bytes=memory_bytes)
    assert len(segments(tmp_path / "large")) == 1
    assert [segment.doc_count() for segment in segments(tmp_path / "small")] == [BATCH] * 3
    assert found(tmp_path / "small") == {one.id for one in papers}
    assert answers(tmp_path / "small") == answers(tmp_path / "large")


def test_the_order_of_papers_and_files_is_no_matter(tmp_path: Path) -> None:
    files = {
        name: [paper(number, f"/{name}") for number in range(start, 30, 3)]
        for start, name in enumerate("abc")
    }
    given_answers = []
    for order in permutations(files):
        directory = tmp_path / "-".join(order)
        for name in order:
            commit(directory, *random.Random(order[0]).sample(files[name], len(files[name])))
        given_answers.append(answers(directory))
    assert all(of == given_answers[0] for of in given_answers)


class CountedBytes(bytes):
    """Bytes that add up how many of them have been asked for, over all files."""

    asked = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        CountedBytes.asked += len(part) if isinstance(part, bytes) else 1
        return part


def test_an_update_reads_little_of_a_large_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "index"
    commit(directory, *map(paper, range(3_000)))
    (large,) = segments(directory)
    size = sum(len(file) for name, file in contents(directory).items() if "toc" not in name)
    monkeypatch.setattr(
        "index.segments.opening.map_file", lambda path: CountedBytes(Path(path).read_bytes())
    )
    CountedBytes.asked = 0
    commit(directory, paper(1_234, extra="corrected"))
    assert 0 < CountedBytes.asked < size / 4
    monkeypatch.undo()
    assert segments(directory)[0].segid == large.segid
    assert found(directory, "title", "correct") == {"p1234"}
    assert found(directory, "title_exact", "1234") == {"p1234"}


# Failures


@contextmanager
def nothing_changes(directory: Path) -> Iterator[None]:
    """Assert that the index is as it was, to the byte, after what happens in the block."""
    before = contents(directory)
    yield
    assert contents(directory) == before
    segments(directory)
    commit(directory, paper(9_999))  # nobody holds the lock
    assert "p9999" in found(directory)


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, 3 * BATCH + 1])
def test_a_block_that_fails_leaves_nothing(tmp_path: Path, count: int) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(10_000))

    def fail() -> None:
        with open_writer(str(directory), memory_bytes=1) as writer:
            add(writer, *map(paper, range(count)))
            writer.delete(entry_of(writer, "p10000"))
            raise ZeroDivisionError

    with nothing_changes(directory), pytest.raises(ZeroDivisionError):
        fail()
    assert not building_processes()


@pytest.mark.parametrize("count", [1, 3 * BATCH + 1])
def test_a_block_without_a_commit_leaves_nothing(tmp_path: Path, count: int) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(10_000))
    with nothing_changes(directory), open_writer(str(directory), memory_bytes=1) as writer:
        add(writer, *map(paper, range(count)))
        writer.delete(entry_of(writer, "p10000"))
    assert not building_processes()


@pytest.mark.parametrize("count", [0, 1, BATCH + 1])
def test_an_index_created_for_a_block_that_fails_is_removed(tmp_path: Path, count: int) -> None:
    def interrupt() -> None:
        with open_writer(str(tmp_path / "index")) as writer:
            add(writer, *map(paper, range(count)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [0, 1, BATCH + 1])
def test_a_folder_that_was_there_stays_when_a_block_fails(tmp_path: Path, count: int) -> None:
    def fail() -> None:
        with open_writer(str(tmp_path)) as writer:
            add(writer, *map(paper, range(count)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
    commit(tmp_path, paper(1))
    assert found(tmp_path) == {"p1"}


@pytest.mark.parametrize("count", [0, 1, BATCH + 1])
@pytest.mark.parametrize("folder", ["index", "folders/of/index"])
def test_a_new_index_that_nothing_is_committed_to_is_removed(
    tmp_path: Path, folder: str, count: int
) -> None:
    with open_writer(str(tmp_path / folder)) as writer:
        add(writer, *map(paper, range(count)))
    assert list(tmp_path.iterdir()) == []


def test_only_the_folders_that_were_made_are_removed(tmp_path: Path) -> None:
    (tmp_path / "folders").mkdir()
    with open_writer(str(tmp_path / "folders" / "of" / "index")):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["folders"]
    with open_writer(str(tmp_path / "folders" / "of" / "index")):
        (tmp_path / "folders" / "of" / "notes.txt").write_text("somebody else's")
    assert {path.name for path in tmp_path.rglob("*")} == {"folders", "of", "notes.txt"}


def test_an_empty_index_that_was_committed_stays(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory)
    with nothing_changes(directory), open_writer(str(directory)) as writer:
        add(writer, paper(1))


@pytest.mark.parametrize("name", ["notes.txt", "MAIN_0123456789abcdef.postings"])
def test_a_folder_of_other_files_is_refused_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("kept", encoding="utf-8")
    with pytest.raises(NotAnIndexError, match="holds files but no index"):
        commit(tmp_path, paper(1))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_killed_writer_began_is_no_hindrance(tmp_path: Path) -> None:
    for name in ("MAIN_WRITELOCK", "_MAIN_0.toc.new"):
        (tmp_path / name).write_bytes(b"")
    commit(tmp_path, paper(1))
    assert len(segments(tmp_path)) == 1
    assert found(tmp_path) == {"p1"}


def building_processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any("index.building.process" in word for word in child.cmdline())
    ]


def of_other_process(writer: Any) -> Any:
    return writer._builder._other


@pytest.mark.parametrize("more", [0, 1, 2 * BATCH], ids="{} papers after it".format)
def test_the_other_process_killed_is_an_error(tmp_path: Path, more: int) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(10_000))

    def write() -> None:
        with open_writer(str(directory)) as writer:
            add(writer, *map(paper, range(BATCH)))
            (process,) = building_processes()
            assert of_other_process(writer).is_ready(wait=True)
            os.kill(process.pid, signal.SIGKILL)
            add(writer, *map(paper, range(BATCH, BATCH + more)))
            writer.commit()

    with nothing_changes(directory), pytest.raises(IndexStorageError) as caught:
        write()
    assert str(directory) in str(caught.value)
    assert "the building process ended with code -9" in str(caught.value)


@contextmanager
def largest_file(byte_count: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full; this binds root as well."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("count", [1, BATCH + 1], ids=["this process", "the other process"])
def test_a_full_disk_is_told(tmp_path: Path, count: int) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(10_000))
    with (
        nothing_changes(directory),
        pytest.raises(IndexStorageError) as caught,
        largest_file(500),
    ):
        commit(directory, *map(paper, range(count)))
    assert str(caught.value).startswith(f"{directory}: cannot write the index (File too large)")


def test_a_disk_too_full_for_the_table_of_contents_is_told(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1), paper(2))
    with nothing_changes(directory), pytest.raises(IndexStorageError), largest_file(500):
        delete(directory, "p1")


def test_a_disk_too_full_for_a_new_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(IndexStorageError), largest_file(100):
        commit(tmp_path / "index", paper(1))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for directory in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises((IndexStorageError, NotAnIndexError), match="file"):
            commit(directory, paper(1))


def test_damage_met_while_merging_leaves_the_old_index(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    for number in range(7):
        commit(directory, paper(number))
    path = next(iter(sorted(directory.glob("*.documents"))))
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2] ^= 1
    path.write_bytes(bytes(stored))
    before = contents(directory)
    with pytest.raises(DamagedIndexError, match=path.name):
        commit(directory, paper(7))
    assert contents(directory) == before


@pytest.mark.parametrize("extension", [".postings", ".documents"])
def test_a_missing_file_is_told(tmp_path: Path, extension: str) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1))
    (path,) = directory.glob(f"*{extension}")
    path.unlink()
    before = contents(directory)
    for _ in range(2):  # and the lock is free again
        with pytest.raises(DamagedIndexError) as caught:
            commit(directory, paper(2))
        assert str(caught.value).startswith(f"{path}: the file is missing; run: ")
        assert contents(directory) == before


@pytest.mark.parametrize("is_committed", [True, False])
def test_unfinished_tables_of_contents_of_killed_writers_are_removed(
    tmp_path: Path, is_committed: bool
) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1))
    for name in ("_MAIN_0.toc.new", "_MAIN_1.toc.new", "_MAIN_2.toc.new"):
        (directory / name).write_bytes(b"half a table")
    with open_writer(str(directory)) as writer:
        add(writer, paper(2))
        if is_committed:
            writer.commit()
    segments(directory)  # looks that no other file is there
    assert found(directory) == ({"p1", "p2"} if is_committed else {"p1"})


def test_a_new_table_is_on_disk_before_what_the_old_one_names_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "index"
    for number in range(7):
        commit(directory, paper(number))
    old = {path.name for path in directory.glob("MAIN_*.*")}
    synced: list[tuple[int, set[str]]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((os.fstat(descriptor).st_ino, set(os.listdir(directory))))

    monkeypatch.setattr("os.fsync", watched)
    commit(directory, paper(7))  # merges
    monkeypatch.undo()
    assert not old & contents(directory).keys()
    inodes = [inode for inode, _ in synced]
    # The eighth commit, and then that of the merge.
    table = inodes.index((directory / "_MAIN_9.toc").stat().st_ino)
    *_, folder, folder_again = (
        at for at, inode in enumerate(inodes) if inode == directory.stat().st_ino
    )
    segment_files = [inodes.index(path.stat().st_ino) for path in directory.glob("MAIN_*.*")]
    assert len(segment_files) == 2
    assert max(segment_files) < folder < table < folder_again
    assert all(old <= listed for _, listed in synced)


@pytest.mark.parametrize("call", ["os.fstat", "fcntl.flock"])
def test_a_lock_that_cannot_be_used_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0.2)
    commit(tmp_path, paper(1))
    with monkeypatch.context() as patch:
        patch.setattr(call, refuse)
        with pytest.raises(IndexStorageError, match="Input/output error") as caught:
            commit(tmp_path, paper(2))
    commit(tmp_path, paper(3))  # while the error, and all that it refers to, is still held
    assert caught.value.__traceback__
    assert found(tmp_path) == {"p1", "p3"}


def refuse(*_arguments: Any) -> Any:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_lock_that_cannot_be_unlocked_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, open_writer(str(tmp_path)) as writer:
        add(writer, paper(1))
        writer.commit()
        patch.setattr("fcntl.flock", refuse)
    commit(tmp_path, paper(2))
    assert found(tmp_path) == {"p1", "p2"}


def test_a_commit_that_cannot_clean_up_has_succeeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path, paper(1))
    with open_writer(str(tmp_path)) as writer, monkeypatch.context() as patch:
        add(writer, paper(2))
        patch.setattr("os.listdir", refuse)
        writer.commit()
    assert found(tmp_path) == {"p1", "p2"}
    assert (tmp_path / "_MAIN_1.toc").exists()
    commit(tmp_path, paper(3))
    segments(tmp_path)  # looks that no other file is there


def test_the_folders_of_a_new_index_are_on_disk_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "made" / "for" / "it"
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((os.fstat(descriptor).st_ino, any(directory.glob("*.toc"))))

    monkeypatch.setattr("os.fsync", watched)
    commit(directory, paper(1))
    for folder in (tmp_path, tmp_path / "made", tmp_path / "made" / "for"):
        assert (folder.stat().st_ino, False) in synced


def test_what_a_failed_sync_leaves_unsure_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path, paper(1))
    before = set(contents(tmp_path))
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        fsync(descriptor)
        if (tmp_path / "_MAIN_2.toc").exists():
            refuse()

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", failing)
        with pytest.raises(IndexStorageError, match="Input/output error"):
            commit(tmp_path, paper(2))
    assert before < set(contents(tmp_path))
    commit(tmp_path, paper(3))
    assert found(tmp_path) == {"p1", "p2", "p3"}
    segments(tmp_path)


def test_the_lock_of_a_killed_writer_is_free_when_its_builder_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import sys, index.writers.local\n"
        "from tests.writing import add, open_writer, paper, BATCH\n"
        f"with open_writer({str(tmp_path)!r}) as writer:\n"
        "    add(writer, *map(paper, range(BATCH)))\n"
        "    print(flush=True)\n"
        "    sys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        (builder,) = psutil.Process(process.pid).children()
        # Whoever may still write to it keeps it waiting.
        descriptor = os.open(f"/proc/{builder.pid}/fd/0", os.O_WRONLY)
        process.kill()
        process.wait()
    with monkeypatch.context() as patch:
        patch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0.2)
        with pytest.raises(IndexLockedError):
            commit(tmp_path, paper(1))
    os.close(descriptor)
    commit(tmp_path, paper(1))
    assert found(tmp_path) == {"p1"}
    segments(tmp_path)  # looks that no other file is there


def test_a_first_commit_stays_though_its_sync_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "index"

    def fail_once_published(_path: str) -> None:
        if (directory / "_MAIN_1.toc").exists():
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("index.segments.files.sync_folder", fail_once_published)
    with pytest.raises(IndexStorageError):
        commit(directory, paper(1))
    monkeypatch.undo()
    assert found(directory) == {"p1"}
    commit(directory, paper(2))
    assert found(directory) == {"p1", "p2"}
    segments(directory)


def test_large_papers_wait_only_as_long_as_few_bytes_do(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    large = [Paper(f"p{at}", "Rivers", words, sources=(Source("/f", at),)) for at in range(45)]
    with open_writer(str(tmp_path / "index"), 1 << 20) as writer:
        add(writer, *large)
        assert building_processes()
        writer.commit()
    assert len(found(tmp_path / "index")) == 45


# Several writers


def test_a_second_writer_is_refused_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0.2)
    directory = tmp_path / "index"
    with open_writer(str(directory)) as writer:
        add(writer, paper(1))
        with pytest.raises(IndexLockedError, match=r"another process.*run again") as caught:
            commit(directory, paper(2))
        assert f"{directory / 'MAIN_WRITELOCK'}" in str(caught.value)
        writer.commit()
    assert found(directory) == {"p1"}
    commit(directory, paper(2))
    assert found(directory) == {"p1", "p2"}


def test_a_second_writer_waits_and_sees_what_the_first_wrote(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    commit(directory, paper(1))
    counts: list[int] = []

    def second() -> None:
        with open_writer(str(directory)) as writer:
            counts.append(writer.paper_count)
            add(writer, paper(3))
            writer.commit()

    thread = threading.Thread(target=second)
    with open_writer(str(directory)) as writer:
        thread.start()
        add(writer, paper(2))
        writer.commit()
        assert counts == []
    thread.join()
    assert counts == [2]
    assert found(directory) == {"p1", "p2", "p3"}


@pytest.mark.parametrize("folder_exists", [False, True])
def test_a_second_writer_waits_for_a_first_that_fails(tmp_path: Path, folder_exists: bool) -> None:
    directory = tmp_path / "index"
    if folder_exists:
        directory.mkdir()
    counts: list[int] = []
    is_waiting = threading.Barrier(4)

    def wait_and_write(number: int) -> None:
        is_waiting.wait()
        with open_writer(str(directory)) as writer:
            counts.append(writer.paper_count)
            add(writer, paper(number))
            writer.commit()

    threads = [threading.Thread(target=wait_and_write, args=(number,)) for number in (1, 2, 3)]

    def fail() -> None:
        with open_writer(str(directory)) as writer:
            add(writer, paper(0))
            for thread in threads:
                thread.start()
            is_waiting.wait()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 1, 2]
    assert found(directory) == {"p1", "p2", "p3"}
    segments(directory)


def test_writers_that_fail_and_writers_that_commit_never_harm_each_other(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    errors: list[BaseException] = []

    def fail(number: int) -> None:
        with open_writer(str(directory)) as writer:
            add(writer, paper(number))
            raise ZeroDivisionError

    def write(number: int) -> None:
        try:
            if number % 5:
                with pytest.raises(ZeroDivisionError):
                    fail(number)
            else:
                commit(directory, paper(number))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20, 0, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert found(directory) == {f"p{number}" for number in (5, 10, 15, 20)}
    segments(directory)


class Meddler:
    """Another writer: it begins before a system call of this thread, and gives up before another.

    In between it has the lock, and its new index is there.
    """

    def __init__(self, directory: Path, begins: int, gives_up: int) -> None:
        self._directory = directory
        self._begins = begins
        self._gives_up = gives_up
        self._writing = ExitStack()
        self.calls = 0

    def __enter__(self) -> "Meddler":
        sys.setprofile(self._watch)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        self._writing.close()

    def _watch(self, _: FrameType, event: str, function: Any) -> None:
        is_writing = self._begins <= self.calls < self._gives_up
        if event == "c_return" and function is fcntl.flock and not is_writing:
            sys.setprofile(None)  # this thread has the lock
        if event == "c_call" and getattr(function, "__module__", None) in ("posix", "fcntl"):
            self.calls += 1
            if self.calls == self._begins:
                self._writing.enter_context(open_writer(str(self._directory)))
            if self.calls == self._gives_up:
                self._writing.close()


@pytest.mark.parametrize("folders", ["index", "new/folders/index"])
@pytest.mark.parametrize("opening", [open_writer, open_dry_writer])
def test_a_writer_may_give_up_its_new_index_at_any_moment_of_another(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opening: Callable[[str], AbstractContextManager[Writer]],
    folders: str,
) -> None:
    monkeypatch.setattr(lock, "_DELAY_SECONDS", 0.0001)
    directory = tmp_path / folders
    with Meddler(directory, -1, -1) as alone, opening(str(directory)):
        sys.setprofile(None)
    assert alone.calls > 3
    for begins in range(1, alone.calls + 1):
        for gives_up in range(begins + 1, begins + 4):
            with Meddler(directory, begins, gives_up), opening(str(directory)) as writer:
                sys.setprofile(None)
                assert writer.entries(["p1"]) == {}
            assert not directory.exists() or list(directory.iterdir()) == []


def test_a_dry_run_takes_a_build_that_was_stopped_at_its_start_for_no_papers(
    tmp_path: Path,
) -> None:
    with open_writer(str(tmp_path)), open_dry_writer(str(tmp_path)) as writer:
        assert writer.entries(["p1"]) == {}


def test_readers_keep_what_they_opened(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    for number in range(7):
        commit(directory, paper(number))
    with whoosh_index.open_dir(str(directory)).searcher() as old:
        commit(directory, paper(7))  # merges, and deletes the files of the seven
        assert len(segments(directory)) == 1
        assert old.doc_count() == 7
        assert {hit["id"] for hit in old.search(Term("authors", "han"))} == {
            f"p{number}" for number in range(7)
        }


# The other process


def test_the_other_process_takes_no_module_from_the_folder_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("index", "json", "numpy", "whoosh"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commit(Path("papers"), *map(paper, range(BATCH + 1)))
    assert len(found(Path("papers"))) == BATCH + 1


def test_modules_named_relatively_are_found_by_the_other_process(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    program = (
        "from index import Paper, Source, open_writer\n"
        "from index.paper import Copy\n"
        f"with open_writer({str(tmp_path / 'papers')!r}) as writer:\n"
        f"    for number in range({BATCH + 1}):\n"
        "        paper = Paper(f'p{number}', 'Slow', sources=(Source('/f', 1),))\n"
        "        writer.add([Copy.of(paper)], ())\n"
        "    writer.commit()\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
    assert len(found(tmp_path / "papers")) == BATCH + 1


def test_an_interrupt_from_the_keyboard_reaches_the_caller_only(tmp_path: Path) -> None:
    with open_writer(str(tmp_path / "index")) as writer:
        add(writer, *map(paper, range(BATCH)))
        (process,) = building_processes()
        assert os.getpgid(process.pid) != os.getpgid(0)
        writer.commit()
    assert len(found(tmp_path / "index")) == BATCH
