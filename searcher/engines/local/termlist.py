"""All terms of one field: those that match a pattern, end in letters, or are a few edits away.

Each segment has a sorted list, which is looked through as it is stored. What was found in several
is put together.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.segments.arrays import Integers, Offsets, Starts, distinct, find_sorted
from index.segments.postings import FieldReader
from index.segments.terms import term_key
from searcher.cache import Cache
from searcher.query.wildcards import literal_prefix, literals, wildcard

# Distances are computed for so many terms at a time, in a few megabytes.
_TERMS_AT_ONCE = 1 << 14
_LONGEST = 255
_BLANK = ord(" ")
# No UTF-8 has this byte.
_BEHIND_ALL = b"\xff"


Begun = tuple[bytes, bool, int]
"""A word or the beginning of one, whether it is whole, and how many such words there must be."""


class TermLists:
    """The terms of a field in all segments, and the papers that have each.

    Where the terms that are asked for are no UTF-8, its methods raise UnicodeDecodeError.
    """

    def __init__(self, readers: Iterable[FieldReader], cache: Cache) -> None:
        """``cache`` keeps what is computed of all terms."""
        self._lists = [TermList(reader, cache) for reader in readers]

    def matching(self, text: str) -> list[tuple[str, int]]:
        """Return the terms that match a text with wildcards, with the papers that have each."""
        return self._with_counts([terms.matching(text) for terms in self._lists])

    def with_word_end(self, letters: str) -> list[str]:
        """Return the terms of which a word ends in ``letters``, blanks left out."""
        found = [terms.with_word_end(letters) for terms in self._lists]
        return [term for term, _ in self._with_counts(found)]

    def within(self, term: str, edits: int, least: int = 0) -> list[tuple[str, int]]:
        """Return the terms at most ``edits`` edits away, with the papers that have each.

        Those of fewer than ``least`` papers are left out, which saves time. An edit adds, drops or
        changes one character or swaps two neighbours.
        """
        # A term of so many papers has its share of them in some segment.
        own_least = -(-least // max(len(self._lists), 1))
        found = [terms.within(term, edits, own_least) for terms in self._lists]
        if own_least <= 1 or len(self._lists) == 1:
            return [one for one in self._with_counts(found) if one[1] >= least]
        near = {term for term, _ in self._with_counts(found)}
        counted = [
            (key, sum(own.count_of(key) for own in self._lists)) for key in map(term_key, near)
        ]
        return [
            (key.decode("utf-8", "surrogatepass"), n) for key, n in sorted(counted) if n >= least
        ]

    def with_words(self, words: Sequence[Begun]) -> Iterator[str]:
        """Yield the terms that have some words, those of most papers first."""
        found = [terms.with_words(words) for terms in self._lists]
        if len(found) == 1:
            # Of thousands that begin with a letter, only those are read that are taken.
            (own,), (numbers,) = self._lists, found
            ranked = numbers[np.argsort(-own.counts(numbers), kind="stable")]
            for number in ranked.tolist():
                yield own.text(number)
        else:
            counted = self._with_counts(found)
            counted.sort(key=lambda one: (-one[1], term_key(one[0])))
            yield from [term for term, _ in counted]

    def _with_counts(self, found: Sequence[Offsets]) -> list[tuple[str, int]]:
        """Return terms by their numbers in each segment, with the sums of their papers."""
        counts: dict[bytes, int] = {}
        have_any = [
            (own, numbers) for own, numbers in zip(self._lists, found, strict=True) if len(numbers)
        ]
        for own, numbers in have_any:
            for term, count in zip(own.terms(numbers), own.counts(numbers).tolist(), strict=True):
                counts[term] = counts.get(term, 0) + count
        ordered = sorted(counts.items()) if len(have_any) > 1 else counts.items()
        return [(term.decode("utf-8", "surrogatepass"), count) for term, count in ordered]


class _Shape(NamedTuple):
    """Of each term its number of characters, 255 at most, and a bit for each ASCII character.

    Two characters may share a bit. A character that is changed changes two bits at most.
    """

    lengths: NDArray[np.uint8]
    letters: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """How many bytes the arrays take."""
        return self.lengths.nbytes + self.letters.nbytes


class TermList:
    """The terms of a field of a segment, in order of their UTF-8 bytes; numbers are ascending."""

    def __init__(self, reader: FieldReader, cache: Cache) -> None:
        self._reader = reader
        self._cache = cache
        self._joined, self._starts = reader.joined_terms()

    def terms(self, numbers: Offsets) -> list[bytes]:
        """Return the terms with some numbers."""
        return self._reader.some_terms(numbers)

    def text(self, number: int) -> str:
        """Return the term with a number."""
        return self._reader.text(number)

    def counts(self, numbers: Offsets) -> Starts:
        """Return how many papers have each of some terms."""
        return self._reader.frequencies_of(numbers)

    def count_of(self, term: bytes) -> int:
        """Return how many papers have a term."""
        number = self._reader.number(term)
        return 0 if number < 0 else self._reader.document_frequency(number)

    def matching(self, text: str) -> Offsets:
        """Return the numbers of the terms that match a text with wildcards."""
        prefix = literal_prefix(text)
        low, high = 0, len(self._starts) - 1
        if prefix:
            key = term_key(prefix)
            low, high = self._reader.lower_bound(key), self._reader.lower_bound(key + _BEHIND_ALL)
        others = literals(text.removeprefix(prefix))
        if not others:
            numbers = np.arange(low, high)
        elif text.endswith(others[-1]):
            numbers = self._ending(low, high, term_key(others[-1]))
        else:
            numbers = self._containing(low, high, term_key(max(others, key=len)))
        if text in (f"{prefix}*", *[f"*{one}" for one in others]):
            return numbers
        matches = wildcard(text).fullmatch
        texts = [term.decode("utf-8", "surrogatepass") for term in self.terms(numbers)]
        return numbers[np.fromiter((bool(matches(one)) for one in texts), np.bool_, len(texts))]

    def with_word_end(self, letters: str) -> Offsets:
        """Return the numbers of the terms of which a word ends in ``letters``, blanks left out."""
        joined, key = self._joined, term_key(letters)
        # Two of three names have a blank, and few end so: they are looked for with no blank at all.
        first = np.array(_places(joined.tobytes().replace(b" ", b""), key), np.int64)
        if not len(first):
            return first
        blanks = (joined == _BLANK).nonzero()[0]
        blanks -= np.arange(len(blanks))
        last = first + len(key) - 1
        first += blanks.searchsorted(first, "right")
        last += blanks.searchsorted(last, "right")
        numbers = self._owners(last)
        begins, ends = self._starts[numbers], self._starts[numbers + 1]
        is_end = last + 1 == ends
        is_end |= joined[np.minimum(last + 1, len(joined) - 1)] == _BLANK
        return distinct(numbers[is_end & (first >= begins)])

    def with_words(self, words: Sequence[Begun]) -> Offsets:
        """Return the numbers of the terms that have some words, which blanks part."""
        numbers: Offsets | None = None
        for letters, is_whole, count in sorted(words, reverse=True, key=lambda one: len(one[0])):
            own = owners(self._words(letters, is_whole), count)
            if numbers is not None and len(own):
                own = numbers[find_sorted(numbers, own)[1]]
            if not len(own):
                return own
            numbers = own
        return np.arange(len(self._starts) - 1) if numbers is None else numbers

    def _words(self, letters: bytes, is_whole: bool) -> Offsets:
        """Return the number of the term of each word that begins with some letters, or is them."""
        joined, starts = self._joined, self._starts
        begins, firsts = self._word_begins
        places = begins[firsts == letters[0]].astype(np.int64)
        numbers = self._owners(places)
        fits = places + len(letters) <= starts[numbers + 1]
        places, numbers = places[fits], numbers[fits]
        for at, letter in enumerate(letters[1:], 1):
            same = joined[places + at] == letter
            places, numbers = places[same], numbers[same]
        if is_whole:
            ends = places + len(letters)
            is_end = (ends == starts[numbers + 1]) | (
                joined[np.minimum(ends, len(joined) - 1)] == _BLANK
            )
            numbers = numbers[is_end]
        found: Offsets = numbers
        return found

    def within(self, term: str, edits: int, least: int = 0) -> Offsets:
        """Return the numbers of the terms at most ``edits`` edits away that ``least`` papers have.

        The distances are computed for all terms of one length at a time, and of those alone that
        have nearly the same letters.
        """
        shape = self._shape
        length = len(term)
        lowest, highest = (np.clip(length + by, 0, _LONGEST) for by in (-edits, edits))
        numbers = ((shape.lengths >= lowest) & (shape.lengths <= highest)).nonzero()[0]
        others = shape.letters[numbers] ^ _letters(term)
        for _ in range(min(2 * edits, 32)):
            others &= others - np.uint32(1)  # without its lowest bit
        numbers = numbers[others == 0]
        if least > 1:
            numbers = numbers[self.counts(numbers) >= least]
        wanted = _codes(term)
        texts = [one.decode("utf-8", "surrogatepass") for one in self.terms(numbers)]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        found = [np.zeros(0, np.int64)]
        for own_length in range(max(length - edits, 0), length + edits + 1):
            places = (lengths == own_length).nonzero()[0]
            for at in range(0, len(places), _TERMS_AT_ONCE):
                chosen = places[at : at + _TERMS_AT_ONCE]
                codes = _codes("".join([texts[place] for place in chosen.tolist()]))
                rows = codes.reshape(len(chosen), own_length).T
                found.append(numbers[chosen[_distances(rows, wanted, edits) <= edits]])
        return np.sort(np.concatenate(found))

    def _ending(self, low: int, high: int, key: bytes) -> Offsets:
        """Return the numbers from ``low`` to ``high`` of terms that end in ``key``."""
        starts = self._starts[low : high + 1]
        numbers = (starts[1:] - starts[:-1] >= len(key)).nonzero()[0]
        for back, byte in enumerate(reversed(key), 1):
            numbers = numbers[self._joined[starts[numbers + 1] - back] == byte]
        return numbers + low

    def _containing(self, low: int, high: int, key: bytes) -> Offsets:
        """Return the numbers from ``low`` to ``high`` of terms that contain ``key``."""
        start, stop = self._starts[low], self._starts[high]
        places = np.array(_places(self._joined[start:stop].tobytes(), key), np.int64) + start
        numbers = self._owners(places)
        return distinct(numbers[places + len(key) <= self._starts[numbers + 1]])

    def _owners(self, places: Offsets) -> NDArray[np.intp]:
        """Return the number of the term that has each of some places in the joined text."""
        # With two different types numpy would search a converted copy of all starts.
        return self._starts.searchsorted(places.astype(self._starts.dtype), "right") - 1

    @property
    def _word_begins(self) -> tuple[Integers, NDArray[np.uint8]]:
        """Where the words of all terms begin, and with which byte."""
        key = ("word begins", self._reader)
        known: tuple[Integers, NDArray[np.uint8]] | None = self._cache.get(key)
        if known is None:
            is_begin = np.zeros(len(self._joined) + 1, np.bool_)
            is_begin[self._starts] = True
            is_begin[1:] |= self._joined == _BLANK
            begins = is_begin[:-1].nonzero()[0].astype(np.int32)
            known = begins, self._joined[begins]
            self._cache.put(key, known)
        return known

    @property
    def _shape(self) -> _Shape:
        key = ("shape", self._reader)
        shape: _Shape | None = self._cache.get(key)
        if shape is None:
            shape = _shape(self._joined, self._starts)
            self._cache.put(key, shape)
        return shape


def owners(numbers: Offsets, least: int) -> Offsets:
    """Return the numbers that come so often at least in an ascending list, each once."""
    if least > 1:
        # Where the same stands so many places before, there are as many.
        numbers = numbers[least - 1 :][numbers[least - 1 :] == numbers[: len(numbers) - least + 1]]
    once: Offsets = distinct(numbers)
    return once


def _places(text: bytes, key: bytes) -> list[int]:
    """Return where ``key`` stands in a text. In a third of the time that an expression takes."""
    found = []
    start = text.find(key)
    while start >= 0:
        found.append(start)
        start = text.find(key, start + 1)
    return found


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _letters(term: str) -> np.uint32:
    ascii_codes = [code for code in map(ord, term) if code < 128]
    return np.uint32(sum({1 << (code & 31) for code in ascii_codes}))


def _shape(joined: NDArray[np.uint8], starts: Starts) -> _Shape:
    lengths, letters = np.diff(starts), np.zeros(len(starts) - 1, np.uint32)
    # Only the first term may be empty, of which no sum is asked.
    begins = starts[:-1][lengths > 0]
    if len(begins):
        bits = np.uint32(1) << (joined & np.uint8(31)).astype(np.uint32)
        is_ascii = joined < 128
        if not is_ascii.all():
            bits[~is_ascii] = 0
            is_character = (joined & 0xC0 != 0x80).astype(np.int32)
            lengths[lengths > 0] = np.add.reduceat(is_character, begins)
        letters[len(letters) - len(begins) :] = np.bitwise_or.reduceat(bits, begins)
    return _Shape(np.minimum(lengths, _LONGEST).astype(np.uint8), letters)


def on_lines(joined: NDArray[np.uint8], starts: Starts) -> NDArray[np.uint8]:
    """Return texts in UTF-8 that are all joined, each on a line of its own, after an empty one."""
    lines = np.full(len(joined) + len(starts), ord("\n"), np.uint8)
    places = np.arange(1, len(joined) + 1)
    places += np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    lines[places] = joined
    return lines


def _distances(
    rows: NDArray[np.uint32], wanted: NDArray[np.uint32], most: int
) -> NDArray[np.int64]:
    """Return the distance of each column of ``rows``, a term of that length, from ``wanted``.

    Instead of a distance of more than ``most`` another of more may be returned, since beginnings
    whose lengths differ by more are not compared (Ukkonen, "Algorithms for Approximate String
    Matching", 1985).

    Wagner and Fischer, "The String-to-String Correction Problem" (1974), all terms in step, with
    the swaps of Damerau, "A Technique for Computer Detection and Correction of Spelling Errors"
    (1964); no letter is edited after a swap.
    """
    length, term_count = rows.shape
    previous = np.repeat(np.arange(length + 1)[:, np.newaxis], term_count, axis=1)
    before = is_last = previous[:0]
    for number, code in enumerate(wanted):
        current = np.full_like(previous, most + 1)
        current[0] = previous[0] + 1
        is_code = rows == code
        for at in range(max(number - most, 0), min(number + most + 1, length)):
            changed = previous[at] + ~is_code[at]
            current[at + 1] = np.minimum(np.minimum(previous[at + 1], current[at]) + 1, changed)
            if at and len(before) and (swaps := is_last[at] & is_code[at - 1]).any():
                current[at + 1, swaps] = np.minimum(current[at + 1], before[at - 1] + 1)[swaps]
        before, previous, is_last = previous, current, is_code
    distances: NDArray[np.int64] = previous[length]
    return distances
