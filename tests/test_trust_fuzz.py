"""Fuzzing in short: every target with few inputs, and a fuzzer that sees what is broken."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from index.segments.arrayfile import ArrayFile
from index.segments.postings import PostingsReader
from searcher import page
from searcher.page import Piece
from searcher.query import tree
from tests.trust import fuzz, targets
from tests.trust.broken_targets import FIRST_BAD_BYTE
from tests.trust.fuzz import PLACES, generated, trials, try_all


def test_no_input_breaks_a_promise() -> None:
    outcomes = list(trials(seed=1, share=0.0003))
    assert len(outcomes) == len(PLACES)
    for outcome in outcomes:
        assert (outcome.failed, outcome.lost) == (0, 0), outcome.failures
        assert outcome.tried >= 20


def test_the_full_number_is_a_million() -> None:
    assert sum(fuzz._room(place).inputs for place in PLACES) >= 1_000_000


@pytest.mark.parametrize("place", PLACES)
def test_an_input_depends_on_its_number_and_the_seed_alone(place: str) -> None:
    target = fuzz._room(place)
    inputs = [generated(target, target.seeds(), 1, number) for number in range(200)]
    assert inputs == [generated(target, target.seeds(), 1, number) for number in range(200)]
    assert inputs != [generated(target, target.seeds(), 2, number) for number in range(200)]
    assert len(set(inputs)) > 150
    assert all(len(data) <= target.most_bytes for data in inputs)


# A fuzzer that sees


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RAISING", "AssertionError: wrong"),
        ("CRASHING", "ended with -6"),
        ("HANGING", "Timeout"),
        ("HUNGRY", "MemoryError"),
    ],
)
def test_a_fuzzer_sees_what_is_broken(tmp_path: Path, name: str, words: str) -> None:
    place = f"tests.trust.broken_targets:{name}"
    target = fuzz._room(place)
    data = [generated(target, target.seeds(), 1, number) for number in range(40)]
    bad = [number for number, one in enumerate(data) if one[:1] >= FIRST_BAD_BYTE]
    stop = bad[1] if name == "HANGING" else bad[2]
    environment = {"SEARCHER_FUZZ_SECONDS": "1"}
    run = try_all(place, 1, [(0, stop, False)], tmp_path, environment)
    assert run.tried == stop
    assert len(run.failures) == len([number for number in bad if number < stop])
    for number, failure in zip(bad, run.failures, strict=False):
        assert f"--number {number}" in failure
        assert words in failure


def test_a_snippet_that_is_no_part_of_the_text_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = targets.SNIPPETS.prepare(tmp_path)
    sound = b"We map slow rivers. They run | slow"
    attempt(sound)
    monkeypatch.setattr(targets, "snippet", lambda text, _: (Piece(text[1:] + "x", False),))
    with pytest.raises(AssertionError):
        attempt(sound)


def test_a_query_that_is_printed_wrongly_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = targets.QUERIES.prepare(tmp_path)
    attempt(b"river -stone")
    monkeypatch.setattr(tree.Not, "__str__", lambda self: f"+{self.child}")
    with pytest.raises(AssertionError):
        attempt(b"river -stone")


def test_html_that_is_not_escaped_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = targets.SNIPPETS.prepare(tmp_path)
    attempt(b"a <b> c | b")
    monkeypatch.setattr(page, "_escaped", lambda text: text)
    with pytest.raises(AssertionError):
        attempt(b"a <b> c | b")


def test_files_that_are_edited_are_no_longer_sound_and_yet_under_their_checksums(
    tmp_path: Path,
) -> None:
    seen = []
    targets.build(tmp_path / "index", [range(5)])
    (name,) = [path for path in (tmp_path / "index").iterdir() if path.suffix == ".postings"]
    whole = name.read_bytes()
    file = ArrayFile(whole, "x")
    listed = [(one, file.array(one)) for one in file.types]
    for edit in range(9):
        edited = list(listed)
        targets._edit_array(edited, edit, targets._Bytes(bytes([0, 20, 0, 1, 14])))
        data = targets._written(edited, dict(file.facts), [])
        ArrayFile(data, "x").check()
        seen.append(data)
    assert len(set(seen)) > 4
    unedited = targets._written(listed, dict(file.facts), [])
    assert unedited == whole
    assert PostingsReader(ArrayFile(unedited, "x")).fields


def test_a_foreign_index_that_answers_with_any_error_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = targets.ARRAYS.prepare(tmp_path)
    data = [generated(targets.ARRAYS, targets.ARRAYS.seeds(), 1, number) for number in range(30)]
    for one in data:
        attempt(one)
    monkeypatch.setattr(np, "frombuffer", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        attempt(data[0])


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None and "CI" not in os.environ,
    reason="atheris is not installed (fuzz extra), and has no release for some platforms",
)
def test_inputs_are_guided_by_coverage(tmp_path: Path) -> None:
    run = try_all("tests.trust.targets:SNIPPETS", 1, [(0, 300, True)], tmp_path)
    assert run.failures == ()
    assert run.tried == run.guided == 300
