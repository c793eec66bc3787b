"""The papers that a segment stores, read without trusting them."""

from typing import Any

from index.building.inversion import Row, row
from index.merging import merge
from index.paper import Paper, content_hash
from index.segments.stored import decode_stored
from index.soundness import sound_paper


def stored_copies(stored: bytes) -> tuple[list[Paper], list[str]]:
    """Return the copies of a stored paper, and those of their files that may list others' papers.

    Raises an exception of any kind if the paper is not stored as a writer stores it.
    """
    copies, values = _copies_and_values(stored)
    return copies, values["shared"]


def stored_row(stored: bytes) -> Row:
    """Return the row of a stored paper. Raises an exception of any kind, as above."""
    copies, values = _copies_and_values(stored)
    for copy in copies:
        if content_hash(copy).hex() != values["hashes"][copy.sources[0].file]:
            raise ValueError("the contents are not those of their hashes")
    return row(merge(copies))


def _copies_and_values(stored: bytes) -> tuple[list[Paper], dict[str, Any]]:
    values = decode_stored(stored)
    copies = list(map(sound_paper, values["copies"]))
    if {copy.id for copy in copies} != {values["id"]}:
        raise ValueError("the ids differ")
    files = {copy.sources[0].file for copy in copies}
    if len(files) != len(copies) or files != values["hashes"].keys():
        raise ValueError("the files are not those of the copies")
    if not files >= set(values["shared"]):
        raise ValueError("files are shared that are not named")
    return copies, values
