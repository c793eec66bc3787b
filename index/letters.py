r"""Characters: which of them make words, and which letters they stand for.

All writing systems go one way: a text has a *shape* of the same length, ASCII and a few signs more,
in which every other character is replaced by its kind. What cuts texts into words looks at the
shape alone, so it needs no table of the world's letters.

TeX writes one letter in many ways: ``\"u``, ``\"{u}``, ``{\"u}``, ``\v c``, ``{\"{\i}}``.
"""

import re
import unicodedata
from functools import cache

LETTER, UNIT, MARK, INFINITY = "ä字\u0301∞"
"""What stands in a shape for a letter beyond ASCII, for a character that is a word of its own, for
a mark of the character before it, and for infinity, which is a letter here.
"""

WORD = f"A-Za-z0-9{LETTER}{INFINITY}"
"""The characters of words in a shape, as a class of a regular expression has them."""

# Scripts without blanks between words: each of their letters is a word of its own.
_UNSPACED = (
    *("BOPOMOFO", "CJK ", "HALFWIDTH KATAKANA", "HIRAGANA", "IDEOGRAPHIC", "KATAKANA"),
    *("KHMER", "LAO ", "MYANMAR", "NEW TAI", "TAI ", "THAI"),
)
# What nobody types: joiners, and the bar that widens Arabic words.
_INVISIBLE = "\u034f\u0640\u200d\u2060\ufeff"
# These voice the kana before them, and are letters to Unicode.
_HALF_WIDTH_VOICING = "\uff9e\uff9f"
# The last one parts the words of a Persian compound, and nothing is seen between them.
_JOINTS = {"\u2010": "-", "\u2011": "-", "\u00ad": "-", "\u2019": "'", "\u200c": "-"}


class _Kinds(dict[int, str]):
    """The kind of each character; it is found when it is first asked for."""

    def __missing__(self, code: int) -> str:
        kind = self[code] = _kind(chr(code))
        return kind


def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if char.isascii() or char == INFINITY:
        return char
    if char in _JOINTS:
        return _JOINTS[char]
    if category[0] == "M" or char in _INVISIBLE or char in _HALF_WIDTH_VOICING:
        return MARK
    if category[0] == "S" and unicodedata.decomposition(char).startswith(("<compat>", "<square>")):
        # A sign that is made of letters, such as ℃, is a word.
        return UNIT if letters_of(unicodedata.normalize("NFKC", char)) else " "
    if not char.isalnum():
        return " "
    if category == "Nd":
        return "0"
    return UNIT if unicodedata.name(char, "").startswith(_UNSPACED) else LETTER


_KINDS = _Kinds()


def shape(text: str) -> str:
    """Return the shape of a text."""
    return text if text.isascii() else text.translate(_KINDS)


def letters_of(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(filter(str.isalnum, text))


# Folding


class _Plain(dict[int, str | None]):
    """What is left of the characters of a decomposed text: no accents, nor points of vowels."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        plain = self[code] = None if _is_accent(char) else char
        return plain


def _is_accent(char: str) -> bool:
    """Tell whether a mark changes no word for those who leave it out when they type.

    These are accents, and the points of Hebrew and Arabic vowels. The vowels of India and its
    neighbours, the tones of Thai and the voicing of kana, which have other classes, tell words
    apart.
    """
    place = unicodedata.combining(char)
    return (
        place == 1
        or 10 <= place <= 36
        or place >= 200
        or char in _INVISIBLE
        or unicodedata.category(char) == "Me"
        or unicodedata.name(char, "").startswith("VARIATION SELECTOR")
    )


# Letters with a base letter that Unicode does not decompose.
_BASE_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ȷ": "j", "ł": "l"}
    | {"þ": "th", "ŋ": "ng"}
)
_PLAIN = _Plain(_BASE_LETTERS.items())
# The second spelling of these letters in German and the Scandinavian languages.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def fold(text: str) -> str:
    """Return ``text`` in Unicode's compatibility form (NFKC), case-folded and without accents."""
    return without_accents(unicodedata.normalize("NFKC", text).casefold())


def without_accents(text: str) -> str:
    """Return a text in lower case without accents."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFD", text).translate(_PLAIN)
    return unicodedata.normalize("NFC", plain)


def spelled_out(text: str) -> str:
    """Return a text in lower case without accents, ``ä`` and the like as two letters."""
    return without_accents(text.translate(_SPELLED_OUT))


# Names of letters

# In the order of Unicode, which has two letters sigma.
_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma
    sigma tau upsilon phi chi psi omega
""".split()
_GREEK_NAMES = {chr(0x3B1 + place): name for place, name in enumerate(_GREEK)}
# μm is no mum, and μg no mug.
_MICRO = re.compile("μ[a-z]{1,2}")
_SYMBOL_NAMES = frozenset([*_GREEK, *(f"var{name}" for name in _GREEK), "ell", "infty"])


def with_names(word: str) -> str:
    """Return a word in lower case with the names of Greek letters, if it is no Greek word.

    ``tnfα`` gives ``tnfalpha``, and ``l∞`` gives ``linfinity``.
    """
    word = word.replace(INFINITY, "infinity")
    if word in _GREEK_NAMES:
        return _GREEK_NAMES[word]
    if not any(map(str.isascii, word)) or _MICRO.fullmatch(word):
        return word
    return "".join([_GREEK_NAMES.get(char, char) for char in word])


def command_names(name: str) -> tuple[str, ...]:
    r"""Return what a command of TeX is called: ``varphi`` gives ``phi``, too."""
    plain = name.lower()
    if plain in ("ell", "infty"):
        return ("l" if plain == "ell" else "infinity"), plain
    if plain[:3] == "var" and plain in _SYMBOL_NAMES:
        return plain[3:], plain
    return (plain,)


# TeX

TEX_SIGNS = re.compile(r"[\\$^_{}]")
"""What a text has that must be read by the rules of TeX."""

MARKS_OF_TEX = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    '"': "\u0308",
    "u": "\u0306",
    "h": "\u0309",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
"""The accents of TeX that are one character, each with its combining mark."""

LETTERS_OF_TEX = {
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ss": "ß",
    "i": "ı",
    "j": "ȷ",
    "dh": "ð",
    "DH": "Ð",
    "dj": "đ",
    "DJ": "Đ",
    "th": "þ",
    "TH": "Þ",
    "ng": "ŋ",
    "NG": "Ŋ",
}
"""The letters of TeX that are commands."""

_GAP = r"[ \t\n\x1f]"
_BLANK_BRACES = str.maketrans("{}\x1f", "   ")
# A blank behind a short command may stand within a word.
_SHORT_COMMAND = re.compile(r"(\\[A-Za-z]{1,2})[ \t\n]")
_SHORT_COMMAND_OF_BYTES = re.compile(_SHORT_COMMAND.pattern.encode())


def bound(text: str) -> str:
    r"""Return a text of the same length without blanks in TeX letters such as ``\v c``.

    Where a text is to be cut at blanks, these become a sign that makes no word.
    """
    return _SHORT_COMMAND.sub("\\1\x1f", text) if "\\" in text else text


def bound_bytes(text: bytes) -> bytes:
    """Return what ``bound`` does, in UTF-8."""
    return _SHORT_COMMAND_OF_BYTES.sub(b"\\1\x1f", text)


def tex_letter() -> str:
    """Return the pattern of a letter in TeX, with up to two accents, in a shape.

    As in TeX, a blank behind a command only ends its name. Before a capital or the word "and" it
    stands between words all the same.
    """
    names = "|".join(LETTERS_OF_TEX)
    command = rf"\\(?:{names})(?![A-Za-z{MARK}])(?:\{{\}}|{_GAP}(?=[a-z\\])(?!and(?![A-Za-z])))?"
    signs = re.escape("".join(filter(str.isalpha, MARKS_OF_TEX)))
    accent = rf"\\(?:[`'^~=.\"]|[{signs}](?![A-Za-z]){_GAP}?)"
    letter = rf"(?:[A-Za-z](?!{MARK})|{command})"
    once = rf"{accent}(?:\{{{letter}\}}|{letter})"
    twice = rf"{accent}(?:\{{(?:{once}|{letter})\}}|{once}|{letter})"
    return rf"\{{(?:{twice}|{command})\}}|{twice}|{command}"


def greek_command() -> str:
    r"""Return the pattern of a command that is a letter, such as ``\alpha``."""
    names = sorted(_SYMBOL_NAMES, key=len, reverse=True)
    capitals = [name.capitalize() for name in names if name in _GREEK]
    return rf"\\(?:{'|'.join([*names, *capitals])})(?![A-Za-z])"


def decode_tex_accents(text: str) -> str:
    r"""Replace letters in TeX by those that they print: ``M{\"u}ller`` becomes ``Müller``."""
    if "\\" not in text:
        return text
    parts, end = [], 0
    for match in _decoded().finditer(shape(text)):
        if match[1]:
            parts += [text[end : match.start()], _printed(match[1])]
            end = match.end()
    return "".join((*parts, text[end:]))


@cache
def _decoded() -> re.Pattern[str]:
    # The brace behind a command is that of its argument, and no part of the letter.
    return re.compile(rf"({tex_letter()})|\\[A-Za-z]+\{{")


def _printed(letter: str) -> str:
    r"""Return a letter in TeX as it is printed: the accents before it, the innermost first."""
    signs = letter.translate(_BLANK_BRACES).strip()
    marks = ""
    while signs[0] == "\\" and signs[1:] not in LETTERS_OF_TEX:
        marks = MARKS_OF_TEX[signs[1]] + marks
        signs = signs[2:].strip()
    base = LETTERS_OF_TEX[signs[1:]] if signs[0] == "\\" else signs
    if marks:
        base = base.replace("ı", "i").replace("ȷ", "j")
    return unicodedata.normalize("NFC", base + marks)
