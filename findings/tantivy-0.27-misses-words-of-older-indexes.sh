#!/usr/bin/env bash
# tantivy 0.27 opens an index that 0.26 wrote, and does not find some of its words.
#
# Seen on 2026-11-29 with tantivy 0.26.2 and 0.27.0 from PyPI, Python 3.11, Linux.
# The stemmer behind "en_stem" changed between the two, the format of the index did not. A word whose
# stem changed is looked up under the new stem, where nothing is. No error or warning says so: the
# index opens, other words are found, and the documents themselves are all there. It holds in both
# directions: the older version does not find these words in an index of the newer one.
#
# Output seen:
#   written by 0.26.2, read by 0.26.2: organization 1, added 1, lateral 1, biologist 1, river 1
#   written by 0.26.2, read by 0.27.0: organization 0, added 0, lateral 0, biologist 0, river 1
#   written by 0.27.0, read by 0.26.2: organization 0, added 0, lateral 0, biologist 0, river 1
#   written by 0.27.0, read by 0.27.0: organization 1, added 1, lateral 1, biologist 1, river 1
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > write.py <<'PY'
import os
import sys

import tantivy

os.makedirs(sys.argv[1])
schema = tantivy.SchemaBuilder()
schema.add_text_field("text", stored=True, tokenizer_name="en_stem")
index = tantivy.Index(schema.build(), sys.argv[1])
writer = index.writer()
for text in ("organization", "added", "lateral", "biologist", "river"):
    writer.add_document(tantivy.Document(text=[text]))
writer.commit()
writer.wait_merging_threads()
PY

cat > read.py <<'PY'
import sys

import tantivy

index = tantivy.Index.open(sys.argv[1])
searcher = index.searcher()
found = []
for word in ("organization", "added", "lateral", "biologist", "river"):
    hits = searcher.search(index.parse_query(word, ["text"]), 10).hits
    found.append(f"{word} {len(hits)}")
print(", ".join(found))
PY

for version in 0.26.2 0.27.0; do
    python3 -m venv "$version"
    "$version/bin/pip" install --quiet "tantivy==$version"
    "$version/bin/python" write.py "index-$version"
done

for written in 0.26.2 0.27.0; do
    for read in 0.26.2 0.27.0; do
        counts=$("$read/bin/python" read.py "index-$written")
        echo "written by $written, read by $read: $counts"
    done
done | tee seen

cat > expected <<'TEXT'
written by 0.26.2, read by 0.26.2: organization 1, added 1, lateral 1, biologist 1, river 1
written by 0.26.2, read by 0.27.0: organization 0, added 0, lateral 0, biologist 0, river 1
written by 0.27.0, read by 0.26.2: organization 0, added 0, lateral 0, biologist 0, river 1
written by 0.27.0, read by 0.27.0: organization 1, added 1, lateral 1, biologist 1, river 1
TEXT
diff expected seen
