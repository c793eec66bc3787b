"""What every writer of an index on a cluster does: papers become documents, terms are counted."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from index.arguments import callback_of, texts
from index.building.forks import fork_count
from index.errors import BadRequestError, ClosedError, TooLargeError, shown
from index.opensearch.bulk import Item
from index.opensearch.client import Client
from index.opensearch.counts import TermCounts
from index.opensearch.encoding import encoded
from index.opensearch.layout import COUNTED, TermTexts, document, document_id
from index.opensearch.lock import ClusterLock
from index.opensearch.reading import named
from index.paper import Copy, Source
from index.writers.committed import merged_and_values
from index.writers.opensearch.papers import ClusteredPapers, key_of_entry
from index.writers.port import Entry, Progress, checked_copies, ignore_progress

# A request must hold one, and a server takes 100 MB.
_MOST_DOCUMENT_BYTES = 90 << 20


class ClusterWriter(ClusteredPapers):
    """What a load and a change of a version have in common."""

    def __init__(self, client: Client, lock: ClusterLock, index: str | None) -> None:
        super().__init__(client, index)
        self.notes: tuple[str, ...] = ()
        self.refused: list[tuple[Source, str]] = []
        self.remembered: Mapping[str, Any] = {}
        self._lock = lock
        self._forks = fork_count()
        self._ended = False
        self._texts = TermTexts()
        self._counts = TermCounts()
        # Names of committed documents that others take the place of, or none, by what was told.
        self._outdated: set[str] = set()
        self._deleted: set[str] = set()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Drop at the end of the block what is not committed."""
        raise NotImplementedError

    def remember(self, values: Mapping[str, Any]) -> None:
        """Remember values with the next commit."""
        self._refuse_if_ended()
        self.remembered = values

    def add(
        self, copies: Sequence[Copy], shared: Collection[str], replaces: Entry | None = None
    ) -> None:
        """Add a paper; it is sent now, or with the commit."""
        self._refuse_if_ended()
        replaced = None if replaces is None else key_of_entry(replaces)
        copies, shared = checked_copies(copies), texts("shared", shared)
        paper_id = copies[0].paper.id
        name = document_id(paper_id)
        if name != replaced and name not in self._deleted and self._has(name):
            raise BadRequestError(
                f"the paper {shown(paper_id)} is in the index, or was added before; give its entry"
                " to replace it"
            )
        paper, values = merged_and_values(copies, shared)
        made = document(paper, values, self._texts)
        body = encoded(made)
        if len(body) > _MOST_DOCUMENT_BYTES:
            raise TooLargeError(
                f"{len(body):,} bytes to store of one paper, of which {_MOST_DOCUMENT_BYTES:,} fit"
            )
        if replaced is not None:
            self._drop(replaced)
        self._deleted.discard(name)
        self._counts.add(made)
        self._write(name, made, body, paper.sources[0])

    def delete(self, entry: Entry) -> None:
        """Delete a paper with the commit."""
        self._refuse_if_ended()
        self._drop(key_of_entry(entry))

    def merge(self, on_progress: Progress | None = None) -> None:
        """Merge nothing: the cluster does so by itself."""

    def _has(self, name: str) -> bool:
        """Tell whether a document was committed or added."""
        raise NotImplementedError

    def _write(self, name: str, made: Mapping[str, Any], body: bytes, source: Source) -> None:
        """Write a document, now or with the commit."""
        raise NotImplementedError

    def _drop(self, name: str) -> None:
        """Delete a committed or settled document, now or with the commit."""
        self._deleted.add(name)
        self._outdated.add(name)

    def _uncount(self, index: str) -> None:
        """Count the documents of the last commit no more that others take the place of."""
        for _, source in named(self._client, index, self._outdated, COUNTED):
            self._counts.add(source, -1)
        self._outdated = set()

    def _refuse(self, item: Item, reason: str) -> None:
        """Note that the server refused a paper for good."""
        self.refused.append((item.place, f"the server refused the paper ({reason}); left out"))

    def _refuse_in_child(self) -> None:
        if self._forks != fork_count():
            raise BadRequestError(
                f"{self._client.address}: this writer is that of the process which opened it, not"
                " of its children; open another"
            )

    def _refuse_if_ended(self) -> None:
        self._refuse_in_child()
        if self._ended:
            raise ClosedError(
                f"{self._client.address}: this writer has committed; open another for further"
                " changes"
            )
        self._lock.check()

    def _progress(self, on_progress: Progress | None) -> Progress:
        """Begin a commit, and return what tells its progress."""
        self._refuse_if_ended()
        tell = callback_of("on_progress", on_progress) or ignore_progress
        self._ended = True

        def progress(stage: str, done: int, total: int) -> None:
            tell(stage, done, total)
            self._refuse_in_child()  # the callback may have forked
            self._lock.check()

        return progress
