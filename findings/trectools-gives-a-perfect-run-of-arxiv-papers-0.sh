#!/usr/bin/env bash
# trectools gives a run that is right throughout a MAP of 0, if the judged papers are of arXiv.
#
# Seen on 2026-11-29 with trectools 0.0.50, pandas 3.1.1 and ir-measures 0.4.3 from PyPI, Python 3.11, Linux.
# Judgements are read with the types that pandas guesses. If every judged paper has an id such as
# 2301.00010, the column becomes numbers and its last nought is gone, while the ids of the run are read
# as text: none is found among the judged. 0012 and 12 become one. One id that is no number,
# such as hep-th/9901001, turns all into text, and the same run gets 1. No error or warning is given;
# the files follow TREC's formats, and ir_measures reads from them what is there.
#
# Output seen:
#   judged 2301.00010 2301.00020: trectools 0.0, ir_measures 1.0
#   judged 2301.00010 2301.00020 hep-th/9901001: trectools 1.0, ir_measures 1.0
#   judged 0012 0034: trectools 0.0, ir_measures 1.0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > precision.py <<'PY'
import ir_measures
import trectools
from ir_measures import AP


def show(*ids):
    with open("qrels", "w") as file:
        file.writelines(f"1 0 {name} 1\n" for name in ids)
    with open("run", "w") as file:
        for rank, name in enumerate((*ids, "another"), start=1):
            file.write(f"1 Q0 {name} {rank} {10 - rank}.5 best\n")
    evaluation = trectools.TrecEval(trectools.TrecRun("run"), trectools.TrecQrel("qrels"))
    qrels = ir_measures.read_trec_qrels("qrels")
    found = ir_measures.calc_aggregate([AP], qrels, ir_measures.read_trec_run("run"))
    print(f"judged {' '.join(ids)}: trectools {float(evaluation.get_map())}, ir_measures {found[AP]}")


show("2301.00010", "2301.00020")
show("2301.00010", "2301.00020", "hep-th/9901001")
show("0012", "0034")
PY

python3 -m venv venv
venv/bin/pip install --quiet trectools==0.0.50 ir-measures==0.4.3 pandas==3.1.1
PYTHONWARNINGS=ignore venv/bin/python precision.py | tee seen

cat > expected <<'TEXT'
judged 2301.00010 2301.00020: trectools 0.0, ir_measures 1.0
judged 2301.00010 2301.00020 hep-th/9901001: trectools 1.0, ir_measures 1.0
judged 0012 0034: trectools 0.0, ir_measures 1.0
TEXT
diff expected seen
