"""Compare the papers of a run with those of the index: write what is new, changed or gone."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal, TypeVar

from index.errors import BadRequestError, TooLargeError
from index.identity import (
    by_file,
    by_paper,
    group_id_without_mark,
    group_of,
    has_other_title,
    marked_ids,
    one_per_file,
)
from index.losses import is_hard_to_know, is_undecoded, loss
from index.paper import Copy, Paper, Source, id_digest, mark
from index.paths import STANDARD_INPUT
from index.readers.base import Problem
from index.reading import SeedRun
from index.setaside import SetAsidePapers
from index.whereabouts import Whereabouts
from index.writers.port import Entry, Writer, ignore_progress
from index.written import WrittenPapers

# How many papers are looked up in the index at once.
_BATCH_PAPERS = 500

Item = TypeVar("Item")
Prune = Literal["nothing", "files", "folders"]
"""What is pruned: nothing; papers gone from their files; those of folders that are gone too."""


@dataclass(frozen=True, slots=True)
class Gone:
    """How many papers are gone with a file: no file that was indexed holds them any more.

    A paper that is gone from several files counts for the first of them. ``lost_folder`` is the
    folder or link that is gone with the file and looks as if it could come back, None if none does.
    ``is_pruned`` tells whether the papers are removed.
    """

    file: str
    papers: int
    lost_folder: str | None
    is_pruned: bool


class Comparison:
    """A comparison of a run with an index: it decides for each paper which copies stay or go.

    What the index holds after it follows from what each file held when it was last read:

    - Records of one id are copies of one paper, whatever files they are in; for records without an
      id see ``identity.told_apart``. A paper lives while one copy does.
    - A copy is replaced when its file is read again and holds the paper, unless the file is
      damaged and the paper reads worse than before.
    - A copy is gone if its file was read without a problem and no longer holds the paper, or if
      its file is below a path named and exists no more. Then it stays until pruned, except that a
      copy of the same content in a file of this run takes its place if only the file is gone.
    - Standard input is no file that can be gone. Its copy goes when a record of a file comes.
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
    ) -> None:
        self.new = self.changed = self.unchanged = self.removed = self.missing = 0
        self.in_several_files = 0
        self._run = run
        self._writer = writer
        self._whereabouts = whereabouts
        self._prune = prune
        self._on_progress = on_progress
        self._streams = streams
        self._streamed = WrittenPapers()
        self._set_aside = SetAsidePapers()
        self._has_clashes = False
        self._read_whole: Collection[str] = ()
        self._compared: set[bytes] = set()
        self._gone: dict[str, int] = {}
        self._unread: dict[str, bool] = {}

    @property
    def gone(self) -> tuple[Gone, ...]:
        """How many papers are gone with each file; pruned ones included."""
        return tuple(
            Gone(file, count, self._lost_folder(file), self._prunes(file))
            for file, count in sorted(self._gone.items())
        )

    def run(self) -> None:
        """Compare everything, and tell the writer what is new, changed or pruned.

        A paper that is in the index with other contents, or that may have copies in other files,
        waits until all files are read.
        """
        with self._set_aside:
            for papers in _batches(map(_in_its_group, self._run.as_printed())):
                ids = [paper.id for paper in papers if not self._waits(paper)]
                entries = self._writer.entries(ids)
                for paper in papers:
                    if self._waits(paper) or not self._write_at_once(paper, entries.get(paper.id)):
                        self._has_clashes |= paper.id in self._streamed
                        self._set_aside.add(paper)
            self._read_whole = self._run.read_whole - self._short_files()
            if self._has_clashes:
                self._writer.settle()
            self._compare_set_aside()
        self._compare_unread()

    def _waits(self, paper: Paper) -> bool:
        is_unfinished = paper.lacks_year or self._run.overlaps(paper)
        return is_unfinished or not self._streams or paper.id in self._set_aside

    def _write_at_once(self, paper: Paper, entry: Entry | None) -> bool:
        """Write a paper if it is new, and count it if it is new or unchanged; else return False."""
        copy = Copy.of(paper)
        if first := self._streamed.find(copy):
            if first.same_content and first.source.file == copy.file:
                self._report_repeat(copy, first.source)
                return True
            return False
        if is_hard_to_know(paper) or marked_ids(paper.id, self._writer.ids_from):
            return False
        if entry and entry.hashes != {copy.file: copy.hash}:
            return False
        if entry or self._add([copy], (), None):
            self.new += entry is None
            self.unchanged += entry is not None
            self._streamed.add(copy, is_new=entry is None)
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
        done, total = 0, len(self._set_aside)
        if total:
            self._on_progress("comparing", 0, total)
        for groups in _batches(self._set_aside.by_id()):
            for papers in groups:
                copies = [Copy.of(self._run.with_year(paper)) for paper in papers]
                self._compare(papers[0].id, copies)
            done += len(groups)
            self._on_progress("comparing", done, total)

    def _compare_unread(self) -> None:
        """Compare the papers of the index that no file of this run holds.

        This costs one look at each file in the index that is named, and at the papers of those that
        are gone or were read.
        """
        for file in self._whereabouts.files:
            if not self._is_gone_from(file):
                continue
            for paper_id, entry in self._writer.papers_from(file):
                group = self._group_of(paper_id, entry)
                if group in self._set_aside or group in self._streamed:
                    continue
                if id_digest(group) not in self._compared:
                    self._compared.add(id_digest(group))
                    self._compare(group, [])

    def _group_of(self, paper_id: str, entry: Entry) -> str:
        """Return the id of the group that a paper of the index is in."""
        if group_id_without_mark(paper_id) is None:
            return paper_id  # without reading the paper
        return group_of(self._writer.copies(entry))

    def _compare(self, group: str, read: Sequence[Copy]) -> None:
        """Write the papers of a group, of which ``read`` are all records read in this run."""
        entries = self._entries_of(group)
        known = [copy for entry in entries.values() for copy in self._copies(entry)]
        shared = {copy.file for copy in read if self._run.overlaps(copy.paper)}
        files_read = {copy.file for copy in read}
        shared |= {
            file for entry in entries.values() for file in entry.shared if file not in files_read
        }
        known_ids = set(entries)
        if (was_new := self._streamed.was_new(group)) is not None:
            read, known = [*known, *read], []
            self.new -= was_new
            self.unchanged -= not was_new
            known_ids = set() if was_new else known_ids
        fate = self._fate(group, known, self._without_repeats(group, read, shared))
        copies = [*fate.stale, *fate.staying, *fate.read]
        self._write(entries, known_ids, by_paper(group, copies, shared), shared, fate)

    def _without_repeats(
        self, group: str, read: Sequence[Copy], shared: Collection[str]
    ) -> list[Copy]:
        """Return the records read, those of one file that are one paper merged and reported."""
        papers = by_paper(group, read, shared)
        for copies in papers.values():
            for first, *repeats in by_file(copies).values():
                for copy in repeats:
                    if not self._has_other_title(copy, first):
                        self._report_repeat(copy, first.paper.sources[0])
        return [
            copy for paper_id, copies in papers.items() for copy in one_per_file(paper_id, copies)
        ]

    def _fate(self, group: str, known: Sequence[Copy], read: Sequence[Copy]) -> "_Fate":
        """Decide what becomes of the copies of a group that the index has, and of those read."""
        fate = _Fate()
        successors = dict(_successors(known, read))
        contents = set(map(_content, read))
        upheld: dict[Copy, Copy] = {}
        open_files = {old.file for old in known if old not in successors}
        for old in known:
            if old in successors:
                if self._reads_worse(successors[old], old):
                    upheld[successors[old]] = old
            elif not self._is_gone_from(old.file):
                fate.staying.append(old)
            elif self._prunes(old.file):
                # It may have moved to a file that cannot be read as well.
                is_better = read and all(self._loss(new, old) for new in read)
                if is_better and self._reads_worse(read[0], old):
                    fate.stale.append(old)
                else:
                    fate.pruned.append(old)
            elif self._lost_folder(old.file) is not None or _content(old) not in contents:
                fate.stale.append(old)
        replacing = set(successors.values())
        for new in read:
            if (
                new not in replacing
                and self._is_doubtful(new)
                and (new.file in open_files or self._may_be_known(group, new))
            ):
                reason = (
                    "may be a paper that the index has of this file, and cannot be read as well;"
                    " left out"
                )
                self._report(new, reason)
            else:
                fate.read.append(upheld.get(new, new))
        return fate

    def _is_gone_from(self, file: str) -> bool:
        """Tell whether ``file`` does not list the papers that this run did not read in it."""
        if file == STANDARD_INPUT:
            return False
        return file in self._read_whole or self._whereabouts.is_gone(file)

    def _prunes(self, file: str) -> bool:
        """Tell whether the papers that are gone from ``file`` are removed."""
        return self._prune == "folders" or (
            self._prune == "files" and self._lost_folder(file) is None
        )

    def _is_doubtful(self, new: Copy) -> bool:
        """Tell whether what was read of a record may be less than its file once held."""
        return self._run.is_doubtful(new.paper) or (
            new.file not in self._read_whole and is_undecoded(new.paper)
        )

    def _may_be_known(self, group: str, new: Copy) -> bool:
        """Tell whether a record whose id, title or author is damaged may be in the index."""
        return is_hard_to_know(replace(new.paper, id=group)) and self._has_unread(new.file)

    def _has_unread(self, file: str) -> bool:
        """Tell whether the index has papers of a file that were not read in it."""
        if file not in self._unread:
            groups = {self._group_of(*paper) for paper in self._writer.papers_from(file)}
            self._unread[file] = any(
                self._streamed.file_of(group) != file
                and all(paper.sources[0].file != file for paper in self._set_aside.of(group))
                for group in groups
            )
        return self._unread[file]

    def _reads_worse(self, new: Copy, old: Copy) -> bool:
        """Tell, and report, whether less can be read of a record than of a copy before."""
        lost = self._loss(new, old)
        if lost:
            self._report(new, f"{lost}; the index keeps the paper as it was")
        return lost is not None

    def _loss(self, new: Copy, old: Copy) -> str | None:
        if new.hash == old.hash:
            return None
        if new.file in self._run.cut_off:
            return "changed in a file that is damaged"
        return loss(new.paper, old.paper, in_doubt=self._is_doubtful(new))

    def _without_input(self, copies: Sequence[Copy], shared: Collection[str]) -> list[Copy]:
        """Return the copies of a paper; a record in a file replaces that of standard input."""
        in_files = [
            copy for copy in copies if copy.file != STANDARD_INPUT and copy.file not in shared
        ]
        return [
            copy
            for copy in copies
            if copy.file != STANDARD_INPUT
            or copy.file in shared
            or all(loss(other.paper, copy.paper, in_doubt=False) for other in in_files)
        ]

    def _write(
        self,
        entries: Mapping[str, Entry],
        known_ids: Collection[str],
        papers: Mapping[str, Sequence[Copy]],
        shared: Collection[str],
        fate: "_Fate",
    ) -> None:
        """Write the papers of a group in place of its entries, and count them.

        ``known_ids`` are the entries' ids, except those of papers that this run has added.
        """
        pruned = {(copy.file, copy.hash) for copy in fate.pruned}
        read, stale = set(fate.read), set(fate.stale)
        left: list[tuple[str, Entry]] = []
        for paper_id, entry in entries.items():
            if paper_id in papers:
                continue
            if pruned.issuperset(entry.hashes.items()):
                self._writer.delete(entry)
                self.removed += 1
                self._count_gone(entry.hashes)
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
        is_read = any(copy in read for copy in copies)
        if all(copy in stale for copy in copies):
            self.missing += 1
            self._count_gone({copy.file for copy in copies})
        copies = one_per_file(paper_id, self._without_input(copies, shared))
        self.in_several_files += is_read and len(copies) > 1
        if before is None or before.hashes != {copy.file: copy.hash for copy in copies}:
            is_written = self._add(copies, shared, before)
            self.changed += is_written and was_known
            self.new += not was_known and (is_written or before is not None)
        elif is_read:
            self.new += not was_known
            self.unchanged += was_known

    def _entries_of(self, group: str) -> dict[str, Entry]:
        """Return the entries of a group's papers, by id."""
        marked = self._writer.entries(marked_ids(group, self._writer.ids_from))
        return self._writer.entries([group]) | {
            one: entry for one, entry in marked.items() if self._group_of(one, entry) == group
        }

    def _copies(self, entry: Entry) -> list[Copy]:
        return [
            Copy(paper, entry.hashes[paper.sources[0].file]) for paper in self._writer.copies(entry)
        ]

    def _add(self, copies: Sequence[Copy], shared: Collection[str], before: Entry | None) -> bool:
        """Write a paper; report it and return False if it is too large."""
        try:
            self._writer.add(copies, shared, replaces=before)
        except (BadRequestError, TooLargeError) as error:
            consequence = "the index keeps it as it was" if before else "left out"
            self._report(copies[0], f"{error}; {consequence}")
            return False
        return True

    def _count_gone(self, files: Iterable[str]) -> None:
        file = min(files)
        self._gone[file] = self._gone.get(file, 0) + 1

    def _lost_folder(self, file: str) -> str | None:
        return None if file in self._read_whole else self._whereabouts.lost_folder(file)

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
        self._run.report(Problem(source.file, source.line, reason, kind))


@dataclass(slots=True)
class _Fate:
    """What becomes of the copies of a group.

    ``staying`` are those of the index that stay. ``stale`` stay too, though they are gone from
    their files; ``pruned`` are gone and removed. ``read`` are those that records of this run
    stand for: the records themselves, or the copies of the index that they may not replace.
    """

    staying: list[Copy] = field(default_factory=list)
    stale: list[Copy] = field(default_factory=list)
    pruned: list[Copy] = field(default_factory=list)
    read: list[Copy] = field(default_factory=list)


def _in_its_group(paper: Paper) -> Paper:
    """Return the paper under the id of its group."""
    group = group_of([paper])
    return paper if group == paper.id else replace(paper, id=group)


def _successors(known: Sequence[Copy], read: Sequence[Copy]) -> Iterator[tuple[Copy, Copy]]:
    """Yield the copies of a group whose files have the paper still, each with the record of it."""
    before, now = by_file(known), by_file(read)
    for file in [one for one in before if one in now]:
        if len(before[file]) == len(now[file]) == 1:
            yield before[file][0], now[file][0]
            continue
        # Of several papers of one title and author nobody knows which one was changed.
        by_mark = {mark(copy.paper): copy for copy in now[file]}
        for old in before[file]:
            if (new := by_mark.get(mark(old.paper))) is not None:
                yield old, new


def _content(copy: Copy) -> Paper:
    """Return what a copy says, wherever it was read."""
    return replace(copy.paper, id="", sources=())


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, _BATCH_PAPERS)):
        yield batch
