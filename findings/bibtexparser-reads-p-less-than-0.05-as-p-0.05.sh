#!/usr/bin/env bash
# bibtexparser reads "p \textless{} 0.05" as "p  0.05", and "50% of oaks are old" as "50".
#
# Seen on 2026-11-30 with bibtexparser 2.1.0 and pylatexenc 2.11 from PyPI, and pandoc 3.9 of
# pypandoc-binary 1.17, Python 3.11, Linux.
# LatexDecodingMiddleware turns TeX into Unicode with pylatexenc, which drops each command that it does
# not know and keeps quiet; it knows \textpm and \texteuro, but not \textless, \textgreater, \textminus
# and \textbar. Managers of references write < that way, so an abstract loses its sense or says the
# opposite. A bare % begins a comment, up to the end of the line, and & becomes blanks; that is TeX's
# reading, but for BibTeX they are letters, and exporters leave them bare (69 of 2,572 abstracts seen in
# public files have a bare %). pandoc has < and > and the &, but cuts at % too and turns -5 K into 5 K.
# In the other direction LatexEncodingMiddleware writes u with two long marks as u with one, so that a
# Hungarian name changes. Nothing is reported.
#
# Output seen:
#   oaks grow (p \textless{} 0.05): bibtexparser 'oaks grow (p  0.05)', pandoc 'oaks grow (p < 0.05)'
#   at {\textless}3 or \textgreater 9 C: bibtexparser 'at 3 or 9 C', pandoc 'at <3 or >9 C'
#   by \textminus{}5 K: bibtexparser 'by 5 K', pandoc 'by 5 K'
#   50% of oaks are old: bibtexparser '50', pandoc '50'
#   oaks & elms: bibtexparser 'oaks     elms', pandoc 'oaks & elms'
#   Szűcs: written as Sz\'{u}cs, read back as 'Szúcs'
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > texts.py <<'PY'
import json
import re

import bibtexparser
import pypandoc
from bibtexparser.middlewares import LatexDecodingMiddleware, LatexEncodingMiddleware


def entry(text):
    return f"@article{{key,\n abstract = {{{text}}}\n}}\n"


def decode(bibtex):
    library = bibtexparser.parse_string(bibtex, append_middleware=[LatexDecodingMiddleware()])
    return library.entries[0]["abstract"]


for text in (
    r"oaks grow (p \textless{} 0.05)",
    r"at {\textless}3 or \textgreater 9 C",
    r"by \textminus{}5 K",
    "50% of oaks are old",
    "oaks & elms",
):
    (paper,) = json.loads(pypandoc.convert_text(entry(text), "csljson", format="bibtex"))
    print(f"{text}: bibtexparser {decode(entry(text))!r}, pandoc {paper['abstract']!r}")

library = bibtexparser.parse_string(entry("Szűcs"))
bibtex = bibtexparser.write_string(library, prepend_middleware=[LatexEncodingMiddleware()])
written = re.search(r"abstract = \{(.*)\}", bibtex).group(1)
print(f"Szűcs: written as {written}, read back as {decode(bibtex)!r}")
PY

python3 -m venv venv
venv/bin/pip install --quiet bibtexparser==2.1.0 pylatexenc==2.11 pypandoc-binary==1.17
PYTHONUTF8=1 venv/bin/python texts.py | tee seen

cat > expected <<'TEXT'
oaks grow (p \textless{} 0.05): bibtexparser 'oaks grow (p  0.05)', pandoc 'oaks grow (p < 0.05)'
at {\textless}3 or \textgreater 9 C: bibtexparser 'at 3 or 9 C', pandoc 'at <3 or >9 C'
by \textminus{}5 K: bibtexparser 'by 5 K', pandoc 'by 5 K'
50% of oaks are old: bibtexparser '50', pandoc '50'
oaks & elms: bibtexparser 'oaks     elms', pandoc 'oaks & elms'
Szűcs: written as Sz\'{u}cs, read back as 'Szúcs'
TEXT
diff expected seen
