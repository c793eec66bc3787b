"""What a writer is given: it refuses by name what an index cannot hold; the rest is all found."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import searcher
from index import BadRequestError, Paper, Source, open_writer
from index.identifiers import Identifier
from index.names import NameParts
from index.paper import MAX_VALUE_CHARS, Copy, Link, OtherText, to_stored
from index.readers.base import Contents, Head
from index.writers.port import Entry, Writer
from tests.trust.everything import ask_everything

PLAIN = Paper(
    "plain",
    "Rivers run deep",
    "Deep rivers run.",
    ("Ann Poe", "Jürgen Müller"),
    categories=("LG",),
    year=2020,
    date="2020-03-15",
    has_code=True,
    institutions=("University of Moss",),
    score=1.5,
    owners=("Ann Poe",),
    identifiers=(Identifier("doi", "10.5555/plain"), Identifier("pmid", "12")),
    author_parts=(NameParts("Poe", "Ann"), NameParts()),
    editors=("Bea Roe",),
    keywords=("deep rivers", "moss"),
    venue="River Letters",
    volume="7",
    issue="2",
    pages="1-9",
    publisher="Moss Press",
    type="article",
    status="retracted",
    language="en",
    cited_by=3,
    updated="2021",
    date_text="Spring 2020",
    urls=(Link("page", "https://moss.example/plain"),),
    other_titles=(OtherText("de", "Flüsse sind tief"),),
    other_abstracts=(OtherText("", "Rivers."),),
    comments="9 pages",
    sources=(Source("/seeds/plain.jsonl", 1),),
)
LONE = "\ud800"
LINE_FAULTS: list[Any] = [LONE, f"a{LONE}", "a\0b", "a\nb", "\x1b[31m", "\x7f", "\x9b", 5, None]
LINE_FAULTS += [b"x", ["x"], np.str_("x")]
NAME_FAULTS: list[Any] = [*((value,) for value in (*LINE_FAULTS, "")), "Ann Poe", ["Ann"], None]
NAME_FAULTS += [{"Ann"}, (("Ann",),), ("Ann", "")]
VALUE_FAULTS: list[Any] = [*LINE_FAULTS, "x" * (MAX_VALUE_CHARS + 1)]
VALUES_FAULTS: list[Any] = [*NAME_FAULTS, ("x" * (MAX_VALUE_CHARS + 1),)]
OTHER_TEXT_FAULTS: list[Any] = [
    *(None, "x", [OtherText("de", "x")], (("de", "x"),), ("x",), (OtherText("de", ""),)),
    *(
        (OtherText(*texts),)  # type: ignore[arg-type]
        for texts in [(None, "x"), ("de", None), ("d\n", "x"), ("de", LONE), (LONE, "x")]
    ),
]

REFUSED: dict[str, list[Any]] = {
    "id": ["", *VALUE_FAULTS],
    "title": LINE_FAULTS,
    "abstract": [LONE, f"ü{LONE}", 5, None, b"x", ["x"], np.str_("x")],
    "authors": NAME_FAULTS,
    "et_al": [None, 0, 1, "yes", np.True_, []],
    "categories": VALUES_FAULTS,
    "year": [
        *(None, 0, -1, 10_000, 99_999_999, 2**31, 10**30, -(10**30), 10**5_000),
        *("2020", 2020.0, math.nan, True, np.int64(2020), np.float32(2020)),
    ],
    "date": [
        *("", "x", "2020-13", "2020-13-01", "2020-02-30", "2020-3", "2020-03-15T00:00", "-1"),
        *("--03-15", "0000-01-01", "10000-01-01", "２０２０-03-15", 20_200_315, b"2020"),
        *("2019-03-15", "2021"),  # not of the paper's year
    ],
    "has_code": [None, 0, 1, "yes", np.True_, []],
    "institutions": NAME_FAULTS,
    "score": [
        *(math.nan, math.inf, -math.inf, 10**400, -(10**400), True, "1", 1j),
        *(np.float64(1.5), np.float32("nan"), np.int64(3)),
    ],
    "owners": NAME_FAULTS,
    "identifiers": [
        *(None, "doi:x", [Identifier("doi", "x")], (("doi", "x"),), ("doi:x",)),
        *((Identifier(scheme, "x"),) for scheme in ("", "DOI", "url", None)),  # type: ignore[arg-type]
        *((Identifier("doi", value),) for value in ("", "x" * (MAX_VALUE_CHARS + 1), *LINE_FAULTS)),
    ],
    "author_parts": [
        *(None, "x", [NameParts("x")], (("x", ""),), (NameParts("x\n"), NameParts())),
        *((NameParts("Poe"),), (NameParts(),) * 3),  # not as many as authors
    ],
    "other_names": NAME_FAULTS,
    "editors": NAME_FAULTS,
    "keywords": VALUES_FAULTS,
    "venue": VALUE_FAULTS,
    "volume": VALUE_FAULTS,
    "issue": VALUE_FAULTS,
    "pages": VALUE_FAULTS,
    "publisher": VALUE_FAULTS,
    "type": [*LINE_FAULTS, "Article", "poem", "article "],
    "status": [*LINE_FAULTS, "Retracted", "lost"],
    "language": VALUE_FAULTS,
    "cited_by": [-1, 100_000_000, 10**30, "3", 3.0, math.nan, True, np.int64(3)],
    "updated": [None, "x", "2020-13", "2020-02-30", "--03-15", 2020],
    "date_text": LINE_FAULTS,
    "urls": [
        *(None, "x", [Link("pdf", "x")], (("pdf", "x"),), ("x",)),
        *((Link(*parts),) for parts in [(None, "x"), ("pdf", None), ("pdf", "a\nb"), ("p\0", "x")]),  # type: ignore[arg-type]
    ],
    "other_titles": OTHER_TEXT_FAULTS,
    "other_abstracts": OTHER_TEXT_FAULTS,
    "comments": LINE_FAULTS,
    "sources": [
        *((), None, "x", [Source("/a", 1)], ("/a",), (("/a", 1),), (None,)),
        *((Source("", 1),), (Source("/a\0b", 1),), (Source(f"/{LONE}", 1),)),
        *((Source("/a", line),) for line in (-1, 10**30, 1.5, "1", None, True, np.int64(1))),  # type: ignore[arg-type]
        *((Source(file, 1),) for file in (5, None, b"/a", Path("/a"))),  # type: ignore[arg-type]
    ],
}
"""Of each field, values that no index holds."""

TAKEN: dict[str, list[Any]] = {
    "id": [" ", "-", "id with: \"signs\" & 'more' (*?~^)", "深度/学习", "e\u0301", "x" * 300],
    "title": ["", " ", "*", "a\u2028b", "\u202eevil", "t" * 300, "</mark>", "🜁"],
    "abstract": ["", "\0", "a\nb\tc", "\x1b[31m", "\u2028", "w" * 300 + " x" * 300, "的" * 99],
    "authors": [
        (),
        (" ",),
        ("Ann", "Ann"),
        ("ANN POE", "Ann Poe"),
        ("*",),
        ("x" * 300,),
        ("的",),
    ],
    "et_al": [True],
    "categories": [
        (),
        *((code,) for code in (" ", ".", "cs.", ".LG", "cs.LG", "No Such", "*", "x" * 300)),
        ("cs.LG", "stat.ML", "cs", "LG"),
        ("a.b.c", "a.b.d", "A.b.c"),
    ],
    "year": [1, 999, 9_999],
    "date": [None, "2020", "2020-12", "2020-02-29"],
    "has_code": [False],
    "institutions": [(), ("MIT", "mit"), ("*",), ("x" * 300,)],
    "score": [None, 0, -0.0, -1.5, 3, 10**300, -1e300, 5e-324],
    "owners": [(), ("Somebody Else",), ("*", "?")],
    "identifiers": [
        (),
        (Identifier("doi", "10.5555/plain"),),
        (Identifier("citation_key", "*"), Identifier("citation_key", " ")),
        (Identifier("accession", "x" * MAX_VALUE_CHARS), Identifier("isbn", "的")),
    ],
    "author_parts": [(), (NameParts(), NameParts()), (NameParts(" ", "的", "*"), NameParts("x"))],
    "other_names": [(), (" ",), ("*",), ("x" * 300,)],
    "editors": [(), (" ",), ("x" * 300,)],
    "keywords": [(), (" ",), ("*",), ("a;b", "a;b", "A;B"), ("x" * MAX_VALUE_CHARS,)],
    "venue": ["", " ", "*", "river letters", "的", "x" * MAX_VALUE_CHARS],
    "volume": ["", " ", "VII"],
    "issue": ["", "Spring"],
    "pages": ["", "e7"],
    "publisher": ["", "*"],
    "type": ["", "thesis"],
    "status": ["", "withdrawn"],
    "language": ["", " ", "DE", "haw", "x" * 300],
    "cited_by": [None, 0, 1, 99_999_999],
    "updated": ["", "2020-02-29"],
    "date_text": ["", "*"],
    "urls": [(), (Link("", ""),), (Link("code", "x"), Link("code", "x"))],
    "other_titles": [(), (OtherText("", "\0"), OtherText("x" * 300, "*"))],
    "other_abstracts": [(), (OtherText("de", "a\nb"),)],
    "comments": ["", "x" * 3_000],
    "sources": [(Source("-", 1),), (Source("/a\nb", 0),), (Source("relative", 1 << 40),)],
}
"""Of each field, values that are odd, and that an index holds."""


def odd(field: str, value: Any) -> Paper:
    values = {field: value}
    if field == "year" and value is not None:
        values["date"] = None
    if field == "authors":
        values["author_parts"] = ()
    return replace(PLAIN, **values)


def written(directory: Path, *papers: Paper) -> Path:
    with open_writer(str(directory)) as writer:
        for paper in papers:
            writer.add([Copy.of(paper)], ())
        writer.commit()
    return directory


def test_the_tables_have_every_field() -> None:
    names = [field.name for field in dataclasses.fields(Paper)]
    assert list(REFUSED) == list(TAKEN) == names


@pytest.mark.parametrize("field", REFUSED)
def test_what_no_index_holds_is_refused_and_changes_nothing(tmp_path: Path, field: str) -> None:
    with open_writer(str(tmp_path / "index")) as writer:
        writer.add([Copy.of(PLAIN)], ())
        for value in REFUSED[field]:
            paper = odd(field, value)
            with pytest.raises(BadRequestError) as raised:
                writer.add([Copy(paper, b"0" * 16)], ())
            said = str(raised.value)
            assert (
                f"cannot be written: {field} is " in said
                or "that of the date" in said
                or ("author_parts has " in said)
            )
            assert "must be " in said or "authors 2" in said
            assert len(said) < 1_000
        writer.commit()
    with searcher.open(tmp_path / "index") as papers:
        assert [*papers.all()] == [PLAIN]
    assert searcher.check(tmp_path / "index").is_sound


def test_what_is_taken_is_searched_counted_sorted_shown_exported_and_kept(tmp_path: Path) -> None:
    papers = [odd(field, value) for field, values in TAKEN.items() for value in values]
    papers = [
        paper if paper.id != PLAIN.id else replace(paper, id=f"odd {number}")
        for number, paper in enumerate(papers)
    ]
    directory = written(tmp_path / "index", *papers)
    assert searcher.check(directory).damage == ()
    ask_everything(directory)
    with open_writer(str(directory)) as writer:
        (entry,) = writer.entries([papers[3].id]).values()
        writer.delete(entry)
        for number in (7, 20):
            (entry,) = writer.entries([papers[number].id]).values()
            assert writer.copies(entry) == [papers[number]]
            writer.add([Copy.of(papers[number])], (), replaces=entry)
        writer.commit()
    # Every segment is merged into one, since most of it is deleted.
    with open_writer(str(directory)) as writer:
        for paper in papers[30:]:
            (entry,) = writer.entries([paper.id]).values()
            writer.delete(entry)
        writer.commit()
    kept = {paper.id: paper for number, paper in enumerate(papers[:30]) if number != 3}
    assert searcher.check(directory).damage == ()
    ask_everything(directory)
    with searcher.open(directory) as opened:
        assert {paper.id: paper for paper in opened.all()} == kept


class Careless:
    """A reader that checks nothing."""

    NAME = "careless"
    OVERLAPS = False
    VALUES: ClassVar = [
        *(("year", 10_000), ("date", "2021-13"), ("score", math.nan), ("score", math.inf)),
        *(("title", LONE), ("title", "a\0b"), ("authors", ("",)), ("institutions", (LONE,))),
        *(
            ("abstract", LONE),
            ("categories", ("L\nG",)),
            ("type", "poem"),
            ("owners", ("Ann\x1b",)),
        ),
    ]

    def recognises(self, _head: Head) -> bool:
        return True

    def read(self, contents: Contents) -> Iterator[Paper]:
        for number, (field, value) in enumerate([("title", "sound"), *self.VALUES], 1):
            sources = (Source(contents.file, number),)
            yield replace(odd(field, value), id=f"p{number}", identifiers=(), sources=sources)


def test_what_a_reader_lets_through_is_a_problem_of_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.reading.finding.READERS", (Careless(),))
    (tmp_path / "file").write_text("x", encoding="utf-8")
    summary = searcher.build(tmp_path / "index", [tmp_path / "file"])
    assert summary.new == summary.total == 1
    assert [problem.line for problem in summary.problems] == [*range(2, 2 + len(Careless.VALUES))]
    for problem, (field, _) in zip(summary.problems, Careless.VALUES, strict=True):
        assert f"cannot be written: {field} is " in problem.reason
        assert problem.reason.endswith("; left out")
    assert searcher.check(tmp_path / "index").is_sound


# An id is that of one paper


@pytest.mark.parametrize("memory_bytes", [1 << 30, 1])
@pytest.mark.parametrize("distance", [0, 3, 1_200])
def test_an_id_that_is_added_twice_is_told_before_anything_is_written(
    tmp_path: Path, distance: int, memory_bytes: int
) -> None:
    directory = written(tmp_path / "index", PLAIN)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    others = [replace(PLAIN, id=f"other {number}") for number in range(distance)]
    twice = [replace(PLAIN, id="twice", title=title) for title in ("one", "another")]
    with open_writer(str(directory), memory_bytes) as writer:
        for paper in (twice[0], *others, twice[1]):
            writer.add([Copy.of(paper)], ())
        with pytest.raises(BadRequestError, match=r"'twice' was added twice.*add all copies"):
            writer.commit()
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_an_id_that_is_committed_is_replaced_or_refused(tmp_path: Path) -> None:
    second, third = (replace(PLAIN, id=name) for name in ("second", "third"))
    directory = written(tmp_path / "index", PLAIN, second, third)
    with open_writer(str(directory)) as writer:
        entries = writer.entries(["plain", "second", "third", "new"])
        for replaces in (None, entries["plain"]):
            with pytest.raises(BadRequestError, match="'second' is in the index; give its entry"):
                writer.add([Copy.of(second)], (), replaces)
        writer.add([Copy.of(replace(PLAIN, title="Changed"))], (), entries["plain"])
        writer.delete(entries["third"])
        writer.add([Copy.of(replace(third, title="Again"))], ())
        writer.add([Copy.of(replace(PLAIN, id="new"))], ())
        writer.commit()
    assert searcher.check(directory).is_sound
    with searcher.open(directory) as papers:
        titles = {paper.id: paper.title for paper in papers.all()}
    assert titles == {
        "plain": "Changed",
        "second": PLAIN.title,
        "third": "Again",
        "new": PLAIN.title,
    }


# The rest of a writer's methods

OTHER = replace(PLAIN, id="other")
CALLS: list[tuple[str, Callable[[Writer, Any], object], list[Any], str]] = [
    (
        "the copies of a paper",
        lambda writer, value: writer.add(value, ()),
        [None, 5, (), [], Copy.of(OTHER), [None], [OTHER], [(OTHER, b"")], {1}, "x", [Copy.of]],
        "cop",
    ),
    (
        "a paper in a copy",
        lambda writer, value: writer.add([Copy(value, b"0" * 16)], ()),
        [None, 5, "x", to_stored(OTHER)],
        "must be Copy.of a Paper",
    ),
    (
        "a hash",
        lambda writer, value: writer.add([Copy(OTHER, value)], ()),
        [None, 5, "00", [0]],
        "must be Copy.of a Paper",
    ),
    (
        "copies that do not belong together",
        lambda writer, value: writer.add([Copy.of(OTHER), Copy.of(value)], ()),
        [OTHER, replace(OTHER, title="x"), replace(PLAIN, sources=(Source("/b", 1),))],
        "have one id, and each is in another file",
    ),
    (
        "shared files",
        lambda writer, value: writer.add([Copy.of(OTHER)], value),
        [None, 5, "x", b"x", [5], [None], {b"x"}],
        "shared is ",
    ),
    (
        "the entry that is replaced",
        lambda writer, value: writer.add([Copy.of(OTHER)], (), replaces=value),
        [5, "x", {}, OTHER, *(Entry(key, {}, frozenset()) for key in (-1, 10**9, None, "0", 1.5))],
        "entry is .*that this writer returned",
    ),
    (
        "the entry that is deleted",
        lambda writer, value: writer.delete(value),
        [None, 5, "plain", *(Entry(key, {}, frozenset()) for key in (-1, 2, 2**70, None, True))],
        "entry is .*that this writer returned",
    ),
    (
        "the entry that is read",
        lambda writer, value: writer.copies(value),
        [None, 5, "plain", *(Entry(key, {}, frozenset()) for key in (-1, 2, 2**70, None, True))],
        "entry is .*that this writer returned",
    ),
    (
        "ids",
        lambda writer, value: writer.entries(value),
        [None, 5, "plain", b"plain", [5], [None], {b"x"}],
        "paper_ids is ",
    ),
    (
        "a file",
        lambda writer, value: list(writer.papers_from(value)),
        [None, 5, b"/seeds/plain.jsonl", Path("/seeds"), ["/seeds"]],
        "file is .*must be text",
    ),
    (
        "a callback",
        lambda writer, value: writer.commit(value),
        [5, "print", [print]],
        "on_progress is .*must be a function",
    ),
]


@pytest.mark.parametrize(
    ("call", "values", "words"), [pytest.param(*row, id=name) for name, *row in CALLS]
)
def test_an_argument_without_meaning_changes_nothing(
    tmp_path: Path, call: Callable[[Writer, Any], object], values: list[Any], words: str
) -> None:
    directory = written(tmp_path / "index", PLAIN, replace(PLAIN, id="second"))
    with open_writer(str(directory)) as writer:
        for value in values:
            with pytest.raises(BadRequestError, match=words):
                call(writer, value)
        writer.add([Copy.of(replace(PLAIN, id="third"))], iter(["/nowhere"]))  # type: ignore[arg-type]
        writer.commit()
    assert searcher.check(directory).is_sound
    with searcher.open(directory) as papers:
        assert {paper.id for paper in papers.all()} == {"plain", "second", "third"}
