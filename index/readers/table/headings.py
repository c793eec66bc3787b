"""The headings of tables: which column is which field, and which program wrote the table.

The headings are those of real exports. A heading is compared in small letters, with single blanks
for blanks and underscores.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from index.readers.json.keys import field_of


class Producer(NamedTuple):
    """A program that writes tables.

    Its tables have all headings of one of ``signs``. ``fields`` are the columns that mean something
    else in its tables than elsewhere, by heading; an empty field is not read. ``by_semicolon`` says
    that nothing but a semicolon parts names and keywords. ``shifted_at`` is the heading before
    which some of its rows have a cell too many, and ``anchors`` are patterns of the last cells that
    show it.
    """

    name: str
    signs: tuple[frozenset[str], ...] = ()
    fields: Mapping[str, str] = {}
    by_semicolon: bool = False
    shifted_at: str = ""
    anchors: tuple[str, ...] = ()


@lru_cache(maxsize=1 << 12)
def folded(heading: str) -> str:
    """Return a heading as it is compared."""
    return re.sub(r"[\s_]+", " ", heading).strip(" '\"\ufeff").lower()


def producer_of(headings: Sequence[str]) -> Producer:
    """Return the program that wrote a table, or one without a name."""
    present = frozenset(map(folded, headings))
    return next(
        (one for one in PRODUCERS if any(sign <= present for sign in one.signs)), Producer("")
    )


def columns_of(headings: Sequence[str], producer: Producer) -> dict[str, list[int]]:
    """Return the columns of each field, the preferred ones first."""
    ranked: dict[str, list[tuple[int, int]]] = {}
    for place, heading in enumerate(map(folded, headings)):
        field, rank = producer.fields.get(heading), -1
        if field is None:
            field, rank = _FIELD_OF.get(heading) or (field_of(heading), len(_FIELD_OF))
        if field:
            ranked.setdefault(field, []).append((rank, place))
    return {field: [place for _, place in sorted(places)] for field, places in ranked.items()}


def holds_papers(headings: Sequence[str]) -> bool:
    """Tell whether a row is the headings of a list of papers.

    It has a title, and another column that papers have. Lists of journals, patents and films have
    titles too, and are known by columns that no list of papers has.
    """
    present = frozenset(map(folded, headings))
    if len(present) < 2 or any(sign <= present for sign in OTHER_TABLES):
        return False
    producer = producer_of(headings)
    fields = columns_of(headings, producer).keys()
    if producer.name:
        return bool(fields & {"title", "other_titles"})
    return "title" in fields and bool(fields & _TELLING)


def _table(text: str) -> dict[str, str]:
    """Return the field of each heading; a line is a field and its headings between bars."""
    fields = {}
    for line in text.strip().splitlines():
        field, _, headings = line.strip().partition(": ")
        for heading in headings.split("|"):
            fields[heading.strip()] = "" if field == "-" else field
    return fields


def _signs(*texts: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(part.strip() for part in text.split("|")) for text in texts)


OTHER_TABLES = _signs(
    *("sourceid|sjr", "sjr", "jurisdiction|kind", "jurisdiction|applicants"),  # journals, patents
    *("retractiondoi", "original paper doi|retraction doi"),  # retractions
    *("director", "cast", "actors", "artist", "album", "genres", "isbn|shelf", "bookshelves"),
    *("price", "salary", "query id|corpus id", "pct filled"),
)
"""Headings of tables whose rows have titles, but are no papers."""

# What all tables mean by a heading. Generic names, such as abstract, are those of JSON too.
_FIELDS = _table(
    """
    id: cord uid
    title: document title|item title|article title|primary title|paper title|title of paper
    title: original article title|publication title (article)
    abstract: abstract note|abstract text|description of abstract
    full_names: author full names|author full name
    authors: author names|author/s|authors list|first authors|authors full|author(s)
    editors: book editors|editor names|editor(s)
    year: pubyear|publication year|year published|published year|date of publication (year)
    date: publication date|date published|publish time|online date|date of publication
    date: created date|createddate
    month: month|publication month
    day: day
    venue: source title|journal/book|publication title|publication|publication name|journal name
    venue: journal title|conference name|book title|anthology title|proceedings title
    venue: book series title|series title
    volume: journal volume|vol|vol.
    issue: issue number|journal issue|number|no.|no|iss
    pages: pagination|page numbers|page(s)|pp
    first_page: page start|start page|first page|startpage|beginning page|page from
    last_page: page end|end page|last page|endpage|ending page|page to
    article_number: art. no.|article number|article no.
    publisher: publisher name
    type: document type|publication type|content type|item type|type of reference|genre
    language: language of original document|original language
    keywords: author keywords|mesh terms|index keywords|manual tags|automatic tags|keyword(s)
    cited_by: cited by|times cited|citations|cites|citing works count|article citation count
    cited_by: citation count|number of citations
    doi: item doi|doi link|digital object identifier
    pmid: pubmed id|pubmed-id|pm id
    pmcid: pmc id
    issn: issns|e-issn|print issn|electronic issn|issn (print)|issn (online)
    isbn: isbns|e-isbn|electronic isbn
    url: articleurl|article url|source urls|external url|dimensions url|open url link|landing page
    pdf: fulltexturl|pdf link|full text url
    status: publication status
    institutions: author affiliations|authors affiliations|affiliation|authoraffiliations
    other_titles: original title|foreign title|alternative title|translated title|originaltitle
    other_abstracts: original abstract
    """
)
_FIELD_OF = {heading: (field, rank) for rank, (heading, field) in enumerate(_FIELDS.items())}
# A title and one of these make a list of papers.
_TELLING = {
    *("abstract", "authors", "full_names", "year", "date", "venue", "doi", "arxiv", "pmid"),
    *("pmcid", "keywords", "acl", "openalex", "s2", "corpusid"),
}

# Web of Science: https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html
WEB_OF_SCIENCE = Producer(
    "Web of Science",
    _signs("pt|au", "ti|so", "ti|ab", "ti|au"),
    _table(
        """
        kind: pt
        full_names: af|bf
        authors: au|ba
        groups: ca|gp
        editors: be
        title: ti|t1
        venue: so|t2
        series: se
        language: la
        type: dt
        keywords: de|id|x5|kw
        abstract: ab
        institutions: c3
        addresses: c1
        cited_by: tc|z9
        publisher: pu
        issn: sn|ei
        isbn: bn
        date: pd
        year: py
        early_date: ea
        volume: vl
        issue: is|su
        first_page: bp
        last_page: ep
        article_number: ar
        doi: di
        accession: ut
        pmid: pm
        other_titles: ft|x1|y1|z1
        other_abstracts: x4|y4|z4|ak
        -: db|sr|sr full|j9|ji
        """
    ),
    by_semicolon=True,
)

PRODUCERS = (
    Producer(
        "this program",
        _signs("id|title|et al|has code", "id|title|author parts", "id|title|date text"),
        _table("other_names: other names"),
    ),
    Producer(
        "Web of Science",
        _signs("ut (unique wos id)", "article title|source title"),
        _table(
            """
            kind: publication type
            authors: authors
            full_names: author full names|book author full names
            groups: group authors|book group authors
            editors: book editors
            title: article title
            venue: source title
            type: document type
            keywords: author keywords|keywords plus
            institutions: affiliations
            addresses: addresses
            cited_by: times cited, wos core|times cited, all databases
            issn: issn|eissn
            date: publication date
            early_date: early access date
            accession: ut (unique wos id)
            pmid: pubmed id
            -: conference title|conference date|doi link|book doi|number of pages
            """
        ),
        by_semicolon=True,
    ),
    Producer(
        "Lens",
        _signs("lens id|title"),
        _table(
            """
            accession: lens id
            keywords: keywords|mesh terms
            -: fields of study|references|microsoft academic id|citing patents count
            """
        ),
        by_semicolon=True,
    ),
    Producer(
        "Dimensions",
        _signs("publication id|pubyear", "publication id|dimensions url"),
        _table(
            """
            accession: publication id
            url: source linkout|dimensions url
            institutions: authors affiliations
            -: rank|publication date (online)|publication date (print)|authors (raw affiliation)
            """
        ),
        by_semicolon=True,
    ),
    Producer(
        "Scopus",
        _signs(
            *("eid|title", "source title|author keywords", "author(s) id|title"),
            *("index keywords|title", "authors with affiliations|title"),
        ),
        _table(
            """
            accession: eid
            stage: publication stage
            institutions: affiliations
            -: source|authors with affiliations|conference date|conference name|page count
            """
        ),
        shifted_at="references",
        anchors=("Scopus", r"2-s2\.0-\d+"),
    ),
    Producer(
        "IEEE Xplore",
        _signs("document title|document identifier", "document title|pdf link"),
        _table(
            """
            type: document identifier
            keywords: author keywords|ieee terms|mesh terms
            -: date added to xplore|issue date|meeting date|patent citation count|reference count
            """
        ),
        by_semicolon=True,
    ),
    Producer("Springer", _signs("item title|item doi"), _table("-: book series title")),
    Producer(
        "PubMed",
        _signs("pmid|title|journal/book", "pmid|title|citation"),
        _table(
            """
            citation: citation
            -: create date|first author|nihms id
            """
        ),
    ),
    Producer(
        "Embase",
        _signs("author names|emtree drug index terms", "author names|emtree medical index terms"),
        _table("citation: source"),
    ),
    Producer(
        "Publish or Perish",
        _signs("cites|gsrank", "cites|articleurl", "cites|querydate"),
        _table(
            """
            venue: source
            -: type|citesurl|citationurl|relatedurl|age|ecc
            """
        ),
    ),
    Producer(
        "Zotero",
        _signs("key|item type", "item type|abstract note"),
        _table(
            """
            extra: extra
            citation_key: citation key
            -: key|type|notes|rights|file attachments|date added|date modified|access date
            """
        ),
        by_semicolon=True,
    ),
    Producer(
        "Rayyan",
        _signs("key|title|journal|pubmed id", "key|title|year|month|day|journal"),
        _table("-: key|notes|location"),
    ),
    Producer(
        "OpenAlex",
        _signs(
            "authorships.author.display name",
            "primary location.source.display name",
        ),
        _table(
            """
            openalex: id|ids.openalex
            title: title|display name
            authors: authorships.author.display name|authorships.raw author name
            institutions: authorships.institutions.display name
            institutions: authorships.raw affiliation strings
            venue: primary location.source.display name
            publisher: primary location.source.host organization name
            issn: primary location.source.issn|primary location.source.issn l
            url: primary location.landing page url
            pdf: primary location.pdf url|best oa location.pdf url
            pmid: ids.pmid
            pmcid: ids.pmcid
            volume: biblio.volume
            issue: biblio.issue
            first_page: biblio.first page
            last_page: biblio.last page
            keywords: keywords.display name
            retracted: is retracted
            """
        ),
    ),
    WEB_OF_SCIENCE,
)
"""The programs, those with the most telling headings first."""
