"""Every command and code block of the README, run as printed."""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import searcher
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text.strip("\n") for found, text in BLOCKS if found == kind]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the seeds, an index of them, and a ``searcher`` command."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    (folder / "bin").mkdir()
    command = folder / "bin" / "searcher"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m searcher "$@"\n')
    command.chmod(0o755)
    searcher.build(folder / "index", [folder / "seeds"])
    return folder


def run(command: str, place: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SEARCHER_INDEX": str(place / "index"),
        **more,
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_kinds_of_blocks_are_those_run_here() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "console", "python"}
    assert len(blocks("sh")) == 3


def test_install_index_and_search_on_a_fresh_machine(tmp_path: Path) -> None:
    install, _, _ = blocks("sh")
    ignored = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tmp_path / "project", ignore=ignored)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "SEARCHER_INDEX"},
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    done = subprocess.run(
        ["bash", "-c", install],
        cwd=tmp_path / "project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "159 papers in" in done.stdout
    assert "Mixture-of-Experts Vision-Language Models" in done.stdout
    assert (tmp_path / "data" / "searcher" / "index").is_dir()


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    _, command, _ = blocks("sh")
    assert command.endswith(".venv/bin/pytest")
    (line,) = [line for line in README.splitlines() if line.endswith(".venv/bin/pytest")]
    assert line == command
    assert r"sed -n '/\.venv\/bin\/pytest$/p' README.md" in (ROOT / ".ci" / "run").read_text()


def test_completion_defines_a_function(place: Path) -> None:
    *_, completion = blocks("sh")
    done = run(f"{completion} && type _searcher_completion", place)
    assert "_searcher_completion is a function" in done.stdout


def examples() -> list[tuple[str, str]]:
    """Return the commands of the console blocks and what each prints."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), examples(), ids=[c for c, _ in examples()])
def test_a_console_example_prints_what_it_shows(place: Path, command: str, output: str) -> None:
    done = run(command, place)
    matches = doctest.OutputChecker().check_output(
        output.strip("\n") + "\n", done.stdout, doctest.ELLIPSIS
    )
    assert matches, done.stdout


def test_the_python_example_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    monkeypatch.chdir(place)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    lines = printed.getvalue().splitlines()
    assert "<mark>" in lines[0]
    assert "FacetCount(value=2024" in lines[1]
    assert len(lines) == 3 + 50


QUERIES = re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)


@pytest.mark.parametrize("cell", QUERIES)
def test_every_query_of_the_table_is_understood_as_written(cell: str) -> None:
    from searcher.query.parser import parse

    for query in re.findall(r"`([^`]+)`", cell):
        if query.endswith((":", ":…")) or query == "~2":
            continue
        assert parse(query).diagnostics == (), query
