"""Papers → the arrays of a segment: inversion by sorting, without an object for each posting.

A text is split at white space and at characters that no token crosses, and each distinct piece is
analysed once: it becomes a row of a table with the terms it gives and the positions it takes. From
there on a text is an array of row numbers, and all posting lists of a field come out of one stable
sort of its terms.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import NAME_GAP, name_terms, pieces, stem, tokens
from index.paper import Paper
from index.schema import STEMMED_FIELDS, date_number, exact_twin, schema
from index.segment import (
    CodedColumn,
    Documents,
    Integers,
    PostingLists,
    StemField,
    code_column,
    stable_order,
    stem_field,
    write_documents,
    write_postings,
)

_BYTES_PER_TOKEN = 40
"""Memory at the peak of inverting, by measure: sorting holds several integers for each token."""


class Row(NamedTuple):
    """A paper as it is inverted, of plain values that ``marshal`` can send to another process.

    ``files`` are those it was read from, ``stored`` what is stored of it, packed.
    """

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    owners: tuple[str, ...]
    institutions: tuple[str, ...]
    category: str
    year: int
    date: int
    has_code: bool
    score: float
    files: tuple[str, ...]
    stored: bytes


def row(paper: Paper, stored: bytes) -> Row:
    """Return the row of a paper."""
    year = paper.year or 0
    return Row(
        paper.id,
        paper.title,
        paper.abstract,
        paper.authors,
        paper.owners,
        paper.institutions,
        paper.category,
        year,
        date_number(paper.date) if paper.date else year * 10_000,
        paper.has_code,
        float("-inf") if paper.score is None else paper.score,
        tuple(source.file for source in paper.sources),
        stored,
    )


class Inverter:
    """Gathers papers, and writes them as one segment.

    ``dictionary`` is that of the StoredPacker which packed what is stored.
    """

    def __init__(self, dictionary: bytes) -> None:
        self._dictionary = dictionary
        self._words = _PieceTable()
        self._names_words = _PieceTable()
        self._stems: dict[bytes, bytes] = {}
        self._texts = {name: _Texts() for name in ("title_exact", "abstract_exact", "authors")}
        self._keywords = {name: _Keywords() for name in _KEYWORDS}
        self._names: dict[str, tuple[str, ...]] = {}
        self._numbers: dict[str, list[int]] = {"year": [], "date": []}
        self._scores: list[float] = []
        self._titles: list[bytes] = []
        self._categories: list[bytes] = []
        self._codes: list[bytes] = []
        self._lists = {"author_list": _Lists(), "institution_list": _Lists()}
        self._stored: list[bytes] = []
        self._stored_bytes = 0

    def __len__(self) -> int:
        """Return the number of papers gathered."""
        return len(self._stored)

    @property
    def memory_bytes(self) -> int:
        """An estimate of the memory in use when the segment is written."""
        token_count = sum(len(texts.rows) for texts in self._texts.values())
        return token_count * _BYTES_PER_TOKEN + 2 * self._stored_bytes

    def add(self, row: Row) -> None:
        """Gather a paper."""
        row_of, texts = self._words.__getitem__, self._texts
        texts["title_exact"].add(map(row_of, pieces(row.title)))
        texts["abstract_exact"].add(map(row_of, pieces(row.abstract)))
        texts["authors"].add(map(self._names_words.name_row, row.authors))
        keywords = self._keywords
        keywords["id"].add((row.id,))
        keywords["author_names"].add(self._whole_names(row.authors))
        keywords["owner_names"].add(self._whole_names(row.owners))
        keywords["institution_names"].add(self._whole_names(row.institutions))
        keywords["category"].add((row.category,) if row.category else ())
        keywords["has"].add(("code",) if row.has_code else ())
        keywords["source"].add(row.files)
        keywords["year"].add((row.year,) if row.year else ())
        keywords["date"].add((row.date,) if row.date else ())
        self._numbers["year"].append(row.year)
        self._numbers["date"].append(row.date)
        self._scores.append(row.score)
        self._titles.append(row.title.encode())
        self._categories.append(row.category.encode())
        self._codes.append(b"code" if row.has_code else b"")
        self._lists["author_list"].add(row.authors)
        self._lists["institution_list"].add(row.institutions)
        self._stored.append(row.stored)
        self._stored_bytes += len(row.stored)

    def stem(self) -> None:
        """Stem the words that are new since the last call; ``write`` does so in any case.

        Called now and then, it spreads that work over the time in which papers are still read.
        """
        for term in self._words.new_terms():
            self._stems[term.encode("utf-8", "surrogatepass")] = stem(term).encode()

    def write(self, postings_file: BinaryIO, documents_file: BinaryIO) -> None:
        """Write the segment's two files."""
        self.stem()
        lengths: dict[str, Integers] = {}
        terms: dict[str, Sequence[bytes]] = {}
        write_postings(postings_file, self._fields(terms, lengths), self._stem_fields(terms))
        for name in STEMMED_FIELDS:
            lengths[name] = lengths[exact_twin(name)]
        numbers: dict[str, NDArray[Any]] = {"score": np.array(self._scores)}
        for name, values in self._numbers.items():
            numbers[name] = np.array(values, np.uint32) + np.uint32(SORTABLE_ZERO)
        documents = Documents(
            count=len(self),
            lengths={name: of for name, of in lengths.items() if of.any()},
            numbers=numbers,
            texts={"id": self._keywords["id"].column(), "title": self._titles},
            coded={
                "category": code_column(self._categories),
                "has": code_column(self._codes),
                **{name: lists.column() for name, lists in self._lists.items()},
            },
            stored=self._stored,
            dictionary=self._dictionary,
        )
        write_documents(documents_file, documents)

    def _fields(
        self, terms: dict[str, Sequence[bytes]], lengths: dict[str, Integers]
    ) -> Iterator[tuple[str, PostingLists]]:
        """Yield the posting lists of each field, and leave its terms and lengths."""
        names_words, words = self._names_words.table(), self._words.table()
        for name, texts in self._texts.items():
            lists, lengths[name] = _inverted(texts, names_words if name == "authors" else words)
            terms[name] = lists.terms
            yield name, lists
        whoosh_fields = schema()
        for name, keywords in self._keywords.items():
            yield name, keywords.lists(whoosh_fields[name])

    def _stem_fields(self, terms: Mapping[str, Sequence[bytes]]) -> Iterator[tuple[str, StemField]]:
        for name in STEMMED_FIELDS:
            exact = exact_twin(name)
            yield name, stem_field(exact, terms[exact], self._stems)

    def _whole_names(self, names: Sequence[str]) -> list[str]:
        found: list[str] = []
        for name in names:
            if name not in self._names:
                self._names[name] = name_terms(name)
            found += self._names[name]
        return found


SORTABLE_ZERO = 1 << 31
"""What Whoosh adds to a signed number of 32 bits to sort it as an unsigned one."""

_KEYWORDS = (
    "id",
    "author_names",
    "owner_names",
    "institution_names",
    "category",
    "has",
    "source",
    "year",
    "date",
)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of pieces: row i gives the terms ``terms[starts[i]:starts[i + 1]]``.

    They stand ``offsets`` positions after the piece's first; the piece takes ``advances`` of them.
    ``vocabulary`` is sorted, a term its place there.
    """

    terms: Integers
    offsets: Integers
    starts: Integers
    advances: Integers
    vocabulary: Sequence[bytes]


class _PieceTable(dict[str, int]):
    """The row numbers of distinct pieces of text; a new piece is analysed when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._told = 0
        self._terms = array("i")
        self._offsets = array("i")
        self._ends = array("i", [0])
        self._advances = array("i")

    def __missing__(self, piece: str) -> int:
        numbers = self._numbers
        if piece.isascii() and piece.isalnum():
            self._terms.append(numbers.setdefault(piece.lower(), len(numbers)))
            self._offsets.append(0)
            row = self[piece] = self._finish(1)
            return row
        parts = piece.lower().split("-")
        if all(part.isascii() and part.isalnum() for part in parts):
            # The commonest of the rest, as ``tokens`` would have it, at a fraction of the time.
            forms = [(0, "".join(parts)), *enumerate(parts)]
            advance = len(parts)
        else:
            found = list(tokens(piece))
            forms = [(token.position, form) for token in found for form in token.forms]
            advance = found[-1].position + 1 if found else 0
        for offset, form in forms:
            self._terms.append(numbers.setdefault(form, len(numbers)))
            self._offsets.append(offset)
        row = self[piece] = self._finish(advance)
        return row

    def name_row(self, name: str) -> int:
        """Return the row of a name: its pieces' in a row, and the gap before the next name."""
        known = self._names.get(name)
        if known is not None:
            return known
        position = 0
        for row in [self[piece] for piece in pieces(name)]:
            for at in range(self._ends[row], self._ends[row + 1]):
                self._terms.append(self._terms[at])
                self._offsets.append(position + self._offsets[at])
            position += self._advances[row]
        row = self._names[name] = self._finish(max(position - 1, 0) + NAME_GAP)
        return row

    def new_terms(self) -> list[str]:
        """Return the terms that were added since the last call."""
        start, self._told = self._told, len(self._numbers)
        return list(islice(self._numbers, start, None))

    def table(self) -> _Table:
        vocabulary = [term.encode("utf-8", "surrogatepass") for term in self._numbers]
        ranks = np.empty(len(vocabulary), np.int32)
        order = sorted(range(len(vocabulary)), key=vocabulary.__getitem__)
        ranks[order] = np.arange(len(vocabulary), dtype=np.int32)
        return _Table(
            ranks[np.array(self._terms, np.int32)],
            np.array(self._offsets, np.int32),
            np.array(self._ends, np.int32),
            np.array(self._advances, np.int32),
            [vocabulary[at] for at in order],
        )

    def _finish(self, advance: int) -> int:
        self._ends.append(len(self._terms))
        self._advances.append(advance)
        return len(self._advances) - 1


class _Texts:
    """One field's texts as rows of the piece table; ``counts`` are the pieces of each text."""

    def __init__(self) -> None:
        self.rows = array("i")
        self.counts: list[int] = []

    def add(self, rows: Iterable[int]) -> None:
        before = len(self.rows)
        self.rows.extend(rows)
        self.counts.append(len(self.rows) - before)


class _Keywords:
    """One field's values that are terms as they stand, any number of them for each document."""

    def __init__(self) -> None:
        self._numbers: dict[str | int, int] = {}
        self._documents = array("i")
        self._values = array("i")
        self._count = 0

    def add(self, values: Sequence[str | int]) -> None:
        for value in dict.fromkeys(values) if len(values) > 1 else values:
            self._values.append(self._numbers.setdefault(value, len(self._numbers)))
            self._documents.append(self._count)
        self._count += 1

    def column(self) -> list[bytes]:
        """Return the value of each document, of which each must have one."""
        values = [str(value).encode() for value in self._numbers]
        return [values[number] for number in self._values]

    def lists(self, whoosh_field: Any) -> PostingLists:
        """Return the posting lists; a number has several terms, one for each of its precisions."""
        terms_of = [
            [term for term, *_ in whoosh_field.index(value)]
            if isinstance(value, int)
            else [value.encode()]
            for value in self._numbers
        ]
        ranks: dict[bytes, int] = {}
        for term in sorted({term for terms in terms_of for term in terms}):
            ranks[term] = len(ranks)
        counts = np.fromiter(map(len, terms_of), np.int32, len(terms_of))
        flat = np.array([ranks[term] for terms in terms_of for term in terms], np.int32)
        starts = np.cumsum(counts) - counts
        values = np.frombuffer(self._values, np.int32) if self._values else np.zeros(0, np.int32)
        at, inner = _expanded(counts[values])
        terms = flat[starts[values][at] + inner]
        documents = np.array(self._documents, np.int32)[at]
        order = stable_order(terms)
        list_counts = np.bincount(terms, minlength=len(ranks))
        list_starts = np.concatenate(([0], np.cumsum(list_counts)))
        return PostingLists(list(ranks), list_starts, documents[order])


class _Lists:
    """A column of lists of strings, each distinct string kept once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._codes = array("i")
        self._starts = array("q", [0])

    def add(self, values: Sequence[str]) -> None:
        for value in values:
            self._codes.append(self._numbers.setdefault(value, len(self._numbers)))
        self._starts.append(len(self._codes))

    def column(self) -> CodedColumn:
        return CodedColumn(
            [value.encode() for value in self._numbers],
            np.array(self._codes, np.int32),
            np.array(self._starts, np.int64),
        )


def _inverted(texts: _Texts, table: _Table) -> tuple[PostingLists, Integers]:
    """Return a field's posting lists, and each document's number of terms.

    The arrays of all tokens are the price of a build in memory; each goes as soon as it can.
    """
    rows = np.frombuffer(texts.rows, np.int32) if texts.rows else np.zeros(0, np.int32)
    counts = np.array(texts.counts, np.int32)
    advances = table.advances[rows]
    positions = np.cumsum(advances, dtype=np.int32)
    # Positions run on over all texts; each text's own begin at 0.
    base = np.concatenate((np.zeros(1, np.int32), positions))[np.cumsum(counts) - counts]
    positions -= advances
    positions -= np.repeat(base, counts)
    term_counts = np.diff(table.starts)[rows]
    entries = table.starts[rows]
    entries -= np.cumsum(term_counts, dtype=np.int32) - term_counts
    entries = np.repeat(entries, term_counts)
    entries += np.arange(len(entries), dtype=np.int32)
    positions = np.repeat(positions, term_counts)
    positions += table.offsets[entries]
    terms = table.terms[entries]
    del entries, advances
    documents = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    documents = np.repeat(documents, term_counts)
    del rows, term_counts
    lengths = np.bincount(documents, minlength=len(counts)).astype(np.int32)
    order = stable_order(terms)
    positions = positions[order]
    documents = documents[order]
    terms = terms[order]
    del order
    is_first = np.ones(len(terms), np.bool_)
    np.not_equal(terms[1:], terms[:-1], out=is_first[1:])
    is_first[1:] |= documents[1:] != documents[:-1]
    first = np.flatnonzero(is_first)
    documents, terms = documents[first], terms[first]
    frequencies = np.diff(first, append=len(positions)).astype(np.int32)
    posting_counts = np.bincount(terms, minlength=len(table.vocabulary))
    present = np.flatnonzero(posting_counts)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(posting_counts[present])))
    vocabulary = [table.vocabulary[number] for number in present.tolist()]
    return PostingLists(vocabulary, starts, documents, frequencies, positions), lengths


def _expanded(counts: Integers) -> tuple[Integers, Integers]:
    """Return, for counts 2, 0, 3: the places 0, 0, 2, 2, 2 and within each 0, 1, 0, 1, 2."""
    at = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    starts = np.cumsum(counts, dtype=np.int32) - counts
    return at, np.arange(len(at), dtype=np.int32) - starts[at]
