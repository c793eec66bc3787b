"""Where the sentences of a text begin and end."""

import re
import unicodedata
from itertools import pairwise

# Abbreviations whose point does not end a sentence.
_ABBREVIATIONS = frozenset(
    """
    a.k.a al alg approx appl assoc cf ch conf corp dept dr ed eds e.g eg eq eqs esp est et etc fig
    figs i.e ie
    i.i.d inc intl jr lett ltd max mr mrs ms no nos ph.d pp proc prof prop ref refs resp sec st
    tab thm trans u.k u.s univ viz vol vs w.r.t wrt
    """.split()
)

_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))

# The character classes of Punkt, after nltk.tokenize.punkt. Its blanks are those of Unicode, which
# do not include four control characters that Python counts as blanks.
_BLANK = r"[^\S\x1c-\x1f]"
_NOT_BLANK = r"[\S\x1c-\x1f]"
_PARTING = "[]){}(\\[\";:*@'?!\u2018\u2019\u201c\u201d\u00ab\u00bb]"
_REPEATED = rf"(?:-{{2,}}|\.{{2,}}|(?:\.{_BLANK}){{2,}}\.)"
_END_FOLLOWED = rf"(?={_PARTING}|({_BLANK}+){_NOT_BLANK})"
_SENTENCE_END = re.compile(rf"[.?!]{_END_FOLLOWED}")
# For the many texts whose only such mark is the point: one character is found faster than three.
_SENTENCE_POINT = re.compile(rf"\.{_END_FOLLOWED}")
_UNIT = re.compile(
    rf"{_REPEATED}"
    rf"|(?![(\"`{{\[:;&#*@)}}\],-]){_NOT_BLANK}+?"
    rf"(?={_BLANK}|\Z|{_PARTING}|{_REPEATED}|,(?:\Z|{_BLANK}|{_PARTING}|{_REPEATED}))"
    rf"|{_NOT_BLANK}"
)
_NOT_BLANKS = re.compile(f"{_NOT_BLANK}+")
_LAST_LETTERS = re.compile(r"[^\W_]*\Z")
_CLOSERS = "\"')]}\u2018\u2019\u201c\u201d\u00ab\u00bb"
_CLOSING = re.compile(rf"[{re.escape(_CLOSERS)}]+?(?:{_BLANK}+|(?=--)|$)", re.MULTILINE)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*")
_INITIAL = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nl", "Pc"))
_INNER = frozenset(";:,.!?")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each sentence of ``text``, in time linear in its length.

    The rules are those of NLTK's PunktSentenceTokenizer without training (Kiss and Strunk,
    "Unsupervised Multilingual Sentence Boundary Detection", 2006).
    """
    spans: list[tuple[int, int]] = []
    start = 0
    ends = _sentence_ends(text)
    for (end, following), (next_end, _) in pairwise((*ends, (len(text.rstrip()), 0))):
        closing = None
        if text[following] in _CLOSERS:
            closing = _CLOSING.match(text, following, next_end)
        if closing:
            spans.append((start, following + len(closing[0].rstrip())))
            start = closing.end()
        else:
            if start < end:
                spans.append((start, end))
            start = following
    if start < len(text.rstrip()):
        spans.append((start, len(text.rstrip())))
    return spans


def _sentence_ends(text: str) -> list[tuple[int, int]]:
    """Return where each sentence except the last ends, and where the next text begins."""
    ends: list[tuple[int, int]] = []
    spaced = text
    for blank in "\t\n\r\v\f":
        spaced = spaced.replace(blank, " ")
    # Only the last mark of a word can end a sentence; the whole word before it decides.
    word = at = following = 0
    mark = _SENTENCE_END if "?" in text or "!" in text else _SENTENCE_POINT
    for match in mark.finditer(text):
        next_at = match.start()
        next_word = spaced.rfind(" ", at + 1, next_at) + 1 or word
        if following and at <= next_word and _ends_sentence(text, word, at, following):
            ends.append((at + 1, following))
        word, at, following = next_word, next_at, match.end(1)
        if following < 0:
            following = at + 1
    if following and _ends_sentence(text, word, at, following):
        ends.append((at + 1, following))
    return ends


def _ends_sentence(text: str, word: int, at: int, following: int) -> bool:
    """Tell whether the mark at ``at``, after the word that starts at ``word``, ends a sentence."""
    if text[at] != ".":
        return True
    # The usual case: there is no abbreviation, initial or number before the point.
    tail = text[max(word, at - _LONGEST_ABBREVIATION - 1) : at]
    if not tail.isalpha():
        if tail and tail[-1] in ')]}"%':
            return True
        tail = _LAST_LETTERS.findall(tail)[0]
    if len(tail) > 1 and tail.lower() not in _ABBREVIATIONS and not tail.isnumeric():
        return True
    # Otherwise apply Punkt's rules to the word and to the word or sign after it.
    end = following + 1
    if following > at + 1:
        end = _NOT_BLANKS.match(text, following).end()  # type: ignore[union-attr]
    lines = (line for line in text[word:end].split("\n") if line.strip())
    units = [unit for line in lines for unit in _UNIT.findall(line)]
    return any(_is_end(unit, next_unit) for unit, next_unit in pairwise(units))


def _is_end(unit: str, next_unit: str) -> bool:
    if len(unit) == 1 or unit[-1] != ".":
        return unit in (".", "?", "!")
    word = unit[:-1].lower()
    if unit[-2] == "." or not _ABBREVIATIONS.isdisjoint((word, word.rpartition("-")[2])):
        return False
    if len(unit) == 2 and unicodedata.category(unit[0]) in _INITIAL:
        return not (next_unit in _INNER or next_unit[0].islower() or next_unit[0].isupper())
    if _NUMBER.fullmatch(word):
        return not (next_unit in _INNER or next_unit[0].islower())
    return True
