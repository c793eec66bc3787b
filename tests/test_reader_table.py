"""Tables: which are lists of papers, how cells are parted, what each program's columns mean."""

import csv
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import index
import searcher
from index.readers import table as table_reader
from index.readers.base import Contents, Head
from index.readers.record import Record
from searcher.output.tables import page_csv
from tests.conftest import write_jsonl
from tests.seed_files import read_text

read_all = partial(read_text, table_reader)


def table(*rows: list[str] | tuple[str, ...], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def read_row(headings: str, **cells: str) -> dict[str, Any]:
    """Return the paper of one row, without what all have. Headings stand between bars."""
    names = headings.split("|")
    by_heading = {name.lower().replace(" ", "_"): name for name in names}
    row = {by_heading[key]: cell for key, cell in cells.items()}
    papers, told = read_all(table(names, [row.get(name, "") for name in names]))
    assert told == []
    (paper,) = papers
    return paper.to_dict()


TIDES = "title,abstract,authors,year\n"
RECOGNISED = [
    (TIDES, True),
    ("\ufeffTitle;Year\nTides;2020\n", True),
    ("TITLE\tAbstract \nTides\tThey turn.\n", True),
    ("sep=;\ntitle;doi\n", True),
    ("\n\ntitle,doi\n", True),
    ('"Exported in May; title, abstract",,\nTitle,Authors,DOI\n', True),
    (",title,abstract\n0,Tides,They turn.\n", True),
    ("paper_title|year\n", True),
    ("title,price,year\nTides,12.50,2020\n", False),
    ("title,director,cast,release_year\n", False),
    ("Rank;Sourceid;Title;Type;Issn;SJR;Publisher;Year\n", False),
    ("Jurisdiction,Kind,Title,Applicants,Publication Date\n", False),
    ("title\nTides\n", False),
    ("query-id,corpus-id,score\n", False),
    ("date,temp\n", False),
    ("title, authors, year = row\nprint(title, year)\n", False),
    ("Title, Abstract, Keywords\n\nGive a title, then an abstract.\n", False),
    ("Tides turn, as the title of a year says.\n", False),
    ("", False),
]


@pytest.mark.parametrize(("content", "is_ours"), RECOGNISED)
def test_headings_with_a_title_tell_a_list_of_papers(content: str, is_ours: bool) -> None:
    assert table_reader.recognises(Head(content.encode())) is is_ours


ROWS = [
    pytest.param("title,year\nTides,2020\n\nEbbs,2021", [2, 4], id="blank line"),
    pytest.param("title,year\r\nTides,2020\r\nEbbs,2021\r\n", [2, 3], id="CRLF"),
    pytest.param("title,year\rTides,2020\rEbbs,2021\r", [2, 3], id="CR"),
    pytest.param('title,year\n"Tides\nand\nmore",2020\nEbbs,2021\n', [2, 5], id="line ends within"),
    pytest.param("About,,\n\ntitle,year,\nTides,2020,\nEbbs,2021,\n", [4, 5], id="lines before"),
    pytest.param("title;year\nTides;2020\n;\nEbbs;2021\n", [2, 4], id="empty row"),
    pytest.param("title,year\n\nTides,2020\nEbbs,2021", [3, 4], id="blank line behind headings"),
    pytest.param("sep=;\ntitle;year\n\nTides;2020\nEbbs;2021", [4, 5], id="sign named"),
    # Files that were put one behind the other.
    pytest.param("title,year\nTides,2020\nTitle, Year,\nEbbs,2021\n", [2, 4], id="headings again"),
    pytest.param(
        "title,year\nTides,2020\n\ufefftitle,year\nEbbs,2021\n", [2, 4], id="byte-order mark within"
    ),
    pytest.param(
        'title,year\nTides,2020\n\nDocument Title,"Authors",Year\nEbbs,Ida Fir,2021\n',
        [2, 5],
        id="other headings",
    ),
    pytest.param("title,year,,\nTides,2020,,\nEbbs,2021,,\n", [2, 3], id="empty headings"),
    pytest.param("title,year\nTides,2020,,,\nEbbs,2021\n", [2, 3], id="empty cells behind"),
]


@pytest.mark.parametrize(("content", "lines"), ROWS)
def test_rows_are_papers_with_their_line(content: str, lines: list[int]) -> None:
    papers, told = read_all(content)
    assert [paper.sources[0].line for paper in papers] == lines
    assert [paper.year for paper in papers] == [2020, 2021]
    assert told == []


def test_sixteen_bits_a_letter_with_a_tab_behind_every_row() -> None:
    rows = "PT\tAU\tTI\tPY\t\r" + 'J\tHolm, Ada; Lund, Bo\t"Tides" and "ebbs"\t2020\t\r' * 2
    papers, told = read_all(b"\xff\xfe" + rows.encode("utf-16-le"))
    assert [paper.title for paper in papers] == ['"Tides" and "ebbs"'] * 2
    assert papers[0].authors == ("Ada Holm", "Bo Lund")
    assert told == []


def test_a_cell_may_be_longer_than_the_csv_module_takes() -> None:
    papers, told = read_all(f"title,abstract\nTides,{'turn ' * 60_000}\n")
    assert len(papers[0].abstract) > 131_072
    assert told == []


@pytest.mark.parametrize(
    ("row", "title", "year"),
    [
        ('"Tides, \\"ebbs\\", more",x,2020', 'Tides, "ebbs", more', 2020),
        ('"Of "tides" here",x,2020', 'Of "tides" here', 2020),
        ('"On "tides"","x","2020"', 'On "tides"', 2020),
        ('Tides,"["Holm, Ada","Lund, Bo"]",2020', "Tides", 2020),
        ('Tides "of" old,x,2020', 'Tides "of" old', 2020),
        ('"Tides ""of"" old",x,2020', 'Tides "of" old', 2020),
        ('"Tides" ,x,2020', "Tides", 2020),
    ],
)
def test_quotation_marks_as_programs_write_them(row: str, title: str, year: int) -> None:
    papers, told = read_all(f"title,authors,year\n{row}\nEbbs,x,2021\n")
    assert [(paper.title, paper.year) for paper in papers] == [(title, year), ("Ebbs", 2021)]
    assert told == []


def test_between_tabs_lone_quotation_marks_are_text() -> None:
    rows = 'Racks of 19"\t"Ida\t2020\n' * 300 + '"Ebbs\nand ""tides"""\tIda\t2021\n'
    papers, told = read_all(f"title\tauthors\tyear\n{rows}")
    assert [paper.title for paper in papers] == ['Racks of 19"'] * 300 + ['Ebbs and "tides"']
    assert [paper.year for paper in papers] == [2020] * 300 + [2021]
    assert told == []


@pytest.mark.parametrize(
    "rows",
    [
        ['"Tides', "Ebbs,x,2021", "Floods,x,2022"],
        ['Tides,"x,2020', "Ebbs,x,2021", "Floods,x,2022"],
        ['Tides,"x,2020', '"Ebbs","x","2021"', '"Floods","x","2022"'],
        ['Tides,"x,2020', *["Ebbs,x,2021"] * 500, "Floods,x,2022"],
        # A backslash in another row says nothing of this.
        ['Tides,"x""y,2020', "Ebbs,x,2021", '"Of \\"floods\\"",x,2022'],
        ['Tides,"x,2020', "no row at all", "", "Ebbs,x,2021", "Floods,x,2022"],
        # More rows that end nowhere than are looked at for the end of one.
        [*['Tides,"x"y,2020'] * 350, "Ebbs,x,2021", '"Of\nfloods",x,2022'],
        # In each row a cell seems to be open up to the next.
        [*['Racks of 19",x,"2020'] * 350, "Ebbs,x,2021", '"Of\nfloods",x,2022'],
    ],
)
def test_a_stray_quotation_mark_costs_its_own_row_at_most(rows: list[str]) -> None:
    papers, told = read_all("\n".join(["title,authors,year", *rows, ""]))
    count = sum("2021" in row or "2022" in row for row in rows)
    assert [paper.year for paper in papers][-count:] == [2021] * (count - 1) + [2022]
    assert {problem.line for problem in told if problem.kind == "problem"} == {2}


def test_a_row_longer_than_the_bound_is_left_out_alone() -> None:
    long = '"' + ("turning " * 99 + "\n") * 12_000
    papers, told = read_all(f"title,abstract\nTides,They turn.\n{long}\nEbbs,They fall.\n")
    assert [paper.title for paper in papers] == ["Tides", "Ebbs"]
    assert [problem.line for problem in told] == [3]


def test_what_stands_before_a_cut_is_read_and_the_loss_is_told() -> None:
    papers, told = read_all('title,abstract,year\nTides,They turn.,2020\nEbbs,"They fa')
    assert [paper.title for paper in papers] == ["Tides"]
    assert [(problem.line, problem.what) for problem in told] == [(3, "cut off")]


SHIFTED = [
    # Only the title can hold the cell too many, as the DOI and the year behind it tell.
    ("id,title,doi,year", "7,Tides, old and new,10.5555/t,2020", "Tides, old and new", 2020),
    # Two columns may hold it.
    ("year,title,authors,doi", "2020,Tides,old,Ada Holm,10.5555/t", "Tides", 2020),
    # Nothing but the title stands before the shift.
    ("title,doi,note,venue", "Tides,10.5555/t,of old,new,Shores", "Tides", None),
]


@pytest.mark.parametrize(("headings", "row", "title", "year"), SHIFTED)
def test_of_a_shifted_row_only_what_is_sure_is_kept(
    headings: str, row: str, title: str, year: int | None
) -> None:
    papers, told = read_all(f"{headings}\n{row}\n")
    (paper,) = papers
    assert (paper.title, paper.year, paper.authors) == (title, year, ())
    assert paper.identifiers_of("doi") == ("10.5555/t",)
    assert [problem.what for problem in told] == ["cells"]


def test_scopus_wrote_a_column_twice() -> None:
    names = "Authors|Title|Year|Cited by|Abstract|Funding Text 1|References|Editors|ISSN|Source|EID"
    row = ["Holm A.", "Tides", "2020", "3", "They turn.", "A fund.", "Another.", "Lund B. (1999)"]
    row += ["", "12345679", "Scopus", "2-s2.0-7"]
    papers, told = read_all(table(names.split("|"), row))
    (paper,) = papers
    assert (paper.authors, paper.year, paper.cited_by) == (("A. Holm",), 2020, 3)
    assert (paper.abstract, paper.editors) == ("They turn.", ())
    assert paper.identifiers_of("issn") == ("1234-5679",)
    assert paper.identifiers_of("accession") == ("2-s2.0-7",)
    assert [problem.what for problem in told] == ["cells"]


PRODUCERS = [
    pytest.param(
        "Authors|Author full names|Title|Year|Source title|Volume|Issue|Art. No.|Page start|"
        "Page end|Cited by|DOI|Link|Author Keywords|Index Keywords|Document Type|EID|Source",
        {
            "authors": "Holm W.A., Jr.; Lund B.",
            "author_full_names": "Holm, William A. (57000000001); Lund, Bo (57000000002)",
            "title": "Tides",
            "year": "2020.0",
            "source_title": "Shores",
            "volume": "13 LNAI",
            "issue": "9 September",
            "art._no.": " 77",
            "page_start": "11",
            "page_end": "19",
            "cited_by": "4.0",
            "link": "https://shore.example/7",
            "author_keywords": "Tides; moon",
            "index_keywords": "tides; Harbours",
            "document_type": "Retracted",
            "eid": "2-s2.0-7",
            "source": "Scopus",
        },
        {
            "authors": ("William A. Holm, Jr.", "Bo Lund"),
            "date": "2020-09",
            "venue": "Shores",
            "volume": "13 LNAI",
            "issue": "9 September",
            "pages": "11-19",
            "cited_by": 4,
            "keywords": ("Tides", "moon", "Harbours"),
            "type": "article",
            "status": "retracted",
            "identifiers": {"accession": ["2-s2.0-7"]},
            "urls": [{"kind": "page", "url": "https://shore.example/7"}],
        },
        id="Scopus",
    ),
    pytest.param(
        "PT|AU|AF|CA|TI|SO|DE|ID|AB|C1|TC|PD|PY|VL|BP|EP|AR|DI|UT|DT|LA",
        {
            "pt": "J",
            "au": "Holm, A; Lund, B",
            "af": "Holm, Ada, Jr.; Lund, Bo",
            "ca": "Tide Collaboration",
            "ti": "Tides",
            "so": "SHORES",
            "de": "tides; moon",
            "id": "MOON; HARBOURS",
            "c1": "[Holm, Ada; Lund, Bo] Inst Tides, Bergen; [Lund, Bo] Inst Ebbs, Oslo",
            "tc": "4",
            "pd": "JUN 8",
            "py": "2020",
            "ar": "UNSP 77",
            "ut": "WOS:0007",
            "dt": "Article; Proceedings Paper",
            "la": "English",
        },
        {
            "authors": ("Ada Holm, Jr.", "Bo Lund", "Tide Collaboration"),
            "date": "2020-06-08",
            "keywords": ("tides", "moon", "HARBOURS"),
            "institutions": ("Inst Tides, Bergen", "Inst Ebbs, Oslo"),
            "pages": "77",
            "type": "inproceedings",
            "identifiers": {"accession": ["WOS:0007"]},
        },
        id="Web of Science, short",
    ),
    pytest.param(
        "Publication Type|Authors|Author Full Names|Article Title|Source Title|"
        "UT (Unique WOS ID)|Early Access Date|Publication Year",
        {
            "publication_type": "J",
            "authors": "Holm, A",
            "author_full_names": "Holm Berg, Ada",
            "article_title": "Tides",
            "source_title": "SHORES",
            "ut_(unique_wos_id)": "WOS:0007",
            "early_access_date": "MAR 2025",
        },
        {"authors": ("Ada Holm Berg",), "date": "2025-03", "type": "article", "venue": "SHORES"},
        id="Web of Science, long",
    ),
    pytest.param(
        "Document Title|Authors|Author Affiliations|Publication Title|Date Added To Xplore|"
        "Publication Year|Volume|Start Page|End Page|PDF Link|Author Keywords|Online Date|"
        "Document Identifier",
        {
            "document_title": "Tides",
            "authors": "A. Holm; J. -P. Lund",
            "author_affiliations": "NA; NA",
            "publication_title": "Waves",
            "date_added_to_xplore": "5 March 2020",
            "publication_year": "2019",
            "volume": "PP",
            "start_page": "13:1",
            "end_page": "13:14",
            "pdf_link": "https://ieeexplore.ieee.org/stamp/stamp.jsp?arnumber=77",
            "author_keywords": "tides, high;moon",
            "online_date": "19 May 2020",
            "document_identifier": "IEEE Conferences",
        },
        {
            "authors": ("A. Holm", "J.-P. Lund"),
            "year": 2019,
            "date": None,
            "volume": None,
            "institutions": None,
            "pages": "13:1-13:14",
            "keywords": ("tides, high", "moon"),
            "type": "inproceedings",
            "urls": [
                {"kind": "page", "url": "https://ieeexplore.ieee.org/document/77"},
                {
                    "kind": "pdf",
                    "url": "https://ieeexplore.ieee.org/stamp/stamp.jsp?arnumber=77",
                },
            ],
        },
        id="IEEE Xplore",
    ),
    pytest.param(
        "Item Title|Publication Title|Book Series Title|Item DOI|Authors|Publication Year|URL|"
        "Content Type",
        {
            "item_title": "Tides",
            "publication_title": "Shores",
            "book_series_title": "Seas",
            "item_doi": "10.5555/T",
            "authors": "Prof. Dr. Ada B. HolmDr. Bo LundMaria McGullKari De RavnSea Tern",
            "publication_year": "2020",
            "content_type": "Chapter",
        },
        {
            "authors": ("Ada B. Holm", "Bo Lund", "Maria McGull", "Kari De Ravn", "Sea Tern"),
            "venue": "Shores",
            "type": "chapter",
        },
        id="Springer",
    ),
    pytest.param(
        "PMID|Title|Authors|Citation|First Author|Journal/Book|Publication Year|Create Date|PMCID",
        {
            "pmid": "7",
            "title": "[Tides].",
            "authors": "Holm AB, Lund B Jr, Tide Group. Electronic address: tide@shore.example.",
            "citation": "Shores. 2020 Mar 1;24(2):398-402. doi: 10.5555/t. Epub 2019 Feb 17.",
            "journal/book": "Shores",
            "publication_year": "2020",
            "create_date": "2019/02/17",
        },
        {
            "title": "Tides",
            "authors": ("AB Holm", "B Lund, Jr", "Tide Group"),
            "date": "2020-03-01",
            "volume": "24",
            "issue": "2",
            "pages": "398-402",
            "id": "pmid:7",
        },
        id="PubMed",
    ),
    pytest.param(
        "Title|Author Names|Source|Abstract|Emtree Drug Index Terms|keywords|Open URL Link",
        {
            "title": "Tides",
            "author_names": "Holm A., Lund B.",
            "source": "Shores (2020) 3:2 (152-160). Date of Publication: 25 Aug 2020",
            "keywords": "tide, moon (full, new), harbour",
            "open_url_link": "http://sfx.shore.example/x?sid=E&id=doi:10.5555%2FT&date=2020",
        },
        {
            "authors": ("A. Holm", "B. Lund"),
            "venue": "Shores",
            "volume": "3",
            "issue": "2",
            "pages": "152-160",
            "date": "2020-08-25",
            "keywords": ("tide", "moon (full, new)", "harbour"),
            "id": "10.5555/t",
        },
        id="Embase",
    ),
    pytest.param(
        "Lens ID|Title|Date Published|Publication Year|Publication Type|Source Title|ISSNs|"
        "Author/s|Start Page|Fields of Study|Keywords|MeSH Terms|Source URLs|External URL|DOI|"
        "Citing Patents Count|Citing Works Count",
        {
            "lens_id": "000-007",
            "title": "Tides",
            "publication_year": "2020",
            "publication_type": "conference proceedings article",
            "issns": "12345679; 23456784",
            "author/s": "Holm Ada; 海 野",
            "start_page": "21-29",
            "fields_of_study": "Guessed by a machine",
            "mesh_terms": "Tide, High; Moon",
            "source_urls": "https://shore.example/t.pdf https://shore.example/t",
            "external_url": "http://dx.doi.org/10.5555/t",
            "citing_patents_count": "9",
            "citing_works_count": "4",
        },
        {
            "authors": ("Holm Ada", "海 野"),
            "pages": "21-29",
            "keywords": ("Tide, High", "Moon"),
            "type": "inproceedings",
            "cited_by": 4,
            "identifiers": {
                "doi": ["10.5555/t"],
                "issn": ["1234-5679", "2345-6784"],
                "accession": ["000-007"],
            },
        },
        id="Lens",
    ),
    pytest.param(
        "Publication ID|Title|PubYear|Source title|Anthology title|Publication date|"
        "Authors (Raw Affiliation)|Authors|Authors Affiliations|ISSN|MeSH terms|Times cited|"
        "Recent citations|Publication Type|Source Linkout",
        {
            "publication_id": "pub.7",
            "title": "Tides",
            "pubyear": "2020",
            "anthology_title": "Shores",
            "publication_date": "2020-10",
            "authors_(raw_affiliation)": "Holm, Ada (Institute of Tides)",
            "authors": "Holm, Ada; Lund, B C",
            "authors_affiliations": "Holm, Ada (Institute of Tides; Bergen (West)); Lund, B C ()",
            "issn": "1234-5679, 2345-6784",
            "times_cited": "4",
            "recent_citations": "1",
            "publication_type": "Proceeding",
            "source_linkout": "https://shore.example/t.pdf",
        },
        {
            "authors": ("Ada Holm", "B C Lund"),
            "venue": "Shores",
            "date": "2020-10",
            "institutions": ("Institute of Tides", "Bergen (West)"),
            "cited_by": 4,
            "type": "inproceedings",
            "urls": [{"kind": "pdf", "url": "https://shore.example/t.pdf"}],
        },
        id="Dimensions",
    ),
    pytest.param(
        "Cites|Authors|Title|Year|Source|Publisher|ArticleURL|GSRank|Type|DOI|Abstract|FullTextURL",
        {
            "cites": "4",
            "authors": "A Holm, B Lund, ...",
            "title": "Tides …",
            "source": "… of Shores",
            "publisher": "shore.example",
            "type": "PDF",
            "doi": "10.5555/%28t%29.short",
            "abstract": "… they turn …",
            "fulltexturl": "https://shore.example/t",
        },
        {
            "title": "Tides",
            "authors": ("A Holm", "B Lund"),
            "et_al": True,
            "venue": "of Shores",
            "publisher": None,
            "type": None,
            "id": "10.5555/(t)",
            "abstract": "they turn",
            "urls": [{"kind": "pdf", "url": "https://shore.example/t"}],
        },
        id="Publish or Perish",
    ),
    pytest.param(
        "Key|Item Type|Publication Year|Author|Title|Publication Title|Url|Abstract Note|Date|"
        "Extra|Notes|File Attachments|Manual Tags|Automatic Tags",
        {
            "key": "AB12CD34",
            "item_type": "journalArticle",
            "publication_year": "2020",
            "author": "Holm, Ada;Lund, Bo",
            "title": "Tides",
            "url": "https://doi.org/10.5555/t",
            "date": "2020-05-07",
            "extra": "arXiv:2005.00007 [physics.ao-ph]",
            "notes": "Private",
            "file_attachments": "C:\\Users\\ada\\tides.pdf",
            "manual_tags": "tides; moon",
        },
        {
            "authors": ("Ada Holm", "Bo Lund"),
            "date": "2020-05-07",
            "keywords": ("tides", "moon"),
            "categories": ("physics.ao-ph",),
            "type": "article",
            "identifiers": {"arxiv": ["2005.00007"], "doi": ["10.5555/t"]},
            "urls": [{"kind": "page", "url": "https://doi.org/10.5555/t"}],
        },
        id="Zotero",
    ),
    pytest.param(
        "key|title|year|month|day|journal|issn|authors|url|keywords|notes|pubmed_id|pmc_id",
        {
            "key": "rayyan-7",
            "title": "Tides",
            "year": "2020",
            "month": "5",
            "issn": "1234-5679 2345-6784",
            "authors": "Holm, A. B. and Lund, B.",
            "url": "https://shore.example/t&from=exporthttp://dx.doi.org/10.5555/t",
            "notes": 'RAYYAN-INCLUSION: {"Ada"=>"Included"}',
            "pmc_id": "PMC7",
        },
        {
            "authors": ("A. B. Holm", "B. Lund"),
            "date": "2020-05",
            "comments": None,
            "identifiers": {
                "doi": ["10.5555/t"],
                "pmcid": ["PMC7"],
                "issn": ["1234-5679", "2345-6784"],
            },
        },
        id="Rayyan",
    ),
    pytest.param(
        "id|title|publication_year|authorships.author.display_name|is_retracted|ids.pmid|"
        "primary_location.source.display_name|biblio.first_page|biblio.last_page",
        {
            "id": "https://openalex.org/W77",
            "title": "Tides",
            "publication_year": "2020",
            "authorships.author.display_name": "Ada Holm|Bo Lund",
            "is_retracted": "True",
            "ids.pmid": "https://pubmed.ncbi.nlm.nih.gov/7",
            "primary_location.source.display_name": "Shores",
            "biblio.first_page": "11",
            "biblio.last_page": "19",
        },
        {
            "authors": ("Ada Holm", "Bo Lund"),
            "status": "retracted",
            "venue": "Shores",
            "pages": "11-19",
            "identifiers": {"pmid": ["7"], "openalex": ["W77"]},
        },
        id="OpenAlex",
    ),
    pytest.param(
        "id|doi|title|authorString|journalTitle|pubYear|abstract|urls",
        {
            "id": "PPR7",
            "doi": "https://doi.org/10.5555/t",
            "title": "Tides",
            "authorstring": "Holm AB, Lund B, Tide Group.",
            "journaltitle": "No Journal Info",
            "pubyear": "2020",
            "abstract": "<h4>Methods</h4>We saw p<0.05.",
            "urls": "pdf:http://shore.example/7; doi:https://doi.org/10.5555/t",
        },
        {
            "authors": ("AB Holm", "B Lund", "Tide Group"),
            "venue": None,
            "abstract": "Methods: We saw p<0.05.",
            "urls": [
                {"kind": "pdf", "url": "http://shore.example/7"},
                {"kind": "page", "url": "https://doi.org/10.5555/t"},
            ],
        },
        id="Europe PMC",
    ),
    pytest.param(
        "title|authors|year|pages|keywords|isbn|record_id",
        {
            "title": "Tides",
            "authors": "['Ada Holm', 'Bo Lund']",
            "year": "2014//",
            "pages": "9-Feb",
            "keywords": "['tides, high', 'moon']",
            "isbn": "1234-5679",
            "record_id": "NA",
        },
        {
            "authors": ("Ada Holm", "Bo Lund"),
            "year": 2014,
            "pages": "2-9",
            "keywords": ("tides, high", "moon"),
            "identifiers": {"issn": ["1234-5679"]},
        },
        id="generic",
    ),
]


@pytest.mark.parametrize(("headings", "cells", "expected"), PRODUCERS)
def test_the_columns_of_each_program(
    headings: str, cells: dict[str, str], expected: dict[str, Any]
) -> None:
    found = read_row(headings, **cells)
    assert {key: found.get(key) for key in expected} == expected
    assert "Private" not in str(found)
    assert "Users" not in str(found)


def test_a_patent_of_web_of_science_is_counted_but_not_read() -> None:
    papers, told = read_all("PT,AU,TI\nP,Holm,Tide mill\nJ,Holm,Tides\n")
    assert [paper.title for paper in papers] == ["Tides"]
    assert [(one.kind, one.reason) for one in told] == [("note", "patents are not read (1)")]


def test_a_cell_may_be_a_formula_that_is_a_text() -> None:
    (paper,), told = read_all('title,pmid,issn\nTides,"=""314159""","=""2049-3630"""\n')
    assert told == []
    assert list(map(str, paper.identifiers)) == ["pmid:314159", "issn:2049-3630"]


@pytest.mark.parametrize(
    ("venue", "found"),
    [
        ("arXiv preprint arXiv:1706.12345", ["arxiv:1706.12345"]),
        ("CoRR abs/1706.12345v2", ["arxiv:1706.12345"]),
        ("ArXiv hep-th/9901001", ["arxiv:hep-th/9901001"]),
        ("arXiv preprint", []),
        ("Corr. 2017.00001 of Tides", []),
        ("Letters on Tides 1706.12345", []),
    ],
)
def test_a_venue_may_name_the_arxiv_id(venue: str, found: list[str]) -> None:
    (paper,), told = read_all(f"Authors,Title,Publication,Year\n,Tides,{venue},2017\n")
    assert told == []
    assert (list(map(str, paper.identifiers)), paper.venue) == (found, venue)


def test_rows_of_one_id_share_what_identifies_them() -> None:
    papers, told = read_all("cord_uid,title,doi,year\nab1,Tides,10.5555/t,2020\nab1,Tides,,2020\n")
    assert {paper.id for paper in papers} == {"10.5555/t"}
    assert told == []


@pytest.mark.parametrize("missing", ["[No title available]", "", "-", "N/A"])
def test_a_row_without_title_and_abstract_is_told(missing: str) -> None:
    papers, told = read_all(f"title,abstract,year\n{missing},{missing},2020\n")
    assert papers == []
    assert [problem.line for problem in told] == [2]


def test_rows_without_their_last_cells_are_noted() -> None:
    papers, told = read_all("title,abstract,year\nTides,They turn.\nEbbs\n")
    assert [paper.title for paper in papers] == ["Tides", "Ebbs"]
    assert [(one.kind, one.reason) for one in told] == [
        ("note", "2 rows have fewer cells than there are headings")
    ]


def test_what_this_program_writes_is_read_back(tmp_path: Path) -> None:
    records = [
        {
            "id": "t7",
            "title": "=Tides & <i>ebbs</i>",
            "authors": ["Ada Holm", "-Bo Lund", "Holm, Lund and Sons"],
            "categories": ["cs.LG"],
            "year": 2020,
            "has_code": True,
            "institutions": ["@Shore, Bergen"],
        }
    ]
    index.build(tmp_path / "one", [write_jsonl(tmp_path / "a.jsonl", *records)])
    with searcher.open(tmp_path / "one") as papers:
        text = page_csv(papers.search("tides"))
        (expected,) = papers.all("*")
    (found,), told = read_all(text)
    assert told == []
    for name in ("id", "title", "authors", "year", "has_code", "institutions", "categories"):
        assert getattr(found, name) == getattr(expected, name)
    assert json.dumps(found.to_dict())


CELLS = st.text(st.sampled_from('"\\,;\t\n\r aQ7.[]|'), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t|"))
def test_what_csv_writes_is_read_row_by_row(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["title", "authors", "abstract"])
    writer.writerows([f"Tides {number}", *row[1:]] for number, row in enumerate(rows))
    papers, _ = read_all(out.getvalue())
    assert [paper.title for paper in papers] == [f"Tides {number}" for number in range(len(rows))]


@given(st.binary(max_size=200), st.sampled_from([b"title,year\n", b"PT\tAU\tTI\n", b""]))
def test_no_bytes_raise(content: bytes, start: bytes) -> None:
    table_reader.recognises(Head(start + content))
    read_all(start + content)


@given(st.integers(0, 400))
def test_a_table_cut_anywhere_gives_the_papers_before_the_cut(place: int) -> None:
    rows = [[f"Tides {number}", 'They, "turn".\nThey fall.', "2020"] for number in range(6)]
    content = table(["title", "abstract", "year"], *rows)
    whole, _ = read_all(content)
    papers, told = read_all(content[:place])
    complete = [paper for paper in papers if paper in whole]
    assert complete == whole[: len(complete)]
    assert len(papers) - len(complete) <= 1
    assert told or len(papers) in (len(complete), len(complete) + 1)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("title,year\nTides,2020\n", Record(2, title="Tides", year="2020")),
        ("title,doi,url\nTides,,\n", Record(2, title="Tides")),
        ("title,authors\nTides,Ada Holm\n", Record(2, title="Tides", authors=("Ada Holm",))),
        ("title,keywords\nTides,sea;moon\n", Record(2, title="Tides", keywords=("sea", "moon"))),
    ],
)
def test_a_row_says_nothing_of_the_columns_it_leaves_empty(text: str, record: Record) -> None:
    # Millions of rows may have little more than a title, and what is not said costs nothing.
    contents = Contents("t.csv", io.BytesIO(text.encode()), print)
    assert list(table_reader.read(contents)) == [record]
