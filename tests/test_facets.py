"""Facets: columns and counts by hand, and the counts of an index against a count without it.

The law: each facet counts the papers that match the query and every filter except its own.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import searcher
from index import Paper, Source, open_writer
from index.fields import FACETS as FACET_FIELDS
from index.paper import Copy
from searcher.engines.local.facets import Column, count
from searcher.page import FacetCount

FACETS = tuple(FACET_FIELDS)

Value = str | int


def pairs(counts: tuple[FacetCount, ...]) -> list[tuple[Value, int]]:
    return [(entry.value, entry.count) for entry in counts]


# Columns and counts by hand.

# One category a paper, or none.
SINGLE = Column(("LG", None, "CL"), np.array([0, 1, 2, 0, 0]))
# Rows of authors: a paper may have any number.
LISTED = Column(("Bo", "Li", "Jo"), np.array([0, 1, 0, 2, 0, 1]), np.array([0, 2, 2, 3, 5, 6]))
YEARS = Column((None, *range(1, 2025)), np.array([2022, 2024, 2022, 0, 999]))


def of(*papers: int) -> NDArray[np.int64]:
    return np.array(papers, np.int64)


@pytest.mark.parametrize("most", range(6))
def test_the_first_values_are_those_of_all(most: int) -> None:
    papers = of(0, 1, 2, 3, 4)
    for facet, column in (("category", SINGLE), ("author", LISTED), ("year", YEARS)):
        assert count(facet, column, papers, most) == count(facet, column, papers)[:most]


@pytest.mark.parametrize(
    ("facet", "column", "papers", "expected"),
    [
        ("category", SINGLE, of(0, 1, 2, 3, 4), [("LG", 3), ("CL", 1)]),
        ("category", SINGLE, of(1, 2), [("CL", 1)]),
        ("category", SINGLE, of(1), []),
        ("category", SINGLE, of(), []),
        ("author", LISTED, of(0, 1, 2, 3, 4), [("Bo", 3), ("Li", 2), ("Jo", 1)]),
        ("author", LISTED, of(3, 4), [("Bo", 1), ("Jo", 1), ("Li", 1)]),
        ("author", LISTED, of(1), []),
        ("author", LISTED, of(), []),
        ("author", Column((), of(), of(0, 0)), of(0), []),
        # By value where counts are equal, as the characters are ordered.
        (
            "category",
            Column(("b", "a", "B"), of(0, 1, 2, 1)),
            of(0, 1, 2, 3),
            [("a", 2), ("B", 1), ("b", 1)],
        ),
        ("year", YEARS, of(0, 1, 2, 3, 4), [(2024, 1), (2022, 2), (999, 1)]),
        ("year", YEARS, of(3), []),
    ],
)
def test_count(
    facet: str, column: Column, papers: NDArray[np.int64], expected: list[tuple[Value, int]]
) -> None:
    assert pairs(count(facet, column, papers)) == expected


row_lists = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["LG", "CL", "CV", "lg", "ü"]), max_size=4, unique=True),
        st.booleans(),
    ),
    max_size=20,
)


@settings(max_examples=100)
@given(row_lists, st.none() | st.integers(1, 4))
def test_counting_a_column_is_counting_its_rows(
    rows: list[tuple[list[Value], bool]], width: int | None
) -> None:
    """A row of a column of some width has as many of its values; without one it has all."""
    rows = [(values[:width], chosen) for values, chosen in rows]
    labels: list[Value | None] = [None, "ü", "CV", "LG", "lg", "CL"]
    codes = [[labels.index(value) for value in values] for values, _ in rows]
    if width is None:
        starts = np.cumsum([0, *map(len, codes)])
        column = Column(labels, np.array([code for row in codes for code in row], np.int64), starts)
    else:
        table = [[*row, *[0] * (width - len(row))] for row in codes]
        shape = (len(rows), width) if width > 1 else len(rows)
        column = Column(labels, np.array(table, np.int64).reshape(shape))
    papers = np.flatnonzero(np.array([chosen for _, chosen in rows], dtype=np.bool_))
    expected = Counter(value for values, chosen in rows if chosen for value in values)
    order = sorted(expected.items(), key=lambda item: (-item[1], str(item[0])))
    assert pairs(count("category", column, papers)) == order


# The counts of an index.

WORDS = "ant bee elk fox gnu".split()
CATEGORIES = {"LG": "Machine Learning", "CL": "Computation and Language", "ZZ": "ZZ"}
# Two spellings of one name are one value of the facet, printed as the commoner one.
AUTHORS = ["Bo Han", "BO HAN", "Bo  han", "Han Li", "Bo Li", "Jürgen Müller", "Ng", "张三"]
INSTITUTIONS = ["MIT", "mit", "Stanford University", "ETH Zürich"]


VENUES = ["River Letters", "river letters", "Proc. of Lakes"]
KEYWORDS = ["deep rivers", "Deep Rivers", "C", "C++", "moss"]


@dataclass(frozen=True)
class Record:
    """One paper as the index is given it."""

    id: str
    title: str
    category: str
    year: int | None
    authors: tuple[str, ...]
    institutions: tuple[str, ...] = ()
    code: bool = False
    venue: str = ""
    keywords: tuple[str, ...] = ()
    type: str = ""
    language: str = ""


def random_records(seed: int) -> list[Record]:
    source = random.Random(seed)
    size = [1, 2, 5, 12, 40][seed % 5]

    def some(values: list[str], most: int) -> tuple[str, ...]:
        return tuple(source.sample(values, source.randint(0, most)))

    return [
        Record(
            id=f"p{number:02}",
            title=" ".join(some(WORDS, 4)) or "ant",
            category=source.choice(list(CATEGORIES)),
            year=source.choice([None, 1999, 2022, 2023, 2024, 2025]),
            authors=tuple(" ".join(name.split()) for name in some(AUTHORS, 4)),
            institutions=some(INSTITUTIONS, 2),
            code=source.random() < 0.4,
            venue=source.choice(["", *VENUES]),
            keywords=some(KEYWORDS, 3),
            type=source.choice(["", "article", "thesis"]),
            language=source.choice(["", "de", "en"]),
        )
        for number in range(size)
    ]


def paper(record: Record) -> Paper:
    return Paper(
        record.id,
        record.title,
        categories=(record.category,) if record.category else (),
        year=record.year,
        authors=record.authors,
        institutions=record.institutions,
        has_code=record.code,
        venue=record.venue,
        keywords=record.keywords,
        type=record.type,
        language=record.language,
        sources=(Source("/papers.jsonl", 1),),
    )


@dataclass(frozen=True)
class Corpus:
    """The same papers as a plain list and as an index."""

    records: list[Record] = field(repr=False)
    papers: searcher.Collection
    values: dict[str, list[set[Value]]] = field(repr=False)
    """By facet, paper by paper, what ``values_of`` returns."""


@pytest.fixture(scope="module", params=range(5), ids=lambda seed: f"corpus{seed}")
def corpus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Corpus]:
    """Index random papers, in two commits with papers changed and dropped on the way."""
    folder = tmp_path_factory.mktemp("facets")
    records = random_records(request.param)
    older = [Record("gone", "ant bee", "CV", 1980, ("Zoe Old",), ("Old Place",), True)]
    older += [Record(r.id, "elk", "CV", 1980, ("Zoe Old",), (), True) for r in records[::2]]
    build(folder, older)
    build(folder, records)
    with searcher.open(folder / "index") as papers:
        assert len(papers) == len(records)
        yield Corpus(records, papers, {facet: values_of(facet, records) for facet in FACETS})


def build(folder: Path, records: list[Record]) -> None:
    """Make the index of a folder hold just these papers."""
    with (
        searcher.open(folder / "index") if (folder / "index").exists() else nullcontext() as former
    ):
        ids = {one.id for one in former.all()} if former else set()
    with open_writer(str(folder / "index")) as writer:
        for record in records:
            replaced = writer.entries([record.id]).get(record.id)
            writer.add([Copy.of(paper(record))], (), replaces=replaced)
        for entry in writer.entries(sorted(ids - {record.id for record in records})).values():
            writer.delete(entry)
        writer.commit()


def folded(name: str) -> str:
    """Return a name as the index compares it; these few need no general rule."""
    return " ".join(name.casefold().replace("ü", "u").split())


def is_named(wanted: str, name: str) -> bool:
    """Tell whether each part of ``wanted`` is a part of the name, or a letter one begins with."""
    name_parts = folded(name).replace("张三", "张 三").split()
    return all(
        any(part == own or (len(part) == 1 and own.startswith(part)) for own in name_parts)
        for part in folded(wanted).replace(",", " ").replace(".", " ").split()
    )


def is_in_years(text: str, year: int | None) -> bool:
    if year is None:
        return False
    if text.startswith(">="):
        return year >= int(text[2:])
    if text.startswith("<"):
        return year < int(text[1:])
    low, dots, high = text.partition("..")
    first, last = sorted((int(low or 1), int((high or 9999) if dots else low)))
    return first <= year <= last


def is_in_category(wanted: str, code: str) -> bool:
    names = {code, CATEGORIES.get(code, code)}
    return bool(code) and wanted.casefold() in {name.casefold() for name in names}


Filters = dict[str, tuple[str, ...]]

TESTS: dict[str, Callable[[Record, str], bool]] = {
    "category": lambda record, wanted: is_in_category(wanted, record.category),
    "year": lambda record, wanted: is_in_years(wanted, record.year),
    "author": lambda record, wanted: any(is_named(wanted, name) for name in record.authors),
    "institution": lambda record, wanted: any(
        is_named(wanted, name) for name in record.institutions
    ),
    "code": lambda record, wanted: record.code is (wanted == "yes"),
}
QUERIES: dict[str, Callable[[Record], bool]] = {
    "*": lambda _: True,
    "ant": lambda record: "ant" in record.title.split(),
    "ant OR elk": lambda record: not {"ant", "elk"}.isdisjoint(record.title.split()),
    "bee -fox": lambda record: "bee" in record.title.split() and "fox" not in record.title.split(),
    "-gnu": lambda record: "gnu" not in record.title.split(),
    "cat:LG": lambda record: record.category == "LG",
    "year:2023.. OR has:code": lambda record: (record.year or 0) >= 2023 or record.code,
    'author:"Bo Han"': lambda record: any(is_named("Bo Han", name) for name in record.authors),
    "zebra": lambda _: False,
}


NAMES: dict[str, Callable[[Record], tuple[str, ...]]] = {
    "author": lambda record: record.authors,
    "institution": lambda record: record.institutions,
    "venue": lambda record: (record.venue,) if record.venue else (),
    "keyword": lambda record: record.keywords,
}


def passes(record: Record, filters: Filters, left_out: str = "") -> bool:
    return all(
        any(TESTS[facet](record, value) for value in values)
        for facet, values in filters.items()
        if values and facet != left_out
    )


def values_of(facet: str, records: list[Record]) -> list[set[Value]]:
    """Return, paper by paper, the values of a facet, a name in its commonest spelling."""
    if facet == "category":
        return [{record.category} if record.category else set() for record in records]
    if facet == "year":
        return [{record.year} if record.year else set() for record in records]
    if facet == "code":
        return [{"yes" if record.code else "no"} for record in records]
    if facet in ("type", "language"):
        return [{value} if (value := getattr(record, facet)) else set() for record in records]
    rows = [NAMES[facet](record) for record in records]
    uses = Counter(name for row in rows for name in row)
    printed: dict[str, Value] = {}
    for name in sorted(uses, key=lambda name: (-uses[name], name)):
        printed.setdefault(folded(name), name)
    return [{printed[folded(name)] for name in row} for row in rows]


def counted(corpus: Corpus, query: str, filters: Filters, facet: str) -> list[tuple[Value, int]]:
    """Count a facet without the index, in the order it is printed in."""
    counts: Counter[Value] = Counter()
    for record, values in zip(corpus.records, corpus.values[facet], strict=True):
        if QUERIES[query](record) and passes(record, filters, left_out=facet):
            counts.update(values)
    if facet == "year":
        return sorted(counts.items(), reverse=True)
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def some_of(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return up to two of ``values``, most often none."""
    return st.one_of(
        st.just(()), st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)
    )


any_filters = st.fixed_dictionaries(
    {
        "category": some_of("LG", "lg", "Machine Learning", "CL", "ZZ", "QQ"),
        "year": some_of("2023", "2022..2024", "2023..", "..2022", ">=2024", "<2023", "2024..2022"),
        "author": some_of("Bo Han", "Han, Bo", "B. Han", "Han", "Müller", "J Müller", "Nobody"),
        "institution": some_of("MIT", "stanford", "Zürich", "Nowhere"),
        "code": st.sampled_from([(), ("yes",), ("no",)]),
    }
)


def search(corpus: Corpus, query: str, filters: Filters, *, limit: int) -> searcher.Page:
    has_code = {(): None, ("yes",): True, ("no",): False}[filters.get("code", ())]
    return corpus.papers.search(
        query,
        category=filters.get("category", ()),
        year=filters.get("year", ()),
        author=filters.get("author", ()),
        institution=filters.get("institution", ()),
        has_code=has_code,
        facets=FACETS,
        limit=limit,
    )


@given(st.sampled_from(list(QUERIES)), any_filters)
def test_facets_count_what_matches_with_every_filter_but_their_own(
    corpus: Corpus, query: str, filters: Filters
) -> None:
    page = search(corpus, query, filters, limit=0)
    assert page.facets
    assert {facet: pairs(page.facets[facet]) for facet in FACETS} == {
        facet: counted(corpus, query, filters, facet) for facet in FACETS
    }
    matching = [r for r in corpus.records if QUERIES[query](r) and passes(r, filters)]
    assert (page.total, page.hits) == (len(matching), ())


@given(st.sampled_from(list(QUERIES)), any_filters)
def test_the_papers_found_are_those_that_pass_every_filter(
    corpus: Corpus, query: str, filters: Filters
) -> None:
    page = search(corpus, query, filters, limit=100)
    matching = {r.id for r in corpus.records if QUERIES[query](r) and passes(r, filters)}
    assert {hit.id for hit in page.hits} == matching


@pytest.mark.parametrize("query", QUERIES)
def test_facets_without_a_filter(corpus: Corpus, query: str) -> None:
    page = search(corpus, query, {}, limit=1)
    assert page.facets
    for facet in FACETS:
        assert pairs(page.facets[facet]) == counted(corpus, query, {}, facet)


@given(any_filters, st.sampled_from(["category", "year", "code"]))
def test_a_count_is_the_total_after_choosing_its_value(
    corpus: Corpus, filters: Filters, facet: str
) -> None:
    page = search(corpus, "*", filters, limit=0)
    assert page.facets
    for entry in page.facets[facet]:
        chosen = filters | {facet: (str(entry.value),)}
        assert search(corpus, "*", chosen, limit=0).total == entry.count, entry


@pytest.mark.parametrize("facets", [[], ["year"], ["code", "category"], ["year", "author", "code"]])
def test_facets_are_those_asked_for_in_that_order(corpus: Corpus, facets: list[str]) -> None:
    assert list(corpus.papers.search("*", facets=facets).facets or ()) == facets


def test_an_unknown_facet_is_refused_with_those_there_are(corpus: Corpus) -> None:
    with pytest.raises(searcher.BadRequestError, match=r"'colour'.*category, year, code, author"):
        corpus.papers.search("*", facets=["colour"])


@pytest.mark.parametrize(
    ("filters", "code", "name"),
    [
        ({"category": ("QQ",)}, "no-such-category", "'QQ'"),
        ({"category": ("CV",)}, "no-such-category", "'CV'"),  # of papers that are gone
        ({"author": ("Nobody",)}, "no-such-name", "'Nobody'"),
        ({"author": ("Zoe Old",)}, "no-such-name", "'Zoe Old'"),  # of papers that are gone
        ({"institution": ("Nowhere",)}, "no-such-name", "'Nowhere'"),
    ],
    ids=str,
)
def test_a_filter_that_no_paper_passes_is_said(
    corpus: Corpus, filters: Filters, code: str, name: str
) -> None:
    page = search(corpus, "*", filters, limit=5)
    assert page.total == 0
    assert [diagnostic.code for diagnostic in page.diagnostics] == [code]
    assert name in page.diagnostics[0].message
    own = next(iter(filters))
    assert page.facets
    assert pairs(page.facets[own]) == counted(corpus, "*", {}, own)


def test_a_relaxed_search_counts_what_it_found(corpus: Corpus) -> None:
    query, any_word = "ant zebra", "ant"
    page = search(corpus, query, {"code": ("yes",)}, limit=100)
    expected = search(corpus, any_word, {"code": ("yes",)}, limit=100)
    assert page.relaxed is bool(expected.total)
    assert page.total == expected.total
    if page.relaxed:
        assert page.facets == expected.facets


def test_a_name_is_printed_in_its_commonest_spelling(tmp_path: Path) -> None:
    spellings = ["Bo Han", "BO HAN", "bo han", "BO HAN", "Bo Han", "Jo Li", "jo li"]
    build(
        tmp_path,
        [Record(str(n), "ant", "LG", 2024, (name,), (), False) for n, name in enumerate(spellings)],
    )
    with searcher.open(tmp_path / "index") as papers:
        facets = papers.search("*", facets=["author"]).facets
    assert facets
    assert pairs(facets["author"]) == [("BO HAN", 5), ("Jo Li", 2)]


def test_papers_that_are_gone_leave_no_trace_in_how_a_name_is_printed(tmp_path: Path) -> None:
    older = [Record(f"x{n}", "ant", "LG", 2024, ("BO HAN",), (), False) for n in range(5)]
    newer = [Record("new", "ant", "LG", 2024, ("Bo Han",), (), False)]
    build(tmp_path, older + newer)
    build(tmp_path, newer)
    with searcher.open(tmp_path / "index") as papers:
        facets = papers.search("*", facets=["author"]).facets
    assert facets
    assert pairs(facets["author"]) == [("Bo Han", 1)]
