"""Merges after a commit: its papers are in first, and whoever else writes need not wait."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import searcher
from index import Summary, open_writer
from index.segments.contents import SegmentEntry
from index.segments.opening import open_index
from index.writers.local import _choose_merge
from tests.writing import add, commit, paper

Callback = Callable[[str, int, int], None]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an index of seven segments; the next commit makes eight, which are merged."""
    for number in range(7):
        commit(tmp_path / "index", *map(paper, range(20 * number, 20 * number + 20)))
    return tmp_path / "index"


def at_merging(act: Callable[[], Any]) -> Callback:
    """Return what acts when the first merge begins."""

    def on_progress(stage: str, done: int, total: int) -> None:
        if (stage, done, total) == ("merging", 0, 1):
            act()

    return on_progress


def written(directory: Path, on_progress: Callback) -> None:
    with open_writer(str(directory)) as writer:
        add(writer, *map(paper, range(140, 160)))
        writer.commit(on_progress)
        writer.merge(on_progress)


def segments(directory: Path) -> list[int]:
    return [segment.entry.live_count for segment in open_index(str(directory))]


def names(directory: Path) -> set[str]:
    """Return the names of all files but the lock."""
    return {path.name for path in directory.iterdir()} - {"MAIN_WRITELOCK"}


def holds_nothing_else(directory: Path) -> bool:
    report = searcher.check(directory)
    return report.is_sound and not report.notes


def test_papers_are_found_before_a_merge(directory: Path) -> None:
    before: list[Any] = []

    def look() -> None:
        assert holds_nothing_else(directory)
        with searcher.open(directory) as papers:
            before.append((len(papers), [hit.id for hit in papers.search("rivers")]))

    written(directory, at_merging(look))
    assert segments(directory) == [160]
    with searcher.open(directory) as papers:
        assert before == [(160, [hit.id for hit in papers.search("rivers")])]
    assert holds_nothing_else(directory)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_merge_that_is_stopped_loses_nothing(directory: Path, error: type[BaseException]) -> None:
    def stop() -> None:
        raise error

    with pytest.raises(error):
        written(directory, at_merging(stop))
    assert segments(directory) == [20] * 8
    assert holds_nothing_else(directory)
    commit(directory, paper(160))
    assert segments(directory) == [160, 1]
    assert holds_nothing_else(directory)


def write_in_turn(directory: Path) -> threading.Thread:
    """Let another thread write a paper, and return it when it waits for its turn."""
    thread = threading.Thread(target=commit, args=(directory, paper(200)))
    thread.start()
    while not is_awaited(directory):
        assert thread.is_alive()
    return thread


def is_awaited(directory: Path) -> bool:
    folder = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
    return False


def test_a_merge_is_not_begun_if_a_writer_waits(directory: Path) -> None:
    with open_writer(str(directory)) as writer:
        add(writer, *map(paper, range(140, 160)))
        writer.commit()
        before = names(directory)
        thread = write_in_turn(directory)
        steps: list[tuple[str, int, int]] = []
        writer.merge(lambda *step: steps.append(step))
        assert steps == []
        assert names(directory) == before
    thread.join()
    assert segments(directory) == [160, 1]
    assert holds_nothing_else(directory)


def test_a_merge_is_given_up_if_a_writer_waits(directory: Path) -> None:
    threads: list[threading.Thread] = []
    with open_writer(str(directory)) as writer:
        add(writer, *map(paper, range(140, 160)))
        writer.commit()
        before = names(directory)
        writer.merge(at_merging(lambda: threads.append(write_in_turn(directory))))
        assert names(directory) >= before
        assert segments(directory) == [20] * 8
    threads[0].join()
    assert segments(directory) == [160, 1]
    assert holds_nothing_else(directory)


def merged(directory: Path) -> list[int]:
    """Merge what there is to merge, and return how many papers each segment has."""
    with open_writer(str(directory)) as writer:
        writer.merge()
    return segments(directory)


def test_a_merge_is_finished_though_somebody_always_waits(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.writers.local._MOST_GIVEN_UP", 3)
    folder = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_SH)  # as each writer that waits has it
        written(directory, lambda *_: None)
        for _ in range(2):
            assert merged(directory) == [20] * 8
        assert merged(directory) == [160]
        # Then merges give way again, but for those of which none was given up for long.
        for number in range(160, 167):
            commit(directory, paper(number))
        assert merged(directory) == [160, *[1] * 7]
        commit(directory, paper(167))
        for _ in range(2):
            assert merged(directory) == [160, *[1] * 8]
        assert merged(directory) == [160, 8]
    finally:
        os.close(folder)
    assert holds_nothing_else(directory)


@pytest.mark.parametrize(
    ("fitting", "expected"),
    [
        (20, [160]),
        (7.5, [140, 20]),
        (2.5, [40, *[20] * 6]),
        (1.5, [20] * 8),
    ],
)
def test_no_segment_becomes_too_large(
    directory: Path, monkeypatch: pytest.MonkeyPatch, fitting: float, expected: list[int]
) -> None:
    sizes = [
        (directory / segment.entry.files[0]).stat().st_size
        for segment in open_index(str(directory))
    ]
    most = int(max(sizes) * fitting)
    monkeypatch.setattr("index.writers.local._MOST_MERGED_BYTES", most)
    written(directory, lambda *_: None)
    assert segments(directory) == expected
    assert holds_nothing_else(directory)


def test_what_fits_is_merged_beside_what_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def bytes_of(entry: SegmentEntry) -> int:
        return entry.document_count

    monkeypatch.setattr("index.writers.local._MOST_MERGED_BYTES", 70)
    entries = [
        SegmentEntry(str(number), count)
        for number, count in enumerate([63, 10, 60, 12, 11, 61, 62, 9, 100])
    ]
    chosen = _choose_merge(entries, bytes_of)
    assert [entry.document_count for entry in chosen] == [10, 12, 11, 9]


def test_the_summary_comes_before_the_merge(directory: Path, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text('{"title": "Slow Rivers"}\n' * 5 + '{"title": "Deep Seas"}\n')
    told: list[tuple[Summary, int]] = []
    summary = searcher.build(
        directory, [seeds], on_committed=lambda one: told.append((one, len(segments(directory))))
    )
    assert told == [(summary, 8)]
    # Two papers are not of the size of twenty.
    assert segments(directory) == [20] * 7 + [2]
    again = searcher.build(directory, [seeds], on_committed=lambda one: told.append((one, 0)))
    assert told[1:] == [(again, 0)]
    assert (again.new, again.unchanged) == (0, 2)


PROGRAM = """
import os, signal, sys
from searcher.__main__ import main
import index.writers.local as local
# What runs the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
merge = local.merge_segments
def interrupted(*arguments, **options):
    os.kill(os.getpid(), signal.SIGINT)
    return merge(*arguments, **options)
local.merge_segments = interrupted
sys.argv[0] = "searcher"
main()
"""


def test_ctrl_c_after_the_summary_costs_the_merge_alone(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    for number in range(7):
        commit(directory, paper(number))
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text('{"title": "Slow Rivers"}\n')
    arguments = ["index", str(seeds), "--index", str(directory)]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 130
    assert "papers: 1 new" in ended.stdout
    assert segments(directory) == [1] * 8
    assert holds_nothing_else(directory)


def test_nothing_is_merged_that_is_not_committed(directory: Path) -> None:
    before = names(directory)
    with open_writer(str(directory)) as writer:
        add(writer, *map(paper, range(140, 160)))
        writer.merge()
    assert names(directory) == before
