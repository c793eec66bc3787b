#!/usr/bin/env bash
# typst prints pages 7 and 41 of a paper as page 741 if they come from BibTeX; typst 0.11 printed "7, 41".
#
# Seen on 2026-11-29 with typst 0.11.1, 0.12.0 and 0.15.2, pypdf 7.1.1 and pandoc 3.9 of pypandoc-binary
# 1.17 from PyPI, Python 3.11, Linux.
# The manual of BibTeX (section 3.2, "pages") allows several numbers or ranges with commas between them;
# its example is 7,41,73--97. Since 0.12 typst drops the commas, and the numbers run together into a page
# that does not exist; nine of nine styles that print ranges do so. From typst's own YAML the same list
# keeps its comma, from BibTeX as well if one of the pages has a letter, or "&" or "and" stands between.
# pandoc prints the list from the same file. No warning is given. An older report of a page list gone
# wrong in typst is closed.
#
# Output seen:
#   typst 0.11.1: 7, 41 | 7, 41, 73–97 | R7––R12, R20 | YAML 7, 41
#   typst 0.12.0: 741 | 74173–97 | R7–R12, R20 | YAML 7, 41
#   typst 0.15.2: 741 | 74173–97 | R7–R12, R20 | YAML 7, 41
#   pandoc: 7, 41 | 7, 41, 73–97 | R7–12, R20
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > papers.bib <<'BIB'
@article{a, author = {Roe, A.}, title = {Oak}, journal = {Trees}, year = 1999, pages = {7, 41}}
@article{b, author = {Roe, B.}, title = {Oak}, journal = {Trees}, year = 1999, pages = {7,41,73--97}}
@article{c, author = {Roe, C.}, title = {Oak}, journal = {Trees}, year = 1999, pages = {R7--R12, R20}}
BIB
cat > papers.yml <<'YAML'
a:
  type: article
  author: Roe, A.
  title: Oak
  date: 1999
  page-range: "7, 41"
  parent:
    type: periodical
    title: Trees
YAML
cat > papers.md <<'MD'
---
bibliography: papers.bib
nocite: '@*'
---
MD

cat > typst_pages.py <<'PY'
import io
import re
from importlib.metadata import version

import pypdf
import typst


def pages(papers):
    with open("papers.typ", "w") as file:
        file.write(f'#set page(width: 30cm)\n#bibliography("{papers}", full: true, style: "ieee")')
    (page,) = pypdf.PdfReader(io.BytesIO(typst.compile("papers.typ"))).pages
    return re.findall(r"Trees, pp?\. (.*), 1999", page.extract_text())


bibtex, yaml = pages("papers.bib"), pages("papers.yml")
print(f"typst {version('typst')}: {' | '.join(bibtex)} | YAML {yaml[0]}")
PY
cat > pandoc_pages.py <<'PY'
import re

import pypandoc

text = pypandoc.convert_file("papers.md", "plain", extra_args=["--citeproc"])
print("pandoc:", " | ".join(re.findall(r"Trees, (.*)\.", text)))
PY

for version in 0.11.1 0.12.0 0.15.2; do
  python3 -m venv "typst-$version"
  "typst-$version/bin/pip" install --quiet typst==$version pypdf==7.1.1
  "typst-$version/bin/python" typst_pages.py
done | tee seen
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17
venv/bin/python pandoc_pages.py | tee -a seen

cat > expected <<'TEXT'
typst 0.11.1: 7, 41 | 7, 41, 73–97 | R7––R12, R20 | YAML 7, 41
typst 0.12.0: 741 | 74173–97 | R7–R12, R20 | YAML 7, 41
typst 0.15.2: 741 | 74173–97 | R7–R12, R20 | YAML 7, 41
pandoc: 7, 41 | 7, 41, 73–97 | R7–12, R20
TEXT
diff expected seen
