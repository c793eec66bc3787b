#!/usr/bin/env bash
# latex2mathml makes ℝ of \mathbb{R}, but of \mathbb R an R that browsers show as any other R.
#
# Seen on 2026-12-01 with latex2mathml 3.81.1 from PyPI, Python 3.11, and Chromium 156 on Linux.
# For TeX both are the same, and so are \mathcal{O} and {\cal O}, \mathbf{x} and \mathbf x: authors
# write abstracts either way. With braces around one letter, latex2mathml writes the Unicode letter of
# the alphabet. Without them, or in a switch such as \cal, it writes the plain letter with the
# attribute mathvariant. MathML Core, which browsers follow, knows that attribute with the value
# "normal" alone, and Chromium paints an italic R, O and x, the same to the pixel as those of $R$, $O$
# and $x$. So "$x \in \mathbb R^d$" on a page says that x is in R to the d, with no error or warning.
#
# Output seen:
#   \mathbb{R} and \mathbb R: ℝ and R with mathvariant double-struck
#   \mathcal{O} and {\cal O}: 𝒪 and O with mathvariant script
#   \mathbf{x} and \mathbf x: 𝐱 and x with mathvariant bold
#   \mathfrak{g} and \mathfrak g: 𝔤 and g with mathvariant fraktur
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > letters.py <<'PY'
from html import unescape

from latex2mathml.converter import convert_to_element

PAIRS = (
    (r"\mathbb{R}", r"\mathbb R"),
    (r"\mathcal{O}", r"{\cal O}"),
    (r"\mathbf{x}", r"\mathbf x"),
    (r"\mathfrak{g}", r"\mathfrak g"),
)


def shown(tex):
    letter = convert_to_element(tex).find(".//mi")
    variant = letter.get("mathvariant")
    return unescape(letter.text) + (f" with mathvariant {variant}" if variant else "")


for one, other in PAIRS:
    print(f"{one} and {other}: {shown(one)} and {shown(other)}")
PY

python3 -m venv venv
venv/bin/pip install --quiet latex2mathml==3.81.1
PYTHONUTF8=1 venv/bin/python letters.py | tee seen

cat > expected <<'TEXT'
\mathbb{R} and \mathbb R: ℝ and R with mathvariant double-struck
\mathcal{O} and {\cal O}: 𝒪 and O with mathvariant script
\mathbf{x} and \mathbf x: 𝐱 and x with mathvariant bold
\mathfrak{g} and \mathfrak g: 𝔤 and g with mathvariant fraktur
TEXT
diff expected seen
