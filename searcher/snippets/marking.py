"""A paper's text × the terms of a query → the best fragment of it, its matches marked."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce, wraps
from itertools import cycle, pairwise
from operator import or_
from typing import NamedTuple, TypeVar

from index.analysis import Token, stem, tokens
from searcher.page import Piece
from searcher.query.clauses import Bool, Clause, Match, Run
from searcher.snippets.sentences import sentences

MAX_MARKED_CHARS = 20_000
"""What of a text is looked through; a longer text is shown, but marked no further."""

MAX_SENTENCE_CHARS = 600
"""Sentences that together exceed twice this are cut to a part around their first match."""

# A formula's opening $ has no space after it, its closing $ none before and no digit after it, so
# that "$5 and $10" is none; with a command and no space in it, a digit may follow.
_FORMULA = re.compile(
    r"\$\$.{1,800}?\$\$|(?<!\\)\$(?![\s$])[^$]{0,400}?(?<![\s\\])\$(?!\d)"
    r"|(?<!\\)\$(?=[^$\s]{0,400}\\)[^$\s]{1,400}\$|\\\(.{1,400}?\\\)"
    r"|\\\[.{1,800}?\\\]",
    re.DOTALL,
)

# What a text is searched as: ASCII letters and digits in lower case, everything else a blank.
_PLAIN = bytes(
    ord(char.lower() if char.isascii() and char.isalnum() else " ") for char in map(chr, range(256))
)
# The signs of words whose forms may not stand there as they are: joined, TeX, or not ASCII, for
# which a question mark stands.
_SIGN = b"-"
_SIGNS = bytes(ord(_SIGN if char in "-'\\?" else " ") for char in map(chr, range(256)))
# How all spellings of a form begin there: it may hold a sign, as 3.5 and C++ do, and 1000 may be
# written 1,000. A form with no such beginning is found by the sign.
_SPELLED_START = re.compile("(?:(?![0-9]{4})[a-z0-9])*[a-z0-9]?")
# Longer starts are shared by fewer of the forms of a stem, shorter ones by too many other words.
_MAX_START_CHARS = 5

_MAX_CACHED_CHARS = 40
_MAX_CACHED_WORDS = 1 << 14
# The titles and abstracts of some 200 pages: whoever refines a search sees most of them again.
_MAX_CACHED_TEXT_CHARS = 4_000
_MAX_CACHED_TEXTS = 1 << 12
# A text of foreign letters has signs in every word, and keeping them would take ten times as much.
_MAX_CACHED_SIGNED = 100

Value = TypeVar("Value")
Span = tuple[int, int]
# A first and a last character, and a bit for each of the needles that match there or, at a
# position, for each of the terms of runs that stand there.
Matched = tuple[int, int, int]


def _kept_of_short(
    char_count: int, most: int
) -> Callable[[Callable[[str], Value]], Callable[[str], Value]]:
    """Make a function keep what it returns for the last texts of up to ``char_count``.

    Nobody changes what is kept.
    """

    def keeping(function: Callable[[str], Value]) -> Callable[[str], Value]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def short_or_long(text: str) -> Value:
            return kept(text) if len(text) <= char_count else function(text)

        return short_or_long

    return keeping


class _Text(NamedTuple):
    """What is looked through of a text, as it is and plain, and its formulas.

    ``signed``: a place in each stretch between blanks whose forms may not stand in the plain text
    as they are, and all its forms; None if they are too many to keep.
    """

    text: str
    plain: str
    formulas: Sequence[Span]
    signed: Sequence[tuple[int, frozenset[str]]] | None


class _Word(NamedTuple):
    """A stretch between blanks: what of it is marked, its positions, all terms of runs in it."""

    marks: tuple[Matched, ...]
    positions: tuple[Matched, ...]
    terms: int


_NOTHING = _Word((), (), 0)


class _Wanted(NamedTuple):
    """What is wanted of a form: the bits of its stem and its own among the needles, and in runs."""

    stem_bit: int
    form_bit: int
    terms: int


@dataclass(frozen=True)
class Needles:
    """What to mark in one field's text: single terms, and runs of several.

    ``stem_of`` holds, for each stem wanted, all forms that the index has of it. Without it the
    words of a text are stemmed to see whether they match, which needs nltk.
    """

    stems: frozenset[str]
    forms: frozenset[str]
    runs: tuple[Run, ...]
    stem_of: Mapping[str, str] | None = None

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """The stems looked for, those in runs too."""
        return self.stems.union(*(run.terms for run in self.runs if not _is_exact(run)))

    @cached_property
    def all_forms(self) -> frozenset[str]:
        """The forms looked for, those in runs too, and those of stems that are known."""
        in_runs = (run.terms for run in self.runs if _is_exact(run))
        return self.forms.union(self.stem_of or (), *in_runs)

    @cached_property
    def bits(self) -> dict[object, int]:
        """A bit for each needle: a stem, a form, or the terms of a run."""
        keys = dict.fromkeys([*self.stems, *self.forms, *(run.terms for run in self.runs)])
        return {key: 1 << number for number, key in enumerate(keys)}

    @cached_property
    def term_bits(self) -> dict[str, int]:
        """A bit for each term of a run, the stems among them told apart by a mark before them."""
        terms = dict.fromkeys(term for run in self.runs for term in _marked_terms(run))
        return {term: 1 << number for number, term in enumerate(terms)}

    @cached_property
    def run_bits(self) -> tuple[tuple[Run, tuple[int, ...], int], ...]:
        """Each run with the bits of its terms in order, and with all of these as one."""
        terms = [tuple(self.term_bits[term] for term in _marked_terms(run)) for run in self.runs]
        return tuple((run, bits, _union(bits)) for run, bits in zip(self.runs, terms, strict=True))

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """How words start that may match, in a text made plain, with the blank before them."""
        # Without the forms of a stem, a word may match that begins as the stem does.
        initials = {stem[:1] for stem in self.all_stems} if self.stem_of is None else ()
        starts = {*map(_written_start, self.all_forms), *(f" {initial}" for initial in initials)}
        found: list[str] = []
        for start in sorted(starts):
            if start != " " and not (found and start.startswith(found[-1])):
                found.append(start)
        return tuple(found)

    @cached_property
    def words(self) -> dict[str, _Word]:
        """The words met so far, with what is wanted in each."""
        return {}

    @cached_property
    def of_forms(self) -> dict[str, _Wanted]:
        """What is wanted of the forms met so far."""
        return {}

    def of_form(self, form: str) -> _Wanted:
        """Return what is wanted of a form."""
        found = self.of_forms.get(form)
        if found is None:
            own = stem(form) if self.stem_of is None else self.stem_of.get(form, "")
            found = self.of_forms[form] = _Wanted(
                self.bits[own] if own in self.stems else 0,
                self.bits[form] if form in self.forms else 0,
                self.term_bits.get(form, 0) | self.term_bits.get(f"~{own}", 0) if self.runs else 0,
            )
        return found


def needles(
    clause: Clause, field: str, forms_of: Callable[[str], Iterable[str]] | None = None
) -> Needles:
    """Return what the clause looks for in ``field``; what it excludes is no part of it.

    ``forms_of`` returns every form of a stem that the index holds.
    """
    runs = [run for run in _runs(clause) if run.field.removesuffix("_exact") == field]
    single = [run for run in runs if len(run.terms) == 1]
    found = Needles(
        stems=frozenset(run.terms[0] for run in single if run.field == field),
        forms=frozenset(run.terms[0] for run in single if run.field != field),
        runs=tuple(run for run in runs if len(run.terms) > 1),
    )
    if forms_of is None:
        return found
    stem_of = {form: stem for stem in sorted(found.all_stems) for form in forms_of(stem)}
    return replace(found, stem_of=stem_of)


def highlight(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the whole of ``text`` with its matches marked."""
    return _pieces(text, 0, len(text), _matches(_looked_through(text), wanted))


def snippet(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the one or two sentences of ``text`` that hold most of what is wanted, marked.

    The first sentence where nothing matches. Neither a cut nor a mark falls inside a formula.
    """
    if not text:
        return ()
    looked_through = _looked_through(text)
    formulas = looked_through.formulas
    matches = _matches(looked_through, wanted)
    low, high = _best_window(text, matches, formulas)
    if high - low > 2 * MAX_SENTENCE_CHARS:
        low, high = _shortened(text, low, high, matches, formulas)
    return _pieces(text, low, high, matches)


def _runs(clause: Clause) -> Iterable[Run]:
    if isinstance(clause, Match):
        for alternative in clause.alternatives:
            yield from alternative.runs
    elif isinstance(clause, Bool):
        for child in (*clause.required, *clause.optional):
            yield from _runs(child)


def _matches(looked_through: _Text, wanted: Needles) -> list[Matched]:
    """Return what is to be marked in order of its start, widened to whole formulas."""
    text, formulas = looked_through.text, looked_through.formulas
    words = _wanted_words(looked_through, wanted)
    found = [
        (low + start, low + end, needle)
        for low, word in words.items()
        for start, end, needle in word.marks
    ]
    if wanted.runs:
        terms_held = _union(word.terms for word in words.values())
        held = [one for one in wanted.run_bits if one[2] & terms_held == one[2]]
        if held:
            width = max(len(run.terms) + (run.slop or 0) for run, _, _ in held)
            for at in _surroundings(text, words, width):
                for run, terms, _ in held:
                    spans = _phrases(at, terms) if run.slop is None else _near(at, terms, run.slop)
                    found += [(start, end, wanted.bits[run.terms]) for start, end in spans]
            found.sort()
    if formulas:
        starts, ends = zip(*formulas, strict=True)
        found = sorted(
            (
                *_widened(
                    start,
                    end,
                    formulas[bisect_right(ends, start) : bisect_left(starts, end)],
                ),
                needle,
            )
            for start, end, needle in found
        )
    return found


@lru_cache(maxsize=_MAX_CACHED_WORDS)
def _written_start(form: str) -> str:
    """Return how the words of this form start in a plain text, all of them if they are short."""
    start = _spelled_start(form)
    if len(start) <= _MAX_START_CHARS and start == form:
        return f" {form} "
    return f" {start[:_MAX_START_CHARS]}"


def _spelled_start(form: str) -> str:
    """Return what all spellings of a form begin with in a plain text, itself if it has just one."""
    return form if form.isascii() and form.isalpha() else _SPELLED_START.findall(form)[0]


def _wanted_words(looked_through: _Text, wanted: Needles) -> dict[int, _Word]:
    """Return the words between blanks that hold what is wanted, by where they start."""
    text = looked_through.text
    places: dict[int, int] = {}
    for at in _candidates(looked_through, wanted):
        high = text.find(" ", at)
        places[text.rfind(" ", 0, at) + 1] = high if high >= 0 else len(text)
    found: dict[int, _Word] = {}
    known = wanted.words
    for low, high in sorted(places.items()):
        raw = text[low:high]
        word = known.get(raw) or _word(raw, wanted)
        if word.positions:
            found[low] = word
    return found


def _candidates(looked_through: _Text, wanted: Needles) -> list[int]:
    """Return a place in each word that may hold what is wanted, and in others."""
    find = looked_through.plain.find
    found: list[int] = []
    for start in wanted.starts:
        at = find(start)
        while at >= 0:
            found.append(at)
            at = find(start, at + 1)
    stems_are_open, is_other = wanted.stem_of is None, wanted.all_forms.isdisjoint
    signed = looked_through.signed
    if signed is None:
        signed = _signed(looked_through.text, _ascii(looked_through.text))
    found += [at for at, forms in signed if stems_are_open or not is_other(forms)]
    return found


def _word(raw: str, wanted: Needles) -> _Word:
    found, forms = _read(raw)
    word = _NOTHING
    if not wanted.all_forms.isdisjoint(forms) or (
        # Without the forms of a stem every word is stemmed.
        wanted.stem_of is None and not wanted.all_stems.isdisjoint(map(stem, forms))
    ):
        word = _marked_word(found, wanted)
    if len(raw) <= _MAX_CACHED_CHARS and len(wanted.words) < _MAX_CACHED_WORDS:
        wanted.words[raw] = word
    return word


def _marked_word(found: Iterable[Token], wanted: Needles) -> _Word:
    marks: list[Matched] = []
    positions: list[Matched] = []
    joined = all_terms = 0
    for token in found:
        needle = form_bit = 0
        terms = joined
        for form in token.forms:
            own = wanted.of_form(form)
            needle = needle or own.stem_bit
            form_bit = form_bit or own.form_bit
            terms |= own.terms
        if needle or form_bit:
            marks.append((token.start, token.end, needle or form_bit))
        if token.part_count > 1:
            joined = terms
        else:
            positions.append((token.start, token.end, terms))
            joined = 0
            all_terms |= terms
    return _Word(tuple(marks), tuple(positions), all_terms)


@_kept_of_short(_MAX_CACHED_CHARS, _MAX_CACHED_WORDS)
def _read(stretch: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    """Return the tokens of a stretch of text, and all their forms."""
    found = tuple(tokens(stretch))
    return found, frozenset(form for token in found for form in token.forms)


def _surroundings(text: str, words: Mapping[int, _Word], width: int) -> Iterator[list[Matched]]:
    """Yield the positions from a wanted word on till ``width`` positions after it and those met."""
    end = 0
    for start in words:
        if start < end:
            continue
        at: list[Matched] = []
        end, left = start, width
        while end < len(text) and left > 0:
            low, high = end, text.find(" ", end)
            end = high + 1 if high >= 0 else len(text)
            word = words.get(low)
            if word:
                at += [(low + first, low + last, terms) for first, last, terms in word.positions]
                left = width
            else:
                parts = [one for one in _read(text[low:end])[0] if one.part_count == 1]
                at += [(low + one.start, low + one.end, 0) for one in parts]
                left -= len(parts)
        yield at


def _union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


@_kept_of_short(_MAX_CACHED_TEXT_CHARS, _MAX_CACHED_TEXTS)
def _looked_through(text: str) -> _Text:
    """Return what is looked through of a text: whole words, MAX_MARKED_CHARS at most."""
    if len(text) > MAX_MARKED_CHARS:
        end = text.rfind(" ", 0, MAX_MARKED_CHARS + 1)
        text = text[: end if end > 0 else MAX_MARKED_CHARS]
    encoded = _ascii(text)
    plain = f" {encoded.translate(_PLAIN).decode('ascii')} "
    signed = _signed(text, encoded)
    is_kept = len(signed) <= _MAX_CACHED_SIGNED
    return _Text(text, plain, _formulas(text), signed if is_kept else None)


_kept_sentences = _kept_of_short(_MAX_CACHED_TEXT_CHARS, _MAX_CACHED_TEXTS)(sentences)


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _signed(text: str, encoded: bytes) -> list[tuple[int, frozenset[str]]]:
    signs = encoded.translate(_SIGNS)
    found = []
    at = signs.find(_SIGN)
    while at >= 0:
        end = text.find(" ", at)
        end = end if end >= 0 else len(text)
        found.append((at, _read(text[text.rfind(" ", 0, at) + 1 : end])[1]))
        at = signs.find(_SIGN, end)
    return found


def _formulas(text: str) -> list[Span]:
    if "$" not in text and "\\" not in text:
        return []
    return [match.span() for match in _FORMULA.finditer(text)]


def _marked_terms(run: Run) -> tuple[str, ...]:
    return run.terms if _is_exact(run) else tuple("~" + term for term in run.terms)


def _is_exact(run: Run) -> bool:
    return run.field.endswith("_exact")


def _phrases(at: Sequence[Matched], terms: Sequence[int]) -> Iterator[Span]:
    for first in range(len(at) - len(terms) + 1):
        if all(at[first + place][2] & term for place, term in enumerate(terms)):
            yield at[first][0], at[first + len(terms) - 1][1]


def _near(at: Sequence[Matched], terms: Sequence[int], slop: int) -> Iterator[Span]:
    """Yield each word of every window that holds all terms."""
    width = len(terms) + slop
    wanted = Counter(terms)
    for first in range(len(at)):
        window = at[first : first + width]
        if all(sum(held & term > 0 for _, _, held in window) >= n for term, n in wanted.items()):
            for start, end, held in window:
                if held & _union(terms):
                    yield start, end


def _widened(low: int, high: int, whole: Iterable[Span]) -> Span:
    for start, end in whole:
        if start < high and low < end:
            low, high = min(low, start), max(high, end)
    return low, high


def _best_window(text: str, matches: Iterable[Matched], formulas: Iterable[Span]) -> Span:
    """Return the first sentence, or else the first two in a row, that hold most needles.

    Sentences that a match or a formula reaches across are taken as one.
    """
    spans = _kept_sentences(text) or [(0, len(text))]
    if len(spans) == 1:
        return spans[0]
    starts = [low for low, _ in spans]
    held = [0] * len(spans)
    inside: set[int] = set()
    for start, end in formulas:
        inside.update(range(bisect_right(starts, start), bisect_left(starts, end)))
    for start, end, needle in matches:
        number = bisect_right(starts, start) - 1
        held[number] |= needle
        if end > spans[number][1]:
            inside.update(range(number + 1, bisect_left(starts, end)))
    if inside:
        joined_spans: list[Span] = []
        joined_held: list[int] = []
        for number, (span, needles) in enumerate(zip(spans, held, strict=True)):
            if number in inside:
                joined_spans[-1] = joined_spans[-1][0], span[1]
                joined_held[-1] |= needles
            else:
                joined_spans.append(span)
                joined_held.append(needles)
        spans, held = joined_spans, joined_held
    alone = [needles.bit_count() for needles in held]
    in_pairs = [(one | other).bit_count() for one, other in pairwise(held)]
    best = alone.index(max(alone))
    if max(in_pairs, default=0) > alone[best]:
        best = in_pairs.index(max(in_pairs))
        return spans[best][0], spans[best + 1][1]
    return spans[best]


def _shortened(
    text: str, low: int, high: int, matches: Sequence[Matched], formulas: Sequence[Span]
) -> Span:
    """Return a part of text[low:high] around the first mark in it, cut between words."""
    marks = [(start, end) for start, end, _ in matches]
    middle = next((start for start, _ in marks if low <= start < high), low)
    start = max(low, middle - MAX_SENTENCE_CHARS // 2)
    end = min(high, start + MAX_SENTENCE_CHARS)
    if start > low:
        start = max(text.rfind(" ", low, start) + 1, low) if " " in text[low:start] else start
    if end < high:
        end = next((at for at in range(end, min(end + 80, high)) if text[at] == " "), end)
    start, end = _widened(start, end, sorted([*marks, *formulas]))
    return max(start, low), min(end, high)


def _pieces(text: str, low: int, high: int, matches: Iterable[Matched]) -> tuple[Piece, ...]:
    """Return text[low:high] as pieces; marks that overlap are one."""
    edges = [low]
    for start, end, _ in matches:
        if start >= high:
            break
        if end <= low:
            continue
        if start < edges[-1] and len(edges) > 1:
            edges[-1] = max(edges[-1], min(end, high))
        else:
            edges += (max(start, low), min(end, high))
    edges.append(high)
    stretches = zip(pairwise(edges), cycle((False, True)), strict=False)
    return tuple([Piece(text[at:end], marked) for (at, end), marked in stretches if at < end])
