"""The arguments of the public functions, checked before anything is read or written.

An object of the caller's may raise anything when it is asked for its text, number, path or items.
All of that is a BadRequestError here.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from operator import index as as_integer
from typing import ParamSpec

from index.errors import BadRequestError, shown

FIRST_PAGE_YEAR = 1000
LAST_PAGE_YEAR = 9998
"""The years that dates without one may be given."""

MOST_ITEMS = 1_000_000
"""How many paths, ids or names a call may give one by one, as a generator does without end."""

Arguments = ParamSpec("Arguments")

# The attribute that marks an error which a caller's own code raised.
_CALLERS = "_raised_by_caller"

# More than any system takes; a message that names the path need not be longer.
_MOST_PATH_CHARS = 4096
_MOST_NAME_CHARS = 200


def folder_path(directory: object) -> str:
    """Return where an index is: the path of its folder, or its address on a cluster, as text.

    An address comes without who asks there. Raises BadRequestError.
    """
    return _place("directory", directory)


def local_folder(directory: object, purpose: str) -> str:
    """Return the path of an index's folder, where only a folder has what is asked for.

    Raises BadRequestError.
    """
    place = folder_path(directory)
    if "://" in place:
        raise BadRequestError(
            f"{place}: {purpose} only of an index in a folder; make one with: searcher index --from"
            f" {place} --index FOLDER"
        )
    return place


def _place(name: str, value: object) -> str:
    plain = text(value)
    if plain is not None and "://" in plain:
        from index.opensearch.address import is_address, read_address

        if is_address(plain):
            return str(read_address(plain))
    return _path(name, value, "a folder")


def whole_place(place: str) -> str:
    """Return where an index is, whatever folder one is in: an address says it as it is."""
    return place if "://" in place else os.path.abspath(place)


def folder_paths(directories: object) -> list[str]:
    """Return the path of one folder or of several as a list of texts, each folder once.

    Raises BadRequestError.
    """
    if not isinstance(directories, list | tuple):
        return [folder_path(directories)]
    if not directories:
        raise BadRequestError("directory is empty; it must be the path of a folder, or list some")
    named: dict[str, str] = {}
    for one in directories:
        path = _place("one of the directories", one)
        named.setdefault(path if "://" in path else os.path.realpath(path), path)
    return list(named.values())


def file_path(file: object) -> str:
    """Return the path of a file as text. Raises BadRequestError."""
    return _path("file", file, "a file")


def seed_paths(paths: object) -> list[str]:
    """Return one path or several as a list of texts. Raises BadRequestError."""
    if isinstance(paths, str | os.PathLike):
        return [_path("paths", paths, "a file or folder")]
    listed = _listed("paths", paths, "it must list the paths of files and folders")
    return [_path("one of the paths", path, "a file or folder") for path in listed]


def optional_year(
    page_year: object, first: int = FIRST_PAGE_YEAR, last: int = LAST_PAGE_YEAR
) -> int | None:
    """Return the year for dates without one as an integer of Python. Raises BadRequestError."""
    if page_year is None:
        return None
    year = integer(page_year)
    if year is None or not first <= year <= last:
        raise BadRequestError(
            f"page_year is {shown(page_year)}; it must be a year from {first} to {last}, or None"
        )
    return year


def years_by_file(page_years: object) -> dict[str, int]:
    """Return the years of files, given as a mapping or None. Raises BadRequestError."""
    if page_years is None:
        return {}
    try:
        years = {text(file): integer(year) for file, year in dict(page_years).items()}  # type: ignore[call-overload]
    except Exception:
        years = {None: None}
    plain = {file: year for file, year in years.items() if file is not None and year is not None}
    if len(plain) < len(years):
        raise BadRequestError(
            f"page_years is {shown(page_years)}; it must map paths of files to years, or be None"
        )
    return plain


def source_name(source: object) -> str:
    """Return the name of a stream's source. Raises BadRequestError."""
    name = text(source)
    if not name or not name.isprintable() or len(name) > _MOST_NAME_CHARS:
        raise BadRequestError(
            f"source is {shown(source)}; it must be a name of at most {_MOST_NAME_CHARS} printable"
            " characters"
        )
    return name


def refuse_without_input(reader: object, source: object) -> None:
    """Raise BadRequestError for what names standard input which is not read."""
    for name, value, else_ in (
        ("reader", reader, "the format of a file is told by its content"),
        ("source", source, "a file is a source of its own"),
    ):
        if value is not None:
            raise BadRequestError(
                f"{name} is {shown(value)}, but standard input (-) is not among the paths; {else_}"
            )


def papers_given(papers: object) -> Iterable[object]:
    """Return an iterable of papers as it is. Raises BadRequestError."""
    if isinstance(papers, str | bytes | Mapping) or not isinstance(papers, Iterable):
        raise BadRequestError(
            f"papers is {shown(papers)}; it must be an iterable of Paper or of dicts, or None"
        )
    return papers


def byte_count(memory_bytes: object) -> int:
    """Return the bound of memory as an integer of Python. Raises BadRequestError."""
    count = integer(memory_bytes)
    if count is None or count < 0:
        raise BadRequestError(
            f"memory_bytes is {shown(memory_bytes)}; it must be a whole number of bytes, 0 or more"
        )
    return count


def check_flags(**flags: object) -> None:
    """Raise BadRequestError unless each of the flags is True or False."""
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadRequestError(f"{name} is {shown(flag)}; it must be True or False")


def callback_of(
    name: str, callback: Callable[Arguments, object] | None
) -> Callable[Arguments, None] | None:
    """Wrap a callback so that its errors are marked as the caller's own; None stays None.

    Raises BadRequestError unless it is a function or None.
    """
    if callback is None:
        return None
    if not callable(callback):
        raise BadRequestError(f"{name} is {shown(callback)}; it must be a function, or None")

    def call(*arguments: Arguments.args, **options: Arguments.kwargs) -> None:
        with callers_block():
            callback(*arguments, **options)

    return call


@contextmanager
def callers_block() -> Iterator[None]:
    """Mark what a caller's code raises, so that no file and no index is blamed for it."""
    try:
        yield
    except Exception as error:
        BaseException.__setattr__(error, _CALLERS, True)  # the class may have one of its own
        raise


def is_callers(error: Exception) -> bool:
    """Tell whether a caller's own code raised an error. Such an error is passed on unchanged."""
    return hasattr(error, _CALLERS)


def integer(value: object) -> int | None:
    """Return a whole number of any library as one of Python; None if it is something else."""
    try:
        return None if isinstance(value, bool) else int(as_integer(value))  # type: ignore[arg-type]
    except Exception:
        return None


def text(value: object) -> str | None:
    """Return text as a plain string of Python; None if it is something else."""
    return str.__str__(value) if isinstance(value, str) else None


def text_of(name: str, value: object) -> str:
    """Return an argument that is text as a plain string of Python. Raises BadRequestError."""
    plain = text(value)
    if plain is None:
        raise BadRequestError(f"{name} is {shown(value)}; it must be text")
    return plain


def texts(name: str, values: object) -> list[str]:
    """Return an argument that lists texts as plain strings of Python. Raises BadRequestError."""
    listed = [] if isinstance(values, str) else _listed(name, values, "it must list texts")
    plain = [one for one in map(text, listed) if one is not None]
    if len(plain) < len(listed) or isinstance(values, str):
        raise BadRequestError(f"{name} is {shown(values)}; it must list texts")
    return plain


def _listed(name: str, values: object, must: str) -> list[object]:
    """Return the items of any iterable but bytes, MOST_ITEMS at most. Raises BadRequestError."""
    if isinstance(values, list | tuple | set | frozenset):
        return list(values)
    if isinstance(values, bytes | bytearray | memoryview) or not isinstance(values, Iterable):
        raise BadRequestError(f"{name} is {shown(values)}; {must}")
    try:
        listed = list(islice(values, MOST_ITEMS + 1))
    except Exception as error:
        raise BadRequestError(
            f"{name} is {shown(values)}; it raises {type(error).__name__} when it is listed; {must}"
        ) from error
    if len(listed) > MOST_ITEMS:
        raise BadRequestError(f"{name} lists more than {MOST_ITEMS:,}; give a list, if it ends")
    return listed


def _path(name: str, value: object, place: str) -> str:
    path = None
    try:
        path = text(os.fspath(value))  # type: ignore[call-overload]
        os.fsencode(path or "")
    except Exception:
        path = None
    if not path or "\0" in path or len(path) > _MOST_PATH_CHARS:
        raise BadRequestError(f"{name} is {shown(value)}; it must be the path of {place}")
    return path
