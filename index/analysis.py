r"""Text → terms: the analysis that papers and queries share, and the only module that uses Stemmer.

One regular expression cuts a text into tokens. (NLTK's tokenizers have a time limit, so their
result could differ from run to run.) Each token has one or more *forms*, in lower case and without
accents: ``Müller`` has the forms ``muller`` and ``mueller``. The forms are the terms of the exact
fields; their Snowball stems are the terms of the stemmed fields.

A hyphenated word has one token for each part, at consecutive positions, and one for the joined
word, at the position of the first part: ``fine-tuning`` is found by ``fine``, ``tuning`` and
``finetuning``. TeX accents are decoded, formatting commands are dropped, and other commands are
words: ``\emph{word}``, ``M{\"u}ller`` and ``$\alpha$`` are found by ``word``, ``müller`` and
``alpha``.

A word longer than any that is typed has as its form only its beginning, in papers and in queries.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

MAX_WORD_CHARS = 255
"""A form has at most so many characters, as in Lucene; those after them are no part of it.

The longest word of 61,686 real papers has 83. Chemical names are longer, but have hyphens: their
parts are words of their own.
"""

# So much of a word is folded: more than MAX_WORD_CHARS of letters, each with 30 marks or in TeX.
_MAX_FOLDED_CHARS = 1 << 14
# Longer tokens are not cached: 65,536 of them could fill the memory.
_MAX_CACHED_CHARS = 100

NAME_GAP = 100
"""How many positions are left free between two names of a list, so that no phrase spans both."""

TEXT_END = b"\0"
"""The piece that follows the pieces of each text."""

# Western text: Latin, Greek, Cyrillic and Armenian letters with their marks, punctuation, symbols.
_NOT_WESTERN = re.compile("[^\0-\u0590\u2000-\u20cf\u2100-\u23ff]")
_WESTERN_MARK = "\u0300-\u036f"
_MARK = _WESTERN_MARK + "\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u20d0-\u20ff\u3099\u309a"
# Scripts whose vowel signs are characters of their own; each of them is part of a word.
_SYLLABIC = "\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff"
_CJK = "\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TEX_ACCENT = (
    r"""\\(?:["'`^~=.](?:\{\\?[A-Za-z]\}|\\?[A-Za-z])|[cHkruvd]\{[A-Za-z]\}"""
    r"""|(?:ss|ae|AE|oe|OE|aa|AA|[oOlL])(?![A-Za-z])(?:\{\})?)"""
)
_TEX_LETTER = rf"\{{{_TEX_ACCENT}\}}|{_TEX_ACCENT}"
_WESTERN_LETTER = rf"(?:{_TEX_LETTER}|[^\W_{_WESTERN_MARK}][{_WESTERN_MARK}]*)"
_LETTER = rf"(?:{_TEX_LETTER}|(?:[^\W_{_CJK}{_MARK}]|[{_SYLLABIC}])[{_MARK}]*)"
_NUMBER_POINT = r"(?:(?<=\d)\.(?=\d)|(?<=\d),(?=\d{3}(?!\d)))"
_HYPHEN = "[-\u00ad\u2010\u2011'\u2019]"

# All marks except the voicing marks of kana, which distinguish words.
_MARKS = re.compile(f"(?![\u3099\u309a])[{_MARK}]")
_ACCENT = re.compile(rf"\{{({_TEX_ACCENT})\}}|({_TEX_ACCENT})")

# What no token touches: neither TeX nor a name such as C++ has these characters at its ends.
_PUNCTUATION = '.,;:!?()[]"'

# Tables of bytes: translating bytes is many times faster than translating characters.
_TEX_GAPS = bytes.maketrans(b"()[];:!?/<>@|%&*_\0", b" " * 18)
# In a text without a backslash, accents and braces belong to no command and case does not matter.
_GAPS = _TEX_GAPS.translate(
    bytes.maketrans(b'{}$"`^~=ABCDEFGHIJKLMNOPQRSTUVWXYZ', b" " * 8 + b"abcdefghijklmnopqrstuvwxyz")
)
# Commands that change only how the text looks.
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

USUAL_STEMMING = "3d7f5bc286bb6607"
"""What ``stemming`` returns with the versions of the stemmer known so far."""

# Words of every rule of Porter 2, and words that versions of it stem differently.
_STEMMED_WORDS = """
    skies ties caresses gas this kiwis gaps agreed feed hopping hoping falling failing luxuriated
    conflated sized troubled plastered motoring sing string dying lying cry by say enjoy happily
    relational conditional valenci hesitanci digitizer conformabli radically differently vileli
    analogously vietnamization predication operator feudalism decisiveness hopefulness callousness
    formaliti sensitiviti sensibiliti archaeology biology generally triplicate formative formalize
    electriciti electrical goodness revival allowance inference airliner gyroscopic adjustable
    defensible irritant replacement adjustment dependent adoption homologou communism activate
    angulariti homologous effective bowdlerize probate rate cease controlling roll skis news howe
    atlas cosmos bias andes inning outing canning herring earring proceed exceed succeed generate
    general generic arsenal communication added adding embedding universal university organ
    organization intern international past paste later lateral emergency emerging quantization
    quantize realization ionization relationally hypothesized biased early only singly gently idly
"""

# Letters with a base letter that Unicode does not decompose.
_BASE_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
)
# The second spelling of these letters in German and the Scandinavian languages.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})

# Words too frequent to distinguish papers. The index has them all the same, for phrases.
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


class Token(NamedTuple):
    """One token of a text.

    ``start`` and ``end`` are character offsets into the text; ``position`` counts words from 0;
    ``forms`` are the exact terms there, several if a letter has two spellings; ``part_count`` is
    how many parts the token joins, 1 for a plain word or a part.
    """

    start: int
    end: int
    position: int
    forms: tuple[str, ...]
    part_count: int = 1


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text`` in order; a joined word comes before its parts."""
    bare = text.strip(_PUNCTUATION)
    if not bare:
        return
    words = bare.split("-")
    if bare.isascii() and all(map(str.isalnum, words)):
        # The usual case, which needs no pattern: one word, with punctuation around it.
        start = text.index(bare)
        if len(words) > 1:
            yield Token(start, start + len(bare), 0, (as_form("".join(words).lower()),), len(words))
        for position, word in enumerate(words):
            yield Token(start, start + len(word), position, (as_form(word.lower()),))
            start += len(word) + 1
        return
    position = 0
    for match in _token(_is_western(text)).finditer(text):
        start, end = match.span()
        analyse = _cached_analysis if end - start <= _MAX_CACHED_CHARS else _analysis
        joined, parts = analyse(text[start:end])
        if joined:
            yield Token(start, end, position, joined, len(parts))
        for part_start, part_end, forms in parts:
            yield Token(start + part_start, start + part_end, position, forms)
            position += 1


@lru_cache(maxsize=1 << 16)
def stem(form: str) -> str:
    """Return the Snowball (Porter 2) stem of a form.

    Forms with characters other than a-z are their own stem: no form has an apostrophe.
    """
    return str(_stemmers().stem(form)) if form.isascii() and form.isalpha() else form


@cache
def stemming() -> str:
    """Return what tells the rules of stemming from others: a hash of the stems of some words."""
    from hashlib import blake2b

    known = " ".join(stem(word) for word in _STEMMED_WORDS.split())
    return blake2b(known.encode(), digest_size=8).hexdigest()


def is_own_stemming(given: str) -> bool:
    """Tell whether ``stemming`` gives this, which an index says of itself.

    The stemmer is loaded only for an index that is not stemmed as usual.
    """
    return given in ("", USUAL_STEMMING) or given == stemming()


def stems(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct stems of ``forms``, in order."""
    return tuple(dict.fromkeys(stem(form) for form in forms))


def as_form(word: str) -> str:
    """Return a folded word as a form: at most its first MAX_WORD_CHARS characters."""
    return word[:MAX_WORD_CHARS]


def long_word_count(text: str) -> int:
    """Return how many words of a text have MAX_WORD_CHARS characters or more, TeX accents as one.

    White space in ``text`` is single spaces. A text without such words takes a microsecond.
    """
    start = 0
    while len(text) - start >= MAX_WORD_CHARS:
        space = text.rfind(" ", start, start + MAX_WORD_CHARS)
        if space < 0:
            break
        start = space + 1
    else:
        return 0
    return sum(
        token.part_count == 1 and any(len(form) == MAX_WORD_CHARS for form in token.forms)
        for run in re.findall(rf"[^ {_CJK}]+", text[start:])
        if len(run) >= MAX_WORD_CHARS
        for token in tokens(run)
    )


def fold(text: str) -> str:
    """Return ``text`` in Unicode's compatibility form (NFKC), case-folded and without accents."""
    return _strip_marks(unicodedata.normalize("NFKC", text).casefold())


def is_stop_word(form: str) -> bool:
    """Tell whether queries leave out the word ``form``."""
    return form in _STOP_WORDS


def pieces(texts: Iterable[bytes]) -> list[bytes]:
    """Cut texts, in UTF-8, into pieces, with TEXT_END after the pieces of each text.

    No token crosses a cut: the tokens of the pieces, one after the other, are those of the text.
    Pieces recur, so a caller can analyse each distinct piece once.
    """
    parts = [text.translate(_TEX_GAPS if b"\\" in text else _GAPS) for text in texts]
    # A comma or a point inside a number is part of it.
    joined = b" \0 ".join([*parts, b""]).replace(b", ", b" ").replace(b". ", b" ")
    return joined.split()


def plain_forms(text: str) -> Iterator[str]:
    """Yield the first form of each word of a text and of each part of a joined one, in order.

    It takes a twelfth of the time of ``tokens``: words recur, and each is analysed once.
    """
    for piece in pieces([text.encode("utf-8", "surrogatepass")]):
        if piece != TEXT_END:
            is_cached = len(piece) <= _MAX_CACHED_CHARS
            yield from (_cached_plain if is_cached else _plain)(piece)


def _plain(piece: bytes) -> tuple[str, ...]:
    words = tokens(piece.decode("utf-8", "surrogatepass"))
    return tuple([token.forms[0] for token in words if token.part_count == 1])


_cached_plain = lru_cache(maxsize=1 << 16)(_plain)


def decode_tex_accents(text: str) -> str:
    r"""Replace TeX accents by the letters they print: ``M{\"u}ller`` becomes ``Müller``."""
    if "\\" not in text:
        return text
    return _ACCENT.sub(lambda match: _tex_letter(match[1] or match[2]), text)


def _analysis(
    raw: str,
) -> tuple[tuple[str, ...], tuple[tuple[int, int, tuple[str, ...]], ...]]:
    """Return the joined forms (empty for a plain word) and the parts of one raw token."""
    if raw[0] == "\\" and raw[1:].isalpha() and not _ACCENT.fullmatch(raw):
        name = raw[1:]
        if name.lower() in _FORMATTING:
            return (), ()
        forms = (*_COMMAND_WORDS.get(name, ()), as_form(name.lower()))
        return (), ((0, len(raw), forms),)
    if raw[-1] in "+#":
        return (), ((0, len(raw), (raw.lower(),)),)
    spans = [match.span() for match in _part(_is_western(raw)).finditer(raw)] or [(0, len(raw))]
    if len(spans) > 1 and raw[spans[-1][0] :] in ("s", "S") and raw[spans[-1][0] - 1] in "'’":
        spans.pop()
    parts = tuple((start, end, _forms(raw[start:end])) for start, end in spans)
    if len(parts) == 1:
        return (), parts
    words = [forms for _, _, forms in parts]
    joined = ("".join(forms[0] for forms in words), "".join(forms[-1] for forms in words))
    return tuple(dict.fromkeys(map(as_form, joined))), parts


_cached_analysis = lru_cache(maxsize=1 << 16)(_analysis)


def _forms(word: str) -> tuple[str, ...]:
    word = word[:_MAX_FOLDED_CHARS]
    text = unicodedata.normalize("NFKC", decode_tex_accents(word)).casefold()
    # Some characters decompose to a space and a mark, or to nothing.
    text = "".join(unicodedata.normalize("NFC", text).replace(",", "").split()) or word
    if text.isascii():
        return (as_form(text),)
    if len(text) == 1 and unicodedata.name(text, "").startswith("GREEK SMALL LETTER "):
        # Unicode spells the letter's name LAMDA.
        letter = unicodedata.name(text).split()[3].lower()
        return ("lambda" if letter == "lamda" else letter,)
    plain = _strip_marks(text) or text
    spelled_out = _strip_marks(text.translate(_SPELLED_OUT)) or text
    return tuple(dict.fromkeys((as_form(plain), as_form(spelled_out))))


def _strip_marks(text: str) -> str:
    if text.isascii():
        return text
    base_letters = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_BASE_LETTERS)
    return unicodedata.normalize("NFC", base_letters)


def _tex_letter(accent: str) -> str:
    letter = _TEX_LETTERS.get(accent[1:].removesuffix("{}"))
    if letter:
        return letter
    base = accent[2:].strip("{}\\")
    return unicodedata.normalize("NFC", base + _TEX_MARKS[accent[1]])


# To compile the classes of all the world's letters takes longer than a search, so patterns are
# compiled when they are first needed, and one of western letters serves for western text.


def _is_western(text: str) -> bool:
    return text.isascii() or not _NOT_WESTERN.search(text)


@cache
def _token(is_western: bool) -> re.Pattern[str]:
    """Return the pattern of a token: a name such as C++, a CJK letter, a word, or a command.

    A word is letters with single joints between them, and gives none of them back: else the search
    would remember each letter in 300 bytes.
    """
    cjk, letter = ("", _WESTERN_LETTER) if is_western else (f"|[{_CJK}][\u3099\u309a]?", _LETTER)
    return re.compile(
        r"(?<![^\W_])[A-Za-z](?:\+\+|\#)(?![^\W_])"
        rf"{cjk}|(?!{_HYPHEN}|[.,])(?:(?:{_NUMBER_POINT}|{_HYPHEN})?{letter})++"
        r"|\\[A-Za-z]+"
    )


@cache
def _part(is_western: bool) -> re.Pattern[str]:
    """Return the pattern of a part of a word with joints."""
    letter = _WESTERN_LETTER if is_western else _LETTER
    return re.compile(rf"(?![.,])(?:{_NUMBER_POINT}?{letter})++")


@cache
def _stemmers() -> Any:
    from threading import local

    from Stemmer import Stemmer

    class Stemmers(local):
        """The stemmer of each thread: two threads must not use one."""

        def __init__(self) -> None:
            # Without a cache of its own, since ``stem`` has one.
            self.stem = Stemmer("english", 0).stemWord

    return Stemmers()
