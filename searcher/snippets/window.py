"""Which part of a text is shown: the sentences that have most of what is wanted, marked."""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from searcher.page import Piece
from searcher.snippets.marking import Marked, Needles, Span, matches, prepare, widened
from searcher.snippets.sentences import sentences
from searcher.snippets.textcache import TextCache

MAX_SENTENCE_CHARS = 600
"""A window longer than twice this is cut to a part around its first match."""

_MAX_CUT_DELAY = 80
_MAX_SENTENCE_BYTES = 8 << 20
_SPANS_BYTES = 70
_SPAN_BYTES = 130


def highlight(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the whole of ``text`` with its matches marked."""
    return _pieces(text, 0, len(text), matches(prepare(text), wanted))


def snippet(text: str, wanted: Needles) -> tuple[Piece, ...]:
    """Return the one or two sentences of ``text`` that match most needles, marked.

    If nothing matches it is the first sentence. No cut and no mark is inside a formula.
    """
    if not text:
        return ()
    prepared = prepare(text)
    formulas = prepared.formulas
    marks = matches(prepared, wanted)
    low, high = _best_window(text, marks, formulas)
    if high - low > 2 * MAX_SENTENCE_CHARS:
        low, high = _shortened(text, low, high, marks, formulas)
    return _pieces(text, low, high, marks)


def _best_window(text: str, marks: Iterable[Marked], formulas: Iterable[Span]) -> Span:
    """Return the first sentence that matches most needles, or two in a row that match more.

    Sentences that share a mark or a formula count as one.
    """
    spans = _sentence_spans(text)
    if len(spans) == 1:
        return spans[0]
    starts = [low for low, _ in spans]
    needles = [0] * len(spans)
    # The sentences that belong to the one before them.
    continued: set[int] = set()
    for start, end in formulas:
        continued.update(range(bisect_right(starts, start), bisect_left(starts, end)))
    for start, end, needle in marks:
        number = bisect_right(starts, start) - 1
        needles[number] |= needle
        if end > spans[number][1]:
            continued.update(range(number + 1, bisect_left(starts, end)))
    if continued:
        joined_spans: list[Span] = []
        joined_needles: list[int] = []
        for number, (span, own_needles) in enumerate(zip(spans, needles, strict=True)):
            if number in continued:
                joined_spans[-1] = joined_spans[-1][0], span[1]
                joined_needles[-1] |= own_needles
            else:
                joined_spans.append(span)
                joined_needles.append(own_needles)
        spans, needles = joined_spans, joined_needles
    counts = [own_needles.bit_count() for own_needles in needles]
    pair_counts = [(one | other).bit_count() for one, other in pairwise(needles)]
    best = counts.index(max(counts))
    if max(pair_counts, default=0) > counts[best]:
        best = pair_counts.index(max(pair_counts))
        return spans[best][0], spans[best + 1][1]
    return spans[best]


def _shortened(
    text: str, low: int, high: int, marks: Sequence[Marked], formulas: Sequence[Span]
) -> Span:
    """Return a part of text[low:high] around its first mark, cut between words."""
    marked = [(start, end) for start, end, _ in marks]
    middle = next((start for start, _ in marked if low <= start < high), low)
    start = max(low, middle - MAX_SENTENCE_CHARS // 2)
    end = min(high, start + MAX_SENTENCE_CHARS)
    if start > low:
        start = max(text.rfind(" ", low, start) + 1, low) if " " in text[low:start] else start
    if end < high:
        later = range(end, min(end + _MAX_CUT_DELAY, high))
        end = next((at for at in later if text[at] == " "), end)
    start, end = widened(start, end, sorted([*marked, *formulas]))
    return max(start, low), min(end, high)


def _pieces(text: str, low: int, high: int, marks: Iterable[Marked]) -> tuple[Piece, ...]:
    """Return text[low:high] as pieces; overlapping marks are one piece."""
    pieces: list[Piece] = []
    # The text is in pieces up to ``at``; from there to ``mark_end`` is a mark that may still grow.
    at = mark_end = low
    for start, end, _ in marks:
        if start >= high:
            break
        if end <= low:
            continue
        if start < mark_end:
            mark_end = max(mark_end, end)
            continue
        if at < mark_end:
            pieces.append(Piece(text[at:mark_end], True))
        if mark_end < start:
            pieces.append(Piece(text[mark_end:start], False))
        at, mark_end = max(start, low), end
    mark_end = min(mark_end, high)
    if at < mark_end:
        pieces.append(Piece(text[at:mark_end], True))
    if mark_end < high:
        pieces.append(Piece(text[mark_end:high], False))
    return tuple(pieces)


def _spans(text: str) -> list[Span]:
    return sentences(text) or [(0, len(text))]


def _byte_count(text: str, spans: Sequence[Span]) -> int:
    return _SPANS_BYTES + sys.getsizeof(text) + _SPAN_BYTES * len(spans)


_sentence_spans = TextCache(_spans, _byte_count, _MAX_SENTENCE_BYTES)
