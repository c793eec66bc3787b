"""What a program meets that imports ``searcher`` or ``index``: public names, and whose index."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh interpreter that was started in ``folder``."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r})\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["index.py", "index/__init__.py"])
@pytest.mark.parametrize("imported", ["searcher", "searcher.collection", "searcher.cli.main"])
def test_a_file_of_the_user_s_named_index_is_named_and_not_run(
    tmp_path: Path, name: str, imported: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("print('the user’s file ran')\n", encoding="utf-8")
    ended = python(f"import {imported}", tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("ImportError: ")]
    assert str(file) in sentence
    assert "rename that file" in sentence


def test_a_folder_named_index_that_is_no_package_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    ended = python("import searcher; print(searcher.SearchError.__module__)", tmp_path)
    assert ended.stdout == "index.errors\n", ended.stderr


def test_searcher_is_found_through_a_link(tmp_path: Path) -> None:
    for package in ("searcher", "index"):
        (tmp_path / package).symlink_to(ROOT / package)
    ended = python("import searcher; print(searcher.open.__module__)", tmp_path)
    assert ended.stdout == "searcher\n", ended.stderr


@pytest.mark.parametrize("package", ["index", "searcher"])
def test_every_public_name_is_listed_and_comes_when_it_is_asked_for(package: str) -> None:
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert getattr(module, name) is getattr(module, name)
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        module.frobnicate  # noqa: B018
