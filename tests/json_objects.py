"""Objects of JSON formats for tests: read them as a file, and compare what they say.

The papers and people are invented.
"""

import io
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from index import Paper, Problem
from index.readers import json as json_reader
from index.readers.base import Contents
from index.readers.record import Record, paper_of


def read_all(content: str) -> tuple[list[Paper], list[str]]:
    """Return the papers of a JSON file, and the reasons of its problems and notes."""
    papers, reasons = [], []
    for item in json_reader.read(Contents("a", io.BytesIO(content.encode()), _fail)):
        for one in paper_of(item, "a") if isinstance(item, Record) else (item,):
            if isinstance(one, Problem):
                reasons.append(one.reason)
            else:
                papers.append(one)
    return papers, reasons


def read_one(value: Mapping[str, Any]) -> Paper:
    """Return the paper of one object, nothing of which is lost."""
    papers, reasons = read_all(json.dumps(value))
    assert reasons == []
    (paper,) = papers
    return paper


def notes(*values: Mapping[str, Any]) -> list[str]:
    """Return the notes of a file of objects none of which is a paper."""
    papers, reasons = read_all("".join(f"{json.dumps(value)}\n" for value in values))
    assert papers == []
    return reasons


def assert_says(paper: Paper, expected: Mapping[str, Any]) -> None:
    """Compare those values of a paper that are expected; None means that there is none."""
    values = json.loads(json.dumps(paper.to_dict()))
    other = {key: values.get(key) for key, value in expected.items() if values.get(key) != value}
    assert other == {}, f"not {[expected[key] for key in other]}"


def _fail(problem: Problem) -> None:
    raise AssertionError(problem)


def objects_like(*examples: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with the keys of these, within and without, and values of any kind."""
    keys = st.sampled_from(sorted({key for example in examples for key in _keys(example)}))
    texts = st.sampled_from(sorted({text for example in examples for text in _texts(example)}))
    leaves = (
        st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text() | texts
    )
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )
    changes = st.dictionaries(keys, values, max_size=8)
    return st.builds(lambda one, change: {**one, **change}, st.sampled_from(examples), changes)


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *[key for one in value.values() for key in _keys(one)]]
    return [key for one in value for key in _keys(one)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
