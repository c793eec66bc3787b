"""The names that a server may be asked by: those of the address that it listens at."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import gethostname

from starlette.types import Scope

LOOPBACK = ("127.0.0.1",)
"""Only this machine itself."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]*)(?::[0-9]*)?", re.IGNORECASE)


def host_of(scope: Scope) -> str:
    """Return the name in the Host header, without a port; empty if there is none, or several."""
    given = [value for name, value in scope["headers"] if name == b"host"]
    match = _HOST.fullmatch(given[0].decode("latin-1")) if len(given) == 1 else None
    return match[1].strip("[]").rstrip(".").lower() if match else ""


def is_allowed(name: str, hosts: Sequence[str]) -> bool:
    """Tell whether a server that listens at ``hosts`` may be asked by ``name``.

    It may by these and by those of this machine's loopback. One that listens at all addresses may
    by any address and by the machine's own name: no other page can give it these.
    """
    address = _address(name)
    if name == "localhost" or name.endswith(".localhost") or (address and address.is_loopback):
        return True
    listened = [_address(host) for host in hosts]
    if any(one and one.is_unspecified for one in listened):
        own = gethostname().lower()
        return address is not None or name in (own, own.partition(".")[0], f"{own}.local")
    if address:
        return address in listened
    return bool(name) and name in [host.lower() for host in hosts]


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
