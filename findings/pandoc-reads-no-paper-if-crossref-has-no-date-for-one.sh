#!/usr/bin/env bash
# pandoc and citeproc-py read none of a list of papers if Crossref has no date for one of them.
#
# Seen on 2026-11-30 with pandoc 3.9 of pypandoc-binary 1.17 and citeproc-py 0.11.1 from PyPI, and
# biblatex-csl-converter 3.6.0 and @citation-js/core 0.9.0 (plugin-bibtex 0.9.0) from npm, Python 3.11,
# Node.js 20, Linux.
# Crossref serves CSL JSON, and where a work has no date of issue, as is usual with figures, components
# and some preprints, it writes "date-parts": [[null]]. The CSL scheme has numbers and strings there.
# pandoc ends with an error that names no paper, citeproc-py raises TypeError, and the papers with a date
# are lost with the one without. An empty list in place of [null] pandoc reads, citeproc-py does not.
# biblatex-csl-converter writes date = {null} into BibLaTeX. citation-js reads both papers, one undated.
#
# Output seen:
#   date-parts [[2020]]
#     pandoc: Oaks, Elms
#     citeproc_py: Oaks, Elms
#     biblatex-csl-converter: title = {Oaks} date = {2019} title = {Elms} date = {2020}
#     citation-js: date = {2019} title = {Oaks} date = {2020} title = {Elms}
#   date-parts [[null]]
#     pandoc: RuntimeError: expected Number, but encountered Null
#     citeproc_py: TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'
#     biblatex-csl-converter: title = {Oaks} date = {2019} title = {Elms} date = {null}
#     citation-js: date = {2019} title = {Oaks} title = {Elms}
#   date-parts [[]]
#     pandoc: Oaks, Elms
#     citeproc_py: TypeError: year
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > convert.mjs <<'JS'
import { readFileSync } from 'fs'
import { createRequire } from 'module'
import { BibLatexExporter, CSLParser } from 'biblatex-csl-converter'

const require = createRequire(import.meta.url)
const { Cite } = require('@citation-js/core')
require('@citation-js/plugin-bibtex')

const papers = JSON.parse(readFileSync(0, 'utf8'))
const byId = Object.fromEntries(papers.map(paper => [paper.id, paper]))
const texts = {
  'biblatex-csl-converter': new BibLatexExporter(new CSLParser(byId).parse()).parse(),
  'citation-js': new Cite(papers).format('biblatex')
}
for (const [name, text] of Object.entries(texts)) {
  console.log(`  ${name}: ${text.match(/(title|date) = [^\n]*\}/g).join(' ')}`)
}
JS

cat > dates.py <<'PY'
import json
import subprocess

import pypandoc
from citeproc.source.json import CiteProcJSON


def pandoc(papers):
    text = pypandoc.convert_text(json.dumps(papers), "csljson", format="csljson")
    return [paper["title"] for paper in json.loads(text)]


def citeproc_py(papers):
    return [" ".join(map(str, paper["title"])) for paper in CiteProcJSON(papers).values()]


for parts in ([2020], [None], []):
    papers = [
        {"id": "oaks", "type": "article-journal", "title": "Oaks", "issued": {"date-parts": [[2019]]}},
        {"id": "elms", "type": "article-journal", "title": "Elms", "issued": {"date-parts": [parts]}},
    ]
    print("date-parts", json.dumps([parts]))
    for read in (pandoc, citeproc_py):
        try:
            seen = ", ".join(read(papers))
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            seen = f"{type(error).__name__}: {str(error).strip().rpartition(': ')[2]}"
        print(f"  {read.__name__}: {seen}")
    if parts:
        print(
            subprocess.run(
                ["node", "convert.mjs"],
                input=json.dumps(papers),
                capture_output=True,
                text=True,
                check=True,
            ).stdout,
            end="",
        )
PY

npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" --prefix "$folder" \
  biblatex-csl-converter@3.6.0 @citation-js/core@0.9.0 @citation-js/plugin-bibtex@0.9.0
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 citeproc-py==0.11.1
venv/bin/python -W ignore dates.py | tee seen

cat > expected <<'TEXT'
date-parts [[2020]]
  pandoc: Oaks, Elms
  citeproc_py: Oaks, Elms
  biblatex-csl-converter: title = {Oaks} date = {2019} title = {Elms} date = {2020}
  citation-js: date = {2019} title = {Oaks} date = {2020} title = {Elms}
date-parts [[null]]
  pandoc: RuntimeError: expected Number, but encountered Null
  citeproc_py: TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'
  biblatex-csl-converter: title = {Oaks} date = {2019} title = {Elms} date = {null}
  citation-js: date = {2019} title = {Oaks} title = {Elms}
date-parts [[]]
  pandoc: Oaks, Elms
  citeproc_py: TypeError: year
TEXT
diff expected seen
