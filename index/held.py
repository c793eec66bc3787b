"""Papers held back, by id, until all files are read: in memory, and past a bound on disk."""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType

from index.paper import Paper, id_digest

MEMORY_BYTES = 1 << 25
"""How much the papers held back may take in memory before a temporary file holds them."""


class HeldPapers:
    """Papers by id. They are held within a ``with`` block; their ids stay known after it.

    The price is some 20 µs of writing and reading a paper, and 130 bytes of memory an id.
    """

    def __init__(self) -> None:
        self._end = 0
        # Where the latest paper of an id begins; with each is written where the one before begins.
        self._latest: dict[bytes, int] = {}

    def __enter__(self) -> "HeldPapers":
        self._file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, paper_id: str) -> bool:
        return bool(self._latest) and id_digest(paper_id) in self._latest

    def add(self, paper: Paper) -> None:
        """Hold a paper back; no more can be added once the papers have been asked for."""
        key = id_digest(paper.id)
        record = pickle.dumps((self._latest.get(key), paper), pickle.HIGHEST_PROTOCOL)
        self._file.write(record)
        self._latest[key] = self._end
        self._end += len(record)

    def __iter__(self) -> Iterator[list[Paper]]:
        """Yield the papers of each id in the order they came, the ids as each came first."""
        for latest in self._latest.values():
            papers: list[Paper] = []
            place: int | None = latest
            while place is not None:
                self._file.seek(place)
                place, paper = pickle.load(self._file)
                papers.append(paper)
            yield papers[::-1]
