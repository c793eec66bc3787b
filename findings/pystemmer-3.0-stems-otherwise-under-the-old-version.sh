#!/usr/bin/env bash
# PyStemmer 2.2.0.3 and 3.0.0 stem English differently, and both call themselves version 2.0.1.
#
# Seen on 2026-11-29 with PyStemmer 2.2.0.3, 3.0.0 and 3.1.0 from PyPI, Python 3.11, Linux.
# An index has to be built again when its stems change. A program that writes Stemmer.version()
# beside its index, to notice that, notices nothing when 3.0.0 replaces 2.2.0.3. From 3.1.0 on the
# function tells the distribution's version, as importlib.metadata does for all three; the stems
# changed there once more. Of the 49,084 words of the abstracts of 23,258 papers of the ACL, 62 have
# another stem in 3.0.0 than before, and 17 another one again in 3.1.0.
#
# Output seen:
#   PyStemmer 2.2.0.3 says 2.0.1: organization organ, added ad, lateral later, interval interv
#   PyStemmer 3.0.0 says 2.0.1: organization organiz, added add, lateral lateral, interval interv
#   PyStemmer 3.1.0 says 3.1.0: organization organiz, added add, lateral lateral, interval interval
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > stems.py <<'PY'
from importlib.metadata import version

import Stemmer

stemmer = Stemmer.Stemmer("english")
words = ("organization", "added", "lateral", "interval")
stems = ", ".join(f"{word} {stemmer.stemWord(word)}" for word in words)
print(f"PyStemmer {version('PyStemmer')} says {Stemmer.version()}: {stems}")
PY

for version in 2.2.0.3 3.0.0 3.1.0; do
    python3 -m venv "$version"
    "$version/bin/pip" install --quiet "PyStemmer==$version"
    "$version/bin/python" stems.py
done | tee seen

cat > expected <<'TEXT'
PyStemmer 2.2.0.3 says 2.0.1: organization organ, added ad, lateral later, interval interv
PyStemmer 3.0.0 says 2.0.1: organization organiz, added add, lateral lateral, interval interv
PyStemmer 3.1.0 says 3.1.0: organization organiz, added add, lateral lateral, interval interval
TEXT
diff expected seen
