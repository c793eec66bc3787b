"""ACL Anthology XML: collections of today, and the files of single volumes until 2019."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.paper import Paper
from index.readers import acl_xml
from index.readers.base import Head
from tests.seed_files import read_text

read_all = partial(read_text, acl_xml)

TITLE = "<title>Trees of words</title>"


def read_one(
    paper: str = TITLE,
    meta: str = "",
    *,
    collection: str = "2021.elm",
    volume: str = "main",
    kind: str = "proceedings",
    number: str = "4",
) -> Paper:
    papers, told = read_all(
        f'<collection id="{collection}"><volume id="{volume}" type="{kind}"><meta>{meta}</meta>'
        f'<paper id="{number}">{paper}</paper></volume></collection>',
    )
    assert told == []
    (one,) = papers
    return one


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        ('<collection id="2021.elm"><volume id="1">', True),
        ("<?xml version='1.0'?>\n<!-- x -->\n<collection id='W05'>", True),
        ('<collection other="x" id="2021.elm">', True),
        ('<volume id="P05"><paper id="1000">', True),
        ('<volume id="12"><paper>', False),
        ('<collection id="plants">', False),
        ("<collection>", False),
        ("<OAI-PMH><collection id='2021.elm'>", False),
        ("", False),
    ],
)
def test_the_first_element_tells_the_format(content: str, is_ours: bool) -> None:
    assert acl_xml.recognises(Head(content.encode())) is is_ours


@pytest.mark.parametrize(
    ("collection", "volume", "number", "expected"),
    [
        ("2021.elm", "main", "4", "2021.elm-main.4"),
        ("2021.elm", "1", "104", "2021.elm-1.104"),
        ("P05", "1", "4", "P05-1004"),
        ("P05", "2", "112", "P05-2112"),
        ("W05", "3", "4", "W05-0304"),
        ("W05", "14", "12", "W05-1412"),
        ("C69", "1", "4", "C69-0104"),
        ("C73", "1", "4", "C73-1004"),
        ("D19", "4", "4", "D19-4004"),
        ("D19", "5", "4", "D19-0504"),
        ("D19", "61", "4", "D19-6104"),
        ("D18", "61", "4", ""),
    ],
)
def test_ids(collection: str, volume: str, number: str, expected: str) -> None:
    paper = read_one(collection=collection, volume=volume, number=number)
    if expected:
        assert paper.id == expected
        assert f"https://aclanthology.org/{expected}" in [link.url for link in paper.urls]


def test_a_file_of_one_volume_says_everything_in_each_paper() -> None:
    papers, told = read_all(
        '<volume id="W05">\n<paper id="0300"><title>Proceedings</title></paper>\n'
        '<paper id="0304"><title>Trees</title><booktitle>Elm Workshop</booktitle>'
        "<month>June</month>"
        "<author>A. Holm</author><author><first>Per</first><last>Vik</last></author>"
        "<editor><first>Siv</first><last>Ek</last></editor><ISBN>978-3-16-148410-0</ISBN>"
        "<year>2005</year></paper></volume>\n"
        '<volume id="P05"><paper id="1100"><title>More</title></paper>'
        '<paper id="2000"><title>Proceedings</title></paper></volume>',
    )
    trees, more = papers
    assert (trees.id, trees.authors, trees.editors) == (
        "W05-0304",
        ("A. Holm", "Per Vik"),
        ("Siv Ek",),
    )
    assert (trees.venue, trees.date, trees.sources[0].line) == ("Elm Workshop", "2005-06", 3)
    assert trees.identifiers_of("isbn") == ("9783161484100",)
    assert (more.id, more.year) == ("P05-1100", 2005)
    assert [(one.kind, one.reason) for one in told] == [
        ("note", "2 × front or back matter: no papers")
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<fixed-case>T</fixed-case>rees of <fixed-case>W</fixed-case>ords", "Trees of Words"),
        ("Trees\n  of words", "Trees of words"),
        ("<b>T</b>rees &amp; <i>words</i>", "Trees & words"),
        ("O<tex-math>(n^2)</tex-math> trees", "O$(n^2)$ trees"),
        ("p &lt; 0.05", "p < 0.05"),
        ("Si&lt;-&gt;En", "Si<->En"),
        ("See <url>https://elm.example</url>", "See https://elm.example"),
    ],
)
def test_mark_up_in_titles_and_abstracts(title: str, expected: str) -> None:
    paper = read_one(f"<title>{title}</title><abstract>{title}</abstract>")
    assert (paper.title, paper.abstract) == (expected, expected)


@pytest.mark.parametrize(
    ("author", "name", "family"),
    [
        ("<first>Ada B.</first><last>Holm</last>", "Ada B. Holm", "Holm"),
        ("<last>Holm</last><first>Ada</first>", "Ada Holm", "Holm"),
        ("<first/><last>Holm</last>", "Holm", "Holm"),
        ("<last>Holm</last>", "Holm", "Holm"),
        ("<first>Ada</first><last>Holm Jr.</last>", "Ada Holm, Jr.", "Holm"),
        ("<first>Ada</first><last>Holm, III</last>", "Ada Holm, III", "Holm"),
        ("<first>Ada</first><last>Holm</last><suffix>Jr.</suffix>", "Ada Holm, Jr.", "Holm"),
        (
            "<first>Ada</first><last>Holm</last><affiliation>Elm U</affiliation>"
            '<variant script="x"><first>Ⰰ</first><last>Ⱈ</last></variant>',
            "Ada Holm",
            "Holm",
        ),
        ("Ada Holm", "Ada Holm", ""),
    ],
)
def test_authors(author: str, name: str, family: str) -> None:
    paper = read_one(f"{TITLE}<author>{author}</author>")
    assert paper.authors == (name,)
    assert "".join(parts.family for parts in paper.author_parts) == family
    assert paper.institutions == (("Elm U",) if "affiliation" in author else ())


META = (
    "<booktitle>Elms <fixed-case>M</fixed-case>eet</booktitle><editor><first>Siv</first>"
    "<last>Ek</last></editor><publisher>Elm Press</publisher><month>{}</month><year>2021</year>"
    "<isbn>978-3-16-148410-0</isbn><doi>10.5072/volume</doi>"
)


def test_what_the_volume_says_is_said_of_each_paper() -> None:
    paper = read_one(f"{TITLE}<doi>10.5072/Paper</doi><pages>3–9</pages>", META.format("June"))
    assert (paper.venue, paper.publisher, paper.editors) == ("Elms Meet", "Elm Press", ("Siv Ek",))
    assert (paper.date, paper.pages, paper.type) == ("2021-06", "3-9", "inproceedings")
    assert paper.identifiers_of("doi") == ("10.5072/paper",)
    assert paper.identifiers_of("isbn") == ("9783161484100",)
    own = read_one(
        f"{TITLE}<editor><first>Per</first><last>Vik</last></editor>", META.format("May")
    )
    assert own.editors == ("Per Vik",)


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("June", {"2021-06"}),
        ("17-20 June", {"2021-06", "2021-06-17"}),
        ("June 17–20", {"2021-06", "2021-06-17"}),
        ("June–July", {"2021-06"}),
        ("", {None}),
    ],
)
def test_months(month: str, expected: set[str | None]) -> None:
    paper = read_one(meta=META.format(month))
    assert paper.date in expected
    assert paper.year == 2021


@pytest.mark.parametrize(
    ("collection", "year"), [("2019.elm", 2019), ("C65", 1965), ("P05", 2005), ("J79", 1979)]
)
def test_the_year_of_a_collection_is_in_its_id(collection: str, year: int) -> None:
    assert read_one(collection=collection, volume="1").year == year


def test_journals() -> None:
    meta = (
        "<booktitle>Elm Letters, Volume 7, Issue 2</booktitle><journal-title>Elm Letters"
        "</journal-title><journal-volume>7</journal-volume><journal-issue>2</journal-issue>"
    )
    paper = read_one(meta=meta, kind="journal")
    assert (paper.type, paper.venue, paper.volume, paper.issue) == (
        "article",
        "Elm Letters",
        "7",
        "2",
    )
    assert read_one(kind="journal").type == "article"


@pytest.mark.parametrize(
    ("links", "expected", "has_code"),
    [
        ("<url hash='x'>2021.elm-main.4</url>", {"pdf": ["2021.elm-main.4.pdf"]}, False),
        ("<url>https://elm.example/4.pdf</url>", {"pdf": ["https://elm.example/4.pdf"]}, False),
        ("<url>http://www.aclweb.org/anthology/P05-1004</url>", {}, False),
        ("<url>https://elm.example/4</url>", {"page": ["https://elm.example/4"]}, False),
        (
            "<pwccode url='https://code.example/elm' additional='false'>elm</pwccode>",
            {"code": ["https://code.example/elm"]},
            True,
        ),
        ("<pwccode url='' additional='true'/>", {}, False),
        (
            "<attachment type='software'>2021.elm-main.4.software.zip</attachment>",
            {"code": ["attachments/2021.elm-main.4.software.zip"]},
            True,
        ),
        (
            "<attachment type='OptionalCode'>2021.elm-main.4.tgz</attachment>",
            {"code": ["attachments/2021.elm-main.4.tgz"]},
            True,
        ),
        ("<doi>http://handle.example/1/2</doi>", {"page": ["http://handle.example/1/2"]}, False),
        (
            "<attachment type='poster'>2021.elm-main.4.poster.pdf</attachment>"
            "<video href='2021.elm-main.4.mp4'/>",
            {"page": ["attachments/2021.elm-main.4.poster.pdf", "2021.elm-main.4.mp4"]},
            False,
        ),
    ],
)
def test_addresses(links: str, expected: dict[str, list[str]], has_code: bool) -> None:
    paper = read_one(TITLE + links)
    assert paper.has_code is has_code
    site = "https://aclanthology.org/"
    found: dict[str, list[str]] = {}
    for link in paper.urls[1:]:
        found.setdefault(link.kind, []).append(link.url)
    assert found == {
        kind: [url if url.startswith("http") else site + url for url in urls]
        for kind, urls in expected.items()
    }
    assert tuple(paper.urls[0]) == ("page", f"{site}2021.elm-main.4")


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        ("<retracted date='2022-01-01'>Wrong trees.</retracted>", "retracted"),
        ("<removed date='2022-01-01'>Wrong trees.</removed>", "removed"),
        ("<erratum id='1' hash='x'>2021.elm-main.4e1</erratum>", ""),
        ("<revision id='1' href='2021.elm-main.4v1' hash='x'/><award>Best</award>", ""),
    ],
)
def test_statuses(marks: str, status: str) -> None:
    paper = read_one(TITLE + marks)
    assert paper.status == status
    assert paper.comments == ("Wrong trees." if status else "")


def test_other_fields() -> None:
    paper = read_one(
        f"{TITLE}<language>deu</language><bibkey>holm-trees</bibkey><abstract>t</abstract>"
    )
    assert (paper.language, paper.abstract) == ("de", "")
    assert paper.identifiers_of("citation_key") == ("holm-trees",)


def test_what_is_no_paper_is_counted() -> None:
    papers, told = read_all(
        '<collection id="2021.elm"><event id="elm-2021"><meta><title>Elm</title><year>1999</year>'
        "</meta><talk><title>On trees</title></talk><talk><title>On more</title></talk></event>"
        '<volume id="1"><meta><year>2021</year></meta><frontmatter><url>x</url></frontmatter>'
        f'<paper id="1">{TITLE}</paper><paper id="2" type="backmatter">{TITLE}</paper></volume>'
        "</collection>",
    )
    assert [(paper.id, paper.year) for paper in papers] == [("2021.elm-1.1", 2021)]
    assert {one.reason for one in told} == {
        "2 × talks: no papers",
        "2 × front or back matter: no papers",
    }


def test_each_volume_has_its_own_meta_even_after_damage() -> None:
    def volume(name: str, meta: str) -> str:
        return f'<volume id="{name}"><meta>{meta}</meta><paper id="1">{TITLE}</paper></volume>\n'

    content = (
        '<collection id="2021.elm">\n'
        + volume("a", "<booktitle>First</booktitle>")
        + volume("b", "<booktitle>Se & cond</booktitle>")
        + volume("c", "<booktitle>Third</booktitle>").replace(TITLE, "<title>& </title>")
        + volume("d", "<booktitle>Fourth</booktitle>")
        + "</collection>"
    )
    papers, told = read_all(content)
    assert [(one.id, one.venue, one.sources[0].line) for one in papers] == [
        ("2021.elm-a.1", "First", 2),
        ("2021.elm-b.1", "", 3),
        ("2021.elm-d.1", "Fourth", 5),
    ]
    assert [one.line for one in told] == [3, 4]


NAMES = (
    "collection volume meta paper title author first last booktitle year month url doi event talk "
    "frontmatter pwccode attachment editor abstract retracted variant"
).split()


@given(
    st.recursive(
        st.sampled_from(["", "x", "2021", "17 June", "Jr.", "x.pdf"]),
        lambda inner: st.lists(
            st.tuples(
                st.sampled_from(NAMES), st.sampled_from(["", "1", "P05", "2021.e"]), inner
            ).map(lambda parts: '<{0} id="{1}">{2}</{0}>'.format(*parts)),
            max_size=4,
        ).map("".join),
        max_leaves=12,
    )
)
def test_elements_in_any_order_raise_nothing(content: str) -> None:
    read_all(f'<collection id="2021.elm">{content}</collection>')
    read_all(f'<volume id="D19">{content}</volume>')


WHOLE = (
    f'<collection id="P05"><volume id="1">\n<paper id="1">{TITLE}</paper>\n<paper id="2">{TITLE}\
</paper></volume></collection>'
)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_file_keeps_the_papers_before_the_cut(length: int) -> None:
    papers, told = read_all(WHOLE[:length])
    assert [paper.id for paper in papers] == ["P05-1001", "P05-1002"][: len(papers)]
    assert len(papers) == WHOLE[:length].count("</paper>")
    assert len(told) == ('id="P05">' in WHOLE[:length])


@given(st.text(max_size=40))
def test_no_id_raises(text: Any) -> None:
    quoted = text.translate({ord(char): f"&#{ord(char)};" for char in "<>&\"'"})
    read_all(
        f'<collection id="{quoted}"><volume id="{quoted}"><paper id="{quoted}"/></volume>'
        f'<volume id="1"><paper id="{quoted}">{TITLE}</paper></volume></collection>',
    )
