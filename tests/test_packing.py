"""Packed lists and byte strings come back at every width, in few bytes."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DamagedIndexError
from index.segments.arrayfile import ArrayFile, write_arrays
from index.segments.documents import Documents, code_lists
from index.segments.packing import ByteStrings, pack_strings
from index.segments.postings import write_postings
from tests.made_segments import (
    Field,
    assert_same_lists,
    documents_reader,
    field_of,
    field_reader,
    packed,
    posting_lists,
    rows,
)

LARGE = 2**31 - 1


@pytest.mark.parametrize(
    "field",
    [
        {b"one": {0: [0]}},
        {b"one": {LARGE: [LARGE]}},
        {b"one": {0: [0], LARGE: [0, LARGE]}},
        {b"gaps": {255 * at: [at] for at in range(300)}},
        {b"gaps": {256 * at: [at] for at in range(300)}},
        {b"gaps": {65_536 * at: [at] for at in range(300)}},
        {b"rare gap": {at + 100_000 * (at > 250): [at % 256] for at in range(300)}},
        {b"rare gap": {at + 100_000_000 * (at > 250): [at] for at in range(300)}},
        {b"often": {7: list(range(256)), 9: list(range(70_000)), 10: [1]}},
        {b"far": {7: [1, 255, 256, 65_535, 65_536, 2**24, LARGE]}},
        {b"%05d" % at: {at: [at], at + 70_000: [1, 2]} for at in range(3_000)},
    ],
    ids=[
        "one posting",
        "largest numbers",
        "smallest and largest",
        "largest gaps of one byte",
        "smallest gaps of two bytes",
        "smallest gaps of four bytes",
        "an exception of one byte",
        "an exception of two bytes",
        "large frequencies",
        "large positions",
        "thousands of lists",
    ],
)
def test_lists_of_every_width_come_back(field: Field) -> None:
    lists = posting_lists(field)
    reader = field_reader(lists)
    assert_same_lists(reader.lists(), lists)
    assert field_of(reader) == field


def test_short_numbers_take_one_byte() -> None:
    field = {b"%04d" % at: {document: [3] for document in range(at, at + 50)} for at in range(99)}
    lists = posting_lists(field)
    file = BytesIO()
    write_postings(file, [("text", lists)], [])
    assert len(file.getvalue()) < 2.6 * len(lists.documents)


def test_byte_strings_of_every_length_come_back() -> None:
    lengths = [0, 1, 255, 256, 0, 65_535, 65_536, 70_000, 3]
    texts = [bytes([at]) * length for at, length in enumerate(lengths)]
    for chosen in (texts, texts[:3], texts[:5], texts[:1], texts[1:2] * 300):
        document_count = len(chosen)
        documents = Documents(document_count, texts={"t": chosen}, **packed(chosen))
        reader = documents_reader(documents)
        assert list(reader.texts("t") or ()) == chosen
        assert [reader.stored(at) for at in reversed(range(document_count))] == chosen[::-1]
        many = documents_reader(Documents(1, coded={"c": code_lists([chosen])})).coded("c")
        assert rows(many) == [chosen]


@given(st.lists(st.text("ab\u0142\U00010348", max_size=3), min_size=1, max_size=6))
def test_texts_come_back(texts: list[str]) -> None:
    read = byte_strings([text.encode() for text in texts]).texts()
    assert list(read) == [read[at] for at in range(len(read))] == texts
    assert read[1:] == texts[1:]
    assert read.joined.tobytes() == "".join(texts).encode()


@pytest.mark.parametrize(
    ("strings", "reason"),
    [
        ([b"moss", b"\xff"], "can't decode byte 0xff"),
        ([b"moss\xc5"], "unexpected end of data"),
        # The bytes of two strings are one letter.
        ([b"moss", b"\xc5", b"\x82"], "begins within a character"),
        ([b"\xc5", b"\x82"], "begins within a character"),
    ],
)
def test_strings_that_are_no_texts_are_damage(strings: list[bytes], reason: str) -> None:
    with pytest.raises(DamagedIndexError, match=reason):
        byte_strings(strings).texts()


def byte_strings(strings: list[bytes]) -> ByteStrings:
    content = BytesIO()
    write_arrays(content, pack_strings("s", strings), {})
    return ByteStrings(ArrayFile(content.getvalue(), "file"), "s")
