"""Papers of a run that were written as soon as they were read."""

import struct
from dataclasses import dataclass

from index.paper import Copy, Source, id_digest


@dataclass(frozen=True, slots=True)
class WrittenPaper:
    """Where a paper was read that was written at once, and whether a later one says the same."""

    source: Source
    same_content: bool


class WrittenPapers:
    """The papers of this run that were written at once: some 150 bytes of memory for each id."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        self._files: list[str] = []

    def __contains__(self, paper_id: str) -> bool:
        return bool(self._packed) and id_digest(paper_id) in self._packed

    def add(self, copy: Copy, *, is_new: bool) -> None:
        """Note a paper; ``is_new`` says that the index did not have it."""
        source = copy.paper.sources[0]
        if not self._files or self._files[-1] != source.file:
            self._files.append(source.file)
        packed = _WRITTEN.pack(copy.hash, len(self._files) - 1, source.line, is_new)
        self._packed[id_digest(copy.paper.id)] = packed

    def find(self, copy: Copy) -> WrittenPaper | None:
        """Return the paper of the copy's id."""
        packed = self._packed.get(id_digest(copy.paper.id))
        if packed is None:
            return None
        hash_start, file_number, line, _ = _WRITTEN.unpack(packed)
        source = Source(self._files[file_number], line)
        return WrittenPaper(source, copy.hash.startswith(hash_start))

    def file_of(self, paper_id: str) -> str | None:
        """Return the file that a paper was read in; None if it was not written at once."""
        packed = self._packed.get(id_digest(paper_id))
        return None if packed is None else self._files[_WRITTEN.unpack(packed)[1]]

    def was_new(self, paper_id: str) -> bool | None:
        """Tell whether a paper was new; None if it was not written at once."""
        packed = self._packed.get(id_digest(paper_id))
        return None if packed is None else bool(_WRITTEN.unpack(packed)[3])


# The start of the content hash, the number of the file, the line, and whether it was new.
_WRITTEN = struct.Struct("<8sIQ?")
