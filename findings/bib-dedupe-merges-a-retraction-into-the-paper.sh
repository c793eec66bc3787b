#!/usr/bin/env bash
# bib-dedupe merges a paper and the notice that retracts it: the paper stays, with the notice's DOI.
#
# Seen on 2026-11-30 with bib-dedupe 0.11.0 from PyPI, Python 3.11, Linux.
# The library finds the same paper in the results of several databases. Publishers print errata,
# corrections and retractions as papers of their own, with the paper's title and authors and another DOI,
# page and often issue. Titles need only be similar, and if authors, year, journal and
# volume agree, two DOIs, two issues and two first pages do not keep them apart. The merged record has
# the title and pages of the paper and the DOI and abstract of the notice, and nothing says any more that
# the paper was retracted. In a systematic review these are the records that must not be lost. A comment
# or a reply is told apart by its word, and a notice of the next year by its year.
#
# Output seen:
#   Retraction: Growth of oaks in cold forests, 2020: 1 of 2 are left
#     Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; The authors retract the paper.
#   Retraction notice to "Growth of oaks in cold forests", 2020: 1 of 2 are left
#     Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; The authors retract the paper.
#   Correction to: Growth of oaks in cold forests, 2020: 1 of 2 are left
#     Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; 
#   Erratum: Growth of oaks in cold forests, 2020: 1 of 2 are left
#     Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; 
#   Retraction: Growth of oaks in cold forests, 2021: 2 of 2 are left
#   Comment on "Growth of oaks in cold forests", 2020: 2 of 2 are left
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > merge.py <<'PY'
import contextlib
import io

import pandas as pd
from bib_dedupe.bib_dedupe import merge

TITLE = "Growth of oaks in cold forests"
PAPER = {
    "ID": "paper",
    "ENTRYTYPE": "article",
    "author": "Oak, Ann and Elm, Bo",
    "title": TITLE,
    "year": "2020",
    "journal": "Journal of Trees",
    "volume": "12",
    "number": "3",
    "pages": "1--9",
    "doi": "10.1000/oaks.1",
    "abstract": "We measure oaks.",
}
NOTICE = {
    "ID": "notice",
    "number": "4",
    "pages": "88",
    "doi": "10.1000/oaks.2",
    "abstract": "The authors retract the paper.",
}

for change in (
    {"title": f"Retraction: {TITLE}"},
    {"title": f'Retraction notice to "{TITLE}"'},
    {"title": f"Correction to: {TITLE}", "abstract": ""},
    {"title": f"Erratum: {TITLE}", "abstract": ""},
    {"title": f"Retraction: {TITLE}", "year": "2021", "volume": "13"},
    {"title": f'Comment on "{TITLE}"'},
):
    records = pd.DataFrame([PAPER, {**PAPER, **NOTICE, **change}])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        merged = merge(records, verbosity_level=0)
    print(f"{change['title']}, {change.get('year', '2020')}: {len(merged)} of 2 are left")
    if len(merged) == 1:
        (record,) = merged.to_dict("records")
        print("  " + "; ".join(record[name] for name in ("title", "pages", "doi", "abstract")))
PY

python3 -m venv venv
venv/bin/pip install --quiet bib-dedupe==0.11.0 pandas==3.1.1
venv/bin/python merge.py 2>errors | tee seen || { cat errors >&2; exit 1; }

cat > expected <<'TEXT'
Retraction: Growth of oaks in cold forests, 2020: 1 of 2 are left
  Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; The authors retract the paper.
Retraction notice to "Growth of oaks in cold forests", 2020: 1 of 2 are left
  Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; The authors retract the paper.
Correction to: Growth of oaks in cold forests, 2020: 1 of 2 are left
  Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; 
Erratum: Growth of oaks in cold forests, 2020: 1 of 2 are left
  Growth of oaks in cold forests; 1--9; 10.1000/oaks.2; 
Retraction: Growth of oaks in cold forests, 2021: 2 of 2 are left
Comment on "Growth of oaks in cold forests", 2020: 2 of 2 are left
TEXT
diff expected seen
