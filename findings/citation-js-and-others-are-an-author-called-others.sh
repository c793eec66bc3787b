#!/usr/bin/env bash
# citation-js writes BibTeX's "and others" to BibTeX as {others}, and to RIS as an author of that name.
#
# Seen on 2026-11-30 with @citation-js/core and plugin-bibtex 0.9.0, plugin-ris 0.8.2 and
# biblatex-csl-converter 3.6.0 from npm, and pandoc 3.9 of pypandoc-binary 1.17 and rispy 0.10.0 from PyPI,
# Python 3.11, Node.js 20, Linux.
# "and others" at the end of a list of authors says that there are more, and prints as "et al.". CSL has
# no word for that, so all three readers make it a person or a group. Written back, braces protect the
# word as they do the name of a group, and BibTeX no longer prints "et al.". In RIS two papers by
# different people then have an author in common, whom a search, a count of authors or a graph of who
# wrote with whom takes for one person, the busiest of all. No warning is given.
#
# Output seen:
#   citation-js.bib: Oak, Ann and Elm, Bo and {others}; Ash, Cy and {others}
#   citation-js.ris: ['Oak, Ann', 'Elm, Bo', 'others']; ['Ash, Cy', 'others']
#   biblatex-csl-converter.bib: given={Ann}, family={Oak} and given={Bo}, family={Elm} and {others}; given={Cy}, family={Ash} and {others}
#   pandoc.bib: Oak, Ann and Elm, Bo and {others}; Ash, Cy and {others}
#   pandoc's CSL: [{'family': 'Oak', 'given': 'Ann'}, {'family': 'Elm', 'given': 'Bo'}, {'literal': 'others'}]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > papers.bib <<'TEXT'
@article{oaks, title = {Oaks}, author = {Oak, Ann and Elm, Bo and others}}
@article{ashes, title = {Ashes}, author = {Ash, Cy and others}}
TEXT

cat > convert.mjs <<'JS'
import { readFileSync } from 'fs'
import { createRequire } from 'module'
import { BibLatexExporter, BibLatexParser } from 'biblatex-csl-converter'

const require = createRequire(import.meta.url)
const { Cite } = require('@citation-js/core')
require('@citation-js/plugin-bibtex')
require('@citation-js/plugin-ris')

const text = readFileSync('papers.bib', 'utf8')
const converters = {
  'citation-js.bib': () => new Cite(text).format('bibtex'),
  'citation-js.ris': () => new Cite(text).format('ris'),
  'biblatex-csl-converter.bib': () => new BibLatexExporter(new BibLatexParser(text).parse().entries).parse()
}
console.log(JSON.stringify(Object.fromEntries(
  Object.entries(converters).map(([name, convert]) => [name, convert()])
)))
JS

cat > authors.py <<'PY'
import json
import re
import subprocess

import pypandoc
import rispy

command = ["node", "convert.mjs"]
texts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
texts["pandoc.bib"] = pypandoc.convert_file("papers.bib", "bibtex", format="bibtex")
for name, text in texts.items():
    if name.endswith(".bib"):
        print(f"{name}: {'; '.join(re.findall('author = {(.*)}', text))}")
    else:
        print(f"{name}: {'; '.join(str(paper['authors']) for paper in rispy.loads(text))}")
(oaks, _) = json.loads(pypandoc.convert_file("papers.bib", "csljson", format="bibtex"))
print("pandoc's CSL:", oaks["author"])
PY

npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" --prefix "$folder" \
  --legacy-peer-deps biblatex-csl-converter@3.6.0 @citation-js/core@0.9.0 @citation-js/plugin-bibtex@0.9.0 \
  @citation-js/plugin-ris@0.8.2
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 rispy==0.10.0
venv/bin/python authors.py | tee seen

cat > expected <<'TEXT'
citation-js.bib: Oak, Ann and Elm, Bo and {others}; Ash, Cy and {others}
citation-js.ris: ['Oak, Ann', 'Elm, Bo', 'others']; ['Ash, Cy', 'others']
biblatex-csl-converter.bib: given={Ann}, family={Oak} and given={Bo}, family={Elm} and {others}; given={Cy}, family={Ash} and {others}
pandoc.bib: Oak, Ann and Elm, Bo and {others}; Ash, Cy and {others}
pandoc's CSL: [{'family': 'Oak', 'given': 'Ann'}, {'family': 'Elm', 'given': 'Bo'}, {'literal': 'others'}]
TEXT
diff expected seen
