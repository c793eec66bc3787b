"""Papers → the arrays of a segment: inversion by sorting, without an object for each posting.

A text is split at white space and at characters that no token crosses, and each distinct piece is
analysed once: it becomes a row of a table with the terms it gives and the positions it takes. From
there on a text is an array of row numbers, and all posting lists of a field come out of one stable
sort of its terms.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import NAME_GAP, name_terms, pieces, stem, tokens
from index.arrays import is_first, ranges, running_sums
from index.fields import SORTABLE_ZERO, STEMMED_FIELDS, date_number, exact_twin
from index.paper import Paper
from index.schema import schema
from index.segment import (
    CodedColumn,
    Documents,
    Integers,
    PostingLists,
    StemField,
    code_strings,
    smallest,
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
        self._titles = _Texts()
        self._abstracts = _Texts()
        self._stems: dict[bytes, bytes] = {}
        # All of a row but its abstract; columns are made of them when everything is there.
        self._rows: list[Row] = []
        self._stored_bytes = 0

    def __len__(self) -> int:
        """Return the number of papers gathered."""
        return len(self._rows)

    @property
    def memory_bytes(self) -> int:
        """An estimate of the memory in use when the segment is written."""
        token_count = len(self._titles.rows) + len(self._abstracts.rows)
        return token_count * _BYTES_PER_TOKEN + 2 * self._stored_bytes

    def add(self, row: Row) -> None:
        """Gather a paper."""
        row_of = self._words.__getitem__
        self._titles.add(map(row_of, pieces(row.title)))
        self._abstracts.add(map(row_of, pieces(row.abstract)))
        self._rows.append(row._replace(abstract=""))
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
        columns = list(zip(*self._rows, strict=True)) or [()] * len(Row._fields)
        ids, titles, _, authors, owners, institutions, *others = columns
        categories, years, dates, codes, scores, files, stored = others
        author_list, institution_list = code_strings(authors), code_strings(institutions)
        category = code_strings([(name,) for name in categories])
        has = code_strings([("code",) if code else ("",) for code in codes])
        lengths: dict[str, Integers] = {}
        terms: dict[str, Sequence[bytes]] = {}

        def fields() -> Iterator[tuple[str, PostingLists]]:
            words = self._words.table()
            for name, texts in (("abstract", self._abstracts), ("title", self._titles)):
                exact = exact_twin(name)
                lists, lengths[exact] = _inverted(texts, words)
                lengths[name], terms[exact] = lengths[exact], lists.terms
                yield exact, lists
            lists, lengths["authors"] = _inverted(*_name_texts(author_list))
            yield "authors", lists
            yield "author_names", _keyword_lists(author_list, name_terms)
            yield "owner_names", _keyword_lists(code_strings(owners), name_terms)
            yield "institution_names", _keyword_lists(institution_list, name_terms)
            yield "id", _keyword_lists(code_strings([(paper_id,) for paper_id in ids]), _itself)
            yield "category", _keyword_lists(category, _itself)
            yield "has", _keyword_lists(has, _itself)
            yield "source", _keyword_lists(code_strings(files), _itself)
            for name, numbers in (("year", years), ("date", dates)):
                written = code_strings([(str(number or ""),) for number in numbers])
                yield name, _keyword_lists(written, partial(_number_terms, schema()[name]))

        def stem_fields() -> Iterator[tuple[str, StemField]]:
            for name in STEMMED_FIELDS:
                exact = exact_twin(name)
                yield name, stem_field(exact, terms[exact], self._stems)

        write_postings(postings_file, fields(), stem_fields())
        documents = Documents(
            count=len(self),
            lengths={name: of for name, of in lengths.items() if of.any()},
            numbers={
                "score": np.array(scores),
                "year": np.array(years, np.uint32) + np.uint32(SORTABLE_ZERO),
                "date": np.array(dates, np.uint32) + np.uint32(SORTABLE_ZERO),
            },
            texts={
                "id": [paper_id.encode() for paper_id in ids],
                "title": [title.encode() for title in titles],
            },
            coded={
                "category": replace(category, starts=None),
                "has": replace(has, starts=None),
                "author_list": author_list,
                "institution_list": institution_list,
            },
            stored=stored,
            dictionary=self._dictionary,
        )
        write_documents(documents_file, documents)


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of pieces: row i gives the terms ``terms[starts[i]:starts[i + 1]]``.

    They stand ``offsets`` positions after the piece's first; the piece takes ``advances`` of them.
    ``vocabulary`` is sorted, a term its place there.
    """

    terms: Integers
    offsets: NDArray[Any]
    starts: Integers
    advances: NDArray[Any]
    vocabulary: Sequence[bytes]


class _PieceTable(dict[str, int]):
    """The row numbers of distinct pieces of text; a new piece is analysed when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
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
        """Add the row of a name: its pieces' in a row, and the gap before the next name."""
        position = 0
        for row in [self[piece] for piece in pieces(name)]:
            for at in range(self._ends[row], self._ends[row + 1]):
                self._terms.append(self._terms[at])
                self._offsets.append(position + self._offsets[at])
            position += self._advances[row]
        return self._finish(max(position - 1, 0) + NAME_GAP)

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
            smallest(np.array(self._offsets, np.int32)),
            np.array(self._ends, np.int32),
            smallest(np.array(self._advances, np.int32)),
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
        self.counts = array("i")

    def add(self, rows: Iterable[int]) -> None:
        before = len(self.rows)
        self.rows.extend(rows)
        self.counts.append(len(self.rows) - before)


def _name_texts(names: CodedColumn) -> tuple[_Texts, _Table]:
    """Return lists of names as texts whose pieces are whole names, and their piece table."""
    table = _PieceTable()
    rows = np.array([table.name_row(name.decode()) for name in names.values], np.int32)
    texts = _Texts()
    texts.rows.frombytes(rows[names.codes].tobytes())
    assert names.starts is not None
    texts.counts.frombytes(np.diff(names.starts).astype(np.int32).tobytes())
    return texts, table.table()


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


def _itself(value: str) -> Iterable[str]:
    return (value,) if value else ()


def _number_terms(whoosh_field: Any, value: str) -> Iterable[bytes]:
    """Return the terms of a number, one for each of the precisions that Whoosh indexes."""
    return [term for term, *_ in whoosh_field.index(int(value))] if value else ()


def _inverted(texts: _Texts, table: _Table) -> tuple[PostingLists, Integers]:
    """Return a field's posting lists, and each document's number of terms.

    The arrays of all tokens are the price of a build in memory; each goes as soon as it can.
    """
    rows = np.frombuffer(texts.rows, np.int32) if texts.rows else np.zeros(0, np.int32)
    counts = np.frombuffer(texts.counts, np.int32) if texts.counts else np.zeros(0, np.int32)
    advances = table.advances[rows]
    positions = np.cumsum(advances, dtype=np.int32)
    # Positions run on over all texts; each text's own begin at 0.
    base = np.concatenate((np.zeros(1, np.int32), positions))[np.cumsum(counts) - counts]
    positions -= advances
    positions -= np.repeat(base, counts)
    term_counts = smallest(np.diff(table.starts))[rows]
    term_ends = np.concatenate((np.zeros(1, np.int32), np.cumsum(term_counts, dtype=np.int32)))
    lengths = np.diff(term_ends[np.concatenate(([0], np.cumsum(counts)))])
    entries = table.starts[rows]
    entries -= term_ends[:-1]
    del term_ends
    entries = np.repeat(entries, term_counts)
    entries += np.arange(len(entries), dtype=np.int32)
    positions = np.repeat(positions, term_counts)
    positions += table.offsets[entries]
    terms = table.terms[entries]
    del rows, entries, advances, term_counts
    documents = np.repeat(np.arange(len(counts), dtype=np.int32), lengths)
    order = stable_order(terms)
    positions = positions[order]
    documents = documents[order]
    terms = terms[order]
    del order
    first = np.flatnonzero(is_first(terms) | is_first(documents))
    documents, terms = documents[first], terms[first]
    frequencies = np.diff(first, append=len(positions)).astype(np.int32)
    posting_counts = np.bincount(terms, minlength=len(table.vocabulary))
    present = np.flatnonzero(posting_counts)
    starts = running_sums(posting_counts[present])
    vocabulary = [table.vocabulary[number] for number in present.tolist()]
    return PostingLists(vocabulary, starts, documents, frequencies, positions), lengths
