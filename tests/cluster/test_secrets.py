"""Who asks is said in the address, the environment or the configuration, and is seen nowhere."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from index.opensearch.address import API_KEY, PASSWORD, USER
from tests.cluster.proxy import FORBIDDEN, Answer, Fault, Proxy
from tests.cluster.server import Cluster
from tests.conftest import ROOT, SEEDS

LOGIN = ("hedgehog", "p4ssw0rd")
KEY = "aGlkZGVuOmtleQ=="
SECRETS = (*LOGIN, KEY, b64encode(":".join(LOGIN).encode()).decode())
COMMANDS = (
    ("index", str(SEEDS)),
    ("search", "label noise"),
    ("search", "label noise", "--explain", "--format", "json", "--receipt", "receipt.json"),
    ("replay", "receipt.json"),
    ("save", "mine", "label noise"),
    ("saved", "run", "mine"),
    ("saved", "list"),
    ("stats",),
    ("check",),
    ("config",),
    ("export", "label noise", "--format", "jsonl"),
    ("suggest", "neu"),
    ("remove", "no-such-id"),
)


@pytest.fixture
def behind(cluster: Cluster) -> Iterator[Proxy]:
    """A node that answers nobody but the one who asks here."""
    with Proxy(cluster.nodes[0].port, login=LOGIN, api_key=KEY) as proxy:
        yield proxy


@pytest.fixture
def given(
    request: pytest.FixtureRequest, behind: Proxy, cluster: Cluster, tmp_path: Path
) -> Mapping[str, str]:
    """The environment of a command that is told in one of the ways who asks, and which index."""
    name = cluster.unique_name("secrets")
    url = behind.url(name)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SEARCHER_")
    }
    environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    environment |= {"SEARCHER_CONFIG": os.devnull, "PYTHONPATH": str(ROOT)}
    with_login = behind.url(name, login=":".join(LOGIN))
    match request.param:
        case "address":
            return {**environment, "SEARCHER_INDEX": with_login}
        case "environment":
            return {**environment, "SEARCHER_INDEX": url, USER: LOGIN[0], PASSWORD: LOGIN[1]}
        case "key":
            return {**environment, "SEARCHER_INDEX": url, API_KEY: KEY}
    file = tmp_path / "searcher.toml"
    file.write_text(f'index = "{with_login}"\n')
    return {**environment, "SEARCHER_CONFIG": str(file)}


def run(command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "searcher", *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("given", ["address", "environment", "key", "configuration"], indirect=True)
def test_no_verb_shows_or_writes_a_secret(
    given: Mapping[str, str], behind: Proxy, tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for command in COMMANDS:
        code, said = run(command, given, folder)
        # Receipts and saved searches do not hold who asked, but the usual index says it for them.
        assert code < 2, (command, said)
        assert [one for one in SECRETS if one in said] == [], (command, said)
    behind.faults = [Fault("refuse", FORBIDDEN)]
    for command in COMMANDS:
        _, said = run(command, given, folder)
        assert "Traceback" not in said, (command, said)
        assert [one for one in SECRETS if one in said] == [], (command, said)
    behind.faults = [Fault("refuse", Answer(500, "text/html", b"<html>"))]
    code, said = run(("search", "label noise"), {**given, "SEARCHER_DEBUG": "1"}, folder)
    assert code == 2
    assert [one for one in SECRETS if one in said] == []
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        if path.name != "searcher.toml":
            text = path.read_bytes().decode("utf-8", "replace")
            assert [one for one in SECRETS if one in text] == [], path
