"""Files whose names are like an index's own are left alone by all that is done to the index.

The papers are invented.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

import searcher
from index import NotAnIndexError
from index.errors import IndexStorageError
from index.segments.contents import find_table
from index.segments.names import (
    MOST_GENERATION,
    leftovers,
    next_generation,
    segments_in,
    tables_in,
    unfinished_in,
)
from tests.test_writer import answers
from tests.trust.strays import (
    KINDS,
    Stray,
    looked_at,
    names_never_written,
    names_of_plain_files,
    strays,
)
from tests.writing import commit, delete, paper

COMMITS = 4


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of several segments, one with a deleted paper, at the generation 5."""
    directory = tmp_path_factory.mktemp("sound") / "index"
    for number in range(COMMITS):
        commit(directory, *map(paper, range(5 * number, 5 * number + 5)))
    delete(directory, "p7")
    return directory


@pytest.fixture
def directory(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "index"))


def life(directory: Path) -> list[object]:
    """Do everything to an index, past the numbers of the strays, and return what was answered."""
    told: list[object] = [answers(directory), told_by_check(directory)]
    for number in range(30, 34):  # the fourth of them merges
        commit(directory, paper(number))
        told.append(found(directory) if number == 33 else None)
    delete(directory, "p30", "p2")
    told += [answers(directory), told_by_check(directory)]
    done = searcher.repair(directory)
    told.append((done.before.is_sound, done.kept))
    # What damages it, and what the repair makes of it.
    documents = sorted(directory / one for one in named(directory) if one.endswith(".documents"))
    flip(documents[-1])
    told.append(told_by_check(directory))
    done = searcher.repair(directory)
    told += [
        (done.kept, done.rescued, done.after.is_sound, done.knows_deletions),
        answers(directory),
    ]
    return told


def named(directory: Path) -> list[str]:
    """Return the names of the files of the newest commit's segments."""
    table = find_table(str(directory))
    assert table
    assert table.contents
    return [file for segment in table.contents.segments for file in segment.files]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def found(directory: Path) -> set[str]:
    """Return the ids of all papers. Whoosh itself would open the strays."""
    with searcher.open(directory) as papers:
        return {paper.id for paper in papers.all()}


def told_by_check(directory: Path) -> tuple[object, ...]:
    report = searcher.check(directory)
    places = [(one.place, one.file.rpartition(".")[2]) for one in report.damage]
    return report.papers, report.segments, report.is_sound, places


def put(directory: Path, chosen: Sequence[Stray]) -> list[str]:
    for stray in chosen:
        stray.put(directory)
    return [stray.name for stray in chosen]


def of_kind(kind: str, newest: int = COMMITS + 1) -> list[Stray]:
    names = names_never_written(newest)
    if kind not in ("empty", "text", "table"):
        names += names_of_plain_files(newest)
    return [Stray(name, kind) for name in names]


@pytest.fixture(scope="module")
def expected(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    return life(Path(shutil.copytree(sound, tmp_path_factory.mktemp("life") / "index")))


@pytest.mark.parametrize("kind", KINDS)
def test_strays_change_nothing_and_stay(directory: Path, expected: list[object], kind: str) -> None:
    names = put(directory, of_kind(kind))
    before = dict(looked_at(directory, names))
    assert {note.file for note in searcher.check(directory).notes} == set(names)
    assert life(directory) == expected
    assert dict(looked_at(directory, names)) == before
    notes = {note.file: note for note in searcher.check(directory).notes}
    assert set(notes) == set(names)
    assert {note.kind for note in notes.values()} == {"note"}
    # Nothing else is left: each commit has removed what it replaced.
    table = find_table(str(directory))
    assert table
    own = {*named(directory), "MAIN_WRITELOCK", f"_MAIN_{table.generation}.toc"}
    assert set(os.listdir(directory)) == own | set(names)


@pytest.fixture(scope="module")
def one_segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one segment at the same generation, which is sooner checked."""
    directory = tmp_path_factory.mktemp("one segment") / "index"
    commit(directory, *map(paper, range(20 + COMMITS - 1)))
    for number in ("p7", *map("p{}".format, range(20, 20 + COMMITS - 1))):
        delete(directory, number)
    return directory


@pytest.mark.parametrize("name", names_never_written(COMMITS + 1), ids=ascii)
def test_a_stray_alone_is_named_and_no_damage(one_segment: Path, tmp_path: Path, name: str) -> None:
    directory = Path(shutil.copytree(one_segment, tmp_path / "index"))
    assert (directory / f"_MAIN_{COMMITS + 1}.toc").exists()
    put(directory, [Stray(name, "table" if ".toc" in name else "text")])
    report = searcher.check(directory)
    assert (report.is_sound, [(note.file, note.reason) for note in report.notes]) == (
        True,
        [(name, "no file of the index")],
    )
    commit(directory, paper(40))
    assert len(found(directory)) == 20
    assert len(searcher.repair(directory).after.notes) == 1


def test_every_stray_is_tried(directory: Path) -> None:
    assert {stray.kind for stray in strays(directory)} == set(KINDS)
    assert {stray.name for kind in KINDS for stray in of_kind(kind)} == {
        stray.name for stray in strays(directory)
    }


def test_a_folder_of_strays_alone_is_no_index(tmp_path: Path) -> None:
    for stray in of_kind("text"):
        if ".toc" in stray.name and tables_in(str(tmp_path)) == []:
            stray.put(tmp_path)
    before = set(os.listdir(tmp_path))
    for action in (
        searcher.open,
        searcher.check,
        searcher.repair,
        lambda one: commit(one, paper(1)),
    ):
        with pytest.raises(NotAnIndexError):
            action(tmp_path)
    assert set(os.listdir(tmp_path)) == before


# A table that cannot be read, and others


@pytest.mark.parametrize(
    ("others", "damaged"),
    [((), 5), ((9,), 5), ((2,), 5), ((2, 9), 5), ((4,), 5), ((900, 901), 5)],
    ids=str,
)
def test_a_damaged_table_is_told_from_others(
    directory: Path, others: Sequence[int], damaged: int
) -> None:
    flip(directory / "_MAIN_5.toc")
    for number in others:
        (directory / f"_MAIN_{number}.toc").write_text("mine")
    (finding,) = searcher.check(directory).damage
    assert finding.file == f"_MAIN_{damaged}.toc"
    with pytest.raises(searcher.SearchError, match=r"table of contents|cut short"):
        searcher.open(directory)
    done = searcher.repair(directory)
    assert done.after.is_sound
    assert not (directory / "_MAIN_5.toc").exists()
    # One commit before it, what cannot be read was a commit's.
    strays_left = {f"_MAIN_{number}.toc" for number in others if number != 4}
    assert {note.file for note in done.after.notes} == strays_left
    assert len(found(directory)) == 20  # the deleted paper is back


def test_the_newest_commit_is_never_passed_over(directory: Path) -> None:
    """A commit that cannot be read is damage, though the one before it is still there."""
    former = (directory / "_MAIN_5.toc").read_bytes()
    commit(directory, paper(50))
    (directory / "_MAIN_5.toc").write_bytes(former)
    assert searcher.check(directory).is_sound
    flip(directory / "_MAIN_6.toc")
    assert not searcher.check(directory).is_sound
    with pytest.raises(searcher.SearchError):
        searcher.open(directory)


def test_what_stopped_writers_left_is_removed(directory: Path) -> None:
    digits = "0123456789abcdef"
    left = [
        *("_MAIN_3.toc.new", "_MAIN_5.toc.new", "_MAIN_6.toc.new", "_MAIN_4.toc"),
        *(f"MAIN_0000000{number}{digits}.postings" for number in (1, 5, 6)),
        f"MAIN_00000006{digits}.documents",
    ]
    for name in left:
        (directory / name).write_bytes(b"half of it")
    reasons = {note.file: note.reason for note in searcher.check(directory).notes}
    assert reasons == dict.fromkeys(left, "no part of the last commit; the next one removes it")
    commit(directory, paper(60))
    assert searcher.check(directory).notes == ()
    assert not set(left) & set(os.listdir(directory))


# Numbers


@pytest.mark.parametrize(
    ("names", "newest", "expected"),
    [
        ("", 5, 6),
        ("_MAIN_5.toc", 5, 6),
        ("_MAIN_4.toc _MAIN_5.toc", 5, 6),
        ("_MAIN_6.toc", 5, 8),
        ("_MAIN_7.toc", 5, 9),
        ("_MAIN_8.toc", 5, 6),
        ("_MAIN_6.toc _MAIN_7.toc _MAIN_9.toc", 5, 11),
        ("_MAIN_6.toc.new", 5, 6),
        ("_MAIN_6.toc.new/", 5, 8),
        ("_MAIN_999999999.toc", 5, 6),
        ("_MAIN_99999999999.toc _MAIN_06.toc", 5, 6),
    ],
)
def test_the_number_of_a_commit_is_nobody_else_s(
    tmp_path: Path, names: str, newest: int, expected: int
) -> None:
    for name in names.split():
        if name.endswith("/"):
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).touch()
    assert next_generation(str(tmp_path), newest) == expected


def test_without_a_number_no_commit_is_made(tmp_path: Path) -> None:
    assert next_generation(str(tmp_path), MOST_GENERATION - 1) == MOST_GENERATION
    with pytest.raises(IndexStorageError, match=r"no number is left .* build it again"):
        next_generation(str(tmp_path), MOST_GENERATION)


def test_no_folder_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory in (str(tmp_path / "none"), str(tmp_path / "file")):
        assert tables_in(directory) == []
        for names in (segments_in(directory), unfinished_in(directory), leftovers(directory, 5)):
            assert list(names) == []
