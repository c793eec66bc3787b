"""Rows of papers → segment files, in this process or in one of its own on a second core."""

import json
import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol

from index.codec import ArraySegment
from index.inversion import Inverter, Row
from index.segment import DOCUMENTS_EXTENSION, POSTINGS_EXTENSION

_MAIN = "from index.building import main; main()"


class Builder(Protocol):
    """Writes segments of the rows it is given. Its methods raise OSError."""

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""

    def finish(self) -> list[ArraySegment]:
        """Write what is left, and return all segments written."""

    def cancel(self) -> None:
        """Stop, and drop what was added; files already written stay."""


class SegmentBuilder:
    """The builder in this process: a new segment begins when the next would need more memory."""

    def __init__(self, folder: str, index_name: str, memory_bytes: int) -> None:
        self._folder = folder
        self._index_name = index_name
        self._memory_bytes = memory_bytes
        self._inverter = Inverter()
        self._segments: list[ArraySegment] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""
        for row in rows:
            self._inverter.add(row)
        if self._inverter.memory_bytes > self._memory_bytes:
            self._write()

    def finish(self) -> list[ArraySegment]:
        """Write what is left, and return all segments written."""
        if len(self._inverter):
            self._write()
        return self._segments

    def cancel(self) -> None:
        """Drop what was added."""
        self._inverter = Inverter()

    def _write(self) -> None:
        segment = ArraySegment(self._index_name, document_count=len(self._inverter))
        inverter, self._inverter = self._inverter, Inverter()
        write_segment(self._folder, segment, inverter.write)
        self._segments.append(segment)


class BuilderProcess:
    """The builder in a process of its own, which works while this one reads on."""

    def __init__(self, folder: str, index_name: str, memory_bytes: int) -> None:
        # Not multiprocessing: it would run the caller's main module again, or fork its threads.
        self._index_name = index_name
        # -P: modules come from where this process has them, not from the folder it runs in.
        modules = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN, folder, index_name, str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": modules},
            process_group=0,  # an interrupt from the keyboard is for the caller, which cancels
        )

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""
        self._send([tuple(row) for row in rows])

    def finish(self) -> list[ArraySegment]:
        """Write what is left, and return all segments written."""
        self._send([])
        answer = self._answer()
        return [ArraySegment(self._index_name, *of) for of in answer["segments"]]

    def cancel(self) -> None:
        """Stop, and drop what was added; files already written stay."""
        self._process.kill()
        self._process.communicate()

    def _send(self, rows: list[tuple[object, ...]]) -> None:
        assert self._process.stdin
        try:
            marshal.dump(rows, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._answer()
            raise

    def _answer(self) -> dict[str, list[tuple[str, int]]]:
        """Return what the process answers when it ends. Raises OSError if it failed."""
        try:
            printed, _ = self._process.communicate()
        except BrokenPipeError:
            printed = self._process.stdout.read() if self._process.stdout else b""
            self._process.wait()
        if not printed:
            raise OSError(f"the building process ended with code {self._process.returncode}")
        answer: dict[str, list[tuple[str, int]]] = json.loads(printed)
        if "error" in answer:
            raise OSError(*answer["error"])
        return answer


def write_segment(
    folder: str, segment: ArraySegment, write: Callable[[BinaryIO, BinaryIO], None]
) -> None:
    """Create a segment's two files, which ``write`` is given, and wait until they are on disk."""
    paths = [
        os.path.join(folder, segment.make_filename(extension))
        for extension in (POSTINGS_EXTENSION, DOCUMENTS_EXTENSION)
    ]
    with open(paths[0], "xb") as postings, open(paths[1], "xb") as documents:
        write(postings, documents)
        for file in (postings, documents):
            file.flush()
            os.fsync(file.fileno())


def main() -> None:
    """Be the other process of a BuilderProcess, whose arguments are the program's.

    Reads marshalled lists of rows from standard input up to an empty one, writes segments, and
    prints one line of JSON: their names and document counts, or the reason of a failure.
    """
    folder, index_name, memory_bytes = sys.argv[1:]
    builder = SegmentBuilder(folder, index_name, int(memory_bytes))
    answer: dict[str, object]
    try:
        while rows := marshal.load(sys.stdin.buffer):
            builder.add([Row(*row) for row in rows])
        segments = builder.finish()
        answer = {"segments": [(segment.segid, segment.doc_count_all()) for segment in segments]}
    except EOFError:
        return  # the parent is gone, or has cancelled
    except OSError as error:
        answer = {"error": [error.errno, error.strerror]}
    print(json.dumps(answer))
