"""Papers → the arrays of a segment: inversion by sorting, without an object for each posting.

A text is split at white space and at characters that no token crosses, and each distinct piece is
analysed once: it becomes a row of a table with the terms it gives and the positions it takes. From
there on a text is an array of row numbers, and all posting lists of a field come out of one stable
sort of its terms.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.analysis import (
    MAX_WORD_CHARS,
    NAME_GAP,
    TEXT_END,
    cut,
    pieces,
    plain_words,
    separated,
    stemming,
    stems_of,
    tokens,
    word_forms,
)
from index.building.gathering import Keywords, Numbers, StringColumn, lists_of_values, ranked
from index.building.rows import PieceRows
from index.fields import FIELDS, SORTABLE_ZERO, STEMMED_FIELDS, VALUES, Field, Kind, exact_twin
from index.names import name_terms
from index.paper import Paper
from index.schema import schema
from index.segments.arrays import Integers, is_first, smallest, stable_order, steps
from index.segments.documents import CodedColumn, Documents, write_documents
from index.segments.postings import PostingLists, StemField, stem_field, write_postings

# Memory at the peak of inverting, by measure: sorting holds several integers for each token, which
# takes eight bytes of text, or three where each character is one.
_BYTES_PER_TOKEN = 40
_TEXT_BYTES_PER_TOKEN = 8
# The pieces of some 4,000 abstracts: their arrays take a few megabytes each.
_BLOCK_ROWS = 1 << 19
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


def memory_bytes(abstracts: Sequence[bytes]) -> int:
    """Return an estimate of the memory that writing abstracts takes."""
    wide = b"".join([text for text in abstracts if not text.isascii()])
    cjk_count = len(wide) - len(wide.translate(None, _FIRST_OF_CJK))
    byte_count = sum(map(len, abstracts))
    return byte_count * _BYTES_PER_TOKEN // _TEXT_BYTES_PER_TOKEN + cjk_count * _BYTES_PER_TOKEN


class Inverter:
    """Gathers papers, and writes them as one segment."""

    def __init__(self) -> None:
        self._words = _PieceTable()
        self._rows = PieceRows(self._words.rows_of)
        # Each text field's texts, as rows of the table.
        self._texts = {field.name: array("i") for field in _of_kind("text")}
        # Stems of the table's terms.
        self._stems: list[bytes] = []
        self._name_words = _PieceTable()
        # Of each field of words, the distinct values of its column, as rows of that table.
        self._names = {field.name: array("i") for field in _of_kind("words")}
        self._columns = {value: StringColumn() for value in _STRINGS}
        types = schema()
        self._keywords = {field.name: Keywords(_terms_of(field, types)) for field in _KEYWORDS}
        self._numbers = {field.name: array("q") for field in _of_kind("number")}
        self._decimals = {field.name: array("d") for field in _of_kind("decimal")}
        self._plain: dict[str, list[bytes]] = {field.name: [] for field in _PLAIN}
        self._count = 0

    def __len__(self) -> int:
        """Return the number of papers"""
        return self._count

    def add(self, rows: Sequence[Row], abstracts: Sequence[bytes]) -> None:
        """Gather papers, and stem their new words."""
        if not rows:
            return
        values = dict(zip(ROW, zip(*rows, strict=True), strict=True))
        for field in _of_kind("text"):
            texts: Iterable[bytes] = abstracts
            if field.value != "abstract":
                texts = map(encoded, values[field.value])
            self._texts[field.name].frombytes(self._rows.of(cut(texts)).tobytes())
        self._stems += stems_of(self._words.terms.since(len(self._stems)))
        for field in _of_kind("number"):
            self._numbers[field.name].extend(values[field.value])
            # A number of 0 stands for none.
            values[field.value] = tuple([str(of or "") for of in values[field.value]])
        new = {name: column.add(values[name]) for name, column in self._columns.items()}
        for field in _of_kind("words"):
            of_names = pieces(map(encoded, new[field.value]))
            self._names[field.name].extend(self._name_words.rows_of(of_names))
        for field in _KEYWORDS:
            self._keywords[field.name].add(new[field.value])
        for field in _of_kind("decimal"):
            self._decimals[field.name].extend(values[field.value])
        for field in _PLAIN:
            self._plain[field.name] += map(encoded, values[field.value])
        self._count += len(rows)

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
        columns = {value: column.coded() for value, column in self._columns.items()}
        lengths: dict[str, Integers] = {}
        terms: dict[str, Integers] = {}
        words = self._words.table()
        # Memory is needed for other things now, and there are no further texts.
        self._rows.forget()
        self._words.forget()

        def fields() -> Iterator[tuple[str, PostingLists]]:
            # The longest texts first: what they need at the peak is freed before the rest comes.
            for name in reversed(STEMMED_FIELDS):
                exact = exact_twin(name)
                rows = np.frombuffer(self._texts.pop(name), np.int32)
                lists, lengths[exact], terms[exact] = _inverted(rows, words)
                del rows
                lengths[name] = lengths[exact]
                yield exact, lists
            name_words = self._name_words.table()
            for field in _of_kind("words"):
                texts = _name_texts(columns[field.value], self._names[field.name], name_words)
                lists, lengths[field.name], _ = _inverted(*texts)
                yield field.name, lists
            for field in _of_kind(*_KEYWORD_KINDS):
                if field in _PLAIN:
                    yield field.name, lists_of_values(self._plain[field.name])
                else:
                    yield field.name, self._keywords[field.name].lists(columns[field.value])

        def stem_fields() -> Iterator[tuple[str, StemField]]:
            stems = sorted(set(self._stems))
            places = {stem: place for place, stem in enumerate(stems)}
            stem_of_term = np.empty(len(self._stems), np.int32)
            stem_of_term[words.ranks] = list(map(places.__getitem__, self._stems))
            for name in STEMMED_FIELDS:
                exact = exact_twin(name)
                yield name, stem_field(exact, stems, stem_of_term[terms[exact]])

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
                    name: np.array(own, np.uint32) + np.uint32(SORTABLE_ZERO)
                    for name, own in self._numbers.items()
                },
                **{name: np.array(own, np.float64) for name, own in self._decimals.items()},
            },
            texts=self._plain,
            coded={
                **{
                    field.name: columns[field.value]._replace(starts=None)
                    for field in FIELDS
                    if field.column == "codes"
                },
                **{field.name: columns[field.value] for field in _of_kind("list")},
            },
            stored=packed,
            dictionary=dictionary,
        )
        write_documents(documents_file, documents)
        step(step_count, step_count)


def _of_kind(*kinds: Kind) -> list[Field]:
    """Return the fields of each kind in turn."""
    return [field for kind in kinds for field in FIELDS if field.kind == kind]


_PLAIN = tuple(field for field in FIELDS if field.column == "strings")
"""The fields whose values nearly all differ, such as ids; they are not numbered."""

_KEYWORD_KINDS: tuple[Kind, ...] = ("names", "value", "number")
_KEYWORDS = tuple(field for field in _of_kind(*_KEYWORD_KINDS) if field not in _PLAIN)
_STRINGS = tuple(
    dict.fromkeys(
        field.value
        for field in FIELDS
        if field.column == "codes" or field.kind in ("words", "list") or field in _KEYWORDS
    )
)
"""The values that are strings, or written as such, and numbered."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of pieces: row i gives the terms ``terms[starts[i]:starts[i + 1]]``.

    They stand ``offsets`` positions after the piece's first; the piece takes ``advances`` of them.
    ``vocabulary`` is sorted, a term its place there; ``ranks`` are the places of the terms in the
    order in which they came. Row 0 is that of TEXT_END, which has no terms.
    """

    terms: Integers
    offsets: NDArray[Any]
    starts: Integers
    advances: NDArray[Any]
    vocabulary: Sequence[bytes]
    ranks: Integers


class _PieceTable:
    """The row numbers of distinct pieces of text; a new piece is analysed when it is asked for.

    ``terms``: the terms of all pieces, each with the number that came with its first.
    """

    def __init__(self) -> None:
        self.terms: Numbers[bytes] = Numbers()
        self._rows: dict[bytes, int] = {}
        self._terms = array("i")
        self._offsets = array("i")
        self._ends = array("i", [0])
        self._advances = array("i")
        self._finish(TEXT_END, 0)

    def rows_of(self, pieces: Sequence[bytes]) -> Sequence[int]:
        """Return the row of each piece."""
        rows = [*map(self._rows.get, pieces)]
        if None in rows:
            new = dict.fromkeys([p for p, row in zip(pieces, rows, strict=True) if row is None])
            self._analyse(new)
            return [*map(self._rows.__getitem__, pieces)]
        return rows  # type: ignore[return-value]

    def _analyse(self, pieces: Iterable[bytes]) -> None:
        """Add the rows of new pieces: first those of one term each, all at once."""
        plain: list[bytes] = []
        others: list[bytes] = []
        for piece in pieces:
            (plain if piece.isalnum() and not piece.isupper() else others).append(piece)
        numbers, add = self.terms, self.terms.setdefault
        first_row, first_term, count = len(self._advances), len(self._terms), len(plain)
        self._terms.extend([add(one.lower()[:MAX_WORD_CHARS], len(numbers)) for one in plain])
        self._offsets.extend(repeat(0, count))
        self._ends.extend(range(first_term + 1, first_term + count + 1))
        self._advances.extend(repeat(1, count))
        self._rows.update(zip(plain, range(first_row, first_row + count), strict=True))
        for piece in others:
            self._finish(piece, self._add_piece(piece))

    def _add_piece(self, piece: bytes) -> int:
        """Add the terms of a piece, and return how many positions it takes."""
        if words := plain_words(piece):
            if len(words) > 1:
                self._add(b"".join(words)[:MAX_WORD_CHARS], 0)
            for place, word in enumerate(words):
                self._add(word[:MAX_WORD_CHARS], place)
            return len(words)
        if _is_number(piece):
            self._add(piece[:MAX_WORD_CHARS], 0)
            return 1
        end = 0
        for text in separated(piece.decode("utf-8", "surrogatepass")):
            end = self._add_text(text, end)
        return end

    def forget(self) -> None:
        """Free the pieces; their terms are kept."""
        self._rows = {}

    def table(self) -> _Table:
        vocabulary, ranks = ranked(self.terms)
        return _Table(
            ranks[np.array(self._terms, np.int32)],
            smallest(np.array(self._offsets, np.int32)),
            np.array(self._ends, np.int32),
            smallest(np.array(self._advances, np.int32)),
            vocabulary,
            ranks,
        )

    def _add_text(self, text: str, position: int) -> int:
        """Add the terms of a text from a position on, and return the one behind them."""
        if forms := word_forms(text):
            for form in forms:
                self._add(encoded(form), position)
            return position + 1
        end = position
        for token in tokens(text):
            end = position + token.position
            for form in token.forms:
                self._add(encoded(form), end)
            end += 1
        return end

    def _add(self, term: bytes, offset: int) -> None:
        self._terms.append(self.terms[term])
        self._offsets.append(offset)

    def _finish(self, piece: bytes, advance: int) -> None:
        self._rows[piece] = len(self._advances)
        self._ends.append(len(self._terms))
        self._advances.append(advance)


def _is_number(piece: bytes) -> bool:
    """Tell whether a piece is a number with a point inside."""
    whole, _, rest = piece.partition(b".")
    return whole.isdigit() and rest.isdigit()


def _name_texts(names: CodedColumn, rows: "array[int]", table: _Table) -> tuple[Integers, _Table]:
    """Return lists of names as texts whose pieces are whole names, and their table.

    ``rows`` are the rows in ``table`` of the pieces of each name. A name takes the positions up to
    the next one, the gap that no phrase crosses among them.
    """
    terms, positions, counts, widths = _terms(np.array(rows, np.int32), table)
    whole_names = _Table(
        terms,
        positions,
        np.concatenate(([0, 0], np.cumsum(counts))).astype(np.int32),
        np.concatenate(([0], np.maximum(widths - 1, 0) + NAME_GAP)).astype(np.int32),
        table.vocabulary,
        table.ranks,
    )
    assert names.starts is not None
    return np.insert(names.codes + 1, names.starts[1:], 0), whole_names


def _terms_of(field: Field, types: Any) -> Callable[[str], Iterable[bytes]]:
    """Return what gives the terms of a value in a field of names, values or numbers.

    ``types`` is the schema of Whoosh.
    """
    if field.kind == "names":
        return lambda name: map(encoded, name_terms(name))
    if field.kind == "value":
        return lambda value: (encoded(value),) if value else ()
    # A number has one term for each of the precisions that Whoosh indexes.
    number_terms = types[field.name].index
    return lambda number: [term for term, *_ in number_terms(int(number))] if number else ()


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

    Some texts at a time are looked at, since this takes several integers for each token.
    """
    ends = np.flatnonzero(rows == 0) + 1
    blocks = ends.searchsorted(np.arange(_BLOCK_ROWS, len(rows), _BLOCK_ROWS))
    bounds = [0, *dict.fromkeys(ends[blocks].tolist()), len(rows)]
    parts = [_terms_of_block(rows[low:high], table) for low, high in pairwise(bounds)]
    return _Terms(*map(np.concatenate, zip(*parts, strict=True)))


def _terms_of_block(rows: Integers, table: _Table) -> _Terms:
    ends = np.flatnonzero(rows == 0)
    advances = table.advances[rows]
    positions = np.cumsum(advances, dtype=np.int32)
    # Positions run on over all texts; each text's own begin at 0.
    reached = positions[ends]
    widths = steps(reached)
    positions -= advances
    del advances
    positions -= np.repeat(reached - widths, steps(ends, before=-1))
    term_counts = smallest(np.diff(table.starts))[rows]
    term_ends = np.cumsum(term_counts, dtype=np.int32)
    counts = steps(term_ends[ends])
    entries = table.starts[rows]
    entries -= term_ends
    entries += term_counts
    del term_ends
    entries = np.repeat(entries, term_counts)
    entries += np.arange(len(entries), dtype=np.int32)
    positions = np.repeat(positions, term_counts)
    positions += table.offsets[entries]
    return _Terms(table.terms[entries], smallest(positions), counts, widths)


def _inverted(rows: Integers, table: _Table) -> tuple[PostingLists, Integers, Integers]:
    """Return the posting lists of texts, given as rows of a table.

    Behind them are the number of terms of each text, and the place of each list's term.
    """
    terms, positions, counts, _ = _terms(rows, table)
    token_counts = np.bincount(terms, minlength=len(table.vocabulary))
    present = np.flatnonzero(token_counts)
    token_ends = np.cumsum(token_counts[present])
    order = stable_order(terms)
    del terms
    # In order, numbers of two bytes are read far faster than those of four.
    positions = positions[order]
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
    return lists, counts, present.astype(np.int32)
