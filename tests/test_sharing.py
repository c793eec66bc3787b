"""An index's folder says who may read and write its files, whatever the umask of a writer."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.users import IS_ROOT, RunAs, User, open_folder, open_programs

LAB = 54_321 if IS_ROOT else os.getegid()
ANN = User(54_001, 54_001, (LAB,))
BOB = User(54_002, 54_002, (LAB,))
EVE = User(54_003, 54_003)
"""No member of the lab."""
ROOT = User(0, 0)

COUNT = "print_all(DIRECTORY)"
REFUSED = """
for action in ("commit(DIRECTORY, paper(2))", "searcher.open(DIRECTORY)"):
    try:
        exec(action)
    except IndexStorageError as error:
        print(error)
"""


def add(number: int) -> str:
    return f"commit(DIRECTORY, paper({number}))"


@pytest.fixture
def place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def run_as() -> Iterator[RunAs]:
    with open_programs() as run:
        yield run


def made(directory: Path, mode: int, owner: User = ROOT) -> Path:
    """Make a folder of the lab."""
    directory.mkdir()
    if IS_ROOT:
        os.chown(directory, owner.uid, LAB)
    directory.chmod(mode)
    return directory


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_two_users_share_an_index(run_as: RunAs, place: Path, umask: int) -> None:
    directory = made(place / "index", 0o2775)
    users = [user._replace(umask=umask) for user in (ANN, BOB)]
    # The eighth commit merges the files of both, and removes them.
    commits = [(users[number % 2], add(number)) for number in range(9)]
    steps = run_as(directory, *commits, *((user, COUNT) for user in (ANN, BOB, EVE)))
    assert [step.printed for step in steps] == [""] * 9 + ["9 9\n"] * 3
    for step in steps:
        assert (step.modes, step.groups) == ({"0o664"}, {LAB})
    assert len(list(directory.iterdir())) == 6


def test_an_index_can_be_shared_later(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o755, owner=ANN)
    steps = run_as(
        directory,
        (ANN, add(0)),
        (ANN, "DIRECTORY.chmod(0o2775)"),
        (BOB, REFUSED),
        (ANN, add(1)),
        (BOB, add(2)),
        (EVE, COUNT),
    )
    assert "Permission denied" in steps[2].printed
    assert steps[-1].printed == "3 3\n"


def test_large_commits_and_repairs_leave_an_index_to_all(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o2775)
    ann, bob = (user._replace(umask=0o077) for user in (ANN, BOB))
    steps = run_as(
        directory,
        (ann, "commit(DIRECTORY, *map(paper, range(BATCH + 1)))"),
        (bob, "next(DIRECTORY.glob('*.postings')).unlink(); searcher.repair(DIRECTORY)"),
        (EVE, COUNT),
    )
    assert steps[-1].printed == "501 501\n"
    assert [step.modes for step in steps] == [{"0o664"}] * 3


# What a folder lets its owner, its group and others do; what its files let them do.
FOLDERS = {
    0o700: 0o600,
    0o710: 0o600,
    0o750: 0o640,
    0o755: 0o644,
    0o770: 0o660,
    0o771: 0o660,
    0o775: 0o664,
    0o777: 0o666,
    0o1777: 0o666,
    0o2770: 0o660,
    0o2755: 0o644,
}


def test_files_take_their_mode_from_the_folder(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o700, ANN)
    steps = []
    for mode in FOLDERS:
        again = f"[path.unlink() for path in DIRECTORY.iterdir()]; DIRECTORY.chmod({mode})"
        for umask in (0, 0o077):
            steps += [(ANN, again), (ANN._replace(umask=umask), add(1))]
    after = run_as(directory, *steps)[1::2]
    assert [step.modes for step in after[::2]] == [{oct(mode)} for mode in FOLDERS.values()]
    assert [step.modes for step in after[1::2]] == [step.modes for step in after[::2]]
    assert all(step.groups == {LAB} for step in after)


def test_a_group_that_is_not_the_folder_s_may_do_what_others_may(
    run_as: RunAs, place: Path
) -> None:
    directory = made(place / "index", 0o757)
    (step,) = run_as(directory, (EVE, add(1)))
    assert step.modes == ({"0o666"} if IS_ROOT else {"0o646"})


def test_root_closes_an_index_to_nobody(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o700, ANN)
    root = ROOT._replace(umask=0o077)
    steps = run_as(directory, (root, add(1)), (ANN, add(2)), (root, add(3)), (ANN, COUNT))
    assert steps[-1].printed == "3 3\n"
    assert steps[-1].modes == {"0o600"}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_a_folder_made_for_an_index_follows_the_umask(
    run_as: RunAs, place: Path, umask: int, mode: int
) -> None:
    directory = made(place / "folder", 0o777) / "index"
    (step,) = run_as(directory, (ANN._replace(umask=umask), add(1)))
    assert stat.S_IMODE(directory.stat().st_mode) == mode
    assert step.modes == {oct(mode & 0o666)}


def test_a_folder_that_lets_others_do_nothing_keeps_them_out(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o2770)
    steps = run_as(directory, (ANN, add(1)), (EVE, REFUSED), (BOB, COUNT))
    refusals = steps[1].printed.splitlines()
    assert [line.count("Permission denied") for line in refusals] == ([1, 1] if IS_ROOT else [])
    assert steps[2].printed == ("1 1\n" if IS_ROOT else "2 2\n")


def test_a_folder_that_may_only_be_read_is_told_and_searched(run_as: RunAs, place: Path) -> None:
    directory = made(place / "index", 0o700, ANN)
    _, told, found, _ = run_as(
        directory,
        (ANN, add(1) + "; DIRECTORY.chmod(0o500)"),
        (ANN, REFUSED),
        (ANN, COUNT),
        (ANN, "DIRECTORY.chmod(0o700)"),
    )
    (line,) = told.printed.splitlines()
    assert line.startswith(f"{directory}: cannot write the index (Permission denied); check ")
    assert found.printed == "1 1\n"
