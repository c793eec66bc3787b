"""Columns of names = what name after name says, however many spellings and segments there are."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.segments.documents import CodedColumn, code_lists
from searcher.engines.local import names
from searcher.engines.local.facets import count, name_key
from searcher.engines.local.names import _Folder, name_column

SPELLED = st.sampled_from(
    "Bo Han|BO HAN|Bo  Han|B. Han|B Han|Jürgen Müller|Jurgen Muller|Ng|--|O'Hara|O’Hara|O Hara|"
    "Li-Wei Xu|Li Wei Xu|张三|US Smith|us smith|".split("|")
)
any_names = SPELLED | st.text(st.sampled_from("ab.AB -'’éß{}\\$1\n张"), max_size=9)
papers = st.lists(st.tuples(st.lists(any_names, max_size=4), st.booleans()), max_size=8)


@settings(max_examples=100)
@given(st.lists(any_names, max_size=12))
@example(["a" * 254, "a" * 255, "a" * 256, "a" * 254 + " b", "a b", "a\nb"])
@example([" a", "a ", "a  b", "J. ", "J.", ". ", "a . b", ".. a"])
@example(["".join(map(chr, range(128))), "{\\v c}apek", "d\\' e", "A.B. c-d"])
def test_a_key_is_that_of_the_name_alone(listed: list[str]) -> None:
    keys = _Folder().keys([name.encode() for name in listed])
    assert keys == [name_key(name).encode() for name in listed]


@settings(max_examples=100)
@given(st.lists(papers, min_size=1, max_size=3), st.lists(any_names, max_size=3))
@pytest.mark.parametrize("most_spelled", [0, 1 << 16])
def test_a_column_counts_each_name_once_a_paper(
    most_spelled: int, segments: list[list[tuple[list[str], bool]]], wanted: list[str]
) -> None:
    rows = [row for segment in segments for row in segment]
    columns = [_column([names for names, _ in segment]) for segment in segments]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "MOST_SPELLED", most_spelled)
        column = name_column(columns, np.array([live for _, live in rows], np.bool_))
        chosen = np.array([at for at, (_, live) in enumerate(rows) if live], np.int64)
        found = count("author", column, chosen)
        first = count("author", column, chosen, 2)
        listed = column.papers_with(wanted)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for own, live in rows:
        for name in own:
            spelled[name_key(name)][name] += live
    usual = {key: min((-own[name], name) for name in own)[1] for key, own in spelled.items()}
    counts = Counter(
        usual[key] for own, live in rows if live for key in {name_key(name) for name in own}
    )
    assert list(found) == sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    assert first == found[:2]
    keys = set(map(name_key, wanted))
    assert listed.tolist() == [not keys.isdisjoint(map(name_key, own)) for own, _ in rows]


def test_names_of_which_one_hash_is_equal_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "hash", lambda key: len(key), raising=False)
    column = name_column([_column([["Al", "Bo"], ["Bo", "Cy"], ["Al"]])], np.ones(3, np.bool_))
    counted = count("author", column, np.arange(3))
    assert [tuple(one) for one in counted] == [("Al", 2), ("Bo", 2), ("Cy", 1)]


def test_a_name_that_is_no_text_is_told() -> None:
    column = code_lists([[b"\xff"]])
    with pytest.raises(UnicodeDecodeError):
        name_column([column], np.ones(1, np.bool_))


def _column(rows: list[list[str]]) -> CodedColumn:
    return code_lists([[name.encode() for name in names] for names in rows])
