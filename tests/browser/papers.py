"""Papers that a page must show without harm. The word of each that no other paper has finds it."""

from index import Paper

SCRIPT = (
    "Scriptword: <script>document.title = 'taken'</script><img src=x onerror=\"document.title ="
    " 'taken'\"> </p></main><style>* { display: none }</style> and \"quotes' end here."
)
RIGHT_TO_LEFT = (
    "Rightword: אחזור מידע בעברית (information retrieval), מאמר 2024. \u202eתרגום\u202c after it."
)
BROKEN_TEX = (
    r"Brokenword costs $5 and $6, has $\frac{1}{ $ and \text{never closed, \unknown{x} and"
    r" $\href{javascript:document.title='taken'}{click}$ or $\style{display:none}{\frac12}$."
)
FORMULAS = (
    r"Formulaword: an $n$-gram in $O(n \log n)$, $x \in \mathbb{R}^d$, 95\% of $\frac{a}{\bm{b}}$."
)
WIDE = (
    "Wideword "
    + "verylongwordwithoutanyblank" * 12
    + r" and $\frac{a}{b} + \frac{c}{d} = "
    + " + ".join(rf"\frac{{{letter}}}{{{letter}_1}}" for letter in "abcdefghijklmno")
    + "$, $"
    + rf"\frac{{{'+'.join('abcdefghijkl')}}}{{2}}"
    + "$, $"
    + rf"\frac{{{'+'.join('abcdefghijklmnopqrstuvwxyz')}}}{{2}}"
    + "$ and https://example.org/"
    + "path/" * 40
)
SIGNS = "Signword \x00\x1b[31m\u2028 \ufeff\ufffe 𝔘𝔫𝔦 👩‍🔬 e\u0301\u0301\u0301\u0301 ."

# Made in Python, since readers leave out elements, even those written as entities.
PAPERS = tuple(
    Paper(
        id=f"hostile/{name}?x=1&y=#z",
        title=f"A hostile paper of {name} <i>&</i>",
        abstract=abstract,
        authors=("Robert <b>Tables", 'Zoë "Q" O\'Neil'),
        year=2020 + number,
        categories=("LG",),
        venue="Journal of <Signs> & 'Quotes'",
    )
    for number, (name, abstract) in enumerate(
        {
            "scripts": SCRIPT,
            "directions": RIGHT_TO_LEFT,
            "tex": BROKEN_TEX,
            "formulas": FORMULAS,
            "width": WIDE,
            "signs": SIGNS,
        }.items()
    )
)
