"""The cluster that the tests start is a real one, and what they do to it happens."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cluster import programs
from tests.cluster.programs import MissingProgramError, find_java
from tests.cluster.server import Cluster, ClusterError, Node, free_ports, wait_until
from tests.conftest import ROOT


def nodes_seen_by(cluster: Cluster, number: int) -> list[str]:
    """Return the names of the nodes that one of them knows."""
    answer = cluster.nodes[number].ask("GET", "/_cat/nodes?format=json&h=name")
    return sorted(node["name"] for node in answer.body)


def test_three_nodes_are_one_cluster(cluster: Cluster) -> None:
    assert [nodes_seen_by(cluster, number) for number in range(3)] == [["n1", "n2", "n3"]] * 3


def test_a_killed_node_is_missed_and_comes_back_with_its_papers(breakable_cluster: Cluster) -> None:
    cluster = breakable_cluster
    index = cluster.unique_name()
    copies = {"number_of_shards": 1, "number_of_replicas": 2}
    cluster.ask("PUT", f"/{index}?wait_for_active_shards=all", {"settings": copies})
    cluster.ask("PUT", f"/{index}/_doc/1?refresh=true", {"title": "On Oaks"})
    first, second, third = cluster.nodes
    second.kill()
    with pytest.raises(ConnectionRefusedError):
        second.ask("GET", "/")
    for node in (first, third):
        answer = node.ask("GET", f"/{index}/_search?q=oaks")
        assert [hit["_id"] for hit in answer.body["hits"]["hits"]] == ["1"]
    second.restart()
    cluster.wait_for_green(index)
    assert second.ask("GET", f"/{index}/_search?preference=_local&q=oaks").body["hits"]["hits"]


def test_a_paused_node_takes_connections_and_answers_when_it_goes_on(
    breakable_cluster: Cluster,
) -> None:
    node = breakable_cluster.nodes[2]
    node.pause()
    with pytest.raises(TimeoutError):
        node.ask("GET", "/", seconds=0.5)
    node.resume()
    node.wait()


def test_no_process_outlives_killed_tests(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from tests.cluster.server import Node\n"
        f"node = Node('n', 1, Path({os.fspath(tmp_path)!r}), ['sleep', '600'])\n"
        "node.start(); print(node.process_id, flush=True); input()"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with tests:
        assert tests.stdout is not None
        node = int(tests.stdout.readline())
        # It is a shell's until the program takes its place.
        wait_until(lambda: psutil.Process(node).name() == "sleep", "the start of the process", 30)
        tests.kill()
    wait_until(lambda: not psutil.pid_exists(node), "the end of the process", 30)


def test_what_a_node_printed_is_told_if_it_does_not_start(tmp_path: Path) -> None:
    node = Node("n", 1, tmp_path, ["sh", "-c", "echo no memory"])
    node.start()
    with pytest.raises(ClusterError, match=r"(?s)n does not start: it has ended.*no memory"):
        node.wait()
    node.kill()


def test_ports_are_free_and_different() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(20_000 <= port < 32_000 for port in ports)


def test_a_missing_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"17.0.9\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setattr(programs, "_javas", lambda: iter([old]))
    with pytest.raises(MissingProgramError, match=r"Java 21 or newer.*JAVA_HOME.*is Java 17"):
        find_java()


def test_a_missing_maven_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pom = tmp_path / "pom.xml"
    pom.write_text("<project/>")
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    monkeypatch.setattr(programs, "POM", pom)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(MissingProgramError, match="apt-get install maven"):
        programs.find_jars()
