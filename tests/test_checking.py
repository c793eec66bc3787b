"""The check: a sound index is called sound, and each thing that may be wrong is called by name."""

import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import index
import searcher
from index import analysis
from index.segments.arrayfile import ArrayFile, write_arrays
from index.segments.documents import CodedColumn, Documents, DocumentsReader, write_documents
from index.segments.packing import pack_strings
from index.segments.postings import (
    PostingLists,
    PostingsReader,
    StemField,
    StemFieldReader,
    write_postings,
)
from index.segments.stored import StoredPacker, decode_stored, encode_stored
from tests.conftest import SEEDS, write_jsonl
from tests.nltk_parts import PorterStemmer

Arrays = dict[str, NDArray[Any]]

PAPERS = [
    {
        "id": f"p{number}",
        "title": f"Title {'of the ' * (number % 3)}number {number}",
        "abstract": "Deep running rivers run deep. " * (1 + number % 4) + f"Word{number}.",
        "authors": ["Ann Author", f"Bo Han{number % 5}"],
        "owners": ["Ann Author"] if number % 2 else [],
        "institutions": [f"University of {number % 3}"],
        "category": ["LG", "CL", ""][number % 3],
        "date": f"20{10 + number % 5}-0{1 + number % 9}-11",
        "has_code": bool(number % 2),
        "score": number / 2,
    }
    for number in range(40)
]

NAMES = [f"Bo Han{number}".encode() for number in range(5)]


def built(folder: Path, *files: list[dict[str, Any]]) -> Path:
    """Return an index with a commit, and so a segment, for each of ``files``."""
    directory = folder / "index"
    for number, papers in enumerate(files):
        path = folder / f"{number}.jsonl"
        write_jsonl(path, *papers)
        searcher.build(directory, [path])
    return directory


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one segment, which tests only read."""
    return built(tmp_path_factory.mktemp("sound"), PAPERS)


@pytest.fixture
def directory(tmp_path: Path, sound: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(sound, tmp_path / "index"))


def segment_file(directory: Path, extension: str) -> Path:
    (path,) = directory.glob(f"*.{extension}")
    return path


# A sound index


@pytest.mark.parametrize("count", [1, 2, 40])
def test_a_sound_index_is_sound(tmp_path: Path, count: int) -> None:
    directory = built(tmp_path, PAPERS[:count])
    report = searcher.check(directory)
    assert (report.is_sound, report.damage, report.notes) == (True, (), ())
    assert (report.papers, report.segments) == (count, 1)
    assert report.sources == (str(tmp_path / "0.jsonl"),)
    assert report.file_bytes == sum(path.stat().st_size for path in directory.glob("MAIN_*.*"))


def test_segments_deletions_and_merges_are_sound(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    path = tmp_path / "papers.jsonl"
    rng = random.Random(1)
    for _ in range(14):
        papers = [
            {**paper, "abstract": rng.choice(["old", "new"])} for paper in rng.sample(PAPERS, 30)
        ]
        write_jsonl(path, *papers)
        searcher.build(directory, [path], prune=True)
        report = index.check(directory)
        assert report.damage == report.notes == ()
        assert report.papers == 30


def test_the_seeds_are_sound(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    searcher.build(directory, [SEEDS])
    assert searcher.check(directory).damage == ()


def test_files_that_are_left_over_are_notes(directory: Path) -> None:
    before = segment_file(directory, "postings").read_bytes()
    for name in ("MAIN_00000001cafecafecafecafe.postings", "_MAIN_0.toc", "README"):
        (directory / name).write_bytes(before)
    report = searcher.check(directory)
    assert report.is_sound
    assert [(note.file, note.kind) for note in report.notes] == [
        ("MAIN_00000001cafecafecafecafe.postings", "note"),
        ("README", "note"),
        ("_MAIN_0.toc", "note"),
    ]
    assert "the next one removes it" in str(report.notes[0])


def test_a_check_writes_nothing(directory: Path) -> None:
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    segment_file(directory, "postings").write_bytes(b"")
    assert not searcher.check(directory).is_sound
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert after == {**before, segment_file(directory, "postings").name: b""}


def test_commits_meanwhile_do_no_harm(tmp_path: Path) -> None:
    directory = built(tmp_path, PAPERS[:20])
    path = tmp_path / "0.jsonl"
    ended = threading.Event()

    def write() -> None:
        for number in range(12):
            changed = [{**paper, "abstract": f"Version {number}."} for paper in PAPERS[:20]]
            write_jsonl(path, *changed)
            searcher.build(directory, [path])
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    count = 0
    while not ended.is_set() or not count:
        report = searcher.check(directory)
        assert (report.damage, report.papers) == ((), 20)
        count += 1
    writer.join()


@pytest.mark.parametrize("kind", ["missing", "empty", "seeds", "file"])
def test_no_index_is_not_a_damaged_one(tmp_path: Path, kind: str) -> None:
    directory = tmp_path / "here"
    if kind == "file":
        directory.write_text("x")
    elif kind != "missing":
        directory.mkdir()
    if kind == "seeds":
        (directory / "papers.jsonl").write_text("{}")
    for verb in (searcher.check, searcher.repair):
        with pytest.raises(searcher.NotAnIndexError, match=rf"{directory}.*searcher index PATH"):
            verb(directory)
    assert not directory.is_dir() or set(os.listdir(directory)) <= {"papers.jsonl"}


# Damaged bytes


def test_every_damaged_field_and_file_is_named(tmp_path: Path) -> None:
    many = [{**paper, "id": f"{paper['id']}-{copy}"} for paper in PAPERS for copy in range(20)]
    directory = built(tmp_path, PAPERS, many)
    first, second = sorted(directory.glob("*.postings"))
    first.unlink()
    content = bytearray(second.read_bytes())
    at = ArrayFile(bytes(content), second.name)._offsets["source/term_bytes"]
    content[at] ^= 1
    second.write_bytes(content)
    documents = second.with_suffix(".documents")
    documents.write_bytes(documents.read_bytes()[:-1])
    report = searcher.check(directory)
    told = [str(finding) for finding in report.damage]
    assert f"{first.name}: the file is missing" in told
    assert f"{documents.name}: it is cut short, or no file of arrays" in told
    assert any(line.startswith(f"{second.name}: field source: bytes from") for line in told)
    assert not any("field abstract_exact" in line for line in told)
    assert report.papers == 840


def test_bytes_between_the_arrays_are_compared_too(directory: Path) -> None:
    path = segment_file(directory, "documents")
    content = bytearray(path.read_bytes())
    file = ArrayFile(bytes(content), path.name)
    ends = [at + file.unchecked(name).nbytes for name, at in file._offsets.items()]
    gap = next(end for end in ends if end % 8)
    assert content[gap] == 0
    content[gap] = 1
    path.write_bytes(content)
    assert not searcher.check(directory).is_sound


# Damage that checksums do not show


def raw(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and facts of a file."""
    file = ArrayFile(path.read_bytes(), path.name)
    return {name: file.array(name).copy() for name in file._offsets}, dict(file.facts)


def rewritten(path: Path, change: Callable[[Arrays, dict[str, Any]], None]) -> None:
    """Write a file again, its checksums right, with its arrays and facts changed."""
    arrays, facts = raw(path)
    change(arrays, facts)
    with path.open("wb") as file:
        write_arrays(file, arrays.items(), facts)


def with_postings(
    edit: Callable[[dict[str, PostingLists], dict[str, StemField]], None],
) -> Callable[[Path], None]:
    """Return what writes a segment's postings again, with its fields and stem fields changed."""

    def change(directory: Path) -> None:
        path = segment_file(directory, "postings")
        reader = PostingsReader(ArrayFile(path.read_bytes(), path.name))
        lists: dict[str, PostingLists] = {}
        stems: dict[str, StemField] = {}
        for name, of in reader.fields.items():
            if isinstance(of, StemFieldReader):
                stems[name] = of.stem_field(reader.stem_fields[name])
            else:
                lists[name] = of.lists()
        edit(lists, stems)
        with path.open("wb") as file:
            write_postings(file, lists.items(), stems.items())

    return change


def with_lists(field: str, **changes: Callable[[PostingLists], Any]) -> Callable[[Path], None]:
    """Return what writes a segment's postings again, with parts of a field's lists changed."""

    def edit(lists: dict[str, PostingLists], _stems: dict[str, StemField]) -> None:
        of = lists[field]
        lists[field] = of._replace(**{name: part(of) for name, part in changes.items()})

    return with_postings(edit)


def with_stems(field: str, **changes: Callable[[StemField], Any]) -> Callable[[Path], None]:
    """Return what writes a segment's postings again, with parts of a stem field changed."""

    def edit(_lists: dict[str, PostingLists], stems: dict[str, StemField]) -> None:
        of = stems[field]
        stems[field] = of._replace(**{name: part(of) for name, part in changes.items()})

    return with_postings(edit)


def with_stored(edit: Callable[[dict[str, Any]], None], number: int = 7) -> Callable[[Path], None]:
    """Return what writes a segment's documents again, with one stored paper changed."""

    def change(directory: Path) -> None:
        path = segment_file(directory, "documents")
        reader = DocumentsReader(ArrayFile(path.read_bytes(), path.name))
        stored = [reader.stored(at) for at in range(reader.count)]
        values = decode_stored(stored[number])
        edit(values)
        stored[number] = encode_stored(values)
        packer = StoredPacker(stored)
        kinds: dict[str, dict[str, Any]] = {"lengths": {}, "numbers": {}, "texts": {}, "coded": {}}
        for kind, found in kinds.items():
            for name in reader.names:
                column = getattr(reader, kind)(name)
                if column is not None:
                    found[name] = list(column) if kind == "texts" else column
        for name, coded in kinds["coded"].items():
            kinds["coded"][name] = CodedColumn(list(coded.values), coded.codes, coded.starts)
        documents = Documents(
            reader.count,
            **kinds,
            stored=list(map(packer.pack, stored)),
            dictionary=packer.dictionary,
        )
        with path.open("wb") as file:
            write_documents(file, documents)

    return change


def with_arrays(
    extension: str, change: Callable[[Arrays, dict[str, Any]], None]
) -> Callable[[Path], None]:
    return lambda directory: rewritten(segment_file(directory, extension), change)


def put(values: Any, at: int, value: Any) -> Any:
    """Return a copy of an array or list with one element changed."""
    changed = values.copy() if isinstance(values, np.ndarray) else list(values)
    changed[at] = value
    return changed


def set_array(name: str, of: Callable[[NDArray[Any]], NDArray[Any]]) -> Any:
    def change(arrays: Arrays, _facts: dict[str, Any]) -> None:
        arrays[name] = of(arrays[name])

    return change


def swapped(values: Any, one: int, other: int) -> Any:
    return put(put(values, one, values[other]), other, values[one])


def long_list(lists: PostingLists) -> int:
    """Return the first posting of a list of several."""
    return int(lists.starts[:-1][np.diff(lists.starts) > 2][0])


def often(lists: PostingLists) -> int:
    """Return the first position of the first posting that has several."""
    assert lists.frequencies is not None
    at = int(np.flatnonzero(lists.frequencies > 1)[0])
    return int(lists.frequencies[:at].sum())


def _move_posting(lists: PostingLists) -> Any:
    # One list longer by the first posting of the next.
    return put(lists.starts, 1, lists.starts[1] + 1)


def _move_frequency(lists: PostingLists) -> NDArray[Any]:
    assert lists.frequencies is not None
    return np.roll(lists.frequencies, 1)


def _other_stem(of: StemField) -> Any:
    return put(of.stem_of_term, 0, (of.stem_of_term[0] + 1) % len(of.stems))


def _add_lengths_of_no_field(arrays: Arrays, facts: dict[str, Any]) -> None:
    facts["names"].append("zebra")
    arrays["zebra/lengths"] = np.ones(40, np.uint8)


BROKEN = {
    "terms in another order": (
        with_lists("authors", terms=lambda of: swapped(of.terms, 0, 1)),
        "field authors: the terms do not ascend",
    ),
    "a term twice": (
        with_lists("authors", terms=lambda of: put(of.terms, 1, of.terms[0])),
        "field authors: the terms do not ascend",
    ),
    "a term that is no text": (
        with_lists("authors", terms=lambda of: put(of.terms, -1, b"\xff")),
        "field authors: the term b'\\xff' is not UTF-8",
    ),
    "a term that is half a character": (
        with_lists("author_names", terms=lambda of: put(of.terms, -1, b"\xed\xa0\x80")),
        "field author_names: the term b'\\xed\\xa0\\x80' is not UTF-8",
    ),
    "a term of two lines": (
        with_lists("author_names", terms=lambda of: put(of.terms, -1, b"zed\nann")),
        "field author_names: the term b'zed\\nann' has a line break",
    ),
    "words without positions": (
        with_lists("abstract_exact", positions=lambda _: None),
        "field abstract_exact: the words have no positions",
    ),
    "words without stems": (
        with_arrays("postings", lambda _, facts: facts["stem_fields"].pop("abstract")),
        "field abstract: the stems are not those of the words",
    ),
    "keys of other terms": (
        with_arrays(
            "postings",
            set_array("title_exact/term_keys", lambda of: put(of, 1, of[1] + np.uint64(1))),
        ),
        "field title_exact: the keys are not those of the terms",
    ),
    "terms too short": (
        with_arrays("postings", set_array("title_exact/term_bytes", lambda of: of[:-1])),
        "title_exact: terms of other lengths than stored",
    ),
    "documents that do not ascend": (
        with_lists(
            "abstract_exact",
            documents=lambda of: swapped(of.documents, long_list(of), long_list(of) + 1),
        ),
        "field abstract_exact:",
    ),
    "a document twice": (
        with_lists(
            "category",
            documents=lambda of: put(of.documents, 1, of.documents[0]),
        ),
        "field category: the document numbers of b'CL' do not ascend",
    ),
    "a document that there is not": (
        with_lists("source", documents=lambda of: put(of.documents, -1, 40)),
        "field source: a document number of",
    ),
    "a list longer and the next shorter": (
        with_lists("id", starts=_move_posting),
        "field id: no postings of b'p1'",
    ),
    "a frequency of none": (
        with_lists("has", frequencies=lambda of: np.zeros(len(of.documents), np.int32)),
        "field has: a frequency of b'code' is below 1",
    ),
    "a frequency moved to the next posting": (
        with_lists(
            "abstract_exact",
            frequencies=_move_frequency,
            positions=lambda of: np.zeros_like(of.positions),
        ),
        "column abstract_exact:",
    ),
    "a position fewer": (
        with_arrays(
            "postings",
            set_array(
                "abstract_exact/first_positions",
                lambda of: put(of, 0, of[0] & 0x7F),
            ),
        ),
        "field abstract_exact: the first positions are not those of the postings",
    ),
    "positions that fall": (
        with_lists(
            "abstract_exact",
            positions=lambda of: swapped(of.positions, often(of), often(of) + 1),
        ),
        "field abstract_exact: the positions of",
    ),
    "a width that there is not": (
        with_arrays("postings", set_array("id/documents/widths", lambda of: put(of, 0, 3))),
        "field id: id/documents: lists of other lengths than stored",
    ),
    "bytes too many": (
        with_arrays("postings", set_array("id/documents/bytes", lambda of: np.append(of, of[:1]))),
        "field id: id/documents: lists of other lengths than stored",
    ),
    "an exception of nothing": (
        with_arrays(
            "postings",
            lambda arrays, _: arrays.update(
                {
                    "id/documents/exceptions": np.array([10**6], np.uint32),
                    "id/documents/excess": np.array([1], np.uint32),
                }
            ),
        ),
        "field id: id/documents/bytes: the exceptions are none of these lists",
    ),
    "an exception beyond all numbers": (
        with_arrays(
            "postings",
            lambda arrays, _: arrays.update(
                {
                    "id/documents/exceptions": np.array([0], np.uint32),
                    "id/documents/excess": np.array([2**31], np.uint32),
                }
            ),
        ),
        "field id: id/documents/bytes: an exception is too large",
    ),
    "a start too many": (
        with_arrays("postings", set_array("id/starts/bytes", lambda of: np.append(of, of[:1]))),
        "field id: id/starts are not as many as the lists",
    ),
    "a stem of another term": (
        with_stems("abstract", stem_of_term=_other_stem),
        "",  # no words are analysed again
    ),
    "a stem that there is not": (
        with_arrays("postings", set_array("abstract/stem_of_term", lambda of: put(of, 0, 10**6))),
        "field abstract: a term has a stem that there is not",
    ),
    "too few stems": (
        with_arrays("postings", set_array("title/stem_of_term", lambda of: of[:-1])),
        "field title: the stems are not as many as the terms that they are of",
    ),
    "forms of another stem": (
        with_arrays("postings", set_array("title/terms_by_stem", lambda of: swapped(of, 0, -1))),
        "field title: the terms of the stems are not those that have them",
    ),
    "a form twice": (
        with_arrays("postings", set_array("title/terms_by_stem", lambda of: put(of, 0, of[1]))),
        "field title: the terms of the stems are not those that have them",
    ),
    "stems in another order": (
        with_stems("title", stems=lambda of: swapped(of.stems, 0, 1)),
        "field title: the terms do not ascend",
    ),
    "a stem field of no field": (
        with_arrays("postings", lambda _, facts: facts["stem_fields"].update(title="none")),
        "the fields are not as they were written",
    ),
    "a paper without its id's posting": (
        with_lists(
            "id",
            terms=lambda of: of.terms[1:],
            starts=lambda of: of.starts[:-1],
            documents=lambda of: of.documents[1:],
        ),
        "field id: 1 postings too many or too few by the stored papers",
    ),
    "ids of each other": (
        with_lists("id", documents=lambda of: swapped(of.documents, 3, 4)),
        "field id: 4 postings too many or too few by the stored papers",
    ),
    "a year of another paper": (
        with_lists("year", starts=_move_posting),
        "field year:",
    ),
    "no field of files": (
        with_arrays("postings", lambda _, facts: facts["fields"].remove("source")),
        "field source: 40 postings too many or too few by the stored papers",
    ),
    "lengths too few": (
        with_arrays("documents", set_array("authors/lengths", lambda of: of[:-1])),
        "column authors: authors: 39 values, 40 documents",
    ),
    "a length more": (
        with_arrays("documents", set_array("abstract/lengths", lambda of: put(of, 3, of[3] + 1))),
        "column abstract: 1 lengths are not the sums of the frequencies; the first is that of"
        " number 3",
    ),
    "lengths of no field": (
        with_arrays("documents", _add_lengths_of_no_field),
        "column zebra: lengths of a field without terms",
    ),
    "years too few": (
        with_arrays("documents", set_array("year/numbers", lambda of: of[:-1])),
        "column year: year: 39 values, 40 documents",
    ),
    "another year": (
        with_arrays("documents", set_array("year/numbers", lambda of: put(of, 9, of[9] + 1))),
        "column year: 1 are not those of the stored papers; the first is number 9",
    ),
    "another score": (
        with_arrays("documents", set_array("score/numbers", lambda of: put(of, 9, np.nan))),
        "column score: 1 are not those of the stored papers; the first is number 9",
    ),
    "years with a point": (
        with_arrays("documents", set_array("year/numbers", lambda of: of.astype("<f8"))),
        "column year: numbers of the type float64",
    ),
    "years of eight bytes": (
        with_arrays("documents", set_array("year/numbers", lambda of: of.astype("<u8"))),
        "column year: numbers of the type uint64",
    ),
    "a value of no paper that is no text": (
        with_arrays(
            "documents",
            lambda arrays, _: arrays.update(
                pack_strings("author_list/values", [b"Ann Author", *NAMES, b"\xff"])
            ),
        ),
        "column author_list: cannot be read (UnicodeDecodeError",
    ),
    "another title": (
        with_arrays("documents", set_array("title/texts/bytes", lambda of: put(of, 0, ord("X")))),
        "column title: 1 are not those of the stored papers; the first is number 0",
    ),
    "another id": (
        with_arrays("documents", set_array("id/texts/bytes", lambda of: put(of, 0, ord("X")))),
        "column id: 1 are not those of the stored papers; the first is number 0",
    ),
    "titles too few": (
        with_arrays("documents", set_array("title/texts/starts/bytes", lambda of: of[:-1])),
        "column title: title/texts: strings of other lengths than stored",
    ),
    "titles too long": (
        with_arrays("documents", set_array("title/texts/starts/bytes", lambda of: put(of, 5, 200))),
        "column title: title/texts: strings of other lengths than stored",
    ),
    "a code of no value": (
        with_arrays("documents", set_array("category_list/codes", lambda of: put(of, 1, 99))),
        "column category_list: category_list: a code without a value",
    ),
    "another category": (
        with_arrays("documents", set_array("category_list/codes", lambda of: put(of, 1, of[0]))),
        "column category_list: 1 are not those of the stored papers; the first is number 1",
    ),
    "codes too few": (
        with_arrays("documents", set_array("has/codes", lambda of: of[:-1])),
        "column has: has: 39 values, 40 documents",
    ),
    "lists of codes too long": (
        with_arrays(
            "documents",
            set_array("author_list/code_starts/bytes", lambda of: put(of, 0, of[0] + 1)),
        ),
        "column author_list: author_list: lists of ",
    ),
    "another author": (
        with_arrays("documents", set_array("author_list/codes", lambda of: swapped(of, 0, 1))),
        "column author_list: 1 are not those of the stored papers; the first is number 0",
    ),
    "no column of titles": (
        with_arrays("documents", lambda _, facts: facts["names"].remove("title")),
        "column title: 40 are not those of the stored papers",
    ),
    "a stored paper that is no paper": (
        with_stored(lambda values: values.update(copies=[{"name": "x"}])),
        "stored papers: 1 cannot be read; the first is number 7: cannot be read (KeyError",
    ),
    "a stored paper without copies": (
        with_stored(lambda values: values.update(copies=[])),
        "stored papers: 1 cannot be read; the first is number 7: cannot be read (ValueError",
    ),
    "a stored paper of other contents": (
        with_stored(lambda values: values["copies"][0].update(abstract="Other.")),
        "stored papers: 1 cannot be read; the first is number 7: cannot be read (ValueError: the"
        " contents are not those of their hashes)",
    ),
    "a stored paper of two ids": (
        with_stored(lambda values: values.update(id="other")),
        "stored papers: 1 cannot be read; the first is number 7: cannot be read (ValueError: the"
        " ids differ)",
    ),
    "a stored paper shared with no file": (
        with_stored(lambda values: values.update(shared=["/none"])),
        "stored papers: 1 cannot be read; the first is number 7: cannot be read (ValueError: files"
        " are shared that are not named)",
    ),
    "stored bytes that do not unpack": (
        with_arrays("documents", set_array("stored/bytes", lambda of: put(of, 0, of[0] ^ 6))),
        "stored papers: ",
    ),
    "another dictionary": (
        with_arrays("documents", set_array("dictionary", lambda of: of[::-1].copy())),
        "stored papers: ",
    ),
    "too few stored papers": (
        with_arrays("documents", set_array("stored/starts/bytes", lambda of: of[:-2])),
        "stored papers: stored: strings of other lengths than stored",
    ),
    "another count": (
        with_arrays("documents", lambda _, facts: facts.update(count=41)),
        "stored papers: stored/starts are not as many as the lists",
    ),
    "a count beyond all memory": (
        with_arrays("documents", lambda _, facts: facts.update(count=10**15)),
        "1,000,000,000,000,000 documents, which it cannot hold",
    ),
}
UNSEEN = {"a stem of another term"}
"""What would take analysing every text again, which another version does otherwise."""


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in UNSEEN])
def test_what_is_wrong_under_right_checksums_is_named(directory: Path, name: str) -> None:
    damage, told = BROKEN[name]
    assert searcher.check(directory).is_sound
    damage(directory)
    report = searcher.check(directory)
    lines = [str(finding) for finding in report.damage]
    assert any(told in line for line in lines), lines
    assert all(line.startswith("MAIN_") for line in lines)


def test_one_finding_does_not_hide_another(directory: Path) -> None:
    names = ["another title", "another category", "ids of each other", "positions that fall"]
    for name in names:
        BROKEN[name][0](directory)
    lines = [str(finding) for finding in searcher.check(directory).damage]
    for name in names:
        assert any(BROKEN[name][1] in line for line in lines), name


# Over all segments


def test_a_paper_in_two_segments_is_told(tmp_path: Path) -> None:
    directory = built(tmp_path, PAPERS[:3], PAPERS[3:6])
    one, other = sorted(directory.glob("*.documents"))
    for path in (one, one.with_suffix(".postings")):
        (other.parent / path.name.replace(one.stem, other.stem)).write_bytes(path.read_bytes())
    (finding,) = searcher.check(directory).damage
    assert finding.file == other.name
    assert f"3 ids are those of other papers; the first is 'p0', which stands in {one.name}" in str(
        finding
    )
    assert searcher.repair(directory).after.is_sound


@pytest.mark.parametrize("kind", ["flipped", "cut", "missing", "empty"])
def test_a_table_of_contents_that_is_damaged_is_told(directory: Path, kind: str) -> None:
    (table,) = directory.glob("*.toc")
    content = bytearray(table.read_bytes())
    if kind == "flipped":
        content[100] ^= 1
    table.write_bytes(content[:-9] if kind == "cut" else b"" if kind == "empty" else content)
    if kind == "missing":
        table.unlink()
    (finding,) = searcher.check(directory).damage
    assert "table of contents" in str(finding)
    assert finding.file == ("" if kind == "missing" else table.name)


def test_counts_have_to_agree_with_the_table_of_contents(tmp_path: Path) -> None:
    directory = built(tmp_path, PAPERS[:3], PAPERS[3:8])
    one, other = sorted(directory.glob("*.documents"))
    for path in (one, one.with_suffix(".postings")):
        (other.parent / path.name.replace(one.stem, other.stem)).write_bytes(path.read_bytes())
    told = [str(finding) for finding in searcher.check(directory).damage]
    assert f"{other.name}: 3 documents, the table of contents promises 5" in told


# Another version of the stemmer


class OlderStemmer(PorterStemmer):  # type: ignore[misc]
    """The stemmer of the first rules, which stems words one by one and many at once."""

    def stem_all(self, words: list[bytes]) -> list[bytes]:
        return [self.stem(word.decode()).encode() for word in words]


def test_an_index_of_another_stemmer_finds_its_words_and_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stemmers change their rules from version to version; an index keeps the stem of each word."""
    with monkeypatch.context() as patches:
        patches.setattr(analysis, "_stemmers", OlderStemmer)
        analysis.stem.cache_clear()
        analysis.stemming.cache_clear()
        directory = built(tmp_path, [{**paper, "title": "Generously"} for paper in PAPERS])
    analysis.stem.cache_clear()
    analysis.stemming.cache_clear()

    def count(query: str) -> int | None:
        with searcher.open(directory) as papers:
            return papers.search(query).total

    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(searcher.NotAnIndexError, match=r"stemmer.*searcher check --repair"):
        searcher.open(directory)
    with pytest.raises(searcher.NotAnIndexError, match=r"stemmer.*searcher check --repair"):
        searcher.build(directory, [write_jsonl(tmp_path / "more.jsonl", PAPERS[0] | {"id": "x"})])
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert not searcher.check(directory).is_sound
    searcher.repair(directory)
    assert searcher.check(directory).is_sound
    assert count("generously") == count("generous") == len(PAPERS)
