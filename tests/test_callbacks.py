"""What a caller's own code raises comes out as it is: no file and no index is blamed for it."""

import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import searcher
from index import SeedRun, open_writer
from index.sync.run import STAGES
from tests.conftest import SEEDS, write_jsonl
from tests.writing import add, paper

# What the code around the callback takes for a fault of a file, a disk, an archive or a segment.
ERRORS = (
    BrokenPipeError(32, "Broken pipe"),
    ConnectionResetError("the database has gone"),
    EOFError(),
    IndexError("a list of the caller's"),
    KeyError("a key of the caller's"),
    RecursionError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "of the caller's"),
    ValueError("a value of the caller's"),
    zlib.error("the caller's own archive"),
)


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def error(request: pytest.FixtureRequest) -> Exception:
    given: Exception = request.param
    return type(given)(*given.args)


def records(folder: Path, count: int) -> Path:
    return write_jsonl(
        folder / "papers.jsonl",
        *({"id": f"r{number}", "title": f"Record {number} on rivers"} for number in range(count)),
    )


def at_stage(stage: str, error: Exception) -> Callable[[str, int, int], None]:
    def call(own_stage: str, done: int, _total: int) -> None:
        if own_stage == stage and done:
            raise error

    return call


def raised_by(function: Callable[[], Any]) -> Exception | None:
    try:
        function()
    except Exception as raised:
        return raised
    return None


@pytest.fixture(scope="module")
def small_commits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of so many small commits that the next one merges them."""
    directory = tmp_path_factory.mktemp("callbacks") / "index"
    for number in range(7):
        with open_writer(str(directory)) as writer:
            add(writer, paper(number))
            writer.commit()
    return directory


@pytest.mark.parametrize("stage", STAGES)
def test_what_on_progress_raises(
    tmp_path: Path, small_commits: Path, stage: str, error: Exception
) -> None:
    directory = tmp_path / "index"
    shutil.copytree(small_commits, directory)
    page = tmp_path / "page.txt"
    # A page, because only what several files may list is compared; its first papers will do.
    page.write_text("".join((SEEDS / "yingwen-wu.txt").read_text().splitlines(True)[:25]))
    seeds = [records(tmp_path, 3), page]

    def build() -> None:
        searcher.build(directory, seeds, on_progress=at_stage(stage, error))

    assert raised_by(build) is error
    with searcher.open(directory) as papers:
        # Only once the commit is made is there something new.
        assert (len(papers) > 7) == (stage in ("committing", "merging"))


def test_what_the_other_callbacks_raise(tmp_path: Path, error: Exception) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    directory, seeds = tmp_path / "index", records(tmp_path, 3)
    searcher.build(directory, [seeds])
    records(tmp_path, 1)
    assert raised_by(lambda: searcher.build(directory, [seeds], prune=True, on_prune=fail)) is error
    assert raised_by(lambda: list(SeedRun([seeds], on_progress=fail))) is error
    (table,) = directory.glob("*.toc")
    table.write_bytes(b"damaged")
    assert raised_by(lambda: searcher.repair(directory, on_files=fail)) is error


def test_what_is_raised_while_papers_are_fetched(tmp_path: Path, error: Exception) -> None:
    def fetched() -> Iterator[searcher.Paper]:
        yield paper(1)
        raise error

    def write() -> None:
        with open_writer(str(tmp_path / "index")) as writer:
            for one in fetched():
                add(writer, one)

    assert raised_by(write) is error
    assert not (tmp_path / "index").exists()
