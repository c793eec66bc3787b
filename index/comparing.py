"""Compare the papers of a run with those of the index: write what is new, changed or gone."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal, TypeVar

from index.errors import BadRequestError, TooLargeError
from index.identifiers import canonical
from index.identity import (
    by_file,
    by_paper,
    group_id_without_mark,
    group_of,
    has_other_title,
    keys_of,
    marked_ids,
    one_per_file,
    under_id,
    under_own_id,
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
                keys = list(map(keys_of, papers))
                named = self._writer.named({key for own in keys for key in own})
                for paper, own in zip(papers, keys, strict=True):
                    entries = {id: entry for key in own for id, entry in named.get(key, {}).items()}
                    self._take(paper, list(map(id_digest, own)), entries)
            self._read_whole = self._run.read_whole - self._short_files()
            if self._has_clashes:
                self._writer.settle()
            self._compare_set_aside()
        self._compare_unread()

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
        others = (*[one.key for one in written], *map(_key_of_id, entries))
        self._set_aside.add(paper, (*keys, *others))

    def _write_at_once(
        self, copy: Copy, keys: list[bytes], entries: Mapping[str, Entry]
    ) -> bool:
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
        done, total = 0, len(self._set_aside)
        if total:
            self._on_progress("comparing", 0, total)
        for groups in _batches(self._set_aside.by_group()):
            for papers in groups:
                self._compare([Copy.of(self._run.with_year(paper)) for paper in papers])
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
                keys = self._keys_of_entry(paper_id, entry)
                if any(key in self._set_aside or key in self._streamed for key in keys):
                    continue
                if self._compared.isdisjoint(keys):
                    self._compared.update(keys)
                    self._compare([], {paper_id: entry})

    def _keys_of_entry(self, paper_id: str, entry: Entry) -> list[bytes]:
        """Return what connects a paper of the index with records read, as digests."""
        key = canonical(paper_id)
        if key != paper_id or (
            len(entry.hashes) == 1 and group_id_without_mark(paper_id) is None
        ):
            return [id_digest(key)]  # without reading the paper
        return [id_digest(one) for one in dict.fromkeys(self._keys_of_copies([entry]))]

    def _keys_of_copies(self, entries: Iterable[Entry]) -> Iterator[str]:
        for entry in entries:
            for copy in under_own_id(self._writer.copies(entry)):
                yield from keys_of(copy)

    def _compare(self, read: Sequence[Copy], entries: Mapping[str, Entry] | None = None) -> None:
        """Write the papers of some records that are connected: all those read in this run.

        Of the index, ``entries`` and all that are connected with these or the records take part.
        """
        entries = self._connected_entries(read, entries or {})
        shared = {copy.file for copy in read if self._run.overlaps(copy.paper)}
        files_read = {copy.file for copy in read}
        shared |= {
            file for entry in entries.values() for file in entry.shared if file not in files_read
        }
        known: list[Copy] = []
        known_ids = set(entries)
        for paper_id, entry in entries.items():
            written = self._streamed.find([_key_of_id(paper_id)])
            if not written:
                known += self._copies(entry)
                continue
            read = [*self._copies(entry), *read]
            self.new -= written[0].is_new
            self.unchanged -= not written[0].is_new
            if written[0].is_new:
                known_ids.remove(paper_id)
        fate = self._fate(known, self._without_repeats(read, shared))
        copies = [*fate.stale, *fate.staying, *fate.read]
        self._write(entries, known_ids, by_paper(copies, shared), shared, fate)

    def _without_repeats(self, read: Sequence[Copy], shared: Collection[str]) -> list[Copy]:
        """Return the records read, those of one file that are one paper merged and reported."""
        papers = by_paper(read, shared)
        for copies in papers.values():
            for first, *repeats in by_file(copies).values():
                for copy in repeats:
                    if not self._has_other_title(copy, first):
                        self._report_repeat(copy, first.paper.sources[0])
        return [copy for copies in papers.values() for copy in one_per_file(copies)]

    def _fate(self, known: Sequence[Copy], read: Sequence[Copy]) -> "_Fate":
        """Decide what becomes of connected copies that the index has, and of those read."""
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
                and (new.file in open_files or self._may_be_known(new))
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

    def _may_be_known(self, new: Copy) -> bool:
        """Tell whether a record whose id, title or author is damaged may be in the index."""
        return is_hard_to_know(new.paper) and self._has_unread(new.file)

    def _has_unread(self, file: str) -> bool:
        """Tell whether the index has papers of a file that were not read in it."""
        if file not in self._unread:
            keys = [self._keys_of_entry(*paper)[0] for paper in self._writer.papers_from(file)]
            self._unread[file] = any(
                self._streamed.file_of(key) != file
                and all(paper.sources[0].file != file for paper in self._set_aside.of(key))
                for key in dict.fromkeys(keys)
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
        copies = one_per_file(self._without_input(copies, shared))
        copies = [under_id(copy, paper_id) for copy in copies]
        self.in_several_files += is_read and len(copies) > 1
        if before is None or before.hashes != {copy.file: copy.hash for copy in copies}:
            is_written = self._add(copies, shared, before)
            self.changed += is_written and was_known
            self.new += not was_known and (is_written or before is not None)
        elif is_read:
            self.new += not was_known
            self.unchanged += was_known

    def _connected_entries(
        self, read: Sequence[Copy], entries: Mapping[str, Entry]
    ) -> dict[str, Entry]:
        """Return the entries, by id, of all papers connected with records or with entries."""
        found = {**entries}
        new_keys = {key for copy in read for key in keys_of(copy.paper)}
        new_keys.update(self._keys_of_copies(found.values()))
        keys: set[str] = set()
        while new_keys:
            keys |= new_keys
            named = self._writer.named(new_keys).values()
            marked = [one for key in new_keys for one in marked_ids(key, self._writer.ids_from)]
            more = {id: entry for of_key in named for id, entry in of_key.items()}
            for paper_id, entry in self._writer.entries(marked).items():
                if not keys.isdisjoint(self._keys_of_copies([entry])):
                    more[paper_id] = entry
            more = {id: entry for id, entry in more.items() if id not in found}
            found |= more
            new_keys = {*self._keys_of_copies(more.values())} - keys
        return dict(sorted(found.items()))

    def _copies(self, entry: Entry) -> list[Copy]:
        papers = under_own_id(self._writer.copies(entry))
        return [Copy(paper, entry.hashes[paper.sources[0].file]) for paper in papers]

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


def _key_of_id(paper_id: str) -> bytes:
    return id_digest(canonical(paper_id))


def _successors(known: Sequence[Copy], read: Sequence[Copy]) -> Iterator[tuple[Copy, Copy]]:
    """Yield the known copies whose files have the paper still, each with the record of it."""
    before, now = by_file(known), by_file(read)
    for file in [one for one in before if one in now]:
        keys = {copy: {*keys_of(copy.paper)} for copy in (*before[file], *now[file])}
        # Of several papers of one title and author nobody knows which one was changed.
        by_mark = {mark(copy.paper): copy for copy in now[file]} if len(keys) > 2 else {}
        for old in before[file]:
            found = [new for new in now[file] if not keys[old].isdisjoint(keys[new])]
            rivals = [one for one in before[file] if found and not keys[one].isdisjoint(keys[found[0]])]
            if len(found) == len(rivals) == 1:
                yield old, found[0]
            elif (new := by_mark.get(mark(old.paper))) is not None:
                yield old, new


def _content(copy: Copy) -> Paper:
    """Return what a copy says, wherever it was read."""
    return replace(copy.paper, id="", sources=())


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, _BATCH_PAPERS)):
        yield batch
