"""TeX on a page: what becomes plain HTML, what MathML, and what stays as it was typed."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searcher import page
from searcher.page import Piece
from searcher.web import formulas
from searcher.web.maths import to_html


def shown(text: str, *marked: str) -> str:
    """Return the HTML of a text in which each of ``marked`` matches."""
    parts = re.split("|".join(map(re.escape, marked)), text) if marked else [text]
    found = re.findall("|".join(map(re.escape, marked)), text) if marked else []
    pieces = [Piece(parts[0], False)]
    for match, rest in zip(found, parts[1:], strict=True):
        pieces += [Piece(match, True), Piece(rest, False)]
    return to_html([piece for piece in pieces if piece.text])


def seen(html: str) -> str:
    """Return what a reader sees; fails where the HTML is not well-formed."""
    text = "".join(ElementTree.fromstring(f"<p>{html}</p>").itertext())
    return text.replace("\xa0", " ")


# Formulas that plain HTML shows


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        ("n", "<i>n</i>"),
        ("λ", "λ"),
        (r"\alpha", "α"),
        ("500", "500"),
        ("100,959", "100,959"),
        (r"95\%", "95%"),
        ("95%", "95%"),
        (r"\times", "×"),
        ("D^2", "<i>D</i><sup>2</sup>"),
        ("^2", "<sup>2</sup>"),
        (r"\gamma_f", "γ<sub><i>f</i></sub>"),
        (r"10^{-3}", "10<sup>−3</sup>"),
        (r"360^{\circ}", "360°"),
        (r"\ell_\infty=8/255", "ℓ<sub>∞</sub> = 8/255"),
        ("x'", "<i>x</i>′"),
        (r"\mathbf{ +1.1\%}", "<b>+1.1%</b>"),
        (r"\textit{a nested scene}", "<i>a nested scene</i>"),
        (r"\textbf{mo}", "<b>mo</b>"),
        ("top-k", "<i>top</i>-<i>k</i>"),
        (r"\tilde{O}(\sqrt{T})", "<i>Õ</i>(√<i>T</i>)"),
    ],
)
def test_a_formula_of_letters_signs_and_scripts_is_plain(tex: str, html: str) -> None:
    assert formulas.to_html(tex) == html


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("k=5", "k = 5"),
        ("k = -1", "k = −1"),
        ("-1", "−1"),
        (">90", ">90"),
        (r"5\pm0.3", "5 ± 0.3"),
        (r"4.7\times", "4.7×"),
        ("(a,b)", "(a, b)"),
        ("p(y|x)", "p(y|x)"),
        (r"O(n\log n)", "O(n log n)"),
        (r"\log_2 n", "log2 n"),
        (r"x\in\mathbb{R}^{n\times d}", "x ∈ ℝn×d"),
        (r"f: X \to Y", "f: X → Y"),
        ("a:=b", "a := b"),
        (r"\{1, \ldots, n\}", "{1, …, n}"),
    ],
)
def test_blanks_stand_where_tex_has_them(tex: str, text: str) -> None:
    assert seen(formulas.to_html(tex) or "") == text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\mathbb R", "ℝ"),
        (r"\mathbb{1}", "𝟙"),
        (r"{\cal O}(n)", "𝒪(n)"),
        (r"\mathcal{H}", "ℋ"),
        (r"\mathfrak{C}", "ℭ"),
    ],
)
def test_alphabets_are_letters_of_unicode(tex: str, text: str) -> None:
    assert seen(formulas.to_html(tex) or "") == text


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        (r"\bm{x}", "<b><i>x</i></b>"),
        (r"\mathbf{W}x", "<b>W</b><i>x</i>"),
        (r"\mathbf{\Sigma}", "<b>Σ</b>"),
        (r"\mathrm{d}x", "d<i>x</i>"),
        (r"\text{top-$k$}", "top-<i>k</i>"),
        (r"\operatorname{arg\,max}_x f(x)", "arg max<sub><i>x</i></sub> <i>f</i>(<i>x</i>)"),
        (r"\arg\max_x f(x)", "arg max<sub><i>x</i></sub> <i>f</i>(<i>x</i>)"),
    ],
)
def test_what_latex2mathml_mistakes_is_right_in_plain_html(tex: str, html: str) -> None:
    assert formulas.to_html(tex) == html


# Formulas that need MathML


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\frac{a<b}{2}", "a<b2"),
        (r"\sum_{i=1}^n x_i", "∑i=1nxi"),
        (r"\sqrt{nT}", "nT"),
        (r"\frac{\mathbb R}{{\cal O}}", "ℝ𝒪"),
        (r"\frac{\bm{y}}{\mathbf{x}}", "𝒚𝐱"),
        (r"\frac{\textbf{ab}}{\text{top-$k$}}", "abtop-k"),
        (r"\frac{\operatorname{arg\,max}}{\arg}", "arg maxarg"),
        (r"\frac{95%}{2}", "95%2"),
        (r"\frac{1}{\{x\}}", "1{x}"),
        (r"\begin{bmatrix}a&b\\c&d\end{bmatrix}", "[abcd]"),
    ],
)
def test_a_formula_of_boxes_is_mathml(tex: str, text: str) -> None:
    html = formulas.to_html(tex) or ""
    assert html.startswith("<math>")
    assert seen(html) == text
    assert "mathvariant" not in html


def test_a_line_may_end_before_an_operation() -> None:
    html = formulas.to_html(r"\frac{a}{b} - c = -\frac{d + e}{f}") or ""
    assert [seen(part) for part in html.split("<wbr/>")] == ["ab", "−c", "=−d+ef"]
    assert html.count('<mo form="infix">') == 2
    assert '<mo form="prefix">−</mo>' in html


def test_upright_letters_are_the_only_variant() -> None:
    html = formulas.to_html(r"\frac{\mathrm{\alpha}}{2}") or ""
    assert '<mi mathvariant="normal">α</mi>' in html


# What stays as typed


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown",
        r"\frac{\unknown}{2}",
        r"\frac{\text{if $x}{2}",
        r"\text",
        r"\frac{1}{\text",
        r"\frac{m}",
        "x_",
        "x^2^",
        "{",
        "}",
        r"\left( x",
        r"\frac{1}{2}}",
        "",
        " ",
        "a & b",
        r"\frac{a}{b}" * 60,
        "x" * (formulas.MAX_FORMULA_CHARS + 1),
        "{" * 300,
        r"\sqrt{" * 60 + "x" + "}" * 60,
        rf"\frac{{{'a+' * 30}}}{{2}}",  # wider than a phone, and no line can end in it
    ],
)
def test_what_is_no_tex_cannot_be_read(tex: str) -> None:
    assert formulas.to_html(tex) is None
    text = f"at ${tex}$ of"
    assert seen(to_html([Piece(text, False)])) == text


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{\frac{1}{2}}",
        r"\style{color:red}{\frac{1}{2}}",
        r"\class{x}{\frac{1}{2}}",
        r"\def\a{\frac12}\a",
        r"\newcommand{\a}{xx}\newcommand{\b}{\a\a}\b\frac12",
        r"\DeclareMathOperator{\a}{b}\frac12\a",
        r"\frac{1}{\unicode{x3C}}",
        r"\frac12\hspace{99em}",
        r"\frac12\rule{99em}{99em}",
    ],
)
def test_commands_that_define_link_or_move_are_refused(tex: str) -> None:
    assert formulas.to_html(tex) is None


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\text{<script>}", "<script>"),
        (r"\mathbb{<}", "<"),
        (r"\frac{\text{</math><script>}}{2}", "</math><script>2"),
        (r"\frac{\text{&#x3C;b>}}{2}", "<b>2"),
        (r"\color{red}{\frac{1}{2}}", "12"),
    ],
)
def test_no_formula_brings_in_markup(tex: str, text: str) -> None:
    html = formulas.to_html(tex) or ""
    assert seen(html) == text
    assert "<script" not in html
    assert "red" not in html


# Formulas in a text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("an $n$-gram", "an <i>n</i>-gram"),
        (r"a 3$\times$3 kernel", "a 3×3 kernel"),
        ("D$^2$Stream", "D<sup>2</sup>Stream"),
        ("the ML$.$ENERGY Benchmark", "the ML.ENERGY Benchmark"),
        ("a batch of $100,959$ sentences", "a batch of 100,959 sentences"),
        (r"\(x\) and \[y\] and $$z$$", "<i>x</i> and <i>y</i> and <i>z</i>"),
        ("for $n = 5$ and $a, b$", "for <i>n</i> = 5 and <i>a</i>, <i>b</i>"),
        (r"$\text{top-$k$}$ of", "top-<i>k</i> of"),
        (r"\$5 and $x$", "$5 and <i>x</i>"),
    ],
)
def test_formulas_are_found(text: str, html: str) -> None:
    assert shown(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "about $4, $8 and $10 per hour",
        "worth $1 trillion",
        "moves US$ 10 billion",
        "between $5/$6 and $5-$10",
        "in A$ and in US$",
        "from $HOME/$USER to $HOME:$PATH",
        "#Turki$hTweets by A$AP",
        "a single $&!#* vector",
        "(>$ 90%) of $ 5",
        "costs $5 where {others} take $6",
        "a list of $words with many letters - in it$",
        "cut at $x_",
        "cut at $\\text{if ",
        "_i$, while $",
    ],
)
def test_money_and_cut_formulas_are_text(text: str) -> None:
    assert seen(shown(text)) == text
    assert "<" not in shown(text).replace("<p>", "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (r"\emph{Effective Fields}", "<i>Effective Fields</i>"),
        (r"{\em lexical smoothing}, {\bf b}", "<i>lexical smoothing</i>, <b>b</b>"),
        (r"{\textbf{Fed}erated \textbf{Fe}ature}", "<b>Fed</b>erated <b>Fe</b>ature"),
        (r"({$Ψ$-Net})", "(Ψ-Net)"),
        (r"\emph{the $n$ \textbf{best}}", "<i>the <i>n</i> <b>best</b></i>"),
        (r"over 40\% \& more \#1", "over 40% &amp; more #1"),
        (r"\lambda-free, 40\times fewer, {\sim}3", "λ-free, 40× fewer, ∼3"),
        (r"English \rightarrow German, English\toFrench", "English → German, English→French"),
        (r"\mathcal{O}(n), o(\sqrt{m})", "𝒪(n), o(√<i>m</i>)"),
        (r"\{mt, src\}", "{mt, src}"),
    ],
)
def test_tex_without_dollars_is_read(text: str, html: str) -> None:
    assert shown(text) == html


@pytest.mark.parametrize(
    "text",
    [
        r"\cite{Miller95}",
        r"the tool \Bonsai",
        r"O(n^{\tilde{\rho}+1})",
        r"\emph{never closed",
        r"{\em never closed",
        "{braces} and $5",
        "the end \\",
    ],
)
def test_other_tex_stays_as_typed(text: str) -> None:
    assert shown(text) == page.to_html([Piece(text, False)])


# Marks


@pytest.mark.parametrize(
    ("text", "marked", "html"),
    [
        ("an $n$-gram", "gram", "an <i>n</i>-<mark>gram</mark>"),
        ("an $n$-gram", "n$-gram", "an <mark><i>n</i>-gram</mark>"),
        (r"the $x_{abc} + 1$ of", "abc", "the <mark><i>x</i><sub><i>abc</i></sub> + 1</mark> of"),
        (r"\emph{the fields}", "fields", "<i>the <mark>fields</mark></i>"),
        (r"a \emph{b c} d", r"a \emph{b", "<mark>a </mark><i><mark>b</mark> c</i> d"),
        (r"40\% & $x$", r"40\%", "<mark>40%</mark> &amp; <i>x</i>"),
        ("cut $x_{abc", "abc", "cut $x_{<mark>abc</mark>"),
    ],
)
def test_a_mark_takes_whole_formulas_and_no_tags(text: str, marked: str, html: str) -> None:
    assert shown(text, marked) == html


# Laws

_SCRAPS = [
    *("$", "$$", "\\", "{", "}", "_", "^", "&", "<script>", "'", '"', "%", "#", "~", " ", "-", "="),
    *("x", "ab", "1", "2.5", "λ", "<", ">", "(", ")", "|", ",", ":", "[", "]", "é", "שלום", "�"),
    *(r"\text", r"\frac", r"\mathbb", r"\alpha", r"\(", r"\)", r"\[", r"\]", r"\emph{", r"\left"),
    *(r"\right", r"\begin{matrix}", r"\end{matrix}", r"\\", r"\operatorname{", r"\hat", r"\sqrt"),
    *(r"{\em ", r"\sum_", r"\cal", r"\bm{", r"\href{", r"\href{a}", r"\newcommand", r"\not", r"\,"),
    *(r"\mathrm{", r"\color{red}", r"\unicode{x3C}", "&lt;", "&#x3C;", r"\text{$", r"\tag{"),
]
_TEX = st.lists(st.sampled_from(_SCRAPS), max_size=24).map("".join)
_PIECES = st.lists(
    st.builds(Piece, st.one_of(_TEX, st.sampled_from(["$x$ ", r"$\frac12$"])), st.booleans()),
    max_size=6,
)
_ALLOWED = {
    *("p", "mark", "i", "b", "code", "sub", "sup", "math", "mrow", "mi", "mn", "mo", "mtext"),
    *(
        "wbr",
        "mspace",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mfrac",
        "msqrt",
    ),
    *("mroot", "mtable", "mtr", "mtd", "mstyle"),
}
_ALLOWED_ATTRIBUTES = {
    *("accent", "columnalign", "displaystyle", "fence", "form", "largeop", "linethickness"),
    *("mathvariant", "maxsize", "minsize", "movablelimits", "scriptlevel", "separator"),
    *("stretchy", "width"),
}


def elements(html: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(f"<p>{html}</p>").iter()


@given(_PIECES)
def test_whatever_is_written_the_html_is_harmless(pieces: list[Piece]) -> None:
    for element in elements(to_html(pieces)):
        assert element.tag in _ALLOWED
        assert set(element.attrib) <= _ALLOWED_ATTRIBUTES
        assert all(re.fullmatch("[a-z0-9.]*", value) for value in element.attrib.values())


@given(_TEX)
def test_whatever_a_formula_is_it_is_read_or_none(tex: str) -> None:
    html = formulas.to_html(tex)
    assert html is None or {element.tag for element in elements(html)} <= _ALLOWED


@given(_PIECES)
def test_marks_change_nothing_else(pieces: list[Piece]) -> None:
    unmarked = to_html([Piece(text, False) for text, _ in pieces])
    marked = to_html(pieces)
    assert re.sub("</?mark>", "", marked) == unmarked
    assert ("<mark>" in marked) <= any(piece.marked for piece in pieces)


@given(st.lists(st.builds(Piece, st.text("ab<>&'\" {}^_%éλ"), st.booleans())))
def test_a_text_without_tex_is_escaped_alone(pieces: list[Piece]) -> None:
    assert to_html(pieces) == page.to_html(pieces)


@given(
    st.lists(
        st.sampled_from(
            [
                ("plain & <b>", "plain & <b>"),
                ("$n$", "n"),
                (r"$\alpha_1$", "α1"),
                (r"\emph{both}", "both"),
                (r"10\%", "10%"),
                ("$5 and $6", "$5 and $6"),
                (r"$\unknown{x}$", r"$\unknown{x}$"),
                ("{braces}", "{braces}"),
            ]
        )
    )
)
def test_each_stretch_of_a_text_is_read_for_itself(stretches: list[tuple[str, str]]) -> None:
    text = " ; ".join(tex for tex, _ in stretches)
    assert seen(shown(text)) == " ; ".join(sight for _, sight in stretches)


def test_the_formulas_of_a_text_are_bounded() -> None:
    text = " ".join(f"${number}$" for number in range(300))
    html = shown(text)
    assert html.startswith("0 1 2 ")
    assert html.endswith(" $299$")
    assert seen(shown("$x$" * 10_000)).endswith("$x$")
