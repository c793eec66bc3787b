"""Configuration files: what they may say, what is refused, what beats what, and who reads them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import searcher
from index.fields import FIELD_WEIGHTS
from searcher import BadRequestError, Config, ConfigError, Ranking, read_config
from searcher.cli.main import main
from searcher.config import MOST_BYTES, VARIABLE, default_file
from searcher.request import DEFAULT_RANKING
from searcher.toml_file import as_toml
from tests.conftest import ROOT, write_jsonl

# What is read


def ranking(k1: float = 1.2, weights: Any = (), b: Any = ()) -> Ranking:
    """Return the usual ranking with some other numbers."""
    usual = DEFAULT_RANKING.to_dict()
    return Ranking(
        weights={**usual["weights"], **dict(weights)},  # type: ignore[arg-type]
        k1=k1,
        b={**usual["b"], **dict(b)},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("text", "indexes", "wanted"),
    [
        ("", (), None),
        ("\ufeff# nothing but a comment\n\n", (), None),
        ("[ranking]\n[ranking.weights]\n", (), None),
        ("ranking.b = {}\nindex = []", (), None),
        ('index = "mine.index"', ("HERE/mine.index",), None),
        ("index = ['../one', \"/two\", '~/three']", ("HERE/../one", "/two", "HOME/three"), None),
        ("[ranking]\nk1 = 2", (), ranking(2.0)),
        ("[ranking]\nk1 = 1.2", (), DEFAULT_RANKING),
        ("[ranking.weights]\ntitle = 5\r\n", (), ranking(weights={"title": 5.0})),
        ("[ranking]\nweights = { title = 5, authors = 0 }\nb.abstract = 1\n", (),
         ranking(weights={"title": 5.0, "authors": 0.0}, b={"abstract": 1.0})),
        ('ranking."k1" = 1e-3\nranking.b.title = 0', (), ranking(0.001, b={"title": 0.0})),
    ],
)  # fmt: skip
def test_what_a_file_may_say(
    tmp_path: Path, text: str, indexes: tuple[str, ...], wanted: Ranking | None
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode())
    read = read_config(file)
    home = os.path.expanduser("~")
    places = [one.replace("HERE", str(tmp_path)).replace("HOME", home) for one in indexes]
    assert (read.file, read.indexes, read.ranking) == (str(file), tuple(places), wanted)


ALL_KEYS = ", ".join(["index", *(f"ranking.{name}" for name in DEFAULT_RANKING.settings())])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\nindx = 'x'", ":3: there is no key 'indx'; did you mean index? the keys are index, r"),
        ("# mine\ncolour = 1", f":2: there is no key 'colour'; the keys are {ALL_KEYS}"),
        ("k1 = 2", ":1: there is no key 'k1'; did you mean ranking.k1? "),
        ("title = 2", ":1: there is no key 'title'; did you mean ranking.weights.title? "),
        ("[rankings]\nk1 = 2", ":2: there is no key 'rankings.k1'; did you mean ranking.k1? "),
        ("[ranking]\n\nk1.x = 2", ":3: there is no key 'ranking.k1.x'; did you mean ranking.k1? "),
        ("[ranking.weights]\n\nkw = 1", ":3: there is no key 'ranking.weights.kw'; did you mean r"),
        ('"ranking.k1" = 1', ":1: there is no key '\"ranking.k1\"'; did you mean ranking.k1? "),
        ("'no\nkey' = 1", ":1:4: this is no TOML: "),
        ('"no\\nkey" = 1', ":1: there is no key '\"no\\\\U0000000akey\"'; the keys are "),
        ("index = 5", ":1: index is 5; it must be the path of a folder, or a list of paths"),
        ("index = ''", ":1: index is ''; it must be the path of a folder"),
        ("index = [\n'x',\n3]", ":1: index is ['x', 3]; it must be the path of a folder"),
        ('index = "a\\u0000b"', ":1: index is 'a\\x00b'; it must be the path of a folder"),
        ("ranking = 1", ":1: ranking is 1; it must be a table, [ranking]"),
        ("[ranking]\nb = [1]", ":2: ranking.b is [1]; it must be a table, [ranking.b]"),
        ("[ranking]\nk1 = '2'", ":2: in [ranking], k1 is '2'; it must be a number above 0, at"),
        ("[ranking]\nk1 = true", ":2: in [ranking], k1 is True; it must be a number above 0"),
        ("[ranking]\nk1 = nan", ":2: in [ranking], k1 is nan; it must be a number above 0"),
        ("[ranking]\nk1 = {}", ":2: in [ranking], k1 is {}; it must be a number above 0"),
        ("[ranking]\nb = {title = 1, abstract = 1.5}", ":2: in [ranking], b 'abstract'=1.5: b is "
         "of title, authors, abstract, each from 0 to 1"),
        ("[ranking]\nweights.title = -1", ":2: in [ranking], weights 'title'=-1: weights is of "),
        (f"ranking.weights.title = 1{'0' * 400}", ":1: in [ranking], weights 'title'=1000"),
        ("[ranking]\nweights = {title = 0, authors = 0, abstract = 0}",
         ": every field weighs 0; a word would find nothing"),
        ("[ranking\nk1 = 2", ":1:9: this is no TOML: Expected ']' at the end of a table"),
        ("[ranking]\nk1 = 1\nk1 = 2", ":3:7: this is no TOML: Cannot overwrite a value"),
        ("\nindex = ['x',\n", ":3:1: this is no TOML: "),
        ("index = 'x", ":1:11: this is no TOML: "),
        ("k1 = 2020-13-45", ":1:10: this is no TOML: "),
        ("#" * (MOST_BYTES + 1), ": more than 16,384 bytes; this is no configuration file"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_config(file)
    assert str(raised.value).startswith(f"{file}{said}")


@pytest.mark.parametrize("text", [f"index = {'[' * 9_000}", f"{'a.' * 6_000}b = 1"])
def test_what_is_nested_too_deep_is_no_toml(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.toml.*: (this is no TOML: |there is no key)"):
        read_config(tmp_path / "config.toml")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"# \n\n# caf\xe9\n")
    for name, said in (
        ("none", ": there is no such file; check what --config or SEARCHER_CONFIG names"),
        ("", ": cannot be read ("),
        ("latin", ":3: not UTF-8; save the file as UTF-8"),
    ):
        with pytest.raises(ConfigError) as raised:
            read_config(tmp_path / name)
        assert str(raised.value).startswith(f"{tmp_path / name if name else tmp_path}{said}")
    for odd in (5, "", "a\0b", ["x"]):
        with pytest.raises(BadRequestError, match=r"^file is .*; it must be the path of a file"):
            read_config(odd)  # type: ignore[arg-type]


@given(content=st.binary(max_size=60) | st.text("[]{}=.,'\"\\\n #k1ranindex", max_size=60).map(
    str.encode))  # fmt: skip
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with suppress(ConfigError):
        assert read_config(file).file == str(file)


# Which file is read


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home of a user who has no configuration yet."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.delenv("SEARCHER_INDEX", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_the_user_s_own_file_need_not_be_there() -> None:
    assert read_config() == Config()
    own = Path(default_file())
    own.parent.mkdir(parents=True)
    own.write_text("[ranking]\nk1 = 3\n")
    assert read_config().ranking == ranking(3.0)


def test_a_file_that_the_environment_names_must_be_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(home / "none"))
    with pytest.raises(ConfigError, match="there is no such file"):
        read_config()
    monkeypatch.setenv(VARIABLE, "")
    assert read_config() == Config()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("base", [None, "", " ", "/somewhere", "/some where/"])
def test_the_default_place_is_that_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, base: str | None
) -> None:
    from platformdirs import user_config_path

    monkeypatch.delenv("XDG_CONFIG_HOME")
    if base is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", base)
    assert Path(default_file()) == user_config_path("searcher", appauthor=False) / "config.toml"


# What is written is read back

RANKINGS = st.builds(
    ranking,
    st.floats(1e-9, 1e6),
    st.dictionaries(st.sampled_from(list(FIELD_WEIGHTS)), st.floats(1e-9, 1e6)),
    st.dictionaries(st.sampled_from(list(FIELD_WEIGHTS)), st.floats(0, 1)),
)
PATHS = st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text), max_size=3).filter(
    lambda paths: not any("\ud800" <= sign <= "\udfff" for path in paths for sign in path)
)


def toml_of(indexes: list[str], one: Ranking) -> list[tuple[str, str]]:
    settings = {f"ranking.{name}": number for name, number in one.settings().items()}
    return list(as_toml({"index": indexes, **settings}))


@given(one=RANKINGS, paths=PATHS)
def test_what_is_written_is_read_back(tmp_path: Path, one: Ranking, paths: list[str]) -> None:
    file = tmp_path / "config.toml"
    indexes = [os.path.join(os.sep, path) for path in paths]
    file.write_text("\n".join(line for _, line in toml_of(indexes, one)), encoding="utf-8")
    read = read_config(file)
    assert read.ranking is not None
    assert (read.ranking.to_dict(), list(read.indexes)) == (one.to_dict(), indexes)


@given(data=st.data())
def test_the_line_of_a_key_is_the_one_it_stands_in(tmp_path: Path, data: st.DataObject) -> None:
    between = st.lists(st.sampled_from(["", "# k1 = 3", "  # [ranking]"]), max_size=3)
    written, lines = {}, []
    for key, line in toml_of(["a\nb", "c"], DEFAULT_RANKING):
        lines += data.draw(between)
        if key and data.draw(st.booleans()):
            written[key] = len(lines) + 1
            lines += line.replace("[", "[\n\n# b\n").split("\n") if key == "index" else [line]
        elif not key:
            lines.append(line)
    file = tmp_path / "config.toml"
    file.write_text("\n".join(lines))
    read = read_config(file)
    keys = ["index", *(f"ranking.{name}" for name in DEFAULT_RANKING.settings())]
    assert {key: read.line(key) for key in keys if read.line(key)} == written


# The command line

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line of a user who has two small indexes, and no configuration yet."""
    moss = {"id": "moss", "title": "Moss on walls", "abstract": "Stone."}
    wall = {"id": "wall", "title": "Walls", "abstract": "Stones with moss."}
    searcher.build(home / "mine", [write_jsonl(home / "mine.jsonl", moss, wall)])
    searcher.build(home / "other", papers=[{"id": "fern", "title": "Fern"}])

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["searcher", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return (ended.value.code, *capsys.readouterr())

    return run


def in_force(run: Run, *options: object) -> dict[str, tuple[Any, str, int | None]]:
    code, out, err = run("config", "--format", "json", *options)
    assert (code, err) == (0, "")
    return {
        one["key"]: (one["value"], one["source"], one["line"])
        for one in json.loads(out)["settings"]
    }


def test_an_option_beats_the_environment_which_beats_the_file_which_beats_the_default(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_force(run)["index"][1:] == ("default", None)
    own = Path(default_file())
    own.parent.mkdir(parents=True)
    own.write_text("\nindex = 'file.index'\n")
    assert in_force(run)["index"] == ([str(own.parent / "file.index")], "file", 2)
    monkeypatch.setenv("SEARCHER_INDEX", str(home / "variable"))
    assert in_force(run)["index"] == ([str(home / "variable")], "environment", None)
    typed = in_force(run, "--index", home / "typed", "--index", home / "more")
    assert typed["index"] == ([str(home / "typed"), str(home / "more")], "option", None)


def test_a_named_file_is_read_instead_of_the_others(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(default_file())
    own.parent.mkdir(parents=True)
    for number, file in enumerate((own, home / "variable", home / "typed"), 2):
        file.write_text(f"[ranking]\nk1 = {number}\n")
    assert in_force(run)["ranking.k1"] == (2.0, "file", 2)
    monkeypatch.setenv(VARIABLE, str(home / "variable"))
    assert in_force(run)["ranking.k1"] == (3.0, "file", 2)
    assert in_force(run, "--config", home / "typed")["ranking.k1"] == (4.0, "file", 2)
    assert in_force(run, "--config", os.devnull)["ranking.k1"] == (1.2, "default", None)
    for options in (["config"], ["search", "moss"], ["index", home / "mine.jsonl"], ["check"]):
        code, out, err = run(*options, "--index", home / "mine", "--config", home / "none")
        assert (code, out) == (2, "")
        assert err.startswith(f"searcher: {home / 'none'}: there is no such file; check what")


def test_the_configuration_is_shown_as_a_file_that_says_the_same(run: Run, home: Path) -> None:
    file = home / "own.toml"
    file.write_text("index = ['mine', 'o \"k\" é']\n[ranking]\nweights.title = 5\n")
    code, out, err = run("config", "--config", file)
    assert (code, err) == (0, "")
    shown = dict(line.split(" # ") for line in out.splitlines() if " # " in line)
    assert out.startswith(f"# {file}\nindex = [")
    assert shown.pop("weights.title = 5.0    ") == "line 3"
    assert list(shown.values()) == ["line 1", *["default"] * 7]
    (home / "copy.toml").write_text(out, encoding="utf-8")
    assert read_config(home / "copy.toml")[1:3] == read_config(file)[1:3]
    assert run("config")[1].startswith(f"# no configuration file: {default_file()} is not there\n")


def test_the_verbs_use_the_index_and_the_ranking(run: Run, home: Path) -> None:
    file = home / "own.toml"
    named = ("--config", file)
    file.write_text("index = ['mine', 'other']\n")
    assert run("stats", *named)[1].endswith(f"3 papers in {home}/mine and {home}/other\n")
    assert run("show", "fern", *named)[0] == 0
    file.write_text("index = 'mine'\n")
    usual = run("search", "moss", *named, "--format", "json")[1]
    assert [hit["id"] for hit in json.loads(usual)["hits"]] == ["moss", "wall"]
    assert "ranking" not in json.loads(usual)
    file.write_text("index = 'mine'\n[ranking]\nweights.abstract = 9\n")
    page = json.loads(run("search", "moss", *named, "--format", "json")[1])
    assert [hit["id"] for hit in page["hits"]] == ["wall", "moss"]
    assert page["ranking"] == ranking(weights={"abstract": 9.0}).to_dict()
    assert Ranking(**page["ranking"]) == ranking(weights={"abstract": 9.0})
    exported = run("export", "moss", *named, "--format", "csv", "--fields", "id")[1]
    assert exported.split() == ["id", "wall", "moss"]
    explained = run("explain", "wall", "moss", *named)[1]
    assert "ranked with weights.abstract = 9.0\n" in explained
    assert "ranking" in json.loads(run("explain", "wall", "moss", *named, "--format", "json")[1])
    shown = run("search", "moss", *named, "--explain", "--limit", "1")[1]
    assert "\nranked with weights.abstract = 9.0\n1 of 2 papers in " in shown
    assert shown.splitlines()[-1].startswith("next: searcher search moss --config ")
    assert "ranked with" not in run("search", "moss", *named)[1]
    file.write_text("index = 'mine'\n[ranking]\nnear = 0\n")
    page = json.loads(run("search", "moss", *named, "--format", "json")[1])
    assert page["ranking"] == Ranking(near=0.0).to_dict()


def test_what_writes_uses_the_index_if_it_is_one(run: Run, home: Path) -> None:
    file = home / "own.toml"
    file.write_text("index = 'new'\n")
    write_jsonl(home / "fern.jsonl", {"id": "fern", "title": "Fern"})
    assert run("index", home / "fern.jsonl", "--config", file)[0] == 0
    assert run("check", "--config", file)[0] == 0
    assert run("remove", "fern", "--config", file)[0] == 0
    file.write_text("index = ['new', 'mine']\n")
    for verb in (["index", home / "fern.jsonl"], ["remove", "fern"], ["check"]):
        code, out, err = run(*verb, "--config", file)
        assert (code, out) == (2, "")
        assert f"{file} names {home}/new and {home}/mine: give one index; {verb[0]} works" in err


def test_a_fault_of_the_file_ends_a_search_but_no_help(run: Run, home: Path) -> None:
    (home / "own.toml").write_text("[ranking]\nk1 = 0\n")
    code, out, err = run("search", "moss", "--index", home / "mine", "--config", home / "own.toml")
    assert (code, out) == (2, "")
    assert err.startswith(f"searcher: {home / 'own.toml'}:2: in [ranking], k1 is 0; it must be")
    assert run("search", "--help")[0] == 0


@pytest.mark.usefixtures("run")
def test_python_reads_no_file_unless_it_is_asked_to(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "own.toml").write_text("[ranking]\nweights.abstract = 9\n")
    monkeypatch.setenv(VARIABLE, str(home / "own.toml"))
    with searcher.open(home / "mine") as papers:
        assert [hit.id for hit in papers.search("moss")] == ["moss", "wall"]
    with searcher.open(home / "mine", ranking=read_config().ranking) as papers:
        assert [hit.id for hit in papers.search("moss")] == ["wall", "moss"]


@pytest.mark.usefixtures("run")
def test_a_search_loads_nothing_for_a_file_that_is_not_there(home: Path) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['searcher', 'search', 'moss', '--index', {str(home / 'mine')!r}]\n"
        "from searcher.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('tomllib' in sys.modules, file=sys.stderr)\n"
        "    print('platformdirs' in sys.modules and sys.platform, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (ended.returncode, ended.stdout.count("\n") > 3) == (0, True)
    tables, folders = ended.stderr.splitlines()
    assert tables == "False"
    assert folders != "linux"


# A ranking of one's own from Python


@pytest.mark.usefixtures("run")
def test_a_collection_is_searched_with_the_ranking_it_was_opened_with(home: Path) -> None:
    own = ranking(weights={"abstract": 9.0})
    with searcher.open(home / "mine") as usual, searcher.open(home / "mine", ranking=own) as papers:
        assert papers.search("moss").request.ranking == own
        assert papers.search("moss") == usual.search("moss", ranking=own)
        assert [paper.id for paper in papers.all("moss")] == ["wall", "moss"]
        assert papers.explain("wall", "moss") == usual.explain("wall", "moss", ranking=own)
        assert papers.explain("wall", "moss").ranking == own
        similar = papers.similar("moss", explain=True)
        assert similar.request.ranking == replace(own, near=0.0)
        assert papers.search("moss", ranking=DEFAULT_RANKING) == usual.search("moss")
        weights = {"title": 1.0}
        assert papers.search("moss", weights=weights) == usual.search("moss", weights=weights)
