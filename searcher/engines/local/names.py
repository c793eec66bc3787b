"""Columns of names: spellings that fold alike are one value, called by the commonest of them.

There may be millions of names, each in many segments. Nothing is kept of one but numbers: it is
spelled when it is shown.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from index.analysis import MAX_WORD_CHARS
from index.names import name_terms
from index.segments.arrays import Integers, Offsets, is_first, running_sums, sorted_distinct
from index.segments.documents import CodedColumn
from searcher.engines.local.facets import Column, name_key

MOST_SPELLED = 1 << 16
"""A column of no more values has a label for each, which takes less time in each search."""

# How many values a paper may have where all have rows of one length.
_WIDEST_ROWS = 8
# Of words like these, which blanks part, each is folded for itself.
_PLAIN = re.compile(r"(?:[^\W\d_]|[-.'\u2019])*")
_NOT_PLAIN = "\n"
_LONGEST = MAX_WORD_CHARS - 1
# To read all spellings at once takes as long as to read one of so many, each for itself.
_WHOLE_SHARE = 8
_LINE_END, _BLANK = ord("\n"), ord(" ")
_IS_PLAIN_BYTE = np.zeros(256, np.bool_)
_IS_PLAIN_BYTE[list(b"abcdefghijklmnopqrstuvwxyz0123456789 \n")] = True


def name_column(segments: Sequence[CodedColumn], live: NDArray[np.bool_]) -> "Column | NameColumn":
    """Return the column of the names that the papers of each segment have.

    ``live`` tells which papers count when the commonest spelling is chosen. Raises
    UnicodeDecodeError.
    """
    if not segments:
        return Column((), np.zeros(0, np.int64), np.zeros(1, np.int64))
    folder = _Folder()
    hashes, checks = zip(*(folder.hashes(column.values) for column in segments), strict=True)
    hashes_of = np.concatenate(hashes)
    numbers, first_spellings, order = _groups(hashes_of, np.concatenate(checks))
    pieces, counts, uses = [], [], []
    first_spelling = first_paper = 0
    for column in segments:
        assert column.starts is not None
        paper_count, count = len(column.starts) - 1, len(column.values)
        papers = np.repeat(np.arange(paper_count), np.diff(column.starts))
        is_live = live[first_paper : first_paper + paper_count]
        uses.append(np.bincount(column.codes[is_live[papers]], minlength=count).astype(np.int32))
        own = numbers[first_spelling : first_spelling + count][column.codes]
        # Two spellings of one name in one paper count once.
        pairs = sorted_distinct(papers * len(order) + own)
        counts.append(np.bincount(pairs // len(order), minlength=paper_count))
        pieces.append((pairs % len(order)).astype(np.int32))
        first_paper, first_spelling = first_paper + paper_count, first_spelling + count
    spellings = Spellings(
        [column.values for column in segments],
        np.concatenate(uses),
        order,
        first_spellings,
    )
    codes, starts = np.concatenate(pieces), running_sums(np.concatenate(counts))
    value_count = len(first_spellings) - 1
    if value_count > MOST_SPELLED:
        return NameColumn(spellings, codes, starts, hashes_of[order[first_spellings[:-1]]])
    return _spelled(spellings.texts(np.arange(value_count)), codes, starts)


def _spelled(labels: list[str], codes: Integers, starts: Offsets) -> Column:
    counts = np.diff(starts)
    if (most := counts.max(initial=0)) > _WIDEST_ROWS:
        return Column(tuple(labels), codes.astype(np.int64), starts)
    # Rows of one length are counted in a tenth to three quarters of the time that lists take.
    rows = np.full((len(counts), most), len(labels), np.int64)
    papers = np.repeat(np.arange(len(counts)), counts)
    rows[papers, np.arange(len(papers)) - starts[papers]] = codes
    return Column((*labels, None), rows)


class _Folder:
    """Names in UTF-8 → what their spellings share, as two numbers that hardly any others have."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def hashes(self, names: Sequence[bytes]) -> tuple[Offsets, NDArray[np.uint32]]:
        """Return two hashes of the key of each name.

        Two keys have the same pair once in 10 to the 15 times that 10 million are compared.
        """
        keys = self.keys(list(names))
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        return hashes, np.fromiter(map(crc32, keys), np.uint32, len(keys))

    def keys(self, names: list[bytes]) -> list[bytes]:
        """Return the key of each name in UTF-8, of most names without looking at each."""
        # Of plain words a hyphen or an initial's full stop parts two, and all else is as it is.
        folded = b"\n".join(names).replace(b". ", b" ").replace(b"-", b" ").lower()
        keys = folded.split(b"\n")
        if len(keys) != len(names):
            return [self._key(name.decode()) for name in names]
        text = np.frombuffer(folded, np.uint8)
        ends = np.append((text == _LINE_END).nonzero()[0], len(text))
        is_other = np.diff(ends, prepend=-1) - 1 > _LONGEST
        is_other[ends.searchsorted((~_IS_PLAIN_BYTE[text]).nonzero()[0])] = True
        is_blank = text == _BLANK
        # A blank too many: at the beginning or the end of a name, or beside another.
        is_part = np.concatenate(([False], ~is_blank & (text != _LINE_END), [False]))
        amiss = is_blank & ~(is_part[:-2] & is_part[2:])
        is_other[ends.searchsorted(amiss.nonzero()[0])] = True
        for number in is_other.nonzero()[0].tolist():
            keys[number] = self._key(names[number].decode())
        return keys

    def _key(self, name: str) -> bytes:
        words = []
        for word in name.split():
            key = self._words.get(word)
            if key is None:
                is_plain = len(word) <= _LONGEST and _PLAIN.fullmatch(word)
                key = (name_terms(word) or ("",))[0] if is_plain else _NOT_PLAIN
                self._words[word] = key
            if key == _NOT_PLAIN:
                break
            if key:
                words.append(key)
        else:
            if len(name) <= _LONGEST:
                return (" ".join(words) or name).encode()
        return name_key(name).encode("utf-8", "surrogatepass")


def _groups(hashes: Offsets, checks: NDArray[np.uint32]) -> tuple[Integers, Offsets, Integers]:
    """Return the group of each of some numbers that are equal, and their places by group.

    Those of group g are at ``order[first[g]:first[g + 1]]``.
    """
    order = np.argsort(hashes, kind="stable")
    is_new = is_first(hashes[order])
    is_other = is_first(checks[order])
    if not (is_other <= is_new).all():
        order = np.lexsort((checks, hashes))
        is_new = is_first(hashes[order]) | is_first(checks[order])
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.cumsum(is_new) - 1
    first = np.append(is_new.nonzero()[0], len(order))
    return numbers, first, order.astype(np.int32)


class Spellings(NamedTuple):
    """The spellings of names in each segment; those of name n are ``order[first[n]:first[n + 1]]``.

    ``uses`` are how many papers have each spelling. They are numbered over all segments.
    """

    segments: Sequence[Sequence[bytes]]
    uses: Integers
    order: Integers
    first: Offsets

    def texts(self, names: Offsets) -> list[str]:
        """Return the commonest spelling of each name, the first of those that are as common."""
        lows, highs = self.first[names], self.first[names + 1]
        found = self._spelled(self.order[lows])
        for at in (highs - lows > 1).nonzero()[0].tolist():
            spellings = self.order[lows[at] : highs[at]]
            uses: dict[str, int] = {}
            for text, count in zip(
                self._spelled(spellings), self.uses[spellings].tolist(), strict=True
            ):
                uses[text] = uses.get(text, 0) + count
            found[at] = min(uses, key=lambda text: (-uses[text], text))
        return found

    def _spelled(self, spellings: Integers) -> list[str]:
        """Return some spellings as text."""
        bounds = running_sums(np.array([len(values) for values in self.segments], np.int64))
        segments = self.segments
        if len(spellings) > int(bounds[-1]) // _WHOLE_SHARE:
            segments = [list(values) for values in segments]
        numbers = bounds.searchsorted(spellings, "right") - 1
        places = spellings - bounds[numbers]
        return [
            segments[number][place].decode()
            for number, place in zip(numbers.tolist(), places.tolist(), strict=True)
        ]


class NameColumn:
    """The names of each paper, as a Column has values, but none is spelled before it is shown.

    ``hashes`` are those of the names' keys, ascending.
    """

    code_of_none = -1

    def __init__(
        self, spellings: Spellings, codes: Integers, starts: Offsets, hashes: Offsets
    ) -> None:
        self._spellings = spellings
        self._hashes = hashes
        self._column = Column((), codes, starts)
        self._known: dict[int, str] = {}

    @property
    def nbytes(self) -> int:
        """How many bytes its arrays take."""
        arrays = (self._spellings.uses, self._spellings.order, self._spellings.first, self._hashes)
        return self._column.nbytes + sum(array.nbytes for array in arrays)

    def codes_of(self, papers: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
        """Return the codes of all names of ``papers``, one after the other."""
        return self._column.codes_of(papers)

    def labels_of(self, codes: NDArray[np.integer[Any]]) -> list[str]:
        """Return how the names of some codes are called."""
        known = self._known
        new = [code for code in codes.tolist() if code not in known]
        if new:
            if len(known) + len(new) > MOST_SPELLED:
                known = self._known = {
                    code: known[code] for code in codes.tolist() if code in known
                }
            known.update(zip(new, self._spellings.texts(np.array(new, np.int64)), strict=True))
        return [known[code] for code in codes.tolist()]

    def ranks_of(self, codes: NDArray[np.integer[Any]]) -> Offsets:
        """Return numbers that sort codes as their labels do."""
        labels = self.labels_of(codes)
        ranks = np.empty(len(labels), np.int64)
        ranks[sorted(range(len(labels)), key=labels.__getitem__)] = np.arange(len(labels))
        return ranks

    def papers_with(self, values: Iterable[str | int]) -> NDArray[np.bool_]:
        """Return for each paper whether it has any of some names, however they are spelled."""
        keys = {name_key(str(value)) for value in values}
        codes = []
        for key in keys:
            place = int(self._hashes.searchsorted(hash(key.encode("utf-8", "surrogatepass"))))
            if place < len(self._hashes) and name_key(self.labels_of(np.array([place]))[0]) == key:
                codes.append(place)
        return self._column.papers_with_any(codes)
