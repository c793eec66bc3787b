"""The suggestions file of an index: texts made ready to be suggested, and of which commit.

It is derived from the papers and stands beside the segments. Without it, or if it is damaged, no
search changes; a later commit leaves it as it is, and then its counts are those of an earlier one.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from index.errors import IndexStorageError, refreshing
from index.segments.arrayfile import ArrayFile, decodes, write_arrays
from index.segments.contents import ANALYSIS, SegmentEntry
from index.segments.files import map_file, publish
from index.segments.names import is_plain, suggestions_path
from index.segments.packing import ByteStrings, NamedArrays, check_types, pack_strings


class ReadyTexts(NamedTuple):
    """Texts, those of most papers first: as readers see them, folded, and the papers of each."""

    texts: Sequence[str] = ()
    folded: Sequence[str] = ()
    papers: Sequence[int] = ()


def commit_of(segments: Iterable[SegmentEntry]) -> list[list[Any]]:
    """Return values that differ if other papers are in a commit, or words are made otherwise."""
    return [list(ANALYSIS), *([segment.name, segment.live_count] for segment in segments)]


def write_suggestions(
    directory: str, ready: Mapping[str, ReadyTexts], segments: Iterable[SegmentEntry] | None
) -> None:
    """Write the suggestions of these segments, by kind, over any earlier ones.

    Without segments nobody knows any more what they are of. Raises IndexStorageError if a folder
    has the name, and OSError.
    """
    path = suggestions_path(directory)
    for place in (path, f"{path}.new"):
        if os.path.isdir(place) and not os.path.islink(place):
            raise IndexStorageError(
                f"{place}: a folder, where the suggestions are to be written; rename it and"
                f" {refreshing(directory)}"
            )
    content = BytesIO()
    arrays = (array for kind, texts in sorted(ready.items()) for array in _arrays(kind, texts))
    write_arrays(content, arrays, {"commit": [] if segments is None else commit_of(segments)})
    publish(path, content.getvalue())


def _arrays(kind: str, ready: ReadyTexts) -> NamedArrays:
    yield from pack_strings(f"{kind}/texts", [text.encode() for text in ready.texts])
    yield from pack_strings(f"{kind}/folded", [text.encode() for text in ready.folded])
    yield f"{kind}/papers", np.array(ready.papers, np.int32)


def open_suggestions(directory: str) -> "SuggestionsReader | None":
    """Open the suggestions of an index; None if none were made.

    Raises DamagedIndexError, here or when they are read, if a byte is not as it was written, and
    OSError.
    """
    path = suggestions_path(directory)
    return SuggestionsReader(ArrayFile(map_file(path), path)) if is_plain(path) else None


class SuggestionsReader:
    """The suggestions file of an index."""

    def __init__(self, file: ArrayFile) -> None:
        check_types(file)
        self.file = file

    @decodes
    def ready(self, kind: str) -> ReadyTexts:
        """Return all texts of a kind. The folded ones are Texts: they need not be decoded."""
        texts, folded = (
            ByteStrings(self.file, f"{kind}/{name}").texts() for name in ("texts", "folded")
        )
        papers = self.file.array(f"{kind}/papers").tolist()
        if not len(texts) == len(folded) == len(papers):
            raise self.file.damage(f"{kind}: not as many texts as counts")
        return ReadyTexts(texts, folded, papers)

    def is_of(self, segments: Iterable[SegmentEntry]) -> bool:
        """Tell whether the texts were made of just the papers of these segments."""
        return bool(self.file.facts.get("commit") == commit_of(segments))

    def check(self) -> None:
        """Check all bytes, and what they say. Raises DamagedIndexError."""
        self.file.check()
        for kind in ("phrase", "author"):
            _, folded, papers = self.ready(kind)
            if len(set(folded)) < len(folded):
                raise self.file.damage(f"{kind}: a text that comes twice")
            if min(papers, default=1) < 1 or list(papers) != sorted(papers, reverse=True):
                raise self.file.damage(f"{kind}: counts that are not those of papers")
