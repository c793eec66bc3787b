#!/usr/bin/env bash
# search-query translates "Oak A[au] ... 2010:2015[dp]" of PubMed for Web of Science as keyword and 2010.
#
# Seen on 2026-11-30 with search-query 0.15.0 from PyPI, Python 3.11, Linux.
# Systematic reviews run one search in several databases; this library translates it from one to another.
# PubMed's tag for an author is au, and Web of Science has AU; it is taken for keywords of the authors
# (AK), and AK goes back to au. Of a span of years only the first is left. "a NOT b" in two fields inside
# an OR loses b, and what stands after NOT is then a, which was searched for. Words within three of each
# other (~3) become NEAR without a number, which in Web of Science means within 15, and next to each
# other (~0) as well. From EBSCO the same happens to N3, and W3 becomes WITHIN, which no database knows.
# The library's own generic form keeps all but the author. No message is given, and a review that runs
# the translation finds other papers.
#
# Output seen:
#   PubMed: oaks[ti] AND Oak A[au]
#     generic: AND[oaks[title], Oak A[keywords-author]]
#     Web of Science: TI=oaks AND AK=Oak A
#   PubMed: oaks[ti] AND 2010:2015[dp]
#     generic: AND[oaks[title], 2010:2015[year-publication]]
#     Web of Science: TI=oaks AND PY=2010
#   PubMed: (oaks[tiab] NOT elms[tiab]) OR ashes[tiab]
#     generic: OR[NOT[OR[oaks[abstract], oaks[title]], OR[elms[abstract], elms[title]]], OR[ashes[abstract], ashes[title]]]
#     Web of Science: NOT (AB=oaks OR TI=oaks) OR (AB=ashes OR TI=ashes)
#   PubMed: "oaks elms"[ti:~3]
#     generic: OR[NEAR/3[oaks[title], elms[title]], NEAR/3[elms[title], oaks[title]]]
#     Web of Science: TI=((oaks NEAR elms) OR (elms NEAR oaks))
#   EBSCO: TI (oaks W3 elms)
#     generic: WITHIN/3[title][oaks[title], elms[title]]
#     Web of Science: TI=(oaks WITHIN elms)
#   Web of Science: AK=oaks
#     PubMed: oaks[au]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > translate.py <<'PY'
from search_query.parser import parse

NAMES = {"pubmed": "PubMed", "wos": "Web of Science", "ebscohost": "EBSCO", "generic": "generic"}

for text, source, targets in (
    ("oaks[ti] AND Oak A[au]", "pubmed", ("generic", "wos")),
    ("oaks[ti] AND 2010:2015[dp]", "pubmed", ("generic", "wos")),
    ("(oaks[tiab] NOT elms[tiab]) OR ashes[tiab]", "pubmed", ("generic", "wos")),
    ('"oaks elms"[ti:~3]', "pubmed", ("generic", "wos")),
    ("TI (oaks W3 elms)", "ebscohost", ("generic", "wos")),
    ("AK=oaks", "wos", ("pubmed",)),
):
    print(f"{NAMES[source]}: {text}")
    for target in targets:
        query = parse(text, platform=source).translate(target_syntax=target)
        print(f"  {NAMES[target]}: {query.to_string()}")
PY

python3 -m venv venv
venv/bin/pip install --quiet search-query==0.15.0
venv/bin/python translate.py 2>&1 | tee seen

cat > expected <<'TEXT'
PubMed: oaks[ti] AND Oak A[au]
  generic: AND[oaks[title], Oak A[keywords-author]]
  Web of Science: TI=oaks AND AK=Oak A
PubMed: oaks[ti] AND 2010:2015[dp]
  generic: AND[oaks[title], 2010:2015[year-publication]]
  Web of Science: TI=oaks AND PY=2010
PubMed: (oaks[tiab] NOT elms[tiab]) OR ashes[tiab]
  generic: OR[NOT[OR[oaks[abstract], oaks[title]], OR[elms[abstract], elms[title]]], OR[ashes[abstract], ashes[title]]]
  Web of Science: NOT (AB=oaks OR TI=oaks) OR (AB=ashes OR TI=ashes)
PubMed: "oaks elms"[ti:~3]
  generic: OR[NEAR/3[oaks[title], elms[title]], NEAR/3[elms[title], oaks[title]]]
  Web of Science: TI=((oaks NEAR elms) OR (elms NEAR oaks))
EBSCO: TI (oaks W3 elms)
  generic: WITHIN/3[title][oaks[title], elms[title]]
  Web of Science: TI=(oaks WITHIN elms)
Web of Science: AK=oaks
  PubMed: oaks[au]
TEXT
diff expected seen
