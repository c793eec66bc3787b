"""What stands on a page by the dozen, as HTML: hits, rows of facets, bars of years, names.

A template takes three times as long to write them, which is more than the search does.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from urllib.parse import quote

from markupsafe import Markup

from index.categories import category_name
from index.paper import Link, Paper
from searcher.output.links import links
from searcher.page import Hit, Page
from searcher.web.maths import to_html
from searcher.web.state import NAMES, State

_CACHED = 1 << 14
_LINK_TEXTS = {"page": "source", "pdf": "PDF", "code": "code"}
SPELLED = ("author", "institution")
"""The facets of names. A box is for one spelling, whose papers it counts."""

SORTS = (
    ("relevance", "Best first"),
    ("date", "Newest first"),
    ("oldest", "Oldest first"),
    ("citations", "Most cited first"),
    ("score", "By the source's score"),
)
_FORMATS = {
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl-json": "CSL-JSON",
    "csv": "CSV",
    "jsonl": "JSON lines",
}
MOST_AUTHORS = 8
"""How many authors of a hit are shown."""

_MOST_CATEGORIES = 3
_BAR_HEIGHT = 40


@lru_cache(maxsize=_CACHED)
def address_with(field: str, value: str) -> str:
    """Return the address of all papers with one value of a filter."""
    lists: dict[str, tuple[str, ...]] = {field: (" ".join(value.split()),)}
    return State(**lists).address()  # type: ignore[arg-type]


def paper_address(paper_id: str) -> str:
    """Return the address of a paper's own page."""
    return f"/paper/{quote(paper_id, safe='/:,()@!*')}"


@lru_cache(maxsize=_CACHED)
def link_with(field: str, value: str) -> Markup:
    """Return a value of a filter as a link to all papers with it."""
    title = f' title="{escape(category_name(value))}"' if field == "category" else ""
    return Markup(f'<a href="{escape(address_with(field, value))}"{title}>{escape(value)}</a>')


def with_value(address: str, name: str, value: object) -> str:
    """Return an address with one more value."""
    return f"{address}{'&' if '?' in address else '?'}{name}={value}"


@lru_cache(maxsize=64)
def options(choices: Sequence[tuple[object, str]], chosen: object) -> Markup:
    """Return values to choose from, with their labels; the first is what addresses leave out."""
    return Markup(
        "".join(
            f'<option value="{value if at else ""}"{" selected" if value == chosen else ""}>'
            f"{escape(label)}</option>\n"
            for at, (value, label) in enumerate(choices)
        )
    )


def exports(first: str) -> Markup:
    """Return links to all papers of the page whose first address this is, in each format."""
    start = escape(with_value(f"/export{first[1:]}", "format", ""))
    links_to = [
        f'<li><a href="{start}{one}" download>{_FORMATS[one]}</a></li>\n' for one in _FORMATS
    ]
    return Markup("".join(links_to))


def authors(paper: Paper, most: int) -> Markup:
    """Return the first authors of a paper as links, and how many more there are."""
    shown = ", ".join([link_with("author", name) for name in paper.authors[:most]])
    left = len(paper.authors) - most
    return Markup(shown + (f" and {left:,} more" if left > 0 else " et al." if paper.et_al else ""))


def facts(paper: Paper) -> Markup:
    """Return when and where a paper came out, what it is about, and links that lead away."""
    said = []
    if paper.status:
        said.append(f'<strong class="status">{escape(paper.status)}</strong>')
    if when := paper.date or paper.year:
        said.append(f"<span>{escape(str(when))}</span>")
    if paper.venue:
        said.append(link_with("venue", paper.venue))
    said += [link_with("category", code) for code in paper.categories[:_MOST_CATEGORIES]]
    if paper.cited_by is not None:
        said.append(f"<span>cited by {paper.cited_by:,}</span>")
    best: dict[str, Link] = {}
    for link in links(paper):
        best.setdefault(link.kind, link)
    said += [
        f'<a class="out" href="{escape(one.url)}" rel="noopener">{_LINK_TEXTS[one.kind]}</a>'
        for one in best.values()
    ]
    return Markup(" · ".join(said))


def hits(page: Page) -> Markup:
    """Return the hits of a page, each with what matches marked."""
    return Markup("".join(map(_hit, page.hits)))


def _hit(hit: Hit) -> str:
    assert hit.paper, "the page asks for it"
    assert hit.snippets, "the page asks for them"
    address, meta = _own(hit.paper)
    index = f" · {escape(hit.index)}" if hit.index else ""
    text = to_html(hit.snippets.abstract)
    snippet = f'\n<p class="snippet" dir="auto">{text}</p>' if text else ""
    some = ' class="some"' if hit.all_words is False else ""
    return (
        f'<li value="{hit.rank}"{some}><article aria-labelledby="hit-{hit.rank}">\n'
        f'<h2 id="hit-{hit.rank}"><a href="{address}" dir="auto">'
        f"{to_html(hit.snippets.title)}</a></h2>\n"
        f'<p class="meta">{meta}{index}</span></p>{snippet}\n'
        "</article></li>\n"
    )


@lru_cache(maxsize=1 << 10)
def _own(paper: Paper) -> tuple[str, str]:
    """Return what a hit has of its paper alone: its address, and who, when and where."""
    names = authors(paper, MOST_AUTHORS)
    by = f'<span class="authors">{names}</span> · ' if names else ""
    return escape(paper_address(paper.id)), f'{by}<span class="facts">{facts(paper)}'


def row(field: str, value: str, count: int | None, *, is_ticked: bool, level: int = 0) -> str:
    """Return a value of a facet as a box to tick; a class of a category stands on level 1."""
    box, label = _box(field, value)
    inner, ticked = ' class="inner"' if level else "", " checked" if is_ticked else ""
    papers = "" if count is None else f' <span class="count">{count:,}</span>'
    return f"<li{inner}><label>{box}{ticked}>{label}{papers}</label></li>\n"


@lru_cache(maxsize=_CACHED)
def _box(field: str, value: str) -> tuple[str, str]:
    """Return the box of a value, its tag left open, and its label."""
    label, hint = value, ""
    if field in SPELLED:
        label, hint = (value[1:], "") if value.startswith("=") else (value, "any spelling")
    elif field == "category" and (name := category_name(value)) != value:
        label, hint = name, value
    hint = hint and f' <span class="hint">{escape(hint)}</span>'
    box = (
        f'<input type="checkbox" id="{field}:{escape(value)}" form="search" name="{NAMES[field]}"'
        f' value="{escape(value)}"'
    )
    return box, f'<span class="value">{escape(label)}{hint}</span>'


def bars(years: Sequence[tuple[int, int, int, bool]], state: State) -> Markup:
    """Return bars that are links: of each its first and last year, its papers, if it is chosen."""
    highest = max([count for _, _, count, _ in years], default=1) or 1
    # In an address no value has the sign of equality.
    pattern = escape(state.but(year=("0000",)).address())
    drawn = []
    for at, (low, high, count, is_chosen) in enumerate(years):
        height = max(_BAR_HEIGHT * count / highest, 1.5) if count else 0.0
        span, name = (str(low), str(low)) if low == high else (f"{low}..{high}", f"{low}–{high}")
        address = pattern.replace("year=0000", f"year={span}")
        chosen = ' class="chosen" aria-current="true"' if is_chosen else ""
        said = f"{name}: {count:,} paper{'' if count == 1 else 's'}"
        drawn.append(
            f'<a href="{address}" aria-label="{said}" data-low="{low}" data-high="{high}"{chosen}>'
            f'<title>{said}</title><rect class="room" x="{at * 10}" width="10" height="44"/>'
            f'<rect class="bar" x="{at * 10 + 1}" y="{42 - height:.1f}" width="8"'
            f' height="{height:.1f}"/></a>\n'
        )
    return Markup("".join(drawn))
