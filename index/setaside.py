"""Papers held back, by id, until all files are read: in memory, and past a bound on disk."""

import marshal
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from index.errors import IndexStorageError
from index.paper import Paper, as_plain, from_plain, id_digest

MEMORY_BYTES = 1 << 25
"""How much the papers held back may take in memory before a temporary file holds them."""


class HeldPapers:
    """Papers by id. They are held within a ``with`` block; their ids stay known after it.

    The price is some 10 µs of writing and reading a paper, and 130 bytes of memory an id.
    """

    def __init__(self) -> None:
        self._end = 0
        # Where the latest paper of each id begins in the file.
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
        """Hold a paper back; no more can be added once the papers have been asked for.

        Raises IndexStorageError where the temporary file cannot be written.
        """
        key = id_digest(paper.id)
        # Nothing is as fast as marshal, whose form may differ from one Python to the next.
        record = marshal.dumps(as_plain(paper))
        header = _HEADER.pack(self._latest.get(key, self._end), len(record))
        with _refusals_told():
            self._file.write(header + record)
        self._latest[key] = self._end
        self._end += len(header) + len(record)

    def in_order(self) -> Iterator[Paper]:
        """Yield the papers in the order they came."""
        with _refusals_told():
            self._file.seek(0)
            while header := self._file.read(_HEADER.size):
                yield self._read(header)[1]

    def by_id(self) -> Iterator[list[Paper]]:
        """Yield the papers of each id in the order they came, the ids as each came first."""
        for place in self._latest.values():
            papers: list[Paper] = []
            before = place
            while not papers or before != place:
                place = before
                with _refusals_told():
                    self._file.seek(place)
                    before, paper = self._read(self._file.read(_HEADER.size))
                papers.append(paper)
            yield papers[::-1]

    def _read(self, header: bytes) -> tuple[int, Paper]:
        before, byte_count = _HEADER.unpack(header)
        return before, from_plain(marshal.loads(self._file.read(byte_count)))


@contextmanager
def _refusals_told() -> Iterator[None]:
    """Say of an error of the operating system that it is of the temporary file."""
    try:
        yield
    except OSError as error:
        raise IndexStorageError(
            f"{tempfile.gettempdir()}: cannot hold papers back in a temporary file"
            f" ({error.strerror or error}); free space there, or name another folder in TMPDIR"
        ) from error


# Where the paper before of the same id begins (the first names itself), and how many bytes follow.
_HEADER = struct.Struct("<QI")
