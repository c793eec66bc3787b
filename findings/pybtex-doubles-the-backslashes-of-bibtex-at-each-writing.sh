#!/usr/bin/env bash
# pybtex writes "R\&D" as "R\\&D" and a DOI's "_" as "\_", and adds a backslash each time that it reads them.
#
# Seen on 2026-11-30 with pybtex 0.26.1 and bibtexparser 2.1.0 from PyPI, and pandoc 3.9 of pypandoc-binary
# 1.17, Python 3.11, Linux.
# The reader keeps TeX's commands as they stand, but the writer takes what it gets for plain text and puts
# a backslash before %, &, _ and #, also where one is there. In LaTeX \\ ends a line, so "5\\% of" is "5", a
# new line and a comment up to the end of the line. Read with pandoc, the title of the first copy ends
# there. In doi and url the sign is not escaped in BibTeX at all, and links with "\_" lead nowhere; nor is
# it in formulas. bibtexparser writes what it read. So a file that is read and written, to sort it or to
# take an entry out, is another one, and a third time still another. Two copies no longer have equal DOIs.
#
# Output seen:
#   as written: R\&D of 5\% of $x_1$ oaks; 10.1000/oak_s
#     in pandoc: 'R&d of 5% of $x_1$ oaks'; 10.1000/oak_s
#   bibtexparser: R\&D of 5\% of $x_1$ oaks; 10.1000/oak_s
#     in pandoc: 'R&d of 5% of $x_1$ oaks'; 10.1000/oak_s
#   pybtex once: R\\&D of 5\\% of $x\_1$ oaks; 10.1000/oak\_s
#     in pandoc: 'R\n&d of 5\n'; 10.1000/oak\_s
#   pybtex twice: R\\\&D of 5\\\% of $x\\_1$ oaks; 10.1000/oak\\_s
#     in pandoc: 'R\n&d of 5\n% of $x\\\\_1$ oaks'; 10.1000/oak\\_s
#   pybtex three times: R\\\\&D of 5\\\\% of $x\\\_1$ oaks; 10.1000/oak\\\_s
#     in pandoc: 'R\n\n&d of 5\n\n'; 10.1000/oak\\\_s
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > copies.py <<'PY'
import json
import re

import bibtexparser
import pypandoc
from pybtex.database import parse_string

ENTRY = r"""@article{oaks,
    title = "R\&D of 5\% of $x_1$ oaks",
    doi = "10.1000/oak_s"
}
"""


def field(bibtex, name):
    return re.search(rf'{name} = ["{{](.*?)["}}],?\n', bibtex).group(1)


def pybtex(bibtex):
    return parse_string(bibtex, "bibtex").to_string("bibtex")


def bibtexparser_copy(bibtex):
    return bibtexparser.write_string(bibtexparser.parse_string(bibtex))


copies = {"as written": ENTRY, "bibtexparser": bibtexparser_copy(bibtexparser_copy(ENTRY))}
copies["pybtex once"] = pybtex(ENTRY)
copies["pybtex twice"] = pybtex(copies["pybtex once"])
copies["pybtex three times"] = pybtex(copies["pybtex twice"])
for name, bibtex in copies.items():
    (paper,) = json.loads(pypandoc.convert_text(bibtex, "csljson", format="bibtex"))
    print(f"{name}: {field(bibtex, 'title')}; {field(bibtex, 'doi')}")
    print(f"  in pandoc: {paper['title']!r}; {paper['DOI']}")
PY

python3 -m venv venv
venv/bin/pip install --quiet pybtex==0.26.1 bibtexparser==2.1.0 pypandoc-binary==1.17
venv/bin/python copies.py 2>errors | tee seen || { cat errors >&2; exit 1; }

cat > expected <<'TEXT'
as written: R\&D of 5\% of $x_1$ oaks; 10.1000/oak_s
  in pandoc: 'R&d of 5% of $x_1$ oaks'; 10.1000/oak_s
bibtexparser: R\&D of 5\% of $x_1$ oaks; 10.1000/oak_s
  in pandoc: 'R&d of 5% of $x_1$ oaks'; 10.1000/oak_s
pybtex once: R\\&D of 5\\% of $x\_1$ oaks; 10.1000/oak\_s
  in pandoc: 'R\n&d of 5\n'; 10.1000/oak\_s
pybtex twice: R\\\&D of 5\\\% of $x\\_1$ oaks; 10.1000/oak\\_s
  in pandoc: 'R\n&d of 5\n% of $x\\\\_1$ oaks'; 10.1000/oak\\_s
pybtex three times: R\\\\&D of 5\\\\% of $x\\\_1$ oaks; 10.1000/oak\\\_s
  in pandoc: 'R\n\n&d of 5\n\n'; 10.1000/oak\\\_s
TEXT
diff expected seen
