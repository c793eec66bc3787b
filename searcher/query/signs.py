"""The signs of a query, as the grammar reads them."""

from index.analysis import decode_tex_accents

_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})


def prepared(text: str) -> str:
    """Return a query with plain quotes and without TeX accents, even where decoding makes one."""
    text = text.translate(_QUOTES)
    for _ in range(4):
        decoded = decode_tex_accents(text)
        if decoded == text:
            return text
        text = decoded
    return text.replace("\\", " ")
