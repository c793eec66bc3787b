"""Rows of pieces: found as a dictionary finds them, whatever stands in whose place."""

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import TEXT_END, cut, pieces
from index.building.rows import PieceRows


class Table(dict[bytes, int]):
    """The rows of pieces in the order in which they are asked for; that of TEXT_END is 0."""

    def __init__(self) -> None:
        super().__init__()
        self._next = count()
        self[TEXT_END] = next(self._next)

    def __missing__(self, piece: bytes) -> int:
        row = self[piece] = next(self._next)
        return row

    def rows_of(self, pieces: Sequence[bytes]) -> list[int]:
        return [self[piece] for piece in pieces]


words = st.text("abé-1", min_size=1, max_size=20) | st.integers(0, 99).map(str)
texts = st.lists(st.lists(words, max_size=30).map(" ".join).map(str.encode), max_size=4)


@given(st.lists(texts, max_size=4), st.sampled_from([(1, 1), (4, 4), (1, 6), (4, 19), (13, 19)]))
def test_rows_are_those_of_the_pieces(batches: list[list[bytes]], bits: tuple[int, int]) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr("index.building.rows._FEWEST_PLACE_BITS", bits[0])
        small.setattr("index.building.rows._PLACE_BITS", bits[1])
        found, expected = Table(), Table()
        rows = PieceRows(found.rows_of)
        for batch in batches * 2:
            assert rows.of(cut(batch)).tolist() == [expected[piece] for piece in pieces(batch)]
        assert list(found.items()) == list(expected.items())


@pytest.mark.parametrize("length", [*range(1, 20), 40])
@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\xa0"])
def test_pieces_of_every_length_and_white_space(length: int, space: str) -> None:
    text = space.join(chr(97 + at) * length for at in range(3)).encode("latin-1")
    expected = Table()
    assert PieceRows(Table().rows_of).of(text).tolist() == [
        expected[piece] for piece in text.split()
    ]


def test_pieces_that_begin_alike_are_told_apart() -> None:
    text = b" ".join(b"abcdefghijklmnopqrst"[:length] for length in range(1, 21))
    rows = PieceRows(Table().rows_of)
    assert rows.of(text).tolist() == rows.of(text).tolist() == list(range(1, 21))


def test_a_text_without_pieces_has_no_rows() -> None:
    for text in (b"", b" ", b"\n\n"):
        assert PieceRows(Table().rows_of).of(text).tolist() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"one, two. three", [b"one", b"two", b"three"]),
        (b"1,000 3.5 .5 5. ", [b"1,000", b"3.5", b".5", b"5"]),
        (b", . a", [b"a"]),
        (b"a,\tb", [b"a,", b"b"]),
    ],
)
def test_points_before_blanks_are_no_part_of_a_piece(text: bytes, expected: list[bytes]) -> None:
    found = Table()
    PieceRows(found.rows_of).of(text)
    assert [*found][1:] == expected
