"""Saved searches: what is saved, what people may edit, which papers are new, and who is known."""

import json
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import searcher
from index import Paper
from index.identifiers import Identifier
from searcher import BadRequestError, ConfigError, Request, SavedSearchError
from searcher.request import FILTERS
from searcher.saved.files import as_json, locked, write_whole
from searcher.saved.identity import Identity, identity_of, recognise
from searcher.saved.looking import Look, look_at_all, look_for_new, open_saved
from searcher.saved.searches import MOST_BYTES, SavedSearch, SavedSearches
from searcher.saved.seen import Seen, SeenPaper, read_seen
from tests.writing import commit, delete, paper

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def searches(tmp_path: Path) -> SavedSearches:
    """The saved searches of a user who has none yet."""
    return SavedSearches(str(tmp_path / "config" / "saved"), str(tmp_path / "state" / "saved"))


def search(query: str = "rivers", index: str = "/papers.index", **options: Any) -> SavedSearch:
    return SavedSearch("rivers", (index,), Request(query, **{"match": "all", **options}))


# What is saved


def test_a_saved_search_is_a_file_that_people_can_read(searches: SavedSearches) -> None:
    asked = search('label "noise"', year="2023..", author=["Bo Han", "Yao"], sort="date")
    file = searches.save(asked)
    assert Path(file).read_text() == (
        "# Run it with: searcher saved run rivers --new\n"
        'index = ["/papers.index"]\n'
        'query = "label \\"noise\\""\n'
        'year = ["2023.."]\n'
        'author = ["Bo Han", "Yao"]\n'
        'sort = "date"\n'
    )
    assert searches.get("rivers") == asked
    assert searches.names() == ["rivers"]


VALUES = st.lists(st.text(min_size=1).filter(str.strip), max_size=3)
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(FILTERS, VALUES),
    "year": st.lists(st.sampled_from(["2023", "2020..2024", ">=2021", "..1999"]), max_size=2),
    "has_code": st.sampled_from([None, True, False]),
    "sort": st.sampled_from(["relevance", "date", "oldest", "citations", "score"]),
    "match": st.sampled_from(["all", "any", "auto"]),
    "strict": st.booleans(),
    "acronyms": st.booleans(),
}


@settings(max_examples=50)
@given(query=st.text(), options=st.fixed_dictionaries({}, optional=OPTIONS))
def test_any_search_is_loaded_as_it_was_saved(
    query: str, options: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "laws"
    searches = SavedSearches(str(folder / "config"), str(folder / "state"))
    with suppress(SavedSearchError):
        searches.remove("rivers")
    asked = search(query, **options)
    searches.save(asked)
    assert searches.get("rivers") == asked


@pytest.mark.parametrize("name", ["a", "label-noise", "2024", "a.b_c-d", "x" * 64])
def test_names(searches: SavedSearches, name: str) -> None:
    searches.save(replace(search(), name=name))
    assert searches.names() == [name]


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "../a", "a/b", ".a", "-a", "ä", "x" * 65, "a\n", None, 7]
)
def test_what_is_no_name(searches: SavedSearches, name: Any) -> None:
    with pytest.raises(BadRequestError, match="a saved search is called by small letters"):
        replace(search(), name=name)
    if isinstance(name, str):
        for use in (searches.get, searches.remove):
            with pytest.raises(SavedSearchError, match="there is no saved search of this name"):
                use(name)


def test_a_search_must_name_an_index() -> None:
    with pytest.raises(BadRequestError, match="name the folder of an index"):
        SavedSearch("a", (), Request())


def test_what_a_person_has_edited_is_never_written_over(searches: SavedSearches) -> None:
    file = Path(searches.save(search()))
    file.write_text("# mine, do not touch\n" + file.read_text())
    with pytest.raises(SavedSearchError, match=r"rivers: there is .*edit .*rivers.toml, or remove"):
        searches.save(search("lakes"))
    searches.save(replace(search(), name="lakes"))
    assert file.read_text().startswith("# mine, do not touch\n# Run it with:")
    assert searches.get("rivers").request.query == "rivers"


def test_of_many_who_save_one_name_at_once_one_is_heard(searches: SavedSearches) -> None:
    start = threading.Barrier(8)

    def save(query: str) -> int:
        start.wait()
        with suppress(SavedSearchError):
            searches.save(search(query))
            return 1
        return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, "abcdefgh")) == 1
    assert len(searches.get("rivers").request.query) == 1


def test_a_search_that_is_too_long_is_not_saved(searches: SavedSearches) -> None:
    with pytest.raises(SavedSearchError, match="at most 1,048,576 bytes"):
        searches.save(search("x" * MOST_BYTES))
    assert searches.names() == []


# What people may write, and what is refused


@pytest.mark.parametrize(
    ("text", "indexes", "options"),
    [
        ("index = '/a'\nquery = 'moss'", ["/a"], {}),
        ("# mine\nindex = ['b', '~/c']\n\nquery = 'moss' # and why\nmatch = 'auto'\n",
         ["HERE/b", "HOME/c"], {"match": "auto"}),
        ("index = '/a'\nquery = '''moss'''\nyear = 2023\ncategory = 'LG'\nhas_code = false",
         ["/a"], {"year": "2023", "category": "LG", "has_code": False}),
        ("index = '/a'\nquery = 'moss'\nyear = [2023, '2025..']\nstrict = true\nacronyms = false",
         ["/a"], {"year": ["2023", "2025.."], "strict": True, "acronyms": False}),
    ],
)  # fmt: skip
def test_what_a_file_may_say(
    searches: SavedSearches, text: str, indexes: list[str], options: dict[str, Any]
) -> None:
    write_whole(searches.file_of("moss"), text)
    home = os.path.expanduser("~")
    named = [one.replace("HERE", searches.folder).replace("HOME", home) for one in indexes]
    asked = Request("moss", **{"match": "all", **options})
    assert searches.get("moss") == SavedSearch("moss", tuple(named), asked)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: nothing says the query; add a line such as query = 'mixture of experts'"),
        ("query = 'moss'", ":1: nothing says the index; add a line such as index = '/home/ann/"),
        ("query = 'moss'\nindex = []", ":2: index is empty; name the folder of an index, or sev"),
        ("query = 'moss'\nindex = 3", ":2: index is 3; it must be the path of a folder, or a li"),
        ("query = 3\nindex = 'a'", ":1: the query is 3; it must be text"),
        ("\nquerry = 'moss'", ":2: there is no key 'querry'; did you mean query? the keys are i"),
        ("index = 'a'\nquery = 'a'\n[filters]\nyear = 2023", ":4: there is no key 'filters.year'"),
        ("query = 'a'\n\nyear = 'soon'", ":3: year 'soon' is not a year such as 2024, 2023..2025"),
        ("query = 'a'\nyear = [\n 2023,\n 1.5]", ":2: year is [2023, 1.5]; it must be text, a w"),
        ("sort = 'best'", ":1: sort is 'best'; it must be one of relevance, date, oldest, citat"),
        ("match = 'most'", ":1: match is 'most'; it must be one of auto, all, any"),
        ("has_code = 'yes'", ":1: has_code is 'yes'; it must be True, False or None"),
        ("strict = 1", ":1: strict is 1; it must be True or False"),
        ("author = ' '", ":1: author is ' '; a blank text is no author; leave the option out to"),
        ("query = moss", ":1:9: this is no TOML: Invalid value"),
        ("query = 'a'\nquery = 'b'", ":2:12: this is no TOML: Cannot overwrite a value"),
        ("# \xff", ":1: not UTF-8; save the file as UTF-8"),
        ("#" * (MOST_BYTES + 1), ": more than 1,048,576 bytes; this is no saved search"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(
    searches: SavedSearches, text: str, said: str
) -> None:
    file = searches.file_of("moss")
    write_whole(file, "")
    Path(file).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as refused:
        searches.get("moss")
    assert str(refused.value).startswith(f"{file}{said}")
    searches.remove("moss")
    assert searches.names() == []


def test_a_pipe_in_the_place_of_a_file_is_told_and_not_read(searches: SavedSearches) -> None:
    file = Path(searches.save(search()))
    seen = Path(searches._seen_folder, "rivers.json")
    os.mkfifo(seen)
    with pytest.raises(SavedSearchError, match=f"^{seen}: this is no file; remove it$"):
        searches.seen("rivers")
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(SavedSearchError, match=f"^{file}: this is no file; remove it$"):
        searches.get("rivers")
    searches.remove("rivers")
    assert searches.names() == []


def test_an_unknown_name_is_told_with_the_nearest(searches: SavedSearches) -> None:
    searches.save(search())
    with pytest.raises(SavedSearchError, match=r"'river': there is no .* did you mean rivers\? "):
        searches.get("river")


def test_other_files_in_the_folder_are_no_searches(searches: SavedSearches) -> None:
    for name in ("notes.txt", "Mine.toml", ".hidden.toml", "a.toml.orig"):
        write_whole(os.path.join(searches.folder, name), "")
    assert searches.names() == []


# Who is known


def known_by(*keys: str, title: str = "") -> Identity:
    return Identity(keys, title or keys[0])


def written(paper_id: str, title: str = "Moss", *identifiers: tuple[str, str]) -> Paper:
    found = tuple(Identifier(*one) for one in identifiers)
    return Paper(paper_id, title, authors=("Ann Fern",), identifiers=found)


def readable(title: str) -> str:
    from index.paper import paper_id

    return paper_id(title, "Ann Fern")


DOI, ARXIV = ("doi", "10.5555/12"), ("arxiv", "2401.00001")


@pytest.mark.parametrize(
    ("before", "now", "is_known"),
    [
        # The same id, or another of its identifiers.
        (written("p1"), written("p1", "Moss and fern"), True),
        (written("10.5555/12", "Moss", DOI), written("2401.00001", "Moss!", ARXIV, DOI), True),
        (written("2401.00001", "Moss", ARXIV, DOI), written("10.5555/12", "Moss", DOI), True),
        (written("10.5555/12"), written("2401.00001", "Moss", DOI, ARXIV), True),
        (written("https://doi.org/10.5555/12"), written("10.5555/12", "Moss", DOI), True),
        # A paper gets an identifier, or loses it.
        (written(readable("Moss")), written("10.5555/12", "Moss", DOI), True),
        (written("10.5555/12", "Moss", DOI), written(readable("Moss")), True),
        # Another paper.
        (written("p1"), written("p2", "Lichen"), False),
        (written("10.5555/12", "Moss", DOI), written("2401.00001", "Moss", ARXIV), False),
        (written(readable("Moss")), written("10.5555/12", "Lichen", DOI), False),
    ],
)
def test_a_paper_is_known_again(before: Paper, now: Paper, is_known: bool) -> None:
    found = recognise([identity_of(before)], [identity_of(now)])
    assert found == [0 if is_known else None]


def test_in_doubt_a_paper_is_new() -> None:
    """Two editorials have one title and first author, and one of them was known."""
    old = known_by("editorial", title="editorial")
    first, second = (known_by(f"doi:10.5555/{n}", title="editorial") for n in (1, 2))
    assert recognise([old], [first]) == [0]
    assert recognise([old], [first, second]) == [None, None]
    assert recognise([old], [old, second]) == [0, None]


def test_what_is_in_dispute_is_known_once() -> None:
    """Somebody gives another paper the DOI of one that is known."""
    old, wrong = known_by("doi:10.5555/1"), known_by("p2", "doi:10.5555/1")
    assert recognise([old], [old, wrong]) == [0, None]
    assert recognise([old], [wrong, old]) == [None, 0]


identities = st.lists(
    st.builds(
        Identity,
        st.lists(st.sampled_from(["a", "b", "c", "doi:10.5555/1", "pmid:12"]), min_size=1,
                 max_size=3, unique=True).map(tuple),
        st.sampled_from(["moss", "fern"]),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=50)
@given(identities, identities, st.randoms(use_true_random=False))
def test_the_order_of_papers_does_not_matter(
    known: list[Identity], papers: list[Identity], rng: random.Random
) -> None:
    def pairs(known: Sequence[Identity], papers: Sequence[Identity]) -> list[Any]:
        found = recognise(known, papers)
        owners = [at for at in found if at is not None]
        assert len(owners) == len({*owners})
        named = [(one, None if at is None else known[at]) for one, at in zip(papers, found)]  # noqa: B905
        return sorted(named, key=repr)

    expected = pairs(known, papers)
    rng.shuffle(known)
    rng.shuffle(papers)
    assert pairs(known, papers) == expected


# What was seen


def seen(*papers: tuple[str, str, bool], told: str = "", **more: Any) -> Seen:
    made = [SeenPaper(known_by(key), since, is_told) for key, since, is_told in papers]
    return Seen(min((one.since for one in made), default=""), told, papers=tuple(made), **more)


@settings(max_examples=40)
@given(identities, st.text(), st.dictionaries(st.text(), st.integers(0, 9)))
def test_what_was_seen_is_read_as_it_was_written(
    papers: list[Identity], query: str, generations: dict[str, int]
) -> None:
    was = Seen("s", "t", {"query": query}, generations, tuple(
        SeenPaper(one, str(at), bool(at % 2)) for at, one in enumerate(papers)
    ))  # fmt: skip
    assert read_seen(was.to_json(), "file") == was
    assert len(was.to_json().splitlines()) == len(Seen("s", "t", {"query": query}, generations)
        .to_json().splitlines()) + len(papers) + (1 if papers else 0)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not as it was written; remove it, and all that is found is new again"),
        ("[]", "not as it was written"),
        ("{}", "not as it was written"),
        ('{"seen": 2}', "written by another version, in format 2; this one reads 1; remove it"),
        (seen(("a", "1", True)).to_json().replace('["a"]', "7"), "not as it was written"),
        (seen(("a", "1", True)).to_json()[:-20], "not as it was written"),
        (
            '{"seen": 1, "since": "", "told": "", "asked": {}, "generations": {"x": Infinity}}',
            "not as it was written",
        ),
        ("[" * 10_000, "not as it was written"),
    ],
)
def test_what_was_seen_cannot_be_read(searches: SavedSearches, text: str, said: str) -> None:
    searches.save(search())
    searches.remember("rivers", seen(("a", "1", True)))
    (file,) = Path(searches.folder).parents[1].glob("state/saved/rivers.json")
    file.write_text(text)
    with pytest.raises(SavedSearchError, match=f"rivers.json: {said}"):
        searches.seen("rivers")


def test_two_looks_at_once_add_up(searches: SavedSearches) -> None:
    searches.save(search())
    start = threading.Barrier(6)

    def remember(number: int) -> None:
        start.wait()
        searches.remember("rivers", seen(("all", "5", False), (f"p{number}", f"{number}", True)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(remember, range(6)))
    papers = searches.seen("rivers").papers
    assert {one.identity.keys[0] for one in papers} == {"all", *(f"p{n}" for n in range(6))}
    assert len(papers) == 7


def test_what_is_known_longest_and_was_told_counts() -> None:
    both = seen(("a", "1", False), ("b", "2", True), told="2").with_met(
        seen(("a", "3", True), ("c", "3", False))
    )
    assert both == seen(("a", "1", True), ("b", "2", True), ("c", "3", False), told="2")


def test_nothing_is_kept_of_a_search_that_was_removed(searches: SavedSearches) -> None:
    searches.save(search())
    searches.remember("rivers", seen(("a", "1", True)))
    os.remove(searches.file_of("rivers"))
    searches.remember("rivers", seen(("b", "1", True)))
    searches.save(search())
    assert searches.seen("rivers") == Seen()
    searches.remember("rivers", seen(("b", "1", True)))
    searches.remove("rivers")
    searches.save(search())
    assert searches.seen("rivers") == Seen()


# What is new


@pytest.fixture
def again(searches: SavedSearches, index: Path) -> Callable[..., Look]:
    """Ask a saved search for what is new, a day later each time, and remember what it told."""
    days = count()

    def ask(asked: SavedSearch | None = None) -> Look:
        if asked or not searches.names():
            with suppress(FileNotFoundError):
                os.remove(searches.file_of("rivers"))
            before = searches.seen("rivers")
            searches.save(asked or search("title:rivers", str(index)))
            searches.remember("rivers", before)
        saved = searches.get("rivers")
        now = NOON + timedelta(days=next(days))
        with open_saved(searches, saved) as papers:
            found = look_for_new(papers, saved, searches.seen("rivers"), now)
        searches.remember("rivers", found.seen)
        return found

    return ask


def ids(found: Look) -> list[str]:
    return sorted(hit.id for hit in found.page)


def river(number: int, **more: Any) -> Paper:
    return replace(paper(number), title=f"Rivers {number}", **more)


def test_each_paper_is_told_once(again: Callable[..., Look], index: Path) -> None:
    commit(index, river(1), river(2))
    assert ids(again()) == ["p1", "p2"]
    assert ids(again()) == []
    commit(index, river(3), replace(river(2), abstract="Rivers, and their deltas."))
    found = again()
    assert (ids(found), found.page.total) == (["p3"], 3)
    assert found.page.hits[0].rank <= 3
    assert found.page.hits[0].snippets
    delete(index, "p1", "p3")
    assert ids(again()) == []
    commit(index, river(1), river(4))  # one that is back is no news
    assert ids(again()) == ["p4"]


def test_a_paper_that_gets_a_doi_is_not_new(again: Callable[..., Look], index: Path) -> None:
    own = river(1)
    named = replace(own, id=identity_of(own).title_key)
    commit(index, named)
    assert len(ids(again())) == 1
    delete(index, named.id)
    commit(index, replace(own, id=DOI[1], identifiers=(Identifier(*DOI),)))
    assert ids(again()) == []
    assert ids(again()) == []


def test_an_edited_search_goes_on_and_says_so(again: Callable[..., Look], index: Path) -> None:
    commit(index, river(1), replace(paper(2), title="Lakes 2"))
    assert again().notes == ()
    found = again(search("title:rivers OR title:lakes", str(index)))
    assert ids(found) == ["p2"]
    assert found.notes == (
        "the search was edited since the last time; what was told then is not told again",
    )
    assert again().notes == ()


def test_an_index_that_was_built_anew_is_told(again: Callable[..., Look], index: Path) -> None:
    commit(index, river(1))
    commit(index, river(2))
    again()
    os.rename(index, index.with_name("old"))
    commit(index, river(2), river(3))
    found = again()
    assert ids(found) == ["p3"]
    assert found.notes == (f"{index}: built anew since the last time; papers told then stay known",)


def test_another_index_is_told(again: Callable[..., Look], index: Path) -> None:
    commit(index, river(1))
    again()
    other = index.with_name("other")
    commit(other, river(1), river(2))
    found = again(search("title:rivers", str(other)))
    assert ids(found) == ["p2"]
    assert f"{other}: not searched the last time; papers told then are known from there" in (
        found.notes
    )


def test_an_index_that_is_not_there_is_told_with_the_line_that_names_it(
    searches: SavedSearches, tmp_path: Path
) -> None:
    file = searches.save(search("rivers", str(tmp_path / "gone")))
    with pytest.raises(SavedSearchError) as refused:
        open_saved(searches, searches.get("rivers"))
    assert str(refused.value).startswith(f"{tmp_path / 'gone'}: no index here; build one with: ")
    assert str(refused.value).endswith(f"; if it was moved, correct {file}:2")


def test_all_that_is_found_is_listed(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searcher.saved.matches._AT_ONCE", 2)
    monkeypatch.setattr("searcher.saved.matches._MOST_AT_ONCE", 4)
    commit(index, *map(river, range(23)))
    saved = search("rivers", str(index), sort="oldest")
    with searcher.open(index) as papers:
        page = look_at_all(papers, saved)
        assert [hit.id for hit in page] == [one.id for one in papers.all("rivers", sort="oldest")]
        assert [hit.rank for hit in page] == list(range(1, 24))
        found = look_for_new(papers, saved, Seen(), NOON)
        assert found.page.hits == page.hits


@settings(max_examples=8)
@given(
    history=st.lists(
        st.tuples(st.sets(st.integers(0, 9), max_size=4), st.sets(st.integers(0, 9), max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_over_any_history_each_paper_is_told_once_and_when_it_comes(
    history: list[tuple[set[int], set[int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    index = tmp_path_factory.mktemp("history") / "index"
    commit(index, paper(99))
    saved, memory = search("title:rivers", str(index)), Seen()
    held: set[int] = set()
    told: set[int] = set()
    for day, (added, removed) in enumerate(history):
        commit(index, *map(river, sorted(added)))
        held |= added
        if gone := held & removed:
            delete(index, *(f"p{number}" for number in sorted(gone)))
            held -= gone
        with searcher.open(index) as papers:
            found = look_for_new(papers, saved, memory, NOON + timedelta(days=day))
        assert ids(found) == sorted(f"p{number}" for number in held - told)
        memory = memory.with_met(read_seen(found.seen.to_json(), "file"))
        told |= held


# Files


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new" / "file"
    write_whole(str(file), "before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(str(file), "after")
    assert file.read_text() == "before"
    assert os.listdir(file.parent) == ["file"]


def test_nothing_takes_the_place_of_a_link_or_a_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(str(tmp_path / "link"), "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"
    write_whole(os.devnull, "text")
    assert not os.path.isfile(os.devnull)


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with locked(str(tmp_path)):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    assert {*most} == {1}


def rows() -> Iterator[dict[str, Any]]:
    yield from ({"id": "ä\x1b\u202e"}, {"id": "b"})


def test_json_has_a_row_a_line_and_steers_no_terminal() -> None:
    text = as_json({"made": "now"}, "papers", rows())
    assert text == (
        '{\n  "made": "now",\n  "papers": [\n    {"id": "\\u00e4\\u001b\\u202e"},\n'
        '    {"id": "b"}\n  ]\n}\n'
    )
    assert json.loads(text) == {"made": "now", "papers": list(rows())}
    assert json.loads(as_json({}, "papers", [])) == {"papers": []}
