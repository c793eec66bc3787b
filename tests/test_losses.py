"""Damaged files: what they can no longer be read of stays in the index as it was, and is told.

The papers and people are invented.
"""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

import searcher
from index import Paper, build
from index.sync.losses import loss
from tests.test_sync import block, counts, page, papers_by_id

WHOLE = Paper("x1", "Über Flüsse", "We map them all.", ("Ann Poe",), categories=("LG",), year=2020)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"abstract": "We map them all, and more."}, None),
        ({"abstract": "Other words."}, None),
        ({"title": "\ufffdber Fl\ufffdsse"}, "the title cannot be decoded as before"),
        ({"authors": ("Ann P\ufffde",)}, "the authors cannot be decoded as before"),
        ({"abstract": "We map"}, "the abstract ends earlier than before"),
        ({"abstract": ""}, "the abstract is missing, which was there before"),
        ({"authors": ()}, "the authors is missing, which was there before"),
        ({"year": None}, "the year is missing, which was there before"),
    ],
)
def test_what_a_record_has_lost(changes: dict[str, object], told: str | None) -> None:
    new = Paper(**{**{name: getattr(WHOLE, name) for name in NAMES}, **changes})
    assert loss(new, WHOLE, in_doubt=True) == told
    is_decoding = told is not None and "decoded" in told
    assert loss(new, WHOLE, in_doubt=False) == (told if is_decoding else None)


NAMES = ("id", "title", "abstract", "authors", "categories", "year")


def lines(*abstracts: str) -> bytes:
    """Return records with these abstracts; words without end make them hard to pack."""
    rng = random.Random(1)
    values = [
        {
            "id": f"x{at}",
            "title": f"Paper {at}",
            "abstract": f"{text} {rng.randbytes(60_000).hex()}",
        }
        for at, text in enumerate(abstracts)
    ]
    return "".join(json.dumps(one) + "\n" for one in values).encode()


def cut(content: bytes) -> bytes:
    return gzip.compress(content)[:-4_000]


def flipped(content: bytes) -> bytes:
    """Return packed contents whose checksum is wrong."""
    packed = bytearray(gzip.compress(content))
    packed[-5] ^= 1
    return bytes(packed)


@pytest.mark.parametrize("damage", [cut, flipped])
def test_a_packed_file_that_is_damaged_changes_nothing_that_it_held(
    tmp_path: Path, index: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "papers.jsonl.gz"
    path.write_bytes(gzip.compress(lines("Old.", "Old.", "Old.")))
    build(index, [path])
    before = papers_by_id(index)
    path.write_bytes(damage(lines("Old.", "New.", "Old.", "Old.", "Old.")))
    with pytest.raises(searcher.SeedError, match="cannot be read further"):
        build(index, [path], strict=True)
    summary = build(index, [path], prune=True)
    assert (summary.changed, summary.removed, summary.missing) == (0, 0, 0)
    told = [str(problem) for problem in summary.problems]
    assert any("cannot be read further" in one for one in told)
    assert any("papers.jsonl.gz:2: " in one and "keeps the paper as it was" in one for one in told)
    after = papers_by_id(index)
    assert {one: after[one] for one in before} == before
    path.write_bytes(gzip.compress(lines("Old.", "New.")))
    assert counts(build(index, [path], prune=True))["changed"] == 1
    assert set(papers_by_id(index)) == {"x0", "x1"}


@pytest.mark.parametrize("form", ["page", "records with ids", "records without"])
@pytest.mark.parametrize("prune", [False, True])
def test_a_file_in_another_encoding_changes_nothing_that_it_held(
    tmp_path: Path, index: Path, form: str, prune: bool
) -> None:
    titles = ["Über Flüsse", "Quiet Lakes", "Tiefe Meere"]
    abstracts = ["We map them.", "Lakes are quiet.", "Sie sind weit und schön."]
    if form == "page":
        text = page(
            "Ann Poe",
            *(block(*one) for one in zip(titles, ["Ann Poe"] * 3, abstracts, strict=True)),
        )
    else:
        values = [
            {"title": title, "abstract": abstract}
            | ({"id": title[:4]} if form == "records with ids" else {})
            for title, abstract in zip(titles, abstracts, strict=True)
        ]
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in values)
    path = tmp_path / "papers"
    path.write_text(text, encoding="utf-8")
    build(index, [path])
    before = papers_by_id(index)
    path.write_text(text, encoding="latin-1")
    summary = build(index, [path], prune=prune, strict=True)
    assert papers_by_id(index) == before
    assert "read as Windows-1252" in summary.notes[0].reason
    path.write_text(text, encoding="utf-8")
    assert counts(build(index, [path], prune=prune)) == {"unchanged": 3}


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_in_a_file_of_utf_8_replace_nothing_in_silence(
    tmp_path: Path, index: Path, seed: int
) -> None:
    rng = random.Random(seed)
    records = [
        {"id": f"x{at}", "title": f"Über Fluß {at}", "abstract": "Très près de la forêt. " * 3}
        for at in range(8)
    ]
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records).encode()
    path = tmp_path / "papers.jsonl"
    path.write_bytes(text)
    build(index, [path])
    before = papers_by_id(index)
    damaged = bytearray(text)
    high = [at for at, byte in enumerate(text) if byte > 0x7F]
    for at in rng.sample(high, 3):
        damaged[at] = rng.choice([byte for byte in range(0x20, 0x100) if byte not in b'"\\'])
    path.write_bytes(damaged)
    summary = build(index, [path], prune=True)
    changed = {one for one, paper in papers_by_id(index).items() if paper != before[one]}
    # What is valid still, though another letter, nobody can tell from a change.
    assert all(
        "\ufffd" not in paper.title + paper.abstract for paper in papers_by_id(index).values()
    )
    valid = {
        one["id"]
        for one, line in zip(records, bytes(damaged).splitlines(), strict=True)
        if _is_utf_8(line)
    }
    assert changed <= valid
    assert bool(summary.problems) == (len(valid) < len(records))


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("prune", [False, True])
def test_a_file_that_is_renamed_and_damaged_loses_nothing(
    tmp_path: Path, index: Path, prune: bool
) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    record = '{"id": "x1", "title": "Über Flüsse", "abstract": "Über alle."}\n'
    (folder / "a.jsonl").write_text(record, encoding="utf-8")
    build(index, [folder])
    (folder / "a.jsonl").unlink()
    (folder / "b.jsonl").write_bytes(record.encode().replace(b"\xc3\xbcs", b"\xc3s"))
    summary = build(index, [folder], prune=prune)
    assert summary.removed == 0
    assert summary.problems
    paper = papers_by_id(index)["x1"]
    assert (paper.title, paper.abstract) == ("Über Flüsse", "Über alle.")
    (folder / "b.jsonl").write_text(record, encoding="utf-8")
    build(index, [folder], prune=prune)
    assert [Path(one.file).name for one in papers_by_id(index)["x1"].sources] == ["b.jsonl"]


def editorial(abstract: str) -> bytes:
    """Return a record without an id: editorials of one author may be one paper or several."""
    record = {"title": "Editorial", "authors": ["Ann Poe"], "abstract": abstract}
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


LAKES = editorial("Naïve lakes.")
DAMAGED_LAKES = LAKES.replace("ï".encode(), b"\xff")


@pytest.mark.parametrize("is_read_again", [False, True])
@pytest.mark.parametrize("form", ["one paper", "two papers"])
def test_the_only_text_that_could_be_decoded_is_not_pruned(
    tmp_path: Path, index: Path, form: str, is_read_again: bool
) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    going, staying = folder / "a", folder / "b.jsonl"
    if form == "one paper":
        going.write_text(page("Sam Roe", block("Editorial", "Ann Poe", "Maps of rivers.")))
    else:
        going.write_bytes(editorial("Maps of rivers."))
    staying.write_bytes(DAMAGED_LAKES)
    build(index, [folder])
    before = papers_by_id(index)
    assert len(before) == (1 if form == "one paper" else 2)
    going.unlink()
    if is_read_again:
        staying.write_bytes(DAMAGED_LAKES + b"\n")
    summary = build(index, [folder], prune=True)
    assert summary.skipped == (not is_read_again)
    assert papers_by_id(index) == before
    assert not any(one.is_pruned for one in summary.gone)
    told = "the abstract cannot be decoded as before; the index keeps the paper as it was"
    assert told in [problem.reason for problem in summary.problems]
    staying.write_bytes(LAKES)
    build(index, [folder], prune=True)
    assert [one.abstract for one in papers_by_id(index).values()] == ["Naïve lakes."]


@pytest.mark.parametrize("is_read_again", [False, True])
def test_a_text_is_pruned_if_another_file_has_one_that_can_be_decoded(
    tmp_path: Path, index: Path, is_read_again: bool
) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    going, damaged, sound = (folder / f"{name}.jsonl" for name in "abc")
    going.write_bytes(editorial("Maps of rivers."))
    damaged.write_bytes(DAMAGED_LAKES)
    sound.write_bytes(editorial("Deep seas."))
    build(index, [folder])
    going.unlink()
    damaged.write_bytes(DAMAGED_LAKES + b"\n")
    if is_read_again:
        sound.write_bytes(sound.read_bytes() + b"\n")
    assert counts(build(index, [folder], prune=True)) == {"unchanged": 2, "removed": 1}


def test_a_new_record_that_cannot_be_decoded_is_taken(tmp_path: Path, index: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(b'{"title": "Quiet Lakes"}\n')
    build(index, [path])
    path.write_bytes(b'{"title": "Quiet Lakes"}\n{"title": "Slow Fl\xffsse"}\n')
    assert build(index, [path]).new == 1
    assert {one.title for one in papers_by_id(index).values()} == {
        "Quiet Lakes",
        "Slow Fl\ufffdsse",
    }


def test_a_page_that_breaks_off_keeps_its_last_abstract(tmp_path: Path, index: Path) -> None:
    path = tmp_path / "page.txt"
    whole = page("Ann Poe", block("Slow Rivers"), block("Deep Seas", abstract="Seas are deep."))
    path.write_text(whole)
    build(index, [path])
    before = papers_by_id(index)
    path.write_text(whole.partition("Seas are deep.")[0])
    summary = build(index, [path])
    assert [problem.reason for problem in summary.problems] == [
        "abstract missing; the paper is kept without",
        "the abstract is missing, which was there before; the index keeps the paper as it was",
    ]
    assert papers_by_id(index) == before


def test_a_value_that_cannot_be_read_keeps_the_one_before(tmp_path: Path, index: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text('{"id": "x1", "title": "Slow Rivers", "year": 2020}\n')
    build(index, [path])
    path.write_text('{"id": "x1", "title": "Slow Rivers", "year": "soon"}\n')
    build(index, [path])
    assert papers_by_id(index)["x1"].year == 2020
    path.write_text('{"id": "x1", "title": "Slow Rivers"}\n')
    assert counts(build(index, [path])) == {"changed": 1}
    assert papers_by_id(index)["x1"].year is None
