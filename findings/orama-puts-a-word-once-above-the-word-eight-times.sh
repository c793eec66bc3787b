#!/usr/bin/env bash
# Orama's BM25 puts an abstract with the word once above one, half as long again, that has it eight times.
#
# Seen on 2026-11-29 with @orama/orama 3.1.18 and minisearch 7.2.0 from npm, Node.js 20, Linux.
# Both offer BM25+ with k, b and d. Its formula (Lv and Zhai, "Lower-bounding term frequency
# normalization", CIKM 2011) is idf * (d + f * (k + 1) / (f + k * (1 - b + b * length / average))), where f
# is how often the word occurs; Orama's manual says so of f too. But Orama divides f by the length, which
# leaves 0.01 or so, and d stands above the same line as f, where it outweighs f and is cut by length as f
# is. What is left ranks by shortness. By default repeated words are dropped from a text before that, which
# is documented; to keep them (allowDuplicates) changes little, and d = 0 besides gives f its say again.
# MiniSearch keeps to the formula, but counts as length the different words.
# With 2,905 abstracts of the ACL and 100 words that 50 to 400 of them have, MiniSearch has 8.9 of the
# formula's ten best among its ten, and Orama 3.2 (with duplicates 3.5). The word occurs 2.6 times in the
# formula's ten, which have 124 words, and 1.2 times in those of Orama, which have 84.
#
# Output seen (k 1.2, b 0.75):
#   by the formula, d 0.5: eight times 3.521, once 2.354
#   by the formula, d 0: eight times 2.780, once 1.614
#   MiniSearch, d 0.5: eight times 3.537, once 2.350
#   MiniSearch, d 0: eight times 2.797, once 1.610
#   Orama, d 0.5: once 0.753, eight times 0.577
#   Orama, d 0: once 0.039, eight times 0.022
#   Orama, allowDuplicates, d 0.5: once 0.075, eight times 0.066
#   Orama, allowDuplicates, d 0: eight times 0.015, once 0.004
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > rank.mjs <<'JS'
import MiniSearch from 'minisearch'
import { create, insert, search } from '@orama/orama'

const letters = 'abcdefghijklmnopqrst'
const filler = (count, start) => Array.from({ length: count }, (_, number) =>
  start + letters[number % 20] + letters[Math.floor(number / 20)])
const text = (count, length, start) =>
  [...Array(count).fill('parsing'), ...filler(length - count, start)].join(' ')
const papers = [
  { id: 'once', abstract: text(1, 80, 'o') },
  { id: 'eight times', abstract: text(8, 120, 'e') }
]
for (let number = 0; number < 8; number++) {
  papers.push({ id: 'other ' + number, abstract: text(0, 100, 'x') })
}
const [k, b] = [1.2, 0.75]

const libraries = {
  'by the formula' (d) {
    const lengths = papers.map(paper => paper.abstract.split(' ').length)
    const average = lengths.reduce((sum, length) => sum + length) / papers.length
    const idf = Math.log(1 + (papers.length - 2 + 0.5) / 2.5)
    return [1, 8].map((f, number) => {
      const part = f * (k + 1) / (f + k * (1 - b + b * lengths[number] / average))
      return { id: papers[number].id, score: idf * (d + part) }
    })
  },
  MiniSearch (d) {
    const index = new MiniSearch({ fields: ['abstract'] })
    index.addAll(papers)
    return index.search('parsing', { bm25: { k, b, d } })
  },
  Orama: d => orama({}, d),
  'Orama, allowDuplicates': d => orama({ components: { tokenizer: { allowDuplicates: true } } }, d)
}

function orama (options, d) {
  const index = create({ schema: { abstract: 'string' }, ...options })
  papers.forEach(paper => insert(index, paper))
  return search(index, { term: 'parsing', relevance: { k, b, d } }).hits
}

for (const [name, rank] of Object.entries(libraries)) {
  for (const d of [0.5, 0]) {
    const hits = [...rank(d)].sort((one, two) => two.score - one.score)
    console.log(`${name}, d ${d}: ${hits.map(hit => hit.id + ' ' + hit.score.toFixed(3)).join(', ')}`)
  }
}
JS

npm install --silent --no-audit --no-fund --cache "$folder/cache" --prefix "$folder" \
    @orama/orama@3.1.18 minisearch@7.2.0
node rank.mjs | tee seen

cat > expected <<'TEXT'
by the formula, d 0.5: eight times 3.521, once 2.354
by the formula, d 0: eight times 2.780, once 1.614
MiniSearch, d 0.5: eight times 3.537, once 2.350
MiniSearch, d 0: eight times 2.797, once 1.610
Orama, d 0.5: once 0.753, eight times 0.577
Orama, d 0: once 0.039, eight times 0.022
Orama, allowDuplicates, d 0.5: once 0.075, eight times 0.066
Orama, allowDuplicates, d 0: eight times 0.015, once 0.004
TEXT
diff expected seen
