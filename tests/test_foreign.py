"""Files somebody else made, sound to the last checksum: refused with a word, or they answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import searcher
from index.errors import DamagedIndexError
from index.fields import FACETS
from index.segments.arrayfile import ArrayFile
from index.segments.contents import read_contents
from index.segments.packing import pack_strings
from index.segments.stored import StoredPacker
from searcher.output.tables import page_json
from tests.trust import targets
from tests.trust.targets import Arrays

Facts = dict[str, Any]
Change = Callable[[Arrays, Facts], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an index of one segment, by extension; the table of contents by its name."""
    directory = tmp_path_factory.mktemp("foreign") / "index"
    targets.build(directory, [range(20)])
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound index of other papers."""
    directory = tmp_path_factory.mktemp("beside") / "index"
    targets.build(directory, [range(20, 30)])
    return directory


def set_array(name: str, value: Any, kind: str = "") -> Change:
    def change(listed: Arrays, _facts: Facts) -> None:
        for at, (own, array) in enumerate(listed):
            if own == name:
                made = np.array(value(array) if callable(value) else value)
                listed[at] = own, made.astype(kind or array.dtype)
                return
        raise AssertionError(name)

    return change


def drop(name: str) -> Change:
    def change(listed: Arrays, _facts: Facts) -> None:
        listed[:] = [pair for pair in listed if pair[0] != name]

    return change


def in_turn(*changes: Change) -> Change:
    def change(listed: Arrays, facts: Facts) -> None:
        for one in changes:
            one(listed, facts)

    return change


def set_fact(name: str, value: Any) -> Change:
    def change(_listed: Arrays, facts: Facts) -> None:
        facts[name] = value

    return change


def store(values: bytes) -> Change:
    def change(listed: Arrays, _facts: Facts) -> None:
        packer = StoredPacker([values])
        kept = [
            pair for pair in listed if pair[0].partition("/")[0] not in ("stored", "dictionary")
        ]
        dictionary = ("dictionary", np.frombuffer(packer.dictionary, np.uint8))
        packed = list(pack_strings("stored", [packer.pack(values)] * 20))
        listed[:] = [*kept, dictionary, *packed]

    return change


def stored_paper(**values: Any) -> Change:
    return store(b"j" + json.dumps({"copies": [{"id": "a", "title": "b"} | values]}).encode())


def flooded(array: Any) -> Any:
    return np.full_like(array, np.iinfo(array.dtype).max)


POSTINGS: dict[str, Change] = {
    "a fact is missing": lambda _listed, facts: facts.clear(),
    "fields that are none": set_fact("fields", 5),
    "a stem field of nothing": set_fact("stem_fields", {"abstract": "nowhere"}),
    "documents far past the end": set_array("abstract_exact/documents/bytes", flooded),
    "all documents the first": set_array("abstract_exact/documents/bytes", np.zeros_like),
    "excess without end": set_array("abstract_exact/documents/excess", [1 << 30], "<u4"),
    "starts past the end": set_array("abstract_exact/starts/bytes", flooded),
    "starts of lists all 0": set_array("abstract_exact/starts/bytes", np.zeros_like),
    "lists of no width": set_array("abstract_exact/documents/widths", np.zeros_like),
    "lists of a width that is none": set_array(
        "abstract_exact/documents/widths", lambda of: of * np.nan, "<f4"
    ),
    "excess that is none": set_array("abstract_exact/documents/excess", [np.nan], "<f4"),
    "keys with a point": set_array("abstract_exact/term_keys", lambda of: of, "<f8"),
    "lists of a width of eight bytes": set_array(
        "abstract_exact/documents/widths", lambda of: of.astype("<u8") + (1 << 63), "<u8"
    ),
    "lists of width 3": set_array("abstract_exact/documents/widths", lambda of: of * 0 + 3),
    "no positions": drop("abstract_exact/positions/bytes"),
    "positions cut": set_array("abstract_exact/positions/bytes", lambda of: of[:5]),
    "no first position": set_array("abstract_exact/first_positions", np.zeros_like),
    "every position a first": set_array("abstract_exact/first_positions", flooded),
    "position starts past the end": set_array("abstract_exact/position_starts/bytes", flooded),
    "terms past the end": set_array("abstract_exact/term_starts/bytes", flooded),
    "no terms": set_array("abstract_exact/term_bytes", []),
    "keys in no order": set_array("abstract_exact/term_keys", lambda of: of[::-1]),
    "no keys": drop("abstract_exact/term_keys"),
    "stems of no term": set_array("abstract/terms_by_stem", flooded),
    "terms of no stem": set_array("abstract/stem_of_term", flooded),
    "numbers with a point": set_array("abstract/stem_of_term", lambda of: of, "<f4"),
    "names that are no text": set_array("author_names/term_bytes", lambda of: of * 0 + 0xFF),
}
DOCUMENTS: dict[str, Change] = {
    "documents without number": set_fact("count", 10**15),
    "less than no documents": set_fact("count", -1),
    "a number that is none": set_fact("count", "20"),
    "a year without end": set_array("year/numbers", lambda of: of * 0 + np.uint32(0xFFFFFFFF)),
    "years of some": set_array("year/numbers", lambda of: of[:7]),
    "no years": drop("year/numbers"),
    "no dates": drop("date/numbers"),
    "no own scores": drop("score/numbers"),
    "lengths of some": set_array("abstract/lengths", lambda of: of[:3]),
    "lengths of none": set_array("abstract/lengths", np.zeros_like),
    "a category that is no number": set_array("category_list/codes", lambda of: of * np.nan, "<f4"),
    "lengths that are no numbers": set_array("abstract/lengths", lambda of: of * np.nan, "<f4"),
    "lengths past any": set_array("abstract/lengths", lambda of: of + np.uint64(1 << 63), "<u8"),
    "years past any": set_array("year/numbers", lambda of: of + np.uint64(1 << 63), "<u8"),
    "categories without a value": in_turn(
        set_array("category_list/values/bytes", []),
        set_array("category_list/values/starts/bytes", []),
        set_array("category_list/codes", np.zeros_like),
    ),
    "a category of none": set_array("category_list/codes", flooded),
    "categories of some": set_array("category_list/codes", lambda of: of[:3]),
    "no categories": drop("category_list/codes"),
    "authors of none": set_array("author_list/codes", flooded),
    "lists of authors past the end": set_array("author_list/code_starts/bytes", flooded),
    "titles past the end": set_array("title/texts/starts/bytes", flooded),
    "titles of some": set_array("title/texts/starts/bytes", lambda of: of[:3]),
    "titles that are no text": set_array("title/texts/bytes", lambda of: of * 0 + 0xFF),
    "no ids": drop("id/texts/bytes"),
    "stored values that are not packed": set_array("stored/bytes", flooded),
    "stored values without end": store(b"j" + b" " * (1 << 27)),
    "a pickle": store(b"p\x80\x04K\x01."),
    "lists in lists": store(b"j" + b"[" * 200_000),
    "no copies": store(b"j{}"),
    "a title that is a number": stored_paper(title=5),
    "authors that are numbers": stored_paper(authors=[1]),
    "authors that are no list": stored_paper(authors=7),
    "a source without a line": stored_paper(sources=[{"file": "f"}]),
    "a source that is text": stored_paper(sources=["f"]),
    "a field that is none": stored_paper(colour="red"),
    "a score that is none": stored_paper(score=float("nan")),
    "a title that steers a terminal": stored_paper(title="\x1b[31m", abstract="\x9b2J"),
}
MAY_ANSWER = (
    POSTINGS["all documents the first"],
    POSTINGS["excess without end"],
    POSTINGS["keys in no order"],
    POSTINGS["terms of no stem"],
    POSTINGS["names that are no text"],
    DOCUMENTS["lengths of none"],
    DOCUMENTS["a score that is none"],
    DOCUMENTS["a title that steers a terminal"],
)
SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("river stone", {"match": "any", "facets": tuple(FACETS)}),
    ('"river stone"~3 OR "moss rain" OR m* OR rivr~', {"explain": True}),
    ("author:ann OR owner:ann*", {"category": "LG", "year": "2001..", "sort": "score"}),
    ("date:2001..2008", {"has_code": True, "sort": "date"}),
]


@pytest.mark.parametrize(
    ("extension", "change"),
    [
        pytest.param(extension, change, id=f"{extension[1:]}: {name}")
        for extension, changes in ((".postings", POSTINGS), (".documents", DOCUMENTS))
        for name, change in changes.items()
    ],
)
def test_a_foreign_file_is_refused_or_answers(
    tmp_path: Path, sound: dict[str, bytes], beside: Path, extension: str, change: Change
) -> None:
    for name, content in sound.items():
        if name.endswith(extension):
            file = ArrayFile(content, name)
            listed = [(one, file.array(one)) for one in file.types]
            facts = dict(file.facts)
            change(listed, facts)
            content = targets._written(listed, facts, [])
            ArrayFile(content, name).check()
            assert content != sound[name]
        (tmp_path / name).write_bytes(content)
    for directories in ([tmp_path], [beside, tmp_path]):
        refused = 0
        opened = None
        with refusal(tmp_path):
            opened = searcher.open(directories)
        for query, options in SEARCHES if opened else []:
            with refusal(tmp_path) as refusals:
                page = opened.search(query, **options)
                shown = "\n".join([*targets.page_lines(page), page_json(page)])
                assert not targets.STEERING.search(shown)
                assert page.total in range(len(page.hits), 31)
            refused += len(refusals)
        assert refused or not opened or change in MAY_ANSWER


@contextmanager
def refusal(directory: Path) -> Iterator[list[str]]:
    """Yield a list that holds, at the end, what was said where an index was refused: its name."""
    said: list[str] = []
    try:
        yield said
    except searcher.SearchError as error:
        said.append(str(error))
    assert all(words.startswith(str(directory)) and "searcher " in words for words in said), said


ENTRIES: list[tuple[int, Any]] = [
    *(
        (1, kind)
        for kind in ("|O", "V99999999", "<U9", "i4,i4", "(9,9)u1", "", "<M8[s]", 5, None, "|u3")
    ),
    *((2, count) for count in (-1, -2, 1 << 62, 10**30, 0.5, "9", None, 1 << 20)),
    *((3, offset) for offset in (-1, 0, 7, 1001, 1 << 62, 10**30, 0.5, "9", None, 1 << 20)),
    (0, ["name"]),
    (0, {}),
]


@pytest.mark.parametrize(("column", "value"), ENTRIES, ids=str)
def test_an_array_that_is_not_in_the_file_is_refused(
    sound: dict[str, bytes], column: int, value: Any
) -> None:
    (content,) = [content for name, content in sound.items() if name.endswith(".postings")]
    start, end = (int.from_bytes(content[at : at + 8], "little") for at in (-32, -24))
    directory = json.loads(content[start:end])
    directory["arrays"][4][column] = value
    made = targets.sealed(content[:start] + json.dumps(directory).encode(), start)
    with pytest.raises(DamagedIndexError, match="x: the trailer is not as it was written"):
        ArrayFile(made, "x")


@pytest.mark.parametrize("directory", ["[]", "5", "{}", '{"facts": 5, "arrays": []}', "[" * 50_000])
def test_a_directory_that_is_none_is_refused(directory: str) -> None:
    with pytest.raises(DamagedIndexError, match="x: the trailer is not as it was written"):
        ArrayFile(targets.sealed(b"PAPARRAY" + directory.encode(), 8), "x")


def test_the_files_were_sound_before_they_were_changed(
    tmp_path: Path, sound: dict[str, bytes]
) -> None:
    for name, content in sound.items():
        (tmp_path / name).write_bytes(content)
    assert read_contents(str(tmp_path)) is not None
    with searcher.open(tmp_path) as opened:
        for query, options in SEARCHES:
            assert opened.search(query, **options).total
