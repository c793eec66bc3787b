"""What to mark in a text: the places that match the terms of a query.

A text is searched as a whole, in ASCII and lower case, for the beginnings of the wanted words. Only
the words found so, and those spelled with other signs, are analysed.
"""

import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import NamedTuple

from index.analysis import Token, stem, tokens
from index.letters import bound
from searcher.query.clauses import Clause, Run, matches_of
from searcher.snippets.textcache import TextCache

MAX_MARKED_CHARS = 20_000
"""How much of a text is marked; the rest of a longer one is shown without marks."""

# A formula's opening $ has no space after it, its closing $ none before and no digit after it, so
# that "$5 and $10" is none; with a command and no space in it, a digit may follow.
_FORMULA = re.compile(
    r"\$\$.{1,800}?\$\$|(?<!\\)\$(?![\s$])[^$]{0,400}?(?<![\s\\])\$(?!\d)"
    r"|(?<!\\)\$(?=[^$\s]{0,400}\\)[^$\s]{1,400}\$|\\\(.{1,400}?\\\)"
    r"|\\\[.{1,800}?\\\]",
    re.DOTALL,
)

# Makes a text plain: ASCII letters and digits in lower case, everything else a blank.
_PLAIN = bytes(
    ord(char.lower() if char.isascii() and char.isalnum() else " ") for char in map(chr, range(256))
)
# The signs of words whose forms may be missing from the plain text: joined words, initialisms, TeX,
# and letters that are not ASCII, which are question marks there.
_SIGN = b"-"
_SIGNS = bytes(ord(_SIGN if char in "-.'\\?$^_{}" else " ") for char in map(chr, range(256)))
# How all spellings of a form begin in a plain text. A form may contain a sign, as 3.5 and C++ do,
# and 1000 may be written 1,000. A form without such a beginning is found by its signs.
_SPELLED_START = re.compile("(?:(?![0-9]{4})[a-z0-9])*[a-z0-9]?")
# Longer beginnings are common to fewer forms of a stem, shorter ones to too many other words.
_MAX_START_CHARS = 5

# At most 16 MB for each cache of words, as an entry takes up to 1 KB.
_MAX_CACHED_WORDS = 1 << 14
_MAX_CACHED_CHARS = 40
# The titles and abstracts of some 100 pages: people who refine a search see most of them again.
_MAX_TEXT_BYTES = 24 << 20
# In a text of foreign letters every word has signs, and keeping them would take ten times as much.
_MAX_CACHED_SIGNED = 100
_SIGNED_BYTES = 400
# A prepared text beside its characters, and its place in the cache: the most of a short title.
_PREPARED_BYTES = 240

Span = tuple[int, int]
"""Where a part of a text starts and ends."""

Marked = tuple[int, int, int]
"""A start, an end, and the bits of the needles, or of the terms of runs, that match there."""


class PreparedText(NamedTuple):
    """The part of a text that is marked, ready to be searched.

    ``signed`` has a place in each word whose forms may be missing from ``plain``, and all its
    forms; None if they are too many to keep. A word is what stands between two blanks.
    """

    text: str
    plain: str
    formulas: Sequence[Span]
    signed: Sequence[tuple[int, frozenset[str]]] | None


class _WordMatch(NamedTuple):
    """What matches in one word: its marks, its positions, and the bits of all run terms in it.

    Places count from the beginning of the word.
    """

    marks: tuple[Marked, ...]
    positions: tuple[Marked, ...]
    term_bits: int


_NO_MATCH = _WordMatch((), (), 0)


class _FormBits(NamedTuple):
    """The bits of a form: its stem's and its own among the needles, and those in runs."""

    stem_bit: int
    form_bit: int
    term_bits: int


@dataclass(frozen=True)
class Needles:
    """What to mark in the text of one field: single stems and forms, and runs of several.

    ``stem_by_form`` has every form that the index has of each wanted stem. If it is None, the
    words of a text are stemmed to see whether they match, which needs the stemmer.
    """

    stems: frozenset[str]
    forms: frozenset[str]
    runs: tuple[Run, ...]
    stem_by_form: Mapping[str, str] | None = None

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """The wanted stems, including those in runs."""
        return self.stems.union(*(run.terms for run in self.runs if not _is_exact(run)))

    @cached_property
    def all_forms(self) -> frozenset[str]:
        """The wanted forms, including those in runs and the known forms of stems."""
        in_runs = (run.terms for run in self.runs if _is_exact(run))
        return self.forms.union(self.stem_by_form or (), *in_runs)

    @cached_property
    def bits(self) -> dict[object, int]:
        """A bit for each needle: a stem, a form, or the terms of a run."""
        needles = dict.fromkeys([*self.stems, *self.forms, *(run.terms for run in self.runs)])
        return {needle: 1 << number for number, needle in enumerate(needles)}

    @cached_property
    def term_bits(self) -> dict[str, int]:
        """A bit for each term of a run; stems have a ``~`` before them."""
        terms = dict.fromkeys(term for run in self.runs for term in _run_terms(run))
        return {term: 1 << number for number, term in enumerate(terms)}

    @cached_property
    def run_bits(self) -> tuple[tuple[Run, tuple[int, ...], int], ...]:
        """Each run with the bits of its terms in order, and with all of them as one number."""
        terms = [tuple(self.term_bits[term] for term in _run_terms(run)) for run in self.runs]
        return tuple((run, bits, _union(bits)) for run, bits in zip(self.runs, terms, strict=True))

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """How words that may match start in a plain text, with the blank before them."""
        # If the forms of a stem are not known, any word with its first letter may have it.
        initials = {stem[:1] for stem in self.all_stems} if self.stem_by_form is None else ()
        starts = {*map(_plain_start, self.all_forms), *(f" {one.lower()}" for one in initials)}
        shortest: list[str] = []
        for start in sorted(starts):
            if start != " " and not (shortest and start.startswith(shortest[-1])):
                shortest.append(start)
        return tuple(shortest)

    @cached_property
    def word_matches(self) -> dict[str, _WordMatch]:
        """What matches in the words seen so far."""
        return {}

    @cached_property
    def form_bits(self) -> dict[str, _FormBits]:
        """The bits of the forms seen so far."""
        return {}

    def bits_of_form(self, form: str) -> _FormBits:
        """Return the bits of a form."""
        bits = self.form_bits.get(form)
        if bits is None:
            own = stem(form) if self.stem_by_form is None else self.stem_by_form.get(form, "")
            bits = self.form_bits[form] = _FormBits(
                self.bits[own] if own in self.stems else 0,
                self.bits[form] if form in self.forms else 0,
                self.term_bits.get(form, 0) | self.term_bits.get(f"~{own}", 0) if self.runs else 0,
            )
        return bits


def needles(
    clause: Clause, field: str, forms_of: Callable[[str], Iterable[str]] | None = None
) -> Needles:
    """Return what to mark in ``field`` for a clause, without what the clause excludes.

    ``forms_of`` returns every form of a stem that the index has.
    """
    runs = [
        run
        for match in matches_of(clause)
        for alternative in match.alternatives
        for run in alternative.runs
        if run.field.removesuffix("_exact") == field
    ]
    single = [run for run in runs if len(run.terms) == 1]
    wanted = Needles(
        stems=frozenset(run.terms[0] for run in single if run.field == field),
        forms=frozenset(run.terms[0] for run in single if run.field != field),
        runs=tuple(run for run in runs if len(run.terms) > 1),
    )
    if forms_of is None:
        return wanted
    stem_by_form = {form: stem for stem in sorted(wanted.all_stems) for form in forms_of(stem)}
    return replace(wanted, stem_by_form=stem_by_form)


def matches(prepared: PreparedText, wanted: Needles) -> list[Marked]:
    """Return the places to mark, in order of their starts; a part of a formula marks all of it."""
    text, formulas = prepared.text, prepared.formulas
    words = _matching_words(prepared, wanted)
    marks = [
        (low + start, low + end, needle)
        for low, word in words.items()
        for start, end, needle in word.marks
    ]
    if wanted.runs:
        present = _union(word.term_bits for word in words.values())
        runs = [run_bits for run_bits in wanted.run_bits if run_bits[2] & present == run_bits[2]]
        if runs:
            width = max(len(run.terms) + (run.slop or 0) for run, _, _ in runs)
            for positions in _neighbourhoods(text, words, width):
                for run, terms, _ in runs:
                    if run.slop is None:
                        spans = _in_a_row(positions, terms)
                    else:
                        spans = _near(positions, terms, run.slop)
                    marks += [(start, end, wanted.bits[run.terms]) for start, end in spans]
            marks.sort()
    if formulas:
        starts, ends = zip(*formulas, strict=True)
        marks = sorted(
            (
                *widened(
                    start,
                    end,
                    formulas[bisect_right(ends, start) : bisect_left(starts, end)],
                ),
                needle,
            )
            for start, end, needle in marks
        )
    return marks


def widened(low: int, high: int, spans: Iterable[Span]) -> Span:
    """Return a span widened to the whole of each of ``spans``, in order, that it overlaps."""
    for start, end in spans:
        if start < high and low < end:
            low, high = min(low, start), max(high, end)
    return low, high


# Words that match


@lru_cache(maxsize=_MAX_CACHED_WORDS)
def _plain_start(form: str) -> str:
    """Return how words of a form start in a plain text; a short word is there in full."""
    form = form.lower()
    start = _spelled_start(form)
    if len(start) <= _MAX_START_CHARS and start == form:
        return f" {form} "
    return f" {start[:_MAX_START_CHARS]}"


def _spelled_start(form: str) -> str:
    """Return how all spellings of a form begin in a plain text: the form itself if it has one."""
    return form if form.isascii() and form.isalpha() else _SPELLED_START.findall(form)[0]


def _matching_words(prepared: PreparedText, wanted: Needles) -> dict[int, _WordMatch]:
    """Return the words in which anything matches, by where they start."""
    text = prepared.text
    places: dict[int, int] = {}
    for at in _candidates(prepared, wanted):
        high = text.find(" ", at)
        places[text.rfind(" ", 0, at) + 1] = high if high >= 0 else len(text)
    matching: dict[int, _WordMatch] = {}
    known = wanted.word_matches
    for low, high in sorted(places.items()):
        word = text[low:high]
        match = known.get(word) or _word_match(word, wanted)
        if match.positions:
            matching[low] = match
    return matching


def _candidates(prepared: PreparedText, wanted: Needles) -> list[int]:
    """Return a place in each word that may match; some of them do not."""
    find = prepared.plain.find
    places: list[int] = []
    for start in wanted.starts:
        at = find(start)
        while at >= 0:
            places.append(at)
            at = find(start, at + 1)
    is_open, is_other = wanted.stem_by_form is None, wanted.all_forms.isdisjoint
    signed = prepared.signed
    if signed is None:
        signed = _signed_words(prepared.text, _ascii(prepared.text))
    places += [at for at, forms in signed if is_open or not is_other(forms)]
    return places


def _word_match(word: str, wanted: Needles) -> _WordMatch:
    word_tokens, forms = _analysed(word)
    match = _NO_MATCH
    if not wanted.all_forms.isdisjoint(forms) or (
        wanted.stem_by_form is None and not wanted.all_stems.isdisjoint(map(stem, forms))
    ):
        match = _match_of_tokens(word_tokens, wanted)
    if len(word) <= _MAX_CACHED_CHARS and len(wanted.word_matches) < _MAX_CACHED_WORDS:
        wanted.word_matches[word] = match
    return match


def _match_of_tokens(word_tokens: Iterable[Token], wanted: Needles) -> _WordMatch:
    marks: list[Marked] = []
    positions: list[Marked] = []
    joined_bits = all_bits = 0
    for token in word_tokens:
        stem_bit = form_bit = 0
        term_bits = joined_bits
        for form in token.forms:
            bits = wanted.bits_of_form(form)
            stem_bit = stem_bit or bits.stem_bit
            form_bit = form_bit or bits.form_bit
            term_bits |= bits.term_bits
        if stem_bit or form_bit:
            marks.append((token.start, token.end, stem_bit or form_bit))
        if token.part_count > 1:
            joined_bits = term_bits
        else:
            positions.append((token.start, token.end, term_bits))
            joined_bits = 0
            all_bits |= term_bits
    return _WordMatch(tuple(marks), tuple(positions), all_bits)


def _analysed(word: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    """Return the tokens of a word, and all their forms."""
    return _cached_analysis(word) if len(word) <= _MAX_CACHED_CHARS else _analysis(word)


def _analysis(word: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    word_tokens = tuple(tokens(word))
    return word_tokens, frozenset(form for token in word_tokens for form in token.forms)


_cached_analysis = lru_cache(maxsize=_MAX_CACHED_WORDS)(_analysis)


# Runs that match


def _neighbourhoods(
    text: str, words: Mapping[int, _WordMatch], width: int
) -> Iterator[list[Marked]]:
    """Yield the positions around matching words that are near each other.

    They are the positions from one of ``words`` until ``width`` positions after the last one.
    """
    end = 0
    for start in words:
        if start < end:
            continue
        positions: list[Marked] = []
        end, positions_left = start, width
        while end < len(text) and positions_left > 0:
            low, high = end, text.find(" ", end)
            end = high + 1 if high >= 0 else len(text)
            word = words.get(low)
            if word:
                positions += [
                    (low + first, low + last, bits) for first, last, bits in word.positions
                ]
                positions_left = width
            else:
                parts = [token for token in _analysed(text[low:end])[0] if token.part_count == 1]
                positions += [(low + part.start, low + part.end, 0) for part in parts]
                positions_left -= len(parts)
        yield positions


def _in_a_row(positions: Sequence[Marked], terms: Sequence[int]) -> Iterator[Span]:
    """Yield where the terms, given by their bits, follow one another."""
    for first in range(len(positions) - len(terms) + 1):
        if all(positions[first + place][2] & term for place, term in enumerate(terms)):
            yield positions[first][0], positions[first + len(terms) - 1][1]


def _near(positions: Sequence[Marked], terms: Sequence[int], slop: int) -> Iterator[Span]:
    """Yield each of the terms in every window that has all of them."""
    width = len(terms) + slop
    term_counts = Counter(terms)
    for first in range(len(positions)):
        window = positions[first : first + width]
        if all(
            sum(bits & term > 0 for _, _, bits in window) >= count
            for term, count in term_counts.items()
        ):
            for start, end, bits in window:
                if bits & _union(terms):
                    yield start, end


def _run_terms(run: Run) -> tuple[str, ...]:
    return run.terms if _is_exact(run) else tuple("~" + term for term in run.terms)


def _is_exact(run: Run) -> bool:
    return run.field.endswith("_exact")


def _union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


# Texts


def _prepare(text: str) -> PreparedText:
    """Prepare a text, or the whole words of its first MAX_MARKED_CHARS, to be searched."""
    if len(text) > MAX_MARKED_CHARS:
        end = text.rfind(" ", 0, MAX_MARKED_CHARS + 1)
        text = text[: end if end > 0 else MAX_MARKED_CHARS]
    text = bound(text)
    encoded = _ascii(text)
    plain = f" {encoded.translate(_PLAIN).decode('ascii')} "
    signed = _signed_words(text, encoded)
    return PreparedText(
        text, plain, _formulas(text), signed if len(signed) <= _MAX_CACHED_SIGNED else None
    )


def _byte_count(text: str, prepared: PreparedText) -> int:
    own_bytes = _PREPARED_BYTES + sys.getsizeof(text) + sys.getsizeof(prepared.plain)
    return own_bytes + _SIGNED_BYTES * len(prepared.signed or ())


prepare = TextCache(_prepare, _byte_count, _MAX_TEXT_BYTES)
"""Return a text prepared to be searched."""


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _signed_words(text: str, encoded: bytes) -> list[tuple[int, frozenset[str]]]:
    signs = encoded.replace(b". ", b"  ").translate(_SIGNS)
    signed = []
    at = signs.find(_SIGN)
    while at >= 0:
        end = text.find(" ", at)
        end = end if end >= 0 else len(text)
        signed.append((at, _analysed(text[text.rfind(" ", 0, at) + 1 : end])[1]))
        at = signs.find(_SIGN, end)
    return signed


def _formulas(text: str) -> list[Span]:
    if "$" not in text and "\\" not in text:
        return []
    return [match.span() for match in _FORMULA.finditer(text)]
