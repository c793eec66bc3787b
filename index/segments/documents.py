"""The documents file of a segment: field lengths, columns and stored values of each document."""

from collections.abc import Callable, Mapping, Sequence, Sized
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.segments.arrayfile import UNREADABLE, ArrayFile, check_number, decodes, write_arrays
from index.segments.arrays import Integers, Starts, smallest
from index.segments.packing import (
    ArraysInParts,
    ByteStrings,
    check_starts,
    check_types,
    pack_starts,
    pack_strings,
    read_starts,
    string_starts,
)
from index.segments.stored import STORED_PACKING, decode_stored, unpacker

_NONE: Mapping[str, Any] = MappingProxyType({})


class CodedColumn(NamedTuple):
    """A column of byte strings that recur: document i has ``values[codes[i]]``.

    With ``starts`` a document has any number of values: those of the codes ``starts[i]`` to
    ``starts[i + 1]``.
    """

    values: Sequence[bytes]
    codes: Integers
    starts: Starts | None = None


class WrittenStrings(Protocol):
    """Byte strings that come in parts."""

    def arrays(self, name: str) -> ArraysInParts:
        """Yield the arrays that ``pack_strings`` makes of all strings."""


class Documents(NamedTuple):
    """What a documents file holds: arrays and lists with one entry for each document.

    ``lengths`` are the numbers of words in a field; ``numbers`` are columns of numbers, ``texts``
    columns of byte strings, ``coded`` columns of byte strings that recur; ``stored`` are the stored
    values, packed by a StoredPacker with this ``dictionary``.
    """

    count: int  # type: ignore[assignment]  # a tuple's own count is of no use here
    lengths: Mapping[str, Integers] = _NONE
    numbers: Mapping[str, NDArray[Any]] = _NONE
    texts: Mapping[str, Sequence[bytes] | WrittenStrings] = _NONE
    coded: Mapping[str, CodedColumn] = _NONE
    stored: Sequence[bytes] | WrittenStrings = ()
    dictionary: bytes = b""


def code_column(values: Sequence[bytes]) -> CodedColumn:
    """Return the column in which document i has ``values[i]``."""
    numbers: dict[bytes, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return CodedColumn(list(numbers), np.array(codes, np.int32))


def code_lists(lists: Sequence[Sequence[bytes]]) -> CodedColumn:
    """Return the column in which document i has all of ``lists[i]``."""
    coded = code_column(list(chain.from_iterable(lists)))
    return CodedColumn(coded.values, coded.codes, string_starts(lists))


def write_documents(file: BinaryIO, documents: Documents) -> None:
    """Write the documents file of a segment."""
    kinds = (documents.lengths, documents.numbers, documents.texts, documents.coded)
    names = sorted({name for kind in kinds for name in kind})
    facts = {"count": documents.count, "names": names, "stored": STORED_PACKING}
    write_arrays(file, _document_arrays(documents), facts)


def _document_arrays(documents: Documents) -> ArraysInParts:
    for name, lengths in sorted(documents.lengths.items()):
        yield f"{name}/lengths", smallest(lengths)
    for name, numbers in sorted(documents.numbers.items()):
        # A column in which all numbers are equal is stored as one number.
        yield f"{name}/numbers", numbers[:1] if (numbers == numbers[:1]).all() else numbers
    for name, texts in sorted(documents.texts.items()):
        yield from _string_arrays(f"{name}/texts", texts)
    for name, coded in sorted(documents.coded.items()):
        yield from pack_strings(f"{name}/values", coded.values)
        yield f"{name}/codes", smallest(coded.codes)
        if coded.starts is not None:
            yield from pack_starts(f"{name}/code_starts", coded.starts)
    yield "dictionary", np.frombuffer(documents.dictionary, np.uint8)
    yield from _string_arrays("stored", documents.stored)


def _string_arrays(name: str, strings: Sequence[bytes] | WrittenStrings) -> ArraysInParts:
    return pack_strings(name, strings) if isinstance(strings, Sequence) else strings.arrays(name)


Column = TypeVar("Column", bound=Sized)
Value = TypeVar("Value")


class DocumentsReader:
    """The documents file of a segment."""

    def __init__(self, file: ArrayFile) -> None:
        """Read how many documents and which columns there are. Raises DamagedIndexError."""
        check_types(file)
        self.file = file
        try:
            self.count: int = file.facts["count"].__index__()
            self.names: tuple[str, ...] = tuple(map(str, file.facts["names"]))
            # No document takes less than a byte, so no count can fill the memory.
            fits = 0 <= self.count <= file.byte_count
        except (AttributeError, KeyError, TypeError) as error:
            raise file.damage("the columns are not as they were written") from error
        if not fits:
            raise file.damage(f"{self.count:,} documents, which it cannot hold")

    def lengths(self, name: str) -> NDArray[np.unsignedinteger[Any]] | None:
        """Return each document's number of words in a field; None if the field has no lengths."""
        key = f"{name}/lengths"
        return self._one_each(self.file.array(key), name) if key in self.file else None

    def numbers(self, name: str) -> NDArray[Any] | None:
        """Return a column of numbers, one for each document; None if there is none."""
        if f"{name}/numbers" not in self.file:
            return None
        numbers = self.file.array(f"{name}/numbers")
        if len(numbers) == 1:
            return np.full(self.count, numbers[0])
        return self._one_each(numbers, name)

    @decodes
    def texts(self, name: str) -> ByteStrings | None:
        """Return a column of byte strings, one for each document; None if there is none."""
        key = f"{name}/texts"
        if f"{key}/bytes" not in self.file:
            return None
        return self._one_each(ByteStrings(self.file, key), name)

    @decodes
    def coded(self, name: str) -> CodedColumn | None:
        """Return a column of byte strings that recur; None if there is none."""
        if f"{name}/codes" not in self.file:
            return None
        starts = None
        if f"{name}/code_starts/bytes" in self.file:
            starts = read_starts(self.file, f"{name}/code_starts")
        codes = self.file.array(f"{name}/codes").astype(np.int32)
        values = ByteStrings(self.file, f"{name}/values")
        if starts is None:
            self._one_each(codes, name)
        elif len(self._one_each(starts[1:], name)) and starts[-1] != len(codes):
            raise self.file.damage(f"{name}: lists of {starts[-1]:,} values, {len(codes):,} stored")
        if len(codes) and not 0 <= codes.min() <= codes.max() < len(values):
            raise self.file.damage(f"{name}: a code without a value")
        return CodedColumn(values, codes, starts)

    @property
    def stored_count(self) -> int:
        """How many stored values there are, whatever ``count`` says."""
        return len(self._stored)

    @decodes
    def stored(self, number: int) -> bytes:
        """Return the stored values of a document, encoded."""
        check_number(number, self.count)
        return self._unpack(self._stored[number])

    @decodes
    def stored_values(self, number: int) -> dict[str, Any]:
        """Return the stored values of a document."""
        return decode_stored(self.stored(number))

    def decoded(self, number: int, decode: Callable[[dict[str, Any]], Value]) -> Value:
        """Return what ``decode`` makes of the stored values of a document.

        Stored values are JSON of any shape, so whatever ``decode`` raises because a name is missing
        or a value is of another kind than it expects is damage. Raises DamagedIndexError.
        """
        values = self.stored_values(number)
        try:
            return decode(values)
        except (*UNREADABLE, AttributeError, TypeError) as error:
            raise self.file.unreadable(error) from error

    @decodes
    def check(self, name: str) -> None:
        """Check all bytes of the columns called ``name``, and that they fit the documents.

        Raises DamagedIndexError.
        """
        self.lengths(name)
        self.numbers(name)
        texts = self.texts(name)
        if texts is not None:
            texts.check(self.count)
        if self.coded(name) is not None:
            values = ByteStrings(self.file, f"{name}/values")
            values.check(len(values))
            if f"{name}/code_starts/bytes" in self.file:
                check_starts(self.file, f"{name}/code_starts", self.count)

    @decodes
    def check_stored(self) -> None:
        """Check all bytes of the stored values, and that each document has some.

        Raises DamagedIndexError.
        """
        self._stored.check(self.count)
        self.file.array("dictionary")

    def _one_each(self, column: Column, name: str) -> Column:
        if len(column) != self.count:
            raise self.file.damage(f"{name}: {len(column):,} values, {self.count:,} documents")
        return column

    @cached_property
    @decodes
    def _stored(self) -> ByteStrings:
        return ByteStrings(self.file, "stored")

    @cached_property
    def _unpack(self) -> Callable[[bytes], bytes]:
        # The first version had one packing and named none.
        packing = str(self.file.facts.get("stored", "deflate"))
        return unpacker(packing, self.file.array("dictionary").tobytes())
