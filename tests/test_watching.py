"""Watching: after whatever happens to files and folders the index holds what they hold."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

import searcher
from index import IndexStorageError, MissingExtraError, Summary, open_writer, watch
from index.errors import BadRequestError
from tests.conftest import ROOT, write_jsonl

# What is waited for comes sooner, or the watching ends and the test fails.
MOST_WAITED = 60.0

Begin = Callable[..., Iterator[Summary]]


def paper(name: str) -> dict[str, str]:
    return {"id": name, "title": f"On the {name}", "abstract": f"The {name} is deep."}


def write(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_jsonl(path, *map(paper, names))


def replace(path: Path, *names: str) -> None:
    """Put another file in the place of one, as editors save."""
    os.replace(write(path.parent / f".{path.name}.new", *names), path)


@pytest.fixture
def stop() -> Iterator[Event]:
    """What ends the watching, at the latest when nobody should wait any more."""
    stop = Event()
    timer = Timer(MOST_WAITED, stop.set)
    timer.start()
    yield stop
    timer.cancel()


@pytest.fixture
def begin(index: Path, stop: Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begin to watch for one who does not wait as long as users do."""
    monkeypatch.setattr("index.watching.QUIET_SECONDS", 0.05)
    monkeypatch.setattr("index.watching._TICK_SECONDS", 0.05)
    with ExitStack() as ends:

        def begin(*paths: Path, into: Path = index, **options: Any) -> Iterator[Summary]:
            syncs = watch(into, paths, stop=stop, **options)
            ends.callback(syncs.close)  # type: ignore[attr-defined]
            return syncs

        yield begin


def held(index: Path) -> set[str]:
    with searcher.open(index) as papers:
        return {paper.id for paper in papers.all()}


# What happens to a folder that holds river.jsonl, deep/sea.jsonl and deep/bay.jsonl, and the papers
# that are in the index then. The second folder lies beside it.
CHANGES: dict[str, tuple[Callable[[Path, Path], object], set[str]]] = {
    "a file is written": (
        lambda folder, _: write(folder / "lake.jsonl", "lake"),
        {"river", "sea", "bay", "lake"},
    ),
    "a file is written again": (
        lambda folder, _: write(folder / "river.jsonl", "brook"),
        {"brook", "sea", "bay"},
    ),
    "a file is replaced": (
        lambda folder, _: replace(folder / "deep" / "sea.jsonl", "ocean"),
        {"river", "ocean", "bay"},
    ),
    "a file is renamed": (
        lambda folder, _: os.rename(folder / "river.jsonl", folder / "stream.jsonl"),
        {"river", "sea", "bay"},
    ),
    "a file is removed": (lambda folder, _: os.remove(folder / "river.jsonl"), {"sea", "bay"}),
    "a file is moved out": (
        lambda folder, beside: os.rename(folder / "deep" / "sea.jsonl", beside / "sea.jsonl"),
        {"river", "bay"},
    ),
    "a folder is moved in": (
        lambda folder, beside: os.rename(beside / "more", folder / "more"),
        {"river", "sea", "bay", "pond"},
    ),
    "a folder is renamed": (
        lambda folder, _: os.rename(folder / "deep", folder / "deeper"),
        {"river", "sea", "bay"},
    ),
    "a folder is made and filled": (
        lambda folder, _: write(folder / "a" / "b" / "c" / "lake.jsonl", "lake"),
        {"river", "sea", "bay", "lake"},
    ),
    # Nobody can tell it from a drive that is missing.
    "a folder is removed": (
        lambda folder, _: shutil.rmtree(folder / "deep"),
        {"river", "sea", "bay"},
    ),
}


@pytest.mark.parametrize(("change", "papers"), CHANGES.values(), ids=CHANGES)
def test_the_index_holds_what_the_folder_holds(
    begin: Begin,
    index: Path,
    seeds: Path,
    tmp_path: Path,
    change: Callable[[Path, Path], object],
    papers: set[str],
) -> None:
    write(seeds / "river.jsonl", "river")
    write(seeds / "deep" / "sea.jsonl", "sea")
    write(seeds / "deep" / "bay.jsonl", "bay")
    write(tmp_path / "beside" / "more" / "pond.jsonl", "pond")
    syncs = begin(seeds)
    assert next(syncs).new == 3
    change(seeds, tmp_path / "beside")
    next(syncs)
    assert held(index) == papers


def test_a_file_that_is_named_is_followed_whatever_is_put_in_its_place(
    begin: Begin, index: Path, seeds: Path
) -> None:
    file = write(seeds / "river.jsonl", "river")
    write(seeds / "other.jsonl", "other")
    syncs = begin(file)
    next(syncs)
    for name in ("brook", "stream", "lake"):
        replace(file, name)
        next(syncs)
        assert held(index) == {name}
    file.unlink()
    assert next(syncs).removed == 1


def test_a_folder_that_goes_and_comes_back_is_followed(
    begin: Begin, index: Path, seeds: Path, tmp_path: Path
) -> None:
    write(seeds / "river.jsonl", "river", "brook")
    syncs = begin(seeds)
    next(syncs)
    os.rename(seeds, tmp_path / "away")
    (gone,) = next(syncs).gone
    assert (gone.papers, gone.is_pruned) == (2, False)
    assert held(index) == {"river", "brook"}
    write(seeds / "river.jsonl", "river")
    next(syncs)
    assert held(index) == {"river"}
    write(seeds / "river.jsonl", "lake")
    next(syncs)
    assert held(index) == {"lake"}


def test_a_path_that_is_not_there_yet_is_waited_for(begin: Begin, index: Path, seeds: Path) -> None:
    syncs = begin(seeds / "later")
    (problem,) = next(syncs).problems
    assert problem.file == str(seeds / "later")
    write(seeds / "later" / "river.jsonl", "river")
    assert next(syncs).problems == ()
    assert held(index) == {"river"}


def test_what_no_build_reads_is_no_change(begin: Begin, seeds: Path) -> None:
    """The index itself, which each build writes, and hidden files."""
    write(seeds / "river.jsonl", "river")
    syncs = begin(seeds, into=seeds / "papers.index")
    next(syncs)
    write(seeds / ".hidden.jsonl", "hidden")
    write(seeds / ".git" / "lake.jsonl", "lake")
    (seeds / "papers.index" / "stray").touch()
    write(seeds / "sea.jsonl", "sea")
    after = next(syncs)
    assert (after.new, after.unchanged) == (1, 1)


def test_what_is_written_while_nobody_asks_is_seen(begin: Begin, index: Path, seeds: Path) -> None:
    write(seeds / "river.jsonl", "river")
    syncs = begin(seeds)
    next(syncs)
    write(seeds / "sea.jsonl", "sea")
    next(syncs)
    for name in ("lake", "pond"):
        write(seeds / f"{name}.jsonl", name)
    assert next(syncs).new == 2
    assert held(index) == {"river", "sea", "lake", "pond"}


def test_a_file_that_is_cut_is_a_problem_only_until_it_is_whole(
    begin: Begin, index: Path, seeds: Path
) -> None:
    file = write(seeds / "river.jsonl", "river", "brook")
    whole = file.read_bytes()
    syncs = begin(seeds)
    next(syncs)
    file.write_bytes(whole[:-9])
    assert len(next(syncs).problems) == 1
    file.write_bytes(whole)
    assert next(syncs).problems == ()
    file.write_bytes(b"")
    next(syncs)
    assert held(index) == {"river", "brook"}


def test_it_gives_way_to_another_writer_and_goes_on(
    begin: Begin, index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.writers.lock.LOCK_TIMEOUT_SECONDS", 0.1)
    write(seeds / "river.jsonl", "river")
    other, notes = ExitStack(), []

    def give_up(note: str) -> None:
        notes.append(note)
        other.close()

    syncs = begin(seeds, on_note=give_up)
    for name in ("brook", "lake"):
        other.enter_context(open_writer(str(index)))
        write(seeds / "river.jsonl", name)
        next(syncs)
        assert held(index) == {name}
    assert len(notes) == 2
    assert "another process has been writing" in notes[0]
    assert "tried again" in notes[0]


def test_a_disk_that_refuses_later_is_waited_for(
    begin: Begin, index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.sync.run import build

    refusals: list[IndexStorageError] = []
    notes: list[str] = []

    def refusing(*arguments: Any, **options: Any) -> Summary:
        if refusals:
            raise refusals.pop()
        return build(*arguments, **options)

    monkeypatch.setattr("index.watching.build", refusing)
    full = IndexStorageError(f"{index}: cannot write the index (No space left on device)")
    write(seeds / "river.jsonl", "river")
    refusals.append(full)
    with pytest.raises(IndexStorageError):
        next(begin(seeds))
    syncs = begin(seeds, on_note=notes.append)
    next(syncs)
    refusals += [full, full, full]
    write(seeds / "river.jsonl", "brook")
    next(syncs)
    assert held(index) == {"brook"}
    assert notes == [f"{full}; the build is tried again"]


def test_a_system_that_reports_nothing_is_looked_at(
    begin: Begin, index: Path, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_folders: str, **_options: object) -> Iterator[Any]:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("watchfiles.watch", refuse)
    monkeypatch.setattr("index.watching.LOOK_SECONDS", 0.05)
    notes: list[str] = []
    file = write(seeds / "river.jsonl", "river")
    syncs = begin(seeds, on_note=notes.append)
    next(syncs)
    for name in ("brook", "lake"):
        replace(file, name)
        next(syncs)
        assert held(index) == {name}
    (note,) = notes
    assert "watch limit reached" in note


class Reporter:
    """A system that reports nothing, and whose clock goes on by a quarter of a second each time."""

    def __init__(self, stop: Event, happens: Mapping[float, Callable[[], object]]) -> None:
        self.seconds = 100.0
        self._stop = stop
        self._happens = {100.0 + seconds: action for seconds, action in happens.items()}

    def clock(self) -> float:
        return self.seconds

    def __call__(self, *_folders: str, **_options: object) -> Iterator[set[Any]]:
        while not self._stop.is_set():
            self.seconds += 0.25
            action = self._happens.pop(self.seconds, None)
            if action:
                action()
            yield {(2, "/a/path")} if action else set()


def built_at(
    seeds: Path,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Mapping[float, Callable[[], object]],
    end: float,
) -> list[float]:
    """Return the seconds at which there were builds, while some things happen at some seconds."""
    stop = Event()
    reporter = Reporter(stop, {**happens, end: stop.set})
    monkeypatch.setattr("watchfiles.watch", reporter)
    monkeypatch.setattr("index.watching.clock", reporter.clock)
    return [reporter.seconds - 100.0 for _ in watch(index, [seeds], stop=stop)]


def test_files_are_read_when_they_have_come_to_rest(
    seeds: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(*names: str) -> Callable[[], object]:
        return lambda: write(seeds / f"{len(names)}.jsonl", *names)

    happens = {5.0: add("a"), 5.5: add("a", "b"), 6.25: add("a", "b", "c"), 20.0: add("d")}
    assert built_at(seeds, index, monkeypatch, happens, 30.0) == [0.0, 7.25, 21.0]


def test_a_file_that_never_rests_is_read_now_and_then(
    seeds: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(seeds / "river.jsonl", "river")

    def grow() -> None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(" \n")

    happens = {at * 0.5: grow for at in range(2, 120)}
    assert built_at(seeds, index, monkeypatch, happens, 60.0) == [0.0, 31.0]


def test_a_change_that_no_clock_of_files_can_tell_is_seen(
    begin: Begin, index: Path, seeds: Path
) -> None:
    file = write(seeds / "river.jsonl", "river")
    before = file.stat()
    syncs = begin(seeds)
    next(syncs)
    write(seeds / "sea.jsonl", "sea")
    next(syncs)
    write(file, "brook")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    next(syncs)
    assert held(index) == {"brook", "sea"}


@pytest.mark.parametrize(
    ("paths", "options", "said"),
    [
        ([], {}, "name files or folders"),
        (["seeds", "-"], {}, "not standard input"),
        (["seeds"], {"stop": True}, "threading.Event"),
        (["seeds"], {"page_year": 20240}, "page_year"),
        (["seeds"], {"on_note": 7}, "on_note"),
    ],
)
def test_an_argument_without_meaning_is_refused_at_once(
    index: Path, paths: list[str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequestError, match=said):
        watch(index, paths, **options)


def test_a_missing_extra_names_itself(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[watch\]'"):
        watch(index, ["seeds"])


# The command line


@pytest.fixture
def command(index: Path, seeds: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that watches the folder, and ends at the latest when nobody should wait."""
    (seeds / "river.jsonl").write_text('{"id": "river", "title": "River"}\n{"torn', "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "searcher", "watch", str(seeds), "--index", str(index)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    ) as process:
        timer = Timer(MOST_WAITED, process.kill)
        timer.start()
        yield process
        timer.cancel()
        process.kill()


def lines(stream: Iterable[str] | None) -> Iterator[str]:
    """Yield lines without the time of day that they begin with."""
    assert stream is not None
    for line in stream:
        yield line[len("12:34:56 ") :] if line[:2].isdigit() else line


def test_the_command_tells_each_build_in_a_line_and_ends_when_it_is_told_to(
    command: subprocess.Popen[str], seeds: Path, index: Path
) -> None:
    said = lines(command.stdout)
    assert next(said).startswith(f"1 new, 1 problem; 1 paper in {index} (")
    write(seeds / "sea.jsonl", "sea", "bay")
    assert next(said).startswith(f"2 new, 1 problem; 3 papers in {index} (")
    command.send_signal(signal.SIGTERM)
    _, told = command.communicate()
    assert command.returncode == 0
    # The problem stays, and is told once.
    assert [line.partition(":")[0] for line in told.splitlines()] == ["problem", "stopped"]


def test_an_interrupt_ends_the_command(command: subprocess.Popen[str]) -> None:
    next(lines(command.stdout))
    command.send_signal(signal.SIGINT)
    _, told = command.communicate()
    assert command.returncode == 130
    assert told.splitlines()[-1] == "interrupted"
