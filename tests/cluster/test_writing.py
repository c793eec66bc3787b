"""An index on a cluster is written as one in a folder is, and nothing half written is seen."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import index
import searcher
from index.errors import (
    BadRequestError,
    ClosedError,
    ClusterError,
    DamagedIndexError,
    IndexLockedError,
    NotAnIndexError,
    SeedError,
)
from index.fields import exact_twin
from index.opensearch import bulk, layout
from index.opensearch.address import read_address
from index.opensearch.client import Client
from index.opensearch.counts import TermCounts
from index.opensearch.reading import matching
from index.opensearch.versions import LOADING, Version, current_version, set_meta, versions_of
from index.paper import Copy, Paper, Source
from index.segments.opening import open_index
from index.writers.opening import open_dry
from index.writers.opensearch import loading
from tests.cluster.server import Cluster
from tests.conftest import SEEDS
from tests.trust import connections
from tests.trust.lifetimes import live
from tests.writing import add, commit, delete, entry_of, paper


@pytest.fixture
def place(cluster: Cluster) -> Iterator[str]:
    """The address of an index that is not there yet; what is made of it is removed."""
    name = cluster.unique_name()
    yield cluster.url(name)
    for found in cluster.ask("GET", f"/_cat/indices/{name}*?format=json&expand_wildcards=all"):
        cluster.ask("DELETE", f"/{found['index']}")


@pytest.fixture
def client(place: str) -> Iterator[Client]:
    asked = Client(read_address(place))
    yield asked
    asked.close()


EVERYTHING: Mapping[str, Any] = {"match_all": {}}
TERM_FIELDS = ("term", "papers", "occurrences")

Held = dict[str, tuple[list[Copy], frozenset[str]]]


def held(place: str) -> Held:
    """Return what an index holds of each paper, by id."""
    with open_dry(place) as writer:
        return {
            copies[0].paper.id: (sorted(copies, key=lambda one: one.file), shared)
            for copies, shared in writer.papers()
        }


def version_of(client: Client) -> Version:
    version = current_version(client)
    assert version
    return version


def assert_counted(client: Client) -> None:
    """Assert that the counts of terms are those of the papers that are there."""
    version = version_of(client)
    counts = TermCounts()
    for _, source in matching(client, version.papers, EVERYTHING, layout.COUNTED):
        counts.add(source)
    expected = {layout.term_id(one.field, one.term): one[2:] for one in counts.changes()}
    found = {
        name: (source["papers"], source["occurrences"])
        for name, source in matching(client, version.terms, EVERYTHING, TERM_FIELDS)
        if "term" in source
    }
    assert found == expected
    assert version.meta.papers == counts.papers
    counts.close()


def jsonl(file: Path, *papers: Mapping[str, Any]) -> None:
    file.write_text("".join(json.dumps(one) + "\n" for one in papers))


# As in a folder


def test_the_seeds_are_written_as_into_a_folder(place: str, client: Client, tmp_path: Path) -> None:
    folder = str(tmp_path / "index")
    summaries = [index.build(one, [SEEDS]) for one in (folder, place) for _ in range(2)]
    for one, other in zip(summaries[:2], summaries[2:], strict=True):
        assert replace(one, notes=(), seconds=0) == replace(other, notes=(), seconds=0)
    assert held(place) == held(folder)
    with open_dry(place) as writer, open_dry(folder) as local:
        assert writer.remembered == local.remembered
        assert writer.files() == local.files()
    assert_counted(client)
    assert index.check(place).is_sound


@pytest.mark.parametrize("number", [8, 13, 41, 60])
def test_papers_live_while_files_hold_them(place: str, tmp_path: Path, number: int) -> None:
    assert live(tmp_path, 1, number, place).wrong == ""


@pytest.mark.parametrize("number", [4, 9])
def test_records_that_share_an_identifier_are_one_paper(
    place: str, tmp_path: Path, number: int
) -> None:
    assert connections.History(tmp_path, 1, number, place).live() == ""


def test_the_counts_of_terms_follow_the_papers(place: str, client: Client) -> None:
    commit(place, *map(paper, range(40)))
    assert_counted(client)
    commit(place, *[paper(number, extra="corrected") for number in range(0, 40, 3)], paper(40))
    assert_counted(client)
    delete(place, "p1", "p2", "p40")
    assert_counted(client)
    assert version_of(client).meta.generation == 3


def test_means_are_those_of_a_folder(place: str, client: Client, tmp_path: Path) -> None:
    papers = [*map(paper, range(50)), Paper("short", "Lakes", sources=(Source("/x", 1),))]
    commit(place, *papers)
    commit(tmp_path / "index", *papers)
    (segment,) = open_index(str(tmp_path / "index"))
    for field, mean in version_of(client).meta.means.items():
        lengths = segment.documents.lengths(exact_twin(field))
        assert lengths is not None
        assert mean == pytest.approx(lengths.sum() / len(papers)), field


# Moving


def test_an_index_moves_there_and_back_without_a_loss(place: str, tmp_path: Path) -> None:
    papers, folder, back = tmp_path / "papers", str(tmp_path / "index"), str(tmp_path / "back")
    papers.mkdir()
    jsonl(papers / "a.jsonl", {"id": "x1", "title": "Slow Rivers"}, {"id": "x2", "title": "Lakes"})
    jsonl(papers / "b.jsonl", {"id": "x1", "title": "Slow Rivers", "abstract": "Of maps."})
    (papers / os.fsdecode(b"\xff.jsonl")).write_text('{"id": "x3", "title": "Odd Seas"}\n')
    index.build(folder, [papers, SEEDS])
    index.remove(folder, ["x2"])
    assert index.copy(folder, place) == index.copy(place, back)
    assert held(folder) == held(place) == held(back)
    for one in (place, back):
        summary = index.build(one, [papers, SEEDS])
        assert (summary.new, summary.changed, summary.removed) == (0, 0, 0)
        assert summary.left_out == 1
        restored = index.build(one, [papers], restore=["x2"])
        assert restored.new == 1
    with pytest.raises(BadRequestError, match="holds an index already"):
        index.copy(folder, place)


# Nothing half written is seen


def test_what_is_not_committed_is_dropped(place: str, client: Client) -> None:
    with index.open_writer(place) as writer:
        add(writer, paper(1))
    assert current_version(client) is None
    assert versions_of(client) == {}
    commit(place, paper(1))
    with index.open_writer(place) as writer:
        add(writer, paper(2))
        writer.delete(entry_of(writer, "p1"))
        writer.settle()
        assert set(writer.entries(["p1", "p2"])) == {"p1", "p2"}
    assert set(held(place)) == {"p1"}
    assert_counted(client)


def test_a_strict_run_with_a_problem_writes_nothing(
    place: str, client: Client, tmp_path: Path
) -> None:
    jsonl(tmp_path / "a.jsonl", {"id": "x1", "title": "Slow Rivers"})
    (tmp_path / "b.jsonl").write_text('{"id": "x2", "title": "Lakes"}\n{cut\n')
    with pytest.raises(SeedError):
        index.build(place, [tmp_path], strict=True)
    assert versions_of(client) == {}
    assert index.build(place, [tmp_path], dry_run=True).new == 2
    with pytest.raises(NotAnIndexError, match="no index of this name"):
        searcher.open(place)


def test_a_writer_that_committed_is_closed(place: str) -> None:
    with index.open_writer(place) as writer:
        add(writer, paper(1))
        writer.commit()
        with pytest.raises(ClosedError, match="has committed"):
            add(writer, paper(2))


def test_an_id_is_added_once(place: str) -> None:
    with index.open_writer(place) as writer:
        writer.add([Copy.of(paper(1))], ())
        with pytest.raises(BadRequestError, match="'p1' is in the index, or was added before"):
            writer.add([Copy.of(paper(1))], ())
        writer.commit()
    with (
        index.open_writer(place) as writer,
        pytest.raises(BadRequestError, match="'p1' is in the index"),
    ):
        writer.add([Copy.of(paper(1))], ())


def test_something_else_of_the_name_is_left_alone(place: str, cluster: Cluster) -> None:
    name = place.rpartition("/")[2]
    cluster.ask("PUT", f"/{name}", {"mappings": {"properties": {"a": {"type": "keyword"}}}})
    with pytest.raises(NotAnIndexError, match="something else"):
        index.build(place, [SEEDS])
    assert cluster.ask("GET", f"/{name}/_mapping")[name]["mappings"]["properties"]


# Failed and killed loads


def loaded_until(place: str, count: int, sent: Any) -> None:
    """Load papers until the last of so many is sent, and wait to be killed."""
    bulk.REQUEST_BYTES = 1 << 14
    with index.open_writer(place) as writer:
        for number in range(count):
            writer.add([Copy.of(paper(number))], ())
        sent.set()
        signal.pause()


def test_a_killed_load_is_gone_on_with(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = multiprocessing.get_context("spawn")
    sent = context.Event()
    loader = context.Process(target=loaded_until, args=(place, 300, sent))
    loader.start()
    assert sent.wait(120)
    loader.kill()
    loader.join()
    assert current_version(client) is None
    ((name, meta),) = versions_of(client).items()
    assert meta.state == LOADING
    client.ask("POST", f"/{name}/_refresh")
    before = client.ask("GET", f"/{name}/_count")["count"]
    assert 100 < before <= 300
    # The lock of the killed one is given up in time.
    client.ask("DELETE", f"/{place.rpartition('/')[2]}-lock")
    indexed: list[str] = []
    index_one = bulk.BulkSender.index

    def noted(self: bulk.BulkSender, one: str, body: bytes, source: Any = None) -> None:
        indexed.append(one)
        index_one(self, one, body, source)

    monkeypatch.setattr(bulk.BulkSender, "index", noted)
    # What the killed one had sent and this one has not is not there in the end.
    commit(place, *map(paper, range(10, 310)))
    papers = [one for one in indexed if one.startswith("p")]
    assert version_of(client).papers == name
    assert len(papers) <= 310 - before
    assert set(held(place)) == {f"p{number}" for number in range(10, 310)}
    assert_counted(client)


@pytest.mark.parametrize("step", ["set_means", "write_counts", "replicate", "lead_to"])
def test_a_load_that_fails_is_gone_on_with(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise ClusterError("the cluster is gone")

    with monkeypatch.context() as patch:
        patch.setattr(loading, step, fail)
        with pytest.raises(ClusterError, match="gone"):
            commit(place, *map(paper, range(9)))
    assert current_version(client) is None
    ((name, _),) = versions_of(client).items()
    commit(place, *map(paper, range(9)))
    assert version_of(client).papers == name
    assert_counted(client)


def test_a_reload_that_fails_leaves_the_version_that_is_there(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place, *map(paper, range(9)))
    name = version_of(client).papers
    client.ask("POST", f"/{name}/_update/p1", {"doc": {"title_exact": "other"}}, refresh=True)
    assert not index.check(place).is_sound

    def fail(*_args: Any, **_options: Any) -> None:
        raise ClusterError("the cluster is gone")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "lead_to", fail)
        with pytest.raises(ClusterError):
            index.repair(place)
    assert version_of(client).papers == name
    assert index.repair(place).is_complete
    assert list(versions_of(client)) == [name, version_of(client).papers]
    assert_counted(client)
    assert index.check(place).is_sound


def test_what_is_open_is_read_after_a_reload(place: str, client: Client) -> None:
    commit(place, *map(paper, range(9)))
    for _ in range(2):
        with searcher.open(place) as before:
            set_meta(client, version_of(client), analysis="of old")
            assert index.repair(place).is_complete
            assert before.search("paper lakes", match="any").total == 9
            assert len(list(before.all("paper", sort="date"))) == 9
        assert len(versions_of(client)) == 2
    # The next commit removes it.
    commit(place, paper(9))
    assert list(versions_of(client)) == [version_of(client).papers]


@pytest.mark.parametrize("step", ["change_counts", "write_remembered", "set_meta"])
def test_a_commit_that_fails_is_mended_by_the_next_writer(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise ClusterError("the cluster is gone")

    commit(place, *map(paper, range(9)))
    with monkeypatch.context() as patch:
        patch.setattr(f"index.writers.opensearch.changing.{step}", fail)
        with pytest.raises(ClusterError, match="gone"):
            commit(place, paper(1, extra="corrected"), paper(9))
    commit(place, paper(1, extra="corrected"), paper(9), paper(10))
    assert len(held(place)) == 11
    assert_counted(client)
    assert index.check(place).is_sound


def test_what_the_server_refuses_is_told_and_left_out(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jsonl(tmp_path / "a.jsonl", *[{"id": f"x{number}", "title": "Rivers"} for number in range(5)])
    document = layout.document

    def spoilt(one: Paper, *args: Any) -> dict[str, Any]:
        made = document(one, *args)
        return {**made, "year": "no year"} if one.id == "x3" else made

    for number in range(2):
        monkeypatch.setattr("index.writers.opensearch.base.document", spoilt)
        summary = index.build(place, [tmp_path])
        (problem,) = summary.problems
        assert (problem.file, problem.line) == (str(tmp_path / "a.jsonl"), 4)
        assert "the server refused the paper" in problem.reason
        assert len(held(place)) == summary.total == 4 + number
        assert_counted(client)
        jsonl(tmp_path / "a.jsonl", *[{"id": f"x{one}", "title": "Lakes"} for one in range(6)])
    # What was refused is read again, though its file has not changed.
    monkeypatch.undo()
    summary = index.build(place, [tmp_path])
    assert (summary.new, summary.total, summary.problems) == (1, 6, ())
    assert_counted(client)


def test_the_paper_stays_whose_new_version_the_server_refuses(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = layout.document

    def spoilt(one: Paper, *args: Any) -> dict[str, Any]:
        made = document(one, *args)
        return {**made, "year": "no year"} if one.id in ("p3", "p9") else made

    commit(place, *map(paper, range(9)))
    before = held(place)
    monkeypatch.setattr("index.writers.opensearch.base.document", spoilt)
    with index.open_writer(place) as writer:
        add(writer, *[paper(number, extra="corrected") for number in range(2, 11)])
        writer.commit()
        assert len(writer.refused) == 2
    after = held(place)
    assert after.keys() == {f"p{number}" for number in (*range(9), 10)}
    assert sorted(one for one in before if after[one] == before[one]) == ["p0", "p1", "p3"]
    assert_counted(client)


def test_papers_that_change_are_asked_for_together(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write(venue: str) -> None:
        for file, part in (("a", range(300)), ("b", range(200, 400))):
            rows = [{"doi": f"10.1/{n}", "title": f"Lake {n}", "venue": venue} for n in part]
            jsonl(tmp_path / f"{file}.jsonl", *rows)

    write("Rivers")
    index.build(place, [tmp_path])
    write("Seas")
    asked: list[str] = []
    ask = Client._ask

    def noted(self: Client, method: str, path: str, *args: Any, **options: Any) -> Any:
        asked.append(path)
        return ask(self, method, path, *args, **options)

    monkeypatch.setattr(Client, "_ask", noted)
    assert index.build(place, [tmp_path]).changed == 400
    assert len(asked) < 60, Counter(asked)
    monkeypatch.undo()
    assert_counted(client)


# What a check finds


def test_a_check_finds_what_is_not_as_it_was_written(place: str, client: Client) -> None:
    commit(place, *map(paper, range(30)))
    version = version_of(client)
    assert index.check(place).is_sound
    term = layout.term_id("title_exact", "paper")
    client.ask("POST", f"/{version.terms}/_update/{term}", {"doc": {"papers": 7}}, refresh=True)
    client.ask("DELETE", f"/{version.papers}/_doc/p3", refresh=True)
    found = sorted(map(str, index.check(place).damage))
    assert any("holds 29 papers, and 30 were committed" in one for one in found)
    (titles,) = [one for one in found if "title_exact" in one]
    assert "4 terms of those drawn are counted wrong" in titles
    assert "'3' stands in 0 papers, and 1 are counted" in titles
    repair = index.repair(place)
    assert (repair.is_complete, repair.after.papers, repair.rescued) == (True, 29, 29)
    assert_counted(client)
    assert index.repair(place).before.is_sound


def test_a_check_says_when_lengths_have_drifted(place: str, client: Client) -> None:
    commit(place, *map(paper, range(10)))
    longer = [replace(paper(number), abstract="rivers " * 200) for number in range(10, 20)]
    commit(place, *longer)
    report = index.check(place)
    (note,) = [one for one in report.notes if one.place == "abstract"]
    assert "which is 110.0 by now" in note.reason
    assert report.is_sound
    assert index.repair(place).is_complete
    assert version_of(client).meta.means["abstract"] == 110.0
    assert [one for one in index.check(place).notes if one.place] == []


def test_an_index_of_another_version_is_converted(place: str, client: Client) -> None:
    commit(place, *map(paper, range(10)))
    before = held(place)
    set_meta(client, version_of(client), analysis="of old")
    for open_it in (searcher.open, lambda where: commit(where, paper(1))):
        with pytest.raises(NotAnIndexError, match=r"another version.*searcher check --repair"):
            open_it(place)
    report = index.check(place)
    assert (report.is_earlier, report.is_sound) == (True, False)
    repair = index.repair(place)
    assert (repair.is_complete, repair.converted) == (True, 10)
    assert held(place) == before
    assert_counted(client)


def test_a_paper_that_cannot_be_read_is_named_and_read_again(
    place: str, client: Client, tmp_path: Path
) -> None:
    jsonl(tmp_path / "a.jsonl", *[{"id": f"x{number}", "title": "Rivers"} for number in range(5)])
    index.build(place, [tmp_path])
    papers = version_of(client).papers
    client.ask("POST", f"/{papers}/_update/x3", {"doc": {"stored": "[]"}}, refresh=True)
    with pytest.raises(DamagedIndexError, match=r"'x3'.*searcher check --repair"):
        held(place)
    repair = index.repair(place)
    assert (repair.lost, repair.after.is_sound) == (("x3",), True)
    assert index.build(place, [tmp_path]).new == 1


# One writer at a time


def test_a_writer_waits_for_another(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.writers.opensearch.opening.LOCK_TIMEOUT_SECONDS", 0.5)
    with index.open_writer(place) as writer:
        add(writer, paper(1))
        with pytest.raises(IndexLockedError, match=rf"process {os.getpid()}, has been writing"):
            commit(place, paper(2))
        writer.commit()
    commit(place, paper(2))
    assert set(held(place)) == {"p1", "p2"}


def test_writers_at_once_take_turns(place: str, client: Client) -> None:
    def write(number: int) -> None:
        commit(place, paper(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert set(held(place)) == {"p0", "p1", "p2"}
    assert_counted(client)


def test_the_lock_of_a_dead_writer_is_taken_over_in_time(
    place: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(place, paper(1))
    with index.open_writer(place) as writer:
        add(writer, paper(2))
        # As if this writer had said nothing for too long, and another had taken over.
        monkeypatch.setattr("index.opensearch.lock.LEASE_SECONDS", -1.0)
        lock = writer._lock  # type: ignore[attr-defined]
        lock._renew(-1.0)
        monkeypatch.undo()
        commit(place, paper(3))
        with pytest.raises(IndexLockedError, match="taken over the lock"):
            writer.commit()
    assert set(held(place)) == {"p1", "p3"}
    assert_counted(client)


def test_a_lock_that_another_writer_took_stays_lost(
    place: str,
) -> None:
    commit(place, paper(0))
    with index.open_writer(place) as writer:
        lock = writer._lock  # type: ignore[attr-defined]
        lock._renew(-1.0)
        with index.open_writer(place) as other:
            add(other, paper(1))
            # What renews it in the background may be the first to be told.
            for _ in range(3):
                with pytest.raises(IndexLockedError, match="taken over the lock"):
                    lock.check()
            other.commit()
    assert set(held(place)) == {"p0", "p1"}


def test_only_the_clock_of_the_cluster_tells_whether_the_lock_is_held(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.writers.opensearch.opening.LOCK_TIMEOUT_SECONDS", 0.5)
    now = time.time
    for hours in (-24, 24):
        with index.open_writer(place) as writer:
            add(writer, paper(1))
            with monkeypatch.context() as patch:
                patch.setattr(time, "time", lambda by=hours: now() + 3600 * by)
                with pytest.raises(IndexLockedError, match="has been writing"):
                    commit(place, paper(2))
                add(writer, paper(3))
            writer.commit()


def test_a_forked_child_cannot_write(place: str) -> None:
    with index.open_writer(place) as writer:
        add(writer, paper(1))
        child = os.fork()
        if not child:
            try:
                add(writer, paper(2))
            except BadRequestError:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        writer.commit()
    assert set(held(place)) == {"p1"}


# A node that dies


def test_a_load_goes_on_when_its_node_is_back(
    breakable_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "REQUEST_BYTES", 1 << 15)
    cluster, name = breakable_cluster, breakable_cluster.unique_name()
    nodes = ",".join(address.removeprefix("http://") for address in cluster.addresses)
    place = f"opensearch://{nodes}/{name}"
    with index.open_writer(place) as writer:
        for number in range(600):
            writer.add([Copy.of(paper(number))], ())
            if number == 200:
                (shard,) = cluster.ask("GET", f"/_cat/shards/{name}-v*?format=json")
                (node,) = [one for one in cluster.nodes if one.name == shard["node"]]
                node.kill()
                threading.Timer(3.0, node.restart).start()
        writer.commit()
    assert len(held(place)) == 600
    with closing(Client(read_address(place))) as client:
        assert_counted(client)
    cluster.wait_for_green()
