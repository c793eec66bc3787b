"""RIS: its lines as producers write them, and what becomes of each tag.

The papers, people and journals are invented.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import Paper, Problem
from index.names import NameParts
from index.readers import ris
from index.readers.base import Contents, Head
from index.readers.record import Record, paper_of


def items(text: str | bytes) -> Iterator[Paper | Problem]:
    content = text.encode() if isinstance(text, str) else text
    reports: list[Problem] = []
    for item in ris.read(Contents("refs.ris", io.BytesIO(content), reports.append)):
        yield from paper_of(item, "refs.ris") if isinstance(item, Record) else [item]
    yield from reports


def papers_of(text: str) -> list[Paper]:
    """Return the papers of a text, which must be read without a report."""
    found = list(items(text))
    assert [one for one in found if isinstance(one, Problem)] == []
    return [one for one in found if isinstance(one, Paper)]


def paper_of_lines(*lines: str, kind: str = "JOUR") -> Paper:
    body = "".join(f"{line}\n" for line in lines)
    (paper,) = papers_of(f"TY  - {kind}\nTI  - Slow rivers\n{body}ER  - \n")
    return paper


# Recognition.


@pytest.mark.parametrize(
    "text",
    [
        "TY  - JOUR\nTI  - A\nER  - \n",
        "TY - JOUR\nTI - A\nER -\n",
        "TY\t- JOUR\n",
        "  TY  - JOUR\n  TI  - A\n",
        "\ufeffTY  - JOUR\n",
        "\n\nProvider: Elm\nContent: text/plain\n\nTY  - JOUR\n",
        "AU  - Poe, Ann\nTI  - A\nPY  - 2001\nER  - \n",
    ],
)
def test_ris_is_recognised(text: str) -> None:
    assert ris.recognises(Head(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PMID- 12\nOWN - NLM\nTI  - A\nAU  - Poe A\nPG  - 1-2\n",
        "FN Elm Index\nVR 1.0\nPT J\nAU Poe, A\nTI A\nER\n\nEF\n",
        "RT Journal Article\nSR Electronic\nA1 Poe, Ann\nT1 A\n",
        "%0 Journal Article\n%T A\n%A Poe, Ann\n",
        "@article{k,\n  title = {A},\n  abstract = {TY}\n}",
        "# How to\n\n```\nTY  - JOUR\nER  - \n```\n",
        '{"a": "\nTY  - JOUR\n"}',
        'from elm import oak\n\nTEXT = """\nTY  - JOUR\n"""\n',
        "\\begin{verbatim}\nTY  - JOUR\n\\end{verbatim}\n",
        "A list of tags:\nTI - the title\n",
    ],
)
def test_other_text_is_no_ris(text: str) -> None:
    assert not ris.recognises(Head(text.encode()))


# Lines.


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("TY  - JOUR\nTI  - One\nER  - \n\nTY  - JOUR\nTI  - Two\nER  -", ["One", "Two"]),
        ("TY  - JOUR\r\nTI  - One\r\nER  - \r\n", ["One"]),
        ("TY  - JOUR\rTI  - One\rER  - \r", ["One"]),
        ("TY - JOUR\nTI - One\nER -\n", ["One"]),
        ("TY- JOUR\nTI- One\nER-\n", ["One"]),
        ("TY\t- JOUR\nTI\t- One\nER\t- \n", ["One"]),
        ("   TY  - JOUR\n   TI  - One\n   ER  - \n", ["One"]),
        ("TY  -JOUR\nTI  -One\nER  -\n", ["One"]),
        # Records without their last or their first line.
        ("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n", ["One", "Two"]),
        ("TI  - One\nPY  - 2001\nER  - \n\nTI  - Two\nPY  - 2001\nER  - \n", ["One", "Two"]),
        ("TY  - JOUR\nTI  - One\nER\n\nTY  - JOUR\nTI  - Two\nER\n", ["One", "Two"]),
        ("TY  - JOUR\nTI  - One\nER  - end\n", ["One"]),
        # Lines that go on.
        ("TY  - JOUR\nTI  - One\n      and more\nER  - \n", ["One and more"]),
        ("TY  - JOUR\nTI  - One\nand more\nER  - \n", ["One and more"]),
        ("TY  - JOUR\nXX  - lost\nand this\nTI  - One\nER  - \n", ["One"]),
        ("TY  - JOUR\nTI  - One by\nT2 - weighted maps\nER  - \n", ["One by T2 - weighted maps"]),
        # What stands between records.
        ("Elm Index\nRecord 1 of 2\n\nTY  - JOUR\nTI  - One\nER  - \nNL  - http://example.org\n"
         "Record 2 of 2\nTY  - JOUR\nTI  - Two\nER  - \nThe end\n", ["One", "Two"]),
        ("TY  - JOUR\nTI  - One\nER  - \nER  - \nER  - \n", ["One"]),
        # Which title counts.
        ("TY  - JOUR\nT1  - One\nTI  - Two\nER  - \n", ["One"]),
        ("TY  - JOUR\nCT  - One\nER  - \n", ["One"]),
        ("TY  - BOOK\nBT  - One\nER  - \n", ["One"]),
        ("TY  - CHAP\nBT  - Two\nTI  - One\nER  - \n", ["One"]),
        ("TY  - JOUR\nTI  - [One]\nER  - \n", ["One"]),
        ("TY  - JOUR\nTI  - [One] and [two]\nER  - \n", ["[One] and [two]"]),
    ],
)  # fmt: skip
def test_lines(text: str, titles: list[str]) -> None:
    assert [paper.title for paper in papers_of(text)] == titles


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("TY  - JOUR\nTI  - One\nER  - \n@article{k, title={Two}}\n", [4]),
        ("@book{k,\n title={Two}}\n@book{l,\n title={Two}}\nTY  - JOUR\nTI  - One\n", [1, 3]),
    ],
)
def test_bibtex_in_the_same_file_is_told(text: str, lines: list[int]) -> None:
    found = list(items(text))
    assert [one.title for one in found if isinstance(one, Paper)] == ["One"]
    assert [one.line for one in found if isinstance(one, Problem)] == lines


def test_a_record_without_a_title_is_told() -> None:
    text = "TY  - JOUR\nAU  - Poe, Ann\nER  - \nTY  - JOUR\nTI  - One\nER  - \n"
    problem, paper = items(text)
    assert isinstance(problem, Problem)
    assert (problem.line, problem.reason) == (1, "neither title nor abstract; left out")
    assert isinstance(paper, Paper)
    assert paper.sources[0].line == 4


# Tags.


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["VL  - 3", "IS  - 2", "PY  - 2001"], {"volume": "3", "issue": "2", "date": None}),
        (["VO  - v. 40"], {"volume": "40"}),
        (["VL  - 50(2)"], {"volume": "50", "issue": "2"}),
        (["VL  - 3", "IS  - March", "PY  - 2001"], {"issue": "", "date": "2001-03"}),
        (["SP  - 11", "EP  - 19"], {"pages": "11-19"}),
        (["SP  - 11-19", "EP  - 19"], {"pages": "11-19"}),
        (["SP  - 11-19"], {"pages": "11-19"}),
        (["SP  - pp 11-19"], {"pages": "11-19"}),
        (["SP  - 82", "EP  - 82"], {"pages": "82"}),
        (["SP  - 476", "EP  - 81"], {"pages": "476-81"}),
        (["C7  - e77"], {"pages": "e77"}),
        (["SP  - No", "EP  - Specified"], {"pages": ""}),
        (["SP  -", "EP  -"], {"pages": ""}),
        (["T2  - Elm Letters", "J2  - Elm Lett."], {"venue": "Elm Letters"}),
        (["JF  - Elm Letters", "JA  - Elm Lett."], {"venue": "Elm Letters"}),
        (["JO  - Oak \\& Elm"], {"venue": "Oak & Elm"}),
        (["PB  - Elm Press"], {"publisher": "Elm Press"}),
        (["LA  - eng"], {"language": "en"}),
        (["KW  - *rivers", "KW  - Lakes", "KW  - lakes"], {"keywords": ("rivers", "Lakes")}),
        (["KW  - rivers", "lakes", "", "ponds"], {"keywords": ("rivers", "lakes", "ponds")}),
        (["KW  - still", "      waters", "KW  - seas"], {"keywords": ("still waters", "seas")}),
        (["KW  - rivers; lakes"], {"keywords": ("rivers", "lakes")}),
        (["KW  - rivers; still", "KW  - seas"], {"keywords": ("rivers; still", "seas")}),
        (["KW  - Law / Europe"], {"keywords": ("Law / Europe",)}),
        (["KW  - 0612:Health"], {"keywords": ("Health",)}),
        (["N1  - Cited By :9", "N1  - Export Date: 3 May 2016"], {"cited_by": 9}),
        (["N1  - Times Cited in Web of Science Core Collection:  12", "Total Times Cited:  14"],
         {"cited_by": 12}),
        (["AD  - Elm College", "AD  - Oak Institute"],
         {"institutions": ("Elm College", "Oak Institute")}),
        (["AD  - [Poe, Ann] Elm College. [Roe, Sam] Oak Institute."],
         {"institutions": ("Elm College.", "Oak Institute.")}),
        (["M3  - Review"], {"type": "review"}),
        (["M3  - Retracted Article"], {"status": "retracted", "type": "article"}),
        (["M3  - Editorial; Withdrawn"], {"status": "withdrawn", "type": "editorial"}),
        (["T2  - The Elm \"So\""], {"venue": 'The Elm "So"'}),
        (["T2  - \"The Elm\""], {"venue": "The Elm"}),
        (["JO  - arXiv preprint arXiv:1706.12345"], {"type": "preprint", "venue": ""}),
        (["PB  - bioRxiv", "T2  - Elm"], {"type": "preprint", "venue": "Elm"}),
    ],
)  # fmt: skip
def test_tags(lines: list[str], expected: dict[str, Any]) -> None:
    paper = paper_of_lines(*lines)
    assert {name: getattr(paper, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("JOUR", "article"),
        ("jour", "article"),
        ("MGZN", "article"),
        ("CPAPER", "inproceedings"),
        ("CHAP", "chapter"),
        ("BOOK", "book"),
        ("THES", "thesis"),
        ("RPRT", "report"),
        ("DATA", "dataset"),
        ("Journal Article", "article"),
        ("GEN", "other"),
        ("GEN\nM3  - Retracted", "other"),
        ("SLIDE", "other"),
        ("UNPB", "other"),
        ("UNPB\nUR  - https://arxiv.org/abs/1706.12345", "preprint"),
        ("UNPB\nDB  - arXiv", "preprint"),
        ("UNPD\nDO  - 10.48550/arXiv.1706.12345", "preprint"),
        ("UNPB\nAB  - We read all rivers of arxiv.org.", "other"),
        ("UNPB\nKW  - arxiv", "other"),
    ],
)
def test_types(kind: str, expected: str) -> None:
    assert paper_of_lines(kind=kind).type == expected


@pytest.mark.parametrize(
    ("kind", "lines", "venue", "editors", "pages"),
    [
        ("CONF", ["C3  - Elm Meeting", "A2  - Roe, Sam"], "Elm Meeting", ("Sam Roe",), ""),
        ("CONF", ["C3  - Elm College", "T2  - Elm Meeting"], "Elm Meeting", (), ""),
        ("CHAP", ["BT  - Elm", "ED  - Roe, Sam", "SP  - 3", "EP  - 9"], "Elm", ("Sam Roe",), "3-9"),
        ("BOOK", ["T2  - Elm Series", "A3  - Roe, Sam", "SP  - 300"], "", ("Sam Roe",), ""),
        ("EDBOOK", ["AU  - Roe, Sam"], "", ("Sam Roe",), ""),
        ("JOUR", ["T2  - Elm Letters", "A2  - Cited, Ann"], "Elm Letters", (), ""),
        ("THES", ["A3  - Adviser, Ann", "SP  - 146p", "PB  - Elm College"], "", (), ""),
    ],
)  # fmt: skip
def test_tags_mean_other_things_in_other_types(
    kind: str, lines: list[str], venue: str, editors: tuple[str, ...], pages: str
) -> None:
    paper = paper_of_lines(*lines, kind=kind)
    assert (paper.venue, paper.editors, paper.pages) == (venue, editors, pages)


@pytest.mark.parametrize(
    ("lines", "authors", "et_al"),
    [
        (["AU  - Poe, Ann", "AU  - Roe,S."], ("Ann Poe", "S. Roe"), False),
        (["A1  - Elm Study Group", "AU  - Poe, Ann"], ("Elm Study Group", "Ann Poe"), False),
        (["AU  - Poe A.", "AU  - Lindt B.C."], ("A. Poe", "B.C. Lindt"), False),
        (["AU  - A. Poe", "AU  - B. Lindt"], ("A. Poe", "B. Lindt"), False),
        (["AU  - Ann Poe"], ("Ann Poe",), False),
        (["AU  - Roe, S., III"], ("S. Roe, III",), False),
        (["AU  - Roe, S.", "AU  - Jr"], ("S. Roe, Jr",), False),
        (["AU  - Van Dung,"], ("Van Dung",), False),
        (["AU  - Poe, Ann", "AU  - et al."], ("Ann Poe",), True),
        (["AU  - Poe, Ann", "AU  - others"], ("Ann Poe",), True),
        (["AU  - Poe, M.A."], ("M.A. Poe",), False),
        (["AU  - Poe, Ann, et al."], ("Ann Poe",), True),
        (["AU  - Poe, Ann; Roe, Sam"], ("Ann Poe", "Sam Roe"), False),
        (["AU  - Poe,", "      Ann"], ("Ann Poe",), False),
        (["AU  - Poe, Ann", "", "AU  - Poe, Ann"], ("Ann Poe",), False),
        (["AU  - The Elm, null"], ("The Elm",), False),
    ],
)
def test_authors(lines: list[str], authors: tuple[str, ...], et_al: bool) -> None:
    paper = paper_of_lines(*lines)
    assert (paper.authors, paper.et_al) == (authors, et_al)


def test_the_parts_of_names_are_known() -> None:
    paper = paper_of_lines("AU  - van der Berg, Ludwig")
    assert paper.author_parts == (NameParts("Berg", "Ludwig", "van der", ""),)


@pytest.mark.parametrize(
    ("lines", "date", "year", "date_text"),
    [
        (["PY  - 2001"], None, 2001, ""),
        (["Y1  - 2001///"], None, 2001, ""),
        (["PY  - 2001/03"], "2001-03", 2001, ""),
        (["DA  - 2001/03/04/", "PY  - 2001///"], "2001-03-04", 2001, ""),
        (["DA  - 2001/03//undefined"], "2001-03", 2001, ""),
        (["Y1  - 2001///Spring 2001"], None, 2001, "Spring 2001"),
        (["PY  - 2001///Spring"], None, 2001, "Spring 2001"),
        (["PY  - 2001", "DA  - 2001///Mar-Apr"], "2001-03", 2001, "Mar-Apr 2001"),
        (["PY  - 2001/03//undefined"], "2001-03", 2001, ""),
        (["PY  - 2001", "DA  - MAR"], "2001-03", 2001, ""),
        (["PY  - 2001", "DA  - MAR 4"], "2001-03-04", 2001, ""),
        (["PY  - 2001", "DA  - SEP-OCT"], "2001-09", 2001, "SEP-OCT 2001"),
        (["PY  - 2001", "DA  - Fal"], None, 2001, "Fal 2001"),
        (["PY  - 2001", "Y2  - DEC"], "2001-12", 2001, ""),
        (["PY  - 2001", "Y2  - 2009/01/02"], None, 2001, ""),
        (["PY  - 2001", "C1  - Full publication date: July 2001"], "2001-07", 2001, ""),
        (["DA  - 2001 MAR 4"], "2001-03-04", 2001, ""),
        (["PY  - 2002", "DA  - 2001/12/20"], "2001-12-20", 2001, ""),
        (["C6  - AUG 2001"], "2001-08", 2001, ""),
        (["ET  - 2001/03/04"], "2001-03-04", 2001, ""),
        (["PY  - 0000"], None, None, ""),
        (["PY  - in press"], None, None, "in press"),
        (["Y2  - 2009/01/02", "U3  - 20090102"], None, None, ""),
    ],
)
def test_dates(lines: list[str], date: str | None, year: int | None, date_text: str) -> None:
    paper = paper_of_lines(*lines)
    assert (paper.date, paper.year, paper.date_text) == (date, year, date_text)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DO  - 10.5555/ELM"], ["doi:10.5555/elm"]),
        (["DO  - https://doi.org/10.5555/elm"], ["doi:10.5555/elm"]),
        (["M3  - doi: 10.5555/elm"], ["doi:10.5555/elm"]),
        (["L3  - 10.5555/elm"], ["doi:10.5555/elm"]),
        (["N1  - doi:10.5555/elm"], ["doi:10.5555/elm"]),
        (["UR  - https://dx.doi.org/10.5555/elm"], ["doi:10.5555/elm"]),
        (["UR  - https://example.org/doi/10.5555/elm"], []),
        (["DO  - none"], []),
        (["U1  - 314159 [PMID]", "U2  - PMC27[pmcid]"], ["pmid:314159", "pmcid:PMC27"]),
        (["PMID  - 314159"], ["pmid:314159"]),
        (["N1  - PMID: 314159"], ["pmid:314159"]),
        (["AN  - 31415926", "DP  - NLM"], ["pmid:31415926", "accession:31415926"]),
        (["AN  - 31415926", "DB  - Elm Index"], ["accession:31415926"]),
        (["C5  - 31415926", "DB  - Embase"], ["pmid:31415926"]),
        (["C2  - PMC27"], ["pmcid:PMC27"]),
        (["AN  - WOS:000123"], ["accession:WOS:000123"]),
        (["SN  - 2049-3630 2049-3649"], ["issn:2049-3630", "issn:2049-3649"]),
        (["SN  - 20493630 (Print)", "0-13-110362-8"], ["issn:2049-3630", "isbn:0131103628"]),
        (["UR  - https://arxiv.org/abs/1706.12345v2"], ["arxiv:1706.12345"]),
        (["M1  - arXiv:1706.12345"], ["arxiv:1706.12345"]),
        (["UR  - https://pubmed.ncbi.nlm.nih.gov/314159/"], ["pmid:314159"]),
        (["ID  - poe2001"], ["citation_key:poe2001"]),
        (["ID  - 17"], []),
    ],
)
def test_identifiers(lines: list[str], expected: list[str]) -> None:
    assert list(map(str, paper_of_lines(*lines).identifiers)) == expected


@pytest.mark.parametrize(
    ("lines", "urls"),
    [
        (["UR  - http://example.org/a;b=1"], ["page http://example.org/a;b=1"]),
        (["UR  - http://example.org/a; http://example.org/b"],
         ["page http://example.org/a", "page http://example.org/b"]),
        (["UR  - http://example.org/a", "http://example.org/b"],
         ["page http://example.org/a", "page http://example.org/b"]),
        (["UR  - http://example.org/a/", "b/c"], ["page http://example.org/a/b/c"]),
        (["L1  - http://example.org/a"], ["pdf http://example.org/a"]),
        (["L2  - http://example.org/a.pdf"], ["pdf http://example.org/a.pdf"]),
        (["L1  - internal-pdf://0123/a.pdf", "UR  - ann@example.org"], []),
        (["UR  - http://proxy.example.org/login?qurl=http%3a%2f%2fexample.org%2fa"],
         ["page http://example.org/a"]),
    ],
)  # fmt: skip
def test_addresses(lines: list[str], urls: list[str]) -> None:
    assert [f"{kind} {url}" for kind, url in paper_of_lines(*lines).urls] == urls


LONG = (
    "We map slow rivers, quiet lakes, still ponds and deep seas, and all that lives in them or near"
    " their banks, from spring to autumn."
)


@pytest.mark.parametrize(
    ("lines", "abstract"),
    [
        (["AB  - We map", "ER of rivers", "      and lakes."], "We map ER of rivers and lakes."),
        (["AB  - Rivers.", "", "Lakes."], "Rivers.\nLakes."),
        ([f"AB  - {LONG}", LONG], f"{LONG}\n{LONG}"),
        (["AB  - Short.", "N2  - The longer one."], "The longer one."),
        (["AB  - Rivers.", f"AB  - Copyright of Elm is the property of Oak. {LONG}"], "Rivers."),
        (["AB  - [Rivers.]"], "Rivers."),
        (["AB  - [Aims] Rivers. [Methods] Lakes."], "[Aims] Rivers. [Methods] Lakes."),
        (["AB  - NA"], ""),
        (["AB  -"], ""),
        (['AB  - <AbstractText Label="AIMS">Rivers.</AbstractText>'], "AIMS: Rivers."),
    ],
)  # fmt: skip
def test_abstracts(lines: list[str], abstract: str) -> None:
    assert paper_of_lines(*lines).abstract == abstract


def test_the_other_abstract_and_title_are_kept() -> None:
    paper = paper_of_lines("AB  - We map rivers.", "AB  - Flüsse.", "TT  - Langsame Flüsse")
    assert [one.text for one in paper.other_abstracts] == ["Flüsse."]
    assert [one.text for one in paper.other_titles] == ["Langsame Flüsse"]


# Laws.

WHOLE = (
    "TY  - JOUR\nTI  - One\nAU  - Poe, Ann\nER  - \n\nTY  - JOUR\nTI  - Two\nPY  - 2001\nER  - \n"
)


@given(st.integers(0, len(WHOLE)))
def test_a_cut_file_keeps_the_records_before_the_cut(place: int) -> None:
    whole = papers_of(WHOLE)
    found = [one for one in items(WHOLE[:place]) if isinstance(one, Paper)]
    complete = WHOLE[:place].count("ER  -")
    assert found[:complete] == whole[:complete]


PARTS = ["TY", "ER", "TI", "AU", "KW", "DA", "UR", "SN", "SP", "  - ", " - ", "-", "\n", "\r", " ",
         "JOUR", "2001", "/", ";", ",", "http://a.org", "10.5555/a", "[", "]", "\t"]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join))
@example("TY  - \n" * 3)
@example("ER  - \nER  - \n")
def test_any_text_is_read(text: str) -> None:
    for item in items(text):
        assert item.sources[0].line >= 1 if isinstance(item, Paper) else item.reason


@given(st.binary(max_size=60))
def test_any_bytes_are_read(content: bytes) -> None:
    list(items(b"TY  - JOUR\nTI  - " + content + b"\nER  - \n"))


@given(st.integers(0, 3), st.integers(0, 3))
def test_lines_are_counted(blank_count: int, note_count: int) -> None:
    record = "TY  - JOUR\nTI  - One\n" + "N1  - x\n" * note_count + "ER  - \n"
    text = "\n" * blank_count + record + "\nWords\n" + record
    lines = [paper.sources[0].line for paper in papers_of(text)]
    assert lines == [blank_count + 1, blank_count + record.count("\n") + 3]
