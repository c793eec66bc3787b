#!/usr/bin/env bash
# bibutils gives a paper of PubMed the DOI of the last paper it cites, and the first part of its abstract.
#
# Seen on 2026-11-29 with bibutils 7.2-2 (med2xml and xml2bib) of Debian 12.
# PubMed's XML has the paper's DOI under PubmedData/ArticleIdList; below it may stand a ReferenceList,
# where each cited paper has an ArticleIdList of its own. med2xml takes them all for the paper's own and
# turns their order around, so the last cited DOI comes first. BibTeX has room for one DOI, as have ISI
# and Word: it is the wrong one. RIS and EndNote get all, the wrong one first. Two papers that cite the
# same paper last get the same DOI, which is how papers are told apart. A paper without such a list is
# right. Of an abstract in labelled parts, usual in medicine, only the first part is kept, without its
# label; a season of two months becomes month and day; "Jr" is lost. No warning is given.
#
# Output seen:
#   no list of references: DOI 10.1000/one, bibutils 10.1000/one
#   cites root, bark: DOI 10.1000/two, bibutils 10.1000/bark
#   cites leaf, seed, bark: DOI 10.1000/three, bibutils 10.1000/bark
#   abstract: 3 parts with 12 words, bibutils has 3: Trees are few.
#   date 2001 Nov-2002 Jan: bibutils year 2001, month Nov/2002, day Jan
#   authors Tree Study Group; Doe Jr, John: bibutils {Tree Study Group} and Doe, John
#   DOIs in RIS: 10.1000/bark 10.1000/seed 10.1000/leaf 10.1000/three
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > papers.py <<'PY'
import re
import subprocess
import xml.etree.ElementTree as ET


def ids(name):
    return f'<ArticleIdList><ArticleId IdType="doi">10.1000/{name}</ArticleId></ArticleIdList>'


def article(number, name, cited):
    references = "".join(
        f"<Reference><Citation>On {other}.</Citation>{ids(other)}</Reference>" for other in cited
    )
    references = f"<ReferenceList>{references}</ReferenceList>" if cited else ""
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{number}</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print"><Volume>12</Volume>
<PubDate><MedlineDate>2001 Nov-2002 Jan</MedlineDate></PubDate></JournalIssue>
<Title>Journal of trees</Title></Journal><ArticleTitle>Trees, part {number}.</ArticleTitle>
<Abstract><AbstractText Label="BACKGROUND">Trees are few.</AbstractText>
<AbstractText Label="METHODS">We counted oaks and elms.</AbstractText>
<AbstractText Label="RESULTS">There were only twelve.</AbstractText></Abstract>
<AuthorList CompleteYN="Y">
<Author ValidYN="Y"><CollectiveName>Tree Study Group</CollectiveName></Author>
<Author ValidYN="Y"><LastName>Doe</LastName><ForeName>John</ForeName><Initials>J</Initials>
<Suffix>Jr</Suffix></Author></AuthorList><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
</PublicationTypeList></Article>
<MedlineJournalInfo><MedlineTA>J Trees</MedlineTA></MedlineJournalInfo></MedlineCitation>
<PubmedData><PublicationStatus>ppublish</PublicationStatus>{ids(name)}{references}</PubmedData>
</PubmedArticle>
"""


def run(tool, text):
    return subprocess.run([tool], input=text, capture_output=True, text=True, check=True).stdout


def field(name, entry):
    return " ".join(re.search(rf'^{name}="(.*?)"', entry, re.M | re.S).group(1).split())


CITED = ((), ("root", "bark"), ("leaf", "seed", "bark"))
articles = [
    article(number, name, cited)
    for number, (name, cited) in enumerate(zip(("one", "two", "three"), CITED), 1)
]
pubmed = f'<?xml version="1.0"?>\n<PubmedArticleSet>{"".join(articles)}</PubmedArticleSet>'
mods = run("med2xml", pubmed)
entries = run("xml2bib", mods).split("\n@")
for paper, entry, cited in zip(ET.fromstring(pubmed), entries, CITED, strict=True):
    title = f"cites {', '.join(cited)}" if cited else "no list of references"
    own = paper.findtext("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
    print(f"{title}: DOI {own}, bibutils {field('doi', entry)}")
parts = [part.text for part in paper.iter("AbstractText")]
abstract = field("abstract", entry)
print(
    f"abstract: {len(parts)} parts with {len(' '.join(parts).split())} words, "
    f"bibutils has {len(abstract.split())}: {abstract}"
)
date = paper.findtext(".//MedlineDate")
seen = ", ".join(f"{name} {field(name, entry)}" for name in ("year", "month", "day"))
print(f"date {date}: bibutils {seen}")
print(f"authors Tree Study Group; Doe Jr, John: bibutils {field('author', entry)}")
ris = run("xml2ris", mods).split("\nER")[2]
print("DOIs in RIS:", *re.findall(r"^DO  - (.*?)\s*$", ris, re.M))
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
PATH="$folder/tools/usr/bin:$PATH" LD_LIBRARY_PATH="$libraries" python3 papers.py | tee seen

cat > expected <<'TEXT'
no list of references: DOI 10.1000/one, bibutils 10.1000/one
cites root, bark: DOI 10.1000/two, bibutils 10.1000/bark
cites leaf, seed, bark: DOI 10.1000/three, bibutils 10.1000/bark
abstract: 3 parts with 12 words, bibutils has 3: Trees are few.
date 2001 Nov-2002 Jan: bibutils year 2001, month Nov/2002, day Jan
authors Tree Study Group; Doe Jr, John: bibutils {Tree Study Group} and Doe, John
DOIs in RIS: 10.1000/bark 10.1000/seed 10.1000/leaf 10.1000/three
TEXT
diff expected seen
