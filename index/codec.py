"""A segment as Whoosh sees it: what lets ``whoosh.index.open_dir`` search an index of papers.

``index.segments`` knows the arrays; here they are dressed as Whoosh's terms, matchers, lengths,
stored fields and columns. Nothing is written through Whoosh: ``index.writers`` writes the arrays,
and ``whoosh_table`` the table of contents that Whoosh reads.
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh import columns
from whoosh.codec import base
from whoosh.filedb.filestore import RamStorage
from whoosh.formats import Format, Positions
from whoosh.index import TOC
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo, TermNotFound

from index.schema import schema
from index.segments.arrayfile import ArrayFile
from index.segments.arrays import Integers
from index.segments.contents import Contents
from index.segments.documents import CodedColumn, DocumentsReader
from index.segments.files import map_file
from index.segments.names import DOCUMENTS_EXTENSION, INDEX_NAME, POSTINGS_EXTENSION
from index.segments.packing import ByteStrings
from index.segments.postings import FieldReader, PostingsReader, StemFieldReader

Field = FieldReader | StemFieldReader


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Whoosh's codec of array segments, for reading only."""

    length_stats = False

    def terms_reader(self, storage: Any, segment: Any) -> "_TermsReader":
        """Return a reader of terms and posting lists."""
        # Both files are opened now: a later commit may delete them while the reader is in use.
        return _TermsReader(_postings_reader(storage, segment), _documents_reader(storage, segment))

    def per_document_reader(self, storage: Any, segment: Any) -> "_PerDocumentReader":
        """Return a reader of lengths, columns and stored fields."""
        return _PerDocumentReader(_documents_reader(storage, segment), segment)


class ArraySegment(base.Segment):  # type: ignore[misc]
    """Whoosh's handle of an array segment: its name, size and deleted documents."""

    def __init__(
        self,
        indexname: str,
        segid: str = "",
        document_count: int = 0,
        deleted: Iterable[int] = (),
    ) -> None:
        super().__init__(indexname)
        self.segid: str = segid or self.segid
        self._document_count = document_count
        # An array takes 4 bytes a document in the pickle that is Whoosh's table of contents.
        self._deleted = array("I", deleted)

    def codec(self) -> ArrayCodec:
        """Return the codec that reads this segment."""
        return ArrayCodec()

    def doc_count_all(self) -> int:
        """Return the number of documents, deleted ones included."""
        return self._document_count

    def deleted_count(self) -> int:
        """Return the number of deleted documents."""
        return len(self._deleted)

    def deleted_docs(self) -> Sequence[int]:
        """Return the numbers of the deleted documents, ascending."""
        return self._deleted

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        place = bisect_left(self._deleted, docnum)
        return place < len(self._deleted) and self._deleted[place] == docnum


def whoosh_table(contents: Contents) -> bytes:
    """Return the table of contents as Whoosh reads it."""
    segments = [
        ArraySegment(
            INDEX_NAME,
            entry.name.removeprefix(f"{INDEX_NAME}_"),
            entry.document_count,
            entry.deleted.tolist(),
        )
        for entry in contents.segments
    ]
    storage = RamStorage()
    TOC(schema(), segments, contents.generation).write(storage, INDEX_NAME)
    (table,) = storage.files.values()
    return bytes(table)


def _postings_reader(storage: Any, segment: Any) -> PostingsReader:
    return PostingsReader(_array_file(storage, segment, POSTINGS_EXTENSION))


def _documents_reader(storage: Any, segment: Any) -> DocumentsReader:
    return DocumentsReader(_array_file(storage, segment, DOCUMENTS_EXTENSION))


def _array_file(storage: Any, segment: Any, extension: str) -> ArrayFile:
    name = segment.make_filename(extension)
    folder = getattr(storage, "folder", "")
    if folder:
        path = os.path.join(folder, name)
        return ArrayFile(map_file(path), path)
    with storage.open_file(name) as file:
        return ArrayFile(bytes(file.read()), name)


class _TermsReader(base.TermsReader):  # type: ignore[misc]
    def __init__(self, postings: PostingsReader, documents: DocumentsReader) -> None:
        self._fields = postings.fields
        self._documents = documents

    def _find(self, fieldname: str, text: bytes) -> tuple[Field, int]:
        field = self._fields.get(fieldname)
        number = field.number(text) if field else -1
        if field is None or number < 0:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return field, number

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        field = self._fields.get(term[0])
        return field is not None and field.number(term[1]) >= 0

    def cursor(self, fieldname: str, fieldobj: Any) -> "_Cursor":
        return _Cursor(self, fieldname, self._fields.get(fieldname), fieldobj)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for name, field in self._fields.items():
            yield from ((name, term) for term in field.terms())

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        for name, field in self._fields.items():
            if name >= fieldname:
                start = field.lower_bound(prefix) if name == fieldname else 0
                yield from ((name, field.term(number)) for number in range(start, len(field)))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(
        self, fieldname: str, prefix: bytes
    ) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        field, number = self._find(fieldname, text)
        documents, frequencies = field.postings(number)
        lengths = self._documents.lengths(fieldname)
        own_lengths = lengths[documents] if lengths is not None else np.zeros(1, np.int32)
        return TermInfo(
            weight=float(frequencies.sum(dtype=np.int64)),
            df=len(documents),
            minlength=int(own_lengths.min()),
            maxlength=int(own_lengths.max()),
            maxweight=float(frequencies.max()),
            minid=int(documents[0]),
            maxid=int(documents[-1]),
        )

    # Whoosh asks for the frequency of a term without asking first whether it is there.

    def frequency(self, fieldname: str, text: bytes) -> float:
        if (fieldname, text) not in self:
            return 0.0
        field, number = self._find(fieldname, text)
        return float(field.postings(number).frequencies.sum(dtype=np.int64))

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        if (fieldname, text) not in self:
            return 0
        field, number = self._find(fieldname, text)
        return field.document_frequency(number)

    def matcher(
        self, fieldname: str, text: bytes, format_: Format, scorer: Any = None
    ) -> "_ArrayMatcher":
        field, number = self._find(fieldname, text)
        postings = field.postings(number)
        values: Sequence[bytes] | None = None
        if type(format_) is Positions:
            values = _EncodedPositions(format_, postings.frequencies, field.positions(number))
        elif format_.supports("frequency"):
            values = [format_.encode(int(count)) for count in postings.frequencies]
        return _ArrayMatcher(
            postings.documents.tolist(),
            postings.frequencies.astype(np.float64).tolist(),
            values,
            format_,
            scorer=scorer,
            term=(fieldname, text),
            terminfo=self.term_info(fieldname, text),
        )

    def indexed_field_names(self) -> Iterable[str]:
        return self._fields.keys()


class _EncodedPositions(Sequence[bytes]):
    """The positions of each posting of a list, encoded in one of Whoosh's formats."""

    def __init__(self, format_: Format, frequencies: Integers, positions: Integers) -> None:
        self._format = format_
        self._ends = np.cumsum(frequencies).tolist()
        self._positions = positions

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: Any) -> Any:
        start = self._ends[number - 1] if number else 0
        return self._format.encode(self._positions[start : self._ends[number]].tolist())


class _ArrayMatcher(ListMatcher):  # type: ignore[misc]
    """Whoosh's matcher of a list of documents, but skipping by bisection."""

    _i: int

    def skip_to(self, id: int) -> None:
        self._i = bisect_left(self._ids, id, self._i)


class _Cursor(base.FieldCursor):  # type: ignore[misc]
    """Walks over the terms of a field; its text is None after the last one."""

    def __init__(self, terms: _TermsReader, name: str, field: Field | None, fieldobj: Any) -> None:
        self._terms = terms
        self._name = name
        self._field = field
        self._count = len(field) if field else 0
        self._fieldobj = fieldobj
        self._number = 0

    def first(self) -> Any:
        self._number = 0
        return self.text()

    def find(self, term: bytes | str) -> Any:
        wanted = term if isinstance(term, bytes) else self._fieldobj.to_bytes(term)
        self._number = self._field.lower_bound(wanted) if self._field else 0
        return self.text()

    def next(self) -> Any:
        self._number = min(self._number + 1, self._count)
        return self.text()

    def text(self) -> Any:
        if self._field is None or not self.is_valid():
            return None
        return self._fieldobj.from_bytes(self._field.term(self._number))

    def term_info(self) -> TermInfo | None:
        if self._field is None or not self.is_valid():
            return None
        return self._terms.term_info(self._name, self._field.term(self._number))

    def is_valid(self) -> bool:
        return self._number < self._count


class _PerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    def __init__(self, documents: DocumentsReader, segment: ArraySegment) -> None:
        self._documents = documents
        self._segment = segment

    def doc_count(self) -> int:
        return self._segment.doc_count_all() - self._segment.deleted_count()

    def doc_count_all(self) -> int:
        return self._segment.doc_count_all()

    def has_deletions(self) -> bool:
        return bool(self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Sequence[int]:
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        return True

    def has_column(self, fieldname: str) -> bool:
        documents = self._documents
        kinds = (documents.numbers, documents.texts, documents.coded)
        return any(kind(fieldname) is not None for kind in kinds)

    def column_reader(self, fieldname: str, column: Any) -> Any:  # noqa: ARG002
        numbers = self._documents.numbers(fieldname)
        if numbers is not None:
            return _NumberColumn(numbers)
        texts = self._documents.texts(fieldname)
        if texts is not None:
            return _TextColumn(texts)
        coded = self._documents.coded(fieldname)
        if coded is not None:
            return _CodedColumn(coded)
        raise KeyError(f"no column {fieldname!r}")

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        lengths = self._documents.lengths(fieldname)
        return default if lengths is None else int(lengths[docnum]) or default

    def field_length(self, fieldname: str) -> int:
        lengths = self._documents.lengths(fieldname)
        return 0 if lengths is None else int(lengths.sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        lengths = self._documents.lengths(fieldname)
        return 0 if lengths is None or not len(lengths) else int(lengths.min())

    def max_field_length(self, fieldname: str) -> int:
        lengths = self._documents.lengths(fieldname)
        return 0 if lengths is None else int(lengths.max(initial=0))

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        return self._documents.stored_values(docnum)


class _NumberColumn(columns.ColumnReader):  # type: ignore[misc]
    def __init__(self, numbers: NDArray[Any]) -> None:
        self._numbers = numbers
        self._reverse = False

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, docnum: int) -> Any:
        return self._numbers[docnum].item()

    def sort_key(self, docnum: int) -> Any:
        return -self[docnum] if self._reverse else self[docnum]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._numbers.tolist())

    def load(self) -> list[Any]:
        loaded: list[Any] = self._numbers.tolist()
        return loaded

    def set_reverse(self) -> None:
        self._reverse = True


class _TextColumn(columns.ColumnReader):  # type: ignore[misc]
    def __init__(self, texts: ByteStrings) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, docnum: int) -> Any:
        return self._texts[docnum]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._texts)


class _CodedColumn(columns.ColumnReader):  # type: ignore[misc]
    def __init__(self, column: CodedColumn) -> None:
        self._column = column
        self._values = list(column.values)

    def __len__(self) -> int:
        starts = self._column.starts
        return len(self._column.codes) if starts is None else len(starts) - 1

    def __getitem__(self, docnum: int) -> bytes:
        codes, starts = self._column.codes, self._column.starts
        if starts is None:
            return bytes(self._values[codes[docnum]])
        own_codes = codes[starts[docnum] : starts[docnum + 1]]
        return b"\n".join(self._values[code] for code in own_codes)

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))
