"""Lists that programs have printed into one text: ``['gas', "oil"]`` → their items."""

import json
import re


def printed_list(text: str) -> list[str] | None:
    """Return the texts of a list as Python, numpy or JSON prints it, None if the text is none.

    What stands for no value, and numbers among the texts, are left out.
    """
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    items, place = list[str](), 1
    while match := _ITEM.match(text, place):
        place = match.end()
        if quoted := match["quoted"]:
            items.append(_unquoted(quoted))
    rest = text[place:].strip()
    return items if rest == "]" and (items or place == 1) else None


def _unquoted(quoted: str) -> str:
    if quoted[0] == '"':
        try:
            return str(json.loads(quoted))
        except ValueError:
            pass  # Python's, which prints a text with an apostrophe so
    return _ESCAPE.sub(_escaped, quoted[1:-1])


def _escaped(escape: re.Match[str]) -> str:
    code = escape["code"]
    return chr(int(code[1:], 16)) if code else _CONTROLS.get(escape[0], escape[0][1:])


# Between items stands a comma, or only a blank as in numpy's arrays.
_ITEM = re.compile(
    r"""
    \s*+ (?: [ub]?(?P<quoted> "(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+' )
        | None | null | nan | NaN | -?[0-9][0-9.]*+ )
    \s*+ (?: , | (?=\]) | (?<=\s) )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:(?P<code>x[{0}]{{2}}|u[{0}]{{4}}|U00(?:0[{0}]|10)[{0}]{{4}})|.)".format("0-9a-fA-F"),
    re.DOTALL,
)
_CONTROLS = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}
