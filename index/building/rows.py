"""The rows of the pieces of texts, most of them found without an object for each piece.

A piece of at most 16 bytes is two numbers. Where a hash of them leads, a table has the numbers of
the piece that came there first, and its row: if they are the same, so is the piece. Of the pieces
of abstracts one in twenty is longer or stands in another's place, and is looked up by its bytes.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.segments.arrays import Integers

_WORD_BYTES = 8
_MOST_BYTES = 2 * _WORD_BYTES
# Few papers have room among some thousand places, which are cleared in no time; then come half a
# million for the words of some 100,000 abstracts.
_FEWEST_PLACE_BITS = 13
_PLACE_BITS = 19
# Odd numbers without a pattern: the golden ratio, and a prime of xxHash.
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
# What cuts bytes, as their method ``split`` does.
_IS_SPACE = np.array([bytes([byte]).isspace() for byte in range(256)])
# What is no part of a piece before a blank: elsewhere it may stand inside a number.
_IS_POINT = np.array([byte in b",." for byte in range(256)])
# For a piece of each length, which bits of its two words are its own.
_BITS_OF_BYTES = np.array([(1 << (8 * count)) - 1 for count in range(_WORD_BYTES + 1)], np.uint64)
_BLANK = ord(" ")
_LENGTHS = np.arange(_MOST_BYTES + 1)
_OWN_BITS = (
    _BITS_OF_BYTES[np.minimum(_LENGTHS, _WORD_BYTES)],
    _BITS_OF_BYTES[np.maximum(_LENGTHS - _WORD_BYTES, 0)],
)

Words = NDArray[np.uint64]


class PieceRows:
    """The rows that ``rows_of`` gives for pieces; the piece of row 0 is a null byte."""

    def __init__(self, rows_of: Callable[[Sequence[bytes]], Sequence[int]]) -> None:
        self._rows_of = rows_of
        self._make_room(_FEWEST_PLACE_BITS)

    def _make_room(self, place_bits: int) -> None:
        """Make a table without pieces."""
        self._place_bits = place_bits
        # A place that is not taken has the words of a null byte, and its row.
        self._words = (np.zeros(1 << place_bits, np.uint64), np.zeros(1 << place_bits, np.uint64))
        self._rows = np.zeros(1 << place_bits, np.int32)
        self._room = (1 << place_bits) // 4

    def forget(self) -> None:
        """Free the pieces, when no further rows are asked for."""
        self._words = np.zeros(0, np.uint64), np.zeros(0, np.uint64)
        self._rows = np.zeros(0, np.int32)

    def of(self, text: bytes) -> Integers:
        """Return the row of each piece of a text, whose pieces stand between white space.

        A null byte in it is a piece of its own. A comma or point before a blank counts as white
        space. New pieces are asked for in the order in which they stand in the text.
        """
        data = b" %b%b" % (text, b" " * (_MOST_BYTES + 1))
        codes = np.frombuffer(data, np.uint8)
        is_space = _IS_SPACE[codes]
        is_space[:-1] |= _IS_POINT[codes[:-1]] & (codes[1:] == _BLANK)
        edges = np.flatnonzero(is_space[1:] != is_space[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        lengths = ends - starts
        words = _words(data, starts, lengths)
        if len(lengths) > self._room and self._place_bits < _PLACE_BITS:
            self._grow()
        places = _places(words, self._place_bits)
        rows: Integers = self._rows[places]
        is_found = lengths <= _MOST_BYTES
        is_short = is_found.copy()
        for own, known in zip(words, self._words, strict=True):
            is_found &= known[places] == own
        missing = np.flatnonzero(~is_found)
        bounds = zip(starts[missing].tolist(), ends[missing].tolist(), strict=True)
        rows[missing] = self._rows_of([data[start:end] for start, end in bounds])
        new = missing[is_short[missing]]
        new = new[self._rows[places[new]] == 0]
        self._keep((words[0][new], words[1][new]), rows[new], places[new])
        return rows

    def _keep(self, words: tuple[Words, Words], rows: Integers, places: NDArray[np.int64]) -> None:
        # Of several new pieces in one place the last is kept, in all three arrays.
        for own, known in zip(words, self._words, strict=True):
            known[places] = own
        self._rows[places] = rows
        self._room -= len(rows)

    def _grow(self) -> None:
        taken = np.flatnonzero(self._rows)
        words, rows = (self._words[0][taken], self._words[1][taken]), self._rows[taken]
        self._make_room(_PLACE_BITS)
        self._keep(words, rows, _places(words, _PLACE_BITS))


def _words(data: bytes, starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> tuple[Words, Words]:
    """Return the first 8 bytes of each piece and the next 8, as numbers; 0 stands for none."""
    # The 8 bytes from each byte on.
    all_words = np.ndarray((len(data) - _WORD_BYTES + 1,), "<u8", data, strides=(1,))
    lengths = np.minimum(lengths, _MOST_BYTES)
    first, second = (
        all_words[starts + step * _WORD_BYTES] & own_bits[lengths]
        for step, own_bits in enumerate(_OWN_BITS)
    )
    return first, second


def _places(words: tuple[Words, Words], place_bits: int) -> NDArray[np.int64]:
    first, second = (own * factor for own, factor in zip(words, _FACTORS, strict=True))
    return ((first ^ second) >> np.uint64(64 - place_bits)).astype(np.int64)
