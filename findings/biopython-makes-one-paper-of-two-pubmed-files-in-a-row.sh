#!/usr/bin/env bash
# Biopython makes one paper of two PubMed files put together; nbib gives the second the first's authors.
#
# Seen on 2026-11-30 with biopython 1.88 and nbib 0.3.2 from PyPI, Python 3.11, Linux.
# In PubMed's MEDLINE format (.nbib) each record begins with its PMID, and an empty line stands between
# two records, but none at the end of a file. Put together with cat, the last record of one file meets
# the first of the next. Bio.Medline goes by the empty line alone: PMID, title, abstract and date of both
# are joined with a blank, and the paper "11 12" is in no database. nbib has the second PMID, title and
# date, with the authors of both, and the first paper is gone. A second PMID line could tell them apart.
# Both libraries read one file after the other well. nbib has no place for teams (CN) among the authors
# either: of several teams it keeps the last. Neither reports anything.
#
# Output seen:
#   with an empty line
#     Biopython: 11 On oaks 2001 ['Oak A'] ['Tree Study Group', 'Leaf Team']
#     Biopython: 12 On elms 2002 ['Elm B'] []
#     nbib: 11 On oaks 2001 ['Oak A'] Leaf Team
#     nbib: 12 On elms 2002 ['Elm B'] None
#   without
#     Biopython: 11 12 On oaks On elms 2001 2002 ['Oak A', 'Elm B'] ['Tree Study Group', 'Leaf Team']
#     nbib: 12 On elms 2002 ['Oak A', 'Elm B'] Leaf Team
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > oaks.nbib <<'TEXT'
PMID- 11
OWN - NLM
TI  - On oaks
FAU - Oak, Ann
AU  - Oak A
CN  - Tree Study Group
CN  - Leaf Team
DP  - 2001
SO  - J Trees. 2001;1:1-9.
TEXT

cat > elms.nbib <<'TEXT'
PMID- 12
OWN - NLM
TI  - On elms
FAU - Elm, Bo
AU  - Elm B
DP  - 2002
SO  - J Trees. 2002;2:1-9.
TEXT

cat > read.py <<'PY'
import io
from pathlib import Path

import nbib
from Bio import Medline

oaks, elms = (Path(name).read_text() for name in ("oaks.nbib", "elms.nbib"))
for name, text in (("with an empty line", f"{oaks}\n{elms}"), ("without", oaks + elms)):
    print(name)
    for record in Medline.parse(io.StringIO(text)):
        teams = record.get("CN", [])
        print("  Biopython:", record["PMID"], record["TI"], record["DP"], record["AU"], teams)
    for record in nbib.read(text):
        authors = [author["author_abbreviated"] for author in record["authors"]]
        team = record.get("corporate_author")
        date = record["publication_date"]
        print("  nbib:", record["pubmed_id"], record["title"], date, authors, team)
PY

python3 -m venv venv
venv/bin/pip install --quiet biopython==1.88 nbib==0.3.2
venv/bin/python read.py | tee seen

cat > expected <<'TEXT'
with an empty line
  Biopython: 11 On oaks 2001 ['Oak A'] ['Tree Study Group', 'Leaf Team']
  Biopython: 12 On elms 2002 ['Elm B'] []
  nbib: 11 On oaks 2001 ['Oak A'] Leaf Team
  nbib: 12 On elms 2002 ['Elm B'] None
without
  Biopython: 11 12 On oaks On elms 2001 2002 ['Oak A', 'Elm B'] ['Tree Study Group', 'Leaf Team']
  nbib: 12 On elms 2002 ['Oak A', 'Elm B'] Leaf Team
TEXT
diff expected seen
