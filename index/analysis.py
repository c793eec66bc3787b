r"""Text → terms: the one analysis chain that papers and queries share, and the only home of nltk.

A text is cut into tokens by one regular expression. (NLTK's own gives up by the wall clock, so its
answer could differ from run to run.) Each token is folded to one or more *forms*, lower-case and
without accents: ``Müller`` has the forms ``muller`` and ``mueller``. The forms are the terms of the
exact fields, their Snowball stems those of the stemmed fields.

A hyphenated word gives one token per part, at positions in a row, and at the first part's
position one token for the joined word: ``fine-tuning`` is found as ``fine``, ``tuning`` and
``finetuning``. TeX accents are decoded, formatting commands dropped, and other commands read as
words, so ``\emph{word}``, ``M{\"u}ller`` and ``$\alpha$`` are found by ``word``, ``müller`` and
``alpha``.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

_MAX_WORD_CHARS = 200

NAME_GAP = 100
"""Positions left free between two names of a list, so that no phrase crosses over."""

TEXT_END = b"\0"
"""The piece that ends each of several texts cut into pieces."""

_MARK = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20ff\u3099\u309a"
# Scripts whose vowel signs are characters of their own: every one of them is part of a word.
_SYLLABIC = "\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff"
_CJK = "\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TEX_ACCENT = (
    r"""\\(?:["'`^~=.](?:\{\\?[A-Za-z]\}|\\?[A-Za-z])|[cHkruvd]\{[A-Za-z]\}"""
    r"""|(?:ss|ae|AE|oe|OE|aa|AA|[oOlL])(?![A-Za-z])(?:\{\})?)"""
)
_LETTER = rf"(?:\{{{_TEX_ACCENT}\}}|{_TEX_ACCENT}|(?:[^\W_{_CJK}{_MARK}]|[{_SYLLABIC}])[{_MARK}]*)"
_NUMBER_POINT = r"(?:(?<=\d)\.(?=\d)|(?<=\d),(?=\d{3}(?!\d)))"
_WORD = rf"{_LETTER}+(?:{_NUMBER_POINT}{_LETTER}+)*"
_HYPHEN = "[-\u00ad\u2010\u2011'\u2019]"
# Compiled when they are first needed (see ``_compiled``): the two take 10 ms.
_TOKEN = (
    r"(?<![^\W_])[A-Za-z](?:\+\+|\#)(?![^\W_])"
    rf"|[{_CJK}][\u3099\u309a]?"
    rf"|{_WORD}(?:{_HYPHEN}{_WORD})*"
    r"|\\[A-Za-z]+"
)
_PART = _WORD
# The voicing marks of kana tell words apart; they stay.
_MARKS = re.compile(f"(?![\u3099\u309a])[{_MARK}]")
_ACCENT = re.compile(rf"\{{({_TEX_ACCENT})\}}|({_TEX_ACCENT})")

# Byte for byte, which is many times faster than character for character.
_TEX_GAPS = bytes.maketrans(b"()[];:!?/<>@|%&*_\0", b" " * 18)
# Without a backslash these accents and braces are of no command, and case tells nothing apart.
_GAPS = _TEX_GAPS.translate(
    bytes.maketrans(
        b'{}$"`^~=' + string.ascii_uppercase.encode(), b" " * 8 + string.ascii_lowercase.encode()
    )
)
# Commands that change how text looks and are not words of it.
_FORMATTING = frozenset(
    """
    begin big bigg bf bm boldsymbol cal cdot cite citep citet colon dot dots em emph ensuremath
    footnote frac hat hbox href hspace it label large ldots left let limits mathbb mathbf mathbin
    mathcal mathfrak mathit mathop mathrel mathrm mathscr mathsf mathtt mbox mkern operatorname
    overline par phantom prime quad qquad ref right rm sc sf sl small sqrt text textbf textit
    textnormal textrm textsc textsf textsl textsubscript textsuperscript texttt textup tfrac tilde
    tiny tt underline url vec vspace widehat widetilde xspace end displaystyle
    """.split()
)
_COMMAND_WORDS = {
    "ell": ("l",),
    "infty": ("infinity",),
    "varepsilon": ("epsilon",),
    "varphi": ("phi",),
}

_TEX_MARKS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "H": "\u030b", "k": "\u0328", "r": "\u030a", "u": "\u0306",
    "v": "\u030c", "d": "\u0323",
}  # fmt: skip
_TEX_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
}  # fmt: skip

# A word without any of the suffixes that Porter 2 looks for is its own stem.
_SUFFIX = re.compile("(?:s|ed|ing|y|i|al|er|ic|ant|ent|ism|ion|ful|e|ll|ator)$")

# Letters that Unicode does not decompose into a base letter and a mark.
_BASE_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
)
# The second spelling of these letters in German and the Scandinavian languages.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})

# Words too frequent to tell papers apart; they stay in the index, for phrases.
_STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not of off on once only or other our ours ourselves out over own
    same she should so some such than that the their theirs them themselves then there these they
    this those through to too under until up upon us very via was we were what when where which
    while who whom whose why will with would you your yours yourself yourselves
    """.split()
)

# Abbreviations that end in a point without ending a sentence.
_ABBREVIATIONS = frozenset(
    """
    a.k.a al alg approx appl assoc cf ch conf corp dept dr ed eds e.g eg eq eqs esp est et etc fig
    figs i.e ie
    i.i.d inc intl jr lett ltd max mr mrs ms no nos ph.d pp proc prof prop ref refs resp sec st
    tab thm trans u.k u.s univ viz vol vs w.r.t wrt
    """.split()
)

_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))

# Punkt's classes, after nltk.tokenize.punkt. Its blanks are those of Unicode, which four control
# characters that Python calls blanks are not among.
_BLANK = r"[^\S\x1c-\x1f]"
_NOT_BLANK = r"[\S\x1c-\x1f]"
_PARTING = "[]){}(\\[\";:*@'?!\u2018\u2019\u201c\u201d\u00ab\u00bb]"
_REPEATED = rf"(?:-{{2,}}|\.{{2,}}|(?:\.{_BLANK}){{2,}}\.)"
_END_FOLLOWED = rf"(?={_PARTING}|({_BLANK}+){_NOT_BLANK})"
_SENTENCE_END = re.compile(rf"[.?!]{_END_FOLLOWED}")
# Most texts hold no other mark than the point, and one character is found faster than any of three.
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


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a text.

    ``start`` and ``end`` are character offsets into the text; ``position`` counts words from 0;
    ``forms`` are the exact terms found there (more than one where a letter has two spellings);
    ``part_count`` is how many parts the token joins (1 for a plain word or a part).
    """

    start: int
    end: int
    position: int
    forms: tuple[str, ...]
    part_count: int = 1


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text`` in order; a joined word comes before its parts."""
    words = text.split("-")
    if text.isascii() and all(map(str.isalnum, words)):
        # Most words are no more than this, and need none of the patterns.
        if len(words) > 1:
            yield Token(0, len(text), 0, ("".join(words).lower(),), len(words))
        start = 0
        for position, word in enumerate(words):
            yield Token(start, start + len(word), position, (word.lower(),))
            start += len(word) + 1
        return
    position = 0
    for match in _compiled(_TOKEN).finditer(text):
        start, end = match.span()
        joined, parts = _analyse(text[start:end])
        if joined:
            yield Token(start, end, position, joined, len(parts))
        for part_start, part_end, forms in parts:
            yield Token(start + part_start, start + part_end, position, forms)
            position += 1


@lru_cache(maxsize=1 << 16)
def stem(form: str) -> str:
    """Return the Snowball (Porter 2) stem of a form; forms that are not a-z only are kept.

    So are longer ones than any word: the stemmer's time is quadratic in the length.
    """
    if (
        form.isascii()
        and form.isalpha()
        and 2 < len(form) <= _MAX_WORD_CHARS
        and _SUFFIX.search(form)
    ):
        return str(_stemmer().stem(form))
    return form


def stems(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct stems of ``forms``, in order."""
    return tuple(dict.fromkeys(stem(form) for form in forms))


def fold(text: str) -> str:
    """Return ``text`` compatibility-normalised (NFKC), case-folded and without accents."""
    return _strip_marks(unicodedata.normalize("NFKC", text).casefold())


def is_stop_word(form: str) -> bool:
    """Tell whether ``form`` is one of the words that queries leave out."""
    return form in _STOP_WORDS


def pieces(texts: Iterable[bytes]) -> list[bytes]:
    """Cut texts, in UTF-8, where no token crosses; after the pieces of each comes TEXT_END.

    The tokens of the pieces are those of the text, in a row. Pieces recur far more than texts do,
    so what is made of each can be kept.
    """
    parts = [text.translate(_TEX_GAPS if b"\\" in text else _GAPS) for text in texts]
    # The comma and the point inside a number belong to it.
    joined = b" \0 ".join([*parts, b""]).replace(b", ", b" ").replace(b". ", b" ")
    return joined.split()


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the character spans of the sentences of ``text``, in time linear in its length.

    The rules are those of Punkt without training (Kiss and Strunk, "Unsupervised Multilingual
    Sentence Boundary Detection", 2006), as NLTK's PunktSentenceTokenizer applies them.
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


def decode_tex_accents(text: str) -> str:
    r"""Replace TeX accents by the letters they print: ``M{\"u}ller`` becomes ``Müller``."""
    if "\\" not in text:
        return text
    return _ACCENT.sub(lambda match: _tex_letter(match[1] or match[2]), text)


@lru_cache(maxsize=1 << 16)
def _analyse(
    raw: str,
) -> tuple[tuple[str, ...], tuple[tuple[int, int, tuple[str, ...]], ...]]:
    """Return the joined forms (empty for a plain word) and the parts of one raw token."""
    if raw[0] == "\\" and raw[1:].isalpha() and not _ACCENT.fullmatch(raw):
        name = raw[1:]
        if name.lower() in _FORMATTING:
            return (), ()
        forms = (*_COMMAND_WORDS.get(name, ()), name.lower())
        return (), ((0, len(raw), forms),)
    if raw[-1] in "+#":
        return (), ((0, len(raw), (raw.lower(),)),)
    spans = [match.span() for match in _compiled(_PART).finditer(raw)] or [(0, len(raw))]
    if len(spans) > 1 and raw[spans[-1][0] :] in ("s", "S") and raw[spans[-1][0] - 1] in "'’":
        spans.pop()
    parts = tuple((start, end, _forms(raw[start:end])) for start, end in spans)
    if len(parts) == 1:
        return (), parts
    words = [forms for _, _, forms in parts]
    joined = ("".join(forms[0] for forms in words), "".join(forms[-1] for forms in words))
    return tuple(dict.fromkeys(joined)), parts


def _forms(word: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", decode_tex_accents(word)).casefold()
    # Some characters decompose to a space and a mark, or to nothing.
    text = "".join(unicodedata.normalize("NFC", text).replace(",", "").split()) or word
    if text.isascii():
        return (text,)
    if len(text) == 1 and unicodedata.name(text, "").startswith("GREEK SMALL LETTER "):
        # Unicode spells the letter's name LAMDA.
        letter = unicodedata.name(text).split()[3].lower()
        return ("lambda" if letter == "lamda" else letter,)
    plain = _strip_marks(text) or text
    spelled_out = _strip_marks(text.translate(_SPELLED_OUT)) or text
    return tuple(dict.fromkeys((plain, spelled_out)))


def _strip_marks(text: str) -> str:
    if text.isascii():
        return text
    kept = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_BASE_LETTERS)
    return unicodedata.normalize("NFC", kept)


def _tex_letter(accent: str) -> str:
    letter = _TEX_LETTERS.get(accent[1:].removesuffix("{}"))
    if letter:
        return letter
    base = accent[2:].strip("{}\\")
    return unicodedata.normalize("NFC", base + _TEX_MARKS[accent[1]])


def _sentence_ends(text: str) -> list[tuple[int, int]]:
    """Return where each sentence but the last ends, and where what follows it begins."""
    ends: list[tuple[int, int]] = []
    spaced = text
    for blank in "\t\n\r\v\f":
        spaced = spaced.replace(blank, " ")
    # Of the marks in one word only the last is asked about, with the whole word before it.
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
    # Most ends are plain: no abbreviation, initial or number stands before the point.
    tail = text[max(word, at - _LONGEST_ABBREVIATION - 1) : at]
    if not tail.isalpha():
        if tail and tail[-1] in ')]}"%':
            return True
        tail = _LAST_LETTERS.findall(tail)[0]
    if len(tail) > 1 and tail.lower() not in _ABBREVIATIONS and not tail.isnumeric():
        return True
    # Or else the word, and the next one or the sign that follows, are read as Punkt reads them.
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


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _stemmer() -> Any:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()
