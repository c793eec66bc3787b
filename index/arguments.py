"""The arguments of the public functions, checked before anything is read or written."""

import os
from collections.abc import Iterable
from operator import index as as_integer

from index.errors import BadRequestError

FIRST_PAGE_YEAR = 1000
LAST_PAGE_YEAR = 9998
"""The years that dates without one may be given."""


def folder_path(directory: object) -> str:
    """Return the path of an index's folder as text. Raises BadRequestError."""
    return _path("directory", directory, "a folder")


def seed_paths(paths: object) -> list[str]:
    """Return one path or several as a list of texts. Raises BadRequestError."""
    if isinstance(paths, str | os.PathLike):
        return [_path("paths", paths, "a file or folder")]
    if isinstance(paths, bytes) or not isinstance(paths, Iterable):
        raise BadRequestError(f"paths is {paths!r}; it must list the paths of files and folders")
    return [_path("one of the paths", path, "a file or folder") for path in paths]


def optional_year(page_year: object) -> int | None:
    """Return the year for dates without one as an integer of Python. Raises BadRequestError."""
    if page_year is None:
        return None
    year = _integer(page_year)
    if year is None or not FIRST_PAGE_YEAR <= year <= LAST_PAGE_YEAR:
        raise BadRequestError(
            f"page_year is {page_year!r}; it must be a year from {FIRST_PAGE_YEAR} to"
            f" {LAST_PAGE_YEAR}, or None"
        )
    return year


def byte_count(memory_bytes: object) -> int:
    """Return the bound of memory as an integer of Python. Raises BadRequestError."""
    count = _integer(memory_bytes)
    if count is None or count < 0:
        raise BadRequestError(
            f"memory_bytes is {memory_bytes!r}; it must be a whole number of bytes, 0 or more"
        )
    return count


def check_flags(**flags: object) -> None:
    """Raise BadRequestError unless each of the flags is True or False."""
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadRequestError(f"{name} is {flag!r}; it must be True or False")


def check_callback(name: str, callback: object) -> None:
    """Raise BadRequestError unless a callback is a function or None."""
    if callback is not None and not callable(callback):
        raise BadRequestError(f"{name} is {callback!r}; it must be a function, or None")


def _path(name: str, value: object, place: str) -> str:
    text: object = None
    try:
        text = os.fspath(value)  # type: ignore[call-overload]
        os.fsencode(text)  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):
        text = None
    if not isinstance(text, str) or not text or "\0" in text:
        raise BadRequestError(f"{name} is {value!r}; it must be the path of {place}")
    return text


def _integer(value: object) -> int | None:
    """Return a whole number of any library as one of Python; None if it is something else."""
    try:
        return None if isinstance(value, bool) else as_integer(value)  # type: ignore[arg-type]
    except TypeError:
        return None
