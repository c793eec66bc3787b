"""Stored values: JSON and texts in, packed against a dictionary, and out again."""

import datetime
import random
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.segments.documents import (
    Documents,
)
from index.segments.stored import (
    MOST_STORED_BYTES,
    STORED_PACKING,
    StoredPacker,
    decode_stored,
    encode_stored,
    unpacker,
)
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
    packer, few = StoredPacker(stored), StoredPacker(stored[:300])
    assert len(few.dictionary) <= 1 << 13 < len(packer.dictionary) <= 1 << 16
    alone = StoredPacker([])
    assert alone.dictionary == b""
    with_dictionary = sum(len(packer.pack(values)) for values in stored)
    with_few = sum(len(few.pack(values)) for values in stored)
    without = sum(len(alone.pack(values)) for values in stored)
    assert with_dictionary < 0.8 * with_few < 0.64 * without


@pytest.mark.parametrize("sample", [b"", b"a", b"the same text", b"\x37\xa4\x30\xec" * 3])
def test_samples_of_which_no_dictionary_can_be_trained_are_none_the_worse(sample: bytes) -> None:
    stored = [sample] * 500
    reader = documents_reader(Documents(len(stored), **packed(stored)))
    assert [reader.stored(at) for at in range(len(stored))] == stored


@law
@given(st.binary(max_size=2_000), st.binary(max_size=200))
def test_values_deflated_by_the_first_version_come_back(values: bytes, dictionary: bytes) -> None:
    deflater = zlib.compressobj(1, zlib.DEFLATED, -14, 8, 0, dictionary)
    deflated = deflater.compress(values) + deflater.flush()
    assert unpacker("deflate", dictionary)(deflated) == values


@pytest.mark.parametrize("dictionary", [b"", b"\x37\xa4\x30\xec and then something else"])
@pytest.mark.parametrize("packing", ["deflate", STORED_PACKING, "other"])
def test_what_was_not_packed_is_refused(packing: str, dictionary: bytes) -> None:
    whole = StoredPacker([]).pack(b"some values" * 50)
    for given_bytes in (b"", b"none", whole[:-1], whole[4:]):
        with pytest.raises((ValueError, zlib.error)):
            unpacker(packing, dictionary)(given_bytes)


def test_no_more_is_unpacked_than_one_document_may_have() -> None:
    endless = StoredPacker([]).pack(b"0" * (MOST_STORED_BYTES + 1))
    with pytest.raises(ValueError, match="without an end"):
        unpacker(STORED_PACKING, b"")(endless)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


texts = st.text() | st.text(st.characters(categories=["Cs"]))
copies = st.lists(st.dictionaries(texts | st.just("abstract"), texts | json_values, max_size=3))


@law
@given(st.dictionaries(texts, json_values), st.none() | copies | json_values)
def test_stored_values_come_back(values: dict[str, Any], copies: Any) -> None:
    values = values if copies is None else {**values, "copies": copies}
    stored = encode_stored(values)
    assert stored[:1] in (b"j", b"t")
    assert repr(decode_stored(stored)) == repr(values)  # which tells 1 from 1.0 and from True


@pytest.mark.parametrize("value", [b"bytes", {1}, datetime.date(2024, 1, 2), 1j])
def test_what_json_does_not_keep_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_stored({"field": value})


def test_texts_stand_as_they_are() -> None:
    abstract = 'A "quoted" text\n\0 \\alpha, naïve'
    stored = encode_stored({"copies": [{"title": "x"}, {"abstract": abstract}, {"abstract": ""}]})
    assert stored.endswith(b"\0" + abstract.encode())


@pytest.mark.parametrize(
    "stored",
    [
        *(b"", b"p\x80\x04K\x01.", b"j", b"j[]", b"j" + b"[" * 50_000, b"t", b"t\0", b"t{}\0"),
        *(b't{"copies":%s}\0abc' % copies for copies in (b"0", b"[0]", b"[]", b"[{}]")),
        *(
            b't{"copies":[{"abstract":%s}]}\0abc' % length
            for length in (b"2", b"4", b"-1", b"3.0", b'"abc"', b"null", b"true")
        ),
        b't{"copies":[{"abstract":1},{"abstract":3}]}\0abc',
        b't{"copies":[{"abstract":1}]}\0\xff',
        b't{"copies":[{"abstract":3}]}abc',
    ],
)
def test_bytes_that_are_no_stored_values_are_refused(stored: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decode_stored(stored)
