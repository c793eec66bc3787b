"""A paper's text × the terms of a query → the best fragment of it, its matches marked."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.analysis import sentences, stems, tokens
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


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a snippet's text, and whether it matched."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Needles:
    """What to mark in one field's text: single terms, and runs of several."""

    stems: frozenset[str]
    forms: frozenset[str]
    runs: tuple[Run, ...]


def needles(clause: Clause, field: str) -> Needles:
    """Return what the clause looks for in ``field``; what it excludes is no part of it."""
    runs = [run for run in _runs(clause) if run.field.removesuffix("_exact") == field]
    single = [run for run in runs if len(run.terms) == 1]
    return Needles(
        stems=frozenset(run.terms[0] for run in single if run.field == field),
        forms=frozenset(run.terms[0] for run in single if run.field != field),
        runs=tuple(run for run in runs if len(run.terms) > 1),
    )


def highlight(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the whole of ``text`` with its matches marked."""
    return _pieces(text, 0, len(text), [span for span, _ in _matches(text, wanted)])


def snippet(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the one or two sentences of ``text`` that hold most of what is wanted, marked.

    The first sentence where nothing matches. Neither a cut nor a mark falls inside a formula.
    """
    if not text:
        return ()
    matches = _matches(text, wanted)
    spans = _sentence_spans(text, [span for span, _ in matches])
    found = [{key for (start, _), key in matches if low <= start < high} for low, high in spans]
    best, best_end = 0, 0
    for first in range(len(spans)):
        for last in (first, first + 1):
            if last == len(spans):
                continue
            # A second sentence must add something that the first alone does not hold.
            if last > first and found[last] <= found[first]:
                continue
            if len(_united(found[first : last + 1])) > len(_united(found[best : best_end + 1])):
                best, best_end = first, last
    # Of equally good windows a single sentence is shorter to read.
    wanted_count = len(_united(found[best : best_end + 1]))
    for first, keys in enumerate(found):
        if best != best_end and len(keys) == wanted_count:
            best = best_end = first
    low, high = spans[best][0], spans[best_end][1]
    marks = [span for span, _ in matches]
    if high - low > 2 * MAX_SENTENCE_CHARS:
        low, high = _shortened(text, low, high, marks)
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


def _matches(text: str, wanted: Needles) -> list[tuple[tuple[int, int], object]]:
    """Return the spans to mark, widened to whole formulas, each with the needle it matches."""
    at: list[tuple[set[str], int, int]] = []  # by position: its terms, and its characters
    found: list[tuple[tuple[int, int], object]] = []
    joined: dict[int, set[str]] = {}
    needs_stems = bool(wanted.stems) or any(not _is_exact(run) for run in wanted.runs)
    for token in tokens(text):
        token_stems = stems(token.forms) if needs_stems else ()
        hit = next((stem for stem in token_stems if stem in wanted.stems), None)
        if hit is None:
            hit = next((form for form in token.forms if form in wanted.forms), None)
        if hit is not None:
            found.append(((token.start, token.end), hit))
        # Exact forms and stems share a set: they are told apart by the mark before a stem.
        keys = {*token.forms, *("~" + stem for stem in token_stems)}
        if token.part_count > 1:
            joined[token.position] = keys
        else:
            at.append((keys | joined.pop(token.position, set()), token.start, token.end))
    for run in wanted.runs:
        terms = run.terms if _is_exact(run) else tuple("~" + term for term in run.terms)
        if run.slop is None:
            found += [(span, run.terms) for span in _phrases(at, terms)]
        else:
            found += [(span, run.terms) for span in _near(at, terms, run.slop)]
    formulas = _formulas(text)
    widened = ((_widened(span, formulas), key) for span, key in found)
    return sorted(widened, key=lambda match: match[0])


def _formulas(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _FORMULA.finditer(text)]


def _is_exact(run: Run) -> bool:
    return run.field.endswith("_exact")


def _phrases(
    at: Sequence[tuple[set[str], int, int]], terms: Sequence[str]
) -> Iterable[tuple[int, int]]:
    for first in range(len(at) - len(terms) + 1):
        if all(term in at[first + place][0] for place, term in enumerate(terms)):
            yield at[first][1], at[first + len(terms) - 1][2]


def _near(
    at: Sequence[tuple[set[str], int, int]], terms: Sequence[str], slop: int
) -> Iterable[tuple[int, int]]:
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


def _sentence_spans(text: str, marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans of sentences, those that a mark or a formula reaches across taken as one."""
    spans: list[tuple[int, int]] = []
    whole = [*marks, *_formulas(text)]
    for low, high in sentences(text) or [(0, len(text))]:
        if spans and any(start < low < end for start, end in whole):
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


def _shortened(text: str, low: int, high: int, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return a part of text[low:high] around the first mark in it, cut between words."""
    middle = next((start for start, _ in marks if low <= start < high), low)
    start = max(low, middle - MAX_SENTENCE_CHARS // 2)
    end = min(high, start + MAX_SENTENCE_CHARS)
    if start > low:
        start = max(text.rfind(" ", low, start) + 1, low) if " " in text[low:start] else start
    if end < high:
        end = next((at for at in range(end, min(end + 80, high)) if text[at] == " "), end)
    start, end = _widened((start, end), sorted([*marks, *_formulas(text)]))
    return max(start, low), min(end, high)


def _united(keys: Iterable[set[object]]) -> set[object]:
    return set().union(*keys)


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
