"""Whoosh's codec interfaces over array segments: what lets Whoosh write and search them.

``index.segments.segment`` knows the arrays; here they are dressed as Whoosh's terms, matchers,
lengths, stored fields and columns. Writing through these interfaces costs an object of Whoosh for
each posting; the writer of papers makes the arrays directly.
"""

import os
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
from whoosh import columns
from whoosh.codec import base
from whoosh.filedb.filestore import RamStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.formats import Format, Positions
from whoosh.index import TOC
from whoosh.matching import ListMatcher
from whoosh.reading import TermInfo, TermNotFound

from index.schema import ListColumn, schema
from index.segments.arrayfile import ArrayFile
from index.segments.contents import INDEX_NAME, Contents
from index.segments.files import map_file
from index.segments.segment import (
    DOCUMENTS_EXTENSION,
    POSTINGS_EXTENSION,
    ByteStrings,
    CodedColumn,
    Documents,
    DocumentsReader,
    FieldReader,
    Integers,
    PostingLists,
    PostingsReader,
    StoredPacker,
    code_column,
    code_lists,
    decode_stored,
    encode_stored,
    write_documents,
    write_postings,
)


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Whoosh's codec of array segments. Vectors are not supported."""

    length_stats = False

    def per_document_writer(self, storage: Any, segment: Any) -> "_DocumentsWriter":
        """Return a writer of lengths, columns and stored fields."""
        return _DocumentsWriter(storage, segment)

    def field_writer(self, storage: Any, segment: Any) -> "_PostingsWriter":
        """Return a writer of terms and posting lists."""
        return _PostingsWriter(storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> "_TermsReader":
        """Return a reader of terms and posting lists."""
        # Both files now: a later commit may delete them while the reader is in use.
        return _TermsReader(_postings_reader(storage, segment), _documents_reader(storage, segment))

    def per_document_reader(self, storage: Any, segment: Any) -> "_PerDocumentReader":
        """Return a reader of lengths, columns and stored fields."""
        return _PerDocumentReader(_documents_reader(storage, segment), segment)

    def new_segment(self, storage: Any, indexname: str) -> "ArraySegment":  # noqa: ARG002
        """Return a segment that holds nothing yet."""
        return ArraySegment(indexname)


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
        # Pickled into Whoosh's table of contents: 4 bytes a document.
        self._deleted = array("I", deleted)

    def codec(self) -> ArrayCodec:
        """Return the codec that reads this segment."""
        return ArrayCodec()

    def should_assemble(self) -> bool:
        """Tell Whoosh to leave the segment's two files as they are."""
        return False

    def set_doc_count(self, doccount: int) -> None:
        """Set the number of documents, deleted ones included."""
        self._document_count = doccount

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
        """Tell whether a document is deleted."""
        at = bisect_left(self._deleted, docnum)
        return at < len(self._deleted) and self._deleted[at] == docnum

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Delete a document, or with ``delete`` False take its deletion back."""
        at = bisect_left(self._deleted, docnum)
        if delete and not self.is_deleted(docnum):
            self._deleted.insert(at, docnum)
        elif not delete and self.is_deleted(docnum):
            del self._deleted[at]


def whoosh_table(contents: Contents) -> bytes:
    """Return the table of contents as Whoosh reads it."""
    segments = [
        ArraySegment(
            INDEX_NAME,
            of.name.removeprefix(f"{INDEX_NAME}_"),
            of.document_count,
            of.deleted.tolist(),
        )
        for of in contents.segments
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


class _DocumentsWriter(base.PerDocWriterWithColumns):  # type: ignore[misc]
    """Gathers what Whoosh says of each document, and writes the documents file when closed."""

    def __init__(self, storage: Any, segment: ArraySegment) -> None:
        super().__init__()
        self._storage = storage
        self._segment = segment
        self._docnum = -1
        self._stored: list[dict[str, Any]] = []
        self._lengths: dict[str, dict[int, int]] = defaultdict(dict)
        self._columns: dict[str, tuple[Any, dict[int, Any]]] = {}
        self.is_closed = False

    def start_doc(self, docnum: int) -> None:
        self._docnum = docnum
        self._stored.append({})

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:  # noqa: ARG002
        if value is not None:
            self._stored[-1][fieldname] = value
        if length:
            self._lengths[fieldname][self._docnum] = length

    def add_column_value(self, fieldname: str, columnobj: Any, value: Any) -> None:
        self._columns.setdefault(fieldname, (columnobj, {}))[1][self._docnum] = value

    def add_vector_items(self, fieldname: str, fieldobj: Any, items: Any) -> None:
        raise NotImplementedError(f"field {fieldname!r}: array segments hold no vectors")

    def cancel_doc(self) -> None:
        self._stored.pop()
        for values in (*self._lengths.values(), *(column for _, column in self._columns.values())):
            values.pop(self._docnum, None)

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        count = len(self._stored)
        lengths = {
            name: np.array([of.get(number, 0) for number in range(count)], np.int32)
            for name, of in self._lengths.items()
        }
        numbers, texts, coded, opaque = {}, {}, {}, {}
        for name, (column, values) in self._columns.items():
            if type(column) is columns.NumericColumn:
                every = [values.get(number, column.default_value()) for number in range(count)]
                numbers[name] = np.array(every, np.dtype(column._typecode))
            elif type(column) is columns.VarBytesColumn:
                texts[name] = [values.get(number, b"") for number in range(count)]
            elif type(column) is columns.RefBytesColumn and not column._fixedlen:
                default = column.default_value()
                coded[name] = code_column([values.get(at, default) for at in range(count)])
            elif type(column) is ListColumn:
                lists = [values.get(at, b"").split(b"\n") for at in range(count)]
                coded[name] = code_lists([list(filter(None, of)) for of in lists])
            else:
                opaque[name] = _as_written(column, values, count)
        stored = [encode_any_stored(values) if values else b"" for values in self._stored]
        packer = StoredPacker(stored)
        packed = list(map(packer.pack, stored))
        documents = Documents(
            count, lengths, numbers, texts, coded, opaque, packed, packer.dictionary
        )
        with self._segment.create_file(self._storage, DOCUMENTS_EXTENSION) as file:
            write_documents(file, documents)


def _as_written(column: Any, values: dict[int, Any], count: int) -> bytes:
    """Return the bytes of a column as its own writer writes them."""
    file = BytesIO()
    writer = column.writer(StructFile(file))
    for number, value in sorted(values.items()):
        writer.add(number, value)
    writer.finish(count)
    return file.getvalue()


def encode_any_stored(values: Mapping[str, Any]) -> bytes:
    """Return a document's stored values as bytes, of the types that Whoosh's fields store.

    Raises TypeError for another: a pickle would keep it, and run whatever it says when read.
    Raises TooLargeError if they are more than a segment stores of one document.
    """
    return b"t" + encode_stored(_tagged(dict(values)))[1:]


def decode_any_stored(stored: bytes) -> dict[str, Any]:
    """Return the values that ``encode_any_stored`` or ``encode_stored`` was given."""
    values = decode_stored(stored)
    decoded: dict[str, Any] = _untagged(values) if stored[:1] == b"t" else values
    return decoded


def _tagged(value: Any) -> Any:
    """Return a value as JSON keeps it: what JSON has no type for as {type: text or list}."""
    kind = type(value)
    match value:
        case None | str() | bool() | int() | float() if kind in _PLAIN:
            return value
        case bytes():
            return {"bytes": value.hex()}
        case date() if kind in (date, datetime):
            return {kind.__name__: value.isoformat()}
        case Decimal():
            return {"Decimal": str(value)}
        case list() | tuple() if kind in (list, tuple):
            return {kind.__name__: [_tagged(one) for one in value]}
        case dict():
            return {"dict": [[_tagged(key), _tagged(of)] for key, of in value.items()]}
    raise TypeError(f"{kind.__name__} {value!r}: array segments store no such values")


_PLAIN = (type(None), str, bool, int, float)
_UNTAG: Mapping[str, Callable[[Any], Any]] = {
    "bytes": bytes.fromhex,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": Decimal,
    "list": lambda values: [_untagged(one) for one in values],
    "tuple": lambda values: tuple(_untagged(one) for one in values),
    "dict": lambda pairs: {_untagged(key): _untagged(value) for key, value in pairs},
}


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((tag, kept),) = value.items()
    return _UNTAG[tag](kept)


class _PostingsWriter(base.FieldWriter):  # type: ignore[misc]
    """Gathers the postings that Whoosh gives in order, and writes the postings file when closed."""

    def __init__(self, storage: Any, segment: ArraySegment) -> None:
        self._storage = storage
        self._segment = segment
        self._fields: dict[str, PostingLists] = {}
        self.is_closed = False

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        self._name = fieldname
        self._format = fieldobj.format
        self._terms: list[bytes] = []
        self._starts: list[int] = []
        self._documents: list[int] = []
        self._weights: list[float] = []
        self._payloads: list[bytes] = []

    def start_term(self, text: bytes) -> None:
        self._terms.append(text)
        self._starts.append(len(self._documents))

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int) -> None:  # noqa: ARG002
        self._documents.append(docnum)
        self._weights.append(weight)
        self._payloads.append(vbytes)

    def finish_term(self) -> None:
        pass

    def finish_field(self) -> None:
        starts = np.array([*self._starts, len(self._documents)], np.int64)
        documents = np.array(self._documents, np.int32)
        weights = np.array(self._weights, np.float32)
        frequencies = np.ones(len(documents), np.int32)
        positions, values = None, None
        if type(self._format) is Positions:
            found = [self._format.decode_positions(payload) for payload in self._payloads]
            frequencies = np.array([len(of) for of in found], np.int32)
            positions = np.array([at for of in found for at in of], np.int32)
        else:
            if (weights == np.floor(weights)).all():
                frequencies = weights.astype(np.int32)
            if any(self._payloads):
                values = self._payloads
        self._fields[self._name] = PostingLists(
            self._terms,
            starts,
            documents,
            frequencies,
            positions,
            None if (weights == frequencies).all() else weights,
            values,
        )

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        with self._segment.create_file(self._storage, POSTINGS_EXTENSION) as file:
            write_postings(file, self._fields.items(), ())


class _TermsReader(base.TermsReader):  # type: ignore[misc]
    def __init__(self, postings: PostingsReader, documents: DocumentsReader) -> None:
        self._fields = postings.fields
        self._documents = documents

    def _find(self, fieldname: str, text: bytes) -> tuple[FieldReader, int]:
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
                yield from ((name, field.term(at)) for at in range(start, len(field)))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(
        self, fieldname: str, prefix: bytes
    ) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        field, number = self._find(fieldname, text)
        documents = field.postings(number).documents
        weights = field.weights(number)
        lengths = self._documents.lengths(fieldname)
        found = lengths[documents] if lengths is not None else np.zeros(1, np.int32)
        return TermInfo(
            weight=float(weights.sum(dtype=np.float64)),
            df=len(documents),
            minlength=int(found.min()),
            maxlength=int(found.max()),
            maxweight=float(weights.max()),
            minid=int(documents[0]),
            maxid=int(documents[-1]),
        )

    # Whoosh asks how often a term comes without asking first whether it is there.

    def frequency(self, fieldname: str, text: bytes) -> float:
        if (fieldname, text) not in self:
            return 0.0
        field, number = self._find(fieldname, text)
        return float(field.weights(number).sum(dtype=np.float64))

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
        values: Sequence[bytes] | None = field.values(number)
        if type(format_) is Positions:
            values = _EncodedPositions(format_, postings.frequencies, field.positions(number))
        elif values is None and format_.supports("frequency"):
            values = [format_.encode(int(count)) for count in postings.frequencies]
        return _ArrayMatcher(
            postings.documents.tolist(),
            field.weights(number).tolist(),
            values,
            format_,
            scorer=scorer,
            term=(fieldname, text),
            terminfo=self.term_info(fieldname, text),
        )

    def indexed_field_names(self) -> Iterable[str]:
        return self._fields.keys()


class _EncodedPositions(Sequence[bytes]):
    """The positions of each posting of a list, encoded as Whoosh's format has them."""

    def __init__(self, format_: Format, frequencies: Integers, positions: Integers) -> None:
        self._format = format_
        self._ends = np.cumsum(frequencies).tolist()
        self._positions = positions

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, at: Any) -> Any:
        start = self._ends[at - 1] if at else 0
        return self._format.encode(self._positions[start : self._ends[at]].tolist())


class _ArrayMatcher(ListMatcher):  # type: ignore[misc]
    """Whoosh's matcher of a list of documents, which skips by bisection."""

    _i: int

    def skip_to(self, id: int) -> None:
        self._i = bisect_left(self._ids, id, self._i)


class _Cursor(base.FieldCursor):  # type: ignore[misc]
    """Walks the terms of a field; past the last one its text is None."""

    def __init__(
        self, terms: _TermsReader, name: str, field: FieldReader | None, fieldobj: Any
    ) -> None:
        self._terms = terms
        self._name = name
        self._field = field
        self._count = len(field) if field else 0
        self._fieldobj = fieldobj
        self._at = 0

    def first(self) -> Any:
        self._at = 0
        return self.text()

    def find(self, term: bytes | str) -> Any:
        wanted = term if isinstance(term, bytes) else self._fieldobj.to_bytes(term)
        self._at = self._field.lower_bound(wanted) if self._field else 0
        return self.text()

    def next(self) -> Any:
        self._at = min(self._at + 1, self._count)
        return self.text()

    def text(self) -> Any:
        if self._field is None or not self.is_valid():
            return None
        return self._fieldobj.from_bytes(self._field.term(self._at))

    def term_info(self) -> TermInfo | None:
        if self._field is None or not self.is_valid():
            return None
        return self._terms.term_info(self._name, self._field.term(self._at))

    def is_valid(self) -> bool:
        return self._at < self._count


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
        kinds = (documents.numbers, documents.texts, documents.coded, documents.opaque)
        return any(kind(fieldname) is not None for kind in kinds)

    def column_reader(self, fieldname: str, column: Any) -> Any:
        numbers = self._documents.numbers(fieldname)
        if numbers is not None:
            return _NumberColumn(numbers)
        texts = self._documents.texts(fieldname)
        if texts is not None:
            return _TextColumn(texts)
        coded = self._documents.coded(fieldname)
        if coded is not None:
            return _CodedColumn(coded)
        written = self._documents.opaque(fieldname) or b""
        return column.reader(BufferFile(memoryview(written)), 0, len(written), self.doc_count_all())

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
        return decode_any_stored(self._documents.stored(docnum))


class _NumberColumn(columns.ColumnReader):  # type: ignore[misc]
    def __init__(self, numbers: np.ndarray[Any, Any]) -> None:
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
        return b"\n".join(self._values[at] for at in codes[starts[docnum] : starts[docnum + 1]])

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))
