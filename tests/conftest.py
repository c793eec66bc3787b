"""What all tests share: one hypothesis profile, one index of the seeds, one maker of JSON lines."""

import gc
import json
import os
import re
import tempfile
from collections.abc import Mapping
from fnmatch import translate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

import searcher

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
# The folders whose tests need more than Python and its packages, by their marker.
NEEDY_TESTS = {marker: ROOT / "tests" / marker for marker in ("browser", "cluster")}

# The same examples in every run, on every machine, however slow: a failure is never luck.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("same")

# Programs that tests start keep their bytecode, as installed programs do. To compile every module
# anew takes longer than what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# No test reads the configuration of whoever runs it.
os.environ["SEARCHER_CONFIG"] = os.devnull
# They need no threads for linear algebra, whose start takes a tenth of the time of their imports.
os.environ["OPENBLAS_NUM_THREADS"] = "1"


def _spare_the_disk() -> None:
    """Put temporary files into memory, where there is room for them.

    A commit waits for the disk some ten times, which takes longer than all else that a small one
    does. What a test's own folder holds is removed unless the test fails.
    """
    memory = "/dev/shm"
    if "TMPDIR" not in os.environ and os.access(memory, os.W_OK):
        system = os.statvfs(memory)
        may_run_programs = not system.f_flag & os.ST_NOEXEC
        if may_run_programs and system.f_bavail * system.f_frsize > 4 << 30:
            os.environ["TMPDIR"] = tempfile.tempdir = memory


_spare_the_disk()

# Nearly all that a test makes is freed without the garbage collector, whose usual search after each
# 700 objects takes a thirtieth of the time of all tests.
gc.set_threshold(100_000, 20, 20)

# What `pytest -m quick` leaves out, by file or test, besides every law that hypothesis tries.
SLOW = (
    # Whole commands and programs, each in processes of its own.
    "test_architecture.py::test_*import*",
    "test_bench.py",
    "test_building.py",
    "test_cli.py",
    "test_completion.py",
    "test_fields.py::test_a_new_row_*",
    "test_forks.py",
    "test_made_files.py",
    "test_mcp.py::test_*command*",
    "test_packaging.py",
    "test_pictures.py",
    "test_processes.py",
    "test_pruning.py::test_a_locale_*",
    "test_reading.py::test_the_command_reads_standard_input",
    "test_readme.py",
    "test_serving.py",
    "test_sharing.py",
    "test_web_api.py::test_answers_are_as_described",
    "test_watching.py",
    "test_whole_folder.py",
    "test_writer.py",
    "test_arguments.py::test_a_folder_without_permission_*",
    # Damage and hostile input of every kind.
    "test_checking.py",
    "test_collection.py::test_a_damaged_segment",
    "test_contents.py::test_a_malicious_pickle*",
    "test_contents.py::test_every_flipped_bit_*",
    "test_foreign.py",
    "test_hostile.py",
    "test_losses.py::test_random_bytes_*",
    "test_reading.py::test_what_comes_in_packed_is_bounded",
    "test_reading.py::test_what_unpacks_to_far_more_*",
    "test_records.py::test_what_is_taken_*",
    "test_records.py::test_what_no_index_holds_*",
    "test_repairing.py",
    "test_strays.py",
    # Many indexes or queries, beside Whoosh, brute force or one another.
    "test_analysis.py::test_every_character_*",
    "test_analysis.py::test_stems_of_all_endings_are_those_of_nltk",
    "test_arguments.py::test_an_odd_argument_*",
    "test_author_search.py::test_every_name_*",
    "test_callbacks.py::test_what_on_progress_raises",
    "test_codec.py",
    "test_collection.py::test_answers_do_not_depend_on_the_size_of_the_cache",
    "test_collection.py::test_deleted_papers_leave_no_trace",
    "test_collection.py::test_nothing_is_printed_or_logged",
    "test_collection.py::test_one_run_or_many_change_nothing",
    "test_collection.py::test_the_order_of_files_changes_nothing",
    "test_collection.py::test_threads_get_the_answers_of_one",
    "test_errors.py::test_every_exception_comes_through_*",
    "test_explaining.py::test_every_title_*",
    "test_explaining.py::test_the_parts_sum_*",
    "test_records.py::test_an_id_that_is_added_twice_*",
    "test_seeds.py::test_every_title_*",
    "test_several.py::test_threads_*",
    "test_similar.py::test_similar_papers_share_*",
    "test_textcache.py::test_memory_*",
    "test_titles.py::test_more_words_*",
    "test_tuning.py",
    "test_inversion.py",
    "test_phrases.py::test_damage_*",
    "test_phrases.py::test_no_commit_*",
    "test_opening.py::test_opening_while_others_commit_*",
    "test_parser.py::test_random_*",
    "test_postings.py::test_several_lists_are_those_of_each_term",
    "test_readers.py::test_every_character_is_cleaned",
    "test_retrieval.py",
    "test_retrieval_oracle.py",
    "test_snippets.py::test_no_formula_and_no_mark_is_cut_*",
    # Files of many records or megabytes, texts of many thousand characters.
    "test_export.py::test_memory_*",
    "test_export.py::test_the_seeds_are_read_back",
    "test_latex.py::test_time_*",
    "test_markup.py::test_time_*",
    "test_packed.py::test_what_stands_before_the_damage_is_read",
    "test_printed_names.py::test_time_*",
    "test_reader_bibtex.py::test_no_small_file_*",
    "test_reader_bibtex.py::test_the_memory_*",
    "test_reader_xml.py::test_damage_costs_the_element_*",
    "test_reader_xml.py::test_memory_*",
    "test_reading.py::test_standard_input_is_read_as_a_file_is",
    "test_sentences.py::test_a_long_text_*",
    # The trials, each with a fault that it must see.
    "test_trust*.py",
)
IS_SLOW = re.compile("|".join(translate(pattern) for pattern in SLOW)).match


def leaves_out(marker: str, config: pytest.Config) -> bool:
    """Tell whether a run would take in tests that neither their marker nor a path asks for."""
    folder = NEEDY_TESTS[marker]
    wanted = [Path(path.partition("::")[0]).absolute() for path in config.args]
    return (
        marker not in config.getoption("markexpr")
        and any(folder.is_relative_to(path) for path in wanted)
        and not any(path.is_relative_to(folder) for path in wanted)
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests that need much, and what they import, or all others unread."""
    for marker, folder in NEEDY_TESTS.items():
        if collection_path == folder:
            return True if leaves_out(marker, config) else None
    left_out = (
        config.getoption("markexpr") in NEEDY_TESTS
        and collection_path.parent == ROOT / "tests"
        and collection_path.is_file()
    )
    return True if left_out else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say that tests were left out, unless the run is one of such tests."""
    for marker in NEEDY_TESTS:
        if config.getoption("markexpr") not in NEEDY_TESTS and leaves_out(marker, config):
            terminalreporter.write_line(
                f"tests/{marker} was left out: pytest -m {marker} -n 0 runs it"
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as quick all tests but the slow ones and the laws."""
    for item in items:
        file = item.path.name
        names = (file, f"{file}::{item.name.partition('[')[0]}")
        if not any(map(IS_SLOW, names)) and not is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("quick")


def pytest_collection_finish() -> None:
    """Spare the garbage collector the modules and tests, which stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the project's seeds, built once for each worker. Tests only read it."""
    directory = tmp_path_factory.mktemp("seeds") / "papers.index"
    searcher.build(directory, [SEEDS])
    return directory


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Where a test may build an index of its own."""
    return tmp_path / "index"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A new folder for a test's own seed files."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    return folder


def write_jsonl(path: Path, *records: Mapping[str, Any]) -> Path:
    """Write each record as a line of JSON, and return the path."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
