#!/usr/bin/env bash
# BibLaTeX's date "199X", some year of the nineties, is 1990 in citation-js, 1999 in hayagriva, none in two more.
#
# Seen on 2026-11-30 with @citation-js/core and plugin-bibtex 0.9.0 and biblatex-csl-converter 3.6.0 from npm,
# hayagriva 0.10.1 from crates.io (the reader of typst) and pandoc 3.9 of pypandoc-binary 1.17 from PyPI,
# Python 3.11, Node.js 20, Linux.
# The manual of biblatex takes dates from ISO 8601-2 (EDTF): X for a digit not known, 21 to 24 in place of
# a month for the seasons, two dots for an open end, and a year 0, so that -0044 is 45 BC. The readers
# disagree, mostly without a word. hayagriva takes the last month and day that a date may have, so that
# 2020-05-XX is the 31st of May and 20XX is 2099; a span is its end, and a season leaves no year at all.
# pandoc gives a span that is open no year. For citation-js an open beginning is an error that ends the
# whole file. Sorted or filtered by year, the paper is found at other places. A plain year is right in all.
#
# Output seen (CSL's date parts, a stroke between the ends of a span; hayagriva's own form):
#   2020: pandoc 2020, citation-js 2020, biblatex-csl-converter 2020, hayagriva 2020
#   199X: pandoc none, citation-js 1990, biblatex-csl-converter none, hayagriva 1999
#   2020-XX: pandoc none, citation-js 2020, biblatex-csl-converter none, hayagriva 2020-12
#   2020-05-XX: pandoc none, citation-js 2020-5, biblatex-csl-converter none, hayagriva 2020-05-31
#   2020-21: pandoc 2020-21, citation-js 2020, biblatex-csl-converter 2020-21, hayagriva none
#   2020-05/2020-06: pandoc 2020-5/2020-6, citation-js 2020-5/2020-6, biblatex-csl-converter 2020-5/2020-6, hayagriva 2020-06
#   2020-05/..: pandoc none, citation-js 2020-5/, biblatex-csl-converter 2020-5/, hayagriva 2020-05
#   ../2020-05: pandoc none, citation-js Failed to convert date to issued, biblatex-csl-converter /2020-5, hayagriva 2020-05
#   -0044: pandoc -45, citation-js 0, biblatex-csl-converter -44, hayagriva -044
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > dates.txt <<'TEXT'
2020
199X
2020-XX
2020-05-XX
2020-21
2020-05/2020-06
2020-05/..
../2020-05
-0044
TEXT

cat > convert.mjs <<'JS'
import { readFileSync } from 'fs'
import { createRequire } from 'module'
import { BibLatexParser, CSLExporter } from 'biblatex-csl-converter'

const require = createRequire(import.meta.url)
const { Cite } = require('@citation-js/core')
require('@citation-js/plugin-bibtex')

const readers = {
  'citation-js': text => new Cite(text).data[0],
  'biblatex-csl-converter': text =>
    Object.values(new CSLExporter(new BibLatexParser(text).parse().entries).parse())[0]
}
for (const date of readFileSync('dates.txt', 'utf8').trim().split('\n')) {
  for (const [name, read] of Object.entries(readers)) {
    let seen
    try {
      const { issued } = read(`@article{key, title = {Oaks}, date = {${date}}}`)
      seen = issued ? issued['date-parts'].map(part => (part || []).join('-')).join('/') : 'none'
    } catch (error) {
      seen = error.message
    }
    console.log(`${date}\t${name} ${seen}`)
  }
}
JS

mkdir -p reader/src
cat > reader/Cargo.toml <<'TOML'
[package]
name = "reader"
version = "0.1.0"
edition = "2021"

[dependencies]
hayagriva = { version = "=0.10.1", default-features = false, features = ["biblatex"] }
TOML
cat > reader/src/main.rs <<'RUST'
fn main() {
    for date in std::fs::read_to_string("dates.txt").unwrap().lines() {
        let text = format!("@article{{key, title = {{Oaks}}, date = {{{date}}}}}");
        let library = hayagriva::io::from_biblatex_str(&text).unwrap();
        let seen = library.iter().next().unwrap().date();
        println!("{date}\thayagriva {}", seen.map_or("none".into(), |date| date.to_string()));
    }
}
RUST

cat > pandoc_dates.py <<'PY'
import json
from pathlib import Path

import pypandoc

for date in Path("dates.txt").read_text().split():
    text = f"@article{{key, title = {{Oaks}}, date = {{{date}}}}}"
    (paper,) = json.loads(pypandoc.convert_text(text, "csljson", format="biblatex"))
    spans = paper.get("issued", {}).get("date-parts", [])
    seen = "/".join("-".join(map(str, part)) for part in spans) or "none"
    print(f"{date}\tpandoc {seen}")
PY

npm install --silent --no-audit --no-fund --ignore-scripts --cache "$folder/cache" --prefix "$folder" \
  biblatex-csl-converter@3.6.0 @citation-js/core@0.9.0 @citation-js/plugin-bibtex@0.9.0
python3 -m venv venv
venv/bin/pip install --quiet pypandoc-binary==1.17
cargo build --quiet --manifest-path reader/Cargo.toml --target-dir target
{ venv/bin/python pandoc_dates.py; node convert.mjs 2>/dev/null; target/debug/reader; } > all
while read -r date; do
  echo "$date: $(awk -F'\t' -v date="$date" '$1 == date { printf "%s%s", comma, $2; comma = ", " }' all)"
done < dates.txt | tee seen

cat > expected <<'TEXT'
2020: pandoc 2020, citation-js 2020, biblatex-csl-converter 2020, hayagriva 2020
199X: pandoc none, citation-js 1990, biblatex-csl-converter none, hayagriva 1999
2020-XX: pandoc none, citation-js 2020, biblatex-csl-converter none, hayagriva 2020-12
2020-05-XX: pandoc none, citation-js 2020-5, biblatex-csl-converter none, hayagriva 2020-05-31
2020-21: pandoc 2020-21, citation-js 2020, biblatex-csl-converter 2020-21, hayagriva none
2020-05/2020-06: pandoc 2020-5/2020-6, citation-js 2020-5/2020-6, biblatex-csl-converter 2020-5/2020-6, hayagriva 2020-06
2020-05/..: pandoc none, citation-js 2020-5/, biblatex-csl-converter 2020-5/, hayagriva 2020-05
../2020-05: pandoc none, citation-js Failed to convert date to issued, biblatex-csl-converter /2020-5, hayagriva 2020-05
-0044: pandoc -45, citation-js 0, biblatex-csl-converter -44, hayagriva -044
TEXT
diff expected seen
