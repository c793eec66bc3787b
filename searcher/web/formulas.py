r"""One TeX formula → HTML: plain tags where they will do, else MathML, None if it cannot be read.

The browser finds plain HTML and copies it in one line, and neither is so with MathML: ``D^2`` gives
``<i>D</i><sup>2</sup>``. What needs boxes, such as fractions and limits, is made by latex2mathml,
and rebuilt here from the elements and attributes that are known to be harmless.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_FORMULA_CHARS = 400
"""A longer formula is not read."""

# An entry takes 1 KB as a rule, and 30 KB at most.
_MAX_CACHED = 1 << 11


@lru_cache(_MAX_CACHED)
def to_html(tex: str) -> str | None:
    """Return a formula, given without its delimiters, as well-formed HTML."""
    if len(tex) > MAX_FORMULA_CHARS:
        return None
    try:
        return _Reader(tex).read()
    except _NeedsBoxesError:
        return _mathml(tex)


def sign_of(command: str) -> str | None:
    r"""Return the character that a TeX command stands for: ``α`` for ``\alpha``."""
    from latex2mathml.symbols_parser import convert_symbol

    code = convert_symbol(command)
    sign = _SIGNS.get(command) or (chr(int(code, 16)) if code else "")
    return sign if sign.isprintable() and sign else None


# Where latex2mathml has none, or an ASCII one that fonts set high.
_SIGNS = {r"\sim": "∼", r"\P": "¶", r"\colon": ":", r"\textdegree": "°"}
_ESCAPED = {rf"\{sign}": sign for sign in "%#&_${}"} | {r"\|": "‖"}
# What a function is called.
FUNCTIONS = {
    rf"\{name}": name
    for name in (
        *"arccos arcsin arctan arg cos cosh cot det dim exp gcd inf ker lg lim ln log max".split(),
        *"min Pr sec sin sinh sup tan tanh".split(),
    )
} | {r"\argmax": "arg max", r"\argmin": "arg min", r"\liminf": "lim inf", r"\limsup": "lim sup"}

# Plain HTML

_Kind = Literal["thing", "function", "operation", "opening", "closing", "comma"]


class _NeedsBoxesError(Exception):
    """Plain HTML cannot show a formula."""


class _Item(NamedTuple):
    """A part of a formula, and what it is to its neighbours."""

    kind: _Kind
    html: str


_TOKEN = re.compile(
    r"\\operatorname\*?|\\[A-Za-z]+|\\.|:=|[A-Za-z]+|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL
)
_TEXTS = dict.fromkeys(
    r"\text \textrm \textnormal \textsc \textsf \texttt \mbox \operatorname \operatorname*".split(),
    "",
) | {r"\textbf": "b", r"\textit": "i", r"\textsl": "i", r"\emph": "i"}
_ALPHABETS = {
    **dict.fromkeys((r"\mathrm", r"\mathsf", r"\mathtt", r"\rm", r"\sf", r"\tt"), "upright"),
    **dict.fromkeys((r"\mathbf", r"\bf"), "bold"),
    **dict.fromkeys((r"\boldsymbol", r"\bm"), "bold italic"),
    **dict.fromkeys((r"\mathit", r"\it", r"\em"), "italic"),
    **dict.fromkeys((r"\mathcal", r"\mathscr", r"\cal", r"\scr"), "script"),
    **dict.fromkeys((r"\mathbb", r"\Bbb"), "double-struck"),
    **dict.fromkeys((r"\mathfrak", r"\frak"), "fraktur"),
}
# These hold to the end of their group, the others for their argument.
_SWITCHES = frozenset(r"\rm \sf \tt \bf \it \em \cal \scr".split())
_ONE_LETTER = re.compile(r"((?:<[bi]>)*)(\w)((?:</[bi]>)*)")
_ACCENTS = {r"\hat": "\u0302", r"\tilde": "\u0303", r"\bar": "\u0304", r"\dot": "\u0307"}
_BLANKS = frozenset((r"\,", r"\:", r"\;", r"\ ", "~", r"\quad", r"\qquad"))
_UNSEEN = frozenset(
    (r"\!", r"\left", r"\right", r"\displaystyle", r"\textstyle", r"\limits", r"\nolimits")
)
# Signs of mathematics that stand for a thing, not for an operation or relation of two.
_THINGS = frozenset("∀∃∄∅∂∇∞∏∐∑∫∮√¬∠⊤⊥∣|:")
_SYNTAX = frozenset("\\}$&#")
_WITH_LIMITS = frozenset("∏∐∑∫∬∭∮⋀⋁⋂⋃⨀⨁⨂")
_MAX_DEPTH = 4


class _Reader:
    """Reads a formula that plain HTML can show, by recursive descent."""

    def __init__(self, tex: str) -> None:
        self._tokens = _TOKEN.findall(tex)
        self._at = 0

    def read(self) -> str:
        html = _joined(self._items(None, "", 0))
        if not html or self._tokens.count(r"\left") != self._tokens.count(r"\right"):
            raise _NeedsBoxesError
        return html

    def _items(self, end: str | None, alphabet: str, depth: int) -> list[_Item]:
        """Read up to the token ``end``, and pass it; up to the end of all if it is None."""
        if depth > _MAX_DEPTH:
            raise _NeedsBoxesError
        items: list[_Item] = []
        while self._peek():
            token = self._next()
            if token == end:
                return items
            if token in _SWITCHES:
                alphabet = _ALPHABETS[token]
            elif token == "{":
                items += self._items("}", alphabet, depth + 1)
            elif token in ("_", "^"):
                script = _joined(self._argument(alphabet, depth), is_script=True)
                degrees = token == "^" and script == "∘"
                html = "°" if degrees else _tagged(script, "sub" if token == "_" else "sup")
                _append(items, html)
            elif token == "'":
                _append(items, "′")
            else:
                items += self._part(token, alphabet, depth)
        if end is not None:
            raise _NeedsBoxesError
        return items

    def _part(self, token: str, alphabet: str, depth: int) -> list[_Item]:
        """Return what ``token`` stands for; its argument is read, too, if it takes one."""
        if token.isspace() or token in _UNSEEN:
            return []
        if token in _BLANKS:
            return [_Item("comma", "")]
        if token in _TEXTS:
            kind: _Kind = "function" if "operatorname" in token else "thing"
            return [_Item(kind, _tagged(self._text(), _TEXTS[token]))]
        if token in _ALPHABETS:
            return self._argument(_ALPHABETS[token], depth)
        if token in _ACCENTS or token == r"\sqrt":
            argument = "".join([html for _, html in self._argument(alphabet, depth)])
            letter = _ONE_LETTER.fullmatch(argument)
            if not letter:
                raise _NeedsBoxesError
            if token == r"\sqrt":
                return [_Item("thing", f"√{argument}")]
            accented = unicodedata.normalize("NFC", letter[2] + _ACCENTS[token])
            return [_Item("thing", f"{letter[1]}{accented}{letter[3]}")]
        if token[0].isdecimal() or token.isalpha():
            return [_Item("thing", _in_html(token, alphabet or "italic"))]
        if token in FUNCTIONS:
            return [_Item("function", FUNCTIONS[token])]
        if token == "-" and self._is_hyphen():
            return [_Item("thing", token)]
        sign = _ESCAPED.get(token) or (sign_of(token) if token[0] == "\\" else token)
        if sign is None or token in _SYNTAX or self._needs_boxes(token, sign):
            raise _NeedsBoxesError
        kind = "comma" if sign == ":" and self._peek().isspace() else _kind_of(sign)
        return [_Item(kind, _in_html("−" if sign == "-" else sign, alphabet or "upright"))]

    def _needs_boxes(self, token: str, sign: str) -> bool:
        """Tell whether a sign stands above or below its neighbours."""
        after = self._peek()
        return (
            (sign in _WITH_LIMITS and after in ("_", "^"))
            or unicodedata.category(sign[0])[0] == "M"
            or (token[:1] == "\\" and token not in _ESCAPED and after == "{")
        )

    def _is_hyphen(self) -> bool:
        """Tell whether the sign just read joins two words, as in ``top-k``."""
        before = self._tokens[self._at - 2] if self._at > 1 else ""
        return before.isalpha() and len(before) > 1 and self._peek().isalpha()

    def _argument(self, alphabet: str, depth: int) -> list[_Item]:
        while self._peek().isspace():
            self._at += 1
        token = self._next()
        if token == "{":
            return self._items("}", alphabet, depth + 1)
        if token in ("_", "^", "'", "}") or depth > _MAX_DEPTH:
            raise _NeedsBoxesError
        if len(token) > 1 and token[0] != "\\":
            # An argument without braces is one character.
            self._at -= 1
            self._tokens[self._at] = token[1:]
        return self._part(token if token[0] == "\\" else token[0], alphabet, depth + 1)

    def _text(self) -> str:
        """Return an argument that is text, in which formulas may stand, as HTML."""
        if self._next() != "{":
            raise _NeedsBoxesError
        parts: list[str] = []
        while (token := self._next()) != "}":
            if token == "$":
                parts.append(_joined(self._items("$", "", 1)))
            elif token in _BLANKS or token.isspace():
                parts.append(" ")
            elif token in _ESCAPED:
                parts.append(escape(_ESCAPED[token]))
            elif token[0] in "\\{^_":
                raise _NeedsBoxesError
            else:
                parts.append(escape(token))
        return "".join(parts)

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _NeedsBoxesError
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""


def _kind_of(sign: str) -> _Kind:
    if sign in "([{⟨⌊⌈":
        return "opening"
    if sign in ")]}⟩⌋⌉!%":
        return "closing"
    if sign in ",;":
        return "comma"
    if sign in _THINGS:
        return "thing"
    is_operation = sign in "-*·:=" or unicodedata.category(sign) == "Sm" or "←" <= sign <= "⇿"
    return "operation" if is_operation else "thing"


def _joined(items: list[_Item], is_script: bool = False) -> str:
    """Return items in a row, with blanks where TeX has some; in a script it has none."""
    parts: list[str] = []
    before: _Kind = "opening"
    for number, (kind, html) in enumerate(items, 1):
        is_first = before in ("opening", "operation", "comma")
        if kind == "operation" and (is_first or number == len(items)):
            kind = "closing" if number == len(items) else "opening"  # ``-1``, ``>90``, ``8×``
            is_apart = before in ("operation", "comma") and number > 1
        else:
            is_apart = (
                kind == "operation"
                or before in ("operation", "comma")
                or (kind == "function" and not is_first)
                or (kind == "thing" and before == "function")
            )
        parts.append(f" {html}" if is_apart and not is_script else html)
        before = kind
    return "".join(parts).strip().replace("</b><b>", "").replace("</i><i>", "")


def _append(items: list[_Item], html: str) -> None:
    """Add to the last item what stands beside it."""
    kind, before = items.pop() if items else _Item("thing", "")
    items.append(_Item(kind, before + html))


def _tagged(html: str, tag: str) -> str:
    return f"<{tag}>{html}</{tag}>" if tag else html


def _in_html(text: str, alphabet: str) -> str:
    """Return a text in a mathematical alphabet; only letters of the Latin one are slanted."""
    if alphabet == "upright" or (alphabet == "italic" and not (text.isascii() and text.isalpha())):
        return escape(text)
    if alphabet in ("bold", "bold italic"):
        return _tagged(_in_html(text, alphabet.replace("bold", "").strip() or "upright"), "b")
    return _tagged(text, "i") if alphabet == "italic" else escape(in_letters(text, alphabet))


# MathML

# What defines commands, which may grow without bound, or brings in what is no mathematics.
_REFUSED = re.compile(
    r"\\(?:def|let|(?:re)?newcommand|newenvironment|DeclareMathOperator|href|style|class|unicode"
    r"|verb|rule|raise|lower|move(?:left|right)|[hvm]?s(?:kip|pace)|m?kern|[rlc]lap|smash|tag)"
    r"(?![A-Za-z])"
)
_OPERATOR_NAME = re.compile(r"\\operatorname\*?\s*\{([^{}]*)\}|\\arg(?![A-Za-z])")
_TEXT_WITH_FORMULA = re.compile(r"(\\(?:text[a-z]*|mbox)\{)([^{}$]*(?:\$[^{}$]*\$[^{}$]*)+)\}")
# With how many elements they must hold, None if any number will do.
_ELEMENTS: dict[str, int | None] = {
    **dict.fromkeys(("math", "mrow", "mstyle", "msqrt", "mtable", "mtr", "mtd")),
    **dict.fromkeys(("mi", "mn", "mo", "mtext", "mspace"), 0),
    **dict.fromkeys(("msub", "msup", "munder", "mover", "mfrac", "mroot"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_LEAVES = frozenset(("mi", "mn", "mo", "mtext"))
_ATTRIBUTES = frozenset(
    "accent columnalign displaystyle fence form largeop linethickness maxsize minsize "
    "movablelimits scriptlevel separator stretchy width".split()
)
_VALUE = re.compile(r"[a-z]{1,8}|[0-2]?(?:\.[0-9]{1,3})?(?:em)?")
_REFERENCE = re.compile("&#x([0-9A-Fa-f]{1,5});")
_MAX_ELEMENTS = 400
# Characters that fit into the line of a phone.
_MAX_WIDTH = 36


class _UnreadError(Exception):
    """latex2mathml did not read a formula as it is meant."""


def _mathml(tex: str) -> str | None:
    if _REFUSED.search(tex):
        return None
    from latex2mathml.converter import convert_to_element

    tex = re.sub(r"(?<!\\)%", r"\%", tex)
    tex = _OPERATOR_NAME.sub(_named, tex)
    tex = _TEXT_WITH_FORMULA.sub(_taken_apart, tex)
    # It raises a dozen errors of its own, and Python's for whatever it did not foresee.
    try:
        math = convert_to_element(tex)
    except Exception:
        return None
    if sum(1 for _ in math.iter()) > _MAX_ELEMENTS:
        return None
    try:
        return "<wbr/>".join(f"<math>{part}</math>" for part in _lines(math[0]))
    except (_UnreadError, RecursionError):
        return None


def _lines(row: "Element") -> Iterator[str]:
    """Yield a row in parts between which a line may end; browsers end none inside a formula."""
    cuts = []
    for at, (before, part) in enumerate(pairwise(row), 1):
        if not _is_operation(part) or at == len(row) - 1:
            continue
        if _is_operation(before):
            part.set("form", "prefix")  # ``= -1``
        else:
            part.set("form", "infix")
            cuts.append(at)
    for start, end in pairwise([0, *cuts, len(row)]):
        parts = row[start:end]
        if sum(map(_width, parts)) > _MAX_WIDTH:
            raise _UnreadError
        yield f"<mrow>{''.join(map(_rebuilt, parts))}</mrow>"


def _width(element: "Element") -> int:
    """Return about how many characters wide an element is; an operation has blanks around it."""
    text = _decoded(element.text or "")
    widths = [_width(part) for part in element] or [len(text) + _is_operation(element)]
    is_pile = element.tag in ("mfrac", "mover", "munder", "munderover", "mtable")
    return max(widths) if is_pile else sum(widths)


def _is_operation(element: "Element") -> bool:
    sign = _decoded(element.text or "")
    return element.tag == "mo" and len(sign) == 1 and _kind_of(sign) == "operation"


def _named(match: re.Match[str]) -> str:
    name = re.sub(r"\\[,;: ]|~", " ", match[1] or "arg")
    return rf"\text{{{name}}}"


def _taken_apart(match: re.Match[str]) -> str:
    parts = [
        f"{{{part}}}" if number % 2 else f"{match[1]}{part}}}"
        for number, part in enumerate(match[2].split("$"))
        if part
    ]
    return f"{{{''.join(parts)}}}"


def _rebuilt(element: "Element") -> str:
    """Return an element as HTML. Raises _UnreadError if it is not known or holds TeX."""
    if _ELEMENTS.get(element.tag, -1) not in (None, len(element)):
        raise _UnreadError
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _VALUE.fullmatch(value)
    )
    alphabet = element.attrib.get("mathvariant", "")
    if element.tag not in _LEAVES:
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            raise _UnreadError
        content = "".join(map(_rebuilt, element))
    else:
        content = _leaf(element, alphabet)
        if alphabet == "normal":
            attributes += ' mathvariant="normal"'
    return f"<{element.tag}{attributes}>{content}</{element.tag}>"


def _leaf(element: "Element", alphabet: str) -> str:
    raw = element.text or ""
    if re.search(r"[\\${}&#]", _REFERENCE.sub("", raw)) or (not raw and element.tag != "mi"):
        raise _UnreadError
    text = _decoded(raw)
    if not re.sub("[\u2006\u2009\xa0]", "", text).isprintable():
        raise _UnreadError
    if element.tag == "mtext":
        for part, tag in (("bold", "b"), ("italic", "i")):
            if part in alphabet:
                return _tagged(escape(text), tag)
        return escape(text)
    return escape(in_letters(text, alphabet.replace("-", " ").replace("double ", "double-")))


def _decoded(text: str) -> str:
    """Return a text with the references of latex2mathml as characters."""
    return _REFERENCE.sub(lambda match: chr(int(match[1], 16)), text)


@lru_cache(_MAX_CACHED)
def in_letters(text: str, alphabet: str) -> str:
    """Return ``text`` in the Unicode letters of a mathematical alphabet, where it has them.

    Browsers that follow MathML Core paint no other ``mathvariant``.
    """
    return "".join([_letter(char, alphabet) for char in text])


def _letter(char: str, alphabet: str) -> str:
    if (char, alphabet) == ("h", "italic"):
        return "ℎ"
    # Letters that Unicode had before the alphabets have names of their own.
    old = alphabet.replace("fraktur", "black-letter").upper()
    name = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(char, ""))
    for full_name in (f"MATHEMATICAL {alphabet.upper()} {name}", f"{old} {name}"):
        with suppress(KeyError):
            return unicodedata.lookup(full_name)
    return char
