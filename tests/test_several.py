"""Several indexes are searched as one index of all their papers would be."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import searcher
from index import Paper
from searcher.cli.main import cli
from searcher.engines.local.reader import IndexReader
from tests.test_forks import run as run_forking
from tests.writing import commit, delete, paper

WORDS = "moss mosses lichen fern fern-tree spore spores bog bogs of".split()
QUERIES = (
    "moss",
    "moss fern bog",
    "+lichen -spore",
    '"fern tree" OR "bog moss"~2',
    "spor* OR lichne~",
    "lichne bog",
    "title:fern^3 year:2003..",
    'author:"Bo Han"',
    "qqqqqq fern",
    "*",
)
FACETS = ("category", "year", "author", "code")
Placed = Mapping[str, tuple[str, Paper]]
"""What should be found: for each id the index and the paper."""


def grown(number: int, kind: int = 0) -> Paper:
    """Return a paper; those of one number and different kinds have one id and different texts."""
    rng = random.Random(number * 7 + kind)
    return replace(
        paper(number),
        title=" ".join(rng.choices(WORDS, k=rng.randrange(1, 6))),
        abstract=" ".join(rng.choices(WORDS, k=rng.randrange(20))),
    )


# An example builds several indexes; to make a failing one smaller would take minutes.
laws = settings(max_examples=10, phases=[Phase.generate])
# The commits of an index: for each the numbers and kinds of papers that it adds, and the numbers
# of those that it deletes.
commits = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 11), st.integers(0, 1)), max_size=7),
        st.sets(st.integers(0, 11), max_size=2),
    ),
    max_size=3,
)


def built(directory: Path, made: Sequence[tuple[Any, set[int]]]) -> dict[str, Paper]:
    """Build an index in several commits, and return what it holds."""
    held: dict[str, Paper] = {}
    commit(directory)
    for added, deleted in made:
        papers = {one.id: one for number, kind in added for one in [grown(number, kind)]}
        commit(directory, *papers.values())
        held |= papers
        gone = [f"p{number}" for number in deleted if f"p{number}" in held]
        delete(directory, *gone)
        for paper_id in gone:
            del held[paper_id]
    return held


def answers(directories: Sequence[Path]) -> tuple[list[Any], set[str | None]]:
    """Return all that indexes answer, and apart from it where the hits are from."""
    said: list[Any] = []
    indexes: set[str | None] = set()

    def say(page: searcher.Page) -> None:
        indexes.update(hit.index for hit in page)
        said.append(replace(page, hits=tuple(replace(hit, index=None) for hit in page)))

    with searcher.open([*directories] if len(directories) > 1 else directories[0]) as papers:
        ids = sorted(one.id for one in papers.all())
        said.append((len(papers), ids, list(papers.all("moss OR fern", sort="oldest"))))
        said += [papers.explain(one, "moss fern bog") for one in ids[:2]]
        said += [papers.diagnose(query, match="all") for query in QUERIES[2:5]]
        for query in QUERIES:
            say(papers.search(query, facets=FACETS, explain=True, limit=4))
            say(papers.search(query, facets=FACETS, sort="date", year=2003))
        for one in ids[:2]:
            say(papers.similar(one))
    return said, indexes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("several")


@laws
@given(made=st.lists(commits, min_size=2, max_size=3))
def test_a_law_several_indexes_answer_as_one_of_what_is_shown(
    folder: Path, made: list[list[tuple[Any, set[int]]]]
) -> None:
    place = folder / str(len(list(folder.iterdir())))
    directories = [place / f"{number}" for number in range(len(made))]
    shown: dict[str, tuple[str, Paper]] = {}
    for directory, own in zip(directories, made, strict=True):
        for paper_id, one in built(directory, own).items():
            shown.setdefault(paper_id, (str(directory), one))
    check_masks(directories, shown)
    commit(place / "whole", *[one for _, one in shown.values()])
    expected, nowhere = answers([place / "whole"])
    found, indexes = answers(directories)
    assert found == expected
    assert nowhere <= {None}
    with searcher.open(directories) as papers:
        for query in QUERIES:
            for hit in papers.search(query, limit=50):
                assert (hit.index, hit.paper) == shown[hit.id]
    assert indexes <= {index for index, _ in shown.values()}


@laws
@given(made=st.lists(commits, min_size=2, max_size=3))
def test_a_law_the_order_of_indexes_changes_nothing_where_copies_are_equal(
    folder: Path, made: list[list[tuple[Any, set[int]]]]
) -> None:
    place = folder / str(len(list(folder.iterdir())))
    directories = [place / f"{number}" for number in range(len(made))]
    for directory, own in zip(directories, made, strict=True):
        equal = [([(number, 0) for number, _ in added], deleted) for added, deleted in own]
        built(directory, equal)
    assert answers(directories)[0] == answers(directories[::-1])[0]


def check_masks(directories: Sequence[Path], shown: Placed) -> None:
    """Compare the papers that are not hidden with those found by looking at each id."""
    reader = IndexReader(*map(str, directories))
    numbers = [number for number, is_live in enumerate(reader.live) if is_live]
    live = dict(zip(reader.ids_of(numbers), reader.indexes_of(numbers) or (), strict=True))
    assert live == {paper_id: index for paper_id, (index, _) in shown.items()}
    assert len(numbers) == len(live) == reader.paper_count
    assert reader.has_deletions == (len(numbers) < reader.size)


# One paper in two indexes


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two indexes: one of p0 to p7, and one of p5 to p9, where p5 is another text."""
    place = tmp_path_factory.mktemp("two")
    directories = [place / "a.index", place / "b.index"]
    commit(directories[0], *[paper(number) for number in range(8)])
    commit(directories[1], *[paper(n, extra="otherwise" if n == 5 else "") for n in range(5, 10)])
    return directories


def test_a_paper_of_several_indexes_is_that_of_the_first_named(two: list[Path]) -> None:
    for directories, holds_other in ((two, False), (two[::-1], True)):
        with searcher.open(directories) as papers:
            assert len(papers) == 10
            assert papers.search("paper").total == len(list(papers.all())) == 10
            assert ("otherwise" in papers.paper("p5").title) == holds_other
            assert papers.search("otherwise").total == holds_other
            (hit,) = papers.search("id:p5")
            assert (hit.id, hit.index) == ("p5", str(directories[0]))
            facets = papers.search(facets=["year"]).facets or {}
            assert sum(count for _, count in facets["year"]) == 10


def test_an_index_that_is_named_twice_counts_once(two: list[Path], tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(two[0], target_is_directory=True)
    for again in (two[0], str(two[0]), link, two[0] / ".." / two[0].name):
        with searcher.open([two[0], again]) as papers:
            assert papers.directories == (str(two[0]),)
            assert {hit.index for hit in papers.search("paper")} == {None}
        with searcher.open([two[0], two[1], again]) as papers:
            assert papers.directories == (str(two[0]), str(two[1]))
            assert len(papers) == 10


def test_words_are_corrected_by_the_papers_that_are_shown(tmp_path: Path) -> None:
    """A copy that is hidden makes no word more frequent, and its words are none."""
    often = [f"fern{letter}" for letter in "bcdef" for _ in range(3)]
    titles = [*often, "ferna", "ferna"]
    papers = [replace(paper(n), title=f"On {word}") for n, word in enumerate(titles)]
    commit(tmp_path / "a", *papers)
    other = replace(papers[0], title="On ferny")
    commit(tmp_path / "b", other, *papers[1:])
    said = []
    for directories in ([tmp_path / "a"], [tmp_path / "a", tmp_path / "b"]):
        with searcher.open(directories) as opened:
            page = opened.search("fernx")
            said.append((page.total, page.diagnostics))
            assert opened.search("fernz~").total == len(papers)
    assert said[0] == said[1]
    assert "ferna" not in str(said[0])


# What a hit says, in each form


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([*map(str, arguments)], prog_name="searcher", standalone_mode=False)
        return code, *capsys.readouterr()

    return run


Run = Callable[..., tuple[int, str, str]]


def test_a_hit_says_which_index_it_is_from(two: list[Path], run: Run) -> None:
    first, other = two
    named = ["--index", first, "--index", other]
    _, text, _ = run("search", "paper", *named, "--limit", "20")
    for number in range(10):
        index = first if number < 8 else other
        (line,) = [one for one in text.splitlines() if one.endswith(f" · p{number}")]
        assert f" · {index} · p{number}" in line
    assert f"10 papers in {first} and {other}" in text
    _, text, _ = run("search", "paper", *named, "--format", "json")
    assert {hit["index"] for hit in json.loads(text)["hits"]} == {str(first), str(other)}
    _, text, _ = run("search", "id:p9", *named, "--format", "jsonl")
    assert json.loads(text)["index"] == str(other)
    _, text, _ = run("search", "id:p9", *named, "--format", "csv")
    header, row = text.splitlines()
    assert (header.split(",")[-2:], row.split(",")[-1]) == (["score", "index"], str(other))
    for form in ("csv", "json", "text"):
        _, text, _ = run("search", "paper", "--index", first, "--format", form)
        assert "index" not in text.replace(str(first), "")


def test_every_verb_that_reads_takes_several_indexes(two: list[Path], run: Run) -> None:
    named = ["--index", two[0], "--index", two[1]]
    everywhere = f"{two[0]} and {two[1]}"
    _, text, _ = run("export", "*", *named, "--format", "jsonl")
    assert sorted(json.loads(line)["id"] for line in text.splitlines()) == [
        f"p{number}" for number in range(10)
    ]
    assert run("stats", *named)[1].endswith(f"10 papers in {everywhere}\n")
    assert "p9" in run("show", "p0", "p9", *named)[1]
    assert "search score" in run("explain", "p9", "paper", *named)[1]
    code, text, _ = run("similar", "p0", *named, "--limit", "20")
    assert (code, f" · {two[1]} · p9" in text) == (0, True)
    assert text.endswith(f"in {everywhere}\n")
    _, text, _ = run("facets", "paper", *named, "--facet", "author", "--format", "csv")
    assert "author,Bo Han,10" in text
    code, _, told = run("search", "paper", "qqqqqx", "--all", *named)
    assert code == 1
    assert f"no paper matches in {everywhere}, which hold 10 papers" in told
    assert f"searcher search paper --all --index {two[0]} --index {two[1]}\n" in told
    code, _, told = run("show", "p99", *named)
    assert (code, f"{everywhere}: no paper has the id 'p99'" in told) == (1, True)


# What goes wrong


def test_an_error_names_the_index_that_it_comes_from(two: list[Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    commit(damaged, paper(20))
    (documents,) = damaged.glob("*.documents")
    content = bytearray(documents.read_bytes())
    content[-1] ^= 1
    documents.write_bytes(content)
    for bad, kind in ((tmp_path / "none", "no index here"), (damaged, "cut short")):
        for directories in ([two[0], bad], [bad, two[0]]):
            with pytest.raises(searcher.SearchError, match=kind) as raised:
                searcher.open(directories)
            assert str(raised.value).startswith(str(bad))
            assert str(two[0]) not in str(raised.value)


def test_a_collection_of_several_names_them_all(two: list[Path]) -> None:
    papers = searcher.open(tuple(two))
    papers.close()
    everywhere = f"{two[0]} and {two[1]}"
    with pytest.raises(searcher.ClosedError, match=everywhere):
        papers.search("paper")
    with searcher.open(two) as papers, pytest.raises(searcher.UnknownPaperError, match=everywhere):
        papers.paper("p99")


# Threads and processes


def test_threads_and_forked_children_get_the_answers_of_one(two: list[Path]) -> None:
    expected = answers(two)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(answers, [two] * 4)) == [expected] * 4
    done = run_forking(
        """
papers = searcher.open(sys.argv[1:3])
before = [papers.search(query, facets=["year"]).hits for query in ("paper", "bo han")]
def check():
    after = [papers.search(query, facets=["year"]).hits for query in ("paper", "bo han")]
    assert after == before
assert ended(fork(check)) == 0
print(len({hit.index for hits in before for hit in hits}))
""",
        *map(str, two),
    )
    assert done == "2\n"
