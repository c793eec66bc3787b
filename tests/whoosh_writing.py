"""Papers written through Whoosh's own writing API: the slow oracle for inversion.

Whoosh analyses each text through the schema's analyzers and hands over a token, a posting and a
column value at a time; here they are gathered into the arrays of a segment.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from whoosh import columns
from whoosh.codec import base
from whoosh.filedb.filestore import RamStorage
from whoosh.formats import Positions
from whoosh.writing import SegmentWriter

from index.codec import ArrayCodec, ArraySegment
from index.fields import FIELDS, VALUES, exact_twin
from index.paper import Paper
from index.schema import ListColumn, schema
from index.segments.arrayfile import ArrayFile
from index.segments.documents import (
    CodedColumn,
    Documents,
    DocumentsReader,
    code_column,
    code_lists,
    write_documents,
)
from index.segments.names import DOCUMENTS_EXTENSION, POSTINGS_EXTENSION
from index.segments.postings import PostingLists, PostingsReader, write_postings
from index.segments.stored import StoredPacker, encode_stored


def written_by_whoosh(papers: Sequence[Paper]) -> tuple[PostingsReader, DocumentsReader]:
    """Write papers through Whoosh's writer, and return readers of the segment."""
    index = RamStorage().create_index(schema())
    writer = SegmentWriter(index, codec=WritingCodec())
    for paper in papers:
        writer.add_document(**document(paper))
    writer.commit()
    (segment,) = index._segments()
    names = [segment.make_filename(of) for of in (POSTINGS_EXTENSION, DOCUMENTS_EXTENSION)]
    postings, documents = (ArrayFile(bytes(index.storage.files[name]), name) for name in names)
    return PostingsReader(postings), DocumentsReader(documents)


def document(paper: Paper) -> dict[str, Any]:
    """Return the values of the schema's indexed fields and columns for ``paper``."""
    values: dict[str, Any] = {}
    for field in FIELDS:
        value = VALUES[field.value](paper)
        if isinstance(value, tuple):
            value = "\n".join(value)
        if value == {"number": 0, "decimal": float("-inf")}.get(field.kind, ""):
            continue  # the paper has no value for this field
        values[field.name] = value.encode() if field.kind == "list" else value
        if field.kind == "text":
            values[exact_twin(field.name)] = value
    return values


class WritingCodec(ArrayCodec):
    """The codec of array segments with the writing half that Whoosh's writer needs."""

    def per_document_writer(self, storage: Any, segment: Any) -> "_DocumentsWriter":
        return _DocumentsWriter(storage, segment)

    def field_writer(self, storage: Any, segment: Any) -> "_PostingsWriter":
        return _PostingsWriter(storage, segment)

    def new_segment(self, storage: Any, indexname: str) -> "WrittenSegment":  # noqa: ARG002
        return WrittenSegment(indexname)


class WrittenSegment(ArraySegment):
    """A segment whose number of documents Whoosh's writer sets when it has written them."""

    def should_assemble(self) -> bool:
        return False

    def set_doc_count(self, doccount: int) -> None:
        self._document_count = doccount


class _DocumentsWriter(base.PerDocWriterWithColumns):  # type: ignore[misc]
    """Gathers what Whoosh says of each document, and writes the documents file when closed."""

    def __init__(self, storage: Any, segment: WrittenSegment) -> None:
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

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        count = len(self._stored)
        lengths = {
            name: np.array([given.get(number, 0) for number in range(count)], np.int32)
            for name, given in self._lengths.items()
        }
        numbers: dict[str, Any] = {}
        texts: dict[str, list[bytes]] = {}
        coded: dict[str, CodedColumn] = {}
        for name, (column, values) in self._columns.items():
            each = [values.get(number, column.default_value()) for number in range(count)]
            if type(column) is columns.NumericColumn:
                numbers[name] = np.array(each, np.dtype(column._typecode))
            elif type(column) is columns.VarBytesColumn:
                texts[name] = each
            elif type(column) is columns.RefBytesColumn:
                coded[name] = code_column(each)
            else:
                assert type(column) is ListColumn
                coded[name] = code_lists([list(filter(None, one.split(b"\n"))) for one in each])
        stored = [encode_stored(values) for values in self._stored]
        packer = StoredPacker(stored)
        packed = list(map(packer.pack, stored))
        documents = Documents(count, lengths, numbers, texts, coded, packed, packer.dictionary)
        with self._segment.create_file(self._storage, DOCUMENTS_EXTENSION) as file:
            write_documents(file, documents)


class _PostingsWriter(base.FieldWriter):  # type: ignore[misc]
    """Gathers the postings that Whoosh gives in order, and writes the postings file when closed."""

    def __init__(self, storage: Any, segment: WrittenSegment) -> None:
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
        self._payloads: list[bytes] = []

    def start_term(self, text: bytes) -> None:
        self._terms.append(text)
        self._starts.append(len(self._documents))

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int) -> None:  # noqa: ARG002
        assert weight >= 1
        self._documents.append(docnum)
        self._payloads.append(vbytes)

    def finish_term(self) -> None:
        pass

    def finish_field(self) -> None:
        frequencies, positions = None, None
        if type(self._format) is Positions:
            listed = [self._format.decode_positions(payload) for payload in self._payloads]
            frequencies = np.array([len(places) for places in listed], np.int32)
            positions = np.array([place for places in listed for place in places], np.int32)
        self._fields[self._name] = PostingLists(
            self._terms,
            np.array([*self._starts, len(self._documents)], np.int64),
            np.array(self._documents, np.int32),
            frequencies,
            positions,
        )

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        with self._segment.create_file(self._storage, POSTINGS_EXTENSION) as file:
            write_postings(file, self._fields.items(), ())
