"""Keywords that a source prints as one text: ``rivers; lakes`` → each of them."""

import html
import re

from index.printed.lists import printed_list


def split_keywords(text: str, *, signs: str = ";\n", by_comma: bool = True) -> list[str]:
    """Return the keywords of a text, which signs part, else commas.

    Of signs and commas those part that are more by far: either may stand within a keyword. A
    semicolon at the end says that commas part nothing, as where not ``by_comma``. Nor does a comma
    between digits: ``1,2-dioxane``.
    """
    parts = printed_list(text)
    if parts is None:
        text = _LINE_END.sub(", ", _ENTITY.sub(lambda match: html.unescape(match[0]), text.strip()))
        commas, sign_count = text.count(","), sum(map(text.count, signs))
        has_commas = by_comma and not text.endswith(";") and commas >= 3 * sign_count
        parts = _COMMA.split(text) if has_commas else re.split(f"[{signs}]", text)
    return [part for part in map(str.strip, parts) if any(map(str.isalnum, part))]


_ENTITY = re.compile(r"&#?\w{2,8};")
# A comma before it parts already.
_LINE_END = re.compile(r",\s*\n")
_COMMA = re.compile(r"(?<![0-9]),|,(?![0-9])|\n")
