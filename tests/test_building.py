"""Building: a process of its own writes what this process would, to the byte, and ends cleanly.

The papers are invented.
"""

import marshal
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import psutil
import pytest

import searcher
from index.building.process import _MAIN, Builder, ProcessBuilder, SegmentBuilder
from index.paper import Paper, Source
from tests.conftest import ROOT, write_jsonl

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


@pytest.mark.parametrize(
    ("batch_count", "memory_bytes"),
    [
        (0, LARGE_MEMORY),
        (1, 1),
        *product([4, MANY_BATCHES], [1, 2_000, LARGE_MEMORY]),
        (5, 2_000),
    ],
)
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
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-P", "-c", _MAIN, str(tmp_path), "1", str(writing), *sys.path],
        input=len(end).to_bytes(8) + end,
        capture_output=True,
        pass_fds=[writing],
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


# Where Python cannot be started again


PAPERS = 600
"""More than one process would start another for."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = (
        {
            "id": f"x{number}",
            "title": f"Slow rivers {number}",
            "abstract": f"Model {number % 7}.",
            "authors": ["Ann Poe"],
            "year": 2020,
        }
        for number in range(PAPERS)
    )
    return write_jsonl(tmp_path_factory.mktemp("seeds") / "papers.jsonl", *records)


@pytest.fixture(scope="module")
def expected(seeds: Path) -> list[bytes]:
    directory = seeds.with_name("index")
    assert searcher.build(directory, [seeds]).notes == ()
    return segment_bytes(directory)


def segment_bytes(directory: Path) -> list[bytes]:
    """Return the bytes of an index's segments, whose names are drawn by the system."""
    paths = [*directory.glob("*.documents"), *directory.glob("*.postings")]
    assert len(paths) == 2
    return [path.read_bytes() for path in paths]


def script(path: Path, text: str) -> str:
    """Write a program of the shell, and return its path."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


NO_PYTHON = {
    "none": None,
    "empty": "",
    "nothing there": "/nowhere/python",
    "a folder": "/",
    "no program": __file__,
    "ends at once": "/bin/true",
    "never stops reading": "exec cat",
    "prints and fails": "echo '\"ready\"'; exit 3",
    "never answers": "sleep 1000 & wait",
    "never reads and never answers": "exec sleep 1000",
}


@pytest.mark.parametrize("kind", NO_PYTHON)
def test_without_an_interpreter_this_process_builds_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seeds: Path,
    expected: list[bytes],
    kind: str,
) -> None:
    executable = NO_PYTHON[kind]
    if executable and not executable.startswith("/"):
        executable = script(tmp_path / "program", executable)
    if kind.startswith("never"):
        monkeypatch.setattr("index.building.process._START_SECONDS", 0.2)
    others = psutil.Process().children()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", executable)
        summary = searcher.build(tmp_path / "index", [seeds])
    assert segment_bytes(tmp_path / "index") == expected
    (note,) = summary.notes
    assert note.file == str(tmp_path / "index")
    assert note.reason.startswith("built in one process, which takes longer: ")
    assert (executable or "sys.executable") in note.reason
    assert summary.problems == ()
    assert psutil.Process().children() == others
    again = searcher.build(tmp_path / "index", [seeds])
    assert (again.unchanged, again.notes) == (PAPERS, ())


def test_a_repair_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: Path) -> None:
    searcher.build(tmp_path / "index", [seeds])
    (postings,) = (tmp_path / "index").glob("*.postings")
    postings.unlink()
    monkeypatch.setattr(sys, "executable", None)
    done = searcher.repair(tmp_path / "index")
    assert (done.is_complete, done.rescued, len(done.notes)) == (True, PAPERS, 1)


# An application whose interpreter is the application itself. Each start has an index of its own.
APPLICATION = """
import os, sys
program, frozen, seeds = sys.argv[1:4]
with open(f"{program}.starts", "a") as file:
    print(os.getpid(), file=file)
sys.executable = program
if frozen:
    sys.frozen = True
import searcher
for note in searcher.build(f"{program}.{os.getpid()}", [seeds]).notes:
    print(note.reason)
"""


@pytest.mark.parametrize(("frozen", "starts"), [("yes", 1), ("", 2)], ids=["frozen", "unmarked"])
def test_an_application_does_not_start_itself_without_end(
    tmp_path: Path, seeds: Path, expected: list[bytes], frozen: str, starts: int
) -> None:
    (tmp_path / "main.py").write_text(APPLICATION)
    path = tmp_path / "application"
    # Whatever the arguments, it does what it is for.
    command = [sys.executable, str(tmp_path / "main.py"), str(path), frozen, str(seeds)]
    program = script(path, f"exec {shlex.join(command)}")
    ended = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("built in one process")
    assert len(ended.stdout.splitlines()) == 1
    ids = Path(f"{path}.starts").read_text().split()
    assert len(ids) == starts
    assert [segment_bytes(Path(f"{path}.{one}")) for one in ids] == [expected] * starts


SITE = """
import atexit, sys
print("this site greets", flush=True)
atexit.register(print, '{"segments": []}')
"""
BUILD = """
import sys
sys.path.insert(0, sys.argv[1])
import searcher
print(searcher.build(*sys.argv[2:]).notes)
"""


def test_what_an_interpreter_prints_is_not_taken_for_answers(
    tmp_path: Path, seeds: Path, expected: list[bytes]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    ended = subprocess.run(
        [sys.executable, "-c", BUILD, str(ROOT), str(tmp_path / "index"), str(seeds)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
    )
    assert segment_bytes(tmp_path / "index") == expected
    # Printed once, by the caller's own interpreter.
    assert ended.stdout.splitlines() == ["this site greets", "()", '{"segments": []}']
    assert ended.stderr == ""


def test_modules_in_a_folder_with_a_colon_are_those_of_both_processes(
    tmp_path: Path, seeds: Path, expected: list[bytes]
) -> None:
    modules, marks = tmp_path / "lib:3.0", tmp_path / "marks"
    marks.mkdir()
    for package in ("index", "searcher"):
        shutil.copytree(ROOT / package, modules / package)
    with open(modules / "index" / "building" / "inversion.py", "a", encoding="utf-8") as file:
        file.write(f"\nimport os\nos.mkdir(f'{marks}/{{os.getpid()}}')\n")
    command = [sys.executable, "-c", BUILD, str(modules), str(tmp_path / "index"), str(seeds)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert (ended.stdout, ended.stderr) == ("()\n", "")
    assert segment_bytes(tmp_path / "index") == expected
    assert len(list(marks.iterdir())) == 2
