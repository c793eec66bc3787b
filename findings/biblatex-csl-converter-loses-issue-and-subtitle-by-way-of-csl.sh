#!/usr/bin/env bash
# biblatex-csl-converter turns an article of BibTeX into a preprint without issue, and back with page 19 for 1-9.
#
# Seen on 2026-11-30 with biblatex-csl-converter 3.6.0 from npm, and pandoc 3.9 of
# pypandoc-binary 1.17 from PyPI, Python 3.11, Linux.
# The package promises conversion in both directions. BibTeX's number of an article becomes the number of
# a series in CSL (collection-number), where its own reader looks for the issue; subtitle, article number
# (eid) and keywords have no place, though CSL has fields for the last two and pandoc fills "keyword" and
# joins the subtitle to the title. The type is "article", which is CSL's word for a preprint, where pandoc
# has article-journal. "Journal of Trees" gets a small t. Read back, number is gone, and pages 1 to 9 are
# page 19. From RIS pages 123 to 129 become 123129 as well, the second line of an abstract and "Jr." are
# lost, a team is a person and the date is no date of BibLaTeX. No errors or warnings are listed.
#
# Output seen:
#   BibTeX to CSL: collection-number 3; container-title Journal of trees; issued 2020; page 1-9; title Oaks; type
#   article; volume 12
#     and back: author = {given={Ann}, family={Oak}}; date = {2020}; journaltitle = {Journal of trees}; pages =
#   {19}; title = {Oaks}; volume = {12}
#   RIS to BibLaTeX: abstract = {Leaves are green.}; author = {given={Tree Study}, family={Group} and
#   given={John}, family={Doe}}; date = {2020/05/13}; pages = {123129}; title = {Oaks}
#   errors and warnings: 0
#   pandoc's CSL: container-title Journal of Trees; issue 3; issued 2020; keyword leaf, bark; page 1-9; title
#   Oaks: A history; title-short Oaks; type article-journal; volume 12
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > oaks.bib <<'TEXT'
@article{oaks,
 title = {Oaks},
 subtitle = {A history},
 author = {Oak, Ann},
 journal = {Journal of Trees},
 year = {2020},
 volume = {12},
 number = {3},
 pages = {1--9},
 keywords = {leaf, bark}
}
TEXT

cat > oaks.ris <<'TEXT'
TY  - JOUR
TI  - Oaks
AU  - Tree Study Group
AU  - Doe, John, Jr.
PY  - 2020/05/13
SP  - 123
EP  - 129
AB  - Leaves are green.
Bark is brown.
ER  - 
TEXT

cat > convert.mjs <<'JS'
import { readFileSync } from 'fs'
import { BibLatexExporter, BibLatexParser, CSLExporter, CSLParser, RISParser } from 'biblatex-csl-converter'

const fields = csl => Object.entries(csl).filter(([name]) => name !== 'id' && name !== 'author')
  .map(([name, value]) => `${name} ${value['date-parts'] || value}`).sort().join('; ')
const lines = bibtex => bibtex.match(/[a-z]+ = .*[^,\n]/g).sort().join('; ')

const read = new BibLatexParser(readFileSync('oaks.bib', 'utf8')).parse()
const csl = new CSLExporter(read.entries).parse()
console.log(`BibTeX to CSL: ${fields(Object.values(csl)[0])}`)
console.log(`  and back: ${lines(new BibLatexExporter(new CSLParser(csl).parse()).parse())}`)
const ris = new RISParser(readFileSync('oaks.ris', 'utf8')).parse()
console.log(`RIS to BibLaTeX: ${lines(new BibLatexExporter(ris.entries).parse())}`)
const notes = [read, ris].flatMap(({ errors, warnings }) => [...errors, ...warnings])
console.log(`errors and warnings: ${notes.length}`)
JS

cat > pandoc.py <<'PY'
import json

import pypandoc

(paper,) = json.loads(pypandoc.convert_file("oaks.bib", "csljson", format="bibtex"))
paper["issued"] = paper["issued"]["date-parts"][0][0]
fields = (f"{name} {value}" for name, value in sorted(paper.items()) if name not in ("id", "author"))
print("pandoc's CSL:", "; ".join(fields))
PY

npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" --prefix "$folder" \
  biblatex-csl-converter@3.6.0
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17
{ node convert.mjs; venv/bin/python pandoc.py; } | fold -sw 110 | sed 's/ *$//' | tee seen

cat > expected <<'TEXT'
BibTeX to CSL: collection-number 3; container-title Journal of trees; issued 2020; page 1-9; title Oaks; type
article; volume 12
  and back: author = {given={Ann}, family={Oak}}; date = {2020}; journaltitle = {Journal of trees}; pages =
{19}; title = {Oaks}; volume = {12}
RIS to BibLaTeX: abstract = {Leaves are green.}; author = {given={Tree Study}, family={Group} and
given={John}, family={Doe}}; date = {2020/05/13}; pages = {123129}; title = {Oaks}
errors and warnings: 0
pandoc's CSL: container-title Journal of Trees; issue 3; issued 2020; keyword leaf, bark; page 1-9; title
Oaks: A history; title-short Oaks; type article-journal; volume 12
TEXT
diff expected seen
