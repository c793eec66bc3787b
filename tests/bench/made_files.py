"""The same papers in every format that is read, as those who publish the format write it.

Formats that this project writes are written by its own export.
"""

import gzip
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from index import Paper
from index.names import NameParts
from searcher.output.formats import written
from tests.bench.snapshot import metadata

OWNER = "Ann Quill"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how it is written, who else reads it, and what of a paper it cannot say.

    ``parts`` are the texts that make up a file. ``peer`` is the name of a program of
    ``tests.bench.formats``, empty if there is none.
    """

    name: str
    suffix: str
    parts: Callable[[Iterable[Paper]], Iterator[str]]
    peer: str
    unsaid: frozenset[str] = frozenset()


def write_file(form: Format, papers: Iterable[Paper], folder: Path) -> Path:
    """Write papers as a file of a format below ``folder``, and return its path."""
    path = folder / f"{form.name.lower().replace(' ', '-')}{form.suffix}"
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="\n") as out:
        out.writelines(form.parts(papers))
    return path


def _in_array(
    papers: Iterable[Paper], value: Callable[[Paper], Any], before: str, after: str
) -> Iterator[str]:
    yield before
    for number, paper in enumerate(papers):
        yield ("," if number else "") + "\n" + json.dumps(value(paper))
    yield after


def _in_lines(value: Callable[[Paper], Any]) -> Callable[[Iterable[Paper]], Iterator[str]]:
    return lambda papers: (json.dumps(value(paper)) + "\n" for paper in papers)


def _author_page(papers: Iterable[Paper]) -> Iterator[str]:
    yield f"{OWNER}\n\nLG\nh-index25\n8,978citations\n\n"
    for paper in papers:
        month = _MONTHS[int(paper.date[5:7]) - 1] if paper.date else ""
        day = int(paper.date[8:]) if paper.date else 1
        tag = f"{40 + len(paper.title) % 50}.5LG{month} {day}, {paper.year}"
        yield f"{tag}\n{paper.title}\n\n{', '.join(paper.authors)}\n\n{paper.abstract}\n\n"


def _plain(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": paper.authors,
        "year": paper.year,
        "categories": paper.categories,
        "doi": _doi(paper),
        "venue": paper.venue,
    }


def _web_of_science(papers: Iterable[Paper]) -> Iterator[str]:
    yield "\ufeffPT\tAU\tAF\tTI\tSO\tLA\tDT\tDE\tAB\tSN\tPD\tPY\tVL\tIS\tBP\tEP\tDI\tPM\tUT\n"
    for number, paper in enumerate(papers):
        first, _, last = paper.pages.partition("-")
        cells = [
            "J",
            "; ".join(f"{_family(one)}, {_initials(one)}" for one in paper.author_parts),
            "; ".join(map(_inverted, paper.author_parts)),
            paper.title,
            paper.venue,
            "English",
            "Article",
            "; ".join(paper.keywords),
            paper.abstract,
            "",
            f"{_MONTHS[_month(paper) - 1].upper()} {_day(paper)}",
            str(paper.year),
            paper.volume,
            paper.issue,
            first,
            last,
            _doi(paper),
            _pmid(paper),
            f"WOS:{number:015}",
        ]
        yield "\t".join(cells) + "\n"


def _pubmed(papers: Iterable[Paper]) -> Iterator[str]:
    yield '<?xml version="1.0" ?>\n<PubmedArticleSet>\n'
    for paper in papers:
        people = "".join(
            f'<Author ValidYN="Y"><LastName>{escape(_family(one))}</LastName>'
            f"<ForeName>{escape(one.given)}</ForeName><Initials>{_initials(one)}</Initials>"
            + (f"<Suffix>{one.suffix}</Suffix>" if one.suffix else "")
            + "</Author>"
            for one in paper.author_parts
        )
        keywords = "".join(
            f'<Keyword MajorTopicYN="N">{escape(one)}</Keyword>' for one in paper.keywords
        )
        yield (
            '<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">'
            f'<PMID Version="1">{_pmid(paper)}</PMID><Article PubModel="Print"><Journal>'
            f'<JournalIssue CitedMedium="Internet"><Volume>{paper.volume}</Volume>'
            f"<Issue>{paper.issue}</Issue><PubDate><Year>{paper.year}</Year>"
            f"<Month>{_MONTHS[_month(paper) - 1]}</Month><Day>{_day(paper)}</Day></PubDate>"
            f"</JournalIssue><Title>{escape(paper.venue)}</Title></Journal>"
            f"<ArticleTitle>{escape(paper.title)}</ArticleTitle>"
            f"<Pagination><MedlinePgn>{paper.pages}</MedlinePgn></Pagination>"
            f"<Abstract><AbstractText>{escape(paper.abstract)}</AbstractText></Abstract>"
            f'<AuthorList CompleteYN="Y">{people}</AuthorList><Language>eng</Language>'
            '<PublicationTypeList><PublicationType UI="D016428">Journal Article'
            "</PublicationType></PublicationTypeList></Article>"
            f'<KeywordList Owner="NOTNLM">{keywords}</KeywordList></MedlineCitation>'
            "<PubmedData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
            f'<ArticleId IdType="pubmed">{_pmid(paper)}</ArticleId>'
            f'<ArticleId IdType="doi">{_doi(paper)}</ArticleId></ArticleIdList></PubmedData>'
            "</PubmedArticle>\n"
        )
    yield "</PubmedArticleSet>\n"


def _nbib(papers: Iterable[Paper]) -> Iterator[str]:
    for paper in papers:
        tags = [
            ("PMID", _pmid(paper)),
            ("OWN", "NLM"),
            ("STAT", "MEDLINE"),
            ("VI", paper.volume),
            ("IP", paper.issue),
            ("DP", f"{paper.year} {_MONTHS[_month(paper) - 1]} {_day(paper)}"),
            ("TI", paper.title),
            ("PG", paper.pages),
            ("LID", f"{_doi(paper)} [doi]"),
            ("AB", paper.abstract),
        ]
        for one in paper.author_parts:
            tags += [("FAU", _inverted(one)), ("AU", f"{_family(one)} {_initials(one)}")]
        tags += [("LA", "eng"), ("PT", "Journal Article"), ("JT", paper.venue)]
        tags += [("OT", one) for one in paper.keywords]
        yield "".join(f"{tag.ljust(4)}- {_folded(text)}\n" for tag, text in tags) + "\n"


def _folded(text: str) -> str:
    """Return a text in lines of some 80 characters, the further ones behind six blanks."""
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 80:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n      ".join([*lines, line])


def _openalex(paper: Paper) -> dict[str, Any]:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(paper.abstract.split()):
        places.setdefault(word, []).append(place)
    first, _, last = paper.pages.partition("-")
    return {
        "id": f"https://openalex.org/W{_pmid(paper)}",
        "doi": f"https://doi.org/{_doi(paper)}",
        "title": paper.title,
        "display_name": paper.title,
        "publication_year": paper.year,
        "publication_date": paper.date,
        "ids": {"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{_pmid(paper)}"},
        "language": "en",
        "type": "article",
        "primary_location": {"source": {"display_name": paper.venue, "type": "journal"}},
        "authorships": [
            {
                "author_position": "middle",
                "author": {"id": f"https://openalex.org/A{number}", "display_name": name},
                "raw_author_name": name,
                "institutions": [],
            }
            for number, name in enumerate(paper.authors)
        ],
        "biblio": {
            "volume": paper.volume,
            "issue": paper.issue,
            "first_page": first,
            "last_page": last,
        },
        "is_retracted": False,
        "cited_by_count": 3,
        "keywords": [{"display_name": one, "score": 0.5} for one in paper.keywords],
        "abstract_inverted_index": places,
    }


def _semantic_scholar(paper: Paper) -> dict[str, Any]:
    return {
        "paperId": f"{int(_pmid(paper)):040x}",
        "corpusId": int(_pmid(paper)),
        "externalIds": {"DOI": _doi(paper), "ArXiv": paper.id, "PubMed": _pmid(paper)},
        "url": f"https://www.semanticscholar.org/paper/{int(_pmid(paper)):040x}",
        "title": paper.title,
        "abstract": paper.abstract,
        "venue": paper.venue,
        "year": paper.year,
        "publicationDate": paper.date,
        "publicationTypes": ["JournalArticle"],
        "journal": {"name": paper.venue, "volume": paper.volume, "pages": paper.pages},
        "citationCount": 3,
        "authors": [
            {"authorId": str(number), "name": name} for number, name in enumerate(paper.authors)
        ],
    }


def _crossref(paper: Paper) -> dict[str, Any]:
    return {
        "DOI": _doi(paper),
        "URL": f"https://doi.org/{_doi(paper)}",
        "type": "journal-article",
        "title": [paper.title],
        "container-title": [paper.venue],
        "publisher": "Vale Press",
        "abstract": f"<jats:title>Abstract</jats:title><jats:p>{escape(paper.abstract)}</jats:p>",
        "author": [
            {
                "given": one.given,
                "family": _family(one),
                **({"suffix": one.suffix} if one.suffix else {}),
                "sequence": "additional" if number else "first",
                "affiliation": [],
            }
            for number, one in enumerate(paper.author_parts)
        ],
        "issued": {"date-parts": [[paper.year, _month(paper), _day(paper)]]},
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.pages,
        "language": "en",
        "is-referenced-by-count": 3,
        "score": 1.0,
    }


def _zotero(paper: Paper) -> dict[str, Any]:
    key = f"{int(_pmid(paper)):08X}"
    return {
        "key": key,
        "version": 7,
        "library": {"type": "user", "id": 1, "name": "papers"},
        "meta": {"parsedDate": paper.date},
        "data": {
            "key": key,
            "itemType": "journalArticle",
            "title": paper.title,
            "creators": [
                {"creatorType": "author", "firstName": one.given, "lastName": _family(one)}
                if not one.suffix
                else {"creatorType": "author", "name": one.displayed}
                for one in paper.author_parts
            ],
            "abstractNote": paper.abstract,
            "publicationTitle": paper.venue,
            "volume": paper.volume,
            "issue": paper.issue,
            "pages": paper.pages,
            "date": paper.date,
            "DOI": _doi(paper),
            "language": "en",
            "tags": [{"tag": one} for one in paper.keywords],
            "collections": [],
        },
    }


def _acl(papers: Iterable[Paper]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<collection id="2020.made">\n'
    by_year = itertools.groupby(papers, lambda paper: paper.year)
    for volume, (year, members) in enumerate(by_year, 1):
        yield (
            f'<volume id="{volume}" type="proceedings"><meta><booktitle>Proceedings on Tides'
            f"</booktitle><publisher>Vale Press</publisher><year>{year}</year></meta>\n"
        )
        for number, paper in enumerate(members, 1):
            people = "".join(
                f"<author><first>{escape(one.given)}</first><last>{escape(_family(one))}"
                f"{f' {one.suffix}' if one.suffix else ''}</last></author>"
                for one in paper.author_parts
            )
            yield (
                f'<paper id="{number}"><title>{escape(paper.title)}</title>{people}'
                f"<pages>{paper.pages.replace('-', '–')}</pages>"
                f"<abstract>{escape(paper.abstract)}</abstract>"
                f'<url hash="0123abcd">2020.made-{volume}.{number}</url>'
                f"<doi>{_doi(paper)}</doi></paper>\n"
            )
        yield "</volume>\n"
    yield "</collection>\n"


def _beir(paper: Paper) -> dict[str, Any]:
    return {"_id": paper.id, "title": paper.title, "text": paper.abstract, "metadata": {}}


def _doi(paper: Paper) -> str:
    return paper.identifiers_of("doi")[0]


def _pmid(paper: Paper) -> str:
    return paper.identifiers_of("pmid")[0]


def _month(paper: Paper) -> int:
    return int((paper.date or "")[5:7])


def _day(paper: Paper) -> int:
    return int((paper.date or "")[8:])


def _family(name: NameParts) -> str:
    return f"{name.particle} {name.family}" if name.particle else name.family


def _initials(name: NameParts) -> str:
    return "".join(word[0] for word in name.given.split())


def _inverted(name: NameParts) -> str:
    return ", ".join(filter(None, [_family(name), name.given, name.suffix]))


def _exported(form: str) -> Callable[[Iterable[Paper]], Iterator[str]]:
    return lambda papers: written(form, papers)


def _json_array(papers: Iterable[Paper]) -> Iterator[str]:
    return _in_array(papers, _plain, "[", "\n]\n")


def _crossref_answer(papers: Iterable[Paper]) -> Iterator[str]:
    before = '{"status": "ok", "message-type": "work-list", "message": {"items": ['
    return _in_array(papers, _crossref, before, "\n]}}\n")


def _zotero_array(papers: Iterable[Paper]) -> Iterator[str]:
    return _in_array(papers, _zotero, "[", "\n]\n")


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

FORMATS = (
    Format("author page", ".txt", _author_page, ""),
    Format("JSON lines", ".jsonl", _in_lines(_plain), "json, by line"),
    Format("JSON array", ".json", _json_array, "json"),
    Format("arXiv", ".jsonl", _in_lines(metadata), "json, by line"),
    Format("BibTeX", ".bib", _exported("bibtex"), "bibtexparser"),
    Format("RIS", ".ris", _exported("ris"), "rispy"),
    Format("CSV", ".csv", _exported("csv"), "csv"),
    Format("Web of Science", ".txt", _web_of_science, "csv"),
    Format("PubMed XML", ".xml.gz", _pubmed, "pubmed_parser"),
    Format("nbib", ".nbib", _nbib, "nbib"),
    Format("OpenAlex", ".jsonl", _in_lines(_openalex), "json, by line"),
    Format("Semantic Scholar", ".jsonl", _in_lines(_semantic_scholar), "json, by line"),
    Format("Crossref", ".json", _crossref_answer, "json"),
    Format("CSL JSON", ".json", _exported("csl-json"), "json"),
    Format("Zotero", ".json", _zotero_array, "json"),
    Format("ACL XML", ".xml", _acl, "ElementTree"),
    Format("BEIR", ".jsonl", _in_lines(_beir), "json, by line", frozenset({"authors", "year"})),
)
