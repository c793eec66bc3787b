"""The Writer port: what bringing an index in line with its seed files needs of an index."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from index.errors import BadRequestError, shown
from index.paper import Copy, Paper, Source
from index.soundness import fault_of

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how many of its steps are done and how many there are, 0 unknown."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Do nothing about progress."""


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

    Questions are answered from what was committed before the writer was opened, and from what was
    added before it was last told to ``settle``, whatever has been added and deleted since. Opening
    takes no time, and a question takes only the time of its answer, however large the index is.
    Every method raises BadRequestError, and changes nothing, for an argument without meaning.
    """

    @property
    def paper_count(self) -> int:
        """How many papers are committed."""

    @property
    def notes(self) -> Sequence[str]:
        """What is worth knowing of how papers were written, but no fault; none before a commit."""

    @property
    def refused(self) -> Sequence[tuple[Source, str]]:
        """The papers added that could not be written after all: where each was read, and why."""

    @property
    def remembered(self) -> Mapping[str, Any]:
        """What was remembered with the last commit, as values for JSON."""

    def remember(self, values: Mapping[str, Any]) -> None:
        """Remember values for JSON with the next commit, in place of what was remembered."""

    def entries(self, paper_ids: Collection[str]) -> dict[str, Entry]:
        """Return the entries of those of the papers that are committed, by id."""

    def named(self, keys: Collection[str]) -> dict[str, dict[str, Entry]]:
        """Return the entries, by id, of the committed papers that have each of the keys.

        A key is an identifier such as ``doi:10.5555/12``, or an id; see
        ``index.sync.identity.keys_of``. Keys that no paper has are left out.
        """

    def expect(self, keys: Iterable[str]) -> None:
        """Get ready to be asked for papers that have any of the keys, and for their copies.

        One by one they would take a request each, where the index is on a cluster. ``keys`` need
        not be read.
        """

    def ids_from(self, start: str) -> Iterator[str]:
        """Yield the ids that begin with ``start``, those of deleted papers perhaps included."""

    def files(self) -> Sequence[str]:
        """Return the files from which some committed paper has a copy, sorted."""

    def count_from(self, files: Collection[str], without: Collection[Any]) -> tuple[int, int]:
        """Return how many committed papers have a copy from any of the files, and how many of
        these have several copies. Those whose entries have a key in ``without`` do not count.
        """

    def count_in(self, file: str) -> int:
        """Return how many committed papers have a copy from ``file``."""

    def papers_from(self, file: str) -> Iterator[tuple[str, Entry]]:
        """Yield the id and entry of each committed paper that has a copy from ``file``."""

    def papers(self) -> Iterator[tuple[list[Copy], frozenset[str]]]:
        """Yield the copies of each committed paper, and which of their files are shared."""

    def copies(self, entry: Entry) -> list[Paper]:
        """Return the copies, one per file, that the entry's paper was merged from."""

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        """Add the paper that ``copies``, one per file, describe, in place of ``replaces``.

        ``shared`` are the files whose papers other files may list too. An id may be added once, and
        a committed id only to replace its own entry.

        Raises BadRequestError if a copy is of a paper that an index cannot hold as it is (see
        ``index.soundness.fault_of``), and TooLargeError if the copies are more than can be stored.
        Neither changes anything.
        """

    def delete(self, entry: Entry) -> None:
        """Delete a committed paper."""

    def settle(self) -> None:
        """Answer questions from now on as if everything added so far had been committed.

        What was added may then be replaced and deleted, too.
        """

    def commit(self, on_progress: Progress | None = None) -> None:
        """Make all changes visible at once. A writer commits once.

        ``on_progress`` is called as the stages "writing" and "committing" advance. Changes after a
        commit, whether it succeeded or failed, raise ClosedError.
        """

    def merge(self, on_progress: Progress | None = None) -> None:
        """Put what is committed into fewer parts, so that it is searched and written to fast.

        Each step is a commit of its own, and changes no answer. A step that another writer waits
        for is given up, and the next writer takes it. Nothing is done as long as there are changes
        that are not committed. ``on_progress`` is called as the stage "merging" advances.
        """


def checked_copies(copies: Sequence[Copy]) -> list[Copy]:
    """Return the copies of one paper as a list.

    Raises BadRequestError unless they can be written, read and searched.
    """
    # To ask for a list first takes a fifth of the time.
    if not isinstance(copies, (list, Sequence)) or not copies:
        raise BadRequestError(f"copies is {shown(copies)}; it must be a list of copies, not empty")
    for copy in copies:
        if not isinstance(copy, Copy) or not isinstance(copy.paper, Paper):
            raise BadRequestError(f"one of the copies is {shown(copy)}; it must be Copy.of a Paper")
        if fault := fault_of(copy.paper):
            raise BadRequestError(f"the paper {shown(copy.paper.id)} cannot be written: {fault}")
        if type(copy.hash) is not bytes:
            raise BadRequestError(
                f"a copy's hash is {shown(copy.hash)}; it must be Copy.of a Paper"
            )
    if len(copies) > 1 and (
        len({copy.paper.id for copy in copies}) > 1
        or len({copy.file for copy in copies}) < len(copies)
    ):
        raise BadRequestError(
            f"copies of {shown(copies[0].paper.id)} in {shown(copies[0].file)}: all copies of a"
            " paper have one id, and each is in another file"
        )
    return list(copies)
