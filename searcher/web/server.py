"""Runs the web application: one process or several that listen at one address."""

import gc
import json
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from index.errors import MissingExtraError
from searcher.errors import BadRequestError
from searcher.request import Ranking

if TYPE_CHECKING:
    from starlette.applications import Starlette

VARIABLE = "SEARCHER_SERVES"
"""The environment variable in which workers find what to serve."""

_LIBRARIES = ("jinja2", "latex2mathml", "markupsafe", "msgspec", "starlette", "uvicorn")
_GRACE = 10
"""So many seconds open answers have when the server is told to end; searches take less."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises MissingExtraError if what serves is not installed, and BadRequestError if the address
    cannot be had.
    """
    for library in _LIBRARIES:
        if find_spec(library) is None:
            raise MissingExtraError.naming("to serve pages", library, "web")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.create_server(address[:2], family=family, backlog=1024)
        # asyncio sends small packets at once (TCP_NODELAY) only where a socket names its protocol,
        # which that one does not. Else an answer in two packets waits 40 ms for the first one's
        # receipt.
        return socket.socket(family, kind, protocol, fileno=listening.detach())
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        reason = reason.partition(" (while ")[0]  # and the address once more
        raise BadRequestError(
            f"{host}, port {port}: cannot listen there ({reason}); choose another with --port,"
            " or --port 0 for any that is free"
        ) from error


def address_of(listening: socket.socket, host: str) -> str:
    """Return the address of the first page."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"


def serve(
    directories: Sequence[str],
    listening: socket.socket,
    *,
    host: str,
    workers: int = 1,
    ranking: Ranking | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM comes; open answers are given first."""
    import uvicorn

    serves: dict[str, object] = {"directories": list(directories), "hosts": [host]}
    if ranking is not None:
        serves["ranking"] = ranking.to_dict()
    os.environ[VARIABLE] = json.dumps(serves)
    config = uvicorn.Config(
        "searcher.web.server:app_of_environment",
        factory=True,
        workers=workers,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    # uvicorn raises the signal again when it has ended, for whoever started it.
    signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    if workers > 1:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(config, sockets=[listening]).run()
    else:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def app_of_environment() -> "Starlette":
    """Return the application of a worker, as its environment says."""
    from searcher.web.app import create_app

    serves = json.loads(os.environ[VARIABLE])
    ranking = Ranking(**serves["ranking"]) if "ranking" in serves else None
    # It may run for days, and what was loaded for it is no garbage.
    gc.freeze()
    gc.enable()
    return create_app(serves["directories"], ranking=ranking, hosts=serves["hosts"])
