#!/usr/bin/env bash
# The delta that makes BM25+ of BM25 changes no order in rank_bm25 and bm25s: each paper has it added.
#
# Seen on 2026-11-29 with rank-bm25 0.2.2, bm25s 0.3.16 and haystack-ai 3.4.1 from PyPI, Python 3.11, Linux.
# BM25+ promises a word that is there at least delta (times its idf), however long the paper, so that a
# long paper that has a word stands well above a short one that lacks it. Its sum runs over the words that
# are in the query and in the paper (Lv and Zhai, "Lower-bounding term frequency normalization", CIKM
# 2011). Both libraries run over all words of the query. So every paper gets the same amount more, also
# one that has none of the words, and the order stays that of delta 0. haystack does as the authors say.
# With 3,000 abstracts of the ACL and 100 of their titles as queries, delta 0 and delta 1 give the same
# first ten in the same order for all 100 in both libraries, and for 2 of 100 by the published formula.
#
# Output seen (three of six papers, best first):
#   rank_bm25, delta 0: note 1.09, survey 0.89, other 0.00
#   rank_bm25, delta 1: note 3.19, survey 2.99, other 2.10
#   bm25s, delta 0: note 1.09, survey 0.89, other 0.00
#   bm25s, delta 1: note 3.19, survey 2.99, other 2.10
#   haystack, delta 0: note 0.89, survey 0.73, other 0.00
#   haystack, delta 1: survey 2.46, note 1.59, other 0.00
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > rank.py <<'PY'
import bm25s
from haystack import Document
from haystack.document_stores.in_memory import InMemoryDocumentStore
from rank_bm25 import BM25Plus

PAPERS = {
    "note": "a note on parsing",
    "survey": "a survey of sparse parsing and of what else was written on trees in those thirty years "
    "by the many who drew them and by the few who looked at them twice",
    "other": "rivers and their lakes",
    "first": "on sparse lakes",
    "second": "on rivers",
    "third": "parsing of rivers",
}
QUERY = "sparse parsing"
K1, B = 1.5, 0.75
words = [text.split() for text in PAPERS.values()]


def with_rank_bm25(delta):
    return BM25Plus(words, k1=K1, b=B, delta=delta).get_scores(QUERY.split())


def with_bm25s(delta):
    index = bm25s.BM25(method="bm25+", k1=K1, b=B, delta=delta)
    index.index(words, show_progress=False)
    return index.get_scores(QUERY.split())


def with_haystack(delta):
    parameters = {"k1": K1, "b": B, "delta": delta}
    store = InMemoryDocumentStore(bm25_algorithm="BM25Plus", bm25_parameters=parameters)
    store.write_documents([Document(id=name, content=text) for name, text in PAPERS.items()])
    found = store.bm25_retrieval(QUERY, top_k=len(PAPERS), scale_score=False)
    scores = {document.id: document.score for document in found}
    return [scores.get(name, 0.0) for name in PAPERS]


for library in (with_rank_bm25, with_bm25s, with_haystack):
    for delta in (0.0, 1.0):
        scores = dict(zip(PAPERS, library(delta)))
        shown = sorted(("note", "survey", "other"), key=lambda name: -scores[name])
        text = ", ".join(f"{name} {scores[name]:.2f}" for name in shown)
        print(f"{library.__name__.removeprefix('with_')}, delta {delta:.0f}: {text}")
PY

python3 -m venv venv
venv/bin/pip install --quiet rank-bm25==0.2.2 bm25s==0.3.16 haystack-ai==3.4.1
HAYSTACK_TELEMETRY_ENABLED=False venv/bin/python rank.py | tee seen

cat > expected <<'TEXT'
rank_bm25, delta 0: note 1.09, survey 0.89, other 0.00
rank_bm25, delta 1: note 3.19, survey 2.99, other 2.10
bm25s, delta 0: note 1.09, survey 0.89, other 0.00
bm25s, delta 1: note 3.19, survey 2.99, other 2.10
haystack, delta 0: note 0.89, survey 0.73, other 0.00
haystack, delta 1: survey 2.46, note 1.59, other 0.00
TEXT
diff expected seen
