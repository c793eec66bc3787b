"""How pages, papers and facets look on a terminal: every line, and what leaves no gap."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index import Paper, Source
from index.identifiers import Identifier
from index.paper import Link
from searcher import FacetCount, Hit, Page, Request, ScorePart
from searcher.output.layout import NARROWEST, Style, columns
from searcher.output.terminal import (
    BAR_CELLS,
    FACET_VALUES,
    NAMED_AUTHORS,
    facet_lines,
    facets_text,
    page_text,
    paper_text,
    total_text,
)
from searcher.page import Piece, Snippets
from tests.papers import FULL

PLAIN = Style(colour=False, width=None)
COLOUR = Style(colour=True, width=None)
RED, BOLD, DIM, OFF = "\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
PAPER = Paper(
    id="poe-slow-rivers-0badcafe",
    title="Slow Rivers",
    abstract="We map rivers. They are slow.",
    authors=("Ann Poe", "Sam Roe"),
    categories=("LG",),
    year=2020,
    date="2020-05-07",
    has_code=True,
    institutions=("delta", "ford"),
    score=95.5,
    owners=("Sam Roe",),
    sources=(Source("/seeds/sam-roe.txt", 12), Source("/seeds/ann-poe.txt", 40)),
)
HIT = Hit(
    rank=1,
    id=PAPER.id,
    title=PAPER.title,
    score=2.34567,
    paper=PAPER,
    snippets=Snippets(
        title=(Piece("Slow ", False), Piece("Rivers", True)),
        abstract=(Piece("We map ", False), Piece("rivers", True), Piece(".", False)),
    ),
)
PAGE = Page(
    request=Request("river"),
    parsed="river",
    diagnostics=(),
    relaxed=False,
    partial=False,
    total=1,
    hits=(HIT,),
    facets={},
    took_ms=1.23456,
)

texts = st.lists(
    st.one_of(
        st.sampled_from(' \n\r\t-ab,;"$\x1b\x07\x9b\u202e\u061c\u2028\ue000\ue001é漢'),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
).map("".join)
words = st.text(st.sampled_from("abcde-é漢"), min_size=1, max_size=30)
sentences = st.lists(words, min_size=1, max_size=40).map(" ".join)


def counts_of(*values: Any) -> tuple[FacetCount, ...]:
    """Return facet counts from values and counts in turn."""
    return tuple(FacetCount(*pair) for pair in zip(values[::2], values[1::2], strict=True))


def narrow(width: int) -> Style:
    return Style(colour=False, width=width)


def next_command(limit: int, page: int) -> str:
    return f"again --limit {limit} --page {page}"


def lines_of(page: Page, style: Style = PLAIN, rows: int | None = None) -> list[str]:
    return page_text(page, "papers.index", style, next_command, rows)


def hit_lines(hit: Hit, style: Style = PLAIN, **options: Any) -> list[str]:
    """Return the lines of a hit, without those at the end of the page."""
    return lines_of(replace(PAGE, hits=(hit,), request=Request("river", **options)), style)[:-2]


def with_paper(**changes: Any) -> Hit:
    """Return the hit with another paper behind it."""
    return replace(HIT, id="x1", paper=replace(PAPER, **changes))


def with_abstract(*pieces: Piece) -> Hit:
    return replace(HIT, snippets=Snippets(title=HIT.snippets.title, abstract=pieces))  # type: ignore[union-attr]


def ranked(count: int, total: int, page: int = 1, limit: int = 10) -> Page:
    """Return a page of ``count`` hits out of ``total``."""
    first = (page - 1) * limit + 1
    hits = tuple(replace(HIT, rank=rank) for rank in range(first, first + count))
    return replace(PAGE, request=Request("river", page=page, limit=limit), hits=hits, total=total)


def without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


# A hit


def test_a_hit_as_text() -> None:
    assert hit_lines(HIT) == [
        "  1 Slow Rivers",
        "    Ann Poe, Sam Roe",
        "    LG Machine Learning · 2020-05-07 · code · poe-slow-rivers-0badcafe",
        "    We map rivers.",
    ]


def test_a_hit_in_colour() -> None:
    title, names, facts, abstract = hit_lines(HIT, COLOUR)
    assert title == f"  {BOLD}1 Slow {RED}Rivers{OFF}{BOLD}{OFF}"
    assert names == "    Ann Poe, Sam Roe"
    assert facts.startswith(f"    {DIM}LG Machine Learning")
    assert facts.endswith(f"poe-slow-rivers-0badcafe{OFF}")
    assert abstract == f"    We map {RED}rivers{OFF}."


def test_a_hit_on_a_narrow_terminal() -> None:
    hit = with_abstract(Piece("one two three four five six seven", False))
    hit = replace(hit, paper=replace(PAPER, et_al=True))
    assert hit_lines(hit, narrow(28)) == [
        "  1 Slow Rivers",
        "    Ann Poe, Sam Roe et al.",
        "    LG Machine Learning",
        "    2020-05-07 · code",
        "    poe-slow-rivers-0badcafe",
        "    one two three four five",
        "    six seven",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"et_al": True}, "    Ann Poe, Sam Roe et al."),
        ({"categories": ("QQ",)}, "    QQ · 2020-05-07 · code · x1"),
        ({"categories": ("cs.LG",)}, "    cs.LG Machine Learning · 2020-05-07 · code · x1"),
        ({"categories": ()}, "    2020-05-07 · code · x1"),
        (
            {"categories": (), "venue": "River Letters"},
            "    River Letters · 2020-05-07 · code · x1",
        ),
        (
            {"categories": (), "venue": "Proceedings of the Ninth Meeting about All the Rivers"},
            "    Proceedings of the Ninth Meeting about All the Ri… · 2020-05-07 · code · x1",
        ),
        ({"date": None}, "    LG Machine Learning · 2020 · code · x1"),
        ({"date": None, "year": None}, "    LG Machine Learning · code · x1"),
        ({"has_code": False}, "    LG Machine Learning · 2020-05-07 · x1"),
    ],
)
def test_what_a_paper_lacks_leaves_no_gap(changes: dict[str, Any], line: str) -> None:
    assert line in hit_lines(with_paper(**changes))


def test_a_hit_without_abstract_or_authors_has_no_line_for_them() -> None:
    assert len(hit_lines(with_abstract())) == 3
    assert len(hit_lines(with_paper(authors=()))) == 3


def test_what_the_request_left_out_leaves_no_gap() -> None:
    hit = replace(HIT, paper=None, snippets=None)
    assert hit_lines(hit) == ["  1 Slow Rivers", "    poe-slow-rivers-0badcafe"]
    assert hit_lines(replace(hit, title=""))[0] == "  1 (untitled)"


@pytest.mark.parametrize(
    ("count", "et_al", "line"),
    [
        (6, False, "    A1, A2, A3, A4, A5, A6"),
        (6, True, "    A1, A2, A3, A4, A5, A6 et al."),
        (7, False, "    A1, A2, A3, A4, A5, A6, +1 more"),
        (9, True, "    A1, A2, A3, A4, A5, A6, +3 more et al."),
        (2006, False, "    A1, A2, A3, A4, A5, A6, +2,000 more"),
    ],
)
def test_of_many_authors_six_are_named(count: int, et_al: bool, line: str) -> None:
    authors = tuple(f"A{number}" for number in range(1, count + 1))
    assert hit_lines(with_paper(authors=authors, et_al=et_al))[1] == line
    assert NAMED_AUTHORS == 6


def test_a_rank_of_four_figures() -> None:
    assert hit_lines(replace(HIT, rank=1234))[0] == "1234 Slow Rivers"


def test_scores_are_shown_only_where_they_are_asked_for() -> None:
    assert not any("score" in line or "95.5" in line for line in hit_lines(HIT))
    own = "    LG Machine Learning · 2020-05-07 · code · score 95.5 · poe-slow-rivers-0badcafe"
    assert hit_lines(HIT, sort="score")[2] == own
    parts = (ScorePart("river", 2.1, 1.5, 3.25, 1.2), ScorePart("slow", 0.24567, 0.5, 1.0))
    assert hit_lines(replace(HIT, parts=parts), explain=True)[4:] == [
        "       2.346  search score",
        "       2.100  river (idf 1.500 × recurrence 1.200, weighted frequency 3.250)",
        "       0.246  slow (idf 0.500 × recurrence 1.000, weighted frequency 1.000)",
    ]


def test_wide_characters_take_two_columns() -> None:
    hit = replace(HIT, snippets=None, title="深層学習による自然言語処理")
    assert hit_lines(hit, narrow(20))[:2] == ["  1 深層学習による自", "    然言語処理"]


@given(
    title=sentences,
    abstract=sentences,
    authors=st.lists(sentences, max_size=8),
    identity=words,
    width=st.integers(1, 120),
    colour=st.booleans(),
)
def test_every_line_of_a_hit_fits(
    title: str, abstract: str, authors: list[str], identity: str, width: int, colour: bool
) -> None:
    paper = replace(PAPER, authors=tuple(authors), et_al=True)
    snippets = Snippets((Piece(title, True),), (Piece(abstract, False),))
    hit = replace(HIT, id=identity, paper=paper, snippets=snippets)
    for line in hit_lines(hit, Style(colour=colour, width=width)):
        assert columns(without_colour(line)) <= max(width, NARROWEST)


# A page


def test_a_page_is_hits_facets_and_which_hits_these_are() -> None:
    page = replace(ranked(2, 2), facets={"year": counts_of(2020, 2), "author": ()})
    lines = lines_of(page)
    assert (lines[0], lines[5]) == ("  1 Slow Rivers", "  2 Slow Rivers")
    assert lines[4] == lines[9] == ""
    assert lines[10:] == ["year    2020 2", "author  none", "1–2 of 2 papers in papers.index"]


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        (ranked(1, 1), ["1 of 1 paper in papers.index"]),
        (ranked(7, 7), ["1–7 of 7 papers in papers.index"]),
        (
            ranked(10, 1571),
            ["1–10 of 1,571 papers in papers.index", "next: again --limit 10 --page 2"],
        ),
        (
            ranked(5, 16, page=3, limit=5),
            ["11–15 of 16 papers in papers.index", "next: again --limit 5 --page 4"],
        ),
        (ranked(1, 16, page=4, limit=5), ["16 of 16 papers in papers.index"]),
        (ranked(0, 1571, limit=0), ["1,571 papers in papers.index"]),
    ],
)
def test_the_end_of_a_page(page: Page, lines: list[str]) -> None:
    assert lines_of(page)[-len(lines) :] == lines


def test_a_page_that_ran_out_of_time_says_so() -> None:
    page = replace(ranked(2, 5), partial=True)
    assert "1–2 of 5 papers found in time in papers.index" in lines_of(page)
    assert total_text(page, "own") == "5 papers found in time in own"


@pytest.mark.parametrize(
    ("rows", "shown"), [(100, 10), (52, 10), (51, 9), (20, 3), (19, 3), (18, 3), (17, 3), (16, 2)]
)
def test_a_terminal_shows_as_many_hits_as_it_has_rows_for(rows: int, shown: int) -> None:
    # Five rows a hit, two at the end.
    lines = lines_of(ranked(10, 30), narrow(80), rows)
    assert sum(line == "    Ann Poe, Sam Roe" for line in lines) == shown
    assert len(lines) <= rows
    limit, number = (10, 2) if shown == 10 else (shown, 2)
    assert lines[-1] == f"next: again --limit {limit} --page {number}"
    assert lines[-2] == f"1–{shown} of 30 papers in papers.index"


def test_the_best_hit_is_shown_on_the_smallest_terminal() -> None:
    lines = lines_of(ranked(10, 30), narrow(80), rows=3)
    assert lines[0] == "  1 Slow Rivers"
    assert lines[-2:] == ["1 of 30 papers in papers.index", "next: again --limit 1 --page 2"]


def test_a_long_command_takes_the_rows_that_the_terminal_wraps_it_to() -> None:
    def lines(words: int) -> list[str]:
        page = ranked(10, 30)
        return page_text(page, "own", narrow(40), lambda *_: "word " * words, 21)

    assert sum("Slow Rivers" in line for line in lines(1)) == 3
    assert sum("Slow Rivers" in line for line in lines(30)) == 2


# Facets on one line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (None, "year  2020 825 · 2019 334 · 2018 1,121 · 2017 9"),
        (60, "year  2020 825 · 2019 334 · 2018 1,121 · 2017 9"),
        (47, "year  2020 825 · 2019 334 · 2018 1,121 · 2017 9"),
        (46, "year  2020 825 · 2019 334 · 2018 1,121 · … +1"),
        (44, "year  2020 825 · 2019 334 · … +2"),
        (24, "year  2020 825 · … +3"),
        (20, "year  20… 825 · … +3"),
    ],
)
def test_a_facet_takes_one_line(width: int | None, line: str) -> None:
    facets = {"year": counts_of(2020, 825, 2019, 334, 2018, 1121, 2017, 9)}
    assert list(facet_lines(facets, Style(colour=False, width=width))) == [line]


def test_facets_stand_in_columns() -> None:
    facets = {"category": counts_of("LG", 3), "year": counts_of(2020, 3), "code": ()}
    assert list(facet_lines(facets, PLAIN)) == [
        "category  LG 3",
        "year      2020 3",
        "code      none",
    ]
    assert list(facet_lines({"year": counts_of(2020, 3)}, COLOUR)) == [
        f"{BOLD}year{OFF}  2020 {DIM}3{OFF}"
    ]


def test_a_facet_of_many_values_is_cut_in_a_pipe_too() -> None:
    counts = tuple(FacetCount(f"A{number}", 1) for number in range(FACET_VALUES + 1500))
    (line,) = facet_lines({"author": counts}, PLAIN)
    assert line.count(" 1 · ") == FACET_VALUES
    assert line.endswith(" · … +1,500")


@given(
    values=st.lists(st.tuples(words, st.integers(1, 10**6)), max_size=20),
    width=st.integers(1, 120),
    colour=st.booleans(),
)
def test_every_facet_line_fits(values: list[tuple[str, int]], width: int, colour: bool) -> None:
    facets = {"author": tuple(FacetCount(*value) for value in values)}
    (line,) = facet_lines(facets, Style(colour=colour, width=width))
    assert columns(without_colour(line)) <= max(width, NARROWEST)


# Facets and their bars


def test_facets_as_bars() -> None:
    facets = {"category": counts_of("LG", 30, "CV", 10, "QQ", 1), "year": counts_of(2024, 2)}
    assert list(facets_text(facets, PLAIN)) == [
        "category",
        f"  LG Machine Learning                         {'█' * 30} 30",
        f"  CV Computer Vision and Pattern Recognition  {'█' * 10} 10",
        "  QQ                                          █ 1",
        "",
        "year",
        f"  2024  {'█' * 30} 2",
        "",
    ]


def test_bars_in_colour() -> None:
    name, line, _ = facets_text({"year": counts_of(2024, 1)}, COLOUR)
    assert name == f"{BOLD}year{OFF}"
    assert line == f"  2024  {DIM}{'█' * 30}{OFF} 1"


def test_bars_give_way_to_labels_on_a_narrow_terminal() -> None:
    facets = {"category": counts_of("LG", 30, "CV", 10)}
    assert list(facets_text(facets, narrow(50)))[1:3] == [
        f"  LG Machine Learning            {'█' * 14} 30",
        "  CV Computer Vision and Patte…  █████ 10",
    ]


def test_a_facet_of_nothing() -> None:
    assert list(facets_text({"author": ()}, PLAIN)) == ["author", "  none", ""]
    assert list(facets_text({}, PLAIN)) == []


@pytest.mark.parametrize(
    ("values", "limit", "last"),
    [
        (12, None, None),
        (12, 12, None),
        (13, 12, "  and 1 more"),
        (1512, 12, "  and 1,500 more"),
        (3, 0, "  and 3 more"),
    ],
)
def test_a_limit_cuts_each_facet(values: int, limit: int | None, last: str | None) -> None:
    counts = tuple(FacetCount(f"Author {n:05}", 1) for n in range(values))
    lines = list(facets_text({"author": counts}, PLAIN, limit))
    assert sum("█" in line for line in lines) == min(values, values if limit is None else limit)
    assert [line for line in lines if "more" in line] == ([last] if last else [])


@given(
    counts=st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
    width=st.one_of(st.none(), st.integers(1, 120)),
)
@example(counts=[1, 1000], width=None)
def test_bars_are_to_scale(counts: list[int], width: int | None) -> None:
    facet = tuple(FacetCount(f"v{n}", count) for n, count in enumerate(counts))
    _, *lines, _ = facets_text({"code": facet}, Style(colour=False, width=width))
    assert [int(line.split()[-1].replace(",", "")) for line in lines] == counts
    bars = [line.count("█") for line in lines]
    longest = max(bars)
    assert longest <= BAR_CELLS
    assert longest == BAR_CELLS or width is not None
    for bar, count in zip(bars, counts, strict=True):
        assert bar >= 1
        assert bar == 1 or abs(bar - longest * count / max(counts)) <= 0.5


@given(
    values=st.lists(st.tuples(sentences, st.integers(1, 10**6)), min_size=1, max_size=9),
    width=st.integers(1, 120),
)
def test_every_bar_fits(values: list[tuple[str, int]], width: int) -> None:
    facet = tuple(FacetCount(*value) for value in values)
    lines = list(facets_text({"author": facet}, narrow(width)))
    assert all(columns(line) <= max(width, NARROWEST) for line in lines)


def test_counts_stand_in_one_column_after_the_names() -> None:
    facet = counts_of("A. B.", 3, "王小明", 3, "A Very Long Name of Somebody", 3)
    _, *lines, _ = facets_text({"author": facet}, PLAIN)
    assert len({columns(line[: line.index("█")]) for line in lines}) == 1


# A paper


def test_a_paper_as_text() -> None:
    assert list(paper_text(replace(PAPER, et_al=True), PLAIN)) == [
        "Slow Rivers",
        "Ann Poe, Sam Roe et al.",
        "",
        "We map rivers. They are slow.",
        "",
        "id:           poe-slow-rivers-0badcafe",
        "category:     LG Machine Learning",
        "date:         2020-05-07",
        "code:         yes",
        "institutions: delta, ford",
        "score:        95.5",
        "pages of:     Sam Roe",
        "cite as:      Poe, A., Roe, S. et al. (2020). Slow Rivers.",
        "read from:    /seeds/sam-roe.txt:12, /seeds/ann-poe.txt:40",
    ]


def test_where_a_paper_appeared_and_what_it_is_called() -> None:
    paper = Paper(
        "x1",
        "Slow Rivers",
        year=2020,
        date="2020-04",
        date_text="Spring 2020",
        venue="River Letters",
        volume="7",
        issue="2",
        pages="1-9",
        type="article",
        status="retracted",
        language="de",
        keywords=("rivers", "moss"),
        cited_by=1_234,
        identifiers=(Identifier("doi", "10.5555/12"), Identifier("pmid", "7")),
        urls=(Link("page", "https://moss.example/x1"), Link("pdf", "https://moss.example/x1.pdf")),
    )
    assert list(paper_text(paper, PLAIN))[2:] == [
        "id:           x1",
        "date:         2020-04 (Spring 2020)",
        "venue:        River Letters 7(2), 1-9",
        "type:         article, retracted",
        "language:     de",
        "keywords:     rivers; moss",
        "cited by:     1,234",
        "identifiers:  doi:10.5555/12, pmid:7",
        "links:        https://moss.example/x1",
        "              https://doi.org/10.5555/12",
        "              https://pubmed.ncbi.nlm.nih.gov/7/",
        "              https://moss.example/x1.pdf",
        "cite as:      (2020). Slow Rivers. River Letters, 7(2), 1-9. https://doi.org/10.5555/12",
    ]


def test_the_title_is_a_link_where_the_terminal_shows_them() -> None:
    hit = with_paper(urls=(Link("page", "https://moss.example/ä b"),))
    link, end = "\x1b]8;;https://moss.example/%C3%A4%20b\x1b\\", "\x1b]8;;\x1b\\"
    assert hit.paper
    linking = PLAIN._replace(links=True)
    lines = [hit_lines(hit, linking)[0], next(paper_text(hit.paper, linking))]
    assert lines == [f"  {link}1 Slow Rivers{end}", f"{link}Slow Rivers{end}"]
    assert hit_lines(hit)[0] == "  1 Slow Rivers"
    without = with_paper(urls=(), identifiers=())
    assert hit_lines(without, linking) == hit_lines(without)


def test_links_change_no_line_end() -> None:
    paper = replace(PAPER, title="Slow rivers " * 9, identifiers=(Identifier("doi", "10.5555/12"),))
    plain = list(paper_text(paper, narrow(40)))
    linked = list(paper_text(paper, narrow(40)._replace(links=True)))
    assert [re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", line) for line in linked] == plain


def test_a_paper_that_has_little() -> None:
    lines = list(paper_text(Paper(id="x1", title="Bare"), PLAIN))
    assert lines == ["Bare", "", "id:           x1"]


@pytest.mark.parametrize(("score", "line"), [(0.0, "0"), (4.1, "4.1"), (87.8, "87.8"), (90, "90")])
def test_a_score_of_a_paper(score: float, line: str) -> None:
    assert f"score:        {line}" in list(paper_text(replace(PAPER, score=score), PLAIN))


def test_a_year_stands_in_for_a_date() -> None:
    assert "date:         2020" in list(paper_text(replace(PAPER, date=None), PLAIN))


def test_all_authors_of_a_paper_are_named() -> None:
    authors = tuple(f"A{number}" for number in range(1, 30))
    assert list(paper_text(replace(PAPER, authors=authors), PLAIN))[1] == ", ".join(authors)


def test_all_that_is_known_of_a_paper_is_shown() -> None:
    shown = "\n".join(paper_text(FULL, PLAIN))
    texts = [FULL.title, *FULL.abstract.split("\n"), *FULL.authors, *FULL.editors, *FULL.keywords]
    texts += [*FULL.other_names, *FULL.institutions, *FULL.owners, *FULL.categories]
    texts += [one.text for one in (*FULL.other_titles, *FULL.other_abstracts)]
    texts += [str(one) for one in FULL.identifiers] + [link.url for link in FULL.urls]
    texts += [FULL.venue, FULL.publisher, FULL.type, FULL.status, FULL.language, FULL.comments]
    texts += [FULL.date or "", FULL.date_text, FULL.updated, FULL.volume, FULL.pages]
    assert [text for text in texts if text not in shown] == []


def test_a_paper_is_wrapped_and_bold_on_a_terminal() -> None:
    abstract = "one two three four five six seven"
    paper = replace(PAPER, abstract=abstract, institutions=("delta of the Nile", "ford"))
    lines = list(paper_text(paper, Style(colour=True, width=24)))
    assert lines[0] == f"{BOLD}Slow Rivers{OFF}"
    assert lines[3:5] == ["one two three four five", "six seven"]
    start = lines.index("institutions: delta of")
    assert lines[start : start + 3] == [
        "institutions: delta of",
        "              the Nile,",
        "              ford",
    ]


# Text of strangers


@given(text=texts)
def test_no_text_of_a_paper_steers_the_terminal(text: str) -> None:
    pieces = (Piece(text, False), Piece(text or "x", True))
    paper = replace(
        PAPER,
        id=text,
        title=text,
        abstract=text,
        authors=(text,),
        categories=(text,),
        date=text,
        institutions=(text,),
        owners=(text,),
        sources=(Source(text, 1),),
    )
    hit = Hit(
        1, text, text, 1.0, paper, Snippets(pieces, pieces), (ScorePart(text, 1.0, 1.0, 1.0),)
    )
    facets = {"author": counts_of(text, 1), "category": counts_of(text, 1)}
    page = replace(PAGE, hits=(hit,), facets=facets)
    for style in (PLAIN, COLOUR, Style(colour=True, width=30)):
        lines = [
            *page_text(page, text, style, next_command),
            *facets_text(facets, style),
            *paper_text(paper, style),
        ]
        for line in lines:
            assert not STEERING.search(without_colour(line)), ascii(line)
            assert style.colour or "\x1b" not in line
