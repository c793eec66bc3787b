"""Bring an index in line with its seed files, or remove papers from it, in one commit.

Segments are merged after it, in commits of their own.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from index.arguments import (
    byte_count,
    callback_of,
    check_flags,
    folder_path,
    optional_year,
    texts,
)
from index.errors import SeedError
from index.identifiers import canonical
from index.paper import Paper
from index.readers.base import Problem
from index.reading.remembered import FileState, FileStates, Remembered
from index.reading.run import SeedRun
from index.sync.comparing import Comparison, Gone
from index.sync.identity import bars_of
from index.sync.whereabouts import Whereabouts
from index.writers.local import MEMORY_BYTES
from index.writers.opening import open_dry, open_for_changes, require_index
from index.writers.port import Entry, ignore_progress

STAGES = ("reading", "comparing", "writing", "committing", "merging")
"""The stages of a build, in order; a stage with nothing to do is left out.

``reading`` counts the bytes of the seed files, ``comparing`` the groups of papers that waited until
all files were read, and the others count steps of their own.
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did. All counts are of papers, except ``files``: the seed files read.

    ``missing`` papers are in the index but no longer in the files they came from, as far as those
    are below the paths named. They stay unless pruned; pruned papers count as ``removed``. ``gone``
    says for each file how many papers are missing from it or were pruned. ``in_several_files``
    papers of the files read stand in another file, too. ``assumed_year`` is the year given to the
    dates of ``assumed_count`` papers that lack one. ``seconds`` is wall time until
    all of it was in the index. ``skipped`` of the files were not read again, because they are as
    they were. ``left_out`` records are of papers that were removed.
    """

    files: int
    new: int
    changed: int
    unchanged: int
    removed: int
    missing: int
    total: int
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    assumed_year: int | None
    assumed_count: int
    seconds: float
    in_several_files: int = 0
    gone: tuple[Gone, ...] = ()
    skipped: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal did.

    ``removed`` are the ids of the papers removed, ``unknown`` the ids given that no paper has, and
    ``total`` is how many papers are left.
    """

    removed: tuple[str, ...]
    unknown: tuple[str, ...]
    total: int


def build(
    directory: str | os.PathLike[str],
    paths: Iterable[str | os.PathLike[str]] = (),
    *,
    papers: Iterable[Paper | Mapping[str, Any]] | None = None,
    source: str | None = None,
    restore: Iterable[str] = (),
    page_year: int | None = None,
    strict: bool = False,
    prune: bool = False,
    prune_missing_folders: bool = False,
    dry_run: bool = False,
    reader: str | None = None,
    memory_bytes: int = MEMORY_BYTES,
    on_progress: Callable[[str, int, int], None] | None = None,
    on_prune: Callable[[Sequence[Gone]], None] | None = None,
    on_committed: Callable[[Summary], None] | None = None,
) -> Summary:
    """Bring the index in ``directory`` in line with the seed files and folders ``paths``.

    ``papers`` are further papers, read one after the other: each a ``Paper``, or a dict with the
    keys of a JSON record. They belong to a source named ``source``, or ``python`` if it is not
    named; those of standard input to ``source`` or ``stdin``. A later run of the same source
    updates its papers. ``restore`` are ids of removed papers, which are read again if a file has
    them.

    The path ``-`` is standard input; ``reader`` names the format of what it holds, such as
    ``json``, where that cannot be told by its content. ``page_year`` is the year of dates written
    without one. With ``strict`` any problem raises SeedError before anything is committed. With
    ``dry_run`` nothing is written, and no lock is taken: the summary says what would be done.
    ``memory_bytes`` bounds, by estimate, the memory that building takes.

    With ``prune`` papers are removed that no file holds any more: their files are at or below the
    paths, and have vanished, or were read without a problem and no longer list them. If a whole
    folder has vanished or holds no file, or a link leads elsewhere, as where a drive is missing,
    that takes ``prune_missing_folders``. ``on_prune`` is called with the files that lose papers
    before any does.

    ``on_progress(stage, done, total)`` is called as each of the STAGES advances; ``total`` is 0
    while it is unknown. ``on_committed`` is called with the summary when all that it tells is in
    the index; then segments are merged, which changes no answer, may be stopped without loss, and
    gives way to another writer that waits. What a callback raises ends the build and is passed on.
    Without any paper no index is created. Raises BadRequestError for an argument without meaning,
    and the errors of ``open_writer`` besides.
    """
    started = time.perf_counter()
    check_flags(
        strict=strict, prune=prune, prune_missing_folders=prune_missing_folders, dry_run=dry_run
    )
    progress = callback_of("on_progress", on_progress) or ignore_progress
    tell_pruned = callback_of("on_prune", on_prune)
    tell_committed = callback_of("on_committed", on_committed)
    directory, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    page_year = optional_year(page_year)
    restored = {canonical(one) for one in texts("restore", restore)}
    run = SeedRun(
        paths,
        page_year,
        on_progress=partial(progress, "reading"),
        reader=reader,
        papers=papers,
        source=source,
    )
    opened = open_dry(directory) if dry_run else open_for_changes(directory, memory_bytes)
    with opened as writer:
        papers_before = writer.paper_count
        before = Remembered.of(writer.remembered)
        for one in sorted(restored - before.names):
            run.report(Problem(directory, 0, f"no removed paper has the id {one}", "note"))
        remembered = before.restored(restored)
        whereabouts = Whereabouts(run.paths, writer.files(), run.report)
        run.known = _known(remembered, strict=strict)
        comparison = Comparison(
            run,
            writer,
            whereabouts,
            prune="folders" if prune_missing_folders else "files" if prune else "nothing",
            streams=not dry_run,
            on_progress=progress,
            removed=remembered.bars,
        )
        comparison.run()
        if strict:
            _refuse_problems(run)
        pruned = [one for one in comparison.gone if one.is_pruned]
        if tell_pruned and pruned:
            tell_pruned(pruned)
        files = _states(remembered, run, comparison, whereabouts)
        values = replace(remembered, files=files).to_values()
        if comparison.new or comparison.changed or comparison.removed:
            writer.remember(values)
            writer.commit(progress)
        elif papers_before and values != writer.remembered:
            writer.remember(values)
            writer.commit()
        for note in writer.notes:
            run.report(Problem(directory, 0, note, "note"))
        for place, reason in writer.refused:
            run.report(Problem(place.file, place.line, reason))
        summary = _summary(
            run,
            comparison,
            papers_before,
            refused=len(writer.refused),
            seconds=time.perf_counter() - started,
        )
        if tell_committed:
            tell_committed(summary)
        writer.merge(progress)
        refused = {place.file for place, _ in writer.refused}
    if refused:
        _forget(directory, refused, memory_bytes)
    return summary


def _forget(directory: str, files: Collection[str], memory_bytes: int) -> None:
    """Have files read again in the next run, though they have not changed."""
    with open_for_changes(directory, memory_bytes) as writer:
        remembered = Remembered.of(writer.remembered)
        left = replace(remembered, files=remembered.files.changed({}, files))
        if left.files.keys() != remembered.files.keys():
            writer.remember(left.to_values())
            writer.commit()


def remove(
    directory: str | os.PathLike[str],
    ids: Iterable[str],
    *,
    memory_bytes: int = MEMORY_BYTES,
) -> Removal:
    """Remove papers from the index in ``directory``, and have later builds leave them out.

    ``ids`` are ids or identifiers, such as ``doi:10.5555/12``. Raises BadRequestError for an
    argument without meaning, NotAnIndexError if there is no index, and the errors of
    ``open_writer`` besides.
    """
    directory, memory_bytes = folder_path(directory), byte_count(memory_bytes)
    wanted = dict.fromkeys(texts("ids", ids))
    require_index(directory)  # so that no lock is written where there is none
    with open_for_changes(directory, memory_bytes) as writer:
        before = writer.paper_count
        remembered = Remembered.of(writer.remembered)
        removed: dict[str, tuple[str, ...]] = {}
        unknown = []
        held: set[str] = set()
        going: dict[str, Entry] = {}
        for one in wanted:
            key = canonical(one)
            found = writer.named([key]).get(key) or writer.entries([one])
            going |= found
            if not found:
                unknown.append(one)

        def stays(key: str) -> bool:
            return not writer.named([key]).get(key, {}).keys() <= going.keys()

        for paper_id, entry in going.items():
            removed[paper_id] = bars_of(writer.copies(entry), stays)
            held.update(entry.hashes)
        if removed:
            run = SeedRun(())
            Comparison(run, writer, Whereabouts((), (), run.report)).remove(going)
            # What is left out of a file is counted, and what it repeats told, when it is read.
            files = remembered.files.changed({}, held)
            kept = Remembered(files, remembered.removed | {*removed.values()})
            writer.remember(kept.to_values())
            writer.commit()
            writer.merge()
    return Removal(tuple(removed), tuple(unknown), before - len(removed))


def _summary(
    run: SeedRun, comparison: Comparison, papers_before: int, *, refused: int, seconds: float
) -> Summary:
    return Summary(
        files=len(run.files),
        new=comparison.new - refused,
        changed=comparison.changed,
        unchanged=comparison.unchanged,
        removed=comparison.removed,
        missing=comparison.missing,
        total=papers_before + comparison.new - comparison.removed - refused,
        problems=tuple(problem for problem in run.problems if problem.kind == "problem"),
        notes=tuple(problem for problem in run.problems if problem.kind == "note"),
        assumed_year=run.assumed_year if run.assumed_count else None,
        assumed_count=run.assumed_count,
        seconds=seconds,
        in_several_files=comparison.in_several_files,
        gone=comparison.gone,
        skipped=len(run.skipped),
        left_out=comparison.left_out.total()
        + sum(run.known[file].left_out for file in run.skipped),
    )


def _known(remembered: Remembered, *, strict: bool) -> Mapping[str, FileState]:
    """Return the states of the files that need not be read if they are as they were."""
    if not strict:
        return remembered.files
    return {
        file: state
        for file in remembered.files
        if (state := remembered.files.get(file))
        and not any(problem.kind == "problem" for problem in state.problems)
    }


def _states(
    remembered: Remembered, run: SeedRun, comparison: Comparison, whereabouts: Whereabouts
) -> FileStates:
    """Return the states of all files whose papers the index has as the files have them."""
    notes = comparison.notes
    states = {
        file: replace(
            state,
            left_out=comparison.left_out[file],
            problems=(*state.problems, *notes.get(file, ())),
        )
        for file, state in run.states.items()
        if file not in comparison.unsettled
    }
    read = {file.path for file in run.files} - run.skipped
    gone = filter(whereabouts.is_gone, remembered.files)
    return remembered.files.changed(states, {*read, *gone, *comparison.unsettled})


def _refuse_problems(run: SeedRun) -> None:
    """Raise SeedError if there was any problem."""
    problems = [str(problem) for problem in run.problems if problem.kind == "problem"]
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise SeedError(f"{count}, nothing written:\n" + "\n".join(problems))
