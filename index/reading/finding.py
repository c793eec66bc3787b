"""Find seed files, in folders and in archives, and for each the reader that knows it."""

import io
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from index.arguments import text
from index.errors import BadRequestError, shown
from index.readers import READERS
from index.readers.base import Head, Problem
from index.readers.installed import ReaderError, installed_readers
from index.readers.record import Reader
from index.reading.archives import Archives
from index.reading.formats import certain_format, format_of_parts, likely_format
from index.reading.paths import STANDARD_INPUT, member_path, path_text, printable, system_path
from index.reading.reports import Kind
from index.reading.streams import READ_ERRORS, open_file, open_standard_input, read_head, rejoined

BUFFER_BYTES = 1 << 18

_HEAD_BYTES = 1 << 16
_TABLE_OF_CONTENTS = re.compile(r"_MAIN_\d+\.toc")
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file, or a member of an archive, that a reader recognised.

    ``size`` in bytes as stored, 0 if unknown.
    """

    path: str
    size: int
    reader: Reader


class Finder:
    """Finds the files of one run, and reports what it leaves out.

    ``on_bytes`` is called with the number of stored bytes of standard input each time that some are
    read. ``reader`` names the reader of standard input, and ``input_file`` is the file that its
    papers name. ``standard_input``: what it holds, once it was found. Raises BadRequestError if
    there is no such reader.
    """

    def __init__(
        self,
        report: Callable[[Problem], None],
        on_bytes: Callable[[int], None],
        reader: str | None = None,
        input_file: str = STANDARD_INPUT,
    ) -> None:
        self._report = report
        self._input_file = input_file
        self._on_bytes = on_bytes
        self._archives = Archives()
        self._installed: tuple[Reader, ...] | None = None
        self._input_reader = None if reader is None else self._reader_named(reader)
        self._looked_at: list[str] = []
        self.standard_input: io.BufferedReader | None = None

    def files(self, paths: Collection[str]) -> list[SeedFile]:
        """Return the files to read at or below some paths, those whose papers overlap first."""
        files: list[SeedFile] = []
        named = {path_text(os.path.abspath(path)) for path in paths} | {STANDARD_INPUT}
        for path in self._walk(paths):
            self._looked_at.append(path)
            kind: Kind = "problem" if path in named else "note"
            try:
                head, size = self._head(path)
                if head.content.startswith(_ZIP) and path != STANDARD_INPUT:
                    files += self._members(path, kind)
                    continue
            except READ_ERRORS as error:
                self._refuse(path, f"cannot be read ({cause_of(error)})")
                continue
            is_input = path == STANDARD_INPUT
            reader = self._input_reader if is_input else None
            if reader := reader or self._recognise(path, head, kind):
                files.append(SeedFile(self._input_file if is_input else path, size, reader))
        self._archives.close()
        self._report_folders(named, files)
        return sorted(files, key=lambda file: (not file.reader.OVERLAPS, file.path))

    def _report_folders(self, named: Collection[str | None], files: Sequence[SeedFile]) -> None:
        """Report the folders named that hold files, but no list of papers."""
        for folder in sorted(path for path in named if path and os.path.isdir(system_path(path))):
            below = os.path.join(folder, "")
            if not any(file.path.startswith(below) for file in files) and any(
                path.startswith(below) for path in self._looked_at
            ):
                self._refuse(folder, "the folder holds no list of papers")

    def _members(self, path: str, kind: Kind) -> list[SeedFile]:
        """Return the members of an archive that a reader recognises; report the others."""
        files = []
        archive = self._archives.at(system_path(path))
        if name := format_of_parts(archive.names):
            self._refuse(path, f"{name}; left out", kind)
            return []
        for member, size in archive.sizes.items():
            file = member_path(path, member)
            try:
                with archive.open(member, _HEAD_BYTES) as stream:
                    head = Head(read_head(stream, _HEAD_BYTES))
            except READ_ERRORS as error:
                self._refuse(file, f"cannot be read ({cause_of(error)})")
                continue
            if reader := self._recognise(file, head, "note"):
                files.append(SeedFile(file, size, reader))
        if not files:
            self._refuse(path, "a zip archive without a list of papers; left out", kind)
        return files

    def _recognise(self, path: str, head: Head, kind: Kind) -> Reader | None:
        """Return the reader of a file; report what the file is if there is none."""
        name = certain_format(head.content)
        asked = () if name else READERS
        if reader := next((reader for reader in asked if reader.recognises(head)), None):
            return reader
        if not head.content.strip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"):
            self._refuse(path, "the file is empty", kind)
            return None
        for reader in self._installed_readers():
            try:
                if reader.recognises(head):
                    return reader
            except ReaderError as error:
                self._refuse(path, str(error))
        unknown = "no reader knows this format" if head.is_text else "not text (a binary file)"
        name = name or likely_format(head.lines, path) or unknown
        self._refuse(path, f"{name}; left out", kind)
        return None

    def _installed_readers(self) -> tuple[Reader, ...]:
        """Return the readers of other packages, which are loaded only where they are asked."""
        if self._installed is None:
            self._installed = installed_readers(
                lambda reason: self._refuse("searcher.readers", reason)
            )
        return self._installed

    def _reader_named(self, name: str) -> Reader:
        readers = {reader.NAME: reader for reader in (*self._installed_readers(), *READERS)}
        if text(name) not in readers:
            raise BadRequestError(
                f"reader is {shown(name)}; it must be one of {', '.join(sorted(readers))}"
            )
        return readers[name]

    def _head(self, path: str) -> tuple[Head, int]:
        """Return the beginning of a file, and the file's size as stored."""
        if path == STANDARD_INPUT:
            stream, size = open_standard_input(
                BUFFER_BYTES, self._on_bytes, noting(self._report, path)
            )
            content = read_head(stream, _HEAD_BYTES)
            # It can be read only once, so what was read stays with the rest.
            self.standard_input = rejoined(content, stream, BUFFER_BYTES)
            return Head(content), size
        size = os.path.getsize(system_path(path))
        with open_file(system_path(path), size, _HEAD_BYTES) as stream:
            return Head(read_head(stream, _HEAD_BYTES)), size

    def _walk(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield each regular file that the paths name or hold once, and standard input."""
        seen: set[str] = set()
        for given in paths:
            if given == STANDARD_INPUT:
                files = [STANDARD_INPUT]
            else:
                files = self._files_at(os.path.abspath(given))
            for file in files:
                if file in seen:
                    continue
                seen.add(file)
                shown_path = path_text(file)
                if shown_path is None:
                    self._refuse(printable(file), "the name is not UTF-8; rename it. Left out")
                elif file == STANDARD_INPUT or os.path.isfile(file):
                    yield shown_path
                else:
                    self._refuse(shown_path, "not a regular file; left out")

    def _files_at(self, path: str) -> list[str]:
        """Return the file itself or the files in a folder; report if there are none."""
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            self._refuse(printable(path), f"cannot be read ({cause_of(error)})")
            return []
        if not stat.S_ISDIR(mode):
            return [path]
        files = self._files_below(path)
        if not files:
            self._refuse(printable(path), "the folder holds no files")
        return files

    def _files_below(self, folder: str) -> list[str]:
        """Return the files below a folder; report the folders that cannot be read."""

        def report_unreadable(error: OSError) -> None:
            self._refuse(printable(str(error.filename)), f"cannot be read ({cause_of(error)})")

        return files_below(folder, report_unreadable)

    def _refuse(self, path: str, reason: str, kind: Kind = "problem") -> None:
        self._report(Problem(path, 0, reason, kind))


def files_below(folder: str, on_error: Callable[[OSError], None] | None = None) -> list[str]:
    """Return the files below a folder, sorted, links to files among them.

    Names that begin with a dot are left out, and so are folders that hold an index. ``on_error`` is
    called for each folder that cannot be read.
    """
    files: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=on_error):
        if any(_TABLE_OF_CONTENTS.fullmatch(name) for name in names):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [os.path.join(parent, name) for name in names if not name.startswith(".")]
    return sorted(files)


def cause_of(error: BaseException) -> str:
    """Return in words why something could not be read."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def noting(report: Callable[[Problem], None], path: str) -> Callable[[str], None]:
    """Return what reports a note about a file."""
    return lambda reason: report(Problem(path, 0, reason, "note"))
