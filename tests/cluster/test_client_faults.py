"""What fails between the client and the cluster is told as it is, in time, and without secrets."""

import logging
import re
import socket
import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from index.errors import ClusterError, IndexStorageError, NotAnIndexError, SearchError
from index.opensearch.address import API_KEY, CA_FILE, PASSWORD, USER, read_address
from index.opensearch.client import Client
from tests.cluster import proxy as outside
from tests.cluster.proxy import Answer, Certificates, Fault, Proxy, error_answer, json_answer
from tests.cluster.server import Cluster, free_ports

ASKED_S = 1.5
"""How long a request may take that is made here."""
BOUND_S = 15.0
"""What no failure takes as long as, however busy the machine."""

OpenProxy = Callable[..., Proxy]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def open_proxy() -> Iterator[OpenProxy]:
    """Opens proxies, which end with the test."""
    with ExitStack() as opened:
        yield lambda *args, **options: opened.enter_context(Proxy(*args, **options))


@pytest.fixture(autouse=True)
def _nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (USER, PASSWORD, API_KEY, CA_FILE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def before_a_node(cluster: Cluster, open_proxy: OpenProxy) -> Proxy:
    return open_proxy(cluster.nodes[0].port)


def ask(url: str, **options: Any) -> Any:
    """Ask for the answer to GET / as a user of this address does."""
    with closing(Client(read_address(url))) as client:
        return client.ask("GET", "/", **{"timeout": ASKED_S, **options})


def failure_of(url: str, **options: Any) -> SearchError:
    """Return the error that asking raises, in time."""
    begun = time.monotonic()
    with pytest.raises(SearchError) as raised:
        ask(url, **options)
    assert time.monotonic() - begun < BOUND_S
    assert str(read_address(url)) in str(raised.value)
    return raised.value


# What answers, and what does not


def test_what_is_asked_passes_the_proxy(before_a_node: Proxy, cluster: Cluster) -> None:
    assert ask(before_a_node.url("papers"))["cluster_name"] == cluster.name
    assert before_a_node.requests == ["GET /"]


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (Fault("refuse", outside.UNAUTHORISED), ClusterError, r"\(401\).*SEARCHER_OPENSEARCH_USER"),
        (Fault("refuse", outside.FORBIDDEN), ClusterError, r"\(403\).*right.*data/read/search"),
        (Fault("refuse", outside.TOO_BUSY), ClusterError, r"too busy for 1\.5 s \(429\).*later"),
        (Fault("refuse", outside.NOT_READY), ClusterError, r"not ready for 1\.5 s \(503\)"),
        (Fault("refuse", Answer(502, "text/html", b"<html>")), ClusterError, r"\(502\)"),
        (Fault("refuse", Answer(413, "text/html", b"<html>")), ClusterError, r"\(413\)"),
        (Fault("refuse", error_answer(500, "x", "y z")), ClusterError, r"refused \(500\): y z"),
        (Fault("refuse", Answer(200, "text/html", b"<p>Log in</p>")), ClusterError, "be read"),
        (Fault("refuse", Answer(200, "application/json", b'{"a": ')), ClusterError, "be read"),
        (Fault("hang"), ClusterError, r"no answer within 1\.5 s; is the server too slow"),
        (Fault("delay", seconds=60), ClusterError, r"no answer within 1\.5 s"),
        (Fault("trickle", seconds=0.5), ClusterError, r"no answer within 1\.5 s"),
        (Fault("cut request"), ClusterError, r"no connection within 1\.5 s; is the server running"),
        (Fault("cut answer"), ClusterError, r"no connection within 1\.5 s"),
        (
            Fault("refuse", error_answer(404, "index_not_found_exception", "no such index [x]")),
            NotAnIndexError,
            "no index of this name",
        ),
        (
            Fault(
                "refuse",
                error_answer(
                    429,
                    "cluster_block_exception",
                    "index [papers] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded "
                    "flood-stage watermark, index has read-only-allow-delete block];",
                ),
            ),
            IndexStorageError,
            "disk of the cluster is full.*free some space",
        ),
        (
            Fault(
                "refuse",
                error_answer(
                    403,
                    "cluster_block_exception",
                    "index [papers] blocked by: [FORBIDDEN/5/index read-only (api)];",
                ),
            ),
            IndexStorageError,
            r"lift the block.*FORBIDDEN/5/index read-only \(api\)",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_failure_says_what_happened_and_what_to_do(
    before_a_node: Proxy, fault: Fault, error: type[SearchError], said: str
) -> None:
    before_a_node.faults = [fault]
    raised = failure_of(before_a_node.url("papers"))
    assert type(raised) is error
    assert re.search(said, str(raised)), raised


@pytest.mark.parametrize(
    "fault",
    [
        Fault("refuse", outside.TOO_BUSY, times=2),
        Fault("refuse", outside.NOT_READY, times=2),
        Fault("cut request", times=2),
        Fault("cut answer", times=2),
        Fault("delay", seconds=0.2, times=1),
    ],
    ids=lambda fault: fault.kind,
)
def test_what_passes_is_waited_for(before_a_node: Proxy, cluster: Cluster, fault: Fault) -> None:
    before_a_node.faults = [fault]
    answer = ask(before_a_node.url("papers"), timeout=BOUND_S)
    assert answer["cluster_name"] == cluster.name
    assert before_a_node.faults == []


def test_what_does_not_pass_is_not_asked_again(before_a_node: Proxy) -> None:
    full = error_answer(429, "cluster_block_exception", "disk usage exceeded flood-stage watermark")
    for answer in (outside.UNAUTHORISED, outside.FORBIDDEN, full, error_answer(400, "x", "y")):
        before_a_node.faults = [Fault("refuse", answer)]
        before_a_node.requests.clear()
        failure_of(before_a_node.url("papers"))
        assert before_a_node.requests == ["GET /"]


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    said = failure_of(f"opensearch://127.0.0.1:{port}/papers")
    assert "is the server running, and is the address right?" in str(said)


def test_a_host_that_is_not_there() -> None:
    said = failure_of("opensearch://no-such-host.invalid/papers")
    assert "is the address right?" in str(said)


def test_something_that_does_not_speak_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def greet() -> None:
            while True:
                try:
                    other, _ = listening.accept()
                except OSError:
                    return
                with other:
                    other.sendall(b"220 mail.example.org ESMTP\r\n")
                    other.recv(10_000)

        greeting = threading.Thread(target=greet, daemon=True)
        greeting.start()
        said = failure_of(f"opensearch://127.0.0.1:{port}/papers")
        listening.shutdown(socket.SHUT_RDWR)
    greeting.join()
    assert "is the address right?" in str(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (outside.ELASTICSEARCH, r"Elasticsearch 8.12.1 answers there; it must be OpenSearch"),
        (outside.OLD_OPENSEARCH, r"OpenSearch 2.19.3 answers there; it must be 3.0 or newer"),
        (json_answer(200, {"hello": "world"}), "something else answers there"),
        (json_answer(200, []), "something else answers there"),
        (json_answer(200, {"version": {"number": "x", "distribution": "opensearch"}}), "something"),
    ],
)
def test_another_server_is_refused(open_proxy: OpenProxy, answer: Answer, said: str) -> None:
    client = Client(read_address(open_proxy(answer).url("papers")))
    with closing(client), pytest.raises(ClusterError, match=said) as raised:
        client.check_server()
    assert str(client.address) in str(raised.value)


def test_the_real_server_is_taken(cluster: Cluster) -> None:
    with closing(Client(read_address(cluster.url("papers")))) as client:
        client.check_server()


# TLS


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("expired", "its certificate has expired; have it renewed"),
        ("wrong host", "its certificate is for another host; use the name that it is for"),
        ("unknown authority", f"name a file of those trusted in {CA_FILE}"),
    ],
)
def test_a_bad_certificate(
    open_proxy: OpenProxy,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
    said: str,
) -> None:
    monkeypatch.setenv(CA_FILE, str(certificates.trusted))
    opened = open_proxy(outside.OLD_OPENSEARCH, tls=certificates.server(kind))
    assert said in str(failure_of(opened.url("papers")))
    assert opened.requests == []


def test_a_good_certificate(
    open_proxy: OpenProxy,
    certificates: Certificates,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = open_proxy(cluster.nodes[0].port, tls=certificates.server("good"))
    assert f"trusted in {CA_FILE}" in str(failure_of(opened.url("papers")))
    monkeypatch.setenv(CA_FILE, str(certificates.trusted))
    assert ask(opened.url("papers"))["cluster_name"] == cluster.name


def test_tls_where_there_is_none_and_none_where_there_is(
    open_proxy: OpenProxy, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CA_FILE, str(certificates.trusted))
    plain = open_proxy(outside.OLD_OPENSEARCH)
    said = failure_of(plain.url("papers").replace("opensearch:", "opensearchs:"))
    assert "opensearch:// is without TLS" in str(said)
    secure = open_proxy(outside.OLD_OPENSEARCH, tls=certificates.server("good"))
    said = failure_of(secure.url("papers").replace("opensearchs:", "opensearch:"))
    assert "opensearchs://" in str(said).partition(": ")[2]


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_trusted_certificates_that_cannot_be_read(
    open_proxy: OpenProxy,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str | None,
) -> None:
    file = tmp_path / "trusted.pem"
    if text:
        file.write_text(text)
    monkeypatch.setenv(CA_FILE, str(file))
    opened = open_proxy(outside.OLD_OPENSEARCH, tls=certificates.server("good"))
    assert CA_FILE in str(failure_of(opened.url("papers")))


# Who asks


@pytest.mark.parametrize("way", ["address", "environment", "key"])
def test_who_asks_is_known(
    cluster: Cluster, open_proxy: OpenProxy, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    login = ("Jürgen", "s3cr:t/@%é")
    opened = open_proxy(cluster.nodes[0].port, login=login, api_key="a2V5OnNlY3JldA==")
    assert "(401)" in str(failure_of(opened.url("papers")))
    given = ""
    if way == "address":
        given = "J%C3%BCrgen:s3cr%3At%2F%40%25%C3%A9"
    elif way == "environment":
        monkeypatch.setenv(USER, login[0])
        monkeypatch.setenv(PASSWORD, login[1])
    else:
        monkeypatch.setenv(API_KEY, "a2V5OnNlY3JldA==")
    assert ask(opened.url("papers", login=given))["cluster_name"] == cluster.name


SECRETS = ("hedgehog", "p4ssw0rd", "hidden-key")
"""A name, a password and a key, of which none may be seen."""


def seen(error: BaseException) -> str:
    """Return all that may be shown of an error: its text, its causes, and the values on its way."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The tests' own values hold the secrets.
    told.stack[:] = [frame for frame in told.stack if frame.filename != __file__]
    assert told.stack
    return "\n".join([str(error), repr(error), *told.format()])


@pytest.mark.parametrize("way", ["address", "environment", "key"])
@pytest.mark.parametrize(
    "fault",
    [
        *(Fault("hang"), Fault("cut request"), Fault("cut answer")),
        *(Fault("refuse", outside.TOO_BUSY), Fault("refuse", outside.FORBIDDEN)),
        *(Fault("refuse", outside.UNAUTHORISED), Fault("refuse", Answer(200, "x/y", b"<"))),
        *(None,),
    ],
    ids=str,
)
def test_no_secret_is_seen(
    cluster: Cluster,
    open_proxy: OpenProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: Fault | None,
    way: str,
) -> None:
    user, password, key = SECRETS
    caplog.set_level(logging.DEBUG)
    opened = open_proxy(cluster.nodes[0].port)
    opened.faults = [fault] if fault else []
    url = opened.url("papers", login=f"{user}:{password}" if way == "address" else "")
    if way == "environment":
        monkeypatch.setenv(USER, user)
        monkeypatch.setenv(PASSWORD, password)
    elif way == "key":
        monkeypatch.setenv(API_KEY, key)
    address = read_address(url)
    client = Client(address)
    shown = [repr(client), repr(address), str(address), repr(address.credentials)]
    try:
        client.ask("POST", "/papers/_search", {"query": {"match_all": {}}}, timeout=0.5)
    except SearchError as error:
        shown.append(seen(error))
    client.close()
    shown += [f"{record.getMessage()} {record.exc_text}" for record in caplog.records]
    shown += capfd.readouterr()
    login = b64encode(f"{user}:{password}".encode()).decode()
    assert [secret for secret in (*SECRETS, login) if secret in "\n".join(shown)] == []


@pytest.mark.parametrize(
    "url",
    [
        "opensearch://hedgehog:p4ssw0rd@localhost:99999/papers",
        "opensearch://hedgehog:p4ssw0rd@localhost:9200/Papers",
        "opensearch://hedgehog:p4ss/w0rd@localhost:9200/papers",
        "opensearch://hedgehog:p4ss@w0rd@localhost:9200/papers",
        "opensearch://hedgehog:p4ss w0rd@local host:9200/papers",
        "opensearch:/hedgehog:p4ss%@localhost/papers",
        "opensearch://hedgehog:p4ss@/papers",
    ],
)
def test_an_address_that_cannot_be_read_shows_no_secret(url: str) -> None:
    with pytest.raises(SearchError) as raised:
        read_address(url)
    assert "p4ss" not in str(raised.value)
    assert "w0rd" not in str(raised.value)


# Several nodes


def test_a_node_that_is_not_there_or_hangs_is_passed_over(
    cluster: Cluster, open_proxy: OpenProxy
) -> None:
    (nobody,) = free_ports(1)
    hanging, sound = open_proxy(outside.NOT_READY), open_proxy(cluster.nodes[0].port)
    hanging.faults = [Fault("hang")]
    nodes = f"127.0.0.1:{nobody},localhost:{hanging.port},localhost:{sound.port}"
    begun = time.monotonic()
    with closing(Client(read_address(f"opensearch://{nodes}/papers"))) as client:
        for _ in range(6):
            assert client.ask("GET", "/", timeout=30)["cluster_name"] == cluster.name
    assert time.monotonic() - begun < 60
    assert len(sound.requests) == 6
