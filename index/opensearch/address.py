"""The address of an index on an OpenSearch cluster, and who asks there.

``opensearch://node1:9200,node2:9200/papers`` is the index *papers* on a cluster of which two nodes
are named; ``opensearchs://`` says that they speak TLS. A name and password may stand before the
first node, ``user:password@``. They are kept apart from the address at once: no message, file or
representation of an index shows them.
"""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from index.errors import BadRequestError

USER, PASSWORD, API_KEY, CA_FILE = (
    f"SEARCHER_OPENSEARCH_{name}" for name in ("USER", "PASSWORD", "API_KEY", "CA_FILE")
)
"""The environment variables that say who asks, and whose certificates are trusted."""

_SCHEMES = {"opensearch": False, "opensearchs": True}
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?:(?P<user>[^/@]*)@)?(?P<nodes>[^/@?#]*)/?(?P<name>[^?#]*)(?P<rest>.*)",
    re.DOTALL,
)
_NODE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
# What OpenSearch takes as the name of an index, less the dates and versions that are put behind it.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_PORT = 9200
_EXAMPLE = "such as opensearch://localhost:9200/papers"

# The name and password of each address that was given with them.
_given: dict[str, tuple[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a name and password, or an API key, or nobody if all are empty."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an index is: its ``name``, and some nodes of the cluster as pairs of host and port."""

    nodes: tuple[tuple[str, int], ...]
    name: str
    is_secure: bool = False

    def __str__(self) -> str:
        scheme = "opensearchs" if self.is_secure else "opensearch"
        nodes = ",".join(f"{host}:{port}" for host, port in self.nodes)
        return f"{scheme}://{nodes}/{self.name}"

    @property
    def credentials(self) -> Credentials:
        """Who asks: as the address said when it was given, or else as the environment says."""
        if given := _given.get(str(self)):
            return Credentials(*given)
        values = [os.environ.get(name, "") for name in (USER, PASSWORD, API_KEY)]
        return Credentials(*values)


def is_address(text: str) -> bool:
    """Tell whether a text is meant as an address of an index on a cluster, and not as a folder."""
    return text.lower().startswith(tuple(f"{scheme}:/" for scheme in _SCHEMES))


def read_address(text: str) -> Address:
    """Return an address. Raises BadRequestError, which shows neither name nor password."""
    found = _ADDRESS.fullmatch(text.strip())
    # A password may hold a slash that should have been written as %2F.
    shown = re.sub(r"(?s):/.*@", "://…@", text)[:200]
    scheme = found["scheme"].lower() if found else ""
    if not found or scheme not in _SCHEMES or found["rest"]:
        raise BadRequestError(f"{shown!r} is no address of an index; give one {_EXAMPLE}")
    nodes = []
    for node in found["nodes"].split(","):
        part = _NODE.fullmatch(node)
        port = int(part["port"] or _PORT) if part else 0
        if not part or not 0 < port < 1 << 16:
            raise BadRequestError(f"{shown!r} names no host and port there; give one {_EXAMPLE}")
        nodes.append((part["host"].lower(), port))
    name = found["name"].removesuffix("/")
    if not _NAME.fullmatch(name):
        raise BadRequestError(
            f"{shown!r} names no index; its name has small letters, digits, - and _, {_EXAMPLE}"
        )
    address = Address(tuple(dict.fromkeys(nodes)), name, _SCHEMES[scheme])
    if found["user"]:
        user, _, password = found["user"].partition(":")
        _given[str(address)] = unquote(user), unquote(password)
    return address
