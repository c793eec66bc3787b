"""The wheel holds what a user needs and nothing else; both packages are typed for their users."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from email.message import Message
from email.parser import Parser
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.conftest import ROOT

PACKAGES = ("index", "searcher")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the project, built from a copy: a build leaves files beside the sources."""
    source = tmp_path_factory.mktemp("wheel") / "project"
    not_sources = shutil.ignore_patterns(
        ".*", "*.egg-info", "__pycache__", "build", "bench", "trust", "indexes", "seeds"
    )
    shutil.copytree(ROOT, source, ignore=not_sources)
    built = subprocess.run(
        [sys.executable, "-c", "from setuptools import build_meta; build_meta.build_wheel('dist')"],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = (source / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_every_module_and_what_the_page_needs_and_no_test(wheel: Path) -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    files += [
        path
        for folder in ("static", "templates")
        for path in (ROOT / "searcher/web" / folder).iterdir()
    ]
    expected = {path.relative_to(ROOT).as_posix() for path in files}
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected | {"index/py.typed", "searcher/py.typed"}


def test_the_command_is_searcher(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("/entry_points.txt"))
        entries = archive.read(name).decode().split()
    assert entries == ["[console_scripts]", "searcher", "=", "searcher.__main__:main"]


def test_the_distribution_says_what_it_is(metadata: Message) -> None:
    assert metadata["Name"] == "paper-searcher"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("Version", "Summary", "Author", "Keywords", "License-File", "Requires-Dist"):
        assert metadata[name], name
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])


def test_every_dependency_says_the_lowest_version_that_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    assert [name for name in declared if not re.match(r"[\w.-]+>=\d", name)] == []
    assert "--resolution lowest-direct" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# A user's program, as mypy --strict reads it: assert_type fails where a type is another one.
PROGRAM = """
from typing import assert_type
import index
import searcher

assert_type(searcher.build("papers.index", ["seeds"]), index.Summary)
with searcher.open("papers.index") as papers:
    page = papers.search("label noise", facets=["year"], limit=5)
    assert_type(page.hits, tuple[searcher.Hit, ...])
    assert_type(page.diagnostics, tuple[searcher.Diagnostic, ...])
    assert_type([hit.score for hit in page], list[float])
    assert_type(page.total, int | None)
    assert_type(page.facets, dict[str, tuple[searcher.FacetCount, ...]] | None)
    assert_type(page.hits[0].paper, searcher.Paper | None)
    assert_type(papers.paper(page.hits[0].id), searcher.Paper)
"""
# Each line is a mistake, and what mypy says of it.
MISTAKES = {
    'papers.search("noise", limits=5)': "call-arg",
    'papers.search("noise", limit="5")': "arg-type",
    'papers.search("noise").hits[0].scores': "attr-defined",
    'papers.search("noise").hits[0].rank = 1': "misc",
}


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone: its types must say all without its dependencies."""
    folder = tmp_path_factory.mktemp("typed") / "venv"
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    with ZipFile(wheel) as archive:  # what an installer does with a wheel of Python modules
        archive.extractall(paths["purelib"])
    return folder


def type_checked(environment: Path, program: str) -> str:
    """Return what mypy says of a program that is run in ``environment``."""
    place = environment.parent
    (place / "program.py").write_text(program)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty"),
            *("--python-executable", environment / "bin" / "python"),
            *("--cache-dir", place / "cache", "program.py"),
        ],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_a_users_program_is_type_checked(environment: Path) -> None:
    said = type_checked(environment, PROGRAM)
    assert said.startswith("Success"), said


def test_a_users_mistakes_are_seen(environment: Path) -> None:
    lines = ["import searcher", 'papers = searcher.open("papers.index")', *MISTAKES]
    said = type_checked(environment, "\n".join(lines))
    errors = re.findall(r"(?m)^program\.py:(\d+): error: .*  \[(.+)\]$", said)
    assert errors == [(str(at), code) for at, code in enumerate(MISTAKES.values(), 3)], said
