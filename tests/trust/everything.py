"""Everything that can be asked of an index, and every form in which an answer is shown."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import searcher
from index.fields import FACETS, QUERY_FIELDS
from searcher.output import tables, terminal
from searcher.output.layout import Style
from searcher.page import Page
from searcher.request import Sort
from searcher.suggesting import KINDS

_SORTS: tuple[Sort, ...] = get_args(Sort)
_STYLE = Style(True, 30)


def ask_everything(directory: Path) -> None:
    """Ask an index everything, and let through whatever is raised."""
    with searcher.open(directory) as papers:
        every = list(papers.all())
        assert len(every) == len(papers)
        for paper in every:
            assert papers.paper(paper.id) == paper
            _strict_json(tables.paper_json(paper))
            _encoded(terminal.paper_text(paper, _STYLE))
        for query in _queries(every):
            _show(papers.search(query, match="any", explain=True, facets=tuple(FACETS)))
        for options in _options(every):
            _show(papers.search("*", **options))
        for sort in _SORTS:
            assert len(list(papers.all(sort=sort))) == len(every)
            _show(papers.search("*", sort=sort))
        for beginning in _beginnings(every):
            found = papers.suggest(beginning, kinds=KINDS)
            _encoded([tables.suggestions_csv(found), tables.suggestions_json(found)])
            _encoded(terminal.suggestions_text(found, _STYLE))
            for one in found:
                assert papers.search(one.query).total == one.papers > 0
        page = papers.search("*", limit=len(every) or 1)
        assert page.total == len(page.hits) == len(every)
        _show(page)


def _queries(papers: list[searcher.Paper]) -> Iterator[str]:
    """Yield queries of every kind for words of the papers, each field by name among them."""
    for paper in (*papers[:1], *papers[1:][-1:]):
        words = f"{paper.title} {paper.abstract}".split()[:21:7]
        yield " ".join(words)
        yield f'"{" ".join(words[:2])}" OR "{" ".join(words)}"~9'
        for word in words:
            yield f"={word} OR {word}~ OR {word[:2]}* OR *{word[-2:]}"
        for name in QUERY_FIELDS:
            yield " OR ".join(f"{name}:{word}" for word in [*words, "a*", "2020..", "code"])
        for name in paper.authors[:1]:
            yield f'author:"{name}" OR owner:"{name}" OR inst:"{name}"'


def _beginnings(papers: list[searcher.Paper]) -> Iterator[str]:
    """Yield what may be typed for some papers, and what says nothing."""
    yield from ("", "a")
    for paper in papers[:2]:
        for text in (paper.title, paper.venue, paper.id, *paper.authors[:1]):
            yield from (text[:3], " ".join(text.split()[-2:])[:-1])


def _options(papers: list[searcher.Paper]) -> Iterator[dict[str, Any]]:
    """Yield filters of every kind, and every facet."""
    yield {"facets": tuple(FACETS)}
    yield {"has_code": True, "facets": tuple(FACETS), "facets_within_filters": True}
    yield {"year": ["..2020", "2021.."]}
    for paper in papers[:2]:
        for name, values in (
            ("category", [paper.category]),
            ("author", list(paper.authors)),
            ("institution", list(paper.institutions)),
        ):
            if values and all(map(str.strip, values)):
                yield {name: values, "facets": tuple(FACETS)}


def _show(page: Page) -> None:
    """Show a page in every form."""
    lines = terminal.page_text(page, "index", _STYLE, lambda limit, number: f"{limit} {number}")
    _encoded(lines)
    _encoded(terminal.facets_text(page.facets or {}, _STYLE))
    _strict_json(tables.page_json(page))
    for line in tables.page_jsonl(page):
        _strict_json(line)
    _encoded([tables.page_csv(page), page._repr_html_()])
    if page.facets:
        _strict_json(tables.facets_json(page, 2))
        _encoded([tables.facets_csv(page)])
        assert all(entry.count > 0 for counts in page.facets.values() for entry in counts)
    assert all(math.isfinite(hit.score) for hit in page.hits)
    assert hash(page) == hash(page)


def _encoded(lines: Any) -> None:
    """Write text as a stream would."""
    for line in lines:
        line.encode()


def _strict_json(text: str) -> None:
    """Read JSON as strict parsers do, which know no NaN and no infinity."""
    json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
