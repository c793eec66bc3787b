"""Rows of papers → segment files, in this process or in one of its own on a second core."""

import gc
import json
import marshal
import os
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO, NoReturn, Protocol

from index.contents import Segment, segment_name
from index.inversion import Inverter, Row

_WAITING_BATCHES = 4
_END = marshal.dumps([])
_MAIN = "from index.building import main; main()"


class Builder(Protocol):
    """Writes segments of the rows it is given. Its methods raise OSError."""

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""

    def finish(self) -> list[Segment]:
        """Write what is left, and return all segments written."""

    def cancel(self) -> None:
        """Stop, and drop what was added; files already written stay."""


class SegmentBuilder:
    """The builder in this process: a new segment begins when the next would need more memory."""

    def __init__(self, folder: str, generation: int, memory_bytes: int, dictionary: bytes) -> None:
        self._folder = folder
        self._generation = generation
        self._memory_bytes = memory_bytes
        self._dictionary = dictionary
        self._inverter = Inverter(dictionary)
        self._segments: list[Segment] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""
        for row in rows:
            self._inverter.add(row)
        self._inverter.stem()
        if self._inverter.memory_bytes > self._memory_bytes:
            self._write()

    def finish(self) -> list[Segment]:
        """Write what is left, and return all segments written."""
        if len(self._inverter):
            self._write()
        return self._segments

    def cancel(self) -> None:
        """Drop what was added."""
        self._inverter = Inverter(self._dictionary)

    def _write(self) -> None:
        inverter, self._inverter = self._inverter, Inverter(self._dictionary)
        self._segments.append(
            write_segment(self._folder, self._generation, len(inverter), inverter.write)
        )


class ProcessBuilder:
    """The builder in a process of its own, which works while this one reads on.

    ``kept_open``: descriptors of locks that are not to be free before that process has ended, even
    if this one is killed; what it still writes would be left over.
    """

    def __init__(
        self,
        folder: str,
        generation: int,
        memory_bytes: int,
        dictionary: bytes,
        kept_open: Sequence[int] = (),
    ) -> None:
        # Not multiprocessing: it would run the caller's main module again, or fork its threads.
        # -P: modules come from where this process has them, not from the folder it runs in.
        modules = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _MAIN, folder, str(generation), str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=kept_open,
            # The C library of Linux gives large blocks back at once if told so, else seldom.
            env={**os.environ, "PYTHONPATH": modules, "MALLOC_MMAP_THRESHOLD_": "1000000"},
            process_group=0,  # an interrupt from the keyboard is for the caller, which cancels
        )
        # A queue, so that this process need not wait while the other is busy with a batch.
        self._messages: queue.Queue[bytes] = queue.Queue(_WAITING_BATCHES)
        self._messages.put(marshal.dumps(dictionary))
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def add(self, rows: Sequence[Row]) -> None:
        """Add papers."""
        if self._process.poll() is not None:
            self._raise_ended()
        self._messages.put(marshal.dumps(list(map(tuple, rows))))

    def finish(self) -> list[Segment]:
        """Write what is left, and return all segments written."""
        self._messages.put(_END)
        self._sender.join()
        assert self._process.stdout
        printed = self._process.stdout.read()
        self._close()
        if not printed:
            self._raise_ended()
        answer = json.loads(printed.splitlines()[-1])
        if "error" in answer:
            raise OSError(*answer["error"])
        return [Segment(*of) for of in answer["segments"]]

    def cancel(self) -> None:
        """Stop, and drop what was added; files already written stay."""
        self._process.kill()
        self._messages.put(_END)
        self._sender.join()
        self._close()

    def _raise_ended(self) -> NoReturn:
        code = self._process.returncode
        raise OSError(f"the building process ended with code {code}; was there too little memory?")

    def _send(self) -> None:
        """Send what is in the queue, in a thread of its own, until the end."""
        assert self._process.stdin
        message = b""
        # Where the process has died the queue is emptied all the same; ``finish`` reports it.
        while message != _END:
            message = self._messages.get()
            with suppress(OSError):
                self._process.stdin.write(message)
                self._process.stdin.flush()

    def _close(self) -> None:
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def write_segment(
    folder: str, generation: int, document_count: int, write: Callable[[BinaryIO, BinaryIO], None]
) -> Segment:
    """Create a segment's two files, which ``write`` is given, and wait until they are on disk.

    ``generation``: that of the commit it is for, which its name begins with, so that names tell
    which of two segments is the newer one.
    """
    # Not from ``random``, whose state a caller may have set.
    name = segment_name(generation, secrets.token_hex(8))
    segment = Segment(name, document_count)
    paths = [os.path.join(folder, file) for file in segment.files]
    with open(paths[0], "xb") as postings, open(paths[1], "xb") as documents:
        write(postings, documents)
        for file in (postings, documents):
            file.flush()
            os.fsync(file.fileno())
    return segment


def main() -> None:
    """Be the other process of a ProcessBuilder, whose arguments are the program's.

    Reads, marshalled, from standard input the dictionary and lists of rows up to an empty one,
    writes segments, and prints one line of JSON: their names and document counts, or the reason of
    a failure.
    """
    # What is built stays until it is written, and makes no circles to be found.
    gc.disable()
    # nltk imports scipy wherever it is installed, which takes a second and has no use here.
    sys.modules.setdefault("scipy", None)  # type: ignore[arg-type]
    folder, generation, memory_bytes = sys.argv[1:]
    answer: dict[str, object]
    try:
        dictionary = marshal.load(sys.stdin.buffer)
        builder = SegmentBuilder(folder, int(generation), int(memory_bytes), dictionary)
        while rows := marshal.load(sys.stdin.buffer):
            builder.add([Row(*row) for row in rows])
        segments = builder.finish()
        answer = {"segments": [(segment.name, segment.document_count) for segment in segments]}
    except EOFError:
        return  # the parent is gone, or has cancelled
    except OSError as error:
        answer = {"error": [error.errno, error.strerror]}
    with suppress(BrokenPipeError):  # the parent is gone
        os.write(sys.stdout.fileno(), json.dumps(answer).encode())
