"""Markup as plain text: tags go, comparisons stay."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.printed.markup import plain
from index.printed.notices import without_copyright, without_label
from tests.growth import grows_with_length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # White space and paragraphs.
        ("  one \t two\nthree\u00a0four ", "one two three four"),
        ("one\n\n two\r\n \r\nthree\n\n\n", "one\ntwo\nthree"),
        ("one\rtwo\r\rthree\u2029four", "one two\nthree\nfour"),
        ("<p>one</p><p>two\n three</p>", "one\ntwo three"),
        ("One.<p>Two.<P>Three.", "One.\nTwo.\nThree."),
        ("one<br>two<br/>three<BR /><br>four", "one two three\nfour"),
        ("<ul><li>salt</li><li>sand</li></ul>", "salt\nsand"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<jats:p />", ""),
        # Inline tags join what stands beside them.
        ("the <i>Larus</i> gulls, <B>b</B>old", "the Larus gulls, bold"),
        ("an <fixed-case>A</fixed-case>nt by<i>SOX2</i>.", "an Ant bySOX2."),
        (
            '<a href="https://example.org/?a=1&amp;b=2">here</a> <img src="x.png"> it is',
            "here it is",
        ),
        ('<span class="nocase">van</span> <jats:sc>Tern</jats:sc>', "van Tern"),
        ("<jats:italic>cut off in", "cut off in"),
        ("cut at the front</i> here", "cut at the front here"),
        ("< b>spaced< /b> out", "spaced out"),
        ("ns <ns2:p>paragraph</ns2:p><ns2:foo>x</ns2:foo>", "ns\nparagraph\nx"),
        # Raised and lowered text.
        ("10<sup>5</sup> birds", "10^5 birds"),
        ("10<SUP> &#8722;3 </SUP> m", "10^−3 m"),
        ("SO<sub>4</sub><sup>2-</sup>, Fe<sup>3+</sup>", "SO4^2-, Fe3+"),
        ("NH<inf>3</inf>, <sup>14</sup>N, O<sub>2</sub><sup>-</sup>", "NH3, 14N, O2-"),
        ("m<sup>2</sup>, x<sup>n</sup>, 1<sup>st</sup>", "m2, xn, 1st"),
        # What only looks like a tag.
        ("a < b and c > d", "a < b and c > d"),
        ("p<0.01, <3 and >1, x<y>z", "p<0.01, <3 and >1, x<y>z"),
        ("tokens <unk>, <s> and </s>, <pad>", "tokens <unk>, <s> and </s>, <pad>"),
        ("<i> is a token", "<i> is a token"),
        ("if n<p> m for <p> small, a<b and b>c", "if n<p> m for <p> small, a<b and b>c"),
        ("<head, tail> pairs, <think>so</think>", "<head, tail> pairs, <think>so</think>"),
        ("an arrow -> and <- back, <->", "an arrow -> and <- back, <->"),
        # What is no text.
        ("a<!-- hid < den -->b <?xml-stylesheet x?>c", "ab c"),
        ("<script>x = 1</script><style>p {}</style>text", "text"),
        (
            "<p>Wind<script>gust('x')</script> and<style>\n</style> <STYLE>a{}</STYLE>sail",
            "Wind and sail",
        ),
        ("<script type='a/b'>gust</script><script><!-- x --></script>sail", "sail"),
        ("a <script>if (a &lt; b) gust();</script>b", "a b"),
        # What is about such tags.
        ("Of <script> and </script> tags", "Of <script> and </script> tags"),
        ("Of &lt;style&gt; &amp; &lt;/style&gt; tags", "Of <style> & </style> tags"),
        ("<style>, <i>or</i> <script>, or </style>", "<style>, or <script>, or </style>"),
        ("<script> (an old tag) </script>", "<script> (an old tag) </script>"),
        ("<![CDATA[5 < 6]]> x[y[1]]> 0", "5 < 6 x[y[1 0"),
        ("x[y[1]]> 0", "x[y[1]]> 0"),
        ("open <!-- to the end", "open <!-- to the end"),
        # Headings.
        (
            "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title>"
            "<jats:p>Fly.</jats:p></jats:sec><jats:sec><jats:title>Findings:</jats:title>\n"
            "<jats:p>Far.</jats:p><jats:p>High.</jats:p></jats:sec>",
            "Aim: Fly.\nFindings: Far.\nHigh.",
        ),
        ("<h4>Aim</h4>Fly. <h4>Why?</h4>So.", "Aim: Fly.\nWhy? So."),
        (
            "<title>Methods</title><sec><title>Birds</title><p>Two.</p></sec>",
            "Methods: Birds: Two.",
        ),
        ("<p>Text.</p><title>Rest</title>", "Text.\nRest"),
        ("<sec><label>1.</label>\n<title>Aim</title><p>Fly.</p></sec>", "1. Aim: Fly."),
        (
            "<list><list-item><label>•</label><p>One.</p></list-item><list-item><p>Two.</p>"
            "</list-item></list>",
            "• One.\nTwo.",
        ),
        ("<title>Zusammenfassung</title><p>Kurz.</p>", "Kurz."),
    ],
)
def test_markup_becomes_plain_text(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("salt &amp; sand &lt; 3 &eacute;&#233;&#xE9;", "salt & sand < 3 ééé"),
        ("AT&T, R&D, &c, a&b; Q&A; fish &chips", "AT&T, R&D, &c, a&b; Q&A; fish &chips"),
        ("5&nbsp;kg&thinsp;m &ndash; &hellip;", "5 kg m – …"),
        ("pages 3&#150;9, &#147;so&#148;", "pages 3–9, “so”"),
        ("&#xD800; &#0; &#1; &#x110000; &#129; &#9999999;",) * 2,
        ("line&#13;&#10;end, &#x2028;too", "line end, too"),
        # Escaped twice, and three times.
        ("&lt;i&gt;Larus&lt;/i&gt;, p &lt; 1", "Larus, p < 1"),
        ("&amp;lt;sub&amp;gt;2&amp;lt;/sub&amp;gt; &amp;amp; &amp;eacute;", "2 & é"),
        ("salt &amp;amp;amp; sand", "salt & sand"),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\nTwo."),
        ("<p>One &amp; half.</p><p>&lt;b&gt;Two&lt;/b&gt;.</p>", "One & half.\nTwo."),
        ("the &lt;unk&gt; token, AT&amp;T; x &lt;y", "the <unk> token, AT&T; x <y"),
    ],
)
def test_entities_become_characters(text: str, expected: str) -> None:
    assert plain(text) == expected


MATH = "<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"for {MATH} only", "for x2 only"),
        ("<math><msup><mn>10</mn><mrow><mo>-</mo><mn>7</mn></mrow></msup></math>", "10^-7"),
        ("<math>\n <msub>\n  <mi>k</mi>\n  <mi>B</mi>\n </msub> <mi>T</mi></math>", "kBT"),
        ("<math><mfrac><mn>2</mn><mn>3</mn></mfrac></math> of all", "2/3 of all"),
        (
            "<math><mi>f</mi><mo>&#x2061;</mo><mfenced><mi>a</mi><mi>b</mi></mfenced></math>",
            "f(a,b)",
        ),
        ("<math><msqrt><mn>2</mn></msqrt><mtext> or so</mtext></math>", "√2 or so"),
        # Of two notations one is kept.
        (
            "a <jats:inline-formula><jats:alternatives><jats:tex-math>$$x^2$$</jats:tex-math>"
            f"{MATH}</jats:alternatives></jats:inline-formula> b",
            "a $x^2$ b",
        ),
        (f"<inline-formula>{MATH}<tex-math>x^2</tex-math></inline-formula>", "$x^2$"),
        (
            r"<alternatives><tex-math>$$7\%$$</tex-math><math><mn>7</mn><mo>%</mo></math>"
            "</alternatives>",
            "7%",
        ),
        (
            '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">\\hat x'
            "</annotation></semantics></math>",
            r"$\hat x$",
        ),
        (
            '<math><semantics><mi>x</mi><annotation encoding="StarMath">hat x'
            "</annotation></semantics></math>",
            "x",
        ),
        (r"<tex-math>\mathcal{O}(n)</tex-math> steps", r"$\mathcal{O}(n)$ steps"),
        (r"<tex>$n^2$</tex>, <tex-math>\(n_1\)</tex-math>", "$n^2$, $n_1$"),
        (
            "<tex-math>\\documentclass{minimal}\\begin{document}$$a_1$$\\end{document}</tex-math>",
            "$a_1$",
        ),
        ("<tex>a<tex>b</tex></tex>", "ab"),
    ],
)
def test_formulas_have_one_reading(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(st.text() | st.text(st.sampled_from("<>/&;#x1 \n\r\u2029pibsub!-[]CDAT=\"'?:")))
def test_no_text_raises(text: str) -> None:
    for result in (plain(text), without_label(text), without_copyright(text)):
        assert isinstance(result, str)
    # One blank between words, no empty paragraph.
    assert re.search(r"[^\S \n]|  | \n|\n[ \n]|^\s|\s$", plain(text)) is None


no_markup = st.text(st.sampled_from("ab <>&;\"'/1=é\n"), max_size=30).filter(
    lambda text: not re.search(r"&\w+;|</?\s?[ab]", text)
)


@given(no_markup)
def test_escapes_change_no_text(text: str) -> None:
    words = " ".join(text.split())
    assert plain(text).replace("\n", " ") == words
    assert plain(html.escape(text)).replace("\n", " ") == words
    assert plain(html.escape(html.escape(text))).replace("\n", " ") == words


inline = st.sampled_from("i b em strong u sub span jats:italic jats:bold sc underline".split())
trees = st.recursive(
    st.sampled_from(["gull", "tern ", " of", "é"]),
    lambda children: st.tuples(inline, st.lists(children, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"
    ),
    max_leaves=12,
)


@given(trees)
def test_of_inline_tags_the_text_stays(text: str) -> None:
    assert plain(text) == " ".join(re.sub("<[^>]*>", "", text).split())


@pytest.mark.parametrize(
    "part",
    [
        *("<!--", '<a b="', "<i>", "<i></b>", "&amp;lt;", "<", "<a     ", "\n ", "<br>", "<sup>1"),
        *("<h1>", "<title>a</title>", "<msup><mi>", "<semantics><annotation encoding='tex'>x"),
        *("<![CDATA[", "<? ", "Abstract ", "© 2011 ", "Copyright of "),
        *("<script>", "<script>a</script>", "<script>a</style>"),
    ],
)
def test_time_grows_with_the_length_alone(part: str) -> None:
    assert grows_with_length(lambda text: without_copyright(without_label(plain(text))), part)
