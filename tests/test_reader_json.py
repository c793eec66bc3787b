"""JSON of any shape: which records a file holds, on which lines, and what is told of the rest.

The papers and people are invented.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.readers.json import FORMATS, generic, openalex
from index.readers.json.choosing import Fault, Found, Other
from index.readers.json.scanning import MAX_RECORD_CHARS, records
from tests.seed_files import read_reports, write

OAK, ELM, ASH = ({"title": name, "year": 2020} for name in ("Oaks", "Elms", "Ashes"))
OAK_TEXT, ELM_TEXT, ASH_TEXT = map(json.dumps, (OAK, ELM, ASH))


def kind_of(value: dict[str, Any]) -> str | None:
    """Take every object with a title for a paper."""
    return "paper" if "title" in value else None


def scanned(text: str, size: int = 1 << 18) -> list[Any]:
    """Return what a text holds, read in blocks of so many characters."""
    blocks = [text[start : start + size] for start in range(0, len(text), size)]
    return list(records(blocks, kind_of))


def titles(items: list[Any]) -> list[tuple[int, Any]]:
    """Return line and title of the records."""
    return [(item.line, item.value["title"]) for item in items if isinstance(item, Found)]


SHAPES = {
    "lines": f"{OAK_TEXT}\n{ELM_TEXT}\n",
    "lines, blank ones between": f"\n{OAK_TEXT}\n \t\n\n{ELM_TEXT}",
    "lines with a comma behind": f"{OAK_TEXT},\n{ELM_TEXT},\n",
    "two on a line": f"{OAK_TEXT} {ELM_TEXT}",
    "nothing between": OAK_TEXT + ELM_TEXT,
    "an array on a line": json.dumps([OAK, ELM]),
    "an array over lines": json.dumps([OAK, ELM], indent=2),
    "an array, a line each": f"[\n{OAK_TEXT},\n{ELM_TEXT}\n]\n",
    "arrays in an array": json.dumps([[OAK], [ELM]]),
    "objects over lines": f"{json.dumps(OAK, indent=1)}\n{json.dumps(ELM, indent=1)}\n",
    "a list in an object": json.dumps({"count": 2, "items": [OAK, ELM]}),
    "a list in an object, over lines": json.dumps({"items": [OAK, ELM], "next": None}, indent=4),
    "a list in an object's object": json.dumps({"status": "ok", "message": {"items": [OAK, ELM]}}),
    "a list in a third object": json.dumps({"a": {"b": {"c": [OAK, ELM]}}}),
    "records under keys": json.dumps({"t1": OAK, "t2": ELM}),
    "records under keys, with their list": json.dumps(
        {"result": {"uids": ["1", "2"], "1": OAK, "2": ELM}}
    ),
    "a list for each day": json.dumps(
        {"days": [{"date": "2020-05-01", "papers": [OAK]}, {"papers": [ELM]}]}
    ),
    "a list for each year": json.dumps({"2020": [OAK], "2021": [ELM]}),
    "answers, a line each": f'{{"data": [{OAK_TEXT}]}}\n{{"data": [{ELM_TEXT}]}}\n',
    "each in an object": json.dumps([{"rank": 1, "paper": OAK}, {"rank": 2, "paper": ELM}]),
}


@pytest.mark.parametrize("size", [1, 7, 1 << 18], ids=["letters", "pieces", "whole"])
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_files(shape: str, size: int) -> None:
    text = SHAPES[shape]
    items = scanned(text, size)
    # A record begins on the line of the bracket before its first key.
    lines = [text.count("\n", 0, text.index(f'"title": "{name}"')) for name in ("Oaks", "Elms")]
    shift = 0 if '{"title"' in text else -1
    assert titles(items) == [
        (line + 1 + shift, name) for line, name in zip(lines, ("Oaks", "Elms"), strict=True)
    ]
    assert [item for item in items if not isinstance(item, Found)] == []


def test_the_longest_list_of_records_counts() -> None:
    text = json.dumps({"shelves": [ASH], "papers": [OAK, ELM], "tags": ["a", "b", "c"]})
    items = scanned(text)
    assert titles(items) == [(1, "Oaks"), (1, "Elms")]
    (other,) = [item for item in items if isinstance(item, Other)]
    assert other.what == "objects beside the longest list of papers"


def test_the_key_of_a_record_is_told() -> None:
    items = scanned(json.dumps({"papers": {"a7": OAK, "b": ELM}}))
    assert [item.key for item in items] == ["a7", "b"]
    (item,) = scanned(json.dumps({"paper": OAK}))
    assert item.key == ""


def test_nulls_of_an_answer_are_counted() -> None:
    assert scanned(json.dumps([None, OAK, None]))[::2] == [Other(1, "values of null")] * 2


@pytest.mark.parametrize(
    ("text", "found", "faults"),
    [
        (f'{OAK_TEXT}\n{{"title": "El\n{ASH_TEXT}', ["Oaks", "Ashes"], [(2, "value is missing")]),
        (f'{OAK_TEXT}\n{{"title" 7}}\n{ASH_TEXT}', ["Oaks", "Ashes"], [(2, "column 9")]),
        # The column is that of the comma from Python 3.13 on, and of what follows before.
        (f'{OAK_TEXT}\n{{"title": 7,}}\n{ASH_TEXT}', ["Oaks", "Ashes"], [(2, "(column 1")]),
        (f'{OAK_TEXT}\n{{"title": .7}}\n{ASH_TEXT}', ["Oaks", "Ashes"], [(2, "column 11")]),
        (f"{OAK_TEXT}\nElms\n{ASH_TEXT}", ["Oaks", "Ashes"], [(2, "not JSON")]),
        (f"{OAK_TEXT}\n7\n{ASH_TEXT}", ["Oaks", "Ashes"], [(2, "not a JSON object")]),
        (f"{OAK_TEXT}}}\n{ASH_TEXT}", ["Oaks", "Ashes"], [(1, "that nothing opens")]),
        (f"[{OAK_TEXT}, {{oops}}, {ASH_TEXT}]", ["Oaks"], [(1, "not JSON")]),
        (f'[{OAK_TEXT}, {{"title": oops}}, {ASH_TEXT}]', ["Oaks", "Ashes"], [(1, "not JSON")]),
        (
            f'{{"items": [\n{OAK_TEXT},\n{{"title": oops}},\n{ASH_TEXT}\n]}}\n',
            ["Oaks", "Ashes"],
            [(3, "not JSON: a value is missing (column 11)")],
        ),
        (
            '[\n {\n  "title": "Elms",\n  "authors": [\n   {"name": oops}\n  ]\n },\n'
            f" {ASH_TEXT}\n]",
            ["Ashes"],
            [(2, "(line 5, column 13)")],
        ),
        (f"{'[' * 5000}\n{ASH_TEXT}", ["Ashes"], [(1, "nested too deeply")]),
        ('{"a":' * 5000 + f"\n{ASH_TEXT}", ["Ashes"], [(1, "nested too deeply")]),
        (f'{{"title": {"9" * 5000}}}\n{ASH_TEXT}', ["Ashes"], [(1, "too many digits")]),
        (f"[{OAK_TEXT}, {ELM_TEXT[:-5]}", ["Oaks"], [(1, "the file ends before")]),
        (f'{{"items": [{OAK_TEXT}, {ELM_TEXT[:-5]}', ["Oaks"], [(1, "the file ends before")]),
        (f"[\n{OAK_TEXT},\n", ["Oaks"], [(1, "the file ends before")]),
        (
            '{"title": "Elms", "cites": [{"title": "Beeches"}, {"title": "Firs"}], ',
            [],
            [(1, "the file ends before")],
        ),
    ],
)
def test_what_is_no_json_loses_no_neighbour(
    text: str, found: list[str], faults: list[tuple[int, str]]
) -> None:
    for size in (1, 9, 1 << 18):
        items = scanned(text, size)
        assert [title for _, title in titles(items)] == found
        told = [item for item in items if isinstance(item, Fault)]
        assert [fault.line for fault in told] == [line for line, _ in faults]
        for fault, (_, words) in zip(told, faults, strict=True):
            assert words in fault.reason


def test_damage_in_a_long_file_costs_its_own_records() -> None:
    bad = '{"title": "Firs" "year": 2020}'
    lines = [bad if number % 7 == 3 else OAK_TEXT for number in range(9_000)]
    items = scanned("\n".join(lines))
    faults = [item.line for item in items if isinstance(item, Fault)]
    assert faults == [number for number, line in enumerate(lines, 1) if line == bad]
    assert len(titles(items)) == len(lines) - len(faults)


def test_an_array_that_fills_the_memory_is_read_in_a_stream() -> None:
    line = f"{json.dumps({'title': 'Oaks', 'abstract': 'x' * 10_000})}, "

    def blocks() -> Any:
        yield '{"papers": ['
        for _ in range(3 * MAX_RECORD_CHARS // len(line)):
            yield line
        yield f"{ELM_TEXT}]}}"

    count = 0
    for item in records(blocks(), kind_of):
        assert isinstance(item, Found)
        count += 1
        assert item.line == 1
    assert count == 3 * MAX_RECORD_CHARS // len(line) + 1


ANSWERS = {
    "message/items": '{"status": "ok", "message": {"total": 9, "facets": {}, "items": [',
    "response/docs": '{"response": {"numFound": 9, "docs": [',
    "hits/hits": '[{"took": 2, "hits": {"total": {"value": 9}, "hits": [',
    "results": '{"meta": {"count": 9}, "results": [',
}


@pytest.mark.parametrize("path", ANSWERS)
def test_the_records_of_an_answer_come_one_by_one(path: str) -> None:
    read = 0

    def blocks() -> Any:
        nonlocal read
        yield ANSWERS[path]
        for _ in range(9):
            yield f"{OAK_TEXT}, "
            read += 1

    keys = tuple(path.split("/"))
    items = records(blocks(), kind_of, is_answer=lambda at, kind: (at, kind) == (keys, "paper"))
    assert isinstance(next(items), Found)
    assert read < 4


def test_a_list_of_other_keys_waits_for_a_longer_one() -> None:
    text = json.dumps({"results": [OAK], "papers": [ELM, ASH]})
    for size in (1, 9, 1 << 18):
        blocks = [text[start : start + size] for start in range(0, len(text), size)]
        answers = {"results": ("results",), "neither": ("data",)}
        found = {
            name: [title for _, title in titles(list(records(blocks, kind_of, is_answer=is_one)))]
            for name, keys in answers.items()
            for is_one in [lambda at, _, keys=keys: at == keys]
        }
        assert found == {"results": ["Oaks"], "neither": ["Elms", "Ashes"]}


def test_a_record_that_is_too_long_is_left_out() -> None:
    notes = f'"{"oak " * 24}", ' * (MAX_RECORD_CHARS // 90)
    text = f'{{"title": "Oaks", "notes": [{notes}7]}}\n{ELM_TEXT}'
    items = scanned(text)
    assert titles(items) == [(2, "Elms")]
    (fault,) = [item for item in items if isinstance(item, Fault)]
    assert (fault.line, "more than 8,388,608 characters" in fault.reason) == (1, True)


TOKENS = [
    *(OAK_TEXT, ELM_TEXT, "{", "}", "[", "]", ",", ":", '"', '"title"', '"a"', "7", "null", "\n"),
    *(" ", "\\", '{"items": [', '{"1": ', "tru", "NaN", "-"),
]
json_texts = st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)


@settings(max_examples=100)
@given(json_texts, st.integers(1, 40))
@example('{"a": [null]}', 3)
@example('{"a', 1)
def test_any_text_is_scanned(text: str, size: int) -> None:
    items = scanned(text, size)
    assert items == scanned(text, 1 << 18) or "NaN" in text
    last_line = text.count("\n") + 1
    assert all(1 <= item.line <= last_line for item in items)
    if not text.replace(",", "").strip():
        assert items == []


values = st.fixed_dictionaries({"title": st.text(max_size=5)}, optional={"a": st.integers()})


@given(st.lists(values, max_size=6), st.sampled_from([None, 0, 2]), st.integers(0, 400))
def test_a_cut_keeps_what_stands_before_it(
    listed: list[dict[str, Any]], indent: int | None, place: int
) -> None:
    text = json.dumps({"papers": listed}, indent=indent)
    whole = [item.value for item in scanned(text) if isinstance(item, Found)]
    assert whole == listed
    items = scanned(text[:place])
    kept = [item.value for item in items if isinstance(item, Found)]
    assert kept == listed[: len(kept)]
    is_cut = 0 < place < len(text)
    assert any(isinstance(item, Fault) for item in items) == is_cut


# Through the whole reader.


YEARS: dict[str, tuple[Any, dict[str, int | None]]] = {
    "the key of a list": (
        {"2020": [{"title": "Oaks"}], "2019": [{"title": "Elms"}]},
        {"Oaks": 2020, "Elms": 2019},
    ),
    "beside a list": (
        [
            {"year": 2020, "papers": [{"title": "Oaks"}]},
            {"papers": [{"title": "Elms"}], "year": "2019"},
        ],
        {"Oaks": 2020, "Elms": 2019},
    ),
    "beside a list, with its journal": (
        {"venue": "Silva", "year": 2020, "papers": [{"title": "Oaks"}]},
        {"Oaks": 2020},
    ),
    "around lists": (
        {"years": [{"year": 2020, "kinds": [{"kind": "talks", "papers": [{"title": "Oaks"}]}]}]},
        {"Oaks": 2020},
    ),
    "the paper's own comes first": (
        {
            "2020": [
                {"title": "Oaks", "year": 2018},
                {"title": "Elms", "date": "May 2011"},
                {"title": "Firs", "year": None},
            ]
        },
        {"Oaks": 2018, "Elms": 2011, "Firs": 2020},
    ),
    "no year": (
        {"17": [{"title": "Oaks"}], "0999": [{"title": "Elms"}], "2020s": [{"title": "Firs"}]},
        {"Oaks": None, "Elms": None, "Firs": None},
    ),
}


@pytest.mark.parametrize("case", YEARS)
def test_papers_have_the_year_of_their_list(case: str, tmp_path: Path) -> None:
    value, years = YEARS[case]
    papers, reports = read_reports(write(tmp_path / "a.json", json.dumps(value)))
    assert {paper.title: paper.year for paper in papers} == years
    assert [report for report in reports if report.kind == "problem"] == []


def test_the_year_before_a_list_that_fills_the_memory_is_known() -> None:
    line = f"{json.dumps({'title': 'Oaks', 'abstract': 'x' * 100_000})}, "
    count = 2 * MAX_RECORD_CHARS // len(line)
    blocks = ['{"year": 2020, "papers": [', *[line] * count, f"{ELM_TEXT}]}}"]
    assert {item.year for item in records(blocks, kind_of) if isinstance(item, Found)} == {"2020"}


def test_nan_and_infinity_are_no_values(tmp_path: Path) -> None:
    text = '{"title": "Oaks", "year": NaN, "score": NaN, "doi": NaN}'
    (paper,), reports = read_reports(write(tmp_path / "a.json", text))
    assert (paper.year, paper.score, paper.identifiers, reports) == (None, None, (), [])
    assert math.isnan(json.loads("NaN"))


def test_a_file_of_no_papers_is_a_note_in_a_folder_and_a_problem_if_it_is_named(
    tmp_path: Path,
) -> None:
    text = json.dumps({"theme": "dark", "window": {"width": 3}}, indent=1)
    path = write(tmp_path / "settings.json", text)
    for place, kinds in ((tmp_path, ["note"]), (path, ["note", "problem"])):
        papers, reports = read_reports(place)
        assert papers == []
        assert [report.kind for report in reports] == kinds


def test_a_record_that_lost_its_text_is_a_problem(tmp_path: Path) -> None:
    text = f"{{}}\n{OAK_TEXT}\n{{}}\n"
    papers, reports = read_reports(write(tmp_path / "a.jsonl", text))
    assert [paper.title for paper in papers] == ["Oaks"]
    assert sum(report.count for report in reports if report.kind == "problem") == 2


@pytest.mark.parametrize("start", ["[7, 8]", "[section]", "[link](http://a.example)", "{\\rtf1"])
def test_other_files_that_begin_with_brackets(tmp_path: Path, start: str) -> None:
    papers, reports = read_reports(write(tmp_path / "a.txt", f"{start}\nword\n"))
    assert papers == []
    assert len(reports) == 1
    assert "not JSON" not in reports[0].reason


USUAL_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(sorted(generic.USUAL_KEYS)), USUAL_VALUES))
def test_an_object_with_the_usual_keys_is_of_the_formats_that_are_asked(
    value: dict[str, Any],
) -> None:
    others = [one for one in FORMATS if one not in (openalex, generic)]
    assert not any(one.recognises(value) for one in others)
