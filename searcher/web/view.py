"""A page of hits → all that its template shows: chips, notes, facets, bars of years, links."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from index.categories import category_name
from index.paper import Link, Paper
from searcher.collection import Collection
from searcher.diagnosis import Diagnosis, Relaxation
from searcher.output.links import links
from searcher.page import FacetCount, Page
from searcher.query.tree import Diagnostic
from searcher.request import Ranking
from searcher.web.state import FACETS, LISTS, SIZES, VALUES, State

FEW_PAPERS = 10
"""Where a search finds fewer papers, others that may have been meant are looked for."""

DIAGNOSIS_SECONDS = 0.5
"""How long that may take."""

MOST_AUTHORS = 8
"""How many authors of a hit are shown."""

_OPEN_ROWS = 7
_BAR_HEIGHT = 40
_MOST_BARS = 70
# Of ticked values that are not among the first of their facet.
_MOST_COUNTED = 10

TITLES = {
    "category": "Category",
    "author": "Author",
    "venue": "Venue",
    "institution": "Institution",
    "type": "Type",
}
"""The facets that are lists to tick, in their order, with their titles."""

_NOUNS = {"year": "year", **{name: title.lower() for name, title in TITLES.items()}}
SORTS = {
    "relevance": "Best first",
    "date": "Newest first",
    "oldest": "Oldest first",
    "citations": "Most cited first",
    "score": "By the source's score",
}
# What a diagnostic says to users of the command line.
_OPTION = " (--all for only those)"


class Choice(NamedTuple):
    """A link: what it says, and where it leads."""

    text: str
    address: str


class Note(NamedTuple):
    """What was read otherwise than written, and links that undo it."""

    text: str
    undo: tuple[Choice, ...] = ()


class Row(NamedTuple):
    """A value of a facet. A class of a category stands below it, on level 1."""

    value: str
    label: str
    hint: str
    papers: int | None
    is_ticked: bool
    level: int = 0


class Facet(NamedTuple):
    """A facet to tick: some rows to see at once, and more of them."""

    field: str
    title: str
    rows: Sequence[Row]
    more: Sequence[Row]


class Bar(NamedTuple):
    """A year, or years from ``low`` to ``high``, its papers and whether it is chosen."""

    low: int
    high: int
    count: int  # type: ignore[assignment]  # a tuple's own count is of no use here
    height: float
    is_chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class Results:
    """What the template of a page of hits shows."""

    state: State
    page: Page
    papers: int
    chips: Sequence[Choice]
    notes: Sequence[Note]
    facets: Sequence[Facet]
    years: Sequence[Bar]
    offers: Sequence[Choice]
    diagnosis: Diagnosis | None

    @property
    def total(self) -> int:
        """How many papers match."""
        return self.page.total or 0

    @property
    def address(self) -> str:
        """The address of this page."""
        return self.state.address()

    @property
    def with_code(self) -> int:
        """How many of the papers have code, were that asked for."""
        counts = dict((self.page.facets or {}).get("code", ()))
        return counts.get("yes", 0)

    @property
    def last_page(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.state.limit))

    @property
    def pages(self) -> Iterator[int | None]:
        """The numbers of pages to go to; None where some are left out."""
        near = {1, *range(self.state.page - 2, self.state.page + 3), self.last_page}
        before = 0
        for number in sorted(one for one in near if 1 <= one <= self.last_page):
            if number > before + 1:
                yield None
            yield number
            before = number

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many hits a page may have."""
        return SIZES

    def page_address(self, number: int) -> str:
        """Return the address of another page."""
        return replace(self.state, page=number).address()

    @property
    def asks_nothing(self) -> bool:
        """Whether every paper is shown."""
        return not self.state.query and not self.state.has_filters


def results(papers: Collection, state: State, ranking: Ranking) -> Results:
    """Search, and return what the page shows."""
    page = papers.answer(state.request(facets=FACETS, facet_values=VALUES, ranking=ranking))
    diagnosis = _diagnosis(papers, page)
    counts = page.facets or {}
    return Results(
        state,
        page,
        len(papers),
        list(_chips(state)),
        [_note(one, state, page, papers) for one in page.diagnostics],
        [
            _facet(field, counts.get(field, ()), state, papers, page)
            for field in TITLES
            if counts.get(field) or getattr(state, field)
        ],
        _bars(counts.get("year", ()), state),
        [_offer(one, state) for one in diagnosis.relaxations] if diagnosis else [],
        diagnosis,
    )


@lru_cache(maxsize=1 << 12)
def address_with(field: str, value: str) -> str:
    """Return the address of all papers with one value of a filter."""
    return State(**{field: (" ".join(value.split()),)}).address()  # type: ignore[arg-type]


def links_of(paper: Paper) -> Sequence[Link]:
    """Return the best address of each kind."""
    return list({one.kind: one for one in reversed(links(paper))}.values())[::-1]


def label_of(field: str, value: str) -> str:
    """Return how a reader sees a value of a filter."""
    return category_name(value) if field == "category" else value.replace("..", "–")


def _chips(state: State) -> Iterator[Choice]:
    """Yield what is in force, each with the address without it."""
    for field in LISTS:
        for value in getattr(state, field):
            text = f"{_NOUNS[field]}: {label_of(field, value)}"
            yield Choice(text, state.without(field, value).address())
    if state.has_code:
        yield Choice("with code", state.but(has_code=False).address())
    if state.match != "auto":
        text = "all words must match" if state.match == "all" else "any word may match"
        yield Choice(text, state.but(match="auto").address())
    if not state.acronyms:
        yield Choice("acronyms as they stand", state.but(acronyms=True).address())


def _note(said: Diagnostic, state: State, page: Page, papers: Collection) -> Note:
    """Return a diagnostic with what undoes it."""
    undo: tuple[Choice, ...] = ()
    if said.code == "relaxed":
        undo = (Choice("Only papers with all words", state.but(match="all").address()),)
    elif said.code == "acronym":
        undo = (Choice("Take acronyms as they stand", state.but(acronyms=False).address()),)
    elif said.code in ("corrected", "doubtful"):
        undo = tuple(
            Choice(f"Search for {typed} as typed", state.but(query=query).address())
            for typed, query in _as_typed(said, page, papers)
        )
    return Note(said.message.replace(_OPTION, ""), undo)


def _as_typed(said: Diagnostic, page: Page, papers: Collection) -> Iterator[tuple[str, str]]:
    """Yield the words that a diagnostic is about, each with the query that takes it as it is."""
    query = page.request.query
    # A search that is not asked for it keeps no record of its words.
    echo = papers.answer(replace(page.request, facets=(), snippets=False, echo=True)).echo
    parts = echo.parts if echo else ()
    for part in parts:
        if said.code in part.changes and repr(part.typed) in said.message:
            yield part.typed, query.replace(part.typed, f"={part.typed}", 1)


def _diagnosis(papers: Collection, page: Page) -> Diagnosis | None:
    """Return why too little is found, if it is, and what finds more."""
    if page.partial or not (page.relaxed or (page.total or 0) < FEW_PAPERS):
        return None
    found = papers.diagnose(replace(page.request, timeout=DIAGNOSIS_SECONDS, facets=()))
    return found if not page.total or found.relaxations else None


def _offer(relaxation: Relaxation, state: State) -> Choice:
    """Return the link to what finds more."""
    count = f"{relaxation.count:,} paper{'' if relaxation.count == 1 else 's'}"
    if relaxation.dropped:
        parts = [
            f"{_NOUNS.get(one.filter, one.filter).replace('has_code', 'code')} {one.text}".strip()
            if one.filter != "has_code"
            else "the wish for code"
            for one in relaxation.dropped
        ]
        difference = f"without {' and '.join(parts)}"
    elif relaxation.by:
        difference = f"with {relaxation.by} for {relaxation.replaced}"
    else:
        difference = "with any of the words"
    asked = replace(State.of(relaxation.request), limit=state.limit)
    return Choice(f"{count} {difference}", asked.address())


def _facet(
    field: str, counts: Sequence[FacetCount], state: State, papers: Collection, page: Page
) -> Facet:
    """Return the rows of a facet; ticked ones are among those to see at once."""
    ticked = set(getattr(state, field))
    rows = (
        list(_classes(counts, ticked))
        if field == "category"
        else [Row(str(value), str(value), "", count, value in ticked) for value, count in counts]
    )
    known = {row.value for row in rows}
    others = [value for value in getattr(state, field) if value not in known]
    added = [
        Row(value, label_of(field, value), "", _count(field, value, page, papers), True)
        for value in others[:_MOST_COUNTED]
    ]
    first = [row for at, row in enumerate(rows) if at < _OPEN_ROWS or row.is_ticked]
    more = [row for at, row in enumerate(rows) if at >= _OPEN_ROWS and not row.is_ticked]
    return Facet(field, TITLES[field], [*added, *first], more)


def _classes(counts: Sequence[FacetCount], ticked: set[str]) -> Iterator[Row]:
    """Yield categories, those of most papers first, each archive before its classes."""
    classes: dict[str, list[FacetCount]] = {}
    archives = [one for one in counts if "." not in str(one.value)]
    names = {one.value for one in archives}
    for one in counts:
        archive = str(one.value).partition(".")[0]
        if one.value not in names:
            classes.setdefault(archive if archive in names else str(one.value), []).append(one)
    for one in counts:
        value = str(one.value)
        if value in names or value in classes:
            yield _category(one, ticked, 0)
            for inner in classes.get(value, ()) if value in names else ():
                yield _category(inner, ticked, 1)


def _category(one: FacetCount, ticked: set[str], level: int) -> Row:
    value = str(one.value)
    name = category_name(value)
    return Row(value, name, value if name != value else "", one.count, value in ticked, level)


def _count(field: str, value: str, page: Page, papers: Collection) -> int | None:
    """Return how many papers there are with another value of a facet, as the facet counts them."""
    alone = replace(page.request.bare(), **{field: (value,)})  # type: ignore[arg-type]
    return papers.answer(alone).total


def _bars(counts: Sequence[FacetCount], state: State) -> Sequence[Bar]:
    """Return a bar for each year from the first to the last that has papers, or for several."""
    years = {int(one.value): one.count for one in counts}
    if not years:
        return ()
    first, last = min(years), max(years)
    step = -(-(last - first + 1) // _MOST_BARS)
    totals = Counter[int]()
    for year, count in years.items():
        totals[(year - first) // step] += count
    highest = max(totals.values())
    chosen = [year for year in years if _is_chosen(year, state)]
    bars = []
    for at in range((last - first) // step + 1):
        low = first + at * step
        high = min(low + step - 1, last)
        height = max(_BAR_HEIGHT * totals[at] / highest, 1.5) if totals[at] else 0.0
        address = state.but(year=(f"{low}..{high}" if high > low else str(low),)).address()
        is_chosen = any(low <= year <= high for year in chosen)
        bars.append(Bar(low, high, totals[at], round(height, 1), is_chosen, address))
    return bars


def _is_chosen(year: int, state: State) -> bool:
    ranges = [one.partition("..") for one in state.year]
    return any(
        int(low or year) <= year <= int((high or year) if dots else low)
        for low, dots, high in ranges
    )
