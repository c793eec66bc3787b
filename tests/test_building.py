"""Building: a process of its own writes what this process would, to the byte, and ends cleanly.

The papers are invented.
"""

import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from index.building.process import Builder, ProcessBuilder, SegmentBuilder
from index.paper import Paper, Source

LARGE_MEMORY = 1 << 30
MANY_BATCHES = 30
"""More than the queue holds."""


def papers_of(number: int) -> list[Paper]:
    """Return one to four papers."""
    return [
        Paper(
            f"p{number}-{at}",
            f"Slow rivers {number}",
            f"We map na\u00efve \u8ad6\u6587 models-{at} of rivers.",
            authors=("Ann Author", f"Bo Han{at}"),
            year=2000 + at,
            score=at / 3,
            sources=(Source("/papers.jsonl", at + 1),),
        )
        for at in range(number % 4 + 1)
    ]


def add(builder: Builder, papers: Sequence[Paper]) -> None:
    builder.add(papers, [f"what is stored of {paper.id}".encode() for paper in papers])


def built(
    kind: type[ProcessBuilder] | type[SegmentBuilder],
    folder: Path,
    batches: Sequence[Sequence[Paper]],
    memory_bytes: int,
) -> list[tuple[int, bytes, bytes]]:
    """Return the document count and the two files of each segment that a builder writes."""
    folder.mkdir()
    builder: Builder = kind(str(folder), 1, memory_bytes)
    for papers in batches:
        add(builder, papers)
    segments = builder.finish()
    files = [[folder / file for file in segment.files] for segment in segments]
    assert sorted(folder.iterdir()) == sorted(path for of in files for path in of)
    return [
        (segment.document_count, postings.read_bytes(), documents.read_bytes())
        for segment, (postings, documents) in zip(segments, files, strict=True)
    ]


@pytest.mark.parametrize("memory_bytes", [1, 2_000, LARGE_MEMORY])
@pytest.mark.parametrize("batch_count", [0, 1, 4, 5, MANY_BATCHES])
def test_both_builders_write_the_same_bytes(
    tmp_path: Path, batch_count: int, memory_bytes: int
) -> None:
    batches = [papers_of(number) for number in range(batch_count)]
    here = built(SegmentBuilder, tmp_path / "here", batches, memory_bytes)
    there = built(ProcessBuilder, tmp_path / "there", batches, memory_bytes)
    assert here == there
    assert sum(count for count, _, _ in here) == sum(map(len, batches))
    if memory_bytes == 1:
        assert len(here) == batch_count
    elif memory_bytes == LARGE_MEMORY:
        assert len(here) == min(batch_count, 1)
    assert_nothing_runs()


@pytest.mark.parametrize("unpacked_bytes", [0, 1, 100])
def test_how_long_packing_waits_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpacked_bytes: int
) -> None:
    batches = [papers_of(number) for number in range(8)]
    at_the_end = built(ProcessBuilder, tmp_path / "end", batches, LARGE_MEMORY)
    monkeypatch.setattr("index.building.process._UNPACKED_BYTES", unpacked_bytes)
    assert built(ProcessBuilder, tmp_path / "soon", batches, LARGE_MEMORY) == at_the_end


@pytest.mark.parametrize("kind", [SegmentBuilder, ProcessBuilder])
@pytest.mark.parametrize("memory_bytes", [1, LARGE_MEMORY])
@pytest.mark.parametrize("batch_count", [0, 1, MANY_BATCHES])
def test_writing_the_last_segment_is_reported_step_by_step(
    tmp_path: Path,
    kind: type[ProcessBuilder] | type[SegmentBuilder],
    memory_bytes: int,
    batch_count: int,
) -> None:
    builder: Builder = kind(str(tmp_path), 1, memory_bytes)
    for number in range(batch_count):
        add(builder, papers_of(number))
    steps: list[tuple[int, int]] = []
    builder.finish(lambda done, total: steps.append((done, total)))
    if batch_count == 0 or memory_bytes == 1:  # all segments were written before
        assert steps == []
    else:
        total = steps[-1][1]
        assert steps == [(0, 0), *((done, total) for done in range(total + 1))]
        assert total > 10


@pytest.mark.parametrize("batch_count", [0, 1, MANY_BATCHES])
def test_a_cancelled_process_is_gone(tmp_path: Path, batch_count: int) -> None:
    builder = ProcessBuilder(str(tmp_path), 1, LARGE_MEMORY)
    for number in range(batch_count):
        add(builder, papers_of(number))
    builder.cancel()
    assert_nothing_runs()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("batch_count", [1, MANY_BATCHES])
def test_a_process_that_cannot_write_says_why(tmp_path: Path, batch_count: int) -> None:
    folder = tmp_path / "nowhere"
    builder = ProcessBuilder(str(folder), 1, 1)
    for number in range(batch_count):  # whoever adds does not wait for a process that has ended
        add(builder, papers_of(number))
    with pytest.raises(FileNotFoundError):
        builder.finish()
    assert_nothing_runs()


def test_a_cancelled_builder_in_this_process_writes_nothing(tmp_path: Path) -> None:
    builder = SegmentBuilder(str(tmp_path), 1, LARGE_MEMORY)
    add(builder, papers_of(3))
    builder.cancel()
    assert builder.finish() == []
    assert list(tmp_path.iterdir()) == []


def assert_nothing_runs() -> None:
    """Assert that no sending thread and no building process of this process is left."""
    assert [one for one in threading.enumerate() if one.daemon and "_send" in one.name] == []
    assert [
        child
        for child in psutil.Process(os.getpid()).children()
        if any("index.building.process" in word for word in child.cmdline())
    ] == []


def test_a_process_whose_parent_has_died_says_nothing(tmp_path: Path) -> None:
    end = marshal.dumps(None)
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from index.building.process import main; main()",
            str(tmp_path),
            "1",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(len(end).to_bytes(8) + end)
        process.stdin.close()
        assert process.stderr.read() == b""
