#!/usr/bin/env bash
# When a paper is added that a query does not find, tantivy puts those it finds in another order.
#
# Seen on 2026-11-29 with tantivy 0.27.0 and apsw 3.54.1.0 (SQLite's FTS5) from PyPI, Python 3.11, Linux.
# Papers of equal score come in the order of their segments, and that order, which stands in meta.json,
# is drawn anew: it differs from one build to the next of the same papers, and in one index after a new
# writer has committed anything. So the second page of a search repeats papers of the first or leaves
# some out, and the first hit changes, although nothing about these papers did. A collection that grows
# by one commit at a time, with one thread, is like that. FTS5 keeps the order in which papers came. Here
# five papers have the same word and the same score; then a writer adds one with another word.
#
# Output seen (of 30 indexes each):
#   tantivy, one commit: built alike True, first paper alike True, alike after an addition True
#   tantivy, five commits: built alike False, first paper alike False, alike after an addition False
#   FTS5, five commits: built alike True, first paper alike True, alike after an addition True
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > orders.py <<'PY'
import tempfile

import apsw
import tantivy

NAMES = ("a", "b", "c", "d", "e")


class Tantivy:
    def __init__(self):
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("name", stored=True, tokenizer_name="raw")
        schema.add_text_field("text")
        self.folder = tempfile.mkdtemp(dir=".")
        tantivy.Index(schema.build(), self.folder)

    def add(self, names, text, commit_each=True):
        writer = tantivy.Index.open(self.folder).writer(num_threads=1)
        for name in names:
            writer.add_document(tantivy.Document(name=[name], text=[text]))
            if commit_each:
                writer.commit()
        writer.commit()
        writer.wait_merging_threads()

    def found(self):
        index = tantivy.Index.open(self.folder)
        searcher = index.searcher()
        hits = searcher.search(index.parse_query("river", ["text"]), len(NAMES)).hits
        assert len({score for score, _ in hits}) == 1
        return [searcher.doc(address)["name"][0] for _, address in hits]


class Fts5:
    def __init__(self):
        self.database = apsw.Connection(":memory:")
        self.database.execute("create virtual table papers using fts5(name unindexed, text)")

    def add(self, names, text, commit_each=True):
        for name in names:
            self.database.execute("insert into papers values (?, ?)", (name, text))

    def found(self):
        query = "select name from papers where papers match 'river' order by rank"
        return [name for (name,) in self.database.execute(query)]


def show(title, engine, commit_each=True):
    before, after = [], []
    for _ in range(30):
        index = engine()
        index.add(NAMES, "river", commit_each)
        before.append(index.found())
        index.add(["other"], "stone")
        after.append(index.found())
    assert all(sorted(found) == list(NAMES) for found in (*before, *after))
    print(
        f"{title}: built alike {len(set(map(tuple, before))) == 1}, "
        f"first paper alike {len({found[0] for found in before}) == 1}, "
        f"alike after an addition {before == after}"
    )


show("tantivy, one commit", Tantivy, commit_each=False)
show("tantivy, five commits", Tantivy)
show("FTS5, five commits", Fts5)
PY

python3 -m venv venv
venv/bin/pip install --quiet tantivy==0.27.0 apsw==3.54.1.0
venv/bin/python orders.py | tee seen

cat > expected <<'TEXT'
tantivy, one commit: built alike True, first paper alike True, alike after an addition True
tantivy, five commits: built alike False, first paper alike False, alike after an addition False
FTS5, five commits: built alike True, first paper alike True, alike after an addition True
TEXT
diff expected seen
