"""Pages, papers and summaries as text, JSON, JSON lines and CSV; nothing here writes anything.

JSON is written in ASCII, so that no stream's encoding can damage it and nothing in it steers a
terminal; it alone keeps every character. Everything else goes through ``safe``, so that no text of
a paper or a query can.
"""

import csv
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from index.categories import category_name
from index.paper import Paper, to_dict
from searcher.page import FacetCount, Hit, Page, Piece, Snippets

if TYPE_CHECKING:
    from index.sync import Summary
    from index.upkeep.repairing import Repair
    from index.upkeep.report import Report

BAR_CELLS = 30
NAMED = 20
"""How many of a list of files or ids are named in text; JSON has all."""
FACET_LINES = 12
"""How many values of each facet are shown below hits; the other forms show all."""

_INDENT = "    "
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Stand-ins for the colour codes while a line is being wrapped; safe text holds neither.
_ON, _OFF = "\x0e", "\x0f"
_HIT_KEYS = (
    "rank id title authors et_al category year date has_code institutions owners score".split()
)


@dataclass(frozen=True, slots=True)
class Style:
    """How text is laid out: in colour or not, wrapped at ``width`` columns or (None) not at all."""

    colour: bool
    width: int | None

    def bold(self, text: str) -> str:
        """Return ``text`` in bold."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """Return ``text`` in faint."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text


def safe(text: str) -> str:
    """Return ``text`` without characters that steer a terminal or reorder its line."""
    return _STEERING.sub("\ufffd", text)


def page_text(page: Page, style: Style) -> Iterator[str]:
    """Yield the lines of a page: hits, facets, total."""
    for hit in page.hits:
        yield from _hit_text(hit, style)
        yield ""
    yield from facets_text(page.facets or {}, style, FACET_LINES)
    yield total_text(page)


def total_text(page: Page) -> str:
    """Return the line that says how many papers match."""
    return _count(page.total or 0, "paper") + (" found in time" if page.partial else "")


def facets_text(
    facets: Mapping[str, Sequence[FacetCount]], style: Style, limit: int | None = None
) -> Iterator[str]:
    """Yield the lines of the facets: a bar and a count for each value, ``limit`` values of each."""
    for name, counts in facets.items():
        yield style.bold(name)
        shown = counts[:limit]
        labels = [_label(name, entry.value) for entry in shown]
        column = max(map(len, labels), default=0)
        most = max((entry.count for entry in shown), default=1)
        for label, entry in zip(labels, shown, strict=True):
            bar = "█" * max(1, round(BAR_CELLS * entry.count / most))
            yield f"  {label:<{column}}  {style.dim(bar)} {entry.count:,}"
        if len(counts) > len(shown):
            yield f"  and {len(counts) - len(shown):,} more"
        if not counts:
            yield "  none"
        yield ""


def page_json(page: Page) -> str:
    """Return the page as one JSON object; its keys are a contract other programs rely on."""
    return json.dumps(page.to_dict(), indent=2)


def page_jsonl(page: Page) -> Iterator[str]:
    """Yield one JSON object a line, a hit each."""
    for hit in page.hits:
        yield json.dumps(hit.to_dict())


def page_csv(page: Page) -> str:
    """Return the hits as CSV with a header, a line each; lists are joined by ``; ``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HIT_KEYS)
    for hit in page.hits:
        values = [hit.to_dict().get(key) for key in _HIT_KEYS]
        writer.writerow(["; ".join(v) if isinstance(v, list) else v for v in values])
    return safe(out.getvalue()).rstrip("\n")


def paper_text(paper: Paper, style: Style) -> Iterator[str]:
    """Yield the lines that show one paper whole."""
    yield style.bold(safe(paper.title))
    yield _names(paper.authors, paper.et_al)
    if paper.abstract:
        yield ""
        yield from _wrapped(safe(paper.abstract), style, "")
    yield ""
    facts = {
        "id": paper.id,
        "category": _label("category", paper.category) if paper.category else "",
        "date": paper.date or paper.year or "",
        "code": "yes" if paper.has_code else "",
        "institutions": ", ".join(paper.institutions),
        "score": "" if paper.score is None else f"{paper.score:g}",
        "pages of": ", ".join(paper.owners),
        "read from": ", ".join(f"{source.file}:{source.line}" for source in paper.sources),
    }
    for name, value in facts.items():
        if value:
            yield f"{name + ':':<14}{safe(str(value))}"


def paper_json(paper: Paper) -> str:
    """Return one paper as a JSON object; fields that are empty are left out."""
    return json.dumps(to_dict(paper), indent=2)


def summary_text(summary: "Summary", directory: str) -> Iterator[str]:
    """Yield the lines that say what a sync did."""
    files = f"{_count(summary.files, 'file')}, {_count(len(summary.problems), 'problem')}"
    yield (
        f"{files}; papers: {summary.new:,} new, {summary.changed:,} changed, "
        f"{summary.unchanged:,} unchanged, {summary.removed:,} removed"
    )
    if summary.assumed_count:
        yield (
            f"assumed the year {summary.assumed_year} for "
            f"{_count(summary.assumed_count, 'date')} without one (--page-year sets it)"
        )
    if summary.missing:
        yield (
            f"{_count(summary.missing, 'paper')} no longer in the files; "
            "kept (--prune removes them)"
        )
    yield f"{_count(summary.total, 'paper')} in {safe(directory)} ({summary.seconds:.1f} s)"


def report_text(report: "Report") -> Iterator[str]:
    """Yield the lines that say what a check found."""
    yield from _found(report)
    if not report.is_sound:
        yield (
            "searcher check --repair keeps what is sound and writes anew what can be read; it may"
            f" read again {_listed(report.sources, 'file') or 'no file, for none can be told'}"
        )


def report_json(report: "Report") -> str:
    """Return a report as one JSON object."""
    return json.dumps(_report_values(report), indent=2)


def repair_text(repair: "Repair") -> Iterator[str]:
    """Yield the lines that say what a repair did."""
    yield from _found(repair.before)
    if repair.before.is_sound:
        yield "nothing to repair"
        return
    yield (
        f"kept {_count(repair.kept, 'paper')} of {_count(repair.intact_segments, 'sound segment')};"
        f" wrote anew {_count(repair.rescued, 'paper')} that the others store;"
        f" {_count(repair.unreadable, 'paper')} could not be read"
    )
    if repair.read:
        yield (
            f"read again {_listed(repair.read, 'file')}: {_count(repair.new, 'paper')} new,"
            f" {repair.changed:,} changed"
        )
    if repair.gone:
        yield f"could not read {_listed(repair.gone, 'file')}"
    if repair.assumed_count:
        yield (
            f"assumed the year {repair.assumed_year} for "
            f"{_count(repair.assumed_count, 'date')} without one (index the files again with "
            "--page-year if it is another)"
        )
    if not repair.knows_deletions:
        yield (
            "the table of contents was lost: papers that were deleted may be back, and nobody knows"
            f" what was in files that are missing; {_count(repair.missing, 'paper')} now in no file"
            " (searcher index PATH --prune removes them)"
        )
    if repair.lost:
        yield f"lost {_listed(repair.lost, 'paper')}"
    if repair.lost_unnamed:
        yield (
            f"may have lost {_count(repair.lost_unnamed, 'paper')} whose ids could not be read,"
            " but for those among the new"
        )
    yield from _found(repair.after)


def repair_json(repair: "Repair") -> str:
    """Return what a repair did as one JSON object."""
    values = {of.name: getattr(repair, of.name) for of in fields(repair)}
    for name in ("before", "after"):
        values[name] = _report_values(values[name])
    values["problems"] = [asdict(problem) for problem in repair.problems]
    return json.dumps({"complete": repair.is_complete, **values}, indent=2)


def _found(report: "Report") -> Iterator[str]:
    for finding in report.damage:
        yield f"damage: {safe(str(finding))}"
    for note in report.notes:
        yield f"note: {safe(str(note))}"
    verdict = "sound" if report.is_sound else f"damaged, {_count(len(report.damage), 'finding')}"
    yield (
        f"{verdict}: {_count(report.papers, 'paper')}, {_count(report.segments, 'segment')},"
        f" {report.file_bytes:,} bytes in {safe(report.directory)} ({report.seconds:.1f} s)"
    )


def _report_values(report: "Report") -> dict[str, Any]:
    return {"sound": report.is_sound, **asdict(report)}


def _listed(names: Sequence[str], noun: str) -> str:
    """Return how many there are, and the first of them; empty for none."""
    if not names:
        return ""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{_count(len(names), noun)} ({safe(', '.join(names[:NAMED]))}{more})"


def _hit_text(hit: Hit, style: Style) -> Iterator[str]:
    paper = hit.paper or Paper(hit.id, hit.title)
    snippets = hit.snippets or Snippets((Piece(hit.title, False),), ())
    title = snippets.title or (Piece("(untitled)", False),)
    yield f"{hit.rank:>3} {_marked(title, style, title=True)}"
    if paper.authors:
        yield _INDENT + _names(paper.authors, paper.et_al)
    facts = [
        _label("category", paper.category) if paper.category else "",
        str(paper.date or paper.year or ""),
        "code" if paper.has_code else "",
        f"score {hit.score:.3f}",
        hit.id,
    ]
    yield _INDENT + style.dim(safe(" · ".join(fact for fact in facts if fact)))
    if snippets.abstract:
        yield from _marked_lines(snippets.abstract, style)
    for part in hit.parts:
        yield (
            f"{_INDENT}{part.score:>8.3f}  {safe(part.label)}  "
            f"(idf {part.idf:.3f}, weighted frequency {part.frequency:.3f})"
        )


def _names(names: Sequence[str], et_al: bool) -> str:
    return safe(", ".join(names)) + (" et al." if et_al else "")


def _label(facet: str, value: str | int) -> str:
    text = safe(str(value))
    name = category_name(text) if facet == "category" else text
    return text if name == text else f"{text} {name}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _marked(pieces: Iterable[Piece], style: Style, *, title: bool = False) -> str:
    return _coloured(_with_stand_ins(pieces), style, title=title)


def _marked_lines(pieces: Iterable[Piece], style: Style) -> Iterator[str]:
    inside = False
    for line in _wrapped(_with_stand_ins(pieces), style, _INDENT):
        # A mark that runs over a line end is closed there and opened again.
        opened = line.replace(_INDENT, _INDENT + _ON, 1) if inside else line
        inside = opened.count(_ON) > opened.count(_OFF)
        yield _coloured(opened + (_OFF if inside else ""), style)


def _with_stand_ins(pieces: Iterable[Piece]) -> str:
    return "".join(
        f"{_ON}{safe(piece.text)}{_OFF}" if piece.marked else safe(piece.text) for piece in pieces
    )


def _coloured(text: str, style: Style, *, title: bool = False) -> str:
    if not style.colour:
        return text.replace(_ON, "").replace(_OFF, "")
    base = "\x1b[1m" if title else ""
    text = text.replace(_ON, "\x1b[1;31m").replace(_OFF, "\x1b[0m" + base)
    return f"{base}{text}\x1b[0m" if base else text


def _wrapped(text: str, style: Style, indent: str) -> Sequence[str]:
    if style.width is None:
        return [indent + text]
    return textwrap.wrap(
        text,
        max(style.width, 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
