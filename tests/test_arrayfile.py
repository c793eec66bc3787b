"""Array files: what comes back, and what happens when a byte is not as it was written."""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from numpy.typing import NDArray

from index.errors import DamagedIndexError
from index.segments.arrayfile import BLOCK_BYTES, FORMAT_VERSION, ArrayFile, write_arrays
from index.segments.files import map_file

Contents = tuple[dict[str, Any], dict[str, list[Any]]]

SMALL: dict[str, NDArray[Any]] = {
    "numbers": np.array([3, 70_000, -5], np.int32),
    "bytes": np.frombuffer(b"seven..", np.uint8),
    "none": np.zeros(0, np.float32),
    "flags": np.array([True, False, True]),
    "scores": np.array([0.5, -np.inf, 1e300]),
    "magic": np.frombuffer(b"PAPARRAY" * 2, np.uint8),
}
FACTS = {"count": 3, "names": ["ä", ""]}


def written(arrays: Mapping[str, NDArray[Any]], facts: dict[str, Any] | None = None) -> bytes:
    file = BytesIO()
    write_arrays(file, arrays.items(), facts or {})
    return file.getvalue()


def everything(stored: bytes, names: list[str]) -> Contents:
    """Return all that a reader can see of a file, each array as a list of its elements."""
    file = ArrayFile(stored, "small")
    return dict(file.facts), {name: file.array(name).tolist() for name in names}


@given(
    st.dictionaries(
        st.text(max_size=8),
        numpy_st.arrays(
            st.sampled_from(["u1", "<u2", "<i4", ">i4", "<u4", ">u8", "<i8", "<f4", "<f8", "?"]),
            st.integers(0, 40),
        ),
        max_size=6,
    ),
    st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=3),
)
def test_every_array_and_fact_comes_back(arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    file = ArrayFile(written(arrays, facts), "small")
    assert file.facts == facts
    for name, array in arrays.items():
        assert name in file
        back = file.array(name)
        assert back.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(back, array)
    assert "no such array" not in file
    with pytest.raises(KeyError):
        file.array("no such array")


def test_a_step_in_an_array_is_no_matter() -> None:
    every_third = np.arange(100, dtype=np.int32)[::-3]
    assert everything(written({"a": every_third}), ["a"])[1] == {"a": every_third.tolist()}


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9], ids="{0} bytes more or less".format)
def test_arrays_may_end_anywhere_in_a_block(size: int) -> None:
    for count in (BLOCK_BYTES - 8 - size, BLOCK_BYTES - 8 + size, 3 * BLOCK_BYTES - size):
        array = np.arange(count, dtype=np.uint8)
        file = ArrayFile(written({"a": array, "b": np.arange(5, dtype=np.uint16)}), "small")
        file.check()
        assert file.array("a").tolist() == array.tolist()
        assert file.array("b").tolist() == [0, 1, 2, 3, 4]
        assert file.part("a", count - 2, count).tolist() == array[-2:].tolist()


def test_a_mapped_file_reads_as_its_bytes_do(tmp_path: Path) -> None:
    path = tmp_path / "a.postings"
    path.write_bytes(written(SMALL, FACTS))
    file = ArrayFile(map_file(str(path)), str(path))
    assert {name: file.array(name).tolist() for name in SMALL} == {
        name: array.tolist() for name, array in SMALL.items()
    }


@pytest.mark.parametrize("bit", range(8))
def test_no_flipped_bit_goes_unseen(bit: int) -> None:
    stored = written(SMALL, FACTS)
    whole = everything(stored, list(SMALL))
    seen = 0
    for at in range(len(stored)):
        damaged = bytearray(stored)
        damaged[at] ^= 1 << bit
        try:
            assert everything(bytes(damaged), list(SMALL)) == whole, at
        except DamagedIndexError:
            seen += 1
    assert seen == len(stored)


@given(st.data())
def test_no_changed_run_of_bytes_goes_unseen(data: st.DataObject) -> None:
    stored = written(SMALL, FACTS)
    whole = everything(stored, list(SMALL))
    at = data.draw(st.integers(0, len(stored) - 1))
    put = data.draw(st.binary(min_size=1, max_size=40))
    damaged = stored[:at] + put + stored[at + len(put) :]
    try:
        assert everything(damaged, list(SMALL)) == whole
        assert damaged == stored
    except DamagedIndexError:
        pass


def test_no_cut_goes_unseen() -> None:
    stored = written(SMALL, FACTS)
    for length in range(len(stored)):
        with pytest.raises(DamagedIndexError):
            everything(stored[:length], list(SMALL))


def test_bytes_added_are_no_array_file() -> None:
    stored = written(SMALL, FACTS)
    for added in (b"\0", b"PAPARRAY", stored):
        with pytest.raises(DamagedIndexError):
            everything(stored + added, ["flags", "numbers", "none"])


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"x",
        b"PAPARRAY",
        b"PAPARRAY" * 5,
        b"\0" * 100,
        b"PAPARRAY" + b"\xff" * 40 + b"PAPARRAY",
    ],
)
def test_other_files_are_refused(contents: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(contents)
    with pytest.raises(DamagedIndexError, match=r"other.*run: searcher check --repair --index "):
        ArrayFile(map_file(str(path)), str(path))


@pytest.mark.parametrize("version", [0, FORMAT_VERSION + 1, 2**32 - 1])
def test_another_version_is_refused_with_its_number(version: int) -> None:
    stored = bytearray(written(SMALL))
    stored[-12:-8] = version.to_bytes(4, "little")
    with pytest.raises(DamagedIndexError, match=f"small: format version {version}, this program"):
        ArrayFile(bytes(stored), "small")


class CountedBytes(bytes):
    """Bytes that count how many of them have been asked for."""

    asked = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.asked += len(found) if isinstance(found, bytes) else 1
        return found


@pytest.mark.parametrize(
    ("read", "most_blocks"),
    [
        (lambda _: None, 1),
        (lambda file: file.part("large", 5, 6), 2),
        (lambda file: file.part("large", 70_000, 70_010), 2),
        (lambda file: [file.part("large", at, at + 9) for at in (900, 50, 901)], 2),
        (lambda file: file.array("small"), 2),
        (lambda file: file.part("large", 7, 7), 1),
    ],
    ids=["open", "one", "ten", "three in one block", "another", "nothing"],
)
def test_only_the_blocks_in_use_are_read(
    read: Callable[[ArrayFile], Any], most_blocks: int
) -> None:
    arrays = {"large": np.arange(1 << 20, dtype=np.int64), "small": np.arange(9, dtype=np.int64)}
    stored = CountedBytes(written(arrays))
    block_count = len(stored) // BLOCK_BYTES
    read(ArrayFile(stored, "large"))
    # The checksums, of four bytes a block, are read at once.
    assert stored.asked < most_blocks * BLOCK_BYTES + 4 * block_count + 100
    assert stored.asked < len(stored) / 100


def test_damage_is_told_where_it_is_touched() -> None:
    arrays = {"a": np.arange(1 << 16, dtype=np.int32), "b": np.arange(1 << 16, dtype=np.int32)}
    stored = bytearray(written(arrays))
    stored[3 * BLOCK_BYTES + 5] ^= 1
    file = ArrayFile(bytes(stored), "large")
    assert file.array("b").tolist() == arrays["b"].tolist()
    assert file.part("a", 0, 10_000).tolist() == list(range(10_000))
    for _ in range(2):  # and every time
        with pytest.raises(DamagedIndexError, match=r"large: bytes from 49,152 on are not"):
            file.part("a", 12_000, 13_000)
        with pytest.raises(DamagedIndexError):
            file.array("a")
        with pytest.raises(DamagedIndexError):
            file.check()


@given(start=st.integers(0, 60), count=st.integers(0, 60))
def test_a_part_is_a_slice(start: int, count: int) -> None:
    array = np.arange(60, dtype=np.int16)
    file = ArrayFile(written({"a": array}), "small")
    assert file.part("a", start, start + count).tolist() == array[start : start + count].tolist()
