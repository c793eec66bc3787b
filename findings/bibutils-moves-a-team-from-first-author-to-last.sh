#!/usr/bin/env bash
# bibutils writes a paper of "Tree Team, Roe and Moe" to RIS and EndNote as one of Roe, Moe and Tree Team.
#
# Seen on 2026-11-29 with bibutils 7.2-2 (bib2xml, xml2ris, xml2end, xml2isi, xml2bib) of Debian 12.
# In BibTeX braces around a name say that it belongs to a group and not to a person. bibutils reads it so,
# and its XML (MODS) has the authors in their order. The writers of RIS, EndNote and ISI put out names in
# two parts first and the others after them, also people with one name; those of BibTeX, ADS and Word keep
# the order. So the paper has another first author, by whom it is cited, sorted and told apart. Papers of a
# team and its members are usual: those of large language models, clinical trials and genome projects.
# Read back from RIS, the group is a person as well, with the family name Team. There is no warning.
# The ACL Anthology makes its EndNote files with bib2xml and xml2end: of 61,686 papers, 30 have a person
# with one name before one with two, and 8 of these begin with one.
#
# Output seen:
#   BibTeX: {Tree Team} and Roe, Rick and Moe, Max
#     MODS: Tree Team; Roe, Rick; Moe, Max
#     RIS: Roe, Rick; Moe, Max; Tree Team
#     EndNote: Roe, Rick; Moe, Max; Tree Team
#     ISI: Roe, R; Moe, M; Tree Team
#     BibTeX again: {Tree Team} and Roe, Rick and Moe, Max
#     BibTeX by way of RIS: Roe, Rick and Moe, Max and Team, Tree
#   BibTeX: Roe, Rick and {Leaf Study Group} and Moe, Max
#     MODS: Roe, Rick; Leaf Study Group; Moe, Max
#     RIS: Roe, Rick; Moe, Max; Leaf Study Group
#     EndNote: Roe, Rick; Moe, Max; Leaf Study Group
#     ISI: Roe, R; Moe, M; Leaf Study Group
#     BibTeX again: Roe, Rick and {Leaf Study Group} and Moe, Max
#     BibTeX by way of RIS: Roe, Rick and Moe, Max and Group, Leaf Study
#   BibTeX: Moe and Roe, Rick
#     MODS: Moe; Roe, Rick
#     RIS: Roe, Rick; Moe
#     EndNote: Roe, Rick; Moe
#     ISI: Roe, R; Moe
#     BibTeX again: {Moe} and Roe, Rick
#     BibTeX by way of RIS: Roe, Rick and {Moe}
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > teams.py <<'PY'
import re
import subprocess
import xml.etree.ElementTree as ET

NAME = "{http://www.loc.gov/mods/v3}name"


def run(tool, text):
    return subprocess.run([tool], input=text, capture_output=True, text=True, check=True).stdout


def tagged(pattern, text):
    return "; ".join(re.findall(pattern, text, re.M))


def bibtex(mods):
    return " ".join(re.search(r'author="(.*?)"', run("xml2bib", mods), re.S).group(1).split())


def mods_names(mods):
    root = ET.fromstring(mods.lstrip("\ufeff"))
    names = ([part.text for part in name][:-1] for name in root.iter(NAME))
    return "; ".join(", ".join(parts[::-1]) for parts in names)


for authors in (
    "{Tree Team} and Roe, Rick and Moe, Max",
    "Roe, Rick and {Leaf Study Group} and Moe, Max",
    "Moe and Roe, Rick",
):
    entry = f"@article{{key,\n author = {{{authors}}},\n title = {{Oaks}},\n year = 2021\n}}\n"
    mods = run("bib2xml", entry)
    ris = run("xml2ris", mods)
    print("BibTeX:", authors)
    print("  MODS:", mods_names(mods))
    print("  RIS:", tagged(r"^AU  - (.*?)\s*$", ris))
    print("  EndNote:", tagged(r"^%A (.*?)\s*$", run("xml2end", mods)))
    print("  ISI:", tagged(r"^(?:AU|  ) (.*?)\s*$", run("xml2isi", mods)))
    print("  BibTeX again:", bibtex(mods))
    print("  BibTeX by way of RIS:", bibtex(run("ris2xml", ris)))
PY

# From Debian's archive, with lists and cache of its own, so that nothing is installed.
mkdir -p lists/partial cache/archives/partial
apt() {
  apt-get -qq -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" \
    -o APT::Sandbox::User="$(id -un)" "$@"
}
apt update
apt download bibutils=7.2-2 libbibutils8=7.2-2
for package in ./*.deb; do dpkg -x "$package" tools; done
libraries=$(dirname "$(find "$folder/tools" -name 'libbibutils.so.8')")
PATH="$folder/tools/usr/bin:$PATH" LD_LIBRARY_PATH="$libraries" python3 teams.py | tee seen

cat > expected <<'TEXT'
BibTeX: {Tree Team} and Roe, Rick and Moe, Max
  MODS: Tree Team; Roe, Rick; Moe, Max
  RIS: Roe, Rick; Moe, Max; Tree Team
  EndNote: Roe, Rick; Moe, Max; Tree Team
  ISI: Roe, R; Moe, M; Tree Team
  BibTeX again: {Tree Team} and Roe, Rick and Moe, Max
  BibTeX by way of RIS: Roe, Rick and Moe, Max and Team, Tree
BibTeX: Roe, Rick and {Leaf Study Group} and Moe, Max
  MODS: Roe, Rick; Leaf Study Group; Moe, Max
  RIS: Roe, Rick; Moe, Max; Leaf Study Group
  EndNote: Roe, Rick; Moe, Max; Leaf Study Group
  ISI: Roe, R; Moe, M; Leaf Study Group
  BibTeX again: Roe, Rick and {Leaf Study Group} and Moe, Max
  BibTeX by way of RIS: Roe, Rick and Moe, Max and Group, Leaf Study
BibTeX: Moe and Roe, Rick
  MODS: Moe; Roe, Rick
  RIS: Roe, Rick; Moe
  EndNote: Roe, Rick; Moe
  ISI: Roe, R; Moe
  BibTeX again: {Moe} and Roe, Rick
  BibTeX by way of RIS: Roe, Rick and {Moe}
TEXT
diff expected seen
