#!/usr/bin/env bash
# lunr.js finds no paper about a "survey" in an index that lunr.py wrote for it, nor the other way round.
#
# Seen on 2026-11-29 with lunr 0.8.0 (lunr.py) from PyPI, lunr 2.3.9 (lunr.js) from npm, Python 3.11,
# Node.js 20, Linux.
# A core aim of lunr.py is to write the index on a server that lunr.js reads in the browser. Both write
# the same version, 2.3.9, and name the same pipeline, "stemmer". But in step 1c of Porter's algorithm
# lunr.py turns y into i where a vowel stands before it (so Porter, 1980), and lunr.js where a consonant
# does that is not the first letter: "survey" is survei for one and survey for the other, "try" is try
# and tri. Such a word is looked up under a stem that is not there. No error or warning says so, and
# all other words are found. Of 61,686 titles of the ACL, 865 have such a word, and so do 5,495 of its
# 23,258 abstracts, 24 in 100: survey, key, employ, deploy, display, convey, play, essay, way, try.
#
# Output seen:
#   written by lunr.py, read by lunr.py: survey 2, surveys 2, key 1, displayed 1, essay 1, try 1, parsing 2
#   written by lunr.py, read by lunr.js: survey 0, surveys 0, key 0, displayed 0, essay 0, try 0, parsing 2
#   written by lunr.js, read by lunr.js: survey 2, surveys 2, key 1, displayed 1, essay 1, try 1, parsing 2
#   written by lunr.js, read by lunr.py: survey 0, surveys 0, key 0, displayed 0, essay 0, try 0, parsing 2
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > papers.json <<'JSON'
{
  "papers": [
    {"id": "a", "title": "A survey of parsing"},
    {"id": "b", "title": "Two surveys of key questions"},
    {"id": "c", "title": "How trees are displayed"},
    {"id": "d", "title": "Grading an essay"},
    {"id": "e", "title": "Parsers that try harder, without parsing"}
  ],
  "words": ["survey", "surveys", "key", "displayed", "essay", "try", "parsing"]
}
JSON

cat > server.py <<'PY'
import json
import sys

from lunr import lunr
from lunr.index import Index

with open("papers.json") as file:
    data = json.load(file)
if sys.argv[1] == "write":
    index = lunr(ref="id", fields=["title"], documents=data["papers"])
    with open("lunr.py.json", "w") as file:
        json.dump(index.serialize(), file)
else:
    with open(sys.argv[2] + ".json") as file:
        index = Index.load(json.load(file))
    counts = [f"{word} {len(index.search(word))}" for word in data["words"]]
    print(f"written by {sys.argv[2]}, read by lunr.py: {', '.join(counts)}")
PY

cat > browser.js <<'JS'
const fs = require('fs')
const lunr = require('lunr')

const read = name => JSON.parse(fs.readFileSync(name + '.json', 'utf8'))
const data = read('papers')
const [task, writer] = process.argv.slice(2)
if (task === 'write') {
  const index = lunr(function () {
    this.ref('id')
    this.field('title')
    data.papers.forEach(paper => this.add(paper))
  })
  fs.writeFileSync('lunr.js.json', JSON.stringify(index))
} else {
  const index = lunr.Index.load(read(writer))
  const counts = data.words.map(word => word + ' ' + index.search(word).length)
  console.log(`written by ${writer}, read by lunr.js: ${counts.join(', ')}`)
}
JS

python3 -m venv venv
venv/bin/pip install --quiet lunr==0.8.0
npm install --silent --no-audit --no-fund --cache "$folder/cache" --prefix "$folder" lunr@2.3.9
venv/bin/python server.py write
node browser.js write
{
    venv/bin/python server.py read lunr.py
    node browser.js read lunr.py
    node browser.js read lunr.js
    venv/bin/python server.py read lunr.js
} 2>&1 | tee seen

cat > expected <<'TEXT'
written by lunr.py, read by lunr.py: survey 2, surveys 2, key 1, displayed 1, essay 1, try 1, parsing 2
written by lunr.py, read by lunr.js: survey 0, surveys 0, key 0, displayed 0, essay 0, try 0, parsing 2
written by lunr.js, read by lunr.js: survey 2, surveys 2, key 1, displayed 1, essay 1, try 1, parsing 2
written by lunr.js, read by lunr.py: survey 0, surveys 0, key 0, displayed 0, essay 0, try 0, parsing 2
TEXT
diff expected seen
