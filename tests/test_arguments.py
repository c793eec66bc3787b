"""Wrong arguments of the public functions: refused before anything is read or written."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import searcher

PAGE = Path(__file__).resolve().parents[1] / "seeds" / "yingwen-wu.txt"
NO_PATHS = [42, None, b"", b"seeds", [], float("nan"), "", True, {}, object, "a\0b", "\ud800", 1.5]
FUNCTIONS: Mapping[str, Callable[[Any], object]] = {
    "open": searcher.open,
    "build": lambda directory: searcher.build(directory, [PAGE]),
    "check": searcher.check,
    "repair": searcher.repair,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("directory", NO_PATHS, ids=repr)
def test_a_directory_is_a_path(
    name: str, directory: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(searcher.BadRequestError, match=r"^directory is .*; it must be the path of"):
        FUNCTIONS[name](directory)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("paths", [42, None, b"seeds", 1.5, True, object, ""], ids=repr)
def test_paths_are_one_path_or_several(paths: Any, tmp_path: Path) -> None:
    with pytest.raises(searcher.BadRequestError, match=r"^paths is "):
        searcher.build(tmp_path / "index", paths)


@pytest.mark.parametrize("path", NO_PATHS, ids=repr)
def test_each_of_several_paths_is_one(path: Any, tmp_path: Path) -> None:
    message = rf"^one of the paths is {re.escape(repr(path))}; "
    with pytest.raises(searcher.BadRequestError, match=message):
        searcher.build(tmp_path / "index", [PAGE, path])
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("page_year", [b"", "", "2024", True, 2024.0, float("nan"), [], 999, 9999]),
        ("memory_bytes", [None, "1", 1.5, float("nan"), True, -1]),
        ("strict", [None, 1, "no", np.True_]),
        ("prune", [None, 1, "no", []]),
        ("on_progress", [42, "print", [print]]),
    ],
)
def test_an_option_of_a_build_without_meaning_leaves_the_index_as_it_was(
    name: str, wrong: list[object], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    searcher.build(index, [PAGE], page_year=2023)
    before = sorted(os.listdir(index))
    for value in wrong:
        options: Any = {name: value}
        with pytest.raises(searcher.BadRequestError) as raised:
            searcher.build(index, [PAGE], **options)
        assert str(raised.value).startswith(f"{name} is {value!r}; it must be ")
    assert sorted(os.listdir(index)) == before
    assert searcher.check(index).is_sound


@pytest.mark.parametrize("options", [{"memory_bytes": "1"}, {"on_files": 42}])
def test_an_option_of_a_repair_without_meaning_is_refused(options: Any, tmp_path: Path) -> None:
    with pytest.raises(searcher.BadRequestError, match=next(iter(options))):
        searcher.repair(tmp_path, **options)


def test_integers_of_numpy_are_taken(tmp_path: Path) -> None:
    year: Any = np.int64(2023)
    memory: Any = np.int64(1 << 28)
    summary = searcher.build(tmp_path / "index", PAGE, page_year=year, memory_bytes=memory)
    assert (summary.assumed_year, type(summary.assumed_year)) == (2023, int)
