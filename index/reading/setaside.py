"""Papers set aside until all files are read: in memory, and beyond a bound in a temporary file."""

import marshal
import struct
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from types import TracebackType

from index.errors import temporary_file_errors
from index.paper import Paper, as_plain, from_plain, id_digest

MEMORY_BYTES = 1 << 25
"""How much memory the papers may take before they move to a temporary file."""

# So many groups are read ahead.
_GROUPS_AT_ONCE = 200

_storage_errors = partial(temporary_file_errors, "papers to a temporary file")


class SetAsidePapers:
    """Papers, in the order in which they were added or in groups.

    A paper is added with keys, 12 bytes each; papers that share a key are in one group, and so are
    all that are connected by others. Papers can be added and read within a ``with`` block; which
    keys were added is known after it too. A paper takes some 10 µs to write and read, and a key 130
    bytes of memory.
    """

    def __init__(self) -> None:
        self._size = 0
        self._group_of: dict[bytes, int] = {}
        # Of each group, the group that it was joined to, or itself; where its latest paper begins
        # in the file; and where the first that has a year does, -1 if there is none.
        self._joined_to = array("q")
        self._latest = array("q")
        self._dated = array("q")
        self._taken: set[int] = set()
        # The groups that were joined to a group, whose papers are its own.
        self._parts: dict[int, list[int]] = {}

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
        """Return the number of groups."""
        return len(self._joined_to) - sum(map(len, self._parts.values()))

    def __contains__(self, key: bytes) -> bool:
        return key in self._group_of

    def add(self, paper: Paper, keys: Sequence[bytes] = ()) -> None:
        """Set a paper aside, without ``keys`` by its id alone.

        Nothing may be added once the papers are being read. Raises IndexStorageError if the
        temporary file cannot be written.
        """
        group = self._joined(keys or (id_digest(paper.id),))
        # marshal is the fastest. Its format may change with the Python version, which does not
        # matter here.
        record = marshal.dumps(as_plain(paper))
        header = _HEADER.pack(self._latest[group], len(record))
        with _storage_errors():
            self._file.write(header + record)
        self._latest[group] = self._size
        if not paper.lacks_year and self._dated[group] < 0:
            self._dated[group] = self._size
        self._size += len(header) + len(record)

    def in_order(self) -> Iterator[Paper]:
        """Yield the papers in the order in which they were added."""
        with _storage_errors():
            self._file.seek(0)
            while header := self._file.read(_HEADER.size):
                yield self._read_record(header)[1]

    def by_group(
        self, on_next: Callable[[Iterator[Paper]], None] | None = None
    ) -> Iterator[list[Paper]]:
        """Yield the papers of each group that is not taken, in the order in which they were added.

        The groups are in the order in which a SeedRun yields the first paper of each: those without
        any paper that has a year come last. ``on_next`` is called now and then with the papers of
        the next groups, as far as they are not taken until then, each read when it is asked for.
        """
        groups = [group for group, other in enumerate(self._joined_to) if group == other]
        rest = iter(sorted(groups, key=lambda group: self._dated[group] % _LAST))
        while some := list(islice(rest, _GROUPS_AT_ONCE)):
            if on_next:
                left = [group for group in some if group not in self._taken]
                on_next(paper for group in left for paper in self._papers(group))
            for group in some:
                if group not in self._taken:
                    self._taken.add(group)
                    yield self._papers(group)

    def take(self, keys: Iterable[bytes]) -> list[Paper]:
        """Return the papers of the groups of some keys that are not taken yet, and take them."""
        groups = {self._root(self._group_of[key]) for key in keys if key in self._group_of}
        groups -= self._taken
        self._taken |= groups
        return [paper for group in sorted(groups) for paper in self._papers(group)]

    def of(self, key: bytes) -> list[Paper]:
        """Return the papers of a key's group in the order in which they were added."""
        group = self._group_of.get(key)
        return [] if group is None else self._papers(self._root(group))

    def _joined(self, keys: Sequence[bytes]) -> int:
        """Return the group of all keys, joined from those that they are in, or a new one."""
        known = {self._root(self._group_of[key]) for key in keys if key in self._group_of}
        if known:
            group = min(known)
        else:
            group = len(self._joined_to)
            self._joined_to.append(group)
            self._latest.append(-1)
            self._dated.append(-1)
        for other in known - {group}:
            self._joined_to[other] = group
            self._dated[group] = min(self._dated[group] % _LAST, self._dated[other] % _LAST)
            self._parts.setdefault(group, []).extend((other, *self._parts.pop(other, ())))
        for key in keys:
            self._group_of[key] = group
        return group

    def _root(self, group: int) -> int:
        while (other := self._joined_to[group]) != group:
            self._joined_to[group] = self._joined_to[other]
            group = other
        return group

    def _papers(self, group: int) -> list[Paper]:
        parts = (group, *self._parts.get(group, ()))
        places = [pair for part in parts for pair in self._chain(self._latest[part])]
        return [paper for _, paper in sorted(places, key=lambda pair: pair[0])]

    def _chain(self, place: int) -> Iterator[tuple[int, Paper]]:
        """Yield where each paper that was added to one group begins, and it, the latest first."""
        while place >= 0:
            with _storage_errors():
                self._file.seek(place)
                previous, paper = self._read_record(self._file.read(_HEADER.size))
            yield place, paper
            place = previous

    def _read_record(self, header: bytes) -> tuple[int, Paper]:
        """Return where the previous paper of the same group begins, and the paper."""
        previous, byte_count = _HEADER.unpack(header)
        return previous, from_plain(marshal.loads(self._file.read(byte_count)))


# Where the previous paper of the same group begins, -1 for none, and the number of bytes that
# follow.
_HEADER = struct.Struct("<qI")
# What -1 becomes in a sort that has it last.
_LAST = 1 << 62
