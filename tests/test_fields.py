"""The field table: a row added to a copy of it is all that a new field needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.fields import (
    EXPORTED,
    FACETS,
    FIELD_WEIGHTS,
    FIELDS,
    LENGTH_NORMALISATION,
    NAME_FIELDS,
    QUERY_FIELDS,
    RANGE_FIELDS,
    SEARCHED_FIELDS,
    STEMMED_FIELDS,
    TEXT_QUERY_FIELDS,
    VALUES,
    exact_twin,
)
from index.paper import Paper
from index.schema import schema
from tests.conftest import ROOT


def test_what_the_table_says_today() -> None:
    assert STEMMED_FIELDS == ("title", "abstract")
    assert SEARCHED_FIELDS == ("title", "authors", "abstract")
    assert FIELD_WEIGHTS == {"title": 3.0, "authors": 2.0, "abstract": 1.0}
    assert LENGTH_NORMALISATION == {"title": 0.5, "authors": 0.3, "abstract": 0.75}
    assert set(QUERY_FIELDS) == {
        *("title", "abstract", "author", "owner", "inst", "cat", "year", "date", "has", "id"),
        *("doi", "venue", "kw", "type", "lang", "cited"),
    }
    assert TEXT_QUERY_FIELDS == ("title", "abstract", "venue", "kw")
    assert RANGE_FIELDS == ("year", "date", "cited")
    assert NAME_FIELDS == {
        "author": "author_names",
        "owner": "owner_names",
        "inst": "institution_names",
    }
    assert set(FACETS) == {
        *("category", "year", "author", "institution", "code"),
        *("venue", "keyword", "type", "language"),
    }
    assert (
        *("id", "title", "authors", "et_al", "category", "year", "date", "has_code"),
        *("institutions", "owners"),
    ) == EXPORTED


def test_names_of_fields_and_facets_are_used_once() -> None:
    names = [*(field.name for field in FIELDS), *map(exact_twin, STEMMED_FIELDS)]
    for listed in (
        names,
        [field.query_name for field in FIELDS if field.query_name],
        [field.facet for field in FIELDS if field.facet],
        EXPORTED,
    ):
        assert len(set(listed)) == len(listed)
    assert set(names) < set(schema().names())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_row_has_a_value_of_its_kind(field: object) -> None:
    paper = Paper(
        "one", "A title", "An abstract", ("Ann Lee",), categories=("LG",), year=2024, score=1.5
    )
    value = VALUES[field.value](paper)  # type: ignore[attr-defined]
    kinds = {"text": str, "words": tuple, "names": tuple, "number": int, "decimal": float}
    assert isinstance(value, kinds.get(field.kind, str | tuple))  # type: ignore[attr-defined]


# A new row, the value it has in a paper, and what is asked of the index that is built with it.
NEW_ROWS = {
    "value": (
        "Field('opening', 'value', 'opening', column='codes', query_name='opening',"
        " facet='opening', exports=('lacks_year',)),",
        "lambda paper: paper.title.split()[0].lower()",
        "opening:deep",
    ),
    "number": (
        "Field('words', 'number', 'words', query_name='words', facet='words',"
        " exports=('lacks_year',)),",
        "lambda paper: len(paper.title.split())",
        "words:2..3",
    ),
    "text": (
        "Field('topics', 'text', 'topics', column='strings', query_name='topic', weight=2.0,"
        " b=0.5, exports=('lacks_year',)),",
        "lambda paper: 'hidden ' + paper.title.split()[0] + 'ing'",
        "topic:(hidden deep)",
    ),
    "names": (
        "Field('editor_names', 'names', 'editors', query_name='editor', exports=('lacks_year',)),"
        "Field('editor_list', 'list', 'editors', facet='editor'),",
        "lambda paper: (paper.title.split()[0] + ' Lee',)",
        'editor:"Lee, D."',
    ),
}

PROGRAM = """
import importlib.util, json, sys, types
from pathlib import Path

row, value, query, folder = sys.argv[1:]
source = Path(importlib.util.find_spec("index.fields").origin).read_text()
head = "FIELDS: tuple[Field, ...] = ("
assert head in source
table = types.ModuleType("index.fields")
sys.modules["index.fields"] = table
exec(compile(source.replace(head, head + row), "fields.py", "exec"), table.__dict__)
import index
index.fields = table
new = table.FIELDS[0]
table.VALUES[new.value] = eval(value)

import searcher
from click.testing import CliRunner
from index.writers.opening import open_writer
from searcher.cli.main import cli

seeds = Path(folder, "papers.jsonl")
records = [
    {"id": "a", "title": "Deep nets", "abstract": "On learning."},
    {"id": "b", "title": "Deep learning theory", "abstract": "On bounds."},
    {"id": "c", "title": "Sparse coding of long natural images", "abstract": "On coding."},
]
seeds.write_text("".join(json.dumps(record) + "\\n" for record in records))
directory = str(Path(folder, "index"))
searcher.build(directory, [seeds])
with searcher.open(directory) as papers:
    facets = [field.facet for field in table.FIELDS if field.facet and field.value == new.value]
    page = papers.search(query, facets=facets, match="all")
    plain = papers.search("hidden")
damaged = searcher.check(directory).damage
words = ["search", query, "--all", "--index", directory, "--format", "json"]
printed = CliRunner().invoke(cli, words)
print(json.dumps({
    "found": sorted(hit.id for hit in page),
    "diagnostics": [diagnostic.message for diagnostic in page.diagnostics],
    "facets": {name: dict(counts) for name, counts in (page.facets or {}).items()},
    "plain": len(plain),
    "damage": [str(finding) for finding in damaged],
    "exported": sorted(json.loads(printed.stdout)["hits"][0]),
    "helped": facets == [] or facets[0] in CliRunner().invoke(cli, ["facets", "--help"]).output,
}))
"""


@pytest.mark.parametrize("kind", NEW_ROWS)
def test_a_new_row_is_indexed_searched_counted_stored_checked_and_exported(
    kind: str, tmp_path: Path
) -> None:
    row, value, query = NEW_ROWS[kind]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, row, value, query, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["found"] == ["a", "b"]
    assert answer["diagnostics"] == []
    assert answer["damage"] == []
    assert "lacks_year" in answer["exported"]
    assert answer["helped"]
    expected = {
        "value": {"opening": {"deep": 2}},
        "number": {"words": {"2": 1, "3": 1}},
        "text": {},
        "names": {"editor": {"Deep Lee": 2}},
    }
    assert answer["facets"] == expected[kind]
    assert answer["plain"] == (3 if kind == "text" else 0)
