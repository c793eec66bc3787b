"""What becomes of each copy of a paper once its file was read again, is gone, or was not read."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from index.identifiers import normalised
from index.paper import Copy, Paper, mark
from index.readers.base import Problem
from index.reading.paths import is_stream
from index.reading.run import SeedRun
from index.sync.identity import by_file, by_paper, own_identifiers
from index.sync.losses import is_hard_to_know, is_undecoded, loss
from index.sync.whereabouts import Whereabouts

Prune = Literal["nothing", "files", "folders"]
"""What is pruned: nothing; papers gone from their files; those of folders that are gone too."""


@dataclass(slots=True)
class Fate:
    """What becomes of copies that are connected by their keys.

    ``staying`` are those of the index that stay. ``stale`` stay too, though they are gone from
    their files; ``pruned`` are gone and removed. ``read`` are those that records of this run
    stand for: the records themselves, or the copies of the index that they may not replace.
    """

    staying: list[Copy] = field(default_factory=list)
    stale: list[Copy] = field(default_factory=list)
    pruned: list[Copy] = field(default_factory=list)
    read: list[Copy] = field(default_factory=list)


class Fates:
    """Decides what becomes of copies, by the rules that ``Comparison`` states.

    ``read_whole`` are the files of the run that were read without a problem, and ``read_in_part``
    those read with one, known once all are read. ``has_unread`` tells whether the index has papers
    of a file that this run did not meet. ``unsettled`` are the files of which the index keeps
    more than was read.
    """

    def __init__(
        self,
        run: SeedRun,
        whereabouts: Whereabouts,
        prune: Prune,
        has_unread: Callable[[str], bool],
    ) -> None:
        self.read_whole: Collection[str] = ()
        self.read_in_part: Collection[str] = ()
        self.unsettled: set[str] = set()
        self._run = run
        self._whereabouts = whereabouts
        self._prune = prune
        self._has_unread = has_unread

    def decide(self, known: Sequence[Copy], read: Sequence[Copy], shared: Collection[str]) -> Fate:
        """Decide what becomes of connected copies that the index has, and of those read.

        ``shared`` are the files whose papers other files may list too.
        """
        fate = Fate()
        successors = dict(_successors(known, read, shared))
        here = [*read, *(old for old in known if old.file in self._run.skipped)]
        contents = set(map(content, here))
        upheld: dict[Copy, Copy] = {}
        open_files = {old.file for old in known if old not in successors}
        for old in known:
            if old in successors:
                if self._reads_worse(successors[old], old):
                    upheld[successors[old]] = old
            elif not self.is_gone_from(old.file):
                fate.staying.append(old)
                if old.file in self.read_in_part:
                    self.unsettled.add(old.file)
            elif self.prunes(old.file):
                # It may have moved to a file that cannot be read as well, now or before.
                is_better = here and all(self._loss(one, old) for one in here)
                if is_better and self._reads_worse(here[0], old):
                    fate.stale.append(old)
                else:
                    fate.pruned.append(old)
            elif self.lost_folder(old.file) is not None or content(old) not in contents:
                fate.stale.append(old)
        replacing = set(successors.values())
        for new in read:
            if (
                new not in replacing
                and self._is_doubtful(new)
                and (new.file in open_files or self._may_be_known(new))
            ):
                self._keep_as_it_was(
                    new,
                    "may be a paper that the index has of this file, and cannot be read as well;"
                    " left out",
                )
            else:
                fate.read.append(upheld.get(new, new))
        return fate

    def is_gone_from(self, file: str) -> bool:
        """Tell whether ``file`` does not list the papers that this run did not read in it."""
        if is_stream(file):
            # What a stream does not send again may only not have been asked for.
            is_meant = self._prune != "nothing" and self._run.names_source
            return is_meant and file in self.read_whole
        return file in self.read_whole or self._whereabouts.is_gone(file)

    def prunes(self, file: str) -> bool:
        """Tell whether the papers that are gone from ``file`` are removed."""
        return self._prune == "folders" or (
            self._prune == "files" and self.lost_folder(file) is None
        )

    def lost_folder(self, file: str) -> str | None:
        """Return the folder or link that is gone with ``file`` and may come back, else None."""
        is_there = file in self.read_whole or is_stream(file)
        return None if is_there else self._whereabouts.lost_folder(file)

    def _is_doubtful(self, new: Copy) -> bool:
        """Tell whether what was read of a record may be less than its file once held."""
        return self._run.is_doubtful(new.paper) or (
            new.file not in self.read_whole and is_undecoded(new.paper)
        )

    def _may_be_known(self, new: Copy) -> bool:
        """Tell whether a record whose id, title or author is damaged may be in the index."""
        return is_hard_to_know(new.paper) and self._has_unread(new.file)

    def _reads_worse(self, new: Copy, old: Copy) -> bool:
        """Tell, and report, whether less can be read of a record than of a copy before."""
        lost = self._loss(new, old)
        if lost:
            self._keep_as_it_was(new, f"{lost}; the index keeps the paper as it was")
        return lost is not None

    def _keep_as_it_was(self, new: Copy, reason: str) -> None:
        source = new.paper.sources[0]
        self.unsettled.add(source.file)
        self._run.report(Problem(source.file, source.line, reason))

    def _loss(self, new: Copy, old: Copy) -> str | None:
        if new.hash == old.hash or content(new) == content(old):
            return None
        if new.file in self._run.cut_off:
            return "changed in a file that is damaged"
        return loss(new.paper, old.paper, in_doubt=self._is_doubtful(new))


def content(copy: Copy) -> Paper:
    """Return what a copy says, wherever it was read and under whatever id."""
    listed = normalised((*copy.paper.identifiers, *own_identifiers(copy.paper)))
    return replace(copy.paper, id="", sources=(), identifiers=listed)


def _successors(
    known: Sequence[Copy], read: Sequence[Copy], shared: Collection[str]
) -> Iterator[tuple[Copy, Copy]]:
    """Yield the known copies whose files have the paper still, each with the record of it.

    A record that is alone in its file, of all that are connected, follows the one that was alone
    before. Else those follow that are one paper with it, be it through the records of other files:
    of several papers of one title and author nobody knows which one was changed.
    """
    before, now = by_file(known), by_file(read)
    both = [file for file in before if file in now]
    if all(len(before[file]) == len(now[file]) == 1 for file in both):
        yield from ((before[file][0], now[file][0]) for file in both)
        return
    papers = by_paper([*known, *read], shared)
    id_of = {copy: paper_id for paper_id, copies in papers.items() for copy in copies}
    for file in both:
        if len(before[file]) == len(now[file]) == 1:
            yield before[file][0], now[file][0]
            continue
        for old in before[file]:
            found = [new for new in now[file] if id_of[new] == id_of[old]]
            if found:
                own = mark(old.paper)
                yield old, next((one for one in found if mark(one.paper) == own), found[0])
