"""``rows.py ROW INDEX``: one row of ``tests.bench.first``, measured in this process.

It imports nothing of the tests, so that the Python of another checkout can run it. What is asked
comes by standard input; milliseconds of CPU time, or megabytes, go to standard output.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

Asked = dict[str, Any]
Figures = dict[str, float]

_SAMPLED = 1_000
_FURTHER = 2_000
_SHOWN_VALUES = 12
_PAGE: dict[str, Any] = {"limit": 10, "match": "any"}


@contextmanager
def _timed(figures: Figures, name: str) -> Iterator[None]:
    started = time.process_time()
    yield
    figures[name] = (time.process_time() - started) * 1000


def _twice(ask: Callable[[Any], Any]) -> Callable[[Any, Asked], Figures]:
    """Return what measures a question asked first and again."""

    def measure(papers: Any, asked: Asked) -> Figures:
        figures: Figures = {}
        for name in ("first", "again"):
            with _timed(figures, name):
                ask((papers, asked))
        return figures

    return measure


def _each(kind: str, *, by_word: bool = False, **options: Any) -> Callable[[Any, Asked], Figures]:
    """Return what measures each of many questions asked first and again.

    ``by_word``: nothing is read that was not typed, and words score one by one.
    """

    def measure(papers: Any, asked: Asked) -> Figures:
        figures: Figures = {}
        import searcher

        if by_word and hasattr(searcher.Ranking(), "near"):
            options.update(acronyms=False, ranking=searcher.Ranking(near=0))
        for name in ("first", "again"):
            for number, query in enumerate(asked[kind]):
                with _timed(figures, f"{name} {number}"):
                    papers.search(query, **{**_PAGE, **options})
        return figures

    return measure


def _all(papers: Any, asked: Asked) -> Figures:
    figures: Figures = {}
    with _timed(figures, "first"):
        found = papers.all(asked["frequent"])
        next(found)
    with _timed(figures, "again"):
        count = sum(1 for _ in islice(found, _FURTHER))
    figures["again"] /= max(count, 1)
    return figures


def _memory(papers: Any, asked: Asked) -> Figures:
    for kind in ("queries", "more", "phrases"):
        for query in asked[kind]:
            papers.search(query, facets=["category", "year"], **_PAGE)
    for ask in _ASKED.values():
        ask((papers, asked))
    for _ in islice(papers.all(asked["frequent"]), _FURTHER):
        pass
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {name: int(rest.split()[0]) / 1024 for name, rest in (one.split(":") for one in lines)}
    return {"first": sizes["Anonymous"], "again": sizes["Rss"] - sizes["Anonymous"]}


def _sample(papers: Any, _asked: Asked) -> Asked:
    """Return titles, abstracts, names and ids of the newest and the oldest papers."""
    hits = [
        hit
        for order in ("date", "oldest")
        for hit in papers.search("*", sort=order, limit=_SAMPLED).hits
    ]
    read = [getattr(hit, "paper", hit) for hit in hits]
    return {
        "ids": [hit.id for hit in hits],
        "titles": [hit.title for hit in hits],
        "abstracts": [paper.abstract for paper in read],
        "names": [name for paper in read for name in paper.authors],
    }


_ASKED: dict[str, Callable[[Any], Any]] = {
    "author": lambda on: on[0].search(f'author:"{on[1]["name"]}"'),
    "facet": lambda on: on[0].search("*", facets=["author"], facet_values=_SHOWN_VALUES),
    "prefix": lambda on: on[0].search("a*"),
    "ending": lambda on: on[0].search("*tion"),
    "edits": lambda on: on[0].search("lerning~2"),
    "date": lambda on: on[0].search("*", sort="date"),
    "id": lambda on: on[0].paper(on[1]["id"]),
    "suggest": lambda on: on[0].suggest("deep l"),
}
ROWS: dict[str, Callable[[Any, Asked], Any]] = {
    "sample": _sample,
    "words": _each("queries", by_word=True, paper=False, snippets=False, count=False),
    "usual": _each("queries", paper=False, snippets=False, count=False),
    "phrases": _each("phrases", paper=False, snippets=False, count=False),
    **{name: _twice(ask) for name, ask in _ASKED.items()},
    "all": _all,
    "memory": _memory,
}


def main() -> None:
    """Open the index and measure the row."""
    import searcher

    row, index = sys.argv[1:]
    asked = json.load(sys.stdin)
    figures: Figures = {}
    with _timed(figures, "open"):
        papers = searcher.open(index)
    json.dump(ROWS[row](papers, asked) | figures, sys.stdout)


if __name__ == "__main__":
    main()
