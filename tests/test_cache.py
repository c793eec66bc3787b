"""The cache: never more bytes than allowed, and what was used longest ago goes first."""

import ast
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from searcher.cache import Cache, cached, size_of
from searcher.engines.local.engine import LocalEngine

ENTRY = 400  # what each entry takes beside its value

steps = st.lists(st.tuples(st.sampled_from(["get", "put"]), st.integers(0, 9), st.integers(1, 900)))


@given(steps=steps, max_bytes=st.integers(0, 5_000))
def test_the_entries_used_last_are_there(steps: list[tuple[str, int, int]], max_bytes: int) -> None:
    cache = Cache(max_bytes)
    expected: OrderedDict[int, bytes] = OrderedDict()
    for action, key, length in steps:
        if action == "get":
            assert cache.get(key) == expected.get(key)
            if key in expected:
                expected.move_to_end(key)
        else:
            cache.put(key, b"x" * length)
            expected.pop(key, None)
            if ENTRY + size_of(b"x" * length) <= max_bytes:
                expected[key] = b"x" * length
        while sum(ENTRY + size_of(value) for value in expected.values()) > max_bytes:
            expected.popitem(last=False)
        assert cache.byte_count == sum(ENTRY + size_of(value) for value in expected.values())
        assert cache.byte_count <= max_bytes
        assert len(cache) == len(expected)


@pytest.mark.parametrize(
    ("value", "least"),
    [
        (np.zeros(1_000, np.float32), 4_000),
        ("x" * 1_000, 1_000),
        (("x" * 1_000, "y" * 500), 1_500),
        ({"x" * 1_000}, 1_000),
        (7, 1),
        (False, 1),
    ],
)
def test_the_size_of_a_value(value: object, least: int) -> None:
    assert least <= size_of(value) <= 2 * least + 200


def test_a_method_computes_a_result_once() -> None:
    class Doubler:
        def __init__(self) -> None:
            self.cache = Cache(10_000)
            self.calls: list[tuple[object, ...]] = []

        @cached
        def double(self, number: int, *, plus: int = 0) -> int:
            self.calls.append((number, plus))
            return 2 * number + plus

        @cached
        def is_even(self, number: int) -> bool:
            self.calls.append((number,))
            return number % 2 == 0

    doubler = Doubler()
    for _ in range(2):
        assert (doubler.double(4), doubler.double(4, plus=1)) == (8, 9)
        assert (doubler.is_even(4), doubler.is_even(5)) == (True, False)
    assert doubler.calls == [(4, 0), (4, 1), (4,), (5,)]
    doubler.cache = Cache(0)
    assert (doubler.double(4), doubler.double(4)) == (8, 8)
    assert len(doubler.calls) == 6


def test_threads_share_a_cache() -> None:
    cache = Cache(5_000)

    def work(worker: int) -> None:
        for step in range(2_000):
            key = (step * (worker + 1)) % 17
            value = cache.get(key)
            assert value in (None, b"x" * key)
            cache.put(key, b"x" * key)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert 0 < cache.byte_count <= 5_000
    assert cache.byte_count == sum(
        ENTRY + size_of(value) for key in range(17) if (value := cache.get(key)) is not None
    )


# What these are asked for is one of a few: truth values, indents, up to 32 words, processes.
_OF_FEW = {
    *("index/analysis.py:_letter", "index/analysis.py:_part", "index/analysis.py:_token"),
    "index/readers/json/scanning.py:_next_line",
    "index/upkeep/expected.py:_number_term",  # the numbers of one check
    "searcher/engines/local/nearness.py:_pair_numbers",
    "searcher/engines/local/nearness.py:_pair_words",
    "searcher/programs/retriever.py:_threads",
}


def test_no_function_remembers_more_the_longer_a_process_lives() -> None:
    """What is decorated with ``cache`` has no argument, or one of a few."""
    root = Path(__file__).parent.parent
    unbounded = {
        f"{file.relative_to(root).as_posix()}:{one.name}"
        for package in ("index", "searcher")
        for file in (root / package).rglob("*.py")
        if "@cache" in (text := file.read_text(encoding="utf-8"))
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.FunctionDef)
        and one.args.args
        and any(isinstance(by, ast.Name) and by.id == "cache" for by in one.decorator_list)
    }
    assert unbounded == _OF_FEW


def test_an_engine_keeps_no_more_the_more_is_asked(
    seeds_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.engines.local.reader.CACHE_BYTES", 50_000)
    monkeypatch.setattr("searcher.engines.local.reader.CACHE_BYTES_PER_PAPER", 0)
    engine = LocalEngine(str(seeds_index))
    with searcher.open(seeds_index) as usual:
        words = sorted(
            {word.lower() for hit in usual.search("*", limit=60) for word in hit.title.split()}
        )
        with searcher.Collection(seeds_index, engine=engine) as papers:
            for one, other in pairwise(words[:60]):
                text = f"{one} {other}"
                assert papers.search(text).hits == usual.search(text).hits
                assert engine.vocabulary.cache.byte_count <= 50_000
            assert engine.vocabulary.cache.byte_count > 25_000


def test_what_is_free_is_returned_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    returned: list[int] = []
    monkeypatch.setattr("searcher.cache._RETURN_AFTER", 3_000)
    monkeypatch.setattr("searcher.cache._trim", lambda: returned.append)
    cache = Cache(2_000)
    for number in range(10):
        cache.put(number, b"x" * 550)
    assert returned == [0, 0]
