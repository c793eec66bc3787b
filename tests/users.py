"""Other users: programs that run under other user and group ids, and other umasks.

Only root may become another user. Where tests run as somebody else, all programs run as that user,
and what they test is what one user alone meets.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

IS_ROOT = os.geteuid() == 0


class User(NamedTuple):
    """Whom a program runs as, by numbers that the system need not know."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    umask: int = 0o022


class Step(NamedTuple):
    """What a user's program printed, and the modes and groups of the files after it."""

    printed: str
    modes: set[str]
    groups: set[int]


# Each user's program runs in a child of one process, which first loads all modules: another user
# need not be able to read them, and one start does for many tests.
_PROGRAM = """
import json, os, stat, sys, tempfile, traceback
from pathlib import Path
import searcher
from index import IndexStorageError
from tests.writing import BATCH, commit, paper

def print_all(directory):
    with searcher.open(directory) as papers:
        print(len(papers), papers.search("*", facets=["year"]).total)

with tempfile.TemporaryDirectory() as place:
    commit(Path(place), paper(1))
    next(Path(place).glob("*.postings")).unlink()
    searcher.repair(place)
    searcher.open(place).search("paper", facets=["year"])

def run(user, program, stdout, stderr):
    uid, gid, groups, umask = user
    code = 1
    try:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        if os.geteuid() == 0:
            os.setgroups(groups)
            os.setgid(gid)
            os.setuid(uid)
        os.umask(umask)
        os.chdir("/")
        exec(program, globals())
        sys.stdout.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)

for user, program, DIRECTORY in map(json.loads, sys.stdin):
    DIRECTORY = Path(DIRECTORY)
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        if not os.fork():
            run(user, program, stdout, stderr)
        ended = os.wait()[1]
        stdout.seek(0)
        stderr.seek(0)
        told = [ended, stderr.read(), stdout.read()]
    files = [path.stat() for path in DIRECTORY.iterdir()] if DIRECTORY.exists() else []
    modes = sorted({oct(stat.S_IMODE(file.st_mode)) for file in files})
    print(json.dumps([*told, modes, sorted({file.st_gid for file in files})]), flush=True)
"""
RunAs = Callable[..., list[Step]]


@contextmanager
def open_programs() -> Iterator[RunAs]:
    """Yield what runs each program as its user, and returns what came of each.

    The programs have a ``DIRECTORY``.
    """
    command = [sys.executable, "-W", "ignore", "-c", _PROGRAM]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        asking, answers = process.stdin, process.stdout
        assert asking
        assert answers

        def step(directory: Path, user: User, program: str) -> Step:
            print(json.dumps([user, program, str(directory)]), file=asking, flush=True)
            ended, errors, printed, modes, groups = json.loads(answers.readline())
            assert (ended, errors) == (0, ""), errors
            return Step(printed, set(modes), set(groups))

        yield lambda directory, *steps: [step(directory, *each) for each in steps]
        asking.close()
        assert process.wait() == 0


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a new folder that every user can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
