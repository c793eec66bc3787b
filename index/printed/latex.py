"""LaTeX as bibliographies and arXiv write it → plain text; formulas stay as printed.

Two public functions share one table of accents. ``accents`` turns accented letters alone into
characters and is meant for texts that are not LaTeX otherwise. ``from_latex`` is for the fields of
a BibTeX entry: it resolves commands, too, and drops the braces.

What a formula is: ``$x$``, ``$$x$$``, ``\\(x\\)``, ``\\[x\\]`` or an environment for equations.
"""

import re
import unicodedata
from functools import lru_cache

from index.letters import LETTERS_OF_TEX, MARKS_OF_TEX


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


# Accent commands and the combining marks that Unicode has for them: beside LaTeX's own those of
# hyperref's PU encoding (f, G, U), vntex (horn) and tipa (textsub…).
_MARKS = MARKS_OF_TEX | _pairs(
    "U \u030d G \u030f f \u0311 horn \u031b textsubumlaut \u0324 textsubring \u0325 "
    "textcommabelow \u0326 textsubcircum \u032d textsubbreve \u032e textsubtilde \u0330 t \u0361"
)
_LETTERS = LETTERS_OF_TEX | _pairs("SS ẞ ij ĳ IJ Ĳ ohorn ơ OHORN Ơ uhorn ư UHORN Ư")
# How exports write letters that LaTeX has no command for.
_WITHOUT_COMMAND = _pairs("H\u0304 Ħ h\u0304 ħ T\u0304 Ŧ t\u0304 ŧ L\u0307 Ŀ l\u0307 ŀ")

_EQUATIONS = "equation|align|eqnarray|gather|multline|displaymath|math"
_FORMULA = rf"""
    \$ (?<!\\\$) (?: \$ [^$]+ \$\$ | (?: [^$\\] | \\. )++ \$ )
    | \\\( (?: (?! \\[()] ) . )*+ \\\) | \\\[ (?: (?! \\[][] ) . )*+ \\\]
    | \\begin\{{ (?P<environment>{_EQUATIONS}) (?P<star>\*?) \}}
      (?: (?! \\begin\{{ | \\end\{{(?P=environment) ) . )*+
      \\end\{{ (?P=environment)(?P=star) \}}
"""
_ADDRESS = r"\\(?:url|path|nolinkurl)\s*+\{(?:[^{}]|\{\})*+\} | https?://(?:[^\s{}\\$]|\\[~_%#&](?:\{\})?)+"
# Formulas and addresses; what looks like an accent there is none.
_AS_PRINTED = re.compile(f"{_FORMULA} | {_ADDRESS}", re.VERBOSE | re.DOTALL)

_LETTER_NAMES = "|".join(sorted(_LETTERS, key=len, reverse=True))
# As in TeX, a blank behind a command only ends its name. Before a capital or the word "and" it
# stands between words all the same.
_LETTER = re.compile(
    rf"""
    \{{ \\({_LETTER_NAMES}) \s* \}}
    | \\({_LETTER_NAMES}) (?![A-Za-z]) (?: \{{\}} | \s+ (?= [a-zß-ÿ\\] ) (?! and\s ) )?
    """,
    re.VERBOSE,
)
_BASE = r"[A-Za-zÀ-\u02af\u0370-\u052f\u1e00-\u1fff][\u0300-\u036f]*"
_MARK_NAMES = "|".join(re.escape(name) for name in _MARKS if name.isalpha())
_ACCENT = re.compile(
    rf"""
    (?<!/) (\{{)?
    \\ (?: (?P<sign>[`'^"~=.]) | (?P<name>{_MARK_NAMES}) (?![A-Za-z]) \s*+ )
    (?: \{{ \s* (?P<first>{_BASE}) (?P<rest>[^{{}}\\$]*) \}} | (?(1)\s*) (?P<bare>{_BASE}) )
    (?(1) \}} )
    """,
    re.VERBOSE,
)
# Letters of the languages written with Latin letters have two accents at most.
_MAX_STACKED = 3
# ``\"gas\"``: quotation marks that some program has escaped, no accents.
_ESCAPED_QUOTES = re.compile(r'(?<![\w\\{])\\"(?=\w)([^"\\{}$]*[^\s"\\{}$])\\"(?![\w\\{])')


def accents(text: str) -> str:
    r"""Return ``text`` with TeX's accents and letters as characters, all else as printed.

    ``Erd\H{o}s`` gives ``Erdős``, and ``{\O}stby`` gives ``Østby``. Formulas and addresses stay as
    they are. Takes 10 µs for a name, and nothing where no backslash stands.
    """
    if "\\" not in text:
        return text
    pieces, end = [], 0
    for match in _AS_PRINTED.finditer(text):
        pieces += [_accented(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join((*pieces, _accented(text[end:])))


def _accented(text: str) -> str:
    if "\\" not in text:
        return text
    text = _LETTER.sub(lambda match: _LETTERS[match[1] or match[2]], text)
    text = _ESCAPED_QUOTES.sub(r'"\1"', text)
    for _ in range(_MAX_STACKED):
        text, count = _ACCENT.subn(_accented_letter, text)
        if not count:
            break
    return text


def _accented_letter(match: re.Match[str]) -> str:
    letter = match["first"] or match["bare"]
    mark = _MARKS[match["sign"] or match["name"]]
    if unicodedata.combining(mark) > 220:  # above the letter, where the dot would be
        letter = letter.replace("ı", "i").replace("ȷ", "j")
    if letter != "i" or mark != "\u0307":
        letter = unicodedata.normalize("NFC", letter + mark)
        letter = _WITHOUT_COMMAND.get(letter, letter)
    return letter + (match["rest"] or "")


# Commands that stand for signs, as far as they are frequent or pylatexenc reads them otherwise.
_SIGNS = _pairs(
    "textless < textgreater > textbar | textbackslash \\ textbraceleft { textbraceright } lbrace { "
    "rbrace } textasciitilde ~ textasciicircum ^ textasciigrave ` textunderscore _ textdollar $ "
    "textquotesingle ' textquotedbl \" textquoteleft ‘ textquoteright ’ lq ‘ rq ’ quotesinglbase ‚ "
    "textquotedblleft “ textquotedblright ” quotedblbase „ textperiodcentered · textbullet • "
    "textellipsis … ldots … dots … textendash – textemdash — textdegree ° textpm ± texttimes × "
    "textmu μ textregistered ® texttrademark ™ copyright © textcopyright © pounds £ euro € "
    "texteuro € S § P ¶ slash / today today"
) | dict.fromkeys("quad qquad space newline item newblock textvisiblespace".split(), " ")
# What AASTeX prints in short, in the words of ADS.
_JOURNALS = {
    "aap": "Astronomy and Astrophysics",
    "aapr": "Astronomy and Astrophysics Review",
    "aaps": "Astronomy and Astrophysics Supplement Series",
    "aj": "The Astronomical Journal",
    "ao": "Applied Optics",
    "apj": "The Astrophysical Journal",
    "apjl": "The Astrophysical Journal Letters",
    "apjs": "The Astrophysical Journal Supplement Series",
    "apss": "Astrophysics and Space Science",
    "araa": "Annual Review of Astronomy and Astrophysics",
    "grl": "Geophysical Research Letters",
    "icarus": "Icarus",
    "jcap": "Journal of Cosmology and Astroparticle Physics",
    "jgr": "Journal of Geophysical Research",
    "mnras": "Monthly Notices of the Royal Astronomical Society",
    "nat": "Nature",
    "pasa": "Publications of the Astronomical Society of Australia",
    "pasj": "Publications of the Astronomical Society of Japan",
    "pasp": "Publications of the Astronomical Society of the Pacific",
    "physrep": "Physics Reports",
    "planss": "Planetary and Space Science",
    "pra": "Physical Review A",
    "prb": "Physical Review B",
    "prc": "Physical Review C",
    "prd": "Physical Review D",
    "pre": "Physical Review E",
    "prl": "Physical Review Letters",
    "rmp": "Reviews of Modern Physics",
    "solphys": "Solar Physics",
    "ssr": "Space Science Reviews",
}
# What becomes of a command's arguments, one after the other. Of all others the text stays.
_ARGUMENTS = {
    **dict.fromkeys(
        "begin end noopsort includegraphics label vspace hspace vskip hskip color phantom vphantom "
        "hphantom pagestyle thispagestyle thanks usepackage documentclass setlength".split(),
        ("drop",),
    ),
    **dict.fromkeys(["href", "textcolor", "colorbox", "bibinfo", "bibfield"], ("drop", "keep")),
    **dict.fromkeys(["cite", "citep", "citet", "citealp", "parencite", "textcite"], ("cite",)),
    "textsuperscript": ("superscript",),
    "footnote": ("note",),
    "enquote": ("quote",),
    "mkbibquote": ("quote",),
    "frac": ("keep", "denominator"),
}
# Commands that set type and print nothing; ``ud`` is what CORE leaves of a line end.
_SETTINGS = set(
    "relax protect it bf em tt rm sc sl sf cal itshape bfseries scshape slshape upshape "
    "mdseries rmfamily sffamily ttfamily normalfont selectfont tiny scriptsize footnotesize "
    "small normalsize large Large LARGE huge Huge noindent indent centering raggedright nobreak "
    "allowbreak break displaystyle textstyle boldmath unboldmath left right big Big bigg Bigg "
    "limits nolimits maketitle leavevmode unskip ignorespaces bgroup egroup begingroup endgroup "
    "ud".split()
)

_TEX = ("\\", "{", "}", "~", "--", "``")
_TOKEN = re.compile(
    rf"""
    (?: [^\\{{}}~$`'h-]++ | h(?!ttps?://) | '(?!') | -(?!-) )++
    | (?P<brace>[{{}}])
    | (?P<formula> {_FORMULA} )
    | \\ensuremath\s*+\{{ (?P<ensured> (?: [^{{}}] | \{{[^{{}}]*\}} )*+ ) \}}
    | (?P<address> {_ADDRESS} )
    | \\verb\*?(?P<quote>[^\sA-Za-z*{{]) (?P<verbatim>[^\n]*?) (?P=quote)
    | \\(?P<name>[A-Za-z@]++)\*?
    | \\(?P<sign>.)
    | (?P<tie>~)
    | (?P<dash>-{{2,}})
    | (?P<mark>``|'')
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
# ``{$<$}``: an export's way to escape a sign.
_SIGN_AS_FORMULA = re.compile(r"\{\$([^\w\s\\$^{}])\$\}")
_OPTIONS = re.compile(r"(?:\s*\[[^][]*\])*+")
_BLANKS = re.compile(r"[ \t]*+\n?[ \t]*+")
_ESCAPE_IN_ADDRESS = re.compile(r"\\([_%#&~${}])(?:\{\})?")
_SIGN_COMMANDS = dict.fromkeys(" \t\n,;:>\\", " ") | dict.fromkeys("!-/@", "")
_DASHES = {2: "–", 3: "—"}


def from_latex(text: str) -> str:
    r"""Return a field of a BibTeX entry as plain text.

    Accents, letters, signs, dashes and quotation marks become characters; of other commands the
    text that they set stays: ``\emph{gas}`` gives ``gas``. Braces are dropped. A formula stays as
    printed, and so does what TeX would take amiss, such as a bare ``%`` or ``&``. A command that
    nobody knows leaves its name. Line ends stay, too.

    Takes 25 µs for a title, 190 µs for an abstract of 940 characters with 18 commands, and 3 µs for
    one without. pylatexenc takes 0.8 ms and 5.1 ms; it loses what follows a bare ``%``, and the
    arguments of many commands. Of it only the table of symbols is used, for commands that are not
    known here; it takes 0.1 s to import.
    """
    if not any(sign in text for sign in _TEX):
        return text
    return _Rendering(_SIGN_AS_FORMULA.sub(r"\1", accents(text))).result()


class _Rendering:
    """One pass over a text; no nesting of groups, however deep, can exhaust the stack."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[str] = []
        # The groups that are open: what becomes of each, where its parts begin, and what becomes of
        # the groups behind it.
        self._groups: list[tuple[str, int, list[str]]] = []
        self._roles: list[str] = []
        self._is_quoted = False

    def result(self) -> str:
        text, place = self._text, 0
        while match := _TOKEN.match(text, place):
            place = match.end()
            kind = match.lastgroup
            if kind == "brace":
                self._open() if match[0] == "{" else self._close()
                continue
            if kind == "name":
                place = self._command(match["name"], place)
                continue
            if self._roles and not match[0].isspace():
                self._roles = []
            if kind == "sign":
                place = self._sign(match["sign"], place)
            else:
                self._parts.append(self._printed(match))
        return "".join(self._parts)

    def _printed(self, match: re.Match[str]) -> str:
        """Return what a token that is neither a brace nor a command stands for."""
        token = match[0]
        if match["tie"]:
            before = self._text[max(match.start() - 1, 0) : match.start()]
            after = self._text[match.end() : match.end() + 1]
            # ``~5`` is about five, and ``/~quill`` is part of an address.
            is_sign = before == "/" or (before in " \t\n([<>=" and after.isdigit())
            return "~" if is_sign else " "
        if match["dash"]:
            return _DASHES.get(len(token), token)
        if match["mark"]:
            self._is_quoted |= token == "``"
            return "“" if token == "``" else "”" if self._is_quoted else token
        if match["ensured"]:
            content = match["ensured"]
            return f"${content}$" if re.search(r"[\\^_{}]", content) else content
        if match["verbatim"] is not None:
            return match["verbatim"]
        if match["address"]:
            address = token[token.index("{") + 1 : -1] if token.startswith("\\") else token
            return _ESCAPE_IN_ADDRESS.sub(r"\1", address)
        return token

    def _open(self) -> None:
        role = self._roles.pop(0) if self._roles else "keep"
        self._groups.append((role, len(self._parts), self._roles))
        self._roles = []

    def _close(self) -> None:
        if not self._groups:
            return
        role, start, self._roles = self._groups.pop()
        if role == "keep":
            return
        text = "".join(self._parts[start:])
        del self._parts[start:]
        before = next((part for part in reversed(self._parts) if part), "")
        match role:
            case "superscript":
                text = f"^{text}" if would_join(before, text) else text
            case "denominator":
                text = f"/{text}"
            case "cite":
                text = f"[{text}]"
            case "quote":
                text = f"“{text}”"
            case "note":
                text = f"({text})" if before[-1:].isspace() else f" ({text})"
            case "drop":
                text = ""
        self._parts.append(text)

    def _command(self, name: str, place: int) -> int:
        """Print what a command stands for; return where the text goes on."""
        text = self._text
        self._roles = list(_ARGUMENTS.get(name, ()))
        if self._roles or name == "item":
            place = _end(_OPTIONS, text, place)
        if self._roles:
            self._parts.append(" " if name in ("begin", "end") else "")
            return place
        if name == "par":
            self._parts.append("\n\n")
            return place
        if name in _SIGNS or name in _JOURNALS:
            self._parts.append(_SIGNS.get(name) or _JOURNALS[name])
            return _end(_BLANKS, text, place) if name.startswith("text") else place
        if name in _SETTINGS:
            return _end(_BLANKS, text, place)
        if text.startswith("{", place) and not text.startswith("{}", place):
            return place
        symbol = _symbol(name)
        if symbol is None and not name.startswith(("text", "math")):
            symbol = name
        self._parts.append(symbol or "")
        return place

    def _sign(self, sign: str, place: int) -> int:
        self._parts.append(_SIGN_COMMANDS.get(sign, sign))
        return _end(_OPTIONS, self._text, place) if sign == "\\" else place


def would_join(before: str, raised: str) -> bool:
    """Tell whether a superscript, set on the line, would lengthen the number before it."""
    return before[-1:].isdigit() and bool(_NUMBER.match(raised))


_NUMBER = re.compile(r"\s*[-−–]?\d")


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


@lru_cache(maxsize=1 << 10)
def _symbol(name: str) -> str | None:
    """Return what pylatexenc prints for a command without arguments, None if it knows nothing."""
    # Imported here because it takes 0.1 s, and few texts need it.
    from pylatexenc.latex2text import get_default_latex_context_db

    command = get_default_latex_context_db().get_macro_spec(name)
    printed = command.simplify_repl if command else None
    return printed if isinstance(printed, str) and not set(printed) & set("%<") else None


def to_latex(text: str, *, keeps_capitals: bool = False) -> str:
    r"""Return plain text as the value of a BibTeX field, which ``from_latex`` gives back.

    What LaTeX takes for its own is escaped; letters of all scripts stay. A formula stays as printed
    if BibTeX can hold it: its braces have partners, and no bare ``%`` is in it. Prices are none:
    a formula has no blank inside its dollars and no digit behind, or it has a sign of TeX. A line
    end becomes a blank line. With ``keeps_capitals``, braces protect words such as ``BERT`` from
    styles that print titles in small letters.
    """
    if text.isalpha() and not keeps_capitals:
        return text  # as most parts of names are
    escapes = _ESCAPES if _is_balanced(text) else _ESCAPES | _LONE_BRACES
    parts, place, end = [], 0, 0
    while match := _A_FORMULA.search(text, place):
        place = match.end()
        if _may_stay(match):
            formula = _protected_formula(match[0]) if keeps_capitals else match[0]
            parts += [_escaped(text[end : match.start()], escapes, keeps_capitals), formula]
            end = place
        else:
            place = match.start() + 1  # the next may begin inside
    parts.append(_escaped(text[end:], escapes, keeps_capitals))
    # Where a word and a bracket follow, or a paragraph begins, programs see the start of an entry.
    return _ENTRY_SIGN.sub("{@}", "".join(parts))


def _may_stay(match: re.Match[str]) -> bool:
    """Tell whether what looks like a formula is one that a BibTeX field can hold."""
    formula = match[0]
    if not _is_balanced(formula) or _BARE_PERCENT.search(formula) or "\n" in formula:
        return False
    if not formula.startswith("$"):
        return True
    content = formula.strip("$")
    is_spaced = content != content.strip()
    is_before_digit = match.string[match.end() : match.end() + 1].isdigit()
    return not (is_spaced or is_before_digit) or _TEX_SIGN.search(content) is not None


def _escaped(text: str, escapes: dict[str, str], keeps_capitals: bool) -> str:
    if keeps_capitals:
        return _CAPITALS.sub(lambda match: escapes.get(match[0]) or _protected(match[0]), text)
    return _ESCAPED.sub(lambda match: escapes[match[0]], text)


def _protected(word: str) -> str:
    is_lone = len(word) == 1 and word.isupper() and word != "A"
    return f"{{{word}}}" if is_lone or word[1:].lower() != word[1:] else word


def _protected_formula(formula: str) -> str:
    if formula.lower() == formula:
        return formula
    # To BibTeX, a command behind one brace is an accented letter.
    return f"{{{formula}}}" if formula.startswith("$") else f"{{{{{formula}}}}}"


def _is_balanced(text: str) -> bool:
    """Tell whether each brace has a partner. BibTeX counts those behind a backslash, too."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "%&#_${}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\n": "\n\n",
    # What TeX joins to a dash or a quotation mark.
    **{sign: f"{sign}{{}}" for sign in "-`'"},
}
_LONE_BRACES = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
_ESCAPED = re.compile(r"[%&#_${}\\~^\n]|-(?=-)|`(?=`)|'(?=')")
_CAPITALS = re.compile(rf"{_ESCAPED.pattern}|[^\W_]+")
_A_FORMULA = re.compile(_FORMULA, re.VERBOSE | re.DOTALL)
_BARE_PERCENT = re.compile(r"(?<!\\)%")
_TEX_SIGN = re.compile(r"[\\^_{}]")
_ENTRY_SIGN = re.compile(r"@(?=\w*\s*[{(])|^@", re.MULTILINE)
