"""Suggestions: what completes a beginning, in which order, and that each finds what it says.

The papers and names are invented.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import searcher
from index import Paper
from index.analysis import plain_forms
from index.names import name_terms
from searcher.cli.suggesting import suggest
from searcher.output.layout import Style
from searcher.output.terminal import suggestions_text
from searcher.suggesting import KINDS, USUAL_KINDS, read
from tests.writing import commit, delete, paper

PAPERS = (
    ("Moss and fern on slow rivers", ("Jürgen Müller", "Ann B. Quill"), "Journal of Moss", 2001),
    ("Mosses of the north", ("Jürgen Müller", "Li-Na Chen"), "Journal of Moss", 2005),
    ("A note on moss", ("Neal Quill, Jr.", "Ann Quill"), "Letters on Fern", 2003),
    ("Fern-tree growth near slow seas", ("D. K. Kim", "Morgan Moss"), "Letters on Fern", 2004),
    ("Slow seas", ("Ann Quill",), "Journal of Moss", 2004),
    ("Editorial", ("Ann Quill",), "", 1999),
    ("Editorial", ("Neal Quill, Jr.",), "", 2000),
    ("Über Moose", ("Jürgen Müller",), "Annalen der Moose", 1999),
)


def built(directory: Path, papers: Iterable[Paper]) -> Path:
    commit(directory, *papers)
    return directory


def made() -> list[Paper]:
    return [
        replace(
            paper(number),
            title=title,
            abstract="",
            authors=authors,
            venue=venue,
            year=year,
            categories=("cs.LG",) if number < 4 else ("stat.ML",),
            institutions=("University of Moss",) if number < 2 else (),
        )
        for number, (title, authors, venue, year) in enumerate(PAPERS)
    ]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterable[searcher.Collection]:
    with searcher.open(built(tmp_path_factory.mktemp("made") / "index", made())) as opened:
        yield opened


def suggested(papers: searcher.Collection, prefix: str, *kinds: Any) -> list[str]:
    return [one.text for one in papers.suggest(prefix, limit=20, kinds=kinds or None)]


@pytest.mark.parametrize(
    ("kind", "prefix", "expected"),
    [
        # Names: any part, accents or not, in either order, those of most papers first.
        ("author", "mul", ["Jürgen Müller"]),
        ("author", "Mül", ["Jürgen Müller"]),
        ("author", "muel", ["Jürgen Müller"]),
        ("author", "jur", ["Jürgen Müller"]),
        ("author", "müller, j", ["Jürgen Müller"]),
        ("author", "muller j", ["Jürgen Müller"]),
        ("author", "j mül", ["Jürgen Müller"]),
        ("author", "J. Mül", ["Jürgen Müller"]),
        ("author", "q", ["Ann Quill", "Neal Quill, Jr."]),
        ("author", "quill", ["Ann Quill", "Neal Quill, Jr."]),
        ("author", "quill a", ["Ann Quill"]),
        ("author", "ann b", ["Ann B. Quill"]),
        ("author", "li-n", ["Li-Na Chen"]),
        ("author", "d k k", ["D. K. Kim"]),
        ("author", "m", ["Jürgen Müller", "Morgan Moss"]),
        ("author", "quill moss", []),
        ("author", "ill", []),
        ("institution", "moss", ["University of Moss"]),
        # Titles: words in any order, the last begun; those that begin so first, then newer ones.
        ("title", "mos", ["Mosses of the north", "Moss and fern on slow rivers", "A note on moss"]),
        ("title", "moss ", ["Moss and fern on slow rivers", "A note on moss"]),
        ("title", "slow", ["Slow seas", "Fern-tree growth near slow seas", PAPERS[0][0]]),
        ("title", "seas sl", ["Slow seas", "Fern-tree growth near slow seas"]),
        ("title", "ferntr", ["Fern-tree growth near slow seas"]),
        ("title", "fern-tr", ["Fern-tree growth near slow seas"]),
        ("title", "edit", ["Editorial"]),
        ("title", "uber", ["Über Moose"]),
        ("title", "ueber m", ["Über Moose"]),
        ("title", "", []),
        ("title", "moss mo", []),
        # Venues and categories, by code or name.
        ("venue", "jour", ["Journal of Moss"]),
        ("venue", "mo", ["Journal of Moss", "Annalen der Moose"]),
        ("venue", "", ["Journal of Moss", "Letters on Fern", "Annalen der Moose"]),
        ("category", "cs", ["cs", "cs.LG"]),
        ("category", "cs.l", ["cs.LG"]),
        ("category", "mach", ["cs.LG", "stat.ML"]),
        # Ids, as they are written or in other letters.
        ("id", "p1", ["p1"]),
        ("id", "P", [f"p{number}" for number in range(len(PAPERS))]),
        ("id", "q", []),
        ("phrase", "moss", []),
    ],
)
def test_a_beginning_is_completed(
    papers: searcher.Collection, kind: str, prefix: str, expected: list[str]
) -> None:
    assert suggested(papers, prefix, kind) == expected


def test_the_spellings_of_a_person_are_one_suggestion(papers: searcher.Collection) -> None:
    (quill,) = papers.suggest("ann", kinds=["author"])
    assert (quill.text, quill.papers, quill.query) == ("Ann Quill", 4, 'author:"Ann Quill"')


def test_an_umlaut_and_what_stands_for_it_are_one_suggestion(tmp_path: Path) -> None:
    names = ("Jörg Rood", "Joerg Rood", "Jörg Rood", "Joergen Rood")
    made = [replace(paper(number), authors=(name,)) for number, name in enumerate(names)]
    with searcher.open(built(tmp_path / "index", made)) as papers:
        found = papers.suggest("rood", kinds=["author"])
        assert [one.papers for one in found] == [3, 1]
        assert papers.search(found[0].query).total == 3


def test_a_narrow_terminal_has_counts_in_a_column_and_titles_whole(
    papers: searcher.Collection,
) -> None:
    found = papers.suggest("slow", kinds=["title"])
    lines = list(suggestions_text(found, Style(colour=False, width=40)))
    assert lines == [
        "title  Slow seas                 1 paper",
        "title  Fern-tree growth near     1 paper",
        "       slow seas",
        "title  Moss and fern on slow     1 paper",
        "       rivers",
    ]


def test_a_title_that_several_papers_have_is_one_suggestion(papers: searcher.Collection) -> None:
    (editorial,) = papers.suggest("editor")
    assert (editorial.papers, editorial.query) == (2, 'title:"Editorial"')
    (other,) = papers.suggest("a note")
    assert (other.papers, other.query) == (1, 'id:"p2"')


def test_kinds_share_the_limit(papers: searcher.Collection) -> None:
    for limit in range(12):
        kinds = Counter(one.kind for one in papers.suggest("mo", limit=limit))
        assert sum(kinds.values()) == min(limit, 8)
        assert max(kinds.values(), default=0) - min(kinds.values(), default=0) <= max(limit - 5, 1)
    first, *_ = papers.suggest("moss")
    assert first.kind == "venue"


def test_the_verb_has_the_kinds_of_the_library() -> None:
    (option,) = [one for one in suggest.params if one.name == "kinds"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == KINDS


def test_ids_are_suggested_only_when_asked_for(papers: searcher.Collection) -> None:
    assert set(KINDS) - set(USUAL_KINDS) == {"id"}
    assert papers.suggest("p") == ()


def test_words_typed_are_read_as_they_are_indexed() -> None:
    assert read("Fern-tr") == ("Fern-tr", ("fern",), "tr")
    assert read("Fern tree ") == ("Fern tree", ("fern", "tree"), "")
    assert read(" ?! ") == ("?!", (), "")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"prefix": 3}, "prefix is 3"),
        ({"prefix": b"moss"}, "prefix is b'moss'"),
        ({"limit": -1}, "limit is -1"),
        ({"limit": "x"}, "limit is 'x'"),
        ({"kinds": ["word"]}, "no suggestions of 'word'"),
        ({"kinds": 3}, "kinds is 3"),
    ],
)
def test_what_has_no_meaning_is_refused(
    papers: searcher.Collection, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(searcher.BadRequestError, match=named):
        papers.suggest(**{"prefix": "moss", **options})


def test_one_kind_stands_for_a_list(papers: searcher.Collection) -> None:
    assert papers.suggest("moss", kinds="venue") == papers.suggest("moss", kinds=["venue"])  # type: ignore[arg-type]


def test_a_closed_collection_suggests_nothing(papers: searcher.Collection) -> None:
    closed = searcher.open(papers.directories)
    closed.close()
    with pytest.raises(searcher.ClosedError):
        closed.suggest("moss")


# Laws over small indexes of many commits

WORDS = "ab abb b ba bab a-b Ä".split()
NAMES = "ab ba bab Äb A. B. Ba-ab".split()


def drawn(number: int, seed: int) -> Paper:
    rng = random.Random(seed * 100 + number)

    def words(most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randrange(1, most)))

    return replace(
        paper(number),
        title=words(5),
        abstract=words(9),
        authors=tuple(" ".join(rng.choices(NAMES, k=2)) for _ in range(rng.randrange(4))),
        venue=rng.choice(["", words(3)]),
        institutions=tuple(words(3) for _ in range(rng.randrange(2))),
        categories=(rng.choice(["LG", "cs.CL", "abb"]),),
        year=rng.randrange(2000, 2003),
        cited_by=rng.choice([None, 0, 3]),
    )


indexes = st.lists(
    st.tuples(st.sets(st.integers(0, 9), max_size=6), st.sets(st.integers(0, 9), max_size=2)),
    min_size=1,
    max_size=3,
)
beginnings = st.text(st.sampled_from("abÄ -."), max_size=5)
laws = settings(max_examples=25, phases=[Phase.generate])


def grown(directory: Path, commits: Sequence[tuple[set[int], set[int]]], seed: int) -> list[Paper]:
    """Build an index in several commits, and return the papers that it holds."""
    held: dict[str, Paper] = {}
    commit(directory)
    for number, (added, deleted) in enumerate(commits):
        new = {one.id: one for one in (drawn(at, seed + number) for at in added)}
        commit(directory, *new.values())
        held |= new
        gone = [f"p{at}" for at in deleted if f"p{at}" in held]
        delete(directory, *gone)
        for paper_id in gone:
            del held[paper_id]
    return list(held.values())


@laws
@given(
    st.lists(indexes, min_size=1, max_size=2),
    st.integers(0, 99),
    st.lists(beginnings),
    st.sampled_from(["no refresh", "a refresh", "a refresh and a commit"]),
)
def test_a_suggestion_counts_what_searching_it_finds(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[Sequence[tuple[set[int], set[int]]]],
    seed: int,
    prefixes: list[str],
    more: str,
) -> None:
    folder = tmp_path_factory.mktemp("counted")
    places = [folder / str(number) for number in range(len(made))]
    for place, commits in zip(places, made, strict=True):
        grown(place, commits, seed)
        if more.startswith("a refresh"):
            searcher.refresh_suggestions(place)
        if "commit" in more:
            commit(place, drawn(3, seed + 50), drawn(99, seed))
    with searcher.open(places) as papers:
        for prefix in ("a", "", *prefixes):
            for one in papers.suggest(prefix, limit=30, kinds=KINDS):
                page = papers.search(one.query)
                assert (page.total, page.relaxed) == (one.papers, False), one
                assert one.papers


def has_words(text: str, prefix: str, is_name: bool = False) -> bool:
    """Tell by hand whether a text has the words typed, each another one of its words."""
    return any(_have(list(own), *_typed(prefix), is_name) for own in _spellings(text, is_name))


def _typed(prefix: str) -> tuple[list[str], str]:
    typed = read(prefix)
    return list(typed.words), typed.start


def _spellings(text: str, is_name: bool) -> Iterable[Sequence[str]]:
    return [term.split() for term in name_terms(text)] if is_name else [list(plain_forms(text))]


def _have(own: list[str], words: list[str], start: str, is_name: bool) -> bool:
    if not words:
        return not start or any(word.startswith(start) for word in own)
    first, *rest = words
    begins = is_name and len(first) == 1
    return any(
        (word.startswith(first) if begins else word == first)
        and _have(own[:at] + own[at + 1 :], rest, start, is_name)
        for at, word in enumerate(own)
    )


@laws
@given(indexes, st.integers(0, 99), st.lists(beginnings))
def test_what_is_completed_is_what_looking_at_every_paper_finds(
    tmp_path_factory: pytest.TempPathFactory,
    commits: Sequence[tuple[set[int], set[int]]],
    seed: int,
    prefixes: list[str],
) -> None:
    directory = tmp_path_factory.mktemp("completed") / "index"
    held = grown(directory, commits, seed)

    def texts(of: Callable[[Paper], Sequence[str]], prefix: str, is_name: bool) -> set[str]:
        every = {text for one in held for text in of(one) if text}
        return {text for text in every if has_words(text, prefix, is_name)}

    with searcher.open(directory) as papers:
        engine = papers._index[0]
        for prefix in ("a", *prefixes):
            typed = read(prefix)
            names = {one.folded for one in engine.completions("author", typed, 99)}
            for name in texts(lambda one: one.authors, "", True):
                terms = {term for term in name_terms(name) if has_words(term, prefix, True)}
                assert names.intersection(name_terms(name)) == terms
            found = {one.folded for one in engine.completions("title", typed, 99)}
            expected = texts(lambda one: (one.title,), prefix, False)
            if typed.words or typed.start:
                # A joined word such as *ab* of *a-b* is found, too.
                assert {one.casefold() for one in expected} <= found
            venues = {one.folded for one in engine.completions("venue", typed, 99)}
            expected = texts(lambda one: (one.venue,), prefix, False)
            assert venues == {" ".join(plain_forms(one)) for one in expected}


@laws
@given(st.integers(0, 99), st.permutations(range(9)))
def test_the_order_of_papers_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("ordered")
    answers = []
    for name, numbers in (("a", list(range(9))), ("b", order)):
        half = len(numbers) // 2
        for part in (numbers[:half], numbers[half:]):
            commit(folder / name, *(drawn(number, seed) for number in part))
        with searcher.open(folder / name) as papers:
            answers.append(
                [papers.suggest(prefix, kinds=KINDS) for prefix in ("a", "b", "ab b", "")]
            )
    assert answers[0] == answers[1]
