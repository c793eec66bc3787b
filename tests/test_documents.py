"""The documents file: lengths and columns of every kind come back."""

import math
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from numpy.typing import NDArray

from index.errors import DamagedIndexError
from index.segments.documents import Documents, code_column, code_lists, write_documents
from tests.made_segments import documents_reader, law, packed, rows


def test_what_belongs_to_documents_comes_back() -> None:
    stored = [b"jx", b"", b"y" * 100_000]
    documents = Documents(
        count=3,
        lengths={"a": np.array([0, 255, 2], np.int32), "b": np.array([70_000, 0, 256], np.int32)},
        numbers={"year": np.array([1, 2**32 - 1, 0], np.uint32), "s": np.array([-math.inf, 1, 2])},
        texts={"id": [b"x", b"", "ü".encode()]},
        coded={
            "one": code_column([b"LG", b"", b"LG"]),
            "many": code_lists([[b"A", b"B"], [], [b"A"]]),
        },
        **packed(stored),
    )
    reader = documents_reader(documents)
    assert reader.count == 3
    assert reader.names == ("a", "b", "id", "many", "one", "s", "year")
    for name, lengths in documents.lengths.items():
        assert reader.lengths(name).tolist() == lengths.tolist()  # type: ignore[union-attr]
    for name, numbers in documents.numbers.items():
        assert reader.numbers(name).tolist() == numbers.tolist()  # type: ignore[union-attr]
    assert list(reader.texts("id") or ()) == documents.texts["id"]
    assert rows(reader.coded("one")) == [[b"LG"], [b""], [b"LG"]]
    assert rows(reader.coded("many")) == [[b"A", b"B"], [], [b"A"]]
    assert [reader.stored(at) for at in (2, 0, 1)] == [stored[2], *stored[:2]]
    for missing in (reader.lengths, reader.numbers, reader.texts, reader.coded):
        assert missing("no such field") is None


NUMBER_TYPES = ["<u4", "<i4", "<u8", "<f4", "<f8"]


@law
@given(
    st.sampled_from(NUMBER_TYPES).flatmap(
        lambda dtype: numpy_st.arrays(
            dtype,
            st.integers(0, 20),
            elements=numpy_st.from_dtype(np.dtype(dtype), allow_nan=False),
            fill=st.nothing(),
        )
    ),
    st.integers(0, 20),
)
def test_columns_of_numbers_come_back(numbers: NDArray[Any], count: int) -> None:
    for column in (numbers, np.full(count, numbers[:1].sum(), numbers.dtype)):
        found = documents_reader(Documents(len(column), numbers={"n": column})).numbers("n")
        assert found is not None
        assert found.dtype == column.dtype
        assert found.tolist() == column.tolist()


def test_a_column_of_one_value_is_stored_as_that_value() -> None:
    def size(numbers: NDArray[Any]) -> int:
        file = BytesIO()
        write_documents(file, Documents(len(numbers), numbers={"score": numbers}))
        return len(file.getvalue())

    constant = np.full(10_000, -np.inf)
    assert size(constant) < size(constant[:1]) + 20  # no more than the larger count
    constant[9_999] = 1.0
    assert size(constant) > 80_000


# Damage


def test_stored_values_that_cannot_be_decoded_are_damage() -> None:
    stored = [b'j{"id": "x"}', b"j[]", b"p\x80\x04K\x01.", b"j" + b"[" * 50_000]
    reader = documents_reader(Documents(len(stored), **packed(stored)))
    assert reader.decoded(0, lambda values: values["id"]) == "x"
    for number in range(len(stored)):
        with pytest.raises(DamagedIndexError, match="documents: cannot be read"):
            reader.decoded(number, lambda values: values["title"])
    with pytest.raises(DamagedIndexError, match="TypeError"):
        reader.decoded(0, lambda values: values["id"] + 1)


def test_a_defect_of_the_program_is_no_damage() -> None:
    reader = documents_reader(Documents(1, **packed([b'j{"id": "x"}'])))

    def wrong(_values: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reader.decoded(0, wrong)
    with pytest.raises(TypeError):
        reader.stored("x")  # type: ignore[arg-type]


def test_text_that_is_not_utf_8_is_damage() -> None:
    reader = documents_reader(Documents(2, texts={"title": [b"\xff", "ü".encode()]}))
    texts = reader.texts("title")
    assert texts is not None
    assert texts.text(1) == "ü"
    with pytest.raises(DamagedIndexError, match="UnicodeDecodeError"):
        texts.text(0)
