#!/usr/bin/env bash
# pandoc reads none of a RIS file's papers if the abstract of one goes on in a second line.
#
# Seen on 2026-11-30 with pandoc 3.9 of pypandoc-binary 1.17 and rispy 0.10.0 from PyPI, Python 3.11,
# Linux.
# Programs that write RIS wrap long abstracts or keep their paragraphs: a line without a tag belongs to
# the field before it. pandoc stops with an error at the first such line, whether it is flush, indented
# or behind an empty one, and gives none of the papers before it either. rispy reads every paper, and
# joins the lines by a blank.
#
# Output seen:
#   one line: pandoc 3 papers; rispy 3 papers, 'They run. They rest.'
#   two lines: pandoc no paper, an error at line 13, column 2; rispy 3 papers, 'They run. They rest.'
#   indented: pandoc no paper, an error at line 13, column 1; rispy 3 papers, 'They run. They rest.'
#   a paragraph between: pandoc no paper, an error at line 13, column 1; rispy 3 papers, 'They run.  They rest.'
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > abstracts.py <<'PY'
import json

import pypandoc
import rispy

ABSTRACTS = {
    "one line": "They run. They rest.",
    "two lines": "They run.\nThey rest.",
    "indented": "They run.\n      They rest.",
    "a paragraph between": "They run.\n\nThey rest.",
}


def record(title, abstract):
    return f"TY  - JOUR\nAU  - Roe, Rick\nTI  - {title}\nPY  - 1999\nAB  - {abstract}\nER  - \n"


for name, abstract in ABSTRACTS.items():
    ris = "\n".join([record("Elms", "Old."), record("Rivers", abstract), record("Oaks", "Tall.")])
    try:
        count = len(json.loads(pypandoc.convert_text(ris, "csljson", format="ris")))
        pandoc = f"{count} papers"
    except RuntimeError as error:
        place = str(error).split("unexpected")[0].split("(")[-1].split(")")[0]
        pandoc = f"no paper, an error at {place}"
    entries = rispy.loads(ris)
    print(f"{name}: pandoc {pandoc}; rispy {len(entries)} papers, {entries[1]['abstract']!r}")
PY

python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 rispy==0.10.0
venv/bin/python abstracts.py | tee seen

cat > expected <<'TEXT'
one line: pandoc 3 papers; rispy 3 papers, 'They run. They rest.'
two lines: pandoc no paper, an error at line 13, column 2; rispy 3 papers, 'They run. They rest.'
indented: pandoc no paper, an error at line 13, column 1; rispy 3 papers, 'They run. They rest.'
a paragraph between: pandoc no paper, an error at line 13, column 1; rispy 3 papers, 'They run.  They rest.'
TEXT
diff expected seen
