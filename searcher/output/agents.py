"""Answers for language models: as text, short, and within a budget of tokens; nothing here prints.

A token is counted as 3.25 bytes of UTF-8. Of 2,384 hits in the ACL Anthology the tokenizer o200k
makes 4.1 bytes a token and at most 115 tokens a hit, cl100k 4.0 and 117.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from index.paper import Paper
from searcher.diagnosis import ClauseCount, Diagnosis, Relaxation
from searcher.output.layout import Style, counted, safe
from searcher.output.terminal import paper_text as terminal_paper_text
from searcher.page import FacetCount, Hit, Page, Piece, Suggestion
from searcher.query.tree import Diagnostic
from searcher.request import FILTERS, Request

BYTES_PER_TOKEN = 3.25

HIT_TOKENS = 120
"""The most that a hit takes, unless its id alone takes more: an id is never cut."""

ANSWER_TOKENS = 4_000
"""The most that an answer takes."""

_TITLE_BYTES, _FACTS_BYTES = 160, 110
# What is shorter tells nothing.
_LEAST_BYTES = 24
_AUTHORS, _SHARED, _NOTES, _NOTE_TOKENS = 3, 6, 6, 60
# Of a paper with thousands of them, so many are named before its abstract.
_MOST_NAMES = 40
_MOST_CATEGORIES = 6


def tokens(text: str) -> float:
    """Return how many tokens a text is counted as."""
    return len(text.encode()) / BYTES_PER_TOKEN


def page_text(page: Page, paper_count: int, next_cursor: str) -> str:
    """Return a page of hits, or why there are none; ``next_cursor`` is empty for the last page."""
    total, held = page.total or 0, counted(paper_count, "paper")
    lines = list(_notes(page.diagnostics))
    if not total:
        lines.insert(0, f"no paper matches, of {held}{' (in the time given)' * page.partial}")
        lines += _advice(page.diagnosis) if page.diagnosis else ()
    elif not page.hits:
        lines.insert(0, f"{counted(total, 'paper')}, and no further page")
    else:
        extent = f"{page.hits[0].rank}–{page.hits[-1].rank} of {total:,} that match, of {held}"
        lines.insert(0, extent + " (not all was looked at in the time given)" * page.partial)
        lines += map(hit_text, page.hits)
        if next_cursor:
            lines.append(f'next: the same with cursor="{next_cursor}"')
    return within("\n".join(lines))


def similar_text(page: Page) -> str:
    """Return papers that are alike, each with the words that it shares."""
    lines = [*_notes(page.diagnostics), *map(hit_text, page.hits)]
    return within("\n".join(lines if page.hits else [*lines, "no paper is like that"]))


def hit_text(hit: Hit) -> str:
    """Return a hit in HIT_TOKENS: id, title, who and when, and what fits of the snippet."""
    lines = [_cut(_plain(hit.title), _TITLE_BYTES) or "(untitled)"]
    if paper := hit.paper:
        authors = ", ".join(paper.authors[:_AUTHORS])
        if paper.et_al or len(paper.authors) > _AUTHORS:
            authors += " et al."
        facts = [authors, str(paper.date or paper.year or ""), paper.category, paper.venue]
        lines.append(_cut(" · ".join(map(_plain, filter(None, facts))), _FACTS_BYTES))
    if hit.index:
        lines.append(_cut(f"in {_plain(hit.index)}", _FACTS_BYTES))
    if hit.shared:
        lines.append(_cut(f"shares: {', '.join(map(_plain, hit.shared[:_SHARED]))}", _FACTS_BYTES))
    text, name = "\n".join(filter(None, lines)), safe(f"{hit.rank}. {hit.id}")
    room = int(HIT_TOKENS * BYTES_PER_TOKEN) - len(name.encode()) - 1
    if hit.snippets and (left := room - len(text.encode()) - 1) >= _LEAST_BYTES:
        text += f"\n{_around_mark(hit.snippets.abstract, left)}"
    return f"{name}\n{_cut(text.rstrip(), room)}" if room >= _LEAST_BYTES else name


def paper_text(paper: Paper, address: str) -> str:
    """Return a paper whole, but for names without end, with its address as a resource."""
    names = len(paper.authors)
    shown = replace(
        paper,
        authors=paper.authors[:_MOST_NAMES],
        author_parts=paper.author_parts[:_MOST_NAMES],
        et_al=paper.et_al or names > _MOST_NAMES,
        sources=(),
    )
    lines = list(terminal_paper_text(shown, Style(colour=False, width=None)))
    if names > _MOST_NAMES:
        lines.append(f"authors: {names:,} in all")
    # Last, so that it is there even if the abstract is cut.
    ending = f"\nresource: {address}"
    room = int(ANSWER_TOKENS * BYTES_PER_TOKEN) - len(ending.encode())
    return _cut("\n".join(lines), room) + ending


def facets_text(page: Page, limit: int) -> str:
    """Return the first ``limit`` values of each facet, and how many papers match."""
    lines = [f"{counted(page.total or 0, 'paper')} match", *_notes(page.diagnostics)]
    for name, counts in (page.facets or {}).items():
        shown = " · ".join(map(_counted_value, counts[:limit]))
        more = " · and more" if len(counts) > limit else ""
        lines.append(f"{name}: {shown or 'none'}{more}")
    return within("\n".join(lines))


def suggestions_text(suggestions: Sequence[Suggestion], lacking: str) -> str:
    """Return suggestions, each with the query that finds it, and why some are ``lacking``."""
    lines = [
        f"{one.kind} {_plain(one.text)}: {counted(one.papers, 'paper')}, query {safe(one.query)}"
        for one in suggestions
    ]
    notes = [f"note: {safe(lacking)}"] if lacking else []
    return within("\n".join([*(lines or ["nothing begins like that"]), *notes]))


def holdings_text(page: Page) -> str:
    """Return what an index holds, by a page of all papers with the facets category and year."""
    facets: Mapping[str, Sequence[FacetCount]] = page.facets or {}
    text = counted(page.total or 0, "paper")
    years = [one.value for one in facets.get("year", ()) if isinstance(one.value, int)]
    if years:
        text += f" of {min(years)}–{max(years)}" if len(set(years)) > 1 else f" of {years[0]}"
    if categories := facets.get("category", ())[:_MOST_CATEGORIES]:
        text += f", most in {', '.join(map(_counted_value, categories))}"
    return text


def _counted_value(one: FacetCount) -> str:
    return f"{_plain(str(one.value))} {one.count:,}"


def within(text: str) -> str:
    """Return a text cut to ANSWER_TOKENS."""
    return _cut(text, int(ANSWER_TOKENS * BYTES_PER_TOKEN))


def resource_address(paper_id: str) -> str:
    """Return the address of a paper as a resource; whatever an id holds, it is one part of it."""
    return RESOURCE.replace("{paper_id}", quote(paper_id, safe=""))


RESOURCE = "papers://paper/{paper_id}"
"""The address of a paper as a resource, as a template."""


def _notes(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    for one in diagnostics[:_NOTES]:
        # What the command line calls --all.
        message = one.message.replace("--all", 'match="all"')
        yield _cut(f"note: {_plain(message)}", int(_NOTE_TOKENS * BYTES_PER_TOKEN))
    if len(diagnostics) > _NOTES:
        yield f"note: and {len(diagnostics) - _NOTES:,} more of the query was read otherwise"


def _advice(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield why nothing is found, and the calls that find something."""
    if len(diagnosis.clauses) > 1:
        counts = [f"{_part(one)} {one.count:,}" for one in diagnosis.clauses]
        yield f"each by itself: {' · '.join(counts)}"
        if diagnosis.killers:
            yield f"in the way: {' and '.join(map(_part, diagnosis.killers))}"
    for relaxation in diagnosis.relaxations:
        found = counted(relaxation.count, "paper")
        if relaxation.all_words < relaxation.count:
            found += f" ({relaxation.all_words:,} with all the words)"
        yield f"{found}: {_call(relaxation)}"


def _part(part: ClauseCount) -> str:
    text = _cut(_plain(part.text), _FACTS_BYTES)
    return f"{part.filter}={text}" if part.filter else text


def _call(relaxation: Relaxation) -> str:
    """Return the call of a search: ``search(query="label noise", year=["2023.."])``."""
    request: Request = relaxation.request
    given = {"query": request.query} | {
        name: value for name in FILTERS if (value := getattr(request, name))
    }
    return f"search({', '.join(f'{name}={json.dumps(value)}' for name, value in given.items())})"


def _around_mark(pieces: Sequence[Piece], most: int) -> str:
    """Return what fits of a snippet: its beginning, or else what stands about its first mark."""
    text, start, end = "", 0, 0
    for piece in pieces:
        if piece.marked and not end:
            start, end = len(text), len(text) + len(piece.text)
        text += piece.text
    if len(text.encode()) > most < len(text[:end].encode()) + _LEAST_BYTES:
        begin = text.find(" ", max(0, start - most // 4), start)
        text = "…" + text[begin + 1 if begin >= 0 else start :]
    return _cut(_plain(text), most)


def _cut(text: str, most: int) -> str:
    """Return a text cut behind a word, with ``…`` at its end, to at most so many bytes."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    start = encoded[: max(0, most - len("…".encode()))].decode(errors="ignore")
    words = start.rpartition(" ")[0]
    # A script without blanks has no words to cut behind.
    return (words if 2 * len(words) > len(start) else start).rstrip() + "…"


def _plain(text: str) -> str:
    """Return a text as one line without what steers a terminal."""
    return safe(" ".join(text.split()))
