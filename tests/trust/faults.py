"""A layer below the product's file operations, in its process: numbers them, and lets one fail.

It stands where the operation leaves Python: a write is what a buffer passes on, not what it takes.
The process that builds segments gets the layer too. What is below a memory map is beyond it.
"""

import builtins
import errno
import fcntl
import io
import itertools
import marshal
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.building import process as building

STOP_BEFORE, STOP_AFTER = "stops before it", "stops after it"
STOP_HALFWAY, FULL_HALFWAY = "stops halfway", "finds the disk full halfway"
FULL_FROM_HERE, READ_ONLY_FROM_HERE = "finds the disk full from it on", "may not write from it on"

CHANGES = {"create", "write", "sync", "rename", "remove", "make folder", "remove folder"}
_ERRORS = {
    "create": ("EIO", "ENOSPC", "EACCES", "EROFS", "EMFILE"),
    "open": ("EIO", "EACCES", "EMFILE"),
    "read": ("EIO",),
    "write": ("EIO", "ENOSPC"),
    "sync": ("EIO", "ENOSPC"),
    "close": ("EIO", "ENOSPC"),
    "lock": ("EIO", "ENOLCK"),
    "rename": ("EIO", "ENOSPC", "EROFS"),
    "remove": ("EIO", "EACCES", "EROFS"),
    "make folder": ("EIO", "ENOSPC", "EACCES", "EROFS"),
    "remove folder": ("EIO", "EACCES"),
    "list": ("EIO", "EACCES"),
    "look at": ("EIO", "EACCES"),
    "start process": ("EAGAIN", "ENOMEM"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A file operation as it was done: by which process, the how-manieth, when, on what.

    ``process`` is 0 for the writer, then one for each building process in turn. ``path`` and
    ``target`` (of a rename) are absolute; ``data`` is what was written from ``position`` on.
    """

    process: int
    number: int
    nanoseconds: int
    kind: str
    path: str
    target: str = ""
    position: int = 0
    data: bytes = b""
    done: bool = True

    @property
    def actions(self) -> tuple[str, ...]:
        """What may happen at the operation."""
        actions = (*_ERRORS[self.kind], STOP_BEFORE, STOP_AFTER)
        if self.kind == "write":
            actions += (STOP_HALFWAY, FULL_HALFWAY)
        if self.kind in CHANGES:
            actions += (FULL_FROM_HERE, READ_ONLY_FROM_HERE)
        return actions


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at one operation: an error by its name in errno, or one of the words above."""

    process: int
    number: int
    action: str


class Layer:
    """The operations on files below ``root`` go through it; it is recorded in ``record``.

    ``record`` is a folder outside ``root``, with a file for each process.
    """

    def __init__(self, root: Path, record: Path, fault: Fault | None, sticks: bool = False) -> None:
        self._root = f"{root}/"
        self._fault = fault
        self._number = 0
        self._off = 0
        self._sticks = sticks
        for self._process in itertools.count():
            try:
                self._record = io.FileIO(record / str(self._process), "xb")
                break
            except FileExistsError:
                continue
        self._originals = {name: getattr(os, name) for name in _OS_FUNCTIONS}
        self._install(root, record)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Let operations pass unseen."""
        self._off += 1
        try:
            yield
        finally:
            self._off -= 1

    def end(self) -> None:
        """Let all operations from now on pass unseen, in building processes started too."""
        self._off += 1

    def perform(
        self,
        kind: str,
        path: Any,
        call: Callable[[], Any],
        half: Callable[[], Any] | None = None,
        **details: Any,
    ) -> Any:
        """Do an operation, or what the fault says in its place."""
        place = self._place(path)
        if self._off or not place.startswith(self._root):
            return call()
        number, self._number = self._number, self._number + 1
        operation = (self._process, number, kind, place)
        fault, action = self._fault, ""
        if fault and (fault.process, fault.number) == (self._process, number):
            action = fault.action
            self._sticks = action in _FROM_HERE
            self._write(*operation, done=False)
        if self._sticks and fault and kind in CHANGES:
            action = _FROM_HERE[fault.action]
        if action in (STOP_BEFORE, STOP_HALFWAY, FULL_HALFWAY):
            if half and action != STOP_BEFORE:
                half()
            if action == FULL_HALFWAY:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
            os.kill(os.getpid(), signal.SIGKILL)
        if action.startswith("E"):
            if kind == "close":
                call()  # the descriptor is gone even if closing fails
            code = getattr(errno, action)
            raise OSError(code, os.strerror(code), place)
        is_done = False
        try:
            with self.off():
                result = call()
            is_done = True
        finally:
            if not fault:
                self._write(*operation, **details, done=is_done)
        if action == STOP_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def _write(self, process: int, number: int, kind: str, path: str, **details: Any) -> None:
        row = {"process": process, "number": number, "kind": kind, "path": path, **details}
        self._record.write(marshal.dumps({**row, "nanoseconds": time.monotonic_ns()}))

    def _place(self, path: Any) -> str:
        if isinstance(path, int):
            try:
                return str(self._originals["readlink"](f"/proc/self/fd/{path}"))
            except OSError:
                return ""
        return os.path.abspath(os.fsdecode(path))

    def _install(self, root: Path, record: Path) -> None:
        def wrapped(name: str, kind: str) -> Callable[..., Any]:
            original = self._originals[name]

            def operation(path: Any = ".", *arguments: Any, **options: Any) -> Any:
                own_kind, details = kind, dict[str, Any]()
                if name in ("rename", "replace"):
                    details["target"] = self._place(arguments[0])
                if name == "open" and arguments[0] & os.O_CREAT:
                    own_kind = "create"
                return self.perform(
                    own_kind, path, lambda: original(path, *arguments, **options), **details
                )

            return operation

        for name, kind in _OS_FUNCTIONS.items():
            if kind:
                setattr(os, name, wrapped(name, kind))
        layer, fault = self, self._fault
        flock, popen = fcntl.flock, subprocess.Popen

        def write(descriptor: int, data: Any) -> Any:
            return _write_through(layer, descriptor, data, self._originals["write"])

        def lock(file: Any, how: int) -> Any:
            return layer.perform("lock", file, lambda: flock(file, how))

        def start(command: Any, **options: Any) -> Any:
            if self._off:
                return popen(command, **options)
            path = f"{self._root}a process"
            own_fault = fault and (fault.process, fault.number, fault.action)
            given = f"{str(root)!r}, {str(record)!r}, {own_fault!r}, {self._sticks}"
            loading = f"from tests.trust.faults import resume; resume({given}); from index"
            command = [
                word.replace("from index", loading) if word == building._MAIN else word
                for word in command
            ]
            return layer.perform("start process", path, lambda: popen(command, **options))

        class Raw(io.FileIO):
            """A file whose every operation goes through the layer."""

            def __init__(self, file: Any, mode: str, closefd: bool, opener: Any) -> None:
                self.place = layer._place(file)
                kind = "open" if mode.startswith("r") else "create"
                opened = super().__init__
                layer.perform(
                    kind, self.place, lambda: opened(file, mode, closefd=closefd, opener=opener)
                )

            def write(self, data: Any) -> Any:
                return _write_through(layer, self, data, super().write)

            def readinto(self, buffer: Any) -> Any:
                of = super().readinto
                return layer.perform("read", self.place, lambda: of(buffer))

            def readall(self) -> Any:
                return layer.perform("read", self.place, super().readall)

            def close(self) -> None:
                if not self.closed:
                    layer.perform("close", self.place, super().close)

        original_open = io.open

        def opened(
            file: Any,
            mode: str = "r",
            buffering: int = -1,
            encoding: str | None = None,
            errors: str | None = None,
            newline: str | None = None,
            closefd: bool = True,
            opener: Any = None,
        ) -> Any:
            if layer._off or not layer._place(file).startswith(layer._root):
                return original_open(
                    file, mode, buffering, encoding, errors, newline, closefd, opener
                )
            raw = Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
            if buffering == 0:
                return raw
            kind: Any = io.BufferedReader if raw.readable() else io.BufferedWriter
            buffered = io.BufferedRandom(raw) if raw.readable() and raw.writable() else kind(raw)
            return (
                buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)
            )

        os.write, fcntl.flock = write, lock
        subprocess.Popen = start  # type: ignore[assignment, misc]
        io.open = opened
        builtins.open = opened
        tempfile.tempdir = f"{root}/temporary"


_FROM_HERE = {FULL_FROM_HERE: "ENOSPC", READ_ONLY_FROM_HERE: "EROFS"}

# The functions of ``os`` that the product, Whoosh or the library of Python calls, and their kinds.
_OS_FUNCTIONS = {
    "open": "open",
    "close": "close",
    "fsync": "sync",
    "fdatasync": "sync",
    "rename": "rename",
    "replace": "rename",
    "remove": "remove",
    "unlink": "remove",
    "mkdir": "make folder",
    "rmdir": "remove folder",
    "listdir": "list",
    "scandir": "list",
    "stat": "look at",
    "lstat": "look at",
    "fstat": "look at",
    "write": "",
    "readlink": "",
}


def _write_through(layer: Layer, file: Any, data: Any, write: Callable[..., Any]) -> Any:
    """Write through the layer, from where the file stands."""
    data = bytes(data)
    if isinstance(file, int):
        place: Any = file
        call: Callable[[bytes], Any] = lambda part: write(file, part)  # noqa: E731
        position = os.lseek(file, 0, os.SEEK_CUR) if _can_seek(file) else 0
    else:
        place, call, position = file.place, write, file.tell()
    return layer.perform(
        "write",
        place,
        lambda: call(data),
        lambda: call(data[: len(data) // 2]),
        position=position,
        data=data,
    )


def _can_seek(descriptor: int) -> bool:
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        return False
    return True


def resume(root: str, record: str, fault: tuple[int, int, str] | None, sticks: bool) -> None:
    """Put the layer into a building process."""
    Layer(Path(root), Path(record), Fault(*fault) if fault else None, sticks)


def operations_of(record: Path) -> list[Operation]:
    """Return the operations of all processes in the order in which they were done."""
    operations = []
    for path in record.iterdir():
        with open(path, "rb") as file:
            while file.peek(1):
                operations.append(Operation(**marshal.load(file)))
    return sorted(operations, key=lambda operation: operation.nanoseconds)
