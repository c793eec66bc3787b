"""The Writer port: what bringing an index in line with its seed files needs of an index."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from index.paper import Copy, Paper

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its steps are done and how many there are, 0 unknown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A committed paper as the index holds it.

    ``hashes`` are the content hashes of its copies, by file; ``shared`` are those of the files
    whose papers other files may list too. ``key`` is how the writer finds the paper again, and
    means nothing to anyone else.
    """

    key: Any
    hashes: Mapping[str, bytes]
    shared: frozenset[str]


class Writer(Protocol):
    """Adds and deletes papers; readers see nothing of it before ``commit``.

    Questions are answered from what was committed before the writer was opened, whatever has been
    added and deleted since. Opening takes no time, and a question takes only the time of its
    answer, however large the index is.
    """

    @property
    def paper_count(self) -> int:
        """How many papers are committed."""

    @property
    def notes(self) -> Sequence[str]:
        """What is worth knowing of how papers were written, but no fault; none before a commit."""

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        """Return the entries of those of the papers that are committed, by id."""

    def files(self) -> Sequence[str]:
        """Return the files from which some committed paper has a copy, sorted."""

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each committed paper that has a copy from ``file``."""

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        """Add the paper that ``copies``, one per file, describe, in place of ``replaces``.

        ``shared`` are the files whose papers other files may list too. An id may be added once, and
        a committed id only to replace its own entry.

        Raises TooLargeError, and changes nothing, if the copies are more than can be stored.
        """

    def delete(self, entry: Entry) -> None:
        """Delete a committed paper."""

    def commit(self, on_progress: Progress | None = None) -> None:
        """Make all changes visible at once. A writer commits once.

        ``on_progress`` is called as the stages "writing", "merging" and "committing" advance.
        Changes after a commit, whether it succeeded or failed, raise RuntimeError.
        """


class Rescuer(Writer, Protocol):
    """A Writer that also takes over the papers of segments that are to be dropped."""

    def rescue(self, papers: Iterable[tuple[Sequence[Copy], Collection[str]]]) -> int:
        """Write the papers of such segments, and treat them from now on as committed.

        Each paper is given as its copies and those of their files whose papers other files may
        list too. Returns how many papers there were. This comes before all other changes.
        """
