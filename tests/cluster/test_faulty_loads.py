"""Nodes are killed and paused while papers are written and searched: nothing is lost or made up.

The moment is a request, chosen at random with a seed: whatever else is under way then, the node is
gone before that request reaches its own.
"""

import random
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

import index.opensearch.bulk as bulk
import searcher
from index.errors import ClusterError, IndexLockedError
from searcher import Paper
from tests.bench.arxiv import arxiv_papers
from tests.bench.corpus import learn, write_papers
from tests.cluster.proxy import Proxy
from tests.cluster.server import Cluster, Node
from tests.conftest import SEEDS

TRIALS = 20
COUNT = 160
QUERY = "label noise"
_MAX_ATTEMPTS = 4


class Contents(NamedTuple):
    """What a file of papers holds at some time, and what is found then."""

    text: str
    papers: dict[str, Paper]
    total: int


class Papers(NamedTuple):
    """A file of papers, as it is first and as it is then."""

    file: Path
    old: Contents
    new: Contents


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("loads")
    searcher.build(folder / "seeds.index", [SEEDS])
    with searcher.open(folder / "seeds.index") as seeds:
        records = [
            {
                "title": one.title,
                "abstract": one.abstract,
                "authors": list(one.authors),
                "year": one.year,
                "category": "",
            }
            for one in seeds.all()
            if len(one.abstract.split()) > 20
        ]
    known = learn(records, 1)
    file = folder / "made.jsonl"

    def made(seed: int) -> list[str]:
        write_papers(arxiv_papers(known, COUNT, seed), file)
        return file.read_text(encoding="utf-8").splitlines(keepends=True)

    def contents(lines: list[str]) -> Contents:
        file.write_text(text := "".join(lines), encoding="utf-8")
        place = folder / f"{len(list(folder.iterdir()))}.index"
        searcher.build(place, [file])
        with searcher.open(place) as local:
            total = local.search(QUERY, match="any").total
            assert total
            return Contents(text, {paper.id: paper for paper in local.all()}, total)

    first, then = made(2), made(3)
    return Papers(file, contents(first), contents(first[: COUNT // 2] + then[: COUNT // 2]))


class Fault(NamedTuple):
    """What is done to which node, and how long that lasts at least."""

    node: Node
    is_kill: bool
    seconds: float

    def do(self) -> None:
        if self.is_kill:
            self.node.kill()
        else:
            self.node.pause()

    def undo(self) -> None:
        if self.is_kill:
            self.node.start()
        else:
            self.node.resume()


class Storm:
    """Does a fault when the cluster gets some request, and undoes it a while later."""

    def __init__(self, proxies: list[Proxy], fault: Fault, moment: int) -> None:
        self.has_come = False
        self._fault, self._moment = fault, moment
        self._requests = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._undo)
        for proxy in proxies:
            proxy.on_request = self._count

    def _count(self, _path: str) -> None:
        with self._lock:
            if self._requests == self._moment:
                self._fault.do()
                self.has_come = True
                self._thread.start()
            self._requests += 1

    def _undo(self) -> None:
        self._ended.wait(self._fault.seconds)
        self._fault.undo()

    def __enter__(self) -> "Storm":
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self.has_come:
            self._thread.join()


@pytest.fixture
def proxies(breakable_cluster: Cluster) -> Iterator[list[Proxy]]:
    """A proxy before each node, by which it is seen which request is made."""
    with ExitStack() as opened:
        yield [opened.enter_context(Proxy(node.port)) for node in breakable_cluster.nodes]


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send few papers at once, so that there are many moments."""
    monkeypatch.setattr(bulk, "REQUEST_BYTES", 32 << 10)


def url_of(proxies: list[Proxy], index: str) -> str:
    return f"opensearch://{','.join(f'localhost:{proxy.port}' for proxy in proxies)}/{index}"


def write(place: str, papers: Papers, contents: Contents) -> None:
    """Bring an index in line with the file as it is at some time."""
    papers.file.write_text(contents.text, encoding="utf-8")
    searcher.build(place, [papers.file], prune=True)


def write_at_last(place: str, papers: Papers, contents: Contents, cluster: Cluster) -> None:
    """Write as somebody does who sees it fail: again, once the cluster is whole."""
    for _ in range(_MAX_ATTEMPTS - 1):
        try:
            write(place, papers, contents)
            return
        except (ClusterError, IndexLockedError):
            cluster.heal()
    write(place, papers, contents)


def found(place: str) -> dict[str, Paper]:
    """Return every paper of an index, which comes once."""
    with searcher.open(place) as opened:
        listed = list(opened.all())
    by_id = {paper.id: paper for paper in listed}
    assert len(by_id) == len(listed)
    return by_id


class Reader:
    """Somebody who searches an index all the time, and notes what is not as it should be."""

    def __init__(self, place: str, totals: Collection[int], papers: Papers) -> None:
        self.searches = 0
        self.surprises: list[object] = []
        self._place, self._totals, self._papers = place, totals, papers
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                self._search()
            except Exception as error:
                self.surprises.append(error)
            self.searches += 1

    def _search(self) -> None:
        with searcher.open(self._place) as opened:
            page = opened.search(QUERY, match="any")
            if self._totals and page.total not in self._totals:
                self.surprises.append(page.total)
            for hit in page:
                known = (self._papers.old.papers.get(hit.id), self._papers.new.papers.get(hit.id))
                if hit.paper not in known:
                    self.surprises.append(hit)
            if self._totals and {one.id: one for one in opened.all()} != self._papers.old.papers:
                self.surprises.append("all")


@pytest.fixture(scope="module")
def steady(cluster: Cluster, papers: Papers) -> str:
    """The address of an index with the old papers, which nobody changes."""
    place = cluster.url(cluster.unique_name("steady"))
    write(place, papers, papers.old)
    return place


@pytest.fixture(scope="module")
def request_counts(cluster: Cluster, papers: Papers) -> tuple[int, int]:
    """How many requests the first papers take, and how many the change, if nothing fails."""
    counts = []
    with ExitStack() as opened:
        proxies = [opened.enter_context(Proxy(node.port)) for node in cluster.nodes]
        place = url_of(proxies, cluster.unique_name("counted"))
        for contents in (papers.old, papers.new):
            write(place, papers, contents)
            counts.append(sum(len(proxy.requests) for proxy in proxies))
    return counts[0], counts[1] - counts[0]


@pytest.mark.parametrize("trial", range(TRIALS))
def test_nothing_is_lost_and_answers_go_on(
    caplog: pytest.LogCaptureFixture,
    breakable_cluster: Cluster,
    proxies: list[Proxy],
    papers: Papers,
    steady: str,
    request_counts: tuple[int, int],
    trial: int,
) -> None:
    cluster, chosen = breakable_cluster, random.Random(trial)
    is_change, is_kill = trial % 2 == 1, trial % 4 > 1
    fault = Fault(chosen.choice(cluster.nodes), is_kill, chosen.uniform(0, 15))
    moment = chosen.randrange(request_counts[is_change])
    name = cluster.unique_name("loads")
    place = cluster.url(name)
    if is_change:
        write(place, papers, papers.old)
    contents = papers.new if is_change else papers.old
    with ExitStack() as ends:
        readers = [ends.enter_context(Reader(steady, [papers.old.total], papers))]
        if is_change:
            # A node that comes back shows what a commit has sent it, though others are to come.
            readers.append(ends.enter_context(Reader(place, [], papers)))
        storm = ends.enter_context(Storm(proxies, fault, moment))
        write_at_last(url_of(proxies, name), papers, contents, cluster)
        assert storm.has_come
    assert [one for reader in readers for one in reader.surprises] == []
    assert all(reader.searches for reader in readers)
    assert caplog.records == []
    assert found(place) == contents.papers
    cluster.heal()
    assert found(place) == contents.papers
    with searcher.open(place) as opened:
        assert opened.search(QUERY, match="any").total == contents.total
    for one in cluster.ask("GET", f"/_cat/indices/{name}*?format=json&expand_wildcards=all"):
        cluster.ask("DELETE", f"/{one['index']}")
