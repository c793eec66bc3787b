"""One folder with a file of every kind, indexed by one command: what is told, and what is found."""

import bz2
import contextlib
import gzip
import io
import lzma
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

import searcher
from index import Paper
from index.identifiers import OWN_SCHEMES
from searcher.cli.main import main
from tests.bench.made import made_papers
from tests.bench.made_files import FORMATS, Format, write_file
from tests.seed_files import PIXEL, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EACH = 2
"""How many papers each file holds."""
BY_NAME = {form.name: form for form in FORMATS}
PACKED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "RIS": (bz2.compress, ".bz2"),
    "CSV": (lzma.compress, ".xz"),
    "BibTeX": (zstd.compress, ".zst"),
    "JSON lines": (gzip.compress, ".gz"),
}
ZIPPED = ("nbib", "Crossref")
IN_CUT_FILE = 40

REPORT = """\
note: FOLDER/README.md: no reader knows this format; left out
note: FOLDER/cover.png: an image; left out
note: FOLDER/talk.pdf: a PDF; left out
"""
SUMMARY = """\
23 files, 0 problems; papers: 46 new, 0 changed, 0 unchanged, 0 removed
46 papers in INDEX (SECONDS)
"""
SECOND_SUMMARY = """\
23 files, 0 problems; papers: 0 new, 0 changed, 46 unchanged, 0 removed
23 files unchanged since last time, not read again
46 papers in INDEX (SECONDS)
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def index(folder: Path, *options: str) -> Result:
    """Index a folder by the command, and return what it says with paths replaced."""
    directory = folder.parent / "papers.index"
    command = ["searcher", "index", str(folder), "--index", str(directory), *options]
    out, err = io.StringIO(), io.StringIO()
    with (
        patch("sys.argv", command),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()

    def told(text: str) -> str:
        text = text.replace(str(directory), "INDEX").replace(str(folder), "FOLDER")
        return re.sub(r"\(\d+\.\d s\)", "(SECONDS)", text)

    assert isinstance(ended.value.code, int)
    return Result(ended.value.code, told(out.getvalue()), told(err.getvalue()))


@dataclass(frozen=True)
class Shelf:
    """A folder with files of every kind, and the papers in them."""

    folder: Path
    papers: list[Paper]
    others: Iterator[Paper]

    def some(self, count: int = EACH) -> list[Paper]:
        """Return papers that no file has yet."""
        return [next(self.others) for _ in range(count)]

    def add(self, form: Format, folder: Path) -> Path:
        """Write a file of new papers, and return its path."""
        self.papers.extend(self.some())
        return write_file(form, self.papers[-EACH:], folder)

    def add_broken(self) -> None:
        """Write a file in whose middle a line ends too early."""
        path = write_file(BY_NAME["JSON lines"], self.some(3), self.folder.parent)
        first, second, third = path.read_text().splitlines()
        write(self.folder / "broken.jsonl", "\n".join([first, second[:200], third, ""]))
        path.unlink()

    def add_cut(self) -> None:
        """Write a packed file whose last quarter is missing."""
        path = write_file(BY_NAME["Semantic Scholar"], self.some(IN_CUT_FILE), self.folder.parent)
        # Not compressed, for what is left would hang on who compresses.
        packed = gzip.compress(path.read_bytes(), compresslevel=0)
        write(self.folder / "cut.json.gz", packed[: 3 * len(packed) // 4])
        path.unlink()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "papers", [], made_papers(1_000))
    within = shelf.folder / "packed"
    within.mkdir(parents=True)
    for form in FORMATS:
        shelf.add(form, shelf.folder)
    for name, (pack, suffix) in PACKED.items():
        path = shelf.add(BY_NAME[name], within)
        write(path.with_name(path.name + suffix), pack(path.read_bytes()))
        path.unlink()
    with zipfile.ZipFile(within / "bundle.zip", "w") as bundle:
        for name in ZIPPED:
            path = shelf.add(BY_NAME[name], within)
            bundle.write(path, f"inside/{path.name}")
            path.unlink()
    write(shelf.folder / "README.md", "# My papers\n\nSince 2019, mostly about tides.\n")
    write(shelf.folder / "talk.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
    write(shelf.folder / "cover.png", PIXEL)
    write(shelf.folder / ".notes.txt", "Not for others.")
    return shelf


def test_all_is_read_and_found(shelf: Shelf) -> None:
    assert index(shelf.folder) == Result(0, SUMMARY, REPORT)
    with searcher.open(shelf.folder.with_name("papers.index")) as collection:
        found = list(collection.all())
        assert sorted(one.title for one in found) == sorted(one.title for one in shelf.papers)
        for paper in found:
            names = [str(one) for one in paper.identifiers if one.scheme in OWN_SCHEMES]
            for name in (paper.id, *names):
                assert collection.paper(name).id == paper.id
                assert [hit.id for hit in collection.search(f'id:"{name}"')] == [paper.id]


def test_a_second_run_says_the_same_and_reads_nothing(shelf: Shelf) -> None:
    index(shelf.folder)
    assert index(shelf.folder) == Result(0, SECOND_SUMMARY, REPORT)


def test_a_sound_folder_is_no_problem_when_strict(shelf: Shelf) -> None:
    assert index(shelf.folder, "--strict") == Result(0, SUMMARY, REPORT)


BROKEN = (
    "problem: FOLDER/broken.jsonl:2: not JSON: a value is missing (line 3, column 3); left out\n"
)
CUT = (
    "problem: FOLDER/cut.json.gz:29: cannot be read further"
    " (it is cut off: the gzip data have no end)\n"
)


def test_what_is_broken_is_told_each_time_and_the_rest_indexed(shelf: Shelf) -> None:
    shelf.add_broken()
    told = f"searcher: 1 problem, nothing written:\n{BROKEN.removeprefix('problem: ')}"
    assert index(shelf.folder, "--strict") == Result(2, "", told)
    summary = """\
24 files, 1 problem; papers: 48 new, 0 changed, 0 unchanged, 0 removed
48 papers in INDEX (SECONDS)
"""
    assert index(shelf.folder) == Result(2, summary, REPORT + BROKEN)
    shelf.add_cut()
    summary = """\
25 files, 2 problems; papers: 29 new, 0 changed, 48 unchanged, 0 removed
24 files unchanged since last time, not read again
77 papers in INDEX (SECONDS)
"""
    assert index(shelf.folder) == Result(2, summary, REPORT + BROKEN + CUT)
    # What could not be read to its end is tried again.
    summary = """\
25 files, 2 problems; papers: 0 new, 0 changed, 77 unchanged, 0 removed
24 files unchanged since last time, not read again
77 papers in INDEX (SECONDS)
"""
    assert index(shelf.folder) == Result(2, summary, REPORT + BROKEN + CUT)
    for name in ("broken.jsonl", "cut.json.gz"):
        (shelf.folder / name).unlink()
    summary = """\
2 papers of FOLDER/broken.jsonl go
29 papers of FOLDER/cut.json.gz go
23 files, 0 problems; papers: 0 new, 0 changed, 46 unchanged, 31 removed
23 files unchanged since last time, not read again
46 papers in INDEX (SECONDS)
"""
    assert index(shelf.folder, "--prune") == Result(0, summary, REPORT)
