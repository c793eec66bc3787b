"""All terms of one field: those that match a pattern, those within an edit distance."""

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.segments.arrays import Offsets, distinct

# Distances are computed for so many terms at a time, in a few megabytes.
_TERMS_AT_ONCE = 1 << 14


class TermList:
    """Terms in order of their UTF-8 bytes, without line breaks, and the papers that have each.

    There may be millions, so a term takes no more than its text and 16 bytes.
    """

    def __init__(
        self, joined: NDArray[np.uint8], starts: Offsets, paper_counts: Sequence[int]
    ) -> None:
        """Take the bytes of all terms, one after the other, and where each begins.

        Raises UnicodeDecodeError if they are not UTF-8.
        """
        self._paper_counts = np.array(paper_counts, np.int64)
        # One text with a term on each line, so that one search walks over all of them.
        lines = on_lines(joined, starts)
        encoded = lines.tobytes()
        self._text = encoded.decode("utf-8", "surrogatepass")
        self._starts = starts + np.arange(1, len(starts) + 1)
        if len(self._text) < len(encoded):
            begins_character = lines & 0xC0 != 0x80
            characters_before = np.cumsum(begins_character, dtype=np.int64) - begins_character
            self._starts = np.append(characters_before, len(self._text))[self._starts]

    def matching(self, pattern: re.Pattern[str], prefix: str) -> list[tuple[str, int]]:
        """Return the terms that begin with ``prefix`` and match, with the papers that have each."""
        start = self._text.find("\n" + prefix)
        if start < 0 or not len(self._paper_counts):
            return []
        end = self._text.index("\n", self._text.rfind("\n" + prefix, 0, -1) + 1)
        flags = (pattern.flags & ~re.DOTALL) | re.MULTILINE
        lines = re.compile(f"^(?:{pattern.pattern})$", flags)
        found = [match.start() for match in lines.finditer(self._text, start + 1, end)]
        return self._with_counts(np.searchsorted(self._starts[:-1], found))

    def with_word_end(self, letters: str) -> list[str]:
        """Return the terms of which a word ends in ``letters``, blanks left out."""
        text, is_end, line_ends = self._without_blanks
        found = []
        # In a third of the time that an expression takes.
        start = text.find(letters)
        while start >= 0:
            found.append(start + len(letters) - 1)
            start = text.find(letters, start + 1)
        ends = np.array(found, np.int64)
        numbers = distinct(np.searchsorted(line_ends, ends[is_end[ends]]))
        return [term for term, _ in self._with_counts(numbers)]

    @cached_property
    def _without_blanks(self) -> tuple[str, NDArray[np.bool_], NDArray[np.int64]]:
        """The text without blanks, where its words end, and where its lines do but the first."""
        is_line_end = self._codes == ord("\n")
        is_blank = self._codes == ord(" ")
        is_end = np.append((is_line_end | is_blank)[1:], False)
        text = self._text.replace(" ", "")
        return text, is_end[~is_blank], np.flatnonzero(is_line_end[~is_blank])[1:]

    def within(self, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        """Return the terms at most ``edits`` edits away, with the papers that have each.

        Those of fewer than ``least`` papers are left out, which saves time. An edit adds, drops or
        changes one character or swaps two neighbours. The distances are computed for all terms of
        one length at a time.
        """
        codes = self._codes
        wanted = np.frombuffer(term.encode("utf-32-le", "surrogatepass"), np.uint32)
        found: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        lengths = np.diff(self._starts) - 1
        if least > 1:
            lengths[self._paper_counts < least] = -1
        for length in range(max(len(term) - edits, 0), len(term) + edits + 1):
            of_length = np.flatnonzero(lengths == length)
            for at in range(0, len(of_length), _TERMS_AT_ONCE):
                numbers = of_length[at : at + _TERMS_AT_ONCE]
                rows = codes[self._starts[numbers] + np.arange(length)[:, np.newaxis]]
                found.append(numbers[_distances(rows, wanted) <= edits])
        return self._with_counts(np.sort(np.concatenate(found)))

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return np.frombuffer(self._text.encode("utf-32-le", "surrogatepass"), np.uint32)

    def _with_counts(self, numbers: NDArray[np.int64]) -> list[tuple[str, int]]:
        starts, ends = self._starts[numbers].tolist(), (self._starts[numbers + 1] - 1).tolist()
        terms = [self._text[start:end] for start, end in zip(starts, ends, strict=True)]
        return list(zip(terms, self._paper_counts[numbers].tolist(), strict=True))


def on_lines(joined: NDArray[np.uint8], starts: Offsets) -> NDArray[np.uint8]:
    """Return texts in UTF-8 that are all joined, each on a line of its own, after an empty one."""
    lines = np.full(len(joined) + len(starts), ord("\n"), np.uint8)
    places = np.arange(1, len(joined) + 1)
    places += np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    lines[places] = joined
    return lines


def _distances(rows: NDArray[np.uint32], wanted: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the distance of each column of ``rows``, a term of that length, from ``wanted``.

    Wagner and Fischer, "The String-to-String Correction Problem" (1974), all terms in step, with
    the swaps of Damerau, "A Technique for Computer Detection and Correction of Spelling Errors"
    (1964); no letter is edited after a swap.
    """
    length, term_count = rows.shape
    previous = np.repeat(np.arange(length + 1)[:, np.newaxis], term_count, axis=1)
    before = is_last = previous[:0]
    for code in wanted:
        current = np.empty_like(previous)
        current[0] = previous[0] + 1
        is_code = rows == code
        for at in range(length):
            changed = previous[at] + ~is_code[at]
            current[at + 1] = np.minimum(np.minimum(previous[at + 1], current[at]) + 1, changed)
            if at and len(before) and (swaps := is_last[at] & is_code[at - 1]).any():
                current[at + 1, swaps] = np.minimum(current[at + 1], before[at - 1] + 1)[swaps]
        before, previous, is_last = previous, current, is_code
    distances: NDArray[np.int64] = previous[length]
    return distances
