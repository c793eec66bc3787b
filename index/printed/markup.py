"""HTML, JATS, MathML and entities → plain text.

``plain`` is for any text that may hold markup. LaTeX is read by ``accents`` and ``from_latex``,
which stand here with it because a reader needs both kinds.
"""

import html
import re
from bisect import bisect_left
from dataclasses import dataclass
from html.entities import html5

from index.printed.latex import accents, from_latex, would_join

__all__ = ["accents", "from_latex", "plain"]

# What parts paragraphs; the end of a heading joins it to the text behind it.
_HEADINGS = {"title", "h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | set(
    "abstract address article aside blockquote body caption center dd def def-item def-list div dl "
    "disp-quote dt fieldset figcaption figure footer form head header hr html li list list-item "
    "main nav ol p pre sec section subtitle summary table tbody tfoot thead tr trans-abstract "
    "trans-title ul".split()
)
# What is markup even if nothing closes it.
_UNCLOSED = {"br", "dd", "dt", "hr", "li", "p", "td", "th", "tr", "wbr"}
_LINE_BREAKS = {"br", "break"}
_SPACES = {"td", "th", "mspace", "label"}
_CODE = {"script", "style"}
_DROPPED = _CODE | {"annotation", "annotation-xml"}
_TEX = {"tex-math", "tex", "annotation"}
# Where a formula stands in several notations, of which TeX is kept.
_ALTERNATIVES = {"alternatives", "inline-formula", "disp-formula", "semantics"}
_MATHML_TEXT = {"mi", "mn", "mo", "ms", "mtext"}
_MATHML = _MATHML_TEXT | set(
    "annotation annotation-xml maction maligngroup malignmark math menclose merror mfenced "
    "mfrac mlabeledtr mmultiscripts mover mpadded mphantom mprescripts mroot mrow mspace "
    "msqrt mstyle msub msubsup msup mtable mtd mtr munder munderover semantics".split()
)
# Which child of an element is raised, and what stands between the children.
_RAISED_CHILD = {"msup": 2, "msubsup": 3}
_BETWEEN = {"mfrac": "/", "mfenced": ",", "mtr": " ", "mtable": " "}
_AROUND = {"mfenced": ("(", ")"), "msqrt": ("√", ""), "q": ("“", "”")}
# HTML's ``s`` is missing: in abstracts ``<s>`` is a token of language models.
_KNOWN = (
    _BLOCKS
    | _UNCLOSED
    | _LINE_BREAKS
    | _SPACES
    | _DROPPED
    | _TEX
    | _ALTERNATIVES
    | _MATHML
    | set(
        "a abbr acronym b bdi bdo big bold cite code del dfn em email ext-link fixed-case fn "
        "font i img inf inline-graphic ins italic kbd mark monospace named-content nobr "
        "overline q related-article roman rp rt ruby samp sans-serif sc scp small span strike "
        "strong styled-content sub sup term time tt u underline uri var xref".split()
    )
)
_PREFIXES = {"jats", "mml", "m", "ce", "sb", "html", "xhtml"}

_TAG = re.compile(
    r"""
    < (?: !-- (?: [^<] | <(?!!--) )*? -->
        | \?[a-z][^<>]*> | !\[CDATA\[ | !DOCTYPE[^<>]*>
        | (?P<blank>\s?+) (?P<end>/?) \s?+
          (?: (?P<prefix>[a-z][a-z0-9]*) : )? (?P<name>[a-z][a-z0-9-]*+)
          (?P<attributes> (?:
              \s++ [\w:.-]++ \s*+ = \s*+ (?: "[^"]*+" | '[^']*+' | [^\s"'<>=]++ )
          )*+ )
          \s*+ (?P<empty>/?) >
      )
    | \]\]> (?P<cdata_end>)
    | & (?P<entity> \#[0-9]{1,7} | \#[xX][0-9A-Fa-f]{1,6} | [A-Za-z][A-Za-z0-9]{1,31} ) ;
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAX_ESCAPES = 3


def plain(text: str) -> str:
    """Return a text with HTML, JATS or MathML markup and entities as plain text.

    White space runs become one blank, and paragraph breaks one line end. A blank line and the ends
    of block elements break paragraphs; a single line end does not. The heading of a section stands
    before its text, after a colon; a heading that only says "Abstract" is dropped.

    A tag is markup if its name is one of HTML, JATS or MathML and it is closed, empty, has
    attributes or a prefix such as ``jats:``; ``<p>``, ``<br>`` and their like need no end. Scripts
    and styles are dropped; between ``<script>`` and ``</script>`` words that are no code stay.
    Everything else in angle brackets stays, as in ``a < b`` or ``<unk>``. An entity needs its
    semicolon. What was escaped twice is resolved twice. Of a formula in MathML and TeX the TeX is
    kept, between dollars.

    A text is read once only: in the result a line end is a paragraph break.

    Takes 4 µs for an abstract without markup, and 3 µs more for each tag or entity.
    """
    for _ in range(_MAX_ESCAPES):
        if "<" not in text and "&" not in text:
            break
        document = _Document(text)
        text = "\n\n".join(document.paragraphs)
        if not document.has_unescaped:
            break
    return _folded(text)


def _folded(text: str) -> str:
    """Return ``text`` with a line end for each blank line, and blanks for other white space."""
    if "\r" in text or "\u2029" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n\n")
    if "\n" not in text:
        # The blank is the only white space that is printable.
        is_folded = text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]
        return text if is_folded else " ".join(text.split())
    paragraphs = (" ".join(paragraph.split()) for paragraph in _BLANK_LINE.split(text))
    return "\n".join(filter(None, paragraphs))


_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


@dataclass(slots=True)
class _Element:
    """An open element: its name, and where in which paragraph its text begins."""

    name: str
    paragraph: int
    start: int
    is_raised: bool = False
    child_count: int = 0
    tex: str = ""


class _Document:
    """The paragraphs of one text with markup."""

    def __init__(self, text: str) -> None:
        self.paragraphs: list[str] = []
        self.has_unescaped = False
        self._parts: list[str] = []
        self._heading = ""
        self._elements: list[_Element] = []
        self._open_counts: dict[str, int] = {}
        # Where the parts end that stand before a line break, and a label.
        self._line_break = 0
        self._label_end = 0
        self._read(text)

    def _read(self, text: str) -> None:
        tokens = list(_TAG.finditer(text))
        markup = _markup(tokens)
        has_cdata = "<![CDATA[" in text
        place = 0
        for token in tokens:
            if token["entity"]:
                character = _character(token["entity"])
                if character is None:
                    continue
                self._add(text[place : token.start()])
                self._add(character)
                self.has_unescaped |= character in "<&"
            elif token["name"]:
                if token.start() not in markup:
                    continue
                self._add(text[place : token.start()])
                self._tag(token)
            elif token["cdata_end"] is not None and not has_cdata:
                continue
            else:
                self._add(text[place : token.start()])
            place = token.end()
        self._add(text[place:])
        while self._elements:
            self._close()
        self._break_paragraph()
        if self._heading:
            self.paragraphs.append(self._heading)

    def _tag(self, token: re.Match[str]) -> None:
        name = token["name"].lower()
        if token["end"]:
            if name == "annotation" and not self._open_counts.get(name):
                name = "annotation-xml"
            if self._open_counts.get(name):
                while self._close() != name:
                    pass
            elif name in _BLOCKS:
                self._break_paragraph()
            return
        if name in _LINE_BREAKS:
            # A second line break at once makes a blank line.
            if self._line_break and not "".join(self._parts[self._line_break :]).strip():
                self._break_paragraph()
            else:
                self._parts.append(" ")
                self._line_break = len(self._parts)
            return
        if name in _TEX:
            # Another notation is dropped; TeX in TeX is a part of it.
            is_other = name == "annotation" and "tex" not in token["attributes"].lower()
            name = "annotation-xml" if is_other else "i" if self._has_tex() else name
        self._open(name)
        if token["empty"] or name in ("img", "hr", "wbr"):
            self._close()

    def _has_tex(self) -> bool:
        return any(self._open_counts.get(name) for name in _TEX)

    def _open(self, name: str) -> None:
        if name in _BLOCKS:
            # The number of a section or the sign of a list item stays with what it is for.
            if not self._label_end or "".join(self._parts[self._label_end :]).strip():
                self._break_paragraph()
        elif name in _SPACES:
            self._parts.append(" ")
        is_raised = name == "sup"
        if name in _MATHML and self._elements:
            parent = self._elements[-1]
            parent.child_count += 1
            if parent.child_count > 1 and parent.name in _BETWEEN:
                self._parts.append(_BETWEEN[parent.name])
            is_raised = parent.child_count == _RAISED_CHILD.get(parent.name)
        self._elements.append(_Element(name, len(self.paragraphs), len(self._parts), is_raised))
        self._open_counts[name] = self._open_counts.get(name, 0) + 1
        if before := _AROUND.get(name, ("", ""))[0]:
            self._parts.append(before)

    def _close(self) -> str:
        """Close the innermost element and return its name."""
        element = self._elements.pop()
        name = element.name
        self._open_counts[name] -= 1
        if behind := _AROUND.get(name, ("", ""))[1]:
            self._parts.append(behind)
        if element.is_raised and element.paragraph == len(self.paragraphs):
            self._mark_power(element.start)
        if name in _TEX:
            tex = _formula(self._cut(element))
            if self._elements and self._elements[-1].name in _ALTERNATIVES:
                self._elements[-1].tex = tex
            elif tex:
                self._parts.append(tex)
        elif name in _DROPPED:
            self._cut(element)
        elif element.tex:
            self._cut(element)
            self._parts.append(element.tex)
        elif name in _HEADINGS:
            self._end_heading()
        elif name in _BLOCKS:
            self._break_paragraph()
        elif name in _SPACES:
            self._parts.append(" ")
            self._label_end = len(self._parts) if name == "label" else 0
        return name

    def _cut(self, element: _Element) -> str:
        """Take the text of an element away, as far as it is in the paragraph at hand."""
        start = element.start if element.paragraph == len(self.paragraphs) else 0
        text = "".join(self._parts[start:])
        del self._parts[start:]
        return text

    def _add(self, text: str) -> None:
        if not text:
            return
        if self._elements and (name := self._elements[-1].name) in _MATHML and name != "annotation":
            # Between the elements of MathML only the layout of the file is text.
            text = text.translate(_INVISIBLE)
            text = text if name == "mtext" else text.strip()
            if not text:
                return
        self._parts.append(text)

    def _mark_power(self, start: int) -> None:
        """Put a circumflex before raised text if two numbers would become one."""
        if start and would_join(self._parts[start - 1], "".join(self._parts[start : start + 4])):
            self._parts[start] = f"^{self._parts[start].lstrip()}"

    def _taken(self) -> str:
        text = _folded("".join(self._parts))
        self._parts.clear()
        self._line_break = self._label_end = 0
        return text

    def _end_heading(self) -> None:
        heading = self._taken().replace("\n", " ")
        is_first = not self.paragraphs and not self._heading
        if is_first and heading.strip(" .:").casefold() in _ABSTRACT_HEADINGS:
            return
        self._heading = _under(self._heading, heading) if heading else self._heading

    def _break_paragraph(self) -> None:
        if text := self._taken():
            self.paragraphs.append(_under(self._heading, text).replace("\n", "\n\n"))
            self._heading = ""


_ABSTRACT_HEADINGS = set(
    "abstract summary resumen résumé resumo riassunto zusammenfassung sammendrag аннотация 摘要 "
    "要旨 抄録 초록".split()
)
# Function application, and times, comma and plus that are not printed.
_INVISIBLE = dict.fromkeys(range(0x2061, 0x2065))


def _under(heading: str, text: str) -> str:
    if not heading:
        return text
    return f"{heading} {text}" if heading.endswith((":", ".", "?", "!")) else f"{heading}: {text}"


def _markup(tokens: list[re.Match[str]]) -> set[int]:
    """Return where the tags begin that are markup."""
    places: set[int] = set()
    open_tags: dict[str, list[re.Match[str]]] = {}
    signs: list[int] | None = None
    for token in tokens:
        if not token["name"]:
            continue
        name, prefix = token["name"].lower(), (token["prefix"] or "").lower()
        is_ours = prefix in _PREFIXES or re.fullmatch(r"ns\d+", prefix)
        if not is_ours and (prefix or name not in _KNOWN):
            continue
        if token["end"]:
            if open_tags.get(name):
                start = open_tags[name].pop()
                if name in _CODE and start.start() not in places:
                    signs = _signs_of_code(token.string) if signs is None else signs
                    if not _is_code(start, token, signs):
                        continue
                places |= {start.start(), token.start()}
            elif not token["blank"]:
                places.add(token.start())
            continue
        is_sure = is_ours or token["empty"] or token["attributes"]
        if is_sure or (name in _UNCLOSED and not token["blank"] and not _is_a_mean(token)):
            places.add(token.start())
        open_tags.setdefault(name, []).append(token)
    return places


def _signs_of_code(text: str) -> list[int]:
    """Return where the signs stand that a script or a style has and words have not."""
    return [match.start() for match in _CODE_SIGN.finditer(text) if match[1]]


def _is_code(start: re.Match[str], end: re.Match[str], signs: list[int]) -> bool:
    """Tell whether code, or nothing, stands between two tags, not words about them."""
    place = bisect_left(signs, start.end())
    has_sign = place < len(signs) and signs[place] < end.start()
    return has_sign or _CODE_START.match(end.string, start.end(), end.end()) is not None


# The semicolon of an entity is none.
_CODE_SIGN = re.compile(r"&\#?\w{1,31};|([{};=]|<!)")
# A call, or the next tag.
_CODE_START = re.compile(r"\s*+(?:[\w.$]++\(|</)")


def _is_a_mean(token: re.Match[str]) -> bool:
    """Tell whether ``<p>`` may be an average, or two comparisons as in ``n<p>k``.

    A paragraph begins with a capital, in scripts that have them.
    """
    return token["name"] == "p" and bool(_SMALL.match(token.string, token.end()))


_SMALL = re.compile(r"\s*+[a-zß-ÿ0-9=<>.,;)]")


def _character(entity: str) -> str | None:
    """Return what an entity stands for, None if it is none."""
    if not entity.startswith("#"):
        return html5.get(f"{entity};")
    number = int(entity[2:], 16) if entity[1] in "xX" else int(entity[1:])
    if not 0 < number <= 0x10FFFF or 0xD800 <= number < 0xE000:
        return None
    # HTML reads 128 to 159 as windows-1252, which leaves out five of them.
    character = html.unescape(f"&#{number};")
    is_control = not character or (character < " " and not character.isspace())
    return None if is_control or "\x7f" <= character < "\xa0" else character


def _formula(tex: str) -> str:
    """Return TeX between dollars, or as text if it is no more than that."""
    if match := _TEX_DOCUMENT.search(tex):
        tex = match[1]
    tex = tex.strip().strip("$").strip()
    for start, end in ((r"\(", r"\)"), (r"\[", r"\]")):
        tex = tex.removeprefix(start).removesuffix(end)
    text = _TEX_SPACE.sub(" ", tex).replace(r"\%", "%").strip()
    return f"${tex}$" if _TEX_SIGN.search(text) else text


_TEX_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|$)", re.DOTALL)
_TEX_SPACE = re.compile(r"\\[,;: !]")
_TEX_SIGN = re.compile(r"[\\^_{}]")
