"""PubMed XML: what becomes of each element of a citation."""

from functools import partial
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paper import Paper
from index.readers import pubmed_xml
from index.readers.base import Head
from tests.seed_files import read_text

read_all = partial(read_text, pubmed_xml)

TITLE = "<ArticleTitle>Elms of the north</ArticleTitle>"


def citation(
    article: str = TITLE, *, issue: str = "", after: str = "", data: str = "", pmid: str = "71"
) -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID Version='1'>{pmid}</PMID>"
        f"<Article><Journal><JournalIssue>{issue}</JournalIssue></Journal>{article}</Article>"
        f"{after}</MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def read_one(record: str) -> Paper:
    papers, told = read_all(f"<PubmedArticleSet>{record}</PubmedArticleSet>")
    assert told == []
    (paper,) = papers
    return paper


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        ("<PubmedArticleSet>", True),
        ("\ufeff\n<?xml version='1.0'?>\n<!DOCTYPE x>\n<!-- y -->\n<PubmedArticle>", True),
        ("<PubmedBookArticleSet><PubmedBookArticle>", True),
        ("<MedlineCitationSet>", True),
        ('<MedlineCitation Owner="NLM">', True),
        ("<eSearchResult><Count>1</Count>", True),
        ("<PubmedArticleList>", False),
        ("<article><front>", False),
        ("<html><PubmedArticleSet>", False),
        ('{"a": "<PubmedArticleSet>"}', False),
        ("", False),
    ],
)
def test_the_first_element_tells_the_format(content: str, is_ours: bool) -> None:
    assert pubmed_xml.recognises(Head(content.encode())) is is_ours
    assert pubmed_xml.recognises(Head(content.encode("utf-16"))) is is_ours


AUTHORS = [
    (
        "<Author><LastName>Holm</LastName><ForeName>Ada B</ForeName><Suffix>Jr</Suffix></Author>",
        ["Ada B Holm, Jr"],
    ),
    ("<Author><LastName>Holm</LastName><Initials>AB</Initials></Author>", ["AB Holm"]),
    ("<Author><LastName>Holm</LastName><FirstName>Ada</FirstName></Author>", ["Ada Holm"]),
    ("<Author><LastName>Nordic Elm Trust</LastName></Author>", ["Nordic Elm Trust"]),
    (
        "<Author><LastName>Holm</LastName><ForeName>Ada</ForeName></Author>"
        "<Author><CollectiveName>Elm <i>Watch</i> Group</CollectiveName></Author>"
        "<Author><LastName>Vik</LastName><ForeName>Per</ForeName></Author>",
        ["Ada Holm", "Elm Watch Group", "Per Vik"],
    ),
    (
        "<Author ValidYN='Y'><LastName>Holm</LastName><ForeName>Ada</ForeName></Author>"
        "<Author ValidYN='N'><LastName>Hlom</LastName><ForeName>Ada</ForeName></Author>",
        ["Ada Holm"],
    ),
    (
        "<Author ValidYN='N'><LastName>Holm</LastName><ForeName>Ada</ForeName></Author>",
        ["Ada Holm"],
    ),
    (
        "<Author><LastName>Holm</LastName><Suffix>3<sup>rd</sup></Suffix></Author>",
        ["Holm, 3rd"],
    ),
]


@pytest.mark.parametrize(("authors", "expected"), AUTHORS)
def test_authors(authors: str, expected: list[str]) -> None:
    paper = read_one(citation(f"{TITLE}<AuthorList CompleteYN='Y'>{authors}</AuthorList>"))
    assert list(paper.authors) == expected
    assert not paper.et_al


def test_who_is_no_author_and_who_is_left_out() -> None:
    names = "<LastName>Holm</LastName><ForeName>Ada</ForeName>"
    other = "<LastName>Vik</LastName><ForeName>Per</ForeName>"
    paper = read_one(
        citation(
            f"{TITLE}<AuthorList CompleteYN='N'><Author>{names}</Author></AuthorList>"
            f"<AuthorList Type='editors'><Author>{other}</Author></AuthorList>",
            after=f"<InvestigatorList><Investigator>{other}</Investigator></InvestigatorList>"
            f"<PersonalNameSubjectList><PersonalNameSubject>{other}</PersonalNameSubject>"
            "</PersonalNameSubjectList>",
        )
    )
    assert (paper.authors, paper.editors, paper.et_al) == (("Ada Holm",), ("Per Vik",), True)
    et_al = "<Author><LastName>et al</LastName></Author>"
    paper = read_one(citation(f"{TITLE}<AuthorList><Author>{names}</Author>{et_al}</AuthorList>"))
    assert (paper.authors, paper.et_al) == (("Ada Holm",), True)


@pytest.mark.parametrize(
    "text",
    [
        "Elm Institute, Oslo, Norway",
        "Elm Institute, Oslo, Norway.",
        "Elm Institute, Oslo, Norway. ada@elm.example",
        "Elm Institute,  Oslo, Norway; ada@elm.example; a.holm@elm.example.",
        "Elm Institute, Oslo, Norway. Electronic address: ada@elm.example.",
        "Elm Institute, Oslo, Norway, E-mail: ada@elm.example.",
    ],
)
def test_an_affiliation_is_one_whatever_mail_stands_behind_it(text: str) -> None:
    author = f"<AffiliationInfo><Affiliation>{text}</Affiliation></AffiliationInfo>"
    record = citation(
        f"{TITLE}<AuthorList><Author><LastName>Holm</LastName>{author}</Author>"
        f"<Author><LastName>Vik</LastName>{author}</Author></AuthorList>"
    )
    assert read_one(record).institutions == ("Elm Institute, Oslo, Norway",)


@pytest.mark.parametrize(
    ("title", "vernacular", "expected", "others"),
    [
        ("Elms.", "", "Elms.", []),
        ("[Elms in spring].", "Ulmen im Lenz", "Elms in spring", ["Ulmen im Lenz"]),
        ("[Elms in spring (author's transl)].", "", "Elms in spring", []),
        ("[Not Available].", "Ulmen im Lenz", "Ulmen im Lenz", []),
        ("[In Process Citation].", "Ulmen", "Ulmen", []),
        ("", "Ulmen im Lenz", "Ulmen im Lenz", []),
        ("[3H]Sap and [14C].", "", "[3H]Sap and [14C].", []),
        ("[3H]Sap", "", "[3H]Sap", []),
        ("[Elms [old ones] here].", "Ulmen", "Elms [old ones] here", ["Ulmen"]),
        ("<i>Ulmus</i> at 10<sup>3</sup> m", "", "Ulmus at 10^3 m", []),
        ("A &lt; B &amp; C", "", "A < B & C", []),
    ],
)
def test_titles(title: str, vernacular: str, expected: str, others: list[str]) -> None:
    paper = read_one(
        citation(
            f"<ArticleTitle>{title}</ArticleTitle><Abstract><AbstractText>x y</AbstractText>"
            f"</Abstract><VernacularTitle>{vernacular}</VernacularTitle>"
        )
    )
    assert paper.title == expected
    assert [other.text for other in paper.other_titles] == others


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("<AbstractText>Elms grow.</AbstractText>", "Elms grow."),
        (
            "<AbstractText Label='AIM'>To grow.</AbstractText>"
            "<AbstractText Label='RESULTS:'>10<sup>6</sup> elms.</AbstractText>"
            "<AbstractText Label='UNLABELLED'>More.</AbstractText>"
            "<AbstractText>End.</AbstractText>",
            "AIM: To grow.\nRESULTS: 10^6 elms.\nMore.\nEnd.",
        ),
        (
            "<AbstractText Label='AIM'/><AbstractText Label='END'>Grown.</AbstractText>",
            "END: Grown.",
        ),
        (
            "<AbstractText>Elms.</AbstractText>"
            "<CopyrightInformation>© Elm Press</CopyrightInformation>",
            "Elms.",
        ),
        (
            '<AbstractText>Of <m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:msup><m:mn>2'
            "</m:mn><m:mn>8</m:mn></m:msup></m:math> elms.</AbstractText>",
            "Of 2^8 elms.",
        ),
    ],
)
def test_abstracts(abstract: str, expected: str) -> None:
    assert read_one(citation(f"{TITLE}<Abstract>{abstract}</Abstract>")).abstract == expected


def test_other_abstracts() -> None:
    others = (
        "<OtherAbstract Type='Publisher' Language='fre'><AbstractText>Des ormes.</AbstractText>"
        "</OtherAbstract><OtherAbstract Type='Publisher' Language='spa'><AbstractText>Abstract "
        "available from the publisher.</AbstractText></OtherAbstract>"
    )
    assert [one.text for one in read_one(citation(after=others)).other_abstracts] == ["Des ormes."]


def date(*parts: str, electronic: str = "") -> str:
    names = ("Year", "Month", "Day")
    filled = zip(names, electronic.split("-"), strict=False) if electronic else ()
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in filled)
    article = f"{TITLE}<ArticleDate DateType='Electronic'>{inner}</ArticleDate>" * bool(electronic)
    return citation(article or TITLE, issue=f"<PubDate>{''.join(parts)}</PubDate>")


@pytest.mark.parametrize(
    ("record", "expected", "more"),
    [
        (date("<Year>2011</Year>"), "2011", ""),
        (date("<Year>2011</Year><Month>Apr</Month>"), "2011-04", ""),
        (date("<Year>2011</Year><Month>4</Month><Day>9</Day>"), "2011-04-09", ""),
        (date("<Year>2011</Year><Season>Fall</Season>"), "2011", "2011 Fall"),
        (date("<Year>2011</Year><Month>Feb</Month><Day>30</Day>"), "2011-02", None),
        (date("<MedlineDate>2003 Mar-Apr</MedlineDate>"), "2003-03", None),
        (date("<MedlineDate>2003 Dec-2004 Feb</MedlineDate>"), "2003-12", None),
        (date("<MedlineDate>1988-1989</MedlineDate>"), "1988", None),
        (date("<MedlineDate>Winter 1996-97</MedlineDate>"), "1996", None),
        (date("<MedlineDate>2003 Mar 5-11</MedlineDate>"), "2003-03-05", None),
        (date("<Year>2011</Year>", electronic="2011-06-03"), "2011-06-03", ""),
        (date("<Year>2011</Year><Month>Jun</Month>", electronic="2011-06-03"), "2011-06-03", ""),
        (date("<Year>2011</Year><Month>Jul</Month>", electronic="2011-06-03"), "2011-07", ""),
        (date("<Year>2012</Year>", electronic="2011-06-03"), "2012", ""),
        (date(electronic="2011-06-03"), "2011-06-03", ""),
        (date(), "", ""),
    ],
)
def test_dates(record: str, expected: str, more: str | None) -> None:
    paper = read_one(record)
    assert (paper.date or str(paper.year or "")) == expected
    assert more is None or paper.date_text == more


def ids(article: str = "", *, after: str = "", data: str = "") -> dict[str, Any]:
    values = read_one(citation(TITLE + article, after=after, data=data)).to_dict()
    return cast("dict[str, Any]", values["identifiers"])


DOI = "<ELocationID EIdType='doi' ValidYN='{}'>10.5072/{}</ELocationID>"
LIST = "<ArticleIdList>{}</ArticleIdList>"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: ids(), {"pmid": ["71"]}),
        (
            lambda: ids(DOI.format("Y", "ELM") + "<ELocationID EIdType='pii'>S1</ELocationID>"),
            {"pmid": ["71"], "doi": ["10.5072/elm"]},
        ),
        (
            lambda: ids(
                DOI.format("N", "old"),
                data=LIST.format(
                    "<ArticleId IdType='pii'>S1</ArticleId><ArticleId IdType='pmc'>PMC9</ArticleId>"
                    "<ArticleId IdType='doi'>10.5072/elm</ArticleId>"
                ),
            ),
            {"pmid": ["71"], "doi": ["10.5072/elm"], "pmcid": ["PMC9"]},
        ),
        (
            lambda: ids(
                data="<ReferenceList><Reference>"
                + LIST.format("<ArticleId IdType='doi'>10.5072/cited</ArticleId>")
                + "</Reference></ReferenceList>"
            ),
            {"pmid": ["71"]},
        ),
        (
            lambda: ids(after="<OtherID Source='NLM'>PMC12 [Available on 01/02/11]</OtherID>"),
            {"pmid": ["71"], "pmcid": ["PMC12"]},
        ),
        (
            lambda: ids(
                after="<MedlineJournalInfo><ISSNLinking>0378-5955</ISSNLinking>"
                "</MedlineJournalInfo>"
            ),
            {"pmid": ["71"], "issn": ["0378-5955"]},
        ),
    ],
)
def test_identifiers_are_those_of_the_paper_itself(found: Any, expected: dict[str, Any]) -> None:
    assert found() == expected


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ("<MedlinePgn>31-44</MedlinePgn>", "31-44"),
        ("<StartPage>31</StartPage><EndPage>44</EndPage>", "31-44"),
        ("<StartPage>31</StartPage><EndPage>44</EndPage><MedlinePgn>31-44</MedlinePgn>", "31-44"),
        ("<StartPage>e31</StartPage>", "e31"),
        ("<MedlinePgn/>", ""),
    ],
)
def test_pages(pages: str, expected: str) -> None:
    assert read_one(citation(f"{TITLE}<Pagination>{pages}</Pagination>")).pages == expected


MESH = "<MeshHeadingList><MeshHeading><DescriptorName>Ulmus</DescriptorName>\
<QualifierName>growth</QualifierName></MeshHeading></MeshHeadingList>"


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (MESH, ["Ulmus"]),
        (f"{MESH}<KeywordList><Keyword>elm</Keyword></KeywordList>", ["elm"]),
        (
            "<KeywordList Owner='NOTNLM'><Keyword><i>Ulmus</i> sap</Keyword><Keyword>CO<sub>2</sub>"
            "</Keyword></KeywordList><KeywordList Owner='KIE'><Keyword>elm</Keyword></KeywordList>",
            ["Ulmus sap", "CO2", "elm"],
        ),
    ],
)
def test_keywords(lists: str, expected: list[str]) -> None:
    assert list(read_one(citation(after=lists)).keywords) == expected


RETRACTED = "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'/>\
</CommentsCorrectionsList>"


@pytest.mark.parametrize(
    ("words", "after", "kind", "status"),
    [
        (["Journal Article"], "", "article", ""),
        (["Case Reports"], "", "article", ""),
        (["Journal Article", "Review"], "", "review", ""),
        (["Preprint", "Journal Article"], "", "preprint", ""),
        (["Editorial", "Comment"], "", "editorial", ""),
        (["Published Erratum"], "", "erratum", ""),
        (["Journal Article", "Retracted Publication"], "", "article", "retracted"),
        (["Journal Article"], RETRACTED, "article", "retracted"),
        (["Retraction of Publication"], RETRACTED.replace("In", "Of"), "notice", ""),
        (["Retraction Notice"], "", "notice", ""),
        (["Expression of Concern"], "", "notice", ""),
        (["Academic Dissertation"], "", "thesis", ""),
        (["News"], "", "other", ""),
        ([], "", "", ""),
    ],
)
def test_types_and_statuses(words: list[str], after: str, kind: str, status: str) -> None:
    listed = "".join(f"<PublicationType>{word}</PublicationType>" for word in words)
    paper = read_one(
        citation(f"{TITLE}<PublicationTypeList>{listed}</PublicationTypeList>", after=after)
    )
    assert (paper.type, paper.status) == (kind, status)


def test_what_is_said_of_the_journal() -> None:
    record = citation().replace(
        "<Journal><JournalIssue>",
        "<Journal><ISSN>0378-5955</ISSN><Title>Elm &amp; Oak</Title><ISOAbbreviation>E O"
        "</ISOAbbreviation><JournalIssue><Volume>7</Volume><Issue>3 Suppl</Issue>",
    )
    paper = read_one(record)
    assert (paper.venue, paper.volume, paper.issue) == ("Elm & Oak", "7", "3 Suppl")
    assert read_one(record.replace("<Title>Elm &amp; Oak</Title>", "")).venue == "E O"
    medline = "<MedlineJournalInfo><MedlineTA>Elm Oak</MedlineTA></MedlineJournalInfo>"
    assert read_one(citation(after=medline)).venue == "Elm Oak"


BOOK = """<PubmedBookArticle><BookDocument><PMID>88</PMID>
<ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>
<Book><Publisher><PublisherName>Elm Press</PublisherName></Publisher>
<BookTitle>The <i>Ulmus</i> book</BookTitle><PubDate><Year>2009</Year></PubDate>
<AuthorList Type="editors"><Author><LastName>Vik</LastName><ForeName>Per</ForeName></Author>
</AuthorList><Isbn>9783161484100</Isbn></Book>{}
<AuthorList Type="authors"><Author><LastName>Holm</LastName><ForeName>Ada</ForeName></Author>
</AuthorList><Abstract><AbstractText>All of it.</AbstractText></Abstract></BookDocument>
<PubmedBookData/></PubmedBookArticle>"""


def test_books_and_chapters() -> None:
    chapter = read_one(BOOK.format("<ArticleTitle>Leaves</ArticleTitle>"))
    assert (chapter.type, chapter.title, chapter.venue) == ("chapter", "Leaves", "The Ulmus book")
    assert (chapter.authors, chapter.editors) == (("Ada Holm",), ("Per Vik",))
    assert (chapter.publisher, chapter.year) == ("Elm Press", 2009)
    assert chapter.identifiers_of("isbn") == ("9783161484100",)
    book = read_one(BOOK.format(""))
    assert (book.type, book.title, book.venue) == ("book", "The Ulmus book", "")


def test_citations_without_the_article_around_them() -> None:
    inner = citation().replace("<PubmedArticle>", "").partition("<PubmedData>")[0]
    papers, told = read_all(
        f"<MedlineCitationSet>\n{inner}\n{inner.replace('71', '72')}</MedlineCitationSet>",
    )
    assert [(paper.id, paper.sources[0].line) for paper in papers] == [
        ("pmid:71", 2),
        ("pmid:72", 3),
    ]
    assert told == []


def test_of_versions_that_stand_together_the_latest_is_kept() -> None:
    versions = [citation().replace("Version='1'", f"Version='{number}'") for number in (1, 3, 2)]
    content = "\n".join([citation(pmid="70"), *versions, citation(pmid="72")])
    papers, told = read_all(f"<PubmedArticleSet>{content}</PubmedArticleSet>")
    assert [(one.id, one.sources[0].line) for one in papers] == [
        ("pmid:70", 1),
        ("pmid:71", 3),
        ("pmid:72", 5),
    ]
    (note,) = told
    assert note.kind == "note"
    assert note.reason.startswith("2 records are earlier versions")


def test_deletions_are_counted() -> None:
    deleted = "<DeleteCitation><PMID>1</PMID><PMID>2</PMID></DeleteCitation>"
    papers, told = read_all(f"<PubmedArticleSet>{citation()}\n{deleted}</PubmedArticleSet>")
    assert len(papers) == 1
    assert [str(one) for one in told] == ["f:2: 2 PMIDs are listed as deleted; no papers"]
    assert told[0].kind == "note"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "<eSearchResult><Count>1</Count><IdList><Id>7</Id></IdList></eSearchResult>",
            "list of ids",
        ),
        ("<eSummaryResult><DocSum><Id>7</Id></DocSum></eSummaryResult>", "summaries"),
        ("<ArticleSet><Article><Journal/></Article></ArticleSet>", "publishers send"),
        ("<pmc-articleset><article><front/></article></pmc-articleset>", "full texts"),
    ],
)
def test_what_is_no_citation_is_named(content: str, told: str) -> None:
    papers, problems = read_all(content)
    assert papers == []
    assert [told in problem.reason for problem in problems] == [True]


def test_a_citation_of_nothing_is_told() -> None:
    papers, told = read_all("<PubmedArticleSet>\n<PubmedArticle/></PubmedArticleSet>")
    assert papers == []
    assert [str(one) for one in told] == ["f:2: neither title nor abstract; left out"]


FULL = citation(
    f"{TITLE}<Abstract><AbstractText Label='AIM'>10<sup>2</sup></AbstractText></Abstract>"
    "<AuthorList><Author><LastName>Holm</LastName></Author></AuthorList>"
    + DOI.format("Y", "elm")
    + "<Pagination><StartPage>1</StartPage></Pagination>",
    issue="<PubDate><Year>2011</Year></PubDate>",
    after=MESH + RETRACTED,
    data=LIST.format("<ArticleId IdType='pmc'>PMC9</ArticleId>"),
)


@given(st.integers(0, len(FULL)), st.integers(0, 30), st.sampled_from(["", "<", "&", "</x>", "9"]))
def test_no_citation_however_damaged_costs_another(place: int, count: int, put_in: str) -> None:
    damaged = FULL[:place] + put_in + FULL[place + count :]
    other = citation("<ArticleTitle>Another</ArticleTitle>", pmid="99")
    papers, _ = read_all(f"<PubmedArticleSet>\n{damaged}\n{other}\n</PubmedArticleSet>")
    assert (papers[-1].title, papers[-1].sources[0].line) == ("Another", 3)


@given(
    st.recursive(
        st.sampled_from(["", "x", "2011", "[x]."]),
        lambda inner: st.lists(
            st.tuples(
                st.sampled_from(
                    "Article Journal JournalIssue PubDate Year Month ArticleTitle AuthorList PMID "
                    "Author LastName Suffix Abstract AbstractText Pagination BookDocument Book "
                    "KeywordList Keyword MedlineCitation PubmedData ArticleIdList ArticleId "
                    "Isbn".split()
                ),
                inner,
            ).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"),
            max_size=4,
        ).map("".join),
        max_leaves=12,
    ),
    st.sampled_from(["PubmedArticle", "PubmedBookArticle", "MedlineCitation"]),
)
def test_elements_in_any_order_raise_nothing(content: str, name: str) -> None:
    read_all(f"<PubmedArticleSet><{name}>{content}</{name}></PubmedArticleSet>")
