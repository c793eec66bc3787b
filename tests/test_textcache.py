"""The cache of texts: what it returns, what it forgets, and how much it may hold."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searcher.snippets.marking import prepare
from searcher.snippets.textcache import TextCache
from searcher.snippets.window import _sentence_spans


class Upper:
    """A function that counts its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, text: str) -> str:
        self.calls.append(text)
        return text.upper()


def cache_of(make: Upper, max_bytes: int) -> TextCache[str]:
    return TextCache(make, lambda text, value: len(text) + len(value), max_bytes)


def test_a_text_used_again_is_not_made_again() -> None:
    make = Upper()
    cached = cache_of(make, 1_000)
    assert [cached("ant"), cached("bee"), cached("ant")] == ["ANT", "BEE", "ANT"]
    assert make.calls == ["ant", "bee"]


def test_the_texts_that_are_used_stay() -> None:
    make = Upper()
    cached = cache_of(make, 1_000)
    for number in range(1_000):
        cached("ant")
        cached(f"{number:08}")
    assert make.calls.count("ant") == 1
    assert make.calls.count("00000000") == 1
    cached("00000000")
    assert make.calls.count("00000000") == 2


@pytest.mark.parametrize("max_bytes", [0, 100, 1_999])
def test_a_text_too_large_for_the_cache_is_made_each_time(max_bytes: int) -> None:
    make = Upper()
    cached = cache_of(make, max_bytes)
    assert [cached("ant" * 7), cached("ant" * 7)] == ["ANT" * 7] * 2
    assert len(make.calls) == 2


@given(st.lists(st.text("ab", max_size=12)), st.integers(0, 3_000))
def test_it_returns_what_is_made_and_holds_no_more_than_it_may(
    texts: list[str], max_bytes: int
) -> None:
    cached = cache_of(Upper(), max_bytes)
    for text in texts:
        assert cached(text) == text.upper()
        held = {**cached._young, **cached._old}
        assert sum(2 * len(text) for text in held) <= max_bytes


@pytest.mark.parametrize("shared", [prepare, _sentence_spans], ids=["prepare", "sentences"])
@pytest.mark.parametrize("form", ["Paper {}", "A map of {}. And more.", "The $x$ of {} by Müller"])
def test_memory_is_what_is_counted(shared: TextCache[Any], form: str) -> None:
    """Short texts above all: what belongs to each text takes more than its characters."""
    cached = TextCache(shared._make, shared._byte_count, 1 << 20)
    texts = (form.format(number) for number in range(9_000))
    for _ in range(50):
        cached(next(texts))  # what is loaded for the first text
    tracemalloc.start()
    try:
        most = max(tracemalloc.get_traced_memory()[0] for text in texts if cached(text))
    finally:
        tracemalloc.stop()
    assert cached._old
    assert most <= cached.max_bytes


def test_threads_can_share_it() -> None:
    cached = cache_of(Upper(), 500)
    texts = [f"text {number % 40}" for number in range(4_000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(cached, texts)) == [text.upper() for text in texts]
