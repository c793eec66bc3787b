r"""Titles and abstracts as HTML: matches in ``<mark>``, TeX as what it stands for.

Read are formulas (``$x$``, ``$$x$$``, ``\(x\)``, ``\[x\]``), emphasis (``\emph{x}``, ``{\em x}``)
and signs that stand without dollars (``5\times``, ``80\%``). What cannot be read stays as typed.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from searcher import page
from searcher.page import Piece
from searcher.web import formulas
from searcher.web.formulas import FUNCTIONS

_MAX_READ_CHARS = 20_000
_MAX_FORMULAS = 200
# Dollars further apart belong to two formulas, of which one is cut off or too long.
_MAX_APART = 1_000
_MAX_DEPTH = 4


def to_html(pieces: Sequence[Piece]) -> str:
    """Return a title or an abstract as well-formed HTML; all but its TeX is escaped.

    A mark inside a formula marks all of it. Takes 1 µs more than ``page.to_html`` where no TeX
    stands; a formula takes up to 1 ms when it is first met. Read are the first 20,000 characters
    of a text and 200 formulas in it.
    """
    text = "".join([piece.text for piece in pieces])
    if "$" not in text and "\\" not in text:
        return page.to_html(pieces)
    parts = _Parser(text[:_MAX_READ_CHARS]).parse()
    marks = b"".join([bytes([piece.marked]) * len(piece.text) for piece in pieces])
    return "".join(
        f"<mark>{html}</mark>" if is_marked else html
        for is_marked, stretches in groupby(_stretches(text, marks, parts), key=lambda one: one[1])
        for html in ["".join([stretch for stretch, _ in stretches])]
    )


class _Part(NamedTuple):
    """A part of a text, and what stands for it in HTML. A tag is never inside a mark."""

    start: int
    end: int
    html: str
    is_tag: bool = False


def _stretches(text: str, marks: bytes, parts: Sequence[_Part]) -> Iterator[tuple[str, bool]]:
    """Yield HTML and whether it is marked; ``marks`` has 1 for each character that is."""
    at = 0
    for start, end, html, is_tag in [*parts, _Part(len(text), len(text), "", is_tag=True)]:
        while at < start:
            change = marks.find(1 - marks[at], at, start)
            stop = start if change < 0 else change
            yield escape(text[at:stop]), bool(marks[at])
            at = stop
        yield html, not is_tag and marks.find(1, start, end) >= 0
        at = end


# What begins something that may be read, and what may end it.
_START = re.compile(r"[\\${]")
_BRACKET = re.compile(r"\\.|[{}$]", re.DOTALL)
# A name that runs into a word ends before its capital: ``English\toFrench``.
_COMMAND = re.compile(r"\\(?:[A-Z]?[a-z]+(?=[A-Z][a-z])|[A-Za-z]+|[%&#_${} -])")
_ESCAPED = {rf"\{sign}": sign for sign in "%&#_${} "} | {r"\-": ""}
_TAGS = {
    **dict.fromkeys((r"\emph", r"\textit", r"\textsl", r"\em", r"\it", r"\sl"), "i"),
    **dict.fromkeys((r"\textbf", r"\bf"), "b"),
    **dict.fromkeys((r"\texttt", r"\tt", r"\url"), "code"),
    **dict.fromkeys((r"\text", r"\textrm", r"\textsc", r"\textsf", r"\mbox", r"\underline"), ""),
    **dict.fromkeys((r"\rm", r"\sc", r"\sf"), ""),
}
_SWITCH = re.compile(r"\{(\\(?:em|it|sl|bf|tt|rm|sc|sf))(?![A-Za-z])\s*")


class _Parser:
    """Finds what is TeX in a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = _ends(text)
        self._formulas = 0

    def parse(self) -> list[_Part]:
        """Return the parts that were read, in the order of the text."""
        return self._parts(0, len(self._text), 0)

    def _parts(self, at: int, end: int, depth: int) -> list[_Part]:
        parts: list[_Part] = []
        while start := _START.search(self._text, at, end):
            read, at = self._read(start.start(), end, depth)
            parts += read
        return parts

    def _read(self, at: int, end: int, depth: int) -> tuple[list[_Part], int]:
        """Return what begins with the sign at a place, and where to go on."""
        text = self._text
        if text[at] == "$":
            return self._between_dollars(at, end)
        if text[at] == "{" and text[at - 1 : at] in ("^", "_"):
            return [], self._ends.get(at, at) + 1
        if text[at] == "{":
            if switch := _SWITCH.match(text, at, end):
                return self._group(at, at, switch.end(), _TAGS[switch[1]], depth)
            if text.startswith(("\\", "$"), at + 1):
                return self._group(at, at, at + 1, "", depth)
            return [], at + 1
        if text.startswith((r"\(", r"\["), at):
            close = self._ends.get(at, -1)
            return self._formula(at, at + 2, close, close + 2) if close > 0 else ([], at + 2)
        command = _COMMAND.match(text, at, end)
        if not command:
            return [], min(at + 2, end)
        behind = command.end()
        if text.startswith("{", behind):
            if command[0] in _TAGS:
                return self._group(at, behind, behind + 1, _TAGS[command[0]], depth)
            while behind in self._ends:
                behind = self._ends[behind] + 1
            return self._formula(at, at, behind, behind)
        sign = _ESCAPED.get(command[0], FUNCTIONS.get(command[0]))
        sign = formulas.sign_of(command[0]) if sign is None else sign
        return ([] if sign is None else [_Part(at, behind, escape(sign))]), behind

    def _group(
        self, at: int, brace: int, start: int, tag: str, depth: int
    ) -> tuple[list[_Part], int]:
        """Return a group in braces without its braces; what is to be seen begins at ``start``.

        Braces of no command that hold nothing that was read are left as they are.
        """
        close = self._ends.get(brace, -1)
        if close < 0 or depth == _MAX_DEPTH:
            return [], start
        parts = self._parts(start, close, depth + 1)
        if not parts and start == at + 1:
            return [], close + 1
        opening = _Part(at, start, f"<{tag}>" if tag else "", is_tag=True)
        closing = _Part(close, close + 1, f"</{tag}>" if tag else "", is_tag=True)
        return [opening, *parts, closing], close + 1

    def _between_dollars(self, at: int, end: int) -> tuple[list[_Part], int]:
        text = self._text
        if text.startswith("$$", at):
            close = self._ends.get(at + 1, -1)
            if text.startswith("$$", close):
                return self._formula(at, at + 2, close, close + 2)
            return [], at + 2
        close = self._ends.get(at, at)
        if close - at > _MAX_APART or close == at:
            return [], min(end, at + _MAX_APART) if _CUT.match(text, at, end) else at + 1
        if not is_maths(text[at + 1 : close], text[close + 1 : close + 2]):
            return [], at + 1
        return self._formula(at, at + 1, close, close + 1)

    def _formula(self, at: int, start: int, close: int, end: int) -> tuple[list[_Part], int]:
        self._formulas += 1
        html = None
        if self._formulas <= _MAX_FORMULAS:
            html = formulas.to_html(self._text[start:close].strip())
        return ([_Part(at, end, html)] if html is not None else []), end


def _ends(text: str) -> dict[int, int]:
    r"""Return where a brace, ``\(`` or ``\[`` is closed, and the next dollar in the same group."""
    ends: dict[int, int] = {}
    braces: list[int] = []
    dollars: list[int | None] = [None]
    opened: dict[str, int] = {}
    for match in _BRACKET.finditer(text):
        sign, at = match[0], match.start()
        if sign == "{":
            braces.append(at)
            dollars.append(None)
        elif sign == "}" and braces:
            ends[braces.pop()] = at
            dollars.pop()
        elif sign == "$" or sign == "}":
            if dollars[-1] is not None and sign == "$":
                ends[dollars[-1]] = at
            dollars[-1] = at if sign == "$" else None
        elif sign in ("\\(", "\\["):
            opened.setdefault(sign, at)
        elif sign in ("\\)", "\\]"):
            start = opened.pop("\\(" if sign == "\\)" else "\\[", None)
            if start is not None:
                ends[start] = at
    return ends


# How a formula begins that is cut off or too long.
_CUT = re.compile(r"\$[^\s$]{0,40}[\\^_{]")
_TEX_SIGN = re.compile(r"[\\^_{]")
# Letters, figures and signs, as ``n``, ``k=5`` and ``(a,b)``.
_PLAIN = re.compile(r"[\w\s+\-*/=<>|()\[\].,:;!%'~±×÷·∞←-⋿]+")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_OPERATION = re.compile(r"[+\-*/=<>|,±×÷·←-⋿]")


def is_maths(between: str, behind: str) -> bool:
    """Tell whether what stands between two dollars is a formula; ``behind`` is the next character.

    Money is none: ``$4, $8 and $10``, ``$5/$6``. Only a formula with a sign of TeX may stand before
    a figure (``3$\\times$3``), and only one with an operation may hold blanks (``$n = 5$``).
    """
    if not between or between[0].isspace() or between[-1].isspace():
        return False
    has_blank = any(map(str.isspace, between))
    if _TEX_SIGN.search(between):
        return not (has_blank and between[0].isdecimal() and behind.isdecimal())
    if behind.isdecimal():
        return False
    if len(between) == 1:
        return True
    if not _PLAIN.fullmatch(between) or between[0] in "/.,:;)]" or between[-1] in "/,:;([=+-":
        return False
    return not has_blank or bool(_OPERATION.search(between) and not _LONG_WORD.search(between))
