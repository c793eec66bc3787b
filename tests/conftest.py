"""What all tests share: one hypothesis profile, one index of the seeds, one maker of JSON lines."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import searcher

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"

# The same examples in every run, on every machine, however slow: a failure is never luck.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("same")


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the project's seeds, built once for each worker. Tests only read it."""
    directory = tmp_path_factory.mktemp("seeds") / "papers.index"
    searcher.build(directory, [SEEDS])
    return directory


def write_jsonl(path: Path, *records: Mapping[str, Any]) -> Path:
    """Write each record as a line of JSON, and return the path."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
