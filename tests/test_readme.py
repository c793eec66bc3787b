"""Every command and code block of the READMEs, run as printed, and where their links lead."""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import searcher
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
READMES = ("README.md", "index/README.md", "searcher/README.md")


def all_blocks(text: str) -> list[tuple[str, str]]:
    return re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)


def blocks(kind: str, text: str = README) -> list[str]:
    return [block.strip("\n") for found, block in all_blocks(text) if found == kind]


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
        **{f"XDG_{kind}_HOME": str(place / kind) for kind in ("CONFIG", "STATE")},
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
    assert {kind for kind, _ in all_blocks(README)} == {"sh", "console", "python"}
    assert len(blocks("sh")) == 2
    for name, kinds in (
        ("index/README.md", {"text"}),
        ("searcher/README.md", {"text", "sh", "console", "python", "json"}),
    ):
        assert {kind for kind, _ in all_blocks((ROOT / name).read_text("utf-8"))} == kinds


def test_the_front_door_is_short() -> None:
    assert len(README.split()) <= 1_000


@pytest.mark.parametrize(
    # The verbs and the formats have a file each, which their own lists name.
    ("package", "families"),
    [("index", ["readers"]), ("searcher", ["cli"])],
)
def test_the_table_of_files_names_every_module(package: str, families: list[str]) -> None:
    folder = ROOT / package
    text = (folder / "README.md").read_text(encoding="utf-8")
    modules = [path for path in folder.rglob("*.py") if not path.name.startswith("__")]
    unnamed = {
        str(path.relative_to(folder))
        for path in modules
        if path.relative_to(folder).parts[0] not in families and f"{path.name}`" not in text
    }
    assert unnamed == set()


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text("utf-8"))
    assert links or name == "index/README.md"
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / name).parent / path
        assert target.exists(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
        assert not heading or heading in [text.lower().replace(" ", "-") for text in headings]


def test_install_index_and_search_on_a_fresh_machine(tmp_path: Path) -> None:
    install, _ = blocks("sh")
    ignored = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, tmp_path / "project", ignore=ignored)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "SEARCHER_INDEX"},
        "XDG_DATA_HOME": str(tmp_path / "data"),
        # To compile every module of every package takes longer than what the examples do.
        "PIP_NO_COMPILE": "0",  # which is how pip is told not to
    }
    # What the README prints next works in the same shell, and so does the next page's command.
    later = [command for command, _ in examples()]
    script = "\n".join(
        [
            "set -e",
            install,
            *later,
            "searcher search noise | tee first",
            'bash -ec "$(sed -n "s/^ *next: //p" first)"',
        ]
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path / "project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "159 papers in" in done.stdout
    assert "Mixture-of-Experts Vision-Language Models" in done.stdout
    assert "11–12 of 12 papers in" in done.stdout
    assert (tmp_path / "data" / "searcher" / "index").is_dir()


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    _, command = blocks("sh")
    assert command.endswith(".venv/bin/pytest")
    (line,) = [line for line in README.splitlines() if line.endswith(".venv/bin/pytest")]
    assert line == command
    assert r"sed -n '/\.venv\/bin\/pytest$/p' README.md" in (ROOT / ".ci" / "run").read_text()


def test_completion_defines_a_function(place: Path) -> None:
    (completion,) = blocks("sh", (ROOT / "searcher" / "README.md").read_text("utf-8"))
    done = run(f"{completion} && type _searcher_completion", place)
    assert "_searcher_completion is a function" in done.stdout


def examples(text: str = README) -> list[tuple[str, str]]:
    """Return the commands of the console blocks and what each prints."""
    found = []
    for block in blocks("console", text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize(("command", "output"), examples(), ids=[c for c, _ in examples()])
def test_a_console_example_prints_what_it_shows(place: Path, command: str, output: str) -> None:
    done = run(command, place)
    expected = (output.strip("\n") + "\n").removeprefix("\n")
    matches = doctest.OutputChecker().check_output(expected, done.stdout, doctest.ELLIPSIS)
    assert matches, done.stdout


def test_the_evaluation_prints_what_it_shows(place: Path) -> None:
    for command, output in examples((ROOT / "searcher" / "README.md").read_text("utf-8")):
        test_a_console_example_prints_what_it_shows(place, command, output)


def test_the_python_example_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    monkeypatch.chdir(place)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    lines = printed.getvalue().splitlines()
    hits, papers = lines[:-52], lines[-50:]
    assert len(hits) == 3
    assert all("<mark>" in line for line in hits)
    assert "FacetCount(value=2024" in lines[3]
    assert lines[4].startswith("['")
    assert all(paper.startswith("20") for paper in papers)


def section_blocks(heading: str) -> list[str]:
    """Return the Python examples of a section in the page on the package ``searcher``."""
    text = (ROOT / "searcher" / "README.md").read_text("utf-8")
    (section,) = re.findall(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL
    )
    return blocks("python", section)


@pytest.fixture
def papers_index(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the examples run: a folder with the index ``papers.index``."""
    (tmp_path / "papers.index").symlink_to(place / "index")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("papers_index")
def test_the_examples_for_programs_run(capsys: pytest.CaptureFixture[str]) -> None:
    (retrieves,) = section_blocks("LangChain")
    concurrent, _ = section_blocks("asyncio and notebooks")
    for code, lines in ((retrieves, 3), (concurrent, 2)):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
        printed = capsys.readouterr().out.splitlines()
        assert len(printed) == lines
        assert all(re.match(r"\d[-\d]* \S", line) for line in printed)


@pytest.mark.usefixtures("papers_index")
def test_a_notebook_shows_a_page_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the shell that is inside the notebook's kernel."""
    from IPython.core.async_helpers import get_asyncio_loop
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    _, cell = section_blocks("asyncio and notebooks")
    # It keeps no history, which a thread would write at the end.
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    ended = shell.run_cell(cell)
    ended.raise_error()
    shown, _ = shell.display_formatter.format(ended.result)
    shell.user_ns["papers"].close()
    get_asyncio_loop().close()  # which the shell leaves open
    assert shown["text/html"].count("<li") == 3
    assert "<mark>" in shown["text/html"]
    assert shown["text/plain"].startswith("<Page of 'label noise': 1–3 of ")


def test_the_api_answers_as_shown(place: Path) -> None:
    from starlette.testclient import TestClient

    from searcher.web.app import create_app

    text = (ROOT / "searcher" / "README.md").read_text("utf-8")
    shown = re.findall(r"^\$ curl '(http[^']+)'\n(.*\n)", text, re.MULTILINE)
    assert len(shown) == 2
    with TestClient(create_app([str(place / "index")])) as client:
        for address, answer in shown:
            assert client.get(address).text == answer


@pytest.mark.usefixtures("papers_index")
def test_a_program_of_ones_own_searches_in_a_thread() -> None:
    from starlette.testclient import TestClient

    (code,) = section_blocks("The API")
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    with TestClient(names["app"]) as client, names["papers"]:
        found = client.get("/papers", params={"query": "noise", "year": "2023"})
        assert [hit["year"] for hit in found.json()["hits"]] == [2023] * found.json()["total"]
        assert client.get("/papers", params={"query": "noise", "year": "20x9"}).status_code == 422


QUERIES = re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)


@pytest.mark.parametrize("cell", QUERIES)
def test_every_query_of_the_table_is_understood_as_written(cell: str) -> None:
    from searcher.query.parser import parse

    for query in re.findall(r"`([^`]+)`", cell):
        if query.endswith((":", ":…")) or query == "~2":
            continue
        assert parse(query).diagnostics == (), query
