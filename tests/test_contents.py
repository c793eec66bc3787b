"""The table of contents: what it keeps, what it refuses, and that nothing in it is ever run."""

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh import fields
from whoosh import index as whoosh_index
from whoosh.filedb.filestore import RamStorage
from whoosh.index import TOC

import searcher
from index import DamagedIndexError, IndexStorageError, NotAnIndexError
from index.codec import whoosh_table
from index.schema import schema
from index.segments.contents import (
    ANALYSIS,
    FORMAT_VERSION,
    PACKING,
    Contents,
    SegmentEntry,
    find_table,
    read_contents,
    remove_unnamed,
    write_contents,
)
from index.segments.names import MOST_GENERATION, segment_name

TRAILER_BYTES = 24
A, B = segment_name(1, "a" * 16), segment_name(2, "b" * 16)


@st.composite
def segments(draw: st.DrawFn) -> SegmentEntry:
    count = draw(st.integers(1, 40))
    deleted = draw(st.sets(st.integers(0, count - 1)))
    suffix = draw(st.text("0123456789abcdef", min_size=16, max_size=16))
    name = segment_name(draw(st.integers(0, MOST_GENERATION)), suffix)
    return SegmentEntry(name, count, np.array(sorted(deleted), np.int32))


def told(contents: Contents | None) -> Any:
    assert contents
    return (
        contents.generation,
        contents.stemming,
        contents.remembered,
        [(one.name, one.document_count, one.deleted.tolist()) for one in contents.segments],
    )


@given(st.lists(segments(), max_size=4), st.integers(0, MOST_GENERATION))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, of: list[SegmentEntry], generation: int
) -> None:
    directory = str(tmp_path_factory.mktemp("index"))
    contents = Contents(generation, tuple(of), "0a1b", b'{"rivers": [1]}')
    write_contents(directory, contents, b"what Whoosh reads")
    assert os.listdir(directory) == [f"_MAIN_{generation}.toc"]
    assert told(read_contents(directory)) == told(contents)


@given(segments())
def test_a_segment_counts_and_names_its_deleted_documents(segment: SegmentEntry) -> None:
    deleted = [number for number in range(segment.document_count) if segment.is_deleted(number)]
    assert deleted == segment.deleted.tolist() == np.flatnonzero(~segment.live).tolist()
    assert segment.live_count == segment.document_count - len(deleted)


def test_whoosh_reads_the_same_segments(tmp_path: Path) -> None:
    of = (SegmentEntry(A, 5, np.array([1, 4], np.int32)), SegmentEntry(B, 2))
    contents = Contents(7, of)
    write_contents(str(tmp_path), contents, whoosh_table(contents))
    index = whoosh_index.open_dir(str(tmp_path))
    assert index.latest_generation() == 7
    assert [
        (one.segment_id(), one.doc_count_all(), list(one.deleted_docs()))
        for one in index._segments()
    ] == [(A, 5, [1, 4]), (B, 2, [])]


def test_the_newest_of_several_is_read_and_the_others_go(tmp_path: Path) -> None:
    directory = str(tmp_path)
    for generation in (9, 10, 2):
        write_contents(directory, Contents(generation, (SegmentEntry(A, 1),)), b"")
    for name in (f"{A}.postings", f"{B}.postings", "_MAIN_11.toc.new", "notes.txt", "MAIN_W"):
        (tmp_path / name).touch()
    table = find_table(directory)
    assert table
    assert table.contents
    assert table.generation == table.contents.generation == 10
    remove_unnamed(directory, table.contents)
    assert set(os.listdir(directory)) == {"_MAIN_10.toc", f"{A}.postings", "notes.txt", "MAIN_W"}


@pytest.mark.parametrize("kind", ["no folder", "a file", "empty"])
def test_nothing_there(tmp_path: Path, kind: str) -> None:
    directory = tmp_path / "index"
    if kind == "a file":
        directory.touch()
    elif kind == "empty":
        directory.mkdir()
    assert read_contents(str(directory)) is None


@pytest.mark.parametrize("remembered", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 9_999])
def test_what_no_writer_remembers_is_nothing(remembered: bytes) -> None:
    assert Contents(1, (), "", remembered).remembered == {}


def test_a_table_that_no_reader_takes_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = small_table(tmp_path).stat().st_size
    monkeypatch.setattr("index.segments.contents._MOST_BYTES", most)
    assert read_contents(str(tmp_path))
    monkeypatch.setattr("index.segments.contents._MOST_BYTES", most - 1)
    with pytest.raises(IndexStorageError, match="build it again"):
        write_contents(str(tmp_path), Contents(4, (), "", b" " * most), b"")
    assert os.listdir(tmp_path) == ["_MAIN_3.toc"]


# What is not as it was written


def small_table(directory: Path) -> Path:
    of = (SegmentEntry(A, 5, np.array([1, 4], np.int32)), SegmentEntry(B, 2))
    contents = Contents(3, of)
    write_contents(str(directory), contents, whoosh_table(contents)[-40:])
    return directory / "_MAIN_3.toc"


def test_every_flipped_bit_and_every_cut_is_refused(tmp_path: Path) -> None:
    path = small_table(tmp_path)
    whole = path.read_bytes()
    changed = [whole[:length] for length in range(len(whole))]
    changed += [whole + b"\0", whole + whole, b"\0" + whole]
    for at in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[at // 8] ^= 1 << at % 8
        changed.append(bytes(flipped))
    for data in changed:
        path.write_bytes(data)
        with pytest.raises((DamagedIndexError, NotAnIndexError), match=r"searcher (index|check) "):
            read_contents(str(tmp_path))


def test_a_table_under_another_generation_is_refused(tmp_path: Path) -> None:
    small_table(tmp_path).rename(tmp_path / "_MAIN_4.toc")
    with pytest.raises(DamagedIndexError):
        read_contents(str(tmp_path))


def test_another_version_is_told(tmp_path: Path) -> None:
    path = small_table(tmp_path)
    data = path.read_bytes()
    old = data[: 12 - TRAILER_BYTES - 4] + struct.pack("<I", FORMAT_VERSION + 1)
    path.write_bytes(old + struct.pack("<I", zlib.crc32(old)) + data[-8:])
    with pytest.raises(NotAnIndexError, match=f"in format {FORMAT_VERSION + 1}; this one reads"):
        read_contents(str(tmp_path))


@pytest.mark.parametrize("part", ["PACKING", "ANALYSIS"])
def test_another_packing_or_analysis_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    with monkeypatch.context() as other:
        other.setattr(f"index.segments.contents.{part}", ("other", 9))
        small_table(tmp_path)
    with pytest.raises(NotAnIndexError, match=r"\('other', 9\).*this one reads.*searcher index "):
        read_contents(str(tmp_path))


def signed(ours: bytes) -> bytes:
    """Return a table of contents with any bytes for our part, all checksums right."""
    data = ours + struct.pack("<QI", 0, FORMAT_VERSION)
    return data + struct.pack("<I", zlib.crc32(data)) + b"PAPTABLE"


VERSIONS = f'"packing": {json.dumps(PACKING)}, "analysis": {json.dumps(ANALYSIS)}, "stemming": ""'
VERSIONS += ', "remembered": 0'
HOSTILE = """
    {}
    []
    null
    {"generation": 1}
    {V, "packing": null, "generation": 1, "segments": []}
    {V, "analysis": 7, "generation": 1, "segments": []}
    {V, "generation": 1, "segments": null}
    {V, "generation": 1, "segments": [], "remembered": 1}
    {V, "generation": 1, "segments": [], "remembered": -1}
    {V, "generation": 1, "segments": [], "remembered": null}
    {V, "generation": 1, "segments": [], "remembered": {}}
    {V, "generation": 1, "segments": [[]]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 1}]}
    {V, "generation": 1, "segments": [{"name": 7, "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "../NAME", "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "/etc/passwd", "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME/../../b", "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME\\u0000b", "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME\\n", "documents": 1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": -1, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 1e99, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 99999999999, "deleted": []}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [2]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [-1]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [1, 0]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [0, 0]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": ["x"]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [[0]]}]}
    {V, "generation": 1, "segments": [{"name": "NAME", "documents": 2, "deleted": [1e400]}]}
    {V, "generation": "1", "segments": []}
""".strip().splitlines()


@pytest.mark.parametrize(
    "ours",
    [
        *(line.strip().replace("NAME", A).replace("{V,", f"{{{VERSIONS},") for line in HOSTILE),
        "[" * 100_000,
        "",
        "\udcff",
    ],
)
def test_a_table_that_says_what_cannot_be_is_refused(tmp_path: Path, ours: str) -> None:
    (tmp_path / "_MAIN_1.toc").write_bytes(signed(ours.encode("utf-8", "surrogateescape")))
    with pytest.raises(DamagedIndexError):
        read_contents(str(tmp_path))


# An index that somebody else made


class Attack:
    """What a pickle may do when it is read: here, to make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def built(directory: Path) -> Path:
    """Build an index of one paper, and return its table of contents."""
    seeds = directory.with_suffix(".jsonl")
    seeds.write_text('{"id": "x1", "title": "Slow Rivers", "abstract": "Rivers."}\n')
    searcher.build(directory, [seeds])
    (table,) = directory.glob("*.toc")
    return table


def malicious_table(mark: Path, part: str) -> bytes:
    """Return a table for Whoosh, whose schema or list of segments makes the file ``mark``."""

    class AttackingSchema(fields.Schema):  # type: ignore[misc]
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return Attack(mark).__reduce__()

    storage = RamStorage()
    if part == "schema":
        TOC(AttackingSchema(body=fields.TEXT), [], 1).write(storage, "MAIN")
    else:
        TOC(schema(), [Attack(mark)], 1).write(storage, "MAIN")
    (table,) = storage.files.values()
    return bytes(table)


USES = """
import sys
sys.addaudithook(lambda event, arguments: event == "pickle.find_class" and sys.exit("unpickled"))
from pathlib import Path
import searcher
from index import SearchError
directory, seeds = sys.argv[1:]
def use():
    with searcher.open(directory) as papers:
        page = papers.search("rivers", facets=["author", "year", "category"])
        return [papers.paper(hit.id).title for hit in page.hits]
for action in (use, lambda: searcher.build(directory, [seeds]), use):
    try:
        print(action())
    except SearchError as error:
        print(type(error).__name__)
"""


def use(directory: Path) -> subprocess.CompletedProcess[str]:
    """Open, search and update an index in a process that ends where anything is unpickled."""
    seeds = directory.with_suffix(".more.jsonl")
    seeds.write_text('{"id": "x2", "title": "Fast Rivers", "abstract": "Rivers."}\n')
    program = [sys.executable, "-c", USES, str(directory), str(seeds)]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", ["schema", "segments"])
@pytest.mark.parametrize("has_own_part", [True, False])
def test_a_malicious_pickle_is_never_read(tmp_path: Path, part: str, has_own_part: bool) -> None:
    mark = tmp_path / "mark"
    table = built(tmp_path / "index")
    whole = table.read_bytes()
    (offset,) = struct.unpack("<Q", whole[-TRAILER_BYTES : 8 - TRAILER_BYTES])
    attack = malicious_table(mark, part)
    if has_own_part:
        length = json.loads(whole[offset:-TRAILER_BYTES])["remembered"]
        data = attack + whole[offset - length : -TRAILER_BYTES]
        data += struct.pack("<QI", len(attack) + length, FORMAT_VERSION)
        table.write_bytes(data + struct.pack("<I", zlib.crc32(data)) + b"PAPTABLE")
    else:
        table.write_bytes(attack)
    ended = use(tmp_path / "index")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not mark.exists()
    assert ended.stdout.startswith("['Slow Rivers']" if has_own_part else "ForeignTableError")
    if has_own_part:  # and the next commit writes a table of its own for Whoosh
        with whoosh_index.open_dir(str(tmp_path / "index")).searcher() as found:
            assert found.doc_count() == 2
    else:
        program = "import sys, whoosh.index; whoosh.index.open_dir(sys.argv[1])._segments()"
        command = [sys.executable, "-c", program, str(tmp_path / "index")]
        subprocess.run(command, capture_output=True, check=False)
        assert mark.exists()  # so it was an attack


def _link_to(target: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return make


def _pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


@pytest.mark.parametrize("file", ["*.toc", "*.postings", "*.documents"])
@pytest.mark.parametrize(
    "make",
    [_link_to("/etc/passwd"), _link_to("/dev/zero"), _link_to("nowhere"), _pipe, _folder],
    ids=["a file elsewhere", "a device", "nowhere", "a pipe", "a folder"],
)
def test_what_is_no_file_of_the_folder_is_not_opened(
    tmp_path: Path, file: str, make: Callable[[Path], None]
) -> None:
    directory = tmp_path / "index"
    built(directory)
    (path,) = directory.glob(file)
    make(path)
    for action in (searcher.open, lambda directory: searcher.build(directory, [])):
        with pytest.raises(DamagedIndexError, match=r"link|plain file"):
            action(directory)


@pytest.mark.parametrize("is_pipe", [True, False])
def test_a_lock_that_is_no_plain_file_is_not_opened(tmp_path: Path, is_pipe: bool) -> None:
    directory = tmp_path / "index"
    built(directory)
    lock = directory / "MAIN_WRITELOCK"
    if is_pipe:
        _pipe(lock)
    else:
        _link_to(str(tmp_path / "elsewhere"))(lock)
    with pytest.raises(NotAnIndexError, match="no plain file, as an index's lock is"):
        searcher.build(directory, [])
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_an_unfinished_table_that_leads_elsewhere_is_not_written_over(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    directory = tmp_path / "index"
    built(directory)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    link(directory / "_MAIN_2.toc.new", elsewhere)
    (tmp_path / "more.jsonl").write_text('{"id": "x2", "title": "Fast Rivers"}\n')
    searcher.build(directory, [tmp_path / "more.jsonl"])
    assert elsewhere.read_text() == "mine"
    with searcher.open(directory) as papers:
        assert len(papers) == 2


def test_files_with_names_like_ours_stay(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    built(directory)
    others = {"_MAIN_1.toc.bak", "_MAIN_diary.txt", "MAIN_notes.txt", "MAIN_a.postings.old"}
    for name in others:
        (directory / name).write_text("mine")
    assert {note.file for note in searcher.check(directory).notes} == others
    (tmp_path / "more.jsonl").write_text('{"id": "x2", "title": "Fast Rivers"}\n')
    searcher.build(directory, [tmp_path / "more.jsonl"])
    assert others < set(os.listdir(directory))
