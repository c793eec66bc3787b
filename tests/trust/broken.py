"""What breaks a promise, each in its own way: what the trials must see."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.comparing import Comparison
from index.paper import Copy, mark
from index.writers.local import open_writer
from tests.trust.fuzz import Target, Try

FIRST_BAD_BYTE = b"\x40"
"""Inputs that begin with this byte, or one after it, are those that break."""


def _broken(how: str) -> Target:
    def prepare(_room: Path) -> Try:
        def attempt(data: bytes) -> None:
            if data[:1] < FIRST_BAD_BYTE:
                return
            if how == "crash":
                os.abort()
            elif how == "hang":
                while True:
                    time.monotonic()
            elif how == "memory":
                bytearray(1 << 40)
            else:
                raise AssertionError(how)

        return attempt

    return Target(how, 40, prepare, lambda: [b"\x00", b"\x7f"], [b"\x00"], 10)


RAISING, CRASHING, HANGING, HUNGRY = map(_broken, ("wrong", "crash", "hang", "memory"))


# Comparisons of seed files with an index, each with one mistake

_fate = Comparison._fate


def _fate_of_the_first_copy(*arguments: Any) -> Any:
    """Let a paper go with the first of its copies that does."""
    fate = _fate(*arguments)
    if fate.pruned:
        fate.pruned += [*fate.staying, *fate.stale]
        fate.staying, fate.stale = [], []
    return fate


def _fate_in_one_file(*arguments: Any) -> Any:
    """Do not note that another file holds a paper, too."""
    fate = _fate(*arguments)
    if fate.staying:
        fate.read = []
    return fate


def _by_order(group: str, copies: Sequence[Copy], _shared: object) -> list[str]:
    """Give the readable id to whichever record comes first."""
    return [group if at == 0 else f"{group}-{mark(copy.paper)}" for at, copy in enumerate(copies)]


def _returns(value: object) -> Callable[..., object]:
    return lambda *_arguments, **_options: value


_COMPARISON = "index.comparing.Comparison"
_WHEREABOUTS = "index.whereabouts.Whereabouts"

BROKEN_COMPARISONS: Mapping[str, tuple[str, object]] = {
    "a paper goes with its first copy": (f"{_COMPARISON}._fate", _fate_of_the_first_copy),
    "a second file is not noted": (f"{_COMPARISON}._fate", _fate_in_one_file),
    "a title is one paper": (
        "index.identity.told_apart",
        lambda group, copies, _shared: [group] * len(copies),
    ),
    "the first record has the id": ("index.identity.told_apart", _by_order),
    "files are pruned that are not named": (f"{_WHEREABOUTS}._is_named", _returns(True)),
    "a missing folder is pruned": (f"{_WHEREABOUTS}.lost_folder", _returns(None)),
    "damaged text is taken": ("index.comparing.loss", _returns(None)),
    "damaged text is another paper": (f"{_COMPARISON}._is_doubtful", _returns(False)),
    "a page cut short is pruned": (f"{_COMPARISON}._short_files", _returns(set())),
    "a file with a problem is pruned": (
        "index.reading.SeedRun.read_whole",
        property(lambda run: {file.path for file in run.files}),
    ),
    "what was written at once is not settled": (
        "index.writers.local._LocalWriter.settle",
        _returns(None),
    ),
    "a strict run writes": ("index.sync._refuse_problems", _returns(None)),
    "a dry run writes": ("index.sync.open_dry_writer", open_writer),
}
"""What is replaced, by what, under the promise that it breaks."""
