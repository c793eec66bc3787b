"""The connections to the nodes of a cluster, by opensearch-py."""

import os
import ssl
import time
import zlib
from base64 import b64encode
from typing import Any, NamedTuple

from index.opensearch.address import CA_FILE, Address, Credentials

# How many stay open to a node. They are made as they are needed.
_MOST_CONNECTIONS = 256
_PIECE_BYTES = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def make_transport(address: Address) -> Any:
    """Return the transport of opensearch-py for the nodes of an address.

    Raises ImportError if the library is not there, and OSError if the certificates cannot be read.
    """
    import opensearchpy

    class Connection(opensearchpy.Urllib3HttpConnection):
        """A connection whose answers are read in time."""

        def _create_urllib3_pool(self) -> None:
            super()._create_urllib3_pool()
            self.pool: Any = _TimedPool(self.pool)

    options: dict[str, Any] = {}
    if address.is_secure:
        trusted = os.environ.get(CA_FILE) or None
        options = {"use_ssl": True, "ssl_context": ssl.create_default_context(cafile=trusted)}
    return opensearchpy.OpenSearch(
        [{"host": host.strip("[]"), "port": port} for host, port in address.nodes],
        connection_class=Connection,
        # A thread that finds all of them taken makes one for itself, and says so in a warning.
        pool_maxsize=_MOST_CONNECTIONS,
        # What is sent is packed before: the library would take the slowest level.
        headers={"accept-encoding": "gzip", **_authorization(address.credentials)},
        # Tries are counted and timed here. A node that fails is asked last for a while.
        max_retries=0,
        retry_on_timeout=True,
        retry_on_status=(502, 503, 504),
        **options,
    ).transport


def _authorization(credentials: Credentials) -> dict[str, str]:
    """Return the header that says who asks.

    The server reads names and passwords as UTF-8, which opensearch-py's own header is not.
    """
    if credentials.user:
        login = f"{credentials.user}:{credentials.password}".encode()
        return {"authorization": f"Basic {b64encode(login).decode()}"}
    if credentials.api_key:
        return {"authorization": f"ApiKey {credentials.api_key}"}
    return {}


class _Answer(NamedTuple):
    """What opensearch-py asks of an answer."""

    status: int
    headers: Any
    data: bytes


class _TimedPool:
    """The connections to a node. The timeout of a request holds for the whole of its answer.

    For urllib3 it holds for each piece of it, and an answer that trickles in would never end.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.close = pool.close

    def urlopen(self, *args: Any, timeout: float, **options: Any) -> _Answer:
        """Return the answer to a request. Raises TimeoutError for one that takes too long."""
        ends = time.monotonic() + timeout
        answer = self._pool.urlopen(*args, timeout=timeout, preload_content=False, **options)
        pieces = []
        try:
            # Decoded it would come in larger pieces.
            while piece := answer.read1(_PIECE_BYTES, decode_content=False):
                pieces.append(piece)
                if time.monotonic() > ends:
                    raise TimeoutError
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        data = b"".join(pieces)
        if data and answer.headers.get("content-encoding"):
            data = zlib.decompress(data, wbits=_GZIP_OR_ZLIB)
        return _Answer(answer.status, answer.headers, data)
