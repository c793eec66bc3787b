#!/usr/bin/env bash
# Built again from the same papers in the same order, a tantivy index puts another paper first.
#
# Seen on 2026-11-29 with tantivy 0.27.0 from PyPI, Python 3.11, Linux.
# Papers with equal scores come in the order of their segments, and segments in that of their names,
# which are drawn at random. So papers that came in several commits, as a growing collection has them,
# are ordered by chance, once for all, when they are written: a page of ten shows other papers after a
# rebuild, and two copies of an index disagree. One thread and equal steps do not help. SQLite's FTS5
# keeps the order in which the papers came. Here 5 papers have one word and one score.
#
# Output seen (of 30 builds each):
#   tantivy, one commit: 1 order, always the same paper first: True
#   tantivy, a commit for each paper: several orders, always the same paper first: False
#   FTS5, a commit for each paper: 1 order, always the same paper first: True
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > orders.py <<'PY'
import sqlite3

import tantivy

IDS = ("a", "b", "c", "d", "e")


def tantivy_order(commit_each):
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw")
    schema.add_text_field("text")
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for name in IDS:
        writer.add_document(tantivy.Document(id=[name], text=["river"]))
        if commit_each:
            writer.commit()
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    hits = searcher.search(index.parse_query("river", ["text"]), len(IDS)).hits
    assert len({score for score, _ in hits}) == 1
    return tuple(searcher.doc(address)["id"][0] for _, address in hits)


def fts5_order():
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table papers using fts5(id unindexed, text)")
    for name in IDS:
        database.execute("insert into papers values (?, 'river')", (name,))
        database.commit()
    query = "select id from papers where papers match 'river' order by rank"
    return tuple(name for (name,) in database.execute(query))


def show(name, order):
    orders = [order() for _ in range(30)]
    assert all(sorted(found) == list(IDS) for found in orders)
    count = "1 order" if len(set(orders)) == 1 else "several orders"
    print(f"{name}: {count}, always the same paper first: {len({o[0] for o in orders}) == 1}")


show("tantivy, one commit", lambda: tantivy_order(commit_each=False))
show("tantivy, a commit for each paper", lambda: tantivy_order(commit_each=True))
show("FTS5, a commit for each paper", fts5_order)
PY

python3 -m venv venv
venv/bin/pip install --quiet tantivy==0.27.0
venv/bin/python orders.py | tee seen

cat > expected <<'TEXT'
tantivy, one commit: 1 order, always the same paper first: True
tantivy, a commit for each paper: several orders, always the same paper first: False
FTS5, a commit for each paper: 1 order, always the same paper first: True
TEXT
diff expected seen
