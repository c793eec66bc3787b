"""Other users: programs that run under other user and group ids, and other umasks.

Only root may become another user. Where tests run as somebody else, all programs run as that user,
and what they test is what one user alone meets.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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
# need not be able to read them.
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

DIRECTORY = Path(sys.argv[1])
for (uid, gid, groups, umask), program in json.loads(sys.argv[2]):
    reading, writing = os.pipe()
    if not os.fork():
        code = 1
        try:
            os.dup2(writing, 1)
            if os.geteuid() == 0:
                os.setgroups(groups)
                os.setgid(gid)
                os.setuid(uid)
            os.umask(umask)
            os.chdir("/")
            exec(program)
            sys.stdout.flush()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    with open(reading) as file:
        printed = file.read()
    if os.wait()[1]:
        sys.exit(1)
    files = [path.stat() for path in DIRECTORY.iterdir()]
    modes = sorted({oct(stat.S_IMODE(file.st_mode)) for file in files})
    print(json.dumps([printed, modes, sorted({file.st_gid for file in files})]))
"""


def run_as(directory: Path, *steps: tuple[User, str]) -> list[Step]:
    """Run each program, which has a ``DIRECTORY``, as its user, and return what came of each."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(directory), json.dumps(steps)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    rows = map(json.loads, ended.stdout.splitlines())
    return [Step(printed, set(modes), set(groups)) for printed, modes, groups in rows]


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a new folder that every user can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
