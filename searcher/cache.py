"""A cache of what takes long to compute, bounded in bytes.

One rule of forgetting: when there are too many bytes, those used longest ago go first.

An allocator keeps what is freed between arrays that are still there, which may be as much again as
these. So from time to time it is told to return that to the system.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")

# After so many bytes were computed, what is free is returned. It takes a few milliseconds.
_RETURN_AFTER = 1 << 26
# What an entry takes beside its value: its key, and its share of the table.
_ENTRY_BYTES = 400


class Cache:
    """Values by their keys, up to ``max_bytes``. Safe to share by threads.

    None is no value. A value is never changed by those it is given to.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.byte_count = 0
        self._put_bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Any:
        """Return the value of a key, None if there is none, and count it as used just now."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Any, key_bytes: int = 0) -> None:
        """Remember a value; ``key_bytes`` is what its key takes beyond the usual."""
        byte_count = _ENTRY_BYTES + key_bytes + size_of(value)
        with self._lock:
            _, previous = self._entries.pop(key, (None, 0))
            self.byte_count -= previous
            self._put_bytes += byte_count
            is_much = self._put_bytes > _RETURN_AFTER
            if is_much:
                self._put_bytes = 0
            if byte_count <= self.max_bytes:
                self._entries[key] = value, byte_count
                self.byte_count += byte_count
            while self.byte_count > self.max_bytes:
                _, (_, freed) = self._entries.popitem(last=False)
                self.byte_count -= freed
        if is_much and (trim := _trim()):
            trim(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], object] | None:
    """Return the function of the C library that returns free memory; None where there is none."""
    try:
        import ctypes

        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
        return trim
    except (AttributeError, ImportError, OSError, TypeError):
        return None


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes."""
    nbytes = getattr(value, "nbytes", None)
    if nbytes is not None:
        return int(nbytes)
    if isinstance(value, str | bytes):
        return 50 + len(value)
    if isinstance(value, tuple | list | set | frozenset):
        return 60 + sum(8 + size_of(item) for item in value)
    return 32


def cached(
    method: Callable[Concatenate[Any, Arguments], Value],
) -> Callable[Concatenate[Any, Arguments], Value]:
    """Make a method remember its results in the ``cache`` of its object.

    Two threads may compute one result at the same time; both results are equal.
    """
    name = method.__name__

    @wraps(method)
    def cached_method(
        self: Any, /, *arguments: Arguments.args, **options: Arguments.kwargs
    ) -> Value:
        cache: Cache = self.cache
        key = (name, *arguments, *options.items())
        result: Value | None = cache.get(key)
        if result is None:
            result = method(self, *arguments, **options)
            cache.put(key, result)
        return result

    return cached_method
