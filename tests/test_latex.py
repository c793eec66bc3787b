"""LaTeX as plain text: accents, signs and commands are read, formulas stay, nothing is lost."""

import string
import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latexencode import unicode_to_latex

from index.printed.latex import accents, from_latex, to_latex
from tests.growth import grows_with_length

# The usual commands for combining marks, written here apart from the module's own table.
COMMANDS = {
    0x300: "`",
    0x301: "'",
    0x302: "^",
    0x303: "~",
    0x304: "=",
    0x306: "u",
    0x307: ".",
    0x308: '"',
    0x309: "h",
    0x30A: "r",
    0x30B: "H",
    0x30C: "v",
    0x30F: "G",
    0x311: "f",
    0x323: "d",
    0x326: "textcommabelow",
    0x327: "c",
    0x328: "k",
    0x331: "b",
}
RANGES = (range(0xC0, 0x250), range(0x1E00, 0x1F00))
LETTERS = [chr(code) for codes in RANGES for code in codes if chr(code).isalpha()]


def spellings(letter: str) -> list[str]:
    """Return the ways in which TeX writes a letter with accents."""
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 1 or not {ord(mark) for mark in parts[1:]} <= COMMANDS.keys():
        return []
    base, marks = parts[0], parts[1:]
    bases = [base, "\\i", "\\i{}", "{\\i}"] if base == "i" and marks != "\u0307" else [base]
    written = []
    for text in bases if ord(marks[0]) not in (0x323, 0x328, 0x331) else [base]:
        *inner, last = [COMMANDS[ord(mark)] for mark in marks]
        for command in inner:
            text = f"\\{command}{{{text}}}"
        written += [f"\\{last}{{{text}}}", f"{{\\{last}{{{text}}}}}", f"{{\\{last} {text}}}"]
        if not last.isalpha():
            written += [f"\\{last}{text}", f"{{\\{last}{text}}}"]
    return written


WRITTEN = [(letter, text) for letter in LETTERS for text in spellings(letter)]


def test_most_letters_with_accents_are_tried() -> None:
    assert len({letter for letter, _ in WRITTEN}) > 380


def test_letters_come_back_from_every_spelling() -> None:
    wrong = [
        (letter, text, read(text))
        for letter, text in WRITTEN
        for read in (accents, from_latex)
        if read(text) != letter
    ]
    assert wrong == []


def test_letters_come_back_as_pylatexenc_writes_them() -> None:
    wrong = []
    for letter in LETTERS:
        text = unicode_to_latex(letter, unknown_char_policy="keep", unknown_char_warning=False)
        # What it writes for these four means another letter, or how a sign looks.
        if letter not in "ĸŉŰű" and from_latex(f"a{text}b") != f"a{letter}b":
            wrong.append((letter, text, from_latex(f"a{text}b")))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (r"Fr\'{\i}as", "Frías"),
        (r"Fr{\'\i}as", "Frías"),
        (r"Fr\'ias", "Frías"),
        (r"Fr\'\i{}as", "Frías"),
        ("Fr\\'ıas", "Frías"),
        (r"S{\o}rby, {\AA}sa", "Sørby, Åsa"),
        (r"{\L}ucja Z\.{o}\l ty", "Łucja Zȯłty"),
        (r"Weiß and Grau\ss and Rot", "Weiß and Grauß and Rot"),
        (r"K{\H u}ri", "Kűri"),
        (r"\'{Eluard}", "Éluard"),
        (r"{\'Ecole}", "{École}"),
        (r"\c{s}im\c sek", "şimşek"),
        (r"Ng{\~{\^e}}", "Ngễ"),
        ("$\\'x$ and \\'x", "$\\'x$ and x́"),
        (r"\emph{na\"ive} \& co", r"\emph{naïve} \& co"),
        (r"{Tern} \vec x, \over", r"{Tern} \vec x, \over"),
        (r"see \"the ring\" of \"Oz", r'see "the ring" of Öz'),
        (r"https://example.org/\~nobody", r"https://example.org/\~nobody"),
    ],
)
def test_accents_alone_become_letters(text: str, letters: str) -> None:
    assert accents(text) == letters


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        # Braces and formulas.
        ("{DNA} and {mRNA} of {Gulls}", "DNA and mRNA of Gulls"),
        ("{TiO$_2$} films, $a~b--c$", "TiO$_2$ films, $a~b--c$"),
        (r"\(a~b\), \[c--d\]", r"\(a~b\), \[c--d\]"),
        (r"so \begin{align}a~&b\end{align} holds", r"so \begin{align}a~&b\end{align} holds"),
        ("{$<$}5 and {$\\mu$}m", "<5 and $\\mu$m"),
        (r"\ensuremath{\beta} \ensuremath{>} 2", r"$\beta$ > 2"),
        ("{left open, closed}} twice", "left open, closed twice"),
        # Escapes, and signs that TeX would take for its own.
        (r"Salt \& Pepper, 5\% of \#1, \$7, a\_b", "Salt & Pepper, 5% of #1, $7, a_b"),
        ("Salt & {P}epper, 5% of #1, a_b^c", "Salt & Pepper, 5% of #1, a_b^c"),
        (r"\{x\} \textbackslash n", r"{x} \n"),
        (r"{\textless}3 {\textbar} \textgreater{} 2", "<3 | > 2"),
        (r"\textbraceleft a\textbraceright", "{a}"),
        (r"1\textperiodcentered 5 \textpm{} 2\,\textdegree C", "1·5 ± 2 °C"),
        (r"a\textasciicircum b\textasciitilde c", "a^b~c"),
        # Dashes, quotation marks, ties.
        ("pp. 3--9 --- or ----", "pp. 3–9 — or ----"),
        ("the ``fast'' way, 5''", "the “fast” way, 5”"),
        ("{A} \"plain\" sign, 5''", "A \"plain\" sign, 5''"),
        ("Mr.~Tern, Fig.~2", "Mr. Tern, Fig. 2"),
        ("{G}ulls: ~300 of them (~5 each)", "Gulls: ~300 of them (~5 each)"),
        # Commands with text.
        (r"\textit{Larus} \textbf{and \emph{more}}", "Larus and more"),
        (r"{\it Larus} {\bf x} {\em y\/}", "Larus x y"),
        (r"\texttt{ls} \mbox{in one} \textsf{x} \textup{y}", "ls in one x y"),
        (r"\href{https://example.org/a_b}{the \emph{page}}", "the page"),
        (r"\url{https://example.org/a\_b~c--d\%20}", "https://example.org/a_b~c--d%20"),
        ("{S}ee https://example.org/~me--too now", "See https://example.org/~me--too now"),
        (r"\url{https://example.org/\~{}me}", "https://example.org/~me"),
        (r"10\textsuperscript{4} cells, m\textsuperscript{2}", "10^4 cells, m2"),
        (r"H\textsubscript{2}S, \frac{1}{2}", "H2S, 1/2"),
        (r"\enquote{Gulls} fly\footnote{Mostly.}", "“Gulls” fly (Mostly.)"),
        (r"as \cite[p.~3]{tern09} said", "as [tern09] said"),
        (r"\bibinfo{author}{Tern} \textcolor{red}{hot}", "Tern hot"),
        (r"\verb|a_{b}| code", "a_{b} code"),
        # Commands that print nothing.
        (r"super\-con\-duct\/or", "superconductor"),
        (r"{\relax Io}. T.", "Io. T."),
        (r"{\noopsort{b}}Tern", "Tern"),
        (r"x\label{eq:1}\includegraphics[width=3cm]{f.png}", "x"),
        (r"one \\[2mm] two", "one   two"),
        # Names of journals, symbols, and commands that nobody knows.
        (r"\mnras", "Monthly Notices of the Royal Astronomical Society"),
        (r"\prd{}", "Physical Review D"),
        (r"\alpha decay \to rest", "α decay → rest"),
        (r"\LaTeX{} by \TeX perts", "LaTeX by TeX perts"),
        (r"\unknown{kept} \unknownword", "kept unknownword"),
        (r"\today", "today"),
        ("alone \\", "alone \\"),
    ],
)
def test_a_field_becomes_plain_text(text: str, plain: str) -> None:
    assert from_latex(text) == plain


@given(st.text(st.sampled_from("\\{}$~-`'\"^abiİıouHc[]()%&#_ \n1é中")) | st.text())
def test_no_text_raises(text: str) -> None:
    assert isinstance(from_latex(text), str)
    assert isinstance(accents(text), str)


@given(st.text().filter(lambda text: not any(sign in text for sign in ("\\", "{", "}", "~", "--"))))
def test_text_without_tex_is_unchanged(text: str) -> None:
    text = text.replace("``", "")
    assert from_latex(text) == accents(text) == text


# Escapes are left out: what they give is a sign of TeX again.
pieces = st.sampled_from(
    [
        *("Tern", " ", "$a_1$", "{", "}", "--", "``", "''", "~", "5", "(", "é", "%", "&", "/"),
        *(r"\'e", r"{\O}", r"\emph{", r"\textsuperscript{", r"\href{u}{", r"\alpha ", r"\apj{}"),
    ]
)


@given(st.lists(pieces, max_size=30).map("".join))
def test_what_was_read_is_not_read_otherwise_again(text: str) -> None:
    plain = from_latex(text)
    if "\\" not in plain and "~" not in plain and plain.count("$") % 2 == 0:
        assert from_latex(plain.replace("--", "–")) == plain.replace("--", "–")


shapes = st.sampled_from(
    ["{%s}", r"\emph{%s}", r"\unheard{%s}", r"{\it %s}", "%s~", r"\textsc{{%s}}", "%s"]
)
words = st.text(string.ascii_letters, min_size=1)


@given(st.lists(st.tuples(shapes, words), min_size=1))
def test_no_word_is_lost(pairs: list[tuple[str, str]]) -> None:
    text = " ".join(shape % word for shape, word in pairs)
    assert from_latex(text).split() == [word for _, word in pairs]


@pytest.mark.parametrize(
    "part",
    [
        *(
            "{",
            "\\'{",
            "\\(a",
            "$",
            "\\begin{equation}",
            "\\textsuperscript{1}",
            "\\cite[",
            "\\verb|",
        ),
        *(
            "\\url{",
            '\\"a ',
            "\\ss \n",
            "$\\",
            "{\\' ",
            "\\ensuremath{",
            "\\v ",
            "-",
            "``",
            "\\\\[",
        ),
    ],
)
def test_time_grows_with_the_length_alone(part: str) -> None:
    assert grows_with_length(from_latex, part)


# Plain text as LaTeX


@given(
    st.lists(
        st.sampled_from(
            "\\ { } $ ~ - -- ` ' ^ % & # _ @ ( ) [ ] a B {x} $a$ $B_1$ \\( \\) https://a".split(" ")
        )
        | st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=4)
    ).map("".join),
    st.booleans(),
)
def test_plain_text_comes_back(text: str, keeps_capitals: bool) -> None:
    latex = to_latex(text, keeps_capitals=keeps_capitals)
    assert from_latex(latex) == text
    # Braces have partners, also those that BibTeX counts behind a backslash.
    depth = 0
    for sign in latex:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("$x$ and $O(n)$", "$x$ and $O(n)$"),
        ("$n$-gram", "$n$-gram"),
        (r"$ \alpha $", r"$ \alpha $"),
        ("$5 and $10", r"\$5 and \$10"),
        ("$5-$10", r"\$5-\$10"),
        ("costs $5", r"costs \$5"),
        ("$5 for $x$", r"\$5 for $x$"),
        ("$95%$", r"\$95\%\$"),
        (r"$95\%$", r"$95\%$"),
        (r"$\{a$", r"\$\textbackslash{}\textbraceleft{}a\$"),
        ("one\ntwo", "one\n\ntwo"),
    ],
)
def test_formulas_stay_and_prices_are_none(text: str, latex: str) -> None:
    assert to_latex(text) == latex


@pytest.mark.parametrize("part", ["$", r"\(", "{", "@", "$a", r"\begin{math}", "-", "`"])
def test_time_of_escaping_grows_with_the_length_alone(part: str) -> None:
    assert grows_with_length(partial(to_latex, keeps_capitals=True), part)
