"""The phrases file of an index: what was chosen to be suggested, and of which commit.

It is derived from the papers and stands beside the segments. Without it, or if it is damaged, no
search changes; a later commit leaves it as it is, and then its counts are those of an earlier one.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from index.segments.arrayfile import ArrayFile, decodes, write_arrays
from index.segments.contents import ANALYSIS, SegmentEntry
from index.segments.files import map_file, publish
from index.segments.names import is_plain, phrases_path
from index.segments.packing import ByteStrings, check_types, pack_strings


class Phrases(NamedTuple):
    """Phrases, those of most papers first: as readers see them, folded, and their papers."""

    texts: Sequence[str]
    folded: Sequence[str]
    papers: Sequence[int]


def commit_of(segments: Iterable[SegmentEntry]) -> list[list[Any]]:
    """Return what tells the papers of a commit, and how they are read, from any other."""
    return [list(ANALYSIS), *([segment.name, segment.live_count] for segment in segments)]


def write_phrases(directory: str, phrases: Phrases, segments: Iterable[SegmentEntry]) -> None:
    """Put the phrases chosen from these segments in place of earlier ones. Raises OSError."""
    content = BytesIO()
    arrays = [
        *pack_strings("texts", [text.encode() for text in phrases.texts]),
        *pack_strings("folded", [text.encode() for text in phrases.folded]),
        ("papers", np.array(phrases.papers, np.int32)),
    ]
    write_arrays(content, arrays, {"commit": commit_of(segments)})
    publish(phrases_path(directory), content.getvalue())


def open_phrases(directory: str) -> "PhrasesReader | None":
    """Open the phrases of an index; None if none were chosen.

    Raises DamagedIndexError, here or when they are read, if a byte is not as it was written, and
    OSError.
    """
    path = phrases_path(directory)
    return PhrasesReader(ArrayFile(map_file(path), path)) if is_plain(path) else None


class PhrasesReader:
    """The phrases file of an index."""

    def __init__(self, file: ArrayFile) -> None:
        check_types(file)
        self.file = file

    @decodes
    def phrases(self) -> Phrases:
        """Return all phrases."""
        texts, folded = (
            [text.decode() for text in ByteStrings(self.file, name)] for name in ("texts", "folded")
        )
        papers = self.file.array("papers").tolist()
        if not len(texts) == len(folded) == len(papers):
            raise self.file.damage("not as many phrases as counts")
        return Phrases(texts, folded, papers)

    def is_of(self, segments: Iterable[SegmentEntry]) -> bool:
        """Tell whether the phrases were chosen from just the papers of these segments."""
        return bool(self.file.facts.get("commit") == commit_of(segments))

    def check(self) -> None:
        """Check all bytes, and what they say. Raises DamagedIndexError."""
        self.file.check()
        self.phrases()
