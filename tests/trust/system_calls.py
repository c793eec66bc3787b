"""The same faults below Python: strace makes the system calls of the command line fail, or kill it.

Where strace is missing, or may not trace, nothing is tried.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.trust.histories import Place

_CALLS = (
    "openat,newfstatat,fstat,getdents64,read,write,lseek,mmap,flock,fsync,close,rename,unlink,"
    "mkdir,rmdir"
)
KILLED = "signal=KILL"

_LINE = re.compile(r"(\d+) +(\w+)\(.*")
_ERRORS = {
    "openat": ("EIO", "EACCES", "EROFS", "ENOSPC"),
    "write": ("EIO", "ENOSPC"),
    "mkdir": ("EIO", "EROFS"),
    "rename": ("EIO", "EROFS"),
    "mmap": ("ENOMEM",),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A system call on a file of the trial: the how-manieth of its name in its process."""

    name: str
    number: int

    @property
    def actions(self) -> tuple[str, ...]:
        """What strace makes of it."""
        errors = _ERRORS.get(self.name, ("EIO",))
        return (*(f"error={error}" for error in errors), KILLED)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a traced command ended: its exit code, what it told, its calls on the trial's files.

    ``is_hit``: the fault came, and at a file of the trial.
    """

    code: int
    told: str
    calls: tuple[Call, ...]
    is_hit: bool


def can_trace() -> bool:
    """Tell whether strace is there and may trace."""
    strace = shutil.which("strace")
    command = [strace or "", "-qq", "-e", "trace=none", sys.executable, "-c", ""]
    return bool(strace) and not subprocess.run(command, capture_output=True).returncode


def index_traced(place: Place, inject: tuple[Call, str] | None = None) -> Ended:
    """Run ``searcher index`` under strace, with a fault or none."""
    record = place.root.parent / "strace"
    injected: list[str] = []
    # Where only the calls that are traced stop, no signal can be sent at one.
    quicker = [] if inject and inject[1] == KILLED else ["--seccomp-bpf"]
    if inject:
        call, action = inject
        injected = ["-e", f"inject={call.name}:{action}:when={call.number}"]
    strict = ["--strict"] if any(place.seeds.iterdir()) else []
    command = [
        *("strace", "-f", "-y", "-qq", *quicker, "-o", str(record)),
        *("-e", f"trace={_CALLS}", *injected),
        *(sys.executable, "-m", "searcher", "index", str(place.seeds)),
        *("--index", str(place.index), "--prune-missing-folders", *strict),
    ]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        # What may differ from run to run changes how many calls there are.
        env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
    )
    lines = record.read_text("utf-8", "replace").splitlines()
    root = f"{place.root}/"
    hits = [line for line in lines if "(INJECTED" in line]
    if ended.returncode == -signal.SIGKILL:
        hits = [line for line in lines if f" {inject[0].name}(" in line][-1:] if inject else []
    calls = tuple(_calls(lines, root))
    return Ended(ended.returncode, ended.stderr, calls, any(root in line for line in hits))


def _calls(lines: Sequence[str], root: str) -> Iterator[Call]:
    """Yield the calls of the first process on files below ``root``."""
    counts: Counter[str] = Counter()
    for line in lines:
        found = _LINE.match(line)
        if found and found[1] == lines[0].split()[0]:
            counts[found[2]] += 1
            if root in line:
                yield Call(found[2], counts[found[2]])
