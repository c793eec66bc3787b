"""The phrases that are suggested: which are chosen, where they are kept, and what damage does.

The texts are invented.
"""

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import whoosh.index
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import searcher
from index.phrases import LEAST_PAPERS, choose_phrases
from index.segments.names import SUGGESTIONS_NAME
from index.segments.opening import open_index
from index.segments.suggestions import open_suggestions, write_suggestions
from searcher.cli.main import cli
from tests.conftest import ROOT
from tests.writing import commit, paper

FILLING = "we the of and in a to is that for it with as on by this an be are from".split()
SUBJECTS = "moss fern bog heath dune marsh reef cliff ridge grove shore creek pond hill".split()


def texts(*phrases: str, titles: Sequence[str] = (), count: int = 12) -> list[tuple[str, str]]:
    """Return titles and abstracts: each abstract has each phrase, and words of its own."""
    made = []
    for number in range(count):
        own = SUBJECTS[number % len(SUBJECTS)]
        words = " ".join(FILLING[(number + at) % len(FILLING)] for at in range(8))
        title = f"Notes {number} on {titles[number % len(titles)]}" if titles else f"Notes {number}"
        made.append(
            (title, ". ".join(f"{words} {own} {one} {own}{at}" for at, one in enumerate(phrases)))
        )
    return made


def chosen(papers: Sequence[tuple[str, str]]) -> list[str]:
    return [one.text for one in choose_phrases(papers, len(papers))]


def test_words_that_stand_together_also_in_titles_are_a_phrase() -> None:
    assert chosen(texts("slow rivers", titles=["slow rivers"])) == ["slow rivers"]


def test_what_no_title_has_is_no_phrase() -> None:
    assert chosen(texts("slow rivers", "results show", titles=["slow rivers"])) == ["slow rivers"]


def test_what_few_papers_have_is_no_phrase() -> None:
    papers = texts("slow rivers", titles=["slow rivers"], count=LEAST_PAPERS)
    assert chosen([*papers, *texts()]) == ["slow rivers"]
    assert chosen([*papers[1:], *texts()]) == []


def test_words_that_meet_by_chance_are_no_phrase() -> None:
    papers = [
        (f"{first} {second}", f"the {first} {second} of {second} and {first} in it")
        for first in SUBJECTS[:7]
        for second in SUBJECTS[7:]
    ]
    assert chosen(papers * 3) == []


def test_a_part_of_a_longer_phrase_is_none() -> None:
    found = chosen(texts("slow deep rivers", titles=["slow deep rivers"]))
    assert found == ["slow deep rivers"]
    papers = texts("slow deep rivers", titles=["slow deep rivers"])
    papers += texts("deep rivers", titles=["deep rivers"])
    assert set(chosen(papers)) == {"deep rivers", "slow deep rivers"}


def test_stop_words_stand_within_a_phrase_and_not_at_its_ends() -> None:
    found = chosen(texts("the state of the rivers is", titles=["the state of the rivers"]))
    assert found == ["state of the rivers"]


def test_a_compound_is_a_word_and_a_part_of_a_phrase() -> None:
    papers = texts("slow-moving", "low-water rivers", titles=["slow-moving", "low-water rivers"])
    assert chosen(papers) == ["low-water rivers"]


def test_no_phrase_crosses_punctuation() -> None:
    assert chosen(texts("slow, rivers", titles=["slow, rivers"])) == []


def test_of_phrases_with_the_same_stems_the_most_frequent_is_one() -> None:
    papers = texts("slow river", titles=["slow river"], count=9)
    papers += texts("slow rivers", titles=["slow rivers"], count=10)
    assert chosen(papers) == ["slow rivers"]


def test_a_phrase_is_printed_as_in_most_abstracts() -> None:
    papers = texts("BOG-mosses", '"Low-Water" rivers', titles=["Low-water Rivers"], count=5)
    papers += texts("(low-water rivers)", titles=["Low-water Rivers"], count=9)
    assert chosen(papers) == ["low-water rivers"]


def test_words_of_other_languages_are_no_phrases() -> None:
    french = "nous montrons ici que dans la mer les algues et dans la mer les poissons vivent"
    papers = [(f"Algues {number} dans la mer", f"{french} sans {one} ici et là") for number, one in
              enumerate(SUBJECTS)]  # fmt: skip
    assert chosen(papers) == []


def test_without_papers_there_is_no_phrase() -> None:
    assert chosen([]) == []
    assert chosen([("", "")]) == []


@settings(max_examples=40, phases=[Phase.generate])
@given(
    st.lists(
        st.tuples(*[st.lists(st.sampled_from("ab ba the a-b b. (a c".split())).map(" ".join)] * 2),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_any_texts_in_any_order_have_the_same_phrases(
    papers: list[tuple[str, str]], rng: random.Random
) -> None:
    found = choose_phrases(papers * 3, 3 * len(papers))
    shuffled = papers * 3
    rng.shuffle(shuffled)
    assert choose_phrases(shuffled, len(shuffled)) == found
    assert all(2 <= len(one.forms) <= 5 and one.text for one in found)


# Where they are kept


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of which two phrases were chosen."""
    directory = tmp_path / "index"
    made = texts("slow rivers", "deep seas", titles=["slow rivers", "deep seas"])
    commit(
        directory,
        *(
            replace(paper(number), title=title, abstract=abstract)
            for number, (title, abstract) in enumerate(made)
        ),
    )
    assert suggested(directory) == ([], "no phrases were chosen yet")
    assert searcher.refresh_suggestions(directory) == 2
    return directory


def suggested(directory: Path, prefix: str = "") -> tuple[list[tuple[str, int]], str]:
    with searcher.open(directory) as papers:
        found = papers.suggest(prefix, kinds=["phrase"])
        for one in found:
            assert papers.search(one.query).total == one.papers
        return [(one.text, one.papers) for one in found], papers.why_no_phrases


BOTH = [("deep seas", 12), ("slow rivers", 12)]


def test_phrases_are_suggested_by_any_of_their_words(index: Path) -> None:
    assert suggested(index) == (BOTH, "")
    assert suggested(index, "ri") == (BOTH[1:], "")
    assert suggested(index, "rivers sl") == (BOTH[1:], "")
    assert suggested(index, "slow s") == ([], "")


def test_a_commit_leaves_them_and_the_counts_follow(index: Path) -> None:
    before = (index / SUGGESTIONS_NAME).read_bytes()
    commit(index, replace(paper(90), title="Slow rivers again"))
    assert (index / SUGGESTIONS_NAME).read_bytes() == before
    assert suggested(index) == ([("deep seas", 12), ("slow rivers", 13)], "")
    assert searcher.check(index).is_sound
    assert searcher.refresh_suggestions(index) == 2
    assert suggested(index) == ([("slow rivers", 13), ("deep seas", 12)], "")


def test_the_counts_of_one_commit_are_not_those_of_another(index: Path) -> None:
    def is_own() -> bool:
        phrases = open_suggestions(str(index))
        assert phrases
        return phrases.is_of(segment.entry for segment in open_index(str(index)))

    assert is_own()
    commit(index, paper(90))
    assert not is_own()


def test_whoosh_opens_the_index_all_the_same(index: Path) -> None:
    with whoosh.index.open_dir(index).searcher() as whoosh_searcher:
        assert whoosh_searcher.doc_count() == 12


def test_several_indexes_suggest_the_phrases_of_all(index: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    made = texts("slow rivers", "bog moss", titles=["slow rivers", "bog moss"])
    commit(
        other,
        *(
            replace(paper(50 + number), title=title, abstract=abstract)
            for number, (title, abstract) in enumerate(made)
        ),
    )
    with searcher.open([index, other]) as papers:
        assert papers.why_no_phrases
        assert [one.papers for one in papers.suggest("slow", kinds=["phrase"])] == [24]
    searcher.refresh_suggestions(other)
    with searcher.open([index, other]) as papers:
        assert not papers.why_no_phrases
        found = papers.suggest("", kinds=["phrase"])
        assert [(one.text, one.papers) for one in found] == [
            ("slow rivers", 24),
            ("bog moss", 12),
            ("deep seas", 12),
        ]


def test_damage_is_seen_and_ends_nothing(index: Path) -> None:
    file = index / SUGGESTIONS_NAME
    sound = file.read_bytes()
    with searcher.open(index) as papers:
        expected = papers.search("slow rivers", limit=3).to_dict()["hits"]
    for at in {*range(0, len(sound), 7), len(sound) - 1}:
        file.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        report = searcher.check(index)
        assert [one.file for one in report.damage] == [SUGGESTIONS_NAME]
    for damaged in (b"", sound[:-1], sound + b"\0"):
        file.write_bytes(damaged)
        assert not searcher.check(index).is_sound
        assert suggested(index) == ([], "the phrases that were chosen are damaged")
        with searcher.open(index) as papers:
            assert papers.search("slow rivers", limit=3).to_dict()["hits"] == expected
            assert papers.suggest("notes")
    commit(index, paper(90))
    assert file.read_bytes() == damaged
    others = {path: path.read_bytes() for path in index.iterdir() if path != file}
    done = searcher.repair(index, on_files=lambda _: pytest.fail("reads files"))
    assert (done.is_complete, done.removed_suggestions, done.kept) == (True, True, 13)
    assert {path: path.read_bytes() for path in index.iterdir()} == others
    assert suggested(index) == ([], "no phrases were chosen yet")
    assert searcher.refresh_suggestions(index) == 2


def test_what_is_suggested_of_other_papers_is_told(index: Path, tmp_path: Path) -> None:
    def notes(directory: Path) -> list[str]:
        report = searcher.check(directory)
        assert report.is_sound
        return [note.reason for note in report.notes if note.file == SUGGESTIONS_NAME]

    assert notes(index) == []
    other = tmp_path / "other"
    commit(other, paper(90))
    (other / SUGGESTIONS_NAME).write_bytes((index / SUGGESTIONS_NAME).read_bytes())
    (said,) = notes(other)
    assert said.startswith("made of the papers of an earlier commit, or of another index;")
    assert "searcher suggest --refresh" in said
    commit(index, paper(90))
    assert notes(index) == [said]
    searcher.refresh_suggestions(index)
    assert notes(index) == []


def test_suggestions_that_a_commit_overtook_are_not_of_the_last_one(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> Any:
        commit(index, paper(90))
        return choose_phrases(*arguments)

    monkeypatch.setattr("searcher.refreshing.choose_phrases", interrupted)
    assert searcher.refresh_suggestions(index) == 2
    suggestions = open_suggestions(str(index))
    assert suggestions
    assert not suggestions.is_of(segment.entry for segment in open_index(str(index)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"papers": [12, 13]}, "counts that are not those of papers"),
        ({"papers": [12, 0]}, "counts that are not those of papers"),
        ({"folded": ["deep seas"] * 2}, "a text that comes twice"),
        ({"texts": ["deep seas"]}, "not as many texts as counts"),
    ],
)
def test_suggestions_that_cannot_be_are_damage_though_their_checksums_are_right(
    index: Path, changes: dict[str, Any], reason: str
) -> None:
    sound = open_suggestions(str(index))
    assert sound
    ready = {kind: sound.ready(kind) for kind in ("phrase", "author")}
    ready["phrase"] = ready["phrase"]._replace(**changes)
    write_suggestions(str(index), ready, [one.entry for one in open_index(str(index))])
    assert [reason in one.reason for one in searcher.check(index).damage] == [True]


@pytest.mark.parametrize("name", [SUGGESTIONS_NAME, f"{SUGGESTIONS_NAME}.new"])
def test_a_folder_in_the_place_of_the_suggestions_is_named(index: Path, name: str) -> None:
    (index / SUGGESTIONS_NAME).unlink()
    (index / name).mkdir()
    with pytest.raises(searcher.IndexStorageError) as raised:
        searcher.refresh_suggestions(index)
    assert str(raised.value) == (
        f"{index / name}: a folder, where the suggestions are to be written; rename it and run:"
        f" searcher suggest --refresh --index {index}"
    )
    (index / name).rmdir()
    assert searcher.refresh_suggestions(index) == 2


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_no_plain_file_is_not_the_index_s(index: Path, kind: str) -> None:
    file = index / SUGGESTIONS_NAME
    file.rename(index / "other")
    if kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("other")
    report = searcher.check(index)
    assert report.is_sound
    assert SUGGESTIONS_NAME in {note.file for note in report.notes}
    assert suggested(index) == ([], "no phrases were chosen yet")


def test_what_a_stopped_refresh_left_goes_with_the_next_commit(index: Path) -> None:
    unfinished = index / f"{SUGGESTIONS_NAME}.new"
    unfinished.write_bytes(b"half")
    assert unfinished.name in {note.file for note in searcher.check(index).notes}
    assert suggested(index)[0] == BOTH
    commit(index, paper(90))
    assert not unfinished.exists()
    unfinished.write_bytes(b"half")
    assert searcher.refresh_suggestions(index) == 2
    assert not unfinished.exists()


def test_phrases_are_kept_for_all_who_may_use_the_folder(index: Path) -> None:
    index.chmod(0o770)
    searcher.refresh_suggestions(index)
    assert (index / SUGGESTIONS_NAME).stat().st_mode & 0o777 == 0o660


def test_an_empty_index_has_no_phrases(tmp_path: Path) -> None:
    commit(tmp_path / "index")
    assert searcher.refresh_suggestions(tmp_path / "index") == 0
    assert suggested(tmp_path / "index") == ([], "")


def test_without_nltk_the_extra_is_named(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.partition(".")[0] == "nltk":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nltk", None)
    with pytest.raises(searcher.MissingExtraError, match=r"pip install '\.\[suggest\]'"):
        searcher.refresh_suggestions(index)
    assert suggested(index) == (BOTH, "")


def test_no_commit_search_or_suggestion_loads_nltk(index: Path) -> None:
    program = (
        "import sys, searcher\n"
        "from tests.writing import commit, paper\n"
        "commit(sys.argv[1], *map(paper, range(40, 60)))\n"
        "with searcher.open(sys.argv[1]) as papers:\n"
        "    assert papers.search('slow rivers').total and papers.suggest('slow')\n"
        "print('nltk' in sys.modules)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(index)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("False\n", "")


def test_the_command_refreshes_and_suggests(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["suggest", *arguments, "--index", str(index)], standalone_mode=False)
        return code, *capsys.readouterr()

    (index / SUGGESTIONS_NAME).unlink()
    code, out, err = run("slow")
    assert (code, err) == (
        0,
        "note: no phrases were chosen yet; searcher suggest --refresh chooses them\n",
    )
    code, out, err = run("--refresh")
    assert (code, out, err) == (0, "", f"note: chose 2 phrases of the papers in {index}\n")
    code, out, err = run("slow", "--limit", "1")
    assert (code, out, err) == (0, "phrase  slow rivers  12 papers\n", "")
    code, out, err = run("qqqq")
    assert (code, out, err) == (1, "", f"nothing in {index} has that\n")
    assert run("sl", "--kind", "phrase", "--format", "csv")[1].splitlines() == [
        "kind,text,papers,query",
        'phrase,slow rivers,12,"""slow rivers"""',
    ]
    assert '"query": "\\"slow rivers\\""' in run("sl", "--format", "json")[1]
