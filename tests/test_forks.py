"""A writer and the children that are forked from its process: they share nothing of it.

Each case is a program of its own, whose threads search and build while it forks.
"""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import searcher
from tests.conftest import ROOT
from tests.test_writer import answers, found, segments
from tests.writing import BATCH, commit, paper

# What the programs below begin with. ``fork`` forks a child that does something and then lives on
# until the test closes its standard input, as a server's worker would.
BEGINNING = """
import gc, json, os, sys, threading, traceback
import searcher
from index import BadRequestError, IndexLockedError, open_writer
from tests.writing import BATCH, add, commit, delete, paper
DIRECTORY = sys.argv[1]

def fork(action, lives_on=False):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        action()
        code = 0
        if lives_on:
            sys.stdin.read()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def raises(kind, action):
    try:
        action()
    except kind as error:
        return str(error)
    raise AssertionError("nothing was raised")
"""


def run(program: str, *arguments: str) -> str:
    """Run a program to its end, and return what it prints."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEGINNING + program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


# Three threads search, one builds an index of its own again and again, and so opens and closes
# locks and pipes at every moment of a fork. The writer that is killed has papers of each kind:
# sent to the building process and waiting.
KILLED = """
OTHER = sys.argv[2]
papers = searcher.open(sys.argv[3])

def search():
    while True:
        papers.search("federated learning", facets=["year"])

def build():
    while True:
        commit(OTHER, *map(paper, range(BATCH + 1)))
        delete(OTHER, *(f"p{number}" for number in range(BATCH + 1)))

for work in (search, search, search, build):
    threading.Thread(target=work, daemon=True).start()
with open_writer(DIRECTORY) as writer:
    add(writer, paper(1))
    children = [fork(lambda: None, lives_on=True)]
    for count in range(6):
        add(writer, *map(paper, range(count * BATCH, (count + 1) * BATCH)))
        children.append(fork(lambda: None, lives_on=True))
    print(json.dumps(children), flush=True)
    threading.Event().wait()
"""


def test_the_lock_of_a_killed_writer_is_free_though_its_children_live(
    tmp_path: Path, seeds_index: Path
) -> None:
    commit(tmp_path / "index", paper(9_999))
    arguments = [str(tmp_path / "index"), str(tmp_path / "other"), str(seeds_index)]
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", BEGINNING + KILLED, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        children = [psutil.Process(number) for number in json.loads(process.stdout.readline())]
        process.kill()
        process.wait()
        for name in ("index", "other"):
            commit(tmp_path / name, paper(10_000))
        assert all(child.is_running() and child.status() != "zombie" for child in children)
        process.stdin.close()
    assert found(tmp_path / "index") == {"p9999", "p10000"}
    for name in ("index", "other"):
        segments(tmp_path / name)  # looks that no other file is there
        assert searcher.check(tmp_path / name).is_sound


# Each child ends its copy of the block in another way. None may unlock, remove or write anything.
WAYS = ("returns", "raises", "exits", "changes", "writes")
LIVING = """
count = int(sys.argv[2])
sys.modules["index.writers.lock"].LOCK_TIMEOUT_SECONDS = 0.1

def write(directory, way):
    global writer
    with open_writer(directory) as writer:
        add(writer, *map(paper, range(count)))
        child = os.fork()
        if not child:
            if way == "raises":
                raise ZeroDivisionError
            if way == "exits":
                sys.exit(0)
            if way == "changes":
                entry = writer.entries(["p9999"])["p9999"]
                for change in (
                    writer.commit, lambda: add(writer, paper(count)), lambda: writer.delete(entry)
                ):
                    assert "open another" in raises(BadRequestError, change)
            if way == "writes":
                raises(IndexLockedError, lambda: commit(directory, paper(7_777)))
            return
        assert ended(child) == 0
        # Nobody else may write now.
        other = fork(lambda: raises(IndexLockedError, lambda: commit(directory, paper(8_888))))
        assert ended(other) == 0
        writer.commit()
        print("committed", way, flush=True)

parent = os.getpid()
for way in sys.argv[3:]:
    try:
        write(os.path.join(DIRECTORY, way), way)
    except ZeroDivisionError:
        pass
    if os.getpid() != parent:
        del writer
        gc.collect()
        break
"""


@pytest.mark.parametrize("count", [1, BATCH + 1], ids=["this process", "the other process"])
def test_a_child_of_a_living_writer_does_nothing_to_it(tmp_path: Path, count: int) -> None:
    for way in WAYS:
        commit(tmp_path / way, paper(9_999))
    told = run(LIVING, str(tmp_path), str(count), *WAYS)
    assert told.splitlines() == [f"committed {way}" for way in WAYS]
    for way in WAYS:
        assert found(tmp_path / way) == {"p9999", *(f"p{number}" for number in range(count))}
        segments(tmp_path / way)


def test_a_child_does_not_remove_a_new_index(tmp_path: Path) -> None:
    program = """
with open_writer(DIRECTORY) as writer:
    add(writer, paper(1))
    child = os.fork()
    if child:
        assert ended(child) == 0
        writer.commit()
"""
    run(program, str(tmp_path / "index"))
    assert found(tmp_path / "index") == {"p1"}


# The callback forks at some of the steps of writing, when files of the segment are open.
CALLBACK = """
parent = os.getpid()

def on_progress(stage, done, total):
    if done % 9:
        return
    child = os.fork()
    if child:
        assert ended(child) == 3

try:
    with open_writer(DIRECTORY) as writer:
        add(writer, *map(paper, range(int(sys.argv[2]))))
        writer.commit(on_progress)
except BadRequestError as error:
    assert os.getpid() != parent and "open another" in str(error)
    gc.collect()
    sys.exit(3)
"""


@pytest.mark.parametrize("count", [20, BATCH + 1], ids=["this process", "the other process"])
def test_a_callback_that_forks_harms_nothing(tmp_path: Path, count: int) -> None:
    directory = tmp_path / "index"
    for number in range(7):  # one more, and they are merged
        commit(directory, *map(paper, range(1_000 + 20 * number, 1_020 + 20 * number)))
    run(CALLBACK, str(directory), str(count))
    assert searcher.check(directory).is_sound
    assert len(found(directory)) == 140 + count
    at_once = tmp_path / "at once"
    commit(at_once, *map(paper, [*range(1_000, 1_140), *range(count)]))
    assert answers(directory) == answers(at_once)


def test_a_forked_child_may_write_in_its_turn(tmp_path: Path) -> None:
    program = """
with open_writer(DIRECTORY) as writer:
    add(writer, *map(paper, range(BATCH)))
    child = fork(lambda: commit(DIRECTORY, *map(paper, range(BATCH, 2 * BATCH))))
    writer.commit()
assert ended(child) == 0
"""
    run(program, str(tmp_path / "index"))
    assert found(tmp_path / "index") == {f"p{number}" for number in range(2 * BATCH)}
    segments(tmp_path / "index")
