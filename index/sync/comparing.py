"""Compare the papers of a run with those of the index: write what is new, changed or gone."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, TypeVar

from index.errors import BadRequestError, TooLargeError
from index.identifiers import canonical
from index.paper import Copy, Paper, Source, id_digest
from index.readers.base import Problem
from index.reading.reports import Reports
from index.reading.run import SeedRun
from index.reading.setaside import SetAsidePapers
from index.sync.fates import Fate, Fates, Prune
from index.sync.identity import (
    by_file,
    by_paper,
    group_id_without_mark,
    group_of,
    has_other_title,
    is_barred,
    keys_of,
    marked_ids,
    one_per_file,
    under_id,
    under_own_id,
)
from index.sync.losses import is_hard_to_know
from index.sync.whereabouts import Whereabouts
from index.sync.written import WrittenPapers
from index.writers.port import Entry, Writer, ignore_progress

# How many papers are looked up in the index at once.
_BATCH_PAPERS = 500

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Gone:
    """How many papers are gone with a file: no file that was indexed holds them any more.

    A paper that is gone from several files counts for the first of them. ``lost_folder`` is the
    folder or link that is gone with the file and looks as if it could come back, None if none does.
    ``is_pruned`` tells whether the papers are removed: of one file some may be, and others not.
    """

    file: str
    papers: int
    lost_folder: str | None
    is_pruned: bool


class Comparison:
    """A comparison of a run with an index: it decides for each paper which copies stay or go.

    What the index holds after it follows from what each file held when it was last read:

    - Records that share a key are copies of one paper, whatever files they are in (see
      ``identity.by_paper``). A paper lives while one copy does.
    - A copy is replaced when its file is read again and holds the paper, unless the file is
      damaged and the paper reads worse than before. Of records in one file that others join there
      is one copy, so such a file is never skipped.
    - A copy is gone if its file was read without a problem and no longer holds the paper, or if
      its file is below a path named and exists no more. Then it stays until pruned, except that a
      copy of the same content in a file of this run takes its place if only the file is gone.
    - A file of the run that is skipped, because it is as it was, holds what it held.
    - A record of a paper that was removed is left out.
    - A stream is no file that can be gone. What it sent before and does not send again stays,
      unless papers are pruned, its source is named, and it was read without a problem.
    """

    def __init__(
        self,
        run: SeedRun,
        writer: Writer,
        whereabouts: Whereabouts,
        *,
        prune: Prune = "nothing",
        on_progress: Callable[[str, int, int], None] = ignore_progress,
        streams: bool = True,
        removed: frozenset[str] = frozenset(),
    ) -> None:
        self.new = self.changed = self.unchanged = self.removed = self.missing = 0
        self.in_several_files = 0
        self.left_out: Counter[str] = Counter()
        self._removed = removed
        self._met: set[Any] = set()
        # How many papers of the index were met that have a copy in each file.
        self._met_in: Counter[str] = Counter()
        self._unsettled: set[str] = set()
        self._notes = Reports()
        self._run = run
        self._writer = writer
        self._whereabouts = whereabouts
        self._on_progress = on_progress
        self._streams = streams
        self._streamed = WrittenPapers()
        self._set_aside = SetAsidePapers()
        self._known = _KnownPapers(writer, self._streamed, self._set_aside)
        self._fates = Fates(run, whereabouts, prune, self._known.has_unread)
        self._has_clashes = False
        self._gone: Counter[tuple[str, bool]] = Counter()

    @property
    def gone(self) -> tuple[Gone, ...]:
        """How many papers are gone with each file; pruned ones included."""
        return tuple(
            Gone(file, count, self._fates.lost_folder(file), is_pruned)
            for (file, is_pruned), count in sorted(self._gone.items())
        )

    def run(self) -> None:
        """Compare everything, and tell the writer what is new, changed or pruned.

        A paper that is in the index with other contents, or that may have copies in other files,
        waits until all files are read.
        """
        with self._set_aside:
            for papers in _batches(map(_in_its_group, self._run.as_printed())):
                keys = list(map(keys_of, papers))
                named = self._writer.named({key for own in keys for key in own})
                for paper, own in zip(papers, keys, strict=True):
                    if self._removed and is_barred(paper, own, self._removed):
                        self.left_out[paper.sources[0].file] += 1
                        continue
                    entries = {id: entry for key in own for id, entry in named.get(key, {}).items()}
                    self._take(paper, list(map(id_digest, own)), entries)
            self._fates.read_whole = self._run.read_whole - self._short_files()
            self._fates.read_in_part = self._run.read_in_part
            if self._has_clashes:
                self._writer.settle()
            self._compare_set_aside()
            # What such a file holds is more than what would be read in it.
            self._unsettled.update(filter(self._known.has_unread, self._fates.read_in_part))
        self._compare_unread()
        unread, in_several_files = self._writer.count_from(self._run.skipped, self._met)
        self.unchanged += unread
        self.in_several_files += in_several_files

    def remove(self, going: Mapping[str, Entry]) -> None:
        """Remove papers of the index, given by id; those connected with them may get other ids."""
        for paper_id, entry in going.items():
            if entry.key in self._met:
                continue
            connected = self._connected([], {paper_id: entry})
            entries = {one: entry for one, (entry, _) in connected.items() if one not in going}
            shared = {file for entry in entries.values() for file in entry.shared}
            copies = [copy for one in entries for copy in connected[one][1]]
            papers = by_paper(copies, shared)
            self._write(entries, entries, (), papers, shared, Fate(staying=copies))
            for one, (entry, _) in connected.items():
                self._met.add(entry.key)
                if one in going:
                    self._writer.delete(entry)

    @property
    def notes(self) -> Mapping[str, list[Problem]]:
        """The notes on papers of each file."""
        notes: dict[str, list[Problem]] = {}
        for note in self._notes.listed():
            notes.setdefault(note.file, []).append(note)
        return notes

    @property
    def unsettled(self) -> set[str]:
        """The files whose papers are not all as the files have them now."""
        return self._unsettled | self._fates.unsettled

    def _take(self, paper: Paper, keys: list[bytes], entries: Mapping[str, Entry]) -> None:
        """Write a paper at once, or set it aside with the papers that it is connected with.

        ``entries`` are those of the index that share one of its keys.
        """
        written = self._streamed.find(keys)
        may_stream = self._streams and not paper.lacks_year and not self._run.overlaps(paper)
        if may_stream and not any(key in self._set_aside for key in keys):
            copy = Copy.of(paper)
            if written:
                (first, *others) = self._streamed.find(keys, copy.hash)
                if not others and first.same_content and first.source.file == copy.file:
                    self._report_repeat(copy, first.source)
                    return
            elif self._write_at_once(copy, keys, entries):
                return
        self._has_clashes |= bool(written)
        connected = (*[one.key for one in written], *map(_key_of_id, entries))
        self._set_aside.add(paper, (*keys, *connected))

    def _write_at_once(self, copy: Copy, keys: list[bytes], entries: Mapping[str, Entry]) -> bool:
        """Write a paper if it is new, and count it if it is new or unchanged; else return False."""
        if is_hard_to_know(copy.paper) or marked_ids(copy.paper.id, self._writer.ids_from):
            return False
        if entries and [*entries] != [copy.paper.id]:
            return False
        if entries and entries[copy.paper.id].hashes != {copy.file: copy.hash}:
            return False
        if entries or self._add([copy], (), None):
            self.new += not entries
            self.unchanged += bool(entries)
            self._met_in[copy.file] += bool(entries)
            self._streamed.add(copy, keys, is_new=not entries)
        return True

    def _short_files(self) -> set[str]:
        """Return the files that promise more papers than they hold, and held more before."""
        short = set()
        for file, held in self._run.held_if_short.items():
            before = sum(1 for _ in self._writer.papers_from(file))
            if held < before:
                short.add(file)
                reason = (
                    f"promises more papers than the {held:,} it holds, and held {before:,} before; "
                    "the index keeps those (if they are gone, correct the number in its header)"
                )
                self._run.report(Problem(file, 0, reason))
        return short

    def _compare_set_aside(self) -> None:
        total = len(self._set_aside)
        if total:
            self._on_progress("comparing", 0, total)
        for done, papers in enumerate(self._set_aside.by_group(self._expect), 1):
            self._compare(self._copies_read(papers))
            if done % _BATCH_PAPERS == 0 and done < total:
                self._on_progress("comparing", done, total)
        if total:
            self._on_progress("comparing", total, total)

    def _expect(self, papers: Iterable[Paper]) -> None:
        self._writer.expect(key for paper in papers for key in keys_of(paper))

    def _copies_read(self, papers: Iterable[Paper]) -> list[Copy]:
        return [Copy.of(self._run.with_year(paper)) for paper in papers]

    def _compare_unread(self) -> None:
        """Compare the papers of the index that no file of this run holds.

        This costs one look at each file in the index that is named, and at the papers of those that
        are gone or were read.
        """
        for file in self._whereabouts.files:
            if not self._fates.is_gone_from(file):
                continue
            # Where as many were met as there are, none needs to be looked at.
            if self._writer.count_in(file) == self._met_in[file]:
                continue
            for paper_id, entry in self._writer.papers_from(file):
                if entry.key not in self._met and _key_of_id(paper_id) not in self._streamed:
                    self._compare([], {paper_id: entry})

    def _compare(self, read: Iterable[Copy], entries: Mapping[str, Entry] | None = None) -> None:
        """Write the papers of some records that are connected: all those read in this run.

        Of the index, ``entries`` and all that are connected with these or the records take part.
        """
        read = list(read)
        connected = self._connected(read, entries or {})
        entries = {paper_id: entry for paper_id, (entry, _) in connected.items()}
        shared = {copy.file for copy in read if self._run.overlaps(copy.paper)}
        files_read = {copy.file for copy in read}
        shared |= {
            file for entry in entries.values() for file in entry.shared if file not in files_read
        }
        known: list[Copy] = []
        known_ids = set(entries)
        for paper_id, (_, copies) in connected.items():
            written = self._streamed.find([_key_of_id(paper_id)])
            if not (written and written[0].is_new):
                known += copies
            if written:
                read += [_read_at(written[0].source, copy) for copy in copies]
                self.new -= written[0].is_new
                self.unchanged -= not written[0].is_new
                if written[0].is_new:
                    known_ids.remove(paper_id)
        fate = self._fates.decide(known, self._without_repeats(read, shared), shared)
        self._unsettled.update(copy.file for copy in fate.stale)
        papers = by_paper([*fate.stale, *fate.staying, *fate.read], shared)
        # Of several papers of one readable id, one may have been removed.
        for paper_id in self._removed.intersection(papers):
            self.left_out.update(copy.file for copy in papers.pop(paper_id))
        pruned = {*fate.pruned}
        pruned_ids = {
            paper_id for paper_id, (_, own) in connected.items() if pruned.issuperset(own)
        }
        self._write(entries, known_ids, pruned_ids, papers, shared, fate)

    def _without_repeats(self, read: Sequence[Copy], shared: Collection[str]) -> list[Copy]:
        """Return the records read, those of one file that are one paper merged and reported."""
        kept = []
        for of_file in by_file(read).values():
            for copies in by_paper(of_file, shared).values():
                first, *repeats = copies
                for copy in repeats:
                    if not self._has_other_title(copy, first):
                        self._report_repeat(copy, first.paper.sources[0])
                kept += one_per_file(copies)
        return kept

    def _write(
        self,
        entries: Mapping[str, Entry],
        known_ids: Collection[str],
        pruned_ids: Collection[str],
        papers: Mapping[str, Sequence[Copy]],
        shared: Collection[str],
        fate: Fate,
    ) -> None:
        """Write the papers of a group in place of its entries, and count them.

        ``known_ids`` are the entries' ids, except those of papers that this run has added, and
        ``pruned_ids`` those of which every copy is pruned.
        """
        for paper_id, entry in entries.items():
            if entry.key not in self._met and _key_of_id(paper_id) not in self._streamed:
                self._met_in.update(entry.hashes.keys())
            self._met.add(entry.key)
        read, stale = set(fate.read), set(fate.stale)
        left: list[tuple[str, Entry]] = []
        for paper_id, entry in entries.items():
            if paper_id in papers:
                continue
            if paper_id in pruned_ids:
                self._writer.delete(entry)
                self.removed += 1
                self._gone[min(entry.hashes), True] += 1
            else:
                left.append((paper_id, entry))
        for paper_id in sorted(papers):
            before = entries.get(paper_id)
            was_known = paper_id in known_ids
            if before is None and left:
                other_id, before = left.pop(0)
                was_known = other_id in known_ids
            self._write_paper(paper_id, papers[paper_id], before, was_known, shared, read, stale)
        for paper_id, entry in left:
            self._writer.delete(entry)
            self.removed += paper_id in known_ids

    def _write_paper(
        self,
        paper_id: str,
        copies: Sequence[Copy],
        before: Entry | None,
        was_known: bool,
        shared: Collection[str],
        read: Collection[Copy],
        stale: Collection[Copy],
    ) -> None:
        """Write one paper, unless its entry says the same, and count it."""
        first = min(copies, key=lambda copy: copy.paper.sources)
        for copy in copies:
            if copy in read:
                self._has_other_title(copy, first)
        is_held = any(copy in read or copy.file in self._run.skipped for copy in copies)
        if all(copy in stale for copy in copies):
            self.missing += 1
            self._gone[min(copy.file for copy in copies), False] += 1
        # If what connects records of one file goes, the file has to tell them apart again.
        self._unsettled.update(file for file, own in by_file(copies).items() if len(own) > 1)
        copies = [under_id(copy, paper_id) for copy in one_per_file(copies)]
        self.in_several_files += is_held and len(copies) > 1
        if before is None or before.hashes != {copy.file: copy.hash for copy in copies}:
            is_written = self._add(copies, shared, before)
            self.changed += is_written and was_known
            self.new += not was_known and (is_written or before is not None)
        elif is_held:
            self.new += not was_known
            self.unchanged += was_known

    def _connected(
        self, read: list[Copy], entries: Mapping[str, Entry]
    ) -> dict[str, tuple[Entry, list[Copy]]]:
        """Return the entries of all papers connected with records or with entries, by id.

        With each come its copies, under the ids that they would have alone. The records that only
        papers of the index connect with those ``read`` are added to them.
        """
        keys: set[str] = set()
        new_keys = {key for copy in read for key in keys_of(copy.paper)}
        found: dict[str, tuple[Entry, list[Copy]]] = {}
        new = {paper_id: (entry, self._known.copies(entry)) for paper_id, entry in entries.items()}
        while new or new_keys:
            found |= new
            new_keys |= {key for _, own in new.values() for copy in own for key in _keys(copy)}
            new_keys -= keys
            keys |= new_keys
            further = self._copies_read(self._set_aside.take(list(map(id_digest, new_keys))))
            read += further
            new = {}
            for named in self._writer.named(new_keys).values():
                for paper_id, entry in named.items():
                    if paper_id not in found:
                        new[paper_id] = (entry, self._known.copies(entry))
            marked = [one for key in new_keys for one in marked_ids(key, self._writer.ids_from)]
            for paper_id, entry in self._writer.entries(marked).items():
                own = self._known.copies(entry)
                if paper_id not in found and any(not keys.isdisjoint(_keys(one)) for one in own):
                    new[paper_id] = (entry, own)
            new_keys = {key for copy in further for key in _keys(copy)}
        return dict(sorted(found.items()))

    def _add(self, copies: Sequence[Copy], shared: Collection[str], before: Entry | None) -> bool:
        """Write a paper; report it and return False if it is too large."""
        try:
            self._writer.add(copies, shared, replaces=before)
        except (BadRequestError, TooLargeError) as error:
            consequence = "the index keeps it as it was" if before else "left out"
            self._report(copies[0], f"{error}; {consequence}")
            return False
        return True

    def _has_other_title(self, copy: Copy, first: Copy) -> bool:
        """Report a record whose title has little to do with the first one's of the same id."""
        if not has_other_title(copy.paper, first.paper):
            return False
        place = f"{first.file}:{first.paper.sources[0].line}"
        reason = f"id {copy.paper.id!r} has another title at {place}; read as one paper"
        self._report(copy, reason)
        return True

    def _report_repeat(self, copy: Copy, first: Source) -> None:
        self._report(copy, f"the paper of {first.file}:{first.line} again", "note")

    def _report(
        self, copy: Copy, reason: str, kind: Literal["problem", "note"] = "problem"
    ) -> None:
        source = copy.paper.sources[0]
        problem = Problem(source.file, source.line, reason, kind)
        if kind == "problem":
            self._unsettled.add(source.file)
        else:
            self._notes.add(problem)
        self._run.report(problem)


class _KnownPapers:
    """The papers of the index, as the comparison with those of a run asks for them.

    This is no part of ``Comparison``, since what it is given to must not hold that: a circle of
    objects would keep the files of the index open.
    """

    def __init__(self, writer: Writer, streamed: WrittenPapers, set_aside: SetAsidePapers) -> None:
        self._writer = writer
        self._streamed = streamed
        self._set_aside = set_aside
        self._unread: dict[str, bool] = {}

    def copies(self, entry: Entry) -> list[Copy]:
        """Return the copies of a paper, each with the id that it would have alone."""
        stored = self._writer.copies(entry)
        return [
            Copy(own, entry.hashes[own.sources[0].file]) if own.id == one.id else Copy.of(own)
            for one, own in zip(stored, under_own_id(stored), strict=True)
        ]

    def has_unread(self, file: str) -> bool:
        """Tell whether there are papers of a file that were not read in it."""
        if file not in self._unread:
            keys = [self._key_of(*paper) for paper in self._writer.papers_from(file)]
            self._unread[file] = any(
                self._streamed.file_of(key) != file
                and all(paper.sources[0].file != file for paper in self._set_aside.of(key))
                for key in dict.fromkeys(keys)
            )
        return self._unread[file]

    def _key_of(self, paper_id: str, entry: Entry) -> bytes:
        """Return what connects a paper with every record read that shares a key with it."""
        if group_id_without_mark(paper_id) is None:
            return _key_of_id(paper_id)  # without reading the paper
        return _key_of_id(group_of(self._writer.copies(entry)))


def _in_its_group(paper: Paper) -> Paper:
    """Return the paper under the id of its group."""
    group = group_of([paper])
    return paper if group == paper.id else replace(paper, id=group)


def _read_at(source: Source, copy: Copy) -> Copy:
    """Return a copy as read at a place in its file, where it may have stood elsewhere before."""
    return copy._replace(paper=replace(copy.paper, sources=(source,)))


def _key_of_id(paper_id: str) -> bytes:
    return id_digest(canonical(paper_id))


def _keys(copy: Copy) -> tuple[str, ...]:
    return keys_of(copy.paper)


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, _BATCH_PAPERS)):
        yield batch
