"""Text for a terminal: nothing steers it, every line fits, every match stays marked."""

import re
import shlex
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from searcher.output.layout import (
    NARROWEST,
    Style,
    coloured,
    columns,
    counted,
    padded,
    row_count,
    safe,
    shortened,
    with_marks,
    wrap,
    wrap_command,
    wrap_items,
    wrap_note,
)
from searcher.page import Piece

RED, BOLD, OFF = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
PLAIN = Style(colour=False, width=None)

texts = st.lists(
    st.one_of(
        st.sampled_from(' \n\r\t-ab,;"$\x1b\x07\x9b\u202e\u061c\u2028\ue000\ue001é漢。a\u0301'),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
).map("".join)
words = st.text(st.sampled_from("abcde-é漢字。\u0301"), min_size=1, max_size=30)
sentences = st.lists(words, min_size=1, max_size=40).map(" ".join)


def narrow(width: int, *, colour: bool = False) -> Style:
    return Style(colour=colour, width=width)


def without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def red(text: str) -> list[tuple[str, bool]]:
    """Return each character that is not white space, and whether the terminal shows it red."""
    state, seen = OFF, []
    for part in re.split(r"(\x1b\[[\d;]*m)", text):
        if part.startswith("\x1b["):
            state = part
        else:
            seen += [(char, state == RED) for char in part if not char.isspace()]
    return seen


# Text made safe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, ü, 漢字, 😀", "plain text, ü, 漢字, 😀"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x9b31mred", "\ufffd31mred"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("over\rwritten", "over\ufffdwritten"),
        ("a\x08b\x00c\x7fd", "a\ufffdb\ufffdc\ufffdd"),
        ("\u202egnirts\u202c", "\ufffdgnirts\ufffd"),
        ("\u2066isolate\u2069", "\ufffdisolate\ufffd"),
        ("\u200emark\u200f", "\ufffdmark\ufffd"),
        ("\u061carabic", "\ufffdarabic"),
        ("line\u2028paragraph\u2029", "line\ufffdparagraph\ufffd"),
        ("zero\u200bwidth\u200djoiner", "zero\u200bwidth\u200djoiner"),
        ("", ""),
    ],
)
def test_safe(text: str, expected: str) -> None:
    assert safe(text) == expected


@given(text=texts)
def test_safe_changes_nothing_but_what_steers(text: str) -> None:
    result = safe(text)
    assert not STEERING.search(result)
    assert len(result) == len(text)
    assert all(a == b or STEERING.match(b) for a, b in zip(result, text, strict=True))
    assert safe(result) == result


# Columns


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", 0),
        ("Rivers", 6),
        ("Müller", 6),
        ("Mu\u0308ller", 6),
        ("漢字", 4),
        ("ｆｕｌｌ", 8),
        ("ﾊﾝｶｸ", 4),
        ("한국어", 6),
        ("😀", 2),
        ("a\u200bb\u200dc", 3),
        ("\u0301", 0),
    ],
)
def test_columns(text: str, taken: int) -> None:
    assert columns(text) == taken


@given(text=texts)
def test_every_character_takes_as_many_columns_as_its_width_says(text: str) -> None:
    by_char = [2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text]
    assert columns(text) <= sum(by_char)
    assert columns(text + text) == 2 * columns(text)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("rivers", 6, "rivers"),
        ("rivers", 5, "rive…"),
        ("slow rivers", 6, "slow…"),
        ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢字漢…"),
        ("漢字漢字", 6, "漢字…"),
    ],
)
def test_shortened(text: str, most: int, expected: str) -> None:
    assert shortened(text, most) == expected
    assert columns(expected) <= most


@given(text=texts.map(safe), column=st.integers(1, 60))
def test_padding_and_shortening_make_one_column_of_a_table(text: str, column: int) -> None:
    assert columns(padded(shortened(text, column), column)) == column


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 papers"), (1, "1 paper"), (1234567, "1,234,567 papers")]
)
def test_counted(number: int, text: str) -> None:
    assert counted(number, "paper") == text


# Wrapping


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three four five six", 20, ["one two three four", "five six"]),
        ("white \t space\n\n is one", None, ["white space is one"]),
        ("", 20, [""]),
        ("hyphens: fine-tuning-free", 24, ["hyphens:", "fine-tuning-free"]),
        ("a " + "x" * 45 + " b", 20, ["a", "x" * 20, "x" * 20, "xxxxx b"]),
        ("深層学習による自然言語処理", 20, ["深層学習による自然言", "語処理"]),
        ("BERT による自然言語処理", 20, ["BERT による自然言語", "処理"]),
        ("自然言語処理の研究が、", 20, ["自然言語処理の研究", "が、"]),
        ("Mu\u0308ller " * 4, 20, ["Mu\u0308ller Mu\u0308ller Mu\u0308ller", "Mu\u0308ller"]),
        ("narrow screens get twenty", 3, ["narrow screens get", "twenty"]),
    ],
)
def test_wrap(text: str, width: int | None, lines: list[str]) -> None:
    assert list(wrap(text, Style(colour=False, width=width))) == lines


def test_the_first_line_has_a_start_of_its_own() -> None:
    lines = wrap("one two three four five", narrow(20), "    ", "  1 ")
    assert list(lines) == ["  1 one two three", "    four five"]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (None, ["  Machine Learning · 2020 · code · id-1"]),
        (40, ["  Machine Learning · 2020 · code · id-1"]),
        (38, ["  Machine Learning · 2020 · code", "  id-1"]),
        (20, ["  Machine Learning", "  2020 · code · id-1"]),
    ],
)
def test_items_are_kept_whole(width: int | None, lines: list[str]) -> None:
    items = ["Machine Learning", "2020", "code", "id-1"]
    assert list(wrap_items(items, " · ", Style(colour=False, width=width), "  ")) == lines


def test_an_item_longer_than_a_line_is_divided() -> None:
    items = ["Computer Vision and Pattern Recognition", "2020"]
    assert list(wrap_items(items, " · ", narrow(20), "  ")) == [
        "  Computer Vision",
        "  and Pattern",
        "  Recognition · 2020",
    ]


@given(text=sentences, width=st.integers(1, 90), margin=st.integers(0, 8))
@example(text="漢" * 11, width=21, margin=0)
def test_lines_fit_and_lose_nothing(text: str, width: int, margin: int) -> None:
    indent = " " * margin
    lines = list(wrap(text, narrow(width), indent))
    assert all(columns(line) <= max(width, NARROWEST) for line in lines)
    assert all(line.startswith(indent) for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(items=st.lists(sentences, min_size=1, max_size=6), width=st.integers(1, 90))
def test_items_fit_and_lose_nothing(items: list[str], width: int) -> None:
    lines = list(wrap_items(items, " · ", narrow(width), "  "))
    assert all(columns(line) <= max(width, NARROWEST) for line in lines)
    shown = "".join("".join(lines).replace("·", "").split())
    assert shown == "".join("".join(items).split())


# Marks


def test_a_mark_over_a_line_end_is_closed_and_opened_again() -> None:
    pieces = (Piece("one two ", False), Piece("three four five", True), Piece(" six", False))
    style = narrow(20, colour=True)
    assert list(coloured(wrap(with_marks(pieces), style, "    "), style)) == [
        f"    one two {RED}three{OFF}",
        f"    {RED}four five{OFF} six",
    ]


def test_a_mark_over_three_lines() -> None:
    pieces = (Piece("aaaaaaaaaa bbbbbbbbbb cccccccccc", True), Piece(" dddd", False))
    style = narrow(20, colour=True)
    assert list(coloured(wrap(with_marks(pieces), style, "    "), style)) == [
        f"    {RED}aaaaaaaaaa{OFF}",
        f"    {RED}bbbbbbbbbb{OFF}",
        f"    {RED}cccccccccc{OFF} dddd",
    ]


@given(
    parts=st.lists(st.tuples(sentences, st.booleans()), min_size=1, max_size=5),
    width=st.one_of(st.none(), st.integers(1, 90)),
    base=st.sampled_from(["", BOLD]),
)
def test_wrapping_keeps_text_marks_and_width(
    parts: list[tuple[str, bool]], width: int | None, base: str
) -> None:
    pieces = tuple(Piece(f"{text} ", marked) for text, marked in parts)
    style = Style(colour=True, width=width)
    lines = list(coloured(wrap(with_marks(pieces), style, "    "), style, base))
    wanted = [(c, p.marked) for p in pieces for c in p.text if not c.isspace()]
    assert red("\n".join(lines)) == wanted
    for line in lines:
        assert line.startswith("    ")
        # Whoever shows one line alone shows no other line's colour.
        assert "\x1b" not in line or line.rindex(OFF) > line.rindex("\x1b[1")
        assert width is None or columns(without_colour(line)) <= max(width, NARROWEST)
    plain = Style(colour=False, width=width)
    uncoloured = coloured(wrap(with_marks(pieces), plain, "    "), plain, base)
    assert [without_colour(line) for line in lines] == list(uncoloured)


@given(text=texts)
@example(text="private \ue000use\ue001 characters")
def test_marks_are_where_they_are_for_any_text(text: str) -> None:
    pieces = (Piece(text, False), Piece("marked", True), Piece(text, False))
    wanted = [(c, piece.marked) for piece in pieces for c in safe(piece.text) if not c.isspace()]
    style = Style(colour=True, width=None)
    assert red("".join(coloured(wrap(with_marks(pieces), style), style))) == wanted


# Notes and commands


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("few papers match", ["note: few papers match"]),
        (
            "only 2 papers match all the words (--all for only those)",
            ["note: only 2 papers match all", "      the words (--all for", "      only those)"],
        ),
        # A command, and a path, stay whole.
        (
            "no phrases; searcher suggest --refresh chooses them",
            ["note: no phrases;", "      searcher suggest --refresh", "      chooses them"],
        ),
        (
            "no index here; build one with: searcher index PATH --index 'my papers/all of them'",
            [
                "note: no index here; build one",
                "      with:",
                "      searcher index PATH --index 'my papers/all of them'",
            ],
        ),
        (
            "/a/folder/with/a/very/long/name.jsonl:12: no title",
            ["note: /a/folder/with/a/very/long/name.jsonl:12:", "      no title"],
        ),
    ],
)
def test_a_note_is_wrapped_and_what_is_copied_stays_whole(text: str, lines: list[str]) -> None:
    assert list(wrap_note(text, narrow(30), "note: ")) == lines
    assert list(wrap_note(text, PLAIN, "note: ")) == [f"note: {text}"]


@given(
    st.lists(st.text(st.sampled_from("ab '\"$*é漢-"), max_size=12), min_size=1), st.integers(20, 60)
)
def test_a_wrapped_command_is_the_same_command(arguments: list[str], width: int) -> None:
    command = shlex.join(["searcher", *arguments])
    *lines, last = wrap_command(command, narrow(width), "next: ")
    assert all(line.endswith(" \\") for line in lines)
    # The shell joins such lines.
    whole = "".join([*(line.removesuffix("\\") for line in lines), last]).removeprefix("next: ")
    assert shlex.split(whole) == ["searcher", *arguments]
    longest = max(map(columns, map(shlex.quote, arguments))) + len("next: searcher  \\")
    assert all(columns(line) <= max(width, longest) for line in (*lines, last))
    assert list(wrap_command(command, PLAIN, "next: ")) == [f"next: {command}"]


def test_rows_are_those_to_which_a_terminal_wraps_lines() -> None:
    assert row_count(["", "a" * 20, "漢" * 11, "next"], 20) == 5


def test_codes_take_no_room_on_a_terminal() -> None:
    plain = ["a" * 80, "b" * 81, ""]
    styled = [
        f"\x1b[1m{plain[0]}\x1b[0m",
        f"\x1b]8;;https://a.example\x1b\\{plain[1]}\x1b]8;;\x1b\\",
        "",
    ]
    assert row_count(plain, 80) == row_count(styled, 80) == 4
