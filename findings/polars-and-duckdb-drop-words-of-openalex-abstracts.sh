#!/usr/bin/env bash
# polars and DuckDB drop words from the abstracts of OpenAlex, which are objects with words as keys.
#
# Seen on 2026-11-29 with polars 2.1.0, DuckDB 2.0.1 and pyarrow 26.0.1 from PyPI, Python 3.11, Linux.
# OpenAlex gives an abstract as an inverted index: each word and where it stands. These readers make a
# table with one column for each word. polars takes the words from the first 100 papers, and later
# papers lose every other word. For DuckDB "The" and "the" are one name: it refuses the file, and with
# ignore_errors, which its message recommends, papers lose the second of the two. From 200 keys on it
# guesses another type, and all is well: the same paper is whole or not, as its neighbours have it.
# pyarrow keeps all. That polars samples 100 rows is documented, as is that DuckDB's names are the same
# in any case; for both, open reports tell of keys that get lost. No warning says that words are gone.
#
# Output seen:
#   written: The parser reads the text
#   polars, after 100 other papers: The text
#   pyarrow, after 100 other papers: The parser reads the text
#   DuckDB, alone: Not implemented Error: Duplicate name "the" in struct
#   DuckDB, alone, ignore_errors: The parser reads text
#   DuckDB, with 200 other words: The parser reads the text
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > abstracts.py <<'PY'
import json

import duckdb
import polars
from pyarrow import json as arrow_json

TEXT = "The parser reads the text"


def write(name, texts):
    with open(name, "w") as file:
        for text in texts:
            places = {}
            for place, word in enumerate(text.split()):
                places.setdefault(word, []).append(place)
            file.write(json.dumps({"abstract_inverted_index": places}) + "\n")


def text_of(row):
    places = row["abstract_inverted_index"]
    words = {place: word for word, found in places.items() for place in found or ()}
    return " ".join(word for _, word in sorted(words.items()))


def with_duckdb(name, options=""):
    query = f"select * from read_json('{name}'{options})"
    try:
        column, *_ = duckdb.sql(query).fetchall()[0]
    except duckdb.Error as error:
        return str(error).split(" auto-detected")[0]
    return text_of({"abstract_inverted_index": column})


write("late.jsonl", ["The text"] * 100 + [TEXT])
write("alone.jsonl", [TEXT])
write("many.jsonl", [TEXT, " ".join(f"w{n}" for n in range(200))])
print("written:", TEXT)
print("polars, after 100 other papers:", text_of(polars.read_ndjson("late.jsonl").to_dicts()[-1]))
late = arrow_json.read_json("late.jsonl").to_pylist()[-1]
print("pyarrow, after 100 other papers:", text_of(late))
print("DuckDB, alone:", with_duckdb("alone.jsonl"))
print("DuckDB, alone, ignore_errors:", with_duckdb("alone.jsonl", ", ignore_errors=true"))
print("DuckDB, with 200 other words:", with_duckdb("many.jsonl"))
PY

python3 -m venv venv
venv/bin/pip install --quiet polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
venv/bin/python abstracts.py | tee seen

cat > expected <<'TEXT'
written: The parser reads the text
polars, after 100 other papers: The text
pyarrow, after 100 other papers: The parser reads the text
DuckDB, alone: Not implemented Error: Duplicate name "the" in struct
DuckDB, alone, ignore_errors: The parser reads text
DuckDB, with 200 other words: The parser reads the text
TEXT
diff expected seen
