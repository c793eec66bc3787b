"""A page of hits → all that its template shows: chips, notes, facets, years, what finds more."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import Markup

from index.categories import category_name
from searcher.collection import Collection
from searcher.diagnosis import ClauseCount, Relaxation
from searcher.page import FacetCount, Page
from searcher.query.parser import located
from searcher.query.tree import Diagnostic
from searcher.request import Ranking
from searcher.web.markup import SPELLED, row, with_value
from searcher.web.state import FACETS, LISTS, SIZES, VALUES, State

DIAGNOSIS_SECONDS = 0.5
"""How long it may take to find why a search finds too little."""

_OPEN_ROWS = 7
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


class Facet(NamedTuple):
    """A facet to tick: rows to see at once, and more of them, as HTML."""

    field: str
    title: str
    rows: Markup
    more: Markup
    more_count: int


@dataclass(frozen=True, slots=True)
class Results:
    """What the template of a page of hits shows; ``first`` is the address of its first page.

    It ``may_lack`` what finds more if it was made in a hurry.
    """

    state: State
    first: str
    page: Page
    papers: int
    chips: Sequence[Choice]
    notes: Sequence[Note]
    facets: Sequence[Facet]
    years: Sequence[tuple[int, int, int, bool]]
    offers: Sequence[Choice]
    may_lack: bool

    @property
    def is_whole(self) -> bool:
        """Whether the time was enough for all of it."""
        diagnosis = self.page.diagnosis
        return not (self.page.partial or (diagnosis and diagnosis.partial))

    @property
    def total(self) -> int:
        """How many papers match."""
        return self.page.total or 0

    @property
    def address(self) -> str:
        """The address of this page."""
        return self.page_address(self.state.page)

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

    def page_address(self, number: int) -> str:
        """Return the address of another page."""
        return self.first if number == 1 else with_value(self.first, "page", number)

    @property
    def asks_nothing(self) -> bool:
        """Whether every paper is shown."""
        return not self.state.query and not self.state.has_filters


def results(
    papers: Collection, state: State, ranking: Ranking, *, is_hurried: bool = False
) -> Results:
    """Search, and return what the page shows; of what finds more nothing if it ``is_hurried``."""
    page = papers.answer(state.request(facets=FACETS, facet_values=VALUES, ranking=ranking))
    if not is_hurried:
        page = papers.diagnosed(page, timeout=DIAGNOSIS_SECONDS)
    counts = page.facets or {}
    return Results(
        state,
        replace(state, page=1).address(),
        page,
        len(papers),
        list(_chips(state)),
        [_note(one, state) for one in page.diagnostics],
        [
            _facet(field, counts.get(field, ()), state, papers, page)
            for field in TITLES
            if counts.get(field) or getattr(state, field)
        ],
        _years(counts.get("year", ()), state),
        list(map(_offer, page.diagnosis.relaxations)) if page.diagnosis else [],
        is_hurried and (page.relaxed or (page.total or 0) < SIZES[0]),
    )


def label_of(field: str, value: str) -> str:
    """Return how a reader sees a value of a filter."""
    if field in SPELLED:
        return f"exactly {value[1:]}" if value.startswith("=") else value
    return category_name(value) if field == "category" else value.replace("..", "–")


def part_label(part: ClauseCount) -> str:
    """Return how a reader sees a part of a request: a clause, or a filter with its name."""
    if part.filter == "has_code":
        return "code"
    return f"{_NOUNS[part.filter]} {part.text}" if part.filter else part.text


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


def _note(said: Diagnostic, state: State) -> Note:
    """Return a diagnostic with what undoes it."""
    undo: tuple[Choice, ...] = ()
    if said.code == "relaxed":
        undo = (Choice("Only papers with all words", state.but(match="all").address()),)
    elif said.code == "acronym":
        undo = (Choice("Take acronyms as they stand", state.but(acronyms=False).address()),)
    elif said.code in ("corrected", "doubtful"):
        undo = tuple(
            Choice(f"Search for {typed} as typed", state.but(query=query).address())
            for typed, query in _as_typed(said, state.query)
        )
    return Note(said.message.replace(_OPTION, ""), undo)


def _as_typed(said: Diagnostic, query: str) -> Iterator[tuple[str, str]]:
    """Yield the words that a diagnostic is about, each with the query that takes it as it is."""
    _, text, places = located(query)
    typed = [text[place.start : place.end] for place in places if place.is_read]
    for word in dict.fromkeys(typed):
        if repr(word) in said.message:
            asked, at = "", 0
            for place in places:
                if place.is_read and text[place.start : place.end] == word:
                    asked, at = f"{asked}{text[at : place.start]}=", place.start
            yield word, asked + text[at:]


def _offer(relaxation: Relaxation) -> Choice:
    """Return the link to what finds more."""
    count = f"{relaxation.count:,} paper{'' if relaxation.count == 1 else 's'}"
    if relaxation.dropped:
        parts = map(part_label, relaxation.dropped)
        difference = f"without {' and '.join(parts)}"
    elif relaxation.by:
        difference = f"with {relaxation.by} for {relaxation.replaced}"
    else:
        difference = "with any of the words"
    return Choice(f"{count} {difference}", State.of(relaxation.request).address())


def _facet(
    field: str, counts: Sequence[FacetCount], state: State, papers: Collection, page: Page
) -> Facet:
    """Return the rows of a facet; ticked ones are among those to see at once."""
    chosen: tuple[str, ...] = getattr(state, field)
    if field in SPELLED:
        counts = [FacetCount(f"={value}", count) for value, count in counts]
    known = {str(one.value) for one in counts}
    others = [value for value in chosen if value not in known]
    first = [
        row(field, value, _count(field, value, page, papers), is_ticked=True)
        for value in others[:_MOST_COUNTED]
    ]
    more: list[str] = []
    placed = _placed(counts) if field == "category" else [(str(v), c, 0) for v, c in counts]
    for at, (value, count, level) in enumerate(placed):
        is_ticked = value in chosen
        rows = first if at < _OPEN_ROWS or is_ticked else more
        rows.append(row(field, value, count, is_ticked=is_ticked, level=level))
    return Facet(field, TITLES[field], Markup("".join(first)), Markup("".join(more)), len(more))


def _placed(counts: Sequence[FacetCount]) -> list[tuple[str, int, int]]:
    """Return categories with counts and levels: each archive is followed by its classes."""
    names = {str(one.value) for one in counts}
    classes: dict[str, list[tuple[str, int, int]]] = {}
    for value, count in counts:
        archive, dot, _ = str(value).partition(".")
        if dot and archive in names:
            classes.setdefault(archive, []).append((str(value), count, 1))
    placed = []
    for value, count in counts:
        name = str(value)
        if "." not in name or name.partition(".")[0] not in names:
            placed += [(name, count, 0), *classes.get(name, ())]
    return placed


def _count(field: str, value: str, page: Page, papers: Collection) -> int | None:
    """Return how many papers there are with another value of a facet, as the facet counts them."""
    alone = replace(page.request.bare(), **{field: (value,)})  # type: ignore[arg-type]
    return papers.answer(alone).total


def _years(counts: Sequence[FacetCount], state: State) -> Sequence[tuple[int, int, int, bool]]:
    """Return every year from the first to the last that has papers, or rows of several years.

    Of each these are the first year, the last, the number of papers and whether it is chosen.
    """
    years = {int(one.value): one.count for one in counts}
    if not years:
        return ()
    first, last = min(years), max(years)
    step = -(-(last - first + 1) // _MOST_BARS)
    totals = Counter[int]()
    chosen = set()
    for year, count in years.items():
        totals[(year - first) // step] += count
        if state.year and _is_chosen(year, state):
            chosen.add((year - first) // step)
    starts = enumerate(range(first, last + 1, step))
    return [(low, min(low + step - 1, last), totals[at], at in chosen) for at, low in starts]


def _is_chosen(year: int, state: State) -> bool:
    ranges = [one.partition("..") for one in state.year]
    return any(
        int(low or year) <= year <= int((high or year) if dots else low)
        for low, dots, high in ranges
    )
