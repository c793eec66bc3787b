"""The exceptions: one tree, and each goes to another process and back as it was."""

import copy
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, get_type_hints

import pytest

import index
import searcher
from index.errors import MOST_SHOWN, SearchError, shown
from searcher import Diagnostic
from searcher.errors import StrictQueryError

SAMPLES: dict[Any, Any] = {
    str: "papers.index/MAIN_1.toc: “naïve” \ud800; run: searcher check",
    tuple[Diagnostic, ...]: (Diagnostic("unclosed", "a '(' is not closed"), Diagnostic("x", "")),
}
"""A value of each type that an exception is made of."""


def tree(root: type[SearchError]) -> Iterator[type[SearchError]]:
    """Yield an exception and all below it, in whatever module they are."""
    yield root
    for below in root.__subclasses__():
        yield from tree(below)


def import_everything() -> None:
    for package in (index, searcher):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def made(kind: type[SearchError]) -> SearchError:
    """Return an exception with a sample for each argument of its own, or else with a message."""
    if kind.__init__ is Exception.__init__:
        error = kind(SAMPLES[str])
    else:
        hints = get_type_hints(kind.__init__)
        names = list(inspect.signature(kind.__init__).parameters)[1:]
        error = kind(**{name: SAMPLES[hints[name]] for name in names})
    error.add_note("while the page was made")
    return error


def raise_one(name: str) -> None:
    import_everything()
    (kind,) = [one for one in tree(SearchError) if one.__qualname__ == name]
    raise made(kind)


def assert_same(one: BaseException, other: BaseException) -> None:
    assert type(one) is type(other)
    assert str(one) == str(other)
    assert one.args == other.args
    assert vars(one) == vars(other)


WAYS: list[Callable[[SearchError], SearchError]] = [
    copy.copy,
    copy.deepcopy,
    *(
        lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ),
]


def test_every_exception_is_copied_and_pickled_with_all_it_says() -> None:
    import_everything()
    kinds = list(tree(SearchError))
    assert {StrictQueryError, searcher.NotAnIndexError, searcher.UnknownPaperError} < set(kinds)
    for kind in kinds:
        for way in WAYS:
            assert_same(way(made(kind)), made(kind))


def test_every_exception_comes_through_a_pool_of_processes() -> None:
    import_everything()
    # Spawned, since a fork of a process with threads is one that Python warns of.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for kind in tree(SearchError):
            with pytest.raises(SearchError) as raised:
                pool.apply(raise_one, [kind.__qualname__])
            raised.value.__cause__ = None  # the traceback in the other process, as text
            assert_same(raised.value, made(kind))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "'x'"),
        ("\ud800\n", "'\\ud800\\n'"),
        ([None] * 1_000, f"{'[' + 'None, ' * 1_000:.{MOST_SHOWN}}…"),
        (10**5_000, "a value of type int"),
        ([10**5_000], "a value of type list"),
    ],
    ids=["text", "escapes", "long", "digits", "digits inside"],
)
def test_a_message_shows_a_value_in_short(value: object, text: str) -> None:
    assert shown(value) == text
