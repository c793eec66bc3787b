"""What a segment stores of a document: JSON, deflated so that each document can be read alone."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from index.errors import TooLargeError

MOST_STORED_BYTES = 1 << 26
"""How much a segment stores of one document, so that no small file unpacks into endless text."""

_DICTIONARY_BYTES = 1 << 13
_DICTIONARY_SAMPLES = 64
_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_JSON_MARK = b"j"
_WINDOW_BITS = -14  # raw deflate, because the file's own checksums already cover its bytes


class StoredPacker:
    """Packs stored values, each so that it can be read alone.

    Short texts deflate far better against a ``dictionary`` of similar text, which is made of some
    of the ``samples``.
    """

    def __init__(self, samples: Sequence[bytes]) -> None:
        step = max(len(samples) // _DICTIONARY_SAMPLES, 1)
        self.dictionary = b"".join(samples[::step])[-_DICTIONARY_BYTES:]
        # Copying a compressor that has read the dictionary saves reading it for each value.
        self._primed = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, 8, 0, self.dictionary)

    def pack(self, values: bytes) -> bytes:
        """Return stored values, which are at most MOST_STORED_BYTES, in fewer bytes."""
        packer = self._primed.copy()
        return packer.compress(values) + packer.flush()


def unpack(packed: bytes, dictionary: bytes) -> bytes:
    """Return what a StoredPacker with this dictionary packed.

    Raises ValueError or zlib.error for what no StoredPacker packed.
    """
    unpacker = zlib.decompressobj(_WINDOW_BITS, dictionary)
    values = unpacker.decompress(packed, MOST_STORED_BYTES)
    if not unpacker.eof:
        raise ValueError("deflated data without an end")
    return values


def encode_stored(values: Mapping[str, Any]) -> bytes:
    """Return a document's values, of the kinds that JSON knows, as bytes to store.

    Raises TooLargeError if they are more than MOST_STORED_BYTES.
    """
    stored = _JSON_MARK + _JSON.encode(values).encode("utf-8", "surrogatepass")
    if len(stored) > MOST_STORED_BYTES:
        raise TooLargeError(
            f"{len(stored):,} bytes to store of one paper, of which {MOST_STORED_BYTES:,} fit"
        )
    return stored


def decode_stored(stored: bytes) -> dict[str, Any]:
    """Return the values that ``encode_stored`` was given.

    Raises ValueError or RecursionError for bytes that it did not return.
    """
    if stored[:1] != _JSON_MARK:
        raise ValueError("stored values that are not JSON")
    values = json.loads(stored[1:].decode("utf-8", "surrogatepass"))
    if not isinstance(values, dict):
        raise ValueError("stored values without names")
    return values
