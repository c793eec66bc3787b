"""What a segment stores of a document: JSON and long texts, packed to be read one by one."""

import json
import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any

from index.errors import TooLargeError

MOST_STORED_BYTES = 1 << 26
"""How much a segment stores of one document, so that no small file unpacks into endless text."""

STORED_PACKING = "zstd"
"""How a StoredPacker packs: Zstandard frames, against a dictionary."""

# Packed at level 3 and against 64 kB, 23,258 abstracts take 0.8 of what they take at level 1 with
# 8 kB, and a tenth of a second more.
_LEVEL = 3
_TRAINED_BYTES = 1 << 16
# Of longer samples a longer dictionary pays.
_SAMPLE_BYTES_PER_TRAINED = 10
# To train a dictionary takes a twentieth of a second, which pays where more papers follow.
_LEAST_TRAINED = 400
_MOST_TRAINED = 500
_TRAINED_ON_BYTES = 300_000
_RAW_BYTES = 1 << 13
_RAW_SAMPLES = 64
# What a trained dictionary begins with, and no text in UTF-8.
_TRAINED_MAGIC = b"\x37\xa4\x30\xec"

_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_JSON_MARK = b"j"
# JSON in which a text is its length in bytes, then a byte that JSON never has, then the texts.
_TEXTS_MARK = b"t"
_TEXTS_FOLLOW = b"\0"
_TEXT_NAME = "abstract"
_DEFLATED_WINDOW_BITS = -14


def _zstd() -> Any:
    """Return the module of Zstandard, which no import of this one loads."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


class StoredPacker:
    """Packs stored values, each so that it can be read alone.

    Short texts take far fewer bytes against a ``dictionary`` of similar text, which is made of some
    of the ``samples``.
    """

    def __init__(self, samples: Sequence[bytes]) -> None:
        zstd = _zstd()
        self.dictionary = _dictionary_of(samples)
        parameter = zstd.CompressionParameter
        options = {
            parameter.compression_level: _LEVEL,
            # The file's own checksums already cover the bytes.
            parameter.checksum_flag: 0,
            parameter.content_size_flag: 0,
            parameter.dict_id_flag: 0,
        }
        loaded = _loaded(self.dictionary)
        self._compressor = zstd.ZstdCompressor(
            options=options, zstd_dict=loaded and loaded.as_digested_dict
        )
        self._mode = self._compressor.FLUSH_FRAME

    def pack(self, values: bytes) -> bytes:
        """Return stored values, which are at most MOST_STORED_BYTES, in fewer bytes."""
        packed: bytes = self._compressor.compress(values, self._mode)
        return packed


def _dictionary_of(samples: Sequence[bytes]) -> bytes:
    zstd = _zstd()
    if len(samples) >= _LEAST_TRAINED:
        try:
            ends = accumulate(map(len, samples[:_MOST_TRAINED]))
            chosen = samples[: sum(end < _TRAINED_ON_BYTES for end in ends) + 1]
            size = min(_TRAINED_BYTES, sum(map(len, chosen)) // _SAMPLE_BYTES_PER_TRAINED)
            return bytes(zstd.train_dict(chosen, size).dict_content)
        except (zstd.ZstdError, ValueError):
            pass  # samples may be empty, too short or too much alike for one
    step = max(len(samples) // _RAW_SAMPLES, 1)
    dictionary = b"".join(samples[::step])[-_RAW_BYTES:]
    return b"" if dictionary.startswith(_TRAINED_MAGIC) else dictionary


def _loaded(dictionary: bytes) -> Any:
    """Return a dictionary as Zstandard takes it, None if it is too short to be one."""
    if len(dictionary) < 8:
        return None
    return _zstd().ZstdDict(dictionary, is_raw=not dictionary.startswith(_TRAINED_MAGIC))


def unpacker(packing: str, dictionary: bytes) -> Callable[[bytes], bytes]:
    """Return what undoes ``StoredPacker.pack`` with a dictionary.

    ``packing`` is STORED_PACKING, or ``deflate`` in segments of the first version. What is returned
    raises ValueError or zlib.error for what was not packed so, and this ValueError for a packing
    that is none.
    """
    if packing == "deflate":
        return lambda packed: _inflated(packed, dictionary)
    if packing != STORED_PACKING:
        raise ValueError(f"stored values packed as {packing!r}")
    return _Unpacker(dictionary)


class _Unpacker:
    """Unpacks Zstandard frames."""

    def __init__(self, dictionary: bytes) -> None:
        self._zstd = _zstd()
        self._dictionary = dictionary
        self._loaded: tuple[int, Any] = (-1, None)

    def __call__(self, packed: bytes) -> bytes:
        forks, dictionary = self._loaded
        try:
            if forks != _forks().count:
                # A loaded dictionary has a lock, which a child made by fork finds closed if another
                # thread of its parent was about to use the dictionary.
                forks, dictionary = self._loaded = _forks().count, _loaded(self._dictionary)
            decompressor = self._zstd.ZstdDecompressor(zstd_dict=dictionary)
            values: bytes = decompressor.decompress(packed, MOST_STORED_BYTES)
        except self._zstd.ZstdError as error:
            raise ValueError(str(error)) from error
        if not decompressor.eof:
            raise ValueError("packed values without an end")
        return values


class _Forks:
    """By how many forks this process was made since it was first asked."""

    def __init__(self) -> None:
        self.count = 0
        if hasattr(os, "register_at_fork"):  # elsewhere no process is forked
            os.register_at_fork(after_in_child=self._add)

    def _add(self) -> None:
        self.count += 1


_forks = cache(_Forks)


def _inflated(packed: bytes, dictionary: bytes) -> bytes:
    inflater = zlib.decompressobj(_DEFLATED_WINDOW_BITS, dictionary)
    values = inflater.decompress(packed, MOST_STORED_BYTES)
    if not inflater.eof:
        raise ValueError("deflated data without an end")
    return values


def encode_stored(values: Mapping[str, Any]) -> bytes:
    """Return a document's values, of the kinds that JSON knows, as bytes to store.

    The abstracts of its ``copies`` stand behind the JSON as they are, since most of the bytes are
    theirs. Raises TooLargeError if there are more than MOST_STORED_BYTES.
    """
    texts: list[bytes] = []
    copies = values.get("copies")
    if isinstance(copies, list) and all(map(_may_give_its_text, copies)):
        values = {**values, "copies": [_without_text(copy, texts) for copy in copies]}
    head = _JSON.encode(values).encode("utf-8", "surrogatepass")
    parts = [_TEXTS_MARK, head, _TEXTS_FOLLOW, *texts] if texts else [_JSON_MARK, head]
    return _bounded(b"".join(parts))


def stored_with_text(head: str, text: bytes) -> bytes:
    """Return what ``encode_stored`` returns for the JSON of values, of whose copies one has a text.

    In the JSON stands its length. Raises TooLargeError.
    """
    encoded = head.encode("utf-8", "surrogatepass")
    return _bounded(b"%b%b%b%b" % (_TEXTS_MARK, encoded, _TEXTS_FOLLOW, text))


def quoted(text: str) -> str:
    """Return a text as ``encode_stored`` writes it in JSON."""
    return encode_basestring(text)


def _bounded(stored: bytes) -> bytes:
    if len(stored) > MOST_STORED_BYTES:
        raise TooLargeError(
            f"{len(stored):,} bytes to store of one paper, of which {MOST_STORED_BYTES:,} fit"
        )
    return stored


def _may_give_its_text(copy: Any) -> bool:
    return isinstance(copy, dict) and type(copy.get(_TEXT_NAME, "")) is str


def _without_text(copy: dict[str, Any], texts: list[bytes]) -> dict[str, Any]:
    """Return a copy with the length of its text in place of it, and put the text into a list."""
    if _TEXT_NAME not in copy:
        return copy
    text = copy[_TEXT_NAME].encode("utf-8", "surrogatepass")
    texts.append(text)
    return {**copy, _TEXT_NAME: len(text)}


def decode_stored(stored: bytes) -> dict[str, Any]:
    """Return the values that ``encode_stored`` was given.

    Raises ValueError or RecursionError for bytes that it did not return.
    """
    if stored[:1] == _JSON_MARK:
        head, texts = stored[1:], None
    elif stored[:1] == _TEXTS_MARK:
        head, _, texts = stored[1:].partition(_TEXTS_FOLLOW)
    else:
        raise ValueError("stored values that are not JSON")
    values = json.loads(head.decode("utf-8", "surrogatepass"))
    if not isinstance(values, dict):
        raise ValueError("stored values without names")
    if texts is not None:
        _give_texts(values.get("copies"), texts)
    return values


def _give_texts(copies: Any, texts: bytes) -> None:
    """Put the texts back into the copies."""
    if not isinstance(copies, list) or not all(isinstance(copy, dict) for copy in copies):
        raise ValueError("texts of no copies")
    start = 0
    for copy in copies:
        if _TEXT_NAME in copy:
            length = copy[_TEXT_NAME]
            if type(length) is not int or not 0 <= length <= len(texts) - start:
                raise ValueError("a text of a length that it does not have")
            copy[_TEXT_NAME] = texts[start : start + length].decode("utf-8", "surrogatepass")
            start += length
    if start != len(texts):
        raise ValueError("texts of no copy")
