"""The house rules as data: who may import what, what an import does, what the project holds."""

import ast
import fnmatch
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("index", "searcher")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Third-party packages, and the only modules that may import them.
HOMES = {
    "whoosh": {"index.codec", "index.schema", "index.writers.local"},
    "nltk": {"index.analysis"},
    "numpy": {
        "index.segments.arrayfile",
        "index.segments.arrays",
        "index.upkeep.posting_faults",
        "index.upkeep.segment_check",
        "index.codec",
        "index.segments.contents",
        "index.building.inversion",
        "index.upkeep.repairing",
        "index.segments.documents",
        "index.segments.merging",
        "index.segments.opening",
        "index.segments.packing",
        "index.segments.postings",
        "index.segments.terms",
        "index.writers.local",
        "searcher.engines.local.columns",
        "searcher.engines.local.engine",
        "searcher.engines.local.facets",
        "searcher.engines.local.termlist",
        "searcher.engines.local.ranking",
        "searcher.engines.local.matching",
        "searcher.engines.local.phrases",
        "searcher.engines.local.reader",
        "searcher.engines.local.scoring",
        "searcher.engines.local.topk",
        "searcher.engines.local.totals",
        "searcher.engines.local.vocabulary",
    },
    "click": {
        "searcher.cli.indexing",
        "searcher.cli.main",
        "searcher.cli.options",
        "searcher.cli.searching",
        "searcher.cli.streams",
        "searcher.cli.upkeep",
    },
    "platformdirs": {"searcher.cli.options"},
}
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "index", "searcher", "seeds", "tests"}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [module_name(file) for file in FILES]


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Return the full name of each module that a file imports, wherever in it the import stands.

    A name taken from a package counts as a module of it: it may be one.
    """
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def importers(wanted: str) -> set[str]:
    """Return the modules that import ``wanted`` or anything inside it."""
    return {
        module_name(file)
        for file in FILES
        if any(f"{name}.".startswith(f"{wanted}.") for name in imports(file))
    }


def python(code: str) -> str:
    """Run ``code`` in a fresh interpreter, warnings as errors, and return what it prints."""
    ended = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


# Who imports what


def test_the_rules_see_the_modules() -> None:
    assert {"index", "index.readers", "searcher", "searcher.cli.main"} <= set(MODULES)
    assert "searcher.cli.main" in importers("click")
    assert "searcher.engines.local.reader" in importers("index.segments.opening")


def test_the_write_side_never_imports_the_read_side() -> None:
    assert {name for name in importers("searcher") if name.split(".")[0] == "index"} == set()


def outside(folder: str, modules: set[str]) -> set[str]:
    """Return the modules that are not in a folder of the package."""
    return {name for name in modules if not f"{name}.".startswith(f"{folder}.")}


def test_the_command_line_is_a_leaf() -> None:
    assert outside("searcher.cli", importers("searcher.cli")) == {"searcher.__main__"}
    assert importers("searcher.__main__") == set()


def test_output_serves_the_command_line_alone() -> None:
    importing = outside("searcher.output", importers("searcher.output"))
    assert outside("searcher.cli", importing) == set()


def test_output_is_made_of_plain_values() -> None:
    allowed = ("index", "searcher.page", "searcher.output")
    for file in FILES:
        if module_name(file).startswith("searcher.output."):
            ours = {name for name in imports(file) if name.split(".")[0] in PACKAGES}
            assert {name for name in ours if not name.startswith(allowed)} == set()


def test_array_files_are_read_in_their_room_by_whoosh_and_by_the_check() -> None:
    outside = {name for name in importers("index.segments.arrayfile") if "segments" not in name}
    assert outside == {"index.codec", "index.upkeep.segment_check"}


def test_the_local_engine_alone_reads_segments() -> None:
    outside = {name for name in importers("index.segments") if name.split(".")[0] == "searcher"}
    assert outside
    assert {name.rpartition(".")[0] for name in outside} == {"searcher.engines.local"}


def test_segments_know_numpy_and_errors_and_nothing_of_papers() -> None:
    for file in FILES:
        if module_name(file).startswith("index.segments."):
            ours = {name for name in imports(file) if name.split(".")[0] in {*PACKAGES, *HOMES}}
            known = ("numpy", "index.errors", "index.segments")
            assert {name for name in ours if not name.startswith(known)} == set(), file


@pytest.mark.parametrize("module", ["index.dates", "index.names"])
def test_dates_and_names_need_the_analysis_alone(module: str) -> None:
    needed = {name for name in MODULES if module in importers(name)}
    assert needed <= {"index", "index.analysis"}


def test_tests_are_imported_by_nobody() -> None:
    assert importers("tests") == importers("pytest") == importers("hypothesis") == set()


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_homes_alone(library: str) -> None:
    assert importers(library) == HOMES[library]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_import_is_ours_or_python_s_or_has_a_home(file: Path) -> None:
    known = {*sys.stdlib_module_names, *PACKAGES, *HOMES}
    assert {name.split(".")[0] for name in imports(file)} - known == set()


def test_the_libraries_are_those_that_are_declared() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name.rstrip("0123456789.<>=!~, ") for name in project["dependencies"]}
    # whoosh3 is the maintained line of Whoosh; it is imported as whoosh.
    assert declared == set(HOMES)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_make_no_circle(package: str) -> None:
    below: dict[str, set[str]] = {}
    for file in FILES:
        name = module_name(file)
        if name.split(".")[0] == package:
            # A package lists the names of its modules; that is no part of what they need.
            below[name] = {other for other in imports(file) if other in MODULES} - {package}
    while below:
        free = {name for name, needs in below.items() if not needs & below.keys() - {name}}
        assert free, f"modules that import each other among {sorted(below)}"
        below = {name: needs for name, needs in below.items() if name not in free}


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_no_star_imports(file: Path) -> None:
    assert not [name for name in imports(file) if name.endswith(".*")]


# What an import does

_QUIET = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
)


# Statements that run on import, and that an import is for.
_RUNS = {"searcher": {"_check_index_package()"}}


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.name != "__main__.py"], ids=module_name
)
def test_a_module_defines_and_does_nothing_else(file: Path) -> None:
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.If):
            # What only the type checker reads.
            assert ast.unparse(statement.test) == "TYPE_CHECKING", f"line {statement.lineno} runs"
            assert all(isinstance(inner, ast.ImportFrom) for inner in statement.body)
        elif isinstance(statement, ast.Expr):
            allowed = _RUNS.get(module_name(file), set())
            is_text = isinstance(statement.value, ast.Constant)
            assert is_text or ast.unparse(statement) in allowed, f"line {statement.lineno} runs"
        elif isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            for inner in (*statement.body, *statement.orelse):
                assert isinstance(inner, ast.ImportFrom), f"line {inner.lineno} is no import"
        else:
            assert isinstance(statement, _QUIET), f"line {statement.lineno} runs"


def test_importing_prints_logs_writes_and_starts_nothing() -> None:
    modules = [name for name in MODULES if name != "searcher.__main__"]
    printed = python(
        "import importlib, logging, sys, threading\n"
        "events = []\n"
        "def watch(event, arguments):\n"
        "    if event == 'open' and set('wax+') & set(str(arguments[1] or '')):\n"
        "        events.append((event, arguments))\n"
        "    elif event.partition('.')[0] in ('socket', 'subprocess', 'shutil', 'urllib'):\n"
        "        events.append((event, arguments))\n"
        "    elif event in ('os.mkdir', 'os.remove', 'os.system', 'os.fork'):\n"
        "        events.append((event, arguments))\n"
        "sys.addaudithook(watch)\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        "assert events == [], events\n"
        "assert logging.getLogger().handlers == []\n"
        "assert [thread.name for thread in threading.enumerate()] == ['MainThread']\n"
    )
    assert printed == ""


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        (
            "searcher",
            [
                "index",
                "numpy",
                "nltk",
                "whoosh",
                "click",
                "platformdirs",
                "searcher.cli.main",
                "searcher.collection",
                "searcher.output.terminal",
            ],
        ),
        (
            "searcher.collection",
            ["nltk", "whoosh", "click", "platformdirs", "searcher.output.terminal"],
        ),
        ("searcher.cli.main", ["numpy", "nltk", "whoosh", "platformdirs", "searcher.collection"]),
        ("index", ["searcher", "numpy", "nltk", "click", "platformdirs"]),
        ("index.readers", ["searcher", "nltk", "click"]),
        ("searcher.query.parser", ["nltk", "searcher.cli.main"]),
    ],
)
def test_an_import_brings_no_more_than_it_needs(imported: str, absent: list[str]) -> None:
    loaded = python(f"import sys, {imported}; print(*sys.modules, sep='\\n')").split()
    assert imported in loaded
    assert [name for name in absent if name in loaded] == []


# Each module is imported by a process of its own; only the libraries are there before it.
IMPORT_EACH = """
import importlib, os, sys, traceback, warnings
for library in libraries:
    importlib.import_module(library)
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # numpy's threads are idle
for name in modules:
    process = os.fork()
    if not process:
        code = 1
        try:
            importlib.import_module(name)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    if os.waitpid(process, 0)[1]:
        sys.exit(f"{name} cannot be imported on its own")
"""


def test_every_module_imports_on_its_own() -> None:
    modules = [name for name in MODULES if name != "searcher.__main__"]
    assert python(f"modules = {modules!r}\nlibraries = {sorted(HOMES)!r}\n{IMPORT_EACH}") == ""


# What is public, and what is documented


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_exist_and_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == list(dict.fromkeys(sorted(module.__all__)))
    for name in module.__all__:
        assert not name.startswith("_")
        documented = getattr(module, name)
        assert inspect.getdoc(documented), name
        if inspect.isclass(documented):
            # The docstring that a dataclass makes of its fields is none.
            assert "__doc__" in vars(documented)
            assert not (documented.__doc__ or "").startswith(f"{name}("), name


@pytest.mark.parametrize("package", PACKAGES)
def test_public_methods_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        for member, value in vars(getattr(module, name)).items():
            if not member.startswith("_") and (
                inspect.isfunction(value) or type(value) is property
            ):
                assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_module_states_its_job(file: Path) -> None:
    document = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    first = document.partition("\n")[0]
    assert first.endswith((".", ":")), first or "no docstring"
    assert len(first) <= 100


def test_every_error_is_drawn_in_its_module() -> None:
    for module in ("index.errors", "searcher.errors"):
        errors = importlib.import_module(module)
        own = [
            name
            for name, value in vars(errors).items()
            if inspect.isclass(value) and value.__module__ == module
        ]
        assert own
        assert [name for name in own if name not in (errors.__doc__ or "")] == []


# What the project holds


def project_files() -> set[str]:
    """Return the names at the top level that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        return {name.split("/")[0] for name in listed.stdout.split("\0") if name}
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    return {
        path.name
        for path in ROOT.iterdir()
        if not any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored)
    }


def test_the_top_level_holds_nothing_else() -> None:
    names = {name for name in project_files() if not name.startswith(".")}
    assert names - TOP_LEVEL == set()
    assert {"pyproject.toml", "index", "searcher", "seeds", "tests"} <= names
