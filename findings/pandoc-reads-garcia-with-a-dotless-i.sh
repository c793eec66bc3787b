#!/usr/bin/env bash
# pandoc reads Garc{\'\i}a from BibTeX as a name that looks like García and equals it in no normal form.
#
# Seen on 2026-11-29 with pandoc 3.9 of pypandoc-binary 1.17, pylatexenc 2.11, pybtex 0.26.1 and apsw
# 3.54.1.0 (SQLite 3.54.1) from PyPI, Python 3.11, Linux.
# \'\i is how TeX has an í set, with the dot taken away to make room for the accent, and so it stands in
# countless bibliographies; {\'i}, the newer way, gives í. pandoc makes of it a dotless ı (U+0131) and
# an accent (U+0301), which Unicode composes to no letter: NFC and NFKC leave them as they are. It
# writes the two so into CSL JSON, BibTeX and pages, where nobody sees it, and one author becomes two.
# FTS5 strips the accent but keeps the ı, so that neither "García" nor "Garcia" finds him. pylatexenc
# and pybtex give í. The same holds for \`\i, \"\i and \^\i. No warning is given.
#
# Output seen:
#   Garc{\'\i}a: pandoc 'Garc\u0131\u0301a', pylatexenc 'Garc\xeda', pybtex 'Garc\xeda'
#   Garc{\'i}a: pandoc 'Garc\xeda', pylatexenc 'Garc\xeda', pybtex 'Garc\xeda'
#   Mart{\`\i}n: pandoc 'Mart\u0131\u0300n', pylatexenc 'Mart\xecn', pybtex 'Mart\xecn'
#   Na{\"\i}m: pandoc 'Na\u0131\u0308m', pylatexenc 'Na\xefm', pybtex 'Na\xefm'
#   Garc{\'\i}a and Garc{\'i}a of pandoc are equal in: no form
#   FTS5 finds of these two: García 1, Garcia 1
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > names.py <<'PY'
import json
from unicodedata import normalize

import apsw
import pypandoc
from pybtex.richtext import Text
from pylatexenc.latex2text import LatexNodes2Text

OLD, NEW = r"Garc{\'\i}a", r"Garc{\'i}a"


def with_pandoc(family):
    bibtex = f"@book{{key, author = {{{family}, Ana}}, title = {{Trees}}, year = 2001}}"
    (book,) = json.loads(pypandoc.convert_text(bibtex, "csljson", format="bibtex"))
    return book["author"][0]["family"]


for name in (OLD, NEW, r"Mart{\`\i}n", r"Na{\"\i}m"):
    print(
        f"{name}: pandoc {with_pandoc(name)!a}, "
        f"pylatexenc {LatexNodes2Text().latex_to_text(name)!a}, pybtex {str(Text.from_latex(name))!a}"
    )

old, new = with_pandoc(OLD), with_pandoc(NEW)
forms = [form for form in ("NFC", "NFD", "NFKC", "NFKD") if normalize(form, old) == normalize(form, new)]
print(f"{OLD} and {NEW} of pandoc are equal in: {', '.join(forms) or 'no form'}")

database = apsw.Connection(":memory:")
tokenizer = "tokenize = 'unicode61 remove_diacritics 2'"
database.execute(f"create virtual table books using fts5(author, {tokenizer})")
database.executemany("insert into books values (?)", ((old,), (new,)))
counts = []
for query in ("García", "Garcia"):
    found = database.execute("select * from books where books match ?", (query,)).fetchall()
    counts.append(f"{query} {len(found)}")
print(f"FTS5 finds of these two: {', '.join(counts)}")
PY

python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 pylatexenc==2.11 pybtex==0.26.1 apsw==3.54.1.0
PYTHONUTF8=1 venv/bin/python names.py | tee seen

cat > expected <<'TEXT'
Garc{\'\i}a: pandoc 'Garc\u0131\u0301a', pylatexenc 'Garc\xeda', pybtex 'Garc\xeda'
Garc{\'i}a: pandoc 'Garc\xeda', pylatexenc 'Garc\xeda', pybtex 'Garc\xeda'
Mart{\`\i}n: pandoc 'Mart\u0131\u0300n', pylatexenc 'Mart\xecn', pybtex 'Mart\xecn'
Na{\"\i}m: pandoc 'Na\u0131\u0308m', pylatexenc 'Na\xefm', pybtex 'Na\xefm'
Garc{\'\i}a and Garc{\'i}a of pandoc are equal in: no form
FTS5 finds of these two: García 1, Garcia 1
TEXT
diff expected seen
