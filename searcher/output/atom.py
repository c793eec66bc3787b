"""A feed as Atom (RFC 4287), the matches of a paper's abstract in ``<b>``; nothing here prints."""

import re
from collections.abc import Iterable, Iterator

from index.categories import category_name
from index.paper import Paper
from searcher.output.links import best_address
from searcher.page import Piece
from searcher.saved.feeds import Entry, Feed

_FULL_DATE = 10
# What XML 1.0 cannot hold, in no spelling.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def atom(feed: Feed, address: str = "") -> str:
    """Return the feed as a document; ``address`` is where it is found, if that is known."""
    return "\n".join([*_lines(feed, address), ""])


def _lines(feed: Feed, address: str) -> Iterator[str]:
    from searcher import __version__

    search = feed.search
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield '<feed xmlns="http://www.w3.org/2005/Atom">'
    yield f"  <id>{feed.id}</id>"
    yield f"  <title>{_text(f'{search.name}: {search.request.query}')}</title>"
    yield f"  <updated>{feed.updated}</updated>"
    # Of a paper without authors this is the author, whom every entry must have.
    yield "  <author><name>searcher</name></author>"
    yield f'  <generator version="{__version__}">searcher</generator>'
    if address:
        yield f'  <link rel="self" type="application/atom+xml" href="{_text(address)}"/>'
    for entry in feed.entries:
        yield from _entry(entry)
    yield "</feed>"


def _entry(entry: Entry) -> Iterator[str]:
    paper = entry.hit.paper
    yield "  <entry>"
    yield f"    <id>{entry.id}</id>"
    yield f"    <title>{_text(entry.hit.title)}</title>"
    yield f"    <updated>{entry.since}</updated>"
    if paper:
        yield from _facts(paper)
    yield '    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
    for paragraph in _paragraphs(entry):
        yield f"      <p>{paragraph}</p>"
    yield "    </div></content>"
    yield "  </entry>"


def _facts(paper: Paper) -> Iterator[str]:
    if paper.date and len(paper.date) == _FULL_DATE and not paper.lacks_year:
        yield f"    <published>{paper.date}T00:00:00Z</published>"
    for name in paper.authors:
        yield f"    <author><name>{_text(name)}</name></author>"
    for code in paper.categories:
        name = category_name(code)
        label = f' label="{_text(name)}"' if name else ""
        yield f'    <category term="{_text(code)}"{label}/>'
    if address := best_address(paper):
        yield f'    <link rel="alternate" href="{_text(address)}"/>'


def _paragraphs(entry: Entry) -> Iterator[str]:
    paper, snippets = entry.hit.paper, entry.hit.snippets
    if paper:
        facts = [", ".join(paper.authors) + (" et al." if paper.et_al else ""), paper.venue]
        facts += [paper.date or "", entry.hit.id]
        yield _text(" · ".join(filter(None, facts)))
    if snippets and snippets.abstract:
        yield _marked(snippets.abstract)


def _marked(pieces: Iterable[Piece]) -> str:
    # Readers of feeds leave out <mark>.
    return "".join(
        f"<b>{_text(piece.text)}</b>" if piece.marked else _text(piece.text) for piece in pieces
    )


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text).translate(_ENTITIES)
