#!/usr/bin/env bash
# nameparser reads "Oak, M.A." as a person with a degree and no first name, and "Oak, Cem" likewise.
#
# Seen on 2026-11-30 with nameparser 2.6.0 and pybtex 0.26.1 from PyPI, Python 3.11, Linux.
# Bibliographies put the family name first; Scopus and many journals write "Oak, M.A.". If what follows
# the comma is in nameparser's list of degrees and offices, it becomes the suffix: M.A., M.D., P.A. and
# E.D. are also initials of authors, and Md and Cem are first names, Md that of many people in Bangladesh
# (for Mohammed). What stands after it goes into the suffix too. Mahdi becomes a title, and a last initial
# V or I without its point is the fifth or the first of that name. "M. A." with a blank is right, and so
# is "M.A. Oak". BibTeX puts the suffix second ("Doe, Jr., John"): John is then part of the suffix.
# pybtex, which knows BibTeX's names only, reads all of them right, but not "Doe, John, Jr.".
# Of 54,250 authors of the ACL Anthology, written as Scopus does (41,669 different names), 1,087 (2.6 %)
# lose their first name; written in full with the family name first, 88 do, 34 of them named Md.
#
# Output seen (first name / rest of first names / family name / suffix and title):
#   Oak, K.L.: nameparser K.L. /  / Oak / ; pybtex K.L. /  / Oak / 
#   Oak, M.A.: nameparser  /  / Oak / M.A.; pybtex M.A. /  / Oak / 
#   Oak, M. A.: nameparser M. / A. / Oak / ; pybtex M. / A. / Oak / 
#   M.A. Oak: nameparser M.A. /  / Oak / ; pybtex M.A. /  / Oak / 
#   Oak, Cem: nameparser  /  / Oak / Cem; pybtex Cem /  / Oak / 
#   Oak, Md Bo: nameparser  /  / Oak / Md Bo; pybtex Md / Bo / Oak / 
#   Oak, Mahdi: nameparser  /  / Oak / Mahdi; pybtex Mahdi /  / Oak / 
#   Oak, J. V: nameparser J. /  / Oak / V; pybtex J. / V / Oak / 
#   Doe, Jr., John: nameparser  /  / Doe / Jr., John; pybtex John /  / Doe / Jr.
#   Doe, John, Jr.: nameparser John /  / Doe / Jr.; pybtex Jr. /  / Doe / John
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > names.py <<'PY'
from nameparser import HumanName
from pybtex.database import Person

for text in (
    "Oak, K.L.",
    "Oak, M.A.",
    "Oak, M. A.",
    "M.A. Oak",
    "Oak, Cem",
    "Oak, Md Bo",
    "Oak, Mahdi",
    "Oak, J. V",
    "Doe, Jr., John",
    "Doe, John, Jr.",
):
    name = HumanName(text)
    person = Person(text)
    parts = (person.first_names, person.middle_names, person.last_names, person.lineage_names)
    read = [name.first, name.middle, name.last, name.suffix + name.title]
    known = [" ".join(part) for part in parts]
    print(f"{text}: nameparser {' / '.join(read)}; pybtex {' / '.join(known)}")
PY

python3 -m venv venv
venv/bin/pip install --quiet nameparser==2.6.0 pybtex==0.26.1
venv/bin/python names.py 2>errors | tee seen || { cat errors >&2; exit 1; }

cat > expected <<'TEXT'
Oak, K.L.: nameparser K.L. /  / Oak / ; pybtex K.L. /  / Oak / 
Oak, M.A.: nameparser  /  / Oak / M.A.; pybtex M.A. /  / Oak / 
Oak, M. A.: nameparser M. / A. / Oak / ; pybtex M. / A. / Oak / 
M.A. Oak: nameparser M.A. /  / Oak / ; pybtex M.A. /  / Oak / 
Oak, Cem: nameparser  /  / Oak / Cem; pybtex Cem /  / Oak / 
Oak, Md Bo: nameparser  /  / Oak / Md Bo; pybtex Md / Bo / Oak / 
Oak, Mahdi: nameparser  /  / Oak / Mahdi; pybtex Mahdi /  / Oak / 
Oak, J. V: nameparser J. /  / Oak / V; pybtex J. / V / Oak / 
Doe, Jr., John: nameparser  /  / Doe / Jr., John; pybtex John /  / Doe / Jr.
Doe, John, Jr.: nameparser John /  / Doe / Jr.; pybtex Jr. /  / Doe / John
TEXT
diff expected seen
