"""What the shell completes with an index: names, categories and ids, in a bash of its own."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from searcher.cli.main import main
from tests.conftest import ROOT
from tests.writing import commit, paper

AUTHORS = ("Ann O'Quill", "Jürgen Müller", 'Bo "$HOME" Rook', "Neal Quill, Jr.", "Moss *")

Completes = Callable[..., list[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index, and the command as it is installed."""
    folder = tmp_path_factory.mktemp("home")
    commit(
        folder / "an index",
        *(
            replace(
                paper(number),
                id=f"2001.0000{number}",
                authors=(author,),
                categories=("cs.LG",) if number else ("stat.ML", "cs.LG"),
                institutions=("Moss & Sons",),
            )
            for number, author in enumerate(AUTHORS)
        ),
    )
    command = folder / "searcher"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m searcher "$@"\n')
    command.chmod(0o755)
    (folder / "completion").write_text("\n".join(bash(folder, "searcher", "bash_source")))
    return folder


def bash(home: Path, script: str, asked: str = "") -> list[str]:
    """Run a script in a bash of its own, and return the lines that it prints."""
    ended = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": f"{home}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "SEARCHER_INDEX": str(home / "an index"),
            "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            **({"_SEARCHER_COMPLETE": asked} if asked else {}),
        },
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def completed(home: Path, *typed: str, before: str = "") -> list[str]:
    """Return what bash offers for the last of the words typed, after it ran a line."""
    words = " ".join(map(shlex.quote, ["searcher", *typed]))
    return bash(
        home,
        f". {home}/completion\n{before}\nCOMP_WORDS=({words}) COMP_CWORD={len(typed)}\n"
        "_searcher_completion searcher\n"
        '[[ ${#COMPREPLY[@]} == 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"',
    )


@pytest.fixture
def completes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Completes:
    """What ``completed`` does, but the command runs in this process, whose start takes longer.

    Bash asks twice: first for what it hands to a command, then with what that prints.
    """
    asked, answer, command = (tmp_path / name for name in ("asked", "answer", "searcher"))
    command.write_text(f"#!/bin/sh\nenv -0 > {asked}\ncat {answer}\n")
    command.chmod(0o755)

    def run(*typed: str) -> list[str]:
        answer.write_text("")
        assert completed(home, *typed, before=f"PATH={tmp_path}:$PATH") == []
        for variable in asked.read_text("utf-8").split("\0")[:-1]:
            monkeypatch.setenv(*variable.split("=", 1))
        monkeypatch.setattr(sys, "argv", ["searcher"])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed, complaint = capsys.readouterr()
        assert (ended.value.code, complaint) == (0, "")
        answer.write_text(printed, "utf-8")
        return completed(home, *typed, before=f"PATH={tmp_path}:$PATH")

    return run


@pytest.mark.parametrize("typed", [["search", "--author", "mül"], ["search", "--auth"]])
def test_a_command_of_its_own_answers_as_that_in_this_process(
    home: Path, completes: Completes, typed: Sequence[str]
) -> None:
    assert completed(home, *typed) == completes(*typed) != []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["search", "--author", "mül"], ["Jürgen\\ Müller"]),
        (["search", "--author", "mull"], ["Jürgen\\ Müller"]),
        (["search", "moss", "--author", "quill\\ n"], ["Neal\\ Quill,\\ Jr."]),
        (["search", "--author", '"neal q'], ["Neal Quill, Jr."]),
        (["facets", "--author", "o\\'q"], ["Ann\\ O\\'Quill"]),
        (["facets", "--author", "'ann"], ["Ann O'\\''Quill"]),
        (["similar", "--author", "rook"], ['Bo\\ \\"\\$HOME\\"\\ Rook']),
        (["similar", "--author", '"rook'], ['Bo \\"\\$HOME\\" Rook']),
        (["search", "--author", "moss"], ["Moss\\ \\*"]),
        (["search", "--author", "qqq"], []),
        (["search", "--institution", "mo"], ["Moss\\ \\&\\ Sons"]),
        (["search", "--category", "cs.l"], ["cs.LG"]),
        (["search", "--category", "machine"], ["cs.LG", "stat.ML"]),
        (["show", "2001.00003"], ["2001.00003"]),
        (["show", "2001.00001", "2001.00002"], ["2001.00002"]),
        (["open", "2001"], [f"2001.0000{number}" for number in range(len(AUTHORS))]),
        (["similar", "2001.00004"], ["2001.00004"]),
        (["remove", "2001.00004"], ["2001.00004"]),
        (["explain", "2001.00004"], ["2001.00004"]),
        (["search", "--index", "nowhere", "--author", "m"], []),
        (["search", "--auth"], ["--author"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_bash_completes(
    completes: Completes, typed: Sequence[str], expected: Sequence[str]
) -> None:
    assert sorted(completes(*typed)) == sorted(expected)


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize(
    ("start", "author"), [*zip(("o quill", "mul", "rook", "quill n", "mos"), AUTHORS, strict=True)]
)
def test_what_is_completed_is_read_as_the_name(
    home: Path, completes: Completes, quote: str, start: str, author: str
) -> None:
    typed = quote + (start if quote else start.replace(" ", "\\ "))
    (found,) = completes("search", "--author", typed)
    assert bash(home, f"printf '%s\\n' {quote}{found}{quote}") == [author]


@pytest.mark.parametrize(
    ("words", "loads"),
    [("searcher search --f", False), ("searcher sug", False), ("searcher search --author m", True)],
)
def test_only_values_load_the_engine(home: Path, words: str, loads: bool) -> None:
    program = (
        "import sys\nsys.argv = ['searcher']\nfrom searcher.cli.main import main\n"
        "try:\n    main()\nfinally:\n"
        "    print('numpy' in sys.modules, 'nltk' in sys.modules, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "SEARCHER_INDEX": str(home / "an index"),
            "_SEARCHER_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
    assert (ended.returncode, ended.stderr.split()) == (0, [str(loads), "False"])


def test_zsh_and_fish_get_the_names_as_they_are(home: Path) -> None:
    asked = (
        "COMP_WORDS='searcher search --author rook' COMP_CWORD='{}' _SEARCHER_COMPLETE={} searcher"
    )
    assert bash(home, asked.format(3, "zsh_complete"))[:2] == ["plain", 'Bo "$HOME" Rook']
    fish = asked.format("rook", "fish_complete").replace(" rook'", "'")
    assert 'Bo "$HOME" Rook' in "\n".join(bash(home, fish))
