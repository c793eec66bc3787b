"""Lines of seed files: how they end, in which encodings they are read, and what counts as damage.

The names are invented.
"""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Problem
from index.readers.base import Contents, Head

ACCENTED = "Jürgen Größe\nAnnä Poe\nZoë Quill\n"


def read(content: bytes) -> tuple[list[tuple[int, str]], list[Problem]]:
    reports: list[Problem] = []
    lines = Contents("a", io.BytesIO(content), reports.append).lines()
    return [(line.number, line.text) for line in lines], reports


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("one\rtwo\r", ["one", "two"]),
        ("one\r\rtwo", ["one", "", "two"]),
        ("one\n\r\ntwo", ["one", "", "two"]),
        ("one\x85\x0b\x0c\x1c\u2028two\n", ["one\x85\x0b\x0c\x1c\u2028two"]),
        ("\ufeffone\n\ufefftwo\n", ["one", "two"]),
        ("one\ufefftwo\n", ["onetwo"]),
        ("", []),
        ("\n", [""]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_where_lines_end(content: str, lines: list[str], encoding: str) -> None:
    found, reports = read(content.encode(encoding))
    assert found == list(enumerate(lines, 1))
    assert reports == []


@given(
    st.lists(st.sampled_from(["\r", "\n", "\r\n", "x", "ü", "🙂" * 50]), max_size=40).map("".join),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    st.integers(4, 12),
)
def test_blocks_of_any_size_give_the_same_lines(text: str, encoding: str, size: int) -> None:
    mark = "" if encoding == "utf-8" else "\ufeff"
    content = (mark + text).encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.readers.decoding._BLOCK_BYTES", size)
        assert "".join(Contents("a", io.BytesIO(content), _fail).chars()) == text
        assert read(content) == (
            [*enumerate(io.StringIO(text, newline=None).read().removesuffix("\n").split("\n"), 1)]
            if text
            else [],
            [],
        )


def _fail(problem: Problem) -> None:
    raise AssertionError(problem)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_character_are_known_without_a_mark(encoding: str) -> None:
    content = ACCENTED.encode(encoding)
    assert Head(content).is_text
    assert list(Head(content).lines) == ACCENTED.splitlines()
    assert read(content) == (list(enumerate(ACCENTED.splitlines(), 1)), [])


def test_half_a_character_at_the_end_is_damage() -> None:
    found, reports = read("\ufeffone\ntwo".encode("utf-16-le") + b"x")
    assert found == [(1, "one"), (2, "two\ufffd")]
    assert [(one.line, one.kind) for one in reports] == [(2, "problem")]


W = "cp1252"


@pytest.mark.parametrize(
    ("lines", "expected", "damaged", "western"),
    [
        pytest.param(
            [("Jürgen Größe", W), ("Annä", W)], ["Jürgen Größe", "Annä"], [], [1, 2], id="western"
        ),
        pytest.param([("“Rain” – a tide…", W)], ["“Rain” – a tide…"], [], [1], id="its signs"),
        pytest.param([("plain", W), ("Zoë Å", W)], ["plain", "Zoë Å"], [], [2], id="two letters"),
        pytest.param([("Zoë", W)], ["Zoë"], [], [1], id="one letter"),
        pytest.param([("rain", W), ("Émile", W)], ["rain", "Émile"], [], [2], id="one capital"),
        pytest.param([("the tide’s turn", W)], ["the tide’s turn"], [], [1], id="one sign"),
        pytest.param([("10 ± 2", W), ("tide", W)], ["10 ± 2", "tide"], [], [1], id="one ±"),
        pytest.param([(b"R\xc3ain", "")], ["R\xc3ain"], [], [1], id="two capitals"),
        pytest.param([(b"tr\xc3in", "")], ["tr\ufffdin"], [1], [], id="half a character"),
        pytest.param([(b"a\xfftide", "")], ["a\ufffdtide"], [1], [], id="no letter of either"),
        pytest.param(
            [("Jürgen", "utf-8"), ("Annä", W)],
            ["Jürgen", "Ann\ufffd"],
            [2],
            [],
            id="one damaged byte in UTF-8",
        ),
        pytest.param(
            [("Jürgen Größe", "utf-8"), (b"R\xc3ain", "")],
            ["Jürgen Größe", "R\ufffdain"],
            [2],
            [],
            id="damaged UTF-8",
        ),
        pytest.param(
            [("Jürgen Größe", "utf-8"), (b"R\xc3ain", ""), (b"\xfe tide", "")],
            ["Jürgen Größe", "R\ufffdain", "\ufffd tide"],
            [2, 3],
            [],
            id="UTF-8 damaged twice",
        ),
        pytest.param(
            [("Jürgen", "utf-8"), (b"a\xa0tide", ""), (b"a\xa0sea", "")],
            ["Jürgen", "a\xa0tide", "a\xa0sea"],
            [],
            [2, 3],
            id="no-break spaces in UTF-8",
        ),
        pytest.param(
            [("Jürgen", "utf-8"), ("Annäbel", W), ("Zoën Müllen", W)],
            ["Jürgen", "Annäbel", "Zoën Müllen"],
            [],
            [2, 3],
            id="joined files",
        ),
        pytest.param(
            [(b"G\xe9 \x81\x9d", ""), ("Zoë", W)],
            ["Gé \ufffd\ufffd", "Zoë"],
            [1],
            [1, 2],
            id="bytes without meaning",
        ),
    ],
)
def test_what_is_damage_and_what_is_another_encoding(
    lines: Sequence[tuple[str | bytes, str]],
    expected: list[str],
    damaged: list[int],
    western: list[int],
) -> None:
    content = b"".join(
        (text if isinstance(text, bytes) else text.encode(encoding)) + b"\n"
        for text, encoding in lines
    )
    found, reports = read(content)
    assert [text for _, text in found] == expected
    assert [one.line for one in reports if one.kind == "problem"] == damaged
    notes = [one for one in reports if one.kind == "note"]
    assert [one.line for one in notes] == western[:1]
    for note in notes:
        assert note.reason.startswith(f"{len(western)} line")


@given(st.text(min_size=1), st.data())
def test_all_that_is_utf_8_is_read_as_it_is(text: str, data: st.DataObject) -> None:
    text = data.draw(st.just(text)) * 3
    content = text.replace("\ufeff", "").replace("\x00", "").encode("utf-8", "ignore")
    assert "".join(Contents("a", io.BytesIO(content), _fail).chars()).encode() == content


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_without_an_error(content: bytes) -> None:
    found, _ = read(content)
    assert read(content)[0] == found
    list(Head(content).lines)
