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

from tests.conftest import ROOT

PACKAGES = ("index", "searcher")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Third-party packages, and the only modules that may import them; a star stands for any module.
HOMES = {
    "backports": {"index.reading.streams", "index.segments.stored"},
    "bibtexparser": {"index.readers.bibtex_entries"},
    "ir_measures": {"searcher.evaluation.measuring"},
    "scipy": {"searcher.evaluation.measuring"},
    "nltk": {"index.phrases"},
    "opensearchpy": {"index.opensearch.client", "index.opensearch.transport"},
    "whoosh": {"index.codec", "index.schema", "index.writers.lock"},
    "Stemmer": {"index.analysis"},
    "numpy": {
        "index.phrases",
        "index.segments.*",
        "index.building.gathering",
        "index.building.inversion",
        "index.building.rows",
        "index.codec",
        "index.upkeep.*",
        "index.writers.committed",
        "index.writers.local",
        "searcher.engines.local.*",
        "searcher.engines.opensearch.*",
    },
    "click": {"searcher.cli.*"},
    "defusedxml": {"index.readers.xml"},
    "jinja2": {"searcher.web.*"},
    "latex2mathml": {"searcher.web.formulas"},
    "msgspec": {"searcher.web.api", "searcher.web.openapi"},
    "markupsafe": {"searcher.web.*"},
    "platformdirs": {"searcher.cli.options", "searcher.config", "searcher.saved.searches"},
    "starlette": {"searcher.web.*"},
    "uvicorn": {"searcher.web.server"},
    "pylatexenc": {"index.printed.latex"},
    "langchain_core": {"searcher.programs.retriever"},
    "mcp": {"searcher.programs.mcp"},
    "pydantic": {"searcher.programs.mcp"},
    "watchfiles": {"index.watching"},
}

# Who may import whom: for each of our modules, or all modules of a folder, what of ours it may
# import. A folder stands for everything in it; ``index`` and ``searcher`` for their public names.
TEXT = {
    *("index.analysis", "index.categories", "index.dates", "index.identifiers", "index.letters"),
    *("index.names", "index.printed"),
}
MAY_IMPORT: dict[str, set[str]] = {
    "index.errors": set(),
    "index.arguments": {"index.errors", "index.opensearch.address"},
    "index.categories": set(),
    "index.dates": set(),
    "index.letters": set(),
    "index.analysis": {"index.letters"},
    "index.identifiers": set(),
    "index.names": {"index.analysis"},
    "index.printed": {"index.printed", "index.dates", "index.letters", "index.names"},
    "index.segments": {"index.segments", "index.errors"},
    "index.paper": TEXT,
    "index.merging": TEXT | {"index.paper"},
    "index.soundness": TEXT | {"index.errors", "index.paper"},
    "index.fields": TEXT | {"index.paper"},
    "index.schema": TEXT | {"index.fields"},
    "index.codec": {"index.schema", "index.segments"},
    "index.phrases": {"index.analysis", "index.errors", "index.segments.arrays"},
    "index.readers": TEXT | {"index.readers", "index.paper"},
    "index.readers.from_python": {
        *("index.errors", "index.identifiers", "index.paper", "index.printed.placeholders"),
        *("index.readers", "index.soundness"),
    },
    "index.readers.installed": {"index.arguments", "index.paper", "index.readers"},
    "index.reading": TEXT
    | {"index.reading", "index.arguments", "index.errors", "index.paper", "index.readers"},
    "index.building": TEXT
    | {"index.building", "index.fields", "index.paper", "index.schema", "index.segments"},
    "index.opensearch": TEXT | {"index.opensearch", "index.errors", "index.fields", "index.paper"},
    "index.writers": {
        *(
            "index.writers",
            "index.opensearch",
            "index.arguments",
            "index.building",
            "index.codec",
            "index.errors",
        ),
        *("index.identifiers", "index.merging", "index.paper", "index.segments"),
        "index.soundness",
    },
    "index.sync": TEXT
    | {
        *("index.sync", "index.arguments", "index.errors", "index.merging", "index.paper"),
        *("index.readers", "index.reading", "index.writers"),
    },
    "index.upkeep": TEXT
    | {
        *("index.upkeep", "index.arguments", "index.building", "index.errors", "index.fields"),
        *("index.merging", "index.paper", "index.readers", "index.reading", "index.schema"),
        *("index.segments", "index.soundness", "index.sync", "index.writers"),
        "index.opensearch",
    },
    "index.marks": {"index.opensearch", "index.segments.opening"},
    "index.watching": {
        *("index.arguments", "index.errors", "index.reading", "index.sync.run"),
    },
    "searcher.cache": set(),
    "searcher.deadline": set(),
    "searcher.query": TEXT | {"searcher.query", "searcher.deadline", "index.fields"},
    "searcher.errors": {"index.errors", "searcher.query.tree"},
    "searcher.request": {
        *("searcher.errors", "searcher.query.ranges", "index.arguments", "index.fields"),
    },
    "searcher.toml_file": {"searcher.errors"},
    "searcher.config": {
        *("searcher.errors", "searcher.request", "searcher.toml_file", "index.arguments"),
    },
    "searcher.diagnosis": {"searcher.request"},
    "searcher.explanation": {"searcher.query.tree", "searcher.request"},
    "searcher.page": {
        *("searcher.diagnosis", "searcher.errors", "searcher.request", "searcher.query.echo"),
        "searcher.query.tree",
        *("index.arguments", "index.fields", "index.paper"),
    },
    "searcher.snippets": TEXT | {"searcher.snippets", "searcher.page", "searcher.query.clauses"},
    "searcher.engines.port": {
        *("searcher.deadline", "searcher.page", "searcher.query.clauses", "searcher.request"),
        *("searcher.query.tree", "searcher.query.vocabulary", "index.fields", "index.paper"),
    },
    "searcher.engines.local": TEXT
    | {
        *("searcher.engines.local", "searcher.engines.port", "searcher.cache", "searcher.deadline"),
        *("searcher.page", "searcher.request", "searcher.query.clauses"),
        *("searcher.query.wildcards", "index.errors", "index.fields", "index.merging"),
        *("index.paper", "index.segments"),
    },
    "searcher.engines.opening": {
        *("searcher.engines", "searcher.errors", "index.opensearch.address"),
    },
    "searcher.engines.opensearch": TEXT
    | {
        *("searcher.engines.opensearch", "searcher.engines.port", "searcher.cache"),
        # It scores the best papers by the local engine's own functions.
        "searcher.engines.local",
        *("searcher.errors", "searcher.page", "searcher.request", "searcher.query"),
        *("index.errors", "index.fields", "index.merging", "index.opensearch", "index.paper"),
        *("index.segments.arrays", "index.segments.postings"),
    },
    "searcher.doctor": {
        *("searcher.deadline", "searcher.diagnosis", "searcher.errors", "searcher.query"),
        *("searcher.request", "index.analysis", "index.letters"),
    },
    "searcher.explaining": {
        *("searcher.doctor", "searcher.engines.port", "searcher.explanation", "searcher.page"),
        *(
            "searcher.query.clauses",
            "searcher.query.words",
            "searcher.request",
            "index.analysis",
            "index.fields",
            "index.paper",
        ),
    },
    "searcher.similar": {
        *("searcher.engines.port", "searcher.query.clauses", "searcher.query.telling"),
        *("searcher.query.titles", "searcher.query.tree", "searcher.query.vocabulary"),
    },
    "searcher.suggesting": {
        *("searcher.engines.port", "searcher.errors", "searcher.page"),
        *("index.analysis", "index.arguments", "index.names"),
    },
    "searcher.refreshing": {
        *("searcher.collection", "searcher.engines", "searcher.page", "searcher.suggesting"),
        "index",
        "index.arguments",
    },
    "searcher.filters": {"searcher.query", "searcher.request"},
    "searcher.finding": {
        *("searcher.deadline", "searcher.engines.port", "searcher.errors", "searcher.filters"),
        *("searcher.query", "searcher.request", "searcher.similar"),
    },
    "searcher.collection": {
        *(
            "searcher.diagnosis",
            "searcher.doctor",
            "searcher.explaining",
            "searcher.explanation",
            "searcher.finding",
            "searcher.similar",
            "searcher.suggesting",
            "searcher.engines",
            "searcher.query.recent",
            "searcher.query.rewriting",
            "searcher.query.telling",
            "searcher.query.tree",
            "searcher.snippets",
        ),
        *("searcher.errors", "searcher.page", "searcher.request", "index.arguments"),
        "index.paper",
    },
    "searcher.current": {
        *("searcher.collection", "searcher.request", "index.arguments", "index.errors"),
        "index",
    },
    "searcher.evaluation": {
        *("searcher.evaluation", "searcher.collection", "searcher.errors", "searcher.request"),
        "index.arguments",
    },
    "searcher.saved": {
        *("searcher.saved", "searcher.collection", "searcher.config", "searcher.errors"),
        "searcher.diagnosis",
        *("searcher.page", "searcher.query.tree", "searcher.request", "searcher.toml_file"),
        # Records of one paper are told by what tells them in an index.
        *("index.identifiers", "index.paper", "index.sync.identity"),
        *("index.arguments", "index.errors", "index.segments.contents"),
        "searcher",
    },
    # Reports of a build, a check and a repair are values of ``index``.
    "searcher.output": TEXT
    | {
        *("searcher.output", "searcher.diagnosis", "searcher.evaluation", "searcher.explanation"),
        *("searcher.page", "searcher.request"),
        *("searcher.query.tree", "searcher.saved", "searcher.toml_file", "searcher"),
        *("index", "index.arguments", "index.fields", "index.paper"),
    },
    "searcher.web": {
        *("searcher.web", "searcher.cache", "searcher.collection", "searcher.current"),
        "searcher.errors",
        *("searcher.output", "searcher.page", "searcher.query.echo", "searcher.query.ranges"),
        *("searcher.diagnosis", "searcher.explanation", "searcher.query.parser"),
        "searcher.query.tree",
        *("searcher.request", "searcher.saved", "searcher"),
        *("index.categories", "index.errors", "index.fields", "index.names", "index.paper"),
    },
    "searcher.cli": {
        # Of the web application it starts the server only.
        *("searcher.cli", "searcher.programs", "searcher.web.server", "searcher.toml_file"),
        *("searcher.config", "searcher.evaluation", "searcher.output", "searcher.saved"),
        "searcher",
        *("index", "index.arguments", "index.errors", "index.fields"),
    },
    "searcher.programs": {
        *("searcher", "searcher.collection", "searcher.current", "searcher.errors"),
        *("searcher.output.agents", "searcher.programs", "searcher.request"),
        *("index.errors", "index.fields", "index.paper"),
    },
    "searcher.__main__": {"searcher.cli"},
}
PUBLIC = ("index", "searcher")
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "LICENSE", "index", "searcher", "seeds", "tests"),
    "findings",
}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [module_name(file) for file in FILES]


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Return the full name of each module that a file imports, wherever in it the import stands.

    A name taken from a package counts as a module of it: it may be one.
    """
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(file)):
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


def test_no_module_is_longer_than_it_can_be_read() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {module_name(file): count for file, count in lengths.items() if count > 500} == {}


def row_of(module: str) -> str:
    """Return the row of MAY_IMPORT that a module belongs to."""
    rows = [row for row in MAY_IMPORT if f"{module}.".startswith(f"{row}.")]
    return max(rows, key=len, default="")


def allows(row: str, imported: str) -> bool:
    """Tell whether a row of MAY_IMPORT lets its modules import another."""
    return any(
        imported == name or (name not in PUBLIC and imported.startswith(f"{name}."))
        for name in MAY_IMPORT[row]
    )


def test_a_module_imports_what_its_row_allows() -> None:
    for file in FILES:
        module = module_name(file)
        if module in (*PUBLIC, "searcher.engines"):
            continue  # the packages' lists of public names
        row = row_of(module)
        assert row, f"{module} has no row"
        ours = {name for name in imports(file) if name in MODULES} - {module}
        # A name taken from a package is listed after the package.
        ours -= {name for name in ours if name in PUBLIC and "index" not in MAY_IMPORT[row]}
        assert {name for name in ours if not allows(row, name)} == set(), module


@pytest.mark.parametrize("row", MAY_IMPORT)
def test_a_row_allows_only_what_its_modules_import(row: str) -> None:
    files = [file for file in FILES if row_of(module_name(file)) == row]
    assert files, "no module has this row"
    imported = [f"{name}." for file in files for name in imports(file) if name in MODULES]
    # What is known of texts is allowed as one.
    allowed = MAY_IMPORT[row] - TEXT if MAY_IMPORT[row] >= TEXT else MAY_IMPORT[row]
    assert [one for one in allowed if not any(n.startswith(f"{one}.") for n in imported)] == []


def test_array_files_are_read_in_their_room_by_whoosh_and_by_the_check() -> None:
    readers = {name for name in importers("index.segments.arrayfile") if "segments" not in name}
    assert readers == {"index.codec", "index.upkeep.segment_check"}


def test_tests_are_imported_by_nobody() -> None:
    assert importers("tests") == importers("pytest") == importers("hypothesis") == set()


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_homes_alone(library: str) -> None:
    modules, homes = importers(library), HOMES[library]
    at_home = {name for home in homes for name in fnmatch.filter(modules, home)}
    assert modules - at_home == set()
    assert {home for home in homes if not fnmatch.filter(modules, home)} == set()


def test_every_import_is_ours_or_python_s_or_has_a_home() -> None:
    # From Python 3.14 on.
    known = {*sys.stdlib_module_names, *PACKAGES, *HOMES, "compression"}
    for file in FILES:
        assert {name.split(".")[0] for name in imports(file)} - known == set(), file


def test_the_libraries_are_those_that_are_declared() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # These are for the project's own tests and measures.
    others = {"bench", "browser", "fuzz", "test"}
    declared = [
        *project["dependencies"],
        *[one for name, own in extras.items() if name not in others for one in own],
    ]
    requirements = {requirement.partition(";")[0] for requirement in declared}
    names = {requirement.rstrip("0123456789.<>=!~, ") for requirement in requirements}
    # backports is a package of many projects, of which zstd is one.
    imported = {
        "backports.zstd": "backports",
        "PyStemmer": "Stemmer",
        "jinja": "jinja2",
        "ir-measures": "ir_measures",
        "langchain-core": "langchain_core",
        "opensearch-py": "opensearchpy",
    }
    # uvicorn answers with these, where they are installed.
    of_uvicorn = {"httptools", "uvloop"}
    # whoosh3 is the maintained line of Whoosh; it is imported as whoosh.
    assert {imported.get(name, name) for name in names - of_uvicorn} == set(HOMES)


def run_before(module: str, imported: str) -> set[str]:
    """Return what an import in a module runs: the other module and the packages around that.

    Those around the module itself have been begun before it.
    """
    parts = imported.split(".")
    around = {".".join(parts[:count]) for count in range(1, len(parts))}
    return {imported} | {name for name in around if not f"{module}.".startswith(f"{name}.")}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_make_no_circle(package: str) -> None:
    """So each module can be imported first: none meets one that is begun and not yet whole."""
    below: dict[str, set[str]] = {}
    for file in FILES:
        name = module_name(file)
        if name.split(".")[0] == package:
            needed = {other for other in imports(file) if other in MODULES}
            # A package lists the names of its modules; that is no part of what they need.
            below[name] = {one for other in needed for one in run_before(name, other)} - {package}
    while below:
        free = {name for name, needs in below.items() if not needs & below.keys() - {name}}
        assert free, f"modules that import each other among {sorted(below)}"
        below = {name: needs for name, needs in below.items() if name not in free}


def test_no_star_imports() -> None:
    for file in FILES:
        assert not [name for name in imports(file) if name.endswith(".*")], file


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


def test_a_module_defines_and_does_nothing_else() -> None:
    for file in FILES:
        if file.name == "__main__.py":
            continue
        for statement in parsed(file).body:
            place = f"{file}:{statement.lineno}"
            if isinstance(statement, ast.If):
                # What only the type checker reads.
                assert ast.unparse(statement.test) == "TYPE_CHECKING", f"{place} runs"
                for inner in (*statement.body, *statement.orelse):
                    assert isinstance(inner, ast.ImportFrom), f"{place} holds no import"
            elif isinstance(statement, ast.Expr):
                allowed = _RUNS.get(module_name(file), set())
                is_text = isinstance(statement.value, ast.Constant)
                assert is_text or ast.unparse(statement) in allowed, f"{place} runs"
            else:
                assert isinstance(statement, _QUIET), f"{place} runs"


def test_importing_prints_logs_writes_and_starts_nothing() -> None:
    # To import LangChain asks the system by a socket whether it has IPv6.
    others = {"searcher.__main__", "searcher.programs.retriever"}
    modules = [name for name in MODULES if name not in others]
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
                "Stemmer",
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
            [
                *(
                    "Stemmer",
                    "whoosh",
                    "click",
                    "platformdirs",
                    "nltk",
                    "tomllib",
                    "compression.zstd",
                ),
                *("backports.zstd", "index.phrases", "index.segments.suggestions"),
                *(
                    "searcher.engines.local.completion",
                    "searcher.suggesting",
                    "searcher.query.echo",
                ),
                *("searcher.config", "searcher.output.terminal"),
            ],
        ),
        (
            "searcher.cli.main",
            [
                *("numpy", "Stemmer", "whoosh", "platformdirs", "searcher.collection"),
                *("searcher.cli.searching", "starlette", "uvicorn"),
            ],
        ),
        ("searcher.web.server", ["numpy", "starlette", "uvicorn", "searcher.collection"]),
        ("searcher.web.app", ["click", "latex2mathml", "uvicorn", "searcher.output.bibtex"]),
        ("index", ["searcher", "numpy", "Stemmer", "click", "platformdirs"]),
        ("index.readers", ["searcher", "Stemmer", "click"]),
        ("index.printed.markup", ["pylatexenc"]),
        ("index.phrases", ["nltk"]),
        ("index.watching", ["watchfiles"]),
        ("searcher.config", ["numpy", "Stemmer", "platformdirs", "tomllib", "searcher.request"]),
        ("searcher.query.parser", ["Stemmer", "searcher.cli.main"]),
    ],
)
def test_an_import_brings_no_more_than_it_needs(imported: str, absent: list[str]) -> None:
    loaded = python(f"import sys, {imported}; print(*sys.modules, sep='\\n')").split()
    assert imported in loaded
    assert [name for name in absent if name in loaded] == []


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


def test_every_module_states_its_job() -> None:
    for file in FILES:
        document = ast.get_docstring(parsed(file)) or ""
        first = document.partition("\n")[0]
        assert first.endswith((".", ":")), f"{file}: {first or 'no docstring'}"
        assert len(first) <= 100, file


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
