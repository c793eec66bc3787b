r"""BibTeX: its syntax as people and programs write it, and what becomes of each field.

The papers, people and journals are invented.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import Paper, Problem
from index.readers import bibtex
from index.readers.base import Contents, Head
from index.readers.bibtex_inheritance import MAX_PARENTS
from index.readers.record import Record, paper_of
from tests.growth import grows_with_length


def items(text: str | bytes) -> Iterator[Paper | Problem]:
    content = text.encode() if isinstance(text, str) else text
    reports: list[Problem] = []
    contents = Contents("refs.bib", io.BytesIO(content), reports.append)
    for item in bibtex.read(contents):
        yield from paper_of(item, "refs.bib") if isinstance(item, Record) else [item]
    yield from reports


def papers_of(text: str) -> list[Paper]:
    """Return the papers of a text, which must be read without a problem."""
    found = list(items(text))
    assert [one for one in found if isinstance(one, Problem) and one.kind == "problem"] == []
    return [one for one in found if isinstance(one, Paper)]


def paper_of_fields(fields: str, kind: str = "article") -> Paper:
    (paper,) = papers_of(f"@{kind}{{k1,\n  title = {{Slow rivers}},\n  {fields}\n}}\n")
    return paper


def problems_of(text: str) -> list[tuple[int, str]]:
    return [
        (one.line, one.reason)
        for one in items(text)
        if isinstance(one, Problem) and one.kind == "problem"
    ]


# Recognition.


@pytest.mark.parametrize(
    "text",
    [
        "@article{k,\n  title = {A}\n}",
        "@article{k, title = {A}}",
        '\ufeff@Misc{,\ntitle="A"}',
        "@book(k,\n title = {A})",
        "% Encoding: UTF-8\n\n@article{k,\n  title = {A}}",
        "These were collected by hand.\n\n@web_page{k,\n  title = {A}}",
        "@string{el = {Elm Letters}}\n",
        "@comment{jabref-meta: databaseType:bibtex;}\n",
        "@article{\n  title = {A}}",
        "@article\n{k,\n  title = {A}}",
        "\t@ article {k,\n  title = {A}}",
    ],
)
def test_bibtex_is_recognised(text: str) -> None:
    assert bibtex.recognises(Head(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ann Poe\n\nLG\nh-index7",
        "# How to cite\n\n```bibtex\n@article{k,\n  title = {A}\n}\n```\n",
        '"""A module.\n\n@article{k,\n  title = {A}}\n"""',
        "import os\n\n@cache\ndef f(): ...\n",
        "@media (max-width: 3em) {\n  a { color: red }\n}",
        "@dataclass(frozen=True)\nclass A:\n    b: int = 1\n",
        "<pre>\n@article{k,\n  title = {A}}\n</pre>",
        "\\documentclass{article}\n@article{k,\n  title = {A}}",
        '{"a": "@article{k, title = {A}}"}',
        "Write to ann@example.org (see below)\n",
        "TY  - JOUR\nTI  - A\nER  - \n",
        "%0 Journal Article\n%T A\n",
    ],
)
def test_other_text_is_no_bibtex(text: str) -> None:
    assert not bibtex.recognises(Head(text.encode()))


# Syntax.


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("@article{a, title = {One}} @article{b, title = {Two}}", ["One", "Two"]),
        ("@article{a, title = {One},}\n@article{b\n, title = {Two}\n}", ["One", "Two"]),
        ("@article(a, title = {One (or more)}, year = 2001)", ["One (or more)"]),
        ('@article{a, title = "One {"}or{"} more"}', ['One "or" more']),
        ("@article{a, title = One}", ["One"]),
        ("@article{a, title = One or more, year = 2001}", ["One or more"]),
        ('@article{a, title = "One "odd" title"}', ['One "odd" title']),
        ("@ARTICLE{a, TITLE = {One}}", ["One"]),
        ("@article {a,\n\ttitle\t=\t{One}}", ["One"]),
        ("@article\n{a,\n title = {One}}\n", ["One"]),
        ("@preamble{\"\\def\\x#1{}\"}\n@comment{@book{z, title = {No}}}\n@book{a, title={One}}",
         ["One"]),
        ("Some words, x = 1\n@book{a, title={One}}\nMore words (and @home)\n@book{b, title={Two}}",
         ["One", "Two"]),
        # Keys that are missing, empty, odd, or there twice.
        ("@article{\n  title = {One},\n  year = 2001\n}", ["One"]),
        ("@article{,\n  title = {One}\n}\n@article{,\n  title = {Two}\n}", ["One", "Two"]),
        ("@article{G{\\\"o}tz 31, title = {One}}", ["One"]),
        ("@article{k, title = {One}}\n@article{k, title = {Two}}", ["One", "Two"]),
        ("@article{https://doi.org/10.5555/k, title = {One}}", ["One"]),
        # Fields that are there twice, commented out, or without a comma between.
        ("@article{k, title = {One}, title = {Two}}", ["One"]),
        ("@article{k,\n  % title = {Old},\n  title = {One}\n}", ["One"]),
        ("@article{k, title = {One}\n  year = 2001\n  author = {Poe, Ann}}", ["One"]),
        ("@article{k, title = {One}, , year = 2001}", ["One"]),
        ("% @article{k,\n%   title = {One},\n%   year = 2001}\n", ["One"]),
        # A line of a value looks like an entry.
        ("@misc{k,\n  abstract = {As\n@book{x, title = {No}}\nso.},\n  title = {One}}", ["One"]),
        ("@misc{k,\n  abstract = {Ask\n@ann\nfor more.},\n  title = {One}}", ["One"]),
        ("@set{s, entryset = {a}}\n@xdata{x, publisher = {Elm}}\n@misc{a, title = {One}}", ["One"]),
    ],
)  # fmt: skip
def test_syntax(text: str, titles: list[str]) -> None:
    assert [paper.title for paper in papers_of(text)] == titles


def test_fields_without_a_comma_between_are_two() -> None:
    (paper,) = papers_of("@article{k, title = {One}\n  author = {Poe, Ann} year = 2001\n}")
    assert (paper.authors, paper.year) == (("Ann Poe",), 2001)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("@book{k,\n title = {One},\n publisher = {Elm {\\& Ash},\n year = 2001\n", {"year": 2001}),
        ("@book{k,\n title = {One},\n author = {Poe, Ann\n", {"authors": ("Ann Poe",)}),
        ("@book{k,\n title = \"One,\n author = {Poe, Ann},\n year = 2001\n}\n", {"year": 2001}),
        ("@book{k, title = {One, author = {Poe, Ann}, year = 2001}\n", {"authors": ("Ann Poe",)}),
    ],
)  # fmt: skip
def test_an_entry_that_is_not_closed_ends_at_the_next(
    broken: str, expected: dict[str, Any]
) -> None:
    text = f"@misc{{a, title = {{Before}}}}\n{broken}@misc{{b, title = {{Behind}}}}\n"
    found = list(items(text))
    papers = [one for one in found if isinstance(one, Paper)]
    assert [paper.title for paper in papers] == ["Before", "One", "Behind"]
    assert {name: getattr(papers[1], name) for name in expected} == expected
    assert [paper.sources[0].line for paper in papers] == [1, 2, 2 + broken.count("\n")]
    (problem,) = problems_of(text)
    assert problem[0] == 2
    assert problem[1].startswith("the entry 'k' ")


def test_what_is_no_entry_is_told() -> None:
    text = "@book{k, author = {Poe, Ann}}\n@comment{no end\n@misc{a, title = {One}}\n"
    assert [line for line, _ in problems_of(text)] == [1, 2]


# Macros and joins.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('journal = el # " (B)"', "Elm Letters (B)"),
        ('journal = "The " # EL', "The Elm Letters"),
        ("journal = {Oak} # { and } # {Ash}", "Oak and Ash"),
        ("journal = long", "Elm Letters, Series B"),
        ("journal = a:b", "Colon"),
        ("journal = jacm", "Journal of the ACM"),
        ("journal = nowhere", "nowhere"),
    ],
)
def test_macros(fields: str, expected: str) -> None:
    text = (
        '@string{el = "Elm Letters"}\n@String(long = el # {, Series B})\n@string{a:b = {Colon}}\n'
        f"@article{{k, title = {{One}}, {fields}}}\n"
    )
    (paper,) = papers_of(text)
    assert paper.venue == expected


def test_a_macro_that_nothing_defines_is_a_note() -> None:
    notes = [
        one.reason
        for one in items("@article{k, title = {One}, journal = nowhere, month = feb}")
        if isinstance(one, Problem)
    ]
    assert notes == ["1 macro stands by name, without a @string before: nowhere"]


def test_macros_of_macros_take_no_more_memory_than_a_record() -> None:
    lines = ['@string{m0 = "aaaaaaaaaa"}']
    lines += [f"@string{{m{n} = m{n - 1} # m{n - 1}}}" for n in range(1, 60)]
    lines.append("@article{k, title = {One}, journal = m59, year = 2001}")
    found = list(items("\n".join(lines)))
    assert [one.title for one in found if isinstance(one, Paper)] == ["One"]


# Fields.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("subtitle = {A survey}", {"title": "Slow rivers: A survey"}),
        ("subtitle = {Rivers, slow}", {"title": "Slow rivers"}),
        ("subtitle = {Slow}, booktitle = {Crows on Rivers}, booksubtitle = {Row}",
         {"venue": "Crows on Rivers: Row"}),
        ("journal = {Elm Lett.}, fjournal = {Elm Letters}", {"venue": "Elm Letters"}),
        ("journaltitle = {Elm Letters}", {"venue": "Elm Letters"}),
        ("booktitle = {The 5\\({}^{\\mbox{th}}\\) Elm Meeting}", {"venue": "The 5th Elm Meeting"}),
        ("journal = {\\apj}", {"venue": "The Astrophysical Journal"}),
        ("volume = {D90}, number = 3", {"volume": "D90", "issue": "3"}),
        ("volume = {ASAP}, number = {n/a}", {"volume": "", "issue": ""}),
        ("number = {April}, issue = {4}, year = 2001", {"issue": "4", "date": None}),
        ("number = {April}, year = 2001", {"issue": "", "date": "2001-04"}),
        ("pages = {11--19}", {"pages": "11-19"}),
        ("eid = {e77}", {"pages": "e77"}),
        ("articleno = {12}, numpages = {30}", {"pages": "12"}),
        ("language = {english}", {"language": "en"}),
        ("keywords = {rivers, lakes}", {"keywords": ("rivers", "lakes")}),
        ("keywords = {rivers}, keywords = {lakes}", {"keywords": ("rivers", "lakes")}),
        ("keywords = {154, 254, UAT:498, lakes}", {"keywords": ("lakes",)}),
        ("author_keywords = {rivers; lakes}", {"keywords": ("rivers", "lakes")}),
        ("keywords = {Law, rivers;}", {"keywords": ("Law, rivers",)}),
        ("keywords = {still\n  waters, lakes,\n  ponds}",
         {"keywords": ("still waters", "lakes", "ponds")}),
        ("keywords = {still\n  waters\n\nlakes}", {"keywords": ("still waters", "lakes")}),
        ("pubstate = {withdrawn}", {"status": "withdrawn"}),
        ("note = {so \\textbackslash{}'a}", {"comments": "so \\'a"}),
        ("groups = {mine}, mendeley-tags = {read}", {"keywords": ()}),
        ("note = {Cited by: 12}", {"cited_by": 12, "comments": ""}),
        ("times-cited = {7}", {"cited_by": 7}),
        ("note = {12 pages, to appear}", {"comments": "12 pages, to appear"}),
        ("type = {Review}", {"type": "review"}),
        ("document_type = {Conference Paper}", {"type": "inproceedings"}),
        ("affiliations = {Elm College; Oak Institute}",
         {"institutions": ("Elm College", "Oak Institute")}),
        ("abstract = {About 50% of \\emph{all} & more\n  than 10\\%.}",
         {"abstract": "About 50% of all & more than 10%."}),
        ("abstract = {One paragraph.\n\n  Another one.}",
         {"abstract": "One paragraph.\nAnother one."}),
        ("abstract = {We see poly-\n  crystals.}", {"abstract": "We see poly-crystals."}),
    ],
)  # fmt: skip
def test_fields(fields: str, expected: dict[str, Any]) -> None:
    paper = paper_of_fields(fields)
    assert {name: getattr(paper, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("article", "article"),
        ("conference", "inproceedings"),
        ("incollection", "chapter"),
        ("book_section", "chapter"),
        ("proceedings", "book"),
        ("phdthesis", "thesis"),
        ("techreport", "report"),
        ("Dataset", "dataset"),
        ("online", "other"),
        ("softwareversion", "other"),
        ("nosuchtype", "other"),
    ],
)
def test_types(kind: str, expected: str) -> None:
    assert paper_of_fields("year = 2001", kind).type == expected


@pytest.mark.parametrize(
    ("fields", "date", "year", "date_text"),
    [
        ("year = 2001", None, 2001, ""),
        ("year = {2001}, month = mar", "2001-03", 2001, ""),
        ("year = 2001, month = {MAR 4}", "2001-03-04", 2001, ""),
        ('year = 2001, month = mar # "~4"', "2001-03-04", 2001, ""),
        ("year = 2001, month = {Juni}", "2001-06", 2001, ""),
        ("year = 2001, month = 3, day = 4", "2001-03-04", 2001, ""),
        ("year = 2001, month = mar, day = 4", "2001-03-04", 2001, ""),
        ("year = 2001, month = {Spring}", None, 2001, "Spring 2001"),
        ("date = {Spring 2001}", None, 2001, "Spring 2001"),
        ("year = 2001, month = {99}", None, 2001, "99 2001"),
        ("year = {2001--2002}", None, 2001, "2001–2002"),
        ("year = {in press}", None, None, "in press"),
        ("date = {2001-03-04}", "2001-03-04", 2001, ""),
        ("date = {2001-03/2001-05}", "2001-03", 2001, "2001-03/2001-05"),
        ("date = {2001-21}", None, 2001, "2001-21"),
        ("date = {2001-03-04T10:00:00Z}", "2001-03-04", 2001, ""),
        ("year = 2001, month = {7-8}", "2001-07", 2001, "7-8 2001"),
        ("year = 2001, month = {07/08}", "2001-07", 2001, "07/08 2001"),
        ("date = {2001-12}, year = 2002", "2001-12", 2001, ""),
        ("issue_date = {March 2001}", "2001-03", 2001, ""),
        ("issue_date = {March 2001}, year = {2001}", "2001-03", 2001, ""),
        ("urldate = {2009-01-02}, timestamp = {2009.01.02}", None, None, ""),
        ("date-added = {2009-01-02}, bibdate = {2009-01-02}", None, None, ""),
        ("eventdate = {2009-01-02}, origdate = {1901}", None, None, ""),
    ],
)  # fmt: skip
def test_dates(fields: str, date: str | None, year: int | None, date_text: str) -> None:
    paper = paper_of_fields(fields)
    assert (paper.date, paper.year, paper.date_text) == (date, year, date_text)


@pytest.mark.parametrize("date", ["199X", "19XX", "200u", "199?"])
@pytest.mark.parametrize("field", ["year", "date"])
def test_a_year_that_lacks_a_digit_is_told_and_not_completed(field: str, date: str) -> None:
    problem, paper = items(f"@article{{k, title = {{Elms}}, {field} = {{{date}}}}}")
    assert isinstance(problem, Problem)
    assert problem.what == "date"
    assert isinstance(paper, Paper)
    assert (paper.date, paper.year, paper.date_text) == (None, None, date)


@pytest.mark.parametrize(
    ("fields", "authors", "et_al"),
    [
        ("author = {Poe, Ann and Li Na}", ("Ann Poe", "Li Na"), False),
        ("author = {Poe, Ann and others}", ("Ann Poe",), True),
        ("author = {Poe, Ann and {others}}", ("Ann Poe",), True),
        ("author = {Poe, M.A. and Elm, P.A., Jr.}", ("M.A. Poe", "P.A. Elm, Jr."), False),
        ("author = {{Oak and Elm Council} and Sz{\\H{u}}cs, P{\\'a}l}",
         ("Oak and Elm Council", "Pál Szűcs"), False),
        ("author = {Roe, Jr., Sam}", ("Sam Roe, Jr.",), False),
        ("author = {Rowland, Ed and Sandland, Bo}", ("Ed Rowland", "Bo Sandland"), False),
        ("author = {family=Dijk, given=Ann, prefix=van}", ("Ann van Dijk",), False),
        ("author = {Garc{\\textbackslash}'ia, Ana}", ("Ana García",), False),
        ("author = {Poe, Ann}, collaboration = {ELM}", ("Ann Poe", "ELM"), False),
        ("authors = {Poe, Ann}", ("Ann Poe",), False),
        ("author = {Sam Roe 0002 and Ann Poe}", ("Sam Roe", "Ann Poe"), False),
        ("editor = {Poe, Ann}", (), False),
    ],
)  # fmt: skip
def test_authors(fields: str, authors: tuple[str, ...], et_al: bool) -> None:
    paper = paper_of_fields(fields)
    assert (paper.authors, paper.et_al) == (authors, et_al)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("doi = {10.5555/Elm_1}", ["doi:10.5555/elm_1"]),
        ("doi = {10.5555/elm\\_1}", ["doi:10.5555/elm_1"]),
        ("DOI = {https://doi.org/10.5555/elm(1)}", ["doi:10.5555/elm(1)"]),
        ("url = {https://dx.doi.org/10.5555/elm}", ["doi:10.5555/elm"]),
        ("note = {DOI 10.5555/elm}", ["doi:10.5555/elm"]),
        ("doi = {https://example.org/elm}", []),
        ("doi = {10/abcd}", []),
        ("eprint = {1706.12345v2}, archiveprefix = {arXiv}", ["arxiv:1706.12345"]),
        ("eprint = {1706.12345}, pages = {1706.12345}", ["arxiv:1706.12345"]),
        ("eprint = {hep-th/9901001}", ["arxiv:hep-th/9901001"]),
        ("eprint = {9901001}, archiveprefix = {hep-th}", ["arxiv:hep-th/9901001"]),
        ("eprint = {hep-th/9901001}, archiveprefix = {hep-th}", ["arxiv:hep-th/9901001"]),
        ("eprint = {9901001}, primaryclass = {math.GT}", ["arxiv:math/9901001"]),
        ("eprint = {9901001}, eprinttype = {jstor}", []),
        ("eprint = {10.5555/elm}, eprinttype = {bioRxiv}", ["doi:10.5555/elm"]),
        ("eprint = {https://example.org/10.5555/elm.pdf}", []),
        ("pmid = {PMC27}", ["pmcid:PMC27"]),
        ("doi = {arXiv:1706.12345}", ["arxiv:1706.12345"]),
        ("eprint = {Facebook}", []),
        ("eprint = {12345}, eprinttype = {jstor}", []),
        ("eprint = {314159}, eprinttype = {pubmed}", ["pmid:314159"]),
        ("arxivId = {10.5555/elm}", []),
        ("arxivId = {1011.1669}, doi = {10.5555/elm}", ["doi:10.5555/elm"]),
        ("journal = {arXiv preprint arXiv:1706.12345}", ["arxiv:1706.12345"]),
        ("journal = {ArXiv e-prints}, volume = 1706, pages = {12345}", ["arxiv:1706.12345"]),
        ("journal = {CoRR}, volume = {abs/1706.12345}", ["arxiv:1706.12345"]),
        ("number = {arXiv:1706.12345}, publisher = {arXiv}", ["arxiv:1706.12345"]),
        ("url = {http://arxiv.org/abs/1706.12345}", ["arxiv:1706.12345"]),
        ("pmid = {314159}, pmcid = {PMC27}", ["pmid:314159", "pmcid:PMC27"]),
        ("note = {PMID: 314159}", ["pmid:314159"]),
        ("isbn = {2049-3630}", ["issn:2049-3630"]),
        ("issn = {2049-3630, 20493649 (ISSN)}", ["issn:2049-3630", "issn:2049-3649"]),
        ("unique-id = {WOS:000123}", ["accession:WOS:000123"]),
        ("url = {https://api.semanticscholar.org/CorpusID:123}", ["corpusid:123"]),
        ("url = {https://aclanthology.org/2020.elm-1.7}", ["acl:2020.elm-1.7"]),
    ],
)
def test_identifiers(fields: str, expected: list[str]) -> None:
    found = map(str, paper_of_fields(fields).identifiers)
    assert [one for one in found if one != "citation_key:k1"] == expected


@pytest.mark.parametrize(
    ("fields", "kind", "venue"),
    [
        ("eprint = {1706.12345}, eprinttype = {arXiv}", "preprint", ""),
        ("journal = {arXiv preprint arXiv:1706.12345}", "preprint", ""),
        ("journal = {CoRR}, volume = {abs/1706.12345}", "preprint", ""),
        ("journal = {Elm}, eprint = {1706.12345}, eprinttype = {arXiv}", "article", "Elm"),
        ("journal = {Archive of Rivers}", "article", "Archive of Rivers"),
    ],
)  # fmt: skip
def test_preprints(fields: str, kind: str, venue: str) -> None:
    paper = paper_of_fields(fields)
    assert (paper.type, paper.venue) == (kind, venue)


@pytest.mark.parametrize(
    ("fields", "categories"),
    [
        ("primaryclass = {cs.LG}", ("cs.LG",)),
        ("primaryclass = {cs, eess}", ("cs", "eess")),
        ("primaryclass = {cond-mat, physics:physics}", ("cond-mat", "physics")),
        ("primaryclass = {id='math.CO' full_name='Combinatorics'}", ("math.CO",)),
        ("journal = {arXiv:1706.12345 [math]}", ("math",)),
    ],
)
def test_categories(fields: str, categories: tuple[str, ...]) -> None:
    assert paper_of_fields(f"eprint = {{1706.12345}}, {fields}").categories == categories


@pytest.mark.parametrize(
    ("fields", "urls"),
    [
        ("url = {http://example.org/~poe/a_b%20c#d}", ["page http://example.org/~poe/a_b%20c#d"]),
        ("url = {http://example.org/{\\textasciitilde}poe/a\\_b}", ["page http://example.org/~poe/a_b"]),
        ("howpublished = {\\url{http://example.org/a}}", ["page http://example.org/a"]),
        ("url = {http://example.org/a http://example.org/b.pdf}",
         ["page http://example.org/a", "pdf http://example.org/b.pdf"]),
        ("eprint = {https://example.org/doi/pdf/10.5555/a}", ["pdf https://example.org/doi/pdf/10.5555/a"]),
        ("file = {:home/poe/a.pdf:PDF}", []),
        ("howpublished = {By hand}", []),
    ],
)  # fmt: skip
def test_addresses(fields: str, urls: list[str]) -> None:
    assert [f"{kind} {url}" for kind, url in paper_of_fields(fields).urls] == urls


# Inheritance.

PROCEEDINGS = (
    "@proceedings{elm01,\n  title = {Proceedings of Elm},\n  editor = {Roe, Sam},\n"
    "  publisher = {Elm Press},\n  year = 2001\n}\n"
)
CHILD = "@inproceedings{poe,\n  title = {Slow rivers},\n  crossref = {Elm01}\n}\n"


@pytest.mark.parametrize("text", [PROCEEDINGS + CHILD, CHILD + PROCEEDINGS])
def test_a_paper_takes_from_its_proceedings(text: str) -> None:
    papers = {paper.title: paper for paper in papers_of(text)}
    paper = papers["Slow rivers"]
    assert (paper.venue, paper.year, paper.publisher) == ("Proceedings of Elm", 2001, "Elm Press")
    assert (paper.authors, paper.editors) == ((), ("Sam Roe",))
    assert papers["Proceedings of Elm"].type == "book"


def test_what_a_paper_says_itself_counts() -> None:
    child = CHILD.replace("crossref", "booktitle = {Elm}, date = {1999-05}, crossref")
    paper = next(one for one in papers_of(child + PROCEEDINGS) if one.title == "Slow rivers")
    assert (paper.venue, paper.date) == ("Elm", "1999-05")


def test_inheritance_goes_over_generations_and_through_data() -> None:
    text = (
        "@inbook{a, title = {Slow rivers}, crossref = {b}, xdata = {x}}\n"
        "@book{b, title = {Waters}, crossref = {c}}\n"
        "@mvbook{c, title = {All of it}, year = 2001}\n"
        "@xdata{x, publisher = {Elm Press}}\n"
    )
    paper = next(one for one in papers_of(text) if one.title == "Slow rivers")
    assert (paper.venue, paper.year, paper.publisher) == ("Waters", 2001, "Elm Press")


def test_what_has_no_title_of_its_own_is_called_as_its_parent() -> None:
    text = (
        "@software{a, title = {Elm}, author = {Poe, Ann}}\n"
        "@softwareversion{b, crossref = {a}, version = {2}}\n"
        "@book{c, title = {Waters}}\n@inbook{d, crossref = {c}, pages = {3--9}}\n"
    )
    titles = [paper.title for paper in papers_of(text)]
    assert titles == ["Elm", "Elm", "Waters", "Waters"]


def test_parents_that_never_come_lose_no_entry() -> None:
    text = (
        "@misc{a, title = {A}, crossref = {b}}\n@misc{b, title = {B}, crossref = {a}}\n"
        "@misc{c, title = {C}, crossref = {c}}\n@misc{d, title = {D}, crossref = {nowhere}}\n"
    )
    found = list(items(text))
    assert sorted(one.title for one in found if isinstance(one, Paper)) == ["A", "B", "C", "D"]
    assert [one.reason for one in found if isinstance(one, Problem)] == [
        "3 entries refer to one that the file does not hold, or too far away"
    ]


def test_the_memory_of_parents_is_bounded() -> None:
    books = "".join(
        f"@book{{b{number}, title = {{Book {number}}}}}\n" for number in range(MAX_PARENTS + 1)
    )
    children = (
        "@inbook{x, title = {X}, crossref = {b0}}\n@inbook{y, title = {Y}, crossref = {b1}}\n"
    )
    papers = {paper.title: paper for paper in papers_of(books + children)}
    assert (papers["X"].venue, papers["Y"].venue) == ("", "Book 1")


LONG = "elm " * 240
EXPANDING = {
    "macros": (
        f'@string{{s = "{LONG}"}}\n',
        "@misc{{a{number}, title = {{T{number}}}, publisher = s}}\n",
        "macros stand for far more text than the file holds",
    ),
    "parents": (
        f"@book{{b, title = {{{LONG}}}, publisher = {{{LONG}}}}}\n",
        "@inbook{{a{number}, title = {{T{number}}}, crossref = {{b}}}}\n",
        "would take far more text than stands in the file",
    ),
}


@pytest.mark.parametrize("kind", EXPANDING)
def test_no_small_file_holds_large_papers(kind: str) -> None:
    start, entry, reason = EXPANDING[kind]
    found = list(items(start + "".join(entry.format(number=number) for number in range(3_000))))
    papers = [one for one in found if isinstance(one, Paper) and one.title.startswith("T")]
    assert [paper.title for paper in papers] == [f"T{number}" for number in range(3_000)]
    assert papers[99].publisher == LONG.strip()
    assert sum(len(paper.publisher) for paper in papers) < 2_500_000
    (problem,) = [one for one in found if isinstance(one, Problem)]
    assert reason in problem.reason


def test_an_entry_has_a_hundred_parents_at_most() -> None:
    listed = ",".join(f"x{number}" for number in range(9_000))
    data = "".join(f"@xdata{{x{number}, volume = {{{number + 7}}}}}\n" for number in range(100))
    (paper,) = papers_of(f"@misc{{a, title = {{A}}, xdata = {{{listed}}}}}\n{data}")
    assert (paper.title, paper.volume) == ("A", "7")


# Laws.

WHOLE = (
    "@string{el = {Elm}}\n@article{a,\n  title = {{One}},\n  author = {Poe, Ann}\n}\n"
    "@article{b,\n  title = \"Two\",\n  journal = el # { B}\n}\n" + CHILD + PROCEEDINGS
)  # fmt: skip


@given(st.integers(0, len(WHOLE)))
def test_a_cut_file_keeps_the_entries_before_the_cut(place: int) -> None:
    whole = {paper.title: paper for paper in papers_of(WHOLE)}
    complete = [
        title
        for title, end in (("One", WHOLE.index("@article{b")), ("Two", WHOLE.index("@inproc")))
        if place >= end
    ]
    found = {one.title: one for one in items(WHOLE[:place]) if isinstance(one, Paper)}
    assert all(found[title] == whole[title] for title in complete)


class BrokenStream(io.RawIOBase):
    """A stream that fails behind its content, as that of a damaged packed file does."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if count := self._content.readinto(buffer):
            return count
        raise EOFError("no more")


def test_an_error_of_the_file_loses_nothing_that_was_read() -> None:
    stream = io.BufferedReader(BrokenStream((CHILD + "@misc{a, title = {One}}\n").encode()))
    seen = []

    def read_all() -> None:
        for item in bibtex.read(Contents("refs.bib", stream, lambda _: None)):
            seen.append(item)

    with pytest.raises(EOFError):
        read_all()
    assert [item.title for item in seen if isinstance(item, Record)] == ["One", "Slow rivers"]


BITS = ["@", "article", "misc", "string", "{", "}", "(", ")", '"', "=", ",", "#", "\n", " ", "%",
        "\\", "title", "crossref", "k", "$", "&", "and", "2001", "\u00e9", "-"]  # fmt: skip


@given(st.lists(st.sampled_from(BITS), max_size=60).map("".join))
@example("@article{k,\n" * 3)
@example("@{@{@{")
@example('@article{k, title = "')
def test_any_text_is_read(text: str) -> None:
    for item in items(text):
        assert item.sources[0].line >= 1 if isinstance(item, Paper) else item.reason


@given(st.binary(max_size=60))
def test_any_bytes_are_read(content: bytes) -> None:
    list(items(b"@article{k, title = {" + content + b"}}\n"))


@given(st.integers(0, 4), st.integers(0, 3))
def test_lines_are_right(blank_count: int, field_count: int) -> None:
    entry = "@misc{k,\n" + "  note = {x},\n" * field_count + "  title = {One}\n}\n"
    text = "\n" * blank_count + entry + "words\n" + entry
    lines = [paper.sources[0].line for paper in papers_of(text)]
    assert lines == [blank_count + 1, blank_count + entry.count("\n") + 2]


@pytest.mark.parametrize("part", [" ", "%", "@", "@a", "{"])
def test_recognition_takes_time_by_the_length(part: str) -> None:
    assert grows_with_length(lambda text: bibtex.recognises(Head(text.encode())), part, "", "x")
