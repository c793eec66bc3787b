#!/usr/bin/env bash
# DuckDB reads the initials T and F of a CSV as true and false, and the pages 12:10 as ten past twelve.
#
# Seen on 2026-11-29 with DuckDB 0.9.2, 1.0.0, 1.1.0 and 2.0.1, pandas 3.1.1 and polars 2.1.0 from
# PyPI, Python 3.11, Linux.
# Types are guessed from the values. ACM's journals count pages as article:page, so 12:10 is page 10 of
# article 12; from DuckDB 1.1.0 on a column of these becomes times of day. One more paper, of page
# 12:99 and initial A, and all stays text: a part of a file is read otherwise than the whole. Where all
# columns are text, 0.9.2 counts the heading as a paper; from 1.0.0 on the heading is seen, but in a
# file without one the first paper is taken for it and lost. The guessing is documented
# (all_varchar=true and header=false stop it), the changes come without a warning. pandas and polars
# leave these columns as they are.
#
# Output seen:
#   DuckDB 0.9.2: True, 12:10, with one more paper T, 12:10; of 2 papers 3 with a heading, 2 without
#   DuckDB 1.0.0: True, 12:10, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
#   DuckDB 1.1.0: True, 12:10:00, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
#   DuckDB 2.0.1: True, 12:10:00, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
#   pandas: T, 12:10
#   polars: T, 12:10
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

printf '%s\n' 'initial,pages' 'T,12:10' 'F,12:30' > papers.csv
printf '%s\n' 'initial,pages' 'T,12:10' 'F,12:30' 'A,12:99' > more.csv
printf '%s\n' 'author,title' 'Doe,On trees' 'Roe,On rivers' > headed.csv
printf '%s\n' 'Doe,On trees' 'Roe,On rivers' > bare.csv

cat > with_duckdb.py <<'PY'
import duckdb


def rows(name, options=""):
    return duckdb.sql(f"select * from read_csv('{name}', auto_detect=true{options})").fetchall()


first, more = (
    ", ".join(map(str, rows(name, ", header=true")[0])) for name in ("papers.csv", "more.csv")
)
print(
    f"DuckDB {duckdb.__version__}: {first}, with one more paper {more}; "
    f"of 2 papers {len(rows('headed.csv'))} with a heading, {len(rows('bare.csv'))} without"
)
PY

cat > with_others.py <<'PY'
import pandas
import polars

print("pandas:", ", ".join(map(str, pandas.read_csv("papers.csv").iloc[0])))
print("polars:", ", ".join(map(str, polars.read_csv("papers.csv").row(0))))
PY

{
    for version in 0.9.2 1.0.0 1.1.0 2.0.1; do
        python3 -m venv "$version"
        "$version/bin/pip" install --quiet "duckdb==$version"
        "$version/bin/python" with_duckdb.py
    done
    python3 -m venv others
    others/bin/pip install --quiet pandas==3.1.1 polars==2.1.0
    others/bin/python with_others.py
} | tee seen

cat > expected <<'TEXT'
DuckDB 0.9.2: True, 12:10, with one more paper T, 12:10; of 2 papers 3 with a heading, 2 without
DuckDB 1.0.0: True, 12:10, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
DuckDB 1.1.0: True, 12:10:00, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
DuckDB 2.0.1: True, 12:10:00, with one more paper T, 12:10; of 2 papers 2 with a heading, 1 without
pandas: T, 12:10
polars: T, 12:10
TEXT
diff expected seen
