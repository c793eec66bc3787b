#!/usr/bin/env bash
# "deep OR neural parsing" finds other papers in Whoosh, FTS5, tantivy and lunr, each without a word.
#
# Seen on 2026-11-29 with whoosh3 3.54.0, apsw 3.54.1.0 (SQLite's FTS5), tantivy 0.27.0 and lunr 0.8.0
# from PyPI, Python 3.11, Linux.
# Seven papers hold one, two or all of the words; d, n and p stand for them. No engine complains:
#   Whoosh reads (deep OR neural) AND parsing, FTS5 reads deep OR (neural AND parsing).
#   tantivy's default finds papers with any of the words. Told that all words are to be there
#   (conjunction_by_default), it wants the one next to which no OR stands, and no other: a paper with
#   "parsing" alone is found, and "deep parsing OR neural" finds papers with "deep" alone.
#   lunr has no OR: it is one more word to look for, and any word will do.
# FTS5's reading is in its manual; a query that is moved from one engine to another changes its meaning.
#
# Output seen:
#   deep OR neural parsing
#     Whoosh: dnp dp np
#     FTS5: d dn dnp dp np
#     tantivy: d dn dnp dp n np p
#     tantivy, all words: dnp dp np p
#     lunr: d dn dnp dp n np p
#   deep parsing OR neural
#     Whoosh: dn dnp dp
#     FTS5: dn dnp dp n np
#     tantivy: d dn dnp dp n np p
#     tantivy, all words: d dn dnp dp
#     lunr: d dn dnp dp n np p
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > query.py <<'PY'
from itertools import combinations

import apsw
import lunr
import tantivy
from whoosh import fields
from whoosh.filedb.filestore import RamStorage
from whoosh.qparser import QueryParser

WORDS = {"d": "deep", "n": "neural", "p": "parsing"}
NAMES = ["".join(name) for count in (1, 2, 3) for name in combinations(WORDS, count)]
PAPERS = {name: " ".join(WORDS[letter] for letter in name) for name in NAMES}

whoosh_index = RamStorage().create_index(
    fields.Schema(name=fields.ID(stored=True), text=fields.TEXT)
)
whoosh_writer = whoosh_index.writer()
database = apsw.Connection(":memory:")
database.execute("create virtual table papers using fts5(name unindexed, text)")
schema = tantivy.SchemaBuilder()
schema.add_text_field("name", stored=True, tokenizer_name="raw")
schema.add_text_field("text")
tantivy_index = tantivy.Index(schema.build())
tantivy_writer = tantivy_index.writer()
for name, text in PAPERS.items():
    whoosh_writer.add_document(name=name, text=text)
    database.execute("insert into papers values (?, ?)", (name, text))
    tantivy_writer.add_document(tantivy.Document(name=[name], text=[text]))
whoosh_writer.commit()
tantivy_writer.commit()
tantivy_writer.wait_merging_threads()
tantivy_index.reload()
lunr_index = lunr.lunr("name", ["text"], [{"name": n, "text": t} for n, t in PAPERS.items()])


def with_whoosh(query):
    parsed = QueryParser("text", whoosh_index.schema).parse(query)
    with whoosh_index.searcher() as searcher:
        return [hit["name"] for hit in searcher.search(parsed, limit=None)]


def with_fts5(query):
    found = database.execute("select name from papers where papers match ?", (query,))
    return [name for (name,) in found]


def with_tantivy(query, every=False):
    parsed = tantivy_index.parse_query(query, ["text"], conjunction_by_default=every)
    searcher = tantivy_index.searcher()
    hits = searcher.search(parsed, len(PAPERS)).hits
    return [searcher.doc(address)["name"][0] for _, address in hits]


def with_lunr(query):
    return [hit["ref"] for hit in lunr_index.search(query)]


for query in ("deep OR neural parsing", "deep parsing OR neural"):
    print(query)
    print("  Whoosh:", *sorted(with_whoosh(query)))
    print("  FTS5:", *sorted(with_fts5(query)))
    print("  tantivy:", *sorted(with_tantivy(query)))
    print("  tantivy, all words:", *sorted(with_tantivy(query, every=True)))
    print("  lunr:", *sorted(with_lunr(query)))
PY

python3 -m venv venv
venv/bin/pip install --quiet whoosh3==3.54.0 apsw==3.54.1.0 tantivy==0.27.0 lunr==0.8.0
venv/bin/python query.py | tee seen

cat > expected <<'TEXT'
deep OR neural parsing
  Whoosh: dnp dp np
  FTS5: d dn dnp dp np
  tantivy: d dn dnp dp n np p
  tantivy, all words: dnp dp np p
  lunr: d dn dnp dp n np p
deep parsing OR neural
  Whoosh: dn dnp dp
  FTS5: dn dnp dp n np
  tantivy: d dn dnp dp n np p
  tantivy, all words: d dn dnp dp
  lunr: d dn dnp dp n np p
TEXT
diff expected seen
