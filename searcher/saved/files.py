"""Files that people keep: written whole or not at all, by one process at a time."""

import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

_LOCK = ".lock"


def write_whole(path: str, text: str) -> None:
    """Write a text so that the file holds either all of it or what it held before. Raises OSError.

    The folder is made if it is missing. A device or a pipe gets the text as it comes.
    """
    path = os.path.realpath(path)
    data = text.encode("utf-8", "replace")
    if os.path.exists(path) and not os.path.isfile(path):
        # Nothing may take the place of /dev/stdout.
        with open(path, "wb") as stream:
            stream.write(data)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    unfinished = f"{path}.{os.getpid()}-{threading.get_ident()}.new"
    try:
        with open(unfinished, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            os.remove(unfinished)
        raise


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Keep other processes from changing the files of a folder meanwhile. Raises OSError.

    The lock is the system's own, and ends with the process that holds it.
    """
    os.makedirs(folder, exist_ok=True)
    descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def as_json(head: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Return an object as JSON that people can read: its last key has a list with a row a line."""
    top = json.dumps({**head, name: []}, indent=2)
    lines = ",\n".join([f"    {json.dumps(row)}" for row in rows])
    return f"{top[:-4]}[\n{lines}\n  ]\n}}\n" if lines else f"{top}\n"


def stamp(now: datetime) -> str:
    """Return a time of any zone as text in UTC, to the second: ``2026-12-01T05:40:00Z``."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reason_of(error: Exception) -> str:
    """Return why a file could not be read or written."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
