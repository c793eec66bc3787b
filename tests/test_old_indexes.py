"""An index of every version there was: this one opens its own, and converts or refuses the others.

``indexes/NAME`` is what the version NAME wrote of ``indexes/papers.jsonl``: ``whoosh`` in Whoosh's
own segments, ``arrays`` in array segments whose table of contents was Whoosh's alone, and from then
on the version of the analysis, and behind a point that of the packing, from its second on. Where
this version's differs from what is written now, the format or the analysis has changed. If this
version was released, raise its version. Then this writes the index of this version anew:
``python -m tests.test_old_indexes``.
"""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import searcher
from index import NotAnIndexError, Paper, SeedRun, Source, open_writer, remove, repair
from index.identifiers import Identifier
from index.paper import Copy
from index.segments.contents import ANALYSIS, PACKING
from index.segments.opening import Segment, open_index
from searcher.cli.main import cli
from tests.test_repairing import answers, built, files, flip_array, papers, record, segment

INDEXES = Path(__file__).parent / "indexes"
PAPERS = INDEXES / "papers.jsonl"
KEPT = sorted(path for path in INDEXES.iterdir() if path.is_dir())
PRESENT = INDEXES / f"{ANALYSIS[1]}.{PACKING[1]}"
READ = [INDEXES / "3"]
CONVERTED = [INDEXES / "2"]
REFUSED = [path for path in KEPT if path not in (PRESENT, *READ, *CONVERTED)]

FURTHER: dict[str, Any] = {
    "identifiers": (Identifier("doi", "10.5555/x2"), Identifier("pmid", "22")),
    "keywords": ("rivers", "naïve maps"),
    "venue": "River Letters",
    "type": "article",
    "language": "en",
    "cited_by": 0,
}


def write(directory: Path) -> None:
    """Write the papers as any version is asked to: one commit, and one paper deleted."""
    papers: list[Paper] = list(SeedRun([PAPERS]))
    with open_writer(str(directory)) as writer:
        for line, paper in enumerate(papers, 1):
            further = FURTHER if paper.id == "x2" else {}
            sources = (Source("/papers.jsonl", line),)
            writer.add([Copy.of(replace(paper, sources=sources, **further))], ())
        writer.commit()
    with open_writer(str(directory)) as writer:
        entry = writer.entries(["x3"]).get("x3")
        assert entry
        writer.delete(entry)
        writer.commit()


def kept(directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(directory, tmp_path / directory.name))


@pytest.mark.parametrize("directory", REFUSED, ids=lambda path: path.name)
def test_an_old_index_is_refused_with_the_command_that_rebuilds_it(
    tmp_path: Path, directory: Path
) -> None:
    old = kept(directory, tmp_path)
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    with pytest.raises(searcher.NotAnIndexError) as opened:
        searcher.open(old)
    with pytest.raises(NotAnIndexError) as updated:
        searcher.build(old, [PAPERS])
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    for raised in (opened, updated):
        assert str(raised.value).startswith(f"{old}: written by another version")
        advised = re.search(r"searcher (index PATH --index FOLDER)$", str(raised.value))
        assert advised
    new = tmp_path / "new"
    words = {"PATH": str(PAPERS), "FOLDER": str(new)}
    assert advised
    ended = CliRunner().invoke(cli, [words.get(word, word) for word in advised[1].split()])
    assert ended.exit_code == 0
    with searcher.open(new) as papers:
        assert len(papers) == 3


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("directory", CONVERTED, ids=lambda path: path.name)
def test_an_index_of_an_earlier_analysis_is_converted(tmp_path: Path, directory: Path) -> None:
    old = kept(directory, tmp_path)
    before = content(old)
    report = searcher.check(old)
    assert (report.is_sound, report.is_earlier, report.damage) == (False, True, ())
    checked = CliRunner().invoke(cli, ["check", "--index", str(old)], standalone_mode=False)
    assert checked.return_value == 1
    assert checked.output.startswith("of an earlier version: 2 papers")
    assert "damage" not in checked.output
    for use in (searcher.open, lambda place: searcher.build(place, [PAPERS])):
        with pytest.raises(searcher.NotAnIndexError) as raised:
            use(old)
        assert content(old) == before
        assert str(raised.value).startswith(f"{old}: written by another version")
    advised = re.search(r"searcher (check --repair --index \S+)$", str(raised.value))
    assert advised
    ended = CliRunner().invoke(cli, advised[1].split(), standalone_mode=False)
    assert ended.return_value == 0, ended.output
    assert "reading again" not in ended.output
    assert "damage" not in ended.output
    assert "\nconverted 2 papers; nothing was lost\nsound: 2 papers" in ended.output
    assert searcher.check(old).is_sound
    answers_as_written(old)
    write(tmp_path / "new")
    with searcher.open(old) as converted, searcher.open(tmp_path / "new") as new:
        assert {one.id: one for one in converted.all()} == {one.id: one for one in new.all()}


@pytest.fixture
def earlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an index of three segments, with a paper removed, that says it is an earlier one's."""
    with monkeypatch.context() as then:
        then.setattr("index.segments.contents.ANALYSIS", ("fields and words", 2))
        then.setattr("index.segments.contents._EARLIER_ANALYSES", ())
        directory = built(tmp_path, 40, 30, 20)
        remove(directory, ["p005"])
    return directory


def test_a_conversion_keeps_all_and_reads_no_file(tmp_path: Path, earlier: Path) -> None:
    done = repair(earlier, on_files=lambda _: pytest.fail("reads files"))
    assert (done.converted, done.unreadable, done.is_complete) == (89, 0, True)
    assert done.kept == done.rescued == 0
    new, seeds = tmp_path / "new", [tmp_path / f"{at}.jsonl" for at in range(3)]
    searcher.build(new, seeds)
    remove(new, ["p005"])
    assert papers(earlier) == papers(new)
    assert answers(earlier) == answers(new)
    # What was removed and which files are unchanged is still known.
    summary = searcher.build(earlier, seeds)
    assert summary.skipped == searcher.build(new, seeds).skipped > 0
    assert (summary.new, summary.total, summary.left_out) == (0, 89, 1)


def test_a_conversion_that_fails_changes_nothing(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(earlier)
    for step in ("sync_folder", "publish"):
        with monkeypatch.context() as failing:
            failing.setattr(f"index.segments.contents.{step}", refuse)
            with pytest.raises(searcher.IndexStorageError):
                repair(earlier)
        assert files(earlier) == before
    assert repair(earlier).converted == 89


def refuse(*_: object) -> None:
    raise OSError("the disk is full")


def test_a_damaged_index_of_an_earlier_analysis_is_converted_and_mended(earlier: Path) -> None:
    flip_array(segment(earlier, 0, "documents"), "stored/bytes")
    named: list[str] = []
    done = repair(earlier, on_files=named.extend)
    assert done.is_complete
    assert (done.converted, done.rescued + done.new, done.unreadable) == (50, 39, done.new)
    assert named
    assert len(papers(earlier)) == 89
    assert record(5)["id"] not in papers(earlier)


@pytest.mark.parametrize("directory", [PRESENT, *READ], ids=lambda path: path.name)
def test_an_index_of_this_analysis_opens_and_answers(tmp_path: Path, directory: Path) -> None:
    index = kept(directory, tmp_path)
    before = content(index)
    assert searcher.check(index).is_sound
    answers_as_written(index)
    assert repair(index).before.is_sound
    assert content(index) == before


@pytest.mark.parametrize("directory", READ, ids=lambda path: path.name)
def test_an_index_of_an_earlier_packing_is_added_to_and_merged(
    tmp_path: Path, directory: Path
) -> None:
    write(tmp_path / "new")
    indexes = [kept(directory, tmp_path), tmp_path / "new"]
    for at in range(1, 9):  # eight segments make one
        seeds = tmp_path / f"{at}.jsonl"
        seeds.write_text("\n".join(json.dumps(record(number)) for number in (at, 50 + at)))
        for index in indexes:
            searcher.build(index, [seeds])
        assert papers(indexes[0]) == papers(indexes[1])
        assert searcher.check(indexes[0]).is_sound
    assert len(open_index(str(indexes[0]))) == len(open_index(str(indexes[1])))
    assert answers(indexes[0]) == answers(indexes[1])


def answers_as_written(directory: Path) -> None:
    with searcher.open(directory) as papers:
        assert len(papers) == 2
        page = papers.search("rivers naive", match="all", facets=["category"])
        assert [hit.id for hit in page.hits] == ["x2"]
        assert page.facets
        assert [(count.value, count.count) for count in page.facets["category"]] == [
            ("cs", 1),
            ("cs.CL", 1),
        ]
        assert papers.paper("x1").authors == ("Ann Poe", "Bo Han")
        assert [hit.id for hit in papers.search("kw:maps venue:letters cited:0 lang:en")] == ["x2"]


def test_the_index_of_this_version_is_what_this_version_writes(tmp_path: Path) -> None:
    write(tmp_path / "new")
    folders = [kept(PRESENT, tmp_path), tmp_path / "new"]
    files = [next(folder.glob("*.postings")) for folder in folders]
    assert files[0].read_bytes() == files[1].read_bytes()
    old, new = (everything(*open_index(str(folder))) for folder in folders)
    assert old == new


def everything(segment: Segment) -> list[object]:
    """Return everything that a segment holds of its documents, unpacked."""
    documents = segment.documents
    read: list[object] = [documents.count]
    for name in documents.names:
        lengths, numbers = documents.lengths(name), documents.numbers(name)
        texts, coded = documents.texts(name), documents.coded(name)
        read += [
            name,
            None if lengths is None else lengths.tolist(),
            None if numbers is None else numbers.tolist(),
            None if texts is None else [bytes(texts[at]) for at in range(documents.count)],
            None
            if coded is None
            else (
                list(coded.values),
                coded.codes.tolist(),
                None if coded.starts is None else coded.starts.tolist(),
            ),
        ]
    read += list(map(documents.stored_values, range(documents.count)))
    return read


if __name__ == "__main__":
    shutil.rmtree(PRESENT, ignore_errors=True)
    write(PRESENT)
