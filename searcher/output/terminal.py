"""Pages, papers and facets as lines of text; nothing here writes anything.

Every text of a paper or a query goes through ``safe``, so that none can steer a terminal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from index.categories import category_name
from index.paper import Paper
from searcher.output.layout import (
    NO_BREAK,
    Style,
    coloured,
    columns,
    counted,
    linked,
    padded,
    row_count,
    safe,
    shortened,
    with_marks,
    wrap,
    wrap_command,
    wrap_items,
    wrap_note,
)
from searcher.output.links import best_address, links
from searcher.page import FacetCount, Hit, Page, Piece, Suggestion
from searcher.query.tree import Acronym

# A search that finds something needs none of them.
if TYPE_CHECKING:
    from searcher.diagnosis import ClauseCount, Diagnosis, Relaxation
    from searcher.explanation import Explanation

BAR_CELLS = 30
"""The longest bar of a facet."""
NAMED_AUTHORS = 6
"""How many authors of a hit are named; ``show`` names all."""
FACET_VALUES = 12
"""How many values a facet shows below hits, unless the line is shorter."""
SHARED_WORDS = 10
"""How many telling words of a similar paper are shown; JSON has all."""
SEARCHED_WORDS = 6
"""How many words that are searched for one are shown; JSON has more."""
VENUE_COLUMNS = 50
"""How much of a venue is shown with a hit; proceedings have long names."""
_PART_COLUMNS = 40
# The counts of longer ones stand further to the right.
_SUGGESTION_COLUMNS = 60
_GAP = "  "
_STRUCTURE = frozenset(("operator", "punctuation"))

_INDENT = "    "
_FACT_COLUMN = 14

NextCommand = Callable[[int, int], str]
"""Return the command that shows a page, from its number of hits and its number."""


def page_text(
    page: Page, place: str, style: Style, next_command: NextCommand, rows: int | None = None
) -> list[str]:
    """Return the lines of a page: hits, a line for each facet, and which hits these are.

    ``place`` is the index as the user knows it. Where ``rows`` is given, only the first hits are
    shown: as many as fit on so many lines, and at least one.
    """
    hits = [[*_hit_text(hit, page, style), ""] for hit in page.hits]
    facets = list(facet_lines(page.facets or {}, style))
    for shown in range(len(hits), -1, -1):
        lines = [line for hit in hits[:shown] for line in hit]
        lines += facets
        lines += _footer(page, shown, place, style, next_command)
        if rows is None or row_count(lines, style.room) <= rows or shown <= 1:
            break
    return lines


def facet_lines(facets: Mapping[str, Sequence[FacetCount]], style: Style) -> Iterator[str]:
    """Yield a line for each facet: its values and their counts, as many as fit, and how many more.

    ``year  2020 825 · 2019 334 · … +25``
    """
    column = max(map(len, facets), default=0)
    for name, counts in facets.items():
        label = style.bold(padded(name, column))
        yield f"{label}  {_facet_values(counts, column + 2, style)}"


def facets_text(
    facets: Mapping[str, Sequence[FacetCount]], style: Style, limit: int | None = None
) -> Iterator[str]:
    """Yield the lines of the facets: a bar and a count for each value, ``limit`` values of each."""
    for name, counts in facets.items():
        yield style.bold(name)
        shown = counts[:limit]
        labels = [_label(name, entry.value) for entry in shown]
        most = max((entry.count for entry in shown), default=1)
        cells, column = BAR_CELLS, max(map(columns, labels), default=0)
        if style.width is not None:
            # Bars give way to labels, down to a third of the room for both.
            room = style.room - len(f"    {most:,} ")
            cells = min(BAR_CELLS, max(room // 3, room - column))
            column = min(column, room - cells)
        for label, entry in zip(labels, shown, strict=True):
            bar = style.dim("█" * max(1, round(cells * entry.count / most)))
            yield f"  {padded(shortened(label, column), column)}  {bar} {entry.count:,}"
        if len(counts) > len(shown):
            yield f"  and {len(counts) - len(shown):,} more"
        if not counts:
            yield "  none"
        yield ""


def acronyms_text(acronyms: Sequence[Acronym]) -> Iterator[str]:
    """Yield a line for each acronym: how many papers define it, itself, what it stands for."""
    counts = [f"{one.papers:,}" for one in acronyms]
    count_column = max(map(len, counts), default=0)
    column = max((columns(safe(one.short)) for one in acronyms), default=0)
    for count, one in zip(counts, acronyms, strict=True):
        yield f"{count:>{count_column}}  {padded(safe(one.short), column)}  {safe(one.long)}"


def suggestions_text(suggestions: Sequence[Suggestion], style: Style) -> Iterator[str]:
    """Yield lines for each suggestion: its kind, what it is, and how many papers it finds."""
    rows = [(one.kind, safe(one.text), counted(one.papers, "paper")) for one in suggestions]
    widths = [max((columns(row[at]) for row in rows), default=0) for at in range(3)]
    room = style.room - widths[0] - widths[2] - 2 * len(_GAP)
    narrow = style._replace(width=None if style.width is None else room)
    column = min(widths[1], _SUGGESTION_COLUMNS if style.width is None else narrow.room)
    for kind, text, papers in rows:
        first, *others = wrap(text, narrow)
        yield f"{padded(kind, widths[0])}{_GAP}{padded(first, column)}{_GAP}{papers}"
        for line in others:
            yield f"{padded('', widths[0])}{_GAP}{line}"


def hits_text(page: Page, what: str, place: str, style: Style) -> Iterator[str]:
    """Yield the lines of hits and how many there are, of what kind: ``2 new papers in …``."""
    for hit in page.hits:
        yield from _hit_text(hit, page, style)
        yield ""
    yield from wrap(f"{counted(len(page.hits), what)} in {safe(place)}", style)


def explanation_text(explanation: "Explanation", style: Style) -> Iterator[str]:
    """Yield the lines that say what a paper scores for a query, and what it lacks."""
    yield from coloured(wrap(safe(explanation.title), style), style, "\x1b[1m")
    if explanation.score is None:
        yield "does not match"
    else:
        yield f"{explanation.score:>8.3f}  search score"
    if ranking := str(explanation.ranking):
        yield from wrap(f"ranked with {ranking}", style)
    for word in explanation.words:
        fields = [f"{one.field} {one.score:.3f} ({', '.join(one.forms)})" for one in word.fields]
        line = safe(": ".join(filter(None, (word.label, " + ".join(fields)))))
        yield from wrap(line, style, " " * 10, f"{word.score:>8.3f}  ")
    if explanation.lacks:
        yield from wrap(safe(f"lacks: {' · '.join(explanation.lacks)}"), style)
    if explanation.fails:
        yield from wrap(safe(f"fails: {' · '.join(explanation.fails)}"), style)


def echo_text(page: Page, style: Style) -> Iterator[str]:
    """Yield a line for each part of a query: what was typed, and what was searched for it.

    ``nets  → nets, net (with other endings)``
    """
    echo = page.echo
    if echo is None:
        return
    parts = [one for one in echo.parts if _STRUCTURE.isdisjoint(one.changes)]
    labels = [shortened(safe(one.typed), _PART_COLUMNS) for one in parts]
    labels += [_option_text(one.filter, one.typed) for one in echo.filters]
    column = max(map(columns, labels), default=0)
    for label, part in zip(labels, (*parts, *echo.filters), strict=True):
        searched, told = list(part.searched[:SEARCHED_WORDS]), "; ".join(part.told)
        if more := len(part.searched) - len(searched) + part.more:
            searched.append(f"+{more:,} more")
        text = ", ".join(searched)
        text += f" ({told})" if text and told else told
        first = f"{padded(label, column)}  → "
        yield from wrap(safe(text) or "nothing", style, " " * (column + 4), first)
    if echo.title_of:
        ids = ", ".join(echo.title_of[:SEARCHED_WORDS])
        yield from wrap(safe(f"the whole query is the title of {ids}"), style)


def total_text(page: Page, place: str) -> str:
    """Return how many papers match, and in which index."""
    in_time = " found in time" if page.partial else ""
    return f"{counted(page.total or 0, 'paper')}{in_time} in {safe(place)}"


def diagnosis_text(
    diagnosis: "Diagnosis", style: Style, command: Callable[["Relaxation"], str]
) -> Iterator[str]:
    """Yield why nothing is found, part by part, and what finds more, each with its command."""
    if len(diagnosis.clauses) > 1:
        counts = [f"{_part_text(one)} {one.count:,}" for one in diagnosis.clauses]
        yield from wrap_note(" · ".join(counts), style, "each by itself: ")
        if diagnosis.killers:
            killers = " and ".join(map(_part_text, diagnosis.killers))
            yield from wrap_note(killers, style, "in the way: ")
        elif not diagnosis.partial:
            yield "in the way: no single part, they do not go together"
    for relaxation in diagnosis.relaxations:
        yield from wrap_note(f"{_relaxation_text(relaxation)}: {command(relaxation)}", style)


def _relaxation_text(relaxation: "Relaxation") -> str:
    """Return what a relaxation finds, and how it differs: ``3 papers without --year 2019``."""
    found, whole = counted(relaxation.count, "paper"), relaxation.all_words
    if whole < relaxation.count:
        found += f" ({whole:,} with all the words)" if whole else " (with any of the words)"
    if relaxation.dropped:
        return f"{found} without {' and '.join(map(_part_text, relaxation.dropped))}"
    if relaxation.by:
        return f"{found} with {safe(relaxation.by)} for {safe(relaxation.replaced)}"
    return f"{found} without --all"


def _part_text(part: "ClauseCount") -> str:
    """Return a clause as it is typed, a filter as the option of the command line."""
    return _option_text(part.filter, part.text)


def _option_text(filter_name: str, typed: str) -> str:
    name = filter_name.replace("_", "-")
    text = shortened(safe(typed), _PART_COLUMNS)
    return f"--{name} {text}" if name and typed != "True" else f"--{name}" if name else text


def paper_text(paper: Paper, style: Style) -> Iterator[str]:
    """Yield the lines that show one paper whole, with its addresses and how it is cited."""
    # What reads names takes longer to load than a search.
    from searcher.output.references import citation

    title = (style.bold(line) for line in wrap(safe(paper.title), style))
    yield from linked(title, best_address(paper), style)
    if paper.authors:
        yield from wrap(_names(paper.authors, paper.et_al), style)
    for abstract in filter(None, (paper.abstract, *[one.text for one in paper.other_abstracts])):
        yield ""
        yield from wrap(safe(abstract), style)
    yield ""
    facts = {
        "id": paper.id,
        "other title": [one.text for one in paper.other_titles],
        "category": ", ".join(_label("category", one) for one in paper.categories),
        "date": _when(paper),
        "updated": paper.updated,
        "venue": _appeared_in(paper),
        "publisher": paper.publisher,
        "type": ", ".join(filter(None, (paper.type, paper.status))),
        "language": paper.language,
        "keywords": "; ".join(paper.keywords),
        "cited by": "" if paper.cited_by is None else f"{paper.cited_by:,}",
        "identifiers": ", ".join(map(str, paper.identifiers)),
        "editors": ", ".join(paper.editors),
        "other names": ", ".join(paper.other_names),
        "comments": paper.comments,
        "code": "yes" if paper.has_code else "",
        "institutions": ", ".join(paper.institutions),
        "score": "" if paper.score is None else f"{paper.score:g}",
        "pages of": ", ".join(paper.owners),
        "links": [link.url for link in links(paper)],
        "cite as": citation(paper),
        "read from": ", ".join(f"{source.file}:{source.line}" for source in paper.sources),
    }
    for name, value in facts.items():
        first = f"{name + ':':<{_FACT_COLUMN}}"
        for text in value if isinstance(value, list) else [value] if value else []:
            yield from wrap(safe(str(text)), style, " " * _FACT_COLUMN, first)
            first = " " * _FACT_COLUMN


def _when(paper: Paper) -> str:
    """Return the date, and as it was printed where that says more: ``2020 (Spring 2020)``."""
    date = str(paper.date or paper.year or "")
    if not date or not paper.date_text:
        return date or paper.date_text
    return f"{date} ({paper.date_text})"


def _appeared_in(paper: Paper) -> str:
    """Return where a paper appeared: ``River Letters 7(2), 1-9``."""
    from searcher.output.references import volume_and_issue

    place = " ".join(filter(None, (paper.venue, volume_and_issue(paper))))
    return ", ".join(filter(None, (place, paper.pages)))


def _hit_text(hit: Hit, page: Page, style: Style) -> Iterator[str]:
    pieces = hit.snippets.title if hit.snippets else (Piece(hit.title, False),)
    title = with_marks(pieces) or "(untitled)"
    paper, facts = hit.paper, []
    lines = coloured(wrap(title, style, _INDENT, f"{hit.rank:>3} "), style, "\x1b[1m")
    yield from linked(lines, best_address(paper) if paper else "", style)
    if paper:
        if paper.authors:
            yield from wrap(_names(paper.authors, paper.et_al, NAMED_AUTHORS), style, _INDENT)
        facts = [
            _label("category", paper.category) if paper.category else "",
            shortened(safe(paper.venue), VENUE_COLUMNS),
            str(paper.date or paper.year or ""),
            "code" if paper.has_code else "",
        ]
        if page.request.sort == "score" and paper.score is not None:
            facts.append(f"score {paper.score:g}")
        if page.request.sort == "citations" and paper.cited_by is not None:
            facts.append(f"cited {paper.cited_by:,}")
    if hit.all_words:
        facts.append("all words")
    facts += [hit.index or "", hit.id]
    for line in wrap_items([safe(fact) for fact in facts if fact], " · ", style, _INDENT):
        yield _INDENT + style.dim(line.removeprefix(_INDENT))
    if hit.snippets and hit.snippets.abstract:
        yield from coloured(wrap(with_marks(hit.snippets.abstract), style, _INDENT), style)
    if hit.shared:
        more = len(hit.shared) - SHARED_WORDS
        words = [*hit.shared[:SHARED_WORDS], *([f"+{more} more"] if more > 0 else [])]
        yield from wrap(safe(f"shares {', '.join(words)}"), style, _INDENT)
    if page.request.explain:
        yield f"{_INDENT}{hit.score:>8.3f}  search score"
    for part in hit.parts:
        yield from wrap(
            f"{safe(part.label)} (idf {part.idf:.3f} × recurrence {part.recurrence:.3f},"
            f" weighted frequency {part.frequency:.3f})",
            style,
            _INDENT + " " * 10,
            f"{_INDENT}{part.score:>8.3f}  ",
        )


def _footer(
    page: Page, shown: int, place: str, style: Style, next_command: NextCommand
) -> Iterator[str]:
    """Yield which papers are shown, and how to see the next; ``shown`` of the page's hits are."""
    total = total_text(page, place)
    if not shown:
        yield from wrap(total, style)
        return
    first, last = page.hits[0].rank, page.hits[shown - 1].rank
    extent = f"{first}–{last}" if first < last else f"{first}"
    if page.request.explain and (ranking := str(page.request.ranking)):
        yield from wrap(f"ranked with {ranking}", style)
    yield from wrap(f"{extent} of {total}", style)
    if page.total is None or last < page.total:
        is_whole = shown == len(page.hits)
        limit, number = (page.request.limit, page.request.page + 1) if is_whole else (shown, 2)
        yield from wrap_command(next_command(limit, number), style, "next: ")


def _facet_values(counts: Sequence[FacetCount], margin: int, style: Style) -> str:
    """Return the first values of a facet and their counts, as many as fit after the margin."""
    entries = [(safe(str(entry.value)), f"{entry.count:,}") for entry in counts[:FACET_VALUES]]
    while entries:
        rest = len(counts) - len(entries)
        more = [f"… +{rest:,}"] if rest else []
        line = " · ".join([*(f"{value} {count}" for value, count in entries), *more])
        if style.width is None or margin + columns(line) <= style.room:
            shown = [f"{value} {style.dim(count)}" for value, count in entries]
            return " · ".join([*shown, *map(style.dim, more)])
        if len(entries) == 1:
            value, room = entries[0][0], style.room - margin
            tail = line[len(value) :]
            return shortened(shortened(value, max(1, room - columns(tail))) + tail, room)
        entries.pop()
    return "none"


def _names(names: Sequence[str], et_al: bool, most: int | None = None) -> str:
    """Return names with commas, at most so many of them, then how many more there are."""
    shown = list(names[:most])
    if len(names) > len(shown):
        shown.append(f"+{len(names) - len(shown):,} more")
    return safe(", ".join(shown)) + (f" et{NO_BREAK}al." if et_al else "")


def _label(facet: str, value: str | int) -> str:
    text = safe(str(value))
    name = category_name(text) if facet == "category" else text
    return text if name == text else f"{text} {name}"
