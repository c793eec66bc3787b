#!/usr/bin/env bash
# One call of ir_measures ranks the same two documents in one order for RR@10 and in another for RR.
#
# Seen on 2026-11-29 with ir-measures 0.4.3, pytrec-eval-terrier 0.5.11 and ranx 0.3.21 from PyPI,
# Python 3.11, Linux.
# ir_measures hands each measure to a tool that knows it. RR, AP, P and nDCG go to trec_eval's code,
# which keeps a score as a 32-bit float, so two scores that differ from the eighth digit on are equal;
# among equals the larger name of a document goes first. RR@10 goes to code in Python, which keeps
# 64 bits. So a run without any ties is ranked in two ways, and nothing says so. That trec_eval keeps
# 32 bits is known to its makers. Scores that close are ordinary: a reranker's sigmoid of 18 and 19
# gives 0.999999985 and 0.999999994. Here the better document is first in the run.
#
# Output seen:
#   scores 19 and 18: AP 1.0, P@1 1.0, RR 1.0, RR@10 1.0, nDCG@10 1.0; ranx's mrr 1.0
#   their sigmoids: AP 0.5, P@1 0.0, RR 0.5, RR@10 1.0, nDCG@10 0.6309; ranx's mrr 1.0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > measure.py <<'PY'
import math

import ir_measures
import ranx
from ir_measures import AP, RR, P, nDCG

qrels = {"1": {"better": 1, "worse": 0}}


def show(name, scores):
    run = {"1": dict(zip(("better", "worse"), scores, strict=True))}
    assert run["1"]["better"] > run["1"]["worse"]
    found = ir_measures.calc_aggregate([AP, P @ 1, RR, RR @ 10, nDCG @ 10], qrels, run)
    values = sorted((str(measure), round(value, 4)) for measure, value in found.items())
    other = float(ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), "mrr"))
    print(f"{name}: {', '.join(f'{m} {v}' for m, v in values)}; ranx's mrr {other}")


show("scores 19 and 18", (19.0, 18.0))
show("their sigmoids", tuple(1 / (1 + math.exp(-logit)) for logit in (19.0, 18.0)))
PY

python3 -m venv venv
venv/bin/pip install --quiet ir-measures==0.4.3 pytrec-eval-terrier==0.5.11 ranx==0.3.21
PYTHONWARNINGS=ignore venv/bin/python measure.py | tee seen

cat > expected <<'TEXT'
scores 19 and 18: AP 1.0, P@1 1.0, RR 1.0, RR@10 1.0, nDCG@10 1.0; ranx's mrr 1.0
their sigmoids: AP 0.5, P@1 0.0, RR 0.5, RR@10 1.0, nDCG@10 0.6309; ranx's mrr 1.0
TEXT
diff expected seen
