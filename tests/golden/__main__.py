"""Write the answers of today into the file of golden queries: ``python -m tests.golden``."""

import tempfile
from pathlib import Path

import searcher
from tests.conftest import SEEDS
from tests.golden import FILE, answers

with tempfile.TemporaryDirectory() as place:
    searcher.build(Path(place) / "index", [SEEDS])
    with searcher.open(Path(place) / "index") as papers:
        FILE.write_text(answers(papers), encoding="utf-8")
