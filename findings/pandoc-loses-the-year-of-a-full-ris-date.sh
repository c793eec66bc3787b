#!/usr/bin/env bash
# pandoc reads the year 1999 from a RIS file, but no year at all from 1999/05/13.
#
# Seen on 2026-11-29 with pandoc 3.9 of pypandoc-binary 1.17 and rispy 0.10.0 from PyPI, Python 3.11,
# Linux; pandoc 2.19.2 of pypandoc-binary 1.11 gives the same.
# RIS gives a date as year/month/day/other, where what is not known stays empty. pandoc keeps the date
# only if year stands alone; "1999///" becomes a year and three noughts, and any other has no parts.
# DA, where many files have the day, is not read. The BibTeX that pandoc then writes has no year. A
# suffix, third in RIS ("Roe, Rick, Jr."), is read as the given name, and the given name as the suffix;
# keywords come out in reverse. There is no warning. rispy keeps all of it as it is written.
#
# Output seen:
#   PY 1999: pandoc [[1999]], rispy 1999, year in pandoc's BibTeX: True
#   PY 1999///: pandoc [[1999], [0], [0], [0]], rispy 1999///, year in pandoc's BibTeX: False
#   PY 1999/05: pandoc [], rispy 1999/05, year in pandoc's BibTeX: False
#   PY 1999/05/13: pandoc [], rispy 1999/05/13, year in pandoc's BibTeX: False
#   PY 1999/05/13/: pandoc [], rispy 1999/05/13/, year in pandoc's BibTeX: False
#   author: pandoc family Roe, given Jr., suffix Rick; rispy Roe, Rick, Jr.
#   keywords: pandoc graph, edge, tree; rispy tree, edge, graph
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > dates.py <<'PY'
import json

import pypandoc
import rispy


def record(date):
    return (
        "TY  - JOUR\nAU  - Roe, Rick, Jr.\nTI  - On trees\n"
        f"PY  - {date}\nKW  - tree\nKW  - edge\nKW  - graph\nER  - \n"
    )


for date in ("1999", "1999///", "1999/05", "1999/05/13", "1999/05/13/"):
    ris = record(date)
    (paper,) = json.loads(pypandoc.convert_text(ris, "csljson", format="ris"))
    (entry,) = rispy.loads(ris)
    bibtex = pypandoc.convert_text(ris, "bibtex", format="ris")
    has_year = "year = {1999}" in bibtex
    print(
        f"PY {date}: pandoc {paper['issued']['date-parts']}, rispy {entry['year']}, "
        f"year in pandoc's BibTeX: {has_year}"
    )
(name,) = paper["author"]
parts = ", ".join(f"{part} {name[part]}" for part in ("family", "given", "suffix"))
print(f"author: pandoc {parts}; rispy {entry['authors'][0]}")
print(f"keywords: pandoc {paper['keyword']}; rispy {', '.join(entry['keywords'])}")
PY

python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17 rispy==0.10.0
venv/bin/python dates.py | tee seen

cat > expected <<'TEXT'
PY 1999: pandoc [[1999]], rispy 1999, year in pandoc's BibTeX: True
PY 1999///: pandoc [[1999], [0], [0], [0]], rispy 1999///, year in pandoc's BibTeX: False
PY 1999/05: pandoc [], rispy 1999/05, year in pandoc's BibTeX: False
PY 1999/05/13: pandoc [], rispy 1999/05/13, year in pandoc's BibTeX: False
PY 1999/05/13/: pandoc [], rispy 1999/05/13/, year in pandoc's BibTeX: False
author: pandoc family Roe, given Jr., suffix Rick; rispy Roe, Rick, Jr.
keywords: pandoc graph, edge, tree; rispy tree, edge, graph
TEXT
diff expected seen
