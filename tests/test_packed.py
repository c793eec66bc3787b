"""Packed seed files: gzip, bzip2, xz, Zstandard and zip, sound, joined, cut, damaged and bombs.

The papers and people are invented.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from index import Source, build
from tests.seed_files import PAGE, PAGE_TITLES, RECORD, read, read_reports, write
from tests.test_sync import papers_by_id

PACKINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": partial(bz2.compress, compresslevel=1),
    "xz": partial(lzma.compress, preset=0),
    # Without a checksum nobody can tell some damage from other contents.
    "Zstandard": partial(zstd.compress, options={zstd.CompressionParameter.checksum_flag: 1}),
}
# 400 thousand bytes that take no time to read.
BLANK_LINES = (b" " * 999 + b"\n") * 400
every_packing = pytest.mark.parametrize("packing", PACKINGS)


@cache
def many_records(count: int) -> bytes:
    """Return records that are hard to pack, so that half of them is half of what is packed."""
    rng = random.Random(1)
    return b"".join(
        json.dumps(
            RECORD | {"id": f"x{at}", "title": f"Sea {at}", "abstract": rng.randbytes(500).hex()}
            | {"year": 2020}
        ).encode() + b"\n"
        for at in range(count)
    )  # fmt: skip


@every_packing
@pytest.mark.parametrize(
    ("change", "titles", "notes"),
    [
        (lambda pack: pack(PAGE.encode()), PAGE_TITLES, []),
        (lambda pack: pack(PAGE[:150].encode()) + pack(PAGE[150:].encode()), PAGE_TITLES, []),
        (lambda pack: pack(PAGE.encode()) + bytes(600), PAGE_TITLES, []),
        (lambda pack: pack(PAGE.encode()) + b"\x07end", PAGE_TITLES, ["the {} data is left out"]),
        (lambda pack: pack(PAGE.encode()) + b"\x00" * 9 + b"end", PAGE_TITLES, ["left out"]),
    ],
    ids=["one member", "two members", "zeros behind", "junk behind", "zeros and junk behind"],
)
def test_packed_files_are_read(
    tmp_path: Path,
    packing: str,
    change: Callable[[Callable[[bytes], bytes]], bytes],
    titles: list[str],
    notes: list[str],
) -> None:
    papers, reports = read_reports(write(tmp_path / "page", change(PACKINGS[packing])))
    assert [paper.title for paper in papers] == titles
    assert all(report.kind == "note" for report in reports)
    for report, note in zip(reports, notes, strict=True):
        assert note.format(packing) in report.reason


@every_packing
@pytest.mark.parametrize("damage", ["cut", "byte", "second member cut"])
def test_what_stands_before_the_damage_is_read(tmp_path: Path, packing: str, damage: str) -> None:
    count = 600
    content = many_records(count)
    packed = PACKINGS[packing](content)
    half = len(packed) // 2
    if damage == "cut":
        packed = packed[:half]
    elif damage == "byte":
        packed = packed[:half] + bytes(200) + packed[half + 200 :]
    else:
        packed = PACKINGS[packing](content) + packed[: len(packed) // 3]
        half = len(packed) * 3 // 4
    papers, reports = read_reports(write(tmp_path / "a", packed))
    sound = [paper.id for paper in papers[: count // 3]]
    assert sound == [f"x{number}" for number in range(len(sound))]
    assert len(papers) >= count * (1 if damage == "second member cut" else 1 / 3)
    # In some formats the bytes before the damage are all there is to see of it.
    assert any("cannot be read further" in one.reason for one in reports if one.kind == "problem")


@every_packing
def test_a_packed_bomb_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr("index.reading.streams.MIN_UNPACKED_BYTES", 2_000_000)
    content = PACKINGS[packing](PAGE.encode() + BLANK_LINES * 10)
    papers, reports = read_reports(write(tmp_path / "a", content))
    assert [paper.title for paper in papers] == PAGE_TITLES[:1]
    assert any("unpacks to more than 200 times its size" in one.reason for one in reports)


def test_a_window_of_gigabytes_is_refused(tmp_path: Path) -> None:
    parameter = zstd.CompressionParameter
    options: dict[int, int] = {parameter.window_log: 30, parameter.enable_long_distance_matching: 1}
    compressor = zstd.ZstdCompressor(options=options)
    packed = compressor.compress(PAGE.encode()) + compressor.flush()
    papers, reports = read_reports(write(tmp_path / "a", packed))
    assert papers == []
    assert "it is damaged" in reports[0].reason


# Archives


def zipped(path: Path, members: Mapping[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def record(number: int) -> bytes:
    return json.dumps(RECORD | {"id": f"x{number}", "title": f"Sea {number}"}).encode() + b"\n"


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_the_members_of_an_archive_are_files(tmp_path: Path, method: int) -> None:
    members = {
        "page.txt": PAGE.encode(),
        "a/": b"",
        "a/b.jsonl": record(1),
        "a/c.jsonl.gz": gzip.compress(record(2)),
        "/etc/d.jsonl": record(3),
        "../../e.jsonl": record(4),
        "README": b"Papers of the sea.",
        "inner.zip": zipped(tmp_path / "x.zip", {"f": record(5)}).read_bytes(),
        ".DS_Store": b"\x00",
        "__MACOSX/._page.txt": b"\x00",
        "cover.png": b"\x89PNG\r\n\x1a\n",
    }
    (tmp_path / "x.zip").unlink()
    path = zipped(tmp_path / "papers.zip", members, compression=method)
    before = sorted(os.listdir(tmp_path))
    papers, reports = read_reports(tmp_path)
    assert {paper.title: paper.sources for paper in papers} == {
        title: (Source(f"{path}//{name}", line),)
        for title, name, line in [
            (PAGE_TITLES[0], "page.txt", 12),
            (PAGE_TITLES[1], "page.txt", 19),
            ("Sea 1", "a/b.jsonl", 1),
            ("Sea 2", "a/c.jsonl.gz", 1),
            ("Sea 3", "/etc/d.jsonl", 1),
            ("Sea 4", "../../e.jsonl", 1),
        ]
    }
    assert [(one.file.removeprefix(str(path)), one.kind, one.reason) for one in reports] == [
        ("//README", "note", "no reader knows this format; left out"),
        ("//cover.png", "note", "an image; left out"),
        ("//inner.zip", "note", "a zip archive: unpack it first; left out"),
    ]
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"xl/workbook.xml": b"<a/>"}, "an Excel workbook (.xlsx): save it as CSV; left out"),
        ({"word/document.xml": b"<a/>"}, "a Word file (.docx): save it as text; left out"),
        ({"notes": b"Rain."}, "a zip archive without a list of papers; left out"),
    ],
)
def test_archives_without_papers(
    tmp_path: Path, members: Mapping[str, bytes], reason: str, named: bool
) -> None:
    path = zipped(tmp_path / "a.zip", members)
    sound = write(tmp_path / "sound.jsonl", [RECORD])
    _, reports = read_reports(*([path, sound] if named else [tmp_path]))
    assert (str(path), "problem" if named else "note", reason) in [
        (one.file, one.kind, one.reason) for one in reports
    ]


def test_an_encrypted_member_is_a_problem(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.jsonl": record(1), "b.jsonl": record(2)})
    content = bytearray(path.read_bytes())
    # The flag of the first entry in the list of files.
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    papers, reports = read(tmp_path)
    assert [paper.title for paper in papers] == ["Sea 2"]
    ((_, _, reason),) = reports
    assert reason == "cannot be read (it is encrypted; unpack it first)"


def test_a_damaged_member_keeps_what_stands_before(tmp_path: Path) -> None:
    members = {"a.jsonl": record(1) + record(3), "b.jsonl": record(2)}
    path = zipped(tmp_path / "a.zip", members, compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    # The checksum in the first entry of the list of files.
    content[content.index(b"PK\x01\x02") + 16] ^= 1
    path.write_bytes(content)
    papers, reports = read_reports(path)
    assert [paper.title for paper in papers] == ["Sea 1", "Sea 3", "Sea 2"]
    assert "its checksum is wrong" in next(one.reason for one in reports if one.kind == "problem")
    path.write_bytes(content[:-30])
    papers, ((_, _, reason),) = read(path)
    assert papers == []
    assert "a zip archive that is damaged or cut off" in reason


def test_the_members_of_an_archive_share_one_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.reading.streams.MIN_UNPACKED_BYTES", 2_000_000)
    members = {f"{at}.jsonl": record(at) + BLANK_LINES for at in range(20)}
    path = zipped(tmp_path / "a.zip", members, compression=zipfile.ZIP_DEFLATED)
    papers, reports = read_reports(path)
    assert 1 <= len(papers) < 20
    assert any("unpacks to more than 200 times" in one.reason for one in reports)


def test_a_member_is_gone_when_its_archive_has_it_no_more(tmp_path: Path) -> None:
    index, seeds = tmp_path / "index", tmp_path / "seeds"
    seeds.mkdir()
    path = zipped(seeds / "a.zip", {"a.jsonl": record(1), "b.jsonl": record(2)})
    write(seeds / "c.jsonl", record(3))
    assert build(index, [seeds]).new == 3
    assert build(index, [seeds]).unchanged == 3
    zipped(path, {"b.jsonl": record(2)})
    assert build(index, [path]).missing == 1
    assert [(one.file, one.papers) for one in build(index, [path], prune=True).gone] == [
        (f"{path}//a.jsonl", 1)
    ]
    assert set(papers_by_id(index)) == {"x2", "x3"}
    sound = path.read_bytes()
    path.write_bytes(sound[:-30])
    summary = build(index, [seeds], prune=True)
    assert (summary.removed, summary.missing) == (0, 0)
    assert any("the papers in it are kept" in one.reason for one in summary.problems)
    path.unlink()
    assert build(index, [seeds], prune=True).removed == 1
    assert set(papers_by_id(index)) == {"x3"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive: unpack it first; left out"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "a RAR archive: unpack it first; left out"),
    ],
)
def test_archives_that_are_refused_by_name(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    assert read(write(tmp_path / name, content)) == ([], [(name, 0, reason)])


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_tape_archive_is_refused_by_name(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo("a.jsonl")
        member.size = len(record(1))
        archive.addfile(member, io.BytesIO(record(1)))
    reason = "a tar archive: unpack it first; left out"
    assert read(path) == ([], [("a.tar", 0, reason)])


def test_zstandard_is_imported_only_for_such_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl.gz", gzip.compress(record(1)))
    code = (
        "import sys; from index import SeedRun; list(SeedRun(sys.argv[1:]));"
        "print(*[name for name in ('backports.zstd', 'compression.zstd', 'bz2')"
        " if name in sys.modules and name != 'bz2'])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.jsonl.gz")]
    assert subprocess.check_output(command).strip() == b""
