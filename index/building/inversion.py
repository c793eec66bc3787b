"""Papers → the arrays of a segment: inversion by sorting, without an object for each posting.

A text is split at white space and at characters that no token crosses, and each distinct piece is
analysed once: it becomes a row of a table with the terms it gives and the positions it takes. From
there on a text is an array of row numbers, and all posting lists of a field come out of one stable
sort of its terms.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import MAX_WORD_CHARS, NAME_GAP, TEXT_END, pieces, stem, stemming, tokens
from index.fields import FIELDS, SORTABLE_ZERO, STEMMED_FIELDS, VALUES, Field, Kind, exact_twin
from index.names import name_terms
from index.paper import Paper
from index.schema import schema
from index.segments.arrays import (
    Integers,
    is_first,
    ranges,
    running_sums,
    smallest,
    stable_order,
)
from index.segments.documents import CodedColumn, Documents, code_strings, write_documents
from index.segments.postings import PostingLists, StemField, stem_field, write_postings

# Memory at the peak of inverting, by measure: sorting holds several integers for each token, which
# takes eight bytes of text, or three where each character is one.
_BYTES_PER_TOKEN = 40
_TEXT_BYTES_PER_TOKEN = 8
# What UTF-8 begins kana and Chinese characters with.
_FIRST_OF_CJK = bytes(range(0xE3, 0xEA))


Stored = tuple[bytes, list[bytes]]
"""What is stored of papers, packed by a StoredPacker: its dictionary, and one value for each."""


Row = tuple[Any, ...]
"""The values of a paper but for its abstract, which ``marshal`` can send to another process.

They stand in the order of ``ROW``.
"""

ROW = tuple(name for name in dict.fromkeys(field.value for field in FIELDS) if name != "abstract")
"""The names of the values in a row."""

_VALUES_OF_ROW = tuple(VALUES[name] for name in ROW)


def row(paper: Paper) -> Row:
    """Return the row of a paper."""
    return tuple([value_of(paper) for value_of in _VALUES_OF_ROW])


def encoded(text: str) -> bytes:
    """Return a text in UTF-8, which has a place for lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def memory_bytes(abstracts: Iterable[bytes]) -> int:
    """Return an estimate of the memory that writing abstracts takes."""
    text = b"".join(abstracts)
    cjk_count = len(text) - len(text.translate(None, _FIRST_OF_CJK))
    return len(text) * _BYTES_PER_TOKEN // _TEXT_BYTES_PER_TOKEN + cjk_count * _BYTES_PER_TOKEN


class Inverter:
    """Gathers papers, and writes them as one segment."""

    def __init__(self) -> None:
        self._words = _PieceTable()
        # Each text field's texts, as rows of the table.
        self._texts = {field.name: array("i") for field in _of_kind("text")}
        # Stems of the table's terms.
        self._stems: list[bytes] = []
        # Names are analysed as they come, since this process waits for the one that reads.
        self._name_words = _PieceTable()
        self._name_terms = _NameTerms(self._name_words)
        # Columns are made of them when everything is there.
        self._rows: list[Row] = []

    def __len__(self) -> int:
        """Return the number of papers"""
        return len(self._rows)

    def add(self, rows: Sequence[Row], abstracts: Sequence[bytes]) -> None:
        """Gather papers, and stem their new words."""
        row_of = self._words.__getitem__
        for field in _of_kind("text"):
            texts: Iterable[bytes] = abstracts
            if field.value != "abstract":
                place = ROW.index(field.value)
                texts = [encoded(row[place]) for row in rows]
            self._texts[field.name].extend(map(row_of, pieces(texts)))
        for field in _of_kind("names"):
            place = ROW.index(field.value)
            for row in rows:
                for name in row[place]:
                    self._name_terms[name]
        self._rows += rows
        new_count = len(self._words.terms) - len(self._stems)
        self._stems += map(_stem, [*islice(reversed(self._words.terms), new_count)][::-1])

    def write(
        self,
        stored: Callable[[], Stored],
        postings_file: BinaryIO,
        documents_file: BinaryIO,
        on_step: Callable[[int, int], None] | None = None,
    ) -> None:
        """Write the segment's two files; ``stored`` is asked late, when postings are written.

        ``on_step`` is called with the number of fields written, and of all fields and one more for
        the documents.
        """
        columns = dict(
            zip(ROW, list(zip(*self._rows, strict=True)) or [()] * len(ROW), strict=True)
        )

        @cache
        def coded(name: str) -> CodedColumn:
            """Return the strings that each paper has as its value."""
            return code_strings([(of,) if isinstance(of, str) else of for of in columns[name]])

        lengths: dict[str, Integers] = {}
        terms: dict[str, Sequence[bytes]] = {}

        def fields() -> Iterator[tuple[str, PostingLists]]:
            words = self._words.table()
            # The longest texts first: what they need at the peak is freed before the rest comes.
            for name in reversed(STEMMED_FIELDS):
                exact = exact_twin(name)
                lists, lengths[exact] = _inverted(np.array(self._texts[name], np.int32), words)
                lengths[name], terms[exact] = lengths[exact], lists.terms
                yield exact, lists
            for field in _of_kind("words"):
                names = _name_texts(coded(field.value), self._name_words)
                lists, lengths[field.name] = _inverted(*names)
                yield field.name, lists
            for field in _of_kind("names"):
                yield field.name, _keyword_lists(coded(field.value), self._name_terms.__getitem__)
            for field in _of_kind("value"):
                yield field.name, _keyword_lists(coded(field.value), _itself)
            types = schema()
            for field in _of_kind("number"):
                written = code_strings([(str(of or ""),) for of in columns[field.value]])
                terms_of = partial(_number_terms, types[field.name])
                yield field.name, _keyword_lists(written, terms_of)

        def stem_fields() -> Iterator[tuple[str, StemField]]:
            stem_of = dict(zip(self._words.terms, self._stems, strict=True))
            for name in STEMMED_FIELDS:
                exact = exact_twin(name)
                yield name, stem_field(exact, terms[exact], stem_of)

        step_count = sum(field.has_terms for field in FIELDS) + 1
        step = on_step or (lambda done, total: None)  # noqa: ARG005

        def reported() -> Iterator[tuple[str, PostingLists]]:
            for done, field in enumerate(fields()):
                step(done, step_count)
                yield field

        write_postings(postings_file, reported(), stem_fields(), stemming())
        step(step_count - 1, step_count)
        dictionary, packed = stored()
        documents = Documents(
            count=len(self),
            lengths={name: own for name, own in lengths.items() if own.any()},
            numbers={
                **{
                    field.name: np.array(columns[field.value], np.uint32) + np.uint32(SORTABLE_ZERO)
                    for field in _of_kind("number")
                },
                **{
                    field.name: np.array(columns[field.value], np.float64)
                    for field in _of_kind("decimal")
                },
            },
            texts={
                field.name: [of.encode() for of in columns[field.value]]
                for field in FIELDS
                if field.column == "strings"
            },
            coded={
                **{
                    field.name: coded(field.value)._replace(starts=None)
                    for field in FIELDS
                    if field.column == "codes"
                },
                **{field.name: coded(field.value) for field in _of_kind("list")},
            },
            stored=packed,
            dictionary=dictionary,
        )
        write_documents(documents_file, documents)
        step(step_count, step_count)


def _of_kind(kind: Kind) -> list[Field]:
    return [field for field in FIELDS if field.kind == kind]


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of pieces: row i gives the terms ``terms[starts[i]:starts[i + 1]]``.

    They stand ``offsets`` positions after the piece's first; the piece takes ``advances`` of them.
    ``vocabulary`` is sorted, a term its place there. Row 0 is that of TEXT_END, which has no terms.
    """

    terms: Integers
    offsets: NDArray[Any]
    starts: Integers
    advances: NDArray[Any]
    vocabulary: Sequence[bytes]


class _PieceTable(dict[bytes, int]):
    """The row numbers of distinct pieces of text; a new piece is analysed when it is asked for.

    ``terms``: the terms of all pieces, each with the number that came with its first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[bytes, int] = {}
        self._terms = array("i")
        self._offsets = array("i")
        self._ends = array("i", [0])
        self._advances = array("i")
        self[TEXT_END] = self._finish(0)

    def __missing__(self, piece: bytes) -> int:
        if piece.isalnum():
            self._add(piece.lower()[:MAX_WORD_CHARS], 0)
            advance = 1
        else:
            advance = 0
            for token in tokens(piece.decode("utf-8", "surrogatepass")):
                for form in token.forms:
                    self._add(encoded(form), token.position)
                advance = token.position + 1
        row = self[piece] = self._finish(advance)
        return row

    def table(self) -> _Table:
        vocabulary = sorted(self.terms)
        ranks = np.empty(len(vocabulary), np.int32)
        ranks[list(map(self.terms.__getitem__, vocabulary))] = np.arange(len(vocabulary))
        return _Table(
            ranks[np.array(self._terms, np.int32)],
            smallest(np.array(self._offsets, np.int32)),
            np.array(self._ends, np.int32),
            smallest(np.array(self._advances, np.int32)),
            vocabulary,
        )

    def _add(self, term: bytes, offset: int) -> None:
        self._terms.append(self.terms.setdefault(term, len(self.terms)))
        self._offsets.append(offset)

    def _finish(self, advance: int) -> int:
        self._ends.append(len(self._terms))
        self._advances.append(advance)
        return len(self._advances) - 1


class _NameTerms(dict[str, list[bytes]]):
    """The terms of distinct names; a new name is analysed when it is asked for, its words too."""

    def __init__(self, words: _PieceTable) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, name: str) -> list[bytes]:
        for piece in pieces([encoded(name)]):
            self._words[piece]
        terms = self[name] = [term.encode() for term in name_terms(name)]
        return terms


def _name_texts(names: CodedColumn, words: _PieceTable) -> tuple[Integers, _Table]:
    """Return lists of names as texts whose pieces are whole names, and their table.

    A name takes the positions up to the next one, the gap that no phrase crosses among them.
    """
    cut = pieces(names.values)
    rows = np.fromiter(map(words.__getitem__, cut), np.int32, len(cut))
    table = words.table()
    terms, positions, counts, widths = _terms(rows, table)
    whole_names = _Table(
        terms,
        positions,
        np.concatenate(([0, 0], np.cumsum(counts))).astype(np.int32),
        np.concatenate(([0], np.maximum(widths - 1, 0) + NAME_GAP)).astype(np.int32),
        table.vocabulary,
    )
    assert names.starts is not None
    return np.insert(names.codes + 1, names.starts[1:], 0), whole_names


def _keyword_lists(
    values: CodedColumn, terms_of: Callable[[str], Iterable[str | bytes]]
) -> PostingLists:
    """Return the posting lists of the terms that each value of a document gives."""
    found = [
        [term if isinstance(term, bytes) else term.encode() for term in terms_of(value.decode())]
        for value in values.values
    ]
    numbers = {
        term: number for number, term in enumerate(sorted({term for of in found for term in of}))
    }
    flat = np.array([numbers[term] for of in found for term in of], np.int32)
    counts = np.fromiter(map(len, found), np.int32, len(found))
    assert values.starts is not None
    documents = np.repeat(np.arange(len(values.starts) - 1, dtype=np.int32), np.diff(values.starts))
    term_counts = counts[values.codes]
    terms = flat[ranges(running_sums(counts)[values.codes], term_counts)]
    documents = np.repeat(documents, term_counts)
    order = stable_order(terms)
    terms, documents = terms[order], documents[order]
    # Two spellings of a name in one paper may give the same term.
    first = is_first(terms) | is_first(documents)
    terms, documents = terms[first], documents[first]
    starts = running_sums(np.bincount(terms, minlength=len(numbers)))
    return PostingLists(list(numbers), starts, documents)


def _stem(term: bytes) -> bytes:
    return encoded(stem(term.decode("utf-8", "surrogatepass")))


def _itself(value: str) -> Iterable[str]:
    return (value,) if value else ()


def _number_terms(whoosh_field: Any, value: str) -> Iterable[bytes]:
    """Return the terms of a number, one for each of the precisions that Whoosh indexes."""
    return [term for term, *_ in whoosh_field.index(int(value))] if value else ()


class _Terms(NamedTuple):
    """The terms of texts in a row, each with its position in its text.

    ``counts`` are the terms of each text, ``widths`` the positions that its pieces take.
    """

    terms: Integers
    positions: Integers
    counts: Integers
    widths: Integers


def _terms(rows: Integers, table: _Table) -> _Terms:
    """Return the terms of texts, which are given as rows of a table.

    The arrays of all tokens are the price of a build in memory; each goes as soon as it can.
    """
    ends = np.flatnonzero(rows == 0)
    advances = table.advances[rows]
    positions = np.cumsum(advances, dtype=np.int32)
    # Positions run on over all texts; each text's own begin at 0.
    reached = positions[ends]
    widths = np.diff(reached, prepend=np.int32(0))
    positions -= advances
    del advances
    positions -= np.repeat(reached - widths, np.diff(ends, prepend=-1))
    term_counts = smallest(np.diff(table.starts))[rows]
    term_ends = np.cumsum(term_counts, dtype=np.int32)
    counts = np.diff(term_ends[ends], prepend=np.int32(0))
    entries = table.starts[rows]
    entries -= term_ends
    entries += term_counts
    del term_ends
    entries = np.repeat(entries, term_counts)
    entries += np.arange(len(entries), dtype=np.int32)
    positions = np.repeat(positions, term_counts)
    positions += table.offsets[entries]
    return _Terms(table.terms[entries], positions, counts, widths)


def _inverted(rows: Integers, table: _Table) -> tuple[PostingLists, Integers]:
    """Return the posting lists of texts, given as rows of a table, and their numbers of terms."""
    terms, positions, counts, _ = _terms(rows, table)
    token_counts = np.bincount(terms, minlength=len(table.vocabulary))
    present = np.flatnonzero(token_counts)
    token_ends = np.cumsum(token_counts[present])
    order = stable_order(terms)
    del terms
    # In order, numbers of two bytes are read far faster than those of four.
    positions = smallest(positions)[order]
    documents = np.repeat(smallest(np.arange(len(counts), dtype=np.int32)), counts)[order]
    del order
    begins = is_first(documents)
    begins[token_ends[:-1]] = True
    first = np.flatnonzero(begins)
    lists = PostingLists(
        [table.vocabulary[number] for number in present.tolist()],
        np.concatenate(([0], np.searchsorted(first, token_ends))),
        documents[first].astype(np.int32),
        np.diff(first, append=len(positions)).astype(np.int32),
        positions,
    )
    return lists, counts
