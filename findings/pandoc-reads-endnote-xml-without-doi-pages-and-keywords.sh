#!/usr/bin/env bash
# pandoc reads a paper of EndNote's XML without DOI, keywords and link; its pages do not reach BibTeX.
#
# Seen on 2026-11-30 with pandoc 3.9 of pypandoc-binary 1.17 from PyPI, Python 3.11, Linux.
# EndNote keeps the DOI as electronic-resource-num. pandoc's reader knows no such element, nor keywords,
# urls and language. Pages are put into "pages", which CSL does not have (its word is "page", as pandoc
# itself writes for BibTeX), so that its own writer of BibLaTeX does not find them. The issue is "number",
# in CSL another thing. What EndNote calls isbn, for an article the ISSN of the journal, is ISBN. Of the
# day only the year is left. The suffix, third in a name, is taken for the first name, as in RIS. Without
# DOI, pages and ISSN little is left to know two copies of a paper by. No warning is given.
#
# Output seen:
#   endnotexml to CSL:
#     ISBN: "1234-5679"
#     author: [{"family": "Doe", "given": "Jr.", "suffix": "John"}]
#     container-title: "Journal of Trees"
#     issued: {"date-parts": [[2020]]}
#     number: "3"
#     pages: "1-9"
#     volume: "12"
#   endnotexml to BibLaTeX: author, title, journal, volume, number, date, isbn
#   biblatex to CSL:
#     DOI: "10.1000/oaks"
#     ISSN: "1234-5679"
#     URL: "http://example.org/oaks"
#     author: [{"family": "Doe", "given": "John", "suffix": "Jr."}]
#     container-title: "Journal of Trees"
#     issue: "3"
#     issued: {"date-parts": [[2020, 5, 13]]}
#     keyword: "leaf, bark"
#     language: "en-US"
#     page: "1-9"
#     volume: "12"
#   biblatex to BibLaTeX: author, title, journal, volume, number, pages, date, url, doi, issn, langid
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > endnote.py <<'PY'
import json

import pypandoc


def element(name, content):
    return f'<{name}><style face="normal" font="default" size="100%">{content}</style></{name}>'


ENDNOTE = "".join(
    (
        '<?xml version="1.0" encoding="UTF-8"?><xml><records><record><rec-number>1</rec-number>',
        '<ref-type name="Journal Article">17</ref-type><contributors><authors>',
        element("author", "Doe, John, Jr."),
        "</authors></contributors><titles>",
        element("title", "Oaks"),
        element("secondary-title", "Journal of Trees"),
        "</titles>",
        element("pages", "1-9"),
        element("volume", "12"),
        element("number", "3"),
        f"<keywords>{element('keyword', 'leaf')}{element('keyword', 'bark')}</keywords>",
        f"<dates>{element('year', '2020')}<pub-dates>{element('date', 'May 13')}</pub-dates></dates>",
        element("isbn", "1234-5679"),
        element("electronic-resource-num", "10.1000/oaks"),
        f"<urls><related-urls>{element('url', 'http://example.org/oaks')}</related-urls></urls>",
        element("language", "eng"),
        "</record></records></xml>",
    )
)
BIBTEX = """@article{oaks, title = {Oaks}, author = {Doe, Jr., John}, journal = {Journal of Trees},
volume = {12}, number = {3}, pages = {1--9}, date = {2020-05-13}, keywords = {leaf, bark},
issn = {1234-5679}, doi = {10.1000/oaks}, url = {http://example.org/oaks}, langid = {english}}
"""

for source, text in (("endnotexml", ENDNOTE), ("biblatex", BIBTEX)):
    (paper,) = json.loads(pypandoc.convert_text(text, "csljson", format=source))
    print(f"{source} to CSL:")
    for name in sorted(set(paper) - {"id", "title", "type"}):
        print(f"  {name}: {json.dumps(paper[name])}")
    bibtex = pypandoc.convert_text(text, "biblatex", format=source)
    fields = [line.split("=")[0].strip() for line in bibtex.splitlines() if "=" in line]
    print(f"{source} to BibLaTeX: {', '.join(fields)}")
PY

python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17
venv/bin/python endnote.py | tee seen

cat > expected <<'TEXT'
endnotexml to CSL:
  ISBN: "1234-5679"
  author: [{"family": "Doe", "given": "Jr.", "suffix": "John"}]
  container-title: "Journal of Trees"
  issued: {"date-parts": [[2020]]}
  number: "3"
  pages: "1-9"
  volume: "12"
endnotexml to BibLaTeX: author, title, journal, volume, number, date, isbn
biblatex to CSL:
  DOI: "10.1000/oaks"
  ISSN: "1234-5679"
  URL: "http://example.org/oaks"
  author: [{"family": "Doe", "given": "John", "suffix": "Jr."}]
  container-title: "Journal of Trees"
  issue: "3"
  issued: {"date-parts": [[2020, 5, 13]]}
  keyword: "leaf, bark"
  language: "en-US"
  page: "1-9"
  volume: "12"
biblatex to BibLaTeX: author, title, journal, volume, number, pages, date, url, doi, issn, langid
TEXT
diff expected seen
