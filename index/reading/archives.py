"""Zip archives: their members are read in place, as files of their own."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable
from copy import copy
from typing import Any

from index.reading.streams import READ_ERRORS, Allowance, CountedStream, unpacked

_ENCRYPTED = 1
"""The bit of a member's flags that says so (APPNOTE.TXT, 4.4.4)."""


class ArchiveError(OSError):
    """An archive, or a member of it, cannot be read."""


class Archive:
    """A zip archive that is open for reading. Raises ArchiveError if its list cannot be read.

    ``sizes``: the packed sizes of its members in bytes, by name, sorted; folders and hidden files
    are left out. Of several members of one name the last counts, as when they are unpacked.
    Together they may unpack to as much as a file of the archive's size.
    """

    def __init__(self, path: str) -> None:
        self._allowance = Allowance(os.path.getsize(path))
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError:
            raise
        except Exception as error:  # damaged bytes may raise anything
            raise ArchiveError(f"a zip archive that is damaged or cut off: {error}") from error
        self._members = {one.filename: one for one in self._zip.infolist()}
        self.names = frozenset(self._members)
        self.sizes = {
            name: max(member.compress_size, 1)
            for name, member in sorted(self._members.items())
            if not member.is_dir() and not _is_hidden(name)
        }

    def open(
        self,
        name: str,
        buffer_bytes: int,
        on_note: Callable[[str], None] | None = None,
    ) -> io.BufferedReader:
        """Open a member; one that is packed once more, as by gzip, is unpacked.

        Reading raises the READ_ERRORS, and so does this.
        """
        member = self._members[name]
        if member.flag_bits & _ENCRYPTED:
            raise ArchiveError("it is encrypted; unpack it first")
        unchecked = copy(member)
        # Else what is unpacked last is lost where the checksum is wrong.
        del unchecked.CRC
        try:
            stream = self._zip.open(unchecked)
        except READ_ERRORS:
            raise
        except Exception as error:  # such as a way of packing that is not known
            raise ArchiveError(str(error)) from error
        counted = _MemberStream(stream, member.CRC, self._allowance)
        return unpacked(counted, self._allowance, buffer_bytes, on_note)

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


class Archives:
    """The archives of a run, of which one is open at a time: members are asked for in a row."""

    def __init__(self) -> None:
        self._path = ""
        self._archive: Archive | None = None

    def at(self, path: str) -> Archive:
        """Return an archive, open. Raises ArchiveError, or another OSError."""
        if self._archive is None or self._path != path:
            self.close()
            self._path, self._archive = path, Archive(path)
        return self._archive

    def close(self) -> None:
        """Close the archive that is open, if any."""
        if self._archive:
            self._archive.close()
        self._archive = None


class _MemberStream(CountedStream):
    """The contents of a member with a checksum, which is compared at their end."""

    def __init__(self, stream: Any, checksum: int, allowance: Allowance) -> None:
        self._stream = stream
        self._checksum = checksum
        self._checksum_so_far = 0
        self._allowance = allowance

    def readinto(self, buffer: Any) -> int:
        try:
            content = self._stream.read1(len(buffer))
        except READ_ERRORS:
            raise
        except Exception as error:  # damaged bytes may raise anything
            raise ArchiveError(f"it is damaged: {error}") from error
        if not content and self._checksum_so_far != self._checksum:
            raise ArchiveError("it is damaged: its checksum is wrong")
        self._checksum_so_far = zlib.crc32(content, self._checksum_so_far)
        self.byte_count += len(content)
        self._allowance.spend(len(content))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _is_hidden(name: str) -> bool:
    """Tell whether a name begins with a dot, in any folder, or is what macOS adds to archives."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(
        part.startswith(".") and part not in {".", ".."} for part in parts
    )
