"""What is exported reads back: by our own readers, again and again, and by other programs."""

import csv
import io
import itertools
import json
import re
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rispy
from bibtexparser import entrypoint, middlewares
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string

import searcher
from index import Paper, SeedRun
from index.identifiers import SCHEMES, Identifier
from index.names import NameParts
from index.printed import languages
from searcher.output.formats import fields_of, written
from searcher.output.tables import COLUMNS
from tests.conftest import ROOT, SEEDS
from tests.papers import FULL, papers

FILES = {
    "bibtex": "papers.bib",
    "ris": "papers.ris",
    "csl-json": "papers.json",
    "csv": "papers.csv",
    "jsonl": "papers.jsonl",
}
DRAWN = "/papers/drawn.jsonl"
"""The file that drawn papers name."""


def text_of(form: str, given_papers: Iterable[Paper], **options: Any) -> str:
    return "".join(written(form, given_papers, **options))


def read_back(text: str, form: str, folder: Path) -> list[Paper]:
    """Return the papers that our readers find in an export; fail if there is a problem."""
    path = folder / FILES[form]
    path.write_text(text, encoding="utf-8", newline="\n")
    run = SeedRun([path])
    found = list(run)
    assert [one for one in run.problems if one.kind == "problem"] == []
    return found


def entry(form: str = "bibtex", **values: Any) -> str:
    return text_of(form, [Paper(id="x1", title=values.pop("title", "Tides"), **values)])


def field(name: str, **values: Any) -> str | None:
    """Return a field of the BibTeX entry of a paper, None if it has none."""
    match = re.search(rf"^  {name} = (.*?),\n(?=  \w+ = |}})", entry(**values), re.M | re.S)
    return match[1] if match else None


def tag(name: str, **values: Any) -> list[str]:
    """Return the values of a tag in the RIS record of a paper."""
    return re.findall(rf"^{name}  - (.*)$", entry("ris", **values), re.MULTILINE)


def item(**values: Any) -> dict[str, Any]:
    """Return the CSL item of a paper."""
    (found,) = json.loads(entry("csl-json", **values))
    return dict(found)


# Round trips


@pytest.mark.parametrize("form", FILES)
@settings(max_examples=25)
@given(drawn=st.lists(papers(), min_size=1, max_size=3))
def test_what_is_read_back_is_written_as_it_was(
    form: str, drawn: list[Paper], tmp_path: Path
) -> None:
    first = text_of(form, drawn)
    text = first
    for _ in range(3):
        found = read_back(text, form, tmp_path)
        assert len(found) == len(drawn)
        text = text_of(form, found).replace(str(tmp_path / FILES[form]), DRAWN)
        assert re.sub(r'"line": [23]', '"line": 1', text) == first


@pytest.mark.parametrize("form", FILES)
def test_the_seeds_are_read_back(form: str, tmp_path: Path) -> None:
    seeds = list(SeedRun([SEEDS]))
    first = text_of(form, seeds)
    found = read_back(first, form, tmp_path)
    assert [paper.title for paper in found] == [paper.title for paper in seeds]
    assert [paper.abstract for paper in found] == [paper.abstract for paper in seeds]
    assert [paper.authors for paper in found] == [paper.authors for paper in seeds]
    assert [paper.year for paper in found] == [paper.year for paper in seeds]
    for _ in range(2):
        text = text_of(form, found)
        if form != "jsonl":  # whose lines name where they stood
            assert text == first
        found = read_back(text, form, tmp_path)


@pytest.mark.parametrize("form", FILES)
@settings(max_examples=25)
@given(drawn=papers())
def test_what_a_format_holds_comes_back(form: str, drawn: Paper, tmp_path: Path) -> None:
    (found,) = read_back(text_of(form, [drawn]), form, tmp_path)
    for name in ("title", "abstract", "authors", "editors", "year", "volume", "language"):
        value = getattr(drawn, name)
        if form != "ris" or "\\" not in str(value):
            if (form, name) == ("ris", "abstract"):
                value = " ".join(value.split("\n"))
            assert getattr(found, name) == value, name


# What each format holds: the table of index/README.md


def documented() -> dict[str, dict[str, str]]:
    """Return the table: for each key, what each format holds of it."""
    lines = (ROOT / "index" / "README.md").read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| key | BibTeX"))
    rows = {}
    for line in itertools.takewhile(lambda text: text.startswith("|"), lines[start + 2 :]):
        keys, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        for key in re.findall(r"`(\w+)`", keys):
            rows[key] = dict(zip(("bibtex", "ris", "csl-json", "csv", "jsonl"), cells, strict=True))
    return rows


def values_by_key(paper: Paper) -> dict[str, Any]:
    values = {name: paper.identifiers_of(name) for name in SCHEMES}
    return values | {name: getattr(paper, name) for name in FULL.__slots__ if name != "identifiers"}


def held(before: object, after: object) -> str:
    """Return how much of a value is there after it was read back: yes, words, some or no."""
    if after == before:
        return "yes"
    if isinstance(before, str) and isinstance(after, str) and after.split() == before.split():
        return "words"
    some = isinstance(after, tuple) and bool(after) and set(after) <= set(before)  # type: ignore[call-overload]
    return "some" if some else "no"


@pytest.mark.parametrize("form", FILES)
def test_the_table_says_what_each_format_holds(form: str, tmp_path: Path) -> None:
    # Where there is a date, what is printed beyond it is no year.
    given_papers = [FULL, replace(FULL, date=None, year=None, date_text="in press")]
    found = read_back(text_of(form, given_papers), form, tmp_path)
    rows, before = documented(), values_by_key(FULL)
    assert rows.keys() == before.keys() - {"sources"}
    for key, cells in rows.items():
        one = 1 if key == "date_text" else 0
        told = cells[form].partition(",")[0]
        kept = held(getattr(given_papers[one], key, before[key]), values_by_key(found[one])[key])
        assert told == kept, f"{key}: {kept}"


def test_the_table_says_what_csv_holds() -> None:
    names = {*COLUMNS} | {"urls"}
    told = {key: cells["csv"].partition(",")[0] for key, cells in documented().items()}
    assert {key for key, cell in told.items() if cell != "no"} == names - {
        *("url", "pdf_url", "code_url")
    }


# BibTeX


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        ("Tides of the Sea", "{Tides of the Sea}"),
        ("GPT-4 and mBERT: a C++ Story", "{{GPT}-4 and {mBERT}: a {C}++ Story}"),
        ("A Tide in $O(N)$ steps of $n$", "{A Tide in {$O(N)$} steps of $n$}"),
        ("R&D at 5% #1 a_b", r"{{R}\&{D} at 5\% \#1 a\_b}"),
        ("From $4 to $8", r"{From \$4 to \$8}"),
        ("Sets {x} and }", r"{Sets \textbraceleft{}x\textbraceright{} and \textbraceright{}}"),
        ("Sets {x}", r"{Sets \{x\}}"),
        (r"\alpha ~5 x^2", r"{\textbackslash{}alpha \textasciitilde{}5 x\textasciicircum{}2}"),
        ("a--b ``so''", "{a-{}-b `{}`so'{}'}"),
        ("Ștefan's Größe", "{Ștefan's Größe}"),
        ("@misc{x}", r"{{@}misc\{x\}}"),
    ],
)
def test_titles_are_escaped_and_keep_their_capitals(title: str, latex: str) -> None:
    assert field("title", title=title) == latex


def test_a_title_in_another_language_keeps_all_capitals() -> None:
    assert (
        field("title", title="Die Größe & das Meer", language="de") == r"{{Die Größe \& das Meer}}"
    )


@pytest.mark.parametrize(
    ("name", "parts", "bibtex", "ris", "csl"),
    [
        ("Ann Quill", None, "Quill, Ann", "Quill, Ann", {"family": "Quill", "given": "Ann"}),
        (
            "Ann van der Quill, Jr.",
            NameParts("Quill", "Ann", "van der", "Jr."),
            "van der Quill, Jr., Ann",
            "van der Quill, Ann, Jr.",
            {
                "family": "Quill",
                "given": "Ann",
                "non-dropping-particle": "van der",
                "suffix": "Jr.",
            },
        ),
        (
            "Gabriel García Márquez",
            NameParts("García Márquez", "Gabriel"),
            "García Márquez, Gabriel",
            "García Márquez, Gabriel",
            {"family": "García Márquez", "given": "Gabriel"},
        ),
        (
            "Li Na and Sons",
            None,
            "{Li Na and Sons}",
            "Li Na and Sons",
            {"literal": "Li Na and Sons"},
        ),
        ("Tide Collaboration", None, "{Tide Collaboration}", "Tide Collaboration", None),
        ("Rook University, Inc.", None, "{Rook University, Inc.}", "Rook University, Inc.", None),
        ("李飞飞", None, "李飞飞", "李飞飞", {"literal": "李飞飞"}),
        ("CERN", None, "{CERN}", "CERN", {"literal": "CERN"}),
        ("Plato", NameParts("Plato"), "{Plato}", "Plato", {"literal": "Plato"}),
        ("Heron Watch", NameParts("Heron Watch"), "{Heron Watch}", "Heron Watch,", None),
        ("van Elm", NameParts("Elm", "", "van"), "{van Elm}", "van Elm,", None),
        ("R&D {x} Group", None, r"{R\&D \{x\} Group}", "R&D {x} Group", None),
    ],
)
def test_names(
    name: str, parts: NameParts | None, bibtex: str, ris: str, csl: dict[str, str] | None
) -> None:
    values: dict[str, Any] = {"authors": (name,), "author_parts": (parts,) if parts else ()}
    assert field("author", **values) == f"{{{bibtex}}}"
    assert tag("AU", **values) == [ris]
    assert item(**values)["author"] == [csl or {"literal": name}]
    assert field("editor", editors=(name,)) in (f"{{{bibtex}}}", f"{{{person_of(name)}}}")


def person_of(name: str) -> str:
    """Return a name whose parts nobody tells, as BibTeX parts it."""
    found = field("author", authors=(name,))
    assert found
    return found[1:-1]


def test_a_group_among_persons_stays_one() -> None:
    values: dict[str, Any] = {
        "authors": ("Ann Quill", "Bo Rook", "Rook Bank"),
        "author_parts": (NameParts("Quill", "Ann"), NameParts("Rook", "Bo"), NameParts()),
        "et_al": True,
    }
    assert field("author", **values) == "{Quill, Ann and Rook, Bo and {Rook Bank} and others}"
    assert item(**values)["author"][2:] == [{"literal": "Rook Bank"}, {"literal": "others"}]
    assert tag("AU", **values)[2] == "Rook Bank"
    # Of names some of which only were printed the other way round, the rest are persons, too.
    values["author_parts"] = (NameParts("Quill", "Ann"), NameParts(), NameParts())
    assert person_of("Bo Rook") in str(field("author", **values))


GROUPS = {
    "papers.bib": "@misc{{k, title = {{Tides}}, author = {{{}}}}}",
    "papers.ris": "TY  - JOUR\nTI  - Tides\n{}\nER  - \n",
    "papers.json": '[{{"type": "article-journal", "title": "Tides", "author": [{}]}}]',
    "zotero.json": '[{{"itemType": "journalArticle", "title": "Tides", "creators": [{}]}}]',
    "datacite.json": '[{{"title": "Tides", "year": 2020, "authors": [{}]}}]',
    "papers.nbib": "PMID- 12\nOWN - NLM\nTI  - Tides\n{}\n",
    "pubmed.xml": "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>12</PMID><Article>"
    "<ArticleTitle>Tides</ArticleTitle><AuthorList>{}</AuthorList></Article></MedlineCitation>"
    "</PubmedArticle></PubmedArticleSet>",
    "wos.csv": "Article Title,Source Title,Authors,Group Authors\nTides,Shores,{}\n",
}
"""A file of one paper in each format that tells the names of groups, without its authors."""


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl-json"])
@pytest.mark.parametrize(
    ("name", "authors"),
    [
        ("papers.bib", "{Heron Watch}"),
        ("papers.bib", "{Heron Watch} and Poe, Ann"),
        ("papers.bib", "{Heron Watch} and {Tide and Sons} and Plato and {Madonna}"),
        ("papers.bib", "{van Elm Boats} and {Rook Works, Inc.}"),
        ("papers.ris", "AU  - Heron Watch,"),
        ("papers.ris", "AU  - Heron Watch,\nAU  - Poe, Ann\nAU  - Plato"),
        ("papers.json", '{"literal": "Heron Watch"}'),
        ("papers.json", '{"literal": "Heron Watch"}, {"family": "Poe", "given": "Ann"}'),
        ("papers.json", '{"family": "Heron Watch"}, {"literal": "Plato"}, {"family": "Madonna"}'),
        ("zotero.json", '{"creatorType": "author", "name": "Heron Watch"}'),
        ("datacite.json", '{"name": "Heron Watch", "nameType": "Organizational"}'),
        ("datacite.json", '{"collective_name": "Heron Watch"}'),
        ("papers.nbib", "FAU - Poe, Ann\nCN  - Heron Watch"),
        ("pubmed.xml", "<Author><CollectiveName>Heron Watch</CollectiveName></Author>"),
        ("wos.csv", '"Poe, Ann",Heron Watch'),
    ],
)
def test_a_group_is_never_turned_round(name: str, authors: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(GROUPS[name].format(authors), encoding="utf-8")
    found = list(SeedRun([path]))
    names = found[0].authors
    first = text_of(form, found)
    assert "Watch, Heron" not in first
    assert "Boats, van Elm" not in first
    for _ in range(2):
        found = read_back(first, form, tmp_path)
        assert found[0].authors == names
        assert text_of(form, found) == first


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"year": 2020}, {"year": "{2020}", "month": None, "date": None}),
        ({"year": 2020, "date": "2020-03"}, {"year": "{2020}", "month": "mar", "date": None}),
        ({"year": 2020, "date": "2020-03-05"}, {"month": "mar", "date": "{2020-03-05}"}),
        ({"date": "--03-05"}, {"year": None, "month": None, "date": None}),
        ({"date_text": "in press"}, {"year": "{in press}"}),
        ({"pages": "11-19"}, {"pages": "{11--19}"}),
        ({"venue": "Tide Letters"}, {"journal": "{Tide Letters}"}),
        ({"venue": "Proc. Tides", "type": "inproceedings"}, {"booktitle": "{Proc. Tides}"}),
        ({"publisher": "Rook University", "type": "thesis"}, {"school": "{Rook University}"}),
        ({"type": "review"}, {"type": "{review}"}),
        (
            {"type": "preprint", "venue": "Tide Letters"},
            {"type": "{preprint}", "journal": "{Tide Letters}", "booktitle": None},
        ),
        ({"language": "de"}, {"language": "{german}"}),
        ({"language": "sl"}, {"language": "{slovene}"}),
        ({"language": "gsw"}, {"language": "{gsw}"}),
        ({"keywords": ("tides", "sea")}, {"keywords": "{tides, sea}"}),
        ({"keywords": ("Law, sea", "a;b")}, {"keywords": "{Law, sea; a,b;}"}),
        ({"abstract": "One.\nTwo."}, {"abstract": "{One.\n\nTwo.}"}),
    ],
)
def test_fields_of_bibtex(values: dict[str, Any], fields: dict[str, str | None]) -> None:
    assert {name: field(name, **values) for name in fields} == fields


@pytest.mark.parametrize(
    ("identifier", "fields"),
    [
        (("doi", "10.5555/a_b%20<c>;2#"), {"doi": "{10.5555/a_b%20<c>;2#}"}),
        (("doi", "10.5555/a{b"), {"doi": None, "url": "{https://doi.org/10.5555/a%7Bb}"}),
        (
            ("arxiv", "2103.01234"),
            {
                "eprint": "{2103.01234}",
                "eprinttype": "{arxiv}",
                "archiveprefix": "{arXiv}",
                "primaryclass": "{cs.CL}",
            },
        ),
        (("acl", "W19-1234"), {"url": "{https://aclanthology.org/W19-1234/}", "eprint": None}),
        (("citation_key", "10.5555/x"), {"doi": None}),
    ],
)
def test_identifiers_are_not_escaped(
    identifier: tuple[str, str], fields: dict[str, str | None]
) -> None:
    values: dict[str, Any] = {"identifiers": (Identifier(*identifier),), "categories": ("cs.CL",)}
    assert {name: field(name, **values) for name in fields} == fields


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, ("misc", "GEN", "document")),
        ({"venue": "Tide Letters"}, ("article", "JOUR", "article-journal")),
        ({"venue": "arXiv"}, ("misc", "UNPB", "article")),
        ({"identifiers": (Identifier("arxiv", "2103.01234"),)}, ("misc", "UNPB", "article")),
        ({"type": "inproceedings"}, ("inproceedings", "CONF", "paper-conference")),
        ({"type": "chapter"}, ("incollection", "CHAP", "chapter")),
        ({"type": "book"}, ("book", "BOOK", "book")),
        ({"type": "thesis"}, ("phdthesis", "THES", "thesis")),
        ({"type": "report"}, ("techreport", "RPRT", "report")),
        ({"type": "dataset"}, ("misc", "DATA", "dataset")),
        ({"type": "erratum"}, ("article", "JOUR", "article-journal")),
        ({"type": "preprint"}, ("misc", "UNPB", "article")),
        ({"type": "preprint", "venue": "arXiv"}, ("misc", "UNPB", "article")),
        # What has appeared is cited as such, and still called a preprint.
        ({"type": "preprint", "venue": "Tide Letters"}, ("article", "JOUR", "article-journal")),
    ],
)
def test_types(values: dict[str, Any], kinds: tuple[str, str, str]) -> None:
    assert entry(**values).startswith(f"@{kinds[0]}{{")
    assert tag("TY", **values) == [kinds[1]]
    assert item(**values)["type"] == kinds[2]


def test_every_language_comes_back_from_bibtex() -> None:
    for code in sorted(set(languages._names().values())):
        written_as = field("language", language=code)
        assert written_as
        assert languages.language_code(written_as[1:-1]) == code


def test_an_id_is_an_identifier() -> None:
    text = text_of("bibtex", [Paper(id="10.5555/a_b", title="Tides")])
    assert "doi = {10.5555/a_b}" in text
    assert json.loads(text_of("csl-json", [Paper(id="pmid:123", title="T")]))[0]["PMID"] == "123"


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl-json"])
def test_the_anthology_s_ids_come_back(form: str, tmp_path: Path) -> None:
    (found,) = read_back(text_of(form, [Paper(id="2021.tide-1.7", title="T")]), form, tmp_path)
    assert found.id == "2021.tide-1.7"


# Citation keys


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"authors": ("Ann van der Quill",), "year": 2021, "title": "The Tides"}, "quill2021tides"),
        ({"authors": ("Zoë Łukasiewicz-Ørsted",), "title": "É 5"}, "lukasiewiczorstede"),
        ({"authors": ("李飞飞",), "title": "潮"}, "paper"),
        ({"authors": ("Ann Quill",), "title": "Ti" + "d" * 2_000}, "quillti" + "d" * 78),
        ({"identifiers": (Identifier("citation_key", "Quill:21_b"),)}, "Quill:21_b"),
        ({"identifiers": (Identifier("citation_key", "O'Rook, {x}"),)}, "ORookx"),
    ],
)
def test_citation_keys(values: dict[str, Any], key: str) -> None:
    assert entry(**values).partition("{")[2].partition(",")[0] == key
    assert item(**values)["id"] == key
    assert tag("ID", **values) == [key]


def test_no_key_comes_twice() -> None:
    given_papers = [Paper(id=f"x{number}", title="Tides") for number in range(30)]
    given_papers += [Paper("k", "K", identifiers=(Identifier("citation_key", "TIDESA"),))]
    keys = re.findall(r"^@misc\{(.*),$", text_of("bibtex", given_papers), re.MULTILINE)
    assert keys[:3] == ["tides", "tidesa", "tidesb"]
    assert keys[26:] == ["tidesz", "tidesaa", "tidesab", "tidesac", "TIDESAd"]
    assert len({key.lower() for key in keys}) == len(keys) == 31


# Programs that are not ours


def test_bibtexparser_reads_bibtex() -> None:
    text = text_of("bibtex", [FULL, replace(FULL, id="x2")])
    parts = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    library = entrypoint.parse_string(text, append_middleware=parts)
    assert library.failed_blocks == []
    one, other = library.entries
    assert (one.key, other.key) == ("Quill_2021", "Quill_2021a")
    assert one["doi"] == "10.5555/tide_(7)%x"
    first, second, group, *_ = one["author"]
    assert (first.first, first.von, first.last, first.jr) == (
        ["Ann"],
        ["van", "der"],
        ["Quill"],
        ["Jr."],
    )
    assert second.last == ["Ångström"]
    assert group.last == ["{Barnes and Noble}"]
    decode = middlewares.LatexDecodingMiddleware()
    (decoded, _) = entrypoint.parse_string(text, append_middleware=[decode]).entries
    assert decoded["title"] == FULL.title
    assert decoded["abstract"] == FULL.abstract.replace("\n", "\n\n")


@given(drawn=papers())
def test_bibtexparser_and_pybtex_read_every_entry(drawn: Paper) -> None:
    text = text_of("bibtex", [drawn])
    library = entrypoint.parse_string(text)
    assert library.failed_blocks == []
    (one,) = library.entries
    known = parse_string(text, "bibtex").entries
    assert list(known) == [one.key]
    persons = known[one.key].persons
    assert len(persons.get("author", ())) == len(drawn.authors) + drawn.et_al
    assert len(persons.get("editor", ())) == len(drawn.editors)
    assert " ".join(known[one.key].fields.get("title", "").split()) == " ".join(
        one["title"].split()
    )


def test_pybtex_reads_bibtex() -> None:
    entries = parse_string(text_of("bibtex", [FULL]), "bibtex").entries
    first = entries["Quill_2021"].persons["author"][0]
    assert (first.first_names, first.prelast_names) == (["Ann"], ["van", "der"])
    assert (first.last_names, first.lineage_names) == (["Quill"], ["Jr."])
    assert entries["Quill_2021"].fields["month"] == "March"


@given(drawn=st.lists(papers(), min_size=1, max_size=3))
def test_rispy_reads_ris(drawn: list[Paper]) -> None:
    found = rispy.loads(text_of("ris", drawn))
    assert len(found) == len(drawn)
    for values, paper in zip(found, drawn, strict=True):
        assert len(values.get("authors", ())) == len(paper.authors)
        assert len(values.get("keywords", ())) == len(paper.keywords)
        assert values.get("year", "") == (f"{paper.year:04}" if paper.year else "")
        if "\\" not in paper.title:
            assert values["title"] == paper.title


NAME_KEYS = {"family", "given", "non-dropping-particle", "suffix", "literal"}
# Of the CSL schema 1.0.2: the variables that are used, other than names, dates and type.
TEXT_KEYS = {
    *("id", "citation-key", "genre", "title", "container-title", "volume", "issue", "page"),
    *("publisher", "DOI", "PMID", "PMCID", "ISBN", "ISSN", "URL", "language", "keyword"),
    *("status", "note", "abstract"),
}
CSL_TYPES = {
    *("article", "article-journal", "paper-conference", "chapter", "book", "thesis", "report"),
    *("dataset", "document"),
}


@given(drawn=st.lists(papers(), max_size=3))
def test_csl_items_are_valid(drawn: list[Paper]) -> None:
    found = json.loads(text_of("csl-json", drawn))
    assert len(found) == len(drawn)
    for one in found:
        assert one.keys() - {"author", "editor", "issued", "type"} <= TEXT_KEYS
        assert all(isinstance(one[key], str) for key in one.keys() & TEXT_KEYS)
        assert one["id"]
        assert one["type"] in CSL_TYPES
        for name in (*one.get("author", ()), *one.get("editor", ())):
            assert name
            assert name.keys() <= NAME_KEYS
        issued = one.get("issued", {"literal": ""})
        assert issued.keys() <= {"date-parts", "literal"}
        assert all(1 <= len(parts) <= 3 for parts in issued.get("date-parts", ()))


def test_csl_of_nothing_is_an_empty_array() -> None:
    assert json.loads(text_of("csl-json", [])) == []
    assert text_of("bibtex", []) == text_of("ris", []) == text_of("jsonl", []) == ""


# RIS


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"year": 2020, "date": "2020-03-05"}, "DA", ["2020/03/05"]),
        ({"year": 2020, "date": "2020-03"}, "DA", ["2020/03/"]),
        ({"pages": "11-19"}, "EP", ["19"]),
        ({"keywords": ("tides", "a; b")}, "KW", ["tides", "a, b"]),
        ({"identifiers": (Identifier("issn", "1234-5679"),)}, "SN", ["1234-5679"]),
        ({"type": "review", "status": "retracted"}, "M3", ["Review; Retracted"]),
        ({"institutions": ("Rook Lab", "Quill & Sons")}, "AD", ["Rook Lab", "Quill & Sons"]),
        (
            {"abstract": "One.\nER  - two.\nAUTHORS' VIEW: six"},
            "AB",
            ["One. ER  - two. AUTHORS' VIEW: six"],
        ),
    ],
)
def test_tags_of_ris(values: dict[str, Any], name: str, expected: list[str]) -> None:
    assert tag(name, **values) == expected


@given(drawn=st.lists(papers(), min_size=1, max_size=3))
def test_every_line_of_ris_has_a_tag(drawn: list[Paper]) -> None:
    records = text_of("ris", drawn).split("\n\n")
    assert len(records) == len(drawn)
    for line in itertools.chain.from_iterable(record.splitlines() for record in records):
        assert re.match("[A-Z][A-Z0-9]  - ", line)


# Tables


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_a_column_for_each_field() -> None:
    (row,) = rows_of(text_of("csv", [FULL]))
    assert list(row) == list(fields_of("csv"))
    assert row["authors"] == "Ann van der Quill, Jr.; José Ångström; Barnes and Noble; 李飞飞"
    assert row["institutions"] == 'University of Rook; "Quill; Sons"'
    assert (row["doi"], row["et_al"], row["year"]) == ("10.5555/tide_(7)%x", "True", "2021")
    assert (row["url"], row["pdf_url"]) == (FULL.urls[0].url, FULL.urls[1].url)


@pytest.mark.parametrize(
    ("items", "cell"),
    [
        (("tides", "sea"), "tides; sea"),
        (("a; b", "c"), '"a; b"; c'),
        (('"so"', "c"), '"""so"""; c'),
        (('x "so"', "c"), 'x "so"; c'),
        ((), ""),
    ],
)
def test_lists_in_csv(items: tuple[str, ...], cell: str) -> None:
    (row,) = rows_of(entry("csv", keywords=items))
    assert row["keywords"] == cell


def test_cells_are_no_formulas_unless_they_may_be() -> None:
    paper = Paper(id="x1", title="=1+1", keywords=("sea", "-1"))
    (row,) = rows_of(text_of("csv", [paper], fields=["title", "keywords"]))
    assert row == {"title": "'=1+1", "keywords": "sea; '-1"}
    (raw,) = rows_of(text_of("csv", [paper], fields=["title", "keywords"], raw_cells=True))
    assert raw == {"title": "=1+1", "keywords": "sea; -1"}


def test_jsonl_has_every_key_and_no_other_where_asked() -> None:
    assert json.loads(text_of("jsonl", [FULL])) == json.loads(json.dumps(FULL.to_dict()))
    assert {*json.loads(text_of("jsonl", [FULL]))} <= {*fields_of("jsonl")}
    some = text_of("jsonl", [FULL, Paper("x", "X")], fields=["id", "volume"])
    assert [json.loads(line) for line in some.splitlines()] == [
        {"id": FULL.id, "volume": "12"},
        {"id": "x"},
    ]


# All formats


@pytest.mark.parametrize("form", [*FILES, "csv"])
def test_no_format_lets_a_text_steer_a_terminal(form: str) -> None:
    paper = replace(FULL, title="a\x1b[1mb\u202ec", abstract="d\x9be")
    text = text_of(form, [paper])
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text) is None
    assert "\r" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize("form", [*FILES, "csv"])
def test_memory_stays_flat(form: str) -> None:
    def many(count: int) -> Iterable[Paper]:
        return (replace(FULL, id=f"x{number}", title=f"T{number}") for number in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            for _ in written(form, many(count)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is loaded and cached once
    # A citation key takes some hundred bytes, and a paper many thousands.
    assert peak(250) - peak(50) < 200 * 1_000


@pytest.mark.parametrize("sort", ["relevance", "date"])
def test_an_export_has_all_matches_in_ranked_order(sort: Any, seeds_index: Path) -> None:
    with searcher.open(seeds_index) as collection:
        page = collection.search("noise", sort=sort, match="all", limit=1_000)
        text = text_of("jsonl", collection.all("noise", sort=sort))
    assert len(page.hits) > 10
    assert [json.loads(line)["id"] for line in text.splitlines()] == [hit.id for hit in page.hits]
