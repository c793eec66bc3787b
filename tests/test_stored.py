"""Stored values: JSON in, deflated against a dictionary, JSON out."""

import datetime
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.segments.documents import (
    Documents,
)
from index.segments.stored import StoredPacker, decode_stored, encode_stored
from tests.made_segments import (
    documents_reader,
    law,
    packed,
)


@law
@given(st.lists(st.binary(max_size=300), max_size=200))
def test_stored_bytes_come_back(stored: list[bytes]) -> None:
    reader = documents_reader(Documents(len(stored), **packed(stored)))
    assert [reader.stored(at) for at in range(len(stored))] == stored


@law
@given(st.lists(st.binary(max_size=300)), st.lists(st.binary(max_size=300), max_size=20))
def test_any_dictionary_packs_any_values(samples: list[bytes], stored: list[bytes]) -> None:
    packer = StoredPacker(samples)
    packed_values = list(map(packer.pack, stored))
    assert packed_values == [StoredPacker(samples).pack(values) for values in stored]
    reader = documents_reader(
        Documents(len(stored), stored=packed_values, dictionary=packer.dictionary)
    )
    assert [reader.stored(at) for at in range(len(stored))] == stored


def test_a_dictionary_is_worth_its_bytes() -> None:
    rng = random.Random(7)
    words = [b"%06x" % rng.randrange(1 << 24) for _ in range(400)]
    stored = [b" ".join(rng.choices(words, k=40)) for _ in range(1_000)]
    packer = StoredPacker(stored)
    assert len(packer.dictionary) <= 1 << 13
    alone = StoredPacker([])
    assert alone.dictionary == b""
    with_dictionary = sum(len(packer.pack(values)) for values in stored)
    without = sum(len(alone.pack(values)) for values in stored)
    assert with_dictionary < 0.8 * without


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@law
@given(st.dictionaries(st.text() | st.text(st.characters(categories=["Cs"])), json_values))
def test_stored_values_come_back(values: dict[str, Any]) -> None:
    stored = encode_stored(values)
    assert stored[:1] == b"j"
    assert repr(decode_stored(stored)) == repr(values)  # which tells 1 from 1.0 and from True


@pytest.mark.parametrize("value", [b"bytes", {1}, datetime.date(2024, 1, 2), 1j])
def test_what_json_does_not_keep_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_stored({"field": value})


@pytest.mark.parametrize("stored", [b"", b"p\x80\x04K\x01.", b"j", b"j[]", b"j" + b"[" * 50_000])
def test_bytes_that_are_no_stored_values_are_refused(stored: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decode_stored(stored)
