"""The signs of a query: quotes of all kinds, and which signs are part of a name."""

import re

from index.letters import decode_tex_accents
from searcher.query.tree import SUFFIXES, Diagnostic

_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})
# A quote begins before a word and ends after one; apostrophes within words, as in don't, end none.
# Phrases in double quotes are passed over.
_SINGLE_QUOTES = re.compile(
    r"""("[^"]*"?)|(?<![^\s(])['‘]([^\s"'‘’()](?:[^"'‘’()]|(?<=\w)['’](?=\w)){1,200})(?<!\s)['’](?!\w)"""
)
_SUFFIX = re.compile(rf"-({'|'.join(sorted(SUFFIXES))})[,.;]*(?![^\s()])")
_PREFIX = re.compile(r"[^\W_]\w[\w-]*\*")
_NOT_FIRST = re.compile(r"[\s(]*NOT\s+(?!(?:AND|OR|NOT)\b)(\w[^\s()\"]*)\s+(?!AND\b|OR\b|NOT\b)\w")


def prepared(text: str) -> tuple[str, list[Diagnostic]]:
    """Return a query with plain quotes and without TeX accents, even where decoding makes one."""
    text = text.translate(_QUOTES)
    for _ in range(4):
        decoded = decode_tex_accents(text)
        if decoded == text:
            break
        text = decoded
    else:
        text = text.replace("\\", " ")
    said: list[Diagnostic] = []
    if "'" in text or "‘" in text:
        text = _SINGLE_QUOTES.sub(lambda match: _doubled(match, said), text)
    if "NOT" in text and (match := _NOT_FIRST.match(text)):
        said.append(
            Diagnostic(
                "excluded",
                f"papers with {match[1]!r} are left out;"
                f' for the words themselves write "NOT {match[1]}" in quotes',
            )
        )
    return text, said


def sign_in_name(text: str, at: int) -> Diagnostic | None:
    """Return what to say of a sign before a word that is part of a name, None of an operator.

    These are the hyphen of ``LR(k)-Parsing``, the click of ``!Xung`` and the suffix ``-ed``.
    """
    sign, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if sign in "-+!" and before and before in ')"' and (after.isalnum() or after in ("(", '"')):
        reason = f"the {sign} after {before} is read as part of a name; it is an operator"
        return Diagnostic("sign-in-name", f"{reason} after a space")
    if sign == "!" and after.isupper():
        name = text[at:].split()[0][:60]
        return Diagnostic("sign-in-name", f"{name} is read as a name; NOT {name[1:]} excludes it")
    if sign == "-" and (match := _SUFFIX.match(text, at)):
        reason = f"-{match[1]} is read as the suffix; NOT {match[1]} excludes it"
        return Diagnostic("sign-in-name", reason)
    return None


def is_power(text: str, exponent: str) -> bool:
    """Tell whether a word and what it is raised to are a name, as in ``R^2``, and no boost."""
    return len(text) == 1 and text.isalpha() and exponent.isdigit() and len(exponent) <= 2


def is_starred(text: str) -> bool:
    """Tell whether a text is a name such as ``A*``; ``a*`` is every word that begins with it."""
    return len(text) == 2 and "A" <= text[0] <= "Z" and text[1] == "*"


def is_prefix(word: str) -> bool:
    """Tell whether a word of a phrase is the beginning of words, as in ``"deep learn*"``."""
    return _PREFIX.fullmatch(word) is not None


def _doubled(match: re.Match[str], said: list[Diagnostic]) -> str:
    """Return words in single quotes as a phrase in double ones, and a single word without them."""
    if match[1]:
        return match[0]
    if not re.search(r"\s", match[2]):
        is_plain = re.fullmatch(r"(?!(?:AND|OR|NOT)$)[^\W_][\w'’-]*", match[2])
        return match[2] if is_plain else match[0]
    said.append(Diagnostic("single-quotes", f'{match[0]} is read as the phrase "{match[2]}"'))
    return f'"{match[2]}"'
