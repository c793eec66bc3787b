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
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from index.letters import (
    INFINITY,
    LETTER,
    MARK,
    TEX_SIGNS,
    UNIT,
    WORD,
    bound_bytes,
    command_names,
    decode_tex_accents,
    greek_command,
    letters_of,
    shape,
    spelled_out,
    tex_letter,
    with_names,
    without_accents,
)

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

# What no token touches: neither TeX nor a name such as C++ has these characters at its ends.
_PUNCTUATION = '.,;:!?()[]"'
_PUNCTUATION_BYTES = _PUNCTUATION.encode()
_NO_BRACES = str.maketrans("", "", "{}")

# Tables of bytes: translating bytes is many times faster than translating characters.
_TEX_GAPS = bytes.maketrans(b"()[];:!?/<>@|%&*\0", b" " * 17)
# In a text without a backslash, these are no accents.
_GAPS = _TEX_GAPS.translate(bytes.maketrans(b'"`~=', b" " * 4))
# Which letters are capitals, and where words end.
_CAPITALS = bytes(
    ord("A" if chr(byte).isupper() else "a" if chr(byte).isalnum() else " ") if byte < 128 else 32
    for byte in range(256)
)
_IN_CAPITALS = re.compile(b" (AAA?)(?= )")
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


_NOT_BLANK = re.compile("[^ ]+")

# In capitals these may be names, such as US and WHO, which have a form in capitals besides.
_CAPITAL_NAMES = frozenset(word.upper() for word in _STOP_WORDS if len(word) in (2, 3))
_BYTES_OF_CAPITAL_NAMES = frozenset(map(str.encode, _CAPITAL_NAMES))


# What Korean writes behind a noun without a blank, and the sound that it follows.
_PARTICLES = tuple(
    (particle, sound)
    for sound, particles in (
        ("", "에서 에게 까지 부터 보다 처럼 에 의 도 만 들 로"),
        ("consonant", "으로 은 이 을 과"),
        ("vowel", "는 가 를 와"),
    )
    for particle in particles.split()
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
            yield Token(start, start + len(word), position, ascii_forms(word))
            start += len(word) + 1
        return
    position = 0
    for match in _token(TEX_SIGNS.search(text) is not None).finditer(shape(text)):
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

    Korean words are cut by their particles. Other forms with characters than a-z are their own
    stem: no form has an apostrophe.
    """
    if "가" <= form[-1:] <= "힣":
        form = _without_particles(form)
    return str(_stemmers().stem(form)) if form.isascii() and form.isalpha() else form


def stems_of(forms: Sequence[bytes]) -> list[bytes]:
    """Return the stem of each form in UTF-8, as ``stem`` does; nothing is remembered of them."""
    words = iter(_stemmers().stem_all([form for form in forms if form.isalpha()]))
    return [
        next(words) if form.isalpha() else form if form.isascii() else _stem_of_bytes(form)
        for form in forms
    ]


def _stem_of_bytes(form: bytes) -> bytes:
    return stem(form.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")


def _without_particles(form: str) -> str:
    """Return a Korean word without its particles, of which two letters are left at least."""
    cut = True
    while cut:
        cut = False
        for particle, sound in _PARTICLES:
            noun = form.removesuffix(particle)
            if len(form) > len(noun) >= 2 and _may_follow(noun, sound):
                form, cut = noun, True
                break
    return form


def _may_follow(noun: str, sound: str) -> bool:
    """Tell whether a noun ends in a sound, as far as it can be seen."""
    place = ord(noun[-1]) - ord("가")
    is_korean = 0 <= place <= ord("힣") - ord("가")
    return not sound or not is_korean or sound == ("consonant" if place % 28 else "vowel")


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
        for run in re.finditer(f"[^ {UNIT}]+", shape(text[start:]))
        if len(run[0]) >= MAX_WORD_CHARS
        for token in tokens(text[start + run.start() : start + run.end()])
    )


def is_stop_word(form: str) -> bool:
    """Tell whether queries leave out the word ``form``."""
    return form in _STOP_WORDS


def pieces(texts: Iterable[bytes]) -> list[bytes]:
    """Cut texts, in UTF-8, into pieces, with TEXT_END after the pieces of each text.

    No token crosses a cut: the tokens of the pieces, one after the other, are those of the text.
    Pieces recur, so a caller can analyse each distinct piece once.
    """
    # A comma or a point inside a number is part of it.
    return cut(texts).replace(b", ", b"  ").replace(b". ", b"  ").split()


def cut(texts: Iterable[bytes]) -> bytes:
    """Return the ``pieces`` of texts with white space between them.

    Commas and points are left at their ends; no token has them there.
    """
    parts = [
        bound_bytes(text).translate(_TEX_GAPS) if b"\\" in text else text.translate(_GAPS)
        for text in texts
    ]
    joined = b" " + b" \0 ".join([*parts, b""])
    # Where case does not matter, there are fewer pieces without it.
    lower = bytearray(joined.lower())
    for match in _IN_CAPITALS.finditer(joined.translate(_CAPITALS)):
        start, end = match.span(1)
        if joined[start:end] in _BYTES_OF_CAPITAL_NAMES:
            lower[start:end] = joined[start:end]
    if b"\\" in joined:
        end = 1
        for part in parts:
            start, end = end, end + len(part) + 3
            if b"\\" in part:
                lower[start:end] = joined[start:end]
    return bytes(lower)


def plain_words(piece: bytes) -> list[bytes]:
    """Return the words of a piece of lower-case ASCII words with hyphens between; none of others.

    Its tokens follow from them: the joined word, unless there is only one, and each word.
    """
    bare = piece.strip(_PUNCTUATION_BYTES)
    if not bare.islower():
        return []
    words = bare.split(b"-")
    return words if all(map(bytes.isalnum, words)) else []


def separated(piece: str) -> list[str]:
    """Return the parts of a piece between signs that make no words, such as quotation marks.

    The tokens of the parts, one after the other, are those of the piece.
    """
    # A blank of TeX may stand within a letter.
    if piece.isascii() or TEX_SIGNS.search(piece):
        return [piece]
    return [piece[part.start() : part.end()] for part in _NOT_BLANK.finditer(shape(piece))]


def word_forms(text: str) -> tuple[str, ...]:
    """Return the forms of a text that is one word of letters and digits, none of any other.

    It takes a third of the time of ``tokens``.
    """
    shaped = shape(text)
    return _forms(text) if shaped.isalnum() and UNIT not in shaped else ()


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


def _analysis(
    raw: str,
) -> tuple[tuple[str, ...], tuple[tuple[int, int, tuple[str, ...]], ...]]:
    """Return the joined forms (empty for a plain word) and the parts of one raw token."""
    is_tex = TEX_SIGNS.search(raw) is not None
    if is_tex and raw[0] == "\\" and raw[1:].isalpha() and decode_tex_accents(raw) == raw:
        name = raw[1:]
        forms = () if name.lower() in _FORMATTING else command_names(as_form(name))
        return (), ((0, len(raw), forms),) if forms else ()
    if raw[-1] in "+#":
        return (), ((0, len(raw), (raw.lower(),)),)
    shaped = shape(raw)
    spans = [match.span() for match in _part(is_tex).finditer(shaped)] or [(0, len(raw))]
    if len(spans) > 1 and raw[spans[-1][0] :] in ("s", "S") and shaped[spans[-1][0] - 1] == "'":
        spans.pop()
    parts = tuple((start, end, _forms(raw[start:end])) for start, end in spans)
    if len(parts) == 1 or raw.lower() in ("e.g", "i.e"):
        return (), parts
    words = [forms for _, _, forms in parts]
    plain, other = "".join(forms[0] for forms in words), "".join(forms[-1] for forms in words)
    if "." in raw and plain in _STOP_WORDS:
        return (plain.upper(),), parts  # U.S.
    return tuple(dict.fromkeys(map(as_form, (plain, other.lower())))), parts


_cached_analysis = lru_cache(maxsize=1 << 16)(_analysis)


def _forms(word: str) -> tuple[str, ...]:
    """Return the forms of a part."""
    if word in _CAPITAL_NAMES:
        return ascii_forms(word)
    word = word[:_MAX_FOLDED_CHARS]
    if word[0] == "\\" and word[1:].isalpha() and decode_tex_accents(word) == word:
        return command_names(word[1:])
    letters = decode_tex_accents(word).translate(_NO_BRACES)
    text = unicodedata.normalize("NFKC", letters).casefold()
    # Some characters decompose to a space and a mark, or to nothing.
    text = "".join(unicodedata.normalize("NFC", text).replace(",", "").split()) or word
    if text.isascii():
        return (as_form(text),)
    if shape(word) == UNIT:
        text = letters_of(text) or text
    both = [with_names(one(text) or text) for one in (without_accents, spelled_out)]
    return tuple(dict.fromkeys(map(as_form, both)))


def ascii_forms(word: str) -> tuple[str, ...]:
    """Return the forms of ASCII letters and digits."""
    plain = as_form(word.lower())
    return (plain, word) if word in _CAPITAL_NAMES else (plain,)


# To compile a pattern takes as long as a search, so those of TeX are compiled when a text has it.

_NUMBER_POINT = r"(?:(?<=[0-9])\.(?=[0-9])|(?<=[0-9]),(?=[0-9]{3}(?![0-9])))"


@cache
def _letter(is_tex: bool) -> str:
    """Return the pattern of a letter with its marks; a brace within a word of TeX belongs to it."""
    letter = rf"[{WORD}]{MARK}*"
    return rf"(?:{tex_letter()}|{letter})(?:[{{}}](?=[{WORD}]))?" if is_tex else letter


@cache
def _token(is_tex: bool) -> re.Pattern[str]:
    """Return the pattern of a token in a shape.

    It is a name such as C++, an initialism such as Ph.D., a unit, a word, or a command.

    A word is letters with single joints between them, and gives none of them back: else the search
    would remember each letter in 300 bytes.
    """
    letter, joint, command = _letter(is_tex), "[-']", ""
    if is_tex:
        letter = rf"(?:{greek_command()}|{letter})"
        # $k$-means, H$_2$O, x^2, \ell_\infty, TNF$\alpha$
        joint = (
            rf"(?:[$}}]{{0,2}}[-'][${{]?"
            rf"|(?<=[A-Za-z{LETTER}])}}?\$?[_^]\{{?(?=[0-9{INFINITY}]|\\infty)"
            rf"|(?<=[{WORD}])}}?\$(?=[{WORD}]|{greek_command()}))"
        )
        command = r"|\\[A-Za-z]+"
    return re.compile(
        rf"(?<![{WORD}])[A-Za-z](?:\+\+|\#)(?![{WORD}])"
        rf"|(?<![{WORD}.])[A-Za-z]{{1,2}}(?:\.(?:[A-Za-z]|[Ss]c))+(?![{WORD}{MARK}])"
        rf"|{UNIT}{MARK}*|(?![-'.,])(?:(?:{_NUMBER_POINT}|{joint})?{letter})++{command}"
    )


@cache
def _part(is_tex: bool) -> re.Pattern[str]:
    """Return the pattern of a part of a word with joints."""
    command = rf"{greek_command()}|" if is_tex else ""
    return re.compile(rf"{command}(?![.,])(?:{_NUMBER_POINT}?{_letter(is_tex)})++")


@cache
def _stemmers() -> Any:
    from threading import local

    from Stemmer import Stemmer

    class Stemmers(local):
        """The stemmer of each thread: two threads must not use one."""

        def __init__(self) -> None:
            # Without a cache of its own, since ``stem`` has one.
            stemmer = Stemmer("english", 0)
            self.stem, self.stem_all = stemmer.stemWord, stemmer.stemWords

    return Stemmers()
