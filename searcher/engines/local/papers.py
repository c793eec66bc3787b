"""A segment of papers: their ids, their titles, and what is stored of each."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from index.merging import merge
from index.paper import Paper, from_dict
from index.segments.documents import DocumentsReader
from index.segments.opening import Segment
from index.segments.packing import ByteStrings

# What a stored paper takes in memory beside its abstract, by measure.
_PAPER_BYTES = 3_000


class PaperSegment:
    """A segment of an ``index``, with the ids and the titles of its papers."""

    def __init__(self, segment: Segment, index: str, first_document: int) -> None:
        self.entry = segment.entry
        self.postings = segment.postings
        self.documents = segment.documents
        self.index = index
        self.first_document = first_document

    @cached_property
    def ids(self) -> ByteStrings:
        """The ids of its papers."""
        return self._texts("id")

    @cached_property
    def titles(self) -> ByteStrings:
        """The titles of its papers."""
        return self._texts("title")

    def hide(self, ids: set[bytes]) -> None:
        """Treat the papers with these ids as deleted."""
        is_hidden = np.fromiter(map(ids.__contains__, self.ids), np.bool_, len(self.ids))
        deleted = np.flatnonzero(is_hidden | ~self.entry.live).astype(np.int32)
        self.entry = replace(self.entry, deleted=deleted)

    def _texts(self, field: str) -> ByteStrings:
        texts = self.documents.texts(field)
        if texts is None:
            raise self.documents.file.damage(f"no {field} for each paper")
        return texts


class StoredPaper:
    """What is stored of a paper: one or more copies, or the Paper of them once it was asked for.

    Making the Paper takes as long again as reading the copies; it takes less memory than they do.
    """

    __slots__ = ("_documents", "_stored", "nbytes")

    def __init__(self, documents: DocumentsReader, number: int) -> None:
        self._documents = documents
        copies = documents.stored_values(number).get("copies")
        if not isinstance(copies, list) or not copies:
            raise documents.file.damage("a stored paper without a copy")
        self._stored: list[dict[str, Any]] | Paper = copies
        self.nbytes = _PAPER_BYTES + sum(map(_abstract_length, copies))

    @property
    def abstract(self) -> str:
        """The paper's abstract."""
        stored = self._stored
        if isinstance(stored, list) and len(stored) == 1:
            abstract = stored[0].get("abstract", "")
            if isinstance(abstract, str):
                return abstract
        return self.paper().abstract

    def paper(self) -> Paper:
        """Return the paper."""
        stored = self._stored
        if isinstance(stored, Paper):
            return stored
        try:
            paper = merge([from_dict(values) for values in stored])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._documents.file.damage(f"a stored paper that is none ({error})") from error
        self._stored = paper
        return paper


def _abstract_length(copy: Any) -> int:
    abstract = copy.get("abstract") if isinstance(copy, dict) else None
    return len(abstract) if isinstance(abstract, str) else 0
