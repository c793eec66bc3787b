"""Queries over the project's seeds and what they find, in a file that a person reviews."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from searcher import Collection
from searcher.output.layout import Style, counted
from searcher.output.terminal import echo_text

FILE = Path(__file__).with_name("seeds.txt")
SHOWN = 3
"""How many titles of each answer are in the file."""

_INTRODUCTION = """\
# Queries over seeds/ and what they find, reviewed by eye: what was searched for each word, the
# notes, how many papers match, and the first titles. A query is behind "?", its options behind "+".
# Renew the answers with python -m tests.golden, and read what changed in the diff."""
_PLAIN = Style(colour=False, width=None)


class Asked(NamedTuple):
    """A query of the file, and its options."""

    query: str
    options: tuple[tuple[str, str], ...]


def asked() -> list[Asked]:
    """Return the queries of the file."""
    found: list[Asked] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        kind, rest = line[:2], line[2:]
        if kind == "? ":
            found.append(Asked(rest, ()))
        elif kind == "+ ":
            name, _, value = rest.partition(" ")
            found[-1] = Asked(found[-1].query, (*found[-1].options, (name, value)))
    return found


def answers(papers: Collection) -> str:
    """Return the text of the file with the answers that an index gives."""
    answered = ["\n".join(_answer(papers, one)) for one in asked()]
    return "\n\n".join([_INTRODUCTION, *answered]) + "\n"


def _answer(papers: Collection, one: Asked) -> Iterator[str]:
    options: dict[str, Any] = {}
    yield f"? {one.query}"
    for name, value in one.options:
        yield f"+ {name} {value}"
        options.setdefault(name, []).append(value)
    options |= {name: options[name][0] for name in {"match", "sort"}.intersection(options)}
    page = papers.search(one.query, **options, limit=SHOWN, echo=True)
    yield from (f"    {line}" for line in echo_text(page, _PLAIN))
    yield from (f"    note: {diagnostic.message}" for diagnostic in page.diagnostics)
    yield f"    {counted(page.total or 0, 'paper')}"
    for hit in page:
        yield f"    {hit.rank} {hit.title}{' · all words' if hit.all_words else ''}"
