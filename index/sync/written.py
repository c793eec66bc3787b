"""Papers of a run that were written as soon as they were read."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from index.paper import Copy, Source


@dataclass(frozen=True, slots=True)
class WrittenPaper:
    """A paper that was written at once: where it was read, and whether a later one says the same.

    ``key`` is the first of its keys; ``is_new`` says that the index did not have it before.
    """

    source: Source
    same_content: bool
    key: bytes
    is_new: bool


class WrittenPapers:
    """The papers of this run that were written at once: some 170 bytes of memory for each key."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        self._files: list[str] = []

    def __contains__(self, key: bytes) -> bool:
        return key in self._packed

    def add(self, copy: Copy, keys: Sequence[bytes], *, is_new: bool) -> None:
        """Note a paper by its keys; ``is_new`` says that the index did not have it."""
        source = copy.paper.sources[0]
        if not self._files or self._files[-1] != source.file:
            self._files.append(source.file)
        packed = _WRITTEN.pack(copy.hash, len(self._files) - 1, source.line, is_new, keys[0])
        for key in keys:
            self._packed[key] = packed

    def find(self, keys: Sequence[bytes], content: bytes = b"") -> list[WrittenPaper]:
        """Return the papers that have any of the keys; ``content`` is the hash to compare with."""
        found = {packed for key in keys if (packed := self._packed.get(key))}
        papers = []
        for hash_start, file_number, line, is_new, key in map(_WRITTEN.unpack, sorted(found)):
            source = Source(self._files[file_number], line)
            papers.append(WrittenPaper(source, content.startswith(hash_start), key, is_new))
        return papers

    def file_of(self, key: bytes) -> str | None:
        """Return the file that a paper was read in; None if it was not written at once."""
        packed = self._packed.get(key)
        return None if packed is None else self._files[_WRITTEN.unpack(packed)[1]]


# The start of the content hash, the number of the file, the line, whether it was new, and the first
# key.
_WRITTEN = struct.Struct("<8sIQ?12s")
