"""What may be wrong with the terms and posting lists of a field."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.analysis import stem
from index.fields import NUMBER_FIELDS
from index.segments.postings import PostingLists, StemFieldReader


def term_faults(name: str, terms: Sequence[bytes]) -> Iterator[str]:
    """Yield what is wrong with the terms of a field, one fault of each kind."""
    for before, after in pairwise(terms):
        if after <= before:
            yield f"the terms do not ascend: {after!r} follows {before!r}"
            break
    if name in NUMBER_FIELDS:
        return
    for term in terms:
        try:
            term.decode()
        except UnicodeDecodeError:
            yield f"the term {term!r} is not UTF-8"
            break
    # Patterns are looked up in all terms at once, each on a line. A file's name may be any text.
    if name != "source" and (broken := next((term for term in terms if b"\n" in term), None)):
        yield f"the term {broken!r} has a line break"


def stem_faults(reader: StemFieldReader) -> Iterator[str]:
    """Yield what is wrong with the stems of a field that is sound otherwise.

    A stemmer changes its rules from version to version. A word is found by the stem that it has in
    the index, but not together with words that were added under other rules.
    """
    stems = reader.texts()
    numbers = reader.stem_field(reader.exact.name).stem_of_term.tolist()
    given = zip(reader.exact.texts(), numbers, strict=True)
    wrong = [(word, stems[number]) for word, number in given if stem(word) != stems[number]]
    if wrong:
        word, known = wrong[0]
        yield (
            f"{len(wrong):,} words have other stems than they are given now; the first is {word!r}:"
            f" {known!r}, not {stem(word)!r}"
        )


def list_faults(lists: PostingLists, document_count: int) -> Iterator[str]:
    """Yield what is wrong with the posting lists of a field, one fault of each kind."""
    documents, starts = lists.documents, lists.starts

    def first(wrong: NDArray[np.bool_]) -> bytes | None:
        """Return the term of the first wrong posting, None if there is none."""
        places = np.flatnonzero(wrong)
        if not len(places):
            return None
        return lists.terms[int(np.searchsorted(starts, places[0], "right")) - 1]

    if (np.diff(starts) < 1).any():
        yield f"no postings of {lists.terms[int(np.flatnonzero(np.diff(starts) < 1)[0])]!r}"
    follows = np.ones(len(documents), np.bool_)
    follows[starts[:-1][starts[:-1] < len(documents)]] = False
    if (term := first(follows & (np.diff(documents, prepend=np.int32(0)) <= 0))) is not None:
        yield f"the document numbers of {term!r} do not ascend"
    if (term := first((documents < 0) | (documents >= document_count))) is not None:
        yield f"a document number of {term!r} is none of the {document_count:,} documents"
    if lists.frequencies is None:
        return
    if (term := first(lists.frequencies < 1)) is not None:
        yield f"a frequency of {term!r} is below 1"
    elif lists.positions is not None:
        begins = np.cumsum(lists.frequencies, dtype=np.int64) - lists.frequencies
        follows = np.ones(len(lists.positions), np.bool_)
        follows[begins] = False
        falls = follows & (np.diff(lists.positions, prepend=np.int32(0)) < 0)
        wrong = np.logical_or.reduceat(falls | (lists.positions < 0), begins)
        if len(begins) and (term := first(wrong)) is not None:
            yield f"the positions of {term!r} do not ascend in a document"
