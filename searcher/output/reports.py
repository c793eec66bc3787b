"""What building, checking and repairing an index did, as lines of text and as JSON."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from searcher.output.layout import counted, safe

if TYPE_CHECKING:
    from index import Gone, Problem, Removal, Repair, Report, Summary

NAMED = 20
"""How many of a list of files or ids are named in text; JSON has all."""

ALIKE = 5
"""How many files of which the same is told have a line each; more have one line together."""
_EXAMPLES = 3


def told_text(problems: Sequence["Problem"]) -> Iterator[str]:
    """Yield a line for each problem or note; what is told of many whole files is one line.

    ``60 files: a PDF; left out (/papers/a.pdf, /papers/b.pdf, /papers/c.pdf and 57 more)``
    """
    alike = defaultdict(list)
    for one in problems:
        if not one.line:
            alike[one.reason].append(one.file)
    told = set()
    for one in problems:
        files = [] if one.line else alike[one.reason]
        if len(files) <= ALIKE:
            yield safe(str(one))
        elif one.reason not in told:
            told.add(one.reason)
            first = ", ".join(files[:_EXAMPLES])
            more = f"and {len(files) - _EXAMPLES:,} more"
            yield safe(f"{len(files):,} files: {one.reason} ({first} {more})")


def pruned_text(gone: Sequence["Gone"], *, dry_run: bool = False) -> Iterator[str]:
    """Yield the lines that say of which files papers go, before they do."""
    for one in gone:
        verb = "would go" if dry_run else "go" if one.papers > 1 else "goes"
        yield f"{counted(one.papers, 'paper')} of {safe(one.file)} {verb}"


def summary_text(
    summary: "Summary", directory: str, *, has_index: bool = True, dry_run: bool = False
) -> Iterator[str]:
    """Yield the lines that say what a build did, and whether there is an index after it.

    After a dry run they say what it would have done.
    """
    if dry_run:
        yield "dry run: nothing was written; without --dry-run:"
    files = f"{counted(summary.files, 'file')}, {counted(len(summary.problems), 'problem')}"
    yield (
        f"{files}; papers: {summary.new:,} new, {summary.changed:,} changed, "
        f"{summary.unchanged:,} unchanged, {summary.removed:,} removed"
    )
    if summary.assumed_count:
        yield (
            f"assumed the year {summary.assumed_year} for "
            f"{counted(summary.assumed_count, 'date')} without one (--page-year sets it)"
        )
    if summary.skipped:
        yield f"{counted(summary.skipped, 'file')} unchanged since last time, not read again"
    if summary.left_out:
        yield (
            f"{counted(summary.left_out, 'record')} of removed papers left out"
            " (--restore ID takes a paper in again)"
        )
    if summary.in_several_files:
        yield f"{counted(summary.in_several_files, 'paper')} in more than one file"
    kept = [one for one in summary.gone if not one.is_pruned]
    if missing := summary.missing - sum(one.papers for one in kept if one.lost_folder):
        yield f"{counted(missing, 'paper')} no longer in the files; kept (--prune removes them)"
    yield from lost_text(summary)
    if dry_run:
        yield f"{counted(summary.total, 'paper')} would be in {safe(directory)}"
    elif has_index:
        yield f"{counted(summary.total, 'paper')} in {safe(directory)} ({summary.seconds:.1f} s)"
    else:
        yield "nothing indexed; no index was created"


def synced_text(summary: "Summary", directory: str) -> str:
    """Return the line that says what a build did that keeps an index in step with its files."""
    changes = {"new": summary.new, "changed": summary.changed, "removed": summary.removed}
    said = [f"{count:,} {what}" for what, count in changes.items() if count] or ["no change"]
    if summary.problems:
        said.append(counted(len(summary.problems), "problem"))
    papers = f"{counted(summary.total, 'paper')} in {safe(directory)}"
    return f"{', '.join(said)}; {papers} ({summary.seconds:.1f} s)"


def lost_text(summary: "Summary") -> Iterator[str]:
    """Yield a line for each folder that is gone and whose papers a build has kept."""
    folders: dict[str, int] = {}
    for one in summary.gone:
        if one.lost_folder and not one.is_pruned:
            folders[one.lost_folder] = folders.get(one.lost_folder, 0) + one.papers
    for folder, count in folders.items():
        yield (
            f"{counted(count, 'paper')} of {safe(folder)} kept: it is gone, empty, or a link that"
            " leads elsewhere (--prune-missing-folders removes them)"
        )


def copied_text(count: int, source: str, directory: str) -> str:
    """Return the line that says what was copied."""
    return f"copied {counted(count, 'paper')} from {safe(source)} to {safe(directory)}"


def removal_text(removal: "Removal", directory: str) -> Iterator[str]:
    """Yield the lines that say what a removal did."""
    if removal.removed:
        yield (
            f"removed {_first_of(removal.removed, 'paper')}; searcher index leaves out what is"
            " removed (--restore ID takes it in again)"
        )
    yield f"{counted(removal.total, 'paper')} in {safe(directory)}"


def report_text(report: "Report") -> Iterator[str]:
    """Yield the lines that say what a check found."""
    yield from _verdict_lines(report)
    if report.is_earlier:
        yield "searcher check --repair converts it by what it holds of each paper; nothing is lost"
    if report.damage and report.has_sound_papers:
        yield "searcher suggest --refresh makes the suggestions anew; the papers are sound"
    elif report.damage:
        yield (
            "searcher check --repair keeps every sound part, saves what it can read from damaged"
            " parts, and reads your seed files again for the rest: "
            + (_first_of(report.sources, "file") or "none, because the index does not say which")
        )


def report_json(report: "Report") -> str:
    """Return a report as one JSON object."""
    return json.dumps(_report_values(report), indent=2)


def repair_text(repair: "Repair") -> Iterator[str]:
    """Yield the lines that say what a repair did."""
    yield from _verdict_lines(repair.before)
    if repair.before.is_sound:
        yield "nothing to repair"
        return
    if repair.before.is_earlier:
        lost = "" if repair.lost or repair.lost_unnamed else "; nothing was lost"
        yield f"converted {counted(repair.converted, 'paper')}{lost}"
    if not repair.before.has_sound_papers:
        yield (
            f"kept {counted(repair.kept, 'paper')} of"
            f" {counted(repair.intact_segments, 'sound segment')};"
            f" saved {counted(repair.rescued, 'paper')} from other segments;"
            f" {counted(repair.unreadable, 'paper')} could not be read"
        )
    if repair.removed_suggestions:
        yield "removed the damaged suggestions; searcher suggest --refresh makes them anew"
    if repair.read:
        yield (
            f"read again {_first_of(repair.read, 'file')}: {counted(repair.new, 'paper')} new,"
            f" {repair.changed:,} changed"
        )
    if repair.gone:
        yield f"could not read {_first_of(repair.gone, 'file')}"
    if repair.assumed_count:
        yield (
            f"assumed the year {repair.assumed_year} for "
            f"{counted(repair.assumed_count, 'date')} without one (index the files again with "
            "--page-year if it is another)"
        )
    if not repair.knows_deletions:
        yield (
            "the table of contents was lost: papers that were deleted may be back, and nobody knows"
            f" what was in missing files; {counted(repair.missing, 'paper')} now in no seed file"
            " (searcher index PATH --prune removes them)"
        )
    if repair.lost:
        yield f"lost {_first_of(repair.lost, 'paper')}"
    if repair.lost_unnamed:
        yield (
            f"may have lost {counted(repair.lost_unnamed, 'paper')} whose ids could not be read;"
            " some may be among the new papers"
        )
    yield from _verdict_lines(repair.after)


def repair_json(repair: "Repair") -> str:
    """Return what a repair did as one JSON object."""
    values = {field.name: getattr(repair, field.name) for field in fields(repair)}
    for name in ("before", "after"):
        values[name] = _report_values(values[name])
    values["problems"] = [asdict(problem) for problem in repair.problems]
    return json.dumps({"complete": repair.is_complete, **values}, indent=2)


def _verdict_lines(report: "Report") -> Iterator[str]:
    for finding in report.damage:
        yield f"damage: {safe(str(finding))}"
    for note in report.notes:
        yield f"note: {safe(str(note))}"
    verdict = "of an earlier version" if report.is_earlier else "sound"
    if report.damage:
        verdict = f"damaged, {counted(len(report.damage), 'finding')}"
    yield (
        f"{verdict}: {counted(report.papers, 'paper')}, {counted(report.segments, 'segment')},"
        f" {report.file_bytes:,} bytes in {safe(report.directory)} ({report.seconds:.1f} s)"
    )


def _report_values(report: "Report") -> dict[str, Any]:
    values = asdict(report)
    return {"sound": report.is_sound, "earlier": values.pop("is_earlier"), **values}


def _first_of(names: Sequence[str], noun: str) -> str:
    """Return how many there are, and the first of them; empty for none."""
    if not names:
        return ""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{counted(len(names), noun)} ({safe(', '.join(names[:NAMED]))}{more})"
