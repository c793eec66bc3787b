"""The command line as a user meets it: verbs, options, output forms, streams and exit codes."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from whoosh import fields
from whoosh import index as whoosh_index

import searcher
from index.fields import FACETS
from searcher.cli.main import cli, main
from searcher.request import Sort
from tests.conftest import ROOT, SEEDS, write_jsonl

VERBS = """
    index remove search explain facets acronyms show open similar suggest export save saved replay
    stats check eval tune config
""".split()
LASTING = ["mcp", "serve", "watch"]
"""Verbs that last until they are stopped; each has tests of its own."""

PAGE_KEYS = "query parsed relaxed partial diagnostics echo total took_ms hits facets".split()
HIT_KEYS = (
    "rank id title authors et_al category year date has_code institutions owners score snippets"
).split()
ESCAPE = "\x1b"
# Control characters but tab and line feed, line separators, and all that reorder a line.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
LONE_BYTE = "\udcff"
"""How Python hands on an argument's byte that is not UTF-8."""


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def page(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]
Screen = Callable[..., tuple[int, str]]


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """This process as that of a user with no index set and an empty home, to be changed further."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name in ("SEARCHER_INDEX", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def bare(user: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, with no index set and an empty home."""

    def run(*arguments: str | Path) -> Result:
        user.setattr(sys, "argv", ["searcher", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "a defect of searcher" not in err, err
        assert ended.value.code in (0, 1, 2)
        return Result(int(ended.value.code), out, err)

    return run


@pytest.fixture
def run(bare: Run, monkeypatch: pytest.MonkeyPatch, seeds_index: Path) -> Run:
    """The command line in this process, on the project's own seeds."""
    monkeypatch.setenv("SEARCHER_INDEX", str(seeds_index))
    return bare


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the variables of a user whose home is ``home``."""
    own = ("SEARCHER_INDEX", "NO_COLOR", "COLUMNS", "PYTHONIOENCODING", "PYTHONDEVMODE")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    homes = {"HOME": str(home)} | {
        f"XDG_{kind.upper()}_HOME": str(home / kind) for kind in ("data", "config", "state")
    }
    return kept | homes | {"PYTHONPATH": str(ROOT)} | more


def process(*arguments: str | Path, home: Path, **more: str) -> Result:
    """Run the command line in a process of its own."""
    return process_onto(subprocess.PIPE, *arguments, home=home, **more)


def process_onto(stdout: int, *arguments: str | Path, home: Path, **more: str) -> Result:
    """Run the command line in a process of its own whose output goes to ``stdout``."""
    ended = subprocess.run(
        [sys.executable, "-m", "searcher", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(home, **more),
        cwd=home,
        check=False,
    )
    err = ended.stderr.decode()
    assert "Traceback" not in err, err
    return Result(ended.returncode, (ended.stdout or b"").decode(), err)


def on_terminal(*arguments: str | Path, home: Path, **more: str) -> tuple[int, str]:
    """Run the command line with a terminal as stdout and stderr; return its code and output."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        with subprocess.Popen(
            [sys.executable, "-m", "searcher", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(home, **{"TERM": "xterm", **more}),
        ) as child:
            os.close(theirs)
            shown = shown_on(screen)
        return child.returncode, shown


def shown_on(screen: FileIO) -> str:
    """Return what a terminal shows until nobody writes to it any more."""
    shown = b""
    while True:
        try:
            chunk = screen.read(4096)
        except OSError:  # how Linux tells that the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def on_screen(user: pytest.MonkeyPatch) -> Screen:
    """The command line in this process, a terminal as stdout and stderr; its code and output."""
    pty = pytest.importorskip("pty")

    def run(*arguments: str | Path, **variables: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        with (
            user.context() as here,
            open(ours, "rb", buffering=0) as screen,
            ThreadPoolExecutor(1) as pool,
            open(theirs, "w", encoding="utf-8") as terminal,
        ):
            shown = pool.submit(shown_on, screen)
            for name, value in {"TERM": "xterm", **variables}.items():
                here.setenv(name, value)
            here.setattr(sys, "argv", ["searcher", *map(str, arguments)])
            here.setattr(sys, "stdout", terminal)
            here.setattr(sys, "stderr", terminal)
            with pytest.raises(SystemExit) as ended:
                main()
            terminal.close()
            return int(ended.value.code or 0), shown.result()

    return run


def hits(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def without_time(page: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in page.items() if key != "took_ms"}


def folded(value: str | int) -> str | int:
    """Return a name without accents and hyphens, which do not make it another person's."""
    if isinstance(value, int):
        return value
    letters = unicodedata.normalize("NFKD", value).casefold().replace("-", " ")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _verb(name: str) -> click.Command:
    verb = cli.get_command(click.Context(cli), name)
    assert verb is not None
    assert verb.name == name
    return verb


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


# The process


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the threads")
def test_a_search_starts_no_threads(seeds_index: Path, tmp_path: Path) -> None:
    program = f"""
import sys
from searcher.__main__ import main

sys.argv = ["searcher", "search", "noise", "--index", {str(seeds_index)!r}]
try:
    main()
finally:
    print(*[line for line in open("/proc/self/status") if line.startswith("Threads:")])
"""
    variables = environment(tmp_path)
    variables.pop("OPENBLAS_NUM_THREADS", None)  # that of the tests
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=variables
    )
    assert ended.stdout.split()[-2:] == ["Threads:", "1"]


# Help, version, completion


@pytest.mark.parametrize("verb", ["", *VERBS, *LASTING])
def test_help_says_what_it_does_and_shows_an_example(bare: Run, verb: str) -> None:
    result = bare(*verb.split(), "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: searcher {verb}".rstrip())
    assert re.search(rf"Examples?:\s+(\$ )?searcher {verb or '[a-z]+'}", result.out)


@pytest.mark.parametrize("verb", VERBS)
def test_examples_in_help_run(run: Run, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if verb == "index":
        monkeypatch.setenv("SEARCHER_INDEX", str(Path(os.environ["HOME"]) / "new.index"))
    monkeypatch.chdir(ROOT)
    if verb in ("eval", "tune"):
        monkeypatch.chdir(os.environ["HOME"])
        found = hits(run("search", "--format", "jsonl"))[0]["id"]
        queries = [f'{{"_id": "{number}", "text": "label noise"}}\n' for number in range(5)]
        Path("queries.jsonl").write_text("".join(queries))
        Path("qrels.tsv").write_text("".join(f"{number}\t{found}\t1\n" for number in range(5)))
    if verb == "saved":
        assert run("save", "experts", "mixture of experts").code == 0
    if verb == "replay":
        monkeypatch.chdir(os.environ["HOME"])
        assert run("search", "mixture of experts", "--receipt", "experts.json").code == 0
    examples = re.findall(rf"\bsearcher ({verb}\b.*)", _verb(verb).help or "")
    assert examples
    for example in examples:
        assert run(*shlex.split(example)).code in (0, 1)


@pytest.mark.parametrize("verb", LASTING)
def test_examples_of_verbs_that_last_are_understood(user: pytest.MonkeyPatch, verb: str) -> None:
    user.setenv("SEARCHER_INDEX", "papers.index")
    examples = re.findall(rf"\bsearcher {verb}\b(.*)", _verb(verb).help or "")
    assert examples
    for example in examples:
        known = _verb(verb).make_context(verb, shlex.split(example)).params
        assert "places" in known or known["place"] == "papers.index"


def test_group_help_lists_every_verb(bare: Run) -> None:
    out = bare("--help").out
    assert all(re.search(rf"(?m)^  {verb}  +\S", out) for verb in (*VERBS, *LASTING))


def test_short_help_option(bare: Run) -> None:
    assert bare("search", "-h").out == bare("search", "--help").out


def test_version(bare: Run) -> None:
    assert bare("--version").out == f"searcher, version {searcher.__version__}\n"


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F _searcher_completion searcher"),
        ("zsh", "#compdef searcher"),
        ("fish", "complete --no-files --command searcher"),
    ],
)
def test_completion_script(bare: Run, user: pytest.MonkeyPatch, shell: str, registers: str) -> None:
    user.setenv("_SEARCHER_COMPLETE", f"{shell}_source")
    result = bare()
    assert result.code == 0
    assert registers in result.out


def test_completion_completes_verbs(bare: Run, user: pytest.MonkeyPatch) -> None:
    asked = {"_SEARCHER_COMPLETE": "bash_complete", "COMP_WORDS": "searcher s", "COMP_CWORD": "1"}
    for name, value in asked.items():
        user.setenv(name, value)
    result = bare()
    assert result.out.split() == [
        f"plain,{verb}"
        for verb in ("save", "saved", "search", "serve", "show", "similar", "stats", "suggest")
    ]


@pytest.mark.parametrize(
    "variables",
    [
        {"ARGUMENTS": "--help"},
        {"ARGUMENTS": "--version"},
        {"ARGUMENTS": "search --help"},
        {"_SEARCHER_COMPLETE": "bash_source"},
        {"_SEARCHER_COMPLETE": "bash_complete", "COMP_WORDS": "searcher s", "COMP_CWORD": "1"},
        {
            "_SEARCHER_COMPLETE": "bash_complete",
            "COMP_WORDS": "searcher search --f",
            "COMP_CWORD": "2",
        },
    ],
    ids=lambda variables: " ".join(variables.values()),
)
def test_help_and_completion_do_not_wait_for_the_engine(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    code = (
        "import os, sys\n"
        "sys.argv = ['searcher', *os.environ.get('ARGUMENTS', '').split()]\n"
        "from searcher.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    loaded = {'numpy', 'whoosh', 'Stemmer', 'importlib.metadata', 'searcher.collection'}\n"
        "    print(*loaded & sys.modules.keys(), file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(tmp_path, **variables),
        check=False,
    )
    assert (ended.returncode, ended.stderr.strip()) == (0, "")
    assert ended.stdout


# Exit codes and streams


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("noise", 0),
        ("*", 0),
        ("", 0),
        ("noise --limit 0", 0),
        ("noise --page 2", 0),
        ("noise --page 999", 1),
        ("noise --page 999 --limit 0", 0),
        ("qqqqqq", 1),
        ("noise --year 1950", 1),
        ("noise --author Nobody", 1),
        ("noise --category XX", 1),
        ("noise --year soon", 2),
        ("nofield:noise --strict", 2),
        ("noise --sort loudness", 2),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_exit_code_of_search_is_that_of_grep(
    run: Run, arguments: str, code: int, form: str
) -> None:
    result = run("search", *arguments.split(), "--format", form)
    assert result.code == code
    if code == 2:
        assert result.out == ""
        assert result.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("facets noise", 0),
        ("facets qqqqqq", 1),
        ("facets nofield:noise --strict", 2),
        ("stats", 0),
        ("show no-such-id", 1),
        ("frobnicate", 2),
        ("", 2),
    ],
)
def test_exit_code_of_the_others(run: Run, arguments: str, code: int) -> None:
    assert run(*arguments.split()).code == code


def test_a_search_that_finds_says_nothing_on_stderr(run: Run) -> None:
    result = run("search", "label", "noise", "--all")
    assert result.err == ""
    assert result.out.endswith(f"\n1–7 of 7 papers in {os.environ['SEARCHER_INDEX']}\n")


def test_nothing_found_is_said_on_stderr_only(run: Run) -> None:
    said = f"no paper matches in {os.environ['SEARCHER_INDEX']}, which holds 159 papers\n"
    assert run("search", "qqqqqq") == Result(1, "", said)


@pytest.mark.parametrize("form", ["text", "jsonl", "csv", "json"])
def test_a_page_beyond_the_last_is_said_on_stderr(run: Run, form: str) -> None:
    result = run("search", "noise", "--page", "999", "--limit", "5", "--format", form)
    assert result.code == 1
    assert result.err == (
        f"searcher: there is no page 999: 12 papers in {os.environ['SEARCHER_INDEX']} are "
        "3 pages of 5\n"
    )
    if form == "text":
        assert result.out == ""


def test_diagnostics_go_to_stderr(run: Run) -> None:
    clean, noted = run("search", "noise"), run("search", "titel:noise", "--any")
    assert clean.err == ""
    assert re.fullmatch(r"note: .*'titel'.*did you mean title:.*\n", noted.err)
    assert "note:" not in noted.out
    for form in ("jsonl", "csv"):
        noted = run("search", "titel:noise", "--any", "--format", form)
        assert "did you mean title:" in noted.err
        assert "did you mean" not in noted.out


def test_diagnostics_of_json_are_in_the_json_alone(run: Run) -> None:
    result = run("search", "titel:noise", "--any", "--format", "json")
    assert result.err == ""
    assert [entry["code"] for entry in result.page["diagnostics"]] == ["unknown-field"]


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", "empty"),
        ("colour:noise", "colour"),
        ("year:soon", "soon"),
        ('"label noise', "label noise"),
        ("noise AND", "AND"),
        ("(noise", "("),
        ("has:data", "has:data"),
        ("noise~9", "~2"),
        ("diffusion federated qqqqqq", "any of them"),
        ('author:"Nobody Atall"', "Nobody Atall"),
        ("cat:QQ", "QQ"),
    ],
)
def test_strict_makes_a_diagnostic_an_error(run: Run, query: str, read: str) -> None:
    lenient = run("search", query)
    assert lenient.code in (0, 1)
    assert read in lenient.err
    for form in ("text", "json", "jsonl", "csv"):
        strict = run("search", query, "--strict", "--format", form)
        assert (strict.code, strict.out) == (2, "")
        assert strict.err.startswith("searcher: ")
        assert read in strict.err


def test_strict_lets_a_clear_query_through(run: Run) -> None:
    strict = run("search", "title:noise AND year:2023", "--strict", "--format", "json")
    assert strict.code == 0
    assert strict.page["total"] > 0


# Bad input

BAD_INPUT = [
    # arguments, and what the message must name
    (["search", "noise", "--year", "20"], "'20'"),
    (["search", "noise", "--year", ""], "''"),
    (["search", "noise", "--year", "2023-2024"], "2023-2024"),
    (["search", "noise", "--year", ".."], "'..'"),
    (["search", "noise", "--year", "0000"], "0000"),
    (["search", "noise", "--year", ">9999"], ">9999"),
    (["search", "noise", "--year", "2024", "--year", "soon"], "soon"),
    (["search", "noise", "--limit", "-1"], "--limit"),
    (["search", "noise", "--limit", "ten"], "ten"),
    (["search", "noise", "--limit", ""], "--limit"),
    (["search", "noise", "--limit", "1e3"], "1e3"),
    (["search", "noise", "--page", "0"], "--page"),
    (["search", "noise", "--page", "-3"], "--page"),
    (["search", "noise", "--page", "last"], "last"),
    (["search", "noise", "--facet", "colour"], "colour"),
    (["search", "noise", "--sort", "size"], "size"),
    (["search", "noise", "--format", "xml"], "xml"),
    (["search", "noise", "--color", "red"], "red"),
    (["search", "noise", "--frobnicate"], "--frobnicate"),
    (["search", "-noise"], "-n"),
    (["search", "noise", "--year"], "--year"),
    (["facets", "noise", "--facet", "colour"], "colour"),
    (["facets", "noise", "--year", "20"], "'20'"),
    (["facets", "noise", "--limit", "-3"], "--limit"),
    (["facets", "noise", "--format", "jsonl"], "jsonl"),
    (["stats", "--limit", "many"], "many"),
    (["show"], "ID"),
    (["open"], "ID"),
    (["open", "one", "two"], "two"),
    (["export", "--format", "ris"], "QUERY"),
    (["export", "noise"], "--format"),
    (["export", "noise", "--format", "word"], "word"),
    (["export", "noise", "--format", "csv", "--fields", "id,colour"], "colour"),
    (["export", "noise", "--format", "jsonl", "--fields", ""], "abstract"),
    (["export", "noise", "--format", "bibtex", "--fields", "id"], "csv and jsonl"),
    (["export", "noise", "--format", "jsonl", "--raw-cells"], "--raw-cells"),
    (["show", "one", "--format", "csv"], "csv"),
    (["stats", "noise"], "noise"),
    (["index"], "PATHS"),
    (["index", ".", "--page-year", "0"], "--page-year"),
    (["index", ".", "--page-year", "soon"], "soon"),
    (["serch", "noise"], "serch"),
    (["--frobnicate"], "--frobnicate"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_INPUT, ids=lambda value: " ".join(value))
def test_bad_input_is_named(run: Run, arguments: list[str], named: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert named in result.err


@pytest.mark.parametrize(
    "query",
    [
        "(" * 3000,
        ")" * 3000,
        "((a OR" * 60,
        '"' * 101,
        "a*b?" * 200,
        "*?" * 40 + "x",
        "noise " * 3000,
        "noise^1e400 OR noise^0",
        "noise~999999999999999999999",
        '"label noise"~99999999999999999999',
        "year:99999999999999999999..1",
        "date:2024-02-31..2024-13",
        "AND OR NOT",
        "-",
        "-noise -label",
        "\\",
        "\\emph{",
        "$",
        "%s %d {0} {x}",
        "\x00",
        "a\x00b",
        "\x1b[2J\u202e",
        LONE_BYTE,
        f"title:{LONE_BYTE}",
        f"id:{LONE_BYTE}",
        f"cat:{LONE_BYTE}",
        f"author:{LONE_BYTE}*",
        f"a{LONE_BYTE}b~2",
        f'"{LONE_BYTE} noise"',
        "😀 𝒜 ﬀ ß İ",
        "a\u0301" * 500,
        "id:*",
        "id:?*x",
    ],
    ids=lambda query: ascii(query)[:20],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_any_query_gets_an_answer(run: Run, query: str, form: str) -> None:
    result = run("search", "--format", form, "--limit", "2", "--", query)
    assert result.code in (0, 1)
    assert "defect" not in result.err
    if form == "json":
        assert result.page["parsed"]
    else:
        assert not STEERING.search(result.out + result.err)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["search", "noise", "--author", LONE_BYTE], 1),
        (["search", "noise", "--author", ""], 2),
        (["search", "noise", "--author", "\x00"], 1),
        (["search", "noise", "--institution", LONE_BYTE], 1),
        (["search", "noise", "--category", LONE_BYTE], 1),
        (["search", "noise", "--category", ""], 2),
        (["search", "noise", "--limit", "9" * 30], 0),
        (["search", "noise", "--page", "9" * 30], 1),
        (["search", "noise", "--page", "9" * 30, "--limit", "9" * 30], 1),
        (["facets", LONE_BYTE], 1),
        (["show", LONE_BYTE], 1),
        (["show", ""], 1),
        (["show", "\x00"], 1),
        (["show", "x" * 100_000], 1),
        (["show", "../../etc/passwd"], 1),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_odd_values_find_something_or_nothing_or_are_refused(
    run: Run, arguments: list[str], code: int
) -> None:
    assert run(*arguments).code == code


def spoilt(directory: Path, kind: str) -> Path:
    """Return ``directory``, made to hold something that is no index."""
    if kind != "missing":
        directory.mkdir()
    if kind == "seeds":
        write_jsonl(directory / "papers.jsonl", {"title": "One"})
    elif kind == "foreign":
        whoosh_index.create_in(directory, fields.Schema(body=fields.TEXT)).close()
    elif kind == "garbage":
        (directory / "_MAIN_1.toc").write_bytes(b"this is no table of contents\n" * 9)
    elif kind == "cut":
        searcher.build(directory, [write_jsonl(directory.parent / "one.jsonl", {"title": "One"})])
        toc = directory / "_MAIN_1.toc"
        toc.write_bytes(toc.read_bytes()[:200])
    return directory


@pytest.mark.parametrize(
    "verb",
    [
        *(["search", "noise"], ["facets", "noise"], ["show", "x"], ["open", "x"], ["stats"]),
        ["export", "noise", "--format", "bibtex"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kind", ["missing", "empty", "seeds", "foreign", "garbage", "cut"])
def test_no_index_here(bare: Run, tmp_path: Path, verb: list[str], kind: str) -> None:
    directory = spoilt(tmp_path / f"{kind}.index", kind)
    result = bare(*verb, "--index", directory)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"searcher: {directory}: ")
    assert "build" in result.err


@pytest.mark.parametrize("kind", ["seeds", "foreign", "garbage", "cut"])
def test_index_writes_into_nothing_but_an_index(bare: Run, tmp_path: Path, kind: str) -> None:
    directory = spoilt(tmp_path / f"{kind}.index", kind)
    before = files_in(directory)
    result = bare("index", SEEDS, "--index", directory)
    assert (result.code, result.out) == (2, "")
    assert f"searcher: {directory}: " in result.err
    assert re.search("empty|new", result.err)
    assert files_in(directory) == before


def test_an_index_that_is_a_file(bare: Run, tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "papers.jsonl", {"title": "One"})
    for arguments in (["search", "one"], ["stats"], ["index", str(file)]):
        result = bare(*arguments, "--index", file)
        assert (result.code, result.out) == (2, "")
        assert str(file) in result.err


# Damage


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """An index of two segments whose second has lost its documents file."""
    directory = tmp_path / "papers.index"
    for name in ("one", "two"):
        searcher.build(
            directory, [write_jsonl(tmp_path / f"{name}.jsonl", {"title": name, "id": name})]
        )
    max(directory.glob("*.documents")).unlink()
    return directory


def test_check_of_a_sound_index(run: Run, seeds_index: Path) -> None:
    result = run("check")
    assert (result.code, result.err) == (0, "")
    size = sum(path.stat().st_size for path in seeds_index.glob("MAIN_*.*"))
    assert result.out.startswith(f"sound: 159 papers, 1 segment, {size:,} bytes in {seeds_index} (")
    report = run("check", "--format", "json").page
    assert (report["sound"], report["papers"], report["damage"]) == (True, 159, [])
    assert {Path(file).name for file in report["sources"]} == {
        path.name for path in SEEDS.iterdir()
    }


def test_check_tells_what_is_wrong_and_what_to_do(bare: Run, damaged: Path) -> None:
    before = files_in(damaged)
    result = bare("check", "--index", damaged)
    assert (result.code, result.err) == (1, "")
    first, second, third = result.out.splitlines()
    assert re.fullmatch(r"damage: MAIN_\w+\.documents: the file is missing", first)
    assert second.startswith("damaged, 1 finding: 2 papers, 2 segments")
    assert "searcher check --repair" in third
    assert str(damaged.parent / "two.jsonl") in third
    report = bare("check", "--index", damaged, "--format", "json")
    assert report.code == 1
    assert report.page["damage"][0]["reason"] == "the file is missing"
    assert files_in(damaged) == before


def test_repair_names_the_files_before_it_reads_them(bare: Run, damaged: Path) -> None:
    result = bare("check", "--repair", "--index", damaged)
    assert result.code == 0
    assert result.err == f"reading again: {damaged.parent / 'two.jsonl'}\n"
    assert "kept 1 paper of 1 sound segment" in result.out
    assert f"read again 1 file ({damaged.parent / 'two.jsonl'}): 1 paper new" in result.out
    assert "\nsound: 2 papers, 2 segments" in result.out
    assert bare("search", "two", "--index", damaged).code == 0
    again = bare("check", "--repair", "--index", damaged)
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to repair")


def test_repair_tells_what_is_lost(bare: Run, damaged: Path) -> None:
    (damaged.parent / "two.jsonl").unlink()
    result = bare("check", "--repair", "--index", damaged)
    assert (result.code, result.err) == (1, "")
    assert "\nlost 1 paper (two)\n" in result.out
    assert f"could not read 1 file ({damaged.parent / 'two.jsonl'})" in result.out
    assert bare("search", "one", "--index", damaged).code == 0


def test_repair_as_json(bare: Run, damaged: Path) -> None:
    done = bare("check", "--repair", "--index", damaged, "--format", "json").page
    assert (done["complete"], done["kept"], done["new"], done["lost"]) == (True, 1, 1, [])
    assert (done["before"]["sound"], done["after"]["sound"]) == (False, True)


def test_repair_without_a_table_of_contents_says_what_nobody_knows(
    bare: Run, damaged: Path
) -> None:
    (table,) = damaged.glob("*.toc")
    table.unlink()
    result = bare("check", "--repair", "--index", damaged)
    assert result.code == 1
    assert "the table of contents was lost: papers that were deleted may be back" in result.out


@pytest.mark.parametrize("kind", ["missing", "empty", "seeds", "foreign", "garbage"])
@pytest.mark.parametrize("arguments", [["check"], ["check", "--repair"]], ids=" ".join)
def test_check_of_no_index(bare: Run, tmp_path: Path, kind: str, arguments: list[str]) -> None:
    directory = spoilt(tmp_path / f"{kind}.index", kind)
    before = files_in(directory) if directory.exists() else None
    result = bare(*arguments, "--index", directory)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"searcher: {directory}: ")
    assert (files_in(directory) if directory.exists() else None) == before


def test_no_name_in_an_index_steers_the_terminal(bare: Run, damaged: Path) -> None:
    (damaged / f"MAIN_{ESCAPE}]0;x").write_text("")
    for arguments in (["check"], ["check", "--repair"]):
        result = bare(*arguments, "--index", damaged)
        assert not STEERING.search(result.out + result.err)


# Where the index is


def test_a_missing_index_names_the_command_that_builds_it(bare: Run, tmp_path: Path) -> None:
    directory = tmp_path / "here"
    err = bare("search", "one", "--index", directory).err
    advised = re.search(r"searcher index PATH --index (\S+)", err)
    assert advised
    assert advised[1] == str(directory)


def test_index_option_beats_variable(run: Run, tmp_path: Path) -> None:
    seeds = write_jsonl(tmp_path / "one.jsonl", {"title": "One"})
    assert run("index", seeds, "--index", tmp_path / "own").code == 0
    assert f"\n1 paper in {tmp_path / 'own'}\n" in run("stats", "--index", tmp_path / "own").out
    assert "\n159 papers in " in run("stats").out


@pytest.mark.parametrize(
    "verb", [["index", "one"], ["remove", "one"], ["check"], ["check", "--repair"]]
)
def test_two_indexes_are_refused_by_what_works_on_one(bare: Run, verb: list[str]) -> None:
    result = bare(*verb, "--index", "first", "--index", "second")
    assert (result.code, result.out) == (2, "")
    assert "--index first and --index second" in result.err
    assert f"give one index; {verb[0]} works on a single one" in result.err


@pytest.mark.parametrize("verb", [["search", "one"], ["stats"], ["index", "papers.jsonl"]])
def test_an_empty_index_option_is_not_the_usual_index(run: Run, verb: list[str]) -> None:
    # As it is after --index "$FOLDER" with an unset variable.
    result = run(*verb, "--index", "")
    assert (result.code, result.out) == (2, "")
    assert "--index is empty; give the path of a folder" in result.err


def test_an_empty_path_is_not_the_current_folder(run: Run) -> None:
    result = run("index", "", "--prune")
    assert (result.code, result.out) == (2, "")
    assert "one of the paths is ''; it must be the path of a file or folder" in result.err


def test_the_same_index_twice_is_one(run: Run, seeds_index: Path) -> None:
    assert run("stats", "--index", seeds_index, "--index", seeds_index) == run("stats")


def test_every_answer_names_its_index(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "my papers"
    run("index", write_jsonl(tmp_path / "one.jsonl", {"title": "One"}), "--index", own)
    for arguments in (["search", "one"], ["facets"], ["stats"], ["search", "two"], ["show", "x"]):
        result = run(*arguments, "--index", own)
        assert str(own) in result.out + result.err


def test_default_place_is_the_data_directory(
    bare: Run, user: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seeds = write_jsonl(tmp_path / "one.jsonl", {"title": "One"})
    assert bare("search", "one").code == 2
    built = process("index", seeds, home=tmp_path)
    assert built.code == 0
    places = [path.parent for path in tmp_path.rglob("*.toc")]
    assert len(places) == 1
    assert str(places[0]) in built.out
    if sys.platform == "linux":
        assert places[0].is_relative_to(tmp_path / "data" / "searcher")
    assert bare("search", "one").code == 0
    user.setenv("SEARCHER_INDEX", "")
    assert bare("search", "one").code == 0
    elsewhere = str(tmp_path / "elsewhere")
    user.setenv("SEARCHER_INDEX", elsewhere)
    missing = bare("search", "one")
    assert missing.code == 2
    assert elsewhere in missing.err


# The index verb

PAGE = """Ann Poe

LG
h-index25
2papers

2 Papers

LGMay 7, 2020Code
Slow Rivers

Ann Poe, Sam Roe

We map slow rivers.

CVMar 3
Quiet Lakes

Sam Roe et al.

Lakes are quiet.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of seeds: a page of two papers, one without a year, and a file of one."""
    seeds = tmp_path / "pages"
    seeds.mkdir()
    (seeds / "ann-poe.txt").write_text(PAGE, encoding="utf-8")
    write_jsonl(seeds / "more.jsonl", {"id": "s1", "title": "Deep Seas", "year": 2021})
    return seeds


def test_index_says_what_it_did(bare: Run, folder: Path, tmp_path: Path) -> None:
    result = bare("index", folder, "--index", tmp_path / "own")
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(
        r"2 files, 0 problems; papers: 3 new, 0 changed, 0 unchanged, 0 removed\n"
        r"assumed the year 2022 for 1 date without one .*\n"
        rf"3 papers in {re.escape(str(tmp_path / 'own'))} \(\d+\.\d s\)\n",
        result.out,
    )


def test_a_second_run_changes_nothing_and_says_so(bare: Run, folder: Path, tmp_path: Path) -> None:
    bare("index", folder, "--index", tmp_path / "own")
    before = files_in(tmp_path / "own")
    result = bare("index", folder, "--index", tmp_path / "own")
    assert result.code == 0
    assert "0 new, 0 changed, 3 unchanged, 0 removed" in result.out
    assert "2 files unchanged since last time, not read again" in result.out
    assert files_in(tmp_path / "own") == before


def test_a_removed_paper_stays_out_until_it_is_restored(
    bare: Run, folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    bare("index", folder, "--index", own)
    result = bare("remove", "s1", "nobody", "--index", own)
    assert result.code == 0
    assert result.err == f"note: no paper in {own} is called 'nobody'\n"
    assert result.out == (
        "removed 1 paper (s1); searcher index leaves out what is removed (--restore ID takes it in"
        f" again)\n2 papers in {own}\n"
    )
    assert bare("remove", "s1", "--index", own).code == 1
    result = bare("index", folder, "--index", own)
    assert "1 record of removed papers left out (--restore ID takes a paper in again)" in result.out
    result = bare("index", folder, "--index", own, "--restore", "s1")
    assert "1 new, 0 changed, 2 unchanged" in result.out
    assert bare("show", "s1", "--index", own).code == 0


def test_restoring_needs_no_path(bare: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    missing = bare("index", "--restore", "s1", "--index", own)
    assert (missing.code, own.exists()) == (2, False)
    assert "no index here" in missing.err
    bare("index", folder, "--index", own)
    bare("remove", "s1", "--index", own)
    told = bare("index", "--restore", "s1", "--index", own)
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith(
        "\nsearcher index PATH takes in again what --restore names, if it was removed\n"
    )
    assert "1 new, 0 changed, 2 unchanged" in bare("index", folder, "--index", own).out


def test_a_source_of_standard_input(
    bare: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"

    def send(*titles: str, options: Sequence[str] = ()) -> str:
        lines = "".join(json.dumps({"id": title, "title": title}) + "\n" for title in titles)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        return bare("index", "-", "--index", own, "--source", "shelf", *options).out

    assert "2 new" in send("Tides", "Rain")
    assert "1 unchanged, 0 removed" in send("Tides")
    pruned = send("Tides", options=["--prune"])
    assert "1 paper of source:shelf goes\n" in pruned
    assert "1 unchanged, 1 removed" in pruned
    # Without a path the source sends nothing any more.
    for options, count in ((["--dry-run"], "0 papers would be"), ([], "0 papers in")):
        gone = bare("index", "--prune", "--source", "shelf", "--index", own, *options)
        assert (gone.code, gone.err) == (0, "")
        assert "0 unchanged, 1 removed" in gone.out
        assert count in gone.out


@pytest.mark.parametrize(
    "options", [[], ["--prune"], ["--source", "shelf"], ["--strict"], ["--reader", "ris"]]
)
def test_an_index_run_without_a_path_has_no_meaning(bare: Run, options: list[str]) -> None:
    result = bare("index", *options)
    assert (result.code, result.out) == (2, "")
    assert "give the paths of files or folders, or - for standard input" in result.err


def test_index_the_seeds_of_the_project(bare: Run, tmp_path: Path) -> None:
    result = bare("index", SEEDS, "--index", tmp_path / "own")
    assert result.code == 0
    assert "5 files, 0 problems; papers: 159 new, 0 changed" in result.out
    assert "assumed the year 2026 for 17 dates" in result.out
    assert re.fullmatch(r"note: \S*bo-han\.txt: .*263 papers.* 50\n", result.err)


def test_page_year(bare: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    result = bare("index", folder, "--index", own, "--page-year", "1999")
    assert "assumed the year 1999 for 1 date" in result.out
    found = hits(bare("search", "lakes", "--index", own, "--format", "jsonl"))
    assert [(hit["year"], hit["date"]) for hit in found] == [(1999, "1999-03-03")]


def test_prune(bare: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    bare("index", folder, "--index", own)
    (folder / "more.jsonl").unlink()
    kept = bare("index", folder, "--index", own)
    assert kept.code == 0
    assert "1 paper no longer in the files; kept (--prune removes them)" in kept.out
    assert "3 papers in" in kept.out
    dry = bare("index", folder, "--index", own, "--prune", "--dry-run")
    assert dry.out.splitlines()[0] == f"1 paper of {folder / 'more.jsonl'} would go"
    assert "2 papers would be in" in dry.out
    assert bare("search", "seas", "--index", own).code == 0
    pruned = bare("index", folder, "--index", own, "--prune")
    assert pruned.out.splitlines()[0] == f"1 paper of {folder / 'more.jsonl'} goes"
    assert "1 removed" in pruned.out
    assert "2 papers in" in pruned.out
    assert bare("search", "seas", "--index", own).code == 1


def test_a_missing_folder_is_pruned_when_told(bare: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    bare("index", folder, "--index", own)
    folder.rename(tmp_path / "elsewhere")
    kept = bare("index", folder, "--index", own, "--prune")
    assert f"3 papers of {folder} kept: it is gone, empty" in kept.out
    assert "--prune-missing-folders" in kept.out
    assert "3 papers in" in kept.out
    told = bare("index", folder, "--index", own, "--prune-missing-folders")
    assert "0 papers in" in told.out


def test_a_changed_paper_is_written(bare: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    bare("index", folder, "--index", own)
    write_jsonl(
        folder / "more.jsonl", {"id": "s1", "title": "Deep Seas", "year": 2021, "code": True}
    )
    assert "0 new, 1 changed, 2 unchanged" in bare("index", folder, "--index", own).out
    (hit,) = hits(bare("search", "seas", "--index", own, "--format", "jsonl"))
    assert hit["has_code"]


def test_problems_are_told_and_the_rest_is_kept(bare: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "empty.txt").write_text("")
    (folder / "photo.txt").write_bytes(b"\x89PNG\x00\x00\x01")
    with (folder / "more.jsonl").open("a") as more:
        more.write("{not json\n")
    result = bare("index", folder, tmp_path / "gone.txt", "--index", tmp_path / "own")
    assert result.code == 2
    assert "2 problems; papers: 3 new" in result.out
    told = result.err.splitlines()
    assert len(told) == 4
    # What lies in a folder beside the papers is no fault.
    for kind, place in (
        *(("note", "empty.txt: "), ("note", "photo.txt: ")),
        *(("problem", "more.jsonl:2: "), ("problem", "gone.txt: ")),
    ):
        assert any(line.startswith(f"{kind}: ") and place in line for line in told)


def test_a_build_without_papers_says_whether_there_is_an_index(
    bare: Run, folder: Path, tmp_path: Path
) -> None:
    own, empty = tmp_path / "own", tmp_path / "empty.txt"
    empty.write_text("")
    none = bare("index", empty, "--index", own)
    assert (none.code, none.out.splitlines()[-1]) == (2, "nothing indexed; no index was created")
    assert not own.exists()
    bare("index", folder, "--index", own)
    for file in folder.iterdir():
        file.unlink()
    bare("index", folder, "--index", own, "--prune-missing-folders")
    again = bare("index", empty, "--index", own)
    assert f"\n0 papers in {own}" in again.out


def test_strict_writes_nothing(bare: Run, folder: Path, tmp_path: Path) -> None:
    empty = folder / "empty.txt"
    empty.write_text("")
    result = bare("index", folder, empty, "--index", tmp_path / "own", "--strict")
    assert (result.code, result.out) == (2, "")
    assert re.match(r"searcher: 1 problem\b.*nothing written", result.err)
    assert "empty.txt" in result.err
    assert not (tmp_path / "own").exists()


def test_strict_passes_clean_files(bare: Run, folder: Path, tmp_path: Path) -> None:
    result = bare("index", folder, "--index", tmp_path / "own", "--strict")
    assert result.code == 0
    assert "3 new" in result.out


def test_index_refuses_a_folder_of_other_files(bare: Run, folder: Path) -> None:
    before = files_in(folder)
    result = bare("index", folder, "--index", folder)
    assert (result.code, result.out) == (2, "")
    assert str(folder) in result.err
    assert "empty or a new folder" in result.err
    assert files_in(folder) == before


def test_index_without_any_paper(bare: Run, tmp_path: Path) -> None:
    own = tmp_path / "own"
    result = bare("index", tmp_path / "gone", "--index", own)
    assert result.code == 2
    assert "0 files, 1 problem; papers: 0 new" in result.out
    assert not own.exists()
    assert bare("stats", "--index", own).code == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(
    bare: Run, folder: Path, tmp_path: Path, terminal: bool
) -> None:
    arguments = ("index", folder, "--index", tmp_path / "own")
    if terminal:
        code, shown = on_terminal(*arguments, home=tmp_path, COLUMNS="50")
        drawn = re.split("[\r\n]", re.sub(r"\x1b\[[?\d]*[A-Za-z]", "", shown))
        done = [line.split()[0] for line in drawn if "100%" in line]
        assert list(dict.fromkeys(done)) == ["reading", "comparing", "writing", "committing"]
        assert all(len(line) <= 50 for line in drawn if "%" in line)
    else:
        result = bare(*arguments)
        code, shown = result.code, result.out
        assert result.err == ""
    assert code == 0
    assert "3 new" in shown


# What is found: the counts are facts of the project's seeds


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        ("*", 159),
        ("* --category LG", 73),
        ("* --category lg", 73),
        ("* --category 'Machine Learning'", 73),
        ("* --category LG --category CV", 116),
        ("* --year 2023", 29),
        ("* --year 2025..", 39),
        ("* --year '>=2025'", 39),
        ("* --year 2023..2024", 55),
        ("* --year ..2024 --year 2026", 137),
        ("* --year 2022 --year 2024", 57),
        ("* --author 'Bo Han'", 50),
        ("* --author 'han, bo'", 50),
        ("* --author 'Bo Han' --author 'Zhiyu Wu'", 78),
        ("* --has-code", 38),
        ("* --institution tsinghua --year 1950", 0),
        ("cat:LG", 73),
        ("year:2023", 29),
        ("'author:\"Bo Han\"'", 50),
        ("has:code", 38),
        ("cat:LG --category CV", 0),
        ("year:2024.. --year 2024", 26),
    ],
)
def test_filters_count(run: Run, arguments: str, total: int) -> None:
    words = shlex.split(arguments)
    assert run("search", *words, "--format", "json", "--limit", "0").page["total"] == total


def test_filters_narrow_each_other(run: Run) -> None:
    everything = hits(run("search", "*", "--limit", "999", "--format", "jsonl"))
    filters = "--category LG --year 2022..2023 --author 'Bo Han' --has-code"
    found = run("search", "*", *shlex.split(filters), "--limit", "999", "--format", "jsonl")
    expected = {
        hit["id"]
        for hit in everything
        if hit["category"] == "LG"
        and hit["year"] in (2022, 2023)
        and "Bo Han" in hit["authors"]
        and hit["has_code"]
    }
    assert len(everything) == 159
    assert 0 < len(expected) < 38
    assert {hit["id"] for hit in hits(found)} == expected


def test_institution_filter(run: Run) -> None:
    found = hits(run("search", "*", "--institution", "tsinghua", "--format", "jsonl"))
    assert found
    assert all("tsinghua" in hit["institutions"] for hit in found)


def test_several_words_are_one_query(run: Run) -> None:
    apart = run("search", "label", "noise", "--format", "json").page
    together = run("search", "label noise", "--format", "json").page
    assert without_time(apart) == without_time(together)
    assert apart["query"] == "label noise"


def test_options_may_stand_anywhere(run: Run) -> None:
    after = run("search", "label", "noise", "--year", "2023", "--format", "csv")
    before = run("search", "--format", "csv", "label", "--year", "2023", "noise")
    assert after == before


def test_a_query_that_begins_with_a_dash_follows_two(run: Run) -> None:
    page = run("search", "--format", "json", "--", "-cat:LG").page
    assert page["total"] == 159 - 73


def test_match_any_all_and_relaxed(run: Run) -> None:
    def search(*options: str) -> dict[str, Any]:
        page: dict[str, Any] = run(
            "search", "federated", "snowballing", "--format", "json", *options
        ).page
        return page

    everything, anything, relaxed = search("--all"), search("--any"), search()
    assert everything["total"] == 0
    assert everything["diagnostics"] == anything["diagnostics"] == []
    assert [entry["code"] for entry in relaxed["diagnostics"]] == ["relaxed"]
    assert anything["total"] == relaxed["total"] > 0
    assert [{**hit, "all_words": False} for hit in anything["hits"]] == relaxed["hits"]
    noted = run("search", "federated", "snowballing")
    assert (noted.code, noted.err.count("note:")) == (0, 1)
    assert run("search", "federated", "snowballing", "--all").code == 1


def test_few_papers_with_all_the_words_are_marked_among_those_with_any(run: Run) -> None:
    few = run("search", "label noise", "--limit", "99")
    reason = "7 papers match all the words (--all for only those); the others match some of them"
    assert few.err == f"note: {reason}\n"
    assert few.out.count(" · all words · ") == 7
    assert " · all words · " not in run("search", "label noise", "--all").out
    page = run("search", "label noise", "--limit", "99", "--format", "json").page
    whole = run("search", "label noise", "--all", "--limit", "99", "--format", "json").page
    ids = {hit["id"] for hit in whole["hits"]}
    assert {hit["id"] for hit in page["hits"] if hit["all_words"]} == ids
    assert page["total"] == len(page["hits"]) > len(ids) == whole["total"] == 7
    assert page["relaxed"]
    second = run("search", "label noise", "--limit", "3", "--page", "2", "--format", "json").page
    assert second["hits"] == page["hits"][3:6]
    asked = ("search", "label noise", "--format", "json")
    assert run(*asked, "--strict").page["total"] == run(*asked, "--sort", "date").page["total"] == 7


def test_pages_follow_each_other(run: Run) -> None:
    def ids(*options: str) -> list[tuple[int, str]]:
        found = hits(run("search", "learning", "--format", "jsonl", *options))
        return [(hit["rank"], hit["id"]) for hit in found]

    whole = ids("--limit", "999")
    assert [rank for rank, _ in whole] == list(range(1, len(whole) + 1))
    assert ids() == whole[:10]
    assert ids("--limit", "7", "--page", "2") == whole[7:14]
    assert ids("--limit", "999", "--page", "2") == []
    assert ids("--limit", "0") == []


def test_sort_by_relevance_and_date(run: Run) -> None:
    by_score = hits(run("search", "learning", "--limit", "999", "--format", "jsonl"))
    assert by_score == sorted(by_score, key=lambda hit: (-hit["score"], hit["id"]))
    options = ("--sort", "date", "--limit", "999", "--format", "jsonl")
    by_date = [(hit["date"], hit["id"]) for hit in hits(run("search", "learning", *options))]
    ordered = sorted(sorted(by_date, key=lambda pair: pair[1]), key=lambda pair: pair[0])
    assert by_date == sorted(ordered, key=lambda pair: pair[0], reverse=True)
    assert {identity for _, identity in by_date} == {hit["id"] for hit in by_score}


def test_sort_by_the_paper_s_own_score(run: Run) -> None:
    found = hits(run("search", "*", "--sort", "score", "--limit", "6", "--format", "jsonl"))
    scores = [run("show", hit["id"], "--format", "json").page.get("score") for hit in found]
    assert None not in scores[:4]
    assert scores[:4] == sorted(scores[:4], reverse=True)
    assert scores[4:] == [None, None]
    assert found[4]["id"] < found[5]["id"]


def test_explain(run: Run) -> None:
    page = run("search", "label noise", "--all", "--explain", "--format", "json").page
    for hit in page["hits"]:
        assert set(hit) == {*HIT_KEYS, "explanation"}
        assert [set(part) for part in hit["explanation"]] == [
            {"label", "score", "idf", "recurrence", "frequency"}
        ] * len(hit["explanation"])
        labels = [part["label"] for part in hit["explanation"]]
        assert labels in (["label", "noise"], ["label", "noise", "label near noise"])
        assert sum(part["score"] for part in hit["explanation"]) == pytest.approx(hit["score"])
    text = run("search", "label noise", "--all", "--explain", "--limit", "1").out
    assert re.search(rf" {page['hits'][0]['score']:.3f}  search score\n", text)
    assert re.search(r" \d\.\d{3}  label \(idf \d", text)
    assert "idf" not in run("search", "label noise").out


# The forms


def test_json_contract(run: Run) -> None:
    result = run("search", "label noise", "--all", "--format", "json", "--limit", "3")
    page = result.page
    assert list(page) == PAGE_KEYS
    assert (page["query"], page["parsed"], page["total"]) == ("label noise", "label noise", 7)
    assert page["diagnostics"] == []
    assert isinstance(page["took_ms"], float)
    assert page["took_ms"] >= 0
    assert [hit["rank"] for hit in page["hits"]] == [1, 2, 3]
    for hit in page["hits"]:
        assert set(hit) == set(HIT_KEYS)
        assert set(hit["snippets"]) == {"title", "abstract"}
        for name in ("id", "title", "category", "date"):
            assert isinstance(hit[name], str), name
        for name in ("authors", "institutions", "owners"):
            assert isinstance(hit[name], list), name
            assert all(isinstance(value, str) for value in hit[name])
        assert isinstance(hit["year"], int)
        assert isinstance(hit["score"], float)
        assert isinstance(hit["has_code"], bool)
    assert set(page["facets"]) == {"category", "year"}
    for counts in page["facets"].values():
        assert all(set(entry) == {"value", "count"} for entry in counts)
        assert sum(entry["count"] for entry in counts) == 7
    assert {type(entry["value"]) for entry in page["facets"]["year"]} == {int}
    assert {type(entry["value"]) for entry in page["facets"]["category"]} == {str}


def test_json_contract_when_nothing_is_found(run: Run) -> None:
    page = run("search", "nofield:qqqqqq", "--format", "json").page
    assert list(page) == [*PAGE_KEYS, "diagnosis"]
    assert (page["total"], page["hits"]) == (0, [])
    assert page["facets"] == {"category": [], "year": []}
    assert [list(entry) for entry in page["diagnostics"]] == [["code", "message"]]


def test_json_of_a_paper_that_has_little(bare: Run, tmp_path: Path) -> None:
    seeds = write_jsonl(tmp_path / "bare.jsonl", {"id": "b1", "title": "Bare"})
    bare("index", seeds, "--index", tmp_path / "own")
    hit = bare("search", "bare", "--index", tmp_path / "own", "--format", "json").page["hits"][0]
    assert set(hit) == set(HIT_KEYS)
    assert (hit["year"], hit["date"], hit["category"], hit["authors"]) == (None, None, "", [])
    assert hit["snippets"] == {"title": "<mark>Bare</mark>", "abstract": ""}


def test_snippets_are_escaped_and_marked(bare: Run, tmp_path: Path) -> None:
    record = {
        "id": "h1",
        "title": "<unk> 'x' & Rivers",
        "abstract": 'A "river" runs if 1 < 2 & 3 > 2.',
    }
    bare("index", write_jsonl(tmp_path / "html.jsonl", record), "--index", tmp_path / "own")
    page = bare("search", "river", "--index", tmp_path / "own", "--format", "json").page
    (hit,) = page["hits"]
    assert hit["title"] == record["title"]
    assert hit["snippets"] == {
        "title": "&lt;unk&gt; &#x27;x&#x27; &amp; <mark>Rivers</mark>",
        "abstract": "A &quot;<mark>river</mark>&quot; runs if 1 &lt; 2 &amp; 3 &gt; 2.",
    }


def test_jsonl_is_the_hits_of_json(run: Run) -> None:
    page = run("search", "label noise", "--format", "json").page
    assert hits(run("search", "label noise", "--format", "jsonl")) == page["hits"]
    assert run("search", "qqqqqq", "--format", "jsonl").out == ""


def test_csv_is_the_hits_of_json(run: Run) -> None:
    page = run("search", "label noise", "--format", "json").page
    rows = list(csv.DictReader(io.StringIO(run("search", "label noise", "--format", "csv").out)))
    assert list(rows[0]) == [key for key in HIT_KEYS if key != "snippets"]
    for row, hit in zip(rows, page["hits"], strict=True):
        assert (row["rank"], row["id"], row["title"]) == (str(hit["rank"]), hit["id"], hit["title"])
        assert row["authors"] == "; ".join(hit["authors"])
        assert float(row["score"]) == hit["score"]


def test_csv_of_nothing_is_its_header(run: Run) -> None:
    out = run("search", "qqqqqq", "--format", "csv").out
    assert out == ",".join(key for key in HIT_KEYS if key != "snippets") + "\n"


def test_text_shows_each_hit(run: Run) -> None:
    page = run("search", "label noise", "--all", "--format", "json", "--limit", "2").page
    text = run("search", "label noise", "--all", "--limit", "2").out
    for hit in page["hits"]:
        assert f"{hit['rank']:>3} {hit['title']}\n" in text
        assert ", ".join(hit["authors"]) in text
        assert f"{hit['category']} Machine Learning · {hit['date']}" in text
        assert f" · {hit['id']}\n" in text
        assert re.sub("</?mark>", "", hit["snippets"]["abstract"]) in text
    assert "score" not in text
    assert text.endswith(
        "\n\ncategory  LG 6 · CV 1\nyear      2023 4 · 2022 3\n"
        f"1–2 of 7 papers in {os.environ['SEARCHER_INDEX']}\n"
        "next: searcher search 'label noise' --all --limit 2 --page 2\n"
    )


def test_the_papers_own_score_is_shown_where_it_orders_them(run: Run) -> None:
    assert " · score 95.6 · " in run("search", "snowballing", "--sort", "score").out


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["noise"], "searcher search noise --page 2"),
        (["label noise", "--limit", "5"], "searcher search 'label noise' --limit 5 --page 2"),
        (["label", "noise", "--limit", "3"], "searcher search label noise --limit 3 --page 2"),
        (["noise", "--limit=3", "--page=2"], "searcher search noise --limit 3 --page 3"),
        (["--page", "1", "noise", "--any"], "searcher search noise --any --page 2"),
        (["*", "--author", "Bo Han"], "searcher search '*' --author 'Bo Han' --page 2"),
        (["--", "-bert"], "searcher search --page 2 -- -bert"),
        (["learning", "-bert"], "searcher search --page 2 -- learning -bert"),
        (["learning's", "--any"], "searcher search 'learning'\"'\"'s' --any --page 2"),
        ([], "searcher search --page 2"),
    ],
)
def test_the_next_page_is_one_command_away(run: Run, arguments: list[str], command: str) -> None:
    first = run("search", *arguments)
    assert first.out.endswith(f"\nnext: {command}\n")
    following = run(*shlex.split(command)[1:])
    shown, shown_next = (
        [int(rank) for rank in re.findall(r"(?m)^ {1,2}(\d+) \S", result.out)]
        for result in (first, following)
    )
    assert shown_next[0] == shown[-1] + 1


def test_a_query_that_cannot_be_printed_is_not_part_of_a_command(run: Run) -> None:
    out = run("search", "noise \x1b", "--any", "--limit", "1").out
    assert out.endswith("\nnext: the same with --page 2\n")


# Facets, show, stats


def test_facets_asked_for_take_the_place_of_the_usual_two(run: Run) -> None:
    asked = ("--all", "--facet", "author", "--facet", "code")
    page = run("search", "label noise", "--format", "json", *asked).page
    assert list(page["facets"]) == ["author", "code"]
    assert page["facets"]["author"][0] == {"value": "Bo Han", "count": 6}
    text = run("facets", "label noise", *asked)
    assert text.code == 0
    assert re.findall(r"(?m)^\w+$", text.out) == ["author", "code"]


@pytest.mark.parametrize("facet", ["category", "year", "author", "institution", "code"])
def test_every_facet_counts_the_matches(run: Run, facet: str) -> None:
    found = hits(run("search", "learning", "--limit", "999", "--format", "jsonl"))
    expected: dict[str | int, int] = {}
    for hit in found:
        values: Iterable[str | int] = {
            "category": [hit["category"]],
            "year": [hit["year"]],
            "author": hit["authors"],
            "institution": hit["institutions"],
            "code": ["yes" if hit["has_code"] else "no"],
        }[facet]
        for value in values:
            expected[folded(value)] = expected.get(folded(value), 0) + 1
    page = run("search", "learning", "--facet", facet, "--format", "json").page
    assert {folded(entry["value"]): entry["count"] for entry in page["facets"][facet]} == expected


def test_a_facet_leaves_its_own_filter_out(run: Run) -> None:
    def counts(*options: str) -> dict[str, list[dict[str, Any]]]:
        facets: dict[str, list[dict[str, Any]]] = run(
            "search", "learning", "--format", "json", *options
        ).page["facets"]
        return facets

    free, chosen = counts(), counts("--category", "CV")
    assert chosen["category"] == free["category"]
    assert chosen["year"] != free["year"]
    total = run("search", "learning", "--category", "CV", "--format", "json").page["total"]
    assert sum(entry["count"] for entry in chosen["year"]) == total


def test_facets_verb_counts_by_category_and_year(run: Run) -> None:
    result = run("facets", "label", "noise")
    assert (result.code, result.err) == (0, "")
    assert re.findall(r"(?m)^\w+$", result.out) == ["category", "year"]
    page = run("search", "label", "noise", "--all", "--format", "json").page
    shown = [int(count) for count in re.findall(r"█ (\d+)$", result.out, re.MULTILINE)]
    assert shown == [entry["count"] for counts in page["facets"].values() for entry in counts]
    assert result.out.endswith(f"\n7 papers in {os.environ['SEARCHER_INDEX']}\n")


def test_facets_verb_counts_co_authors(run: Run) -> None:
    chosen = ("--author", "Zhiyu Wu", "--facet", "author")
    coauthors = run("facets", "*", *chosen, "--format", "json").page["facets"]["author"]
    assert coauthors[0]["value"] == "Zhiyu Wu"
    found = hits(run("search", "*", *chosen[:2], "--limit", "999", "--format", "jsonl"))
    written_with = {folded(name) for hit in found for name in hit["authors"]}
    assert {folded(entry["value"]) for entry in coauthors} == written_with
    ticked = run("search", "*", *chosen, "--format", "json").page["facets"]["author"]
    assert len(ticked) > len(coauthors)


@pytest.mark.parametrize("verb", [["facets", "label noise"], ["stats"]], ids=" ".join)
def test_facets_as_json_and_csv(run: Run, verb: list[str]) -> None:
    page = run(*verb, "--format", "json").page
    assert list(page) == PAGE_KEYS
    assert page["hits"] == []
    rows = list(csv.reader(io.StringIO(run(*verb, "--format", "csv").out)))
    assert rows == [
        ["facet", "value", "count"],
        *(
            [name, str(entry["value"]), str(entry["count"])]
            for name, counts in page["facets"].items()
            for entry in counts
        ),
    ]
    cut = run(*verb, "--format", "json", "--limit", "1").page
    assert cut["facets"] == {name: counts[:1] for name, counts in page["facets"].items()}
    assert len(run(*verb, "--format", "csv", "--limit", "1").out.splitlines()) == 3
    assert run(*verb, "--limit", "1").out.count("█ ") == 2


def test_facets_verb_takes_filters(run: Run) -> None:
    out = run("facets", "*", "--category", "LG", "--year", "2023..", "--facet", "code").out
    page = run("search", "*", "--category", "LG", "--year", "2023..", "--format", "json").page
    counts = [int(count) for count in re.findall(r"█ (\d+)$", out, re.MULTILINE)]
    assert sum(counts) == page["total"]


def test_facets_of_nothing(run: Run) -> None:
    result = run("facets", "qqqqqq")
    assert result.code == 1
    assert result.out.split()[:6] == ["category", "none", "year", "none", "0", "papers"]


def test_show(run: Run) -> None:
    (hit,) = hits(run("search", "title:snowballing", "--format", "jsonl"))
    text = run("show", hit["id"])
    assert (text.code, text.err) == (0, "")
    lines = text.out.splitlines()
    assert lines[0] == hit["title"]
    assert lines[1] == ", ".join(hit["authors"]) + " et al."
    assert f"id:           {hit['id']}" in lines
    assert "score:        95.6" in lines
    assert "pages of:     Bo Han" in lines
    assert re.search(r"(?m)^read from: +\S+bo-han\.txt:\d+$", text.out)
    paper = run("show", hit["id"], "--format", "json").page
    assert paper["abstract"] in text.out
    assert (paper["id"], paper["title"], paper["score"]) == (hit["id"], hit["title"], 95.6)
    assert set(paper) <= {*searcher.Paper.__slots__, "category"}


def test_show_of_an_unknown_id(run: Run) -> None:
    result = run("show", "no-such-id")
    assert (result.code, result.out) == (1, "")
    assert "'no-such-id'" in result.err
    assert "search" in result.err


def test_several_papers_are_shown(run: Run) -> None:
    one, two = (hit["id"] for hit in hits(run("search", "noise", "--format", "jsonl"))[:2])
    text = run("show", one, two).out
    assert text == f"{run('show', one).out}\n{run('show', two).out}"
    assert [paper["id"] for paper in run("show", two, one, "--format", "json").page] == [two, one]
    result = run("show", one, "no-such-id", "--format", "json")
    assert (result.code, [paper["id"] for paper in result.page]) == (1, [one])
    assert "'no-such-id'" in result.err


def test_explain_a_paper(run: Run) -> None:
    (hit,) = hits(run("search", "snowballing labels", "--limit", "1", "--format", "jsonl"))
    shown = run("explain", hit["id"], "snowballing", "labels", "-zzqa")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0] == hit["title"]
    assert lines[1].endswith("  search score")
    assert re.fullmatch(
        r" +[\d.]+  snowballing: title [\d.]+ \(snowball, snowballing\).*", lines[2]
    )
    explanation = run("explain", hit["id"], "snowballing", "labels", "--format", "json").page
    assert list(explanation) == (
        "id title parsed diagnostics relaxed score words lacks fails".split()
    )
    assert explanation["score"] == pytest.approx(hit["score"])
    missing = run("explain", hit["id"], "--all", "snowballing", "zzqa", "--year", "1901")
    assert (missing.code, missing.out.splitlines()) == (
        1,
        [hit["title"], "does not match", "lacks: zzqa", "fails: year 1901"],
    )
    unknown = run("explain", "no-such-id", "noise")
    assert (unknown.code, unknown.out) == (1, "")
    assert "'no-such-id'" in unknown.err


def test_similar(run: Run) -> None:
    (hit,) = hits(run("search", "title:snowballing", "--format", "jsonl"))
    result = run("similar", hit["id"], "--limit", "3")
    assert (result.code, result.err) == (0, "")
    assert hit["id"] not in result.out
    assert result.out.splitlines()[-1].startswith("3 similar papers in ")
    page = run("similar", hit["id"], "--limit", "3", "--format", "json").page
    keys = [key for key in PAGE_KEYS if key not in ("echo", "total", "facets")]
    # Words near each other do not count: their order in the papers given says nothing.
    assert list(page) == [*keys[:5], "ranking", *keys[5:]]
    for similar in page["hits"]:
        assert list(similar) == [*HIT_KEYS[:-1], "shared", "snippets"]
        assert f"    shares {similar['shared'][0]}, " in result.out
        assert len(similar["shared"]) == len(set(similar["shared"]))
    lines = hits(run("similar", hit["id"], "--limit", "3", "--format", "jsonl"))
    assert lines == page["hits"]
    narrowed = run("similar", hit["id"], "--author", "Bo Han", "--explain", "--format", "json").page
    assert all("Bo Han" in similar["authors"] for similar in narrowed["hits"])
    assert {part["label"] for part in narrowed["hits"][0]["explanation"]} == set(
        narrowed["hits"][0]["shared"]
    )


def test_similar_to_several_papers_or_to_none(run: Run) -> None:
    known = [hit["id"] for hit in hits(run("search", "label noise", "--format", "jsonl"))]
    found = [hit["id"] for hit in hits(run("similar", *known, "--format", "jsonl"))]
    assert len(found) == 10
    assert not set(found) & set(known)
    unknown = run("similar", known[0], "no-such", "nor-this")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no paper has the ids 'no-such', 'nor-this'" in unknown.err
    mixed = run("similar", known[0], "-")
    assert (mixed.code, mixed.out) == (2, "")
    assert "standard input" in mixed.err


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (b"We learn from noisy labels, for labels are never clean.\n", 0, "note: only the first"),
        (b"Les \xe9tiquettes: noisy labels", 0, ""),
        (b"zzqa qqzz", 1, "is like that"),
        (b"\n", 2, "like is"),
        (None, 2, "nothing comes on standard input"),
    ],
)
def test_similar_to_a_text_on_standard_input(
    run: Run, monkeypatch: pytest.MonkeyPatch, given: bytes | None, code: int, said: str
) -> None:
    content = (given or b"") * (5_000 if "first" in said else 1)
    stream = None if given is None else io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr("sys.stdin", stream)
    result = run("similar", "-", "--limit", "1")
    assert result.code == code
    assert said in result.err
    assert ("shares noisy, labels" in result.out or "labels, noisy" in result.out) is (code == 0)


@pytest.mark.parametrize(("browser", "note"), [("true", ""), ("no-such-program", "BROWSER")])
def test_open(bare: Run, user: pytest.MonkeyPatch, tmp_path: Path, browser: str, note: str) -> None:
    opened = tmp_path / "opened"
    if browser == "true":
        script = tmp_path / "browser"
        script.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
        script.chmod(0o755)
        browser = str(script)
    record = {"title": "Slow Rivers", "doi": "10.5555/a<b"}
    file = write_jsonl(tmp_path / "papers.jsonl", record, {"title": "Deep Seas", "id": "x1"})
    searcher.build(tmp_path / "papers.index", [file])
    home: dict[str, Any] = {"home": tmp_path, "SEARCHER_INDEX": str(tmp_path / "papers.index")}
    # Without a display there is no other browser.
    home |= {"BROWSER": browser, "PATH": "/nowhere", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    result = process("open", "10.5555/a<b", **home)
    assert (result.code, result.out) == (0, "https://doi.org/10.5555/a%3Cb\n")
    assert note in result.err
    assert opened.exists() is not bool(note)
    if not note:
        assert opened.read_text() == result.out.strip()
    user.setenv("SEARCHER_INDEX", home["SEARCHER_INDEX"])
    result = bare("open", "x1")
    assert (result.code, result.out) == (1, "")
    assert "x1" in result.err
    assert bare("open", "x2").code == 1


def test_stats(run: Run) -> None:
    result = run("stats")
    assert (result.code, result.err) == (0, "")
    assert re.findall(r"(?m)^\w+$", result.out) == ["category", "year"]
    for code, count in (("LG", 73), ("CV", 43), ("CL", 10), ("CR", 10), ("DC", 7)):
        assert re.search(rf"(?m)^  {code} .*█ {count}$", result.out)
    for year, count in ((2026, 17), (2025, 22), (2024, 26), (2023, 29), (2022, 31)):
        assert re.search(rf"(?m)^  {year} +█+ {count}$", result.out)
    assert result.out.endswith(f"\n159 papers in {os.environ['SEARCHER_INDEX']}\n")


# Colour and terminals


@pytest.mark.parametrize(
    "verb", [["search", "noise", "--limit", "20"], ["facets", "noise"], ["stats"]]
)
@pytest.mark.parametrize(
    ("option", "no_color", "coloured"),
    [
        ([], "", False),
        (["--color", "auto"], "", False),
        (["--color", "never"], "", False),
        (["--color", "always"], "", True),
        (["--color", "always"], "1", True),
    ],
)
def test_colour_into_a_pipe(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    verb: list[str],
    option: list[str],
    no_color: str,
    coloured: bool,
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    plain = run(*verb)
    result = run(*verb, *option)
    assert (ESCAPE in result.out) is coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", result.out) == plain.out


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_data_is_never_coloured(run: Run, form: str) -> None:
    assert ESCAPE not in run("search", "noise", "--format", form, "--color", "always").out


def test_marked_words_are_coloured(run: Run) -> None:
    out = run("search", "label noise", "--color", "always", "--limit", "5").out
    assert "\x1b[1;31mLabel-Noise\x1b[0m" in out
    assert "\x1b[1;31mlabels\x1b[0m" in out


@pytest.mark.parametrize(
    ("option", "variables", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": ""}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "always"], {"TERM": "dumb"}, True),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_on_a_terminal(
    on_screen: Screen,
    seeds_index: Path,
    option: list[str],
    variables: dict[str, str],
    coloured: bool,
) -> None:
    code, shown = on_screen("search", "noise", *option, "--index", seeds_index, **variables)
    assert code == 0
    assert (ESCAPE in shown) is coloured


@pytest.mark.parametrize(
    ("variables", "is_link"),
    [
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm", "TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm"}, False),
        ({"TERM": "xterm", "VTE_VERSION": "4200"}, False),
        ({"TERM": "tmux-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM": "dumb", "VTE_VERSION": "7600"}, False),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, False),
    ],
)
def test_titles_are_links_where_the_terminal_shows_them(
    bare: Run,
    on_screen: Screen,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    is_link: bool,
) -> None:
    file = write_jsonl(tmp_path / "papers.jsonl", {"title": "Slow Rivers", "doi": "10.5555/1"})
    searcher.build(tmp_path / "papers.index", [file])
    place = {"SEARCHER_INDEX": str(tmp_path / "papers.index"), "TMUX": ""}
    known = ("VTE_VERSION", "TERM_PROGRAM", "WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID")
    place |= dict.fromkeys(known, "")
    for arguments in (["search", "rivers"], ["show", "10.5555/1"]):
        _, shown = on_screen(*arguments, **place | variables)
        assert ("\x1b]8;;https://doi.org/10.5555/1\x1b\\" in shown) is is_link
    for name, value in (place | variables).items():
        monkeypatch.setenv(name, value)
    assert "\x1b]8" not in bare("search", "rivers").out


def test_a_process_of_its_own_shows_the_same_on_a_terminal(
    on_screen: Screen, seeds_index: Path, tmp_path: Path
) -> None:
    arguments = ("search", "noise", "--index", seeds_index)
    shown = on_terminal(*arguments, home=tmp_path)
    assert ESCAPE in shown[1]
    assert shown == on_screen(*arguments)


def test_snippets_are_wrapped_on_a_terminal(
    bare: Run, on_screen: Screen, seeds_index: Path
) -> None:
    arguments = ("search", "noise", "--index", seeds_index, "--color", "never", "--limit", "3")
    _, shown = on_screen(*arguments, COLUMNS="50")
    piped = bare(*arguments).out
    assert shown != piped
    shown = shown.replace(" \\\n", "")  # where a command is continued
    assert "".join(shown.replace("·", "").split()) == "".join(piped.replace("·", "").split())
    page = bare(*arguments, "--format", "json").page
    for hit in page["hits"]:
        words = re.sub("</?mark>", "", hit["snippets"]["abstract"]).split()
        lines = [line for line in shown.splitlines() if line.startswith(f"    {words[0]} ")]
        assert lines
    own = (*arguments[:2], *arguments[4:])
    _, shown = on_screen(*own, SEARCHER_INDEX=str(seeds_index), COLUMNS="50")
    assert all(len(line) <= 50 for line in shown.splitlines())


def test_notes_are_wrapped_on_a_terminal(on_screen: Screen, seeds_index: Path) -> None:
    asked = ("search", "noise 'label' nosuchword", "--year", "1990..1991", "--author", "Bo Han")
    place = {"SEARCHER_INDEX": str(seeds_index)}
    _, wide = on_screen(*asked, COLUMNS="300", **place)
    _, shown = on_screen(*asked, COLUMNS="40", **place)
    assert shown.split() == wide.split()
    for line in shown.splitlines():
        assert len(line) <= 40 or str(seeds_index) in line or line.startswith("searcher search ")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (50, 24), (200, 50), (20, 5)])
def test_the_answer_fits_the_terminal(
    on_screen: Screen, seeds_index: Path, columns: int, rows: int
) -> None:
    _, shown = on_screen(
        *("search", "learning", "--color", "never"),
        COLUMNS=str(columns),
        LINES=str(rows),
        SEARCHER_INDEX=str(seeds_index),
    )
    lines = shown.splitlines()
    assert lines[0].startswith("  1 ")
    taken = sum(-(-len(line) // columns) for line in lines if line) + lines.count("")
    hit_count = sum(bool(re.match(r" {1,2}\d+ ", line)) for line in lines)
    assert taken <= rows - 2 or hit_count == 1
    following = f"searcher search learning --color never --limit {hit_count} --page 2"
    # What the shell does with a \\ at the end of a line, and Python's shlex does not.
    command = shown.rpartition("next: ")[2].replace("\\\n", "")
    assert shlex.split(command) == following.split()
    assert hit_count > 3 or columns < 200


@pytest.mark.parametrize("options", [["--limit", "7"], ["--page", "1", "--limit", "7"]])
def test_who_says_how_many_hits_gets_them_on_a_terminal_too(
    on_screen: Screen, seeds_index: Path, options: list[str]
) -> None:
    asked = ("search", "learning", "--color", "never", *options)
    _, shown = on_screen(*asked, "--index", seeds_index)
    assert len(re.findall(r"(?m)^ {1,2}\d+ \S", shown)) == 7


HOSTILE = [
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;owned\x07",
    "\x9b31m",
    "bell\x07 back\x08space",
    "\x7f delete",
    "\u202egnirts desrever\u202c",
    "\u2066isolated\u2069",
    "\u200fmarked\u200e",
    "\u061carabic mark",
    "line\u2028and\u2029paragraph",
    "over\rwritten",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_text_steers_the_terminal(bare: Run, tmp_path: Path, text: str) -> None:
    record = {
        "id": f"rivers-{text}",
        "title": f"Rivers {text}",
        "abstract": f"Rivers {text} run. They {text} run on.",
        "authors": [f"Ann {text}", "Sam Roe"],
        "owners": [f"Ann {text}"],
        "category": f"LG{text}",
        "institutions": [f"Inst {text}"],
        "year": 2020,
        "venue\x1b[7m": "none",
    }
    own = tmp_path / f"own{text}.index"
    built = bare("index", write_jsonl(tmp_path / f"seed{text}.jsonl", record), "--index", own)
    assert built.code == 0
    assert "key 'venue" in built.err
    identity = hits(bare("search", "rivers", "--index", own, "--format", "jsonl"))[0]["id"]
    facets = [
        word for facet in ("author", "institution", "category") for word in ("--facet", facet)
    ]
    shown = [
        built,
        bare("search", "rivers", "--index", own, "--explain", *facets),
        bare("search", f"{text} rivers", "--index", own, "--any"),
        bare("search", f"nofield:{text}", "--index", own),
        bare("search", "rivers", "--author", text, "--index", own),
        bare("search", "rivers", "--category", text, "--index", own),
        bare("search", "rivers", "--year", text, "--index", own),
        bare("facets", "rivers", "--index", own, *facets),
        bare("show", identity, "--index", own),
        bare("show", f"no {text}", "--index", own),
        bare("stats", "--index", own),
        bare("index", tmp_path / f"gone{text}", "--index", own),
        bare("index", tmp_path / f"gone{text}", "--index", own, "--strict"),
        bare("search", "rivers", "--index", tmp_path / f"none{text}"),
    ]
    for result in shown:
        assert not STEERING.search(result.out), ascii(result.out)
        assert not STEERING.search(result.err), ascii(result.err)
    assert "Rivers" in shown[1].out
    assert "Rivers" in shown[8].out


# Export


def test_export_writes_all_matches_best_first(run: Run) -> None:
    every = run("export", "*", "--format", "jsonl")
    assert (every.code, every.err) == (0, "")
    assert len(every.out.splitlines()) == 159
    found = run("export", "label", "noise", "--year", "2022..", "--format", "jsonl")
    asked = ("label", "noise", "--all", "--year", "2022..", "--limit", "99")
    page = run("search", *asked, "--format", "jsonl")
    ids = [hit["id"] for hit in hits(page)]
    assert [paper["id"] for paper in hits(found)] == ids
    assert len(ids) > 2
    bibtex = run("export", "label", "noise", "--year", "2022..", "--format", "bibtex").out
    assert len(re.findall("^@", bibtex, re.MULTILINE)) == len(ids)
    titles = run(
        "export", "label", "noise", "--year", "2022..", "--format", "csv", "--fields", "id"
    )
    assert titles.out.splitlines() == ["id", *ids]


def test_export_of_nothing(run: Run) -> None:
    result = run("export", "qwertyuiop", "--format", "csl-json")
    assert (result.code, result.out) == (1, "")
    assert "no paper matches" in result.err


def test_export_says_what_was_not_taken_as_written(run: Run) -> None:
    result = run("export", "athor:han", "noise", "--any", "--format", "ris")
    assert (result.code, result.out[:6]) == (0, "TY  - ")
    assert "note: there is no field 'athor'" in result.err
    assert run("export", "athor:han", "noise", "--strict", "--format", "ris").code == 2


@pytest.mark.parametrize(
    ("form", "start"), [("bibtex", "@misc{"), ("ris", "TY  - "), ("csl-json", "[\n{")]
)
def test_a_page_in_a_format_of_reference_managers(run: Run, form: str, start: str) -> None:
    page = run("search", "label", "noise", "--format", form, "--limit", "2")
    every = run("export", "label", "noise", "--format", form)
    assert page.out.startswith(start)
    assert every.out.startswith(page.out.removesuffix("\n]\n"))


def test_an_export_is_utf_8_whatever_the_stream(tmp_path: Path) -> None:
    file = write_jsonl(tmp_path / "papers.jsonl", {"title": "Größe", "authors": ["Ann Ő"]})
    searcher.build(tmp_path / "papers.index", [file])
    variables = {"PYTHONIOENCODING": "ascii", "SEARCHER_INDEX": str(tmp_path / "papers.index")}
    result = process("export", "*", "--format", "bibtex", home=tmp_path, **variables)
    assert "title = {Größe}" in result.out
    assert "author = {Ő, Ann}" in result.out
    assert "\r" not in result.out


# Pipes and streams

TALKING = [
    ["search", "*", "--limit", "999"],
    ["search", "*", "--limit", "999", "--format", "json"],
    ["search", "*", "--limit", "999", "--format", "jsonl"],
    ["search", "*", "--limit", "999", "--format", "csv"],
    ["search", "noise", "--limit", "1"],
    ["facets", "*", "--facet", "author"],
    ["stats"],
    ["index", str(SEEDS)],
    ["--help"],
    ["search", "--help"],
    ["export", "*", "--format", "bibtex"],
]


@pytest.mark.parametrize("arguments", TALKING, ids=" ".join)
def test_a_pipe_closed_from_the_start_is_no_error(
    seeds_index: Path, tmp_path: Path, arguments: list[str]
) -> None:
    place = tmp_path / "own" if arguments[0] == "index" else seeds_index
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = process_onto(writing, *arguments, home=tmp_path, SEARCHER_INDEX=str(place))
    finally:
        os.close(writing)
    assert result.code == 0
    assert not re.search("(?i)error|exception|broken|defect", result.err)


@pytest.mark.parametrize(
    "command",
    [
        *[["search", "*", "--limit", "999", "--format", form] for form in ("text", "json", "csv")],
        *[["export", "*", "--format", form] for form in ("bibtex", "ris", "csl-json", "jsonl")],
    ],
    ids=" ".join,
)
def test_a_reader_that_takes_one_line_is_no_error(
    seeds_index: Path, tmp_path: Path, command: list[str]
) -> None:
    command = [*command, "--index", str(seeds_index)]
    with subprocess.Popen(
        [sys.executable, "-m", "searcher", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 0


# A verb of an index of two papers, how it ends, and the papers that are left.
UNREAD = {
    "prune": (["index", "one.jsonl", "--prune"], 0, ["ferry"]),
    "a problem": (["index", "torn.jsonl"], 2, ["ferry", "river", "tide"]),
    "nothing to remove": (["remove", "orchard"], 1, ["ferry", "river"]),
    "nothing found": (["search", "orchard"], 1, ["ferry", "river"]),
    "damage": (["check", "--index", "damaged"], 1, ["ferry", "river"]),
    "a repair": (["check", "--repair", "--index", "damaged"], 0, ["ferry", "river"]),
    "a wrong option": (["search", "ferry", "--limit", "many"], 2, ["ferry", "river"]),
}


@pytest.mark.parametrize(("arguments", "code", "left"), UNREAD.values(), ids=UNREAD)
def test_who_reads_the_output_changes_neither_what_is_done_nor_the_exit_code(
    tmp_path: Path, arguments: list[str], code: int, left: list[str]
) -> None:
    one, both = {"id": "ferry", "title": "Ferry"}, {"id": "river", "title": "River"}
    seeds = write_jsonl(tmp_path / "one.jsonl", one, both)
    for name in ("own", "damaged"):
        searcher.build(tmp_path / name, [seeds])
    (documents,) = (tmp_path / "damaged").glob("*.documents")
    documents.write_bytes(b"torn")
    if "--prune" in arguments:
        write_jsonl(seeds, one)
    (tmp_path / "torn.jsonl").write_text('{"id": "tide", "title": "Tide"}\n{"torn', "utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "searcher", *arguments],
        stdout=writing,
        stderr=writing,
        env=environment(tmp_path, SEARCHER_INDEX="own"),
        cwd=tmp_path,
        check=False,
    )
    os.close(writing)
    assert ended.returncode == code
    with searcher.open(tmp_path / "own") as papers:
        assert sorted(paper.id for paper in papers.all()) == left
    if "--repair" in arguments:
        assert searcher.check(tmp_path / "damaged").is_sound


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error_but_no_defect(seeds_index: Path, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = process_onto(
            full.fileno(), "search", "noise", "--index", seeds_index, home=tmp_path
        )
    assert result.code == 2
    assert "No space left" in result.err
    assert "defect" not in result.err


@pytest.mark.parametrize("closed", ["1", "2"])
@pytest.mark.parametrize("verb", [["search", "noise"], ["index", str(SEEDS)]])
def test_a_stream_that_is_not_open(tmp_path: Path, verb: list[str], closed: str) -> None:
    searcher.build(tmp_path / "own", [SEEDS])
    command = [sys.executable, "-m", "searcher", *verb, "--index", str(tmp_path / "own")]
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}>&-', "sh", *command],
        capture_output=True,
        env=environment(tmp_path),
        check=False,
    )
    assert b"defect" not in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert ended.returncode == 0


def test_a_terminal_without_unicode_shows_stand_ins(seeds_index: Path, tmp_path: Path) -> None:
    result = process("stats", "--index", seeds_index, home=tmp_path, PYTHONIOENCODING="latin-1")
    assert (result.code, result.err) == (0, "")
    assert re.search(r"(?m)^  LG .*\?{30} 73$", result.out)


def test_json_is_unicode_whatever_the_terminal_shows(tmp_path: Path) -> None:
    record = {"id": "m1", "title": "Wisła", "authors": ["Łukasz Žák"]}
    searcher.build(tmp_path / "own", [write_jsonl(tmp_path / "one.jsonl", record)])
    command = ["search", "*", "--index", str(tmp_path / "own"), "--format", "json"]
    for encoding in ("utf-8", "ascii", "latin-1"):
        ended = subprocess.run(
            [sys.executable, "-m", "searcher", *command],
            capture_output=True,
            env=environment(tmp_path, PYTHONIOENCODING=encoding),
            check=True,
        )
        (hit,) = json.loads(ended.stdout)["hits"]
        assert (hit["title"], hit["authors"]) == ("Wisła", ["Łukasz Žák"]), encoding


def test_bytes_that_are_not_utf8_are_an_argument_like_others(
    seeds_index: Path, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable.encode(), b"-m", b"searcher", b"search", b"noise \xff\xfe"],
        capture_output=True,
        env=environment(tmp_path, SEARCHER_INDEX=str(seeds_index)),
        check=False,
    )
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert b"12 papers" in ended.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_csv_is_utf8_whatever_the_terminal_shows(tmp_path: Path, encoding: str) -> None:
    record = {"id": "m1", "title": "Wisła", "authors": ["Łukasz Žák"], "year": 2020}
    searcher.build(tmp_path / "own", [write_jsonl(tmp_path / "one.jsonl", record)])
    for verb in (["search", "*"], ["facets", "--facet", "author"]):
        command = [*verb, "--index", str(tmp_path / "own"), "--format", "csv"]
        ended = subprocess.run(
            [sys.executable, "-m", "searcher", *command],
            capture_output=True,
            env=environment(tmp_path, PYTHONIOENCODING=encoding),
            check=True,
        )
        assert "Łukasz Žák" in ended.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("verb", "name", "choices"),
    [
        ("search", "sort", get_args(Sort)),
        ("export", "sort", get_args(Sort)),
        ("search", "facets", tuple(FACETS)),
        ("facets", "facets", tuple(FACETS)),
    ],
)
def test_the_choices_are_those_of_the_library(
    verb: str, name: str, choices: tuple[str, ...]
) -> None:
    (option,) = [one for one in _verb(verb).params if one.name == name]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == choices


# Words that begin with -


@pytest.mark.parametrize("words", [["-noise", "label"], ["-deep"]])
@pytest.mark.parametrize("verb", ["search", "facets"])
def test_a_query_that_begins_with_a_dash_is_told_how(verb: str, words: list[str], run: Run) -> None:
    done = run(verb, *words)
    assert done.code == 2
    assert f"No such option: {words[0]}. A query that begins with - goes after --" in done.err
    assert run(verb, "--", *words).code == 0


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (["learning", "-bert"], "learning -bert"),
        (["learning", "-hash"], "learning -hash"),
        (["learning", "--year", "2023", "-noise", "label"], "learning -noise label"),
        (["learning", "-noise", "--any", "--", "-label"], "learning -noise -label"),
        (["learning", "-title:noise"], "learning -title:noise"),
        (["learning", "-", "noise"], "learning - noise"),
        (["learning", "-1"], "learning -1"),
    ],
)
def test_a_later_word_that_begins_with_a_dash_is_excluded(
    run: Run, arguments: list[str], query: str
) -> None:
    result = run("search", "--format", "json", *arguments)
    assert result.code == 0
    assert result.page["query"] == query


@pytest.mark.parametrize("word", ["-limit", "-year=2023", "-any", "-format"])
def test_a_word_that_may_be_an_option_is_told_how_to_write_it(run: Run, word: str) -> None:
    result = run("search", "noise", word)
    assert (result.code, result.out) == (2, "")
    assert f"{word} is either the option -{word} or a word of the query" in result.err
    assert f"-- {word}" in result.err


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("--language", "lang"),
        ("--keyword", "kw"),
        ("--title", "title"),
        ("--inst", "inst"),
    ],
)
def test_a_field_that_is_no_option_is_told_to_stand_in_the_query(
    run: Run, option: str, field: str
) -> None:
    for verb in (["search"], ["facets"], ["export", "--format", "ris"]):
        done = run(*verb, "noise", option, "moss")
        assert (done.code, done.out) == (2, "")
        assert f"No such option: {option}. It is a field of the query, as in: " in done.err
        assert f"{verb[0]} … {field}:…" in done.err
    assert "--category" in run("search", "noise", "--categori", "LG").err


def test_a_usual_facet_without_values_is_left_out(bare: Run, tmp_path: Path) -> None:
    (tmp_path / "sea.jsonl").write_text('{"title": "Tides of the sea", "year": 2019}\n')
    own = ("--index", tmp_path / "index")
    bare("index", tmp_path / "sea.jsonl", *own)
    assert "\nyear  2019 1\n" in bare("search", "tides", *own).out
    assert "category" not in bare("search", "tides", *own).out
    assert "category  none\n" in bare("search", "tides", "--facet", "category", *own).out


def test_the_list_of_verbs_says_each_in_full(run: Run) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]


def test_help_stands_anywhere(run: Run) -> None:
    assert run("search", "noise", "-h").out == run("search", "--help").out
