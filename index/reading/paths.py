"""How the path of a seed file is written: as text, and with the member of an archive.

A member's path is that of the archive, two slashes, and the member's name in it:
``/seeds/papers.zip//a/b.json``. No path on a disk has two slashes, so the archive is known by it
even when it is gone.
"""

import os

STANDARD_INPUT = "-"
"""The path that stands for standard input."""

_MARK = "//"
_STREAM = "source:"


def stream_file(name: str) -> str:
    """Return what papers of a stream name as their file: ``source:stdin`` for ``stdin``."""
    return f"{_STREAM}{name}"


def is_stream(file: str) -> bool:
    """Tell whether a file is a stream. The paths of other files are absolute."""
    return file.startswith(_STREAM)


def file_on_disk(file: str) -> str:
    """Return the path of the file that is, or has, the member or file at a path."""
    return _split(file)[0]


def member_name(file: str) -> str:
    """Return the name that a member has in its archive, empty for a file that is no member."""
    return _split(file)[1]


def member_path(archive: str, name: str) -> str:
    """Return the path of a member of an archive."""
    return f"{archive}{_MARK}{name}"


def _split(file: str) -> tuple[str, str]:
    # A path may begin with two slashes (POSIX 1003.1, 4.13).
    at = file.find(_MARK, 1)
    return (file, "") if at < 0 else (file[:at], file[at + len(_MARK) :])


def printable(path: str) -> str:
    """Return a path with the bytes that are not UTF-8 written as escapes, such as ``caf\\xe9``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def path_text(path: str) -> str | None:
    """Return a path as text, as an index keeps it; None if its bytes are not UTF-8.

    Python gives paths in the locale's encoding, and in some of them the text cannot be written.
    """
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        return None


def system_path(text: str) -> str:
    """Undo ``path_text``: return the path of a text, as Python gives it to the system."""
    return os.fsdecode(text.encode("utf-8", "surrogatepass"))
