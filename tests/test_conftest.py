"""The list of slow tests names tests that exist."""

import re
from fnmatch import fnmatch

import pytest

from tests.conftest import ROOT, SLOW


@pytest.mark.parametrize("pattern", SLOW)
def test_what_is_called_slow_exists(pattern: str) -> None:
    file, _, test = pattern.partition("::")
    names = [
        name
        for path in (ROOT / "tests").glob(file)
        for name in re.findall(r"(?m)^def (test_\w+)", path.read_text(encoding="utf-8"))
    ]
    assert any(fnmatch(name, test or "*") for name in names)
