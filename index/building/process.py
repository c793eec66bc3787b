"""Papers → segment files, in this process or in another one on a second core."""

import gc
import json
import marshal
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO, NoReturn

from index.building.forks import no_fork, own_file
from index.building.inversion import Inverter, Row, Stored, encoded, memory_bytes, row
from index.fields import VALUES
from index.paper import Paper
from index.segments.contents import SegmentEntry
from index.segments.names import segment_name
from index.segments.stored import StoredPacker

_WAITING_BATCHES = 8
# The stored values of some 12,000 papers, which are packed while the other process ends its work.
_UNPACKED_BYTES = 1 << 24
# Each message is preceded by its length, which takes this many bytes.
_SIZE_BYTES = 8
_END = marshal.dumps(None)
_PACKED_PAPERS = 256
# An interpreter on a slow disk takes seconds to start; a program that is none may never answer.
_START_SECONDS = 20.0
# Modules come from where this process has them. PYTHONPATH could not name a folder with a colon.
_MAIN = "import sys; sys.path[:] = sys.argv[4:]; from index.building.process import main; main()"
# Set for the other process: whatever program that turns out to be, it starts no further one.
_STARTED = "SEARCHER_BUILDING_PROCESS"
_READY = "ready"


OnStep = Callable[[int, int], None]
"""Called with how many steps of writing a segment are done, and how many there are."""


class Builder(ABC):
    """Writes papers into segments; its methods raise OSError.

    A new segment begins when the current one needs more than ``memory_bytes``, by estimate.
    """

    note = ""
    """What is worth knowing of how the segments were built; empty if there is nothing."""

    def __init__(self, folder: str, generation: int, memory_bytes: int) -> None:
        self._folder = folder
        self._generation = generation
        self._memory_bytes = memory_bytes
        self._begin_segment()

    def _begin_segment(self) -> None:
        self._stored = _LatePacker()
        self._paper_count = 0
        self._used_bytes = 0

    def add(self, papers: Sequence[Paper], stored: Sequence[bytes]) -> None:
        """Add papers and the stored values of each."""
        abstracts = list(map(encoded, map(VALUES["abstract"], papers)))
        self._invert(list(map(row, papers)), abstracts)
        self._stored.add(stored)
        self._paper_count += len(papers)
        self._used_bytes += memory_bytes(abstracts) + sum(map(len, stored))
        if self._used_bytes > self._memory_bytes:
            self._write(self._stored)
            self._begin_segment()

    def finish(self, on_step: OnStep | None = None) -> list[SegmentEntry]:
        """Write what is left, and return all segments written.

        ``on_step`` is called with the number of steps done in writing, and of all, 0 if unknown.
        """
        if self._paper_count:
            if on_step:
                on_step(0, 0)
            self._write(self._stored, on_step)
        return self._written(on_step)

    @abstractmethod
    def cancel(self) -> None:
        """Stop, and drop the papers that were added; files already written stay."""

    @abstractmethod
    def _invert(self, rows: Sequence[Row], abstracts: list[bytes]) -> None:
        """Add papers to the segment."""

    @abstractmethod
    def _write(self, stored: "_LatePacker", on_step: OnStep | None = None) -> None:
        """Write the segment, together with the packed stored values."""

    @abstractmethod
    def _written(self, on_step: OnStep | None) -> list[SegmentEntry]:
        """Return all segments written."""


class SegmentBuilder(Builder):
    """The builder in this process."""

    def __init__(self, folder: str, generation: int, memory_bytes: int) -> None:
        super().__init__(folder, generation, memory_bytes)
        self._inverter = Inverter()
        self._segments: list[SegmentEntry] = []

    def cancel(self) -> None:
        """Drop the papers that were added."""
        self._inverter = Inverter()
        self._begin_segment()

    def _invert(self, rows: Sequence[Row], abstracts: list[bytes]) -> None:
        self._inverter.add(rows, abstracts)

    def _write(self, stored: "_LatePacker", on_step: OnStep | None = None) -> None:
        inverter, self._inverter = self._inverter, Inverter()
        self._segments.append(
            _write_inverted(self._folder, self._generation, inverter, stored.packed, on_step)
        )

    def _written(self, on_step: OnStep | None) -> list[SegmentEntry]:  # noqa: ARG002
        return self._segments


class ProcessBuilder(Builder):
    """The builder with another process, which inverts papers while this one reads on.

    Stored values stay in this process, which packs them while the other inverts the last papers.
    ``kept_open`` are descriptors of locks that must stay held until the other process has ended,
    even if this one is killed, since it may still be writing files.

    Not every process can start Python anew: the application may be frozen, or embed Python. What
    was started gets no paper before it has said that it is ready. If it never says so, this process
    builds all segments itself, with the same bytes, and ``note`` says why.
    """

    def __init__(
        self, folder: str, generation: int, memory_bytes: int, kept_open: Sequence[int] = ()
    ) -> None:
        super().__init__(folder, generation, memory_bytes)
        self._other: _OtherProcess | None = None
        self._here: SegmentBuilder | None = None
        self._waiting: list[tuple[Sequence[Row], list[bytes]]] = []
        try:
            self._other = _OtherProcess(folder, generation, kept_open)
        except _CannotStartError as error:
            self._build_here(error)

    def cancel(self) -> None:
        """Stop, and drop the papers that were added; files already written stay."""
        if self._other:
            self._other.kill()
        self._here = None

    def _invert(self, rows: Sequence[Row], abstracts: list[bytes]) -> None:
        self._waiting.append((rows, abstracts))
        self._pass_on(wait=len(self._waiting) >= _WAITING_BATCHES)

    def _write(self, stored: "_LatePacker", on_step: OnStep | None = None) -> None:
        self._pass_on(wait=True)
        if self._here:
            self._here._write(stored, on_step)
        elif self._other:
            self._other.write(stored, on_step)

    def _written(self, on_step: OnStep | None) -> list[SegmentEntry]:
        self._pass_on(wait=True)
        if self._here:
            return self._here._written(on_step)
        return self._other.segments(on_step) if self._other else []

    def _pass_on(self, *, wait: bool) -> None:
        """Give the papers to the process that builds; if that is not known yet, keep them.

        With ``wait`` this returns only when it is known. Papers are kept here because a program
        that reads nothing would hold up the sender.
        """
        try:
            if self._other and not self._other.is_ready(wait=wait):
                return
        except _CannotStartError as error:
            self._build_here(error)
        waiting, self._waiting = self._waiting, []
        for rows, abstracts in waiting:
            if self._here:
                self._here._invert(rows, abstracts)
            elif self._other:
                self._other.invert(rows, abstracts)

    def _build_here(self, error: "_CannotStartError") -> None:
        self._other = None
        self._here = SegmentBuilder(self._folder, self._generation, self._memory_bytes)
        self.note = f"built in one process, which takes longer: {error}"


class _CannotStartError(Exception):
    """No other process can be started, or what was started is none that builds."""


class _OtherProcess:
    """Another process that runs ``main``, and what is sent to it and read from it."""

    def __init__(self, folder: str, generation: int, kept_open: Sequence[int]) -> None:
        """Start it. Raises _CannotStartError."""
        if reason := _no_interpreter():
            raise _CannotStartError(reason)
        self._unfinished_line = b""
        self._is_ready = False
        self._result: dict[str, Any] | None = None
        modules = [os.path.abspath(os.fsdecode(name)) for name in sys.path]
        # Its answers have a pipe of their own. Python, and what a site has added to it, may print
        # anything at its start and end, which is of no use to the caller.
        with no_fork() as own:
            self._start(folder, generation, kept_open, modules)
            assert self._process.stdin
            own.add(self._process.stdin.fileno())
        # With a queue this process need not wait while the other is busy with a batch.
        self._messages: queue.Queue[bytes] = queue.Queue(_WAITING_BATCHES)
        self._last_moment = time.monotonic() + _START_SECONDS
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def _start(
        self, folder: str, generation: int, kept_open: Sequence[int], modules: Sequence[str]
    ) -> None:
        reading, writing = os.pipe()
        self._answers = open(reading, "rb", 0)  # noqa: SIM115
        with open(writing, "wb", 0) as answers:
            # Not multiprocessing: it would run the caller's main module again, or fork its threads.
            # -P: no module comes from the folder that this process runs in.
            numbers = (str(generation), str(answers.fileno()))
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _MAIN, folder, *numbers, *modules],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(answers.fileno(), *kept_open),
                    # With this the C library of Linux returns blocks of 16 MB at once, else rarely.
                    # To take smaller ones anew from the system each time is a tenth of the work.
                    env={
                        **os.environ,
                        _STARTED: "1",
                        "MALLOC_MMAP_THRESHOLD_": "16000000",
                        "MALLOC_TRIM_THRESHOLD_": "64000000",
                    },
                    # A keyboard interrupt reaches only the caller, which then cancels.
                    process_group=0,
                )
            except (OSError, ValueError) as error:  # ValueError: a name with a null character
                self._answers.close()
                reason = f"{sys.executable} cannot be started again ({error})"
                raise _CannotStartError(reason) from error

    def is_ready(self, *, wait: bool) -> bool:
        """Tell whether the process has said that it is ready; ``wait`` until it does.

        Raises _CannotStartError once it cannot say so any more.
        """
        while not self._is_ready:
            left = max(0.0, self._last_moment - time.monotonic())
            if self._can_read(left if wait else 0.0):
                is_open = self._read(None)
                if not self._is_ready and not is_open:
                    self.kill()
                    raise _CannotStartError(f"{sys.executable} does not run this program's modules")
            elif not left:
                self.kill()
                raise _CannotStartError(f"{sys.executable} has not answered")
            elif not wait:
                return False
        return True

    def invert(self, rows: Sequence[Row], abstracts: list[bytes]) -> None:
        """Add papers to the segment. Raises OSError."""
        if self._process.poll() is not None:
            self._raise_ended()
        self._messages.put(marshal.dumps((list(rows), abstracts)))

    def write(self, stored: "_LatePacker", on_step: OnStep | None) -> None:
        """Have the segment written."""
        # Steps are told only for a segment during which somebody reads them: a pipe that nobody
        # reads fills up, and then the process stands still.
        self._messages.put(marshal.dumps(on_step is not None))
        packed = stored.packed(lambda: self._read_answers(on_step))
        self._messages.put(marshal.dumps(packed))

    def segments(self, on_step: OnStep | None) -> list[SegmentEntry]:
        """Return all segments written, when the process has ended. Raises OSError."""
        self._messages.put(_END)
        while self._read(on_step):
            pass
        self._sender.join()
        self._close()
        if self._result is None:
            self._raise_ended()
        if "error" in self._result:
            raise OSError(*self._result["error"])
        return [SegmentEntry(*entry) for entry in self._result["segments"]]

    def kill(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            with suppress(OSError):  # a script may have started others, which also hold the lock
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._messages.put(_END)
        self._sender.join()
        self._close()

    def _can_read(self, seconds: float) -> bool:
        poller = select.poll()
        poller.register(self._answers, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def _read_answers(self, on_step: OnStep | None) -> None:
        """Read what the process has answered so far."""
        while self._can_read(0) and self._read(on_step):
            pass

    def _read(self, on_step: OnStep | None) -> bool:
        """Read some of what the process answers; False at its end."""
        answered = self._answers.read(1 << 16)
        *lines, self._unfinished_line = (self._unfinished_line + answered).split(b"\n")
        for answer in map(json.loads, lines):
            if answer == _READY:
                self._is_ready = True
            elif isinstance(answer, dict):
                self._result = answer
            elif on_step:
                on_step(*answer)
        return bool(answered)

    def _close(self) -> None:
        self._process.wait()
        self._answers.close()
        assert self._process.stdin
        with no_fork() as own:
            if not self._process.stdin.closed:
                own.discard(self._process.stdin.fileno())
            self._process.stdin.close()

    def _raise_ended(self) -> NoReturn:
        code = self._process.returncode
        raise OSError(f"the building process ended with code {code}; was there too little memory?")

    def _send(self) -> None:
        """Send what is in the queue, in a thread of its own, until the end."""
        assert self._process.stdin
        message = b""
        # If the process has died the queue is emptied all the same; ``segments`` reports the death.
        while message != _END:
            message = self._messages.get()
            with suppress(OSError):
                for part in (len(message).to_bytes(_SIZE_BYTES), message):
                    unsent = memoryview(part)
                    while unsent:
                        unsent = unsent[self._process.stdin.write(unsent) :]


def _no_interpreter() -> str:
    """Return why no Python can be started from this process, empty if it can be tried."""
    if getattr(sys, "frozen", False):
        return "a frozen application cannot start Python again"
    if not sys.executable:
        return "nothing says which program runs Python (sys.executable is empty)"
    if _STARTED in os.environ:
        return f"{sys.executable} was started to build, and runs an application instead"
    return ""


class _LatePacker:
    """Packs the stored values of a segment's papers, as late as memory allows."""

    def __init__(self) -> None:
        self._packer: StoredPacker | None = None
        self._packed: list[bytes] = []
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0

    def add(self, stored: Sequence[bytes]) -> None:
        """Add the stored values of some papers."""
        if self._packer is None:
            self._packer = StoredPacker(stored)
        self._waiting += stored
        self._waiting_bytes += sum(map(len, stored))
        self._pack(_UNPACKED_BYTES)

    def packed(self, on_batch: Callable[[], None] | None = None) -> Stored:
        """Return the stored values of all papers; ``on_batch`` is called now and then meanwhile."""
        self._pack(0, on_batch)
        return self._packer.dictionary if self._packer else b"", self._packed

    def _pack(self, most: int, on_batch: Callable[[], None] | None = None) -> None:
        """Pack the papers that have waited longest until at most ``most`` bytes wait."""
        while self._packer and self._waiting_bytes > most:
            stored = self._waiting.popleft()
            self._waiting_bytes -= len(stored)
            self._packed.append(self._packer.pack(stored))
            if on_batch and not len(self._packed) % _PACKED_PAPERS:
                on_batch()


def write_segment(
    folder: str, generation: int, document_count: int, write: Callable[[BinaryIO, BinaryIO], None]
) -> SegmentEntry:
    """Create a segment's two files, have ``write`` fill them, and wait until they are on disk.

    The segment's name begins with ``generation``, that of the commit it is written for, so that
    names show which of two segments is newer.
    """
    name = segment_name(generation, _suffix())
    entry = SegmentEntry(name, document_count)
    paths = [os.path.join(folder, file) for file in entry.files]
    with own_file(paths[0]) as postings, own_file(paths[1]) as documents:
        write(postings, documents)
        for file in (postings, documents):
            file.flush()
            os.fsync(file.fileno())
    return entry


def _suffix() -> str:
    # Not from ``random``: a caller may have set its state.
    return os.urandom(8).hex()


def _write_inverted(
    folder: str,
    generation: int,
    inverter: Inverter,
    stored: Callable[[], Stored],
    on_step: OnStep | None,
) -> SegmentEntry:
    write = partial(inverter.write, stored, on_step=on_step)
    return write_segment(folder, generation, len(inverter), write)


def main() -> None:
    """Run the other process of a ProcessBuilder.

    Its arguments are the index's folder, the generation, and the descriptor to answer on. It reads
    marshalled messages from standard input: batches of papers; at the end of a segment whether to
    tell the steps of writing it, and then the stored values of its papers; None at the end. It
    answers in lines of JSON: that it is ready, ``[done, total]`` for each step, and finally the
    names and document counts of the segments, or the reason of a failure.
    """
    # Everything built here lives until it is written and has no cycles, so collecting is wasted.
    gc.disable()
    folder, generation, descriptor = sys.argv[1:4]
    tell = partial(_tell, int(descriptor))
    tell(_READY)
    segments = []
    inverter = Inverter()
    answer: dict[str, object]
    try:
        while (message := _received()) is not None:
            if isinstance(message, tuple):
                rows, abstracts = message
                inverter.add(rows, abstracts)
            else:
                on_step = (lambda *step: tell(step)) if message else None
                segments.append(
                    _write_inverted(folder, int(generation), inverter, _received, on_step)
                )
                inverter = Inverter()
        answer = {"segments": [(segment.name, segment.document_count) for segment in segments]}
    except EOFError:
        return  # the parent is gone, or has cancelled
    except OSError as error:
        answer = {"error": [error.errno, error.strerror]}
    except Exception as error:  # the other process reports it; here nothing is printed
        reason = f"the building process failed ({type(error).__name__}: {error})"
        answer = {"error": [0, reason]}
    tell(answer)


def _tell(descriptor: int, answer: object) -> None:
    with suppress(BrokenPipeError):  # the parent is gone
        os.write(descriptor, json.dumps(answer).encode() + b"\n")


def _received() -> Any:
    # Much faster than marshal.load, which reads one object at a time.
    size = int.from_bytes(sys.stdin.buffer.read(_SIZE_BYTES))
    return marshal.loads(sys.stdin.buffer.read(size))
