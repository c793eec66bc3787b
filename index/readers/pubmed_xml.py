"""PubMed XML: articles and books as PubMed, its yearly baseline and its e-utilities export them.

The format is that of the PubMed DTD, https://dtd.nlm.nih.gov/ncbi/pubmed/; files of the MEDLINE
baselines until 2016 are of its predecessor.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from index.names import Name, NameParts, whole_name
from index.readers.base import Contents, Head, Problem
from index.readers.medline import (
    institution,
    is_abstract,
    is_et_al,
    is_retracted,
    issue_date,
    paper_type,
    subjects,
    titles,
)
from index.readers.record import Record
from index.readers.xml import elements, first_element, inner

NAME = "pubmed"
OVERLAPS = False


def recognises(head: Head) -> bool:
    """The first element is one of PubMed's, or of what is asked for in its place by mistake."""
    return bool(_ROOT.match(first_element(head)))


def read(contents: Contents) -> Iterator[Record | Problem]:
    """Yield a record for each citation; of versions of one that stand together, the latest."""
    deleted_count = first_deletion = older_count = 0
    waiting: tuple[Record, str, int] | None = None
    for part in elements(contents, _RECORDS):
        if isinstance(part, Problem):
            yield part
            continue
        element, name = part.element, part.element.tag
        if name in _NO_PAPERS:
            parent, reason = _NO_PAPERS[name]
            if parent in ("", *(tag.name for tag in part.around[-1:])):
                yield Problem(contents.file, part.line, reason)
                return
            yield Problem(contents.file, part.line, f"<{name}> outside of any citation; left out")
            continue
        if name in ("DeleteCitation", "DeleteDocument"):
            deleted_count += len(element)
            first_deletion = first_deletion or part.line
            continue
        record = (
            _book_chapter(part.line, element) if _is_book(element) else _article(part.line, element)
        )
        number = element.find(".//PMID")
        pmid, version = _text(number), _version(number)
        if waiting and pmid and waiting[1] == pmid:
            older_count += 1
            if version < waiting[2]:
                continue
        elif waiting:
            yield waiting[0]
        waiting = record, pmid, version
    if waiting:
        yield waiting[0]
    if older_count:
        reason = f"{older_count:,} records are earlier versions of the one beside them; left out"
        yield Problem(contents.file, 0, reason, "note")
    if deleted_count:
        reason = f"{deleted_count:,} PMIDs are listed as deleted; no papers"
        yield Problem(contents.file, first_deletion, reason, "note")


def _article(line: int, element: Element) -> Record:
    citation = element if element.tag == "MedlineCitation" else element.find("MedlineCitation")
    citation = citation if citation is not None else element
    article = _child(citation, "Article")
    journal = _child(article, "Journal")
    issue = _child(journal, "JournalIssue")
    corrections = citation.findall("CommentsCorrectionsList/CommentsCorrections")
    record = _common(line, element, article, citation)
    record.venue = (
        _text(journal.find("Title"))
        or _text(journal.find("ISOAbbreviation"))
        or _text(citation.find("MedlineJournalInfo/MedlineTA"))
    )
    record.volume, record.issue = _text(issue.find("Volume")), _text(issue.find("Issue"))
    record.date, record.date_text = issue_date(
        _date(issue.find("PubDate")), _date(article.find("ArticleDate"))
    )
    issns = (journal.find("ISSN"), citation.find("MedlineJournalInfo/ISSNLinking"))
    record.identifiers = [*record.identifiers, *[("issn", _text(issn)) for issn in issns]]
    if any(one.get("RefType") == "RetractionIn" for one in corrections):
        record.status = "retracted"
    return record


def _book_chapter(line: int, element: Element) -> Record:
    document = element if element.tag == "BookDocument" else _child(element, "BookDocument")
    book = _child(document, "Book")
    record = _common(line, element, document, document)
    book_title = inner(book.find("BookTitle"))
    if record.title:
        record.type, record.venue = "chapter", book_title
    else:
        record.type, record.title = "book", book_title
    record.venue = record.venue or inner(book.find("CollectionTitle"))
    record.volume = _text(book.find("Volume"))
    record.publisher = _text(book.find("Publisher/PublisherName"))
    record.date, record.date_text = issue_date(
        _date(book.find("PubDate")), _date(document.find("ContributionDate"))
    )
    for authors in book.findall("AuthorList"):
        names, et_al = _names(authors)
        if authors.get("Type") == "editors":
            record.editors = [*record.editors, *names]
        elif not record.authors:
            record.authors, record.et_al = names, et_al
    isbns = [("isbn", _text(isbn)) for isbn in book.iter("Isbn")]
    record.identifiers = [*record.identifiers, *isbns]
    return record


def _common(line: int, element: Element, article: Element, citation: Element) -> Record:
    """Return what articles and chapters have alike."""
    words = [_text(word) for word in article.iter("PublicationType")]
    own, vernacular = titles(
        inner(article.find("ArticleTitle")), inner(article.find("VernacularTitle"))
    )
    language = _text(article.find("Language"))
    authors: list[Name] = []
    editors: list[Name] = []
    et_al = False
    for names in article.findall("AuthorList"):
        found, is_cut = _names(names)
        et_al |= is_cut
        (editors if names.get("Type") == "editors" else authors).extend(found)
    pages = article.find("Pagination")
    return Record(
        line,
        title=own,
        abstract=_abstract(article.find("Abstract")),
        authors=authors,
        et_al=et_al,
        editors=editors,
        institutions=[institution(_text(one)) for one in article.iter("Affiliation")],
        identifiers=list(_identifiers(element, article, citation)),
        keywords=subjects(
            [inner(keyword) for keyword in citation.iterfind("KeywordList/Keyword")],
            [_text(heading) for heading in citation.iter("DescriptorName")],
        ),
        pages=_pages(pages) if pages is not None else "",
        type=paper_type(words),
        status="retracted" if is_retracted(words) else "",
        language=language,
        other_titles=[(language, vernacular)] if vernacular else [],
        other_abstracts=[
            (other.get("Language", ""), text)
            for parent in dict.fromkeys((article, citation))
            for other in parent.findall("OtherAbstract")
            if is_abstract(text := _abstract(other))
        ],
    )


def _identifiers(
    element: Element, article: Element, citation: Element
) -> Iterator[tuple[str, str]]:
    """Yield the identifiers of a paper itself, not those of what it cites."""
    own = {"pmid": _text(citation.find("PMID"))}
    for location in article.findall("ELocationID"):
        if location.get("EIdType") == "doi" and location.get("ValidYN") != "N":
            own.setdefault("doi", _text(location))
    for parent in (citation, element.find("PubmedData"), element.find("PubmedBookData")):
        for one in parent.findall("ArticleIdList/ArticleId") if parent is not None else ():
            scheme = _ID_TYPES.get(one.get("IdType", ""))
            if scheme and not own.get(scheme):
                own[scheme] = _text(one)
    for other in citation.findall("OtherID"):
        if match := re.match(r"PMC\d+", _text(other)):
            own.setdefault("pmcid", match[0])
    yield from own.items()
    if not own["pmid"] and (number := _text(citation.find("MedlineID"))):
        yield "accession", number


def _names(authors: Element) -> tuple[list[Name], bool]:
    """Return the names of a list, and whether it leaves some out.

    A name that is not valid is a misspelt form of one beside it.
    """
    et_al = authors.get("CompleteYN") == "N"
    listed = [one for one in authors if one.tag in ("Author", "Editor")]
    valid = [one for one in listed if one.get("ValidYN") != "N"] or listed
    names: list[Name] = []
    for one in valid:
        group, family = inner(one.find("CollectiveName")), _text(one.find("LastName"))
        given = (
            _text(one.find("ForeName"))
            or " ".join(filter(None, (_text(one.find("FirstName")), _text(one.find("MiddleName")))))
            or _text(one.find("Initials"))
        )
        if is_et_al(family or group):
            et_al = True
        elif family or given:
            names.append(NameParts(family, given, suffix=_text(one.find("Suffix"))))
        elif group.strip():
            names.append(whole_name(group))
    return names, et_al


def _abstract(abstract: Element | None) -> str:
    """Return an abstract with a paragraph for each of its sections, which begins with its label."""
    if abstract is None:
        return ""
    sections = []
    for text in abstract.findall("AbstractText"):
        label = text.get("Label", "").strip().rstrip(":").strip()
        content = inner(text)
        if label and label != "UNLABELLED" and content.strip():
            content = f"{label}: {content.lstrip()}"
        sections.append(content)
    return "\n\n".join(sections)


def _pages(pages: Element) -> str:
    printed, first = _text(pages.find("MedlinePgn")), _text(pages.find("StartPage"))
    last = _text(pages.find("EndPage"))
    return printed or (f"{first}-{last}" if last and last != first else first)


def _date(date: Element | None) -> str:
    """Return a date as one text, such as ``2013 Feb 5`` or ``2013 Spring``."""
    if date is None:
        return ""
    texts = [_text(date.find(name)) for name in ("Year", "Month", "Day", "Season")]
    return " ".join(filter(None, texts)) or _text(date.find("MedlineDate"))


def _is_book(element: Element) -> bool:
    return element.tag in ("PubmedBookArticle", "BookDocument")


def _version(number: Element | None) -> int:
    version = number.get("Version", "") if number is not None else ""
    return int(version) if version.isdecimal() and len(version) < _MOST_DIGITS else 1


def _child(element: Element, name: str) -> Element:
    """Return the child of a name, an empty element if there is none."""
    child = element.find(name)
    return Element(name) if child is None else child


def _text(element: Element | None) -> str:
    """Return the text of an element on one line; mark-up in it means nothing."""
    if element is None:
        return ""
    return " ".join(("".join(element.itertext()) if len(element) else element.text or "").split())


_ROOT = re.compile(
    r"<(?:Pubmed(?:Book)?Article(?:Set)?|MedlineCitation(?:Set)?|DeleteCitation|BookDocument"
    r"|ArticleSet|eS(?:earch|ummary)Result|IdList|DocumentSummarySet|pmc-articleset)(?=[\s/]|$)"
)
_FETCH = "fetch the articles themselves, by efetch with retmode=xml"
# What is asked for in place of articles: an element in it, the one around that, and what it is.
_NO_PAPERS = {
    "Article": (
        "ArticleSet",
        "the form in which publishers send articles to PubMed, without PMIDs; export the articles "
        "from PubMed instead",
    ),
    "IdList": ("", f"a list of ids; {_FETCH}"),
    "DocSum": ("", f"summaries without abstracts; {_FETCH}"),
    "DocumentSummary": ("", f"summaries without abstracts; {_FETCH}"),
    "article": ("", "full texts of PubMed Central; export the same articles from PubMed"),
}
_RECORDS = frozenset(
    {
        *("PubmedArticle", "PubmedBookArticle", "MedlineCitation", "BookDocument"),
        *("DeleteCitation", "DeleteDocument", *_NO_PAPERS),
    }
)
_ID_TYPES = {"doi": "doi", "pmc": "pmcid", "pubmed": "pmid"}
_MOST_DIGITS = 9
