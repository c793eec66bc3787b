"""A paper's text × the terms of a query → the best fragment of it, its matches marked."""

import html
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from index.analysis import Token, sentences, stem, stems, tokens
from searcher.rewrite import Bool, Clause, Match, Run

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

# What a text is searched as: ASCII letters and digits in lower case, everything else a blank, but
# for the signs of words whose forms may not stand in the text as they are: joined, TeX, not ASCII.
_SIGN = "-"
_PLAIN = bytes(
    ord(char.lower() if char.isascii() and char.isalnum() else _SIGN if char in "-'\\?" else " ")
    for char in map(chr, range(256))
)
_SIGNED_FORM = re.compile(r"[+#.]|[0-9]{4}")
_NUMBER_SIGN = re.compile(r"[+#]|(?<=[0-9])[.,](?=[0-9])")

_MAX_CACHED_CHARS = 40
_MAX_CACHED_WORDS = 1 << 14

Span = tuple[int, int]
Position = tuple[frozenset[str], int, int]  # the terms there, their first and last character


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a snippet's text, and whether it matched."""

    text: str
    marked: bool


class _Word(NamedTuple):
    """A stretch between blanks: what of it is marked for which needle, and its positions."""

    marks: tuple[tuple[int, int, object], ...]
    positions: tuple[Position, ...]
    keys: frozenset[str]


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
    def has_numbers(self) -> bool:
        """Tell whether a form looked for may hold a sign of its own, as 3.5, 1,000 and C++ do."""
        return any(map(_SIGNED_FORM.search, self.all_forms | self.all_stems))

    @cached_property
    def run_terms(self) -> tuple[tuple[Run, tuple[str, ...]], ...]:
        """Each run with its terms, the stems among them told apart by a mark before them."""
        return tuple(
            (run, run.terms if _is_exact(run) else tuple("~" + term for term in run.terms))
            for run in self.runs
        )

    @cached_property
    def words(self) -> dict[str, _Word]:
        """The words met so far that hold what is looked for."""
        return {}

    def among(self, forms: Collection[str]) -> Collection[str]:
        """Return those of ``forms`` that are looked for, by themselves or by their stems."""
        if self.stem_of is not None or not self.all_stems:
            return self.all_forms.intersection(forms)
        return {form for form in set(forms) if form in self.all_forms or self._has_stem(form)}

    def stems_of(self, forms: tuple[str, ...]) -> tuple[str, ...]:
        """Return those stems of ``forms`` that are looked for."""
        if self.stem_of is not None:
            known = self.stem_of
            return tuple(dict.fromkeys(known[form] for form in forms if form in known))
        if not self.all_stems:
            return ()
        return tuple(stem for stem in stems(forms) if stem in self.all_stems)

    def _has_stem(self, form: str) -> bool:
        # A stem begins as its word does, so few words need stemming.
        return form[0] in self._initials and stem(form) in self.all_stems

    @cached_property
    def _initials(self) -> frozenset[str]:
        return frozenset(stem[0] for stem in self.all_stems if stem)


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
    matches = _matches(text, wanted, _formulas(text))
    return _pieces(text, 0, len(text), [span for span, _ in matches])


def snippet(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the one or two sentences of ``text`` that hold most of what is wanted, marked.

    The first sentence where nothing matches. Neither a cut nor a mark falls inside a formula.
    """
    if not text:
        return ()
    formulas = _formulas(text)
    matches = _matches(text, wanted, formulas)
    marks = [span for span, _ in matches]
    low, high = _best_window(_sentence_spans(text, [*marks, *formulas]), matches)
    if high - low > 2 * MAX_SENTENCE_CHARS:
        low, high = _shortened(text, low, high, marks, formulas)
    return _pieces(text, low, high, marks)


def to_html(pieces: Iterable[Piece]) -> str:
    """Return the snippet as HTML: text escaped, matches in ``<mark>``."""
    return "".join(
        f"<mark>{html.escape(piece.text)}</mark>" if piece.marked else html.escape(piece.text)
        for piece in pieces
    )


def _runs(clause: Clause) -> Iterable[Run]:
    if isinstance(clause, Match):
        for alternative in clause.alternatives:
            yield from alternative
    elif isinstance(clause, Bool):
        for child in (*clause.required, *clause.optional):
            yield from _runs(child)


def _matches(text: str, wanted: Needles, formulas: Sequence[Span]) -> list[tuple[Span, object]]:
    """Return the spans to mark, widened to whole formulas, each with the needle it matches."""
    words = _wanted_words(text, wanted)
    if not words:
        return []
    found: list[tuple[Span, object]] = [
        ((low + start, low + end), key)
        for low, word in words.items()
        for start, end, key in word.marks
    ]
    if wanted.runs:
        keys = frozenset().union(*(word.keys for word in words.values()))
        held = [(run, terms) for run, terms in wanted.run_terms if keys.issuperset(terms)]
        if held:
            width = max(len(run.terms) + (run.slop or 0) for run, _ in held)
            for at in _surroundings(text, words, width):
                for run, terms in held:
                    spans = _phrases(at, terms) if run.slop is None else _near(at, terms, run.slop)
                    found += [(span, run.terms) for span in spans]
    if formulas:
        found = [(_widened(span, formulas), key) for span, key in found]
    return sorted(found, key=_span)


def _wanted_words(text: str, wanted: Needles) -> dict[int, _Word]:
    """Return the words between blanks that hold what is wanted, by where they start."""
    plain = text.encode("ascii", "replace").translate(_PLAIN).decode("ascii")
    places: dict[int, int] = {}
    high = 0
    at = plain.find(_SIGN)
    while at >= 0:
        high = text.find(" ", at)
        if high < 0:
            high = len(text)
        places[text.rfind(" ", 0, at) + 1] = high
        at = plain.find(_SIGN, high)
    if wanted.has_numbers:
        high = 0
        for sign in _NUMBER_SIGN.finditer(text):
            if sign.start() >= high:
                low, high = _between_blanks(text, sign.start())
                places[low] = high
    forms = wanted.among(plain.split())
    if forms:
        spaced = f" {plain} "
        for form in forms:
            at = spaced.find(f" {form} ")
            while at >= 0:
                low, high = _between_blanks(text, at)
                places[low] = high
                at = spaced.find(f" {form} ", high)
    found: dict[int, _Word] = {}
    for low, high in sorted(places.items()):
        word = _word(text[low:high], wanted)
        if word:
            found[low] = word
    return found


def _word(raw: str, wanted: Needles) -> _Word | None:
    word = wanted.words.get(raw)
    if not word:
        found, forms = _read(raw)
        if wanted.among(forms):
            word = _marked_word(found, wanted)
            if len(raw) <= _MAX_CACHED_CHARS and len(wanted.words) < _MAX_CACHED_WORDS:
                wanted.words[raw] = word
    return word


def _marked_word(found: Iterable[Token], wanted: Needles) -> _Word:
    marks: list[tuple[int, int, object]] = []
    positions: list[Position] = []
    joined: frozenset[str] = frozenset()
    for token in found:
        token_stems = wanted.stems_of(token.forms)
        hit = next((one for one in token_stems if one in wanted.stems), None)
        if hit is None:
            hit = next((form for form in token.forms if form in wanted.forms), None)
        if hit is not None:
            marks.append((token.start, token.end, hit))
        # Forms and stems share a set: they are told apart by the mark before a stem.
        keys = joined.union(token.forms, ("~" + stem for stem in token_stems))
        if token.part_count > 1:
            joined = keys
        else:
            positions.append((keys, token.start, token.end))
            joined = frozenset()
    return _Word(tuple(marks), tuple(positions), frozenset().union(*(at[0] for at in positions)))


def _between_blanks(text: str, at: int) -> Span:
    high = text.find(" ", at)
    return text.rfind(" ", 0, at) + 1, high if high >= 0 else len(text)


def _read(stretch: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    """Return the tokens of a stretch of text, and all their forms."""
    return _read_word(stretch) if len(stretch) <= _MAX_CACHED_CHARS else _analysed(stretch)


@lru_cache(maxsize=_MAX_CACHED_WORDS)
def _read_word(word: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    return _analysed(word)


def _analysed(stretch: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    found = tuple(tokens(stretch))
    return found, frozenset(form for token in found for form in token.forms)


def _surroundings(text: str, words: Mapping[int, _Word], width: int) -> Iterator[list[Position]]:
    """Yield the positions from a wanted word on till ``width`` positions after it and those met."""
    end = 0
    for start in words:
        if start < end:
            continue
        at: list[Position] = []
        end, left = start, width
        while end < len(text) and left > 0:
            low, high = end, text.find(" ", end)
            end = high + 1 if high >= 0 else len(text)
            word = words.get(low)
            if word:
                at += [(keys, low + first, low + last) for keys, first, last in word.positions]
                left = width
            else:
                parts = [one for one in _read(text[low:end])[0] if one.part_count == 1]
                at += [(frozenset(), low + one.start, low + one.end) for one in parts]
                left -= len(parts)
        yield at


def _span(match: tuple[Span, object]) -> Span:
    return match[0]


def _formulas(text: str) -> list[Span]:
    if "$" not in text and "\\" not in text:
        return []
    return [match.span() for match in _FORMULA.finditer(text)]


def _is_exact(run: Run) -> bool:
    return run.field.endswith("_exact")


def _phrases(at: Sequence[Position], terms: Sequence[str]) -> Iterable[tuple[int, int]]:
    for first in range(len(at) - len(terms) + 1):
        if all(term in at[first + place][0] for place, term in enumerate(terms)):
            yield at[first][1], at[first + len(terms) - 1][2]


def _near(at: Sequence[Position], terms: Sequence[str], slop: int) -> Iterable[tuple[int, int]]:
    """Yield each word of every window that holds all terms."""
    width = len(terms) + slop
    wanted = Counter(terms)
    for first in range(len(at)):
        window = at[first : first + width]
        if all(sum(term in keys for keys, _, _ in window) >= n for term, n in wanted.items()):
            for keys, start, end in window:
                if not keys.isdisjoint(terms):
                    yield start, end


def _widened(span: tuple[int, int], formulas: Sequence[tuple[int, int]]) -> tuple[int, int]:
    low, high = span
    for start, end in formulas:
        if start < high and low < end:
            low, high = min(low, start), max(high, end)
    return low, high


def _sentence_spans(text: str, whole: Iterable[Span]) -> list[Span]:
    """Return the spans of sentences, those that a mark or a formula reaches across taken as one."""
    spans = sentences(text) or [(0, len(text))]
    starts = [low for low, _ in spans]
    inside: set[int] = set()
    for start, end in whole:
        inside.update(range(bisect_right(starts, start), bisect_left(starts, end)))
    if not inside:
        return spans
    united: list[Span] = []
    for number, (low, high) in enumerate(spans):
        if united and number in inside:
            united[-1] = (united[-1][0], high)
        else:
            united.append((low, high))
    return united


def _best_window(spans: Sequence[Span], matches: Iterable[tuple[Span, object]]) -> Span:
    """Return the first sentence, or else the first two in a row, that hold most needles."""
    starts = [low for low, _ in spans]
    found: dict[int, set[object]] = {}
    for (start, _), key in matches:
        number = bisect_right(starts, start) - 1
        if start < spans[number][1]:
            found.setdefault(number, set()).add(key)
    best, best_end, most = 0, 0, 0
    for number, keys in found.items():
        if len(keys) > most:
            best, best_end, most = number, number, len(keys)
    for number, keys in found.items():
        if number + 1 in found and len(keys | found[number + 1]) > most:
            best, best_end, most = number, number + 1, len(keys | found[number + 1])
    return spans[best][0], spans[best_end][1]


def _shortened(
    text: str, low: int, high: int, marks: Sequence[Span], formulas: Sequence[Span]
) -> Span:
    """Return a part of text[low:high] around the first mark in it, cut between words."""
    middle = next((start for start, _ in marks if low <= start < high), low)
    start = max(low, middle - MAX_SENTENCE_CHARS // 2)
    end = min(high, start + MAX_SENTENCE_CHARS)
    if start > low:
        start = max(text.rfind(" ", low, start) + 1, low) if " " in text[low:start] else start
    if end < high:
        end = next((at for at in range(end, min(end + 80, high)) if text[at] == " "), end)
    start, end = _widened((start, end), sorted([*marks, *formulas]))
    return max(start, low), min(end, high)


def _pieces(text: str, low: int, high: int, marks: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """Return text[low:high] as pieces; marks that overlap are one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        start, end = max(start, low), min(end, high)
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    pieces: list[Piece] = []
    at = low
    for start, end in merged:
        pieces += [Piece(text[at:start], False), Piece(text[start:end], True)]
        at = end
    pieces.append(Piece(text[at:high], False))
    return tuple(piece for piece in pieces if piece.text)
