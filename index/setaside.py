"""Papers set aside until all files are read: in memory, and beyond a bound in a temporary file."""

import marshal
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from types import TracebackType

from index.errors import IndexStorageError
from index.paper import Paper, as_plain, from_plain, id_digest

MEMORY_BYTES = 1 << 25
"""How much memory the papers may take before they move to a temporary file."""


class SetAsidePapers:
    """Papers, in the order in which they were added or grouped by id.

    They can be added and read within a ``with`` block; which ids were added is known after it too.
    A paper takes some 10 µs to write and read, and an id 130 bytes of memory.
    """

    def __init__(self) -> None:
        self._size = 0
        # Where the latest paper of each id begins in the file. The second has the ids that so far
        # have no paper with a year.
        self._latest: dict[bytes, int] = {}
        self._latest_without_year: dict[bytes, int] = {}

    def __enter__(self) -> "SetAsidePapers":
        self._file = tempfile.SpooledTemporaryFile(MEMORY_BYTES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A full disk may refuse the rest of the file, which nobody reads any more.
        with suppress(OSError):
            self._file.close()

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self._latest) + len(self._latest_without_year)

    def __contains__(self, paper_id: str) -> bool:
        if not len(self):
            return False
        key = id_digest(paper_id)
        return key in self._latest or key in self._latest_without_year

    def add(self, paper: Paper) -> None:
        """Set a paper aside. Nothing may be added once the papers are being read.

        Raises IndexStorageError if the temporary file cannot be written.
        """
        key = id_digest(paper.id)
        if paper.lacks_year and key not in self._latest:
            latest = self._latest_without_year
            previous = latest.get(key, self._size)
        else:
            latest = self._latest
            previous = self._latest_without_year.pop(key, latest.get(key, self._size))
        # marshal is the fastest. Its format may change with the Python version, which does not
        # matter here.
        record = marshal.dumps(as_plain(paper))
        header = _HEADER.pack(previous, len(record))
        with _storage_errors():
            self._file.write(header + record)
        latest[key] = self._size
        self._size += len(header) + len(record)

    def in_order(self) -> Iterator[Paper]:
        """Yield the papers in the order in which they were added."""
        with _storage_errors():
            self._file.seek(0)
            while header := self._file.read(_HEADER.size):
                yield self._read_record(header)[1]

    def by_id(self) -> Iterator[list[Paper]]:
        """Yield the papers of each id in the order in which they were added.

        The ids are in the order in which a SeedRun yields the first paper of each: those without
        any paper that has a year come last.
        """
        for latest in chain(self._latest.values(), self._latest_without_year.values()):
            yield self._chain(latest)

    def of(self, paper_id: str) -> list[Paper]:
        """Return the papers of an id in the order in which they were added."""
        key = id_digest(paper_id)
        latest = self._latest.get(key, self._latest_without_year.get(key))
        return [] if latest is None else self._chain(latest)

    def _chain(self, latest: int) -> list[Paper]:
        """Return the papers of one id, given where the latest of them begins."""
        papers: list[Paper] = []
        place, previous = -1, latest
        while place != previous:
            place = previous
            with _storage_errors():
                self._file.seek(place)
                previous, paper = self._read_record(self._file.read(_HEADER.size))
            papers.append(paper)
        return papers[::-1]

    def _read_record(self, header: bytes) -> tuple[int, Paper]:
        """Return where the previous paper of the same id begins, and the paper."""
        previous, byte_count = _HEADER.unpack(header)
        return previous, from_plain(marshal.loads(self._file.read(byte_count)))


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Turn an error of the operating system into one that names the temporary folder."""
    try:
        yield
    except OSError as error:
        raise IndexStorageError(
            f"{tempfile.gettempdir()}: cannot write papers to a temporary file"
            f" ({error.strerror or error}); free space there, or name another folder in TMPDIR"
        ) from error


# Where the previous paper of the same id begins (the first paper names itself), and the number of
# bytes that follow.
_HEADER = struct.Struct("<QI")
