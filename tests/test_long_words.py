"""Words longer than any that is typed: indexed by their beginning, told, and found all the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searcher
from index.analysis import MAX_WORD_CHARS, long_word_count, tokens
from index.names import MAX_NAME_CHARS, Likeness, WantedName, name_terms
from index.paper import MAX_VALUE_CHARS, paper_id
from index.segments.opening import open_index
from tests.conftest import write_jsonl

MOST = MAX_WORD_CHARS
START = "b" * MOST
GERMAN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def forms(text: str) -> list[tuple[tuple[str, ...], int]]:
    return [(token.forms, token.part_count) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b" * (MOST - 1), ["b" * (MOST - 1)]),
        ("b" * MOST, [START]),
        ("b" * (MOST + 1), [START]),
        ("B" * 100_000 + ".", [START]),
        ("b" * 1000 + "$", [START]),
        ("ﬁ" * 200, ["fi" * 127 + "f"]),
        ("{\\'e}" * 300, ["e" * MOST]),
        ("\\" + "b" * 300, [START]),
        ("ก" * 3, ["ก"] * 3),
        ("क" * 300, ["क" * MOST]),
        ("漢" * 3, ["漢"] * 3),
        (GERMAN, [GERMAN.lower().replace("ä", "a")]),
    ],
    ids=lambda value: value[:8] if isinstance(value, str) else None,
)
def test_a_form_has_so_many_characters_at_most(text: str, expected: list[str]) -> None:
    assert [token.forms[0] for token in tokens(text)] == expected
    assert [token.end - token.start for token in tokens(text)][:1] != [0]


def test_both_spellings_and_joined_words_are_cut() -> None:
    assert forms("ü" * 300) == [(("u" * MOST, "ue" * 127 + "u"), 1)]
    joined, left, right = forms("b" * 200 + "-" + "c" * 200)
    assert joined == (("b" * 200 + "c" * 55,), 2)
    assert (left, right) == ((("b" * 200,), 1), (("c" * 200,), 1))
    assert forms("-".join(["ab"] * 400))[0] == (("ab" * 127 + "a",), 400)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("slow rivers " * 500, 0),
        ("b" * (MOST - 1), 0),
        ("b" * MOST, 1),
        ("rivers " * 50 + "b" * 900_000 + " rivers" * 50 + " " + "c" * MOST, 2),
        ("ab-" * 400, 0),  # each of its parts is whole
        ("x" * 300 + "-" + "y" * 300, 2),
        ("漢" * 5_000, 0),
        ("漢" * 500 + "b" * MOST, 1),
        ("( " * 500 + "(" * 5_000, 0),
        ("https://example.org/" + "a/" * 300, 0),
        ("{\\'e}" * 254, 0),
    ],
    ids=range(12),
)
def test_long_words_are_counted(text: str, count: int) -> None:
    assert long_word_count(text) == count


def test_a_name_is_a_term_of_whole_words() -> None:
    many = " ".join(f"Ann{number}" for number in range(1_000))
    (term,) = name_terms(many)
    assert MAX_NAME_CHARS - 10 < len(term) <= MAX_NAME_CHARS
    assert many.lower().startswith(f"{term} ")
    assert WantedName("Ann3 Ann1").likeness(term) is Likeness.COMPATIBLE
    plain, spelled_out = name_terms("Jürgen " * 900)
    assert plain == ("jurgen " * 900)[: len(plain)]
    assert spelled_out.split() == ["juergen"] * len(spelled_out.split())
    assert name_terms("b" * 5_000) == (START,)
    assert name_terms("Ü" + "b" * 5_000) == ("u" + "b" * (MOST - 1), "ue" + "b" * (MOST - 2))


def test_a_readable_id_is_never_too_long() -> None:
    long = "-".join(["b" * 1_000] * 50)
    assert len(paper_id(long, long)) < MAX_VALUE_CHARS
    assert paper_id("b" * 1_000, "") != paper_id("b" * 1_001, "")


# An index of such papers

RECORDS: dict[str, dict[str, Any]] = {
    "whole": {"title": "One", "abstract": f"slow {'b' * 900_000} rivers"},
    "same-start": {"title": "Two", "abstract": f"slow {'b' * 300}zz rivers"},
    "exactly": {"title": "Three", "abstract": START},
    "shorter": {"title": "Four", "abstract": "b" * (MOST - 1)},
    "title": {"title": f"On {'B' * 400}!", "abstract": "quiet lakes"},
    "parts": {"title": "Six", "abstract": f"{'d' * 200}{'e' * 200}"},
    "author": {"title": "Seven", "authors": ["Ann " + "Xy" * 5_000, "Sam Roe"]},
    "accents": {"title": "Eight", "abstract": "ü" * 1_000},
}
LONG_START = {"whole", "same-start", "exactly", "title"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    records = [{"id": name, **values} for name, values in RECORDS.items()]
    write_jsonl(folder / "papers.jsonl", *records)
    return folder


@pytest.fixture(scope="module")
def summary(place: Path) -> Any:
    return searcher.build(place / "papers.index", [place / "papers.jsonl"])


@pytest.fixture(scope="module")
def papers(place: Path, summary: Any) -> Iterator[searcher.Collection]:  # noqa: ARG001
    with searcher.open(place / "papers.index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("b" * 9_000, LONG_START),
        ("b" * MOST, LONG_START),
        ("=" + "b" * 400, LONG_START),
        ("title:" + "b" * 400, {"title"}),
        (f'"slow {"b" * 400} rivers"', {"whole", "same-start"}),
        (f'"slow {"b" * 400}"~2', {"whole", "same-start"}),
        ("b" * (MOST - 1), {"shorter"}),
        ("bbb*", LONG_START | {"shorter"}),
        ("b" * 300 + "*", LONG_START),
        ("b" * 300 + "?*z", LONG_START),
        ("*" + "b" * 200, LONG_START | {"shorter"}),
        ("d" * 200 + "e" * 200, {"parts"}),
        ("d" * 200 + " " + "e" * 200, {"parts"}),
        ("d" * 200 + "-" + "e" * 200, {"parts"}),
        ("author:" + "xy" * 4_000, {"author"}),
        ("author:" + "xy" * 300 + "*", {"author"}),
        ("xy" * 4_000, {"author"}),
        ("ü" * 900, {"accents"}),
        ("ue" * 500, {"accents"}),
        ("u" * 600, {"accents"}),
    ],
    ids=lambda value: value[:9] if isinstance(value, str) else None,
)
def test_a_long_word_is_found_by_its_beginning(
    papers: searcher.Collection, query: str, ids: set[str]
) -> None:
    page = papers.search(query, match="all")
    assert {hit.id for hit in page} == ids
    said = [said.message for said in page.diagnostics if said.code == "long-word"]
    assert len(said) == any(len(word) > MOST - 1 for word in re.findall(r"\w+", query))
    assert all("the same 255 are found" in message for message in said)
    assert {said.code for said in page.diagnostics} <= {"long-word"}


def test_the_whole_word_is_marked(papers: searcher.Collection) -> None:
    (hit,) = papers.search('"slow ' + "b" * 300 + 'zz rivers"', limit=1, match="all").hits[:1]
    assert hit.snippets
    assert any(piece.marked for piece in hit.snippets.abstract)
    (hit,) = papers.search("title:" + "b" * 400).hits
    assert hit.snippets
    assert [piece.text for piece in hit.snippets.title if piece.marked] == ["B" * 400]


def test_long_words_are_told_and_no_fault(place: Path, summary: Any) -> None:
    assert summary.problems == ()
    told = [note for note in summary.notes if "only the beginning" in note.reason]
    assert sum(note.count for note in told) == len(RECORDS) - 1  # one has shorter words
    lines = {name: number for number, name in enumerate(RECORDS, 1)}
    assert {note.line: note.reason for note in told}[lines["author"]] == (
        "1 word of 255 characters or more and 1 name of 1,000 characters or more:"
        " searches see only the beginning"
    )
    assert told[0].line == 1
    assert told[0].reason.startswith(
        "1 word of 255 characters or more: searches see only the beginning: "
    )
    assert all(note.file == str(place / "papers.jsonl") for note in summary.notes)


def test_the_text_is_kept_whole(papers: searcher.Collection) -> None:
    assert papers.paper("whole").abstract == RECORDS["whole"]["abstract"]
    assert papers.paper("author").authors == tuple(RECORDS["author"]["authors"])


def test_the_index_is_sound_and_no_term_is_long(place: Path, summary: Any) -> None:
    assert summary.new == len(RECORDS)
    assert searcher.check(place / "papers.index").is_sound
    longest: dict[str, int] = {}
    for segment in open_index(str(place / "papers.index")):
        for name, reader in segment.postings.fields.items():
            longest[name] = max(longest.get(name, 0), *map(len, reader.texts()))
    names = {"author_names", "institution_names", "owner_names"}
    assert {name for name, most in longest.items() if most > MOST and name not in names} <= {
        "source"
    }
    assert max(longest.values()) <= MAX_NAME_CHARS


def test_an_id_and_a_category_are_never_cut(tmp_path: Path) -> None:
    fits, long = "p" * MAX_VALUE_CHARS, "p" * (MAX_VALUE_CHARS + 1)
    records = [
        {"id": fits, "title": "One", "category": fits},
        {"id": long, "title": "Two"},
        {"id": f"{long}2", "title": "Three", "category": long},
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    summary = searcher.build(tmp_path / "index", [tmp_path / "x.jsonl"])
    assert summary.new == 3
    assert [(problem.line, problem.reason) for problem in summary.problems] == [
        (2, "id: 2 records, at lines 2, 3 (more than 1,000 characters)"),
        (3, "categories: more than 1,000 characters"),
    ]
    with searcher.open(tmp_path / "index") as papers:
        assert papers.paper(fits).category == fits
        assert sorted(hit.id for hit in papers.search("two OR three")) == [
            paper_id("Three", ""),
            paper_id("Two", ""),
        ]
